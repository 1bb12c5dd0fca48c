/* SPDX-License-Identifier: ISC */
/* What a run found as a page: totals, charts, policies, rows. Times are UTC: the page may be read anywhere. */
#include <stdlib.h>

#include "base/time.h"
#include "report/chart.h"
#include "run/private.h"

enum {
    DAYS_MAX = 90,      /* columns; more days are folded into weeks, months, years */
    BARS_MAX = 12,      /* policies and agents that have a bar of their own */
    POLICIES_MAX = 200, /* rows of the table of policies */
};

static const struct sv_chart_series series[SV_DIGEST_SEVERITIES] = {
    [SV_INFO] = {"info", SV_TONE_BLUE},
    [SV_WARNING] = {"warning", SV_TONE_AMBER},
    [SV_ERROR_SEVERITY] = {"error", SV_TONE_RED},
    [SV_CRITICAL] = {"critical", SV_TONE_VIOLET},
};

/* What a chart shows, as it is collected; labels and counts live in the arena. */
struct bars {
    struct sv_arena arena;
    struct sv_chart_item *items;
    size_t count, capacity;
};

static void bars_add(struct bars *bars, struct sv_slice label, const uint64_t *counts)
{
    if (bars->count == bars->capacity) {
        bars->capacity = bars->capacity * 2 + 16;
        bars->items = sv_realloc(bars->items, bars->capacity * sizeof *bars->items);
    }
    uint64_t *values = sv_arena_alloc(&bars->arena, SV_DIGEST_SEVERITIES * sizeof *values);
    memcpy(values, counts, SV_DIGEST_SEVERITIES * sizeof *values);
    bars->items[bars->count++] = (struct sv_chart_item){sv_arena_dup(&bars->arena, label), values};
}

static void bars_free(struct bars *bars)
{
    sv_free(bars->items);
    sv_arena_free(&bars->arena);
}

static uint64_t total(const uint64_t *counts)
{
    uint64_t sum = 0;
    for (int s = 0; s < SV_DIGEST_SEVERITIES; s++)
        sum += counts[s];
    return sum;
}

static int by_total(const void *a, const void *b)
{
    const struct sv_chart_item *x = a, *y = b;
    uint64_t m = total(x->values), n = total(y->values);
    return m != n ? (m > n ? -1 : 1) : sv_slice_compare(x->label, y->label);
}

/* The largest first, the rest as one. */
static void bars_fold(struct bars *bars)
{
    uint64_t rest[SV_DIGEST_SEVERITIES] = {0};
    struct sv_buf label = {0};
    if (bars->count > 0)
        qsort(bars->items, bars->count, sizeof *bars->items, by_total);
    if (bars->count <= BARS_MAX)
        return;
    for (size_t i = BARS_MAX; i < bars->count; i++)
        for (int s = 0; s < SV_DIGEST_SEVERITIES; s++)
            rest[s] += bars->items[i].values[s];
    sv_text_count(&label, bars->count - BARS_MAX);
    sv_buf_str(&label, " others");
    bars->count = BARS_MAX;
    bars_add(bars, sv_buf_slice(&label), rest);
    sv_buf_free(&label);
}

static struct sv_chart chart_of(const struct bars *bars, const char *id, const char *title, const char *what)
{
    return (struct sv_chart){id, title, what, series, SV_DIGEST_SEVERITIES, bars->items, bars->count};
}

static void add_span(void *context, struct sv_slice label, const struct sv_digest_agent *sum)
{
    bars_add(context, label, sum->counts);
}

static void put_days(struct sv_buf *out, const struct sv_digest *digest)
{
    struct bars bars = {0};
    struct sv_buf text = {0};
    const char *unit = digest->day_count > 0 ? sv_digest_days(digest, DAYS_MAX, add_span, &bars) : "day";
    sv_buf_printf(&text, "Findings by %s", unit);
    sv_html_section(out, sv_buf_cstr(&text));
    struct sv_chart chart = chart_of(&bars, "time", sv_buf_cstr(&text), unit);
    if (bars.count > 0)
        sv_chart_columns(out, &chart);
    if (digest->untimed > 0) {
        sv_buf_clear(&text);
        sv_text_count(&text, digest->untimed);
        sv_buf_str(&text, " without a time");
        sv_html_note(out, sv_buf_slice(&text));
    }
    sv_html_section_end(out);
    sv_buf_free(&text);
    bars_free(&bars);
}

static void put_policy_bars(struct sv_run *run, struct sv_buf *out)
{
    struct bars bars = {0};
    for (size_t i = 0; i < run->digest.policies; i++) {
        const struct sv_policy *policy = sv_policies_at(run->policies, i);
        uint64_t counts[SV_DIGEST_SEVERITIES] = {0};
        counts[policy->severity] = run->digest.groups[i].count;
        if (run->digest.groups[i].count > 0)
            bars_add(&bars, policy->id, counts);
    }
    bars_fold(&bars);
    struct sv_chart chart = chart_of(&bars, "policy", "Findings by policy", "policy");
    sv_html_section(out, chart.title);
    sv_chart_bars(out, &chart);
    sv_html_section_end(out);
    bars_free(&bars);
}

static void put_agent_bars(struct sv_buf *out, const struct sv_digest *digest)
{
    struct bars bars = {0};
    for (size_t i = 0; i < digest->agents.count; i++)
        bars_add(&bars, digest->agents.items[i].key, ((const struct sv_digest_agent *)digest->agents.items[i].pointer)->counts);
    if (total(digest->others.counts) > 0)
        bars_add(&bars, SV_SLICE("(agents that are not told apart)"), digest->others.counts);
    if (total(digest->nameless.counts) > 0)
        bars_add(&bars, SV_SLICE("(no agent)"), digest->nameless.counts);
    bars_fold(&bars);
    struct sv_chart chart = chart_of(&bars, "agent", "Findings by agent", "agent");
    sv_html_section(out, chart.title);
    sv_chart_bars(out, &chart);
    sv_html_section_end(out);
    bars_free(&bars);
}

/* 2026-11-20 14:02 */
static void put_time(struct sv_buf *out, int64_t ns)
{
    size_t start = out->len;
    sv_time_format(out, ns);
    out->data[start + 10] = ' ';
    out->len = start + 16;
}

static struct sv_html_cell text_cell(struct sv_slice text)
{
    return (struct sv_html_cell){.text = text};
}

static struct sv_html_cell badge(const struct sv_policy *policy, bool error)
{
    return (struct sv_html_cell){.text = sv_slice_str(error ? "failed" : sv_severity_name(policy->severity)),
                                 .tone = error ? SV_TONE_PLAIN : series[policy->severity].tone};
}

static const struct sv_html_column policy_columns[] = {
    {"Severity", SV_HTML_BADGE}, {"Policy", SV_HTML_NAME}, {"Findings", SV_HTML_NUMBER}, {"Agents", SV_HTML_NUMBER},
    {"First", SV_HTML_WORD},     {"Last", SV_HTML_WORD},   {"Action", SV_HTML_TEXT},     {"Runbook", SV_HTML_TEXT},
};

static void put_policy(struct sv_run *run, struct sv_buf *out, const struct sv_html_table *table, uint32_t number)
{
    const struct sv_digest_group *group = &run->digest.groups[number];
    const struct sv_policy *policy = sv_policies_at(run->policies, number % run->digest.policies);
    struct sv_buf count = {0}, agents = {0}, first = {0}, last = {0};
    sv_text_count(&count, group->count);
    sv_text_count(&agents, group->agents);
    sv_buf_str(&agents, group->more_agents ? "+" : "");
    if (group->has_time) {
        put_time(&first, group->first_ns);
        put_time(&last, group->last_ns);
    }
    const struct sv_html_cell cells[] = {
        badge(policy, number >= run->digest.policies),
        {.text = policy->id, .more = policy->title},
        text_cell(sv_buf_slice(&count)),
        text_cell(sv_buf_slice(&agents)),
        text_cell(sv_buf_slice(&first)),
        text_cell(sv_buf_slice(&last)),
        text_cell(sv_slice_str(sv_action_name(policy->action))),
        {.text = policy->runbook, .link = policy->runbook},
    };
    sv_html_row(out, table, cells);
    sv_buf_free(&count);
    sv_buf_free(&agents);
    sv_buf_free(&first);
    sv_buf_free(&last);
}

/* `12 more policies are left out` */
static void put_left_out(struct sv_buf *out, uint64_t n, const char *what)
{
    struct sv_buf text = {0};
    if (n == 0)
        return;
    sv_text_count(&text, n);
    sv_buf_char(&text, ' ');
    sv_buf_str(&text, what);
    sv_html_note(out, sv_buf_slice(&text));
    sv_buf_free(&text);
}

static void put_policies(struct sv_run *run, struct sv_buf *out)
{
    struct sv_html_table table = {"Policies that found something, the most severe first", policy_columns,
                                  sizeof policy_columns / sizeof *policy_columns};
    uint32_t *order = sv_calloc(2 * run->digest.policies, sizeof *order);
    size_t count = sv_digest_order(&run->digest, run->policies, order);
    bool runbooks = false;
    for (size_t i = 0; i < count; i++)
        runbooks |= sv_policies_at(run->policies, order[i] % run->digest.policies)->runbook.len > 0;
    table.count -= !runbooks;
    sv_html_section(out, "Policies");
    sv_html_table(out, &table);
    for (size_t i = 0; i < count && i < POLICIES_MAX; i++)
        put_policy(run, out, &table, order[i]);
    sv_html_table_end(out);
    put_left_out(out, count > POLICIES_MAX ? count - POLICIES_MAX : 0, "more policies with findings are left out");
    sv_html_section_end(out);
    sv_free(order);
}

static const struct sv_html_column row_columns[] = {
    {"Severity", SV_HTML_BADGE}, {"Time (UTC)", SV_HTML_WORD}, {"Agent", SV_HTML_NAME},
    {"Policy", SV_HTML_NAME},    {"What", SV_HTML_QUOTED},     {"Where", SV_HTML_CODE},
};

static void put_row(struct sv_run *run, struct sv_buf *out, const struct sv_html_table *table, const struct sv_digest_row *row)
{
    const struct sv_policy *policy = sv_policies_at(run->policies, row->policy);
    struct sv_buf time = {0};
    if (row->has_time)
        put_time(&time, row->time_ns);
    bool is_said = row->what.len > 0 && sv_slice_find(row->message, row->what) != NULL;
    const struct sv_html_cell cells[] = {
        badge(policy, row->outcome == SV_OUTCOME_ERROR),
        text_cell(sv_buf_slice(&time)),
        text_cell(row->agent),
        text_cell(policy->id),
        {.text = row->message, .more = is_said ? SV_SLICE("") : row->what},
        text_cell(row->at),
    };
    sv_html_row(out, table, cells);
    sv_buf_free(&time);
}

/* The most severe first, of those the latest. */
static void put_rows(struct sv_run *run, struct sv_buf *out)
{
    const struct sv_html_table table = {"Findings, the most severe first, of these the latest", row_columns,
                                        sizeof row_columns / sizeof *row_columns};
    const struct sv_digest *digest = &run->digest;
    const struct sv_digest_row **rows = sv_calloc(digest->kept, sizeof *rows);
    sv_html_section(out, "Findings");
    sv_html_table(out, &table);
    for (int s = SV_DIGEST_SEVERITIES; s-- > 0;) {
        size_t count = 0;
        for (const struct sv_digest_row *row = digest->rows[s].first; row != NULL; row = row->next)
            rows[count++] = row;
        while (count > 0)
            put_row(run, out, &table, rows[--count]);
    }
    sv_html_table_end(out);
    put_left_out(out, digest->left_out, "less severe or earlier findings are left out here; they are in all counts above");
    sv_html_section_end(out);
    sv_free(rows);
}

/* Tiles: number and what it counts, made one by one. */
struct facts {
    struct sv_html_fact list[16];
    struct sv_buf texts[16];
    size_t count;
};

static struct sv_buf *fact(struct facts *facts, const char *name)
{
    facts->list[facts->count].name = name;
    return &facts->texts[facts->count++];
}

static void put_facts(struct sv_run *run, struct sv_buf *out)
{
    static const char *const names[] = {"info", "warning", "error", "critical"};
    const struct sv_ledger *ledger = &run->ledger;
    const struct sv_digest *digest = &run->digest;
    uint64_t policies = 0, tokens = (uint64_t)ledger->input_tokens + (uint64_t)ledger->output_tokens;
    struct facts facts = {0};
    for (size_t i = 0; i < digest->policies; i++)
        policies += digest->groups[i].count > 0;
    sv_text_count(fact(&facts, "violations"), digest->count);
    for (int s = SV_DIGEST_SEVERITIES; s-- > 0;)
        if (digest->by_severity[s] > 0)
            sv_text_count(fact(&facts, names[s]), digest->by_severity[s]);
    struct sv_buf *of = fact(&facts, "policies");
    sv_text_count(of, policies);
    sv_buf_str(of, " of ");
    sv_text_count(of, digest->policies);
    sv_text_count(fact(&facts, "agents seen"), ledger->agents.count);
    sv_text_count(fact(&facts, "events"), ledger->judged);
    if (tokens > 0) {
        sv_text_short_count(fact(&facts, "tokens"), tokens);
        sv_buf_printf(fact(&facts, ledger->unpriced.count > 0 ? "cost where priced" : "cost, about"), "$%.2f", ledger->cost_usd);
    }
    if (ledger->errors > 0)
        sv_text_count(fact(&facts, "conditions failed"), ledger->errors);
    if (ledger->rejected > 0)
        sv_text_count(fact(&facts, "records rejected"), ledger->rejected);
    if (ledger->unreadable > 0)
        sv_text_count(fact(&facts, "files unreadable"), ledger->unreadable);
    for (size_t i = 0; i < facts.count; i++)
        facts.list[i].value = sv_buf_slice(&facts.texts[i]);
    sv_html_facts(out, facts.list, facts.count);
    for (size_t i = 0; i < facts.count; i++)
        sv_buf_free(&facts.texts[i]);
}

/* When the findings were, not when they were looked for: the same input gives the same page. */
static void put_lead(struct sv_run *run, struct sv_buf *lead)
{
    bool timed = false;
    int64_t first = 0, last = 0;
    for (size_t i = 0; i < 2 * run->digest.policies; i++) {
        const struct sv_digest_group *group = &run->digest.groups[i];
        if (!group->has_time)
            continue;
        first = !timed || group->first_ns < first ? group->first_ns : first;
        last = !timed || group->last_ns > last ? group->last_ns : last;
        timed = true;
    }
    bool found = run->digest.count + run->digest.errors > 0;
    sv_buf_str(lead, found ? "What policies found in the logs of AI agents" : "Nothing was found");
    sv_buf_str(lead, ", in ");
    sv_text_count(lead, run->ledger.files);
    sv_buf_str(lead, run->ledger.files == 1 ? " file" : " files");
    if (timed) {
        sv_buf_str(lead, ", from ");
        put_time(lead, first);
        sv_buf_str(lead, " to ");
        put_time(lead, last);
        sv_buf_str(lead, " UTC");
    }
}

void sv_run_page_put(struct sv_run *run, struct sv_buf *out)
{
    struct sv_buf lead = {0};
    put_lead(run, &lead);
    sv_html_open(out, SV_SLICE("Findings"), sv_buf_slice(&lead));
    sv_buf_free(&lead);
    put_facts(run, out);
    if (run->digest.count > 0) {
        put_days(out, &run->digest);
        sv_html_pair(out);
        put_policy_bars(run, out);
        put_agent_bars(out, &run->digest);
        sv_html_pair_end(out);
    }
    if (run->digest.count + run->digest.errors > 0) {
        put_policies(run, out);
        put_rows(run, out);
    }
    const char *secrets = run->redactor != NULL ? "Secrets were replaced." : "Secrets stand as they were.";
    struct sv_buf foot = {0};
    sv_buf_printf(&foot, "sv-eval. Times are UTC. %s", secrets);
    sv_html_close(out, sv_buf_slice(&foot));
    sv_buf_free(&foot);
}
