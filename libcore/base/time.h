/* SPDX-License-Identifier: ISC */
/* time.h - points in time and durations, from text and back.
 *
 * Event times are nanoseconds since 1970 UTC in an int64_t (1677-09-21 to 2262-04-11). The wider range of RFC 3339 and CEL
 * (years 1 to 9999) is seconds and nanoseconds apart.
 *
 * Floor: base. */
#ifndef SV_TIME_H
#define SV_TIME_H

#include <stdint.h>

#include "base/buf.h"
#include "base/slice.h"

#define SV_SECOND_NS INT64_C(1000000000)
#define SV_TIME_SECONDS_MIN INT64_C(-62135596800) /* 0001-01-01T00:00:00Z */
#define SV_TIME_SECONDS_MAX INT64_C(253402300799) /* 9999-12-31T23:59:59Z */

/* Days since 1970-01-01 of a proleptic Gregorian date, and back (month 1 to 12, day 1 to 31). */
int64_t sv_time_days(int64_t year, int month, int day);
void sv_time_civil(int64_t days, int64_t *year, int *month, int *day);

/* RFC 3339 with any offset (Z, z, +hh:mm, -hh:mm; T, t or a blank in the middle), 1 to 9 digits of fraction, further digits
 * cut; second 60 is taken as 59. False if it is none or outside years 1 to 9999. */
bool sv_time_parse_wide(struct sv_slice s, int64_t *seconds, int32_t *nanos);

/* The same as one number; false if outside the range of int64_t. */
bool sv_time_parse(struct sv_slice s, int64_t *ns);

/* The same, for who parses one after the other: those of a minute share all but their end. `= {0}`. */
struct sv_time_memo {
    char minute[17]; /* `2026-03-01T00:00:` */
    bool is_known;
    int64_t ns;      /* its beginning */
};
bool sv_time_parse_near(struct sv_time_memo *memo, struct sv_slice s, int64_t *ns);

/* An epoch number whose unit is told by its size: below 1e11 seconds, below 1e14 ms, below 1e17 us, else ns (so that 1973 to
 * 5138 is unambiguous). */
bool sv_time_from_epoch(double value, int64_t *ns);
bool sv_time_from_epoch_int(int64_t value, int64_t *ns);

/* RFC 3339 in UTC: seconds, a fraction of 3, 6 or 9 digits only where there is one, `Z`. */
void sv_time_format_wide(struct sv_buf *out, int64_t seconds, int32_t nanos);
void sv_time_format(struct sv_buf *out, int64_t ns);

/* `10s`, `5m`, `1h30m`, `250ms`, `1.5h`, `7d`, `2w`: Go style with d and w; a leading sign. False if it is none or overflows. */
bool sv_duration_parse(struct sv_slice s, int64_t *ns);

/* The sum of a time and a span, kept within what a time can be. */
static inline int64_t sv_time_plus(int64_t time_ns, int64_t span_ns)
{
    int64_t sum;
    return __builtin_add_overflow(time_ns, span_ns, &sum) ? (span_ns < 0 ? INT64_MIN : INT64_MAX) : sum;
}

#endif
