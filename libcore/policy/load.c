/* SPDX-License-Identifier: ISC */
#include <stdio.h>
#include <stdlib.h>

#include "base/hash.h"
#include "base/limits.h"
#include "base/os.h"
#include "base/time.h"
#include "policy/rule.h"

#define COUNT(array) (sizeof(array) / sizeof *(array))
#define MAX_AHEAD_NS (3600 * SV_SECOND_NS) /* where none is said */

struct loading {
    const struct sv_policies_spec *spec;
    struct sv_policies *set;
    struct sv_findings findings;    /* of all files */
    struct sv_map ids;              /* id -> index of its policy + 1 */
    struct sv_map order;            /* path -> its number, from 1: findings are told file by file */
    struct sv_overrides overrides;
    struct sv_policy_file **files;  /* those that can be used */
    size_t file_count, capacity;
    size_t built_in;                /* index of the file that is none */
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
static void take_list(struct sv_policy_file *file, struct sv_yaml_node *name)
{
    if (sv_policy_check_name(file, name) && sv_policy_take_list(file, file->env, name, name->value))
        sv_map_at(&file->lists, name->text)->pointer = name;
}

static void take_field(struct sv_policy_file *file, struct sv_yaml_node *name)
{
    struct sv_error err = {0};
    if (!sv_policy_check_name(file, name))
        return;
    if (name->value->kind != SV_YAML_SCALAR || name->value->missing)
        sv_yaml_find(file->yaml, file->findings, name->start, name->end, "the field \"%.*s\" needs a type", SV_ARG(name->text));
    else if (!sv_schema_declare_key(file->set->schema, file->env, name->text, name->value->text, &err))
        sv_yaml_find(file->yaml, file->findings, name->value->start, name->value->end, "%s", err.text);
    else
        sv_map_at(&file->fields, name->text)->pointer = name;
}

static void take_defaults(struct sv_policy_file *file, const struct sv_yaml_node *map)
{
    static const char *const names[] = {"severity", "action", "lateness", "max_keys", "max_ahead", "on_error"};
    for (const struct sv_yaml_node *key = map->first; key != NULL; key = key->next)
        if (!sv_policy_parse_default(file, key, file))
            sv_policy_unknown_key(file, map, key, names, COUNT(names));
}

static struct sv_policy *add_policy(struct sv_policies *set)
{
    if (set->count == set->capacity) {
        set->capacity = set->capacity > 0 ? set->capacity * 2 : 64;
        set->items = sv_realloc(set->items, set->capacity * sizeof *set->items);
    }
    return &set->items[set->count++];
}

static void take_policy(struct loading *load, struct sv_policy_file *file, const struct sv_yaml_node *map)
{
    if (map->kind != SV_YAML_MAP) {
        sv_yaml_find_node(file->findings, map, "a policy must be a mapping with an \"id\" and a \"when\"");
        return;
    }
    if (load->set->count == SV_POLICIES_MAX && file != load->files[load->built_in]) {
        sv_yaml_find(file->yaml, file->findings, map->start, map->start + 1, "more than %d policies", SV_POLICIES_MAX);
        load->full = true;
        return;
    }
    const struct sv_yaml_node *id = sv_yaml_get(map, "id", NULL);
    bool is_built_in = file == load->files[load->built_in];
    if (is_built_in && sv_map_find(&load->ids, id->text) != NULL) /* who has one of that id means his own */
        return;
    struct sv_policy *policy = add_policy(load->set);
    struct sv_policy_changes changes = {0};
    const struct sv_yaml_node *whole = sv_overrides_apply(&load->overrides, file, map, &changes);
    sv_policy_parse(file, whole, &changes, policy);
    policy->rule->is_built_in = is_built_in;
    sv_policy_changes_free(&changes);
    if (policy->id.len == 0)
        return;
    struct sv_map_item *seen = sv_map_at(&load->ids, policy->id);
    if (seen->number != 0) {
        const struct sv_policy *first = &load->set->items[seen->number - 1];
        sv_yaml_find_node(file->findings, sv_yaml_get(map, "id", NULL), "policy id \"%.*s\" is taken already, at %.*s:%u",
                          SV_ARG(policy->id), SV_ARG(first->file), (unsigned)first->line);
    } else {
        seen->number = load->set->count;
    }
}

static void take_policies(struct loading *load, struct sv_policy_file *file)
{
    if (file->policies == NULL)
        return;
    const struct sv_yaml_node *policies = file->policies->value;
    if (policies->kind != SV_YAML_LIST && !policies->missing) {
        sv_yaml_find_node(file->findings, policies, "\"policies\" must be a list");
        return;
    }
    for (const struct sv_yaml_node *map = policies->first; map != NULL && !load->full; map = map->next)
        take_policy(load, file, map);
}

/* All of a file but its policies, which the overrides of files still to come may change. */
static void take_root(struct loading *load, struct sv_policy_file *file, const struct sv_yaml_node *root)
{
    enum { VERSION, LISTS, FIELDS, DEFAULTS, OVERRIDE, POLICIES };
    static const char *const names[] = {"version", "lists", "fields", "defaults", "override", "policies"};
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
    if (keys[FIELDS] != NULL && want_map(file, keys[FIELDS], "a mapping of names to types"))
        for (struct sv_yaml_node *name = keys[FIELDS]->value->first; name != NULL; name = name->next)
            take_field(file, name);
    if (keys[LISTS] != NULL && want_map(file, keys[LISTS], "a mapping of names to lists"))
        for (struct sv_yaml_node *name = keys[LISTS]->value->first; name != NULL; name = name->next) {
            if (sv_map_find(&file->fields, name->text) != NULL)
                sv_yaml_find_node(file->findings, name, "\"%.*s\" is one of \"fields\" already", SV_ARG(name->text));
            else
                take_list(file, name);
        }
    if (keys[DEFAULTS] != NULL && want_map(file, keys[DEFAULTS], "a mapping"))
        take_defaults(file, keys[DEFAULTS]->value);
    if (keys[OVERRIDE] != NULL)
        sv_overrides_read(&load->overrides, file, keys[OVERRIDE]);
    file->policies = keys[POLICIES];
}

/* A path that findings may be about has its place in their order. */
static void number_path(struct loading *load, const char *path)
{
    struct sv_error shown = {0}; /* as findings have it */
    sv_error_at(&shown, path, 0, 0);
    struct sv_map_item *item = sv_map_at(&load->order, sv_slice_str(shown.file));
    if (item->number == 0)
        item->number = load->order.count;
}

static void load_text(struct loading *load, const char *path, struct sv_slice text);

static void load_file(struct loading *load, const char *path)
{
    struct sv_policies *set = load->set;
    struct sv_findings *findings = &load->findings;
    struct sv_error err = {0};
    struct sv_buf bytes = {0};
    number_path(load, path);
    if (!sv_os_slurp(path, SV_POLICY_FILE_MAX, &bytes, &err)) {
        if (err.file[0] == '\0')
            sv_error_at(&err, path, 0, 0);
        sv_findings_add(findings, &err);
        sv_buf_free(&bytes);
        return;
    }
    set->files++;
    load_text(load, path, sv_arena_dup(&set->arena, sv_buf_slice(&bytes)));
    sv_buf_free(&bytes);
}

/* text lives as long as the set. */
static void load_text(struct loading *load, const char *path, struct sv_slice text)
{
    struct sv_policies *set = load->set;
    struct sv_findings *findings = &load->findings;
    struct sv_yaml *yaml = sv_arena_calloc(&set->arena, 1, sizeof *yaml);
    if (!sv_yaml_read(yaml, &set->arena, sv_arena_dup(&set->arena, sv_slice_str(path)), text, findings))
        return;
    struct sv_policy_file *file = sv_arena_calloc(&set->arena, 1, sizeof *file);
    *file = (struct sv_policy_file){.set = set, .yaml = yaml, .findings = findings, .check = load->spec->check,
                                    .severity = SV_WARNING, .action = SV_OBSERVE, .lateness_ns = 10 * SV_SECOND_NS,
                                    .max_ahead_ns = MAX_AHEAD_NS, .max_keys = 100000};
    if (yaml->root == NULL || yaml->root->kind != SV_YAML_MAP) {
        uint32_t at = yaml->root != NULL ? yaml->root->start : 0;
        sv_yaml_find(yaml, findings, at, at + 1, yaml->root == NULL || yaml->root->missing ? "this file is empty" :
                     "a policy file is a mapping that begins with \"version: 1\"");
        return;
    }
    if (!check_version(file, yaml->root))
        return;
    file->env = sv_cel_env_new(set->env, NULL, &set->arena);
    if (load->file_count == load->capacity)
        load->files = sv_realloc(load->files, (load->capacity = load->capacity * 2 + 8) * sizeof(struct sv_policy_file *));
    load->files[load->file_count++] = file;
    take_root(load, file, yaml->root);
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
    number_path(load, path);
    if (!sv_os_list(path, &names, &count, &err)) {
        sv_findings_add(&load->findings, &err);
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
        sv_findings_add(&load->findings, &err);
    }
}

static void stamp_file(struct sv_buf *stamp, const char *path, int64_t *modified_ns)
{
    struct sv_os_stat stat;
    sv_buf_str(stamp, path);
    if (!sv_os_stat_path(path, true, &stat)) {
        sv_buf_str(stamp, " none\n");
        return;
    }
    sv_buf_printf(stamp, " %llu %llu %lld %lld\n", (unsigned long long)stat.device, (unsigned long long)stat.inode, (long long)stat.size,
                  (long long)stat.modified_ns);
    if (stat.modified_ns > *modified_ns)
        *modified_ns = stat.modified_ns;
}

static void stamp_folder(struct sv_buf *stamp, const char *path, int64_t *modified_ns)
{
    struct sv_buf names = {0}, whole = {0};
    struct sv_error err = {0};
    size_t count = 0;
    const char *name = sv_os_list(path, &names, &count, &err) ? names.data : NULL;
    for (size_t i = 0; name != NULL && i < count; i++, name += strlen(name) + 1) {
        if (!is_policy_file(name))
            continue;
        sv_buf_clear(&whole);
        sv_buf_str(&whole, path);
        sv_buf_char(&whole, '/');
        sv_buf_str(&whole, name);
        stamp_file(stamp, sv_buf_cstr(&whole), modified_ns);
    }
    sv_buf_free(&whole);
    sv_buf_free(&names);
}

uint64_t sv_policies_stamp(const char *const *paths, size_t path_count, int64_t *modified_ns)
{
    struct sv_buf stamp = {0};
    struct sv_os_stat stat;
    *modified_ns = INT64_MIN;
    for (size_t i = 0; i < path_count; i++)
        if (sv_os_stat_path(paths[i], true, &stat) && stat.is_folder)
            stamp_folder(&stamp, paths[i], modified_ns);
        else
            stamp_file(&stamp, paths[i], modified_ns);
    uint64_t hash = sv_hash(sv_buf_slice(&stamp));
    sv_buf_free(&stamp);
    return hash;
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

static void drop_advice(struct sv_policy *policy)
{
    if (policy->rule->advice != NULL)
        sv_findings_free(policy->rule->advice);
}

/* Keeps what is selected, in order. */
static void select_policies(struct loading *load)
{
    struct sv_findings *findings = &load->findings;
    const struct sv_policies_spec *spec = load->spec;
    struct sv_policies *set = load->set;
    struct sv_error err = {0};
    size_t before = findings->count, kept = 0, off = 0, own = 0, loaded = set->count;
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
        bool built_in = set->items[i].rule->is_built_in;
        loaded -= built_in;
        off += keep && !built_in && set->items[i].rule->is_off;
        own += keep && !built_in && !set->items[i].rule->is_off;
        if (keep && !set->items[i].rule->is_off && (!built_in || spec->built_in))
            set->items[kept++] = set->items[i];
        else
            drop_advice(&set->items[i]);
    }
    set->count = kept;
    if (own > 0 || findings->count > before)
        return;
    sv_error_set(&err, SV_INPUT, off > 0 ? "no policy is in force: all have \"enabled: false\"" :
                 loaded > 0 ? "no policy is selected: --skip leaves none" : "there is no policy in these files");
    sv_findings_add(findings, &err);
}

/* --- the set --- */

struct place {
    uint64_t file;
    uint32_t line, column;
    size_t at; /* when it was found */
};

static int compare_places(const void *a, const void *b)
{
    const struct place *left = a, *right = b;
    if (left->file != right->file)
        return left->file < right->file ? -1 : 1;
    if (left->line != right->line)
        return left->line < right->line ? -1 : 1;
    if (left->column != right->column)
        return left->column < right->column ? -1 : 1;
    return left->at < right->at ? -1 : 1;
}

/* Adds what was found to the caller's list, file by file, in the order of the lines. */
static void tell(struct loading *load, struct sv_findings *findings)
{
    struct sv_findings *own = &load->findings;
    struct place *places = sv_calloc(own->count + 1, sizeof *places);
    for (size_t i = 0; i < own->count; i++) {
        const struct sv_error *err = &own->items[i];
        const struct sv_map_item *file = sv_map_find(&load->order, sv_slice_str(err->file));
        places[i] = (struct place){file != NULL ? file->number : UINT64_MAX, err->line, err->column, i};
    }
    qsort(places, own->count, sizeof *places, compare_places);
    for (size_t i = 0; i < own->count; i++)
        sv_findings_add(findings, &own->items[places[i].at]);
    sv_free(places);
}

static void load_all(struct loading *load)
{
    const struct sv_policies_spec *spec = load->spec;
    for (size_t i = 0; i < spec->path_count; i++) {
        struct sv_os_stat stat;
        if (sv_os_stat_path(spec->paths[i], true, &stat) && stat.is_folder)
            load_folder(load, spec->paths[i]);
        else
            load_file(load, spec->paths[i]);
    }
    load->built_in = load->file_count;
    load_text(load, "(built in)", sv_slice_str(sv_policy_built_in));
    for (size_t i = 0; i < load->file_count && !load->full; i++)
        take_policies(load, load->files[i]);
    if (!load->full)
        sv_overrides_end(&load->overrides, load->set);
    sv_policy_try_examples(load->set, &load->findings);
    if (load->findings.count == 0)
        select_policies(load);
}

static void end_loading(struct loading *load)
{
    for (size_t i = 0; i < load->file_count; i++) {
        sv_map_free(&load->files[i]->lists);
        sv_map_free(&load->files[i]->fields);
        sv_map_free(&load->files[i]->used);
    }
    for (size_t i = 0; i < load->set->count; i++)
        drop_advice(&load->set->items[i]);
    sv_free(load->files);
    sv_overrides_free(&load->overrides);
    sv_findings_free(&load->findings);
    sv_map_free(&load->ids);
    sv_map_free(&load->order);
}

static void add_try(struct sv_policies *set, size_t policy, uint8_t step, const struct sv_cel *when, const struct sv_cel_fact *facts,
                    size_t fact_count)
{
    const struct sv_policy_rule *rule = set->items[policy].rule;
    set->tries[set->try_count++] = (struct sv_policy_try){.direct = sv_cel_direct(when),
                                                          .when = when,
                                                          .facts = facts,
                                                          .fact_count = fact_count,
                                                          .policy = (uint32_t)policy,
                                                          .step = step,
                                                          .scoped = rule->scoped,
                                                          .has_state = rule->kind.kind != NULL};
}

/* A policy with steps has its `when` for all of them: it is asked behind each. */
static void make_tries(struct sv_policies *set)
{
    size_t count = 0;
    for (size_t i = 0; i < set->count; i++)
        count += 1 + set->items[i].rule->kind.step_count;
    set->tries = sv_arena_calloc(&set->arena, count + 1, sizeof *set->tries);
    for (size_t i = 0; i < set->count; i++) {
        const struct sv_policy_rule *rule = set->items[i].rule;
        if (rule->kind.kind != &sv_kind_sequence)
            add_try(set, i, SV_TRY_WHEN, rule->when, rule->facts, rule->fact_count);
        for (size_t k = 0; k < rule->kind.step_count; k++)
            add_try(set, i, (uint8_t)k, rule->kind.steps[k].when, rule->kind.steps[k].facts, rule->kind.steps[k].fact_count);
    }
}

struct sv_policies *sv_policies_load(const struct sv_policies_spec *spec, struct sv_findings *findings)
{
    struct sv_policies *set = sv_calloc(1, sizeof *set);
    struct loading load = {.spec = spec, .set = set};
    set->schema = spec->schema;
    set->env = sv_cel_env_new(NULL, spec->schema->paths, &set->arena);
    sv_schema_declare(spec->schema, set->env);
    if (spec->check)
        sv_cel_env_strict(set->env);
    load_all(&load);
    bool usable = load.findings.count == 0;
    if (usable && spec->check)
        sv_policy_lint(set, load.files, load.file_count, &load.findings);
    tell(&load, findings);
    end_loading(&load);
    if (!usable) {
        sv_policies_free(set);
        return NULL;
    }
    make_tries(set);
    set->index = sv_index_new(set);
    return set;
}

int64_t sv_policies_latest(const struct sv_policies *set, int64_t now_ns)
{
    int64_t ahead_ns = MAX_AHEAD_NS;
    for (size_t i = 0; set != NULL && i < set->count; i++)
        if (set->items[i].rule->kind.kind != NULL && set->items[i].rule->max_ahead_ns > ahead_ns)
            ahead_ns = set->items[i].rule->max_ahead_ns;
    return sv_time_plus(now_ns, ahead_ns);
}

void sv_policies_free(struct sv_policies *set)
{
    if (set == NULL)
        return;
    sv_index_free(set->index);
    sv_sieve_free(set->sieve);
    sv_cel_env_free(set->env);
    for (size_t i = 0; i < set->zones.count; i++)
        sv_zone_free(set->zones.items[i].pointer);
    sv_map_free(&set->zones);
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
