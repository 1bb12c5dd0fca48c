/* SPDX-License-Identifier: ISC */
/* alert_figures.h - groups of alerts and what was told of them, added up by a name: how many, how they stand, how long people took.
 *
 *     struct sv_alert_figures figures = {0};
 *     sv_alert_figure_add(sv_alert_figures_at(&figures, group->policy), group, now_ns);
 *     sv_alert_figures_sort(&figures);                                   // figures.order[0] has the most groups
 *     sv_alert_figures_free(&figures);
 *
 * Time to acknowledge is from a group's begin to who first took it on, time to resolve to its end; both only of groups of which
 * somebody could be told. Floor: run. */
#ifndef SV_RUN_ALERT_FIGURES_H
#define SV_RUN_ALERT_FIGURES_H

#include "alert/group.h"
#include "base/map.h"
#include "measure/histogram.h"
#include "run/ask.h"
#include "run/body.h"
#include "store/alert.h"
#include "store/outbox.h"

struct sv_alert_figure {
    struct sv_slice name;
    uint64_t groups, evaluations, acked;
    uint64_t states[SV_GROUP_STATES];            /* groups, as they stand now */
    uint64_t sent, failed, given_up;             /* notifications; failed: tries */
    struct sv_histogram to_ack, to_resolve, took; /* microseconds; took: of tries that were sent */
};

struct sv_alert_figures {
    struct sv_map by_name;
    struct sv_alert_figure **order; /* [by_name.count] once sorted: most groups first, then most notifications, then by name */
    struct sv_arena arena;
};

struct sv_alert_figure *sv_alert_figures_at(struct sv_alert_figures *figures, struct sv_slice name);
void sv_alert_figures_sort(struct sv_alert_figures *figures);
void sv_alert_figures_free(struct sv_alert_figures *figures);

void sv_alert_figure_add(struct sv_alert_figure *figure, const struct sv_store_group *group, int64_t now_ns);
void sv_alert_figure_deliver(struct sv_alert_figure *figure, const struct sv_store_delivery *delivery);
void sv_alert_figure_free(struct sv_alert_figure *figure); /* of one that no figures have */

/* Of those that are open, in no mind of anybody: pending or firing. */
uint64_t sv_alert_figure_unacked(const struct sv_alert_figure *figure);
uint64_t sv_alert_figure_open(const struct sv_alert_figure *figure);

/* --- walks; take may stop with false and err --- */

/* Groups that ask wants, begun from one time on and before another, newest first. */
bool sv_alert_each_group(struct sv_store *store, const struct sv_ask *ask, struct sv_body *body, int64_t since_ns, int64_t until_ns, int64_t now_ns,
                         bool (*take)(void *context, const struct sv_store_group *group, struct sv_error *err), void *context, struct sv_error *err);

/* Tries that ended then, of whatever group. */
bool sv_alert_each_delivery(struct sv_store *store, int64_t since_ns, int64_t until_ns,
                            bool (*take)(void *context, const struct sv_store_delivery *delivery, struct sv_error *err), void *context,
                            struct sv_error *err);

#endif
