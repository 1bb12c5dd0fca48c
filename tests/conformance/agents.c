/* SPDX-License-Identifier: ISC */
/* agents FOLDER - real logs of agents against what must hold of every log: no record is lost, results know their calls, calls and
 * tokens are as many as the source has, two readings are the same. The source is counted here on its own, record by record. */
#include "../unit/tap.h"
#include "base/hash.h"
#include "base/map.h"
#include "base/os.h"
#include "event/reader.h"
#include "json/writer.h"

enum { TOKENS = 4 }; /* input, output, cache read, cache write */

/* What events say, or what the source says. */
struct counts {
    int64_t calls, results, orphans, tokens[TOKENS];
    uint64_t events, hash;
};

/* One file. */
struct file {
    struct sv_buf text;
    struct counts read[2], source;
    const char *format;
    struct sv_buf rejected; /* numbers of lines, each with a blank before it */
    int64_t records;
    bool was_reset; /* Codex's totals went back */
};

/* One folder. */
struct folder {
    const char *name;
    int64_t files, rejected, empty; /* as they are known; files tells whether it is the folder known */
    const char *rejected_lines;
};

static const struct folder folders[] = {
    {"entire-checkpoints", 20, 1, 0, " 115"},
    {"spotter", 13, 0, 0, ""},
    {"claude-code-log", 189, 3, 17, " 13 15 16"},
    {"agentcmd", 54, 0, 0, ""},
    {"ai-sessions", 2, 0, 0, ""},
};

static struct sv_schema *schema;
static struct sv_prices *prices;

static int64_t number(struct sv_value value)
{
    return value.type == SV_INT ? value.i : 0;
}

/* --- what the events say --- */

static void count_event(void *context, struct sv_event *event)
{
    struct counts *counts = context;
    static const enum sv_field fields[TOKENS] = {SV_F_INPUT_TOKENS, SV_F_OUTPUT_TOKENS, SV_F_CACHE_READ_TOKENS,
                                                 SV_F_CACHE_WRITE_TOKENS};
    struct sv_slice type = sv_event_text(event, SV_F_TYPE);
    counts->calls += sv_slice_is(type, "tool.call");
    if (sv_slice_is(type, "tool.result")) {
        counts->results++;
        counts->orphans += sv_event_text(event, SV_F_CALL_ID).len == 0;
    }
    for (int i = 0; i < TOKENS; i++)
        counts->tokens[i] += number(event->slots[fields[i]]);
    struct sv_buf bytes = {0};
    sv_buf_add(&bytes, sv_event_id(event));
    for (int f = 0; f < SV_F_COUNT; f++) {
        sv_buf_printf(&bytes, "|%d:", f);
        if (event->slots[f].type != SV_ABSENT)
            sv_json_put_value(&bytes, event->slots[f]);
    }
    counts->hash = sv_hash_keyed(counts->hash, counts->events++, sv_buf_slice(&bytes));
    sv_buf_free(&bytes);
}

static bool next_line(struct sv_slice *text, struct sv_slice *line)
{
    if (text->len == 0)
        return false;
    const char *stop = memchr(text->data, '\n', text->len);
    size_t len = stop != NULL ? (size_t)(stop - text->data) : text->len;
    *line = sv_slice(text->data, len);
    len += stop != NULL;
    *text = sv_slice(text->data + len, text->len - len);
    return true;
}

static void read_events(struct file *file, int pass)
{
    struct sv_event event = sv_event_new(schema);
    struct sv_arena arena = {0};
    struct sv_slice text = sv_buf_slice(&file->text), line;
    struct sv_reader_spec spec = {.schema = schema,
                                  .prices = prices,
                                  .event = &event,
                                  .arena = &arena,
                                  .latest_ns = INT64_MAX,
                                  .sink = count_event,
                                  .context = &file->read[pass]};
    struct sv_reader *reader = sv_reader_new(&spec, SV_SLICE(""), SV_SLICE("0123456789abcdef"));
    struct sv_place place = {0};
    sv_buf_clear(&file->rejected);
    file->records = 0;
    while (next_line(&text, &line)) {
        struct sv_error err = {0};
        place.record++;
        enum sv_record_result result = sv_reader_record(reader, line, &place, &err);
        file->records += result != SV_RECORD_BLANK;
        if (result == SV_RECORD_REJECTED)
            sv_buf_printf(&file->rejected, " %d", (int)place.record);
        place.offset += (int64_t)line.len + 1;
        sv_arena_reset(&arena);
    }
    sv_reader_end(reader);
    file->format = sv_reader_format(reader) != NULL ? sv_reader_format(reader)->name : "";
    sv_reader_free(reader);
    sv_event_free(&event);
    sv_arena_free(&arena);
}

/* --- what the source says --- */

static struct sv_value get(struct sv_value value, const char *key)
{
    return sv_json_get(value, sv_slice_str(key));
}

static bool is(struct sv_value value, const char *text)
{
    return value.type == SV_STRING && sv_slice_is(sv_value_raw(value), text);
}

/* The last usage of each message id. */
struct usages {
    struct sv_map ids;
    int64_t (*tokens)[TOKENS];
    size_t count;
};

static void count_claude(struct file *file, struct sv_value record, struct usages *usages)
{
    struct sv_value message = get(record, "message"), usage = get(message, "usage"), id = get(message, "id"), block;
    struct sv_value content = get(message, "content");
    bool is_typed = get(record, "type").type == SV_STRING;
    bool is_assistant = is(get(record, "type"), "assistant") || (!is_typed && is(get(message, "role"), "assistant"));
    if (!is_assistant && !is(get(record, "type"), "user"))
        return;
    for (struct sv_json_iter it = sv_json_iter(content); sv_json_next(&it, NULL, &block);)
        file->source.calls += is(get(block, "type"), "tool_use");
    if (!is_assistant || !sv_value_is_object(usage) || is(get(message, "model"), "<synthetic>"))
        return;
    char unnamed[32];
    struct sv_slice name = id.type == SV_STRING
                               ? sv_value_raw(id)
                               : sv_slice(unnamed, (size_t)snprintf(unnamed, sizeof unnamed, "%zu", usages->count));
    if (sv_map_find(&usages->ids, name) == NULL) {
        sv_map_at(&usages->ids, name)->number = usages->count++;
        usages->tokens = sv_realloc(usages->tokens, usages->count * sizeof *usages->tokens);
    }
    int64_t *tokens = usages->tokens[sv_map_find(&usages->ids, name)->number];
    tokens[2] = number(get(usage, "cache_read_input_tokens"));
    tokens[3] = number(get(usage, "cache_creation_input_tokens"));
    tokens[0] = number(get(usage, "input_tokens")) + tokens[2] + tokens[3];
    tokens[1] = number(get(usage, "output_tokens"));
}

static void count_codex(struct file *file, struct sv_value record)
{
    static const char *const calls[] = {"function_call", "custom_tool_call", "local_shell_call", "web_search_call"};
    struct sv_value payload = get(record, "payload"), type = get(payload, "type"), total;
    if (is(get(record, "type"), "response_item"))
        for (size_t i = 0; i < sizeof calls / sizeof *calls; i++)
            file->source.calls += is(type, calls[i]);
    total = get(get(payload, "info"), "total_token_usage");
    if (!is(type, "token_count") || !sv_value_is_object(total))
        return;
    int64_t now[TOKENS] = {number(get(total, "input_tokens")), number(get(total, "output_tokens")),
                           number(get(total, "cached_input_tokens"))};
    for (int i = 0; i < TOKENS; i++) {
        file->was_reset = file->was_reset || now[i] < file->source.tokens[i];
        file->source.tokens[i] = now[i];
    }
}

static void count_source(struct file *file)
{
    struct usages usages = {0};
    struct sv_slice text = sv_buf_slice(&file->text), line;
    struct sv_value record;
    bool is_claude = strcmp(file->format, "claude") == 0, is_codex = strcmp(file->format, "codex") == 0;
    while (next_line(&text, &line)) {
        if (!sv_json_read(line, &record, NULL) || !sv_value_is_object(record))
            continue;
        if (is_claude)
            count_claude(file, record, &usages);
        else if (is_codex)
            count_codex(file, record);
    }
    for (size_t i = 0; i < usages.count; i++)
        for (int t = 0; t < TOKENS; t++)
            file->source.tokens[t] += usages.tokens[i][t];
    sv_map_free(&usages.ids);
    sv_free(usages.tokens);
}

/* --- files and folders --- */

struct tally {
    int64_t files, records, events, rejected, empty, calls, results, tokens, resets;
    int64_t bad_results, bad_calls, bad_tokens, bad_repeats;
    struct sv_buf rejected_lines;
};

static void check_file(const char *path, struct tally *tally)
{
    struct file file = {0};
    struct sv_error err = {0};
    if (!sv_os_slurp(path, 1u << 30, &file.text, &err)) {
        ok(false, "%s: %s", path, err.text);
        return;
    }
    read_events(&file, 0);
    read_events(&file, 1);
    count_source(&file);
    struct counts *read = &file.read[0];
    bool same_tokens = file.was_reset || memcmp(read->tokens, file.source.tokens, sizeof read->tokens) == 0;
    tally->files++;
    tally->records += file.records;
    tally->empty += file.records == 0;
    tally->events += (int64_t)read->events;
    tally->calls += read->calls;
    tally->results += read->results;
    tally->tokens += read->tokens[0] + read->tokens[1];
    tally->resets += file.was_reset;
    tally->bad_results += read->orphans;
    tally->bad_repeats += read->hash != file.read[1].hash || read->events != file.read[1].events;
    if (strcmp(file.format, "claude") == 0 || strcmp(file.format, "codex") == 0) {
        tally->bad_calls += read->calls != file.source.calls;
        tally->bad_tokens += !same_tokens;
        if (read->calls != file.source.calls || !same_tokens)
            printf("# %s (%s): calls %" PRId64 " of %" PRId64 ", tokens in %" PRId64 " of %" PRId64 ", out %" PRId64 " of %" PRId64
                   "\n",
                   path, file.format, read->calls, file.source.calls, read->tokens[0], file.source.tokens[0], read->tokens[1],
                   file.source.tokens[1]);
    }
    for (size_t i = 0; i < file.rejected.len; i++)
        tally->rejected += file.rejected.data[i] == ' ';
    sv_buf_add(&tally->rejected_lines, sv_buf_slice(&file.rejected));
    sv_buf_free(&file.text);
    sv_buf_free(&file.rejected);
}

static void walk(const char *path, struct tally *tally, int depth)
{
    struct sv_buf names = {0}, child = {0};
    struct sv_error err = {0};
    size_t count = 0;
    if (depth > 20 || !sv_os_list(path, &names, &count, &err))
        return;
    for (const char *name = names.data; count > 0; count--, name += strlen(name) + 1) {
        struct sv_os_stat stat;
        sv_buf_clear(&child);
        sv_buf_printf(&child, "%s/%s", path, name);
        if (!sv_os_stat_path(sv_buf_cstr(&child), false, &stat))
            continue;
        if (stat.is_folder)
            walk(sv_buf_cstr(&child), tally, depth + 1);
        else if (stat.is_file && sv_slice_ends(sv_slice_str(name), SV_SLICE(".jsonl")))
            check_file(sv_buf_cstr(&child), tally);
    }
    sv_buf_free(&names);
    sv_buf_free(&child);
}

static void check_folder(const char *data, const struct folder *folder)
{
    struct tally tally = {0};
    struct sv_os_stat stat;
    struct sv_buf path = {0};
    sv_buf_printf(&path, "%s/%s", data, folder->name);
    if (!sv_os_stat_path(sv_buf_cstr(&path), true, &stat)) {
        skip(folder->name, "the folder is missing");
        sv_buf_free(&path);
        return;
    }
    walk(sv_buf_cstr(&path), &tally, 0);
    printf("# %s: %" PRId64 " files, %" PRId64 " records, %" PRId64 " events, %" PRId64 " calls, %" PRId64 " results, %" PRId64
           " tokens, %" PRId64 " rejected, %" PRId64 " empty, %" PRId64 " with a reset\n",
           folder->name, tally.files, tally.records, tally.events, tally.calls, tally.results, tally.tokens, tally.rejected,
           tally.empty, tally.resets);
    ok(tally.events > 0, "%s: events come out", folder->name);
    is_int(tally.bad_results, 0, "%s: every result has a call_id", folder->name);
    is_int(tally.bad_calls, 0, "%s: calls are as many as the source's blocks in every file", folder->name);
    is_int(tally.bad_tokens, 0, "%s: tokens are as many as the source's in every file", folder->name);
    is_int(tally.bad_repeats, 0, "%s: every file reads the same twice", folder->name);
    if (tally.files == folder->files) {
        is_int(tally.rejected, folder->rejected, "%s: lines rejected", folder->name);
        is_str(sv_buf_cstr(&tally.rejected_lines), folder->rejected_lines, "%s: which lines", folder->name);
        is_int(tally.empty, folder->empty, "%s: files without a record", folder->name);
    } else {
        skip(folder->name, "not the files whose broken lines are known");
    }
    sv_buf_free(&tally.rejected_lines);
    sv_buf_free(&path);
}

int main(int argc, char **argv)
{
    struct sv_error err = {0};
    if (argc != 2) {
        fputs("usage: agents FOLDER\n", stderr);
        return 2;
    }
    schema = sv_schema_new();
    schema->keep_rest = true;
    for (int f = 0; f < SV_SLOT_FIRST; f++)
        schema->used[f] = true;
    prices = sv_prices_load("share/prices.csv", &err);
    if (!ok(prices != NULL, "prices are read %s", err.text))
        return done();
    for (size_t i = 0; i < sizeof folders / sizeof *folders; i++)
        check_folder(argv[1], &folders[i]);
    sv_prices_free(prices);
    sv_schema_free(schema);
    return done();
}
