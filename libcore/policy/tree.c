/* SPDX-License-Identifier: ISC */
#include "policy/tree.h"

#define DAY_NS (86400 * SV_SECOND_NS)

int64_t sv_tree_until(const struct sv_tree_entry *entry)
{
    return entry->day > 0 ? (entry->day + 31) * DAY_NS : INT64_MIN;
}

struct sv_tree_entry *sv_tree_at(struct sv_tree *tree, struct sv_slice agent, bool *is_new)
{
    struct sv_map_item *item = sv_map_at(&tree->parents, agent);
    *is_new = item->pointer == NULL;
    if (*is_new)
        item->pointer = sv_arena_calloc(&tree->arena, 1, sizeof(struct sv_tree_entry));
    return item->pointer;
}

void sv_tree_set(struct sv_tree *tree, struct sv_slice agent, struct sv_slice parent, int64_t clock_ns)
{
    bool is_new;
    struct sv_tree_entry *entry = sv_tree_at(tree, agent, &is_new);
    int64_t day = clock_ns > 0 ? clock_ns / DAY_NS : 0;
    if (sv_slice_equal(entry->parent, parent) && day <= entry->day)
        return;
    if (!sv_slice_equal(entry->parent, parent))
        entry->parent = sv_arena_dup(&tree->arena, parent);
    entry->day = day;
    tree->dirty += !entry->is_dirty;
    entry->is_dirty = true;
}

struct sv_slice sv_tree_parent(const struct sv_tree_entry *entry, struct sv_slice agent)
{
    return entry->parent.len > 0 ? entry->parent : sv_slice_above(agent);
}

void sv_tree_free(struct sv_tree *tree)
{
    sv_map_free(&tree->parents);
    sv_arena_free(&tree->arena);
    *tree = (struct sv_tree){0};
}
