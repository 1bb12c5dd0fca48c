/* SPDX-License-Identifier: ISC */
/* A roster as a run sees it: what it fills into events, whatever it has to forget meanwhile. */
#include "run/roster.h"

#include "tap.h"
#include "team/change.h"

enum { MANY = 40000 }; /* more names than a roster keeps in mind, twice */

static struct sv_error err;

static struct sv_roster *small(void)
{
    struct sv_roster *roster = sv_roster_new();
    bool fine = sv_roster_enter(roster, SV_ROSTER_SUPERVISOR, SV_SLICE("cto"), SV_SLICE(""), 1, &err) &&
                sv_roster_enter(roster, SV_ROSTER_SUPERVISOR, SV_SLICE("ops"), SV_SLICE("cto"), 1, &err) &&
                sv_roster_enter(roster, SV_ROSTER_TEAM, SV_SLICE("payments"), SV_SLICE("ops"), 1, &err) &&
                sv_roster_enter(roster, SV_ROSTER_MEMBER, SV_SLICE("build-*"), SV_SLICE("payments"), 1, &err);
    ok(fine, "a roster is made: %s", err.text);
    return roster;
}

static bool slot_is(struct sv_event *event, enum sv_field field, const char *text)
{
    return sv_slice_is(sv_event_text(event, field), text);
}

static void begin(struct sv_event *event, struct sv_schema *schema, const char *agent)
{
    sv_event_clear(event, schema);
    event->slots[SV_F_AGENT] = sv_value_str(sv_slice_str(agent));
    event->has_time = true;
    event->time_ns = 2;
}

static void test_fill(struct sv_run_roster *roster, struct sv_event *event, struct sv_schema *schema)
{
    begin(event, schema, "build-1");
    sv_run_roster_fill(roster, event, 0);
    ok(slot_is(event, SV_F_TEAM, "payments") && slot_is(event, SV_F_SUPERVISOR, "ops"), "team and supervisor of a member");
    ok(event->above_count == 1 && sv_slice_is(event->above[0], "cto"), "and who is above");
    begin(event, schema, "other");
    sv_run_roster_fill(roster, event, 0);
    ok(event->slots[SV_F_TEAM].type == SV_ABSENT && event->above_count == 0, "nothing of a stranger");
    begin(event, schema, "other");
    event->slots[SV_F_TEAM] = sv_value_str(SV_SLICE("payments"));
    sv_run_roster_fill(roster, event, 0);
    ok(slot_is(event, SV_F_SUPERVISOR, "ops"), "the supervisor of the team that an event says");
}

/* Each event names a supervisor of its own, so that the roster forgets in the middle of one: between the look-up of its agent and that
 * of its supervisor. */
static void test_forgotten(struct sv_run_roster *roster, struct sv_event *event, struct sv_schema *schema)
{
    int right = 0;
    char name[32];
    for (int i = 0; i < MANY; i++) {
        snprintf(name, sizeof name, "supervisor-%d", i);
        begin(event, schema, "build-1");
        event->slots[SV_F_SUPERVISOR] = sv_value_str(sv_slice_str(name));
        sv_run_roster_fill(roster, event, 0);
        right += slot_is(event, SV_F_TEAM, "payments") && slot_is(event, SV_F_SUPERVISOR, name) && event->above_count == 0;
    }
    is_int(right, MANY, "the team of a member stays what it is, however many supervisors are named");
    ok(sv_run_roster_misses(roster) >= MANY && sv_run_roster_hits(roster) >= MANY - 10, "and the agent was looked up in memory");
}

int main(void)
{
    struct sv_schema *schema = sv_schema_new();
    struct sv_event event = sv_event_new(schema);
    struct sv_run_roster roster = {.roster = small()};
    test_fill(&roster, &event, schema);
    test_forgotten(&roster, &event, schema);
    sv_run_roster_free(&roster);
    sv_event_free(&event);
    sv_schema_free(schema);
    return done();
}
