/* SPDX-License-Identifier: ISC */
#include "store/archive.h"

#include <stdio.h>
#include <string.h>
#include <time.h>

#include "base/num.h"
#include "base/os.h"
#include "base/time.h"
#include "store/exports.h"
#include "store/find.h"
#include "store/rows.h"

enum {
    LOOKED_AT_ONCE = 4000,   /* index entries of one read */
    COPIED_AT_ONCE = 500,    /* rows of one transaction of the file */
    REMOVED_AT_FIRST = 50,   /* of one transaction here; then as many as take so long: */
    REMOVED_MIN = 20,
    REMOVED_MAX = 2000,
    RUNS_MAX = 64
};
#define BATCH_SHORT_NS (6 * SV_SECOND_NS / 1000)
#define BATCH_LONG_NS (15 * SV_SECOND_NS / 1000)
#define PAUSE_MAX_NS (20 * SV_SECOND_NS / 1000)

/* --- months --- */

static int64_t month_start(int64_t year, int month)
{
    return sv_time_days(year + (month > 12), month > 12 ? 1 : month, 1) * 86400 * SV_SECOND_NS;
}

struct sv_archive_month sv_archive_month_of(int64_t ns)
{
    struct sv_archive_month out = {0};
    int64_t year, seconds = ns / SV_SECOND_NS - (ns % SV_SECOND_NS < 0);
    int month, day;
    sv_time_civil(seconds >= 0 ? seconds / 86400 : (seconds - 86399) / 86400, &year, &month, &day);
    snprintf(out.name, sizeof out.name, "%04d-%02d", (int)(year % 10000), month);
    out.from_ns = month_start(year, month);
    out.until_ns = month_start(year, month + 1);
    return out;
}

bool sv_archive_month_named(struct sv_slice name, struct sv_archive_month *out)
{
    uint64_t year, month;
    if (name.len != 7 || name.data[4] != '-' || !sv_num_uint(sv_slice(name.data, 4), &year) ||
        !sv_num_uint(sv_slice(name.data + 5, 2), &month) || month < 1 || month > 12 || year < 1678 || year > 2261)
        return false;
    *out = sv_archive_month_of(month_start((int64_t)year, (int)month));
    return true;
}

/* --- what may go --- */

/* A way through all rows that may go, of a month or of all, in chunks: events by priority, then evaluations by policy. */
struct walk {
    struct sv_store *store;
    const struct sv_archive_rules *rules;
    int64_t from_ns, until_ns;   /* of the month */
    int64_t newest[SV_ROW_KINDS]; /* stay */
    int64_t wanted;              /* and events behind this one, which somebody has not exported yet: */
    uint64_t held;               /* so many, that could go */
    int64_t last_own;            /* so does the last event of the store's own, for the next is numbered behind it */
    enum sv_row_kind kind;
    int64_t part;                /* the priority or policy */
    int64_t at_ns, at_id;        /* of the last row seen in it */
    bool ended;
};

static int64_t before_of_type(const struct sv_archive_rules *rules, struct sv_slice type)
{
    for (size_t i = 0; i < rules->age_count; i++)
        if (sv_slice_glob(rules->ages[i].type, type))
            return rules->ages[i].before_ns;
    return rules->before_ns;
}

/* No row from here on may go, whatever its type. */
static int64_t before_of_any(const struct sv_archive_rules *rules)
{
    int64_t before = rules->before_ns;
    for (size_t i = 0; i < rules->age_count; i++)
        before = rules->ages[i].before_ns > before ? rules->ages[i].before_ns : before;
    return before;
}

static int64_t min_of(int64_t a, int64_t b)
{
    return a < b ? a : b;
}

static void begin_part(struct walk *walk)
{
    walk->at_ns = walk->from_ns;
    walk->at_id = walk->kind == SV_ROW_EVENT ? -1 : INT64_MAX;
}

static bool walk_open(struct walk *walk, struct sv_store *store, const struct sv_archive_rules *rules,
                      const struct sv_archive_month *month, struct sv_error *err)
{
    *walk = (struct walk){.store = store,
                          .rules = rules,
                          .from_ns = month != NULL ? month->from_ns : INT64_MIN,
                          .until_ns = month != NULL ? month->until_ns : INT64_MAX};
    struct sv_buf name = {0};
    begin_part(walk);
    bool fine = sv_store_export_least(store, &name, &walk->wanted, err);
    sv_buf_free(&name);
    return fine && sv_store_number(store, SV_SQL_ROWS_EVENTS_LAST, &walk->newest[SV_ROW_EVENT], err) &&
           sv_store_number(store, SV_SQL_ROWS_EVALUATIONS_LAST, &walk->newest[SV_ROW_EVALUATION], err) &&
           sv_store_number(store, SV_SQL_EVENT_LAST, &walk->last_own, err);
}

/* The next priority or policy; after the last of them the walk has ended. */
static bool next_part(struct walk *walk, struct sv_error *err)
{
    if (walk->kind == SV_ROW_EVENT && walk->part + 1 < SV_PRIORITIES) {
        walk->part++;
    } else {
        sqlite3_stmt *find = sv_store_statement(walk->store, SV_SQL_ARCHIVE_POLICIES, err);
        int64_t policy = 0;
        bool found;
        if (find == NULL)
            return false;
        sqlite3_bind_int64(find, 1, walk->kind == SV_ROW_EVENT ? 0 : walk->part);
        sqlite3_bind_int64(find, 2, 1);
        if (!sv_store_step(walk->store, find, &found, &policy, err))
            return false;
        walk->kind = SV_ROW_EVALUATION;
        walk->part = policy;
        walk->ended = !found;
    }
    begin_part(walk);
    return true;
}

static bool type_before(struct walk *walk, int64_t type, int64_t *before, struct sv_error *err)
{
    struct sv_slice name = {0};
    if (walk->rules->age_count > 0 && !sv_store_name_text(walk->store, SV_NAME_TYPE, type, &name, err))
        return false;
    *before = before_of_type(walk->rules, name);
    return true;
}

/* One row of a chunk, until the next; NULL in *row with true at the chunk's end. */
struct chunk {
    struct walk *walk;
    sqlite3_stmt *rows;
    int time_at, type_at, source_at, record_at;
    int limit, seen;
};

static bool chunk_open(struct chunk *chunk, struct walk *walk, bool whole, int limit, struct sv_error *err)
{
    static const enum sv_statement which[SV_ROW_KINDS][2] = {
        [SV_ROW_EVENT] = {SV_SQL_ARCHIVE_EVENT_TIMES, SV_SQL_ARCHIVE_EVENTS},
        [SV_ROW_EVALUATION] = {SV_SQL_ARCHIVE_EVALUATION_TIMES, SV_SQL_ARCHIVE_EVALUATIONS}};
    *chunk = (struct chunk){.walk = walk, .limit = limit};
    chunk->rows = sv_store_statement(walk->store, which[walk->kind][whole], err);
    if (chunk->rows == NULL)
        return false;
    int64_t before = walk->kind == SV_ROW_EVENT ? before_of_any(walk->rules) : before_of_type(walk->rules, SV_SLICE("evaluation"));
    if (walk->kind == SV_ROW_EVENT && walk->part == SV_PRIORITIES - 1)
        sqlite3_bind_null(chunk->rows, 1);
    else
        sqlite3_bind_int64(chunk->rows, 1, walk->part);
    sqlite3_bind_int64(chunk->rows, 2, walk->at_ns);
    sqlite3_bind_int64(chunk->rows, 3, min_of(walk->until_ns, before));
    sqlite3_bind_int64(chunk->rows, 4, walk->at_id);
    sqlite3_bind_int64(chunk->rows, 5, limit);
    chunk->time_at = sv_row_column_at(chunk->rows, walk->kind == SV_ROW_EVENT ? "time" : "created_at");
    chunk->type_at = sv_row_column_at(chunk->rows, "type");
    chunk->source_at = sv_row_column_at(chunk->rows, "source");
    chunk->record_at = sv_row_column_at(chunk->rows, "record");
    return true;
}

/* May this very row go? */
static bool may_go(struct chunk *chunk, bool *may, struct sv_error *err)
{
    struct walk *walk = chunk->walk;
    int64_t before = INT64_MAX;
    *may = sqlite3_column_int64(chunk->rows, 0) != walk->newest[walk->kind];
    if (walk->kind == SV_ROW_EVENT) {
        if (sqlite3_column_int64(chunk->rows, chunk->source_at) == 0)
            *may &= sqlite3_column_int64(chunk->rows, chunk->record_at) != walk->last_own;
        if (!type_before(walk, sqlite3_column_int64(chunk->rows, chunk->type_at), &before, err))
            return false;
    }
    *may &= sqlite3_column_int64(chunk->rows, chunk->time_at) < before;
    if (*may && walk->kind == SV_ROW_EVENT && sqlite3_column_int64(chunk->rows, 0) > walk->wanted) {
        walk->held++;
        *may = false;
    }
    return true;
}

/* 1: a row; 0: the chunk has ended, and the walk stands behind it; -1: failed. */
static int chunk_next(struct chunk *chunk, struct sv_error *err)
{
    struct walk *walk = chunk->walk;
    for (;;) {
        int state = chunk->seen < 0 ? 0 : sv_store_row(walk->store, chunk->rows, err);
        if (state < 0)
            return -1;
        if (state == 0) {
            bool is_last = chunk->seen < chunk->limit; /* of its priority or policy */
            chunk->seen = -1;
            return is_last && !next_part(walk, err) ? -1 : 0;
        }
        bool may = true;
        chunk->seen++;
        walk->at_ns = sqlite3_column_int64(chunk->rows, chunk->time_at);
        walk->at_id = sqlite3_column_int64(chunk->rows, 0);
        if (!may_go(chunk, &may, err)) {
            sv_store_leave(walk->store, chunk->rows);
            return -1;
        }
        if (may)
            return 1;
    }
}

/* Priorities that stay are passed over. */
static bool skip_kept(struct walk *walk, struct sv_error *err)
{
    while (!walk->ended && walk->kind == SV_ROW_EVENT && walk->rules->keep[walk->part])
        if (!next_part(walk, err))
            return false;
    return true;
}

/* --- months with something to do --- */

static struct sv_archive_month *month_at(struct sv_archive_months *months, int64_t ns)
{
    size_t at = months->count;
    while (at > 0 && months->items[at - 1].from_ns > ns)
        at--;
    if (at > 0 && ns < months->items[at - 1].until_ns)
        return &months->items[at - 1];
    if (months->count == months->capacity) {
        months->capacity = months->capacity > 0 ? 2 * months->capacity : 16;
        months->items = sv_realloc(months->items, months->capacity * sizeof *months->items);
    }
    memmove(months->items + at + 1, months->items + at, (months->count - at) * sizeof *months->items);
    months->items[at] = sv_archive_month_of(ns);
    months->count++;
    return &months->items[at];
}

bool sv_archive_months(struct sv_store *store, const struct sv_archive_rules *rules, struct sv_archive_months *out, struct sv_error *err)
{
    struct walk walk;
    struct chunk chunk;
    bool fine = walk_open(&walk, store, rules, NULL, err) && skip_kept(&walk, err);
    while (fine && !walk.ended) {
        int state = -1;
        enum sv_row_kind kind = walk.kind;
        fine = chunk_open(&chunk, &walk, false, LOOKED_AT_ONCE, err);
        while (fine && (state = chunk_next(&chunk, err)) > 0) {
            struct sv_archive_month *month = month_at(out, walk.at_ns);
            month->events += kind == SV_ROW_EVENT;
            month->evaluations += kind == SV_ROW_EVALUATION;
        }
        fine = fine && state == 0 && skip_kept(&walk, err);
    }
    out->held = walk.held;
    return fine;
}

/* --- there --- */

static void sum_add(struct sv_archive_sum *sum, enum sv_row_kind kind, uint64_t hash)
{
    sum->events += kind == SV_ROW_EVENT;
    sum->evaluations += kind == SV_ROW_EVALUATION;
    sum->hash += hash;
}

/* The same row of the file has this hash? Or is there one of the same address under another number: a log was read once more, and
 * what it gave was stored anew? */
static bool is_archived(struct sv_store *file, enum sv_row_kind kind, sqlite3_stmt *row, uint64_t hash, struct sv_buf *scratch,
                        bool *is_there, bool *has_twin, struct sv_error *err)
{
    static const char *const address[] = {"source", "record", "part", "policy_id", "key_number"};
    sqlite3_stmt *find = sv_store_statement(file, kind == SV_ROW_EVENT ? SV_SQL_ARCHIVE_EVENT : SV_SQL_ARCHIVE_EVALUATION, err);
    sqlite3_stmt *twin = sv_store_statement(file, kind == SV_ROW_EVENT ? SV_SQL_ARCHIVE_EVENT_TWIN : SV_SQL_ARCHIVE_EVALUATION_TWIN, err);
    if (find == NULL || twin == NULL)
        return false;
    sqlite3_bind_value(find, 1, sqlite3_column_value(row, 0));
    int state = sv_store_row(file, find, err);
    *is_there = state > 0 && sv_row_hash(find, scratch) == hash;
    if (state > 0)
        sv_store_leave(file, find);
    *has_twin = false;
    if (state != 0)
        return state > 0;
    for (int i = 0; i < (kind == SV_ROW_EVENT ? 3 : 5); i++)
        sqlite3_bind_value(twin, i + 1, sqlite3_column_value(row, sv_row_column_at(row, address[i])));
    return sv_store_step(file, twin, has_twin, NULL, err);
}

static bool copy_row(struct chunk *chunk, struct sv_rows *rows, enum sv_row_kind kind, struct sv_archive_sum *copied,
                     struct sv_error *err)
{
    bool added, is_there = true, has_twin;
    uint64_t hash = sv_row_hash(chunk->rows, &rows->scratch);
    if (!sv_rows_copy(rows, kind, chunk->rows, &added, err))
        return false;
    if (!added && !is_archived(rows->to, kind, chunk->rows, hash, &rows->scratch, &is_there, &has_twin, err))
        return false;
    if (is_there) /* else its twin is, and is counted already */
        sum_add(copied, kind, hash);
    return true;
}

static bool copy_chunk(struct walk *walk, struct sv_rows *rows, struct sv_archive_sum *copied, struct sv_error *err)
{
    struct chunk chunk;
    int state = -1;
    enum sv_row_kind kind = walk->kind;
    bool fine = chunk_open(&chunk, walk, true, COPIED_AT_ONCE, err) && sv_store_begin(rows->to, err);
    while (fine && (state = chunk_next(&chunk, err)) > 0)
        fine = copy_row(&chunk, rows, kind, copied, err);
    if (state > 0)
        sv_store_leave(walk->store, chunk.rows);
    if (fine && state == 0)
        return sv_store_commit(rows->to, err);
    sv_store_rollback(rows->to);
    return false;
}

bool sv_archive_copy(struct sv_store *store, struct sv_store *file, const struct sv_archive_rules *rules,
                     const struct sv_archive_month *month, struct sv_archive_sum *copied, struct sv_error *err)
{
    struct walk walk;
    struct sv_rows rows = {.from = store, .to = file};
    *copied = (struct sv_archive_sum){0};
    bool fine = walk_open(&walk, store, rules, month, err) && skip_kept(&walk, err);
    while (fine && !walk.ended)
        fine = copy_chunk(&walk, &rows, copied, err) && skip_kept(&walk, err);
    sv_rows_free(&rows);
    return fine;
}

/* All rows of a table behind this one, in the order of their numbers. */
static bool each_row(struct sv_store *store, enum sv_row_kind kind, int64_t *behind, int limit, int *seen,
                     bool (*take)(void *context, enum sv_row_kind kind, sqlite3_stmt *row, struct sv_error *err), void *context,
                     struct sv_error *err)
{
    static const enum sv_statement which[SV_ROW_KINDS] = {[SV_ROW_EVENT] = SV_SQL_ARCHIVE_EVENTS_FROM,
                                                          [SV_ROW_EVALUATION] = SV_SQL_ARCHIVE_EVALUATIONS_FROM};
    sqlite3_stmt *rows = sv_store_statement(store, which[kind], err);
    if (rows == NULL)
        return false;
    sqlite3_bind_int64(rows, 1, *behind);
    sqlite3_bind_int64(rows, 2, limit);
    int state;
    for (*seen = 0; (state = sv_store_row(store, rows, err)) > 0; ++*seen) {
        *behind = sqlite3_column_int64(rows, 0);
        if (!take(context, kind, rows, err)) {
            sv_store_leave(store, rows);
            return false;
        }
    }
    return state == 0;
}

struct summing {
    struct sv_archive_sum *sum;
    struct sv_buf scratch;
};

static bool take_sum(void *context, enum sv_row_kind kind, sqlite3_stmt *row, struct sv_error *err)
{
    struct summing *summing = context;
    (void)err;
    sum_add(summing->sum, kind, sv_row_hash(row, &summing->scratch));
    return true;
}

bool sv_archive_sum(struct sv_store *file, struct sv_archive_sum *sum, struct sv_error *err)
{
    struct summing summing = {.sum = sum};
    bool fine = true;
    *sum = (struct sv_archive_sum){0};
    for (enum sv_row_kind kind = 0; fine && kind < SV_ROW_KINDS; kind++) {
        int64_t behind = INT64_MIN;
        for (int seen = LOOKED_AT_ONCE; fine && seen == LOOKED_AT_ONCE;)
            fine = each_row(file, kind, &behind, LOOKED_AT_ONCE, &seen, take_sum, &summing, err);
    }
    sv_buf_free(&summing.scratch);
    return fine;
}

/* --- gone here --- */

/* What is removed in one transaction. */
struct batch {
    struct batch_row {
        int64_t id, run, time_ns;
        uint64_t hash;
        enum sv_row_kind kind;
        bool is_twin; /* it is counted already */
    } *rows; /* [count] */
    size_t count;
};

static bool gather(struct walk *walk, struct sv_store *file, int limit, struct batch *batch, struct sv_buf *scratch, struct sv_error *err)
{
    struct chunk chunk;
    int state = -1;
    enum sv_row_kind kind = walk->kind;
    bool fine = chunk_open(&chunk, walk, true, limit, err);
    int run_at = fine ? sv_row_column_at(chunk.rows, "run") : -1;
    batch->count = 0;
    while (fine && (state = chunk_next(&chunk, err)) > 0) {
        struct batch_row row = {.id = walk->at_id,
                                .run = sqlite3_column_int64(chunk.rows, run_at),
                                .time_ns = walk->at_ns,
                                .kind = kind};
        bool is_there;
        row.hash = sv_row_hash(chunk.rows, scratch);
        fine = is_archived(file, kind, chunk.rows, row.hash, scratch, &is_there, &row.is_twin, err);
        if (fine && (is_there || row.is_twin)) /* else it came after the copy: the next time */
            batch->rows[batch->count++] = row;
    }
    if (state > 0)
        sv_store_leave(walk->store, chunk.rows);
    return fine && state == 0;
}

static bool drop(struct sv_store *store, enum sv_statement which, int64_t id, struct sv_error *err)
{
    sqlite3_stmt *statement = sv_store_statement(store, which, err);
    if (statement == NULL)
        return false;
    sqlite3_bind_int64(statement, 1, id);
    return sv_store_step(store, statement, NULL, NULL, err);
}

static bool drop_row(struct sv_store *store, const struct batch_row *row, struct sv_error *err)
{
    if (row->kind == SV_ROW_EVALUATION) {
        sv_store_count(store, SV_COUNT_EVALUATION_ROWS, 0, -1);
        return drop(store, SV_SQL_ARCHIVE_DROP_EVALUATION, row->id, err);
    }
    sv_store_count(store, SV_COUNT_EVENT_ROWS, 0, -1);
    return drop(store, SV_SQL_ARCHIVE_DROP_BODY, row->id, err) && drop(store, SV_SQL_ARCHIVE_DROP_EVENT, row->id, err);
}

/* A run's ledger counts what it stored; what is no longer here is counted beside it. sign: -1 for what comes back. */
struct run_count {
    int64_t run, events, evaluations;
};

static bool count_run(struct sv_store *store, const struct run_count *count, struct sv_error *err)
{
    sqlite3_stmt *set = sv_store_statement(store, SV_SQL_ARCHIVE_RUN, err);
    if (set == NULL)
        return false;
    sqlite3_bind_int64(set, 1, count->run);
    sqlite3_bind_int64(set, 2, count->events);
    sqlite3_bind_int64(set, 3, count->evaluations);
    return sv_store_step(store, set, NULL, NULL, err);
}

/* Neighbours mostly are of one run. */
static bool count_row(struct sv_store *store, struct run_count *count, int64_t run, enum sv_row_kind kind, int sign, struct sv_error *err)
{
    if (count->run != run && count->run != 0 && !count_run(store, count, err))
        return false;
    if (count->run != run)
        *count = (struct run_count){.run = run};
    count->events += kind == SV_ROW_EVENT ? sign : 0;
    count->evaluations += kind == SV_ROW_EVALUATION ? sign : 0;
    return true;
}

static void add_time(struct sv_archive *archive, int64_t time_ns)
{
    bool is_first = !archive->has_times && archive->sum.events + archive->sum.evaluations == 1;
    if (is_first)
        archive->first_ns = archive->last_ns = time_ns;
    archive->has_times |= is_first;
    archive->first_ns = time_ns < archive->first_ns ? time_ns : archive->first_ns;
    archive->last_ns = time_ns > archive->last_ns ? time_ns : archive->last_ns;
}

/* From *at on, in one transaction: all of it, unless that takes too long, as it does where pages must be read from the disk first. */
static bool remove_rows(struct sv_store *store, const struct batch *batch, size_t *at, struct sv_archive *archive,
                        struct sv_archive_sum *removed, int64_t *took_ns, struct sv_error *err)
{
    struct run_count count = {0};
    struct sv_archive_sum before = archive->sum;
    if (!sv_store_begin(store, err))
        return false;
    int64_t started_ns = sv_os_monotonic_ns();
    bool fine = true;
    size_t done = *at;
    while (fine && done < batch->count && (done == *at || sv_os_monotonic_ns() - started_ns < BATCH_LONG_NS)) {
        const struct batch_row *row = &batch->rows[done++];
        fine = drop_row(store, row, err) && count_row(store, &count, row->run, row->kind, 1, err);
        if (!row->is_twin) {
            sum_add(&archive->sum, row->kind, row->hash);
            add_time(archive, row->time_ns);
        }
    }
    fine = fine && (count.run == 0 || count_run(store, &count, err)) && sv_archive_put(store, archive, err);
    if (!fine)
        sv_store_rollback(store);
    fine = fine && sv_store_commit(store, err);
    *took_ns = sv_os_monotonic_ns() - started_ns;
    if (!fine) {
        archive->sum = before;
        return false;
    }
    *at = done;
    removed->events += archive->sum.events - before.events;
    removed->evaluations += archive->sum.evaluations - before.evaluations;
    removed->hash += archive->sum.hash - before.hash;
    return true;
}

/* So many rows that others wait for some 6 to 15 ms; and then as long for them, and for the disk, alone. */
static int next_limit(int limit, int64_t took_ns)
{
    nanosleep(&(struct timespec){0, (long)min_of(took_ns, PAUSE_MAX_NS)}, NULL);
    if (took_ns > BATCH_LONG_NS && limit > REMOVED_MIN)
        return limit / 2;
    return took_ns < BATCH_SHORT_NS && limit <= REMOVED_MAX / 2 ? 2 * limit : limit;
}

/* The catalogue's row of a month; false with err when it has none. */
static bool find_archive(struct sv_store *store, const char *month, struct sv_archives *out, struct sv_error *err)
{
    return sv_archives_list(store, month, month, out, err) &&
           (out->count == 1 || sv_store_refuse(store, err, "%s is not in the catalogue of archives", month));
}

bool sv_archive_remove(struct sv_store *store, struct sv_store *file, const struct sv_archive_rules *rules,
                       const struct sv_archive_month *month, struct sv_archive_sum *removed, int64_t *longest_ns, struct sv_error *err)
{
    struct walk walk = {0};
    struct sv_archives archives = {0};
    struct batch batch = {.rows = sv_calloc(REMOVED_MAX, sizeof *batch.rows)};
    struct sv_buf scratch = {0};
    int limit = REMOVED_AT_FIRST;
    *removed = (struct sv_archive_sum){0};
    *longest_ns = 0;
    bool fine = find_archive(store, month->name, &archives, err) && walk_open(&walk, store, rules, month, err) && skip_kept(&walk, err);
    while (fine && !walk.ended) {
        fine = gather(&walk, file, limit, &batch, &scratch, err) && skip_kept(&walk, err);
        for (size_t at = 0; fine && at < batch.count;) {
            int64_t took_ns = 0;
            archives.items[0].changed_ns = sv_os_now_ns();
            fine = remove_rows(store, &batch, &at, &archives.items[0], removed, &took_ns, err);
            *longest_ns = took_ns > *longest_ns ? took_ns : *longest_ns;
            limit = next_limit(limit, took_ns);
        }
    }
    sv_archives_free(&archives);
    sv_buf_free(&scratch);
    sv_free(batch.rows);
    return fine;
}

/* --- and back --- */

struct restoring {
    struct sv_rows rows;
    struct run_count count;
    struct sv_archive *archive;
    struct sv_archive_sum *restored;
};

static bool take_back(void *context, enum sv_row_kind kind, sqlite3_stmt *row, struct sv_error *err)
{
    struct restoring *restoring = context;
    uint64_t hash = sv_row_hash(row, &restoring->rows.scratch);
    bool added;
    if (!sv_rows_copy(&restoring->rows, kind, row, &added, err))
        return false;
    if (!added)
        return true;
    sum_add(restoring->restored, kind, hash);
    restoring->archive->sum.events -= kind == SV_ROW_EVENT;
    restoring->archive->sum.evaluations -= kind == SV_ROW_EVALUATION;
    restoring->archive->sum.hash -= hash;
    return count_row(restoring->rows.to, &restoring->count, sqlite3_column_int64(row, sv_row_column_at(row, "run")), kind, -1, err);
}

static bool restore_chunk(struct restoring *restoring, struct sv_store *file, enum sv_row_kind kind, int64_t *behind, int limit, int *seen,
                          int64_t *took_ns, struct sv_error *err)
{
    struct sv_store *store = restoring->rows.to;
    if (!sv_store_begin(store, err))
        return false;
    int64_t started_ns = sv_os_monotonic_ns();
    restoring->count = (struct run_count){0};
    bool fine = each_row(file, kind, behind, limit, seen, take_back, restoring, err) &&
                (restoring->count.run == 0 || count_run(store, &restoring->count, err)) && sv_archive_put(store, restoring->archive, err);
    if (!fine)
        sv_store_rollback(store);
    fine = fine && sv_store_commit(store, err);
    *took_ns = sv_os_monotonic_ns() - started_ns;
    return fine;
}

bool sv_archive_restore(struct sv_store *store, struct sv_store *file, const struct sv_archive_month *month,
                        struct sv_archive_sum *restored, struct sv_error *err)
{
    struct sv_archives archives = {0};
    struct restoring restoring = {.rows = {.from = file, .to = store}, .restored = restored};
    *restored = (struct sv_archive_sum){0};
    bool fine = find_archive(store, month->name, &archives, err);
    restoring.archive = archives.items;
    int limit = REMOVED_AT_FIRST, seen;
    for (enum sv_row_kind kind = 0; fine && kind < SV_ROW_KINDS; kind++) {
        int64_t behind = INT64_MIN;
        for (bool more = true; fine && more;) {
            int64_t took_ns = 0;
            fine = restore_chunk(&restoring, file, kind, &behind, limit, &seen, &took_ns, err);
            more = seen == limit;
            limit = next_limit(limit, took_ns);
        }
    }
    sv_rows_free(&restoring.rows);
    sv_archives_free(&archives);
    return fine;
}

/* --- what is not kept at all --- */

enum { SWEPT_AT_ONCE = 200 };

static bool sweep_runs(struct sv_store *store, int64_t before_ns, int64_t *behind, bool *ended, uint64_t *runs, struct sv_error *err)
{
    int64_t ids[SWEPT_AT_ONCE];
    int count = 0, seen = 0, state;
    sqlite3_stmt *find = sv_store_statement(store, SV_SQL_ARCHIVE_OLD_RUNS, err);
    if (find == NULL)
        return false;
    sqlite3_bind_int64(find, 1, *behind);
    sqlite3_bind_int64(find, 2, before_ns);
    sqlite3_bind_int64(find, 3, SWEPT_AT_ONCE);
    for (; (state = sv_store_row(store, find, err)) > 0; seen++) {
        *behind = sqlite3_column_int64(find, 0);
        if (sqlite3_column_int(find, 1) == 1)
            ids[count++] = *behind;
    }
    *ended = seen < SWEPT_AT_ONCE;
    if (state < 0 || count == 0)
        return state == 0;
    bool fine = sv_store_begin(store, err);
    for (int i = 0; fine && i < count; i++)
        fine = drop(store, SV_SQL_ARCHIVE_DROP_RUN, ids[i], err);
    if (!fine) {
        sv_store_rollback(store);
        return false;
    }
    *runs += (uint64_t)count;
    return sv_store_commit(store, err);
}

static bool sweep_slow(struct sv_store *store, int64_t before_ns, bool *ended, uint64_t *slow, struct sv_error *err)
{
    sqlite3_stmt *statement = sv_store_statement(store, SV_SQL_ARCHIVE_OLD_SLOW, err);
    if (statement == NULL || !sv_store_begin(store, err))
        return false;
    sqlite3_bind_int64(statement, 1, before_ns);
    sqlite3_bind_int64(statement, 2, SWEPT_AT_ONCE);
    if (!sv_store_step(store, statement, NULL, NULL, err)) {
        sv_store_rollback(store);
        return false;
    }
    int count = sqlite3_changes(store->db);
    *slow += (uint64_t)count;
    *ended = count < SWEPT_AT_ONCE;
    return sv_store_commit(store, err);
}

bool sv_archive_sweep(struct sv_store *store, int64_t before_ns, uint64_t *runs, uint64_t *slow, struct sv_error *err)
{
    int64_t behind = 0;
    bool fine = true;
    *runs = *slow = 0;
    for (bool ended = false; fine && !ended;)
        fine = sweep_runs(store, before_ns, &behind, &ended, runs, err);
    for (bool ended = false; fine && !ended;)
        fine = sweep_slow(store, before_ns, &ended, slow, err);
    return fine;
}
