/* SPDX-License-Identifier: ISC */
/* cli_report.h - one way to ask for a report: of which day, week or month, in which form.
 *
 *     struct cli_report report = {0};                       // in what the verb's options fill
 *     ... asked.forms = cli_report_forms; in its own options: opt == CLI_REPORT_AT ? cli_report_take_at(cli, &report) ...
 *     if (!cli_report_take(&asked, &report)) ...            // behind cli_ask_take: a usage line is due
 */
#ifndef CLI_REPORT_H
#define CLI_REPORT_H

#include "cli_ask.h"
#include "run/report_part.h"

enum { CLI_REPORT_AT = CLI_LONG + 2000 };

#define CLI_REPORT_ROW_AT {CLI_REPORT_AT, "at", "TIME", "show the day, week or month in which this lies", NULL}
#define CLI_REPORT_ROW_OUTPUT {'o', "output", "FORM", "print text (default), csv, html", "text csv html"}

extern const char *const cli_report_forms[];
extern const struct cli_word cli_report_words[]; /* of the verb's table */

struct cli_report {
    enum sv_period_span span;
    enum sv_report_form form;
    int64_t at_ns; /* 0: the last that is over */
};

/* The value of --at; and the word and the form. False with cli's error. */
bool cli_report_take_at(struct cli *cli, struct cli_report *report);
bool cli_report_take(struct cli_ask *asked, struct cli_report *report);

#endif
