/* SPDX-License-Identifier: ISC */
#include "run/load_ops.h"

#include <stdio.h>

#include "base/os.h"
#include "base/time.h"
#include "run/emit.h"
#include "run/load_asks.h"
#include "run/mail.h"
#include "run/team.h"

static const char team[] = "bench", supervisor[] = "bench";

void sv_load_put_id(struct sv_buf *out, uint32_t user, uint64_t n)
{
    sv_buf_printf(out, "b%u-%llu", user, (unsigned long long)n);
}

void sv_load_put_session(struct sv_buf *out, uint32_t user)
{
    sv_buf_printf(out, "b%u", user);
}

static bool loses(struct sv_load_user *user)
{
    bool now = user->loses;
    user->loses = false;
    return now;
}

/* --- events from scripts --- */

struct emitted {
    const char *type, *entity_type, *status;
    uint32_t entities; /* so many different ones; 0: a new one each time */
};

static bool emit(struct sv_load_user *user, const struct emitted *what, struct sv_error *err)
{
    struct sv_value preset[SV_F_COUNT] = {0};
    struct sv_intake_spec spec = {.store = *user->store, .preset = preset};
    struct sv_buf id = {0}, session = {0}, entity = {0}, made = {0};
    char agent[24];
    bool was_there = false;
    sv_load_put_id(&id, user->number, user->emitted + 1);
    sv_load_put_session(&session, user->number);
    if (what->entities > 0)
        sv_buf_printf(&entity, "%s-%u", what->entity_type, sv_random_below(&user->random, what->entities));
    else
        sv_buf_printf(&entity, "%s-b%u-%llu", what->entity_type, user->number, (unsigned long long)++user->made);
    preset[SV_F_TYPE] = sv_value_str(sv_slice_str(what->type));
    preset[SV_F_SESSION] = sv_value_str(sv_buf_slice(&session));
    preset[SV_F_AGENT] = sv_value_str(sv_slice(agent, (size_t)snprintf(agent, sizeof agent, "agent-%02u", sv_random_below(&user->random, SV_LOAD_MEMBERS))));
    preset[SV_F_ENTITY_TYPE] = sv_value_str(sv_slice_str(what->entity_type));
    preset[SV_F_ENTITY_ID] = sv_value_str(sv_buf_slice(&entity));
    preset[SV_F_STATUS] = sv_value_str(sv_slice_str(what->status));
    preset[SV_F_TEXT] = sv_value_str(SV_SLICE("moved on, as planned; the rest is in the review"));
    bool fine = loses(user) || sv_emit(&spec, sv_buf_cstr(&id), NULL, &made, &was_there, err);
    user->emitted += fine;
    if (fine && was_there)
        fine = sv_error_set(err, SV_SYSTEM, "event %s was there before", sv_buf_cstr(&id));
    sv_buf_free(&id);
    sv_buf_free(&session);
    sv_buf_free(&entity);
    sv_buf_free(&made);
    return fine;
}

#define EMIT(name, ...)                                                                                                            \
    static bool name(struct sv_load_user *user, struct sv_error *err)                                                              \
    {                                                                                                                              \
        static const struct emitted what = {__VA_ARGS__};                                                                          \
        return emit(user, &what, err);                                                                                             \
    }
EMIT(create_goal, "goal.created", "goal", "open", 0)
EMIT(create_sprint, "sprint.created", "sprint", "open", 0)
EMIT(update_task, "task.status", "task", "working", 500)
EMIT(tell_status, "agent.status", "agent", "idle", SV_LOAD_MEMBERS)
EMIT(tell_session, "session.note", "session", "ok", 200)

static bool add_members(const struct sv_store_spec *store, enum sv_roster_kind kind, const char *const *names, size_t count, const char *above,
                        struct sv_error *err)
{
    struct sv_team_change change = {.kind = kind, .verb = SV_TEAM_ADD, .names = names, .count = count, .above = above};
    struct sv_findings findings = {0};
    bool fine = sv_team_change(&change, store, &findings, err);
    if (!fine && findings.count > 0)
        *err = findings.items[0];
    sv_findings_free(&findings);
    return fine;
}

static bool create_agent(struct sv_load_user *user, struct sv_error *err)
{
    char name[48];
    const char *names[] = {name};
    snprintf(name, sizeof name, "made-%u-%llu", user->number, (unsigned long long)++user->made);
    return add_members(user->store, SV_ROSTER_MEMBER, names, 1, team, err);
}

/* --- mail --- */

static bool send(struct sv_load_user *user, struct sv_error *err)
{
    char to[24];
    struct sv_buf own = {0}, from = {0};
    struct sv_findings findings = {0};
    sv_load_put_id(&own, user->number, user->sent + 1);
    sv_load_put_session(&from, user->number);
    struct sv_mail_letter letter = {.from = sv_buf_slice(&from),
                                    .own = sv_buf_slice(&own),
                                    .subject = SV_SLICE("review"),
                                    .text = SV_SLICE("the patch is ready; please look at the second part of it first"),
                                    .priority = -1};
    letter.to = sv_slice(to, (size_t)snprintf(to, sizeof to, "agent-%02u", sv_random_below(&user->random, SV_LOAD_MEMBERS)));
    struct sv_mail *mail = sv_mail_open(user->store, err);
    bool lost = loses(user), fine = mail != NULL && (lost || (sv_mail_post(mail, &letter, err) && sv_mail_send(mail, true, &findings, err)));
    if (fine && !lost && sv_mail_counts(mail)->sent != 1)
        fine = sv_error_set(err, SV_SYSTEM, "message %s was there before", sv_buf_cstr(&own));
    user->sent += fine;
    sv_mail_close(mail);
    sv_findings_free(&findings);
    sv_buf_free(&own);
    sv_buf_free(&from);
    return fine;
}

/* --- a writer that keeps the store open, as a supervisor does --- */

static bool put_rows(struct sv_load_user *user, struct sv_error *err)
{
    static const char message[] = "force push by an agent to a shared branch: git push --force origin main; and some more words";
    struct sv_policy policy = {.id = SV_SLICE("bench-rows"), .version = 1, .severity = SV_WARNING};
    char agent[24], session[24];
    int64_t id;
    for (uint64_t i = 0; i < SV_LOAD_ROWS; i++) {
        if (!sv_store_policy(user->open, &policy, &id, err))
            return false;
        struct sv_hit hit = {.place = {.record = ++user->rows}, .outcome = SV_VIOLATION, .message = sv_slice(message, 60 + user->rows % 30)};
        hit.agent = sv_slice(agent, (size_t)snprintf(agent, sizeof agent, "agent-%02u", sv_random_below(&user->random, SV_LOAD_MEMBERS)));
        hit.session = sv_slice(session, (size_t)snprintf(session, sizeof session, "s%u", user->number));
        if (!loses(user) && !sv_store_put_evaluation(user->open, 1, 1 + user->number, id, &hit, sv_os_now_ns(), err))
            return false;
    }
    return true;
}

static bool rows(struct sv_load_user *user, struct sv_error *err)
{
    if (user->open == NULL && (user->open = sv_store_open(user->store, err)) == NULL)
        return false;
    uint64_t before = user->rows;
    if (sv_store_begin(user->open, err) && put_rows(user, err) && sv_store_commit(user->open, err))
        return true;
    sv_store_rollback(user->open);
    user->rows = before;
    return false;
}

void sv_load_user_close(struct sv_load_user *user)
{
    sv_store_close(user->open);
    user->open = NULL;
}

/* --- the table --- */

const struct sv_load_op sv_load_ops[] = {
    {"list_agents", "the team's members, as sv-team member list shows them", sv_load_list_agents, SV_LOAD_ASKS},
    {"get_agent", "all that is known of a member", sv_load_get_agent, SV_LOAD_ASKS},
    {"create_agent", "a new member of a team", create_agent, SV_LOAD_WRITES},
    {"list_goals", "the 50 goals that changed last", sv_load_list_goals, SV_LOAD_ASKS},
    {"create_goal", "an event about a new goal", create_goal, SV_LOAD_WRITES},
    {"create_sprint", "an event about a new sprint", create_sprint, SV_LOAD_WRITES},
    {"update_task", "an event about one of 500 tasks", update_task, SV_LOAD_WRITES},
    {"tell_status", "an event about an agent", tell_status, SV_LOAD_WRITES},
    {"tell_session", "an event about a session", tell_session, SV_LOAD_WRITES},
    {"timeline", "the last 50 events of an agent", sv_load_timeline, SV_LOAD_ASKS},
    {"timeline_all", "the last 50 events of all", sv_load_timeline_all, SV_LOAD_ASKS},
    {"timeline_goal", "the last 50 events about a goal", sv_load_timeline_goal, SV_LOAD_ASKS},
    {"show", "an event with all that belongs to it", sv_load_show, SV_LOAD_ASKS},
    {"evaluations", "the last 50 findings", sv_load_evaluations, SV_LOAD_ASKS},
    {"evaluations_agent", "the last 50 findings about an agent", sv_load_evaluations_agent, SV_LOAD_ASKS},
    {"entities", "the 50 tasks that changed last", sv_load_entities, SV_LOAD_ASKS},
    {"sources", "the inputs that were read", sv_load_sources, SV_LOAD_ASKS},
    {"metrics", "the fleet in numbers", sv_load_metrics, SV_LOAD_ASKS},
    {"context", "what one needs to know of a goal", sv_load_context, SV_LOAD_ASKS},
    {"status", "how every agent is doing", sv_load_status, SV_LOAD_ASKS},
    {"stats", "what was used, by day and agent", sv_load_stats, SV_LOAD_ASKS},
    {"export_roster", "the whole roster as a table", sv_load_export_roster, SV_LOAD_ASKS},
    {"send", "a message to a member", send, SV_LOAD_WRITES},
    {"inbox", "a member's mailbox, as its owner sees it", sv_load_inbox, SV_LOAD_ASKS},
    {"rows", "a batch of 100 evaluations, by a process that keeps the store open", rows, SV_LOAD_ROWS_ONLY},
};
const size_t sv_load_op_count = sizeof sv_load_ops / sizeof *sv_load_ops;

bool sv_load_prepare(const struct sv_store_spec *store, struct sv_error *err)
{
    static char names[SV_LOAD_MEMBERS][16];
    const char *members[SV_LOAD_MEMBERS], *supervisors[] = {supervisor}, *teams[] = {team};
    struct sv_load_user user = {.store = store, .number = UINT32_MAX};
    sv_random_seed(&user.random, 1);
    for (unsigned i = 0; i < SV_LOAD_MEMBERS; i++) {
        snprintf(names[i], sizeof names[i], "agent-%02u", i);
        members[i] = names[i];
    }
    bool fine = add_members(store, SV_ROSTER_SUPERVISOR, supervisors, 1, NULL, err) && add_members(store, SV_ROSTER_TEAM, teams, 1, supervisor, err) &&
                add_members(store, SV_ROSTER_MEMBER, members, SV_LOAD_MEMBERS, team, err);
    for (int i = 0; fine && i < SV_LOAD_GOALS; i++)
        fine = create_goal(&user, err);
    for (int i = 0; fine && i < SV_LOAD_LETTERS; i++)
        fine = send(&user, err);
    return fine;
}
