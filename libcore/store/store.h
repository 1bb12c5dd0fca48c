/* SPDX-License-Identifier: ISC */
/* store.h - the one SQLite file: opening, the line of writers, one transaction a batch.
 *
 * What a batch produced is one transaction: committed = found again after kill -9, a full disk, an I/O error. Writers queue on a
 * side file (`<store>-line`) so that 50 of them get their turn in order; safety is SQLite's own lock. Automatic checkpoints are
 * off in every connection: with several processes they can lose committed rows in SQLite before 3.51.3
 * (https://sqlite.org/wal.html#walresetbug); who has committed checkpoints while still in the line. Before each commit: is the
 * file still the one that was opened?
 *
 *     struct sv_store *store = sv_store_open(&spec, &err);
 *     if (!sv_store_begin(store, &err) || !sv_store_put_evaluation(store, ...) || !sv_store_commit(store, &err))
 *         sv_store_rollback(store);                          // err is complete; nothing of the batch is stored
 *     sv_store_close(store);
 *
 * sv-store(5) describes the tables. Floor: store; the only one that knows SQLite. */
#ifndef SV_STORE_H
#define SV_STORE_H

#include "event/redact.h"
#include "policy/policy.h"

struct sv_store;

struct sv_store_spec {
    const char *path;       /* NULL: $SV_STORE, else ${XDG_STATE_HOME:-~/.local/state}/sv-tools/sv.db */
    const char *program;    /* for messages and the runs table */
    int64_t wait_ns;        /* how long to wait for the lock; 0: 30 s */
    bool sync_normal;       /* --sync normal: the last commits may be lost on power loss, never on a killed process */
    bool read_only;         /* creates and migrates nothing */
};

/* Creates (file 0600, folder 0700), migrates, refuses what is not ours. NULL on failure: status 3 for a damaged, foreign, newer
 * file or a link; 4 for read-only, full, locked past the deadline, unreadable. */
struct sv_store *sv_store_open(const struct sv_store_spec *spec, struct sv_error *err);

/* Checkpoints where it pays, and closes. */
void sv_store_close(struct sv_store *store);

/* The file in use, as it was opened; borrowed. */
const char *sv_store_path(const struct sv_store *store);

/* The path that a NULL path in the spec means; in out. */
bool sv_store_default_path(struct sv_buf *out, struct sv_error *err);

/* Takes the write line and begins. Waits up to the deadline; the error names the holder. */
bool sv_store_begin(struct sv_store *store, struct sv_error *err);

/* Is the file still ours? COMMIT; perhaps a checkpoint; gives the line back. On failure everything was rolled back. */
bool sv_store_commit(struct sv_store *store, struct sv_error *err);
void sv_store_rollback(struct sv_store *store);

/* --- inside a transaction --- */

/* A new run; returns its number (for r<number> origins), 0 on failure. arguments: the command line, redacted by the caller. */
int64_t sv_store_run_start(struct sv_store *store, struct sv_slice arguments, int64_t started_ns, struct sv_error *err);

/* The run's ledger as a JSON object, replaced each time; ended_ns 0 while it goes on. */
bool sv_store_run_update(struct sv_store *store, int64_t run, struct sv_slice ledger, int64_t ended_ns, struct sv_error *err);

/* The store's number of an input and its number among files with an equal head (1, 2, ...). A pipe: run > 0, head ignored. The
 * same file (realpath) with the same head is the same source; pipes of a run are told apart by path and numbered alike. */
struct sv_store_source {
    uint64_t head;
    const char *path;
    uint64_t device, inode;
    int64_t run;        /* of a pipe; 0: a file */
    const char *format; /* may be NULL */
    struct sv_redactor *redactor; /* hides what the path holds of secrets; NULL: it is kept as it is */
};
bool sv_store_source(struct sv_store *store, const struct sv_store_source *source, int64_t *id, uint32_t *number,
                     struct sv_error *err);

/* The integer of this version of a policy, inserted on first sight. Cached; to be asked for in each transaction, as one that was
 * rolled back is forgotten. */
bool sv_store_policy(struct sv_store *store, const struct sv_policy *policy, int64_t *id, struct sv_error *err);

/* One row, keyed by (source, record, part, policy, key number); a row that is there already stays as it is, and a pass is not
 * stored. source: from sv_store_source, 0 for a timer (place.record is its due time); policy: from sv_store_policy, whose severity
 * and action the row gets; created_ns: event time, or the run's for an event without one. */
bool sv_store_put_evaluation(struct sv_store *store, int64_t run, int64_t source, int64_t policy, const struct sv_evaluation *row,
                             int64_t created_ns, struct sv_error *err);

/* Rows inserted by this connection so far (not counting those that were there). */
uint64_t sv_store_rows(const struct sv_store *store);

/* The version of SQLite in use. And one line about it: the version, its source id, those of its compile options that matter to
 * who keeps data in it, and whether its automatic checkpoints, which no program here lets run, could lose rows. */
const char *sv_store_library(void);
void sv_store_put_library(struct sv_buf *out);

/* Bytes of the write-ahead log now; over 256 MiB is worth a warning. */
int64_t sv_store_wal_bytes(const struct sv_store *store);

#endif
