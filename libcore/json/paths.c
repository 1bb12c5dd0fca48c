/* SPDX-License-Identifier: ISC */
#include "json/paths.h"

#include "base/mem.h"
#include "json/tree.h"

/* What was seen of records so far says where values go: no longer so. */
static void forget_shapes(struct sv_paths *paths)
{
    if (paths->shapes != NULL)
        sv_shapes_clear(paths->shapes);
}

static uint32_t add_node(struct sv_paths *paths, uint32_t parent, struct sv_slice key)
{
    if (paths->count == paths->capacity) {
        paths->capacity = paths->capacity > 0 ? paths->capacity * 2 : 64;
        paths->nodes = sv_realloc(paths->nodes, paths->capacity * sizeof *paths->nodes);
    }
    paths->nodes[paths->count] =
        (struct sv_paths_node){.key = sv_slice(sv_str_dup(key), key.len), .slot = SV_NO_SLOT, .parent = parent};
    return paths->count++;
}

struct sv_paths *sv_paths_new(void)
{
    struct sv_paths *paths = sv_calloc(1, sizeof *paths);
    add_node(paths, SV_PATHS_ROOT, SV_SLICE(""));
    return paths;
}

void sv_paths_free(struct sv_paths *paths)
{
    if (paths == NULL)
        return;
    for (uint32_t i = 0; i < paths->count; i++) {
        sv_free(paths->nodes[i].table);
        sv_free((char *)(uintptr_t)paths->nodes[i].key.data);
    }
    sv_free(paths->nodes);
    sv_free(paths->shapes);
    sv_free(paths);
}

static void insert(struct sv_paths_node *parent, struct sv_paths_entry entry)
{
    uint32_t at = sv_paths_spread(&entry.word) & parent->mask;
    while (parent->table[at].node != 0)
        at = (at + 1) & parent->mask;
    parent->table[at] = entry;
}

static void grow_table(struct sv_paths_node *parent)
{
    struct sv_paths_entry *old = parent->table;
    uint32_t size = old != NULL ? parent->mask + 1 : 0;
    parent->mask = size > 0 ? size * 2 - 1 : 7;
    parent->table = sv_calloc(parent->mask + 1, sizeof *parent->table);
    for (uint32_t i = 0; i < size; i++)
        if (old[i].node != 0)
            insert(parent, old[i]);
    sv_free(old);
}

uint32_t sv_paths_key(struct sv_paths *paths, uint32_t node, struct sv_slice key)
{
    uint32_t child = sv_paths_child(paths, node, key, key.len);
    if (child != SV_NO_NODE)
        return child;
    /* An inner node has a slot of its own: where it is already filled, a repeated key is seen. */
    if (node != SV_PATHS_ROOT)
        sv_paths_want(paths, node);
    forget_shapes(paths);
    child = add_node(paths, node, key);
    struct sv_paths_node *parent = &paths->nodes[node];
    if (parent->table == NULL || parent->count * 2 > parent->mask)
        grow_table(parent);
    insert(parent, (struct sv_paths_entry){sv_paths_word(key, key.len), child});
    parent->count++;
    return child;
}

uint32_t sv_paths_want(struct sv_paths *paths, uint32_t node)
{
    if (paths->nodes[node].slot == SV_NO_SLOT) {
        forget_shapes(paths);
        paths->nodes[node].slot = paths->slots++;
    }
    return paths->nodes[node].slot;
}

void sv_paths_bind(struct sv_paths *paths, uint32_t node, uint32_t slot)
{
    forget_shapes(paths);
    paths->nodes[node].slot = slot;
    if (slot >= paths->slots)
        paths->slots = slot + 1;
}

uint32_t sv_paths_slot(const struct sv_paths *paths, uint32_t node)
{
    return paths->nodes[node].slot;
}

uint32_t sv_paths_find(const struct sv_paths *paths, uint32_t node, struct sv_slice key)
{
    return sv_paths_child(paths, node, key, key.len);
}

bool sv_paths_has_children(const struct sv_paths *paths, uint32_t node)
{
    return paths->nodes[node].count > 0;
}

uint32_t sv_paths_slots(const struct sv_paths *paths)
{
    return paths->slots;
}

void sv_paths_reserve(struct sv_paths *paths, uint32_t count)
{
    if (paths->slots < count)
        paths->slots = count;
}
