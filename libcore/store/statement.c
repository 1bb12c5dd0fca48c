/* SPDX-License-Identifier: ISC */
/* All SQL that runs on tables: text constants with bound values, prepared once. */
#include "store/private.h"

const struct sv_statement_text sv_store_statements[SV_SQL_COUNT] = {
#define X(name, sql, index) {sql, index},
    SV_STATEMENTS(X)
#undef X
};

sqlite3_stmt *sv_store_statement(struct sv_store *store, enum sv_statement which, struct sv_error *err)
{
    store->caches.statement_hits += store->statements[which] != NULL;
    if (store->statements[which] == NULL) {
        store->caches.statement_misses++;
        int rc = sqlite3_prepare_v3(store->db, sv_store_statements[which].sql, -1, SQLITE_PREPARE_PERSISTENT,
                                    &store->statements[which], NULL);
        if (rc != SQLITE_OK)
            sv_store_fault(store, rc, err);
        else
            sv_timing_know(store, store->statements[which], which);
    }
    return store->statements[which];
}

void sv_store_statements_close(struct sv_store *store)
{
    for (size_t i = 0; i < SV_SQL_COUNT; i++)
        sqlite3_finalize(store->statements[i]);
}

int sv_store_row(struct sv_store *store, sqlite3_stmt *statement, struct sv_error *err)
{
    if (!sqlite3_stmt_busy(statement))
        sv_timing_start(store, statement);
    int rc = sqlite3_step(statement);
    if (rc == SQLITE_ROW)
        return 1;
    sv_timing_stop(store, statement, rc != SQLITE_DONE);
    if (rc != SQLITE_DONE)
        sv_store_fault(store, sqlite3_extended_errcode(store->db), err);
    sqlite3_reset(statement);
    return rc == SQLITE_DONE ? 0 : -1;
}

void sv_store_leave(struct sv_store *store, sqlite3_stmt *statement)
{
    sv_timing_stop(store, statement, false);
    sqlite3_reset(statement);
}

bool sv_store_step(struct sv_store *store, sqlite3_stmt *statement, bool *found, int64_t *number, struct sv_error *err)
{
    int state = sv_store_row(store, statement, err);
    if (found != NULL)
        *found = state > 0;
    if (state > 0 && number != NULL)
        *number = sqlite3_column_int64(statement, 0);
    while (state > 0)
        state = sv_store_row(store, statement, err);
    return state == 0;
}

int sv_store_exec(struct sv_store *store, const char *sql)
{
    int rc = sqlite3_exec(store->db, sql, NULL, NULL, NULL);
    return rc == SQLITE_OK ? rc : sqlite3_extended_errcode(store->db);
}

void sv_store_bind(sqlite3_stmt *statement, int at, struct sv_slice text)
{
    if (text.len == 0)
        sqlite3_bind_null(statement, at);
    else
        sqlite3_bind_text64(statement, at, text.data, text.len, SQLITE_STATIC, SQLITE_UTF8);
}

bool sv_store_number(struct sv_store *store, enum sv_statement which, int64_t *number, struct sv_error *err)
{
    sqlite3_stmt *find = sv_store_statement(store, which, err);
    *number = 0;
    return find != NULL && sv_store_step(store, find, NULL, number, err);
}

struct sv_slice sv_store_text(sqlite3_stmt *row, int at, struct sv_arena *arena)
{
    const char *text = (const char *)sqlite3_column_text(row, at);
    struct sv_slice found = sv_slice(text, text != NULL ? (size_t)sqlite3_column_bytes(row, at) : 0);
    return text != NULL && arena != NULL ? sv_arena_dup(arena, found) : found;
}

void sv_store_bind_id(sqlite3_stmt *statement, int at, int64_t id)
{
    if (id != 0)
        sqlite3_bind_int64(statement, at, id);
    else
        sqlite3_bind_null(statement, at);
}

void sv_store_caches(const struct sv_store *store, struct sv_store_caches *out)
{
    static const int parts[] = {SQLITE_DBSTATUS_CACHE_USED, SQLITE_DBSTATUS_STMT_USED, SQLITE_DBSTATUS_SCHEMA_USED};
    *out = store->caches;
    for (size_t i = 0; i < sizeof parts / sizeof *parts; i++) {
        int used = 0, peak = 0;
        sqlite3_db_status(store->db, parts[i], &used, &peak, 0);
        out->bytes += (uint64_t)used;
    }
    for (int i = 0; i < SV_NAME_COUNT; i++)
        out->bytes += sv_map_bytes(&store->names[i]);
    out->bytes += sv_map_bytes(&store->policies) + store->verdicts.capacity;
}
