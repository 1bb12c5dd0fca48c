/* SPDX-License-Identifier: ISC */
/* tree.h - the inside of sv_paths, for the reader's inner loop. Private to json/.
 *
 * Floor: json; uses base only. */
#ifndef SV_JSON_TREE_H
#define SV_JSON_TREE_H

#include "json/paths.h"

struct sv_paths_node {
    struct sv_slice key;
    uint32_t slot;
    uint32_t parent;
    uint32_t *table; /* open addressing over children: node number, 0 is free (the root is nobody's child) */
    uint32_t mask;
    uint32_t count;
};

struct sv_paths {
    struct sv_paths_node *nodes;
    uint32_t count, capacity;
    uint32_t slots;
};

/* Spreads a key by its length, first and last bytes: keys of one object differ there, and a bad spread costs only time. */
static inline uint32_t sv_paths_spread(struct sv_slice key)
{
    uint32_t head = 0, tail = 0;
    if (key.len >= 4) {
        memcpy(&head, key.data, 4);
        memcpy(&tail, key.data + key.len - 4, 4);
    } else {
        for (size_t i = 0; i < key.len; i++)
            head = head << 8 | (unsigned char)key.data[i];
    }
    uint64_t mixed = ((uint64_t)head << 32 | (tail ^ (uint32_t)key.len)) * UINT64_C(0x9E3779B97F4A7C15);
    return (uint32_t)(mixed >> 40);
}

static inline uint32_t sv_paths_child(const struct sv_paths *paths, uint32_t node, struct sv_slice key)
{
    const struct sv_paths_node *parent = &paths->nodes[node];
    if (parent->count == 0)
        return SV_NO_NODE;
    for (uint32_t at = sv_paths_spread(key) & parent->mask;; at = (at + 1) & parent->mask) {
        uint32_t child = parent->table[at];
        if (child == 0)
            return SV_NO_NODE;
        if (sv_slice_equal(paths->nodes[child].key, key))
            return child;
    }
}

#endif
