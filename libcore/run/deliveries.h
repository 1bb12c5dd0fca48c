/* SPDX-License-Identifier: ISC */
/* deliveries.h - the log of tries to tell receivers, the newest first; or what waits to be told, by receiver, what is due first.
 *
 *     struct sv_answer *answer = sv_deliveries_open(&ask, &deliveries, &err);
 *
 * Floor: run. */
#ifndef SV_RUN_DELIVERIES_H
#define SV_RUN_DELIVERIES_H

#include "run/answer.h"
#include "run/ask.h"

extern const struct sv_list_column sv_deliveries_columns[];
extern const size_t sv_deliveries_column_count;

struct sv_deliveries {
    const char *receiver;  /* a glob; NULL: all */
    bool failed;           /* only tries that failed */
    bool waiting;          /* what waits, in place of tries */
};

/* ask: since, until (of when a try ended), number, before. NULL with err. */
struct sv_answer *sv_deliveries_open(const struct sv_ask *ask, const struct sv_deliveries *deliveries, struct sv_error *err);

#endif
