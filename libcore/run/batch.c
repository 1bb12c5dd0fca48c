/* SPDX-License-Identifier: ISC */
/* Hits to evaluations to rows: the only place that opens a transaction. */
#include <stdio.h>

#include "base/hash.h"
#include "base/os.h"
#include "run/private.h"

/* The run's own row is written with the first transaction. */
static bool know_run(struct sv_run *run, struct sv_error *err)
{
    if (run->run_id != 0)
        return true;
    run->run_id = sv_store_run_start(run->store, run->spec.arguments, run->ledger.started_ns, err);
    return run->run_id != 0;
}

static bool know_stored(struct sv_run *run, uint32_t source, uint32_t *number, struct sv_error *err)
{
    const struct sv_input_source *input = sv_input_source(run->input, source);
    struct sv_store_source wanted = {.head = input->head, .path = input->path, .device = input->device, .inode = input->inode, .redactor = run->redactor};
    if (!sv_store_begin(run->store, err))
        return false;
    if (know_run(run, err)) {
        wanted.run = input->is_pipe ? run->run_id : 0;
        if (sv_store_source(run->store, &wanted, &run->sources[source].id, number, err) && sv_store_commit(run->store, err))
            return true;
    }
    sv_store_rollback(run->store);
    return false;
}

bool sv_run_know_source(struct sv_run *run, uint32_t source, struct sv_error *err)
{
    const struct sv_input_source *input = sv_input_source(run->input, source);
    struct sv_run_source *known = &run->sources[source];
    char head[24];
    uint32_t number = 1;
    sv_hash_hex(input->head, head);
    if (run->store != NULL) {
        if (!know_stored(run, source, &number, err))
            return false;
    }
    if (input->is_pipe)
        snprintf(head, sizeof head, "r%lld", (long long)run->run_id);
    if (run->store == NULL)
        number = (uint32_t)++sv_map_at(&run->heads, sv_slice_str(head))->number;
    if (number > 1)
        snprintf(known->origin, sizeof known->origin, "%s-%u", head, number);
    else
        snprintf(known->origin, sizeof known->origin, "%s", head);
    known->known = true;
    return true;
}

/* A stateless policy's hit is its evaluation. */
static struct sv_evaluation apply(const struct sv_hit *hit)
{
    return (struct sv_evaluation){.subject = *hit};
}

static bool store_row(struct sv_run *run, const struct sv_evaluation *row, struct sv_error *err)
{
    int64_t policy;
    const struct sv_hit *subject = &row->subject;
    return sv_store_policy(run->store, sv_policies_at(run->policies, subject->policy), &policy, err) &&
           sv_store_put_evaluation(run->store, run->run_id, run->sources[subject->place.source].id, policy, row,
                                   subject->has_time ? subject->time_ns : run->ledger.started_ns, err);
}

/* What was counted so far; ended_ns 0: the run goes on. */
static bool store_ledger(struct sv_run *run, struct sv_error *err)
{
    struct sv_buf text = {0};
    run->ledger.rows = sv_store_rows(run->store);
    sv_ledger_put_json(&text, &run->ledger, run->policies);
    bool stored = sv_store_run_update(run->store, run->run_id, sv_buf_slice(&text), run->ledger.ended_ns, err);
    sv_buf_free(&text);
    return stored;
}

static bool store_batch(struct sv_run *run, struct sv_error *err)
{
    if (!sv_store_begin(run->store, err))
        return false;
    for (size_t i = 0; i < run->hits.count; i++) {
        struct sv_evaluation row = apply(&run->hits.items[i]);
        if (row.subject.outcome != SV_PASS && !store_row(run, &row, err)) {
            sv_store_rollback(run->store);
            return false;
        }
    }
    if (store_ledger(run, err))
        return sv_store_commit(run->store, err);
    sv_store_rollback(run->store);
    return false;
}

static void count(struct sv_run *run, const struct sv_hit *subject)
{
    struct sv_run_count *policy = &run->counts[subject->policy];
    if (subject->outcome == SV_OUTCOME_ERROR)
        run->ledger.errors++;
    if (subject->outcome != SV_VIOLATION)
        return;
    run->ledger.violations++;
    policy->count++;
    if (subject->has_time && (!policy->has_time || subject->time_ns >= policy->last_ns)) {
        policy->has_time = true;
        policy->last_ns = subject->time_ns;
    }
}

bool sv_run_commit(struct sv_run *run, struct sv_error *err)
{
    if (run->hits.count == 0)
        return true;
    bool stored = false;
    for (size_t i = 0; i < run->hits.count; i++) {
        count(run, &run->hits.items[i]);
        stored |= run->hits.items[i].outcome != SV_PASS;
    }
    if (run->store != NULL && stored && !store_batch(run, err))
        return false;
    for (size_t i = 0; i < run->hits.count; i++) {
        struct sv_evaluation row = apply(&run->hits.items[i]);
        sv_run_view_row(run, &row);
    }
    run->hits.count = 0;
    sv_arena_reset(&run->batch_arena);
    return true;
}

bool sv_run_finish(struct sv_run *run, struct sv_error *err)
{
    run->ledger.ended_ns = sv_os_now_ns();
    if (run->store == NULL)
        return true;
    if (!sv_store_begin(run->store, err))
        return false;
    if (know_run(run, err) && store_ledger(run, err))
        return sv_store_commit(run->store, err);
    sv_store_rollback(run->store);
    return false;
}
