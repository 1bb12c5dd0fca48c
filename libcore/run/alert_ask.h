/* SPDX-License-Identifier: ISC */
/* alert_ask.h - groups of alerts as people ask for them: a list, the alerts of one, and why it was told or not.
 *
 * A group is named by its id or a beginning of it that no other has. All texts are redacted already. Floor: run. */
#ifndef SV_RUN_ALERT_ASK_H
#define SV_RUN_ALERT_ASK_H

#include "alert/group.h"
#include "run/answer.h"
#include "run/ask.h"
#include "run/body.h"
#include "store/alert.h"

extern const struct sv_list_column sv_alert_group_columns[], sv_alert_columns[];
extern const size_t sv_alert_group_column_count, sv_alert_column_count;

/* Newest first; with `all` also those that are over; state: only those in it, NULL: any. ask->list is of group columns. */
struct sv_answer *sv_alert_list_open(const struct sv_ask *ask, bool all, const char *state, struct sv_error *err);

/* The alerts of one group, in the order of their coming. ask->list is of alert columns. */
struct sv_answer *sv_alert_show_open(const struct sv_ask *ask, const char *id, struct sv_error *err);

/* In words: how it stands, when it is looked at next, why it was told of or not, and who was told. */
struct sv_answer *sv_alert_explain_open(const struct sv_ask *ask, const char *config, const char *id, struct sv_findings *findings,
                                        struct sv_error *err);

/* --- for who acts on groups --- */

/* The one group of this beginning, appended; false with err where there is none, or there are several. */
bool sv_alert_find(struct sv_store *store, const char *id, struct sv_store_groups *out, struct sv_error *err);

/* How it stands now: an acknowledgement may be over. */
enum sv_group_state sv_alert_state(const struct sv_store_group *group, int64_t now_ns);

/* A row of it. As of now: an acknowledgement may be over. */
void sv_alert_put_row(const struct sv_list *list, struct sv_buf *out, const struct sv_store_group *group, int64_t now_ns);

/* Is it what was asked for: names, severity, condition? */
bool sv_alert_is_wanted(const struct sv_ask *ask, struct sv_body *body, const struct sv_store_group *group, int64_t now_ns);

#endif
