/* SPDX-License-Identifier: ISC */
/* message.h - what agents tell each other: states, priorities, ids. Plain logic; the store keeps messages, run/mail.h moves them.
 *
 * A message waits (queued) until its recipient is shown it (delivered), opens it (read) and says it is dealt with (acked). One that
 * was not read in time has expired; one that had to make room for newer ones was dropped. States only go forward.
 *
 * The id of a message is the time at which it was stored, in nanoseconds since 1970 and so that no two have the same: a later
 * message has a larger id, whatever the clock does. For people it is 13 letters and digits, which sort as the numbers do.
 *
 *     char text[SV_MESSAGE_ID_LEN + 1];
 *     sv_message_put_id(id, text);
 *     if (sv_message_find_ids(SV_SLICE("0g2k"), &first, &last)) ...     // all ids that begin so
 *
 * Floor: team; uses base only. */
#ifndef SV_TEAM_MESSAGE_H
#define SV_TEAM_MESSAGE_H

#include "base/error.h"
#include "base/slice.h"

enum sv_message_state {
    SV_MESSAGE_QUEUED,
    SV_MESSAGE_DELIVERED,
    SV_MESSAGE_READ,
    SV_MESSAGE_ACKED,
    SV_MESSAGE_EXPIRED,
    SV_MESSAGE_DROPPED,
    SV_MESSAGE_STATES
};

enum { SV_MESSAGE_ID_LEN = 13, SV_MESSAGE_PRIORITIES = 4, SV_MESSAGE_PRIORITY = 2 /* if nothing is said */ };

/* "queued", "delivered", ... */
const char *sv_message_word(enum sv_message_state state);
bool sv_message_state(struct sv_slice word, enum sv_message_state *state);

/* What it is now: as stored, or expired since. */
enum sv_message_state sv_message_now(enum sv_message_state stored, int64_t expires_ns, int64_t now_ns);

/* P0 (urgent) to P3; false when it is none. */
bool sv_message_priority(struct sv_slice text, int *priority);

void sv_message_put_id(int64_t id, char out[SV_MESSAGE_ID_LEN + 1]);

/* The ids that begin with these characters, from *first to *last; false when none does. */
bool sv_message_find_ids(struct sv_slice prefix, int64_t *first, int64_t *last);

/* May this be sent? Subject in one line, at most SV_MESSAGE_SUBJECT_MAX bytes; body at most SV_MESSAGE_BODY_MAX; both UTF-8. */
bool sv_message_check(struct sv_slice subject, struct sv_slice body, struct sv_error *err);

#endif
