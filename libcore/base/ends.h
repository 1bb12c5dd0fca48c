/* SPDX-License-Identifier: ISC */
/* ends.h - a short text as two words: its first and its last eight bytes.
 *
 * Together with the length they are all of a text of up to 16 bytes, and tell most longer ones apart: for caches of names, which
 * compare two words where a hash would read every byte. The words depend on the machine's byte order: never stored.
 *
 *     struct sv_ends ends = {sv_ends_first(name), sv_ends_last(name)};
 *
 * Floor: base. */
#ifndef SV_ENDS_H
#define SV_ENDS_H

#include <stdint.h>

#include "base/slice.h"

static inline uint64_t sv_ends_first(struct sv_slice text)
{
    if (text.len >= 8)
        return sv_load8(text.data);
    if (text.len >= 4)
        return sv_load4(text.data);
    return text.len > 0 ? (unsigned char)text.data[0] | (uint64_t)(unsigned char)text.data[text.len / 2] << 8 : 0;
}

static inline uint64_t sv_ends_last(struct sv_slice text)
{
    if (text.len >= 8)
        return sv_load8(text.data + text.len - 8);
    if (text.len >= 4)
        return sv_load4(text.data + text.len - 4);
    return text.len > 0 ? (unsigned char)text.data[text.len - 1] : 0;
}

/* Are two texts of this length the same whose words are? */
static inline bool sv_ends_middle_same(const char *a, const char *b, size_t len)
{
    return len <= 16 || memcmp(a + 8, b + 8, len - 16) == 0;
}

/* Spreads words, or a sum of numbers; every bit has a say in the low ones. Who chooses names can make them collide. */
static inline size_t sv_ends_spread(uint64_t sum)
{
    return (size_t)((sum ^ sum >> 32) * UINT64_C(0x9e3779b97f4a7c15) >> 32);
}

static inline size_t sv_ends_hash(uint64_t first, uint64_t last, size_t len)
{
    return sv_ends_spread(first + last * 31 + len);
}

#endif
