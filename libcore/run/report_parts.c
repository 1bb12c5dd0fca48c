/* SPDX-License-Identifier: ISC */
/* A report as tables: what each form of it shows. */
#include <math.h>
#include <stdio.h>

#include "base/mem.h"
#include "base/time.h"
#include "run/private.h"
#include "run/report_private.h"

/* --- cells --- */

static struct sv_list_cell usd_cell(double usd)
{
    return (struct sv_list_cell){.kind = SV_LIST_USD, .real = round(usd * 1e9) / 1e9}; /* what adding left of binary fractions */
}

static uint64_t tokens_of(const struct sv_report_sum *sum)
{
    return (uint64_t)(sum->input_tokens + sum->output_tokens);
}

/* --- totals --- */

static uint64_t active(const struct sv_report *report, enum sv_report_kind kind, int period)
{
    uint64_t count = 0;
    for (size_t i = 0; i < report->items[kind].count; i++)
        count += report->items[kind].items[i]->sums[period].events > 0;
    return count;
}

static void totals(struct sv_report *report, struct sv_report_part *part)
{
    static const char *const severities[] = {"violations: info", "violations: warning", "violations: error", "violations: critical"};
    const struct sv_report_sum *now = &report->sums[SV_PERIOD_NOW], *before = &report->sums[SV_PERIOD_BEFORE];
    sv_report_part_room(part, 16);
    sv_report_total(part, &report->arena, "events", now->events, before->events);
    sv_report_total(part, &report->arena, "errors", now->errors, before->errors);
    sv_report_total(part, &report->arena, "calls of tools", now->calls, before->calls);
    sv_report_total(part, &report->arena, "tokens", tokens_of(now), tokens_of(before));
    struct sv_list_cell *cost = sv_report_part_row(part);
    cost[0] = sv_ask_text(SV_SLICE("cost, about"));
    cost[1] = usd_cell(now->cost_usd);
    cost[2] = usd_cell(before->cost_usd);
    cost[3] = sv_report_change(&report->arena, now->cost_usd, before->cost_usd);
    if (now->unpriced_tokens + before->unpriced_tokens > 0)
        sv_report_total(part, &report->arena, "tokens without a price", (uint64_t)now->unpriced_tokens, (uint64_t)before->unpriced_tokens);
    sv_report_total(part, &report->arena, "agents", active(report, SV_REPORT_AGENTS, SV_PERIOD_NOW), active(report, SV_REPORT_AGENTS, SV_PERIOD_BEFORE));
    for (int s = SV_CRITICAL; s >= SV_INFO; s--)
        if (report->found[SV_PERIOD_NOW][s] + report->found[SV_PERIOD_BEFORE][s] > 0 || s == SV_ERROR_SEVERITY)
            sv_report_total(part, &report->arena, severities[s], report->found[SV_PERIOD_NOW][s], report->found[SV_PERIOD_BEFORE][s]);
    if (report->messages[SV_PERIOD_NOW] >= 0)
        sv_report_total(part, &report->arena, "messages sent", (uint64_t)report->messages[SV_PERIOD_NOW], (uint64_t)report->messages[SV_PERIOD_BEFORE]);
}

/* --- over time, by name --- */

static const struct sv_list_column time_columns[] = {
    {"when", 10, 10, true, false, false},  {"events", 9, 9, false, false, true},   {"errors", 9, 9, false, false, true},
    {"tokens", 9, 9, false, false, true}, {"cost_usd", 10, 10, false, false, true}};

static void over_time(struct sv_report *report, struct sv_report_part *part)
{
    struct sv_buf label = {0};
    sv_report_part_room(part, report->when.slots);
    for (size_t i = 0; i < report->when.slots; i++) {
        const struct sv_report_sum *sum = &report->slots[i];
        struct sv_list_cell *cells = sv_report_part_row(part);
        sv_buf_clear(&label);
        sv_period_put_slot(&report->when, i, &label);
        cells[0] = sv_ask_text(sv_arena_dup(&report->arena, sv_buf_slice(&label)));
        cells[1] = sv_report_count(sum->events);
        cells[2] = sv_report_count(sum->errors);
        cells[3] = sv_report_count(tokens_of(sum));
        cells[4] = usd_cell(sum->cost_usd);
    }
    sv_buf_free(&label);
}

#define SUM_COLUMNS(name)                                                                                                          \
    {{name, 12, 40, true, false, false},                                                                                           \
     {"events", 8, 8, false, false, true},                                                                                         \
     {"errors", 7, 7, false, false, true},                                                                                         \
     {"tokens", 8, 8, false, false, true},                                                                                         \
     {"cost_usd", 9, 9, false, false, true},                                                                                       \
     {"before_usd", 0, 10, false, false, true},                                                                                   \
     {"change", 8, 8, false, false, true}}
static const struct sv_list_column team_columns[] = SUM_COLUMNS("team"), agent_columns[] = SUM_COLUMNS("agent"), model_columns[] = SUM_COLUMNS("model");

static void by_name(struct sv_report *report, enum sv_report_kind kind, struct sv_report_part *part)
{
    const struct sv_report_items *items = &report->items[kind];
    sv_report_part_room(part, items->count);
    for (size_t i = 0; i < items->count; i++) {
        const struct sv_report_sum *now = &items->items[i]->sums[SV_PERIOD_NOW], *before = &items->items[i]->sums[SV_PERIOD_BEFORE];
        if (now->events == 0)
            continue;
        struct sv_list_cell *cells = sv_report_part_row(part);
        bool teamless = kind == SV_REPORT_TEAMS && sv_slice_is(items->items[i]->name, "-");
        cells[0] = sv_ask_text(teamless ? SV_SLICE("(no team)") : items->items[i]->name);
        cells[1] = sv_report_count(now->events);
        cells[2] = sv_report_count(now->errors);
        cells[3] = sv_report_count(tokens_of(now));
        cells[4] = usd_cell(now->cost_usd);
        cells[5] = usd_cell(before->cost_usd);
        cells[6] = sv_report_change(&report->arena, now->cost_usd, before->cost_usd);
    }
}

static const struct sv_list_column tool_columns[] = {
    {"tool", 12, 40, true, false, false}, {"calls", 8, 8, false, false, true}, {"errors", 7, 7, false, false, true},
    {"p50_ms", 8, 8, false, false, true}, {"p95_ms", 8, 8, false, false, true}, {"max_ms", 8, 8, false, false, true}};

static void tools(struct sv_report *report, struct sv_report_part *part)
{
    const struct sv_report_items *items = &report->items[SV_REPORT_TOOLS];
    sv_report_part_room(part, items->count);
    for (size_t i = 0; i < items->count; i++) {
        const struct sv_report_item *tool = items->items[i];
        if (tool->durations.total == 0)
            continue;
        struct sv_list_cell *cells = sv_report_part_row(part);
        cells[0] = sv_ask_text(tool->name);
        cells[1] = sv_report_count(tool->sums[SV_PERIOD_NOW].calls);
        cells[2] = sv_report_count(tool->sums[SV_PERIOD_NOW].errors);
        cells[3] = sv_report_ms(&tool->durations, 0.5);
        cells[4] = sv_report_ms(&tool->durations, 0.95);
        cells[5] = sv_report_ms(&tool->durations, 1);
    }
}

/* --- what went wrong --- */

static const struct sv_list_column violation_columns[] = {
    {"policy", 16, 48, true, false, false}, {"severity", 8, 8, false, false, false},    {"violations", 10, 10, false, false, true},
    {"before", 7, 7, false, false, true},    {"agents", 7, 7, false, false, true},      {"last", 11, 11, false, false, false}};

static uint64_t violators(const struct sv_report_policy *policy)
{
    uint64_t count = 0;
    for (size_t i = 0; i < policy->agents.count; i++)
        count += ((const struct sv_report_alert *)policy->agents.items[i].pointer)->count > 0;
    return count;
}

static void violations(struct sv_report *report, struct sv_report_part *part)
{
    sv_report_part_room(part, report->policies.count);
    for (size_t i = 0; i < report->policies.count && report->policy_order[i]->counts[SV_PERIOD_NOW] > 0; i++) {
        const struct sv_report_policy *policy = report->policy_order[i];
        struct sv_list_cell *cells = sv_report_part_row(part);
        cells[0] = sv_ask_text(policy->name);
        cells[1] = sv_report_severity(policy->severity);
        cells[2] = sv_report_count(policy->counts[SV_PERIOD_NOW]);
        cells[3] = sv_report_count(policy->counts[SV_PERIOD_BEFORE]);
        cells[4] = sv_report_count(violators(policy));
        cells[5] = sv_ask_time(policy->last_ns);
    }
}

static const struct sv_list_column open_columns[] = {
    {"agent", 10, 22, false, false, false}, {"policy", 16, 48, true, false, false},  {"severity", 8, 8, false, false, false},
    {"violations", 10, 10, false, false, true}, {"last", 11, 11, false, false, false}};

static void open_alerts(struct sv_report *report, struct sv_report_part *part)
{
    sv_report_part_room(part, report->alert_count);
    if (report->has_groups)
        part->none = "no alert is open that nobody has acknowledged";
    for (size_t i = 0; i < report->alert_count; i++) {
        const struct sv_report_alert *alert = report->alerts[i];
        struct sv_list_cell *cells = sv_report_part_row(part);
        cells[0] = sv_ask_text(alert->agent);
        cells[1] = sv_ask_text(alert->policy);
        cells[2] = sv_report_severity(alert->severity);
        cells[3] = sv_report_count(alert->count);
        cells[4] = sv_ask_time(alert->last_ns);
    }
}

static const struct sv_list_column silent_columns[] = {
    {"agent", 12, 40, true, false, false}, {"since", 11, 11, false, false, false}, {"why", 36, 36, false, false, false}};

static void silent(struct sv_report *report, struct sv_report_part *part)
{
    sv_report_part_room(part, report->silent_count);
    for (size_t i = 0; i < report->silent_count; i++) {
        const struct sv_report_silent *one = &report->silent[i];
        struct sv_list_cell *cells = sv_report_part_row(part);
        struct sv_buf why = {0};
        if (one->tool.len > 0)
            sv_buf_printf(&why, "in %.*s", SV_ARG(one->tool));
        else
            sv_buf_str(&why, one->is_gone ? "no event in this period" : "worked, then nothing");
        cells[0] = sv_ask_text(one->agent);
        cells[1] = sv_ask_time(one->since_ns);
        cells[2] = sv_ask_text(sv_arena_dup(&report->arena, sv_buf_slice(&why)));
        sv_buf_free(&why);
    }
}

/* --- all --- */

static void teams(struct sv_report *report, struct sv_report_part *part)
{
    by_name(report, SV_REPORT_TEAMS, part);
    if (part->rows == 1 && sv_slice_is(part->cells[0].text, "(no team)"))
        part->rows = 0;
}

static void agents(struct sv_report *report, struct sv_report_part *part)
{
    by_name(report, SV_REPORT_AGENTS, part);
}

static void models(struct sv_report *report, struct sv_report_part *part)
{
    by_name(report, SV_REPORT_MODELS, part);
}

#define COLUMNS(columns) columns, sizeof columns / sizeof *columns

void sv_report_part(struct sv_report *report, enum sv_report_part_kind kind, struct sv_report_part *out)
{
    static const struct {
        struct sv_report_part part;
        void (*fill)(struct sv_report *report, struct sv_report_part *part);
    } parts[SV_REPORT_PARTS] = {
        [SV_REPORT_PART_TOTALS] = {{"total", "In all", NULL, SV_REPORT_TOTALS, COLUMNS(sv_report_total_columns), 0, NULL}, totals},
        [SV_REPORT_PART_TIME] = {{"time", "Over time", NULL, SV_REPORT_OVER_TIME, COLUMNS(time_columns), 0, NULL}, over_time},
        [SV_REPORT_PART_TEAMS] = {{"team", "Teams", NULL, SV_REPORT_RANKED, COLUMNS(team_columns), 0, NULL}, teams},
        [SV_REPORT_PART_AGENTS] = {{"agent", "Agents", NULL, SV_REPORT_RANKED, COLUMNS(agent_columns), 0, NULL}, agents},
        [SV_REPORT_PART_MODELS] = {{"model", "Models", NULL, SV_REPORT_RANKED, COLUMNS(model_columns), 0, NULL}, models},
        [SV_REPORT_PART_VIOLATIONS] = {{"violation", "Violations", "no policy was violated", SV_REPORT_RANKED, COLUMNS(violation_columns), 0, NULL},
                                       violations},
        [SV_REPORT_PART_OPEN] = {{"open", "Open alerts", "nothing of severity error or more is open", SV_REPORT_RANKED, COLUMNS(open_columns), 0, NULL},
                                 open_alerts},
        [SV_REPORT_PART_TOOLS] = {{"tool", "Slowest tools", NULL, SV_REPORT_RANKED, COLUMNS(tool_columns), 0, NULL}, tools},
        [SV_REPORT_PART_SILENT] = {{"silent", "Silent agents", "nobody is silent", SV_REPORT_RANKED, COLUMNS(silent_columns), 0, NULL}, silent},
    };
    *out = parts[kind].part;
    parts[kind].fill(report, out);
}
