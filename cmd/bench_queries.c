/* SPDX-License-Identifier: ISC */
/* sv-bench queries. */
#include "bench.h"
#include "run/queries.h"

enum { OPT_COLD = CLI_LONG, OPT_WARM, RECORDS = 100000, COLD = 10, WARM = 200 };
#define RECORDS_MAX UINT64_C(1000000000)

struct own {
    const char *store;
    uint64_t records, cold, warm;
};

static bool take(struct bench *bench, int opt)
{
    struct own *own = bench->verb;
    switch (opt) {
    case 'd': own->store = bench->cli->value; return true;
    case 'n': return bench_number(bench->cli, "-n", 1, RECORDS_MAX, &own->records);
    case OPT_COLD: return bench_number(bench->cli, "--cold", 0, 10000, &own->cold);
    case OPT_WARM: return bench_number(bench->cli, "--warm", 1, 1000000, &own->warm);
    default: return false;
    }
}

static void progress(void *context, unsigned done, unsigned all)
{
    bench_progress(context, "question", done, all);
}

static int queries(struct cli *cli)
{
    struct own own = {.records = RECORDS, .cold = COLD, .warm = WARM};
    struct bench bench = {.cli = cli, .verb = &own, .repeat = 1};
    int status;
    if (!bench_take(&bench, take, &status))
        return status;
    if (cli->operand_count > 0)
        cli_refuse(cli, "unexpected operand \"%s\": a store is named with -d", cli->operands[0]);
    bool fine = cli->operand_count == 0 && bench_policies(&bench);
    struct sv_queries_spec spec = {.run = &bench.read.spec,
                                   .folder = bench.folder,
                                   .store = own.store,
                                   .records = own.records,
                                   .cold = (unsigned)own.cold,
                                   .warm = (unsigned)own.warm,
                                   .progress = progress,
                                   .context = &bench};
    for (uint64_t i = 0; fine && i < bench.repeat; i++) {
        spec.seed = bench.seed + i;
        fine = sv_queries_run(&spec, &bench.results, &bench.findings, &cli->error);
    }
    bench_progress(&bench, NULL, 0, 0);
    if (fine)
        bench_print(&bench);
    return bench_close(&bench, SV_DONE);
}

static const struct cli_option options[] = {
    {CLI_GROUP, NULL, NULL, "What", NULL},
    {'d', "store", "FILE", "read this store instead of one that is made", "file"},
    {'n', "number", "N", "make one of so many events (default: 100000)", NULL},
    BENCH_ROW_SEED,
    BENCH_ROW_POLICIES,
    {CLI_GROUP, NULL, NULL, "How", NULL},
    {OPT_COLD, "cold", "N", "read so often with nothing in memory (default: 10)", NULL},
    {OPT_WARM, "warm", "N", "read so often with all in memory (default: 200)", NULL},
    BENCH_ROW_REPEAT_ONCE,
    BENCH_ROW_FOLDER,
    {CLI_GROUP, NULL, NULL, "Output", NULL},
    BENCH_ROW_OUTPUT,
    {0, NULL, NULL, NULL, NULL}};

const struct cli_program bench_queries = {
    .name = "queries",
    .text = "measure how long common questions take in a store, cold and warm",
    .operands = "",
    .options = options,
    .versions = bench_versions,
    .values = bench_values,
    .run = queries,
    .more = "Examples:\n"
            "  sv-bench queries -o text\n"
            "  sv-bench queries -n 1000000 >queries.ndjson\n",
};
