/* SPDX-License-Identifier: ISC */
/* load_private.h - the inside of a load: load.c (from beginning to end), load_feed.c (events to supervisors, in time), load_work.c (what
 * the processes do), load_ledger.c (what is there, against what must be), load_figures.c (results).
 *
 * Floor: run. */
#ifndef SV_RUN_LOAD_PRIVATE_H
#define SV_RUN_LOAD_PRIVATE_H

#include "base/process.h"
#include "base/temp.h"
#include "measure/fleet.h"
#include "run/load.h"
#include "run/load_ops.h"

enum { SV_LOAD_FINDINGS = 8 /* of the first failure */ };

#define SV_LOAD_POLICY "bench-ledger" /* finds every event */

/* What a supervisor tells, in memory common with it; it goes on over restarts. */
struct sv_load_supervisor_sum {
    volatile int is_ready;
    int64_t ready_cpu_ns;        /* of this life, before the start */
    uint64_t in_time, failures;
    int64_t written_bytes;
    uint64_t busy_waits, syncs, cache_hits, cache_misses; /* of lives that came to their end */
    struct sv_tally evaluate, commit, answer;
};

/* What a user tells. */
struct sv_load_user_sum {
    uint64_t done, failures, busy; /* busy: failures because of a lock */
    uint64_t emitted, sent, made, rows;
    struct sv_tally took;
};

struct sv_load_op_sum {
    struct sv_tally took;        /* many add */
    uint64_t failures, in_time;
};

struct sv_load_shared {
    volatile int64_t start_ns;   /* when it all begins; 0: not yet */
    int64_t clock_ns;            /* what the clock that events tell is ahead of the one that only goes forward */
    volatile int is_over;
    uint64_t requests;           /* taken */
    uint64_t failures;
    char is_claimed, is_told;    /* by who failed first: what follows is being written, is there */
    struct sv_error first;       /* failure */
    struct sv_error err;         /* of preparing */
    struct sv_findings_few {
        size_t count;
        struct sv_error items[SV_LOAD_FINDINGS];
    } findings;
    struct sv_load_op_sum ops[SV_SCENARIO_OPS_MAX];
};

/* A process, as its parent knows it. */
struct sv_load_process {
    pid_t pid;                   /* 0: none now */
    uint64_t restarts;
    int64_t cpu_ns, peak_bytes;  /* of all its lives, without getting ready */
    int64_t early_bytes, late_bytes; /* resident memory behind the first quarter, and at the last look */
};

/* Events on their way to a supervisor. */
struct sv_load_feed {
    int fd;                      /* -1: closed */
    struct sv_buf out;           /* [sent] of it are gone */
    size_t sent;
    uint64_t made;               /* events */
    uint64_t skipped, dropped;   /* that were to come and were not made, made and not sent: it was too far behind */
    double waited;               /* area of the rate at which the next one comes */
    double due_s;
    struct sv_buf kept;          /* all from event kept_from on, for one that is killed */
    uint32_t *lengths;           /* [made - kept_from + 1] of them */
    size_t length_count, length_capacity;
    uint64_t kept_from;
};

struct sv_load {
    const struct sv_load_spec *spec;
    const struct sv_scenario *scenario;
    struct sv_temp temp;
    struct sv_store_spec store;
    const char **policies;       /* [policy_count] those of the spec, and ours */
    size_t policy_count;
    struct sv_load_shared *shared;
    struct sv_load_supervisor_sum *supervisor_sums; /* [scenario->supervisors] */
    struct sv_load_user_sum *user_sums; /* [user_count] */
    struct sv_load_process *supervisors, *users;
    size_t user_count;
    struct sv_load_feed *feeds;
    struct sv_fleet *fleet;
    struct sv_random random;
    uint32_t number;             /* of the process being started */
    int read_end;                /* its pipe */
    double length_s, alone_per_s;
    int64_t feed_cpu_ns, wal_peak_bytes, store_before_bytes, store_after_bytes;
    uint64_t answered_in_time;   /* of the fleet, shortly after the last event was fed */
    size_t users_at_once;        /* at most */
    double ours;                 /* share of the processors that the load's processes had */
    double others;               /* share of the processors that other processes had meanwhile */
};

/* --- load_feed.c --- */

/* One for each supervisor, not yet to anybody. */
void sv_load_feeds_open(struct sv_load *load);

/* Makes the events that are due, writes what there is room for; returns when the next one is due, seconds from the start. */
double sv_load_feed(struct sv_load *load, double now_s);

/* All that was not answered is to be sent again, to this new pipe. */
void sv_load_feed_again(struct sv_load *load, uint32_t supervisor, int fd);

/* True once everything is written. And: what is not is dropped, and what was still to come counted. */
bool sv_load_feeds_are_empty(const struct sv_load *load);
void sv_load_feeds_drop(struct sv_load *load);
void sv_load_feeds_close(struct sv_load *load); /* their ends: supervisors come to the end of their input */
void sv_load_feeds_free(struct sv_load *load);

/* --- load_work.c --- */

/* Bodies of processes, context is the load: a supervisor, a user, and what makes the store before it all. */
int sv_load_supervise(void *context);
int sv_load_use(void *context);
int sv_load_prepare_store(void *context);

/* --- load_ledger.c --- */

/* Reads the store and counts. False with err. */
bool sv_load_count(struct sv_load *load, struct sv_load_outcome *outcome, struct sv_error *err);

/* --- load_figures.c --- */

/* Adds the result. */
void sv_load_put_figures(struct sv_load *load, const struct sv_load_outcome *outcome, struct sv_results *results);

#endif
