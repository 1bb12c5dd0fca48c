/* SPDX-License-Identifier: ISC */
/* mail.h - messages and mailboxes in the store, and the bell that wakes who waits.
 *
 * All of store.h holds here, too. Names of agents are integers inside (sv_store_agent_id). Of each mailbox is kept how many wait
 * and from where on they are to be looked for, so that neither sending nor waiting looks at what is old.
 *
 *     sv_store_agent_id(store, name, &to, &err), sv_store_mailbox_get(store, to, &box, &err);
 *     sv_store_message_add(store, &message, from, to, &added, &err);
 *     sv_store_mailbox_put(store, to, &box, &err);
 *     ... commit ...
 *     sv_store_ring(store, name);
 *
 * Floor: store. */
#ifndef SV_STORE_MAIL_H
#define SV_STORE_MAIL_H

#include "store/store.h"
#include "team/message.h"

struct sv_store_message {
    int64_t id;            /* and its created_at */
    struct sv_slice own;   /* the sender's own id; empty: none */
    struct sv_slice from, to, subject, body, correlation;
    int64_t reply_to;      /* 0: to none */
    int priority;
    enum sv_message_state state; /* as stored: see sv_message_now */
    int64_t delivered_ns, read_ns, acked_ns, expires_ns; /* 0: not, never */
};

struct sv_store_messages {
    struct sv_store_message *items; /* texts live in the arena */
    size_t count, capacity;
    struct sv_arena arena;
};

struct sv_store_mailbox {
    int64_t queued[SV_MESSAGE_PRIORITIES];
    int64_t since_ns;    /* none that waits is older */
    int64_t expires_ns;  /* none that waits expires earlier; 0: none does */
    int64_t bound;       /* how many may wait; 0: SV_MAILBOX_MAX */
    bool drop_oldest;    /* at the bound the oldest makes room; else the new one is refused */
    int64_t received, dropped, rejected, expired; /* counted since the mailbox was made */
    bool is_there;       /* it was made: something was sent to it, or its owner has looked into it */
};

/* The integer of an agent's name. inside a transaction it is made; else 0 where there is none. */
bool sv_store_agent_id(struct sv_store *store, struct sv_slice name, int64_t *id, struct sv_error *err);

/* When events of it were seen last; 0: never. And the names of all that were seen since then, each handed to sink. */
bool sv_store_agent_last_seen(struct sv_store *store, int64_t agent, int64_t *ns, struct sv_error *err);
bool sv_store_agents_seen(struct sv_store *store, int64_t since_ns, void (*sink)(void *context, struct sv_slice name), void *context,
                          struct sv_error *err);

bool sv_store_mailbox_get(struct sv_store *store, int64_t agent, struct sv_store_mailbox *box, struct sv_error *err);

/* The largest id there is; 0: none. */
bool sv_store_message_last(struct sv_store *store, int64_t *id, struct sv_error *err);

/* What waits in all mailboxes together, and how much was refused for their being full. since_ns: none is older; 0: none waits. */
struct sv_store_waiting {
    int64_t mailboxes, messages, since_ns, refused;
};
bool sv_store_mail_waiting(struct sv_store *store, struct sv_store_waiting *out, struct sv_error *err);

/* --- inside a transaction --- */

bool sv_store_mailbox_put(struct sv_store *store, int64_t agent, const struct sv_store_mailbox *box, struct sv_error *err);

/* Stores it as queued, unless there is one with the sender's own id to this recipient: then *added is false and message->id that
 * one's. from and to: their integers. */
bool sv_store_message_add(struct sv_store *store, struct sv_store_message *message, int64_t from, int64_t to, bool *added,
                          struct sv_error *err);

/* The one with the sender's own id to this recipient; 0: there is none. */
bool sv_store_message_own(struct sv_store *store, struct sv_slice own, int64_t from, int64_t to, int64_t *id, struct sv_error *err);

/* On to this state, at this time; *moved is false where it was there already, or beyond. */
bool sv_store_message_move(struct sv_store *store, int64_t id, enum sv_message_state state, int64_t now_ns, bool *moved, struct sv_error *err);

/* --- lists: appended to out, up to most; `= {0}` first, then sv_store_messages_free --- */

/* From or to an agent, or all (agent 0), before an id, the newest first. */
enum sv_store_mail_way { SV_MAIL_TO, SV_MAIL_FROM, SV_MAIL_ALL };
bool sv_store_messages(struct sv_store *store, enum sv_store_mail_way way, int64_t agent, int64_t before, size_t most,
                       struct sv_store_messages *out, struct sv_error *err);

/* How many of them there are before a time and not before another, up to most; by an index alone. */
bool sv_store_messages_count(struct sv_store *store, enum sv_store_mail_way way, int64_t agent, int64_t before, int64_t since, size_t most,
                             uint64_t *count, struct sv_error *err);

/* Those that wait, of a priority, from since_ns on, the oldest first. */
bool sv_store_messages_queued(struct sv_store *store, int64_t to, int64_t since_ns, int priority, size_t most, struct sv_store_messages *out,
                              struct sv_error *err);

/* Those with an id from first to last, two at most. */
bool sv_store_messages_by_id(struct sv_store *store, int64_t first, int64_t last, struct sv_store_messages *out, struct sv_error *err);
void sv_store_messages_free(struct sv_store_messages *messages);

/* Of those that wait from since_ns on, and may expire: id, priority, and when. *next_ns: when the first of the others does; 0: none. */
bool sv_store_messages_expired(struct sv_store *store, int64_t to, int64_t since_ns, int64_t now_ns, struct sv_buf *ids,
                               int64_t count[SV_MESSAGE_PRIORITIES], int64_t *next_ns, struct sv_error *err);

/* --- waking: see bell.h --- */

/* The bell of a name as it is now; rung; waited for to be another. */
uint32_t sv_store_bell(struct sv_store *store, struct sv_slice name);
void sv_store_ring(struct sv_store *store, struct sv_slice name);
void sv_store_listen(struct sv_store *store, struct sv_slice name, uint32_t was, int timeout_ms);

#endif
