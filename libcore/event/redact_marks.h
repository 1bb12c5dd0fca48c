/* SPDX-License-Identifier: ISC */
/* redact_marks.h - where in a text something can begin at all, many bytes at a time. Private to the redactor.
 *
 * Two marks for each byte of a window of 64: is it one that tokens are made of (letters, digits, `_-./+`), and is it one of the
 * few that announce something by themselves. Sixteen bytes a step with SSE2, one a step elsewhere; both give the same answers.
 *
 * Floor: event; uses base only. */
#ifndef SV_REDACT_MARKS_H
#define SV_REDACT_MARKS_H

#include <stdint.h>

#include "base/slice.h"

#ifdef __SSE2__
#include <emmintrin.h>
#endif

enum {
    SV_MARKS_WINDOW = 64,
    SV_MARKS_SHORTEST = 7 /* no secret is told by fewer bytes: `pwd=abc`, `://:ab@` */
};

struct sv_marks {
    uint64_t run;   /* bit i: the byte at i is one of tokens */
    uint64_t event; /* bit i: it is a sign (: = - . ~) or a `b`, of `bearer` and `basic` */
};

#ifdef __SSE2__
/* The marks of 16 bytes, in the low bits. Comparisons are of signed bytes: a range is moved up to end at 127. */
static inline struct sv_marks sv_marks_of(__m128i v)
{
    __m128i lower = _mm_or_si128(v, _mm_set1_epi8(0x20));
    __m128i letters = _mm_cmpgt_epi8(_mm_add_epi8(lower, _mm_set1_epi8(127 - 'z')), _mm_set1_epi8('a' - 1 + 127 - 'z'));
    __m128i digits = _mm_cmpgt_epi8(_mm_add_epi8(v, _mm_set1_epi8(127 - '9')), _mm_set1_epi8('-' - 1 + 127 - '9')); /* -./0-9 */
    __m128i others = _mm_or_si128(_mm_cmpeq_epi8(v, _mm_set1_epi8('_')), _mm_cmpeq_epi8(v, _mm_set1_epi8('+')));
    __m128i equals = _mm_cmpeq_epi8(_mm_or_si128(v, _mm_set1_epi8('=' ^ '-')), _mm_set1_epi8('=')); /* = and - differ by one bit */
    __m128i signs = _mm_or_si128(_mm_cmpeq_epi8(v, _mm_set1_epi8(':')), _mm_cmpeq_epi8(v, _mm_set1_epi8('.')));
    __m128i rare = _mm_or_si128(_mm_cmpeq_epi8(v, _mm_set1_epi8('~')), _mm_cmpeq_epi8(lower, _mm_set1_epi8('b')));
    __m128i run = _mm_or_si128(_mm_or_si128(letters, digits), others), event = _mm_or_si128(_mm_or_si128(equals, signs), rare);
    return (struct sv_marks){(unsigned)_mm_movemask_epi8(run), (unsigned)_mm_movemask_epi8(event)};
}

static inline struct sv_marks sv_marks_16(const char *p)
{
    return sv_marks_of(_mm_loadu_si128((const __m128i *)(const void *)p));
}

/* Of texts shorter than 16, and not shorter than SV_MARKS_SHORTEST: two halves that overlap. */
static inline struct sv_marks sv_marks_short(const char *p, size_t n)
{
    uint64_t first = 0, last = 0;
    size_t half = n >= 8 ? 8 : 4;
    if (half == 8) {
        memcpy(&first, p, 8);
        memcpy(&last, p + n - 8, 8);
    } else {
        memcpy(&first, p, 4);
        memcpy(&last, p + n - 4, 4);
    }
    struct sv_marks m = sv_marks_of(_mm_set_epi64x((long long)last, (long long)first));
    return (struct sv_marks){(m.run & 0xFF) | m.run >> 8 << (n - half), (m.event & 0xFF) | m.event >> 8 << (n - half)};
}
#endif

/* The marks of up to 64 bytes of data[0..len) from `from` on; 0 behind the end. len is at least SV_MARKS_SHORTEST. */
static inline struct sv_marks sv_marks_at(const char *data, size_t len, size_t from)
{
    struct sv_marks marks = {0, 0};
    if (from >= len)
        return marks;
    const char *p = data + from;
    size_t n = len - from;
#ifdef __SSE2__
    if (n >= SV_MARKS_WINDOW) {
        struct sv_marks a = sv_marks_16(p), b = sv_marks_16(p + 16), c = sv_marks_16(p + 32), d = sv_marks_16(p + 48);
        return (struct sv_marks){a.run | b.run << 16 | c.run << 32 | d.run << 48,
                                 a.event | b.event << 16 | c.event << 32 | d.event << 48};
    }
    if (len < 16 && from == 0)
        return sv_marks_short(p, n);
    size_t k = 0;
    for (; n - k >= 16; k += 16) {
        struct sv_marks m = sv_marks_16(p + k);
        marks.run |= m.run << k;
        marks.event |= m.event << k;
    }
    if (k < n && len >= 16) { /* the last ones, with some once more that stand before them */
        struct sv_marks m = sv_marks_16(data + len - 16);
        marks.run |= m.run >> (16 - (n - k)) << k;
        marks.event |= m.event >> (16 - (n - k)) << k;
        k = n;
    }
    for (; k < n; k++) { /* only within a short text */
#else
    for (size_t k = 0; k < n && k < SV_MARKS_WINDOW; k++) {
#endif
        char c = p[k], lower = (char)(c | 0x20);
        bool is_run = (lower >= 'a' && lower <= 'z') || (c >= '-' && c <= '9') || c == '_' || c == '+';
        bool is_event = c == ':' || c == '=' || c == '-' || c == '.' || c == '~' || lower == 'b';
        marks.run |= (uint64_t)is_run << k;
        marks.event |= (uint64_t)is_event << k;
    }
    return marks;
}

#endif
