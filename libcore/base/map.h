/* SPDX-License-Identifier: ISC */
/* map.h - from names to numbers or pointers, in the order of their first coming.
 *
 * Keys are copied into the map. Walking goes by insertion order, so output made from a map does not depend on hashes; these
 * are keyed per process, so input cannot choose its collisions.
 *
 *     struct sv_map map = {0};
 *     sv_map_at(&map, key)->number += 1;               // added with 0 when new
 *     for (size_t i = 0; i < map.count; i++)
 *         use(map.items[i].key, map.items[i].number);
 *     sv_map_free(&map);
 *
 * Floor: base. */
#ifndef SV_MAP_H
#define SV_MAP_H

#include <stdint.h>

#include "base/mem.h"

struct sv_map_item {
    struct sv_slice key; /* NUL-terminated, lives as long as the map */
    uint64_t hash;
    union {
        uint64_t number;
        void *pointer;
    };
};

struct sv_map {
    struct sv_map_item *items; /* [count], in order of insertion; moves when the map grows */
    size_t count;
    size_t capacity;
    uint32_t *table; /* open addressing: index + 1 into items, 0 is free */
    size_t mask;
    struct sv_arena keys;
};

/* The item, or NULL. Borrowed until the next sv_map_at. */
struct sv_map_item *sv_map_find(const struct sv_map *map, struct sv_slice key);

/* The item, added with number 0 (and pointer NULL) if it is new. */
struct sv_map_item *sv_map_at(struct sv_map *map, struct sv_slice key);

void sv_map_free(struct sv_map *map);
size_t sv_map_bytes(const struct sv_map *map); /* of memory that it holds */

#endif
