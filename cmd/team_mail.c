/* SPDX-License-Identifier: ISC */
/* sv-team send: a message from the command line, or many from lines of JSON. */
#include <unistd.h>

#include "base/limits.h"
#include "base/os.h"
#include "base/time.h"
#include "input/input.h"
#include "run/mail.h"
#include "team.h"

enum {
    OPT_BULK = CLI_LONG,
    OPT_CORRELATION,
    OPT_EXPIRES,
    OPT_FROM,
    OPT_ID,
    OPT_PRIORITY,
    OPT_REPLY_TO,
    OPT_SUBJECT,
    OPT_TO
};

struct send {
    struct cli_ask asked;
    struct sv_mail_letter letter; /* what the line says: of many, what they lack */
    struct sv_ask_words to;
    bool bulk;
    struct sv_mail *mail;
    struct sv_findings findings;
    struct sv_buf out;
    uint64_t wrong;
};

/* `1h`: from now on; or a time. */
static bool take_expires(struct cli *cli, const char *text, int64_t *ns)
{
    int64_t span;
    if (!sv_duration_parse(sv_slice_str(text), &span))
        return cli_time(cli, text, ns);
    return (span > 0 && !__builtin_add_overflow(sv_os_now_ns(), span, ns)) || cli_refuse(cli, "--expires %s: that is over already", text);
}

static bool take_own(struct cli_ask *asked, int opt)
{
    struct send *send = asked->verb;
    struct cli *cli = asked->cli;
    struct sv_mail_letter *letter = &send->letter;
    struct sv_slice value = sv_slice_str(cli->value);
    switch (opt) {
    case OPT_BULK: send->bulk = true; return true;
    case OPT_CORRELATION: letter->correlation = value; return true;
    case OPT_EXPIRES: return take_expires(cli, cli->value, &letter->expires_ns);
    case OPT_FROM: letter->from = value; return true;
    case OPT_ID: letter->own = value; return true;
    case OPT_PRIORITY:
        return sv_message_priority(value, &letter->priority) || cli_refuse(cli, "--priority %s: P0, P1, P2 or P3 is expected", cli->value);
    case OPT_REPLY_TO: letter->reply_to = value; return true;
    case OPT_SUBJECT: letter->subject = value; return true;
    case OPT_TO:
        send->to.items = sv_realloc(send->to.items, (send->to.count + 1) * sizeof *send->to.items);
        send->to.items[send->to.count++] = cli->value;
        return true;
    default: return false;
    }
}

static void tell_strangers(struct send *send)
{
    struct sv_buf names = {0};
    sv_mail_put_strangers(send->mail, &names);
    if (names.len > 0)
        cli_warn(send->asked.cli, "nobody called %s was seen yet: it waits there", sv_buf_cstr(&names));
    sv_buf_free(&names);
}

/* A batch: what was sent is on stdout when it is in the store. */
static bool send_batch(struct send *send, bool whole, bool show)
{
    struct cli *cli = send->asked.cli;
    bool fine = sv_mail_send(send->mail, whole, &send->findings, &cli->error);
    cli_findings(cli, &send->findings);
    if (!fine)
        return false;
    tell_strangers(send);
    sv_buf_clear(&send->out);
    if (show)
        sv_mail_put_sent(send->mail, &send->asked.ask.list, &send->out);
    return cli_write(cli, sv_buf_slice(&send->out));
}

/* --- one --- */

/* To each that was named; all that is wrong is told. */
static bool post_to_all(struct send *send)
{
    struct cli *cli = send->asked.cli;
    struct sv_findings wrong = {0};
    for (size_t i = 0; i < send->to.count || i == 0; i++) {
        struct sv_error err = {0};
        if (send->to.count > 0)
            send->letter.to = sv_slice_str(send->to.items[i]);
        if (!sv_mail_post(send->mail, &send->letter, &err))
            sv_findings_add(&wrong, &err);
    }
    if (wrong.count == 0)
        return true;
    sv_findings_fail(&wrong, "nothing was sent", &cli->error);
    cli_findings(cli, &wrong);
    return false;
}

static bool send_one(struct send *send)
{
    struct cli *cli = send->asked.cli;
    struct sv_buf text = {0};
    bool fine = sv_os_slurp_fd(STDIN_FILENO, SV_MESSAGE_BODY_MAX, &text, &cli->error);
    if (!fine)
        sv_error_prefix(&cli->error, "the text: ");
    if (text.len > 0 && text.data[text.len - 1] == '\n') /* of the last line */
        text.len--;
    send->letter.text = sv_buf_slice(&text);
    fine = fine && post_to_all(send);
    if (fine && send->asked.ask.list.form == SV_LIST_CSV)
        sv_list_head(&send->asked.ask.list, &send->out), cli_write(cli, sv_buf_slice(&send->out));
    fine = fine && send_batch(send, true, true);
    sv_buf_free(&text);
    return fine;
}

/* --- many --- */

/* An empty line is none. */
static bool take_line(struct send *send, const struct sv_record *record, struct sv_error *err)
{
    if (record->flaw != NULL)
        return sv_error_set(err, SV_INPUT, "%s", record->flaw);
    return sv_slice_trim(record->text).len == 0 || sv_mail_post_json(send->mail, &send->letter, record->text, err);
}

static void tell_line(struct send *send, const char *path, const struct sv_record *record, struct sv_error *err)
{
    if (++send->wrong <= 10) {
        sv_error_at(err, path, (uint32_t)record->line, err->column);
        cli_error(send->asked.cli, err);
    }
}

/* Until the input ends, or something fails: batches as they come. */
static bool take_lines(struct send *send, struct sv_input *input)
{
    struct cli *cli = send->asked.cli;
    bool shows = send->asked.output_set && send->asked.ask.list.form != SV_LIST_TEXT;
    struct sv_record record;
    for (;;) {
        struct sv_error err = {0};
        enum sv_input_state state = sv_input_next(input, &record, sv_mail_posted(send->mail) > 0 ? 20 : -1, &err);
        if (state == SV_INPUT_RECORD && !take_line(send, &record, &err))
            tell_line(send, sv_input_source(input, record.source)->path, &record, &err);
        if (state == SV_INPUT_FAILED) {
            cli->error = err;
            return false;
        }
        bool is_over = state == SV_INPUT_END || state == SV_INPUT_IDLE;
        if ((is_over || sv_mail_is_full(send->mail)) && sv_mail_posted(send->mail) > 0 && !send_batch(send, false, shows))
            return false;
        if (state == SV_INPUT_END)
            return true;
    }
}

static bool send_many(struct send *send)
{
    struct cli *cli = send->asked.cli;
    struct sv_input_spec spec = {.operands = cli->operands, .count = cli->operand_count, .not_before_ns = INT64_MIN};
    if (send->to.count > 0)
        send->letter.to = sv_slice_str(send->to.items[0]);
    struct sv_input *input = sv_mail_bulk(send->mail, &cli->error) ? sv_input_open(&spec, &cli->error) : NULL;
    bool fine = input != NULL && take_lines(send, input);
    const struct sv_mail_counts *counts = sv_mail_counts(send->mail);
    cli_warn(cli, "%llu sent, %llu were there already, %llu refused by full mailboxes, %llu lines rejected; %llu older ones made room",
             (unsigned long long)counts->sent, (unsigned long long)counts->twice, (unsigned long long)counts->refused,
             (unsigned long long)send->wrong, (unsigned long long)counts->dropped);
    sv_input_close(input);
    return fine;
}

static int usage_or(struct send *send)
{
    sv_free(send->to.items);
    return cli_ask_usage(&send->asked);
}

static int run_send(struct cli *cli)
{
    struct send send = {.letter.priority = -1};
    send.asked = (struct cli_ask){.cli = cli, .verb = &send, .ask = {.list = {.columns = sv_mail_columns, .count = sv_mail_column_count}}};
    int status;
    if (!cli_ask_take(&send.asked, take_own, &status)) {
        sv_free(send.to.items);
        return status;
    }
    if (!send.bulk && cli->operand_count > 0) {
        cli_refuse(cli, "send %s: the text is read from standard input; --bulk reads many messages from files", cli->operands[0]);
        return usage_or(&send);
    }
    if (!send.bulk && (send.letter.from.len == 0 || (send.to.count == 0 && send.letter.reply_to.len == 0))) {
        cli_refuse(cli, "send: say who sends it (--from), and to whom (--to, or --reply-to)");
        return usage_or(&send);
    }
    send.mail = sv_mail_open(&send.asked.ask.store, &cli->error);
    bool fine = send.mail != NULL && (send.bulk ? send_many(&send) : send_one(&send));
    bool refused = send.mail != NULL && (send.wrong > 0 || sv_mail_counts(send.mail)->refused > 0);
    sv_mail_close(send.mail);
    sv_free(send.to.items);
    sv_buf_free(&send.out);
    return cli_ask_close(&send.asked, fine && !refused ? SV_DONE : SV_INPUT);
}

static const struct cli_option send_options[] = {
    {CLI_GROUP, NULL, NULL, "Message", NULL},
    {OPT_FROM, "from", "NAME", "let it be from this agent", "ask"},
    {OPT_TO, "to", "NAME", "send it to this agent, or to team:NAME; may be repeated", "ask"},
    {OPT_SUBJECT, "subject", "TEXT", "let this be its subject", NULL},
    {OPT_PRIORITY, "priority", "LEVEL", "let it be so urgent: P0 to P3 (default: P2)", "P0 P1 P2 P3"},
    {OPT_REPLY_TO, "reply-to", "ID", "let it be a reply to this message", NULL},
    {OPT_CORRELATION, "correlation", "ID", "let it belong to what has this id", NULL},
    {OPT_EXPIRES, "expires", "TIME", "let it expire then, or behind a time such as 1h", NULL},
    {OPT_ID, "id", "KEY", "send it once under this id of your own", NULL},
    {CLI_GROUP, NULL, NULL, "Many", NULL},
    {OPT_BULK, "bulk", NULL, "read messages, a JSON object a line, from files or stdin", NULL},
    {CLI_GROUP, NULL, NULL, "Output", NULL},
    {'o', "output", "FORM", "print ids as text (on terminals), messages as json, csv", "text json csv"},
    CLI_ASK_ROW_FIELDS,
    {CLI_GROUP, NULL, NULL, "Store", NULL},
    CLI_ASK_ROW_USE,
    CLI_ASK_ROW_SYNC,
    CLI_ASK_ROW_WAIT,
    {0, NULL, NULL, NULL, NULL}};

const struct cli_program team_send = {
    .name = "send",
    .text = "send a message, its text from stdin, or many",
    .operands = "[file ...]",
    .options = send_options,
    .versions = cli_ask_versions,
    .values = cli_ask_values,
    .run = run_send,
    .more = "Examples:\n"
            "  echo 'the build is red' | sv-team send --from ci --to team:payments\n"
            "  sv-team send --bulk messages.ndjson\n",
};
