/* SPDX-License-Identifier: ISC */
#include "run/counters.h"

#include "base/time.h"

enum { NAMES = 6, NAME_BYTES = 256, KINDS_MAX = 16384 };
#define HOUR_NS (3600 * SV_SECOND_NS)

static const enum sv_field names[NAMES] = {SV_F_TYPE, SV_F_AGENT, SV_F_TEAM, SV_F_MODEL, SV_F_TOOL, SV_F_STATUS};

/* An agent in this batch; the texts as they came, to see what has changed. */
struct agent {
    struct sv_store_agent row;
    struct sv_slice session, host;
};

struct usage {
    struct sv_store_usage sum;
    struct sv_slice names[NAMES]; /* as they came */
    struct agent *agent;          /* NULL: nobody acts */
    enum sv_agent_state state;    /* that events of this type leave the agent in */
    bool is_decision, is_call, is_error;
};

static struct sv_slice text_of(struct sv_event *event, enum sv_field field)
{
    struct sv_slice text = event->slots[field].type == SV_STRING ? sv_event_text(event, field) : SV_SLICE("");
    if (text.len > NAME_BYTES) /* whole characters */
        for (text.len = NAME_BYTES; text.len > 0 && ((unsigned char)text.data[text.len] & 0xC0) == 0x80;)
            text.len--;
    return text;
}

/* As it may be kept. */
static struct sv_slice kept(struct sv_counters *counters, struct sv_slice text)
{
    struct sv_buf clean = {0};
    struct sv_slice out;
    if (text.len > 0 && sv_redact_text(counters->redactor, &clean, text) > 0)
        out = sv_arena_dup(&counters->arena, sv_buf_slice(&clean));
    else
        out = sv_arena_dup(&counters->arena, text);
    sv_buf_free(&clean);
    return out;
}

static enum sv_agent_state state_behind(struct sv_slice type)
{
    if (sv_slice_is(type, "session.end") || sv_slice_is(type, "agent.stop"))
        return SV_AGENT_ENDED;
    return sv_slice_is(type, "turn.end") ? SV_AGENT_WAITING : SV_AGENT_WORKING;
}

static struct agent *agent_at(struct sv_counters *counters, struct sv_slice name, int64_t time_ns)
{
    if (name.len == 0)
        return NULL;
    struct sv_map_item *item = sv_map_at(&counters->agents, name);
    if (item->pointer == NULL) {
        struct agent *agent = sv_arena_calloc(&counters->arena, 1, sizeof *agent);
        agent->row = (struct sv_store_agent){.agent = kept(counters, name), .first_seen_ns = time_ns, .last_seen_ns = INT64_MIN};
        item->pointer = agent;
    }
    return item->pointer;
}

/* Takes a text over where it is another one. */
static void take(struct sv_counters *counters, struct sv_slice text, struct sv_slice *raw, struct sv_slice *to)
{
    if (sv_slice_equal(text, *raw))
        return;
    *raw = sv_arena_dup(&counters->arena, text);
    *to = kept(counters, text);
}

static void see_agent(struct sv_counters *counters, const struct usage *usage, struct sv_event *event, int64_t time_ns)
{
    struct sv_store_agent *row = &usage->agent->row;
    row->events++;
    if (time_ns < row->first_seen_ns)
        row->first_seen_ns = time_ns;
    if (time_ns < row->last_seen_ns)
        return;
    row->last_seen_ns = time_ns;
    row->state = usage->is_decision && sv_slice_is(text_of(event, SV_F_DECISION), "ask") ? SV_AGENT_WAITING : usage->state;
    row->type = usage->sum.type;
    row->team = usage->sum.team;
    row->tool = usage->is_call ? usage->sum.tool : SV_SLICE("");
    take(counters, text_of(event, SV_F_SESSION), &usage->agent->session, &row->session);
    take(counters, text_of(event, SV_F_HOST), &usage->agent->host, &row->host);
}

/* Spreads kinds; who makes them collide on purpose only has them looked up in the map. */
static uint64_t mix(const struct sv_slice texts[NAMES], int64_t hour)
{
    uint64_t sum = (uint64_t)hour;
    for (int i = 0; i < NAMES; i++) {
        uint64_t first = 0, last = 0;
        size_t n = texts[i].len < 8 ? texts[i].len : 8;
        if (n > 0) {
            memcpy(&first, texts[i].data, n);
            memcpy(&last, texts[i].data + texts[i].len - n, n);
        }
        sum = (sum ^ first ^ texts[i].len) * UINT64_C(0x9e3779b97f4a7c15);
        sum = (sum ^ last ^ sum >> 29) * UINT64_C(0xbf58476d1ce4e5b9);
    }
    return sum ^ sum >> 32;
}

static bool is_kind(const struct usage *usage, const struct sv_slice texts[NAMES], int64_t hour)
{
    if (usage == NULL || usage->sum.hour != hour)
        return false;
    for (int i = 0; i < NAMES; i++)
        if (!sv_slice_equal(usage->names[i], texts[i]))
            return false;
    return true;
}

static struct usage *find_usage(struct sv_counters *counters, const struct sv_slice texts[NAMES], int64_t hour, int64_t time_ns)
{
    sv_buf_set(&counters->key, sv_slice((const char *)&hour, sizeof hour));
    for (int i = 0; i < NAMES; i++) {
        sv_buf_add(&counters->key, sv_slice((const char *)&texts[i].len, sizeof texts[i].len));
        sv_buf_add(&counters->key, texts[i]);
    }
    struct sv_map_item *item = sv_map_at(&counters->usage, sv_buf_slice(&counters->key));
    if (item->pointer != NULL)
        return item->pointer;
    struct usage *usage = sv_arena_calloc(&counters->arena, 1, sizeof *usage);
    for (int i = 0; i < NAMES; i++)
        usage->names[i] = sv_arena_dup(&counters->arena, texts[i]);
    usage->sum = (struct sv_store_usage){.hour = hour,
                                         .type = kept(counters, texts[0]),
                                         .agent = kept(counters, texts[1]),
                                         .team = kept(counters, texts[2]),
                                         .model = kept(counters, texts[3]),
                                         .tool = kept(counters, texts[4]),
                                         .status = kept(counters, texts[5])};
    usage->agent = agent_at(counters, texts[1], time_ns);
    usage->state = state_behind(texts[0]);
    usage->is_decision = sv_slice_is(texts[0], "decision");
    usage->is_call = sv_slice_is(texts[0], "tool.call");
    usage->is_error = sv_slice_is(texts[0], "error") || sv_slice_is(texts[5], "error");
    item->pointer = usage;
    return usage;
}

static struct usage *usage_at(struct sv_counters *counters, struct sv_event *event, int64_t time_ns)
{
    struct sv_slice texts[NAMES];
    int64_t hour = time_ns / HOUR_NS - (time_ns % HOUR_NS < 0);
    for (int i = 0; i < NAMES; i++)
        texts[i] = text_of(event, names[i]);
    void **recent = &counters->recent[mix(texts, hour) % (sizeof counters->recent / sizeof *counters->recent)];
    if (!is_kind(*recent, texts, hour))
        *recent = find_usage(counters, texts, hour, time_ns);
    return *recent;
}

static void add(struct sv_event *event, enum sv_field field, int64_t *sum)
{
    struct sv_value value = event->slots[field];
    if (value.type == SV_INT && value.i > 0 && __builtin_add_overflow(*sum, value.i, sum))
        *sum = INT64_MAX;
}

void sv_counters_event(struct sv_counters *counters, struct sv_event *event, int64_t now_ns)
{
    int64_t time_ns = event->has_time ? event->time_ns : now_ns;
    struct usage *usage = usage_at(counters, event, time_ns);
    struct sv_store_usage *sum = &usage->sum;
    int64_t tokens = 0;
    sum->events++;
    sum->errors += usage->is_error;
    add(event, SV_F_INPUT_TOKENS, &sum->input_tokens);
    add(event, SV_F_OUTPUT_TOKENS, &sum->output_tokens);
    add(event, SV_F_CACHE_READ_TOKENS, &sum->cache_read_tokens);
    add(event, SV_F_CACHE_WRITE_TOKENS, &sum->cache_write_tokens);
    add(event, SV_F_INPUT_TOKENS, &tokens);
    add(event, SV_F_OUTPUT_TOKENS, &tokens);
    if (event->slots[SV_F_COST_USD].type == SV_DOUBLE)
        sum->cost_usd += event->slots[SV_F_COST_USD].d;
    else
        sum->unpriced_tokens += tokens;
    struct sv_value duration = event->slots[SV_F_DURATION_MS];
    if (duration.type == SV_DOUBLE && duration.d >= 0 && duration.d < 1e15)
        sv_histogram_add(&sum->durations, (uint64_t)(duration.d * 1000), 1);
    if (usage->agent != NULL)
        see_agent(counters, usage, event, time_ns);
}

bool sv_counters_keep(struct sv_counters *counters, struct sv_store *store, struct sv_error *err)
{
    for (size_t i = 0; i < counters->usage.count; i++)
        if (!sv_store_usage_add(store, &((struct usage *)counters->usage.items[i].pointer)->sum, err))
            return false;
    for (size_t i = 0; i < counters->agents.count; i++)
        if (!sv_store_agent_seen(store, &((struct agent *)counters->agents.items[i].pointer)->row, err))
            return false;
    return true;
}

void sv_counters_clear(struct sv_counters *counters)
{
    for (size_t i = 0; i < counters->usage.count; i++)
        sv_histogram_free(&((struct usage *)counters->usage.items[i].pointer)->sum.durations);
    memset(counters->recent, 0, sizeof counters->recent);
    sv_map_free(&counters->usage);
    sv_map_free(&counters->agents);
    sv_arena_reset(&counters->arena);
}

bool sv_counters_full(const struct sv_counters *counters)
{
    return counters->usage.count >= KINDS_MAX;
}

void sv_counters_free(struct sv_counters *counters)
{
    sv_counters_clear(counters);
    sv_arena_free(&counters->arena);
    sv_buf_free(&counters->key);
}
