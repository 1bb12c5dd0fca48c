/* SPDX-License-Identifier: ISC */
/* sv-alert list, show, explain, check, test: what there is, and what alerts.yaml would do. */
#include <string.h>

#include "alert.h"
#include "base/os.h"
#include "run/alert_ask.h"
#include "run/alert_try.h"

enum { OPT_ALL = CLI_LONG, OPT_EVENT, OPT_SEND, OPT_STATE };
enum { EVENTS_MAX = 16 << 20 };

struct listing {
    const char *config, *state, *event, *send;
    bool all;
    struct sv_buf path;
};

static bool take_state(struct cli *cli, const char **state)
{
    *state = cli->value;
    for (int i = 0; i < SV_GROUP_STATES; i++)
        if (strcmp(cli->value, sv_group_state_name((enum sv_group_state)i)) == 0)
            return true;
    return cli_refuse(cli, "--state %s: pending, firing, acknowledged, resolved or suppressed is expected", cli->value);
}

static bool take_own(struct cli_ask *asked, int opt)
{
    struct listing *listing = asked->verb;
    switch (opt) {
    case ALERT_CONFIG: listing->config = asked->cli->value; return true;
    case OPT_ALL: return listing->all = true;
    case OPT_EVENT: listing->event = asked->cli->value; return true;
    case OPT_SEND: listing->send = asked->cli->value; return true;
    case OPT_STATE: return take_state(asked->cli, &listing->state);
    default: return false;
    }
}

static int run_list(struct cli *cli)
{
    struct listing listing = {0};
    struct cli_ask asked = {.cli = cli, .verb = &listing, .ask = {.list = {.columns = sv_alert_group_columns, .count = sv_alert_group_column_count}}};
    int status;
    if (!cli_ask_take(&asked, take_own, &status))
        return status;
    return cli_ask_answer(&asked, sv_alert_list_open(&asked.ask, listing.all, listing.state, &cli->error));
}

static const struct cli_option list_options[] = {
    {CLI_GROUP, NULL, NULL, "Which", NULL},
    {'S', "since", "TIME", "show only those begun from TIME on", NULL},
    {'U', "until", "TIME", "show only those begun before TIME", NULL},
    CLI_ASK_ROW_AGENT,
    {OPT_ALL, "all", NULL, "show those that are over, too", NULL},
    CLI_ASK_ROW_POLICY,
    CLI_ASK_ROW_SEVERITY,
    {OPT_STATE, "state", "WHICH", "show only those in this state", "pending firing acknowledged resolved suppressed"},
    CLI_ASK_ROW_SUPERVISOR,
    CLI_ASK_ROW_TEAM,
    CLI_ASK_ROW_WHERE,
    CLI_ASK_ROWS_OUTPUT,
    CLI_ASK_ROW_NUMBER,
    CLI_ASK_ROW_BEFORE,
    CLI_ASK_ROW_UTC,
    {CLI_GROUP, NULL, NULL, "Store", NULL},
    CLI_ASK_ROW_STORE,
    CLI_ASK_ROW_SLOW,
    CLI_ASK_ROW_WAIT,
    {0, NULL, NULL, NULL, NULL}};

const struct cli_program alert_list = {
    .name = "list",
    .text = "show groups of alerts that are open, newest first",
    .operands = "",
    .options = list_options,
    .versions = cli_ask_versions,
    .values = cli_ask_values,
    .run = run_list,
    .more = "Examples:\n"
            "  sv-alert list --state firing --severity error\n"
            "  sv-alert list --where 'event.firing > 3'\n",
};

/* --- one group --- */

static bool take_one(struct cli *cli)
{
    return cli->operand_count == 1 || cli_refuse(cli, "%s: say which group, by its id or the beginning of it", cli->program->name);
}

static int run_show(struct cli *cli)
{
    struct cli_ask asked = {.cli = cli, .ask = {.list = {.columns = sv_alert_columns, .count = sv_alert_column_count}}};
    int status;
    if (!cli_ask_take(&asked, NULL, &status))
        return status;
    if (!take_one(cli))
        return cli_ask_usage(&asked);
    return cli_ask_answer(&asked, sv_alert_show_open(&asked.ask, cli->operands[0], &cli->error));
}

static const struct cli_option show_options[] = {CLI_ASK_ROW_OUTPUT, CLI_ASK_ROW_FIELDS, CLI_ASK_ROW_UTC, CLI_ASK_ROW_STORE,
                                                 CLI_ASK_ROW_SLOW,   CLI_ASK_ROW_WAIT,   {0, NULL, NULL, NULL, NULL}};

const struct cli_program alert_show = {
    .name = "show",
    .text = "show the alerts of a group",
    .operands = "group",
    .options = show_options,
    .versions = cli_ask_versions,
    .values = cli_ask_values,
    .run = run_show,
    .more = "Example:\n"
            "  sv-alert show 5pnn\n",
};

static int run_explain(struct cli *cli)
{
    struct listing listing = {0};
    struct sv_findings findings = {0};
    struct cli_ask asked = {.cli = cli, .verb = &listing};
    int status;
    if (!cli_ask_take(&asked, take_own, &status))
        return status;
    asked.ask.list.form = SV_LIST_TEXT;
    if (!take_one(cli))
        return cli_ask_usage(&asked);
    const char *config = alert_config(listing.config, &listing.path);
    struct sv_answer *answer = sv_alert_explain_open(&asked.ask, config, cli->operands[0], &findings, &cli->error);
    cli_findings(cli, &findings);
    status = cli_ask_answer(&asked, answer);
    sv_buf_free(&listing.path);
    return status;
}

static const struct cli_option explain_options[] = {ALERT_ROW_CONFIG, CLI_ASK_ROW_STORE, CLI_ASK_ROW_SLOW, CLI_ASK_ROW_WAIT,
                                                    {0, NULL, NULL, NULL, NULL}};

const struct cli_program alert_explain = {
    .name = "explain",
    .text = "say how a group stands, what comes next, and why it was told or not",
    .operands = "group",
    .options = explain_options,
    .versions = cli_ask_versions,
    .values = cli_ask_values,
    .run = run_explain,
    .more = "Example:\n"
            "  sv-alert explain 5pnn\n",
};

/* --- alerts.yaml --- */

static int run_check(struct cli *cli)
{
    struct listing listing = {0};
    struct sv_findings findings = {0};
    struct sv_buf out = {0};
    struct cli_ask asked = {.cli = cli, .verb = &listing};
    int status;
    if (!cli_ask_take(&asked, take_own, &status))
        return status;
    bool fine = sv_alert_check(alert_config(listing.config, &listing.path), &out, &findings);
    cli_findings(cli, &findings);
    if (fine && !cli->quiet)
        cli_write(cli, sv_buf_slice(&out));
    sv_buf_free(&out);
    sv_buf_free(&listing.path);
    return cli_ask_close(&asked, fine ? SV_DONE : SV_FOUND);
}

static const struct cli_option check_options[] = {ALERT_ROW_CONFIG, {0, NULL, NULL, NULL, NULL}};

const struct cli_program alert_check = {
    .name = "check",
    .text = "check alerts.yaml; 1 on a finding",
    .operands = "",
    .options = check_options,
    .versions = cli_ask_versions,
    .values = cli_ask_values,
    .run = run_check,
    .more = "Example:\n"
            "  sv-alert check -c alerts.yaml\n",
};

static int run_test(struct cli *cli)
{
    struct listing listing = {0};
    struct sv_findings findings = {0};
    struct sv_buf lines = {0};
    struct cli_ask asked = {.cli = cli, .verb = &listing, .ask = {.list = {.columns = sv_alert_route_columns, .count = sv_alert_route_column_count}}};
    struct sv_answer *answer = NULL;
    int status;
    if (!cli_ask_take(&asked, take_own, &status))
        return status;
    if ((listing.event == NULL) == (listing.send == NULL)) {
        cli_refuse(cli, "test: name a file of evaluations with --event (- is standard input), or a receiver with --send");
        return cli_ask_usage(&asked);
    }
    if (listing.send != NULL) {
        status = alert_send_test(&asked, alert_config(listing.config, &listing.path), listing.send);
        sv_buf_free(&listing.path);
        return status;
    }
    bool is_input = strcmp(listing.event, "-") == 0;
    if (is_input ? sv_os_slurp_fd(0, EVENTS_MAX, &lines, &cli->error) : sv_os_slurp(listing.event, EVENTS_MAX, &lines, &cli->error))
        answer = sv_alert_try_open(&asked.ask, alert_config(listing.config, &listing.path), sv_buf_slice(&lines), listing.event, &findings, &cli->error);
    cli_findings(cli, &findings);
    status = cli_ask_answer(&asked, answer);
    sv_buf_free(&lines);
    sv_buf_free(&listing.path);
    return status;
}

static const struct cli_option test_options[] = {ALERT_ROW_CONFIG,
                                                 {OPT_EVENT, "event", "FILE", "show which way the evaluations in FILE take", "file"},
                                                 {OPT_SEND, "send", "NAME", "send this receiver one marked notice, at once", NULL},
                                                 CLI_ASK_ROW_OUTPUT,
                                                 CLI_ASK_ROW_FIELDS,
                                                 CLI_ASK_ROW_USE,
                                                 CLI_ASK_ROW_WAIT,
                                                 {0, NULL, NULL, NULL, NULL}};

const struct cli_program alert_test = {
    .name = "test",
    .text = "try routes without sending, or one receiver; 1 if nobody is told",
    .operands = "",
    .options = test_options,
    .versions = cli_ask_versions,
    .values = cli_ask_values,
    .run = run_test,
    .more = "Examples:\n"
            "  sv-index evaluations -n 5 -o json | sv-alert test --event -\n"
            "  sv-alert test --send pager\n",
};
