/* SPDX-License-Identifier: ISC */
/* alert_outbox, alert_deliveries. */
#include "store/outbox.h"

#include "store/private.h"

_Static_assert(SV_NOTICE_FIRING == 0 && SV_NOTICE_TEST == 5, "kinds are stored as numbers");
_Static_assert(SV_OUTBOX_WAITING == 0 && SV_OUTBOX_GIVEN_UP == 2, "states too");
_Static_assert(SV_DELIVERY_SENT == 0 && SV_DELIVERY_GIVEN_UP == 2, "and outcomes");

const char *sv_notice_kind_name(enum sv_notice_kind kind)
{
    static const char *const names[SV_NOTICE_KINDS] = {"firing", "changed", "resolved", "repeated", "escalated", "test"};
    return (unsigned)kind < SV_NOTICE_KINDS ? names[kind] : "?"; /* a damaged row */
}

bool sv_store_outbox_add(struct sv_store *store, const struct sv_store_notice *notice, bool *added, struct sv_error *err)
{
    sqlite3_stmt *add = sv_store_statement(store, SV_SQL_OUTBOX_ADD, err);
    if (add == NULL)
        return false;
    sv_store_bind(add, 1, notice->notification);
    sqlite3_bind_int64(add, 2, notice->group);
    sv_store_bind(add, 3, notice->receiver);
    sqlite3_bind_int(add, 4, (int)notice->kind);
    sqlite3_bind_int64(add, 5, notice->level);
    sv_store_bind(add, 6, notice->payload);
    sqlite3_bind_int64(add, 7, notice->created_ns);
    sqlite3_bind_int64(add, 8, notice->next_try_ns);
    if (!sv_store_step(store, add, NULL, NULL, err))
        return false;
    *added = sqlite3_changes(store->db) > 0;
    return true;
}

static void take_notice(struct sv_store_notices *out, sqlite3_stmt *row)
{
    struct sv_arena *arena = &out->arena;
    out->items = sv_grow(out->items, out->count, &out->capacity, sizeof *out->items);
    out->items[out->count++] =
        (struct sv_store_notice){.id = sqlite3_column_int64(row, 0),
                                 .notification = sv_store_text(row, 1, arena),
                                 .group = sqlite3_column_int64(row, 2),
                                 .receiver = sv_store_text(row, 3, arena),
                                 .kind = (enum sv_notice_kind)sqlite3_column_int(row, 4),
                                 .level = (uint32_t)sqlite3_column_int64(row, 5),
                                 .payload = sv_store_text(row, 6, arena),
                                 .created_ns = sqlite3_column_int64(row, 7),
                                 .next_try_ns = sqlite3_column_type(row, 8) == SQLITE_NULL ? INT64_MAX : sqlite3_column_int64(row, 8),
                                 .attempts = (uint64_t)sqlite3_column_int64(row, 9),
                                 .lease = sv_store_text(row, 10, arena),
                                 .state = (enum sv_outbox_state)sqlite3_column_int(row, 11),
                                 .finished_ns = sqlite3_column_int64(row, 12),
                                 .answer = sv_store_text(row, 13, arena)};
}

static bool take_notices(struct sv_store *store, sqlite3_stmt *list, struct sv_store_notices *out, struct sv_error *err)
{
    int found;
    while ((found = sv_store_row(store, list, err)) > 0)
        take_notice(out, list);
    return found == 0;
}

static bool lease(struct sv_store *store, struct sv_store_notice *notice, int64_t until_ns, struct sv_slice owner, struct sv_error *err)
{
    sqlite3_stmt *claim = sv_store_statement(store, SV_SQL_OUTBOX_CLAIM, err);
    if (claim == NULL)
        return false;
    sqlite3_bind_int64(claim, 1, notice->id);
    sqlite3_bind_int64(claim, 2, until_ns);
    sv_store_bind(claim, 3, owner);
    notice->next_try_ns = until_ns;
    notice->lease = owner;
    notice->attempts++;
    return sv_store_step(store, claim, NULL, NULL, err);
}

bool sv_store_outbox_claim(struct sv_store *store, struct sv_slice receiver, int64_t now_ns, int64_t until_ns, struct sv_slice owner, size_t most,
                           struct sv_store_notices *out, struct sv_error *err)
{
    size_t first = out->count;
    sqlite3_stmt *due = sv_store_statement(store, SV_SQL_OUTBOX_DUE, err);
    if (due == NULL)
        return false;
    sv_store_bind(due, 1, receiver);
    sqlite3_bind_int64(due, 2, now_ns);
    sqlite3_bind_int64(due, 3, (int64_t)most);
    if (!take_notices(store, due, out, err))
        return false;
    owner = sv_arena_dup(&out->arena, owner);
    for (size_t i = first; i < out->count; i++)
        if (!lease(store, &out->items[i], until_ns, owner, err))
            return false;
    return true;
}

bool sv_store_outbox_finish(struct sv_store *store, int64_t id, struct sv_slice owner, enum sv_outbox_state state, int64_t now_ns,
                            struct sv_slice answer, bool *was_ours, struct sv_error *err)
{
    sqlite3_stmt *finish = sv_store_statement(store, SV_SQL_OUTBOX_FINISH, err);
    if (finish == NULL)
        return false;
    sqlite3_bind_int64(finish, 1, id);
    sv_store_bind(finish, 2, owner);
    sqlite3_bind_int(finish, 3, (int)state);
    sqlite3_bind_int64(finish, 4, now_ns);
    sv_store_bind(finish, 5, answer);
    if (!sv_store_step(store, finish, NULL, NULL, err))
        return false;
    *was_ours = sqlite3_changes(store->db) > 0;
    return true;
}

bool sv_store_outbox_retry(struct sv_store *store, int64_t id, struct sv_slice owner, int64_t next_ns, struct sv_slice answer, bool *was_ours,
                           struct sv_error *err)
{
    sqlite3_stmt *retry = sv_store_statement(store, SV_SQL_OUTBOX_RETRY, err);
    if (retry == NULL)
        return false;
    sqlite3_bind_int64(retry, 1, id);
    sv_store_bind(retry, 2, owner);
    sqlite3_bind_int64(retry, 3, next_ns);
    sv_store_bind(retry, 4, answer);
    if (!sv_store_step(store, retry, NULL, NULL, err))
        return false;
    *was_ours = sqlite3_changes(store->db) > 0;
    return true;
}

bool sv_store_delivery_add(struct sv_store *store, const struct sv_store_delivery *delivery, struct sv_error *err)
{
    sqlite3_stmt *add = sv_store_statement(store, SV_SQL_DELIVERY_ADD, err);
    if (add == NULL)
        return false;
    sqlite3_bind_int64(add, 1, delivery->notice);
    sqlite3_bind_int64(add, 2, (int64_t)delivery->attempt);
    sv_store_bind(add, 3, delivery->receiver);
    sqlite3_bind_int64(add, 4, delivery->started_ns);
    sqlite3_bind_int64(add, 5, delivery->ended_ns);
    sqlite3_bind_int(add, 6, (int)delivery->outcome);
    if (delivery->status >= 0)
        sqlite3_bind_int(add, 7, delivery->status);
    else
        sqlite3_bind_null(add, 7);
    sv_store_bind(add, 8, delivery->answer);
    return sv_store_step(store, add, NULL, NULL, err);
}

bool sv_store_outbox_receiver(struct sv_store *store, struct sv_slice after, struct sv_buf *name, int64_t *due_ns, struct sv_error *err)
{
    sqlite3_stmt *next = sv_store_statement(store, SV_SQL_OUTBOX_RECEIVER, err);
    if (next == NULL)
        return false;
    sqlite3_bind_text64(next, 1, after.len > 0 ? after.data : "", after.len, SQLITE_TRANSIENT, SQLITE_UTF8); /* may be the buffer's */
    int found = sv_store_row(store, next, err);
    sv_buf_clear(name);
    if (found > 0) {
        sv_buf_add(name, sv_store_text(next, 0, NULL));
        *due_ns = sqlite3_column_int64(next, 1);
        sv_store_leave(store, next);
    }
    return found >= 0;
}

/* Binds `one` before the others where it is not 0. */
static sqlite3_stmt *list(struct sv_store *store, enum sv_statement all, enum sv_statement of, int64_t one, int64_t before, size_t most,
                          struct sv_error *err)
{
    int at = 1;
    sqlite3_stmt *list = sv_store_statement(store, one != 0 ? of : all, err);
    if (list == NULL)
        return NULL;
    if (one != 0)
        sqlite3_bind_int64(list, at++, one);
    sqlite3_bind_int64(list, at++, before);
    sqlite3_bind_int64(list, at, (int64_t)most);
    return list;
}

bool sv_store_outbox_waiting(struct sv_store *store, struct sv_slice receiver, size_t most, struct sv_store_notices *out, struct sv_error *err)
{
    sqlite3_stmt *list = sv_store_statement(store, SV_SQL_OUTBOX_WAITING, err);
    if (list == NULL)
        return false;
    sv_store_bind(list, 1, receiver);
    sqlite3_bind_int64(list, 2, (int64_t)most);
    return take_notices(store, list, out, err);
}

bool sv_store_outbox_list(struct sv_store *store, int64_t group, int64_t before, size_t most, struct sv_store_notices *out, struct sv_error *err)
{
    sqlite3_stmt *rows = list(store, SV_SQL_OUTBOX_NEWEST, SV_SQL_OUTBOX_OF_GROUP, group, before, most, err);
    return rows != NULL && take_notices(store, rows, out, err);
}

void sv_store_notices_free(struct sv_store_notices *notices)
{
    sv_free(notices->items);
    sv_arena_free(&notices->arena);
    *notices = (struct sv_store_notices){0};
}

static void take_delivery(struct sv_store_deliveries *out, sqlite3_stmt *row)
{
    struct sv_arena *arena = &out->arena;
    out->items = sv_grow(out->items, out->count, &out->capacity, sizeof *out->items);
    out->items[out->count++] =
        (struct sv_store_delivery){.id = sqlite3_column_int64(row, 0),
                                   .notice = sqlite3_column_int64(row, 1),
                                   .attempt = (uint64_t)sqlite3_column_int64(row, 2),
                                   .receiver = sv_store_text(row, 3, arena),
                                   .started_ns = sqlite3_column_int64(row, 4),
                                   .ended_ns = sqlite3_column_int64(row, 5),
                                   .outcome = (enum sv_delivery_outcome)((unsigned)sqlite3_column_int(row, 6) % 3),
                                   .status = sqlite3_column_type(row, 7) == SQLITE_NULL ? -1 : sqlite3_column_int(row, 7),
                                   .answer = sv_store_text(row, 8, arena),
                                   .notification = sv_store_text(row, 9, arena),
                                   .group = sqlite3_column_int64(row, 10),
                                   .kind = (enum sv_notice_kind)sqlite3_column_int(row, 11),
                                   .level = (uint32_t)sqlite3_column_int64(row, 12)};
}

bool sv_store_deliveries(struct sv_store *store, int64_t notice, int64_t before, size_t most, struct sv_store_deliveries *out,
                         struct sv_error *err)
{
    sqlite3_stmt *rows = list(store, SV_SQL_DELIVERY_NEWEST, SV_SQL_DELIVERY_OF, notice, before, most, err);
    int found = rows != NULL ? sv_store_row(store, rows, err) : -1;
    for (; found > 0; found = sv_store_row(store, rows, err))
        take_delivery(out, rows);
    return found == 0;
}

void sv_store_deliveries_free(struct sv_store_deliveries *deliveries)
{
    sv_free(deliveries->items);
    sv_arena_free(&deliveries->arena);
    *deliveries = (struct sv_store_deliveries){0};
}
