/* SPDX-License-Identifier: ISC */
/* sv-index context. */
#include "base/num.h"
#include "index.h"
#include "run/context.h"

enum { OPT_MAX_TOKENS = CLI_LONG, EVENTS = 100 };

static bool take_option(struct cli_ask *asked, int opt)
{
    struct sv_context_spec *spec = asked->verb;
    uint64_t tokens;
    if (opt != OPT_MAX_TOKENS)
        return false;
    if (!sv_num_uint(sv_slice_str(asked->cli->value), &tokens) || tokens < SV_CONTEXT_TOKENS_MIN || tokens > 1000000)
        return cli_refuse(asked->cli, "--max-tokens %s: a number from %d to 1000000 is expected", asked->cli->value, SV_CONTEXT_TOKENS_MIN);
    spec->max_tokens = (size_t)tokens;
    return true;
}

static int context(struct cli *cli)
{
    struct sv_context_spec spec = {0};
    struct cli_ask asked = {.cli = cli, .ask = {.number = EVENTS, .list = {.form = SV_LIST_TEXT}}, .verb = &spec, .output_set = true};
    int status;
    if (!cli_ask_take(&asked, take_option, &status))
        return status;
    return cli_ask_answer(&asked, sv_context_open(&asked.ask, &spec, &cli->error));
}

static const struct cli_option options[] = {
    {CLI_GROUP, NULL, NULL, "What", NULL},
    {OPT_MAX_TOKENS, "max-tokens", "N", "keep it within so many tokens (default: 8000)", NULL},
    {'n', "number", "N", "show so many events, the newest (default: 100)", NULL},
    {'i', "input", "FORMAT", "read logs that are operands as this log format", "ask"},
    {CLI_GROUP, NULL, NULL, "Output", NULL},
    {'o', "output", "FORM", "print text (Markdown, the default) or json", "text json"},
    {CLI_ASK_UTC, "utc", NULL, "print times in UTC", NULL},
    {CLI_GROUP, NULL, NULL, "Store", NULL},
    CLI_ASK_ROW_STORE,
    CLI_ASK_ROW_SLOW,
    CLI_ASK_ROW_WAIT,
    {0, NULL, NULL, NULL, NULL}};

const struct cli_program index_context = {
    .name = "context",
    .text = "tell what one needs to know of a task or a session",
    .operands = "entity | session [file ...]",
    .options = options,
    .versions = cli_ask_versions,
    .values = cli_ask_values,
    .run = context,
    .more = "Examples:\n"
            "  sv-index context task:T-12\n"
            "  sv-index context --max-tokens 2000 7c0f9a52 | llm 'what is left to do?'\n"
            "  sv-index context -o json task:T-12 logs/\n",
};
