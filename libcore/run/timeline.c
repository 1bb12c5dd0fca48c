/* SPDX-License-Identifier: ISC */
#include "run/timeline.h"

#include <string.h>

#include "base/mem.h"
#include "base/os.h"
#include "run/attach.h"
#include "run/body.h"
#include "run/events.h"
#include "run/logs.h"
#include "run/origin.h"
#include "run/pair.h"
#include "store/team.h"

enum {
    CHUNK = 500,          /* rows of a table whose parents are looked for among each other */
    COUNTED_MAX = 10,     /* how many more are counted: each may lie on a page of its own */
    POLL_MS = 40,
    DEPTH_MAX = 8
};

/* Part of the manual: new ones go to the end. */
enum {
    C_TIME, C_AGENT, C_EVENT, C_STATUS, C_TOOK, C_COST, C_WHAT, C_ID, C_TYPE, C_TOOL, C_SESSION, C_TEAM, C_HOST, C_MODEL, C_PRIORITY,
    C_ENTITY_TYPE, C_ENTITY_ID, C_CORRELATION, C_TRACE, C_PARENT, C_CALL, C_INPUT_TOKENS, C_OUTPUT_TOKENS, C_NUMBER, C_COUNT
};

const struct sv_list_column sv_timeline_columns[] = {
    [C_TIME] = {"time", 14, 14, false, false, false},
    [C_AGENT] = {"agent", 8, 18, false, false, false},
    [C_EVENT] = {"event", 10, 15, false, false, false},
    [C_STATUS] = {"status", 6, 8, false, false, false},
    [C_TOOK] = {"duration_ms", 7, 7, false, false, true},
    [C_COST] = {"cost_usd", 7, 7, false, false, true},
    [C_WHAT] = {"what", 12, 0, true, false, false},
    [C_ID] = {"id", 0, 36, false, false, false},
    [C_TYPE] = {"type", 0, 15, false, false, false},
    [C_TOOL] = {"tool", 0, 15, false, false, false},
    [C_SESSION] = {"session", 0, 36, false, false, false},
    [C_TEAM] = {"team", 0, 12, false, false, false},
    [C_HOST] = {"host", 0, 12, false, false, false},
    [C_MODEL] = {"model", 0, 20, false, false, false},
    [C_PRIORITY] = {"priority", 0, 8, false, false, false},
    [C_ENTITY_TYPE] = {"entity_type", 0, 11, false, false, false},
    [C_ENTITY_ID] = {"entity_id", 0, 16, false, false, false},
    [C_CORRELATION] = {"correlation_id", 0, 32, false, false, false},
    [C_TRACE] = {"trace_id", 0, 32, false, false, false},
    [C_PARENT] = {"parent_id", 0, 36, false, false, false},
    [C_CALL] = {"call_id", 0, 30, false, false, false},
    [C_INPUT_TOKENS] = {"input_tokens", 0, 12, false, false, true},
    [C_OUTPUT_TOKENS] = {"output_tokens", 0, 13, false, false, true},
    [C_NUMBER] = {"number", 0, 9, false, false, true},
};
const size_t sv_timeline_column_count = C_COUNT;
static const char *const titles[C_COUNT] = {[C_TOOK] = "took", [C_COST] = "cost"};

/* A line of the table. */
struct item {
    struct sv_store_row row;  /* a call, where its result stands beside it */
    bool has_result;
    struct sv_store_row result;
    struct sv_slice id, what, error;
};

struct timeline {
    struct sv_answer answer;
    struct sv_ask ask;
    struct sv_timeline_spec spec;
    struct sv_store *store;
    struct sv_attach attach;
    struct sv_filter filter;
    struct sv_events_spec events_spec;
    struct sv_events *events;
    struct sv_body *body;
    struct sv_origins origins;
    struct sv_arena arena, words; /* of a chunk; of the answer */
    struct item *items;           /* [item_count] of it */
    size_t item_count, item_capacity;
    struct sv_pair pair;
    struct sv_store_rows fresh;
    const char *unknown;          /* the option whose id nothing begins with: */
    struct sv_slice unknown_id;
    uint64_t shown, more;
    int64_t shown_ns, shown_id;   /* place of the last one */
    bool headed, ended, counted;
    int64_t last_row, version;    /* followed up to there */
    struct sv_buf line, out;
};

static bool is_table(const struct timeline *timeline)
{
    return timeline->ask.list.form == SV_LIST_TEXT;
}

/* --- reading rows --- */

static struct sv_slice kept(struct timeline *timeline, struct sv_slice text)
{
    return text.len > 0 ? sv_arena_dup(&timeline->arena, text) : (struct sv_slice){0};
}

static struct sv_store_row kept_row(struct timeline *timeline, const struct sv_store_row *row)
{
    struct sv_store_row copy = *row;
    struct sv_slice *texts[] = {&copy.event, &copy.entity_type, &copy.entity_id, &copy.correlation_id, &copy.trace_id, &copy.parent_id, &copy.call_id};
    for (size_t i = 0; i < sizeof texts / sizeof *texts; i++)
        *texts[i] = kept(timeline, *texts[i]);
    return copy;
}

/* Does the condition hold? Reads the body where it is needed. */
static bool holds(struct timeline *timeline, const struct sv_store_row *row, bool *fine, struct sv_error *err)
{
    *fine = true;
    if (timeline->ask.where == NULL)
        return true;
    *fine = sv_store_event_body(timeline->store, row->id, &timeline->line, err);
    return *fine && sv_body_read(timeline->body, sv_buf_slice(&timeline->line)) && timeline->body->holds;
}

/* The other one of a call and its result, if that was asked for, too. */
static const struct sv_store_row *partner_of(struct timeline *timeline, const struct sv_store_row *row, bool *fine, struct sv_error *err)
{
    const struct sv_ask *ask = &timeline->ask;
    *fine = true;
    if (ask->where != NULL)
        return NULL;
    const struct sv_store_row *other = sv_pair_of(&timeline->pair, row, fine, err);
    bool in_time = other != NULL && (!ask->has_since || other->time_ns >= ask->since_ns) && (!ask->has_until || other->time_ns < ask->until_ns);
    return in_time && sv_events_wants(&timeline->events_spec, other) ? other : NULL;
}

/* Adds a line for the row, unless it is on the line of its partner. */
static bool add_item(struct timeline *timeline, const struct sv_store_row *row, struct sv_error *err)
{
    const struct sv_store_row *partner = NULL;
    bool fine = true, is_call = sv_pair_is_call(&timeline->pair, row), is_result = sv_pair_is_result(&timeline->pair, row);
    bool joins = is_table(timeline) && (is_call || is_result);
    if (joins)
        partner = partner_of(timeline, row, &fine, err);
    if (!fine || (partner != NULL && !timeline->spec.follow && is_call != timeline->spec.oldest)) /* that one has the line */
        return fine;
    if (partner != NULL && timeline->spec.follow && is_call)
        partner = NULL;
    if (timeline->item_count == timeline->item_capacity) {
        timeline->item_capacity = timeline->item_capacity > 0 ? 2 * timeline->item_capacity : 64;
        timeline->items = sv_realloc(timeline->items, timeline->item_capacity * sizeof *timeline->items);
    }
    struct item *item = &timeline->items[timeline->item_count++];
    *item = (struct item){.row = kept_row(timeline, partner != NULL && is_result ? partner : row), .has_result = partner != NULL};
    if (partner != NULL)
        item->result = kept_row(timeline, is_result ? row : partner);
    timeline->shown++;
    timeline->shown_ns = row->time_ns;
    timeline->shown_id = row->id;
    return true;
}

static bool fill_chunk(struct timeline *timeline, struct sv_error *err)
{
    timeline->item_count = 0;
    sv_arena_reset(&timeline->arena);
    while (timeline->item_count < CHUNK && timeline->shown < timeline->ask.number) {
        bool fine = true;
        const struct sv_store_row *row = sv_events_next(timeline->events, err);
        if (row == NULL) {
            timeline->ended = true;
            return err->code == SV_DONE;
        }
        bool is_wanted = (!timeline->spec.follow || row->id <= timeline->last_row) && holds(timeline, row, &fine, err);
        if (err->code != SV_DONE || (is_wanted && !add_item(timeline, row, err)))
            return false;
    }
    timeline->ended |= timeline->shown >= timeline->ask.number;
    return true;
}

static bool count_more(struct timeline *timeline, struct sv_error *err)
{
    const struct sv_store_row *row;
    bool fine = true;
    timeline->counted = true;
    while (timeline->more < COUNTED_MAX && (row = sv_events_next(timeline->events, err)) != NULL && fine)
        timeline->more += holds(timeline, row, &fine, err);
    return fine && err->code == SV_DONE;
}

/* --- rows to bytes --- */

static bool describe(struct timeline *timeline, struct item *item, struct sv_error *err)
{
    struct sv_buf text = {0};
    bool fine = sv_origins_put_id(&timeline->origins, &text, &item->row, err) &&
                sv_store_event_body(timeline->store, item->row.id, &timeline->line, err);
    item->id = kept(timeline, sv_buf_slice(&text));
    sv_buf_free(&text);
    if (fine && sv_body_read(timeline->body, sv_buf_slice(&timeline->line))) {
        item->what = kept(timeline, sv_buf_slice(&timeline->body->what));
        item->error = kept(timeline, timeline->body->error);
    }
    if (fine && item->has_result) {
        fine = sv_store_event_body(timeline->store, item->result.id, &timeline->line, err);
        if (fine && sv_body_read(timeline->body, sv_buf_slice(&timeline->line)))
            item->error = kept(timeline, timeline->body->error);
    }
    return fine;
}

/* How far in: below its parents among those shown, and for a sub-agent. */
static size_t depth_of(const struct timeline *timeline, const struct sv_map *ids, const struct item *item, struct sv_slice agent)
{
    size_t depth = 0;
    for (size_t i = 0; i < agent.len; i++)
        depth += agent.data[i] == '/';
    const struct item *at = item;
    for (int steps = 0; steps < DEPTH_MAX && at->row.parent_id.len > 0; steps++) {
        const struct sv_map_item *parent = sv_map_find(ids, at->row.parent_id);
        if (parent == NULL)
            break;
        at = &timeline->items[parent->number];
        if (at == item)
            break;
        depth++;
    }
    return depth < DEPTH_MAX ? depth : DEPTH_MAX;
}

static enum sv_color color_of(struct sv_slice status)
{
    if (sv_slice_is(status, "error") || sv_slice_is(status, "denied"))
        return SV_COLOR_RED;
    return sv_slice_is(status, "cancelled") || sv_slice_is(status, "timeout") ? SV_COLOR_YELLOW : SV_COLOR_NONE;
}

static bool names_of(struct timeline *timeline, const struct sv_store_row *row, struct sv_slice names[SV_NAME_COUNT], struct sv_error *err)
{
    for (int i = 0; i < SV_NAME_COUNT; i++)
        if (!sv_store_name_text(timeline->store, (enum sv_name_table)i, row->names[i], &names[i], err))
            return false;
    return true;
}

static void put_cells(struct timeline *timeline, const struct item *item, struct sv_slice names[SV_NAME_COUNT], struct sv_slice status,
                      struct sv_slice what)
{
    const struct sv_store_row *row = &item->row, *result = item->has_result ? &item->result : row;
    double between = (double)(result->time_ns - row->time_ns) / 1e6;
    bool has_took = result->has_duration || item->has_result, has_cost = row->has_cost || result->has_cost;
    double took = result->has_duration ? result->duration_ms : between;
    double cost = row->cost_usd + (item->has_result ? result->cost_usd : 0);
    struct sv_slice event = names[SV_NAME_TYPE];
    if (is_table(timeline) && names[SV_NAME_TOOL].len > 0 && sv_slice_starts(event, SV_SLICE("tool.")))
        event = names[SV_NAME_TOOL];
    struct sv_list_cell cells[C_COUNT] = {
        [C_TIME] = {.kind = SV_LIST_MOMENT, .number = row->time_ns},
        [C_AGENT] = sv_ask_text(names[SV_NAME_AGENT]),
        [C_EVENT] = sv_ask_text(event),
        [C_STATUS] = sv_ask_text(status),
        [C_TOOK] = {.kind = has_took ? SV_LIST_MS : SV_LIST_NONE, .real = took},
        [C_COST] = {.kind = has_cost ? SV_LIST_USD : SV_LIST_NONE, .real = cost},
        [C_WHAT] = sv_ask_text(what),
        [C_ID] = sv_ask_text(item->id),
        [C_TYPE] = sv_ask_text(names[SV_NAME_TYPE]),
        [C_TOOL] = sv_ask_text(names[SV_NAME_TOOL]),
        [C_SESSION] = sv_ask_text(names[SV_NAME_SESSION]),
        [C_TEAM] = sv_ask_text(names[SV_NAME_TEAM]),
        [C_HOST] = sv_ask_text(names[SV_NAME_HOST]),
        [C_MODEL] = sv_ask_text(names[SV_NAME_MODEL]),
        [C_PRIORITY] = sv_ask_text(sv_ask_priority(row->priority)),
        [C_ENTITY_TYPE] = sv_ask_text(row->entity_type),
        [C_ENTITY_ID] = sv_ask_text(row->entity_id),
        [C_CORRELATION] = sv_ask_text(row->correlation_id),
        [C_TRACE] = sv_ask_text(row->trace_id),
        [C_PARENT] = sv_ask_text(row->parent_id),
        [C_CALL] = sv_ask_text(row->call_id),
        [C_INPUT_TOKENS] = sv_ask_number(row->has_tokens, row->input_tokens),
        [C_OUTPUT_TOKENS] = sv_ask_number(row->has_tokens, row->output_tokens),
        [C_NUMBER] = sv_ask_number(true, row->id),
    };
    cells[C_STATUS].color = cells[C_EVENT].color = color_of(status);
    sv_list_row(&timeline->ask.list, &timeline->out, cells);
}

static bool put_item(struct timeline *timeline, const struct sv_map *ids, const struct item *item, struct sv_error *err)
{
    struct sv_slice status, own[SV_NAME_COUNT];
    struct sv_buf what = {0};
    if (!names_of(timeline, &item->row, own, err))
        return false;
    status = own[SV_NAME_STATUS];
    if (item->has_result) { /* the call has none; its own name is lent until the next is asked for */
        own[SV_NAME_STATUS] = kept(timeline, status);
        if (!sv_store_name_text(timeline->store, SV_NAME_STATUS, item->result.names[SV_NAME_STATUS], &status, err))
            return false;
    }
    if (is_table(timeline))
        for (size_t depth = depth_of(timeline, ids, item, own[SV_NAME_AGENT]); depth > 0; depth--)
            sv_buf_str(&what, "  ");
    sv_buf_add(&what, item->what);
    if (is_table(timeline) && item->has_result && item->error.len > 0)
        sv_buf_printf(&what, "%s-> %.*s", item->what.len > 0 ? " " : "", SV_ARG(item->error));
    put_cells(timeline, item, own, status, sv_buf_slice(&what));
    sv_buf_free(&what);
    return true;
}

/* The events themselves. */
static bool put_bodies(struct timeline *timeline, struct sv_error *err)
{
    for (size_t i = 0; i < timeline->item_count; i++) {
        if (!sv_store_event_body(timeline->store, timeline->items[i].row.id, &timeline->line, err))
            return false;
        sv_buf_add(&timeline->out, sv_buf_slice(&timeline->line));
        sv_buf_str(&timeline->out, timeline->line.len > 0 ? "\n" : "");
    }
    return true;
}

static bool put_chunk(struct timeline *timeline, struct sv_error *err)
{
    const struct sv_list *list = &timeline->ask.list;
    struct sv_map ids = {0};
    bool fine = true;
    if (list->form == SV_LIST_JSON && list->chosen_count == 0)
        return put_bodies(timeline, err);
    if (!timeline->headed)
        sv_list_head(list, &timeline->out);
    timeline->headed = true;
    for (size_t i = 0; i < timeline->item_count && fine; i++) {
        fine = describe(timeline, &timeline->items[i], err);
        sv_map_at(&ids, timeline->items[i].id)->number = i;
    }
    for (size_t i = 0; i < timeline->item_count && fine; i++)
        fine = put_item(timeline, &ids, &timeline->items[i], err);
    sv_map_free(&ids);
    return fine;
}

/* --- following --- */

static void turn_around(struct timeline *timeline)
{
    for (size_t i = 0, j = timeline->item_count; i + 1 < j; i++) {
        struct item item = timeline->items[i];
        timeline->items[i] = timeline->items[--j];
        timeline->items[j] = item;
    }
}

/* The last ones, then whatever has a higher number. */
static bool begin_following(struct timeline *timeline, struct sv_error *err)
{
    return sv_store_event_last(timeline->store, &timeline->last_row, err);
}

static bool stopped(const struct timeline *timeline)
{
    return timeline->spec.stop != NULL && *timeline->spec.stop != 0;
}

static bool take_new(struct timeline *timeline, struct sv_error *err)
{
    struct sv_find find = {.by = SV_FIND_NEW, .id = timeline->last_row, .limit = CHUNK};
    timeline->item_count = 0;
    sv_arena_reset(&timeline->arena);
    if (!sv_store_find(timeline->store, &find, &timeline->fresh, err))
        return false;
    for (size_t i = 0; i < timeline->fresh.count; i++) {
        const struct sv_store_row *row = &timeline->fresh.items[i];
        bool fine;
        timeline->last_row = row->id;
        bool is_wanted = sv_events_wants(&timeline->events_spec, row) && (!timeline->ask.has_since || row->time_ns >= timeline->ask.since_ns) &&
                         holds(timeline, row, &fine, err);
        if (is_wanted && !(fine && add_item(timeline, row, err)))
            return false;
        if (err->code != SV_DONE)
            return false;
    }
    return true;
}

/* Waits for rows; false when it was told to stop, or with err. */
static bool follow(struct timeline *timeline, struct sv_error *err)
{
    while (!stopped(timeline)) {
        int64_t version;
        if (timeline->fresh.count < CHUNK) { /* else there may be more at once */
            if (!sv_store_data_version(timeline->store, &version, err))
                return false;
            if (version == timeline->version) {
                sv_os_wait(-1, POLL_MS);
                continue;
            }
            timeline->version = version;
        }
        if (!take_new(timeline, err))
            return false;
        if (timeline->item_count > 0)
            return put_chunk(timeline, err);
    }
    return false;
}

/* --- the answer --- */

static bool next(struct sv_answer *answer, struct sv_slice *out, struct sv_error *err)
{
    struct timeline *timeline = (struct timeline *)answer;
    sv_buf_clear(&timeline->out);
    bool fine;
    if (!timeline->ended) {
        fine = fill_chunk(timeline, err);
        if (timeline->spec.follow)
            turn_around(timeline);
        fine = fine && put_chunk(timeline, err);
    } else if (timeline->spec.follow) {
        fine = follow(timeline, err);
    } else {
        sv_store_answered(timeline->store);
        if (!timeline->counted)
            count_more(timeline, err);
        return false;
    }
    *out = sv_buf_slice(&timeline->out);
    return fine;
}

static uint64_t more(const struct sv_answer *answer, struct sv_buf *cursor)
{
    const struct timeline *timeline = (const struct timeline *)answer;
    sv_ask_put_cursor(cursor, timeline->shown_ns, timeline->shown_id);
    return timeline->more;
}

static void close_timeline(struct sv_answer *answer)
{
    struct timeline *timeline = (struct timeline *)answer;
    sv_events_close(timeline->events);
    sv_body_close(timeline->body);
    sv_origins_free(&timeline->origins);
    sv_filter_free(&timeline->filter);
    sv_pair_free(&timeline->pair);
    sv_store_rows_free(&timeline->fresh);
    sv_store_close(timeline->store);
    sv_attach_free(&timeline->attach);
    sv_arena_free(&timeline->arena);
    sv_arena_free(&timeline->words);
    sv_free(timeline->items);
    sv_buf_free(&timeline->line);
    sv_buf_free(&timeline->out);
    sv_free(timeline);
}

static void remarks(const struct sv_answer *answer, struct sv_buf *lines)
{
    const struct timeline *timeline = (const struct timeline *)answer;
    if (timeline->unknown != NULL && timeline->shown == 0)
        sv_buf_printf(lines, "%s %.*s: no event here says that\n", timeline->unknown, SV_ARG(timeline->unknown_id));
    sv_attach_put(&timeline->attach, lines);
}

static const struct sv_answer_kind kind = {next, more, close_timeline, remarks};

/* The one id that begins with the word; the word itself where none does, which then finds nothing. */
static bool find_id(struct timeline *timeline, enum sv_like which, const char *option, struct sv_slice *id, struct sv_error *err)
{
    struct sv_buf found = {0};
    size_t count;
    bool fine = id->len == 0 || sv_store_like(timeline->store, which, timeline->events_spec.entity_type, *id, &found, &count, err);
    if (fine && id->len > 0 && count == 1)
        *id = sv_arena_dup(&timeline->words, sv_slice_str(found.data));
    else if (fine && id->len > 0 && count > 1)
        fine = sv_error_set(err, SV_USAGE, "%s %.*s: several begin with that: %s, %s, ...", option, SV_ARG(*id), found.data,
                            found.data + strlen(found.data) + 1);
    if (fine && id->len > 0 && count == 0) {
        timeline->unknown = option;
        timeline->unknown_id = *id;
    }
    sv_buf_free(&found);
    return fine;
}

static bool find_ids(struct timeline *timeline, struct sv_error *err)
{
    const struct sv_timeline_spec *spec = &timeline->spec;
    struct sv_events_spec *events = &timeline->events_spec;
    events->correlation = spec->correlation != NULL ? sv_slice_str(spec->correlation) : (struct sv_slice){0};
    events->trace = spec->trace != NULL ? sv_slice_str(spec->trace) : (struct sv_slice){0};
    events->call = spec->call != NULL ? sv_slice_str(spec->call) : (struct sv_slice){0};
    return find_id(timeline, SV_LIKE_ENTITY, "--entity", &events->entity_id, err) &&
           find_id(timeline, SV_LIKE_CORRELATION, "--correlation", &events->correlation, err) &&
           find_id(timeline, SV_LIKE_TRACE, "--trace", &events->trace, err) &&
           find_id(timeline, SV_LIKE_CALL, "--call", &events->call, err);
}

static bool take_entity(struct timeline *timeline, struct sv_error *err)
{
    const char *entity = timeline->spec.entity;
    struct sv_events_spec *spec = &timeline->events_spec;
    return entity == NULL || sv_ask_entity(sv_slice_str(entity), &spec->entity_type, &spec->entity_id) ||
           sv_error_set(err, SV_USAGE, "--entity %.100s: TYPE:ID is expected, such as task:T-12", entity);
}

/* Where to begin, and where to end. */
static bool take_range(struct timeline *timeline, struct sv_error *err)
{
    const struct sv_ask *ask = &timeline->ask;
    struct sv_events_spec *spec = &timeline->events_spec;
    bool up = spec->up = timeline->spec.oldest && !timeline->spec.follow;
    int64_t since = ask->has_since ? ask->since_ns : INT64_MIN, until = ask->has_until ? ask->until_ns : INT64_MAX;
    int64_t time_ns = up ? since : until, id = up ? INT64_MIN : ask->has_until ? INT64_MIN : INT64_MAX;
    const char *cursor = up ? timeline->spec.after : ask->before;
    if (up ? ask->before != NULL : timeline->spec.after != NULL)
        return sv_error_set(err, SV_USAGE, up ? "--before goes with the newest first; with --oldest it is --after" : "--after goes with --oldest");
    if (cursor != NULL && !sv_ask_take_cursor(cursor, &spec->time_ns, &spec->id, err)) {
        if (up && err->code == SV_USAGE)
            sv_error_set(err, SV_USAGE, "--after %.100s: give what an earlier list named for this", cursor);
        return false;
    }
    if (cursor == NULL || (up ? spec->time_ns < time_ns : spec->time_ns > time_ns)) {
        spec->time_ns = time_ns;
        spec->id = id;
    }
    spec->bound_ns = up ? until : since;
    return true;
}

static struct sv_store *open_store(struct timeline *timeline, struct sv_error *err)
{
    if (timeline->ask.operand_count == 0)
        return sv_store_open(&timeline->ask.store, err);
    if (!timeline->spec.follow)
        return sv_logs_read(&timeline->ask, 0, true, &timeline->answer.status, err);
    sv_error_set(err, SV_USAGE, "-f follows a store; sv-eval -f follows logs");
    return NULL;
}

static bool open_all(struct timeline *timeline, struct sv_error *err)
{
    struct sv_events_spec *spec = &timeline->events_spec;
    if (!take_entity(timeline, err) || !take_range(timeline, err) ||
        (timeline->body = sv_body_open(timeline->ask.where, err)) == NULL ||
        (timeline->store = open_store(timeline, err)) == NULL ||
        (timeline->ask.operand_count == 0 && !sv_attach(&timeline->attach, timeline->store, &timeline->ask, err)) ||
        !find_ids(timeline, err) || !sv_filter_open(&timeline->filter, &timeline->ask, timeline->store, err) ||
        !sv_pair_open(&timeline->pair, timeline->store, err))
        return false;
    timeline->origins.store = timeline->store;
    spec->filter = &timeline->filter;
    spec->page = timeline->ask.number + COUNTED_MAX;
    if (timeline->spec.follow && (!sv_store_data_version(timeline->store, &timeline->version, err) || !begin_following(timeline, err)))
        return false;
    timeline->events = sv_events_open(timeline->store, spec);
    return true;
}

struct sv_answer *sv_timeline_open(const struct sv_ask *ask, const struct sv_timeline_spec *spec, struct sv_error *err)
{
    struct timeline *timeline = sv_calloc(1, sizeof *timeline);
    timeline->answer = (struct sv_answer){.kind = &kind, .more_at_most = COUNTED_MAX};
    timeline->ask = *ask;
    timeline->spec = *spec;
    timeline->ask.store.read_only = true;
    timeline->ask.list.titles = titles;
    if (spec->follow && timeline->ask.number > CHUNK)
        timeline->ask.number = CHUNK;
    timeline->answer.go_on = spec->oldest ? "--after" : NULL;
    if (open_all(timeline, err))
        return &timeline->answer;
    close_timeline(&timeline->answer);
    return NULL;
}
