/* SPDX-License-Identifier: ISC */
/* sv-index emit: one event from a script. */
#include <string.h>

#include "base/limits.h"
#include "cli_read.h"
#include "index.h"
#include "run/emit.h"

enum { OPT_ENTITY = CLI_LONG, OPT_ID, OPT_PARENT, OPT_PRINT_ID, OPT_PRIORITY, OPT_STATUS, OPT_TEXT };

struct emitting {
    struct cli_read read;
    const char *key, *parent;
    bool prints;
};

/* The fields that have an option of their own. */
static const struct {
    int opt;
    enum sv_field field;
    const char *name;
} fields[] = {{CLI_ASK_TYPE, SV_F_TYPE, "--type"},          {CLI_ASK_AGENT, SV_F_AGENT, "--agent"},
              {CLI_ASK_SESSION, SV_F_SESSION, "--session"}, {OPT_PRIORITY, SV_F_PRIORITY, "--priority"},
              {OPT_STATUS, SV_F_STATUS, "--status"},        {OPT_TEXT, SV_F_TEXT, "--text"}};

static bool take_entity(struct emitting *emitting, const char *text)
{
    struct cli_read *read = &emitting->read;
    struct sv_slice type, id;
    if (!sv_ask_entity(sv_slice_str(text), &type, &id))
        return cli_refuse(read->cli, "--entity %s: TYPE:ID is expected, such as task:T-12", text);
    return cli_read_set(read, SV_F_ENTITY_TYPE, "--entity", sv_arena_dup(&read->arena, type).data) &&
           cli_read_set(read, SV_F_ENTITY_ID, "--entity", id.data);
}

static bool take_parent(struct emitting *emitting, const char *text)
{
    struct sv_slice type, id;
    emitting->parent = text;
    return sv_ask_entity(sv_slice_str(text), &type, &id) ||
           cli_refuse(emitting->read.cli, "--parent %s: TYPE:ID is expected, such as sprint:47", text);
}

static bool take_id(struct emitting *emitting, const char *text)
{
    emitting->key = text;
    size_t len = strlen(text);
    return (len > 0 && len <= SV_EVENT_ID_MAX) ||
           cli_refuse(emitting->read.cli, "--id: a key of 1 to %d bytes is expected, not of %zu", SV_EVENT_ID_MAX, len);
}

static bool take_option(struct cli_read *read, int opt)
{
    struct emitting *emitting = (struct emitting *)read;
    const char *value = read->cli->value;
    for (size_t i = 0; i < sizeof fields / sizeof *fields; i++)
        if (fields[i].opt == opt)
            return cli_read_set(read, fields[i].field, fields[i].name, value);
    switch (opt) {
    case OPT_ENTITY: return take_entity(emitting, value);
    case OPT_ID: return take_id(emitting, value);
    case OPT_PARENT: return take_parent(emitting, value);
    case OPT_PRINT_ID: emitting->prints = true; return true;
    default: return cli_read_take(read, opt);
    }
}

static bool complete(struct cli_read *read)
{
    struct cli *cli = read->cli;
    const struct sv_value *type = &read->preset[SV_F_TYPE];
    if (cli->operand_count > 0)
        return cli_refuse(cli, "unexpected operand \"%.100s\"; an event is told by options", cli->operands[0]);
    return (type->type == SV_STRING && type->len > 0) || cli_refuse(cli, "--type is missing: what has happened, such as task.status");
}

static int store(struct emitting *emitting)
{
    struct cli_read *read = &emitting->read;
    struct cli *cli = read->cli;
    bool has_tokens = read->preset[SV_F_INPUT_TOKENS].type != SV_ABSENT || read->preset[SV_F_OUTPUT_TOKENS].type != SV_ABSENT, was_there;
    struct sv_intake_spec spec = {.store = read->spec.store,
                                  .preset = read->preset,
                                  .prices = has_tokens ? read->spec.prices : NULL, /* reading them takes longer than all the rest */
                                  .no_redact = read->spec.no_redact};
    struct sv_buf id = {0};
    if (sv_emit(&spec, emitting->key, emitting->parent, &id, &was_there, &cli->error)) {
        if (was_there && cli->verbose > 0)
            cli_warn(cli, "%s: stored before", emitting->key);
        sv_buf_char(&id, '\n');
        if (emitting->prints)
            cli_write(cli, sv_buf_slice(&id));
    } else {
        cli_error(cli, &cli->error);
    }
    sv_buf_free(&id);
    return cli_close(cli, (int)cli->error.code);
}

static int emit(struct cli *cli)
{
    struct emitting emitting = {.read = {.cli = cli}};
    int status;
    if (cli_read_line(&emitting.read, take_option, complete, &status))
        status = store(&emitting);
    cli_read_free(&emitting.read);
    return status;
}

static const struct cli_option options[] = {
    {CLI_GROUP, NULL, NULL, "What", NULL},
    {CLI_ASK_TYPE, "type", "TYPE", "say what has happened, such as task.status", NULL},
    {OPT_ENTITY, "entity", "ENTITY", "say what it is about, such as task:T-12", NULL},
    {OPT_PARENT, "parent", "ENTITY", "say what that belongs to, such as sprint:47", NULL},
    {OPT_STATUS, "status", "TEXT", "say how that stands now", NULL},
    {CLI_ASK_AGENT, "agent", "NAME", "say who acts", NULL},
    {CLI_ASK_SESSION, "session", "ID", "say in which session", NULL},
    {OPT_PRIORITY, "priority", "LEVEL", "say how much it matters: P0 to P3", "P0 P1 P2 P3"},
    {OPT_TEXT, "text", "TEXT", "say more", NULL},
    {CLI_READ_SET, "set", "FIELD=VALUE", "fill another field; may be repeated", "ask"},
    {OPT_ID, "id", "KEY", "store it once, however often it is told with this key", NULL},
    {OPT_PRINT_ID, "print-id", NULL, "print its id", NULL},
    CLI_READ_ROW_NO_REDACT,
    {CLI_GROUP, NULL, NULL, "Store", NULL},
    {'d', "store", "FILE", "add to this one (default: $SV_STORE, the user's own)", "file"},
    CLI_ASK_ROW_SLOW,
    CLI_ASK_ROW_SYNC,
    CLI_ASK_ROW_WAIT,
    {0, NULL, NULL, NULL, NULL}};

const struct cli_program index_emit = {
    .name = "emit",
    .text = "store one event, told by options",
    .operands = "",
    .options = options,
    .versions = cli_read_versions,
    .values = cli_read_values,
    .run = emit,
    .more = "Examples:\n"
            "  sv-index emit --type task.status --entity task:T-12 --status done\n"
            "  sv-index emit --type deploy --agent ci --id \"deploy-$BUILD\"\n",
};
