/* SPDX-License-Identifier: ISC */
/* What an engine tells: evaluations of keys, for an event or a timer. */
#include "event/reader.h"
#include "json/writer.h"
#include "policy/engine_private.h"

enum { KEY_TEXT_MAX = 512 /* bytes of one part of a key, as it is shown; states are found by the whole */ };

/* A part of a key as JSON, without secrets; a long one becomes a text of its beginning. */
static void put_part(struct sv_buf *out, struct sv_redactor *redactor, struct sv_value value, struct sv_arena *arena)
{
    struct sv_buf json = {0};
    if (value.type == SV_STRING || value.type == SV_JSON)
        sv_redact_value(redactor, &json, SV_SLICE(""), value);
    else
        sv_cel_put_json(&json, value, arena);
    if (json.len <= KEY_TEXT_MAX) {
        sv_buf_add(out, sv_buf_slice(&json));
    } else {
        struct sv_buf text = {0};
        struct sv_slice part = value.type == SV_STRING ? sv_slice(json.data + 1, json.len - 2) : sv_buf_slice(&json);
        part.len = part.len > KEY_TEXT_MAX - 16 ? KEY_TEXT_MAX - 16 : part.len;
        while (part.len > 0 && (((unsigned char)part.data[part.len] & 0xC0) == 0x80 || part.data[part.len - 1] == '\\'))
            part.len--;
        sv_buf_add(&text, part);
        sv_buf_str(&text, "\xE2\x80\xA6");
        if (value.type == SV_STRING) { /* escaped already */
            sv_buf_char(out, '"');
            sv_buf_add(out, sv_buf_slice(&text));
            sv_buf_char(out, '"');
        } else {
            sv_json_put_string(out, sv_buf_slice(&text));
        }
        sv_buf_free(&text);
    }
    sv_buf_free(&json);
}

static void put_key(struct sv_buf *out, const struct sv_kind_spec *spec, struct sv_redactor *redactor, const struct sv_value *key,
                    struct sv_arena *arena)
{
    sv_buf_char(out, '[');
    for (size_t i = 0; i < spec->by_count; i++) {
        if (i > 0)
            sv_buf_char(out, ',');
        put_part(out, redactor, key[i], arena);
    }
    sv_buf_char(out, ']');
}

void sv_report_name(struct sv_engine *engine, struct sv_state *state, const struct sv_value *key, struct sv_arena *arena)
{
    struct sv_buf text = {0};
    put_key(&text, engine->policies[state->policy].spec, engine->redactor, key, arena);
    state->text = sv_str_dup(sv_buf_slice(&text));
    sv_buf_free(&text);
}

/* --- values and message --- */

static bool is_shown(struct sv_value value)
{
    return value.type != SV_ABSENT && value.type != SV_ERROR;
}

static void put_member(struct sv_buf *out, struct sv_slice name, struct sv_value value, struct sv_matcher *matcher)
{
    if (!is_shown(value))
        return;
    if (out->data[out->len - 1] != '{')
        sv_buf_char(out, ',');
    sv_json_put_string(out, name);
    sv_buf_char(out, ':');
    if (value.type == SV_STRING || value.type == SV_JSON)
        sv_redact_value(matcher->redactor, out, SV_SLICE(""), value);
    else
        sv_cel_put_json(out, value, matcher->batch);
}

static void put_chain(struct sv_buf *out, const struct sv_report *report)
{
    sv_json_put_key(out, "chain");
    sv_buf_char(out, '[');
    for (size_t i = report->chain_count; i-- > 0;) { /* from the one that is charged down to the one that spent */
        sv_redact_value(report->matcher->redactor, out, SV_SLICE(""), sv_value_str(report->chain[i]));
        if (i > 0)
            sv_buf_char(out, ',');
    }
    sv_buf_char(out, ']');
}

static struct sv_slice values_of(const struct sv_report *report, struct sv_state *state, const struct sv_value *slots,
                                 uint32_t suppressed)
{
    const struct sv_kind_spec *spec = report->engine->policies[state->policy].spec;
    struct sv_buf out = {0};
    sv_buf_char(&out, '{');
    if (spec->kind->values != NULL)
        put_member(&out, SV_SLICE("count"), slots[SV_SLOT_COUNT], report->matcher);
    if (spec->kind->values != NULL && spec->has_prev)
        put_member(&out, SV_SLICE("prev.count"), slots[SV_SLOT_PREV_COUNT], report->matcher);
    for (size_t i = 0; i < spec->aggregate_count; i++)
        put_member(&out, spec->aggregates[i].name, slots[SV_SLOT_AGGREGATES + i], report->matcher);
    if (spec->kind->put_values != NULL)
        spec->kind->put_values(state->data, spec, &out);
    if (report->chain != NULL && report->chain_count > 1)
        put_chain(&out, report);
    if (suppressed > 0) {
        sv_json_put_key(&out, "suppressed");
        sv_buf_uint(&out, suppressed);
    }
    sv_buf_char(&out, '}');
    struct sv_slice text = out.len > 2 ? sv_arena_dup(report->matcher->batch, sv_buf_slice(&out)) : SV_SLICE("");
    sv_buf_free(&out);
    return text;
}

/* What the message reads of one event: that event's; of a timer what the key says. */
static struct sv_value captured(const struct sv_report *report, const struct sv_kind_spec *spec, const struct sv_argument_spec *capture,
                                struct sv_slice key)
{
    if (report->event != NULL)
        return sv_cel_eval(capture->of, &report->matcher->run);
    for (size_t i = 0; i < spec->by_count; i++) {
        struct sv_value list;
        struct sv_error err = {0};
        bool is_it = spec->by[i].field != SV_F_COUNT && sv_slice_is(capture->text, sv_field_name(spec->by[i].field));
        if ((is_it || sv_slice_equal(spec->by[i].text, capture->text)) && key.len > 0 && sv_json_read(key, &list, &err))
            return sv_json_at(list, i);
    }
    return sv_value_of(SV_ABSENT);
}

static struct sv_value read_or_absent(struct sv_slice json)
{
    struct sv_value value;
    struct sv_error err = {0};
    return json.len > 0 && sv_json_read(json, &value, &err) ? value : sv_value_of(SV_ABSENT);
}

/* Of what is over the event that ended it says nothing, unless values tell how it stands now. */
static struct sv_slice message_of(const struct sv_report *report, const struct sv_engine_policy *policy, struct sv_value *slots,
                                  const struct sv_hit *hit)
{
    const struct sv_kind_spec *spec = policy->spec;
    struct sv_value value = sv_value_of(SV_ABSENT);
    if (hit->outcome == SV_RESOLVED && spec->kind->values == NULL)
        return sv_match_message(report->matcher, policy->policy, value);
    if (spec->message != NULL) {
        struct sv_cel_run run = {.slots = slots, .arena = report->matcher->batch};
        slots[SV_SLOT_VALUES] = read_or_absent(hit->values);
        slots[SV_SLOT_KEY] = read_or_absent(hit->keys);
        for (size_t i = 0; i < spec->capture_count; i++)
            slots[SV_SLOT_CAPTURES + i] = captured(report, spec, &spec->captures[i], hit->keys);
        value = sv_cel_eval(spec->message, &run);
        sv_cel_run_free(&run);
    }
    return sv_match_message(report->matcher, policy->policy, value);
}

/* --- hits --- */

/* Who it is about, as far as the key says. */
static void name_subject(struct sv_hit *hit, const struct sv_kind_spec *spec, struct sv_arena *arena)
{
    struct sv_value list;
    struct sv_error err = {0};
    if (hit->keys.len == 0 || !sv_json_read(hit->keys, &list, &err))
        return;
    for (size_t i = 0; i < spec->by_count; i++) {
        struct sv_value value = sv_json_at(list, i);
        struct sv_slice *to = spec->by[i].field == SV_F_AGENT        ? &hit->agent
                              : spec->by[i].field == SV_F_TEAM       ? &hit->team
                              : spec->by[i].field == SV_F_SUPERVISOR ? &hit->supervisor
                              : spec->by[i].field == SV_F_SESSION    ? &hit->session
                              : spec->by[i].field == SV_F_TOOL       ? &hit->tool
                                                                     : NULL;
        if (to != NULL && value.type == SV_STRING)
            *to = sv_arena_dup(arena, sv_value_string(&value, arena));
    }
}

static struct sv_hit *hit_of(struct sv_report *report, uint32_t policy, enum sv_outcome outcome, int64_t time_ns)
{
    if (report->event != NULL)
        return sv_match_hit(report->engine->set, policy, report->event, report->matcher, report->hits, report->first, outcome);
    return sv_match_timer_hit(report->engine->set, policy, time_ns, report->hits, outcome);
}

void sv_report_add(struct sv_report *report, struct sv_state *state, enum sv_alarm_says says, int64_t time_ns)
{
    struct sv_engine *engine = report->engine;
    const struct sv_engine_policy *policy = &engine->policies[state->policy];
    const struct sv_kind_spec *spec = policy->spec;
    struct sv_state_place place = {engine, state};
    struct sv_state_parts parts = sv_engine_parts(&place);
    policy->policy->suppressed += says == SV_ALARM_SUPPRESSES;
    if (says != SV_ALARM_FIRES && says != SV_ALARM_RESOLVES)
        return;
    struct sv_hit *hit = hit_of(report, state->policy, says == SV_ALARM_FIRES ? SV_VIOLATION : SV_RESOLVED, time_ns);
    if (state->text == NULL && report->event != NULL && spec->by_count > 0) {
        struct sv_buf text = {0};
        put_key(&text, spec, report->matcher->redactor, report->key, report->event->arena);
        hit->keys = sv_arena_dup(report->matcher->batch, sv_buf_slice(&text));
        sv_buf_free(&text);
    } else if (state->text != NULL && spec->by_count > 0) {
        hit->keys = sv_arena_dup(report->matcher->batch, sv_slice_str(state->text));
    }
    if (report->event == NULL)
        name_subject(hit, spec, report->matcher->batch);
    if (spec->kind->values != NULL)
        spec->kind->values(state->data, spec, engine->slots, &parts);
    hit->values = values_of(report, state, engine->slots, state->alarm.suppressed);
    hit->message = message_of(report, policy, engine->slots, hit);
    hit->key_number = report->event != NULL ? report->key_number : (uint32_t)(state->key.a >> 33);
    state->alarm.suppressed = 0;
}

void sv_report_full(struct sv_report *report, uint32_t number, int64_t time_ns)
{
    struct sv_engine_policy *policy = &report->engine->policies[number];
    if (policy->full_ns != INT64_MIN && time_ns < sv_time_plus(policy->full_ns, 3600 * SV_SECOND_NS))
        return;
    policy->full_ns = time_ns;
    policy->is_dirty = report->engine->full_dirty = true;
    struct sv_hit *hit = hit_of(report, number, SV_OUTCOME_ERROR, time_ns);
    hit->message = sv_arena_printf(report->matcher->batch, "full: %llu keys are tracked, no more until some expire (max_keys)",
                                   (unsigned long long)policy->policy->rule->max_keys);
}
