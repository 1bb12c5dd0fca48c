/* SPDX-License-Identifier: ISC */
#include "policy/alarm.h"

void sv_alarm_start(struct sv_alarm *alarm)
{
    *alarm = (struct sv_alarm){.fired_ns = INT64_MIN};
}

static bool is_too_soon(const struct sv_alarm *alarm, const struct sv_kind_spec *spec, int64_t time_ns)
{
    return spec->realert_ns > 0 && alarm->fired_ns != INT64_MIN && time_ns < sv_time_plus(alarm->fired_ns, spec->realert_ns);
}

/* phase: what follows. */
static enum sv_alarm_says fire(struct sv_alarm *alarm, const struct sv_kind_spec *spec, int64_t time_ns, enum sv_alarm_phase phase)
{
    if (is_too_soon(alarm, spec, time_ns)) {
        alarm->suppressed++;
        return SV_ALARM_SUPPRESSES;
    }
    alarm->fired_ns = time_ns;
    alarm->phase = (uint8_t)phase;
    return SV_ALARM_FIRES;
}

static enum sv_alarm_says resolve(struct sv_alarm *alarm, const struct sv_kind_spec *spec)
{
    alarm->phase = SV_ALARM_QUIET;
    return spec->tells_resolved ? SV_ALARM_RESOLVES : SV_ALARM_NOTHING;
}

static enum sv_alarm_says holds(struct sv_alarm *alarm, const struct sv_kind_spec *spec, int64_t time_ns)
{
    switch ((enum sv_alarm_phase)alarm->phase) {
    case SV_ALARM_QUIET:
        if (spec->for_ns == 0) /* where nobody is told when it ends nothing has to wake up for it */
            return fire(alarm, spec, time_ns, spec->tells_resolved || spec->keep_ns > 0 ? SV_ALARM_FIRING : SV_ALARM_QUIET);
        alarm->phase = SV_ALARM_PENDING;
        alarm->since_ns = time_ns;
        return SV_ALARM_NOTHING;
    case SV_ALARM_PENDING:
        return SV_ALARM_NOTHING;
    case SV_ALARM_KEEPING:
        alarm->phase = SV_ALARM_FIRING;
        break;
    case SV_ALARM_FIRING:
        break;
    }
    return fire(alarm, spec, time_ns, SV_ALARM_FIRING);
}

static enum sv_alarm_says ends(struct sv_alarm *alarm, const struct sv_kind_spec *spec, int64_t time_ns)
{
    switch ((enum sv_alarm_phase)alarm->phase) {
    case SV_ALARM_QUIET:
        break;
    case SV_ALARM_PENDING:
        alarm->phase = SV_ALARM_QUIET;
        break;
    case SV_ALARM_FIRING:
        if (spec->keep_ns == 0)
            return resolve(alarm, spec);
        alarm->phase = SV_ALARM_KEEPING;
        alarm->since_ns = time_ns;
        break;
    case SV_ALARM_KEEPING: /* its timer ends that */
        break;
    }
    return SV_ALARM_NOTHING;
}

enum sv_alarm_says sv_alarm_look(struct sv_alarm *alarm, const struct sv_kind_spec *spec, struct sv_look look)
{
    if (look.is == SV_LOOK_HOLDS)
        return holds(alarm, spec, look.time_ns);
    if (look.is == SV_LOOK_ENDS)
        return ends(alarm, spec, look.time_ns);
    return look.is == SV_LOOK_POINT ? fire(alarm, spec, look.time_ns, SV_ALARM_QUIET) : SV_ALARM_NOTHING;
}

int64_t sv_alarm_due(const struct sv_alarm *alarm, const struct sv_kind_spec *spec)
{
    int64_t due_ns = sv_time_plus(alarm->since_ns, spec->for_ns);
    if (alarm->phase == SV_ALARM_PENDING) /* where that is too soon: once it is not, if it goes on to hold */
        return is_too_soon(alarm, spec, due_ns) ? sv_time_plus(alarm->fired_ns, spec->realert_ns) : due_ns;
    return alarm->phase == SV_ALARM_KEEPING ? sv_time_plus(alarm->since_ns, spec->keep_ns) : INT64_MAX;
}

enum sv_alarm_says sv_alarm_timer(struct sv_alarm *alarm, const struct sv_kind_spec *spec, int64_t due_ns)
{
    if (alarm->phase == SV_ALARM_KEEPING)
        return resolve(alarm, spec);
    return alarm->phase == SV_ALARM_PENDING ? fire(alarm, spec, due_ns, SV_ALARM_FIRING) : SV_ALARM_NOTHING;
}

int64_t sv_alarm_expiry(const struct sv_alarm *alarm, const struct sv_kind_spec *spec)
{
    if (alarm->phase != SV_ALARM_QUIET)
        return INT64_MAX;
    return alarm->fired_ns == INT64_MIN || spec->realert_ns == 0 ? INT64_MIN : sv_time_plus(alarm->fired_ns, spec->realert_ns);
}
