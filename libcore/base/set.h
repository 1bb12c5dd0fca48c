/* SPDX-License-Identifier: ISC */
/* set.h - a set of 64-bit fingerprints; 12 to 24 bytes each.
 *
 *     struct sv_set seen = {0};
 *     if (!sv_set_add(&seen, sv_hash(id))) ...     // was there before
 *     sv_set_free(&seen);
 *
 * Floor: base. */
#ifndef SV_SET_H
#define SV_SET_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

struct sv_set {
    uint64_t *table; /* open addressing, 0 is free (a fingerprint of 0 is kept as 1) */
    size_t count, mask;
};

/* False if it was there before. */
bool sv_set_add(struct sv_set *set, uint64_t fingerprint);
bool sv_set_has(const struct sv_set *set, uint64_t fingerprint);
void sv_set_free(struct sv_set *set);

#endif
