/* SPDX-License-Identifier: ISC */
/* html.h - one page that stands alone: totals, sections, tables, notes; chart.h puts charts into it.
 *
 * A page has no scripts and loads nothing; its own policy (CSP) forbids both. It follows the reader's choice of light or dark,
 * prints, and is readable on a telephone: rows of a table become cards there. Same calls, same bytes: no clock, no locale.
 * Text may be anything: markup is escaped, controls, bidi overrides and bytes that are no UTF-8 are shown as \xNN or \u{...}.
 * Titles of columns and headings are the program's own, and escaped as well.
 *
 *     sv_html_open(&out, SV_SLICE("Findings"), SV_SLICE("25 violations"));
 *     sv_html_section(&out, "Policies");
 *     sv_html_table(&out, &table);
 *     sv_html_row(&out, &table, cells);
 *     sv_html_table_end(&out);
 *     sv_html_section_end(&out);
 *     sv_html_close(&out, SV_SLICE("sv-eval"));
 *
 * Floor: report; uses base only. */
#ifndef SV_HTML_H
#define SV_HTML_H

#include "base/buf.h"

/* What a thing is drawn in; the page picks colours for light, dark and paper. From least to most urgent. */
enum sv_tone { SV_TONE_PLAIN, SV_TONE_BLUE, SV_TONE_AMBER, SV_TONE_RED, SV_TONE_VIOLET, SV_TONE_COUNT };

/* Begins the page: its title, which is also the first heading, and a sentence below it (empty: none). */
void sv_html_open(struct sv_buf *out, struct sv_slice title, struct sv_slice lead);

/* Ends the page; foot: a line at its end, empty for none. */
void sv_html_close(struct sv_buf *out, struct sv_slice foot);

/* A part with a heading. Parts between sv_html_pair and sv_html_pair_end stand side by side where there is room. */
void sv_html_section(struct sv_buf *out, const char *heading);
void sv_html_section_end(struct sv_buf *out);
void sv_html_pair(struct sv_buf *out);
void sv_html_pair_end(struct sv_buf *out);

/* Text, escaped for content and for attributes in double quotes; and a paragraph of it. */
void sv_html_text(struct sv_buf *out, struct sv_slice text);
void sv_html_note(struct sv_buf *out, struct sv_slice text);

/* The class that draws a tone, such as `t2`. */
const char *sv_html_tone(enum sv_tone tone);

/* Totals: a row of tiles. */
struct sv_html_fact {
    const char *name;
    struct sv_slice value;
};
void sv_html_facts(struct sv_buf *out, const struct sv_html_fact *facts, size_t count);

enum sv_html_kind {
    SV_HTML_TEXT,
    SV_HTML_NAME,   /* words that are better not broken */
    SV_HTML_NUMBER, /* in line at its end */
    SV_HTML_CODE,   /* in letters of one width */
    SV_HTML_QUOTED, /* text, what stands below it in letters of one width */
    SV_HTML_WORD,   /* never broken over lines but on paper */
    SV_HTML_BADGE
};

struct sv_html_column {
    const char *title;
    enum sv_html_kind kind;
};

struct sv_html_table {
    const char *caption; /* says what it is to who cannot see it */
    const struct sv_html_column *columns;
    size_t count;
};

struct sv_html_cell {
    struct sv_slice text;
    struct sv_slice more; /* below it, smaller; empty: none */
    struct sv_slice link; /* where the text leads; followed only if it is http or https; empty: nowhere */
    enum sv_tone tone;    /* of a badge */
};

/* A table: its head; rows, of table->count cells each; its end. */
void sv_html_table(struct sv_buf *out, const struct sv_html_table *table);
void sv_html_row(struct sv_buf *out, const struct sv_html_table *table, const struct sv_html_cell *cells);
void sv_html_table_end(struct sv_buf *out);

#endif
