/* SPDX-License-Identifier: ISC */
/* answer.h - what a question to the store is answered with: bytes to print, pulled piece by piece, whatever was asked.
 *
 * Each kind of question has a call that opens its answer; from there on all are the same. Between two pieces no transaction is
 * open, so that no writer waits for who reads slowly.
 *
 *     struct sv_answer *answer = sv_sources_open(&ask, &err);
 *     while (answer != NULL && sv_answer_next(answer, &out, &err)) ...     // bytes lent until the next call
 *     sv_answer_more(answer, &cursor)                                      // what was left out, and how to go on
 *     status = sv_answer_close(answer);
 *
 * A kind begins its own struct with a struct sv_answer, which names its calls. Floor: run. */
#ifndef SV_RUN_ANSWER_H
#define SV_RUN_ANSWER_H

#include "base/buf.h"
#include "base/error.h"

struct sv_answer;

struct sv_answer_kind {
    bool (*next)(struct sv_answer *answer, struct sv_slice *out, struct sv_error *err);
    uint64_t (*more)(const struct sv_answer *answer, struct sv_buf *cursor); /* NULL: nothing is ever left out */
    void (*close)(struct sv_answer *answer); /* frees it, the answer itself included */
    void (*remarks)(const struct sv_answer *answer, struct sv_buf *lines); /* NULL: there are none */
};

struct sv_answer {
    const struct sv_answer_kind *kind;
    enum sv_code status;   /* of the program, when all was told: SV_FOUND from who looks for something */
    uint64_t more_at_most;   /* counting what is left out ends here; 0: it is counted to the end */
    const char *go_on;       /* the option that takes the cursor; NULL: --before */
};

/* An answer of which all is known: these bytes, which are its own from here on, and this status. */
struct sv_answer *sv_answer_ready(struct sv_buf *bytes, enum sv_code status);

/* The next piece, which may be empty; false at the end or with err. */
bool sv_answer_next(struct sv_answer *answer, struct sv_slice *out, struct sv_error *err);

/* At the end: how many rows there are more (answer->more_at_most: at least), and where to go on from, appended to cursor. */
uint64_t sv_answer_more(const struct sv_answer *answer, struct sv_buf *cursor);

/* At the end: what else is to be known of it, a line each. */
void sv_answer_remarks(const struct sv_answer *answer, struct sv_buf *lines);

/* Takes NULL, too. */
enum sv_code sv_answer_close(struct sv_answer *answer);

#endif
