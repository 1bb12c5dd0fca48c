/* SPDX-License-Identifier: ISC */
#include "run/events.h"

#include "base/mem.h"
#include "run/merge.h"

enum {
    STREAMS_MAX = 256, /* more of them than this are broad enough to be met on the way through all */
    PAGE = 64
};

/* One run of rows by one key. */
struct stream {
    struct sv_find find;
    struct sv_store_rows rows;
};

struct sv_events {
    struct sv_store *store;
    struct sv_events_spec spec;
    struct sv_merge merge;
    struct stream *streams; /* [merge.count] */
    size_t capacity;
    bool is_planned;
};

static struct stream *add_stream(struct sv_events *events, enum sv_find_by by)
{
    const struct sv_events_spec *spec = &events->spec;
    if (events->merge.count == events->capacity) {
        events->capacity = events->capacity > 0 ? 2 * events->capacity : 4;
        events->streams = sv_realloc(events->streams, events->capacity * sizeof *events->streams);
    }
    struct stream *stream = &events->streams[events->merge.count];
    sv_merge_add(&events->merge);
    *stream = (struct stream){.find = {.by = by, .up = spec->up, .time_ns = spec->time_ns, .id = spec->id, .bound_ns = spec->bound_ns}};
    return stream;
}

static void add_text(struct sv_events *events, enum sv_find_by by, struct sv_slice text)
{
    add_stream(events, by)->find.text = text;
}

static void forget_streams(struct sv_events *events)
{
    for (size_t i = 0; i < events->merge.count; i++)
        sv_store_rows_free(&events->streams[i].rows);
    sv_merge_free(&events->merge);
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
            if (events->merge.count == STREAMS_MAX)
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

static bool fetch(void *context, size_t number, size_t limit, size_t *count, struct sv_error *err)
{
    struct sv_events *events = context;
    struct stream *stream = &events->streams[number];
    stream->find.limit = limit;
    if (!sv_store_find(events->store, &stream->find, &stream->rows, err))
        return false;
    *count = stream->rows.count;
    if (*count > 0) {
        stream->find.time_ns = stream->rows.items[*count - 1].time_ns;
        stream->find.id = stream->rows.items[*count - 1].id;
    }
    return true;
}

static struct sv_merge_place place(void *context, size_t number, size_t at)
{
    const struct sv_store_row *row = &((struct sv_events *)context)->streams[number].rows.items[at];
    return (struct sv_merge_place){row->time_ns, row->id};
}

struct sv_events *sv_events_open(struct sv_store *store, const struct sv_events_spec *spec)
{
    struct sv_events *events = sv_calloc(1, sizeof *events);
    events->store = store;
    events->spec = *spec;
    events->merge = (struct sv_merge){.context = events, .fetch = fetch, .place = place, .up = spec->up, .page = spec->page > 0 ? spec->page : PAGE};
    return events;
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
    for (size_t stream, at; sv_merge_next(&events->merge, &stream, &at, err);) {
        const struct sv_store_row *row = &events->streams[stream].rows.items[at];
        if (sv_events_wants(&events->spec, row))
            return row;
    }
    return NULL;
}

void sv_events_close(struct sv_events *events)
{
    if (events == NULL)
        return;
    forget_streams(events);
    sv_free(events->streams);
    sv_free(events);
}
