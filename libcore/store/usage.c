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

/* --- rows as a table, usage_rows: one statement inserts them all, without binding each value --- */

enum { NUMBERS = 14 /* columns of integers; then the cost and the durations */ };

struct usage_cursor {
    sqlite3_vtab_cursor base;
    const struct sv_store_usage *row;
};

struct usage_table {
    sqlite3_vtab base;
    struct sv_store *store;
};

static int rows_connect(sqlite3 *db, void *store, int count, const char *const *words, sqlite3_vtab **out, char **err)
{
    (void)count, (void)words, (void)err;
    int rc = sqlite3_declare_vtab(db, "CREATE TABLE x (hour, type_id, agent_id, team_id, model_id, tool_id, status_id, events, errors, "
                                      "input_tokens, output_tokens, cache_read_tokens, cache_write_tokens, unpriced_tokens, cost_usd, durations)");
    struct usage_table *table = rc == SQLITE_OK ? sv_calloc(1, sizeof *table) : NULL;
    if (table != NULL)
        table->store = store;
    *out = &table->base;
    return rc;
}

static int rows_disconnect(sqlite3_vtab *table)
{
    sv_free(table);
    return SQLITE_OK;
}

static int rows_best(sqlite3_vtab *table, sqlite3_index_info *info)
{
    (void)table, (void)info;
    return SQLITE_OK;
}

static int rows_open(sqlite3_vtab *table, sqlite3_vtab_cursor **out)
{
    (void)table;
    struct usage_cursor *cursor = sv_calloc(1, sizeof *cursor);
    *out = &cursor->base;
    return SQLITE_OK;
}

static int rows_close(sqlite3_vtab_cursor *cursor)
{
    sv_free(cursor);
    return SQLITE_OK;
}

static struct sv_store *store_of(sqlite3_vtab_cursor *cursor)
{
    return ((struct usage_table *)cursor->pVtab)->store;
}

static int rows_filter(sqlite3_vtab_cursor *cursor, int number, const char *name, int count, sqlite3_value **values)
{
    (void)number, (void)name, (void)count, (void)values;
    ((struct usage_cursor *)cursor)->row = store_of(cursor)->usage;
    return SQLITE_OK;
}

static int rows_next(sqlite3_vtab_cursor *cursor)
{
    ((struct usage_cursor *)cursor)->row++;
    return SQLITE_OK;
}

static int rows_are_over(sqlite3_vtab_cursor *cursor)
{
    return ((struct usage_cursor *)cursor)->row == store_of(cursor)->usage_end;
}

_Static_assert(offsetof(struct sv_store_usage, cost_usd) == NUMBERS * sizeof(int64_t), "integers first, without holes");

static int rows_column(sqlite3_vtab_cursor *cursor, sqlite3_context *context, int at)
{
    const struct sv_store_usage *row = ((struct usage_cursor *)cursor)->row;
    int64_t number = 0;
    struct sv_buf *bytes = &store_of(cursor)->scratch;
    if (at < NUMBERS) { /* they lie there as the columns do */
        memcpy(&number, (const char *)row + (size_t)at * sizeof number, sizeof number);
        sqlite3_result_int64(context, number);
    } else if (at == NUMBERS) {
        sqlite3_result_double(context, row->cost_usd);
    } else if (row->durations != NULL && row->durations->total > 0) {
        sv_buf_clear(bytes);
        sv_histogram_save(row->durations, bytes);
        sqlite3_result_blob64(context, bytes->data, bytes->len, SQLITE_TRANSIENT);
    }
    return SQLITE_OK;
}

static int rows_id(sqlite3_vtab_cursor *cursor, sqlite3_int64 *id)
{
    *id = ((struct usage_cursor *)cursor)->row - store_of(cursor)->usage;
    return SQLITE_OK;
}

/* Without xCreate: a table that is always there, in no schema. */
static const sqlite3_module rows_module = {.iVersion = 0,
                                           .xConnect = rows_connect,
                                           .xBestIndex = rows_best,
                                           .xDisconnect = rows_disconnect,
                                           .xOpen = rows_open,
                                           .xClose = rows_close,
                                           .xFilter = rows_filter,
                                           .xNext = rows_next,
                                           .xEof = rows_are_over,
                                           .xColumn = rows_column,
                                           .xRowid = rows_id};

int sv_store_usage_functions(struct sv_store *store)
{
    int rc = sqlite3_create_function(store->db, "merge_durations", 2, SQLITE_UTF8 | SQLITE_DETERMINISTIC | SQLITE_DIRECTONLY, NULL,
                                     merge_durations, NULL, NULL);
    return rc != SQLITE_OK ? rc : sqlite3_create_module(store->db, "usage_rows", &rows_module, store);
}

bool sv_store_usage_add(struct sv_store *store, const struct sv_store_usage *rows, size_t count, struct sv_error *err)
{
    sqlite3_stmt *add = sv_store_statement(store, SV_SQL_USAGE_ADD, err);
    if (add == NULL)
        return false;
    store->usage = rows;
    store->usage_end = rows + count;
    if (!sv_store_step(store, add, NULL, NULL, err))
        return false;
    for (size_t i = 0; i < count; i++)
        count_row(store, &rows[i]);
    return true;
}
