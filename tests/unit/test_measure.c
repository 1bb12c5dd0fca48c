/* SPDX-License-Identifier: ISC */
/* Random numbers, the U test, tallies and grades. */
#include <math.h>

#include "measure/grade.h"
#include "measure/random.h"
#include "measure/rank.h"
#include "measure/shape.h"
#include "measure/tally.h"
#include "tap.h"

static bool is_near(double a, double b, double by)
{
    if (fabs(a - b) <= by)
        return true;
    printf("# %.10g is not %.10g\n", a, b);
    return false;
}

static void test_random(void)
{
    struct sv_random one, same, other;
    sv_random_seed(&one, 42);
    sv_random_seed(&same, 42);
    sv_random_seed(&other, 43);
    is_int(sv_random_next(&one), 1546998764402558742, "the first number of seed 42 as its authors' programs give it");
    is_int(sv_random_next(&one), 6990951692964543102, "and the second");
    sv_random_next(&same), sv_random_next(&same);
    ok(sv_random_next(&one) == sv_random_next(&same) && sv_random_next(&one) != sv_random_next(&other), "a seed is a stream");
    unsigned counts[7] = {0}, chances = 0;
    double waits = 0, shares = 0;
    for (int i = 0; i < 70000; i++) {
        counts[sv_random_below(&one, 7)]++;
        chances += sv_random_chance(&one, 30000);
        waits += sv_random_wait(&one, 5);
        shares += sv_random_share(&one);
    }
    bool even = true;
    for (int i = 0; i < 7; i++)
        even = even && counts[i] > 9600 && counts[i] < 10400; /* 4 standard deviations are 370 */
    ok(even, "below 7: each comes as often");
    ok(chances > 1900 && chances < 2300, "3 in a hundred");
    ok(is_near(waits / 70000, 5, 0.1) && is_near(shares / 70000, 0.5, 0.01), "waits and shares have their means");
    bool none = true;
    for (int i = 0; i < 1000; i++)
        none = none && sv_random_below(&one, 1) == 0 && !sv_random_chance(&one, 0) && sv_random_chance(&one, 1000000);
    ok(none, "below 1, never and always");
}

static void test_median(void)
{
    double odd[] = {5, 1, 3}, even[] = {4, 1, 3, 2};
    ok(is_near(sv_rank_median(odd, 3), 3, 0) && is_near(sv_rank_median(even, 4), 2.5, 0) && is_near(sv_rank_median(odd, 0), 0, 0),
       "medians");
    ok(is_near(odd[0], 5, 0), "and the values stay in their order");
}

/* Two sets of n different values with just this U: all of a lie below b, but for one that climbs over `u` of b ... */
static struct sv_rank with_u(size_t na, size_t nb, size_t u)
{
    double a[64], b[64];
    for (size_t i = 0; i < nb; i++)
        b[i] = 1000 * (double)(i + 1);
    for (size_t i = na; i-- > 0;) {
        size_t over = u < nb ? u : nb; /* ... and others after it */
        a[i] = 1000 * (double)over + 500 + (double)i / 100;
        u -= over;
    }
    return sv_rank_test(a, na, b, nb);
}

/* Critical values of U, two-sided 5 %: the largest U that is significant (Mann and Whitney 1947; Siegel 1956, table K). */
static void test_critical(void)
{
    static const struct {
        size_t na, nb, u;
    } table[] = {{4, 4, 0},   {5, 5, 2},    {6, 6, 5},    {7, 7, 8},    {8, 8, 13},   {9, 9, 17},   {10, 10, 23},
                 {12, 12, 37}, {15, 15, 64}, {20, 20, 127}, {3, 8, 2},   {5, 10, 8},   {8, 12, 22},  {9, 20, 48}};
    for (size_t i = 0; i < sizeof table / sizeof *table; i++) {
        struct sv_rank at = with_u(table[i].na, table[i].nb, table[i].u), above = with_u(table[i].na, table[i].nb, table[i].u + 1);
        ok(at.is_exact && is_near(at.u, (double)table[i].u, 0) && at.p <= 0.05 && above.p > 0.05,
           "%zu against %zu: U = %zu is significant, the next is not", table[i].na, table[i].nb, table[i].u);
    }
}

static void test_rank(void)
{
    double a[] = {1, 2, 3, 4, 5}, b[] = {6, 7, 8, 9, 10}, mixed[] = {1.5, 2.5, 3.5, 4.5, 5.5};
    struct sv_rank found = sv_rank_test(a, 5, b, 5);
    ok(is_near(found.p, 2.0 / 252, 1e-12) && is_near(found.effect, 1, 0) && is_near(found.u, 0, 0), "5 below 5: two orders of 252");
    found = sv_rank_test(b, 5, a, 5);
    ok(is_near(found.p, 2.0 / 252, 1e-12) && is_near(found.effect, -1, 0), "the other way round the effect turns");
    ok(is_near(found.median_a, 8, 0) && is_near(found.median_b, 3, 0), "medians come with it");
    found = sv_rank_test(a, 5, mixed, 5);
    ok(found.p > 0.6 && is_near(found.effect, 0.2, 1e-12) && is_near(found.u, 10, 0), "interleaved values are noise");
    found = sv_rank_test(a, 5, a, 5);
    ok(is_near(found.p, 1, 0) && is_near(found.effect, 0, 1e-12) && !found.is_exact, "the same values: no difference at all");
    found = sv_rank_test(a, 5, b, 0);
    ok(is_near(found.p, 1, 0), "nothing to compare with");
    double same[] = {7, 7, 7};
    found = sv_rank_test(same, 3, same, 3);
    ok(is_near(found.p, 1, 0), "all equal");

    /* Of the 56 pairs x is larger in 8 and as large in 7. Of all 6,435 ways to choose 7 of these values as x 376 are as far apart:
     * p = 0.0584. */
    double x[] = {1, 2, 2, 3, 4, 4, 5}, y[] = {2, 3, 4, 5, 5, 6, 7, 7};
    found = sv_rank_test(x, 7, y, 8);
    ok(is_near(found.u, 11.5, 0) && !found.is_exact, "ties count one half");
    ok(is_near(found.p, 0.0584, 0.003), "and the approximation takes them into account");

    double many_a[80], many_b[80];
    for (int i = 0; i < 80; i++)
        many_a[i] = i, many_b[i] = i + 20.5;
    found = sv_rank_test(many_a, 80, many_b, 80);
    ok(!found.is_exact && found.p < 1e-4 && found.effect > 0.4, "many values: by approximation");
    struct sv_rank exact = sv_rank_test(many_a, 50, many_b, 50);
    ok(exact.is_exact && exact.p > 0 && exact.p < 1e-7, "fifty against fifty: still exact");
}

static void test_tally(void)
{
    static struct sv_tally tally;
    struct sv_histogram from_tally = {0}, direct = {0};
    sv_tally_sum(&tally, &from_tally);
    is_int(from_tally.total, 0, "an empty tally is an empty histogram");
    struct sv_random random;
    sv_random_seed(&random, 1);
    for (int i = 0; i < 5000; i++) {
        uint64_t value = sv_random_next(&random) >> sv_random_below(&random, 64);
        sv_tally_add(&tally, value);
        sv_histogram_add(&direct, value, 1);
    }
    sv_tally_add(&tally, UINT64_MAX), sv_histogram_add(&direct, UINT64_MAX, 1);
    sv_tally_add(&tally, 0), sv_histogram_add(&direct, 0, 1);
    sv_tally_sum(&tally, &from_tally);
    struct sv_buf x = {0}, y = {0};
    sv_histogram_save(&from_tally, &x);
    sv_histogram_save(&direct, &y);
    ok(sv_slice_equal(sv_buf_slice(&x), sv_buf_slice(&y)) && from_tally.total == direct.total, "a tally becomes the same histogram");
    struct sv_histogram means = {0};
    sv_histogram_add(&means, 10, 3);
    sv_histogram_add(&means, 100, 1);
    ok(is_near(sv_histogram_mean(&means), 32.5, 0), "a mean of small values is exact");
    sv_histogram_free(&means);
    sv_buf_free(&x);
    sv_buf_free(&y);
    sv_histogram_free(&from_tally);
    sv_histogram_free(&direct);
}

static void test_shape(void)
{
    struct sv_shape none = {0}, shape = {0};
    ok(is_near(sv_shape_end(&none), 0, 0) && is_near(sv_shape_value(&none, 0), 0, 0) && isinf(sv_shape_when(&none, 1)), "no stages, no load");
    sv_shape_add(&shape, 10, 0, 100); /* 500 */
    sv_shape_add(&shape, 0, 7, 7);
    sv_shape_add(&shape, 10, 100, 100); /* 1000 */
    sv_shape_add(&shape, 5, 100, 0); /* 250 */
    is_int(shape.count, 3, "a stage of no time is none");
    ok(is_near(sv_shape_end(&shape), 25, 0) && is_near(sv_shape_peak(&shape), 100, 0), "its length and its peak");
    ok(is_near(sv_shape_value(&shape, 5), 50, 1e-9) && is_near(sv_shape_value(&shape, 15), 100, 1e-9) && is_near(sv_shape_value(&shape, 22.5), 50, 1e-9) &&
           is_near(sv_shape_value(&shape, -1), 0, 0) && is_near(sv_shape_value(&shape, 25), 0, 0),
       "its value up, level, down and outside");
    ok(is_near(sv_shape_sum(&shape, 10), 500, 1e-9) && is_near(sv_shape_sum(&shape, 100), 1750, 1e-9), "its area");
    bool back = true;
    double before = -1;
    for (double sum = 0; sum <= 1750; sum += 0.5) {
        double at = sv_shape_when(&shape, sum);
        back = back && is_near(sv_shape_sum(&shape, at), sum, 1e-6) && at >= before;
        before = at;
    }
    ok(back, "when the area reaches what it is at a time, it is that time; later ones come later");
    ok(isinf(sv_shape_when(&shape, 1751)), "more than all never comes");
    sv_shape_free(&shape);
}

static void test_grade(void)
{
    static const double scores[SV_GRADE_COUNT] = {75, 70, 80, 90, 75, 95, 65};
    struct sv_grade grade = {0}, some = {0};
    double weights = 0;
    ok(is_near(sv_grade_total(&grade), 0, 0), "nothing measured, no score");
    for (int i = 0; i < SV_GRADE_COUNT; i++) {
        sv_grade_set(&grade, (enum sv_grade_area)i, scores[i]);
        weights += sv_grade_weight((enum sv_grade_area)i);
        ok(sv_grade_find(sv_slice_str(sv_grade_name((enum sv_grade_area)i))) == (enum sv_grade_area)i, "%s is found by its name",
           sv_grade_name((enum sv_grade_area)i));
    }
    ok(sv_grade_find(SV_SLICE("luck")) == SV_GRADE_COUNT, "no such area");
    ok(is_near(weights, 100, 0), "the weights add up to 100");
    ok(is_near(sv_grade_total(&grade), 78.5, 1e-12), "75 70 80 90 75 95 65 come to 78.5");
    ok(sv_grade_letter(78.5) == 'C' && sv_grade_letter(90) == 'A' && sv_grade_letter(89.9) == 'B' && sv_grade_letter(60) == 'D' &&
           sv_grade_letter(59) == 'F',
       "letters");
    sv_grade_set(&some, SV_GRADE_LATENCY, 120);
    sv_grade_set(&some, SV_GRADE_CONCURRENCY, -5);
    ok(is_near(sv_grade_total(&some), 100.0 * 20 / 30, 1e-9), "what is not known is left out, the rest weighs more; scores end at 0 and 100");
    ok(is_near(sv_grade_score(50, 50, false), 70, 1e-9) && is_near(sv_grade_score(5, 50, false), 100, 1e-9) &&
           is_near(sv_grade_score(0, 50, false), 100, 0) && is_near(sv_grade_score(500, 50, false), 0, 1e-9) &&
           is_near(sv_grade_score(1e9, 50, false), 0, 0),
       "less is better: at the bound, at a tenth, nothing, at ten times, beyond");
    ok(is_near(sv_grade_score(50, 50, true), 70, 1e-9) && is_near(sv_grade_score(500, 50, true), 100, 1e-9) &&
           is_near(sv_grade_score(0, 50, true), 0, 0) && is_near(sv_grade_score(5, 50, true), 0, 1e-9),
       "more is better: the other way round");
}

int main(void)
{
    test_random();
    test_median();
    test_critical();
    test_rank();
    test_tally();
    test_shape();
    test_grade();
    return done();
}
