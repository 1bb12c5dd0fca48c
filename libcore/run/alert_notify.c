/* SPDX-License-Identifier: ISC */
#include "run/alert_notify.h"

#include <stdio.h>

#include "alert/notice.h"
#include "base/time.h"
#include "base/uuid.h"
#include "json/reader.h"
#include "json/writer.h"
#include "run/act.h"
#include "store/outbox.h"
#include "team/message.h"

/* --- into the outbox --- */

struct telling {
    struct sv_alert_set *set;
    const struct sv_alert_group *group;
    const struct sv_group_alert **alerts; /* [count] that are told */
    size_t count, firing;
    struct sv_slice names[SV_ALERT_BY_MAX], values[SV_ALERT_BY_MAX];
    size_t by_count;
    struct sv_arena arena;
};

static void choose(struct telling *telling, const bool *is_hidden, bool of_level)
{
    const struct sv_group *group = &telling->group->group;
    const struct sv_group_timing *timing = &telling->set->config->routes[telling->group->route].timing;
    telling->alerts = sv_realloc((void *)telling->alerts, (group->count + 1) * sizeof(struct sv_group_alert *));
    telling->count = telling->firing = 0;
    for (size_t i = 0; i < group->count; i++)
        if (!is_hidden[i] && sv_group_tells(timing, &group->alerts[i], of_level)) {
            telling->alerts[telling->count++] = &group->alerts[i];
            telling->firing += group->alerts[i].ended_ns == 0;
        }
}

static void read_labels(struct telling *telling)
{
    struct sv_value object, name, value;
    struct sv_error err = {0};
    if (!sv_json_read(telling->group->row.labels, &object, &err))
        return;
    struct sv_json_iter it = sv_json_iter(object);
    while (telling->by_count < SV_ALERT_BY_MAX && sv_json_next(&it, &name, &value)) {
        telling->names[telling->by_count] = sv_value_string(&name, &telling->arena);
        telling->values[telling->by_count++] = sv_value_string(&value, &telling->arena);
    }
}

static enum sv_notice_kind kind_of(enum sv_group_why why, size_t firing)
{
    switch (why) {
    case SV_GROUP_NEW: return SV_NOTICE_FIRING;
    case SV_GROUP_REPEAT: return SV_NOTICE_REPEATED;
    case SV_GROUP_ESCALATED: return SV_NOTICE_ESCALATED;
    default: return firing > 0 ? SV_NOTICE_CHANGED : SV_NOTICE_RESOLVED;
    }
}

static bool put(struct telling *telling, uint32_t receiver, uint32_t level, enum sv_group_why why, struct sv_error *err)
{
    struct sv_alert_set *set = telling->set;
    const struct sv_group *group = &telling->group->group;
    const struct sv_receiver *to = &set->config->receivers[receiver];
    char id[SV_MESSAGE_ID_LEN + 1], key[SV_MESSAGE_ID_LEN + 64];
    bool added;
    if (to->kind == SV_RECEIVER_NONE || telling->count == 0)
        return true;
    sv_message_put_id(telling->group->row.id, id);
    snprintf(key, sizeof key, "%s.%llu.%u", id, (unsigned long long)group->notices, (unsigned)level);
    struct sv_notice notice = {.key = sv_slice_str(key),
                               .group = sv_slice_str(id),
                               .receiver = to->name,
                               .by = telling->names,
                               .values = telling->values,
                               .by_count = telling->by_count,
                               .why = why,
                               .level = level,
                               .more = group->more,
                               .now_ns = set->now_ns};
    sv_buf_clear(&set->text);
    sv_notice_put(&set->text, &notice, telling->alerts, telling->count);
    struct sv_store_notice row = {.notification = notice.key,
                                  .group = telling->group->row.id,
                                  .receiver = to->name,
                                  .kind = kind_of(why, telling->firing),
                                  .level = level,
                                  .payload = sv_buf_slice(&set->text),
                                  .created_ns = set->now_ns,
                                  .next_try_ns = set->now_ns};
    if (!sv_store_outbox_add(set->store, &row, &added, err))
        return false;
    set->notices += added;
    sv_store_count(set->store, SV_COUNT_NOTICES, (int64_t)row.kind, added);
    return true;
}

/* Who was told that nobody takes it on is told that it is over. */
static bool put_levels_over(struct telling *telling, const struct sv_alert_route *route, struct sv_error *err)
{
    for (uint32_t i = 0; i < telling->group->group.level && i < route->timing.levels; i++)
        if (route->level_receivers[i] != route->receiver && telling->set->config->receivers[route->level_receivers[i]].tells_resolved &&
            !put(telling, route->level_receivers[i], i + 1, SV_GROUP_OVER, err))
            return false;
    return true;
}

bool sv_alert_notify(struct sv_alert_set *set, const struct sv_alert_group *group, const struct sv_group_notice *notice, const bool *is_hidden,
                     struct sv_error *err)
{
    const struct sv_alert_route *route = &set->config->routes[group->route];
    struct telling telling = {.set = set, .group = group};
    bool fine = true;
    if (!notice->is_due && notice->level == 0)
        return true;
    read_labels(&telling);
    if (notice->is_due) {
        choose(&telling, is_hidden, false);
        fine = put(&telling, route->receiver, 0, notice->why, err) &&
               (notice->why != SV_GROUP_OVER || telling.firing > 0 || put_levels_over(&telling, route, err));
    }
    if (fine && notice->level > 0 && notice->level <= route->timing.levels) {
        choose(&telling, is_hidden, true);
        fine = put(&telling, route->level_receivers[notice->level - 1], notice->level, SV_GROUP_ESCALATED, err);
    }
    sv_free((void *)telling.alerts);
    sv_arena_free(&telling.arena);
    return fine;
}

/* --- events --- */

static void put_member(struct sv_buf *out, const char *key, struct sv_slice text)
{
    if (text.len > 0)
        sv_act_put_member(out, key, text);
}

static void put_number(struct sv_buf *out, const char *key, uint64_t number)
{
    sv_json_put_key(out, key);
    sv_buf_uint(out, number);
}

static void put_event(struct sv_buf *out, const struct sv_alert_set *set, const struct sv_alert_group *group, struct sv_slice id, struct sv_slice name)
{
    const struct sv_store_group *row = &group->row;
    struct sv_buf time = {0};
    sv_time_format(&time, set->now_ns);
    sv_buf_char(out, '{');
    put_member(out, "id", id);
    put_member(out, "time", sv_buf_slice(&time));
    put_member(out, "source", SV_SLICE("sv"));
    put_member(out, "type", SV_SLICE("alert"));
    put_member(out, "entity_type", SV_SLICE("alert"));
    put_member(out, "entity_id", name);
    put_member(out, "state", sv_slice_str(sv_group_state_name((enum sv_group_state)row->state)));
    put_member(out, "severity", sv_slice_str(sv_severity_name(row->severity)));
    put_member(out, "policy", row->policy);
    put_member(out, "agent", row->agent);
    put_member(out, "team", row->team);
    put_member(out, "supervisor", row->supervisor);
    put_member(out, "receiver", row->receiver);
    put_number(out, "level", row->level);
    put_number(out, "firing", row->firing);
    put_number(out, "evaluations", row->evaluations);
    put_number(out, "notices", row->notices);
    put_member(out, "reason", sv_slice_str(sv_group_why_name(group->group.why)));
    put_member(out, "acked_by", row->acked_by);
    sv_json_put_key(out, "by");
    sv_buf_add(out, row->labels);
    put_member(out, "text", sv_buf_slice(&group->message));
    sv_buf_char(out, '}');
    sv_buf_free(&time);
}

bool sv_alert_tell(struct sv_alert_set *set, const struct sv_alert_group *group, struct sv_error *err)
{
    char id[SV_UUID_SIZE], name[SV_MESSAGE_ID_LEN + 1];
    size_t start = set->out.len;
    sv_uuid7(set->now_ns, id);
    sv_message_put_id(group->row.id, name);
    put_event(&set->out, set, group, sv_slice_str(id), sv_slice_str(name));
    struct sv_store_event event = {.event = sv_slice_str(id),
                                   .time_ns = set->now_ns,
                                   .type = SV_SLICE("alert"),
                                   .agent = group->row.agent,
                                   .team = group->row.team,
                                   .priority = -1,
                                   .entity_type = SV_SLICE("alert"),
                                   .entity_id = sv_slice_str(name),
                                   .body = sv_slice(set->out.data + start, set->out.len - start)};
    if (sv_alert_set_run(set, err) == 0 || !sv_store_put_own_event(set->store, set->run, &event, err))
        return false;
    sv_buf_char(&set->out, '\n');
    set->transitions++;
    return true;
}
