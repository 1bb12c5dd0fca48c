/* SPDX-License-Identifier: ISC */
/* sv-index export: stored events, for another store. */
#include <errno.h>
#include <string.h>
#include <unistd.h>

#include "base/num.h"
#include "base/os.h"
#include "index.h"
#include "run/export.h"

enum { OPT_FORGET = CLI_LONG, OPT_REPEAT, OPT_SINCE_LAST, WATCHED_MS = 1000 };

struct verb {
    struct sv_export_spec spec;
    const char *forget;
};

static bool take_name(struct cli_ask *asked, const char *option, const char *text, const char **name)
{
    *name = text;
    return (text[0] != '\0' && strlen(text) <= SV_EXPORT_NAME_MAX) ||
           cli_refuse(asked->cli, "--%s: a name of 1 to %d bytes is expected", option, SV_EXPORT_NAME_MAX);
}

static bool take(struct cli_ask *asked, int opt)
{
    struct verb *verb = asked->verb;
    const char *value = asked->cli->value;
    uint64_t bytes;
    switch (opt) {
    case OPT_FORGET: return take_name(asked, "forget", value, &verb->forget);
    case OPT_SINCE_LAST: return take_name(asked, "since-last", value, &verb->spec.name);
    case OPT_REPEAT:
        if (!sv_num_uint(sv_slice_str(value), &bytes) || bytes > 1 << 30)
            return cli_refuse(asked->cli, "--repeat %s: a number of bytes is expected", value);
        verb->spec.repeat = (size_t)bytes;
        return true;
    default: return false;
    }
}

/* All was written; was it taken, too? Who reads at the other end of a pipe has a moment to fail. */
static void keep_place(struct cli *cli, struct sv_answer *answer)
{
    if (!sv_export_is_due(answer))
        return;
    if (!sv_os_settle(STDOUT_FILENO, WATCHED_MS)) {
        cli->out_closed = errno == EPIPE;
        if (!cli->out_closed)
            sv_error_errno(&cli->error, "standard output");
        return;
    }
    sv_export_taken(answer, &cli->error);
}

static int put(struct cli_ask *asked, struct sv_answer *answer)
{
    const struct verb *verb = asked->verb;
    struct cli *cli = asked->cli;
    struct sv_slice out;
    while (answer != NULL && sv_answer_next(answer, &out, &cli->error) && cli_ask_put(asked, out))
        ;
    if (answer != NULL && verb->spec.name != NULL && cli->error.code == SV_DONE && !cli->out_closed && !cli->out_failed)
        keep_place(cli, answer);
    if (answer != NULL)
        cli_ask_remarks(cli, answer);
    if (verb->spec.name != NULL && cli->out_closed)
        sv_error_set(&cli->error, SV_SYSTEM, "who reads went away; the next export for \"%s\" begins where this one did", verb->spec.name);
    return cli_ask_close(asked, (int)sv_answer_close(answer));
}

static int export(struct cli *cli)
{
    struct verb verb = {.spec.repeat = SV_EXPORT_REPEAT};
    struct cli_ask asked = {.cli = cli, .verb = &verb, .output_set = true};
    int status;
    if (!cli_ask_take(&asked, take, &status))
        return status;
    if (verb.forget == NULL)
        return put(&asked, sv_export_open(&asked.ask, &verb.spec, &cli->error));
    sv_export_forget(&asked.ask, verb.forget, &cli->error);
    return cli_ask_close(&asked, SV_DONE);
}

static const struct cli_option options[] = {
    {CLI_GROUP, NULL, NULL, "Which", NULL},
    {OPT_SINCE_LAST, "since-last", "NAME", "print what this reader was not given yet", NULL},
    CLI_ASK_ROW_AGENT,
    CLI_ASK_ROW_SESSION,
    CLI_ASK_ROW_TEAM,
    CLI_ASK_ROW_HOST,
    CLI_ASK_ROW_TYPE,
    CLI_ASK_ROW_TOOL,
    CLI_ASK_ROW_WHERE,
    {'S', "since", "TIME", "print only events since TIME, such as today or -2h", NULL},
    {'U', "until", "TIME", "print only events before TIME", NULL},
    {CLI_GROUP, NULL, NULL, "How", NULL},
    {OPT_REPEAT, "repeat", "BYTES", "send the last so many once more (default: 4194304)", NULL},
    {OPT_FORGET, "forget", "NAME", "keep no place for this reader, and print nothing", NULL},
    {CLI_GROUP, NULL, NULL, "Store", NULL},
    CLI_ASK_ROW_USE,
    CLI_ASK_ROW_SLOW,
    CLI_ASK_ROW_SYNC,
    CLI_ASK_ROW_WAIT,
    {0, NULL, NULL, NULL, NULL}};

const struct cli_program index_export = {
    .name = "export",
    .text = "print stored events for another store",
    .operands = "",
    .options = options,
    .versions = cli_ask_versions,
    .values = cli_ask_values,
    .run = export,
    .more = "Examples:\n"
            "  sv-index export -S 2026-11-01 | zstd >november.ndjson.zst\n"
            "  ssh web3 sv-index export --since-last=hub | sv-index import\n",
};
