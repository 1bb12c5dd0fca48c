/* SPDX-License-Identifier: ISC */
/* queries.h - how long the common questions take in a store of a given size: the job `queries` of sv-bench.
 *
 * Each question is asked as a program asks it, the opening of the store included; cold, with nothing of the store in memory, and
 * warm. The store is made for it, of a made-up fleet whose events are kept and evaluated, or it is one that is there; of such a one
 * questions about what it does not have are left out.
 *
 *     struct sv_queries_spec spec = {.run = &run_spec, .folder = "/var/tmp", .records = 100000, .cold = 5, .warm = 200};
 *     if (sv_queries_run(&spec, &results, &findings, &err)) ...
 *
 * Floor: run. */
#ifndef SV_RUN_QUERIES_H
#define SV_RUN_QUERIES_H

#include "run/result.h"
#include "run/run.h"

struct sv_queries_spec {
    const struct sv_run_spec *run; /* policies, prices, what tells to stop */
    const char *folder;
    const char *store;             /* this one, which is only read; NULL: one is made */
    uint64_t records, seed;
    unsigned cold, warm;           /* how often each question is asked */
    void (*progress)(void *context, unsigned done, unsigned all); /* before each question; may be NULL */
    void *context;
};

/* Adds one result. False with err, or with findings where policies are wrong. */
bool sv_queries_run(const struct sv_queries_spec *spec, struct sv_results *results, struct sv_findings *findings, struct sv_error *err);

#endif
