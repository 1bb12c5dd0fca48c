/* SPDX-License-Identifier: ISC */
/* choices.h - what there is to choose from, for shells that complete a command line: lines VALUE<TAB>TEXT.
 *
 * Floor: run. */
#ifndef SV_RUN_CHOICES_H
#define SV_RUN_CHOICES_H

#include "base/buf.h"
#include "store/store.h"

/* Log formats by name, `auto` first, with their titles. */
void sv_run_put_formats(struct sv_buf *out);

/* Fields of events that --set may fill, each with a `=` behind it, with their types. */
void sv_run_put_fields(struct sv_buf *out);

/* Names of a store, at most 1,000; one that cannot be opened offers none. */
void sv_run_put_names(struct sv_buf *out, const struct sv_store_spec *spec, enum sv_name_table table);

/* Ids of policies with their titles, then their tags. paths: as with -p, without any the default ones; what has findings offers
 * nothing. */
void sv_run_put_policies(struct sv_buf *out, const char *const *paths, size_t path_count);

#endif
