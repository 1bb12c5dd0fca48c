/* SPDX-License-Identifier: ISC */
/* engine.h - the states of all keys of all policies that have any, their one queue of timers, and the run clock.
 *
 * A state belongs to (signature of its policy, key). With a store it lives there and is changed by whoever feeds it: the engine holds
 * what it has met, saves what has changed inside the batch's transaction, and takes over what others have saved meanwhile. Without a
 * store all of it lies in memory. What comes out depends on the sequence of events only: not on batches, nor on where a run was cut
 * and resumed.
 *
 * The run clock is the newest time of any event. A timer due at d is fired, with the time d, when the run clock has passed d +
 * lateness of its policy, before the event that moved the clock; of several the one with the lowest (d, policy, key) first. A key
 * leaves when nothing that it holds can matter any more.
 *
 *     struct sv_engine *engine = sv_engine_new(set, NULL);
 *     matcher.engine = engine;
 *     sv_policies_match(set, &event, &matcher, &hits);        // moves the clock, touches the keys
 *     ... in the transaction: sv_engine_save(engine, &err), behind its commit: sv_engine_saved(engine)
 *     sv_engine_free(engine);
 *
 * Floor: policy; knows no store: the calls of one are handed in. */
#ifndef SV_ENGINE_H
#define SV_ENGINE_H

#include "policy/policy.h"

struct sv_engine;

/* Where states lie. key: 16 bytes. Each returns false with err on failure. */
struct sv_engine_store {
    void *context;
    /* All keys of a signature that are ever due, and when. */
    bool (*sweep)(void *context, uint64_t signature, void (*each)(void *to, const unsigned char *key, int64_t due_ns), void *to,
                  struct sv_error *err);
    /* One part, into out (cleared first); *version 0: there is none. */
    bool (*load)(void *context, uint64_t signature, const unsigned char *key, uint32_t part, struct sv_buf *out, int64_t *version,
                 struct sv_error *err);
    bool (*put)(void *context, uint64_t signature, const unsigned char *key, uint32_t part, int64_t due_ns, int64_t version,
                struct sv_slice bytes, struct sv_error *err);
    /* Parts first to last, both inclusive. */
    bool (*drop)(void *context, uint64_t signature, const unsigned char *key, uint32_t first, uint32_t last, struct sv_error *err);
    /* Has anybody else written to the store since this was asked last? */
    bool (*changed)(void *context, bool *changed, struct sv_error *err);
};

/* store: borrowed; NULL: none. NULL when no policy of the set has states. */
struct sv_engine *sv_engine_new(struct sv_policies *set, const struct sv_engine_store *store);
void sv_engine_free(struct sv_engine *engine);

/* Another set takes the place of the engine's: states of the same signature go on, those of none are forgotten (the store keeps
 * them). With nothing unsaved. */
void sv_engine_change(struct sv_engine *engine, struct sv_policies *set);

/* What others saved is looked for once a batch: before its first event. */
bool sv_engine_begin(struct sv_engine *engine, struct sv_error *err);

/* The run clock comes to time_ns, if it was behind: timers fire into hits. Letting time pass without events is the caller's. */
void sv_engine_clock(struct sv_engine *engine, int64_t time_ns, struct sv_matcher *matcher, struct sv_hits *hits);

/* The same by an event's time, unless that is too far ahead. sv_policies_match does it for each of its events. */
void sv_engine_time(struct sv_engine *engine, int64_t time_ns, struct sv_matcher *matcher, struct sv_hits *hits);

/* The run clock at which something fires next; INT64_MAX: nothing waits. */
int64_t sv_engine_next(struct sv_engine *engine);

/* False with err when the store failed while events were looked at: nothing can be told of the batch then. */
bool sv_engine_good(const struct sv_engine *engine, struct sv_error *err);

/* Is there anything to save? And a measure of the memory that the batch holds, beside its hits. */
bool sv_engine_is_dirty(const struct sv_engine *engine);
size_t sv_engine_held(const struct sv_engine *engine);

/* Writes what has changed, in the batch's transaction; where another process has changed a state meanwhile, its state is taken and
 * this batch's events are put in once more. Behind the commit: saved. */
bool sv_engine_save(struct sv_engine *engine, struct sv_error *err);
void sv_engine_saved(struct sv_engine *engine);

/* Live keys of one policy, or of all (UINT32_MAX), and bytes that their states take, for measurements. */
size_t sv_engine_keys(const struct sv_engine *engine, uint32_t policy);

/* Under this signature the clock is kept, and who is whose parent: due when it may be removed. */
#define SV_SIGNATURE_CLOCK UINT64_C(1)
#define SV_SIGNATURE_TREE UINT64_C(2)

/* The key under which a signature keeps what holds for the policy as a whole: its id, and when it last told that it is full. */
extern const unsigned char sv_engine_policy_key[16], sv_engine_clock_key[16];

/* What lies under these: the policy's id, borrowed from the bytes; the clock. False: the bytes are none. */
bool sv_engine_read_id(struct sv_slice bytes, struct sv_slice *id);
bool sv_engine_read_clock(struct sv_slice bytes, int64_t *clock_ns);

/* --- match.c and examples.c only --- */

/* The event matched conditions of this policy (see struct sv_touch). */
void sv_engine_touch(struct sv_engine *engine, size_t policy, uint32_t steps, struct sv_event *event, struct sv_matcher *matcher,
                     struct sv_hits *hits, size_t first);

/* As it was when it was made, and for events of any time: for trials. Without a store. */
void sv_engine_reset(struct sv_engine *engine);

/* What an event says to all: what time it is, so that timers may fire into hits, and who is whose parent. */
void sv_engine_see(struct sv_engine *engine, struct sv_event *event, struct sv_matcher *matcher, struct sv_hits *hits);

#endif
