/* SPDX-License-Identifier: ISC */
/* What is shipped in share/receivers says notices as each service documents it takes them; and what payloads do that fail. */
#include "alert/config.h"
#include "alert/notice.h"
#include "base/time.h"
#include "json/reader.h"
#include "policy_help.h"

#define T0 (INT64_C(1795168830) * SV_SECOND_NS) /* 2026-11-20T10:00:30Z */
#define KEY "0123456789abcdef0123456789abcdef"

static struct sv_arena arena;

/* A notice: one alert that fires, unless over; with whatever its agent did. */
static struct sv_slice notice_of(bool over, const char *message, uint32_t level)
{
    static const struct sv_slice by[] = {{"policy", 6}, {"agent", 5}, {"team", 4}}, values[] = {{"stuck-loop", 10}, {"claude:shop", 11}, {"", 0}};
    struct sv_buf body = {0}, out = {0};
    sv_buf_printf(&body, "{\"policy\":\"stuck-loop\",\"severity\":\"critical\",\"agent\":\"claude:shop\",\"tool\":\"Bash\","
                         "\"runbook\":\"stop it\",\"message\":\"%s\"}", message);
    struct sv_group_alert alert = {.id = SV_SLICE("stuck-loop[\"npm \\\"test\\\"\"]"), .body = sv_buf_slice(&body), .started_ns = T0 - 60 * SV_SECOND_NS,
                                   .last_ns = T0, .ended_ns = over ? T0 : 0, .count = 6};
    const struct sv_group_alert *alerts[] = {&alert};
    struct sv_notice head = {.key = SV_SLICE("4f1c.1.chat"), .group = SV_SLICE("4f1c0d2e"), .receiver = SV_SLICE("chat"), .by = by, .values = values,
                             .by_count = 3, .why = over ? SV_GROUP_OVER : SV_GROUP_NEW, .level = level, .now_ns = T0};
    sv_notice_put(&out, &head, alerts, 1);
    struct sv_slice notice = sv_arena_dup(&arena, sv_buf_slice(&out));
    sv_buf_free(&body);
    sv_buf_free(&out);
    return notice;
}

static struct sv_slice payload_of(const struct sv_alert_config *config, const struct sv_receiver *receiver, struct sv_slice notice)
{
    struct sv_payload *payload = sv_payload_new(&config->payloads);
    struct sv_buf out = {0};
    struct sv_error err = {0};
    ok(sv_payload_make(payload, receiver->payload, notice, SV_SLICE(KEY), &out, &err), "a payload for %.*s: %s", SV_ARG(receiver->name), err.text);
    struct sv_slice text = sv_arena_dup(&arena, sv_buf_slice(&out));
    sv_payload_free(payload);
    sv_buf_free(&out);
    return text;
}

static struct sv_alert_config *shipped(const char *name)
{
    struct sv_findings findings = {0};
    struct sv_alert_config *config = sv_alert_config_load(name, &findings);
    ok(config != NULL, "%s is fine: %s", name, findings.count > 0 ? findings.items[0].text : "");
    sv_findings_free(&findings);
    return config;
}

static struct sv_value json_of(struct sv_slice text)
{
    struct sv_value value = {0};
    struct sv_error err = {0};
    ok(sv_json_read(text, &value, &err), "it is JSON: %s", err.text);
    return value;
}

static struct sv_value member(struct sv_value object, const char *path)
{
    struct sv_slice rest = sv_slice_str(path);
    while (rest.len > 0) {
        const char *dot = memchr(rest.data, '.', rest.len);
        size_t n = dot != NULL ? (size_t)(dot - rest.data) : rest.len;
        object = sv_json_get(object, sv_slice(rest.data, n));
        rest = sv_slice(rest.data + n + (dot != NULL), rest.len - n - (dot != NULL));
    }
    return object;
}

static struct sv_slice text_at(struct sv_value object, const char *path)
{
    struct sv_value value = member(object, path);
    return value.type == SV_STRING ? sv_value_string(&value, &arena) : SV_SLICE("(no text)");
}

static bool is_one_of(struct sv_slice text, const char *const *words)
{
    while (*words != NULL && !sv_slice_is(text, *words))
        words++;
    return *words != NULL;
}

/* Members of an object, all of which must be named. */
static bool has_only(struct sv_value object, const char *const *names)
{
    struct sv_json_iter it = sv_json_iter(object);
    struct sv_value key, value;
    bool fine = sv_value_is_object(object);
    while (sv_json_next(&it, &key, &value))
        fine = fine && is_one_of(sv_value_string(&key, &arena), names);
    return fine;
}

/* https://developer.pagerduty.com/docs/send-alert-event: required and known members, lengths, words. */
static void test_pagerduty(void)
{
    static const char *const top[] = {"routing_key", "event_action", "dedup_key", "payload", "client", "client_url", "links", "images", NULL};
    static const char *const inner[] = {"summary", "source", "severity", "timestamp", "component", "group", "class", "custom_details", NULL};
    static const char *const severities[] = {"critical", "error", "warning", "info", NULL};
    struct sv_alert_config *config = shipped("share/receivers/pagerduty.yaml");
    struct sv_value event = json_of(payload_of(config, &config->receivers[0], notice_of(false, "a \\\"b\\\"", 0)));
    ok(has_only(event, top) && has_only(member(event, "payload"), inner), "PagerDuty: what it knows, nothing else");
    is_slice(text_at(event, "routing_key"), SV_SLICE(KEY), "the key is the secret");
    is_slice(text_at(event, "event_action"), SV_SLICE("trigger"), "one that fires triggers");
    is_slice(text_at(event, "dedup_key"), SV_SLICE("4f1c0d2e"), "the group is the incident");
    ok(text_at(event, "payload.summary").len > 0 && text_at(event, "payload.summary").len <= 1024, "a summary");
    is_slice(text_at(event, "payload.source"), SV_SLICE("claude:shop"), "a source");
    ok(is_one_of(text_at(event, "payload.severity"), severities), "a severity of its own");
    int64_t ns;
    ok(sv_time_parse(text_at(event, "payload.timestamp"), &ns) && ns == T0, "a time");
    struct sv_value over = json_of(payload_of(config, &config->receivers[0], notice_of(true, "a", 0)));
    is_slice(text_at(over, "event_action"), SV_SLICE("resolve"), "one that is over resolves");
    is_slice(text_at(over, "dedup_key"), text_at(event, "dedup_key"), "the same incident");
    sv_alert_config_free(config);
}

/* https://api.slack.com/reference/messaging/payload; what it makes of <, > and &: https://api.slack.com/reference/surfaces/formatting */
static void test_slack(void)
{
    static const char *const top[] = {"text", "attachments", NULL}, *const inner[] = {"color", "fallback", "text", NULL};
    struct sv_alert_config *config = shipped("share/receivers/slack.yaml");
    struct sv_value message = json_of(payload_of(config, &config->receivers[0], notice_of(false, "<!channel> a & b <@U1>", 2)));
    struct sv_value attachment = sv_json_at(member(message, "attachments"), 0);
    ok(has_only(message, top) && has_only(attachment, inner), "Slack: a text and what is attached");
    is_slice(text_at(message, "text"),
             SV_SLICE("not acknowledged, critical: stuck-loop claude:shop -: &lt;!channel&gt; a &amp; b &lt;@U1&gt;"), "what an agent did calls no channel");
    ok(memchr(text_at(attachment, "text").data, '<', text_at(attachment, "text").len) == NULL, "below it neither");
    is_slice(text_at(attachment, "color"), SV_SLICE("#e01e5a"), "red while it fires");
    message = json_of(payload_of(config, &config->receivers[0], notice_of(true, "a", 0)));
    is_slice(text_at(sv_json_at(member(message, "attachments"), 0), "color"), SV_SLICE("#2eb67d"), "green when it is over");
    sv_alert_config_free(config);
}

static bool is_label_name(struct sv_slice name)
{
    bool fine = name.len > 0 && !(name.data[0] >= '0' && name.data[0] <= '9');
    for (size_t i = 0; i < name.len; i++)
        fine = fine && (name.data[i] == '_' || (name.data[i] >= '0' && name.data[i] <= '9') || ((name.data[i] | 32) >= 'a' && (name.data[i] | 32) <= 'z'));
    return fine;
}

static bool are_labels(struct sv_value labels)
{
    struct sv_json_iter it = sv_json_iter(labels);
    struct sv_value key, value;
    size_t count = 0;
    bool fine = true;
    for (; sv_json_next(&it, &key, &value); count++)
        fine = fine && value.type == SV_STRING && is_label_name(sv_value_string(&key, &arena));
    return fine && count > 0;
}

/* api/v2/openapi.yaml of Alertmanager: postableAlerts. */
static void test_alertmanager(void)
{
    static const char *const names[] = {"labels", "annotations", "startsAt", "endsAt", "generatorURL", NULL};
    struct sv_alert_config *config = shipped("share/receivers/alertmanager.yaml");
    struct sv_value alert = sv_json_at(json_of(payload_of(config, &config->receivers[0], notice_of(false, "a", 0))), 0);
    ok(has_only(alert, names) && are_labels(member(alert, "labels")) && are_labels(member(alert, "annotations")), "Alertmanager: labels and annotations");
    is_slice(text_at(alert, "labels.alertname"), SV_SLICE("stuck-loop"), "its name");
    is_slice(text_at(alert, "labels.agent"), SV_SLICE("claude:shop"), "what the group goes by");
    int64_t ns;
    ok(sv_time_parse(text_at(alert, "startsAt"), &ns) && ns == T0 - 60 * SV_SECOND_NS, "since when");
    ok(sv_time_parse(text_at(alert, "endsAt"), &ns) && ns == T0 + 5 * 3600 * SV_SECOND_NS, "it lasts beyond the next repetition");
    struct sv_value over = sv_json_at(json_of(payload_of(config, &config->receivers[0], notice_of(true, "b", 0))), 0);
    ok(sv_time_parse(text_at(over, "endsAt"), &ns) && ns == T0, "until when, when it is over");
    is_slice(sv_value_raw(member(over, "labels")), sv_value_raw(member(alert, "labels")), "the same labels: the same alert");
    sv_alert_config_free(config);
}

/* https://docs.ntfy.sh/publish/#publish-as-json */
static void test_ntfy(void)
{
    static const char *const names[] = {"topic", "title", "message", "priority", "tags", NULL};
    struct sv_alert_config *config = shipped("share/receivers/ntfy.yaml");
    struct sv_value message = json_of(payload_of(config, &config->receivers[0], notice_of(false, "a", 0)));
    ok(has_only(message, names) && sv_value_is_array(member(message, "tags")), "ntfy: what it knows");
    is_slice(text_at(message, "topic"), SV_SLICE(KEY), "the topic is the secret");
    is_int(member(message, "priority").i, 5, "a critical one is urgent");
    message = json_of(payload_of(config, &config->receivers[0], notice_of(true, "a", 0)));
    is_int(member(message, "priority").i, 2, "one that is over is not");
    sv_alert_config_free(config);
}

static void test_mail(void)
{
    struct sv_alert_config *config = shipped("share/receivers/mail.yaml");
    struct sv_slice text = payload_of(config, &config->receivers[0], notice_of(false, "a\\nBcc: x", 0));
    ok(sv_slice_starts(text, SV_SLICE("critical: stuck-loop claude:shop -: a Bcc: x\ncritical stuck-loop of claude:shop: a Bcc: x (6 times since ")),
       "mail: a subject of one line, then the text");
    sv_alert_config_free(config);
}

static void test_failing(void)
{
    static const struct {
        const char *payload, *want;
    } cases[] = {
        {"title + by.nothing", "the payload reads what the notice has not"},
        {"1 / (firing - 1)", "the payload failed: division by zero"},
        {"firing", "the payload is no text, list or mapping"},
        {"null", "the payload is no text, list or mapping"},
    };
    for (size_t i = 0; i < sizeof cases / sizeof *cases; i++) {
        char file[300];
        struct sv_findings findings = {0};
        snprintf(file, sizeof file, "version: 1\nreceivers: [{name: a, exec: /bin/true, payload: '%s'}]\n", cases[i].payload);
        struct sv_alert_config *config = sv_alert_config_load(write_text("alerts.yaml", file), &findings);
        ok(config != NULL, "it compiles: %s", findings.count > 0 ? findings.items[0].text : "");
        if (config == NULL)
            continue;
        struct sv_payload *payload = sv_payload_new(&config->payloads);
        struct sv_buf out = {0};
        struct sv_error err = {0};
        ok(!sv_payload_make(payload, config->receivers[0].payload, notice_of(false, "a", 0), SV_SLICE(""), &out, &err) && out.len == 0, "no payload");
        is_str(err.text, cases[i].want, "and why: %s", cases[i].payload);
        ok(!sv_payload_make(payload, config->receivers[0].payload, SV_SLICE("no notice"), SV_SLICE(""), &out, &err), "nor of what is no notice");
        ok(sv_payload_make(payload, NULL, SV_SLICE("{}"), SV_SLICE(""), &out, &err) && sv_slice_is(sv_buf_slice(&out), "{}\n"), "without one: the notice");
        sv_payload_free(payload);
        sv_buf_free(&out);
        sv_alert_config_free(config);
    }
}

int main(void)
{
    test_pagerduty();
    test_slack();
    test_alertmanager();
    test_ntfy();
    test_mail();
    test_failing();
    sv_arena_free(&arena);
    return done();
}
