/* SPDX-License-Identifier: ISC */
/* sv-index timeline. */
#include "cli_read.h"
#include "index.h"
#include "run/timeline.h"

enum { OPT_AFTER = CLI_LONG, OPT_CALL, OPT_CORRELATION, OPT_ENTITY, OPT_OLDEST, OPT_TRACE };

static bool take_option(struct cli_ask *asked, int opt)
{
    struct sv_timeline_spec *spec = asked->verb;
    const char *value = asked->cli->value;
    switch (opt) {
    case 'f': spec->follow = true; return true;
    case OPT_AFTER: spec->after = value; return true;
    case OPT_CALL: spec->call = value; return true;
    case OPT_CORRELATION: spec->correlation = value; return true;
    case OPT_ENTITY: spec->entity = value; return true;
    case OPT_OLDEST: spec->oldest = true; return true;
    case OPT_TRACE: spec->trace = value; return true;
    default: return false;
    }
}

static int timeline(struct cli *cli)
{
    struct sv_timeline_spec spec = {.stop = cli_read_stop()};
    struct cli_ask asked = {.cli = cli,
                            .ask = {.list = {.columns = sv_timeline_columns, .count = sv_timeline_column_count}},
                            .verb = &spec};
    int status;
    if (!cli_ask_take(&asked, take_option, &status))
        return status;
    if (spec.follow)
        cli_read_signals();
    return cli_ask_answer(&asked, sv_timeline_open(&asked.ask, &spec, &cli->error));
}

static const struct cli_option options[] = {
    {CLI_GROUP, NULL, NULL, "Which", NULL},
    CLI_ASK_ROW_AGENT,
    CLI_ASK_ROW_SESSION,
    CLI_ASK_ROW_TEAM,
    CLI_ASK_ROW_HOST,
    CLI_ASK_ROW_TYPE,
    CLI_ASK_ROW_TOOL,
    {OPT_ENTITY, "entity", "ENTITY", "show only what is about this, such as task:T-12", NULL},
    {OPT_CORRELATION, "correlation", "ID", "show only what belongs to this", NULL},
    {OPT_TRACE, "trace", "ID", "show only this trace", NULL},
    {OPT_CALL, "call", "ID", "show only this call and its result", NULL},
    CLI_ASK_ROW_WHERE,
    {'S', "since", "TIME", "show only events since TIME, such as today or -2h", NULL},
    {'U', "until", "TIME", "show only events before TIME", NULL},
    CLI_ASK_ROW_NUMBER,
    {OPT_OLDEST, "oldest", NULL, "begin with the oldest", NULL},
    CLI_ASK_ROW_BEFORE,
    {OPT_AFTER, "after", "CURSOR", "go on where an earlier list ended, with --oldest", NULL},
    {'i', "input", "FORMAT", "read logs that are operands as this log format", "ask"},
    {'f', "follow", NULL, "show the last ones, then those that come", NULL},
    CLI_ASK_ROWS_OUTPUT,
    CLI_ASK_ROW_UTC,
    {CLI_GROUP, NULL, NULL, "Store", NULL},
    CLI_ASK_ROW_STORE,
    CLI_ASK_ROW_ARCHIVED,
    CLI_ASK_ROW_SLOW,
    CLI_ASK_ROW_WAIT,
    {0, NULL, NULL, NULL, NULL}};

const struct cli_program index_timeline = {
    .name = "timeline",
    .text = "show what happened, event by event",
    .operands = "[file ...]",
    .options = options,
    .versions = cli_ask_versions,
    .values = cli_ask_values,
    .run = timeline,
    .more = "Examples:\n"
            "  sv-index timeline --agent 'claude:*' -S today\n"
            "  sv-index timeline --entity task:T-12 --oldest\n"
            "  sv-index timeline --oldest -n 1000 ~/.claude/projects/shop\n"
            "  sv-index timeline -f --where 'status == \"error\"'\n",
};
