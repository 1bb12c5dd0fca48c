/* SPDX-License-Identifier: ISC */
#include "report/chart.h"

#include "report/table.h"

enum {
    FULL = 10000,       /* hundredths of a percent */
    LEAST = 40,         /* of what is not nothing: it must be seen */
    LABEL_CELLS = 40,   /* of a bar's name: what fits a telephone beside its number */
    BAR_PITCH = 42,     /* pixels */
    PLOT_TOP = 18, PLOT_FOOT = 178, PLOT_HEIGHT = 204, /* pixels */
    COLUMN_WIDEST = 800 /* hundredths of a percent: three days do not make a wall */
};

static uint64_t total_of(const struct sv_chart *chart, size_t item)
{
    uint64_t sum = 0;
    for (size_t s = 0; s < chart->series_count; s++)
        sum += chart->items[item].values[s];
    return sum;
}

static size_t largest(const struct sv_chart *chart)
{
    size_t at = 0;
    for (size_t i = 1; i < chart->count; i++)
        if (total_of(chart, i) > total_of(chart, at))
            at = i;
    return at;
}

/* value / whole of `room` (at most 2 * FULL), in whole numbers: the same on every machine. */
static unsigned share(uint64_t value, uint64_t whole, unsigned room)
{
    while (whole > UINT64_MAX / (2 * FULL)) {
        whole >>= 1;
        value >>= 1;
    }
    return whole == 0 ? 0 : (unsigned)(value * room / whole);
}

/* A number with two places behind the point. */
static void put_hundredths(struct sv_buf *out, unsigned n)
{
    sv_buf_printf(out, "%u.%02u", n / 100, n % 100);
}

static void put_counted(struct sv_buf *out, uint64_t n, const char *name)
{
    sv_text_count(out, n);
    sv_buf_char(out, ' ');
    sv_html_text(out, sv_slice_str(name));
}

/* `label: 3 critical, 2 error` */
static void put_item(struct sv_buf *out, const struct sv_chart *chart, size_t i)
{
    bool first = true;
    sv_html_text(out, chart->items[i].label);
    for (size_t s = chart->series_count; s-- > 0;)
        if (chart->items[i].values[s] > 0) {
            sv_buf_str(out, first ? ": " : ", ");
            put_counted(out, chart->items[i].values[s], chart->series[s].name);
            first = false;
        }
    sv_buf_str(out, first ? ": 0" : "");
}

/* Only series that have something, and none where there is but one. */
static void put_key(struct sv_buf *out, const struct sv_chart *chart)
{
    if (chart->series_count < 2)
        return;
    sv_buf_str(out, "<ul class=\"key\">");
    for (size_t s = chart->series_count; s-- > 0;) {
        bool used = false;
        for (size_t i = 0; i < chart->count; i++)
            used |= chart->items[i].values[s] > 0;
        if (!used)
            continue;
        sv_buf_printf(out, "<li><svg aria-hidden=\"true\"><rect class=\"%s\" width=\"100%%\" height=\"100%%\" rx=\"2\"/></svg>",
                      sv_html_tone(chart->series[s].tone));
        sv_html_text(out, sv_slice_str(chart->series[s].name));
        sv_buf_str(out, "</li>");
    }
    sv_buf_str(out, "</ul>\n");
}

static void open_picture(struct sv_buf *out, const struct sv_chart *chart, const char *kind, unsigned height)
{
    sv_buf_printf(out, "<figure class=\"%s\">\n", kind);
    put_key(out, chart);
    sv_buf_printf(out, "<svg xmlns=\"http://www.w3.org/2000/svg\" role=\"img\" height=\"%u\" ", height);
    sv_buf_printf(out, "aria-labelledby=\"%s-t %s-d\">\n", chart->id, chart->id);
    sv_buf_printf(out, "<title id=\"%s-t\">", chart->id);
    sv_html_text(out, sv_slice_str(chart->title));
    sv_buf_printf(out, "</title>\n<desc id=\"%s-d\">", chart->id);
    if (chart->count > 0) {
        sv_html_text(out, chart->items[0].label);
        if (chart->count > 1) {
            sv_buf_str(out, " to ");
            sv_html_text(out, chart->items[chart->count - 1].label);
        }
        sv_buf_str(out, "; the most is ");
        put_item(out, chart, largest(chart));
    }
    sv_buf_str(out, "</desc>\n");
}

static void put_table(struct sv_buf *out, const struct sv_chart *chart)
{
    sv_buf_str(out, "<details><summary>the numbers</summary>\n<div class=\"box\"><table>\n<caption>");
    sv_html_text(out, sv_slice_str(chart->title));
    sv_buf_str(out, "</caption>\n<thead><tr><th scope=\"col\">");
    sv_html_text(out, sv_slice_str(chart->what));
    for (size_t s = chart->series_count; s-- > 0;) {
        sv_buf_str(out, "</th><th scope=\"col\" class=\"n\">");
        sv_html_text(out, sv_slice_str(chart->series[s].name));
    }
    sv_buf_str(out, "</th></tr></thead>\n<tbody>\n");
    for (size_t i = 0; i < chart->count; i++) {
        sv_buf_str(out, "<tr><td>");
        sv_html_text(out, chart->items[i].label);
        for (size_t s = chart->series_count; s-- > 0;) {
            sv_buf_str(out, "</td><td class=\"n\">");
            sv_text_count(out, chart->items[i].values[s]);
        }
        sv_buf_str(out, "</td></tr>\n");
    }
    sv_buf_str(out, "</tbody>\n</table></div></details>\n");
}

static void close_picture(struct sv_buf *out, const struct sv_chart *chart)
{
    sv_buf_str(out, "</svg>\n");
    put_table(out, chart);
    sv_buf_str(out, "</figure>\n");
}

static unsigned at_least(unsigned length, uint64_t value)
{
    return value > 0 && length < LEAST ? LEAST : length;
}

static void put_bar(struct sv_buf *out, const struct sv_chart *chart, size_t i, uint64_t most)
{
    unsigned y = (unsigned)i * BAR_PITCH, x = 0;
    sv_buf_str(out, "<g><title>");
    put_item(out, chart, i);
    sv_buf_printf(out, "</title><text x=\"0\" y=\"%u\">", y + 14);
    struct sv_buf label = {0};
    sv_text_fit(&label, chart->items[i].label, LABEL_CELLS);
    sv_html_text(out, sv_buf_slice(&label));
    sv_buf_free(&label);
    sv_buf_printf(out, "</text><text class=\"end\" x=\"100%%\" y=\"%u\">", y + 14);
    sv_text_count(out, total_of(chart, i));
    sv_buf_printf(out, "</text><rect class=\"track\" y=\"%u\" width=\"100%%\" height=\"10\" rx=\"2\"/>", y + 22);
    for (size_t s = chart->series_count; s-- > 0;) {
        uint64_t value = chart->items[i].values[s];
        unsigned width = at_least(share(value, most, FULL), value);
        if (width == 0)
            continue;
        if (x + width > FULL)
            x = FULL - width; /* what was made visible takes from its neighbour */
        sv_buf_printf(out, "<rect class=\"%s\" x=\"", sv_html_tone(chart->series[s].tone));
        put_hundredths(out, x);
        sv_buf_printf(out, "%%\" y=\"%u\" width=\"", y + 22);
        put_hundredths(out, width);
        sv_buf_str(out, "%\" height=\"10\" rx=\"2\"/>");
        x += width;
    }
    sv_buf_str(out, "</g>\n");
}

void sv_chart_bars(struct sv_buf *out, const struct sv_chart *chart)
{
    uint64_t most = chart->count > 0 ? total_of(chart, largest(chart)) : 0;
    open_picture(out, chart, "bars", (unsigned)chart->count * BAR_PITCH);
    for (size_t i = 0; i < chart->count; i++)
        put_bar(out, chart, i, most);
    close_picture(out, chart);
}

/* A round number that can be halved, not below n: where the highest line goes. */
static uint64_t round_up(uint64_t n)
{
    static const uint64_t steps[] = {1, 2, 4, 6, 8, 10};
    for (uint64_t power = 1; power <= UINT64_MAX / 100; power *= 10)
        for (size_t i = 0; i < sizeof steps / sizeof *steps; i++)
            if (steps[i] * power >= n)
                return steps[i] * power;
    return n;
}

static void put_line(struct sv_buf *out, unsigned y, uint64_t value)
{
    sv_buf_printf(out, "<line class=\"grid\" x1=\"0\" x2=\"100%%\" y1=\"%u\" y2=\"%u\"/>", y, y);
    sv_buf_printf(out, "<text class=\"dim end\" x=\"-8\" y=\"%u\">", y + 4);
    sv_text_short_count(out, value);
    sv_buf_str(out, "</text>\n");
}

static void put_column(struct sv_buf *out, const struct sv_chart *chart, size_t i, uint64_t top)
{
    unsigned slot = (unsigned)(FULL / chart->count), width = slot * 4 / 5 > COLUMN_WIDEST ? COLUMN_WIDEST : slot * 4 / 5;
    unsigned x = (unsigned)(FULL * i / chart->count) + (slot - width) / 2, foot = PLOT_FOOT * 100;
    if (total_of(chart, i) == 0)
        return;
    sv_buf_str(out, "<g><title>");
    put_item(out, chart, i);
    sv_buf_str(out, "</title>");
    for (size_t s = chart->series_count; s-- > 0;) {
        uint64_t value = chart->items[i].values[s];
        unsigned height = share(value, top, (PLOT_FOOT - PLOT_TOP) * 100);
        if (value == 0)
            continue;
        if (height < 150)
            height = 150; /* a pixel and a half */
        foot -= height < foot ? height : foot;
        sv_buf_printf(out, "<rect class=\"%s\" x=\"", sv_html_tone(chart->series[s].tone));
        put_hundredths(out, x);
        sv_buf_str(out, "%\" y=\"");
        put_hundredths(out, foot);
        sv_buf_str(out, "\" width=\"");
        put_hundredths(out, width);
        sv_buf_str(out, "%\" height=\"");
        put_hundredths(out, height);
        sv_buf_str(out, "\"/>");
    }
    sv_buf_str(out, "</g>\n");
}

static void put_label(struct sv_buf *out, const struct sv_chart *chart, size_t i, const char *anchor, unsigned x)
{
    sv_buf_printf(out, "<text class=\"dim%s\" x=\"", anchor);
    put_hundredths(out, x);
    sv_buf_printf(out, "%%\" y=\"%d\">", PLOT_FOOT + 18);
    sv_html_text(out, chart->items[i].label);
    sv_buf_str(out, "</text>\n");
}

/* Up to four stand below their columns; of more the first, the middle one and the last. */
static void put_labels(struct sv_buf *out, const struct sv_chart *chart)
{
    size_t n = chart->count, middle = n / 2;
    for (size_t i = 0; n <= 4 && i < n; i++)
        put_label(out, chart, i, " mid", (unsigned)(FULL * (2 * i + 1) / (2 * n)));
    if (n <= 4)
        return;
    put_label(out, chart, 0, "", 0);
    put_label(out, chart, middle, " mid", (unsigned)(FULL * (2 * middle + 1) / (2 * n)));
    put_label(out, chart, n - 1, " end", FULL);
}

void sv_chart_columns(struct sv_buf *out, const struct sv_chart *chart)
{
    uint64_t top = round_up(chart->count > 0 ? total_of(chart, largest(chart)) : 0);
    open_picture(out, chart, "columns", PLOT_HEIGHT);
    put_line(out, PLOT_TOP, top);
    if (top % 2 == 0)
        put_line(out, (PLOT_TOP + PLOT_FOOT) / 2, top / 2);
    sv_buf_printf(out, "<line class=\"grid\" x1=\"0\" x2=\"100%%\" y1=\"%d\" y2=\"%d\"/>\n", PLOT_FOOT, PLOT_FOOT);
    for (size_t i = 0; i < chart->count; i++)
        put_column(out, chart, i, top);
    put_labels(out, chart);
    close_picture(out, chart);
}
