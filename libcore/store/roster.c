/* SPDX-License-Identifier: ISC */
/* supervisor_places, supervisor_teams, supervisor_team_members: rows with a beginning and an end. */
#include "base/time.h"
#include "store/private.h"
#include "store/team.h"

#define HOUR_NS (3600 * SV_SECOND_NS)

_Static_assert(SV_ROSTER_SUPERVISOR == 0 && SV_ROSTER_TEAM == 1 && SV_ROSTER_MEMBER == 2, "ROSTER_ALL has kinds as numbers");

static const struct {
    enum sv_statement add, end, list;
    enum sv_name_table names;
} families[SV_ROSTER_KINDS] = {
    [SV_ROSTER_SUPERVISOR] = {SV_SQL_PLACE_ADD, SV_SQL_PLACE_END, SV_SQL_SUPERVISOR_LIST, SV_NAME_SUPERVISOR},
    [SV_ROSTER_TEAM] = {SV_SQL_TEAM_PUT, SV_SQL_TEAM_END, SV_SQL_TEAM_LIST, SV_NAME_TEAM},
    [SV_ROSTER_MEMBER] = {SV_SQL_MEMBER_PUT, SV_SQL_MEMBER_END, SV_SQL_MEMBER_LIST, SV_NAME_AGENT},
};

bool sv_store_data_version(struct sv_store *store, int64_t *version, struct sv_error *err)
{
    sqlite3_stmt *ask = sv_store_statement(store, SV_SQL_DATA_VERSION, err);
    return ask != NULL && sv_store_step(store, ask, NULL, version, err);
}

bool sv_store_roster_version(struct sv_store *store, int64_t *version, struct sv_error *err)
{
    sqlite3_stmt *ask = sv_store_statement(store, SV_SQL_VERSION_GET, err);
    *version = 0;
    if (ask == NULL)
        return false;
    sv_store_bind(ask, 1, SV_SLICE("roster"));
    return sv_store_step(store, ask, NULL, version, err);
}

/* In one statement, so that supervisors, teams and members are of one moment. */
bool sv_store_roster_load(struct sv_store *store, struct sv_roster *roster, struct sv_error *err)
{
    sqlite3_stmt *all = sv_store_statement(store, SV_SQL_ROSTER_ALL, err);
    if (all == NULL)
        return false;
    int found;
    while ((found = sv_store_row(store, all, err)) > 0) {
        struct sv_roster_row row = {.id = sqlite3_column_int64(all, 1),
                                    .number = sqlite3_column_int64(all, 2),
                                    .above = sqlite3_column_int64(all, 3),
                                    .name = sv_store_text(all, 4, NULL),
                                    .joined_ns = sqlite3_column_int64(all, 5),
                                    .left_ns = SV_ROSTER_OPEN};
        if (sqlite3_column_type(all, 6) != SQLITE_NULL)
            row.left_ns = sqlite3_column_int64(all, 6);
        sv_roster_add(roster, (enum sv_roster_kind)sqlite3_column_int(all, 0), &row);
    }
    sv_store_leave(store, all);
    return found == 0;
}

static void bind_end(sqlite3_stmt *statement, int at, int64_t left_ns)
{
    if (left_ns != SV_ROSTER_OPEN)
        sqlite3_bind_int64(statement, at, left_ns);
    else
        sqlite3_bind_null(statement, at);
}

static bool add_row(struct sv_store *store, enum sv_roster_kind kind, const struct sv_roster_row *row, struct sv_error *err)
{
    int64_t name;
    sqlite3_stmt *add = sv_store_statement(store, families[kind].add, err);
    if (add == NULL || !sv_store_name(store, families[kind].names, row->name, &name, err))
        return false;
    if (kind != SV_ROSTER_MEMBER)
        sqlite3_bind_int64(add, 1, row->number);
    sqlite3_bind_int64(add, 2, row->above);
    sqlite3_bind_int64(add, 3, name);
    sqlite3_bind_int64(add, 4, row->joined_ns);
    bind_end(add, 5, row->left_ns);
    return sv_store_step(store, add, NULL, NULL, err);
}

static bool end_row(struct sv_store *store, enum sv_roster_kind kind, const struct sv_roster_row *row, struct sv_error *err)
{
    sqlite3_stmt *end = sv_store_statement(store, families[kind].end, err);
    if (end == NULL)
        return false;
    sqlite3_bind_int64(end, 1, row->id);
    bind_end(end, 2, row->left_ns);
    return sv_store_step(store, end, NULL, NULL, err);
}

/* What came and went in one breath never was. */
static bool save_row(struct sv_store *store, enum sv_roster_kind kind, const struct sv_roster_row *row, bool *changed, struct sv_error *err)
{
    bool is_new = row->id == 0 && row->left_ns > row->joined_ns;
    *changed |= is_new || row->is_ended;
    if (row->is_ended)
        return end_row(store, kind, row, err);
    return !is_new || add_row(store, kind, row, err);
}

bool sv_store_roster_save(struct sv_store *store, const struct sv_roster *roster, struct sv_error *err)
{
    bool changed = false;
    for (int kind = 0; kind < SV_ROSTER_KINDS; kind++)
        for (size_t i = 0; i < roster->rows[kind].count; i++)
            if (!save_row(store, (enum sv_roster_kind)kind, &roster->rows[kind].items[i], &changed, err))
                return false;
    return !changed || sv_store_roster_raise(store, err);
}

bool sv_store_roster_raise(struct sv_store *store, struct sv_error *err)
{
    sqlite3_stmt *raise = sv_store_statement(store, SV_SQL_VERSION_RAISE, err);
    if (raise == NULL)
        return false;
    sv_store_bind(raise, 1, SV_SLICE("roster"));
    return sv_store_step(store, raise, NULL, NULL, err);
}

/* --- lists --- */

static struct sv_slice kept(struct sv_store_units *units, sqlite3_stmt *list, int column)
{
    return sv_store_text(list, column, &units->arena);
}

static void take_unit(struct sv_store_units *units, enum sv_roster_kind kind, sqlite3_stmt *list)
{
    if (units->count == units->capacity) {
        units->capacity = units->capacity > 0 ? 2 * units->capacity : 64;
        units->items = sv_realloc(units->items, units->capacity * sizeof *units->items);
    }
    struct sv_store_unit *unit = &units->items[units->count++];
    *unit = (struct sv_store_unit){.joined_ns = sqlite3_column_int64(list, 2)};
    switch (kind) {
    case SV_ROSTER_SUPERVISOR:
        unit->name = kept(units, list, 0);
        unit->supervisor = kept(units, list, 1);
        unit->teams = sqlite3_column_int64(list, 3);
        unit->members = sqlite3_column_int64(list, 4);
        unit->violations = sqlite3_column_int64(list, 5);
        break;
    case SV_ROSTER_TEAM:
        unit->name = kept(units, list, 0);
        unit->supervisor = kept(units, list, 1);
        unit->members = sqlite3_column_int64(list, 3);
        unit->events = sqlite3_column_int64(list, 4);
        unit->errors = sqlite3_column_int64(list, 5);
        unit->tokens = sqlite3_column_int64(list, 6);
        unit->cost_usd = sqlite3_column_double(list, 7);
        break;
    default:
        unit->team = kept(units, list, 0);
        unit->name = kept(units, list, 1);
        unit->supervisor = kept(units, list, 3);
        unit->seen_ns = sqlite3_column_int64(list, 4);
        unit->events = sqlite3_column_int64(list, 5);
    }
}

bool sv_store_units(struct sv_store *store, enum sv_roster_kind kind, struct sv_slice behind, struct sv_slice behind_team, int64_t at_ns,
                    int64_t since_ns, size_t most, struct sv_store_units *units, struct sv_error *err)
{
    bool is_member = kind == SV_ROSTER_MEMBER;
    struct sv_slice first = is_member ? behind_team : behind;
    sqlite3_stmt *list = sv_store_statement(store, families[kind].list, err);
    if (list == NULL)
        return false;
    sqlite3_bind_text64(list, 1, first.len > 0 ? first.data : "", first.len, SQLITE_STATIC, SQLITE_UTF8);
    sqlite3_bind_int64(list, 2, at_ns);
    if (is_member)
        sqlite3_bind_text64(list, 3, behind.len > 0 ? behind.data : "", behind.len, SQLITE_STATIC, SQLITE_UTF8);
    else
        sqlite3_bind_int64(list, 3, kind == SV_ROSTER_TEAM ? since_ns / HOUR_NS : since_ns);
    sqlite3_bind_int64(list, 4, (int64_t)most);
    int found;
    while ((found = sv_store_row(store, list, err)) > 0)
        take_unit(units, kind, list);
    sv_store_leave(store, list);
    return found == 0;
}

void sv_store_units_free(struct sv_store_units *units)
{
    sv_free(units->items);
    sv_arena_free(&units->arena);
    *units = (struct sv_store_units){0};
}
