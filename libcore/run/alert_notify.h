/* SPDX-License-Identifier: ISC */
/* alert_notify.h - what a group that was looked at is told of: notifications into the outbox, changes of state as events.
 *
 * Inside of alert_set.h, in its transaction. Floor: run. */
#ifndef SV_RUN_ALERT_NOTIFY_H
#define SV_RUN_ALERT_NOTIFY_H

#include "run/alert_set.h"

/* Between flush and settle: puts what is due into the outbox, for the route's receiver and for a level's. */
bool sv_alert_notify(struct sv_alert_set *set, const struct sv_alert_group *group, const struct sv_group_notice *notice, const bool *is_hidden,
                     struct sv_error *err);

/* The group's state has changed: an event `alert`, stored, and a line in set->out. */
bool sv_alert_tell(struct sv_alert_set *set, const struct sv_alert_group *group, struct sv_error *err);

#endif
