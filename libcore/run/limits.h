/* SPDX-License-Identifier: ISC */
/* limits.h - bounds for figures, from a file: what a result must keep, and the marks that come of it.
 *
 * A limit names a figure, of which jobs and names (globs; any, if nothing is said), and the bound: `max` or `min`. What counts is
 * the median over repetitions; where several jobs or names have the figure, the worst. A figure that nobody measured is not
 * kept: a gate is not passed by measuring nothing.
 *
 *     struct sv_limits limits = {0};
 *     if (sv_limits_load(&limits, "gate.yaml", &findings))
 *         sv_limits_apply(&limits, &results);                  // fills value, verdict
 *     sv_limits_free(&limits);
 *
 * sv-bench(1) describes the file. Floor: run. */
#ifndef SV_RUN_LIMITS_H
#define SV_RUN_LIMITS_H

#include "measure/grade.h"
#include "policy/setting.h"
#include "run/result.h"

enum sv_limit_verdict { SV_LIMIT_KEPT, SV_LIMIT_MISSED, SV_LIMIT_UNKNOWN };

/* As people read them. */
extern const char *const sv_limit_verdicts[];

struct sv_limit {
    struct sv_slice figure, job, name; /* the latter two: globs; empty: any */
    double max, min;         /* one of them is set */
    bool has_max, has_min;
    struct sv_slice area;    /* of the grade; empty: none */
    struct sv_slice text;    /* where the bound comes from, for people; may be empty */
    enum sv_limit_verdict verdict;
    double value;            /* the median that is worst; not with SV_LIMIT_UNKNOWN */
    struct sv_slice of_job, of_name; /* whose it is */
};

struct sv_limits {
    struct sv_setting_file file;
    struct sv_slice title;
    struct sv_limit *items;  /* [count] */
    size_t count;
};

/* False with findings: unknown keys, a limit without figure or without a bound, two bounds, an area that is none. */
bool sv_limits_load(struct sv_limits *limits, const char *path, struct sv_findings *findings);

/* Compares with the results; returns how many are missed or not measured. */
size_t sv_limits_apply(struct sv_limits *limits, const struct sv_results *results);

/* The score of a limit that was measured, 0 to 100; and the grade: of each area the mean over its limits. */
double sv_limit_score(const struct sv_limit *limit);
void sv_limits_grade(const struct sv_limits *limits, struct sv_grade *grade);

/* As a list: figure, value, bound, verdict, ... */
extern const struct sv_list_column sv_limits_columns[];
extern const size_t sv_limits_column_count;
void sv_limits_put(struct sv_buf *out, const struct sv_limits *limits, const struct sv_list *list);

void sv_limits_free(struct sv_limits *limits);

#endif
