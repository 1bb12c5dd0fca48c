/* SPDX-License-Identifier: ISC */
/* load_ops.h - what users of a load do: operations, each by the calls of the programs that people would run.
 *
 * Each opens the store anew, as a program would, but for those that say otherwise. A user's writes are known by their number, so
 * that afterwards it can be told which of them are there.
 *
 *     struct sv_load_user user = {.store = &spec, .number = 7};
 *     if (sv_load_ops[op].run(&user, &err)) ...
 *     sv_load_user_close(&user);
 *
 * Floor: run. */
#ifndef SV_RUN_LOAD_OPS_H
#define SV_RUN_LOAD_OPS_H

#include "measure/random.h"
#include "store/store.h"

enum { SV_LOAD_MEMBERS = 100, SV_LOAD_GOALS = 50, SV_LOAD_LETTERS = 50, SV_LOAD_ROWS = 100 /* of a batch */ };

struct sv_load_user {
    const struct sv_store_spec *store;
    uint32_t number;           /* of this user among all */
    struct sv_random random;
    uint64_t emitted, sent;    /* events, messages that were said to be stored; their ids have these numbers */
    uint64_t made;             /* things made so far: agents, goals */
    bool only_looks;           /* questions that would mark something do not */
    struct sv_store *open;     /* of operations that keep theirs */
    uint64_t rows;             /* stored by it */
    bool loses;                /* the next row, event or message is not stored, and said to be: to see whether that is seen */
};

struct sv_load_op {
    const char *name, *text;
    bool (*run)(struct sv_load_user *user, struct sv_error *err);
    enum sv_load_kind { SV_LOAD_WRITES, SV_LOAD_ASKS, SV_LOAD_ROWS_ONLY } kind; /* the last: SV_LOAD_ROWS evaluations each */
};

extern const struct sv_load_op sv_load_ops[];
extern const size_t sv_load_op_count;

/* Makes what operations look for: a team with members, goals, letters. Once, before there are users. */
bool sv_load_prepare(const struct sv_store_spec *store, struct sv_error *err);

/* The id of a user's event, or message, number n: `b<user>-<n>`; the session of its events, and the user as a sender: `b<user>`. */
void sv_load_put_id(struct sv_buf *out, uint32_t user, uint64_t n);
void sv_load_put_session(struct sv_buf *out, uint32_t user);

void sv_load_user_close(struct sv_load_user *user);

#endif
