/* SPDX-License-Identifier: ISC */
/* intake.h - canonical lines that come from elsewhere, each event stored once, known by its host and its id.
 *
 * Where an event stands is made of what it is, not of where it was read: a source for each way it came by (its name, the host), as
 * record the event's time and a hash of its id, or that hash alone. So the same line is the same row whenever it comes again, rows
 * of a host grow at the index's right edge, and two ids that happen to meet stand side by side, for the ids are compared.
 *
 *     struct sv_intake *intake = sv_intake_open(&spec, &err);
 *     if (sv_intake_begin(intake, &err) && sv_intake_line(intake, line, &err) ... && sv_intake_commit(intake, &err)) ...
 *     sv_intake_close(intake);
 *
 * What is new counts in what the hours used, in the same transaction. Floor: run. */
#ifndef SV_RUN_INTAKE_H
#define SV_RUN_INTAKE_H

#include "event/event.h"
#include "store/store.h"

struct sv_intake_spec {
    struct sv_store_spec store;
    const char *source;            /* name of the source; NULL: one for each host, `import HOST` */
    bool by_id;                    /* the id alone says which event it is: a retry may have another time */
    const struct sv_value *preset; /* [SV_F_COUNT] fills fields that lines lack; NULL: none */
    const char *prices;            /* NULL: no estimates */
    bool no_redact;
    size_t body_max;               /* 0: SV_BODY_MAX */
    struct sv_slice arguments;     /* of a run's row, which is made with the first batch; empty: there is none */
};

struct sv_intake_counts {
    uint64_t lines, blank, rejected, known, added, bytes;
};

struct sv_intake;

struct sv_intake *sv_intake_open(const struct sv_intake_spec *spec, struct sv_error *err);

/* A batch: one transaction. After a failure nothing of it is stored and the intake is only to be closed. */
bool sv_intake_begin(struct sv_intake *intake, struct sv_error *err);
bool sv_intake_commit(struct sv_intake *intake, struct sv_error *err);

/* One line without its end. A line that is no event, or has no id, is rejected: true, with the reason in *why. False with err when
 * the store failed. */
bool sv_intake_line(struct sv_intake *intake, struct sv_slice line, struct sv_error *why, struct sv_error *err);

/* The same beyond the process's life: what was committed is on the disk. Only of use with spec.store.sync_normal. */
bool sv_intake_sync(struct sv_intake *intake, struct sv_error *err);

/* Of what was committed. */
const struct sv_intake_counts *sv_intake_counts(const struct sv_intake *intake);

void sv_intake_close(struct sv_intake *intake);

#endif
