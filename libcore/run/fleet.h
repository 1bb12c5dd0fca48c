/* SPDX-License-Identifier: ISC */
/* fleet.h - how agents are doing, as their last events tell.
 *
 * working: an event within 5 minutes. waiting: its turn has ended, or it asked for a permission: a person has to say something.
 * idle: nothing for 5 minutes, and no tool is running. silent: a tool was called, or it was working, and nothing for 15 minutes:
 * it hangs, or died without a word. An agent is alive as long as one of its sessions had an event within 12 hours and has not
 * ended.
 *
 * Floor: run. */
#ifndef SV_RUN_FLEET_H
#define SV_RUN_FLEET_H

#include "base/time.h"
#include "store/store.h"

#define SV_FLEET_LIVE_NS (12 * 3600 * SV_SECOND_NS)

enum sv_fleet_state {
    SV_FLEET_WORKING,
    SV_FLEET_WAITING,
    SV_FLEET_IDLE,
    SV_FLEET_SILENT,
    SV_FLEET_OVER,    /* over its budget */
    SV_FLEET_STOPPED,
    SV_FLEET_ENDED,
    SV_FLEET_UNSEEN,  /* of the roster, and no event of it is known */
    SV_FLEET_STATES
};

/* As its last event tells; over and stopped are for who knows of budgets and stops. */
enum sv_fleet_state sv_fleet_state(enum sv_agent_state state, int64_t last_seen_ns, bool in_tool, int64_t now_ns);

/* The day of a time by the clock here, since 1970; and when it began. */
int64_t sv_fleet_day(int64_t ns);
int sv_fleet_hour(int64_t ns); /* of its day, 0 to 23 */
int64_t sv_fleet_day_start(int64_t day);

/* "working", ... */
const char *sv_fleet_word(enum sv_fleet_state state);

#endif
