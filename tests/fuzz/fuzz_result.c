/* SPDX-License-Identifier: ISC */
/* Any bytes as a file of results: what is read can be written, and what was written is read as the same; and compared with itself
 * nothing has changed. */
#include <stdlib.h>
#include <unistd.h>

#include "run/compare.h"

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size);

static char path[] = "/tmp/sv-fuzz-result-XXXXXX";

static bool load(struct sv_results *results, struct sv_slice bytes)
{
    struct sv_error err = {0};
    int fd = mkstemp(path);
    if (fd < 0 || write(fd, bytes.data, bytes.len) != (ssize_t)bytes.len)
        abort();
    close(fd);
    bool fine = sv_results_load(results, path, &err);
    unlink(path);
    memcpy(path + sizeof path - 7, "XXXXXX", 6);
    if (fine != (err.code == SV_DONE))
        abort();
    return fine;
}

static void put_all(struct sv_buf *out, const struct sv_results *results)
{
    for (size_t i = 0; i < results->count; i++)
        sv_result_put_json(out, results->items[i]);
}

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
    struct sv_results results = {0}, again = {0};
    struct sv_buf text = {0}, same = {0};
    struct sv_compare compare = {.threshold = 0.05, .level = 0.05, .anyway = true};
    struct sv_error err = {0};
    if (load(&results, sv_slice((const char *)data, size)) && results.count > 0) {
        put_all(&text, &results);
        if (!load(&again, sv_buf_slice(&text)))
            abort();
        put_all(&same, &again);
        if (!sv_slice_equal(sv_buf_slice(&text), sv_buf_slice(&same)))
            abort();
        if (sv_compare_results(&compare, &results, &again, &err) && compare.worse > 0)
            abort();
        struct sv_list list = {.columns = sv_results_columns, .count = sv_results_column_count, .form = SV_LIST_TEXT, .width = 100};
        sv_results_put(&same, &results, &list);
    }
    sv_compare_free(&compare);
    sv_buf_free(&text);
    sv_buf_free(&same);
    sv_results_free(&results);
    sv_results_free(&again);
    return 0;
}
