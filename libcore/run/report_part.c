/* SPDX-License-Identifier: ISC */
#include "run/report_part.h"

#include <math.h>
#include <stdio.h>
#include <string.h>

#include "base/mem.h"
#include "run/ask.h"
#include "run/private.h"

enum {
    TEXT_ROWS = 10, PAGE_ROWS = 25, /* of a part; the rest is counted */
    BARS = 10,
    COLUMNS_MAX = 12, /* of a part */
    MAIL_CELLS = 78
};

void sv_report_part_room(struct sv_report_part *part, size_t rows)
{
    part->cells = sv_calloc(rows + 1, part->column_count * sizeof *part->cells);
}

struct sv_list_cell *sv_report_part_row(struct sv_report_part *part)
{
    return &part->cells[part->rows++ * part->column_count];
}

void sv_report_part_free(struct sv_report_part *part)
{
    sv_free(part->cells);
}

/* --- cells --- */

struct sv_list_cell sv_report_count(uint64_t n)
{
    return sv_ask_number(true, (int64_t)n);
}

struct sv_list_cell sv_report_severity(enum sv_severity severity)
{
    return (struct sv_list_cell){.kind = SV_LIST_STRING, .text = sv_slice_str(sv_severity_name(severity)), .color = sv_run_summary_color(severity)};
}

struct sv_list_cell sv_report_ms(const struct sv_histogram *durations, double q)
{
    return (struct sv_list_cell){.kind = durations->total > 0 ? SV_LIST_MS : SV_LIST_NONE,
                                 .real = (double)sv_histogram_quantile(durations, q) / 1000};
}

struct sv_list_cell sv_report_change(struct sv_arena *arena, double now, double before)
{
    char text[64];
    int len = now == before || fabs(now - before) < 0.005 * before ? snprintf(text, sizeof text, "same")
              : before <= 0                              ? snprintf(text, sizeof text, "new")
              : now > 10 * before                        ? snprintf(text, sizeof text, "%.0f times", now / before)
                                                         : snprintf(text, sizeof text, "%+.0f %%", (now - before) / before * 100);
    return sv_ask_text(sv_arena_dup(arena, sv_slice(text, (size_t)len)));
}

const struct sv_list_column sv_report_total_columns[] = {
    {"what", 24, 24, true, false, false}, {"now", 12, 14, false, false, true}, {"before", 12, 14, false, false, true}, {"change", 10, 10, false, false, true}};

void sv_report_total(struct sv_report_part *part, struct sv_arena *arena, const char *name, uint64_t now, uint64_t before)
{
    struct sv_list_cell *cells = sv_report_part_row(part);
    cells[0] = sv_ask_text(sv_slice_str(name));
    cells[1] = sv_report_count(now);
    cells[2] = sv_report_count(before);
    cells[3] = sv_report_change(arena, (double)now, (double)before);
}

/* `before` for before_usd: the values show their units. */
static void put_head(struct sv_buf *out, const char *name)
{
    for (const char *c = name; *c != '\0' && strcmp(c, "_ms") != 0 && strcmp(c, "_usd") != 0; c++)
        sv_buf_char(out, *c == '_' ? ' ' : *c);
}

/* --- text --- */

static void put_text(const struct sv_report_part *part, struct sv_list *list, struct sv_buf *out)
{
    size_t most = part->shape == SV_REPORT_RANKED ? TEXT_ROWS : part->rows;
    struct sv_buf heads[COLUMNS_MAX] = {0};
    const char *titles[COLUMNS_MAX];
    for (size_t i = 0; i < part->column_count; i++) {
        put_head(&heads[i], part->columns[i].name);
        titles[i] = sv_buf_cstr(&heads[i]);
    }
    list->columns = part->columns;
    list->titles = titles;
    list->count = part->column_count;
    if (part->rows > 0 || part->none != NULL)
        sv_buf_printf(out, "\n%s%s%s\n", part->title, part->rows == 0 ? ": " : "", part->rows == 0 ? part->none : "");
    if (part->rows > 0)
        sv_list_head(list, out);
    for (size_t i = 0; i < part->rows && i < most; i++)
        sv_list_row(list, out, &part->cells[i * part->column_count]);
    if (part->rows > most) {
        sv_text_count(out, part->rows - most);
        sv_buf_str(out, " more\n");
    }
    for (size_t i = 0; i < part->column_count; i++)
        sv_buf_free(&heads[i]);
}

void sv_report_parts_put_text(const struct sv_report_part *parts, size_t count, const char *program, const struct sv_period *period,
                              const struct sv_list *asked, struct sv_buf *out)
{
    struct sv_list list = *asked;
    list.form = SV_LIST_TEXT;
    list.width = list.width > 0 ? list.width : MAIL_CELLS;
    list.chosen_count = 0;
    sv_buf_printf(out, "%s report: ", program);
    sv_period_put_subject(period, out);
    sv_buf_char(out, '\n');
    for (size_t i = 0; i < count; i++)
        if (parts[i].shape != SV_REPORT_OVER_TIME || period->span != SV_PERIOD_DAY) /* 24 lines of hours say little */
            put_text(&parts[i], &list, out);
}

/* --- CSV --- */

static void put_values(const struct sv_report_part *part, struct sv_csv *csv, int64_t start_ns)
{
    for (size_t i = 0; i < part->rows * part->column_count; i++) {
        size_t column = i % part->column_count;
        if (column == 0 || part->cells[i].kind == SV_LIST_NONE || strcmp(part->columns[column].name, "change") == 0)
            continue; /* what changed is told by the values */
        sv_csv_time(csv, start_ns);
        sv_csv_text(csv, sv_slice_str(part->name));
        sv_csv_uint(csv, i / part->column_count + 1);
        sv_list_put_csv(csv, &part->cells[i - column]);
        sv_csv_text(csv, sv_slice_str(part->columns[column].name));
        sv_list_put_csv(csv, &part->cells[i]);
        sv_csv_end(csv);
    }
}

void sv_report_parts_put_csv(const struct sv_report_part *parts, size_t count, const struct sv_period *period, struct sv_buf *out)
{
    static const char *const names[] = {"start", "part", "row", "of", "column", "value"};
    struct sv_csv csv = {.out = out};
    sv_csv_head(&csv, names, sizeof names / sizeof *names);
    for (size_t i = 0; i < count; i++)
        put_values(&parts[i], &csv, period->start_ns[SV_PERIOD_NOW]);
}

/* --- a page --- */

void sv_report_part_put_facts(const struct sv_report_part *totals, struct sv_buf *out)
{
    struct sv_list list = {.form = SV_LIST_TEXT};
    struct sv_html_fact *facts = sv_calloc(totals->rows + 1, sizeof *facts);
    struct sv_buf *texts = sv_calloc(2 * totals->rows + 1, sizeof *texts);
    for (size_t i = 0; i < totals->rows; i++) {
        const struct sv_list_cell *cells = &totals->cells[i * totals->column_count];
        sv_list_put_text(&list, &texts[2 * i], &cells[1]);
        sv_buf_printf(&texts[2 * i + 1], "%.*s%s", SV_ARG(cells[0].text), cells[3].text.len > 0 ? ", " : "");
        for (size_t k = 0; k < cells[3].text.len; k++) /* `+12 %` is not broken */
            sv_buf_add(&texts[2 * i + 1], cells[3].text.data[k] == ' ' ? SV_SLICE("\xc2\xa0") : sv_slice(&cells[3].text.data[k], 1));
        facts[i] = (struct sv_html_fact){sv_buf_cstr(&texts[2 * i + 1]), sv_buf_slice(&texts[2 * i])};
    }
    sv_html_facts(out, facts, totals->rows);
    for (size_t i = 0; i < 2 * totals->rows; i++)
        sv_buf_free(&texts[i]);
    sv_free(texts);
    sv_free(facts);
}

static uint64_t whole(const struct sv_list_cell *cell, double unit)
{
    return cell->kind == SV_LIST_USD ? (uint64_t)llround(cell->real * unit) : cell->kind == SV_LIST_NUMBER ? (uint64_t)cell->number : 0;
}

void sv_report_part_put_chart(const struct sv_report_part *part, const struct sv_report_chart *chart, struct sv_buf *out)
{
    bool over_time = part->shape == SV_REPORT_OVER_TIME;
    size_t count = over_time || part->rows < BARS ? part->rows : BARS;
    struct sv_chart_item *items = sv_calloc(count + 1, sizeof *items);
    uint64_t *values = sv_calloc(2 * count + 1, sizeof *values);
    for (size_t i = 0; i < count; i++) {
        const struct sv_list_cell *cells = &part->cells[i * part->column_count];
        uint64_t all = whole(&cells[chart->column], chart->scale), share = chart->share > 0 ? whole(&cells[chart->share], chart->scale) : 0;
        values[2 * i] = all - (share < all ? share : all);
        values[2 * i + 1] = share;
        items[i] = (struct sv_chart_item){cells[0].text, &values[2 * i]};
    }
    struct sv_chart drawn = {chart->id, chart->title, chart->unit, chart->series, chart->share > 0 ? 2 : 1, items, count};
    sv_html_section(out, chart->title);
    if (over_time)
        sv_chart_columns(out, &drawn);
    else
        sv_chart_bars(out, &drawn);
    sv_html_section_end(out);
    sv_free(items);
    sv_free(values);
}

static enum sv_tone tone_of(const struct sv_list_cell *cell)
{
    static const enum sv_tone tones[] = {SV_TONE_BLUE, SV_TONE_AMBER, SV_TONE_RED, SV_TONE_VIOLET};
    enum sv_severity severity;
    return sv_severity_find(cell->text, &severity) ? tones[severity] : SV_TONE_PLAIN;
}

/* Heads of columns in words, what is not known as nothing. */
static void put_table(const struct sv_report_part *part, struct sv_buf *out)
{
    struct sv_list list = {.form = SV_LIST_TEXT};
    struct sv_html_column columns[COLUMNS_MAX];
    struct sv_html_table table = {part->title, columns, part->column_count};
    struct sv_buf titles[COLUMNS_MAX] = {0}, texts[COLUMNS_MAX] = {0};
    for (size_t i = 0; i < part->column_count; i++) {
        put_head(&titles[i], part->columns[i].name);
        bool badge = sv_slice_is(sv_buf_slice(&titles[i]), "severity");
        columns[i] = (struct sv_html_column){sv_buf_cstr(&titles[i]), badge ? SV_HTML_BADGE : part->columns[i].right ? SV_HTML_NUMBER : SV_HTML_NAME};
        titles[i].data[0] = (char)(titles[i].data[0] - 'a' + 'A');
    }
    sv_html_table(out, &table);
    for (size_t row = 0; row < part->rows && row < PAGE_ROWS; row++) {
        struct sv_html_cell cells[COLUMNS_MAX] = {0};
        for (size_t i = 0; i < part->column_count; i++) {
            const struct sv_list_cell *cell = &part->cells[row * part->column_count + i];
            sv_buf_clear(&texts[i]);
            if (cell->kind != SV_LIST_NONE)
                sv_list_put_text(&list, &texts[i], cell);
            cells[i] = (struct sv_html_cell){.text = sv_buf_slice(&texts[i]), .tone = tone_of(cell)};
        }
        sv_html_row(out, &table, cells);
    }
    sv_html_table_end(out);
    for (size_t i = 0; i < part->column_count; i++) {
        sv_buf_free(&titles[i]);
        sv_buf_free(&texts[i]);
    }
}

void sv_report_part_put_section(const struct sv_report_part *part, struct sv_buf *out)
{
    struct sv_buf more = {0};
    if (part->rows == 0 && part->none == NULL)
        return;
    sv_html_section(out, part->title);
    if (part->rows > 0)
        put_table(part, out);
    else
        sv_html_note(out, sv_slice_str(part->none));
    if (part->rows > PAGE_ROWS) {
        sv_text_count(&more, part->rows - PAGE_ROWS);
        sv_buf_str(&more, " more are left out");
        sv_html_note(out, sv_buf_slice(&more));
    }
    sv_html_section_end(out);
    sv_buf_free(&more);
}
