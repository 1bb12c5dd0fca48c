/* SPDX-License-Identifier: ISC */
/* result.h - what was measured: figures, what they were measured on and how, as one line of JSON that is an event.
 *
 * A result is one repetition of one job under one name; what belongs to a job stands in one file, a line a repetition. A figure's
 * name tells its unit and which way is better (sv_figure_unit, sv_figure_more_is_better), so gates, comparisons and reports
 * need no list of them. Numbers under `setup` say what was done, and are not compared.
 *
 *     struct sv_results results = {0};
 *     struct sv_result *result = sv_results_add(&results, "run", "full");
 *     sv_result_figure(&results, result, "events_per_s", 812345.0);
 *     sv_result_put_json(&out, result);
 *     ... sv_results_load(&results, "before.ndjson", &err) ...
 *     sv_results_free(&results);
 *
 * Floor: run. */
#ifndef SV_RUN_RESULT_H
#define SV_RUN_RESULT_H

#include "base/error.h"
#include "base/machine.h"
#include "json/value.h"
#include "measure/histogram.h"
#include "report/list.h"

enum { SV_RESULT_FILE_MAX = 256 << 20 };

struct sv_result_number {
    struct sv_slice name;
    double value;
};

struct sv_result_numbers {
    struct sv_result_number *items;
    size_t count, capacity;
};

/* What a policy cost: nanoseconds a try, the look at the clock taken off. */
struct sv_result_cost {
    struct sv_slice policy;
    double tries, hits, ns;
};

/* What one process of many did: events answered and batches of a supervisor, operations of a user. */
#define SV_RESULT_PROCESS(X) X(number) X(cpu_percent) X(peak_mib) X(done) X(commits) X(p99_ms) X(restarts) X(failures)
struct sv_result_process {
    struct sv_slice role;     /* supervisor, user */
#define X(name) double name;
    SV_RESULT_PROCESS(X)
#undef X
};

struct sv_result_histogram {
    struct sv_slice name;     /* ends in its unit: evaluate_ns */
    struct sv_histogram values;
};

struct sv_result {
    struct sv_slice job, name; /* run, load, queries, capacity; which of its kinds, or which scenario */
    int64_t time_ns;
    struct sv_machine machine;
    struct sv_slice sqlite, built; /* SQLite's version; compiler and flags */
    struct sv_result_numbers setup, figures;
    struct sv_result_histogram *histograms;
    size_t histogram_count;
    struct sv_result_cost *costs;
    size_t cost_count;
    struct sv_result_process *processes;
    size_t process_count;
};

struct sv_results {
    struct sv_result **items; /* [count]; each stays where it is */
    size_t count, capacity;
    struct sv_arena arena;    /* theirs */
};

/* A new one, of now and this machine (`folder` tells which file system is meant). Borrowed from the results. */
struct sv_result *sv_results_add(struct sv_results *results, const char *job, const char *name, const char *folder);

/* Adds a number, or replaces the one of this name. */
void sv_result_figure(struct sv_results *results, struct sv_result *result, const char *name, double value);
void sv_result_setup(struct sv_results *results, struct sv_result *result, const char *name, double value);

/* Adds a histogram, which is taken over, and figures of it: STEM_mean_UNIT, p50, p90, p95, p99, p999 and max, each value divided by `per`
 * (1000: nanoseconds to us). Those that so few values do not tell are left out: a p99 is one of a hundred at least. */
void sv_result_quantiles(struct sv_results *results, struct sv_result *result, const char *stem, const char *unit, double per,
                         struct sv_histogram *histogram);

/* Adds a process, whose role is copied; what a policy cost. */
void sv_result_process(struct sv_results *results, struct sv_result *result, const struct sv_result_process *process);
void sv_result_cost(struct sv_results *results, struct sv_result *result, struct sv_slice policy, double tries, double hits, double ns);

/* A number, or NULL. */
const double *sv_result_find(const struct sv_result *result, struct sv_slice figure);
const double *sv_result_find_setup(const struct sv_result *result, struct sv_slice name);

/* The line, with its newline; and the lines of a file, all of them: false with err at the first that is none. */
void sv_result_put_json(struct sv_buf *out, const struct sv_result *result);
bool sv_results_load(struct sv_results *results, const char *path, struct sv_error *err);

/* Figures as a table or CSV: a row a figure of each job and name with median, least and most over its repetitions. In text also what
 * was measured on what, the dearest policies, the busiest processes; in JSON each result's line. */
extern const struct sv_list_column sv_results_columns[];
extern const size_t sv_results_column_count;
void sv_results_put(struct sv_buf *out, const struct sv_results *results, const struct sv_list *list);

/* Of a figure's name: its unit in words ("us", "events/s", ...), and whether a larger one is better. */
const char *sv_figure_unit(struct sv_slice name);
bool sv_figure_more_is_better(struct sv_slice name);

/* Is it the first of its job and name? */
bool sv_results_is_first(const struct sv_results *results, size_t at);

/* What policies cost, of the last result that tells, the dearest in all first: yours to sv_free. NULL: none tells. */
struct sv_result_cost *sv_results_costs(const struct sv_results *results, size_t *count);

/* The same of processes, the busiest first. */
struct sv_result_process *sv_results_processes(const struct sv_results *results, size_t *count);

/* All values of a figure over results of this job and name, into values[results->count]; returns how many. */
size_t sv_results_values(const struct sv_results *results, struct sv_slice job, struct sv_slice name, struct sv_slice figure, double *values);

void sv_results_free(struct sv_results *results);

#endif
