/* SPDX-License-Identifier: ISC */
#include "run/choices.h"

#include "base/map.h"
#include "event/format.h"
#include "policy/policy.h"
#include "report/table.h"
#include "run/paths.h"
#include "store/find.h"

enum { NAMES_MAX = 1000 };

static void put_choice(struct sv_buf *out, struct sv_slice value, const char *behind, struct sv_slice text)
{
    sv_buf_add(out, value);
    sv_buf_str(out, behind);
    sv_buf_char(out, '\t');
    sv_text_safe(out, text);
    sv_buf_char(out, '\n');
}

void sv_run_put_formats(struct sv_buf *out)
{
    const struct sv_format *format;
    put_choice(out, SV_SLICE("auto"), "", SV_SLICE("told from the first records"));
    for (size_t i = 0; (format = sv_format_at(i)) != NULL; i++)
        put_choice(out, sv_slice_str(format->name), "", sv_slice_str(format->title));
}

void sv_run_put_fields(struct sv_buf *out)
{
    for (int field = 0; field < SV_F_COUNT; field++) {
        enum sv_cel_type type = sv_field_type((enum sv_field)field);
        if (type != SV_CEL_MAP)
            put_choice(out, sv_slice_str(sv_field_name((enum sv_field)field)), "=",
                       type == SV_CEL_INT ? SV_SLICE("a whole number") : type == SV_CEL_DOUBLE ? SV_SLICE("a number") : SV_SLICE("text"));
    }
}

struct names {
    struct sv_buf *out;
    size_t left;
};

static bool on_name(void *context, int64_t id, struct sv_slice name)
{
    struct names *names = context;
    (void)id;
    put_choice(names->out, name, "", SV_SLICE("in the store"));
    return --names->left > 0;
}

void sv_run_put_names(struct sv_buf *out, const struct sv_store_spec *spec, enum sv_name_table table)
{
    struct names names = {out, NAMES_MAX};
    struct sv_store_spec reading = *spec;
    reading.read_only = reading.untouched = true;
    struct sv_store *store = sv_store_open(&reading, NULL);
    if (store != NULL)
        sv_store_names(store, table, (struct sv_slice){0}, on_name, &names, NULL);
    sv_store_close(store);
}

void sv_run_put_policies(struct sv_buf *out, const char *const *paths, size_t path_count)
{
    struct sv_buf path = {0};
    const char *standard;
    if (path_count == 0 && sv_run_default_policies(&path)) {
        standard = sv_buf_cstr(&path);
        paths = &standard;
        path_count = 1;
    }
    struct sv_findings findings = {0};
    struct sv_schema *schema = sv_schema_new();
    struct sv_policies_spec spec = {.schema = schema, .paths = paths, .path_count = path_count};
    struct sv_policies *set = path_count > 0 ? sv_policies_load(&spec, &findings) : NULL;
    struct sv_map tags = {0};
    for (size_t i = 0; set != NULL && i < sv_policies_count(set); i++) {
        const struct sv_policy *policy = sv_policies_at(set, i);
        put_choice(out, policy->id, "", policy->title);
    }
    for (size_t i = 0; set != NULL && i < sv_policies_count(set); i++) {
        const struct sv_policy *policy = sv_policies_at(set, i);
        for (size_t j = 0; j < policy->tag_count; j++)
            if (sv_map_at(&tags, policy->tags[j])->number++ == 0)
                put_choice(out, policy->tags[j], "", SV_SLICE("a tag"));
    }
    sv_map_free(&tags);
    sv_policies_free(set);
    sv_schema_free(schema);
    sv_findings_free(&findings);
    sv_buf_free(&path);
}
