/* SPDX-License-Identifier: ISC */
/* hash.h - SipHash-2-4, 64 bits (Aumasson, Bernstein: "SipHash: a fast short-input PRF", 2012).
 *
 * The same bytes give the same number on every machine, so it may be stored.
 *
 * Floor: base. */
#ifndef SV_HASH_H
#define SV_HASH_H

#include <stdint.h>

#include "base/slice.h"

/* Under a key of two words; sv_hash uses the fixed key of identities (addresses, fingerprints, versions). */
uint64_t sv_hash_keyed(uint64_t k0, uint64_t k1, struct sv_slice s);
uint64_t sv_hash(struct sv_slice s);

/* SipHash-1-3 with 128 bits: for what is hashed at every event and must not be taken for another. */
void sv_hash_wide(uint64_t k0, uint64_t k1, struct sv_slice s, uint64_t out[2]);

/* 16 lower-case hex digits and a NUL. */
void sv_hash_hex(uint64_t hash, char out[17]);

#endif
