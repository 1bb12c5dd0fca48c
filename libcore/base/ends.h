/* SPDX-License-Identifier: ISC */
/* ends.h - a short text as two words: its first eight bytes, and the next or the last eight.
 *
 * Together with the length they are all of a text of up to 16 bytes, and tell most longer ones apart: for caches of names, which
 * compare two words where a hash would read every byte. The words depend on the machine's byte order: never stored.
 *
 *     struct sv_ends ends = sv_ends_of(name);
 *
 * Floor: base. */
#ifndef SV_ENDS_H
#define SV_ENDS_H

#include <stdint.h>

#ifndef __has_feature
#define __has_feature(what) 0
#endif
#if defined __SSE2__ && !defined __SANITIZE_ADDRESS__ && !defined __SANITIZE_THREAD__ && !__has_feature(address_sanitizer) && \
    !__has_feature(thread_sanitizer) && !__has_feature(memory_sanitizer)
#define SV_ENDS_WIDE 1
#include <emmintrin.h>
#endif

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

struct sv_ends {
    uint64_t first, last;
};

/* The first eight bytes and the next eight, zeros behind its end; of a text of more than 16 bytes, the last eight. Without a branch for
 * how long a short one is, which no processor guesses: the load reaches past it, never past its page. */
static inline struct sv_ends sv_ends_of(struct sv_slice text)
{
    struct sv_ends ends = {0, 0};
#ifdef SV_ENDS_WIDE
    static const signed char masks[32] = {-1, -1, -1, -1, -1, -1, -1, -1, -1, -1, -1, -1, -1, -1, -1, -1};
    if (__builtin_expect(text.len <= 16 && ((uintptr_t)text.data & 4095) <= 4096 - 16, 1)) {
        const char *data = text.len > 0 ? text.data : (const char *)masks;
        __m128i bytes = _mm_and_si128(_mm_loadu_si128((const __m128i *)(const void *)data),
                                      _mm_loadu_si128((const __m128i *)(const void *)(masks + 16 - text.len)));
        _mm_storeu_si128((__m128i *)(void *)&ends, bytes);
        return ends;
    }
#endif
    if (text.len > 0)
        memcpy(&ends, text.data, text.len < 16 ? text.len : 16);
    if (text.len > 16)
        ends.last = sv_load8(text.data + text.len - 8);
    return ends;
}

/* Are two texts the same, whose ends these are? */
static inline bool sv_ends_same(struct sv_ends a, struct sv_slice text_a, struct sv_ends b, struct sv_slice text_b)
{
    if (((a.first ^ b.first) | (a.last ^ b.last) | (text_a.len ^ text_b.len)) != 0)
        return false;
    return text_a.len <= 16 || memcmp(text_a.data + 8, text_b.data + 8, text_a.len - 16) == 0;
}

/* Spreads words, or a sum of numbers; every bit has a say in the low ones. Who chooses names can make them collide. */
static inline size_t sv_ends_spread(uint64_t sum)
{
    return (size_t)((sum ^ sum >> 32) * UINT64_C(0x9e3779b97f4a7c15) >> 32);
}

static inline size_t sv_ends_hash(struct sv_ends ends, size_t len)
{
    return sv_ends_spread(ends.first + ends.last * 31 + len);
}

#endif
