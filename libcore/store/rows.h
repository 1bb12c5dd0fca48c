/* SPDX-License-Identifier: ISC */
/* rows.h - rows from one store to another, whole, under the numbers that they have, with what they refer to.
 *
 *     struct sv_rows rows = {.from = store, .to = file};
 *     sv_rows_copy(&rows, SV_ROW_EVENT, row, &added, &err)       // in a transaction of `to`
 *     sv_rows_free(&rows);
 *
 * Floor: store, and its own. */
#ifndef SV_STORE_ROWS_H
#define SV_STORE_ROWS_H

#include "store/private.h"

enum sv_row_kind { SV_ROW_EVENT, SV_ROW_EVALUATION, SV_ROW_KINDS };

enum sv_row_reference {
    SV_ROW_AGENT,
    SV_ROW_SESSION,
    SV_ROW_TOOL,
    SV_ROW_TEAM,
    SV_ROW_SUPERVISOR,
    SV_ROW_TYPE,
    SV_ROW_MODEL,
    SV_ROW_STATUS,
    SV_ROW_HOST,
    SV_ROW_RUN,
    SV_ROW_SOURCE,
    SV_ROW_POLICY,
    SV_ROW_REFERENCES
};

enum { SV_ROW_COLUMNS = 10 }; /* with references, at most */

struct sv_rows {
    struct sv_store *from, *to;
    struct sv_set known;   /* private: references that are there */
    int places[SV_ROW_KINDS][SV_ROW_COLUMNS]; /* private: of the columns with references, the same in every row of a kind */
    bool has_places[SV_ROW_KINDS];
    struct sv_buf scratch;
};

/* All columns of a table, in their order, behind them an event's body. A row that is there stays as it is. */
bool sv_rows_copy(struct sv_rows *rows, enum sv_row_kind kind, sqlite3_stmt *row, bool *added, struct sv_error *err);
void sv_rows_free(struct sv_rows *rows);

/* Over every column, whatever its type. */
uint64_t sv_row_hash(sqlite3_stmt *row, struct sv_buf *scratch);

/* The place of a column; -1: none of that name. */
int sv_row_column_at(sqlite3_stmt *row, const char *name);

#endif
