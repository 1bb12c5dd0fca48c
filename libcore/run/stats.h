/* SPDX-License-Identifier: ISC */
/* stats.h - events, tokens, cost, errors and durations, added up by whatever is asked: from what hours used, never from the events.
 *
 * What is asked by time is to the hour: a store keeps hours. Days, weeks (from Monday) and months are those of the local clock,
 * unless the list is in UTC. Operands are logs, read for this question and forgotten; of those the times asked for are exact.
 *
 * Floor: run. */
#ifndef SV_RUN_STATS_H
#define SV_RUN_STATS_H

#include "run/answer.h"
#include "run/ask.h"

extern const struct sv_list_column sv_stats_columns[];
extern const size_t sv_stats_column_count;

struct sv_stats_spec {
    const char *by;          /* names of keys, commas between: hour day week month type agent team model tool status; NULL: day */
    const char *model;       /* a glob; NULL: every model */
};

/* ask->list is of these columns; without columns chosen: the keys and all that is added up. NULL with err. */
struct sv_answer *sv_stats_open(const struct sv_ask *ask, const struct sv_stats_spec *spec, struct sv_error *err);

#endif
