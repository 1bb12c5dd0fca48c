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

/* Are figures of both to be compared? */
bool sv_machine_same(const struct sv_machine *a, const struct sv_machine *b);

/* Bytes of the folder's file system that a user may still fill, and all that it has; false with errno. */
bool sv_machine_space(const char *folder, int64_t *free_bytes, int64_t *all_bytes);

#endif
