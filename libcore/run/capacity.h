/* SPDX-License-Identifier: ISC */
/* capacity.h - how much this machine holds: the job `capacity` of sv-bench.
 *
 * A profile says what a fleet sends, sustained and at its peak, how soon it must be answered, and how surely. The highest rate at
 * which a fleet's events are answered within that (99 in 100 within the limit, and the share that the profile wants) is found by
 * going up in large steps, then to the middle again and again; each try is a load of some seconds (load.h), with as many
 * supervisors as the profile has. Each event of a load is found and stored, which is far more than policies do, so what is found
 * is a lower bound.
 *
 *     struct sv_capacity_spec spec = {.profile = sv_capacity_find(SV_SLICE("team")), .run = &run_spec, .folder = "/var/tmp"};
 *     if (sv_capacity_run(&spec, &results, &outcome, &findings, &err)) ...
 *
 * Floor: run. */
#ifndef SV_RUN_CAPACITY_H
#define SV_RUN_CAPACITY_H

#include "run/result.h"
#include "run/run.h"

struct sv_capacity_profile {
    const char *name, *text;
    double sustained, peak;      /* events a second */
    double limit_ms;
    double availability_percent; /* answered within the limit, of all asked */
    unsigned supervisors;
    bool kills;                  /* while it is sustained, one process after the other is killed, one a minute */
};

extern const struct sv_capacity_profile sv_capacity_profiles[];
extern const size_t sv_capacity_profile_count;

/* By name; NULL for none. */
const struct sv_capacity_profile *sv_capacity_find(struct sv_slice name);

struct sv_capacity_spec {
    const struct sv_capacity_profile *profile;
    const struct sv_run_spec *run;
    const char *folder;
    unsigned supervisors;        /* 0: the profile's */
    double step_s;               /* how long a try is */
    double soak_s;               /* how long what is sustained is held; 0: two steps */
    bool sync_full;
    uint64_t seed;
    void (*progress)(void *context, double rate, bool held); /* behind each try; may be NULL */
    void *context;
};

struct sv_capacity_outcome {
    double capacity_per_s, headroom;
    bool holds;                  /* what the profile sustains, its peak, and its availability */
    bool stopped;
};

/* Adds one result of the profile's name. False with err, or with findings where policies are wrong. */
bool sv_capacity_run(const struct sv_capacity_spec *spec, struct sv_results *results, struct sv_capacity_outcome *outcome,
                     struct sv_findings *findings, struct sv_error *err);

#endif
