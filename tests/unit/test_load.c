/* SPDX-License-Identifier: ISC */
/* Scenarios, what users do, and the ledger of a load. */
#include <math.h>
#include <stdlib.h>
#include <unistd.h>

#include "base/os.h"
#include "run/load_private.h"
#include "policy_help.h"

static void test_broken(void)
{
    static const struct {
        const char *text, *what;
        uint32_t line, column;
    } broken[] = {
        {"version: 1\n", "a load of nobody: \"fleet\" or \"users\" is expected", 1, 1},
        {"version: 1\nfleat: {for: 1s}\n", "unknown key \"fleat\" (did you mean \"fleet\"?)", 2, 1},
        {"version: 1\nfleet: {for: 1s, supervisers: 3}\n", "unknown key \"supervisers\" (did you mean \"supervisors\"?)", 2, 18},
        {"version: 1\nfleet: {for: soon}\n", "\"for\": a duration such as 10s, 5m or 1h30m is expected", 2, 14},
        {"version: 1\nfleet: {agents: 3}\n", "a fleet has one of \"for\" (at an even rate) and \"stages\"", 2, 8},
        {"version: 1\nfleet: {for: 1s, agents: 0}\n", "\"agents\": a whole number of at least 1 and at most 100000 is expected", 2, 26},
        {"version: 1\nfleet: {for: 1s, agents: 1.5}\n", "\"agents\": a whole number of at least 1 and at most 100000 is expected", 2, 26},
        {"version: 1\nfleet: {for: 1s, supervisors: 2000, agents: 10000}\n", "20000000 agents in all: at most 1000000", 2, 8},
        {"version: 1\nfleet: {for: 1s, arrival: late}\n", "\"arrival\": even or random is expected", 2, 27},
        {"version: 1\nfleet: {for: 1s, record: maybe}\n", "\"record\": true or false is expected", 2, 26},
        {"version: 1\nfleet: {stages: []}\n", "\"stages\": a list of stages ({for: 5m, to: 100}) is expected", 2, 17},
        {"version: 1\nfleet: {stages: [{for: 1m}]}\n", "the key \"to\" is missing", 2, 18},
        {"version: 1\nusers: {count: 1, for: 1s}\n", "the key \"mix\" is missing", 2, 8},
        {"version: 1\nusers: {count: 1, for: 1s, mix: {}}\n", "\"mix\": an operation with a weight is expected, such as {timeline: 1}", 2, 33},
        {"version: 1\nusers: {count: 1, for: 1s, mix: {timelin: 1}}\n", "unknown key \"timelin\" (did you mean \"timeline\"?)", 2, 34},
        {"version: 1\nusers: {count: 1, mix: {rows: 1}}\n", "users have \"count\" with \"for\" or \"requests\", or \"stages\"", 2, 8},
        {"version: 1\nusers: {stages: [{for: 1s, to: 5000}], mix: {rows: 1}}\n", "5000 users: at most 2000", 2, 8},
    };
    for (size_t i = 0; i < sizeof broken / sizeof *broken; i++) {
        struct sv_scenario scenario = {0};
        struct sv_findings findings = {0};
        const char *path = write_text("load.yaml", broken[i].text);
        bool refused = !sv_scenario_load(&scenario, path, &findings) && findings.count >= 1;
        const struct sv_error *first = &findings.items[0];
        ok(refused && strcmp(first->text, broken[i].what) == 0 && first->line == broken[i].line && first->column == broken[i].column,
           "refused: %u:%u: %s", refused ? first->line : 0, refused ? first->column : 0, refused ? first->text : "nothing");
        sv_scenario_free(&scenario);
        sv_findings_free(&findings);
    }
}

static void test_speed(void)
{
    struct sv_scenario scenario = {0};
    struct sv_findings findings = {0};
    const char *path = write_text("load.yaml", "version: 1\nkill_every: 60s\nfleet: {agents: 10, stages: [{for: 100s, to: 2}, {for: 100s, to: 0}]}\n"
               "users: {count: 20, requests: 10000, think: 1s, think_most: 3s, mix: {rows: 1}}\n");
    ok(sv_scenario_load(&scenario, path, &findings), "a scenario");
    ok(fabs(sv_shape_value(&scenario.rate, 100) - 20) < 1e-9 && fabs(sv_shape_end(&scenario.rate) - 200) < 1e-9, "rates are those of an agent");
    sv_scenario_speed_up(&scenario, 100);
    ok(fabs(sv_shape_value(&scenario.rate, 1) - 20) < 1e-9 && fabs(sv_shape_end(&scenario.rate) - 2) < 1e-9, "a hundredth of the time, at the same rate");
    is_int(scenario.requests, 100, "and of the requests");
    is_int(scenario.kill_every_ns, 600000000, "and of the time between kills");
    is_int(scenario.think_most_ns, 3000000000, "who thinks, thinks as long");
    sv_scenario_speed_up(&scenario, 1000);
    is_int(scenario.requests, 20, "a request for each user at least");
    sv_scenario_free(&scenario);
    sv_findings_free(&findings);
}

/* --- the ledger --- */

static void put_event(struct sv_store *store, int64_t policy, uint64_t record, uint32_t mark, uint64_t number)
{
    struct sv_error err = {0};
    char id[40];
    struct sv_hit hit = {.place = {.record = record}, .outcome = SV_VIOLATION, .agent = SV_SLICE("a")};
    hit.event = sv_slice(id, (size_t)snprintf(id, sizeof id, "%08x-0000-4000-a000-%012llx", mark, (unsigned long long)number));
    if (!sv_store_put_evaluation(store, 1, 1 + mark, policy, &hit, 1, &err))
        printf("# %s\n", err.text);
}

/* Two supervisors were fed five events each. */
static struct sv_load_outcome count(void (*fill)(struct sv_store *store, int64_t policy), struct sv_temp *temp)
{
    struct sv_scenario scenario = {.has_fleet = true, .supervisors = 2};
    struct sv_load load = {.scenario = &scenario, .store = {.path = sv_temp_path(temp, "ledger.db"), .program = "test", .sync_normal = true}};
    struct sv_load_outcome outcome = {0};
    struct sv_error err = {0};
    struct sv_policy policy = {.id = SV_SLICE(SV_LOAD_POLICY), .version = 1};
    int64_t id;
    load.feeds = sv_calloc(2, sizeof *load.feeds);
    load.supervisor_sums = sv_calloc(2, sizeof *load.supervisor_sums);
    load.feeds[0].made = load.feeds[1].made = 5;
    load.supervisor_sums[0].answer.total = load.supervisor_sums[1].answer.total = 5;
    struct sv_store *store = sv_store_open(&load.store, &err);
    if (store != NULL && sv_store_begin(store, &err) && sv_store_policy(store, &policy, &id, &err)) {
        fill(store, id);
        sv_store_commit(store, &err);
    }
    sv_store_close(store);
    if (!sv_load_count(&load, &outcome, &err))
        printf("# %s\n", err.text);
    sv_free(load.feeds);
    sv_free(load.supervisor_sums);
    sv_temp_empty(temp);
    return outcome;
}

static void fill_all(struct sv_store *store, int64_t policy)
{
    for (uint64_t n = 1; n <= 5; n++)
        put_event(store, policy, n, 0, n), put_event(store, policy, n, 1, n);
}

static void fill_less(struct sv_store *store, int64_t policy)
{
    for (uint64_t n = 1; n <= 4; n++)
        put_event(store, policy, n, 0, n), put_event(store, policy, n, 1, n + 1);
}

static void fill_more(struct sv_store *store, int64_t policy)
{
    fill_all(store, policy);
    put_event(store, policy, 17, 1, 3);
    put_event(store, policy, 18, 1, 3);
    put_event(store, policy, 19, 1, 9);
    put_event(store, policy, 20, 7, 1);
}

static void test_ledger(void)
{
    struct sv_temp temp = {0};
    struct sv_error err = {0};
    sv_temp_make(&temp, folder, "ledger", &err);
    struct sv_load_outcome all = count(fill_all, &temp), less = count(fill_less, &temp), more = count(fill_more, &temp);
    ok(all.lost == 0 && all.doubled == 0 && all.unanswered == 0, "all that was fed is there once");
    ok(less.lost == 2 && less.doubled == 0, "two rows that are not there are lost");
    ok(more.lost == 0 && more.doubled == 2, "rows that are there again are doubled, those that nobody fed are none of ours");
    sv_temp_remove(&temp);
}

static void test_ids(void)
{
    struct sv_fleet_spec spec;
    struct sv_error err = {0};
    struct sv_buf out = {0};
    uint32_t mark = 0;
    uint64_t number = 0;
    sv_fleet_default(&spec);
    spec.fine_times = true;
    struct sv_fleet *fleet = sv_fleet_new(&spec, &err);
    sv_fleet_put_as(fleet, 3, INT64_C(1772323200123456789), 0xbeef, 0x123456789a, &out);
    struct sv_slice id = sv_slice(out.data + 7, 36);
    ok(sv_fleet_read_id(id, &mark, &number) && mark == 0xbeef && number == 0x123456789a, "an id tells whose it is and which");
    ok(sv_slice_find(sv_buf_slice(&out), SV_SLICE("\"time\":\"2026-03-01T00:00:00.123456789Z\"")) != NULL, "and its time to the nanosecond");
    ok(sv_slice_find(sv_buf_slice(&out), SV_SLICE("\"agent\":\"agent-03\"")) != NULL, "of the agent that was meant");
    ok(!sv_fleet_read_id(SV_SLICE(""), &mark, &number) && !sv_fleet_read_id(SV_SLICE("0000beef-0000-4000-a000-00000000000G"), &mark, &number) &&
           !sv_fleet_read_id(SV_SLICE("0000beefx0000-4000-a000-000000000001"), &mark, &number), "others are none");
    sv_fleet_free(fleet);
    sv_buf_free(&out);
}

static void test_used(void)
{
    struct sv_temp temp = {0};
    struct sv_error err = {0};
    pid_t holder = 0;
    sv_temp_make(&temp, folder, "used", &err);
    struct sv_store_spec spec = {.path = sv_temp_path(&temp, "x.db"), .program = "test"};
    ok(!sv_store_is_used(spec.path, &holder), "a store that is not there is not in use");
    sv_store_close(sv_store_open(&spec, &err));
    ok(!sv_store_is_used(spec.path, &holder), "nor one that was closed");
    sv_temp_remove(&temp);
}

int main(void)
{
    make_folder();
    test_broken();
    test_speed();
    test_ledger();
    test_ids();
    test_used();
    remove_folder();
    return done();
}
