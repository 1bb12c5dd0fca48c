/* SPDX-License-Identifier: ISC */
/* framing.h - where a record of a text file ends.
 *
 * A log format says which of these holds for its files, input/ cuts them up accordingly; so both know the same rule.
 *
 * SV_FRAMING_LINES: a record is a line.
 *
 * SV_FRAMING_QUOTED (RFC 4180): the same, but a line end inside a quoted cell is text. A quote opens a cell only as its first
 * byte, elsewhere in it it is text; inside a quoted cell two quotes stand for one; behind the closing quote comes a comma or the
 * end of the line. A line that breaks this is broken as far as its end and no farther, so a stray quote costs one line.
 *
 *     enum sv_framing_state state = SV_FRAMING_START;
 *     const char *stop = sv_framing_scan(SV_FRAMING_QUOTED, bytes, &state);   // a '\n', or NULL: goes on with the next bytes
 *
 * Floor: base. */
#ifndef SV_FRAMING_H
#define SV_FRAMING_H

#include "base/slice.h"

enum sv_framing { SV_FRAMING_LINES, SV_FRAMING_QUOTED };

/* All that is known of the bytes of a record scanned so far. */
enum sv_framing_state {
    SV_FRAMING_START,  /* at the start of a record or cell */
    SV_FRAMING_PLAIN,  /* in a cell without quotes */
    SV_FRAMING_INSIDE, /* between quotes */
    SV_FRAMING_SHUT,   /* behind a quote that closes the cell, or is the first of two */
    SV_FRAMING_RETURN, /* behind a CR behind that */
    SV_FRAMING_BROKEN  /* something else came behind it: till the end of the line */
};

/* Goes on from *state. Returns the LF that ends the record, *state being as before it (SV_FRAMING_BROKEN: this is no record),
 * or NULL when all bytes were taken. One look at each byte. */
const char *sv_framing_scan(enum sv_framing framing, struct sv_slice bytes, enum sv_framing_state *state);

/* Would a file that ends in this state end a record there? Not between quotes, for example. */
bool sv_framing_may_end(enum sv_framing_state state);

/* What is wrong with a record whose first line is this one (without its end) and that the scan says is none; *at: the byte that
 * is meant. */
const char *sv_framing_flaw(struct sv_slice first_line, size_t *at);

#endif
