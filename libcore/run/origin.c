/* SPDX-License-Identifier: ISC */
#include "run/origin.h"

#include <stdio.h>
#include <string.h>

#include "base/hash.h"
#include "event/event.h"

enum { KNOWN_MAX = 4096 };

struct sv_slice sv_origin_name(struct sv_arena *arena, bool is_pipe, uint64_t number, uint32_t which)
{
    char name[40];
    int length = snprintf(name, sizeof name, "r%llu", (unsigned long long)number);
    if (!is_pipe) {
        sv_hash_hex(number, name);
        length = (int)strlen(name);
    }
    if (which > 1)
        snprintf(name + length, sizeof name - (size_t)length, "-%u", which);
    return sv_arena_dup(arena, sv_slice_str(name));
}

static struct sv_origin *describe(struct sv_origins *origins, const struct sv_store_source *row)
{
    struct sv_origin *origin = sv_arena_calloc(&origins->arena, 1, sizeof *origin);
    if (row->run < 0)
        origin->name = sv_arena_dup(&origins->arena, row->path);
    else
        origin->name = sv_origin_name(&origins->arena, row->run > 0, row->run > 0 ? (uint64_t)row->run : row->head, row->number);
    origin->path = sv_arena_dup(&origins->arena, row->path);
    return origin;
}

const struct sv_origin *sv_origins_at(struct sv_origins *origins, int64_t source, struct sv_error *err)
{
    static const struct sv_origin none = {.name = {"-", 1}};
    struct sv_slice key = sv_slice((const char *)&source, sizeof source);
    struct sv_map_item *item = sv_map_find(&origins->known, key);
    if (item != NULL)
        return item->pointer;
    if (origins->known.count >= KNOWN_MAX)
        sv_origins_free(origins);
    struct sv_store_sources rows = {0};
    const struct sv_origin *found = NULL;
    if (sv_store_source_by_id(origins->store, source, &rows, err))
        found = rows.count > 0 ? (sv_map_at(&origins->known, key)->pointer = describe(origins, &rows.items[0])) : &none;
    sv_store_sources_free(&rows);
    return found;
}

bool sv_origins_put_id(struct sv_origins *origins, struct sv_buf *out, const struct sv_store_row *row, struct sv_error *err)
{
    if (row->event.len > 0) {
        sv_buf_add(out, row->event);
        return true;
    }
    const struct sv_origin *origin = sv_origins_at(origins, row->source, err);
    if (origin != NULL)
        sv_event_address(out, origin->name, row->record, row->part);
    return origin != NULL;
}

void sv_origins_free(struct sv_origins *origins)
{
    sv_map_free(&origins->known);
    sv_arena_free(&origins->arena);
}
