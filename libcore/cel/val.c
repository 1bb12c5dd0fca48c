/* SPDX-License-Identifier: ISC */
#include "cel/val.h"

#include <math.h>

#include "base/hash.h"

enum { FEW = 8 }; /* up to so many entries are looked at one by one */

static const double two_63 = 9223372036854775808.0, two_64 = 18446744073709551616.0;

struct sv_value sv_val_limit(void)
{
    return sv_val_error("cost limit: the expression took more than 1,000,000 steps");
}

struct sv_value sv_val_no_overload(void)
{
    return sv_val_error("no such overload");
}

enum sv_cel_type sv_val_type(struct sv_value v)
{
    switch ((enum sv_type)v.type) {
    case SV_NULL:
        return SV_CEL_NULL;
    case SV_BOOL:
        return SV_CEL_BOOL;
    case SV_INT:
        return SV_CEL_INT;
    case SV_UINT:
        return SV_CEL_UINT;
    case SV_DOUBLE:
        return SV_CEL_DOUBLE;
    case SV_STRING:
        return SV_CEL_STRING;
    case SV_JSON:
        return v.s[0] == '{' ? SV_CEL_MAP : SV_CEL_LIST;
    case SV_BYTES:
        return SV_CEL_BYTES;
    case SV_LIST:
        return SV_CEL_LIST;
    case SV_MAP:
        return SV_CEL_MAP;
    case SV_TIMESTAMP:
        return SV_CEL_TIMESTAMP;
    case SV_DURATION:
        return SV_CEL_DURATION;
    case SV_TYPE:
        return SV_CEL_TYPE;
    case SV_OPTIONAL:
        return SV_CEL_OPTIONAL;
    case SV_ABSENT:
    case SV_ERROR:
        break;
    }
    return SV_CEL_DYN;
}

static const struct {
    const char *name, *word;
} type_names[] = {[SV_CEL_DYN] = {"dyn", "dyn"},
                  [SV_CEL_NULL] = {"null_type", "null"},
                  [SV_CEL_BOOL] = {"bool", "bool"},
                  [SV_CEL_INT] = {"int", "int"},
                  [SV_CEL_UINT] = {"uint", "uint"},
                  [SV_CEL_DOUBLE] = {"double", "double"},
                  [SV_CEL_STRING] = {"string", "string"},
                  [SV_CEL_BYTES] = {"bytes", "bytes"},
                  [SV_CEL_LIST] = {"list", "list"},
                  [SV_CEL_MAP] = {"map", "map"},
                  [SV_CEL_TIMESTAMP] = {"google.protobuf.Timestamp", "timestamp"},
                  [SV_CEL_DURATION] = {"google.protobuf.Duration", "duration"},
                  [SV_CEL_TYPE] = {"type", "type"},
                  [SV_CEL_OPTIONAL] = {"optional_type", "optional"}};

const char *sv_val_type_name(enum sv_cel_type type)
{
    return type_names[type].name;
}

const char *sv_val_type_word(enum sv_cel_type type)
{
    return type_names[type].word;
}

bool sv_val_whole(struct sv_value v, int64_t *out)
{
    if (v.type == SV_INT) {
        *out = v.i;
        return true;
    }
    if (v.type == SV_UINT && v.u <= INT64_MAX) {
        *out = (int64_t)v.u;
        return true;
    }
    if (v.type == SV_DOUBLE && v.d >= -two_63 && v.d < two_63 && v.d == trunc(v.d)) {
        *out = (int64_t)v.d;
        return true;
    }
    return false;
}

/* Exact, on one number line: a cast to double would call 2^53 and 2^53 + 1 equal. Only at the upper end of the range, where a
 * double literal cannot name the largest int, the nearest double does (cel-spec's tests comparisons/lt_literal ask for that). */
static int compare_int_double(int64_t i, double d)
{
    if (isnan(d))
        return SV_VAL_UNORDERED;
    if (d >= two_63)
        return d == two_63 && (double)i == two_63 ? 0 : -1;
    if (d < -two_63)
        return 1;
    int64_t whole = (int64_t)d;
    if (i != whole)
        return i < whole ? -1 : 1;
    double rest = d - (double)whole;
    return (rest < 0) - (rest > 0);
}

static int compare_uint_double(uint64_t u, double d)
{
    if (isnan(d))
        return SV_VAL_UNORDERED;
    if (d >= two_64)
        return d == two_64 && (double)u == two_64 ? 0 : -1;
    if (d < 0)
        return 1;
    uint64_t whole = (uint64_t)d;
    if (u != whole)
        return u < whole ? -1 : 1;
    return d > (double)whole ? -1 : 0;
}

static int turned(int order)
{
    return order == SV_VAL_UNORDERED ? order : -order;
}

static int compare_numbers(struct sv_value a, struct sv_value b)
{
    if (a.type == SV_DOUBLE) {
        if (b.type == SV_INT)
            return turned(compare_int_double(b.i, a.d));
        if (b.type == SV_UINT)
            return turned(compare_uint_double(b.u, a.d));
        if (isnan(a.d) || isnan(b.d))
            return SV_VAL_UNORDERED;
        return (a.d > b.d) - (a.d < b.d);
    }
    if (b.type == SV_DOUBLE)
        return a.type == SV_INT ? compare_int_double(a.i, b.d) : compare_uint_double(a.u, b.d);
    if (a.type == SV_INT && b.type == SV_INT)
        return (a.i > b.i) - (a.i < b.i);
    if (a.type == SV_INT && a.i < 0)
        return -1;
    if (b.type == SV_INT && b.i < 0)
        return 1;
    return (a.u > b.u) - (a.u < b.u);
}

int sv_val_compare(struct sv_value a, struct sv_value b)
{
    if (sv_val_is_number(a) && sv_val_is_number(b))
        return compare_numbers(a, b);
    if (a.type != b.type)
        return SV_VAL_UNLIKE;
    switch ((enum sv_type)a.type) {
    case SV_BOOL:
        return (int)a.b - (int)b.b;
    case SV_STRING:
    case SV_BYTES: {
        int order = sv_slice_compare(sv_value_raw(a), sv_value_raw(b));
        return (order > 0) - (order < 0);
    }
    case SV_TIMESTAMP:
        if (a.i == b.i)
            return (a.len > b.len) - (a.len < b.len);
        return a.i < b.i ? -1 : 1;
    case SV_DURATION:
        return (a.i > b.i) - (a.i < b.i);
    default:
        return SV_VAL_UNLIKE;
    }
}

bool sv_val_walk(struct sv_val_walk *walk, struct sv_value list)
{
    *walk = (struct sv_val_walk){.list = list};
    if (sv_value_is_array(list))
        walk->iter = sv_json_iter(list);
    else if (list.type != SV_LIST)
        return false;
    return true;
}

bool sv_val_next(struct sv_val_walk *walk, struct sv_cel_run *run, struct sv_value *out)
{
    if (walk->list.type == SV_LIST) {
        if (walk->next >= walk->list.list->count)
            return false;
        *out = walk->list.list->items[walk->next++];
        return true;
    }
    if (!sv_json_next(&walk->iter, NULL, out))
        return false;
    if (out->type == SV_STRING || out->type == SV_JSON)
        sv_val_charge(run, out->len / 256); /* its text was gone through */
    *out = sv_val_plain(*out, run->arena);
    return true;
}

static bool equal_lists(struct sv_cel_run *run, struct sv_value a, struct sv_value b)
{
    if (a.type == SV_LIST && b.type == SV_LIST && a.list->count != b.list->count)
        return false;
    struct sv_val_walk left, right;
    if (!sv_val_walk(&left, a) || !sv_val_walk(&right, b))
        return false;
    for (;;) {
        struct sv_value x, y;
        bool more = sv_val_next(&left, run, &x);
        if (more != sv_val_next(&right, run, &y))
            return false;
        if (!more)
            return true;
        if (!sv_val_equal(run, x, y))
            return false;
    }
}

static const struct sv_map_value *map_of(struct sv_cel_run *run, struct sv_value v)
{
    return v.type == SV_MAP ? v.map : sv_val_members(run, v);
}

static const struct sv_value *find_charged(struct sv_cel_run *run, const struct sv_map_value *map, struct sv_value key);

static bool equal_maps(struct sv_cel_run *run, struct sv_value a, struct sv_value b)
{
    const struct sv_map_value *left = map_of(run, a), *right = map_of(run, b);
    if (sv_val_over(run) || left->count != right->count)
        return false;
    for (size_t i = 0; i < left->count; i++) {
        const struct sv_value *other = find_charged(run, right, left->entries[i].key);
        if (other == NULL || !sv_val_equal(run, left->entries[i].value, *other))
            return false;
    }
    return true;
}

/* Recursion is bounded: containers nest as deep as JSON (limits.h) or the expression that built them. */
bool sv_val_equal(struct sv_cel_run *run, struct sv_value a, struct sv_value b)
{
    if (!sv_val_charge(run, 1))
        return false;
    if (sv_val_is_number(a) && sv_val_is_number(b))
        return compare_numbers(a, b) == 0;
    enum sv_cel_type type = sv_val_type(a);
    if (type != sv_val_type(b))
        return false;
    switch (type) {
    case SV_CEL_NULL:
        return true;
    case SV_CEL_STRING:
    case SV_CEL_BYTES:
    case SV_CEL_TYPE:
        return a.len == b.len && sv_val_charge(run, a.len / 1024) && sv_slice_equal(sv_value_raw(a), sv_value_raw(b));
    case SV_CEL_LIST:
        return equal_lists(run, a, b);
    case SV_CEL_MAP:
        return equal_maps(run, a, b);
    case SV_CEL_OPTIONAL:
        if (a.optional == NULL || b.optional == NULL)
            return a.optional == b.optional;
        return sv_val_equal(run, *a.optional, *b.optional);
    case SV_CEL_DYN:
        return false;
    default:
        return sv_val_compare(a, b) == 0;
    }
}

bool sv_cel_equal(struct sv_value a, struct sv_value b, struct sv_arena *arena)
{
    struct sv_cel_run run = {.arena = arena};
    return sv_val_equal(&run, sv_val_plain(a, arena), sv_val_plain(b, arena));
}

struct sv_value sv_val_list(struct sv_arena *arena, const struct sv_value *items, size_t count)
{
    struct sv_list *list = sv_arena_alloc(arena, sizeof *list);
    *list = (struct sv_list){.count = count, .items = items};
    return (struct sv_value){.type = SV_LIST, .list = list};
}

struct sv_value sv_cel_list(struct sv_arena *arena, const struct sv_value *items, size_t count)
{
    struct sv_value *copy = sv_arena_calloc(arena, count + 1, sizeof *copy);
    for (size_t i = 0; i < count; i++)
        copy[i] = sv_val_plain(items[i], arena);
    return sv_val_list(arena, copy, count);
}

/* Equal keys have equal hashes, whatever numeric type they have. */
static uint64_t hash_key(struct sv_value key)
{
    int64_t whole;
    if (key.type == SV_STRING)
        return sv_hash(sv_value_raw(key));
    if (key.type == SV_BOOL)
        return key.b ? 0x9E3779B97F4A7C15u : 0xC2B2AE3D27D4EB4Fu;
    if (sv_val_whole(key, &whole) || key.type == SV_UINT) {
        uint64_t h = key.type == SV_UINT ? key.u : (uint64_t)whole;
        h = (h ^ h >> 32) * 0xD6E8FEB86659FD93u;
        return h ^ h >> 32;
    }
    return 0;
}

static bool same_key(struct sv_value a, struct sv_value b)
{
    if (a.type == SV_STRING && b.type == SV_STRING)
        return sv_slice_equal(sv_value_raw(a), sv_value_raw(b));
    if (a.type == SV_BOOL && b.type == SV_BOOL)
        return a.b == b.b;
    int64_t x, y;
    if (a.type == SV_DOUBLE || b.type == SV_DOUBLE)
        return sv_val_whole(a, &x) && sv_val_whole(b, &y) && x == y;
    return sv_val_is_number(a) && sv_val_is_number(b) && compare_numbers(a, b) == 0;
}

const struct sv_value *sv_val_find(const struct sv_map_value *map, struct sv_value key)
{
    if (map->table == NULL) {
        for (size_t i = 0; i < map->count; i++)
            if (same_key(map->entries[i].key, key))
                return &map->entries[i].value;
        return NULL;
    }
    for (uint32_t at = (uint32_t)hash_key(key) & map->mask; map->table[at] != 0; at = (at + 1) & map->mask)
        if (same_key(map->entries[map->table[at] - 1].key, key))
            return &map->entries[map->table[at] - 1].value;
    return NULL;
}

/* A key that an expression works out may be long, and is hashed or compared a few times. */
static bool charge_key(struct sv_cel_run *run, struct sv_value key)
{
    return sv_val_charge(run, key.type == SV_STRING ? key.len / 256 : 0);
}

static const struct sv_value *find_charged(struct sv_cel_run *run, const struct sv_map_value *map, struct sv_value key)
{
    charge_key(run, key);
    return sv_val_find(map, key);
}

/* Where the key stands in a table of entries, or the free place for it. */
static uint32_t *place_of(uint32_t *table, uint32_t mask, const struct sv_map_entry *entries, struct sv_value key)
{
    uint32_t at = (uint32_t)hash_key(key) & mask;
    while (table[at] != 0 && !same_key(entries[table[at] - 1].key, key))
        at = (at + 1) & mask;
    return &table[at];
}

static uint32_t *new_table(struct sv_arena *arena, size_t count, uint32_t *mask)
{
    uint32_t size = 32;
    while (size < 2 * count)
        size *= 2;
    *mask = size - 1;
    return sv_arena_calloc(arena, size, sizeof(uint32_t));
}

struct sv_value sv_val_map(struct sv_cel_run *run, const struct sv_map_entry *entries, size_t count)
{
    struct sv_map_value *map = sv_arena_alloc(run->arena, sizeof *map);
    *map = (struct sv_map_value){.entries = entries};
    uint32_t *table = count > FEW ? new_table(run->arena, count, &map->mask) : NULL;
    for (size_t i = 0; i < count; i++) {
        struct sv_value key = entries[i].key;
        if (key.type != SV_STRING && key.type != SV_BOOL && key.type != SV_INT && key.type != SV_UINT)
            return sv_val_error("a map's key is a string, bool, int or uint");
        if (!charge_key(run, key))
            return sv_val_limit();
        bool repeated;
        if (table != NULL) {
            uint32_t *place = place_of(table, map->mask, entries, key);
            repeated = *place != 0;
            *place = (uint32_t)i + 1;
        } else {
            repeated = sv_val_find(map, key) != NULL;
        }
        if (repeated)
            return sv_val_error("a map's key is repeated");
        map->count = i + 1;
    }
    map->table = table;
    return (struct sv_value){.type = SV_MAP, .map = map};
}

const struct sv_map_value *sv_val_members(struct sv_cel_run *run, struct sv_value object)
{
    struct sv_map_value *map = sv_arena_calloc(run->arena, 1, sizeof *map);
    struct sv_json_iter iter = sv_json_iter(object);
    struct sv_value key, value;
    size_t count = 0;
    while (sv_json_next(&iter, &key, &value))
        count++;
    if (!sv_val_charge(run, count + object.len / 256))
        return map;
    struct sv_map_entry *entries = sv_arena_calloc(run->arena, count + 1, sizeof *entries);
    uint32_t *table = new_table(run->arena, count, &map->mask);
    iter = sv_json_iter(object);
    while (sv_json_next(&iter, &key, &value)) {
        key = sv_val_plain(key, run->arena);
        uint32_t *place = place_of(table, map->mask, entries, key);
        if (*place == 0) {
            entries[map->count].key = key;
            *place = (uint32_t)++map->count;
        }
        entries[*place - 1].value = sv_val_plain(value, run->arena);
    }
    map->entries = entries;
    map->table = table;
    return map;
}

struct sv_value sv_val_optional(struct sv_cel_run *run, struct sv_value v)
{
    if (sv_val_is_bad(v))
        return v.type == SV_ERROR ? v : sv_value_of(SV_OPTIONAL);
    struct sv_value *copy = sv_arena_alloc(run->arena, sizeof *copy);
    *copy = v;
    return (struct sv_value){.type = SV_OPTIONAL, .optional = copy};
}

/* What stands under the name, SV_ABSENT when nothing does; SV_ERROR where v cannot have it. */
static struct sv_value member(struct sv_cel_run *run, struct sv_value v, struct sv_slice name, bool from_event)
{
    if (v.type == SV_MAP) {
        const struct sv_value *found = sv_val_find(v.map, sv_value_str(name));
        return found != NULL ? *found : sv_value_of(SV_ABSENT);
    }
    if (v.type == SV_JSON) {
        if (!sv_val_charge(run, v.len / 256 + 1))
            return sv_val_limit();
        return sv_value_is_object(v) ? sv_val_plain(sv_json_get(v, name), run->arena) : sv_value_of(SV_ABSENT);
    }
    return from_event ? sv_value_of(SV_ABSENT) : sv_val_no_overload();
}

struct sv_value sv_val_select(struct sv_cel_run *run, struct sv_value v, struct sv_slice name, bool from_event)
{
    if (sv_val_is_bad(v))
        return v;
    if (v.type == SV_OPTIONAL)
        return sv_val_select_optional(run, v, name, from_event);
    struct sv_value found = member(run, v, name, from_event);
    return found.type == SV_ABSENT && v.type == SV_MAP ? sv_val_error("no such key") : found;
}

struct sv_value sv_val_select_optional(struct sv_cel_run *run, struct sv_value v, struct sv_slice name, bool from_event)
{
    if (v.type == SV_OPTIONAL && v.optional != NULL)
        v = *v.optional;
    else if (sv_val_is_bad(v) || v.type == SV_OPTIONAL)
        return v.type == SV_ERROR ? v : sv_value_of(SV_OPTIONAL);
    return sv_val_optional(run, member(run, v, name, from_event));
}

/* The same as member() for a key or index, both good. */
static struct sv_value element(struct sv_cel_run *run, struct sv_value v, struct sv_value key, bool from_event)
{
    int64_t at;
    if (v.type == SV_LIST) {
        if (!sv_val_is_number(key))
            return sv_val_no_overload();
        if (!sv_val_whole(key, &at) || at < 0 || (uint64_t)at >= v.list->count)
            return sv_value_of(SV_ABSENT);
        return v.list->items[at];
    }
    if (v.type == SV_MAP) {
        if (key.type != SV_STRING && key.type != SV_BOOL && !sv_val_is_number(key))
            return sv_val_no_overload();
        const struct sv_value *found = find_charged(run, v.map, key);
        return found != NULL ? *found : sv_value_of(SV_ABSENT);
    }
    if (v.type == SV_JSON) {
        if (!sv_val_charge(run, v.len / 256 + 1))
            return sv_val_limit();
        if (sv_value_is_object(v))
            return key.type == SV_STRING ? sv_val_plain(sv_json_get(v, sv_value_raw(key)), run->arena) : sv_value_of(SV_ABSENT);
        if (!sv_val_whole(key, &at) || at < 0 || at >= v.len) /* an element has a byte at least */
            return sv_val_is_number(key) || key.type == SV_STRING ? sv_value_of(SV_ABSENT) : sv_val_no_overload();
        return sv_val_plain(sv_json_at(v, (size_t)at), run->arena);
    }
    return from_event ? sv_value_of(SV_ABSENT) : sv_val_no_overload();
}

struct sv_value sv_val_index(struct sv_cel_run *run, struct sv_value v, struct sv_value key, bool from_event)
{
    if (sv_val_is_bad(v) || sv_val_is_bad(key))
        return sv_val_worse(v, key);
    if (v.type == SV_OPTIONAL)
        return sv_val_index_optional(run, v, key, from_event);
    struct sv_value found = element(run, v, key, from_event);
    if (found.type != SV_ABSENT || (v.type != SV_MAP && v.type != SV_LIST))
        return found;
    return sv_val_error(v.type == SV_MAP ? "no such key" : "index out of range");
}

struct sv_value sv_val_index_optional(struct sv_cel_run *run, struct sv_value v, struct sv_value key, bool from_event)
{
    if (v.type == SV_ERROR || key.type == SV_ERROR)
        return v.type == SV_ERROR ? v : key;
    if (v.type == SV_OPTIONAL && v.optional != NULL)
        v = *v.optional;
    else if (v.type == SV_OPTIONAL)
        return v;
    if (v.type == SV_ABSENT || key.type == SV_ABSENT)
        return sv_value_of(SV_OPTIONAL);
    return sv_val_optional(run, element(run, v, key, from_event));
}

struct sv_value sv_val_in(struct sv_cel_run *run, struct sv_value x, struct sv_value container)
{
    struct sv_val_walk walk;
    if (container.type == SV_MAP)
        return sv_value_bool(find_charged(run, container.map, x) != NULL);
    if (sv_value_is_object(container)) {
        if (!sv_val_charge(run, container.len / 256 + 1))
            return sv_val_limit();
        return sv_value_bool(x.type == SV_STRING && sv_json_get(container, sv_value_raw(x)).type != SV_ABSENT);
    }
    if (!sv_val_walk(&walk, container))
        return sv_val_no_overload();
    for (struct sv_value item; sv_val_next(&walk, run, &item);) {
        if (sv_val_equal(run, x, item))
            return sv_value_bool(true);
        if (sv_val_over(run))
            return sv_val_limit();
    }
    return sv_value_bool(false);
}

size_t sv_val_size(struct sv_cel_run *run, struct sv_value container)
{
    if (container.type == SV_LIST)
        return container.list->count;
    if (container.type == SV_MAP)
        return container.map->count;
    if (sv_value_is_object(container))
        return sv_val_members(run, container)->count;
    struct sv_json_iter iter = sv_json_iter(container);
    size_t count = 0;
    for (struct sv_value item; sv_json_next(&iter, NULL, &item);)
        count++;
    sv_val_charge(run, container.len / 256 + 1);
    return count;
}

char *sv_val_room(struct sv_cel_run *run, size_t len)
{
    if (len > SV_VAL_STRING_MAX || !sv_val_charge(run, len / 64))
        return NULL;
    return sv_arena_alloc(run->arena, len > 0 ? len : 1);
}
