/* SPDX-License-Identifier: ISC */
/* fuzz_logfmt.c - any bytes as a log of this format (log.h says what must hold). */
#include <stddef.h>
#include <stdint.h>

#include "log.h"

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size);

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
    sv_format_of_line(sv_slice((const char *)data, size), true);
    return fuzz_log("logfmt", data, size);
}
