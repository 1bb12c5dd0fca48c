/* SPDX-License-Identifier: ISC */
#include "run/status.h"

#include <stdio.h>
#include <stdlib.h>

#include "base/mem.h"
#include "base/os.h"
#include "base/time.h"
#include "run/fleet.h"
#include "run/whose.h"
#include "store/team.h"

/* Part of the manual: new ones go to the end. */
enum {
    C_KIND, C_SUPERVISOR, C_TEAM, C_AGENT, C_SESSION, C_STATE, C_LAST, C_TYPE, C_TOOL, C_HOST, C_EVENTS, C_ERRORS, C_ERROR_RATE, C_TOKENS, C_COST,
    C_UNPRICED, C_ALERTS, C_COUNT
};

const struct sv_list_column sv_status_columns[] = {
    [C_KIND] = {"kind", 0, 10, false, false, false},
    [C_SUPERVISOR] = {"supervisor", 0, 16, false, false, false},
    [C_TEAM] = {"team", 6, 16, false, false, false},
    [C_AGENT] = {"agent", 10, 30, true, false, false},
    [C_SESSION] = {"session", 0, 16, false, false, false},
    [C_STATE] = {"state", 7, 7, false, false, false},
    [C_LAST] = {"last", 11, 11, false, false, false},
    [C_TYPE] = {"type", 0, 12, false, false, false},
    [C_TOOL] = {"tool", 4, 14, false, false, false},
    [C_HOST] = {"host", 0, 16, false, false, false},
    [C_EVENTS] = {"events", 0, 7, false, false, true},
    [C_ERRORS] = {"errors", 0, 7, false, false, true},
    [C_ERROR_RATE] = {"error_rate", 5, 5, false, false, true},
    [C_TOKENS] = {"tokens", 7, 7, false, false, true},
    [C_COST] = {"cost_usd", 7, 9, false, false, true},
    [C_UNPRICED] = {"unpriced_tokens", 0, 7, false, false, true},
    [C_ALERTS] = {"alerts", 6, 6, false, false, true},
};
const size_t sv_status_column_count = C_COUNT;
static const char *const titles[C_COUNT] = {[C_ERROR_RATE] = "rate", [C_COST] = "cost"};

/* All of it is to fit in 80 cells. */
enum { T_WHO, T_STATE, T_LAST, T_TOOL, T_EVENTS, T_ERRORS, T_ERROR_RATE, T_TOKENS, T_COST, T_ALERTS, T_COUNT };

const struct sv_list_column sv_status_tree_columns[] = {
    [T_WHO] = {"who", 16, 36, true, false, false},            [T_STATE] = {"state", 9, 12, false, false, false},
    [T_LAST] = {"last", 11, 11, false, false, false},         [T_TOOL] = {"tool", 4, 14, false, false, false},
    [T_EVENTS] = {"events", 0, 7, false, false, true},        [T_ERRORS] = {"errors", 0, 6, false, false, true},
    [T_ERROR_RATE] = {"error_rate", 5, 5, false, false, true}, [T_TOKENS] = {"tokens", 7, 7, false, false, true},
    [T_COST] = {"cost_usd", 7, 9, false, false, true},        [T_ALERTS] = {"alerts", 6, 6, false, false, true},
};
const size_t sv_status_tree_column_count = T_COUNT;
static const char *const tree_titles[T_COUNT] = {[T_ERROR_RATE] = "rate", [T_COST] = "cost"};

/* An agent, where it stands. */
struct standing {
    struct sv_slice supervisor, team;
    const struct sv_store_fleet *agent;
    enum sv_fleet_state state;
    size_t first_session, session_count; /* of its live ones, in status->live */
};

/* What several come to. */
struct sum {
    uint64_t alive, waiting, events, errors;
    int64_t tokens, alerts;
    double cost_usd;
};

struct status {
    const struct sv_ask *ask;
    struct sv_list list;                /* the ask's, with titles */
    struct sv_status spec;
    struct sv_store *store;
    struct sv_roster *roster;
    struct sv_stops stops;
    struct sv_store_fleets fleets;
    uint64_t other_alerts;              /* open ones of no agent in fleets */
    struct sv_store_sessions sessions;
    const struct sv_store_agent **live; /* sessions, by agent, the newest first */
    struct sv_map first_live;           /* the agent's integer -> index + 1 of its first */
    struct standing *standings;
    size_t count;
    struct sv_store_fleet *unseen;      /* members of the roster that were never seen */
    struct sv_buf out;
    int64_t now_ns;
};

static void close_status(struct status *status)
{
    sv_store_close(status->store);
    sv_roster_free(status->roster);
    sv_stops_free(&status->stops);
    sv_store_fleets_free(&status->fleets);
    sv_store_sessions_free(&status->sessions);
    sv_free(status->live);
    sv_map_free(&status->first_live);
    sv_free(status->standings);
    sv_free(status->unseen);
    sv_buf_free(&status->out);
}

/* --- who stands where --- */

static struct sv_slice key_of(const struct sv_store_agent *agent)
{
    return sv_slice((const char *)&agent->id, sizeof agent->id);
}

/* The newest of its sessions that has not ended, or the agent itself. */
static const struct sv_store_agent *newest_of(const struct status *status, const struct sv_store_fleet *agent)
{
    const struct sv_map_item *item = agent->seen.state == SV_AGENT_ENDED ? sv_map_find(&status->first_live, key_of(&agent->seen)) : NULL;
    return item != NULL ? status->live[item->number - 1] : &agent->seen;
}

static enum sv_fleet_state state_of(struct status *status, const struct sv_store_fleet *agent)
{
    const struct sv_store_agent *seen = newest_of(status, agent);
    enum sv_fleet_state state = seen->last_seen_ns == 0 ? SV_FLEET_UNSEEN
                                                        : sv_fleet_state(seen->state, seen->last_seen_ns, seen->tool.len > 0, status->now_ns);
    if (status->stops.count > 0 && sv_stops_now(&status->stops, agent->seen.agent, status->now_ns) != NULL)
        return SV_FLEET_STOPPED;
    return agent->over_budget && state < SV_FLEET_ENDED ? SV_FLEET_OVER : state;
}

/* False: it was not asked for. */
static bool stand(struct status *status, const struct sv_store_fleet *agent, struct standing *out)
{
    *out = (struct standing){.agent = agent, .state = state_of(status, agent)};
    const struct sv_roster_place *place = sv_whose_now(status->roster, agent->seen.agent, agent->seen.team, status->now_ns, &out->team);
    if (place != NULL)
        out->supervisor = place->supervisor;
    return sv_ask_wants(status->ask, SV_ASK_AGENT, agent->seen.agent) && sv_whose_wanted(status->ask, out->team, place);
}

/* One that has ended counts for what it did today, and is not shown. */
static bool is_shown(const struct status *status, const struct standing *standing)
{
    return status->spec.all || standing->state < SV_FLEET_ENDED;
}

static int compare_texts(struct sv_slice a, struct sv_slice b)
{
    return a.len == 0 || b.len == 0 ? (a.len == 0) - (b.len == 0) : sv_slice_compare(a, b); /* nobody's come last */
}

static int by_place(const void *a, const void *b)
{
    const struct standing *x = a, *y = b;
    int order = compare_texts(x->supervisor, y->supervisor);
    if (order == 0)
        order = compare_texts(x->team, y->team);
    return order != 0 ? order : sv_slice_compare(x->agent->seen.agent, y->agent->seen.agent);
}

static int by_agent(const void *a, const void *b)
{
    const struct sv_store_agent *x = *(const struct sv_store_agent *const *)a, *y = *(const struct sv_store_agent *const *)b;
    return x->id != y->id ? (x->id > y->id) - (x->id < y->id) : (x->last_seen_ns < y->last_seen_ns) - (x->last_seen_ns > y->last_seen_ns);
}

/* Members of the roster, by name, of whom nobody has seen an event lately. */
static size_t find_unseen(struct status *status)
{
    const struct sv_roster_rows *members = &status->roster->rows[SV_ROSTER_MEMBER];
    struct sv_map seen = {0};
    size_t count = 0;
    for (size_t i = 0; i < status->fleets.count; i++)
        sv_map_at(&seen, status->fleets.items[i].seen.agent);
    status->unseen = sv_calloc(members->count + 1, sizeof *status->unseen);
    for (size_t i = 0; i < members->count; i++) {
        const struct sv_roster_row *row = &members->items[i];
        if (sv_roster_holds(row, status->now_ns) && !sv_roster_is_glob(row->name) && sv_map_find(&seen, row->name) == NULL)
            status->unseen[count++].seen.agent = row->name;
    }
    sv_map_free(&seen);
    return count;
}

/* Live sessions by agent. */
static void sort_sessions(struct status *status)
{
    size_t count = status->sessions.count;
    status->live = sv_calloc(count + 1, sizeof(const struct sv_store_agent *));
    for (size_t i = 0; i < count; i++)
        status->live[i] = &status->sessions.items[i];
    qsort(status->live, count, sizeof *status->live, by_agent);
    for (size_t i = count; i-- > 0;)
        sv_map_at(&status->first_live, key_of(status->live[i]))->number = i + 1;
}

static void take_sessions(const struct status *status, struct standing *standing)
{
    const struct sv_map_item *item = sv_map_find(&status->first_live, key_of(&standing->agent->seen));
    if (item == NULL)
        return;
    standing->first_session = item->number - 1;
    for (size_t at = standing->first_session; at < status->sessions.count; at++, standing->session_count++)
        if (status->live[at]->id != standing->agent->seen.id)
            break;
}

static void stand_all(struct status *status)
{
    size_t unseen = status->spec.all ? find_unseen(status) : 0;
    status->standings = sv_calloc(status->fleets.count + unseen + 1, sizeof *status->standings);
    for (size_t i = 0; i < status->fleets.count + unseen; i++) {
        const struct sv_store_fleet *agent = i < status->fleets.count ? &status->fleets.items[i] : &status->unseen[i - status->fleets.count];
        struct standing *standing = &status->standings[status->count];
        if (!stand(status, agent, standing))
            continue;
        take_sessions(status, standing);
        status->count++;
    }
}

/* --- sums --- */

static void add(struct sum *sum, const struct standing *standing)
{
    const struct sv_store_fleet *agent = standing->agent;
    sum->alive += standing->state < SV_FLEET_ENDED;
    sum->waiting += standing->state == SV_FLEET_WAITING;
    sum->events += agent->events;
    sum->errors += agent->errors;
    sum->tokens += agent->tokens;
    sum->cost_usd += agent->cost_usd;
    sum->alerts += agent->alerts;
}

static void put_oneline(struct status *status)
{
    struct sum sum = {0};
    struct sv_buf *out = &status->out;
    for (size_t i = 0; i < status->count; i++)
        add(&sum, &status->standings[i]);
    sum.alerts += (int64_t)status->other_alerts;
    sv_buf_printf(out, "%llu agent%s, %llu waiting, $%.2f today", (unsigned long long)sum.alive, sum.alive == 1 ? "" : "s",
                  (unsigned long long)sum.waiting, sum.cost_usd);
    sv_buf_printf(out, ", %lld alert%s\n", (long long)sum.alerts, sum.alerts == 1 ? "" : "s");
}

/* --- rows --- */

static enum sv_color color_of(enum sv_fleet_state state)
{
    static const enum sv_color colors[SV_FLEET_STATES] = {SV_COLOR_GREEN, SV_COLOR_YELLOW, SV_COLOR_NONE, SV_COLOR_RED,
                                                          SV_COLOR_ALERT, SV_COLOR_ALERT,  SV_COLOR_DIM,    SV_COLOR_DIM};
    return colors[state];
}

static struct sv_slice or_none(struct sv_slice text)
{
    return text.len > 0 ? text : SV_SLICE("-");
}

static double share(uint64_t errors, uint64_t events)
{
    return events > 0 ? (double)errors / (double)events : 0;
}

static void put_agent(struct status *status, const struct standing *standing)
{
    const struct sv_store_fleet *agent = standing->agent;
    const struct sv_store_agent *seen = newest_of(status, agent);
    struct sv_list_cell cells[C_COUNT] = {
        [C_KIND] = sv_ask_text(SV_SLICE("agent")),
        [C_SUPERVISOR] = sv_ask_text(standing->supervisor),
        [C_TEAM] = sv_ask_text(or_none(standing->team)),
        [C_AGENT] = sv_ask_text(seen->agent),
        [C_SESSION] = sv_ask_text(seen->session),
        [C_STATE] = sv_ask_text(sv_slice_str(sv_fleet_word(standing->state))),
        [C_LAST] = sv_ask_time(seen->last_seen_ns),
        [C_TYPE] = sv_ask_text(seen->type),
        [C_TOOL] = sv_ask_text(seen->tool),
        [C_HOST] = sv_ask_text(seen->host),
        [C_EVENTS] = sv_ask_number(true, (int64_t)agent->events),
        [C_ERRORS] = sv_ask_number(true, (int64_t)agent->errors),
        [C_ERROR_RATE] = sv_ask_real(agent->events > 0, share(agent->errors, agent->events)),
        [C_TOKENS] = sv_ask_number(true, agent->tokens),
        [C_COST] = sv_ask_real(true, agent->cost_usd),
        [C_UNPRICED] = sv_ask_number(true, agent->unpriced_tokens),
        [C_ALERTS] = sv_ask_number(true, agent->alerts),
    };
    cells[C_STATE].color = color_of(standing->state);
    cells[C_ALERTS].color = agent->alerts > 0 ? SV_COLOR_RED : SV_COLOR_NONE;
    sv_list_row(&status->list, &status->out, cells);
}

static enum sv_fleet_state session_state(const struct status *status, const struct standing *standing, const struct sv_store_agent *session)
{
    if (standing->state == SV_FLEET_STOPPED)
        return SV_FLEET_STOPPED;
    return sv_fleet_state(session->state, session->last_seen_ns, session->tool.len > 0, status->now_ns);
}

static void put_session(struct status *status, const struct standing *standing, const struct sv_store_agent *session)
{
    enum sv_fleet_state state = session_state(status, standing, session);
    struct sv_list_cell cells[C_COUNT] = {
        [C_KIND] = sv_ask_text(SV_SLICE("session")),
        [C_SUPERVISOR] = sv_ask_text(standing->supervisor),
        [C_TEAM] = sv_ask_text(or_none(standing->team)),
        [C_AGENT] = sv_ask_text(session->agent),
        [C_SESSION] = sv_ask_text(session->session),
        [C_STATE] = sv_ask_text(sv_slice_str(sv_fleet_word(state))),
        [C_LAST] = sv_ask_time(session->last_seen_ns),
        [C_TYPE] = sv_ask_text(session->type),
        [C_TOOL] = sv_ask_text(session->tool),
        [C_HOST] = sv_ask_text(session->host),
    };
    cells[C_STATE].color = color_of(state);
    sv_list_row(&status->list, &status->out, cells);
}

/* --- the tree --- */

/* `words` in a deeper line. */
static struct sv_slice indented(struct sv_buf *buf, int depth, struct sv_slice words)
{
    sv_buf_clear(buf);
    for (int i = 0; i < depth; i++)
        sv_buf_str(buf, "  ");
    sv_buf_add(buf, words);
    return sv_buf_slice(buf);
}

static void put_sum(struct status *status, int depth, struct sv_slice name, const struct sum *sum)
{
    struct sv_buf who = {0};
    char alive[32];
    snprintf(alive, sizeof alive, "%llu alive", (unsigned long long)sum->alive);
    struct sv_list_cell cells[T_COUNT] = {
        [T_WHO] = sv_ask_text(indented(&who, depth, or_none(name))), [T_STATE] = sv_ask_text(sv_slice_str(alive)),
        [T_LAST] = sv_ask_text(SV_SLICE(" ")),                       [T_TOOL] = sv_ask_text(SV_SLICE(" ")),
        [T_EVENTS] = sv_ask_number(true, (int64_t)sum->events),      [T_ERRORS] = sv_ask_number(true, (int64_t)sum->errors),
        [T_ERROR_RATE] = sv_ask_real(sum->events > 0, share(sum->errors, sum->events)),
        [T_TOKENS] = sv_ask_number(true, sum->tokens),               [T_COST] = sv_ask_real(true, sum->cost_usd),
        [T_ALERTS] = sv_ask_number(true, sum->alerts)};
    for (int i = 0; i < T_COUNT; i++)
        cells[i].color = SV_COLOR_BOLD;
    sv_list_row(&status->list, &status->out, cells);
    sv_buf_free(&who);
}

static void put_tree_agent(struct status *status, const struct standing *standing)
{
    const struct sv_store_fleet *agent = standing->agent;
    const struct sv_store_agent *seen = newest_of(status, agent);
    struct sv_buf who = {0};
    struct sv_list_cell cells[T_COUNT] = {
        [T_WHO] = sv_ask_text(indented(&who, 2, agent->seen.agent)),
        [T_STATE] = sv_ask_text(sv_slice_str(sv_fleet_word(standing->state))),
        [T_LAST] = sv_ask_time(seen->last_seen_ns),
        [T_TOOL] = sv_ask_text(seen->tool),
        [T_EVENTS] = sv_ask_number(true, (int64_t)agent->events),
        [T_ERRORS] = sv_ask_number(true, (int64_t)agent->errors),
        [T_ERROR_RATE] = sv_ask_real(agent->events > 0, share(agent->errors, agent->events)),
        [T_TOKENS] = sv_ask_number(true, agent->tokens),
        [T_COST] = sv_ask_real(true, agent->cost_usd),
        [T_ALERTS] = sv_ask_number(true, agent->alerts)};
    cells[T_STATE].color = color_of(standing->state);
    cells[T_ALERTS].color = agent->alerts > 0 ? SV_COLOR_RED : SV_COLOR_NONE;
    sv_list_row(&status->list, &status->out, cells);
    sv_buf_free(&who);
}

static void put_tree_session(struct status *status, const struct standing *standing, const struct sv_store_agent *session)
{
    struct sv_buf who = {0};
    enum sv_fleet_state state = session_state(status, standing, session);
    struct sv_slice nothing = SV_SLICE(" ");
    struct sv_list_cell cells[T_COUNT] = {[T_WHO] = sv_ask_text(indented(&who, 3, session->session)),
                                          [T_STATE] = sv_ask_text(sv_slice_str(sv_fleet_word(state))),
                                          [T_LAST] = sv_ask_time(session->last_seen_ns),
                                          [T_TOOL] = sv_ask_text(session->tool)};
    for (int i = T_EVENTS; i < T_COUNT; i++)
        cells[i] = sv_ask_text(nothing);
    for (int i = 0; i < T_COUNT; i++)
        cells[i].color = i == T_STATE ? color_of(state) : SV_COLOR_DIM;
    sv_list_row(&status->list, &status->out, cells);
    sv_buf_free(&who);
}

/* Of all from one on that are in the same team, or under the same supervisor. */
static struct sum sum_of(const struct status *status, size_t from, bool team)
{
    struct sum sum = {0};
    const struct standing *first = &status->standings[from];
    for (size_t i = from; i < status->count; i++) {
        const struct standing *standing = &status->standings[i];
        if (!sv_slice_equal(standing->supervisor, first->supervisor) || (team && !sv_slice_equal(standing->team, first->team)))
            break;
        add(&sum, standing);
    }
    return sum;
}

static void put_tree(struct status *status)
{
    for (size_t i = 0; i < status->count; i++) {
        const struct standing *standing = &status->standings[i], *before = i > 0 ? standing - 1 : NULL;
        bool is_new = before == NULL || !sv_slice_equal(before->supervisor, standing->supervisor);
        struct sum sum;
        if (is_new) {
            sum = sum_of(status, i, false);
            put_sum(status, 0, standing->supervisor, &sum);
        }
        if (is_new || !sv_slice_equal(before->team, standing->team)) {
            sum = sum_of(status, i, true);
            put_sum(status, 1, standing->team, &sum);
        }
        if (!is_shown(status, standing))
            continue;
        put_tree_agent(status, standing);
        for (size_t s = 0; s < standing->session_count && standing->session_count > 1; s++)
            put_tree_session(status, standing, status->live[standing->first_session + s]);
    }
}

static void put_flat(struct status *status)
{
    for (size_t i = 0; i < status->count; i++) {
        const struct standing *standing = &status->standings[i];
        if (!is_shown(status, standing))
            continue;
        put_agent(status, standing);
        for (size_t s = 0; s < standing->session_count && status->ask->list.form != SV_LIST_TEXT; s++)
            put_session(status, standing, status->live[standing->first_session + s]);
    }
}

static void put_status(struct status *status)
{
    if (status->spec.oneline) {
        put_oneline(status);
        return;
    }
    qsort(status->standings, status->count, sizeof *status->standings, by_place);
    status->list = status->ask->list;
    status->list.titles = status->spec.tree ? tree_titles : titles;
    sv_list_head(&status->list, &status->out);
    if (status->spec.tree)
        put_tree(status);
    else
        put_flat(status);
}

/* One line asks for them only where an agent whose newest session has ended may have another. */
static bool needs_sessions(const struct status *status)
{
    for (size_t i = 0; i < status->fleets.count && status->spec.oneline; i++)
        if (status->fleets.items[i].seen.state == SV_AGENT_ENDED)
            return true;
    return !status->spec.oneline;
}

/* Of one line over all that is known, names matter to stops alone. */
static bool needs_names(const struct status *status)
{
    const struct sv_ask_words *which = status->ask->which;
    return !status->spec.oneline || status->stops.count > 0 || which[SV_ASK_AGENT].count + which[SV_ASK_TEAM].count + which[SV_ASK_SUPERVISOR].count > 0;
}

/* Each of its agent, if that is here; without names all are of others. */
static void take_groups(struct status *status, const struct sv_store_groups *groups, bool brief)
{
    struct sv_map agents = {0}; /* name -> struct sv_store_fleet */
    for (size_t i = 0; i < status->fleets.count && !brief && groups->count > 0; i++)
        sv_map_at(&agents, status->fleets.items[i].seen.agent)->pointer = &status->fleets.items[i];
    for (size_t i = 0; i < groups->count; i++) {
        const struct sv_store_group *group = &groups->items[i];
        const struct sv_map_item *item = sv_map_find(&agents, group->agent);
        struct sv_slice team;
        if (item != NULL) {
            ((struct sv_store_fleet *)item->pointer)->alerts++;
            continue;
        }
        const struct sv_roster_place *place = sv_whose_group(status->roster, group, &team);
        status->other_alerts += sv_ask_wants(status->ask, SV_ASK_AGENT, group->agent) && sv_whose_wanted(status->ask, team, place);
    }
    sv_map_free(&agents);
}

static bool find_alerts(struct status *status, int64_t day_ns, bool brief, struct sv_error *err)
{
    struct sv_store_groups groups = {0};
    bool are_kept, fine = sv_whose_alerts(status->store, status->now_ns, &groups, &are_kept, err);
    if (fine && are_kept)
        take_groups(status, &groups, brief);
    else if (fine)
        fine = sv_store_fleet_alerts(status->store, day_ns, &status->fleets, err);
    sv_store_groups_free(&groups);
    return fine;
}

static bool load(struct status *status, struct sv_error *err)
{
    int64_t day = sv_fleet_day(status->now_ns), day_ns = sv_fleet_day_start(day);
    int64_t since_ns = status->now_ns - SV_FLEET_LIVE_NS < day_ns ? status->now_ns - SV_FLEET_LIVE_NS : day_ns;
    if (!sv_store_stops_load(status->store, &status->stops, err))
        return false;
    bool brief = !needs_names(status);
    if ((!brief && !sv_store_roster_load(status->store, status->roster, err)) ||
        !sv_store_fleet(status->store, status->spec.all ? INT64_MIN : since_ns, day, brief, &status->fleets, err) ||
        !sv_store_fleet_budgets(status->store, day_ns, &status->fleets, err) || !find_alerts(status, day_ns, brief, err))
        return false;
    if (needs_sessions(status) && !sv_store_sessions_live(status->store, status->now_ns - SV_FLEET_LIVE_NS, brief, &status->sessions, err))
        return false;
    sort_sessions(status);
    stand_all(status);
    return true;
}

struct sv_answer *sv_status_open(const struct sv_ask *ask, const struct sv_status *spec, struct sv_error *err)
{
    struct sv_store_spec store = ask->store;
    store.read_only = true;
    struct status status = {.ask = ask, .spec = *spec, .now_ns = sv_os_now_ns(), .roster = sv_roster_new(), .store = sv_store_open(&store, err)};
    struct sv_answer *answer = NULL;
    if (status.store != NULL && load(&status, err)) {
        put_status(&status);
        answer = sv_answer_ready(&status.out, SV_DONE);
    }
    close_status(&status);
    return answer;
}
