/* SPDX-License-Identifier: ISC */
/* supervisor_alert_groups, supervisor_alerts, alert_silences, cursors. */
#include "store/alert.h"

#include <stdlib.h>

#include "store/private.h"

/* --- cursors and what is due --- */

bool sv_store_cursor(struct sv_store *store, struct sv_slice reader, int64_t *position, struct sv_error *err)
{
    sqlite3_stmt *get = sv_store_statement(store, SV_SQL_CURSOR_GET, err);
    *position = 0;
    if (get == NULL)
        return false;
    sv_store_bind(get, 1, reader);
    return sv_store_step(store, get, NULL, position, err);
}

bool sv_store_cursor_set(struct sv_store *store, struct sv_slice reader, int64_t position, struct sv_error *err)
{
    sqlite3_stmt *set = sv_store_statement(store, SV_SQL_CURSOR_SET, err);
    if (set == NULL)
        return false;
    sv_store_bind(set, 1, reader);
    sqlite3_bind_int64(set, 2, position);
    return sv_store_step(store, set, NULL, NULL, err);
}

bool sv_store_states_due(struct sv_store *store, uint64_t signature, int64_t now_ns, size_t most, struct sv_buf *keys, struct sv_error *err)
{
    sqlite3_stmt *due = sv_store_statement(store, SV_SQL_STATE_DUE, err);
    if (due == NULL)
        return false;
    sqlite3_bind_int64(due, 1, (int64_t)signature);
    sqlite3_bind_int64(due, 2, now_ns);
    sqlite3_bind_int64(due, 3, (int64_t)most);
    int found;
    while ((found = sv_store_row(store, due, err)) > 0)
        if (sqlite3_column_bytes(due, 0) == SV_STATE_KEY)
            sv_buf_add(keys, sv_slice(sqlite3_column_blob(due, 0), SV_STATE_KEY));
    return found == 0;
}

bool sv_store_states_next(struct sv_store *store, uint64_t signature, int64_t *due_ns, struct sv_error *err)
{
    sqlite3_stmt *next = sv_store_statement(store, SV_SQL_STATE_NEXT, err);
    *due_ns = INT64_MAX;
    if (next == NULL)
        return false;
    sqlite3_bind_int64(next, 1, (int64_t)signature);
    return sv_store_step(store, next, NULL, due_ns, err);
}

/* --- groups --- */

static int64_t or_never(sqlite3_stmt *row, int at)
{
    return sqlite3_column_type(row, at) == SQLITE_NULL ? INT64_MAX : sqlite3_column_int64(row, at);
}

static void take_group(struct sv_store_groups *out, sqlite3_stmt *row)
{
    struct sv_arena *arena = &out->arena;
    out->items = sv_grow(out->items, out->count, &out->capacity, sizeof *out->items);
    struct sv_store_group *group = &out->items[out->count++];
    *group = (struct sv_store_group){.id = sqlite3_column_int64(row, 0),
                                     .route = sv_store_text(row, 2, arena),
                                     .labels = sv_store_text(row, 3, arena),
                                     .receiver = sv_store_text(row, 4, arena),
                                     .supervisor = sv_store_text(row, 5, arena),
                                     .team = sv_store_text(row, 6, arena),
                                     .agent = sv_store_text(row, 7, arena),
                                     .policy = sv_store_text(row, 8, arena),
                                     .severity = (enum sv_severity)(sqlite3_column_int(row, 9) & 3),
                                     .state = sqlite3_column_int(row, 10),
                                     .begun_ns = sqlite3_column_int64(row, 11),
                                     .changed_ns = sqlite3_column_int64(row, 12),
                                     .told_ns = sqlite3_column_int64(row, 13),
                                     .due_ns = or_never(row, 14),
                                     .resolved_ns = sqlite3_column_int64(row, 15),
                                     .firing = (uint64_t)sqlite3_column_int64(row, 16),
                                     .alerts = (uint64_t)sqlite3_column_int64(row, 17),
                                     .evaluations = (uint64_t)sqlite3_column_int64(row, 18),
                                     .old = (uint64_t)sqlite3_column_int64(row, 19),
                                     .notices = (uint64_t)sqlite3_column_int64(row, 20),
                                     .level = (uint32_t)sqlite3_column_int64(row, 21),
                                     .acked_by = sv_store_text(row, 22, arena),
                                     .acked_ns = sqlite3_column_int64(row, 23),
                                     .message = sv_store_text(row, 25, arena)};
    group->acked_until_ns = group->acked_ns != 0 ? or_never(row, 24) : 0;
    if (sqlite3_column_bytes(row, 1) == SV_STATE_KEY)
        memcpy(group->key, sqlite3_column_blob(row, 1), SV_STATE_KEY);
}

static bool take_groups(struct sv_store *store, sqlite3_stmt *list, struct sv_store_groups *out, struct sv_error *err)
{
    int found;
    while ((found = sv_store_row(store, list, err)) > 0)
        take_group(out, list);
    return found == 0;
}

bool sv_store_groups_by_id(struct sv_store *store, int64_t first, int64_t last, struct sv_store_groups *out, struct sv_error *err)
{
    sqlite3_stmt *list = sv_store_statement(store, SV_SQL_GROUP_BY_ID, err);
    if (list == NULL)
        return false;
    sqlite3_bind_int64(list, 1, first);
    sqlite3_bind_int64(list, 2, last);
    return take_groups(store, list, out, err);
}

bool sv_store_groups(struct sv_store *store, int64_t since_ns, int64_t begun_ns, int64_t id, size_t most, struct sv_store_groups *out,
                     struct sv_error *err)
{
    sqlite3_stmt *list = sv_store_statement(store, SV_SQL_GROUP_NEWEST, err);
    if (list == NULL)
        return false;
    sqlite3_bind_int64(list, 1, since_ns);
    sqlite3_bind_int64(list, 2, begun_ns);
    sqlite3_bind_int64(list, 3, id);
    sqlite3_bind_int64(list, 4, (int64_t)most);
    return take_groups(store, list, out, err);
}

bool sv_store_groups_count(struct sv_store *store, int64_t since_ns, int64_t begun_ns, int64_t id, bool all, size_t most, int64_t *count,
                           struct sv_error *err)
{
    sqlite3_stmt *counting = sv_store_statement(store, SV_SQL_GROUP_COUNT, err);
    if (counting == NULL)
        return false;
    sqlite3_bind_int64(counting, 1, since_ns);
    sqlite3_bind_int64(counting, 2, begun_ns);
    sqlite3_bind_int64(counting, 3, id);
    sqlite3_bind_int(counting, 4, all);
    sqlite3_bind_int64(counting, 5, (int64_t)most);
    int found;
    for (*count = 0; (found = sv_store_row(store, counting, err)) > 0;)
        ++*count;
    return found == 0;
}

static int newest_first(const void *a, const void *b)
{
    const struct sv_store_group *x = a, *y = b;
    return x->begun_ns != y->begun_ns ? (x->begun_ns < y->begun_ns) - (x->begun_ns > y->begun_ns) : (x->id < y->id) - (x->id > y->id);
}

bool sv_store_groups_open(struct sv_store *store, struct sv_store_groups *out, struct sv_error *err)
{
    sqlite3_stmt *list = sv_store_statement(store, SV_SQL_GROUP_OPEN, err);
    size_t first = out->count;
    bool fine = list != NULL && take_groups(store, list, out, err);
    if (out->count > first)
        qsort(out->items + first, out->count - first, sizeof *out->items, newest_first);
    return fine;
}

void sv_store_groups_free(struct sv_store_groups *groups)
{
    sv_free(groups->items);
    sv_arena_free(&groups->arena);
    *groups = (struct sv_store_groups){0};
}

bool sv_store_group_add(struct sv_store *store, const struct sv_store_group *group, bool *added, struct sv_error *err)
{
    int64_t supervisor, team, agent;
    sqlite3_stmt *add = sv_store_statement(store, SV_SQL_GROUP_ADD, err);
    struct sv_slice above = group->supervisor.len > 0 ? group->supervisor : SV_SLICE("-");
    if (add == NULL || !sv_store_name(store, SV_NAME_SUPERVISOR, above, &supervisor, err) ||
        !sv_store_name(store, SV_NAME_TEAM, group->team, &team, err) || !sv_store_name(store, SV_NAME_AGENT, group->agent, &agent, err))
        return false;
    sqlite3_bind_int64(add, 1, group->id);
    sqlite3_bind_blob64(add, 2, group->key, SV_STATE_KEY, SQLITE_STATIC);
    sv_store_bind(add, 3, group->route);
    sv_store_bind(add, 4, group->labels);
    sv_store_bind(add, 5, group->receiver);
    sqlite3_bind_int64(add, 6, supervisor);
    sv_store_bind_id(add, 7, team);
    sv_store_bind_id(add, 8, agent);
    sv_store_bind(add, 9, group->policy);
    sqlite3_bind_int(add, 10, (int)group->severity);
    sqlite3_bind_int64(add, 11, group->begun_ns);
    if (!sv_store_step(store, add, NULL, NULL, err))
        return false;
    *added = sqlite3_changes(store->db) > 0;
    return true;
}

static void bind_time(sqlite3_stmt *statement, int at, int64_t ns, int64_t none_ns)
{
    if (ns != none_ns)
        sqlite3_bind_int64(statement, at, ns);
    else
        sqlite3_bind_null(statement, at);
}

bool sv_store_group_set(struct sv_store *store, const struct sv_store_group *group, struct sv_error *err)
{
    sqlite3_stmt *set = sv_store_statement(store, SV_SQL_GROUP_SET, err);
    if (set == NULL)
        return false;
    sqlite3_bind_int64(set, 1, group->id);
    sv_store_bind(set, 2, group->receiver);
    sqlite3_bind_int(set, 3, (int)group->severity);
    sqlite3_bind_int(set, 4, group->state);
    sqlite3_bind_int64(set, 5, group->changed_ns);
    bind_time(set, 6, group->told_ns, 0);
    bind_time(set, 7, group->due_ns, INT64_MAX);
    sqlite3_bind_int64(set, 8, (int64_t)group->firing);
    sqlite3_bind_int64(set, 9, (int64_t)group->alerts);
    sqlite3_bind_int64(set, 10, (int64_t)group->evaluations);
    sqlite3_bind_int64(set, 11, (int64_t)group->old);
    sqlite3_bind_int64(set, 12, (int64_t)group->notices);
    sqlite3_bind_int64(set, 13, group->level);
    sv_store_bind(set, 14, group->message);
    return sv_store_step(store, set, NULL, NULL, err);
}

bool sv_store_group_ack(struct sv_store *store, const struct sv_store_group *group, struct sv_error *err)
{
    sqlite3_stmt *ack = sv_store_statement(store, SV_SQL_GROUP_ACK, err);
    if (ack == NULL)
        return false;
    sqlite3_bind_int64(ack, 1, group->id);
    sv_store_bind(ack, 2, group->acked_by);
    bind_time(ack, 3, group->acked_ns, 0);
    bind_time(ack, 4, group->acked_until_ns, INT64_MAX);
    return sv_store_step(store, ack, NULL, NULL, err);
}

bool sv_store_group_end(struct sv_store *store, int64_t id, int64_t now_ns, struct sv_error *err)
{
    sqlite3_stmt *end = sv_store_statement(store, SV_SQL_GROUP_END, err);
    if (end == NULL)
        return false;
    sqlite3_bind_int64(end, 1, id);
    sqlite3_bind_int64(end, 2, now_ns);
    return sv_store_step(store, end, NULL, NULL, err);
}

/* --- alerts --- */

bool sv_store_alert_add(struct sv_store *store, struct sv_store_alert *alert, struct sv_error *err)
{
    int64_t agent;
    sqlite3_stmt *add = sv_store_statement(store, SV_SQL_ALERT_ADD, err);
    if (add == NULL || !sv_store_name(store, SV_NAME_AGENT, alert->agent, &agent, err))
        return false;
    sqlite3_bind_int64(add, 1, alert->group);
    sv_store_bind(add, 2, alert->alert);
    sqlite3_bind_int(add, 3, (int)alert->severity);
    sv_store_bind_id(add, 4, agent);
    sqlite3_bind_int64(add, 5, alert->started_ns);
    sqlite3_bind_int(add, 6, alert->inhibits);
    sv_store_bind(add, 7, alert->body);
    if (!sv_store_step(store, add, NULL, NULL, err))
        return false;
    alert->id = sqlite3_last_insert_rowid(store->db);
    return true;
}

bool sv_store_alert_end(struct sv_store *store, int64_t id, int64_t ended_ns, uint64_t evaluations, struct sv_slice body, struct sv_error *err)
{
    sqlite3_stmt *end = sv_store_statement(store, SV_SQL_ALERT_END, err);
    if (end == NULL)
        return false;
    sqlite3_bind_int64(end, 1, id);
    sqlite3_bind_int64(end, 2, ended_ns);
    sqlite3_bind_int64(end, 3, (int64_t)evaluations);
    sv_store_bind(end, 4, body);
    return sv_store_step(store, end, NULL, NULL, err);
}

static struct sv_store_alert *add_alert(struct sv_store_alerts *out)
{
    out->items = sv_grow(out->items, out->count, &out->capacity, sizeof *out->items);
    out->items[out->count] = (struct sv_store_alert){0};
    return &out->items[out->count++];
}

bool sv_store_alerts(struct sv_store *store, int64_t group, int64_t behind, size_t most, struct sv_store_alerts *out, struct sv_error *err)
{
    sqlite3_stmt *list = sv_store_statement(store, SV_SQL_ALERT_OF_GROUP, err);
    if (list == NULL)
        return false;
    sqlite3_bind_int64(list, 1, group);
    sqlite3_bind_int64(list, 2, behind);
    sqlite3_bind_int64(list, 3, (int64_t)most);
    int found;
    while ((found = sv_store_row(store, list, err)) > 0)
        *add_alert(out) = (struct sv_store_alert){.id = sqlite3_column_int64(list, 0),
                                                  .group = group,
                                                  .alert = sv_store_text(list, 1, &out->arena),
                                                  .severity = (enum sv_severity)(sqlite3_column_int(list, 2) & 3),
                                                  .started_ns = sqlite3_column_int64(list, 3),
                                                  .resolved_ns = sqlite3_column_int64(list, 4),
                                                  .evaluations = (uint64_t)sqlite3_column_int64(list, 5),
                                                  .body = sv_store_text(list, 6, &out->arena)};
    return found == 0;
}

bool sv_store_alerts_inhibiting(struct sv_store *store, struct sv_store_alerts *out, struct sv_error *err)
{
    sqlite3_stmt *list = sv_store_statement(store, SV_SQL_ALERT_INHIBITING, err);
    int found = list != NULL ? sv_store_row(store, list, err) : -1;
    for (; found > 0; found = sv_store_row(store, list, err))
        *add_alert(out) = (struct sv_store_alert){
            .id = sqlite3_column_int64(list, 0), .body = sv_store_text(list, 1, &out->arena)};
    return found == 0;
}

void sv_store_alerts_free(struct sv_store_alerts *alerts)
{
    sv_free(alerts->items);
    sv_arena_free(&alerts->arena);
    *alerts = (struct sv_store_alerts){0};
}

/* --- silences --- */

bool sv_store_silence_add(struct sv_store *store, const struct sv_store_silence *silence, bool *added, struct sv_error *err)
{
    sqlite3_stmt *add = sv_store_statement(store, SV_SQL_SILENCE_ADD, err);
    if (add == NULL)
        return false;
    sqlite3_bind_int64(add, 1, silence->id);
    sv_store_bind(add, 2, silence->matcher);
    sv_store_bind(add, 3, silence->author);
    sv_store_bind(add, 4, silence->comment);
    sqlite3_bind_int64(add, 5, silence->created_ns);
    sqlite3_bind_int64(add, 6, silence->starts_ns);
    sqlite3_bind_int64(add, 7, silence->ends_ns);
    if (!sv_store_step(store, add, NULL, NULL, err))
        return false;
    *added = sqlite3_changes(store->db) > 0;
    return true;
}

bool sv_store_silence_end(struct sv_store *store, int64_t id, int64_t now_ns, bool *was_open, struct sv_error *err)
{
    sqlite3_stmt *end = sv_store_statement(store, SV_SQL_SILENCE_END, err);
    if (end == NULL)
        return false;
    sqlite3_bind_int64(end, 1, id);
    sqlite3_bind_int64(end, 2, now_ns);
    if (!sv_store_step(store, end, NULL, NULL, err))
        return false;
    *was_open = sqlite3_changes(store->db) > 0;
    return true;
}

static bool take_silences(struct sv_store *store, sqlite3_stmt *list, struct sv_store_silences *out, struct sv_error *err)
{
    int found;
    while ((found = sv_store_row(store, list, err)) > 0) {
        out->items = sv_grow(out->items, out->count, &out->capacity, sizeof *out->items);
        out->items[out->count++] = (struct sv_store_silence){.id = sqlite3_column_int64(list, 0),
                                                             .matcher = sv_store_text(list, 1, &out->arena),
                                                             .author = sv_store_text(list, 2, &out->arena),
                                                             .comment = sv_store_text(list, 3, &out->arena),
                                                             .created_ns = sqlite3_column_int64(list, 4),
                                                             .starts_ns = sqlite3_column_int64(list, 5),
                                                             .ends_ns = sqlite3_column_int64(list, 6)};
    }
    return found == 0;
}

bool sv_store_silences(struct sv_store *store, int64_t after_ns, struct sv_store_silences *out, struct sv_error *err)
{
    sqlite3_stmt *list = sv_store_statement(store, SV_SQL_SILENCE_SINCE, err);
    if (list == NULL)
        return false;
    sqlite3_bind_int64(list, 1, after_ns);
    return take_silences(store, list, out, err);
}

bool sv_store_silences_by_id(struct sv_store *store, int64_t first, int64_t last, struct sv_store_silences *out, struct sv_error *err)
{
    sqlite3_stmt *list = sv_store_statement(store, SV_SQL_SILENCE_BY_ID, err);
    if (list == NULL)
        return false;
    sqlite3_bind_int64(list, 1, first);
    sqlite3_bind_int64(list, 2, last);
    return take_silences(store, list, out, err);
}

void sv_store_silences_free(struct sv_store_silences *silences)
{
    sv_free(silences->items);
    sv_arena_free(&silences->arena);
    *silences = (struct sv_store_silences){0};
}
