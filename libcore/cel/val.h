/* SPDX-License-Identifier: ISC */
/* val.h - what can be done with a value of an expression: compare, look into, count. Private to this floor.
 *
 * Containers come in two forms that behave the same: built by an expression (SV_LIST, SV_MAP) and read from an event (SV_JSON,
 * looked into where needed). Selecting in the second never fails: what is not there is SV_ABSENT.
 *
 * Work in proportion to data is charged to run->steps. Whoever loops over data stops when a charge fails; the node that asked
 * then returns sv_val_limit(). Strings that come out of these calls are plain (no escapes).
 *
 * Floor: cel. */
#ifndef SV_VAL_H
#define SV_VAL_H

#include "base/limits.h"
#include "cel/cel.h"
#include "json/reader.h"

#define SV_VAL_STRING_MAX (16u << 20) /* bytes of one string or byte string that an expression builds */

/* What a search costs that ends at its limit (0.1 to 0.3 ms), and a pattern that is met at run time and compiled. */
#define SV_VAL_REGEX_LIMIT_STEPS 5000u
#define SV_VAL_REGEX_NEW_STEPS(len) (500u + 3u * (len))

struct sv_list {
    size_t count;
    const struct sv_value *items;
};

struct sv_map_entry {
    struct sv_value key, value;
};

struct sv_map_value {
    size_t count;
    const struct sv_map_entry *entries; /* in order of writing */
    const uint32_t *table;              /* index + 1 into entries, 0 free; NULL: few entries, look at each */
    uint32_t mask;
};

/* An error with a constant text. */
static inline struct sv_value sv_val_error(const char *text)
{
    return (struct sv_value){.type = SV_ERROR, .len = (uint32_t)strlen(text), .s = text};
}

/* The errors "cost limit" and "no such overload". */
struct sv_value sv_val_limit(void);
struct sv_value sv_val_no_overload(void);

static inline bool sv_val_is_bad(struct sv_value v)
{
    return v.type == SV_ABSENT || v.type == SV_ERROR;
}

/* Of two values of which at least one is bad: the error, else absent. */
static inline struct sv_value sv_val_worse(struct sv_value a, struct sv_value b)
{
    return a.type == SV_ERROR ? a : b.type == SV_ERROR ? b : sv_value_of(SV_ABSENT);
}

static inline bool sv_val_charge(struct sv_cel_run *run, uint64_t steps)
{
    run->steps += steps;
    return run->steps <= SV_CEL_STEPS_MAX;
}

static inline bool sv_val_over(const struct sv_cel_run *run)
{
    return run->steps > SV_CEL_STEPS_MAX;
}

static inline bool sv_val_is_number(struct sv_value v)
{
    return v.type == SV_INT || v.type == SV_UINT || v.type == SV_DOUBLE;
}

/* The same value with a string's escapes undone. */
static inline struct sv_value sv_val_plain(struct sv_value v, struct sv_arena *arena)
{
    if (v.type == SV_STRING && v.flags & SV_ESCAPED)
        sv_value_unescape(&v, arena);
    return v;
}

/* The type of a value as the checker names it; a JSON container is a list or a map. */
enum sv_cel_type sv_val_type(struct sv_value v);

/* "string", "google.protobuf.Timestamp": what type(v) is called, and what messages call it ("timestamp"). */
const char *sv_val_type_name(enum sv_cel_type type);
const char *sv_val_type_word(enum sv_cel_type type);

/* CEL's ==. Charged; after a limit the answer means nothing. */
bool sv_val_equal(struct sv_cel_run *run, struct sv_value a, struct sv_value b);

/* -1, 0, 1; SV_VAL_UNORDERED beside a NaN; SV_VAL_UNLIKE for types that have no order. */
enum { SV_VAL_UNORDERED = 2, SV_VAL_UNLIKE = 3 };
int sv_val_compare(struct sv_value a, struct sv_value b);

/* A list of these items, which are kept (not copied). */
struct sv_value sv_val_list(struct sv_arena *arena, const struct sv_value *items, size_t count);

/* A map of these entries, which are kept (not copied). SV_ERROR for a repeated key or one of a type that cannot be a key. */
struct sv_value sv_val_map(struct sv_cel_run *run, const struct sv_map_entry *entries, size_t count);

/* The entry's value, or NULL. */
const struct sv_value *sv_val_find(const struct sv_map_value *map, struct sv_value key);

/* The members of a JSON object, one level, the last of a repeated key only. */
const struct sv_map_value *sv_val_members(struct sv_cel_run *run, struct sv_value object);

/* v as an optional's value; none for SV_ABSENT, and an error stays one. */
struct sv_value sv_val_optional(struct sv_cel_run *run, struct sv_value v);

/* v.name and v[key]. from_event: v comes from the event, so a wrong type is absent, not an error. Of an optional it is an
 * optional: see the two below. */
struct sv_value sv_val_select(struct sv_cel_run *run, struct sv_value v, struct sv_slice name, bool from_event);
struct sv_value sv_val_index(struct sv_cel_run *run, struct sv_value v, struct sv_value key, bool from_event);

/* v.?name and v[?key]: an optional, none where there is nothing, or where v or the key is absent or v an optional without value. */
struct sv_value sv_val_select_optional(struct sv_cel_run *run, struct sv_value v, struct sv_slice name, bool from_event);
struct sv_value sv_val_index_optional(struct sv_cel_run *run, struct sv_value v, struct sv_value key, bool from_event);

/* x in container; SV_BOOL or SV_ERROR. */
struct sv_value sv_val_in(struct sv_cel_run *run, struct sv_value x, struct sv_value container);

/* Elements of a list or JSON array; false for anything else. */
struct sv_val_walk {
    struct sv_value list;
    size_t next;
    struct sv_json_iter iter;
};
bool sv_val_walk(struct sv_val_walk *walk, struct sv_value list);
bool sv_val_next(struct sv_val_walk *walk, struct sv_cel_run *run, struct sv_value *out);

/* Elements of a list, entries of a map; SV_JSON likewise. */
size_t sv_val_size(struct sv_cel_run *run, struct sv_value container);

/* Memory for a string that an expression builds, charged; NULL when a limit is hit. */
char *sv_val_room(struct sv_cel_run *run, size_t len);

/* v as it is when it names an int64 exactly (int, uint, double without fraction). */
bool sv_val_whole(struct sv_value v, int64_t *out);

#endif
