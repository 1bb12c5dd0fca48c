/* SPDX-License-Identifier: ISC */
/* pack.h - numbers and texts as bytes and back, one behind the other, the same on every machine.
 *
 *     sv_pack_text(&out, name);  sv_pack_int(&out, total);
 *
 *     struct sv_unpack in = sv_unpack(bytes);                               // in the same order
 *     name = sv_unpack_text(&in);  total = sv_unpack_int(&in);
 *     if (!sv_unpack_is_over(&in)) ...
 *
 * A number has seven bits a byte, the lowest first; the eighth says that more follow (LEB128, as in DWARF 5, 7.6), and of an int the
 * sign is the lowest bit, so that small numbers of both signs are short. Reading behind the end, or what no writer wrote, gives
 * zeros and empty texts, and sets `failed`.
 *
 * Floor: base. */
#ifndef SV_PACK_H
#define SV_PACK_H

#include <stdbool.h>
#include <stdint.h>

#include "base/buf.h"
#include "base/slice.h"

struct sv_unpack {
    const unsigned char *at, *end;
    bool failed;
};

void sv_pack_uint(struct sv_buf *out, uint64_t value);
void sv_pack_int(struct sv_buf *out, int64_t value);
void sv_pack_fixed(struct sv_buf *out, uint64_t value); /* eight bytes */
void sv_pack_text(struct sv_buf *out, struct sv_slice text);

struct sv_unpack sv_unpack(struct sv_slice bytes);
uint64_t sv_unpack_uint(struct sv_unpack *in);
int64_t sv_unpack_int(struct sv_unpack *in);
uint64_t sv_unpack_fixed(struct sv_unpack *in);
struct sv_slice sv_unpack_text(struct sv_unpack *in); /* borrowed from the bytes */

/* A number as the step to it from another, which is told again: short where they are near, and right wherever they are. */
static inline void sv_pack_step(struct sv_buf *out, int64_t value, int64_t from)
{
    sv_pack_int(out, (int64_t)((uint64_t)value - (uint64_t)from));
}

static inline int64_t sv_unpack_step(struct sv_unpack *in, int64_t from)
{
    return (int64_t)((uint64_t)from + (uint64_t)sv_unpack_int(in));
}

/* All was read, and all of it was whole. */
bool sv_unpack_is_over(const struct sv_unpack *in);

#endif
