/* SPDX-License-Identifier: ISC */
/* report.h - what the fleet did in a day, a week or a month: what it cost, what went wrong, beside the one before.
 *
 * Periods are those of the clock here; hours that two days share count for the day in which most of them lies. What is counted was
 * counted with positions (sv-eval -r). Same store, same bytes, but for who
 * is silent now.
 *
 *     answer = sv_report_open(&ask, &report, &err);       // text for mail, CSV, or one page of HTML
 *
 * Floor: run. */
#ifndef SV_RUN_REPORT_H
#define SV_RUN_REPORT_H

#include "run/answer.h"
#include "run/ask.h"
#include "run/report_part.h"

struct sv_report_spec {
    enum sv_period_span span;
    enum sv_report_form form;
    int64_t at_ns;      /* the one in which this lies; 0: the last that is over */
};

/* ask's team and supervisor words hold: rows of teams, and of agents that the roster has there at the end of the period. */
struct sv_answer *sv_report_open(const struct sv_ask *ask, const struct sv_report_spec *spec, struct sv_error *err);

#endif
