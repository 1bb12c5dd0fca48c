/* SPDX-License-Identifier: ISC */
/* whose.h - whose an agent, or an alert, is: its team and supervisor, and whether these are asked for; one way for what is shown of now
 * and of then.
 *
 * Floor: run. */
#ifndef SV_RUN_WHOSE_H
#define SV_RUN_WHOSE_H

#include "run/ask.h"
#include "store/alert.h"
#include "team/roster.h"

/* Where an agent is now: as the roster has it, else in the team that it says it is in itself (own; empty: none). */
const struct sv_roster_place *sv_whose_now(struct sv_roster *roster, struct sv_slice agent, struct sv_slice own, int64_t now_ns,
                                           struct sv_slice *team);

/* Where it was: in the team that was recorded then (empty: none was), else as the roster had it. */
const struct sv_roster_place *sv_whose_then(struct sv_roster *roster, struct sv_slice agent, struct sv_slice recorded, int64_t then_ns,
                                            struct sv_slice *team);

/* Is it among the teams that are asked for, and among the supervisors is its own, or whoever is above? "-" asks for what has none.
 * place: NULL where it has none. */
bool sv_whose_wanted(const struct sv_ask *ask, struct sv_slice team, const struct sv_roster_place *place);

/* Groups of alerts that are not over and that nobody has acknowledged; *are_kept: sv-alert was ever run on this store. */
bool sv_whose_alerts(struct sv_store *store, int64_t now_ns, struct sv_store_groups *out, bool *are_kept, struct sv_error *err);

/* Where a group was when it began. */
const struct sv_roster_place *sv_whose_group(struct sv_roster *roster, const struct sv_store_group *group, struct sv_slice *team);

#endif
