/* SPDX-License-Identifier: ISC */
/* sv-index stats. */
#include "index.h"
#include "run/growth.h"
#include "run/stats.h"

enum { OPT_BY = CLI_LONG, OPT_GROWTH, OPT_MODEL };

struct stats_options {
    struct sv_stats_spec spec;
    bool growth;
};

/* Columns of its own: --fields behind it chooses among them. */
static bool take_growth(struct cli_ask *asked)
{
    struct sv_list *list = &asked->ask.list;
    ((struct stats_options *)asked->verb)->growth = true;
    if (list->chosen_count > 0)
        return cli_refuse(asked->cli, "--fields: it names columns of --growth only behind that");
    list->columns = sv_growth_columns;
    list->count = sv_growth_column_count;
    return true;
}

static bool take_option(struct cli_ask *asked, int opt)
{
    struct stats_options *options = asked->verb;
    struct sv_stats_spec *spec = &options->spec;
    switch (opt) {
    case OPT_BY: spec->by = asked->cli->value; return true;
    case OPT_GROWTH: return take_growth(asked);
    case OPT_MODEL: spec->model = asked->cli->value; return true;
    default: return false;
    }
}

static int stats(struct cli *cli)
{
    struct stats_options options_of = {0};
    struct cli_ask asked = {.cli = cli, .ask = {.list = {.columns = sv_stats_columns, .count = sv_stats_column_count}}, .verb = &options_of};
    int status;
    if (!cli_ask_take(&asked, take_option, &status))
        return status;
    if (options_of.growth && cli->operand_count > 0) {
        cli_refuse(cli, "--growth is about a store, which logs are not");
        return cli_ask_close(&asked, SV_USAGE);
    }
    return cli_ask_answer(&asked, options_of.growth ? sv_growth_open(&asked.ask, &cli->error)
                                                    : sv_stats_open(&asked.ask, &options_of.spec, &cli->error));
}

static const struct cli_option options[] = {
    {CLI_GROUP, NULL, NULL, "What", NULL},
    {OPT_BY, "by", "KEYS", "add up by these, with commas between (default: day)", "hour day week month type agent team model tool status"},
    {OPT_GROWTH, "growth", NULL, "show how large tables are, and where that leads", NULL},
    CLI_ASK_ROW_AGENT,
    CLI_ASK_ROW_TEAM,
    CLI_ASK_ROW_TYPE,
    CLI_ASK_ROW_TOOL,
    {OPT_MODEL, "model", "GLOB", "show only these models", NULL},
    {'S', "since", "TIME", "show only what happened since TIME, to the hour", NULL},
    {'U', "until", "TIME", "show only what happened before TIME, to the hour", NULL},
    {'n', "number", "N", "show so many rows (default: 50)", NULL},
    {'i', "input", "FORMAT", "read logs that are operands as this log format", "ask"},
    CLI_ASK_ROWS_OUTPUT,
    {CLI_ASK_UTC, "utc", NULL, "let days begin at midnight UTC", NULL},
    {CLI_GROUP, NULL, NULL, "Store", NULL},
    CLI_ASK_ROW_STORE,
    CLI_ASK_ROW_SLOW,
    CLI_ASK_ROW_WAIT,
    {0, NULL, NULL, NULL, NULL}};

const struct cli_program index_stats = {
    .name = "stats",
    .text = "add up events, tokens, cost, errors and durations",
    .operands = "[file ...]",
    .options = options,
    .versions = cli_ask_versions,
    .values = cli_ask_values,
    .run = stats,
    .more = "Examples:\n"
            "  sv-index stats --by day,model ~/.claude/projects\n"
            "  sv-index stats --by agent -S today\n"
            "  sv-index stats --by tool,status --type tool.result\n",
};
