/* SPDX-License-Identifier: ISC */
/* ends.h - a short text as two words.
 *
 * They are all of a text of up to 15 bytes, and tell most longer ones apart: for caches of names, which
 * compare two words where a hash would read every byte. The words depend on the machine's byte order: never stored.
 *
 *     sv_ends ends = sv_ends_of(name);
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

/* Two words: a text of up to 15 bytes, zeros behind it and its length in the last byte; of a longer one the first eight bytes and the last,
 * and 255. Equal are those of equal texts, and those of some long ones that are not. */
typedef uint64_t sv_ends __attribute__((vector_size(16), aligned(8))); /* wherever memory begins */

enum { SV_ENDS_WHOLE = 15 };

/* Without a branch for how long a short text is, which no processor guesses: the load reaches past it, never past its page. */
static inline sv_ends sv_ends_of(struct sv_slice text)
{
    unsigned char bytes[16] = {0};
    sv_ends ends;
#ifdef SV_ENDS_WIDE
    static const unsigned char masks[32] = {255, 255, 255, 255, 255, 255, 255, 255, 255, 255, 255, 255, 255, 255, 255};
    static const uint64_t lengths[16][2] = {{0, UINT64_C(0)}, {0, UINT64_C(1) << 56}, {0, UINT64_C(2) << 56}, {0, UINT64_C(3) << 56},
                                            {0, UINT64_C(4) << 56}, {0, UINT64_C(5) << 56}, {0, UINT64_C(6) << 56}, {0, UINT64_C(7) << 56},
                                            {0, UINT64_C(8) << 56}, {0, UINT64_C(9) << 56}, {0, UINT64_C(10) << 56}, {0, UINT64_C(11) << 56},
                                            {0, UINT64_C(12) << 56}, {0, UINT64_C(13) << 56}, {0, UINT64_C(14) << 56}, {0, UINT64_C(15) << 56}};
    if (__builtin_expect(text.len <= SV_ENDS_WHOLE && (((uintptr_t)text.data - 1) & 4095) < 4096 - 16, 1)) /* nor from NULL */
        return ((sv_ends)_mm_loadu_si128((const __m128i *)(const void *)text.data) &
                (sv_ends)_mm_loadu_si128((const __m128i *)(const void *)(masks + 15 - text.len))) |
               (sv_ends)_mm_loadu_si128((const __m128i *)(const void *)lengths[text.len]);
#endif
    if (text.len > SV_ENDS_WHOLE) {
        memcpy(bytes, text.data, 8);
        memcpy(bytes + 8, text.data + text.len - 8, 7);
    } else if (text.len > 0) {
        memcpy(bytes, text.data, text.len);
    }
    bytes[15] = text.len > SV_ENDS_WHOLE ? 255 : (unsigned char)text.len;
    memcpy(&ends, bytes, sizeof ends);
    return ends;
}

static inline bool sv_ends_differ(sv_ends difference)
{
    return (difference[0] | difference[1]) != 0;
}

/* Are two texts the same, whose ends these are? */
static inline bool sv_ends_same(sv_ends a, struct sv_slice text_a, sv_ends b, struct sv_slice text_b)
{
    return !sv_ends_differ(a ^ b) && (text_a.len <= SV_ENDS_WHOLE || sv_slice_equal(text_a, text_b));
}

/* Spreads words, or a sum of numbers; every bit has a say in the low ones. Who chooses names can make them collide. */
static inline size_t sv_ends_spread(uint64_t sum)
{
    return (size_t)((sum ^ sum >> 32) * UINT64_C(0x9e3779b97f4a7c15) >> 32);
}

static inline size_t sv_ends_hash(sv_ends ends)
{
    return sv_ends_spread(ends[0] * UINT64_C(0xbf58476d1ce4e5b9) + ends[1] * UINT64_C(0x94d049bb133111eb));
}

#endif
