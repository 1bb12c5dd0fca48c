/* SPDX-License-Identifier: ISC */
/* Any bytes as a scenario of a load: findings point into the file; what loads has somebody who does something, and an end. */
#include <math.h>
#include <stdlib.h>
#include <unistd.h>

#include "run/load_ops.h"
#include "run/scenario.h"

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size);

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
    char path[] = "/tmp/sv-fuzz-scenario-XXXXXX";
    struct sv_scenario scenario = {0};
    struct sv_findings findings = {0};
    int fd = mkstemp(path);
    if (fd < 0 || write(fd, data, size) != (ssize_t)size)
        abort();
    close(fd);
    bool fine = sv_scenario_load(&scenario, path, &findings);
    unlink(path);
    if (fine != (findings.count == 0))
        abort();
    for (size_t i = 0; i < findings.count; i++)
        if (findings.items[i].text[0] == '\0' || findings.items[i].line > size + 1)
            abort();
    if (fine) {
        uint64_t weights = 0;
        for (size_t i = 0; i < sv_load_op_count; i++)
            weights += scenario.weights[i];
        if ((!scenario.has_fleet && !scenario.has_users) || (scenario.has_users && weights == 0))
            abort();
        sv_scenario_speed_up(&scenario, 7);
        if (!isfinite(sv_scenario_length(&scenario)) || sv_shape_peak(&scenario.users) > SV_SCENARIO_PROCESSES_MAX)
            abort();
    }
    sv_scenario_free(&scenario);
    sv_findings_free(&findings);
    return 0;
}
