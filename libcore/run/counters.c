/* SPDX-License-Identifier: ISC */
#include "run/counters.h"

#include <stdlib.h>

#include "base/ends.h"
#include "base/time.h"
#include "run/fleet.h"

enum { TYPE, AGENT, TEAM, MODEL, TOOL, STATUS };
enum {
    NAME_BYTES = 256,
    NAMES_KEPT = 16384, /* over batches, in each field */
    KINDS_MAX = 16384,
    RECENT = 512,       /* names a field, a power of two */
    WAYS = 4            /* places among them where a name may be */
};
#define HOUR_NS (3600 * SV_SECOND_NS)

static const enum sv_field fields[SV_COUNTERS_NAMES] = {SV_F_TYPE, SV_F_AGENT, SV_F_TEAM, SV_F_MODEL, SV_F_TOOL, SV_F_STATUS};
static const enum sv_name_table tables[SV_COUNTERS_NAMES] = {SV_NAME_TYPE,  SV_NAME_AGENT, SV_NAME_TEAM,
                                                             SV_NAME_MODEL, SV_NAME_TOOL,  SV_NAME_STATUS};

struct name {
    struct sv_slice raw, kept;  /* as it came; as it may be kept */
    uint32_t number;            /* in its field, from 0 */
    uint32_t agent;             /* index + 1 into the batch's agents; 0: not seen in it */
    int64_t id;                 /* in the store, as of this batch: */
    uint64_t batch;
    enum sv_agent_state state;  /* of a type: that its events leave an agent in */
    bool is_decision, is_call, is_error;
};

struct sv_counters_recent {
    uint64_t first, last;       /* see base/ends.h */
    uint32_t len;
    uint32_t number;            /* its name's: */
    struct name *name;
};

/* Events that agree in all names and the hour. */
struct sv_counters_kind {
    uint32_t names[SV_COUNTERS_NAMES];
    int32_t hour;
    uint32_t slot;              /* in the table */
    uint32_t events, errors;
    uint32_t spent;             /* index + 1; 0: nothing */
};

struct sv_counters_spent {
    int64_t input_tokens, output_tokens, cache_read_tokens, cache_write_tokens, unpriced_tokens;
    double cost_usd;
    struct sv_histogram durations;
};

struct sv_counters_agent {
    struct name *name;
    struct sv_slice parent;                /* as it came; empty: nobody says */
    uint32_t session;                      /* index + 1 of the one seen last */
    uint32_t first_session;                /* of its own, by .next */
};

struct sv_counters_session {
    int64_t first_seen_ns, last_seen_ns;
    uint64_t seen;                         /* counters->seen at its newest event */
    uint32_t events, next;
    enum sv_agent_state state;
    const struct name *team, *type, *tool; /* tool NULL: no call is open */
    struct sv_slice session, host;         /* as they came */
};

static struct sv_slice text_of(struct sv_event *event, enum sv_field field)
{
    struct sv_value value = event->slots[field];
    if (value.type != SV_STRING)
        return SV_SLICE("");
    struct sv_slice text = value.flags & SV_ESCAPED ? sv_event_text(event, field) : sv_value_raw(value);
    if (__builtin_expect(text.len > NAME_BYTES, 0)) /* whole characters */
        for (text.len = NAME_BYTES; text.len > 0 && ((unsigned char)text.data[text.len] & 0xC0) == 0x80;)
            text.len--;
    return text;
}

/* As it may be kept. */
static struct sv_slice kept(struct sv_counters *counters, struct sv_arena *arena, struct sv_slice text)
{
    struct sv_buf clean = {0};
    bool hides = text.len > 0 && sv_redact_text(counters->redactor, &clean, text) > 0;
    struct sv_slice out = sv_arena_dup(arena, hides ? sv_buf_slice(&clean) : text);
    sv_buf_free(&clean);
    return out;
}

static enum sv_agent_state state_behind(struct sv_slice type)
{
    if (sv_slice_is(type, "session.end") || sv_slice_is(type, "agent.stop"))
        return SV_AGENT_ENDED;
    return sv_slice_is(type, "turn.end") ? SV_AGENT_WAITING : SV_AGENT_WORKING;
}

static struct name *name_new(struct sv_counters *counters, int field, struct sv_slice text)
{
    struct sv_map_item *item = sv_map_at(&counters->names[field], text);
    if (item->pointer != NULL)
        return item->pointer;
    struct name *name = sv_arena_calloc(&counters->name_arena, 1, sizeof *name);
    name->raw = item->key;
    name->kept = kept(counters, &counters->name_arena, text);
    name->number = (uint32_t)counters->names[field].count - 1;
    name->batch = counters->batch - 1;
    if (field == TYPE) {
        name->state = state_behind(text);
        name->is_decision = sv_slice_is(text, "decision");
        name->is_call = sv_slice_is(text, "tool.call");
    }
    name->is_error = (field == TYPE || field == STATUS) && sv_slice_is(text, "error");
    item->pointer = name;
    return name;
}

/* Who makes names whose ends collide only has them looked up in the map. */
static const struct sv_counters_recent *name_of(struct sv_counters *counters, int field, struct sv_slice text)
{
    uint64_t first = sv_ends_first(text), last = sv_ends_last(text);
    size_t hash = sv_ends_hash(first, last, text.len);
    struct sv_counters_recent *recent = counters->recent + field * RECENT, *free = &recent[hash % RECENT];
    for (size_t way = 0; way < WAYS; way++) {
        struct sv_counters_recent *one = &recent[(hash + way) % RECENT];
        if (one->name == NULL) {
            free = one;
            break;
        }
        if (one->first == first && one->last == last && one->len == text.len &&
            sv_ends_middle_same(text.data, one->name->raw.data, text.len))
            return one;
    }
    struct name *name = name_new(counters, field, text);
    *free = (struct sv_counters_recent){first, last, (uint32_t)text.len, name->number, name};
    return free;
}

/* Most events have no tool, or no model. */
static const struct sv_counters_recent *name_of_none(struct sv_counters *counters, int field)
{
    struct sv_counters_recent *none = &counters->recent[SV_COUNTERS_NAMES * RECENT + field];
    if (none->name == NULL)
        *none = *name_of(counters, field, SV_SLICE(""));
    return none;
}

static struct name *name_at(const struct sv_counters *counters, int field, uint32_t number)
{
    return counters->names[field].items[number].pointer;
}

static size_t kind_hash(int32_t hour, const uint32_t names[SV_COUNTERS_NAMES])
{
    uint64_t sum = (uint64_t)(uint32_t)hour * UINT64_C(0x9e3779b97f4a7c15) + names[0] * UINT64_C(0xbf58476d1ce4e5b9) +
                   names[1] * UINT64_C(0x94d049bb133111eb) + names[2] * UINT64_C(0xd6e8feb86659fd93) +
                   names[3] * UINT64_C(0xa0761d6478bd642f) + names[4] * UINT64_C(0xe7037ed1a0b428db) +
                   names[5] * UINT64_C(0x8ebc6af09c88c6e3);
    return sv_ends_spread(sum);
}

static void kinds_grow(struct sv_counters *counters)
{
    counters->kind_capacity = counters->kind_capacity > 0 ? 2 * counters->kind_capacity : 64;
    counters->kinds = sv_realloc(counters->kinds, counters->kind_capacity * sizeof *counters->kinds);
    sv_free(counters->table);
    counters->mask = 2 * counters->kind_capacity - 1;
    counters->table = sv_calloc(counters->mask + 1, sizeof *counters->table);
    for (size_t i = 0; i < counters->kind_count; i++) {
        struct sv_counters_kind *kind = &counters->kinds[i];
        size_t at = kind_hash(kind->hour, kind->names) & counters->mask;
        while (counters->table[at] != 0)
            at = (at + 1) & counters->mask;
        counters->table[at] = (uint32_t)i + 1;
        kind->slot = (uint32_t)at;
    }
}

static inline bool is_same_names(const uint32_t a[SV_COUNTERS_NAMES], const uint32_t b[SV_COUNTERS_NAMES])
{
    uint32_t differ = 0;
    for (int i = 0; i < SV_COUNTERS_NAMES; i++)
        differ |= a[i] ^ b[i];
    return differ == 0;
}

static struct sv_counters_kind *kind_of(struct sv_counters *counters, const struct sv_counters_event *one)
{
    if (counters->kind_count == counters->kind_capacity)
        kinds_grow(counters);
    size_t at = one->hash & counters->mask;
    for (; counters->table[at] != 0; at = (at + 1) & counters->mask) {
        struct sv_counters_kind *kind = &counters->kinds[counters->table[at] - 1];
        if (kind->hour == one->hour && is_same_names(kind->names, one->names))
            return kind;
    }
    struct sv_counters_kind *kind = &counters->kinds[counters->kind_count++];
    *kind = (struct sv_counters_kind){.hour = one->hour, .slot = (uint32_t)at};
    memcpy(kind->names, one->names, sizeof kind->names);
    counters->table[at] = (uint32_t)counters->kind_count;
    return kind;
}

static struct sv_counters_agent *agent_of(struct sv_counters *counters, struct name *name)
{
    if (name->agent > 0)
        return &counters->agents[name->agent - 1];
    if (counters->agent_count == counters->agent_capacity) {
        counters->agent_capacity = counters->agent_capacity > 0 ? 2 * counters->agent_capacity : 16;
        counters->agents = sv_realloc(counters->agents, counters->agent_capacity * sizeof *counters->agents);
    }
    struct sv_counters_agent *agent = &counters->agents[counters->agent_count++];
    *agent = (struct sv_counters_agent){.name = name};
    name->agent = (uint32_t)counters->agent_count;
    return agent;
}

/* Takes a text over where it is another one. */
static inline void take(struct sv_counters *counters, struct sv_slice text, struct sv_slice *to)
{
    if (!sv_slice_equal(text, *to))
        *to = sv_arena_dup(&counters->arena, text);
}

/* Nearly always that of the agent's event before. */
static struct sv_counters_session *session_of(struct sv_counters *counters, struct sv_counters_agent *agent, struct sv_slice text, int64_t time_ns)
{
    if (agent->session > 0 && sv_slice_equal(counters->sessions[agent->session - 1].session, text))
        return &counters->sessions[agent->session - 1];
    for (uint32_t at = agent->first_session; at > 0; at = counters->sessions[at - 1].next)
        if (sv_slice_equal(counters->sessions[at - 1].session, text)) {
            agent->session = at;
            return &counters->sessions[at - 1];
        }
    if (counters->session_count == counters->session_capacity) {
        counters->session_capacity = counters->session_capacity > 0 ? 2 * counters->session_capacity : 16;
        counters->sessions = sv_realloc(counters->sessions, counters->session_capacity * sizeof *counters->sessions);
    }
    struct sv_counters_session *session = &counters->sessions[counters->session_count++];
    *session = (struct sv_counters_session){
        .session = sv_arena_dup(&counters->arena, text), .first_seen_ns = time_ns, .last_seen_ns = INT64_MIN, .next = agent->first_session};
    agent->session = agent->first_session = (uint32_t)counters->session_count;
    return session;
}

static void see_agent(struct sv_counters *counters, struct name *const names[SV_COUNTERS_NAMES], struct sv_event *event, int64_t time_ns)
{
    struct sv_counters_agent *agent = agent_of(counters, names[AGENT]);
    struct sv_counters_session *session = session_of(counters, agent, text_of(event, SV_F_SESSION), time_ns);
    const struct name *type = names[TYPE];
    session->events++;
    counters->seen++;
    if (time_ns < session->first_seen_ns)
        session->first_seen_ns = time_ns;
    if (event->slots[SV_F_PARENT_AGENT].type == SV_STRING)
        take(counters, text_of(event, SV_F_PARENT_AGENT), &agent->parent);
    if (time_ns < session->last_seen_ns)
        return;
    session->last_seen_ns = time_ns;
    session->seen = counters->seen;
    session->state = type->is_decision && sv_slice_is(text_of(event, SV_F_DECISION), "ask") ? SV_AGENT_WAITING : type->state;
    session->type = type;
    session->team = names[TEAM];
    session->tool = type->is_call ? names[TOOL] : NULL;
    take(counters, text_of(event, SV_F_HOST), &session->host);
}

static struct sv_counters_spent *spent_of(struct sv_counters *counters, struct sv_counters_kind *kind)
{
    if (kind->spent > 0)
        return &counters->spent[kind->spent - 1];
    if (counters->spent_count == counters->spent_capacity) {
        counters->spent_capacity = counters->spent_capacity > 0 ? 2 * counters->spent_capacity : 64;
        counters->spent = sv_realloc(counters->spent, counters->spent_capacity * sizeof *counters->spent);
    }
    counters->spent[counters->spent_count++] = (struct sv_counters_spent){0};
    kind->spent = (uint32_t)counters->spent_count;
    return &counters->spent[kind->spent - 1];
}

static int64_t tokens_of(const struct sv_event *event, enum sv_field field)
{
    struct sv_value value = event->slots[field];
    return value.type == SV_INT && value.i > 0 ? value.i : 0;
}

static void add(int64_t tokens, int64_t *sum)
{
    if (__builtin_add_overflow(*sum, tokens, sum))
        *sum = INT64_MAX;
}

static void count_one(struct sv_counters_kind *kind, const struct sv_counters_event *one)
{
    kind->events++;
    kind->errors += one->is_error;
}

/* Events have waited here so that the memory their kinds lie in comes for all of them at once. */
static void count_waiting(struct sv_counters *counters)
{
    for (size_t i = 0; i < counters->waiting_count && counters->table != NULL; i++) {
        uint32_t number = counters->table[counters->waiting[i].hash & counters->mask];
        if (number > 0)
            __builtin_prefetch(&counters->kinds[number - 1]);
    }
    for (size_t i = 0; i < counters->waiting_count; i++)
        count_one(kind_of(counters, &counters->waiting[i]), &counters->waiting[i]);
    counters->waiting_count = 0;
}

/* Counts an event that took tokens, money or time; false: it took none. */
static bool see_spent(struct sv_counters *counters, const struct sv_event *event, const struct sv_counters_event *one)
{
    int64_t input = tokens_of(event, SV_F_INPUT_TOKENS), output = tokens_of(event, SV_F_OUTPUT_TOKENS);
    int64_t cache_read = tokens_of(event, SV_F_CACHE_READ_TOKENS), cache_write = tokens_of(event, SV_F_CACHE_WRITE_TOKENS);
    struct sv_value cost = event->slots[SV_F_COST_USD], duration = event->slots[SV_F_DURATION_MS];
    bool has_cost = cost.type == SV_DOUBLE, has_duration = duration.type == SV_DOUBLE && duration.d >= 0 && duration.d < 1e15;
    if ((input | output | cache_read | cache_write) == 0 && !has_cost && !has_duration)
        return false;
    struct sv_counters_kind *kind = kind_of(counters, one);
    struct sv_counters_spent *spent = spent_of(counters, kind);
    count_one(kind, one);
    add(input, &spent->input_tokens);
    add(output, &spent->output_tokens);
    add(cache_read, &spent->cache_read_tokens);
    add(cache_write, &spent->cache_write_tokens);
    if (has_cost) {
        spent->cost_usd += cost.d;
    } else if (event->slots[SV_F_COST_FROM].type == SV_ABSENT) { /* else another event has it */
        add(input, &spent->unpriced_tokens);
        add(output, &spent->unpriced_tokens);
    }
    if (has_duration)
        sv_histogram_add(&spent->durations, (uint64_t)(duration.d * 1000), 1);
    return true;
}

void sv_counters_event(struct sv_counters *counters, struct sv_event *event, int64_t now_ns)
{
    int64_t time_ns = event->has_time ? event->time_ns : now_ns;
    int64_t hour = time_ns / HOUR_NS - (time_ns % HOUR_NS < 0);
    struct name *names[SV_COUNTERS_NAMES] SV_UNCLEARED;
    struct sv_counters_event *one = &counters->waiting[counters->waiting_count];
    if (counters->recent == NULL)
        counters->recent = sv_calloc(SV_COUNTERS_NAMES * RECENT + SV_COUNTERS_NAMES, sizeof *counters->recent);
    for (int i = 0; i < SV_COUNTERS_NAMES; i++) {
        struct sv_slice text = text_of(event, fields[i]);
        const struct sv_counters_recent *recent = text.len == 0 ? name_of_none(counters, i) : name_of(counters, i, text);
        names[i] = recent->name;
        one->names[i] = recent->number;
    }
    one->hour = (int32_t)hour;
    one->is_error = names[TYPE]->is_error || names[STATUS]->is_error;
    one->hash = kind_hash(one->hour, one->names);
    if (event->slots[SV_F_AGENT].type == SV_STRING && names[AGENT]->raw.len > 0)
        see_agent(counters, names, event, time_ns);
    if (see_spent(counters, event, one))
        return;
    if (counters->table != NULL)
        __builtin_prefetch(&counters->table[one->hash & counters->mask]);
    if (++counters->waiting_count == SV_COUNTERS_WAITING)
        count_waiting(counters);
}

/* A name's integer is asked for once a batch: what a transaction that was rolled back has made is gone. */
static bool id_of(struct sv_counters *counters, int field, uint32_t number, struct sv_store *store, int64_t *id, struct sv_error *err)
{
    struct name *name = name_at(counters, field, number);
    if (name->batch != counters->batch && !sv_store_name(store, tables[field], name->kept, &name->id, err))
        return false;
    name->batch = counters->batch;
    *id = name->id;
    return true;
}

static bool row_of(struct sv_counters *counters, const struct sv_counters_kind *kind, struct sv_store *store, struct sv_store_usage *row,
                   struct sv_error *err)
{
    int64_t ids[SV_COUNTERS_NAMES];
    for (int i = 0; i < SV_COUNTERS_NAMES; i++)
        if (!id_of(counters, i, kind->names[i], store, &ids[i], err))
            return false;
    *row = (struct sv_store_usage){.hour = kind->hour,
                                   .type = ids[TYPE],
                                   .agent = ids[AGENT],
                                   .team = ids[TEAM],
                                   .model = ids[MODEL],
                                   .tool = ids[TOOL],
                                   .status = ids[STATUS],
                                   .events = kind->events,
                                   .errors = kind->errors};
    if (kind->spent > 0) {
        const struct sv_counters_spent *spent = &counters->spent[kind->spent - 1];
        row->input_tokens = spent->input_tokens;
        row->output_tokens = spent->output_tokens;
        row->cache_read_tokens = spent->cache_read_tokens;
        row->cache_write_tokens = spent->cache_write_tokens;
        row->unpriced_tokens = spent->unpriced_tokens;
        row->cost_usd = spent->cost_usd;
        row->durations = &spent->durations;
    }
    return true;
}

/* Near enough to the order of the table's key that one row's page is the next one's. */
struct turn {
    uint64_t key;
    uint32_t kind;
};

static int compare_turns(const void *a, const void *b)
{
    const struct turn *x = a, *y = b;
    return x->key != y->key ? (x->key > y->key) - (x->key < y->key) : (x->kind > y->kind) - (x->kind < y->kind);
}

/* Those that took tokens, money or time, or those that did not. */
static bool put_kinds(struct sv_counters *counters, const struct turn *turns, bool spent, struct sv_store *store, struct sv_error *err)
{
    struct sv_store_usage rows[SV_USAGE_ROWS];
    size_t n = 0;
    for (size_t i = 0; i < counters->kind_count; i++) {
        const struct sv_counters_kind *kind = &counters->kinds[turns[i].kind];
        if ((kind->spent > 0) != spent)
            continue;
        if (!row_of(counters, kind, store, &rows[n++], err))
            return false;
        if (n == SV_USAGE_ROWS && !sv_store_usage_add(store, rows, n, err))
            return false;
        n %= SV_USAGE_ROWS;
    }
    return n == 0 || sv_store_usage_add(store, rows, n, err);
}

static bool keep_kinds(struct sv_counters *counters, struct sv_store *store, struct sv_error *err)
{
    struct turn *turns = sv_arena_alloc(&counters->arena, counters->kind_count * sizeof *turns);
    for (size_t i = 0; i < counters->kind_count; i++) {
        const struct sv_counters_kind *kind = &counters->kinds[i];
        int64_t type, agent;
        if (!id_of(counters, TYPE, kind->names[TYPE], store, &type, err) || !id_of(counters, AGENT, kind->names[AGENT], store, &agent, err))
            return false;
        uint64_t hour = (uint64_t)((int64_t)kind->hour - INT32_MIN);
        turns[i] = (struct turn){hour << 32 | ((uint64_t)type & 0xff) << 24 | ((uint64_t)agent & 0xffffff), (uint32_t)i};
    }
    qsort(turns, counters->kind_count, sizeof *turns, compare_turns);
    return put_kinds(counters, turns, false, store, err) && put_kinds(counters, turns, true, store, err);
}

static struct sv_store_agent seen_of(struct sv_counters *counters, const struct sv_counters_agent *agent,
                                     const struct sv_counters_session *session)
{
    return (struct sv_store_agent){.agent = agent->name->kept,
                                   .parent = kept(counters, &counters->arena, agent->parent),
                                   .team = session->team->kept,
                                   .session = kept(counters, &counters->arena, session->session),
                                   .host = kept(counters, &counters->arena, session->host),
                                   .type = session->type->kept,
                                   .tool = session->tool != NULL ? session->tool->kept : SV_SLICE(""),
                                   .state = session->state,
                                   .first_seen_ns = session->first_seen_ns,
                                   .last_seen_ns = session->last_seen_ns,
                                   .events = session->events};
}

/* Its sessions, and the agent as its newest one has it. */
static bool keep_agent(struct sv_counters *counters, const struct sv_counters_agent *agent, struct sv_store *store, struct sv_error *err)
{
    struct sv_store_agent whole = {0};
    uint64_t seen = 0;
    for (uint32_t at = agent->first_session; at > 0; at = counters->sessions[at - 1].next) {
        const struct sv_counters_session *session = &counters->sessions[at - 1];
        struct sv_store_agent row = seen_of(counters, agent, session);
        if (row.session.len > 0 && !sv_store_session_seen(store, &row, err))
            return false;
        bool is_first = whole.events == 0, is_newer = is_first || row.last_seen_ns > whole.last_seen_ns ||
                                                      (row.last_seen_ns == whole.last_seen_ns && session->seen > seen);
        row.events += whole.events;
        if (!is_first && whole.first_seen_ns < row.first_seen_ns)
            row.first_seen_ns = whole.first_seen_ns;
        if (is_newer) {
            whole = row;
            seen = session->seen;
        } else {
            whole.events = row.events;
            whole.first_seen_ns = row.first_seen_ns;
        }
    }
    return sv_store_agent_seen(store, &whole, err);
}

/* --- days: what status and reports ask of each agent --- */

static int compare_days(const void *a, const void *b)
{
    const struct sv_store_day *x = a, *y = b;
    return x->day != y->day ? (x->day > y->day) - (x->day < y->day) : (x->agent > y->agent) - (x->agent < y->agent);
}

static bool day_at(struct sv_counters *counters, const struct sv_counters_kind *kind, struct sv_store *store, struct sv_store_day *out,
                   struct sv_error *err)
{
    *out = (struct sv_store_day){.events = kind->events, .errors = kind->errors};
    if (!id_of(counters, AGENT, kind->names[AGENT], store, &out->agent, err))
        return false;
    if (kind->spent > 0) {
        const struct sv_counters_spent *spent = &counters->spent[kind->spent - 1];
        out->tokens = spent->input_tokens;
        add(spent->output_tokens, &out->tokens);
        out->unpriced_tokens = spent->unpriced_tokens;
        out->cost_usd = spent->cost_usd;
    }
    return true;
}

static bool put_days(struct sv_store_day *days, size_t count, struct sv_store *store, struct sv_error *err)
{
    qsort(days, count, sizeof *days, compare_days);
    for (size_t i = 0, next; i < count; i = next) {
        struct sv_store_day sum = days[i];
        for (next = i + 1; next < count && compare_days(&days[next], &sum) == 0; next++) {
            sum.events += days[next].events;
            sum.errors += days[next].errors;
            add(days[next].tokens, &sum.tokens);
            add(days[next].unpriced_tokens, &sum.unpriced_tokens);
            sum.cost_usd += days[next].cost_usd;
        }
        if (sum.agent != 0 && !sv_store_day_add(store, &sum, err))
            return false;
    }
    return true;
}

static bool keep_days(struct sv_counters *counters, struct sv_store *store, struct sv_error *err)
{
    struct sv_store_day *days = sv_calloc(counters->kind_count + 1, sizeof *days);
    int32_t hour = INT32_MIN;
    int64_t day = 0;
    bool fine = true;
    for (size_t i = 0; fine && i < counters->kind_count; i++) {
        const struct sv_counters_kind *kind = &counters->kinds[i];
        if (kind->hour != hour)
            day = sv_fleet_day(((hour = kind->hour) * INT64_C(3600) + 1800) * SV_SECOND_NS); /* in which most of the hour lies */
        fine = day_at(counters, kind, store, &days[i], err);
        days[i].day = day;
    }
    fine = fine && put_days(days, counters->kind_count, store, err);
    sv_free(days);
    return fine;
}

bool sv_counters_keep(struct sv_counters *counters, struct sv_store *store, struct sv_error *err)
{
    counters->batch++;
    count_waiting(counters);
    if (!keep_kinds(counters, store, err) || !keep_days(counters, store, err))
        return false;
    for (size_t i = 0; i < counters->agent_count; i++)
        if (!keep_agent(counters, &counters->agents[i], store, err))
            return false;
    return true;
}

static void forget_names(struct sv_counters *counters)
{
    for (int i = 0; i < SV_COUNTERS_NAMES; i++)
        sv_map_free(&counters->names[i]);
    sv_free(counters->recent);
    counters->recent = NULL;
    sv_arena_free(&counters->name_arena);
}

void sv_counters_clear(struct sv_counters *counters)
{
    for (size_t i = 0; i < counters->kind_count; i++)
        counters->table[counters->kinds[i].slot] = 0;
    for (size_t i = 0; i < counters->spent_count; i++)
        sv_histogram_free(&counters->spent[i].durations);
    for (size_t i = 0; i < counters->agent_count; i++)
        counters->agents[i].name->agent = 0;
    counters->kind_count = counters->spent_count = counters->agent_count = counters->session_count = counters->waiting_count = 0;
    sv_arena_reset(&counters->arena);
    for (int i = 0; i < SV_COUNTERS_NAMES; i++)
        if (counters->names[i].count > NAMES_KEPT)
            forget_names(counters);
}

bool sv_counters_full(const struct sv_counters *counters)
{
    return counters->kind_count >= KINDS_MAX;
}

void sv_counters_free(struct sv_counters *counters)
{
    sv_counters_clear(counters);
    forget_names(counters);
    sv_free(counters->kinds);
    sv_free(counters->table);
    sv_free(counters->spent);
    sv_free(counters->agents);
    sv_free(counters->sessions);
    sv_arena_free(&counters->arena);
}
