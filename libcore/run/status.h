/* SPDX-License-Identifier: ISC */
/* status.h - how the fleet is doing now: by supervisor, team, agent, session; or in one line.
 *
 * An agent stands where the roster has it now; one that is in none where its last event said, else under `-`. States are those
 * of fleet.h. Numbers are those of today, by the clock here.
 *
 *     answer = sv_status_open(&ask, &status, &err);
 *
 * Floor: run. */
#ifndef SV_RUN_STATUS_H
#define SV_RUN_STATUS_H

#include "run/answer.h"
#include "run/ask.h"

/* Of rows; and of the tree for people. */
extern const struct sv_list_column sv_status_columns[];
extern const size_t sv_status_column_count;
extern const struct sv_list_column sv_status_tree_columns[];
extern const size_t sv_status_tree_column_count;

struct sv_status {
    bool oneline; /* `5 agents, 1 waiting, $9.30 today, 2 alerts` */
    bool tree;    /* with a line for each supervisor and team; the list's columns are those of the tree */
    bool all;     /* also agents that have ended, and those of the roster that were never seen */
};

/* Agents that were seen today or within 12 hours and have not ended; ask's agent, team and supervisor words hold. */
struct sv_answer *sv_status_open(const struct sv_ask *ask, const struct sv_status *status, struct sv_error *err);

#endif
