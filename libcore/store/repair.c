/* SPDX-License-Identifier: ISC */
/* What can be mended in place: modes of files, indexes and views, statistics that lead the planner astray, counters, a long log.
 *
 * SQLite makes an index in one piece, with writers waiting. Some 50,000 rows are done within 100 ms; of more, only if asked. */
#define _DEFAULT_SOURCE
#include <errno.h>
#include <string.h>
#include <sys/stat.h>

#include "base/os.h"
#include "store/private.h"

enum { ROWS_AT_ONCE = 50000, ROWS_A_SECOND = 1000000 };

static bool mend_modes(struct sv_store *store, struct sv_store_findings *out)
{
    static const char *const rest[] = {"", "-wal", "-shm", "-line"};
    struct sv_buf path = {0};
    for (size_t i = 0; i < sizeof rest / sizeof *rest; i++) {
        struct sv_os_stat st;
        sv_buf_clear(&path);
        sv_buf_printf(&path, "%s%s", store->path, rest[i]);
        if (!sv_os_stat_path(sv_buf_cstr(&path), false, &st) || !st.is_file || (st.mode & 077) == 0)
            continue;
        if (chmod(sv_buf_cstr(&path), st.mode & 0700) == 0)
            sv_finding_add(out, SV_CHECK_OK, "permissions", "%s is for its owner alone now", sv_buf_cstr(&path));
        else
            sv_finding_add(out, SV_CHECK_FOUND, "permissions", "%s: %s", sv_buf_cstr(&path), strerror(errno));
    }
    sv_buf_free(&path);
    return true;
}

/* How far row ids go; 0 for a view, or where there are none. */
static int64_t rows_of(sqlite3 *db, const char *table)
{
    struct sv_buf sql = {0};
    sqlite3_stmt *statement = NULL;
    int64_t rows = 0;
    sv_buf_printf(&sql, "SELECT max(rowid) FROM \"%s\"", table);
    if (sqlite3_prepare_v2(db, sv_buf_cstr(&sql), -1, &statement, NULL) == SQLITE_OK && sqlite3_step(statement) == SQLITE_ROW)
        rows = sqlite3_column_int64(statement, 0);
    sqlite3_finalize(statement);
    sv_buf_free(&sql);
    return rows;
}

static bool exec_in_batch(struct sv_store *store, const char *drop, const char *make, int64_t *took_ns, struct sv_error *err)
{
    if (!sv_store_begin(store, err))
        return false;
    int64_t started_ns = sv_os_monotonic_ns();
    int rc = sv_store_exec(store, drop);
    if (rc == SQLITE_OK && make != NULL)
        rc = sv_store_exec(store, make);
    if (rc != SQLITE_OK) {
        sv_store_fault(store, rc, err);
        sv_store_rollback(store);
        return false;
    }
    bool fine = sv_store_commit(store, err);
    *took_ns = sv_os_monotonic_ns() - started_ns;
    return fine;
}

/* One index or view, as the steps make it. */
static bool make_again(struct sv_store *store, const char *type, const char *name, const char *table, const char *sql, bool blocking,
                       struct sv_store_findings *out, struct sv_error *err)
{
    int64_t rows = strcmp(type, "index") == 0 ? rows_of(store->db, table) : 0, took_ns = 0;
    if (rows > ROWS_AT_ONCE && !blocking) {
        sv_finding_add(out, SV_CHECK_FOUND, "indexes", "%s is made in one piece, while writers wait for about %lld s", name,
                       (long long)(rows / ROWS_A_SECOND) + 1);
        sv_finding_repair(out, "sv-index repair --blocking -d", store->shown);
        return true;
    }
    struct sv_buf drop = {0};
    sv_buf_printf(&drop, "DROP %s IF EXISTS \"%s\"", type, name);
    bool fine = exec_in_batch(store, sv_buf_cstr(&drop), sql, &took_ns, err);
    sv_buf_free(&drop);
    if (fine)
        sv_finding_add(out, SV_CHECK_OK, "indexes", "%s %s was made in %lld ms", type, name, (long long)(took_ns / 1000000));
    return fine;
}

static bool mend_schema(struct sv_store *store, bool blocking, struct sv_store_findings *out, struct sv_error *err)
{
    sqlite3 *model = sv_store_model(sv_store_schema_count);
    sqlite3_stmt *wanted = NULL, *find = NULL;
    bool fine = true;
    sqlite3_prepare_v2(model, "SELECT type, name, sql, tbl_name FROM sqlite_schema WHERE sql IS NOT NULL AND type IN ('index', 'view') ORDER BY name",
                       -1, &wanted, NULL);
    sqlite3_prepare_v2(store->db, "SELECT sql FROM sqlite_schema WHERE type = ?1 AND name = ?2", -1, &find, NULL);
    while (fine && wanted != NULL && find != NULL && sqlite3_step(wanted) == SQLITE_ROW) {
        const char *sql = (const char *)sqlite3_column_text(wanted, 2);
        const char *has = sv_store_text_of(find, wanted);
        bool is_right = has != NULL && strcmp(has, sql) == 0;
        sqlite3_reset(find); /* a read that goes on would keep the index from being dropped */
        if (!is_right)
            fine = make_again(store, (const char *)sqlite3_column_text(wanted, 0), (const char *)sqlite3_column_text(wanted, 1),
                              (const char *)sqlite3_column_text(wanted, 3), sql, blocking, out, err);
    }
    sqlite3_finalize(wanted);
    sqlite3_finalize(find);
    sqlite3_close(model);
    return fine;
}

static bool has_statistics(sqlite3 *db)
{
    return sqlite3_table_column_metadata(db, "main", "sqlite_stat1", NULL, NULL, NULL, NULL, NULL, NULL) == SQLITE_OK;
}

/* ANALYZE, which these programs never run, is no help where each statement has its index, and may lead away from it. */
static bool mend_statistics(struct sv_store *store, struct sv_store_findings *out, struct sv_error *err)
{
    int64_t took_ns;
    if (!has_statistics(store->db))
        return true;
    if (!exec_in_batch(store, "DROP TABLE sqlite_stat1; DROP TABLE IF EXISTS sqlite_stat4", NULL, &took_ns, err))
        return false;
    sv_finding_add(out, SV_CHECK_OK, "queries", "statistics of ANALYZE are gone");
    return true;
}

/* How many rows are counted too few: both as of one moment, so that it holds whoever writes meanwhile. */
static bool missing_rows(struct sv_store *store, enum sv_count kind, const char *table, struct sv_store_findings *out, struct sv_error *err)
{
    struct sv_buf sql = {0};
    sqlite3_stmt *statement = NULL;
    int64_t missing = 0;
    sv_buf_printf(&sql, "SELECT (SELECT count(*) FROM %s) - coalesce((SELECT value FROM counters WHERE name = 'rows' AND id = 0 AND part = '%s'), 0)",
                  table, table);
    int rc = sqlite3_prepare_v2(store->db, sv_buf_cstr(&sql), -1, &statement, NULL);
    if (rc == SQLITE_OK && (rc = sqlite3_step(statement)) == SQLITE_ROW)
        missing = sqlite3_column_int64(statement, 0);
    sqlite3_finalize(statement);
    sv_buf_free(&sql);
    if (rc != SQLITE_ROW)
        return sv_store_fault(store, sqlite3_extended_errcode(store->db), err);
    if (missing == 0)
        return true;
    if (!sv_store_begin(store, err))
        return false;
    sv_store_count(store, kind, 0, missing);
    if (!sv_store_commit(store, err))
        return false;
    sv_finding_add(out, SV_CHECK_OK, "counters", "rows of %s are counted again: %+lld", table, (long long)missing);
    return true;
}

static bool mend_counters(struct sv_store *store, struct sv_store_findings *out, struct sv_error *err)
{
    return missing_rows(store, SV_COUNT_EVENT_ROWS, "events", out, err) &&
           missing_rows(store, SV_COUNT_EVALUATION_ROWS, "supervisor_policy_evaluations", out, err);
}

static bool mend_log(struct sv_store *store, struct sv_store_findings *out, struct sv_error *err)
{
    enum { PAGE = 4096 };
    int64_t before = sv_store_wal_bytes(store), started_ns = sv_os_monotonic_ns();
    store->deadline_ns = started_ns + store->wait_ns;
    if (!sv_store_line_enter(store, err))
        return false;
    store->wal_pages = (int)(before / PAGE < INT32_MAX ? before / PAGE : INT32_MAX);
    sv_line_set_mark(store->line, 0);
    sv_store_checkpoint_last(store, 0);
    sv_line_leave(store->line);
    int64_t after = sv_store_wal_bytes(store), took_ms = (sv_os_monotonic_ns() - started_ns) / 1000000;
    if (after == 0 || before == 0)
        sv_finding_add(out, SV_CHECK_OK, "log", "%lld KiB of the write-ahead log were copied into the store, in %lld ms", (long long)before / 1024,
                       (long long)took_ms);
    else {
        sv_finding_add(out, SV_CHECK_FOUND, "log", "the write-ahead log keeps %lld KiB, for some program keeps a read open", (long long)after / 1024);
        sv_finding_repair(out, "fuser -v", store->shown);
    }
    return true;
}

bool sv_store_repair(struct sv_store *store, bool blocking, struct sv_store_findings *out, struct sv_error *err)
{
    return mend_modes(store, out) && mend_schema(store, blocking, out, err) && mend_statistics(store, out, err) &&
           mend_counters(store, out, err) && mend_log(store, out, err);
}
