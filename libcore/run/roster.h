/* SPDX-License-Identifier: ISC */
/* roster.h - the roster as a run sees it, and who was told to stop: kept in memory, filled into events, brought up to date when
 * somebody changes it.
 *
 * Read once; from then on a run asks its connection now and then whether anybody has committed, and only then whether that was the
 * roster. Where there is none, an event costs nothing.
 *
 *     struct sv_run_roster roster = {.store = store};
 *     sv_run_roster_look(&roster, &err);                // reads it; later: is it still the same? With no event in hand
 *     if (roster.roster != NULL)
 *         sv_run_roster_fill(&roster, event, now_ns);
 *     sv_run_roster_free(&roster);
 *
 * Floor: run. */
#ifndef SV_RUN_ROSTER_H
#define SV_RUN_ROSTER_H

#include "event/event.h"
#include "store/store.h"
#include "team/roster.h"
#include "team/stops.h"

struct sv_run_roster {
    struct sv_store *store;    /* borrowed; NULL: there is none, and no roster */
    struct sv_roster *roster;  /* NULL: nobody is in it, or ever was */
    struct sv_stops *stops;    /* NULL: nobody was ever told to stop */
    int64_t version;           /* of the roster; 0: none was ever made */
    int64_t data_version;      /* private: of the store when it was looked at */
    int64_t looked_ns;         /* private: monotonic */
    uint64_t hits, misses;     /* private: of rosters that were in memory before */
};

/* Looks at most every quarter of a second. Texts of events that were filled before may be gone. */
bool sv_run_roster_look(struct sv_run_roster *roster, struct sv_error *err);

/* Team and supervisor of an event that does not say them itself, as of its time (now_ns where it has none), and those above the
 * supervisor. Texts live until the next look. */
void sv_run_roster_fill(struct sv_run_roster *roster, struct sv_event *event, int64_t now_ns);

/* Since when and why the event's agent should have stopped, as of its time, into a slot; else the slot is absent. */
void sv_run_roster_stop(struct sv_run_roster *roster, struct sv_event *event, uint32_t slot, int64_t now_ns);

/* How often an event's place was known, and had to be found out, since the first look. */
uint64_t sv_run_roster_hits(const struct sv_run_roster *roster);
uint64_t sv_run_roster_misses(const struct sv_run_roster *roster);

void sv_run_roster_free(struct sv_run_roster *roster);

#endif
