/* SPDX-License-Identifier: ISC */
#include "measure/tally.h"

void sv_tally_add_shared(struct sv_tally *tally, uint64_t value)
{
    uint64_t most = __atomic_load_n(&tally->max, __ATOMIC_RELAXED), least;
    while (value > most && !__atomic_compare_exchange_n(&tally->max, &most, value, true, __ATOMIC_RELAXED, __ATOMIC_RELAXED))
        ;
    /* 0 is what it begins with, so a least of 0 is told as the least above it: nothing here takes no time at all */
    least = __atomic_load_n(&tally->min, __ATOMIC_RELAXED);
    while ((least == 0 || value < least) && !__atomic_compare_exchange_n(&tally->min, &least, value, true, __ATOMIC_RELAXED, __ATOMIC_RELAXED))
        ;
    __atomic_fetch_add(&tally->counts[sv_histogram_slot(value)], 1, __ATOMIC_RELAXED);
    __atomic_fetch_add(&tally->total, 1, __ATOMIC_RELAXED);
}

void sv_tally_sum(const struct sv_tally *tally, struct sv_histogram *into)
{
    if (tally->total == 0)
        return;
    for (uint32_t slot = 0; slot < SV_HISTOGRAM_SLOTS; slot++)
        sv_histogram_add_slot(into, slot, tally->counts[slot], tally->min, tally->max);
}
