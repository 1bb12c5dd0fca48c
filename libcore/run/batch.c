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

static struct sv_store_source store_source(const struct sv_run *run, const struct sv_input_source *input)
{
    return (struct sv_store_source){.head = input->head,
                                    .path = input->path,
                                    .device = input->device,
                                    .inode = input->inode,
                                    .redactor = run->redactor,
                                    .run = input->is_pipe ? run->run_id : 0};
}

/* Number among inputs that begin alike, in the store or in this run. */
static bool know_number(struct sv_run *run, uint32_t source, const char *head, uint32_t *number, struct sv_error *err)
{
    const struct sv_input_source *input = sv_input_source(run->input, source);
    if (run->store == NULL) {
        *number = (uint32_t)++sv_map_at(&run->heads, sv_slice_str(head))->number;
        return true;
    }
    struct sv_store_source wanted = store_source(run, input);
    return sv_store_source(run->store, &wanted, &run->sources[source].id, number, err);
}

static bool know_source(struct sv_run *run, uint32_t source, struct sv_error *err)
{
    const struct sv_input_source *input = sv_input_source(run->input, source);
    struct sv_run_source *known = &run->sources[source];
    char head[24];
    uint32_t number;
    if (input->is_pipe)
        snprintf(head, sizeof head, "r%lld", (long long)run->run_id);
    else
        sv_hash_hex(input->head, head);
    if (!know_number(run, source, head, &number, err))
        return false;
    if (number > 1)
        snprintf(known->origin, sizeof known->origin, "%s-%u", head, number);
    else
        snprintf(known->origin, sizeof known->origin, "%s", head);
    known->head = input->head;
    known->known = true;
    return true;
}

/* With this one all others whose head was seen already: a folder of a thousand files is one commit, not a thousand. */
static bool know_sources(struct sv_run *run, uint32_t source, struct sv_error *err)
{
    for (uint32_t i = 0; i < run->source_count; i++) {
        const struct sv_input_source *input = sv_input_source(run->input, i);
        bool is_new = !run->sources[i].known && !input->is_pipe && input->head != 0;
        if ((is_new || i == source) && !know_source(run, i, err))
            return false;
    }
    return true;
}

bool sv_run_know_source(struct sv_run *run, uint32_t source, struct sv_error *err)
{
    if (run->store == NULL)
        return know_sources(run, source, err);
    if (!sv_store_begin(run->store, err))
        return false;
    if (know_run(run, err) && know_sources(run, source, err))
        return sv_store_commit(run->store, err);
    sv_store_rollback(run->store);
    return false;
}

/* A stateless policy's hit is its evaluation. */
static struct sv_evaluation apply(const struct sv_hit *hit)
{
    return (struct sv_evaluation){.subject = *hit, .values = hit->values};
}

static bool store_row(struct sv_run *run, const struct sv_evaluation *row, struct sv_error *err)
{
    int64_t policy;
    const struct sv_hit *subject = &row->subject;
    return sv_store_policy(run->store, sv_policies_at(run->policies, subject->policy), &policy, err) &&
           sv_store_put_evaluation(run->store, run->run_id, run->sources[subject->place.source].id, policy, row,
                                   subject->has_time ? subject->time_ns : run->ledger.started_ns, err);
}

static bool store_ledger(struct sv_run *run, struct sv_error *err)
{
    struct sv_buf text = {0};
    if (!know_run(run, err))
        return false;
    run->ledger.rows = sv_store_rows(run->store);
    run->ledger.log_bytes = (uint64_t)sv_store_wal_bytes(run->store);
    sv_ledger_put_json(&text, &run->ledger, run->policies);
    bool ok = sv_store_run_update(run->store, run->run_id, sv_buf_slice(&text), run->ledger.ended_ns, err);
    sv_buf_free(&text);
    return ok;
}

static bool store_rows(struct sv_run *run, struct sv_error *err)
{
    for (size_t i = 0; i < run->hits.count; i++) {
        struct sv_evaluation row = apply(&run->hits.items[i]);
        if (row.subject.outcome != SV_PASS && !store_row(run, &row, err))
            return false;
    }
    return true;
}

/* The store learns a source's format with the first batch that knows it. */
static bool store_formats(struct sv_run *run, struct sv_error *err)
{
    for (uint32_t i = 0; i < run->source_count; i++) {
        struct sv_run_source *known = &run->sources[i];
        const struct sv_format *format = known->reader != NULL ? sv_reader_format(known->reader) : known->format;
        if (known->id == 0 || format == NULL || format == known->stored)
            continue;
        const struct sv_input_source *input = sv_input_source(run->input, i);
        struct sv_store_source source = store_source(run, input);
        uint32_t number;
        source.format = format->name;
        source.head = known->head;
        if (!sv_store_source(run->store, &source, &known->id, &number, err))
            return false;
        known->stored = format;
    }
    return true;
}

/* The ledger so far goes with its batch: a run that is killed leaves it, and one that cannot be stored leaves no rows that were
 * not printed. */
static bool store_batch(struct sv_run *run, struct sv_error *err)
{
    if (!sv_store_begin(run->store, err))
        return false;
    if (store_rows(run, err) && store_formats(run, err) && store_ledger(run, err))
        return sv_store_commit(run->store, err);
    sv_store_rollback(run->store);
    return false;
}

static void count(struct sv_run *run, const struct sv_hit *subject)
{
    run->ledger.violations += subject->outcome == SV_VIOLATION;
}

bool sv_run_commit(struct sv_run *run, struct sv_error *err)
{
    bool to_store = run->ended;
    for (size_t i = 0; i < run->hits.count; i++) {
        count(run, &run->hits.items[i]);
        to_store |= run->hits.items[i].outcome != SV_PASS;
    }
    if (run->ended)
        run->ledger.ended_ns = sv_os_now_ns();
    if (run->store != NULL && to_store && !store_batch(run, err))
        return false;
    for (size_t i = 0; i < run->hits.count; i++) {
        struct sv_evaluation row = apply(&run->hits.items[i]);
        sv_run_view_row(run, &row);
    }
    run->hits.count = run->held_hits = run->held_bytes = 0;
    sv_arena_reset(&run->batch_arena);
    return true;
}
