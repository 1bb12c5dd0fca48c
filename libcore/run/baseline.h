/* SPDX-License-Identifier: ISC */
/* baseline.h - results kept under a name, to compare later ones with.
 *
 * A baseline is a file of results, NAME.ndjson, in ${XDG_STATE_HOME:-~/.local/state}/sv-tools/bench. Wherever results are asked
 * for, the name of a baseline will do instead of a file's path.
 *
 *     sv_baseline_save("before", &results, false, &err);
 *     sv_baseline_load(&results, "before", &err);              // or a path
 *
 * Floor: run. */
#ifndef SV_RUN_BASELINE_H
#define SV_RUN_BASELINE_H

#include "run/result.h"

/* Writes the results under a new name, or with `replace` under any. False with err: a name that is none ([A-Za-z0-9._-]+), one that
 * is taken, no results. */
bool sv_baseline_save(const char *name, const struct sv_results *results, bool replace, struct sv_error *err);

/* Adds the results of a file, if there is one at this path; else of the baseline of this name. */
bool sv_baseline_load(struct sv_results *results, const char *name, struct sv_error *err);

/* A row a baseline: name, when it was measured, what, how often, where. False with err. */
extern const struct sv_list_column sv_baseline_columns[];
extern const size_t sv_baseline_column_count;
bool sv_baseline_list(struct sv_buf *out, const struct sv_list *list, struct sv_error *err);

#endif
