/* SPDX-License-Identifier: ISC */
/* utf8.h - UTF-8 as RFC 3629 has it: no surrogates, nothing above U+10FFFF, shortest form only.
 *
 * Floor: base. */
#ifndef SV_UTF8_H
#define SV_UTF8_H

#include <stdint.h>

#include "base/slice.h"

/* Bytes of the valid sequence at p (1 to 4), or 0 when the bytes before end are none. */
static inline size_t sv_utf8_sequence(const char *p, const char *end)
{
    const unsigned char *s = (const unsigned char *)p;
    size_t room = (size_t)(end - p);
    if (room == 0)
        return 0;
    if (s[0] < 0x80)
        return 1;
    if (s[0] < 0xC2)
        return 0;
    if (s[0] < 0xE0)
        return room >= 2 && (s[1] & 0xC0) == 0x80 ? 2 : 0;
    if (s[0] < 0xF0) {
        if (room < 3 || (s[1] & 0xC0) != 0x80 || (s[2] & 0xC0) != 0x80)
            return 0;
        return (s[0] == 0xE0 && s[1] < 0xA0) || (s[0] == 0xED && s[1] > 0x9F) ? 0 : 3;
    }
    if (s[0] > 0xF4 || room < 4 || (s[1] & 0xC0) != 0x80 || (s[2] & 0xC0) != 0x80 || (s[3] & 0xC0) != 0x80)
        return 0;
    return (s[0] == 0xF0 && s[1] < 0x90) || (s[0] == 0xF4 && s[1] > 0x8F) ? 0 : 4;
}

/* Is all of it? */
bool sv_utf8_valid(struct sv_slice s);

/* Decodes the code point at *p (which must be valid and before its end) and moves *p behind it. */
uint32_t sv_utf8_decode(const char **p);

/* Writes 1 to 4 bytes; returns how many, 0 for what is no code point. */
size_t sv_utf8_encode(uint32_t code_point, char out[4]);

/* Code points of valid UTF-8. */
size_t sv_utf8_count(struct sv_slice s);

/* Byte offset of code point number n (n <= count). */
size_t sv_utf8_offset(struct sv_slice s, size_t n);

#endif
