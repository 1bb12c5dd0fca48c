/* SPDX-License-Identifier: ISC */
/* grade.h - one mark out of seven scores, each with its weight.
 *
 * What was not measured has no score: it is left out, and the weights of the rest are made to add up again.
 *
 *     struct sv_grade grade = {0};
 *     sv_grade_set(&grade, SV_GRADE_LATENCY, 75);
 *     double total = sv_grade_total(&grade);                   // 75
 *     char letter = sv_grade_letter(total);                    // 'C'
 *
 * Floor: measure; uses base only. */
#ifndef SV_GRADE_H
#define SV_GRADE_H

#include <stdbool.h>

#include "base/slice.h"

enum sv_grade_area {
    SV_GRADE_LATENCY,
    SV_GRADE_THROUGHPUT,
    SV_GRADE_RESOURCES,
    SV_GRADE_CACHING,
    SV_GRADE_DATABASE,
    SV_GRADE_CONCURRENCY,
    SV_GRADE_BOTTLENECKS,
    SV_GRADE_COUNT
};

struct sv_grade {
    double scores[SV_GRADE_COUNT]; /* 0 to 100 */
    bool known[SV_GRADE_COUNT];
};

/* Its name, `latency`; the area of that name, SV_GRADE_COUNT for none; its weight, of 100 in all. */
const char *sv_grade_name(enum sv_grade_area area);
enum sv_grade_area sv_grade_find(struct sv_slice name);
double sv_grade_weight(enum sv_grade_area area);

/* Sets a score, cut to 0 to 100. */
void sv_grade_set(struct sv_grade *grade, enum sv_grade_area area, double score);

/* The weighted mean of what is known; 0 when nothing is. */
double sv_grade_total(const struct sv_grade *grade);

/* A from 90 on, B from 80, C from 70, D from 60, else F. */
char sv_grade_letter(double score);

/* The score of a value against its bound, where less is better: 100 at a tenth of the bound or less, 70 at the bound, 0 at ten
 * times as much; in between by the logarithm. Where more is better: the same with both turned over. */
double sv_grade_score(double value, double bound, bool more_is_better);

#endif
