/* SPDX-License-Identifier: ISC */
/* mail_private.h - what mail_send.c and mail_box.c share. Private to run/.
 *
 * Floor: run. */
#ifndef SV_RUN_MAIL_PRIVATE_H
#define SV_RUN_MAIL_PRIVATE_H

#include "store/mail.h"

/* How many wait, of all priorities. */
int64_t sv_mail_queued(const struct sv_store_mailbox *box);

/* Those of a mailbox that waited too long expire; the mailbox is changed, not stored. Inside a transaction. */
bool sv_mail_expire(struct sv_store *store, int64_t to, struct sv_store_mailbox *box, int64_t now_ns, struct sv_error *err);

#endif
