/* SPDX-License-Identifier: ISC */
/* mail.h - the mailbox of agents: sending, looking, waiting. Neither loses nor hoards.
 *
 * What was sent is on the disk before anybody is told so. A mailbox takes so many messages that wait, and then refuses new ones or
 * drops the oldest, as its owner says; both are counted. A message that is sent twice under the sender's own id is there once.
 * Messages from one agent to another keep their order. Who waits is woken by whoever has committed.
 *
 *     struct sv_mail *mail = sv_mail_open(&store_spec, &err);
 *     if (sv_mail_post(mail, &letter, &err) && sv_mail_send(mail, &err))     // a batch: many posts, one transaction
 *         sv_mail_put_sent(mail, &list, &out);
 *     sv_mail_close(mail);
 *
 * A message as a row of sv_mail_columns is an event message.sent as policies know it. Floor: run. */
#ifndef SV_RUN_MAIL_H
#define SV_RUN_MAIL_H

#include <signal.h>

#include "run/answer.h"
#include "run/ask.h"
#include "store/mail.h"

extern const struct sv_list_column sv_mail_columns[];
extern const size_t sv_mail_column_count;

/* One row; now_ns: for what it is now, and how old. */
void sv_mail_put_row(const struct sv_list *list, struct sv_buf *out, const struct sv_store_message *message, int64_t now_ns);

/* The whole message for a person: a few lines of head, an empty one, the text, an empty one. */
void sv_mail_put_text(struct sv_buf *out, const struct sv_store_message *message, int64_t now_ns, bool utc);

/* --- sending --- */

/* What is to be sent. Empty texts are absent. */
struct sv_mail_letter {
    struct sv_slice from, to;      /* to: an agent, or team:NAME, which is everybody in it */
    struct sv_slice subject, text;
    struct sv_slice own;           /* the sender's own id */
    struct sv_slice correlation, reply_to; /* reply_to: an id, or its beginning; `to` and `subject` may then be left out */
    int priority;                  /* -1: that of the message replied to, or SV_MESSAGE_PRIORITY */
    int64_t expires_ns;            /* when; 0: never */
};

struct sv_mail_counts {
    uint64_t sent, twice, refused, dropped; /* twice: were there already */
};

struct sv_mail;

struct sv_mail *sv_mail_open(const struct sv_store_spec *store, struct sv_error *err);

/* The same over a store that is open, and stays it. */
struct sv_mail *sv_mail_over(struct sv_store *store);
void sv_mail_close(struct sv_mail *mail);

/* For many messages: more memory for pages. */
bool sv_mail_bulk(struct sv_mail *mail, struct sv_error *err);

/* Adds to the batch: checked, secrets replaced, copied. False, and nothing added, with err. */
bool sv_mail_post(struct sv_mail *mail, const struct sv_mail_letter *letter, struct sv_error *err);

/* The same from a line of JSON: from, to, subject, text (or body), id, correlation_id, reply_to (or parent_id), priority, expires (a
 * time, or a duration such as 1h); what it lacks is taken from otherwise. A message.sent event is one. */
bool sv_mail_post_json(struct sv_mail *mail, const struct sv_mail_letter *otherwise, struct sv_slice line, struct sv_error *err);

/* Letters in the batch: who posts many sends them in pieces. */
size_t sv_mail_posted(const struct sv_mail *mail);
bool sv_mail_is_full(const struct sv_mail *mail);

/* Sends the batch in one transaction, wakes who waits. whole: all of it or nothing, as far as mailboxes are full. What mailboxes
 * refused is in findings, up to ten. False with err when it could not be stored, or, with whole, when one was refused. */
bool sv_mail_send(struct sv_mail *mail, bool whole, struct sv_findings *findings, struct sv_error *err);

/* What the last batch sent, in its order; for text only the ids. Behind it the next batch may be posted. */
void sv_mail_put_sent(struct sv_mail *mail, const struct sv_list *list, struct sv_buf *out);

/* Recipients of the last batch that nobody has seen yet: a slip of the pen perhaps. */
void sv_mail_put_strangers(struct sv_mail *mail, struct sv_buf *out);

/* Of all batches so far. */
const struct sv_mail_counts *sv_mail_counts(const struct sv_mail *mail);

/* --- looking --- */

struct sv_mail_inbox {
    const char *agent;           /* whose; NULL: everybody's, and nothing is marked */
    const char *from;            /* only from this one; NULL: all */
    bool peek;                   /* mark nothing as delivered */
    bool has_state;
    enum sv_message_state state; /* with has_state: only those in it */
    bool settle;                 /* set the mailbox's bound and what happens there, and list nothing */
    int64_t bound;               /* 0: as it was */
    bool has_full, drop_oldest;  /* likewise, without has_full */
};

/* The newest first; ask: since, until, number, before. */
struct sv_answer *sv_mail_inbox_open(const struct sv_ask *ask, const struct sv_mail_inbox *inbox, struct sv_error *err);

/* Messages by their ids (ask->operands; their beginnings will do): shown whole and marked as read, or only marked as acked. All of
 * them or none. */
struct sv_answer *sv_mail_open_messages(const struct sv_ask *ask, bool ack, struct sv_findings *findings, struct sv_error *err);

struct sv_mail_wait {
    const char *agent;
    int64_t timeout_ns;          /* -1: for ever */
    const volatile sig_atomic_t *stop; /* set by a signal; may be NULL */
};

/* The next messages that wait, the urgent first, then the oldest, up to ask->number; waits until there is one. SV_FOUND as the
 * answer's status when none came in time. */
struct sv_answer *sv_mail_wait_open(const struct sv_ask *ask, const struct sv_mail_wait *wait, struct sv_error *err);

#endif
