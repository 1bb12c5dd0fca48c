/* SPDX-License-Identifier: ISC */
/* sv-index archive, restore: months that move out of the store, and come back. */
#include <string.h>

#include "base/os.h"
#include "base/time.h"
#include "index.h"
#include "run/archive.h"

enum { OPT_APPLY = CLI_LONG, OPT_KEEP, OPT_OLDER, OPT_REASON, OPT_TO, OPT_TYPE, OPT_ZSTD };

struct verb {
    struct sv_archive_job job;
    int64_t now_ns;
};

/* How long something stays, as the time before which it goes. */
static bool take_age(struct cli_ask *asked, const char *option, const char *text, bool may_be_never, int64_t *before_ns)
{
    const struct verb *verb = asked->verb;
    int64_t ns;
    if (may_be_never && strcmp(text, "never") == 0) {
        *before_ns = INT64_MIN;
        return true;
    }
    if (!sv_duration_parse(sv_slice_str(text), &ns) || ns < 0)
        return cli_refuse(asked->cli, "--%s %s: a duration such as 90d%s is expected", option, text, may_be_never ? ", or never," : "");
    *before_ns = verb->now_ns - ns;
    return true;
}

static bool take_type(struct cli_ask *asked, const char *text)
{
    struct sv_archive_rules *rules = &((struct verb *)asked->verb)->job.rules;
    const char *equals = strchr(text, '=');
    if (equals == NULL || equals == text)
        return cli_refuse(asked->cli, "--type %s: TYPE=AGE is expected", text);
    rules->ages = sv_realloc(rules->ages, (rules->age_count + 1) * sizeof *rules->ages);
    rules->ages[rules->age_count].type = sv_slice(text, (size_t)(equals - text));
    return take_age(asked, "type", equals + 1, true, &rules->ages[rules->age_count++].before_ns);
}

/* P0,P1: these stay; none: all go. */
static bool take_keep(struct cli_ask *asked, const char *text)
{
    struct sv_archive_rules *rules = &((struct verb *)asked->verb)->job.rules;
    memset(rules->keep, 0, sizeof rules->keep);
    if (strcmp(text, "none") == 0)
        return true;
    for (const char *at = text;;) {
        if (at[0] != 'P' || at[1] < '0' || at[1] > '3' || (at[2] != ',' && at[2] != '\0'))
            return cli_refuse(asked->cli, "--keep %s: priorities such as P0,P1 are expected, or none", text);
        rules->keep[at[1] - '0'] = true;
        if (at[2] == '\0')
            return true;
        at += 3;
    }
}

static bool take(struct cli_ask *asked, int opt)
{
    struct verb *verb = asked->verb;
    const char *value = asked->cli->value;
    switch (opt) {
    case OPT_APPLY: return verb->job.apply = true;
    case OPT_KEEP: return take_keep(asked, value);
    case OPT_OLDER: return take_age(asked, "older", value, false, &verb->job.rules.before_ns);
    case OPT_REASON: verb->job.by.reason = value; return true;
    case OPT_TO: verb->job.folder = value; return true;
    case OPT_TYPE: return take_type(asked, value);
    case OPT_ZSTD: return verb->job.zstd = true;
    default: return false;
    }
}

static struct verb verb_of(struct cli *cli)
{
    const int64_t days = INT64_C(86400) * SV_SECOND_NS;
    struct verb verb = {.now_ns = sv_os_now_ns(), .job = {.by = {.argc = cli->argc, .argv = cli->argv}}};
    verb.job.rules.before_ns = verb.now_ns - 90 * days;
    verb.job.rules.keep[0] = verb.job.rules.keep[1] = true;
    return verb;
}

static int answer(struct cli_ask *asked)
{
    struct cli *cli = asked->cli;
    struct verb *verb = asked->verb;
    const char *const *words = cli->operands;
    if (cli->operand_count == 0)
        return cli_ask_answer(asked, sv_archive_open(&asked->ask, &verb->job, &cli->error));
    if (strcmp(words[0], "list") == 0 && cli->operand_count == 1)
        return cli_ask_answer(asked, sv_archive_list_open(&asked->ask, &cli->error));
    if (strcmp(words[0], "moved") == 0 && cli->operand_count == 3)
        return cli_ask_answer(asked, sv_archive_moved_open(&asked->ask, words[1], words[2], &verb->job.by, &cli->error));
    cli_refuse(cli, "archive takes no operands, or: list, or: moved MONTH WHERE");
    return cli_ask_close(asked, SV_USAGE);
}

static int archive(struct cli *cli)
{
    struct verb verb = verb_of(cli);
    struct cli_ask asked = {.cli = cli, .verb = &verb, .ask = {.list = {.columns = sv_archive_columns, .count = sv_archive_column_count}}};
    int status;
    if (cli_ask_take(&asked, take, &status))
        status = answer(&asked);
    sv_free(verb.job.rules.ages);
    return status;
}

static int restore(struct cli *cli)
{
    struct verb verb = verb_of(cli);
    struct cli_ask asked = {.cli = cli, .verb = &verb, .ask = {.list = {.columns = sv_archive_columns, .count = sv_archive_column_count}}};
    int status;
    if (!cli_ask_take(&asked, take, &status))
        return status;
    if (cli->operand_count == 0) {
        cli_refuse(cli, "a month is missing; sv-index archive list shows those that there are");
        return cli_ask_close(&asked, SV_USAGE);
    }
    return cli_ask_answer(&asked, sv_restore_open(&asked.ask, &verb.job.by, &cli->error));
}

static const struct cli_option archive_options[] = {
    {CLI_GROUP, NULL, NULL, "Which", NULL},
    {OPT_OLDER, "older", "DURATION", "let go what is older (default: 90d)", NULL},
    {OPT_KEEP, "keep", "LEVELS", "keep events of these priorities (default: P0,P1)", NULL},
    {OPT_TYPE, "type", "TYPE=AGE", "let these types go when older; may be repeated", NULL},
    {CLI_GROUP, NULL, NULL, "How", NULL},
    {OPT_APPLY, "apply", NULL, "make it so; else only say what would be done", NULL},
    {OPT_TO, "to", "FOLDER", "make files there (default: archive beside the store)", "folder"},
    {OPT_ZSTD, "zstd", NULL, "store compressed files (needs the program zstd)", NULL},
    {OPT_REASON, "reason", "TEXT", "keep TEXT as the reason", NULL},
    CLI_ASK_ROWS_OUTPUT,
    CLI_ASK_ROW_UTC,
    {CLI_GROUP, NULL, NULL, "Store", NULL},
    CLI_ASK_ROW_USE,
    CLI_ASK_ROW_SLOW,
    CLI_ASK_ROW_WAIT,
    {0, NULL, NULL, NULL, NULL}};

const struct cli_program index_archive = {
    .name = "archive",
    .text = "move old months into files of their own, list those, tell where one is",
    .operands = "[list | moved MONTH WHERE]",
    .options = archive_options,
    .versions = cli_ask_versions,
    .values = cli_ask_values,
    .run = archive,
    .more = "Examples:\n"
            "  sv-index archive\n"
            "  sv-index archive --apply --older 30d --type 'task.*=365d' --zstd\n"
            "  sv-index archive list\n"
            "  sv-index archive moved 2026-03 'tape 7, shelf 2'\n",
};

static const struct cli_option restore_options[] = {
    {CLI_GROUP, NULL, NULL, "How", NULL},
    {OPT_REASON, "reason", "TEXT", "keep TEXT as the reason", NULL},
    CLI_ASK_ROWS_OUTPUT,
    CLI_ASK_ROW_UTC,
    {CLI_GROUP, NULL, NULL, "Store", NULL},
    CLI_ASK_ROW_USE,
    CLI_ASK_ROW_SLOW,
    CLI_ASK_ROW_SYNC,
    CLI_ASK_ROW_WAIT,
    {0, NULL, NULL, NULL, NULL}};

const struct cli_program index_restore = {
    .name = "restore",
    .text = "bring archived months back into the store",
    .operands = "MONTH ...",
    .options = restore_options,
    .versions = cli_ask_versions,
    .values = cli_ask_values,
    .run = restore,
    .more = "Examples:\n"
            "  sv-index restore 2026-08\n",
};
