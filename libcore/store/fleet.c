/* SPDX-License-Identifier: ISC */
/* How agents are doing: agents, agent_days, and what policies found. */
#include <stdlib.h>

#include "store/private.h"
#include "store/team.h"

static void take_agent(struct sv_store_fleets *out, sqlite3_stmt *row)
{
    if (out->count == out->capacity) {
        out->capacity = out->capacity > 0 ? 2 * out->capacity : 256;
        out->items = sv_realloc(out->items, out->capacity * sizeof *out->items);
    }
    struct sv_arena *arena = &out->arena;
    out->items[out->count++] = (struct sv_store_fleet){.seen = {.agent = sv_store_text(row, 0, arena),
                                                               .team = sv_store_text(row, 1, arena),
                                                               .session = sv_store_text(row, 2, arena),
                                                               .host = sv_store_text(row, 3, arena),
                                                               .type = sv_store_text(row, 4, arena),
                                                               .tool = sv_store_text(row, 5, arena),
                                                               .state = (enum sv_agent_state)sqlite3_column_int(row, 6),
                                                               .first_seen_ns = sqlite3_column_int64(row, 7),
                                                               .last_seen_ns = sqlite3_column_int64(row, 8),
                                                               .events = (uint64_t)sqlite3_column_int64(row, 9)},
                                                      .events = (uint64_t)sqlite3_column_int64(row, 10),
                                                      .errors = (uint64_t)sqlite3_column_int64(row, 11),
                                                      .tokens = sqlite3_column_int64(row, 12),
                                                      .unpriced_tokens = sqlite3_column_int64(row, 13),
                                                      .cost_usd = sqlite3_column_double(row, 14),
                                                      .alerts = sqlite3_column_int64(row, 15),
                                                      .agent_id = sqlite3_column_int64(row, 16)};
}

static bool find_agents(struct sv_store *store, int64_t since_ns, int64_t day, int64_t day_ns, struct sv_store_fleets *out, struct sv_error *err)
{
    sqlite3_stmt *fleet = sv_store_statement(store, SV_SQL_FLEET, err);
    if (fleet == NULL)
        return false;
    sqlite3_bind_int64(fleet, 1, since_ns);
    sqlite3_bind_int64(fleet, 2, day);
    sqlite3_bind_int64(fleet, 3, day_ns);
    int found;
    while ((found = sv_store_row(store, fleet, err)) > 0)
        take_agent(out, fleet);
    sv_store_leave(store, fleet);
    return found == 0;
}

static int by_id(const void *a, const void *b)
{
    const struct sv_store_fleet *x = *(struct sv_store_fleet *const *)a, *y = *(struct sv_store_fleet *const *)b;
    return (x->agent_id > y->agent_id) - (x->agent_id < y->agent_id);
}

static struct sv_store_fleet *agent_of(struct sv_store_fleet **by, size_t count, int64_t id)
{
    size_t low = 0, high = count;
    while (low < high) {
        size_t middle = low + (high - low) / 2;
        if (by[middle]->agent_id < id)
            low = middle + 1;
        else
            high = middle;
    }
    return low < count && by[low]->agent_id == id ? by[low] : NULL;
}

/* What one budget said today, in its order: the last word counts. */
static bool apply_budget(struct sv_store *store, int64_t policy, int64_t day_ns, struct sv_store_fleet **by, size_t count, struct sv_error *err)
{
    sqlite3_stmt *outcomes = sv_store_statement(store, SV_SQL_POLICY_OUTCOMES, err);
    if (outcomes == NULL)
        return false;
    sqlite3_bind_int64(outcomes, 1, policy);
    sqlite3_bind_int64(outcomes, 2, day_ns);
    int found;
    while ((found = sv_store_row(store, outcomes, err)) > 0) {
        struct sv_store_fleet *agent = agent_of(by, count, sqlite3_column_int64(outcomes, 0));
        if (agent != NULL)
            agent->over_budget = sqlite3_column_int(outcomes, 1) == SV_VIOLATION;
    }
    sv_store_leave(store, outcomes);
    return found == 0;
}

static bool find_budgets(struct sv_store *store, struct sv_buf *ids, struct sv_error *err)
{
    sqlite3_stmt *budgets = sv_store_statement(store, SV_SQL_POLICY_BUDGETS, err);
    if (budgets == NULL)
        return false;
    int found;
    while ((found = sv_store_row(store, budgets, err)) > 0) {
        int64_t id = sqlite3_column_int64(budgets, 0);
        sv_buf_add(ids, sv_slice((const char *)&id, sizeof id));
    }
    sv_store_leave(store, budgets);
    return found == 0;
}

bool sv_store_fleet(struct sv_store *store, int64_t since_ns, int64_t day, int64_t day_ns, struct sv_store_fleets *out, struct sv_error *err)
{
    struct sv_buf budgets = {0};
    if (!find_agents(store, since_ns, day, day_ns, out, err))
        return false;
    struct sv_store_fleet **by = sv_calloc(out->count + 1, sizeof(struct sv_store_fleet *));
    for (size_t i = 0; i < out->count; i++)
        by[i] = &out->items[i];
    qsort(by, out->count, sizeof *by, by_id);
    bool fine = find_budgets(store, &budgets, err);
    for (size_t at = 0; fine && at < budgets.len; at += sizeof(int64_t)) {
        int64_t id;
        memcpy(&id, budgets.data + at, sizeof id);
        fine = apply_budget(store, id, day_ns, by, out->count, err);
    }
    sv_buf_free(&budgets);
    sv_free(by);
    return fine;
}

void sv_store_fleets_free(struct sv_store_fleets *fleets)
{
    sv_free(fleets->items);
    sv_arena_free(&fleets->arena);
    *fleets = (struct sv_store_fleets){0};
}
