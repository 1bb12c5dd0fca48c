/* SPDX-License-Identifier: ISC */
/* sv-index slow. */
#include "index.h"
#include "run/slow.h"

static int slow(struct cli *cli)
{
    struct cli_ask asked = {.cli = cli, .ask = {.list = {.columns = sv_slow_columns, .count = sv_slow_column_count}}};
    int status;
    if (!cli_ask_take(&asked, NULL, &status))
        return status;
    return cli_ask_answer(&asked, sv_slow_open(&asked.ask, &cli->error));
}

static const struct cli_option options[] = {
    {CLI_GROUP, NULL, NULL, "Which", NULL},
    {'S', "since", "TIME", "show only what ran since TIME, such as today or -7d", NULL},
    {'U', "until", "TIME", "show only what ran before TIME", NULL},
    {'n', "number", "N", "show so many, most time first (default: 50)", NULL},
    CLI_ASK_ROWS_OUTPUT,
    CLI_ASK_ROW_UTC,
    {CLI_GROUP, NULL, NULL, "Store", NULL},
    CLI_ASK_ROW_STORE,
    CLI_ASK_ROW_SLOW,
    CLI_ASK_ROW_WAIT,
    {0, NULL, NULL, NULL, NULL}};

const struct cli_program index_slow = {
    .name = "slow",
    .text = "list statements of the store that were slow, and what would help",
    .operands = "",
    .options = options,
    .versions = cli_ask_versions,
    .values = cli_ask_values,
    .run = slow,
    .more = "Examples:\n"
            "  sv-index slow -S -7d\n"
            "  sv-index slow -o json | jq 'select(.index)'\n",
};
