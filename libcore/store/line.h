/* SPDX-License-Identifier: ISC */
/* line.h - the line in which writers of one store stand: a side file of POSIX record locks, `<store>-line`.
 *
 * Who comes takes the next ticket while he holds the gate (byte 0), locks the ticket's own byte, lets the gate go, and has his
 * turn when no earlier ticket is locked any more. The kernel unlocks the bytes of a process that dies, so nobody waits for the
 * dead. The line is for fairness, never for safety: a side file that was removed or overwritten costs order, not rows.
 *
 *     struct sv_line *line = sv_line_open(path, &err);
 *     if (sv_line_enter(line, deadline_ns, &err) == SV_LINE_TURN) {
 *         ...
 *         sv_line_leave(line);
 *     }
 *     sv_line_close(line);
 *
 * POSIX locks belong to a process, and closing any descriptor of a file drops all its locks: one descriptor a file and process
 * is kept, counted, whoever opens it. So the line does not order two stores of one process, and lines of one process are
 * opened and closed by one thread. While somebody stands before us, waiting ends at the deadline by a timer whose signal
 * (SIGRTMIN + 6) gets a handler that does nothing.
 *
 * The file holds two little-endian 64-bit numbers: the next ticket, and the mark (checkpoint.c); from byte 4096 on lie bells. Lock offsets from 2^62 up are
 * names that a process holds, for instance of logs it reads. Floor: store; no SQLite. */
#ifndef SV_LINE_H
#define SV_LINE_H

#include <stdint.h>
#include <sys/types.h>

#include "base/error.h"

struct sv_line;

enum sv_line_state { SV_LINE_TURN, SV_LINE_LATE, SV_LINE_FAILED };

/* Creates the file with mode 0600; refuses a link and what others own or may write. NULL on failure. */
struct sv_line *sv_line_open(const char *path, struct sv_error *err);
void sv_line_close(struct sv_line *line);

/* Waits for the turn until deadline_ns (sv_os_monotonic_ns). LATE leaves err alone: sv_line_holder says who is in the way.
 * Signals do not end the waiting. */
enum sv_line_state sv_line_enter(struct sv_line *line, int64_t deadline_ns, struct sv_error *err);

/* Did others take a turn between our last two? */
bool sv_line_is_shared(const struct sv_line *line);

/* Gives the turn on. Nothing if we have none, or there is no line. */
void sv_line_leave(struct sv_line *line);

/* Who stands first, of those before our last ticket; 0: nobody, or not to be seen from here. */
pid_t sv_line_holder(struct sv_line *line);

/* The side file: for bell.h, which keeps its own part of it. */
int sv_line_file(const struct sv_line *line);

/* A number kept in the file; as of our turn, to be set during it. 0 at first. */
uint64_t sv_line_mark(const struct sv_line *line);
void sv_line_set_mark(struct sv_line *line, uint64_t mark);

/* Holds a name, given as a hash, until the process ends. Never waits: false when another process has it, with
 * its pid in *holder (0: not to be seen from here), or with err on failure. */
bool sv_line_hold(struct sv_line *line, uint64_t name, pid_t *holder, struct sv_error *err);

#endif
