/* SPDX-License-Identifier: ISC */
/* table.h - rows of text for a terminal: columns in line, cut to the width, safe to show.
 *
 * Columns have fixed widths, so that rows can be printed as they come; the one marked `grow` takes what is left of the line.
 * Widths count terminal cells (East Asian wide characters two, combining ones none). Controls of the input (C0, DEL, C1, also
 * bidi overrides) are shown as \xNN or \u{...}, never passed on; a line end becomes a blank.
 *
 *     struct sv_table table = {.columns = columns, .count = 5, .width = 100, .color = true};
 *     sv_table_head(&table, &out);
 *     sv_table_row(&table, &out, cells);
 *
 * Floor: report; uses base only. */
#ifndef SV_TABLE_H
#define SV_TABLE_H

#include "base/buf.h"

enum sv_color { SV_COLOR_NONE, SV_COLOR_RED, SV_COLOR_YELLOW, SV_COLOR_GREEN, SV_COLOR_BLUE, SV_COLOR_BOLD, SV_COLOR_DIM, SV_COLOR_ALERT };

struct sv_column {
    const char *title;
    size_t min, max;  /* cells; max 0: as long as the text is (only sensible for the last) */
    bool grow;        /* takes the rest of the line */
    bool cut_left;    /* what is too long loses its beginning (paths), not its end */
    bool right;       /* numbers: in line at their end */
};

struct sv_cell {
    struct sv_slice text;
    enum sv_color color;
};

struct sv_table {
    const struct sv_column *columns;
    size_t count;
    size_t width; /* of the terminal; 0: no limit */
    bool color;
};

void sv_table_head(const struct sv_table *table, struct sv_buf *out);
void sv_table_row(const struct sv_table *table, struct sv_buf *out, const struct sv_cell *cells);

/* Appends text with everything a terminal would obey made visible. */
void sv_text_safe(struct sv_buf *out, struct sv_slice text);

/* The same for lines of JSON, which stay the same values: only escapes are added. */
void sv_text_safe_json(struct sv_buf *out, struct sv_slice lines);

/* Terminal cells the text takes (after sv_text_safe). */
size_t sv_text_cells(struct sv_slice text);

/* The same as sv_text_safe, cut to that many cells: what is too long ends in an ellipsis. */
void sv_text_fit(struct sv_buf *out, struct sv_slice text, size_t cells);

/* 18204 -> "18,204"; 4100000 -> "4.1 M" */
void sv_text_count(struct sv_buf *out, uint64_t n);
void sv_text_short_count(struct sv_buf *out, uint64_t n);

#endif
