/* SPDX-License-Identifier: ISC */
/* sequence in virtual time. */
#include "story.h"

static void test_not_between(void)
{
    static const struct row rows[] = {
        {"0", "agent=a tool=W id=e1", ""},
        {"10", "agent=a tool=D id=e2", "violation a @10 events:[e1,e2],seconds:10.0"},
        {"11", "agent=a tool=D id=e3", ""},                     /* what served a match serves no other */
        {"20", "agent=a tool=W id=e4", ""},
        {"25", "agent=a tool=T id=e5", ""},                     /* tested: broken */
        {"30", "agent=a tool=D id=e6", ""},
        {"40", "agent=a tool=W id=e7", ""},
        {"50", "agent=a tool=W id=e8", "| evicted"},                     /* it can do all that 7 can, and longer */
        {"101", "agent=a tool=D id=e9", "violation a @101 events:[e8,e9],seconds:51.0"},
        {"200", "agent=a tool=W id=e10", ""},
        {"260", "agent=a tool=D id=e11", "violation a @260 events:[e10,e11],seconds:60.0"}, /* just within */
        {"300", "agent=a tool=W id=e12", ""},
        {"360.000000001", "agent=a tool=D id=e13", ""},         /* just not */
        {"400", "agent=a tool=W id=e14", ""},
        {"400", "agent=a tool=D id=e15", "violation a @400 events:[e14,e15],seconds:0.0"}, /* a tie: as they come */
        {"500", "agent=a tool=D id=e16", ""},
        {"500", "agent=a tool=W id=e17", ""},
        {"499", "agent=a tool=D id=e18", "| late"},             /* it came before what it should follow */
        {"501", "agent=b tool=D id=e19", ""},
        {"502", "agent=a tool=D id=e20", "violation a @502 events:[e17,e20],seconds:2.0"},
        {"600", "agent=a tool=W id=e21", ""},
        {"599", "agent=a tool=T id=e22", "| late"},             /* a test before it was written tests nothing */
        {"601", "agent=a tool=D id=e23", "violation a @601 events:[e21,e23],seconds:1.0"},
        {"700", "agent=a tool=W id=e24", ""},
        {"705", "agent=b tool=T id=e25", ""},                   /* somebody else's */
        {"702", "agent=a tool=D id=e26", "violation a @702 events:[e24,e26],seconds:2.0"}, /* out of order, behind what it follows */
        {"", "agent=c tool=W id=e27", ""},                      /* without time: in the order in which they come */
        {"", "agent=c tool=D id=e28", "violation c events:[e27,e28],seconds:0.0"},
        {"", "tool=W id=e29", "| keyless"},
        {"-10d", "agent=a tool=W id=e30", ""},
        {"-10d", "agent=a tool=D id=e31", "violation a @-864000 events:[e30,e31],seconds:0.0"}, /* nothing waited that it could disturb */
        {"800", "agent=a tool=W id=e32", ""},
        {"-10d", "agent=a tool=D id=e33", "| late"},
        {"801", "agent=a tool=x id=e34", ""},
    };
    STORY("deployed without a test", "by: [agent]", "within: 60s",
          "sequence: [{when: tool == \"W\"}, {not: tool == \"T\"}, {when: tool == \"D\"}]");
}

static void test_same_steps(void)
{
    static const struct row rows[] = {
        {"0", "tool=A id=e1", ""},
        {"50", "tool=A id=e2", ""},
        {"70", "tool=A id=e3", ""},                             /* 1 is too old, but 2 may begin what 3 goes on with */
        {"90", "tool=B id=e4", "violation - @90 events:[e2,e3,e4],seconds:40.0"},
        {"91", "tool=B id=e5", ""},
        {"100", "tool=A id=e6", ""},
        {"101", "tool=B id=e7", ""},                            /* one A does not do */
        {"102", "tool=A id=e8", ""},
        {"103", "tool=A id=e9", "| evicted"},
        {"104", "tool=B id=e10", "violation - @104 events:[e8,e9,e10],seconds:2.0"},
        {"105", "tool=A id=e11", ""},
        {"105", "tool=A id=e12", ""},
        {"105", "tool=B id=e13", "violation - @105 events:[e11,e12,e13],seconds:0.0"},
        {"200", "tool=A id=e14", ""},
        {"210", "tool=A id=e15", ""},
        {"260", "tool=x id=e16", ""},
        {"265", "tool=B id=e17", ""},                           /* 14 is too old for it, and 15 is alone */
        {"268", "tool=A id=e18", ""},
        {"269", "tool=B id=e19", "violation - @269 events:[e15,e18,e19],seconds:59.0"},
        {"400", "tool=A id=e20", ""},
        {"402", "tool=A id=e21", ""},
        {"401", "tool=B id=e22", "| late"},
        {"403", "tool=B id=e23", "violation - @403 events:[e20,e21,e23],seconds:3.0"},
    };
    STORY("twice the same step", "within: 60s", "sequence: [{when: tool == \"A\"}, {when: tool == \"A\"}, {when: tool == \"B\"}]");
}

static void test_not_at_end(void)
{
    static const struct row rows[] = {
        {"0", "agent=a tool=W id=e1", ""},
        {"30", "agent=a tool=W id=e2", "| evicted"},                     /* 1 goes on to wait: else who writes often enough is never told of */
        {"60", "agent=z", ""},
        {"70", "agent=z", ""},                                 /* 60 + 10 has come, but is not past */
        {"70.1", "agent=z", "violation a @60 events:[e1],seconds:0.0"},
        {"101", "agent=z", ""},                                /* 2 lies within what was told */
        {"110", "agent=a tool=W id=e3", ""},
        {"165", "agent=a tool=W id=e4", "| evicted"},
        {"175", "agent=a tool=W id=e5", ""},                    /* behind 170: a beginning of its own */
        {"181", "agent=z", "violation a @170 events:[e3],seconds:0.0"},
        {"200", "agent=a tool=T id=e6", ""},
        {"300", "agent=z", ""},
        {"310", "agent=a tool=W id=e7", ""},
        {"375", "agent=z", ""},
        {"365", "agent=a tool=T id=e8", ""},                    /* out of order, and still in time */
        {"400", "agent=z", ""},
        {"410", "agent=a tool=W id=e9", ""},
        {"470", "agent=a tool=T id=e10", ""},                   /* in the last moment */
        {"490", "agent=z", ""},
        {"500", "agent=a tool=W id=e11", ""},
        {"560.5", "agent=a tool=T id=e12", ""},                 /* behind the last moment */
        {"571", "agent=z", "violation a @560 events:[e11],seconds:0.0"},
        {"600", "agent=a tool=W id=e13", ""},
        {"600", "agent=b tool=W id=e14", ""},
        {"599", "agent=a tool=T id=e15", "| late"},
        {"700", "agent=z", "violation a @660 events:[e13],seconds:0.0; violation b @660 events:[e14],seconds:0.0"}, /* by key */
        {"", "agent=c tool=W id=e16", ""},                      /* takes the clock's 700 */
        {"800", "-", "violation c @760 events:[e16],seconds:0.0"},
    };
    STORY("written and not tested", "by: [agent]", "within: 60s", "sequence: [{when: tool == \"W\"}, {not: tool == \"T\"}]");
}

static void test_pending(void)
{
    static const struct row rows[] = { /* ten seconds each, and 200 until it is told */
        {"0", "tool=W id=e1", ""},
        {"1", "tool=V id=e2", ""},
        {"20", "tool=W id=e3", ""},
        {"21", "tool=V id=e4", ""},
        {"40", "tool=W id=e5", ""},
        {"41", "tool=V id=e6", ""},
        {"55", "tool=W id=e7", ""},
        {"25", "tool=T id=e8", ""},                             /* breaks the second only */
        {"211", "tool=x", "violation - @10 events:[e1,e2],seconds:1.0"},
        {"220", "tool=W id=e9", ""},
        {"251", "tool=x", "violation - @50 events:[e5,e6],seconds:1.0"},
        {"221", "tool=V id=e10", ""},                           /* 9 began behind 50, and was not forgotten with it */
        {"222", "tool=W id=e11", ""},                           /* within what 9 began: nothing of its own */
        {"223", "tool=V id=e12", "| evicted"},
        {"210", "tool=W id=e13", ""},                           /* out of order: 10 follows it, but 10 has come */
        {"431", "tool=x", "violation - @230 events:[e9,e10],seconds:1.0"},
        {"500", "tool=W id=e14", ""},
        {"501", "tool=V id=e15", ""},
        {"502", "tool=T id=e16", ""},
        {"503", "tool=V id=e17", ""},                           /* broken with all that it had */
        {"800", "tool=x", ""},
    };
    STORY("a pair that nothing follows", "lateness: 200s", "within: 10s",
          "sequence: [{when: tool == \"W\"}, {when: tool == \"V\"}, {not: tool == \"T\"}]");
}

static void test_evicted(void)
{
    static const struct row rows[] = {
        {"0", "tool=W id=e1", ""},    {"10", "tool=W id=e2", ""},  {"20", "tool=W id=e3", ""},  {"30", "tool=W id=e4", ""},
        {"40", "tool=W id=e5", ""},   {"50", "tool=W id=e6", ""},  {"60", "tool=W id=e7", ""},  {"70", "tool=W id=e8", ""},
        {"80", "tool=W id=e9", ""},   {"90", "tool=W id=e10", ""}, {"100", "tool=W id=e11", ""}, {"110", "tool=W id=e12", ""},
        {"120", "tool=W id=e13", ""}, {"130", "tool=W id=e14", ""}, {"140", "tool=W id=e15", ""}, {"150", "tool=W id=e16", ""},
        {"160", "tool=W id=e17", "| evicted"},                  /* sixteen wait to be told of, and no more */
        {"161", "tool=W id=e18", "| evicted"},
        {"155", "tool=T id=e19", ""},                           /* breaks the last one, so that there is room */
        {"170", "tool=W id=e20", ""},
        {"1005.5", "tool=x", "violation - @5 events:[e1],seconds:0.0"},
        {"1015.5", "tool=x", "violation - @15 events:[e2],seconds:0.0"},
    };
    STORY("more than a key can have", "lateness: 1000s", "within: 5s", "sequence: [{when: tool == \"W\"}, {not: tool == \"T\"}]");
}

static void test_many_steps(void)
{
    static const struct row rows[] = {
        {"0", "agent=a tool=A id=e1", ""},
        {"1", "agent=a tool=Y id=e2", ""},                      /* not of this place */
        {"2", "agent=a tool=B id=e3", ""},
        {"3", "agent=a tool=X id=e4", ""},                      /* nor this any more */
        {"4", "agent=a tool=C id=e5", "violation a @4 events:[e1,e3,e5],seconds:4.0"},
        {"10", "agent=a tool=A id=e6", ""},
        {"11", "agent=a tool=X id=e7", ""},
        {"12", "agent=a tool=B id=e8", ""},
        {"13", "agent=a tool=C id=e9", ""},
        {"20", "agent=a tool=A id=e10", ""},
        {"21", "agent=a tool=B id=e11", ""},
        {"22", "agent=a tool=Z id=e12", ""},                    /* one of two that break it here */
        {"23", "agent=a tool=C id=e13", ""},
        {"30", "agent=a tool=C id=e14", ""},
        {"31", "agent=a tool=B id=e15", ""},
        {"32", "agent=a tool=A id=e16", ""},                    /* the wrong way round */
        {"33", "agent=a tool=B id=e17", ""},
        {"34", "agent=a tool=A id=e18", ""},
        {"35", "agent=a tool=B id=e19", "| evicted"},
        {"36", "agent=a tool=C id=e20", "violation a @36 events:[e18,e19,e20],seconds:2.0"}, /* the one that began last */
        {"40", "agent=a tool=A id=e21 status=dry", ""},         /* `when` goes for every step */
        {"41", "agent=a tool=B id=e22", ""},
        {"42", "agent=a tool=C id=e23", ""},
        {"50", "agent=a tool=A id=e24", ""},
        {"51", "agent=a tool=X id=e25 status=dry", ""},
        {"52", "agent=a tool=B id=e26", ""},
        {"53", "agent=a tool=C id=e27", "violation a @53 events:[e24,e26,e27],seconds:3.0"},
        {"54", "agent=a id=e28", ""},                           /* a tool that is absent is no step */
    };
    STORY("three steps", "by: [agent]", "within: 1h", "when: status != \"dry\" || !has(event.status)",
          "sequence: [{when: tool == \"A\"}, {not: tool == \"X\"}, {when: tool == \"B\"}, {not: tool == \"Y\"}, {not: tool == \"Z\"}, {when: tool == \"C\"}]");
}

static void test_realert(void)
{
    static const struct row rows[] = {
        {"0", "tool=A id=e1", ""},
        {"1", "tool=B id=e2", "violation - @1 events:[e1,e2],seconds:1.0 'A then B'"},
        {"2", "tool=A id=e3", ""},
        {"3", "tool=B id=e4", "| suppressed"},
        {"4", "tool=A id=e5", ""},
        {"5", "tool=B id=e6", "| suppressed"},
        {"60.9", "tool=A id=e7", ""},
        {"60.95", "tool=B id=e8", "| suppressed"},
        {"61", "tool=A id=e9", ""},
        {"61", "tool=B id=e10", "violation - @61 events:[e9,e10],seconds:0.0,suppressed:3 'A then B'"},
    };
    STORY("told at most once a minute", "within: 10s", "realert: 1m", "message: '\"A then \" + tool'",
          "sequence: [{when: tool == \"A\"}, {when: tool == \"B\"}]");
}

/* An error of what goes for every step is told once an event that is one, as of any condition. */
static void test_error(void)
{
    static const struct row rows[] = {
        {"0", "tool=A id=e1 n=1", ""},
        {"1", "tool=B id=e2 n=0", "error - @1 'division by zero' | errors"},
        {"2", "tool=C id=e3 n=0", ""},                          /* no step: nobody asks */
        {"3", "tool=B id=e4 n=1", "violation - @3 events:[e1,e4],seconds:3.0"},
        {"4", "tool=A id=e5 n=0", "error - @4 'division by zero' | errors"},
        {"5", "tool=B id=e6 n=1", ""},
        {"6", "tool=A id=e7", ""},                              /* absent is no error */
        {"7", "tool=B id=e8 n=1", ""},
    };
    STORY("an error in when", "fields: {n: int}", "policies:", "- id: p", "within: 1h", "when: 1 / n == 1",
          "sequence: [{when: tool == \"A\"}, {when: tool == \"B\"}]");
}

/* What an example lets go was never there. */
static void test_examples(void)
{
    struct loaded loaded = load_text("version: 1\npolicies:\n  - id: p\n    within: 1h\n    sequence: [{when: tool == \"A\"}, {when: tool == \"B\"}]\n"
                                     "    match: [{tool: A, time: \"2026-11-02T09:00:00Z\"}, {tool: A, time: \"2026-11-02T09:00:01Z\"}, "
                                     "{tool: B, time: \"2026-11-02T09:00:02Z\"}]\n");
    if (ok(loaded.set != NULL, "an example in which a partial match is let go"))
        is_int(sv_policies_at(loaded.set, 0)->evicted, 0, "it is not counted");
    unload(&loaded);
}

int main(void)
{
    setenv("SV_NOW", "2026-11-02T12:00:00Z", 1);
    make_folder();
    test_not_between();
    test_same_steps();
    test_not_at_end();
    test_pending();
    test_evicted();
    test_many_steps();
    test_realert();
    test_error();
    test_examples();
    remove_folder();
    return done();
}
