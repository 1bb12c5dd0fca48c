/* SPDX-License-Identifier: ISC */
/* Agents, sessions, tools, types and their like: a name is an integer, found or inserted once, then remembered. */
#include "store/private.h"

/* A table; beyond that it is forgotten and asked for again, so that memory has a bound. Long names are asked for each time. */
enum { REMEMBERED = 8192, REMEMBERED_BYTES = 128 };

bool sv_store_name(struct sv_store *store, enum sv_name_table table, struct sv_slice name, int64_t *id, struct sv_error *err)
{
    static const struct {
        enum sv_statement find, add;
    } statements[SV_NAME_COUNT] = {
        [SV_NAME_AGENT] = {SV_SQL_AGENT_FIND, SV_SQL_AGENT_ADD},
        [SV_NAME_SESSION] = {SV_SQL_SESSION_FIND, SV_SQL_SESSION_ADD},
        [SV_NAME_TOOL] = {SV_SQL_TOOL_FIND, SV_SQL_TOOL_ADD},
        [SV_NAME_TEAM] = {SV_SQL_TEAM_FIND, SV_SQL_TEAM_ADD},
        [SV_NAME_SUPERVISOR] = {SV_SQL_SUPERVISOR_FIND, SV_SQL_SUPERVISOR_ADD},
        [SV_NAME_TYPE] = {SV_SQL_TYPE_FIND, SV_SQL_TYPE_ADD},
        [SV_NAME_MODEL] = {SV_SQL_MODEL_FIND, SV_SQL_MODEL_ADD},
        [SV_NAME_STATUS] = {SV_SQL_STATUS_FIND, SV_SQL_STATUS_ADD},
        [SV_NAME_HOST] = {SV_SQL_HOST_FIND, SV_SQL_HOST_ADD},
    };
    *id = 0;
    if (name.len == 0)
        return true;
    const struct sv_map_item *known = sv_map_find(&store->names[table], name);
    if (known != NULL) {
        *id = (int64_t)known->number;
        return true;
    }
    sqlite3_stmt *find = sv_store_statement(store, statements[table].find, err);
    if (find == NULL)
        return false;
    bool found;
    sv_store_bind(find, 1, name);
    if (!sv_store_step(store, find, &found, id, err))
        return false;
    if (!found) {
        sqlite3_stmt *add = sv_store_statement(store, statements[table].add, err);
        if (add == NULL)
            return false;
        sv_store_bind(add, 1, name);
        if (!sv_store_step(store, add, NULL, NULL, err))
            return false;
        *id = sqlite3_last_insert_rowid(store->db);
    }
    if (name.len > REMEMBERED_BYTES)
        return true;
    if (store->names[table].count >= REMEMBERED)
        sv_map_free(&store->names[table]);
    sv_map_at(&store->names[table], name)->number = (uint64_t)*id;
    return true;
}

void sv_store_names_forget(struct sv_store *store)
{
    for (size_t i = 0; i < SV_NAME_COUNT; i++) {
        sv_map_free(&store->names[i]);
        sv_store_texts_forget(store, (enum sv_name_table)i);
    }
    sv_map_free(&store->policies);
    sv_buf_free(&store->verdicts);
}
