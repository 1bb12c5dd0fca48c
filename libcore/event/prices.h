/* SPDX-License-Identifier: ISC */
/* prices.h - what tokens cost: a dated list, by model.
 *
 * share/prices.csv: model glob, valid from (date, may be empty), input tokens above which the row holds (tier, may be 0), USD
 * per million of uncached input, output, cache read, cache write. Of the rows whose glob matches and whose date is not after
 * the event's (the newest for an event without time), the most recent, then the highest tier reached, then the first in the
 * file decides.
 *
 * Floor: event; uses base only. */
#ifndef SV_PRICES_H
#define SV_PRICES_H

#include "base/error.h"
#include "base/slice.h"

struct sv_prices;

/* Reads a price list; NULL with file and line when it cannot be used. */
struct sv_prices *sv_prices_load(const char *path, struct sv_error *err);
void sv_prices_free(struct sv_prices *prices);

struct sv_tokens {
    int64_t input, output, cache_read, cache_write; /* input includes the cache, as in an event */
};

/* USD; false when the model has no price. has_time false: today's price. Cached per model, cheap to ask often. */
bool sv_prices_cost(const struct sv_prices *prices, struct sv_slice model, bool has_time, int64_t time_ns, struct sv_tokens tokens,
                    double *usd);

#endif
