/* SPDX-License-Identifier: ISC */
/* exports.h - how far the store was taken elsewhere, by the name of who took it.
 *
 * Floor: store. */
#ifndef SV_STORE_EXPORTS_H
#define SV_STORE_EXPORTS_H

#include "store/store.h"

struct sv_store_export {
    int64_t event;       /* events up to this number were taken; 0: none */
    int64_t repeat;      /* those behind this one are taken once more the next time: perhaps they have not arrived */
    int64_t exported_ns; /* when */
    int64_t mark, marked_ns; /* event and exported_ns of an earlier time: what is not to be taken once more for ever */
};

/* What is known of a name; all 0: nothing. */
bool sv_store_export(struct sv_store *store, struct sv_slice name, struct sv_store_export *out, struct sv_error *err);

/* Inside a transaction: keeps it, unless more was taken meanwhile; drops it, *found: there was one. */
bool sv_store_export_put(struct sv_store *store, struct sv_slice name, const struct sv_store_export *export, struct sv_error *err);
bool sv_store_export_drop(struct sv_store *store, struct sv_slice name, bool *found, struct sv_error *err);

/* The name that is farthest behind, in the buffer, and the number behind which it still wants events; INT64_MAX: nobody takes any. */
bool sv_store_export_least(struct sv_store *store, struct sv_buf *name, int64_t *behind, struct sv_error *err);

#endif
