/* SPDX-License-Identifier: ISC */
#include "run/alert_stats.h"

#include "base/os.h"
#include "run/alert_ask.h"
#include "run/alert_figures.h"
#include "run/report_part.h"

/* Part of the manual: new ones go to the end. */
enum {
    C_NAME, C_GROUPS, C_OPEN, C_UNACKED, C_SUPPRESSED, C_ACK_P50, C_ACK_P95, C_RESOLVE_P50, C_RESOLVE_P95, C_SENT, C_FAILED, C_EVALUATIONS,
    C_PENDING, C_FIRING, C_ACKNOWLEDGED, C_RESOLVED, C_ACKED, C_GIVEN_UP, C_COUNT
};

const struct sv_list_column sv_alert_stats_columns[] = {
    [C_NAME] = {"name", 10, 30, true, false, false},
    [C_GROUPS] = {"groups", 6, 7, false, false, true},
    [C_OPEN] = {"open", 4, 7, false, false, true},
    [C_UNACKED] = {"unacked", 7, 7, false, false, true},
    [C_SUPPRESSED] = {"suppressed", 10, 10, false, false, true},
    [C_ACK_P50] = {"ack_p50_ms", 7, 7, false, false, true},
    [C_ACK_P95] = {"ack_p95_ms", 7, 7, false, false, true},
    [C_RESOLVE_P50] = {"resolve_p50_ms", 11, 11, false, false, true},
    [C_RESOLVE_P95] = {"resolve_p95_ms", 11, 11, false, false, true},
    [C_SENT] = {"sent", 5, 7, false, false, true},
    [C_FAILED] = {"failed", 6, 7, false, false, true},
    [C_EVALUATIONS] = {"evaluations", 0, 11, false, false, true},
    [C_PENDING] = {"pending", 0, 7, false, false, true},
    [C_FIRING] = {"firing", 0, 7, false, false, true},
    [C_ACKNOWLEDGED] = {"acknowledged", 0, 12, false, false, true},
    [C_RESOLVED] = {"resolved", 0, 8, false, false, true},
    [C_ACKED] = {"acked", 0, 7, false, false, true},
    [C_GIVEN_UP] = {"given_up", 0, 8, false, false, true},
};
const size_t sv_alert_stats_column_count = C_COUNT;

enum { BY_POLICY, BY_STATE, BY_SEVERITY, BY_AGENT, BY_TEAM, BY_SUPERVISOR, BY_RECEIVER };
const char *const sv_alert_stats_keys[] = {
    [BY_POLICY] = "policy", [BY_STATE] = "state", [BY_SEVERITY] = "severity", [BY_AGENT] = "agent", [BY_TEAM] = "team",
    [BY_SUPERVISOR] = "supervisor", [BY_RECEIVER] = "receiver", NULL};

struct counting {
    size_t key;
    int64_t now_ns;
    struct sv_alert_figures figures;
    struct sv_map groups; /* id -> its figure */
};

static struct sv_slice name_of(const struct counting *counting, const struct sv_store_group *group)
{
    switch (counting->key) {
    case BY_STATE: return sv_slice_str(sv_group_state_name(sv_alert_state(group, counting->now_ns)));
    case BY_SEVERITY: return sv_slice_str(sv_severity_name(group->severity));
    case BY_AGENT: return group->agent;
    case BY_TEAM: return group->team;
    case BY_SUPERVISOR: return group->supervisor;
    case BY_RECEIVER: return group->receiver;
    default: return group->policy;
    }
}

static bool take_group(void *context, const struct sv_store_group *group, struct sv_error *err)
{
    struct counting *counting = context;
    struct sv_alert_figure *figure = sv_alert_figures_at(&counting->figures, name_of(counting, group));
    (void)err;
    sv_alert_figure_add(figure, group, counting->now_ns);
    sv_map_at(&counting->groups, sv_slice((const char *)&group->id, sizeof group->id))->pointer = figure;
    return true;
}

static bool take_delivery(void *context, const struct sv_store_delivery *delivery, struct sv_error *err)
{
    struct counting *counting = context;
    const struct sv_map_item *group = sv_map_find(&counting->groups, sv_slice((const char *)&delivery->group, sizeof delivery->group));
    (void)err;
    if (group != NULL)
        sv_alert_figure_deliver(counting->key == BY_RECEIVER ? sv_alert_figures_at(&counting->figures, delivery->receiver) : group->pointer, delivery);
    return true;
}

static void put_row(const struct sv_list *list, struct sv_buf *out, const struct sv_alert_figure *figure)
{
    struct sv_list_cell cells[C_COUNT] = {
        [C_NAME] = sv_ask_text(figure->name),
        [C_GROUPS] = sv_report_count(figure->groups),
        [C_OPEN] = sv_report_count(sv_alert_figure_open(figure)),
        [C_UNACKED] = sv_report_count(sv_alert_figure_unacked(figure)),
        [C_SUPPRESSED] = sv_report_count(figure->states[SV_GROUP_SUPPRESSED]),
        [C_ACK_P50] = sv_report_ms(&figure->to_ack, 0.5),
        [C_ACK_P95] = sv_report_ms(&figure->to_ack, 0.95),
        [C_RESOLVE_P50] = sv_report_ms(&figure->to_resolve, 0.5),
        [C_RESOLVE_P95] = sv_report_ms(&figure->to_resolve, 0.95),
        [C_SENT] = sv_report_count(figure->sent),
        [C_FAILED] = sv_report_count(figure->failed),
        [C_EVALUATIONS] = sv_report_count(figure->evaluations),
        [C_PENDING] = sv_report_count(figure->states[SV_GROUP_PENDING]),
        [C_FIRING] = sv_report_count(figure->states[SV_GROUP_FIRING]),
        [C_ACKNOWLEDGED] = sv_report_count(figure->states[SV_GROUP_ACKNOWLEDGED]),
        [C_RESOLVED] = sv_report_count(figure->states[SV_GROUP_RESOLVED]),
        [C_ACKED] = sv_report_count(figure->acked),
        [C_GIVEN_UP] = sv_report_count(figure->given_up),
    };
    sv_list_row(list, out, cells);
}

static void put_rows(const struct sv_ask *ask, struct counting *counting, struct sv_buf *out)
{
    static const char *const titles[C_COUNT] = {[C_ACK_P50] = "ack p50", [C_ACK_P95] = "ack p95", [C_RESOLVE_P50] = "resolve p50",
                                                [C_RESOLVE_P95] = "resolve p95"};
    struct sv_list list = ask->list;
    list.titles = titles;
    sv_alert_figures_sort(&counting->figures);
    sv_list_head(&list, out);
    for (size_t i = 0; i < counting->figures.by_name.count && i < ask->number; i++)
        put_row(&list, out, counting->figures.order[i]);
}

struct sv_answer *sv_alert_stats_open(const struct sv_ask *ask, size_t key, struct sv_error *err)
{
    struct counting counting = {.key = key, .now_ns = sv_os_now_ns()};
    struct sv_store_spec spec = ask->store;
    struct sv_buf out = {0};
    spec.read_only = true;
    struct sv_body *body = sv_body_open(ask->where, err);
    struct sv_store *store = body != NULL ? sv_store_open(&spec, err) : NULL;
    int64_t since_ns = ask->has_since ? ask->since_ns : INT64_MIN;
    bool fine = store != NULL &&
                sv_alert_each_group(store, ask, body, since_ns, ask->has_until ? ask->until_ns : INT64_MAX, counting.now_ns, take_group, &counting, err) &&
                sv_alert_each_delivery(store, since_ns, INT64_MAX, take_delivery, &counting, err);
    if (fine)
        put_rows(ask, &counting, &out);
    struct sv_answer *answer = fine ? sv_answer_ready(&out, SV_DONE) : NULL;
    sv_store_close(store);
    sv_body_close(body);
    sv_map_free(&counting.groups);
    sv_alert_figures_free(&counting.figures);
    return answer;
}
