/* SPDX-License-Identifier: ISC */
#include "policy/tree.h"

struct sv_tree_entry *sv_tree_at(struct sv_tree *tree, struct sv_slice agent, bool *is_new)
{
    struct sv_map_item *item = sv_map_at(&tree->parents, agent);
    *is_new = item->pointer == NULL;
    if (*is_new)
        item->pointer = sv_arena_calloc(&tree->arena, 1, sizeof(struct sv_tree_entry));
    return item->pointer;
}

void sv_tree_set(struct sv_tree *tree, struct sv_slice agent, struct sv_slice parent)
{
    bool is_new;
    struct sv_tree_entry *entry = sv_tree_at(tree, agent, &is_new);
    if (sv_slice_equal(entry->parent, parent))
        return;
    entry->parent = sv_arena_dup(&tree->arena, parent);
    tree->dirty += !entry->is_dirty;
    entry->is_dirty = true;
}

struct sv_slice sv_tree_parent(const struct sv_tree_entry *entry, struct sv_slice agent)
{
    if (entry->parent.len > 0)
        return entry->parent;
    size_t len = agent.len;
    while (len > 0 && agent.data[len - 1] != '/')
        len--;
    return len > 1 ? sv_slice(agent.data, len - 1) : SV_SLICE("");
}

void sv_tree_free(struct sv_tree *tree)
{
    sv_map_free(&tree->parents);
    sv_arena_free(&tree->arena);
    *tree = (struct sv_tree){0};
}
