/* SPDX-License-Identifier: ISC */
#include "run/load_asks.h"

#include <stdio.h>

#include "base/os.h"
#include "base/time.h"
#include "run/context.h"
#include "run/entities.h"
#include "run/evaluations.h"
#include "run/mail.h"
#include "run/metrics.h"
#include "run/show.h"
#include "run/sources.h"
#include "run/stats.h"
#include "run/status.h"
#include "run/team.h"
#include "run/team_table.h"
#include "run/timeline.h"

static bool pull(struct sv_answer *answer, struct sv_error *err)
{
    struct sv_slice out;
    while (answer != NULL && sv_answer_next(answer, &out, err))
        ;
    sv_answer_close(answer);
    return err->code == SV_DONE;
}

static struct sv_ask ask_of(const struct sv_load_user *user, const struct sv_list_column *columns, size_t count)
{
    return (struct sv_ask){.store = *user->store, .list = {.columns = columns, .count = count}, .number = SV_ASK_ROWS};
}

bool sv_load_list_agents(struct sv_load_user *user, struct sv_error *err)
{
    struct sv_ask ask = ask_of(user, sv_team_columns[SV_ROSTER_MEMBER], sv_team_column_counts[SV_ROSTER_MEMBER]);
    int64_t now_ns = sv_os_now_ns();
    bool fine = pull(sv_team_list_open(&ask, SV_ROSTER_MEMBER, now_ns, now_ns - now_ns % (86400 * SV_SECOND_NS), err), err);
    sv_ask_free(&ask);
    return fine;
}

bool sv_load_get_agent(struct sv_load_user *user, struct sv_error *err)
{
    char name[24];
    const char *names[] = {name};
    snprintf(name, sizeof name, "agent-%02u", sv_random_below(&user->random, SV_LOAD_MEMBERS));
    struct sv_ask ask = ask_of(user, sv_team_show_columns, sv_team_show_column_count);
    ask.operands = names;
    ask.operand_count = 1;
    bool fine = pull(sv_team_show_open(&ask, SV_ROSTER_MEMBER, err), err);
    sv_ask_free(&ask);
    return fine;
}

static bool look(struct sv_load_user *user, enum sv_ask_kind kind, const char *word, struct sv_error *err)
{
    struct sv_ask ask = ask_of(user, sv_timeline_columns, sv_timeline_column_count);
    struct sv_timeline_spec spec = {0};
    sv_ask_add(&ask, kind, word);
    bool fine = pull(sv_timeline_open(&ask, &spec, err), err);
    sv_ask_free(&ask);
    return fine;
}

bool sv_load_timeline(struct sv_load_user *user, struct sv_error *err)
{
    char name[24];
    snprintf(name, sizeof name, "agent-%02u", sv_random_below(&user->random, SV_LOAD_MEMBERS));
    return look(user, SV_ASK_AGENT, name, err);
}

bool sv_load_inbox(struct sv_load_user *user, struct sv_error *err)
{
    char agent[24];
    struct sv_ask ask = ask_of(user, sv_mail_columns, sv_mail_column_count);
    struct sv_mail_inbox inbox = {.agent = agent, .peek = user->only_looks};
    snprintf(agent, sizeof agent, "agent-%02u", sv_random_below(&user->random, SV_LOAD_MEMBERS));
    bool fine = pull(sv_mail_inbox_open(&ask, &inbox, err), err);
    sv_ask_free(&ask);
    return fine;
}

bool sv_load_timeline_all(struct sv_load_user *user, struct sv_error *err)
{
    struct sv_ask ask = ask_of(user, sv_timeline_columns, sv_timeline_column_count);
    struct sv_timeline_spec spec = {0};
    bool fine = pull(sv_timeline_open(&ask, &spec, err), err);
    sv_ask_free(&ask);
    return fine;
}

bool sv_load_timeline_goal(struct sv_load_user *user, struct sv_error *err)
{
    char goal[48];
    struct sv_ask ask = ask_of(user, sv_timeline_columns, sv_timeline_column_count);
    struct sv_timeline_spec spec = {.entity = goal};
    snprintf(goal, sizeof goal, "goal:goal-b%u-%u", UINT32_MAX, 1 + sv_random_below(&user->random, SV_LOAD_GOALS));
    bool fine = pull(sv_timeline_open(&ask, &spec, err), err);
    sv_ask_free(&ask);
    return fine;
}

/* One of the first goals: they are there in every store that was prepared. */
bool sv_load_show(struct sv_load_user *user, struct sv_error *err)
{
    struct sv_buf id = {0};
    sv_load_put_id(&id, UINT32_MAX, 1 + sv_random_below(&user->random, SV_LOAD_GOALS));
    const char *ids[] = {sv_buf_cstr(&id)};
    struct sv_ask ask = ask_of(user, NULL, 0);
    ask.operands = ids;
    ask.operand_count = 1;
    bool fine = pull(sv_show_open(&ask, err), err);
    sv_ask_free(&ask);
    sv_buf_free(&id);
    return fine;
}

static bool findings(struct sv_load_user *user, const char *agent, struct sv_error *err)
{
    struct sv_ask ask = ask_of(user, sv_evaluations_columns, sv_evaluations_column_count);
    if (agent != NULL)
        sv_ask_add(&ask, SV_ASK_AGENT, agent);
    bool fine = pull(sv_evaluations_open(&ask, err), err);
    sv_ask_free(&ask);
    return fine;
}

bool sv_load_evaluations(struct sv_load_user *user, struct sv_error *err)
{
    return findings(user, NULL, err);
}

bool sv_load_evaluations_agent(struct sv_load_user *user, struct sv_error *err)
{
    char name[24];
    snprintf(name, sizeof name, "agent-%02u", sv_random_below(&user->random, SV_LOAD_MEMBERS));
    return findings(user, name, err);
}

static bool entities(struct sv_load_user *user, const char *type, struct sv_error *err)
{
    struct sv_entities_spec spec = {0};
    struct sv_ask ask = ask_of(user, sv_entities_columns, sv_entities_column_count);
    ask.operands = &type;
    ask.operand_count = 1;
    bool fine = pull(sv_entities_open(&ask, &spec, err), err);
    sv_ask_free(&ask);
    return fine;
}

bool sv_load_entities(struct sv_load_user *user, struct sv_error *err)
{
    return entities(user, "task", err);
}

bool sv_load_list_goals(struct sv_load_user *user, struct sv_error *err)
{
    return entities(user, "goal", err);
}

bool sv_load_sources(struct sv_load_user *user, struct sv_error *err)
{
    struct sv_ask ask = ask_of(user, sv_sources_columns, sv_sources_column_count);
    bool fine = pull(sv_sources_open(&ask, err), err);
    sv_ask_free(&ask);
    return fine;
}

bool sv_load_metrics(struct sv_load_user *user, struct sv_error *err)
{
    struct sv_metrics_spec spec = {.form = SV_METRICS_PROM, .window_ns = 300 * SV_SECOND_NS};
    struct sv_ask ask = ask_of(user, NULL, 0);
    bool fine = pull(sv_metrics_open(&ask, &spec, err), err);
    sv_ask_free(&ask);
    return fine;
}

bool sv_load_export_roster(struct sv_load_user *user, struct sv_error *err)
{
    struct sv_ask ask = ask_of(user, NULL, 0);
    bool fine = pull(sv_team_export_open(&ask, sv_os_now_ns(), err), err);
    sv_ask_free(&ask);
    return fine;
}

bool sv_load_context(struct sv_load_user *user, struct sv_error *err)
{
    char goal[48];
    const char *operand = goal;
    struct sv_ask ask = ask_of(user, NULL, 0);
    struct sv_context_spec spec = {0};
    snprintf(goal, sizeof goal, "goal:goal-b%u-%u", UINT32_MAX, 1 + sv_random_below(&user->random, SV_LOAD_GOALS));
    ask.operands = &operand;
    ask.operand_count = 1;
    bool fine = pull(sv_context_open(&ask, &spec, err), err);
    sv_ask_free(&ask);
    return fine;
}

bool sv_load_status(struct sv_load_user *user, struct sv_error *err)
{
    struct sv_status status = {.all = true};
    struct sv_ask ask = ask_of(user, sv_status_columns, sv_status_column_count);
    ask.number = SIZE_MAX;
    bool fine = pull(sv_status_open(&ask, &status, err), err);
    sv_ask_free(&ask);
    return fine;
}

bool sv_load_stats(struct sv_load_user *user, struct sv_error *err)
{
    struct sv_stats_spec spec = {.by = "day,agent"};
    struct sv_ask ask = ask_of(user, sv_stats_columns, sv_stats_column_count);
    bool fine = pull(sv_stats_open(&ask, &spec, err), err);
    sv_ask_free(&ask);
    return fine;
}
