/* SPDX-License-Identifier: ISC */
/* The store in the sun: what goes in is there, once. */
#define _DEFAULT_SOURCE
#include "store_help.h"

static void test_new(void)
{
    struct sv_error err;
    const char *path = in_home("new/deep/sv.db");
    mode_t mask = umask(0);
    struct sv_store *store = open_store(path, &err);
    umask(mask);
    ok(store != NULL, "a new store opens: %s", err.text);
    if (store == NULL)
        return;
    struct stat st;
    ok(stat(path, &st) == 0 && (st.st_mode & 07777) == 0600, "it has mode 0600, whatever the umask");
    ok(stat(in_home("new/deep/sv.db-wal"), &st) == 0 && (st.st_mode & 07777) == 0600, "so has its log");
    ok(stat(in_home("new/deep/sv.db-line"), &st) == 0 && (st.st_mode & 07777) == 0600, "and its side file");
    ok(stat(in_home("new/deep"), &st) == 0 && (st.st_mode & 07777) == 0700, "the folder has 0700");
    ok(stat(in_home("new"), &st) == 0 && (st.st_mode & 07777) == 0700, "and the one above");
    is_str(sv_store_path(store), path, "it knows its path");
    is_int(ask(path, "PRAGMA application_id"), SV_STORE_APPLICATION_ID, "application_id is svdb");
    is_int(ask(path, "PRAGMA user_version"), sv_store_schema_count, "user_version is the number of steps");
    is_int(ask(path, "SELECT count(*) FROM sqlite_schema WHERE type = 'index' AND name IN ('idx_evaluations_supervisor_created',"
                     "'idx_evaluations_agent', 'idx_evaluations_policy')"),
           3, "the three indexes have their names");
    is_int(ask(path, "SELECT journal_mode = 'wal' FROM pragma_journal_mode"), 1, "it has a write-ahead log");
    sqlite3_stmt *statement;
    sqlite3_prepare_v2(store->db, "PRAGMA wal_autocheckpoint", -1, &statement, NULL);
    ok(sqlite3_step(statement) == SQLITE_ROW && sqlite3_column_int(statement, 0) == 0, "no automatic checkpoints");
    sqlite3_finalize(statement);
    sv_store_close(store);
    ok(stat(in_home("new/deep/sv.db-wal"), &st) == 0, "closing leaves the log alone");
}

static void test_rows(void)
{
    struct sv_error err;
    const char *path = in_home("rows.db");
    struct sv_store *store = open_store(path, &err);
    ok(sv_store_begin(store, &err), "begins");
    int64_t run = sv_store_run_start(store, SV_SLICE("sv-eval -N x"), 1000, &err);
    is_int(run, 1, "a run has a number");
    int64_t source, policy, again;
    uint32_t number;
    struct sv_store_source file = {.head = UINT64_C(0xffeeddccbbaa9988), .path = "/no/such/log.jsonl", .device = 1, .inode = 2};
    ok(sv_store_source(store, &file, &source, &number, &err) && source == 1 && number == 1, "a source has one, too");
    ok(sv_store_policy(store, &test_policy, &policy, &err) && sv_store_policy(store, &test_policy, &again, &err) && policy == again,
       "a version of a policy is known again");
    struct sv_evaluation row = row_of(7);
    row.values = SV_SLICE("{\"count\":6}");
    row.subject.keys = SV_SLICE("[\"a\"]");
    ok(sv_store_put_evaluation(store, run, source, policy, &row, 5000, &err), "a row goes in: %s", err.text);
    is_int(sv_store_rows(store), 1, "and is counted");
    row.subject.message = SV_SLICE("another text");
    ok(sv_store_put_evaluation(store, run, source, policy, &row, 6000, &err), "the same address again is no error");
    is_int(sv_store_rows(store), 1, "and not counted");
    row.key_number = 1;
    ok(sv_store_put_evaluation(store, run, source, policy, &row, 6000, &err), "another key of that address is another row");
    struct sv_evaluation own = row_of(8);
    own.subject.event = SV_SLICE("0123456789abcdef:8.1");
    own.subject.supervisor = SV_SLICE("s7");
    own.subject.team = SV_SLICE("payments");
    own.subject.agent = (struct sv_slice){0};
    ok(sv_store_put_evaluation(store, run, source, policy, &own, 6000, &err), "a row of an event without an id of its own");
    own.subject.outcome = SV_PASS;
    own.key_number = 9;
    ok(sv_store_put_evaluation(store, run, source, policy, &own, 6000, &err), "a pass is taken");
    is_int(sv_store_rows(store), 3, "but not stored");
    ok(!sv_store_put_evaluation(store, run, source, 99, &row, 6000, &err), "a policy nobody asked for is refused");
    ok(sv_store_run_update(store, run, SV_SLICE("{\"events\":3}"), 0, &err), "the ledger goes in");
    ok(sv_store_commit(store, &err), "commits: %s", err.text);
    is_int(ask(path, ROWS), 3, "three rows are there");
    is_int(ask(path, ROWS " WHERE created_at = 5000 AND source = 1 AND record = 7 AND part = 1 AND policy_id = 1 AND key_number = 0"
                          " AND outcome = 0 AND severity = 3 AND action = 3 AND event = 'own-id' AND run = 1 AND team_id IS NULL"
                          " AND message LIKE 'force push by%' AND key_json = '[\"a\"]' AND values_json = '{\"count\":6}'"),
           1, "the first stayed as it was, each value in its column");
    is_int(ask(path, ROWS " WHERE record = 8 AND event IS NULL AND agent_id IS NULL AND team_id = 1"), 1,
           "an address is not stored again as an id");
    is_int(ask(path, "SELECT count(*) FROM supervisors WHERE name IN ('-', 's7')"), 2, "supervisors arise, - for none");
    is_int(ask(path, "SELECT count(*) FROM evaluations WHERE policy = 'force-push' AND severity = 'critical' AND action = 'deny'"
                     " AND supervisor = 's7' AND team = 'payments' AND session = 's1' AND tool = 'Bash' AND outcome = 'violation'"
                     " AND path = '/no/such/log.jsonl'"),
           1, "the view has words");
    is_int(ask(path, "SELECT count(*) FROM sources WHERE printf('%016x', head) = 'ffeeddccbbaa9988'"), 1, "heads keep 64 bits");
    is_int(ask(path, "SELECT count(*) FROM runs WHERE ended_at IS NULL AND ledger = '{\"events\":3}' AND started_at = 1000"
                     " AND program = 'sv-test' AND arguments = 'sv-eval -N x' AND sqlite_version = sqlite_version()"),
           1, "the run's row is whole");
    ok(sv_store_begin(store, &err) && sv_store_run_update(store, run, SV_SLICE("{\"events\":4}"), 2000, &err) &&
           sv_store_commit(store, &err),
       "a run ends");
    is_int(ask(path, "SELECT ended_at FROM runs WHERE ledger = '{\"events\":4}'"), 2000, "with its time");
    sv_store_close(store);
}

static void test_rollback(void)
{
    struct sv_error err;
    const char *path = in_home("rollback.db");
    struct sv_store *store = open_store(path, &err);
    int64_t policy = 0, first = 0;
    struct sv_evaluation row = row_of(1);
    ok(sv_store_begin(store, &err) && sv_store_policy(store, &test_policy, &policy, &err) &&
           sv_store_put_evaluation(store, 1, 1, policy, &row, 1, &err),
       "a row in a batch");
    sv_store_rollback(store);
    is_int(sv_store_rows(store), 0, "rolled back, it does not count");
    is_int(ask(path, ROWS), 0, "and is not there");
    ok(!sv_store_put_evaluation(store, 1, 1, policy, &row, 1, &err), "the policy is forgotten");
    ok(put_batch(store, 1, 1, 1, 11, &err), "the next batch goes in: %s", err.text);
    is_int(ask(path, "SELECT count(*) FROM evaluations WHERE agent IS NOT NULL AND session = 's1' AND policy = 'force-push'"), 10,
           "and all its names are there");
    sv_store_rollback(store);
    is_int(sv_store_rows(store), 10, "a rollback outside of a batch does nothing");
    ok(!sv_store_commit(store, &err), "nor is there anything to commit");

    struct sv_store *second = open_store(path, &err);
    ok(second != NULL, "the same store opens twice in a process");
    ok(put_batch(second, 1, 2, 1, 11, &err), "the second writes: %s", err.text);
    sv_store_close(second);
    ok(put_batch(store, 1, 3, 1, 11, &err), "the first still writes after the second was closed");
    is_int(ask(path, ROWS), 30, "all is there");
    ok(sv_store_begin(store, &err) && sv_store_policy(store, &test_policy, &first, &err) && first == policy,
       "one version, one row");
    sv_store_close(store);
    is_int(ask(path, "SELECT count(*) FROM supervisor_policies"), 1, "closing amid a batch leaves nothing half done");
}

static void test_sources(void)
{
    struct sv_error err;
    struct sv_store *store = open_store(in_home("sources.db"), &err);
    file_write(in_home("a.jsonl"), "{}\n", 3);
    file_write(in_home("b.jsonl"), "{}\n", 3);
    if (symlink(in_home("a.jsonl"), in_home("link.jsonl")) != 0)
        exit(1);
    int64_t a, b, id;
    uint32_t number;
    ok(sv_store_begin(store, &err), "begins");
    struct sv_store_source source = {.head = 5, .path = in_home("a.jsonl"), .device = 1, .inode = 1};
    ok(sv_store_source(store, &source, &a, &number, &err) && number == 1, "a file");
    source.path = in_home("b.jsonl");
    ok(sv_store_source(store, &source, &b, &number, &err) && b != a && number == 2, "another that begins alike is number 2");
    source.path = in_home("link.jsonl");
    ok(sv_store_source(store, &source, &id, &number, &err) && id == a && number == 1, "a link to it is the same");
    char here[400];
    if (getcwd(here, sizeof here) != NULL && chdir(home) == 0) {
        source.path = "./b.jsonl";
        ok(sv_store_source(store, &source, &id, &number, &err) && id == b && number == 2, "so is a path from here");
        source.path = "gone.jsonl";
        ok(sv_store_source(store, &source, &id, &number, &err) && number == 3, "a file that is gone by now is known");
        source.path = in_home("gone.jsonl");
        int64_t same;
        ok(sv_store_source(store, &source, &same, &number, &err) && same == id, "and known again");
        if (chdir(here) != 0)
            exit(1);
    }
    source.head = 6;
    ok(sv_store_source(store, &source, &id, &number, &err) && number == 1, "another head is another source");
    struct sv_store_source moved = {.head = 5, .path = in_home("a.jsonl"), .device = 1, .inode = 77, .format = "claude"};
    ok(sv_store_source(store, &moved, &id, &number, &err) && id == a, "restored in place it is the same");
    struct sv_store_source pipe = {.head = 5, .path = "-", .run = 3};
    ok(sv_store_source(store, &pipe, &id, &number, &err) && number == 1, "a pipe");
    pipe.path = "fifo";
    int64_t other;
    ok(sv_store_source(store, &pipe, &other, &number, &err) && other != id && number == 2, "another pipe of the run");
    pipe.run = 4;
    ok(sv_store_source(store, &pipe, &other, &number, &err) && number == 1, "another run counts afresh");
    ok(sv_store_commit(store, &err), "commits");
    is_int(ask(in_home("sources.db"), "SELECT count(*) FROM sources WHERE inode = 77 AND format = 'claude'"), 1,
           "and is refreshed");
    sv_store_close(store);
}

/* More names than are remembered at once: each still has one integer. */
static void test_many_names(void)
{
    enum { NAMES = 20000 };
    struct sv_error err;
    const char *path = in_home("names.db");
    struct sv_store *store = open_store(path, &err);
    bool fine = sv_store_begin(store, &err);
    for (int round = 0; round < 2; round++)
        for (int i = 0; fine && i < NAMES; i++) {
            char name[32];
            int64_t id;
            snprintf(name, sizeof name, "session-%d", i);
            fine = sv_store_name(store, SV_NAME_SESSION, sv_slice_str(name), &id, &err) && id == i + 1;
        }
    ok(fine, "20,000 names keep their integers");
    int64_t id;
    ok(sv_store_name(store, SV_NAME_TOOL, sv_slice("a\0b", 3), &id, &err) && id == 1, "a NUL in a name is a byte");
    ok(sv_store_name(store, SV_NAME_TOOL, sv_slice("a", 1), &id, &err) && id == 2, "and not its end");
    ok(sv_store_commit(store, &err), "commits");
    is_int(ask(path, "SELECT count(*) FROM session_names"), NAMES, "none is there twice");
    sv_store_close(store);
}

/* Each statement goes by the index it names; none reads a whole table. */
static void test_plans(void)
{
    struct sv_error err;
    struct sv_store *store = open_store(in_home("plans.db"), &err);
    for (size_t i = 0; i < SV_SQL_COUNT; i++) {
        const struct sv_statement_text *text = &sv_store_statements[i];
        char sql[1200];
        snprintf(sql, sizeof sql, "EXPLAIN QUERY PLAN %s", text->sql);
        sqlite3_stmt *plan = NULL;
        bool found = text->index == NULL, scans = false;
        if (!ok(sqlite3_prepare_v2(store->db, sql, -1, &plan, NULL) == SQLITE_OK, "\"%.60s\" is right: %s", text->sql,
                sqlite3_errmsg(store->db)))
            continue;
        while (sqlite3_step(plan) == SQLITE_ROW) {
            const char *detail = (const char *)sqlite3_column_text(plan, 3);
            found = found || strstr(detail, text->index) != NULL;
            scans = scans || strncmp(detail, "SCAN", 4) == 0;
        }
        sqlite3_finalize(plan);
        ok(found && !scans, "and goes by its index");
    }
    /* What later readers ask, by the indexes that are there for it. */
    static const char *const asked[][2] = {
        {"SELECT * FROM supervisor_policy_evaluations WHERE supervisor_id = 1 ORDER BY created_at DESC LIMIT 50",
         "idx_evaluations_supervisor_created"},
        {"SELECT * FROM supervisor_policy_evaluations WHERE agent_id = 1 ORDER BY created_at DESC LIMIT 50",
         "idx_evaluations_agent"},
        {"SELECT * FROM supervisor_policy_evaluations WHERE policy_id = 1 ORDER BY created_at DESC LIMIT 50",
         "idx_evaluations_policy"},
        {"SELECT * FROM keyed_state WHERE due_at < 5 ORDER BY due_at", "idx_keyed_state_due"},
    };
    for (size_t i = 0; i < sizeof asked / sizeof asked[0]; i++) {
        char sql[300];
        snprintf(sql, sizeof sql, "EXPLAIN QUERY PLAN %s", asked[i][0]);
        sqlite3_stmt *plan = NULL;
        sqlite3_prepare_v2(store->db, sql, -1, &plan, NULL);
        bool found = sqlite3_step(plan) == SQLITE_ROW && strstr((const char *)sqlite3_column_text(plan, 3), asked[i][1]) != NULL;
        ok(found && sqlite3_step(plan) == SQLITE_DONE, "%s answers in order", asked[i][1]);
        sqlite3_finalize(plan);
    }
    sv_store_close(store);
}

static void test_speed(void)
{
    struct sv_error err;
    const char *path = in_home("speed.db");
    int64_t best = INT64_MAX;
    sv_store_close(open_store(path, &err));
    for (int i = 0; i < 50; i++) {
        int64_t start = sv_os_monotonic_ns();
        struct sv_store *store = open_store(path, &err);
        int64_t took = sv_os_monotonic_ns() - start;
        best = took < best ? took : best;
        sv_store_close(store);
    }
    printf("# opening takes %lld us\n", (long long)best / 1000);
    ok(best < 2000000, "opening takes less than 2 ms");
}

int main(void)
{
    home_make();
    test_new();
    test_rows();
    test_rollback();
    test_sources();
    test_many_names();
    test_plans();
    test_speed();
    return done();
}
