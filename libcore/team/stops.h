/* SPDX-License-Identifier: ISC */
/* stops.h - agents that were told to stop, as of any time.
 *
 * A stop names an agent, or a glob over names, and holds from its time on until it is over or taken back. It also holds for the
 * agent's sub-agents (`claude:shop/3f` for `claude:shop`); with `tree` for all that were started by it, whatever their names, as
 * far as anybody has said who started whom. What was found for an agent is kept, so that asking again is one look-up.
 *
 *     struct sv_stops stops = {0};
 *     sv_stops_add(&stops, &stop);
 *     sv_stops_start(&stops, child, parent);              // child was started by parent
 *     const struct sv_stop *stop = sv_stops_find(&stops, agent, time_ns);        // NULL: it may go on
 *     sv_stops_free(&stops);
 *
 * Floor: team; uses base only. */
#ifndef SV_TEAM_STOPS_H
#define SV_TEAM_STOPS_H

#include "base/map.h"

#define SV_STOP_OPEN INT64_MAX

struct sv_stop {
    int64_t id;
    struct sv_slice agent;       /* a name, or a glob */
    bool tree;
    struct sv_slice reason, user;
    int64_t stopped_ns, until_ns, resumed_ns; /* the last two: SV_STOP_OPEN */
};

struct sv_stops {
    struct sv_stop *items;       /* [count], in the order of their coming */
    size_t count, capacity;
    struct sv_arena arena;       /* their texts */
    struct sv_map parents;       /* agent -> who started it, as struct sv_slice */
    struct sv_map found;         /* agent -> the stops that are meant for it */
    struct sv_arena found_arena;
    bool has_trees;
};

/* Copies its texts. */
void sv_stops_add(struct sv_stops *stops, const struct sv_stop *stop);

/* Says who started whom; nothing where no stop asks for that. */
void sv_stops_start(struct sv_stops *stops, struct sv_slice agent, struct sv_slice parent);

/* The stop that holds for an agent at a time, the newest of several; NULL: none. Borrowed until the next change. */
const struct sv_stop *sv_stops_find(struct sv_stops *stops, struct sv_slice agent, int64_t time_ns);

/* The same as of now. What was stopped or resumed already lies behind, whatever the clock says that may have gone back since. */
const struct sv_stop *sv_stops_now(struct sv_stops *stops, struct sv_slice agent, int64_t now_ns);

/* Does it hold now? */
bool sv_stop_holds(const struct sv_stop *stop, int64_t now_ns);

void sv_stops_free(struct sv_stops *stops);

#endif
