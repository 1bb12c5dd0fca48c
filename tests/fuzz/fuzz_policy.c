/* SPDX-License-Identifier: ISC */
/* Any bytes as a policy file: read, checked, compiled, its examples tried. Findings must point into the file. What loads is
 * matched against a few events. */
#include <stdio.h>
#include <stdlib.h>
#include <unistd.h>

#include "event/reader.h"
#include "policy/engine.h"

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size);

struct target {
    struct sv_policies *set;
    struct sv_matcher matcher;
    struct sv_hits hits;
};

static void sink(void *context, struct sv_event *event)
{
    struct target *target = context;
    sv_policies_match(target->set, event, &target->matcher, &target->hits);
}

static void match_some(struct sv_policies *set, struct sv_schema *schema)
{
    struct sv_arena arena = {0}, batch = {0};
    struct target target = {.set = set, .matcher = {.batch = &batch, .passes = true}};
    struct sv_event event = sv_event_new(schema);
    struct sv_reader_spec spec = {.schema = schema, .format = sv_format_find(SV_SLICE("sv")), .event = &event, .arena = &arena,
                                  .latest_ns = INT64_MAX, .sink = sink, .context = &target};
    struct sv_reader *reader = sv_reader_new(&spec, SV_SLICE(""), SV_SLICE("r0"));
    static const char *const events[] = {
        "{\"type\":\"tool.call\",\"tool\":\"Bash\",\"args\":{\"command\":\"rm -rf /\"},\"agent\":\"a\",\"exit_code\":0}",
        "{\"type\":\"tool.call\",\"tool\":\"Bash\",\"args\":{\"command\":\"rm -rf /\"},\"agent\":\"a/b\",\"time\":\"2026-01-01T00:00:00Z\"}",
        "{\"type\":\"tool.result\",\"tool\":\"Bash\",\"result\":\"no\",\"status\":\"error\",\"agent\":\"a\",\"time\":\"2026-01-01T00:00:01Z\"}",
        "{\"type\":\"llm.call\",\"cost_usd\":3.5,\"input_tokens\":7,\"agent\":\"a\",\"session\":\"s\",\"time\":\"2025-12-31T23:59:00Z\"}",
        "{\"type\":\"note\",\"team\":\"t\",\"name\":\"m\",\"value\":1e300,\"time\":\"2026-02-01T00:00:00Z\"}",
    };
    target.matcher.engine = sv_engine_new(set, NULL);
    for (uint64_t i = 0; i < 2 * sizeof events / sizeof *events; i++) {
        struct sv_place place = {.record = i + 1};
        struct sv_error err = {0};
        sv_reader_record(reader, sv_slice_str(events[i % (sizeof events / sizeof *events)]), &place, &err);
        sv_arena_reset(&arena);
    }
    for (size_t i = 0; i < target.hits.count; i++)
        if (target.hits.items[i].policy >= sv_policies_count(set))
            abort();
    sv_free(target.hits.items);
    sv_engine_free(target.matcher.engine);
    sv_matcher_free(&target.matcher);
    sv_reader_free(reader);
    sv_event_free(&event);
    sv_arena_free(&arena);
    sv_arena_free(&batch);
}

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
    char path[] = "/tmp/sv-fuzz-policy-XXXXXX";
    int fd = mkstemp(path);
    if (fd < 0 || write(fd, data, size) != (ssize_t)size)
        abort();
    close(fd);
    const char *paths[] = {path};
    struct sv_schema *schema = sv_schema_new();
    struct sv_findings findings = {0};
    struct sv_policies_spec spec = {.schema = schema, .paths = paths, .path_count = 1, .check = true};
    struct sv_policies *set = sv_policies_load(&spec, &findings);
    unlink(path);
    size_t errors = 0;
    for (size_t i = 0; i < findings.count; i++)
        errors += findings.items[i].code != SV_FOUND;
    if ((set == NULL) != (errors > 0) || (errors > 0 && errors < findings.count)) /* warnings are for what is sound */
        abort();
    size_t lines = 1;
    for (size_t i = 0; i < size; i++)
        lines += data[i] == '\n';
    for (size_t i = 0; i < findings.count; i++)
        if (findings.items[i].line > lines || (findings.items[i].line > 0 && findings.items[i].column == 0))
            abort();
    if (set != NULL)
        match_some(set, schema);
    sv_policies_free(set);
    sv_schema_free(schema);
    sv_findings_free(&findings);
    return 0;
}
