/* SPDX-License-Identifier: ISC */
/* alert_try.h - what alerts.yaml says, without anybody being told: which way an evaluation takes, and whether the file is usable.
 *
 * Floor: run. */
#ifndef SV_RUN_ALERT_TRY_H
#define SV_RUN_ALERT_TRY_H

#include "run/answer.h"
#include "run/ask.h"

extern const struct sv_list_column sv_alert_route_columns[];
extern const size_t sv_alert_route_column_count;

/* A row for each evaluation among the lines and each route that takes it, in ask->list. SV_FOUND: some evaluation reaches nobody. */
struct sv_answer *sv_alert_try_open(const struct sv_ask *ask, const char *config, struct sv_slice lines, const char *file,
                                    struct sv_findings *findings, struct sv_error *err);

/* Is it usable? In a line, how much it says, appended. False with findings. */
bool sv_alert_check(const char *config, struct sv_buf *out, struct sv_findings *findings);

#endif
