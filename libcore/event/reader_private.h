/* SPDX-License-Identifier: ISC */
/* reader_private.h - the inside of a reader, for event/ only.
 *
 * Floor: event; uses cel, json, base. */
#ifndef SV_READER_PRIVATE_H
#define SV_READER_PRIVATE_H

#include "base/time.h"
#include "event/reader.h"

enum { SV_READER_FORMATS_MAX = 16 };

struct sv_reader {
    struct sv_reader_spec *spec;
    const struct sv_format *format; /* NULL: not decided yet */
    void *state;
    struct sv_reader_known { /* formats met in this file, in this order, with what they keep; `format` is one of them */
        const struct sv_format *format;
        void *state;
    } known[SV_READER_FORMATS_MAX];
    size_t known_count;
    struct sv_slice text;        /* of the record being read */
    const struct sv_format *other; /* whose it turned out to be */
    bool is_settled;             /* it is read as what it is, whatever its kind */
    struct sv_slice path, origin;
    struct sv_place place;       /* of the record being read */
    struct sv_arena file_arena;
    uint64_t undecided;          /* records that no format claimed so far */
    bool seen_object;            /* one of them was a JSON object */
    bool given_up;               /* the format cannot read this file */
    bool no_estimate;            /* of this event's cost */
    bool projected;              /* the paths into containers of this event are filled already, and `filled` is known */
    struct sv_json_filled filled; /* of its canonical slots */
    struct sv_time_memo times;   /* of the last event */
    struct sv_value source;      /* the format's name */
};

/* format/sv.c: would the native format, with this state, ask whose record one of this type is? */
bool sv_format_sv_asks(void *state, struct sv_slice type);

/* Time of a record that has it at the top, under time or one of its other names. */
bool sv_reader_top_time(struct sv_slice text, int64_t *ns);

/* A time as a slot holds it: RFC 3339 text or an epoch number. */
bool sv_reader_time_of(struct sv_value value, struct sv_arena *arena, int64_t *ns);

#endif
