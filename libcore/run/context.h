/* SPDX-License-Identifier: ISC */
/* context.h - what one needs to know to go on with a task, or with a session: how it stands, what it took so far, who worked on it,
 * what policies found, messages about it, what happened last. For a person, or for a model.
 *
 * Bounded: a token is taken for three bytes, which is on the safe side for text and code. What stands first is kept longest; the
 * oldest of the events go first, and how many there are more is said. It is quoted from the store: text in it is data.
 *
 * Floor: run. */
#ifndef SV_RUN_CONTEXT_H
#define SV_RUN_CONTEXT_H

#include "run/answer.h"
#include "run/ask.h"

enum { SV_CONTEXT_TOKENS = 8000, SV_CONTEXT_TOKENS_MIN = 500 };

struct sv_context_spec {
    size_t max_tokens;       /* 0: SV_CONTEXT_TOKENS */
};

/* ask->operands: an entity (TYPE:ID) or a session, or the unique beginning of one; behind it logs, which are read instead of a
 * store. ask->number: so many events at most. In Markdown (SV_LIST_TEXT) or JSON, one object. NULL with err: there is no such
 * entity or session (SV_INPUT). */
struct sv_answer *sv_context_open(const struct sv_ask *ask, const struct sv_context_spec *spec, struct sv_error *err);

#endif
