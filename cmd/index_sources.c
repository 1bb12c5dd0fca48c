/* SPDX-License-Identifier: ISC */
/* sv-index sources. */
#include "index.h"
#include "run/sources.h"

static int sources(struct cli *cli)
{
    struct cli_ask asked = {.cli = cli, .ask = {.list = {.columns = sv_sources_columns, .count = sv_sources_column_count}}};
    int status;
    if (!cli_ask_take(&asked, NULL, &status))
        return status;
    return cli_ask_answer(&asked, sv_sources_open(&asked.ask, &cli->error));
}

static const struct cli_option options[] = {
    {CLI_GROUP, NULL, NULL, "Which", NULL},
    {'i', "input", "FORMAT", "show only inputs of this log format", "ask"},
    {'S', "since", "TIME", "show only what was read since TIME, such as today or -2h", NULL},
    {'U', "until", "TIME", "show only what was last read before TIME", NULL},
    {'n', "number", "N", "show so many, newest read first (default: 50)", NULL},
    CLI_ASK_ROW_BEFORE,
    CLI_ASK_ROWS_OUTPUT,
    CLI_ASK_ROW_UTC,
    {CLI_GROUP, NULL, NULL, "Store", NULL},
    CLI_ASK_ROW_STORE,
    CLI_ASK_ROW_SLOW,
    CLI_ASK_ROW_WAIT,
    {0, NULL, NULL, NULL, NULL}};

const struct cli_program index_sources = {
    .name = "sources",
    .text = "list the inputs that were read, how far, and what of them waits",
    .operands = "[glob ...]",
    .options = options,
    .versions = cli_ask_versions,
    .values = cli_ask_values,
    .run = sources,
    .more = "Examples:\n"
            "  sv-index sources\n"
            "  sv-index sources -n 1000 -o json | jq 'select(.lag > 0)'\n"
            "  sv-index sources '*/.claude/*'\n",
};
