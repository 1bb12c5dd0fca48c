/* SPDX-License-Identifier: ISC */
#include "run/capacity.h"

#include <math.h>
#include <stdio.h>
#include <unistd.h>

#include "base/os.h"
#include "base/process.h"
#include "base/temp.h"
#include "base/time.h"
#include "run/archive.h"
#include "run/bench.h"
#include "run/load.h"

enum { AGENTS = 100, STORED = 20000, TRIES_MAX = 40, KILL_S = 60 };

#define RATE_MAX 1e6
#define PRECISION 1.1 /* between what holds and what does not */
#define DAY_S 86400.0

const struct sv_capacity_profile sv_capacity_profiles[] = {
    {"individual", "one event a second, 100 ms, 99 %", 1, 1, 100, 99, 1, false},
    {"team", "10 a second, at times 20, 500 ms, 99.5 %", 10, 20, 500, 99.5, 2, false},
    {"organization", "100 a second, at times 1000, 100 ms, 99.9 %", 100, 1000, 100, 99.9, 4, false},
    {"enterprise", "1000 a second, at times 10000, 100 ms, 99.99 %", 1000, 10000, 100, 99.99, 10, false},
    {"beyond", "10000 a second, bursts of 100000, 50 ms, 99.99 %, with kills", 10000, 100000, 50, 99.99, 10, true},
};
const size_t sv_capacity_profile_count = sizeof sv_capacity_profiles / sizeof *sv_capacity_profiles;

const struct sv_capacity_profile *sv_capacity_find(struct sv_slice name)
{
    for (size_t i = 0; i < sv_capacity_profile_count; i++)
        if (sv_slice_is(name, sv_capacity_profiles[i].name))
            return &sv_capacity_profiles[i];
    return NULL;
}

struct capacity {
    const struct sv_capacity_spec *spec;
    struct sv_findings *findings;
    struct sv_error *err;
    struct sv_temp temp;
    unsigned tries;
    bool stopped;
    struct disk {
        int64_t store_bytes, archive_bytes;
        uint64_t events;
        bool is_zstd;
        struct sv_error err;
    } *disk; /* in common with the process that fills it */
};

/* What a try came to. */
struct try {
    bool held;
    double p99_ms, availability_percent, others_percent;
};

/* --- a try --- */

static double figure_of(const struct sv_result *result, const char *name, double otherwise)
{
    const double *value = sv_result_find(result, sv_slice_str(name));
    return value != NULL ? *value : otherwise;
}

static bool try_rate(struct capacity *capacity, double rate, double seconds, bool kills, struct try *out)
{
    const struct sv_capacity_profile *profile = capacity->spec->profile;
    unsigned supervisors = capacity->spec->supervisors > 0 ? capacity->spec->supervisors : profile->supervisors;
    struct sv_scenario scenario = {.sync = !capacity->spec->sync_full,
                                   .has_fleet = true,
                                   .supervisors = supervisors,
                                   .agents = AGENTS,
                                   .is_random = true,
                                   .kill_every_ns = kills ? (int64_t)(fmin(KILL_S, seconds / 2) * 1e9) : 0,
                                   .fleet_deadline_ns = (int64_t)(profile->limit_ms * 1e6)};
    struct sv_load_spec load = {.scenario = &scenario, .run = capacity->spec->run, .folder = capacity->spec->folder, .name = profile->name,
                                .seed = capacity->spec->seed + capacity->tries++};
    struct sv_results results = {0};
    struct sv_load_outcome outcome;
    sv_shape_add(&scenario.rate, seconds, rate / supervisors, rate / supervisors);
    *out = (struct try){0};
    bool fine = sv_load_run(&load, &results, &outcome, capacity->findings, capacity->err);
    capacity->stopped = outcome.stopped;
    if (fine) {
        const struct sv_result *result = results.items[0];
        out->p99_ms = figure_of(result, "answer_p99_ms", figure_of(result, "answer_max_ms", INFINITY)); /* of few: the most */
        out->availability_percent = figure_of(result, "availability_percent", 0);
        out->others_percent = *sv_result_find_setup(result, SV_SLICE("others_percent"));
        out->held = out->p99_ms <= profile->limit_ms && out->availability_percent >= profile->availability_percent &&
                    outcome.lost + outcome.doubled + outcome.failed == 0 && !outcome.too_slow;
        if (capacity->spec->progress != NULL)
            capacity->spec->progress(capacity->spec->context, rate, out->held);
    }
    sv_results_free(&results);
    sv_scenario_free(&scenario);
    return fine;
}

/* --- the search --- */

/* The highest rate that was held; 0: none was. False with err, or stopped. */
static bool search(struct capacity *capacity, double *found)
{
    double seconds = capacity->spec->step_s, low = 0, high = 0, rate = capacity->spec->profile->sustained;
    struct try try;
    *found = 0;
    while (high <= 0 && rate <= RATE_MAX) { /* upwards */
        if (!try_rate(capacity, rate, seconds, false, &try))
            return false;
        if (try.held)
            low = rate;
        else
            high = rate;
        rate *= 4;
    }
    for (rate = high / 2; low <= 0 && rate >= 0.5; rate /= 2) { /* the first was too much */
        if (!try_rate(capacity, rate, seconds, false, &try))
            return false;
        if (try.held)
            low = rate;
        else
            high = rate;
    }
    while (low > 0 && high > low * PRECISION && capacity->tries < TRIES_MAX) {
        rate = sqrt(low * high);
        if (!try_rate(capacity, rate, seconds, false, &try))
            return false;
        *(try.held ? &low : &high) = rate;
    }
    *found = low;
    return true;
}

/* --- the disk --- */

static bool fill(struct capacity *capacity, const char *log, const struct sv_store_spec *store)
{
    struct sv_run_spec run = *capacity->spec->run;
    struct sv_slice out;
    run.operands = &log;
    run.operand_count = 1;
    run.store = *store;
    run.record = true;
    run.exit_zero = true;
    run.output = SV_OUTPUT_JSON;
    run.notice = NULL;
    struct sv_run *made = sv_run_open(&run, NULL, &capacity->disk->err);
    while (made != NULL && sv_run_next(made, &out, &capacity->disk->err))
        ;
    if (made != NULL)
        capacity->disk->events = sv_run_ledger(made)->events;
    return sv_run_close(made, &capacity->disk->err) == SV_DONE;
}

/* Found as those that pack archives find it. */
static bool has_zstd(void)
{
    static const char *const words[] = {"zstd", "-q", "-V", NULL};
    int status;
    return sv_process_run(words, &status, NULL) && status == 0;
}

static int64_t size_of_folder(const char *folder)
{
    struct sv_buf names = {0}, path = {0};
    size_t count = 0;
    int64_t size = 0;
    if (sv_os_list(folder, &names, &count, NULL)) {
        const char *name = names.data;
        for (size_t i = 0; i < count; i++, name += strlen(name) + 1) {
            struct sv_os_stat st = {0};
            sv_buf_clear(&path);
            sv_buf_printf(&path, "%s/%s", folder, name);
            if (sv_os_stat_path(sv_buf_cstr(&path), true, &st))
                size += st.size;
        }
    }
    sv_buf_free(&names);
    sv_buf_free(&path);
    return size;
}

/* All of it: the log is of a month long past. */
static bool archive(struct capacity *capacity, const struct sv_store_spec *store, const char *folder)
{
    struct sv_ask ask = {.store = *store, .list = {.columns = sv_archive_columns, .count = sv_archive_column_count}, .number = SV_ASK_ROWS};
    struct sv_archive_job job = {.rules = {.before_ns = sv_os_now_ns()}, .folder = folder, .apply = true, .zstd = capacity->disk->is_zstd};
    struct sv_answer *answer = sv_archive_open(&ask, &job, &capacity->disk->err);
    struct sv_slice out;
    while (answer != NULL && sv_answer_next(answer, &out, &capacity->disk->err))
        ;
    sv_answer_close(answer);
    capacity->disk->archive_bytes = size_of_folder(folder);
    return capacity->disk->err.code == SV_DONE;
}

static int measure_disk(void *context)
{
    struct capacity *capacity = context;
    struct disk *disk = capacity->disk;
    const char *log = sv_temp_path(&capacity->temp, "fleet.ndjson"), *folder = sv_temp_path(&capacity->temp, "archive");
    struct sv_store_spec store = {.path = sv_temp_path(&capacity->temp, "store.db"), .program = "sv-bench", .sync_normal = true};
    struct sv_temp inside = {.path = sv_temp_path(&capacity->temp, "archive")};
    struct sv_os_stat st = {0};
    disk->is_zstd = has_zstd();
    if (!sv_bench_make_log(log, STORED, capacity->spec->seed, INT64_C(64) << 20, &disk->err) || !fill(capacity, log, &store))
        return SV_SYSTEM;
    if (sv_os_stat_path(store.path, true, &st))
        disk->store_bytes = st.size;
    bool fine = sv_os_make_folder(folder, 0700, &disk->err) && archive(capacity, &store, folder);
    sv_temp_remove(&inside);
    return fine ? SV_DONE : SV_SYSTEM;
}

static bool look_at_disk(struct capacity *capacity)
{
    struct sv_process_end end;
    if (!sv_temp_make(&capacity->temp, capacity->spec->folder, "sv-bench", capacity->err) ||
        (capacity->disk = sv_process_share(sizeof *capacity->disk, capacity->err)) == NULL)
        return false;
    pid_t pid = sv_process_start(measure_disk, capacity, capacity->err);
    if (pid < 0)
        return false;
    sv_process_wait(pid, true, &end);
    if (capacity->disk->err.code != SV_DONE)
        *capacity->err = capacity->disk->err;
    else if (end.status != SV_DONE)
        sv_error_set(capacity->err, SV_SYSTEM, "a process ended with status %d", end.status);
    return capacity->err->code == SV_DONE;
}

/* --- all of it --- */

static void put_disk(struct capacity *capacity, struct sv_results *results, struct sv_result *result)
{
    const struct disk *disk = capacity->disk;
    double events = (double)disk->events, day = capacity->spec->profile->sustained * DAY_S;
    double store = (double)disk->store_bytes / events * day, archived = (double)disk->archive_bytes / events * day;
    int64_t free_bytes = sv_os_free_bytes(capacity->spec->folder);
    sv_result_setup(results, result, "archive_zstd", disk->is_zstd);
    sv_result_figure(results, result, "store_per_event", (double)disk->store_bytes / events);
    sv_result_figure(results, result, "archive_per_event", (double)disk->archive_bytes / events);
    sv_result_figure(results, result, "store_each_day_mib", store / (1 << 20));
    sv_result_figure(results, result, "archive_each_day_mib", archived / (1 << 20));
    if (free_bytes >= 0) {
        sv_result_figure(results, result, "days_until_full", (double)free_bytes / store);
        sv_result_figure(results, result, "archived_days_until_full", (double)free_bytes / archived);
    }
}

static void put(struct capacity *capacity, const struct try *sustained, const struct try *peak, struct sv_capacity_outcome *outcome,
                struct sv_results *results)
{
    const struct sv_capacity_profile *profile = capacity->spec->profile;
    struct sv_result *result = sv_results_add(results, "capacity", profile->name, capacity->temp.path);
    sv_result_setup(results, result, "sustained_per_s", profile->sustained);
    sv_result_setup(results, result, "peak_per_s", profile->peak);
    sv_result_setup(results, result, "limit_ms", profile->limit_ms);
    sv_result_setup(results, result, "wanted_availability_percent", profile->availability_percent);
    sv_result_setup(results, result, "supervisors", capacity->spec->supervisors > 0 ? capacity->spec->supervisors : profile->supervisors);
    sv_result_setup(results, result, "step_s", capacity->spec->step_s);
    sv_result_setup(results, result, "tries", capacity->tries);
    sv_result_setup(results, result, "others_percent", sustained->others_percent);
    sv_result_figure(results, result, "capacity_events_per_s", outcome->capacity_per_s);
    sv_result_figure(results, result, "headroom", outcome->headroom);
    sv_result_figure(results, result, "sustained_p99_ms", sustained->p99_ms);
    sv_result_figure(results, result, "sustained_availability_percent", sustained->availability_percent);
    sv_result_figure(results, result, "peak_p99_ms", peak->p99_ms);
    sv_result_figure(results, result, "peak_availability_percent", peak->availability_percent);
    put_disk(capacity, results, result);
}

bool sv_capacity_run(const struct sv_capacity_spec *spec, struct sv_results *results, struct sv_capacity_outcome *outcome,
                     struct sv_findings *findings, struct sv_error *err)
{
    const struct sv_capacity_profile *profile = spec->profile;
    struct capacity capacity = {.spec = spec, .findings = findings, .err = err};
    struct try sustained = {0}, peak = {0};
    *outcome = (struct sv_capacity_outcome){0};
    double soak_s = spec->soak_s > 0 ? spec->soak_s : 2 * spec->step_s;
    bool fine = search(&capacity, &outcome->capacity_per_s) && try_rate(&capacity, profile->sustained, soak_s, profile->kills, &sustained) &&
                try_rate(&capacity, profile->peak, fmin(10, 2 * spec->step_s), false, &peak) && look_at_disk(&capacity);
    if (fine) {
        outcome->headroom = outcome->capacity_per_s / profile->sustained;
        outcome->holds = outcome->headroom >= 1 && sustained.held && peak.held;
        put(&capacity, &sustained, &peak, outcome, results);
    }
    outcome->stopped = capacity.stopped;
    sv_process_unshare(capacity.disk, sizeof *capacity.disk);
    sv_temp_remove(&capacity.temp);
    return fine;
}
