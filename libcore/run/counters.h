/* SPDX-License-Identifier: ISC */
/* counters.h - what a batch adds to the tables of agents and of usage by the hour.
 *
 * An event counts under the hour of its time, its type, agent, team, model, tool and status. Kept with the positions, in one
 * transaction, so that no event is counted twice and none is left out; a plain run, which reads everything again, has none.
 *
 *     struct sv_counters counters = {0};
 *     sv_counters_event(&counters, event, now_ns);
 *     sv_counters_keep(&counters, store, &err);     // in the transaction
 *     sv_counters_clear(&counters);                 // behind its commit
 *     sv_counters_free(&counters);
 *
 * Floor: run. */
#ifndef SV_COUNTERS_H
#define SV_COUNTERS_H

#include "base/map.h"
#include "event/event.h"
#include "event/redact.h"
#include "store/store.h"

struct sv_counters {
    struct sv_map usage;   /* hour and names -> struct usage */
    struct sv_map agents;  /* name -> struct agent */
    struct sv_arena arena; /* of the batch: both kinds, and their texts */
    struct sv_redactor *redactor; /* names come from the input; NULL: as they are. Borrowed */
    struct sv_buf key;
    void *recent[4096];    /* struct usage of kinds seen lately: most events are of one of them */
};

/* now_ns: for an event without a time. */
void sv_counters_event(struct sv_counters *counters, struct sv_event *event, int64_t now_ns);
/* So many kinds that the batch should end. */
bool sv_counters_full(const struct sv_counters *counters);

bool sv_counters_keep(struct sv_counters *counters, struct sv_store *store, struct sv_error *err);
void sv_counters_clear(struct sv_counters *counters);
void sv_counters_free(struct sv_counters *counters);

#endif
