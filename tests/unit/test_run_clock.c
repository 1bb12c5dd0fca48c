/* SPDX-License-Identifier: ISC */
/* A run that goes on for hours: what comes then is not ahead of the clock, for the clock has gone on, too. */
#include "policy_help.h"
#include "run/run.h"

static const char policies[] = "version: 1\npolicies:\n"
                               "  - {id: each, when: type == \"x\"}\n"
                               "  - {id: three, when: type == \"x\", by: [agent], window: 8h, having: count == 3}\n";

static void append(const char *path, const char *text)
{
    FILE *file = fopen(path, "ab");
    if (file == NULL || fputs(text, file) < 0 || fclose(file) != 0)
        exit(1);
}

/* Batches until something is to be printed. */
static void next_is(struct sv_run *run, const char *ids, const char *name)
{
    struct sv_slice out = SV_SLICE("");
    struct sv_error err = {0};
    struct sv_buf found = {0};
    for (int i = 0; i < 10 && out.len == 0 && sv_run_next(run, &out, &err); i++)
        ;
    for (const char *p = out.data, *end = out.data + out.len; p < end; p++) {
        const char *key = "\"policy\":\"";
        if ((size_t)(end - p) > strlen(key) && memcmp(p, key, strlen(key)) == 0) {
            p += strlen(key);
            sv_buf_add(&found, sv_slice(p, (size_t)((const char *)memchr(p, '"', (size_t)(end - p)) - p)));
            sv_buf_char(&found, ' ');
        }
    }
    is_slice(sv_buf_slice(&found), sv_slice_str(ids), "%s%s", name, err.text);
    sv_buf_free(&found);
}

int main(void)
{
    make_folder();
    const char *log = write_text("log.ndjson", "{\"time\":\"2026-11-20T10:00:00Z\",\"type\":\"x\",\"agent\":\"a\"}\n");
    const char *file = write_text("p.yaml", policies);
    struct sv_run_spec spec = {.operands = &log, .operand_count = 1, .policies = &file, .policy_count = 1, .follow = true,
                               .store = {.path = path_of("s.db"), .program = "test"}};
    struct sv_findings findings = {0};
    struct sv_error err = {0};
    setenv("SV_NOW", "2026-11-20T10:00:00Z", 1);
    struct sv_run *run = sv_run_open(&spec, &findings, &err);
    if (ok(run != NULL, "it follows: %s", err.text)) {
        next_is(run, "each ", "the first event");
        setenv("SV_NOW", "2026-11-20T13:00:00Z", 1);
        append(log, "{\"time\":\"2026-11-20T13:00:00Z\",\"type\":\"x\",\"agent\":\"a\"}\n");
        next_is(run, "each ", "one that comes three hours later");
        append(log, "{\"time\":\"2026-11-20T13:59:59Z\",\"type\":\"x\",\"agent\":\"a\"}\n");
        next_is(run, "each three ", "and one from less than an hour ahead are in its window");
        append(log, "{\"time\":\"2026-11-20T14:00:01Z\",\"type\":\"x\",\"agent\":\"a\"}\n");
        next_is(run, "each ", "more than an hour ahead");
        is_int(sv_run_ledger(run)->ahead, 1, "is one without a time");
        sv_run_close(run, &err);
    }
    unsetenv("SV_NOW");
    sv_findings_free(&findings);
    remove_folder();
    return done();
}
