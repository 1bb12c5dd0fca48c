/* SPDX-License-Identifier: ISC */
/* tree.h - the inside of sv_paths, for the reader's inner loop. Private to json/.
 *
 * Floor: json; uses base only. */
#ifndef SV_JSON_TREE_H
#define SV_JSON_TREE_H

#include "json/paths.h"
#include "json/shapes.h"

/* A key as two words: its first and its last eight bytes. Up to 16 bytes these and the length are the key. */
struct sv_paths_word {
    uint64_t head, tail;
    uint32_t len;
};

struct sv_paths_entry {
    struct sv_paths_word word;
    uint32_t node; /* 0: free (the root is nobody's child) */
};

struct sv_paths_node {
    struct sv_paths_entry *table; /* open addressing over children */
    uint32_t mask;
    uint32_t count;
    uint32_t slot;
    uint32_t parent;
    struct sv_slice key;
};

struct sv_paths {
    struct sv_paths_node *nodes;
    uint32_t count, capacity;
    uint32_t slots;
    struct sv_shapes *shapes; /* of the records read with them; NULL: none yet. The reader's: not part of what the paths are */
};

/* readable: how many bytes may be read from key.data on (>= key.len); with 8 or more there is no copying. */
static inline __attribute__((always_inline)) struct sv_paths_word sv_paths_word(struct sv_slice key, size_t readable)
{
    uint64_t head = 0, tail = 0;
    if (key.len >= 8) {
        memcpy(&head, key.data, 8);
        memcpy(&tail, key.data + key.len - 8, 8);
#if __BYTE_ORDER__ == __ORDER_LITTLE_ENDIAN__
    } else if (readable >= 8 && key.len > 0) {
        memcpy(&head, key.data, 8);
        head &= ~UINT64_C(0) >> (64 - 8 * key.len);
#endif
    } else {
        memcpy(&head, key.data, key.len);
    }
    (void)readable;
    return (struct sv_paths_word){head, tail, (uint32_t)key.len};
}

static inline uint32_t sv_paths_spread(const struct sv_paths_word *word)
{
    return (uint32_t)((((word->head ^ word->len) + (word->tail << 7)) * UINT64_C(0x9E3779B97F4A7C15)) >> 40);
}

static inline __attribute__((always_inline)) uint32_t sv_paths_child(const struct sv_paths *paths, uint32_t node, struct sv_slice key, size_t readable)
{
    const struct sv_paths_node *parent = &paths->nodes[node];
    if (parent->count == 0)
        return SV_NO_NODE;
    struct sv_paths_word word = sv_paths_word(key, readable);
    for (uint32_t at = sv_paths_spread(&word) & parent->mask;; at = (at + 1) & parent->mask) {
        const struct sv_paths_entry *entry = &parent->table[at];
        if (entry->node == 0)
            return SV_NO_NODE;
        if (entry->word.head == word.head && entry->word.len == word.len && entry->word.tail == word.tail &&
            (word.len <= 16 || sv_slice_equal(paths->nodes[entry->node].key, key)))
            return entry->node;
    }
}

#endif
