/* SPDX-License-Identifier: ISC */
/* report_part.h - a report as parts, each a table of its own, in every form: text for mail, CSV, a page of HTML.
 *
 *     struct sv_report_part part = {.name = "policy", .title = "Policies", .columns = columns, .column_count = 5};
 *     sv_report_part_room(&part, 10);
 *     struct sv_list_cell *cells = sv_report_part_row(&part);   // [column_count]
 *     sv_report_part_put_section(&part, &out);
 *     sv_report_part_free(&part);
 *
 * The first column says what a row is about. Floor: run. */
#ifndef SV_RUN_REPORT_PART_H
#define SV_RUN_REPORT_PART_H

#include "measure/histogram.h"
#include "policy/kind.h"
#include "report/chart.h"
#include "report/list.h"
#include "run/period.h"

enum sv_report_form { SV_REPORT_TEXT, SV_REPORT_CSV, SV_REPORT_HTML };

struct sv_report_part {
    const char *name;  /* in CSV */
    const char *title;
    const char *none;  /* what is said where it has no rows; NULL: then it is left out */
    enum sv_report_part_shape { SV_REPORT_RANKED, SV_REPORT_TOTALS, SV_REPORT_OVER_TIME } shape; /* ranked: the first rows say most */
    const struct sv_list_column *columns;
    size_t column_count, rows;
    struct sv_list_cell *cells; /* [rows * column_count] */
};

/* Room for so many rows; the cells of the next one. */
void sv_report_part_room(struct sv_report_part *part, size_t rows);
struct sv_list_cell *sv_report_part_row(struct sv_report_part *part);
void sv_report_part_free(struct sv_report_part *part);

/* Cells: a count; a severity in its colour; a quantile of durations in microseconds; `+12 %`, `14 times`, `new`, `same` (its text is in the
 * arena). */
struct sv_list_cell sv_report_count(uint64_t n);
struct sv_list_cell sv_report_severity(enum sv_severity severity);
struct sv_list_cell sv_report_ms(const struct sv_histogram *durations, double q);
struct sv_list_cell sv_report_change(struct sv_arena *arena, double now, double before);

/* Totals: what, now, before, change. Appends a row of counts. */
extern const struct sv_list_column sv_report_total_columns[4];
void sv_report_total(struct sv_report_part *part, struct sv_arena *arena, const char *name, uint64_t now, uint64_t before);

/* --- forms --- */

/* All of them as text for mail, `sv-team report: week ...` in front: of those that are ranked the first ten rows. */
void sv_report_parts_put_text(const struct sv_report_part *parts, size_t count, const char *program, const struct sv_period *period,
                              const struct sv_list *asked, struct sv_buf *out);

/* A value a row: start, part, row, of, column, value. */
void sv_report_parts_put_csv(const struct sv_report_part *parts, size_t count, const struct sv_period *period, struct sv_buf *out);

/* In a page: totals as tiles; any part as a section with a table. */
void sv_report_part_put_facts(const struct sv_report_part *totals, struct sv_buf *out);
void sv_report_part_put_section(const struct sv_report_part *part, struct sv_buf *out);

/* In a page, a section with a column of a part drawn: over time as columns, else its first rows as bars. */
struct sv_report_chart {
    const char *id, *title; /* of sv_chart */
    const char *unit;       /* heads the labels: `day`, `agent` */
    size_t column;
    double scale;           /* of US dollars to what is drawn */
    size_t share;           /* a column that counts some of those of `column`: it stands below the rest; 0: none */
    struct sv_chart_series series[2]; /* the rest, the share; or what there is */
};
void sv_report_part_put_chart(const struct sv_report_part *part, const struct sv_report_chart *chart, struct sv_buf *out);

#endif
