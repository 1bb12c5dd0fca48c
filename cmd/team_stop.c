/* SPDX-License-Identifier: ISC */
/* sv-team stop, resume, stopped. */
#include <unistd.h>

#include "base/num.h"
#include "base/os.h"
#include "base/time.h"
#include "run/stop.h"
#include "team.h"

enum { OPT_ALL = CLI_LONG, OPT_PID, OPT_REASON, OPT_TREE, OPT_UNTIL };

struct order {
    struct sv_stop_order order;
    bool all;
    int64_t pid;
};

static bool take_until(struct cli *cli, int64_t *ns)
{
    int64_t span;
    bool is_span = sv_duration_parse(sv_slice_str(cli->value), &span);
    if (is_span ? __builtin_add_overflow(sv_os_now_ns(), span, ns) : !cli_time(cli, cli->value, ns))
        return is_span ? cli_refuse(cli, "--until %s: too far away", cli->value) : false;
    return *ns > sv_os_now_ns() || cli_refuse(cli, "--until %s: that is over already", cli->value);
}

static bool take_pid(struct cli *cli, int64_t *pid)
{
    uint64_t n;
    if (!sv_num_uint(sv_slice_str(cli->value), &n) || n == 0 || n > INT32_MAX)
        return cli_refuse(cli, "--pid %s: the number of a process is expected", cli->value);
    *pid = (int64_t)n;
    return true;
}

static bool take_own(struct cli_ask *asked, int opt)
{
    struct order *order = asked->verb;
    struct cli *cli = asked->cli;
    switch (opt) {
    case OPT_ALL: order->all = true; return true;
    case OPT_PID: return take_pid(cli, &order->pid);
    case OPT_REASON: order->order.by.reason = cli->value; return true;
    case OPT_TREE: order->order.tree = true; return true;
    case OPT_UNTIL: return take_until(cli, &order->order.until_ns);
    default: return false;
    }
}

/* The operands, or all; false when there are none. */
static bool take_agents(struct cli *cli, struct order *order)
{
    static const char *const everybody[] = {"*"};
    order->order.agents = order->all ? everybody : cli->operands;
    order->order.count = order->all ? 1 : cli->operand_count;
    order->order.by.argc = cli->argc;
    order->order.by.argv = cli->argv;
    if (order->all && cli->operand_count > 0)
        return cli_refuse(cli, "%s: --all, or names", cli->program->name);
    return order->order.count > 0 || cli_refuse(cli, "%s: say whom, by name or glob, or --all", cli->program->name);
}

static int run_stop(struct cli *cli)
{
    struct order order = {0};
    struct cli_ask asked = {.cli = cli, .verb = &order, .ask = {.list = {.columns = sv_stop_columns, .count = sv_stop_column_count}}};
    int status;
    if (!cli_ask_take(&asked, take_own, &status))
        return status;
    if (!take_agents(cli, &order))
        return cli_ask_usage(&asked);
    struct sv_findings findings = {0};
    struct sv_answer *answer = sv_stop_open(&asked.ask, &order.order, &findings, &cli->error);
    cli_findings(cli, &findings);
    return cli_ask_answer(&asked, answer);
}

static const struct cli_option stop_options[] = {
    {CLI_GROUP, NULL, NULL, "Which", NULL},
    {OPT_ALL, "all", NULL, "stop all agents", NULL},
    {OPT_TREE, "tree", NULL, "stop also who was started by them, by any name", NULL},
    {OPT_UNTIL, "until", "TIME", "let them go on then, or behind a time such as 1h", NULL},
    {OPT_REASON, "reason", "TEXT", "keep TEXT as the reason, and tell it", NULL},
    CLI_ASK_ROWS_OUTPUT,
    CLI_ASK_ROW_UTC,
    {CLI_GROUP, NULL, NULL, "Store", NULL},
    CLI_ASK_ROW_USE,
    CLI_ASK_ROW_WAIT,
    {0, NULL, NULL, NULL, NULL}};

const struct cli_program team_stop = {
    .name = "stop",
    .text = "tell agents to stop; 1 if a live session is not held",
    .operands = "[agent ...]",
    .options = stop_options,
    .versions = cli_ask_versions,
    .values = cli_ask_values,
    .run = run_stop,
    .more = "Examples:\n"
            "  sv-team stop claude:shop --reason 'deletes tests'\n"
            "  sv-team stop 'build-*' --tree --until 1h\n",
};

static int run_resume(struct cli *cli)
{
    struct order order = {0};
    struct cli_ask asked = {.cli = cli, .verb = &order};
    struct sv_findings findings = {0};
    int status;
    if (!cli_ask_take(&asked, take_own, &status))
        return status;
    if (!take_agents(cli, &order))
        return cli_ask_usage(&asked);
    sv_stop_resume(&asked.ask.store, &order.order, &findings, &cli->error);
    cli_findings(cli, &findings);
    return cli_ask_close(&asked, SV_DONE);
}

static const struct cli_option resume_options[] = {{OPT_ALL, "all", NULL, "let all go on that are stopped", NULL},
                                                   {OPT_REASON, "reason", "TEXT", "keep TEXT as the reason", NULL},
                                                   CLI_ASK_ROW_USE,
                                                   CLI_ASK_ROW_WAIT,
                                                   {0, NULL, NULL, NULL, NULL}};

const struct cli_program team_resume = {
    .name = "resume",
    .text = "let agents go on that were stopped",
    .operands = "[agent ...]",
    .options = resume_options,
    .versions = cli_ask_versions,
    .values = cli_ask_values,
    .run = run_resume,
    .more = "Examples:\n"
            "  sv-team resume claude:shop --reason 'understood'\n",
};

static int run_stopped(struct cli *cli)
{
    struct order order = {.pid = getppid()};
    struct cli_ask asked = {.cli = cli, .verb = &order, .ask = {.list = {.columns = sv_stopped_columns, .count = sv_stopped_column_count}}};
    int status;
    if (!cli_ask_take(&asked, take_own, &status))
        return status;
    if (cli->operand_count > 1) {
        cli_refuse(cli, "stopped: one agent at a time; without one all stops are listed");
        return cli_ask_usage(&asked);
    }
    return cli_ask_answer(&asked, sv_stopped_open(&asked.ask, cli->operand_count > 0 ? cli->operands[0] : NULL, order.pid, &cli->error));
}

static const struct cli_option stopped_options[] = {
    {CLI_GROUP, NULL, NULL, "Who asks", NULL},
    {OPT_PID, "pid", "N", "note that this process asked (default: the parent)", NULL},
    CLI_ASK_ROWS_OUTPUT,
    CLI_ASK_ROW_UTC,
    {CLI_GROUP, NULL, NULL, "Store", NULL},
    CLI_ASK_ROW_USE,
    CLI_ASK_ROW_WAIT,
    {0, NULL, NULL, NULL, NULL}};

const struct cli_program team_stopped = {
    .name = "stopped",
    .text = "ask whether an agent is to stop: 0 no, 1 yes; or list all stops",
    .operands = "[agent]",
    .options = stopped_options,
    .versions = cli_ask_versions,
    .values = cli_ask_values,
    .run = run_stopped,
    .more = "Examples:\n"
            "  sv-team stopped claude:shop >&2 || exit 2   # in a hook\n",
};
