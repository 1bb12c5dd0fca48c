/* SPDX-License-Identifier: ISC */
/* sv-index metrics. */
#include "base/time.h"
#include "index.h"
#include "run/metrics.h"

enum { OPT_OUTPUT_FILE = CLI_LONG, OPT_WINDOW };

static bool take_window(struct cli_ask *asked, struct sv_metrics_spec *spec)
{
    const int64_t minute = 60 * SV_SECOND_NS;
    int64_t ns;
    if (!sv_duration_parse(sv_slice_str(asked->cli->value), &ns) || ns < minute || ns > 7 * 24 * 60 * minute || ns % minute != 0)
        return cli_refuse(asked->cli, "--window %s: whole minutes are expected, from 1m to 7d", asked->cli->value);
    spec->window_ns = ns;
    return true;
}

static bool take(struct cli_ask *asked, int opt)
{
    struct sv_metrics_spec *spec = asked->verb;
    switch (opt) {
    case OPT_OUTPUT_FILE: spec->file = asked->cli->value; return true;
    case OPT_WINDOW: return take_window(asked, spec);
    default: return false;
    }
}

static int metrics(struct cli *cli)
{
    static const char *const forms[] = {[SV_METRICS_PROM] = "prom", [SV_METRICS_JSON] = "json", NULL};
    struct sv_metrics_spec spec = {.window_ns = 5 * 60 * SV_SECOND_NS};
    struct cli_ask asked = {.cli = cli, .verb = &spec, .forms = forms};
    int status;
    if (!cli_ask_take(&asked, take, &status))
        return status;
    spec.form = (enum sv_metrics_form)asked.form;
    return cli_ask_answer(&asked, sv_metrics_open(&asked.ask, &spec, &cli->error));
}

static const struct cli_option options[] = {
    {CLI_GROUP, NULL, NULL, "Output", NULL},
    {'o', "output", "FORM", "print prom (the default), or json: metric events", "prom json"},
    {OPT_OUTPUT_FILE, "output-file", "FILE", "write into a file that all may read, as a whole", "file"},
    {OPT_WINDOW, "window", "DURATION", "let events tell of the last DURATION (default 5m)", NULL},
    {CLI_GROUP, NULL, NULL, "Store", NULL},
    CLI_ASK_ROW_STORE,
    CLI_ASK_ROW_SLOW,
    CLI_ASK_ROW_WAIT,
    {0, NULL, NULL, NULL, NULL}};

const struct cli_program index_metrics = {
    .name = "metrics",
    .text = "tell of the fleet and the store in numbers, for Prometheus or for policies",
    .operands = "",
    .options = options,
    .versions = cli_ask_versions,
    .values = cli_ask_values,
    .run = metrics,
    .more = "Examples:\n"
            "  sv-index metrics --output-file /var/lib/prometheus/node-exporter/sv.prom\n"
            "  sv-index metrics -o json | sv-eval -N -p share/policies\n",
};
