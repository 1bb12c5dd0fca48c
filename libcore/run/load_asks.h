/* SPDX-License-Identifier: ISC */
/* load_asks.h - the questions among the operations of a load (load_ops.h), one for each way in which programs ask the store.
 *
 * Each is asked anew: the store is opened, the answer pulled to its end, all closed. What exactly is asked for, such as which
 * agent, is drawn by the user. False with err.
 *
 * Floor: run. */
#ifndef SV_RUN_LOAD_ASKS_H
#define SV_RUN_LOAD_ASKS_H

#include "run/load_ops.h"

/* The table in load_ops.c says what each of them is. */
bool sv_load_list_agents(struct sv_load_user *user, struct sv_error *err);
bool sv_load_get_agent(struct sv_load_user *user, struct sv_error *err);
bool sv_load_list_goals(struct sv_load_user *user, struct sv_error *err);
bool sv_load_timeline(struct sv_load_user *user, struct sv_error *err);
bool sv_load_timeline_all(struct sv_load_user *user, struct sv_error *err);
bool sv_load_timeline_goal(struct sv_load_user *user, struct sv_error *err);
bool sv_load_show(struct sv_load_user *user, struct sv_error *err);
bool sv_load_evaluations(struct sv_load_user *user, struct sv_error *err);
bool sv_load_evaluations_agent(struct sv_load_user *user, struct sv_error *err);
bool sv_load_entities(struct sv_load_user *user, struct sv_error *err);
bool sv_load_sources(struct sv_load_user *user, struct sv_error *err);
bool sv_load_metrics(struct sv_load_user *user, struct sv_error *err);
bool sv_load_context(struct sv_load_user *user, struct sv_error *err);
bool sv_load_status(struct sv_load_user *user, struct sv_error *err);
bool sv_load_stats(struct sv_load_user *user, struct sv_error *err);
bool sv_load_export_roster(struct sv_load_user *user, struct sv_error *err);
bool sv_load_inbox(struct sv_load_user *user, struct sv_error *err);

#endif
