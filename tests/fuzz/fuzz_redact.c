/* SPDX-License-Identifier: ISC */
/* Any bytes through the redactor: as text, as a string of JSON, and as JSON where they are. Line ends before a text
 * change nothing: it is looked at in windows, and they must not show. */
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
    size_t before = size % 67 + 1;
    bool has_tilde = size > 0 && memchr(data, '~', size < 8 ? size : 8) != NULL; /* of Azure, which wants four bytes before it */
    struct sv_buf shifted = {0}, clean = {0};
    memset(sv_buf_room(&shifted, before), '\n', before);
    shifted.len = before;
    sv_buf_add(&shifted, text);
    if (!has_tilde && (sv_redact_text(redactor, &clean, sv_buf_slice(&shifted)) != count || clean.len != before + out.len ||
                       (out.len > 0 && memcmp(clean.data + before, out.data, out.len) != 0)))
        abort();
    sv_buf_free(&shifted);
    sv_buf_free(&clean);
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
