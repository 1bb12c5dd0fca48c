/* SPDX-License-Identifier: ISC */
/* process.h - processes of one's own: started, waited for, ended; and memory that they have in common.
 *
 * A process that is started runs one function and ends with what that returns. It begins as a copy of the one that starts it, so
 * whoever starts many starts them while it is small, and has no store open: a connection does not survive a fork.
 *
 *     struct sums *sums = sv_process_share(sizeof *sums, &err);       // zeros, the same for all started from here on
 *     pid_t pid = sv_process_start(body, context, &err);
 *     ...
 *     struct sv_process_end end;
 *     sv_process_wait(pid, true, &end);
 *     sv_process_unshare(sums, sizeof *sums);
 *
 * Floor: base. */
#ifndef SV_PROCESS_H
#define SV_PROCESS_H

#include <stdint.h>
#include <sys/types.h>

#include "base/error.h"

/* Runs body(context) in a process of its own, which ends with its result as status. -1 with err (SV_SYSTEM) when there can be no
 * more. Ends with its parent where the system can see to that (Linux). It ends by exit(): what stdio holds unwritten at the start is
 * written by both, so whoever prints writes all of it before. */
pid_t sv_process_start(int (*body)(void *context), void *context, struct sv_error *err);

/* The same for one that outlives who starts it: in a session of its own, without standard input, output and error, and not waited for. */
pid_t sv_process_leave(int (*body)(void *context), void *context, struct sv_error *err);

/* How one came to its end, and what it has used. */
struct sv_process_end {
    int status;          /* exit status; 128 + the signal's number */
    int64_t cpu_ns;      /* user and system time */
    int64_t peak_bytes;  /* resident memory at its most; a started process begins with what its parent had */
};

/* Waits for this process; with `block` false looks only. 1: it has ended; 0: it still runs; -1: it is none of ours. */
int sv_process_wait(pid_t pid, bool block, struct sv_process_end *end);

/* Sends a signal; false when there is no such process. */
bool sv_process_signal(pid_t pid, int signal);

/* User and system time of a process so far, and its resident memory now; false where the system does not tell (Linux does). */
bool sv_process_look(pid_t pid, int64_t *cpu_ns, int64_t *resident_bytes);

/* Runs a program, found by PATH, without input and output, and waits for it. What it has to say goes to standard error. False with
 * err (SV_SYSTEM) when it cannot be started; else *status is its exit status, 128 + the signal's number. argv ends with NULL. */
bool sv_process_run(const char *const *argv, int *status, struct sv_error *err);

/* Memory common to this process and all that it starts; NULL with err. */
void *sv_process_share(size_t size, struct sv_error *err);
void sv_process_unshare(void *memory, size_t size);

/* Bytes that this process has had written to disks so far; false where the system does not tell. */
bool sv_process_written(int64_t *bytes);

/* From now on standard input of this process is what can be read from fd, which is closed. */
bool sv_process_stdin(int fd);

/* A pipe, closed when another program is run; its writing end does not wait for room (sv_os_write_some). False with err. */
bool sv_process_pipe(int *read_end, int *write_end, struct sv_error *err);

#endif
