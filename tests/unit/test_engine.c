/* SPDX-License-Identifier: ISC */
/* Engines over one store: what others have changed is taken over, sums stay exact; a store that fails; other policies; many keys. */
#include "measure/random.h"
#include "policy/rule.h"
#include "story.h"

static struct sv_buf out;

static void say(struct story *story, const char *time, const char *event)
{
    story_row(story, &(struct row){time, event, ""}, &out);
}

/* A save that others see. */
static void save_seen(struct story *story)
{
    story_save(story);
    story->kept->writes++;
    story->kept->seen = story->kept->writes; /* not by who wrote it */
}

/* Before another engine is asked: what was written since. */
static void others_wrote(struct story *story)
{
    story->kept->seen = story->kept->writes - 1;
}

/* Two engines over one store. */
static struct memory_store *begin_two(const char *text, struct story *a, struct story *b)
{
    struct memory_store *kept = memory_new();
    story_open(a, text, kept);
    story_open(b, text, kept);
    story_begin(a);
    story_begin(b);
    return kept;
}

static void test_two(void)
{
    struct story a, b;
    struct memory_store *kept = begin_two(POLICY_OF("fields: {n: int, d: double}", "policies:", "- id: p", "by: [agent]", "window: 1h", "realert: 0s",
                                                    "resolved: false", "having: count > 0 && sum(n) >= 0 && sum(d) >= 0.0"),
                                          &a, &b);
    say(&a, "0", "agent=x n=1 d=0.1");
    say(&b, "1", "agent=x n=10 d=0.2");
    say(&b, "1", "agent=y n=5");
    save_seen(&a);
    others_wrote(&b);
    save_seen(&b); /* it finds a's sum, and puts its own events to that */
    others_wrote(&a);
    story_begin(&a);
    say(&a, "2", "agent=x n=100 d=0.3");
    is_str(sv_buf_cstr(&out), "violation x @2 count:3,sum(n):111,sum(d):0.6", "what two have fed is one sum");
    say(&a, "2", "agent=y n=1"); /* a key that a has never seen */
    is_str(sv_buf_cstr(&out), "violation y @2 count:2,sum(n):6,sum(d):0.0", "a key that another has begun is found");
    save_seen(&a);
    others_wrote(&b);
    story_begin(&b);
    say(&b, "0.5", "agent=x n=1000"); /* out of order */
    is_str(sv_buf_cstr(&out), "violation x @0.5 count:4,sum(n):1111,sum(d):0.6", "and so on, in both directions");
    say(&b, "3700", "agent=x n=1");
    is_str(sv_buf_cstr(&out), "violation x @3700 count:1,sum(n):1,sum(d):0.0", "samples of both have their time");
    save_seen(&b);
    story_close(&a);
    story_close(&b);
    memory_free(kept);
}

/* What another has saved makes it due earlier than this one knows. */
static void test_due(void)
{
    struct story a, b;
    struct memory_store *kept = begin_two(POLICY_OF("by: [agent]", "window: 1h", "having: count > 1"), &a, &b);
    say(&a, "0", "agent=x");
    say(&b, "1000", "agent=x");
    save_seen(&a);
    others_wrote(&b);
    save_seen(&b); /* two: it fires, though nobody is told of it any more */
    say(&b, "3611", "-");
    is_str(sv_buf_cstr(&out), "resolved x @3600 count:1", "it is over when the first one leaves");
    story_close(&a);
    story_close(&b);
    memory_free(kept);
}

/* Many batches of several engines, in random turns: in the end the sums are what all events together are. */
static void test_turns(void)
{
    enum { ENGINES = 3, TURNS = 400 };
    const char *text = POLICY_OF("fields: {n: int}", "policies:", "- id: p", "by: [agent]", "window: 1d", "realert: 0s", "resolved: false",
                                 "having: sum(n) >= 0 || max(n) > 0 || first(n) > 0");
    struct memory_store *kept = memory_new();
    struct story stories[ENGINES];
    int64_t sums[5] = {0}, counts[5] = {0}, greatest[5] = {0};
    uint64_t seen[ENGINES] = {0};
    struct sv_random dice;
    sv_random_seed(&dice, 12345);
    char time[20], event[60];
    size_t wrong = 0;
    for (int i = 0; i < ENGINES; i++) {
        story_open(&stories[i], text, kept);
        story_begin(&stories[i]);
    }
    for (int turn = 0; turn < TURNS; turn++) {
        int who = (int)sv_random_below(&dice, ENGINES), agent = (int)sv_random_below(&dice, 5), n = (int)sv_random_below(&dice, 1000) + 1;
        kept->seen = seen[who];
        snprintf(time, sizeof time, "%d", turn + (int)sv_random_below(&dice, 50));
        snprintf(event, sizeof event, "agent=a%d n=%d", agent, n);
        say(&stories[who], time, event);
        sums[agent] += n;
        counts[agent]++;
        greatest[agent] = n > greatest[agent] ? n : greatest[agent];
        if (sv_random_below(&dice, 2) == 0) {
            story_save(&stories[who]);
            kept->writes++;
            seen[who] = kept->seen = kept->writes;
            story_begin(&stories[who]);
        }
    }
    for (int i = 0; i < ENGINES; i++) {
        kept->seen = seen[i];
        story_save(&stories[i]);
        kept->writes++;
        story_close(&stories[i]);
    }
    struct story last;
    story_open(&last, text, kept);
    story_begin(&last);
    for (int agent = 0; agent < 5; agent++) {
        char want[120];
        snprintf(event, sizeof event, "agent=a%d n=0", agent);
        say(&last, "1000", event);
        snprintf(want, sizeof want, "violation a%d @1000 count:%lld,sum(n):%lld,max(n):%lld,first(n):", agent, (long long)counts[agent] + 1,
                 (long long)sums[agent], (long long)greatest[agent]);
        wrong += strncmp(sv_buf_cstr(&out), want, strlen(want)) != 0;
        if (strncmp(sv_buf_cstr(&out), want, strlen(want)) != 0)
            printf("# %s, not %s\n", sv_buf_cstr(&out), want);
    }
    is_int(wrong, 0, "%d events by %d engines, saved in turns: counts and sums are whole", TURNS, ENGINES);
    story_close(&last);
    memory_free(kept);
}

static void test_failing(void)
{
    struct memory_store *kept = memory_new();
    struct sv_error err = {0};
    struct story story;
    story_open(&story, POLICY_OF("by: [agent]", "window: 1h", "having: count > 1"), kept);
    story_begin(&story);
    say(&story, "0", "agent=a");
    story_save(&story);
    kept->fails = true;
    say(&story, "1", "agent=a");
    ok(!sv_engine_save(story.feed.matcher.engine, &err) && strcmp(err.text, "the disk is gone") == 0, "a store that fails: %s", err.text);
    story_close(&story);
    kept->fails = false;
    story_open(&story, POLICY_OF("by: [agent]", "window: 1h", "having: count > 1"), kept);
    kept->fails = true;
    say(&story, "2", "agent=a");
    ok(!sv_engine_good(story.feed.matcher.engine, &err) && story.feed.hits.count == 0, "nothing is told of what could not be read");
    story_close(&story);
    memory_free(kept);
}

/* Other policies: states of the same signature go on. */
static void test_change(void)
{
    static const char one[] = "version: 1\npolicies:\n"
                              "  - {id: a, by: [agent], window: 1h, having: count > 2, realert: 0s, resolved: false}\n"
                              "  - {id: b, by: [agent], window: 1h, having: count > 2, realert: 0s, resolved: false}\n"
                              "  - {id: c, by: [agent], absent: 10s}\n";
    static const char two[] = "version: 1\npolicies:\n"
                              "  - {id: new, by: [agent], window: 1h, having: count > 0, realert: 0s, resolved: false}\n"
                              "  - {id: c, by: [agent], absent: 10s, severity: error}\n"
                              "  - {id: a, by: [agent], window: 2h, having: count > 2, realert: 0s, resolved: false}\n"
                              "  - {id: b, by: [agent], window: 1h, having: count > 1, realert: 0s, resolved: false}\n";
    for (int with_store = 0; with_store < 2; with_store++) {
        struct memory_store *kept = with_store ? memory_new() : NULL;
        struct story story, next;
        story_open(&story, one, kept);
        if (kept != NULL)
            story_begin(&story);
        say(&story, "0", "agent=x");
        if (kept != NULL)
            story_save(&story);
        story_open(&next, two, NULL);
        sv_engine_free(next.feed.matcher.engine);
        next.feed.matcher.engine = story.feed.matcher.engine;
        sv_engine_change(next.feed.matcher.engine, next.loaded.set);
        say(&next, "5", "agent=x");
        is_str(sv_buf_cstr(&out), "new: violation x @5 count:1; b: violation x @5 count:2", "b goes on, a has another window");
        say(&next, "26", "agent=y");
        is_str(sv_buf_cstr(&out), "c: violation x @15 seen:2026-11-02T09:00:05Z,seconds:10; new: violation y @26 count:1", "c goes on, elsewhere");
        if (kept != NULL) {
            next.kept = kept;
            story_save(&next);
        }
        story.feed.matcher.engine = NULL;
        story_close(&story);
        story_close(&next);
        if (kept != NULL)
            memory_free(kept);
    }
}

static void test_many_keys(void)
{
    enum { KEYS = 300000, MAX = 1000 };
    struct story story;
    char event[40];
    size_t told = 0, count = 0;
    story_open(&story, POLICY_OF("by: [agent]", "window: 1m", "having: count > 1", "max_keys: 1000"), NULL);
    for (int i = 0; i < KEYS; i++) { /* in six hours */
        char time[20];
        snprintf(event, sizeof event, "agent=a%d", i);
        snprintf(time, sizeof time, "%.3f", i * 6 * 3600.0 / KEYS);
        say(&story, time, event);
        told += strstr(sv_buf_cstr(&out), "'full: 1000 keys") != NULL;
        count = sv_engine_keys(story.feed.matcher.engine, UINT32_MAX) > count ? sv_engine_keys(story.feed.matcher.engine, UINT32_MAX) : count;
    }
    const struct sv_policy *policy = sv_policies_at(story.loaded.set, 0);
    is_int(told, 0, "833 a minute leave in time");
    is_int(policy->full, 0, "none is left out");
    ok(count > 900 && count <= MAX, "never more than %d are held: %zu", MAX, count);
    story_close(&story);

    story_open(&story, POLICY_OF("by: [agent]", "window: 1d", "having: count > 1", "max_keys: 1000"), NULL);
    for (int i = 0; i < KEYS; i++) {
        char time[20];
        snprintf(event, sizeof event, "agent=a%d", i);
        snprintf(time, sizeof time, "%.3f", i * 5 * 3600.0 / KEYS);
        say(&story, time, event);
        told += strstr(sv_buf_cstr(&out), "'full: 1000 keys") != NULL;
    }
    policy = sv_policies_at(story.loaded.set, 0);
    is_int(told, 4, "it is told once an hour (no more than an hour ahead of 12:00 has a time)");
    is_int(policy->full + policy->no_clock, KEYS - MAX, "and the rest is counted");
    is_int(sv_engine_keys(story.feed.matcher.engine, 0), MAX, "those that it has stay");
    say(&story, "1", "agent=a5");
    is_str(sv_buf_cstr(&out), "violation a5 @1 count:2", "and go on");
    story_close(&story);
}

static void test_long_keys(void)
{
    enum { LONG = 1 << 20 };
    struct story story;
    char *event = malloc(LONG + 100);
    if (event == NULL)
        exit(1);
    story_open(&story, POLICY_OF("by: [agent, event.x]", "window: 1m", "having: count > 1", "realert: 0s"), NULL);
    for (int i = 0; i < 4; i++) { /* they differ in the last byte */
        memcpy(event, "agent=", 6);
        memset(event + 6, 'k', LONG);
        strcpy(event + 6 + LONG, i % 2 == 0 ? "1 x={\"a\":[1,2]}" : "2 x={\"a\":[1,2]}");
        say(&story, "1", event);
        bool fires = strncmp(sv_buf_cstr(&out), "violation kkk", 13) == 0;
        ok(fires == (i >= 2) && out.len < 1200, "a key of a mebibyte: %s (%zu bytes)", fires ? "again" : "new", out.len);
    }
    ok(strstr(sv_buf_cstr(&out), "kkk\xE2\x80\xA6,{a:[1,2]} @1 count:2") != NULL, "it is shown as far as it can be");
    is_int(sv_engine_keys(story.feed.matcher.engine, 0), 2, "two keys");
    story_close(&story);
    free(event);
}

int main(void)
{
    setenv("SV_NOW", "2026-11-02T12:00:00Z", 1);
    make_folder();
    test_two();
    test_due();
    test_turns();
    test_failing();
    test_change();
    test_many_keys();
    test_long_keys();
    remove_folder();
    sv_buf_free(&out);
    return done();
}
