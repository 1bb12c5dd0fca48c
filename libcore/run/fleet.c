/* SPDX-License-Identifier: ISC */
#include "run/fleet.h"

#include <time.h>

#define WORKING_NS (5 * 60 * SV_SECOND_NS)
#define SILENT_NS (15 * 60 * SV_SECOND_NS)

enum sv_fleet_state sv_fleet_state(enum sv_agent_state state, int64_t last_seen_ns, bool in_tool, int64_t now_ns)
{
    int64_t quiet_ns = now_ns - last_seen_ns;
    if (state == SV_AGENT_ENDED || quiet_ns >= SV_FLEET_LIVE_NS)
        return SV_FLEET_ENDED;
    if (state == SV_AGENT_WAITING)
        return SV_FLEET_WAITING;
    if (quiet_ns < WORKING_NS)
        return SV_FLEET_WORKING;
    return quiet_ns >= SILENT_NS || in_tool ? SV_FLEET_SILENT : SV_FLEET_IDLE;
}

static bool local_time(int64_t ns, struct tm *out)
{
    time_t seconds = (time_t)(ns / SV_SECOND_NS - (ns % SV_SECOND_NS < 0));
    return localtime_r(&seconds, out) != NULL;
}

int64_t sv_fleet_day(int64_t ns)
{
    struct tm day;
    return local_time(ns, &day) ? sv_time_days(day.tm_year + INT64_C(1900), day.tm_mon + 1, day.tm_mday) : ns / SV_SECOND_NS / 86400;
}

int sv_fleet_hour(int64_t ns)
{
    struct tm day;
    return local_time(ns, &day) ? day.tm_hour : (int)(ns / SV_SECOND_NS / 3600 % 24);
}

int64_t sv_fleet_day_start(int64_t day)
{
    int64_t year;
    int month, day_of_month;
    sv_time_civil(day, &year, &month, &day_of_month);
    struct tm start = {.tm_year = (int)(year - 1900), .tm_mon = month - 1, .tm_mday = day_of_month, .tm_isdst = -1};
    return (int64_t)mktime(&start) * SV_SECOND_NS;
}

const char *sv_fleet_word(enum sv_fleet_state state)
{
    static const char *const words[SV_FLEET_STATES] = {"working", "waiting", "idle", "silent", "over", "stopped", "ended", "unseen"};
    return words[state];
}
