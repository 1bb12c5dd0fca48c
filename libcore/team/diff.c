/* SPDX-License-Identifier: ISC */
/* What a table wants, and what has to change for that. */
#include "team/diff.h"

#include <stdlib.h>

#include "team/diff_private.h"

static const char *const fates[SV_ROSTER_FATES] = {"added", "moved", "removed", "unchanged"};

const char *sv_roster_fate(enum sv_roster_fate fate)
{
    return fates[fate];
}

struct sv_roster_diff *sv_roster_diff_new(struct sv_roster *roster, int64_t at_ns)
{
    struct sv_roster_diff *diff = sv_calloc(1, sizeof *diff);
    diff->roster = roster;
    diff->at_ns = at_ns;
    return diff;
}

void sv_roster_diff_free(struct sv_roster_diff *diff)
{
    if (diff == NULL)
        return;
    for (int kind = 0; kind < SV_ROSTER_KINDS; kind++)
        sv_map_free(&diff->wanted[kind]);
    sv_arena_free(&diff->arena);
    sv_free(diff->items);
    sv_free(diff);
}

size_t sv_roster_diff_count(const struct sv_roster_diff *diff)
{
    return diff->count;
}

const struct sv_roster_difference *sv_roster_diff_at(const struct sv_roster_diff *diff, size_t index)
{
    return &diff->items[index];
}

uint64_t sv_roster_diff_tally(const struct sv_roster_diff *diff, enum sv_roster_fate fate)
{
    return diff->tallies[fate];
}

struct sv_roster_row *sv_roster_diff_now(const struct sv_roster_diff *diff, enum sv_roster_kind kind, struct sv_slice name)
{
    struct sv_roster_row *row = sv_roster_last(diff->roster, kind, name);
    return row != NULL && row->left_ns == SV_ROSTER_OPEN ? row : NULL;
}

/* The name of what the row is in, or under. */
struct sv_slice sv_roster_diff_above(const struct sv_roster_diff *diff, enum sv_roster_kind kind, const struct sv_roster_row *row)
{
    enum sv_roster_kind its = kind == SV_ROSTER_MEMBER ? SV_ROSTER_TEAM : SV_ROSTER_SUPERVISOR;
    const struct sv_roster_row *above = sv_roster_numbered(diff->roster, its, row->above, SV_ROSTER_OPEN - 1);
    return above != NULL ? above->name : SV_SLICE("");
}

static void add(struct sv_roster_diff *diff, const struct sv_roster_difference *difference)
{
    diff->tallies[difference->fate]++;
    if (difference->fate == SV_ROSTER_UNCHANGED)
        return;
    if (diff->count == diff->capacity) {
        diff->capacity = diff->capacity > 0 ? 2 * diff->capacity : 64;
        diff->items = sv_realloc(diff->items, diff->capacity * sizeof *diff->items);
    }
    diff->items[diff->count++] = *difference;
}

/* Where it shall be. What the table does not speak of stays as it is. */
static struct sv_slice place_of(const struct sv_roster_diff *diff, enum sv_roster_kind kind, const struct sv_roster_wanted *wanted,
                                struct sv_slice now)
{
    if (wanted->has_above)
        return wanted->above;
    bool is_silent = kind == SV_ROSTER_TEAM ? !diff->has_supervisors : !diff->has_parents;
    return wanted->is_kept || is_silent ? now : SV_SLICE("");
}

static void compare_wanted(struct sv_roster_diff *diff, enum sv_roster_kind kind)
{
    for (size_t i = 0; i < diff->wanted[kind].count; i++) {
        const struct sv_roster_wanted *wanted = diff->wanted[kind].items[i].pointer;
        const struct sv_roster_row *row = sv_roster_diff_now(diff, kind, wanted->name);
        struct sv_roster_difference difference = {.kind = kind, .name = wanted->name};
        if (row != NULL)
            difference.from = sv_roster_diff_above(diff, kind, row);
        difference.to = place_of(diff, kind, wanted, difference.from);
        difference.fate = row == NULL                                           ? SV_ROSTER_ADDED
                          : !sv_slice_equal(difference.from, difference.to)     ? SV_ROSTER_MOVED
                                                                                : SV_ROSTER_UNCHANGED;
        add(diff, &difference);
    }
}

static void find_removed(struct sv_roster_diff *diff, enum sv_roster_kind kind)
{
    const struct sv_roster_rows *rows = &diff->roster->rows[kind];
    bool speaks = kind != SV_ROSTER_SUPERVISOR || diff->has_supervisors;
    for (size_t i = 0; i < rows->count; i++) {
        const struct sv_roster_row *row = &rows->items[i];
        if (row->left_ns != SV_ROSTER_OPEN || sv_map_find(&diff->wanted[kind], row->name) != NULL)
            continue;
        add(diff, &(struct sv_roster_difference){.kind = kind,
                                                 .fate = speaks ? SV_ROSTER_REMOVED : SV_ROSTER_UNCHANGED,
                                                 .name = row->name,
                                                 .from = sv_roster_diff_above(diff, kind, row)});
    }
}

static int by_name(const void *a, const void *b)
{
    const struct sv_roster_difference *x = a, *y = b;
    return x->kind != y->kind ? (x->kind > y->kind) - (x->kind < y->kind) : sv_slice_compare(x->name, y->name);
}

void sv_roster_diff_compare(struct sv_roster_diff *diff)
{
    for (int kind = 0; kind < SV_ROSTER_KINDS; kind++) {
        compare_wanted(diff, (enum sv_roster_kind)kind);
        find_removed(diff, (enum sv_roster_kind)kind);
    }
    if (diff->count > 0)
        qsort(diff->items, diff->count, sizeof *diff->items, by_name);
}

/* --- made so --- */

/* Did it come to be as it is only later than the time from which on it shall be otherwise? */
static bool is_late(const struct sv_roster_diff *diff, const struct sv_roster_difference *difference, struct sv_findings *findings)
{
    const struct sv_roster_row *row = sv_roster_last(diff->roster, difference->kind, difference->name);
    bool is_there = difference->fate != SV_ROSTER_ADDED;
    if (row == NULL || (is_there ? row->joined_ns : row->left_ns) <= diff->at_ns)
        return false;
    struct sv_error err = {0};
    sv_error_set(&err, SV_INPUT, "%s \"%.*s\" %s later than the time from which on it shall be otherwise; give a later --at, or set the clock",
                 sv_roster_word(difference->kind), SV_ARG(difference->name), is_there ? "came there" : "left");
    sv_findings_add(findings, &err);
    return true;
}

/* Ends what goes or moves, and remembers the numbers of all supervisors and teams that will be there. */
static void end_rows(struct sv_roster_diff *diff, struct sv_map numbers[2])
{
    for (int kind = 0; kind <= SV_ROSTER_TEAM; kind++)
        for (size_t i = 0; i < diff->roster->rows[kind].count; i++) {
            const struct sv_roster_row *row = &diff->roster->rows[kind].items[i];
            if (row->left_ns == SV_ROSTER_OPEN)
                sv_map_at(&numbers[kind], row->name)->number = (uint64_t)row->number;
        }
    int64_t next[2] = {sv_roster_next(diff->roster, SV_ROSTER_SUPERVISOR), sv_roster_next(diff->roster, SV_ROSTER_TEAM)};
    for (size_t i = 0; i < diff->count; i++) {
        const struct sv_roster_difference *difference = &diff->items[i];
        if (difference->fate == SV_ROSTER_ADDED && difference->kind != SV_ROSTER_MEMBER)
            sv_map_at(&numbers[difference->kind], difference->name)->number = (uint64_t)next[difference->kind]++;
        else if (difference->fate != SV_ROSTER_ADDED)
            sv_roster_end(sv_roster_diff_now(diff, difference->kind, difference->name), diff->at_ns);
    }
}

static int64_t number_of(const struct sv_map *numbers, struct sv_slice name)
{
    const struct sv_map_item *item = name.len > 0 ? sv_map_find(numbers, name) : NULL;
    return item != NULL ? (int64_t)item->number : 0;
}

static void begin_rows(struct sv_roster_diff *diff, const struct sv_map numbers[2])
{
    for (size_t i = 0; i < diff->count; i++) {
        const struct sv_roster_difference *difference = &diff->items[i];
        bool is_member = difference->kind == SV_ROSTER_MEMBER;
        if (difference->fate != SV_ROSTER_REMOVED)
            sv_roster_begin(diff->roster, difference->kind, is_member ? 0 : number_of(&numbers[difference->kind], difference->name),
                            difference->name, number_of(&numbers[is_member ? SV_ROSTER_TEAM : SV_ROSTER_SUPERVISOR], difference->to),
                            diff->at_ns);
    }
}

/* What something is put into or under has to be there at that time, too. */
static bool hang(struct sv_roster_diff *diff, struct sv_findings *findings)
{
    bool fine = true;
    for (size_t i = 0; i < diff->count; i++) {
        const struct sv_roster_difference *difference = &diff->items[i];
        if (difference->fate == SV_ROSTER_REMOVED || difference->to.len == 0)
            continue;
        enum sv_roster_kind its = difference->kind == SV_ROSTER_MEMBER ? SV_ROSTER_TEAM : SV_ROSTER_SUPERVISOR;
        const struct sv_roster_row *row = sv_roster_last(diff->roster, its, difference->to);
        if (row != NULL && sv_roster_numbered(diff->roster, its, row->number, diff->at_ns) != NULL)
            continue;
        struct sv_error err = {0};
        sv_error_set(&err, SV_INPUT, "%s \"%.*s\" came later than %s \"%.*s\" shall be there; give a later --at", sv_roster_word(its),
                     SV_ARG(difference->to), sv_roster_word(difference->kind), SV_ARG(difference->name));
        sv_findings_add(findings, &err);
        fine = false;
    }
    return fine;
}

bool sv_roster_diff_apply(struct sv_roster_diff *diff, struct sv_findings *findings)
{
    struct sv_map numbers[2] = {{0}};
    struct sv_error err = {0};
    bool late = false;
    for (size_t i = 0; i < diff->count; i++)
        late |= is_late(diff, &diff->items[i], findings);
    if (late)
        return false;
    end_rows(diff, numbers);
    begin_rows(diff, numbers);
    sv_roster_forget(diff->roster);
    sv_map_free(&numbers[0]);
    sv_map_free(&numbers[1]);
    bool fine = hang(diff, findings);
    if (fine && !sv_roster_check(diff->roster, &err)) {
        sv_findings_add(findings, &err);
        fine = false;
    }
    return fine;
}
