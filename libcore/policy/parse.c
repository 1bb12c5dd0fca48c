/* SPDX-License-Identifier: ISC */
#include <inttypes.h>

#include "base/time.h"
#include "cel/cel.h"
#include "policy/rule.h"

#define COUNT(array) (sizeof(array) / sizeof *(array))
#define ROOM 8 /* facts of one condition that are kept; one is enough for the index */

const enum sv_field sv_scope_fields[SV_SCOPE_COUNT] = {SV_F_TEAM, SV_F_SUPERVISOR, SV_F_AGENT, SV_F_HOST, SV_F_SESSION};

const char *const sv_policy_keys[SV_K_COUNT] = {
    [SV_K_ID] = "id", [SV_K_TITLE] = "title", [SV_K_SEVERITY] = "severity", [SV_K_ACTION] = "action", [SV_K_TAGS] = "tags",
    [SV_K_SCOPE] = "scope", [SV_K_LET] = "let", [SV_K_WHEN] = "when", [SV_K_EXCEPT] = "except", [SV_K_MESSAGE] = "message",
    [SV_K_MATCH] = "match", [SV_K_NO_MATCH] = "no_match", [SV_K_RUNBOOK] = "runbook", [SV_K_LATENESS] = "lateness",
    [SV_K_MAX_KEYS] = "max_keys", [SV_K_MAX_AHEAD] = "max_ahead", [SV_K_ON_ERROR] = "on_error", [SV_K_ENABLED] = "enabled",
    [SV_K_BY] = "by", [SV_K_WINDOW] = "window", [SV_K_HAVING] = "having", [SV_K_TZ] = "tz", [SV_K_REALERT] = "realert",
    [SV_K_FOR] = "for", [SV_K_KEEP] = "keep_firing_for", [SV_K_RESOLVED] = "resolved", [SV_K_ABSENT] = "absent",
    [SV_K_UNTIL] = "until", [SV_K_SEQUENCE] = "sequence", [SV_K_WITHIN] = "within", [SV_K_LOOP] = "loop", [SV_K_LIMIT] = "limit",
    [SV_K_BURST] = "burst", [SV_K_NEW] = "new", [SV_K_LEARN] = "learn"};
_Static_assert((int)SV_K_COUNT == (int)SV_POLICY_KEYS, "rule.h knows how many keys there are");

/* A key without a colon in {...}: most likely the rest of an expression with a comma in it. */
static bool is_cut_off(const struct sv_yaml_node *map, const struct sv_yaml_node *key)
{
    return map->flow && key->style == SV_YAML_PLAIN && key->value->missing && key != map->first;
}

#define CUT_HINT "quote the value before it: in {...} a plain value ends at a comma"

void sv_policy_unknown_key(struct sv_policy_file *file, const struct sv_yaml_node *map, const struct sv_yaml_node *key,
                           const char *const *names, size_t count)
{
    if (is_cut_off(map, key)) {
        sv_yaml_find_node(file->findings, key, "unknown key \"%.*s\" (" CUT_HINT ")", SV_ARG(key->text));
    } else {
        const char *near = sv_cel_suggest(key->text, names, count);
        sv_yaml_find_node(file->findings, key, "unknown key \"%.*s\"%s%s%s", SV_ARG(key->text),
                     near != NULL ? " (did you mean \"" : "", near != NULL ? near : "", near != NULL ? "\"?)" : "");
    }
}

bool sv_policy_check_name(struct sv_policy_file *file, const struct sv_yaml_node *key)
{
    struct sv_slice s = key->text;
    bool good = s.len > 0 && !(s.data[0] >= '0' && s.data[0] <= '9');
    for (size_t i = 0; i < s.len; i++) {
        char c = s.data[i];
        good &= (c >= 'a' && c <= 'z') || (c >= 'A' && c <= 'Z') || (c >= '0' && c <= '9') || c == '_';
    }
    if (!good)
        sv_yaml_find_node(file->findings, key, "\"%.*s\" is no name (letters, digits and _)%s", SV_ARG(s),
                     key->style == SV_YAML_PLAIN && key->value->missing ? "; " CUT_HINT : "");
    else if (sv_field_find(s) != SV_F_COUNT || sv_slice_is(s, "event"))
        sv_yaml_find_node(file->findings, key, "\"%.*s\" is a field of every event already", SV_ARG(s));
    else
        return true;
    return false;
}

/* --- simple values --- */

static void find_at(struct sv_policy_file *file, const struct sv_yaml_node *node, const struct sv_yaml_node *key, const char *what)
{
    sv_yaml_find_node(file->findings, node->missing ? key : node, "\"%.*s\" must be %s", SV_ARG(key->text), what);
}

void sv_draft_must_be(struct sv_policy_file *file, const struct sv_yaml_node *key, const char *what)
{
    find_at(file, key->value, key, what);
}

/* The text of key's value; a finding and false when there is none. */
static bool take_text(struct sv_policy_file *file, const struct sv_yaml_node *key, struct sv_slice *out)
{
    if (key->value->kind != SV_YAML_SCALAR || key->value->missing || key->value->text.len == 0) {
        find_at(file, key->value, key, "a text");
        return false;
    }
    *out = key->value->text;
    return true;
}

static bool take_word(struct sv_policy_file *file, const struct sv_yaml_node *key, const char *const *words, size_t count,
                      size_t *out)
{
    struct sv_slice text;
    if (!take_text(file, key, &text))
        return false;
    for (*out = 0; *out < count; ++*out)
        if (sv_slice_is(text, words[*out]))
            return true;
    const char *near = sv_cel_suggest(text, words, count);
    struct sv_buf all = {0};
    for (size_t i = 0; i < count; i++) {
        sv_buf_str(&all, i == 0 ? "" : i + 1 < count ? ", " : " or ");
        sv_buf_str(&all, words[i]);
    }
    const struct sv_yaml_node *value = key->value;
    if (near != NULL)
        sv_yaml_find_node(file->findings, value, "unknown %.*s \"%.*s\" (did you mean \"%s\"?)",
                     SV_ARG(key->text), SV_ARG(text), near);
    else
        sv_yaml_find_node(file->findings, value, "unknown %.*s \"%.*s\" (%s)", SV_ARG(key->text),
                     SV_ARG(text), sv_buf_cstr(&all));
    sv_buf_free(&all);
    return false;
}

bool sv_draft_duration(struct sv_policy_file *file, const struct sv_yaml_node *key, int64_t *out)
{
    int64_t ns;
    if (key->value->kind != SV_YAML_SCALAR || !sv_duration_parse(key->value->text, &ns) || ns < 0) {
        find_at(file, key->value, key, "a duration such as 10s, 5m or 1h30m");
        return false;
    }
    *out = ns;
    return true;
}

bool sv_draft_count(struct sv_policy_file *file, const struct sv_yaml_node *key, uint64_t *out)
{
    struct sv_value value = key->value->kind == SV_YAML_SCALAR ? sv_yaml_scalar(key->value) : sv_value_of(SV_NULL);
    if (value.type != SV_INT || value.i < 1) {
        find_at(file, key->value, key, "a number of at least 1");
        return false;
    }
    *out = (uint64_t)value.i;
    return true;
}

bool sv_policy_parse_default(struct sv_policy_file *file, const struct sv_yaml_node *key, struct sv_policy_file *into)
{
    static const char *const severities[] = {"info", "warning", "error", "critical"};
    static const char *const actions[] = {"observe", "warn", "ask", "deny"};
    static const char *const on_errors[] = {"error", "ignore", "violation"}; /* as enum sv_on_error */
    size_t word;
    if (sv_slice_is(key->text, "severity")) {
        if (take_word(file, key, severities, COUNT(severities), &word))
            into->severity = (enum sv_severity)word;
    } else if (sv_slice_is(key->text, "action")) {
        if (take_word(file, key, actions, COUNT(actions), &word))
            into->action = (enum sv_action)word;
    } else if (sv_slice_is(key->text, "on_error")) {
        if (take_word(file, key, on_errors, COUNT(on_errors), &word))
            into->on_error = (enum sv_on_error)word;
    } else if (sv_slice_is(key->text, "lateness")) {
        sv_draft_duration(file, key, &into->lateness_ns);
    } else if (sv_slice_is(key->text, "max_ahead")) {
        sv_draft_duration(file, key, &into->max_ahead_ns);
    } else if (sv_slice_is(key->text, "max_keys")) {
        sv_draft_count(file, key, &into->max_keys);
    } else {
        return false;
    }
    return true;
}

bool sv_draft_bool(struct sv_policy_file *file, const struct sv_yaml_node *key, bool *out)
{
    struct sv_value value = key->value->kind == SV_YAML_SCALAR ? sv_yaml_scalar(key->value) : sv_value_of(SV_NULL);
    if (value.type == SV_BOOL)
        *out = value.b;
    else
        find_at(file, key->value, key, "true or false");
    return value.type == SV_BOOL;
}

bool sv_policy_take_list(struct sv_policy_file *file, struct sv_cel_env *env, const struct sv_yaml_node *name,
                         const struct sv_yaml_node *value)
{
    const struct sv_yaml_node *bad = value->kind == SV_YAML_LIST ? value->first : value;
    while (value->kind == SV_YAML_LIST && bad != NULL && bad->kind == SV_YAML_SCALAR && !bad->missing)
        bad = bad->next;
    if (bad != NULL) {
        sv_yaml_find_node(file->findings, bad->missing ? name : bad, "the list \"%.*s\" must be a list of texts, numbers or bools",
                          SV_ARG(name->text));
        return false;
    }
    struct sv_buf json = {0};
    sv_yaml_put_json(&json, value);
    struct sv_slice text = sv_arena_dup(&file->set->arena, sv_buf_slice(&json));
    sv_buf_free(&json);
    sv_cel_env_constant(env, name->text, (struct sv_value){.type = SV_JSON, .len = (uint32_t)text.len, .s = text.data});
    return true;
}

/* A text or a list of texts. */
static bool take_texts(struct sv_policy_file *file, const struct sv_yaml_node *key, struct sv_globs *out)
{
    const struct sv_yaml_node *value = key->value;
    size_t count = value->kind == SV_YAML_LIST ? value->count : 1;
    if (value->kind == SV_YAML_MAP || (value->kind == SV_YAML_SCALAR && value->text.len == 0)) {
        find_at(file, value, key, "a text or a list of texts");
        return false;
    }
    out->items = sv_arena_alloc(&file->set->arena, (count > 0 ? count : 1) * sizeof *out->items);
    for (const struct sv_yaml_node *item = value->kind == SV_YAML_LIST ? value->first : value; item != NULL; item = item->next) {
        if (item->kind != SV_YAML_SCALAR || item->text.len == 0) {
            find_at(file, item, key, "a text or a list of texts");
            return false;
        }
        out->items[out->count++] = item->text;
        if (value->kind != SV_YAML_LIST)
            break;
    }
    return true;
}

/* --- expressions --- */

/* Names for an expression that an override brought: those of its own file, not those of other overrides. */
static struct sv_cel_env *names_beside(const struct sv_draft *d, const struct sv_yaml_node *node)
{
    for (size_t i = 0; i < d->changes->file_count; i++)
        if (d->changes->files[i]->yaml == node->yaml)
            return d->changes->files[i]->env;
    return NULL;
}

const struct sv_cel *sv_draft_compile(struct sv_draft *d, struct sv_cel_env *env, const struct sv_yaml_node *node, struct sv_slice text,
                                      uint32_t base, enum sv_cel_type want, const char *hint)
{
    struct sv_policy_file *file = d->file;
    struct sv_cel_problems problems = {0};
    sv_cel_env_also(d->env, names_beside(d, node));
    const struct sv_cel *expr = sv_cel_compile(env, text, want, &problems);
    for (size_t i = 0; i < problems.count; i++) {
        const struct sv_cel_problem *p = &problems.items[i];
        uint32_t start = sv_yaml_trace(node->yaml, node, base + p->offset);
        uint32_t end = p->length > 0 ? sv_yaml_trace(node->yaml, node, base + p->offset + p->length - 1) + 1 : start;
        if (expr != NULL)
            sv_yaml_warn(node->yaml, d->rule->advice, start, end > start ? end : start + 1, "%s", p->text);
        else
            sv_yaml_find(node->yaml, file->findings, start, end > start ? end : start + 1, "%s%s", p->text, hint);
    }
    return expr;
}

static const struct sv_cel *compile(struct sv_draft *d, const struct sv_yaml_node *node, enum sv_cel_type want, const char *hint)
{
    return sv_draft_compile(d, d->env, node, node->text, 0, want, hint);
}

const struct sv_cel *sv_draft_expression(struct sv_draft *d, struct sv_cel_env *env, int k, enum sv_cel_type want, const char *hint)
{
    const struct sv_yaml_node *key = d->key[k];
    if (key == NULL || d->cut[k])
        return NULL;
    if (key->value->kind != SV_YAML_SCALAR || key->value->missing || sv_slice_trim(key->value->text).len == 0) {
        find_at(d->file, key->value, key, "an expression");
        return NULL;
    }
    return sv_draft_compile(d, env, key->value, key->value->text, 0, want, hint);
}

static void take_lets(struct sv_draft *d)
{
    struct sv_policy_file *file = d->file;
    const struct sv_yaml_node *key = d->key[SV_K_LET];
    if (key->value->kind != SV_YAML_MAP) {
        find_at(file, key->value, key, "a mapping of names to expressions");
        return;
    }
    for (const struct sv_yaml_node *name = key->value->first; name != NULL; name = name->next) {
        if (!sv_policy_check_name(file, name))
            continue;
        if (sv_map_find(&file->lists, name->text) != NULL) {
            sv_yaml_find_node(file->findings, name, "\"%.*s\" is a list of this file already",
                         SV_ARG(name->text));
            continue;
        }
        if (name->value->kind != SV_YAML_SCALAR || name->value->text.len == 0) {
            find_at(file, name->value, name, "an expression");
            continue;
        }
        /* what follows a value that was cut at a comma is a finding of its own */
        if (name->next != NULL && is_cut_off(key->value, name->next))
            continue;
        const struct sv_cel *expr = compile(d, name->value, SV_CEL_DYN, "");
        if (expr != NULL)
            sv_cel_env_let(d->env, name->text, expr);
    }
}

/* --- scope and exceptions --- */

static void take_scope(struct sv_draft *d)
{
    static const char *const names[SV_SCOPE_COUNT] = {"team", "supervisor", "agent", "host", "session"};
    const struct sv_yaml_node *key = d->key[SV_K_SCOPE];
    if (key->value->kind != SV_YAML_MAP) {
        find_at(d->file, key->value, key, "a mapping of team, supervisor, agent, host or session to globs");
        return;
    }
    for (const struct sv_yaml_node *name = key->value->first; name != NULL; name = name->next) {
        size_t s = 0;
        while (s < SV_SCOPE_COUNT && !sv_slice_is(name->text, names[s]))
            s++;
        if (s == SV_SCOPE_COUNT)
            sv_policy_unknown_key(d->file, key->value, name, names, SV_SCOPE_COUNT);
        else if (take_texts(d->file, name, &d->rule->scope[s]))
            d->rule->scoped |= d->rule->scope[s].count > 0;
    }
}

static bool take_except_fields(struct sv_draft *d, const struct sv_yaml_node *key, struct sv_except *except)
{
    const struct sv_yaml_node *value = key->value;
    bool good = true, is_list = value->kind == SV_YAML_LIST;
    except->width = is_list ? value->count : 1;
    if (value->kind == SV_YAML_MAP || except->width == 0 || (value->kind == SV_YAML_SCALAR && value->text.len == 0)) {
        find_at(d->file, value, key, "a field or a list of fields");
        return false;
    }
    except->fields = sv_arena_calloc(&d->file->set->arena, except->width, sizeof *except->fields);
    const struct sv_yaml_node *item = is_list ? value->first : value;
    for (size_t i = 0; i < except->width; i++, item = item->next) {
        if (item->kind != SV_YAML_SCALAR || item->text.len == 0) {
            find_at(d->file, item, key, "a field or a list of fields");
            return false;
        }
        except->fields[i] = compile(d, item, SV_CEL_DYN, "");
        good &= except->fields[i] != NULL;
    }
    return good;
}

static bool take_except_values(struct sv_draft *d, const struct sv_yaml_node *key, struct sv_except *except)
{
    const struct sv_yaml_node *value = key->value;
    struct sv_policy_file *file = d->file;
    if (value->kind != SV_YAML_LIST) {
        find_at(file, value, key, "a list of rows");
        return false;
    }
    except->globs = sv_arena_calloc(&file->set->arena, value->count * except->width + 1, sizeof *except->globs);
    for (const struct sv_yaml_node *row = value->first; row != NULL; row = row->next, except->rows++) {
        size_t cells = row->kind == SV_YAML_LIST ? row->count : row->kind == SV_YAML_SCALAR ? 1 : 0;
        if (cells != except->width) {
            sv_yaml_find_node(file->findings, row, "this row of values has %zu, \"fields\" has %zu", cells,
                         except->width);
            return false;
        }
        const struct sv_yaml_node *cell = row->kind == SV_YAML_LIST ? row->first : row;
        for (size_t i = 0; i < cells; i++, cell = cell->next) {
            if (cell->kind != SV_YAML_SCALAR) {
                find_at(file, cell, key, "rows of texts");
                return false;
            }
            except->globs[except->rows * except->width + i] = cell->text;
        }
    }
    return true;
}

static bool take_except(struct sv_draft *d, const struct sv_yaml_node *map, struct sv_except *except)
{
    static const char *const names[] = {"name", "fields", "values"};
    const struct sv_yaml_node *keys[COUNT(names)] = {0};
    struct sv_policy_file *file = d->file;
    if (map->kind != SV_YAML_MAP) {
        sv_yaml_find_node(file->findings, map, "an exception must be a mapping of name, fields and values");
        return false;
    }
    for (const struct sv_yaml_node *key = map->first; key != NULL; key = key->next) {
        size_t n = 0;
        while (n < COUNT(names) && !sv_slice_is(key->text, names[n]))
            n++;
        if (n == COUNT(names))
            sv_policy_unknown_key(file, map, key, names, COUNT(names));
        else
            keys[n] = key;
    }
    for (size_t n = 0; n < COUNT(names); n++)
        if (keys[n] == NULL) {
            sv_yaml_find_node(file->findings, map, "this exception has no \"%s\"", names[n]);
            return false;
        }
    return take_text(file, keys[0], &except->name) && take_except_fields(d, keys[1], except) &&
           take_except_values(d, keys[2], except);
}

static void take_excepts(struct sv_draft *d)
{
    const struct sv_yaml_node *key = d->key[SV_K_EXCEPT];
    if (key->value->kind != SV_YAML_LIST) {
        find_at(d->file, key->value, key, "a list of exceptions");
        return;
    }
    d->rule->excepts = sv_arena_calloc(&d->file->set->arena, key->value->count + 1, sizeof *d->rule->excepts);
    for (const struct sv_yaml_node *map = key->value->first; map != NULL; map = map->next)
        d->rule->except_count += take_except(d, map, &d->rule->excepts[d->rule->except_count]);
}

static bool is_list_of_events(const struct sv_yaml_node *list)
{
    bool good = list->kind == SV_YAML_LIST;
    for (const struct sv_yaml_node *item = list->first; item != NULL && good; item = item->next)
        good = item->kind == SV_YAML_MAP;
    return good;
}

static const struct sv_yaml_node *take_examples(struct sv_draft *d, int k)
{
    const struct sv_yaml_node *key = d->key[k];
    if (key == NULL)
        return NULL;
    bool good = key->value->kind != SV_YAML_SCALAR, has_state = d->rule->kind.kind != NULL;
    if (key->value->kind == SV_YAML_LIST)
        for (const struct sv_yaml_node *item = key->value->first; item != NULL; item = item->next)
            good &= item->kind == SV_YAML_MAP || (has_state && is_list_of_events(item));
    if (!good)
        find_at(d->file, key->value, key, has_state ? "a list of events, or a list of such lists, each event a mapping" :
                "a list of events, each a mapping");
    return good ? key->value : NULL;
}

/* --- the policy --- */

static void take_keys(struct sv_draft *d, const struct sv_yaml_node *map)
{
    int previous = SV_K_COUNT;
    for (const struct sv_yaml_node *key = map->first; key != NULL; key = key->next) {
        int k = 0;
        while (k < SV_K_COUNT && !sv_slice_is(key->text, sv_policy_keys[k]))
            k++;
        if (k < SV_K_COUNT) {
            d->key[k] = key;
        } else {
            sv_policy_unknown_key(d->file, map, key, sv_policy_keys, SV_K_COUNT);
            if (previous < SV_K_COUNT)
                d->cut[previous] = is_cut_off(map, key);
        }
        previous = k;
    }
}

static void take_id(struct sv_draft *d, const struct sv_yaml_node *map)
{
    struct sv_policy_file *file = d->file;
    const struct sv_yaml_node *key = d->key[SV_K_ID];
    if (key == NULL) {
        sv_yaml_find(map->yaml, file->findings, map->start, map->start + 1, "this policy has no \"id\"");
        return;
    }
    struct sv_slice id;
    if (!take_text(file, key, &id))
        return;
    bool good = true;
    for (size_t i = 0; i < id.len; i++) {
        char c = id.data[i];
        bool is_first = (c >= 'a' && c <= 'z') || (c >= '0' && c <= '9');
        good &= is_first || (i > 0 && (c == '.' || c == '_' || c == '-'));
    }
    if (!good)
        sv_yaml_find_node(file->findings, key->value, "an id is made of a-z, 0-9, \".\", \"_\" and \"-\", and begins with a letter or digit");
    else
        d->policy->id = id;
}

/* Overridden lists hide the file's own; see names_beside for the overrides' files. */
static struct sv_cel_env *make_env(struct sv_policy_file *file, const struct sv_policy_changes *changes)
{
    struct sv_arena *arena = &file->set->arena;
    struct sv_cel_env *env = sv_cel_env_new(file->env, NULL, arena);
    for (size_t i = 0; i < changes->lists.count; i++) {
        const struct sv_yaml_node *name = changes->lists.items[i].pointer;
        sv_policy_take_list(file, env, name, name->value);
    }
    return env;
}

static void take_settings(struct sv_draft *d)
{
    static const int keys[] = {SV_K_SEVERITY, SV_K_ACTION, SV_K_LATENESS, SV_K_MAX_KEYS, SV_K_MAX_AHEAD, SV_K_ON_ERROR};
    struct sv_policy_file own = *d->file;
    for (size_t i = 0; i < COUNT(keys); i++)
        if (d->key[keys[i]] != NULL)
            sv_policy_parse_default(d->file, d->key[keys[i]], &own);
    d->policy->severity = own.severity;
    d->policy->action = own.action;
    d->rule->lateness_ns = own.lateness_ns;
    d->rule->max_ahead_ns = own.max_ahead_ns;
    d->rule->max_keys = own.max_keys;
    d->rule->on_error = own.on_error;
    bool is_on = true;
    if (d->key[SV_K_ENABLED] != NULL)
        sv_draft_bool(d->file, d->key[SV_K_ENABLED], &is_on);
    d->rule->is_off = !is_on;
}

size_t sv_draft_facts(struct sv_draft *d, const struct sv_cel *when, struct sv_cel_fact **facts)
{
    struct sv_cel_fact some[ROOM];
    size_t count = sv_cel_facts(when, some, ROOM);
    count = count > ROOM ? ROOM : count;
    *facts = sv_arena_alloc(&d->file->set->arena, ROOM * sizeof **facts);
    memcpy(*facts, some, count * sizeof *some);
    return count;
}

/* For --check: which names it reads. A let that only its own file's condition read is not told when an override took that away. */
static void note_used(struct sv_draft *d, const struct sv_policy_changes *changes)
{
    struct sv_policy_file *file = d->file;
    bool taken_away = changes->changed[SV_CHANGED_WHEN] != NULL && changes->changed[SV_CHANGED_LET] == NULL;
    const struct sv_yaml_node *let = d->key[SV_K_LET] != NULL && !taken_away ? d->key[SV_K_LET]->value->first : NULL;
    for (; let != NULL; let = let->next)
        if (!sv_cel_env_used(d->env, let->text))
            sv_yaml_warn(let->yaml, d->rule->advice, let->start, let->end, "no expression uses \"%.*s\"", SV_ARG(let->text));
    for (size_t i = 0; i < changes->lists.count; i++)
        if (sv_cel_env_used(d->env, changes->lists.items[i].key))
            sv_map_at(&file->used, changes->lists.items[i].key)->number = 1;
    file->is_changed |= changes->changed[SV_CHANGED_WHEN] != NULL || changes->changed[SV_CHANGED_LET] != NULL ||
                        changes->changed[SV_CHANGED_EXCEPT] != NULL;
}

bool sv_policy_parse(struct sv_policy_file *file, const struct sv_yaml_node *map, const struct sv_policy_changes *changes,
                     struct sv_policy *policy)
{
    struct sv_arena *arena = &file->set->arena;
    struct sv_draft d = {.file = file, .policy = policy, .env = make_env(file, changes), .changes = changes, .map = map};
    struct sv_policy_rule *rule = d.rule = sv_arena_calloc(arena, 1, sizeof *rule);
    *policy = (struct sv_policy){.file = file->yaml->path, .line = sv_yaml_line(file->yaml, map->start), .rule = rule};
    memcpy(rule->changed, changes->changed, sizeof rule->changed);
    rule->advice = file->check ? sv_arena_calloc(arena, 1, sizeof *rule->advice) : NULL;
    take_keys(&d, map);
    take_id(&d, map);
    policy->title = policy->id;
    if (d.key[SV_K_TITLE] != NULL)
        take_text(file, d.key[SV_K_TITLE], &policy->title);
    if (d.key[SV_K_RUNBOOK] != NULL)
        take_text(file, d.key[SV_K_RUNBOOK], &policy->runbook);
    take_settings(&d);

    struct sv_globs tags = {0};
    if (d.key[SV_K_TAGS] != NULL && take_texts(file, d.key[SV_K_TAGS], &tags))
        policy->tags = tags.items, policy->tag_count = tags.count;
    if (d.key[SV_K_SCOPE] != NULL)
        take_scope(&d);
    size_t before = file->findings->count;
    if (d.key[SV_K_LET] != NULL)
        take_lets(&d);
    bool lets = file->findings->count == before, is_kind = sv_kind_is_named(&d);
    if (d.key[SV_K_WHEN] == NULL && !is_kind)
        sv_yaml_find(map->yaml, file->findings, map->start, map->start + 1, "this policy has no \"when\"");
    /* with a name missing every use of it would be a second finding about one mistake */
    if (lets) {
        rule->when = sv_draft_expression(&d, d.env, SV_K_WHEN, SV_CEL_BOOL, "");
        if (d.key[SV_K_EXCEPT] != NULL)
            take_excepts(&d);
        sv_kind_parse(&d);
        if (rule->kind.kind == NULL && !is_kind)
            rule->message = sv_draft_expression(&d, d.env, SV_K_MESSAGE, SV_CEL_DYN, SV_MESSAGE_HINT);
    }
    if (rule->when != NULL)
        rule->fact_count = sv_draft_facts(&d, rule->when, &rule->facts);
    if (rule->when != NULL && file->check)
        note_used(&d, changes);
    rule->node = map;
    if (rule->kind.kind != NULL || !is_kind) { /* else there is nothing to try them with */
        rule->match = take_examples(&d, SV_K_MATCH);
        rule->no_match = take_examples(&d, SV_K_NO_MATCH);
    }
    sv_policy_canon(file, changes, map, policy);
    return rule->when != NULL || rule->kind.kind != NULL;
}
