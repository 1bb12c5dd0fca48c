/* SPDX-License-Identifier: ISC */
/* pair.h - a call and its result: of the same call id and session, the nearest in time on the right side.
 *
 *     struct sv_pair pair = {0};
 *     if (sv_pair_open(&pair, store, &err)) row = sv_pair_of(&pair, call, &fine, &err);
 *     sv_pair_free(&pair);
 *
 * Floor: run. */
#ifndef SV_RUN_PAIR_H
#define SV_RUN_PAIR_H

#include "store/find.h"

struct sv_pair {
    struct sv_store *store;
    int64_t type_call, type_result; /* of tool.call and tool.result; 0: there is none */
    struct sv_store_rows rows;      /* private */
};

bool sv_pair_open(struct sv_pair *pair, struct sv_store *store, struct sv_error *err);

/* Is it a call, or a result? */
bool sv_pair_is_call(const struct sv_pair *pair, const struct sv_store_row *row);
bool sv_pair_is_result(const struct sv_pair *pair, const struct sv_store_row *row);

/* The other one, lent until the next call; NULL: there is none, or (*fine is false) the store failed. */
const struct sv_store_row *sv_pair_of(struct sv_pair *pair, const struct sv_store_row *row, bool *fine, struct sv_error *err);

void sv_pair_free(struct sv_pair *pair);

#endif
