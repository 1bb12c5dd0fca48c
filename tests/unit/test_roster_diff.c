/* SPDX-License-Identifier: ISC */
/* A table against a roster: bounds, and many rows. */
#include "base/limits.h"
#include "base/os.h"
#include "tap.h"
#include "team/diff.h"

static struct sv_findings findings;

static bool take(struct sv_roster *roster, struct sv_slice text, int64_t at_ns, uint64_t tallies[SV_ROSTER_FATES])
{
    uint64_t wrong;
    sv_findings_free(&findings);
    struct sv_roster_diff *diff = sv_roster_diff_new(roster, at_ns);
    bool fine = sv_roster_diff_read(diff, "t.csv", text, &findings, &wrong) && sv_roster_diff_apply(diff, &findings);
    for (int i = 0; i < SV_ROSTER_FATES; i++)
        tallies[i] = sv_roster_diff_tally(diff, (enum sv_roster_fate)i);
    sv_roster_diff_free(diff);
    return fine;
}

static void test_many(void)
{
    struct sv_roster *roster = sv_roster_new();
    struct sv_buf text = {0};
    uint64_t n[SV_ROSTER_FATES];
    sv_buf_str(&text, "team,member,supervisor\n");
    for (int i = 0; i < 100000; i++)
        sv_buf_printf(&text, "t%d,m%d,s%d\n", i / 100, i, i / 10000);
    ok(take(roster, sv_buf_slice(&text), 10, n), "a table of 100,000 rows");
    is_int(n[SV_ROSTER_ADDED], 101010, "all are added");
    ok(take(roster, sv_buf_slice(&text), 20, n), "once more");
    is_int(n[SV_ROSTER_UNCHANGED], 101010, "nothing changes");
    sv_buf_clear(&text);
    sv_buf_str(&text, "team,member,supervisor\n");
    for (int i = 0; i < 100000; i++)
        sv_buf_printf(&text, "t%d,m%d,s%d\n", i / 100, i ^ 1 << 8, i / 10000);
    ok(take(roster, sv_buf_slice(&text), 30, n), "others in other teams: %s", findings.count > 0 ? findings.items[0].text : "");
    ok(n[SV_ROSTER_MOVED] > 90000 && n[SV_ROSTER_MOVED] + n[SV_ROSTER_UNCHANGED] + n[SV_ROSTER_ADDED] == 101010, "most move");
    ok(take(roster, SV_SLICE("team,member,supervisor\n"), 40, n) && n[SV_ROSTER_REMOVED] == 101010, "an empty table removes all");
    sv_roster_free(roster);
    sv_buf_free(&text);
}

static void test_bounds(void)
{
    struct sv_roster *roster = sv_roster_new();
    uint64_t n[SV_ROSTER_FATES];
    struct sv_buf text = {0};
    sv_buf_str(&text, "team,member,supervisor,parent\n,,s1,\n");
    for (int i = 2; i <= SV_ROSTER_DEPTH_MAX; i++)
        sv_buf_printf(&text, ",,s%d,s%d\n", i, i - 1);
    ok(take(roster, sv_buf_slice(&text), 10, n), "%d deep", SV_ROSTER_DEPTH_MAX);
    sv_buf_printf(&text, ",,one,s%d\n", SV_ROSTER_DEPTH_MAX);
    sv_roster_free(roster);
    roster = sv_roster_new();
    ok(!take(roster, sv_buf_slice(&text), 10, n), "one more: %s", findings.count > 0 ? findings.items[0].text : "");
    sv_roster_free(roster);
    sv_buf_free(&text);
    ok(SV_ROSTER_FILE_MAX > 1 << 20, "the bound of a table's size is tested with the program");
}

/* Quotes that nobody closes, again and again: told, in linear time. */
static void test_quotes(void)
{
    struct sv_roster *roster = sv_roster_new();
    struct sv_buf text = {0};
    uint64_t n[SV_ROSTER_FATES];
    sv_buf_str(&text, "team,member\n");
    for (int i = 0; i < 200000; i++)
        sv_buf_str(&text, i % 2 == 0 ? "a,\"open\n" : "b,c\n");
    ok(!take(roster, sv_buf_slice(&text), 10, n) && findings.count > 0, "%zu findings", findings.count);
    sv_roster_free(roster);
    sv_buf_free(&text);
}

int main(void)
{
    test_many();
    test_bounds();
    test_quotes();
    sv_findings_free(&findings);
    return done();
}
