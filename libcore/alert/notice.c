/* SPDX-License-Identifier: ISC */
#include "alert/notice.h"

#include "base/time.h"
#include "json/reader.h"
#include "json/writer.h"
#include "policy/evaluation.h"
#include "report/table.h"

enum { TITLE_MAX = 200, MESSAGE_MAX = 500 /* cells */, TEXT_ALERTS = 20 };

const char *sv_group_why_name(enum sv_group_why why)
{
    static const char *const names[] = {[SV_GROUP_NEVER] = "never",       [SV_GROUP_NEW] = "new",
                                        [SV_GROUP_MORE] = "more",         [SV_GROUP_OVER] = "over",
                                        [SV_GROUP_REPEAT] = "repeat",     [SV_GROUP_ESCALATED] = "escalated",
                                        [SV_GROUP_NOTHING_NEW] = "nothing new", [SV_GROUP_MUTED] = "muted",
                                        [SV_GROUP_HIDDEN] = "hidden",     [SV_GROUP_ACKED] = "acknowledged"};
    return names[why];
}

/* What an alert's evaluation says of it; plain texts in the arena. */
enum { T_POLICY, T_SEVERITY, T_ACTION, T_AGENT, T_TEAM, T_SUPERVISOR, T_SESSION, T_TOOL, T_EVENT, T_AT, T_MESSAGE, T_RUNBOOK, TEXTS };
static const char *const text_names[TEXTS] = {"policy",  "severity", "action", "agent", "team",    "supervisor",
                                              "session", "tool",     "event",  "at",    "message", "runbook"};

struct told {
    struct sv_slice texts[TEXTS];
    struct sv_value body;
    enum sv_severity severity;
    const struct sv_group_alert *alert;
};

static void read_alert(struct told *told, const struct sv_group_alert *alert, struct sv_arena *arena)
{
    struct sv_error err = {0};
    *told = (struct told){.alert = alert};
    if (!sv_json_read(alert->body, &told->body, &err))
        told->body = sv_value_of(SV_ABSENT);
    for (size_t i = 0; i < TEXTS; i++) {
        struct sv_value value = sv_json_get(told->body, sv_slice_str(text_names[i]));
        if (value.type == SV_STRING)
            told->texts[i] = sv_value_string(&value, arena);
    }
    if (!sv_severity_find(told->texts[T_SEVERITY], &told->severity))
        told->severity = SV_INFO;
}

static bool is_over(const struct told *told)
{
    return told->alert->ended_ns != 0;
}

/* --- for people --- */

static void put_title(struct sv_buf *out, const struct sv_notice *notice, const struct told *told, size_t count, size_t firing,
                      enum sv_severity severity)
{
    struct sv_buf line = {0};
    if (notice->is_test)
        sv_buf_str(&line, "test, ");
    if (notice->level > 0)
        sv_buf_str(&line, "not acknowledged, ");
    sv_buf_str(&line, firing > 0 ? sv_severity_name(severity) : "resolved");
    sv_buf_char(&line, ':');
    for (size_t i = 0; i < notice->by_count; i++)
        sv_buf_printf(&line, " %.*s", SV_ARG(notice->values[i].len > 0 ? notice->values[i] : SV_SLICE("-")));
    if (count == 1 && told->texts[T_MESSAGE].len > 0)
        sv_buf_printf(&line, ": %.*s", SV_ARG(told->texts[T_MESSAGE]));
    else if (count + notice->more != 1)
        sv_buf_printf(&line, ": %llu alerts", (unsigned long long)(count + notice->more));
    sv_text_fit(out, sv_buf_slice(&line), TITLE_MAX);
    sv_buf_free(&line);
}

static void put_detail(struct sv_buf *out, const char *before, struct sv_slice text)
{
    if (text.len == 0)
        return;
    sv_buf_str(out, before);
    sv_text_fit(out, text, MESSAGE_MAX);
}

/* `error stuck-loop of claude:shop: npm test 6 times in 90 s (6 times since 2026-11-20T14:02:11Z), then lines with more. */
static void put_alert_text(struct sv_buf *out, const struct told *told)
{
    const struct sv_slice *texts = told->texts;
    sv_buf_str(out, is_over(told) ? "resolved" : sv_severity_name(told->severity));
    put_detail(out, " ", texts[T_POLICY]);
    put_detail(out, " of ", texts[T_AGENT]);
    put_detail(out, ": ", texts[T_MESSAGE]);
    sv_buf_printf(out, " (%llu time%s since ", (unsigned long long)told->alert->count, told->alert->count == 1 ? "" : "s");
    sv_time_format(out, told->alert->started_ns / SV_SECOND_NS * SV_SECOND_NS);
    sv_buf_str(out, ")\n");
    if (texts[T_AT].len > 0) {
        put_detail(out, "  at ", texts[T_AT]);
        sv_buf_char(out, '\n');
    }
    if (texts[T_RUNBOOK].len > 0 && !is_over(told)) {
        put_detail(out, "  what to do: ", texts[T_RUNBOOK]);
        sv_buf_char(out, '\n');
    }
}

static void put_text(struct sv_buf *out, const struct sv_notice *notice, const struct told *told, size_t count)
{
    for (size_t i = 0; i < count && i < TEXT_ALERTS; i++)
        put_alert_text(out, &told[i]);
    uint64_t more = notice->more + (count > TEXT_ALERTS ? count - TEXT_ALERTS : 0);
    if (more > 0)
        sv_buf_printf(out, "and %llu more\n", (unsigned long long)more);
    if (notice->group.len > 0 && !notice->is_test)
        sv_buf_printf(out, "sv-alert explain %.*s\n", SV_ARG(notice->group));
}

/* --- as JSON --- */

static void put_member(struct sv_buf *out, const char *key, struct sv_slice text)
{
    sv_json_put_key(out, key);
    sv_json_put_string(out, text);
}

static void put_time(struct sv_buf *out, const char *key, int64_t ns)
{
    sv_json_put_key(out, key);
    if (ns == 0) {
        sv_buf_str(out, "null");
        return;
    }
    sv_buf_char(out, '"');
    sv_time_format(out, ns);
    sv_buf_char(out, '"');
}

static void put_number(struct sv_buf *out, const char *key, uint64_t number)
{
    sv_json_put_key(out, key);
    sv_buf_uint(out, number);
}

static void put_by(struct sv_buf *out, const struct sv_notice *notice)
{
    sv_json_put_key(out, "by");
    sv_buf_char(out, '{');
    for (size_t i = 0; i < notice->by_count; i++) {
        if (i > 0)
            sv_buf_char(out, ',');
        sv_json_put_string(out, notice->by[i]);
        sv_buf_char(out, ':');
        sv_json_put_string(out, notice->values[i]);
    }
    sv_buf_char(out, '}');
}

static void put_alert(struct sv_buf *out, const struct sv_notice *notice, const struct told *told)
{
    const struct sv_group_alert *alert = told->alert;
    struct sv_value values = sv_json_get(told->body, SV_SLICE("values"));
    sv_buf_char(out, '{');
    put_member(out, "id", alert->id);
    put_member(out, "status", is_over(told) ? SV_SLICE("resolved") : SV_SLICE("firing"));
    put_time(out, "started_at", alert->started_ns);
    put_time(out, "last_at", alert->last_ns);
    put_time(out, "ended_at", alert->ended_ns);
    put_number(out, "count", alert->count);
    for (size_t i = 0; i < TEXTS; i++)
        put_member(out, text_names[i], told->texts[i]);
    put_by(out, notice);
    sv_json_put_key(out, "values");
    if (sv_value_is_object(values))
        sv_json_put_value(out, values);
    else
        sv_buf_str(out, "{}");
    sv_buf_char(out, '}');
}

void sv_notice_put(struct sv_buf *out, const struct sv_notice *notice, const struct sv_group_alert *const *alerts, size_t count)
{
    struct sv_arena arena = {0};
    struct sv_buf line = {0};
    struct told *told = sv_calloc(count + 1, sizeof *told);
    size_t firing = 0;
    enum sv_severity severity = SV_INFO, of_all = SV_INFO;
    for (size_t i = 0; i < count; i++) {
        read_alert(&told[i], alerts[i], &arena);
        of_all = told[i].severity > of_all ? told[i].severity : of_all;
        if (is_over(&told[i]))
            continue;
        firing++;
        severity = told[i].severity > severity ? told[i].severity : severity;
    }
    severity = firing > 0 ? severity : of_all;
    sv_buf_str(out, "{\"version\":1");
    put_member(out, "key", notice->key);
    put_member(out, "group", notice->group);
    put_member(out, "receiver", notice->receiver);
    put_member(out, "status", firing > 0 ? SV_SLICE("firing") : SV_SLICE("resolved"));
    put_member(out, "reason", notice->is_test ? SV_SLICE("test") : sv_slice_str(sv_group_why_name(notice->why)));
    put_number(out, "level", notice->level);
    sv_json_put_key(out, "test");
    sv_buf_str(out, notice->is_test ? "true" : "false");
    put_time(out, "time", notice->now_ns);
    put_member(out, "severity", sv_slice_str(sv_severity_name(severity)));
    put_title(&line, notice, told, count, firing, severity);
    put_member(out, "title", sv_buf_slice(&line));
    sv_buf_clear(&line);
    put_text(&line, notice, told, count);
    put_member(out, "text", sv_buf_slice(&line));
    put_by(out, notice);
    put_number(out, "firing", firing);
    put_number(out, "resolved", count - firing);
    put_number(out, "more", notice->more);
    sv_json_put_key(out, "alerts");
    sv_buf_char(out, '[');
    for (size_t i = 0; i < count; i++) {
        if (i > 0)
            sv_buf_char(out, ',');
        put_alert(out, notice, &told[i]);
    }
    sv_buf_str(out, "]}");
    sv_free(told);
    sv_buf_free(&line);
    sv_arena_free(&arena);
}
