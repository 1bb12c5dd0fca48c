/* SPDX-License-Identifier: ISC */
/* diff_private.h - what diff_read.c (a table) and diff.c (what has to change) share.
 *
 * Floor: team; uses base only. */
#ifndef SV_TEAM_DIFF_PRIVATE_H
#define SV_TEAM_DIFF_PRIVATE_H

#include "team/diff.h"

/* A cell of the table. */
struct sv_roster_spot {
    struct sv_slice record;
    size_t cell;   /* of the record, counted from 0 */
    uint32_t line; /* in which the record begins */
};

/* What the table says of one name. */
struct sv_roster_wanted {
    struct sv_slice name, above;
    bool has_above;  /* it says where */
    bool is_said;    /* it stands by itself, or beside its supervisor */
    bool is_kept;    /* nothing is said of it but that it is there: it stays where it is */
    struct sv_roster_spot first;       /* where it stands first */
    struct sv_roster_spot said;        /* where it was said what it is in */
    size_t visit;                      /* while circles are looked for: the round that came by, from 1 on */
};

struct sv_roster_diff {
    struct sv_roster *roster;
    int64_t at_ns;
    bool has_supervisors, has_parents; /* the table has these columns */
    struct sv_map wanted[SV_ROSTER_KINDS]; /* name -> struct sv_roster_wanted */
    struct sv_arena arena;
    struct sv_roster_difference *items;
    size_t count, capacity;
    uint64_t tallies[SV_ROSTER_FATES];
};

/* diff.c: the row of who is there now, or NULL; the name of what a row is in. */
struct sv_roster_row *sv_roster_diff_now(const struct sv_roster_diff *diff, enum sv_roster_kind kind, struct sv_slice name);
struct sv_slice sv_roster_diff_above(const struct sv_roster_diff *diff, enum sv_roster_kind kind, const struct sv_roster_row *row);

/* diff.c: the table was read whole: works out the differences. */
void sv_roster_diff_compare(struct sv_roster_diff *diff);

#endif
