/* SPDX-License-Identifier: ISC */
#include "run/period.h"

#include <time.h>

#include "base/time.h"
#include "run/fleet.h"

/* The first day of the period that a day lies in, and of the next one. */
static void span_of(enum sv_period_span span, int64_t day, int64_t *first, int64_t *next)
{
    int64_t year;
    int month, day_of_month;
    sv_time_civil(day, &year, &month, &day_of_month);
    *first = day;
    *next = day + 1;
    if (span == SV_PERIOD_WEEK) { /* 1970-01-01 was a Thursday */
        *first = day - ((day + 3) % 7 + 7) % 7;
        *next = *first + 7;
    } else if (span == SV_PERIOD_MONTH) {
        *first = sv_time_days(year, month, 1);
        *next = month == 12 ? sv_time_days(year + 1, 1, 1) : sv_time_days(year, month + 1, 1);
    }
}

void sv_period_choose(struct sv_period *period, enum sv_period_span span, int64_t at_ns, int64_t now_ns)
{
    int64_t first, next, before, unused;
    span_of(span, sv_fleet_day(at_ns != 0 ? at_ns : now_ns), &first, &next);
    if (at_ns == 0) {
        next = first;
        span_of(span, first - 1, &first, &unused);
    }
    span_of(span, first - 1, &before, &unused);
    *period = (struct sv_period){.span = span, .first_day = first, .days = next - first, .now_ns = now_ns};
    period->start_ns[SV_PERIOD_NOW] = sv_fleet_day_start(first);
    period->end_ns[SV_PERIOD_NOW] = sv_fleet_day_start(next);
    period->start_ns[SV_PERIOD_BEFORE] = sv_fleet_day_start(before);
    period->end_ns[SV_PERIOD_BEFORE] = period->start_ns[SV_PERIOD_NOW];
    period->slots = span == SV_PERIOD_DAY ? 24 : (size_t)period->days;
}

int sv_period_of(const struct sv_period *period, int64_t ns)
{
    int which = SV_PERIOD_NOW;
    while (which < SV_PERIODS && (ns < period->start_ns[which] || ns >= period->end_ns[which]))
        which++;
    return which;
}

size_t sv_period_slot(const struct sv_period *period, int64_t ns)
{
    int64_t slot = period->span == SV_PERIOD_DAY ? sv_fleet_hour(ns) : sv_fleet_day(ns) - period->first_day;
    return slot < 0 ? 0 : (size_t)slot < period->slots ? (size_t)slot : period->slots - 1;
}

static void put_date(struct sv_buf *out, int64_t day)
{
    int64_t year;
    int month, day_of_month;
    sv_time_civil(day, &year, &month, &day_of_month);
    sv_buf_printf(out, "%04lld-%02d-%02d", (long long)year, month, day_of_month);
}

void sv_period_put_slot(const struct sv_period *period, size_t slot, struct sv_buf *out)
{
    if (period->span == SV_PERIOD_DAY)
        sv_buf_printf(out, "%02zu:00", slot);
    else
        put_date(out, period->first_day + (int64_t)slot);
}

void sv_period_put_title(const struct sv_period *period, struct sv_buf *out)
{
    static const char *const words[] = {"day", "week", "month"};
    sv_buf_printf(out, "%s ", words[period->span]);
    put_date(out, period->first_day);
    if (period->span == SV_PERIOD_MONTH) {
        out->len -= 3;
    } else if (period->span == SV_PERIOD_WEEK) {
        sv_buf_str(out, " to ");
        put_date(out, period->first_day + period->days - 1);
    }
}

void sv_period_put_zone(const struct sv_period *period, struct sv_buf *out)
{
    time_t seconds = (time_t)(period->start_ns[SV_PERIOD_NOW] / SV_SECOND_NS);
    struct tm parts;
    char text[32];
    if (localtime_r(&seconds, &parts) != NULL)
        sv_buf_add(out, sv_slice(text, strftime(text, sizeof text, "%Z", &parts)));
}

void sv_period_put_subject(const struct sv_period *period, struct sv_buf *out)
{
    static const char *const before[] = {"the day before", "the week before", "the month before"};
    sv_period_put_title(period, out);
    sv_buf_str(out, " (");
    sv_period_put_zone(period, out);
    sv_buf_printf(out, "), beside %s", before[period->span]);
    if (period->end_ns[SV_PERIOD_NOW] > period->now_ns)
        sv_buf_str(out, "; it is not over yet");
}

const char *sv_period_unit(const struct sv_period *period)
{
    return period->span == SV_PERIOD_DAY ? "hour" : "day";
}
