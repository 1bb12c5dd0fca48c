/* SPDX-License-Identifier: ISC */
#include "policy/calendar.h"

enum { HOUR_S = 3600, DAY_S = 86400 };

static int64_t floor_div(int64_t a, int64_t b)
{
    return a / b - (a % b < 0);
}

static int32_t offset_at(const struct sv_zone *zone, int64_t utc_s)
{
    return zone != NULL ? sv_zone_offset(zone, utc_s) : 0;
}

/* The first moment whose local time is at least this: where the clock is set over it, the moment of the change. */
static int64_t utc_of(const struct sv_zone *zone, int64_t local_s)
{
    int64_t low = local_s - 15 * HOUR_S, high = local_s + 15 * HOUR_S;
    while (high - low > 1) {
        int64_t middle = low + (high - low) / 2;
        if (middle + offset_at(zone, middle) >= local_s)
            high = middle;
        else
            low = middle;
    }
    return high;
}

static int64_t local_start(enum sv_calendar calendar, int64_t local_s)
{
    int64_t day = floor_div(local_s, DAY_S), year, since_monday;
    int month, of_month;
    switch (calendar) {
    case SV_CALENDAR_HOUR:
        return floor_div(local_s, HOUR_S) * HOUR_S;
    case SV_CALENDAR_WEEK:
        since_monday = (day + 3) % 7; /* 1970-01-01 was a Thursday */
        return (day - (since_monday < 0 ? since_monday + 7 : since_monday)) * DAY_S;
    case SV_CALENDAR_MONTH:
        sv_time_civil(day, &year, &month, &of_month);
        return sv_time_days(year, month, 1) * DAY_S;
    default:
        return day * DAY_S;
    }
}

static int64_t to_ns(int64_t seconds)
{
    int64_t ns;
    return __builtin_mul_overflow(seconds, SV_SECOND_NS, &ns) ? (seconds < 0 ? INT64_MIN : INT64_MAX) : ns;
}

int64_t sv_calendar_start(enum sv_calendar calendar, const struct sv_zone *zone, int64_t time_ns)
{
    int64_t utc_s = floor_div(time_ns, SV_SECOND_NS), offset = offset_at(zone, utc_s);
    if (calendar == SV_CALENDAR_HOUR) /* two hours of one name are two hours */
        return to_ns(local_start(calendar, utc_s + offset) - offset);
    return to_ns(utc_of(zone, local_start(calendar, utc_s + offset)));
}

int64_t sv_calendar_next(enum sv_calendar calendar, const struct sv_zone *zone, int64_t start_ns)
{
    static const int at_least[] = {[SV_CALENDAR_DAY] = 26, [SV_CALENDAR_WEEK] = 7 * 24 + 2, [SV_CALENDAR_MONTH] = 31 * 24 + 2};
    int64_t utc_s = floor_div(start_ns, SV_SECOND_NS);
    if (calendar == SV_CALENDAR_HOUR)
        return to_ns(utc_s + HOUR_S);
    return sv_calendar_start(calendar, zone, to_ns(utc_s + at_least[calendar] * (int64_t)HOUR_S));
}

enum sv_calendar sv_calendar_find(struct sv_slice word)
{
    static const char *const words[] = {[SV_CALENDAR_HOUR] = "hour", [SV_CALENDAR_DAY] = "day", [SV_CALENDAR_WEEK] = "week", [SV_CALENDAR_MONTH] = "month"};
    for (int i = SV_CALENDAR_HOUR; i <= SV_CALENDAR_MONTH; i++)
        if (sv_slice_is(word, words[i]))
            return (enum sv_calendar)i;
    return SV_SLIDING;
}
