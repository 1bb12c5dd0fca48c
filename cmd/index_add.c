/* SPDX-License-Identifier: ISC */
/* sv-index add: logs into the store. */
#include "base/limits.h"
#include "base/num.h"
#include "base/time.h"
#include "cli_read.h"
#include "index.h"

enum { OPT_BODY_MAX = CLI_LONG, OPT_DEBOUNCE, OPT_SAMPLE };

struct adding {
    struct cli_read read;
    struct sv_thin thin;
};

static bool take_body_max(struct adding *adding, const char *text)
{
    uint64_t bytes;
    if (!sv_num_uint(sv_slice_str(text), &bytes) || bytes < SV_BODY_MIN || bytes > SV_LINE_MAX)
        return cli_refuse(adding->read.cli, "--body-max %s: a number of bytes from %u to %u is expected", text, SV_BODY_MIN, SV_LINE_MAX);
    adding->read.spec.body_max = (size_t)bytes;
    return true;
}

static bool take_debounce(struct adding *adding, const char *text)
{
    return (sv_duration_parse(sv_slice_str(text), &adding->thin.debounce_ns) && adding->thin.debounce_ns > 0) ||
           cli_refuse(adding->read.cli, "--debounce %s: a duration such as 5s is expected", text);
}

static bool take_sample(struct adding *adding, const char *text)
{
    adding->read.cli->error = (struct sv_error){0};
    return sv_thin_sample(&adding->thin, text, &adding->read.cli->error);
}

static bool take_option(struct cli_read *read, int opt)
{
    struct adding *adding = (struct adding *)read;
    const char *value = read->cli->value;
    switch (opt) {
    case OPT_BODY_MAX: return take_body_max(adding, value);
    case OPT_DEBOUNCE: return take_debounce(adding, value);
    case OPT_SAMPLE: return take_sample(adding, value);
    default: return cli_read_take(read, opt);
    }
}

static int add(struct cli *cli)
{
    struct adding adding = {.read = {.cli = cli, .spec = {.collect = true, .thin = &adding.thin}}};
    int status;
    cli_read_signals();
    if (cli_read_line(&adding.read, take_option, NULL, &status))
        status = cli_close(cli, cli_read_run(&adding.read));
    cli_read_free(&adding.read);
    sv_thin_free(&adding.thin);
    return status;
}

static const struct cli_option options[] = {
    {CLI_GROUP, NULL, NULL, "Input", NULL},
    CLI_READ_ROW_FORMAT,
    CLI_READ_ROW_SINCE,
    CLI_READ_ROW_UNTIL,
    CLI_READ_ROW_HOME,
    CLI_READ_ROW_SET,
    {'f', "follow", NULL, "read on as files grow and rotate", NULL},
    {CLI_READ_STRICT, "strict", NULL, "end with 3 when a record was rejected", NULL},
    {CLI_GROUP, NULL, NULL, "What is kept", NULL},
    {OPT_BODY_MAX, "body-max", "BYTES", "cut events longer than this (default: 65536)", NULL},
    {OPT_SAMPLE, "sample", "TYPE=SHARE", "keep a share of these types; may be repeated", NULL},
    {OPT_DEBOUNCE, "debounce", "DURATION", "keep one of what is alike in so long a time", NULL},
    CLI_READ_ROW_NO_REDACT,
    {CLI_GROUP, NULL, NULL, "Store", NULL},
    {'d', "store", "FILE", "add to this one (default: $SV_STORE, the user's own)", "file"},
    CLI_ASK_ROW_SLOW,
    CLI_ASK_ROW_SYNC,
    CLI_ASK_ROW_WAIT,
    {0, NULL, NULL, NULL, NULL}};

const struct cli_program index_add = {
    .name = "add",
    .text = "read logs and keep their events, each once",
    .operands = "[file ...]",
    .options = options,
    .versions = cli_read_versions,
    .values = cli_read_values,
    .run = add,
    .more = "Examples:\n"
            "  sv-index add ~/.claude/projects\n"
            "  sv-index add -f --sample metric=0.1 --debounce 5s /var/log/agents\n"
            "  some-agent --json | sv-index add\n",
};
