/* SPDX-License-Identifier: ISC */
/* child.h - programs that are not ours, several at a time: without a shell, with a bound to their time and to what is kept of
 * their output, and none left when its time is over.
 *
 * Each is the leader of a process group of its own. When it ends, or its time is over, the whole group is killed; only what has
 * left the group by itself (setsid) lives on. It has the environment it is given and nothing else: no descriptors but standard
 * input, which holds the bytes it is given, and output and error, of which the first bytes are kept and the rest is read and
 * forgotten; signals as by default, the root folder, files of mode 0600, no core. On Linux it ends with the process that started it.
 *
 *     struct sv_children *children = sv_children_new(8);
 *     if (!sv_children_start(children, &spec, &err)) ...                   // it could not even be started
 *     struct sv_child_end end;
 *     while (sv_children_next(children, -1, INT64_MAX, &end) == SV_CHILDREN_ENDED)
 *         use(end.owner, &end);
 *     sv_children_free(children);
 *
 * It wants to know of children that end: one such set in a process, and SIGCHLD is its own as long as there is one. Floor: base. */
#ifndef SV_CHILD_H
#define SV_CHILD_H

#include <stdint.h>

#include "base/error.h"
#include "base/slice.h"

struct sv_children;

struct sv_child_spec {
    const char *const *argv; /* ended by NULL; argv[0] is its path */
    const char *const *env;  /* ended by NULL */
    struct sv_slice input;   /* borrowed until it has ended */
    int64_t limit_ns;        /* of its time; > 0 */
    size_t output_max;       /* bytes that are kept of what it says */
    void *owner;             /* whatever tells it from others */
};

struct sv_child_end {
    void *owner;
    bool in_time;            /* false: it was killed for its time was over */
    int status;              /* its exit status; 128 + the signal's number */
    int64_t took_ns;
    struct sv_slice output;  /* lent until the next call */
    uint64_t output_bytes;   /* all that it said, as far as it was read */
};

/* room: how many at a time. */
struct sv_children *sv_children_new(size_t room);

/* Kills and awaits all. */
void sv_children_free(struct sv_children *children);

/* How many there are now. */
size_t sv_children_running(const struct sv_children *children);

/* Starts one; there must be room. False with err (SV_SYSTEM) when the system cannot run it: there is no such program, it may not be run. */
bool sv_children_start(struct sv_children *children, const struct sv_child_spec *spec, struct sv_error *err);

/* Feeds them and listens until one has ended; or wake (-1: none) can be read; or the monotonic clock is at until_ns; or a signal
 * came (as SV_CHILDREN_TIME). With none running it waits for wake and the clock all the same. */
enum sv_children_what { SV_CHILDREN_ENDED, SV_CHILDREN_WAKE, SV_CHILDREN_TIME };
enum sv_children_what sv_children_next(struct sv_children *children, int wake, int64_t until_ns, struct sv_child_end *end);

#endif
