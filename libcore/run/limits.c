/* SPDX-License-Identifier: ISC */
#include "run/limits.h"

#include <math.h>
#include <stdio.h>

#include "base/num.h"
#include "measure/rank.h"
#include "run/ask.h"

enum { C_VERDICT, C_FIGURE, C_VALUE, C_BOUND, C_UNIT, C_JOB, C_NAME, C_AREA, C_SCORE, C_TEXT, C_COLUMNS };
const struct sv_list_column sv_limits_columns[] = {
    [C_VERDICT] = {"verdict", 8, 12, false, false, false}, [C_FIGURE] = {"figure", 20, 32, false, false, false},
    [C_VALUE] = {"value", 8, 9, false, false, true},       [C_BOUND] = {"bound", 9, 12, false, false, true},
    [C_UNIT] = {"unit", 5, 8, false, false, false},        [C_JOB] = {"job", 4, 9, false, false, false},
    [C_NAME] = {"name", 6, 16, false, false, false},       [C_AREA] = {"area", 0, 12, false, false, false},
    [C_SCORE] = {"score", 5, 5, false, false, true},       [C_TEXT] = {"text", 10, 0, true, false, false}};
const size_t sv_limits_column_count = C_COLUMNS;

const char *const sv_limit_verdicts[] = {"kept", "missed", "not measured"};

/* --- loading --- */

struct parsed {
    struct sv_limit limit;
    double max, min;
};

static void take_limit(struct sv_limits *limits, const struct sv_yaml_node *node, struct sv_findings *findings)
{
    static const struct sv_setting keys[] = {
        {"figure", SV_SETTING_TEXT, offsetof(struct parsed, limit.figure), 0, 0, NULL, true},
        {"job", SV_SETTING_TEXT, offsetof(struct parsed, limit.job), 0, 0, NULL, false},
        {"name", SV_SETTING_TEXT, offsetof(struct parsed, limit.name), 0, 0, NULL, false},
        {"max", SV_SETTING_NUMBER, offsetof(struct parsed, max), 0, 0, NULL, false},
        {"min", SV_SETTING_NUMBER, offsetof(struct parsed, min), 0, 0, NULL, false},
        {"area", SV_SETTING_TEXT, offsetof(struct parsed, limit.area), 0, 0, NULL, false},
        {"text", SV_SETTING_TEXT, offsetof(struct parsed, limit.text), 0, 0, NULL, false},
    };
    struct parsed parsed = {.max = NAN, .min = NAN};
    struct sv_limit *limit = &parsed.limit;
    if (!sv_setting_take(node, keys, sizeof keys / sizeof *keys, &parsed, findings))
        return;
    limit->has_max = !isnan(parsed.max);
    limit->has_min = !isnan(parsed.min);
    limit->max = parsed.max;
    limit->min = parsed.min;
    if (limit->has_max == limit->has_min)
        sv_yaml_find_node(findings, node, "a limit has one bound: max or min");
    if (limit->area.len > 0 && sv_grade_find(limit->area) == SV_GRADE_COUNT)
        sv_yaml_find_node(findings, sv_yaml_get(node, "area", NULL),
                          "there is no area \"%.*s\" (latency, throughput, resources, caching, database, concurrency, bottlenecks)", SV_ARG(limit->area));
    limit->verdict = SV_LIMIT_UNKNOWN;
    limits->items = sv_realloc(limits->items, (limits->count + 1) * sizeof *limits->items);
    limits->items[limits->count++] = *limit;
}

bool sv_limits_load(struct sv_limits *limits, const char *path, struct sv_findings *findings)
{
    struct root {
        struct sv_slice title;
        const struct sv_yaml_node *limits;
    } root = {0};
    static const struct sv_setting keys[] = {{"title", SV_SETTING_TEXT, offsetof(struct root, title), 0, 0, NULL, false},
                                             {"limits", SV_SETTING_NODE, offsetof(struct root, limits), 0, 0, NULL, true}};
    if (!sv_setting_open(&limits->file, path, findings) || !sv_setting_take(limits->file.yaml.root, keys, 2, &root, findings))
        return false;
    limits->title = root.title;
    if (root.limits->kind != SV_YAML_LIST || root.limits->count == 0) {
        sv_yaml_find_node(findings, root.limits->missing ? limits->file.yaml.root : root.limits, "\"limits\": a list of limits is expected");
        return false;
    }
    for (const struct sv_yaml_node *node = root.limits->first; node != NULL; node = node->next)
        take_limit(limits, node, findings);
    return findings->count == 0;
}

void sv_limits_free(struct sv_limits *limits)
{
    sv_free(limits->items);
    sv_setting_close(&limits->file);
    *limits = (struct sv_limits){0};
}

/* --- applying --- */

static bool is_meant(const struct sv_limit *limit, const struct sv_result *result)
{
    return (limit->job.len == 0 || sv_slice_glob(limit->job, result->job)) && (limit->name.len == 0 || sv_slice_glob(limit->name, result->name));
}

static bool is_worse(const struct sv_limit *limit, double value, double than)
{
    return limit->has_max ? value > than : value < than;
}

static void apply(struct sv_limit *limit, const struct sv_results *results, double *values)
{
    limit->verdict = SV_LIMIT_UNKNOWN;
    for (size_t i = 0; i < results->count; i++) {
        const struct sv_result *result = results->items[i];
        size_t count = is_meant(limit, result) ? sv_results_values(results, result->job, result->name, limit->figure, values) : 0;
        if (count == 0)
            continue;
        double value = sv_rank_median(values, count);
        if (limit->verdict == SV_LIMIT_UNKNOWN || is_worse(limit, value, limit->value)) {
            limit->value = value;
            limit->of_job = result->job;
            limit->of_name = result->name;
            limit->verdict = SV_LIMIT_KEPT;
        }
    }
    if (limit->verdict == SV_LIMIT_KEPT && is_worse(limit, limit->value, limit->has_max ? limit->max : limit->min))
        limit->verdict = SV_LIMIT_MISSED;
}

size_t sv_limits_apply(struct sv_limits *limits, const struct sv_results *results)
{
    size_t missed = 0;
    double *values = sv_calloc(results->count + 1, sizeof *values);
    for (size_t i = 0; i < limits->count; i++) {
        apply(&limits->items[i], results, values);
        missed += limits->items[i].verdict != SV_LIMIT_KEPT;
    }
    sv_free(values);
    return missed;
}

/* Of a share of which all is the best there is, what is missing is scored. */
double sv_limit_score(const struct sv_limit *limit)
{
    if (limit->has_min && limit->min < 100 && limit->value <= 100 && sv_slice_ends(limit->figure, SV_SLICE("_percent")))
        return sv_grade_score(100 - limit->value, 100 - limit->min, false);
    return sv_grade_score(limit->value, limit->has_max ? limit->max : limit->min, limit->has_min);
}

void sv_limits_grade(const struct sv_limits *limits, struct sv_grade *grade)
{
    for (int area = 0; area < SV_GRADE_COUNT; area++) {
        double sum = 0, count = 0;
        for (size_t i = 0; i < limits->count; i++) {
            const struct sv_limit *limit = &limits->items[i];
            if (limit->verdict == SV_LIMIT_UNKNOWN || sv_grade_find(limit->area) != (enum sv_grade_area)area)
                continue;
            sum += sv_limit_score(limit);
            count++;
        }
        if (count > 0)
            sv_grade_set(grade, (enum sv_grade_area)area, sum / count);
    }
}

/* --- showing --- */

static void put_limit(struct sv_buf *out, const struct sv_limit *limit, const struct sv_list *list)
{
    static const enum sv_color colors[] = {SV_COLOR_GREEN, SV_COLOR_RED, SV_COLOR_YELLOW};
    char bound[48];
    char number[32];
    sv_num_format(limit->has_max ? limit->max : limit->min, number);
    size_t n = (size_t)snprintf(bound, sizeof bound, "%s %s", limit->has_max ? "<=" : ">=", number);
    bool known = limit->verdict != SV_LIMIT_UNKNOWN;
    struct sv_list_cell cells[C_COLUMNS] = {
        [C_VERDICT] = {.kind = SV_LIST_STRING, .text = sv_slice_str(sv_limit_verdicts[limit->verdict]), .color = colors[limit->verdict]},
        [C_FIGURE] = sv_ask_text(limit->figure),
        [C_VALUE] = sv_ask_real(known, limit->value),
        [C_BOUND] = sv_ask_text(sv_slice(bound, n)),
        [C_UNIT] = sv_ask_text(sv_slice_str(sv_figure_unit(limit->figure))),
        [C_JOB] = sv_ask_text(known ? limit->of_job : limit->job),
        [C_NAME] = sv_ask_text(known ? limit->of_name : limit->name),
        [C_AREA] = sv_ask_text(limit->area),
        [C_SCORE] = sv_ask_number(known, known ? (int64_t)(sv_limit_score(limit) + 0.5) : 0),
        [C_TEXT] = sv_ask_text(limit->text)};
    sv_list_row(list, out, cells);
}

void sv_limits_put(struct sv_buf *out, const struct sv_limits *limits, const struct sv_list *list)
{
    sv_list_head(list, out);
    for (size_t i = 0; i < limits->count; i++)
        put_limit(out, &limits->items[i], list);
}
