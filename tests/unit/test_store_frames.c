/* SPDX-License-Identifier: ISC */
/* What is in the log's file when a commit is over: all of it, also where a transaction did not fit into memory and frames that were
 * written before were changed again, which gives every one behind them another checksum. */
#define _DEFAULT_SOURCE
#include "base/os.h"
#include "store_help.h"

static void copy(const char *from, const char *to)
{
    FILE *in = fopen(from, "rb"), *out = fopen(to, "wb");
    if (in != NULL && out != NULL)
        for (int c; (c = getc(in)) != EOF;)
            putc(c, out);
    ok(in != NULL && out != NULL, "%s is copied", from);
    if (in != NULL)
        fclose(in);
    if (out != NULL)
        fclose(out);
}

static int64_t found_by(sqlite3 *db, const char *sql)
{
    sqlite3_stmt *statement = NULL;
    int64_t result = -1;
    if (sqlite3_prepare_v2(db, sql, -1, &statement, NULL) == SQLITE_OK && sqlite3_step(statement) == SQLITE_ROW)
        result = sqlite3_column_int64(statement, 0);
    sqlite3_finalize(statement);
    return result;
}

/* As after a crash: nobody has the index of the log, so it is read anew. */
static int64_t found(const char *path, const char *sql)
{
    char from[600], to[600], log[640], to_log[640];
    snprintf(from, sizeof from, "%s", path);
    snprintf(to, sizeof to, "%s", in_home("crashed.db"));
    snprintf(log, sizeof log, "%s-wal", from);
    snprintf(to_log, sizeof to_log, "%s-wal", to);
    copy(from, to);
    copy(log, to_log);
    sqlite3 *db = NULL;
    int64_t result = sqlite3_open(to, &db) == SQLITE_OK ? found_by(db, sql) : -1;
    sqlite3_close(db);
    return result;
}

int main(void)
{
    struct sv_error err;
    home_make();
    char path[600];
    snprintf(path, sizeof path, "%s", in_home("frames.db"));
    struct sv_store *store = open_store(path, &err);
    static const char *const steps[] = {
        "WITH RECURSIVE n(i) AS (SELECT 1 UNION ALL SELECT i + 1 FROM n WHERE i < 20000) INSERT INTO session_names (name) SELECT 'session ' || i FROM n",
        "UPDATE session_names SET name = name || ' changed' WHERE id % 50 = 1", /* in pages that are in the log already */
        "UPDATE session_names SET name = name || ' again' WHERE id < 100"};
    sqlite3_exec(store->db, "PRAGMA cache_size = 20", NULL, NULL, NULL);
    for (int round = 0; round < 3; round++) {
        ok(sv_store_begin(store, &err), "begins");
        for (size_t i = round == 0 ? 0 : 1; i < sizeof steps / sizeof *steps; i++)
            is_int(sqlite3_exec(store->db, steps[i], NULL, NULL, NULL), SQLITE_OK, "step %zu", i);
        ok(sv_store_commit_later(store, &err), "commits: %s", err.text);
        is_int(found(path, "SELECT count(*) FROM session_names"), 20000, "all rows are in the file");
        is_int(found(path, "SELECT sum(name LIKE '%changed%') FROM session_names"), 400, "and as they were changed");
        is_int(found(path, "SELECT count(*) FROM pragma_integrity_check WHERE integrity_check = 'ok'"), 1, "and sound");
    }
    ok(sv_store_begin(store, &err) && sqlite3_exec(store->db, steps[1], NULL, NULL, NULL) == SQLITE_OK, "one more");
    sv_store_rollback(store);
    is_int(found(path, "SELECT sum(name LIKE '% changed changed changed changed%') FROM session_names"), 0, "that is rolled back leaves nothing");

    /* What did not fit into memory and was rolled back is written over by the next one to write, and stays so. */
    is_int(sqlite3_exec(store->db, "CREATE TABLE never (x); CREATE TABLE wide (id INTEGER PRIMARY KEY, x, y); INSERT INTO wide "
                                   "WITH RECURSIVE n(i) AS (SELECT 1 UNION ALL SELECT i + 1 FROM n WHERE i < 99) SELECT i, 0, zeroblob(3000) FROM n; "
                                   "PRAGMA wal_checkpoint(TRUNCATE)", NULL, NULL, NULL), SQLITE_OK, "the log is empty");
    ok(sv_store_begin(store, &err), "begins");
    is_int(sqlite3_exec(store->db, "INSERT INTO never WITH RECURSIVE n(i) AS (SELECT 1 UNION ALL "
                                   "SELECT i + 1 FROM n WHERE i < 999) SELECT zeroblob(900) FROM n", NULL, NULL, NULL), SQLITE_OK, "writes more than fits");
    sv_store_rollback(store);
    sqlite3 *other = NULL;
    is_int(sqlite3_open(path, &other), SQLITE_OK, "another opens it");
    is_int(sqlite3_exec(other, "PRAGMA wal_autocheckpoint = 0; UPDATE session_names SET name = name || ' other'", NULL, NULL, NULL), SQLITE_OK, "and writes");
    is_int(found(path, "SELECT sum(name LIKE '% other') FROM session_names"), 20000, "which is in the file");
    is_int(sqlite3_exec(store->db, "SELECT sum(length(name)) FROM session_names", NULL, NULL, NULL), SQLITE_OK, "the first one reads");
    ok(sv_store_begin(store, &err), "and begins: %s", err.text);
    is_int(sqlite3_exec(store->db, "UPDATE session_names SET name = name || ' last' WHERE id = 1", NULL, NULL, NULL), SQLITE_OK, "changes one");
    ok(sv_store_commit_later(store, &err), "commits: %s", err.text);
    is_int(found(path, "SELECT sum(name LIKE '% other') FROM session_names"), 19999, "what the other wrote is still there");
    is_int(found(path, "SELECT sum(name LIKE '% other last') FROM session_names"), 1, "with the change");
    is_int(found(path, "SELECT count(*) FROM pragma_integrity_check WHERE integrity_check = 'ok'"), 1, "and sound");

    /* Where heads were written anew, the next log has frames, too, and one of them is its last. */
    for (int pages = 20; pages < 60; pages++) {
        char sql[200];
        sqlite3_exec(store->db, "PRAGMA cache_size = 12", NULL, NULL, NULL);
        bool fine = sv_store_begin(store, &err);
        for (int twice = 0; twice < 2; twice++) /* what was written, to make room, is written again */
            fine = fine && sqlite3_exec(store->db, "UPDATE wide SET x = x + 1 WHERE id <= 40", NULL, NULL, NULL) == SQLITE_OK;
        fine = fine && sv_store_commit_later(store, &err);
        fine = fine && sqlite3_exec(other, "PRAGMA wal_checkpoint(TRUNCATE)", NULL, NULL, NULL) == SQLITE_OK;
        sqlite3_exec(store->db, "PRAGMA cache_size = 1000", NULL, NULL, NULL);
        fine = fine && sv_store_begin(store, &err) && sqlite3_exec(store->db, "UPDATE wide SET x = 9 WHERE id = 90", NULL, NULL, NULL) == SQLITE_OK &&
               sv_store_commit_later(store, &err); /* the first one of a log has its size looked at */
        snprintf(sql, sizeof sql, "UPDATE wide SET x = x + 1 WHERE id <= %d", pages);
        fine = fine && sv_store_begin(store, &err) && sqlite3_exec(store->db, sql, NULL, NULL, NULL) == SQLITE_OK &&
               sv_store_commit_later(store, &err);
        snprintf(sql, sizeof sql, "SELECT x FROM wide WHERE id = %d", pages);
        is_int(fine ? found(path, sql) : -1, pages <= 40 ? 2 * (pages - 19) + 1 : 1, "%d pages are in the file", pages);
        sqlite3_exec(other, "PRAGMA wal_checkpoint(TRUNCATE)", NULL, NULL, NULL);
    }
    sqlite3_close(other);
    sv_store_close(store);
    return done();
}
