/* SPDX-License-Identifier: ISC */
/* A table of a roster: every row that is wrong is told, with its place. */
#include <stdarg.h>
#include <stdio.h>
#include <stdlib.h>

#include "base/commas.h"
#include "base/framing.h"
#include "report/csv.h"
#include "team/change.h"
#include "team/diff_private.h"

enum { COLUMN_SUPERVISOR, COLUMN_PARENT, COLUMN_TEAM, COLUMN_MEMBER, COLUMNS, OPEN_QUOTES_MAX = 10 };

static const char *const column_names[COLUMNS] = {"supervisor", "parent", "team", "member"};

struct reading {
    struct sv_roster_diff *diff;
    const char *file;
    struct sv_findings *findings;
    uint64_t wrong;
    struct sv_commas *commas;
    struct sv_slice record;       /* the one in hand */
    uint32_t line;                /* in which it begins */
    size_t columns[COLUMNS];      /* number of the cell + 1; 0: there is none */
    size_t count;                 /* cells of the header */
    struct sv_slice cells[COLUMNS];
    bool is_usable;               /* the header was */
};

/* err with the place of a cell of the record. */
static bool at_cell(struct reading *in, size_t index, struct sv_error *err)
{
    sv_commas_at(err, in->record, sv_commas_offset(in->record, index));
    return false;
}

/* Tells one that has its line within the record. */
static void tell(struct reading *in, struct sv_error *err)
{
    sv_error_at(err, in->file, in->line + (err->line > 0 ? err->line - 1 : 0), err->column);
    sv_findings_add(in->findings, err);
    in->wrong++;
}

__attribute__((format(printf, 3, 4))) static void tell_cell(struct reading *in, int column, const char *format, ...)
{
    struct sv_error err = {.code = SV_INPUT};
    va_list args;
    va_start(args, format);
    vsnprintf(err.text, sizeof err.text, format, args);
    va_end(args);
    at_cell(in, in->columns[column] - 1, &err);
    tell(in, &err);
}

static bool is_blank(struct sv_slice record)
{
    return record.len == 0;
}

/* --- the header --- */

static int column_of(struct sv_slice name)
{
    for (int i = 0; i < COLUMNS; i++)
        if (sv_slice_is(name, column_names[i]))
            return i;
    return -1;
}

static void read_header(struct reading *in)
{
    struct sv_arena arena = {0};
    struct sv_error err = {0};
    uint64_t before = in->wrong;
    const struct sv_slice *names = sv_commas_utf8(in->record, &err) ? sv_commas_cells(in->record, &arena, &in->count) : NULL;
    if (names == NULL) {
        if (err.code == SV_DONE)
            sv_error_set(&err, SV_INPUT, "the first line is no header");
        tell(in, &err);
    }
    for (size_t i = 0; names != NULL && i < in->count; i++) {
        int column = column_of(sv_slice_trim(names[i]));
        err = (struct sv_error){0};
        if (column >= 0 && in->columns[column] == 0) {
            in->columns[column] = i + 1;
            continue;
        }
        sv_error_set(&err, SV_INPUT, column < 0 ? "unknown column \"%.*s\" (supervisor, parent, team, member)" : "column \"%.*s\" stands twice",
                     SV_ARG(names[i]));
        at_cell(in, i, &err);
        tell(in, &err);
    }
    for (int i = COLUMN_TEAM; names != NULL && i <= COLUMN_MEMBER; i++)
        if (in->columns[i] == 0) {
            err = (struct sv_error){0};
            sv_error_set(&err, SV_INPUT, "there is no column \"%s\"", column_names[i]);
            tell(in, &err);
        }
    in->diff->has_supervisors = in->columns[COLUMN_SUPERVISOR] > 0;
    in->diff->has_parents = in->columns[COLUMN_PARENT] > 0;
    in->is_usable = in->wrong == before;
    sv_arena_free(&arena);
}

/* --- a row --- */

static void take_cell(void *context, size_t index, struct sv_slice text)
{
    struct reading *in = context;
    for (int i = 0; i < COLUMNS; i++)
        if (in->columns[i] == index + 1)
            in->cells[i] = sv_arena_dup(&in->diff->arena, sv_csv_plain(text));
}

static struct sv_roster_spot spot_of(const struct reading *in, int column)
{
    return (struct sv_roster_spot){in->record, in->columns[column] - 1, in->line};
}

static struct sv_roster_wanted *want(struct reading *in, enum sv_roster_kind kind, int column, bool *is_new)
{
    struct sv_map_item *item = sv_map_at(&in->diff->wanted[kind], in->cells[column]);
    *is_new = item->pointer == NULL;
    if (*is_new) {
        struct sv_roster_wanted *wanted = sv_arena_calloc(&in->diff->arena, 1, sizeof *wanted);
        *wanted = (struct sv_roster_wanted){.name = item->key, .first = spot_of(in, column)};
        item->pointer = wanted;
    }
    return item->pointer;
}

/* Says where it is: once, or always the same. */
static void place(struct reading *in, struct sv_roster_wanted *wanted, const char *kind, int column)
{
    struct sv_slice above = in->cells[column];
    if (wanted->has_above && !sv_slice_equal(wanted->above, above)) {
        tell_cell(in, column, "%s \"%.*s\" is below \"%.*s\" here, and below \"%.*s\" in line %u", kind, SV_ARG(wanted->name), SV_ARG(above),
                  SV_ARG(wanted->above), wanted->said.line);
        return;
    }
    if (!wanted->has_above)
        wanted->said = spot_of(in, column);
    wanted->has_above = true;
    wanted->above = above;
}

static void want_supervisor(struct reading *in)
{
    bool is_new, is_alone = in->cells[COLUMN_TEAM].len + in->cells[COLUMN_MEMBER].len == 0;
    struct sv_roster_wanted *wanted = want(in, SV_ROSTER_SUPERVISOR, COLUMN_SUPERVISOR, &is_new);
    if (wanted->is_said && is_alone)
        tell_cell(in, COLUMN_SUPERVISOR, "supervisor \"%.*s\" stands twice, first in line %u", SV_ARG(wanted->name), wanted->first.line);
    wanted->is_said |= is_alone;
    if (in->cells[COLUMN_PARENT].len > 0)
        place(in, wanted, "supervisor", COLUMN_PARENT);
}

static void want_team(struct reading *in)
{
    bool is_new, is_alone = in->cells[COLUMN_MEMBER].len == 0, has_supervisor = in->cells[COLUMN_SUPERVISOR].len > 0;
    struct sv_roster_wanted *wanted = want(in, SV_ROSTER_TEAM, COLUMN_TEAM, &is_new);
    wanted->is_kept = is_new ? !is_alone && !has_supervisor : wanted->is_kept && !is_alone && !has_supervisor;
    if (wanted->is_said && is_alone)
        tell_cell(in, COLUMN_TEAM, "team \"%.*s\" stands twice, first in line %u", SV_ARG(wanted->name), wanted->first.line);
    wanted->is_said |= is_alone;
    if (has_supervisor)
        place(in, wanted, "team", COLUMN_SUPERVISOR);
}

static void want_member(struct reading *in)
{
    bool is_new;
    struct sv_roster_wanted *wanted = want(in, SV_ROSTER_MEMBER, COLUMN_MEMBER, &is_new);
    if (is_new)
        place(in, wanted, "member", COLUMN_TEAM);
    else if (sv_slice_equal(wanted->above, in->cells[COLUMN_TEAM]))
        tell_cell(in, COLUMN_MEMBER, "member \"%.*s\" stands twice, first in line %u", SV_ARG(wanted->name), wanted->first.line);
    else
        tell_cell(in, COLUMN_MEMBER, "member \"%.*s\" is in team \"%.*s\" in line %u: one team at a time", SV_ARG(wanted->name),
                  SV_ARG(wanted->above), wanted->first.line);
}

static bool names_are_fine(struct reading *in)
{
    uint64_t before = in->wrong;
    for (int i = 0; i < COLUMNS; i++) {
        struct sv_error err = {0};
        if (in->cells[i].len > 0 && !sv_roster_name_check(in->cells[i], &err)) {
            at_cell(in, in->columns[i] - 1, &err);
            tell(in, &err);
        }
    }
    return in->wrong == before;
}

static void take_row(struct reading *in)
{
    const struct sv_slice *cells = in->cells;
    if (!names_are_fine(in))
        return;
    if (cells[COLUMN_MEMBER].len > 0 && cells[COLUMN_TEAM].len == 0)
        tell_cell(in, COLUMN_MEMBER, "member \"%.*s\" has no team", SV_ARG(cells[COLUMN_MEMBER]));
    else if (cells[COLUMN_PARENT].len > 0 && cells[COLUMN_SUPERVISOR].len == 0)
        tell_cell(in, COLUMN_PARENT, "parent \"%.*s\" of no supervisor", SV_ARG(cells[COLUMN_PARENT]));
    else if (cells[COLUMN_SUPERVISOR].len + cells[COLUMN_TEAM].len == 0)
        tell_cell(in, COLUMN_TEAM, "an empty row");
    else {
        if (cells[COLUMN_SUPERVISOR].len > 0)
            want_supervisor(in);
        if (cells[COLUMN_TEAM].len > 0)
            want_team(in);
        if (cells[COLUMN_MEMBER].len > 0)
            want_member(in);
    }
}

static void read_row(struct reading *in)
{
    struct sv_error err = {0};
    size_t count, flaw;
    memset(in->cells, 0, sizeof in->cells);
    if (!sv_commas_utf8(in->record, &err)) {
        sv_error_set(&err, SV_INPUT, "not valid UTF-8 (Latin-1? iconv -f latin1 -t utf-8 converts it)");
        tell(in, &err);
        return;
    }
    if (!sv_commas_parse(in->commas, in->record, take_cell, in, &count)) {
        const char *why = sv_framing_flaw(in->record, &flaw);
        sv_commas_at(&err, in->record, flaw);
        sv_error_set(&err, SV_INPUT, "%s", why);
        tell(in, &err);
    } else if (count != in->count) {
        at_cell(in, count > in->count ? in->count : count, &err);
        sv_error_set(&err, SV_INPUT, "%zu cell%s, the header names %zu", count, count == 1 ? "" : "s", in->count);
        tell(in, &err);
    } else {
        take_row(in);
    }
}

/* --- the whole --- */

static uint32_t lines_in(struct sv_slice text)
{
    uint32_t lines = 0;
    for (const char *p = text.data, *end = sv_slice_end(text); p < end && (p = memchr(p, '\n', (size_t)(end - p))) != NULL; p++)
        lines++;
    return lines;
}

/* The next record of the rest, without its end; *taken: bytes with it. A quote that is never closed costs its line, for the rest
 * is to be looked at as well. */
static struct sv_slice next_record(struct sv_slice rest, size_t *taken, int *open_quotes)
{
    enum sv_framing_state state = SV_FRAMING_START;
    const char *stop = sv_framing_scan(SV_FRAMING_QUOTED, rest, &state);
    if (stop == NULL && state == SV_FRAMING_INSIDE && ++*open_quotes < OPEN_QUOTES_MAX)
        stop = memchr(rest.data, '\n', rest.len);
    size_t len = stop != NULL ? (size_t)(stop - rest.data) : rest.len;
    *taken = len + (stop != NULL);
    if (len > 0 && rest.data[len - 1] == '\r')
        len--;
    return sv_slice(rest.data, len);
}

static void read_all(struct reading *in, struct sv_slice text)
{
    bool has_header = false;
    int open_quotes = 0;
    if (sv_slice_starts(text, SV_SLICE("\xEF\xBB\xBF")))
        text = sv_slice(text.data + 3, text.len - 3);
    for (size_t taken; text.len > 0; text = sv_slice(text.data + taken, text.len - taken)) {
        in->record = next_record(text, &taken, &open_quotes);
        if (!is_blank(in->record) && has_header)
            read_row(in);
        else if (!is_blank(in->record)) {
            has_header = true;
            read_header(in);
            if (!in->is_usable)
                return;
        }
        in->line += lines_in(sv_slice(text.data, taken));
    }
    if (!has_header) {
        struct sv_error err = {0};
        sv_error_set(&err, SV_INPUT, "there is no header (supervisor,parent,team,member)");
        tell(in, &err);
    }
}

/* Of a row that was read before. */
static void tell_spot(struct reading *in, const struct sv_roster_spot *spot, struct sv_error *err)
{
    in->record = spot->record;
    in->line = spot->line;
    at_cell(in, spot->cell, err);
    tell(in, err);
}

static void tell_missing(struct reading *in, const struct sv_roster_spot *spot, const char *kind, struct sv_slice name)
{
    struct sv_error err = {0};
    sv_error_set(&err, SV_INPUT, "%s \"%.*s\" does not exist", kind, SV_ARG(name));
    tell_spot(in, spot, &err);
}

static struct sv_roster_wanted *above_of(const struct reading *in, const struct sv_roster_wanted *wanted)
{
    const struct sv_map_item *item = wanted->has_above ? sv_map_find(&in->diff->wanted[SV_ROSTER_SUPERVISOR], wanted->above) : NULL;
    return item != NULL ? item->pointer : NULL;
}

/* Its names, from one of it on; told where that is said to be below the next. */
static void tell_circle(struct reading *in, const struct sv_roster_wanted *first)
{
    struct sv_slice names[SV_ROSTER_CIRCLE_MAX + 1] = {first->name};
    struct sv_error err = {0};
    size_t count = 1;
    for (const struct sv_roster_wanted *at = above_of(in, first); at != first && count <= SV_ROSTER_CIRCLE_MAX; at = above_of(in, at))
        names[count++] = at->name;
    sv_roster_tell_circle(names, count, &err);
    tell_spot(in, &first->said, &err);
}

/* Each once. */
static void check_circles(struct reading *in)
{
    const struct sv_map *supervisors = &in->diff->wanted[SV_ROSTER_SUPERVISOR];
    for (size_t i = 0; i < supervisors->count; i++) {
        struct sv_roster_wanted *at = supervisors->items[i].pointer;
        for (; at != NULL && at->visit == 0; at = above_of(in, at))
            at->visit = i + 1;
        if (at != NULL && at->visit == i + 1)
            tell_circle(in, at);
    }
}

/* A team that is only mentioned stays as it is; so do its supervisor and all above, if the table has not said otherwise. */
static void keep_supervisors(struct reading *in, const struct sv_roster_row *team)
{
    const struct sv_roster *roster = in->diff->roster;
    const struct sv_roster_row *row = sv_roster_numbered(roster, SV_ROSTER_SUPERVISOR, team->above, SV_ROSTER_OPEN - 1);
    for (; row != NULL; row = sv_roster_numbered(roster, SV_ROSTER_SUPERVISOR, row->above, SV_ROSTER_OPEN - 1)) {
        struct sv_map_item *item = sv_map_at(&in->diff->wanted[SV_ROSTER_SUPERVISOR], row->name);
        if (item->pointer != NULL)
            return;
        struct sv_roster_wanted *wanted = sv_arena_calloc(&in->diff->arena, 1, sizeof *wanted);
        *wanted = (struct sv_roster_wanted){.name = item->key, .is_kept = true};
        item->pointer = wanted;
    }
}

static void check_wanted(struct reading *in)
{
    struct sv_roster_diff *diff = in->diff;
    for (size_t i = 0; i < diff->wanted[SV_ROSTER_TEAM].count; i++) {
        const struct sv_roster_wanted *wanted = diff->wanted[SV_ROSTER_TEAM].items[i].pointer;
        const struct sv_roster_row *row = wanted->is_kept ? sv_roster_diff_now(diff, SV_ROSTER_TEAM, wanted->name) : NULL;
        if (wanted->is_kept && row == NULL)
            tell_missing(in, &wanted->first, "team", wanted->name);
        else if (wanted->is_kept && diff->has_supervisors)
            keep_supervisors(in, row);
    }
    for (size_t i = 0; i < diff->wanted[SV_ROSTER_SUPERVISOR].count; i++) {
        const struct sv_roster_wanted *wanted = diff->wanted[SV_ROSTER_SUPERVISOR].items[i].pointer;
        if (wanted->has_above && sv_map_find(&diff->wanted[SV_ROSTER_SUPERVISOR], wanted->above) == NULL)
            tell_missing(in, &wanted->said, "parent", wanted->above);
    }
    check_circles(in);
}

static int by_line(const void *a, const void *b)
{
    const struct sv_error *x = a, *y = b;
    uint32_t at = x->column - 1, of = y->column - 1; /* of no column: behind all that have one */
    if (x->line != y->line)
        return (x->line > y->line) - (x->line < y->line);
    return at != of ? (at > of) - (at < of) : strcmp(x->text, y->text);
}

bool sv_roster_diff_read(struct sv_roster_diff *diff, const char *file, struct sv_slice text, struct sv_findings *findings, uint64_t *wrong)
{
    struct reading in = {.diff = diff, .file = file, .findings = findings, .line = 1, .commas = sv_commas_new()};
    read_all(&in, text);
    if (in.is_usable)
        check_wanted(&in);
    sv_commas_free(in.commas);
    if (findings->count > 0) /* what is wrong with a row may be known only when all were read */
        qsort(findings->items, findings->count, sizeof *findings->items, by_line);
    *wrong = in.wrong;
    if (in.wrong > 0)
        return false;
    sv_roster_diff_compare(diff);
    return true;
}
