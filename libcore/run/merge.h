/* SPDX-License-Identifier: ISC */
/* merge.h - rows of several keys in one order, each key's read in pages that grow while they are wanted.
 *
 *     struct sv_merge merge = {.fetch = fetch, .place = place, .context = &mine, .up = oldest_first, .page = 50};
 *     sv_merge_add(&merge);                                    // a stream, numbered from 0
 *     while (sv_merge_next(&merge, &stream, &at, &err)) ...    // row `at` of the page that `stream` holds
 *     sv_merge_free(&merge);
 *
 * Floor: run. */
#ifndef SV_RUN_MERGE_H
#define SV_RUN_MERGE_H

#include "base/error.h"

struct sv_merge_place {
    int64_t time_ns, id;
};

struct sv_merge {
    void *context;
    /* Has the stream hold its next page, of at most limit rows; *count: how many there are; false with err. */
    bool (*fetch)(void *context, size_t stream, size_t limit, size_t *count, struct sv_error *err);
    /* Where this row of the page lies. */
    struct sv_merge_place (*place)(void *context, size_t stream, size_t at);
    bool up;            /* oldest first */
    size_t page;        /* rows wanted, about, of all together */
    struct sv_merge_stream {
        size_t count, at, limit;
        bool ended;
    } *streams;         /* private: [count] */
    size_t count, capacity;
    struct sv_merge_stream *last;
};

void sv_merge_add(struct sv_merge *merge);

/* The next row; false at the end or with err. */
bool sv_merge_next(struct sv_merge *merge, size_t *stream, size_t *at, struct sv_error *err);

/* Forgets the streams: it is as it was before the first was added. */
void sv_merge_free(struct sv_merge *merge);

#endif
