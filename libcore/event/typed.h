/* SPDX-License-Identifier: ISC */
/* typed.h - text into the slots of an event, for formats whose values have no types of their own.
 *
 * The field says what its text means: numbers, true and false, and times may have blanks around them; args, result, labels and
 * ext (and what `fields:` calls list or map) are parsed where they hold a JSON object or list; everything else is text as it
 * stands, also what no field and no `fields:` knows. Text that is not what its field must be leaves the field absent.
 *
 *     struct sv_typed_key key = sv_typed_key(schema, name);              // once a column
 *     odd += !sv_typed_put(schema, event, &key, text);                   // once a record
 *
 * Floor: event; uses cel, json, base. */
#ifndef SV_TYPED_H
#define SV_TYPED_H

#include "event/event.h"

struct sv_typed_key {
    struct sv_slice name; /* borrowed */
    uint32_t node;        /* in schema->paths, SV_NO_NODE: nobody asks for it */
    uint32_t slot;        /* SV_NO_SLOT: kept with the rest, if anybody wants that */
    enum sv_cel_type type;
};

/* What a name stands for. Paths must not be added between this and the last put. */
struct sv_typed_key sv_typed_key(const struct sv_schema *schema, struct sv_slice name);

/* Is it a field, or another name of the time? */
bool sv_typed_is_canonical(struct sv_slice name);

/* Puts a value; text must be valid UTF-8 and live as long as the event's arena. Empty text is none. False when the text is not
 * what the field must be. At most once a key and event. */
bool sv_typed_put(const struct sv_schema *schema, struct sv_event *event, const struct sv_typed_key *key, struct sv_slice text);

/* A time as text or number; false when it is neither. */
bool sv_typed_time(struct sv_slice text, int64_t *ns);

#endif
