/* SPDX-License-Identifier: ISC */
/* Who is meant by a stop, as of when; and how agents are doing. */
#include "run/fleet.h"
#include "tap.h"
#include "team/stops.h"

#define S(text) sv_slice_str(text)

static void add(struct sv_stops *stops, const char *agent, bool tree, int64_t from, int64_t until, int64_t resumed)
{
    sv_stops_add(stops, &(struct sv_stop){.id = from, .agent = S(agent), .tree = tree, .stopped_ns = from, .until_ns = until, .resumed_ns = resumed});
}

static int64_t by(struct sv_stops *stops, const char *agent, int64_t at)
{
    const struct sv_stop *stop = sv_stops_find(stops, S(agent), at);
    return stop != NULL ? stop->id : 0;
}

static void test_meant(void)
{
    struct sv_stops stops = {0};
    is_int(by(&stops, "a", 1), 0, "nobody is stopped");
    add(&stops, "a", false, 10, SV_STOP_OPEN, 50);
    add(&stops, "b*", false, 20, 30, SV_STOP_OPEN);
    is_int(by(&stops, "a", 9), 0, "before");
    is_int(by(&stops, "a", 10), 10, "from then on");
    is_int(by(&stops, "a/1/2", 10), 10, "with all sub-agents");
    is_int(by(&stops, "ab", 10), 0, "not who is called similarly");
    is_int(by(&stops, "a", 49), 10, "until it is resumed");
    is_int(by(&stops, "a", 50), 0, "then not");
    is_int(by(&stops, "bx/1", 20), 20, "a glob");
    is_int(by(&stops, "bx", 30), 0, "until its time");
    add(&stops, "a", false, 40, SV_STOP_OPEN, SV_STOP_OPEN);
    is_int(by(&stops, "a", 45), 40, "the newest counts");
    is_int(by(&stops, "a", 60), 40, "the other holds on");
    sv_stops_start(&stops, S("helper"), S("a"));
    is_int(by(&stops, "helper", 60), 0, "whom it started is not meant");
    add(&stops, "a", true, 70, SV_STOP_OPEN, SV_STOP_OPEN);
    sv_stops_start(&stops, S("helper"), S("a"));
    sv_stops_start(&stops, S("deep"), S("helper/3"));
    is_int(by(&stops, "helper", 70), 70, "but in a tree");
    is_int(by(&stops, "deep/1", 70), 70, "as deep as it goes");
    sv_stops_start(&stops, S("x"), S("y"));
    sv_stops_start(&stops, S("y"), S("x"));
    is_int(by(&stops, "x", 70), 0, "a circle ends");
    for (int i = 0; i < 50000; i++) {
        char name[32];
        snprintf(name, sizeof name, "agent-%d", i);
        if (by(&stops, name, 70) != 0)
            ok(false, "%s", name);
    }
    ok(stops.found.count <= 16384, "what is remembered has a bound");
    sv_stops_free(&stops);
}

static void test_states(void)
{
    const int64_t minute = 60 * SV_SECOND_NS, now = 1000 * minute;
    is_str(sv_fleet_word(sv_fleet_state(SV_AGENT_WORKING, now, false, now)), "working", "just now");
    is_str(sv_fleet_word(sv_fleet_state(SV_AGENT_WORKING, now - 5 * minute, false, now)), "idle", "5 minutes ago");
    is_str(sv_fleet_word(sv_fleet_state(SV_AGENT_WORKING, now - 5 * minute, true, now)), "silent", "5 minutes ago, in a tool");
    is_str(sv_fleet_word(sv_fleet_state(SV_AGENT_WORKING, now - 15 * minute, false, now)), "silent", "15 minutes ago");
    is_str(sv_fleet_word(sv_fleet_state(SV_AGENT_WAITING, now - 60 * minute, false, now)), "waiting", "its turn has ended");
    is_str(sv_fleet_word(sv_fleet_state(SV_AGENT_WAITING, now - 720 * minute, false, now)), "ended", "12 hours ago");
    is_str(sv_fleet_word(sv_fleet_state(SV_AGENT_ENDED, now, false, now)), "ended", "it has ended");
    is_str(sv_fleet_word(sv_fleet_state(SV_AGENT_WORKING, now + minute, false, now)), "working", "a clock that is fast");
}

int main(void)
{
    test_meant();
    test_states();
    return done();
}
