/* SPDX-License-Identifier: ISC */
#include "json/reader.h"
#include "policy/policy.h"
#include "tap.h"

static const struct sv_policy policy = {.id = {"force-push", 10}, .title = {"T", 1}, .severity = SV_CRITICAL, .action = SV_DENY};

static void test_full(void)
{
    struct sv_hit evaluation = {
        .place = {.record = 42, .part = 3}, .outcome = SV_VIOLATION, .has_time = true, .time_ns = INT64_C(1767323045500000000),
        .event = SV_SLICE("e\"1"), .origin = SV_SLICE("00112233aabbccdd"), .agent = SV_SLICE("claude:shop"), .team = SV_SLICE("t"),
        .supervisor = SV_SLICE("s"), .session = SV_SLICE("se"), .tool = SV_SLICE("Bash"), .message = SV_SLICE("a \"b\"\n\x1b[0m"),
        .summary = SV_SLICE("not printed"), .keys = SV_SLICE("[\"k\",1]"), .values = SV_SLICE("{\"count\":6}")};
    struct sv_buf out = {0};
    struct sv_value value;
    sv_evaluation_put_json(&out, &evaluation, &policy, SV_SLICE("log.jsonl:42"));
    is_slice(sv_buf_slice(&out),
             SV_SLICE("{\"type\":\"evaluation\",\"id\":\"force-push[\\\"k\\\",1]@00112233aabbccdd:42.3\",\"time\":\"2026-01-02T03:04:05.500Z\","
                      "\"policy\":\"force-push\",\"outcome\":\"violation\",\"severity\":\"critical\",\"action\":\"deny\",\"agent\":\"claude:shop\","
                      "\"team\":\"t\",\"supervisor\":\"s\",\"session\":\"se\",\"event\":\"e\\\"1\",\"at\":\"log.jsonl:42\",\"key\":[\"k\",1],"
                      "\"values\":{\"count\":6},\"message\":\"a \\\"b\\\"\\n\\u001b[0m\"}\n"),
             "everything, in its order");
    ok(sv_json_read(sv_slice(out.data, out.len - 1), &value, NULL), "it is JSON");
    sv_buf_clear(&out);
    sv_evaluation_put_id(&out, &evaluation, &policy);
    is_slice(sv_buf_slice(&out), SV_SLICE("force-push[\"k\",1]@00112233aabbccdd:42.3"), "the id with a key");
    sv_buf_free(&out);
}

static void test_little(void)
{
    struct sv_hit evaluation = {.place = {.record = 7, .part = SV_PART_USAGE}, .outcome = SV_PASS,
                                .event = SV_SLICE("r1:7.u"), .origin = SV_SLICE("r1")};
    struct sv_buf out = {0};
    sv_evaluation_put_json(&out, &evaluation, &policy, SV_SLICE(""));
    is_slice(sv_buf_slice(&out),
             SV_SLICE("{\"type\":\"evaluation\",\"id\":\"force-push@r1:7.u\",\"policy\":\"force-push\",\"outcome\":\"pass\","
                      "\"severity\":\"critical\",\"action\":\"deny\",\"event\":\"r1:7.u\"}\n"),
             "what is absent is left out");
    sv_buf_free(&out);
}

static void test_names(void)
{
    enum sv_severity severity;
    is_str(sv_severity_name(SV_INFO), "info", "info");
    is_str(sv_severity_name(SV_ERROR_SEVERITY), "error", "error");
    is_str(sv_action_name(SV_OBSERVE), "observe", "observe");
    is_str(sv_action_name(SV_ASK), "ask", "ask");
    is_str(sv_outcome_name(SV_RESOLVED), "resolved", "resolved");
    is_str(sv_outcome_name(SV_OUTCOME_ERROR), "error", "outcome error");
    ok(sv_severity_find(SV_SLICE("warning"), &severity) && severity == SV_WARNING, "warning is found");
    ok(!sv_severity_find(SV_SLICE("Warning"), &severity), "in small letters only");
}

int main(void)
{
    test_full();
    test_little();
    test_names();
    return done();
}
