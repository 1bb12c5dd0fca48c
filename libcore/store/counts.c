/* SPDX-License-Identifier: ISC */
/* counters, activity: what was done since the store was made, and in which minute by the clock; what tables of many rows would have
 * to be counted for.
 *
 * Summed up in memory, in arrays by the integer of what it is counted for, and written with the batch that it belongs to. */
#include "base/os.h"
#include "base/time.h"
#include "store/private.h"

enum { KEPT_MINUTES = 8 * 24 * 60 };

static const struct {
    const char *name, *part; /* part NULL: the program */
    bool by_minute;
} kinds[SV_COUNT_KINDS] = {
    [SV_COUNT_EVENTS] = {"events", "", true},
    [SV_COUNT_ERRORS] = {"errors", "", true},
    [SV_COUNT_INPUT_TOKENS] = {"tokens", "input", true},
    [SV_COUNT_OUTPUT_TOKENS] = {"tokens", "output", true},
    [SV_COUNT_CACHE_READ_TOKENS] = {"tokens", "cache_read", false},
    [SV_COUNT_CACHE_WRITE_TOKENS] = {"tokens", "cache_write", false},
    [SV_COUNT_UNPRICED_TOKENS] = {"tokens", "unpriced", false},
    [SV_COUNT_MICRO_USD] = {"micro_usd", "", true},
    [SV_COUNT_VIOLATIONS] = {"evaluations", "violation", true},
    [SV_COUNT_RESOLVED] = {"evaluations", "resolved", false},
    [SV_COUNT_EVALUATION_ERRORS] = {"evaluations", "error", false},
    [SV_COUNT_EVENT_ROWS] = {"rows", "events", false},
    [SV_COUNT_EVALUATION_ROWS] = {"rows", "supervisor_policy_evaluations", false},
    [SV_COUNT_RECORDS] = {"records", "used", true},
    [SV_COUNT_BLANK] = {"records", "blank", false},
    [SV_COUNT_REJECTED] = {"records", "rejected", true},
    [SV_COUNT_DUPLICATE] = {"left", "duplicate", false},
    [SV_COUNT_LATE] = {"left", "late", true},
    [SV_COUNT_SAMPLED] = {"left", "sampled", false},
    [SV_COUNT_DEBOUNCED] = {"left", "debounced", false},
    [SV_COUNT_MESSAGES] = {"messages", "", false},
    [SV_COUNT_GAPS] = {"gaps", "", false},
    [SV_COUNT_CACHE_HITS] = {"cache_hits", NULL, false},
    [SV_COUNT_CACHE_MISSES] = {"cache_misses", NULL, false},
    [SV_COUNT_ALERT_GROUPS] = {"alerts", "", false},
    [SV_COUNT_NOTICES] = {"notices", "", false},
    [SV_COUNT_FOLDED] = {"folded", "all", false},
    [SV_COUNT_FOLDED_OLD] = {"folded", "old", false},
};

void sv_store_count(struct sv_store *store, enum sv_count kind, int64_t id, int64_t more)
{
    struct sv_counts *counts = &store->counts[kind];
    if (more == 0 || id < 0)
        return;
    if ((size_t)id >= counts->size) {
        size_t size = 2 * (size_t)id + 8;
        counts->values = sv_realloc(counts->values, size * sizeof *counts->values);
        memset(counts->values + counts->size, 0, (size - counts->size) * sizeof *counts->values);
        counts->size = size;
    }
    counts->values[id] += more;
    counts->used = (size_t)id >= counts->used ? (size_t)id + 1 : counts->used;
}

void sv_store_counts_forget(struct sv_store *store)
{
    for (size_t kind = 0; kind < SV_COUNT_KINDS; kind++) {
        struct sv_counts *counts = &store->counts[kind];
        if (counts->used > 0)
            memset(counts->values, 0, counts->used * sizeof *counts->values);
        counts->used = 0;
    }
}

void sv_store_counts_free(struct sv_store *store)
{
    for (size_t kind = 0; kind < SV_COUNT_KINDS; kind++)
        sv_free(store->counts[kind].values);
}

static bool add(struct sv_store *store, size_t kind, int64_t id, int64_t value, struct sv_error *err)
{
    sqlite3_stmt *put = sv_store_statement(store, SV_SQL_COUNTER_ADD, err);
    if (put == NULL)
        return false;
    sv_store_bind(put, 1, sv_slice_str(kinds[kind].name));
    sqlite3_bind_int64(put, 2, id);
    sqlite3_bind_text(put, 3, kinds[kind].part != NULL ? kinds[kind].part : store->program, -1, SQLITE_STATIC);
    sqlite3_bind_int64(put, 4, value);
    return sv_store_step(store, put, NULL, NULL, err);
}

static bool add_minute(struct sv_store *store, size_t kind, int64_t minute, int64_t value, struct sv_error *err)
{
    sqlite3_stmt *put = sv_store_statement(store, SV_SQL_ACTIVITY_ADD, err);
    if (put == NULL)
        return false;
    sqlite3_bind_int64(put, 1, minute);
    sv_store_bind(put, 2, sv_slice_str(kinds[kind].name));
    sqlite3_bind_text(put, 3, kinds[kind].part, -1, SQLITE_STATIC);
    sqlite3_bind_int64(put, 4, value);
    return sv_store_step(store, put, NULL, NULL, err);
}

/* Metrics are events, too, where policies judge them: what they tell of would change by being told. */
static bool find_metric_type(struct sv_store *store, struct sv_error *err)
{
    sqlite3_stmt *find = store->metric_type == 0 ? sv_store_statement(store, SV_SQL_TYPE_FIND, err) : NULL;
    if (store->metric_type != 0 || find == NULL)
        return store->metric_type != 0;
    sv_store_bind(find, 1, SV_SLICE("metric"));
    return sv_store_step(store, find, NULL, &store->metric_type, err);
}

static bool write_kind(struct sv_store *store, size_t kind, int64_t minute, bool *any, struct sv_error *err)
{
    const struct sv_counts *counts = &store->counts[kind];
    bool by_type = kind == SV_COUNT_EVENTS || kind == SV_COUNT_ERRORS;
    int64_t sum = 0;
    if (by_type && counts->used > 0 && !find_metric_type(store, err))
        return false;
    for (size_t id = 0; id < counts->used; id++) {
        if (counts->values[id] != 0 && !add(store, kind, (int64_t)id, counts->values[id], err))
            return false;
        sum += by_type && (int64_t)id == store->metric_type ? 0 : counts->values[id];
    }
    *any |= sum != 0;
    return sum == 0 || !kinds[kind].by_minute || add_minute(store, kind, minute, sum, err);
}

static void count_cache(struct sv_store *store)
{
    int now, peak;
    if (sqlite3_db_status(store->db, SQLITE_DBSTATUS_CACHE_HIT, &now, &peak, 1) == SQLITE_OK)
        sv_store_count(store, SV_COUNT_CACHE_HITS, 0, now);
    if (sqlite3_db_status(store->db, SQLITE_DBSTATUS_CACHE_MISS, &now, &peak, 1) == SQLITE_OK)
        sv_store_count(store, SV_COUNT_CACHE_MISSES, 0, now);
}

bool sv_store_counts_write(struct sv_store *store, struct sv_error *err)
{
    int64_t minute = sv_os_now_ns() / (60 * SV_SECOND_NS);
    bool fine = true, any = false;
    count_cache(store);
    for (size_t kind = 0; fine && kind < SV_COUNT_KINDS; kind++)
        fine = write_kind(store, kind, minute, &any, err);
    if (fine && any && store->minute != minute) { /* once a minute and process is often enough */
        sqlite3_stmt *expire = sv_store_statement(store, SV_SQL_ACTIVITY_EXPIRE, err);
        fine = expire != NULL;
        if (fine) {
            sqlite3_bind_int64(expire, 1, minute - KEPT_MINUTES);
            fine = sv_store_step(store, expire, NULL, NULL, err);
        }
        store->minute = minute;
    }
    sv_store_counts_forget(store);
    return fine;
}

bool sv_store_count_last_run(struct sv_store *store, int64_t started_ns, struct sv_error *err)
{
    sqlite3_stmt *put = sv_store_statement(store, SV_SQL_COUNTER_MAX, err);
    if (put == NULL)
        return false;
    sv_store_bind(put, 1, SV_SLICE("last_run"));
    sqlite3_bind_int64(put, 2, 0);
    sv_store_bind(put, 3, sv_slice_str(store->program));
    sqlite3_bind_int64(put, 4, started_ns);
    return sv_store_step(store, put, NULL, NULL, err);
}

/* --- what was counted --- */

static struct sv_store_counter *append(struct sv_store_counters *out)
{
    if (out->count == out->capacity) {
        out->capacity = out->capacity > 0 ? 2 * out->capacity : 64;
        out->items = sv_realloc(out->items, out->capacity * sizeof *out->items);
    }
    return &out->items[out->count++];
}

static bool read_counters(struct sv_store *store, sqlite3_stmt *list, bool is_labelled, struct sv_store_counters *out, struct sv_error *err)
{
    int state;
    while ((state = sv_store_row(store, list, err)) > 0)
        *append(out) = (struct sv_store_counter){.name = sv_store_text(list, 0, &out->arena),
                                                 .part = sv_store_text(list, 1, &out->arena),
                                                 .value = sqlite3_column_int64(list, 2),
                                                 .label = is_labelled ? sv_store_text(list, 3, &out->arena) : (struct sv_slice){0},
                                                 .id = is_labelled ? sqlite3_column_int64(list, 4) : 0};
    return state == 0;
}

bool sv_store_counters(struct sv_store *store, struct sv_store_counters *out, struct sv_error *err)
{
    sqlite3_stmt *list = sv_store_statement(store, SV_SQL_COUNTERS, err);
    return list != NULL && read_counters(store, list, true, out, err);
}

bool sv_store_activity(struct sv_store *store, int64_t from_minute, int64_t to_minute, struct sv_store_counters *out, struct sv_error *err)
{
    sqlite3_stmt *list = sv_store_statement(store, SV_SQL_ACTIVITY, err);
    if (list == NULL)
        return false;
    sqlite3_bind_int64(list, 1, from_minute);
    sqlite3_bind_int64(list, 2, to_minute);
    return read_counters(store, list, false, out, err);
}

void sv_store_counters_free(struct sv_store_counters *counters)
{
    sv_free(counters->items);
    sv_arena_free(&counters->arena);
    *counters = (struct sv_store_counters){0};
}

bool sv_store_sizes(struct sv_store *store, struct sv_store_sizes *out, struct sv_error *err)
{
    static const char sql[] = "SELECT (SELECT page_size FROM pragma_page_size), (SELECT page_count FROM pragma_page_count),"
                              " (SELECT freelist_count FROM pragma_freelist_count)";
    sqlite3_stmt *statement = NULL;
    int rc = sqlite3_prepare_v2(store->db, sql, -1, &statement, NULL);
    if (rc == SQLITE_OK)
        rc = sqlite3_step(statement);
    if (rc == SQLITE_ROW) {
        int64_t page = sqlite3_column_int64(statement, 0);
        *out = (struct sv_store_sizes){.bytes = page * sqlite3_column_int64(statement, 1),
                                       .free_bytes = page * sqlite3_column_int64(statement, 2),
                                       .log_bytes = sv_store_wal_bytes(store)};
    }
    sqlite3_finalize(statement);
    return rc == SQLITE_ROW || sv_store_fault(store, sqlite3_extended_errcode(store->db), err);
}
