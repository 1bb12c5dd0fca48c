/* SPDX-License-Identifier: ISC */
/* exports: how far the store was taken elsewhere. */
#include "store/exports.h"

#include "store/private.h"

bool sv_store_export(struct sv_store *store, struct sv_slice name, struct sv_store_export *out, struct sv_error *err)
{
    sqlite3_stmt *get = sv_store_statement(store, SV_SQL_EXPORT_GET, err);
    *out = (struct sv_store_export){0};
    if (get == NULL)
        return false;
    sv_store_bind(get, 1, name);
    int state = sv_store_row(store, get, err);
    if (state <= 0)
        return state == 0;
    *out = (struct sv_store_export){.event = sqlite3_column_int64(get, 0),
                                    .repeat = sqlite3_column_int64(get, 1),
                                    .exported_ns = sqlite3_column_int64(get, 2),
                                    .mark = sqlite3_column_int64(get, 3),
                                    .marked_ns = sqlite3_column_int64(get, 4)};
    sv_store_leave(store, get);
    return true;
}

bool sv_store_export_put(struct sv_store *store, struct sv_slice name, const struct sv_store_export *export, struct sv_error *err)
{
    sqlite3_stmt *put = sv_store_statement(store, SV_SQL_EXPORT_PUT, err);
    if (put == NULL)
        return false;
    sv_store_bind(put, 1, name);
    sqlite3_bind_int64(put, 2, export->event);
    sqlite3_bind_int64(put, 3, export->repeat);
    sqlite3_bind_int64(put, 4, export->exported_ns);
    sqlite3_bind_int64(put, 5, export->mark);
    sqlite3_bind_int64(put, 6, export->marked_ns);
    return sv_store_step(store, put, NULL, NULL, err);
}

bool sv_store_export_drop(struct sv_store *store, struct sv_slice name, bool *found, struct sv_error *err)
{
    sqlite3_stmt *drop = sv_store_statement(store, SV_SQL_EXPORT_DROP, err);
    if (drop == NULL)
        return false;
    sv_store_bind(drop, 1, name);
    bool fine = sv_store_step(store, drop, NULL, NULL, err);
    *found = fine && sqlite3_changes(store->db) > 0;
    return fine;
}

bool sv_store_export_least(struct sv_store *store, struct sv_buf *name, int64_t *behind, struct sv_error *err)
{
    sqlite3_stmt *list = sv_store_statement(store, SV_SQL_EXPORT_LIST, err);
    int state;
    *behind = INT64_MAX;
    if (list == NULL)
        return false;
    while ((state = sv_store_row(store, list, err)) > 0)
        if (sqlite3_column_int64(list, 1) < *behind) {
            *behind = sqlite3_column_int64(list, 1);
            sv_buf_set(name, sv_store_text(list, 0, NULL));
        }
    return state == 0;
}
