/* SPDX-License-Identifier: ISC */
#include "run/attach.h"
#include "run/evaluations.h"

#include "base/hash.h"
#include "base/mem.h"
#include "json/writer.h"
#include "run/body.h"
#include "run/filter.h"
#include "run/merge.h"

enum { COUNTED_MAX = 10 /* how many more are counted: each may lie on a page of its own */, CHUNK = 500 };

/* Part of the manual: new ones go to the end. */
enum {
    C_TIME, C_SEVERITY, C_AGENT, C_POLICY, C_OUTCOME, C_ACTION, C_MESSAGE, C_AT, C_ID, C_TEAM, C_SUPERVISOR, C_SESSION, C_TOOL, C_EVENT,
    C_KEY, C_VALUES, C_VERSION, C_NUMBER, C_COUNT
};

const struct sv_list_column sv_evaluations_columns[] = {
    [C_TIME] = {"time", 11, 11, false, false, false},
    [C_SEVERITY] = {"severity", 8, 8, false, false, false},
    [C_AGENT] = {"agent", 8, 16, false, false, false},
    [C_POLICY] = {"policy", 12, 20, false, false, false},
    [C_OUTCOME] = {"outcome", 9, 9, false, false, false},
    [C_ACTION] = {"action", 7, 7, false, false, false},
    [C_MESSAGE] = {"message", 12, 0, true, false, false},
    [C_AT] = {"at", 8, 18, false, true, false},
    [C_ID] = {"id", 0, 40, false, false, false},
    [C_TEAM] = {"team", 0, 12, false, false, false},
    [C_SUPERVISOR] = {"supervisor", 0, 12, false, false, false},
    [C_SESSION] = {"session", 0, 36, false, false, false},
    [C_TOOL] = {"tool", 0, 15, false, false, false},
    [C_EVENT] = {"event", 0, 36, false, false, false},
    [C_KEY] = {"key", 0, 20, false, false, false},
    [C_VALUES] = {"values", 0, 20, false, false, false},
    [C_VERSION] = {"version", 0, 16, false, false, false},
    [C_NUMBER] = {"number", 0, 9, false, false, true},
};
const size_t sv_evaluations_column_count = C_COUNT;

struct stream {
    struct sv_found found;
    struct sv_store_finding_rows rows;
};

struct evaluations {
    struct sv_answer answer;
    struct sv_ask ask;
    struct sv_store *store;
    struct sv_attach attach;
    struct sv_filter filter;
    int64_t *policies;          /* [policy_count] versions that were asked for */
    size_t policy_count;
    struct sv_body *body;
    struct sv_origins origins;
    struct sv_evaluation_words words;
    struct sv_merge merge;
    struct stream *streams;     /* [merge.count] */
    size_t capacity;
    int64_t time_ns, id;
    uint64_t shown, more;
    int64_t shown_ns, shown_id;
    bool headed, ended;
    struct sv_buf line, out;
};

/* --- one of them, in words --- */

static bool take_policy(struct sv_store *store, int64_t number, struct sv_evaluation_words *words, struct sv_error *err)
{
    struct sv_store_policy_version version = {.policy = SV_SLICE("-")};
    bool found;
    if (words->policy_number == number)
        return true;
    sv_arena_reset(&words->policy_arena);
    if (!sv_store_policy_version(store, number, &words->policy_arena, &version, &found, err))
        return false;
    words->policy_number = number;
    words->policy = version.policy;
    words->title = version.title;
    words->text = version.text;
    words->version = version.hash;
    words->loaded_ns = version.loaded_ns;
    return true;
}

static bool take_names(struct sv_store *store, const struct sv_store_finding_row *row, struct sv_evaluation_words *words, struct sv_error *err)
{
    const struct {
        enum sv_name_table table;
        struct sv_slice *to;
    } names[] = {{SV_NAME_AGENT, &words->agent},
                 {SV_NAME_TEAM, &words->team},
                 {SV_NAME_SUPERVISOR, &words->supervisor},
                 {SV_NAME_SESSION, &words->session},
                 {SV_NAME_TOOL, &words->tool}};
    for (size_t i = 0; i < sizeof names / sizeof *names; i++) {
        if (!sv_store_name_text(store, names[i].table, row->names[names[i].table], names[i].to, err))
            return false;
        *names[i].to = sv_arena_dup(&words->arena, *names[i].to);
    }
    if (sv_slice_is(words->supervisor, "-")) /* none */
        words->supervisor = (struct sv_slice){0};
    return true;
}

static struct sv_hit hit_of(const struct sv_store_finding_row *row, const struct sv_evaluation_words *words)
{
    return (struct sv_hit){.outcome = row->outcome,
                           .place = {.source = row->source == 0 ? SV_NO_SOURCE : 0, .record = row->record, .part = row->part},
                           .has_time = true,
                           .time_ns = row->created_ns,
                           .origin = words->origin,
                           .agent = words->agent,
                           .team = words->team,
                           .supervisor = words->supervisor,
                           .session = words->session,
                           .event = words->event,
                           .keys = row->keys,
                           .values = row->values,
                           .message = row->message};
}

bool sv_evaluation_words(struct sv_store *store, struct sv_origins *origins, const struct sv_store_finding_row *row,
                         struct sv_evaluation_words *words, struct sv_error *err)
{
    static const struct sv_origin timer = {{"", 0}, {"", 0}};
    const struct sv_origin *origin = row->source != 0 ? sv_origins_at(origins, row->source, err) : &timer;
    struct sv_buf text = {0};
    sv_arena_reset(&words->arena);
    if (origin == NULL || !take_policy(store, row->policy, words, err) || !take_names(store, row, words, err))
        return false;
    words->origin = sv_arena_dup(&words->arena, origin->name);
    words->at = row->source == 0 ? (struct sv_slice){0}
                                 : sv_arena_printf(&words->arena, "%.*s:%llu", SV_ARG(origin->path), (unsigned long long)row->record);
    if (row->event.len == 0 && row->source != 0)
        sv_event_address(&text, words->origin, row->record, row->part);
    words->event = sv_arena_dup(&words->arena, row->event.len > 0 ? row->event : sv_buf_slice(&text));
    sv_buf_clear(&text);
    struct sv_hit hit = hit_of(row, words);
    sv_evaluation_put_id(&text, &hit, &(struct sv_policy){.id = words->policy});
    words->id = sv_arena_dup(&words->arena, sv_buf_slice(&text));
    sv_buf_free(&text);
    return true;
}

void sv_evaluation_words_free(struct sv_evaluation_words *words)
{
    sv_arena_free(&words->arena);
    sv_arena_free(&words->policy_arena);
    *words = (struct sv_evaluation_words){0};
}

void sv_evaluation_words_put(struct sv_buf *out, const struct sv_store_finding_row *row, const struct sv_evaluation_words *words)
{
    static const char end[] = "}\n";
    char version[17];
    struct sv_policy policy = {.id = words->policy, .severity = row->severity, .action = row->action};
    struct sv_hit hit = hit_of(row, words);
    sv_evaluation_put_json(out, &hit, &policy, words->at);
    out->len -= sizeof end - 1;
    sv_hash_hex(words->version, version);
    sv_json_put_key(out, "version");
    sv_buf_printf(out, "\"%s\"%s", version, end);
}

/* --- reading rows --- */

static bool fetch(void *context, size_t number, size_t limit, size_t *count, struct sv_error *err)
{
    struct evaluations *evaluations = context;
    struct stream *stream = &evaluations->streams[number];
    stream->found.limit = limit;
    if (!sv_store_found(evaluations->store, &stream->found, &stream->rows, err))
        return false;
    *count = stream->rows.count;
    if (*count > 0) {
        stream->found.time_ns = stream->rows.items[*count - 1].created_ns;
        stream->found.id = stream->rows.items[*count - 1].id;
    }
    return true;
}

static struct sv_merge_place place(void *context, size_t number, size_t at)
{
    const struct sv_store_finding_row *row = &((struct evaluations *)context)->streams[number].rows.items[at];
    return (struct sv_merge_place){row->created_ns, row->id};
}

static void add_stream(struct evaluations *evaluations, enum sv_found_by by, int64_t number)
{
    const struct sv_ask *ask = &evaluations->ask;
    if (evaluations->merge.count == evaluations->capacity) {
        evaluations->capacity = evaluations->capacity > 0 ? 2 * evaluations->capacity : 4;
        evaluations->streams = sv_realloc(evaluations->streams, evaluations->capacity * sizeof *evaluations->streams);
    }
    evaluations->streams[evaluations->merge.count] = (struct stream){.found = {.by = by,
                                                                               .number = number,
                                                                               .time_ns = evaluations->time_ns,
                                                                               .id = evaluations->id,
                                                                               .since_ns = ask->has_since ? ask->since_ns : INT64_MIN}};
    sv_merge_add(&evaluations->merge);
}

static void add_ids(struct evaluations *evaluations, enum sv_found_by by, const int64_t *ids, size_t count)
{
    for (size_t i = 0; i < count; i++)
        add_stream(evaluations, by, ids[i]);
}

/* What is told most narrowly leads; else every supervisor's are merged. */
static bool plan(struct evaluations *evaluations, struct sv_error *err)
{
    const struct sv_filter_ids *ids = evaluations->filter.ids;
    bool by_policy = evaluations->ask.which[SV_ASK_POLICY].count > 0;
    if (evaluations->filter.finds_nothing || (by_policy && evaluations->policy_count == 0))
        return true;
    if (ids[SV_ASK_SESSION].is_set)
        return add_ids(evaluations, SV_FOUND_SESSION, ids[SV_ASK_SESSION].items, ids[SV_ASK_SESSION].count), true;
    if (ids[SV_ASK_AGENT].is_set)
        return add_ids(evaluations, SV_FOUND_AGENT, ids[SV_ASK_AGENT].items, ids[SV_ASK_AGENT].count), true;
    if (by_policy)
        return add_ids(evaluations, SV_FOUND_POLICY, evaluations->policies, evaluations->policy_count), true;
    for (int64_t supervisor = 0;;) {
        if (!sv_store_found_supervisor(evaluations->store, supervisor, &supervisor, err))
            return false;
        if (supervisor == 0)
            return true;
        add_stream(evaluations, SV_FOUND_SUPERVISOR, supervisor);
    }
}

static bool is_policy(const struct evaluations *evaluations, int64_t version)
{
    for (size_t i = 0; i < evaluations->policy_count; i++)
        if (evaluations->policies[i] == version)
            return true;
    return evaluations->ask.which[SV_ASK_POLICY].count == 0;
}

static bool is_wanted(const struct evaluations *evaluations, const struct sv_store_finding_row *row)
{
    static const struct {
        enum sv_ask_kind kind;
        enum sv_name_table table;
    } names[] = {{SV_ASK_AGENT, SV_NAME_AGENT}, {SV_ASK_TEAM, SV_NAME_TEAM}, {SV_ASK_SESSION, SV_NAME_SESSION}, {SV_ASK_TOOL, SV_NAME_TOOL}};
    for (size_t i = 0; i < sizeof names / sizeof *names; i++)
        if (!sv_filter_has(&evaluations->filter, names[i].kind, row->names[names[i].table]))
            return false;
    return row->severity >= evaluations->ask.severity && is_policy(evaluations, row->policy);
}

static bool is_json(const struct evaluations *evaluations)
{
    const struct sv_list *list = &evaluations->ask.list;
    return list->form == SV_LIST_JSON && list->chosen_count == 0;
}

/* The next one that is wanted, its words and line made where they are needed; NULL at the end or with err. */
static const struct sv_store_finding_row *take(struct evaluations *evaluations, bool with_words, struct sv_error *err)
{
    for (size_t stream, at; sv_merge_next(&evaluations->merge, &stream, &at, err);) {
        const struct sv_store_finding_row *row = &evaluations->streams[stream].rows.items[at];
        bool asks = evaluations->ask.where != NULL;
        if (!is_wanted(evaluations, row))
            continue;
        if (!with_words && !asks)
            return row;
        if (!sv_evaluation_words(evaluations->store, &evaluations->origins, row, &evaluations->words, err))
            return NULL;
        sv_buf_clear(&evaluations->line);
        if (asks || is_json(evaluations))
            sv_evaluation_words_put(&evaluations->line, row, &evaluations->words);
        if (!asks || (sv_body_read(evaluations->body, sv_buf_slice(&evaluations->line)) && evaluations->body->holds))
            return row;
    }
    return NULL;
}

/* --- the answer --- */

static enum sv_color color_of(enum sv_severity severity)
{
    static const enum sv_color colors[] = {SV_COLOR_DIM, SV_COLOR_YELLOW, SV_COLOR_RED, SV_COLOR_ALERT};
    return colors[severity];
}

static void put_row(struct evaluations *evaluations, const struct sv_store_finding_row *row)
{
    const struct sv_evaluation_words *words = &evaluations->words;
    const struct sv_list *list = &evaluations->ask.list;
    char version[17];
    if (is_json(evaluations)) {
        sv_buf_add(&evaluations->out, sv_buf_slice(&evaluations->line));
        return;
    }
    sv_hash_hex(words->version, version);
    struct sv_list_cell cells[C_COUNT] = {
        [C_TIME] = {.kind = SV_LIST_TIME, .number = row->created_ns},
        [C_SEVERITY] = sv_ask_text(sv_slice_str(sv_severity_name(row->severity))),
        [C_AGENT] = sv_ask_text(words->agent),
        [C_POLICY] = sv_ask_text(words->policy),
        [C_OUTCOME] = sv_ask_text(sv_slice_str(sv_outcome_name(row->outcome))),
        [C_ACTION] = sv_ask_text(sv_slice_str(sv_action_name(row->action))),
        [C_MESSAGE] = sv_ask_text(row->message),
        [C_AT] = sv_ask_text(words->at),
        [C_ID] = sv_ask_text(words->id),
        [C_TEAM] = sv_ask_text(words->team),
        [C_SUPERVISOR] = sv_ask_text(words->supervisor),
        [C_SESSION] = sv_ask_text(words->session),
        [C_TOOL] = sv_ask_text(words->tool),
        [C_EVENT] = sv_ask_text(words->event),
        [C_KEY] = sv_ask_text(row->keys),
        [C_VALUES] = sv_ask_text(row->values),
        [C_VERSION] = sv_ask_text(sv_slice_str(version)),
        [C_NUMBER] = sv_ask_number(true, row->id),
    };
    cells[C_SEVERITY].color = row->outcome == SV_VIOLATION ? color_of(row->severity) : SV_COLOR_DIM;
    cells[C_POLICY].color = SV_COLOR_BOLD;
    sv_list_row(list, &evaluations->out, cells);
}

static bool next(struct sv_answer *answer, struct sv_slice *out, struct sv_error *err)
{
    struct evaluations *evaluations = (struct evaluations *)answer;
    const struct sv_list *list = &evaluations->ask.list;
    const struct sv_store_finding_row *row = NULL;
    sv_buf_clear(&evaluations->out);
    if (evaluations->ended) {
        sv_store_answered(evaluations->store);
        while (evaluations->more < COUNTED_MAX && take(evaluations, false, err) != NULL)
            evaluations->more++;
        return false;
    }
    if (!evaluations->headed && !is_json(evaluations))
        sv_list_head(list, &evaluations->out);
    evaluations->headed = true;
    for (size_t i = 0; i < CHUNK && evaluations->shown < evaluations->ask.number && (row = take(evaluations, true, err)) != NULL; i++) {
        put_row(evaluations, row);
        evaluations->shown++;
        evaluations->shown_ns = row->created_ns;
        evaluations->shown_id = row->id;
    }
    evaluations->ended = evaluations->shown == evaluations->ask.number || row == NULL;
    *out = sv_buf_slice(&evaluations->out);
    return err->code == SV_DONE;
}

static uint64_t more(const struct sv_answer *answer, struct sv_buf *cursor)
{
    const struct evaluations *evaluations = (const struct evaluations *)answer;
    sv_ask_put_cursor(cursor, evaluations->shown_ns, evaluations->shown_id);
    return evaluations->more;
}

static void close_evaluations(struct sv_answer *answer)
{
    struct evaluations *evaluations = (struct evaluations *)answer;
    for (size_t i = 0; i < evaluations->merge.count; i++)
        sv_store_finding_rows_free(&evaluations->streams[i].rows);
    sv_merge_free(&evaluations->merge);
    sv_free(evaluations->streams);
    sv_free(evaluations->policies);
    sv_filter_free(&evaluations->filter);
    sv_body_close(evaluations->body);
    sv_evaluation_words_free(&evaluations->words);
    sv_origins_free(&evaluations->origins);
    sv_store_close(evaluations->store);
    sv_attach_free(&evaluations->attach);
    sv_buf_free(&evaluations->line);
    sv_buf_free(&evaluations->out);
    sv_free(evaluations);
}

static void remarks(const struct sv_answer *answer, struct sv_buf *lines)
{
    sv_attach_put(&((const struct evaluations *)answer)->attach, lines);
}

static const struct sv_answer_kind kind = {next, more, close_evaluations, remarks};

static bool on_policy(void *context, int64_t id, struct sv_slice policy)
{
    struct evaluations *evaluations = context;
    if (!sv_ask_wants(&evaluations->ask, SV_ASK_POLICY, policy))
        return true;
    if ((evaluations->policy_count & (evaluations->policy_count - 1)) == 0) /* a power of two: full */
        evaluations->policies = sv_realloc(evaluations->policies, (evaluations->policy_count > 0 ? 2 * evaluations->policy_count : 1) * sizeof id);
    evaluations->policies[evaluations->policy_count++] = id;
    return true;
}

static bool open_all(struct evaluations *evaluations, struct sv_error *err)
{
    const struct sv_ask *ask = &evaluations->ask;
    int64_t until = ask->has_until ? ask->until_ns : INT64_MAX;
    if (ask->before != NULL && !sv_ask_take_cursor(ask->before, &evaluations->time_ns, &evaluations->id, err))
        return false;
    if (ask->before == NULL || evaluations->time_ns > until) {
        evaluations->time_ns = until;
        evaluations->id = ask->has_until ? INT64_MIN : INT64_MAX;
    }
    if ((evaluations->body = sv_body_open(ask->where, err)) == NULL || (evaluations->store = sv_store_open(&ask->store, err)) == NULL ||
        !sv_attach(&evaluations->attach, evaluations->store, ask, err) ||
        !sv_filter_open(&evaluations->filter, ask, evaluations->store, err) ||
        (ask->which[SV_ASK_POLICY].count > 0 && !sv_store_policies(evaluations->store, SV_SLICE(""), on_policy, evaluations, err)))
        return false;
    evaluations->origins.store = evaluations->store;
    evaluations->merge = (struct sv_merge){.context = evaluations, .fetch = fetch, .place = place, .page = ask->number + COUNTED_MAX};
    return plan(evaluations, err);
}

struct sv_answer *sv_evaluations_open(const struct sv_ask *ask, struct sv_error *err)
{
    struct evaluations *evaluations = sv_calloc(1, sizeof *evaluations);
    evaluations->answer = (struct sv_answer){.kind = &kind, .more_at_most = COUNTED_MAX};
    evaluations->ask = *ask;
    evaluations->ask.store.read_only = true;
    if (open_all(evaluations, err))
        return &evaluations->answer;
    close_evaluations(&evaluations->answer);
    return NULL;
}
