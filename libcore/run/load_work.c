/* SPDX-License-Identifier: ISC */
/* What the processes of a load do. */
#include <unistd.h>

#include "base/os.h"
#include "base/time.h"
#include "run/bench.h"
#include "run/load_private.h"

/* The first is told, whole before it is seen; findings: with it, may be NULL. own: failures of this process. */
static void tell_failure(struct sv_load *load, uint64_t *own, const struct sv_findings *findings, const struct sv_error *err)
{
    struct sv_load_shared *shared = load->shared;
    ++*own;
    if (!__atomic_test_and_set(&shared->is_claimed, __ATOMIC_ACQ_REL)) {
        for (size_t i = 0; findings != NULL && i < findings->count && shared->findings.count < SV_LOAD_FINDINGS; i++)
            shared->findings.items[shared->findings.count++] = findings->items[i];
        shared->first = *err;
        __atomic_store_n(&shared->is_told, 1, __ATOMIC_RELEASE);
    }
    __atomic_fetch_add(&shared->failures, 1, __ATOMIC_RELAXED);
}

static void wait_for_start(const struct sv_load *load)
{
    while (load->shared->start_ns == 0 && !load->shared->is_over)
        sv_os_sleep_until(sv_os_monotonic_ns() + 1000000);
    sv_os_sleep_until(load->shared->start_ns);
}

/* --- a supervisor: sv-eval on a pipe --- */

static void tell_ledger(struct sv_load_supervisor_sum *sum, const struct sv_ledger *ledger)
{
    const struct sv_ledger_cache *caches[] = {&ledger->statement_cache, &ledger->policy_cache, &ledger->roster_cache};
    for (size_t i = 0; i < sizeof caches / sizeof *caches; i++) {
        sum->cache_hits += caches[i]->hits;
        sum->cache_misses += caches[i]->misses;
    }
    sum->busy_waits += ledger->busy_waits;
    sum->syncs += ledger->syncs;
}

int sv_load_supervise(void *context)
{
    struct sv_load *load = context;
    struct sv_load_supervisor_sum *sum = &load->supervisor_sums[load->number];
    static const char *const input[] = {"-"};
    struct sv_run_probe probe = {.evaluate = &sum->evaluate, .commit = &sum->commit, .answer = &sum->answer, .clock_ns = load->shared->clock_ns,
                                 .deadline_ns = load->scenario->fleet_deadline_ns,
                                 .lose_record = load->spec->fault == SV_LOAD_LOSE && load->number == 0 ? 1 : 0};
    struct sv_findings findings = {0};
    struct sv_error err = {0};
    struct sv_slice out;
    sv_load_feeds_close(load); /* or nobody comes to the end of his input */
    sv_load_feeds_free(load);  /* what the feeder has is not this process's memory */
    sv_fleet_free(load->fleet);
    sv_process_stdin(load->read_end);
    struct sv_run_spec spec = *load->spec->run;
    spec.operands = input;
    spec.operand_count = 1;
    spec.policies = load->policies;
    spec.policy_count = load->policy_count;
    spec.store = load->store;
    spec.record = load->scenario->record;
    spec.output = SV_OUTPUT_JSON;
    spec.exit_zero = true;
    spec.probe = &probe;
    spec.notice = NULL;
    spec.reload = NULL;
    struct sv_run *run = sv_run_open(&spec, &findings, &err);
    sum->ready_cpu_ns = sv_os_cpu_ns();
    if (run == NULL) { /* told before it could be taken for ready */
        tell_failure(load, &sum->failures, &findings, &err);
        return SV_SYSTEM;
    }
    sum->is_ready = 1;
    uint64_t before = sum->in_time;
    while (sv_run_next(run, &out, &err))
        sum->in_time = before + probe.in_time;
    tell_ledger(sum, sv_run_ledger(run));
    int status = sv_run_close(run, &err);
    if (err.code != SV_DONE || status != SV_DONE)
        tell_failure(load, &sum->failures, NULL, &err);
    int64_t written = 0;
    if (sv_process_written(&written))
        sum->written_bytes += written;
    sv_run_probe_free(&probe);
    return SV_DONE;
}

/* --- a user --- */

struct using {
    struct sv_load *load;
    struct sv_load_user user;
    struct sv_load_user_sum *sum;
    uint64_t turns;              /* of those at a rate */
};

static size_t choose_op(struct using *using)
{
    const uint64_t *weights = using->load->scenario->weights;
    uint64_t sum = 0, pick;
    size_t op = 0;
    for (size_t i = 0; i < sv_load_op_count; i++)
        sum += weights[i];
    pick = sv_random_below(&using->user.random, (uint32_t)sum);
    while (pick >= weights[op])
        pick -= weights[op++];
    return op;
}

static int64_t think(struct using *using)
{
    const struct sv_scenario *scenario = using->load->scenario;
    return scenario->think_least_ns +
           (int64_t)(sv_random_share(&using->user.random) * (double)(scenario->think_most_ns - scenario->think_least_ns));
}

/* When the next operation is meant to begin: users at a rate take turns, others think. */
static int64_t next_turn(struct using *using)
{
    const struct sv_load *load = using->load;
    double users = sv_shape_peak(&load->scenario->users), rate = load->scenario->user_rate;
    if (rate <= 0)
        return sv_os_monotonic_ns() + think(using);
    return load->shared->start_ns + (int64_t)(1e9 * ((double)using->user.number + users * (double)using->turns++) / rate);
}

static bool is_over(const struct using *using)
{
    const struct sv_load *load = using->load;
    double now_s = (double)(sv_os_monotonic_ns() - load->shared->start_ns) / 1e9;
    return load->shared->is_over || sv_shape_value(&load->scenario->users, now_s) <= (double)using->user.number ||
           (load->spec->run->stop != NULL && *load->spec->run->stop != 0);
}

/* One of the requests that are left, where they are counted. */
static bool take_request(struct sv_load *load)
{
    return load->scenario->requests == 0 || __atomic_fetch_add(&load->shared->requests, 1, __ATOMIC_RELAXED) < load->scenario->requests;
}

static void do_one(struct using *using, int64_t meant_ns)
{
    struct sv_load *load = using->load;
    size_t op = choose_op(using);
    struct sv_error err = {0};
    bool fine = sv_load_ops[op].run(&using->user, &err);
    uint64_t took_ns = (uint64_t)(sv_os_monotonic_ns() - meant_ns);
    struct sv_load_op_sum *sum = &load->shared->ops[op];
    if (!fine) {
        __atomic_fetch_add(&sum->failures, 1, __ATOMIC_RELAXED);
        using->sum->busy += sv_slice_find(sv_slice_str(err.text), SV_SLICE("locked")) != NULL;
        tell_failure(load, &using->sum->failures, NULL, &err);
        return;
    }
    sv_tally_add_shared(&sum->took, took_ns);
    sv_tally_add(&using->sum->took, took_ns);
    using->sum->done++;
    if (load->scenario->users_deadline_ns == 0 || took_ns <= (uint64_t)load->scenario->users_deadline_ns)
        __atomic_fetch_add(&sum->in_time, 1, __ATOMIC_RELAXED);
    using->sum->emitted = using->user.emitted;
    using->sum->sent = using->user.sent;
    using->sum->made = using->user.made;
    using->sum->rows = using->user.rows;
}

int sv_load_use(void *context)
{
    struct sv_load *load = context;
    struct using using = {.load = load, .sum = &load->user_sums[load->number]};
    using.user = (struct sv_load_user){.store = &load->store,
                                       .number = load->number,
                                       .emitted = using.sum->emitted,
                                       .sent = using.sum->sent,
                                       .made = using.sum->made,
                                       .rows = using.sum->rows,
                                       .loses = load->spec->fault == SV_LOAD_LOSE && load->number == 0 && using.sum->done == 0};
    sv_random_seed(&using.user.random, load->spec->seed * 1000003 + load->number);
    sv_load_feeds_close(load);
    wait_for_start(load);
    int64_t meant_ns = sv_os_monotonic_ns() + (int64_t)(sv_random_share(&using.user.random) * (double)load->scenario->think_most_ns);
    if (load->scenario->user_rate > 0)
        meant_ns = next_turn(&using);
    while (!is_over(&using)) {
        if (meant_ns > sv_os_monotonic_ns()) { /* in pieces, so that the end is seen */
            int64_t piece_ns = sv_os_monotonic_ns() + 50000000;
            sv_os_sleep_until(meant_ns < piece_ns ? meant_ns : piece_ns);
            continue;
        }
        if (!take_request(load))
            break;
        do_one(&using, load->scenario->user_rate > 0 ? meant_ns : sv_os_monotonic_ns());
        meant_ns = next_turn(&using);
    }
    sv_load_user_close(&using.user);
    return SV_DONE;
}

/* --- before it all --- */

static bool fill_store(struct sv_load *load, struct sv_error *err)
{
    const char *log = sv_temp_path(&load->temp, "before.ndjson");
    struct sv_run_spec spec = {.operands = &log, .operand_count = 1, .store = load->store, .collect = true};
    struct sv_slice out;
    if (!sv_bench_make_log(log, load->scenario->records, load->spec->seed, (int64_t)load->scenario->records * 700, err))
        return false;
    spec.store.sync_normal = true;
    struct sv_run *run = sv_run_open(&spec, NULL, err);
    while (run != NULL && sv_run_next(run, &out, err))
        ;
    bool fine = sv_run_close(run, err) == SV_DONE;
    unlink(log);
    return fine;
}

int sv_load_prepare_store(void *context)
{
    struct sv_load *load = context;
    struct sv_error *err = &load->shared->err;
    if (load->scenario->records > 0 && !fill_store(load, err))
        return SV_SYSTEM;
    if (load->scenario->has_users && !sv_load_prepare(&load->store, err))
        return SV_SYSTEM;
    struct sv_store *store = sv_store_open(&load->store, err); /* once for all: it is made, and as new as it must be */
    sv_store_close(store);
    return store != NULL ? SV_DONE : SV_SYSTEM;
}
