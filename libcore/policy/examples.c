/* SPDX-License-Identifier: ISC */
/* A policy's own examples: each becomes an event the way a native record does, fields derived and all, and is judged. */
#include "cel/regex.h"
#include "event/reader.h"
#include "policy/engine.h"
#include "policy/rule.h"

struct trial {
    const struct sv_policy *policy;
    struct sv_findings *findings;
    const struct sv_yaml_node *example;
    bool must_match;
    struct sv_cel_run run;
    /* of a policy that looks at more than one event */
    struct sv_engine *engine; /* NULL until there is one */
    struct sv_policies *set;
    struct sv_matcher matcher;
    struct sv_hits hits;
    struct sv_arena batch;
    size_t found;             /* violations of the policy */
    bool failed;
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

/* --- policies that look at more than one event: an example is what happened, one event after the other --- */

static uint32_t steps_met(struct trial *trial, const struct sv_policy_rule *rule)
{
    struct sv_value error = {0};
    uint32_t steps = 0;
    bool is_sequence = rule->kind.kind == &sv_kind_sequence;
    if (is_sequence && rule->when != NULL && sv_rule_judge(rule, &trial->run, &error) != SV_VERDICT_YES)
        return 0;
    if (!is_sequence && sv_rule_judge(rule, &trial->run, &error) == SV_VERDICT_YES)
        steps |= SV_STEP_WHEN;
    for (size_t i = 0; i < rule->kind.step_count; i++) {
        struct sv_value value = sv_cel_eval(rule->kind.steps[i].when, &trial->run);
        if (sv_rule_conclude(rule, &trial->run, value, &error) == SV_VERDICT_YES)
            steps |= UINT32_C(1) << i;
    }
    return steps;
}

static void happen(struct trial *trial, struct sv_event *event)
{
    const struct sv_policy_rule *rule = trial->policy->rule;
    size_t index = (size_t)(trial->policy - trial->set->items);
    trial->hits.count = 0;
    sv_engine_see(trial->engine, event, &trial->matcher, &trial->hits);
    size_t first = trial->hits.count;
    trial->run.slots = trial->matcher.run.slots = event->slots;
    trial->run.arena = trial->matcher.run.arena = event->arena;
    trial->run.event = trial->matcher.run.event = event->number;
    uint32_t steps = in_scope(rule, event) ? steps_met(trial, rule) : 0;
    if (steps != 0)
        sv_engine_touch(trial->engine, index, steps, event, &trial->matcher, &trial->hits, first);
    for (size_t i = 0; i < trial->hits.count; i++) {
        trial->found += trial->hits.items[i].outcome == SV_VIOLATION;
        trial->failed |= trial->hits.items[i].outcome == SV_OUTCOME_ERROR;
    }
}

static void judge(void *context, struct sv_event *event)
{
    struct trial *trial = context;
    if (trial->policy->rule->kind.kind != NULL) {
        happen(trial, event);
        return;
    }
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

static void try_event(struct trial *trial, struct sv_reader *reader, const struct sv_yaml_node *example, uint64_t record)
{
    struct sv_buf json = {0};
    struct sv_error err = {0};
    sv_yaml_put_json(&json, example);
    struct sv_place place = {.record = record};
    if (is_whole(trial, example) && sv_reader_record(reader, sv_buf_slice(&json), &place, &err) == SV_RECORD_REJECTED)
        sv_yaml_find_node(trial->findings, example, "this is no event: %s", err.text);
    sv_buf_free(&json);
}

/* A list of events (or one event) from the beginning to the end. */
static void try_story(struct trial *trial, struct sv_reader *reader, const struct sv_yaml_node *story)
{
    uint64_t record = 0;
    size_t before = trial->findings->count;
    if (trial->engine == NULL)
        trial->engine = sv_engine_new(trial->set, NULL);
    sv_engine_reset(trial->engine);
    trial->matcher.engine = trial->engine;
    trial->matcher.batch = &trial->batch;
    trial->found = 0;
    trial->failed = false;
    trial->example = story;
    const struct sv_yaml_node *event = story->kind == SV_YAML_LIST ? story->first : story;
    for (; event != NULL; event = story->kind == SV_YAML_LIST ? event->next : NULL)
        try_event(trial, reader, event, ++record);
    sv_arena_reset(&trial->batch);
    if (trial->findings->count > before)
        return;
    if (trial->must_match && trial->found == 0)
        fail(trial, SV_VERDICT_NO, true, "does not match", trial->failed ? " (an expression fails)" : "");
    else if (!trial->must_match && trial->found > 0)
        fail(trial, SV_VERDICT_YES, true, "matches", ", and must not");
}

/* One story, or a list of them. */
static void try_stories(struct trial *trial, struct sv_reader *reader, const struct sv_yaml_node *stories, bool must_match)
{
    if (stories == NULL)
        return;
    trial->must_match = must_match;
    bool are_many = stories->kind == SV_YAML_LIST && stories->first != NULL && stories->first->kind == SV_YAML_LIST;
    for (const struct sv_yaml_node *story = are_many ? stories->first : stories; story != NULL; story = are_many ? story->next : NULL)
        try_story(trial, reader, story);
}

static void try_list(struct trial *trial, struct sv_reader *reader, const struct sv_yaml_node *examples, bool must_match)
{
    if (examples == NULL)
        return;
    const struct sv_yaml_node *example = examples->kind == SV_YAML_LIST ? examples->first : examples;
    trial->must_match = must_match;
    for (; example != NULL; example = examples->kind == SV_YAML_LIST ? example->next : NULL) {
        trial->example = example;
        try_event(trial, reader, example, 1);
    }
}

/* What happened in examples did not happen. */
static void forget_counts(struct sv_policy *policy)
{
    policy->hits = policy->errors = policy->late = policy->no_clock = policy->keyless = policy->suppressed = policy->full = policy->evicted = 0;
}

void sv_policy_try_examples(struct sv_policies *set, struct sv_findings *findings)
{
    struct sv_arena arena = {0};
    struct sv_event event = sv_event_new(set->schema);
    struct trial trial = {.findings = findings, .set = set};
    struct sv_reader_spec spec = {.schema = set->schema, .format = sv_format_find(SV_SLICE("sv")), .event = &event, .arena = &arena,
                                  .latest_ns = INT64_MAX, .sink = judge, .context = &trial};
    struct sv_reader *reader = sv_reader_new(&spec, SV_SLICE(""), SV_SLICE("example"));
    sv_regex_rehearse(true);
    for (size_t i = 0; i < set->count; i++) {
        const struct sv_policy_rule *rule = set->items[i].rule;
        trial.policy = &set->items[i];
        if (rule->kind.kind != NULL) {
            try_stories(&trial, reader, rule->match, true);
            try_stories(&trial, reader, rule->no_match, false);
            forget_counts(&set->items[i]);
            sv_arena_reset(&arena);
            continue;
        }
        if (rule->when == NULL)
            continue;
        try_list(&trial, reader, rule->match, true);
        try_list(&trial, reader, rule->no_match, false);
        sv_arena_reset(&arena);
    }
    sv_regex_rehearse(false);
    sv_reader_free(reader);
    sv_event_free(&event);
    sv_cel_run_free(&trial.run);
    sv_engine_free(trial.engine);
    sv_matcher_free(&trial.matcher);
    sv_free(trial.hits.items);
    sv_arena_free(&trial.batch);
    sv_arena_free(&arena);
}
