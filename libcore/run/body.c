/* SPDX-License-Identifier: ISC */
#include "run/body.h"

#include "base/utf8.h"
#include "event/reader.h"
#include "json/writer.h"

enum { WHAT_MAX = 400 };

struct sv_body_inside {
    struct sv_schema *schema;
    struct sv_event event;
    struct sv_arena arena, program; /* of a line; of the condition */
    struct sv_cel_env *env;
    struct sv_cel *where;
    struct sv_cel_run run;
    struct sv_reader_spec spec;
    struct sv_reader *reader;
    struct sv_buf texts;
    bool met;
};

static struct sv_slice text_of(struct sv_event *event, enum sv_field field)
{
    return event->slots[field].type == SV_STRING ? sv_event_text(event, field) : SV_SLICE("");
}

static void put_some(struct sv_buf *out, struct sv_slice text)
{
    size_t n = text.len < WHAT_MAX ? text.len : WHAT_MAX;
    while (n > 0 && n < text.len && ((unsigned char)text.data[n] & 0xC0) == 0x80)
        n--;
    sv_buf_add(out, sv_slice(text.data, n));
}

/* The first of these fields that says something. */
static void put_first(struct sv_buf *out, struct sv_event *event, const enum sv_field *fields, size_t count)
{
    for (size_t i = 0; i < count && out->len == 0; i++) {
        struct sv_value value = event->slots[fields[i]];
        if (value.type == SV_STRING)
            put_some(out, sv_event_text(event, fields[i]));
        else if (value.type == SV_JSON)
            put_some(out, sv_value_raw(value));
    }
}

static void put_metric(struct sv_buf *out, struct sv_event *event)
{
    put_some(out, text_of(event, SV_F_NAME));
    if (event->slots[SV_F_VALUE].type == SV_DOUBLE) {
        sv_buf_char(out, ' ');
        sv_json_put_value(out, event->slots[SV_F_VALUE]);
    }
}

static void put_model(struct sv_buf *out, struct sv_event *event)
{
    put_some(out, text_of(event, SV_F_MODEL));
    if (event->slots[SV_F_INPUT_TOKENS].type == SV_INT)
        sv_buf_printf(out, ", %lld tokens in", (long long)event->slots[SV_F_INPUT_TOKENS].i);
    if (event->slots[SV_F_OUTPUT_TOKENS].type == SV_INT)
        sv_buf_printf(out, ", %lld out", (long long)event->slots[SV_F_OUTPUT_TOKENS].i);
}

/* What the event is about, then what it says of that. */
static void put_entity(struct sv_buf *out, struct sv_event *event)
{
    if (text_of(event, SV_F_ENTITY_ID).len > 0)
        sv_buf_printf(out, "%.*s %.*s", SV_ARG(text_of(event, SV_F_ENTITY_TYPE)), SV_ARG(text_of(event, SV_F_ENTITY_ID)));
}

static void put_what(struct sv_buf *out, struct sv_event *event)
{
    static const enum sv_field of_tool[] = {SV_F_COMMAND, SV_F_PATH, SV_F_URL, SV_F_ARGS, SV_F_ERROR, SV_F_RESULT, SV_F_TEXT};
    static const enum sv_field of_other[] = {SV_F_ERROR, SV_F_SUBJECT, SV_F_TEXT};
    struct sv_slice type = text_of(event, SV_F_TYPE);
    struct sv_buf says = {0};
    bool is_tool = event->slots[SV_F_TOOL].type != SV_ABSENT || event->slots[SV_F_ARGS].type != SV_ABSENT;
    sv_buf_clear(out);
    if (is_tool)
        put_first(out, event, of_tool, sizeof of_tool / sizeof *of_tool);
    else if (sv_slice_is(type, "metric"))
        put_metric(out, event);
    else if (sv_slice_is(type, "llm.call"))
        put_model(out, event);
    else
        put_entity(out, event);
    if (!is_tool)
        put_first(&says, event, of_other, sizeof of_other / sizeof *of_other);
    if (says.len > 0 && out->len > 0)
        sv_buf_str(out, ": ");
    sv_buf_add(out, sv_buf_slice(&says));
    sv_buf_free(&says);
}

static void on_event(void *context, struct sv_event *event)
{
    struct sv_body *body = context;
    struct sv_body_inside *inside = body->inside;
    inside->met = body->holds = true;
    if (inside->where != NULL) {
        inside->run.slots = event->slots;
        inside->run.event++;
        struct sv_value value = sv_cel_eval(inside->where, &inside->run);
        body->holds = value.type == SV_BOOL && value.b;
    }
    if (!body->holds)
        return;
    put_what(&body->what, event);
    body->is_priced = event->slots[SV_F_COST_USD].type != SV_ABSENT || event->slots[SV_F_COST_FROM].type != SV_ABSENT;
    sv_buf_set(&inside->texts, text_of(event, SV_F_PARENT_AGENT));
    size_t parent = inside->texts.len;
    sv_buf_add(&inside->texts, text_of(event, SV_F_ERROR));
    body->parent_agent = sv_slice(inside->texts.data, parent);
    body->error = sv_slice(inside->texts.data + parent, inside->texts.len - parent);
}

static bool compile(struct sv_body_inside *inside, const char *where, struct sv_error *err)
{
    struct sv_cel_problems problems = {0};
    inside->env = sv_cel_env_new(NULL, inside->schema->paths, &inside->program);
    sv_schema_declare(inside->schema, inside->env);
    if (where == NULL)
        return true;
    inside->where = sv_cel_compile(inside->env, sv_slice_str(where), SV_CEL_BOOL, &problems);
    if (inside->where != NULL)
        return true;
    const struct sv_cel_problem *problem = &problems.items[0];
    size_t column = sv_utf8_count(sv_slice(where, problem->offset)) + 1;
    return sv_error_set(err, SV_USAGE, "--where:%zu: %s", column, problem->text);
}

struct sv_body *sv_body_open(const char *where, struct sv_error *err)
{
    struct sv_body *body = sv_calloc(1, sizeof *body);
    struct sv_body_inside *inside = body->inside = sv_calloc(1, sizeof *inside);
    inside->schema = sv_schema_new();
    if (!compile(inside, where, err)) {
        sv_body_close(body);
        return NULL;
    }
    inside->event = sv_event_new(inside->schema);
    inside->event.arena = inside->run.arena = &inside->arena;
    inside->spec = (struct sv_reader_spec){.schema = inside->schema,
                                           .format = sv_format_find(SV_SLICE("sv")),
                                           .event = &inside->event,
                                           .arena = &inside->arena,
                                           .latest_ns = INT64_MAX,
                                           .sink = on_event,
                                           .context = body};
    inside->reader = sv_reader_new(&inside->spec, SV_SLICE(""), SV_SLICE("-"));
    return body;
}

bool sv_body_read(struct sv_body *body, struct sv_slice line)
{
    struct sv_error err = {0};
    struct sv_body_inside *inside = body->inside;
    inside->met = body->holds = body->is_priced = false;
    body->parent_agent = body->error = (struct sv_slice){0};
    sv_buf_clear(&body->what);
    sv_reader_record(inside->reader, line, &(struct sv_place){.record = 1}, &err);
    sv_arena_reset(&inside->arena);
    return inside->met;
}

void sv_body_close(struct sv_body *body)
{
    if (body == NULL)
        return;
    struct sv_body_inside *inside = body->inside;
    sv_reader_free(inside->reader);
    sv_event_free(&inside->event);
    sv_cel_run_free(&inside->run);
    sv_cel_env_free(inside->env);
    sv_schema_free(inside->schema);
    sv_arena_free(&inside->arena);
    sv_arena_free(&inside->program);
    sv_buf_free(&inside->texts);
    sv_buf_free(&body->what);
    sv_free(inside);
    sv_free(body);
}
