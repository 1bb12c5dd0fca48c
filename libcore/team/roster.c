/* SPDX-License-Identifier: ISC */
#include "team/roster.h"

#include <stdlib.h>

#include "base/limits.h"
#include "base/set.h"

/* Agents whose places are remembered, before all are forgotten. */
enum { REMEMBERED = 16384 };

/* From when on a name is where; the first begins before all times. */
struct spans {
    struct sv_slice name;
    struct span {
        int64_t from_ns;
        const struct sv_roster_place *place; /* NULL: nowhere */
    } *items;
    size_t count;
};

struct sv_roster_cache {
    struct sv_map names[SV_ROSTER_KINDS]; /* -> struct spans */
    struct sv_arena arena;
    const struct spans *last; /* agents come in runs */
    uint32_t *globs; /* members' rows, index + 1, the most particular first */
    size_t glob_count;
    bool has_globs;
};

/* --- rows --- */

struct sv_roster *sv_roster_new(void)
{
    struct sv_roster *roster = sv_calloc(1, sizeof *roster);
    roster->cache = sv_calloc(1, sizeof *roster->cache);
    return roster;
}

static bool has_found(const struct sv_roster_cache *cache)
{
    return cache->names[SV_ROSTER_MEMBER].count + cache->names[SV_ROSTER_TEAM].count + cache->names[SV_ROSTER_SUPERVISOR].count > 0;
}

void sv_roster_forget(struct sv_roster *roster)
{
    struct sv_roster_cache *cache = roster->cache;
    for (int kind = 0; kind < SV_ROSTER_KINDS; kind++)
        sv_map_free(&cache->names[kind]);
    sv_arena_reset(&cache->arena);
    sv_free(cache->globs);
    cache->globs = NULL;
    cache->glob_count = 0;
    cache->has_globs = false;
    cache->last = NULL;
}

void sv_roster_free(struct sv_roster *roster)
{
    if (roster == NULL)
        return;
    sv_roster_forget(roster);
    sv_arena_free(&roster->cache->arena);
    sv_free(roster->cache);
    for (int kind = 0; kind < SV_ROSTER_KINDS; kind++) {
        sv_free(roster->rows[kind].items);
        sv_map_free(&roster->rows[kind].names);
        sv_free(roster->rows[kind].numbers);
        sv_free(roster->rows[kind].below);
    }
    sv_free(roster);
}

bool sv_roster_is_empty(const struct sv_roster *roster)
{
    return roster->rows[SV_ROSTER_SUPERVISOR].count + roster->rows[SV_ROSTER_TEAM].count + roster->rows[SV_ROSTER_MEMBER].count == 0;
}

/* Puts index + 1 at this number, and returns what stood there. */
static uint32_t chain(uint32_t **heads, size_t *count, int64_t number, size_t index)
{
    if (number <= 0)
        return 0;
    size_t at = (size_t)number;
    if (at >= *count) {
        size_t room = at + at / 2 + 16;
        *heads = sv_realloc(*heads, room * sizeof **heads);
        memset(*heads + *count, 0, (room - *count) * sizeof **heads);
        *count = room;
    }
    uint32_t before = (*heads)[at];
    (*heads)[at] = (uint32_t)(index + 1);
    return before;
}

struct sv_roster_row *sv_roster_add(struct sv_roster *roster, enum sv_roster_kind kind, const struct sv_roster_row *row)
{
    struct sv_roster_rows *rows = &roster->rows[kind];
    if (has_found(roster->cache))
        sv_roster_forget(roster);
    if (rows->count == rows->capacity) {
        rows->capacity = rows->capacity > 0 ? 2 * rows->capacity : 64;
        rows->items = sv_realloc(rows->items, rows->capacity * sizeof *rows->items);
    }
    size_t index = rows->count++;
    struct sv_roster_row *added = &rows->items[index];
    struct sv_map_item *name = sv_map_at(&rows->names, row->name);
    *added = *row;
    added->name = name->key;
    added->same_name = (uint32_t)name->number;
    name->number = index + 1;
    added->same_number = chain(&rows->numbers, &rows->number_count, row->number, index);
    added->sibling = chain(&rows->below, &rows->below_count, row->above, index);
    return added;
}

static struct sv_roster_row *row_at(const struct sv_roster *roster, enum sv_roster_kind kind, uint32_t index)
{
    return index > 0 ? &roster->rows[kind].items[index - 1] : NULL;
}

struct sv_roster_row *sv_roster_last(const struct sv_roster *roster, enum sv_roster_kind kind, struct sv_slice name)
{
    const struct sv_map_item *item = sv_map_find(&roster->rows[kind].names, name);
    return item != NULL ? row_at(roster, kind, (uint32_t)item->number) : NULL;
}

struct sv_roster_row *sv_roster_earlier(const struct sv_roster *roster, enum sv_roster_kind kind, const struct sv_roster_row *row)
{
    return row_at(roster, kind, row->same_name);
}

struct sv_roster_row *sv_roster_named(const struct sv_roster *roster, enum sv_roster_kind kind, struct sv_slice name, int64_t time_ns)
{
    struct sv_roster_row *row = sv_roster_last(roster, kind, name);
    while (row != NULL && !sv_roster_holds(row, time_ns))
        row = row_at(roster, kind, row->same_name);
    return row;
}

static struct sv_roster_row *newest_of(const struct sv_roster *roster, enum sv_roster_kind kind, int64_t number)
{
    const struct sv_roster_rows *rows = &roster->rows[kind];
    return number > 0 && (size_t)number < rows->number_count ? row_at(roster, kind, rows->numbers[number]) : NULL;
}

struct sv_roster_row *sv_roster_numbered(const struct sv_roster *roster, enum sv_roster_kind kind, int64_t number, int64_t time_ns)
{
    struct sv_roster_row *row = newest_of(roster, kind, number);
    while (row != NULL && !sv_roster_holds(row, time_ns))
        row = row_at(roster, kind, row->same_number);
    return row;
}

struct sv_roster_row *sv_roster_below(const struct sv_roster *roster, enum sv_roster_kind kind, int64_t number,
                                      const struct sv_roster_row *before)
{
    const struct sv_roster_rows *rows = &roster->rows[kind];
    if (before != NULL)
        return row_at(roster, kind, before->sibling);
    return number > 0 && (size_t)number < rows->below_count ? row_at(roster, kind, rows->below[number]) : NULL;
}

int64_t sv_roster_next(const struct sv_roster *roster, enum sv_roster_kind kind)
{
    int64_t next = 1;
    for (size_t i = 0; i < roster->rows[kind].count; i++)
        if (roster->rows[kind].items[i].number >= next)
            next = roster->rows[kind].items[i].number + 1;
    return next;
}

/* --- globs --- */

bool sv_roster_is_glob(struct sv_slice name)
{
    for (size_t i = 0; i < name.len; i++)
        if (strchr("*?[\\", name.data[i]) != NULL && name.data[i] != '\0')
            return true;
    return false;
}

/* Characters that stand for themselves. */
static size_t plain_of(struct sv_slice glob)
{
    size_t plain = 0;
    for (size_t i = 0; i < glob.len; i++)
        switch (glob.data[i]) {
        case '*':
        case '?':
            break;
        case '[': {
            const char *end = memchr(glob.data + i, ']', glob.len - i);
            i = end != NULL ? (size_t)(end - glob.data) : i;
            break;
        }
        case '\\':
            i++;
            plain++;
            break;
        default:
            plain++;
        }
    return plain;
}

static int by_particular(const void *a, const void *b)
{
    const struct sv_roster_row *x = *(const struct sv_roster_row *const *)a, *y = *(const struct sv_roster_row *const *)b;
    size_t plain_x = plain_of(x->name), plain_y = plain_of(y->name);
    return plain_x != plain_y ? (plain_x < plain_y) - (plain_x > plain_y) : sv_slice_compare(x->name, y->name);
}

static void find_globs(struct sv_roster *roster)
{
    struct sv_roster_cache *cache = roster->cache;
    const struct sv_roster_rows *members = &roster->rows[SV_ROSTER_MEMBER];
    const struct sv_roster_row **globs = sv_calloc(members->count + 1, sizeof(const struct sv_roster_row *));
    for (size_t i = 0; i < members->count; i++)
        if (sv_roster_is_glob(members->items[i].name))
            globs[cache->glob_count++] = &members->items[i];
    qsort(globs, cache->glob_count, sizeof *globs, by_particular);
    cache->globs = sv_calloc(cache->glob_count + 1, sizeof *cache->globs);
    for (size_t i = 0; i < cache->glob_count; i++)
        cache->globs[i] = (uint32_t)(globs[i] - members->items) + 1;
    cache->has_globs = true;
    sv_free(globs);
}

/* --- where a name is, over time --- */

/* What is found out about one name. */
struct search {
    const struct sv_roster *roster;
    const struct sv_roster_row **rows; /* [count] of members that it may be, in the order in which they count */
    size_t count, capacity;
    int64_t *times;                    /* [time_count] at which anything about it changes */
    size_t time_count, time_capacity;
    int64_t *supervisors;              /* [supervisor_count] whose rows are among them */
    size_t supervisor_count, supervisor_capacity;
    struct sv_set seen;
};

static void add_row(struct search *search, const struct sv_roster_row *row)
{
    if (search->count == search->capacity) {
        search->capacity = search->capacity > 0 ? 2 * search->capacity : 16;
        search->rows = sv_realloc(search->rows, search->capacity * sizeof *search->rows);
    }
    search->rows[search->count++] = row;
}

static void add_times(struct search *search, const struct sv_roster_row *row)
{
    if (search->time_count + 2 > search->time_capacity) {
        search->time_capacity = search->time_capacity > 0 ? 2 * search->time_capacity : 16;
        search->times = sv_realloc(search->times, search->time_capacity * sizeof *search->times);
    }
    search->times[search->time_count++] = row->joined_ns;
    search->times[search->time_count++] = row->left_ns;
}

static void add_supervisor(struct search *search, int64_t number)
{
    if (number == 0 || !sv_set_add(&search->seen, (uint64_t)number))
        return;
    if (search->supervisor_count == search->supervisor_capacity) {
        search->supervisor_capacity = search->supervisor_capacity > 0 ? 2 * search->supervisor_capacity : 16;
        search->supervisors = sv_realloc(search->supervisors, search->supervisor_capacity * sizeof *search->supervisors);
    }
    search->supervisors[search->supervisor_count++] = number;
}

/* All rows that a supervisor ever had, and those of all that were ever above it: each once, for over time they may form circles. */
static void add_supervisors(struct search *search, int64_t number)
{
    size_t next = search->supervisor_count;
    add_supervisor(search, number);
    for (; next < search->supervisor_count; next++)
        for (const struct sv_roster_row *row = newest_of(search->roster, SV_ROSTER_SUPERVISOR, search->supervisors[next]); row != NULL;
             row = row_at(search->roster, SV_ROSTER_SUPERVISOR, row->same_number)) {
            add_times(search, row);
            add_supervisor(search, row->above);
        }
}

static void add_team(struct search *search, int64_t number)
{
    for (const struct sv_roster_row *row = newest_of(search->roster, SV_ROSTER_TEAM, number); row != NULL;
         row = row_at(search->roster, SV_ROSTER_TEAM, row->same_number)) {
        add_times(search, row);
        add_supervisors(search, row->above);
    }
}

static void add_named(struct search *search, enum sv_roster_kind kind, struct sv_slice name)
{
    for (const struct sv_roster_row *row = sv_roster_last(search->roster, kind, name); row != NULL;
         row = row_at(search->roster, kind, row->same_name))
        add_row(search, row);
}

static bool is_meant(struct sv_slice glob, struct sv_slice agent)
{
    for (; agent.len > 0; agent = sv_slice_above(agent))
        if (sv_slice_glob(glob, agent))
            return true;
    return false;
}

static void add_members(struct search *search, struct sv_roster *roster, struct sv_slice agent)
{
    for (struct sv_slice name = agent; name.len > 0; name = sv_slice_above(name))
        add_named(search, SV_ROSTER_MEMBER, name);
    if (!roster->cache->has_globs)
        find_globs(roster);
    for (size_t i = 0; i < roster->cache->glob_count; i++) {
        const struct sv_roster_row *row = row_at(roster, SV_ROSTER_MEMBER, roster->cache->globs[i]);
        if (is_meant(row->name, agent))
            add_row(search, row);
    }
}

static const struct sv_roster_row *first_at(const struct search *search, int64_t time_ns)
{
    for (size_t i = 0; i < search->count; i++)
        if (sv_roster_holds(search->rows[i], time_ns))
            return search->rows[i];
    return NULL;
}

/* Fills in the supervisor and those above it. */
static void climb(const struct search *search, int64_t number, int64_t time_ns, struct sv_arena *arena, struct sv_roster_place *place)
{
    struct sv_slice above[SV_ROSTER_DEPTH_MAX];
    const struct sv_roster_row *row = sv_roster_numbered(search->roster, SV_ROSTER_SUPERVISOR, number, time_ns);
    if (row == NULL)
        return;
    place->supervisor = row->name;
    while (place->above_count < SV_ROSTER_DEPTH_MAX &&
           (row = sv_roster_numbered(search->roster, SV_ROSTER_SUPERVISOR, row->above, time_ns)) != NULL)
        above[place->above_count++] = row->name;
    struct sv_slice *kept = sv_arena_calloc(arena, place->above_count + 1, sizeof *kept);
    memcpy(kept, above, place->above_count * sizeof *kept);
    place->above = kept;
}

static const struct sv_roster_place *place_at(const struct search *search, enum sv_roster_kind kind, int64_t time_ns, struct sv_arena *arena)
{
    const struct sv_roster_row *row = first_at(search, time_ns);
    if (row != NULL && kind == SV_ROSTER_MEMBER)
        row = sv_roster_numbered(search->roster, SV_ROSTER_TEAM, row->above, time_ns);
    if (row == NULL)
        return NULL;
    struct sv_roster_place *place = sv_arena_calloc(arena, 1, sizeof *place);
    place->team = kind == SV_ROSTER_SUPERVISOR ? SV_SLICE("") : row->name;
    climb(search, kind == SV_ROSTER_SUPERVISOR ? row->number : row->above, time_ns, arena, place);
    return place;
}

static int by_time(const void *a, const void *b)
{
    int64_t x = *(const int64_t *)a, y = *(const int64_t *)b;
    return (x > y) - (x < y);
}

static void collect_times(struct search *search, enum sv_roster_kind kind)
{
    for (size_t i = 0; i < search->count; i++) {
        const struct sv_roster_row *row = search->rows[i];
        add_times(search, row);
        if (kind == SV_ROSTER_MEMBER)
            add_team(search, row->above);
        else
            add_supervisors(search, kind == SV_ROSTER_TEAM ? row->above : row->number);
    }
    if (search->time_count > 0)
        qsort(search->times, search->time_count, sizeof *search->times, by_time);
}

static struct spans *make_spans(struct sv_roster *roster, enum sv_roster_kind kind, struct sv_slice name)
{
    struct search search = {.roster = roster};
    struct sv_arena *arena = &roster->cache->arena;
    if (kind == SV_ROSTER_MEMBER)
        add_members(&search, roster, name);
    else
        add_named(&search, kind, name);
    collect_times(&search, kind);
    struct spans *spans = sv_arena_calloc(arena, 1, sizeof *spans);
    spans->items = sv_arena_calloc(arena, search.time_count + 1, sizeof *spans->items);
    spans->items[spans->count++] = (struct span){INT64_MIN, NULL};
    for (size_t i = 0; i < search.time_count; i++) {
        int64_t from_ns = search.times[i];
        if (from_ns == SV_ROSTER_OPEN || from_ns == spans->items[spans->count - 1].from_ns)
            continue;
        spans->items[spans->count++] = (struct span){from_ns, place_at(&search, kind, from_ns, arena)};
    }
    sv_free(search.rows);
    sv_free(search.times);
    sv_free(search.supervisors);
    sv_set_free(&search.seen);
    return spans;
}

static const struct spans *spans_of(struct sv_roster *roster, enum sv_roster_kind kind, struct sv_slice name)
{
    struct sv_roster_cache *cache = roster->cache;
    const struct sv_map_item *known = sv_map_find(&cache->names[kind], name);
    if (known != NULL) {
        roster->hits++;
        return known->pointer;
    }
    roster->misses++;
    if (cache->names[kind].count >= REMEMBERED)
        sv_roster_forget(roster);
    struct spans *spans = make_spans(roster, kind, name);
    struct sv_map_item *item = sv_map_at(&cache->names[kind], name);
    item->pointer = spans;
    spans->name = item->key;
    return spans;
}

static const struct sv_roster_place *span_at(const struct spans *spans, int64_t time_ns)
{
    size_t low = 0, high = spans->count; /* the last that begins at or before the time: mostly the last of all */
    if (spans->items[high - 1].from_ns <= time_ns)
        return spans->items[high - 1].place;
    while (high - low > 1) {
        size_t middle = low + (high - low) / 2;
        if (spans->items[middle].from_ns <= time_ns)
            low = middle;
        else
            high = middle;
    }
    return spans->items[low].place;
}

const struct sv_roster_place *sv_roster_find(struct sv_roster *roster, struct sv_slice agent, int64_t time_ns)
{
    struct sv_roster_cache *cache = roster->cache;
    if (cache->last == NULL || !sv_slice_equal(cache->last->name, agent))
        cache->last = spans_of(roster, SV_ROSTER_MEMBER, agent);
    else
        roster->hits++;
    return span_at(cache->last, time_ns);
}

const struct sv_roster_place *sv_roster_team_place(struct sv_roster *roster, struct sv_slice team, int64_t time_ns)
{
    return span_at(spans_of(roster, SV_ROSTER_TEAM, team), time_ns);
}

const struct sv_roster_place *sv_roster_supervisor_place(struct sv_roster *roster, struct sv_slice supervisor, int64_t time_ns)
{
    return span_at(spans_of(roster, SV_ROSTER_SUPERVISOR, supervisor), time_ns);
}

size_t sv_roster_bytes(const struct sv_roster *roster)
{
    size_t bytes = sizeof *roster + sizeof *roster->cache;
    for (int kind = 0; kind < SV_ROSTER_KINDS; kind++) {
        const struct sv_roster_rows *rows = &roster->rows[kind];
        bytes += rows->capacity * sizeof *rows->items + (rows->number_count + rows->below_count) * sizeof *rows->numbers;
        bytes += sv_map_bytes(&rows->names) + sv_map_bytes(&roster->cache->names[kind]);
    }
    return bytes + sv_arena_bytes(&roster->cache->arena);
}
