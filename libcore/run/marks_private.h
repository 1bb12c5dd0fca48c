/* SPDX-License-Identifier: ISC */
/* marks_private.h - what marks.c (text, rows) and marks_page.c (HTML) share.
 *
 * Floor: run. */
#ifndef SV_RUN_MARKS_PRIVATE_H
#define SV_RUN_MARKS_PRIVATE_H

#include "run/marks.h"

enum { SV_MARKS_WORST = 3 };

/* The limits with the lowest scores, the lowest first; returns how many. */
size_t sv_marks_worst(const struct sv_limits *limits, const struct sv_limit *worst[SV_MARKS_WORST]);

/* `not measured, and left out: caching, bottlenecks`, or nothing. */
void sv_marks_put_left_out(struct sv_buf *out, const struct sv_grade *grade);

/* `24.3 us`, in a few digits. */
void sv_marks_put_number(struct sv_buf *out, double value, const char *unit);

#endif
