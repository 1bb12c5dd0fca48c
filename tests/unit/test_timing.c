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
    ok(put_batch(store, 1, 2, 1, 11, &err), "another batch at once");
    is_int(ask(path, COUNT("statement = 'evaluation_add'")), 100, "waits for a later commit");
    sv_store_close(store);
    store = open_slow(path, 0, false, &err);
    ok(put_batch(store, 1, 3, 1, 11, &err), "another process's batch");
    is_int(ask(path, COUNT("statement = 'evaluation_add'")), 110, "adds up");
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
    store = open_slow(path, 1, false, &err);
    ok(put_batch(store, 1, 2, 1, 1001, &err), "many slow ones in a second");
    is_int(ask(path, SLOW " WHERE id > 30") <= 64, 1, "are logged up to a bound");
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
    struct sv_evaluation row = row_of(1);
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
    ok(sv_store_begin(store, &err) && !sv_store_step(store, add, NULL, NULL, &err), "a statement fails: %s", err.text);
    sv_store_rollback(store);
    sv_store_close(store);
    store = open_slow(path, 0, false, &err);
    add = sv_store_statement(store, SV_SQL_POLICY_ADD, &err);
    ok(sv_store_begin(store, &err) && !sv_store_step(store, add, NULL, NULL, &err) && sv_store_commit(store, &err), "in a batch that is stored");
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

int main(void)
{
    home_make();
    test_counts();
    test_slow();
    test_rolled_back();
    test_failed();
    test_reader();
    return done();
}
