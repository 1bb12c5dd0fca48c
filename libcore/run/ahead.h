/* SPDX-License-Identifier: ISC */
/* ahead.h - records read ahead of a run and looked at by several threads, which tell those that nothing comes of from the others.
 *
 * Most records meet no condition of any policy. To find that out is most of the work, and depends on the record alone: so blocks of
 * native records are judged by threads, each with policies of its own, while the run takes one record after the other, in their order.
 * Of a plain record it only adds up what the threads have noted; every other one it reads and judges itself, as if nobody had looked at
 * it before. So what comes out does not depend on how many threads there are, nor on where blocks end.
 *
 *     struct sv_ahead *ahead = sv_ahead_new(run);                  // NULL: this run is not one for threads
 *     switch (sv_ahead_next(ahead, &record, &seen, wait_ms, err))  // in the place of sv_input_next
 *     case SV_INPUT_RECORD: if (seen != NULL && seen->is_plain) ...
 *     sv_ahead_free(ahead);
 *
 * Floor: run. */
#ifndef SV_AHEAD_H
#define SV_AHEAD_H

#include "run/private.h"

/* What a thread found out about a record; texts are the record's, or of --set. */
struct sv_ahead_seen {
    bool is_plain;   /* one event, and no condition is met: nothing comes of it but what stands here */
    bool is_outside; /* by -S and -U */
    bool has_time, has_cost;
    int64_t time_ns, input_tokens, output_tokens;
    double cost_usd;
    const struct sv_format *format; /* as whose it was read */
    struct sv_slice type, agent; /* agent.data NULL: there is none */
    uint64_t absent; /* conditions that came out absent */
};

struct sv_ahead;

/* run: opened, before its first record; must not move. */
struct sv_ahead *sv_ahead_new(struct sv_run *run);
void sv_ahead_free(struct sv_ahead *ahead);

/* As sv_input_next. *seen: NULL for a record that nobody has looked at; like the record's text it is borrowed until the next call. */
enum sv_input_state sv_ahead_next(struct sv_ahead *ahead, struct sv_record *record, const struct sv_ahead_seen **seen, int wait_ms,
                                  struct sv_error *err);

/* Other policies are in force: what was looked at under the old ones is to be looked at again. */
void sv_ahead_forget(struct sv_ahead *ahead);

#endif
