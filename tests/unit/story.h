/* SPDX-License-Identifier: ISC */
/* story.h - policies in virtual time: a table says what happens when, and what must come out of it.
 *
 *     static const struct row rows[] = {
 *         // time   event                 what comes out
 *         {"0",     "agent=a status=error", ""},
 *         {"10",    "agent=a status=error", "violation a @10 count:2"},
 *         {"200",   "agent=b",              "resolved a @70 count:1"},
 *     };
 *     STORY("two errors in a minute", "window: 60s", "by: [agent]", "when: status == \"error\"", "having: count > 1");
 *
 * A time is so many seconds behind BASE, or a duration as in a policy ("2d", "-10d"), or a time as RFC 3339 has it; "" is none.
 * An event is words FIELD=VALUE; a value that JSON reads is what it says, all else a text; `type` is x where it is not said. What comes
 * out is told in the order in which it does: outcome, key (- is none), @time, values as NAME:VALUE; then, behind a |, which
 * counters of the policy went up: late, no_clock, keyless, suppressed, full, errors, evicted. An event "-" is none: only time passes.
 *
 * Each story is told four times: with states in memory; with a store, in one batch; with a store, saved and opened anew behind every row; and in
 * batches of three. The last ones must say what the first did, and leave the same states. */
#ifndef STORY_H
#define STORY_H

#include "base/time.h"
#include "json/reader.h"
#include "memory_store.h"
#include "policy_help.h"

#define BASE INT64_C(1793610000000000000) /* 2026-11-02T09:00:00Z, a Monday */

struct row {
    const char *time, *event, *want;
};

static bool story_is_absolute;

static int64_t story_time(const char *text)
{
    int64_t ns = 0;
    double seconds;
    bool minus = text[0] == '-';
    char *end;
    if (strchr(text, 'T') != NULL) {
        if (!sv_time_parse(sv_slice_str(text), &ns))
            printf("# no time: %s\n", text);
        return ns;
    }
    seconds = strtod(text, &end);
    if (*end == '\0')
        return BASE + (int64_t)(seconds * 1e9 + (minus ? -0.5 : 0.5));
    if (!sv_duration_parse(sv_slice_str(text + minus), &ns))
        printf("# no time: %s\n", text);
    return BASE + (minus ? -ns : ns);
}

static void story_put_time(struct sv_buf *out, int64_t ns)
{
    sv_buf_char(out, '@');
    if (story_is_absolute) {
        sv_time_format(out, ns);
        return;
    }
    int64_t rest = ns - BASE, part = rest % SV_SECOND_NS;
    sv_buf_printf(out, "%s%lld", rest < 0 ? "-" : "", (long long)(rest < 0 ? -(rest / SV_SECOND_NS) : rest / SV_SECOND_NS));
    if (part != 0) {
        char digits[16];
        size_t len = (size_t)snprintf(digits, sizeof digits, ".%09lld", (long long)(part < 0 ? -part : part));
        while (digits[len - 1] == '0')
            digits[--len] = '\0';
        sv_buf_str(out, digits);
    }
}

static bool story_is_json(struct sv_slice value)
{
    struct sv_value ignored;
    struct sv_error err = {0};
    return sv_json_read(value, &ignored, &err);
}

/* Words to an event; blanks inside of JSON or quotes part no words. */
static void story_event(struct sv_buf *out, const char *time, const char *words)
{
    sv_buf_clear(out);
    sv_buf_char(out, '{');
    if (time[0] != '\0') {
        sv_buf_str(out, "\"time\":\"");
        sv_time_format(out, story_time(time));
        sv_buf_char(out, '"');
    }
    if (strstr(words, "type=") != words && strstr(words, " type=") == NULL)
        sv_buf_str(out, out->len > 1 ? ",\"type\":\"x\"" : "\"type\":\"x\"");
    while (*words != '\0') {
        size_t name = strcspn(words, "="), len = name + 1;
        for (int depth = 0, quoted = 0; words[len] != '\0' && (words[len] != ' ' || depth > 0 || quoted); len++) {
            quoted ^= words[len] == '"' && words[len - 1] != '\\';
            depth += !quoted && strchr("{[", words[len]) != NULL;
            depth -= !quoted && strchr("}]", words[len]) != NULL;
        }
        struct sv_slice value = sv_slice(words + name + 1, len - name - 1);
        sv_buf_printf(out, "%s\"%.*s\":", out->len > 1 ? "," : "", (int)name, words);
        if (story_is_json(value))
            sv_buf_add(out, value);
        else
            sv_buf_printf(out, "\"%.*s\"", SV_ARG(value));
        words += len + strspn(words + len, " ");
    }
    sv_buf_char(out, '}');
}

/* JSON without what makes it hard to read. */
static void story_put_bare(struct sv_buf *out, struct sv_slice json)
{
    for (size_t i = 1; i + 1 < json.len; i++)
        if (json.data[i] != '"' && json.data[i] != '\\')
            sv_buf_char(out, json.data[i]);
}

struct story {
    struct loaded loaded;
    struct feed feed;
    struct memory_store *kept;
    bool shows_ids, shows_messages;
    struct sv_policy before; /* counters */
};

static void story_put_hit(struct sv_buf *out, struct story *story, const struct sv_hit *hit)
{
    const struct sv_policy *policy = sv_policies_at(story->loaded.set, hit->policy);
    if (out->len > 0)
        sv_buf_str(out, "; ");
    if (story->shows_ids)
        sv_buf_printf(out, "%.*s: ", SV_ARG(policy->id));
    sv_buf_str(out, sv_outcome_name(hit->outcome));
    sv_buf_char(out, ' ');
    if (hit->keys.len > 2)
        story_put_bare(out, hit->keys);
    else
        sv_buf_char(out, '-');
    if (hit->has_time) {
        sv_buf_char(out, ' ');
        story_put_time(out, hit->time_ns);
    }
    if (hit->values.len > 0) {
        sv_buf_char(out, ' ');
        story_put_bare(out, hit->values);
    }
    if (story->shows_messages || hit->outcome == SV_OUTCOME_ERROR)
        sv_buf_printf(out, " '%.*s'", SV_ARG(hit->message));
}

static void story_put_counters(struct sv_buf *out, struct story *story)
{
    struct sv_policy sum = {0};
    for (size_t i = 0; i < sv_policies_count(story->loaded.set); i++) {
        const struct sv_policy *policy = sv_policies_at(story->loaded.set, i);
        sum.late += policy->late;
        sum.no_clock += policy->no_clock;
        sum.keyless += policy->keyless;
        sum.suppressed += policy->suppressed;
        sum.full += policy->full;
        sum.errors += policy->errors;
        sum.evicted += policy->evicted;
    }
    const struct {
        const char *name;
        uint64_t before, now;
    } counters[] = {{"late", story->before.late, sum.late},
                    {"no_clock", story->before.no_clock, sum.no_clock},
                    {"keyless", story->before.keyless, sum.keyless},
                    {"suppressed", story->before.suppressed, sum.suppressed},
                    {"full", story->before.full, sum.full},
                    {"errors", story->before.errors, sum.errors},
                    {"evicted", story->before.evicted, sum.evicted}};
    bool any = false;
    for (size_t i = 0; i < sizeof counters / sizeof *counters; i++) {
        if (counters[i].now == counters[i].before)
            continue;
        sv_buf_str(out, any ? " " : out->len > 0 ? " | " : "| ");
        sv_buf_str(out, counters[i].name);
        if (counters[i].now - counters[i].before > 1)
            sv_buf_printf(out, "*%llu", (unsigned long long)(counters[i].now - counters[i].before));
        any = true;
    }
    story->before = sum;
}

/* What one row says. */
static void story_row(struct story *story, const struct row *row, struct sv_buf *out)
{
    static struct sv_buf json;
    sv_buf_clear(out);
    story_is_absolute = strchr(row->time, 'T') != NULL;
    if (strcmp(row->event, "-") == 0) {
        story->feed.hits.count = 0;
        sv_engine_clock(story->feed.matcher.engine, story_time(row->time), &story->feed.matcher, &story->feed.hits);
    } else {
        story_event(&json, row->time, row->event);
        feed_line(&story->feed, sv_buf_cstr(&json));
    }
    for (size_t i = 0; i < story->feed.hits.count; i++)
        story_put_hit(out, story, &story->feed.hits.items[i]);
    story_put_counters(out, story);
    sv_arena_reset(&story->feed.batch);
}

static void story_begin(struct story *story)
{
    struct sv_error err = {0};
    if (!sv_engine_begin(story->feed.matcher.engine, &err))
        printf("# begin: %s\n", err.text);
}

static void story_save(struct story *story)
{
    struct sv_error err = {0};
    if (!sv_engine_good(story->feed.matcher.engine, &err) || !sv_engine_save(story->feed.matcher.engine, &err))
        printf("# save: %s\n", err.text);
    sv_engine_saved(story->feed.matcher.engine);
}

static void story_open(struct story *story, const char *text, struct memory_store *kept)
{
    static struct sv_buf why;
    *story = (struct story){.loaded = load_text(text), .kept = kept};
    story->shows_ids = story->loaded.set != NULL && sv_policies_count(story->loaded.set) > 1;
    story->shows_messages = strstr(text, "message:") != NULL;
    if (story->loaded.set == NULL) {
        sv_buf_clear(&why);
        put_findings(&why, &story->loaded.findings);
        printf("Bail out! %s\n", sv_buf_cstr(&why));
        exit(1);
    }
    feed_open(&story->feed, &story->loaded);
    story->feed.matcher.engine = sv_engine_new(story->loaded.set, kept != NULL ? &kept->calls : NULL);
}

static void story_close(struct story *story)
{
    sv_engine_free(story->feed.matcher.engine);
    feed_close(&story->feed);
    unload(&story->loaded);
}

/* With a store, saved behind each `every`-th row (0: at the end), and then opened anew if asked. How many rows said something else. */
__attribute__((unused)) static size_t story_retell(const char *name, const char *text, const struct row *rows, size_t count, size_t every, bool anew,
                           struct sv_buf *states)
{
    static struct sv_buf out;
    struct memory_store *kept = memory_new();
    struct story story;
    size_t wrong = 0;
    story_open(&story, text, kept);
    for (size_t i = 0; i < count; i++) {
        if (i == 0 || (every > 0 && i % every == 0))
            story_begin(&story);
        story_row(&story, &rows[i], &out);
        if (strcmp(sv_buf_cstr(&out), rows[i].want) != 0) {
            if (wrong++ == 0)
                printf("# %s, saved %s%s: row %zu (%s) says \"%s\"\n", name, every == 1 ? "behind each row" : every > 0 ? "now and then" : "at the end",
                       anew ? " and opened anew" : "", i + 1, rows[i].time, sv_buf_cstr(&out));
        }
        if (i + 1 == count || (every > 0 && (i + 1) % every == 0))
            story_save(&story);
        if (anew && every > 0 && (i + 1) % every == 0) {
            sv_engine_free(story.feed.matcher.engine);
            story.feed.matcher.engine = sv_engine_new(story.loaded.set, &kept->calls);
        }
    }
    memory_image(kept, states);
    story_close(&story);
    memory_free(kept);
    return wrong;
}

__attribute__((unused)) static void tell_story(const char *name, const char *text, const struct row *rows, size_t count)
{
    static struct sv_buf out, once, other;
    struct story story;
    story_open(&story, text, NULL);
    for (size_t i = 0; i < count; i++) {
        story_row(&story, &rows[i], &out);
        is_str(sv_buf_cstr(&out), rows[i].want, "%s: %s at %s", name, rows[i].event, rows[i].time);
    }
    story_close(&story);
    is_int(story_retell(name, text, rows, count, 0, false, &once), 0, "%s, with a store", name);
    is_int(story_retell(name, text, rows, count, 1, true, &other), 0, "%s, cut behind each row", name);
    is_str(sv_buf_cstr(&other), sv_buf_cstr(&once), "%s, cut behind each row: the same states are left", name);
    is_int(story_retell(name, text, rows, count, 3, false, &other), 0, "%s, in batches of three", name);
    is_str(sv_buf_cstr(&other), sv_buf_cstr(&once), "%s, in batches of three: the same states are left", name);
}

/* One policy with these lines below its id. What comes before a line "policies:" is the file's own; there may be several, each
 * beginning with "- id: NAME". */
__attribute__((unused)) static const char *story_policy(const char *const *lines, size_t count)
{
    static struct sv_buf text;
    bool is_below = true;
    for (size_t i = 0; i < count; i++)
        is_below &= strcmp(lines[i], "policies:") != 0;
    sv_buf_clear(&text);
    sv_buf_str(&text, is_below ? "version: 1\npolicies:\n  - id: p\n" : "version: 1\n");
    for (size_t i = 0; i < count; i++) {
        sv_buf_printf(&text, "%s%s\n", !is_below ? "" : strncmp(lines[i], "- ", 2) == 0 ? "  " : "    ", lines[i]);
        is_below |= strcmp(lines[i], "policies:") == 0;
    }
    return sv_buf_cstr(&text);
}

#define POLICY_OF(...) story_policy((const char *const[]){__VA_ARGS__}, sizeof((const char *const[]){__VA_ARGS__}) / sizeof(char *))
#define STORY(name, ...) tell_story(name, POLICY_OF(__VA_ARGS__), rows, sizeof rows / sizeof *rows)

#endif
