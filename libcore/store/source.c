/* SPDX-License-Identifier: ISC */
/* sources: every input that rows came from. A file is its first record and its place; a pipe is its run. */
#define _DEFAULT_SOURCE
#include <stdlib.h>
#include <unistd.h>

#include "base/hash.h"
#include "store/private.h"

/* Two folders may each have a log.jsonl that begins alike, so the path kept is absolute and without links; of a file that is
 * gone by now, as far as the current folder tells. */
static void put_real_path(struct sv_buf *out, const struct sv_store_source *source)
{
    char *real = source->run == 0 ? realpath(source->path, NULL) : NULL;
    if (real != NULL) {
        sv_buf_str(out, real);
        free(real);
        return;
    }
    if (source->run == 0 && source->path[0] != '/') {
        char *here = realpath(".", NULL);
        if (here != NULL) {
            sv_buf_str(out, here);
            sv_buf_char(out, '/');
            free(here);
        }
    }
    sv_buf_str(out, source->path);
}

/* Without the secrets in it, and still another one for each file. */
static void put_path(struct sv_buf *out, const struct sv_store_source *source)
{
    struct sv_buf real = {0};
    char hash[17];
    put_real_path(&real, source);
    if (sv_redact_text(source->redactor, out, sv_buf_slice(&real)) > 0) {
        sv_hash_hex(sv_hash(sv_buf_slice(&real)), hash);
        sv_buf_char(out, '#');
        sv_buf_str(out, hash);
    }
    sv_buf_free(&real);
}

/* Head and path, or run and path, as parameters 1 and 2 of the queries. */
static void bind_key(sqlite3_stmt *statement, const struct sv_store_source *source, struct sv_slice path)
{
    sqlite3_bind_int64(statement, 1, source->run > 0 ? source->run : (int64_t)source->head);
    if (path.len > 0)
        sv_store_bind(statement, 2, path);
}

static bool insert(struct sv_store *store, const struct sv_store_source *source, struct sv_slice path, int64_t *id,
                   uint32_t *number, struct sv_error *err)
{
    sqlite3_stmt *count = sv_store_statement(store, source->run > 0 ? SV_SQL_SOURCE_COUNT_PIPE : SV_SQL_SOURCE_COUNT, err);
    sqlite3_stmt *add = sv_store_statement(store, SV_SQL_SOURCE_ADD, err);
    if (count == NULL || add == NULL)
        return false;
    int64_t before = 0;
    bind_key(count, source, (struct sv_slice){0});
    if (!sv_store_step(store, count, NULL, &before, err))
        return false;
    if (source->run > 0) {
        sqlite3_bind_null(add, 1);
        sqlite3_bind_int64(add, 2, source->run);
    } else {
        sqlite3_bind_int64(add, 1, (int64_t)source->head);
        sqlite3_bind_null(add, 2);
    }
    sv_store_bind(add, 3, path);
    sqlite3_bind_int64(add, 4, before + 1);
    sqlite3_bind_int64(add, 5, (int64_t)source->device);
    sqlite3_bind_int64(add, 6, (int64_t)source->inode);
    sv_store_bind(add, 7, sv_slice_str(source->format));
    if (!sv_store_step(store, add, NULL, NULL, err))
        return false;
    *id = sqlite3_last_insert_rowid(store->db);
    *number = (uint32_t)(before + 1);
    return true;
}

/* A file replaced in place (by a restore, by an editor), or whose format is known only now. */
static bool refresh(struct sv_store *store, const struct sv_store_source *source, int64_t id, struct sv_error *err)
{
    sqlite3_stmt *set = sv_store_statement(store, SV_SQL_SOURCE_SET, err);
    if (set == NULL)
        return false;
    sqlite3_bind_int64(set, 1, id);
    sqlite3_bind_int64(set, 2, (int64_t)source->device);
    sqlite3_bind_int64(set, 3, (int64_t)source->inode);
    sv_store_bind(set, 4, sv_slice_str(source->format));
    return sv_store_step(store, set, NULL, NULL, err);
}

static bool find_or_insert(struct sv_store *store, const struct sv_store_source *source, struct sv_slice path, int64_t *id,
                           uint32_t *number, struct sv_error *err)
{
    sqlite3_stmt *find = sv_store_statement(store, source->run > 0 ? SV_SQL_SOURCE_FIND_PIPE : SV_SQL_SOURCE_FIND, err);
    if (find == NULL)
        return false;
    bind_key(find, source, path);
    int rc = sqlite3_step(find);
    bool found = rc == SQLITE_ROW, changed = false;
    if (found) {
        *id = sqlite3_column_int64(find, 0);
        *number = (uint32_t)sqlite3_column_int64(find, 1);
        changed = (uint64_t)sqlite3_column_int64(find, 2) != source->device ||
                  (uint64_t)sqlite3_column_int64(find, 3) != source->inode;
        struct sv_slice format = sv_slice((const char *)sqlite3_column_text(find, 4), (size_t)sqlite3_column_bytes(find, 4));
        if (source->format != NULL && !sv_slice_is(format, source->format))
            changed = true;
    } else if (rc != SQLITE_DONE) {
        sv_store_fault(store, sqlite3_extended_errcode(store->db), err);
        sqlite3_reset(find);
        return false;
    }
    sqlite3_reset(find);
    return found ? !changed || refresh(store, source, *id, err) : insert(store, source, path, id, number, err);
}

bool sv_store_source(struct sv_store *store, const struct sv_store_source *source, int64_t *id, uint32_t *number,
                     struct sv_error *err)
{
    struct sv_buf path = {0};
    put_path(&path, source);
    bool fine = find_or_insert(store, source, sv_buf_slice(&path), id, number, err);
    sv_buf_free(&path);
    return fine;
}
