/* SPDX-License-Identifier: ISC */
/* archives: the catalogue of months that were moved out. */
#define _DEFAULT_SOURCE
#include <stdio.h>
#include <unistd.h>

#include "base/os.h"
#include "store/archive.h"
#include "store/private.h"

_Static_assert(SV_ARCHIVE_HERE == 0 && SV_ARCHIVE_MOVED == 1 && SV_ARCHIVE_RESTORED == 2, "states are stored as numbers");

static struct sv_archive archive_of(sqlite3_stmt *row)
{
    struct sv_archive archive = {
        .path = sv_str_dup(sv_slice((const char *)sqlite3_column_text(row, 1), (size_t)sqlite3_column_bytes(row, 1))),
        .state = (enum sv_archive_state)sqlite3_column_int(row, 2),
        .sum = {.events = (uint64_t)sqlite3_column_int64(row, 3),
                .evaluations = (uint64_t)sqlite3_column_int64(row, 4),
                .hash = (uint64_t)sqlite3_column_int64(row, 5)},
        .bytes = sqlite3_column_int64(row, 6),
        .changed_ns = sqlite3_column_int64(row, 7),
        .has_times = sqlite3_column_type(row, 8) != SQLITE_NULL,
        .first_ns = sqlite3_column_int64(row, 8),
        .last_ns = sqlite3_column_int64(row, 9)};
    snprintf(archive.month, sizeof archive.month, "%.7s", (const char *)sqlite3_column_text(row, 0));
    return archive;
}

bool sv_archives_list(struct sv_store *store, const char *from, const char *until, struct sv_archives *out, struct sv_error *err)
{
    sqlite3_stmt *list = sv_store_statement(store, SV_SQL_ARCHIVE_LIST, err);
    int state;
    if (list == NULL)
        return false;
    sqlite3_bind_text(list, 1, from, -1, SQLITE_STATIC);
    sqlite3_bind_text(list, 2, until, -1, SQLITE_STATIC);
    while ((state = sv_store_row(store, list, err)) > 0) {
        if (out->count == out->capacity) {
            out->capacity = out->capacity > 0 ? 2 * out->capacity : 16;
            out->items = sv_realloc(out->items, out->capacity * sizeof *out->items);
        }
        out->items[out->count++] = archive_of(list);
    }
    return state == 0;
}

void sv_archives_free(struct sv_archives *archives)
{
    for (size_t i = 0; i < archives->count; i++)
        sv_free(archives->items[i].path);
    sv_free(archives->items);
    *archives = (struct sv_archives){0};
}

bool sv_archive_put(struct sv_store *store, const struct sv_archive *archive, struct sv_error *err)
{
    sqlite3_stmt *put = sv_store_statement(store, SV_SQL_ARCHIVE_PUT, err);
    if (put == NULL)
        return false;
    sv_store_bind(put, 1, sv_slice_str(archive->month));
    sv_store_bind(put, 2, sv_slice_str(archive->path));
    sqlite3_bind_int(put, 3, (int)archive->state);
    sqlite3_bind_int64(put, 4, (int64_t)archive->sum.events);
    sqlite3_bind_int64(put, 5, (int64_t)archive->sum.evaluations);
    sqlite3_bind_int64(put, 6, (int64_t)archive->sum.hash);
    sqlite3_bind_int64(put, 7, archive->bytes);
    sqlite3_bind_int64(put, 8, archive->changed_ns);
    if (archive->has_times) {
        sqlite3_bind_int64(put, 9, archive->first_ns);
        sqlite3_bind_int64(put, 10, archive->last_ns);
    } else {
        sqlite3_bind_null(put, 9);
        sqlite3_bind_null(put, 10);
    }
    return sv_store_step(store, put, NULL, NULL, err);
}

/* A reader in the middle of it keeps the log; then the file is whole all the same, with a log beside it. */
bool sv_archive_settle(struct sv_store *file, struct sv_error *err)
{
    struct sv_buf line = {0};
    file->deadline_ns = sv_os_monotonic_ns() + file->wait_ns;
    sv_store_statements_close(file);
    memset(file->statements, 0, sizeof file->statements);
    int rc = sv_store_exec(file, "PRAGMA journal_mode = DELETE");
    if (rc != SQLITE_OK && (rc & 0xff) != SQLITE_BUSY)
        return sv_store_fault(file, rc, err);
    file->untouched = true;
    file->wal_pages = 0;
    sv_buf_printf(&line, "%s-line", file->path);
    unlink(sv_buf_cstr(&line));
    sv_buf_free(&line);
    return sv_os_sync(file->path, err);
}
