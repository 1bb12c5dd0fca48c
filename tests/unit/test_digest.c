/* SPDX-License-Identifier: ISC */
/* What a run found, added up: counts, examples, agents, days, the rows that are kept; and that memory stays bounded. */
#include "run/digest.h"

#include <stdio.h>

#include "base/time.h"
#include "tap.h"

#define DAY (86400 * SV_SECOND_NS)

static struct sv_digest digest;
static const struct sv_policy low = {.id = {"low", 3}, .severity = SV_WARNING}, high = {.id = {"high", 4}, .severity = SV_CRITICAL};

static void add(const struct sv_policy *policy, const char *agent, int64_t ns, const char *what)
{
    const struct sv_hit hit = {.policy = policy == &high,
                               .outcome = SV_VIOLATION,
                               .has_time = ns >= 0,
                               .time_ns = ns,
                               .agent = sv_slice_str(agent),
                               .message = SV_SLICE("message"),
                               .summary = sv_slice_str(what)};
    sv_digest_add(&digest, policy, &hit, sv_slice_str(what));
}

static void test_groups(void)
{
    sv_digest_open(&digest, 2, 0);
    add(&low, "a", 200, "second");
    add(&low, "b", 300, "last");
    add(&low, "a", 100, "first, read late");
    add(&low, "", -1, "without a time");
    const struct sv_digest_group *group = &digest.groups[0];
    is_int(group->count, 4, "counted");
    is_int(group->agents, 2, "agents, each once");
    ok(group->has_time && group->first_ns == 100 && group->last_ns == 300, "first and last");
    is_slice(sv_buf_slice(&group->example), SV_SLICE("last"), "the example is the last one's");
    is_slice(sv_buf_slice(&group->at), SV_SLICE("last"), "and so is its place");
    struct sv_hit error = {.policy = 0, .outcome = SV_OUTCOME_ERROR, .message = SV_SLICE("no such field"), .summary = SV_SLICE("ls")};
    sv_digest_add(&digest, &low, &error, SV_SLICE("f:1"));
    is_int(digest.errors, 1, "an error is counted");
    is_int(digest.count, 4, "apart from violations");
    is_slice(sv_buf_slice(&digest.groups[2].example), SV_SLICE("no such field"), "its example says what failed");
    error.outcome = SV_PASS;
    sv_digest_add(&digest, &low, &error, SV_SLICE("f:1"));
    is_int(digest.count + digest.errors, 5, "what passed is nothing");
    ok(digest.rows[SV_WARNING].first == NULL && digest.agents.count == 0 && digest.day_count == 0, "without rows nothing else is kept");
    sv_digest_free(&digest);
}

static void test_pairs(void)
{
    char agent[16];
    sv_digest_open(&digest, 2, 0);
    for (int i = 0; i < SV_DIGEST_PAIRS_MAX; i++) {
        snprintf(agent, sizeof agent, "a%d", i);
        add(&low, agent, 1, "x");
    }
    is_int(digest.groups[0].agents, SV_DIGEST_PAIRS_MAX, "as many agents as are told apart");
    ok(!digest.groups[0].more_agents, "these are all");
    add(&high, "a1", 1, "x");
    ok(digest.groups[1].more_agents && digest.groups[1].agents == 0, "one more is more than is known");
    sv_digest_free(&digest);
}

static void test_rows(void)
{
    char text[SV_DIGEST_TEXT_MAX + 10];
    sv_digest_open(&digest, 2, 3);
    add(&high, "a", 1, "h1");
    for (int i = 0; i < 5; i++)
        add(&low, "a", i, (const char *[]){"l0", "l1", "l2", "l3", "l4"}[i]);
    is_int(digest.kept, 3, "as many rows as asked for");
    is_int(digest.left_out, 3, "the others are counted");
    is_slice(digest.rows[SV_CRITICAL].first->what, SV_SLICE("h1"), "the severe one stays");
    is_slice(digest.rows[SV_WARNING].first->what, SV_SLICE("l3"), "of the others the latest");
    is_slice(digest.rows[SV_WARNING].last->what, SV_SLICE("l4"), "in order");
    for (int i = 0; i < 3; i++)
        add(&high, "a", i, "h");
    ok(digest.rows[SV_WARNING].first == NULL && digest.rows[SV_WARNING].last == NULL, "severe ones push them all out");
    add(&low, "a", 1, "late");
    ok(digest.rows[SV_WARNING].first == NULL, "and let none in");
    is_int(digest.left_out, 7, "all counted");
    memset(text, 'x', sizeof text);
    memcpy(text + SV_DIGEST_TEXT_MAX - 2, "\xE4\xBD\xA0", 3);
    text[sizeof text - 1] = '\0';
    add(&high, text, 1, text);
    is_int(digest.rows[SV_CRITICAL].last->what.len, SV_DIGEST_TEXT_MAX - 2, "a long text ends with a whole character");
    sv_digest_free(&digest);
}

static void test_agents(void)
{
    char agent[16];
    sv_digest_open(&digest, 2, 1);
    add(&low, "a", 1, "x");
    add(&high, "a", 1, "x");
    add(&low, "", 1, "x");
    const struct sv_digest_agent *counts = digest.agents.items[0].pointer;
    ok(digest.agents.count == 1 && counts->counts[SV_WARNING] == 1 && counts->counts[SV_CRITICAL] == 1, "by agent and severity");
    is_int(digest.nameless.counts[SV_WARNING], 1, "without an agent");
    for (int i = 1; i < SV_DIGEST_AGENTS_MAX; i++) {
        snprintf(agent, sizeof agent, "a%d", i);
        add(&low, agent, 1, "x");
    }
    is_int(digest.agents.count, SV_DIGEST_AGENTS_MAX, "agents with counts of their own");
    is_int(digest.others.counts[SV_WARNING], 0, "these are all");
    add(&low, "one more", 1, "x");
    is_int(digest.agents.count, SV_DIGEST_AGENTS_MAX, "one more is not told apart");
    is_int(digest.others.counts[SV_WARNING], 1, "but counted");
    sv_digest_free(&digest);
}

static struct sv_buf seen;

static void put_span(void *context, struct sv_slice label, const struct sv_digest_agent *counts)
{
    (void)context;
    sv_buf_add(&seen, label);
    sv_buf_char(&seen, '=');
    for (int s = 0; s < SV_DIGEST_SEVERITIES; s++)
        sv_buf_uint(&seen, counts->counts[s]);
    sv_buf_char(&seen, ' ');
}

static void days_are(size_t most, const char *unit, const char *want)
{
    sv_buf_clear(&seen);
    const char *got = sv_digest_days(&digest, most, put_span, NULL);
    is_str(got, unit, "spans of a %s", unit);
    is_slice(sv_buf_slice(&seen), sv_slice_str(want), "%s", want);
}

static void test_days(void)
{
    const int64_t sunday = sv_time_days(2026, 11, 15) * DAY;
    sv_digest_open(&digest, 2, 1);
    add(&low, "a", sunday + DAY, "monday");
    days_are(90, "day", "2026-11-16=0100 ");
    add(&low, "a", sunday, "sunday, read late");
    add(&high, "a", sunday + 3 * DAY - 1, "tuesday, at its very end");
    add(&high, "a", -1, "no time");
    is_int(digest.untimed, 1, "no time, no day");
    days_are(90, "day", "2026-11-15=0100 2026-11-16=0100 2026-11-17=0001 ");
    days_are(3, "day", "2026-11-15=0100 2026-11-16=0100 2026-11-17=0001 ");
    days_are(2, "week", "2026-11-09=0100 2026-11-16=0101 ");
    add(&low, "a", sv_time_days(2026, 12, 31) * DAY, "year's end");
    days_are(4, "month", "2026-11=0201 2026-12=0100 ");
    add(&low, "a", sv_time_days(2028, 2, 29) * DAY, "leap day");
    days_are(15, "year", "2026=0301 2027=0000 2028=0100 ");
    days_are(16, "month",
             "2026-11=0201 2026-12=0100 2027-01=0000 2027-02=0000 2027-03=0000 2027-04=0000 2027-05=0000 2027-06=0000 2027-07=0000 "
             "2027-08=0000 2027-09=0000 2027-10=0000 2027-11=0000 2027-12=0000 2028-01=0000 2028-02=0100 ");
    add(&low, "a", 0, "1970");
    add(&low, "a", INT64_MAX, "2262");
    ok(digest.days[digest.day_start].counts[SV_WARNING] == 1, "the first day there is");
    const struct sv_hit oldest = {.outcome = SV_VIOLATION, .has_time = true, .time_ns = INT64_MIN};
    sv_digest_add(&digest, &low, &oldest, SV_SLICE(""));
    sv_buf_clear(&seen);
    is_str(sv_digest_days(&digest, 1, put_span, NULL), "year", "years are as far as it goes");
    ok(sv_slice_starts(sv_buf_slice(&seen), SV_SLICE("1677=0100 1678=0000 ")), "from the first time there is");
    ok(sv_slice_ends(sv_buf_slice(&seen), SV_SLICE(" 2261=0000 2262=0100 ")), "to the last");
    ok(digest.day_room < 400000, "in an array of days that has an end");
    sv_digest_free(&digest);
}

int main(void)
{
    test_groups();
    test_pairs();
    test_rows();
    test_agents();
    test_days();
    sv_buf_free(&seen);
    return done();
}
