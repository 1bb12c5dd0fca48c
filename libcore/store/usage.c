/* SPDX-License-Identifier: ISC */
/* agents, usage_hourly: what advances together with positions, so that no event is counted twice. */
#include "store/private.h"

_Static_assert(SV_AGENT_WORKING == 0 && SV_AGENT_WAITING == 1 && SV_AGENT_ENDED == 2, "states are stored as numbers");

bool sv_store_agent_seen(struct sv_store *store, const struct sv_store_agent *agent, struct sv_error *err)
{
    int64_t id, team, session, host, type, tool;
    if (!sv_store_name(store, SV_NAME_AGENT, agent->agent, &id, err) || !sv_store_name(store, SV_NAME_TEAM, agent->team, &team, err) ||
        !sv_store_name(store, SV_NAME_SESSION, agent->session, &session, err) ||
        !sv_store_name(store, SV_NAME_HOST, agent->host, &host, err) || !sv_store_name(store, SV_NAME_TYPE, agent->type, &type, err) ||
        !sv_store_name(store, SV_NAME_TOOL, agent->tool, &tool, err))
        return false;
    sqlite3_stmt *put = sv_store_statement(store, SV_SQL_AGENT_PUT, err);
    if (put == NULL)
        return false;
    const int64_t values[] = {id,   team, session, host, type, tool, agent->state, agent->first_seen_ns, agent->last_seen_ns,
                              (int64_t)agent->events};
    for (int i = 0; i < (int)(sizeof values / sizeof *values); i++)
        sqlite3_bind_int64(put, i + 1, values[i]);
    return sv_store_step(store, put, NULL, NULL, err);
}

/* The stored histogram, with these durations in it. */
static bool merge_durations(struct sv_store *store, const int64_t key[7], const struct sv_histogram *durations, struct sv_buf *out,
                            struct sv_error *err)
{
    sqlite3_stmt *find = sv_store_statement(store, SV_SQL_USAGE_DURATIONS, err);
    if (find == NULL)
        return false;
    for (int i = 0; i < 7; i++)
        sqlite3_bind_int64(find, i + 1, key[i]);
    struct sv_histogram sum = {0};
    int state = sv_store_row(store, find, err);
    if (state > 0) {
        sv_histogram_load(&sum, sv_slice(sqlite3_column_blob(find, 0), (size_t)sqlite3_column_bytes(find, 0)));
        sv_store_leave(store, find);
    }
    sv_histogram_merge(&sum, durations);
    sv_histogram_save(&sum, out);
    sv_histogram_free(&sum);
    return state >= 0;
}

static bool put_usage(struct sv_store *store, const struct sv_store_usage *usage, const int64_t key[7], struct sv_slice durations,
                      struct sv_error *err)
{
    sqlite3_stmt *add = sv_store_statement(store, SV_SQL_USAGE_ADD, err);
    if (add == NULL)
        return false;
    const int64_t counts[] = {(int64_t)usage->events,      (int64_t)usage->errors,      usage->input_tokens,   usage->output_tokens,
                              usage->cache_read_tokens, usage->cache_write_tokens, usage->unpriced_tokens};
    for (int i = 0; i < 7; i++) {
        sqlite3_bind_int64(add, i + 1, key[i]);
        sqlite3_bind_int64(add, i + 8, counts[i]);
    }
    sqlite3_bind_double(add, 15, usage->cost_usd);
    if (durations.len > 0)
        sqlite3_bind_blob64(add, 16, durations.data, durations.len, SQLITE_STATIC);
    else
        sqlite3_bind_null(add, 16);
    return sv_store_step(store, add, NULL, NULL, err);
}

bool sv_store_usage_add(struct sv_store *store, const struct sv_store_usage *usage, struct sv_error *err)
{
    int64_t key[7] = {usage->hour};
    if (!sv_store_name(store, SV_NAME_TYPE, usage->type, &key[1], err) ||
        !sv_store_name(store, SV_NAME_AGENT, usage->agent, &key[2], err) ||
        !sv_store_name(store, SV_NAME_TEAM, usage->team, &key[3], err) ||
        !sv_store_name(store, SV_NAME_MODEL, usage->model, &key[4], err) ||
        !sv_store_name(store, SV_NAME_TOOL, usage->tool, &key[5], err) ||
        !sv_store_name(store, SV_NAME_STATUS, usage->status, &key[6], err))
        return false;
    struct sv_buf durations = {0};
    bool fine = usage->durations.total == 0 || merge_durations(store, key, &usage->durations, &durations, err);
    fine = fine && put_usage(store, usage, key, sv_buf_slice(&durations), err);
    sv_buf_free(&durations);
    return fine;
}
