/* SPDX-License-Identifier: ISC */
/* key.h - values as what they mean: equal values have equal bytes, however they were written. Private to policy/.
 *
 * Strings are unescaped, members of objects in the order of their names, whole numbers alike whether written 1, 1.0 or 1e0. The bytes
 * are for hashing only and are never stored.
 *
 * Floor: policy. */
#ifndef SV_KEY_H
#define SV_KEY_H

#include "base/buf.h"
#include "json/value.h"

/* 128 bits: what a key's state is found by. */
struct sv_key {
    uint64_t a, b;
};

/* Appends the bytes of a value; arena for what has to be unescaped. */
void sv_key_add(struct sv_buf *bytes, struct sv_value value, struct sv_arena *arena);

/* The key of these bytes; are two the same? */
struct sv_key sv_key_of(struct sv_slice bytes);
static inline bool sv_key_equal(struct sv_key x, struct sv_key y)
{
    return x.a == y.a && x.b == y.b;
}

/* One number for a value, likewise. scratch is used. */
uint64_t sv_key_hash(struct sv_value value, struct sv_buf *scratch, struct sv_arena *arena);

/* As it is stored: 16 bytes. */
void sv_key_put(struct sv_key key, unsigned char out[16]);
struct sv_key sv_key_get(const unsigned char bytes[16]);

#endif
