/* SPDX-License-Identifier: ISC */
/* Windows of the calendar: where hours, days, weeks and months begin, in virtual time; days of 23 and 25 hours. */
#include "policy/calendar.h"
#include "story.h"

static void test_day(void)
{
    static const struct row rows[] = { /* Berlin: the clock is set forward on 2026-03-29, back on 2026-10-25 */
        {"2026-03-28T22:59:59Z", "n=1", "violation - @2026-03-28T22:59:59Z count:1,prev.count:0,sum(n):1,prev.sum(n):0"},
        {"2026-03-28T23:00:00Z", "n=2", "violation - @2026-03-28T23:00:00Z count:1,prev.count:1,sum(n):2,prev.sum(n):1"},
        {"2026-03-29T00:59:59Z", "n=4", "violation - @2026-03-29T00:59:59Z count:2,prev.count:1,sum(n):6,prev.sum(n):1"},
        {"2026-03-29T01:00:00Z", "n=8", "violation - @2026-03-29T01:00:00Z count:3,prev.count:1,sum(n):14,prev.sum(n):1"},
        {"2026-03-29T21:59:59.999999999Z", "n=16", "violation - @2026-03-29T21:59:59.999999999Z count:4,prev.count:1,sum(n):30,prev.sum(n):1"},
        {"2026-03-29T22:00:00Z", "n=1", "violation - @2026-03-29T22:00:00Z count:1,prev.count:4,sum(n):1,prev.sum(n):30"}, /* 23 h */
        {"2026-03-29T21:59:59Z", "n=100", "| late"},           /* yesterday is over */
        {"2026-03-30T12:00:00Z", "n=2", "violation - @2026-03-30T12:00:00Z count:2,prev.count:4,sum(n):3,prev.sum(n):30"},
        {"2026-03-30T11:00:00Z", "n=4", "violation - @2026-03-30T11:00:00Z count:3,prev.count:4,sum(n):7,prev.sum(n):30"}, /* out of order */
        {"2026-03-31T22:00:00Z", "n=1", "violation - @2026-03-31T22:00:00Z count:1,prev.count:0,sum(n):1,prev.sum(n):0"}, /* none between */
        {"2026-04-01T22:00:00Z", "n=5", "violation - @2026-04-01T22:00:00Z count:1,prev.count:1,sum(n):5,prev.sum(n):1"},
        {"2026-10-24T21:59:59Z", "n=1", "violation - @2026-10-24T21:59:59Z count:1,prev.count:0,sum(n):1,prev.sum(n):0"},
        {"2026-10-24T22:00:00Z", "n=2", "violation - @2026-10-24T22:00:00Z count:1,prev.count:1,sum(n):2,prev.sum(n):1"},
        {"2026-10-25T00:30:00Z", "n=4", "violation - @2026-10-25T00:30:00Z count:2,prev.count:1,sum(n):6,prev.sum(n):1"}, /* 02:30 */
        {"2026-10-25T01:30:00Z", "n=8", "violation - @2026-10-25T01:30:00Z count:3,prev.count:1,sum(n):14,prev.sum(n):1"}, /* 02:30 again */
        {"2026-10-25T22:59:59Z", "n=16", "violation - @2026-10-25T22:59:59Z count:4,prev.count:1,sum(n):30,prev.sum(n):1"},
        {"2026-10-25T23:00:00Z", "n=3", "violation - @2026-10-25T23:00:00Z count:1,prev.count:4,sum(n):3,prev.sum(n):30"}, /* 25 h */
        {"2026-10-25T22:59:59Z", "n=3", "| late"},
        {"", "n=3", "| no_clock"},
        {"2016-01-01T00:00:00Z", "n=3", "| late"},
    };
    STORY("days of Berlin", "fields: {n: int}", "policies:", "- id: p", "window: day", "tz: Europe/Berlin", "realert: 0s", "resolved: false",
          "having: count > 0 || prev.count > 0 || sum(n) > 0 || prev.sum(n) > 0");
}

static void test_budget(void)
{
    static const struct row rows[] = {
        {"2026-03-29T00:00:00Z", "agent=a n=6", ""},
        {"2026-03-29T12:00:00Z", "agent=a n=5", "violation a @2026-03-29T12:00:00Z count:2,sum(n):11"},
        {"2026-03-29T13:00:00Z", "agent=a n=1", "violation a @2026-03-29T13:00:00Z count:3,sum(n):12"}, /* realert: 5m is over */
        {"2026-03-29T21:59:00Z", "agent=b n=1", ""},
        {"2026-03-29T22:00:10Z", "agent=b n=1", ""},           /* midnight, but not past midnight and 10 s */
        {"2026-03-29T22:00:10.5Z", "agent=b n=1", "resolved a @2026-03-29T22:00:00Z count:0,sum(n):0"},
        {"2026-03-30T10:00:00Z", "agent=a n=11", "violation a @2026-03-30T10:00:00Z count:1,sum(n):11"},
        {"2026-03-30T10:01:00Z", "agent=a n=1", "| suppressed"},
        {"2026-03-30T22:00:05Z", "agent=a n=1", "resolved a @2026-03-30T22:00:05Z count:1,sum(n):1,suppressed:1"}, /* its own event says so first */
        {"2026-04-01T09:00:00Z", "agent=c n=1", ""},
    };
    STORY("a budget a day", "fields: {n: int}", "policies:", "- id: p", "by: [agent]", "window: day", "tz: Europe/Berlin",
          "having: sum(n) > 10");
}

static void test_hour(void)
{
    static const struct row rows[] = { /* Kathmandu is 5:45 ahead: its hours begin at 15 minutes past */
        {"2026-11-02T10:14:59Z", "d=1", "violation - @2026-11-02T10:14:59Z count:1,prev.count:0,p50(d):1.0,first(d):1.0,last(d):1.0"},
        {"2026-11-02T10:15:00Z", "d=2",
         "violation - @2026-11-02T10:15:00Z count:1,prev.count:1,p50(d):2.0,first(d):2.0,last(d):2.0,prev.p50(d):1.0,prev.last(d):1.0"},
        {"2026-11-02T10:30:00Z", "d=9",
         "violation - @2026-11-02T10:30:00Z count:2,prev.count:1,p50(d):2.0,first(d):2.0,last(d):9.0,prev.p50(d):1.0,prev.last(d):1.0"},
        {"2026-11-02T10:20:00Z", "d=5",
         "violation - @2026-11-02T10:20:00Z count:3,prev.count:1,p50(d):5.0,first(d):2.0,last(d):9.0,prev.p50(d):1.0,prev.last(d):1.0"},
        {"2026-11-02T10:15:00Z", "d=7",
         "violation - @2026-11-02T10:15:00Z count:4,prev.count:1,p50(d):5.0,first(d):2.0,last(d):9.0,prev.p50(d):1.0,prev.last(d):1.0"},
        {"2026-11-02T10:14:59Z", "d=7", "| late"},
        {"2026-11-02T11:14:59Z", "d=8",
         "violation - @2026-11-02T11:14:59Z count:5,prev.count:1,p50(d):7.0,first(d):2.0,last(d):8.0,prev.p50(d):1.0,prev.last(d):1.0"},
        {"2026-11-02T11:15:00Z", "d=1",
         "violation - @2026-11-02T11:15:00Z count:1,prev.count:5,p50(d):1.0,first(d):1.0,last(d):1.0,prev.p50(d):7.0,prev.last(d):8.0"},
        {"2026-11-02T11:15:01Z", "",
         "violation - @2026-11-02T11:15:01Z count:2,prev.count:5,p50(d):1.0,first(d):1.0,last(d):1.0,prev.p50(d):7.0,prev.last(d):8.0"},
        {"2026-11-02T12:15:00Z", "", "violation - @2026-11-02T12:15:00Z count:1,prev.count:2,prev.p50(d):1.0,prev.last(d):1.0"},
        {"2026-11-02T12:20:00Z", "d=4",
         "violation - @2026-11-02T12:20:00Z count:2,prev.count:2,p50(d):4.0,first(d):4.0,last(d):4.0,prev.p50(d):1.0,prev.last(d):1.0"},
    };
    STORY("hours of Kathmandu", "fields: {d: double}", "policies:", "- id: p", "window: hour", "tz: Asia/Kathmandu", "realert: 0s", "resolved: false",
          "having: count > 0 || p50(d) > 0.0 || first(d) > 0.0 || last(d) > 0.0 || prev.p50(d) > 0.0 || prev.last(d) > 0.0");
}

static void test_week(void)
{
    static const struct row rows[] = { /* weeks begin on Monday */
        {"2026-10-26T00:00:00Z", "", "violation - @2026-10-26T00:00:00Z count:1,prev.count:0"},
        {"2026-11-01T23:59:59Z", "", "violation - @2026-11-01T23:59:59Z count:2,prev.count:0"},
        {"2026-11-02T00:00:00Z", "", "violation - @2026-11-02T00:00:00Z count:1,prev.count:2"},
        {"2026-11-01T23:59:59Z", "", "| late"},
        {"2026-11-02T12:00:00Z", "", "violation - @2026-11-02T12:00:00Z count:2,prev.count:2"},
    };
    STORY("weeks", "window: week", "realert: 0s", "resolved: false", "having: count > 0 || prev.count > 0");
}

static void test_month(void)
{
    static const struct row rows[] = { /* New York: five hours behind in winter, four in summer */
        {"2025-12-01T05:00:00Z", "", "violation - @2025-12-01T05:00:00Z count:1,prev.count:0"},
        {"2026-01-01T04:59:59Z", "", "violation - @2026-01-01T04:59:59Z count:2,prev.count:0"},
        {"2026-01-01T05:00:00Z", "", "violation - @2026-01-01T05:00:00Z count:1,prev.count:2"}, /* a year */
        {"2026-02-01T05:00:00Z", "", "violation - @2026-02-01T05:00:00Z count:1,prev.count:1"},
        {"2026-03-01T04:59:59Z", "", "violation - @2026-03-01T04:59:59Z count:2,prev.count:1"},
        {"2026-03-01T05:00:00Z", "", "violation - @2026-03-01T05:00:00Z count:1,prev.count:2"}, /* 28 days */
        {"2026-04-01T03:59:59Z", "", "violation - @2026-04-01T03:59:59Z count:2,prev.count:2"},
        {"2026-04-01T04:00:00Z", "", "violation - @2026-04-01T04:00:00Z count:1,prev.count:2"}, /* 31 days less an hour */
        {"2026-04-01T03:59:59Z", "", "| late"},
        {"2026-06-01T04:00:00Z", "", "violation - @2026-06-01T04:00:00Z count:1,prev.count:0"},
        {"2026-11-01T03:59:59Z", "", "violation - @2026-11-01T03:59:59Z count:1,prev.count:0"},
        {"2026-11-01T04:00:00Z", "", "violation - @2026-11-01T04:00:00Z count:1,prev.count:1"},
    };
    STORY("months of New York", "window: month", "tz: America/New_York", "realert: 0s", "resolved: false", "having: count > 0 || prev.count > 0");
}

/* --- where spans begin --- */

static int64_t at(const char *text)
{
    int64_t ns = 0;
    if (!sv_time_parse(sv_slice_str(text), &ns))
        printf("# no time: %s\n", text);
    return ns;
}

static void starts_at(enum sv_calendar calendar, const char *zone_name, const char *time, const char *start, const char *next)
{
    struct sv_zone *zone = zone_name != NULL ? sv_zone_new(sv_slice_str(zone_name)) : NULL;
    struct sv_buf got = {0}, want = {0};
    int64_t start_ns = sv_calendar_start(calendar, zone, at(time)), next_ns = sv_calendar_next(calendar, zone, start_ns);
    sv_time_format(&got, start_ns);
    sv_buf_char(&got, ' ');
    sv_time_format(&got, next_ns);
    sv_buf_printf(&want, "%s %s", start, next);
    is_str(sv_buf_cstr(&got), sv_buf_cstr(&want), "%s in %s", time, zone_name != NULL ? zone_name : "UTC");
    is_int(sv_calendar_start(calendar, zone, start_ns), start_ns, "it begins where it begins");
    is_int(sv_calendar_start(calendar, zone, next_ns - 1), start_ns, "its last moment is its own");
    is_int(sv_calendar_start(calendar, zone, next_ns), next_ns, "the next one is another");
    sv_zone_free(zone);
    sv_buf_free(&got);
    sv_buf_free(&want);
}

static void test_spans(void)
{
    starts_at(SV_CALENDAR_DAY, NULL, "2024-02-29T23:59:59.999999999Z", "2024-02-29T00:00:00Z", "2024-03-01T00:00:00Z");
    starts_at(SV_CALENDAR_DAY, NULL, "1969-12-31T23:59:59Z", "1969-12-31T00:00:00Z", "1970-01-01T00:00:00Z");
    starts_at(SV_CALENDAR_DAY, "Europe/Berlin", "2026-03-29T12:00:00Z", "2026-03-28T23:00:00Z", "2026-03-29T22:00:00Z");
    starts_at(SV_CALENDAR_DAY, "Europe/Berlin", "2026-10-25T12:00:00Z", "2026-10-24T22:00:00Z", "2026-10-25T23:00:00Z");
    starts_at(SV_CALENDAR_DAY, "Pacific/Kiritimati", "2026-06-01T12:00:00Z", "2026-06-01T10:00:00Z", "2026-06-02T10:00:00Z");
    starts_at(SV_CALENDAR_DAY, "Pacific/Pago_Pago", "2026-06-01T12:00:00Z", "2026-06-01T11:00:00Z", "2026-06-02T11:00:00Z");
    starts_at(SV_CALENDAR_DAY, "Asia/Beirut", "2022-03-27T12:00:00Z", "2022-03-26T22:00:00Z", "2022-03-27T21:00:00Z"); /* no midnight */
    starts_at(SV_CALENDAR_DAY, "America/Havana", "2022-11-06T12:00:00Z", "2022-11-06T04:00:00Z", "2022-11-07T05:00:00Z"); /* two */
    starts_at(SV_CALENDAR_DAY, "Pacific/Apia", "2011-12-29T20:00:00Z", "2011-12-29T10:00:00Z", "2011-12-30T10:00:00Z"); /* the 30th was left out */
    starts_at(SV_CALENDAR_HOUR, NULL, "2026-11-02T10:59:59Z", "2026-11-02T10:00:00Z", "2026-11-02T11:00:00Z");
    starts_at(SV_CALENDAR_HOUR, "Asia/Kolkata", "2026-11-02T10:29:59Z", "2026-11-02T09:30:00Z", "2026-11-02T10:30:00Z");
    starts_at(SV_CALENDAR_HOUR, "Europe/Berlin", "2026-10-25T00:30:00Z", "2026-10-25T00:00:00Z", "2026-10-25T01:00:00Z"); /* 02:00 */
    starts_at(SV_CALENDAR_HOUR, "Europe/Berlin", "2026-10-25T01:30:00Z", "2026-10-25T01:00:00Z", "2026-10-25T02:00:00Z"); /* and 02:00 */
    starts_at(SV_CALENDAR_WEEK, NULL, "1970-01-01T00:00:00Z", "1969-12-29T00:00:00Z", "1970-01-05T00:00:00Z");
    starts_at(SV_CALENDAR_WEEK, "Europe/Berlin", "2026-03-29T12:00:00Z", "2026-03-22T23:00:00Z", "2026-03-29T22:00:00Z");
    starts_at(SV_CALENDAR_WEEK, "Europe/Berlin", "2026-10-25T12:00:00Z", "2026-10-18T22:00:00Z", "2026-10-25T23:00:00Z");
    starts_at(SV_CALENDAR_MONTH, NULL, "2024-02-10T00:00:00Z", "2024-02-01T00:00:00Z", "2024-03-01T00:00:00Z");
    starts_at(SV_CALENDAR_MONTH, "Australia/Sydney", "2026-04-20T00:00:00Z", "2026-03-31T13:00:00Z", "2026-04-30T14:00:00Z");
    starts_at(SV_CALENDAR_MONTH, "America/New_York", "2025-12-15T00:00:00Z", "2025-12-01T05:00:00Z", "2026-01-01T05:00:00Z");
}

/* An hour of Lord Howe's, which sets its clock by half an hour: no moment is without its span, and none goes back. */
static void test_half_hours(void)
{
    static const char *const zones[] = {"Australia/Lord_Howe", "Europe/Berlin", "Asia/Tehran", "America/St_Johns", "Pacific/Apia"};
    static const char *const from[] = {"2026-04-04T00:00:00Z", "2026-10-03T00:00:00Z", "2026-03-28T00:00:00Z", "2011-12-28T00:00:00Z", "2026-10-31T00:00:00Z"};
    for (size_t z = 0; z < sizeof zones / sizeof *zones; z++) {
        struct sv_zone *zone = sv_zone_new(sv_slice_str(zones[z]));
        for (int c = SV_CALENDAR_HOUR; c <= SV_CALENDAR_MONTH; c++) {
            size_t wrong = 0;
            for (size_t f = 0; f < sizeof from / sizeof *from; f++) {
                int64_t last_ns = INT64_MIN;
                for (int64_t ns = at(from[f]), end_ns = ns + 4 * 86400 * SV_SECOND_NS; ns < end_ns; ns += 300 * SV_SECOND_NS) {
                    int64_t start_ns = sv_calendar_start((enum sv_calendar)c, zone, ns), next_ns = sv_calendar_next((enum sv_calendar)c, zone, start_ns);
                    wrong += start_ns > ns || next_ns <= start_ns || sv_calendar_start((enum sv_calendar)c, zone, next_ns) <= start_ns || start_ns < last_ns;
                    last_ns = start_ns;
                }
            }
            is_int(wrong, 0, "%s, %d: spans go on", zones[z], c);
        }
        sv_zone_free(zone);
    }
}

int main(void)
{
    setenv("SV_NOW", "2026-11-02T12:00:00Z", 1);
    make_folder();
    test_day();
    test_budget();
    test_hour();
    test_week();
    test_month();
    test_spans();
    test_half_hours();
    remove_folder();
    return done();
}
