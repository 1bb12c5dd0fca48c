/* SPDX-License-Identifier: ISC */
/* emit.h - one event from a script, stored once.
 *
 * Floor: run. */
#ifndef SV_RUN_EMIT_H
#define SV_RUN_EMIT_H

#include "run/intake.h"

/* Stores an event of these fields (spec->preset); its time is now unless they say another. key: what makes a retry harmless, its
 * id; NULL: a new UUID. parent: what its entity belongs to (TYPE:ID); NULL: not told. *id (appended): what its id is. *was_there:
 * the key was known, nothing was stored. With spec->store.sync_normal false it is on the disk on return. */
bool sv_emit(const struct sv_intake_spec *spec, const char *key, const char *parent, struct sv_buf *id, bool *was_there, struct sv_error *err);

#endif
