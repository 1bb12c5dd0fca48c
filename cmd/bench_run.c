/* SPDX-License-Identifier: ISC */
/* sv-bench run. */
#include "bench.h"
#include "run/bench.h"

enum { OPT_KINDS = CLI_LONG, RECORDS = 100000 };
#define RECORDS_MAX UINT64_C(10000000000)

struct own {
    uint64_t records;
    bool kinds[SV_BENCH_KINDS];
};

static bool take_kinds(struct cli *cli, struct own *own)
{
    const char *rest = cli->value;
    memset(own->kinds, 0, sizeof own->kinds);
    while (*rest != '\0') {
        size_t len = strcspn(rest, ",");
        int kind = 0;
        while (kind < SV_BENCH_KINDS && !sv_slice_is(sv_slice(rest, len), sv_bench_kind_names[kind]))
            kind++;
        if (kind == SV_BENCH_KINDS)
            return cli_refuse(cli, "--kinds %s: plain, normal, full are expected, with commas between", cli->value);
        own->kinds[kind] = true;
        rest += len + (rest[len] == ',');
    }
    return true;
}

static bool take(struct bench *bench, int opt)
{
    struct own *own = bench->verb;
    switch (opt) {
    case 'n': return bench_number(bench->cli, "-n", 1, RECORDS_MAX, &own->records);
    case OPT_KINDS: return take_kinds(bench->cli, own);
    default: return false;
    }
}

static void progress(void *context, unsigned done, unsigned all)
{
    bench_progress(context, "pass", done, all);
}

static int run(struct cli *cli)
{
    struct own own = {.records = RECORDS, .kinds = {true, true, true}};
    struct bench bench = {.cli = cli, .verb = &own};
    int status;
    if (!bench_take(&bench, take, &status))
        return status;
    bool fine = bench_policies(&bench);
    struct sv_bench_spec spec = {.run = &bench.read.spec,
                                 .folder = bench.folder,
                                 .records = own.records,
                                 .seed = bench.seed,
                                 .repeat = (unsigned)bench.repeat,
                                 .warm_up = (unsigned)bench.warm_up,
                                 .progress = progress,
                                 .context = &bench};
    struct sv_bench *job = fine ? sv_bench_open(&spec, &cli->error) : NULL;
    fine = job != NULL;
    for (int kind = 0; fine && kind < SV_BENCH_KINDS; kind++)
        if (own.kinds[kind])
            fine = sv_bench_run(job, (enum sv_bench_kind)kind, &bench.results, &bench.findings, &cli->error);
    sv_bench_close(job);
    bench_progress(&bench, NULL, 0, 0);
    if (fine)
        bench_print(&bench);
    else if (cli->error.code == SV_DONE)
        cli_warn(cli, "stopped; nothing is told of what was measured so far");
    return bench_close(&bench, SV_DONE);
}

static const struct cli_option options[] = {
    {CLI_GROUP, NULL, NULL, "What", NULL},
    CLI_READ_ROW_FORMAT,
    {'n', "number", "N", "make up a log of so many records (default: 100000)", NULL},
    BENCH_ROW_SEED,
    BENCH_ROW_POLICIES,
    {CLI_GROUP, NULL, NULL, "How", NULL},
    {OPT_KINDS, "kinds", "NAMES", "be without store (plain), with one (normal, full)", NULL},
    BENCH_ROW_REPEAT,
    BENCH_ROW_WARM_UP,
    BENCH_ROW_FOLDER,
    {CLI_GROUP, NULL, NULL, "Output", NULL},
    BENCH_ROW_OUTPUT,
    {0, NULL, NULL, NULL, NULL}};

const struct cli_program bench_run = {
    .name = "run",
    .text = "measure how fast a log is evaluated, and what each policy costs",
    .operands = "[file ...]",
    .options = options,
    .versions = bench_versions,
    .values = bench_values,
    .run = run,
    .more = "Examples:\n"
            "  sv-bench run\n"
            "  sv-bench run -p mine/ --kinds=plain -o text ~/.claude/projects\n"
            "  sv-bench run --repeat=20 >before.ndjson\n",
};
