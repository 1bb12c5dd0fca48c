/* SPDX-License-Identifier: ISC */
#include "run/events.h"

#include "base/mem.h"

enum {
    STREAMS_MAX = 256, /* more of them than this are broad enough to be met on the way through all */
    PAGE = 64,
    PAGE_MAX = 500,    /* a page is read in one transaction */
    PAGE_MIN = 4
};

/* One run of rows by one key. */
struct stream {
    struct sv_find find;
    struct sv_store_rows rows;
    size_t at;
    bool ended;
};

struct sv_events {
    struct sv_store *store;
    struct sv_events_spec spec;
    struct stream *streams; /* [count] */
    size_t count, capacity;
    struct stream *last;    /* its row was lent */
    bool is_planned;
};

static struct stream *add_stream(struct sv_events *events, enum sv_find_by by)
{
    const struct sv_events_spec *spec = &events->spec;
    if (events->count == events->capacity) {
        events->capacity = events->capacity > 0 ? 2 * events->capacity : 4;
        events->streams = sv_realloc(events->streams, events->capacity * sizeof *events->streams);
    }
    struct stream *stream = &events->streams[events->count++];
    *stream = (struct stream){.find = {.by = by, .up = spec->up, .time_ns = spec->time_ns, .id = spec->id, .bound_ns = spec->bound_ns}};
    return stream;
}

static void add_text(struct sv_events *events, enum sv_find_by by, struct sv_slice text)
{
    add_stream(events, by)->find.text = text;
}

static void forget_streams(struct sv_events *events)
{
    for (size_t i = 0; i < events->count; i++)
        sv_store_rows_free(&events->streams[i].rows);
    events->count = 0;
}

/* A stream for each type of each agent; false when they are too many, or with err. */
static bool add_agents(struct sv_events *events, const struct sv_filter *filter, struct sv_error *err)
{
    const struct sv_filter_ids *agents = &filter->ids[SV_ASK_AGENT];
    for (size_t i = 0; i < agents->count; i++) {
        int64_t type = 0;
        for (;;) {
            if (!sv_store_agent_type(events->store, agents->items[i], type, &type, err))
                return false;
            if (type == 0)
                break;
            if (!sv_filter_has(filter, SV_ASK_TYPE, type))
                continue;
            if (events->count == STREAMS_MAX)
                return false;
            struct stream *stream = add_stream(events, SV_FIND_AGENT_TYPE);
            stream->find.number = agents->items[i];
            stream->find.number2 = type;
        }
    }
    return true;
}

static bool add_sessions(struct sv_events *events, const struct sv_filter_ids *sessions)
{
    if (sessions->count > STREAMS_MAX)
        return false;
    for (size_t i = 0; i < sessions->count; i++)
        add_stream(events, SV_FIND_SESSION)->find.number = sessions->items[i];
    return true;
}

static bool plan(struct sv_events *events, struct sv_error *err)
{
    const struct sv_events_spec *spec = &events->spec;
    const struct sv_filter *filter = spec->filter;
    struct sv_error none = {0};
    if (filter != NULL && filter->finds_nothing)
        return true;
    if (spec->call.len > 0)
        return add_text(events, SV_FIND_CALL, spec->call), true;
    if (spec->trace.len > 0)
        return add_text(events, SV_FIND_TRACE, spec->trace), true;
    if (spec->correlation.len > 0)
        return add_text(events, SV_FIND_CORRELATION, spec->correlation), true;
    if (spec->entity_id.len > 0) {
        add_text(events, SV_FIND_ENTITY, spec->entity_type);
        events->streams[0].find.text2 = spec->entity_id;
        return true;
    }
    if (filter != NULL && filter->ids[SV_ASK_SESSION].is_set && add_sessions(events, &filter->ids[SV_ASK_SESSION]))
        return true;
    if (filter != NULL && filter->ids[SV_ASK_AGENT].is_set && add_agents(events, filter, &none))
        return true;
    forget_streams(events);
    if (none.code != SV_DONE) {
        *err = none;
        return false;
    }
    add_stream(events, SV_FIND_TIME);
    return true;
}

struct sv_events *sv_events_open(struct sv_store *store, const struct sv_events_spec *spec)
{
    struct sv_events *events = sv_calloc(1, sizeof *events);
    events->store = store;
    events->spec = *spec;
    if (events->spec.page == 0)
        events->spec.page = PAGE;
    return events;
}

/* Fetches the next page if there is nothing left of this one; pages grow, for who has come so far wants more. */
static bool fill(struct sv_events *events, struct stream *stream, struct sv_error *err)
{
    if (stream->at < stream->rows.count || stream->ended)
        return true;
    struct sv_find *find = &stream->find;
    size_t first = events->spec.page / events->count;
    if (find->limit == 0)
        find->limit = first > PAGE_MAX ? PAGE_MAX : first > PAGE_MIN ? first : PAGE_MIN;
    else if (find->limit < PAGE_MAX)
        find->limit = 2 * find->limit < PAGE_MAX ? 2 * find->limit : PAGE_MAX;
    if (!sv_store_find(events->store, find, &stream->rows, err))
        return false;
    stream->at = 0;
    stream->ended = stream->rows.count < find->limit;
    if (stream->rows.count > 0) {
        const struct sv_store_row *row = &stream->rows.items[stream->rows.count - 1];
        find->time_ns = row->time_ns;
        find->id = row->id;
    }
    return true;
}

static bool is_before(const struct sv_store_row *a, const struct sv_store_row *b, bool up)
{
    if (a->time_ns != b->time_ns)
        return (a->time_ns < b->time_ns) == up;
    return (a->id < b->id) == up;
}

bool sv_events_wants(const struct sv_events_spec *spec, const struct sv_store_row *row)
{
    return (spec->call.len == 0 || sv_slice_equal(spec->call, row->call_id)) &&
           (spec->trace.len == 0 || sv_slice_equal(spec->trace, row->trace_id)) &&
           (spec->correlation.len == 0 || sv_slice_equal(spec->correlation, row->correlation_id)) &&
           (spec->entity_id.len == 0 ||
            (sv_slice_equal(spec->entity_type, row->entity_type) && sv_slice_equal(spec->entity_id, row->entity_id))) &&
           (spec->filter == NULL || sv_filter_row(spec->filter, row));
}

const struct sv_store_row *sv_events_next(struct sv_events *events, struct sv_error *err)
{
    if (!events->is_planned && !plan(events, err))
        return NULL;
    events->is_planned = true;
    for (;;) {
        struct stream *first = NULL;
        if (events->last != NULL)
            events->last->at++;
        events->last = NULL;
        for (size_t i = 0; i < events->count; i++) {
            struct stream *stream = &events->streams[i];
            if (!fill(events, stream, err))
                return NULL;
            if (stream->at < stream->rows.count &&
                (first == NULL || is_before(&stream->rows.items[stream->at], &first->rows.items[first->at], events->spec.up)))
                first = stream;
        }
        events->last = first;
        if (first == NULL)
            return NULL;
        const struct sv_store_row *row = &first->rows.items[first->at];
        if (sv_events_wants(&events->spec, row))
            return row;
    }
}

void sv_events_close(struct sv_events *events)
{
    if (events == NULL)
        return;
    forget_streams(events);
    sv_free(events->streams);
    sv_free(events);
}
