/* SPDX-License-Identifier: ISC */
/* alerts.yaml: what is found in it, which way evaluations take, when a route is muted, what inhibits what. */
#include "alert/config.h"
#include "base/time.h"
#include "policy_help.h"

static struct sv_alert_config *load(const char *text, struct sv_findings *findings)
{
    *findings = (struct sv_findings){0};
    return sv_alert_config_load(write_text("alerts.yaml", text), findings);
}

#define V "version: 1\n"

static const struct {
    const char *text, *findings;
} wrong[] = {
    {"route: {}\n", "1:1: \"version: 1\" is missing"},
    {V "rout: {}\n", "2:1: unknown key \"rout\" (did you mean \"route\"?)"},
    {V "route: {receiver: pager}\n", "2:19: no receiver is called \"pager\""},
    {V "receivers: [{name: pager}]\nroute: {receiver: pagr}\n", "3:19: no receiver is called \"pagr\" (did you mean \"pager\"?)"},
    {V "receivers: [{name: a}, {name: a}]\n", "2:24: two receivers are called \"a\""},
    {V "receivers: [{file: /x}]\n", "2:13: this receiver has no \"name\""},
    {V "receivers: [{name: a, file: /x, mailbox: b}]\n", "2:13: a receiver is one of file, exec and mailbox"},
    {V "receivers: [{name: a, exec: [curl, x]}]\n", "2:29: a program is named by its whole path, from / on"},
    {V "receivers: [{name: a, exec: []}]\n", "2:29: \"exec\" must be a program and what it is given"},
    {V "receivers: [{name: a, exec: [sv-post/x]}]\n", "2:29: a program is named by its whole path, from / on"},
    {V "receivers: [{name: a, exec: [sv-post, x], payload: 'titel'}]\n", "2:53: unknown field \"titel\" (did you mean \"title\"?)"},
    {V "receivers: [{name: a, exec: /x, payload: 'secret'}]\n", "2:43: this payload reads \"secret\", and there is no \"secret_file\""},
    {V "receivers: [{name: a, file: x.log, secret_file: s}]\n", "2:29: \"file\" is a whole path, from / on\n2:49: \"secret_file\" is a whole path, from / on"},
    {V "receivers: [{name: a, retries: many}]\n", "2:32: \"retries\" must be a number from 0 to 100"},
    {V "route: {group_wait: soon}\n", "2:21: \"group_wait\" must be a duration such as 30s, 5m or 4h"},
    {V "route: {group_interval: 0s}\n", "2:25: \"group_interval\" must be a duration longer than zero, such as 5m"},
    {V "route: {when: 'true'}\n", "2:16: the first route is for all: it has no \"when\""},
    {V "route: {routes: [{when: sevrity == 'error'}]}\n", "2:25: unknown field \"sevrity\" (did you mean \"severity\"?)"},
    {V "route: {routes: [{when: 'severity == \"error\"', continue: maybe}]}\n", "2:58: \"continue\" must be true or false"},
    {V "route: {mute: [nights]}\n", "2:15: no mute time is called \"nights\""},
    {V "route: {escalate: [{after: 5m}]}\n", "2:20: a level is {after: duration, to: receiver}"},
    {V "receivers: [{name: a}]\nroute: {escalate: [{after: 5m, to: a}, {after: 5m, to: a}]}\n", "3:48: each level comes later than the one before"},
    {V "mute_times: [{name: n, times: 7-8}]\n", "2:31: \"times\" must be two times of day, such as 22:00-07:00"},
    {V "mute_times: [{name: n, days: [monday]}]\n", "2:30: unknown day \"monday\" (mon, tue, wed, thu, fri, sat or sun)"},
    {V "mute_times: [{name: n, tz: Europe/Berlim}]\n", "2:28: unknown time zone \"Europe/Berlim\""},
    {V "inhibit: [{source: 'severity == \"critical\"'}]\n", "2:11: an inhibition has a \"source\" and a \"target\""},
    {V "max_age: old\nroute: {group_by: {a: b}}\n",
     "2:10: \"max_age\" must be a duration longer than zero, such as 5m\n3:19: \"group_by\" must be a text or a list of texts"},
};

static void test_wrong(void)
{
    for (size_t i = 0; i < sizeof wrong / sizeof *wrong; i++) {
        struct sv_findings findings;
        struct sv_buf got = {0};
        struct sv_alert_config *config = load(wrong[i].text, &findings);
        for (size_t f = 0; f < findings.count; f++)
            sv_buf_printf(&got, "%s%u:%u: %s", f > 0 ? "\n" : "", (unsigned)findings.items[f].line, (unsigned)findings.items[f].column,
                          findings.items[f].text);
        is_slice(sv_buf_slice(&got), sv_slice_str(wrong[i].findings), "finding: %s", wrong[i].findings);
        ok(config == NULL, "and the file is not used");
        sv_alert_config_free(config);
        sv_findings_free(&findings);
        sv_buf_free(&got);
    }
}

static const char tree[] = V "receivers: [{name: chat}, {name: pager}, {name: lead, send_resolved: false}, {name: log}]\n"
                             "mute_times: [{name: nights, tz: Europe/Berlin, days: [mon, tue, wed, thu, fri], times: '22:00-07:00'}]\n"
                             "inhibit:\n"
                             "  - {source: 'severity == \"critical\"', target: 'severity != \"critical\"', equal: [agent]}\n"
                             "  - {source: 'policy.startsWith(\"a\")', target: 'policy.startsWith(\"a\") || policy == \"b\"', equal: [team]}\n"
                             "route:\n"
                             "  receiver: chat\n"
                             "  group_by: [policy, agent]\n"
                             "  group_wait: 10s\n"
                             "  routes:\n"
                             "    - {when: 'true', receiver: log, group_by: [policy], continue: true}\n"
                             "    - when: severity == \"critical\"\n"
                             "      receiver: pager\n"
                             "      group_wait: 0s\n"
                             "      escalate: [{after: 15m, to: lead}, {after: 1h, to: pager}]\n"
                             "      routes:\n"
                             "        - {when: 'team == \"payments\"', group_by: [team], mute: [nights]}\n"
                             "    - {when: 'agent.startsWith(\"ci\")', receiver: lead}\n";

static void takes(const struct sv_alert_config *config, const char *json, const char *want)
{
    struct sv_alert_subject subject = {0};
    struct sv_buf got = {0};
    uint32_t routes[8];
    ok(sv_alert_subject_read(config, &subject, sv_slice_str(json)), "an evaluation");
    size_t count = sv_alert_routes(config, &subject, routes, 8);
    for (size_t i = 0; i < count; i++) {
        const struct sv_receiver *receiver = &config->receivers[config->routes[routes[i]].receiver];
        sv_buf_printf(&got, "%s%.*s ", i > 0 ? " " : "", SV_ARG(receiver->name));
        sv_alert_group_key(config, routes[i], &subject, &got);
    }
    is_slice(sv_buf_slice(&got), sv_slice_str(want), "%s", json);
    sv_alert_subject_free(&subject);
    sv_buf_free(&got);
}

static void test_routes(const struct sv_alert_config *config)
{
    takes(config, "{\"policy\":\"p\",\"severity\":\"warning\",\"agent\":\"x\"}", "log [\"/true\",\"p\"]");
    takes(config, "{\"policy\":\"p\",\"severity\":\"critical\",\"agent\":\"x\"}",
          "log [\"/true\",\"p\"] pager [\"/severity == \\\"critical\\\"\",\"p\",\"x\"]");
    takes(config, "{\"policy\":\"p\",\"severity\":\"critical\",\"agent\":\"x\",\"team\":\"payments\"}",
          "log [\"/true\",\"p\"] pager [\"/severity == \\\"critical\\\"/team == \\\"payments\\\"\",\"payments\"]");
    takes(config, "{\"policy\":\"p\",\"severity\":\"error\",\"agent\":\"ci-1\"}",
          "log [\"/true\",\"p\"] lead [\"/agent.startsWith(\\\"ci\\\")\",\"p\",\"ci-1\"]");
    takes(config, "{\"policy\":\"p\"}", "log [\"/true\",\"p\"]");
    is_int(config->routes[2].timing.wait_ns, 0, "a route says its own");
    is_int(config->routes[3].timing.wait_ns, 0, "those below it have it from there");
    is_int(config->routes[4].timing.wait_ns, 10 * SV_SECOND_NS, "or from the first one");
    is_int(config->routes[2].timing.levels, 2, "levels");
    is_int(sv_alert_route_find(config, config->routes[3].path), 3, "a route is found by its conditions");
    is_int(sv_alert_route_find(config, SV_SLICE("/none")), 0, "or the first one takes its place");
    ok(!config->routes[4].timing.tells_resolved && config->routes[2].timing.tells_resolved, "send_resolved is the receiver's");
}

static void muted(const struct sv_alert_config *config, const char *time, bool want)
{
    int64_t ns = 0;
    sv_time_parse(sv_slice_str(time), &ns);
    ok(sv_alert_is_muted(config, 3, ns) == want, "at %s it is %smuted", time, want ? "" : "not ");
}

/* Nights of Berlin, which is two hours ahead of UTC in summer and one in winter; those that begin from Monday to Friday. */
static void test_muted(const struct sv_alert_config *config)
{
    muted(config, "2026-11-30T20:59:59Z", false); /* Monday */
    muted(config, "2026-11-30T21:00:00Z", true);
    muted(config, "2026-12-01T05:59:59Z", true);
    muted(config, "2026-12-01T06:00:00Z", false);
    muted(config, "2026-07-06T19:59:59Z", false);
    muted(config, "2026-07-06T20:00:00Z", true);
    muted(config, "2026-07-07T04:59:59Z", true);
    muted(config, "2026-07-07T05:00:00Z", false);
    muted(config, "2026-12-04T22:00:00Z", true);  /* Friday's night */
    muted(config, "2026-12-05T05:00:00Z", true);
    muted(config, "2026-12-05T22:00:00Z", false); /* Saturday's */
    muted(config, "2026-12-06T22:00:00Z", false); /* Sunday's */
    muted(config, "2026-12-07T05:00:00Z", false);
}

static void inhibits(const struct sv_alert_config *config, const char *source, const char *target, bool want)
{
    struct sv_alert_subject a = {0}, b = {0};
    sv_alert_subject_read(config, &a, sv_slice_str(source));
    sv_alert_subject_read(config, &b, sv_slice_str(target));
    ok(sv_alert_inhibits(config, &a, &b) == want, "%s %s %s", source, want ? "inhibits" : "does not inhibit", target);
    sv_alert_subject_free(&a);
    sv_alert_subject_free(&b);
}

static void test_inhibited(const struct sv_alert_config *config)
{
    inhibits(config, "{\"severity\":\"critical\",\"agent\":\"x\"}", "{\"severity\":\"error\",\"agent\":\"x\"}", true);
    inhibits(config, "{\"severity\":\"critical\",\"agent\":\"x\"}", "{\"severity\":\"error\",\"agent\":\"y\"}", false);
    inhibits(config, "{\"severity\":\"error\",\"agent\":\"x\"}", "{\"severity\":\"critical\",\"agent\":\"x\"}", false);
    inhibits(config, "{\"severity\":\"critical\"}", "{\"severity\":\"error\"}", true); /* what both lack is equal */
    inhibits(config, "{\"policy\":\"a1\",\"severity\":\"info\"}", "{\"policy\":\"b\",\"severity\":\"info\"}", true);
    inhibits(config, "{\"policy\":\"a1\",\"severity\":\"info\"}", "{\"policy\":\"a2\",\"severity\":\"info\"}", false); /* each could */
}

int main(void)
{
    struct sv_findings findings = {0};
    make_folder();
    test_wrong();
    struct sv_alert_config *config = load(tree, &findings);
    if (ok(config != NULL, "a sound file"))
        test_routes(config), test_muted(config), test_inhibited(config);
    sv_alert_config_free(config);
    sv_findings_free(&findings);
    config = sv_alert_config_load(NULL, &findings);
    takes(config, "{\"policy\":\"p\",\"agent\":\"x\"}", "none [\"/\",\"p\",\"x\"]");
    is_int(config->routes[0].timing.repeat_ns, 14400 * SV_SECOND_NS, "without a file: one route for all");
    sv_alert_config_free(config);
    remove_folder();
    return done();
}
