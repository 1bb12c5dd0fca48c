/* SPDX-License-Identifier: ISC */
/* Hits to evaluations to rows: the only place that opens a transaction. */
#include <stddef.h>
#include <stdio.h>
#include <string.h>

#include "base/hash.h"
#include "base/os.h"
#include "run/private.h"

bool sv_run_know_run(struct sv_run *run, struct sv_error *err)
{
    if (run->run_id != 0)
        return true;
    run->run_id = sv_store_run_start(run->store, run->spec.arguments, run->ledger.started_ns, err);
    return run->run_id != 0;
}

static bool store_row(struct sv_run *run, const struct sv_hit *hit, struct sv_error *err)
{
    int64_t policy, source = sv_hit_is_timed(hit) ? 0 : run->sources[hit->place.source].row.id;
    return sv_store_policy(run->store, sv_policies_at(run->policies, hit->policy), &policy, err) &&
           sv_store_put_evaluation(run->store, run->run_id, source, policy, hit, hit->has_time ? hit->time_ns : run->ledger.started_ns, err);
}

static void count_caches(struct sv_run *run)
{
    struct sv_ledger *ledger = &run->ledger;
    struct sv_store_caches caches;
    sv_store_caches(run->store, &caches);
    ledger->roster = run->roster.version;
    ledger->busy_waits = caches.busy;
    ledger->syncs = caches.syncs;
    ledger->roster_cache = (struct sv_ledger_cache){sv_run_roster_hits(&run->roster), sv_run_roster_misses(&run->roster)};
    ledger->statement_cache = (struct sv_ledger_cache){caches.statement_hits, caches.statement_misses};
    ledger->policy_cache = (struct sv_ledger_cache){caches.policy_hits, caches.policy_misses};
    ledger->cache_bytes = caches.bytes + (run->roster.roster != NULL ? sv_roster_bytes(run->roster.roster) : 0);
}

static bool store_ledger(struct sv_run *run, struct sv_error *err)
{
    struct sv_buf text = {0};
    run->ledger.rows = sv_store_rows(run->store);
    run->ledger.log_bytes = (uint64_t)sv_store_wal_bytes(run->store);
    count_caches(run);
    sv_ledger_put_json(&text, &run->ledger, run->policies);
    bool ok = sv_store_run_update(run->store, run->run_id, sv_buf_slice(&text), run->ledger.ended_ns, err);
    sv_buf_free(&text);
    return ok;
}

/* What the ledger has more than when it was last stored. */
static const struct {
    size_t at;
    enum sv_count kind;
} counted[] = {{offsetof(struct sv_ledger, used), SV_COUNT_RECORDS},       {offsetof(struct sv_ledger, blank), SV_COUNT_BLANK},
               {offsetof(struct sv_ledger, rejected), SV_COUNT_REJECTED},  {offsetof(struct sv_ledger, duplicate), SV_COUNT_DUPLICATE},
               {offsetof(struct sv_ledger, late), SV_COUNT_LATE},          {offsetof(struct sv_ledger, sampled), SV_COUNT_SAMPLED},
               {offsetof(struct sv_ledger, debounced), SV_COUNT_DEBOUNCED}, {offsetof(struct sv_ledger, gaps), SV_COUNT_GAPS}};

_Static_assert(sizeof counted / sizeof *counted == SV_RUN_COUNTED, "each has its place in the run");

static uint64_t ledger_at(const struct sv_run *run, size_t i)
{
    uint64_t value;
    memcpy(&value, (const char *)&run->ledger + counted[i].at, sizeof value);
    return value;
}

static void count_ledger(struct sv_run *run)
{
    for (size_t i = 0; i < SV_RUN_COUNTED; i++)
        sv_store_count(run->store, counted[i].kind, 0, (int64_t)(ledger_at(run, i) - run->counted[i]));
}

/* As one who measures wants it (probe.h). */
static bool is_to_be_lost(const struct sv_run *run, const struct sv_hit *hit)
{
    return run->spec.probe != NULL && run->spec.probe->lose_record > 0 && hit->place.record == run->spec.probe->lose_record;
}

static bool store_rows(struct sv_run *run, struct sv_error *err)
{
    for (size_t i = 0; i < run->hits.count; i++) {
        const struct sv_hit *hit = &run->hits.items[i];
        if (hit->outcome != SV_PASS && !hit->is_stored && !is_to_be_lost(run, hit) && !store_row(run, hit, err))
            return false;
    }
    return true;
}

static bool store_events(struct sv_run *run, struct sv_error *err)
{
    for (size_t i = 0; i < run->kept_count; i++)
        if (!sv_store_put_event(run->store, run->run_id, run->sources[run->kept[i].source].row.id, &run->kept[i].event, err))
            return false;
    return true;
}

/* Of a run that has found nothing new only its own row and ledger are stored: nothing is said, nothing moves on. */
static bool is_idle(const struct sv_run *run)
{
    return run->batch_records == 0 && run->hits.count == 0 && run->kept_count == 0 && run->lost_count == 0 && !sv_run_states_are_dirty(run);
}

/* The ledger so far goes with its batch: a run that is killed leaves it, and one that cannot be stored leaves no rows that were
 * not printed. */
static bool store_batch(struct sv_run *run, struct sv_error *err)
{
    if (!sv_store_begin(run->store, err))
        return false;
    bool idle = is_idle(run);
    run->ledger.recorded += run->kept_count;
    count_ledger(run);
    bool fine = sv_run_know_run(run, err) && store_rows(run, err) && store_events(run, err) && sv_doubles_keep(&run->doubles, err) &&
                sv_counters_keep(&run->counters, run->store, err) && sv_fold_keep(&run->fold, run->store, err) &&
                sv_run_states_keep(run, err) && sv_run_keep_sources(run, err) && store_ledger(run, err);
    if (fine && (idle ? sv_store_commit_later(run->store, err) : sv_store_commit(run->store, err))) {
        for (size_t i = 0; i < SV_RUN_COUNTED; i++)
            run->counted[i] = ledger_at(run, i);
        sv_run_kept_sources(run);
        sv_doubles_kept(&run->doubles);
        sv_counters_clear(&run->counters);
        sv_fold_clear(&run->fold);
        sv_run_states_kept(run);
        run->kept_count = 0;
        return true;
    }
    sv_store_rollback(run->store);
    return false;
}

static bool commit_batch(struct sv_run *run, struct sv_error *err)
{
    struct sv_run_probe *probe = run->spec.probe;
    if (probe == NULL || probe->commit == NULL)
        return store_batch(run, err);
    int64_t start_ns = sv_os_monotonic_ns();
    bool fine = store_batch(run, err);
    sv_tally_add(probe->commit, (uint64_t)(sv_os_monotonic_ns() - start_ns));
    return fine;
}

static void count(struct sv_run *run, const struct sv_hit *subject)
{
    run->ledger.violations += subject->outcome == SV_VIOLATION;
    run->ledger.resolved += subject->outcome == SV_RESOLVED;
}

bool sv_run_commit(struct sv_run *run, struct sv_error *err)
{
    bool counts = run->spec.resume || run->spec.into != NULL;
    bool to_store = run->ended || (counts && run->batch_records > 0) || run->lost_count > 0 || run->kept_count > 0 || sv_run_states_are_dirty(run);
    for (size_t i = 0; i < run->hits.count; i++) {
        count(run, &run->hits.items[i]);
        to_store |= run->hits.items[i].outcome != SV_PASS;
    }
    if (run->ended)
        run->ledger.ended_ns = sv_os_now_ns();
    if (run->store != NULL && to_store && !commit_batch(run, err))
        return false;
    if (run->spec.probe != NULL)
        sv_run_probe_batch(run->spec.probe);
    for (size_t i = 0; i < run->hits.count; i++)
        sv_run_view_row(run, &run->hits.items[i]);
    run->hits.count = run->held_hits = run->held_bytes = 0;
    sv_arena_reset(&run->batch_arena);
    return true;
}
