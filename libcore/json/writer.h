/* SPDX-License-Identifier: ISC */
/* writer.h - JSON out: canonical, one way to write a thing.
 *
 * Controls below 0x20 and 0x7F are escaped (so a terminal never sees them raw), the rest of UTF-8 passes as it is, without
 * blanks between tokens.
 *
 * Floor: json; uses base only. */
#ifndef SV_JSON_WRITER_H
#define SV_JSON_WRITER_H

#include "base/buf.h"
#include "json/value.h"

/* "..." around plain bytes. Bytes that are no UTF-8 become U+FFFD. */
void sv_json_put_string(struct sv_buf *out, struct sv_slice plain);

/* A value of JSON's types: SV_ABSENT as null, a SV_ESCAPED string and SV_JSON as they stand, doubles in shortest form with a
 * point or exponent, NaN and infinities as null. */
void sv_json_put_value(struct sv_buf *out, struct sv_value value);

/* `"key":` with a comma before it unless the last byte is `{`. */
void sv_json_put_key(struct sv_buf *out, const char *key);

#endif
