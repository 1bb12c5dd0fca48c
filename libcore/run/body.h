/* SPDX-License-Identifier: ISC */
/* body.h - stored canonical lines read back: does a condition hold of one, and what was it, in a few words.
 *
 *     struct sv_body *body = sv_body_open("cost_usd > 0.5", &err);      // NULL: no condition
 *     if (sv_body_read(body, line) && body->holds) use(sv_buf_slice(&body->what));
 *     sv_body_close(body);
 *
 * Floor: run. */
#ifndef SV_RUN_BODY_H
#define SV_RUN_BODY_H

#include "base/buf.h"
#include "event/event.h"

struct sv_body {
    bool holds;          /* of the line just read: the condition, or there is none */
    struct sv_buf what;  /* the same: what it was with, said or found; empty: it does not say */
    struct sv_slice parent_agent, error; /* likewise, lent until the next line */
    bool is_priced;      /* likewise: what its tokens cost is told, here or by another event */
    struct sv_body_inside *inside;
};

/* False conditions are told as `--where: COLUMN: what is wrong`. NULL on one that is none (SV_USAGE). */
struct sv_body *sv_body_open(const char *where, struct sv_error *err);

/* False: it is no event any more; nothing of it holds. */
bool sv_body_read(struct sv_body *body, struct sv_slice line);

void sv_body_close(struct sv_body *body);

#endif
