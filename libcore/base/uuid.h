/* SPDX-License-Identifier: ISC */
/* uuid.h - ids that nobody else has, in the order in which they were made: UUID version 7 (RFC 9562).
 *
 *     char id[SV_UUID_SIZE];
 *     sv_uuid7(sv_os_now_ns(), id);
 *
 * Floor: base. */
#ifndef SV_UUID_H
#define SV_UUID_H

#include <stdint.h>

enum { SV_UUID_SIZE = 37 }; /* bytes of its text, NUL included */

/* The milliseconds of time_ns, twelve bits of what is left of them, 62 random ones. */
void sv_uuid7(int64_t time_ns, char out[SV_UUID_SIZE]);

#endif
