/* SPDX-License-Identifier: ISC */
/* Any bytes as a file of limits: findings point into the file; what loads has one bound each, and misses all where nothing was measured. */
#include <stdlib.h>
#include <unistd.h>

#include "run/limits.h"

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size);

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
    char path[] = "/tmp/sv-fuzz-limits-XXXXXX";
    struct sv_limits limits = {0};
    struct sv_findings findings = {0};
    struct sv_results none = {0};
    int fd = mkstemp(path);
    if (fd < 0 || write(fd, data, size) != (ssize_t)size)
        abort();
    close(fd);
    bool fine = sv_limits_load(&limits, path, &findings);
    unlink(path);
    if (fine != (findings.count == 0))
        abort();
    for (size_t i = 0; i < findings.count; i++)
        if (findings.items[i].text[0] == '\0' || findings.items[i].line > size + 1)
            abort();
    for (size_t i = 0; fine && i < limits.count; i++)
        if (limits.items[i].has_max == limits.items[i].has_min)
            abort();
    if (fine && sv_limits_apply(&limits, &none) != limits.count)
        abort();
    sv_limits_free(&limits);
    sv_findings_free(&findings);
    return 0;
}
