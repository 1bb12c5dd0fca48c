/* SPDX-License-Identifier: ISC */
/* outbox.h - what receivers are to be told, and what came of it.
 *
 * A notification comes into the outbox in the transaction that moves its group, so that it is there once if that was committed, and
 * not at all if it was not. Its key is the same however often it is tried. Who delivers claims some of one receiver's under a lease:
 * until that ends nobody else gets them; who is killed meanwhile leaves them to be tried again then. Nothing is locked while a
 * receiver works.
 *
 *     while (sv_store_outbox_receiver(store, after, &name, &next_ns, &err) && name.len > 0) ...    // who has something to come
 *     sv_store_begin(store, &err), sv_store_outbox_claim(store, name, now, now + lease, "host:4711:1", 10, &due, &err), sv_store_commit(...);
 *     ... each is told, outside of any transaction ...
 *     sv_store_begin(store, &err), sv_store_delivery_add(store, &delivery, &err), sv_store_outbox_finish(store, id, "host:4711:1", ...);
 *
 * The payload is a JSON object; see PAYLOAD in sv-alerts(5).
 *
 * Floor: store. */
#ifndef SV_STORE_OUTBOX_H
#define SV_STORE_OUTBOX_H

#include "store/store.h"

/* Stored as numbers. */
enum sv_notice_kind {
    SV_NOTICE_FIRING,    /* the first of its group */
    SV_NOTICE_CHANGED,   /* more alerts, or some are over, and some still fire */
    SV_NOTICE_RESOLVED,  /* none fires any more */
    SV_NOTICE_REPEATED,
    SV_NOTICE_ESCALATED, /* to the receiver of a level, from 1 */
    SV_NOTICE_TEST
};
enum { SV_NOTICE_KINDS = SV_NOTICE_TEST + 1 };

/* "firing", "changed", "resolved", "repeated", "escalated", "test". */
const char *sv_notice_kind_name(enum sv_notice_kind kind);

enum sv_outbox_state { SV_OUTBOX_WAITING, SV_OUTBOX_SENT, SV_OUTBOX_GIVEN_UP };

struct sv_store_notice {
    int64_t id;                   /* set by the store; grows */
    struct sv_slice notification; /* its stable key */
    int64_t group;                /* of supervisor_alert_groups; 0: of none (a test) */
    struct sv_slice receiver;     /* its name in alerts.yaml */
    enum sv_notice_kind kind;
    uint32_t level;               /* 0: the route's own receiver */
    struct sv_slice payload;      /* JSON */
    int64_t created_ns;
    int64_t next_try_ns;          /* INT64_MAX: it is done with */
    uint64_t attempts;            /* begun so far */
    struct sv_slice lease;        /* who tries it, until next_try_ns; empty: nobody */
    enum sv_outbox_state state;
    int64_t finished_ns;          /* 0: not yet */
    struct sv_slice answer;       /* of the last try */
};

struct sv_store_notices {
    struct sv_store_notice *items; /* [count]; texts live in the arena */
    size_t count, capacity;
    struct sv_arena arena;
};

/* --- inside a transaction --- */

/* Puts one in: notification, group, receiver, kind, level, payload, created_ns and next_try_ns are taken from it. One whose key is
 * there already stays as it is: *added is false. */
bool sv_store_outbox_add(struct sv_store *store, const struct sv_store_notice *notice, bool *added, struct sv_error *err);

/* Of one receiver, up to most that are due, or whose lease is over, the oldest first, but none of a group of which an earlier one is not
 * done with: theirs is now the lease of `owner` until
 * until_ns, and one more attempt. Appended as they are now. */
bool sv_store_outbox_claim(struct sv_store *store, struct sv_slice receiver, int64_t now_ns, int64_t until_ns, struct sv_slice owner, size_t most,
                           struct sv_store_notices *out, struct sv_error *err);

/* It is done with, as sent or given up. Or to be tried again at next_ns. *was_ours: false where the lease went to another meanwhile,
 * or it is done with; then nothing was changed. */
bool sv_store_outbox_finish(struct sv_store *store, int64_t id, struct sv_slice owner, enum sv_outbox_state state, int64_t now_ns,
                            struct sv_slice answer, bool *was_ours, struct sv_error *err);
bool sv_store_outbox_retry(struct sv_store *store, int64_t id, struct sv_slice owner, int64_t next_ns, struct sv_slice answer, bool *was_ours,
                           struct sv_error *err);

/* The log of tries. */
struct sv_store_delivery {
    int64_t id;              /* set by the store */
    int64_t notice;          /* the outbox row's id */
    uint64_t attempt;        /* from 1 */
    struct sv_slice receiver;
    int64_t started_ns, ended_ns;
    enum sv_delivery_outcome { SV_DELIVERY_SENT, SV_DELIVERY_FAILED, SV_DELIVERY_GIVEN_UP } outcome; /* stored as numbers */
    int status;              /* a program's exit status; -1: it has none */
    struct sv_slice answer;
    struct sv_slice notification; /* of the outbox row; likewise when read only: */
    int64_t group;
    enum sv_notice_kind kind;
    uint32_t level;
};

struct sv_store_deliveries {
    struct sv_store_delivery *items; /* [count]; texts live in the arena */
    size_t count, capacity;
    struct sv_arena arena;
};

bool sv_store_delivery_add(struct sv_store *store, const struct sv_store_delivery *delivery, struct sv_error *err);

/* --- any time --- */

/* The first receiver behind this name (empty: the first of all) for whom something is not done with, and when its first is due, in
 * the name's order. name->len 0: there is none. name is copied into the buffer. */
bool sv_store_outbox_receiver(struct sv_store *store, struct sv_slice after, struct sv_buf *name, int64_t *due_ns, struct sv_error *err);

/* What is not done with of one receiver, what is due first first, up to most. Appended; `= {0}` first. */
bool sv_store_outbox_waiting(struct sv_store *store, struct sv_slice receiver, size_t most, struct sv_store_notices *out, struct sv_error *err);

/* Before an id, the newest first, up to most; of one group or (0) of all. Appended; `= {0}` first. */
bool sv_store_outbox_list(struct sv_store *store, int64_t group, int64_t before, size_t most, struct sv_store_notices *out, struct sv_error *err);
void sv_store_notices_free(struct sv_store_notices *notices);

/* The same of tries; of one outbox row or (0) of all. */
bool sv_store_deliveries(struct sv_store *store, int64_t notice, int64_t before, size_t most, struct sv_store_deliveries *out,
                         struct sv_error *err);
void sv_store_deliveries_free(struct sv_store_deliveries *deliveries);

#endif
