/* SPDX-License-Identifier: ISC */
/* alarm.h - from "it holds" and "it does not" to violations: for, realert, keep_firing_for, resolved. Private to policy/.
 *
 * quiet -> pending (it holds, `for` is not over) -> firing -> keeping (it no longer holds, `keep_firing_for` is not over) -> quiet.
 * While it fires it may fire again, `realert` behind the last time; what would have fired before that is counted as suppressed. So
 * is what would begin to fire so soon: it stays quiet; or, with `for`, pending until then. What has no end to be told stays quiet,
 * too: each time that it holds it fires, as far as `realert` lets it.
 *
 * Floor: policy. */
#ifndef SV_ALARM_H
#define SV_ALARM_H

#include "policy/kind.h"

enum sv_alarm_phase { SV_ALARM_QUIET, SV_ALARM_PENDING, SV_ALARM_FIRING, SV_ALARM_KEEPING };

struct sv_alarm {
    int64_t since_ns;    /* pending: when it began to hold; keeping: when it ceased to */
    int64_t fired_ns;    /* INT64_MIN: never */
    uint32_t suppressed; /* since it fired */
    uint8_t phase;
};

enum sv_alarm_says { SV_ALARM_NOTHING, SV_ALARM_FIRES, SV_ALARM_RESOLVES, SV_ALARM_SUPPRESSES };

/* A quiet one that never fired. */
void sv_alarm_start(struct sv_alarm *alarm);

/* A look of the kind. */
enum sv_alarm_says sv_alarm_look(struct sv_alarm *alarm, const struct sv_kind_spec *spec, struct sv_look look);

/* When it wants to be woken; INT64_MAX: never. And then. */
int64_t sv_alarm_due(const struct sv_alarm *alarm, const struct sv_kind_spec *spec);
enum sv_alarm_says sv_alarm_timer(struct sv_alarm *alarm, const struct sv_kind_spec *spec, int64_t due_ns);

/* From when on a quiet alarm is as good as a new one; INT64_MAX for one that is not quiet. */
int64_t sv_alarm_expiry(const struct sv_alarm *alarm, const struct sv_kind_spec *spec);

#endif
