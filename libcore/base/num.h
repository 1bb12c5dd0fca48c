/* SPDX-License-Identifier: ISC */
/* num.h - numbers from text and back, the same in every locale.
 *
 * Floor: base. */
#ifndef SV_NUM_H
#define SV_NUM_H

#include <stdint.h>

#include "base/slice.h"

/* Decimal digits with an optional sign, nothing else, no overflow; false leaves *out alone. */
bool sv_num_int(struct sv_slice s, int64_t *out);
bool sv_num_uint(struct sv_slice s, uint64_t *out); /* no sign */

/* A JSON-like number: -?digits(.digits)?([eE][+-]?digits)?, correctly rounded; also without digits before or behind the
 * point if `loose`, with a leading +, and Infinity, -Infinity, NaN, inf, nan in any case. Too large is an infinity. */
bool sv_num_double(struct sv_slice s, bool loose, double *out);

/* Shortest text that reads back as the same double; "1", "0.1", "1e+100", "Infinity", "-Infinity", "NaN". Returns its
 * length; out needs 32 bytes and is terminated. */
size_t sv_num_format(double value, char out[32]);

#endif
