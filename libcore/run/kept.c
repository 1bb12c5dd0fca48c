/* SPDX-License-Identifier: ISC */
/* Events of a run to be stored with its batch: what --record and sv-index add keep. */
#include "run/private.h"
#include "run/record.h"

static bool is_left_out(struct sv_run *run, struct sv_event *event)
{
    switch (run->spec.thin != NULL ? sv_thin_event(run->spec.thin, event) : SV_THIN_KEEP) {
    case SV_THIN_SAMPLED: run->ledger.sampled++; return true;
    case SV_THIN_DEBOUNCED: run->ledger.debounced++; return true;
    default: return false;
    }
}

void sv_run_keep_event(struct sv_run *run, struct sv_event *event)
{
    const struct sv_record_spec spec = {.arena = &run->batch_arena, .redactor = run->redactor, .body_max = run->spec.body_max};
    /* those without a time in the order of their coming */
    int64_t time_ns = run->ledger.started_ns + (int64_t)run->ledger.judged;
    sv_fold_event(&run->fold, event, time_ns); /* a state is told by events that are not kept, too */
    if (is_left_out(run, event))
        return;
    if (run->kept_count == run->kept_capacity) {
        run->kept_capacity = run->kept_capacity > 0 ? 2 * run->kept_capacity : 256;
        run->kept = sv_realloc(run->kept, run->kept_capacity * sizeof *run->kept);
    }
    struct sv_run_kept *row = &run->kept[run->kept_count++];
    row->source = event->place.source;
    sv_record_event(&spec, event, time_ns, &row->event);
    run->held_bytes += row->event.body.len;
}
