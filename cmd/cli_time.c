/* SPDX-License-Identifier: ISC */
/* Times as people give them on a command line. */
#include <errno.h>
#include <stdio.h>
#include <time.h>

#include "base/os.h"
#include "base/time.h"
#include "cli.h"

/* Midnight of a day as clocks here show it. */
static bool midnight(struct tm *day, int64_t *ns)
{
    *day = (struct tm){.tm_year = day->tm_year, .tm_mon = day->tm_mon, .tm_mday = day->tm_mday, .tm_isdst = -1};
    errno = 0;
    time_t seconds = mktime(day);
    return (seconds != (time_t)-1 || errno == 0) && !__builtin_mul_overflow((int64_t)seconds, SV_SECOND_NS, ns);
}

static bool parse_time(const char *text, int64_t *ns)
{
    struct sv_slice s = sv_slice_str(text);
    int64_t now = sv_os_now_ns(), span;
    if (sv_time_parse(s, ns))
        return true;
    if (sv_slice_is(s, "now")) {
        *ns = now;
        return true;
    }
    bool yesterday = sv_slice_is(s, "yesterday");
    if (yesterday || sv_slice_is(s, "today")) {
        time_t seconds = (time_t)(now / SV_SECOND_NS);
        struct tm day;
        if (localtime_r(&seconds, &day) == NULL)
            return false;
        day.tm_mday -= yesterday;
        return midnight(&day, ns);
    }
    if (s.len > 1 && (text[0] == '-' || text[0] == '+'))
        return sv_duration_parse(s, &span) && !__builtin_add_overflow(now, span, ns);
    char whole[32];
    int64_t seconds;
    int32_t nanos;
    snprintf(whole, sizeof whole, "%sT00:00:00Z", text);
    if (s.len != 10 || !sv_time_parse_wide(sv_slice_str(whole), &seconds, &nanos))
        return false;
    int64_t year;
    int month, day_of_month;
    sv_time_civil(seconds >= 0 ? seconds / 86400 : (seconds - 86399) / 86400, &year, &month, &day_of_month);
    struct tm day = {.tm_year = (int)year - 1900, .tm_mon = month - 1, .tm_mday = day_of_month};
    return midnight(&day, ns);
}

bool cli_time(struct cli *cli, const char *text, int64_t *ns)
{
    if (parse_time(text, ns))
        return true;
    cli->error = (struct sv_error){0};
    return sv_error_set(&cli->error, SV_USAGE,
                        "\"%.100s\" is no time; give 2026-11-20T14:00:00Z, 2026-11-20, today, yesterday, now or -2h", text);
}
