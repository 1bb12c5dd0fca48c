/* SPDX-License-Identifier: ISC */
/* How long statements take: counted, logged when they are slow, and never in the way of a batch. */
#define _DEFAULT_SOURCE
#include "store_help.h"

static struct sv_store *open_slow(const char *path, int64_t slow_ns, bool read_only, struct sv_error *err)
{
    *err = (struct sv_error){0};
    return sv_store_open(&(struct sv_store_spec){.path = path, .program = "sv-test", .slow_ns = slow_ns, .read_only = read_only}, err);
}

#define COUNT(where) "SELECT coalesce(sum(count), 0) FROM query_durations WHERE " where
#define SLOW "SELECT count(*) FROM slow_queries"

static void test_counts(void)
{
    struct sv_error err;
    const char *path = in_home("counts.db");
    struct sv_store *store = open_slow(path, 0, false, &err);
    ok(put_batch(store, 1, 1, 1, 101, &err), "a batch of 100 rows: %s", err.text);
    is_int(ask(path, COUNT("statement = 'evaluation_add' AND failed = 0 AND program = 'sv-test'")), 100, "each is counted, in its commit");
    is_int(ask(path, COUNT("statement = 'policy_find'")), 1, "what was asked once, once");
    is_int(ask(path, "SELECT count(*) > 0 AND sum(total_ns) > 0 AND min(bound_us) >= 10 FROM query_durations"), 1, "with how long it took");
    is_int(ask(path, COUNT("statement LIKE 'duration%' OR statement LIKE 'slow%'")), 0, "but not the counting itself");
    ok(put_batch(store, 1, 2, 1, 11, &err), "another batch");
    is_int(ask(path, COUNT("statement = 'evaluation_add'")), 110, "adds up");
    sv_store_close(store);
    store = open_slow(path, 0, false, &err);
    ok(put_batch(store, 1, 3, 1, 11, &err), "another process's batch");
    is_int(ask(path, COUNT("statement = 'evaluation_add'")), 120, "too");
    is_int(ask(path, COUNT("statement = 'commit'")) % 16, 1, "the first commit is counted with the second, the last of a process by lot");
    is_int(ask(path, SLOW), ask(path, "SELECT sum(slow) FROM query_durations"), "as many are logged as are counted as slow");
    sv_store_close(store);
}

static void test_slow(void)
{
    struct sv_error err;
    const char *path = in_home("slow.db");
    struct sv_store *store = open_slow(path, 1, false, &err);
    ok(put_batch(store, 1, 1, 1, 11, &err), "with a limit of 1 ns each statement is slow");
    is_int(ask(path, SLOW " AS q JOIN slow_plans AS p ON p.id = q.plan_id WHERE p.statement = 'evaluation_add' AND program = 'sv-test'"
                     " AND p.sql LIKE 'INSERT INTO supervisor_policy_evaluations%' AND duration_ns > 0"),
           10, "each time is logged, by name and text");
    is_int(ask(path, "SELECT count(*) FROM slow_plans WHERE statement = 'evaluation_add'"), 1, "its plan once");
    is_int(ask(path, "SELECT count(*) FROM slow_plans WHERE statement = 'policy_find' AND plan LIKE 'SEARCH supervisor_policies USING %INDEX%'"), 1,
           "as SQLite tells it");
    is_int(ask(path, "SELECT abs(max(created_at) / 1000000000 - unixepoch()) < 100 FROM slow_queries"), 1, "with the time");
    is_int(ask(path, SLOW " AS q JOIN slow_plans AS p ON p.id = q.plan_id WHERE p.statement = 'begin'"), 0, "waiting is no slow statement");
    sv_store_close(store);
    is_int(ask(path, SLOW " AS q JOIN slow_plans AS p ON p.id = q.plan_id WHERE p.statement = 'commit'"), 1, "a slow last commit is told when closing");
    store = open_slow(path, 1, false, &err);
    int64_t before = ask(path, SLOW);
    ok(put_batch(store, 1, 2, 1, 1001, &err), "many slow ones in a batch");
    is_int(ask(path, SLOW) - before, 64, "are logged up to a bound");
    is_int(ask(path, "SELECT sum(slow) FROM query_durations WHERE statement = 'evaluation_add'"), 1010, "and counted beyond");
    is_int(ask(path, "SELECT count(*) FROM slow_plans WHERE statement = 'evaluation_add'"), 1, "a plan is known again");
    sv_store_close(store);
}

static void test_rolled_back(void)
{
    struct sv_error err;
    const char *path = in_home("back.db");
    struct sv_store *store = open_slow(path, 1, false, &err);
    int64_t policy;
    struct sv_hit row = row_of(1);
    ok(sv_store_begin(store, &err) && sv_store_policy(store, &test_policy, &policy, &err) &&
           sv_store_put_evaluation(store, 1, 1, policy, &row, 1, &err),
       "a batch");
    sv_store_rollback(store);
    is_int(ask(path, "SELECT count(*) FROM query_durations") + ask(path, SLOW), 0, "rolled back, it leaves nothing");
    ok(put_batch(store, 1, 1, 1, 2, &err), "the next");
    is_int(ask(path, COUNT("statement = 'evaluation_add'")), 2, "tells of both, for both took their time");
    sv_store_close(store);

    /* No page more than the store has: there is room for the batch, not for what is counted of it. */
    store = open_slow(path, 1, false, &err);
    ok(sv_store_begin(store, &err) && sv_store_policy(store, &test_policy, &policy, &err), "a batch again");
    row.key_number = 5;
    ok(sv_store_put_evaluation(store, 1, 1, policy, &row, 1, &err), "that fits");
    sv_store_exec(store, "DROP TABLE slow_plans");
    ok(sv_store_commit(store, &err), "is stored though the log fails: %s", err.text);
    is_int(ask(path, ROWS), 2, "whole");
    ok(put_batch(store, 1, 1, 100, 102, &err), "and the store is not taken for broken");
    sv_store_close(store);
}

static void test_failed(void)
{
    struct sv_error err;
    const char *path = in_home("failed.db");
    struct sv_store *store = open_slow(path, 0, false, &err);
    ok(put_batch(store, 1, 1, 1, 2, &err), "a batch");
    sqlite3_stmt *add = sv_store_statement(store, SV_SQL_POLICY_ADD, &err);
    ok(sv_store_begin(store, &err) && !sv_store_step(store, add, NULL, NULL, &err) && sv_store_commit(store, &err),
       "a statement fails in a batch that is stored: %s", err.text);
    is_int(ask(path, COUNT("statement = 'policy_add' AND failed = 1")), 1, "it is counted as failed");
    sv_store_close(store);
}

/* A reader has no commit to put its counts in. */
static void test_reader(void)
{
    struct sv_error err;
    const char *path = in_home("reader.db");
    struct sv_store *store = open_slow(path, 0, false, &err);
    ok(put_batch(store, 1, 1, 1, 2, &err), "a batch");
    struct sv_store *reader = open_slow(path, 1, true, &err);
    struct sv_store_sources sources = {0};
    ok(sv_store_sources_newest(reader, INT64_MAX, INT64_MAX, &sources, &err), "a reader asks");
    ok(sv_store_begin(store, &err), "while another has its turn");
    sv_store_close(reader);
    sv_store_rollback(store);
    is_int(ask(path, COUNT("statement = 'source_newest'")), 0, "it does not wait");
    for (int untouched = 1; untouched >= 0; untouched--) {
        reader = sv_store_open(&(struct sv_store_spec){.path = path, .program = "sv-ask", .slow_ns = 1, .read_only = true, .untouched = untouched}, &err);
        ok(sv_store_sources_newest(reader, INT64_MAX, INT64_MAX, &sources, &err), "it asks again");
        sv_store_close(reader);
        is_int(ask(path, COUNT("statement = 'source_newest' AND program = 'sv-ask'")), !untouched,
               untouched ? "asked to touch nothing, it does not" : "with the turn free, it says what it did");
    }
    int writes = 0;
    for (int i = 0; i < 400; i++) {
        int64_t before = ask(path, COUNT("statement = 'source_newest'"));
        reader = open_slow(path, INT64_MAX, true, &err);
        sv_store_sources_newest(reader, INT64_MAX, INT64_MAX, &sources, &err);
        sv_store_close(reader);
        int64_t more = ask(path, COUNT("statement = 'source_newest'")) - before;
        ok(more == 0 || more == 16, "with nothing slow it counts for sixteen, or not at all");
        writes += more > 0;
    }
    printf("# of 400 readers %d wrote\n", writes);
    ok(writes > 0 && writes < 200, "about one of sixteen");
    reader = open_slow(path, 1, true, &err);
    ok(sv_store_sources_newest(reader, INT64_MAX, INT64_MAX, &sources, &err), "and again");
    sv_store_close(store);
    unlink(path);
    sv_store_close(reader);
    ok(access(path, F_OK) != 0, "a store that is gone is not made anew");
    sv_store_sources_free(&sources);
}

static void advised(struct sv_store *store, const char *sql, const char *want, const char *what)
{
    struct sv_buf plan = {0}, advice = {0};
    sv_store_put_plan(store->db, sql, &plan);
    sv_store_advise(store, sql, sv_buf_cstr(&plan), &advice);
    is_str(sv_buf_cstr(&advice), want, "%s", what);
    printf("# %s\n", sv_buf_cstr(&plan));
    sv_buf_free(&plan);
    sv_buf_free(&advice);
}

/* The index that would help, as SQLite's planner sees it. */
static void test_advice(void)
{
    struct sv_error err;
    struct sv_store *store = open_slow(in_home("advice.db"), 0, false, &err);
    const char *ours = sv_store_statements[SV_SQL_SOURCE_BY_HEAD].sql;
    advised(store, ours, "", "a statement that goes by its index needs none");
    sv_store_exec(store, "DROP INDEX idx_sources_head");
    advised(store, ours, "idx_sources_head", "without it, it is named");
    advised(store, "SELECT * FROM runs WHERE program = 'sv-eval' AND started_at > 5 ORDER BY started_at DESC", "runs (program, started_at)",
            "what is compared for equality comes first, then what is compared otherwise");
    advised(store, "SELECT path FROM sources AS s WHERE format = ?1 ORDER BY size, path", "sources (format, size, path)",
            "then what is ordered by");
    advised(store, "SELECT count(*) FROM runs", "", "what reads all is not helped");
    advised(store, "SELECT count(*) FROM runs WHERE ledger LIKE '%x%'", "", "nor what compares by no index");
    advised(store, "SELECT * FROM events a JOIN events b ON a.parent_id = b.parent_id WHERE a.time = 5", "events (parent_id)",
            "an index that SQLite makes each time is worth keeping");
    advised(store, "SELECT * FROM runs WHERE program = 'a WHERE title = 1' OR 1", "", "words in quotes are no columns");
    sv_store_close(store);
}

static void test_list(void)
{
    struct sv_error err;
    const char *path = in_home("list.db");
    struct sv_store *store = open_slow(path, 1, false, &err);
    put_batch(store, 1, 1, 1, 21, &err);
    sv_store_close(store);
    store = open_slow(path, INT64_MAX, false, &err);
    sv_store_begin(store, &err);
    sv_store_exec(store, "DELETE FROM slow_queries");
    sv_store_exec(store, "WITH RECURSIVE n(i) AS (SELECT 1 UNION ALL SELECT i + 1 FROM n WHERE i < 100)"
                         " INSERT INTO slow_queries (plan_id, program, duration_ns, created_at) SELECT 1, 'sv-eval', i * 1000000, i FROM n");
    sv_store_exec(store, "INSERT INTO slow_queries (plan_id, program, duration_ns, created_at)"
                         " VALUES (2, 'sv-eval', 60000000000, 50), (1, 'sv-index', 70000000, 50), (99, 'sv-index', 1000000, 50)");
    ok(sv_store_commit(store, &err), "durations are put in: %s", err.text);
    struct sv_store_slows slows = {0};
    ok(sv_store_slow_list(store, 0, INT64_MAX, &slows, &err), "they are listed: %s", err.text);
    is_int(slows.count, 4, "a row a plan and program");
    if (slows.count == 4) {
        is_int(slows.items[0].total_ns, INT64_C(60000000000), "most time first");
        is_int(slows.items[1].count, 100, "how often");
        is_int(slows.items[1].total_ns, INT64_C(5050000000), "how long together");
        ok(slows.items[1].p99_ns > 97000000 && slows.items[1].p99_ns <= 100000000, "p99: %lld", (long long)slows.items[1].p99_ns);
        is_int(slows.items[1].max_ns, 100000000, "the longest");
        is_int(slows.items[1].last_ns, 100, "the last");
        is_slice(slows.items[2].program, SV_SLICE("sv-index"), "programs apart");
        is_slice(slows.items[3].plan, SV_SLICE(""), "one whose plan is gone has none");
    }
    sv_store_slows_free(&slows);
    ok(sv_store_slow_list(store, 11, 51, &slows, &err) && slows.count == 4 && slows.items[1].count == 40, "from a time, before another");
    sv_store_slows_free(&slows);
    sv_store_close(store);
}

int main(void)
{
    home_make();
    test_advice();
    test_list();
    test_counts();
    test_slow();
    test_rolled_back();
    test_failed();
    test_reader();
    return done();
}
