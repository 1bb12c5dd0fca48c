/* SPDX-License-Identifier: ISC */
/* What events come in by that is no log: a source of its own for each way, with the run -1, named by its path. */
#define _DEFAULT_SOURCE

#include "base/os.h"
#include "store/private.h"

bool sv_store_intake(struct sv_store *store, struct sv_slice name, int64_t *id, struct sv_error *err)
{
    sqlite3_stmt *find = sv_store_statement(store, SV_SQL_INTAKE_FIND, err);
    bool found;
    if (find == NULL)
        return false;
    sv_store_bind(find, 1, name);
    if (!sv_store_step(store, find, &found, id, err))
        return false;
    sqlite3_stmt *add = found ? NULL : sv_store_statement(store, SV_SQL_INTAKE_ADD, err);
    if (add == NULL)
        return found;
    sv_store_bind(add, 1, name);
    sqlite3_bind_int64(add, 2, sv_os_now_ns());
    if (!sv_store_step(store, add, NULL, NULL, err))
        return false;
    *id = sqlite3_last_insert_rowid(store->db);
    return true;
}

bool sv_store_intake_read(struct sv_store *store, int64_t id, uint64_t events, struct sv_error *err)
{
    sqlite3_stmt *set = sv_store_statement(store, SV_SQL_INTAKE_READ, err);
    if (set == NULL)
        return false;
    sqlite3_bind_int64(set, 1, id);
    sqlite3_bind_int64(set, 2, sv_os_now_ns());
    sqlite3_bind_int64(set, 3, (int64_t)events);
    return sv_store_step(store, set, NULL, NULL, err);
}

bool sv_store_event_at(struct sv_store *store, int64_t source, uint64_t record, uint32_t part, bool *found, struct sv_buf *id,
                       struct sv_error *err)
{
    sqlite3_stmt *find = sv_store_statement(store, SV_SQL_EVENT_AT, err);
    if (find == NULL)
        return false;
    sqlite3_bind_int64(find, 1, source);
    sqlite3_bind_int64(find, 2, (int64_t)record);
    sqlite3_bind_int64(find, 3, part);
    int state = sv_store_row(store, find, err);
    *found = state > 0;
    if (state <= 0)
        return state == 0;
    const char *text = (const char *)sqlite3_column_text(find, 0);
    sv_buf_set(id, sv_slice(text, text != NULL ? (size_t)sqlite3_column_bytes(find, 0) : 0));
    sv_store_leave(store, find);
    return true;
}
