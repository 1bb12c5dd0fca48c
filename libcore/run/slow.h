/* SPDX-License-Identifier: ISC */
/* slow.h - which statements of the store were slow: a row a plan and program, most time first.
 *
 *     struct sv_answer *answer = sv_slow_open(&ask, &err);
 *
 * Floor: run. */
#ifndef SV_RUN_SLOW_H
#define SV_RUN_SLOW_H

#include "run/answer.h"
#include "run/ask.h"

extern const struct sv_list_column sv_slow_columns[];
extern const size_t sv_slow_column_count;

/* ask->number rows of those between since and until. NULL with err. */
struct sv_answer *sv_slow_open(const struct sv_ask *ask, struct sv_error *err);

#endif
