/* SPDX-License-Identifier: ISC */
/* hours.h - what hours used, row by row, for who adds it up.
 *
 * Floor: store. */
#ifndef SV_STORE_HOURS_H
#define SV_STORE_HOURS_H

#include "store/store.h"

/* A row of usage_hourly; names are integers, 0: none. */
struct sv_used {
    int64_t hour;            /* since 1970 */
    int64_t names[SV_NAME_COUNT]; /* type, agent, team, model, tool, status */
    int64_t events, errors;
    int64_t input_tokens, output_tokens, cache_read_tokens, cache_write_tokens, unpriced_tokens;
    double cost_usd;
    struct sv_slice durations; /* a saved histogram of microseconds; empty: none, or not asked for. Lent for the call */
};

/* Calls each with the rows of the hours from `from` on, before `until`, in the order of their hours, until it returns false. */
bool sv_store_used(struct sv_store *store, int64_t from, int64_t until, bool with_durations,
                   bool (*each)(void *context, const struct sv_used *used), void *context, struct sv_error *err);

/* How large tables are: rows (of those with a row id the span of their numbers), bytes with their indexes (-1: not measured, the
 * file is too large for that). */
enum { SV_TABLE_SIZES = 16 };
struct sv_table_size {
    const char *table;
    int64_t rows, bytes;
};
bool sv_store_tables(struct sv_store *store, struct sv_table_size sizes[SV_TABLE_SIZES], size_t *count, struct sv_error *err);

#endif
