/* SPDX-License-Identifier: ISC */
/* doubles.h - events that were counted before, told by the source's own id.
 *
 * Only inputs that can repeat are asked about: a pipe may be fed the same lines again, Claude copies a session's history into the
 * file that goes on with it, ids and all. A made-up id never marks a double. What is remembered is a hash of the id under the
 * format and the hour of the event's time; with a store that lasts, what was counted more than seven days ago is forgotten, however
 * old the events are, and memory is bounded.
 *
 *     struct sv_doubles doubles = {.store = store};
 *     enum sv_double is = sv_doubles_meet(&doubles, format, hour, id, &err);
 *     sv_doubles_keep(&doubles, &err);              // in the batch's transaction
 *     sv_doubles_kept(&doubles);                    // it was committed
 *     sv_doubles_free(&doubles);
 *
 * Floor: run. */
#ifndef SV_DOUBLES_H
#define SV_DOUBLES_H

#include "store/store.h"

struct sv_doubles {
    struct sv_store *store; /* NULL: nothing lasts beyond this run */
    bool counts;            /* this run does (-r) */
    struct sv_map hours;    /* format and hour -> struct hour */
    size_t added;           /* since the last sv_doubles_kept */
};

enum sv_double { SV_DOUBLE_NEW, SV_DOUBLE_IN_RUN, SV_DOUBLE_STORED, SV_DOUBLE_COUNTED, SV_DOUBLE_FAILED };

/* Is this id new, met in this run, or did an earlier one store what was found there, or count it as well (with -r)? A new one is
 * remembered, and a stored one that is counted now. hour: since 1970. FAILED: err. */
enum sv_double sv_doubles_meet(struct sv_doubles *doubles, struct sv_slice format, int64_t hour, struct sv_slice id,
                               struct sv_error *err);

bool sv_doubles_keep(struct sv_doubles *doubles, struct sv_error *err);
void sv_doubles_kept(struct sv_doubles *doubles);

void sv_doubles_free(struct sv_doubles *doubles);

#endif
