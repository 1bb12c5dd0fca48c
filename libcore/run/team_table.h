/* SPDX-License-Identifier: ISC */
/* team_table.h - the whole roster as a table (CSV): taken in, and put out.
 *
 * Taking it in shows what would change; with `apply` it is changed, in one transaction, and what is shown is what was done. What
 * was put out gives no difference when it is taken in.
 *
 *     answer = sv_team_import_open(&ask, &import, &findings, &err);
 *     answer = sv_team_export_open(&ask, at_ns, &err);
 *
 * Floor: run. */
#ifndef SV_RUN_TEAM_TABLE_H
#define SV_RUN_TEAM_TABLE_H

#include "run/team.h"
#include "team/diff.h"

extern const struct sv_list_column sv_team_import_columns[];
extern const size_t sv_team_import_column_count;

struct sv_team_import {
    const char *file;       /* "-": standard input */
    bool apply;
    int64_t at_ns;          /* from when on; 0: now */
    struct sv_act_by by;
    uint64_t tallies[SV_ROSTER_FATES]; /* filled in: how many of each fate */
};

/* NULL with everything that is wrong in findings, and err, which says how much. Its rows are the differences. */
struct sv_answer *sv_team_import_open(const struct sv_ask *ask, struct sv_team_import *import, struct sv_findings *findings,
                                      struct sv_error *err);

/* The roster as it was at a time: supervisors, teams, members, a row each. Always CSV. */
struct sv_answer *sv_team_export_open(const struct sv_ask *ask, int64_t at_ns, struct sv_error *err);

#endif
