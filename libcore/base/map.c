/* SPDX-License-Identifier: ISC */
#include "base/map.h"

#include "base/hash.h"
#include "base/os.h"

static uint64_t seed[2];

static uint64_t hash_of(struct sv_slice key)
{
    if (seed[0] == 0) {
        sv_os_random(seed, sizeof seed);
        seed[0] |= 1;
    }
    return sv_hash_keyed(seed[0], seed[1], key);
}

static size_t probe(const struct sv_map *map, struct sv_slice key, uint64_t hash)
{
    size_t at = hash & map->mask;
    for (; map->table[at] != 0; at = (at + 1) & map->mask) {
        const struct sv_map_item *item = &map->items[map->table[at] - 1];
        if (item->hash == hash && sv_slice_equal(item->key, key))
            break;
    }
    return at;
}

struct sv_map_item *sv_map_find(const struct sv_map *map, struct sv_slice key)
{
    if (map->count == 0)
        return NULL;
    size_t at = probe(map, key, hash_of(key));
    return map->table[at] != 0 ? &map->items[map->table[at] - 1] : NULL;
}

static void grow(struct sv_map *map)
{
    map->capacity = map->capacity > 0 ? map->capacity * 2 : 16;
    map->items = sv_realloc(map->items, map->capacity * sizeof *map->items);
    sv_free(map->table);
    map->mask = map->capacity * 2 - 1;
    map->table = sv_calloc(map->mask + 1, sizeof *map->table);
    for (size_t i = 0; i < map->count; i++) {
        size_t at = map->items[i].hash & map->mask;
        while (map->table[at] != 0)
            at = (at + 1) & map->mask;
        map->table[at] = (uint32_t)i + 1;
    }
}

struct sv_map_item *sv_map_at(struct sv_map *map, struct sv_slice key)
{
    if (map->count == map->capacity)
        grow(map);
    uint64_t hash = hash_of(key);
    size_t at = probe(map, key, hash);
    if (map->table[at] == 0) {
        struct sv_map_item *item = &map->items[map->count++];
        *item = (struct sv_map_item){.key = sv_arena_dup(&map->keys, key), .hash = hash};
        item->pointer = NULL;
        item->number = 0;
        map->table[at] = (uint32_t)map->count;
    }
    return &map->items[map->table[at] - 1];
}

void sv_map_free(struct sv_map *map)
{
    sv_free(map->items);
    sv_free(map->table);
    sv_arena_free(&map->keys);
    *map = (struct sv_map){0};
}

size_t sv_map_bytes(const struct sv_map *map)
{
    size_t table = map->table != NULL ? (map->mask + 1) * sizeof *map->table : 0;
    return map->capacity * sizeof *map->items + table + sv_arena_bytes(&map->keys);
}
