/* SPDX-License-Identifier: ISC */
/* for, keep_firing_for, realert, resolved, in virtual time: an alarm over windows, whose ends come by themselves. */
#include "story.h"

static void test_for(void)
{
    static const struct row rows[] = {
        {"0", "agent=a", ""},
        {"10", "agent=a", ""},                                 /* it holds from here on */
        {"50", "agent=a", ""},
        {"65", "agent=a", ""},
        {"100", "agent=a", ""},
        {"120", "agent=a", ""},
        {"139", "type=y", ""},
        {"140", "type=y", ""},                                /* two minutes are over at 130, but 140 is not past 130 + 10 */
        {"140.5", "type=y", "violation a @130 count:2"},
        {"171", "type=y", "resolved a @160 count:1"},         /* 100 has left */
        {"200", "agent=a", ""},
        {"210", "agent=a", ""},
        {"271", "type=y", ""},                                /* 200 left at 260: it held for 50 s */
        {"345", "type=y", ""},
        {"400", "agent=a", ""},
        {"401", "agent=a", ""},                                /* since 401 */
        {"455", "agent=a", ""},
        {"456", "agent=a", ""},
        {"510", "agent=a", ""},
        {"515", "agent=a", ""},
        {"520", "agent=a", ""},
        {"532", "type=y", "violation a @521 count:3"},
        {"533", "agent=a", "| suppressed"},                    /* realert: 5m */
        {"600", "type=y", "resolved a @580 count:1,suppressed:1"}, /* 510, 515 and 520 have left, 533 has not */
        {"700", "agent=b", ""},
        {"690", "agent=b", ""},                                /* out of order: it holds since 700, the key's clock */
        {"755", "agent=b", ""},
        {"759", "agent=b", ""},
        {"815", "agent=b", ""},
        {"816", "agent=b", ""},
        {"830.5", "type=y", "violation b @820 count:2"},
    };
    STORY("held for two minutes", "by: [agent]", "when: type == \"x\"", "window: 60s", "having: count > 1", "for: 2m");
}

static void test_for_and_end(void)
{
    static const struct row rows[] = {
        {"0", "", ""},
        {"0", "", ""},
        {"71", "type=y", ""},                                  /* at 60 a minute is over, but nothing is left that holds */
        {"100", "", ""},
        {"100", "", ""},
        {"159.999999999", "", ""},
        {"159.999999999", "", ""},
        {"171", "type=y", "violation - @160 count:2"},
        {"300", "type=y", "resolved - @219.999999999 count:0"},
    };
    STORY("what ends at that moment has not held so long", "when: type == \"x\"", "window: 60s", "having: count > 1", "for: 60s");
}

static void test_keep(void)
{
    static const struct row rows[] = {
        {"0", "agent=a", ""},
        {"1", "agent=a", "violation a @1 count:2"},
        {"20.5", "type=y", ""},                               /* over at 10, but it goes on for 30 s */
        {"25", "agent=a", ""},
        {"26", "agent=a", "| suppressed"},                     /* and so it goes on */
        {"74", "type=y", ""},                                 /* over at 35, until 65 */
        {"75.5", "type=y", "resolved a @65 count:0,suppressed:1"},
        {"90", "agent=a", ""},
        {"91", "agent=a", "| suppressed"},                     /* within realert of 1: it does not begin */
        {"95", "agent=a", "| suppressed"},
        {"101", "agent=a", "violation a @101 count:2,suppressed:2"},
        {"102", "agent=a", "| suppressed"},
        {"201", "type=y", "resolved a @141 count:0,suppressed:1"}, /* 101 left at 111 */
        {"201", "agent=a", ""},
        {"202", "agent=a", "violation a @202 count:2"},
        {"203", "agent=a", "| suppressed"},
        {"204", "agent=a", "| suppressed"},
        {"302", "agent=a", "resolved a @243 count:0,suppressed:2"}, /* 203 left at 213 */
        {"303", "agent=a", "violation a @303 count:2"},
        {"600", "type=y", "resolved a @342 count:0"},         /* 302 left at 312 */
    };
    STORY("goes on for half a minute", "by: [agent]", "when: type == \"x\"", "window: 10s", "having: count > 1", "keep_firing_for: 30s",
          "realert: 100s");
}

static void test_no_resolved(void)
{
    static const struct row rows[] = {
        {"0", "agent=a", ""},
        {"1", "agent=a", "violation a @1 count:2"},
        {"2", "agent=a", "violation a @2 count:3"},            /* realert: 0s: each is told */
        {"30", "type=y", ""},
        {"31", "agent=a", ""},
        {"32", "agent=a", "violation a @32 count:2"},
        {"32", "agent=a", "violation a @32 count:3"},
        {"29", "agent=a", "violation a @29 count:4"},          /* out of order, told all the same */
        {"90", "type=y", ""},
    };
    STORY("no end is told", "by: [agent]", "when: type == \"x\"", "window: 10s", "having: count > 1", "resolved: false", "realert: 0s");
}

static void test_for_and_realert(void)
{
    static const struct row rows[] = {
        {"0", "agent=a", ""},
        {"1", "agent=a", ""},                                  /* since 1 */
        {"5", "agent=a", ""},
        {"10", "agent=a", ""},
        {"15", "agent=a", ""},
        {"20", "agent=a", ""},
        {"22", "agent=a", "violation a @11 count:5 | suppressed"}, /* the values are those of the key's clock, 20 */
        {"70", "type=y", "resolved a @40 count:1,suppressed:1"},
        {"71", "agent=a", ""},
        {"71", "agent=a", ""},                                 /* since 71 */
        {"80", "agent=a", ""},
        {"91.5", "type=y", "violation a @81 count:3"},        /* 11 + 60 is over */
        {"101.5", "type=y", "resolved a @91 count:1"},
        {"102", "agent=a", ""},
        {"103", "agent=a", ""},                                /* since 103 */
        {"110", "agent=a", ""},
        {"120", "agent=a", ""},
        {"124", "type=y", ""},                                 /* 113 is before 81 + 60: it waits for that */
        {"130", "agent=a", ""},
        {"134", "type=y", ""},
        {"140", "agent=a", ""},
        {"144", "type=y", ""},
        {"150", "agent=a", ""},
        {"154", "type=y", "violation a @141 count:2"},
        {"300", "type=y", "resolved a @160 count:1"},
    };
    STORY("held for ten seconds, told once a minute", "by: [agent]", "when: type == \"x\"", "window: 20s", "having: count > 1",
          "for: 10s", "realert: 60s");
}

static void test_ended_by_event(void)
{
    static const struct row rows[] = {
        {"0", "agent=a status=error", ""},
        {"1", "agent=a status=error", "violation a @1 count:2,share(status == error):1.0 'a: 100 %'"},
        {"2", "agent=a status=ok", "| suppressed"},
        {"3", "agent=a status=ok", "resolved a @3 count:4,share(status == error):0.5,suppressed:1 'a: 50 %'"},
        {"4", "agent=a status=error", "| suppressed"},
        {"5", "agent=a status=ok", ""},                        /* it did not fire: no end is told */
        {"59", "agent=a", ""},
        {"71", "type=y", ""},
        {"61.5", "agent=a status=error", ""},                  /* (1.5, 61.5] */
        {"62.5", "agent=a status=error", "| suppressed"},
        {"302", "agent=a status=error", ""},
        {"303", "agent=a status=error", "violation a @303 count:2,share(status == error):1.0,suppressed:2 'a: 100 %'"},
        {"320", "agent=b status=error", ""},
        {"320", "agent=b status=error", "violation b @320 count:2,share(status == error):1.0 'b: 100 %'"},
        {"500", "type=y", "resolved a @362 count:1,share(status == error):1.0 'a: 100 %'; resolved b @380 count:0 'late'"},
        {"620", "agent=b status=error", ""},
        {"620", "agent=b status=error", "violation b @620 count:2,share(status == error):1.0 'b: 100 %'"}, /* 320 + 300 is over */
    };
    STORY("an event ends it", "by: [agent]", "when: type == \"x\"", "window: 60s",
          "having: share(status == \"error\") > 0.5 && count > 1", "title: late",
          "message: 'agent + \": \" + string(int(share(status == \"error\") * 100.0)) + \" %\"'");
}

int main(void)
{
    setenv("SV_NOW", "2026-11-02T12:00:00Z", 1);
    make_folder();
    test_for();
    test_for_and_end();
    test_keep();
    test_no_resolved();
    test_for_and_realert();
    test_ended_by_event();
    remove_folder();
    return done();
}
