/* SPDX-License-Identifier: ISC */
/* The indexes and tables of who looks for events: steps of schema.c. */
#include "store/private.h"

/* An id of the source's own has no order that rows come in: an index of it alone would touch a page of its own for each event. So
 * it stands by the hour, and who looks for an id goes through the hours; its first 8 bytes are enough to tell most apart. */
const char sv_schema_find[] =
    "CREATE INDEX idx_events_call ON events (call_id, time DESC) WHERE call_id IS NOT NULL;"
    "CREATE INDEX idx_events_trace ON events (trace_id, time DESC) WHERE trace_id IS NOT NULL;"
    "CREATE INDEX idx_events_own ON events (time / 3600000000000, substr(event, 1, 8)) WHERE event IS NOT NULL;"
    "CREATE INDEX idx_evaluations_session ON supervisor_policy_evaluations (session_id, created_at DESC) WHERE session_id IS NOT NULL;";
