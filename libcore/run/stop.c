/* SPDX-License-Identifier: ISC */
#include "run/stop.h"

#include <stdio.h>

#include "base/mem.h"
#include "base/os.h"
#include "base/time.h"
#include "run/fleet.h"
#include "store/team.h"
#include "team/change.h"

#define HELD_NS (10 * 60 * SV_SECOND_NS) /* something asked about it since then */
#define NOTED_NS (60 * SV_SECOND_NS)     /* asking again within that is not noted again */

/* Part of the manual: new ones go to the end. */
const struct sv_list_column sv_stop_columns[] = {
    {"held", 8, 8, false, false, false},   {"agent", 10, 30, true, false, false},  {"session", 7, 20, false, false, false},
    {"state", 7, 7, false, false, false},  {"last", 11, 11, false, false, false},  {"tool", 0, 16, false, false, false},
    {"host", 4, 16, false, false, false},  {"pid", 7, 7, false, false, true},      {"asked", 11, 11, false, false, false},
};
const size_t sv_stop_column_count = sizeof sv_stop_columns / sizeof *sv_stop_columns;

const struct sv_list_column sv_stopped_columns[] = {
    {"agent", 10, 30, false, false, false}, {"tree", 4, 4, false, false, false},   {"since", 11, 11, false, false, false},
    {"until", 11, 11, false, false, false}, {"user", 8, 16, false, false, false}, {"reason", 10, 0, true, false, false},
};
const size_t sv_stopped_column_count = sizeof sv_stopped_columns / sizeof *sv_stopped_columns;

struct stopping {
    const struct sv_ask *ask;
    struct sv_store *store;
    struct sv_stops stops;
    struct sv_store_sessions sessions;
    struct sv_buf out, host;
    enum sv_code status; /* of the answer */
    int64_t now_ns;
};

static void close_stopping(struct stopping *stopping)
{
    sv_store_close(stopping->store);
    sv_stops_free(&stopping->stops);
    sv_store_sessions_free(&stopping->sessions);
    sv_buf_free(&stopping->out);
    sv_buf_free(&stopping->host);
    sv_free(stopping);
}

static struct stopping *open_stopping(const struct sv_ask *ask, bool read_only, struct sv_error *err)
{
    struct stopping *stopping = sv_calloc(1, sizeof *stopping);
    struct sv_store_spec store = ask->store;
    store.read_only = read_only;
    stopping->ask = ask;
    stopping->now_ns = sv_os_now_ns();
    stopping->store = sv_store_open(&store, err);
    if (stopping->store != NULL)
        return stopping;
    close_stopping(stopping);
    return NULL;
}

/* What it has put, or NULL; ends it. */
static struct sv_answer *answer_of(struct stopping *stopping, bool fine)
{
    struct sv_answer *answer = fine ? sv_answer_ready(&stopping->out, stopping->status) : NULL;
    close_stopping(stopping);
    return answer;
}

/* --- stop --- */

static bool put_stop(struct stopping *stopping, struct sv_acts *acts, const struct sv_stop_order *order, struct sv_slice agent,
                     struct sv_error *err)
{
    struct sv_buf more = {0}, until = {0};
    if (order->until_ns != 0) {
        sv_time_format(&until, order->until_ns);
        sv_act_put_member(&more, "until", sv_buf_slice(&until));
    }
    bool fine = sv_act_put(acts, &(struct sv_act){.type = "operator.agent.stop", .entity_type = "agent", .entity_id = agent, .more = sv_buf_slice(&more)},
                           err);
    struct sv_stop stop = {.agent = agent,
                           .tree = order->tree,
                           .reason = sv_buf_slice(&acts->reason),
                           .user = sv_buf_slice(&acts->user),
                           .stopped_ns = stopping->now_ns,
                           .until_ns = order->until_ns != 0 ? order->until_ns : SV_STOP_OPEN};
    fine = fine && sv_store_stop_add(stopping->store, &stop, sv_buf_slice(&acts->host), err);
    sv_buf_free(&more);
    sv_buf_free(&until);
    return fine;
}

/* All that is wrong with the names is told. */
static bool check_names(const struct sv_stop_order *order, struct sv_findings *findings, struct sv_error *err)
{
    struct sv_redactor *redactor = sv_redactor_new();
    for (size_t i = 0; i < order->count; i++) {
        struct sv_slice agent = sv_slice_str(order->agents[i]);
        struct sv_error wrong = {0};
        if (!sv_roster_name_check(agent, &wrong) || !sv_redact_name(redactor, agent, &wrong))
            sv_findings_add(findings, &wrong);
    }
    sv_redactor_free(redactor);
    return findings->count == 0 || sv_findings_fail(findings, "nothing was changed", err);
}

static bool put_stops(struct stopping *stopping, const struct sv_stop_order *order, struct sv_error *err)
{
    struct sv_acts acts = {.store = stopping->store, .now_ns = stopping->now_ns, .by = order->by};
    bool fine = sv_store_begin(stopping->store, err);
    for (size_t i = 0; fine && i < order->count; i++)
        fine = put_stop(stopping, &acts, order, sv_slice_str(order->agents[i]), err);
    fine = fine && sv_acts_end(&acts, err) && sv_store_commit(stopping->store, err);
    if (!fine)
        sv_store_rollback(stopping->store);
    sv_acts_free(&acts);
    return fine;
}

/* When somebody last asked about this agent, or about one whose sub-agent it is. */
static bool asked_about(struct stopping *stopping, struct sv_slice agent, struct sv_store_asked *newest, struct sv_error *err)
{
    *newest = (struct sv_store_asked){0};
    for (; agent.len > 0; agent = sv_slice_above(agent)) {
        struct sv_store_asked asked;
        if (!sv_store_stop_asked(stopping->store, agent, &asked, err))
            return false;
        if (asked.asked_ns > newest->asked_ns)
            *newest = asked;
    }
    return true;
}

static bool put_session(struct stopping *stopping, const struct sv_store_agent *session, struct sv_error *err)
{
    struct sv_store_asked asked;
    if (!asked_about(stopping, session->agent, &asked, err))
        return false;
    char pid[24];
    snprintf(pid, sizeof pid, "%lld", (long long)asked.pid);
    enum sv_fleet_state state = sv_fleet_state(session->state, session->last_seen_ns, session->tool.len > 0, stopping->now_ns);
    bool held = asked.asked_ns != 0 && stopping->now_ns - asked.asked_ns < HELD_NS;
    struct sv_list_cell cells[] = {sv_ask_text(held ? SV_SLICE("held") : SV_SLICE("not held")),
                                   sv_ask_text(session->agent),
                                   sv_ask_text(session->session),
                                   sv_ask_text(sv_slice_str(sv_fleet_word(state))),
                                   sv_ask_time(session->last_seen_ns),
                                   sv_ask_text(session->tool),
                                   sv_ask_text(session->host.len > 0 ? session->host : sv_slice_str(held ? asked.host : "")),
                                   sv_ask_text(sv_slice_str(held && asked.pid > 0 ? pid : "")),
                                   sv_ask_time(asked.asked_ns)};
    cells[0].color = held ? SV_COLOR_GREEN : SV_COLOR_RED;
    if (!held)
        stopping->status = SV_FOUND;
    sv_list_row(&stopping->ask->list, &stopping->out, cells);
    return true;
}

/* A row a live session that a stop is meant for. */
static bool put_sessions(struct stopping *stopping, struct sv_error *err)
{
    if (!sv_store_stops_load(stopping->store, &stopping->stops, err) ||
        !sv_store_sessions_live(stopping->store, stopping->now_ns - SV_FLEET_LIVE_NS, false, &stopping->sessions, err))
        return false;
    bool headed = false;
    for (size_t i = 0; i < stopping->sessions.count; i++) {
        const struct sv_stop *stop = sv_stops_now(&stopping->stops, stopping->sessions.items[i].agent, stopping->now_ns);
        if (stop == NULL || stop->stopped_ns != stopping->now_ns) /* not by these */
            continue;
        if (!headed)
            sv_list_head(&stopping->ask->list, &stopping->out);
        headed = true;
        if (!put_session(stopping, &stopping->sessions.items[i], err))
            return false;
    }
    return true;
}

struct sv_answer *sv_stop_open(const struct sv_ask *ask, const struct sv_stop_order *order, struct sv_findings *findings, struct sv_error *err)
{
    struct stopping *stopping = check_names(order, findings, err) ? open_stopping(ask, false, err) : NULL;
    if (stopping == NULL)
        return NULL;
    return answer_of(stopping, put_stops(stopping, order, err) && put_sessions(stopping, err));
}

/* --- resume --- */

/* A stop's own name says that it is meant; a glob means all that it matches, stops by globs of that text among them. */
static bool is_named(struct sv_slice name, const struct sv_stop *stop)
{
    return sv_slice_equal(name, stop->agent) || (sv_roster_is_glob(name) && sv_slice_glob(name, stop->agent));
}

static bool resume_one(struct stopping *stopping, struct sv_acts *acts, struct sv_slice name, struct sv_error *wrong, struct sv_error *err)
{
    size_t resumed = 0;
    for (size_t i = 0; i < stopping->stops.count; i++) {
        const struct sv_stop *stop = &stopping->stops.items[i];
        if (!is_named(name, stop) || !sv_stop_holds(stop, stopping->now_ns))
            continue;
        if (!sv_store_stop_resume(stopping->store, stop->id, stopping->now_ns, err) ||
            !sv_act_put(acts, &(struct sv_act){.type = "operator.agent.resume", .entity_type = "agent", .entity_id = stop->agent}, err))
            return false;
        resumed++;
    }
    const struct sv_stop *other = resumed == 0 ? sv_stops_now(&stopping->stops, name, stopping->now_ns) : NULL;
    if (other != NULL)
        sv_error_set(wrong, SV_INPUT, "\"%.*s\" is stopped by the stop of \"%.*s\": resume that", SV_ARG(name), SV_ARG(other->agent));
    else if (resumed == 0)
        sv_error_set(wrong, SV_INPUT, "\"%.*s\" is not stopped", SV_ARG(name));
    return true;
}

static bool resume_all(struct stopping *stopping, const struct sv_stop_order *order, struct sv_findings *findings, struct sv_error *err)
{
    struct sv_acts acts = {.store = stopping->store, .now_ns = stopping->now_ns, .by = order->by};
    bool fine = sv_store_begin(stopping->store, err) && sv_store_stops_load(stopping->store, &stopping->stops, err);
    for (size_t i = 0; fine && i < order->count; i++) {
        struct sv_error wrong = {0};
        fine = resume_one(stopping, &acts, sv_slice_str(order->agents[i]), &wrong, err);
        if (wrong.code != SV_DONE)
            sv_findings_add(findings, &wrong);
    }
    if (fine && findings->count > 0)
        fine = sv_findings_fail(findings, "nothing was changed", err);
    fine = fine && sv_acts_end(&acts, err) && sv_store_commit(stopping->store, err);
    if (!fine)
        sv_store_rollback(stopping->store);
    sv_acts_free(&acts);
    return fine;
}

bool sv_stop_resume(const struct sv_store_spec *store, const struct sv_stop_order *order, struct sv_findings *findings, struct sv_error *err)
{
    struct sv_ask ask = {.store = *store};
    struct stopping *stopping = open_stopping(&ask, false, err);
    if (stopping == NULL)
        return false;
    bool fine = resume_all(stopping, order, findings, err);
    close_stopping(stopping);
    return fine;
}

/* --- stopped --- */

static void put_row(struct stopping *stopping, const struct sv_stop *stop)
{
    struct sv_list_cell cells[] = {sv_ask_text(stop->agent),
                                   sv_ask_text(stop->tree ? SV_SLICE("yes") : SV_SLICE("no")),
                                   sv_ask_time(stop->stopped_ns),
                                   sv_ask_time(stop->until_ns != SV_STOP_OPEN ? stop->until_ns : 0),
                                   sv_ask_text(stop->user),
                                   sv_ask_text(stop->reason)};
    sv_list_row(&stopping->ask->list, &stopping->out, cells);
}

/* That it was asked is worth a write once a minute, not at every call of a tool. */
static bool note(struct stopping *stopping, struct sv_slice agent, int64_t pid, struct sv_error *err)
{
    struct sv_store_asked asked;
    if (!sv_store_stop_asked(stopping->store, agent, &asked, err))
        return false;
    if (asked.asked_ns != 0 && stopping->now_ns - asked.asked_ns < NOTED_NS && asked.asked_ns <= stopping->now_ns && asked.pid == pid)
        return true;
    asked = (struct sv_store_asked){.asked_ns = stopping->now_ns, .pid = pid};
    sv_os_host(&stopping->host);
    size_t len = stopping->host.len < sizeof asked.host ? stopping->host.len : sizeof asked.host - 1;
    memcpy(asked.host, stopping->host.data, len);
    if (sv_store_begin(stopping->store, err) && sv_store_stop_ask(stopping->store, agent, &asked, err) && sv_store_commit(stopping->store, err))
        return true;
    sv_store_rollback(stopping->store);
    return false;
}

static void put_all(struct stopping *stopping)
{
    sv_list_head(&stopping->ask->list, &stopping->out);
    for (size_t i = 0; i < stopping->stops.count; i++)
        if (sv_stop_holds(&stopping->stops.items[i], stopping->now_ns)) {
            put_row(stopping, &stopping->stops.items[i]);
            stopping->status = SV_FOUND;
        }
}

struct sv_answer *sv_stopped_open(const struct sv_ask *ask, const char *agent, int64_t pid, struct sv_error *err)
{
    struct sv_ask quick = *ask;
    quick.store.sync_normal = true; /* a note that a power cut takes costs nothing */
    struct stopping *stopping = open_stopping(&quick, agent == NULL, err);
    if (stopping == NULL)
        return NULL;
    stopping->ask = ask;
    bool fine = sv_store_stops_load(stopping->store, &stopping->stops, err) &&
                (agent == NULL || note(stopping, sv_slice_str(agent), pid, err));
    if (fine && agent == NULL) {
        put_all(stopping);
    } else if (fine) {
        const struct sv_stop *stop = sv_stops_now(&stopping->stops, sv_slice_str(agent), stopping->now_ns);
        if (stop != NULL) {
            stopping->status = SV_FOUND;
            sv_list_head(&ask->list, &stopping->out);
            put_row(stopping, stop);
        }
    }
    return answer_of(stopping, fine);
}
