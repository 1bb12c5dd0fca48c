/* SPDX-License-Identifier: ISC */
/* filter.h - the names that were asked for, as the integers that rows have: looked up once, then compared.
 *
 * A glob is tried on the names of its table, from its literal beginning on; a word without one is a name, of a session also the
 * unique beginning of one.
 *
 *     struct sv_filter filter = {0};
 *     if (sv_filter_open(&filter, &ask, store, &err) && !filter.finds_nothing && sv_filter_row(&filter, row)) ...
 *     sv_filter_free(&filter);
 *
 * Floor: run. */
#ifndef SV_RUN_FILTER_H
#define SV_RUN_FILTER_H

#include "run/ask.h"
#include "store/find.h"

struct sv_filter {
    struct sv_filter_ids {
        bool is_set;      /* words were given */
        int64_t *items;   /* [count], ascending */
        size_t count;
    } ids[SV_ASK_KINDS];
    bool finds_nothing;   /* words were given that no name fits */
};

/* Of policies nothing is looked up: they have versions. False with err: the store, or a word that several sessions begin with
 * (SV_USAGE). */
bool sv_filter_open(struct sv_filter *filter, const struct sv_ask *ask, struct sv_store *store, struct sv_error *err);

/* Is the row of all the names asked for? */
bool sv_filter_row(const struct sv_filter *filter, const struct sv_store_row *row);

/* Is this one of the names of its kind? */
bool sv_filter_has(const struct sv_filter *filter, enum sv_ask_kind kind, int64_t id);

void sv_filter_free(struct sv_filter *filter);

#endif
