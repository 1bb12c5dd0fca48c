/* SPDX-License-Identifier: ISC */
#define _GNU_SOURCE /* memmem: in every libc we build on, in POSIX only since 2024 */
#include "base/slice.h"

#ifdef __SSE2__
#include <emmintrin.h>
#endif

int sv_slice_compare(struct sv_slice a, struct sv_slice b)
{
    size_t n = a.len < b.len ? a.len : b.len;
    int order = n > 0 ? memcmp(a.data, b.data, n) : 0;
    return order != 0 ? order : (a.len > b.len) - (a.len < b.len);
}

bool sv_slice_starts(struct sv_slice s, struct sv_slice prefix)
{
    return s.len >= prefix.len && (prefix.len == 0 || memcmp(s.data, prefix.data, prefix.len) == 0);
}

bool sv_slice_ends(struct sv_slice s, struct sv_slice suffix)
{
    return s.len >= suffix.len && (suffix.len == 0 || memcmp(s.data + (s.len - suffix.len), suffix.data, suffix.len) == 0);
}

#ifdef __SSE2__
enum { LOOK = 16 };

/* Places p to p + 15 where the needle's first and last bytes stand, as bits. */
static inline unsigned ends_at(const char *p, __m128i first, __m128i last, size_t needle_len)
{
    __m128i a = _mm_cmpeq_epi8(first, _mm_loadu_si128((const __m128i *)(const void *)p));
    __m128i b = _mm_cmpeq_epi8(last, _mm_loadu_si128((const __m128i *)(const void *)(p + needle_len - 1)));
    return (unsigned)_mm_movemask_epi8(_mm_and_si128(a, b));
}

/* Looks at 16 places at once, the last time over some of them again. Gives up (*from is where) when too many of those found were
 * false, which keeps it linear: memmem, slower at each byte, has no bad case. s.len >= needle.len + 15, needle.len >= 2. */
static const char *find_by_ends(struct sv_slice s, struct sv_slice needle, const char **from)
{
    const __m128i first = _mm_set1_epi8(needle.data[0]), last = _mm_set1_epi8(needle.data[needle.len - 1]);
    const char *stop = s.data + s.len - needle.len - (LOOK - 1);
    int false_ones = 64;
    for (const char *p = s.data;; p = stop - p > LOOK ? p + LOOK : stop) {
        for (unsigned mask = ends_at(p, first, last, needle.len); mask != 0; mask &= mask - 1) {
            const char *at = p + __builtin_ctz(mask);
            if (memcmp(at + 1, needle.data + 1, needle.len - 1) == 0)
                return at;
            if (--false_ones == 0) {
                *from = at;
                return NULL;
            }
        }
        if (p == stop)
            break;
    }
    *from = s.data + s.len;
    return NULL;
}
#endif

const char *sv_slice_find(struct sv_slice s, struct sv_slice needle)
{
    const char *p = s.data, *end = s.data + s.len;
    if (needle.len == 0)
        return p;
    if (s.len < needle.len)
        return NULL;
    if (needle.len == 1)
        return memchr(p, needle.data[0], s.len);
#ifdef __SSE2__
    if (s.len >= needle.len + LOOK - 1) {
        const char *found = find_by_ends(s, needle, &p);
        if (found != NULL || p == end)
            return found;
    }
#endif
    return memmem(p, (size_t)(end - p), needle.data, needle.len);
}

static bool is_space(char c)
{
    return c == ' ' || (c >= '\t' && c <= '\r');
}

struct sv_slice sv_slice_above(struct sv_slice s)
{
    while (s.len > 0 && s.data[s.len - 1] != '/')
        s.len--;
    return sv_slice(s.data, s.len > 1 ? s.len - 1 : 0);
}

struct sv_slice sv_slice_trim(struct sv_slice s)
{
    while (s.len > 0 && is_space(s.data[0]))
        s.data++, s.len--;
    while (s.len > 0 && is_space(s.data[s.len - 1]))
        s.len--;
    return s;
}

/* Matches one byte against the set that starts behind `[` at *at; moves *at behind the closing `]`. A set that is never
 * closed is the literal `[`. */
static bool match_set(struct sv_slice pattern, size_t *at, char c)
{
    size_t i = *at;
    bool negated = i < pattern.len && (pattern.data[i] == '!' || pattern.data[i] == '^');
    bool found = false;
    i += negated;
    for (size_t first = i; i < pattern.len && (pattern.data[i] != ']' || i == first); i++) {
        unsigned char low = (unsigned char)pattern.data[i], high = low;
        if (i + 2 < pattern.len && pattern.data[i + 1] == '-' && pattern.data[i + 2] != ']') {
            high = (unsigned char)pattern.data[i + 2];
            i += 2;
        }
        found |= (unsigned char)c >= low && (unsigned char)c <= high;
    }
    if (i >= pattern.len)
        return c == '[';
    *at = i + 1;
    return found != negated;
}

bool sv_slice_glob(struct sv_slice pattern, struct sv_slice s)
{
    size_t p = 0, i = 0, star = (size_t)-1, retry = 0;
    while (i < s.len) {
        size_t next = p;
        bool ok = false;
        if (p < pattern.len) {
            char c = pattern.data[p];
            next = p + 1;
            if (c == '*') {
                star = p++;
                retry = i;
                continue;
            }
            if (c == '[')
                ok = match_set(pattern, &next, s.data[i]);
            else if (c == '\\' && next < pattern.len)
                ok = pattern.data[next++] == s.data[i];
            else
                ok = c == '?' || c == s.data[i];
        }
        if (ok) {
            p = next;
            i++;
        } else if (star != (size_t)-1) {
            p = star + 1;
            i = ++retry;
        } else {
            return false;
        }
    }
    while (p < pattern.len && pattern.data[p] == '*')
        p++;
    return p == pattern.len;
}

/* One piece of a glob: a star, something for one byte, or a byte. */
struct piece {
    char kind; /* '*', '?', '[' or 0 for the byte itself */
    char byte;
    struct sv_slice text;
};

static struct piece piece_at(struct sv_slice pattern, size_t at)
{
    char c = pattern.data[at];
    size_t next = at + 1;
    if (c == '*' || c == '?')
        return (struct piece){c, c, sv_slice(pattern.data + at, 1)};
    if (c == '[')
        match_set(pattern, &next, 0);
    if (next > at + 1)
        return (struct piece){'[', c, sv_slice(pattern.data + at, next - at)};
    if (c == '\\' && next < pattern.len)
        return (struct piece){0, pattern.data[next], sv_slice(pattern.data + at, 2)};
    return (struct piece){0, c, sv_slice(pattern.data + at, 1)};
}

static bool covers_piece(const struct piece *wide, const struct piece *narrow)
{
    size_t set = 1;
    if (narrow->kind == '*')
        return false;
    if (wide->kind == '?')
        return true;
    if (narrow->kind != 0)
        return wide->kind == narrow->kind && sv_slice_equal(wide->text, narrow->text);
    return wide->kind == '[' ? match_set(wide->text, &set, narrow->byte) : wide->kind == 0 && wide->byte == narrow->byte;
}

/* As sv_slice_glob, with the pieces of `narrow` for bytes: only a star takes a star. */
bool sv_slice_glob_covers(struct sv_slice wide, struct sv_slice narrow)
{
    size_t p = 0, i = 0, star = (size_t)-1, retry = 0;
    while (i < narrow.len) {
        struct piece want = piece_at(narrow, i), have = {0};
        if (p < wide.len)
            have = piece_at(wide, p);
        if (p < wide.len && have.kind == '*') {
            star = ++p;
            retry = i;
        } else if (p < wide.len && covers_piece(&have, &want)) {
            p += have.text.len;
            i += want.text.len;
        } else if (star != (size_t)-1) {
            p = star;
            i = retry += piece_at(narrow, retry).text.len;
        } else {
            return false;
        }
    }
    while (p < wide.len && wide.data[p] == '*')
        p++;
    return p == wide.len;
}
