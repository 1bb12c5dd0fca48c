/* SPDX-License-Identifier: ISC */
/* record.h - an event as a row of the store: what is asked for in columns, the canonical line as its body; without secrets, and
 * no longer than the limit.
 *
 * Floor: run. */
#ifndef SV_RUN_RECORD_H
#define SV_RUN_RECORD_H

#include "event/event.h"
#include "event/redact.h"
#include "store/store.h"

struct sv_record_spec {
    struct sv_arena *arena;       /* the row's texts live there */
    struct sv_redactor *redactor; /* NULL: secrets stay */
    size_t body_max;              /* 0: SV_BODY_MAX */
};

/* time_ns: for an event without one. */
void sv_record_event(const struct sv_record_spec *spec, struct sv_event *event, int64_t time_ns, struct sv_store_event *row);

/* A schema for who stores events: every field is derived, every member kept. */
struct sv_schema *sv_record_schema(void);

#endif
