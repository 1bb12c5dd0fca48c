/* SPDX-License-Identifier: ISC */
/* events.h - the events that were asked for, one after the other, in the order of their time: by whatever index leads to them.
 *
 * What is told most narrowly leads: a call, a trace, a correlation, an entity, sessions, agents and their types, else the time. Of
 * several sessions or agents each is a stream of its own, and they are merged; what does not lead is compared.
 *
 *     struct sv_events *events = sv_events_open(store, &spec);
 *     const struct sv_store_row *row;
 *     while ((row = sv_events_next(events, &err)) != NULL) ...          // lent until the next call
 *     sv_events_close(events);
 *
 * Floor: run. */
#ifndef SV_RUN_EVENTS_H
#define SV_RUN_EVENTS_H

#include "run/filter.h"

struct sv_events_spec {
    const struct sv_filter *filter;            /* NULL: every name */
    struct sv_slice entity_type, entity_id, correlation, trace, call; /* empty: any */
    bool up;                 /* oldest first */
    int64_t time_ns, id;     /* behind this place: INT64_MAX, INT64_MAX or INT64_MIN, 0 for all */
    int64_t bound_ns;        /* newest first: from here on; oldest first: before that */
    size_t page;             /* how many are fetched at once, about; 0: 64 */
};

struct sv_events;

/* The spec's texts and filter are borrowed for its life. */
struct sv_events *sv_events_open(struct sv_store *store, const struct sv_events_spec *spec);

/* NULL at the end, or with err. */
const struct sv_store_row *sv_events_next(struct sv_events *events, struct sv_error *err);

/* Does the row fit what was asked? For rows that come another way. */
bool sv_events_wants(const struct sv_events_spec *spec, const struct sv_store_row *row);

void sv_events_close(struct sv_events *events);

#endif
