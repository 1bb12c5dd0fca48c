/* SPDX-License-Identifier: ISC */
/* tree.h - who spawned whom, as events have told: for budgets over trees of agents. Private to policy/.
 *
 * An event with agent and parent_agent says it; of an agent of which none did, `a/b` is a child of `a` (sv-event(5)).
 *
 * Floor: policy. */
#ifndef SV_TREE_H
#define SV_TREE_H

#include "base/map.h"
#include "policy/kind.h"

struct sv_tree {
    struct sv_map parents; /* agent -> struct sv_tree_entry */
    struct sv_arena arena;
    size_t dirty;          /* entries that are not saved */
};

struct sv_tree_entry {
    struct sv_slice parent; /* empty: none is known */
    int64_t day;            /* on which it was told last, by the run clock; days since 1970, 0: it had none */
    bool is_dirty;
};

/* The entry, made where there is none (*is_new). */
struct sv_tree_entry *sv_tree_at(struct sv_tree *tree, struct sv_slice agent, bool *is_new);

/* Agent and parent of an event, while the run clock is at clock_ns. */
void sv_tree_set(struct sv_tree *tree, struct sv_slice agent, struct sv_slice parent, int64_t clock_ns);

/* So long it is kept: 30 days behind the day on which it was told last; INT64_MIN: for ever, there was no clock. */
int64_t sv_tree_until(const struct sv_tree_entry *entry);

/* The parent of an agent by its entry and name; empty: it is a root. */
struct sv_slice sv_tree_parent(const struct sv_tree_entry *entry, struct sv_slice agent);

void sv_tree_free(struct sv_tree *tree);

#endif
