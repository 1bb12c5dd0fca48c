/* SPDX-License-Identifier: ISC */
/* A report as text for mail, as CSV, as a page. */
#include <math.h>
#include <string.h>
#include <time.h>

#include "base/mem.h"
#include "base/time.h"
#include "report/chart.h"
#include "run/report_private.h"

enum {
    TEXT_ROWS = 10, PAGE_ROWS = 25, /* of a part; the rest is counted */
    BARS = 10,
    COLUMNS_MAX = 8, /* of a part */
    MAIL_CELLS = 78
};

static const char *const before_words[] = {"the day before", "the week before", "the month before"};

/* The clock's zone, at the beginning of the period. */
static void put_zone(struct sv_buf *out, const struct sv_report *report)
{
    time_t seconds = (time_t)(report->start_ns[SV_REPORT_NOW] / SV_SECOND_NS);
    struct tm parts;
    char text[32];
    if (localtime_r(&seconds, &parts) != NULL)
        sv_buf_add(out, sv_slice(text, strftime(text, sizeof text, "%Z", &parts)));
}

/* `before` for before_usd: the values show their units. */
static void put_head(struct sv_buf *out, const char *name)
{
    for (const char *c = name; *c != '\0' && strcmp(c, "_ms") != 0 && strcmp(c, "_usd") != 0; c++)
        sv_buf_char(out, *c == '_' ? ' ' : *c);
}

static void put_subject(struct sv_buf *out, const struct sv_report *report)
{
    sv_report_put_title(out, report);
    sv_buf_printf(out, " (");
    put_zone(out, report);
    sv_buf_printf(out, "), beside %s", before_words[report->spec.span]);
    if (report->end_ns[SV_REPORT_NOW] > report->now_ns)
        sv_buf_str(out, "; it is not over yet");
}

/* --- text --- */

/* Over the hours of a day there is no table: 24 lines say little. */
static bool is_for_mail(const struct sv_report *report, enum sv_report_part_kind kind)
{
    return kind != SV_REPORT_PART_TIME || report->spec.span != SV_REPORT_DAY;
}

static void put_text_part(struct sv_report *report, struct sv_list *list, enum sv_report_part_kind kind)
{
    struct sv_report_part part;
    struct sv_buf *out = &report->out;
    sv_report_part(report, kind, &part);
    size_t most = kind <= SV_REPORT_PART_TIME ? part.rows : TEXT_ROWS;
    struct sv_buf heads[COLUMNS_MAX] = {0};
    const char *titles[COLUMNS_MAX];
    for (size_t i = 0; i < part.column_count; i++) {
        put_head(&heads[i], part.columns[i].name);
        titles[i] = sv_buf_cstr(&heads[i]);
    }
    list->columns = part.columns;
    list->titles = titles;
    list->count = part.column_count;
    if (part.rows > 0 || part.none != NULL)
        sv_buf_printf(out, "\n%s%s%s\n", part.title, part.rows == 0 ? ": " : "", part.rows == 0 ? part.none : "");
    if (part.rows > 0)
        sv_list_head(list, out);
    for (size_t i = 0; i < part.rows && i < most; i++)
        sv_list_row(list, out, &part.cells[i * part.column_count]);
    if (part.rows > most) {
        sv_text_count(out, part.rows - most);
        sv_buf_str(out, " more\n");
    }
    for (size_t i = 0; i < part.column_count; i++)
        sv_buf_free(&heads[i]);
    sv_report_part_free(&part);
}

void sv_report_put_text(struct sv_report *report)
{
    struct sv_list list = report->ask->list;
    list.form = SV_LIST_TEXT;
    list.width = list.width > 0 ? list.width : MAIL_CELLS;
    list.chosen_count = 0;
    sv_buf_str(&report->out, "sv-team report: ");
    put_subject(&report->out, report);
    sv_buf_char(&report->out, '\n');
    for (int kind = 0; kind < SV_REPORT_PARTS; kind++)
        if (is_for_mail(report, (enum sv_report_part_kind)kind))
            put_text_part(report, &list, (enum sv_report_part_kind)kind);
}

/* --- CSV --- */

/* A value a row: which part, which of its rows, what that row is about, which column. */
static void put_values(struct sv_report *report, struct sv_csv *csv, const struct sv_report_part *part)
{
    for (size_t i = 0; i < part->rows * part->column_count; i++) {
        size_t column = i % part->column_count;
        if (column == 0 || part->cells[i].kind == SV_LIST_NONE || strcmp(part->columns[column].name, "change") == 0)
            continue; /* what changed is told by the values */
        sv_csv_time(csv, report->start_ns[SV_REPORT_NOW]);
        sv_csv_text(csv, sv_slice_str(part->name));
        sv_csv_uint(csv, i / part->column_count + 1);
        sv_list_put_csv(csv, &part->cells[i - column]);
        sv_csv_text(csv, sv_slice_str(part->columns[column].name));
        sv_list_put_csv(csv, &part->cells[i]);
        sv_csv_end(csv);
    }
}

void sv_report_put_csv(struct sv_report *report)
{
    static const char *const names[] = {"start", "part", "row", "of", "column", "value"};
    struct sv_csv csv = {.out = &report->out};
    sv_csv_head(&csv, names, sizeof names / sizeof *names);
    for (int kind = 0; kind < SV_REPORT_PARTS; kind++) {
        struct sv_report_part part;
        sv_report_part(report, (enum sv_report_part_kind)kind, &part);
        put_values(report, &csv, &part);
        sv_report_part_free(&part);
    }
}

/* --- a page --- */

static void put_facts(struct sv_report *report, const struct sv_report_part *totals)
{
    struct sv_list list = {.form = SV_LIST_TEXT};
    struct sv_html_fact *facts = sv_calloc(totals->rows + 1, sizeof *facts);
    struct sv_buf *texts = sv_calloc(2 * totals->rows + 1, sizeof *texts);
    for (size_t i = 0; i < totals->rows; i++) {
        const struct sv_list_cell *cells = &totals->cells[i * totals->column_count];
        sv_list_put_text(&list, &texts[2 * i], &cells[1]);
        sv_buf_printf(&texts[2 * i + 1], "%.*s, ", SV_ARG(cells[0].text));
        for (size_t k = 0; k < cells[3].text.len; k++) /* `+12 %` is not broken */
            sv_buf_add(&texts[2 * i + 1], cells[3].text.data[k] == ' ' ? SV_SLICE("\xc2\xa0") : sv_slice(&cells[3].text.data[k], 1));
        facts[i] = (struct sv_html_fact){sv_buf_cstr(&texts[2 * i + 1]), sv_buf_slice(&texts[2 * i])};
    }
    sv_html_facts(&report->out, facts, totals->rows);
    for (size_t i = 0; i < 2 * totals->rows; i++)
        sv_buf_free(&texts[i]);
    sv_free(texts);
    sv_free(facts);
}

/* Numbers of a column of a part, beside its first. */
struct drawn {
    struct sv_chart_item *items;
    uint64_t *values; /* [2 * count] */
    size_t count;
};

static uint64_t whole(const struct sv_list_cell *cell, double unit)
{
    return cell->kind == SV_LIST_USD ? (uint64_t)llround(cell->real * unit) : cell->kind == SV_LIST_NUMBER ? (uint64_t)cell->number : 0;
}

static void draw(const struct sv_report_part *part, size_t column, double unit, size_t most, struct drawn *drawn)
{
    drawn->count = part->rows < most ? part->rows : most;
    drawn->items = sv_calloc(drawn->count + 1, sizeof *drawn->items);
    drawn->values = sv_calloc(2 * drawn->count + 1, sizeof *drawn->values);
    for (size_t i = 0; i < drawn->count; i++) {
        const struct sv_list_cell *cells = &part->cells[i * part->column_count];
        drawn->values[2 * i] = whole(&cells[column], unit);
        drawn->items[i] = (struct sv_chart_item){cells[0].text, &drawn->values[2 * i]};
    }
}

static void drawn_free(struct drawn *drawn)
{
    sv_free(drawn->items);
    sv_free(drawn->values);
}

enum { COLUMN_EVENTS = 1, COLUMN_ERRORS = 2, COLUMN_TOKENS = 3, COLUMN_COST = 4 }; /* of parts over time and by name */

/* Events that were none but errors stand on errors. */
static void put_event_columns(struct sv_report *report, const struct sv_report_part *time, const char *unit)
{
    static const struct sv_chart_series series[] = {{"other events", SV_TONE_BLUE}, {"errors", SV_TONE_RED}};
    struct drawn drawn;
    struct sv_buf title = {0};
    draw(time, COLUMN_EVENTS, 1, time->rows, &drawn);
    for (size_t i = 0; i < drawn.count; i++) {
        uint64_t errors = whole(&time->cells[i * time->column_count + COLUMN_ERRORS], 1);
        drawn.values[2 * i + 1] = errors;
        drawn.values[2 * i] -= errors < drawn.values[2 * i] ? errors : drawn.values[2 * i];
    }
    sv_buf_printf(&title, "Events by %s", unit);
    sv_html_section(&report->out, sv_buf_cstr(&title));
    sv_chart_columns(&report->out, &(struct sv_chart){"events", sv_buf_cstr(&title), unit, series, 2, drawn.items, drawn.count});
    sv_html_section_end(&report->out);
    sv_buf_free(&title);
    drawn_free(&drawn);
}

/* What it cost, or where nothing has a price how many tokens: columns over time, bars by name. */
static void put_cost(struct sv_report *report, const struct sv_report_part *parts, enum sv_report_part_kind which, const char *id, const char *unit)
{
    static const struct {
        const char *title;
        struct sv_chart_series series;
        double in_usd;
    } kinds[] = {{"Tokens", {"tokens", SV_TONE_BLUE}, 0},
                 {"Cost in US cents", {"US cents", SV_TONE_BLUE}, 100},
                 {"Cost in US dollars", {"US dollars", SV_TONE_BLUE}, 1}};
    double usd = report->sums[SV_REPORT_NOW].cost_usd;
    size_t kind = usd >= 200 ? 2 : usd >= 0.01 ? 1 : 0;
    const struct sv_report_part *part = &parts[which];
    bool over_time = which == SV_REPORT_PART_TIME;
    struct drawn drawn;
    struct sv_buf title = {0};
    draw(part, kind > 0 ? COLUMN_COST : COLUMN_TOKENS, kinds[kind].in_usd, over_time ? part->rows : BARS, &drawn);
    sv_buf_printf(&title, "%s by %s", kinds[kind].title, unit);
    struct sv_chart chart = {id, sv_buf_cstr(&title), unit, &kinds[kind].series, 1, drawn.items, drawn.count};
    sv_html_section(&report->out, sv_buf_cstr(&title));
    if (over_time)
        sv_chart_columns(&report->out, &chart);
    else
        sv_chart_bars(&report->out, &chart);
    sv_html_section_end(&report->out);
    sv_buf_free(&title);
    drawn_free(&drawn);
}

static enum sv_tone tone_of(const struct sv_list_cell *cell)
{
    static const enum sv_tone tones[] = {SV_TONE_BLUE, SV_TONE_AMBER, SV_TONE_RED, SV_TONE_VIOLET};
    enum sv_severity severity;
    return sv_severity_find(cell->text, &severity) ? tones[severity] : SV_TONE_PLAIN;
}

/* Heads of columns in words, what is not known as nothing. */
static void put_table(struct sv_report *report, const struct sv_report_part *part)
{
    struct sv_list list = {.form = SV_LIST_TEXT};
    struct sv_html_column columns[COLUMNS_MAX];
    struct sv_html_table table = {part->title, columns, part->column_count};
    struct sv_buf titles[COLUMNS_MAX] = {0}, texts[COLUMNS_MAX] = {0};
    for (size_t i = 0; i < part->column_count; i++) {
        put_head(&titles[i], part->columns[i].name);
        bool badge = sv_slice_is(sv_buf_slice(&titles[i]), "severity");
        columns[i] = (struct sv_html_column){sv_buf_cstr(&titles[i]), badge ? SV_HTML_BADGE : part->columns[i].right ? SV_HTML_NUMBER : SV_HTML_NAME};
        titles[i].data[0] = (char)(titles[i].data[0] - 'a' + 'A');
    }
    sv_html_table(&report->out, &table);
    for (size_t row = 0; row < part->rows && row < PAGE_ROWS; row++) {
        struct sv_html_cell cells[COLUMNS_MAX] = {0};
        for (size_t i = 0; i < part->column_count; i++) {
            const struct sv_list_cell *cell = &part->cells[row * part->column_count + i];
            sv_buf_clear(&texts[i]);
            if (cell->kind != SV_LIST_NONE)
                sv_list_put_text(&list, &texts[i], cell);
            cells[i] = (struct sv_html_cell){.text = sv_buf_slice(&texts[i]), .tone = tone_of(cell)};
        }
        sv_html_row(&report->out, &table, cells);
    }
    sv_html_table_end(&report->out);
    for (size_t i = 0; i < part->column_count; i++) {
        sv_buf_free(&titles[i]);
        sv_buf_free(&texts[i]);
    }
}

static void put_section(struct sv_report *report, const struct sv_report_part *part)
{
    struct sv_buf more = {0};
    if (part->rows == 0 && part->none == NULL)
        return;
    sv_html_section(&report->out, part->title);
    if (part->rows > 0)
        put_table(report, part);
    else
        sv_html_note(&report->out, sv_slice_str(part->none));
    if (part->rows > PAGE_ROWS) {
        sv_text_count(&more, part->rows - PAGE_ROWS);
        sv_buf_str(&more, " more are left out");
        sv_html_note(&report->out, sv_buf_slice(&more));
    }
    sv_html_section_end(&report->out);
    sv_buf_free(&more);
}

static void put_charts(struct sv_report *report, const struct sv_report_part *parts)
{
    const char *unit = report->spec.span == SV_REPORT_DAY ? "hour" : "day";
    bool has_teams = parts[SV_REPORT_PART_TEAMS].rows > 0;
    put_event_columns(report, &parts[SV_REPORT_PART_TIME], unit);
    if (report->sums[SV_REPORT_NOW].cost_usd > 0 || report->sums[SV_REPORT_NOW].input_tokens + report->sums[SV_REPORT_NOW].output_tokens > 0) {
        put_cost(report, parts, SV_REPORT_PART_TIME, "time", unit);
        sv_html_pair(&report->out);
        if (has_teams)
            put_cost(report, parts, SV_REPORT_PART_TEAMS, "costteam", "team");
        put_cost(report, parts, SV_REPORT_PART_AGENTS, "costagent", "agent");
        if (!has_teams)
            put_cost(report, parts, SV_REPORT_PART_MODELS, "costmodel", "model");
        sv_html_pair_end(&report->out);
    }
}

void sv_report_put_page(struct sv_report *report)
{
    static const enum sv_report_part_kind order[] = {SV_REPORT_PART_OPEN,  SV_REPORT_PART_VIOLATIONS, SV_REPORT_PART_SILENT, SV_REPORT_PART_TEAMS,
                                                     SV_REPORT_PART_AGENTS, SV_REPORT_PART_MODELS,    SV_REPORT_PART_TOOLS};
    struct sv_report_part parts[SV_REPORT_PARTS];
    struct sv_buf title = {0}, lead = {0};
    for (int i = 0; i < SV_REPORT_PARTS; i++)
        sv_report_part(report, (enum sv_report_part_kind)i, &parts[i]);
    sv_buf_str(&title, "Agents, ");
    sv_report_put_title(&title, report);
    sv_buf_str(&lead, "What they did, what it cost, what went wrong: ");
    put_subject(&lead, report);
    sv_html_open(&report->out, sv_buf_slice(&title), sv_buf_slice(&lead));
    put_facts(report, &parts[SV_REPORT_PART_TOTALS]);
    if (report->sums[SV_REPORT_NOW].events > 0)
        put_charts(report, parts);
    for (size_t i = 0; i < sizeof order / sizeof *order; i++)
        put_section(report, &parts[order[i]]);
    for (int i = 0; i < SV_REPORT_PARTS; i++)
        sv_report_part_free(&parts[i]);
    sv_buf_clear(&lead);
    sv_buf_str(&lead, "sv-team. Times are ");
    put_zone(&lead, report);
    sv_buf_str(&lead, ". Costs are estimates by list prices.");
    sv_html_close(&report->out, sv_buf_slice(&lead));
    sv_buf_free(&title);
    sv_buf_free(&lead);
}
