/* SPDX-License-Identifier: ISC */
#include "run/context.h"

#include <stdlib.h>
#include <string.h>

#include "base/mem.h"
#include "base/os.h"
#include "base/time.h"
#include "run/body.h"
#include "run/context_private.h"
#include "run/evaluations.h"
#include "run/events.h"
#include "run/logs.h"
#include "run/pair.h"

enum {
    COUNTED_MAX = 500,   /* newest events of a session that are looked at for what it took, and who worked on it */
    WORKED_MAX = 200,    /* of an entity, for who worked on it: they lie all over the store, each on pages of its own */
    JUDGED_MAX = 100,    /* of an entity: newest events whose findings are looked for */
    FOUND_MAX = 500,     /* of a session: newest findings */
    CHILDREN_MAX = 2000, MAILBOXES = 5, MESSAGES_MAX = 100, MESSAGES_SHOWN = 20,
    BYTES_A_TOKEN = 3
};
#define AROUND_NS (3600 * SV_SECOND_NS) /* messages so long before its first event and behind its last may be about it */

/* What is only needed while it is gathered. */
struct gather {
    struct sv_context *context;
    struct sv_filter filter;
    struct sv_origins origins;
    struct sv_evaluation_words words;
    struct sv_pair pair;
    struct sv_body *body;
    struct sv_store_finding_rows rows;
    struct sv_map workers, findings, children; /* name -> index + 1 */
    struct sv_buf line, key;
};

static struct sv_slice kept(struct gather *gather, struct sv_slice text)
{
    return sv_arena_dup(&gather->context->arena, text);
}

/* The index of a name, and whether it is new. */
static size_t index_of(struct sv_map *map, struct sv_slice name, size_t *count, bool *is_new)
{
    struct sv_map_item *item = sv_map_at(map, name);
    *is_new = item->number == 0;
    if (*is_new)
        item->number = ++*count;
    return (size_t)item->number - 1;
}

/* --- which --- */

static bool find_entity(struct gather *gather, const char *name, bool *found, struct sv_error *err)
{
    struct sv_context *context = gather->context;
    struct sv_entities rows = {0};
    struct sv_slice type, id;
    *found = false;
    if (!sv_ask_entity(sv_slice_str(name), &type, &id))
        return true;
    bool fine = sv_store_entity(context->store, type, id, &rows, err);
    if (fine && rows.count > 0) {
        struct sv_entity *entity = &context->entity;
        *entity = rows.items[0];
        struct sv_slice *texts[] = {&entity->type, &entity->id, &entity->parent_type, &entity->parent_id, &entity->status, &entity->phase,
                                    &entity->owner, &entity->subject};
        for (size_t i = 0; i < sizeof texts / sizeof *texts; i++)
            *texts[i] = kept(gather, *texts[i]);
        context->name = sv_slice_str(name);
        *found = context->is_entity = true;
    }
    sv_store_entities_free(&rows);
    return fine;
}

static bool find_session(struct gather *gather, const char *name, struct sv_error *err)
{
    struct sv_context *context = gather->context;
    struct sv_ask ask = {0};
    struct sv_slice text = {0};
    sv_ask_add(&ask, SV_ASK_SESSION, name);
    bool fine = sv_filter_open(&gather->filter, &ask, context->store, err);
    const struct sv_filter_ids *ids = &gather->filter.ids[SV_ASK_SESSION];
    sv_ask_free(&ask);
    if (fine && ids->count == 0)
        fine = sv_error_set(err, SV_INPUT, "no entity or session %.200s", name);
    else if (fine && ids->count > 1)
        fine = sv_error_set(err, SV_USAGE, "%.200s: several sessions are called like that", name);
    fine = fine && sv_store_name_text(context->store, SV_NAME_SESSION, ids->items[0], &text, err);
    context->name = kept(gather, text);
    context->entity = (struct sv_entity){.priority = -1, .created_ns = INT64_MAX, .updated_ns = INT64_MIN};
    return fine;
}

/* --- events --- */

static bool count_worker(struct gather *gather, const struct sv_store_row *row, bool is_error, struct sv_error *err)
{
    struct sv_context *context = gather->context;
    struct sv_slice agent;
    bool is_new;
    if (!sv_store_name_text(context->store, SV_NAME_AGENT, row->names[SV_NAME_AGENT], &agent, err))
        return false;
    if (agent.len == 0)
        return true;
    size_t i = index_of(&gather->workers, agent, &context->worker_count, &is_new);
    if (is_new) {
        context->workers = sv_realloc(context->workers, context->worker_count * sizeof *context->workers);
        context->workers[i] = (struct sv_context_worker){.agent = kept(gather, agent), .last_ns = row->time_ns};
    }
    context->workers[i].events++;
    context->workers[i].errors += is_error;
    context->workers[i].first_ns = row->time_ns; /* they come newest first */
    return true;
}

/* What a session took: its newest events are added up. */
static bool count_session(struct gather *gather, const struct sv_store_row *row, bool is_error, struct sv_error *err)
{
    struct sv_entity *sum = &gather->context->entity;
    sum->events++;
    sum->errors += is_error;
    sum->input_tokens += row->input_tokens;
    sum->output_tokens += row->output_tokens;
    sum->cost_usd += row->cost_usd;
    if (row->has_tokens && !row->has_cost) {
        if (!sv_store_event_body(gather->context->store, row->id, &gather->line, err))
            return false;
        if (sv_body_read(gather->body, sv_buf_slice(&gather->line)) && !gather->body->is_priced)
            sum->unpriced_tokens += row->input_tokens + row->output_tokens;
    }
    sum->created_ns = row->time_ns < sum->created_ns ? row->time_ns : sum->created_ns;
    sum->updated_ns = row->time_ns > sum->updated_ns ? row->time_ns : sum->updated_ns;
    return true;
}

/* A line of what happened. A result tells how long its call took; the call stands a line below and is left as it is. */
static bool add_event(struct gather *gather, const struct sv_store_row *row, struct sv_slice type, struct sv_slice status, struct sv_error *err)
{
    struct sv_context *context = gather->context;
    struct sv_slice agent, tool;
    if (!sv_store_name_text(context->store, SV_NAME_AGENT, row->names[SV_NAME_AGENT], &agent, err) ||
        !sv_store_name_text(context->store, SV_NAME_TOOL, row->names[SV_NAME_TOOL], &tool, err) ||
        !sv_store_event_body(context->store, row->id, &gather->line, err))
        return false;
    struct sv_context_event *event = &context->events[context->event_count++];
    bool is_json = context->ask.list.form == SV_LIST_JSON;
    *event = (struct sv_context_event){.time_ns = row->time_ns,
                                       .agent = kept(gather, agent),
                                       .event = kept(gather, tool.len > 0 && sv_slice_starts(type, SV_SLICE("tool.")) ? tool : type),
                                       .status = kept(gather, status),
                                       .has_took = row->has_duration,
                                       .took_ms = row->duration_ms,
                                       .has_cost = row->has_cost,
                                       .cost_usd = row->cost_usd};
    if (is_json)
        event->body = kept(gather, sv_buf_slice(&gather->line));
    else if (sv_body_read(gather->body, sv_buf_slice(&gather->line)))
        event->what = kept(gather, sv_buf_slice(&gather->body->what));
    if (!is_json && sv_pair_is_result(&gather->pair, row) && gather->body->error.len == 0)
        event->what = (struct sv_slice){0}; /* what a call gave back is long, and its call says what it was */
    return true;
}

static bool add_findings(struct gather *gather, bool *is_found, struct sv_error *err);

static bool take_event(struct gather *gather, const struct sv_store_row *row, struct sv_error *err)
{
    struct sv_context *context = gather->context;
    struct sv_slice type, status;
    bool is_found = false;
    if (!sv_store_name_text(context->store, SV_NAME_TYPE, row->names[SV_NAME_TYPE], &type, err) ||
        !sv_store_name_text(context->store, SV_NAME_STATUS, row->names[SV_NAME_STATUS], &status, err))
        return false;
    bool is_error = sv_slice_is(status, "error") || sv_slice_is(type, "error");
    if (!count_worker(gather, row, is_error, err))
        return false;
    if (!context->is_entity && !count_session(gather, row, is_error, err))
        return false;
    if (context->is_entity && context->counted < JUDGED_MAX &&
        (!sv_store_found_event(context->store, row->source, row->record, row->part, FOUND_MAX, &gather->rows, err) ||
         !add_findings(gather, &is_found, err)))
        return false;
    context->counted++;
    if (context->event_count == context->ask.number) {
        context->events_more++;
        return true;
    }
    if (!add_event(gather, row, type, status, err))
        return false;
    context->events[context->event_count - 1].is_found = is_found;
    return true;
}

static bool take_events(struct gather *gather, struct sv_error *err)
{
    struct sv_context *context = gather->context;
    const int64_t looked = context->is_entity ? WORKED_MAX : COUNTED_MAX, shown = (int64_t)context->ask.number;
    const int64_t most = looked > shown ? looked : shown;
    struct sv_events_spec spec = {.filter = context->is_entity ? NULL : &gather->filter,
                                  .entity_type = context->is_entity ? context->entity.type : (struct sv_slice){0},
                                  .entity_id = context->is_entity ? context->entity.id : (struct sv_slice){0},
                                  .time_ns = INT64_MAX,
                                  .id = INT64_MAX,
                                  .bound_ns = INT64_MIN,
                                  .page = (size_t)most};
    struct sv_events *events = sv_events_open(context->store, &spec);
    const struct sv_store_row *row = NULL;
    bool fine = true;
    context->events = sv_calloc(context->ask.number, sizeof *context->events);
    while (fine && context->counted < most && (row = sv_events_next(events, err)) != NULL)
        fine = take_event(gather, row, err);
    context->is_cut = row != NULL && context->counted == most;
    sv_events_close(events);
    return fine && err->code == SV_DONE;
}

/* --- findings --- */

/* Of gather->rows: newest first, or all of one event, in which case the order within it does not matter. */
static bool add_findings(struct gather *gather, bool *is_found, struct sv_error *err)
{
    struct sv_context *context = gather->context;
    for (size_t r = 0; r < gather->rows.count; r++) {
        const struct sv_store_finding_row *row = &gather->rows.items[r];
        bool is_new;
        if (!sv_evaluation_words(context->store, &gather->origins, row, &gather->words, err))
            return false;
        sv_buf_set(&gather->key, gather->words.policy);
        sv_buf_char(&gather->key, '\0');
        sv_buf_add(&gather->key, row->keys);
        size_t i = index_of(&gather->findings, sv_buf_slice(&gather->key), &context->finding_count, &is_new);
        if (is_new)
            context->findings = sv_realloc(context->findings, context->finding_count * sizeof *context->findings);
        struct sv_context_finding *finding = &context->findings[i];
        if (is_new) {
            sv_buf_clear(&gather->line);
            if (context->ask.list.form == SV_LIST_JSON) {
                sv_evaluation_words_put(&gather->line, row, &gather->words);
                gather->line.len--; /* its newline */
            }
            *finding = (struct sv_context_finding){.policy = kept(gather, gather->words.policy),
                                                   .message = kept(gather, row->message),
                                                   .line = kept(gather, sv_buf_slice(&gather->line)),
                                                   .severity = row->severity,
                                                   .action = row->action,
                                                   .outcome = row->outcome,
                                                   .last_ns = row->created_ns};
        }
        finding->count += row->outcome == SV_VIOLATION;
        *is_found = true;
    }
    return true;
}

static bool take_session_findings(struct gather *gather, struct sv_error *err)
{
    struct sv_found page = {.by = SV_FOUND_SESSION, .number = gather->filter.ids[SV_ASK_SESSION].items[0], .time_ns = INT64_MAX, .id = INT64_MAX,
                            .since_ns = INT64_MIN, .limit = FOUND_MAX};
    bool is_found;
    return sv_store_found(gather->context->store, &page, &gather->rows, err) && add_findings(gather, &is_found, err);
}

static int by_severity(const void *a, const void *b)
{
    const struct sv_context_finding *x = a, *y = b;
    if (x->severity != y->severity)
        return (int)y->severity - (int)x->severity;
    return x->last_ns != y->last_ns ? (x->last_ns > y->last_ns ? -1 : 1) : 0;
}

static int by_events(const void *a, const void *b)
{
    const struct sv_context_worker *x = a, *y = b;
    return x->events != y->events ? (x->events > y->events ? -1 : 1) : sv_slice_compare(x->agent, y->agent);
}

/* --- what belongs to it, and what was said about it --- */

static bool take_children(struct gather *gather, struct sv_error *err)
{
    struct sv_context *context = gather->context;
    struct sv_entities rows = {0};
    struct sv_entities_page page = {.by = SV_ENTITIES_PARENT, .text = context->entity.type, .text2 = context->entity.id, .time_ns = INT64_MAX,
                                    .row = INT64_MAX, .since_ns = INT64_MIN, .limit = CHILDREN_MAX};
    bool fine = !context->is_entity || sv_store_entities(context->store, &page, &rows, err);
    for (size_t r = 0; r < rows.count && fine; r++) {
        struct sv_slice status = rows.items[r].status.len > 0 ? rows.items[r].status : rows.items[r].phase;
        bool is_new;
        size_t i = index_of(&gather->children, status.len > 0 ? status : SV_SLICE("-"), &context->child_count, &is_new);
        if (is_new) {
            context->children = sv_realloc(context->children, context->child_count * sizeof *context->children);
            context->children[i] = (struct sv_context_child){.status = kept(gather, status)};
        }
        context->children[i].count++;
        context->child_total++;
    }
    sv_store_entities_free(&rows);
    return fine;
}

static bool says(const struct sv_store_message *message, struct sv_slice id)
{
    return sv_slice_equal(message->correlation, id) || sv_slice_find(message->subject, id) != NULL || sv_slice_find(message->body, id) != NULL;
}

/* Those from and to who worked most on it, at the time: about an entity those that name it. */
static bool take_messages(struct gather *gather, struct sv_error *err)
{
    struct sv_context *context = gather->context;
    struct sv_store_messages found = {0}, *out = &context->messages;
    int64_t from = context->entity.created_ns, until = context->entity.updated_ns;
    from = from > INT64_MIN + AROUND_NS ? from - AROUND_NS : from;
    until = until < INT64_MAX - AROUND_NS ? until + AROUND_NS : until;
    for (size_t w = 0; w < context->worker_count && w < MAILBOXES; w++) {
        int64_t agent;
        if (!sv_store_agent_id(context->store, context->workers[w].agent, &agent, err) ||
            (agent != 0 && (!sv_store_messages(context->store, SV_MAIL_TO, agent, until, MESSAGES_MAX, &found, err) ||
                            !sv_store_messages(context->store, SV_MAIL_FROM, agent, until, MESSAGES_MAX, &found, err)))) {
            sv_store_messages_free(&found);
            return false;
        }
    }
    for (size_t i = 0; i < found.count; i++) {
        struct sv_store_message message = found.items[i];
        bool is_there = message.id < from || (context->is_entity && !says(&message, context->entity.id));
        for (size_t j = 0; j < out->count && !is_there; j++)
            is_there = out->items[j].id == message.id;
        if (is_there)
            continue;
        if (out->count == out->capacity) {
            out->capacity = out->capacity > 0 ? 2 * out->capacity : 8;
            out->items = sv_realloc(out->items, out->capacity * sizeof *out->items);
        }
        message.from = kept(gather, message.from);
        message.to = kept(gather, message.to);
        message.subject = kept(gather, message.subject);
        message.body = kept(gather, message.body);
        out->items[out->count++] = message;
    }
    sv_store_messages_free(&found);
    return true;
}

static int by_id(const void *a, const void *b)
{
    const struct sv_store_message *x = a, *y = b;
    return x->id != y->id ? (x->id > y->id ? -1 : 1) : 0;
}

static void sort(struct sv_context *context)
{
    if (context->finding_count > 0)
        qsort(context->findings, context->finding_count, sizeof *context->findings, by_severity);
    if (context->worker_count > 0)
        qsort(context->workers, context->worker_count, sizeof *context->workers, by_events);
    for (size_t i = 0; i < context->event_count && !context->is_entity; i++) /* a session's findings have times, not events */
        for (size_t j = 0; j < context->finding_count; j++)
            context->events[i].is_found |= context->events[i].time_ns == context->findings[j].last_ns;
}

static bool gather_all(struct gather *gather, struct sv_error *err)
{
    struct sv_context *context = gather->context;
    const char *name = context->ask.operands[0];
    bool is_entity;
    gather->origins.store = context->store;
    if ((gather->body = sv_body_open(NULL, err)) == NULL || !sv_pair_open(&gather->pair, context->store, err) ||
        !find_entity(gather, name, &is_entity, err) || (!is_entity && !find_session(gather, name, err)) || !take_events(gather, err) ||
        (!is_entity && !take_session_findings(gather, err)) || !take_children(gather, err))
        return false;
    sort(context);
    if (!take_messages(gather, err))
        return false;
    if (context->messages.count > 0)
        qsort(context->messages.items, context->messages.count, sizeof *context->messages.items, by_id);
    if (context->messages.count > MESSAGES_SHOWN)
        context->messages.count = MESSAGES_SHOWN;
    return true;
}

static void gather_free(struct gather *gather)
{
    sv_filter_free(&gather->filter);
    sv_origins_free(&gather->origins);
    sv_evaluation_words_free(&gather->words);
    sv_pair_free(&gather->pair);
    sv_body_close(gather->body);
    sv_store_finding_rows_free(&gather->rows);
    sv_map_free(&gather->workers);
    sv_map_free(&gather->findings);
    sv_map_free(&gather->children);
    sv_buf_free(&gather->line);
    sv_buf_free(&gather->key);
}

static void context_free(struct sv_context *context)
{
    sv_store_close(context->store);
    sv_free(context->workers);
    sv_free(context->findings);
    sv_free(context->children);
    sv_free(context->events);
    sv_store_messages_free(&context->messages);
    sv_arena_free(&context->arena);
}

struct sv_answer *sv_context_open(const struct sv_ask *ask, const struct sv_context_spec *spec, struct sv_error *err)
{
    struct sv_context context = {.ask = *ask, .now_ns = sv_os_now_ns()};
    struct gather gather = {.context = &context};
    struct sv_buf out = {0};
    enum sv_code status = SV_DONE;
    if (ask->operand_count == 0) {
        sv_error_set(err, SV_USAGE, "what is missing: an entity such as task:T-12, or a session");
        return NULL;
    }
    context.ask.store.read_only = true;
    context.store = ask->operand_count > 1 ? sv_logs_read(ask, 1, true, &status, err) : sv_store_open(&context.ask.store, err);
    bool fine = context.store != NULL && gather_all(&gather, err);
    size_t bytes = BYTES_A_TOKEN * (spec->max_tokens > 0 ? spec->max_tokens : SV_CONTEXT_TOKENS);
    if (fine && ask->list.form == SV_LIST_JSON)
        sv_context_put_json(&context, bytes, &out);
    else if (fine)
        sv_context_put_markdown(&context, bytes, &out);
    gather_free(&gather);
    context_free(&context);
    return fine ? sv_answer_ready(&out, status) : NULL;
}
