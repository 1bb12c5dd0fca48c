/* SPDX-License-Identifier: ISC */
/* sv-team import, export. */
#include "run/team_table.h"
#include "team.h"

enum { OPT_APPLY = CLI_LONG, OPT_AT, OPT_REASON };

static bool take_own(struct cli_ask *asked, int opt)
{
    struct sv_team_import *import = asked->verb;
    struct cli *cli = asked->cli;
    switch (opt) {
    case OPT_APPLY: import->apply = true; return true;
    case OPT_AT: return cli_time(cli, cli->value, &import->at_ns);
    case OPT_REASON: import->by.reason = cli->value; return true;
    default: return false;
    }
}

static void tell_tallies(struct cli *cli, const struct sv_team_import *import)
{
    const uint64_t *n = import->tallies;
    bool differs = n[SV_ROSTER_ADDED] + n[SV_ROSTER_MOVED] + n[SV_ROSTER_REMOVED] > 0;
    cli_warn(cli, "%llu added, %llu moved, %llu removed, %llu unchanged%s", (unsigned long long)n[SV_ROSTER_ADDED],
             (unsigned long long)n[SV_ROSTER_MOVED], (unsigned long long)n[SV_ROSTER_REMOVED], (unsigned long long)n[SV_ROSTER_UNCHANGED],
             differs && !import->apply ? "; nothing was changed yet: --apply does it" : "");
}

static int take_in(struct cli *cli)
{
    struct sv_team_import import = {.by = {.argc = cli->argc, .argv = cli->argv}};
    struct cli_ask asked = {.cli = cli,
                            .verb = &import,
                            .ask = {.list = {.columns = sv_team_import_columns, .count = sv_team_import_column_count}}};
    struct sv_findings findings = {0};
    int status;
    if (!cli_ask_take(&asked, take_own, &status))
        return status;
    if (cli->operand_count != 1) {
        cli_refuse(cli, "import: name one table; - is standard input");
        return cli_ask_usage(&asked);
    }
    import.file = cli->operands[0];
    struct sv_answer *answer = sv_team_import_open(&asked.ask, &import, &findings, &cli->error);
    cli_findings(cli, &findings);
    bool worked = answer != NULL;
    status = cli_ask_answer(&asked, answer);
    if (worked)
        tell_tallies(cli, &import);
    return status;
}

static const struct cli_option import_options[] = {
    {CLI_GROUP, NULL, NULL, "Which", NULL},
    {OPT_APPLY, "apply", NULL, "make the change; without it only show what would change", NULL},
    {OPT_AT, "at", "TIME", "let the change hold from TIME on instead of now", NULL},
    {OPT_REASON, "reason", "TEXT", "keep TEXT as the reason of the change", NULL},
    CLI_ASK_ROWS_OUTPUT,
    {CLI_GROUP, NULL, NULL, "Store", NULL},
    CLI_ASK_ROW_USE,
    CLI_ASK_ROW_SYNC,
    CLI_ASK_ROW_WAIT,
    {0, NULL, NULL, NULL, NULL}};

const struct cli_program team_import = {
    .name = "import",
    .text = "make the roster as a table says, or show what that would change",
    .operands = "file",
    .options = import_options,
    .versions = cli_ask_versions,
    .values = cli_ask_values,
    .run = take_in,
    .more = "Examples:\n"
            "  sv-team import roster.csv\n"
            "  sv-team import roster.csv --apply --reason 'new quarter'\n",
};

static int give_out(struct cli *cli)
{
    struct sv_team_import at = {0};
    struct cli_ask asked = {.cli = cli, .verb = &at};
    int64_t now_ns;
    int status;
    if (!cli_ask_take(&asked, take_own, &status))
        return status;
    if (cli->operand_count != 0) {
        cli_refuse(cli, "export: prints to standard output, and takes no operand");
        return cli_ask_usage(&asked);
    }
    cli_time(cli, "now", &now_ns);
    return cli_ask_answer(&asked, sv_team_export_open(&asked.ask, at.at_ns != 0 ? at.at_ns : now_ns, &cli->error));
}

static const struct cli_option export_options[] = {{OPT_AT, "at", "TIME", "print the roster as it was at TIME instead of now", NULL},
                                                   CLI_ASK_ROW_STORE,
                                                   CLI_ASK_ROW_WAIT,
                                                   {0, NULL, NULL, NULL, NULL}};

const struct cli_program team_export = {
    .name = "export",
    .text = "print the roster as a table",
    .operands = "",
    .options = export_options,
    .versions = cli_ask_versions,
    .values = cli_ask_values,
    .run = give_out,
    .more = "Examples:\n"
            "  sv-team export >roster.csv\n"
            "  sv-team export --at 2026-11-01 >then.csv\n",
};
