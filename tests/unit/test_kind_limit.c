/* SPDX-License-Identifier: ISC */
/* limit in virtual time: a bucket of `burst` tokens, one comes back every span / limit. */
#include "story.h"

static void test_limit(void)
{
    static const struct row rows[] = { /* 6 in a minute: one in 10 s, 3 at once */
        {"0", "agent=a", ""},
        {"0", "agent=a", ""},
        {"0", "agent=a", ""},
        {"0", "agent=a", "violation a @0 limit:6,retry_after_s:10.0"},
        {"4", "agent=a", "violation a @4 limit:6,retry_after_s:6.0"},
        {"9.999999999", "agent=a", "violation a @9.999999999 limit:6,retry_after_s:1e-09"},
        {"10", "agent=a", "resolved a @10 limit:6,retry_after_s:10.0"}, /* there was one, and it is gone */
        {"11", "agent=a", "violation a @11 limit:6,retry_after_s:9.0"},
        {"11", "agent=b", ""},                                 /* a bucket of its own */
        {"30", "agent=z", ""},                                 /* a's token is due at 20, told behind 30 */
        {"30.1", "agent=z", "resolved a @20 limit:6,retry_after_s:0.0"},
        {"31", "agent=a", ""},                                 /* 2.1 tokens */
        {"31", "agent=a", ""},                                 /* 1.1 */
        {"31", "agent=a", "violation a @31 limit:6,retry_after_s:9.0"},
        {"100", "agent=a", "resolved a @40 limit:6,retry_after_s:0.0"}, /* full again: 3, not more */
        {"100", "agent=a", ""},
        {"100", "agent=a", ""},
        {"100", "agent=a", "violation a @100 limit:6,retry_after_s:10.0"},
        {"95", "agent=a", "violation a @95 limit:6,retry_after_s:10.0"}, /* out of order: a token of now */
        {"71", "agent=a", "violation a @71 limit:6,retry_after_s:10.0"},
        {"70", "agent=a", "| late"},                           /* a bucket that was empty at 70 is full at 100: it makes no difference */
        {"-10d", "agent=a", "| late"},
        {"", "agent=a", "| no_clock"},
        {"110", "agent=null", "| keyless"},
        {"1000", "agent=a", "resolved a @110 limit:6,retry_after_s:0.0"},
        {"4h1s", "agent=a", "| no_clock"},
    };
    STORY("six in a minute, three at once", "by: [agent]", "limit: 6/1m", "burst: 3");
}

static void test_by_team(void)
{
    static const struct row rows[] = { /* the example of the manual, smaller */
        {"0", "team=standard agent=a", ""},
        {"0", "team=standard agent=b", ""},
        {"0", "team=standard agent=a", "standard: violation standard @0 limit:2,retry_after_s:0.5"},
        {"0", "team=premium agent=a", ""},
        {"0", "team=premium agent=b", ""},
        {"0", "team=premium agent=c", ""},
        {"0", "team=premium agent=d", ""},
        {"0", "team=premium agent=e", "premium: violation premium @0 limit:4,retry_after_s:0.25"},
        {"0.25", "team=premium agent=a", "premium: resolved premium @0.25 limit:4,retry_after_s:0.25"},
        {"0.25", "team=standard agent=c", "standard: violation standard @0.25 limit:2,retry_after_s:0.25"},
        {"0.5", "team=standard agent=c", "standard: resolved standard @0.5 limit:2,retry_after_s:0.5"},
        {"0.5", "team=other agent=c", ""},
        {"0.5", "agent=c", ""},
    };
    STORY("two kinds of customers", "policies:", "- {id: standard, scope: {team: [standard]}, by: [team], limit: 2/s}",
          "- {id: premium, scope: {team: [premium]}, by: [team], limit: 4/1s}");
}

static void test_told_seldom(void)
{
    static const struct row rows[] = {
        {"0", "", ""},
        {"1", "", "violation - @1 limit:1,retry_after_s:9.0"},
        {"2", "", "| suppressed"},
        {"3", "", "| suppressed"},
        {"10", "", ""},                                        /* a token: but it keeps firing for 30 s */
        {"11", "", "| suppressed"},                            /* within the minute of realert */
        {"12", "", "| suppressed"},
        {"20", "", ""},
        {"49", "", ""},                                        /* 20 + 30 is not over */
        {"59", "", ""},
        {"60.5", "", "resolved - @50 limit:1,retry_after_s:10.0,suppressed:4 | suppressed"},
        {"61", "", "violation - @61 limit:1,retry_after_s:8.0,suppressed:1"}, /* the minute is over: 1 + 60 */
        {"200", "", "resolved - @99 limit:1,retry_after_s:0.0"},
    };
    STORY("told seldom", "limit: 1/10s", "realert: 1m", "keep_firing_for: 30s");
}

static void test_big(void)
{
    static const struct row rows[] = {
        {"0", "", ""},
        {"0", "", ""},
        {"0", "", "violation - @0 limit:1,retry_after_s:7200.0"}, /* two at once, then one in two hours */
        {"7199", "", "violation - @7199 limit:1,retry_after_s:1.0"},
        {"-1", "", "violation - @-1 limit:1,retry_after_s:1.0"},
        {"7199.9", "", "violation - @7199.9 limit:1,retry_after_s:0.1"},
    };
    STORY("long spans", "limit: 1/2h", "burst: 2", "resolved: false");
}

/* A timer says that there is a token; the bucket's clock is that of the events. */
static void test_timers(void)
{
    static const struct row rows[] = {
        {"0", "agent=a", ""},
        {"0", "agent=a", ""},
        {"0", "agent=a", ""},
        {"1", "agent=a", "violation a @1 limit:1,retry_after_s:9.0"},
        {"20.5", "-", "resolved a @10 limit:1,retry_after_s:0.0"},
        {"5", "agent=a", "violation a @5 limit:1,retry_after_s:5.0"}, /* late: at 5 there was none */
        {"20.6", "-", "resolved a @10.000000001 limit:1,retry_after_s:0.0"},
        {"9.5", "agent=a", "violation a @9.5 limit:1,retry_after_s:0.5"},
        {"10", "agent=a", "resolved a @10.000000002 limit:1,retry_after_s:0.0"}, /* and takes the one of 10 */
        {"11", "agent=a", "violation a @11 limit:1,retry_after_s:9.0"},
        {"29", "-", ""},
        {"30.1", "-", "resolved a @20 limit:1,retry_after_s:0.0"},
        {"30.2", "agent=a", ""},
        {"30.3", "agent=b", ""},
        {"30.3", "agent=b", ""},
        {"30.3", "agent=b", ""},
        {"30.3", "agent=b", "violation b @30.3 limit:1,retry_after_s:10.0"},
        {"25", "agent=b", "violation b @25 limit:1,retry_after_s:10.0"},
        {"0.3", "agent=b", "| late"},
        {"100", "-", "resolved b @40.3 limit:1,retry_after_s:0.0"},
    };
    STORY("one in ten seconds", "by: [agent]", "limit: 1/10s", "burst: 3");
}

int main(void)
{
    setenv("SV_NOW", "2026-11-02T12:00:00Z", 1);
    make_folder();
    test_limit();
    test_by_team();
    test_told_seldom();
    test_big();
    test_timers();
    remove_folder();
    return done();
}
