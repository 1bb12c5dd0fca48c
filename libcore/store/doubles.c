/* SPDX-License-Identifier: ISC */
/* doubles: ids of the sources' own that were counted, as hashes, by format and hour of the event's time.
 *
 * An hour is a row of at most IDS_MAX after the other; only the last one is ever written again, so that a commit a second does
 * not rewrite an hour of a million ids. */
#include "store/private.h"

enum { IDS_MAX = 4096 };

static void put_id(char *to, uint64_t id)
{
    for (int i = 0; i < 8; i++)
        to[i] = (char)(unsigned char)(id >> 8 * i);
}

static uint64_t get_id(const char *from)
{
    uint64_t id = 0;
    for (int i = 0; i < 8; i++)
        id |= (uint64_t)(unsigned char)from[i] << 8 * i;
    return id;
}

/* Walks the parts; each (may be NULL) sees every id; the last part's number and bytes stay in *part and `last`. */
static bool load(struct sv_store *store, struct sv_slice format, int64_t hour, int64_t since, struct sv_set *into, int64_t *part,
                 struct sv_buf *last, struct sv_error *err)
{
    sqlite3_stmt *find = sv_store_statement(store, SV_SQL_DOUBLES_LOAD, err);
    if (find == NULL)
        return false;
    sv_store_bind(find, 1, format);
    sqlite3_bind_int64(find, 2, hour);
    sqlite3_bind_int64(find, 3, since);
    int state;
    while ((state = sv_store_row(store, find, err)) > 0) {
        struct sv_slice ids = sv_slice(sqlite3_column_blob(find, 1), (size_t)sqlite3_column_bytes(find, 1));
        for (size_t at = 0; into != NULL && at + 8 <= ids.len; at += 8)
            sv_set_add(into, get_id(ids.data + at));
        if (part != NULL) {
            *part = sqlite3_column_int64(find, 0);
            sv_buf_set(last, ids);
        }
    }
    return state == 0;
}

bool sv_store_doubles_load(struct sv_store *store, struct sv_slice format, int64_t hour, int64_t since, struct sv_set *into,
                           struct sv_error *err)
{
    return load(store, format, hour, since, into, NULL, NULL, err);
}

static bool put_part(struct sv_store *store, struct sv_slice format, int64_t hour, int64_t part, int64_t now, struct sv_slice ids,
                     struct sv_error *err)
{
    sqlite3_stmt *put = sv_store_statement(store, SV_SQL_DOUBLES_PUT, err);
    if (put == NULL)
        return false;
    sv_store_bind(put, 1, format);
    sqlite3_bind_int64(put, 2, hour);
    sqlite3_bind_int64(put, 3, part);
    sqlite3_bind_blob64(put, 4, ids.data, ids.len, SQLITE_STATIC);
    sqlite3_bind_int64(put, 5, now);
    return sv_store_step(store, put, NULL, NULL, err);
}

bool sv_store_doubles_add(struct sv_store *store, struct sv_slice format, int64_t hour, int64_t now, const uint64_t *ids,
                          size_t count, struct sv_error *err)
{
    struct sv_buf part = {0};
    int64_t number = 0;
    bool fine = load(store, format, hour, INT64_MIN, NULL, &number, &part, err);
    for (size_t i = 0; i < count && fine; i++) {
        if (part.len >= 8 * IDS_MAX) {
            number++;
            sv_buf_clear(&part);
        }
        put_id(sv_buf_room(&part, 8), ids[i]);
        part.len += 8;
        if (i + 1 == count || part.len >= 8 * IDS_MAX)
            fine = put_part(store, format, hour, number, now, sv_buf_slice(&part), err);
    }
    sv_buf_free(&part);
    return fine;
}

bool sv_store_doubles_expire(struct sv_store *store, int64_t before, struct sv_error *err)
{
    sqlite3_stmt *expire = sv_store_statement(store, SV_SQL_DOUBLES_EXPIRE, err);
    if (expire == NULL)
        return false;
    sqlite3_bind_int64(expire, 1, before);
    return sv_store_step(store, expire, NULL, NULL, err);
}
