/* SPDX-License-Identifier: ISC */
/* sv-alert fold, tick: evaluations into groups, and what is due. */
#include <unistd.h>

#include "alert.h"
#include "base/os.h"
#include "base/time.h"
#include "cli_read.h"
#include "input/input.h"
#include "run/act.h"
#include "run/alert_fold.h"

enum { REJECTED_TOLD = 10, FED_BYTES = 1 << 20 };

struct folding {
    struct cli_ask asked;
    const char *config;
    struct sv_buf path, arguments;
    struct sv_alerting *alerting;
    struct alert_telling telling;
    uint64_t rejected;
    bool ended;
};

static bool take_own(struct cli_ask *asked, int opt)
{
    struct folding *folding = asked->verb;
    if (opt == ALERT_CONFIG)
        folding->config = asked->cli->value;
    return opt == ALERT_CONFIG;
}

/* All that there is to do now; false when it failed, or nobody reads what is printed. */
static bool work(struct folding *folding)
{
    struct cli *cli = folding->asked.cli;
    struct sv_slice out;
    while (sv_alerting_next(folding->alerting, &out, &cli->error))
        if (out.len > 0 && !cli_write(cli, out))
            return false;
    alert_telling_ring(&folding->telling, sv_alerting_counts(folding->alerting)->notices);
    return cli->error.code == SV_DONE;
}

static void tell_line(struct folding *folding, const char *path, const struct sv_record *record, struct sv_error *why)
{
    if (++folding->rejected > REJECTED_TOLD)
        return;
    sv_error_at(why, path, (uint32_t)record->line, why->column);
    cli_error(folding->asked.cli, why);
}

static void feed(struct folding *folding, const char *path, const struct sv_record *record)
{
    struct sv_error why = {0};
    if (record->flaw != NULL)
        sv_error_set(&why, SV_INPUT, "%s", record->flaw);
    if (record->flaw != NULL || !sv_alerting_feed(folding->alerting, record->text, &why))
        tell_line(folding, path, record, &why);
}

/* How long to wait for more: not beyond what is due next. */
static int patience(struct folding *folding)
{
    int64_t due_ns;
    struct sv_error err = {0};
    if (sv_alerting_fed(folding->alerting) > 0)
        return 20;
    if (!sv_alerting_due(folding->alerting, &due_ns, &err) || due_ns == INT64_MAX)
        return -1;
    int64_t left_ms = (due_ns - sv_os_now_ns()) / 1000000;
    return left_ms < 0 ? 0 : left_ms < 1000 ? (int)left_ms + 1 : 1000;
}

static bool read_all(struct folding *folding, struct sv_input *input)
{
    struct sv_record record;
    while (!folding->ended) {
        struct sv_error err = {0};
        enum sv_input_state state = sv_input_next(input, &record, patience(folding), &err);
        if (state == SV_INPUT_FAILED) {
            folding->asked.cli->error = err;
            return false;
        }
        if (state == SV_INPUT_RECORD)
            feed(folding, sv_input_source(input, record.source)->path, &record);
        folding->ended = state == SV_INPUT_END || (state == SV_INPUT_SIGNAL && *cli_read_stop() != 0);
        bool is_full = sv_alerting_fed(folding->alerting) >= FED_BYTES;
        if ((is_full || state == SV_INPUT_IDLE || folding->ended) && !work(folding))
            return false;
    }
    return true;
}

static bool fold_input(struct folding *folding)
{
    struct cli *cli = folding->asked.cli;
    struct sv_input_spec spec = {.operands = cli->operands, .count = cli->operand_count, .not_before_ns = INT64_MIN};
    if (cli->operand_count == 0 && isatty(STDIN_FILENO))
        cli_warn(cli, "reading evaluations from standard input; sv-alert tick does what is due and ends");
    struct sv_input *input = sv_input_open(&spec, &cli->error);
    bool fine = input != NULL && read_all(folding, input);
    sv_input_close(input);
    return fine;
}

static void tell(struct folding *folding)
{
    struct cli *cli = folding->asked.cli;
    const struct sv_alerting_counts *counts = sv_alerting_counts(folding->alerting);
    if (folding->rejected > REJECTED_TOLD)
        cli_warn(cli, "%llu lines were no evaluations", (unsigned long long)folding->rejected);
    if (cli->verbose == 0 && !cli_stderr_is_terminal())
        return;
    cli_warn(cli, "%llu evaluations, %llu of them so old that nobody is told; %llu changes, %llu notifications", (unsigned long long)counts->folded,
             (unsigned long long)counts->old, (unsigned long long)counts->transitions, (unsigned long long)counts->notices);
}

/* Returns the status. */
static int run_with(struct folding *folding, struct sv_alert_config *config, bool reads)
{
    struct cli *cli = folding->asked.cli;
    struct sv_alerting_spec spec = {.store = folding->asked.ask.store, .config = config, .arguments = sv_buf_slice(&folding->arguments)};
    folding->telling.cli = cli;
    alert_telling_open(&folding->telling, &spec.store, config, reads);
    folding->alerting = sv_alerting_open(&spec, &cli->error);
    bool is_open = folding->alerting != NULL;
    if (is_open && work(folding) && (!reads || fold_input(folding)))
        tell(folding);
    sv_alerting_close(folding->alerting);
    int told = is_open && !reads ? alert_telling_now(&folding->telling) : SV_DONE;
    alert_telling_close(&folding->telling);
    return folding->rejected > 0 ? SV_INPUT : told;
}

static int run(struct cli *cli, bool reads)
{
    struct folding folding = {.asked = {.cli = cli}};
    struct sv_findings findings = {0};
    struct sv_redactor *redactor = sv_redactor_new();
    int status;
    folding.asked.verb = &folding;
    sv_act_put_arguments(&folding.arguments, redactor, cli->argc, cli->argv);
    sv_redactor_free(redactor);
    cli_read_signals();
    if (cli_ask_take(&folding.asked, take_own, &status)) {
        struct sv_alert_config *config = sv_alert_config_load(alert_config(folding.config, &folding.path), &findings);
        if (config == NULL)
            sv_findings_fail(&findings, "nothing was changed", &cli->error);
        cli_findings(cli, &findings);
        status = cli_ask_close(&folding.asked, config != NULL ? run_with(&folding, config, reads) : SV_DONE);
        sv_alert_config_free(config);
    }
    sv_buf_free(&folding.path);
    sv_buf_free(&folding.arguments);
    return status;
}

static int run_fold(struct cli *cli)
{
    return run(cli, true);
}

static int run_tick(struct cli *cli)
{
    return run(cli, false);
}

static const struct cli_option options[] = {ALERT_ROW_CONFIG, CLI_ASK_ROW_USE, CLI_ASK_ROW_SLOW, CLI_ASK_ROW_SYNC, CLI_ASK_ROW_WAIT,
                                            {0, NULL, NULL, NULL, NULL}};

const struct cli_program alert_fold = {
    .name = "fold",
    .text = "take evaluations, from lines and from the store",
    .operands = "[file ...]",
    .options = options,
    .versions = cli_ask_versions,
    .values = cli_ask_values,
    .run = run_fold,
    .more = "Examples:\n"
            "  sv-eval -r --home | sv-alert\n"
            "  sv-eval -f events.ndjson | sv-alert -c alerts.yaml\n",
};

const struct cli_program alert_tick = {
    .name = "tick",
    .text = "do all that is due, and end",
    .operands = "",
    .options = options,
    .versions = cli_ask_versions,
    .values = cli_ask_values,
    .run = run_tick,
    .more = "Example:\n"
            "  * * * * * sv-alert tick\n",
};
