/* SPDX-License-Identifier: ISC */
/* Rows from one store to another, whole, under the numbers that they have, with what they refer to. */
#include <string.h>

#include "base/hash.h"
#include "store/rows.h"

/* Tables that rows refer to. What identifies a row of them are its first columns: where they differ, it is another store's. */
static const struct reference {
    enum sv_statement get, put;
    int columns, identity;
} references[SV_ROW_REFERENCES] = {
    [SV_ROW_AGENT] = {SV_SQL_AGENT_NAME, SV_SQL_COPY_AGENT_PUT, 2, 2},
    [SV_ROW_SESSION] = {SV_SQL_SESSION_NAME, SV_SQL_COPY_SESSION_PUT, 2, 2},
    [SV_ROW_TOOL] = {SV_SQL_TOOL_NAME, SV_SQL_COPY_TOOL_PUT, 2, 2},
    [SV_ROW_TEAM] = {SV_SQL_TEAM_NAME, SV_SQL_COPY_TEAM_PUT, 2, 2},
    [SV_ROW_SUPERVISOR] = {SV_SQL_SUPERVISOR_NAME, SV_SQL_COPY_SUPERVISOR_PUT, 2, 2},
    [SV_ROW_TYPE] = {SV_SQL_TYPE_NAME, SV_SQL_COPY_TYPE_PUT, 2, 2},
    [SV_ROW_MODEL] = {SV_SQL_MODEL_NAME, SV_SQL_COPY_MODEL_PUT, 2, 2},
    [SV_ROW_STATUS] = {SV_SQL_STATUS_NAME, SV_SQL_COPY_STATUS_PUT, 2, 2},
    [SV_ROW_HOST] = {SV_SQL_HOST_NAME, SV_SQL_COPY_HOST_PUT, 2, 2},
    [SV_ROW_RUN] = {SV_SQL_COPY_RUN_GET, SV_SQL_COPY_RUN_PUT, 7, 3},
    [SV_ROW_SOURCE] = {SV_SQL_COPY_SOURCE_GET, SV_SQL_COPY_SOURCE_PUT, 8, 4},
    [SV_ROW_POLICY] = {SV_SQL_COPY_POLICY_GET, SV_SQL_COPY_POLICY_PUT, 6, 3},
};

static const struct sv_row_column {
    const char *name;
    enum sv_row_reference to;
} columns[SV_ROW_KINDS][SV_ROW_COLUMNS] = {
    [SV_ROW_EVENT] = {{"source", SV_ROW_SOURCE},
                      {"type", SV_ROW_TYPE},
                      {"agent", SV_ROW_AGENT},
                      {"session", SV_ROW_SESSION},
                      {"team", SV_ROW_TEAM},
                      {"host", SV_ROW_HOST},
                      {"tool", SV_ROW_TOOL},
                      {"model", SV_ROW_MODEL},
                      {"status", SV_ROW_STATUS},
                      {"run", SV_ROW_RUN}},
    [SV_ROW_EVALUATION] = {{"source", SV_ROW_SOURCE},
                           {"policy_id", SV_ROW_POLICY},
                           {"supervisor_id", SV_ROW_SUPERVISOR},
                           {"team_id", SV_ROW_TEAM},
                           {"agent_id", SV_ROW_AGENT},
                           {"session_id", SV_ROW_SESSION},
                           {"tool_id", SV_ROW_TOOL},
                           {"run", SV_ROW_RUN}},
};

int sv_row_column_at(sqlite3_stmt *row, const char *name)
{
    for (int i = 0; i < sqlite3_column_count(row); i++)
        if (strcmp(sqlite3_column_name(row, i), name) == 0)
            return i;
    return -1;
}

uint64_t sv_row_hash(sqlite3_stmt *row, struct sv_buf *scratch)
{
    sv_buf_clear(scratch);
    for (int i = 0; i < sqlite3_column_count(row); i++) {
        int type = sqlite3_column_type(row, i);
        int64_t number = type == SQLITE_INTEGER ? sqlite3_column_int64(row, i) : 0;
        double real = type == SQLITE_FLOAT ? sqlite3_column_double(row, i) : 0;
        struct sv_slice bytes = {0};
        if (type == SQLITE_FLOAT)
            memcpy(&number, &real, sizeof number);
        if (type == SQLITE_TEXT || type == SQLITE_BLOB) {
            bytes.data = sqlite3_column_blob(row, i);
            bytes.len = (size_t)sqlite3_column_bytes(row, i);
            number = (int64_t)bytes.len;
        }
        sv_buf_char(scratch, (char)type);
        for (int shift = 0; shift < 64; shift += 8)
            sv_buf_char(scratch, (char)(unsigned char)((uint64_t)number >> shift));
        sv_buf_add(scratch, bytes);
    }
    return sv_hash(sv_buf_slice(scratch));
}

/* The same row, as far as its identity goes? */
static bool is_same(sqlite3_stmt *a, sqlite3_stmt *b, int count)
{
    for (int i = 0; i < count; i++) {
        int type = sqlite3_column_type(a, i);
        if (type != sqlite3_column_type(b, i))
            return false;
        if (type == SQLITE_INTEGER && sqlite3_column_int64(a, i) != sqlite3_column_int64(b, i))
            return false;
        if (type == SQLITE_TEXT &&
            !sv_slice_equal(sv_slice((const char *)sqlite3_column_text(a, i), (size_t)sqlite3_column_bytes(a, i)),
                            sv_slice((const char *)sqlite3_column_text(b, i), (size_t)sqlite3_column_bytes(b, i))))
            return false;
    }
    return true;
}

static bool put_row(struct sv_store *to, sqlite3_stmt *row, int first, int count, enum sv_statement put, struct sv_error *err)
{
    sqlite3_stmt *add = sv_store_statement(to, put, err);
    if (add == NULL)
        return false;
    for (int i = 0; i < count; i++)
        sqlite3_bind_value(add, i + 1, sqlite3_column_value(row, first + i));
    return sv_store_step(to, add, NULL, NULL, err);
}

static bool copy_reference(struct sv_rows *rows, const struct reference *reference, int64_t id, struct sv_error *err)
{
    sqlite3_stmt *get = sv_store_statement(rows->from, reference->get, err);
    sqlite3_stmt *has = sv_store_statement(rows->to, reference->get, err);
    if (get == NULL || has == NULL)
        return false;
    sqlite3_bind_int64(get, 1, id);
    int state = sv_store_row(rows->from, get, err);
    if (state <= 0)
        return state == 0; /* it is missing there, too; sv-index check tells */
    bool fine = put_row(rows->to, get, 0, reference->columns, reference->put, err);
    sqlite3_bind_int64(has, 1, id);
    int found = fine ? sv_store_row(rows->to, has, err) : -1;
    if (found > 0 && !is_same(get, has, reference->identity)) {
        sv_error_at(err, rows->to->shown, 0, 0);
        fine = sv_error_set(err, SV_INPUT, "and %s were made from different stores; nothing was changed", rows->from->shown);
    }
    if (found > 0)
        sv_store_leave(rows->to, has);
    sv_store_leave(rows->from, get);
    return fine && found >= 0;
}

static bool copy_references(struct sv_rows *rows, enum sv_row_kind kind, sqlite3_stmt *row, struct sv_error *err)
{
    int *places = rows->places[kind];
    for (size_t i = 0; !rows->has_places[kind] && i < SV_ROW_COLUMNS && columns[kind][i].name != NULL; i++)
        places[i] = sv_row_column_at(row, columns[kind][i].name);
    rows->has_places[kind] = true;
    for (size_t i = 0; i < SV_ROW_COLUMNS && columns[kind][i].name != NULL; i++) {
        int64_t id = places[i] >= 0 ? sqlite3_column_int64(row, places[i]) : 0;
        uint64_t known = (uint64_t)columns[kind][i].to << 56 ^ (uint64_t)id;
        if (id != 0 && !sv_set_has(&rows->known, known + 1)) {
            if (!copy_reference(rows, &references[columns[kind][i].to], id, err))
                return false;
            sv_set_add(&rows->known, known + 1);
        }
    }
    return true;
}

bool sv_rows_copy(struct sv_rows *rows, enum sv_row_kind kind, sqlite3_stmt *row, bool *added, struct sv_error *err)
{
    static const enum sv_statement puts[SV_ROW_KINDS] = {[SV_ROW_EVENT] = SV_SQL_COPY_EVENT_PUT,
                                                         [SV_ROW_EVALUATION] = SV_SQL_COPY_EVALUATION_PUT};
    static const enum sv_count counts[SV_ROW_KINDS] = {[SV_ROW_EVENT] = SV_COUNT_EVENT_ROWS,
                                                       [SV_ROW_EVALUATION] = SV_COUNT_EVALUATION_ROWS};
    int count = sqlite3_column_count(row) - (kind == SV_ROW_EVENT); /* its body has a table of its own */
    if (!copy_references(rows, kind, row, err) || !put_row(rows->to, row, 0, count, puts[kind], err))
        return false;
    *added = sqlite3_changes(rows->to->db) > 0;
    sv_store_count(rows->to, counts[kind], 0, *added);
    if (!*added || kind != SV_ROW_EVENT || sqlite3_column_type(row, count) == SQLITE_NULL)
        return true;
    sqlite3_stmt *add = sv_store_statement(rows->to, SV_SQL_COPY_BODY_PUT, err);
    if (add == NULL)
        return false;
    sqlite3_bind_value(add, 1, sqlite3_column_value(row, 0));
    sqlite3_bind_value(add, 2, sqlite3_column_value(row, count));
    return sv_store_step(rows->to, add, NULL, NULL, err);
}

void sv_rows_free(struct sv_rows *rows)
{
    sv_set_free(&rows->known);
    sv_buf_free(&rows->scratch);
}
