/* SPDX-License-Identifier: ISC */
/* attached.h - archives of a store, asked along with it: whoever looks for events or evaluations finds what lies in them in its
 * place, for all is under the same numbers there.
 *
 * A month is opened when a search comes to it, by whoever attached them, and only noted where that is not wanted or not possible:
 * so each answer can say what it would have needed.
 *
 *     sv_store_attach(store, &opener, &err);                // opener.open NULL: only noted
 *     ... sv_store_find(store, ...) ...
 *     sv_store_needed(store, each, context);
 *
 * Floor: store. */
#ifndef SV_STORE_ATTACHED_H
#define SV_STORE_ATTACHED_H

#include "store/archive.h"

struct sv_archive_opener {
    /* The store in the file, which stays the opener's to close, after the store it is attached to; NULL with err. */
    struct sv_store *(*open)(void *context, const struct sv_archive *archive, struct sv_error *err);
    void *context;
};

/* All months of the catalogue that hold something. */
bool sv_store_attach(struct sv_store *store, const struct sv_archive_opener *opener, struct sv_error *err);

/* What is searched from here on is not part of the answer, but for instance how much more there is: nothing more is noted. */
void sv_store_answered(struct sv_store *store);

/* Months that searches came to and that were not opened, oldest first. */
void sv_store_needed(const struct sv_store *store, void (*each)(void *context, const struct sv_archive *archive), void *context);

#endif
