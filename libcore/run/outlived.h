/* SPDX-License-Identifier: ISC */
/* outlived.h - states that nobody will ask for any more leave the store.
 *
 * A key leaves when its policy's run finds it over; but a policy that was edited has another signature, and one that was taken out runs
 * no more. So a run that keeps states removes, of a policy that its set has under another signature, the keys that are over by the run
 * clock; and of a policy that it does not know, which may belong to other runs, those that have been over for SV_OUTLIVED_DAYS. Of who
 * is whose parent it removes what was told longer ago than that. A bounded number each time; what is left has its turn later.
 *
 *     struct sv_outlived outlived = {0};
 *     sv_outlived_end(&outlived, store, set, err)        // in each batch's transaction: it knows when it has something to do
 *
 * Floor: run. */
#ifndef SV_OUTLIVED_H
#define SV_OUTLIVED_H

#include "policy/policy.h"
#include "store/store.h"

enum { SV_OUTLIVED_DAYS = 30, SV_OUTLIVED_KEYS = 1000 /* in a batch */ };

struct sv_outlived {
    int64_t looked_ns; /* of the monotonic clock; 0: never, or there is more to do */
};

bool sv_outlived_end(struct sv_outlived *outlived, struct sv_store *store, struct sv_policies *set, struct sv_error *err);

#endif
