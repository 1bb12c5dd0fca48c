/* SPDX-License-Identifier: ISC */
/* timeline.h - what happened, event by event, newest or oldest first, or as it happens.
 *
 * JSON is the events themselves, as they are stored; with columns chosen, and in CSV, a row an event. The table is for reading: a
 * call and its result are one line, with how long it took and what it cost, at the place of the result (newest first) or of the
 * call (oldest first), the same whatever page it is on; what belongs below another event, or to an agent that another one started,
 * stands further in. Where a condition is asked for, calls and results stand by themselves. Operands are logs, read for this
 * question and forgotten.
 *
 * Floor: run. */
#ifndef SV_RUN_TIMELINE_H
#define SV_RUN_TIMELINE_H

#include <signal.h>

#include "run/answer.h"
#include "run/ask.h"

extern const struct sv_list_column sv_timeline_columns[];
extern const size_t sv_timeline_column_count;

struct sv_timeline_spec {
    const char *entity;      /* TYPE:ID; NULL: any */
    const char *correlation, *trace, *call; /* ids, or unique beginnings of one */
    bool oldest;             /* first */
    const char *after;       /* a cursor, oldest first */
    bool follow;             /* show the last ask->number, then what comes, until *stop */
    const volatile sig_atomic_t *stop;
};

/* ask->list is of these columns. NULL with err: the store (read only), a cursor, a word or a condition that is none (SV_USAGE). */
struct sv_answer *sv_timeline_open(const struct sv_ask *ask, const struct sv_timeline_spec *spec, struct sv_error *err);

#endif
