/* SPDX-License-Identifier: ISC */
#include "measure/tally.h"

void sv_tally_sum(const struct sv_tally *tally, struct sv_histogram *into)
{
    for (uint32_t slot = 0; slot < SV_HISTOGRAM_SLOTS; slot++)
        sv_histogram_add_slot(into, slot, tally->counts[slot], tally->min, tally->max);
}
