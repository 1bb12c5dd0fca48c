/* SPDX-License-Identifier: ISC */
/* The roster: who is where as of when, and what may be changed. */
#include "base/limits.h"
#include "tap.h"
#include "team/change.h"

static struct sv_error err;

#define S(text) sv_slice_str(text)

static bool add(struct sv_roster *roster, enum sv_roster_kind kind, const char *name, const char *above, int64_t at)
{
    err = (struct sv_error){0};
    return sv_roster_enter(roster, kind, S(name), S(above), at, &err);
}

static bool move(struct sv_roster *roster, enum sv_roster_kind kind, const char *name, const char *above, int64_t at)
{
    err = (struct sv_error){0};
    return sv_roster_move(roster, kind, S(name), S(above), at, &err);
}

static bool leave(struct sv_roster *roster, enum sv_roster_kind kind, const char *name, bool whole, int64_t at)
{
    err = (struct sv_error){0};
    return sv_roster_leave(roster, kind, S(name), whole, at, &err);
}

static bool call(struct sv_roster *roster, enum sv_roster_kind kind, const char *name, const char *to, int64_t at)
{
    err = (struct sv_error){0};
    return sv_roster_rename(roster, kind, S(name), S(to), at, &err);
}

/* "team supervisor above..." of an agent at a time; "-" for nowhere. */
static const char *where(struct sv_roster *roster, const char *agent, int64_t at)
{
    static char text[400];
    const struct sv_roster_place *place = sv_roster_find(roster, S(agent), at);
    if (place == NULL)
        return "-";
    int n = snprintf(text, sizeof text, "%.*s %.*s", SV_ARG(place->team), SV_ARG(place->supervisor));
    for (size_t i = 0; i < place->above_count; i++)
        n += snprintf(text + n, sizeof text - (size_t)n, " %.*s", SV_ARG(place->above[i]));
    return text;
}

/* cto over ops over payments (claude:shop, build-*), and shop, which nobody supervises. */
static struct sv_roster *small(void)
{
    struct sv_roster *roster = sv_roster_new();
    bool fine = add(roster, SV_ROSTER_SUPERVISOR, "cto", "", 10) && add(roster, SV_ROSTER_SUPERVISOR, "ops", "cto", 10) &&
                add(roster, SV_ROSTER_TEAM, "payments", "ops", 10) && add(roster, SV_ROSTER_TEAM, "shop", "", 10) &&
                add(roster, SV_ROSTER_MEMBER, "claude:shop", "payments", 20) && add(roster, SV_ROSTER_MEMBER, "build-*", "payments", 20);
    ok(fine, "a roster is made: %s", err.text);
    return roster;
}

static void test_find(void)
{
    struct sv_roster *roster = small();
    is_str(where(roster, "claude:shop", 19), "-", "before it came a member is nowhere");
    is_str(where(roster, "claude:shop", 20), "payments ops cto", "then in its team, below all supervisors");
    is_str(where(roster, "claude:shop/3f", 30), "payments ops cto", "a sub-agent is where its parent is");
    is_str(where(roster, "claude:shop/3f/1", 30), "payments ops cto", "also one of a sub-agent");
    is_str(where(roster, "claude:shopping", 30), "-", "a longer name is another one");
    is_str(where(roster, "build-7", 30), "payments ops cto", "a glob's are where it is");
    is_str(where(roster, "/", 30), "-", "a name of a slash");
    is_str(where(roster, "", 30), "-", "no name");
    ok(move(roster, SV_ROSTER_MEMBER, "claude:shop", "shop", 40), "a move");
    is_str(where(roster, "claude:shop", 39), "payments ops cto", "before a move it is where it was");
    is_str(where(roster, "claude:shop", 40), "shop ", "from then on elsewhere");
    ok(call(roster, SV_ROSTER_TEAM, "payments", "billing", 50), "a new name");
    is_str(where(roster, "build-7", 49), "payments ops cto", "before a team's new name its old one");
    is_str(where(roster, "build-7", 50), "billing ops cto", "then the new one, and who was in it is in it");
    ok(move(roster, SV_ROSTER_SUPERVISOR, "ops", "", 60), "a supervisor moves");
    is_str(where(roster, "build-7", 59), "billing ops cto", "before it the old way up");
    is_str(where(roster, "build-7", 60), "billing ops", "then the new one");
    ok(leave(roster, SV_ROSTER_MEMBER, "build-*", false, 70), "a glob leaves");
    is_str(where(roster, "build-7", 70), "-", "and is nowhere");
    is_str(where(roster, "build-7", 65), "billing ops", "but was");
    ok(add(roster, SV_ROSTER_MEMBER, "build-*", "shop", 80), "and comes back");
    is_str(where(roster, "build-7", 75), "-", "between it was nowhere");
    is_str(where(roster, "build-7", INT64_MAX - 1), "shop ", "and is there for ever");
    is_str(where(roster, "build-7", INT64_MIN), "-", "and never was before all times");
    sv_roster_free(roster);
}

static void test_globs(void)
{
    struct sv_roster *roster = sv_roster_new();
    static const char *const members[][2] = {{"*", "all"}, {"claude:*", "claude"}, {"claude:sh*", "sh"}, {"claude:?hop", "hop"},
                                             {"claude:shop", "shop"}, {"[ab]x", "set"}, {"a\\*", "star"}};
    for (size_t i = 0; i < sizeof members / sizeof *members; i++)
        ok(add(roster, SV_ROSTER_TEAM, members[i][1], "", 1) && add(roster, SV_ROSTER_MEMBER, members[i][0], members[i][1], (int64_t)i + 1),
           "%s", members[i][0]);
    is_str(where(roster, "claude:shop", 9), "shop ", "a name goes before all globs");
    is_str(where(roster, "claude:shop/1", 9), "shop ", "also that of the parent");
    is_str(where(roster, "claude:chop", 9), "hop ", "of globs the one with the most plain characters");
    is_str(where(roster, "claude:shed", 9), "sh ", "the next");
    is_str(where(roster, "claude:x", 9), "claude ", "the next");
    is_str(where(roster, "codex:x", 9), "all ", "the last");
    is_str(where(roster, "bx", 9), "set ", "a set");
    is_str(where(roster, "a*", 9), "star ", "a star that is none");
    is_str(where(roster, "claude:chop", 3), "claude ", "one that has not come yet does not count");
    is_int(sv_roster_team_place(roster, S("shop"), 5)->supervisor.len, 0, "a team without a supervisor");
    ok(sv_roster_team_place(roster, S("nope"), 5) == NULL, "a team that is none");
    sv_roster_free(roster);
}

static void test_cache(void)
{
    struct sv_roster *roster = small();
    for (int i = 0; i < 1000; i++)
        where(roster, i % 2 == 0 ? "claude:shop" : "build-1", 30);
    is_int(roster->misses, 2, "an agent is looked for once");
    is_int(roster->hits, 998, "and then known");
    for (int i = 0; i < 100000; i++) {
        char name[32];
        snprintf(name, sizeof name, "build-%d", i);
        if (sv_roster_find(roster, S(name), 30) == NULL)
            ok(false, "build-%d is nowhere", i);
    }
    printf("# %zu bytes\n", sv_roster_bytes(roster));
    ok(sv_roster_bytes(roster) < 8 << 20, "many agents do not fill the memory");
    sv_roster_free(roster);
}

static void test_refused(void)
{
    struct sv_roster *roster = small();
    char name[SV_ROSTER_NAME_MAX + 2];
    memset(name, 'x', sizeof name);
    name[SV_ROSTER_NAME_MAX + 1] = '\0';
    ok(!add(roster, SV_ROSTER_TEAM, name, "", 90), "a name of %d bytes is refused", SV_ROSTER_NAME_MAX + 1);
    name[SV_ROSTER_NAME_MAX] = '\0';
    ok(add(roster, SV_ROSTER_TEAM, name, "", 90), "one of %d is not", SV_ROSTER_NAME_MAX);
    name[SV_ROSTER_NAME_MAX - 1] = '\0';
    ok(add(roster, SV_ROSTER_TEAM, name, "", 90), "nor a shorter one");
    static const char *const bad[] = {"", "-", " x", "x ", "a\nb", "a\x1b[0m", "\xe4", "a\xc2\x9b-"};
    for (size_t i = 0; i < sizeof bad / sizeof *bad; i++)
        ok(!add(roster, SV_ROSTER_TEAM, bad[i], "", 90), "no name: %s", err.text);
    ok(!add(roster, SV_ROSTER_MEMBER, "claude:shop", "shop", 90), "a member is in one team at a time");
    is_str(err.text, "member \"claude:shop\" is in team \"payments\" already (member move takes it elsewhere)", "and is told where");
    ok(!add(roster, SV_ROSTER_MEMBER, "x", "paymets", 90), "a team that is none: %s", err.text);
    ok(!add(roster, SV_ROSTER_MEMBER, "x", "", 90), "no team: %s", err.text);
    ok(!add(roster, SV_ROSTER_TEAM, "shop", "", 90), "a team twice: %s", err.text);
    ok(!add(roster, SV_ROSTER_MEMBER, "x", "shop", 9), "a member before its team: %s", err.text);
    ok(!leave(roster, SV_ROSTER_TEAM, "payments", false, 90), "a team that has members: %s", err.text);
    ok(!leave(roster, SV_ROSTER_SUPERVISOR, "cto", false, 90), "a supervisor with others below: %s", err.text);
    ok(!leave(roster, SV_ROSTER_MEMBER, "claude:shop", false, 19), "leaving before coming: %s", err.text);
    ok(!leave(roster, SV_ROSTER_MEMBER, "nobody", false, 90), "nobody: %s", err.text);
    ok(!move(roster, SV_ROSTER_MEMBER, "claude:shop", "payments", 90), "a move to where it is: %s", err.text);
    ok(!call(roster, SV_ROSTER_TEAM, "payments", "shop", 90), "a name that another has: %s", err.text);
    ok(leave(roster, SV_ROSTER_MEMBER, "claude:shop", false, 50), "leaving");
    ok(!add(roster, SV_ROSTER_MEMBER, "claude:shop", "shop", 45), "coming back before leaving: %s", err.text);
    ok(add(roster, SV_ROSTER_MEMBER, "claude:shop", "shop", 50), "coming back at once");
    sv_roster_free(roster);
}

static void test_whole(void)
{
    struct sv_roster *roster = small();
    ok(leave(roster, SV_ROSTER_SUPERVISOR, "cto", true, 30), "a supervisor goes with all below");
    is_str(where(roster, "claude:shop", 29), "payments ops cto", "who was there until then");
    is_str(where(roster, "claude:shop", 30), "-", "and is gone");
    ok(sv_roster_named(roster, SV_ROSTER_SUPERVISOR, S("ops"), 31) == NULL, "so are other supervisors");
    ok(sv_roster_named(roster, SV_ROSTER_TEAM, S("shop"), 31) != NULL, "who was not below stays");
    sv_roster_free(roster);
}

static void test_tree(void)
{
    struct sv_roster *roster = small();
    char name[32] = "cto", next[32];
    ok(move(roster, SV_ROSTER_SUPERVISOR, "cto", "ops", 30) && !sv_roster_check(roster, &err), "a circle is found");
    is_str(err.text, "a supervisor would be above itself: \"ops\" under \"cto\" under \"ops\"", "and told");
    ok(move(roster, SV_ROSTER_SUPERVISOR, "cto", "", 30) && sv_roster_check(roster, &err), "without it all is well");
    for (int depth = 2; depth <= SV_ROSTER_DEPTH_MAX + 1; depth++) {
        snprintf(next, sizeof next, "s%d", depth);
        ok(add(roster, SV_ROSTER_SUPERVISOR, next, name, 30), "%d deep", depth);
        memcpy(name, next, sizeof name);
        if (depth >= SV_ROSTER_DEPTH_MAX - 1)
            is_int(sv_roster_check(roster, &err), depth <= SV_ROSTER_DEPTH_MAX, "%d is %s", depth, depth <= SV_ROSTER_DEPTH_MAX ? "fine" : "too deep");
    }
    sv_roster_free(roster);
}

/* Over time two supervisors are above each other: that is no circle. */
static void test_turns(void)
{
    struct sv_roster *roster = sv_roster_new();
    ok(add(roster, SV_ROSTER_SUPERVISOR, "a", "", 1) && add(roster, SV_ROSTER_SUPERVISOR, "b", "a", 1) && add(roster, SV_ROSTER_TEAM, "t", "b", 1) &&
           add(roster, SV_ROSTER_MEMBER, "x", "t", 1),
       "a over b");
    for (int64_t at = 10; at < 1000; at += 10)
        if (!(at % 20 == 10 ? move(roster, SV_ROSTER_SUPERVISOR, "b", "", at) && move(roster, SV_ROSTER_SUPERVISOR, "a", "b", at)
                            : move(roster, SV_ROSTER_SUPERVISOR, "a", "", at) && move(roster, SV_ROSTER_SUPERVISOR, "b", "a", at)) ||
            !sv_roster_check(roster, &err))
            ok(false, "turn %d: %s", (int)at, err.text);
    is_str(where(roster, "x", 15), "t b", "b at the top");
    is_str(where(roster, "x", 25), "t b a", "a at the top");
    sv_roster_free(roster);
}

int main(void)
{
    test_find();
    test_globs();
    test_cache();
    test_refused();
    test_whole();
    test_tree();
    test_turns();
    return done();
}
