/* SPDX-License-Identifier: ISC */
/* Evaluations as people or programs want to see them. */
#include "report/csv.h"
#include "run/private.h"

static const struct sv_column columns[] = {
    {"SEVERITY", 8, 8, false, false, false}, {"TIME", 11, 11, false, false, false}, {"AGENT", 8, 16, false, false, false},
    {"POLICY", 14, 20, false, false, false}, {"WHAT", 14, 0, true, false, false},   {"AT", 12, 18, false, true, false},
};

/* What a timer tells stands in no file. */
static void put_place(struct sv_buf *out, const struct sv_run *run, const struct sv_place *place)
{
    if (place->source == SV_NO_SOURCE)
        return;
    sv_buf_str(out, run->sources[place->source].shown);
    sv_buf_char(out, ':');
    sv_buf_uint(out, place->line > 0 ? place->line : place->record);
}

/* What was put out from start on is a line, kept back by -n. */
static void end_line(struct sv_run *run, size_t start)
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

static void put_row(struct sv_run *run, const struct sv_hit *hit, struct sv_slice place)
{
    const struct sv_policy *policy = sv_policies_at(run->policies, hit->policy);
    struct sv_table table = table_of(run);
    struct sv_buf time = {0};
    bool found = hit->outcome == SV_VIOLATION;
    if (hit->has_time)
        sv_run_summary_put_time(&time, hit->time_ns, run->spec.utc);
    struct sv_cell cells[] = {
        {sv_slice_str(found ? sv_severity_name(policy->severity) : sv_outcome_name(hit->outcome)),
         found ? sv_run_summary_color(policy->severity) : SV_COLOR_DIM},
        {sv_buf_slice(&time), SV_COLOR_NONE},
        {hit->agent, SV_COLOR_NONE},
        {policy->id, SV_COLOR_BOLD},
        {sv_hit_what(hit), SV_COLOR_NONE},
        {place, SV_COLOR_DIM},
    };
    sv_table_row(&table, &run->out, cells);
    sv_buf_free(&time);
}

/* The columns are part of the manual: new ones go to the end. */
static const char *const csv_names[] = {"time",       "severity", "policy",  "outcome", "action", "agent", "team",  "supervisor",
                                        "session",    "message",  "at",      "event",   "key",    "values", "id"};

static void put_csv(struct sv_buf *out, const struct sv_hit *hit, const struct sv_policy *policy,
                    struct sv_slice place)
{
    struct sv_csv csv = {.out = out};
    struct sv_buf id = {0};
    sv_evaluation_put_id(&id, hit, policy);
    if (hit->has_time)
        sv_csv_time(&csv, hit->time_ns);
    else
        sv_csv_none(&csv);
    const struct sv_slice texts[] = {sv_slice_str(sv_severity_name(policy->severity)),
                                     policy->id,
                                     sv_slice_str(sv_outcome_name(hit->outcome)),
                                     sv_slice_str(sv_action_name(policy->action)),
                                     hit->agent,
                                     hit->team,
                                     hit->supervisor,
                                     hit->session,
                                     hit->message,
                                     place,
                                     hit->event,
                                     hit->keys,
                                     hit->values,
                                     sv_buf_slice(&id)};
    for (size_t i = 0; i < sizeof texts / sizeof *texts; i++)
        sv_csv_text(&csv, texts[i]);
    sv_csv_end(&csv);
    sv_buf_free(&id);
}

static void put_csv_head(struct sv_run *run)
{
    struct sv_csv csv = {.out = &run->out};
    if (!run->headed && run->spec.convert)
        sv_event_put_csv_head(&csv);
    else if (!run->headed)
        sv_csv_head(&csv, csv_names, sizeof csv_names / sizeof *csv_names);
    run->headed = true;
}

/* Rows wait for the end where a summary may have to stand in for them. */
static bool is_held(const struct sv_run *run)
{
    return run->spec.summary && !run->spec.rows && run->spec.last == 0;
}

static void put_text(struct sv_run *run, const struct sv_hit *hit, struct sv_slice place)
{
    size_t start = run->out.len;
    run->row_count++;
    if (is_held(run) && run->row_count > SV_RUN_ROWS_MAX) {
        sv_buf_free(&run->held);
        return;
    }
    if (!is_held(run) && run->spec.last == 0)
        put_head(run), start = run->out.len;
    put_row(run, hit, place);
    if (is_held(run)) {
        sv_buf_add(&run->held, sv_slice(run->out.data + start, run->out.len - start));
        run->out.len = start;
        return;
    }
    end_line(run, start);
}

void sv_run_view_row(struct sv_run *run, const struct sv_hit *hit)
{
    const struct sv_policy *policy = sv_policies_at(run->policies, hit->policy);
    struct sv_buf place = {0};
    put_place(&place, run, &hit->place);
    if (run->digest.groups != NULL)
        sv_digest_add(&run->digest, policy, hit, sv_buf_slice(&place));
    if (run->spec.output == SV_OUTPUT_CSV && run->spec.last == 0)
        put_csv_head(run);
    size_t start = run->out.len;
    switch (run->spec.output) {
    case SV_OUTPUT_JSON:
        sv_evaluation_put_json(&run->out, hit, policy, sv_buf_slice(&place));
        end_line(run, start);
        break;
    case SV_OUTPUT_CSV:
        put_csv(&run->out, hit, policy, sv_buf_slice(&place));
        end_line(run, start);
        break;
    case SV_OUTPUT_TEXT:
        put_text(run, hit, sv_buf_slice(&place));
        break;
    case SV_OUTPUT_HTML:
        break;
    }
    sv_buf_free(&place);
}

void sv_run_view_event(struct sv_run *run, struct sv_event *event)
{
    struct sv_csv csv = {.out = &run->out};
    bool as_csv = run->spec.output == SV_OUTPUT_CSV;
    if (as_csv && run->spec.last == 0)
        put_csv_head(run);
    size_t start = run->out.len;
    if (as_csv)
        sv_event_put_csv(&csv, event, run->redactor);
    else
        sv_event_put_json(&run->out, event, run->redactor);
    end_line(run, start);
}

void sv_run_view_open(struct sv_run *run)
{
    struct sv_run_spec *spec = &run->spec;
    for (uint32_t i = 0; i < run->source_count; i++)
        if (sv_input_source(run->input, i)->is_pipe)
            spec->summary = false; /* who looks on wants to see what comes when it comes */
    if (run->policies == NULL)
        return;
    if (spec->output == SV_OUTPUT_TEXT)
        sv_digest_open(&run->digest, sv_policies_count(run->policies), 0);
    if (spec->output == SV_OUTPUT_HTML)
        sv_digest_open(&run->digest, sv_policies_count(run->policies), spec->last > 0 ? spec->last : SV_RUN_PAGE_ROWS);
}

static void put_last(struct sv_run *run)
{
    for (size_t i = 0; i < run->last_count; i++) {
        size_t at = (run->last_next + run->spec.last - run->last_count + i) % run->spec.last;
        sv_buf_add(&run->out, sv_slice(run->last[at].text, run->last[at].len));
    }
}

/* With few rows these and a line with the policies; with many a table of the policies, above the last rows or below all. */
static void end_text(struct sv_run *run)
{
    bool many = run->spec.summary && run->row_count > SV_RUN_ROWS_MAX;
    if (many && run->spec.rows && run->spec.last == 0)
        sv_buf_char(&run->out, '\n');
    if (many)
        sv_run_summary_put_table(run);
    if (many && run->last_count > 0)
        sv_buf_char(&run->out, '\n');
    if (run->last_count > 0 || run->held.len > 0)
        put_head(run);
    sv_buf_add(&run->out, sv_buf_slice(&run->held));
    put_last(run);
    if (!many)
        sv_run_summary_put_line(run);
    sv_run_summary_put_totals(run, &run->out);
    if (many && is_held(run))
        sv_buf_str(&run->out, "(-v shows every one, -n 20 the last 20)\n");
}

void sv_run_view_end(struct sv_run *run)
{
    if (run->spec.output == SV_OUTPUT_TEXT && run->policies != NULL)
        end_text(run);
    else if (run->spec.output == SV_OUTPUT_HTML)
        sv_run_page_put(run, &run->out);
    else {
        if (run->spec.output == SV_OUTPUT_CSV)
            put_csv_head(run);
        put_last(run);
    }
}

void sv_run_view_free(struct sv_run *run)
{
    for (size_t i = 0; i < run->last_count; i++)
        sv_free(run->last[i].text);
    sv_free(run->last);
    sv_buf_free(&run->held);
    sv_digest_free(&run->digest);
}
