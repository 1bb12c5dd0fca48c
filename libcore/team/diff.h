/* SPDX-License-Identifier: ISC */
/* diff.h - a roster as a table (CSV), and what has to change for the roster to be as the table says.
 *
 * The first record names the columns, in any order: `team` and `member` at least, `supervisor`, and `parent`, the supervisor's own.
 * A row says one thing or several: a supervisor (and who is above), a team (and whose it is), a member and its team. A team has to
 * be said somewhere by itself or beside its supervisor, or be there already: a member alone in a team that nobody knows is a slip
 * of the pen. What a table does not say is no more: who is in the roster and not in the table leaves. But a table without the
 * column `supervisor` says nothing about supervisors, one without `parent` nothing about who is above whom.
 *
 *     struct sv_roster_diff *diff = sv_roster_diff_new(roster, at_ns);
 *     if (sv_roster_diff_read(diff, "roster.csv", text, &findings))      // all that is wrong, each with its place
 *         for (size_t i = 0; i < sv_roster_diff_count(diff); i++) ... sv_roster_diff_at(diff, i)
 *     sv_roster_diff_apply(diff, &findings);                              // to the roster, not to any store
 *     sv_roster_diff_free(diff);
 *
 * Floor: team; uses base only. */
#ifndef SV_TEAM_DIFF_H
#define SV_TEAM_DIFF_H

#include "team/change.h"

enum sv_roster_fate { SV_ROSTER_ADDED, SV_ROSTER_MOVED, SV_ROSTER_REMOVED, SV_ROSTER_UNCHANGED, SV_ROSTER_FATES };

/* "added", "moved", "removed", "unchanged". */
const char *sv_roster_fate(enum sv_roster_fate fate);

struct sv_roster_difference {
    enum sv_roster_kind kind;
    enum sv_roster_fate fate;
    struct sv_slice name, from, to; /* where it was and is now: a supervisor or team; empty: nowhere, or nobody above */
};

struct sv_roster_diff;

/* Of this roster as it is at at_ns, from when on the differences shall hold. Borrows it. */
struct sv_roster_diff *sv_roster_diff_new(struct sv_roster *roster, int64_t at_ns);
void sv_roster_diff_free(struct sv_roster_diff *diff);

/* Reads a whole table and works out the differences. False when anything is wrong with it; *wrong counts also what found no place
 * in findings any more. */
bool sv_roster_diff_read(struct sv_roster_diff *diff, const char *file, struct sv_slice text, struct sv_findings *findings, uint64_t *wrong);

/* The differences, those that are unchanged left out: supervisors, teams, members, by name. And how many there are of a fate. */
size_t sv_roster_diff_count(const struct sv_roster_diff *diff);
const struct sv_roster_difference *sv_roster_diff_at(const struct sv_roster_diff *diff, size_t index);
uint64_t sv_roster_diff_tally(const struct sv_roster_diff *diff, enum sv_roster_fate fate);

/* Makes the roster so. False with findings where its history forbids that (someone joined later than at_ns), or with a circle. */
bool sv_roster_diff_apply(struct sv_roster_diff *diff, struct sv_findings *findings);

#endif
