/* SPDX-License-Identifier: ISC */
/* alert_report.h - what was alerted in a day, a week or a month, how long people took, and what is open, beside the one before.
 *
 * Groups count for the period in which they began, tries to tell for that in which they ended; what is open, and what keeps it quiet,
 * is as of now. Floor: run. */
#ifndef SV_RUN_ALERT_REPORT_H
#define SV_RUN_ALERT_REPORT_H

#include "run/answer.h"
#include "run/ask.h"
#include "run/report_part.h"

struct sv_alert_report_spec {
    const char *config;   /* alerts.yaml: what inhibits what; NULL: there is none */
    enum sv_period_span span;
    enum sv_report_form form;
    int64_t at_ns;        /* the one in which this lies; 0: the last that is over */
};

/* Of groups that ask wants. NULL with findings where alerts.yaml is not usable, or with err alone. */
struct sv_answer *sv_alert_report_open(const struct sv_ask *ask, const struct sv_alert_report_spec *spec, struct sv_findings *findings,
                                       struct sv_error *err);

#endif
