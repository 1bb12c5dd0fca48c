/* SPDX-License-Identifier: ISC */
#include "cli_report.h"

const char *const cli_report_forms[] = {[SV_REPORT_TEXT] = "text", [SV_REPORT_CSV] = "csv", [SV_REPORT_HTML] = "html", NULL};

const struct cli_word cli_report_words[] = {[SV_PERIOD_DAY] = {"day", "yesterday, or the day of --at"},
                                            [SV_PERIOD_WEEK] = {"week", "the last one from Monday to Sunday, or that of --at"},
                                            [SV_PERIOD_MONTH] = {"month", "the last calendar month, or that of --at"},
                                            {NULL, NULL}};

bool cli_report_take_at(struct cli *cli, struct cli_report *report)
{
    return cli_time(cli, cli->value, &report->at_ns);
}

bool cli_report_take(struct cli_ask *asked, struct cli_report *report)
{
    struct cli *cli = asked->cli;
    const struct cli_word *word = cli->operand_count == 1 ? cli_word(cli) : NULL;
    if (cli->operand_count > 1)
        return cli_refuse(cli, "report %s: one of day, week, month is expected", cli->operands[1]);
    if (word == NULL && cli->operand_count > 0)
        return false;
    report->span = word != NULL ? (enum sv_period_span)(word - cli_report_words) : SV_PERIOD_DAY;
    report->form = (enum sv_report_form)asked->form;
    return true;
}
