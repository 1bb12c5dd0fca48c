/* SPDX-License-Identifier: ISC */
/* alert_intake.h - lines of evaluations into the store, where it lacks them.
 *
 *     struct sv_alert_line line;
 *     if (!sv_alert_line_read(&line, text, now_ns, redactor, &arena, &why)) ... // it is none
 *     sv_alert_line_put(store, run, &line, &added, &err);                      // in a transaction
 *
 * One that a run has put there under its id is known; one that never was has a place made of its id. Floor: run. */
#ifndef SV_RUN_ALERT_INTAKE_H
#define SV_RUN_ALERT_INTAKE_H

#include "event/redact.h"
#include "store/store.h"

struct sv_alert_line {
    struct sv_slice id;
    struct sv_policy policy;      /* its id, severity, action, version as far as the line says */
    struct sv_hit hit;
    int64_t time_ns;              /* now, where it has none */
};

/* Texts lie in the arena. False: why. */
bool sv_alert_line_read(struct sv_alert_line *line, struct sv_slice text, int64_t now_ns, struct sv_redactor *redactor, struct sv_arena *arena,
                        struct sv_error *why);

bool sv_alert_line_put(struct sv_store *store, int64_t run, const struct sv_alert_line *line, bool *added, struct sv_error *err);

#endif
