/* SPDX-License-Identifier: ISC */
/* Grades as text and rows. */
#include <stdio.h>
#include <stdlib.h>

#include "run/ask.h"
#include "run/marks_private.h"

static int by_score(const void *a, const void *b)
{
    const struct sv_limit *x = *(const struct sv_limit *const *)a, *y = *(const struct sv_limit *const *)b;
    double p = sv_limit_score(x), q = sv_limit_score(y);
    return p > q ? 1 : p < q ? -1 : x > y ? 1 : -1;
}

size_t sv_marks_worst(const struct sv_limits *limits, const struct sv_limit *worst[SV_MARKS_WORST])
{
    const struct sv_limit **all = sv_calloc(limits->count + 1, sizeof *all);
    size_t count = 0;
    for (size_t i = 0; i < limits->count; i++)
        if (limits->items[i].verdict != SV_LIMIT_UNKNOWN)
            all[count++] = &limits->items[i];
    qsort(all, count, sizeof *all, by_score);
    count = count < SV_MARKS_WORST ? count : SV_MARKS_WORST;
    memcpy(worst, all, count * sizeof *worst);
    sv_free(all);
    return count;
}

void sv_marks_put_left_out(struct sv_buf *out, const struct sv_grade *grade)
{
    bool any = false;
    for (int i = 0; i < SV_GRADE_COUNT; i++)
        if (!grade->known[i]) {
            sv_buf_str(out, any ? ", " : "not measured, and left out: ");
            sv_buf_str(out, sv_grade_name((enum sv_grade_area)i));
            any = true;
        }
}

void sv_marks_put_number(struct sv_buf *out, double value, const char *unit)
{
    if (value >= 100000 && value < 1e18)
        sv_text_short_count(out, (uint64_t)value);
    else
        sv_buf_printf(out, value >= 100 && value < 1e18 ? "%.0f" : "%.3g", value);
    if (unit[0] != '\0')
        sv_buf_printf(out, " %s", unit);
}

static void put_areas(struct sv_buf *out, const struct sv_grade *grade, const struct sv_list *form)
{
    static const struct sv_list_column columns[] = {{"area", 12, 12, false, false, false}, {"weight", 6, 6, false, false, true},
                                                    {"score", 6, 6, false, false, true},   {"grade", 5, 5, false, false, false}};
    struct sv_list list = {.columns = columns, .count = 4, .form = form->form, .width = form->width, .color = form->color};
    sv_list_head(&list, out);
    for (int i = 0; i < SV_GRADE_COUNT; i++) {
        char letter[] = {sv_grade_letter(grade->scores[i]), '\0'};
        struct sv_list_cell cells[] = {sv_ask_text(sv_slice_str(sv_grade_name((enum sv_grade_area)i))),
                                       sv_ask_number(true, (int64_t)sv_grade_weight((enum sv_grade_area)i)),
                                       sv_ask_real(grade->known[i], grade->scores[i]),
                                       sv_ask_text(grade->known[i] ? sv_slice_str(letter) : SV_SLICE(""))};
        sv_list_row(&list, out, cells);
    }
}

static void put_worst(struct sv_buf *out, const struct sv_limits *limits)
{
    const struct sv_limit *worst[SV_MARKS_WORST];
    size_t count = sv_marks_worst(limits, worst);
    for (size_t i = 0; i < count; i++) {
        const char *unit = sv_figure_unit(worst[i]->figure);
        sv_buf_str(out, i == 0 ? "\nworst: " : "       ");
        sv_text_safe(out, worst[i]->figure);
        sv_buf_char(out, ' ');
        sv_marks_put_number(out, worst[i]->value, unit);
        sv_buf_printf(out, ", bound %s ", worst[i]->has_max ? "at most" : "at least");
        sv_marks_put_number(out, worst[i]->has_max ? worst[i]->max : worst[i]->min, unit);
        sv_buf_str(out, worst[i]->verdict == SV_LIMIT_MISSED ? ": missed\n" : "\n");
    }
}

static void put_text(struct sv_buf *out, const struct sv_results *results, const struct sv_limits *limits, const struct sv_list *list)
{
    struct sv_grade grade = {0};
    struct sv_list rows = {.columns = sv_limits_columns, .count = sv_limits_column_count, .form = list->form, .width = list->width, .color = list->color};
    sv_limits_grade(limits, &grade);
    double total = sv_grade_total(&grade);
    sv_buf_printf(out, "Grade %c: %.1f of 100, by the limits \"", sv_grade_letter(total), total);
    sv_text_safe(out, limits->title);
    sv_buf_str(out, "\"\n");
    size_t before = out->len;
    sv_marks_put_left_out(out, &grade);
    sv_buf_str(out, out->len > before ? "\n\n" : "\n");
    put_areas(out, &grade, list);
    put_worst(out, limits);
    sv_buf_char(out, '\n');
    sv_limits_put(out, limits, &rows);
    sv_buf_char(out, '\n');
    sv_results_put(out, results, list);
}

/* As figures of a job of their own, so that all is one table. */
static void put_rows(struct sv_buf *out, const struct sv_results *results, const struct sv_limits *limits, const struct sv_list *list)
{
    struct sv_grade grade = {0};
    sv_limits_grade(limits, &grade);
    sv_results_put(out, results, list);
    for (int i = 0; i <= SV_GRADE_COUNT; i++) {
        double score = i < SV_GRADE_COUNT ? grade.scores[i] : sv_grade_total(&grade);
        bool known = i == SV_GRADE_COUNT || grade.known[i];
        const char *name = i < SV_GRADE_COUNT ? sv_grade_name((enum sv_grade_area)i) : "total";
        struct sv_list_cell cells[SV_LIST_COLUMNS_MAX] = {sv_ask_text(SV_SLICE("grade")), sv_ask_text(sv_slice_str(name)), sv_ask_text(SV_SLICE("score")),
                                                          sv_ask_real(known, score)};
        sv_list_row(list, out, cells);
    }
}

void sv_marks_put(struct sv_buf *out, const struct sv_results *results, const struct sv_limits *limits, const struct sv_list *list)
{
    if (list->form == SV_LIST_TEXT)
        put_text(out, results, limits, list);
    else
        put_rows(out, results, limits, list);
}
