/* SPDX-License-Identifier: ISC */
/* keep.h - the store as a file: is it well, mend it, back it up, is a backup well.
 *
 * Each answers with a few rows; those of check, repair and verify say in `state` what is found, in `repair` what to do about it,
 * and end the program with SV_FOUND when there is anything to do.
 *
 * Floor: run. */
#ifndef SV_RUN_KEEP_H
#define SV_RUN_KEEP_H

#include "run/answer.h"
#include "run/ask.h"

extern const struct sv_list_column sv_findings_columns[], sv_backup_columns[];
extern const size_t sv_findings_column_count, sv_backup_column_count;

/* quick: leaves out what needs a copy of the store. */
struct sv_answer *sv_check_open(const struct sv_ask *ask, bool quick, struct sv_error *err);

/* blocking: makes large indexes, too, while writers wait. */
struct sv_answer *sv_repair_open(const struct sv_ask *ask, bool blocking, struct sv_error *err);

/* Of the file that is the operand. */
struct sv_answer *sv_verify_open(const struct sv_ask *ask, struct sv_error *err);

/* Into the file that is the operand; replace: an older backup may be there. */
struct sv_answer *sv_backup_open(const struct sv_ask *ask, bool replace, struct sv_error *err);

#endif
