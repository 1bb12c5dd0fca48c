/* SPDX-License-Identifier: ISC */
/* sv-team inbox, read, ack, wait. */
#include <string.h>

#include "base/num.h"
#include "base/time.h"
#include "cli_read.h"
#include "run/mail.h"
#include "team.h"

enum { OPT_BOUND = CLI_LONG, OPT_FROM, OPT_FULL, OPT_PEEK, OPT_STATE, OPT_TIMEOUT };

/* --- inbox --- */

static bool take_full(struct cli *cli, struct sv_mail_inbox *inbox)
{
    inbox->drop_oldest = strcmp(cli->value, "drop-oldest") == 0;
    inbox->settle = inbox->has_full = true;
    return inbox->drop_oldest || strcmp(cli->value, "reject") == 0 || cli_refuse(cli, "--full %s: reject or drop-oldest is expected", cli->value);
}

static bool take_bound(struct cli *cli, struct sv_mail_inbox *inbox)
{
    uint64_t n;
    if (!sv_num_uint(sv_slice_str(cli->value), &n) || n == 0 || n > 1000000)
        return cli_refuse(cli, "--bound %s: a number from 1 to 1000000 is expected", cli->value);
    inbox->bound = (int64_t)n;
    inbox->settle = true;
    return true;
}

static bool take_inbox(struct cli_ask *asked, int opt)
{
    struct sv_mail_inbox *inbox = asked->verb;
    struct cli *cli = asked->cli;
    switch (opt) {
    case OPT_BOUND: return take_bound(cli, inbox);
    case OPT_FROM: inbox->from = cli->value; return true;
    case OPT_FULL: return take_full(cli, inbox);
    case OPT_PEEK: inbox->peek = true; return true;
    case OPT_STATE:
        inbox->has_state = true;
        return sv_message_state(sv_slice_str(cli->value), &inbox->state) ||
               cli_refuse(cli, "--state %s: queued, delivered, read, acked, expired or dropped is expected", cli->value);
    default: return false;
    }
}

static int run_inbox(struct cli *cli)
{
    struct sv_mail_inbox inbox = {0};
    struct cli_ask asked = {.cli = cli, .verb = &inbox, .ask = {.list = {.columns = sv_mail_columns, .count = sv_mail_column_count}}};
    int status;
    if (!cli_ask_take(&asked, take_inbox, &status))
        return status;
    inbox.agent = cli->operand_count > 0 ? cli->operands[0] : NULL;
    if (cli->operand_count > 1 || (inbox.settle && inbox.agent == NULL)) {
        cli_refuse(cli, inbox.settle ? "inbox: say whose mailbox" : "inbox: one agent at a time; without one all messages are listed");
        return cli_ask_usage(&asked);
    }
    return cli_ask_answer(&asked, sv_mail_inbox_open(&asked.ask, &inbox, &cli->error));
}

static const struct cli_option inbox_options[] = {
    {CLI_GROUP, NULL, NULL, "Which", NULL},
    {OPT_FROM, "from", "NAME", "show only messages from this agent", "ask"},
    {OPT_STATE, "state", "WHICH", "show only messages in this state", "queued delivered read acked expired dropped"},
    {'S', "since", "TIME", "show only what was sent since TIME, such as today or -2h", NULL},
    {'U', "until", "TIME", "show only what was sent before TIME", NULL},
    CLI_ASK_ROW_NUMBER,
    CLI_ASK_ROW_BEFORE,
    {OPT_PEEK, "peek", NULL, "note nothing as delivered", NULL},
    {CLI_GROUP, NULL, NULL, "The mailbox", NULL},
    {OPT_BOUND, "bound", "N", "let so many messages wait at most (default: 10000)", NULL},
    {OPT_FULL, "full", "HOW", "let a full one reject (default), or drop-oldest", "reject drop-oldest"},
    CLI_ASK_ROWS_OUTPUT,
    CLI_ASK_ROW_UTC,
    {CLI_GROUP, NULL, NULL, "Store", NULL},
    CLI_ASK_ROW_USE,
    CLI_ASK_ROW_WAIT,
    {0, NULL, NULL, NULL, NULL}};

const struct cli_program team_inbox = {
    .name = "inbox",
    .text = "list messages to an agent, newest first, or all messages",
    .operands = "[agent]",
    .options = inbox_options,
    .versions = cli_ask_versions,
    .values = cli_ask_values,
    .run = run_inbox,
    .more = "Examples:\n"
            "  sv-team inbox claude:shop\n"
            "  sv-team inbox --state queued -S -1d -o json | jq .to\n"
            "  sv-team inbox claude:shop --bound 100 --full drop-oldest\n",
};

/* --- read, ack --- */

static int run_ids(struct cli *cli, bool ack)
{
    struct cli_ask asked = {.cli = cli, .ask = {.list = {.columns = sv_mail_columns, .count = sv_mail_column_count}}};
    struct sv_findings findings = {0};
    int status;
    if (!cli_ask_take(&asked, NULL, &status))
        return status;
    if (cli->operand_count == 0) {
        cli_refuse(cli, "%s: say which, by an id or its beginning", cli->program->name);
        return cli_ask_usage(&asked);
    }
    struct sv_answer *answer = sv_mail_open_messages(&asked.ask, ack, &findings, &cli->error);
    cli_findings(cli, &findings);
    return cli_ask_answer(&asked, answer);
}

static int run_read(struct cli *cli)
{
    return run_ids(cli, false);
}

static int run_ack(struct cli *cli)
{
    return run_ids(cli, true);
}

static const struct cli_option read_options[] = {
    CLI_ASK_ROWS_OUTPUT,
    CLI_ASK_ROW_UTC,
    {CLI_GROUP, NULL, NULL, "Store", NULL},
    CLI_ASK_ROW_USE,
    CLI_ASK_ROW_WAIT,
    {0, NULL, NULL, NULL, NULL}};

const struct cli_program team_read = {
    .name = "read",
    .text = "show messages whole, and note them as read",
    .operands = "id ...",
    .options = read_options,
    .versions = cli_ask_versions,
    .values = cli_ask_values,
    .run = run_read,
    .more = "Examples:\n"
            "  sv-team read 1hfx3k2m9q0aa\n",
};

static const struct cli_option ack_options[] = {CLI_ASK_ROW_USE, CLI_ASK_ROW_WAIT, {0, NULL, NULL, NULL, NULL}};

const struct cli_program team_ack = {
    .name = "ack",
    .text = "note messages as dealt with",
    .operands = "id ...",
    .options = ack_options,
    .versions = cli_ask_versions,
    .values = cli_ask_values,
    .run = run_ack,
    .more = "Examples:\n"
            "  sv-team ack 1hfx3k2m9q0aa\n",
};

/* --- wait --- */

static bool take_wait(struct cli_ask *asked, int opt)
{
    struct sv_mail_wait *wait = asked->verb;
    struct cli *cli = asked->cli;
    if (opt != OPT_TIMEOUT)
        return false;
    return (sv_duration_parse(sv_slice_str(cli->value), &wait->timeout_ns) && wait->timeout_ns >= 0) ||
           cli_refuse(cli, "--timeout %s: a duration such as 30s is expected", cli->value);
}

static int run_wait(struct cli *cli)
{
    struct sv_mail_wait wait = {.timeout_ns = -1, .stop = cli_read_stop()};
    struct cli_ask asked = {.cli = cli, .verb = &wait, .ask = {.number = 1, .list = {.columns = sv_mail_columns, .count = sv_mail_column_count}}};
    int status;
    if (!cli_ask_take(&asked, take_wait, &status))
        return status;
    if (cli->operand_count != 1) {
        cli_refuse(cli, "wait: say for whose messages");
        return cli_ask_usage(&asked);
    }
    wait.agent = cli->operands[0];
    cli_read_signals();
    return cli_ask_answer(&asked, sv_mail_wait_open(&asked.ask, &wait, &cli->error));
}

static const struct cli_option wait_options[] = {
    {CLI_GROUP, NULL, NULL, "Which", NULL},
    {'n', "number", "N", "take up to so many that wait (default: 1)", NULL},
    {OPT_TIMEOUT, "timeout", "DURATION", "wait no longer than this (default: without end)", NULL},
    CLI_ASK_ROWS_OUTPUT,
    CLI_ASK_ROW_UTC,
    {CLI_GROUP, NULL, NULL, "Store", NULL},
    CLI_ASK_ROW_USE,
    CLI_ASK_ROW_WAIT,
    {0, NULL, NULL, NULL, NULL}};

const struct cli_program team_wait = {
    .name = "wait",
    .text = "wait for messages to an agent, and show them; 1 if none came in time",
    .operands = "agent",
    .options = wait_options,
    .versions = cli_ask_versions,
    .values = cli_ask_values,
    .run = run_wait,
    .more = "Examples:\n"
            "  sv-team wait claude:shop --timeout 10m\n"
            "  while sv-team wait ci -o json; do :; done\n",
};
