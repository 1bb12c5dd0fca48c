/* SPDX-License-Identifier: ISC */
/* alert_stats.h - groups of alerts in numbers, by what is asked.
 *
 * Floor: run. */
#ifndef SV_RUN_ALERT_STATS_H
#define SV_RUN_ALERT_STATS_H

#include "run/answer.h"
#include "run/ask.h"

extern const struct sv_list_column sv_alert_stats_columns[];
extern const size_t sv_alert_stats_column_count;

/* What they may be counted by; the first if nothing is said. Ended by NULL. */
extern const char *const sv_alert_stats_keys[];

/* Groups that ask wants, begun in its time, by a key (its number), most groups first: ask->number rows; and what was told of them. By
 * receiver, groups are those of the route's own, notifications those of each. */
struct sv_answer *sv_alert_stats_open(const struct sv_ask *ask, size_t key, struct sv_error *err);

#endif
