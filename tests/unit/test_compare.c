/* SPDX-License-Identifier: ISC */
/* Comparing results: what is found, and how seldom it is found where there is nothing. */
#include <math.h>

#include "measure/random.h"
#include "run/compare.h"
#include "tap.h"

enum { TIMES = 40, RUNS = 10, FIGURES = 12 };

static struct sv_result *result_of(struct sv_results *results, const char *name)
{
    return sv_results_add(results, "run", name, ".");
}

/* Runs whose figures scatter by some per cent, with an outlier now and then; all multiplied by `factor`. */
static void make(struct sv_results *results, struct sv_random *random, double factor)
{
    for (int run = 0; run < RUNS; run++) {
        struct sv_result *result = result_of(results, "plain");
        for (int f = 0; f < FIGURES; f++) {
            char name[32];
            double noise = 0.97 + 0.06 * sv_random_share(random);
            snprintf(name, sizeof name, "cost%d_bytes", f);
            sv_result_figure(results, result, name, 1000 * (f + 1) * factor * noise * (sv_random_chance(random, 50000) ? 1.5 : 1));
        }
    }
}

static size_t worse_of(uint64_t seed, double factor)
{
    struct sv_random random;
    struct sv_results a = {0}, b = {0};
    struct sv_compare compare = {.threshold = 0.05, .level = 0.05};
    struct sv_error err = {0};
    sv_random_seed(&random, seed);
    make(&a, &random, 1);
    make(&b, &random, factor);
    size_t worse = sv_compare_results(&compare, &a, &b, &err) ? compare.worse : SIZE_MAX;
    sv_compare_free(&compare);
    sv_results_free(&a);
    sv_results_free(&b);
    return worse;
}

static void test_alarms(void)
{
    unsigned alarms = 0, found = 0, whole = 0, faster = 0;
    for (uint64_t i = 0; i < TIMES; i++) {
        alarms += worse_of(i, 1) > 0;
        size_t worse = worse_of(1000 + i, 1.1);
        found += worse > FIGURES / 2;
        whole += worse == FIGURES;
        faster += worse_of(2000 + i, 0.9) > 0;
    }
    printf("# %u of %d equal pairs raised an alarm; of as many slower ones %u were found, %u in every figure\n", alarms, TIMES, found, whole);
    ok(alarms <= TIMES / 20, "equal runs: at most one false alarm in twenty");
    is_int(found, TIMES, "ten per cent more: found");
    ok(whole >= TIMES * 8 / 10, "and nearly always in every figure");
    is_int(faster, 0, "ten per cent less is no regression");
}

static const struct sv_compared *find(const struct sv_compare *compare, const char *figure)
{
    for (size_t i = 0; i < compare->count; i++)
        if (sv_slice_is(compare->items[i].figure, figure))
            return &compare->items[i];
    return NULL;
}

/* Ten runs a side, each figure between its value and a hundredth above. */
static void fill(struct sv_results *results, double per_s, double small_mib, double others)
{
    for (int run = 0; run < RUNS; run++) {
        struct sv_result *result = result_of(results, "plain");
        double more = 1 + run / 1000.0;
        sv_result_figure(results, result, "events_per_s", per_s * more);
        sv_result_figure(results, result, "small_mib", small_mib * more);
        sv_result_figure(results, result, "evaluate_p50_us", 1000 / per_s * more);
        sv_result_figure(results, result, "evaluate_max_us", 5);
        sv_result_figure(results, result, "cpu_percent", 50);
        sv_result_figure(results, result, "zero_bytes", 0);
        sv_result_setup(results, result, "others_percent", others);
    }
}

static void test_verdicts(void)
{
    struct sv_results a = {0}, b = {0}, busy = {0};
    struct sv_error err = {0};
    struct sv_compare compare = {.threshold = 0.05, .level = 0.05, .busy = 0.1};
    fill(&a, 1000, 10, 3);
    fill(&b, 800, 10.3, 4);
    fill(&busy, 800, 10.3, 60);
    ok(sv_compare_results(&compare, &a, &b, &err) && compare.count == 4, "what is not stable is left out");
    ok(find(&compare, "events_per_s")->verdict == SV_CHANGE_WORSE && find(&compare, "evaluate_p50_us")->verdict == SV_CHANGE_WORSE,
       "fewer a second are worse, longer times are, too");
    ok(fabs(find(&compare, "events_per_s")->change + 0.2) < 1e-9, "by so much");
    is_int(find(&compare, "small_mib")->verdict, SV_CHANGE_SMALL, "no chance, but below the threshold");
    is_int(find(&compare, "zero_bytes")->verdict, SV_CHANGE_NONE, "nothing and nothing");
    is_int(compare.worse, 2, "how many are worse");
    is_int(compare.needed, 0, "ten repetitions are enough");
    sv_compare_free(&compare);

    ok(sv_compare_results(&compare, &b, &a, &err) && find(&compare, "events_per_s")->verdict == SV_CHANGE_BETTER && compare.worse == 0,
       "the other way round it is better");
    sv_compare_free(&compare);

    ok(sv_compare_results(&compare, &a, &busy, &err) && find(&compare, "events_per_s")->verdict == SV_CHANGE_BUSY && compare.unjudged == 1 &&
           find(&compare, "evaluate_p50_us")->verdict == SV_CHANGE_WORSE,
       "on a busy machine times of the clock are not judged, those of single records are");
    sv_compare_free(&compare);
    compare.anyway = true;
    ok(sv_compare_results(&compare, &a, &busy, &err) && find(&compare, "events_per_s")->verdict == SV_CHANGE_WORSE, "but anyway");
    sv_compare_free(&compare);
    compare.anyway = false;

    const char *globs[] = {"evaluate_*"};
    compare.figures = globs;
    compare.figure_count = 1;
    ok(sv_compare_results(&compare, &a, &b, &err) && compare.count == 2, "figures that were named, stable or not");
    sv_compare_free(&compare);
    compare.figure_count = 0;

    b.items[3]->machine.cores++;
    ok(!sv_compare_results(&compare, &a, &b, &err) && err.code == SV_INPUT && strstr(err.text, "--anyway") != NULL, "another machine is refused");
    err = (struct sv_error){0};
    struct sv_results other = {0};
    sv_result_figure(&other, sv_results_add(&other, "load", "x", "."), "events_per_s", 1);
    ok(!sv_compare_results(&compare, &a, &other, &err) && err.code == SV_INPUT, "nothing in common is refused");
    sv_compare_free(&compare);
    sv_results_free(&other);
    sv_results_free(&a);
    sv_results_free(&b);
    sv_results_free(&busy);
}

static void test_few(void)
{
    struct sv_results a = {0}, b = {0};
    struct sv_error err = {0};
    struct sv_compare compare = {.threshold = 0.05, .level = 0.05};
    for (int i = 0; i < 3; i++) {
        sv_result_figure(&a, result_of(&a, "x"), "size_mib", 1 + i);
        sv_result_figure(&b, result_of(&b, "x"), "size_mib", 100 + i);
    }
    ok(sv_compare_results(&compare, &a, &b, &err) && compare.worse == 0, "three against three tell nothing");
    is_int(compare.needed, 4, "and it says so: four do");
    sv_compare_free(&compare);
    sv_results_free(&a);
    sv_results_free(&b);
}

int main(void)
{
    test_alarms();
    test_verdicts();
    test_few();
    return done();
}
