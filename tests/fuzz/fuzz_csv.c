/* SPDX-License-Identifier: ISC */
/* fuzz_csv.c - any bytes as a CSV file, cut into records by its framing: what comes out is sound and the same each time (log.h),
 * a record that the framing lets through has its quotes in order, and what is scanned in two parts ends where the whole does. */
#include <stddef.h>
#include <stdint.h>

#include "log.h"

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size);

static const char *in_two(struct sv_slice text, size_t cut, enum sv_framing_state *state)
{
    const char *stop = sv_framing_scan(SV_FRAMING_QUOTED, sv_slice(text.data, cut), state);
    return stop != NULL ? stop : sv_framing_scan(SV_FRAMING_QUOTED, sv_slice(text.data + cut, text.len - cut), state);
}

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
    struct sv_slice text = sv_slice((const char *)data, size);
    enum sv_framing_state whole = SV_FRAMING_START, parts = SV_FRAMING_START;
    const char *stop = sv_framing_scan(SV_FRAMING_QUOTED, text, &whole);
    int64_t ns;
    size_t at;
    if (size > 0) {
        fuzz_require(in_two(text, data[0] % size, &parts) == stop && parts == whole);
        const struct sv_format *format = sv_format_of_line(text, true);
        fuzz_require(format == NULL || format->framing == SV_FRAMING_LINES || sv_framing_may_end(whole));
        sv_framing_flaw(text, &at);
        fuzz_require(at < size);
    }
    if (stop != NULL) { /* the first record as the header of the rest */
        const struct sv_format *csv = sv_format_find(SV_SLICE("csv"));
        size_t key = csv->time_key(sv_slice(text.data, (size_t)(stop - text.data)));
        sv_reader_peek_time(csv, key, sv_slice(stop + 1, (size_t)(text.data + size - stop - 1)), &ns);
    }
    return fuzz_log("csv", data, size);
}
