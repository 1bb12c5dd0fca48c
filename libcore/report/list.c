/* SPDX-License-Identifier: ISC */
#include "report/list.h"

#include <math.h>
#include <string.h>
#include <time.h>

#include "base/num.h"
#include "base/time.h"
#include "json/writer.h"

static bool choose(struct sv_list *list, struct sv_slice name, struct sv_error *err)
{
    struct sv_buf known = {0};
    for (size_t i = 0; i < list->count; i++) {
        if (!sv_slice_is(name, list->columns[i].name)) {
            sv_buf_printf(&known, "%s%s", i > 0 ? ", " : "", list->columns[i].name);
            continue;
        }
        sv_buf_free(&known);
        if (list->chosen_count == SV_LIST_COLUMNS_MAX)
            return sv_error_set(err, SV_USAGE, "more than %d columns", SV_LIST_COLUMNS_MAX);
        list->chosen[list->chosen_count++] = i;
        return true;
    }
    sv_error_set(err, SV_USAGE, "no column \"%.*s\" (%s)", SV_ARG(name), sv_buf_cstr(&known));
    sv_buf_free(&known);
    return false;
}

bool sv_list_choose(struct sv_list *list, const char *names, struct sv_error *err)
{
    list->chosen_count = 0;
    for (;;) {
        size_t len = strcspn(names, ",");
        if (!choose(list, sv_slice(names, len), err))
            return false;
        if (names[len] == '\0')
            return true;
        names += len + 1;
    }
}

/* The columns to show, by index. */
static size_t shown_of(const struct sv_list *list, size_t *shown)
{
    size_t count = 0;
    if (list->chosen_count > 0) {
        memcpy(shown, list->chosen, list->chosen_count * sizeof *shown);
        return list->chosen_count;
    }
    for (size_t i = 0; i < list->count && i < SV_LIST_COLUMNS_MAX; i++)
        if (list->form != SV_LIST_TEXT || list->columns[i].min > 0)
            shown[count++] = i;
    return count;
}

static const char *title_of(const struct sv_list *list, size_t column)
{
    return list->titles != NULL && list->titles[column] != NULL ? list->titles[column] : list->columns[column].name;
}

/* The table of them, without titles. */
static struct sv_table table_of(const struct sv_list *list, const size_t *shown, size_t count, struct sv_column *columns)
{
    for (size_t i = 0; i < count; i++) {
        const struct sv_list_column *column = &list->columns[shown[i]];
        columns[i] = (struct sv_column){.min = column->min > 0 ? column->min : strlen(title_of(list, shown[i])),
                                        .max = i + 1 == count && !column->right ? 0 : column->max > 0 ? column->max : column->min,
                                        .grow = column->grow,
                                        .cut_left = column->cut_left,
                                        .right = column->right};
        if (columns[i].max != 0 && columns[i].max < columns[i].min)
            columns[i].max = columns[i].min;
    }
    return (struct sv_table){columns, count, list->width, list->color};
}

static void put_local(struct sv_buf *out, int64_t ns, bool utc, bool to_the_second)
{
    time_t seconds = (time_t)(ns / SV_SECOND_NS);
    struct tm parts;
    char text[32];
    if ((utc ? gmtime_r(&seconds, &parts) : localtime_r(&seconds, &parts)) != NULL)
        sv_buf_add(out, sv_slice(text, to_the_second ? strftime(text, sizeof text, "%m-%d %H:%M:%S", &parts)
                                                     : strftime(text, sizeof text, "%m-%d %H:%M", &parts)));
}

/* In seven cells: to the last digit below 100,000. */
static void put_number(struct sv_buf *out, int64_t number)
{
    uint64_t size = number < 0 ? 0 - (uint64_t)number : (uint64_t)number;
    if (number < 0)
        sv_buf_char(out, '-');
    if (size < 100000)
        sv_text_count(out, size);
    else
        sv_text_short_count(out, size);
}

/* 0.00123, 1.23, 123.45, from 1,000 on as a count. */
static void put_real(struct sv_buf *out, double value)
{
    double size = fabs(value);
    if (size >= 1000 && size < 9e18)
        put_number(out, (int64_t)(value < 0 ? value - 0.5 : value + 0.5));
    else
        sv_buf_printf(out, size >= 0.01 || size <= 0 ? "%.2f" : "%.3g", value);
}

/* In seven cells. */
static void put_duration(struct sv_buf *out, double ms)
{
    double seconds = ms / 1000, minutes = seconds / 60;
    if (ms < 1000)
        sv_buf_printf(out, "%.0f ms", ms);
    else if (seconds < 60)
        sv_buf_printf(out, "%.1f s", seconds);
    else if (minutes < 60)
        sv_buf_printf(out, "%dm %02ds", (int)minutes, (int)seconds % 60);
    else if (minutes < 100 * 60)
        sv_buf_printf(out, "%dh %02dm", (int)(minutes / 60), (int)minutes % 60);
    else
        sv_buf_printf(out, "%.0f d", minutes / 60 / 24);
}

void sv_list_put_text(const struct sv_list *list, struct sv_buf *out, const struct sv_list_cell *cell)
{
    switch (cell->kind) {
    case SV_LIST_NONE: sv_buf_char(out, '-'); break;
    case SV_LIST_STRING:
    case SV_LIST_VALUE: sv_buf_add(out, cell->text); break;
    case SV_LIST_NUMBER: put_number(out, cell->number); break;
    case SV_LIST_REAL: put_real(out, cell->real); break;
    case SV_LIST_TIME: put_local(out, cell->number, list->utc, false); break;
    case SV_LIST_MOMENT: put_local(out, cell->number, list->utc, true); break;
    case SV_LIST_MS: put_duration(out, cell->real); break;
    case SV_LIST_USD: sv_buf_printf(out, cell->real < 0.1 && cell->real > 0 ? "$%.4f" : "$%.2f", cell->real); break;
    }
}

static void put_json(struct sv_buf *out, const struct sv_list_cell *cell)
{
    char real[32];
    switch (cell->kind) {
    case SV_LIST_NONE: sv_buf_str(out, "null"); break;
    case SV_LIST_STRING: sv_json_put_string(out, cell->text); break;
    case SV_LIST_VALUE: sv_buf_add(out, cell->text); break;
    case SV_LIST_NUMBER: sv_buf_int(out, cell->number); break;
    case SV_LIST_REAL:
        if (isfinite(cell->real))
            sv_buf_add(out, sv_slice(real, sv_num_format(cell->real, real)));
        else
            sv_buf_str(out, "null");
        break;
    case SV_LIST_MS:
    case SV_LIST_USD: sv_json_put_value(out, sv_value_double(cell->real)); break;
    case SV_LIST_TIME:
    case SV_LIST_MOMENT:
        sv_buf_char(out, '"');
        sv_time_format(out, cell->number);
        sv_buf_char(out, '"');
        break;
    }
}

void sv_list_put_csv(struct sv_csv *csv, const struct sv_list_cell *cell)
{
    switch (cell->kind) {
    case SV_LIST_NONE: sv_csv_none(csv); break;
    case SV_LIST_STRING:
    case SV_LIST_VALUE: sv_csv_text(csv, cell->text); break;
    case SV_LIST_NUMBER: sv_csv_int(csv, cell->number); break;
    case SV_LIST_REAL: sv_csv_double(csv, cell->real); break;
    case SV_LIST_TIME:
    case SV_LIST_MOMENT: sv_csv_time(csv, cell->number); break;
    case SV_LIST_MS:
    case SV_LIST_USD: sv_csv_double(csv, cell->real); break;
    }
}

static void put_table_head(const struct sv_list *list, struct sv_buf *out, const size_t *shown, size_t count)
{
    struct sv_column columns[SV_LIST_COLUMNS_MAX];
    struct sv_buf titles[SV_LIST_COLUMNS_MAX] = {0};
    struct sv_table table = table_of(list, shown, count, columns);
    for (size_t i = 0; i < count; i++) {
        for (const char *c = title_of(list, shown[i]); *c != '\0'; c++)
            sv_buf_char(&titles[i], *c == '_' ? ' ' : *c >= 'a' && *c <= 'z' ? (char)(*c - 'a' + 'A') : *c);
        columns[i].title = sv_buf_cstr(&titles[i]);
    }
    sv_table_head(&table, out);
    for (size_t i = 0; i < count; i++)
        sv_buf_free(&titles[i]);
}

void sv_list_head(const struct sv_list *list, struct sv_buf *out)
{
    size_t shown[SV_LIST_COLUMNS_MAX], count = shown_of(list, shown);
    const char *names[SV_LIST_COLUMNS_MAX];
    for (size_t i = 0; i < count; i++)
        names[i] = list->columns[shown[i]].name;
    if (list->form == SV_LIST_TEXT)
        put_table_head(list, out, shown, count);
    else if (list->form == SV_LIST_CSV)
        sv_csv_head(&(struct sv_csv){.out = out}, names, count);
}

static void put_table_row(const struct sv_list *list, struct sv_buf *out, const struct sv_list_cell *cells, const size_t *shown,
                          size_t count)
{
    struct sv_column columns[SV_LIST_COLUMNS_MAX];
    struct sv_cell row[SV_LIST_COLUMNS_MAX];
    struct sv_table table = table_of(list, shown, count, columns);
    struct sv_buf texts = {0}; /* of all that is none yet */
    for (size_t i = 0; i < count; i++) {
        const struct sv_list_cell *cell = &cells[shown[i]];
        size_t from = texts.len;
        row[i] = (struct sv_cell){cell->text, cell->color};
        if (cell->kind == SV_LIST_STRING || cell->kind == SV_LIST_VALUE)
            continue;
        sv_list_put_text(list, &texts, cell);
        row[i].text = sv_slice(NULL, texts.len - from);
    }
    const char *text = texts.data;
    for (size_t i = 0; i < count; i++)
        if (row[i].text.len > 0 && row[i].text.data == NULL) {
            row[i].text.data = text;
            text += row[i].text.len;
        }
    sv_table_row(&table, out, row);
    sv_buf_free(&texts);
}

void sv_list_row(const struct sv_list *list, struct sv_buf *out, const struct sv_list_cell *cells)
{
    size_t shown[SV_LIST_COLUMNS_MAX], count = shown_of(list, shown);
    if (list->form == SV_LIST_TEXT) {
        put_table_row(list, out, cells, shown, count);
    } else if (list->form == SV_LIST_CSV) {
        struct sv_csv csv = {.out = out};
        for (size_t i = 0; i < count; i++)
            sv_list_put_csv(&csv, &cells[shown[i]]);
        sv_csv_end(&csv);
    } else {
        sv_buf_char(out, '{');
        for (size_t i = 0; i < count; i++) {
            sv_buf_str(out, i > 0 ? ",\"" : "\""); /* a name is of letters: nothing to escape */
            sv_buf_str(out, list->columns[shown[i]].name);
            sv_buf_str(out, "\":");
            put_json(out, &cells[shown[i]]);
        }
        sv_buf_str(out, "}\n");
    }
}
