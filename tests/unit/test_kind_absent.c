/* SPDX-License-Identifier: ISC */
/* absent in virtual time: a timer due at d fires when the run clock is past d + lateness, and says d. */
#include "story.h"

static void test_absent(void)
{
    static const struct row rows[] = {
        {"0", "agent=a type=tool.call", ""},
        {"100", "agent=z type=other", ""},
        {"600", "agent=z type=other", ""},                     /* due, but what comes out of order may still say otherwise */
        {"610", "agent=z type=other", ""},
        {"610.000000001", "agent=z type=other", "violation a @600 seen:2026-11-02T09:00:00Z,seconds:600"},
        {"5000", "agent=z type=other", ""},                    /* told once, then forgotten */
        {"5100", "agent=a type=tool.call", ""},                /* until it is seen again */
        {"5100", "agent=b type=tool.call", ""},
        {"5200", "agent=b type=tool.call", ""},
        {"5705", "agent=a type=tool.call", ""},                /* late, but before the clock was past 5700 + 10 */
        {"5809", "agent=b type=tool.call", ""},
        {"6310", "agent=b type=session.end", ""},
        {"6316", "agent=z type=other", "violation a @6305 seen:2026-11-02T10:35:05Z,seconds:600"},
        {"8000", "agent=z type=other", ""},                    /* b's session has ended */
        {"8000", "agent=c type=tool.call", ""},
        {"8010", "agent=c type=session.end", ""},
        {"8005", "agent=c type=tool.call", ""},                /* out of order, from before its end */
        {"8010", "agent=c type=tool.call", ""},
        {"9000", "agent=z type=other", ""},
        {"9000", "agent=d type=tool.call", ""},
        {"8999", "agent=d type=session.end", ""},              /* out of order: it was seen after that */
        {"9001", "agent=e type=session.end", ""},              /* never seen: nothing to wait for */
        {"9000", "agent=B type=tool.call", ""},
        {"9000", "agent=A type=tool.call", ""},
        {"9611", "agent=z type=other", "violation A @9600 seen:2026-11-02T11:30:00Z,seconds:600; "
                                       "violation B @9600 seen:2026-11-02T11:30:00Z,seconds:600; "
                                       "violation d @9600 seen:2026-11-02T11:30:00Z,seconds:600"}, /* by time, then by key */
        {"", "agent=f type=tool.call", "| no_clock"},
        {"9612", "type=tool.call", "| keyless"},
        {"-10d", "agent=g type=tool.call", ""},
        {"9611", "agent=z type=other", "violation g @-863400 seen:2026-10-23T09:00:00Z,seconds:600"}, /* due long ago */
        {"9613", "agent=g type=tool.call", ""},
        {"10000", "agent=h type=tool.call", ""},
        {"10300", "agent=h type=tool.call", "violation g @10213 seen:2026-11-02T11:40:13Z,seconds:600"},
        {"10250", "agent=h type=tool.call", ""},               /* it has been seen later */
        {"10861", "agent=h type=tool.call", ""},
        {"4h1s", "agent=i type=tool.call", "| no_clock"},      /* more than an hour ahead of this machine: nobody's clock goes by it */
        {"4h", "agent=z type=other", "violation h @11461 seen:2026-11-02T12:01:01Z,seconds:600"},
    };
    STORY("silent for ten minutes", "by: [agent]", "absent: 10m", "when: type == \"tool.call\"", "until: type == \"session.end\"");
}

static void test_time_passes(void)
{
    static const struct row rows[] = { /* as --tick lets it: the same lines, earlier */
        {"0", "agent=a team=x", ""},
        {"1", "agent=b team=x", ""},
        {"30", "-", ""},
        {"70", "-", ""},
        {"70.5", "-", "violation x,a @60 seen:2026-11-02T09:00:00Z,seconds:60 'a of x is silent'"},
        {"70.5", "-", ""},
        {"60", "-", ""},                                       /* it never goes back */
        {"71.5", "-", "violation x,b @61 seen:2026-11-02T09:00:01Z,seconds:60 'b of x is silent'"},
        {"80", "agent=a team=x", ""},
        {"81", "agent=a team=y", ""},                          /* another key */
        {"150.5", "agent=c team=y", "violation x,a @140 seen:2026-11-02T09:01:20Z,seconds:60 'a of x is silent'"},
        {"160", "-", "violation y,a @141 seen:2026-11-02T09:01:21Z,seconds:60 'a of y is silent'"},
        {"1h", "-", "violation y,c @210.5 seen:2026-11-02T09:02:30.500Z,seconds:60 'c of y is silent'"},
        {"2h", "-", ""},
        {"100", "agent=d team=x", ""},                         /* from before the clock: due at once, told at the next look at it */
        {"2h", "-", "violation x,d @160 seen:2026-11-02T09:01:40Z,seconds:60 'd of x is silent'"},
        {"7202", "agent=\"e\\\"\\u00e9\" team=x", ""},
        {"7203", "agent=\"e\\\"\xC3\xA9\" team=x", ""},        /* the same, escaped otherwise */
        {"7300", "-", "violation x,e\xC3\xA9 @7263 seen:2026-11-02T11:00:03Z,seconds:60 'e\"\xC3\xA9 of x is silent'"},
    };
    STORY("time passes", "by: [team, agent]", "absent: 60s", "message: agent + \" of \" + team + \" is silent\"");
}

static void test_lateness(void)
{
    static const struct row rows[] = {
        {"0", "agent=a", ""},
        {"10", "agent=z", ""},
        {"10.1", "agent=z", "long: violation a @10 seen:2026-11-02T09:00:00Z,seconds:10"},
        {"20", "agent=z", ""},
        {"70.1", "agent=z",
         "short: violation a @10 seen:2026-11-02T09:00:00Z,seconds:10; long: violation z @30 seen:2026-11-02T09:00:20Z,seconds:10"},
    };
    STORY("each policy has its lateness", "policies:", "- {id: short, by: agent, absent: 10s, lateness: 1m}",
          "- {id: long, by: agent, absent: 10s, lateness: 0s}");
}

int main(void)
{
    setenv("SV_NOW", "2026-11-02T12:00:00Z", 1);
    make_folder();
    test_absent();
    test_time_passes();
    test_lateness();
    remove_folder();
    return done();
}
