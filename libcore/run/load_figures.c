/* SPDX-License-Identifier: ISC */
/* What a load comes to. */
#include <math.h>
#include <stdio.h>

#include "run/load_private.h"

#define MIB (1024.0 * 1024.0)

/* One of many. took: the times of what it did, whose number that is. */
static void put_process(const struct sv_load *load, const struct sv_load_process *process, const struct sv_tally *took, struct sv_result_process row,
                        struct sv_results *results, struct sv_result *result)
{
    struct sv_histogram times = {0};
    sv_tally_sum(took, &times);
    row.cpu_percent = 100 * (double)process->cpu_ns / 1e9 / load->length_s;
    row.peak_mib = (double)process->peak_bytes / MIB;
    row.done = (double)took->total;
    row.p99_ms = (double)sv_histogram_quantile(&times, 0.99) / 1e6;
    row.restarts = (double)process->restarts;
    sv_result_process(results, result, &row);
    sv_histogram_free(&times);
}

static void put_fleet(struct sv_load *load, const struct sv_load_outcome *outcome, struct sv_results *results, struct sv_result *result)
{
    struct sv_histogram evaluate = {0}, commit = {0}, answer = {0};
    size_t count = load->scenario->supervisors;
    uint64_t fed = 0, answered = 0, in_time = 0, most = 0, least = UINT64_MAX, restarts = 0, commits = 0;
    double cpu = 0, cpu_most = 0, peak = 0, growth = 0, written = 0, busy = 0, syncs = 0, hits = 0, misses = 0;
    for (size_t i = 0; i < count; i++) {
        const struct sv_load_supervisor_sum *sum = &load->supervisor_sums[i];
        const struct sv_load_process *process = &load->supervisors[i];
        double share = 100 * (double)process->cpu_ns / 1e9 / load->length_s;
        sv_tally_sum(&sum->evaluate, &evaluate);
        sv_tally_sum(&sum->commit, &commit);
        sv_tally_sum(&sum->answer, &answer);
        fed += load->feeds[i].made + load->feeds[i].skipped;
        answered += sum->answer.total;
        in_time += sum->in_time;
        commits += sum->commit.total;
        most = sum->commit.total > most ? sum->commit.total : most;
        least = sum->commit.total < least ? sum->commit.total : least;
        restarts += process->restarts;
        cpu += share;
        cpu_most = fmax(cpu_most, share);
        peak = fmax(peak, (double)process->peak_bytes / MIB);
        growth = fmax(growth, (double)(process->late_bytes - process->early_bytes) / MIB);
        written += (double)sum->written_bytes;
        busy += (double)sum->busy_waits;
        syncs += (double)sum->syncs;
        hits += (double)sum->cache_hits;
        misses += (double)sum->cache_misses;
        struct sv_result_process row = {SV_SLICE("supervisor"), .number = (double)i, .commits = (double)sum->commit.total, .failures = (double)sum->failures};
        put_process(load, process, &sum->answer, row, results, result);
    }
    sv_result_setup(results, result, "supervisors", (double)count);
    sv_result_setup(results, result, "agents_each", (double)load->scenario->agents);
    sv_result_setup(results, result, "events", (double)fed);
    sv_result_setup(results, result, "commits", (double)commits);
    sv_result_setup(results, result, "restarts", (double)restarts);
    sv_result_setup(results, result, "asked_events_per_s", outcome->asked_per_s);
    sv_result_figure(results, result, "made_events_per_s", outcome->made_per_s);
    sv_result_figure(results, result, "made_percent", outcome->asked_per_s > 0 ? 100 * outcome->made_per_s / outcome->asked_per_s : 100);
    if (load->scenario->fleet_deadline_ns > 0)
        sv_result_figure(results, result, "availability_percent", fed > 0 ? 100 * (double)in_time / (double)fed : 100);
    sv_result_quantiles(results, result, "evaluate", "us", 1e3, &evaluate);
    sv_result_quantiles(results, result, "commit", "ms", 1e6, &commit);
    sv_result_quantiles(results, result, "answer", "ms", 1e6, &answer);
    if (least > 0)
        sv_result_figure(results, result, "commits_most_to_least", (double)most / (double)least);
    sv_result_figure(results, result, "cpu_each_percent", cpu / (double)count);
    sv_result_figure(results, result, "cpu_each_most_percent", cpu_most);
    sv_result_figure(results, result, "peak_each_most_mib", peak);
    if (load->length_s >= 8)
        sv_result_figure(results, result, "memory_growth_mib", growth);
    sv_result_figure(results, result, "unanswered_events", (double)outcome->unanswered);
    sv_result_figure(results, result, "sqlite_busy", busy);
    if (hits + misses > 0)
        sv_result_figure(results, result, "cache_hit_percent", 100 * hits / (hits + misses));
    if (answered > 0) {
        sv_result_figure(results, result, "syncs_per_1000_events", 1000 * syncs / (double)answered);
        sv_result_figure(results, result, "written_per_event", written / (double)answered);
        sv_result_figure(results, result, "store_growth_per_event", (double)(load->store_after_bytes - load->store_before_bytes) / (double)answered);
    }
    sv_histogram_free(&evaluate);
    sv_histogram_free(&commit);
    sv_histogram_free(&answer);
}

static void put_users(struct sv_load *load, const struct sv_load_outcome *outcome, struct sv_results *results, struct sv_result *result)
{
    uint64_t done = 0, in_time = 0, failed = 0, busy = 0, most = 0, least = UINT64_MAX, rows = 0;
    struct sv_histogram asked = {0}, written = {0};
    double cpu = 0, peak = 0;
    size_t last = sv_load_op_count - 1;
    for (size_t i = 0; i < load->user_count; i++) {
        const struct sv_load_user_sum *sum = &load->user_sums[i];
        done += sum->done;
        busy += sum->busy;
        most = sum->done > most ? sum->done : most;
        least = sum->done < least ? sum->done : least;
        rows += sum->done * SV_LOAD_ROWS;
        cpu += (double)load->users[i].cpu_ns / 1e9;
        peak = fmax(peak, (double)load->users[i].peak_bytes / MIB);
        struct sv_result_process row = {SV_SLICE("user"), .number = (double)i, .failures = (double)sum->failures};
        put_process(load, &load->users[i], &sum->took, row, results, result);
    }
    for (size_t op = 0; op < sv_load_op_count; op++) {
        struct sv_load_op_sum *sum = &load->shared->ops[op];
        struct sv_histogram took = {0};
        in_time += sum->in_time;
        failed += sum->failures;
        sv_tally_sum(&sum->took, &took);
        sv_histogram_merge(sv_load_ops[op].kind == SV_LOAD_ASKS ? &asked : &written, &took);
        sv_result_quantiles(results, result, sv_load_ops[op].name, "ms", 1e6, &took);
        sv_histogram_free(&took);
    }
    sv_result_quantiles(results, result, "reads", "ms", 1e6, &asked);
    sv_result_quantiles(results, result, "writes", "ms", 1e6, &written);
    sv_histogram_free(&asked);
    sv_histogram_free(&written);
    sv_result_figure(results, result, "users_at_once", (double)load->users_at_once);
    sv_result_setup(results, result, "users", (double)load->user_count);
    sv_result_setup(results, result, "requests", (double)done);
    sv_result_figure(results, result, "requests_per_s", (double)done / load->length_s);
    if (sv_load_ops[last].kind == SV_LOAD_ROWS_ONLY && load->shared->ops[last].took.total == done && done > 0)
        sv_result_figure(results, result, "rows_per_s", (double)rows / load->length_s);
    if (outcome->users_asked_per_s > 0)
        sv_result_figure(results, result, "requests_made_percent", 100 * outcome->users_made_per_s / outcome->users_asked_per_s);
    if (load->scenario->users_deadline_ns > 0)
        sv_result_figure(results, result, "users_availability_percent", done + failed > 0 ? 100 * (double)in_time / (double)(done + failed) : 100);
    if (least > 0 && least != UINT64_MAX)
        sv_result_figure(results, result, "requests_most_to_least", (double)most / (double)least);
    if (load->alone_per_s > 0)
        sv_result_figure(results, result, "of_one_writer_percent", 100 * (double)done / load->length_s / load->alone_per_s);
    sv_result_figure(results, result, "users_cpu_percent", 100 * cpu / load->length_s);
    sv_result_figure(results, result, "user_peak_most_mib", peak);
    sv_result_figure(results, result, "busy_requests", (double)busy);
}

void sv_load_put_figures(struct sv_load *load, const struct sv_load_outcome *outcome, struct sv_results *results)
{
    struct sv_result *result = sv_results_add(results, "load", load->spec->name, load->temp.path);
    sv_result_setup(results, result, "length_s", load->length_s);
    sv_result_setup(results, result, "sync_full", load->scenario->sync == 0);
    sv_result_setup(results, result, "others_percent", 100 * load->others);
    sv_result_figure(results, result, "machine_cpu_percent", 100 * load->ours);
    if (load->scenario->has_fleet)
        put_fleet(load, outcome, results, result);
    if (load->scenario->has_users)
        put_users(load, outcome, results, result);
    sv_result_figure(results, result, "failures", (double)outcome->failed);
    sv_result_figure(results, result, "lost", (double)outcome->lost);
    sv_result_figure(results, result, "doubled", (double)outcome->doubled);
    sv_result_figure(results, result, "wal_peak_mib", (double)load->wal_peak_bytes / MIB);
    if (load->scenario->has_fleet)
        sv_result_figure(results, result, "feeder_cpu_percent", 100 * (double)load->feed_cpu_ns / 1e9 / load->length_s);
}
