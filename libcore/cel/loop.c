/* SPDX-License-Identifier: ISC */
/* Comprehensions. Over a list they go by element, over a map by key. Every round is charged with the size of its body, so that
 * loops in loops end at the limit of steps. */
#include "cel/node.h"

struct loop {
    struct sv_val_walk walk;
    const struct sv_map_value *map; /* NULL: a list */
    size_t next;
    struct sv_value bad; /* why there is no next: SV_NULL at the end */
};

/* Evaluates the range; false: loop->bad is the result of the whole. */
static bool begin(const struct sv_node *node, struct sv_cel_run *run, struct loop *loop)
{
    *loop = (struct loop){.bad = {.type = SV_NULL}};
    struct sv_value range = sv_node_run(node->a, run);
    if (sv_val_is_bad(range)) {
        loop->bad = range;
        return false;
    }
    if (range.type == SV_MAP)
        loop->map = range.map;
    else if (sv_value_is_object(range))
        loop->map = sv_val_members(run, range);
    else if (!sv_val_walk(&loop->walk, range))
        loop->bad = sv_val_no_overload();
    return loop->bad.type == SV_NULL;
}

/* Puts the next element into the loop's variable; false at the end or at a limit. */
static bool next(const struct sv_node *node, struct sv_cel_run *run, struct loop *loop)
{
    struct sv_value *variable = &run->memo->locals[node->slot];
    if (!sv_val_charge(run, 1 + node->cost)) {
        loop->bad = sv_val_limit();
        return false;
    }
    if (loop->map == NULL)
        return sv_val_next(&loop->walk, run, variable);
    if (loop->next >= loop->map->count)
        return false;
    *variable = loop->map->entries[loop->next++].key;
    return true;
}

static struct sv_value keep_bad(struct sv_value kept, struct sv_value v)
{
    if (kept.type == SV_ERROR)
        return kept;
    return sv_val_is_bad(v) ? v : sv_val_no_overload();
}

/* all: until one is false; exists: until one is true. Errors count only if it comes to no end so. */
static struct sv_value until(const struct sv_node *node, struct sv_cel_run *run, bool end)
{
    struct loop loop;
    struct sv_value result = sv_value_bool(!end);
    if (!begin(node, run, &loop))
        return loop.bad;
    while (next(node, run, &loop)) {
        struct sv_value v = sv_node_run(node->b, run);
        if (v.type != SV_BOOL)
            result = keep_bad(result, v);
        else if (v.b == end)
            return v;
    }
    return loop.bad.type != SV_NULL ? loop.bad : result;
}

struct sv_value sv_node_all(const struct sv_node *node, struct sv_cel_run *run)
{
    return until(node, run, false);
}

struct sv_value sv_node_exists(const struct sv_node *node, struct sv_cel_run *run)
{
    return until(node, run, true);
}

struct sv_value sv_node_exists_one(const struct sv_node *node, struct sv_cel_run *run)
{
    struct loop loop;
    struct sv_value bad = {.type = SV_NULL};
    size_t count = 0;
    if (!begin(node, run, &loop))
        return loop.bad;
    while (next(node, run, &loop)) {
        struct sv_value v = sv_node_run(node->b, run);
        if (v.type != SV_BOOL)
            bad = keep_bad(bad, v);
        else
            count += v.b;
    }
    if (loop.bad.type != SV_NULL)
        return loop.bad;
    return bad.type != SV_NULL ? bad : sv_value_bool(count == 1);
}

/* A list that grows in the arena. */
struct growing {
    struct sv_value *items;
    size_t count, capacity;
};

static void grow(struct growing *list, struct sv_arena *arena, struct sv_value v)
{
    if (list->count == list->capacity) {
        list->capacity = list->capacity * 2 + 8;
        struct sv_value *items = sv_arena_alloc(arena, list->capacity * sizeof *items);
        if (list->count > 0)
            memcpy(items, list->items, list->count * sizeof *items);
        list->items = items;
    }
    list->items[list->count++] = v;
}

/* map and filter: c is what goes into the result, NULL the element itself; b the condition, or NULL. */
static struct sv_value collect(const struct sv_node *node, struct sv_cel_run *run)
{
    struct loop loop;
    struct growing list = {0};
    struct sv_value bad = {.type = SV_NULL};
    if (!begin(node, run, &loop))
        return loop.bad;
    while (next(node, run, &loop)) {
        struct sv_value v = node->b != NULL ? sv_node_run(node->b, run) : sv_value_bool(true);
        if (v.type == SV_BOOL && !v.b)
            continue;
        if (v.type == SV_BOOL)
            v = node->c != NULL ? sv_node_run(node->c, run) : run->memo->locals[node->slot];
        else if (!sv_val_is_bad(v))
            v = sv_val_no_overload();
        if (v.type == SV_ERROR)
            return v;
        if (v.type == SV_ABSENT)
            bad = v;
        grow(&list, run->arena, v);
    }
    if (loop.bad.type != SV_NULL)
        return loop.bad;
    return bad.type != SV_NULL ? bad : sv_val_list(run->arena, list.items, list.count);
}

struct sv_value sv_node_map_list(const struct sv_node *node, struct sv_cel_run *run)
{
    return collect(node, run);
}

struct sv_value sv_node_filter(const struct sv_node *node, struct sv_cel_run *run)
{
    return collect(node, run);
}
