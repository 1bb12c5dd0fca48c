/* SPDX-License-Identifier: ISC */
/* counters.h - what a batch adds to the tables of agents, their sessions and days, and of usage by the hour.
 *
 * An event counts under the hour of its time, its type, agent, team, model, tool and status. Kept with the positions, in one
 * transaction, so that no event is counted twice and none is left out; a plain run, which reads everything again, has none.
 * Names are numbered when they are first seen and stay numbered over batches, and so are those that come together: who (agent, team) and
 * what (type, model, tool, status). An event costs two short look-ups and no copy; what most events touch is kept small and together, for
 * by the time a kind's next event comes the log has gone through the cache.
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

enum { SV_COUNTERS_NAMES = 6 /* agent, team, type, model, tool, status */, SV_COUNTERS_PARTS = 2 /* who, what */ };

struct sv_counters {
    struct sv_map names[SV_COUNTERS_NAMES]; /* of each field, as they came -> struct name */
    struct sv_map parts[SV_COUNTERS_PARTS]; /* numbers of names -> struct part */
    struct sv_counters_recent *recent;      /* some of the parts, to be found without hashing */
    struct sv_arena name_arena;             /* of names and parts: lives over batches */
    uint32_t *lately_whos;                  /* [lately_count] whose events are not all in kinds yet */
    size_t lately_count, lately_capacity;
    size_t begun;                           /* kinds, at least once */
    struct sv_counters_kind *kinds;         /* [kind_count] of the batch */
    size_t kind_count, kind_capacity;
    uint32_t *table;                        /* open addressing: index + 1 into kinds, 0 is free */
    size_t mask;
    struct sv_counters_spent *spent;        /* [spent_count] of the batch */
    size_t spent_count, spent_capacity;
    struct sv_counters_agent *agents;       /* [agent_count] of the batch */
    size_t agent_count, agent_capacity;
    struct sv_counters_session *sessions;   /* [session_count] of the batch: each of an agent */
    size_t session_count, session_capacity;
    uint64_t seen;                          /* events of agents, counted up */
    struct sv_arena arena;                  /* of the batch */
    uint64_t batch;                         /* ordinal: a name's integer in the store is asked for once in each */
    struct sv_redactor *redactor;           /* names come from the input; NULL: as they are. Borrowed */
};

/* now_ns: for an event without a time. */
void sv_counters_event(struct sv_counters *counters, struct sv_event *event, int64_t now_ns);
/* So many kinds that the batch should end. */
bool sv_counters_full(const struct sv_counters *counters);

bool sv_counters_keep(struct sv_counters *counters, struct sv_store *store, struct sv_error *err);
void sv_counters_clear(struct sv_counters *counters);
void sv_counters_free(struct sv_counters *counters);

#endif
