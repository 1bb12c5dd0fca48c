/* SPDX-License-Identifier: ISC */
/* marks.h - what results are worth: a grade by areas, the worst figures, everything measured; for a terminal, a spreadsheet, a page.
 *
 *     sv_marks_put(&out, &results, &limits, &list);
 *     sv_marks_put_page(&out, &results, &limits);              // HTML that stands alone, with histograms
 *
 * Limits are those of a gate, applied (limits.h); areas without a limit that was measured are left out of the grade and named.
 * Floor: run. */
#ifndef SV_RUN_MARKS_H
#define SV_RUN_MARKS_H

#include "run/limits.h"

/* A list of the form text or CSV: in text the grade, areas, the worst three, limits, figures; in CSV figures, with rows of the job
 * `grade`, a row an area and one for the whole. list: of sv_results_columns. */
void sv_marks_put(struct sv_buf *out, const struct sv_results *results, const struct sv_limits *limits, const struct sv_list *list);

/* The same as a page, with a histogram of each kind of times. */
void sv_marks_put_page(struct sv_buf *out, const struct sv_results *results, const struct sv_limits *limits);

#endif
