/* SPDX-License-Identifier: ISC */
/* run.h - the main job, pulled batch by batch: records in, evaluations judged, stored, and lent as bytes to print.
 *
 * One call works until one batch is committed and lends its output: "printed after commit" is the shape of the call. A batch
 * ends at the first of: 20 ms of silence on a live input, 1 s since its first record, 10,000 hits, 1 MiB of output, 4 MiB to be
 * stored (1 MiB where others write to the store), a signal, the end. Without a store the same, without the commit.
 *
 * A run that follows, or reads a pipe, takes changed policies: between two batches it looks at their files, once a second. The
 * new set takes the place of the old one as a whole; if it has a finding, the old one stays and the findings are told, once. A
 * run that ends in a page keeps those that it began with.
 *
 *     struct sv_run *run = sv_run_open(&spec, &findings, &err);
 *     struct sv_slice out;
 *     while (sv_run_next(run, &out, &err))
 *         write(out);
 *     status = sv_run_close(run, &err);
 *
 * Floor: run. */
#ifndef SV_RUN_H
#define SV_RUN_H

#include <signal.h>

#include "policy/policy.h"
#include "run/ledger.h"
#include "run/probe.h"
#include "run/thin.h"
#include "store/store.h"

enum sv_output { SV_OUTPUT_JSON, SV_OUTPUT_TEXT, SV_OUTPUT_CSV, SV_OUTPUT_HTML };

enum { SV_RUN_ROWS_MAX = 50, SV_RUN_PAGE_ROWS = 500 }; /* in a table with summary set; in a page without `last` */

enum { SV_RUN_JOBS_MAX = 64 };

struct sv_run_spec {
    const char *const *operands; /* files, folders, "-" */
    size_t operand_count;
    const char *const *policies; /* files and folders */
    size_t policy_count;
    const char *const *only, *const *skip; /* ids, globs, tags */
    size_t only_count, skip_count;
    const struct sv_format *format; /* NULL: auto */
    const char *prices;          /* NULL: no estimates */
    const struct sv_value *preset; /* [SV_F_COUNT] of --set, NULL: none */
    bool no_store;
    struct sv_store_spec store;
    struct sv_slice arguments;   /* the command line, for the store */
    bool convert;                /* canonical events instead of evaluations: no policies, no store */
    bool resume;                 /* go on where this store's last run stopped; needs a store */
    bool follow;                 /* and do not end; implies resume */
    bool record;                 /* store the events, too; implies resume */
    struct sv_store *into;       /* a private store instead of opening one: all of every input belongs to this run. Borrowed */
    bool collect;                /* store the events and nothing else: no policies; implies record */
    bool count_only;             /* with collect: not even these, only what they add up to */
    size_t body_max;             /* bytes of a stored event's line; a longer one is cut. 0: SV_BODY_MAX */
    struct sv_thin *thin;        /* which events are not stored; NULL: all are. Borrowed */
    bool tick;                   /* at the end let time pass up to now: what is due fires */
    bool no_notes;               /* with convert: leave out notes */
    bool no_redact;
    bool all;                    /* a line for each policy that passed, too */
    bool strict;                 /* a rejected record makes the status SV_INPUT */
    bool exit_zero;              /* violations do not change the status */
    bool has_since, has_until;
    int64_t since_ns, until_ns;
    bool files_since;            /* leave out files not touched since since_ns */
    size_t last;                 /* only the last so many lines; 0: all. Of a page: so many rows */
    enum sv_output output;
    size_t width;                /* of the terminal, for the table; 0: no limit */
    bool color, utc;
    bool summary;                /* text: instead of more rows than SV_RUN_ROWS_MAX one a policy; not with live input */
    bool rows;                   /* with summary: the rows, too, as they come */
    size_t jobs;                 /* threads that look at records; 0 and 1: none but the caller's. What comes out is the same */
    size_t block_bytes;          /* for tests: what one of them takes at a time; 0: as it is best */
    const volatile sig_atomic_t *stop; /* set by a signal: finish the batch and end; may be NULL */

    const volatile sig_atomic_t *reload; /* changed by a signal: load the policies anew, changed or not; may be NULL */

    bool verbose;                /* tell also what is in order: logs left to another process, files that are gone, policies loaded anew */

    struct sv_run_probe *probe;  /* takes times; NULL: none are taken. Borrowed */

    /* A line to warn with: a file that cannot be read, a record rejected. May be NULL. */
    void (*notice)(void *context, const struct sv_error *err);
    void *context;
};

struct sv_run;

/* NULL when there is nothing to run: policies with findings (all in findings, err says how many), a store that is not ours,
 * no readable input. */
struct sv_run *sv_run_open(const struct sv_run_spec *spec, struct sv_findings *findings, struct sv_error *err);

/* One committed batch; out is lent until the next call and may be empty. False at the end, or with err set on failure: what
 * was not committed is not stored and was not lent. */
bool sv_run_next(struct sv_run *run, struct sv_slice *out, struct sv_error *err);

/* The counts so far, borrowed until sv_run_close, and the policies in use (NULL with convert), until the next sv_run_next. */
const struct sv_ledger *sv_run_ledger(const struct sv_run *run);
struct sv_policies *sv_run_policies(const struct sv_run *run);

/* Does it follow files, or read a pipe? */
bool sv_run_is_live(const struct sv_run *run);

/* Bytes read and to read (0: unknown), for a progress line. */
void sv_run_progress(const struct sv_run *run, int64_t *done, int64_t *total);

/* Ends: what is unread stays unread. Returns the exit status (the largest that applies). */
int sv_run_close(struct sv_run *run, struct sv_error *err);

#endif
