/* SPDX-License-Identifier: ISC */
/* lookup.h - an id as somebody typed it, to what it is the id of.
 *
 * `POLICY[KEY]@ADDRESS` or `POLICY[KEY]@TIME` is an evaluation; `ORIGIN:RECORD.PART` an event by its address, where the origin may
 * be shortened; all else an event's own id, or a beginning that only one event's has.
 *
 *     struct sv_lookup found = {0};
 *     if (sv_lookup(store, SV_SLICE("4328fd:69.0"), &found, &err)) ...     // found.kind says which rows are filled
 *     sv_lookup_free(&found);
 *
 * Floor: run. */
#ifndef SV_RUN_LOOKUP_H
#define SV_RUN_LOOKUP_H

#include "base/slice.h"
#include "store/find.h"

struct sv_lookup {
    enum { SV_LOOKUP_NOTHING, SV_LOOKUP_EVENT, SV_LOOKUP_EVALUATION } kind;
    struct sv_store_rows events;              /* one; the parts of one record; one a machine where several share an id */
    struct sv_store_finding_rows evaluations; /* one; one a version where a policy was changed */
};

/* False with err: the store, or an id that several begin with (SV_USAGE). Nothing found is no failure. */
bool sv_lookup(struct sv_store *store, struct sv_slice id, struct sv_lookup *found, struct sv_error *err);

void sv_lookup_free(struct sv_lookup *found);

#endif
