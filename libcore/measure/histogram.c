/* SPDX-License-Identifier: ISC */
#include "measure/histogram.h"

#include <math.h>

#include "base/mem.h"
#include "base/pack.h"

enum { HALF = 1 << (SV_HISTOGRAM_BITS - 1) };

/* The middle of a bucket. */
static uint64_t value_of(uint32_t index)
{
    return sv_histogram_least(index) + (index < 2 * HALF ? 0 : (UINT64_C(1) << (index / HALF - 1)) >> 1);
}

/* Behind all others. */
static struct sv_histogram_bucket *append(struct sv_histogram *histogram, uint32_t index)
{
    if (histogram->count == histogram->capacity) {
        histogram->capacity = histogram->capacity > 0 ? 2 * histogram->capacity : 8;
        histogram->buckets = sv_realloc(histogram->buckets, histogram->capacity * sizeof *histogram->buckets);
    }
    histogram->buckets[histogram->count] = (struct sv_histogram_bucket){index, 0};
    return &histogram->buckets[histogram->count++];
}

/* The bucket, made where there is none yet; it does not lie before `low`. Buckets ascend, so it is not farther from there than its
 * index is, and just as far where all between are there: what is merged in order is found at once. */
static struct sv_histogram_bucket *bucket_from(struct sv_histogram *histogram, uint32_t index, size_t low)
{
    size_t high = histogram->count;
    if (high == 0 || histogram->buckets[high - 1].index < index)
        return append(histogram, index);
    if (low < high && histogram->buckets[low].index <= index && index - histogram->buckets[low].index < high - low) {
        high = low + (index - histogram->buckets[low].index) + 1;
        if (histogram->buckets[high - 1].index == index)
            return &histogram->buckets[high - 1];
    }
    while (low < high) {
        size_t middle = low + (high - low) / 2;
        if (histogram->buckets[middle].index < index)
            low = middle + 1;
        else
            high = middle;
    }
    if (histogram->buckets[low].index == index)
        return &histogram->buckets[low];
    append(histogram, 0);
    memmove(histogram->buckets + low + 1, histogram->buckets + low, (histogram->count - 1 - low) * sizeof *histogram->buckets);
    histogram->buckets[low] = (struct sv_histogram_bucket){index, 0};
    return &histogram->buckets[low];
}

static struct sv_histogram_bucket *bucket_at(struct sv_histogram *histogram, uint32_t index)
{
    return bucket_from(histogram, index, 0);
}

static void note_range(struct sv_histogram *histogram, uint64_t min, uint64_t max)
{
    if (histogram->total == 0 || min < histogram->min)
        histogram->min = min;
    if (histogram->total == 0 || max > histogram->max)
        histogram->max = max;
}

void sv_histogram_add_slot(struct sv_histogram *histogram, uint32_t slot, uint64_t times, uint64_t min, uint64_t max)
{
    if (times == 0)
        return;
    bucket_at(histogram, slot)->count += times;
    note_range(histogram, min, max);
    histogram->total += times;
}

void sv_histogram_add(struct sv_histogram *histogram, uint64_t value, uint64_t times)
{
    sv_histogram_add_slot(histogram, sv_histogram_slot(value), times, value, value);
}

void sv_histogram_merge(struct sv_histogram *histogram, const struct sv_histogram *other)
{
    if (other->total == 0)
        return;
    for (size_t i = 0, at = 0; i < other->count; i++) {
        struct sv_histogram_bucket *bucket = bucket_from(histogram, other->buckets[i].index, at);
        bucket->count += other->buckets[i].count;
        at = (size_t)(bucket - histogram->buckets) + 1;
    }
    note_range(histogram, other->min, other->max);
    histogram->total += other->total;
}

uint64_t sv_histogram_quantile(const struct sv_histogram *histogram, double q)
{
    double wanted = ceil(q * (double)histogram->total);
    uint64_t rank = wanted < 1 ? 1 : (uint64_t)wanted, seen = 0;
    for (size_t i = 0; i < histogram->count; i++) {
        seen += histogram->buckets[i].count;
        if (seen >= rank || i + 1 == histogram->count) {
            uint64_t value = value_of(histogram->buckets[i].index);
            return value < histogram->min ? histogram->min : value > histogram->max ? histogram->max : value;
        }
    }
    return 0;
}

double sv_histogram_mean(const struct sv_histogram *histogram)
{
    double sum = 0;
    for (size_t i = 0; i < histogram->count; i++)
        sum += (double)value_of(histogram->buckets[i].index) * (double)histogram->buckets[i].count;
    return histogram->total > 0 ? sum / (double)histogram->total : 0;
}

void sv_histogram_save(const struct sv_histogram *histogram, struct sv_buf *out)
{
    sv_pack_uint(out, histogram->min);
    sv_pack_uint(out, histogram->max);
    uint32_t before = 0;
    for (size_t i = 0; i < histogram->count; i++) {
        sv_pack_uint(out, histogram->buckets[i].index - before);
        sv_pack_uint(out, histogram->buckets[i].count);
        before = histogram->buckets[i].index;
    }
}

bool sv_histogram_load(struct sv_histogram *histogram, struct sv_slice bytes)
{
    struct sv_histogram read = {0};
    struct sv_unpack in = sv_unpack(bytes);
    uint64_t index = 0;
    read.min = sv_unpack_uint(&in);
    read.max = sv_unpack_uint(&in);
    bool fine = !in.failed && read.min <= read.max;
    while (fine && in.at < in.end) {
        bool is_first = read.count == 0;
        uint64_t step = sv_unpack_uint(&in), times = sv_unpack_uint(&in);
        fine = !in.failed && times > 0 && step < SV_HISTOGRAM_SLOTS &&
               (is_first || step > 0) && (index += step) < SV_HISTOGRAM_SLOTS && !__builtin_add_overflow(read.total, times, &read.total);
        if (fine)
            append(&read, (uint32_t)index)->count = times;
    }
    if (!fine || read.count == 0) {
        sv_histogram_free(&read);
        return false;
    }
    *histogram = read;
    return true;
}

void sv_histogram_free(struct sv_histogram *histogram)
{
    sv_free(histogram->buckets);
    *histogram = (struct sv_histogram){0};
}
