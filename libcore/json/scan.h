/* SPDX-License-Identifier: ISC */
/* scan.h - the inside of strings, many bytes at a time. Private to json/.
 *
 * Sixteen bytes a step with SSE2 (every x86-64 has it), eight with plain words elsewhere; both give the same answers.
 *
 * Floor: json; uses base only. */
#ifndef SV_JSON_SCAN_H
#define SV_JSON_SCAN_H

#include <stdbool.h>
#include <stdint.h>
#include <string.h>

#ifdef __SSE2__
#include <emmintrin.h>
#endif

/* The first byte at or behind p that is `"`, `\`, a control below 0x20 or no ASCII; end if there is none. */
static inline const char *sv_scan_plain(const char *p, const char *end)
{
#ifdef __SSE2__
    const __m128i quote = _mm_set1_epi8('"'), backslash = _mm_set1_epi8('\\'), blank = _mm_set1_epi8(0x20);
    while (end - p >= 32) {
        __m128i v = _mm_loadu_si128((const __m128i *)(const void *)p), w = _mm_loadu_si128((const __m128i *)(const void *)(p + 16));
        /* as signed bytes, controls and non-ASCII are both below the blank */
        __m128i a = _mm_or_si128(_mm_or_si128(_mm_cmpeq_epi8(v, quote), _mm_cmpeq_epi8(v, backslash)), _mm_cmplt_epi8(v, blank));
        __m128i b = _mm_or_si128(_mm_or_si128(_mm_cmpeq_epi8(w, quote), _mm_cmpeq_epi8(w, backslash)), _mm_cmplt_epi8(w, blank));
        unsigned mask = (unsigned)_mm_movemask_epi8(a) | (unsigned)_mm_movemask_epi8(b) << 16;
        if (mask != 0)
            return p + __builtin_ctz(mask);
        p += 32;
    }
    while (end - p >= 16) {
        __m128i v = _mm_loadu_si128((const __m128i *)(const void *)p);
        __m128i hit = _mm_or_si128(_mm_or_si128(_mm_cmpeq_epi8(v, quote), _mm_cmpeq_epi8(v, backslash)), _mm_cmplt_epi8(v, blank));
        unsigned mask = (unsigned)_mm_movemask_epi8(hit);
        if (mask != 0)
            return p + __builtin_ctz(mask);
        p += 16;
    }
#else
    const uint64_t ones = UINT64_C(0x0101010101010101), highs = UINT64_C(0x8080808080808080);
    while (end - p >= 8) {
        uint64_t v;
        memcpy(&v, p, 8);
        uint64_t quote = v ^ ones * '"', backslash = v ^ ones * '\\';
        if ((((quote - ones) & ~quote) | ((backslash - ones) & ~backslash) | (v - ones * 0x20) | v) & highs)
            break; /* one of these eight, found below */
        p += 8;
    }
#endif
    while (p < end && (unsigned char)*p >= 0x20 && (unsigned char)*p < 0x80 && *p != '"' && *p != '\\')
        p++;
    return p;
}

/* In validated text: the closing quote of the string whose inside begins at p, and whether there is an escape before it. */
static inline const char *sv_scan_string_end(const char *p, const char *end, bool *is_escaped)
{
    *is_escaped = false;
#ifdef __SSE2__
    const __m128i quote = _mm_set1_epi8('"'), backslash = _mm_set1_epi8('\\');
    while (end - p >= 16) {
        __m128i v = _mm_loadu_si128((const __m128i *)(const void *)p);
        unsigned mask = (unsigned)_mm_movemask_epi8(_mm_or_si128(_mm_cmpeq_epi8(v, quote), _mm_cmpeq_epi8(v, backslash)));
        if (mask == 0) {
            p += 16;
            continue;
        }
        p += __builtin_ctz(mask);
        if (*p == '"')
            return p;
        *is_escaped = true;
        p += 2;
    }
#endif
    for (; p < end && *p != '"'; p++)
        if (*p == '\\') {
            *is_escaped = true;
            p++;
        }
    return p < end ? p : end;
}

static inline const char *sv_scan_blanks(const char *p, const char *end)
{
    while (p < end && (*p == ' ' || *p == '\t' || *p == '\n' || *p == '\r'))
        p++;
    return p;
}

#endif
