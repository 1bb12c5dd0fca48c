/* SPDX-License-Identifier: ISC */
/* new, and no kind at all but a key, in virtual time. */
#include "story.h"

static void test_new(void)
{
    static const struct row rows[] = {
        {"0", "agent=a tool=Bash", ""},                        /* it learns for an hour */
        {"10", "agent=a tool=Read", ""},
        {"3599.9", "agent=a tool=Edit", ""},
        {"3600", "agent=a tool=Bash", ""},
        {"3600", "agent=a tool=Nc", "violation a @3600 known:3"},
        {"3601", "agent=a tool=Nc", ""},                       /* it is known now */
        {"3602", "agent=a tool=\"N\\u0063\"", ""},
        {"3603", "agent=a tool=nc", "violation a @3603 known:4"},
        {"3604", "agent=b tool=Nc", ""},                       /* another key learns on its own */
        {"3605", "agent=a", ""},                               /* nothing is not new */
        {"3606", "agent=a tool=null", ""},
        {"3607", "agent=a tool=[1]", ""},                      /* no text: absent */
        {"3000", "agent=a tool=Old", ""},                      /* out of order, from the time of learning */
        {"7000", "agent=a tool=Old", ""},
        {"3600.5", "agent=a tool=Late", "violation a @3600.5 known:6"}, /* out of order, from behind it */
        {"-10d", "agent=a tool=Ancient", ""},
        {"7001", "agent=a tool=Ancient", ""},
        {"", "agent=a tool=X", "| no_clock"},
        {"7002", "tool=X", "| keyless"},
        {"7003", "agent=b tool=X", ""},
        {"7204", "agent=b tool=Y", "violation b @7204 known:2"},
        {"7204", "agent=b tool=Z", "violation b @7204 known:3"},
        {"4h1s", "agent=b tool=Q", "| no_clock"},
    };
    STORY("a tool that an agent never used", "by: [agent]", "new: tool", "learn: 1h");
}

static void test_new_of_expression(void)
{
    static const struct row rows[] = {
        {"0", "path=/a/b/c session=1", "violation - @0 known:0 'new place: /a'"}, /* nothing is learned beforehand */
        {"1", "path=/a/x session=1", ""},
        {"2", "path=/b/x session=1", "| suppressed"},
        {"3", "path=/c session=1", "| suppressed"},
        {"4", "path=/d session=1", "| suppressed"},
        {"12", "path=/e session=1", "violation - @12 known:4,suppressed:3 'new place: /e'"},
        {"13", "path=/c session=1", ""},
        {"14", "session=1", ""},
        {"15", "path=relative session=1", "| errors"},         /* what fails is told, and absent */
    };
    STORY("the first part of a path", "new: path.split(\"/\")[1]", "realert: 10s", "on_error: ignore",
          "message: '\"new place: /\" + path.split(\"/\")[1]'");
}

static void test_forgotten(void)
{
    static const struct row rows[] = {
        {"2026-01-01T00:00:00Z", "agent=a tool=A", ""},
        {"2026-01-03T00:00:00Z", "agent=a tool=B", "violation a @2026-01-03T00:00:00Z known:1"},
        {"2026-02-02T00:00:10Z", "agent=b tool=A", ""},         /* thirty days and the lateness: not past yet */
        {"2026-02-02T00:00:10Z", "agent=a tool=B", ""},
        {"2026-02-03T00:00:10Z", "agent=a tool=C", "violation a @2026-02-03T00:00:10Z known:2"},
        {"2026-03-05T00:00:20.5Z", "agent=b tool=A", ""},       /* nobody has met it for thirty days: forgotten */
        {"2026-03-05T00:00:21Z", "agent=a tool=A", ""},         /* it learns anew */
        {"2026-03-06T00:00:21Z", "agent=a tool=B", "violation a @2026-03-06T00:00:21Z known:1"},
    };
    STORY("a month of silence", "by: [agent]", "new: tool", "learn: 1d");
}

static void test_each(void)
{
    static const struct row rows[] = {
        {"0", "agent=a status=error", "violation a @0"},
        {"1", "agent=a status=error", "| suppressed"},
        {"2", "agent=b status=error", "violation b @2"},
        {"3", "agent=a status=error", "| suppressed"},
        {"4", "agent=a status=ok", ""},
        {"299.9", "agent=a status=error", "| suppressed"},
        {"300", "agent=a status=error", "violation a @300 suppressed:3"},
        {"301", "agent=b status=error", "| suppressed"},
        {"302", "agent=b status=error", "violation b @302 suppressed:1"},
        {"10", "agent=a status=error", "| suppressed"},         /* out of order: the last one was told at 300 */
        {"-10d", "agent=a status=error", "| suppressed"},
        {"-10d", "agent=c status=error", "violation c @-864000"},
        {"302", "agent=c status=error", "violation c @302"},
        {"303", "status=error", "| keyless"},
        {"", "agent=a status=error", "| suppressed"},           /* it needs no time: takes the run clock's */
        {"", "agent=d status=error", "violation d"},
        {"", "agent=d status=error", "| suppressed"},
        {"601", "agent=a status=error", "violation a @601 suppressed:3"},
        {"4h1s", "agent=e status=error", "violation e @14401"},  /* ahead of the clock: judged as of the run clock */
        {"4h1s", "agent=e status=error", "| suppressed"},
    };
    STORY("each, told every five minutes", "by: [agent]", "realert: 5m", "when: status == \"error\"");
}

static void test_each_by_key(void)
{
    static const struct row rows[] = {
        {"0", "agent=a n=1", "violation a,1 @0 'a'"},
        {"0", "agent=a n=1", "violation a,1 @0 'a'"},
        {"1", "agent=a n=1.0", "violation a,1.0 @1 'a'"},
        {"1", "agent=a n={\"x\":[1,2]}", "violation a,{x:[1,2]} @1 'a'"},
        {"2", "agent=a n=true", "violation a,true @2 'a'"},
        {"3", "agent=a", "| keyless"},
        {"4", "agent=a n=[]", "violation a,[] @4 'a'"},
    };
    STORY("a key, and nothing else", "policies:", "- id: p", "by: [agent, event.n]", "when: type == \"x\"",
          "message: agent");
}

int main(void)
{
    setenv("SV_NOW", "2026-11-02T12:00:00Z", 1);
    make_folder();
    test_new();
    test_new_of_expression();
    test_forgotten();
    test_each();
    test_each_by_key();
    remove_folder();
    return done();
}
