/* SPDX-License-Identifier: ISC */
/* engine_private.h - the inside of an engine, shared by engine.c (events and timers), report.c (what is told of them) and keep.c (the
 * store).
 *
 * Floor: policy. */
#ifndef SV_ENGINE_PRIVATE_H
#define SV_ENGINE_PRIVATE_H

#include "policy/engine.h"
#include "policy/rule.h"
#include "policy/states.h"
#include "policy/tree.h"

/* One policy of the set, as far as it has states. */
struct sv_engine_policy {
    const struct sv_kind_spec *spec; /* NULL: it has none */
    struct sv_policy *policy;
    int64_t lateness_ns;
    size_t live;
    int64_t full_ns;       /* when it was last told that it is full; INT64_MIN: never */
    bool is_known;         /* what the store has of it was read */
    bool is_dirty;         /* id and full_ns are to be saved */
};

struct sv_engine {
    struct sv_policies *set;
    const struct sv_engine_store *store; /* NULL: none */
    struct sv_engine_policy *policies;   /* [count of the set] */
    struct sv_states states;
    struct sv_redactor *redactor;        /* of the last event's matcher */
    struct sv_tree tree;
    bool has_tree;
    int64_t clock_ns;      /* INT64_MIN: no event so far */
    int64_t latest_ns;     /* the clock, as of this batch: no event may be further ahead than its policy allows */
    int64_t ahead_ns;      /* and none moves the run clock, which is everybody's, that is further ahead than any policy forbids */
    bool clock_dirty, is_swept;
    bool full_dirty;       /* of some policy it was told that it is full */
    uint32_t epoch;        /* of what others have changed */
    struct sv_state **dirty;
    size_t dirty_count, dirty_room;
    struct sv_arena log;   /* of the batch: states' logs */
    size_t held;
    struct sv_buf bytes, text;
    struct sv_state **ready; /* a heap by (due, policy, key): timers that the clock has passed */
    size_t ready_count, ready_room;
    struct sv_value *slots;
    struct sv_error fault;
    bool failed;
};

/* --- engine.c --- */
void sv_engine_mark(struct sv_engine *engine, struct sv_state *state);
/* Ends what the state holds; it stays in the table, dead, until the store knows. */
void sv_engine_forget(struct sv_engine *engine, struct sv_state *state);
/* When it is due next, from its alarm and its kind. */
int64_t sv_engine_due(struct sv_engine *engine, struct sv_state *state);

/* --- keep.c --- */

/* The state has its data: made, or loaded. False when the store failed. */
bool sv_engine_ready(struct sv_engine *engine, struct sv_state *state);
/* What the store knows was asked for, once: the clock, the keys of each policy. */
bool sv_engine_sweep(struct sv_engine *engine);
/* A key that the table does not have: the store may, since others have written. Adds it if so. */
struct sv_state *sv_engine_look_up(struct sv_engine *engine, uint32_t policy, struct sv_key key);
/* Parts of a state, for its kind. */
struct sv_state_place {
    struct sv_engine *engine;
    struct sv_state *state;
};
struct sv_state_parts sv_engine_parts(struct sv_state_place *place);
void sv_engine_log(struct sv_engine *engine, struct sv_state *state, const struct sv_touch *touch, const struct sv_value *key);
struct sv_slice sv_engine_parent(struct sv_engine *engine, struct sv_slice agent);
bool sv_engine_fail(struct sv_engine *engine, const struct sv_error *err);

/* --- report.c --- */

struct sv_report {
    struct sv_engine *engine;
    struct sv_matcher *matcher;
    struct sv_hits *hits;
    size_t first;                /* of the event's hits */
    struct sv_event *event;      /* NULL: a timer */
    const struct sv_value *key;  /* [by_count], of the event */
    const struct sv_slice *chain; /* the agents from the spender up to the one that is charged; NULL: no tree */
    size_t chain_count;
    uint32_t key_number;
};

/* The key's text, as it may be seen. */
void sv_report_name(struct sv_engine *engine, struct sv_state *state, const struct sv_value *key, struct sv_arena *arena);
void sv_report_add(struct sv_report *report, struct sv_state *state, enum sv_alarm_says says, int64_t time_ns);
void sv_report_full(struct sv_report *report, uint32_t policy, int64_t time_ns);

#endif
