/* SPDX-License-Identifier: ISC */
/* evaluations.h - what policies found, newest first.
 *
 * JSON is the evaluations themselves, the lines that sv-eval printed, with the version of their policy; `at` names the record, for
 * lines are not stored. A condition is asked of these lines.
 *
 * Floor: run. */
#ifndef SV_RUN_EVALUATIONS_H
#define SV_RUN_EVALUATIONS_H

#include "run/answer.h"
#include "run/ask.h"
#include "run/origin.h"
#include "store/find.h"

extern const struct sv_list_column sv_evaluations_columns[];
extern const size_t sv_evaluations_column_count;

/* ask->list is of these columns. NULL with err: the store (read only), a cursor or a condition that is none (SV_USAGE). */
struct sv_answer *sv_evaluations_open(const struct sv_ask *ask, struct sv_error *err);

/* --- for others that show evaluations --- */

/* An evaluation's words; they last until the next one's are asked for. `= {0}`, then sv_evaluation_words_free. */
struct sv_evaluation_words {
    struct sv_slice id, policy, title, text, agent, team, supervisor, session, tool, event, at;
    uint64_t version;
    int64_t loaded_ns;
    struct sv_slice origin;            /* private */
    struct sv_arena arena, policy_arena;
    int64_t policy_number;             /* of the version whose texts are there */
};
bool sv_evaluation_words(struct sv_store *store, struct sv_origins *origins, const struct sv_store_finding_row *row,
                         struct sv_evaluation_words *words, struct sv_error *err);
void sv_evaluation_words_free(struct sv_evaluation_words *words);

/* Its line, newline included. */
void sv_evaluation_words_put(struct sv_buf *out, const struct sv_store_finding_row *row, const struct sv_evaluation_words *words);

#endif
