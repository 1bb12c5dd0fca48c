/* SPDX-License-Identifier: ISC */
/* fuzz_sv.c - any bytes as a log of this format (log.h says what must hold). */
#include <stddef.h>
#include <stdint.h>

#include "log.h"

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size);

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
    return fuzz_log("sv", data, size);
}
