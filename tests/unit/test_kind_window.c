/* SPDX-License-Identifier: ISC */
/* window in virtual time: what lies in (clock - span, clock] of each key's own clock, and what it adds up to. */
#include "story.h"

static void test_sliding(void)
{
    static const struct row rows[] = {
        {"0", "agent=a status=error", ""},
        {"10", "agent=a status=error", ""},
        {"10", "agent=a status=error", "violation a @10 count:3"},             /* a tie in time: both count */
        {"20", "agent=a status=ok", ""},
        {"30", "agent=a status=error", "| suppressed"},                        /* realert: 5m */
        {"5", "agent=a status=error", "| suppressed"},                         /* out of order, inside: in its place */
        {"-30", "agent=a status=error", "| late"},                             /* (-30, 30] is the window */
        {"-29.5", "agent=a status=error", "| suppressed"},
        {"31", "agent=b status=error", ""},                                    /* another key, another clock */
        {"", "agent=a status=error", "| no_clock"},
        {"31", "status=error", "| keyless"},
        {"31", "agent=null status=error", "| keyless"},
        {"59", "agent=c", ""},                                                 /* -29.5 left at 30.5: five still hold */
        {"75", "agent=c", ""},                                                 /* 0 left at 60 */
        {"75.000000001", "agent=c", ""},                                       /* 5 left at 65 */
        {"80", "agent=c", ""},                                                 /* 10 and 10 left at 70, but 80 is not past 70 + 10 */
        {"80.5", "agent=c", "resolved a @70 count:1,suppressed:3"},
        {"81", "agent=a status=error", ""},
        {"82", "agent=a status=error", "| suppressed"},                        /* 10 + 300 is not over: it stays quiet */
        {"310", "agent=a status=error", ""},
        {"311", "agent=a status=error", ""},
        {"312", "agent=a status=error", "violation a @312 count:3,suppressed:1"},
        {"-10d", "agent=a status=error", "| late"},
        {"-10d", "agent=d status=error", ""},                                  /* its own clock stands there */
        {"-10d", "agent=d status=error", ""},
        {"-10d", "agent=d status=error", "violation d @-864000 count:3"},
        {"313", "agent=e", "resolved d @-863940 count:0"},                     /* the clock moves: what was due long ago */
        {"4h", "agent=f status=error", "resolved a @370 count:2"},             /* an hour ahead of 12:00, no more */
        {"4h1s", "agent=f status=error", "| no_clock"},
    };
    STORY("more than two errors in a minute", "by: [agent]", "when: status == \"error\"", "window: 60s", "having: count > 2");
}

/* Every event tells: `realert: 0s`, and a condition that always holds and reads all that is asked for. */
#define FIELDS(fields) "fields: {" fields "}", "policies:", "- id: p"

static void test_sums(void)
{
    static const struct row rows[] = {
        {"0", "n=5", "violation - @0 count:1,sum(n):5,avg(n):5.0,min(n):5,max(n):5"},
        {"10", "n=-3", "violation - @10 count:2,sum(n):2,avg(n):1.0,min(n):-3,max(n):5"},
        {"20", "n=9", "violation - @20 count:3,sum(n):11,avg(n):3.6666666666666665,min(n):-3,max(n):9"},
        {"30", "", "violation - @30 count:4,sum(n):11,avg(n):3.6666666666666665,min(n):-3,max(n):9"}, /* counted, no number */
        {"40", "n=text", "violation - @40 count:5,sum(n):11,avg(n):3.6666666666666665,min(n):-3,max(n):9"},
        {"41", "n=null", "violation - @41 count:6,sum(n):11,avg(n):3.6666666666666665,min(n):-3,max(n):9"},
        {"15", "n=1", "violation - @15 count:7,sum(n):12,avg(n):3.0,min(n):-3,max(n):9"},          /* out of order */
        {"100", "n=2", "violation - @100 count:7,sum(n):9,avg(n):2.25,min(n):-3,max(n):9"},        /* 0 has left: (0, 100] */
        {"110", "n=2", "violation - @110 count:7,sum(n):14,avg(n):3.5,min(n):1,max(n):9"},         /* -3 has left */
        {"114.999999999", "n=2", "violation - @114.999999999 count:8,sum(n):16,avg(n):3.2,min(n):1,max(n):9"},
        {"115", "n=2", "violation - @115 count:8,sum(n):17,avg(n):3.4,min(n):2,max(n):9"},         /* 1 has left */
        {"119", "n=-7", "violation - @119 count:9,sum(n):10,avg(n):1.6666666666666667,min(n):-7,max(n):9"},
        {"120", "n=3", "violation - @120 count:9,sum(n):4,avg(n):0.6666666666666666,min(n):-7,max(n):3"}, /* 9 has left */
        {"20", "n=1000", "| late"},
        {"20.000000001", "n=1000", "violation - @20.000000001 count:10,sum(n):1004,avg(n):143.42857142857142,min(n):-7,max(n):1000"},
        {"300", "n=4", "violation - @300 count:1,sum(n):4,avg(n):4.0,min(n):4,max(n):4"},          /* all have left but that */
        {"301", "n=9007199254740993", "violation - @301 count:2,sum(n):9007199254740997,avg(n):4503599627370498.0,min(n):4,max(n):9007199254740993"},
        {"302", "n=9007199254740992", "violation - @302 count:3,sum(n):18014398509481989,avg(n):6004799503160663.0,min(n):4,max(n):9007199254740993"},
        {"450", "n=9223372036854775807",
         "violation - @450 count:1,sum(n):9223372036854775807,avg(n):9.223372036854776e+18,min(n):9223372036854775807,max(n):9223372036854775807"},
        {"451", "n=9223372036854775807",
         "violation - @451 count:2,sum(n):1.8446744073709552e+19,avg(n):9.223372036854776e+18,min(n):9223372036854775807,max(n):9223372036854775807"},
        {"551", "n=1", "violation - @551 count:1,sum(n):1,avg(n):1.0,min(n):1,max(n):1"},          /* and what overflowed is whole again */
        {"700", "", "violation - @700 count:1,sum(n):0"},                                           /* of none there is no least */
    };
    STORY("sums of ints", FIELDS("n: int"), "window: 100s", "realert: 0s", "resolved: false",
          "having: count > 0 || sum(n) > 0 || avg(n) > 0.0 || min(n) > 0 || max(n) > 0");
}

static void test_doubles(void)
{
    static const struct row rows[] = {
        {"0", "agent=a d=0.1", "violation a @0 count:1,sum(d):0.1,max(d):0.1"},
        {"1", "agent=a d=0.2", "violation a @1 count:2,sum(d):0.30000000000000004,max(d):0.2"}, /* summed up exactly, rounded once */
        {"2", "agent=a d=1e15", "violation a @2 count:3,sum(d):1000000000000000.2,max(d):1e+15"},
        {"2", "agent=a d=-1e15", "violation a @2 count:4,sum(d):0.30000000000000004,max(d):1e+15"},
        {"3", "agent=a d=-0.3", "violation a @3 count:5,sum(d):2.7755575615628914e-17,max(d):1e+15"}, /* what is left of 0.1 + 0.2 - 0.3 */
        {"20", "agent=a d=1", "violation a @20 count:1,sum(d):1.0,max(d):1.0"}, /* all gone: nothing of them is left */
        {"21", "agent=a d=2", "violation a @21 count:2,sum(d):3.0,max(d):2.0"},
        {"40", "agent=a d=1e19", "violation a @40 count:1,sum(d):null,max(d):1e+19"}, /* beyond what a sum can hold: infinite, null in JSON */
        {"41", "agent=a d=1", "violation a @41 count:2,sum(d):null,max(d):1e+19"},
        {"50.5", "agent=a d=3", "violation a @50.5 count:2,sum(d):4.0,max(d):3.0"},
        {"60", "agent=b d=-2.5", "violation b @60 count:1,sum(d):-2.5,max(d):-2.5"},
        {"60", "agent=b d=-0.0", "violation b @60 count:2,sum(d):-2.5,max(d):-0.0"},
        {"60", "agent=b d=-1.25", "violation b @60 count:3,sum(d):-3.75,max(d):-0.0"},
        {"70", "agent=b d=1", "violation b @70 count:1,sum(d):1.0,max(d):1.0"},
        {"100", "agent=c d=4e18", "violation c @100 count:1,sum(d):4e+18,max(d):4e+18"},
        {"101", "agent=c d=4e18", "violation c @101 count:2,sum(d):8e+18,max(d):4e+18"},
        {"102", "agent=c d=4e18", "violation c @102 count:3,sum(d):1.2e+19,max(d):4e+18"},
        {"103", "agent=c d=-4e18", "violation c @103 count:4,sum(d):8e+18,max(d):4e+18"},
        {"104", "agent=c d=0.5", "violation c @104 count:5,sum(d):8e+18,max(d):4e+18"},
        {"113", "agent=c d=0.25", "violation c @113 count:2,sum(d):0.75,max(d):0.5"},
        {"200", "agent=d d=1e-7", "violation d @200 count:1,sum(d):1e-07,max(d):1e-07"}, /* small as they are */
        {"201", "agent=d d=-1e-7", "violation d @201 count:2,sum(d):0.0,max(d):1e-07"},
        {"202", "agent=d d=123456789.1", "violation d @202 count:3,sum(d):123456789.1,max(d):123456789.1"},
    };
    STORY("sums of doubles", FIELDS("d: double"),
          "by: [agent]", "window: 10s", "realert: 0s", "resolved: false", "having: count > 0 || sum(d) > 0.0 || max(d) > 0.0");
}

static void test_prev(void)
{
    static const struct row rows[] = {
        {"0", "n=1", "violation - @0 count:1,prev.count:0,sum(n):1,prev.sum(n):0"},
        {"5", "n=2", "violation - @5 count:2,prev.count:0,sum(n):3,prev.sum(n):0"},
        {"10", "n=4", "violation - @10 count:2,prev.count:1,sum(n):6,prev.sum(n):1,prev.max(n):1,prev.first(n):1,prev.last(n):1"},
        {"15", "n=8", "violation - @15 count:2,prev.count:2,sum(n):12,prev.sum(n):3,prev.max(n):2,prev.first(n):1,prev.last(n):2"},
        {"21", "n=16", "violation - @21 count:2,prev.count:2,sum(n):24,prev.sum(n):6,prev.max(n):4,prev.first(n):2,prev.last(n):4"},
        {"12", "n=1", "violation - @12 count:3,prev.count:2,sum(n):25,prev.sum(n):6,prev.max(n):4,prev.first(n):2,prev.last(n):4"},
        {"11", "n=1", "| late"},                             /* it belongs to the window before: too late for this one */
        {"31", "n=1", "violation - @31 count:1,prev.count:3,sum(n):1,prev.sum(n):25,prev.max(n):16,prev.first(n):1,prev.last(n):16"},
        {"31", "n=2", "violation - @31 count:2,prev.count:3,sum(n):3,prev.sum(n):25,prev.max(n):16,prev.first(n):1,prev.last(n):16"},
        {"32", "n=1", "violation - @32 count:3,prev.count:2,sum(n):4,prev.sum(n):24,prev.max(n):16,prev.first(n):8,prev.last(n):16"},
        {"41", "n=1", "violation - @41 count:2,prev.count:2,sum(n):2,prev.sum(n):3,prev.max(n):2,prev.first(n):1,prev.last(n):2"},
        {"41.5", "", "violation - @41.5 count:3,prev.count:2,sum(n):2,prev.sum(n):3,prev.max(n):2,prev.first(n):1,prev.last(n):2"},
        {"51", "n=3", "violation - @51 count:2,prev.count:2,sum(n):3,prev.sum(n):2,prev.max(n):1,prev.first(n):1,prev.last(n):1"},
        {"51.5", "n=3", "violation - @51.5 count:2,prev.count:3,sum(n):6,prev.sum(n):2,prev.max(n):1,prev.first(n):1,prev.last(n):1"},
        {"52", "n=5", "violation - @52 count:3,prev.count:2,sum(n):11,prev.sum(n):1,prev.max(n):1,prev.first(n):1,prev.last(n):1"},
        {"61.6", "n=6", "violation - @61.6 count:2,prev.count:2,sum(n):11,prev.sum(n):6,prev.max(n):3,prev.first(n):3,prev.last(n):3"},
        {"500", "n=7", "violation - @500 count:1,prev.count:0,sum(n):7,prev.sum(n):0"}, /* both are over */
        {"505", "n=8", "violation - @505 count:2,prev.count:0,sum(n):15,prev.sum(n):0"},
        {"519", "n=9", "violation - @519 count:1,prev.count:2,sum(n):9,prev.sum(n):15,prev.max(n):8,prev.first(n):7,prev.last(n):8"},
        {"520", "n=10", "violation - @520 count:2,prev.count:1,sum(n):19,prev.sum(n):8,prev.max(n):8,prev.first(n):8,prev.last(n):8"},
        {"525", "n=11", "violation - @525 count:3,prev.count:0,sum(n):30,prev.sum(n):0"},
    };
    STORY("the window before", FIELDS("n: int"), "window: 10s", "realert: 0s", "resolved: false",
          "having: count > 0 || prev.count > 0 || sum(n) > 0 || prev.sum(n) > 0 || prev.max(n) > 0 || prev.first(n) > 0 || prev.last(n) > 0");
}

static void test_order(void)
{
    static const struct row rows[] = { /* of k numbers the p-th percentile is the one of rank ceil(k p / 100) */
        {"0", "d=50", "violation - @0 count:1,p1(d):50.0,p50(d):50.0,p90(d):50.0,p99(d):50.0"},
        {"1", "d=10", "violation - @1 count:2,p1(d):10.0,p50(d):10.0,p90(d):50.0,p99(d):50.0"},
        {"2", "d=30", "violation - @2 count:3,p1(d):10.0,p50(d):30.0,p90(d):50.0,p99(d):50.0"},
        {"3", "d=20", "violation - @3 count:4,p1(d):10.0,p50(d):20.0,p90(d):50.0,p99(d):50.0"},
        {"4", "d=40", "violation - @4 count:5,p1(d):10.0,p50(d):30.0,p90(d):50.0,p99(d):50.0"},
        {"5", "d=90", "violation - @5 count:6,p1(d):10.0,p50(d):30.0,p90(d):90.0,p99(d):90.0"},
        {"6", "d=70", "violation - @6 count:7,p1(d):10.0,p50(d):40.0,p90(d):90.0,p99(d):90.0"},
        {"7", "d=60", "violation - @7 count:8,p1(d):10.0,p50(d):40.0,p90(d):90.0,p99(d):90.0"},
        {"8", "d=80", "violation - @8 count:9,p1(d):10.0,p50(d):50.0,p90(d):90.0,p99(d):90.0"},
        {"9", "d=100", "violation - @9 count:10,p1(d):10.0,p50(d):50.0,p90(d):90.0,p99(d):100.0"},
        {"9", "d=100", "violation - @9 count:11,p1(d):10.0,p50(d):60.0,p90(d):100.0,p99(d):100.0"},
        {"9", "", "violation - @9 count:12,p1(d):10.0,p50(d):60.0,p90(d):100.0,p99(d):100.0"},
        {"0.5", "d=-1000", "violation - @0.5 count:13,p1(d):-1000.0,p50(d):50.0,p90(d):100.0,p99(d):100.0"},
        {"100", "d=5", "violation - @100 count:13,p1(d):-1000.0,p50(d):40.0,p90(d):100.0,p99(d):100.0"}, /* 50 has left */
        {"100.5", "d=5.5", "violation - @100.5 count:13,p1(d):5.0,p50(d):40.0,p90(d):100.0,p99(d):100.0"}, /* -1000, too: 12 are left */
        {"0.4", "d=1", "| late"},
        {"108", "d=1e300", "violation - @108 count:6,p1(d):5.0,p50(d):100.0,p90(d):1e+300,p99(d):1e+300"},
        {"109", "d=-1e300", "violation - @109 count:4,p1(d):-1e+300,p50(d):5.0,p90(d):1e+300,p99(d):1e+300"},
        {"109", "d=0", "violation - @109 count:5,p1(d):-1e+300,p50(d):5.0,p90(d):1e+300,p99(d):1e+300"},
        {"300", "", "violation - @300 count:1"},
        {"301", "d=0.125", "violation - @301 count:2,p1(d):0.125,p50(d):0.125,p90(d):0.125,p99(d):0.125"},
    };
    STORY("percentiles", FIELDS("d: double"), "window: 100s", "realert: 0s", "resolved: false",
          "having: count > 0 || p1(d) > 0.0 || p50(d) > 0.0 || p90(d) > 0.0 || p99(d) > 0.0");
}

static void test_others(void)
{
    static const struct row rows[] = {
        {"0", "status=ok tool=A", "violation - @0 count:1,share(status == error):0.0,distinct(tool):1,rate(1m):6.0,first(tool):A,last(tool):A"},
        {"1", "status=error tool=B", "violation - @1 count:2,share(status == error):0.5,distinct(tool):2,rate(1m):12.0,first(tool):A,last(tool):B"},
        {"2", "tool=A", "violation - @2 count:3,share(status == error):0.5,distinct(tool):2,rate(1m):18.0,first(tool):A,last(tool):A"},
        {"3", "status=error",
         "violation - @3 count:4,share(status == error):0.6666666666666666,distinct(tool):2,rate(1m):24.0,first(tool):A,last(tool):A"},
        {"2.5", "status=error tool=C",
         "violation - @2.5 count:5,share(status == error):0.75,distinct(tool):3,rate(1m):30.0,first(tool):A,last(tool):C"},
        {"3", "tool=\"\\u0041\"",
         "violation - @3 count:6,share(status == error):0.75,distinct(tool):3,rate(1m):36.0,first(tool):A,last(tool):A"}, /* A, written otherwise */
        {"10", "tool=D", "violation - @10 count:6,share(status == error):1.0,distinct(tool):4,rate(1m):36.0,first(tool):B,last(tool):D"},
        {"11", "tool=D", "violation - @11 count:6,share(status == error):1.0,distinct(tool):3,rate(1m):36.0,first(tool):A,last(tool):D"},
        {"12.1", "tool=D status=ok",
         "violation - @12.1 count:6,share(status == error):0.6666666666666666,distinct(tool):3,rate(1m):36.0,first(tool):C,last(tool):D"},
        /* no text: absent */
        {"12.2", "tool={\"a\":1,\"b\":2}",
         "violation - @12.2 count:7,share(status == error):0.6666666666666666,distinct(tool):3,rate(1m):42.0,first(tool):C,last(tool):D"},
        {"2", "tool=Z", "| late"},
        {"13", "status=ok", "violation - @13 count:5,share(status == error):0.0,distinct(tool):1,rate(1m):30.0,first(tool):D,last(tool):D"},
        {"30", "status=ok", "violation - @30 count:1,share(status == error):0.0,distinct(tool):0,rate(1m):6.0"},
        {"31", "", "violation - @31 count:2,share(status == error):0.0,distinct(tool):0,rate(1m):12.0"},
        {"45", "", "violation - @45 count:1,distinct(tool):0,rate(1m):6.0"}, /* of none there is no share */
        {"46", "tool=M", "violation - @46 count:2,distinct(tool):1,rate(1m):12.0,first(tool):M,last(tool):M"},
        {"45", "tool=N", "violation - @45 count:3,distinct(tool):2,rate(1m):18.0,first(tool):N,last(tool):M"},   /* ties: in the order of arrival */
        {"46", "tool=O", "violation - @46 count:4,distinct(tool):3,rate(1m):24.0,first(tool):N,last(tool):O"},
        {"45.5", "tool=P", "violation - @45.5 count:5,distinct(tool):4,rate(1m):30.0,first(tool):N,last(tool):O"},
        {"55", "", "violation - @55 count:4,distinct(tool):3,rate(1m):24.0,first(tool):P,last(tool):O"},
        {"56", "", "violation - @56 count:2,distinct(tool):0,rate(1m):12.0"},
    };
    STORY("shares, distinct values, rates, ends", "window: 10s", "realert: 0s", "resolved: false",
          "having: count > 0 || share(status == \"error\") > 0.0 || distinct(tool) > 0 || rate(\"1m\") > 0.0 || first(tool) == \"\" || last(tool) == \"\"");
}

/* What a timer looked at has not happened: an event from before that finds what it would have found. */
static void test_timers(void)
{
    static const struct row rows[] = {
        {"0", "agent=a n=1", ""},
        {"1", "agent=a n=2", "violation a @1 count:2,sum(n):3"},
        {"2", "agent=a n=4", "violation a @2 count:3,sum(n):7"},
        {"71.5", "-", "resolved a @61 count:1,sum(n):4"},
        {"30", "agent=a n=8", "violation a @30 count:4,sum(n):15"},   /* the clock of a was at 2 */
        {"30", "agent=a n=16", "violation a @30 count:5,sum(n):31"},  /* a tie */
        {"71.6", "-", ""},
        {"72.1", "-", ""},                                            /* at 62 two are left */
        {"61", "agent=a n=32", "violation a @61 count:4,sum(n):60"},  /* before what was looked at, and behind the clock */
        {"60.5", "agent=a n=64", "violation a @60.5 count:5,sum(n):124"},
        {"1", "agent=a n=99", "| late"},
        {"1.5", "agent=a n=128", "violation a @1.5 count:6,sum(n):252"},
        {"90", "-", ""},
        {"100.5", "-", ""},
        {"131.5", "-", "resolved a @120.5 count:1,sum(n):32"},
        {"120", "agent=a n=256", "violation a @120 count:3,sum(n):352"},
        {"121", "agent=a n=512", "resolved a @121 count:1,sum(n):256; violation a @121 count:2,sum(n):768"},
        {"300", "-", "resolved a @180 count:1,sum(n):512"},
        {"300", "agent=b n=1", ""},
        {"299", "agent=b n=2", "violation b @299 count:2,sum(n):3"},
        {"200", "agent=a n=1", ""},
        {"400", "-", "resolved b @359 count:1,sum(n):1"},
    };
    STORY("timers look, the clock stays", FIELDS("n: int"), "by: [agent]", "window: 60s", "realert: 0s", "having: count > 1 && sum(n) > 0");
}

static void test_calendar_timers(void)
{
    static const struct row rows[] = {
        {"2026-11-02T09:10:00Z", "n=1", ""},
        {"2026-11-02T09:20:00Z", "n=2", "violation - @2026-11-02T09:20:00Z count:2,prev.count:0,sum(n):3,prev.sum(n):0"},
        {"2026-11-02T10:00:11Z", "-", "resolved - @2026-11-02T10:00:00Z count:0,prev.count:2,sum(n):0,prev.sum(n):3"},
        {"2026-11-02T09:59:00Z", "n=4", "violation - @2026-11-02T09:59:00Z count:3,prev.count:0,sum(n):7,prev.sum(n):0"}, /* late: its hour is not over */
        {"2026-11-02T09:15:00Z", "n=8", "resolved - @2026-11-02T10:00:00.000000001Z count:0,prev.count:3,sum(n):0,prev.sum(n):7; "
                                        "violation - @2026-11-02T09:15:00Z count:4,prev.count:0,sum(n):15,prev.sum(n):0"},
        {"2026-11-02T10:00:12Z", "-", "resolved - @2026-11-02T10:00:00.000000002Z count:0,prev.count:4,sum(n):0,prev.sum(n):15"},
        {"2026-11-02T10:01:00Z", "n=16", ""},
        {"2026-11-02T09:59:59Z", "n=32", "| late"},
        {"2026-11-02T10:02:00Z", "n=64", "violation - @2026-11-02T10:02:00Z count:2,prev.count:4,sum(n):80,prev.sum(n):15"},
        {"2026-11-02T11:00:11Z", "-", "resolved - @2026-11-02T11:00:00Z count:0,prev.count:2,sum(n):0,prev.sum(n):80"},
    };
    STORY("timers of the calendar", FIELDS("n: int"), "window: hour", "realert: 0s", "having: count > 1 && sum(n) > 0 && prev.sum(n) >= 0");
}

int main(void)
{
    setenv("SV_NOW", "2026-11-02T12:00:00Z", 1);
    make_folder();
    test_sliding();
    test_sums();
    test_doubles();
    test_prev();
    test_order();
    test_others();
    test_timers();
    test_calendar_timers();
    remove_folder();
    return done();
}
