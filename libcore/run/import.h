/* SPDX-License-Identifier: ISC */
/* import.h - what other stores exported, taken in: each event once, by its host and its id.
 *
 * Lines are gathered, then stored in one transaction, so that nobody waits in the line of writers for what is on its way: at the
 * first of 1 MiB, 20 ms of silence, 1 s, a signal, the end. A failure ends it at once, and closes what it reads from: who exports
 * learns of it.
 *
 * Floor: run. */
#ifndef SV_RUN_IMPORT_H
#define SV_RUN_IMPORT_H

#include <signal.h>

#include "run/intake.h"

enum { SV_IMPORT_BATCH = 1 << 20 };

struct sv_import_spec {
    struct sv_intake_spec intake;
    const char *const *operands; /* files, "-"; none: standard input */
    size_t operand_count;
    bool strict;                 /* a rejected line makes the status SV_INPUT */
    const volatile sig_atomic_t *stop; /* may be NULL */
    void (*notice)(void *context, const struct sv_error *err); /* a line to warn with */
    void *context;
};

/* Returns the status; err is set where it failed. What *counts says is stored, also then. */
enum sv_code sv_import(const struct sv_import_spec *spec, struct sv_intake_counts *counts, struct sv_error *err);

#endif
