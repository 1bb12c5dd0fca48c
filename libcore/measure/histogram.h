/* SPDX-License-Identifier: ISC */
/* histogram.h - how often which value came, in buckets whose width grows with the value.
 *
 * Values below 2^SV_HISTOGRAM_BITS have a bucket each; above, every doubling has as many again, so a bucket is at most 1/64 of
 * its value wide and a quantile is at most 1/128 off (the layout of HdrHistogram, https://hdrhistogram.github.io/HdrHistogram/).
 * Histograms add up: a day's is the sum of its hours'. Only buckets that hold something take memory, and their bytes depend on
 * the values alone.
 *
 *     struct sv_histogram h = {0};
 *     sv_histogram_add(&h, 1200, 1);
 *     uint64_t p99 = sv_histogram_quantile(&h, 0.99);
 *     sv_histogram_free(&h);
 *
 * Floor: measure; uses base only. */
#ifndef SV_HISTOGRAM_H
#define SV_HISTOGRAM_H

#include "base/buf.h"

enum { SV_HISTOGRAM_BITS = 7, SV_HISTOGRAM_SLOTS = (64 - SV_HISTOGRAM_BITS + 2) << (SV_HISTOGRAM_BITS - 1) };

struct sv_histogram {
    struct sv_histogram_bucket {
        uint32_t index;
        uint64_t count;
    } *buckets; /* [count], ascending */
    size_t count, capacity;
    uint64_t total;    /* values added */
    uint64_t min, max; /* exact; of nothing: 0 */
};

/* A value that came so many times; all of another histogram's. */
void sv_histogram_add(struct sv_histogram *histogram, uint64_t value, uint64_t times);
void sv_histogram_merge(struct sv_histogram *histogram, const struct sv_histogram *other);

/* The value that a share q (0 to 1) of all values does not exceed: the middle of its bucket, within [min, max]; 0 of nothing. */
uint64_t sv_histogram_quantile(const struct sv_histogram *histogram, double q);

/* The mean of all values, each taken for the middle of its bucket; 0 of nothing. */
double sv_histogram_mean(const struct sv_histogram *histogram);

/* As bytes, behind what out holds; and back into an empty histogram. False, and nothing added, when they are no histogram. */
void sv_histogram_save(const struct sv_histogram *histogram, struct sv_buf *out);
bool sv_histogram_load(struct sv_histogram *histogram, struct sv_slice bytes);

/* So many values of one bucket, the least and the most of whatever is added being known. */
void sv_histogram_add_slot(struct sv_histogram *histogram, uint32_t slot, uint64_t times, uint64_t min, uint64_t max);

/* The bucket of a value: below SV_HISTOGRAM_SLOTS. */
static inline uint32_t sv_histogram_slot(uint64_t value)
{
    if (value < UINT64_C(1) << SV_HISTOGRAM_BITS)
        return (uint32_t)value;
    unsigned shift = 64 - SV_HISTOGRAM_BITS - (unsigned)__builtin_clzll(value);
    return (shift << (SV_HISTOGRAM_BITS - 1)) + (uint32_t)(value >> shift);
}

/* The least value of a bucket. */
static inline uint64_t sv_histogram_least(uint32_t slot)
{
    unsigned half = 1u << (SV_HISTOGRAM_BITS - 1);
    return slot < 2 * half ? slot : (uint64_t)(slot % half + half) << (slot / half - 1);
}

void sv_histogram_free(struct sv_histogram *histogram);

#endif
