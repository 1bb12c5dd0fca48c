/* SPDX-License-Identifier: ISC */
/* csv.h - comma separated values for spreadsheets and programs: RFC 4180, in UTF-8, safe to open.
 *
 * Rows end in CR LF. A cell with a comma, a quote, a line end, or what other programs take for a separator (semicolon, tab, bar)
 * stands in quotes, quotes inside are doubled. A text that a spreadsheet would compute (it begins with = + - @, their fullwidth
 * forms, a tab or a CR, also behind blanks and invisible characters) gets an apostrophe before it. Numbers and times are written
 * by calls of their own and are never touched: -5 stays -5. Controls other than tab, CR and LF, and bytes that are no UTF-8,
 * become U+FFFD.
 *
 *     struct sv_csv csv = {.out = &out};
 *     sv_csv_head(&csv, names, 3);
 *     sv_csv_text(&csv, name), sv_csv_int(&csv, -5), sv_csv_none(&csv), sv_csv_end(&csv);
 *
 * Floor: report; uses base only. */
#ifndef SV_CSV_H
#define SV_CSV_H

#include "base/buf.h"

struct sv_csv {
    struct sv_buf *out;
    size_t cells; /* written of this row */
    size_t start; /* of this row in out */
};

/* A row of texts: the names of the columns. */
void sv_csv_head(struct sv_csv *csv, const char *const *names, size_t count);

/* One cell; sv_csv_double in the shortest form that reads back, empty for NaN and infinities; sv_csv_time in RFC 3339, UTC. */
void sv_csv_text(struct sv_csv *csv, struct sv_slice text);
void sv_csv_int(struct sv_csv *csv, int64_t value);
void sv_csv_uint(struct sv_csv *csv, uint64_t value);
void sv_csv_double(struct sv_csv *csv, double value);
void sv_csv_time(struct sv_csv *csv, int64_t ns);
void sv_csv_none(struct sv_csv *csv);

/* What a cell read back stands for: without the apostrophe that it was written with where it looked like a formula. */
struct sv_slice sv_csv_plain(struct sv_slice cell);

/* Ends the row. One with a single empty cell is written as "", so that it is no empty line. */
void sv_csv_end(struct sv_csv *csv);

#endif
