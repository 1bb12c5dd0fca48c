/* SPDX-License-Identifier: ISC */
/* roster.h - who supervises whom: a tree of supervisors over teams over members, as of any time.
 *
 * Every row has a time from which on it holds and one from which on it does no longer, so the roster of last Tuesday is still
 * there: nothing is ever changed but by ending a row and adding another. Supervisors and teams have a number that stays the same
 * through renames and moves; a member is an agent's name, or a glob over such names, in one team at a time.
 *
 * An agent's team is found by its name; by that of its parent, where it is a sub-agent (`claude:shop/3f` is in the team of
 * `claude:shop`); else by the globs that match it, of which the one with the most plain characters counts (of two such the one
 * that is first in byte order). What was found for an agent is kept for all times, so that asking again is one look-up.
 *
 *     struct sv_roster *roster = sv_roster_new();
 *     sv_roster_add(roster, SV_ROSTER_TEAM, &row);             // rows in the order of their ids
 *     place = sv_roster_find(roster, agent, time_ns);          // NULL: in no team then
 *     sv_roster_free(roster);
 *
 * change.h changes a roster, diff.h compares one with a table. Floor: team; uses base only. */
#ifndef SV_ROSTER_H
#define SV_ROSTER_H

#include "base/map.h"

enum sv_roster_kind { SV_ROSTER_SUPERVISOR, SV_ROSTER_TEAM, SV_ROSTER_MEMBER, SV_ROSTER_KINDS };

#define SV_ROSTER_OPEN INT64_MAX /* left_ns of a row that holds on */

struct sv_roster_row {
    int64_t id;     /* of the row in the store; 0: it is new */
    int64_t number; /* of the supervisor or team; members have none */
    int64_t above;  /* the supervisor's supervisor, the team's supervisor, the member's team; 0: none */
    struct sv_slice name;
    int64_t joined_ns, left_ns;
    bool is_ended;  /* change.h: the store does not know yet that it has an end */
    uint32_t same_name, same_number, sibling; /* private: an earlier row of this name, number, above; index + 1 */
};

struct sv_roster_rows {
    struct sv_roster_row *items; /* in order of their coming; ended ones among them */
    size_t count, capacity;
    struct sv_map names;         /* private: the newest row of a name, index + 1 */
    uint32_t *numbers, *below;   /* private: [number] the newest row of it, of those that are in it; index + 1 */
    size_t number_count, below_count;
};

struct sv_roster {
    struct sv_roster_rows rows[SV_ROSTER_KINDS];
    struct sv_roster_cache *cache; /* private */
    uint64_t hits, misses;         /* of looking up where an agent is: known, to be found out */
};

/* Where an agent belongs. Texts live as long as the roster is not changed; lists go from the nearest to the top. */
struct sv_roster_place {
    struct sv_slice team, supervisor;  /* supervisor: empty where the team has none */
    const struct sv_slice *above;      /* [above_count] supervisors of the supervisor */
    size_t above_count;
};

struct sv_roster *sv_roster_new(void);
void sv_roster_free(struct sv_roster *roster);

/* Adds a row, its name is copied; rows of its kind may move. What was found is forgotten. */
struct sv_roster_row *sv_roster_add(struct sv_roster *roster, enum sv_roster_kind kind, const struct sv_roster_row *row);

/* Nobody is or ever was in it. */
bool sv_roster_is_empty(const struct sv_roster *roster);

/* Where the agent was at that time. Remembered, at most some ten thousand agents. */
const struct sv_roster_place *sv_roster_find(struct sv_roster *roster, struct sv_slice agent, int64_t time_ns);

/* The same for who says his team himself: the supervisor of the team of that name, and for a supervisor by name those above. */
const struct sv_roster_place *sv_roster_team_place(struct sv_roster *roster, struct sv_slice team, int64_t time_ns);
const struct sv_roster_place *sv_roster_supervisor_place(struct sv_roster *roster, struct sv_slice supervisor, int64_t time_ns);

/* The row of that name, or that number, that holds at a time; NULL: none does. */
struct sv_roster_row *sv_roster_named(const struct sv_roster *roster, enum sv_roster_kind kind, struct sv_slice name, int64_t time_ns);
struct sv_roster_row *sv_roster_numbered(const struct sv_roster *roster, enum sv_roster_kind kind, int64_t number, int64_t time_ns);

/* What is in the supervisor or team of this number, at any time, one after the other: NULL first, NULL behind the last. kind: of
 * what is in it. */
struct sv_roster_row *sv_roster_below(const struct sv_roster *roster, enum sv_roster_kind kind, int64_t number,
                                      const struct sv_roster_row *before);

/* The newest row of a name, and the one before that; NULL behind the oldest. */
struct sv_roster_row *sv_roster_last(const struct sv_roster *roster, enum sv_roster_kind kind, struct sv_slice name);
struct sv_roster_row *sv_roster_earlier(const struct sv_roster *roster, enum sv_roster_kind kind, const struct sv_roster_row *row);

/* A number that no supervisor, or team, has. */
int64_t sv_roster_next(const struct sv_roster *roster, enum sv_roster_kind kind);

/* Does the row hold then? */
static inline bool sv_roster_holds(const struct sv_roster_row *row, int64_t time_ns)
{
    return row->joined_ns <= time_ns && time_ns < row->left_ns;
}

/* Has the name a character that makes it a glob? */
bool sv_roster_is_glob(struct sv_slice name);

/* Forgets what was found: a row was changed. */
void sv_roster_forget(struct sv_roster *roster);

/* Bytes of memory it takes. */
size_t sv_roster_bytes(const struct sv_roster *roster);

#endif
