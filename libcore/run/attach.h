/* SPDX-License-Identifier: ISC */
/* attach.h - archives that are asked along with a store, and what is said of those that were not.
 *
 *     struct sv_attach attach = {0};
 *     sv_attach(&attach, store, &ask, &err);       // with ask->archived they are read; else only noted where they were needed
 *     ...
 *     sv_attach_put(&attach, &lines);              // a line for each month that was needed and not read
 *     sv_store_close(store);
 *     sv_attach_free(&attach);
 *
 * Floor: run. */
#ifndef SV_RUN_ATTACH_H
#define SV_RUN_ATTACH_H

#include "run/archive.h"
#include "store/attached.h"

struct sv_attach {
    struct sv_store *store;
    const char *program;
    struct sv_archive_file **files; /* [count] opened */
    size_t count;
};

bool sv_attach(struct sv_attach *attach, struct sv_store *store, const struct sv_ask *ask, struct sv_error *err);
void sv_attach_put(const struct sv_attach *attach, struct sv_buf *lines);
void sv_attach_free(struct sv_attach *attach);

#endif
