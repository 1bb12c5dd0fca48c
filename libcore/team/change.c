/* SPDX-License-Identifier: ISC */
#include "team/change.h"

#include "base/limits.h"
#include "base/time.h"
#include "base/utf8.h"
#include "report/csv.h"

static const char *const words[SV_ROSTER_KINDS] = {"supervisor", "team", "member"};

const char *sv_roster_word(enum sv_roster_kind kind)
{
    return words[kind];
}

bool sv_roster_name_check(struct sv_slice name, struct sv_error *err)
{
    if (name.len == 0)
        return sv_error_set(err, SV_INPUT, "a name is empty");
    if (name.len > SV_ROSTER_NAME_MAX)
        return sv_error_set(err, SV_INPUT, "a name of %zu bytes; at most %d", name.len, SV_ROSTER_NAME_MAX);
    if (!sv_utf8_valid(name))
        return sv_error_set(err, SV_INPUT, "a name is not valid UTF-8 (Latin-1? iconv -f latin1 -t utf-8 converts it)");
    for (const char *p = name.data, *end = sv_slice_end(name); p < end;) {
        uint32_t c = sv_utf8_decode(&p);
        if (c < 0x20 || (c >= 0x7f && c < 0xa0))
            return sv_error_set(err, SV_INPUT, "a name has a control character (U+%04X)", (unsigned)c);
    }
    if (sv_slice_is(name, "-"))
        return sv_error_set(err, SV_INPUT, "\"-\" stands for none, and is no name");
    if (sv_csv_plain(name).len != name.len)
        return sv_error_set(err, SV_INPUT, "\"%.*s\" would lose its apostrophe in a table", SV_ARG(name));
    if (sv_slice_trim(name).len != name.len)
        return sv_error_set(err, SV_INPUT, "\"%.*s\" has blanks at its ends", SV_ARG(name));
    return true;
}

void sv_roster_end(struct sv_roster_row *row, int64_t at_ns)
{
    row->left_ns = at_ns;
    row->is_ended = row->id != 0;
}

struct sv_roster_row *sv_roster_begin(struct sv_roster *roster, enum sv_roster_kind kind, int64_t number, struct sv_slice name,
                                      int64_t above, int64_t at_ns)
{
    struct sv_roster_row row = {.number = number, .above = above, .name = name, .joined_ns = at_ns, .left_ns = SV_ROSTER_OPEN};
    return sv_roster_add(roster, kind, &row);
}

/* Is the time before something that was, so that it cannot be told on from there? */
static bool is_told(enum sv_roster_kind kind, struct sv_slice name, const char *what, int64_t then_ns, int64_t at_ns, struct sv_error *err)
{
    if (at_ns >= then_ns)
        return true;
    struct sv_buf then = {0}, at = {0};
    sv_time_format(&then, then_ns);
    sv_time_format(&at, at_ns);
    sv_error_set(err, SV_INPUT, "%s \"%.*s\" %s %s, which is later than %s; give a later --at, or set the clock", words[kind],
                 SV_ARG(name), what, sv_buf_cstr(&then), sv_buf_cstr(&at));
    sv_buf_free(&then);
    sv_buf_free(&at);
    return false;
}

/* The row of who is there now; NULL with err. */
static struct sv_roster_row *present(struct sv_roster *roster, enum sv_roster_kind kind, struct sv_slice name, int64_t at_ns,
                                     struct sv_error *err)
{
    struct sv_roster_row *row = sv_roster_last(roster, kind, name);
    if (row == NULL || row->left_ns != SV_ROSTER_OPEN)
        sv_error_set(err, SV_INPUT, "%s \"%.*s\" does not exist", words[kind], SV_ARG(name));
    else if (is_told(kind, name, "is so since", row->joined_ns, at_ns, err))
        return row;
    return NULL;
}

/* The number of what shall be above; 0 for an empty name. It has to be there from that time on. */
static bool find_above(struct sv_roster *roster, enum sv_roster_kind kind, struct sv_slice above, int64_t at_ns, int64_t *number,
                       struct sv_error *err)
{
    enum sv_roster_kind its = kind == SV_ROSTER_MEMBER ? SV_ROSTER_TEAM : SV_ROSTER_SUPERVISOR;
    *number = 0;
    if (above.len == 0)
        return kind != SV_ROSTER_MEMBER || sv_error_set(err, SV_USAGE, "a member needs a team (--team)");
    const struct sv_roster_row *row = sv_roster_last(roster, its, above);
    if (row == NULL || row->left_ns != SV_ROSTER_OPEN)
        return sv_error_set(err, SV_INPUT, "%s \"%.*s\" does not exist", words[its], SV_ARG(above));
    *number = row->number;
    return sv_roster_numbered(roster, its, row->number, at_ns) != NULL || is_told(its, above, "is there since", row->joined_ns, at_ns, err);
}

/* Nobody of that name is there, or was later than that. */
static bool is_free(struct sv_roster *roster, enum sv_roster_kind kind, struct sv_slice name, int64_t at_ns, struct sv_error *err)
{
    const struct sv_roster_row *row = sv_roster_last(roster, kind, name);
    if (row == NULL)
        return true;
    if (row->left_ns != SV_ROSTER_OPEN)
        return is_told(kind, name, "was there until", row->left_ns, at_ns, err);
    const struct sv_roster_row *team = kind == SV_ROSTER_MEMBER ? sv_roster_numbered(roster, SV_ROSTER_TEAM, row->above, SV_ROSTER_OPEN - 1) : NULL;
    if (team != NULL)
        return sv_error_set(err, SV_INPUT, "member \"%.*s\" is in team \"%.*s\" already (member move takes it elsewhere)", SV_ARG(name),
                            SV_ARG(team->name));
    return sv_error_set(err, SV_INPUT, "%s \"%.*s\" exists already", words[kind], SV_ARG(name));
}

bool sv_roster_enter(struct sv_roster *roster, enum sv_roster_kind kind, struct sv_slice name, struct sv_slice above, int64_t at_ns,
                     struct sv_error *err)
{
    int64_t number;
    if (!sv_roster_name_check(name, err) || !is_free(roster, kind, name, at_ns, err) || !find_above(roster, kind, above, at_ns, &number, err))
        return false;
    sv_roster_begin(roster, kind, kind == SV_ROSTER_MEMBER ? 0 : sv_roster_next(roster, kind), name, number, at_ns);
    return true;
}

static bool holds_on(const struct sv_roster_row *row)
{
    return row->left_ns == SV_ROSTER_OPEN;
}

/* Those of a kind that are in it now. */
static size_t count_below(const struct sv_roster *roster, enum sv_roster_kind kind, int64_t number)
{
    size_t count = 0;
    for (const struct sv_roster_row *row = NULL; (row = sv_roster_below(roster, kind, number, row)) != NULL;)
        count += holds_on(row);
    return count;
}

static bool refuse_full(const struct sv_roster *roster, enum sv_roster_kind kind, const struct sv_roster_row *row, struct sv_error *err)
{
    size_t members = count_below(roster, SV_ROSTER_MEMBER, row->number), teams = count_below(roster, SV_ROSTER_TEAM, row->number);
    size_t supervisors = count_below(roster, SV_ROSTER_SUPERVISOR, row->number);
    if (kind == SV_ROSTER_TEAM && members > 0)
        return sv_error_set(err, SV_INPUT, "team \"%.*s\" has %zu member%s; move or remove %s, or give --whole", SV_ARG(row->name), members,
                            members == 1 ? "" : "s", members == 1 ? "it" : "them");
    if (kind == SV_ROSTER_SUPERVISOR && teams + supervisors > 0)
        return sv_error_set(err, SV_INPUT, "supervisor \"%.*s\" has %zu team%s and %zu supervisor%s below; move or remove them, or give --whole",
                            SV_ARG(row->name), teams, teams == 1 ? "" : "s", supervisors, supervisors == 1 ? "" : "s");
    return true;
}

/* Ends all rows of a kind in it; appends the numbers they have. */
static bool end_below(struct sv_roster *roster, enum sv_roster_kind kind, int64_t number, int64_t at_ns, struct sv_buf *numbers,
                      struct sv_error *err)
{
    for (struct sv_roster_row *row = NULL; (row = sv_roster_below(roster, kind, number, row)) != NULL;) {
        if (!holds_on(row))
            continue;
        if (!is_told(kind, row->name, "is so since", row->joined_ns, at_ns, err))
            return false;
        sv_roster_end(row, at_ns);
        sv_buf_add(numbers, sv_slice((const char *)&row->number, sizeof row->number));
    }
    return true;
}

static int64_t number_at(const struct sv_buf *numbers, size_t at)
{
    int64_t number;
    memcpy(&number, numbers->data + at, sizeof number);
    return number;
}

static bool end_members(struct sv_roster *roster, int64_t team, int64_t at_ns, struct sv_error *err)
{
    struct sv_buf none = {0};
    bool fine = end_below(roster, SV_ROSTER_MEMBER, team, at_ns, &none, err);
    sv_buf_free(&none);
    return fine;
}

/* All teams and supervisors below, and theirs. */
static bool end_tree(struct sv_roster *roster, int64_t supervisor, int64_t at_ns, struct sv_error *err)
{
    struct sv_buf supervisors = {0}, teams = {0};
    bool fine = true;
    sv_buf_add(&supervisors, sv_slice((const char *)&supervisor, sizeof supervisor));
    for (size_t at = 0; fine && at < supervisors.len; at += sizeof supervisor) {
        int64_t number = number_at(&supervisors, at);
        fine = end_below(roster, SV_ROSTER_SUPERVISOR, number, at_ns, &supervisors, err) &&
               end_below(roster, SV_ROSTER_TEAM, number, at_ns, &teams, err);
    }
    for (size_t at = 0; fine && at < teams.len; at += sizeof supervisor)
        fine = end_members(roster, number_at(&teams, at), at_ns, err);
    sv_buf_free(&supervisors);
    sv_buf_free(&teams);
    return fine;
}

bool sv_roster_leave(struct sv_roster *roster, enum sv_roster_kind kind, struct sv_slice name, bool whole, int64_t at_ns,
                     struct sv_error *err)
{
    struct sv_roster_row *row = present(roster, kind, name, at_ns, err);
    if (row == NULL || (!whole && !refuse_full(roster, kind, row, err)))
        return false;
    int64_t number = row->number;
    sv_roster_end(row, at_ns);
    sv_roster_forget(roster);
    if (kind == SV_ROSTER_TEAM)
        return end_members(roster, number, at_ns, err);
    return kind != SV_ROSTER_SUPERVISOR || end_tree(roster, number, at_ns, err);
}

bool sv_roster_move(struct sv_roster *roster, enum sv_roster_kind kind, struct sv_slice name, struct sv_slice above, int64_t at_ns,
                    struct sv_error *err)
{
    int64_t number;
    struct sv_roster_row *row = present(roster, kind, name, at_ns, err);
    if (row == NULL || !find_above(roster, kind, above, at_ns, &number, err))
        return false;
    if (row->above == number)
        return sv_error_set(err, SV_INPUT, "%s \"%.*s\" is there already", words[kind], SV_ARG(name));
    struct sv_roster_row moved = *row;
    sv_roster_end(row, at_ns);
    sv_roster_begin(roster, kind, moved.number, moved.name, number, at_ns);
    return true;
}

bool sv_roster_rename(struct sv_roster *roster, enum sv_roster_kind kind, struct sv_slice name, struct sv_slice to, int64_t at_ns,
                      struct sv_error *err)
{
    struct sv_roster_row *row = present(roster, kind, name, at_ns, err);
    if (row == NULL || !sv_roster_name_check(to, err) || !is_free(roster, kind, to, at_ns, err))
        return false;
    struct sv_roster_row renamed = *row;
    sv_roster_end(row, at_ns);
    sv_roster_begin(roster, kind, renamed.number, to, renamed.above, at_ns);
    return true;
}

static const struct sv_roster_row *now_numbered(const struct sv_roster *roster, int64_t number)
{
    return number > 0 ? sv_roster_numbered(roster, SV_ROSTER_SUPERVISOR, number, SV_ROSTER_OPEN - 1) : NULL;
}

/* `a under b under a` */
bool sv_roster_tell_circle(const struct sv_slice *names, size_t count, struct sv_error *err)
{
    struct sv_buf circle = {0};
    for (size_t i = 0; i < count && i < SV_ROSTER_CIRCLE_MAX; i++)
        sv_buf_printf(&circle, "\"%.*s\" under ", SV_ARG(names[i]));
    if (count > SV_ROSTER_CIRCLE_MAX)
        sv_buf_str(&circle, "...");
    else
        sv_buf_printf(&circle, "\"%.*s\"", SV_ARG(names[0]));
    sv_error_set(err, SV_INPUT, "a supervisor would be above itself: %.400s", sv_buf_cstr(&circle));
    sv_buf_free(&circle);
    return false;
}

static bool tell_circle(const struct sv_roster *roster, const struct sv_roster_row *first, struct sv_error *err)
{
    struct sv_slice names[SV_ROSTER_CIRCLE_MAX + 1] = {first->name};
    size_t count = 1;
    for (const struct sv_roster_row *row = now_numbered(roster, first->above);
         row != NULL && row->number != first->number && count <= SV_ROSTER_CIRCLE_MAX; row = now_numbered(roster, row->above))
        names[count++] = row->name;
    return sv_roster_tell_circle(names, count, err);
}

static bool check_way(const struct sv_roster *roster, const struct sv_roster_row *first, struct sv_error *err)
{
    int depth = 1;
    for (const struct sv_roster_row *row = now_numbered(roster, first->above); row != NULL; row = now_numbered(roster, row->above)) {
        if (row->number == first->number)
            return tell_circle(roster, first, err);
        if (++depth > SV_ROSTER_DEPTH_MAX)
            return sv_error_set(err, SV_INPUT, "supervisor \"%.*s\" would have more than %d above it, or stand below a circle",
                                SV_ARG(first->name), SV_ROSTER_DEPTH_MAX - 1);
    }
    return true;
}

bool sv_roster_check(const struct sv_roster *roster, struct sv_error *err)
{
    const struct sv_roster_rows *rows = &roster->rows[SV_ROSTER_SUPERVISOR];
    for (size_t i = 0; i < rows->count; i++)
        if (holds_on(&rows->items[i]) && rows->items[i].above > 0 && !check_way(roster, &rows->items[i], err))
            return false;
    return true;
}
