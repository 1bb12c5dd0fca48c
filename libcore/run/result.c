/* SPDX-License-Identifier: ISC */
#include "run/result.h"

#include <stdio.h>
#include <stdlib.h>

#include "base/os.h"
#include "base/time.h"
#include "json/reader.h"
#include "json/writer.h"
#include "run/versions.h"
#include "store/store.h"

/* --- making --- */

static struct sv_result *add(struct sv_results *results)
{
    if (results->count == results->capacity) {
        results->capacity = results->capacity > 0 ? 2 * results->capacity : 16;
        results->items = sv_realloc(results->items, results->capacity * sizeof *results->items);
    }
    return results->items[results->count++] = sv_calloc(1, sizeof *results->items[0]);
}

struct sv_result *sv_results_add(struct sv_results *results, const char *job, const char *name, const char *folder)
{
    struct sv_result *result = add(results);
    struct sv_buf built = {0};
    sv_run_put_build(&built);
    result->job = sv_arena_dup(&results->arena, sv_slice_str(job));
    result->name = sv_arena_dup(&results->arena, sv_slice_str(name));
    result->time_ns = sv_os_now_ns();
    result->sqlite = sv_slice_str(sv_store_library());
    result->built = sv_arena_dup(&results->arena, sv_buf_slice(&built));
    sv_machine_look(&result->machine, &results->arena, folder);
    sv_buf_free(&built);
    return result;
}

static void set_number(struct sv_results *results, struct sv_result_numbers *numbers, struct sv_slice name, double value)
{
    for (size_t i = 0; i < numbers->count; i++)
        if (sv_slice_equal(numbers->items[i].name, name)) {
            numbers->items[i].value = value;
            return;
        }
    if (numbers->count == numbers->capacity) {
        numbers->capacity = numbers->capacity > 0 ? 2 * numbers->capacity : 16;
        numbers->items = sv_realloc(numbers->items, numbers->capacity * sizeof *numbers->items);
    }
    numbers->items[numbers->count++] = (struct sv_result_number){sv_arena_dup(&results->arena, name), value};
}

void sv_result_figure(struct sv_results *results, struct sv_result *result, const char *name, double value)
{
    set_number(results, &result->figures, sv_slice_str(name), value);
}

void sv_result_setup(struct sv_results *results, struct sv_result *result, const char *name, double value)
{
    set_number(results, &result->setup, sv_slice_str(name), value);
}

static void add_histogram(struct sv_results *results, struct sv_result *result, struct sv_slice name, struct sv_histogram *values)
{
    result->histograms = sv_realloc(result->histograms, (result->histogram_count + 1) * sizeof *result->histograms);
    result->histograms[result->histogram_count++] = (struct sv_result_histogram){sv_arena_dup(&results->arena, name), *values};
    *values = (struct sv_histogram){0};
}

void sv_result_quantiles(struct sv_results *results, struct sv_result *result, const char *stem, const char *unit, double per,
                         struct sv_histogram *histogram)
{
    static const struct {
        const char *name;
        double share;
        uint64_t least;
    } points[] = {{"p50", 0.5, 1}, {"p90", 0.9, 10}, {"p95", 0.95, 20}, {"p99", 0.99, 100}, {"p999", 0.999, 1000}};
    char name[160];
    if (histogram->total == 0)
        return;
    snprintf(name, sizeof name, "%s_mean_%s", stem, unit);
    sv_result_figure(results, result, name, sv_histogram_mean(histogram) / per);
    for (size_t i = 0; i < sizeof points / sizeof *points && histogram->total >= points[i].least; i++) {
        snprintf(name, sizeof name, "%s_%s_%s", stem, points[i].name, unit);
        sv_result_figure(results, result, name, (double)sv_histogram_quantile(histogram, points[i].share) / per);
    }
    snprintf(name, sizeof name, "%s_max_%s", stem, unit);
    sv_result_figure(results, result, name, (double)histogram->max / per);
    snprintf(name, sizeof name, "%s_ns", stem);
    add_histogram(results, result, sv_slice_str(name), histogram);
}

static void add_cost(struct sv_result *result, struct sv_result_cost cost)
{
    result->costs = sv_realloc(result->costs, (result->cost_count + 1) * sizeof *result->costs);
    result->costs[result->cost_count++] = cost;
}

void sv_result_cost(struct sv_results *results, struct sv_result *result, struct sv_slice policy, double tries, double hits, double ns)
{
    add_cost(result, (struct sv_result_cost){sv_arena_dup(&results->arena, policy), tries, hits, ns});
}

void sv_result_process(struct sv_results *results, struct sv_result *result, const struct sv_result_process *process)
{
    result->processes = sv_realloc(result->processes, (result->process_count + 1) * sizeof *result->processes);
    result->processes[result->process_count] = *process;
    result->processes[result->process_count++].role = sv_arena_dup(&results->arena, process->role);
}

static const double *find_number(const struct sv_result_numbers *numbers, struct sv_slice name)
{
    for (size_t i = 0; i < numbers->count; i++)
        if (sv_slice_equal(numbers->items[i].name, name))
            return &numbers->items[i].value;
    return NULL;
}

const double *sv_result_find(const struct sv_result *result, struct sv_slice figure)
{
    return find_number(&result->figures, figure);
}

const double *sv_result_find_setup(const struct sv_result *result, struct sv_slice name)
{
    return find_number(&result->setup, name);
}

bool sv_results_is_first(const struct sv_results *results, size_t at)
{
    for (size_t i = 0; i < at; i++)
        if (sv_slice_equal(results->items[i]->job, results->items[at]->job) && sv_slice_equal(results->items[i]->name, results->items[at]->name))
            return false;
    return true;
}

static int by_cost(const void *a, const void *b)
{
    const struct sv_result_cost *x = a, *y = b;
    double p = x->ns * x->tries, q = y->ns * y->tries;
    return p < q ? 1 : p > q ? -1 : sv_slice_compare(x->policy, y->policy);
}

static int by_cpu(const void *a, const void *b)
{
    const struct sv_result_process *x = a, *y = b;
    return (x->cpu_percent < y->cpu_percent) - (x->cpu_percent > y->cpu_percent);
}

struct sv_result_process *sv_results_processes(const struct sv_results *results, size_t *count)
{
    const struct sv_result *result = NULL;
    for (size_t i = 0; i < results->count; i++)
        if (results->items[i]->process_count > 0)
            result = results->items[i];
    if (result == NULL)
        return NULL;
    struct sv_result_process *processes = sv_calloc(result->process_count, sizeof *processes);
    memcpy(processes, result->processes, result->process_count * sizeof *processes);
    qsort(processes, result->process_count, sizeof *processes, by_cpu);
    *count = result->process_count;
    return processes;
}

struct sv_result_cost *sv_results_costs(const struct sv_results *results, size_t *count)
{
    const struct sv_result *result = NULL;
    for (size_t i = 0; i < results->count; i++)
        if (results->items[i]->cost_count > 0)
            result = results->items[i];
    if (result == NULL)
        return NULL;
    struct sv_result_cost *costs = sv_calloc(result->cost_count, sizeof *costs);
    memcpy(costs, result->costs, result->cost_count * sizeof *costs);
    qsort(costs, result->cost_count, sizeof *costs, by_cost);
    *count = result->cost_count;
    return costs;
}

size_t sv_results_values(const struct sv_results *results, struct sv_slice job, struct sv_slice name, struct sv_slice figure, double *values)
{
    size_t count = 0;
    for (size_t i = 0; i < results->count; i++) {
        const struct sv_result *result = results->items[i];
        const double *value = sv_result_find(result, figure);
        if (value != NULL && sv_slice_equal(result->job, job) && sv_slice_equal(result->name, name))
            values[count++] = *value;
    }
    return count;
}

void sv_results_free(struct sv_results *results)
{
    for (size_t i = 0; i < results->count; i++) {
        struct sv_result *result = results->items[i];
        for (size_t h = 0; h < result->histogram_count; h++)
            sv_histogram_free(&result->histograms[h].values);
        sv_free(result->histograms);
        sv_free(result->costs);
        sv_free(result->processes);
        sv_free(result->setup.items);
        sv_free(result->figures.items);
        sv_free(result);
    }
    sv_free(results->items);
    sv_arena_free(&results->arena);
    *results = (struct sv_results){0};
}

/* --- names --- */

bool sv_figure_more_is_better(struct sv_slice name)
{
    static const char *const ends[] = {"_per_s", "availability_percent", "headroom", "days_until_full",
                                       "of_one_writer_percent", "made_percent", "hit_percent", "at_once"};
    for (size_t i = 0; i < sizeof ends / sizeof *ends; i++)
        if (sv_slice_ends(name, sv_slice_str(ends[i])))
            return true;
    return false;
}

const char *sv_figure_unit(struct sv_slice name)
{
    static const struct {
        const char *end, *unit;
    } units[] = {{"_per_s", "1/s"},   {"_ns", "ns"},       {"_us", "us"},           {"_ms", "ms"},  {"_s", "s"},
                 {"_mib", "MiB"},     {"_percent", "%"},   {"_bytes", "bytes"},     {"_days", "days"}, {"_until_full", "days"},
                 {"_per_event", "bytes"}, {"_each_day_mib", "MiB"}};
    if (sv_slice_is(name, "mb_per_s"))
        return "MB/s";
    for (size_t i = 0; i < sizeof units / sizeof *units; i++)
        if (sv_slice_ends(name, sv_slice_str(units[i].end)))
            return units[i].unit;
    return "";
}

/* --- as JSON --- */

static void put_text(struct sv_buf *out, const char *key, struct sv_slice text)
{
    sv_json_put_key(out, key);
    sv_json_put_string(out, text);
}

static void put_double(struct sv_buf *out, const char *key, double value)
{
    sv_json_put_key(out, key);
    sv_json_put_value(out, sv_value_double(value));
}

static void put_numbers(struct sv_buf *out, const char *key, const struct sv_result_numbers *numbers)
{
    sv_json_put_key(out, key);
    sv_buf_char(out, '{');
    for (size_t i = 0; i < numbers->count; i++)
        put_double(out, numbers->items[i].name.data, numbers->items[i].value);
    sv_buf_char(out, '}');
}

static void put_machine(struct sv_buf *out, const struct sv_result *result)
{
    const struct sv_machine *machine = &result->machine;
    sv_json_put_key(out, "machine");
    sv_buf_char(out, '{');
    put_text(out, "cpu", machine->cpu);
    sv_buf_printf(out, ",\"cores\":%lld,\"memory_bytes\":%lld", (long long)machine->cores, (long long)machine->memory_bytes);
    put_text(out, "kernel", machine->kernel);
    put_text(out, "file_system", machine->file_system);
    put_text(out, "sqlite", result->sqlite);
    put_text(out, "built", result->built);
    sv_buf_char(out, '}');
}

/* Buckets as pairs: by how many it is behind the one before, how many values. */
static void put_histogram(struct sv_buf *out, const struct sv_result_histogram *histogram)
{
    uint32_t before = 0;
    sv_json_put_key(out, histogram->name.data);
    sv_buf_printf(out, "{\"min\":%llu,\"max\":%llu,\"buckets\":[", (unsigned long long)histogram->values.min,
                  (unsigned long long)histogram->values.max);
    for (size_t i = 0; i < histogram->values.count; i++) {
        const struct sv_histogram_bucket *bucket = &histogram->values.buckets[i];
        sv_buf_printf(out, "%s%u,%llu", i > 0 ? "," : "", bucket->index - before, (unsigned long long)bucket->count);
        before = bucket->index;
    }
    sv_buf_str(out, "]}");
}

static void put_cost(struct sv_buf *out, const struct sv_result_cost *cost)
{
    sv_buf_char(out, '{');
    put_text(out, "policy", cost->policy);
    put_double(out, "tries", cost->tries);
    put_double(out, "hits", cost->hits);
    put_double(out, "ns", cost->ns);
    sv_buf_char(out, '}');
}

static void put_process(struct sv_buf *out, const struct sv_result_process *process)
{
    sv_buf_char(out, '{');
    put_text(out, "role", process->role);
#define X(name) put_double(out, #name, process->name);
    SV_RESULT_PROCESS(X)
#undef X
    sv_buf_char(out, '}');
}

void sv_result_put_json(struct sv_buf *out, const struct sv_result *result)
{
    sv_buf_str(out, "{\"type\":\"bench.result\",\"time\":\"");
    sv_time_format(out, result->time_ns);
    sv_buf_char(out, '"');
    put_text(out, "job", result->job);
    put_text(out, "name", result->name);
    put_machine(out, result);
    put_numbers(out, "setup", &result->setup);
    put_numbers(out, "figures", &result->figures);
    sv_buf_str(out, ",\"histograms\":{");
    for (size_t i = 0; i < result->histogram_count; i++)
        put_histogram(out, &result->histograms[i]);
    sv_buf_str(out, "},\"costs\":[");
    for (size_t i = 0; i < result->cost_count; i++) {
        sv_buf_str(out, i > 0 ? "," : "");
        put_cost(out, &result->costs[i]);
    }
    sv_buf_str(out, "],\"processes\":[");
    for (size_t i = 0; i < result->process_count; i++) {
        sv_buf_str(out, i > 0 ? "," : "");
        put_process(out, &result->processes[i]);
    }
    sv_buf_str(out, "]}\n");
}

/* --- back --- */

static struct sv_slice take_text(struct sv_arena *arena, struct sv_value object, struct sv_slice key)
{
    struct sv_value value = sv_json_get(object, key);
    return value.type == SV_STRING ? sv_arena_dup(arena, sv_value_string(&value, arena)) : SV_SLICE("");
}

static bool to_double(struct sv_value value, double *out)
{
    *out = value.type == SV_DOUBLE ? value.d : value.type == SV_INT ? (double)value.i : value.type == SV_UINT ? (double)value.u : 0;
    return value.type == SV_DOUBLE || value.type == SV_INT || value.type == SV_UINT;
}

static double take_double(struct sv_value object, struct sv_slice key)
{
    double value;
    to_double(sv_json_get(object, key), &value);
    return value;
}

static void take_numbers(struct sv_results *results, struct sv_result_numbers *numbers, struct sv_value object)
{
    struct sv_json_iter it = sv_json_iter(object);
    struct sv_value key, value;
    double number;
    while (it.is_object && sv_json_next(&it, &key, &value))
        if (to_double(value, &number))
            set_number(results, numbers, sv_value_string(&key, &results->arena), number);
}

static void take_machine(struct sv_results *results, struct sv_result *result, struct sv_value object)
{
    struct sv_arena *arena = &results->arena;
    result->machine = (struct sv_machine){.cpu = take_text(arena, object, SV_SLICE("cpu")),
                                          .kernel = take_text(arena, object, SV_SLICE("kernel")),
                                          .file_system = take_text(arena, object, SV_SLICE("file_system")),
                                          .cores = (int64_t)take_double(object, SV_SLICE("cores")),
                                          .memory_bytes = (int64_t)take_double(object, SV_SLICE("memory_bytes"))};
    result->sqlite = take_text(arena, object, SV_SLICE("sqlite"));
    result->built = take_text(arena, object, SV_SLICE("built"));
}

static bool take_histogram(struct sv_results *results, struct sv_result *result, struct sv_slice name, struct sv_value object)
{
    struct sv_json_iter it = sv_json_iter(sv_json_get(object, SV_SLICE("buckets")));
    struct sv_histogram read = {0};
    struct sv_value step, times;
    double min = take_double(object, SV_SLICE("min")), max = take_double(object, SV_SLICE("max")), a, b, slot = 0;
    bool fine = min >= 0 && max >= min && max < 0x1p64;
    while (fine && sv_json_next(&it, NULL, &step)) {
        fine = sv_json_next(&it, NULL, &times) && to_double(step, &a) && to_double(times, &b) && a >= 0 && b > 0 && b < 0x1p64 &&
               (slot += a) < SV_HISTOGRAM_SLOTS;
        if (fine)
            sv_histogram_add_slot(&read, (uint32_t)slot, (uint64_t)b, (uint64_t)min, (uint64_t)max);
    }
    if (fine && read.total > 0)
        add_histogram(results, result, name, &read);
    sv_histogram_free(&read);
    return fine;
}

static bool take_histograms(struct sv_results *results, struct sv_result *result, struct sv_value object)
{
    struct sv_json_iter it = sv_json_iter(object);
    struct sv_value key, value;
    while (it.is_object && sv_json_next(&it, &key, &value))
        if (!take_histogram(results, result, sv_value_string(&key, &results->arena), value))
            return false;
    return true;
}

static void take_costs(struct sv_results *results, struct sv_result *result, struct sv_value list)
{
    struct sv_json_iter it = sv_json_iter(list);
    struct sv_value value;
    while (sv_json_next(&it, NULL, &value))
        add_cost(result, (struct sv_result_cost){take_text(&results->arena, value, SV_SLICE("policy")),
                                                 take_double(value, SV_SLICE("tries")), take_double(value, SV_SLICE("hits")),
                                                 take_double(value, SV_SLICE("ns"))});
}

static void take_processes(struct sv_results *results, struct sv_result *result, struct sv_value list)
{
    struct sv_json_iter it = sv_json_iter(list);
    struct sv_value value;
    while (sv_json_next(&it, NULL, &value)) {
        struct sv_result_process process = {
            .role = take_text(&results->arena, value, SV_SLICE("role")),
#define X(name) .name = take_double(value, SV_SLICE(#name)),
            SV_RESULT_PROCESS(X)
#undef X
        };
        sv_result_process(results, result, &process);
    }
}

static bool take_line(struct sv_results *results, struct sv_slice line, struct sv_error *err)
{
    struct sv_value value;
    if (!sv_json_read(line, &value, err))
        return false;
    struct sv_arena *arena = &results->arena;
    struct sv_slice type = take_text(arena, value, SV_SLICE("type")), job = take_text(arena, value, SV_SLICE("job"));
    if (!sv_slice_is(type, "bench.result") || job.len == 0)
        return sv_error_set(err, SV_INPUT, "this is no result of sv-bench");
    struct sv_result *result = add(results);
    result->job = job;
    result->name = take_text(arena, value, SV_SLICE("name"));
    sv_time_parse(take_text(arena, value, SV_SLICE("time")), &result->time_ns);
    take_machine(results, result, sv_json_get(value, SV_SLICE("machine")));
    take_numbers(results, &result->setup, sv_json_get(value, SV_SLICE("setup")));
    take_numbers(results, &result->figures, sv_json_get(value, SV_SLICE("figures")));
    take_costs(results, result, sv_json_get(value, SV_SLICE("costs")));
    take_processes(results, result, sv_json_get(value, SV_SLICE("processes")));
    return take_histograms(results, result, sv_json_get(value, SV_SLICE("histograms"))) ||
           sv_error_set(err, SV_INPUT, "a histogram in this result is broken");
}

bool sv_results_load(struct sv_results *results, const char *path, struct sv_error *err)
{
    struct sv_buf text = {0};
    uint32_t number = 0;
    size_t before = results->count;
    bool fine = sv_os_slurp(path, SV_RESULT_FILE_MAX, &text, err);
    struct sv_slice rest = sv_buf_slice(&text);
    while (fine && rest.len > 0) {
        const char *end = memchr(rest.data, '\n', rest.len);
        struct sv_slice line = sv_slice(rest.data, end != NULL ? (size_t)(end - rest.data) : rest.len);
        size_t used = line.len + (end != NULL);
        rest = sv_slice(rest.data + used, rest.len - used);
        number++;
        if (sv_slice_trim(line).len > 0 && !take_line(results, line, err))
            fine = sv_error_at(err, path, number, 0);
    }
    sv_buf_free(&text);
    if (fine && results->count == before) {
        sv_error_at(err, path, 0, 0);
        return sv_error_set(err, SV_INPUT, "no results in it");
    }
    return fine;
}
