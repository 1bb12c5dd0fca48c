/* SPDX-License-Identifier: ISC */
#include "alert/group.h"

#include "policy/kind.h"

enum { GROUP_VERSION = 2 };

static struct sv_group_alert *find(const struct sv_group *group, struct sv_slice id)
{
    for (size_t i = 0; i < group->count; i++)
        if (sv_slice_equal(group->alerts[i].id, id))
            return &group->alerts[i];
    return NULL;
}

static struct sv_slice own(struct sv_slice text)
{
    return sv_slice(sv_str_dup(text), text.len);
}

static void disown(struct sv_slice text)
{
    sv_free((void *)(uintptr_t)text.data);
}

static struct sv_group_alert *append(struct sv_group *group, struct sv_slice id)
{
    if (group->count == group->room) {
        group->room = group->room > 0 ? 2 * group->room : 4;
        group->alerts = sv_realloc(group->alerts, group->room * sizeof *group->alerts);
    }
    group->alerts[group->count] = (struct sv_group_alert){.id = own(id), .body = own(SV_SLICE(""))};
    return &group->alerts[group->count++];
}

static void forget(struct sv_group *group, size_t at)
{
    disown(group->alerts[at].id);
    disown(group->alerts[at].body);
    memmove(group->alerts + at, group->alerts + at + 1, (--group->count - at) * sizeof *group->alerts);
}

static void take_body(struct sv_group_alert *alert, struct sv_slice body)
{
    disown(alert->body);
    alert->body = own(body);
}

static void begin_alert(struct sv_group_alert *alert, bool is_old, int64_t now_ns)
{
    alert->started_ns = now_ns;
    alert->ended_ns = 0;
    alert->count = 0;
    alert->was_told &= !alert->was_told_ended; /* who was told that it fires, and not that it was over, knows */
    alert->was_told_ended = false;
    alert->is_old = is_old && !alert->was_told;
}

struct sv_group_alert *sv_group_fire(struct sv_group *group, const struct sv_group_timing *timing, struct sv_slice id, struct sv_slice body,
                                     bool is_old, int64_t now_ns)
{
    struct sv_group_alert *alert = find(group, id);
    if (alert == NULL && group->count == SV_GROUP_ALERTS_MAX) {
        group->more++;
        return NULL;
    }
    if (group->begun_ns == 0) {
        group->begun_ns = now_ns;
        group->flush_ns = sv_time_plus(now_ns, timing->wait_ns);
    }
    if (alert == NULL)
        alert = append(group, id);
    if (alert->count == 0 || alert->ended_ns != 0)
        begin_alert(alert, is_old, now_ns);
    alert->is_old &= is_old;
    alert->count++;
    alert->last_ns = now_ns > alert->last_ns ? now_ns : alert->last_ns;
    take_body(alert, body);
    return alert;
}

static void end_alert(struct sv_group_alert *alert, int64_t now_ns)
{
    alert->ended_ns = now_ns;
    alert->is_anew = false;
    alert->was_told_ended = !alert->was_told; /* what was never told need not be told to be over */
}

struct sv_group_alert *sv_group_resolve(struct sv_group *group, struct sv_slice id, struct sv_slice body, int64_t now_ns)
{
    struct sv_group_alert *alert = find(group, id);
    if (alert == NULL || alert->ended_ns != 0)
        return NULL;
    end_alert(alert, now_ns);
    if (body.len > 0)
        take_body(alert, body);
    return alert;
}

void sv_group_resolve_all(struct sv_group *group, int64_t now_ns)
{
    for (size_t i = 0; i < group->count; i++)
        if (group->alerts[i].ended_ns == 0) {
            end_alert(&group->alerts[i], now_ns);
            group->alerts[i].is_anew = true;
        }
}

static size_t firing(const struct sv_group *group)
{
    size_t count = 0;
    for (size_t i = 0; i < group->count; i++)
        count += group->alerts[i].ended_ns == 0;
    return count;
}

static bool is_acked(const struct sv_group *group, int64_t now_ns)
{
    return group->acked_until_ns > now_ns;
}

int64_t sv_group_level_due(const struct sv_group *group, const struct sv_group_timing *timing)
{
    if (group->first_told_ns == 0 || group->level >= timing->levels || firing(group) == 0)
        return INT64_MAX;
    int64_t due_ns = sv_time_plus(group->first_told_ns, timing->escalate_ns[group->level]);
    due_ns = group->level_wait_ns > due_ns ? group->level_wait_ns : due_ns;
    return group->acked_until_ns > due_ns ? group->acked_until_ns : due_ns;
}

static int64_t least(int64_t a, int64_t b)
{
    return a < b ? a : b;
}

int64_t sv_group_due(const struct sv_group *group, const struct sv_group_timing *timing)
{
    int64_t due_ns = group->begun_ns != 0 ? group->flush_ns : INT64_MAX;
    for (size_t i = 0; i < group->count && timing->resolve_after_ns > 0; i++)
        if (group->alerts[i].ended_ns == 0)
            due_ns = least(due_ns, sv_time_plus(group->alerts[i].last_ns, timing->resolve_after_ns));
    return least(due_ns, sv_group_level_due(group, timing));
}

static void end_old(struct sv_group *group, const struct sv_group_timing *timing, int64_t now_ns)
{
    for (size_t i = 0; i < group->count && timing->resolve_after_ns > 0; i++) {
        struct sv_group_alert *alert = &group->alerts[i];
        int64_t over_ns = sv_time_plus(alert->last_ns, timing->resolve_after_ns);
        if (alert->ended_ns == 0 && over_ns <= now_ns)
            end_alert(alert, over_ns);
    }
}

/* What has changed since it was told last, among what may be told. */
struct news {
    size_t firing, resolved; /* that may be told; what is over only once */
    size_t begun;            /* of those that fire, those not told yet */
    size_t hidden;
};

static struct news look(const struct sv_group *group, const struct sv_group_timing *timing,
                        bool (*hides)(void *context, const struct sv_group_alert *alert), void *context)
{
    struct news news = {0};
    for (size_t i = 0; i < group->count; i++) {
        const struct sv_group_alert *alert = &group->alerts[i];
        bool is_over = alert->ended_ns != 0;
        if (alert->is_old)
            continue;
        if (hides != NULL && hides(context, alert)) {
            news.hidden++;
            continue;
        }
        news.firing += !is_over;
        news.begun += !is_over && (!alert->was_told || alert->is_anew);
        news.resolved += is_over && timing->tells_resolved && !alert->was_told_ended;
    }
    return news;
}

static enum sv_group_why judge(const struct sv_group *group, const struct sv_group_timing *timing, const struct news *news, int64_t now_ns,
                               bool is_muted)
{
    if (news->firing + news->resolved == 0)
        return news->hidden > 0 ? SV_GROUP_HIDDEN : SV_GROUP_NOTHING_NEW;
    if (is_muted)
        return SV_GROUP_MUTED;
    if (news->begun > 0)
        return group->told_ns == 0 ? SV_GROUP_NEW : SV_GROUP_MORE;
    if (news->resolved > 0)
        return SV_GROUP_OVER;
    if (news->firing == 0 || group->told_ns == 0 || now_ns < sv_time_plus(group->told_ns, timing->repeat_ns))
        return SV_GROUP_NOTHING_NEW;
    return is_acked(group, now_ns) ? SV_GROUP_ACKED : SV_GROUP_REPEAT;
}

static void mark(struct sv_group *group, bool (*hides)(void *context, const struct sv_group_alert *alert), void *context)
{
    for (size_t i = 0; i < group->count; i++) {
        struct sv_group_alert *alert = &group->alerts[i];
        if (alert->is_old || (hides != NULL && hides(context, alert)))
            continue;
        alert->was_told |= alert->ended_ns == 0;
        alert->is_anew &= alert->ended_ns != 0;
        alert->was_told_ended |= alert->ended_ns != 0;
    }
}

/* The next turn is a whole number of intervals behind the last one, so that a machine that slept keeps the beat. */
static void next_turn(struct sv_group *group, const struct sv_group_timing *timing, int64_t now_ns)
{
    int64_t every = timing->interval_ns > 0 ? timing->interval_ns : 1;
    if (group->flush_ns <= now_ns)
        group->flush_ns = sv_time_plus(group->flush_ns, ((now_ns - group->flush_ns) / every + 1) * every);
}

/* Alerts that are over and told (or not to be told) leave. */
static void drop_ended(struct sv_group *group, const struct sv_group_timing *timing)
{
    for (size_t i = group->count; i-- > 0;)
        if (group->alerts[i].ended_ns != 0 && (group->alerts[i].was_told_ended || !timing->tells_resolved))
            forget(group, i);
}

static void escalate(struct sv_group *group, const struct sv_group_timing *timing, int64_t now_ns, bool is_muted, const struct news *news,
                     struct sv_group_notice *notice)
{
    if (is_acked(group, now_ns) || sv_group_level_due(group, timing) > now_ns)
        return;
    if (is_muted || news->firing == 0) {
        group->level_wait_ns = group->flush_ns; /* until it may be told again, it is looked at as often as the rest */
        return;
    }
    notice->level = ++group->level;
    if (!notice->is_due)
        notice->why = group->why = SV_GROUP_ESCALATED;
}

void sv_group_flush(struct sv_group *group, const struct sv_group_timing *timing, int64_t now_ns, bool is_muted,
                    bool (*hides)(void *context, const struct sv_group_alert *alert), void *context, struct sv_group_notice *notice)
{
    *notice = (struct sv_group_notice){.why = group->why};
    if (group->begun_ns == 0)
        return;
    end_old(group, timing, now_ns);
    struct news news = look(group, timing, hides, context);
    notice->firing = news.firing;
    notice->resolved = news.resolved;
    if (group->flush_ns <= now_ns) {
        notice->why = group->why = judge(group, timing, &news, now_ns, is_muted);
        notice->is_due = group->why >= SV_GROUP_NEW && group->why <= SV_GROUP_REPEAT;
        if (notice->is_due) {
            mark(group, hides, context);
            group->told_ns = now_ns;
            group->first_told_ns = group->first_told_ns == 0 ? now_ns : group->first_told_ns;
            group->notices++;
        }
        next_turn(group, timing, now_ns);
        notice->is_turn = !is_muted;
    }
    escalate(group, timing, now_ns, is_muted, &news, notice);
}

bool sv_group_tells(const struct sv_group_timing *timing, const struct sv_group_alert *alert, bool of_level)
{
    if (alert->ended_ns == 0)
        return !alert->is_old;
    return !of_level && alert->was_told && timing->tells_resolved;
}

void sv_group_settle(struct sv_group *group, const struct sv_group_timing *timing, const struct sv_group_notice *notice)
{
    if (notice->is_turn)
        drop_ended(group, timing);
    if (group->begun_ns != 0 && sv_group_is_over(group)) {
        uint64_t notices = group->notices;
        enum sv_group_why why = group->why;
        sv_group_free(group);
        group->notices = notices;
        group->why = why;
    }
}

void sv_group_ack(struct sv_group *group, int64_t until_ns)
{
    group->acked_until_ns = until_ns;
}

enum sv_group_state sv_group_state(const struct sv_group *group, int64_t now_ns)
{
    if (firing(group) == 0)
        return SV_GROUP_RESOLVED;
    if (is_acked(group, now_ns))
        return SV_GROUP_ACKNOWLEDGED;
    if (group->why == SV_GROUP_MUTED || group->why == SV_GROUP_HIDDEN)
        return SV_GROUP_SUPPRESSED;
    return group->told_ns == 0 ? SV_GROUP_PENDING : SV_GROUP_FIRING;
}

const char *sv_group_state_name(enum sv_group_state state)
{
    static const char *const names[SV_GROUP_STATES] = {[SV_GROUP_PENDING] = "pending",
                                                       [SV_GROUP_FIRING] = "firing",
                                                       [SV_GROUP_ACKNOWLEDGED] = "acknowledged",
                                                       [SV_GROUP_RESOLVED] = "resolved",
                                                       [SV_GROUP_SUPPRESSED] = "suppressed"};
    return names[state];
}

bool sv_group_is_over(const struct sv_group *group)
{
    return group->count == 0;
}

/* --- bytes --- */

void sv_group_save(const struct sv_group *group, struct sv_buf *out)
{
    const int64_t times[] = {group->begun_ns, group->flush_ns, group->told_ns, group->first_told_ns, group->acked_until_ns, group->level_wait_ns};
    sv_buf_char(out, GROUP_VERSION);
    for (size_t i = 0; i < sizeof times / sizeof *times; i++)
        sv_pack_int(out, times[i]);
    sv_pack_uint(out, group->level);
    sv_pack_uint(out, group->notices);
    sv_pack_uint(out, group->why);
    sv_pack_uint(out, group->more);
    sv_pack_uint(out, group->count);
    for (size_t i = 0; i < group->count; i++) {
        const struct sv_group_alert *alert = &group->alerts[i];
        sv_pack_text(out, alert->id);
        sv_pack_text(out, alert->body);
        sv_pack_int(out, alert->started_ns);
        sv_pack_int(out, alert->last_ns);
        sv_pack_int(out, alert->ended_ns);
        sv_pack_uint(out, alert->count);
        sv_pack_uint(out, alert->number);
        sv_pack_uint(out, alert->was_told | alert->was_told_ended << 1 | alert->is_old << 2 | alert->is_anew << 3);
    }
}

static void load_alert(struct sv_group *group, struct sv_unpack *in)
{
    struct sv_slice id = sv_unpack_text(in), body = sv_unpack_text(in);
    struct sv_group_alert *alert = append(group, id);
    take_body(alert, body);
    alert->started_ns = sv_unpack_int(in);
    alert->last_ns = sv_unpack_int(in);
    alert->ended_ns = sv_unpack_int(in);
    alert->count = sv_unpack_uint(in);
    alert->number = sv_unpack_uint(in);
    uint64_t flags = sv_unpack_uint(in);
    alert->was_told = flags & 1;
    alert->was_told_ended = flags >> 1 & 1;
    alert->is_anew = flags >> 3 & 1;
    alert->is_old = flags >> 2 & 1;
}

bool sv_group_load(struct sv_group *group, struct sv_slice bytes)
{
    struct sv_unpack in = sv_unpack(bytes);
    if (bytes.len == 0 || *in.at++ != GROUP_VERSION)
        return false;
    group->begun_ns = sv_unpack_int(&in);
    group->flush_ns = sv_unpack_int(&in);
    group->told_ns = sv_unpack_int(&in);
    group->first_told_ns = sv_unpack_int(&in);
    group->acked_until_ns = sv_unpack_int(&in);
    group->level_wait_ns = sv_unpack_int(&in);
    group->level = (uint32_t)sv_unpack_uint(&in);
    group->notices = sv_unpack_uint(&in);
    uint64_t why = sv_unpack_uint(&in);
    group->why = why <= SV_GROUP_ACKED ? (enum sv_group_why)why : SV_GROUP_NEVER;
    group->more = sv_unpack_uint(&in);
    uint64_t count = sv_unpack_uint(&in);
    for (uint64_t i = 0; i < count && count <= SV_GROUP_ALERTS_MAX && !in.failed; i++)
        load_alert(group, &in);
    if (!in.failed && count <= SV_GROUP_ALERTS_MAX)
        return true;
    sv_group_free(group);
    return false;
}

void sv_group_free(struct sv_group *group)
{
    while (group->count > 0)
        forget(group, group->count - 1);
    sv_free(group->alerts);
    *group = (struct sv_group){0};
}
