/* SPDX-License-Identifier: ISC */
/* thin.h - which events of chatty sources are not stored. They are counted all the same: in the ledger, and in what the hours
 * used.
 *
 * A sample is drawn by a hash of the event's id, of calls and results by that of their call, so that every run draws the same and
 * a call keeps its result. What is alike and comes within `debounce_ns` of one that was kept is left out; this never touches what
 * belongs to a session (its start, end and turns, messages, calls of models and tools, decisions) or was found by a policy.
 *
 *     struct sv_thin thin = {.debounce_ns = ...};
 *     if (!sv_thin_sample(&thin, "metric=0.1", &err)) ...
 *     switch (sv_thin_event(&thin, event)) ...
 *     sv_thin_free(&thin);
 *
 * Floor: run. */
#ifndef SV_RUN_THIN_H
#define SV_RUN_THIN_H

#include "base/map.h"
#include "event/event.h"

struct sv_thin {
    struct sv_thin_sample {
        struct sv_slice type; /* a glob; borrowed */
        double share;
    } *samples;               /* [sample_count]; the last that fits counts */
    size_t sample_count;
    int64_t debounce_ns;      /* 0: nothing is left out for being alike */
    struct sv_map last;       /* private: what is alike -> time of the last one kept */
    struct sv_buf key;
};

enum sv_thin_verdict { SV_THIN_KEEP, SV_THIN_SAMPLED, SV_THIN_DEBOUNCED };

/* `TYPE=SHARE`: of these types (a glob) keep so large a share, 0 to 1. The text is borrowed. False with err (SV_USAGE). */
bool sv_thin_sample(struct sv_thin *thin, const char *text, struct sv_error *err);

/* Is it kept? Amortized O(1); of what is alike the 65,536 newest kinds are told apart. */
enum sv_thin_verdict sv_thin_event(struct sv_thin *thin, struct sv_event *event);

void sv_thin_free(struct sv_thin *thin);

#endif
