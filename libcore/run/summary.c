/* SPDX-License-Identifier: ISC */
/* What a run found in a few lines. */
#include <time.h>

#include "base/time.h"
#include "run/private.h"

static void put_time(struct sv_buf *out, int64_t ns, bool utc, bool day)
{
    time_t seconds = (time_t)(ns / SV_SECOND_NS);
    struct tm parts;
    char text[32];
    if ((utc ? gmtime_r(&seconds, &parts) : localtime_r(&seconds, &parts)) != NULL)
        sv_buf_add(out, sv_slice(text, strftime(text, sizeof text, day ? "%Y-%m-%d" : "%m-%d %H:%M", &parts)));
}

void sv_run_summary_put_time(struct sv_buf *out, int64_t ns, bool utc)
{
    put_time(out, ns, utc, false);
}

enum sv_color sv_run_summary_color(enum sv_severity severity)
{
    static const enum sv_color colors[] = {SV_COLOR_BLUE, SV_COLOR_YELLOW, SV_COLOR_RED, SV_COLOR_ALERT};
    return colors[severity];
}

static void put_counted(struct sv_buf *out, uint64_t n, const char *one, const char *many)
{
    sv_text_count(out, n);
    sv_buf_char(out, ' ');
    sv_buf_str(out, n == 1 ? one : many);
}

/* `force-push 1 (14:02) · stuck-loop 1 (15:40)`, broken to the width */
void sv_run_summary_put_line(struct sv_run *run)
{
    size_t line = 0;
    struct sv_buf item = {0};
    for (size_t i = 0; i < sv_policies_count(run->policies); i++) {
        const struct sv_digest_group *count = &run->digest.groups[i];
        if (count->count == 0)
            continue;
        sv_buf_clear(&item);
        sv_text_safe(&item, sv_policies_at(run->policies, i)->id);
        sv_buf_char(&item, ' ');
        sv_text_count(&item, count->count);
        if (count->has_time) {
            sv_buf_str(&item, " (");
            sv_run_summary_put_time(&item, count->last_ns, run->spec.utc);
            sv_buf_char(&item, ')');
        }
        if (line > 0 && run->spec.width > 0 && line + 3 + item.len > run->spec.width) {
            sv_buf_char(&run->out, '\n');
            line = 0;
        } else if (line > 0) {
            sv_buf_str(&run->out, " \xC2\xB7 ");
            line += 3;
        }
        sv_buf_add(&run->out, sv_buf_slice(&item));
        line += item.len;
    }
    if (line > 0)
        sv_buf_char(&run->out, '\n');
    sv_buf_free(&item);
}

void sv_run_summary_put_totals(struct sv_run *run, struct sv_buf *out)
{
    const struct sv_ledger *ledger = &run->ledger;
    uint64_t policies = 0, unpriced = 0;
    for (size_t i = 0; i < sv_policies_count(run->policies); i++)
        policies += run->digest.groups[i].count > 0;
    for (size_t i = 0; i < ledger->unpriced.count; i++)
        unpriced += ledger->unpriced.items[i].number;
    put_counted(out, ledger->violations, "violation", "violations");
    if (policies > 0) {
        sv_buf_str(out, " of ");
        put_counted(out, policies, "policy", "policies");
    }
    sv_buf_str(out, " in ");
    put_counted(out, ledger->judged, "event", "events");
    sv_buf_str(out, " \xC2\xB7 ");
    put_counted(out, ledger->agents.count, "agent", "agents");
    uint64_t tokens = (uint64_t)ledger->input_tokens + (uint64_t)ledger->output_tokens;
    if (tokens > 0) {
        sv_buf_str(out, " \xC2\xB7 ");
        sv_text_short_count(out, tokens);
        sv_buf_printf(out, " tokens, about $%.2f", ledger->cost_usd);
    }
    if (ledger->unpriced.count > 0) {
        sv_buf_str(out, " (");
        put_counted(out, ledger->unpriced.count, "model", "models");
        sv_buf_str(out, " unpriced: ");
        sv_text_short_count(out, unpriced);
        sv_buf_str(out, " tokens)");
    }
    sv_buf_char(out, '\n');
}

/* Over most of a year a month and a day do not tell when. */
static bool spans_a_year(const struct sv_digest *digest)
{
    int64_t first = INT64_MAX, last = INT64_MIN;
    for (size_t i = 0; i < 2 * digest->policies; i++)
        if (digest->groups[i].has_time) {
            first = digest->groups[i].first_ns < first ? digest->groups[i].first_ns : first;
            last = digest->groups[i].last_ns > last ? digest->groups[i].last_ns : last;
        }
    return first < last && (uint64_t)last - (uint64_t)first > (uint64_t)(300 * 86400 * SV_SECOND_NS);
}

static void put_agents(struct sv_buf *out, const struct sv_digest_group *group)
{
    sv_text_count(out, group->agents);
    if (group->more_agents)
        sv_buf_char(out, '+');
}

enum { COUNT = 1, AGENTS = 3, FIRST = 4, COLUMNS = 8, WITH_FIRST = 79, WITH_PLACE = 105 /* of the terminal, at least */ };

/* One row a policy: what there is of its cells, without those the terminal has no room for. */
static void put_policy(struct sv_run *run, const struct sv_table *table, uint32_t number, bool days, bool has_first)
{
    const struct sv_digest *digest = &run->digest;
    const struct sv_digest_group *group = &digest->groups[number];
    const struct sv_policy *policy = sv_policies_at(run->policies, number % digest->policies);
    bool found = number < digest->policies;
    struct sv_buf count = {0}, agents = {0}, first = {0}, last = {0};
    sv_text_count(&count, group->count);
    put_agents(&agents, group);
    if (group->has_time) {
        put_time(&first, group->first_ns, run->spec.utc, days);
        put_time(&last, group->last_ns, run->spec.utc, days);
    }
    struct sv_cell cells[COLUMNS];
    size_t n = 0;
    cells[n++] = (struct sv_cell){sv_slice_str(found ? sv_severity_name(policy->severity) : sv_outcome_name(SV_OUTCOME_ERROR)),
                                  found ? sv_run_summary_color(policy->severity) : SV_COLOR_DIM};
    cells[n++] = (struct sv_cell){sv_buf_slice(&count), SV_COLOR_NONE};
    cells[n++] = (struct sv_cell){policy->id, SV_COLOR_BOLD};
    cells[n++] = (struct sv_cell){sv_buf_slice(&agents), SV_COLOR_NONE};
    if (has_first)
        cells[n++] = (struct sv_cell){sv_buf_slice(&first), SV_COLOR_NONE};
    cells[n++] = (struct sv_cell){sv_buf_slice(&last), SV_COLOR_NONE};
    cells[n++] = (struct sv_cell){sv_buf_slice(&group->example), SV_COLOR_NONE};
    cells[n] = (struct sv_cell){sv_buf_slice(&group->at), SV_COLOR_DIM};
    sv_table_row(table, &run->out, cells);
    sv_buf_free(&count);
    sv_buf_free(&agents);
    sv_buf_free(&first);
    sv_buf_free(&last);
}

static void widen(struct sv_column *column, size_t cells)
{
    if (column->max < cells)
        column->min = column->max = cells;
}

void sv_run_summary_put_table(struct sv_run *run)
{
    const struct sv_digest *digest = &run->digest;
    struct sv_column columns[COLUMNS] = {
        {"SEVERITY", 8, 8, false, false, false}, {"COUNT", 5, 5, false, false, true},     {"POLICY", 14, 22, false, false, false},
        {"AGENTS", 6, 6, false, false, true},    {"FIRST", 11, 11, false, false, false},  {"LAST", 11, 11, false, false, false},
        {"EXAMPLE", 12, 0, true, false, false},  {"AT", 12, 18, false, true, false},
    };
    struct sv_table table = {columns, COLUMNS, run->spec.width, run->spec.color};
    bool narrow = run->spec.width > 0, has_first = !narrow || run->spec.width >= WITH_FIRST;
    bool days = spans_a_year(digest);
    uint32_t *order = sv_calloc(2 * digest->policies, sizeof *order);
    size_t count = sv_digest_order(digest, run->policies, order);
    struct sv_buf text = {0};
    for (size_t i = 0; i < count; i++) {
        sv_buf_clear(&text);
        sv_text_count(&text, digest->groups[order[i]].count);
        widen(&columns[COUNT], text.len);
        sv_buf_clear(&text);
        put_agents(&text, &digest->groups[order[i]]);
        widen(&columns[AGENTS], text.len);
    }
    sv_buf_free(&text);
    if (narrow && run->spec.width < WITH_PLACE)
        table.count--;
    if (!has_first) {
        memmove(columns + FIRST, columns + FIRST + 1, (COLUMNS - FIRST - 1) * sizeof *columns);
        table.count--;
    }
    sv_table_head(&table, &run->out);
    for (size_t i = 0; i < count; i++)
        put_policy(run, &table, order[i], days, has_first);
    sv_free(order);
}
