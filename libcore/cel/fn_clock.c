/* SPDX-License-Identifier: ISC */
/* Timestamps, durations, and their parts in a time zone. */
#include "base/time.h"
#include "cel/fn.h"
#include "cel/memo.h"

struct sv_value sv_fn_make_timestamp(int64_t seconds, int64_t nanos)
{
    if (nanos < 0)
        nanos += SV_SECOND_NS, seconds--;
    else if (nanos >= SV_SECOND_NS)
        nanos -= SV_SECOND_NS, seconds++;
    if (seconds < SV_TIME_SECONDS_MIN || seconds > SV_TIME_SECONDS_MAX)
        return sv_val_error("the timestamp is out of range");
    return (struct sv_value){.type = SV_TIMESTAMP, .len = (uint32_t)nanos, .i = seconds};
}

struct sv_value sv_fn_timestamp_string(struct sv_cel_run *run, const struct sv_value *args)
{
    int64_t seconds;
    int32_t nanos;
    (void)run;
    if (!sv_time_parse_wide(sv_value_raw(args[0]), &seconds, &nanos))
        return sv_val_error("the text is no timestamp (RFC 3339)");
    return sv_fn_make_timestamp(seconds, nanos);
}

struct sv_value sv_fn_timestamp_int(struct sv_cel_run *run, const struct sv_value *args)
{
    (void)run;
    return sv_fn_make_timestamp(args[0].i, 0);
}

struct sv_value sv_fn_duration_string(struct sv_cel_run *run, const struct sv_value *args)
{
    struct sv_slice text = sv_value_raw(args[0]);
    int64_t ns;
    sv_val_charge(run, text.len / 256);
    bool has_days = text.len > 0 && (memchr(text.data, 'd', text.len) != NULL || memchr(text.data, 'w', text.len) != NULL);
    if (has_days || !sv_duration_parse(text, &ns)) /* CEL has no days and weeks: their length is not fixed everywhere */
        return sv_val_error("the text is no duration (such as 1h30m)");
    return (struct sv_value){.type = SV_DURATION, .i = ns};
}

void sv_fn_put_timestamp(struct sv_buf *out, struct sv_value v)
{
    sv_time_format_wide(out, v.i, (int32_t)v.len);
    if (v.len == 0)
        return;
    out->len--; /* the Z */
    while (out->data[out->len - 1] == '0')
        out->len--;
    sv_buf_char(out, 'Z');
}

void sv_fn_put_duration(struct sv_buf *out, struct sv_value v)
{
    uint64_t size = v.i < 0 ? 0 - (uint64_t)v.i : (uint64_t)v.i, rest = size % (uint64_t)SV_SECOND_NS;
    if (v.i < 0)
        sv_buf_char(out, '-');
    sv_buf_uint(out, size / (uint64_t)SV_SECOND_NS);
    if (rest > 0) {
        sv_buf_printf(out, ".%09u", (unsigned)rest);
        while (out->data[out->len - 1] == '0')
            out->len--;
    }
    sv_buf_char(out, 's');
}

/* ---- parts ---- */

enum part { YEAR, MONTH, DATE, DAY_OF_MONTH, DAY_OF_WEEK, DAY_OF_YEAR, HOURS, MINUTES, SECONDS, MILLISECONDS };

static int64_t part_of(int64_t seconds, uint32_t nanos, enum part part)
{
    int64_t days = seconds / 86400 - (seconds % 86400 < 0), rest = seconds - days * 86400, year;
    int month, day;
    sv_time_civil(days, &year, &month, &day);
    switch (part) {
    case YEAR:
        return year;
    case MONTH:
        return month - 1;
    case DATE:
        return day;
    case DAY_OF_MONTH:
        return day - 1;
    case DAY_OF_WEEK:
        return ((days + 4) % 7 + 7) % 7; /* 1970 began on a Thursday */
    case DAY_OF_YEAR:
        return days - sv_time_days(year, 1, 1);
    case HOURS:
        return rest / 3600;
    case MINUTES:
        return rest / 60 % 60;
    case SECONDS:
        return rest % 60;
    case MILLISECONDS:
        break;
    }
    return nanos / 1000000;
}

static struct sv_value part_in(struct sv_cel_run *run, const struct sv_value *args, enum part part)
{
    const struct sv_zone *zone = sv_val_charge(run, 1) ? sv_memo_zone(run, sv_value_raw(args[1])) : NULL;
    if (zone == NULL)
        return sv_val_error("unknown time zone");
    return sv_value_int(part_of(args[0].i + sv_zone_offset(zone, args[0].i), args[0].len, part));
}

#define GETTER(name, part)                                                                                                         \
    struct sv_value sv_fn_##name(struct sv_cel_run *run, const struct sv_value *args)                                              \
    {                                                                                                                              \
        (void)run;                                                                                                                 \
        return sv_value_int(part_of(args[0].i, args[0].len, part));                                                                \
    }                                                                                                                              \
    struct sv_value sv_fn_##name##_in(struct sv_cel_run *run, const struct sv_value *args)                                         \
    {                                                                                                                              \
        return part_in(run, args, part);                                                                                           \
    }

GETTER(year, YEAR)
GETTER(month, MONTH)
GETTER(date, DATE)
GETTER(day_of_month, DAY_OF_MONTH)
GETTER(day_of_week, DAY_OF_WEEK)
GETTER(day_of_year, DAY_OF_YEAR)
GETTER(hours, HOURS)
GETTER(minutes, MINUTES)
GETTER(seconds, SECONDS)
GETTER(milliseconds, MILLISECONDS)

struct sv_value sv_fn_duration_hours(struct sv_cel_run *run, const struct sv_value *args)
{
    (void)run;
    return sv_value_int(args[0].i / (3600 * SV_SECOND_NS));
}

struct sv_value sv_fn_duration_minutes(struct sv_cel_run *run, const struct sv_value *args)
{
    (void)run;
    return sv_value_int(args[0].i / (60 * SV_SECOND_NS));
}

struct sv_value sv_fn_duration_seconds(struct sv_cel_run *run, const struct sv_value *args)
{
    (void)run;
    return sv_value_int(args[0].i / SV_SECOND_NS);
}

/* The part beside whole seconds, as cel-spec has it (cel-go returns the total). */
struct sv_value sv_fn_duration_milliseconds(struct sv_cel_run *run, const struct sv_value *args)
{
    (void)run;
    return sv_value_int(args[0].i % SV_SECOND_NS / 1000000);
}
