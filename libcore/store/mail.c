/* SPDX-License-Identifier: ISC */
/* messages, mailboxes. */
#include "store/mail.h"

#include "store/bell.h"
#include "store/private.h"

_Static_assert(SV_MESSAGE_QUEUED == 0 && SV_MESSAGE_DELIVERED == 1 && SV_MESSAGE_READ == 2 && SV_MESSAGE_ACKED == 3 &&
                   SV_MESSAGE_EXPIRED == 4 && SV_MESSAGE_DROPPED == 5,
               "states are stored as numbers, and their order matters");

bool sv_store_agent_id(struct sv_store *store, struct sv_slice name, int64_t *id, struct sv_error *err)
{
    if (store->in_transaction)
        return sv_store_name(store, SV_NAME_AGENT, name, id, err);
    sqlite3_stmt *find = sv_store_statement(store, SV_SQL_AGENT_FIND, err);
    *id = 0;
    if (find == NULL)
        return false;
    sv_store_bind(find, 1, name);
    return sv_store_step(store, find, NULL, id, err);
}

bool sv_store_agent_last_seen(struct sv_store *store, int64_t agent, int64_t *ns, struct sv_error *err)
{
    sqlite3_stmt *find = sv_store_statement(store, SV_SQL_AGENT_SEEN, err);
    *ns = 0;
    if (find == NULL)
        return false;
    sqlite3_bind_int64(find, 1, agent);
    return sv_store_step(store, find, NULL, ns, err);
}

bool sv_store_agents_seen(struct sv_store *store, int64_t since_ns, void (*sink)(void *context, struct sv_slice name), void *context,
                          struct sv_error *err)
{
    sqlite3_stmt *all = sv_store_statement(store, SV_SQL_AGENTS_SEEN, err);
    if (all == NULL)
        return false;
    sqlite3_bind_int64(all, 1, since_ns);
    int found;
    while ((found = sv_store_row(store, all, err)) > 0)
        sink(context, sv_store_text(all, 0, NULL));
    sv_store_leave(store, all);
    return found == 0;
}

/* --- mailboxes --- */

bool sv_store_mailbox_get(struct sv_store *store, int64_t agent, struct sv_store_mailbox *box, struct sv_error *err)
{
    sqlite3_stmt *get = sv_store_statement(store, SV_SQL_MAILBOX_GET, err);
    *box = (struct sv_store_mailbox){0};
    if (get == NULL)
        return false;
    sqlite3_bind_int64(get, 1, agent);
    int found = sv_store_row(store, get, err);
    if (found <= 0)
        return found == 0;
    for (int i = 0; i < SV_MESSAGE_PRIORITIES; i++)
        box->queued[i] = sqlite3_column_int64(get, i);
    box->since_ns = sqlite3_column_int64(get, 4);
    box->expires_ns = sqlite3_column_int64(get, 5);
    box->bound = sqlite3_column_int64(get, 6);
    box->drop_oldest = sqlite3_column_int(get, 7) != 0;
    box->received = sqlite3_column_int64(get, 8);
    box->dropped = sqlite3_column_int64(get, 9);
    box->rejected = sqlite3_column_int64(get, 10);
    box->expired = sqlite3_column_int64(get, 11);
    box->is_there = true;
    sv_store_leave(store, get);
    return true;
}

bool sv_store_mailbox_put(struct sv_store *store, int64_t agent, const struct sv_store_mailbox *box, struct sv_error *err)
{
    sqlite3_stmt *put = sv_store_statement(store, SV_SQL_MAILBOX_PUT, err);
    if (put == NULL)
        return false;
    const int64_t values[] = {agent,           box->queued[0], box->queued[1],   box->queued[2], box->queued[3], box->since_ns, box->expires_ns,
                              box->bound,      box->drop_oldest, box->received, box->dropped,   box->rejected,  box->expired};
    for (int i = 0; i < (int)(sizeof values / sizeof *values); i++)
        sqlite3_bind_int64(put, i + 1, values[i]);
    return sv_store_step(store, put, NULL, NULL, err);
}

/* --- messages --- */

bool sv_store_message_last(struct sv_store *store, int64_t *id, struct sv_error *err)
{
    return sv_store_number(store, SV_SQL_ROWS_MESSAGES_LAST, id, err);
}

bool sv_store_message_own(struct sv_store *store, struct sv_slice own, int64_t from, int64_t to, int64_t *id, struct sv_error *err)
{
    sqlite3_stmt *find = sv_store_statement(store, SV_SQL_MESSAGE_OWN, err);
    *id = 0;
    if (find == NULL)
        return false;
    sv_store_bind(find, 1, own);
    sqlite3_bind_int64(find, 2, from);
    sqlite3_bind_int64(find, 3, to);
    return sv_store_step(store, find, NULL, id, err);
}

bool sv_store_message_add(struct sv_store *store, struct sv_store_message *message, int64_t from, int64_t to, bool *added,
                          struct sv_error *err)
{
    sqlite3_stmt *add = sv_store_statement(store, SV_SQL_MESSAGE_ADD, err);
    if (add == NULL)
        return false;
    sqlite3_bind_int64(add, 1, message->id);
    sv_store_bind(add, 2, message->own);
    sqlite3_bind_int64(add, 3, from);
    sqlite3_bind_int64(add, 4, to);
    sv_store_bind(add, 5, message->subject);
    sv_store_bind(add, 6, message->body);
    sqlite3_bind_int(add, 7, message->priority);
    sv_store_bind(add, 8, message->correlation);
    sv_store_bind_id(add, 9, message->reply_to);
    sv_store_bind_id(add, 10, message->expires_ns);
    if (!sv_store_step(store, add, NULL, NULL, err))
        return false;
    *added = sqlite3_changes(store->db) > 0;
    sv_store_count(store, SV_COUNT_MESSAGES, SV_MESSAGE_QUEUED, *added);
    return *added || sv_store_message_own(store, message->own, from, to, &message->id, err);
}

bool sv_store_message_move(struct sv_store *store, int64_t id, enum sv_message_state state, int64_t now_ns, bool *moved, struct sv_error *err)
{
    sqlite3_stmt *move = sv_store_statement(store, SV_SQL_MESSAGE_MOVE, err);
    if (move == NULL)
        return false;
    sqlite3_bind_int64(move, 1, id);
    sqlite3_bind_int(move, 2, (int)state);
    sqlite3_bind_int64(move, 3, now_ns);
    if (!sv_store_step(store, move, NULL, NULL, err))
        return false;
    *moved = sqlite3_changes(store->db) > 0;
    sv_store_count(store, SV_COUNT_MESSAGES, state, *moved);
    return true;
}

/* --- lists --- */

static void take_message(struct sv_store_messages *out, sqlite3_stmt *row)
{
    if (out->count == out->capacity) {
        out->capacity = out->capacity > 0 ? 2 * out->capacity : 32;
        out->items = sv_realloc(out->items, out->capacity * sizeof *out->items);
    }
    struct sv_arena *arena = &out->arena;
    out->items[out->count++] = (struct sv_store_message){.id = sqlite3_column_int64(row, 0),
                                                         .own = sv_store_text(row, 1, arena),
                                                         .from = sv_store_text(row, 2, arena),
                                                         .to = sv_store_text(row, 3, arena),
                                                         .subject = sv_store_text(row, 4, arena),
                                                         .body = sv_store_text(row, 5, arena),
                                                         .priority = sqlite3_column_int(row, 6),
                                                         .correlation = sv_store_text(row, 7, arena),
                                                         .reply_to = sqlite3_column_int64(row, 8),
                                                         .state = (enum sv_message_state)sqlite3_column_int(row, 9),
                                                         .delivered_ns = sqlite3_column_int64(row, 11),
                                                         .read_ns = sqlite3_column_int64(row, 12),
                                                         .acked_ns = sqlite3_column_int64(row, 13),
                                                         .expires_ns = sqlite3_column_int64(row, 14)};
}

static bool take_all(struct sv_store *store, sqlite3_stmt *list, struct sv_store_messages *out, struct sv_error *err)
{
    int found;
    while ((found = sv_store_row(store, list, err)) > 0)
        take_message(out, list);
    sv_store_leave(store, list);
    return found == 0;
}

bool sv_store_messages(struct sv_store *store, enum sv_store_mail_way way, int64_t agent, int64_t before, size_t most,
                       struct sv_store_messages *out, struct sv_error *err)
{
    static const enum sv_statement ways[] = {
        [SV_MAIL_TO] = SV_SQL_MESSAGE_TO, [SV_MAIL_FROM] = SV_SQL_MESSAGE_FROM, [SV_MAIL_ALL] = SV_SQL_MESSAGE_ALL};
    sqlite3_stmt *list = sv_store_statement(store, ways[way], err);
    if (list == NULL)
        return false;
    sqlite3_bind_int64(list, 1, agent);
    sqlite3_bind_int64(list, 2, before);
    sqlite3_bind_int64(list, 3, (int64_t)most);
    return take_all(store, list, out, err);
}

bool sv_store_messages_count(struct sv_store *store, enum sv_store_mail_way way, int64_t agent, int64_t before, int64_t since, size_t most,
                             uint64_t *count, struct sv_error *err)
{
    static const enum sv_statement ways[] = {
        [SV_MAIL_TO] = SV_SQL_MESSAGE_TO_COUNT, [SV_MAIL_FROM] = SV_SQL_MESSAGE_FROM_COUNT, [SV_MAIL_ALL] = SV_SQL_MESSAGE_ALL_COUNT};
    sqlite3_stmt *list = sv_store_statement(store, ways[way], err);
    int found;
    *count = 0;
    if (list == NULL)
        return false;
    sqlite3_bind_int64(list, 1, agent);
    sqlite3_bind_int64(list, 2, before);
    sqlite3_bind_int64(list, 3, since);
    sqlite3_bind_int64(list, 4, (int64_t)most);
    while ((found = sv_store_row(store, list, err)) > 0)
        (*count)++;
    return found == 0;
}

bool sv_store_messages_queued(struct sv_store *store, int64_t to, int64_t since_ns, int priority, size_t most, struct sv_store_messages *out,
                              struct sv_error *err)
{
    sqlite3_stmt *list = sv_store_statement(store, SV_SQL_MESSAGE_QUEUED, err);
    if (list == NULL)
        return false;
    sqlite3_bind_int64(list, 1, to);
    sqlite3_bind_int64(list, 2, since_ns);
    sqlite3_bind_int(list, 3, priority);
    sqlite3_bind_int64(list, 4, (int64_t)most);
    return take_all(store, list, out, err);
}

bool sv_store_messages_by_id(struct sv_store *store, int64_t first, int64_t last, struct sv_store_messages *out, struct sv_error *err)
{
    sqlite3_stmt *list = sv_store_statement(store, SV_SQL_MESSAGE_BY_ID, err);
    if (list == NULL)
        return false;
    sqlite3_bind_int64(list, 1, first);
    sqlite3_bind_int64(list, 2, last);
    return take_all(store, list, out, err);
}

void sv_store_messages_free(struct sv_store_messages *messages)
{
    sv_free(messages->items);
    sv_arena_free(&messages->arena);
    *messages = (struct sv_store_messages){0};
}

bool sv_store_messages_expired(struct sv_store *store, int64_t to, int64_t since_ns, int64_t now_ns, struct sv_buf *ids,
                               int64_t count[SV_MESSAGE_PRIORITIES], int64_t *next_ns, struct sv_error *err)
{
    sqlite3_stmt *list = sv_store_statement(store, SV_SQL_MESSAGE_EXPIRING, err);
    *next_ns = 0;
    if (list == NULL)
        return false;
    sqlite3_bind_int64(list, 1, to);
    sqlite3_bind_int64(list, 2, since_ns);
    int found;
    while ((found = sv_store_row(store, list, err)) > 0) {
        int64_t id = sqlite3_column_int64(list, 0), expires_ns = sqlite3_column_int64(list, 2);
        int priority = sqlite3_column_int(list, 1);
        if (expires_ns > now_ns) {
            *next_ns = *next_ns == 0 || expires_ns < *next_ns ? expires_ns : *next_ns;
        } else if (priority >= 0 && priority < SV_MESSAGE_PRIORITIES) {
            sv_buf_add(ids, sv_slice((const char *)&id, sizeof id));
            count[priority]++;
        }
    }
    sv_store_leave(store, list);
    return found == 0;
}

/* --- waking --- */

uint32_t sv_store_bell(struct sv_store *store, struct sv_slice name)
{
    return store->line != NULL ? sv_bell_look(sv_line_file(store->line), name) : 0;
}

void sv_store_ring(struct sv_store *store, struct sv_slice name)
{
    if (store->line != NULL)
        sv_bell_ring(sv_line_file(store->line), name);
}

void sv_store_listen(struct sv_store *store, struct sv_slice name, uint32_t was, int timeout_ms)
{
    if (store->line != NULL)
        sv_bell_wait(sv_line_file(store->line), name, was, timeout_ms);
}

bool sv_store_mail_waiting(struct sv_store *store, struct sv_store_waiting *out, struct sv_error *err)
{
    sqlite3_stmt *find = sv_store_statement(store, SV_SQL_MAILBOX_WAITING, err);
    *out = (struct sv_store_waiting){0};
    if (find == NULL)
        return false;
    int state = sv_store_row(store, find, err);
    if (state <= 0)
        return state == 0;
    out->mailboxes = sqlite3_column_int64(find, 0);
    out->messages = sqlite3_column_int64(find, 1);
    out->since_ns = sqlite3_column_int64(find, 2);
    out->refused = sqlite3_column_int64(find, 3);
    sv_store_leave(store, find);
    return true;
}
