/* SPDX-License-Identifier: ISC */
/* commas.h - one record of comma-separated values (RFC 4180) as its cells, by libcsv.
 *
 * A record is what framing.h cuts out by the same rule about quotes: without its line end, and without a CR before that. Blanks
 * belong to their cell; of line ends only LF counts.
 *
 *     struct sv_commas *commas = sv_commas_new();
 *     if (sv_commas_parse(commas, text, on_cell, context, &count)) ...
 *     sv_commas_free(commas);
 *
 * The other calls are for a header, and for messages. Floor: base; uses libcsv. */
#ifndef SV_COMMAS_H
#define SV_COMMAS_H

#include "base/error.h"
#include "base/mem.h"

struct sv_commas;

struct sv_commas *sv_commas_new(void);
void sv_commas_free(struct sv_commas *commas);

/* Calls cell for each: its number, from 0, and its text, gone after the call. *count: how many. False when the text is not one
 * record; then calls were made in vain. */
bool sv_commas_parse(struct sv_commas *commas, struct sv_slice text, void (*cell)(void *context, size_t index, struct sv_slice text),
                     void *context, size_t *count);

/* All cells of a record, in the arena; NULL when it is none. */
struct sv_slice *sv_commas_cells(struct sv_slice text, struct sv_arena *arena, size_t *count);

/* Where cell `index` begins; where the record ends if it has fewer. Byte by byte. */
size_t sv_commas_offset(struct sv_slice text, size_t index);

/* Sets the place of a byte in a record that may span lines: line 1 is the one it begins in. Returns false. */
bool sv_commas_at(struct sv_error *err, struct sv_slice text, size_t offset);

/* Is it valid UTF-8? False with err, which has the place. */
bool sv_commas_utf8(struct sv_slice text, struct sv_error *err);

/* The version of libcsv that this was built with: the library itself does not tell. */
const char *sv_commas_library(void);

#endif
