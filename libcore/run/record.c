/* SPDX-License-Identifier: ISC */
/* Events to rows: what --record keeps. */
#include "base/limits.h"
#include "event/cut.h"
#include "run/private.h"

/* As it may be kept, in the batch. */
static struct sv_slice kept(struct sv_run *run, struct sv_event *event, enum sv_field field)
{
    struct sv_buf clean = {0};
    struct sv_slice text = event->slots[field].type == SV_STRING ? sv_event_text(event, field) : SV_SLICE("");
    bool has_secret = text.len > 0 && sv_redact_text(run->redactor, &clean, text) > 0;
    struct sv_slice out = sv_arena_dup(&run->batch_arena, has_secret ? sv_buf_slice(&clean) : text);
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

static struct sv_slice body_of(struct sv_run *run, struct sv_event *event)
{
    struct sv_buf text = {0};
    sv_event_put_json(&text, event, run->redactor);
    struct sv_slice line = sv_buf_slice(&text);
    struct sv_buf shorter = {0};
    size_t max = run->spec.body_max > 0 ? run->spec.body_max : SV_BODY_MAX;
    line.len--; /* its newline */
    if (line.len > max)
        sv_event_cut(&shorter, line, max);
    struct sv_slice body = sv_arena_dup(&run->batch_arena, line.len > max ? sv_buf_slice(&shorter) : line);
    sv_buf_free(&text);
    sv_buf_free(&shorter);
    return body;
}

static bool is_left_out(struct sv_run *run, struct sv_event *event)
{
    switch (run->spec.thin != NULL ? sv_thin_event(run->spec.thin, event) : SV_THIN_KEEP) {
    case SV_THIN_SAMPLED: run->ledger.sampled++; return true;
    case SV_THIN_DEBOUNCED: run->ledger.debounced++; return true;
    default: return false;
    }
}

void sv_run_keep_event(struct sv_run *run, struct sv_event *event)
{
    if (is_left_out(run, event))
        return;
    if (run->kept_count == run->kept_capacity) {
        run->kept_capacity = run->kept_capacity > 0 ? 2 * run->kept_capacity : 256;
        run->kept = sv_realloc(run->kept, run->kept_capacity * sizeof *run->kept);
    }
    struct sv_run_kept *row = &run->kept[run->kept_count++];
    row->source = event->place.source;
    row->event = (struct sv_store_event){
        .record = event->place.record,
        .part = event->place.part,
        .event = event->has_made_id ? SV_SLICE("") : kept(run, event, SV_F_ID),
        .time_ns = event->has_time ? event->time_ns : run->ledger.started_ns + (int64_t)run->ledger.judged, /* in the order of their coming */
        .type = kept(run, event, SV_F_TYPE),
        .agent = kept(run, event, SV_F_AGENT),
        .session = kept(run, event, SV_F_SESSION),
        .team = kept(run, event, SV_F_TEAM),
        .host = kept(run, event, SV_F_HOST),
        .tool = kept(run, event, SV_F_TOOL),
        .model = kept(run, event, SV_F_MODEL),
        .status = kept(run, event, SV_F_STATUS),
        .priority = priority_of(event),
        .entity_type = kept(run, event, SV_F_ENTITY_TYPE),
        .entity_id = kept(run, event, SV_F_ENTITY_ID),
        .correlation_id = kept(run, event, SV_F_CORRELATION_ID),
        .trace_id = kept(run, event, SV_F_TRACE_ID),
        .parent_id = kept(run, event, SV_F_PARENT_ID),
        .call_id = kept(run, event, SV_F_CALL_ID),
        .has_tokens = event->slots[SV_F_INPUT_TOKENS].type == SV_INT || event->slots[SV_F_OUTPUT_TOKENS].type == SV_INT,
        .input_tokens = number(event, SV_F_INPUT_TOKENS),
        .output_tokens = number(event, SV_F_OUTPUT_TOKENS),
        .has_cost = event->slots[SV_F_COST_USD].type == SV_DOUBLE,
        .cost_usd = event->slots[SV_F_COST_USD].type == SV_DOUBLE ? event->slots[SV_F_COST_USD].d : 0,
        .has_duration = event->slots[SV_F_DURATION_MS].type == SV_DOUBLE,
        .duration_ms = event->slots[SV_F_DURATION_MS].type == SV_DOUBLE ? event->slots[SV_F_DURATION_MS].d : 0,
        .body = body_of(run, event)};
    run->held_bytes += row->event.body.len;
}
