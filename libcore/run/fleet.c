/* SPDX-License-Identifier: ISC */
#include "run/fleet.h"

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

const char *sv_fleet_word(enum sv_fleet_state state)
{
    static const char *const words[SV_FLEET_STATES] = {"working", "waiting", "idle", "silent", "over", "stopped", "ended"};
    return words[state];
}
