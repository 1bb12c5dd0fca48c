/* SPDX-License-Identifier: ISC */
/* Results: made, written, read back. */
#include <math.h>
#include <stdlib.h>
#include <unistd.h>

#include "run/result.h"
#include "policy_help.h"

static bool is_near(const double *value, double wanted)
{
    return value != NULL && fabs(*value - wanted) <= 1e-9 * fabs(wanted);
}

static void test_round(void)
{
    struct sv_results made = {0}, read = {0};
    struct sv_error err = {0};
    struct sv_result *result = sv_results_add(&made, "run", "full \"quoted\"", ".");
    struct sv_histogram values = {0};
    for (uint64_t i = 1; i <= 1000; i++)
        sv_histogram_add(&values, i * 1000, 1);
    sv_result_figure(&made, result, "events_per_s", 1.0 / 3);
    sv_result_figure(&made, result, "events_per_s", 812345.25);
    sv_result_setup(&made, result, "policies", 44);
    sv_result_quantiles(&made, result, "evaluate", "us", 1000, &values);
    sv_result_cost(&made, result, SV_SLICE("force-push"), 100, 3, 12.5);
    sv_result_process(&made, result, &(struct sv_result_process){SV_SLICE("supervisor"), .number = 7, .cpu_percent = 1.5, .done = 300, .p99_ms = 12});
    is_int(values.total, 0, "a histogram is taken over");
    ok(is_near(sv_result_find(result, SV_SLICE("events_per_s")), 812345.25), "a figure said twice is replaced");
    ok(fabs(*sv_result_find(result, SV_SLICE("evaluate_p50_us")) - 500) < 5 && is_near(sv_result_find(result, SV_SLICE("evaluate_max_us")), 1000),
       "quantiles are figures, in their unit");
    ok(sv_result_find(result, SV_SLICE("evaluate_p999_us")) != NULL && sv_result_find(result, SV_SLICE("nothing")) == NULL, "and found by name");

    struct sv_buf text = {0}, again = {0};
    sv_result_put_json(&text, result);
    sv_result_put_json(&text, result);
    const char *path = write_bytes("results", text.data, text.len);
    ok(sv_results_load(&read, path, &err) && read.count == 2, "two lines are two results");
    for (size_t i = 0; i < read.count; i++)
        sv_result_put_json(&again, read.items[i]);
    ok(sv_slice_equal(sv_buf_slice(&text), sv_buf_slice(&again)), "what was read is written as it was");
    ok(read.items[1]->process_count == 1 && fabs(read.items[1]->processes[0].cpu_percent - 1.5) < 1e-12 &&
           sv_slice_is(read.items[1]->processes[0].role, "supervisor"),
       "processes, too");
    ok(sv_machine_same(&read.items[0]->machine, &result->machine) && result->machine.cores > 0, "the machine comes back");
    double both[2];
    is_int(sv_results_values(&read, SV_SLICE("run"), result->name, SV_SLICE("events_per_s"), both), 2, "values of a figure");
    is_int(sv_results_values(&read, SV_SLICE("load"), result->name, SV_SLICE("events_per_s"), both), 0, "of this job alone");
    sv_results_free(&read);
    sv_results_free(&made);
    sv_buf_free(&text);
    sv_buf_free(&again);
}

static void test_few(void)
{
    struct sv_results made = {0};
    struct sv_result *result = sv_results_add(&made, "run", "plain", ".");
    struct sv_histogram few = {0}, none = {0};
    sv_result_quantiles(&made, result, "none", "us", 1, &none);
    is_int(result->figures.count, 0, "of nothing there are no figures");
    for (int i = 0; i < 19; i++)
        sv_histogram_add(&few, 7, 1);
    sv_result_quantiles(&made, result, "few", "ms", 1, &few);
    ok(sv_result_find(result, SV_SLICE("few_p90_ms")) != NULL && sv_result_find(result, SV_SLICE("few_p95_ms")) == NULL &&
           sv_result_find(result, SV_SLICE("few_max_ms")) != NULL,
       "19 values tell p90 and the most, and no p95");
    sv_results_free(&made);
}

#define R "{\"type\":\"bench.result\",\"job\":\"a\""

static void test_broken(void)
{
    static const struct {
        const char *text, *what;
        uint32_t line;
    } broken[] = {
        {"", "no results in it", 0},
        {"\n \n", "no results in it", 0},
        {"{\"type\":\"bench.result\",\"job\":\"run\"}\nnonsense\n", NULL, 2},
        {"{\"type\":\"note\"}\n", "this is no result of sv-bench", 1},
        {"{\"type\":\"bench.result\"}\n", "this is no result of sv-bench", 1},
        {R ",\"histograms\":{\"x_ns\":{\"min\":1,\"max\":2,\"buckets\":[1]}}}\n", "a histogram in this result is broken", 1},
        {R ",\"histograms\":{\"x_ns\":{\"min\":1,\"max\":2,\"buckets\":[99999,1]}}}\n", "a histogram in this result is broken", 1},
        {R ",\"histograms\":{\"x_ns\":{\"min\":3,\"max\":2,\"buckets\":[1,1]}}}\n", "a histogram in this result is broken", 1},
    };
    for (size_t i = 0; i < sizeof broken / sizeof *broken; i++) {
        struct sv_results read = {0};
        struct sv_error err = {0};
        const char *path = write_text("results", broken[i].text);
        ok(!sv_results_load(&read, path, &err) && err.code == SV_INPUT && err.line == broken[i].line &&
               (broken[i].what == NULL || strcmp(err.text, broken[i].what) == 0),
           "refused: %s", err.text);
        sv_results_free(&read);
    }
}

static void test_names(void)
{
    ok(sv_figure_more_is_better(SV_SLICE("events_per_s")) && sv_figure_more_is_better(SV_SLICE("availability_percent")) &&
           sv_figure_more_is_better(SV_SLICE("cache_hit_percent")) && !sv_figure_more_is_better(SV_SLICE("cpu_percent")) &&
           !sv_figure_more_is_better(SV_SLICE("evaluate_p99_us")) && !sv_figure_more_is_better(SV_SLICE("syncs_per_1000_events")),
       "a name tells which way is better");
    is_str(sv_figure_unit(SV_SLICE("evaluate_p99_us")), "us", "and the unit");
    is_str(sv_figure_unit(SV_SLICE("events_per_s")), "1/s", "per second");
    is_str(sv_figure_unit(SV_SLICE("mb_per_s")), "MB/s", "megabytes");
    is_str(sv_figure_unit(SV_SLICE("count")), "", "or none");
}

int main(void)
{
    make_folder();
    test_round();
    test_few();
    test_broken();
    test_names();
    remove_folder();
    return done();
}
