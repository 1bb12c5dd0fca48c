/* SPDX-License-Identifier: ISC */
/* tell.h - one receiver is told one notice, once: a program, a file or a mailbox.
 *
 * A program runs beside (base/child.h) with the payload as its standard input and these few words as its environment, of characters
 * that no shell minds: PATH, HOME, LC_ALL, SV_KEY, SV_GROUP, SV_RECEIVER, SV_STATUS, SV_REASON, SV_SEVERITY, SV_LEVEL, SV_ATTEMPT,
 * SV_TEST, SV_TIMEOUT (seconds), SV_SECRET_FILE. Status 0: it was told; 65 (EX_DATAERR): it does not want this notice, ever; all else,
 * and no end in time: to be tried again. A file gets a line, on the disk before it counts; a mailbox a message, once by its key.
 *
 * What a receiver answers is kept as one line, its secrets replaced, those of its secret_file, too.
 *
 *     struct sv_teller *teller = sv_teller_new(config, store, children);
 *     if (sv_tell_begin(teller, &telling, receiver, notice, key, attempt))
 *         ... later, when sv_children_next gives a child whose owner is &telling: sv_tell_end(teller, &telling, &end);
 *     use(telling.fate, telling.status, telling.answer);
 *     sv_telling_free(&telling), sv_teller_free(teller);
 *
 * Floor: run. */
#ifndef SV_RUN_TELL_H
#define SV_RUN_TELL_H

#include "alert/config.h"
#include "base/child.h"
#include "store/store.h"

enum { SV_ANSWER_MAX = 4096 /* bytes kept of what a program says */ };

struct sv_teller;

/* store may be NULL: then no mailbox is told. children: where programs run. All are borrowed. */
struct sv_teller *sv_teller_new(const struct sv_alert_config *config, struct sv_store *store, struct sv_children *children);
void sv_teller_free(struct sv_teller *teller);

/* One that is told something; room to be used again. */
struct sv_telling {
    const struct sv_receiver *receiver;
    enum sv_fate { SV_FATE_TOLD, SV_FATE_AGAIN, SV_FATE_REFUSED } fate; /* refused: not to be tried again */
    int status;              /* a program's exit status; -1: it has none */
    struct sv_buf answer;    /* one line */
    struct sv_buf payload;   /* private: what it is sent, the secret, what a program is started with */
    struct sv_buf secret;
    struct sv_arena arena;
    const char *remark;      /* in front of the answer; NULL: none */
};

/* Tells it. True: a program is at work, whose end sv_tell_end has to hear; false: it is done, and telling says how. */
bool sv_tell_begin(struct sv_teller *teller, struct sv_telling *telling, const struct sv_receiver *receiver, struct sv_slice notice,
                   struct sv_slice key, uint64_t attempt);
void sv_tell_end(struct sv_teller *teller, struct sv_telling *telling, const struct sv_child_end *end);
void sv_telling_free(struct sv_telling *telling);

/* Can it be told, as far as can be seen without telling it: is there such a program, such a folder, is its secret there and for nobody
 * else to read? False with err. */
bool sv_tell_check(const struct sv_receiver *receiver, struct sv_error *err);

#endif
