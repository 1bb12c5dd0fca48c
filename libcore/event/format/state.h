/* SPDX-License-Identifier: ISC */
/* state.h - a format's state to bytes and back: numbers and texts, one behind the other, the same on every machine.
 *
 *     sv_state_put_text(out, name);  sv_state_put_int(out, total);          // in `save`
 *
 *     struct sv_state_in in = {bytes};                                      // in `restore`, in the same order
 *     sv_state_get_text(&in, &name);  total = sv_state_get_int(&in);
 *     return sv_state_is_over(&in);
 *
 * Reading behind the end, or what no writer wrote, gives zeros and empty texts, and sv_state_is_over says no. So does a text that
 * is not UTF-8 and a count that no file can add up to: whatever the bytes, what comes of them can be reckoned with and printed.
 *
 * What is too long to be saved is cut when it is kept, not when it is saved: a file read in pieces gives what it gives at once.
 *
 * Floor: event; uses json, base. Private to event/format/. */
#ifndef SV_STATE_H
#define SV_STATE_H

#include "base/buf.h"
#include "event/format/piece.h"

enum { SV_STATE_TEXT_MAX = 1024 }; /* of a longer text this much is kept, whole characters */
#define SV_STATE_COUNT_MAX (INT64_C(1) << 60) /* of tokens; three of them can be added */

struct sv_state_in {
    struct sv_slice rest;
    bool is_broken;
};

/* As much of a text as is kept; the same into a buffer, instead of what was in it. */
struct sv_slice sv_state_cut(struct sv_slice text);
void sv_state_keep(struct sv_buf *kept, struct sv_slice text);

void sv_state_put_uint(struct sv_buf *out, uint64_t value);
void sv_state_put_int(struct sv_buf *out, int64_t value);
void sv_state_put_text(struct sv_buf *out, struct sv_slice text);
void sv_state_put_bytes(struct sv_buf *out, struct sv_slice bytes); /* whatever their length */
void sv_state_put_word(struct sv_buf *out, const struct sv_piece_word *word);
void sv_state_put_counts(struct sv_buf *out, const int64_t *counts, size_t count); /* none is negative */
void sv_state_put_number(struct sv_buf *out, struct sv_value value); /* SV_INT and SV_DOUBLE; all else comes back as SV_ABSENT */
void sv_state_put_calls(struct sv_buf *out, const struct sv_piece_calls *calls, size_t room); /* the newest that fit into room */

uint64_t sv_state_get_uint(struct sv_state_in *in);
int64_t sv_state_get_int(struct sv_state_in *in);
struct sv_slice sv_state_get_slice(struct sv_state_in *in); /* borrowed from the bytes */
struct sv_slice sv_state_get_bytes(struct sv_state_in *in); /* likewise */
struct sv_slice sv_state_get_long(struct sv_state_in *in, size_t max); /* a text put as bytes */
void sv_state_get_text(struct sv_state_in *in, struct sv_buf *text);
void sv_state_get_word(struct sv_state_in *in, struct sv_piece_word *word);
void sv_state_get_counts(struct sv_state_in *in, int64_t *counts, size_t count);
struct sv_value sv_state_get_number(struct sv_state_in *in);
void sv_state_get_calls(struct sv_state_in *in, struct sv_piece_calls *calls);

/* All was read, and all of it was whole. */
bool sv_state_is_over(const struct sv_state_in *in);

#endif
