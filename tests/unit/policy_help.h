/* SPDX-License-Identifier: ISC */
/* policy_help.h - policy files and events for tests: written to a folder of their own, loaded, read, matched. */
#ifndef POLICY_HELP_H
#define POLICY_HELP_H

#include <stdlib.h>
#include <sys/stat.h>
#include <unistd.h>

#include "event/reader.h"
#include "policy/policy.h"
#include "tap.h"

static char folder[256];

/* Below $TMPDIR, or /tmp. */
__attribute__((unused)) static void make_folder(void)
{
    const char *base = getenv("TMPDIR");
    snprintf(folder, sizeof folder, "%.200s/sv-test-XXXXXX", base != NULL && base[0] != '\0' && strlen(base) <= 200 ? base : "/tmp");
    if (mkdtemp(folder) == NULL)
        exit(1);
}

__attribute__((unused)) static void remove_folder(void)
{
    char command[300];
    snprintf(command, sizeof command, "rm -rf '%s'", folder);
    if (system(command) != 0)
        exit(1);
}

/* Path of a file in the folder; the text is borrowed until the next call but seven. */
__attribute__((unused)) static const char *path_of(const char *name)
{
    static char paths[8][512];
    static int next;
    char *path = paths[next++ % 8];
    snprintf(path, sizeof paths[0], "%s/%s", folder, name);
    return path;
}

__attribute__((unused)) static const char *write_bytes(const char *name, const char *data, size_t len)
{
    const char *path = path_of(name);
    FILE *file = fopen(path, "wb");
    if (file == NULL || fwrite(data, 1, len, file) != len || fclose(file) != 0)
        exit(1);
    return path;
}

__attribute__((unused)) static const char *write_text(const char *name, const char *text)
{
    return write_bytes(name, text, strlen(text));
}

/* A schema and what was loaded against it. */
struct loaded {
    struct sv_schema *schema;
    struct sv_policies *set;
    struct sv_findings findings;
};

__attribute__((unused)) static struct loaded load_with(struct sv_policies_spec spec, const char *const *paths, size_t count)
{
    struct loaded loaded = {.schema = sv_schema_new()};
    spec.schema = loaded.schema;
    spec.paths = paths;
    spec.path_count = count;
    loaded.set = sv_policies_load(&spec, &loaded.findings);
    return loaded;
}

__attribute__((unused)) static struct loaded load_text(const char *text)
{
    const char *path = write_text("p.yaml", text);
    return load_with((struct sv_policies_spec){0}, &path, 1);
}

__attribute__((unused)) static void unload(struct loaded *loaded)
{
    sv_policies_free(loaded->set);
    sv_schema_free(loaded->schema);
    sv_findings_free(&loaded->findings);
}

/* Findings as lines `[file:]line:column+span: text`; the file only where it is not p.yaml. */
__attribute__((unused)) static void put_findings(struct sv_buf *out, const struct sv_findings *findings)
{
    for (size_t i = 0; i < findings->count; i++) {
        const struct sv_error *err = &findings->items[i];
        const char *name = strrchr(err->file, '/');
        name = name != NULL ? name + 1 : err->file;
        if (i > 0)
            sv_buf_char(out, '\n');
        if (strcmp(name, "p.yaml") != 0)
            sv_buf_printf(out, "%s:", name);
        sv_buf_printf(out, "%u:%u+%u: %s", (unsigned)err->line, (unsigned)err->column, (unsigned)err->span, err->text);
    }
}

/* Reads one native record as an event and calls sink. */
struct feed {
    struct sv_arena arena, batch;
    struct sv_event event;
    struct sv_reader_spec spec;
    struct sv_reader *reader;
    struct sv_policies *set;
    struct sv_matcher matcher;
    struct sv_hits hits;
    uint64_t records;
};

__attribute__((unused)) static void feed_sink(void *context, struct sv_event *event)
{
    struct feed *feed = context;
    sv_policies_match(feed->set, event, &feed->matcher, &feed->hits);
}

__attribute__((unused)) static void feed_open(struct feed *feed, struct loaded *loaded)
{
    memset(feed, 0, sizeof *feed);
    feed->set = loaded->set;
    feed->event = sv_event_new(loaded->schema);
    feed->matcher.batch = &feed->batch;
    feed->spec = (struct sv_reader_spec){.schema = loaded->schema, .format = sv_format_find(SV_SLICE("sv")), .event = &feed->event,
                                         .arena = &feed->arena, .latest_ns = INT64_MAX, .sink = feed_sink, .context = feed};
    feed->reader = sv_reader_new(&feed->spec, SV_SLICE("test.ndjson"), SV_SLICE("00112233aabbccdd"));
}

__attribute__((unused)) static size_t feed_line(struct feed *feed, const char *json)
{
    struct sv_error err = {0};
    struct sv_place place = {.record = ++feed->records};
    feed->hits.count = 0;
    sv_arena_reset(&feed->arena);
    if (sv_reader_record(feed->reader, sv_slice_str(json), &place, &err) != SV_RECORD_USED) {
        printf("# %s: %s\n", json, err.text);
        return (size_t)-1;
    }
    return feed->hits.count;
}

__attribute__((unused)) static void feed_close(struct feed *feed)
{
    sv_matcher_free(&feed->matcher);
    sv_reader_free(feed->reader);
    sv_event_free(&feed->event);
    sv_arena_free(&feed->arena);
    sv_arena_free(&feed->batch);
    sv_free(feed->hits.items);
}

#endif
