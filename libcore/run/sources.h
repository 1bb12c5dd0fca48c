/* SPDX-License-Identifier: ISC */
/* sources.h - the inputs that a store knows: what they are, how far each was read, how much of it waits. Newest read first.
 *
 * Of what may be asked: -S and -U mean when an input was last read; operands are globs over its whole path, or its log's; its
 * log format. Read in pages by key, each a transaction of its own, so that a writer never waits for who looks.
 *
 * Floor: run. */
#ifndef SV_RUN_SOURCES_H
#define SV_RUN_SOURCES_H

#include "run/answer.h"
#include "run/ask.h"

extern const struct sv_list_column sv_sources_columns[];
extern const size_t sv_sources_column_count;

/* ask->list is of these columns. NULL with err: the store as with sv_store_open (read only), a cursor that is none (SV_USAGE). */
struct sv_answer *sv_sources_open(const struct sv_ask *ask, struct sv_error *err);

/* What of a log is not read yet, as its file is now; false where that is not known. */
bool sv_sources_lag(const struct sv_store_source *row, int64_t *lag);

/* The complete lines in that, of the first most bytes of it; 0 where that is not known. */
int64_t sv_sources_lines(const struct sv_store_source *row, int64_t most);

#endif
