/* SPDX-License-Identifier: ISC */
/* What is in the log's file when a commit is over: all of it, also where a transaction did not fit into memory and frames that were
 * written before were changed again, which gives every one behind them another checksum. */
#define _DEFAULT_SOURCE
#include "base/os.h"
#include "store_help.h"

static void copy(const char *from, const char *to)
{
    char bytes[65536];
    FILE *in = fopen(from, "rb"), *out = fopen(to, "wb");
    size_t n = 0;
    if (in != NULL && out != NULL)
        while ((n = fread(bytes, 1, sizeof bytes, in)) > 0)
            fwrite(bytes, 1, n, out);
    ok(in != NULL && out != NULL, "%s is copied", from);
    if (in != NULL)
        fclose(in);
    if (out != NULL)
        fclose(out);
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
    sqlite3_stmt *statement = NULL;
    int64_t result = -1;
    if (sqlite3_open(to, &db) == SQLITE_OK && sqlite3_prepare_v2(db, sql, -1, &statement, NULL) == SQLITE_OK &&
        sqlite3_step(statement) == SQLITE_ROW)
        result = sqlite3_column_int64(statement, 0);
    sqlite3_finalize(statement);
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
        "INSERT INTO session_names (name) WITH RECURSIVE n(i) AS (SELECT 1 UNION ALL SELECT i + 1 FROM n WHERE i < 20000) "
        "SELECT 'a session with a name of some length, number ' || i FROM n",
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
    sv_store_close(store);
    return done();
}
