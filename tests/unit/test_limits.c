/* SPDX-License-Identifier: ISC */
/* Limits, the files they come from, and the marks they give. */
#include <math.h>
#include <stdlib.h>
#include <unistd.h>

#include "run/limits.h"
#include "run/marks.h"
#include "policy_help.h"

static void test_broken(void)
{
    static const struct {
        const char *text, *what;
        uint32_t line, column;
    } broken[] = {
        {"", "a mapping that begins with \"version: 1\" is expected", 1, 1},
        {"limits: []\n", "a mapping that begins with \"version: 1\" is expected", 1, 1},
        {"version: 1\n", "the key \"limits\" is missing", 1, 1},
        {"version: 1\nlimits: 5\n", "\"limits\": a list of limits is expected", 2, 9},
        {"version: 1\nlimits: []\n", "\"limits\": a list of limits is expected", 2, 9},
        {"version: 1\nlimts: []\n", "unknown key \"limts\" (did you mean \"limits\"?)", 2, 1},
        {"version: 1\nlimits:\n  - {figure: a_ms}\n", "a limit has one bound: max or min", 3, 5},
        {"version: 1\nlimits:\n  - {figure: a_ms, max: 1, min: 1}\n", "a limit has one bound: max or min", 3, 5},
        {"version: 1\nlimits:\n  - {max: 1}\n", "the key \"figure\" is missing", 3, 5},
        {"version: 1\nlimits:\n  - {figure: a_ms, max: many}\n", "\"max\": a number of at least 0 is expected", 3, 25},
        {"version: 1\nlimits:\n  - {figure: a_ms, max: -1}\n", "\"max\": a number of at least 0 is expected", 3, 25},
        {"version: 1\nlimits:\n  - {figure: a_ms, max: 1, bound: 2}\n", "unknown key \"bound\"", 3, 28},
        {"version: 1\nlimits:\n  - {figure: a_ms, max: 1, area: luck}\n",
         "there is no area \"luck\" (latency, throughput, resources, caching, database, concurrency, bottlenecks)", 3, 34},
        {"version: 1\nlimits:\n  - just words\n", "a mapping (key: value) is expected", 3, 5},
    };
    for (size_t i = 0; i < sizeof broken / sizeof *broken; i++) {
        struct sv_limits limits = {0};
        struct sv_findings findings = {0};
        const char *path = write_text("limits.yaml", broken[i].text);
        bool refused = !sv_limits_load(&limits, path, &findings) && findings.count >= 1;
        const struct sv_error *first = &findings.items[0];
        ok(refused && strcmp(first->text, broken[i].what) == 0 && first->line == broken[i].line && first->column == broken[i].column,
           "refused: %u:%u: %s", refused ? first->line : 0, refused ? first->column : 0, refused ? first->text : "nothing");
        sv_limits_free(&limits);
        sv_findings_free(&findings);
    }
    struct sv_limits limits = {0};
    struct sv_findings findings = {0};
    ok(!sv_limits_load(&limits, "no/such/file", &findings) && findings.count == 1, "no such file");
    sv_limits_free(&limits);
    sv_findings_free(&findings);
}

static void test_apply(void)
{
    struct sv_limits limits = {0};
    struct sv_findings findings = {0};
    struct sv_results results = {0};
    struct sv_grade grade = {0};
    struct sv_buf out = {0};
    const char *path = write_text("limits.yaml", "version: 1\ntitle: mine & yours\nlimits:\n"
               "  - {figure: a_ms, max: 10, area: latency, text: from a to b}\n"
               "  - {figure: b_per_s, min: 100, area: throughput}\n"
               "  - {figure: a_ms, name: quick*, max: 1.5}\n"
               "  - {figure: c_ms, max: 1, area: caching}\n"
               "  - {figure: a_ms, job: load, max: 1}\n");
    ok(sv_limits_load(&limits, path, &findings) && limits.count == 5, "a file of limits");
    for (int i = 0; i < 3; i++) {
        struct sv_result *quick = sv_results_add(&results, "run", "quick one", "."), *slow = sv_results_add(&results, "run", "slow <b>", ".");
        struct sv_histogram times = {0};
        sv_result_figure(&results, quick, "a_ms", i == 2 ? 99 : 1);
        sv_result_figure(&results, slow, "a_ms", 10 + i);
        sv_result_figure(&results, quick, "b_per_s", 1000);
        for (uint64_t n = 1; n < 100000; n += n / 3 + 1)
            sv_histogram_add(&times, n * 1000, n);
        sv_result_quantiles(&results, quick, "times", "us", 1000, &times);
        sv_result_cost(&results, quick, SV_SLICE("dear"), 10, 1, 500);
        sv_result_process(&results, quick, &(struct sv_result_process){SV_SLICE("super<i>visor"), .number = 3, .cpu_percent = 2.5, .done = 40});
    }
    is_int(sv_limits_apply(&limits, &results), 3, "three of five are not kept");
    ok(limits.items[0].verdict == SV_LIMIT_MISSED && fabs(limits.items[0].value - 11) < 1e-9 && sv_slice_is(limits.items[0].of_name, "slow <b>"),
       "the median that is worst counts");
    ok(limits.items[1].verdict == SV_LIMIT_KEPT && limits.items[2].verdict == SV_LIMIT_KEPT && fabs(limits.items[2].value - 1) < 1e-9,
       "an outlier does not, and names are globs");
    ok(limits.items[3].verdict == SV_LIMIT_UNKNOWN && limits.items[4].verdict == SV_LIMIT_UNKNOWN, "what nobody measured is not kept");
    sv_limits_grade(&limits, &grade);
    ok(grade.known[SV_GRADE_LATENCY] && grade.known[SV_GRADE_THROUGHPUT] && !grade.known[SV_GRADE_CACHING], "areas with a figure have a score");
    ok(fabs(grade.scores[SV_GRADE_THROUGHPUT] - 100) < 1e-9 && grade.scores[SV_GRADE_LATENCY] < 70 && grade.scores[SV_GRADE_LATENCY] > 60,
       "ten times the bound is 100, a tenth over it below 70");

    struct sv_list list = {.columns = sv_results_columns, .count = sv_results_column_count, .form = SV_LIST_TEXT};
    sv_marks_put(&out, &results, &limits, &list);
    ok(sv_slice_find(sv_buf_slice(&out), SV_SLICE("not measured, and left out: resources, caching, database")) != NULL, "text names what is left out");
    ok(sv_slice_find(sv_buf_slice(&out), SV_SLICE("worst: a_ms 11 ms, bound at most 10 ms: missed")) != NULL, "and the worst");
    sv_buf_clear(&out);
    list.form = SV_LIST_CSV;
    sv_marks_put(&out, &results, &limits, &list);
    ok(sv_slice_find(sv_buf_slice(&out), SV_SLICE("grade,throughput,score,100")) != NULL &&
           sv_slice_find(sv_buf_slice(&out), SV_SLICE("grade,caching,score,,")) != NULL, "rows have the scores");
    sv_buf_clear(&out);
    sv_marks_put_page(&out, &results, &limits);
    ok(sv_slice_find(sv_buf_slice(&out), SV_SLICE("<svg")) != NULL && sv_slice_find(sv_buf_slice(&out), SV_SLICE("mine &amp; yours")) != NULL &&
           sv_slice_find(sv_buf_slice(&out), SV_SLICE("slow <b>")) == NULL && sv_slice_find(sv_buf_slice(&out), SV_SLICE("slow &lt;b&gt;")) != NULL &&
           sv_slice_find(sv_buf_slice(&out), SV_SLICE("super&lt;i&gt;visor 3")) != NULL &&
           sv_slice_find(sv_buf_slice(&out), SV_SLICE("<script")) == NULL,
       "a page has charts, no scripts, and nobody's markup");
    sv_buf_free(&out);
    sv_results_free(&results);
    sv_limits_free(&limits);
    sv_findings_free(&findings);
}

static void test_shares(void)
{
    struct sv_limit limit = {.figure = SV_SLICE("made_percent"), .has_min = true, .min = 98, .value = 100};
    ok(fabs(sv_limit_score(&limit) - 100) < 1e-9, "all of what there can be is 100");
    limit.value = 98;
    ok(fabs(sv_limit_score(&limit) - 70) < 1e-9, "at the bound 70");
    limit.value = 50;
    ok(sv_limit_score(&limit) < 1, "half of it is nothing");
    limit.figure = SV_SLICE("of_one_writer_percent"), limit.min = 80, limit.value = 160;
    ok(fabs(sv_limit_score(&limit) - 70 - 30 * log10(2)) < 1e-9, "where more than a hundred is possible, more is better");
}

int main(void)
{
    make_folder();
    test_broken();
    test_apply();
    test_shares();
    remove_folder();
    return done();
}
