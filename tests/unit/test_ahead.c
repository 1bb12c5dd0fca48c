/* SPDX-License-Identifier: ISC */
/* What comes out of many threads is what comes out of one: any number of them, blocks of any size, whatever stands in the records. */
#include "policy_help.h"
#include "run/run.h"

static uint64_t seed = 88172645463325252u;

static unsigned below(unsigned limit)
{
    seed ^= seed << 13;
    seed ^= seed >> 7;
    seed ^= seed << 17;
    return (unsigned)(seed >> 20) % limit;
}

static const char plain[] = "version: 1\nfields: {latency_ms: double}\npolicies:\n"
                            "  - {id: slow, when: latency_ms > 900.0}\n"
                            "  - {id: keys, when: 'text.contains(\"API_KEY=\")'}\n"
                            "  - {id: push, when: 'command.matches(\"git +push\")', except: [{name: a, fields: [agent], values: [a-1]}]}\n"
                            "  - {id: fails, when: 'int(event.args.n) > 3'}\n"
                            "  - {id: scoped, scope: {agent: [a-2]}, when: type == \"tool.call\"}\n"
                            "  - {id: cost, when: cost_usd > 0.9}\n";

/* An id that is made of a file's name and a record's place is known to the run alone. */
static const char made[] = "  - {id: made, when: 'id.contains(\":7\")'}\n";

static const char states[] = "  - {id: burst, by: agent, when: status == \"error\", window: 1m, having: count > 2, message: 'key[0]'}\n"
                             "  - {id: quiet, by: agent, when: status == \"denied\", absent: 3m}\n"
                             "  - {id: steps, by: agent, sequence: [{when: type == \"odd\"}, {when: status == \"error\"}], within: 2m}\n"
                             "  - {id: spent, by: [tree(agent)], window: 1h, having: sum(cost_usd) > 2.0}\n";

static const char *pick(const char *const *texts, size_t count)
{
    return texts[below((unsigned)count)];
}
#define PICK(...) pick((const char *const[]){__VA_ARGS__}, sizeof((const char *const[]){__VA_ARGS__}) / sizeof(char *))

static void put_record(struct sv_buf *out, unsigned second, bool is_odd)
{
    if (is_odd && below(12) == 0) {
        sv_buf_str(out, PICK("", "  ", "{\"type\":", "nonsense", "[1]", "{\"type\":\"x\",\"text\":\"\\q\"}", "{\"a\":1}\xFF", "{\"type\":7}",
                             "{\"type\":\"tool\\u002ecall\",\"agent\":\"a-2\"}", "{\"type\":\"odd\",\"agent\":\"\\u0061-3\"}",
                             "{\"type\":\"user\",\"message\":{\"role\":\"user\",\"content\":\"hi\"},\"uuid\":\"u\",\"sessionId\":\"s\","
                             "\"timestamp\":\"2026-11-20T10:00:00Z\"}",
                             "{\"type\":\"note\",\"time\":\"never\"}", "{\"type\":\"note\",\"time\":\"2099-01-01T00:00:00Z\"}",
                             "{\"type\":\"note\",\"agent\":5}"));
        sv_buf_char(out, '\n');
        return;
    }
    sv_buf_printf(out, "{\"type\":\"%s\"", PICK("tool.call", "tool.result", "llm.call", "note", "odd", "odder"));
    if (below(10))
        sv_buf_printf(out, ",\"time\":\"2026-11-20T%02u:%02u:%02uZ\"", 8 + second / 3600 % 12, second / 60 % 60, second % 60);
    if (below(10))
        sv_buf_printf(out, ",\"agent\":\"a-%u\"", below(5));
    if (below(60) == 0)
        sv_buf_printf(out, ",\"parent_agent\":\"a-%u\"", below(5));
    sv_buf_printf(out, ",\"status\":\"%s\"", PICK("ok", "ok", "ok", "error", "denied"));
    if (below(3) == 0)
        sv_buf_printf(out, ",\"id\":\"e%u\"", second);
    if (below(4) == 0)
        sv_buf_printf(out, ",\"latency_ms\":%u", below(1000));
    if (below(6) == 0)
        sv_buf_printf(out, ",\"model\":\"m\",\"input_tokens\":%u%s", below(1000), below(2) ? ",\"cost_usd\":0.1" : "");
    if (below(3) == 0)
        sv_buf_printf(out, ",\"cost_usd\":0.%u", below(100));
    if (below(8) == 0)
        sv_buf_printf(out, ",\"tool\":\"Bash\",\"args\":{\"command\":\"%s\",\"n\":%s}",
                      PICK("ls", "git  push", "echo \\\"x\\\""), PICK("1", "\"9\"", "\"x\"", "null"));
    if (below(20) == 0)
        sv_buf_str(out, ",\"text\":\"export API_KEY=sk-ant-api03-abcdefghijklmnopqrstuvwxyz0123456789\"");
    if (below(30) == 0) { /* longer than some blocks */
        sv_buf_str(out, ",\"x\":\"");
        for (unsigned pad = below(3000); pad > 0; pad--)
            sv_buf_char(out, 'x');
        sv_buf_char(out, '"');
    }
    sv_buf_str(out, "}\n");
}

/* Everything that a run says: its lines, its notices (which come at once, while lines wait for their batch), its ledger. */
struct told {
    struct sv_buf text, notices;
};

static void free_told(struct told *told)
{
    sv_buf_free(&told->text);
    sv_buf_free(&told->notices);
}

static void on_notice(void *context, const struct sv_error *err)
{
    struct told *told = context;
    sv_buf_printf(&told->notices, "%s:%u:%u: %s\n", err->file, err->line, err->column, err->text);
}

static int status_of_run(struct sv_run_spec *spec, struct told *told, uint64_t *judged)
{
    struct sv_findings findings = {0};
    struct sv_error err = {0};
    struct sv_slice out;
    sv_buf_clear(&told->text);
    sv_buf_clear(&told->notices);
    spec->notice = on_notice;
    spec->context = told;
    struct sv_run *run = sv_run_open(spec, &findings, &err);
    if (run == NULL) {
        ok(false, "the run begins: %s %s", err.text, findings.count > 0 ? findings.items[0].text : "");
        sv_findings_free(&findings);
        return -1;
    }
    while (sv_run_next(run, &out, &err))
        sv_buf_add(&told->text, out);
    sv_buf_add(&told->text, sv_buf_slice(&told->notices));
    const struct sv_ledger *ledger = sv_run_ledger(run);
    struct sv_ledger counts = *ledger;
    counts.started_ns = counts.ended_ns = counts.elapsed_ns = 0;
    sv_ledger_put_json(&told->text, &counts, sv_run_policies(run));
    *judged = ledger->judged;
    sv_findings_free(&findings);
    return sv_run_close(run, &err);
}

static void compare(struct sv_run_spec spec, const char *name)
{
    struct told one = {0}, many = {0};
    uint64_t judged = 0, also = 0;
    size_t wrong = 0, lines = 0;
    int status = status_of_run(&spec, &one, &judged);
    for (size_t i = 0; i < one.text.len; i++)
        lines += one.text.data[i] == '\n';
    for (int round = 0; round < 8; round++) {
        spec.jobs = 2 + below(4);
        spec.block_bytes = round == 0 ? 1 : 1 + below(round % 2 ? 600 : 20000);
        if (status_of_run(&spec, &many, &also) == status && sv_slice_equal(sv_buf_slice(&one.text), sv_buf_slice(&many.text)))
            continue;
        size_t at = 0;
        while (at < one.text.len && at < many.text.len && one.text.data[at] == many.text.data[at])
            at++;
        if (wrong++ == 0)
            printf("# %zu jobs, blocks of %zu: differs at %zu of %zu: %.200s\n# not: %.200s\n", spec.jobs, spec.block_bytes, at, one.text.len,
                   sv_buf_cstr(&many.text) + at, sv_buf_cstr(&one.text) + at);
    }
    ok(wrong == 0 && judged > 500 && lines > 20, "%s: %zu lines of %llu events, however many look at them", name, lines, (unsigned long long)judged);
    free_told(&one);
    free_told(&many);
}

int main(void)
{
    make_folder();
    struct sv_buf text = {0};
    const char *logs[2], *files[4];
    files[0] = write_text("plain.yaml", plain);
    sv_buf_str(&text, plain);
    sv_buf_str(&text, states);
    files[1] = write_text("states.yaml", sv_buf_cstr(&text));
    sv_buf_str(&text, made);
    files[2] = write_text("made.yaml", sv_buf_cstr(&text));
    sv_buf_clear(&text);
    sv_buf_str(&text, plain);
    sv_buf_str(&text, "  - {id: quiet, max_ahead: 5m, by: agent, when: status == \"denied\", absent: 1m}\n");
    files[3] = write_text("ahead.yaml", sv_buf_cstr(&text));
    for (int i = 0; i < 2; i++) {
        sv_buf_clear(&text);
        for (unsigned n = 0; n < 2000; n++)
            put_record(&text, n * 5 + (unsigned)i, true);
        logs[i] = write_text(i == 0 ? "a.ndjson" : "b.ndjson", sv_buf_cstr(&text));
    }
    struct sv_value preset[SV_F_COUNT] = {[SV_F_AGENT] = sv_value_str(SV_SLICE("set")), [SV_F_HOST] = sv_value_str(SV_SLICE("web"))};
    setenv("SV_NOW", "2026-11-20T20:30:00Z", 1);
    struct sv_run_spec spec = {.operands = logs, .operand_count = 1, .policies = files, .policy_count = 1, .no_store = true};
    compare(spec, "policies of one event");
    spec.no_redact = true;
    compare(spec, "secrets as they stand");
    spec.no_redact = false;
    spec.policies = files + 1;
    compare(spec, "policies with states");
    spec.policies = files + 2;
    compare(spec, "a condition on ids that are made");
    setenv("SV_NOW", "2026-11-20T08:30:00Z", 1);
    spec.policies = files + 3;
    compare(spec, "events too far ahead to be the time");
    setenv("SV_NOW", "2026-11-20T20:30:00Z", 1);
    spec.policies = files + 1;
    spec.tick = true;
    compare(spec, "timers at the end");
    spec.tick = false;
    spec.preset = preset;
    compare(spec, "fields that were set");
    spec.preset = NULL;
    spec.operand_count = 2;
    compare(spec, "two files, by time");
    spec.operand_count = 1;
    spec.has_since = spec.has_until = true;
    spec.since_ns = INT64_C(1795167000000000000); /* 2026-11-20T09:30:00Z */
    spec.until_ns = spec.since_ns + INT64_C(3600000000000);
    compare(spec, "a part of the time");
    spec.has_since = spec.has_until = false;
    spec.format = sv_format_find(SV_SLICE("sv"));
    compare(spec, "a format that was named");
    spec.format = NULL;
    spec.output = SV_OUTPUT_TEXT;
    spec.utc = true;
    compare(spec, "as a table");
    spec.output = SV_OUTPUT_JSON;
    spec.all = true;
    compare(spec, "what passed, too");
    spec.all = false;
    spec.no_store = false;
    spec.store.path = path_of("s.db");
    spec.store.program = "test";
    spec.exit_zero = true;
    uint64_t judged;
    struct told told = {0};
    for (spec.jobs = 1; spec.jobs < 4; spec.jobs += 2) {
        spec.block_bytes = 3000;
        ok(status_of_run(&spec, &told, &judged) == 0 && judged > 500, "with a store, %zu jobs", spec.jobs);
    }
    free_told(&told);
    unsetenv("SV_NOW");
    sv_buf_free(&text);
    remove_folder();
    return done();
}
