/* SPDX-License-Identifier: ISC */
/* sv-alert stats, report: alerts in numbers. */
#include <string.h>

#include "alert.h"
#include "cli_report.h"
#include "run/alert_report.h"
#include "run/alert_stats.h"

enum { OPT_BY = CLI_LONG };

static bool take_key(struct cli_ask *asked, int opt)
{
    size_t *key = asked->verb;
    if (opt != OPT_BY)
        return false;
    for (*key = 0; sv_alert_stats_keys[*key] != NULL; ++*key)
        if (strcmp(asked->cli->value, sv_alert_stats_keys[*key]) == 0)
            return true;
    return cli_refuse(asked->cli, "--by %s: policy, state, severity, agent, team, supervisor or receiver is expected", asked->cli->value);
}

static int run_stats(struct cli *cli)
{
    size_t key = 0;
    struct cli_ask asked = {.cli = cli, .verb = &key, .ask = {.list = {.columns = sv_alert_stats_columns, .count = sv_alert_stats_column_count}}};
    int status;
    if (!cli_ask_take(&asked, take_key, &status))
        return status;
    return cli_ask_answer(&asked, sv_alert_stats_open(&asked.ask, key, &cli->error));
}

static const struct cli_option stats_options[] = {
    {CLI_GROUP, NULL, NULL, "Which", NULL},
    {'S', "since", "TIME", "show only those begun from TIME on", NULL},
    {'U', "until", "TIME", "show only those begun before TIME", NULL},
    CLI_ASK_ROW_AGENT,
    CLI_ASK_ROW_POLICY,
    CLI_ASK_ROW_SEVERITY,
    CLI_ASK_ROW_SUPERVISOR,
    CLI_ASK_ROW_TEAM,
    CLI_ASK_ROW_WHERE,
    CLI_ASK_ROWS_OUTPUT,
    {OPT_BY, "by", "KEY", "show them by this (default: policy)", "policy state severity agent team supervisor receiver"},
    {'n', "number", "N", "show so many, most groups first (default: 50)", NULL},
    {CLI_GROUP, NULL, NULL, "Store", NULL},
    CLI_ASK_ROW_STORE,
    CLI_ASK_ROW_SLOW,
    CLI_ASK_ROW_WAIT,
    {0, NULL, NULL, NULL, NULL}};

const struct cli_program alert_stats = {
    .name = "stats",
    .text = "count groups, who was told, how long people took",
    .operands = "",
    .options = stats_options,
    .versions = cli_ask_versions,
    .values = cli_ask_values,
    .run = run_stats,
    .more = "Examples:\n"
            "  sv-alert stats -S -7d\n"
            "  sv-alert stats --by receiver -o csv\n",
};

struct reporting {
    struct cli_report report;
    const char *config;
    struct sv_buf path;
};

static bool take_report(struct cli_ask *asked, int opt)
{
    struct reporting *reporting = asked->verb;
    if (opt == ALERT_CONFIG)
        reporting->config = asked->cli->value;
    return opt == ALERT_CONFIG || (opt == CLI_REPORT_AT && cli_report_take_at(asked->cli, &reporting->report));
}

static int run_report(struct cli *cli)
{
    struct reporting reporting = {0};
    struct sv_findings findings = {0};
    struct cli_ask asked = {.cli = cli, .verb = &reporting, .forms = cli_report_forms};
    int status;
    if (!cli_ask_take(&asked, take_report, &status))
        return status;
    if (!cli_report_take(&asked, &reporting.report))
        return cli_ask_usage(&asked);
    struct sv_alert_report_spec spec = {.config = alert_config(reporting.config, &reporting.path),
                                        .span = reporting.report.span,
                                        .form = reporting.report.form,
                                        .at_ns = reporting.report.at_ns};
    struct sv_answer *answer = sv_alert_report_open(&asked.ask, &spec, &findings, &cli->error);
    cli_findings(cli, &findings);
    status = cli_ask_answer(&asked, answer);
    sv_buf_free(&reporting.path);
    return status;
}

static const struct cli_option report_options[] = {
    ALERT_ROW_CONFIG,
    {CLI_GROUP, NULL, NULL, "Which", NULL},
    CLI_ASK_ROW_AGENT,
    CLI_REPORT_ROW_AT,
    CLI_ASK_ROW_POLICY,
    CLI_ASK_ROW_SEVERITY,
    CLI_ASK_ROW_SUPERVISOR,
    CLI_ASK_ROW_TEAM,
    CLI_ASK_ROW_WHERE,
    {CLI_GROUP, NULL, NULL, "Output", NULL},
    CLI_REPORT_ROW_OUTPUT,
    {CLI_GROUP, NULL, NULL, "Store", NULL},
    CLI_ASK_ROW_STORE,
    CLI_ASK_ROW_WAIT,
    {0, NULL, NULL, NULL, NULL}};

const struct cli_program alert_report = {
    .name = "report",
    .text = "tell what was alerted in a day, week or month, and what came of it",
    .operands = "[day | week | month]",
    .words = cli_report_words,
    .options = report_options,
    .versions = cli_ask_versions,
    .values = cli_ask_values,
    .run = run_report,
    .more = "Examples:\n"
            "  sv-alert report\n"
            "  sv-alert report week -o html >alerts.html\n"
            "  sv-alert report month --team payments -o csv\n",
};
