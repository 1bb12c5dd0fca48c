/* SPDX-License-Identifier: ISC */
/* load.h - a scenario put on this machine: real processes, latencies from when something was meant to happen, a ledger of all of it.
 *
 * A fleet's supervisors are processes that do what sv-eval does on a pipe, each fed with events made at the times that the
 * scenario says, whatever becomes of those before: one that comes late because the machine is slow has waited, and its wait
 * counts. Each event is found by a policy of the load's own, so it must be stored once; afterwards the store is read and counted
 * against what was fed. Users are processes that do operations; their events are counted the same way.
 *
 *     struct sv_load_spec spec = {.scenario = &scenario, .run = &run_spec, .folder = "/var/tmp", .name = "fleet"};
 *     if (sv_load_run(&spec, &results, &outcome, &findings, &err)) ...
 *
 * Floor: run. */
#ifndef SV_RUN_LOAD_H
#define SV_RUN_LOAD_H

#include "run/result.h"
#include "run/run.h"
#include "run/scenario.h"

/* To see that it is seen: the first supervisor, or user, does not store one row that it says it stored; one supervisor stands still
 * for 200 ms. */
enum sv_load_fault { SV_LOAD_SOUND, SV_LOAD_LOSE, SV_LOAD_STALL };

struct sv_load_spec {
    struct sv_scenario *scenario;
    const struct sv_run_spec *run; /* policies, prices, what tells to stop */
    const char *folder;            /* where the store is made */
    const char *store;             /* this one instead, which stays; NULL: none */
    bool shared;                   /* even if others use it */
    const char *name;              /* of the scenario, for results */
    uint64_t seed;
    enum sv_load_fault fault;
    void (*progress)(void *context, double done_s, double all_s); /* about once a second; may be NULL */
    void *context;
};

/* What is to be said beside the figures. */
struct sv_load_outcome {
    uint64_t lost, doubled, failed, unanswered;
    double asked_per_s, made_per_s; /* events of the fleet; 0: there is none */
    double users_asked_per_s, users_made_per_s; /* operations of users at a rate; 0: they have none */
    bool too_slow;                  /* it did not make the rate that was asked */
    bool stopped;
    char first_failure[300];        /* of an operation or a supervisor; empty: none */
};

/* Adds one result of the job `load`. False with err, or with findings where policies are wrong. */
bool sv_load_run(const struct sv_load_spec *spec, struct sv_results *results, struct sv_load_outcome *outcome, struct sv_findings *findings,
                 struct sv_error *err);

#endif
