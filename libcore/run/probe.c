/* SPDX-License-Identifier: ISC */
#include "run/probe.h"

#include "base/os.h"

void sv_run_probe_event(struct sv_run_probe *probe, const struct sv_event *event)
{
    if (probe->answer == NULL || !event->has_time)
        return;
    if (probe->waiting_count == probe->waiting_capacity) {
        probe->waiting_capacity = probe->waiting_capacity > 0 ? 2 * probe->waiting_capacity : 256;
        probe->waiting = sv_realloc(probe->waiting, probe->waiting_capacity * sizeof *probe->waiting);
    }
    probe->waiting[probe->waiting_count++] = event->time_ns;
}

void sv_run_probe_batch(struct sv_run_probe *probe)
{
    if (probe->waiting_count == 0)
        return;
    int64_t now_ns = sv_os_monotonic_ns() + probe->clock_ns;
    for (size_t i = 0; i < probe->waiting_count; i++) {
        int64_t took_ns = now_ns - probe->waiting[i];
        sv_tally_add(probe->answer, took_ns > 0 ? (uint64_t)took_ns : 0);
        probe->in_time += took_ns <= probe->deadline_ns;
    }
    probe->waiting_count = 0;
}

void sv_run_probe_free(struct sv_run_probe *probe)
{
    sv_free(probe->waiting);
    probe->waiting = NULL;
    probe->waiting_count = probe->waiting_capacity = 0;
}
