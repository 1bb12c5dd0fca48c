/* SPDX-License-Identifier: ISC */
/* evaluation.h - what came out of judging an event, or of a timer: one line on stdout, one row in the store.
 *
 * A hit is one evaluation. It is copied into the batch and knows nothing of the record any more.
 *
 * Floor: policy; uses event and below. */
#ifndef SV_EVALUATION_H
#define SV_EVALUATION_H

#include "event/event.h"

enum sv_severity { SV_INFO, SV_WARNING, SV_ERROR_SEVERITY, SV_CRITICAL };
enum sv_action { SV_OBSERVE, SV_WARN, SV_ASK, SV_DENY };
enum sv_outcome { SV_VIOLATION, SV_RESOLVED, SV_OUTCOME_ERROR, SV_PASS };

/* The words of policy files and evaluations; find: false for a word that is none. */
const char *sv_severity_name(enum sv_severity severity);
const char *sv_action_name(enum sv_action action);
const char *sv_outcome_name(enum sv_outcome outcome);
bool sv_severity_find(struct sv_slice name, enum sv_severity *out);

/* All slices lie in the batch's arena (or are constant), plain and redacted. */
struct sv_hit {
    struct sv_place place;
    uint32_t policy;       /* index into the set */
    enum sv_outcome outcome;
    bool has_time;
    bool is_stored;        /* an earlier run has stored it under another address: to be shown, not to be kept again */
    int64_t time_ns;
    struct sv_slice event; /* id of the event */
    struct sv_slice origin; /* of the address */
    struct sv_slice agent, team, supervisor, session, tool;
    struct sv_slice message; /* of a violation: message or title; of an error: what went wrong */
    struct sv_slice summary; /* one line that says what the event was (command, path, url, error or text), for the table */
    struct sv_slice keys;    /* JSON array of the key's values; empty: no key */
    struct sv_slice values;  /* JSON object; empty: none. {"error": what} where a condition failed and that is a violation */
    uint32_t key_number;     /* distinguishes evaluations of one policy at one address */
};

/* The place of what a timer tells: its record is the time. */
#define SV_NO_SOURCE UINT32_MAX
static inline bool sv_hit_is_timed(const struct sv_hit *hit)
{
    return hit->place.source == SV_NO_SOURCE;
}

/* What a table says of it: of a violation that is one event, that event; of what several came to, and of all else, the message. */
static inline struct sv_slice sv_hit_what(const struct sv_hit *hit)
{
    return hit->outcome == SV_VIOLATION && hit->summary.len > 0 && hit->values.len == 0 ? hit->summary : hit->message;
}

struct sv_policy;

/* Appends the one-line JSON object of sv-event(5), newline included. at: `<file>:<line>`. */
void sv_evaluation_put_json(struct sv_buf *out, const struct sv_hit *hit, const struct sv_policy *policy,
                            struct sv_slice at);

/* Appends the evaluation's id: `<policy>[<key>]@<address>`, without key `<policy>@<address>`; of a timer its time stands for the
 * address. */
void sv_evaluation_put_id(struct sv_buf *out, const struct sv_hit *hit, const struct sv_policy *policy);

#endif
