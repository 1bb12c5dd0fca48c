/* SPDX-License-Identifier: ISC */
#include "run/record.h"

#include "base/limits.h"
#include "event/cut.h"

/* As it may be kept. */
static struct sv_slice kept(const struct sv_record_spec *spec, struct sv_event *event, enum sv_field field)
{
    struct sv_buf clean = {0};
    struct sv_slice text = event->slots[field].type == SV_STRING ? sv_event_text(event, field) : SV_SLICE("");
    if (text.len == 0)
        return SV_SLICE("");
    bool has_secret = sv_redact_text(spec->redactor, &clean, text) > 0;
    struct sv_slice out = sv_arena_dup(spec->arena, has_secret ? sv_buf_slice(&clean) : text);
    sv_buf_free(&clean);
    return out;
}

static int64_t number(const struct sv_event *event, enum sv_field field)
{
    return event->slots[field].type == SV_INT ? event->slots[field].i : 0;
}

static int priority_of(struct sv_event *event)
{
    struct sv_slice text = event->slots[SV_F_PRIORITY].type == SV_STRING ? sv_event_text(event, SV_F_PRIORITY) : SV_SLICE("");
    return text.len == 2 && text.data[0] == 'P' && text.data[1] >= '0' && text.data[1] <= '3' ? text.data[1] - '0' : -1;
}

static struct sv_slice body_of(const struct sv_record_spec *spec, struct sv_event *event)
{
    struct sv_buf text = {0};
    sv_event_put_json(&text, event, spec->redactor);
    struct sv_slice line = sv_buf_slice(&text);
    struct sv_buf shorter = {0};
    size_t max = spec->body_max > 0 ? spec->body_max : SV_BODY_MAX;
    line.len--; /* its newline */
    if (line.len > max)
        sv_event_cut(&shorter, line, max);
    struct sv_slice body = sv_arena_dup(spec->arena, line.len > max ? sv_buf_slice(&shorter) : line);
    sv_buf_free(&text);
    sv_buf_free(&shorter);
    return body;
}

void sv_record_event(const struct sv_record_spec *spec, struct sv_event *event, int64_t time_ns, struct sv_store_event *row)
{
    *row = (struct sv_store_event){
        .record = event->place.record,
        .part = event->place.part,
        .event = event->has_made_id ? SV_SLICE("") : kept(spec, event, SV_F_ID),
        .time_ns = event->has_time ? event->time_ns : time_ns,
        .type = kept(spec, event, SV_F_TYPE),
        .agent = kept(spec, event, SV_F_AGENT),
        .session = kept(spec, event, SV_F_SESSION),
        .team = kept(spec, event, SV_F_TEAM),
        .host = kept(spec, event, SV_F_HOST),
        .tool = kept(spec, event, SV_F_TOOL),
        .model = kept(spec, event, SV_F_MODEL),
        .status = kept(spec, event, SV_F_STATUS),
        .priority = priority_of(event),
        .entity_type = kept(spec, event, SV_F_ENTITY_TYPE),
        .entity_id = kept(spec, event, SV_F_ENTITY_ID),
        .correlation_id = kept(spec, event, SV_F_CORRELATION_ID),
        .trace_id = kept(spec, event, SV_F_TRACE_ID),
        .parent_id = kept(spec, event, SV_F_PARENT_ID),
        .call_id = kept(spec, event, SV_F_CALL_ID),
        .has_tokens = event->slots[SV_F_INPUT_TOKENS].type == SV_INT || event->slots[SV_F_OUTPUT_TOKENS].type == SV_INT,
        .input_tokens = number(event, SV_F_INPUT_TOKENS),
        .output_tokens = number(event, SV_F_OUTPUT_TOKENS),
        .has_cost = event->slots[SV_F_COST_USD].type == SV_DOUBLE,
        .cost_usd = event->slots[SV_F_COST_USD].type == SV_DOUBLE ? event->slots[SV_F_COST_USD].d : 0,
        .has_duration = event->slots[SV_F_DURATION_MS].type == SV_DOUBLE,
        .duration_ms = event->slots[SV_F_DURATION_MS].type == SV_DOUBLE ? event->slots[SV_F_DURATION_MS].d : 0,
        .body = body_of(spec, event)};
}

struct sv_schema *sv_record_schema(void)
{
    struct sv_schema *schema = sv_schema_new();
    schema->keep_rest = true;
    memset(schema->used, 1, sizeof schema->used);
    schema->used[SV_SLOT_TIMESTAMP] = false;
    return schema;
}
