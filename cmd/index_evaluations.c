/* SPDX-License-Identifier: ISC */
/* sv-index evaluations. */
#include "index.h"
#include "run/evaluations.h"

static int evaluations(struct cli *cli)
{
    struct cli_ask asked = {.cli = cli, .ask = {.list = {.columns = sv_evaluations_columns, .count = sv_evaluations_column_count}}};
    int status;
    if (!cli_ask_take(&asked, NULL, &status))
        return status;
    return cli_ask_answer(&asked, sv_evaluations_open(&asked.ask, &cli->error));
}

static const struct cli_option options[] = {
    {CLI_GROUP, NULL, NULL, "Which", NULL},
    CLI_ASK_ROW_POLICY,
    CLI_ASK_ROW_SEVERITY,
    CLI_ASK_ROW_AGENT,
    CLI_ASK_ROW_SESSION,
    CLI_ASK_ROW_TEAM,
    CLI_ASK_ROW_TOOL,
    CLI_ASK_ROW_WHERE,
    {'S', "since", "TIME", "show only what was found of TIME or later", NULL},
    {'U', "until", "TIME", "show only what was found of before TIME", NULL},
    CLI_ASK_ROW_NUMBER,
    CLI_ASK_ROW_BEFORE,
    CLI_ASK_ROWS_OUTPUT,
    CLI_ASK_ROW_UTC,
    {CLI_GROUP, NULL, NULL, "Store", NULL},
    CLI_ASK_ROW_STORE,
    CLI_ASK_ROW_ARCHIVED,
    CLI_ASK_ROW_SLOW,
    CLI_ASK_ROW_WAIT,
    {0, NULL, NULL, NULL, NULL}};

const struct cli_program index_evaluations = {
    .name = "evaluations",
    .text = "show what policies found, and by which version",
    .operands = "",
    .options = options,
    .versions = cli_ask_versions,
    .values = cli_ask_values,
    .run = evaluations,
    .more = "Examples:\n"
            "  sv-index evaluations -S today --severity error\n"
            "  sv-index evaluations --policy force-push --agent 'claude:*'\n"
            "  sv-index evaluations --where 'event.action == \"deny\"'\n",
};
