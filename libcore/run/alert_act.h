/* SPDX-License-Identifier: ISC */
/* alert_act.h - what operators do to groups of alerts: take them on, end them.
 *
 * Of several ids all are changed or none; each change is an event `operator.alert.*`, who, where and why with it, and one of the type
 * `alert`. Floor: run. */
#ifndef SV_RUN_ALERT_ACT_H
#define SV_RUN_ALERT_ACT_H

#include "run/act.h"
#include "run/alert_ask.h"

struct sv_alert_order {
    enum { SV_ALERT_ACK, SV_ALERT_RESOLVE } what;
    const char *const *ids;      /* [count], or none: all open ones that ask wants, of which there must be a condition */
    size_t count;
    int64_t for_ns;              /* 0: to its end */
    const char *who;             /* NULL: the user */
    struct sv_act_by by;
};

/* A row a group that was changed, in ask->list (group columns); NULL with findings or err: nothing was changed. */
struct sv_answer *sv_alert_act_open(const struct sv_ask *ask, const char *config, const struct sv_alert_order *order,
                                    struct sv_findings *findings, struct sv_error *err);

#endif
