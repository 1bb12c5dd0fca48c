/* SPDX-License-Identifier: ISC */
/* growth.h - how large the store is, table by table, how fast it grows, and where that leads.
 *
 * What comes in a day is the mean of the last seven that hours were counted of, up to now; a day's bytes follow from what an event
 * takes now, indexes and all. A store that is younger than a day has no forecast.
 *
 * Floor: run. */
#ifndef SV_RUN_GROWTH_H
#define SV_RUN_GROWTH_H

#include "run/answer.h"
#include "run/ask.h"

extern const struct sv_list_column sv_growth_columns[];
extern const size_t sv_growth_column_count;

/* ask->list is of these columns. NULL with err. */
struct sv_answer *sv_growth_open(const struct sv_ask *ask, struct sv_error *err);

#endif
