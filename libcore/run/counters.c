/* SPDX-License-Identifier: ISC */
#include "run/counters.h"

#include <stdlib.h>

#include "base/ends.h"
#include "base/time.h"
#include "run/fleet.h"

/* Of a name, in the order of the parts below. */
enum { AGENT, TEAM, TYPE, MODEL, TOOL, STATUS };
enum { WHO, WHAT };
enum {
    NAME_BYTES = 256,
    NAMES_KEPT = 16384, /* over batches, in each field and part */
    KINDS_MAX = 16384,
    RECENT = 512,       /* parts of each sort, a power of two */
    WAYS = 4,           /* places among them where a part may be */
    LATELY = 64,        /* whats that are counted at their who; others, of which there are few events, in kinds */
    FIELDS_MAX = 4,
    ROWS = 512          /* of usage at once */
};
/* Of one event; beyond that somebody made it up, and sums must stay whole numbers, here and in the store. */
#define TOKENS_MAX INT64_C(1000000000000)
#define COST_MAX 1e9
#define HOUR_NS (3600 * SV_SECOND_NS)

static const enum sv_field fields[SV_COUNTERS_NAMES] = {SV_F_AGENT, SV_F_TEAM, SV_F_TYPE, SV_F_MODEL, SV_F_TOOL, SV_F_STATUS};
static const enum sv_name_table tables[SV_COUNTERS_NAMES] = {SV_NAME_AGENT, SV_NAME_TEAM, SV_NAME_TYPE,
                                                             SV_NAME_MODEL, SV_NAME_TOOL, SV_NAME_STATUS};
static const struct {
    int first, count;
} parts[SV_COUNTERS_PARTS] = {[WHO] = {AGENT, 2}, [WHAT] = {TYPE, 4}};

struct name {
    struct sv_slice raw, kept;  /* as it came; as it may be kept */
    uint32_t number;            /* in its field, from 0 */
    uint32_t agent;             /* index + 1 into the batch's agents; 0: not seen in it */
    int64_t id;                 /* in the store, as of this batch: */
    uint64_t batch;
};

/* Events of a who in one hour, not in kinds yet: so small that they are still in the cache when the next one comes, where the kinds of
 * all are not. */
struct lately {
    int32_t hour;
    bool is_any;
    uint32_t events[LATELY], spent[LATELY]; /* by the number of the what; spent: index + 1 */
};

/* Names that came together. */
struct part {
    sv_ends ends[FIELDS_MAX];
    bool is_long;               /* its ends are not all of it */
    uint32_t number;            /* among its sort, from 0 */
    struct name *names[FIELDS_MAX];
    struct lately *lately;      /* of a who */
    enum sv_agent_state state;  /* of a what: that its events leave an agent in */
    bool is_decision, is_call, is_error;
};

struct sv_counters_recent {
    size_t hash;
    struct part *part;
};

/* Events that agree in all names and the hour. */
struct sv_counters_kind {
    uint32_t who, what;         /* numbers of parts */
    int32_t hour;
    uint32_t slot;              /* in the table */
    uint32_t events;
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
    sv_ends ends;                          /* of: */
    struct sv_slice session, host;         /* as they came */
};

static struct sv_slice odd_text_of(struct sv_event *event, enum sv_field field)
{
    struct sv_slice text = event->slots[field].type == SV_STRING ? sv_event_text(event, field) : SV_SLICE("");
    if (text.len > NAME_BYTES) /* whole characters */
        for (text.len = NAME_BYTES; text.len > 0 && ((unsigned char)text.data[text.len] & 0xC0) == 0x80;)
            text.len--;
    return text;
}

static inline struct sv_slice text_of(struct sv_event *event, enum sv_field field)
{
    static const _Alignas(64) char nothing[64] = ""; /* not at the end of a page: see sv_ends_of */
    struct sv_value value = event->slots[field];
    bool is_text = value.type == SV_STRING;
    if (__builtin_expect((value.flags & SV_ESCAPED) != 0 || value.len > NAME_BYTES, 0))
        return odd_text_of(event, field);
    return sv_slice(is_text ? value.s : nothing + 1, is_text ? value.len : 0);
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

static struct name *name_of(struct sv_counters *counters, int field, struct sv_slice text)
{
    struct sv_map_item *item = sv_map_at(&counters->names[field], text);
    if (item->pointer != NULL)
        return item->pointer;
    struct name *name = sv_arena_calloc(&counters->name_arena, 1, sizeof *name);
    name->raw = item->key;
    name->kept = kept(counters, &counters->name_arena, text);
    name->number = (uint32_t)counters->names[field].count - 1;
    name->batch = counters->batch - 1;
    item->pointer = name;
    return name;
}

/* Of a what. */
static struct name *name_in(const struct part *what, int field)
{
    return what->names[field - TYPE];
}

static void know_what(struct part *part)
{
    struct sv_slice type = name_in(part, TYPE)->raw;
    part->state = state_behind(type);
    part->is_decision = sv_slice_is(type, "decision");
    part->is_call = sv_slice_is(type, "tool.call");
    part->is_error = sv_slice_is(type, "error") || sv_slice_is(name_in(part, STATUS)->raw, "error");
}

static struct part *part_new(struct sv_counters *counters, int sort, const struct sv_slice *texts, const sv_ends *ends)
{
    struct name *names[FIELDS_MAX] = {0};
    uint32_t numbers[FIELDS_MAX] = {0};
    for (int i = 0; i < parts[sort].count; i++) {
        names[i] = name_of(counters, parts[sort].first + i, texts[i]);
        numbers[i] = names[i]->number;
    }
    struct sv_map_item *item = sv_map_at(&counters->parts[sort], sv_slice((const char *)numbers, sizeof numbers));
    if (item->pointer != NULL)
        return item->pointer;
    struct part *part = sv_arena_calloc(&counters->name_arena, 1, sizeof *part);
    for (int i = 0; i < parts[sort].count; i++) {
        part->ends[i] = ends[i];
        part->is_long |= texts[i].len > SV_ENDS_WHOLE;
    }
    memcpy(part->names, names, sizeof names);
    part->number = (uint32_t)counters->parts[sort].count - 1;
    if (sort == WHAT)
        know_what(part);
    else
        part->lately = sv_arena_calloc(&counters->name_arena, 1, sizeof *part->lately);
    item->pointer = part;
    return part;
}

static inline __attribute__((always_inline)) bool is_part(const struct part *part, const struct sv_slice *texts, const sv_ends *ends, int count)
{
    sv_ends difference = {0, 0};
#pragma GCC unroll 4
    for (int i = 0; i < count; i++)
        difference |= ends[i] ^ part->ends[i];
    if (sv_ends_differ(difference) || !part->is_long)
        return !sv_ends_differ(difference);
    for (int i = 0; i < count; i++)
        if (!sv_slice_equal(texts[i], part->names[i]->raw))
            return false;
    return true;
}

/* Found without hashing all of it, which would also take a branch for each text that is absent. Who makes names whose ends collide only
 * has them looked up in the map. */
static inline __attribute__((always_inline)) struct part *part_of(struct sv_counters *counters, int sort, struct sv_event *event)
{
    struct sv_slice texts[FIELDS_MAX] SV_UNCLEARED;
    sv_ends ends[FIELDS_MAX] SV_UNCLEARED;
    sv_ends sum = {0, 0};
#pragma GCC unroll 4
    for (int i = 0; i < parts[sort].count; i++) {
        texts[i] = text_of(event, fields[parts[sort].first + i]);
        ends[i] = sv_ends_of(texts[i]);
        sum = (sum << 7 | sum >> 57) + ends[i];
    }
    size_t hash = sv_ends_hash(sum);
    struct sv_counters_recent *recent = counters->recent + sort * RECENT, *free = &recent[hash % RECENT];
    for (size_t way = 0; way < WAYS; way++) {
        struct sv_counters_recent *one = &recent[(hash + way) % RECENT];
        if (one->part == NULL) {
            free = one;
            break;
        }
        if (one->hash == hash && is_part(one->part, texts, ends, parts[sort].count))
            return one->part;
    }
    *free = (struct sv_counters_recent){hash, part_new(counters, sort, texts, ends)};
    return free->part;
}

static struct part *part_at(const struct sv_counters *counters, int sort, uint32_t number)
{
    return counters->parts[sort].items[number].pointer;
}

static size_t kind_hash(int32_t hour, uint32_t who, uint32_t what)
{
    return sv_ends_spread((uint64_t)(uint32_t)hour * UINT64_C(0x9e3779b97f4a7c15) + who * UINT64_C(0xbf58476d1ce4e5b9) +
                          what * UINT64_C(0x94d049bb133111eb));
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
        size_t at = kind_hash(kind->hour, kind->who, kind->what) & counters->mask;
        while (counters->table[at] != 0)
            at = (at + 1) & counters->mask;
        counters->table[at] = (uint32_t)i + 1;
        kind->slot = (uint32_t)at;
    }
}

static struct sv_counters_kind *kind_of(struct sv_counters *counters, int32_t hour, uint32_t who, uint32_t what)
{
    if (counters->kind_count == counters->kind_capacity)
        kinds_grow(counters);
    size_t at = kind_hash(hour, who, what) & counters->mask;
    for (; counters->table[at] != 0; at = (at + 1) & counters->mask) {
        struct sv_counters_kind *kind = &counters->kinds[counters->table[at] - 1];
        if (kind->hour == hour && kind->who == who && kind->what == what)
            return kind;
    }
    struct sv_counters_kind *kind = &counters->kinds[counters->kind_count++];
    *kind = (struct sv_counters_kind){.hour = hour, .who = who, .what = what, .slot = (uint32_t)at};
    counters->table[at] = (uint32_t)counters->kind_count;
    return kind;
}

static void put_lately(struct sv_counters *counters, const struct part *who)
{
    struct lately *lately = who->lately;
    for (uint32_t what = 0; what < LATELY && lately->is_any; what++)
        if (lately->events[what] > 0)
            kind_of(counters, lately->hour, who->number, what)->events += lately->events[what];
    memset(lately, 0, sizeof *lately);
}

static void know_lately(struct sv_counters *counters, const struct part *who)
{
    counters->lately_whos = sv_grow(counters->lately_whos, counters->lately_count, &counters->lately_capacity, sizeof *counters->lately_whos);
    counters->lately_whos[counters->lately_count++] = who->number;
}

/* Those of this hour. */
static inline struct lately *lately_of(struct sv_counters *counters, const struct part *who, int32_t hour)
{
    struct lately *lately = who->lately;
    if (__builtin_expect(lately->is_any && lately->hour == hour, 1))
        return lately;
    if (!lately->is_any)
        know_lately(counters, who);
    put_lately(counters, who);
    lately->is_any = true;
    lately->hour = hour;
    return lately;
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

static inline bool is_session(const struct sv_counters *counters, uint32_t at, struct sv_slice text, sv_ends ends)
{
    const struct sv_counters_session *session = &counters->sessions[at - 1];
    return sv_ends_same(session->ends, session->session, ends, text);
}

/* Nearly always that of the agent's event before. */
static struct sv_counters_session *session_of(struct sv_counters *counters, struct sv_counters_agent *agent, struct sv_slice text, int64_t time_ns)
{
    sv_ends ends = sv_ends_of(text);
    if (agent->session > 0 && is_session(counters, agent->session, text, ends))
        return &counters->sessions[agent->session - 1];
    for (uint32_t at = agent->first_session; at > 0; at = counters->sessions[at - 1].next)
        if (is_session(counters, at, text, ends)) {
            agent->session = at;
            return &counters->sessions[at - 1];
        }
    if (counters->session_count == counters->session_capacity) {
        counters->session_capacity = counters->session_capacity > 0 ? 2 * counters->session_capacity : 16;
        counters->sessions = sv_realloc(counters->sessions, counters->session_capacity * sizeof *counters->sessions);
    }
    struct sv_counters_session *session = &counters->sessions[counters->session_count++];
    *session = (struct sv_counters_session){.session = sv_arena_dup(&counters->arena, text),
                                            .ends = ends,
                                            .first_seen_ns = time_ns,
                                            .last_seen_ns = INT64_MIN,
                                            .next = agent->first_session};
    agent->session = agent->first_session = (uint32_t)counters->session_count;
    return session;
}

static void see_agent(struct sv_counters *counters, const struct part *who, const struct part *what, struct sv_event *event, int64_t time_ns)
{
    struct sv_counters_agent *agent = agent_of(counters, who->names[AGENT]);
    struct sv_counters_session *session = session_of(counters, agent, text_of(event, SV_F_SESSION), time_ns);
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
    session->state = what->is_decision && sv_slice_is(text_of(event, SV_F_DECISION), "ask") ? SV_AGENT_WAITING : what->state;
    session->type = name_in(what, TYPE);
    session->team = who->names[TEAM];
    session->tool = what->is_call ? name_in(what, TOOL) : NULL;
    take(counters, text_of(event, SV_F_HOST), &session->host);
}

/* The index + 1. */
static uint32_t spent_of(struct sv_counters *counters, struct sv_counters_kind *kind)
{
    if (kind->spent > 0)
        return kind->spent;
    if (counters->spent_count == counters->spent_capacity) {
        counters->spent_capacity = counters->spent_capacity > 0 ? 2 * counters->spent_capacity : 64;
        counters->spent = sv_realloc(counters->spent, counters->spent_capacity * sizeof *counters->spent);
    }
    counters->spent[counters->spent_count++] = (struct sv_counters_spent){0};
    return kind->spent = (uint32_t)counters->spent_count;
}

static int64_t tokens_of(const struct sv_event *event, enum sv_field field)
{
    struct sv_value value = event->slots[field];
    return value.type == SV_INT && value.i > 0 && value.i <= TOKENS_MAX ? value.i : 0;
}

/* What an event took of tokens, money and time. *at: index + 1 where it adds up, if that is known. */
static void see_spent(struct sv_counters *counters, const struct sv_event *event, int32_t hour, uint32_t who, uint32_t what, uint32_t *at)
{
    int64_t input = tokens_of(event, SV_F_INPUT_TOKENS), output = tokens_of(event, SV_F_OUTPUT_TOKENS);
    int64_t cache_read = tokens_of(event, SV_F_CACHE_READ_TOKENS), cache_write = tokens_of(event, SV_F_CACHE_WRITE_TOKENS);
    struct sv_value cost = event->slots[SV_F_COST_USD], duration = event->slots[SV_F_DURATION_MS];
    bool has_cost = cost.type == SV_DOUBLE && cost.d > -COST_MAX && cost.d < COST_MAX;
    bool has_duration = duration.type == SV_DOUBLE && duration.d >= 0 && duration.d < 1e15;
    if ((input | output | cache_read | cache_write) == 0 && !has_cost && !has_duration)
        return;
    if (*at == 0)
        *at = spent_of(counters, kind_of(counters, hour, who, what));
    struct sv_counters_spent *spent = &counters->spent[*at - 1];
    spent->input_tokens += input;
    spent->output_tokens += output;
    spent->cache_read_tokens += cache_read;
    spent->cache_write_tokens += cache_write;
    if (has_cost) {
        spent->cost_usd += cost.d;
    } else if (event->slots[SV_F_COST_FROM].type == SV_ABSENT) { /* else another event has it */
        spent->unpriced_tokens += input + output;
    }
    if (has_duration)
        sv_histogram_add(&spent->durations, (uint64_t)(duration.d * 1000), 1);
}

void sv_counters_event(struct sv_counters *counters, struct sv_event *event, int64_t now_ns)
{
    int64_t time_ns = event->has_time ? event->time_ns : now_ns;
    int64_t hour = time_ns / HOUR_NS - (time_ns % HOUR_NS < 0);
    if (counters->recent == NULL)
        counters->recent = sv_calloc(SV_COUNTERS_PARTS * RECENT, sizeof *counters->recent);
    const struct part *who = part_of(counters, WHO, event), *what = part_of(counters, WHAT, event);
    uint32_t unknown = 0, *spent = &unknown;
    if (what->number < LATELY) {
        struct lately *lately = lately_of(counters, who, (int32_t)hour);
        counters->begun += lately->events[what->number]++ == 0;
        spent = &lately->spent[what->number];
    } else {
        struct sv_counters_kind *kind = kind_of(counters, (int32_t)hour, who->number, what->number);
        counters->begun += kind->events++ == 0;
    }
    if (event->slots[SV_F_AGENT].type == SV_STRING && who->names[AGENT]->raw.len > 0)
        see_agent(counters, who, what, event, time_ns);
    see_spent(counters, event, (int32_t)hour, who->number, what->number, spent);
}

/* A name's integer is asked for once a batch: what a transaction that was rolled back has made is gone. */
static bool id_of(struct sv_counters *counters, int field, struct name *name, struct sv_store *store, int64_t *id, struct sv_error *err)
{
    if (name->batch != counters->batch && !sv_store_name(store, tables[field], name->kept, &name->id, err))
        return false;
    name->batch = counters->batch;
    *id = name->id;
    return true;
}

static bool row_of(struct sv_counters *counters, const struct sv_counters_kind *kind, struct sv_store *store, struct sv_store_usage *row,
                   struct sv_error *err)
{
    const struct part *both[SV_COUNTERS_PARTS] = {[WHO] = part_at(counters, WHO, kind->who), [WHAT] = part_at(counters, WHAT, kind->what)};
    int64_t ids[SV_COUNTERS_NAMES] = {0};
    for (int sort = 0; sort < SV_COUNTERS_PARTS; sort++)
        for (int i = 0, field = parts[sort].first; i < parts[sort].count; i++, field++)
            if (!id_of(counters, field, both[sort]->names[i], store, &ids[field], err))
                return false;
    *row = (struct sv_store_usage){.hour = kind->hour,
                                   .type = ids[TYPE],
                                   .agent = ids[AGENT],
                                   .team = ids[TEAM],
                                   .model = ids[MODEL],
                                   .tool = ids[TOOL],
                                   .status = ids[STATUS],
                                   .events = kind->events,
                                   .errors = both[WHAT]->is_error ? kind->events : 0};
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

static bool put_kinds(struct sv_counters *counters, const struct turn *turns, struct sv_store *store, struct sv_error *err)
{
    struct sv_store_usage *rows = sv_arena_alloc(&counters->arena, ROWS * sizeof *rows);
    bool fine = true;
    for (size_t i = 0, n = 0; fine && i < counters->kind_count; i++) {
        fine = row_of(counters, &counters->kinds[turns[i].kind], store, &rows[n++], err);
        if (fine && (n == ROWS || i + 1 == counters->kind_count)) {
            fine = sv_store_usage_add(store, rows, n, err);
            n = 0;
        }
    }
    return fine;
}

static struct turn *turns_of(struct sv_counters *counters, struct sv_store *store, struct sv_error *err)
{
    struct turn *turns = sv_arena_alloc(&counters->arena, (counters->kind_count + 1) * sizeof *turns);
    for (size_t i = 0; i < counters->kind_count; i++) {
        const struct sv_counters_kind *kind = &counters->kinds[i];
        int64_t type, agent;
        if (!id_of(counters, TYPE, name_in(part_at(counters, WHAT, kind->what), TYPE), store, &type, err) ||
            !id_of(counters, AGENT, part_at(counters, WHO, kind->who)->names[AGENT], store, &agent, err))
            return NULL;
        uint64_t hour = (uint64_t)((int64_t)kind->hour - INT32_MIN);
        turns[i] = (struct turn){hour << 32 | ((uint64_t)type & 0xff) << 24 | ((uint64_t)agent & 0xffffff), (uint32_t)i};
    }
    qsort(turns, counters->kind_count, sizeof *turns, compare_turns);
    return turns;
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

static void add_to_day(const struct sv_counters *counters, const struct sv_counters_kind *kind, struct sv_store_day *day)
{
    day->events += kind->events;
    day->errors += part_at(counters, WHAT, kind->what)->is_error ? kind->events : 0;
    if (kind->spent == 0)
        return;
    const struct sv_counters_spent *spent = &counters->spent[kind->spent - 1];
    day->tokens += spent->input_tokens + spent->output_tokens;
    day->unpriced_tokens += spent->unpriced_tokens;
    day->cost_usd += spent->cost_usd;
}

/* Those of the agents seen in it; then there is none of them. */
static bool put_day(struct sv_counters *counters, int64_t day, struct sv_store_day *days, struct sv_store *store, struct sv_error *err)
{
    for (size_t i = 0; i < counters->agent_count; i++) {
        if (days[i].events == 0)
            continue;
        days[i].day = day;
        if (!id_of(counters, AGENT, counters->agents[i].name, store, &days[i].agent, err) ||
            (days[i].agent != 0 && !sv_store_day_add(store, &days[i], err)))
            return false;
        days[i] = (struct sv_store_day){0};
    }
    return true;
}

/* Turns are in the order of hours, and so of days. */
static bool put_days(struct sv_counters *counters, const struct turn *turns, struct sv_store_day *days, struct sv_store *store,
                     struct sv_error *err)
{
    int32_t hour = INT32_MIN;
    int64_t day = INT64_MIN;
    for (size_t i = 0; i < counters->kind_count; i++) {
        const struct sv_counters_kind *kind = &counters->kinds[turns[i].kind];
        uint32_t agent = part_at(counters, WHO, kind->who)->names[AGENT]->agent;
        if (agent == 0)
            continue; /* nobody's */
        if (kind->hour != hour) {
            hour = kind->hour;
            int64_t next = sv_fleet_day((hour * INT64_C(3600) + 1800) * SV_SECOND_NS); /* in which most of the hour lies */
            if (next != day && day != INT64_MIN && !put_day(counters, day, days, store, err))
                return false;
            day = next;
        }
        add_to_day(counters, kind, &days[agent - 1]);
    }
    return put_day(counters, day, days, store, err);
}

static bool keep_days(struct sv_counters *counters, const struct turn *turns, struct sv_store *store, struct sv_error *err)
{
    struct sv_store_day *days = sv_calloc(counters->agent_count + 1, sizeof *days);
    bool fine = put_days(counters, turns, days, store, err);
    sv_free(days);
    return fine;
}

static void put_all_lately(struct sv_counters *counters)
{
    for (size_t i = 0; i < counters->lately_count; i++)
        put_lately(counters, part_at(counters, WHO, counters->lately_whos[i]));
    counters->lately_count = 0;
}

bool sv_counters_keep(struct sv_counters *counters, struct sv_store *store, struct sv_error *err)
{
    counters->batch++;
    put_all_lately(counters);
    struct turn *turns = turns_of(counters, store, err);
    if (turns == NULL || !put_kinds(counters, turns, store, err) || !keep_days(counters, turns, store, err))
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
    for (int i = 0; i < SV_COUNTERS_PARTS; i++)
        sv_map_free(&counters->parts[i]);
    sv_free(counters->recent);
    counters->recent = NULL;
    sv_arena_free(&counters->name_arena);
}

static bool are_many(const struct sv_map *maps, int count)
{
    bool many = false;
    for (int i = 0; i < count; i++)
        many |= maps[i].count > NAMES_KEPT;
    return many;
}

void sv_counters_clear(struct sv_counters *counters)
{
    for (size_t i = 0; i < counters->lately_count; i++)
        memset(part_at(counters, WHO, counters->lately_whos[i])->lately, 0, sizeof(struct lately));
    for (size_t i = 0; i < counters->kind_count; i++)
        counters->table[counters->kinds[i].slot] = 0;
    for (size_t i = 0; i < counters->spent_count; i++)
        sv_histogram_free(&counters->spent[i].durations);
    for (size_t i = 0; i < counters->agent_count; i++)
        counters->agents[i].name->agent = 0;
    counters->kind_count = counters->spent_count = counters->agent_count = counters->session_count = 0;
    counters->lately_count = counters->begun = 0;
    sv_arena_reset(&counters->arena);
    if (are_many(counters->names, SV_COUNTERS_NAMES) || are_many(counters->parts, SV_COUNTERS_PARTS))
        forget_names(counters);
}

bool sv_counters_full(const struct sv_counters *counters)
{
    return counters->begun >= KINDS_MAX;
}

void sv_counters_free(struct sv_counters *counters)
{
    sv_counters_clear(counters);
    forget_names(counters);
    sv_free(counters->kinds);
    sv_free(counters->lately_whos);
    sv_free(counters->table);
    sv_free(counters->spent);
    sv_free(counters->agents);
    sv_free(counters->sessions);
    sv_arena_free(&counters->arena);
}
