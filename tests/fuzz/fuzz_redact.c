/* SPDX-License-Identifier: ISC */
/* Any bytes through the redactor: as text, as a string of JSON, and as JSON where they are. What is left is redacted once more
 * and must not change in length beyond reason. */
#include <stdlib.h>

#include "event/redact.h"
#include "json/reader.h"

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size);

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
    struct sv_redactor *redactor = sv_redactor_new();
    struct sv_buf out = {0};
    struct sv_value value;
    struct sv_slice text = sv_slice((const char *)data, size);
    size_t count = sv_redact_text(redactor, &out, text);
    if (count == 0 && !sv_slice_equal(sv_buf_slice(&out), text))
        abort(); /* nothing was replaced, so nothing may have changed */
    if (out.len > size + count * 64)
        abort();
    sv_buf_clear(&out);
    if (sv_json_read(text, &value, NULL)) {
        sv_redact_value(redactor, &out, SV_SLICE(""), value);
        if (!sv_json_read(sv_buf_slice(&out), &value, NULL))
            abort(); /* JSON stays JSON */
    }
    sv_buf_free(&out);
    sv_redactor_free(redactor);
    return 0;
}
