/* SPDX-License-Identifier: ISC */
/* events: the canonical events themselves, columns for what is asked, the line as a body apart. */
#include "store/private.h"

static bool bind_names(struct sv_store *store, sqlite3_stmt *add, const struct sv_store_event *event, struct sv_error *err)
{
    const struct {
        enum sv_name_table table;
        struct sv_slice name;
    } names[] = {{SV_NAME_TYPE, event->type.len > 0 ? event->type : SV_SLICE("-")},
                 {SV_NAME_AGENT, event->agent},
                 {SV_NAME_SESSION, event->session},
                 {SV_NAME_TEAM, event->team},
                 {SV_NAME_HOST, event->host},
                 {SV_NAME_TOOL, event->tool},
                 {SV_NAME_MODEL, event->model},
                 {SV_NAME_STATUS, event->status}};
    for (int i = 0; i < (int)(sizeof names / sizeof *names); i++) {
        int64_t id;
        if (!sv_store_name(store, names[i].table, names[i].name, &id, err))
            return false;
        sv_store_bind_id(add, 6 + i, id);
    }
    return true;
}

static bool put_body(struct sv_store *store, struct sv_slice body, struct sv_error *err)
{
    sqlite3_stmt *add = sv_store_statement(store, SV_SQL_EVENT_BODY_ADD, err);
    if (add == NULL)
        return false;
    sqlite3_bind_int64(add, 1, sqlite3_last_insert_rowid(store->db));
    sqlite3_bind_text64(add, 2, body.data, body.len, SQLITE_STATIC, SQLITE_UTF8);
    return sv_store_step(store, add, NULL, NULL, err);
}

static void bind_number(sqlite3_stmt *statement, int at, bool is_there, double value)
{
    if (is_there)
        sqlite3_bind_double(statement, at, value);
    else
        sqlite3_bind_null(statement, at);
}

bool sv_store_put_event(struct sv_store *store, int64_t run, int64_t source, const struct sv_store_event *event,
                        struct sv_error *err)
{
    sqlite3_stmt *add = sv_store_statement(store, SV_SQL_EVENT_ADD, err);
    if (add == NULL || !bind_names(store, add, event, err))
        return false;
    sqlite3_bind_int64(add, 1, source);
    sqlite3_bind_int64(add, 2, (int64_t)event->record);
    sqlite3_bind_int64(add, 3, event->part);
    sv_store_bind(add, 4, event->event);
    sqlite3_bind_int64(add, 5, event->time_ns);
    if (event->priority >= 0)
        sqlite3_bind_int(add, 14, event->priority);
    else
        sqlite3_bind_null(add, 14);
    sv_store_bind(add, 15, event->entity_type);
    sv_store_bind(add, 16, event->entity_id);
    sv_store_bind(add, 17, event->correlation_id);
    sv_store_bind(add, 18, event->trace_id);
    sv_store_bind(add, 19, event->parent_id);
    sv_store_bind(add, 20, event->call_id);
    if (event->has_tokens) {
        sqlite3_bind_int64(add, 21, event->input_tokens);
        sqlite3_bind_int64(add, 22, event->output_tokens);
    } else {
        sqlite3_bind_null(add, 21);
        sqlite3_bind_null(add, 22);
    }
    bind_number(add, 23, event->has_cost, event->cost_usd);
    bind_number(add, 24, event->has_duration, event->duration_ms);
    sqlite3_bind_int64(add, 25, run);
    if (!sv_store_step(store, add, NULL, NULL, err))
        return false;
    if (sqlite3_changes(store->db) == 0)
        return true;
    sv_store_count(store, SV_COUNT_EVENT_ROWS, 0, 1);
    return put_body(store, event->body, err);
}

bool sv_store_put_own_event(struct sv_store *store, int64_t run, struct sv_store_event *event, struct sv_error *err)
{
    int64_t last;
    if (!sv_store_number(store, SV_SQL_EVENT_LAST, &last, err))
        return false;
    event->record = (uint64_t)last + 1;
    event->part = 0;
    return sv_store_put_event(store, run, 0, event, err);
}
