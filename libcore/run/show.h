/* SPDX-License-Identifier: ISC */
/* show.h - everything about one event or one evaluation, found by its id.
 *
 * Of an event: itself, the call or the result that belongs to it, decisions about that call, what policies found there. Of an
 * evaluation: its values, the event, the version of the policy that decided, as text. Of a version that has been changed since the
 * row names, it is that very one.
 *
 * Floor: run. */
#ifndef SV_RUN_SHOW_H
#define SV_RUN_SHOW_H

#include "run/answer.h"
#include "run/ask.h"

/* ask->operands: ids, or unique beginnings. In text or JSON (an object each). An id that is nobody's is told by the answer's end
 * (SV_INPUT), all others are shown. NULL with err: the store, no operand (SV_USAGE). */
struct sv_answer *sv_show_open(const struct sv_ask *ask, struct sv_error *err);

#endif
