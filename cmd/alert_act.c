/* SPDX-License-Identifier: ISC */
/* sv-alert ack, resolve, silence: what people do. */
#include <string.h>

#include "alert.h"
#include "base/os.h"
#include "base/time.h"
#include "run/alert_act.h"
#include "run/alert_silence.h"

enum { OPT_ALL = CLI_LONG, OPT_BY, OPT_COMMENT, OPT_END, OPT_FOR, OPT_PREVIEW, OPT_REASON, OPT_START };
enum { LINES_MAX = 16 << 20 };

struct acting {
    const char *config;
    struct sv_alert_order order;
    struct sv_silence_order silence;
    bool all;
    struct sv_buf path;
};

static bool take_span(struct cli *cli, int64_t *ns)
{
    return (sv_duration_parse(sv_slice_str(cli->value), ns) && *ns > 0) ||
           cli_refuse(cli, "--for %s: a duration such as 2h is expected", cli->value);
}

static bool take_own(struct cli_ask *asked, int opt)
{
    struct acting *acting = asked->verb;
    struct cli *cli = asked->cli;
    switch (opt) {
    case ALERT_CONFIG: acting->config = cli->value; return true;
    case OPT_ALL: return acting->all = true;
    case OPT_BY: acting->order.who = acting->silence.author = cli->value; return true;
    case OPT_COMMENT: acting->silence.comment = cli->value; return true;
    case OPT_END: return cli_time(cli, cli->value, &acting->silence.ends_ns);
    case OPT_FOR: return take_span(cli, &acting->order.for_ns);
    case OPT_PREVIEW: return acting->silence.preview = true;
    case OPT_REASON: acting->order.by.reason = cli->value; return true;
    case OPT_START: return cli_time(cli, cli->value, &acting->silence.starts_ns);
    default: return false;
    }
}

static int act(struct cli *cli, bool resolves)
{
    struct acting acting = {.order = {.by = {.argc = cli->argc, .argv = cli->argv}}};
    struct sv_findings findings = {0};
    struct cli_ask asked = {.cli = cli, .verb = &acting, .ask = {.list = {.columns = sv_alert_group_columns, .count = sv_alert_group_column_count}}};
    int status;
    if (!cli_ask_take(&asked, take_own, &status))
        return status;
    acting.order.what = resolves ? SV_ALERT_RESOLVE : SV_ALERT_ACK;
    acting.order.ids = cli->operands;
    acting.order.count = cli->operand_count;
    if ((cli->operand_count == 0) == (asked.ask.where == NULL)) {
        cli_refuse(cli, "%s: say which groups, by their ids, or by --where alone", cli->program->name);
        return cli_ask_usage(&asked);
    }
    struct sv_answer *answer =
        sv_alert_act_open(&asked.ask, alert_config(acting.config, &acting.path), &acting.order, &findings, &cli->error);
    cli_findings(cli, &findings);
    status = cli_ask_answer(&asked, answer);
    sv_buf_free(&acting.path);
    return status;
}

static int run_ack(struct cli *cli)
{
    return act(cli, false);
}

static int run_resolve(struct cli *cli)
{
    return act(cli, true);
}

static const struct cli_option ack_options[] = {
    ALERT_ROW_CONFIG,
    {OPT_BY, "by", "NAME", "note that NAME takes it on (default: the user)", NULL},
    {OPT_FOR, "for", "DURATION", "let it end after so long (default: with the group)", NULL},
    {OPT_REASON, "reason", "TEXT", "keep TEXT as the reason", NULL},
    CLI_ASK_ROW_WHERE,
    CLI_ASK_ROW_OUTPUT,
    CLI_ASK_ROW_FIELDS,
    CLI_ASK_ROW_UTC,
    CLI_ASK_ROW_USE,
    CLI_ASK_ROW_WAIT,
    {0, NULL, NULL, NULL, NULL}};

const struct cli_program alert_ack = {
    .name = "ack",
    .text = "take groups on: no repeats, no next level",
    .operands = "[group ...]",
    .options = ack_options,
    .versions = cli_ask_versions,
    .values = cli_ask_values,
    .run = run_ack,
    .more = "Examples:\n"
            "  sv-alert ack 5pnn --for 2h\n"
            "  sv-alert ack --where 'event.policy == \"push\"' --by ann\n",
};

static const struct cli_option resolve_options[] = {ALERT_ROW_CONFIG,
                                                    {OPT_REASON, "reason", "TEXT", "keep TEXT as the reason", NULL},
                                                    CLI_ASK_ROW_WHERE,
                                                    CLI_ASK_ROW_OUTPUT,
                                                    CLI_ASK_ROW_FIELDS,
                                                    CLI_ASK_ROW_UTC,
                                                    CLI_ASK_ROW_USE,
                                                    CLI_ASK_ROW_WAIT,
                                                    {0, NULL, NULL, NULL, NULL}};

const struct cli_program alert_resolve = {
    .name = "resolve",
    .text = "end groups by hand",
    .operands = "[group ...]",
    .options = resolve_options,
    .versions = cli_ask_versions,
    .values = cli_ask_values,
    .run = run_resolve,
    .more = "Example:\n"
            "  sv-alert resolve 5pnn --reason 'the branch is gone'\n",
};

/* --- silence --- */

static int add(struct cli_ask *asked, struct acting *acting)
{
    struct cli *cli = asked->cli;
    struct sv_silence_order *order = &acting->silence;
    struct sv_buf id = {0};
    int64_t now_ns = sv_os_now_ns();
    if (cli->operand_count != 2) {
        cli_refuse(cli, "silence add: one matcher is expected, such as 'agent == \"ci\"'");
        return cli_ask_usage(asked);
    }
    order->matcher = cli->operands[1];
    order->starts_ns = order->starts_ns != 0 ? order->starts_ns : now_ns;
    if (order->ends_ns == 0 && acting->order.for_ns > 0 && __builtin_add_overflow(order->starts_ns, acting->order.for_ns, &order->ends_ns))
        order->ends_ns = INT64_MAX;
    if (order->ends_ns == 0 && !order->preview) {
        cli_refuse(cli, "silence add: say how long, with --for or --end");
        return cli_ask_usage(asked);
    }
    if (order->ends_ns != 0 && order->ends_ns <= now_ns && order->ends_ns > order->starts_ns) {
        cli_refuse(cli, "silence add: that is over already");
        return cli_ask_usage(asked);
    }
    struct sv_answer *answer = sv_silence_add_open(&asked->ask, order, &id, &cli->error);
    if (answer != NULL && id.len > 0)
        cli_warn(cli, "silence %s; it hides now:", sv_buf_cstr(&id));
    int status = cli_ask_answer(asked, answer);
    sv_buf_free(&id);
    return status;
}

static int expire(struct cli_ask *asked, struct acting *acting)
{
    struct cli *cli = asked->cli;
    struct sv_findings findings = {0};
    if (cli->operand_count < 2) {
        cli_refuse(cli, "silence expire: say which, by their ids");
        return cli_ask_usage(asked);
    }
    sv_silence_expire(&asked->ask.store, cli->operands + 1, cli->operand_count - 1, &acting->order.by, &findings, &cli->error);
    cli_findings(cli, &findings);
    return cli_ask_close(asked, SV_DONE);
}

static int import(struct cli_ask *asked, struct acting *acting)
{
    struct cli *cli = asked->cli;
    struct sv_findings findings = {0};
    struct sv_buf lines = {0};
    size_t added = 0;
    const char *file = cli->operand_count > 1 ? cli->operands[1] : "-";
    bool fine = strcmp(file, "-") == 0 ? sv_os_slurp_fd(0, LINES_MAX, &lines, &cli->error) : sv_os_slurp(file, LINES_MAX, &lines, &cli->error);
    if (fine && sv_silence_import(&asked->ask.store, sv_buf_slice(&lines), file, &acting->order.by, &added, &findings, &cli->error))
        cli_warn(cli, "%zu silence%s added", added, added == 1 ? "" : "s");
    cli_findings(cli, &findings);
    sv_buf_free(&lines);
    return cli_ask_close(asked, SV_DONE);
}

static int list(struct cli_ask *asked, struct acting *acting, bool is_export)
{
    asked->ask.operands = asked->cli->operands + 1;
    asked->ask.operand_count = asked->cli->operand_count - 1;
    if (is_export)
        asked->ask.list.form = SV_LIST_JSON;
    return cli_ask_answer(asked, sv_silence_list_open(&asked->ask, acting->all || is_export, &asked->cli->error));
}

static const struct cli_word silence_words[] = {{"add", "keep quiet what a condition matches"},
                                                {"list", "list those that hold or will"},
                                                {"show", "show some by their ids"},
                                                {"expire", "end some now"},
                                                {"import", "add those of a file"},
                                                {"export", "print all, to be imported"},
                                                {NULL, NULL}};

/* What add prints are groups; columns are named before the word is known to be it. */
static bool is_add(const struct cli *cli)
{
    for (int i = cli->at; i < cli->argc; i++)
        for (const struct cli_word *word = silence_words; word->name != NULL; word++)
            if (strcmp(cli->argv[i], word->name) == 0)
                return word == silence_words;
    return false;
}

static int run_silence(struct cli *cli)
{
    struct acting acting = {.order = {.by = {.argc = cli->argc, .argv = cli->argv}}};
    struct cli_ask asked = {.cli = cli, .verb = &acting, .ask = {.list = {.columns = sv_silence_columns, .count = sv_silence_column_count}}};
    int status;
    if (is_add(cli)) {
        asked.ask.list.columns = sv_alert_group_columns;
        asked.ask.list.count = sv_alert_group_column_count;
    }
    if (!cli_ask_take(&asked, take_own, &status))
        return status;
    acting.silence.by = acting.order.by;
    const struct cli_word *word = cli_word(cli);
    if (word == NULL)
        return cli_ask_usage(&asked);
    if ((word == silence_words) != (asked.ask.list.columns == sv_alert_group_columns)) {
        cli_refuse(cli, "silence: say \"%s\" before the options", word->name);
        return cli_ask_usage(&asked);
    }
    switch (word - silence_words) {
    case 0: return add(&asked, &acting);
    case 1: return list(&asked, &acting, false);
    case 3: return expire(&asked, &acting);
    case 4: return import(&asked, &acting);
    case 5: return list(&asked, &acting, true);
    default: break;
    }
    if (cli->operand_count > 1)
        return list(&asked, &acting, false);
    cli_refuse(cli, "silence show: say which, by their ids");
    return cli_ask_usage(&asked);
}

static const struct cli_option silence_options[] = {
    {OPT_ALL, "all", NULL, "list those that are over, too", NULL},
    {OPT_BY, "by", "NAME", "note NAME as its author (default: the user)", NULL},
    {OPT_COMMENT, "comment", "TEXT", "say why; needed", NULL},
    {OPT_END, "end", "TIME", "let it end then", NULL},
    {OPT_FOR, "for", "DURATION", "let it end after so long", NULL},
    {OPT_PREVIEW, "preview", NULL, "show what it would hide now, and add nothing", NULL},
    {OPT_REASON, "reason", "TEXT", "keep TEXT as the reason", NULL},
    {OPT_START, "start", "TIME", "let it begin then (default: now)", NULL},
    CLI_ASK_ROW_OUTPUT,
    CLI_ASK_ROW_FIELDS,
    CLI_ASK_ROW_UTC,
    CLI_ASK_ROW_USE,
    CLI_ASK_ROW_WAIT,
    {0, NULL, NULL, NULL, NULL}};

const struct cli_program alert_silence = {
    .name = "silence",
    .text = "keep alerts quiet for a while",
    .operands = "add|list|show|expire|import|export [operand ...]",
    .words = silence_words,
    .options = silence_options,
    .versions = cli_ask_versions,
    .values = cli_ask_values,
    .run = run_silence,
    .more = "Examples:\n"
            "  sv-alert silence add 'agent == \"ci\"' --for 2h --comment 'new machine'\n"
            "  sv-alert silence add 'policy == \"push\"' --preview\n"
            "  sv-alert silence expire 3f9k\n",
};
