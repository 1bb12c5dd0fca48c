/* SPDX-License-Identifier: ISC */
/* A policy's own examples: each becomes an event the way a native record does, fields derived and all, and is judged. */
#include "cel/regex.h"
#include "event/reader.h"
#include "policy/rule.h"

struct trial {
    const struct sv_policy *policy;
    struct sv_findings *findings;
    const struct sv_yaml_node *example;
    bool must_match;
    struct sv_cel_run run;
};

/* The scope counts for those of its fields that the example has: who acts is mostly not what an example is about. */
static bool in_scope(const struct sv_policy_rule *rule, struct sv_event *event)
{
    for (int s = 0; s < SV_SCOPE_COUNT; s++)
        if (rule->scope[s].count > 0 && event->slots[sv_scope_fields[s]].type == SV_STRING &&
            !sv_globs_match(&rule->scope[s], sv_event_text(event, sv_scope_fields[s])))
            return false;
    return true;
}

/* The override that made the verdict what it is; NULL: none. An example from the same place knows what it says. */
static const struct sv_yaml_node *blame(const struct trial *trial, enum sv_verdict verdict, bool in)
{
    const struct sv_yaml_node *const *changed = trial->policy->rule->changed, *key = NULL;
    if (!in)
        key = changed[SV_CHANGED_SCOPE];
    else if (verdict == SV_VERDICT_EXCEPTED)
        key = changed[SV_CHANGED_EXCEPT];
    for (size_t i = 0; in && key == NULL && i <= SV_CHANGED_LISTS; i++)
        key = changed[i];
    if (in && key == NULL && verdict == SV_VERDICT_YES)
        key = changed[SV_CHANGED_EXCEPT] != NULL ? changed[SV_CHANGED_EXCEPT] : changed[SV_CHANGED_SCOPE];
    return key != NULL && key->yaml != trial->example->yaml ? key : NULL;
}

static void fail(struct trial *trial, enum sv_verdict verdict, bool in, const char *what, const char *why)
{
    const struct sv_yaml_node *at = trial->example, *key = blame(trial, verdict, in);
    struct sv_slice id = trial->policy->id;
    if (key == NULL)
        sv_yaml_find_node(trial->findings, at, "policy \"%.*s\" %s this example%s", SV_ARG(id), what, why);
    else
        sv_yaml_find_node(trial->findings, key, "with this, policy \"%.*s\" %s its example at %.*s:%u%s", SV_ARG(id), what,
                          SV_ARG(at->yaml->path), (unsigned)sv_yaml_line(at->yaml, at->start), why);
}

static void judge(void *context, struct sv_event *event)
{
    struct trial *trial = context;
    const struct sv_policy_rule *rule = trial->policy->rule;
    struct sv_value error = {0};
    const char *why = "";
    enum sv_verdict verdict = SV_VERDICT_NO;
    bool in = in_scope(rule, event);
    if (in) {
        trial->run.slots = event->slots;
        trial->run.arena = event->arena;
        trial->run.event = event->number;
        verdict = sv_rule_judge(rule, &trial->run, &error);
    } else {
        why = " (it is out of scope)";
    }
    if (verdict == SV_VERDICT_ABSENT)
        why = " (a field that the condition reads is absent)";
    else if (verdict == SV_VERDICT_EXCEPTED)
        why = " (an exception applies)";
    if (verdict == SV_VERDICT_ERROR) {
        struct sv_slice text = sv_arena_printf(event->arena, ": %.*s", SV_ARG(sv_value_raw(error)));
        fail(trial, verdict, in, "fails on", text.data);
    } else if (trial->must_match && verdict != SV_VERDICT_YES) {
        fail(trial, verdict, in, "does not match", why);
    } else if (!trial->must_match && verdict == SV_VERDICT_YES) {
        fail(trial, verdict, in, "matches", ", and must not");
    }
}

/* `{command: rm a, b}` has a key `b` that nobody meant. */
static bool is_whole(struct trial *trial, const struct sv_yaml_node *map)
{
    for (const struct sv_yaml_node *key = map->first; map->flow && key != NULL; key = key->next)
        if (key->style == SV_YAML_PLAIN && key->value->missing) {
            sv_yaml_find_node(trial->findings, key,
                              "key \"%.*s\" has no value (quote the value before it: in {...} a plain value ends at a comma)",
                              SV_ARG(key->text));
            return false;
        }
    return true;
}

static void try_list(struct trial *trial, struct sv_reader *reader, const struct sv_yaml_node *examples, bool must_match)
{
    if (examples == NULL)
        return;
    const struct sv_yaml_node *example = examples->kind == SV_YAML_LIST ? examples->first : examples;
    trial->must_match = must_match;
    for (; example != NULL; example = examples->kind == SV_YAML_LIST ? example->next : NULL) {
        struct sv_buf json = {0};
        struct sv_error err = {0};
        trial->example = example;
        sv_yaml_put_json(&json, example);
        struct sv_place place = {.record = 1};
        if (is_whole(trial, example) && sv_reader_record(reader, sv_buf_slice(&json), place, &err) == SV_RECORD_REJECTED)
            sv_yaml_find_node(trial->findings, example, "this is no event: %s", err.text);
        sv_buf_free(&json);
    }
}

void sv_policy_try_examples(struct sv_policies *set, struct sv_findings *findings)
{
    struct sv_arena arena = {0};
    struct sv_event event = sv_event_new(set->schema);
    struct trial trial = {.findings = findings};
    struct sv_reader_spec spec = {.schema = set->schema, .format = sv_format_find(SV_SLICE("sv")), .event = &event, .arena = &arena,
                                  .latest_ns = INT64_MAX, .sink = judge, .context = &trial};
    struct sv_reader *reader = sv_reader_new(&spec, SV_SLICE(""), SV_SLICE("example"));
    sv_regex_rehearse(true);
    for (size_t i = 0; i < set->count; i++) {
        const struct sv_policy_rule *rule = set->items[i].rule;
        if (rule->when == NULL)
            continue;
        trial.policy = &set->items[i];
        try_list(&trial, reader, rule->match, true);
        try_list(&trial, reader, rule->no_match, false);
        sv_arena_reset(&arena);
    }
    sv_regex_rehearse(false);
    sv_reader_free(reader);
    sv_event_free(&event);
    sv_cel_run_free(&trial.run);
    sv_arena_free(&arena);
}
