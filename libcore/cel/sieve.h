/* SPDX-License-Identifier: ISC */
/* sieve.h - which of many conditions are certainly false, found out for all of them at once.
 *
 * Conditions that compare one slot with many constants share the work: of thresholds in one order only as many are looked at as it
 * takes to find the value's place among them; texts that must occur are looked for in one pass; beginnings and lists likewise. What is
 * left over is evaluated as ever. A condition goes only where its value would be false, whatever else it reads: never where it would
 * be absent or an error.
 *
 *     struct sv_sieve *sieve = sv_sieve_new(exprs, count);
 *     sv_sieve_run(sieve, &run, bits);                    // bits of conditions that are false are cleared
 *     sv_sieve_free(sieve);
 *
 * Made once, never changed: many threads may run it. Floor: cel. */
#ifndef SV_SIEVE_H
#define SV_SIEVE_H

#include "cel/cel.h"

struct sv_sieve;

/* exprs: borrowed as long as the sieve lives; one that is NULL is let through. NULL when there is nothing to gain. */
struct sv_sieve *sv_sieve_new(const struct sv_cel *const *exprs, size_t count);
void sv_sieve_free(struct sv_sieve *sieve);

/* bits: of expression i bit i % 64 of word i / 64; only set ones are looked at. Returns how many were cleared. */
size_t sv_sieve_run(const struct sv_sieve *sieve, struct sv_cel_run *run, uint64_t *bits);

#endif
