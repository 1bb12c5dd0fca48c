/* SPDX-License-Identifier: ISC */
#include "run/roster.h"

#include "base/os.h"
#include "base/time.h"
#include "store/team.h"

#define LOOK_NS (SV_SECOND_NS / 4)

uint64_t sv_run_roster_hits(const struct sv_run_roster *roster)
{
    return roster->hits + (roster->roster != NULL ? roster->roster->hits : 0);
}

uint64_t sv_run_roster_misses(const struct sv_run_roster *roster)
{
    return roster->misses + (roster->roster != NULL ? roster->roster->misses : 0);
}

static void take(struct sv_run_roster *roster, struct sv_roster *fresh)
{
    roster->hits = sv_run_roster_hits(roster);
    roster->misses = sv_run_roster_misses(roster);
    sv_roster_free(roster->roster);
    roster->roster = fresh;
}

static void free_stops(struct sv_run_roster *roster)
{
    if (roster->stops != NULL)
        sv_stops_free(roster->stops);
    sv_free(roster->stops);
    roster->stops = NULL;
}

static bool load_stops(struct sv_run_roster *roster, struct sv_error *err)
{
    free_stops(roster);
    roster->stops = sv_calloc(1, sizeof *roster->stops);
    if (!sv_store_stops_load(roster->store, roster->stops, err))
        return false;
    if (roster->stops->count == 0)
        free_stops(roster);
    return true;
}

static bool load(struct sv_run_roster *roster, struct sv_error *err)
{
    struct sv_roster *fresh = sv_roster_new();
    if (!sv_store_roster_load(roster->store, fresh, err)) {
        sv_roster_free(fresh);
        return false;
    }
    if (sv_roster_is_empty(fresh)) {
        sv_roster_free(fresh);
        fresh = NULL;
    }
    take(roster, fresh);
    return load_stops(roster, err);
}

bool sv_run_roster_look(struct sv_run_roster *roster, struct sv_error *err)
{
    int64_t now = sv_os_monotonic_ns(), data_version, version;
    if (roster->store == NULL || (roster->looked_ns != 0 && now - roster->looked_ns < LOOK_NS))
        return true;
    if (!sv_store_data_version(roster->store, &data_version, err))
        return false;
    bool is_first = roster->looked_ns == 0;
    roster->looked_ns = now;
    if (!is_first && data_version == roster->data_version)
        return true;
    if (!sv_store_roster_version(roster->store, &version, err))
        return false;
    if (version != roster->version && !load(roster, err))
        return false;
    roster->version = version;
    roster->data_version = data_version;
    return true;
}

/* Who says his team himself is in none other: only the team's supervisor is still to be found. */
static const struct sv_roster_place *place_of(struct sv_roster *roster, struct sv_event *event, int64_t time_ns)
{
    if (event->slots[SV_F_SUPERVISOR].type == SV_STRING)
        return sv_roster_supervisor_place(roster, sv_event_text(event, SV_F_SUPERVISOR), time_ns);
    if (event->slots[SV_F_TEAM].type == SV_STRING)
        return sv_roster_team_place(roster, sv_event_text(event, SV_F_TEAM), time_ns);
    return NULL;
}

static void set(struct sv_event *event, enum sv_field field, struct sv_slice text)
{
    if (event->slots[field].type == SV_ABSENT && text.len > 0)
        event->slots[field] = sv_value_str(text);
}

void sv_run_roster_fill(struct sv_run_roster *roster, struct sv_event *event, int64_t now_ns)
{
    const struct sv_roster_place *own, *place = NULL;
    int64_t time_ns = event->has_time ? event->time_ns : now_ns;
    event->above_count = 0;
    if (event->slots[SV_F_TEAM].type == SV_ABSENT && event->slots[SV_F_AGENT].type == SV_STRING)
        place = sv_roster_find(roster->roster, sv_event_text(event, SV_F_AGENT), time_ns);
    struct sv_slice team = place != NULL ? place->team : SV_SLICE(""); /* the next look-up may forget the place */
    bool says = event->slots[SV_F_SUPERVISOR].type == SV_STRING || event->slots[SV_F_TEAM].type == SV_STRING;
    own = says ? place_of(roster->roster, event, time_ns) : place;
    set(event, SV_F_TEAM, team);
    if (own == NULL)
        return;
    set(event, SV_F_SUPERVISOR, own->supervisor);
    event->above = own->above;
    event->above_count = own->above_count;
}

static struct sv_slice words_of(const struct sv_stop *stop, struct sv_arena *arena)
{
    struct sv_buf text = {0};
    sv_buf_str(&text, "since ");
    sv_time_format(&text, stop->stopped_ns - stop->stopped_ns % SV_SECOND_NS);
    if (stop->user.len > 0)
        sv_buf_printf(&text, " by %.*s", SV_ARG(stop->user));
    if (stop->reason.len > 0)
        sv_buf_printf(&text, " (%.*s)", SV_ARG(stop->reason));
    struct sv_slice words = sv_arena_dup(arena, sv_buf_slice(&text));
    sv_buf_free(&text);
    return words;
}

void sv_run_roster_stop(struct sv_run_roster *roster, struct sv_event *event, uint32_t slot, int64_t now_ns)
{
    struct sv_slice agent = event->slots[SV_F_AGENT].type == SV_STRING ? sv_event_text(event, SV_F_AGENT) : SV_SLICE("");
    event->slots[slot] = sv_value_of(SV_ABSENT);
    if (agent.len == 0)
        return;
    if (event->slots[SV_F_PARENT_AGENT].type == SV_STRING)
        sv_stops_start(roster->stops, agent, sv_event_text(event, SV_F_PARENT_AGENT));
    const struct sv_stop *stop = sv_stops_find(roster->stops, agent, event->has_time ? event->time_ns : now_ns);
    if (stop != NULL)
        event->slots[slot] = sv_value_str(words_of(stop, event->arena));
}

void sv_run_roster_free(struct sv_run_roster *roster)
{
    free_stops(roster);
    sv_roster_free(roster->roster);
    roster->roster = NULL;
}
