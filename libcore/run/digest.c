/* SPDX-License-Identifier: ISC */
#include "run/digest.h"

#include <stdlib.h>

#include "base/hash.h"
#include "base/time.h"
#include "base/utf8.h"

#define DAY_NS (86400 * SV_SECOND_NS)

void sv_digest_open(struct sv_digest *digest, size_t policies, size_t keep)
{
    *digest = (struct sv_digest){.policies = policies, .keep = keep};
    digest->groups = sv_calloc(2 * policies, sizeof *digest->groups);
}

/* Its beginning, whole characters of it. */
static struct sv_slice cut(struct sv_slice text)
{
    if (text.len <= SV_DIGEST_TEXT_MAX)
        return text;
    size_t len = SV_DIGEST_TEXT_MAX;
    while (len > SV_DIGEST_TEXT_MAX - 4 && ((unsigned char)text.data[len] & 0xC0) == 0x80)
        len--;
    return sv_slice(text.data, len);
}

static void count_pair(struct sv_digest *digest, struct sv_digest_group *group, uint64_t policy, struct sv_slice agent)
{
    if (agent.len == 0)
        return;
    if (digest->pairs.count >= SV_DIGEST_PAIRS_MAX)
        group->more_agents = true;
    else
        group->agents += sv_set_add(&digest->pairs, sv_hash(agent) ^ policy);
}

static void add_to_group(struct sv_digest *digest, const struct sv_policy *policy, const struct sv_hit *hit, struct sv_slice at)
{
    bool found = hit->outcome == SV_VIOLATION;
    struct sv_digest_group *group = &digest->groups[hit->policy + (found ? 0 : digest->policies)];
    bool is_last = hit->has_time ? !group->has_time || hit->time_ns >= group->last_ns : !group->has_time;
    group->count++;
    count_pair(digest, group, sv_hash(policy->id) * 2 + found, hit->agent);
    if (hit->has_time) {
        if (!group->has_time || hit->time_ns < group->first_ns)
            group->first_ns = hit->time_ns;
        if (!group->has_time || hit->time_ns > group->last_ns)
            group->last_ns = hit->time_ns;
        group->has_time = true;
    }
    if (is_last) {
        sv_buf_set(&group->example, cut(sv_hit_what(hit)));
        sv_buf_set(&group->at, cut(at));
    }
}

static void add_to_agent(struct sv_digest *digest, struct sv_slice agent, enum sv_severity severity)
{
    struct sv_slice name = cut(agent);
    struct sv_digest_agent *counts = name.len > 0 ? &digest->others : &digest->nameless;
    struct sv_map_item *item = name.len > 0 ? sv_map_find(&digest->agents, name) : NULL;
    if (item == NULL && name.len > 0 && digest->agents.count < SV_DIGEST_AGENTS_MAX) {
        item = sv_map_at(&digest->agents, name);
        item->pointer = sv_calloc(1, sizeof *counts);
    }
    if (item != NULL)
        counts = item->pointer;
    counts->counts[severity]++;
}

static int64_t day_of(int64_t ns)
{
    return ns / DAY_NS - (ns % DAY_NS < 0);
}

/* Makes room for the day, with slack on the side that grew: times come nearly in order. */
static struct sv_digest_agent *day_at(struct sv_digest *digest, int64_t day)
{
    if (digest->day_count > 0 && day >= digest->first_day && day < digest->first_day + (int64_t)digest->day_count)
        return &digest->days[digest->day_start + (size_t)(day - digest->first_day)];
    bool before = digest->day_count > 0 && day < digest->first_day;
    int64_t behind = digest->first_day + (int64_t)digest->day_count;
    size_t more = digest->day_count == 0 ? 1 : (size_t)(before ? digest->first_day - day : day - behind + 1);
    size_t free_before = digest->day_start, free_behind = digest->day_room - digest->day_start - digest->day_count;
    if (more > (before ? free_before : free_behind)) {
        size_t slack = (digest->day_count + more) / 2 + 16, room = digest->day_count + more + slack;
        size_t start = before ? more + slack : 0;
        struct sv_digest_agent *days = sv_calloc(room, sizeof *days);
        if (digest->day_count > 0)
            memcpy(days + start, digest->days + digest->day_start, digest->day_count * sizeof *days);
        sv_free(digest->days);
        digest->days = days;
        digest->day_room = room;
        digest->day_start = start;
    }
    if (digest->day_count == 0 || before)
        digest->first_day = day;
    digest->day_start -= before ? more : 0;
    digest->day_count += more;
    return &digest->days[digest->day_start + (size_t)(day - digest->first_day)];
}

static struct sv_slice put_into(char **room, struct sv_slice text)
{
    struct sv_slice copy = sv_slice(*room, text.len);
    if (text.len > 0)
        memcpy(*room, text.data, text.len);
    *room += text.len;
    return copy;
}

static struct sv_digest_row *row_of(const struct sv_policy *policy, const struct sv_hit *hit, struct sv_slice at)
{
    struct sv_slice agent = cut(hit->agent), message = cut(hit->message), what = cut(hit->summary);
    at = cut(at);
    struct sv_digest_row *row = sv_alloc(sizeof *row + agent.len + message.len + what.len + at.len);
    char *room = (char *)(row + 1);
    *row = (struct sv_digest_row){.policy = hit->policy,
                                  .outcome = hit->outcome,
                                  .severity = policy->severity,
                                  .has_time = hit->has_time,
                                  .time_ns = hit->time_ns};
    row->agent = put_into(&room, agent);
    row->message = put_into(&room, message);
    row->what = put_into(&room, what);
    row->at = put_into(&room, at);
    return row;
}

/* One more, and where that is one too many, the oldest of the least severe goes. */
static void keep_row(struct sv_digest *digest, struct sv_digest_row *row)
{
    struct sv_digest_queue *queue = &digest->rows[row->severity];
    if (queue->last != NULL)
        queue->last->next = row;
    else
        queue->first = row;
    queue->last = row;
    if (++digest->kept <= digest->keep)
        return;
    queue = digest->rows;
    while (queue->first == NULL)
        queue++;
    struct sv_digest_row *gone = queue->first;
    queue->first = gone->next;
    if (queue->first == NULL)
        queue->last = NULL;
    sv_free(gone);
    digest->kept--;
    digest->left_out++;
}

void sv_digest_add(struct sv_digest *digest, const struct sv_policy *policy, const struct sv_hit *hit, struct sv_slice at)
{
    bool found = hit->outcome == SV_VIOLATION;
    if (!found && hit->outcome != SV_OUTCOME_ERROR)
        return;
    add_to_group(digest, policy, hit, at);
    digest->count += found;
    digest->errors += !found;
    digest->by_severity[policy->severity] += found;
    if (digest->keep == 0)
        return;
    keep_row(digest, row_of(policy, hit, at));
    if (!found)
        return;
    add_to_agent(digest, hit->agent, policy->severity);
    if (hit->has_time)
        day_at(digest, day_of(hit->time_ns))->counts[policy->severity]++;
    else
        digest->untimed++;
}

struct ranked {
    uint64_t count;
    uint32_t group;
    enum sv_severity severity;
    bool error;
};

static int by_rank(const void *a, const void *b)
{
    const struct ranked *x = a, *y = b;
    if (x->error != y->error)
        return x->error ? 1 : -1;
    if (x->severity != y->severity)
        return x->severity > y->severity ? -1 : 1;
    if (x->count != y->count)
        return x->count > y->count ? -1 : 1;
    return x->group < y->group ? -1 : 1;
}

size_t sv_digest_order(const struct sv_digest *digest, struct sv_policies *set, uint32_t *order)
{
    struct ranked *ranked = sv_calloc(2 * digest->policies, sizeof *ranked);
    size_t count = 0;
    for (size_t i = 0; i < 2 * digest->policies; i++)
        if (digest->groups[i].count > 0)
            ranked[count++] = (struct ranked){digest->groups[i].count, (uint32_t)i,
                                              sv_policies_at(set, i % digest->policies)->severity, i >= digest->policies};
    if (count > 0)
        qsort(ranked, count, sizeof *ranked, by_rank);
    for (size_t i = 0; i < count; i++)
        order[i] = ranked[i].group;
    sv_free(ranked);
    return count;
}

enum unit { DAY, WEEK, MONTH, YEAR };

/* The first day of the span a day lies in. */
static int64_t span_start(enum unit unit, int64_t day)
{
    int64_t year;
    int month, of_month;
    if (unit == DAY)
        return day;
    if (unit == WEEK) {
        int64_t since_monday = (day + 3) % 7; /* 1970-01-01 was a Thursday */
        return day - (since_monday < 0 ? since_monday + 7 : since_monday);
    }
    sv_time_civil(day, &year, &month, &of_month);
    return sv_time_days(year, unit == YEAR ? 1 : month, 1);
}

static int64_t span_next(enum unit unit, int64_t start)
{
    static const int at_least[] = {1, 7, 31, 366};
    return span_start(unit, start + at_least[unit]);
}

static size_t spans(enum unit unit, int64_t first, int64_t last, size_t most)
{
    size_t count = 0;
    for (int64_t day = span_start(unit, first); day <= last && count <= most; day = span_next(unit, day))
        count++;
    return count;
}

static void put_label(struct sv_buf *out, enum unit unit, int64_t day)
{
    int64_t year;
    int month, of_month;
    sv_time_civil(day, &year, &month, &of_month);
    sv_buf_printf(out, "%04d", (int)year);
    if (unit < YEAR)
        sv_buf_printf(out, "-%02d", month);
    if (unit < MONTH)
        sv_buf_printf(out, "-%02d", of_month);
}

const char *sv_digest_days(const struct sv_digest *digest, size_t most,
                           void (*span)(void *context, struct sv_slice label, const struct sv_digest_agent *counts), void *context)
{
    static const char *const names[] = {"day", "week", "month", "year"};
    int64_t first = digest->first_day, last = first + (int64_t)digest->day_count - 1;
    enum unit unit = DAY;
    struct sv_buf label = {0};
    while (unit < YEAR && spans(unit, first, last, most) > most)
        unit++;
    for (int64_t day = span_start(unit, first), next; day <= last; day = next) {
        struct sv_digest_agent sum = {0};
        next = span_next(unit, day);
        for (int64_t d = day < first ? first : day; d < next && d <= last; d++)
            for (size_t s = 0; s < SV_DIGEST_SEVERITIES; s++)
                sum.counts[s] += digest->days[digest->day_start + (size_t)(d - first)].counts[s];
        sv_buf_clear(&label);
        put_label(&label, unit, day);
        span(context, sv_buf_slice(&label), &sum);
    }
    sv_buf_free(&label);
    return names[unit];
}

static void free_group(struct sv_digest_group *group)
{
    sv_buf_free(&group->example);
    sv_buf_free(&group->at);
}

void sv_digest_change_policies(struct sv_digest *digest, struct sv_policies *from, struct sv_policies *to)
{
    size_t count = sv_policies_count(to);
    struct sv_digest_group *groups = sv_calloc(2 * count, sizeof *groups);
    struct sv_map ids = {0};
    for (size_t i = 0; i < count; i++)
        sv_map_at(&ids, sv_policies_at(to, i)->id)->number = i;
    for (size_t i = 0; i < digest->policies; i++) {
        const struct sv_map_item *item = sv_map_find(&ids, sv_policies_at(from, i)->id);
        if (item != NULL) {
            groups[item->number] = digest->groups[i];
            groups[item->number + count] = digest->groups[i + digest->policies];
        } else {
            free_group(&digest->groups[i]);
            free_group(&digest->groups[i + digest->policies]);
        }
    }
    sv_map_free(&ids);
    sv_free(digest->groups);
    digest->groups = groups;
    digest->policies = count;
}

void sv_digest_free(struct sv_digest *digest)
{
    for (size_t i = 0; digest->groups != NULL && i < 2 * digest->policies; i++)
        free_group(&digest->groups[i]);
    for (size_t s = 0; s < SV_DIGEST_SEVERITIES; s++)
        for (struct sv_digest_row *row = digest->rows[s].first, *next; row != NULL; row = next) {
            next = row->next;
            sv_free(row);
        }
    for (size_t i = 0; i < digest->agents.count; i++)
        sv_free(digest->agents.items[i].pointer);
    sv_map_free(&digest->agents);
    sv_set_free(&digest->pairs);
    sv_free(digest->groups);
    sv_free(digest->days);
    *digest = (struct sv_digest){0};
}
