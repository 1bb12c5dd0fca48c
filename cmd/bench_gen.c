/* SPDX-License-Identifier: ISC */
/* sv-bench gen. */
#include "base/num.h"
#include "bench.h"
#include "measure/fleet.h"

enum {
    OPT_AGENTS = CLI_LONG,
    OPT_ERRORS,
    OPT_LATE,
    OPT_LOOPS,
    OPT_RATE,
    OPT_RISKY,
    OPT_SILENT,
    OPT_START,
    OPT_SUPERVISORS,
    OPT_TEAMS,
    RECORDS = 100000
};

static void put_values(void *context, int opt, struct sv_buf *out)
{
    (void)context;
    (void)opt;
    const char *name;
    for (size_t i = 0; (name = sv_fleet_format_at(i)) != NULL; i++)
        sv_buf_printf(out, "%s\ta log format\n", name);
}

static bool take_count(struct cli *cli, const char *option, uint32_t *out)
{
    uint64_t n = 0;
    bool fine = bench_number(cli, option, 1, SV_FLEET_AGENTS_MAX, &n);
    *out = (uint32_t)n;
    return fine;
}

static bool take_rate(struct cli *cli, double *rate)
{
    return (sv_num_double(sv_slice_str(cli->value), false, rate) && *rate >= 0.001 && *rate <= 1e6) ||
           cli_refuse(cli, "--rate %s: a number from 0.001 to 1000000 is expected", cli->value);
}

static bool take(struct bench *bench, int opt)
{
    struct cli *cli = bench->cli;
    struct sv_fleet_spec *fleet = bench->verb;
    switch (opt) {
    case 'n': return bench_number(cli, "-n", 0, UINT64_MAX, &fleet->records);
    case 'o': fleet->format = sv_slice_str(cli->value); return true;
    case OPT_AGENTS: return take_count(cli, "--agents", &fleet->agents);
    case OPT_ERRORS: return bench_share(cli, "--errors", &fleet->errors);
    case OPT_LATE: return bench_share(cli, "--late", &fleet->late);
    case OPT_LOOPS: return bench_share(cli, "--loops", &fleet->loops);
    case OPT_RATE: return take_rate(cli, &fleet->rate);
    case OPT_RISKY: return bench_share(cli, "--risky", &fleet->risky);
    case OPT_SILENT: return bench_share(cli, "--silent", &fleet->silent);
    case OPT_START: return cli_time(cli, cli->value, &fleet->start_ns);
    case OPT_SUPERVISORS: return take_count(cli, "--supervisors", &fleet->supervisors);
    case OPT_TEAMS: return take_count(cli, "--teams", &fleet->teams);
    default: return false;
    }
}

static int gen(struct cli *cli)
{
    struct sv_fleet_spec spec;
    struct bench bench = {.cli = cli, .verb = &spec};
    struct sv_buf out = {0};
    int status;
    sv_fleet_default(&spec);
    spec.records = RECORDS;
    if (!bench_take(&bench, take, &status))
        return status;
    spec.seed = bench.seed;
    struct sv_fleet *fleet = NULL;
    if (cli->operand_count > 0)
        cli_refuse(cli, "unexpected operand \"%s\": a fleet is made from options", cli->operands[0]);
    else
        fleet = sv_fleet_new(&spec, &cli->error);
    while (fleet != NULL && sv_fleet_next(fleet, &out) && cli_write(cli, sv_buf_slice(&out)))
        sv_buf_clear(&out);
    sv_buf_free(&out);
    sv_fleet_free(fleet);
    return bench_close(&bench, SV_DONE);
}

static const struct cli_option options[] = {
    {CLI_GROUP, NULL, NULL, "Output", NULL},
    {'n', "number", "N", "make so many records, 0: without end (default: 100000)", NULL},
    {'o', "output", "FORMAT", "make this log format (default: sv)", "ask"},
    {CLI_GROUP, NULL, NULL, "Fleet", NULL},
    {OPT_AGENTS, "agents", "N", "make it of so many agents (default: 100)", NULL},
    {OPT_TEAMS, "teams", "N", "make it of so many teams (default: up to 10)", NULL},
    {OPT_SUPERVISORS, "supervisors", "N", "make it of so many supervisors (default: 1)", NULL},
    {OPT_RATE, "rate", "N", "let their times have N records a second (default: 100)", NULL},
    {OPT_ERRORS, "errors", "SHARE", "let so many results be errors (default: 3.5%)", NULL},
    {OPT_LOOPS, "loops", "SHARE", "let so many calls repeat the last (default: 0.5%)", NULL},
    {OPT_RISKY, "risky", "SHARE", "let so many shell calls be risky (default: 0.3%)", NULL},
    {OPT_LATE, "late", "SHARE", "let so many records come late (default: 0)", NULL},
    {OPT_SILENT, "silent", "SHARE", "let so many agents fall silent (default: 0)", NULL},
    BENCH_ROW_SEED,
    {OPT_START, "start", "TIME", "let the first record be of TIME (default: 2026-03-01)", NULL},
    {0, NULL, NULL, NULL, NULL}};

const struct cli_program bench_gen = {
    .name = "gen",
    .text = "make up a fleet of agents and print its log",
    .operands = "",
    .options = options,
    .versions = bench_versions,
    .values = put_values,
    .run = gen,
    .more = "Examples:\n"
            "  sv-bench gen -n 1000000 >fleet.ndjson\n"
            "  sv-bench gen -n 0 -o claude --errors=10% | sv-eval -N | head\n",
};
