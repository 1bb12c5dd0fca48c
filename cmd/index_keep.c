/* SPDX-License-Identifier: ISC */
/* sv-index check, repair, backup, verify: the store as a file. */
#include "index.h"
#include "run/keep.h"

enum { OPT_BLOCKING = CLI_LONG, OPT_QUICK, OPT_REPLACE };

struct keep {
    bool blocking, quick, replace;
};

static bool take(struct cli_ask *asked, int opt)
{
    struct keep *keep = asked->verb;
    switch (opt) {
    case OPT_BLOCKING: return keep->blocking = true;
    case OPT_QUICK: return keep->quick = true;
    case OPT_REPLACE: return keep->replace = true;
    default: return false;
    }
}

static int check(struct cli *cli)
{
    struct keep keep = {0};
    struct cli_ask asked = {.cli = cli, .verb = &keep, .ask = {.list = {.columns = sv_findings_columns, .count = sv_findings_column_count}}};
    int status;
    if (!cli_ask_take(&asked, take, &status))
        return status;
    return cli_ask_answer(&asked, sv_check_open(&asked.ask, keep.quick, &cli->error));
}

static int repair(struct cli *cli)
{
    struct keep keep = {0};
    struct cli_ask asked = {.cli = cli, .verb = &keep, .ask = {.list = {.columns = sv_findings_columns, .count = sv_findings_column_count}}};
    int status;
    if (!cli_ask_take(&asked, take, &status))
        return status;
    return cli_ask_answer(&asked, sv_repair_open(&asked.ask, keep.blocking, &cli->error));
}

/* What a verb with one file as its operand was given. */
static bool has_file(struct cli_ask *asked)
{
    return asked->cli->operand_count == 1 || cli_refuse(asked->cli, "%s takes one file", asked->cli->program->name);
}

static int verify(struct cli *cli)
{
    struct cli_ask asked = {.cli = cli, .ask = {.list = {.columns = sv_findings_columns, .count = sv_findings_column_count}}};
    int status;
    if (!cli_ask_take(&asked, NULL, &status))
        return status;
    return has_file(&asked) ? cli_ask_answer(&asked, sv_verify_open(&asked.ask, &cli->error)) : cli_ask_close(&asked, SV_USAGE);
}

static int backup(struct cli *cli)
{
    struct keep keep = {0};
    struct cli_ask asked = {.cli = cli, .verb = &keep, .ask = {.list = {.columns = sv_backup_columns, .count = sv_backup_column_count}}};
    int status;
    if (!cli_ask_take(&asked, take, &status))
        return status;
    return has_file(&asked) ? cli_ask_answer(&asked, sv_backup_open(&asked.ask, keep.replace, &cli->error)) : cli_ask_close(&asked, SV_USAGE);
}

static const struct cli_option check_options[] = {
    {CLI_GROUP, NULL, NULL, "Which", NULL},
    {OPT_QUICK, "quick", NULL, "leave out what is looked at on a copy of the store", NULL},
    CLI_ASK_ROWS_OUTPUT,
    {CLI_GROUP, NULL, NULL, "Store", NULL},
    CLI_ASK_ROW_STORE,
    CLI_ASK_ROW_WAIT,
    {0, NULL, NULL, NULL, NULL}};

const struct cli_program index_check = {
    .name = "check",
    .text = "look the store over: files, log, indexes, queries, pages, rows; 1 on a finding",
    .operands = "",
    .options = check_options,
    .versions = cli_ask_versions,
    .values = cli_ask_values,
    .run = check,
    .more = "Examples:\n"
            "  sv-index check\n"
            "  sv-index check --quick -o json | jq -r 'select(.state == \"found\") | .repair'\n",
};

static const struct cli_option repair_options[] = {
    {CLI_GROUP, NULL, NULL, "Which", NULL},
    {OPT_BLOCKING, "blocking", NULL, "let writers wait while an index of many rows is made", NULL},
    CLI_ASK_ROWS_OUTPUT,
    {CLI_GROUP, NULL, NULL, "Store", NULL},
    CLI_ASK_ROW_USE,
    CLI_ASK_ROW_SLOW,
    CLI_ASK_ROW_SYNC,
    CLI_ASK_ROW_WAIT,
    {0, NULL, NULL, NULL, NULL}};

const struct cli_program index_repair = {
    .name = "repair",
    .text = "mend what check finds, as far as it can be mended in place",
    .operands = "",
    .options = repair_options,
    .versions = cli_ask_versions,
    .values = cli_ask_values,
    .run = repair,
    .more = "Examples:\n"
            "  sv-index repair\n"
            "  sv-index repair --blocking\n",
};

static const struct cli_option backup_options[] = {
    {CLI_GROUP, NULL, NULL, "Which", NULL},
    {OPT_REPLACE, "replace", NULL, "write over an older backup of that name", NULL},
    CLI_ASK_ROWS_OUTPUT,
    {CLI_GROUP, NULL, NULL, "Store", NULL},
    CLI_ASK_ROW_STORE,
    CLI_ASK_ROW_WAIT,
    {0, NULL, NULL, NULL, NULL}};

const struct cli_program index_backup = {
    .name = "backup",
    .text = "copy the store as of one moment into a file, while others write",
    .operands = "FILE",
    .options = backup_options,
    .versions = cli_ask_versions,
    .values = cli_ask_values,
    .run = backup,
    .more = "Examples:\n"
            "  sv-index backup monday.db && sv-index verify monday.db\n"
            "  sv-index backup --replace latest.db\n",
};

static const struct cli_option verify_options[] = {
    CLI_ASK_ROWS_OUTPUT,
    {0, NULL, NULL, NULL, NULL}};

const struct cli_program index_verify = {
    .name = "verify",
    .text = "read a backup to its end: is it whole, and what is in it; 1 if not",
    .operands = "FILE",
    .options = verify_options,
    .versions = cli_ask_versions,
    .values = cli_ask_values,
    .run = verify,
    .more = "Examples:\n"
            "  sv-index verify monday.db\n",
};
