/* SPDX-License-Identifier: ISC */
/* calendar.h - the hours, days, weeks and months of a time zone. Private to policy/.
 *
 * A span begins at local midnight (an hour at its minute 0); a day of a time zone that changes its clock has 23 or 25 hours. Weeks
 * begin on Monday (ISO 8601).
 *
 * Floor: policy. */
#ifndef SV_CALENDAR_H
#define SV_CALENDAR_H

#include "policy/kind.h"

/* When the span that time_ns lies in began, and when the one that began at start_ns is over. zone NULL: UTC. */
int64_t sv_calendar_start(enum sv_calendar calendar, const struct sv_zone *zone, int64_t time_ns);
int64_t sv_calendar_next(enum sv_calendar calendar, const struct sv_zone *zone, int64_t start_ns);

/* "hour", "day", "week", "month"; SV_SLIDING for a word that is none. */
enum sv_calendar sv_calendar_find(struct sv_slice word);

#endif
