/* SPDX-License-Identifier: ISC */
/* slice.h - a borrowed run of bytes.
 *
 * A slice never owns what it points at; whoever lends it says until when. Not terminated by a NUL, may contain one.
 *
 *     struct sv_slice s = SV_SLICE("abc");
 *
 * Floor: base. */
#ifndef SV_SLICE_H
#define SV_SLICE_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>
#include <string.h>

struct sv_slice {
    const char *data;
    size_t len;
};

/* A large local that is written before it is read: not worth clearing on every call, as hardened builds do. */
#if defined __has_attribute
#if __has_attribute(uninitialized)
#define SV_UNCLEARED __attribute__((uninitialized))
#endif
#endif
#ifndef SV_UNCLEARED
#define SV_UNCLEARED
#endif

/* For string literals only. */
#define SV_SLICE(literal) ((struct sv_slice){"" literal, sizeof(literal) - 1})

/* For printf's "%.*s". */
#define SV_ARG(slice) (int)(slice).len, (slice).data

static inline struct sv_slice sv_slice(const char *data, size_t len)
{
    return (struct sv_slice){data, len};
}

/* A NULL text is an empty slice. */
static inline struct sv_slice sv_slice_str(const char *text)
{
    return (struct sv_slice){text, text != NULL ? strlen(text) : 0};
}

/* Behind its last byte; fine for an empty slice without data, where adding to NULL is not. */
static inline const char *sv_slice_end(struct sv_slice s)
{
    return s.len > 0 ? s.data + s.len : s.data;
}

static inline bool sv_slice_equal(struct sv_slice a, struct sv_slice b)
{
    return a.len == b.len && (a.len == 0 || memcmp(a.data, b.data, a.len) == 0);
}

static inline uint64_t sv_load8(const char *p)
{
    uint64_t v;
    memcpy(&v, p, 8);
    return v;
}

static inline uint32_t sv_load4(const char *p)
{
    uint32_t v;
    memcpy(&v, p, 4);
    return v;
}

/* memcmp(a, b, n) == 0, without a call for short ones: two loads that overlap. */
static inline bool sv_same_bytes(const char *a, const char *b, size_t n)
{
    if (n >= 8) {
        if (sv_load8(a) != sv_load8(b))
            return false;
        return n <= 16 ? sv_load8(a + n - 8) == sv_load8(b + n - 8) : memcmp(a + 8, b + 8, n - 8) == 0;
    }
    if (n >= 4)
        return sv_load4(a) == sv_load4(b) && sv_load4(a + n - 4) == sv_load4(b + n - 4);
    for (size_t i = 0; i < n; i++)
        if (a[i] != b[i])
            return false;
    return true;
}

static inline bool sv_slice_is(struct sv_slice a, const char *text)
{
    return sv_slice_equal(a, sv_slice_str(text));
}

/* Byte order, a prefix first; <0, 0, >0 as memcmp. For UTF-8 this is code point order. */
int sv_slice_compare(struct sv_slice a, struct sv_slice b);

/* Byte for byte; the empty prefix or suffix is in every slice. */
bool sv_slice_starts(struct sv_slice s, struct sv_slice prefix);
bool sv_slice_ends(struct sv_slice s, struct sv_slice suffix);

/* Where `needle` first occurs in `s`, or NULL; an empty needle is found at the start. Linear time. */
const char *sv_slice_find(struct sv_slice s, struct sv_slice needle);

/* What `a/b/c` stands below: `a/b`. Empty: nothing. */
struct sv_slice sv_slice_above(struct sv_slice s);

/* Without leading and trailing ASCII white space. */
struct sv_slice sv_slice_trim(struct sv_slice s);

/* Shell-like pattern: `*` any run of bytes (also `/`), `?` one byte, `[a-z]` and `[!a-z]` sets, `\` takes the next byte as it
 * is. Whole-string match; linear in s times the number of stars at worst. */
bool sv_slice_glob(struct sv_slice pattern, struct sv_slice s);

/* Does `wide` match every text that `narrow` does? Only what can be told piece by piece: a true is certain, a false is not. */
bool sv_slice_glob_covers(struct sv_slice wide, struct sv_slice narrow);

#endif
