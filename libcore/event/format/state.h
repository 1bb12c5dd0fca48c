/* SPDX-License-Identifier: ISC */
/* state.h - a format's state to bytes and back: what base/pack.h has, and what only formats keep.
 *
 *     sv_state_put_text(out, name);  sv_pack_int(out, total);               // in `save`
 *
 *     struct sv_unpack in = sv_unpack(bytes);                               // in `restore`, in the same order
 *     sv_state_get_text(&in, &name);  total = sv_unpack_int(&in);
 *     return sv_unpack_is_over(&in);
 *
 * A text that is not UTF-8 and a count that no file can add up to fail, too: whatever the bytes, what comes of them can be reckoned
 * with and printed.
 *
 * What is too long to be saved is cut when it is kept, not when it is saved: a file read in pieces gives what it gives at once.
 *
 * Floor: event; uses json, base. Private to event/format/. */
#ifndef SV_STATE_H
#define SV_STATE_H

#include "base/pack.h"
#include "event/format/piece.h"

enum { SV_STATE_TEXT_MAX = 1024 }; /* of a longer text this much is kept, whole characters */
#define SV_STATE_COUNT_MAX (INT64_C(1) << 60) /* of tokens; three of them can be added */

/* As much of a text as is kept; the same into a buffer, instead of what was in it. */
struct sv_slice sv_state_cut(struct sv_slice text);
void sv_state_keep(struct sv_buf *kept, struct sv_slice text);

void sv_state_put_text(struct sv_buf *out, struct sv_slice text);
void sv_state_put_word(struct sv_buf *out, const struct sv_piece_word *word);
void sv_state_put_counts(struct sv_buf *out, const int64_t *counts, size_t count); /* none is negative */
void sv_state_put_number(struct sv_buf *out, struct sv_value value); /* SV_INT and SV_DOUBLE; all else comes back as SV_ABSENT */
void sv_state_put_calls(struct sv_buf *out, const struct sv_piece_calls *calls, size_t room); /* the newest that fit into room */

struct sv_slice sv_state_get_slice(struct sv_unpack *in); /* borrowed from the bytes */
struct sv_slice sv_state_get_long(struct sv_unpack *in, size_t max); /* a text of sv_pack_text */
void sv_state_get_text(struct sv_unpack *in, struct sv_buf *text);
void sv_state_get_word(struct sv_unpack *in, struct sv_piece_word *word);
void sv_state_get_counts(struct sv_unpack *in, int64_t *counts, size_t count);
struct sv_value sv_state_get_number(struct sv_unpack *in);
void sv_state_get_calls(struct sv_unpack *in, struct sv_piece_calls *calls);

#endif
