/* SPDX-License-Identifier: ISC */
/* sv-team report. */
#include "run/report.h"
#include "team.h"

enum { OPT_AT = CLI_LONG };

static const char *const forms[] = {[SV_REPORT_TEXT] = "text", [SV_REPORT_CSV] = "csv", [SV_REPORT_HTML] = "html", NULL};

static bool take_own(struct cli_ask *asked, int opt)
{
    struct sv_report_spec *spec = asked->verb;
    return opt == OPT_AT && cli_time(asked->cli, asked->cli->value, &spec->at_ns);
}

static const struct cli_word words[] = {[SV_PERIOD_DAY] = {"day", "yesterday, or the day of --at"},
                                        [SV_PERIOD_WEEK] = {"week", "the last one from Monday to Sunday, or that of --at"},
                                        [SV_PERIOD_MONTH] = {"month", "the last calendar month, or that of --at"},
                                        {NULL, NULL}};

static int run_report(struct cli *cli)
{
    struct sv_report_spec spec = {0};
    struct cli_ask asked = {.cli = cli, .verb = &spec, .forms = forms};
    int status;
    if (!cli_ask_take(&asked, take_own, &status))
        return status;
    const struct cli_word *word = cli->operand_count == 1 ? cli_word(cli) : NULL;
    if (cli->operand_count > 1)
        cli_refuse(cli, "report %s: one of day, week, month is expected", cli->operands[1]);
    if (word == NULL && cli->operand_count > 0)
        return team_usage(&asked);
    spec.span = word != NULL ? (enum sv_period_span)(word - words) : SV_PERIOD_DAY;
    spec.form = (enum sv_report_form)asked.form;
    return cli_ask_answer(&asked, sv_report_open(&asked.ask, &spec, &cli->error));
}

static const struct cli_option options[] = {
    {CLI_GROUP, NULL, NULL, "Which", NULL},
    CLI_ASK_ROW_TEAM,
    CLI_ASK_ROW_SUPERVISOR,
    {OPT_AT, "at", "TIME", "show the day, week or month in which this lies", NULL},
    {CLI_GROUP, NULL, NULL, "Output", NULL},
    {'o', "output", "FORM", "print text (default), csv, html", "text csv html"},
    {CLI_GROUP, NULL, NULL, "Store", NULL},
    CLI_ASK_ROW_STORE,
    CLI_ASK_ROW_WAIT,
    {0, NULL, NULL, NULL, NULL}};

const struct cli_program team_report = {
    .name = "report",
    .text = "tell what agents did in a day, week or month, and what it cost",
    .operands = "[day | week | month]",
    .words = words,
    .options = options,
    .versions = cli_ask_versions,
    .values = cli_ask_values,
    .run = run_report,
    .more = "Examples:\n"
            "  sv-team report\n"
            "  sv-team report week -o html >week.html\n"
            "  sv-team report month --team payments -o csv\n",
};
