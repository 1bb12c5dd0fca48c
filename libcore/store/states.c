/* SPDX-License-Identifier: ISC */
/* keyed_state: what a policy, or whoever else keeps something by keys that become due, knows of each key; in parts, so that of a
 * large state only what has changed is written. Part 0 has the time at which it is due; what is never due has none. */
#include "store/alert.h"
#include "store/private.h"

static sqlite3_stmt *bound(struct sv_store *store, enum sv_statement which, uint64_t signature, const unsigned char *key, struct sv_error *err)
{
    sqlite3_stmt *statement = sv_store_statement(store, which, err);
    if (statement == NULL)
        return NULL;
    sqlite3_bind_int64(statement, 1, (int64_t)signature);
    if (key != NULL)
        sqlite3_bind_blob64(statement, 2, key, SV_STATE_KEY, SQLITE_STATIC);
    return statement;
}

bool sv_store_states_sweep(struct sv_store *store, uint64_t signature, void (*each)(void *to, const unsigned char *key, int64_t due_ns),
                           void *to, struct sv_error *err)
{
    sqlite3_stmt *sweep = bound(store, SV_SQL_STATE_SWEEP, signature, NULL, err);
    int row = sweep != NULL ? sv_store_row(store, sweep, err) : -1;
    for (; row > 0; row = sv_store_row(store, sweep, err))
        if (sqlite3_column_bytes(sweep, 0) == SV_STATE_KEY)
            each(to, sqlite3_column_blob(sweep, 0), sqlite3_column_int64(sweep, 1));
    return row == 0;
}

bool sv_store_state_load(struct sv_store *store, uint64_t signature, const unsigned char *key, uint32_t part, struct sv_buf *out,
                         int64_t *version, struct sv_error *err)
{
    sqlite3_stmt *find = bound(store, SV_SQL_STATE_LOAD, signature, key, err);
    sv_buf_clear(out);
    *version = 0;
    if (find == NULL)
        return false;
    sqlite3_bind_int64(find, 3, part);
    int row = sv_store_row(store, find, err);
    if (row > 0) {
        sv_buf_add(out, sv_slice(sqlite3_column_blob(find, 0), (size_t)sqlite3_column_bytes(find, 0)));
        *version = sqlite3_column_int64(find, 1);
        sv_store_leave(store, find);
    }
    return row >= 0;
}

bool sv_store_state_put(struct sv_store *store, uint64_t signature, const unsigned char *key, uint32_t part, int64_t due_ns,
                        int64_t version, struct sv_slice bytes, struct sv_error *err)
{
    sqlite3_stmt *put = bound(store, SV_SQL_STATE_PUT, signature, key, err);
    if (put == NULL)
        return false;
    sqlite3_bind_int64(put, 3, part);
    if (due_ns != INT64_MIN)
        sqlite3_bind_int64(put, 4, due_ns);
    else
        sqlite3_bind_null(put, 4);
    sqlite3_bind_int64(put, 5, version);
    sqlite3_bind_blob64(put, 6, bytes.len > 0 ? bytes.data : "", bytes.len, SQLITE_STATIC);
    return sv_store_step(store, put, NULL, NULL, err);
}

bool sv_store_state_drop(struct sv_store *store, uint64_t signature, const unsigned char *key, uint32_t first, uint32_t last,
                         struct sv_error *err)
{
    sqlite3_stmt *drop = bound(store, SV_SQL_STATE_DROP, signature, key, err);
    if (drop == NULL)
        return false;
    sqlite3_bind_int64(drop, 3, first);
    sqlite3_bind_int64(drop, 4, last);
    return sv_store_step(store, drop, NULL, NULL, err);
}

bool sv_store_states_count(struct sv_store *store, uint64_t signature, int64_t from_ns, int64_t *count, struct sv_error *err)
{
    sqlite3_stmt *number = bound(store, SV_SQL_STATE_COUNT, signature, NULL, err);
    if (number != NULL)
        sqlite3_bind_int64(number, 2, from_ns);
    return number != NULL && sv_store_step(store, number, NULL, count, err);
}

bool sv_store_states_end(struct sv_store *store, uint64_t signature, int64_t before_ns, size_t *most, struct sv_error *err)
{
    struct sv_buf keys = {0};
    bool fine = before_ns == INT64_MIN || sv_store_states_due(store, signature, before_ns - 1, *most, &keys, err);
    for (size_t i = 0; i < keys.len && fine; i += SV_STATE_KEY, --*most)
        fine = sv_store_state_drop(store, signature, (const unsigned char *)keys.data + i, 0, UINT32_MAX, err);
    sv_buf_free(&keys);
    return fine;
}

/* From one to the next, each with one look into the index, however many keys it has. */
bool sv_store_states_signatures(struct sv_store *store, void (*each)(void *to, uint64_t signature), void *to, struct sv_error *err)
{
    int64_t signature = INT64_MIN;
    for (;;) {
        sqlite3_stmt *next = bound(store, SV_SQL_STATE_SIGNATURE, (uint64_t)signature, NULL, err);
        int row = next != NULL ? sv_store_row(store, next, err) : -1;
        if (row <= 0)
            return row == 0;
        signature = sqlite3_column_int64(next, 0);
        sv_store_leave(store, next);
        each(to, (uint64_t)signature);
        if (signature++ == INT64_MAX)
            return true;
    }
}
