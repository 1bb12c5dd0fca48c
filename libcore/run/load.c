/* SPDX-License-Identifier: ISC */
/* A load from beginning to end. */
#include "run/load.h"

#include <math.h>
#include <signal.h>
#include <stdio.h>
#include <unistd.h>

#include "base/os.h"
#include "base/time.h"
#include "run/load_private.h"

enum { READY_MS = 60000, DRAIN_S = 60, BEHIND_S = 3 /* what is not sent then is dropped */, STALL_MS = 200 };

/* What is still in hand when the last event was fed is not late: a batch may take so long by itself. */
#define GRACE_S 1.5

/* This share of what was asked for is as good as all. */
#define ENOUGH 0.98

static double now_s(const struct sv_load *load)
{
    return (double)(sv_os_monotonic_ns() - load->shared->start_ns) / 1e9;
}

static bool is_stopped(const struct sv_load *load)
{
    return load->spec->run->stop != NULL && *load->spec->run->stop != 0;
}

/* --- processes --- */

static bool start_supervisor(struct sv_load *load, uint32_t number, struct sv_error *err)
{
    struct sv_load_process *process = &load->supervisors[number];
    int write_end;
    if (!sv_process_pipe(&load->read_end, &write_end, err))
        return false;
    load->number = number;
    load->supervisor_sums[number].is_ready = 0;
    sv_load_feed_again(load, number, write_end); /* before, so that it knows which end is not its own */
    pid_t pid = sv_process_start(sv_load_supervise, load, err);
    process->pid = pid > 0 ? pid : 0;
    sv_os_close(load->read_end);
    return pid > 0;
}

static bool start_user(struct sv_load *load, uint32_t number, struct sv_error *err)
{
    load->number = number;
    pid_t pid = sv_process_start(sv_load_use, load, err);
    load->users[number].pid = pid > 0 ? pid : 0;
    return pid > 0;
}

static void take_end(struct sv_load_process *process, const struct sv_process_end *end, int64_t early_cpu_ns)
{
    process->pid = 0;
    process->cpu_ns += end->cpu_ns > early_cpu_ns ? end->cpu_ns - early_cpu_ns : 0;
    if (process->restarts == 0) /* later ones begin as a copy of what the feeder has become: of those only looks tell */
        process->peak_bytes = end->peak_bytes > process->peak_bytes ? end->peak_bytes : process->peak_bytes;
}

/* Sees who has ended; returns how many still run. */
static size_t look_after(struct sv_load_process *processes, size_t count, const struct sv_load_supervisor_sum *sums)
{
    struct sv_process_end end;
    size_t running = 0;
    for (size_t i = 0; i < count; i++) {
        if (processes[i].pid == 0)
            continue;
        if (sv_process_wait(processes[i].pid, false, &end) == 1)
            take_end(&processes[i], &end, sums != NULL ? sums[i].ready_cpu_ns : 0);
        running += processes[i].pid != 0;
    }
    return running;
}

static void kill_all(struct sv_load *load)
{
    struct sv_process_end end;
    struct sv_load_process *groups[] = {load->supervisors, load->users};
    size_t counts[] = {load->scenario->supervisors, load->user_count};
    for (int g = 0; g < 2; g++)
        for (size_t i = 0; groups[g] != NULL && i < counts[g]; i++)
            if (groups[g][i].pid != 0) {
                sv_process_signal(groups[g][i].pid, SIGKILL);
                sv_process_wait(groups[g][i].pid, true, &end);
                groups[g][i].pid = 0;
            }
}

static bool run_alone(struct sv_load *load, int (*body)(void *context), struct sv_error *err)
{
    struct sv_process_end end;
    pid_t pid = sv_process_start(body, load, err);
    if (pid < 0)
        return false;
    sv_process_wait(pid, true, &end);
    if (end.status == SV_DONE)
        return true;
    *err = load->shared->err;
    return err->code != SV_DONE ? false : sv_error_set(err, SV_SYSTEM, "a process ended with status %d", end.status);
}

/* --- before --- */

static bool make_policy(struct sv_load *load, struct sv_error *err)
{
    static const char text[] = "version: 1\npolicies:\n  - id: " SV_LOAD_POLICY "\n    title: an event of a load\n"
                               "    severity: info\n    action: observe\n    when: 'true'\n";
    const struct sv_run_spec *run = load->spec->run;
    const char *file = sv_temp_path(&load->temp, "ledger.yaml");
    load->policies = sv_calloc(run->policy_count + 1, sizeof *load->policies);
    for (size_t i = 0; i < run->policy_count; i++)
        load->policies[i] = run->policies[i];
    load->policies[run->policy_count] = file;
    load->policy_count = run->policy_count + 1;
    return sv_os_put_file(file, sv_slice_str(text), 0600, err);
}

static int64_t size_of(const char *path)
{
    struct sv_os_stat st = {0};
    return sv_os_stat_path(path, true, &st) ? st.size : 0;
}

static int64_t size_of_wal(const struct sv_load *load)
{
    struct sv_buf wal = {0};
    sv_buf_printf(&wal, "%s-wal", load->store.path);
    int64_t size = size_of(sv_buf_cstr(&wal));
    sv_buf_free(&wal);
    return size;
}

static int64_t size_of_store(const struct sv_load *load)
{
    return size_of(load->store.path) + size_of_wal(load);
}

static bool check_store(struct sv_load *load, struct sv_error *err)
{
    pid_t holder;
    if (load->spec->store == NULL || load->spec->shared || !sv_store_is_used(load->spec->store, &holder))
        return true;
    sv_error_at(err, load->spec->store, 0, 0);
    return sv_error_set(err, SV_INPUT, "in use by process %ld; measured with it only with --shared", (long)holder);
}

static bool open_load(struct sv_load *load, struct sv_error *err)
{
    const struct sv_scenario *scenario = load->scenario;
    size_t supervisors = scenario->has_fleet ? scenario->supervisors : 0;
    load->user_count = scenario->has_users ? (size_t)ceil(sv_shape_peak(&scenario->users)) : 0;
    load->length_s = sv_scenario_length(scenario);
    if (!check_store(load, err) || !sv_temp_make(&load->temp, load->spec->folder, "sv-bench", err))
        return false;
    load->store = (struct sv_store_spec){.path = load->spec->store != NULL ? load->spec->store : sv_temp_path(&load->temp, "store.db"),
                                         .program = "sv-bench",
                                         .sync_normal = scenario->sync == 1};
    sv_random_seed(&load->random, load->spec->seed);
    load->supervisors = sv_calloc(supervisors + 1, sizeof *load->supervisors);
    load->users = sv_calloc(load->user_count + 1, sizeof *load->users);
    load->shared = sv_process_share(sizeof *load->shared, err);
    load->supervisor_sums = sv_process_share((supervisors + 1) * sizeof *load->supervisor_sums, err);
    load->user_sums = sv_process_share((load->user_count + 1) * sizeof *load->user_sums, err);
    if (load->shared == NULL || load->supervisor_sums == NULL || load->user_sums == NULL)
        return false;
    load->shared->clock_ns = sv_os_now_ns() - sv_os_monotonic_ns();
    if (!make_policy(load, err) || !run_alone(load, sv_load_prepare_store, err))
        return false;
    load->store_before_bytes = size_of_store(load);
    return true;
}

static void close_load(struct sv_load *load)
{
    kill_all(load);
    sv_load_feeds_close(load);
    sv_load_feeds_free(load);
    sv_fleet_free(load->fleet);
    sv_process_unshare(load->shared, sizeof *load->shared);
    sv_process_unshare(load->supervisor_sums, ((load->scenario->has_fleet ? load->scenario->supervisors : 0) + 1) * sizeof *load->supervisor_sums);
    sv_process_unshare(load->user_sums, (load->user_count + 1) * sizeof *load->user_sums);
    sv_free(load->supervisors);
    sv_free(load->users);
    sv_free(load->policies);
    sv_temp_remove(&load->temp);
}

/* --- one alone, to compare with --- */

static bool measure_alone(struct sv_load *load, struct sv_error *err)
{
    struct sv_load_shared *shared = load->shared;
    struct sv_load_user_sum *sum = &load->user_sums[0];
    struct sv_process_end end;
    int64_t start_ns = sv_os_monotonic_ns();
    shared->start_ns = start_ns;
    if (!start_user(load, 0, err))
        return false;
    while (sv_os_monotonic_ns() < start_ns + load->scenario->alone_ns && !is_stopped(load))
        sv_os_sleep_until(sv_os_monotonic_ns() + 10000000);
    shared->is_over = 1;
    sv_process_wait(load->users[0].pid, true, &end);
    load->users[0] = (struct sv_load_process){0};
    load->alone_per_s = (double)sum->done / ((double)(sv_os_monotonic_ns() - start_ns) / 1e9);
    sum->done = 0;
    memset(&sum->took, 0, sizeof sum->took);
    memset(shared->ops, 0, sizeof shared->ops);
    shared->requests = 0;
    shared->start_ns = 0;
    shared->is_over = 0;
    return true;
}

/* --- the load --- */

static bool start_fleet(struct sv_load *load, struct sv_error *err)
{
    const struct sv_scenario *scenario = load->scenario;
    struct sv_fleet_spec spec;
    sv_fleet_default(&spec);
    spec.agents = (uint32_t)(scenario->supervisors * scenario->agents);
    spec.teams = spec.supervisors = (uint32_t)scenario->supervisors;
    spec.seed = load->spec->seed;
    spec.fine_times = true;
    sv_load_feeds_open(load);
    for (uint32_t i = 0; i < scenario->supervisors; i++)
        if (!start_supervisor(load, i, err))
            return false;
    load->fleet = sv_fleet_new(&spec, err); /* behind them: they need not carry it */
    return load->fleet != NULL;
}

static bool wait_until_ready(struct sv_load *load, struct sv_findings *findings, struct sv_error *err)
{
    const struct sv_load_shared *shared = load->shared;
    for (int ms = 0; ms < READY_MS && !is_stopped(load); ms++) {
        size_t ready = 0;
        for (size_t i = 0; i < load->scenario->supervisors; i++)
            ready += load->supervisor_sums[i].is_ready != 0;
        if (__atomic_load_n(&shared->is_told, __ATOMIC_ACQUIRE))
            break;
        if (ready == load->scenario->supervisors)
            return true;
        sv_os_sleep_until(sv_os_monotonic_ns() + 1000000);
    }
    for (size_t i = 0; i < shared->findings.count; i++)
        sv_findings_add(findings, &shared->findings.items[i]);
    if (shared->is_told)
        *err = shared->first;
    else if (!is_stopped(load))
        sv_error_set(err, SV_SYSTEM, "supervisors were not ready within %d s", READY_MS / 1000);
    return false;
}

/* As many users as there are to be now. Who has ended of himself, having no request left, is not started again. */
static void start_users(struct sv_load *load, double now, struct sv_error *err)
{
    double wanted = sv_shape_value(&load->scenario->users, now);
    bool has_requests = load->scenario->requests == 0 || load->shared->requests < load->scenario->requests;
    for (uint32_t i = 0; i < load->user_count && (double)i < wanted && has_requests && err->code == SV_DONE; i++)
        if (load->users[i].pid == 0)
            start_user(load, i, err);
}

static void look_at_memory(struct sv_load *load, double now)
{
    int64_t cpu_ns, resident, wal_bytes = size_of_wal(load);
    load->wal_peak_bytes = wal_bytes > load->wal_peak_bytes ? wal_bytes : load->wal_peak_bytes;
    for (size_t i = 0; load->scenario->has_fleet && i < load->scenario->supervisors; i++) {
        struct sv_load_process *process = &load->supervisors[i];
        if (process->pid == 0 || !sv_process_look(process->pid, &cpu_ns, &resident))
            continue;
        if (process->restarts > 0 && load->supervisor_sums[i].is_ready && resident > process->peak_bytes)
            process->peak_bytes = resident;
        if (now < load->length_s / 4)
            continue;
        if (process->early_bytes == 0)
            process->early_bytes = resident;
        process->late_bytes = resident;
    }
}

static void kill_one(struct sv_load *load, uint32_t number, struct sv_error *err)
{
    struct sv_load_process *process = &load->supervisors[number];
    struct sv_process_end end;
    if (process->pid == 0)
        return;
    sv_process_signal(process->pid, SIGKILL);
    sv_process_wait(process->pid, true, &end);
    take_end(process, &end, load->supervisor_sums[number].ready_cpu_ns);
    process->restarts++;
    process->early_bytes = 0;
    start_supervisor(load, number, err);
}

static uint64_t answered(const struct sv_load *load)
{
    uint64_t sum = 0;
    for (size_t i = 0; i < load->scenario->supervisors; i++)
        sum += load->supervisor_sums[i].answer.total;
    return sum;
}

/* What happens now and then while it runs. */
struct agenda {
    double look_s, tell_s, kill_s, stall_s, go_on_s;
    uint32_t victim;
    bool is_counted;
};

static void attend(struct sv_load *load, struct agenda *agenda, double now, struct sv_error *err)
{
    if (now >= agenda->look_s) {
        look_at_memory(load, now);
        agenda->look_s = now + 0.25;
    }
    if (now >= agenda->tell_s && load->spec->progress != NULL) {
        load->spec->progress(load->spec->context, now < load->length_s ? now : load->length_s, load->length_s);
        agenda->tell_s = now + 1;
    }
    if (now >= agenda->kill_s && now < load->length_s) {
        kill_one(load, agenda->victim++ % (uint32_t)load->scenario->supervisors, err);
        agenda->kill_s += (double)load->scenario->kill_every_ns / 1e9;
    }
    if (now >= agenda->stall_s) {
        sv_process_signal(load->supervisors[0].pid, SIGSTOP);
        agenda->stall_s = INFINITY;
        agenda->go_on_s = now + STALL_MS / 1e3;
    }
    if (now >= agenda->go_on_s) {
        sv_process_signal(load->supervisors[0].pid, SIGCONT);
        agenda->go_on_s = INFINITY;
    }
    if (load->scenario->has_fleet && !agenda->is_counted && now >= sv_shape_end(&load->scenario->rate) + GRACE_S) {
        load->answered_in_time = answered(load);
        agenda->is_counted = true;
    }
}

static bool is_at_end(struct sv_load *load, double now, size_t users)
{
    bool has_requests = load->scenario->requests > 0 && load->shared->requests < load->scenario->requests;
    bool users_end = !load->scenario->has_users || now >= sv_shape_end(&load->scenario->users) || (users == 0 && load->scenario->requests > 0 && !has_requests);
    return users_end && (!load->scenario->has_fleet || now >= sv_shape_end(&load->scenario->rate));
}

/* Until all was fed that was to come, all were users that were to be; returns how long it was. */
static double go_through(struct sv_load *load, struct agenda *agenda, struct sv_error *err)
{
    int64_t cpu_ns = sv_os_cpu_ns();
    double now = 0;
    while (err->code == SV_DONE && !is_stopped(load)) {
        now = now_s(load);
        double next = now + 0.02;
        if (load->scenario->has_fleet)
            next = fmin(next, sv_load_feed(load, now));
        if (load->scenario->has_users)
            start_users(load, now, err);
        attend(load, agenda, now, err);
        size_t users = look_after(load->users, load->user_count, NULL);
        load->users_at_once = users > load->users_at_once ? users : load->users_at_once;
        if (is_at_end(load, now, users)) {
            now = now_s(load);
            break;
        }
        next = fmax(next, now + 0.0002);
        sv_os_sleep_until(load->shared->start_ns + (int64_t)(next * 1e9));
    }
    load->feed_cpu_ns = sv_os_cpu_ns() - cpu_ns;
    return now;
}

/* What was fed is read to its end, users finish what they have begun. */
static void drain(struct sv_load *load, struct agenda *agenda, struct sv_error *err)
{
    double from = now_s(load);
    load->shared->is_over = load->scenario->has_users; /* supervisors look at their input, not at this */
    size_t supervisors = load->scenario->has_fleet ? load->scenario->supervisors : 0;
    while (now_s(load) < from + DRAIN_S && !is_stopped(load)) {
        double now = now_s(load);
        if (supervisors > 0)
            sv_load_feed(load, load->length_s);
        attend(load, agenda, now, err);
        if (supervisors > 0 && agenda->is_counted) {
            if (now > from + BEHIND_S)
                sv_load_feeds_drop(load);
            if (sv_load_feeds_are_empty(load))
                sv_load_feeds_close(load);
        }
        size_t running = look_after(load->users, load->user_count, NULL) + look_after(load->supervisors, supervisors, load->supervisor_sums);
        if (running == 0)
            return;
        sv_os_sleep_until(sv_os_monotonic_ns() + 1000000);
    }
    if (!is_stopped(load))
        sv_error_set(err, SV_SYSTEM, "processes did not end within %d s behind the load", DRAIN_S);
}

/* Processor time of all that belongs to the load. */
static int64_t ours_ns(const struct sv_load *load)
{
    int64_t sum_ns = load->feed_cpu_ns;
    for (size_t i = 0; load->scenario->has_fleet && i < load->scenario->supervisors; i++)
        sum_ns += load->supervisors[i].cpu_ns;
    for (size_t i = 0; i < load->user_count; i++)
        sum_ns += load->users[i].cpu_ns;
    return sum_ns;
}

static bool put_load(struct sv_load *load, struct sv_findings *findings, struct sv_error *err)
{
    struct agenda agenda = {.kill_s = INFINITY, .stall_s = INFINITY, .go_on_s = INFINITY};
    if (load->scenario->has_users && load->scenario->alone_ns > 0 && !measure_alone(load, err))
        return false;
    if (load->scenario->has_fleet && (!start_fleet(load, err) || !wait_until_ready(load, findings, err)))
        return false;
    if (load->scenario->has_fleet && load->scenario->kill_every_ns > 0)
        agenda.kill_s = (double)load->scenario->kill_every_ns / 1e9;
    if (load->scenario->has_fleet && load->spec->fault == SV_LOAD_STALL)
        agenda.stall_s = load->length_s / 2;
    load->shared->start_ns = sv_os_monotonic_ns() + 20000000;
    struct sv_machine_moment start = sv_machine_now();
    load->length_s = fmin(load->length_s, go_through(load, &agenda, err));
    drain(load, &agenda, err);
    load->others = sv_machine_others(&start, ours_ns(load));
    load->ours = (double)ours_ns(load) / (double)(sv_os_monotonic_ns() - start.at_ns) / (double)sv_machine_cores();
    load->store_after_bytes = size_of_store(load);
    return err->code == SV_DONE && !is_stopped(load);
}

static void tell_events(struct sv_load *load, struct sv_load_outcome *outcome)
{
    uint64_t asked = 0;
    double length = sv_shape_end(&load->scenario->rate);
    for (size_t i = 0; i < load->scenario->supervisors; i++)
        asked += load->feeds[i].made + load->feeds[i].skipped;
    outcome->asked_per_s = (double)asked / length;
    outcome->made_per_s = (double)load->answered_in_time / length;
    outcome->too_slow |= outcome->made_per_s < ENOUGH * outcome->asked_per_s;
}

static void tell_requests(struct sv_load *load, struct sv_load_outcome *outcome)
{
    double done = 0, asked = floor(load->scenario->user_rate * load->length_s);
    for (size_t i = 0; i < load->user_count; i++)
        done += (double)(load->user_sums[i].done + load->user_sums[i].failures);
    if (load->scenario->requests > 0)
        asked = fmin(asked, (double)load->scenario->requests);
    outcome->users_asked_per_s = asked / load->length_s;
    outcome->users_made_per_s = done / load->length_s;
    outcome->too_slow |= done < ENOUGH * asked - 1;
}

bool sv_load_run(const struct sv_load_spec *spec, struct sv_results *results, struct sv_load_outcome *outcome, struct sv_findings *findings,
                 struct sv_error *err)
{
    struct sv_load load = {.spec = spec, .scenario = spec->scenario};
    *outcome = (struct sv_load_outcome){0};
    bool fine = open_load(&load, err) && put_load(&load, findings, err) && sv_load_count(&load, outcome, err);
    if (fine) {
        outcome->failed = load.shared->failures;
        if (outcome->failed > 0)
            snprintf(outcome->first_failure, sizeof outcome->first_failure, "%.290s", load.shared->first.text);
        if (load.scenario->has_fleet)
            tell_events(&load, outcome);
        if (load.scenario->user_rate > 0)
            tell_requests(&load, outcome);
        sv_load_put_figures(&load, outcome, results);
    }
    outcome->stopped = is_stopped(&load);
    close_load(&load);
    return fine;
}
