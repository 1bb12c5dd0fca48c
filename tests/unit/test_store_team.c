/* SPDX-License-Identifier: ISC */
/* What a store has of people. */
#include "store/team.h"
#include "store_help.h"
#include "team/change.h"

#define S(text) sv_slice_str(text)

/* Changes the roster of a store in one transaction: what `change` does to it. */
static bool with_roster(struct sv_store *store, bool (*change)(struct sv_roster *roster, struct sv_error *err), struct sv_error *err)
{
    struct sv_roster *roster = sv_roster_new();
    bool fine = sv_store_begin(store, err) && sv_store_roster_load(store, roster, err) && change(roster, err) &&
                sv_store_roster_save(store, roster, err) && sv_store_commit(store, err);
    if (!fine)
        sv_store_rollback(store);
    sv_roster_free(roster);
    return fine;
}

static bool make_teams(struct sv_roster *roster, struct sv_error *err)
{
    bool fine = sv_roster_enter(roster, SV_ROSTER_SUPERVISOR, S("ops"), S(""), 10, err);
    for (int i = 0; fine && i < 1000; i++) {
        char team[16], member[16];
        snprintf(team, sizeof team, "t%04d", i);
        snprintf(member, sizeof member, "m%04d", i);
        fine = sv_roster_enter(roster, SV_ROSTER_TEAM, S(team), S(i % 2 == 0 ? "ops" : ""), 10, err) &&
               sv_roster_enter(roster, SV_ROSTER_MEMBER, S(member), S(team), 20, err);
    }
    return fine;
}

static bool move_one(struct sv_roster *roster, struct sv_error *err)
{
    return sv_roster_move(roster, SV_ROSTER_MEMBER, S("m0000"), S("t0001"), 30, err) &&
           sv_roster_move(roster, SV_ROSTER_MEMBER, S("m0000"), S("t0002"), 30, err);
}

static bool do_nothing(struct sv_roster *roster, struct sv_error *err)
{
    (void)roster, (void)err;
    return true;
}

static int statements;

static int count_statement(unsigned kind, void *context, void *statement, void *text)
{
    (void)context, (void)statement;
    statements += kind == SQLITE_TRACE_STMT && strncmp(text, "--", 2) != 0;
    return 0;
}

static void test_roster(void)
{
    struct sv_error err;
    const char *path = in_home("roster.db");
    struct sv_store *store = open_store(path, &err), *other = open_store(path, &err);
    int64_t version = -1, data = 0, data_then = 0;
    ok(sv_store_roster_version(store, &version, &err) && version == 0, "no roster has version 0");
    ok(sv_store_data_version(other, &data_then, &err), "what others do is watched");
    ok(with_roster(store, make_teams, &err), "a roster is stored: %s", err.text);
    ok(sv_store_roster_version(store, &version, &err) && version == 1, "its version grows");
    ok(sv_store_data_version(other, &data, &err) && data != data_then, "others notice");
    ok(with_roster(store, do_nothing, &err) && sv_store_roster_version(store, &version, &err) && version == 1, "not by doing nothing");
    ok(with_roster(store, move_one, &err), "a member moves twice at once: %s", err.text);
    is_int(ask(path, "SELECT count(*) FROM supervisor_team_members"), 1001, "where it never was it is not stored");
    struct sv_roster *roster = sv_roster_new();
    ok(sv_store_roster_load(other, roster, &err), "it is read back");
    is_slice(sv_roster_find(roster, S("m0000"), 29)->team, S("t0000"), "with its history");
    is_slice(sv_roster_find(roster, S("m0000"), 30)->team, S("t0002"), "as of any time");
    is_slice(sv_roster_find(roster, S("m0000"), 30)->supervisor, S("ops"), "up to the supervisor");
    sv_roster_free(roster);
    sv_store_close(store);
    sv_store_close(other);
}

static void test_lists(void)
{
    struct sv_error err;
    struct sv_store *store = open_store(in_home("lists.db"), &err);
    struct sv_store_units units = {0};
    ok(with_roster(store, make_teams, &err), "a roster of 1,000 teams");
    sqlite3_trace_v2(store->db, SQLITE_TRACE_STMT, count_statement, NULL);
    int64_t start = sv_os_monotonic_ns();
    ok(sv_store_units(store, SV_ROSTER_TEAM, S(""), S(""), 50, 0, 2000, &units, &err), "is listed: %s", err.text);
    printf("# in %lld us\n", (long long)(sv_os_monotonic_ns() - start) / 1000);
    is_int(statements, 1, "by one statement");
    is_int(units.count, 1000, "all of it");
    ok(units.items[998].members == 1 && sv_slice_is(units.items[998].supervisor, "ops"), "with members and supervisors");
    sv_store_units_free(&units);
    ok(sv_store_units(store, SV_ROSTER_MEMBER, S("m0499"), S("t0499"), 50, 0, 2, &units, &err) && units.count == 2, "members from one on");
    is_slice(units.items[0].name, S("m0500"), "behind it");
    sv_store_units_free(&units);
    ok(sv_store_units(store, SV_ROSTER_SUPERVISOR, S(""), S(""), 50, 0, 10, &units, &err) && units.count == 1, "supervisors");
    ok(units.items[0].teams == 500 && units.items[0].members == 500, "with teams and members");
    sv_store_units_free(&units);
    ok(sv_store_units(store, SV_ROSTER_MEMBER, S(""), S(""), 15, 0, 10, &units, &err) && units.count == 0, "nobody before they came");
    sv_store_units_free(&units);
    sv_store_close(store);
}

int main(void)
{
    home_make();
    test_roster();
    test_lists();
    return done();
}
