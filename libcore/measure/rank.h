/* SPDX-License-Identifier: ISC */
/* rank.h - do two sets of measurements differ, or is it noise? The Mann-Whitney U test.
 *
 * It asks nothing of how the values are distributed, only which of two is larger, so an outlier counts no more than its rank.
 * Without ties and with up to SV_RANK_EXACT_MAX values a side the probability is exact; else it is the normal approximation, with
 * the correction for ties and for continuity (H. B. Mann, D. R. Whitney: "On a Test of Whether one of Two Random Variables is
 * Stochastically Larger than the Other", 1947).
 *
 *     struct sv_rank found = sv_rank_test(a, 10, b, 10);
 *     if (found.p < 0.01 && found.effect > 0) ...              // b is larger
 *
 * Floor: measure; uses base only. */
#ifndef SV_RANK_H
#define SV_RANK_H

#include <stdbool.h>
#include <stddef.h>

enum { SV_RANK_EXACT_MAX = 50 };

struct sv_rank {
    double u;        /* the smaller of both U; a tie counts one half */
    double p;        /* how likely a difference as large as this, or larger, is by chance, either way; 1 where a side is empty */
    double effect;   /* Cliff's delta: share of pairs in which b is larger less share in which a is; -1 to 1 */
    double median_a, median_b;
    bool is_exact;
};

/* Neither set is changed; no value is NaN. O(n log n), and for an exact p O(na * nb * (na + nb)). */
struct sv_rank sv_rank_test(const double *a, size_t na, const double *b, size_t nb);

/* The middle one, of an even number the mean of the middle two; 0 of none. */
double sv_rank_median(const double *values, size_t count);

#endif
