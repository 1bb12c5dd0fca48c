/* SPDX-License-Identifier: ISC */
/* agents, usage_hourly: what advances together with positions, so that no event is counted twice. */
#include "store/private.h"

_Static_assert(SV_AGENT_WORKING == 0 && SV_AGENT_WAITING == 1 && SV_AGENT_ENDED == 2, "states are stored as numbers");

/* What both tables have, bound from parameter `at` on; the names' integers. */
static bool bind_seen(struct sv_store *store, sqlite3_stmt *put, int at, const struct sv_store_agent *agent, struct sv_error *err)
{
    int64_t session, host, type, tool;
    if (!sv_store_name(store, SV_NAME_SESSION, agent->session, &session, err) ||
        !sv_store_name(store, SV_NAME_HOST, agent->host, &host, err) || !sv_store_name(store, SV_NAME_TYPE, agent->type, &type, err) ||
        !sv_store_name(store, SV_NAME_TOOL, agent->tool, &tool, err))
        return false;
    const int64_t values[] = {session, host, type, tool, agent->state, agent->first_seen_ns, agent->last_seen_ns, (int64_t)agent->events};
    for (int i = 0; i < (int)(sizeof values / sizeof *values); i++)
        sqlite3_bind_int64(put, at + i, values[i]);
    return true;
}

bool sv_store_agent_seen(struct sv_store *store, const struct sv_store_agent *agent, struct sv_error *err)
{
    int64_t id, team, parent;
    sqlite3_stmt *put = sv_store_statement(store, SV_SQL_AGENT_PUT, err);
    if (put == NULL || !sv_store_name(store, SV_NAME_AGENT, agent->agent, &id, err) ||
        !sv_store_name(store, SV_NAME_TEAM, agent->team, &team, err) || !sv_store_name(store, SV_NAME_AGENT, agent->parent, &parent, err) ||
        !bind_seen(store, put, 3, agent, err))
        return false;
    sqlite3_bind_int64(put, 1, id);
    sqlite3_bind_int64(put, 2, team);
    sqlite3_bind_int64(put, 11, parent);
    return sv_store_step(store, put, NULL, NULL, err);
}

bool sv_store_session_seen(struct sv_store *store, const struct sv_store_agent *session, struct sv_error *err)
{
    int64_t id;
    sqlite3_stmt *put = sv_store_statement(store, SV_SQL_SESSION_PUT, err);
    if (put == NULL || !sv_store_name(store, SV_NAME_AGENT, session->agent, &id, err) || !bind_seen(store, put, 2, session, err))
        return false;
    sqlite3_bind_int64(put, 1, id);
    return sv_store_step(store, put, NULL, NULL, err);
}

bool sv_store_day_add(struct sv_store *store, const struct sv_store_day *day, struct sv_error *err)
{
    sqlite3_stmt *add = sv_store_statement(store, SV_SQL_DAY_ADD, err);
    if (add == NULL)
        return false;
    const int64_t values[] = {day->day, day->agent, (int64_t)day->events, (int64_t)day->errors, day->tokens, day->unpriced_tokens};
    for (int i = 0; i < (int)(sizeof values / sizeof *values); i++)
        sqlite3_bind_int64(add, i + 1, values[i]);
    sqlite3_bind_double(add, 7, day->cost_usd);
    return sv_store_step(store, add, NULL, NULL, err);
}

/* merge_durations(stored, more): both histograms in one, so that the row is looked for once; NULL is an empty one. */
static void merge_durations(sqlite3_context *context, int count, sqlite3_value **values)
{
    (void)count;
    struct sv_slice bytes[2];
    for (int i = 0; i < 2; i++)
        bytes[i] = sv_slice(sqlite3_value_blob(values[i]), (size_t)sqlite3_value_bytes(values[i]));
    struct sv_histogram sum = {0}, more = {0};
    struct sv_buf out = {0};
    bool has_sum = sv_histogram_load(&sum, bytes[0]), has_more = sv_histogram_load(&more, bytes[1]);
    if (has_sum && has_more) {
        sv_histogram_merge(&sum, &more);
        sv_histogram_save(&sum, &out);
        sqlite3_result_blob64(context, out.data, out.len, SQLITE_TRANSIENT);
    } else if (has_sum || has_more) { /* what was damaged is not kept */
        sqlite3_result_value(context, values[has_sum ? 0 : 1]);
    }
    sv_buf_free(&out);
    sv_histogram_free(&sum);
    sv_histogram_free(&more);
}

int sv_store_usage_functions(struct sv_store *store)
{
    return sqlite3_create_function(store->db, "merge_durations", 2, SQLITE_UTF8 | SQLITE_DETERMINISTIC | SQLITE_DIRECTONLY, NULL,
                                   merge_durations, NULL, NULL);
}

static void count_row(struct sv_store *store, const struct sv_store_usage *row)
{
    sv_store_count(store, SV_COUNT_EVENTS, row->type, (int64_t)row->events);
    sv_store_count(store, SV_COUNT_ERRORS, row->type, (int64_t)row->errors);
    sv_store_count(store, SV_COUNT_INPUT_TOKENS, row->model, row->input_tokens);
    sv_store_count(store, SV_COUNT_OUTPUT_TOKENS, row->model, row->output_tokens);
    sv_store_count(store, SV_COUNT_CACHE_READ_TOKENS, row->model, row->cache_read_tokens);
    sv_store_count(store, SV_COUNT_CACHE_WRITE_TOKENS, row->model, row->cache_write_tokens);
    sv_store_count(store, SV_COUNT_UNPRICED_TOKENS, row->model, row->unpriced_tokens);
    sv_store_count(store, SV_COUNT_MICRO_USD, row->model, (int64_t)(row->cost_usd * 1e6 + 0.5));
}

enum { COLUMNS = 16, PLAIN_COLUMNS = 9 };

static bool is_plain(const struct sv_store_usage *row)
{
    return (row->input_tokens | row->output_tokens | row->cache_read_tokens | row->cache_write_tokens | row->unpriced_tokens) == 0 &&
           row->cost_usd == 0 && (row->durations == NULL || row->durations->total == 0);
}

/* Rows of events that took nothing, which nearly all are, have a statement of their own. */
static sqlite3_stmt *statement_for(struct sv_store *store, const struct sv_store_usage *rows, size_t count, bool *plain, struct sv_error *err)
{
    *plain = true;
    for (size_t i = 0; i < count && *plain; i++)
        *plain = is_plain(&rows[i]);
    if (*plain)
        return sv_store_statement(store, count > 1 ? SV_SQL_USAGE_COUNT_MANY : SV_SQL_USAGE_COUNT, err);
    return sv_store_statement(store, count > 1 ? SV_SQL_USAGE_ADD_MANY : SV_SQL_USAGE_ADD, err);
}

static void bind_plain(sqlite3_stmt *put, int at, const struct sv_store_usage *row)
{
    const int64_t values[PLAIN_COLUMNS] = {row->hour, row->type,   row->agent,           row->team,           row->model,
                                           row->tool, row->status, (int64_t)row->events, (int64_t)row->errors};
    for (int i = 0; i < PLAIN_COLUMNS; i++)
        sqlite3_bind_int64(put, at + i + 1, values[i]);
}

/* Behind the parameters of earlier rows; its durations are in `bytes`. */
static void bind_row(sqlite3_stmt *put, int at, const struct sv_store_usage *row, struct sv_slice bytes)
{
    const int64_t values[] = {row->input_tokens, row->output_tokens, row->cache_read_tokens, row->cache_write_tokens, row->unpriced_tokens};
    const int numbers = sizeof values / sizeof *values;
    bind_plain(put, at, row);
    at += PLAIN_COLUMNS;
    for (int i = 0; i < numbers; i++)
        sqlite3_bind_int64(put, at + i + 1, values[i]);
    sqlite3_bind_double(put, at + numbers + 1, row->cost_usd);
    if (bytes.len > 0)
        sqlite3_bind_blob64(put, at + numbers + 2, bytes.data, bytes.len, SQLITE_STATIC);
    else
        sqlite3_bind_null(put, at + numbers + 2);
}

static void bind_rows(struct sv_store *store, sqlite3_stmt *put, const struct sv_store_usage *rows, size_t count)
{
    size_t starts[SV_USAGE_ROWS + 1] = {0};
    sv_buf_clear(&store->scratch);
    for (size_t i = 0; i < count; i++) {
        if (rows[i].durations != NULL && rows[i].durations->total > 0)
            sv_histogram_save(rows[i].durations, &store->scratch);
        starts[i + 1] = store->scratch.len;
    }
    for (size_t i = 0; i < count; i++)
        bind_row(put, (int)i * COLUMNS, &rows[i], sv_slice(store->scratch.data + starts[i], starts[i + 1] - starts[i]));
}

bool sv_store_usage_add(struct sv_store *store, const struct sv_store_usage *rows, size_t count, struct sv_error *err)
{
    while (count > 0) {
        bool plain;
        size_t many = count >= SV_USAGE_ROWS ? SV_USAGE_ROWS : 1;
        sqlite3_stmt *put = statement_for(store, rows, many, &plain, err);
        if (put == NULL)
            return false;
        for (size_t i = 0; i < many && plain; i++)
            bind_plain(put, (int)i * PLAIN_COLUMNS, &rows[i]);
        if (!plain)
            bind_rows(store, put, rows, many);
        if (!sv_store_step(store, put, NULL, NULL, err))
            return false;
        for (size_t i = 0; i < many; i++)
            count_row(store, &rows[i]);
        rows += many;
        count -= many;
    }
    return true;
}
