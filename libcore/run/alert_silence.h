/* SPDX-License-Identifier: ISC */
/* alert_silence.h - silences: what is not told for a while, by whom, and why.
 *
 * A silence is never deleted: expired is ended now. Exported and imported they are a JSON object a line. Floor: run. */
#ifndef SV_RUN_ALERT_SILENCE_H
#define SV_RUN_ALERT_SILENCE_H

#include "run/act.h"
#include "run/answer.h"
#include "run/ask.h"

extern const struct sv_list_column sv_silence_columns[];
extern const size_t sv_silence_column_count;

struct sv_silence_order {
    const char *matcher;         /* CEL, over an evaluation */
    const char *author, *comment; /* author NULL: the user */
    int64_t starts_ns, ends_ns;
    bool preview;                /* only show what it would hide now */
    struct sv_act_by by;
};

/* Adds one. A row each group of which it hides an alert now; in `id` (appended) what it is called; empty with preview. */
struct sv_answer *sv_silence_add_open(const struct sv_ask *ask, const struct sv_silence_order *order, struct sv_buf *id, struct sv_error *err);

/* Those that hold or will, those that end first first; with all also those that are over; or only these ids. */
struct sv_answer *sv_silence_list_open(const struct sv_ask *ask, bool all, struct sv_error *err);

/* Ends these ids now: all or none. */
bool sv_silence_expire(const struct sv_store_spec *store, const char *const *ids, size_t count, const struct sv_act_by *by,
                       struct sv_findings *findings, struct sv_error *err);

/* All lines of a file, or none of them; those whose id is there already are left out. */
bool sv_silence_import(const struct sv_store_spec *store, struct sv_slice lines, const char *file, const struct sv_act_by *by, size_t *added,
                       struct sv_findings *findings, struct sv_error *err);

#endif
