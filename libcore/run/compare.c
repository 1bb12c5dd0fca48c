/* SPDX-License-Identifier: ISC */
#include "run/compare.h"

#include <math.h>
#include <stdio.h>
#include <stdlib.h>

#include "run/ask.h"

enum { C_JOB, C_NAME, C_FIGURE, C_BEFORE, C_AFTER, C_CHANGE, C_VERDICT, C_P, C_EFFECT, C_RUNS, C_COLUMNS };
const struct sv_list_column sv_compare_columns[] = {
    [C_JOB] = {"job", 4, 9, false, false, false},         [C_NAME] = {"name", 6, 16, false, false, false},
    [C_FIGURE] = {"figure", 20, 30, false, false, false}, [C_BEFORE] = {"before", 8, 9, false, false, true},
    [C_AFTER] = {"after", 8, 9, false, false, true},      [C_CHANGE] = {"change", 8, 9, false, false, true},
    [C_VERDICT] = {"verdict", 7, 7, false, false, false}, [C_P] = {"p", 7, 7, false, false, true},
    [C_EFFECT] = {"effect", 6, 6, false, false, true},    [C_RUNS] = {"runs", 5, 7, false, false, true}};
const size_t sv_compare_column_count = C_COLUMNS;

bool sv_compare_is_stable(struct sv_slice figure)
{
    return sv_slice_find(figure, SV_SLICE("_max_")) == NULL && sv_slice_find(figure, SV_SLICE("_p999_")) == NULL &&
           sv_slice_find(figure, SV_SLICE("_mean_")) == NULL &&
           !sv_slice_is(figure, "cpu_percent");
}

bool sv_compare_is_of_clock(struct sv_slice figure)
{
    static const char *const ends[] = {"_per_s", "_s", "_ms", "_us"};
    if (sv_slice_starts(figure, SV_SLICE("evaluate_")) && sv_compare_is_stable(figure))
        return false;
    for (size_t i = 0; i < sizeof ends / sizeof *ends; i++)
        if (sv_slice_ends(figure, sv_slice_str(ends[i])))
            return true;
    return false;
}

/* The median of what others had of the processors. */
static double others_of(const struct sv_results *results)
{
    double *shares = sv_calloc(results->count + 1, sizeof *shares);
    size_t count = 0;
    for (size_t i = 0; i < results->count; i++) {
        const double *percent = sv_result_find_setup(results->items[i], SV_SLICE("others_percent"));
        if (percent != NULL)
            shares[count++] = *percent / 100;
    }
    double median = sv_rank_median(shares, count);
    sv_free(shares);
    return median;
}

static bool is_wanted(const struct sv_compare *compare, struct sv_slice figure)
{
    if (compare->figure_count == 0)
        return sv_compare_is_stable(figure);
    for (size_t i = 0; i < compare->figure_count; i++)
        if (sv_slice_glob(sv_slice_str(compare->figures[i]), figure))
            return true;
    return false;
}

static bool is_known(const struct sv_compare *compare, const struct sv_result *result, struct sv_slice figure)
{
    for (size_t i = 0; i < compare->count; i++)
        if (sv_slice_equal(compare->items[i].job, result->job) && sv_slice_equal(compare->items[i].name, result->name) &&
            sv_slice_equal(compare->items[i].figure, figure))
            return true;
    return false;
}

static void add(struct sv_compare *compare, const struct sv_results *a, const struct sv_results *b, const struct sv_result *result,
                struct sv_slice figure, double *values_a, double *values_b)
{
    if (!is_wanted(compare, figure) || is_known(compare, result, figure))
        return;
    struct sv_compared item = {.job = result->job, .name = result->name, .figure = figure};
    item.count_a = sv_results_values(a, result->job, result->name, figure, values_a);
    item.count_b = sv_results_values(b, result->job, result->name, figure, values_b);
    if (item.count_b == 0)
        return;
    item.rank = sv_rank_test(values_a, item.count_a, values_b, item.count_b);
    double before = item.rank.median_a, after = item.rank.median_b;
    item.change = fabs(before) > 0 ? (after - before) / fabs(before) : after > before ? INFINITY : after < before ? -INFINITY : 0;
    compare->items = sv_realloc(compare->items, (compare->count + 1) * sizeof *compare->items);
    compare->items[compare->count++] = item;
}

static int by_p(const void *a, const void *b)
{
    double x = (*(const struct sv_compared *const *)a)->rank.p, y = (*(const struct sv_compared *const *)b)->rank.p;
    return (x > y) - (x < y);
}

static enum sv_change verdict_of(const struct sv_compare *compare, const struct sv_compared *item)
{
    if (fabs(item->change) <= compare->threshold)
        return SV_CHANGE_SMALL;
    return (item->change > 0) == sv_figure_more_is_better(item->figure) ? SV_CHANGE_BETTER : SV_CHANGE_WORSE;
}

static void leave_busy(struct sv_compare *compare)
{
    for (size_t i = 0; compare->others > compare->busy && !compare->anyway && i < compare->count; i++)
        if (sv_compare_is_of_clock(compare->items[i].figure)) {
            compare->items[i].verdict = SV_CHANGE_BUSY;
            compare->unjudged++;
        }
}

/* The smallest p first, against level / count, level / (count - 1), ...: the first that is no find ends it. */
static void decide(struct sv_compare *compare)
{
    struct sv_compared **sorted = sv_calloc(compare->count, sizeof *sorted);
    size_t count = 0;
    for (size_t i = 0; i < compare->count; i++)
        if (compare->items[i].verdict != SV_CHANGE_BUSY)
            sorted[count++] = &compare->items[i];
    qsort(sorted, count, sizeof *sorted, by_p);
    for (size_t i = 0; i < count && sorted[i]->rank.p <= compare->level / (double)(count - i); i++) {
        sorted[i]->verdict = verdict_of(compare, sorted[i]);
        compare->worse += sorted[i]->verdict == SV_CHANGE_WORSE;
    }
    sv_free(sorted);
}

/* With n against n values the smallest p there is is 2 / (2n over n). */
static size_t needed_for(double p)
{
    size_t n = 1;
    for (double orders = 2; 2 / orders > p && n < 100; n++)
        orders *= (double)(2 * (2 * n + 1)) / (double)(n + 1);
    return n;
}

static bool check_machines(const struct sv_results *a, const struct sv_results *b, struct sv_error *err)
{
    const struct sv_machine *x = &a->items[0]->machine;
    for (size_t i = 0; i < a->count + b->count; i++) {
        const struct sv_machine *y = i < a->count ? &a->items[i]->machine : &b->items[i - a->count]->machine;
        if (!sv_machine_same(x, y))
            return sv_error_set(err, SV_INPUT, "measured on different machines (%.*s, %lld cores, %.*s, %.*s; and %.*s, %lld cores, %.*s, %.*s); "
                                "compared only with --anyway", SV_ARG(x->cpu), (long long)x->cores, SV_ARG(x->kernel), SV_ARG(x->file_system),
                                SV_ARG(y->cpu), (long long)y->cores, SV_ARG(y->kernel), SV_ARG(y->file_system));
    }
    return true;
}

bool sv_compare_results(struct sv_compare *compare, const struct sv_results *a, const struct sv_results *b, struct sv_error *err)
{
    if (!compare->anyway && !check_machines(a, b, err))
        return false;
    double *values_a = sv_calloc(a->count, sizeof *values_a), *values_b = sv_calloc(b->count, sizeof *values_b);
    size_t least = SIZE_MAX;
    for (size_t i = 0; i < a->count; i++)
        for (size_t f = 0; f < a->items[i]->figures.count; f++)
            add(compare, a, b, a->items[i], a->items[i]->figures.items[f].name, values_a, values_b);
    sv_free(values_a);
    sv_free(values_b);
    if (compare->count == 0)
        return sv_error_set(err, SV_INPUT, "the two have no figure in common (the same job, name and figure)");
    compare->others = fmax(others_of(a), others_of(b));
    leave_busy(compare);
    decide(compare);
    for (size_t i = 0; i < compare->count; i++) {
        size_t fewer = compare->items[i].count_a < compare->items[i].count_b ? compare->items[i].count_a : compare->items[i].count_b;
        least = fewer < least ? fewer : least;
    }
    size_t judged = compare->count - compare->unjudged;
    compare->needed = judged > 0 ? needed_for(compare->level / (double)judged) : 0;
    if (compare->needed <= least)
        compare->needed = 0;
    return true;
}

void sv_compare_free(struct sv_compare *compare)
{
    sv_free(compare->items);
    compare->items = NULL;
    compare->count = compare->worse = 0;
}

void sv_compare_put(struct sv_buf *out, const struct sv_compare *compare, const struct sv_list *list)
{
    static const char *const words[] = {"~", "better", "worse", "small", "busy"};
    static const enum sv_color colors[] = {SV_COLOR_DIM, SV_COLOR_GREEN, SV_COLOR_RED, SV_COLOR_NONE, SV_COLOR_DIM};
    sv_list_head(list, out);
    for (size_t i = 0; i < compare->count; i++) {
        const struct sv_compared *item = &compare->items[i];
        char change[32], p[32], runs[32];
        snprintf(change, sizeof change, "%+.1f%%", 100 * item->change);
        snprintf(p, sizeof p, item->rank.p < 0.0001 ? "%.1e" : "%.4f", item->rank.p);
        snprintf(runs, sizeof runs, "%zu,%zu", item->count_a, item->count_b);
        bool is_text = list->form == SV_LIST_TEXT;
        struct sv_list_cell cells[C_COLUMNS] = {
            [C_JOB] = sv_ask_text(item->job),
            [C_NAME] = sv_ask_text(item->name),
            [C_FIGURE] = sv_ask_text(item->figure),
            [C_BEFORE] = sv_ask_real(true, item->rank.median_a),
            [C_AFTER] = sv_ask_real(true, item->rank.median_b),
            [C_CHANGE] = is_text ? sv_ask_text(sv_slice_str(change)) : sv_ask_real(isfinite(item->change), item->change),
            [C_VERDICT] = {.kind = SV_LIST_STRING, .text = sv_slice_str(words[item->verdict]), .color = colors[item->verdict]},
            [C_P] = is_text ? sv_ask_text(sv_slice_str(p)) : sv_ask_real(true, item->rank.p),
            [C_EFFECT] = sv_ask_real(true, item->rank.effect),
            [C_RUNS] = sv_ask_text(sv_slice_str(runs))};
        sv_list_row(list, out, cells);
    }
}
