/* SPDX-License-Identifier: ISC */
/* What has variables of its own: comprehensions, which go by element over a list and by key over a map, with two variables by index
 * and element or key and value; cel.bind; and those of optionals. Every round of a loop is charged with the size of its body, so
 * that loops in loops end at the limit of steps. */
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

/* The same as next() for a map, or two variables. */
__attribute__((noinline)) static bool next_entry(const struct sv_node *node, struct sv_cel_run *run, struct loop *loop)
{
    struct sv_value *variables = &run->memo->locals[node->slot];
    size_t at = loop->next++;
    if (loop->map == NULL) {
        variables[0] = sv_value_int((int64_t)at);
        return sv_val_next(&loop->walk, run, &variables[1]);
    }
    if (at >= loop->map->count)
        return false;
    variables[0] = loop->map->entries[at].key;
    if (node->has_two)
        variables[1] = loop->map->entries[at].value;
    return true;
}

/* Puts the next element into the loop's variables; false at the end or at a limit. */
static inline bool next(const struct sv_node *node, struct sv_cel_run *run, struct loop *loop)
{
    if (!sv_val_charge(run, 1 + node->cost)) {
        loop->bad = sv_val_limit();
        return false;
    }
    if (loop->map != NULL || node->has_two)
        return next_entry(node, run, loop);
    return sv_val_next(&loop->walk, run, &run->memo->locals[node->slot]);
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

/* One round of what collects: false when its condition (b, or NULL) leaves the element out; *out is what it gives (c), which may be
 * bad, or the element itself. */
static bool collect_one(const struct sv_node *node, struct sv_cel_run *run, struct sv_value *out)
{
    struct sv_value v = node->b != NULL ? sv_node_run(node->b, run) : sv_value_bool(true);
    if (v.type == SV_BOOL && !v.b)
        return false;
    if (v.type == SV_BOOL)
        *out = node->c != NULL ? sv_node_run(node->c, run) : run->memo->locals[node->slot];
    else
        *out = sv_val_is_bad(v) ? v : sv_val_no_overload();
    return true;
}

/* map, filter and transformList */
static struct sv_value collect(const struct sv_node *node, struct sv_cel_run *run)
{
    struct loop loop;
    struct growing list = {0};
    struct sv_value bad = {.type = SV_NULL};
    if (!begin(node, run, &loop))
        return loop.bad;
    while (next(node, run, &loop)) {
        struct sv_value v;
        if (!collect_one(node, run, &v))
            continue;
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

/* Entries that grow in the arena: key, value, key, value. */
static void grow_entry(struct growing *entries, struct sv_arena *arena, struct sv_value key, struct sv_value value)
{
    grow(entries, arena, key);
    grow(entries, arena, value);
}

/* All entries of a map that an entry's expression gave; false when it is none. */
static bool grow_map(struct growing *entries, struct sv_cel_run *run, struct sv_value v)
{
    if (v.type != SV_MAP && !sv_value_is_object(v))
        return false;
    const struct sv_map_value *map = v.type == SV_MAP ? v.map : sv_val_members(run, v);
    for (size_t i = 0; i < map->count && sv_val_charge(run, 1); i++)
        grow_entry(entries, run->arena, map->entries[i].key, map->entries[i].value);
    return true;
}

static struct sv_value map_of(struct sv_cel_run *run, const struct growing *list)
{
    size_t count = list->count / 2;
    if (!sv_val_charge(run, count))
        return sv_val_limit();
    struct sv_map_entry *entries = sv_arena_alloc(run->arena, (count + 1) * sizeof *entries);
    for (size_t i = 0; i < count; i++)
        entries[i] = (struct sv_map_entry){list->items[2 * i], list->items[2 * i + 1]};
    return sv_val_map(run, entries, count);
}

/* transformMap and transformMapEntry */
static struct sv_value transform(const struct sv_node *node, struct sv_cel_run *run, bool by_entry)
{
    struct loop loop;
    struct growing entries = {0};
    struct sv_value bad = {.type = SV_NULL};
    if (!begin(node, run, &loop))
        return loop.bad;
    while (next(node, run, &loop)) {
        struct sv_value v;
        if (!collect_one(node, run, &v))
            continue;
        if (v.type == SV_ERROR)
            return v;
        if (v.type == SV_ABSENT)
            bad = v;
        else if (!by_entry)
            grow_entry(&entries, run->arena, run->memo->locals[node->slot], v);
        else if (!grow_map(&entries, run, v))
            return sv_val_no_overload();
    }
    if (loop.bad.type != SV_NULL)
        return loop.bad;
    return bad.type != SV_NULL ? bad : map_of(run, &entries);
}

struct sv_value sv_node_transform_map(const struct sv_node *node, struct sv_cel_run *run)
{
    return transform(node, run, false);
}

struct sv_value sv_node_transform_entry(const struct sv_node *node, struct sv_cel_run *run)
{
    return transform(node, run, true);
}

/* ---- once ---- */

/* cel.bind: a value that is absent or an error is so where the variable is read. */
struct sv_value sv_node_bind(const struct sv_node *node, struct sv_cel_run *run)
{
    struct sv_value v = sv_node_run(node->a, run);
    run->memo->locals[node->slot] = v;
    return sv_node_run(node->c, run);
}

/* What the optional holds into the variable, and the value made of it; *out without a value where there is none. */
static bool of_optional(const struct sv_node *node, struct sv_cel_run *run, struct sv_value *out)
{
    *out = sv_node_run(node->a, run);
    if (sv_val_is_bad(*out))
        return false;
    if (out->type != SV_OPTIONAL) {
        *out = sv_val_no_overload();
        return false;
    }
    if (out->optional == NULL)
        return false;
    run->memo->locals[node->slot] = *out->optional;
    *out = sv_node_run(node->c, run);
    return !sv_val_is_bad(*out);
}

struct sv_value sv_node_opt_map(const struct sv_node *node, struct sv_cel_run *run)
{
    struct sv_value v;
    return of_optional(node, run, &v) ? sv_val_optional(run, v) : v;
}

struct sv_value sv_node_opt_flat_map(const struct sv_node *node, struct sv_cel_run *run)
{
    struct sv_value v;
    return !of_optional(node, run, &v) || v.type == SV_OPTIONAL ? v : sv_val_no_overload();
}
