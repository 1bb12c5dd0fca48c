/* SPDX-License-Identifier: ISC */
/* source.h - an input of a run and its row in the store.
 *
 * Floor: run; private to it. */
#ifndef SV_RUN_SOURCE_H
#define SV_RUN_SOURCE_H

#include "run/private.h"

/* How sure a match has to be, in the order in which rows are given away. */
enum sv_sureness {
    SV_BY_INODE, /* the same file, and what was read of it is still there */
    SV_BY_PATH,  /* the same place and content: restored, or written anew by an editor; or nothing of it was noted */
    SV_BY_BYTES, /* moved or copied here with more than its first record, which logs may have in common; or nothing was read of it */
    SV_SURENESSES
};

/* The source of this run that has this row; NULL: none. */
struct sv_run_source *sv_run_source_of(const struct sv_run *run, int64_t row);

/* Is this file, at this path (as the store has it), what the row speaks of? */
bool sv_run_source_is(struct sv_run *run, uint32_t source, struct sv_slice path, const struct sv_store_source *row,
                      enum sv_sureness how);

/* The source has this row; its texts are copied. */
void sv_run_source_take(struct sv_run *run, struct sv_run_source *known, const struct sv_store_source *row);

/* Where and what the file is now, into its row. */
void sv_run_source_look(struct sv_run *run, uint32_t source);

/* A path as the store has it; lives as long as the run. */
struct sv_slice sv_run_source_path(struct sv_run *run, const char *path);

#endif
