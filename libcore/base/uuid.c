/* SPDX-License-Identifier: ISC */
#include "base/uuid.h"

#include <stdio.h>

#include "base/os.h"

void sv_uuid7(int64_t time_ns, char out[SV_UUID_SIZE])
{
    uint64_t now = time_ns > 0 ? (uint64_t)time_ns : 0, ms = now / 1000000, random;
    sv_os_random(&random, sizeof random);
    snprintf(out, SV_UUID_SIZE, "%08x-%04x-7%03x-%04x-%012llx", (unsigned)(ms >> 16 & 0xffffffff), (unsigned)(ms & 0xffff),
             (unsigned)(now % 1000000 * 4096 / 1000000), (unsigned)(random >> 48 & 0x3fff) | 0x8000,
             (unsigned long long)random & 0xffffffffffff);
}
