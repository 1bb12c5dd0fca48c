/* SPDX-License-Identifier: ISC */
/* A report of the fleet as text for mail, as CSV, as a page. */
#include "run/report_private.h"

static void make_parts(struct sv_report *report, struct sv_report_part parts[SV_REPORT_PARTS])
{
    for (int kind = 0; kind < SV_REPORT_PARTS; kind++)
        sv_report_part(report, (enum sv_report_part_kind)kind, &parts[kind]);
}

static void free_parts(struct sv_report_part parts[SV_REPORT_PARTS])
{
    for (int kind = 0; kind < SV_REPORT_PARTS; kind++)
        sv_report_part_free(&parts[kind]);
}

/* --- a page --- */

enum { COLUMN_EVENTS = 1, COLUMN_ERRORS = 2, COLUMN_TOKENS = 3, COLUMN_COST = 4 }; /* of parts over time and by name */

static void put_chart(struct sv_report *report, const struct sv_report_part *part, struct sv_report_chart *chart, const char *what)
{
    struct sv_buf title = {0};
    sv_buf_printf(&title, "%s by %s", what, chart->unit);
    chart->title = sv_buf_cstr(&title);
    sv_report_part_put_chart(part, chart, &report->out);
    sv_buf_free(&title);
}

/* What it cost, or where nothing has a price how many tokens. */
static void put_cost(struct sv_report *report, const struct sv_report_part *part, const char *id, const char *unit)
{
    static const struct {
        const char *title;
        struct sv_chart_series series;
        double in_usd;
    } kinds[] = {{"Tokens", {"tokens", SV_TONE_BLUE}, 0},
                 {"Cost in US cents", {"US cents", SV_TONE_BLUE}, 100},
                 {"Cost in US dollars", {"US dollars", SV_TONE_BLUE}, 1}};
    double usd = report->sums[SV_PERIOD_NOW].cost_usd;
    size_t kind = usd >= 200 ? 2 : usd >= 0.01 ? 1 : 0;
    put_chart(report, part,
              &(struct sv_report_chart){.id = id, .unit = unit, .column = kind > 0 ? COLUMN_COST : COLUMN_TOKENS, .scale = kinds[kind].in_usd,
                                        .series = {kinds[kind].series}},
              kinds[kind].title);
}

static void put_charts(struct sv_report *report, const struct sv_report_part *parts)
{
    const char *unit = sv_period_unit(&report->when);
    const struct sv_report_sum *sum = &report->sums[SV_PERIOD_NOW];
    bool has_teams = parts[SV_REPORT_PART_TEAMS].rows > 0;
    put_chart(report, &parts[SV_REPORT_PART_TIME],
              &(struct sv_report_chart){.id = "events", .unit = unit, .column = COLUMN_EVENTS, .share = COLUMN_ERRORS,
                                        .series = {{"other events", SV_TONE_BLUE}, {"errors", SV_TONE_RED}}},
              "Events");
    if (sum->cost_usd <= 0 && sum->input_tokens + sum->output_tokens <= 0)
        return;
    put_cost(report, &parts[SV_REPORT_PART_TIME], "time", unit);
    sv_html_pair(&report->out);
    if (has_teams)
        put_cost(report, &parts[SV_REPORT_PART_TEAMS], "costteam", "team");
    put_cost(report, &parts[SV_REPORT_PART_AGENTS], "costagent", "agent");
    if (!has_teams)
        put_cost(report, &parts[SV_REPORT_PART_MODELS], "costmodel", "model");
    sv_html_pair_end(&report->out);
}

static void put_page(struct sv_report *report, const struct sv_report_part *parts)
{
    static const enum sv_report_part_kind order[] = {SV_REPORT_PART_OPEN,  SV_REPORT_PART_VIOLATIONS, SV_REPORT_PART_SILENT, SV_REPORT_PART_TEAMS,
                                                     SV_REPORT_PART_AGENTS, SV_REPORT_PART_MODELS,    SV_REPORT_PART_TOOLS};
    struct sv_buf title = {0}, lead = {0};
    sv_buf_str(&title, "Agents, ");
    sv_period_put_title(&report->when, &title);
    sv_buf_str(&lead, "What they did, what it cost, what went wrong: ");
    sv_period_put_subject(&report->when, &lead);
    sv_html_open(&report->out, sv_buf_slice(&title), sv_buf_slice(&lead));
    sv_report_part_put_facts(&parts[SV_REPORT_PART_TOTALS], &report->out);
    if (report->sums[SV_PERIOD_NOW].events > 0)
        put_charts(report, parts);
    for (size_t i = 0; i < sizeof order / sizeof *order; i++)
        sv_report_part_put_section(&parts[order[i]], &report->out);
    sv_buf_clear(&lead);
    sv_buf_str(&lead, "sv-team. Times are ");
    sv_period_put_zone(&report->when, &lead);
    sv_buf_str(&lead, ". Costs are estimates by list prices.");
    sv_html_close(&report->out, sv_buf_slice(&lead));
    sv_buf_free(&title);
    sv_buf_free(&lead);
}

void sv_report_put(struct sv_report *report)
{
    struct sv_report_part parts[SV_REPORT_PARTS];
    make_parts(report, parts);
    if (report->spec.form == SV_REPORT_TEXT)
        sv_report_parts_put_text(parts, SV_REPORT_PARTS, "sv-team", &report->when, &report->ask->list, &report->out);
    else if (report->spec.form == SV_REPORT_CSV)
        sv_report_parts_put_csv(parts, SV_REPORT_PARTS, &report->when, &report->out);
    else
        put_page(report, parts);
    free_parts(parts);
}
