/* SPDX-License-Identifier: ISC */
/* Supervisors, teams and members as lists, and all that ever was of one. */
#include <stdlib.h>

#include "base/mem.h"
#include "base/os.h"
#include "run/team.h"
#include "store/team.h"

enum { PAGE = 2000 };

/* Part of the manual: new ones go to the end. */
static const struct sv_list_column supervisor_columns[] = {
    {"supervisor", 10, 40, true, false, false}, {"above", 8, 24, false, false, false}, {"teams", 5, 7, false, false, true},
    {"members", 7, 7, false, false, true},      {"violations", 10, 10, false, false, true}, {"joined", 11, 11, false, false, false},
};
static const struct sv_list_column team_columns[] = {
    {"team", 10, 40, true, false, false},   {"supervisor", 10, 24, false, false, false}, {"members", 7, 7, false, false, true},
    {"events", 7, 7, false, false, true},   {"errors", 6, 7, false, false, true},        {"tokens", 7, 7, false, false, true},
    {"cost_usd", 8, 10, false, false, true}, {"joined", 11, 11, false, false, false},
};
static const struct sv_list_column member_columns[] = {
    {"member", 10, 40, true, false, false}, {"team", 8, 24, false, false, false},  {"supervisor", 10, 24, false, false, false},
    {"seen", 11, 11, false, false, false},  {"events", 7, 7, false, false, true}, {"joined", 11, 11, false, false, false},
};

const struct sv_list_column *const sv_team_columns[SV_ROSTER_KINDS] = {supervisor_columns, team_columns, member_columns};
const size_t sv_team_column_counts[SV_ROSTER_KINDS] = {sizeof supervisor_columns / sizeof *supervisor_columns,
                                                      sizeof team_columns / sizeof *team_columns,
                                                      sizeof member_columns / sizeof *member_columns};

const struct sv_list_column sv_team_show_columns[] = {
    {"kind", 10, 10, false, false, false},   {"name", 10, 40, true, false, false},    {"above", 10, 24, false, false, false},
    {"joined", 11, 11, false, false, false}, {"left", 11, 11, false, false, false},
};
const size_t sv_team_show_column_count = sizeof sv_team_show_columns / sizeof *sv_team_show_columns;

struct listing {
    struct sv_answer answer;
    const struct sv_ask *ask;
    enum sv_roster_kind kind;
    int64_t at_ns, today_ns;
    struct sv_store *store;
    struct sv_roster *roster; /* of what is shown of one */
    struct sv_store_units page;
    struct sv_buf behind, behind_team, out;
    bool headed, ended;
};

static void close_listing(struct sv_answer *answer)
{
    struct listing *listing = (struct listing *)answer;
    sv_store_close(listing->store);
    sv_roster_free(listing->roster);
    sv_store_units_free(&listing->page);
    sv_buf_free(&listing->behind);
    sv_buf_free(&listing->behind_team);
    sv_buf_free(&listing->out);
    sv_free(listing);
}

static bool next_list(struct sv_answer *answer, struct sv_slice *out, struct sv_error *err);

static const struct sv_answer_kind list_kind = {.next = next_list, .close = close_listing};

static struct listing *open_listing(const struct sv_ask *ask, enum sv_roster_kind kind, struct sv_error *err)
{
    struct listing *listing = sv_calloc(1, sizeof *listing);
    listing->answer.kind = &list_kind;
    listing->ask = ask;
    listing->kind = kind;
    struct sv_store_spec store = ask->store;
    store.read_only = true;
    listing->store = sv_store_open(&store, err);
    if (listing->store != NULL)
        return listing;
    close_listing(&listing->answer);
    return NULL;
}

/* --- a list --- */

static bool is_named(const struct sv_ask *ask, struct sv_slice name)
{
    for (size_t i = 0; i < ask->operand_count; i++)
        if (sv_slice_glob(sv_slice_str(ask->operands[i]), name))
            return true;
    return ask->operand_count == 0;
}

static bool is_wanted(const struct listing *listing, const struct sv_store_unit *unit)
{
    struct sv_slice team = listing->kind == SV_ROSTER_TEAM ? unit->name : unit->team;
    return is_named(listing->ask, unit->name) && (listing->kind == SV_ROSTER_SUPERVISOR || sv_ask_wants(listing->ask, SV_ASK_TEAM, team)) &&
           sv_ask_wants(listing->ask, SV_ASK_SUPERVISOR, unit->supervisor);
}

static void put_unit(struct listing *listing, const struct sv_store_unit *unit)
{
    const struct sv_list_cell name = sv_ask_text(unit->name), supervisor = sv_ask_text(unit->supervisor);
    const struct sv_list_cell joined = sv_ask_time(unit->joined_ns), members = sv_ask_number(true, unit->members);
    const struct sv_list_cell supervisors[] = {name, supervisor, sv_ask_number(true, unit->teams), members,
                                               sv_ask_number(true, unit->violations), joined};
    const struct sv_list_cell teams[] = {name, supervisor, members, sv_ask_number(true, unit->events), sv_ask_number(true, unit->errors),
                                         sv_ask_number(true, unit->tokens), sv_ask_real(true, unit->cost_usd), joined};
    const struct sv_list_cell of_members[] = {name, sv_ask_text(unit->team), supervisor, sv_ask_time(unit->seen_ns),
                                              sv_ask_number(unit->seen_ns > 0, unit->events), joined};
    const struct sv_list_cell *const cells[SV_ROSTER_KINDS] = {supervisors, teams, of_members};
    sv_list_row(&listing->ask->list, &listing->out, cells[listing->kind]);
}

static bool next_list(struct sv_answer *answer, struct sv_slice *out, struct sv_error *err)
{
    struct listing *listing = (struct listing *)answer;
    sv_buf_clear(&listing->out);
    if (listing->ended)
        return false;
    if (!listing->headed)
        sv_list_head(&listing->ask->list, &listing->out);
    listing->headed = true;
    sv_store_units_free(&listing->page);
    if (!sv_store_units(listing->store, listing->kind, sv_buf_slice(&listing->behind), sv_buf_slice(&listing->behind_team), listing->at_ns,
                        listing->today_ns, PAGE, &listing->page, err))
        return false;
    for (size_t i = 0; i < listing->page.count; i++)
        if (is_wanted(listing, &listing->page.items[i]))
            put_unit(listing, &listing->page.items[i]);
    listing->ended = listing->page.count < PAGE;
    if (!listing->ended) {
        sv_buf_set(&listing->behind, listing->page.items[PAGE - 1].name);
        sv_buf_set(&listing->behind_team, listing->page.items[PAGE - 1].team);
    }
    *out = sv_buf_slice(&listing->out);
    return true;
}

struct sv_answer *sv_team_list_open(const struct sv_ask *ask, enum sv_roster_kind kind, int64_t at_ns, int64_t today_ns, struct sv_error *err)
{
    struct listing *listing = open_listing(ask, kind, err);
    if (listing == NULL)
        return NULL;
    listing->at_ns = at_ns;
    listing->today_ns = today_ns;
    return &listing->answer;
}

/* --- one --- */

/* A row to show, with the kind it is of. */
struct shown {
    enum sv_roster_kind kind;
    const struct sv_roster_row *row;
};

struct shown_rows {
    struct shown *items;
    size_t count, capacity;
};

static void show(struct shown_rows *rows, enum sv_roster_kind kind, const struct sv_roster_row *row)
{
    for (size_t i = 0; i < rows->count; i++)
        if (rows->items[i].row == row)
            return;
    if (rows->count == rows->capacity) {
        rows->capacity = rows->capacity > 0 ? 2 * rows->capacity : 32;
        rows->items = sv_realloc(rows->items, rows->capacity * sizeof *rows->items);
    }
    rows->items[rows->count++] = (struct shown){kind, row};
}

/* All rows of a number. */
static void show_number(struct shown_rows *rows, const struct sv_roster *roster, enum sv_roster_kind kind, int64_t number)
{
    for (size_t i = 0; i < roster->rows[kind].count; i++)
        if (roster->rows[kind].items[i].number == number)
            show(rows, kind, &roster->rows[kind].items[i]);
}

static void show_below(struct shown_rows *rows, const struct sv_roster *roster, enum sv_roster_kind kind, int64_t number)
{
    for (const struct sv_roster_row *row = NULL; (row = sv_roster_below(roster, kind, number, row)) != NULL;)
        show(rows, kind, row);
}

static bool show_name(struct listing *listing, struct shown_rows *rows, struct sv_slice name, struct sv_error *err)
{
    const struct sv_roster *roster = listing->roster;
    const struct sv_roster_row *row = sv_roster_last(roster, listing->kind, name);
    if (row == NULL)
        return sv_error_set(err, SV_INPUT, "%s \"%.*s\" does not exist, and never did", sv_roster_word(listing->kind), SV_ARG(name));
    for (; row != NULL; row = sv_roster_earlier(roster, listing->kind, row)) {
        if (listing->kind == SV_ROSTER_MEMBER) {
            show(rows, listing->kind, row);
            continue;
        }
        show_number(rows, roster, listing->kind, row->number);
        if (listing->kind == SV_ROSTER_SUPERVISOR)
            show_below(rows, roster, SV_ROSTER_SUPERVISOR, row->number);
        show_below(rows, roster, listing->kind == SV_ROSTER_TEAM ? SV_ROSTER_MEMBER : SV_ROSTER_TEAM, row->number);
    }
    return true;
}

static int by_time(const void *a, const void *b)
{
    const struct shown *x = a, *y = b;
    if (x->row->joined_ns != y->row->joined_ns)
        return (x->row->joined_ns > y->row->joined_ns) - (x->row->joined_ns < y->row->joined_ns);
    return x->kind != y->kind ? (x->kind > y->kind) - (x->kind < y->kind) : sv_slice_compare(x->row->name, y->row->name);
}

static void put_shown(struct listing *listing, const struct shown *shown)
{
    const struct sv_roster_row *row = shown->row;
    enum sv_roster_kind above_kind = shown->kind == SV_ROSTER_MEMBER ? SV_ROSTER_TEAM : SV_ROSTER_SUPERVISOR;
    const struct sv_roster_row *above = sv_roster_numbered(listing->roster, above_kind, row->above, row->joined_ns);
    const struct sv_list_cell cells[] = {
        sv_ask_text(sv_slice_str(sv_roster_word(shown->kind))), sv_ask_text(row->name), sv_ask_text(above != NULL ? above->name : SV_SLICE("")),
        sv_ask_time(row->joined_ns), sv_ask_time(row->left_ns == SV_ROSTER_OPEN ? 0 : row->left_ns)};
    sv_list_row(&listing->ask->list, &listing->out, cells);
}

static bool put_show(struct listing *listing, struct sv_error *err)
{
    struct shown_rows rows = {0};
    bool fine = true;
    for (size_t i = 0; fine && i < listing->ask->operand_count; i++)
        fine = show_name(listing, &rows, sv_slice_str(listing->ask->operands[i]), err);
    if (fine) {
        qsort(rows.items, rows.count, sizeof *rows.items, by_time);
        sv_list_head(&listing->ask->list, &listing->out);
        for (size_t i = 0; i < rows.count; i++)
            put_shown(listing, &rows.items[i]);
    }
    sv_free(rows.items);
    return fine;
}

struct sv_answer *sv_team_show_open(const struct sv_ask *ask, enum sv_roster_kind kind, struct sv_error *err)
{
    struct listing *listing = open_listing(ask, kind, err);
    if (listing == NULL)
        return NULL;
    listing->roster = sv_roster_new();
    bool fine = sv_store_roster_load(listing->store, listing->roster, err) && put_show(listing, err);
    struct sv_answer *answer = fine ? sv_answer_ready(&listing->out, SV_DONE) : NULL;
    close_listing(&listing->answer);
    return answer;
}
