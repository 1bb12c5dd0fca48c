/* SPDX-License-Identifier: ISC */
/* redact_marks.h - where in a text something can begin at all, many bytes at a time. Private to the redactor.
 *
 * Marks for each byte of a window of 64: is it one that tokens are made of (letters, digits, `_-./+`), is it one of the few that
 * announce something. Sixteen bytes a step with SSE2, one a step elsewhere; both give the same answers.
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
    uint64_t event; /* bit i: it is `:`, `=`, `~` or a `b`, of `bearer` and `basic` */
    uint64_t joint; /* bit i: it is `-` or `.`, which tell something only between certain others */
};

#ifdef __SSE2__
/* The marks of 16 bytes, in the low bits. Comparisons are of signed bytes: a range is moved up to end at 127. */
static inline __attribute__((always_inline)) struct sv_marks sv_marks_of(__m128i v)
{
    __m128i lower = _mm_or_si128(v, _mm_set1_epi8(0x20));
    __m128i letters = _mm_cmpgt_epi8(_mm_add_epi8(lower, _mm_set1_epi8(127 - 'z')), _mm_set1_epi8('a' - 1 + 127 - 'z'));
    __m128i digits = _mm_cmpgt_epi8(_mm_add_epi8(v, _mm_set1_epi8(127 - '9')), _mm_set1_epi8('-' - 1 + 127 - '9')); /* -./0-9 */
    __m128i others = _mm_or_si128(_mm_cmpeq_epi8(v, _mm_set1_epi8('_')), _mm_cmpeq_epi8(v, _mm_set1_epi8('+')));
    __m128i signs = _mm_or_si128(_mm_cmpeq_epi8(v, _mm_set1_epi8(':')), _mm_cmpeq_epi8(v, _mm_set1_epi8('=')));
    __m128i rare = _mm_or_si128(_mm_cmpeq_epi8(v, _mm_set1_epi8('~')), _mm_cmpeq_epi8(lower, _mm_set1_epi8('b')));
    __m128i joints = _mm_or_si128(_mm_cmpeq_epi8(v, _mm_set1_epi8('-')), _mm_cmpeq_epi8(v, _mm_set1_epi8('.')));
    return (struct sv_marks){(unsigned)_mm_movemask_epi8(_mm_or_si128(_mm_or_si128(letters, digits), others)),
                             (unsigned)_mm_movemask_epi8(_mm_or_si128(signs, rare)), (unsigned)_mm_movemask_epi8(joints)};
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
    return (struct sv_marks){(m.run & 0xFF) | m.run >> 8 << (n - half), (m.event & 0xFF) | m.event >> 8 << (n - half),
                             (m.joint & 0xFF) | m.joint >> 8 << (n - half)};
}

/* a, and b `by` bytes behind it; where they overlap they say the same. */
static inline struct sv_marks sv_marks_join(struct sv_marks a, struct sv_marks b, size_t by)
{
    return (struct sv_marks){a.run | b.run << by, a.event | b.event << by, a.joint | b.joint << by};
}

/* The marks of up to 64 bytes of data[0..len) from `from` on, which is below len. len is at least SV_MARKS_SHORTEST. */
static inline __attribute__((always_inline)) struct sv_marks sv_marks_at(const char *data, size_t len, size_t from)
{
    const char *p = data + from;
    size_t n = len - from;
    if (n >= SV_MARKS_WINDOW) {
        struct sv_marks low = sv_marks_join(sv_marks_16(p), sv_marks_16(p + 16), 16);
        return sv_marks_join(low, sv_marks_join(sv_marks_16(p + 32), sv_marks_16(p + 48), 16), 32);
    }
    if (n >= 16) {
        struct sv_marks marks = sv_marks_16(p);
        if (n > 32)
            marks = sv_marks_join(marks, sv_marks_16(p + 16), 16);
        if (n > 48)
            marks = sv_marks_join(marks, sv_marks_16(p + 32), 32);
        return sv_marks_join(marks, sv_marks_16(p + n - 16), n - 16);
    }
    struct sv_marks marks = len < 16 ? sv_marks_short(data, len) : sv_marks_16(data + len - 16);
    size_t drop = len < 16 ? from : 16 - n; /* they stand before it */
    return (struct sv_marks){marks.run >> drop, marks.event >> drop, marks.joint >> drop};
}
#else
static inline __attribute__((always_inline)) struct sv_marks sv_marks_at(const char *data, size_t len, size_t from)
{
    struct sv_marks marks = {0, 0, 0};
    for (size_t k = 0; k < len - from && k < SV_MARKS_WINDOW; k++) {
        char c = data[from + k], lower = (char)(c | 0x20);
        marks.run |= (uint64_t)((lower >= 'a' && lower <= 'z') || (c >= '-' && c <= '9') || c == '_' || c == '+') << k;
        marks.event |= (uint64_t)(c == ':' || c == '=' || c == '~' || lower == 'b') << k;
        marks.joint |= (uint64_t)(c == '-' || c == '.') << k;
    }
    return marks;
}
#endif

#ifdef __SSE2__
static inline uint64_t sv_marks_bits(__m128i a, __m128i b, unsigned by)
{
    return (unsigned)_mm_movemask_epi8(a) | (uint64_t)(unsigned)_mm_movemask_epi8(b) << by;
}
#endif

/* Can nothing at all begin in this text? Answers for texts up to 32 bytes only, and at once: most names, ids and messages. */
static inline bool sv_marks_nothing(const char *p, size_t n)
{
    if (n < SV_MARKS_SHORTEST)
        return true;
#ifdef __SSE2__
    __m128i a, b;
    unsigned by;
    if (n > 32 || n < 8)
        return false;
    if (n >= 16) {
        a = _mm_loadu_si128((const __m128i *)(const void *)p);
        b = _mm_loadu_si128((const __m128i *)(const void *)(p + n - 16));
        by = (unsigned)n - 16;
    } else {
        a = _mm_loadl_epi64((const __m128i *)(const void *)p);
        b = _mm_loadl_epi64((const __m128i *)(const void *)(p + n - 8));
        by = (unsigned)n - 8;
    }
    const __m128i colon = _mm_set1_epi8(':'), equals = _mm_set1_epi8('='), tilde = _mm_set1_epi8('~'), letter = _mm_set1_epi8('b');
    const __m128i dash = _mm_set1_epi8('-'), blank = _mm_set1_epi8('*'), shift = _mm_set1_epi8(0x20);
    __m128i signs = _mm_or_si128(_mm_or_si128(_mm_cmpeq_epi8(a, colon), _mm_cmpeq_epi8(b, colon)),
                                 _mm_or_si128(_mm_cmpeq_epi8(a, equals), _mm_cmpeq_epi8(b, equals)));
    __m128i rare = _mm_or_si128(_mm_cmpeq_epi8(a, tilde), _mm_cmpeq_epi8(b, tilde));
    __m128i letters = _mm_or_si128(_mm_cmpeq_epi8(_mm_or_si128(a, shift), letter), _mm_cmpeq_epi8(_mm_or_si128(b, shift), letter));
    if (_mm_movemask_epi8(_mm_or_si128(_mm_or_si128(signs, rare), letters)) != 0)
        return false;
    /* bytes above '*' are all that tokens are made of, and a few more */
    uint64_t run = sv_marks_bits(_mm_cmpgt_epi8(a, blank), _mm_cmpgt_epi8(b, blank), by);
    uint64_t dashes = sv_marks_bits(_mm_cmpeq_epi8(a, dash), _mm_cmpeq_epi8(b, dash), by);
    uint64_t of_two = run & run >> 1, of_four = of_two & of_two >> 2, of_eight = of_four & of_four >> 4;
    return ((of_eight & of_eight >> 6) | (dashes & (~(run << 1) | dashes >> 1))) == 0;
#else
    (void)p;
    return false;
#endif
}

#endif
