/* SPDX-License-Identifier: ISC */
/* change.h - changes to a roster, checked: who comes, goes, moves, gets another name.
 *
 * Nothing is overwritten: a change ends rows (is_ended) and adds others (id 0) from its time on; who stores a roster writes just
 * these. A change that is refused says why, naming what stands in the way, and leaves a roster that is to be thrown away.
 *
 *     if (sv_roster_enter(roster, SV_ROSTER_MEMBER, name, team, at_ns, &err) && sv_roster_check(roster, &err))
 *         ... store rows that are new or ended ...
 *
 * A change takes effect at a time that may lie in the past, but not before what it changes came to be as it is: history is told
 * on, never told anew. Floor: team; uses report and base. */
#ifndef SV_TEAM_CHANGE_H
#define SV_TEAM_CHANGE_H

#include "base/error.h"
#include "team/roster.h"

/* "supervisor", "team", "member". */
const char *sv_roster_word(enum sv_roster_kind kind);

/* May this be a name? Not empty, "-" or longer than SV_ROSTER_NAME_MAX; UTF-8 without control characters, without blanks at its
 * ends, and the same when it was in a table (sv_csv_plain). */
bool sv_roster_name_check(struct sv_slice name, struct sv_error *err);

/* Comes: a supervisor (above: its supervisor), a team (above: its supervisor), a member (above: its team). above may be empty,
 * but not for a member. */
bool sv_roster_enter(struct sv_roster *roster, enum sv_roster_kind kind, struct sv_slice name, struct sv_slice above, int64_t at_ns,
                     struct sv_error *err);

/* Goes. What still has others in it goes only with them, when `whole` says so: a team with its members, a supervisor with his
 * teams and all supervisors below. */
bool sv_roster_leave(struct sv_roster *roster, enum sv_roster_kind kind, struct sv_slice name, bool whole, int64_t at_ns,
                     struct sv_error *err);

/* To another supervisor, or team; empty: to none. */
bool sv_roster_move(struct sv_roster *roster, enum sv_roster_kind kind, struct sv_slice name, struct sv_slice above, int64_t at_ns,
                    struct sv_error *err);

/* Is called something else from then on. */
bool sv_roster_rename(struct sv_roster *roster, enum sv_roster_kind kind, struct sv_slice name, struct sv_slice to, int64_t at_ns,
                      struct sv_error *err);

/* err: a circle of supervisors, by their names, each below the next and the last below the first; more than the maximum are cut. False. */
enum { SV_ROSTER_CIRCLE_MAX = 8 };
bool sv_roster_tell_circle(const struct sv_slice *names, size_t count, struct sv_error *err);

/* Is what holds now a tree: no supervisor above itself, none deeper than SV_ROSTER_DEPTH_MAX? */
bool sv_roster_check(const struct sv_roster *roster, struct sv_error *err);

/* Ends a row that holds; adds one that holds from then on. Without any check: for diff.h, which has made its own. */
void sv_roster_end(struct sv_roster_row *row, int64_t at_ns);
struct sv_roster_row *sv_roster_begin(struct sv_roster *roster, enum sv_roster_kind kind, int64_t number, struct sv_slice name,
                                      int64_t above, int64_t at_ns);

#endif
