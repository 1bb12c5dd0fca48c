/* SPDX-License-Identifier: ISC */
/* What a report tells, collected: one pass over the hours of each period, one over what each policy found. */
#include "run/report.h"

#include <stdlib.h>

#include "base/mem.h"
#include "base/os.h"
#include "base/time.h"
#include "run/fleet.h"
#include "run/report_private.h"
#include "run/whose.h"
#include "store/hours.h"

#define HOUR_NS (3600 * SV_SECOND_NS)
#define SILENT_MAX 1000

static void close_report(struct sv_report *report)
{
    sv_store_close(report->store);
    sv_roster_free(report->roster);
    for (int kind = 0; kind < SV_REPORT_KINDS; kind++) {
        struct sv_report_items *items = &report->items[kind];
        for (size_t i = 0; i < items->by_key.count; i++)
            sv_histogram_free(&((struct sv_report_item *)items->by_key.items[i].pointer)->durations);
        sv_map_free(&items->by_key);
        sv_free(items->items);
    }
    for (size_t i = 0; i < report->policies.count; i++)
        sv_map_free(&((struct sv_report_policy *)report->policies.items[i].pointer)->agents);
    sv_map_free(&report->policies);
    sv_arena_free(&report->arena);
    sv_free(report->slots);
    sv_free(report->policy_order);
    sv_free(report->alerts);
    sv_free(report->silent);
    sv_buf_free(&report->out);
}

/* --- whom it is about --- */

static bool has_words(const struct sv_ask *ask)
{
    return ask->which[SV_ASK_TEAM].count + ask->which[SV_ASK_SUPERVISOR].count > 0;
}

/* The team of what an agent did: as recorded, else as the roster had it then. */
static bool find_team(struct sv_report *report, int64_t team_id, int64_t agent_id, int64_t at_ns, struct sv_slice *team,
                      const struct sv_roster_place **place, struct sv_error *err)
{
    struct sv_slice agent, recorded;
    if (!sv_store_name_text(report->store, SV_NAME_TEAM, team_id, &recorded, err) || !sv_store_name_text(report->store, SV_NAME_AGENT, agent_id, &agent, err))
        return false;
    *place = sv_whose_then(report->roster, agent, recorded, at_ns, team);
    return true;
}

/* --- usage --- */

static void add(struct sv_report_sum *sum, const struct sv_used *row, bool is_call)
{
    sum->events += (uint64_t)row->events;
    sum->errors += (uint64_t)row->errors;
    sum->calls += is_call ? (uint64_t)row->events : 0;
    sum->input_tokens += row->input_tokens;
    sum->output_tokens += row->output_tokens;
    sum->unpriced_tokens += row->unpriced_tokens;
    sum->cost_usd += row->cost_usd;
}

static const enum sv_name_table tables[SV_REPORT_KINDS] = {SV_NAME_AGENT, SV_NAME_TEAM, SV_NAME_MODEL, SV_NAME_TOOL};

static struct sv_report_item *item_of(struct sv_report *report, enum sv_report_kind kind, struct sv_slice key)
{
    struct sv_map_item *item = sv_map_at(&report->items[kind].by_key, key);
    if (item->pointer == NULL)
        item->pointer = sv_arena_calloc(&report->arena, 1, sizeof(struct sv_report_item));
    return item->pointer;
}

static void add_durations(struct sv_report_item *tool, struct sv_slice bytes)
{
    struct sv_histogram more = {0};
    if (bytes.len > 0 && sv_histogram_load(&more, bytes))
        sv_histogram_merge(&tool->durations, &more);
    sv_histogram_free(&more);
}

static int64_t middle_of(int64_t hour)
{
    return hour * HOUR_NS + HOUR_NS / 2;
}

static bool take_hour(void *context, const struct sv_used *row)
{
    struct sv_report *report = context;
    struct sv_slice team;
    const struct sv_roster_place *place;
    bool is_call = row->names[SV_NAME_TYPE] == report->call_type;
    if (!find_team(report, row->names[SV_NAME_TEAM], row->names[SV_NAME_AGENT], middle_of(row->hour), &team, &place, report->err))
        return false;
    if (!sv_whose_wanted(report->ask, team, place))
        return true;
    add(&report->sums[report->reading], row, is_call);
    if (report->reading == SV_PERIOD_NOW)
        add(&report->slots[sv_period_slot(&report->when, middle_of(row->hour))], row, is_call);
    for (int kind = 0; kind < SV_REPORT_KINDS; kind++) {
        int64_t id = row->names[tables[kind]];
        if (id == 0 && kind != SV_REPORT_TEAMS)
            continue;
        struct sv_slice key = kind == SV_REPORT_TEAMS ? team : sv_slice((const char *)&id, sizeof id);
        struct sv_report_item *item = item_of(report, (enum sv_report_kind)kind, key);
        add(&item->sums[report->reading], row, is_call);
        if (kind == SV_REPORT_TOOLS && report->reading == SV_PERIOD_NOW)
            add_durations(item, row->durations);
    }
    return true;
}

/* The first hour most of which lies behind this time. */
static int64_t first_hour(int64_t ns)
{
    int64_t from = ns + HOUR_NS / 2 - 1;
    return from / HOUR_NS - (from % HOUR_NS < 0);
}

static bool read_hours(struct sv_report *report, int period, struct sv_error *err)
{
    report->reading = period;
    report->err = err;
    return sv_store_used(report->store, first_hour(report->when.start_ns[period]), first_hour(report->when.end_ns[period]), period == SV_PERIOD_NOW, take_hour,
                         report, err) &&
           err->code == SV_DONE;
}

static double weight(const struct sv_report_item *item)
{
    return item->sums[SV_PERIOD_NOW].cost_usd * 1e9 + (double)(item->sums[SV_PERIOD_NOW].input_tokens + item->sums[SV_PERIOD_NOW].output_tokens);
}

static int by_weight(const void *a, const void *b)
{
    const struct sv_report_item *x = *(struct sv_report_item *const *)a, *y = *(struct sv_report_item *const *)b;
    if (weight(x) != weight(y))
        return weight(x) < weight(y) ? 1 : -1;
    if (x->sums[SV_PERIOD_NOW].events != y->sums[SV_PERIOD_NOW].events)
        return x->sums[SV_PERIOD_NOW].events < y->sums[SV_PERIOD_NOW].events ? 1 : -1;
    return sv_slice_compare(x->name, y->name);
}

static int by_duration(const void *a, const void *b)
{
    const struct sv_report_item *x = *(struct sv_report_item *const *)a, *y = *(struct sv_report_item *const *)b;
    uint64_t p = sv_histogram_quantile(&x->durations, 0.95), q = sv_histogram_quantile(&y->durations, 0.95);
    return p != q ? (p < q ? 1 : -1) : by_weight(a, b);
}

static bool name_items(struct sv_report *report, enum sv_report_kind kind, struct sv_error *err)
{
    struct sv_report_items *items = &report->items[kind];
    items->items = sv_calloc(items->by_key.count + 1, sizeof(struct sv_report_item *));
    for (size_t i = 0; i < items->by_key.count; i++) {
        const struct sv_map_item *of = &items->by_key.items[i];
        struct sv_report_item *item = of->pointer;
        struct sv_slice name = of->key;
        int64_t id;
        if (kind != SV_REPORT_TEAMS) {
            memcpy(&id, of->key.data, sizeof id);
            if (!sv_store_name_text(report->store, tables[kind], id, &name, err))
                return false;
        }
        item->name = name.len > 0 ? sv_arena_dup(&report->arena, name) : SV_SLICE("-");
        items->items[items->count++] = item;
    }
    if (items->count > 0)
        qsort(items->items, items->count, sizeof *items->items, kind == SV_REPORT_TOOLS ? by_duration : by_weight);
    return true;
}

/* --- what policies found --- */

static bool take_found(void *context, const struct sv_store_found *found, struct sv_error *err)
{
    struct sv_report *report = context;
    struct sv_report_policy *policy = report->policy;
    int period = found->created_ns >= report->when.start_ns[SV_PERIOD_NOW] ? SV_PERIOD_NOW : SV_PERIOD_BEFORE;
    struct sv_slice team;
    const struct sv_roster_place *place;
    if (!find_team(report, found->team, found->agent, found->created_ns, &team, &place, err))
        return false;
    if (!sv_whose_wanted(report->ask, team, place) || found->outcome == SV_OUTCOME_ERROR)
        return true;
    bool is_violation = found->outcome == SV_VIOLATION;
    policy->counts[period] += is_violation;
    report->found[period][found->severity & 3] += is_violation;
    if (is_violation && found->severity > policy->severity)
        policy->severity = found->severity;
    if (period == SV_PERIOD_BEFORE)
        return true;
    struct sv_map_item *item = sv_map_at(&policy->agents, sv_slice((const char *)&found->agent, sizeof found->agent));
    if (item->pointer == NULL)
        item->pointer = sv_arena_calloc(&report->arena, 1, sizeof(struct sv_report_alert));
    struct sv_report_alert *alert = item->pointer;
    alert->policy = policy->name;
    if (found->created_ns >= alert->said_ns) { /* versions of a policy do not come in the order of their time */
        alert->said_ns = found->created_ns;
        alert->is_open = is_violation && found->severity >= SV_ERROR_SEVERITY;
    }
    if (!is_violation)
        return true;
    if (found->created_ns > policy->last_ns)
        policy->last_ns = found->created_ns;
    if (found->created_ns > alert->last_ns) {
        alert->last_ns = found->created_ns;
        alert->severity = found->severity;
    }
    alert->count++;
    return true;
}

struct versions {
    struct sv_report *report;
    struct sv_buf ids; /* int64_t: that of a version, and its policy's place in report->policies */
};

static bool take_version(void *context, int64_t id, struct sv_slice name)
{
    struct versions *versions = context;
    struct sv_map_item *item = sv_map_at(&versions->report->policies, name);
    if (item->pointer == NULL) {
        struct sv_report_policy *policy = sv_arena_calloc(&versions->report->arena, 1, sizeof *policy);
        policy->name = item->key;
        item->pointer = policy;
    }
    const int64_t pair[2] = {id, (int64_t)(item - versions->report->policies.items)};
    sv_buf_add(&versions->ids, sv_slice((const char *)pair, sizeof pair));
    return true;
}

static bool read_policies(struct sv_report *report, struct sv_error *err)
{
    struct versions versions = {.report = report};
    bool fine = sv_store_policies(report->store, SV_SLICE(""), take_version, &versions, err);
    for (size_t at = 0; fine && at < versions.ids.len; at += 2 * sizeof(int64_t)) {
        int64_t pair[2];
        memcpy(pair, versions.ids.data + at, sizeof pair);
        report->policy = report->policies.items[pair[1]].pointer;
        fine = sv_store_found_by(report->store, pair[0], report->when.start_ns[SV_PERIOD_BEFORE], report->when.end_ns[SV_PERIOD_NOW], take_found, report, err);
    }
    sv_buf_free(&versions.ids);
    return fine;
}

static int by_severity(const void *a, const void *b)
{
    const struct sv_report_policy *x = *(struct sv_report_policy *const *)a, *y = *(struct sv_report_policy *const *)b;
    if (x->counts[SV_PERIOD_NOW] == 0 || y->counts[SV_PERIOD_NOW] == 0)
        return (x->counts[SV_PERIOD_NOW] == 0) - (y->counts[SV_PERIOD_NOW] == 0);
    if (x->severity != y->severity)
        return x->severity < y->severity ? 1 : -1;
    if (x->counts[SV_PERIOD_NOW] != y->counts[SV_PERIOD_NOW])
        return x->counts[SV_PERIOD_NOW] < y->counts[SV_PERIOD_NOW] ? 1 : -1;
    return sv_slice_compare(x->name, y->name);
}

static int by_urgency(const void *a, const void *b)
{
    const struct sv_report_alert *x = *(struct sv_report_alert *const *)a, *y = *(struct sv_report_alert *const *)b;
    if (x->severity != y->severity)
        return x->severity < y->severity ? 1 : -1;
    if (x->last_ns != y->last_ns)
        return x->last_ns < y->last_ns ? 1 : -1;
    int order = sv_slice_compare(x->policy, y->policy);
    return order != 0 ? order : sv_slice_compare(x->agent, y->agent);
}

static bool sort_policies(struct sv_report *report, struct sv_error *err)
{
    size_t count = report->policies.count;
    report->policy_order = sv_calloc(count + 1, sizeof(struct sv_report_policy *));
    for (size_t i = 0; i < count; i++)
        report->policy_order[i] = report->policies.items[i].pointer;
    if (count > 0)
        qsort(report->policy_order, count, sizeof *report->policy_order, by_severity);
    for (size_t i = 0; i < count; i++)
        for (size_t k = 0; k < report->policy_order[i]->agents.count; k++) {
            const struct sv_map_item *item = &report->policy_order[i]->agents.items[k];
            struct sv_report_alert *alert = item->pointer;
            int64_t id;
            struct sv_slice name;
            memcpy(&id, item->key.data, sizeof id);
            if (!sv_store_name_text(report->store, SV_NAME_AGENT, id, &name, err))
                return false;
            alert->agent = name.len > 0 ? sv_arena_dup(&report->arena, name) : SV_SLICE("-");
        }
    return true;
}

/* --- what is open --- */

static struct sv_report_alert *alert_of(struct sv_report *report, const struct sv_store_group *group)
{
    struct sv_report_alert *alert = sv_arena_calloc(&report->arena, 1, sizeof *alert);
    *alert = (struct sv_report_alert){.agent = sv_arena_dup(&report->arena, group->agent.len > 0 ? group->agent : SV_SLICE("-")),
                                      .policy = sv_arena_dup(&report->arena, group->policy.len > 0 ? group->policy : SV_SLICE("-")),
                                      .severity = group->severity,
                                      .count = group->evaluations,
                                      .last_ns = group->changed_ns,
                                      .is_open = true};
    return alert;
}

static void take_groups(struct sv_report *report, const struct sv_store_groups *groups)
{
    report->alerts = sv_calloc(groups->count + 1, sizeof(struct sv_report_alert *));
    for (size_t i = 0; i < groups->count; i++) {
        const struct sv_store_group *group = &groups->items[i];
        struct sv_slice team;
        const struct sv_roster_place *place = sv_whose_group(report->roster, group, &team);
        if (group->begun_ns < report->when.end_ns[SV_PERIOD_NOW] && sv_whose_wanted(report->ask, team, place))
            report->alerts[report->alert_count++] = alert_of(report, group);
    }
}

/* Where sv-alert was never run. */
static void take_violations(struct sv_report *report)
{
    size_t pairs = 0;
    for (size_t i = 0; i < report->policies.count; i++)
        pairs += report->policy_order[i]->agents.count;
    report->alerts = sv_calloc(pairs + 1, sizeof(struct sv_report_alert *));
    for (size_t i = 0; i < report->policies.count; i++)
        for (size_t k = 0; k < report->policy_order[i]->agents.count; k++) {
            struct sv_report_alert *alert = report->policy_order[i]->agents.items[k].pointer;
            if (alert->is_open)
                report->alerts[report->alert_count++] = alert;
        }
}

static bool find_open(struct sv_report *report, struct sv_error *err)
{
    struct sv_store_groups groups = {0};
    bool fine = sv_whose_alerts(report->store, report->when.now_ns, &groups, &report->has_groups, err);
    if (fine && report->has_groups)
        take_groups(report, &groups);
    else if (fine)
        take_violations(report);
    if (report->alert_count > 0)
        qsort(report->alerts, report->alert_count, sizeof *report->alerts, by_urgency);
    sv_store_groups_free(&groups);
    return fine;
}

/* --- who is silent --- */

static void add_silent(struct sv_report *report, struct sv_report_silent silent)
{
    if (report->silent_count == SILENT_MAX)
        return;
    report->silent = sv_grow(report->silent, report->silent_count, &report->silent_capacity, sizeof *report->silent);
    report->silent[report->silent_count++] = silent;
}

static int by_agent(const void *a, const void *b)
{
    const struct sv_report_silent *x = a, *y = b;
    return x->is_gone != y->is_gone ? (x->is_gone > y->is_gone) - (x->is_gone < y->is_gone) : sv_slice_compare(x->agent, y->agent);
}

/* Now, of those that are alive, unless the period is long over; and those that were there in the period before and not in this one. */
static bool find_silent(struct sv_report *report, struct sv_error *err)
{
    struct sv_store_fleets fleets = {0};
    bool is_recent = report->when.end_ns[SV_PERIOD_NOW] > report->when.now_ns - SV_FLEET_LIVE_NS || report->spec.at_ns == 0;
    bool fine = !is_recent || sv_store_fleet(report->store, report->when.now_ns - SV_FLEET_LIVE_NS, sv_fleet_day(report->when.now_ns), false, &fleets, err);
    for (size_t i = 0; fine && i < fleets.count; i++) {
        const struct sv_store_agent *seen = &fleets.items[i].seen;
        struct sv_slice team;
        if (sv_fleet_state(seen->state, seen->last_seen_ns, seen->tool.len > 0, report->when.now_ns) != SV_FLEET_SILENT)
            continue;
        const struct sv_roster_place *place = sv_whose_now(report->roster, seen->agent, seen->team, report->when.now_ns, &team);
        if (sv_whose_wanted(report->ask, team, place))
            add_silent(report, (struct sv_report_silent){.agent = sv_arena_dup(&report->arena, seen->agent),
                                                         .since_ns = seen->last_seen_ns,
                                                         .tool = sv_arena_dup(&report->arena, seen->tool)});
    }
    for (size_t i = 0; fine && i < report->items[SV_REPORT_AGENTS].count; i++) {
        const struct sv_report_item *item = report->items[SV_REPORT_AGENTS].items[i];
        if (item->sums[SV_PERIOD_NOW].events == 0)
            add_silent(report, (struct sv_report_silent){.agent = item->name, .is_gone = true});
    }
    if (report->silent_count > 0)
        qsort(report->silent, report->silent_count, sizeof *report->silent, by_agent);
    sv_store_fleets_free(&fleets);
    return fine;
}

/* --- the whole --- */

/* Who sent them is of no team to the store. */
static bool count_messages(struct sv_report *report, int period, struct sv_error *err)
{
    report->messages[period] = -1;
    return has_words(report->ask) ||
           sv_store_messages_sent(report->store, report->when.start_ns[period], report->when.end_ns[period], &report->messages[period], err);
}

static bool take_type(void *context, int64_t id, struct sv_slice name)
{
    int64_t *call_type = context;
    if (sv_slice_is(name, "tool.call"))
        *call_type = id;
    return true;
}

static bool collect(struct sv_report *report, struct sv_error *err)
{
    sv_period_choose(&report->when, report->spec.span, report->spec.at_ns, sv_os_now_ns());
    report->slots = sv_calloc(report->when.slots + 1, sizeof *report->slots);
    if (!sv_store_roster_load(report->store, report->roster, err) ||
        !sv_store_names(report->store, SV_NAME_TYPE, SV_SLICE("tool.call"), take_type, &report->call_type, err))
        return false;
    for (int period = 0; period < SV_PERIODS; period++)
        if (!read_hours(report, period, err) || !count_messages(report, period, err))
            return false;
    for (int k = 0; k < SV_REPORT_KINDS; k++)
        if (!name_items(report, (enum sv_report_kind)k, err))
            return false;
    return read_policies(report, err) && sort_policies(report, err) && find_open(report, err) && find_silent(report, err);
}

struct sv_answer *sv_report_open(const struct sv_ask *ask, const struct sv_report_spec *spec, struct sv_error *err)
{
    struct sv_store_spec store = ask->store;
    store.read_only = true;
    struct sv_report report = {
        .ask = ask, .spec = *spec, .roster = sv_roster_new(), .store = sv_store_open(&store, err)};
    struct sv_answer *answer = NULL;
    if (report.store != NULL && collect(&report, err)) {
        sv_report_put(&report);
        answer = sv_answer_ready(&report.out, SV_DONE);
    }
    close_report(&report);
    return answer;
}
