/* SPDX-License-Identifier: ISC */
/* Results as tables. */
#include <stdio.h>

#include "base/num.h"
#include "measure/rank.h"
#include "run/ask.h"
#include "run/result.h"

enum { ROWS_SHOWN = 10 };

enum { C_JOB, C_NAME, C_FIGURE, C_VALUE, C_UNIT, C_LEAST, C_MOST, C_RUNS, C_COLUMNS };
const struct sv_list_column sv_results_columns[] = {
    [C_JOB] = {"job", 4, 9, false, false, false},     [C_NAME] = {"name", 6, 16, false, false, false},
    [C_FIGURE] = {"figure", 20, 30, false, false, false}, [C_VALUE] = {"value", 8, 9, false, false, true},
    [C_UNIT] = {"unit", 5, 8, false, false, false},   [C_LEAST] = {"least", 8, 9, false, false, true},
    [C_MOST] = {"most", 8, 9, false, false, true},    [C_RUNS] = {"runs", 4, 4, false, false, true}};
const size_t sv_results_column_count = C_COLUMNS;

static void put_figure(struct sv_buf *out, const struct sv_results *results, const struct sv_result *result, struct sv_slice figure,
                       const struct sv_list *list, double *values)
{
    size_t count = sv_results_values(results, result->job, result->name, figure, values);
    double least = values[0], most = values[0];
    for (size_t i = 1; i < count; i++) {
        least = values[i] < least ? values[i] : least;
        most = values[i] > most ? values[i] : most;
    }
    struct sv_list_cell cells[C_COLUMNS] = {[C_JOB] = sv_ask_text(result->job),
                                            [C_NAME] = sv_ask_text(result->name),
                                            [C_FIGURE] = sv_ask_text(figure),
                                            [C_VALUE] = sv_ask_real(true, sv_rank_median(values, count)),
                                            [C_UNIT] = sv_ask_text(sv_slice_str(sv_figure_unit(figure))),
                                            [C_LEAST] = sv_ask_real(true, least),
                                            [C_MOST] = sv_ask_real(true, most),
                                            [C_RUNS] = {.kind = SV_LIST_NUMBER, .number = (int64_t)count}};
    sv_list_row(list, out, cells);
}

/* The dearest policies of the last result that has any. */
static void put_costs(struct sv_buf *out, const struct sv_results *results, const struct sv_list *list)
{
    static const struct sv_list_column columns[] = {{"policy", 20, 30, false, false, false}, {"ns_a_try", 8, 9, false, false, true},
                                                    {"tries", 8, 9, false, false, true},     {"hits", 8, 9, false, false, true},
                                                    {"share_of_all", 12, 12, false, false, true}};
    size_t count = 0;
    struct sv_result_cost *costs = sv_results_costs(results, &count);
    if (costs == NULL)
        return;
    double all = 0;
    struct sv_list table = {.columns = columns, .count = sizeof columns / sizeof *columns, .form = list->form, .width = list->width, .color = list->color};
    for (size_t i = 0; i < count; i++)
        all += costs[i].ns * costs[i].tries;
    sv_buf_char(out, '\n');
    sv_list_head(&table, out);
    for (size_t i = 0; i < count && i < ROWS_SHOWN; i++) {
        char share[16];
        size_t n = (size_t)snprintf(share, sizeof share, "%.1f %%", all > 0 ? 100 * costs[i].ns * costs[i].tries / all : 0);
        sv_list_row(&table, out, (struct sv_list_cell[]){sv_ask_text(costs[i].policy), sv_ask_real(true, costs[i].ns), sv_ask_real(true, costs[i].tries),
                                                         sv_ask_real(true, costs[i].hits), sv_ask_text(sv_slice(share, n))});
    }
    if (count > ROWS_SHOWN)
        sv_buf_printf(out, "and %zu policies that cost less\n", count - ROWS_SHOWN);
    sv_free(costs);
}

/* A number that is whole where nothing is wrong with it. */
static struct sv_list_cell whole(double number)
{
    return number >= 0 && number <= 1e15 ? sv_ask_number(true, (int64_t)number) : sv_ask_real(true, number);
}

/* The busiest processes of the last result that has any. */
static void put_processes(struct sv_buf *out, const struct sv_results *results, const struct sv_list *list)
{
    static const struct sv_list_column columns[] = {{"process", 15, 15, false, false, false}, {"cpu_percent", 11, 11, false, false, true},
                                                    {"peak_mib", 8, 9, false, false, true},  {"done", 8, 9, false, false, true},
                                                    {"commits", 8, 9, false, false, true},   {"p99_ms", 8, 9, false, false, true},
                                                    {"restarts", 8, 8, false, false, true},  {"failures", 8, 8, false, false, true}};
    size_t count = 0;
    struct sv_result_process *sorted = sv_results_processes(results, &count);
    if (sorted == NULL)
        return;
    struct sv_list table = {.columns = columns, .count = sizeof columns / sizeof *columns, .form = list->form, .width = list->width, .color = list->color};
    sv_buf_char(out, '\n');
    sv_list_head(&table, out);
    for (size_t i = 0; i < count && i < ROWS_SHOWN; i++) {
        const struct sv_result_process *process = &sorted[i];
        char name[64];
        int len = process->role.len < 40 ? (int)process->role.len : 40;
        size_t n = (size_t)snprintf(name, sizeof name, "%.*s %.6g", len, process->role.data, process->number);
        sv_list_row(&table, out, (struct sv_list_cell[]){sv_ask_text(sv_slice(name, n)), sv_ask_real(true, process->cpu_percent),
                                                         sv_ask_real(true, process->peak_mib), whole(process->done), whole(process->commits),
                                                         sv_ask_real(true, process->p99_ms), whole(process->restarts), whole(process->failures)});
    }
    if (count > ROWS_SHOWN)
        sv_buf_printf(out, "and %zu processes that were less busy\n", count - ROWS_SHOWN);
    sv_free(sorted);
}

/* What was done, of the last result: how many records, how often, how many passes before that did not count. */
static void put_setup(struct sv_buf *out, const struct sv_results *results)
{
    const struct sv_result_numbers *setup = &results->items[results->count - 1]->setup;
    sv_buf_str(out, setup->count > 0 ? "\nwith" : "");
    for (size_t i = 0; i < setup->count; i++) {
        char number[32];
        sv_num_format(setup->items[i].value, number);
        sv_buf_str(out, i > 0 ? ", " : " ");
        sv_text_safe(out, setup->items[i].name);
        sv_buf_printf(out, " %s", number);
    }
    sv_buf_str(out, setup->count > 0 ? "\n" : "");
}

static void put_machine(struct sv_buf *out, const struct sv_results *results)
{
    const struct sv_result *result = results->items[results->count - 1];
    const struct sv_machine *machine = &result->machine;
    sv_buf_char(out, '\n');
    sv_text_safe(out, machine->cpu.len > 0 ? machine->cpu : SV_SLICE("processor unknown"));
    sv_buf_printf(out, ", %lld core%s, %.1f GiB, ", (long long)machine->cores, machine->cores == 1 ? "" : "s", (double)machine->memory_bytes / (1 << 30));
    sv_text_safe(out, machine->kernel);
    sv_buf_printf(out, ", %.*s, SQLite %.*s\n", SV_ARG(machine->file_system), SV_ARG(result->sqlite));
    sv_text_safe(out, result->built);
    sv_buf_char(out, '\n');
}

void sv_results_put(struct sv_buf *out, const struct sv_results *results, const struct sv_list *list)
{
    if (list->form == SV_LIST_JSON) {
        for (size_t i = 0; i < results->count; i++)
            sv_result_put_json(out, results->items[i]);
        return;
    }
    double *values = sv_calloc(results->count, sizeof *values);
    sv_list_head(list, out);
    for (size_t i = 0; i < results->count; i++)
        if (sv_results_is_first(results, i))
            for (size_t f = 0; f < results->items[i]->figures.count; f++)
                put_figure(out, results, results->items[i], results->items[i]->figures.items[f].name, list, values);
    sv_free(values);
    if (list->form == SV_LIST_TEXT && results->count > 0) {
        put_costs(out, results, list);
        put_processes(out, results, list);
        put_setup(out, results);
        put_machine(out, results);
    }
}
