/* SPDX-License-Identifier: ISC */
#include "measure/rank.h"

#include <math.h>
#include <stdlib.h>
#include <string.h>

#include "base/mem.h"

struct ranked {
    double value;
    bool is_b;
};

static int by_value(const void *a, const void *b)
{
    double x = ((const struct ranked *)a)->value, y = ((const struct ranked *)b)->value;
    return (x > y) - (x < y);
}

static int by_number(const void *a, const void *b)
{
    double x = *(const double *)a, y = *(const double *)b;
    return (x > y) - (x < y);
}

double sv_rank_median(const double *values, size_t count)
{
    if (count == 0)
        return 0;
    double *sorted = sv_calloc(count, sizeof *sorted);
    memcpy(sorted, values, count * sizeof *sorted);
    qsort(sorted, count, sizeof *sorted, by_number);
    double median = count % 2 == 1 ? sorted[count / 2] : (sorted[count / 2 - 1] + sorted[count / 2]) / 2;
    sv_free(sorted);
    return median;
}

/* The sum of b's ranks, those of equal values shared; ties: the sum of t^3 - t over groups of t equal values. */
static double sum_ranks(struct ranked *all, size_t count, double *ties)
{
    double sum = 0;
    *ties = 0;
    qsort(all, count, sizeof *all, by_value);
    for (size_t i = 0, end; i < count; i = end) {
        for (end = i + 1; end < count && all[end].value <= all[i].value; end++)
            ;
        double group = (double)(end - i), rank = (double)(i + end + 1) / 2;
        *ties += group * group * group - group;
        for (size_t k = i; k < end; k++)
            sum += all[k].is_b ? rank : 0;
    }
    return sum;
}

/* Share of all orders of na and nb different values in which U is at most u. ways[j][k]: orders of the first i of a among j of b
 * with U = k; one more of a stands above some number of b, or is below the last of b. */
static double exact_below(size_t na, size_t nb, size_t u)
{
    size_t width = na * nb + 1;
    double *ways = sv_calloc((nb + 1) * width, sizeof *ways), below = 0, all = 0;
    for (size_t j = 0; j <= nb; j++)
        ways[j * width] = 1;
    for (size_t i = 1; i <= na; i++)
        for (size_t j = 1; j <= nb; j++) {
            double *here = ways + j * width; /* [i - 1][j], to become [i][j] = [i - 1][j] shifted by j + [i][j - 1] */
            for (size_t k = i * j + 1; k-- > 0;)
                here[k] = (k >= j ? here[k - j] : 0) + ways[(j - 1) * width + k];
        }
    for (size_t k = 0; k < width; k++) {
        all += ways[nb * width + k];
        below += k <= u ? ways[nb * width + k] : 0;
    }
    sv_free(ways);
    return below / all;
}

static double normal_p(double na, double nb, double u, double ties)
{
    double n = na + nb, mean = na * nb / 2;
    double variance = na * nb / 12 * (n + 1 - ties / (n * (n - 1)));
    if (variance <= 0)
        return 1; /* all are equal */
    double z = (fabs(u - mean) - 0.5) / sqrt(variance);
    return z <= 0 ? 1 : erfc(z / sqrt(2));
}

struct sv_rank sv_rank_test(const double *a, size_t na, const double *b, size_t nb)
{
    struct sv_rank found = {.p = 1, .median_a = sv_rank_median(a, na), .median_b = sv_rank_median(b, nb)};
    if (na == 0 || nb == 0)
        return found;
    struct ranked *all = sv_calloc(na + nb, sizeof *all);
    double ties, pairs = (double)na * (double)nb;
    for (size_t i = 0; i < na; i++)
        all[i].value = a[i];
    for (size_t i = 0; i < nb; i++)
        all[na + i] = (struct ranked){b[i], true};
    double u_b = sum_ranks(all, na + nb, &ties) - (double)nb * ((double)nb + 1) / 2; /* pairs in which b is larger */
    sv_free(all);
    found.u = fmin(u_b, pairs - u_b);
    found.effect = 2 * u_b / pairs - 1;
    found.is_exact = ties <= 0 && na <= SV_RANK_EXACT_MAX && nb <= SV_RANK_EXACT_MAX;
    found.p = found.is_exact ? fmin(1, 2 * exact_below(na, nb, (size_t)found.u)) : normal_p((double)na, (double)nb, found.u, ties);
    return found;
}
