/* SPDX-License-Identifier: ISC */
/* alert_set.h - the groups that a transaction touches: found by their keys, changed, looked at when they are due, written back.
 *
 * What a group is, and whether and whom it tells, is alert/group.h's and config.h's; here it meets the store: its state with its due
 * time, its row for people, rows of its alerts, notifications in the outbox, and an event `alert` for each change of its state. All
 * of that is written by sv_alert_set_save in the caller's transaction, so that it is there as a whole or not at all.
 *
 *     struct sv_alert_set *set = sv_alert_set_new(store, config);
 *     sv_store_begin(store, &err), sv_alert_set_begin(set, now_ns, &err);
 *     struct sv_alert_group *group = sv_alert_set_at(set, key, &err);     // NULL: there is none that is open, or err
 *     ... sv_group_fire(&group->group, ...), sv_alert_set_touch(set, group) ...
 *     sv_alert_set_due(set, 10000, &err), sv_alert_set_save(set, &err), sv_store_commit(store, &err);
 *     sv_alert_set_end(set, committed);                                   // behind it: set->out has the events, a line each
 *     sv_alert_set_free(set);
 *
 * Groups stay in memory from one transaction to the next while nobody else has written. Floor: run. */
#ifndef SV_RUN_ALERT_SET_H
#define SV_RUN_ALERT_SET_H

#include "alert/config.h"
#include "base/map.h"
#include "store/alert.h"

enum { SV_ALERT_GROUPS_KEPT = 200000 };

struct sv_alert_group {
    struct sv_group group;
    struct sv_store_group row;   /* texts live as long as the set keeps the group; message is in the buffer */
    struct sv_buf message;
    uint32_t route;
    uint32_t level;              /* as of the last look */
    bool is_new, is_dirty, is_acked, is_ended; /* not stored yet; to be written; its acknowledgement; it is over */
    bool is_quiet;               /* begun by evaluations that all were old: no event of it so far */
};

struct sv_alert_silence {
    int64_t id;
    const struct sv_cel *when;   /* NULL: it cannot be compiled */
    bool holds;                  /* now */
};

struct sv_alert_set {
    struct sv_store *store;
    struct sv_alert_config *config;
    int64_t now_ns;
    struct sv_map groups;        /* key -> struct sv_alert_group */
    struct sv_arena arena;       /* of texts of rows */
    struct sv_alert_group **dirty; /* [dirty_count] of this transaction */
    size_t dirty_count, dirty_room;
    struct sv_alert_silence *silences; /* [silence_count] that were met */
    size_t silence_count, silence_room;
    struct sv_alert_subject *sources; /* [source_count] alerts that keep others quiet */
    struct sv_store_alerts source_rows;
    size_t source_count;
    bool knows_quiet;            /* both are as of this transaction */
    struct sv_alert_subject subject;
    int64_t run;                 /* of the store, for events; 0: not made yet */
    struct sv_slice arguments;   /* for it */
    int64_t data_version;
    struct sv_buf out;           /* events of this transaction, a line each */
    struct sv_buf text, body;
    uint64_t notices;            /* put into the outbox, ever */
    uint64_t transitions;
};

struct sv_alert_set *sv_alert_set_new(struct sv_store *store, struct sv_alert_config *config);
void sv_alert_set_free(struct sv_alert_set *set);

/* Inside a transaction that has just begun. */
bool sv_alert_set_begin(struct sv_alert_set *set, int64_t now_ns, struct sv_error *err);

/* The set's run in the store, made where there is none; 0 with err. */
int64_t sv_alert_set_run(struct sv_alert_set *set, struct sv_error *err);

/* The open group of a key (as sv_alert_group_key has it); NULL: there is none, or err is set. */
struct sv_alert_group *sv_alert_set_at(struct sv_alert_set *set, struct sv_slice key, struct sv_error *err);

/* The same by what keyed_state has it under. */
struct sv_alert_group *sv_alert_set_find(struct sv_alert_set *set, const unsigned char *key, struct sv_error *err);

/* A new one of this key in a route; its labels, names and severity are those of the evaluation. */
struct sv_alert_group *sv_alert_set_add(struct sv_alert_set *set, struct sv_slice key, uint32_t route, struct sv_alert_subject *subject,
                                        struct sv_error *err);

/* It was changed: to be looked at, if it is due, and saved. */
void sv_alert_set_touch(struct sv_alert_set *set, struct sv_alert_group *group);

/* Its alert fires and has no row yet: makes one. */
bool sv_alert_set_row(struct sv_alert_set *set, struct sv_alert_group *group, struct sv_group_alert *alert, struct sv_alert_subject *subject,
                      struct sv_error *err);

/* Looks at those that are due: those touched, and up to most others. */
bool sv_alert_set_due(struct sv_alert_set *set, size_t most, struct sv_error *err);

/* Writes all that was touched. */
bool sv_alert_set_save(struct sv_alert_set *set, struct sv_error *err);

/* Behind the commit, or (committed false) a rollback: then nothing is known any more. */
void sv_alert_set_end(struct sv_alert_set *set, bool committed);

/* What hides an alert now: its silence's id, or (*inhibited) another alert; 0 and false: nothing does. The subject reads the alert's
 * body. */
bool sv_alert_set_hides(struct sv_alert_set *set, struct sv_slice body, int64_t *silence, bool *inhibited, struct sv_error *err);

#endif
