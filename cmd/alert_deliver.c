/* SPDX-License-Identifier: ISC */
/* What receivers are told, and sv-alert deliveries: what they were told, and what came of it. */
#include "alert.h"
#include "cli_read.h"
#include "run/deliveries.h"

/* --- what is in the outbox goes out --- */

void alert_telling_open(struct alert_telling *telling, const struct sv_store_spec *store, struct sv_alert_config *config, bool is_beside)
{
    telling->beside.bell = -1;
    for (size_t i = 0; i < config->receiver_count; i++)
        telling->tells |= config->receivers[i].kind != SV_RECEIVER_NONE;
    if (!telling->tells)
        return;
    telling->spec = (struct sv_deliver_spec){.store = *store, .config = config, .wake = -1, .stop = cli_read_stop()};
    struct sv_error err = {0};
    if (is_beside && !sv_deliver_beside(&telling->spec, &telling->beside, &err)) {
        sv_error_prefix(&err, "receivers are told by the next tick: ");
        cli_error(telling->cli, &err);
    }
}

void alert_telling_ring(struct alert_telling *telling, uint64_t notices)
{
    if (notices > telling->notices)
        sv_deliver_ring(&telling->beside);
    telling->notices = notices;
}

int alert_telling_now(struct alert_telling *telling)
{
    struct sv_deliver_counts counts;
    struct sv_buf remarks = {0};
    struct sv_error err = {0};
    if (!telling->tells)
        return SV_DONE;
    bool fine = sv_deliver(&telling->spec, &counts, &remarks, &err);
    for (size_t at = 0, end; at < remarks.len; at = end + 1) {
        for (end = at; remarks.data[end] != '\n';)
            end++;
        cli_warn(telling->cli, "%.*s", (int)(end - at), remarks.data + at);
    }
    if (!fine)
        cli_error(telling->cli, &err);
    sv_buf_free(&remarks);
    return fine ? SV_DONE : (int)err.code;
}

void alert_telling_close(struct alert_telling *telling)
{
    sv_deliver_leave(&telling->beside);
}

/* --- a test --- */

/* Its answer on standard output; SV_FOUND when it was not told. */
static int send_test(struct cli_ask *asked, const char *path, const char *receiver)
{
    struct cli *cli = asked->cli;
    struct sv_findings findings = {0};
    struct sv_alert_config *config = sv_alert_config_load(path, &findings);
    struct sv_deliver_spec spec = {.store = asked->ask.store, .config = config, .wake = -1};
    struct sv_buf answer = {0}, out = {0};
    bool told = false;
    cli_findings(cli, &findings);
    if (config == NULL)
        return SV_INPUT;
    int status = SV_FOUND;
    if (sv_deliver_test(&spec, sv_slice_str(receiver), &told, &answer, &cli->error)) {
        sv_buf_printf(&out, "%s %s%s%s\n", receiver, told ? "told" : "not told", answer.len > 0 ? ": " : "", sv_buf_cstr(&answer));
        cli_write(cli, sv_buf_slice(&out));
        status = told ? SV_DONE : SV_FOUND;
    }
    sv_alert_config_free(config);
    sv_buf_free(&answer);
    sv_buf_free(&out);
    return status;
}

int alert_send_test(struct cli_ask *asked, const char *config, const char *receiver)
{
    return cli_ask_close(asked, send_test(asked, config, receiver));
}

/* --- the log of it --- */

enum { OPT_FAILED = CLI_LONG, OPT_RECEIVER, OPT_WAITING };

static bool take_own(struct cli_ask *asked, int opt)
{
    struct sv_deliveries *what = asked->verb;
    switch (opt) {
    case OPT_FAILED: what->failed = true; return true;
    case OPT_RECEIVER: what->receiver = asked->cli->value; return true;
    case OPT_WAITING: what->waiting = true; return true;
    default: return false;
    }
}

static int deliveries(struct cli *cli)
{
    struct sv_deliveries what = {0};
    struct cli_ask asked = {.cli = cli, .verb = &what, .ask = {.list = {.columns = sv_deliveries_columns, .count = sv_deliveries_column_count}}};
    int status;
    if (!cli_ask_take(&asked, take_own, &status))
        return status;
    return cli_ask_answer(&asked, sv_deliveries_open(&asked.ask, &what, &cli->error));
}

static const struct cli_option options[] = {
    {CLI_GROUP, NULL, NULL, "Which", NULL},
    {OPT_FAILED, "failed", NULL, "show only tries that failed", NULL},
    {OPT_RECEIVER, "receiver", "GLOB", "show only these receivers", NULL},
    {OPT_WAITING, "waiting", NULL, "show what waits to be told, in place of tries", NULL},
    {'S', "since", "TIME", "show only tries of TIME or later", NULL},
    {'U', "until", "TIME", "show only tries of before TIME", NULL},
    CLI_ASK_ROW_NUMBER,
    CLI_ASK_ROW_BEFORE,
    CLI_ASK_ROWS_OUTPUT,
    CLI_ASK_ROW_UTC,
    {CLI_GROUP, NULL, NULL, "Store", NULL},
    CLI_ASK_ROW_STORE,
    CLI_ASK_ROW_SLOW,
    CLI_ASK_ROW_WAIT,
    {0, NULL, NULL, NULL, NULL}};

const struct cli_program alert_deliveries = {
    .name = "deliveries",
    .text = "list what receivers were told, and what came of it",
    .operands = "",
    .options = options,
    .versions = cli_ask_versions,
    .values = cli_ask_values,
    .run = deliveries,
    .more = "Examples:\n"
            "  sv-alert deliveries --failed -S today\n"
            "  sv-alert deliveries --waiting --receiver pager\n",
};
