/* SPDX-License-Identifier: ISC */
#include "policy/states.h"

#define NOT_QUEUED UINT32_MAX

/* Keys are hashes already. */
static size_t place_of(const struct sv_states *states, uint32_t policy, struct sv_key key)
{
    return (size_t)((key.a ^ policy * UINT64_C(0x9E3779B97F4A7C15)) & states->mask);
}

static bool is_one(const struct sv_state *state, uint32_t policy, struct sv_key key)
{
    return state->policy == policy && sv_key_equal(state->key, key);
}

struct sv_state *sv_states_find(const struct sv_states *states, uint32_t policy, struct sv_key key)
{
    if (states->count == 0)
        return NULL;
    for (size_t i = place_of(states, policy, key); states->table[i] != NULL; i = (i + 1) & states->mask)
        if (is_one(states->table[i], policy, key))
            return states->table[i];
    return NULL;
}

static void put(struct sv_states *states, struct sv_state *state)
{
    size_t i = place_of(states, state->policy, state->key);
    while (states->table[i] != NULL)
        i = (i + 1) & states->mask;
    states->table[i] = state;
}

static void grow(struct sv_states *states)
{
    struct sv_state **old = states->table;
    size_t size = old != NULL ? states->mask + 1 : 0;
    states->mask = size > 0 ? 2 * size - 1 : 63;
    states->table = sv_calloc(states->mask + 1, sizeof(struct sv_state *));
    for (size_t i = 0; i < size; i++)
        if (old[i] != NULL)
            put(states, old[i]);
    sv_free(old);
}

struct sv_state *sv_states_add(struct sv_states *states, uint32_t policy, struct sv_key key)
{
    if (states->table == NULL || states->count * 3 >= (states->mask + 1) * 2)
        grow(states);
    struct sv_state *state = sv_calloc(1, sizeof *state);
    state->policy = policy;
    state->key = key;
    state->at = NOT_QUEUED;
    sv_alarm_start(&state->alarm);
    put(states, state);
    states->count++;
    return state;
}

/* --- the queue --- */

static void set(struct sv_states *states, size_t at, struct sv_state_wake wake)
{
    states->queue[at] = wake;
    wake.state->at = (uint32_t)at;
}

static void sift_up(struct sv_states *states, size_t at)
{
    struct sv_state_wake wake = states->queue[at];
    for (size_t up; at > 0 && states->queue[up = (at - 1) / 2].at_ns > wake.at_ns; at = up)
        set(states, at, states->queue[up]);
    set(states, at, wake);
}

static void sift_down(struct sv_states *states, size_t at)
{
    struct sv_state_wake wake = states->queue[at];
    for (size_t kid; (kid = 2 * at + 1) < states->queued; at = kid) {
        kid += kid + 1 < states->queued && states->queue[kid + 1].at_ns < states->queue[kid].at_ns;
        if (states->queue[kid].at_ns >= wake.at_ns)
            break;
        set(states, at, states->queue[kid]);
    }
    set(states, at, wake);
}

void sv_states_rest(struct sv_states *states, struct sv_state *state)
{
    if (state->at == NOT_QUEUED)
        return;
    size_t at = state->at;
    struct sv_state_wake last = states->queue[--states->queued];
    state->at = NOT_QUEUED;
    if (last.state == state)
        return;
    set(states, at, last);
    sift_up(states, at);
    sift_down(states, last.state->at);
}

void sv_states_wake(struct sv_states *states, struct sv_state *state, int64_t at_ns)
{
    if (state->at != NOT_QUEUED) {
        if (states->queue[state->at].at_ns > at_ns) {
            states->queue[state->at].at_ns = at_ns;
            sift_up(states, state->at);
        }
        return;
    }
    if (states->queued == states->room) {
        states->room = states->room > 0 ? 2 * states->room : 64;
        states->queue = sv_realloc(states->queue, states->room * sizeof *states->queue);
    }
    set(states, states->queued, (struct sv_state_wake){at_ns, state});
    sift_up(states, states->queued++);
}

struct sv_state *sv_states_pop(struct sv_states *states, int64_t clock_ns)
{
    if (states->queued == 0 || states->queue[0].at_ns >= clock_ns)
        return NULL;
    struct sv_state *state = states->queue[0].state;
    sv_states_rest(states, state);
    return state;
}

int64_t sv_states_next(const struct sv_states *states)
{
    return states->queued > 0 ? states->queue[0].at_ns : INT64_MAX;
}

/* Those behind it in the table move up, so that none of them is cut off. */
void sv_states_remove(struct sv_states *states, struct sv_state *state)
{
    sv_states_rest(states, state);
    size_t i = place_of(states, state->policy, state->key);
    while (states->table[i] != state)
        i = (i + 1) & states->mask;
    states->table[i] = NULL;
    for (size_t k = (i + 1) & states->mask; states->table[k] != NULL; k = (k + 1) & states->mask) {
        struct sv_state *other = states->table[k];
        states->table[k] = NULL;
        put(states, other);
    }
    states->count--;
}

void sv_states_free(struct sv_states *states)
{
    sv_free(states->table);
    sv_free(states->queue);
    *states = (struct sv_states){0};
}
