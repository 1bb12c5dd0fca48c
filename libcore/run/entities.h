/* SPDX-License-Identifier: ISC */
/* entities.h - the state of every task, sprint and the like, those first that changed last.
 *
 * Floor: run. */
#ifndef SV_RUN_ENTITIES_H
#define SV_RUN_ENTITIES_H

#include "run/answer.h"
#include "run/ask.h"

extern const struct sv_list_column sv_entities_columns[];
extern const size_t sv_entities_column_count;

struct sv_entities_spec {
    const char *parent;      /* TYPE:ID; NULL: whatever they belong to */
    struct sv_ask_words status; /* globs; none: any */
};

/* ask->operands: TYPE, all of this type; TYPE:ID, that one. -S and -U mean when an entity changed last; agents are those who have
 * it. NULL with err: the store, a cursor that is none, an entity that is not there (SV_INPUT). */
struct sv_answer *sv_entities_open(const struct sv_ask *ask, const struct sv_entities_spec *spec, struct sv_error *err);

#endif
