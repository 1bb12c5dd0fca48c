/* SPDX-License-Identifier: ISC */
/* How long statements take: a histogram of each, and a log of the slow ones with their plans.
 *
 * Kept in memory while they run, for the log must not disturb the transaction in hand, and written with its commit. What comes
 * behind the last commit (that commit itself, all that a reader asked) would need a transaction more, which for a short question
 * is half as much again. So who closes writes it only if something was slow, or if the lot falls on him: then his counts stand for
 * sixteen. He does not wait for his turn. A failure to write any of it is nobody's failure. */
#include <ctype.h>
#include <string.h>

#include "base/os.h"
#include "base/time.h"
#include "store/private.h"

enum {
    BUCKETS = SV_DURATION_BUCKETS,
    PENDING_MAX = 64,         /* more in a batch are counted, not logged */
    SLOTS = 1024,             /* at least twice the statements */
    TURN_NS = 2000000,        /* how long who closes waits for his turn */
    LOTS = 16                 /* one of so many with nothing slow writes, in the name of all */
};

const int64_t sv_duration_bounds_us[BUCKETS] = {10,     50,      100,     250,     1000,    2500,     5000,     10000,    25000,
                                                50000, 100000, 250000, 1000000, 2500000, 10000000, INT64_MAX};

_Static_assert(SLOTS >= 2 * SV_TIMED_COUNT, "pointers of statements find their slot fast");

struct cell {
    uint32_t count, slow;
    int64_t total_ns;
};

struct sv_timing {
    int64_t slow_ns;
    bool is_off;                         /* while it writes */
    struct {
        const sqlite3_stmt *statement;
        uint32_t which;
    } slots[SLOTS];                      /* open addressing, by pointer */
    int64_t started_ns[SV_TIMED_COUNT];  /* 0: not running */
    bool touched[SV_TIMED_COUNT];
    struct cell cells[SV_TIMED_COUNT][2][BUCKETS]; /* by outcome: done, failed */
    bool planned[SV_TIMED_COUNT];        /* its plan is in the store: */
    int64_t plans[SV_TIMED_COUNT];
    struct pending {
        uint32_t which;
        int64_t duration_ns, at_ns;
    } pending[PENDING_MAX];
    size_t pending_count;
    bool any;
};

static const char *const names[SV_TIMED_COUNT] = {
#define X(name, sql, index) #name,
    SV_STATEMENTS(X)
#undef X
    [SV_TIMED_BEGIN] = "BEGIN", [SV_TIMED_COMMIT] = "COMMIT", [SV_TIMED_CHECKPOINT] = "CHECKPOINT"};

static void put_name(struct sv_buf *out, uint32_t which)
{
    sv_buf_clear(out);
    for (const char *c = names[which]; *c != '\0'; c++)
        sv_buf_char(out, (char)tolower((unsigned char)*c));
}

void sv_timing_open(struct sv_store *store, int64_t slow_ns)
{
    store->timing = sv_calloc(1, sizeof *store->timing);
    store->timing->slow_ns = slow_ns > 0 ? slow_ns : SV_SLOW_NS;
}

static size_t slot_of(const struct sv_timing *timing, const sqlite3_stmt *statement)
{
    size_t at = (size_t)((uint64_t)(uintptr_t)statement * UINT64_C(0x9e3779b97f4a7c15) >> 54) % SLOTS;
    while (timing->slots[at].statement != NULL && timing->slots[at].statement != statement)
        at = (at + 1) % SLOTS;
    return at;
}

void sv_timing_know(struct sv_store *store, const sqlite3_stmt *statement, enum sv_statement which)
{
    size_t at = slot_of(store->timing, statement);
    store->timing->slots[at].statement = statement;
    store->timing->slots[at].which = (uint32_t)which;
}

static void count(struct sv_timing *timing, uint32_t which, bool failed, int64_t took_ns)
{
    size_t bucket = 0;
    while (took_ns / 1000 > sv_duration_bounds_us[bucket])
        bucket++;
    bool is_slow = took_ns >= timing->slow_ns && which != SV_TIMED_BEGIN; /* it waits for others */
    struct cell *cell = &timing->cells[which][failed][bucket];
    cell->count++;
    cell->slow += is_slow;
    cell->total_ns += took_ns;
    timing->touched[which] = true;
    timing->any = true;
    if (is_slow && timing->pending_count < PENDING_MAX)
        timing->pending[timing->pending_count++] = (struct pending){which, took_ns, sv_os_now_ns()};
}

void sv_timing_start(struct sv_store *store, const sqlite3_stmt *statement)
{
    struct sv_timing *timing = store->timing;
    size_t at = slot_of(timing, statement);
    if (!timing->is_off && timing->slots[at].statement != NULL)
        timing->started_ns[timing->slots[at].which] = sv_os_monotonic_ns();
}

void sv_timing_stop(struct sv_store *store, const sqlite3_stmt *statement, bool failed)
{
    struct sv_timing *timing = store->timing;
    size_t at = slot_of(timing, statement);
    if (timing->is_off || timing->slots[at].statement == NULL)
        return;
    uint32_t which = timing->slots[at].which;
    if (timing->started_ns[which] != 0)
        count(timing, which, failed, sv_os_monotonic_ns() - timing->started_ns[which]);
    timing->started_ns[which] = 0;
}

void sv_timing_took(struct sv_store *store, enum sv_timed which, bool failed, int64_t took_ns)
{
    count(store->timing, (uint32_t)which, failed, took_ns);
}

/* --- into the store --- */

void sv_store_put_plan(sqlite3 *db, const char *sql, struct sv_buf *out)
{
    struct sv_buf explain = {0};
    sqlite3_stmt *plan = NULL;
    sv_buf_printf(&explain, "EXPLAIN QUERY PLAN %s", sql);
    if (sqlite3_prepare_v2(db, explain.data, (int)explain.len, &plan, NULL) == SQLITE_OK)
        while (sqlite3_step(plan) == SQLITE_ROW)
            sv_buf_printf(out, "%s%s", out->len > 0 ? "; " : "", (const char *)sqlite3_column_text(plan, 3));
    sqlite3_finalize(plan);
    sv_buf_free(&explain);
}

static bool know_plan(struct sv_store *store, uint32_t which, struct sv_slice name)
{
    struct sv_timing *timing = store->timing;
    const char *sql = which < SV_SQL_COUNT ? sv_store_statements[which].sql : "";
    if (timing->planned[which])
        return true;
    sqlite3_stmt *find = sv_store_statement(store, SV_SQL_SLOW_PLAN_FIND, NULL);
    sqlite3_stmt *add = sv_store_statement(store, SV_SQL_SLOW_PLAN_ADD, NULL);
    struct sv_buf plan = {0};
    bool found = false, fine = find != NULL && add != NULL;
    if (which < SV_SQL_COUNT)
        sv_store_put_plan(store->db, sql, &plan);
    for (int i = 0; fine && i < 2 && !found; i++) { /* found, or added and then found */
        sqlite3_stmt *statement = i == 0 ? find : add;
        sv_store_bind(statement, 1, name);
        sqlite3_bind_text(statement, 2, sql, -1, SQLITE_STATIC);
        sqlite3_bind_text64(statement, 3, plan.len > 0 ? plan.data : "", plan.len, SQLITE_STATIC, SQLITE_UTF8);
        fine = sv_store_step(store, statement, i == 0 ? &found : NULL, &timing->plans[which], NULL);
        if (i == 1)
            timing->plans[which] = sqlite3_last_insert_rowid(store->db);
    }
    timing->planned[which] = fine;
    sv_buf_free(&plan);
    return fine;
}

static bool write_slow(struct sv_store *store, const struct pending *slow, struct sv_buf *name)
{
    put_name(name, slow->which);
    sqlite3_stmt *add = know_plan(store, slow->which, sv_buf_slice(name)) ? sv_store_statement(store, SV_SQL_SLOW_ADD, NULL) : NULL;
    if (add == NULL)
        return false;
    sqlite3_bind_int64(add, 1, store->timing->plans[slow->which]);
    sv_store_bind(add, 2, sv_slice_str(store->program));
    sqlite3_bind_int64(add, 3, slow->duration_ns);
    sqlite3_bind_int64(add, 4, slow->at_ns);
    return sv_store_step(store, add, NULL, NULL, NULL);
}

static bool write_cells(struct sv_store *store, uint32_t which, struct sv_buf *name)
{
    sqlite3_stmt *add = sv_store_statement(store, SV_SQL_DURATION_ADD, NULL);
    put_name(name, which);
    for (int failed = 0; add != NULL && failed < 2; failed++)
        for (size_t i = 0; i < BUCKETS; i++) {
            const struct cell *cell = &store->timing->cells[which][failed][i];
            if (cell->count == 0)
                continue;
            sv_store_bind(add, 1, sv_slice_str(store->program));
            sv_store_bind(add, 2, sv_buf_slice(name));
            sqlite3_bind_int(add, 3, failed);
            sqlite3_bind_int64(add, 4, sv_duration_bounds_us[i]);
            sqlite3_bind_int64(add, 5, cell->count);
            sqlite3_bind_int64(add, 6, cell->slow);
            sqlite3_bind_int64(add, 7, cell->total_ns);
            if (!sv_store_step(store, add, NULL, NULL, NULL))
                return false;
        }
    return add != NULL;
}

static void write_all(struct sv_store *store)
{
    struct sv_timing *timing = store->timing;
    struct sv_buf name = {0};
    bool fine = true;
    for (size_t i = 0; fine && i < timing->pending_count; i++)
        fine = write_slow(store, &timing->pending[i], &name);
    for (uint32_t which = 0; fine && which < SV_TIMED_COUNT; which++)
        fine = !timing->touched[which] || write_cells(store, which, &name);
    sv_buf_free(&name);
}

/* What was written is forgotten, committed or not: what is counted twice is worse than what is missed. */
static void forget(struct sv_timing *timing)
{
    for (uint32_t which = 0; which < SV_TIMED_COUNT; which++)
        if (timing->touched[which]) {
            memset(timing->cells[which], 0, sizeof timing->cells[which]);
            timing->touched[which] = false;
        }
    timing->pending_count = 0;
    timing->any = false;
}

void sv_timing_write(struct sv_store *store)
{
    struct sv_timing *timing = store->timing;
    bool was_broken = store->broken;
    if (!timing->any || timing->is_off)
        return;
    timing->is_off = true;
    write_all(store);
    timing->is_off = false;
    forget(timing);
    /* The batch may well be sound without it; if it is not, the commit says so. */
    if (!was_broken && sqlite3_get_autocommit(store->db) == 0)
        store->broken = false;
}

void sv_timing_rolled_back(struct sv_store *store)
{
    memset(store->timing->planned, 0, sizeof store->timing->planned);
}

/* Is the rest written? */
static bool is_drawn(struct sv_timing *timing)
{
    unsigned char lot;
    if (timing->pending_count > 0)
        return true;
    if (!timing->any)
        return false;
    sv_os_random(&lot, sizeof lot);
    if (lot % LOTS != 0)
        return false;
    for (uint32_t which = 0; which < SV_TIMED_COUNT; which++)
        for (size_t i = 0; timing->touched[which] && i < 2 * BUCKETS; i++) {
            timing->cells[which][i / BUCKETS][i % BUCKETS].count *= LOTS;
            timing->cells[which][i / BUCKETS][i % BUCKETS].total_ns *= LOTS;
        }
    return true;
}

void sv_timing_write_rest(struct sv_store *store)
{
    if (!is_drawn(store->timing))
        return;
    store->wait_ns = TURN_NS;
    if (sv_store_begin(store, NULL))
        sv_store_commit_later(store, NULL);
}

void sv_timing_close(struct sv_store *store, bool is_reader)
{
    struct sv_timing *timing = store->timing;
    store->timing = NULL;
    if (is_reader && timing != NULL && is_drawn(timing)) {
        struct sv_store_spec spec = {.path = store->path, .program = store->program, .wait_ns = TURN_NS, .sync_normal = true,
                                     .must_exist = true};
        struct sv_store *writer = sv_store_open(&spec, NULL);
        if (writer != NULL) { /* it counts nothing of its own, or it would write once more when it is closed */
            forget(writer->timing);
            writer->timing->is_off = true;
        }
        if (writer != NULL && sv_store_begin(writer, NULL)) {
            struct sv_timing *own = writer->timing;
            memset(timing->slots, 0, sizeof timing->slots); /* they were of the other connection */
            writer->timing = timing;
            sv_store_commit(writer, NULL);
            writer->timing = own;
        }
        sv_store_close(writer);
    }
    sv_free(timing);
}

/* --- out of the store --- */

bool sv_store_durations(struct sv_store *store, struct sv_store_durations *out, struct sv_error *err)
{
    sqlite3_stmt *list = sv_store_statement(store, SV_SQL_DURATIONS, err);
    int state = -1;
    while (list != NULL && (state = sv_store_row(store, list, err)) > 0) {
        if (out->count == out->capacity) {
            out->capacity = out->capacity > 0 ? 2 * out->capacity : 256;
            out->items = sv_realloc(out->items, out->capacity * sizeof *out->items);
        }
        out->items[out->count++] = (struct sv_store_duration){.program = sv_store_text(list, 0, &out->arena),
                                                              .statement = sv_store_text(list, 1, &out->arena),
                                                              .failed = sqlite3_column_int(list, 2) != 0,
                                                              .bound_us = sqlite3_column_int64(list, 3),
                                                              .times = (uint64_t)sqlite3_column_int64(list, 4),
                                                              .slow = (uint64_t)sqlite3_column_int64(list, 5),
                                                              .total_ns = sqlite3_column_int64(list, 6)};
    }
    return state == 0;
}

void sv_store_durations_free(struct sv_store_durations *durations)
{
    sv_free(durations->items);
    sv_arena_free(&durations->arena);
    *durations = (struct sv_store_durations){0};
}

bool sv_store_slowest(struct sv_store *store, int64_t since_ns, int64_t until_ns, int64_t *ns, struct sv_error *err)
{
    sqlite3_stmt *find = sv_store_statement(store, SV_SQL_SLOWEST, err);
    *ns = 0;
    if (find == NULL)
        return false;
    sqlite3_bind_int64(find, 1, since_ns);
    sqlite3_bind_int64(find, 2, until_ns);
    return sv_store_step(store, find, NULL, ns, err);
}
