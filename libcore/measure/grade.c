/* SPDX-License-Identifier: ISC */
#include "measure/grade.h"

#include <math.h>

enum { AT_BOUND = 70 };

static const struct {
    const char *name;
    double weight;
} areas[SV_GRADE_COUNT] = {{"latency", 20},  {"throughput", 20},  {"resources", 15},  {"caching", 15},
                           {"database", 15}, {"concurrency", 10}, {"bottlenecks", 5}};

const char *sv_grade_name(enum sv_grade_area area)
{
    return areas[area].name;
}

enum sv_grade_area sv_grade_find(struct sv_slice name)
{
    int i = 0;
    while (i < SV_GRADE_COUNT && !sv_slice_is(name, areas[i].name))
        i++;
    return (enum sv_grade_area)i;
}

double sv_grade_weight(enum sv_grade_area area)
{
    return areas[area].weight;
}

void sv_grade_set(struct sv_grade *grade, enum sv_grade_area area, double score)
{
    grade->scores[area] = fmin(100, fmax(0, score));
    grade->known[area] = true;
}

double sv_grade_total(const struct sv_grade *grade)
{
    double sum = 0, weights = 0;
    for (int i = 0; i < SV_GRADE_COUNT; i++)
        if (grade->known[i]) {
            sum += grade->scores[i] * areas[i].weight;
            weights += areas[i].weight;
        }
    return weights > 0 ? sum / weights : 0;
}

char sv_grade_letter(double score)
{
    return score >= 90 ? 'A' : score >= 80 ? 'B' : score >= 70 ? 'C' : score >= 60 ? 'D' : 'F';
}

double sv_grade_score(double value, double bound, bool more_is_better)
{
    double ratio = more_is_better ? bound / value : value / bound;
    if (!(ratio > 0)) /* nothing of what should be small, or no bound for what should be large; NaN: 0 of 0 */
        return 100;
    return fmin(100, fmax(0, AT_BOUND - (ratio > 1 ? AT_BOUND : 100 - AT_BOUND) * log10(ratio)));
}
