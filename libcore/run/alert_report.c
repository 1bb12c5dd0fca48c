/* SPDX-License-Identifier: ISC */
#include "run/alert_report.h"

#include <stdlib.h>

#include "base/os.h"
#include "run/alert_ask.h"
#include "run/alert_figures.h"
#include "run/alert_set.h"
#include "team/message.h"

enum { NOISY_MAX = 100 };

/* Of one hour or day. */
struct slot {
    uint64_t groups, urgent, sent, failed;
};

/* A group as its row says, texts in the arena. */
struct seen {
    struct sv_slice id, policy, agent;
    enum sv_severity severity;
    enum sv_group_state state;
    uint64_t evaluations, notices, firing;
    int64_t begun_ns;
};

struct seen_list {
    struct seen *items;
    size_t count, capacity;
};

/* What keeps alerts quiet now: a silence, another alert, a time of day. */
struct quiet {
    struct sv_slice what, comment;
    uint64_t groups, alerts;
    int64_t ends_ns;
};

enum by { BY_STATE, BY_SEVERITY, BY_POLICY, BY_RECEIVER, BYS };

struct reporting {
    const struct sv_ask *ask;
    struct sv_period period;
    struct sv_store *store;
    struct sv_alert_config *config;
    struct sv_alert_set *set;
    struct sv_body *body;
    struct sv_arena arena;
    struct sv_alert_figure sums[SV_PERIODS];
    struct slot *slots;
    struct sv_alert_figures by[BYS];   /* of the period */
    struct seen_list noisy, open;
    struct sv_map quiet;               /* what -> struct quiet */
    struct sv_map wanted;              /* groups by their ids: 1 wanted, 2 not */
    struct sv_buf out;
};

/* --- what is read --- */

static struct seen *see(struct reporting *r, struct seen_list *list, const struct sv_store_group *group)
{
    char id[SV_MESSAGE_ID_LEN + 1];
    sv_message_put_id(group->id, id);
    list->items = sv_grow(list->items, list->count, &list->capacity, sizeof *list->items);
    list->items[list->count] = (struct seen){.id = sv_arena_dup(&r->arena, sv_slice(id, SV_MESSAGE_ID_LEN)),
                                             .policy = sv_arena_dup(&r->arena, group->policy),
                                             .agent = sv_arena_dup(&r->arena, group->agent),
                                             .severity = group->severity,
                                             .state = sv_alert_state(group, r->period.now_ns),
                                             .evaluations = group->evaluations,
                                             .notices = group->notices,
                                             .firing = group->firing,
                                             .begun_ns = group->begun_ns};
    return &list->items[list->count++];
}

static bool take_group(void *context, const struct sv_store_group *group, struct sv_error *err)
{
    struct reporting *r = context;
    int64_t now_ns = r->period.now_ns;
    int which = sv_period_of(&r->period, group->begun_ns);
    (void)err;
    if (which == SV_PERIODS)
        return true;
    sv_alert_figure_add(&r->sums[which], group, now_ns);
    if (which == SV_PERIOD_BEFORE)
        return true;
    struct slot *slot = &r->slots[sv_period_slot(&r->period, group->begun_ns)];
    slot->groups++;
    slot->urgent += group->severity >= SV_ERROR_SEVERITY;
    sv_alert_figure_add(sv_alert_figures_at(&r->by[BY_STATE], sv_slice_str(sv_group_state_name(sv_alert_state(group, now_ns)))), group, now_ns);
    sv_alert_figure_add(sv_alert_figures_at(&r->by[BY_SEVERITY], sv_slice_str(sv_severity_name(group->severity))), group, now_ns);
    sv_alert_figure_add(sv_alert_figures_at(&r->by[BY_POLICY], group->policy), group, now_ns);
    see(r, &r->noisy, group);
    return true;
}

/* Whether ask wants the group of a try, asked once of each. */
static bool is_of_wanted(struct reporting *r, int64_t id, bool *wanted, struct sv_error *err)
{
    enum { WANTED = 1, UNWANTED };
    struct sv_map_item *item = sv_map_at(&r->wanted, sv_slice((const char *)&id, sizeof id));
    struct sv_store_groups rows = {0};
    if (item->number == 0) {
        if (!sv_store_groups_by_id(r->store, id, id, &rows, err))
            return false;
        item->number = rows.count > 0 && sv_alert_is_wanted(r->ask, r->body, &rows.items[0], r->period.now_ns) ? WANTED : UNWANTED;
        sv_store_groups_free(&rows);
    }
    *wanted = item->number == WANTED;
    return true;
}

static bool take_delivery(void *context, const struct sv_store_delivery *delivery, struct sv_error *err)
{
    struct reporting *r = context;
    int which = sv_period_of(&r->period, delivery->ended_ns);
    bool wanted;
    if (which == SV_PERIODS)
        return true;
    if (!is_of_wanted(r, delivery->group, &wanted, err))
        return false;
    if (!wanted)
        return true;
    sv_alert_figure_deliver(&r->sums[which], delivery);
    if (which == SV_PERIOD_BEFORE)
        return true;
    struct slot *slot = &r->slots[sv_period_slot(&r->period, delivery->ended_ns)];
    slot->sent += delivery->outcome == SV_DELIVERY_SENT;
    slot->failed += delivery->outcome != SV_DELIVERY_SENT;
    sv_alert_figure_deliver(sv_alert_figures_at(&r->by[BY_RECEIVER], delivery->receiver), delivery);
    return true;
}

/* --- what is open --- */

static struct quiet *quiet_of(struct reporting *r, struct sv_slice what)
{
    struct sv_map_item *item = sv_map_at(&r->quiet, what);
    if (item->pointer == NULL) {
        struct quiet *quiet = sv_arena_calloc(&r->arena, 1, sizeof *quiet);
        quiet->what = item->key;
        item->pointer = quiet;
    }
    return item->pointer;
}

static struct quiet *quiet_of_silence(struct reporting *r, int64_t silence, struct sv_error *err)
{
    char id[SV_MESSAGE_ID_LEN + 1];
    struct sv_buf what = {0};
    struct sv_store_silences rows = {0};
    sv_message_put_id(silence, id);
    sv_buf_printf(&what, "silence %s", id);
    struct quiet *quiet = quiet_of(r, sv_buf_slice(&what));
    if (quiet->alerts == 0 && sv_store_silences_by_id(r->store, silence, silence, &rows, err) && rows.count > 0) {
        quiet->comment = sv_arena_dup(&r->arena, rows.items[0].comment);
        quiet->ends_ns = rows.items[0].ends_ns;
    }
    sv_store_silences_free(&rows);
    sv_buf_free(&what);
    return quiet;
}

/* Each group counts once for whatever keeps one of its alerts quiet. */
static bool look_why(struct reporting *r, const struct sv_store_group *row, struct sv_error *err)
{
    struct sv_alert_group *group = sv_alert_set_find(r->set, row->key, err);
    if (group == NULL)
        return err->code == SV_DONE;
    if (group->group.why == SV_GROUP_MUTED) {
        struct quiet *muted = quiet_of(r, SV_SLICE("time of day (mute)"));
        muted->groups++;
        muted->alerts += row->firing;
        return true;
    }
    struct quiet *counted[2] = {0}; /* those that this group counts for already: the last silence, inhibition */
    for (size_t i = 0; i < group->group.count; i++) {
        int64_t silence;
        bool inhibited;
        if (group->group.alerts[i].ended_ns != 0)
            continue;
        if (!sv_alert_set_hides(r->set, group->group.alerts[i].body, &silence, &inhibited, err))
            return false;
        struct quiet *why[2] = {silence != 0 ? quiet_of_silence(r, silence, err) : NULL, inhibited ? quiet_of(r, SV_SLICE("another alert (inhibit)")) : NULL};
        for (int k = 0; k < 2; k++)
            if (why[k] != NULL) {
                why[k]->alerts++;
                why[k]->groups += why[k] != counted[k];
                counted[k] = why[k];
            }
    }
    return err->code == SV_DONE;
}

static bool find_open(struct reporting *r, struct sv_error *err)
{
    struct sv_store_groups groups = {0};
    bool fine = sv_alert_set_begin(r->set, r->period.now_ns, err) && sv_store_groups_open(r->store, &groups, err);
    for (size_t i = 0; fine && i < groups.count; i++) {
        const struct sv_store_group *group = &groups.items[i];
        enum sv_group_state state = sv_alert_state(group, r->period.now_ns);
        if (group->begun_ns >= r->period.end_ns[SV_PERIOD_NOW] || !sv_alert_is_wanted(r->ask, r->body, group, r->period.now_ns))
            continue;
        if (state == SV_GROUP_PENDING || state == SV_GROUP_FIRING)
            see(r, &r->open, group);
        else if (state == SV_GROUP_SUPPRESSED)
            fine = look_why(r, group, err);
    }
    sv_store_groups_free(&groups);
    return fine;
}

static int by_noise(const void *a, const void *b)
{
    const struct seen *x = a, *y = b;
    if (x->evaluations != y->evaluations)
        return x->evaluations < y->evaluations ? 1 : -1;
    return sv_slice_compare(x->id, y->id);
}

static int by_urgency(const void *a, const void *b)
{
    const struct seen *x = a, *y = b;
    if (x->severity != y->severity)
        return x->severity < y->severity ? 1 : -1;
    if (x->begun_ns != y->begun_ns)
        return x->begun_ns < y->begun_ns ? -1 : 1;
    return sv_slice_compare(x->id, y->id);
}

static bool collect(struct reporting *r, struct sv_error *err)
{
    int64_t since_ns = r->period.start_ns[SV_PERIOD_BEFORE], until_ns = r->period.end_ns[SV_PERIOD_NOW];
    r->slots = sv_calloc(r->period.slots + 1, sizeof *r->slots);
    bool fine = sv_alert_each_group(r->store, r->ask, r->body, since_ns, until_ns, r->period.now_ns, take_group, r, err) &&
                sv_alert_each_delivery(r->store, since_ns, until_ns, take_delivery, r, err) && find_open(r, err);
    for (int by = 0; by < BYS; by++)
        sv_alert_figures_sort(&r->by[by]);
    if (r->noisy.count > 0)
        qsort(r->noisy.items, r->noisy.count, sizeof *r->noisy.items, by_noise);
    if (r->open.count > 0)
        qsort(r->open.items, r->open.count, sizeof *r->open.items, by_urgency);
    return fine;
}

/* --- parts --- */

enum { P_TOTALS, P_TIME, P_OPEN, P_SUPPRESSED, P_NOISY, P_POLICIES, P_SEVERITIES, P_STATES, P_RECEIVERS, P_COUNT };

static void total_ms(struct reporting *r, struct sv_report_part *part, const char *name, const struct sv_histogram *now,
                     const struct sv_histogram *before, double q)
{
    struct sv_list_cell *cells = sv_report_part_row(part);
    cells[0] = sv_ask_text(sv_slice_str(name));
    cells[1] = sv_report_ms(now, q);
    cells[2] = sv_report_ms(before, q);
    cells[3] = now->total > 0 && before->total > 0 ? sv_report_change(&r->arena, cells[1].real, cells[2].real) : sv_ask_text(SV_SLICE(""));
}

static void totals(struct reporting *r, struct sv_report_part *part)
{
    const struct sv_alert_figure *now = &r->sums[SV_PERIOD_NOW], *before = &r->sums[SV_PERIOD_BEFORE];
    sv_report_part_room(part, 16);
    sv_report_total(part, &r->arena, "groups of alerts", now->groups, before->groups);
    sv_report_total(part, &r->arena, "evaluations in them", now->evaluations, before->evaluations);
    sv_report_total(part, &r->arena, "acknowledged", now->acked, before->acked);
    sv_report_total(part, &r->arena, "resolved", now->states[SV_GROUP_RESOLVED], before->states[SV_GROUP_RESOLVED]);
    total_ms(r, part, "time to ack, p50", &now->to_ack, &before->to_ack, 0.5);
    total_ms(r, part, "time to ack, p95", &now->to_ack, &before->to_ack, 0.95);
    total_ms(r, part, "time to resolve, p50", &now->to_resolve, &before->to_resolve, 0.5);
    total_ms(r, part, "time to resolve, p95", &now->to_resolve, &before->to_resolve, 0.95);
    sv_report_total(part, &r->arena, "notifications sent", now->sent, before->sent);
    sv_report_total(part, &r->arena, "tries that failed", now->failed, before->failed);
    sv_report_total(part, &r->arena, "given up", now->given_up, before->given_up);
}

static const struct sv_list_column time_columns[] = {{"when", 10, 10, true, false, false},
                                                     {"groups", 9, 9, false, false, true},
                                                     {"urgent", 9, 9, false, false, true},
                                                     {"sent", 9, 9, false, false, true},
                                                     {"failed", 9, 9, false, false, true}};
enum { COLUMN_GROUPS = 1, COLUMN_URGENT = 2, COLUMN_SENT = 3, COLUMN_FAILED = 4 };

static void over_time(struct reporting *r, struct sv_report_part *part)
{
    struct sv_buf label = {0};
    sv_report_part_room(part, r->period.slots);
    for (size_t i = 0; i < r->period.slots; i++) {
        struct sv_list_cell *cells = sv_report_part_row(part);
        sv_buf_clear(&label);
        sv_period_put_slot(&r->period, i, &label);
        cells[0] = sv_ask_text(sv_arena_dup(&r->arena, sv_buf_slice(&label)));
        cells[COLUMN_GROUPS] = sv_report_count(r->slots[i].groups);
        cells[COLUMN_URGENT] = sv_report_count(r->slots[i].urgent);
        cells[COLUMN_SENT] = sv_report_count(r->slots[i].sent);
        cells[COLUMN_FAILED] = sv_report_count(r->slots[i].failed);
    }
    sv_buf_free(&label);
}

static const struct sv_list_column open_columns[] = {
    {"group", 13, 13, false, false, false}, {"severity", 8, 8, false, false, false}, {"policy", 12, 40, true, false, false},
    {"agent", 10, 24, false, false, false}, {"firing", 6, 7, false, false, true},    {"begun", 11, 11, false, false, false}};

static void open_groups(struct reporting *r, struct sv_report_part *part)
{
    sv_report_part_room(part, r->open.count);
    for (size_t i = 0; i < r->open.count; i++) {
        const struct seen *group = &r->open.items[i];
        struct sv_list_cell *cells = sv_report_part_row(part);
        cells[0] = sv_ask_text(group->id);
        cells[1] = sv_report_severity(group->severity);
        cells[2] = sv_ask_text(group->policy);
        cells[3] = sv_ask_text(group->agent);
        cells[4] = sv_report_count(group->firing);
        cells[5] = sv_ask_time(group->begun_ns);
    }
}

static const struct sv_list_column quiet_columns[] = {{"by", 22, 24, false, false, false},
                                                      {"groups", 6, 7, false, false, true},
                                                      {"alerts", 6, 7, false, false, true},
                                                      {"ends", 11, 11, false, false, false},
                                                      {"why", 12, 40, true, false, false}};

static void suppressed(struct reporting *r, struct sv_report_part *part)
{
    sv_report_part_room(part, r->quiet.count);
    for (size_t i = 0; i < r->quiet.count; i++) {
        const struct quiet *quiet = r->quiet.items[i].pointer;
        struct sv_list_cell *cells = sv_report_part_row(part);
        cells[0] = sv_ask_text(quiet->what);
        cells[1] = sv_report_count(quiet->groups);
        cells[2] = sv_report_count(quiet->alerts);
        cells[3] = sv_ask_time(quiet->ends_ns);
        cells[4] = sv_ask_text(quiet->comment);
    }
}

static const struct sv_list_column noisy_columns[] = {
    {"group", 13, 13, false, false, false},     {"policy", 10, 40, true, false, false},   {"agent", 8, 24, false, false, false},
    {"evaluations", 11, 11, false, false, true}, {"told", 5, 7, false, false, true},       {"state", 12, 12, false, false, false}};

static void noisy(struct reporting *r, struct sv_report_part *part)
{
    sv_report_part_room(part, NOISY_MAX);
    for (size_t i = 0; i < r->noisy.count && i < NOISY_MAX; i++) {
        const struct seen *group = &r->noisy.items[i];
        struct sv_list_cell *cells = sv_report_part_row(part);
        cells[0] = sv_ask_text(group->id);
        cells[1] = sv_ask_text(group->policy);
        cells[2] = sv_ask_text(group->agent);
        cells[3] = sv_report_count(group->evaluations);
        cells[4] = sv_report_count(group->notices);
        cells[5] = sv_ask_text(sv_slice_str(sv_group_state_name(group->state)));
    }
}

#define FIGURE_COLUMNS(name)                                                                                                       \
    {{name, 12, 40, true, false, false},                                                                                           \
     {"groups", 6, 7, false, false, true},                                                                                         \
     {"open", 5, 7, false, false, true},                                                                                           \
     {"evaluations", 0, 11, false, false, true},                                                                                   \
     {"ack_p50_ms", 7, 7, false, false, true},                                                                                     \
     {"ack_p95_ms", 7, 7, false, false, true},                                                                                     \
     {"resolve_p50_ms", 11, 11, false, false, true},                                                                               \
     {"resolve_p95_ms", 11, 11, false, false, true}}
static const struct sv_list_column policy_columns[] = FIGURE_COLUMNS("policy"), severity_columns[] = FIGURE_COLUMNS("severity"),
                                   state_columns[] = FIGURE_COLUMNS("state");

static void figures(const struct sv_alert_figures *by, struct sv_report_part *part)
{
    sv_report_part_room(part, by->by_name.count);
    for (size_t i = 0; i < by->by_name.count; i++) {
        const struct sv_alert_figure *figure = by->order[i];
        struct sv_list_cell *cells = sv_report_part_row(part);
        cells[0] = sv_ask_text(figure->name);
        cells[1] = sv_report_count(figure->groups);
        cells[2] = sv_report_count(sv_alert_figure_open(figure));
        cells[3] = sv_report_count(figure->evaluations);
        cells[4] = sv_report_ms(&figure->to_ack, 0.5);
        cells[5] = sv_report_ms(&figure->to_ack, 0.95);
        cells[6] = sv_report_ms(&figure->to_resolve, 0.5);
        cells[7] = sv_report_ms(&figure->to_resolve, 0.95);
    }
}

static void policies(struct reporting *r, struct sv_report_part *part)
{
    figures(&r->by[BY_POLICY], part);
}

static void severities(struct reporting *r, struct sv_report_part *part)
{
    figures(&r->by[BY_SEVERITY], part);
}

static void states(struct reporting *r, struct sv_report_part *part)
{
    figures(&r->by[BY_STATE], part);
}

static const struct sv_list_column receiver_columns[] = {
    {"receiver", 12, 40, true, false, false}, {"sent", 7, 7, false, false, true},   {"failed", 7, 7, false, false, true},
    {"given_up", 8, 8, false, false, true},   {"p50_ms", 8, 8, false, false, true}, {"p95_ms", 8, 8, false, false, true}};

static void receivers(struct reporting *r, struct sv_report_part *part)
{
    const struct sv_alert_figures *by = &r->by[BY_RECEIVER];
    sv_report_part_room(part, by->by_name.count);
    for (size_t i = 0; i < by->by_name.count; i++) {
        const struct sv_alert_figure *figure = by->order[i];
        struct sv_list_cell *cells = sv_report_part_row(part);
        cells[0] = sv_ask_text(figure->name);
        cells[1] = sv_report_count(figure->sent);
        cells[2] = sv_report_count(figure->failed);
        cells[3] = sv_report_count(figure->given_up);
        cells[4] = sv_report_ms(&figure->took, 0.5);
        cells[5] = sv_report_ms(&figure->took, 0.95);
    }
}

#define COLUMNS(columns) columns, sizeof columns / sizeof *columns

static void make_parts(struct reporting *r, struct sv_report_part parts[P_COUNT])
{
    static const struct {
        struct sv_report_part part;
        void (*fill)(struct reporting *r, struct sv_report_part *part);
    } kinds[P_COUNT] = {
        [P_TOTALS] = {{"total", "In all", NULL, SV_REPORT_TOTALS, COLUMNS(sv_report_total_columns), 0, NULL}, totals},
        [P_TIME] = {{"time", "Over time", NULL, SV_REPORT_OVER_TIME, COLUMNS(time_columns), 0, NULL}, over_time},
        [P_OPEN] = {{"open", "Unacknowledged", "nothing is open that nobody has taken on", SV_REPORT_RANKED, COLUMNS(open_columns), 0, NULL},
                    open_groups},
        [P_SUPPRESSED] = {{"suppressed", "Suppressed now", "nothing is", SV_REPORT_RANKED, COLUMNS(quiet_columns), 0, NULL}, suppressed},
        [P_NOISY] = {{"noisy", "Noisiest groups", "no group began", SV_REPORT_RANKED, COLUMNS(noisy_columns), 0, NULL}, noisy},
        [P_POLICIES] = {{"policy", "By policy", NULL, SV_REPORT_RANKED, COLUMNS(policy_columns), 0, NULL}, policies},
        [P_SEVERITIES] = {{"severity", "By severity", NULL, SV_REPORT_RANKED, COLUMNS(severity_columns), 0, NULL}, severities},
        [P_STATES] = {{"state", "By state now", NULL, SV_REPORT_RANKED, COLUMNS(state_columns), 0, NULL}, states},
        [P_RECEIVERS] = {{"receiver", "Receivers", "nobody was told", SV_REPORT_RANKED, COLUMNS(receiver_columns), 0, NULL}, receivers},
    };
    for (int i = 0; i < P_COUNT; i++) {
        parts[i] = kinds[i].part;
        kinds[i].fill(r, &parts[i]);
    }
}

/* --- a page --- */

static void put_charts(struct reporting *r, const struct sv_report_part *parts)
{
    const char *unit = sv_period_unit(&r->period);
    const struct sv_alert_figure *now = &r->sums[SV_PERIOD_NOW];
    struct sv_report_chart groups = {"groups", unit[0] == 'h' ? "Groups by hour" : "Groups by day", unit, COLUMN_GROUPS, 1, COLUMN_URGENT,
                                     {{"info and warnings", SV_TONE_BLUE}, {"errors and critical ones", SV_TONE_RED}}};
    struct sv_report_chart sent = {"sent", unit[0] == 'h' ? "Notifications by hour" : "Notifications by day", unit, COLUMN_SENT, 1, 0,
                                   {{"sent", SV_TONE_BLUE}}};
    struct sv_report_chart policy = {"policy", "Groups by policy", "policy", 1, 1, 0, {{"groups", SV_TONE_BLUE}}};
    if (now->groups > 0)
        sv_report_part_put_chart(&parts[P_TIME], &groups, &r->out);
    sv_html_pair(&r->out);
    if (now->groups > 0)
        sv_report_part_put_chart(&parts[P_POLICIES], &policy, &r->out);
    if (now->sent > 0)
        sv_report_part_put_chart(&parts[P_TIME], &sent, &r->out);
    sv_html_pair_end(&r->out);
}

static void put_page(struct reporting *r, const struct sv_report_part *parts)
{
    struct sv_buf title = {0}, lead = {0};
    sv_buf_str(&title, "Alerts, ");
    sv_period_put_title(&r->period, &title);
    sv_buf_str(&lead, "What was alerted, who was told, how long it took: ");
    sv_period_put_subject(&r->period, &lead);
    sv_html_open(&r->out, sv_buf_slice(&title), sv_buf_slice(&lead));
    sv_report_part_put_facts(&parts[P_TOTALS], &r->out);
    if (r->sums[SV_PERIOD_NOW].groups + r->sums[SV_PERIOD_NOW].sent > 0)
        put_charts(r, parts);
    for (int i = P_OPEN; i < P_COUNT; i++)
        sv_report_part_put_section(&parts[i], &r->out);
    sv_buf_clear(&lead);
    sv_buf_str(&lead, "sv-alert. Times are ");
    sv_period_put_zone(&r->period, &lead);
    sv_buf_str(&lead, ". What is open or suppressed is so now.");
    sv_html_close(&r->out, sv_buf_slice(&lead));
    sv_buf_free(&title);
    sv_buf_free(&lead);
}

static void put(struct reporting *r, enum sv_report_form form)
{
    struct sv_report_part parts[P_COUNT];
    make_parts(r, parts);
    if (form == SV_REPORT_TEXT)
        sv_report_parts_put_text(parts, P_COUNT, "sv-alert", &r->period, &r->ask->list, &r->out);
    else if (form == SV_REPORT_CSV)
        sv_report_parts_put_csv(parts, P_COUNT, &r->period, &r->out);
    else
        put_page(r, parts);
    for (int i = 0; i < P_COUNT; i++)
        sv_report_part_free(&parts[i]);
}

static void close_reporting(struct reporting *r)
{
    sv_alert_set_free(r->set);
    sv_store_close(r->store);
    sv_body_close(r->body);
    sv_alert_config_free(r->config);
    for (int i = 0; i < SV_PERIODS; i++)
        sv_alert_figure_free(&r->sums[i]);
    for (int i = 0; i < BYS; i++)
        sv_alert_figures_free(&r->by[i]);
    sv_free(r->slots);
    sv_free(r->noisy.items);
    sv_free(r->open.items);
    sv_map_free(&r->quiet);
    sv_map_free(&r->wanted);
    sv_arena_free(&r->arena);
    sv_buf_free(&r->out);
}

struct sv_answer *sv_alert_report_open(const struct sv_ask *ask, const struct sv_alert_report_spec *spec, struct sv_findings *findings,
                                       struct sv_error *err)
{
    struct sv_store_spec store = ask->store;
    struct sv_answer *answer = NULL;
    struct reporting r = {.ask = ask, .config = sv_alert_config_load(spec->config, findings), .body = sv_body_open(ask->where, err)};
    store.read_only = true;
    sv_period_choose(&r.period, spec->span, spec->at_ns, sv_os_now_ns());
    if (r.config == NULL)
        sv_findings_fail(findings, "nothing can be told by it", err);
    else if (r.body != NULL && (r.store = sv_store_open(&store, err)) != NULL) {
        r.set = sv_alert_set_new(r.store, r.config);
        if (collect(&r, err)) {
            put(&r, spec->form);
            answer = sv_answer_ready(&r.out, SV_DONE);
        }
    }
    close_reporting(&r);
    return answer;
}
