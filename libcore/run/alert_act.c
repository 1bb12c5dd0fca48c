/* SPDX-License-Identifier: ISC */
#include "run/alert_act.h"

#include "base/os.h"
#include "base/time.h"
#include "event/redact.h"
#include "policy/kind.h"
#include "run/alert_set.h"
#include "team/message.h"

struct acting {
    const struct sv_ask *ask;
    const struct sv_alert_order *order;
    struct sv_store *store;
    struct sv_alert_set *set;
    struct sv_acts acts;
    struct sv_store_groups groups; /* that are meant */
    struct sv_buf who;
    int64_t now_ns;
};

/* --- which --- */

/* Named before, by whatever beginning of its id. */
static bool is_known(const struct acting *acting, size_t before)
{
    for (size_t i = 0; i < before; i++)
        if (acting->groups.items[i].id == acting->groups.items[before].id)
            return true;
    return false;
}

static bool find_named(struct acting *acting, struct sv_findings *findings, struct sv_error *err)
{
    for (size_t i = 0; i < acting->order->count; i++) {
        struct sv_error wrong = {0};
        size_t before = acting->groups.count;
        if (!sv_alert_find(acting->store, acting->order->ids[i], &acting->groups, &wrong)) {
            if (wrong.code != SV_INPUT)
                return *err = wrong, false;
            acting->groups.count = before;
            sv_findings_add(findings, &wrong);
        } else if (acting->groups.items[before].resolved_ns != 0) {
            sv_error_set(&wrong, SV_INPUT, "%s is over", acting->order->ids[i]);
            sv_findings_add(findings, &wrong);
        } else if (is_known(acting, before))
            acting->groups.count = before;
    }
    return findings->count == 0 || sv_findings_fail(findings, "nothing was changed", err);
}

static bool find_wanted(struct acting *acting, struct sv_error *err)
{
    struct sv_store_groups open = {0};
    struct sv_body *body = sv_body_open(acting->ask->where, err);
    bool fine = body != NULL && sv_store_groups_open(acting->store, &open, err);
    for (size_t i = 0; fine && i < open.count; i++)
        if (sv_alert_is_wanted(acting->ask, body, &open.items[i], acting->now_ns))
            fine = sv_store_groups_by_id(acting->store, open.items[i].id, open.items[i].id, &acting->groups, err);
    sv_store_groups_free(&open);
    sv_body_close(body);
    return fine && (acting->groups.count > 0 || sv_error_set(err, SV_INPUT, "no open group of alerts is like that; nothing was changed"));
}

/* --- what --- */

static void ack(struct acting *acting, struct sv_alert_group *group)
{
    const struct sv_alert_order *order = acting->order;
    int64_t until_ns = order->for_ns > 0 ? sv_time_plus(acting->now_ns, order->for_ns) : INT64_MAX;
    sv_group_ack(&group->group, until_ns);
    group->row.acked_by = sv_arena_dup(&acting->set->arena, sv_buf_slice(&acting->who));
    group->row.acked_ns = group->row.acked_ns != 0 ? group->row.acked_ns : acting->now_ns; /* of who came first */
    group->row.acked_until_ns = until_ns;
    group->is_acked = true;
}

static bool act(struct acting *acting, const struct sv_store_group *row, struct sv_error *err)
{
    static const char *const types[] = {[SV_ALERT_ACK] = "operator.alert.ack", [SV_ALERT_RESOLVE] = "operator.alert.resolve"};
    char id[SV_MESSAGE_ID_LEN + 1];
    struct sv_buf more = {0};
    struct sv_alert_group *group = sv_alert_set_find(acting->set, row->key, err);
    sv_message_put_id(row->id, id);
    if (group == NULL || group->row.id != row->id)
        return err->code == SV_DONE && sv_error_set(err, SV_INPUT, "%s is over; nothing was changed", id);
    if (acting->order->what == SV_ALERT_ACK)
        ack(acting, group);
    else
        sv_group_resolve_all(&group->group, acting->now_ns);
    sv_alert_set_touch(acting->set, group);
    if (acting->order->what == SV_ALERT_ACK)
        sv_act_put_member(&more, "by", sv_buf_slice(&acting->who));
    bool fine = sv_act_put(&acting->acts,
                           &(struct sv_act){.type = types[acting->order->what],
                                            .entity_type = "alert",
                                            .entity_id = sv_slice(id, SV_MESSAGE_ID_LEN),
                                            .agent = row->agent,
                                            .team = row->team,
                                            .more = sv_buf_slice(&more)},
                           err);
    sv_buf_free(&more);
    return fine;
}

static bool act_all(struct acting *acting, struct sv_findings *findings, struct sv_error *err)
{
    if (!(acting->order->count > 0 ? find_named(acting, findings, err) : find_wanted(acting, err)) ||
        !sv_alert_set_begin(acting->set, acting->now_ns, err))
        return false;
    for (size_t i = 0; i < acting->groups.count; i++)
        if (!act(acting, &acting->groups.items[i], err))
            return false;
    acting->set->run = acting->acts.run;
    return sv_alert_set_due(acting->set, 0, err) && sv_alert_set_save(acting->set, err) && sv_acts_end(&acting->acts, err);
}

static bool put_rows(struct acting *acting, struct sv_buf *out, struct sv_error *err)
{
    struct sv_store_groups rows = {0};
    bool fine = true;
    sv_list_head(&acting->ask->list, out);
    for (size_t i = 0; fine && i < acting->groups.count; i++)
        fine = sv_store_groups_by_id(acting->store, acting->groups.items[i].id, acting->groups.items[i].id, &rows, err);
    for (size_t i = 0; fine && i < rows.count; i++)
        sv_alert_put_row(&acting->ask->list, out, &rows.items[i], acting->now_ns);
    sv_store_groups_free(&rows);
    return fine;
}

static void take_who(struct acting *acting)
{
    struct sv_redactor *redactor = sv_redactor_new();
    if (acting->order->who != NULL)
        sv_redact_text(redactor, &acting->who, sv_slice_str(acting->order->who));
    else
        sv_os_user(&acting->who);
    sv_redactor_free(redactor);
}

struct sv_answer *sv_alert_act_open(const struct sv_ask *ask, const char *config_path, const struct sv_alert_order *order,
                                    struct sv_findings *findings, struct sv_error *err)
{
    struct sv_alert_config *config = sv_alert_config_load(config_path, findings);
    struct acting acting = {.ask = ask, .order = order, .now_ns = sv_os_now_ns()};
    struct sv_buf out = {0};
    bool fine = config != NULL || sv_findings_fail(findings, "nothing was changed", err);
    fine = fine && (acting.store = sv_store_open(&ask->store, err)) != NULL;
    if (fine) {
        take_who(&acting);
        acting.set = sv_alert_set_new(acting.store, config);
        acting.acts = (struct sv_acts){.store = acting.store, .now_ns = acting.now_ns, .by = order->by};
        fine = sv_store_begin(acting.store, err) && act_all(&acting, findings, err) && sv_store_commit(acting.store, err);
        if (!fine)
            sv_store_rollback(acting.store);
        sv_alert_set_end(acting.set, fine);
        fine = fine && put_rows(&acting, &out, err);
    }
    sv_acts_free(&acting.acts);
    sv_alert_set_free(acting.set);
    sv_store_groups_free(&acting.groups);
    sv_store_close(acting.store);
    sv_alert_config_free(config);
    sv_buf_free(&acting.who);
    if (fine)
        return sv_answer_ready(&out, SV_DONE);
    sv_buf_free(&out);
    return NULL;
}
