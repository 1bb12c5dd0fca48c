/* SPDX-License-Identifier: ISC */
/* tally.h - a histogram of a fixed size: for what is counted millions of times a second, or in memory that processes share.
 *
 * The buckets are those of histogram.h, all of them, 30 KiB. Adding is one division-free look-up and needs no memory; = {0} is
 * empty. One process adds, or many by sv_tally_add_shared; who looks meanwhile sees counts that may lag behind each other.
 *
 *     static struct sv_tally tally;
 *     sv_tally_add(&tally, took_ns);
 *     sv_tally_sum(&tally, &histogram);                        // for quantiles
 *
 * Floor: measure; uses base only. */
#ifndef SV_TALLY_H
#define SV_TALLY_H

#include "measure/histogram.h"

struct sv_tally {
    uint64_t total, min, max; /* exact */
    uint64_t counts[SV_HISTOGRAM_SLOTS];
};

static inline void sv_tally_add(struct sv_tally *tally, uint64_t value)
{
    if (tally->total == 0 || value < tally->min)
        tally->min = value;
    if (value > tally->max)
        tally->max = value;
    tally->counts[sv_histogram_slot(value)]++;
    tally->total++;
}

/* The same while others add, too. */
void sv_tally_add_shared(struct sv_tally *tally, uint64_t value);

/* Adds all of its values to a histogram. */
void sv_tally_sum(const struct sv_tally *tally, struct sv_histogram *into);

#endif
