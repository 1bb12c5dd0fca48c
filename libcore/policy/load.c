/* SPDX-License-Identifier: ISC */
#include <stdio.h>
#include <stdlib.h>

#include "base/limits.h"
#include "base/os.h"
#include "base/time.h"
#include "policy/rule.h"

#define COUNT(array) (sizeof(array) / sizeof *(array))

struct loading {
    const struct sv_policies_spec *spec;
    struct sv_policies *set;
    struct sv_map ids;           /* id -> index of its policy + 1 */
    struct sv_findings *lists;   /* [file_count], so that each file's findings can be put in the order of its lines */
    size_t *file_of;             /* [set->capacity] of each policy */
    size_t file_count;
    bool full;
};

/* --- one file --- */

static bool want_map(struct sv_policy_file *file, const struct sv_yaml_node *key, const char *what)
{
    if (key->value->kind == SV_YAML_MAP)
        return true;
    const struct sv_yaml_node *at = key->value->missing ? key : key->value;
    sv_yaml_find(file->yaml, file->findings, at->start, at->end, "\"%.*s\" must be %s", SV_ARG(key->text), what);
    return false;
}

static bool check_version(struct sv_policy_file *file, const struct sv_yaml_node *root)
{
    struct sv_yaml_node *key = NULL, *value = sv_yaml_get(root, "version", &key);
    if (value == NULL) {
        sv_yaml_find(file->yaml, file->findings, root->start, root->start + 1, "\"version: 1\" is missing");
        return false;
    }
    struct sv_value number = value->kind == SV_YAML_SCALAR ? sv_yaml_scalar(value) : sv_value_of(SV_NULL);
    if (number.type == SV_INT && number.i == 1)
        return true;
    const struct sv_yaml_node *at = value->missing ? key : value;
    if (number.type == SV_INT)
        sv_yaml_find(file->yaml, file->findings, at->start, at->end,
                     "version %.*s of the policy language is not supported; this program reads version 1", SV_ARG(value->text));
    else
        sv_yaml_find(file->yaml, file->findings, at->start, at->end, "\"version\" must be the number 1");
    return false;
}

/* A list of the file as a constant of its expressions. */
static void take_list(struct sv_policy_file *file, const struct sv_yaml_node *name)
{
    const struct sv_yaml_node *value = name->value;
    bool good = value->kind == SV_YAML_LIST;
    for (const struct sv_yaml_node *item = good ? value->first : NULL; item != NULL; item = item->next)
        good &= item->kind == SV_YAML_SCALAR && !item->missing;
    if (!sv_policy_check_name(file, name))
        return;
    if (!good) {
        const struct sv_yaml_node *at = value->missing ? name : value;
        sv_yaml_find(file->yaml, file->findings, at->start, at->end, "the list \"%.*s\" must be a list of texts, numbers or bools",
                     SV_ARG(name->text));
        return;
    }
    struct sv_buf json = {0};
    sv_yaml_put_json(&json, value);
    struct sv_slice text = sv_arena_dup(&file->set->arena, sv_buf_slice(&json));
    sv_buf_free(&json);
    sv_map_at(&file->lists, name->text)->pointer = name->value;
    sv_cel_env_constant(file->env, name->text, (struct sv_value){.type = SV_JSON, .len = (uint32_t)text.len, .s = text.data});
}

static void take_field(struct sv_policy_file *file, const struct sv_yaml_node *name)
{
    struct sv_error err = {0};
    if (!sv_policy_check_name(file, name))
        return;
    if (name->value->kind != SV_YAML_SCALAR || name->value->missing)
        sv_yaml_find(file->yaml, file->findings, name->start, name->end, "the field \"%.*s\" needs a type", SV_ARG(name->text));
    else if (!sv_schema_declare_key(file->set->schema, file->env, name->text, name->value->text, &err))
        sv_yaml_find(file->yaml, file->findings, name->value->start, name->value->end, "%s", err.text);
    else
        sv_map_at(&file->fields, name->text)->pointer = name->value;
}

static void take_defaults(struct sv_policy_file *file, const struct sv_yaml_node *map)
{
    static const char *const names[] = {"severity", "action", "lateness", "max_keys", "max_ahead"};
    for (const struct sv_yaml_node *key = map->first; key != NULL; key = key->next)
        if (!sv_policy_parse_default(file, key, file))
            sv_policy_unknown_key(file, map, key, names, COUNT(names));
}

static struct sv_policy *add_policy(struct loading *load)
{
    struct sv_policies *set = load->set;
    if (set->count == set->capacity) {
        set->capacity = set->capacity > 0 ? set->capacity * 2 : 64;
        set->items = sv_realloc(set->items, set->capacity * sizeof *set->items);
        load->file_of = sv_realloc(load->file_of, set->capacity * sizeof *load->file_of);
    }
    load->file_of[set->count] = load->file_count - 1;
    return &set->items[set->count++];
}

static void take_policy(struct loading *load, struct sv_policy_file *file, const struct sv_yaml_node *map)
{
    if (map->kind != SV_YAML_MAP) {
        sv_yaml_find(file->yaml, file->findings, map->start, map->end, "a policy must be a mapping with an \"id\" and a \"when\"");
        return;
    }
    if (load->set->count == SV_POLICIES_MAX) {
        sv_yaml_find(file->yaml, file->findings, map->start, map->start + 1, "more than %d policies", SV_POLICIES_MAX);
        load->full = true;
        return;
    }
    struct sv_policy *policy = add_policy(load);
    sv_policy_parse(file, map, policy);
    if (policy->id.len == 0)
        return;
    struct sv_map_item *seen = sv_map_at(&load->ids, policy->id);
    if (seen->number != 0) {
        const struct sv_policy *first = &load->set->items[seen->number - 1];
        const struct sv_yaml_node *id = sv_yaml_get(map, "id", NULL);
        sv_yaml_find(file->yaml, file->findings, id->start, id->end, "policy id \"%.*s\" is taken already, at %.*s:%u",
                     SV_ARG(policy->id), SV_ARG(first->file), (unsigned)first->line);
    } else {
        seen->number = load->set->count;
    }
}

static void take_root(struct loading *load, struct sv_policy_file *file, const struct sv_yaml_node *root)
{
    static const char *const names[] = {"version", "lists", "fields", "defaults", "policies"};
    struct sv_yaml_node *keys[COUNT(names)] = {0};
    for (size_t i = 0; i < COUNT(names); i++)
        sv_yaml_get(root, names[i], &keys[i]);
    for (const struct sv_yaml_node *key = root->first; key != NULL; key = key->next) {
        bool known = false;
        for (size_t i = 0; i < COUNT(names); i++)
            known |= sv_slice_is(key->text, names[i]);
        if (!known)
            sv_policy_unknown_key(file, root, key, names, COUNT(names));
    }
    if (keys[2] != NULL && want_map(file, keys[2], "a mapping of names to types"))
        for (const struct sv_yaml_node *name = keys[2]->value->first; name != NULL; name = name->next)
            take_field(file, name);
    if (keys[1] != NULL && want_map(file, keys[1], "a mapping of names to lists"))
        for (const struct sv_yaml_node *name = keys[1]->value->first; name != NULL; name = name->next) {
            if (sv_map_find(&file->fields, name->text) != NULL)
                sv_yaml_find(file->yaml, file->findings, name->start, name->end, "\"%.*s\" is one of \"fields\" already",
                             SV_ARG(name->text));
            else
                take_list(file, name);
        }
    if (keys[3] != NULL && want_map(file, keys[3], "a mapping"))
        take_defaults(file, keys[3]->value);
    if (keys[4] == NULL)
        return;
    const struct sv_yaml_node *policies = keys[4]->value;
    if (policies->kind != SV_YAML_LIST && !policies->missing) {
        sv_yaml_find(file->yaml, file->findings, policies->start, policies->end, "\"policies\" must be a list");
        return;
    }
    for (const struct sv_yaml_node *map = policies->first; map != NULL && !load->full; map = map->next)
        take_policy(load, file, map);
}

static struct sv_findings *begin_file(struct loading *load)
{
    load->lists = sv_realloc(load->lists, (load->file_count + 1) * sizeof *load->lists);
    load->lists[load->file_count] = (struct sv_findings){0};
    return &load->lists[load->file_count++];
}

static void load_file(struct loading *load, const char *path)
{
    struct sv_policies *set = load->set;
    struct sv_findings *findings = begin_file(load);
    struct sv_error err = {0};
    struct sv_buf bytes = {0};
    if (load->full)
        return;
    if (!sv_os_slurp(path, SV_POLICY_FILE_MAX, &bytes, &err)) {
        if (err.file[0] == '\0')
            sv_error_at(&err, path, 0, 0);
        sv_findings_add(findings, &err);
        sv_buf_free(&bytes);
        return;
    }
    set->files++;
    struct sv_yaml *yaml = sv_arena_calloc(&set->arena, 1, sizeof *yaml);
    struct sv_slice text = sv_arena_dup(&set->arena, sv_buf_slice(&bytes));
    sv_buf_free(&bytes);
    if (!sv_yaml_read(yaml, &set->arena, sv_arena_dup(&set->arena, sv_slice_str(path)), text, findings))
        return;
    struct sv_policy_file file = {.set = set, .yaml = yaml, .findings = findings, .check = load->spec->check,
                                  .severity = SV_WARNING, .action = SV_OBSERVE, .lateness_ns = 10 * SV_SECOND_NS,
                                  .max_ahead_ns = 3600 * SV_SECOND_NS, .max_keys = 100000};
    if (yaml->root == NULL || yaml->root->kind != SV_YAML_MAP) {
        uint32_t at = yaml->root != NULL ? yaml->root->start : 0;
        sv_yaml_find(yaml, findings, at, at + 1, yaml->root == NULL || yaml->root->missing ? "this file is empty" :
                     "a policy file is a mapping that begins with \"version: 1\"");
        return;
    }
    if (!check_version(&file, yaml->root))
        return;
    file.env = sv_cel_env_new(set->env, NULL, &set->arena);
    take_root(load, &file, yaml->root);
    sv_map_free(&file.lists);
    sv_map_free(&file.fields);
}

/* --- files and folders --- */

static bool is_policy_file(const char *name)
{
    struct sv_slice s = sv_slice_str(name);
    return name[0] != '.' && (sv_slice_ends(s, SV_SLICE(".yaml")) || sv_slice_ends(s, SV_SLICE(".yml")));
}

static void load_folder(struct loading *load, const char *path)
{
    struct sv_buf names = {0};
    struct sv_error err = {0};
    size_t count = 0, loaded = 0;
    if (!sv_os_list(path, &names, &count, &err)) {
        sv_findings_add(begin_file(load), &err);
        sv_buf_free(&names);
        return;
    }
    const char *name = names.data;
    for (size_t i = 0; i < count; i++, name += strlen(name) + 1) {
        struct sv_buf whole = {0};
        struct sv_os_stat stat;
        sv_buf_str(&whole, path);
        if (whole.len > 0 && whole.data[whole.len - 1] != '/')
            sv_buf_char(&whole, '/');
        sv_buf_str(&whole, name);
        if (is_policy_file(name) && sv_os_stat_path(sv_buf_cstr(&whole), true, &stat) && !stat.is_folder) {
            load_file(load, sv_buf_cstr(&whole));
            loaded++;
        }
        sv_buf_free(&whole);
    }
    sv_buf_free(&names);
    if (loaded == 0) {
        sv_error_at(&err, path, 0, 0);
        sv_error_set(&err, SV_INPUT, "no policy file (*.yaml, *.yml) in this folder");
        sv_findings_add(begin_file(load), &err);
    }
}

/* --- --only and --skip --- */

static bool is_named(const struct sv_policy *policy, const char *pattern)
{
    struct sv_slice glob = sv_slice_str(pattern);
    bool named = sv_slice_glob(glob, policy->id);
    for (size_t i = 0; i < policy->tag_count && !named; i++)
        named = sv_slice_glob(glob, policy->tags[i]);
    return named;
}

static void suggest_name(const struct loading *load, const char *pattern, struct sv_error *err)
{
    const struct sv_policies *set = load->set;
    const char **names = NULL;
    size_t count = 0;
    for (size_t i = 0; i < set->count; i++) {
        names = sv_realloc(names, (count + 1 + set->items[i].tag_count) * sizeof *names);
        names[count++] = set->items[i].id.data;
        for (size_t t = 0; t < set->items[i].tag_count; t++)
            names[count++] = set->items[i].tags[t].data;
    }
    const char *near = count > 0 ? sv_cel_suggest(sv_slice_str(pattern), names, count) : NULL;
    sv_error_set(err, SV_INPUT, near != NULL ? "no policy has the id or tag \"%s\" (did you mean \"%s\"?)" :
                 "no policy has the id or tag \"%s\"", pattern, near);
    sv_free(names);
}

/* Keeps what is selected, in order. */
static void select_policies(struct loading *load, struct sv_findings *findings)
{
    const struct sv_policies_spec *spec = load->spec;
    struct sv_policies *set = load->set;
    struct sv_error err = {0};
    size_t before = findings->count, kept = 0, loaded = set->count;
    for (size_t o = 0; o < spec->only_count; o++) {
        size_t i = 0;
        while (i < set->count && !is_named(&set->items[i], spec->only[o]))
            i++;
        if (i == set->count) {
            suggest_name(load, spec->only[o], &err);
            sv_findings_add(findings, &err);
        }
    }
    for (size_t i = 0; i < set->count; i++) {
        bool keep = spec->only_count == 0;
        for (size_t o = 0; o < spec->only_count && !keep; o++)
            keep = is_named(&set->items[i], spec->only[o]);
        for (size_t s = 0; s < spec->skip_count && keep; s++)
            keep = !is_named(&set->items[i], spec->skip[s]);
        if (keep)
            set->items[kept++] = set->items[i];
    }
    set->count = kept;
    if (kept > 0 || findings->count > before)
        return;
    sv_error_set(&err, SV_INPUT, loaded > 0 ? "no policy is selected: --skip leaves none" : "there is no policy in these files");
    sv_findings_add(findings, &err);
}

/* --- the set --- */

static void sort_by_line(struct sv_findings *list)
{
    /* stable and nearly sorted already: only examples and unknown keys come late */
    for (size_t i = 1; i < list->count; i++) {
        struct sv_error moved = list->items[i];
        size_t j = i;
        while (j > 0 && (list->items[j - 1].line > moved.line ||
                         (list->items[j - 1].line == moved.line && list->items[j - 1].column > moved.column))) {
            list->items[j] = list->items[j - 1];
            j--;
        }
        list->items[j] = moved;
    }
}

static void try_examples(struct loading *load)
{
    struct sv_findings **of = sv_calloc(load->set->count + 1, sizeof *of);
    for (size_t i = 0; i < load->set->count; i++)
        of[i] = &load->lists[load->file_of[i]];
    sv_policy_try_examples(load->set, of);
    sv_free(of);
}

struct sv_policies *sv_policies_load(const struct sv_policies_spec *spec, struct sv_findings *findings)
{
    struct sv_policies *set = sv_calloc(1, sizeof *set);
    struct loading load = {.spec = spec, .set = set};
    size_t before = findings->count;
    set->schema = spec->schema;
    set->env = sv_cel_env_new(NULL, spec->schema->paths, &set->arena);
    sv_schema_declare(spec->schema, set->env);
    if (spec->check)
        sv_cel_env_strict(set->env);
    for (size_t i = 0; i < spec->path_count; i++) {
        struct sv_os_stat stat;
        if (sv_os_stat_path(spec->paths[i], true, &stat) && stat.is_folder)
            load_folder(&load, spec->paths[i]);
        else
            load_file(&load, spec->paths[i]);
    }
    try_examples(&load);
    for (size_t f = 0; f < load.file_count; f++) {
        sort_by_line(&load.lists[f]);
        for (size_t i = 0; i < load.lists[f].count; i++)
            sv_findings_add(findings, &load.lists[f].items[i]);
        sv_findings_free(&load.lists[f]);
    }
    if (findings->count == before)
        select_policies(&load, findings);
    sv_free(load.lists);
    sv_free(load.file_of);
    sv_map_free(&load.ids);
    if (findings->count > before) {
        sv_policies_free(set);
        return NULL;
    }
    set->index = sv_index_new(set);
    set->tries = sv_arena_calloc(&set->arena, set->count, sizeof *set->tries);
    for (size_t i = 0; i < set->count; i++)
        set->tries[i] = (struct sv_policy_try){sv_cel_direct(set->items[i].rule->when), set->items[i].rule->when, set->items[i].rule->scoped};
    return set;
}

void sv_policies_free(struct sv_policies *set)
{
    if (set == NULL)
        return;
    sv_index_free(set->index);
    sv_cel_env_free(set->env);
    sv_free(set->items);
    sv_arena_free(&set->arena);
    sv_free(set);
}

size_t sv_policies_count(const struct sv_policies *set)
{
    return set->count;
}

struct sv_policy *sv_policies_at(struct sv_policies *set, size_t index)
{
    return &set->items[index];
}

size_t sv_policies_files(const struct sv_policies *set)
{
    return set->files;
}
