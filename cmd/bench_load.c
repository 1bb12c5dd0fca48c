/* SPDX-License-Identifier: ISC */
/* sv-bench load. */
#include "base/num.h"
#include "base/os.h"
#include "bench.h"
#include "run/load.h"
#include "run/paths.h"

enum { OPT_FAULT = CLI_LONG, OPT_SHARED, OPT_SPEED };

struct own {
    struct sv_load_spec spec;
    struct sv_scenario scenario;
    double speed;
};

static bool take_fault(struct cli *cli, struct own *own)
{
    own->spec.fault = strcmp(cli->value, "lose") == 0 ? SV_LOAD_LOSE : strcmp(cli->value, "stall") == 0 ? SV_LOAD_STALL : SV_LOAD_SOUND;
    return own->spec.fault != SV_LOAD_SOUND || cli_refuse(cli, "--fault %s: lose or stall is expected", cli->value);
}

static bool take(struct bench *bench, int opt)
{
    struct own *own = bench->verb;
    struct cli *cli = bench->cli;
    switch (opt) {
    case 'd': own->spec.store = cli->value; return true;
    case OPT_FAULT: return take_fault(cli, own);
    case OPT_SHARED: own->spec.shared = true; return true;
    case OPT_SPEED:
        return (sv_num_double(sv_slice_str(cli->value), false, &own->speed) && own->speed >= 0.01 && own->speed <= 10000) ||
               cli_refuse(cli, "--speed %s: a number from 0.01 to 10000 is expected", cli->value);
    default: return false;
    }
}

static void progress(void *context, double done_s, double all_s)
{
    bench_progress(context, "second", (unsigned)done_s, (unsigned)(all_s + 0.5));
}

/* What the figures alone would not tell; returns the status. */
static int tell(struct cli *cli, const struct sv_load_outcome *outcome)
{
    if (outcome->stopped) {
        cli_warn(cli, "stopped; nothing is told of what was measured so far");
        return SV_DONE;
    }
    if (outcome->too_slow && outcome->asked_per_s > 0)
        cli_warn(cli, "of %.1f events a second that were asked for this machine made %.1f", outcome->asked_per_s, outcome->made_per_s);
    if (outcome->too_slow && outcome->users_asked_per_s > 0)
        cli_warn(cli, "of %.1f requests a second that were asked for this machine made %.1f", outcome->users_asked_per_s, outcome->users_made_per_s);
    if (outcome->failed > 0)
        cli_warn(cli, "%llu failed; the first: %s", (unsigned long long)outcome->failed, outcome->first_failure);
    if (outcome->lost + outcome->doubled > 0)
        cli_warn(cli, "the ledger does not agree: %llu lost, %llu doubled", (unsigned long long)outcome->lost, (unsigned long long)outcome->doubled);
    return outcome->too_slow || outcome->failed + outcome->lost + outcome->doubled > 0 ? SV_FOUND : SV_DONE;
}

/* The scenario's name in results: that of its file. */
static const char *name_of(struct bench *bench, const char *path)
{
    const char *base = strrchr(path, '/');
    struct sv_slice name = sv_slice_str(base != NULL ? base + 1 : path);
    if (sv_slice_ends(name, SV_SLICE(".yaml")))
        name.len -= 5;
    return sv_arena_dup(&bench->read.arena, name).data;
}

static int measure(struct bench *bench, struct own *own)
{
    struct cli *cli = bench->cli;
    int status = SV_DONE;
    bool fine = true;
    own->spec.scenario = &own->scenario;
    own->spec.run = &bench->read.spec;
    own->spec.folder = bench->folder;
    own->spec.name = name_of(bench, cli->operands[0]);
    own->spec.progress = progress;
    own->spec.context = bench;
    if (own->speed != 1)
        sv_scenario_speed_up(&own->scenario, own->speed);
    for (uint64_t i = 0; fine && i < bench->repeat; i++) {
        struct sv_load_outcome outcome;
        own->spec.seed = bench->seed + i;
        fine = sv_load_run(&own->spec, &bench->results, &outcome, &bench->findings, &cli->error);
        bench_progress(bench, NULL, 0, 0);
        int found = cli->error.code == SV_DONE ? tell(cli, &outcome) : SV_DONE;
        status = found > status ? found : status;
        fine = fine && !outcome.stopped;
    }
    if (fine)
        bench_print(bench);
    return status;
}

static int load(struct cli *cli)
{
    struct own own = {.speed = 1};
    struct bench bench = {.cli = cli, .verb = &own, .repeat = 1};
    struct sv_buf path = {0};
    int status;
    if (!bench_take(&bench, take, &status))
        return status;
    status = SV_DONE;
    if (cli->operand_count != 1)
        cli_refuse(cli, "load: one scenario is expected, a file or the name of one that is installed");
    else if (bench_policies(&bench)) {
        bench_find(&path, "scenarios", cli->operands[0]);
        if (sv_scenario_load(&own.scenario, sv_buf_cstr(&path), &bench.findings))
            status = measure(&bench, &own);
    }
    sv_buf_free(&path);
    sv_scenario_free(&own.scenario);
    return bench_close(&bench, status);
}

static const struct cli_option options[] = {
    {CLI_GROUP, NULL, NULL, "What", NULL},
    BENCH_ROW_POLICIES,
    {OPT_SPEED, "speed", "N", "let it be over in an N-th of the time", NULL},
    BENCH_ROW_SEED,
    {OPT_FAULT, "fault", "HOW", "let a process lose a row, or stall, to see it seen", "lose stall"},
    {CLI_GROUP, NULL, NULL, "How", NULL},
    {'d', "store", "FILE", "use this store, and leave it there", "file"},
    {OPT_SHARED, "shared", NULL, "use it even if others do", NULL},
    BENCH_ROW_REPEAT_ONCE,
    BENCH_ROW_FOLDER,
    {CLI_GROUP, NULL, NULL, "Output", NULL},
    BENCH_ROW_OUTPUT,
    {0, NULL, NULL, NULL, NULL}};

const struct cli_program bench_load = {
    .name = "load",
    .text = "put the load of a scenario on this machine, and count what became of it",
    .operands = "scenario",
    .options = options,
    .versions = bench_versions,
    .values = bench_values,
    .run = load,
    .more = "Examples:\n"
            "  sv-bench load fleet --speed=10 -o text\n"
            "  sv-bench load mine.yaml -p policies/ >load.ndjson\n",
};
