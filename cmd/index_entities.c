/* SPDX-License-Identifier: ISC */
/* sv-index entities. */
#include "base/mem.h"
#include "index.h"
#include "run/entities.h"

enum { OPT_PARENT = CLI_LONG, OPT_STATUS };

static bool take_option(struct cli_ask *asked, int opt)
{
    struct sv_entities_spec *spec = asked->verb;
    switch (opt) {
    case OPT_PARENT: spec->parent = asked->cli->value; return true;
    case OPT_STATUS: sv_ask_words_add(&spec->status, asked->cli->value); return true;
    default: return false;
    }
}

static int entities(struct cli *cli)
{
    struct sv_entities_spec spec = {0};
    struct cli_ask asked = {.cli = cli,
                            .ask = {.list = {.columns = sv_entities_columns, .count = sv_entities_column_count}},
                            .verb = &spec};
    int status;
    if (cli_ask_take(&asked, take_option, &status))
        status = cli_ask_answer(&asked, sv_entities_open(&asked.ask, &spec, &cli->error));
    sv_free(spec.status.items);
    return status;
}

static const struct cli_option options[] = {
    {CLI_GROUP, NULL, NULL, "Which", NULL},
    {OPT_PARENT, "parent", "ENTITY", "show only what belongs to this, such as sprint:47", NULL},
    {OPT_STATUS, "status", "GLOB", "show only what stands so; may be repeated", NULL},
    {CLI_ASK_AGENT, "agent", "GLOB", "show only what these agents have; may be repeated", "ask"},
    {'S', "since", "TIME", "show only what changed since TIME", NULL},
    {'U', "until", "TIME", "show only what last changed before TIME", NULL},
    {'n', "number", "N", "show so many, last changed first (default: 50)", NULL},
    CLI_ASK_ROW_BEFORE,
    CLI_ASK_ROWS_OUTPUT,
    CLI_ASK_ROW_UTC,
    {CLI_GROUP, NULL, NULL, "Store", NULL},
    CLI_ASK_ROW_STORE,
    CLI_ASK_ROW_SLOW,
    CLI_ASK_ROW_WAIT,
    {0, NULL, NULL, NULL, NULL}};

const struct cli_program index_entities = {
    .name = "entities",
    .text = "show how every task, sprint or the like stands",
    .operands = "[entity ...]",
    .options = options,
    .versions = cli_ask_versions,
    .values = cli_ask_values,
    .run = entities,
    .more = "Examples:\n"
            "  sv-index entities task --status running\n"
            "  sv-index entities --parent sprint:47 -n 1000\n"
            "  sv-index entities task:T-12\n",
};
