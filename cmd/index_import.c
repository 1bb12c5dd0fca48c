/* SPDX-License-Identifier: ISC */
/* sv-index import: events of other stores. */
#include <unistd.h>

#include "cli_read.h"
#include "index.h"
#include "run/import.h"

static void tell(struct cli *cli, const struct sv_intake_counts *counts)
{
    if (!cli->quiet && (cli->verbose > 0 || cli_stderr_is_terminal()))
        cli_warn(cli, "%llu of %llu events are new, %llu were here before, %llu lines were rejected", (unsigned long long)counts->added,
                 (unsigned long long)(counts->added + counts->known), (unsigned long long)counts->known,
                 (unsigned long long)counts->rejected);
}

static int import(struct cli *cli)
{
    struct cli_read read = {.cli = cli};
    struct sv_intake_counts counts = {0};
    int status;
    cli_read_signals();
    if (cli_read_line(&read, cli_read_take, NULL, &status)) {
        const struct sv_run_spec *spec = &read.spec;
        struct sv_import_spec job = {.intake = {.store = spec->store,
                                                .preset = spec->preset,
                                                .prices = spec->prices,
                                                .no_redact = spec->no_redact,
                                                .arguments = spec->arguments},
                                     .operands = spec->operands,
                                     .operand_count = spec->operand_count,
                                     .strict = spec->strict,
                                     .stop = spec->stop,
                                     .notice = spec->notice,
                                     .context = spec->context};
        if (spec->operand_count == 0 && isatty(STDIN_FILENO) && !cli->quiet)
            cli_warn(cli, "reading what sv-index export printed from the terminal, end with ^D");
        status = (int)sv_import(&job, &counts, &cli->error);
        if (cli->error.code != SV_DONE)
            cli_error(cli, &cli->error);
        tell(cli, &counts);
        status = cli_close(cli, status);
    }
    cli_read_free(&read);
    return status;
}

static const struct cli_option options[] = {
    {CLI_GROUP, NULL, NULL, "Input", NULL},
    CLI_READ_ROW_SET,
    {CLI_READ_STRICT, "strict", NULL, "end with 3 when a line was rejected", NULL},
    CLI_READ_ROW_NO_REDACT,
    {CLI_GROUP, NULL, NULL, "Store", NULL},
    {'d', "store", "FILE", "add to this one (default: $SV_STORE, the user's own)", "file"},
    CLI_ASK_ROW_SLOW,
    CLI_ASK_ROW_SYNC,
    CLI_ASK_ROW_WAIT,
    {0, NULL, NULL, NULL, NULL}};

const struct cli_program index_import = {
    .name = "import",
    .text = "take in events that another store exported, each once",
    .operands = "[file ...]",
    .options = options,
    .versions = cli_read_versions,
    .values = cli_read_values,
    .run = import,
    .more = "Examples:\n"
            "  ssh web3 sv-index export --since-last=hub | sv-index import\n"
            "  zstd -dc november.ndjson.zst | sv-index import -d hub.db\n",
};
