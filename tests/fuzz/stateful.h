/* SPDX-License-Identifier: ISC */
/* stateful.h - policies of each kind, and events for them, for fuzz targets. */
#ifndef FUZZ_STATEFUL_H
#define FUZZ_STATEFUL_H

#include <stdio.h>
#include <stdlib.h>
#include <unistd.h>

#include "../unit/memory_store.h"
#include "event/reader.h"
#include "policy/rule.h"

static const char *const fuzz_policies[] = {
    "by: [agent], window: 10s, having: 'count > 2', realert: 5s",
    "by: [agent], window: 60s, having: 'sum(n) > 9 || min(n) < -5 || prev.max(n) > 5', realert: 0s, keep_firing_for: 7s",
    "by: [agent], window: 30s, having: 'p50(d) > 2.0 || avg(d) > 3.0 || distinct(tool) > 3', for: 5s, realert: 20s",
    "by: [agent], window: 20s, having: 'prev.count > count || first(tool) == last(tool)', resolved: false, realert: 1s",
    "by: [tool], window: hour, tz: Europe/Berlin, having: 'share(status == \"error\") > 0.4 && count > 1', realert: 0s",
    "window: day, having: 'sum(d) > 30.0 || prev.sum(d) > 30.0 || last(tool) == \"A\"', realert: 1h",
    "by: [agent], absent: 20s, until: 'type == \"end\"', lateness: 3s",
    "by: [agent], within: 30s, sequence: [{when: 'tool == \"A\"'}, {not: 'tool == \"T\"'}, {when: 'tool == \"B\"'}]",
    "by: [agent], within: 5s, lateness: 60s, sequence: [{when: 'tool == \"A\"'}, {not: 'tool == \"T\"'}]",
    "by: [agent], loop: {same: 3, cycle: 4, result: 3, within: 60s, repeat: 2}, realert: 10s, keep_firing_for: 9s",
    "by: [agent], loop: {same: 4, allow: 'tool == \"T\"'}",
    "by: [agent], limit: 3/10s, burst: 2, realert: 4s, keep_firing_for: 6s",
    "by: [agent], new: tool, learn: 20s",
    "by: [agent], when: 'status == \"error\"', realert: 15s",
    "by: ['tree(agent)'], window: 40s, having: 'sum(n) > 12', max_keys: 3, realert: 0s",
    "by: [agent, tool], window: 15s, having: 'count > 1 && distinct(event.n) > 1', max_keys: 4, realert: 3s",
};
enum { FUZZ_POLICIES = sizeof fuzz_policies / sizeof *fuzz_policies };

static void fuzz_require(bool holds)
{
    if (!holds)
        abort();
}

struct fuzz_set {
    struct sv_schema *schema;
    struct sv_policies *policies;
};

/* Those whose bit is set. */
static struct fuzz_set fuzz_load(uint32_t which)
{
    char path[] = "/tmp/sv-fuzz-set-XXXXXX";
    struct sv_buf text = {0};
    struct fuzz_set set = {.schema = sv_schema_new()};
    sv_buf_str(&text, "version: 1\nfields: {n: int, d: double}\npolicies:\n");
    for (unsigned i = 0; i < FUZZ_POLICIES; i++)
        if (which >> i & 1)
            sv_buf_printf(&text, "  - {id: p%u, %s}\n", i, fuzz_policies[i]);
    int fd = mkstemp(path);
    if (fd < 0 || write(fd, text.data, text.len) != (ssize_t)text.len)
        abort();
    close(fd);
    const char *paths[] = {path};
    struct sv_findings findings = {0};
    struct sv_policies_spec spec = {.schema = set.schema, .paths = paths, .path_count = 1};
    set.policies = sv_policies_load(&spec, &findings);
    unlink(path);
    if (set.policies == NULL)
        fprintf(stderr, "%s%s\n", text.data, findings.items[0].text);
    fuzz_require(set.policies != NULL);
    sv_findings_free(&findings);
    sv_buf_free(&text);
    return set;
}

/* Reads events, one after the other, and keeps what comes of them as lines. */
struct fuzz_run {
    struct fuzz_set *set;
    struct memory_store *kept; /* NULL: none */
    struct sv_arena arena, batch;
    struct sv_event event;
    struct sv_reader_spec spec;
    struct sv_reader *reader;
    struct sv_matcher matcher;
    struct sv_hits hits;
    uint64_t records;
    struct sv_buf told;
};

static void fuzz_tell(struct fuzz_run *run)
{
    for (size_t i = 0; i < run->hits.count; i++)
        sv_evaluation_put_json(&run->told, &run->hits.items[i], sv_policies_at(run->set->policies, run->hits.items[i].policy), SV_SLICE(""));
    run->hits.count = 0;
    sv_arena_reset(&run->batch);
}

static void fuzz_sink(void *context, struct sv_event *event)
{
    struct fuzz_run *run = context;
    sv_policies_match(run->set->policies, event, &run->matcher, &run->hits);
}

static void fuzz_open_engine(struct fuzz_run *run)
{
    struct sv_error err = {0};
    run->matcher.engine = sv_engine_new(run->set->policies, run->kept != NULL ? &run->kept->calls : NULL);
    fuzz_require(sv_engine_begin(run->matcher.engine, &err));
}

static void fuzz_open(struct fuzz_run *run, struct fuzz_set *set, struct memory_store *kept)
{
    memset(run, 0, sizeof *run);
    run->set = set;
    run->kept = kept;
    run->event = sv_event_new(set->schema);
    run->matcher.batch = &run->batch;
    run->spec = (struct sv_reader_spec){.schema = set->schema, .format = sv_format_find(SV_SLICE("sv")), .event = &run->event,
                                        .arena = &run->arena, .latest_ns = INT64_MAX, .sink = fuzz_sink, .context = run};
    run->reader = sv_reader_new(&run->spec, SV_SLICE(""), SV_SLICE("r0"));
    fuzz_open_engine(run);
}

static void fuzz_feed(struct fuzz_run *run, struct sv_slice json)
{
    struct sv_error err = {0};
    struct sv_place place = {.record = ++run->records};
    fuzz_require(sv_reader_record(run->reader, json, &place, &err) == SV_RECORD_USED);
    sv_arena_reset(&run->arena);
    fuzz_tell(run);
}

static void fuzz_save(struct fuzz_run *run)
{
    struct sv_error err = {0};
    fuzz_require(sv_engine_good(run->matcher.engine, &err) && sv_engine_save(run->matcher.engine, &err));
    sv_engine_saved(run->matcher.engine);
    fuzz_require(!sv_engine_is_dirty(run->matcher.engine) && sv_engine_begin(run->matcher.engine, &err));
}

static void fuzz_close(struct fuzz_run *run)
{
    sv_engine_free(run->matcher.engine);
    sv_matcher_free(&run->matcher);
    sv_reader_free(run->reader);
    sv_event_free(&run->event);
    sv_arena_free(&run->arena);
    sv_arena_free(&run->batch);
    sv_free(run->hits.items);
    sv_buf_free(&run->told);
}

#endif
