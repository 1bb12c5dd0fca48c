/* SPDX-License-Identifier: ISC */
/* compare.h - two sets of results: what became slower, what faster, what is noise.
 *
 * Of each figure that both have under the same job and name, all repetitions of one are tested against all of the other (rank.h).
 * With many figures one in twenty would be found by chance, so what counts as found is made stricter by their number (S. Holm:
 * "A Simple Sequentially Rejective Multiple Test Procedure", 1979). A figure has become worse when that is no chance and its median
 * is worse by more than the threshold.
 *
 * Times of the clock say little when other processes had the processors meanwhile: each result tells how much, and where that was
 * more than `busy` (a share) such figures are shown and not judged.
 *
 *     struct sv_compare compare = {.threshold = 0.05, .level = 0.05, .busy = 0.1};
 *     if (sv_compare_results(&compare, &before, &after, &err))
 *         ... compare.worse ...
 *     sv_compare_free(&compare);
 *
 * Floor: run. */
#ifndef SV_RUN_COMPARE_H
#define SV_RUN_COMPARE_H

#include "measure/rank.h"
#include "run/result.h"

enum sv_change {
    SV_CHANGE_NONE,
    SV_CHANGE_BETTER,
    SV_CHANGE_WORSE,
    SV_CHANGE_SMALL, /* no chance, and below the threshold */
    SV_CHANGE_BUSY   /* a time of the clock, on a machine that others used too: not judged */
};

struct sv_compared {
    struct sv_slice job, name, figure;
    struct sv_rank rank;
    size_t count_a, count_b;
    double change;            /* of the median, 0.1: 10 % more; infinite from 0 */
    enum sv_change verdict;
};

struct sv_compare {
    double threshold, level, busy;
    const char *const *figures; /* [figure_count] globs; none: those that are stable enough (sv_compare_is_stable) */
    size_t figure_count;
    bool anyway;              /* also of different machines, and of busy ones */
    struct sv_compared *items; /* [count] in the order of the results */
    size_t count;
    size_t worse;             /* how many */
    size_t unjudged;          /* with SV_CHANGE_BUSY */
    double others;            /* the share that others had, at the median of the busier side */
    size_t needed;            /* repetitions a side without which nothing can be told; 0: there are enough */
};

/* Is the figure one that a few disturbances do not decide? The mean, the most, the p99.9, and the share of a processor are
 * not. And: is it a time of the clock, or made of one? Times of single records are so short that others hardly get between. */
bool sv_compare_is_stable(struct sv_slice figure);
bool sv_compare_is_of_clock(struct sv_slice figure);

/* False with err (SV_INPUT): different machines, or nothing in common. */
bool sv_compare_results(struct sv_compare *compare, const struct sv_results *a, const struct sv_results *b, struct sv_error *err);

/* A row a figure. */
extern const struct sv_list_column sv_compare_columns[];
extern const size_t sv_compare_column_count;
void sv_compare_put(struct sv_buf *out, const struct sv_compare *compare, const struct sv_list *list);

void sv_compare_free(struct sv_compare *compare);

#endif
