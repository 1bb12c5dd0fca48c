/* SPDX-License-Identifier: ISC */
/* supervisor_policy_evaluations: one row an evaluation. */
#include "store/private.h"

/* What is stored of these is their number, for ever. */
_Static_assert(SV_VIOLATION == 0 && SV_RESOLVED == 1 && SV_OUTCOME_ERROR == 2, "outcomes are stored as numbers");
_Static_assert(SV_INFO == 0 && SV_WARNING == 1 && SV_ERROR_SEVERITY == 2 && SV_CRITICAL == 3, "severities too");
_Static_assert(SV_OBSERVE == 0 && SV_WARN == 1 && SV_ASK == 2 && SV_DENY == 3, "and actions");

static bool names(struct sv_store *store, const struct sv_hit *hit, int64_t ids[SV_NAME_COUNT], struct sv_error *err)
{
    struct sv_slice supervisor = hit->supervisor.len > 0 ? hit->supervisor : SV_SLICE("-");
    return sv_store_name(store, SV_NAME_AGENT, hit->agent, &ids[SV_NAME_AGENT], err) &&
           sv_store_name(store, SV_NAME_SESSION, hit->session, &ids[SV_NAME_SESSION], err) &&
           sv_store_name(store, SV_NAME_TOOL, hit->tool, &ids[SV_NAME_TOOL], err) &&
           sv_store_name(store, SV_NAME_TEAM, hit->team, &ids[SV_NAME_TEAM], err) &&
           sv_store_name(store, SV_NAME_SUPERVISOR, supervisor, &ids[SV_NAME_SUPERVISOR], err);
}

/* An event without an id of its own has its address, which the row's key already says. */
static struct sv_slice own_id(struct sv_store *store, const struct sv_hit *hit)
{
    if (hit->event.len <= hit->origin.len || hit->event.data[hit->origin.len] != ':' || !sv_slice_starts(hit->event, hit->origin))
        return hit->event;
    sv_buf_clear(&store->scratch);
    sv_event_address(&store->scratch, hit->origin, hit->place.record, hit->place.part);
    return sv_slice_equal(hit->event, sv_buf_slice(&store->scratch)) ? (struct sv_slice){0} : hit->event;
}

bool sv_store_put_evaluation(struct sv_store *store, int64_t run, int64_t source, int64_t policy, const struct sv_hit *hit,
                             int64_t created_ns, struct sv_error *err)
{
    enum sv_severity severity;
    enum sv_action action;
    int64_t ids[SV_NAME_COUNT];
    if (hit->outcome == SV_PASS)
        return true;
    if (!sv_store_policy_verdict(store, policy, &severity, &action, err) || !names(store, hit, ids, err))
        return false;
    sqlite3_stmt *add = sv_store_statement(store, SV_SQL_EVALUATION_ADD, err);
    if (add == NULL)
        return false;
    sqlite3_bind_int64(add, 1, source);
    sqlite3_bind_int64(add, 2, (int64_t)hit->place.record);
    sqlite3_bind_int64(add, 3, hit->place.part);
    sqlite3_bind_int64(add, 4, policy);
    sqlite3_bind_int64(add, 5, hit->key_number);
    sqlite3_bind_int64(add, 6, ids[SV_NAME_SUPERVISOR]);
    sv_store_bind_id(add, 7, ids[SV_NAME_TEAM]);
    sv_store_bind_id(add, 8, ids[SV_NAME_AGENT]);
    sv_store_bind_id(add, 9, ids[SV_NAME_SESSION]);
    sv_store_bind_id(add, 10, ids[SV_NAME_TOOL]);
    sqlite3_bind_int(add, 11, (int)hit->outcome);
    sqlite3_bind_int(add, 12, (int)severity);
    sqlite3_bind_int(add, 13, (int)action);
    sv_store_bind(add, 14, own_id(store, hit));
    sqlite3_bind_int64(add, 15, created_ns);
    sqlite3_bind_int64(add, 16, run);
    sv_store_bind(add, 17, hit->message);
    sv_store_bind(add, 18, hit->keys);
    sv_store_bind(add, 19, hit->values);
    if (!sv_store_step(store, add, NULL, NULL, err))
        return false;
    if (sqlite3_changes(store->db) == 0)
        return true;
    static const enum sv_count kinds[] = {[SV_VIOLATION] = SV_COUNT_VIOLATIONS, [SV_RESOLVED] = SV_COUNT_RESOLVED,
                                          [SV_OUTCOME_ERROR] = SV_COUNT_EVALUATION_ERRORS};
    store->rows++;
    sv_store_count(store, SV_COUNT_EVALUATION_ROWS, 0, 1);
    sv_store_count(store, kinds[hit->outcome], policy, 1);
    return true;
}
