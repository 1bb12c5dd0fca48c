/* SPDX-License-Identifier: ISC */
/* sources: every input that rows came from. A file is one generation of a log; a pipe is its run. */
#define _DEFAULT_SOURCE
#include <stdlib.h>
#include <unistd.h>

#include "base/hash.h"
#include "store/find.h"
#include "store/private.h"

/* Two folders may each have a log.jsonl that begins alike, so the path kept is absolute and without links; of a file that is
 * gone by now, as far as its folder or the current one tells. */
static void put_real_path(struct sv_buf *out, const char *path)
{
    char *real = realpath(path, NULL);
    if (real != NULL) {
        sv_buf_str(out, real);
        free(real);
        return;
    }
    const char *slash = strrchr(path, '/');
    char *folder = slash == NULL ? sv_str_dup(SV_SLICE(".")) : sv_str_dup(sv_slice(path, (size_t)(slash - path) + (slash == path)));
    real = realpath(folder, NULL);
    sv_buf_str(out, real != NULL ? real : folder);
    if (out->len > 0 && out->data[out->len - 1] != '/')
        sv_buf_char(out, '/');
    sv_buf_str(out, slash != NULL ? slash + 1 : path);
    free(real);
    sv_free(folder);
}

void sv_store_source_path(struct sv_buf *out, const char *path, struct sv_redactor *redactor)
{
    struct sv_buf real = {0};
    char hash[17];
    put_real_path(&real, path);
    if (sv_redact_text(redactor, out, sv_buf_slice(&real)) > 0) { /* still another one for each file */
        sv_hash_hex(sv_hash(sv_buf_slice(&real)), hash);
        sv_buf_char(out, '#');
        sv_buf_str(out, hash);
    }
    sv_buf_free(&real);
}

bool sv_store_source_add(struct sv_store *store, struct sv_store_source *source, struct sv_error *err)
{
    bool is_pipe = source->run > 0;
    sqlite3_stmt *count = sv_store_statement(store, is_pipe ? SV_SQL_SOURCE_COUNT_PIPE : SV_SQL_SOURCE_COUNT, err);
    sqlite3_stmt *add = sv_store_statement(store, SV_SQL_SOURCE_ADD, err);
    if (count == NULL || add == NULL)
        return false;
    int64_t before = 0;
    sqlite3_bind_int64(count, 1, is_pipe ? source->run : (int64_t)source->head);
    if (!sv_store_step(store, count, NULL, &before, err))
        return false;
    if (is_pipe) {
        sqlite3_bind_null(add, 1);
        sqlite3_bind_int64(add, 2, source->run);
    } else {
        sqlite3_bind_int64(add, 1, (int64_t)source->head);
        sqlite3_bind_null(add, 2);
    }
    sv_store_bind(add, 3, source->path);
    sqlite3_bind_int64(add, 4, before + 1);
    sv_store_bind(add, 5, source->log);
    sqlite3_bind_int64(add, 6, source->first_read_ns);
    sqlite3_bind_int64(add, 7, (int64_t)source->device);
    sqlite3_bind_int64(add, 8, (int64_t)source->inode);
    sqlite3_bind_int64(add, 9, source->born_ns);
    if (!sv_store_step(store, add, NULL, NULL, err))
        return false;
    source->id = sqlite3_last_insert_rowid(store->db);
    source->number = (uint32_t)(before + 1);
    return true;
}

bool sv_store_source_set(struct sv_store *store, const struct sv_store_source *source, struct sv_slice format_state,
                         const int64_t *from, bool *was_moved, struct sv_error *err)
{
    sqlite3_stmt *set = sv_store_statement(store, SV_SQL_SOURCE_SET, err);
    if (set == NULL)
        return false;
    sqlite3_bind_int64(set, 1, source->id);
    sv_store_bind(set, 2, source->path);
    sv_store_bind(set, 3, source->log);
    sqlite3_bind_int64(set, 4, (int64_t)source->device);
    sqlite3_bind_int64(set, 5, (int64_t)source->inode);
    sqlite3_bind_int64(set, 6, source->born_ns);
    sqlite3_bind_int64(set, 7, source->size);
    sqlite3_bind_int64(set, 8, source->modified_ns);
    sqlite3_bind_int64(set, 9, source->print.end);
    sqlite3_bind_int64(set, 10, source->print.begin_length);
    sqlite3_bind_int64(set, 11, (int64_t)source->print.begin);
    sqlite3_bind_int64(set, 12, (int64_t)source->print.tail);
    if (source->has_position) {
        sqlite3_bind_int64(set, 13, source->offset);
        sqlite3_bind_int64(set, 14, (int64_t)source->record);
        sqlite3_bind_int64(set, 20, (int64_t)source->line);
        sqlite3_bind_int(set, 21, source->where);
    } else {
        sqlite3_bind_null(set, 13);
        sqlite3_bind_null(set, 14);
        sqlite3_bind_null(set, 20);
        sqlite3_bind_null(set, 21);
    }
    sqlite3_bind_int(set, 15, (int)source->state);
    sv_store_bind(set, 16, source->format);
    if (format_state.len > 0)
        sqlite3_bind_blob64(set, 17, format_state.data, format_state.len, SQLITE_STATIC);
    else
        sqlite3_bind_null(set, 17);
    sqlite3_bind_int64(set, 18, source->read_ns);
    if (from != NULL)
        sqlite3_bind_int64(set, 19, *from);
    else
        sqlite3_bind_null(set, 19);
    if (!sv_store_step(store, set, NULL, NULL, err))
        return false;
    *was_moved = sqlite3_changes(store->db) == 0;
    return true;
}

/* As SV_SOURCE_SELECT names them. */
static struct sv_store_source source_of(sqlite3_stmt *row, struct sv_arena *arena)
{
    return (struct sv_store_source){.id = sqlite3_column_int64(row, 0),
                                    .number = (uint32_t)sqlite3_column_int64(row, 1),
                                    .head = (uint64_t)sqlite3_column_int64(row, 2),
                                    .run = sqlite3_column_int64(row, 3),
                                    .path = sv_store_text(row, 4, arena),
                                    .log = sv_store_text(row, 5, arena),
                                    .device = (uint64_t)sqlite3_column_int64(row, 6),
                                    .inode = (uint64_t)sqlite3_column_int64(row, 7),
                                    .born_ns = sqlite3_column_int64(row, 8),
                                    .size = sqlite3_column_int64(row, 9),
                                    .modified_ns = sqlite3_column_int64(row, 10),
                                    .print = {.end = sqlite3_column_int64(row, 11),
                                              .begin_length = (uint32_t)sqlite3_column_int64(row, 12),
                                              .begin = (uint64_t)sqlite3_column_int64(row, 13),
                                              .tail = (uint64_t)sqlite3_column_int64(row, 14)},
                                    .has_position = sqlite3_column_type(row, 15) != SQLITE_NULL,
                                    .offset = sqlite3_column_int64(row, 15),
                                    .record = (uint64_t)sqlite3_column_int64(row, 16),
                                    .state = (enum sv_store_source_state)sqlite3_column_int(row, 17),
                                    .format = sv_store_text(row, 18, arena),
                                    .first_read_ns = sqlite3_column_int64(row, 19),
                                    .read_ns = sqlite3_column_int64(row, 20),
                                    .line = (uint64_t)sqlite3_column_int64(row, 21),
                                    .where = (uint8_t)sqlite3_column_int(row, 22)};
}

static bool append_all(struct sv_store *store, sqlite3_stmt *find, struct sv_store_sources *out, struct sv_error *err)
{
    int state;
    while ((state = sv_store_row(store, find, err)) > 0) {
        if (out->count == out->capacity) {
            out->capacity = out->capacity > 0 ? 2 * out->capacity : 4;
            out->items = sv_realloc(out->items, out->capacity * sizeof *out->items);
        }
        out->items[out->count++] = source_of(find, &out->arena);
    }
    return state == 0;
}

static bool select_by(struct sv_store *store, enum sv_statement which, int64_t number, struct sv_slice text,
                      struct sv_store_sources *out, struct sv_error *err)
{
    sqlite3_stmt *find = sv_store_statement(store, which, err);
    if (find == NULL)
        return false;
    if (text.data != NULL)
        sqlite3_bind_text64(find, 1, text.data, text.len, SQLITE_STATIC, SQLITE_UTF8);
    else
        sqlite3_bind_int64(find, 1, number);
    return append_all(store, find, out, err);
}

bool sv_store_sources_by_head(struct sv_store *store, uint64_t head, struct sv_store_sources *out, struct sv_error *err)
{
    return select_by(store, SV_SQL_SOURCE_BY_HEAD, (int64_t)head, (struct sv_slice){0}, out, err);
}

bool sv_store_sources_by_log(struct sv_store *store, struct sv_slice log, struct sv_store_sources *out, struct sv_error *err)
{
    return select_by(store, SV_SQL_SOURCE_BY_LOG, 0, log, out, err);
}

/* '0' is the character behind '/'. */
bool sv_store_sources_under(struct sv_store *store, struct sv_slice folder, struct sv_store_sources *out, struct sv_error *err)
{
    return select_by(store, SV_SQL_SOURCE_UNDER, 0, folder, out, err);
}

bool sv_store_source_by_id(struct sv_store *store, int64_t id, struct sv_store_sources *out, struct sv_error *err)
{
    return select_by(store, SV_SQL_SOURCE_BY_ID, id, (struct sv_slice){0}, out, err);
}

bool sv_store_sources_heads(struct sv_store *store, uint64_t from, uint64_t to, struct sv_store_sources *out, struct sv_error *err)
{
    sqlite3_stmt *find = sv_store_statement(store, SV_SQL_SOURCE_HEADS, err);
    if (find == NULL)
        return false;
    sqlite3_bind_int64(find, 1, (int64_t)from); /* those that begin alike have one sign */
    sqlite3_bind_int64(find, 2, (int64_t)to);
    return append_all(store, find, out, err);
}

bool sv_store_sources_run(struct sv_store *store, int64_t run, struct sv_store_sources *out, struct sv_error *err)
{
    return select_by(store, SV_SQL_SOURCE_RUN, run, (struct sv_slice){0}, out, err);
}

bool sv_store_sources_newest(struct sv_store *store, int64_t read_ns, int64_t id, struct sv_store_sources *out, struct sv_error *err)
{
    sqlite3_stmt *find = sv_store_statement(store, SV_SQL_SOURCE_NEWEST, err);
    if (find == NULL)
        return false;
    sqlite3_bind_int64(find, 1, read_ns);
    sqlite3_bind_int64(find, 2, id);
    return append_all(store, find, out, err);
}

void sv_store_sources_free(struct sv_store_sources *sources)
{
    sv_free(sources->items);
    sv_arena_free(&sources->arena);
    *sources = (struct sv_store_sources){0};
}

bool sv_store_source_format_state(struct sv_store *store, int64_t id, struct sv_buf *out, struct sv_error *err)
{
    sqlite3_stmt *find = sv_store_statement(store, SV_SQL_SOURCE_FORMAT_STATE, err);
    if (find == NULL)
        return false;
    sv_buf_clear(out);
    sqlite3_bind_int64(find, 1, id);
    int state = sv_store_row(store, find, err);
    if (state <= 0)
        return state == 0 && sv_store_refuse(store, err, "source %lld is gone", (long long)id);
    const char *bytes = sqlite3_column_blob(find, 0);
    sv_buf_add(out, sv_slice(bytes, (size_t)sqlite3_column_bytes(find, 0)));
    sv_store_leave(store, find);
    return true;
}

bool sv_store_log_lock(struct sv_store *store, struct sv_slice log, pid_t *holder, struct sv_error *err)
{
    return store->in_memory || sv_line_hold(store->line, sv_hash(log), holder, err);
}
