/* SPDX-License-Identifier: ISC */
#include "report/html.h"

#include "report/html_style.h"
#include "report/table.h"

static void put_escaped(struct sv_buf *out, struct sv_slice safe)
{
    for (size_t i = 0; i < safe.len; i++)
        switch (safe.data[i]) {
        case '&': sv_buf_str(out, "&amp;"); break;
        case '<': sv_buf_str(out, "&lt;"); break;
        case '>': sv_buf_str(out, "&gt;"); break;
        case '"': sv_buf_str(out, "&quot;"); break;
        case '\'': sv_buf_str(out, "&#39;"); break;
        default: sv_buf_char(out, safe.data[i]);
        }
}

void sv_html_text(struct sv_buf *out, struct sv_slice text)
{
    struct sv_buf safe = {0};
    sv_text_safe(&safe, text);
    put_escaped(out, sv_buf_slice(&safe));
    sv_buf_free(&safe);
}

static void put_in(struct sv_buf *out, const char *before, struct sv_slice text, const char *behind)
{
    sv_buf_str(out, before);
    sv_html_text(out, text);
    sv_buf_str(out, behind);
}

void sv_html_open(struct sv_buf *out, struct sv_slice title, struct sv_slice lead)
{
    sv_buf_str(out, "<!DOCTYPE html>\n<html lang=\"en\">\n<head>\n<meta charset=\"utf-8\">\n"
                    "<meta http-equiv=\"Content-Security-Policy\" content=\"default-src 'none'; style-src 'unsafe-inline'; "
                    "base-uri 'none'; form-action 'none'\">\n"
                    "<meta name=\"viewport\" content=\"width=device-width, initial-scale=1\">\n"
                    "<meta name=\"color-scheme\" content=\"light dark\">\n<meta name=\"referrer\" content=\"no-referrer\">\n");
    put_in(out, "<title>", title, "</title>\n<style>\n");
    sv_html_style_put(out);
    put_in(out, "</style>\n</head>\n<body>\n<header>\n<h1>", title, "</h1>\n");
    if (lead.len > 0)
        put_in(out, "<p class=\"lead\">", lead, "</p>\n");
    sv_buf_str(out, "</header>\n<main>\n");
}

void sv_html_close(struct sv_buf *out, struct sv_slice foot)
{
    sv_buf_str(out, "</main>\n");
    if (foot.len > 0)
        put_in(out, "<footer>", foot, "</footer>\n");
    sv_buf_str(out, "</body>\n</html>\n");
}

void sv_html_section(struct sv_buf *out, const char *heading)
{
    put_in(out, "<section>\n<h2>", sv_slice_str(heading), "</h2>\n");
}

void sv_html_section_end(struct sv_buf *out)
{
    sv_buf_str(out, "</section>\n");
}

void sv_html_pair(struct sv_buf *out)
{
    sv_buf_str(out, "<div class=\"pair\">\n");
}

void sv_html_pair_end(struct sv_buf *out)
{
    sv_buf_str(out, "</div>\n");
}

void sv_html_note(struct sv_buf *out, struct sv_slice text)
{
    put_in(out, "<p class=\"note\">", text, "</p>\n");
}

const char *sv_html_tone(enum sv_tone tone)
{
    static const char *const classes[SV_TONE_COUNT] = {"t0", "t1", "t2", "t3", "t4"};
    return classes[tone];
}

void sv_html_facts(struct sv_buf *out, const struct sv_html_fact *facts, size_t count)
{
    sv_buf_str(out, "<dl class=\"facts\">\n");
    for (size_t i = 0; i < count; i++) {
        put_in(out, "<div><dt>", sv_slice_str(facts[i].name), "</dt>");
        put_in(out, "<dd>", facts[i].value, "</dd></div>\n");
    }
    sv_buf_str(out, "</dl>\n");
}

static const char *class_of(enum sv_html_kind kind)
{
    static const char *const classes[] = {[SV_HTML_TEXT] = "",
                                          [SV_HTML_NAME] = " class=\"a\"",
                                          [SV_HTML_NUMBER] = " class=\"n\"",
                                          [SV_HTML_CODE] = " class=\"c\"",
                                          [SV_HTML_QUOTED] = " class=\"q\"",
                                          [SV_HTML_WORD] = " class=\"w\"",
                                          [SV_HTML_BADGE] = ""};
    return classes[kind];
}

/* In a box that scrolls by itself, should a table be wider than the page. */
void sv_html_table(struct sv_buf *out, const struct sv_html_table *table)
{
    put_in(out, "<div class=\"box\">\n<table class=\"cards\">\n<caption>", sv_slice_str(table->caption), "</caption>\n<thead><tr>");
    for (size_t i = 0; i < table->count; i++) {
        sv_buf_str(out, "<th scope=\"col\"");
        sv_buf_str(out, table->columns[i].kind == SV_HTML_NUMBER ? class_of(SV_HTML_NUMBER) : "");
        put_in(out, ">", sv_slice_str(table->columns[i].title), "</th>");
    }
    sv_buf_str(out, "</tr></thead>\n<tbody>\n");
}

static bool may_follow(struct sv_slice link)
{
    return sv_slice_starts(link, SV_SLICE("https://")) || sv_slice_starts(link, SV_SLICE("http://"));
}

static void put_cell(struct sv_buf *out, const struct sv_html_column *column, const struct sv_html_cell *cell)
{
    bool follow = may_follow(cell->link);
    sv_buf_str(out, "<td");
    sv_buf_str(out, class_of(column->kind));
    put_in(out, " data-h=\"", sv_slice_str(column->title), "\">");
    if (column->kind == SV_HTML_BADGE) {
        sv_buf_str(out, "<span class=\"b ");
        sv_buf_str(out, sv_html_tone(cell->tone));
        sv_buf_str(out, "\">");
    }
    if (follow)
        put_in(out, "<a rel=\"noopener noreferrer\" href=\"", cell->link, "\">");
    sv_html_text(out, cell->text);
    sv_buf_str(out, follow ? "</a>" : "");
    sv_buf_str(out, column->kind == SV_HTML_BADGE ? "</span>" : "");
    if (cell->more.len > 0)
        put_in(out, "<small>", cell->more, "</small>");
    sv_buf_str(out, "</td>");
}

void sv_html_row(struct sv_buf *out, const struct sv_html_table *table, const struct sv_html_cell *cells)
{
    sv_buf_str(out, "<tr>");
    for (size_t i = 0; i < table->count; i++)
        put_cell(out, &table->columns[i], &cells[i]);
    sv_buf_str(out, "</tr>\n");
}

void sv_html_table_end(struct sv_buf *out)
{
    sv_buf_str(out, "</tbody>\n</table>\n</div>\n");
}
