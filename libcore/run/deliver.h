/* SPDX-License-Identifier: ISC */
/* deliver.h - what stands in the outbox is told to its receivers, several at a time.
 *
 * At least once, each time under the notification's own key: what is due is claimed under a lease, in one transaction; told, with
 * nothing locked and no transaction open; and what came of it written down, in another. Who is killed between the two leaves it
 * leased, and when the lease is over it is told again, with the same key. So two who deliver at once never tell one thing twice, as
 * long as they live.
 *
 * Up to SV_DELIVER_AT_ONCE programs run beside one another, of one receiver SV_DELIVER_PER_RECEIVER. What fails is tried again after
 * 15 s, twice as long each time, 10 minutes at most, a little more for some than for others; after `retries` more tries it is given up.
 * A receiver that has failed twice in a row is left alone for as long, whatever else waits for it. Of one group one receiver is told
 * in order: what comes later waits for what is tried again.
 *
 *     struct sv_deliver_spec spec = {.store = store, .config = config, .wake = -1};
 *     sv_deliver(&spec, &counts, &remarks, &err);                     // all that is due, then it ends
 *
 * Beside a program that has other things to do it is a process of its own, which is rung when something new is in the outbox, and
 * which ends by itself behind its starter's end, or is begun before the starter opens a store:
 *
 *     struct sv_beside beside;
 *     if (sv_deliver_beside(&spec, &beside, &err)) ... sv_deliver_ring(&beside) ... sv_deliver_leave(&beside);
 *
 * Floor: run. */
#ifndef SV_RUN_DELIVER_H
#define SV_RUN_DELIVER_H

#include <signal.h>
#include <sys/types.h>

#include "alert/config.h"
#include "store/store.h"

enum { SV_DELIVER_AT_ONCE = 32, SV_DELIVER_PER_RECEIVER = 4 };

struct sv_deliver_spec {
    struct sv_store_spec store;
    const struct sv_alert_config *config; /* who receivers are; borrowed */
    int wake;                /* reads as long as something comes; rung: look again; its end: no more comes; -1: none */
    const volatile sig_atomic_t *stop; /* set by a signal: what runs is killed, and is told again when its lease is over; may be NULL */
};

struct sv_deliver_counts {
    uint64_t told, failed, given_up; /* tries */
};

/* Tells all that is due now, not what becomes due meanwhile, so that it ends; with wake what becomes due, too, until wake ends. remarks
 * (may be NULL): a line for each try that failed, up to ten. False with err when the store failed. */
bool sv_deliver(const struct sv_deliver_spec *spec, struct sv_deliver_counts *counts, struct sv_buf *remarks, struct sv_error *err);

/* How long after so many tries (from 1) it is tried again; the key spreads those that fail together. */
int64_t sv_deliver_pause_ns(uint64_t attempt, struct sv_slice key);

/* One marked notice, to see whether a receiver can be told: told at once, and not kept. *told, and what it answered; a store is opened
 * only for a mailbox. False with err: alerts.yaml has no such receiver (SV_USAGE), the store failed. */
bool sv_deliver_test(const struct sv_deliver_spec *spec, struct sv_slice receiver, bool *told, struct sv_buf *answer, struct sv_error *err);

struct sv_beside {
    int bell; /* -1: there is none */
    pid_t pid;
};

/* Begins one beside: before a store is opened. Without standard input and output, in a session of its own. */
bool sv_deliver_beside(const struct sv_deliver_spec *spec, struct sv_beside *beside, struct sv_error *err);

/* Something new is in the outbox. Never waits. And: no more comes; it is not waited for. */
void sv_deliver_ring(const struct sv_beside *beside);
void sv_deliver_leave(struct sv_beside *beside);

#endif
