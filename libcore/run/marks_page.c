/* SPDX-License-Identifier: ISC */
/* Grades as a page. */
#include <stdio.h>
#include <stdlib.h>

#include "measure/rank.h"
#include "report/chart.h"
#include "run/marks_private.h"

enum { COLUMNS_MAX = 40, COSTS_MAX = 12, PROCESSES_MAX = 10 };

/* --- grade --- */

static void put_facts(struct sv_buf *out, const struct sv_grade *grade, const struct sv_limits *limits, const struct sv_results *results)
{
    char letter[] = {sv_grade_letter(sv_grade_total(grade)), '\0'}, score[32], kept[64], runs[32];
    size_t counts[3] = {0};
    for (size_t i = 0; i < limits->count; i++)
        counts[limits->items[i].verdict]++;
    snprintf(score, sizeof score, "%.1f", sv_grade_total(grade));
    snprintf(kept, sizeof kept, "%zu of %zu", counts[SV_LIMIT_KEPT], limits->count);
    snprintf(runs, sizeof runs, "%zu", results->count);
    sv_html_facts(out, (struct sv_html_fact[]){{"grade", sv_slice_str(letter)}, {"of 100", sv_slice_str(score)}, {"limits kept", sv_slice_str(kept)},
                                               {"results", sv_slice_str(runs)}}, 4);
}

static void put_areas(struct sv_buf *out, const struct sv_grade *grade)
{
    static const struct sv_html_column columns[] = {{"Area", SV_HTML_NAME}, {"Weight", SV_HTML_NUMBER}, {"Score", SV_HTML_NUMBER}, {"Grade", SV_HTML_BADGE}};
    static const struct sv_html_table table = {"the score of each area", columns, 4};
    struct sv_buf left_out = {0};
    sv_html_section(out, "Scores by area");
    sv_html_table(out, &table);
    for (int i = 0; i < SV_GRADE_COUNT; i++) {
        double score = grade->scores[i];
        char letter[] = {sv_grade_letter(score), '\0'}, weight[16], shown[16];
        snprintf(weight, sizeof weight, "%.0f", sv_grade_weight((enum sv_grade_area)i));
        snprintf(shown, sizeof shown, "%.1f", score);
        enum sv_tone tone = score >= 70 ? SV_TONE_BLUE : score >= 60 ? SV_TONE_AMBER : SV_TONE_RED;
        struct sv_html_cell cells[] = {{.text = sv_slice_str(sv_grade_name((enum sv_grade_area)i))},
                                       {.text = sv_slice_str(weight)},
                                       {.text = sv_slice_str(shown)},
                                       {.text = sv_slice_str(letter), .tone = tone}};
        if (grade->known[i])
            sv_html_row(out, &table, cells);
    }
    sv_html_table_end(out);
    sv_marks_put_left_out(&left_out, grade);
    if (left_out.len > 0)
        sv_html_note(out, sv_buf_slice(&left_out));
    sv_html_section_end(out);
    sv_buf_free(&left_out);
}

static void put_worst(struct sv_buf *out, const struct sv_limits *limits)
{
    static const struct sv_html_column columns[] = {{"Figure", SV_HTML_NAME}, {"Measured", SV_HTML_NUMBER}, {"Bound", SV_HTML_NUMBER}};
    static const struct sv_html_table table = {"the figures nearest to their bounds, or over them", columns, 3};
    const struct sv_limit *worst[SV_MARKS_WORST];
    size_t count = sv_marks_worst(limits, worst);
    sv_html_section(out, "The three worst");
    sv_html_table(out, &table);
    for (size_t i = 0; i < count; i++) {
        struct sv_buf value = {0}, bound = {0};
        const char *unit = sv_figure_unit(worst[i]->figure);
        sv_marks_put_number(&value, worst[i]->value, unit);
        sv_buf_str(&bound, worst[i]->has_max ? "at most " : "at least ");
        sv_marks_put_number(&bound, worst[i]->has_max ? worst[i]->max : worst[i]->min, unit);
        struct sv_html_cell cells[] = {{.text = worst[i]->figure, .more = worst[i]->text}, {.text = sv_buf_slice(&value)}, {.text = sv_buf_slice(&bound)}};
        sv_html_row(out, &table, cells);
        sv_buf_free(&value);
        sv_buf_free(&bound);
    }
    sv_html_table_end(out);
    sv_html_section_end(out);
}

static void put_limits(struct sv_buf *out, const struct sv_limits *limits)
{
    static const struct sv_html_column columns[] = {{"Verdict", SV_HTML_BADGE}, {"Figure", SV_HTML_NAME}, {"Measured", SV_HTML_NUMBER},
                                                    {"Bound", SV_HTML_NUMBER}, {"Of", SV_HTML_TEXT}};
    static const struct sv_html_table table = {"every limit with what was measured", columns, 5};
    static const enum sv_tone tones[] = {SV_TONE_BLUE, SV_TONE_RED, SV_TONE_AMBER};
    sv_html_section(out, "Limits");
    sv_html_table(out, &table);
    for (size_t i = 0; i < limits->count; i++) {
        const struct sv_limit *limit = &limits->items[i];
        struct sv_buf value = {0}, bound = {0}, of = {0};
        const char *unit = sv_figure_unit(limit->figure);
        if (limit->verdict != SV_LIMIT_UNKNOWN)
            sv_marks_put_number(&value, limit->value, unit);
        sv_buf_str(&bound, limit->has_max ? "at most " : "at least ");
        sv_marks_put_number(&bound, limit->has_max ? limit->max : limit->min, unit);
        bool known = limit->verdict != SV_LIMIT_UNKNOWN;
        sv_buf_add(&of, known ? limit->of_job : limit->job);
        sv_buf_char(&of, ' ');
        sv_buf_add(&of, known ? limit->of_name : limit->name);
        struct sv_html_cell cells[] = {{.text = sv_slice_str(sv_limit_verdicts[limit->verdict]), .tone = tones[limit->verdict]},
                                       {.text = limit->figure, .more = limit->text},
                                       {.text = sv_buf_slice(&value)},
                                       {.text = sv_buf_slice(&bound)},
                                       {.text = sv_buf_slice(&of)}};
        sv_html_row(out, &table, cells);
        sv_buf_free(&value);
        sv_buf_free(&bound);
        sv_buf_free(&of);
    }
    sv_html_table_end(out);
    sv_html_section_end(out);
}

/* --- histograms --- */

/* Nanoseconds as people say it. */
static struct sv_slice duration(struct sv_arena *arena, uint64_t ns)
{
    static const struct {
        uint64_t per;
        const char *unit;
    } units[] = {{1000000000, "s"}, {1000000, "ms"}, {1000, "us"}, {1, "ns"}};
    size_t i = 0;
    while (i < 3 && ns < units[i].per)
        i++;
    double value = (double)ns / (double)units[i].per;
    return sv_arena_printf(arena, value >= 100 ? "%.0f %s" : "%.3g %s", value, units[i].unit);
}

/* Buckets are put together, 2^fold of them, until they are few enough. */
static void put_histogram(struct sv_buf *out, struct sv_slice title, const struct sv_histogram *values, unsigned number)
{
    static const struct sv_chart_series one[] = {{"times", SV_TONE_BLUE}};
    struct sv_arena arena = {0};
    uint32_t first = values->buckets[0].index, last = values->buckets[values->count - 1].index, fold = 0;
    while (((last >> fold) - (first >> fold)) >= COLUMNS_MAX)
        fold++;
    size_t count = (last >> fold) - (first >> fold) + 1;
    struct sv_chart_item *items = sv_arena_calloc(&arena, count, sizeof *items);
    uint64_t *sums = sv_arena_calloc(&arena, count, sizeof *sums);
    for (size_t i = 0; i < values->count; i++)
        sums[(values->buckets[i].index >> fold) - (first >> fold)] += values->buckets[i].count;
    for (size_t i = 0; i < count; i++)
        items[i] = (struct sv_chart_item){duration(&arena, sv_histogram_least((uint32_t)(((first >> fold) + i) << fold))), &sums[i]};
    char id[32];
    snprintf(id, sizeof id, "times%c%c", 'a' + (char)(number / 26 % 26), 'a' + (char)(number % 26));
    struct sv_chart chart = {id, sv_arena_dup(&arena, title).data, "from", one, 1, items, count};
    struct sv_buf note = {0};
    sv_html_section(out, chart.title);
    sv_chart_columns(out, &chart);
    static const struct {
        const char *name;
        double share;
    } points[] = {{"p50", 0.5}, {"p90", 0.9}, {"p99", 0.99}, {"p99.9", 0.999}};
    for (size_t i = 0; i < sizeof points / sizeof *points; i++) {
        sv_buf_printf(&note, "%s%s ", i > 0 ? ", " : "", points[i].name);
        sv_buf_add(&note, duration(&arena, sv_histogram_quantile(values, points[i].share)));
    }
    sv_buf_str(&note, ", most ");
    sv_buf_add(&note, duration(&arena, values->max));
    sv_buf_str(&note, ", of ");
    sv_text_count(&note, values->total);
    sv_html_note(out, sv_buf_slice(&note));
    sv_html_section_end(out);
    sv_buf_free(&note);
    sv_arena_free(&arena);
}

/* A histogram over all repetitions, when `at` is the first of its job and name. */
static bool merge(const struct sv_results *results, size_t at, struct sv_slice name, struct sv_histogram *into)
{
    const struct sv_result *first = results->items[at];
    if (!sv_results_is_first(results, at))
        return false;
    for (size_t i = at; i < results->count; i++) {
        const struct sv_result *result = results->items[i];
        for (size_t h = 0; h < result->histogram_count; h++)
            if (sv_slice_equal(result->job, first->job) && sv_slice_equal(result->name, first->name) && sv_slice_equal(result->histograms[h].name, name))
                sv_histogram_merge(into, &result->histograms[h].values);
    }
    return into->total > 0;
}

static void put_histograms(struct sv_buf *out, const struct sv_results *results)
{
    unsigned number = 0;
    for (size_t i = 0; i < results->count; i++)
        for (size_t h = 0; h < results->items[i]->histogram_count; h++) {
            const struct sv_result *result = results->items[i];
            struct sv_slice name = result->histograms[h].name;
            struct sv_histogram all = {0};
            struct sv_buf title = {0};
            if (merge(results, i, name, &all)) {
                struct sv_slice stem = sv_slice_ends(name, SV_SLICE("_ns")) ? sv_slice(name.data, name.len - 3) : name;
                sv_buf_printf(&title, "%.*s %.*s: %.*s", SV_ARG(result->job), SV_ARG(result->name), SV_ARG(stem));
                put_histogram(out, sv_buf_slice(&title), &all, number++);
            }
            sv_buf_free(&title);
            sv_histogram_free(&all);
        }
}

/* --- the rest --- */

static void put_costs(struct sv_buf *out, const struct sv_results *results)
{
    static const struct sv_chart_series one[] = {{"us in all", SV_TONE_BLUE}};
    size_t count = 0;
    struct sv_result_cost *costs = sv_results_costs(results, &count);
    if (costs == NULL)
        return;
    struct sv_chart_item items[COSTS_MAX];
    uint64_t sums[COSTS_MAX];
    count = count < COSTS_MAX ? count : COSTS_MAX;
    for (size_t i = 0; i < count; i++) {
        sums[i] = (uint64_t)(costs[i].ns * costs[i].tries / 1000);
        items[i] = (struct sv_chart_item){costs[i].policy, &sums[i]};
    }
    struct sv_chart chart = {"costs", "What policies cost", "policy", one, 1, items, count};
    sv_html_section(out, chart.title);
    sv_chart_bars(out, &chart);
    sv_html_section_end(out);
    sv_free(costs);
}

static void put_processes(struct sv_buf *out, const struct sv_results *results)
{
    static const struct sv_html_column columns[] = {{"Process", SV_HTML_NAME},  {"CPU", SV_HTML_NUMBER}, {"Memory", SV_HTML_NUMBER},
                                                    {"Done", SV_HTML_NUMBER},   {"p99", SV_HTML_NUMBER}, {"Restarts", SV_HTML_NUMBER},
                                                    {"Failures", SV_HTML_NUMBER}};
    static const struct sv_html_table table = {"the processes of a load that were busiest", columns, 7};
    size_t count = 0;
    struct sv_result_process *processes = sv_results_processes(results, &count);
    if (processes == NULL)
        return;
    sv_html_section(out, "The busiest processes");
    sv_html_table(out, &table);
    for (size_t i = 0; i < count && i < PROCESSES_MAX; i++) {
        const struct sv_result_process *process = &processes[i];
        const struct {
            double value;
            const char *unit;
        } numbers[] = {{process->cpu_percent, "%"}, {process->peak_mib, "MiB"}, {process->done, ""},
                       {process->p99_ms, "ms"},     {process->restarts, ""},    {process->failures, ""}};
        struct sv_buf texts[7] = {0};
        struct sv_html_cell cells[7];
        sv_buf_printf(&texts[0], "%.*s %.6g", SV_ARG(process->role), process->number);
        for (size_t k = 0; k < 6; k++)
            sv_marks_put_number(&texts[k + 1], numbers[k].value, numbers[k].unit);
        for (size_t k = 0; k < 7; k++)
            cells[k] = (struct sv_html_cell){.text = sv_buf_slice(&texts[k])};
        sv_html_row(out, &table, cells);
        for (size_t k = 0; k < 7; k++)
            sv_buf_free(&texts[k]);
    }
    sv_html_table_end(out);
    sv_html_section_end(out);
    sv_free(processes);
}

static void put_figures(struct sv_buf *out, const struct sv_results *results)
{
    static const struct sv_html_column columns[] = {{"Job", SV_HTML_NAME}, {"Figure", SV_HTML_NAME}, {"Median", SV_HTML_NUMBER}, {"Runs", SV_HTML_NUMBER}};
    static const struct sv_html_table table = {"every figure, the median over its runs", columns, 4};
    double *values = sv_calloc(results->count + 1, sizeof *values);
    sv_html_section(out, "All figures");
    sv_html_table(out, &table);
    for (size_t i = 0; i < results->count; i++) {
        const struct sv_result *result = results->items[i];
        for (size_t f = 0; sv_results_is_first(results, i) && f < result->figures.count; f++) {
            struct sv_slice figure = result->figures.items[f].name;
            struct sv_buf of = {0}, value = {0}, runs = {0};
            size_t count = sv_results_values(results, result->job, result->name, figure, values);
            sv_buf_printf(&of, "%.*s %.*s", SV_ARG(result->job), SV_ARG(result->name));
            sv_marks_put_number(&value, sv_rank_median(values, count), sv_figure_unit(figure));
            sv_buf_uint(&runs, count);
            sv_html_row(out, &table, (struct sv_html_cell[]){{.text = sv_buf_slice(&of)}, {.text = figure}, {.text = sv_buf_slice(&value)},
                                                             {.text = sv_buf_slice(&runs)}});
            sv_buf_free(&of);
            sv_buf_free(&value);
            sv_buf_free(&runs);
        }
    }
    sv_html_table_end(out);
    sv_html_section_end(out);
    sv_free(values);
}

static void put_foot(struct sv_buf *out, const struct sv_results *results)
{
    const struct sv_result *last = results->items[results->count - 1];
    const struct sv_machine *machine = &last->machine;
    sv_buf_printf(out, "%.*s, %lld cores, %.1f GiB, %.*s, %.*s, SQLite %.*s; %.*s", SV_ARG(machine->cpu), (long long)machine->cores,
                  (double)machine->memory_bytes / (1 << 30), SV_ARG(machine->kernel), SV_ARG(machine->file_system), SV_ARG(last->sqlite), SV_ARG(last->built));
}

void sv_marks_put_page(struct sv_buf *out, const struct sv_results *results, const struct sv_limits *limits)
{
    struct sv_grade grade = {0};
    struct sv_buf lead = {0}, foot = {0};
    sv_limits_grade(limits, &grade);
    sv_buf_str(&lead, "By the limits \"");
    sv_buf_add(&lead, limits->title);
    sv_buf_str(&lead, "\": at a limit the score is 70, at a tenth of it 100.");
    put_foot(&foot, results);
    sv_html_open(out, SV_SLICE("Will this machine hold the fleet?"), sv_buf_slice(&lead));
    put_facts(out, &grade, limits, results);
    sv_html_pair(out);
    put_areas(out, &grade);
    put_worst(out, limits);
    sv_html_pair_end(out);
    put_limits(out, limits);
    put_histograms(out, results);
    put_costs(out, results);
    put_processes(out, results);
    put_figures(out, results);
    sv_html_close(out, sv_buf_slice(&foot));
    sv_buf_free(&lead);
    sv_buf_free(&foot);
}
