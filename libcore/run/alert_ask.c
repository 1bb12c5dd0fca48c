/* SPDX-License-Identifier: ISC */
#include "run/alert_ask.h"

#include "alert/group.h"
#include "base/os.h"
#include "base/time.h"
#include "json/reader.h"
#include "team/message.h"

enum { PAGE = 200, ALERTS_MAX = 10000, MORE_MAX = 500 };

/* Part of the manual: new ones go to the end. */
enum {
    C_ID, C_STATE, C_SEVERITY, C_BEGUN, C_POLICY, C_AGENT, C_FIRING, C_EVALUATIONS, C_MESSAGE, C_TEAM, C_SUPERVISOR, C_RECEIVER, C_ROUTE,
    C_BY, C_LEVEL, C_NOTICES, C_ALERTS, C_OLD, C_TOLD, C_DUE, C_CHANGED, C_RESOLVED, C_ACKED_BY, C_ACKED, C_ACKED_UNTIL, C_COUNT
};

const struct sv_list_column sv_alert_group_columns[] = {
    [C_ID] = {"id", 13, 13, false, false, false},
    [C_STATE] = {"state", 12, 12, false, false, false},
    [C_SEVERITY] = {"severity", 8, 8, false, false, false},
    [C_BEGUN] = {"begun", 11, 11, false, false, false},
    [C_POLICY] = {"policy", 10, 20, false, false, false},
    [C_AGENT] = {"agent", 8, 20, false, false, false},
    [C_FIRING] = {"firing", 6, 6, false, false, true},
    [C_EVALUATIONS] = {"evaluations", 0, 11, false, false, true},
    [C_MESSAGE] = {"message", 12, 0, true, false, false},
    [C_TEAM] = {"team", 0, 12, false, false, false},
    [C_SUPERVISOR] = {"supervisor", 0, 12, false, false, false},
    [C_RECEIVER] = {"receiver", 0, 12, false, false, false},
    [C_ROUTE] = {"route", 0, 30, false, false, false},
    [C_BY] = {"by", 0, 30, false, false, false},
    [C_LEVEL] = {"level", 0, 5, false, false, true},
    [C_NOTICES] = {"notices", 0, 7, false, false, true},
    [C_ALERTS] = {"alerts", 0, 6, false, false, true},
    [C_OLD] = {"old", 0, 6, false, false, true},
    [C_TOLD] = {"told", 0, 11, false, false, false},
    [C_DUE] = {"due", 0, 11, false, false, false},
    [C_CHANGED] = {"changed", 0, 11, false, false, false},
    [C_RESOLVED] = {"resolved", 0, 11, false, false, false},
    [C_ACKED_BY] = {"acked_by", 0, 12, false, false, false},
    [C_ACKED] = {"acked", 0, 11, false, false, false},
    [C_ACKED_UNTIL] = {"acked_until", 0, 11, false, false, false},
};
const size_t sv_alert_group_column_count = C_COUNT;

enum { A_STATE, A_SEVERITY, A_STARTED, A_RESOLVED, A_ALERT, A_MESSAGE, A_AGENT, A_EVALUATIONS, A_COUNT };

const struct sv_list_column sv_alert_columns[] = {
    [A_STATE] = {"state", 8, 8, false, false, false},       [A_SEVERITY] = {"severity", 8, 8, false, false, false},
    [A_STARTED] = {"started", 11, 11, false, false, false}, [A_RESOLVED] = {"resolved", 11, 11, false, false, false},
    [A_ALERT] = {"alert", 12, 30, false, false, false},     [A_MESSAGE] = {"message", 12, 0, true, false, false},
    [A_AGENT] = {"agent", 0, 20, false, false, false},      [A_EVALUATIONS] = {"evaluations", 0, 11, false, false, true},
};
const size_t sv_alert_column_count = A_COUNT;

enum sv_group_state sv_alert_state(const struct sv_store_group *group, int64_t now_ns)
{
    if (group->state == SV_GROUP_ACKNOWLEDGED && group->acked_until_ns <= now_ns)
        return SV_GROUP_FIRING;
    return (unsigned)group->state < SV_GROUP_STATES ? (enum sv_group_state)group->state : SV_GROUP_PENDING;
}

void sv_alert_put_row(const struct sv_list *list, struct sv_buf *out, const struct sv_store_group *group, int64_t now_ns)
{
    static const enum sv_color colors[SV_GROUP_STATES] = {[SV_GROUP_PENDING] = SV_COLOR_YELLOW,
                                                          [SV_GROUP_FIRING] = SV_COLOR_RED,
                                                          [SV_GROUP_ACKNOWLEDGED] = SV_COLOR_NONE,
                                                          [SV_GROUP_RESOLVED] = SV_COLOR_DIM,
                                                          [SV_GROUP_SUPPRESSED] = SV_COLOR_DIM};
    char id[SV_MESSAGE_ID_LEN + 1];
    enum sv_group_state state = sv_alert_state(group, now_ns);
    sv_message_put_id(group->id, id);
    struct sv_list_cell cells[C_COUNT] = {
        [C_ID] = sv_ask_text(sv_slice(id, SV_MESSAGE_ID_LEN)),
        [C_STATE] = sv_ask_text(sv_slice_str(sv_group_state_name(state))),
        [C_SEVERITY] = sv_ask_text(sv_slice_str(sv_severity_name(group->severity))),
        [C_BEGUN] = sv_ask_time(group->begun_ns),
        [C_POLICY] = sv_ask_text(group->policy),
        [C_AGENT] = sv_ask_text(group->agent),
        [C_FIRING] = sv_ask_number(true, (int64_t)group->firing),
        [C_EVALUATIONS] = sv_ask_number(true, (int64_t)group->evaluations),
        [C_MESSAGE] = sv_ask_text(group->message),
        [C_TEAM] = sv_ask_text(group->team),
        [C_SUPERVISOR] = sv_ask_text(sv_slice_is(group->supervisor, "-") ? SV_SLICE("") : group->supervisor),
        [C_RECEIVER] = sv_ask_text(group->receiver),
        [C_ROUTE] = sv_ask_text(group->route),
        [C_BY] = {.kind = SV_LIST_VALUE, .text = group->labels},
        [C_LEVEL] = sv_ask_number(true, group->level),
        [C_NOTICES] = sv_ask_number(true, (int64_t)group->notices),
        [C_ALERTS] = sv_ask_number(true, (int64_t)group->alerts),
        [C_OLD] = sv_ask_number(true, (int64_t)group->old),
        [C_TOLD] = sv_ask_time(group->told_ns),
        [C_DUE] = sv_ask_time(group->due_ns != INT64_MAX ? group->due_ns : 0),
        [C_CHANGED] = sv_ask_time(group->changed_ns),
        [C_RESOLVED] = sv_ask_time(group->resolved_ns),
        [C_ACKED_BY] = sv_ask_text(group->acked_by),
        [C_ACKED] = sv_ask_time(group->acked_ns),
        [C_ACKED_UNTIL] = sv_ask_time(group->acked_until_ns != INT64_MAX ? group->acked_until_ns : 0),
    };
    cells[C_STATE].color = colors[state];
    sv_list_row(list, out, cells);
}

bool sv_alert_is_wanted(const struct sv_ask *ask, struct sv_body *body, const struct sv_store_group *group, int64_t now_ns)
{
    struct sv_list line = {.columns = sv_alert_group_columns, .count = C_COUNT, .form = SV_LIST_JSON};
    struct sv_buf text = {0};
    if (!sv_ask_wants(ask, SV_ASK_AGENT, group->agent) || !sv_ask_wants(ask, SV_ASK_TEAM, group->team) ||
        !sv_ask_wants(ask, SV_ASK_POLICY, group->policy) || !sv_ask_wants(ask, SV_ASK_SUPERVISOR, group->supervisor) ||
        group->severity < ask->severity)
        return false;
    if (ask->where == NULL)
        return true;
    sv_alert_put_row(&line, &text, group, now_ns);
    bool holds = sv_body_read(body, sv_slice_trim(sv_buf_slice(&text))) && body->holds;
    sv_buf_free(&text);
    return holds;
}

bool sv_alert_find(struct sv_store *store, const char *id, struct sv_store_groups *out, struct sv_error *err)
{
    int64_t first, last;
    size_t before = out->count;
    if (!sv_message_find_ids(sv_slice_str(id), &first, &last))
        return sv_error_set(err, SV_INPUT, "no group of alerts is called \"%s\"; sv-alert list shows them", id);
    if (!sv_store_groups_by_id(store, first, last, out, err))
        return false;
    if (out->count == before)
        return sv_error_set(err, SV_INPUT, "no group of alerts is called \"%s\"; sv-alert list shows them", id);
    return out->count == before + 1 || sv_error_set(err, SV_INPUT, "several groups of alerts begin with \"%s\"; give more of it", id);
}

/* --- the list --- */

struct listing {
    struct sv_answer answer;
    struct sv_ask ask;
    bool all;
    const char *state;
    struct sv_store *store;
    struct sv_body *body;
    struct sv_store_groups page;
    size_t at;
    int64_t begun_ns, id, now_ns;
    int64_t shown_ns, shown_id;
    uint64_t shown, more;
    bool headed, ended, counted;
    struct sv_buf out;
};

static int64_t since_of(const struct listing *listing)
{
    return listing->ask.has_since ? listing->ask.since_ns : INT64_MIN;
}

/* Nothing is asked for but a time, so that each row is wanted. */
static bool is_plain(const struct listing *listing)
{
    bool plain = listing->state == NULL && listing->ask.where == NULL && listing->ask.severity == SV_INFO;
    for (int kind = 0; kind < SV_ASK_KINDS; kind++)
        plain &= listing->ask.which[kind].count == 0;
    return plain;
}

static size_t page_of(const struct listing *listing)
{
    size_t left = listing->ask.number - (size_t)listing->shown;
    return is_plain(listing) && left < PAGE ? left : PAGE;
}

static const struct sv_store_group *take(struct listing *listing, struct sv_error *err)
{
    for (;;) {
        if (listing->at == listing->page.count) {
            sv_store_groups_free(&listing->page);
            listing->at = 0;
            if (!sv_store_groups(listing->store, since_of(listing), listing->begun_ns, listing->id, page_of(listing), &listing->page, err) ||
                listing->page.count == 0)
                return NULL;
            listing->begun_ns = listing->page.items[listing->page.count - 1].begun_ns;
            listing->id = listing->page.items[listing->page.count - 1].id;
        }
        const struct sv_store_group *group = &listing->page.items[listing->at++];
        enum sv_group_state state = sv_alert_state(group, listing->now_ns);
        if ((group->resolved_ns != 0 && !listing->all) || (listing->state != NULL && strcmp(listing->state, sv_group_state_name(state)) != 0))
            continue;
        if (sv_alert_is_wanted(&listing->ask, listing->body, group, listing->now_ns))
            return group;
    }
}

static bool count_more(struct listing *listing, struct sv_error *err)
{
    int64_t count = 0;
    if (!is_plain(listing)) {
        while (listing->more < MORE_MAX && take(listing, err) != NULL)
            listing->more++;
        return err->code == SV_DONE;
    }
    bool fine = sv_store_groups_count(listing->store, since_of(listing), listing->shown_ns, listing->shown_id, listing->all, MORE_MAX, &count, err);
    listing->more = (uint64_t)count;
    return fine;
}

static bool next_listing(struct sv_answer *answer, struct sv_slice *out, struct sv_error *err)
{
    struct listing *listing = (struct listing *)answer;
    const struct sv_store_group *group = NULL;
    sv_buf_clear(&listing->out);
    if (listing->ended) {
        if (listing->shown == listing->ask.number && !listing->counted)
            listing->counted = count_more(listing, err);
        return false;
    }
    if (!listing->headed)
        sv_list_head(&listing->ask.list, &listing->out);
    listing->headed = true;
    for (size_t i = 0; i < PAGE && listing->shown < listing->ask.number && (group = take(listing, err)) != NULL; i++) {
        sv_alert_put_row(&listing->ask.list, &listing->out, group, listing->now_ns);
        listing->shown++;
        listing->shown_ns = group->begun_ns;
        listing->shown_id = group->id;
    }
    listing->ended = listing->shown == listing->ask.number || group == NULL;
    *out = sv_buf_slice(&listing->out);
    return err->code == SV_DONE;
}

static uint64_t more(const struct sv_answer *answer, struct sv_buf *cursor)
{
    const struct listing *listing = (const struct listing *)answer;
    sv_ask_put_cursor(cursor, listing->shown_ns, listing->shown_id);
    return listing->more;
}

static void close_listing(struct sv_answer *answer)
{
    struct listing *listing = (struct listing *)answer;
    sv_store_groups_free(&listing->page);
    sv_body_close(listing->body);
    sv_store_close(listing->store);
    sv_buf_free(&listing->out);
    sv_free(listing);
}

struct sv_answer *sv_alert_list_open(const struct sv_ask *ask, bool all, const char *state, struct sv_error *err)
{
    static const struct sv_answer_kind kind = {.next = next_listing, .more = more, .close = close_listing};
    struct listing *listing = sv_calloc(1, sizeof *listing);
    listing->answer = (struct sv_answer){.kind = &kind, .more_at_most = MORE_MAX};
    listing->ask = *ask;
    listing->ask.store.read_only = true;
    listing->all = all || (state != NULL && strcmp(state, "resolved") == 0);
    listing->state = state;
    listing->now_ns = sv_os_now_ns();
    listing->begun_ns = ask->has_until ? ask->until_ns : INT64_MAX;
    listing->id = ask->has_until ? INT64_MAX : INT64_MIN;
    bool fine = ask->before == NULL || sv_ask_take_cursor(ask->before, &listing->begun_ns, &listing->id, err);
    if (fine && (listing->body = sv_body_open(ask->where, err)) != NULL && (listing->store = sv_store_open(&listing->ask.store, err)) != NULL)
        return &listing->answer;
    close_listing(&listing->answer);
    return NULL;
}

/* --- the alerts of one --- */

static struct sv_slice member(const struct sv_store_alert *alert, const char *name, struct sv_arena *arena)
{
    struct sv_value body, value;
    struct sv_error err = {0};
    if (!sv_json_read(alert->body, &body, &err) || (value = sv_json_get(body, sv_slice_str(name))).type != SV_STRING)
        return (struct sv_slice){0};
    return sv_value_string(&value, arena);
}

static void put_alert(const struct sv_list *list, struct sv_buf *out, const struct sv_store_alert *alert, struct sv_arena *arena)
{
    bool is_over = alert->resolved_ns != 0;
    struct sv_list_cell cells[A_COUNT] = {[A_STATE] = sv_ask_text(is_over ? SV_SLICE("resolved") : SV_SLICE("firing")),
                                          [A_SEVERITY] = sv_ask_text(sv_slice_str(sv_severity_name(alert->severity))),
                                          [A_STARTED] = sv_ask_time(alert->started_ns),
                                          [A_RESOLVED] = sv_ask_time(alert->resolved_ns),
                                          [A_ALERT] = sv_ask_text(alert->alert),
                                          [A_MESSAGE] = sv_ask_text(member(alert, "message", arena)),
                                          [A_AGENT] = sv_ask_text(member(alert, "agent", arena)),
                                          [A_EVALUATIONS] = sv_ask_number(is_over, (int64_t)alert->evaluations)};
    cells[A_STATE].color = is_over ? SV_COLOR_DIM : SV_COLOR_RED;
    sv_list_row(list, out, cells);
}

struct sv_answer *sv_alert_show_open(const struct sv_ask *ask, const char *id, struct sv_error *err)
{
    struct sv_store_spec spec = ask->store;
    struct sv_store_groups groups = {0};
    struct sv_store_alerts alerts = {0};
    struct sv_buf out = {0};
    spec.read_only = true;
    struct sv_store *store = sv_store_open(&spec, err);
    bool fine = store != NULL && sv_alert_find(store, id, &groups, err) && sv_store_alerts(store, groups.items[0].id, 0, ALERTS_MAX, &alerts, err);
    if (fine) {
        sv_list_head(&ask->list, &out);
        for (size_t i = 0; i < alerts.count; i++)
            put_alert(&ask->list, &out, &alerts.items[i], &alerts.arena);
    }
    sv_store_alerts_free(&alerts);
    sv_store_groups_free(&groups);
    sv_store_close(store);
    if (fine)
        return sv_answer_ready(&out, SV_DONE);
    sv_buf_free(&out);
    return NULL;
}
