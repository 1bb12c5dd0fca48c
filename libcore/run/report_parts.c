/* SPDX-License-Identifier: ISC */
/* A report as tables: what each form of it shows. */
#include <math.h>
#include <stdio.h>

#include "base/mem.h"
#include "base/time.h"
#include "run/private.h"
#include "run/report_private.h"

/* --- cells --- */

static struct sv_list_cell count_cell(uint64_t n)
{
    return sv_ask_number(true, (int64_t)n);
}

static struct sv_list_cell usd_cell(double usd)
{
    return (struct sv_list_cell){.kind = SV_LIST_USD, .real = round(usd * 1e9) / 1e9}; /* what adding left of binary fractions */
}

static struct sv_list_cell ms_cell(const struct sv_histogram *durations, double q)
{
    return (struct sv_list_cell){.kind = durations->total > 0 ? SV_LIST_MS : SV_LIST_NONE,
                                 .real = (double)sv_histogram_quantile(durations, q) / 1000};
}

static struct sv_list_cell severity_cell(enum sv_severity severity)
{
    return (struct sv_list_cell){.kind = SV_LIST_STRING, .text = sv_slice_str(sv_severity_name(severity)), .color = sv_run_summary_color(severity)};
}

/* `+12 %`, `-3 %`, `14 times`, `new`; `same` to a whole percent */
static struct sv_list_cell change_cell(struct sv_report *report, double now, double before)
{
    char text[64];
    int len = now == before || fabs(now - before) < 0.005 * before ? snprintf(text, sizeof text, "same")
              : before <= 0                              ? snprintf(text, sizeof text, "new")
              : now > 10 * before                        ? snprintf(text, sizeof text, "%.0f times", now / before)
                                                         : snprintf(text, sizeof text, "%+.0f %%", (now - before) / before * 100);
    return sv_ask_text(sv_arena_dup(&report->arena, sv_slice(text, (size_t)len)));
}

static uint64_t tokens_of(const struct sv_report_sum *sum)
{
    return (uint64_t)(sum->input_tokens + sum->output_tokens);
}

/* The cells of the next row. */
static struct sv_list_cell *add_row(struct sv_report_part *part)
{
    return &part->cells[part->rows++ * part->column_count];
}

static void room(struct sv_report_part *part, size_t rows)
{
    part->cells = sv_calloc(rows + 1, part->column_count * sizeof *part->cells);
}

/* --- totals --- */

static const struct sv_list_column total_columns[] = {
    {"what", 24, 24, true, false, false}, {"now", 12, 14, false, false, true}, {"before", 12, 14, false, false, true}, {"change", 10, 10, false, false, true}};

static void add_total(struct sv_report *report, struct sv_report_part *part, const char *name, uint64_t now, uint64_t before)
{
    struct sv_list_cell *cells = add_row(part);
    cells[0] = sv_ask_text(sv_slice_str(name));
    cells[1] = count_cell(now);
    cells[2] = count_cell(before);
    cells[3] = change_cell(report, (double)now, (double)before);
}

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
    const struct sv_report_sum *now = &report->sums[SV_REPORT_NOW], *before = &report->sums[SV_REPORT_BEFORE];
    room(part, 16);
    add_total(report, part, "events", now->events, before->events);
    add_total(report, part, "errors", now->errors, before->errors);
    add_total(report, part, "calls of tools", now->calls, before->calls);
    add_total(report, part, "tokens", tokens_of(now), tokens_of(before));
    struct sv_list_cell *cost = add_row(part);
    cost[0] = sv_ask_text(SV_SLICE("cost, about"));
    cost[1] = usd_cell(now->cost_usd);
    cost[2] = usd_cell(before->cost_usd);
    cost[3] = change_cell(report, now->cost_usd, before->cost_usd);
    if (now->unpriced_tokens + before->unpriced_tokens > 0)
        add_total(report, part, "tokens without a price", (uint64_t)now->unpriced_tokens, (uint64_t)before->unpriced_tokens);
    add_total(report, part, "agents", active(report, SV_REPORT_AGENTS, SV_REPORT_NOW), active(report, SV_REPORT_AGENTS, SV_REPORT_BEFORE));
    for (int s = SV_CRITICAL; s >= SV_INFO; s--)
        if (report->found[SV_REPORT_NOW][s] + report->found[SV_REPORT_BEFORE][s] > 0 || s == SV_ERROR_SEVERITY)
            add_total(report, part, severities[s], report->found[SV_REPORT_NOW][s], report->found[SV_REPORT_BEFORE][s]);
    if (report->messages[SV_REPORT_NOW] >= 0)
        add_total(report, part, "messages sent", (uint64_t)report->messages[SV_REPORT_NOW], (uint64_t)report->messages[SV_REPORT_BEFORE]);
}

/* --- over time, by name --- */

static const struct sv_list_column time_columns[] = {
    {"when", 10, 10, true, false, false},  {"events", 9, 9, false, false, true},   {"errors", 9, 9, false, false, true},
    {"tokens", 9, 9, false, false, true}, {"cost_usd", 10, 10, false, false, true}};

static void put_date(struct sv_buf *out, int64_t day)
{
    int64_t year;
    int month, day_of_month;
    sv_time_civil(day, &year, &month, &day_of_month);
    sv_buf_printf(out, "%04lld-%02d-%02d", (long long)year, month, day_of_month);
}

void sv_report_put_title(struct sv_buf *out, const struct sv_report *report)
{
    static const char *const words[] = {"day", "week", "month"};
    sv_buf_printf(out, "%s ", words[report->spec.span]);
    put_date(out, report->first_day);
    if (report->spec.span == SV_REPORT_MONTH) {
        out->len -= 3;
    } else if (report->spec.span == SV_REPORT_WEEK) {
        sv_buf_str(out, " to ");
        put_date(out, report->first_day + report->days - 1);
    }
}

static void over_time(struct sv_report *report, struct sv_report_part *part)
{
    struct sv_buf label = {0};
    room(part, report->slot_count);
    for (size_t i = 0; i < report->slot_count; i++) {
        const struct sv_report_sum *sum = &report->slots[i];
        struct sv_list_cell *cells = add_row(part);
        sv_buf_clear(&label);
        if (report->spec.span == SV_REPORT_DAY)
            sv_buf_printf(&label, "%02zu:00", i);
        else
            put_date(&label, report->first_day + (int64_t)i);
        cells[0] = sv_ask_text(sv_arena_dup(&report->arena, sv_buf_slice(&label)));
        cells[1] = count_cell(sum->events);
        cells[2] = count_cell(sum->errors);
        cells[3] = count_cell(tokens_of(sum));
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
    room(part, items->count);
    for (size_t i = 0; i < items->count; i++) {
        const struct sv_report_sum *now = &items->items[i]->sums[SV_REPORT_NOW], *before = &items->items[i]->sums[SV_REPORT_BEFORE];
        if (now->events == 0)
            continue;
        struct sv_list_cell *cells = add_row(part);
        bool teamless = kind == SV_REPORT_TEAMS && sv_slice_is(items->items[i]->name, "-");
        cells[0] = sv_ask_text(teamless ? SV_SLICE("(no team)") : items->items[i]->name);
        cells[1] = count_cell(now->events);
        cells[2] = count_cell(now->errors);
        cells[3] = count_cell(tokens_of(now));
        cells[4] = usd_cell(now->cost_usd);
        cells[5] = usd_cell(before->cost_usd);
        cells[6] = change_cell(report, now->cost_usd, before->cost_usd);
    }
}

static const struct sv_list_column tool_columns[] = {
    {"tool", 12, 40, true, false, false}, {"calls", 8, 8, false, false, true}, {"errors", 7, 7, false, false, true},
    {"p50_ms", 8, 8, false, false, true}, {"p95_ms", 8, 8, false, false, true}, {"max_ms", 8, 8, false, false, true}};

static void tools(struct sv_report *report, struct sv_report_part *part)
{
    const struct sv_report_items *items = &report->items[SV_REPORT_TOOLS];
    room(part, items->count);
    for (size_t i = 0; i < items->count; i++) {
        const struct sv_report_item *tool = items->items[i];
        if (tool->durations.total == 0)
            continue;
        struct sv_list_cell *cells = add_row(part);
        cells[0] = sv_ask_text(tool->name);
        cells[1] = count_cell(tool->sums[SV_REPORT_NOW].calls);
        cells[2] = count_cell(tool->sums[SV_REPORT_NOW].errors);
        cells[3] = ms_cell(&tool->durations, 0.5);
        cells[4] = ms_cell(&tool->durations, 0.95);
        cells[5] = ms_cell(&tool->durations, 1);
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
    room(part, report->policies.count);
    for (size_t i = 0; i < report->policies.count && report->policy_order[i]->counts[SV_REPORT_NOW] > 0; i++) {
        const struct sv_report_policy *policy = report->policy_order[i];
        struct sv_list_cell *cells = add_row(part);
        cells[0] = sv_ask_text(policy->name);
        cells[1] = severity_cell(policy->severity);
        cells[2] = count_cell(policy->counts[SV_REPORT_NOW]);
        cells[3] = count_cell(policy->counts[SV_REPORT_BEFORE]);
        cells[4] = count_cell(violators(policy));
        cells[5] = sv_ask_time(policy->last_ns);
    }
}

static const struct sv_list_column open_columns[] = {
    {"agent", 10, 22, false, false, false}, {"policy", 16, 48, true, false, false},  {"severity", 8, 8, false, false, false},
    {"violations", 10, 10, false, false, true}, {"last", 11, 11, false, false, false}};

static void open_alerts(struct sv_report *report, struct sv_report_part *part)
{
    room(part, report->alert_count);
    if (report->has_groups)
        part->none = "no alert is open that nobody has acknowledged";
    for (size_t i = 0; i < report->alert_count; i++) {
        const struct sv_report_alert *alert = report->alerts[i];
        struct sv_list_cell *cells = add_row(part);
        cells[0] = sv_ask_text(alert->agent);
        cells[1] = sv_ask_text(alert->policy);
        cells[2] = severity_cell(alert->severity);
        cells[3] = count_cell(alert->count);
        cells[4] = sv_ask_time(alert->last_ns);
    }
}

static const struct sv_list_column silent_columns[] = {
    {"agent", 12, 40, true, false, false}, {"since", 11, 11, false, false, false}, {"why", 36, 36, false, false, false}};

static void silent(struct sv_report *report, struct sv_report_part *part)
{
    room(part, report->silent_count);
    for (size_t i = 0; i < report->silent_count; i++) {
        const struct sv_report_silent *one = &report->silent[i];
        struct sv_list_cell *cells = add_row(part);
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
        [SV_REPORT_PART_TOTALS] = {{"total", "In all", NULL, COLUMNS(total_columns), 0, NULL}, totals},
        [SV_REPORT_PART_TIME] = {{"time", "Over time", NULL, COLUMNS(time_columns), 0, NULL}, over_time},
        [SV_REPORT_PART_TEAMS] = {{"team", "Teams", NULL, COLUMNS(team_columns), 0, NULL}, teams},
        [SV_REPORT_PART_AGENTS] = {{"agent", "Agents", NULL, COLUMNS(agent_columns), 0, NULL}, agents},
        [SV_REPORT_PART_MODELS] = {{"model", "Models", NULL, COLUMNS(model_columns), 0, NULL}, models},
        [SV_REPORT_PART_VIOLATIONS] = {{"violation", "Violations", "no policy was violated", COLUMNS(violation_columns), 0, NULL}, violations},
        [SV_REPORT_PART_OPEN] = {{"open", "Open alerts", "nothing of severity error or more is open", COLUMNS(open_columns), 0, NULL},
                                 open_alerts},
        [SV_REPORT_PART_TOOLS] = {{"tool", "Slowest tools", NULL, COLUMNS(tool_columns), 0, NULL}, tools},
        [SV_REPORT_PART_SILENT] = {{"silent", "Silent agents", "nobody is silent", COLUMNS(silent_columns), 0, NULL}, silent},
    };
    *out = parts[kind].part;
    parts[kind].fill(report, out);
}

void sv_report_part_free(struct sv_report_part *part)
{
    sv_free(part->cells);
}
