/* SPDX-License-Identifier: ISC */
/* probe.h - what a run takes the time of, for sv-bench: a run without one reads no clock for it.
 *
 * Times are of the clock that only goes forward, in nanoseconds. Two looks at it stand in each of them: some 40 ns.
 *
 *     struct sv_run_probe probe = {.evaluate = &tally_a, .commit = &tally_b};
 *     struct sv_run_spec spec = {.probe = &probe, ...};
 *     ... sv_run_next ...
 *     sv_run_probe_free(&probe);
 *
 * Floor: run. */
#ifndef SV_RUN_PROBE_H
#define SV_RUN_PROBE_H

#include "event/event.h"
#include "measure/tally.h"

struct sv_run_probe {
    struct sv_tally *evaluate; /* from a record that was read to its evaluations made; NULL: not taken; likewise the others */
    struct sv_tally *commit;   /* a batch's transaction, with waiting for its turn */
    struct sv_tally *answer;   /* from the time that an event tells to the end of its batch, stored where there is a store */
    int64_t clock_ns;          /* for `answer`: what the clock that events tell is ahead of the one that only goes forward */
    int64_t deadline_ns;       /* for `in_time` */
    uint64_t in_time;          /* answers that took no longer than the deadline */
    uint64_t lose_record;      /* what is found in this record is not stored, to see whether that is seen; 0: none */
    bool policies;             /* also what each policy costs: struct sv_policy, cost_ns and tries */
    int64_t *waiting;          /* [waiting_count] private: times of the batch's events */
    size_t waiting_count, waiting_capacity;
};

/* An event of the batch in hand; the batch is done with. */
void sv_run_probe_event(struct sv_run_probe *probe, const struct sv_event *event);
void sv_run_probe_batch(struct sv_run_probe *probe);

void sv_run_probe_free(struct sv_run_probe *probe);

#endif
