/* SPDX-License-Identifier: ISC */
/* aggregate.h - what the samples of one window add up to, kept up to date as they come and go. Private to policy/.
 *
 * Sums are exact: of ints as they are, of doubles to 2^-128, whatever the order in which samples come and go, so that a sum is what a
 * recount gives. Samples without a value are left out of all but the count. The least and the greatest are those of the samples in
 * the window. Percentiles (nearest rank) and distinct values are exact up to SV_EXACT_MAX samples; beyond that a percentile is at
 * most 1/256 of its value off, and of distinct values one in 2^k is counted, which is about 2 % off (one in six times more, once in a
 * thousand times 6 %).
 *
 * Floor: policy. */
#ifndef SV_AGGREGATE_H
#define SV_AGGREGATE_H

#include "policy/kind.h"
#include "policy/samples.h"

enum { SV_EXACT_MAX = 4096, SV_SUM_WORDS = 4 };

/* One argument of one window. */
struct sv_aggregate {
    uint64_t present;        /* samples that have a value */
    uint64_t known;          /* those of them that count: numbers or conditions, where these are wanted */
    uint64_t doubles;        /* of those not an int */
    uint64_t trues;
    uint64_t huge[2];        /* numbers that no sum can hold, from 2^62 on, and from -2^62 down: it is infinite then */
    uint64_t sum[SV_SUM_WORDS]; /* two's complement: top, whole, and two of what is behind the point */
    struct sv_aggregate_ends *least, *greatest; /* candidates, in the order of time */
    struct sv_aggregate_values *distinct;
    struct sv_aggregate_order *order;
};

/* The window: its samples' number, and each argument. */
struct sv_window_side {
    uint64_t count;
    struct sv_aggregate *items; /* [argument_count]; NULL: none */
};

/* An empty one, and what it holds freed; a sample comes, and one that came goes. */
void sv_side_start(struct sv_window_side *side, const struct sv_kind_spec *spec);
void sv_side_end(struct sv_window_side *side, const struct sv_kind_spec *spec);
void sv_side_add(struct sv_window_side *side, const struct sv_kind_spec *spec, const struct sv_sample *sample);
void sv_side_remove(struct sv_window_side *side, const struct sv_kind_spec *spec, const struct sv_sample *sample);

/* The value of an aggregate; a text is borrowed until the samples change. from, to: heads of this side. */
struct sv_value sv_side_value(struct sv_window_side *side, const struct sv_kind_spec *spec, const struct sv_aggregate_spec *aggregate,
                              struct sv_samples *samples, int from, int to, const struct sv_state_parts *parts);

/* As bytes behind what out holds, and back into a side that was just started; false: they are none. */
void sv_side_save(const struct sv_window_side *side, const struct sv_kind_spec *spec, struct sv_buf *out);
bool sv_side_load(struct sv_window_side *side, const struct sv_kind_spec *spec, struct sv_unpack *in);

#endif
