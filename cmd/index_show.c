/* SPDX-License-Identifier: ISC */
/* sv-index show. */
#include "index.h"
#include "run/show.h"

static int show(struct cli *cli)
{
    struct cli_ask asked = {.cli = cli};
    int status;
    if (!cli_ask_take(&asked, NULL, &status))
        return status;
    return cli_ask_answer(&asked, sv_show_open(&asked.ask, &cli->error));
}

static const struct cli_option options[] = {
    {CLI_GROUP, NULL, NULL, "Output", NULL},
    {'o', "output", "FORM", "print text (on terminals), json (elsewhere)", "text json"},
    {CLI_GROUP, NULL, NULL, "Store", NULL},
    CLI_ASK_ROW_STORE,
    CLI_ASK_ROW_SLOW,
    CLI_ASK_ROW_WAIT,
    {0, NULL, NULL, NULL, NULL}};

const struct cli_program index_show = {
    .name = "show",
    .text = "show all there is about an event or an evaluation",
    .operands = "id ...",
    .options = options,
    .versions = cli_ask_versions,
    .values = cli_ask_values,
    .run = show,
    .more = "Examples:\n"
            "  sv-index show 01a22d7e-a00c\n"
            "  sv-index show 'force-push@4328fdd4fa144688:69.0'\n",
};
