/* SPDX-License-Identifier: ISC */
/* list.h - rows of named, typed cells as people or programs want them: a table, JSON or CSV.
 *
 * A column has one name: a key in JSON, the head of a CSV column, in capitals that of the table's. In JSON every column stands
 * in every row, null where nothing is known; times are RFC 3339 in UTC. The table shows local time unless told otherwise, what
 * is not known as `-`, numbers from 100,000 on in short, and only the columns with a width, unless columns were chosen.
 *
 *     struct sv_list list = {.columns = columns, .count = 5, .form = SV_LIST_TEXT};
 *     sv_list_choose(&list, "path,lag", &err);            // optional
 *     sv_list_head(&list, &out);
 *     sv_list_row(&list, &out, cells);                     // cells in the order of columns
 *
 * Floor: report; uses json and base. */
#ifndef SV_LIST_H
#define SV_LIST_H

#include "base/error.h"
#include "report/csv.h"
#include "report/table.h"

enum { SV_LIST_COLUMNS_MAX = 32 };

enum sv_list_form { SV_LIST_JSON, SV_LIST_TEXT, SV_LIST_CSV };

enum sv_list_kind {
    SV_LIST_NONE,
    SV_LIST_STRING,
    SV_LIST_VALUE,  /* text: JSON, which stays what it is in JSON, and is a text elsewhere */
    SV_LIST_NUMBER,
    SV_LIST_REAL,
    SV_LIST_TIME,
    SV_LIST_MOMENT, /* a time that the table shows to the second */
    SV_LIST_MS,     /* real: a duration in milliseconds */
    SV_LIST_USD     /* real: US dollars */
};

struct sv_list_column {
    const char *name;     /* [a-z_]+ */
    size_t min, max;      /* cells of the table, as of sv_column; min 0: only when it is chosen */
    bool grow, cut_left, right;
};

struct sv_list_cell {
    enum sv_list_kind kind;
    struct sv_slice text;
    int64_t number;       /* a count, or nanoseconds since 1970 */
    double real;          /* in the table with two digits behind the point, or three that count */
    enum sv_color color;
};

struct sv_list {
    const struct sv_list_column *columns;
    size_t count;
    const char *const *titles; /* [count] of the table, where a name is too long for its column, else NULL; NULL: all names fit */
    enum sv_list_form form;
    size_t width;         /* of the terminal; 0: no limit */
    bool color, utc;
    size_t chosen[SV_LIST_COLUMNS_MAX], chosen_count; /* private: indices; count 0: all */
};

/* Only these columns, in this order: names with commas between. False with err (SV_USAGE), which names those that there are. */
bool sv_list_choose(struct sv_list *list, const char *names, struct sv_error *err);

/* The names of columns (JSON has none), then rows: cells[count]. */
void sv_list_head(const struct sv_list *list, struct sv_buf *out);
void sv_list_row(const struct sv_list *list, struct sv_buf *out, const struct sv_list_cell *cells);

/* One cell, as the table shows it, of any width; and as CSV has it (report/csv.h). */
void sv_list_put_text(const struct sv_list *list, struct sv_buf *out, const struct sv_list_cell *cell);
void sv_list_put_csv(struct sv_csv *csv, const struct sv_list_cell *cell);

#endif
