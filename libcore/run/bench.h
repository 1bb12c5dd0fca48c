/* SPDX-License-Identifier: ISC */
/* bench.h - how fast this machine evaluates a log with these policies: the job `run` of sv-bench.
 *
 * Each repetition is two passes over the whole input, each in a process of its own: one that takes no times, for throughput, CPU
 * and memory, and one that takes the time of every record, batch and policy. What they print is made, and goes nowhere. Stores
 * lie in a folder that is removed again.
 *
 *     struct sv_bench_spec spec = {.run = &run_spec, .folder = "/var/tmp", .repeat = 5, .warm_up = 1};
 *     if (sv_bench_run(&spec, SV_BENCH_FULL, &results, &findings, &err)) ...
 *
 * Floor: run. */
#ifndef SV_RUN_BENCH_H
#define SV_RUN_BENCH_H

#include "run/result.h"
#include "run/run.h"

/* With a store or without, and how it is synced; the order of `names`. */
enum sv_bench_kind { SV_BENCH_PLAIN, SV_BENCH_NORMAL, SV_BENCH_FULL, SV_BENCH_KINDS };
extern const char *const sv_bench_kind_names[SV_BENCH_KINDS];

struct sv_bench_spec {
    const struct sv_run_spec *run; /* policies, operands, format; what has to do with stores and output is set here */
    const char *folder;            /* where stores are made; and, without operands, a log */
    uint64_t records, seed;        /* without operands: of a made-up fleet */
    unsigned repeat, warm_up;      /* repetitions that count, and passes before them that do not */

    /* Told before each pass, for a progress line: how many of all were done. May be NULL. */
    void (*progress)(void *context, unsigned done, unsigned all);
    void *context;
};

struct sv_bench;

/* NULL with err: no room for a log, a folder that cannot be written. */
struct sv_bench *sv_bench_open(const struct sv_bench_spec *spec, struct sv_error *err);

/* All repetitions of one kind, added to results as job `run`, name the kind's. False with err, and with findings where they are what
 * is wrong; or with err empty when a signal asked to stop. */
bool sv_bench_run(struct sv_bench *bench, enum sv_bench_kind kind, struct sv_results *results, struct sv_findings *findings,
                  struct sv_error *err);

/* Removes all that was made. Takes NULL. */
void sv_bench_close(struct sv_bench *bench);

/* The folder for data sets and stores where none is named: that of the default store, if it is there; else $TMPDIR, or /tmp. */
void sv_bench_default_folder(struct sv_buf *out);

/* Makes a log of the default fleet in this file. False with err when the file system has no room for it (`room`: bytes that are
 * needed besides), or it cannot be written: then no file is left. */
bool sv_bench_make_log(const char *path, uint64_t records, uint64_t seed, int64_t room, struct sv_error *err);

#endif
