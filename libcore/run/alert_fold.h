/* SPDX-License-Identifier: ISC */
/* alert_fold.h - evaluations into groups of alerts, and groups to those who are to know: the work of sv-alert, transaction by transaction.
 *
 * What is folded is what the store has, from where the cursor stands, and the cursor moves in the same transaction as the groups, the
 * events and the outbox: stopped anywhere, nothing is told twice and nothing is forgotten. Lines that are fed come into the store
 * first, where it lacks them; else they only say that there is something to do.
 *
 *     struct sv_alerting *alerting = sv_alerting_open(&spec, &err);
 *     sv_alerting_feed(alerting, line, &why);
 *     while (sv_alerting_next(alerting, &out, &err)) ...       // one transaction; the events of it, lent until the next call
 *     sv_alerting_close(alerting);
 *
 * Timers go by the machine's clock from the receipt of an evaluation; of what its event's time says is older than max_age, nobody is
 * told. Floor: run. */
#ifndef SV_RUN_ALERT_FOLD_H
#define SV_RUN_ALERT_FOLD_H

#include "base/error.h"
#include "store/store.h"

struct sv_alerting_spec {
    struct sv_store_spec store;
    struct sv_alert_config *config;
    struct sv_slice arguments;    /* the command line, for the store */
};

struct sv_alerting_counts {
    uint64_t lines, rejected, known, added; /* fed */
    uint64_t folded, old;         /* evaluations; of them those too old to tell of */
    uint64_t notices, transitions;
};

struct sv_alerting;

/* NULL with err. The configuration is used until it is closed. */
struct sv_alerting *sv_alerting_open(const struct sv_alerting_spec *spec, struct sv_error *err);

/* A line for the next transaction, without its end. False when it is no evaluation: *why says so, and it is counted. */
bool sv_alerting_feed(struct sv_alerting *alerting, struct sv_slice line, struct sv_error *why);

/* How many bytes were fed since the last transaction. */
size_t sv_alerting_fed(const struct sv_alerting *alerting);

/* One transaction. True: there was something to do, and perhaps there is more. False: nothing, or err. */
bool sv_alerting_next(struct sv_alerting *alerting, struct sv_slice *out, struct sv_error *err);

/* When the next group is due; INT64_MAX: none. */
bool sv_alerting_due(struct sv_alerting *alerting, int64_t *ns, struct sv_error *err);

/* Of what was committed. */
const struct sv_alerting_counts *sv_alerting_counts(const struct sv_alerting *alerting);

void sv_alerting_close(struct sv_alerting *alerting);

#endif
