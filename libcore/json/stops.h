/* SPDX-License-Identifier: ISC */
/* stops.h - which bytes of a text end a run of plain ones, and is it UTF-8: 64 bytes at a time. Private to json/.
 *
 * The reader looks at a window of its text once and then finds each string's end among bits. There are several ways to do it, by
 * what the processor can do; all give the same bits (a test holds them side by side), and the first use takes the fastest.
 *
 * Floor: json; uses base only. */
#ifndef SV_JSON_STOPS_H
#define SV_JSON_STOPS_H

#include <stdint.h>

#include "base/slice.h"

enum { SV_STOPS_WINDOW = 4096 }; /* bytes that are looked at in one go, at most */

/* Bit i of bits[i / 64] for each byte of text that is `"`, `\` or below 0x20; bits behind its end are 0. Writes (len + 63) / 64
 * words. False when text is not valid UTF-8; the bits hold all the same. len: 1 to SV_STOPS_WINDOW. */
typedef bool sv_stops_way(const char *text, size_t len, uint64_t *bits);
extern sv_stops_way *sv_stops_mark;

/* For tests: the ways this processor can go, each with its name, slowest first; NULL behind the last. use: from now on this one. */
sv_stops_way *sv_stops_at(size_t index, const char **name);
void sv_stops_use(sv_stops_way *way);

/* How many bytes of text, which goes on for `room`, the next window has: no character is cut. */
static inline size_t sv_stops_window(const char *text, size_t room)
{
    size_t len = SV_STOPS_WINDOW;
    if (room <= len)
        return room;
    while (len > SV_STOPS_WINDOW - 4 && ((unsigned char)text[len] & 0xC0) == 0x80)
        len--;
    return len;
}

#endif
