/* SPDX-License-Identifier: ISC */
/* Changes to the roster, a transaction each. */
#include "run/team.h"

#include <stdio.h>

#include "base/mem.h"
#include "base/os.h"
#include "base/time.h"
#include "store/team.h"

/* What a change works with. */
struct job {
    const struct sv_team_change *change;
    struct sv_store *store;
    struct sv_roster *roster;
    struct sv_acts acts;
    int64_t at_ns;
};

static struct sv_slice above_of(const struct sv_team_change *change)
{
    return change->above == NULL || strcmp(change->above, "-") == 0 ? SV_SLICE("") : sv_slice_str(change->above);
}

static bool holds_no_secret(const struct sv_team_change *change, struct sv_error *err)
{
    struct sv_redactor *redactor = sv_redactor_new();
    bool fine = sv_redact_name(redactor, above_of(change), err);
    for (size_t i = 0; fine && i < change->count; i++)
        fine = sv_redact_name(redactor, sv_slice_str(change->names[i]), err);
    sv_redactor_free(redactor);
    return fine;
}

static bool change_one(struct job *job, struct sv_slice name, struct sv_error *err)
{
    const struct sv_team_change *change = job->change;
    switch (change->verb) {
    case SV_TEAM_ADD:
        return sv_roster_enter(job->roster, change->kind, name, above_of(change), job->at_ns, err);
    case SV_TEAM_REMOVE:
        return sv_roster_leave(job->roster, change->kind, name, change->whole, job->at_ns, err);
    case SV_TEAM_MOVE:
        return sv_roster_move(job->roster, change->kind, name, above_of(change), job->at_ns, err);
    default:
        return sv_roster_rename(job->roster, change->kind, name, sv_slice_str(change->names[1]), job->at_ns, err);
    }
}

static bool tell(struct job *job, struct sv_slice name, struct sv_error *err)
{
    static const char *const verbs[] = {"add", "remove", "rename", "move"};
    const struct sv_team_change *change = job->change;
    struct sv_buf more = {0};
    char type[64];
    snprintf(type, sizeof type, "operator.%s.%s", sv_roster_word(change->kind), verbs[change->verb]);
    if (change->verb == SV_TEAM_RENAME)
        sv_act_put_member(&more, "to", sv_slice_str(change->names[1]));
    struct sv_buf time = {0};
    sv_time_format(&time, job->at_ns);
    if (change->at_ns != 0)
        sv_act_put_member(&more, "effective", sv_buf_slice(&time));
    struct sv_act act = {.type = type, .entity_type = sv_roster_word(change->kind), .entity_id = name, .more = sv_buf_slice(&more)};
    if (change->kind == SV_ROSTER_MEMBER)
        act.team = above_of(change);
    else
        act.supervisor = above_of(change);
    bool fine = sv_act_put(&job->acts, &act, err);
    sv_buf_free(&more);
    sv_buf_free(&time);
    return fine;
}

/* All names are tried, for who made one mistake often made two. */
static bool change_names(struct job *job, struct sv_findings *findings, struct sv_error *err)
{
    const struct sv_team_change *change = job->change;
    size_t count = change->verb == SV_TEAM_RENAME ? 1 : change->count;
    for (size_t i = 0; i < count; i++) {
        struct sv_error wrong = {0};
        if (!change_one(job, sv_slice_str(change->names[i]), &wrong))
            sv_findings_add(findings, &wrong);
        else if (findings->count == 0 && !tell(job, sv_slice_str(change->names[i]), err))
            return false;
    }
    return findings->count == 0 || sv_findings_fail(findings, "nothing was changed", err);
}

static bool change_all(struct job *job, struct sv_findings *findings, struct sv_error *err)
{
    return change_names(job, findings, err) && sv_roster_check(job->roster, err) && sv_store_roster_save(job->store, job->roster, err) &&
           sv_acts_end(&job->acts, err);
}

bool sv_team_change(const struct sv_team_change *change, const struct sv_store_spec *store, struct sv_findings *findings,
                    struct sv_error *err)
{
    int64_t now_ns = sv_os_now_ns();
    struct job job = {.change = change, .at_ns = change->at_ns != 0 ? change->at_ns : now_ns};
    if (job.at_ns > now_ns)
        return sv_error_set(err, SV_USAGE, "--at lies ahead: a change takes effect now, or did so earlier");
    if (!holds_no_secret(change, err) || (job.store = sv_store_open(store, err)) == NULL)
        return false;
    job.roster = sv_roster_new();
    job.acts = (struct sv_acts){.store = job.store, .now_ns = now_ns, .by = change->by};
    bool fine = sv_store_begin(job.store, err) && sv_store_roster_load(job.store, job.roster, err) && change_all(&job, findings, err) &&
                sv_store_commit(job.store, err);
    if (!fine)
        sv_store_rollback(job.store);
    sv_acts_free(&job.acts);
    sv_roster_free(job.roster);
    sv_store_close(job.store);
    return fine;
}
