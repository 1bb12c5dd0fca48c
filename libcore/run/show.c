/* SPDX-License-Identifier: ISC */
#include "run/show.h"

#include "base/hash.h"
#include "base/mem.h"
#include "base/time.h"
#include "json/reader.h"
#include "json/writer.h"
#include "run/evaluations.h"
#include "run/lookup.h"
#include "run/pair.h"

enum { VALUE_MAX = 4000, KEY_WIDTH = 16, NEAR_MAX = 200 };

struct show {
    struct sv_answer answer;
    struct sv_ask ask;
    struct sv_store *store;
    struct sv_origins origins;
    struct sv_pair pair;
    struct sv_lookup found;
    struct sv_store_rows others;
    struct sv_store_finding_rows findings;
    struct sv_evaluation_words words;
    struct sv_arena arena;
    size_t at;               /* operand */
    struct sv_buf missing;   /* ids that are nobody's */
    struct sv_buf line, out;
};

static bool is_text(const struct show *show)
{
    return show->ask.list.form == SV_LIST_TEXT;
}

/* --- text --- */

static void put_bold(struct show *show, const char *text)
{
    sv_buf_printf(&show->out, show->ask.list.color ? "\033[1m%s\033[0m" : "%s", text);
}

/* Lines behind the first begin under it. */
static void put_lines(struct show *show, struct sv_slice text, size_t indent)
{
    size_t shown = 0;
    while (text.len > 0 && shown < VALUE_MAX) {
        const char *end = sv_slice_find(text, SV_SLICE("\n"));
        size_t len = end != NULL ? (size_t)(end - text.data) : text.len, cut = len < VALUE_MAX - shown ? len : VALUE_MAX - shown;
        for (size_t i = 0; i < indent && shown > 0; i++)
            sv_buf_char(&show->out, ' ');
        sv_text_safe(&show->out, sv_slice(text.data, cut));
        shown += cut + 1;
        size_t used = len + (end != NULL);
        text = sv_slice(text.data + used, text.len - used);
        if (cut < len || (text.len > 0 && shown >= VALUE_MAX))
            sv_buf_str(&show->out, " ...");
        sv_buf_char(&show->out, '\n');
    }
    if (shown == 0)
        sv_buf_char(&show->out, '\n');
}

static void put_key(struct show *show, struct sv_slice key)
{
    size_t start = show->out.len;
    sv_buf_str(&show->out, "  ");
    sv_text_safe(&show->out, key);
    do
        sv_buf_char(&show->out, ' ');
    while (show->out.len - start < KEY_WIDTH + 2);
}

static void put_value(struct show *show, struct sv_slice key, struct sv_value value)
{
    struct sv_buf text = {0};
    put_key(show, key);
    if (value.type == SV_STRING)
        sv_buf_add(&text, sv_value_string(&value, &show->arena));
    else
        sv_json_put_value(&text, value);
    put_lines(show, sv_buf_slice(&text), KEY_WIDTH + 2);
    sv_buf_free(&text);
}

/* A line's members, one under the other. */
static void put_members(struct show *show, struct sv_slice line)
{
    struct sv_error err = {0};
    struct sv_value whole, key, value;
    if (!sv_json_read(line, &whole, &err))
        return;
    struct sv_json_iter it = sv_json_iter(whole);
    while (sv_json_next(&it, &key, &value))
        put_value(show, sv_value_string(&key, &show->arena), value);
    sv_arena_reset(&show->arena);
}

static void put_text(struct show *show, const char *key, struct sv_slice text)
{
    if (text.len > 0)
        put_value(show, sv_slice_str(key), sv_value_str(text));
}

/* --- the parts, in both forms --- */

static void begin_part(struct show *show, const char *title)
{
    if (is_text(show)) {
        put_bold(show, title);
        sv_buf_char(&show->out, '\n');
    } else {
        sv_json_put_key(&show->out, title);
    }
}

/* An event, as it was stored. */
static bool put_event(struct show *show, const char *title, const struct sv_store_row *row, struct sv_error *err)
{
    if (!sv_store_event_body(show->store, row->id, &show->line, err))
        return false;
    begin_part(show, title);
    if (is_text(show))
        put_members(show, sv_buf_slice(&show->line));
    else
        sv_buf_add(&show->out, show->line.len > 0 ? sv_buf_slice(&show->line) : SV_SLICE("null"));
    return true;
}

static bool put_evaluation(struct show *show, const char *title, const struct sv_store_finding_row *row, struct sv_error *err)
{
    if (!sv_evaluation_words(show->store, &show->origins, row, &show->words, err))
        return false;
    sv_buf_clear(&show->line);
    sv_evaluation_words_put(&show->line, row, &show->words);
    show->line.len--; /* its newline */
    if (title != NULL)
        begin_part(show, title);
    if (is_text(show))
        put_members(show, sv_buf_slice(&show->line));
    else
        sv_buf_add(&show->out, sv_buf_slice(&show->line));
    return true;
}

/* The policy that decided, in the words it then had. */
static void put_policy(struct show *show)
{
    const struct sv_evaluation_words *words = &show->words;
    struct sv_buf loaded = {0};
    char version[17];
    sv_hash_hex(words->version, version);
    sv_time_format(&loaded, words->loaded_ns);
    begin_part(show, "policy");
    if (is_text(show)) {
        put_text(show, "version", sv_slice_str(version));
        put_text(show, "loaded_at", sv_buf_slice(&loaded));
        put_members(show, words->text);
    } else {
        const struct {
            const char *key;
            struct sv_slice text;
        } members[] = {{"id", words->policy}, {"version", sv_slice_str(version)}, {"title", words->title},
                       {"loaded_at", sv_buf_slice(&loaded)}, {"text", words->text}};
        sv_buf_char(&show->out, '{');
        for (size_t i = 0; i < sizeof members / sizeof *members; i++) {
            sv_json_put_key(&show->out, members[i].key);
            sv_json_put_string(&show->out, members[i].text);
        }
        sv_buf_char(&show->out, '}');
    }
    sv_buf_free(&loaded);
}

static void put_none(struct show *show, const char *title)
{
    if (is_text(show))
        return;
    begin_part(show, title);
    sv_buf_str(&show->out, "null");
}

/* The call or result that belongs to it, and the decisions about that call. */
static bool put_call(struct show *show, const struct sv_store_row *row, struct sv_error *err)
{
    bool fine, is_call = sv_pair_is_call(&show->pair, row);
    const struct sv_store_row *other = NULL;
    if (row->call_id.len == 0)
        return true;
    if (is_call || sv_pair_is_result(&show->pair, row)) {
        other = sv_pair_of(&show->pair, row, &fine, err);
        if (!fine || (other != NULL && !put_event(show, is_call ? "result" : "call", other, err)))
            return false;
    }
    if (other == NULL && (is_call || sv_pair_is_result(&show->pair, row)))
        put_none(show, is_call ? "result" : "call");
    struct sv_find find = {.by = SV_FIND_CALL, .text = row->call_id, .up = true, .time_ns = INT64_MIN, .id = INT64_MIN, .bound_ns = INT64_MAX,
                           .limit = NEAR_MAX};
    if (!sv_store_find(show->store, &find, &show->others, err))
        return false;
    for (size_t i = 0; i < show->others.count; i++) {
        const struct sv_store_row *near = &show->others.items[i];
        struct sv_slice type;
        if (!sv_store_name_text(show->store, SV_NAME_TYPE, near->names[SV_NAME_TYPE], &type, err))
            return false;
        if (near->id != row->id && sv_slice_is(type, "decision") && near->names[SV_NAME_SESSION] == row->names[SV_NAME_SESSION])
            return put_event(show, "decision", near, err);
    }
    return true;
}

static bool put_findings(struct show *show, const struct sv_store_row *row, struct sv_error *err)
{
    if (!sv_store_found_event(show->store, row->source, row->record, row->part, NEAR_MAX, &show->findings, err))
        return false;
    if (!is_text(show)) {
        begin_part(show, "evaluations");
        sv_buf_char(&show->out, '[');
    }
    for (size_t i = 0; i < show->findings.count; i++) {
        if (!is_text(show) && i > 0)
            sv_buf_char(&show->out, ',');
        if (!put_evaluation(show, is_text(show) ? "evaluation" : NULL, &show->findings.items[i], err))
            return false;
    }
    if (!is_text(show))
        sv_buf_char(&show->out, ']');
    return true;
}

static void begin_object(struct show *show)
{
    if (!is_text(show))
        sv_buf_char(&show->out, '{');
    else if (show->at > 0 || show->out.len > 0)
        sv_buf_char(&show->out, '\n');
}

static void end_object(struct show *show)
{
    if (!is_text(show))
        sv_buf_str(&show->out, "}\n");
}

static bool show_event(struct show *show, const struct sv_store_row *row, struct sv_error *err)
{
    begin_object(show);
    if (!put_event(show, "event", row, err) || !put_call(show, row, err) || !put_findings(show, row, err))
        return false;
    end_object(show);
    return true;
}

static bool show_evaluation(struct show *show, const struct sv_store_finding_row *row, struct sv_error *err)
{
    begin_object(show);
    if (!put_evaluation(show, "evaluation", row, err))
        return false;
    put_policy(show);
    if (row->source != 0 && !sv_store_find_address(show->store, row->source, row->record, row->part, &show->others, err))
        return false;
    if (row->source != 0 && show->others.count > 0) {
        struct sv_store_row event = show->others.items[0];
        event.call_id = sv_arena_dup(&show->words.arena, event.call_id); /* what is found next takes its place */
        if (!put_event(show, "event", &event, err) || !put_call(show, &event, err))
            return false;
    } else {
        put_none(show, "event");
    }
    end_object(show);
    return true;
}

static bool next(struct sv_answer *answer, struct sv_slice *out, struct sv_error *err)
{
    struct show *show = (struct show *)answer;
    struct sv_lookup *found = &show->found;
    bool fine = true;
    sv_buf_clear(&show->out);
    if (show->at == show->ask.operand_count) {
        if (show->missing.len > 0)
            sv_error_set(err, SV_INPUT, "no event or evaluation %s", sv_buf_cstr(&show->missing));
        return false;
    }
    struct sv_slice id = sv_slice_str(show->ask.operands[show->at]);
    if (!sv_lookup(show->store, id, found, err))
        return false;
    if (found->kind == SV_LOOKUP_NOTHING)
        sv_buf_printf(&show->missing, "%s\"%.*s\"", show->missing.len > 0 ? ", " : "", (int)(id.len < 80 ? id.len : 80), id.data);
    for (size_t i = 0; i < found->events.count && found->kind == SV_LOOKUP_EVENT && fine; i++)
        fine = show_event(show, &found->events.items[i], err);
    for (size_t i = 0; i < found->evaluations.count && found->kind == SV_LOOKUP_EVALUATION && fine; i++)
        fine = show_evaluation(show, &found->evaluations.items[i], err);
    show->at++;
    *out = sv_buf_slice(&show->out);
    return fine;
}

static void close_show(struct sv_answer *answer)
{
    struct show *show = (struct show *)answer;
    sv_lookup_free(&show->found);
    sv_pair_free(&show->pair);
    sv_origins_free(&show->origins);
    sv_evaluation_words_free(&show->words);
    sv_store_rows_free(&show->others);
    sv_store_finding_rows_free(&show->findings);
    sv_store_close(show->store);
    sv_arena_free(&show->arena);
    sv_buf_free(&show->missing);
    sv_buf_free(&show->line);
    sv_buf_free(&show->out);
    sv_free(show);
}

static const struct sv_answer_kind kind = {next, NULL, close_show, NULL};

struct sv_answer *sv_show_open(const struct sv_ask *ask, struct sv_error *err)
{
    if (ask->operand_count == 0) {
        sv_error_set(err, SV_USAGE, "an id is missing: of an event or an evaluation, as timeline and evaluations print them");
        return NULL;
    }
    struct show *show = sv_calloc(1, sizeof *show);
    show->answer = (struct sv_answer){.kind = &kind};
    show->ask = *ask;
    show->ask.store.read_only = true;
    show->store = sv_store_open(&show->ask.store, err);
    show->origins.store = show->store;
    if (show->store != NULL && sv_pair_open(&show->pair, show->store, err))
        return &show->answer;
    close_show(&show->answer);
    return NULL;
}
