/* SPDX-License-Identifier: ISC */
/* sv-team report. */
#include "cli_report.h"
#include "run/report.h"
#include "team.h"

static bool take_own(struct cli_ask *asked, int opt)
{
    return opt == CLI_REPORT_AT && cli_report_take_at(asked->cli, asked->verb);
}

static int run_report(struct cli *cli)
{
    struct cli_report report = {0};
    struct cli_ask asked = {.cli = cli, .verb = &report, .forms = cli_report_forms};
    int status;
    if (!cli_ask_take(&asked, take_own, &status))
        return status;
    if (!cli_report_take(&asked, &report))
        return cli_ask_usage(&asked);
    struct sv_report_spec spec = {.span = report.span, .form = report.form, .at_ns = report.at_ns};
    return cli_ask_answer(&asked, sv_report_open(&asked.ask, &spec, &cli->error));
}

static const struct cli_option options[] = {
    {CLI_GROUP, NULL, NULL, "Which", NULL},
    CLI_ASK_ROW_TEAM,
    CLI_ASK_ROW_SUPERVISOR,
    CLI_REPORT_ROW_AT,
    {CLI_GROUP, NULL, NULL, "Output", NULL},
    CLI_REPORT_ROW_OUTPUT,
    {CLI_GROUP, NULL, NULL, "Store", NULL},
    CLI_ASK_ROW_STORE,
    CLI_ASK_ROW_WAIT,
    {0, NULL, NULL, NULL, NULL}};

const struct cli_program team_report = {
    .name = "report",
    .text = "tell what agents did in a day, week or month, and what it cost",
    .operands = "[day | week | month]",
    .words = cli_report_words,
    .options = options,
    .versions = cli_ask_versions,
    .values = cli_ask_values,
    .run = run_report,
    .more = "Examples:\n"
            "  sv-team report\n"
            "  sv-team report week -o html >week.html\n"
            "  sv-team report month --team payments -o csv\n",
};
