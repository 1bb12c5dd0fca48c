/* SPDX-License-Identifier: ISC */
/* period.h - the day, week or month that a report is about, and the one before it, by the clock here.
 *
 *     struct sv_period period;
 *     sv_period_choose(&period, SV_PERIOD_WEEK, 0, now_ns);           // the last that is over
 *
 * Weeks begin on Monday. Floor: run. */
#ifndef SV_RUN_PERIOD_H
#define SV_RUN_PERIOD_H

#include "base/buf.h"

enum sv_period_span { SV_PERIOD_DAY, SV_PERIOD_WEEK, SV_PERIOD_MONTH };

enum { SV_PERIOD_NOW, SV_PERIOD_BEFORE, SV_PERIODS };

struct sv_period {
    enum sv_period_span span;
    int64_t start_ns[SV_PERIODS], end_ns[SV_PERIODS]; /* from start, before end */
    int64_t first_day, days; /* since 1970, and how many */
    size_t slots;            /* hours of a day, else days */
    int64_t now_ns;
};

/* The one in which at_ns lies; 0: the last that is over now. */
void sv_period_choose(struct sv_period *period, enum sv_period_span span, int64_t at_ns, int64_t now_ns);

/* Which one a time is in: SV_PERIOD_NOW, SV_PERIOD_BEFORE; SV_PERIODS: neither. */
int sv_period_of(const struct sv_period *period, int64_t ns);

/* Its hour or day, by what the clock on the wall says: an hour that comes twice in a day is one, and one is left out. And what that
 * is called: `07:00`, `2026-11-20`. */
size_t sv_period_slot(const struct sv_period *period, int64_t ns);
void sv_period_put_slot(const struct sv_period *period, size_t slot, struct sv_buf *out);

/* `day 2026-11-20`, `week 2026-11-16 to 2026-11-22`, `month 2026-11`; with its zone, and what it is compared with; `hour` or `day`. */
void sv_period_put_title(const struct sv_period *period, struct sv_buf *out);
void sv_period_put_subject(const struct sv_period *period, struct sv_buf *out);
const char *sv_period_unit(const struct sv_period *period);

/* The clock's zone, at its beginning: `CET`. */
void sv_period_put_zone(const struct sv_period *period, struct sv_buf *out);

#endif
