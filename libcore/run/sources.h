/* SPDX-License-Identifier: ISC */
/* sources.h - the inputs that a store knows: what they are, how far each was read, how much of it waits. Newest read first.
 *
 * Read in pages by key, each a transaction of its own, so that a writer never waits for who looks.
 *
 *     struct sv_sources *sources = sv_sources_open(&spec, &err);
 *     while (sv_sources_next(sources, &out, &err)) ...             // bytes lent until the next call
 *     sv_sources_more(sources, &cursor)                            // how many were left out by `number`
 *     sv_sources_close(sources);
 *
 * Floor: run. */
#ifndef SV_RUN_SOURCES_H
#define SV_RUN_SOURCES_H

#include "report/list.h"
#include "store/store.h"

extern const struct sv_list_column sv_sources_columns[];
extern const size_t sv_sources_column_count;

enum { SV_SOURCES_COUNTED_MAX = 100000 }; /* how many more are counted */

struct sv_sources_spec {
    struct sv_store_spec store;
    struct sv_list list;        /* of sv_sources_columns */
    const char *const *paths;   /* [path_count] globs over the whole path; none: all */
    size_t path_count;
    struct sv_slice format;     /* only of this log format; empty: all */
    bool has_since, has_until;  /* when last read: from since_ns on, before until_ns */
    int64_t since_ns, until_ns;
    size_t number;              /* so many at most */
    const char *before;         /* a cursor of sv_sources_more; NULL: from the newest on */
};

struct sv_sources;

/* NULL with err: the store as with sv_store_open (read only), a cursor that is none (SV_USAGE). */
struct sv_sources *sv_sources_open(const struct sv_sources_spec *spec, struct sv_error *err);

/* Rows, the head with the first; false at the end or with err. */
bool sv_sources_next(struct sv_sources *sources, struct sv_slice *out, struct sv_error *err);

/* At the end: how many more there are (SV_SOURCES_COUNTED_MAX: at least), and from where on, appended to cursor. */
uint64_t sv_sources_more(const struct sv_sources *sources, struct sv_buf *cursor);

void sv_sources_close(struct sv_sources *sources);

#endif
