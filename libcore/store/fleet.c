/* SPDX-License-Identifier: ISC */
/* How agents are doing: agents, agent_days, and what policies found. */
#include <stdlib.h>

#include "store/find.h"
#include "store/private.h"
#include "store/team.h"

static struct sv_store_fleet *room_for(struct sv_store_fleets *out)
{
    if (out->count == out->capacity) {
        out->capacity = out->capacity > 0 ? 2 * out->capacity : 256;
        out->items = sv_realloc(out->items, out->capacity * sizeof *out->items);
    }
    return &out->items[out->count++];
}

static bool take_agent(struct sv_store *store, struct sv_store_fleets *out, sqlite3_stmt *row, struct sv_error *err)
{
    struct sv_arena *arena = &out->arena;
    bool fine = true;
    *room_for(out) = (struct sv_store_fleet){.seen = {.agent = sv_store_text(row, 0, arena),
                                                      .team = sv_store_common_name(store, SV_NAME_TEAM, sqlite3_column_int64(row, 1), arena, &fine, err),
                                                      .session = sv_store_text(row, 2, arena),
                                                      .host = sv_store_common_name(store, SV_NAME_HOST, sqlite3_column_int64(row, 3), arena, &fine, err),
                                                      .type = sv_store_common_name(store, SV_NAME_TYPE, sqlite3_column_int64(row, 4), arena, &fine, err),
                                                      .tool = sv_store_common_name(store, SV_NAME_TOOL, sqlite3_column_int64(row, 5), arena, &fine, err),
                                                      .state = (enum sv_agent_state)sqlite3_column_int(row, 6),
                                                      .first_seen_ns = sqlite3_column_int64(row, 7),
                                                      .last_seen_ns = sqlite3_column_int64(row, 8),
                                                      .events = (uint64_t)sqlite3_column_int64(row, 9),
                                                      .id = sqlite3_column_int64(row, 15)},
                                             .events = (uint64_t)sqlite3_column_int64(row, 10),
                                             .errors = (uint64_t)sqlite3_column_int64(row, 11),
                                             .tokens = sqlite3_column_int64(row, 12),
                                             .unpriced_tokens = sqlite3_column_int64(row, 13),
                                             .cost_usd = sqlite3_column_double(row, 14)};
    return fine;
}

static bool take_brief(struct sv_store *store, struct sv_store_fleets *out, sqlite3_stmt *row, struct sv_error *err)
{
    (void)store, (void)err;
    *room_for(out) = (struct sv_store_fleet){.seen = {.id = sqlite3_column_int64(row, 0),
                                                      .state = (enum sv_agent_state)sqlite3_column_int(row, 1),
                                                      .last_seen_ns = sqlite3_column_int64(row, 2),
                                                      .tool = sqlite3_column_int(row, 3) != 0 ? SV_SLICE("?") : SV_SLICE("")},
                                             .cost_usd = sqlite3_column_double(row, 4)};
    return true;
}

static bool find_agents(struct sv_store *store, int64_t since_ns, int64_t day, bool brief, struct sv_store_fleets *out, struct sv_error *err)
{
    sqlite3_stmt *fleet = sv_store_statement(store, brief ? SV_SQL_FLEET_BRIEF : SV_SQL_FLEET, err);
    if (fleet == NULL)
        return false;
    sqlite3_bind_int64(fleet, 1, since_ns);
    sqlite3_bind_int64(fleet, 2, day);
    bool (*take)(struct sv_store *, struct sv_store_fleets *, sqlite3_stmt *, struct sv_error *) = brief ? take_brief : take_agent;
    int found;
    bool fine = true;
    while (fine && (found = sv_store_row(store, fleet, err)) > 0)
        fine = take(store, out, fleet, err);
    sv_store_leave(store, fleet);
    return fine && found == 0;
}

static int by_id(const void *a, const void *b)
{
    const struct sv_store_fleet *x = *(struct sv_store_fleet *const *)a, *y = *(struct sv_store_fleet *const *)b;
    return (x->seen.id > y->seen.id) - (x->seen.id < y->seen.id);
}

static struct sv_store_fleet *agent_of(const struct sv_store_fleets *fleets, int64_t id)
{
    size_t low = 0, high = fleets->count;
    while (low < high) {
        size_t middle = low + (high - low) / 2;
        if (fleets->by[middle]->seen.id < id)
            low = middle + 1;
        else
            high = middle;
    }
    return low < fleets->count && fleets->by[low]->seen.id == id ? fleets->by[low] : NULL;
}

bool sv_store_fleet(struct sv_store *store, int64_t since_ns, int64_t day, bool brief, struct sv_store_fleets *out, struct sv_error *err)
{
    if (!find_agents(store, since_ns, day, brief, out, err))
        return false;
    out->by = sv_calloc(out->count + 1, sizeof(struct sv_store_fleet *));
    for (size_t i = 0; i < out->count; i++)
        out->by[i] = &out->items[i];
    qsort(out->by, out->count, sizeof *out->by, by_id);
    return true;
}

bool sv_store_found_by(struct sv_store *store, int64_t policy, int64_t since_ns, int64_t until_ns,
                       bool (*sink)(void *context, const struct sv_store_found *found, struct sv_error *err), void *context,
                       struct sv_error *err)
{
    sqlite3_stmt *rows = sv_store_statement(store, SV_SQL_POLICY_FOUND, err);
    if (rows == NULL)
        return false;
    sqlite3_bind_int64(rows, 1, policy);
    sqlite3_bind_int64(rows, 2, since_ns);
    sqlite3_bind_int64(rows, 3, until_ns);
    int found;
    while ((found = sv_store_row(store, rows, err)) > 0) {
        const struct sv_store_found one = {.outcome = (enum sv_outcome)sqlite3_column_int(rows, 0),
                                           .severity = (enum sv_severity)sqlite3_column_int(rows, 1),
                                           .agent = sqlite3_column_int64(rows, 2),
                                           .team = sqlite3_column_int64(rows, 3),
                                           .created_ns = sqlite3_column_int64(rows, 4)};
        if (!sink(context, &one, err)) {
            sv_store_leave(store, rows);
            return false;
        }
    }
    return found == 0;
}

/* Its last word counts, and an error is none. */
static bool take_outcome(void *context, const struct sv_store_found *found, struct sv_error *err)
{
    struct sv_store_fleet *agent = agent_of(context, found->agent);
    (void)err;
    if (agent != NULL && found->outcome != SV_OUTCOME_ERROR)
        agent->over_this = found->outcome == SV_VIOLATION;
    return true;
}

struct budget {
    int64_t id;
    struct sv_slice policy;
};

/* The versions of a policy together, the oldest first. */
static int by_policy(const void *a, const void *b)
{
    const struct budget *x = a, *y = b;
    int order = sv_slice_compare(x->policy, y->policy);
    return order != 0 ? order : (x->id > y->id) - (x->id < y->id);
}

static struct budget *find_budgets(struct sv_store *store, struct sv_arena *arena, size_t *count, struct sv_error *err)
{
    sqlite3_stmt *find = sv_store_statement(store, SV_SQL_POLICY_BUDGETS, err);
    struct budget *budgets = NULL;
    int found = -1;
    *count = 0;
    while (find != NULL && (found = sv_store_row(store, find, err)) > 0) {
        budgets = sv_realloc(budgets, (*count + 1) * sizeof *budgets);
        budgets[(*count)++] = (struct budget){sqlite3_column_int64(find, 0), sv_store_text(find, 1, arena)};
    }
    if (*count > 0)
        qsort(budgets, *count, sizeof *budgets, by_policy);
    return budgets;
}

/* Who is over any budget is over budget. */
static void end_budget(struct sv_store_fleets *out)
{
    for (size_t i = 0; i < out->count; i++) {
        out->items[i].over_budget |= out->items[i].over_this;
        out->items[i].over_this = false;
    }
}

bool sv_store_fleet_budgets(struct sv_store *store, int64_t day_ns, struct sv_store_fleets *fleets, struct sv_error *err)
{
    size_t count;
    struct budget *budgets = find_budgets(store, &fleets->arena, &count, err);
    bool fine = err->code == SV_DONE;
    for (size_t i = 0; fine && i < count; i++) {
        fine = sv_store_found_by(store, budgets[i].id, day_ns, INT64_MAX, take_outcome, fleets, err);
        if (i + 1 == count || !sv_slice_equal(budgets[i].policy, budgets[i + 1].policy))
            end_budget(fleets);
    }
    sv_free(budgets);
    return fine;
}

/* Violations come policy by policy. */
bool sv_store_fleet_alerts(struct sv_store *store, int64_t day_ns, struct sv_store_fleets *fleets, struct sv_error *err)
{
    sqlite3_stmt *alerts = sv_store_statement(store, SV_SQL_FLEET_ALERTS, err);
    if (alerts == NULL)
        return false;
    sqlite3_bind_int64(alerts, 1, day_ns);
    int found;
    while ((found = sv_store_row(store, alerts, err)) > 0) {
        int64_t policy = sqlite3_column_int64(alerts, 0);
        struct sv_store_fleet *agent = agent_of(fleets, sqlite3_column_int64(alerts, 1));
        if (agent != NULL && agent->alert_policy != policy) {
            agent->alert_policy = policy;
            agent->alerts++;
        }
    }
    sv_store_leave(store, alerts);
    return found == 0;
}

void sv_store_fleets_free(struct sv_store_fleets *fleets)
{
    sv_free(fleets->items);
    sv_free(fleets->by);
    sv_arena_free(&fleets->arena);
    *fleets = (struct sv_store_fleets){0};
}

bool sv_store_messages_sent(struct sv_store *store, int64_t since_ns, int64_t until_ns, int64_t *count, struct sv_error *err)
{
    sqlite3_stmt *sent = sv_store_statement(store, SV_SQL_MESSAGES_RANGE, err);
    *count = 0;
    if (sent == NULL)
        return false;
    sqlite3_bind_int64(sent, 1, since_ns);
    sqlite3_bind_int64(sent, 2, until_ns);
    return sv_store_step(store, sent, NULL, count, err);
}
