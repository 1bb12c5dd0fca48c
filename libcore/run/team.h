/* SPDX-License-Identifier: ISC */
/* team.h - supervisors, teams and members: changed in one transaction each, listed, shown with their history.
 *
 * A change takes effect at a time, now or earlier; it is checked against the roster as it is in the transaction that makes it,
 * so two at once cannot contradict each other. What was done is an event `operator.<kind>.<verb>`.
 *
 *     struct sv_team_change change = {.kind = SV_ROSTER_MEMBER, .verb = SV_TEAM_ADD, .names = names, .count = 2, .above = team};
 *     if (!sv_team_change(&change, &store_spec, &findings, &err)) ...
 *     answer = sv_team_list_open(&ask, SV_ROSTER_TEAM, at_ns, today_ns, &err);
 *
 * Floor: run. */
#ifndef SV_RUN_TEAM_H
#define SV_RUN_TEAM_H

#include "run/act.h"
#include "run/answer.h"
#include "run/ask.h"
#include "team/change.h"

enum sv_team_verb { SV_TEAM_ADD, SV_TEAM_REMOVE, SV_TEAM_RENAME, SV_TEAM_MOVE };

struct sv_team_change {
    enum sv_roster_kind kind;
    enum sv_team_verb verb;
    const char *const *names;  /* [count]; to rename: the old one and the new one */
    size_t count;
    const char *above;         /* the team of members, else the supervisor; "-" or NULL: none */
    bool whole;                /* remove what is in it, too */
    int64_t at_ns;             /* when it takes effect; 0: now */
    struct sv_act_by by;
};

/* All of it or, with err, nothing; of several names what is wrong with each is in findings. A name that the redactor would change
 * is refused: it could not be found again. */
bool sv_team_change(const struct sv_team_change *change, const struct sv_store_spec *store, struct sv_findings *findings,
                    struct sv_error *err);

/* Columns of lists, by kind, and of what is shown of one. */
extern const struct sv_list_column *const sv_team_columns[SV_ROSTER_KINDS];
extern const size_t sv_team_column_counts[SV_ROSTER_KINDS];
extern const struct sv_list_column sv_team_show_columns[];
extern const size_t sv_team_show_column_count;

/* Those that are in the roster at a time, by name; ask->operands are globs over names, and its team and supervisor words hold.
 * today_ns: from when on events, costs and violations are counted. */
struct sv_answer *sv_team_list_open(const struct sv_ask *ask, enum sv_roster_kind kind, int64_t at_ns, int64_t today_ns, struct sv_error *err);

/* Everything that ever was of those that are ask->operands: what they were called and where, who was in them. One that never was is
 * an error. */
struct sv_answer *sv_team_show_open(const struct sv_ask *ask, enum sv_roster_kind kind, struct sv_error *err);

#endif
