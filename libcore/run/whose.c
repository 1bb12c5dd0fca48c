/* SPDX-License-Identifier: ISC */
#include "run/whose.h"

#include "run/alert_ask.h"

const struct sv_roster_place *sv_whose_now(struct sv_roster *roster, struct sv_slice agent, struct sv_slice own, int64_t now_ns,
                                           struct sv_slice *team)
{
    const struct sv_roster_place *place = sv_roster_find(roster, agent, now_ns);
    if (place == NULL)
        return sv_whose_then(roster, agent, own, now_ns, team);
    *team = place->team;
    return place;
}

const struct sv_roster_place *sv_whose_then(struct sv_roster *roster, struct sv_slice agent, struct sv_slice recorded, int64_t then_ns,
                                            struct sv_slice *team)
{
    const struct sv_roster_place *place = NULL;
    if (recorded.len > 0)
        place = sv_roster_team_place(roster, recorded, then_ns);
    else if (agent.len > 0)
        place = sv_roster_find(roster, agent, then_ns);
    *team = recorded.len == 0 && place != NULL ? place->team : recorded;
    return place;
}

bool sv_whose_wanted(const struct sv_ask *ask, struct sv_slice team, const struct sv_roster_place *place)
{
    bool supervised = sv_ask_wants(ask, SV_ASK_SUPERVISOR, place != NULL && place->supervisor.len > 0 ? place->supervisor : SV_SLICE("-"));
    for (size_t i = 0; place != NULL && i < place->above_count; i++)
        supervised |= sv_ask_wants(ask, SV_ASK_SUPERVISOR, place->above[i]);
    return supervised && sv_ask_wants(ask, SV_ASK_TEAM, team.len > 0 ? team : SV_SLICE("-"));
}

bool sv_whose_alerts(struct sv_store *store, int64_t now_ns, struct sv_store_groups *out, bool *are_kept, struct sv_error *err)
{
    int64_t cursor;
    size_t kept = 0;
    if (!sv_store_cursor(store, SV_SLICE("alerts"), &cursor, err))
        return false;
    *are_kept = cursor != 0;
    if (*are_kept && !sv_store_groups_open(store, out, err))
        return false;
    for (size_t i = 0; i < out->count; i++) {
        enum sv_group_state state = sv_alert_state(&out->items[i], now_ns);
        if (state == SV_GROUP_PENDING || state == SV_GROUP_FIRING)
            out->items[kept++] = out->items[i];
    }
    out->count = kept;
    return true;
}

const struct sv_roster_place *sv_whose_group(struct sv_roster *roster, const struct sv_store_group *group, struct sv_slice *team)
{
    return sv_whose_then(roster, group->agent, group->team, group->begun_ns, team);
}
