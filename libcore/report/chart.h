/* SPDX-License-Identifier: ISC */
/* chart.h - charts for a page of html.h, as SVG inside it: bars by name, columns over time.
 *
 * Every item has one value a series; a bar stacks them, the last series at the beginning (for columns: at the foot). Widths are
 * shares of the page's, sizes of text are the page's own, so a chart is as readable on a telephone as on a wall. Each has a title
 * and a description for who cannot see it, a hint for the pointer on every bar, and the numbers as a table that opens. Same items,
 * same bytes.
 *
 * Floor: report; uses base only. */
#ifndef SV_CHART_H
#define SV_CHART_H

#include "report/html.h"

struct sv_chart_series {
    const char *name;
    enum sv_tone tone;
};

struct sv_chart_item {
    struct sv_slice label;
    const uint64_t *values; /* [series_count] */
};

struct sv_chart {
    const char *id;    /* of this chart in its page: letters */
    const char *title; /* "findings by day" */
    const char *what;  /* heads the column of labels: "day" */
    const struct sv_chart_series *series;
    size_t series_count;
    const struct sv_chart_item *items;
    size_t count;
};

/* Horizontal bars, one below the other, in the order given. */
void sv_chart_bars(struct sv_buf *out, const struct sv_chart *chart);

/* Vertical columns side by side: time goes on to the right. Meant for up to a hundred. */
void sv_chart_columns(struct sv_buf *out, const struct sv_chart *chart);

#endif
