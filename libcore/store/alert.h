/* SPDX-License-Identifier: ISC */
/* alert.h - groups of alerts, their alerts and silences in the store; and how far evaluations were taken into them.
 *
 * What a group is stands in keyed_state under SV_ALERT_STATES, with the time at which it is to be looked at; a row here is what
 * people ask for, and what stays when it is over. Both are written in the transaction that moves the cursor. Ids of groups and silences
 * are made by the caller (sv_alert_id); all times are the machine's.
 *
 * See also outbox.h. Floor: store. */
#ifndef SV_STORE_ALERT_H
#define SV_STORE_ALERT_H

#include "store/store.h"

/* The signature of groups in keyed_state: that of no policy, for theirs are hashes of texts that are not empty. */
#define SV_ALERT_STATES UINT64_C(0x616c65727473)

struct sv_store_group {
    int64_t id;
    unsigned char key[SV_STATE_KEY];     /* in keyed_state */
    struct sv_slice route, labels;       /* labels: JSON */
    struct sv_slice receiver, supervisor, team, agent, policy;
    enum sv_severity severity;           /* the highest so far */
    int state;                           /* enum sv_group_state, stored as a number */
    int64_t begun_ns, changed_ns;
    int64_t told_ns, resolved_ns;        /* 0: not */
    int64_t due_ns;                      /* INT64_MAX: never */
    uint64_t firing, alerts, evaluations, old, notices;
    uint32_t level;
    struct sv_slice acked_by;
    int64_t acked_ns, acked_until_ns;    /* 0: not; until INT64_MAX: to its end */
    struct sv_slice message;
};

struct sv_store_groups {
    struct sv_store_group *items; /* [count]; texts live in the arena */
    size_t count, capacity;
    struct sv_arena arena;
};

struct sv_store_alert {
    int64_t id, group;
    struct sv_slice alert;               /* policy and key */
    enum sv_severity severity;
    struct sv_slice agent;
    int64_t started_ns, resolved_ns;     /* 0: it fires */
    uint64_t evaluations;                /* once it is over */
    bool inhibits;
    struct sv_slice body;
};

struct sv_store_alerts {
    struct sv_store_alert *items;
    size_t count, capacity;
    struct sv_arena arena;
};

struct sv_store_silence {
    int64_t id;
    struct sv_slice matcher, author, comment;
    int64_t created_ns, starts_ns, ends_ns;
};

struct sv_store_silences {
    struct sv_store_silence *items;
    size_t count, capacity;
    struct sv_arena arena;
};

/* --- any time; lists are appended, `= {0}` first --- */

/* How far a reader of rows has come; 0: nowhere yet. */
bool sv_store_cursor(struct sv_store *store, struct sv_slice reader, int64_t *position, struct sv_error *err);

/* Keys of a signature that are due, the earliest first, up to most: SV_STATE_KEY bytes each, appended to keys. */
bool sv_store_states_due(struct sv_store *store, uint64_t signature, int64_t now_ns, size_t most, struct sv_buf *keys, struct sv_error *err);

/* When the first of a signature's keys is due; INT64_MAX: none ever is. */
bool sv_store_states_next(struct sv_store *store, uint64_t signature, int64_t *due_ns, struct sv_error *err);

/* Those with an id from first to last, two at most. Those begun from since_ns on and behind the place (begun_ns, id; INT64_MAX,
 * INT64_MIN: from the newest on), newest first, of one time by their ids. */
bool sv_store_groups_by_id(struct sv_store *store, int64_t first, int64_t last, struct sv_store_groups *out, struct sv_error *err);
bool sv_store_groups(struct sv_store *store, int64_t since_ns, int64_t begun_ns, int64_t id, size_t most, struct sv_store_groups *out,
                     struct sv_error *err);

/* How many there are of those, over or (all false) not, up to most: without their rows. */
bool sv_store_groups_count(struct sv_store *store, int64_t since_ns, int64_t begun_ns, int64_t id, bool all, size_t most, int64_t *count,
                           struct sv_error *err);

bool sv_store_groups_open(struct sv_store *store, struct sv_store_groups *out, struct sv_error *err); /* all that are not over, likewise */
void sv_store_groups_free(struct sv_store_groups *groups);

/* A group's alerts, in the order of their coming, behind one, up to most. */
bool sv_store_alerts(struct sv_store *store, int64_t group, int64_t behind, size_t most, struct sv_store_alerts *out, struct sv_error *err);

/* Those that fire and may keep others quiet: id and body. */
bool sv_store_alerts_inhibiting(struct sv_store *store, struct sv_store_alerts *out, struct sv_error *err);
void sv_store_alerts_free(struct sv_store_alerts *alerts);

/* Silences that end after a time, those that end first first; with an id from first to last, two at most. */
bool sv_store_silences(struct sv_store *store, int64_t after_ns, struct sv_store_silences *out, struct sv_error *err);
bool sv_store_silences_by_id(struct sv_store *store, int64_t first, int64_t last, struct sv_store_silences *out, struct sv_error *err);
void sv_store_silences_free(struct sv_store_silences *silences);

/* --- inside a transaction --- */

/* It has come so far now. */
bool sv_store_cursor_set(struct sv_store *store, struct sv_slice reader, int64_t position, struct sv_error *err);

/* A new group: id, key, route, labels, receiver, names, policy, severity and begun_ns are taken from it; *added is false where there
 * is one of this id. Then what changes: receiver, severity, state, times, numbers, message (empty: as it was). */
bool sv_store_group_add(struct sv_store *store, const struct sv_store_group *group, bool *added, struct sv_error *err);
bool sv_store_group_set(struct sv_store *store, const struct sv_store_group *group, struct sv_error *err);
bool sv_store_group_ack(struct sv_store *store, const struct sv_store_group *group, struct sv_error *err);
bool sv_store_group_end(struct sv_store *store, int64_t id, int64_t now_ns, struct sv_error *err);

/* A new alert: all but resolved_ns and evaluations; its id is set. And that it is over, by what. */
bool sv_store_alert_add(struct sv_store *store, struct sv_store_alert *alert, struct sv_error *err);
bool sv_store_alert_end(struct sv_store *store, int64_t id, int64_t ended_ns, uint64_t evaluations, struct sv_slice body, struct sv_error *err);

/* *added: false where there is one of this id. Ended now, unless it has ended: then *was_open is false. */
bool sv_store_silence_add(struct sv_store *store, const struct sv_store_silence *silence, bool *added, struct sv_error *err);
bool sv_store_silence_end(struct sv_store *store, int64_t id, int64_t now_ns, bool *was_open, struct sv_error *err);

#endif
