/* SPDX-License-Identifier: ISC */
/* What is counted with each batch, and Prometheus' text of it. */
#define _DEFAULT_SOURCE
#include <math.h>

#include "report/prom.h"
#include "store_help.h"

#define VALUE(where) "SELECT coalesce(sum(value), 0) FROM counters WHERE " where

static void test_batches(void)
{
    struct sv_error err;
    const char *path = in_home("counts.db");
    setenv("SV_NOW", "2026-11-20T10:00:30Z", 1);
    struct sv_store *store = open_store(path, &err);
    ok(put_batch(store, 1, 1, 1, 11, &err), "a batch of 10 rows: %s", err.text);
    is_int(ask(path, VALUE("name = 'rows' AND part = 'supervisor_policy_evaluations'")), 10, "they are counted");
    is_int(ask(path, VALUE("name = 'evaluations' AND id = 1 AND part = 'violation'")), 10, "by policy");
    ok(put_batch(store, 1, 1, 1, 13, &err), "again, and two more");
    is_int(ask(path, VALUE("name = 'rows'")), 12, "what is there already is not counted");
    ok(sv_store_begin(store, &err), "a batch");
    sv_store_count(store, SV_COUNT_REJECTED, 0, 5);
    sv_store_count(store, SV_COUNT_EVENTS, 1000, 7);
    sv_store_count(store, SV_COUNT_EVENTS, 0, 0);
    sv_store_count(store, SV_COUNT_EVENTS, -1, 3);
    sv_store_rollback(store);
    ok(sv_store_begin(store, &err) && sv_store_commit(store, &err), "that is rolled back");
    is_int(ask(path, VALUE("name IN ('records', 'events')")), 0, "counts nothing");
    ok(sv_store_begin(store, &err), "another");
    sv_store_count(store, SV_COUNT_EVENTS, 1000, 7);
    sv_store_count(store, SV_COUNT_EVENTS, 3, 2);
    ok(sv_store_commit(store, &err), "is stored");
    is_int(ask(path, VALUE("name = 'events' AND id = 1000")), 7, "each for itself");
    is_int(ask(path, "SELECT value FROM activity WHERE name = 'events' AND minute * 60 = unixepoch('2026-11-20T10:00:00Z')"), 9, "together in its minute");
    setenv("SV_NOW", "2026-11-29T10:00:30Z", 1);
    sv_store_close(store);
    store = open_store(path, &err);
    ok(put_batch(store, 1, 2, 1, 2, &err), "nine days later");
    is_int(ask(path, "SELECT count(*) FROM activity WHERE minute * 60 < unixepoch('2026-11-21')"), 0, "old minutes are gone");
    is_int(ask(path, VALUE("name = 'events'")), 9, "counters stay");

    struct sv_store_counters counters = {0};
    ok(sv_store_counters(store, &counters, &err), "they are listed: %s", err.text);
    bool named = false;
    for (size_t i = 0; i < counters.count; i++)
        named |= sv_slice_is(counters.items[i].name, "evaluations") && sv_slice_is(counters.items[i].label, "force-push") &&
                 counters.items[i].value == 13;
    ok(named, "with names");
    sv_store_counters_free(&counters);
    sv_store_close(store);
    unsetenv("SV_NOW");
}

/* What was there before there were counters. */
static void test_migrated(void)
{
    struct sv_error err;
    const char *path = in_home("old.db");
    sv_store_close(sv_store_open_schema(&(struct sv_store_spec){.path = path}, sv_store_schema, 5, &err));
    sqlite3 *db;
    sqlite3_open(path, &db);
    sqlite3_exec(db,
                 "INSERT INTO usage_hourly VALUES (1, 1, 0, 0, 2, 0, 0, 10, 3, 100, 50, 20, 0, 0, 0.5, NULL),"
                 " (2, 1, 0, 0, 0, 0, 0, 5, 0, 0, 0, 0, 0, 0, 0, NULL);"
                 "INSERT INTO supervisor_policy_evaluations (source, record, part, policy_id, key_number, supervisor_id, outcome, severity, action,"
                 " created_at, run) VALUES (1, 1, 0, 7, 0, 1, 0, 1, 1, 5, 1), (1, 2, 0, 7, 0, 1, 2, 1, 1, 5, 1);"
                 "INSERT INTO events (source, record, part, time, type, run) VALUES (1, 1, 0, 5, 1, 1);"
                 "INSERT INTO runs (program, version, sqlite_version, started_at) VALUES ('sv-eval', '1', '1', 77)",
                 NULL, NULL, NULL);
    sqlite3_close(db);
    struct sv_store *store = open_store(path, &err);
    ok(store != NULL, "an older store is brought up to date: %s", err.text);
    sv_store_close(store);
    is_int(ask(path, VALUE("name = 'events' AND id = 1")), 15, "its events are counted");
    is_int(ask(path, VALUE("name = 'errors' AND id = 1")), 3, "its errors");
    is_int(ask(path, VALUE("name = 'tokens' AND id = 2 AND part = 'input'")), 100, "its tokens");
    is_int(ask(path, VALUE("name = 'micro_usd' AND id = 2")), 500000, "its cost");
    is_int(ask(path, VALUE("name = 'evaluations' AND id = 7 AND part = 'error'")), 1, "its evaluations");
    is_int(ask(path, VALUE("name = 'rows' AND part = 'events'")), 1, "its rows");
    is_int(ask(path, VALUE("name = 'last_run' AND part = 'sv-eval'")), 77, "its runs");
    is_int(ask(path, "SELECT count(*) FROM counters WHERE value = 0"), 0, "and nothing else");
}

static void test_prom(void)
{
    struct sv_buf out = {0};
    sv_prom_family(&out, "sv_a_total", "counter", "What it is.");
    sv_prom_sample(&out, "sv_a_total", NULL, 0, 1e15);
    struct sv_prom_label labels[] = {{"x", SV_SLICE("a\"b\\c\nd")}, {"y", SV_SLICE("\xff\xc3\xa4")}};
    sv_prom_sample(&out, "sv_a_total", labels, 2, 0.25);
    sv_prom_sample(&out, "sv_a_total", labels, 0, INFINITY);
    sv_prom_sample(&out, "sv_a_total", NULL, 0, -INFINITY);
    sv_prom_sample(&out, "sv_a_total", NULL, 0, NAN);
    is_str(sv_buf_cstr(&out),
           "# HELP sv_a_total What it is.\n# TYPE sv_a_total counter\nsv_a_total 1e+15\n"
           "sv_a_total{x=\"a\\\"b\\\\c\\nd\",y=\"\xef\xbf\xbd\xc3\xa4\"} 0.25\nsv_a_total +Inf\nsv_a_total -Inf\nsv_a_total NaN\n",
           "Prometheus' text: escapes, odd bytes, odd numbers");
    sv_buf_free(&out);
}

int main(void)
{
    home_make();
    test_batches();
    test_migrated();
    test_prom();
    return done();
}
