/* SPDX-License-Identifier: ISC */
/* machine.h - what this machine is: for figures, which say nothing without it.
 *
 *     struct sv_machine machine;
 *     sv_machine_look(&machine, &arena, "/var/lib/sv");        // texts live in the arena
 *
 * Floor: base. */
#ifndef SV_MACHINE_H
#define SV_MACHINE_H

#include <stdint.h>

#include "base/mem.h"

struct sv_machine {
    struct sv_slice cpu;         /* model; what is not known is empty, or 0 */
    struct sv_slice kernel;      /* name, release and kind of processor */
    struct sv_slice file_system; /* its type, of the folder asked for */
    int64_t cores, memory_bytes;
};

void sv_machine_look(struct sv_machine *machine, struct sv_arena *arena, const char *folder);

/* Processors that it has now. */
int64_t sv_machine_cores(void);

/* Are figures of both to be compared? */
bool sv_machine_same(const struct sv_machine *a, const struct sv_machine *b);

/* Between two moments, what others did: the share of all processors, 0 to 1, that they had while one's own processes used ours_ns of
 * processor time; 0 where the system does not tell.
 *
 *     struct sv_machine_moment start = sv_machine_now();
 *     ...
 *     double others = sv_machine_others(&start, ours_ns); */
struct sv_machine_moment {
    int64_t at_ns, busy_ns; /* of the clock that only goes forward; of all processes since the machine started, -1: not known */
};
struct sv_machine_moment sv_machine_now(void);
double sv_machine_others(const struct sv_machine_moment *start, int64_t ours_ns);

#endif
