/* SPDX-License-Identifier: ISC */
/* Why a group was told of, or was not. */
#include "alert/notice.h"
#include "base/os.h"
#include "base/time.h"
#include "policy/kind.h"
#include "report/table.h"
#include "run/alert_ask.h"
#include "run/alert_set.h"
#include "store/outbox.h"
#include "team/message.h"

enum { TOLD_MAX = 10, ALERTS_TOLD = 20 };

struct explaining {
    struct sv_alert_set *set;
    const struct sv_store_group *row;
    struct sv_alert_group *group;     /* NULL: it is over */
    struct sv_buf *out;
    int64_t now_ns;
};

static void put_time(struct explaining *e, const char *name, int64_t ns)
{
    struct sv_buf time = {0};
    if (ns == 0 || ns == INT64_MAX)
        return;
    sv_time_format(&time, ns / SV_SECOND_NS * SV_SECOND_NS);
    sv_buf_printf(e->out, "  %-10s %s", name, sv_buf_cstr(&time));
    int64_t s = (ns - e->now_ns) / SV_SECOND_NS;
    if (s > 0)
        sv_buf_printf(e->out, " (in %lld s)", (long long)s);
    sv_buf_char(e->out, '\n');
    sv_buf_free(&time);
}

static void put_text(struct explaining *e, const char *name, struct sv_slice text)
{
    if (text.len == 0)
        return;
    sv_buf_printf(e->out, "  %-10s ", name);
    sv_text_safe(e->out, text);
    sv_buf_char(e->out, '\n');
}

/* What it says is what judge (alert/group.c) decided when it was looked at last. */
static const char *reason(const struct explaining *e)
{
    if (e->group == NULL)
        return "it is over: nothing in it fires any more";
    if (e->row->evaluations == e->row->old)
        return "nobody is told: all that came was too old when it came (max_age)";
    switch (e->group->group.why) {
    case SV_GROUP_NEVER: return "it waits for others to be told with it (group_wait)";
    case SV_GROUP_NEW: return "told: it was new";
    case SV_GROUP_MORE: return "told: alerts had begun since it was told before";
    case SV_GROUP_OVER: return "told: alerts were over";
    case SV_GROUP_REPEAT: return "told once more: it goes on (repeat_interval)";
    case SV_GROUP_ESCALATED: return "told to the next level: nobody had taken it on (escalate)";
    case SV_GROUP_NOTHING_NEW: return "not told: nothing had changed, and it is not time to repeat it";
    case SV_GROUP_MUTED: return "not told: its route was muted (mute)";
    case SV_GROUP_HIDDEN: return "not told: all that was to tell was silenced or inhibited";
    case SV_GROUP_ACKED: return "not repeated: somebody has taken it on";
    }
    return "";
}

static bool put_alert(struct explaining *e, const struct sv_group_alert *alert, struct sv_error *err)
{
    int64_t silence;
    bool inhibited;
    char id[SV_MESSAGE_ID_LEN + 1];
    if (!sv_alert_set_hides(e->set, alert->body, &silence, &inhibited, err))
        return false;
    sv_buf_str(e->out, "    ");
    sv_text_safe(e->out, alert->id);
    sv_buf_printf(e->out, ": %s, %llu time%s", alert->ended_ns != 0 ? "over" : "fires", (unsigned long long)alert->count, alert->count == 1 ? "" : "s");
    if (alert->is_old)
        sv_buf_str(e->out, ", too old to tell");
    else
        sv_buf_str(e->out, alert->was_told ? ", told" : ", not told yet");
    sv_message_put_id(silence, id);
    if (silence != 0)
        sv_buf_printf(e->out, ", silenced by %s", id);
    if (inhibited)
        sv_buf_str(e->out, ", inhibited by another alert");
    sv_buf_char(e->out, '\n');
    return true;
}

static bool put_alerts(struct explaining *e, struct sv_error *err)
{
    const struct sv_group *group = &e->group->group;
    sv_buf_printf(e->out, "  alerts     %zu, and %llu beyond what is kept apart\n", group->count, (unsigned long long)group->more);
    for (size_t i = 0; i < group->count && i < ALERTS_TOLD; i++)
        if (!put_alert(e, &group->alerts[i], err))
            return false;
    if (group->count > ALERTS_TOLD)
        sv_buf_printf(e->out, "    and %zu more\n", group->count - ALERTS_TOLD);
    return true;
}

static void put_timers(struct explaining *e)
{
    const struct sv_alert_route *route = &e->set->config->routes[e->group->route];
    const struct sv_group *group = &e->group->group;
    put_time(e, "due", sv_group_due(group, &route->timing));
    put_time(e, "turn", group->flush_ns);
    if (group->told_ns != 0)
        put_time(e, "repeat", sv_time_plus(group->told_ns, route->timing.repeat_ns));
    put_time(e, "next level", sv_group_level_due(group, &route->timing));
    if (sv_alert_is_muted(e->set->config, e->group->route, e->now_ns))
        sv_buf_str(e->out, "  muted      now\n");
}

static bool put_notices(struct explaining *e, struct sv_error *err)
{
    static const char *const states[] = {"waiting", "sent", "given up"};
    struct sv_store_notices notices = {0};
    bool fine = sv_store_outbox_list(e->set->store, e->row->id, INT64_MAX, TOLD_MAX, &notices, err);
    if (fine)
        sv_buf_printf(e->out, "  notified   %s\n", notices.count == 0 ? "nobody" : "");
    for (size_t i = 0; i < notices.count; i++) {
        const struct sv_store_notice *notice = &notices.items[i];
        struct sv_buf time = {0};
        sv_time_format(&time, notice->created_ns / SV_SECOND_NS * SV_SECOND_NS);
        sv_buf_printf(e->out, "    %s ", sv_buf_cstr(&time));
        sv_text_safe(e->out, notice->receiver);
        sv_buf_printf(e->out, ": %s, %s, %llu attempt%s", sv_notice_kind_name(notice->kind), states[(unsigned)notice->state % 3],
                      (unsigned long long)notice->attempts, notice->attempts == 1 ? "" : "s");
        if (notice->answer.len > 0) {
            sv_buf_str(e->out, ": ");
            sv_text_fit(e->out, notice->answer, 120);
        }
        sv_buf_char(e->out, '\n');
        sv_buf_free(&time);
    }
    sv_store_notices_free(&notices);
    return fine;
}

static bool explain(struct explaining *e, struct sv_error *err)
{
    char id[SV_MESSAGE_ID_LEN + 1];
    const struct sv_store_group *row = e->row;
    sv_message_put_id(row->id, id);
    enum sv_group_state state = e->group != NULL ? sv_group_state(&e->group->group, e->now_ns) : SV_GROUP_RESOLVED;
    sv_buf_printf(e->out, "%s: %s, %s\n", id, sv_group_state_name(state), sv_severity_name(row->severity));
    sv_buf_printf(e->out, "  why        %s\n", reason(e));
    put_text(e, "message", row->message);
    put_text(e, "by", row->labels);
    put_text(e, "route", row->route);
    put_text(e, "receiver", row->receiver);
    put_time(e, "begun", row->begun_ns);
    put_time(e, "told", row->told_ns);
    put_time(e, "over", row->resolved_ns);
    sv_buf_printf(e->out, "  so far     %llu evaluations, %llu of them old; told %llu times; level %u\n", (unsigned long long)row->evaluations,
                  (unsigned long long)row->old, (unsigned long long)row->notices, (unsigned)row->level);
    put_text(e, "taken on", row->acked_by);
    put_time(e, "until", row->acked_by.len > 0 ? row->acked_until_ns : 0);
    if (e->group != NULL) {
        put_timers(e);
        if (!put_alerts(e, err))
            return false;
    }
    return put_notices(e, err);
}

struct sv_answer *sv_alert_explain_open(const struct sv_ask *ask, const char *config_path, const char *id, struct sv_findings *findings,
                                        struct sv_error *err)
{
    struct sv_alert_config *config = sv_alert_config_load(config_path, findings);
    struct sv_store_spec spec = ask->store;
    struct sv_store_groups rows = {0};
    struct sv_buf out = {0};
    struct explaining e = {.out = &out, .now_ns = sv_os_now_ns()};
    spec.read_only = true;
    bool fine = config != NULL || sv_findings_fail(findings, "nothing can be told by it", err);
    struct sv_store *store = fine ? sv_store_open(&spec, err) : NULL;
    fine = store != NULL && sv_alert_find(store, id, &rows, err);
    if (fine) {
        e.set = sv_alert_set_new(store, config);
        e.row = &rows.items[0];
        fine = sv_alert_set_begin(e.set, e.now_ns, err);
        e.group = fine && e.row->resolved_ns == 0 ? sv_alert_set_find(e.set, e.row->key, err) : NULL;
        fine = fine && err->code == SV_DONE && explain(&e, err);
    }
    sv_alert_set_free(e.set);
    sv_store_groups_free(&rows);
    sv_store_close(store);
    sv_alert_config_free(config);
    if (fine)
        return sv_answer_ready(&out, SV_DONE);
    sv_buf_free(&out);
    return NULL;
}
