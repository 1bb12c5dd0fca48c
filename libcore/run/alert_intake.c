/* SPDX-License-Identifier: ISC */
#include "run/alert_intake.h"

#include "base/hash.h"
#include "base/time.h"
#include "json/reader.h"
#include "json/writer.h"
#include "run/lookup.h"

struct reading {
    struct sv_value object;
    struct sv_redactor *redactor;
    struct sv_arena *arena;
};

/* A member as text, redacted; empty where there is none. */
static struct sv_slice text_of(struct reading *reading, const char *name)
{
    struct sv_value value = sv_json_get(reading->object, sv_slice_str(name));
    struct sv_buf clean = {0};
    if (value.type != SV_STRING)
        return (struct sv_slice){0};
    sv_redact_text(reading->redactor, &clean, sv_value_string(&value, reading->arena));
    struct sv_slice text = sv_arena_dup(reading->arena, sv_buf_slice(&clean));
    sv_buf_free(&clean);
    return text;
}

/* A container, as JSON, its texts redacted. */
static struct sv_slice json_of(struct reading *reading, const char *name)
{
    struct sv_value value = sv_json_get(reading->object, sv_slice_str(name));
    struct sv_buf raw = {0}, clean = {0};
    if (!sv_value_is_object(value) && !sv_value_is_array(value))
        return (struct sv_slice){0};
    sv_json_put_value(&raw, value);
    sv_redact_text(reading->redactor, &clean, sv_buf_slice(&raw));
    struct sv_slice text = sv_arena_dup(reading->arena, sv_buf_slice(&clean));
    sv_buf_free(&raw);
    sv_buf_free(&clean);
    return text;
}

static bool find_word(struct sv_slice word, const char *(*name)(int), int count, int *out)
{
    for (*out = 0; *out < count; ++*out)
        if (sv_slice_is(word, name(*out)))
            return true;
    *out = 0;
    return false;
}

static const char *outcome_name(int i)
{
    return sv_outcome_name((enum sv_outcome)i);
}

static const char *action_name(int i)
{
    return sv_action_name((enum sv_action)i);
}

static bool is_evaluation(struct reading *reading, struct sv_alert_line *line, int *outcome, struct sv_error *why)
{
    struct sv_slice type = text_of(reading, "type");
    if (!sv_slice_is(type, "evaluation"))
        return sv_error_set(why, SV_INPUT, type.len > 0 ? "not an evaluation: its type is \"%.*s\"" : "not an evaluation: it has no type%.*s",
                            SV_ARG(type));
    line->id = text_of(reading, "id");
    line->policy.id = text_of(reading, "policy");
    if (line->id.len == 0 || line->policy.id.len == 0)
        return sv_error_set(why, SV_INPUT, "an evaluation without %s", line->id.len == 0 ? "an id" : "a policy");
    if (!find_word(text_of(reading, "outcome"), outcome_name, SV_PASS + 1, outcome))
        return sv_error_set(why, SV_INPUT, "an evaluation whose outcome is none");
    return true;
}

bool sv_alert_line_read(struct sv_alert_line *line, struct sv_slice text, int64_t now_ns, struct sv_redactor *redactor, struct sv_arena *arena,
                        struct sv_error *why)
{
    struct reading reading = {.redactor = redactor, .arena = arena};
    enum sv_severity severity;
    int outcome, action;
    *line = (struct sv_alert_line){.time_ns = now_ns};
    if (!sv_json_read(text, &reading.object, why))
        return false;
    if (!sv_value_is_object(reading.object))
        return sv_error_set(why, SV_INPUT, "not an evaluation: no JSON object");
    if (!is_evaluation(&reading, line, &outcome, why))
        return false;
    if (!sv_severity_find(text_of(&reading, "severity"), &severity))
        severity = SV_INFO;
    find_word(text_of(&reading, "action"), action_name, SV_DENY + 1, &action);
    line->hit = (struct sv_hit){.outcome = (enum sv_outcome)outcome,
                                .has_time = sv_time_parse(text_of(&reading, "time"), &line->time_ns),
                                .event = text_of(&reading, "event"),
                                .agent = text_of(&reading, "agent"),
                                .team = text_of(&reading, "team"),
                                .supervisor = text_of(&reading, "supervisor"),
                                .session = text_of(&reading, "session"),
                                .tool = text_of(&reading, "tool"),
                                .message = text_of(&reading, "message"),
                                .keys = json_of(&reading, "key"),
                                .values = json_of(&reading, "values")};
    if (line->hit.event.len == 0)
        line->hit.event = line->id;
    struct sv_buf canon = {0};
    sv_buf_str(&canon, "{\"id\":");
    sv_json_put_string(&canon, line->policy.id);
    sv_buf_printf(&canon, ",\"severity\":\"%s\",\"action\":\"%s\"}", sv_severity_name(severity), action_name(action));
    line->policy.severity = severity;
    line->policy.action = (enum sv_action)action;
    line->policy.text = sv_arena_dup(arena, sv_buf_slice(&canon));
    line->policy.version = sv_hash(line->policy.text);
    sv_buf_free(&canon);
    return true;
}

bool sv_alert_line_put(struct sv_store *store, int64_t run, const struct sv_alert_line *line, bool *added, struct sv_error *err)
{
    struct sv_lookup found = {0};
    struct sv_error several = {0};
    int64_t source, policy;
    uint64_t before = sv_store_rows(store);
    *added = false;
    bool fine = sv_lookup(store, line->id, &found, &several) || several.code == SV_USAGE;
    bool is_known = fine && found.kind == SV_LOOKUP_EVALUATION;
    sv_lookup_free(&found);
    if (!fine)
        *err = several;
    if (!fine || is_known || line->hit.outcome == SV_PASS)
        return fine;
    struct sv_hit hit = line->hit;
    hit.place.record = sv_hash(line->id) >> 1;
    if (!sv_store_intake(store, SV_SLICE("alert"), &source, err) || !sv_store_policy(store, &line->policy, &policy, err) ||
        !sv_store_put_evaluation(store, run, source, policy, &hit, line->time_ns, err))
        return false;
    *added = sv_store_rows(store) > before;
    return !*added || sv_store_intake_read(store, source, 1, err);
}
