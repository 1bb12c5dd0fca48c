/* SPDX-License-Identifier: ISC */
/* bell.h - waking who waits for something to come into the store: 1,024 bells in the side file of the write line.
 *
 * Who has committed rings the bell of a name; who waits for that name looks at its bell, then into the store, and sleeps until the
 * bell is another than it was. Names share bells, so one may be woken for nothing; and a bell that was never rung, because its
 * ringer died on the way, wakes nobody: who waits also looks by himself now and then. On Linux a futex(2) on the shared page,
 * elsewhere a look every 5 ms. No memory of the page is touched, so a side file that was cut costs a wake-up, not the process.
 *
 *     uint32_t was = sv_bell_look(file, name);
 *     ... nothing there ...
 *     sv_bell_wait(file, name, was, timeout_ms);
 *
 * file: sv_line_file. Floor: store; no SQLite. */
#ifndef SV_STORE_BELL_H
#define SV_STORE_BELL_H

#include <stdint.h>

#include "base/slice.h"

/* What the bell is now; and another one from now on. */
uint32_t sv_bell_look(int file, struct sv_slice name);
void sv_bell_ring(int file, struct sv_slice name);

/* Until the bell differs from what it was, a signal comes, or the time is over. */
void sv_bell_wait(int file, struct sv_slice name, uint32_t was, int timeout_ms);

#endif
