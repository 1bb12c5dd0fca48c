/* SPDX-License-Identifier: ISC */
/* fuzz_regex.c - any bytes as a pattern, on the text behind a NUL. A refusal has a place and a reason; a match lies inside the
 * text and holds the pattern's needle; the answer is the same twice. */
#include <stdlib.h>

#include "base/utf8.h"
#include "cel/regex.h"

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size);

static void require(bool holds)
{
    if (!holds)
        abort();
}

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
    const char *nul = memchr(data, '\0', size);
    struct sv_slice pattern = sv_slice((const char *)data, nul != NULL ? (size_t)(nul - (const char *)data) : size);
    struct sv_slice subject =
        nul != NULL ? sv_slice(nul + 1, size - pattern.len - 1) : SV_SLICE("cd /srv && git push --force; caf\xC3\xA9\n");
    struct sv_error err = {0};
    struct sv_regex *regex = sv_regex_new(pattern, &err);
    if (regex == NULL) {
        require(err.text[0] != '\0' && err.column > 0 && err.column <= pattern.len + 1);
        return 0;
    }
    if (sv_utf8_valid(subject)) {
        size_t start = 0, end = 0;
        const char *advice = sv_regex_advice(regex, pattern);
        enum sv_regex_result found = sv_regex_search(regex, subject, &start, &end);
        require(found == sv_regex_search(regex, subject, NULL, NULL));
        require(found == SV_REGEX_NO || advice == NULL || strstr(advice, "never") == NULL || found == SV_REGEX_LIMIT);
        if (found == SV_REGEX_YES) {
            require(start <= end && end <= subject.len);
            require(sv_slice_find(sv_slice(subject.data + start, end - start), sv_regex_needle(regex)) != NULL ||
                    sv_regex_needle(regex).len == 0);
        }
    }
    sv_regex_matches_empty(regex);
    sv_regex_free(regex);
    return 0;
}
