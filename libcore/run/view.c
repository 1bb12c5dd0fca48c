/* SPDX-License-Identifier: ISC */
/* Evaluations as people or programs want to see them. */
#include <time.h>

#include "base/time.h"
#include "run/private.h"

static const struct sv_column columns[] = {
    {"SEVERITY", 8, 8, false, false}, {"TIME", 11, 11, false, false}, {"AGENT", 8, 16, false, false},
    {"POLICY", 14, 20, false, false}, {"WHAT", 14, 0, true, false},   {"AT", 12, 18, false, true},
};

/* month-day hour:minute */
static void put_time(struct sv_buf *out, int64_t ns, bool utc)
{
    time_t seconds = (time_t)(ns / SV_SECOND_NS);
    struct tm parts;
    char text[32];
    if ((utc ? gmtime_r(&seconds, &parts) : localtime_r(&seconds, &parts)) != NULL)
        sv_buf_add(out, sv_slice(text, strftime(text, sizeof text, "%m-%d %H:%M", &parts)));
}

static void put_place(struct sv_buf *out, const struct sv_run *run, const struct sv_place *place)
{
    sv_buf_str(out, run->sources[place->source].shown);
    sv_buf_char(out, ':');
    sv_buf_uint(out, place->line > 0 ? place->line : place->record);
}

void sv_run_view_line(struct sv_run *run, size_t start)
{
    if (run->spec.last == 0)
        return;
    if (run->last == NULL)
        run->last = sv_calloc(run->spec.last, sizeof *run->last);
    struct sv_run_line *line = &run->last[run->last_next];
    run->last_next = (run->last_next + 1) % run->spec.last;
    run->last_count += run->last_count < run->spec.last;
    sv_free(line->text);
    line->len = run->out.len - start;
    line->text = sv_str_dup(sv_slice(run->out.data + start, line->len));
    run->out.len = start;
}

static struct sv_table table_of(const struct sv_run *run)
{
    return (struct sv_table){columns, sizeof columns / sizeof *columns, run->spec.width, run->spec.color};
}

static void put_head(struct sv_run *run)
{
    struct sv_table table = table_of(run);
    if (!run->headed)
        sv_table_head(&table, &run->out);
    run->headed = true;
}

static void put_row(struct sv_run *run, const struct sv_evaluation *evaluation)
{
    static const enum sv_color colors[] = {SV_COLOR_BLUE, SV_COLOR_YELLOW, SV_COLOR_RED, SV_COLOR_ALERT};
    const struct sv_hit *subject = &evaluation->subject;
    const struct sv_policy *policy = sv_policies_at(run->policies, subject->policy);
    struct sv_table table = table_of(run);
    struct sv_buf time = {0}, place = {0};
    bool found = subject->outcome == SV_VIOLATION;
    if (subject->has_time)
        put_time(&time, subject->time_ns, run->spec.utc);
    put_place(&place, run, &subject->place);
    struct sv_cell cells[] = {
        {sv_slice_str(found ? sv_severity_name(policy->severity) : sv_outcome_name(subject->outcome)), found ? colors[policy->severity] : SV_COLOR_DIM},
        {sv_buf_slice(&time), SV_COLOR_NONE},
        {subject->agent, SV_COLOR_NONE},
        {policy->id, SV_COLOR_BOLD},
        {found && subject->summary.len > 0 ? subject->summary : subject->message, SV_COLOR_NONE},
        {sv_buf_slice(&place), SV_COLOR_DIM},
    };
    sv_table_row(&table, &run->out, cells);
    sv_buf_free(&time);
    sv_buf_free(&place);
}

void sv_run_view_row(struct sv_run *run, const struct sv_evaluation *evaluation)
{
    if (run->spec.output == SV_OUTPUT_TEXT && run->spec.last == 0)
        put_head(run);
    size_t start = run->out.len;
    if (run->spec.output == SV_OUTPUT_TEXT) {
        put_row(run, evaluation);
    } else {
        struct sv_buf place = {0};
        put_place(&place, run, &evaluation->subject.place);
        sv_evaluation_put_json(&run->out, evaluation, sv_policies_at(run->policies, evaluation->subject.policy), sv_buf_slice(&place));
        sv_buf_free(&place);
    }
    sv_run_view_line(run, start);
}

static void put_counted(struct sv_buf *out, uint64_t n, const char *one, const char *many)
{
    sv_text_count(out, n);
    sv_buf_char(out, ' ');
    sv_buf_str(out, n == 1 ? one : many);
}

/* `force-push 1 (14:02) · stuck-loop 1 (15:40)`, broken to the width */
static void put_policies(struct sv_run *run)
{
    size_t line = 0;
    struct sv_buf item = {0};
    for (size_t i = 0; i < sv_policies_count(run->policies); i++) {
        const struct sv_run_count *count = &run->counts[i];
        if (count->count == 0)
            continue;
        sv_buf_clear(&item);
        sv_text_safe(&item, sv_policies_at(run->policies, i)->id);
        sv_buf_char(&item, ' ');
        sv_text_count(&item, count->count);
        if (count->has_time) {
            sv_buf_str(&item, " (");
            put_time(&item, count->last_ns, run->spec.utc);
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

static void put_summary(struct sv_run *run)
{
    const struct sv_ledger *ledger = &run->ledger;
    struct sv_buf *out = &run->out;
    uint64_t policies = 0, unpriced = 0;
    for (size_t i = 0; i < sv_policies_count(run->policies); i++)
        policies += run->counts[i].count > 0;
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

void sv_run_view_end(struct sv_run *run)
{
    if (run->last_count > 0 && run->spec.output == SV_OUTPUT_TEXT)
        put_head(run);
    for (size_t i = 0; i < run->last_count; i++) {
        size_t at = (run->last_next + run->spec.last - run->last_count + i) % run->spec.last;
        sv_buf_add(&run->out, sv_slice(run->last[at].text, run->last[at].len));
    }
    if (run->spec.output != SV_OUTPUT_TEXT || run->policies == NULL)
        return;
    put_policies(run);
    put_summary(run);
}
