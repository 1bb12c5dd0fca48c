/* SPDX-License-Identifier: ISC */
/* states.h - the states that an engine holds: found by policy and key, woken in time. Private to policy/.
 *
 * A hash table and a queue (a heap by the run clock at which a state wants to be woken). A state is in the queue exactly once. One
 * that is due later than the queue thinks is put right when it is woken, so that a touch costs the queue nothing.
 *
 * Floor: policy. */
#ifndef SV_STATES_H
#define SV_STATES_H

#include "policy/alarm.h"
#include "policy/key.h"

/* An event that a state has met since it was saved last, to be put in once more should another process have changed it. */
struct sv_state_event {
    struct sv_state_event *before;
    const struct sv_value *key; /* of the first one, where the state has no text so far; else NULL */
    struct sv_touch touch;
};

struct sv_state {
    struct sv_key key;
    int64_t due_ns;
    int64_t version;       /* in the store; 0: it is not there */
    int64_t behind_ns;     /* how far its events are behind the run clock: it is kept for so much longer */
    struct sv_alarm alarm;
    void *data;            /* the kind's; NULL: it lies in the store */
    char *text;            /* the key as JSON, redacted; NULL: not wanted so far */
    struct sv_state_event *log;
    uint32_t policy;
    uint32_t at;           /* in the queue */
    uint32_t epoch;        /* as of which others' changes are in it */
    uint32_t dirty_at;     /* place among those to be saved, from 1; 0: there is nothing to save */
    bool is_dead;          /* forgotten, and the store does not know yet */
    bool is_anew;          /* begun anew: what the store has of its parts is of an earlier life */
};

struct sv_states {
    struct sv_state **table;
    size_t mask, count;
    struct sv_state_wake {
        int64_t at_ns;     /* of the run clock: it must have passed that */
        struct sv_state *state;
    } *queue;
    size_t queued, room;
};

/* NULL: there is none. */
struct sv_state *sv_states_find(const struct sv_states *states, uint32_t policy, struct sv_key key);

/* A new one, not in the queue. The key must not be there. */
struct sv_state *sv_states_add(struct sv_states *states, uint32_t policy, struct sv_key key);

/* Out of table and queue; its memory is the caller's to free with sv_free. */
void sv_states_remove(struct sv_states *states, struct sv_state *state);

/* It wants to be woken when the clock has passed at_ns. If it is queued for an earlier time it stays there. */
void sv_states_wake(struct sv_states *states, struct sv_state *state, int64_t at_ns);

/* It need not be woken. */
void sv_states_rest(struct sv_states *states, struct sv_state *state);

/* Takes the first one out of the queue if its time is before clock_ns; NULL: nobody's is. And the time of the first one. */
struct sv_state *sv_states_pop(struct sv_states *states, int64_t clock_ns);
int64_t sv_states_next(const struct sv_states *states);

void sv_states_free(struct sv_states *states);

#endif
