/* SPDX-License-Identifier: ISC */
/* scenario.h - a load to be put on this machine, from a file: who comes, how many, how fast, for how long, to do what.
 *
 * Two kinds of load, alone or together. A fleet: supervisors, each a process, each fed with the events of its agents at a rate
 * that nothing slows down (open loop). Users: processes that do operations one after the other, with or without time to think, or
 * at a rate. Both come and go in stages.
 *
 *     struct sv_scenario scenario = {0};
 *     if (sv_scenario_load(&scenario, "load.yaml", &findings))
 *         sv_scenario_speed_up(&scenario, 100);
 *     sv_scenario_free(&scenario);
 *
 * sv-bench(1) describes the file. Floor: run. */
#ifndef SV_RUN_SCENARIO_H
#define SV_RUN_SCENARIO_H

#include "measure/shape.h"
#include "policy/setting.h"

enum { SV_SCENARIO_PROCESSES_MAX = 2000, SV_SCENARIO_OPS_MAX = 32 };

struct sv_scenario {
    struct sv_setting_file file;
    int sync;                    /* 0 full, 1 normal */
    uint64_t records;            /* events that the store has before */
    int64_t kill_every_ns;       /* one process after the other is killed; 0: none */
    int64_t alone_ns;            /* so long one process of each kind alone before, to compare with; 0: not */

    bool has_fleet;
    uint64_t supervisors, agents; /* agents of each supervisor */
    struct sv_shape rate;        /* events a second of all agents of one supervisor */
    bool is_random;              /* they come independently of each other, not evenly */
    bool record;                 /* events are stored, too */
    int64_t fleet_deadline_ns;   /* 0: none */

    bool has_users;
    struct sv_shape users;       /* how many there are */
    double user_rate;            /* operations a second of all users together; 0: one after the other, thinking between */
    int64_t think_least_ns, think_most_ns;
    uint64_t requests;           /* of all users, then it is over; 0: the stages say when */
    uint64_t weights[SV_SCENARIO_OPS_MAX]; /* by operation (load_ops.h) */
    int64_t users_deadline_ns;
};

/* False with findings: unknown keys, values of another type, a load of nobody, an operation that is none. */
bool sv_scenario_load(struct sv_scenario *scenario, const char *path, struct sv_findings *findings);

/* The same shape in a part of the time: stages, pauses between kills, and the number of requests are divided. */
void sv_scenario_speed_up(struct sv_scenario *scenario, double times);

/* How long it is, in seconds; with requests: at most. */
double sv_scenario_length(const struct sv_scenario *scenario);

void sv_scenario_free(struct sv_scenario *scenario);

#endif
