/* SPDX-License-Identifier: ISC */
/* sv-bench baseline, compare, gate and report: what becomes of results. */
#include "bench.h"
#include "run/baseline.h"
#include "run/compare.h"
#include "run/marks.h"

enum { OPT_ANYWAY = CLI_LONG, OPT_FIGURES, OPT_LEVEL, OPT_LIMITS, OPT_REPLACE, OPT_THRESHOLD };

#define DEFAULT_LIMITS "fleet"

/* Results of the operands from `from` on, files or baselines; of standard input where there are none. */
static bool load(struct bench *bench, struct sv_results *results, size_t from)
{
    struct cli *cli = bench->cli;
    if (from >= cli->operand_count)
        return sv_baseline_load(results, "-", &cli->error);
    for (size_t i = from; i < cli->operand_count; i++)
        if (!sv_baseline_load(results, cli->operands[i], &cli->error))
            return false;
    return true;
}

static bool load_limits(struct bench *bench, const char *name, struct sv_limits *limits)
{
    struct sv_buf path = {0};
    bench_find(&path, "gates", name);
    bool fine = sv_limits_load(limits, sv_buf_cstr(&path), &bench->findings);
    sv_buf_free(&path);
    return fine;
}

static bool print(struct bench *bench, struct sv_buf *out)
{
    bool fine = cli_write(bench->cli, sv_buf_slice(out));
    sv_buf_free(out);
    return fine;
}

/* --- baseline --- */

struct keeping {
    bool replace;
};

static bool take_baseline(struct bench *bench, int opt)
{
    struct keeping *keeping = bench->verb;
    keeping->replace |= opt == OPT_REPLACE;
    return opt == OPT_REPLACE;
}

static bool save(struct bench *bench)
{
    const struct keeping *keeping = bench->verb;
    struct cli *cli = bench->cli;
    if (cli->operand_count < 2)
        return cli_refuse(cli, "baseline save: a name is missing");
    return load(bench, &bench->results, 2) && sv_baseline_save(cli->operands[1], &bench->results, keeping->replace, &cli->error);
}

static bool show(struct bench *bench)
{
    if (bench->cli->operand_count != 2)
        return cli_refuse(bench->cli, "baseline show: one name is expected");
    return load(bench, &bench->results, 1) && bench_print(bench);
}

static bool list(struct bench *bench)
{
    struct sv_buf out = {0};
    bench->list.columns = sv_baseline_columns;
    bench->list.count = sv_baseline_column_count;
    bool fine = sv_baseline_list(&out, &bench->list, &bench->cli->error);
    return print(bench, &out) && fine;
}

static int baseline(struct cli *cli)
{
    struct keeping keeping = {0};
    struct bench bench = {.cli = cli, .verb = &keeping};
    int status;
    if (!bench_take(&bench, take_baseline, &status))
        return status;
    const char *what = cli->operand_count > 0 ? cli->operands[0] : "";
    if (strcmp(what, "save") == 0)
        save(&bench);
    else if (strcmp(what, "list") == 0)
        list(&bench);
    else if (strcmp(what, "show") == 0)
        show(&bench);
    else
        cli_refuse(cli, "baseline: save, list or show is expected");
    return bench_close(&bench, SV_DONE);
}

static const struct cli_option baseline_options[] = {
    BENCH_ROW_OUTPUT,
    {OPT_REPLACE, "replace", NULL, "let what is saved take the place of an older one", NULL},
    {0, NULL, NULL, NULL, NULL}};

const struct cli_program bench_baseline = {
    .name = "baseline",
    .text = "keep results under a name, to compare later ones with",
    .operands = "save name [file ...] | list | show name",
    .options = baseline_options,
    .versions = bench_versions,
    .values = bench_values,
    .run = baseline,
    .more = "Examples:\n"
            "  sv-bench run | sv-bench baseline save before\n"
            "  sv-bench baseline list\n",
};

/* --- compare --- */

struct comparing {
    struct sv_compare compare;
    struct cli_words figures;
};

static bool take_percent(struct cli *cli, const char *option, double *out)
{
    uint32_t millionths = 0;
    bool fine = bench_share(cli, option, &millionths);
    *out = millionths / 1e6;
    return fine;
}

static bool take_compare(struct bench *bench, int opt)
{
    struct comparing *own = bench->verb;
    switch (opt) {
    case OPT_ANYWAY: own->compare.anyway = true; return true;
    case OPT_FIGURES: cli_words_add(&own->figures, bench->cli->value); return true;
    case OPT_LEVEL: return take_percent(bench->cli, "--level", &own->compare.level);
    case OPT_THRESHOLD: return take_percent(bench->cli, "--threshold", &own->compare.threshold);
    default: return false;
    }
}

static void tell_compared(struct cli *cli, const struct sv_compare *compare)
{
    if (compare->unjudged > 0)
        cli_warn(cli, "other processes had %.0f %% of the processors meanwhile: %zu figures of the clock are not judged (--anyway judges them)",
                 100 * compare->others, compare->unjudged);
    if (compare->needed > 0)
        cli_warn(cli, "too few repetitions to tell anything of %zu figures: at least %zu a side are needed (--repeat)",
                 compare->count - compare->unjudged, compare->needed);
}

static int compare(struct cli *cli)
{
    struct comparing own = {.compare = {.threshold = 0.05, .level = 0.05, .busy = 0.1}};
    struct bench bench = {.cli = cli, .verb = &own, .list = {.columns = sv_compare_columns, .count = sv_compare_column_count}};
    struct sv_results after = {0};
    struct sv_buf out = {0};
    int status;
    if (!bench_take(&bench, take_compare, &status))
        return status;
    own.compare.figures = own.figures.items;
    own.compare.figure_count = own.figures.count;
    status = SV_DONE;
    if (cli->operand_count != 2) {
        cli_refuse(cli, "compare: two files or baselines are expected");
    } else if (sv_baseline_load(&bench.results, cli->operands[0], &cli->error) && sv_baseline_load(&after, cli->operands[1], &cli->error) &&
               sv_compare_results(&own.compare, &bench.results, &after, &cli->error)) {
        sv_compare_put(&out, &own.compare, &bench.list);
        if (print(&bench, &out))
            tell_compared(cli, &own.compare);
        status = own.compare.worse > 0 ? SV_FOUND : SV_DONE;
    }
    sv_compare_free(&own.compare);
    sv_free(own.figures.items);
    sv_results_free(&after);
    return bench_close(&bench, status);
}

static const struct cli_option compare_options[] = {
    {CLI_GROUP, NULL, NULL, "What", NULL},
    {OPT_FIGURES, "figures", "GLOB", "use these figures (default: all that are stable)", NULL},
    {OPT_THRESHOLD, "threshold", "SHARE", "end with 1 when worse by more than that (default: 5%)", NULL},
    {OPT_LEVEL, "level", "SHARE", "let so many comparisons of equals fail (default: 5%)", NULL},
    {OPT_ANYWAY, "anyway", NULL, "use results of different or busy machines, too", NULL},
    {CLI_GROUP, NULL, NULL, "Output", NULL},
    BENCH_ROW_OUTPUT,
    {0, NULL, NULL, NULL, NULL}};

const struct cli_program bench_compare = {
    .name = "compare",
    .text = "tell what became slower or faster between two sets of results, and what is noise",
    .operands = "before after",
    .options = compare_options,
    .versions = bench_versions,
    .values = bench_values,
    .run = compare,
    .more = "Examples:\n"
            "  sv-bench compare before after.ndjson\n"
            "  sv-bench run | sv-bench compare before - --threshold=10%\n",
};

/* --- gate --- */

static void tell_missed(struct cli *cli, const struct sv_limits *limits, size_t missed)
{
    struct sv_buf names = {0};
    for (size_t i = 0; i < limits->count; i++)
        if (limits->items[i].verdict != SV_LIMIT_KEPT)
            sv_buf_printf(&names, "%s%.*s%s", names.len > 0 ? ", " : "", SV_ARG(limits->items[i].figure),
                          limits->items[i].verdict == SV_LIMIT_UNKNOWN ? " (not measured)" : "");
    if (missed > 0)
        cli_warn(cli, "%zu of %zu limits missed: %s", missed, limits->count, sv_buf_cstr(&names));
    sv_buf_free(&names);
}

static int gate(struct cli *cli)
{
    struct bench bench = {.cli = cli, .list = {.columns = sv_limits_columns, .count = sv_limits_column_count}};
    struct sv_limits limits = {0};
    struct sv_buf out = {0};
    int status;
    if (!bench_take(&bench, NULL, &status))
        return status;
    status = SV_DONE;
    if (cli->operand_count == 0) {
        cli_refuse(cli, "gate: a file of limits is missing");
    } else if (load_limits(&bench, cli->operands[0], &limits) && load(&bench, &bench.results, 1)) {
        size_t missed = sv_limits_apply(&limits, &bench.results);
        sv_limits_put(&out, &limits, &bench.list);
        if (print(&bench, &out))
            tell_missed(cli, &limits, missed);
        status = missed > 0 ? SV_FOUND : SV_DONE;
    }
    sv_limits_free(&limits);
    return bench_close(&bench, status);
}

static const struct cli_option gate_options[] = {BENCH_ROW_OUTPUT, {0, NULL, NULL, NULL, NULL}};

const struct cli_program bench_gate = {
    .name = "gate",
    .text = "end with 1 when results are beyond limits, and name those missed",
    .operands = "limits [result ...]",
    .options = gate_options,
    .versions = bench_versions,
    .values = bench_values,
    .run = gate,
    .more = "Examples:\n"
            "  sv-bench run | sv-bench gate limits.yaml\n"
            "  sv-bench gate fleet run.ndjson load.ndjson\n",
};

/* --- report --- */

struct reporting {
    const char *limits;
    bool page;
};

static bool take_report(struct bench *bench, int opt)
{
    struct reporting *own = bench->verb;
    if (opt == OPT_LIMITS) {
        own->limits = bench->cli->value;
        return true;
    }
    if (opt != 'o')
        return false;
    own->page = strcmp(bench->cli->value, "html") == 0;
    if (own->page || strcmp(bench->cli->value, "text") == 0 || strcmp(bench->cli->value, "csv") == 0) {
        bench->output_set = true;
        bench->list.form = strcmp(bench->cli->value, "csv") == 0 ? SV_LIST_CSV : SV_LIST_TEXT;
        return true;
    }
    return cli_refuse(bench->cli, "-o %s: unknown form (text, csv, html)", bench->cli->value);
}

static int report(struct cli *cli)
{
    struct reporting own = {.limits = DEFAULT_LIMITS};
    struct bench bench = {.cli = cli, .verb = &own, .list = {.form = SV_LIST_TEXT}};
    struct sv_limits limits = {0};
    struct sv_buf out = {0};
    int status;
    if (!bench_take(&bench, take_report, &status))
        return status;
    if (load_limits(&bench, own.limits, &limits) && load(&bench, &bench.results, 0)) {
        sv_limits_apply(&limits, &bench.results);
        if (own.page)
            sv_marks_put_page(&out, &bench.results, &limits);
        else
            sv_marks_put(&out, &bench.results, &limits, &bench.list);
        print(&bench, &out);
    }
    sv_limits_free(&limits);
    return bench_close(&bench, SV_DONE);
}

static const struct cli_option report_options[] = {
    {OPT_LIMITS, "limits", "FILE", "let these limits give the marks (default: fleet)", "file"},
    {'o', "output", "FORM", "print text (default), csv, html", "text csv html"},
    {0, NULL, NULL, NULL, NULL}};

const struct cli_program bench_report = {
    .name = "report",
    .text = "tell what results are worth: a grade by areas, the worst figures, all figures",
    .operands = "[result ...]",
    .options = report_options,
    .versions = bench_versions,
    .values = bench_values,
    .run = report,
    .more = "Examples:\n"
            "  sv-bench report run.ndjson load.ndjson queries.ndjson\n"
            "  sv-bench report -o html before >report.html\n",
};
