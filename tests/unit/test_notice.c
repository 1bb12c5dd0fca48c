/* SPDX-License-Identifier: ISC */
/* What receivers are told of a group. */
#include "alert/notice.h"
#include "base/time.h"
#include "json/reader.h"
#include "tap.h"

#define T0 (INT64_C(1795168830) * SV_SECOND_NS) /* 2026-11-20T10:00:30Z */

static const struct sv_slice by[] = {{"policy", 6}, {"agent", 5}}, values[] = {{"stuck-loop", 10}, {"claude:shop", 11}};

static struct sv_group_alert alert_of(const char *id, const char *body, int64_t ended_ns)
{
    return (struct sv_group_alert){.id = sv_slice_str(id), .body = sv_slice_str(body), .started_ns = T0 - 60 * SV_SECOND_NS,
                                   .last_ns = T0, .ended_ns = ended_ns, .count = 6};
}

static struct sv_notice head_of(enum sv_group_why why)
{
    return (struct sv_notice){.key = SV_SLICE("k1"), .group = SV_SLICE("4f1c"), .receiver = SV_SLICE("chat"), .by = by, .values = values,
                              .by_count = 2, .why = why, .now_ns = T0};
}

static struct sv_slice text_at(struct sv_value object, const char *key, struct sv_arena *arena)
{
    struct sv_value value = sv_json_get(object, sv_slice_str(key));
    return value.type == SV_STRING ? sv_value_string(&value, arena) : SV_SLICE("(none)");
}

static struct sv_value read_notice(struct sv_buf *out, const struct sv_notice *notice, const struct sv_group_alert *alerts, size_t count)
{
    const struct sv_group_alert *pointers[64];
    struct sv_value value = {0};
    struct sv_error err = {0};
    for (size_t i = 0; i < count; i++)
        pointers[i] = &alerts[i];
    sv_buf_clear(out);
    sv_notice_put(out, notice, pointers, count);
    ok(sv_json_read(sv_buf_slice(out), &value, &err) && memchr(out->data, '\n', out->len) == NULL, "a notice is one line of JSON: %s", err.text);
    return value;
}

#define LOOP "{\"type\":\"evaluation\",\"policy\":\"stuck-loop\",\"severity\":\"error\",\"agent\":\"claude:shop\",\"message\":\"npm test 6 times\"," \
             "\"runbook\":\"stop it\",\"values\":{\"count\":6}}"

static void test_one(void)
{
    struct sv_buf out = {0};
    struct sv_arena arena = {0};
    struct sv_group_alert alert = alert_of("a1", LOOP, 0);
    struct sv_notice head = head_of(SV_GROUP_NEW);
    struct sv_value notice = read_notice(&out, &head, &alert, 1);
    is_slice(sv_buf_slice(&out),
             sv_slice_str("{\"version\":1,\"key\":\"k1\",\"group\":\"4f1c\",\"receiver\":\"chat\",\"status\":\"firing\",\"reason\":\"new\",\"level\":0,"
                          "\"test\":false,\"time\":\"2026-11-20T10:00:30Z\",\"severity\":\"error\","
                          "\"title\":\"error: stuck-loop claude:shop: npm test 6 times\","
                          "\"text\":\"error stuck-loop of claude:shop: npm test 6 times (6 times since 2026-11-20T09:59:30Z)\\n"
                          "  what to do: stop it\\nsv-alert explain 4f1c\\n\","
                          "\"by\":{\"policy\":\"stuck-loop\",\"agent\":\"claude:shop\"},\"firing\":1,\"resolved\":0,\"more\":0,\"alerts\":[{\"id\":\"a1\","
                          "\"status\":\"firing\",\"started_at\":\"2026-11-20T09:59:30Z\",\"last_at\":\"2026-11-20T10:00:30Z\",\"ended_at\":null,"
                          "\"count\":6,\"policy\":\"stuck-loop\",\"severity\":\"error\",\"action\":\"\",\"agent\":\"claude:shop\",\"team\":\"\","
                          "\"supervisor\":\"\",\"session\":\"\",\"tool\":\"\",\"event\":\"\",\"at\":\"\",\"message\":\"npm test 6 times\","
                          "\"runbook\":\"stop it\",\"by\":{\"policy\":\"stuck-loop\",\"agent\":\"claude:shop\"},\"values\":{\"count\":6}}]}"),
             "an alert that fires, whole");
    head.level = 2;
    notice = read_notice(&out, &head, &alert, 1);
    is_slice(text_at(notice, "title", &arena), SV_SLICE("not acknowledged, error: stuck-loop claude:shop: npm test 6 times"), "one that nobody took on");
    head.level = 0;
    head.is_test = true;
    notice = read_notice(&out, &head, &alert, 1);
    is_slice(text_at(notice, "reason", &arena), SV_SLICE("test"), "a test is marked");
    ok(sv_slice_starts(text_at(notice, "title", &arena), SV_SLICE("test, ")), "in its title, too");
    sv_buf_free(&out);
    sv_arena_free(&arena);
}

static void test_many(void)
{
    struct sv_buf out = {0};
    struct sv_arena arena = {0};
    struct sv_group_alert alerts[30];
    struct sv_notice head = head_of(SV_GROUP_MORE);
    for (size_t i = 0; i < 30; i++)
        alerts[i] = alert_of("a", i == 3 ? LOOP : i == 4 ? "{\"severity\":\"critical\"}" : "{\"severity\":\"info\"}", i == 4 ? T0 : 0);
    head.more = 70;
    struct sv_value notice = read_notice(&out, &head, alerts, 30);
    is_slice(text_at(notice, "severity", &arena), SV_SLICE("error"), "the worst that fires, not the worst that is over");
    is_slice(text_at(notice, "title", &arena), SV_SLICE("error: stuck-loop claude:shop: 100 alerts"), "how many there are");
    ok(sv_slice_find(text_at(notice, "text", &arena), SV_SLICE("\nand 80 more\n")) != NULL, "the text has the first 20 and how many more");
    is_int(sv_json_get(notice, SV_SLICE("firing")).i, 29, "that fire");
    is_int(sv_json_get(notice, SV_SLICE("resolved")).i, 1, "that are over");
    for (size_t i = 0; i < 30; i++)
        alerts[i].ended_ns = T0;
    head.more = 0;
    head.why = SV_GROUP_OVER;
    notice = read_notice(&out, &head, alerts, 30);
    is_slice(text_at(notice, "status", &arena), SV_SLICE("resolved"), "all over: resolved");
    is_slice(text_at(notice, "severity", &arena), SV_SLICE("critical"), "as severe as it was");
    ok(sv_slice_find(text_at(notice, "text", &arena), SV_SLICE("what to do")) == NULL, "nothing is to be done any more");
    sv_buf_free(&out);
    sv_arena_free(&arena);
}

static void test_odd(void)
{
    static const char *const bodies[] = {"", "{", "[1]", "null", "{\"message\":7,\"agent\":null,\"severity\":\"worst\",\"values\":[1]}"};
    struct sv_buf out = {0};
    struct sv_arena arena = {0};
    struct sv_notice head = head_of(SV_GROUP_NEW);
    for (size_t i = 0; i < sizeof bodies / sizeof *bodies; i++) {
        struct sv_group_alert alert = alert_of("a", bodies[i], 0);
        struct sv_value notice = read_notice(&out, &head, &alert, 1);
        is_slice(text_at(notice, "title", &arena), SV_SLICE("info: stuck-loop claude:shop"), "what is no evaluation is told all the same: %s", bodies[i]);
    }
    struct sv_group_alert alert = alert_of("a\"\x01", "{\"message\":\"a\\u001b]0;x\\u0007\\nb \xe2\x80\xae c\"}", 0);
    struct sv_value notice = read_notice(&out, &head, &alert, 1);
    struct sv_slice title = text_at(notice, "title", &arena);
    ok(memchr(title.data, '\n', title.len) == NULL && memchr(title.data, 0x1b, title.len) == NULL &&
           sv_slice_find(title, SV_SLICE("\xe2\x80\xae")) == NULL, "a title is one line that no terminal obeys");
    is_slice(text_at(sv_json_at(sv_json_get(notice, SV_SLICE("alerts")), 0), "message", &arena), SV_SLICE("a\x1b]0;x\x07\nb \xe2\x80\xae c"),
             "the message itself stays what it is");
    struct sv_buf body = {0};
    sv_buf_str(&body, "{\"message\":\"");
    for (int i = 0; i < 4000; i++)
        sv_buf_str(&body, "\xc3\xa9");
    sv_buf_str(&body, "\"}");
    alert = alert_of("a", sv_buf_cstr(&body), 0);
    notice = read_notice(&out, &head, &alert, 1);
    title = text_at(notice, "title", &arena);
    ok(title.len > 200 && title.len < 420, "a long title is cut, between characters");
    head.by_count = 0;
    read_notice(&out, &head, NULL, 0);
    sv_buf_free(&body);
    sv_buf_free(&out);
    sv_arena_free(&arena);
}

int main(void)
{
    test_one();
    test_many();
    test_odd();
    is_str(sv_group_why_name(SV_GROUP_ACKED), "acknowledged", "why nobody was told has a word, too");
    return done();
}
