/* SPDX-License-Identifier: ISC */
/* metrics.h - what a store tells of a fleet and of itself in numbers: for Prometheus, or as events of type `metric`, which policies
 * judge like any other.
 *
 * Counters count since the store was made. The events are about the last minutes.
 *
 *     struct sv_answer *answer = sv_metrics_open(&ask, &spec, &err);
 *
 * Floor: run. */
#ifndef SV_RUN_METRICS_H
#define SV_RUN_METRICS_H

#include "run/answer.h"
#include "run/ask.h"

enum sv_metrics_form { SV_METRICS_PROM, SV_METRICS_JSON };

struct sv_metrics_spec {
    enum sv_metrics_form form;
    int64_t window_ns; /* of the events: whole minutes up to now, from 1 minute to 7 days */
    const char *file;  /* put there, with mode 0644 and by rename, instead of being lent; NULL: not */
};

struct sv_answer *sv_metrics_open(const struct sv_ask *ask, const struct sv_metrics_spec *spec, struct sv_error *err);

#endif
