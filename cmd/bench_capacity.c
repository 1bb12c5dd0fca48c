/* SPDX-License-Identifier: ISC */
/* sv-bench capacity. */
#include "base/time.h"
#include "bench.h"
#include "run/capacity.h"

enum { OPT_PROFILE = CLI_LONG, OPT_SOAK, OPT_STEP, OPT_SUPERVISORS, OPT_SYNC };

static bool take_profile(struct cli *cli, struct sv_capacity_spec *spec)
{
    struct sv_buf names = {0};
    spec->profile = sv_capacity_find(sv_slice_str(cli->value));
    if (spec->profile != NULL)
        return true;
    for (size_t i = 0; i < sv_capacity_profile_count; i++)
        sv_buf_printf(&names, "%s%s", i > 0 ? ", " : "", sv_capacity_profiles[i].name);
    cli_refuse(cli, "--profile %s: no such profile (%s)", cli->value, sv_buf_cstr(&names));
    sv_buf_free(&names);
    return false;
}

static bool take_seconds(struct cli *cli, const char *option, double *seconds)
{
    int64_t ns;
    if (!sv_duration_parse(sv_slice_str(cli->value), &ns) || ns < SV_SECOND_NS / 10)
        return cli_refuse(cli, "%s %s: a duration of at least 100ms is expected", option, cli->value);
    *seconds = (double)ns / 1e9;
    return true;
}

static bool take(struct bench *bench, int opt)
{
    struct sv_capacity_spec *spec = bench->verb;
    struct cli *cli = bench->cli;
    uint64_t number = 0;
    switch (opt) {
    case OPT_PROFILE: return take_profile(cli, spec);
    case OPT_SOAK: return take_seconds(cli, "--soak", &spec->soak_s);
    case OPT_STEP: return take_seconds(cli, "--step", &spec->step_s);
    case OPT_SUPERVISORS:
        if (!bench_number(cli, "--supervisors", 1, 500, &number))
            return false;
        spec->supervisors = (unsigned)number;
        return true;
    case OPT_SYNC:
        spec->sync_full = strcmp(cli->value, "full") == 0;
        return spec->sync_full || strcmp(cli->value, "normal") == 0 || cli_refuse(cli, "--sync %s: full or normal is expected", cli->value);
    default: return false;
    }
}

static void progress(void *context, double rate, bool held)
{
    struct bench *bench = context;
    if (bench->cli->verbose > 0)
        cli_warn(bench->cli, "%.1f events a second: %s", rate, held ? "held" : "not held");
}

static int capacity(struct cli *cli)
{
    struct sv_capacity_spec spec = {.profile = sv_capacity_find(SV_SLICE("team")), .step_s = 5};
    struct sv_capacity_outcome outcome = {0};
    struct bench bench = {.cli = cli, .verb = &spec, .repeat = 1};
    int status;
    if (!bench_take(&bench, take, &status))
        return status;
    status = SV_DONE;
    if (cli->operand_count > 0)
        cli_refuse(cli, "unexpected operand \"%s\"", cli->operands[0]);
    bool fine = cli->operand_count == 0 && bench_policies(&bench);
    spec.run = &bench.read.spec;
    spec.folder = bench.folder;
    spec.progress = progress;
    spec.context = &bench;
    for (uint64_t i = 0; fine && i < bench.repeat; i++) {
        spec.seed = bench.seed + i * 1000;
        fine = sv_capacity_run(&spec, &bench.results, &outcome, &bench.findings, &cli->error);
        if (fine && !outcome.holds)
            status = SV_FOUND;
        if (fine)
            cli_warn(cli, "%s: this machine %s it; %.0f events a second are answered in time, %.1f times what is sustained", spec.profile->name,
                     outcome.holds ? "holds" : "does not hold", outcome.capacity_per_s, outcome.headroom);
    }
    if (fine)
        bench_print(&bench);
    else if (outcome.stopped)
        cli_warn(cli, "stopped; nothing is told of what was measured so far");
    return bench_close(&bench, status);
}

static const struct cli_option options[] = {
    {CLI_GROUP, NULL, NULL, "What", NULL},
    {OPT_PROFILE, "profile", "NAME", "let this profile say what is to be held (default: team)", "individual team organization enterprise beyond"},
    BENCH_ROW_POLICIES,
    {CLI_GROUP, NULL, NULL, "How", NULL},
    {OPT_SOAK, "soak", "DURATION", "keep what is sustained for so long (default: two tries)", NULL},
    {OPT_STEP, "step", "DURATION", "let each try be so long (default: 5s)", NULL},
    {OPT_SUPERVISORS, "supervisors", "N", "let it be so many processes (default: the profile's)", NULL},
    {OPT_SYNC, "sync", "HOW", "sync each batch to the disk: normal (default) or full", "full normal"},
    BENCH_ROW_SEED,
    BENCH_ROW_REPEAT_ONCE,
    BENCH_ROW_FOLDER,
    {CLI_GROUP, NULL, NULL, "Output", NULL},
    BENCH_ROW_OUTPUT,
    {0, NULL, NULL, NULL, NULL}};

const struct cli_program bench_capacity = {
    .name = "capacity",
    .text = "find the highest rate that this machine answers in time, and how long its disk lasts",
    .operands = "",
    .options = options,
    .versions = bench_versions,
    .values = bench_values,
    .run = capacity,
    .more = "Examples:\n"
            "  sv-bench capacity -v -o text\n"
            "  sv-bench capacity --profile=organization --sync=full --soak=1h\n",
};
