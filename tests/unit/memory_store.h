/* SPDX-License-Identifier: ISC */
/* memory_store.h - a store of states in memory, for tests of the engine: as engine.h wants one, and what lies in it as text.
 *
 *     struct memory_store *kept = memory_new();
 *     struct sv_engine *engine = sv_engine_new(set, &kept->calls);
 *     memory_free(kept);
 *
 * `writes` is what sv_engine_store.changed sees: a test that plays another process counts it up. */
#ifndef MEMORY_STORE_H
#define MEMORY_STORE_H

#include <stdlib.h>
#include <string.h>

#include "base/map.h"
#include "policy/engine.h"

enum { MEMORY_NAME = 8 + 16 + 4 };

struct memory_part {
    struct sv_buf bytes;
    int64_t due_ns, version; /* version 0: dropped */
};

struct memory_store {
    struct sv_engine_store calls;
    struct sv_map parts;     /* signature, key, part -> struct memory_part */
    struct sv_arena arena;
    uint64_t writes, seen;   /* of others, and how many of them were told */
    uint64_t loads, puts, drops;
    bool fails;              /* every call does, from now on */
};

static struct sv_slice memory_name(char name[MEMORY_NAME], uint64_t signature, const unsigned char *key, uint32_t part)
{
    for (int i = 0; i < 8; i++)
        name[i] = (char)(unsigned char)(signature >> (56 - 8 * i));
    memcpy(name + 8, key, 16);
    for (int i = 0; i < 4; i++)
        name[24 + i] = (char)(unsigned char)(part >> (24 - 8 * i));
    return sv_slice(name, MEMORY_NAME);
}

static struct memory_part *memory_find(struct memory_store *kept, uint64_t signature, const unsigned char *key, uint32_t part)
{
    char name[MEMORY_NAME];
    struct sv_map_item *item = sv_map_find(&kept->parts, memory_name(name, signature, key, part));
    struct memory_part *found = item != NULL ? item->pointer : NULL;
    return found != NULL && found->version != 0 ? found : NULL;
}

static bool memory_failed(struct memory_store *kept, struct sv_error *err)
{
    if (kept->fails)
        sv_error_set(err, SV_SYSTEM, "the disk is gone");
    return kept->fails;
}

static bool memory_sweep(void *context, uint64_t signature, void (*each)(void *to, const unsigned char *key, int64_t due_ns), void *to,
                         struct sv_error *err)
{
    struct memory_store *kept = context;
    char prefix[MEMORY_NAME];
    memory_name(prefix, signature, sv_engine_policy_key, 0);
    for (size_t i = 0; i < kept->parts.count; i++) {
        const char *name = kept->parts.items[i].key.data;
        const struct memory_part *part = kept->parts.items[i].pointer;
        if (memcmp(name, prefix, 8) == 0 && memcmp(name + 24, "\0\0\0\0", 4) == 0 && part->version != 0 && part->due_ns != INT64_MIN)
            each(to, (const unsigned char *)name + 8, part->due_ns);
    }
    return !memory_failed(kept, err);
}

static bool memory_load(void *context, uint64_t signature, const unsigned char *key, uint32_t part, struct sv_buf *out, int64_t *version,
                        struct sv_error *err)
{
    struct memory_store *kept = context;
    const struct memory_part *found = memory_find(kept, signature, key, part);
    sv_buf_clear(out);
    *version = found != NULL ? found->version : 0;
    if (found != NULL)
        sv_buf_add(out, sv_buf_slice(&found->bytes));
    kept->loads++;
    return !memory_failed(kept, err);
}

static bool memory_put(void *context, uint64_t signature, const unsigned char *key, uint32_t part, int64_t due_ns, int64_t version,
                       struct sv_slice bytes, struct sv_error *err)
{
    struct memory_store *kept = context;
    char name[MEMORY_NAME];
    struct sv_map_item *item = sv_map_at(&kept->parts, memory_name(name, signature, key, part));
    struct memory_part *found = item->pointer;
    if (found == NULL)
        item->pointer = found = sv_arena_calloc(&kept->arena, 1, sizeof *found);
    sv_buf_set(&found->bytes, bytes);
    found->due_ns = due_ns;
    found->version = version;
    kept->puts++;
    return !memory_failed(kept, err);
}

static bool memory_drop(void *context, uint64_t signature, const unsigned char *key, uint32_t first, uint32_t last, struct sv_error *err)
{
    struct memory_store *kept = context;
    char prefix[MEMORY_NAME];
    memory_name(prefix, signature, key, 0);
    for (size_t i = 0; i < kept->parts.count; i++) {
        const unsigned char *name = (const unsigned char *)kept->parts.items[i].key.data;
        uint32_t part = (uint32_t)name[24] << 24 | (uint32_t)name[25] << 16 | (uint32_t)name[26] << 8 | name[27];
        if (memcmp(name, prefix, 24) == 0 && part >= first && part <= last)
            ((struct memory_part *)kept->parts.items[i].pointer)->version = 0;
    }
    kept->drops++;
    return !memory_failed(kept, err);
}

static bool memory_changed(void *context, bool *changed, struct sv_error *err)
{
    struct memory_store *kept = context;
    *changed = kept->writes != kept->seen;
    kept->seen = kept->writes;
    return !memory_failed(kept, err);
}

__attribute__((unused)) static struct memory_store *memory_new(void)
{
    struct memory_store *kept = calloc(1, sizeof *kept);
    if (kept == NULL)
        exit(1);
    kept->calls = (struct sv_engine_store){kept, memory_sweep, memory_load, memory_put, memory_drop, memory_changed};
    return kept;
}

/* How many parts it holds, and the longest of those behind part 0. */
__attribute__((unused)) static size_t memory_parts(const struct memory_store *kept, size_t *longest)
{
    size_t count = 0;
    *longest = 0;
    for (size_t i = 0; i < kept->parts.count; i++) {
        const struct memory_part *part = kept->parts.items[i].pointer;
        bool is_part = part->version != 0 && memcmp(kept->parts.items[i].key.data + 24, "\0\0\0\0", 4) != 0;
        count += part->version != 0;
        if (is_part && part->bytes.len > *longest)
            *longest = part->bytes.len;
    }
    return count;
}

static int memory_by_name(const void *a, const void *b)
{
    const struct sv_map_item *const *x = a, *const *y = b;
    return memcmp((*x)->key.data, (*y)->key.data, MEMORY_NAME);
}

/* What it holds, a line a part, without what differs between ways that are all right: how often each was saved, which policies have
 * ever had a state. */
__attribute__((unused)) static void memory_image(const struct memory_store *kept, struct sv_buf *out)
{
    const struct sv_map_item **items = sv_alloc((kept->parts.count + 1) * sizeof(struct sv_map_item *));
    size_t count = 0;
    for (size_t i = 0; i < kept->parts.count; i++) {
        const struct memory_part *part = kept->parts.items[i].pointer;
        if (part->version != 0 && memcmp(kept->parts.items[i].key.data + 8, sv_engine_policy_key, 16) != 0)
            items[count++] = &kept->parts.items[i];
    }
    qsort(items, count, sizeof *items, memory_by_name);
    sv_buf_clear(out);
    for (size_t i = 0; i < count; i++) {
        const struct memory_part *part = items[i]->pointer;
        for (size_t k = 0; k < MEMORY_NAME; k++)
            sv_buf_printf(out, "%02x", (unsigned char)items[i]->key.data[k]);
        sv_buf_printf(out, " %lld ", (long long)part->due_ns);
        for (size_t k = 0; k < part->bytes.len; k++)
            sv_buf_printf(out, "%02x", (unsigned char)part->bytes.data[k]);
        sv_buf_char(out, '\n');
    }
    sv_free(items);
}

__attribute__((unused)) static void memory_free(struct memory_store *kept)
{
    for (size_t i = 0; i < kept->parts.count; i++)
        sv_buf_free(&((struct memory_part *)kept->parts.items[i].pointer)->bytes);
    sv_map_free(&kept->parts);
    sv_arena_free(&kept->arena);
    free(kept);
}

#endif
