/* SPDX-License-Identifier: ISC */
/* loop in virtual time: c is a call, r a result; the order in which they come is what counts. */
#include "story.h"

#define CALL(agent, tool, args) "type=tool.call agent=" agent " tool=" tool " args=" args
#define RESULT(agent, result) "type=tool.result agent=" agent " result=" result

static void test_same(void)
{
    static const struct row rows[] = {
        {"0", CALL("a", "Bash", "{\"command\":\"ls\"}"), ""},
        {"1", CALL("a", "Bash", "{\"command\":\"ls\"}"), ""},
        {"2", CALL("a", "Bash", "{\"command\":\"ls\"}"), "violation a @2 form:same,count:3,seconds:2.0"},
        {"3", CALL("a", "Bash", "{\"command\":\"ls\"}"), "| suppressed"},
        {"4", CALL("a", "Read", "{\"command\":\"ls\"}"), "resolved a @4 form:same,count:4,seconds:3.0,suppressed:1"},
        {"5", CALL("b", "E", "{\"a\":\"x\\u0041\",\"n\":1}"), ""},
        {"6", CALL("b", "E", "{\"n\":1.0,\"a\":\"xA\"}"), ""},          /* another order, escapes, a whole number */
        {"7", CALL("b", "\"\\u0045\"", "{ \"n\" : 1e0, \"a\": \"\\u0078A\" }"), "violation b @7 form:same,count:3,seconds:2.0"},
        {"8", CALL("b", "E", "{\"a\":\"xA\",\"n\":2}"), "resolved b @8 form:same,count:3,seconds:2.0"},
        {"10", CALL("c", "E", "{\"a\":{\"x\":[1,2],\"y\":null}}"), ""},
        {"11", CALL("c", "E", "{\"a\":{\"y\":null,\"x\":[1,2]}}"), ""},
        {"12", CALL("c", "E", "{\"a\":{\"y\":null,\"x\":[2,1]}}"), ""}, /* a list has an order */
        {"13", CALL("c", "E", "{\"a\":{\"y\":null,\"x\":[2,1]}}"), ""},
        {"14", CALL("c", "E", "{\"a\":{\"x\":[2,1]}}"), ""},             /* null is not nothing */
        {"15", CALL("c", "E", "\"text\""), ""},
        {"16", CALL("c", "E", "\"te\\u0078t\""), ""},
        {"17", CALL("c", "E", "\"text\""), "violation c @17 form:same,count:3,seconds:2.0"},
        {"20", CALL("d", "E", "{\"a\":\"1\"}"), ""},
        {"21", CALL("d", "E", "{\"a\":1}"), ""},                          /* a text is no number */
        {"22", CALL("d", "E", "{\"a\":1}"), ""},
        {"22", RESULT("d", "out"), ""},                                   /* results between them do not matter */
        {"21.5", CALL("d", "E", "{\"a\":1}"), "violation d @21.5 form:same,count:3,seconds:1.0"}, /* nor does an older time */
        {"200", CALL("e", "E", "{}"), "resolved c @77 form:same,count:3,seconds:2.0; "
                                      "resolved d @82 form:same,count:3,seconds:1.0"},
        {"230", CALL("e", "E", "{}"), ""},
        {"261", CALL("e", "E", "{}"), ""},                                /* not within a minute */
        {"262", CALL("e", "E", "{}"), "violation e @262 form:same,count:3,seconds:32.0"}, /* but now */
        {"201", CALL("e", "X", "{}"), "| late"},
        {"-10d", CALL("e", "X", "{}"), "| late"},
        {"263", CALL("e", "X", "{}"), "resolved e @263 form:same,count:3,seconds:32.0"},
        {"", CALL("f", "E", "{}"), ""},                                   /* without time: at the run clock's */
        {"", CALL("f", "E", "{}"), ""},
        {"", CALL("f", "E", "{}"), "violation f form:same,count:3,seconds:0.0"},
        {"264", "type=tool.call tool=E", "| keyless"},
        {"264", "type=message.user agent=f", ""},                         /* no call, no result */
    };
    STORY("three times the same call in a minute", "by: [agent]", "loop: {same: 3, within: 1m}");
}

static void test_no_clock(void)
{
    static const struct row rows[] = {
        {"", CALL("a", "E", "{}"), ""},
        {"", CALL("a", "E", "{}"), "violation a form:same,count:2,seconds:0.0"},
        {"", CALL("a", "E", "{}"), "| suppressed"},                       /* no time passes: it is never told again */
        {"", CALL("a", "F", "{}"), "resolved a form:same,count:3,seconds:0.0,suppressed:1"},
        {"", CALL("a", "F", "{}"), "| suppressed"},
        {"", CALL("b", "F", "{}"), ""},
        {"", CALL("b", "F", "{}"), "violation b form:same,count:2,seconds:0.0"},
        {"0", CALL("b", "F", "{}"), "resolved b @-1793606400 form:same,count:2,seconds:0.0"}, /* an hour behind 1970 */
        {"1", CALL("b", "F", "{}"), "violation b @1 form:same,count:2,seconds:1.0"},
    };
    STORY("without any time", "by: [agent]", "loop: {same: 2}");
}

static void test_cycle(void)
{
    static const struct row rows[] = {
        {"0", CALL("a", "A", "{}"), ""},
        {"1", CALL("a", "B", "{}"), ""},
        {"2", CALL("a", "A", "{}"), ""},
        {"3", CALL("a", "B", "{}"), ""},
        {"4", CALL("a", "A", "{}"), ""},
        {"5", CALL("a", "B", "{}"), "violation a @5 form:cycle,count:3,length:2,seconds:5.0"}, /* A B, three times */
        {"6", CALL("a", "A", "{}"), "| suppressed"},
        {"7", CALL("a", "C", "{}"), "resolved a @7 form:cycle,count:3,length:2,seconds:6.0,suppressed:1"},
        {"10", CALL("b", "A", "{}"), ""},
        {"11", CALL("b", "B", "{}"), ""},
        {"12", CALL("b", "C", "{}"), ""},
        {"13", CALL("b", "A", "{}"), ""},
        {"14", CALL("b", "B", "{}"), ""},
        {"15", CALL("b", "C", "{}"), ""},
        {"16", CALL("b", "A", "{}"), ""},
        {"17", CALL("b", "B", "{}"), ""},
        {"18", CALL("b", "C", "{}"), "violation b @18 form:cycle,count:3,length:3,seconds:8.0"},
        {"20", CALL("c", "A", "{}"), ""},
        {"21", CALL("c", "A", "{}"), ""},
        {"22", CALL("c", "A", "{}"), ""},
        {"23", CALL("c", "A", "{}"), ""},
        {"24", CALL("c", "A", "{}"), ""},
        {"25", CALL("c", "A", "{}"), ""},                                 /* one call is no cycle of several */
        {"26", CALL("c", "B", "{}"), ""},
        {"27", CALL("c", "A", "{}"), ""},
        {"28", CALL("c", "A", "{}"), ""},
        {"29", CALL("c", "B", "{}"), ""},
        {"30", CALL("c", "A", "{}"), ""},
        {"31", CALL("c", "A", "{}"), ""},
        {"32", CALL("c", "B", "{}"), "violation c @32 form:cycle,count:3,length:3,seconds:8.0"}, /* A A B, counted from the end */
        {"40", CALL("d", "A", "{\"n\":1}"), ""},
        {"41", CALL("d", "A", "{\"n\":2}"), ""},
        {"42", CALL("d", "A", "{\"n\":3}"), ""},
        {"43", CALL("d", "A", "{\"n\":4}"), ""},
        {"44", CALL("d", "A", "{\"n\":1}"), ""},
        {"45", CALL("d", "A", "{\"n\":2}"), ""},
        {"46", CALL("d", "A", "{\"n\":3}"), ""},
        {"47", CALL("d", "A", "{\"n\":4}"), ""},                          /* four are longer than what is looked for */
        {"48", CALL("d", "A", "{\"n\":1}"), ""},
        {"49", CALL("d", "A", "{\"n\":2}"), ""},
        {"50", CALL("d", "A", "{\"n\":3}"), ""},
        {"51", CALL("d", "A", "{\"n\":4}"), ""},
    };
    STORY("a cycle of up to three calls", "by: [agent]", "loop: {cycle: 3}");
}

static void test_result(void)
{
    static const struct row rows[] = {
        {"0", CALL("a", "A", "{\"n\":1}"), ""},
        {"1", RESULT("a", "fail"), ""},
        {"2", CALL("a", "A", "{\"n\":2}"), ""},
        {"3", RESULT("a", "fail"), ""},
        {"4", CALL("a", "A", "{\"n\":3}"), ""},
        {"5", RESULT("a", "\"f\\u0061il\""), "violation a @5 form:result,count:3,seconds:4.0"},
        {"6", CALL("a", "A", "{\"n\":4}"), ""},                           /* nothing new before its result */
        {"7", RESULT("a", "fail"), "| suppressed"},
        {"8", RESULT("a", "fine"), "resolved a @8 form:result,count:4,seconds:6.0,suppressed:1"},
        {"10", CALL("b", "A", "{}"), ""},
        {"11", RESULT("b", "same"), ""},
        {"12", CALL("b", "A", "{}"), ""},
        {"13", RESULT("b", "same"), ""},
        {"14", CALL("b", "A", "{}"), ""},
        {"15", RESULT("b", "same"), ""},                                  /* of one and the same call: that is what `same` is for */
        {"16", CALL("b", "A", "{\"n\":1}"), ""},
        {"17", RESULT("b", "same"), "violation b @17 form:result,count:3,seconds:4.0"},
        {"20", CALL("c", "A", "{\"n\":1}"), ""},                          /* three at once, then their results */
        {"20", CALL("c", "A", "{\"n\":2}"), ""},
        {"20", CALL("c", "A", "{\"n\":3}"), ""},
        {"21", RESULT("c", "no"), ""},
        {"21", RESULT("c", "no"), ""},
        {"21", RESULT("c", "no"), "violation c @21 form:result,count:3,seconds:0.0"},
        {"30", CALL("d", "A", "{\"n\":1}"), ""},
        {"31", RESULT("d", "null"), ""},                                  /* nothing to say is no result */
        {"32", CALL("d", "A", "{\"n\":2}"), ""},
        {"33", "type=tool.result agent=d", ""},
        {"34", CALL("d", "A", "{\"n\":3}"), ""},
        {"35", RESULT("d", "null"), ""},
        {"36", RESULT("d", "{\"x\":1,\"y\":2}"), ""},
        {"37", RESULT("d", "{\"y\":2,\"x\":1}"), ""},
        {"38", RESULT("d", "{\"y\":2.0,\"x\":1}"), "violation d @38 form:result,count:3,seconds:2.0"},
        {"40", RESULT("e", "x"), ""},
        {"41", RESULT("e", "x"), ""},
        {"42", RESULT("e", "x"), ""},                                     /* of which calls, nobody knows */
        {"43", CALL("e", "A", "{\"n\":1}"), ""},
        {"44", RESULT("e", "x"), ""},                                     /* one call is known: it cannot differ from another */
    };
    STORY("the same result of different calls", "by: [agent]", "loop: {result: 3}");
}

static void test_allow(void)
{
    static const struct row rows[] = {
        {"0", CALL("a", "wait", "{}"), ""},
        {"1", CALL("a", "wait", "{}"), ""},
        {"2", CALL("a", "wait", "{}"), ""},                               /* polling is allowed */
        {"3", CALL("a", "A", "{}"), ""},
        {"4", CALL("a", "wait", "{}"), ""},
        {"5", CALL("a", "A", "{}"), "violation a @5 form:same,count:2,seconds:2.0"}, /* as if the wait had not been */
        {"6", CALL("a", "wait", "{}"), ""},
        {"7", CALL("a", "A", "{}"), "| suppressed"},
        {"8", CALL("a", "B", "{}"), "resolved a @8 form:same,count:3,seconds:4.0,suppressed:1"},
        {"9", CALL("b", "A", "{}"), ""},
        {"10", CALL("b", "B", "{}"), ""},
        {"11", CALL("b", "A", "{}"), ""},
        {"12", CALL("b", "B", "{}"), "violation b @12 form:cycle,count:2,length:2,seconds:3.0"},
        {"13", CALL("b", "B", "{}"), "| suppressed"},                     /* another form, and the same loop */
        {"14", CALL("b", "wait", "{}"), ""},
        {"3624", "agent=z", "resolved b @3613 form:same,count:2,seconds:1.0,suppressed:1"},
    };
    STORY("but for waiting", "by: [agent]", "loop: {same: 2, cycle: 4, repeat: 2, allow: 'tool == \"wait\"'}");
}

int main(void)
{
    setenv("SV_NOW", "2026-11-02T12:00:00Z", 1);
    make_folder();
    test_same();
    test_no_clock();
    test_cycle();
    test_result();
    test_allow();
    remove_folder();
    return done();
}
