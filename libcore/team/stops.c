/* SPDX-License-Identifier: ISC */
#include "team/stops.h"

#include "base/limits.h"

enum { REMEMBERED = 16384 };

/* The stops that are meant for an agent. */
struct meant {
    uint32_t *items; /* [count] indices */
    size_t count;
};

static void forget(struct sv_stops *stops)
{
    sv_map_free(&stops->found);
    sv_arena_reset(&stops->found_arena);
}

void sv_stops_add(struct sv_stops *stops, const struct sv_stop *stop)
{
    if (stops->count == stops->capacity) {
        stops->capacity = stops->capacity > 0 ? 2 * stops->capacity : 16;
        stops->items = sv_realloc(stops->items, stops->capacity * sizeof *stops->items);
    }
    struct sv_stop *added = &stops->items[stops->count++];
    *added = *stop;
    added->agent = sv_arena_dup(&stops->arena, stop->agent);
    added->reason = sv_arena_dup(&stops->arena, stop->reason);
    added->user = sv_arena_dup(&stops->arena, stop->user);
    stops->has_trees |= stop->tree;
    forget(stops);
}

void sv_stops_start(struct sv_stops *stops, struct sv_slice agent, struct sv_slice parent)
{
    if (!stops->has_trees || agent.len == 0 || parent.len == 0)
        return;
    struct sv_map_item *item = sv_map_at(&stops->parents, agent);
    if (item->pointer != NULL && sv_slice_equal(*(const struct sv_slice *)item->pointer, parent))
        return;
    struct sv_slice *kept = sv_arena_calloc(&stops->arena, 1, sizeof *kept);
    *kept = sv_arena_dup(&stops->arena, parent);
    item->pointer = kept;
    forget(stops);
}

/* Is the agent itself meant, or one whose sub-agent its name says that it is? */
static bool names(struct sv_slice pattern, struct sv_slice agent)
{
    for (; agent.len > 0; agent = sv_slice_above(agent))
        if (sv_slice_equal(pattern, agent) || sv_slice_glob(pattern, agent))
            return true;
    return false;
}

/* Who started it; of one that nobody speaks of its name says it. Empty: nobody. */
static struct sv_slice parent_of(const struct sv_stops *stops, struct sv_slice agent)
{
    const struct sv_map_item *item = sv_map_find(&stops->parents, agent);
    return item != NULL ? *(const struct sv_slice *)item->pointer : sv_slice_above(agent);
}

static bool is_meant(const struct sv_stops *stops, const struct sv_stop *stop, struct sv_slice agent)
{
    if (names(stop->agent, agent))
        return true;
    for (int depth = 0; stop->tree && depth < SV_ROSTER_DEPTH_MAX && (agent = parent_of(stops, agent)).len > 0; depth++)
        if (names(stop->agent, agent))
            return true;
    return false;
}

static const struct meant *meant_for(struct sv_stops *stops, struct sv_slice agent)
{
    const struct sv_map_item *known = sv_map_find(&stops->found, agent);
    if (known != NULL)
        return known->pointer;
    if (stops->found.count >= REMEMBERED)
        forget(stops);
    struct meant *meant = sv_arena_calloc(&stops->found_arena, 1, sizeof *meant);
    meant->items = sv_arena_calloc(&stops->found_arena, stops->count + 1, sizeof *meant->items);
    for (size_t i = 0; i < stops->count; i++)
        if (is_meant(stops, &stops->items[i], agent))
            meant->items[meant->count++] = (uint32_t)i;
    sv_map_at(&stops->found, agent)->pointer = meant;
    return meant;
}

static bool held_at(const struct sv_stop *stop, int64_t time_ns)
{
    return stop->stopped_ns <= time_ns && time_ns < stop->until_ns && time_ns < stop->resumed_ns;
}

bool sv_stop_holds(const struct sv_stop *stop, int64_t now_ns)
{
    return stop->resumed_ns == SV_STOP_OPEN && now_ns < stop->until_ns;
}

static const struct sv_stop *find(struct sv_stops *stops, struct sv_slice agent, bool (*holds)(const struct sv_stop *, int64_t), int64_t time_ns)
{
    const struct meant *meant = meant_for(stops, agent);
    for (size_t i = meant->count; i-- > 0;)
        if (holds(&stops->items[meant->items[i]], time_ns))
            return &stops->items[meant->items[i]];
    return NULL;
}

const struct sv_stop *sv_stops_find(struct sv_stops *stops, struct sv_slice agent, int64_t time_ns)
{
    return find(stops, agent, held_at, time_ns);
}

const struct sv_stop *sv_stops_now(struct sv_stops *stops, struct sv_slice agent, int64_t now_ns)
{
    return find(stops, agent, sv_stop_holds, now_ns);
}

void sv_stops_free(struct sv_stops *stops)
{
    sv_free(stops->items);
    sv_arena_free(&stops->arena);
    sv_arena_free(&stops->found_arena);
    sv_map_free(&stops->parents);
    sv_map_free(&stops->found);
    *stops = (struct sv_stops){0};
}
