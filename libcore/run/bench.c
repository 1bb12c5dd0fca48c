/* SPDX-License-Identifier: ISC */
#include "run/bench.h"

#include <errno.h>
#include <stdio.h>
#include <stdlib.h>
#include <unistd.h>

#include "base/limits.h"
#include "base/os.h"
#include "base/process.h"
#include "base/temp.h"
#include "base/time.h"
#include "measure/fleet.h"

enum { ID_MAX = 64, FINDINGS_MAX = 20, LOOKS = 20000, RECORD_BYTES = 460 /* of the default fleet, on average */ };

const char *const sv_bench_kind_names[SV_BENCH_KINDS] = {"plain", "normal", "full"};

/* What a pass tells, in memory common with its process. */
struct pass {
    struct sv_ledger_counts {
        uint64_t records, events, bytes, violations, errors, rows;
    } counts;
    int64_t open_ns, wall_ns, cpu_ns;
    struct sv_tally evaluate, commit;
    double look_ns;        /* what a look at the clock takes */
    size_t policy_count;
    struct pass_policy {
        char id[ID_MAX];
        uint64_t tries, hits, cost_ns;
    } policies[SV_POLICIES_MAX];
    bool failed, stopped;
    size_t finding_count;
    struct sv_error err, findings[FINDINGS_MAX];
};

struct sv_bench {
    struct sv_bench_spec spec;
    struct sv_temp temp;
    const char *log;        /* made up; NULL: there are operands */
    struct pass *pass;
    struct sv_run_spec run; /* of the pass in hand */
    bool probes;
    double others;          /* share of the processors that other processes had meanwhile */
    unsigned done, all;
};

void sv_bench_default_folder(struct sv_buf *out)
{
    struct sv_buf store = {0};
    struct sv_os_stat st;
    const char *temp = getenv("TMPDIR");
    size_t end = 0;
    if (sv_store_default_path(&store, NULL))
        for (end = store.len; end > 0 && store.data[end - 1] != '/'; end--)
            ;
    sv_buf_add(out, sv_slice(store.data, end > 1 ? end - 1 : end));
    if (out->len == 0 || !sv_os_stat_path(sv_buf_cstr(out), true, &st) || !st.is_folder)
        sv_buf_set(out, sv_slice_str(temp != NULL && temp[0] != '\0' ? temp : "/tmp"));
    sv_buf_free(&store);
}

/* --- the log --- */

static bool write_log(const char *path, struct sv_fleet *fleet, struct sv_error *err)
{
    struct sv_buf piece = {0};
    int fd = sv_os_create(path, err);
    bool fine = fd >= 0;
    while (fine && sv_fleet_next(fleet, &piece)) {
        fine = sv_os_write_all(fd, sv_buf_slice(&piece));
        sv_buf_clear(&piece);
    }
    if (fd >= 0 && !fine) {
        sv_error_at(err, path, 0, 0);
        sv_error_errno(err, "cannot write the data set");
        unlink(path);
    }
    if (fd >= 0)
        sv_os_close(fd);
    sv_buf_free(&piece);
    return fine;
}

bool sv_bench_make_log(const char *path, uint64_t records, uint64_t seed, int64_t room, struct sv_error *err)
{
    struct sv_fleet_spec spec;
    int64_t free_bytes, needed = (int64_t)(records * RECORD_BYTES) + room;
    struct sv_buf folder = {0};
    sv_buf_add(&folder, sv_slice(path, (size_t)(strrchr(path, '/') - path)));
    bool has_room = (free_bytes = sv_os_free_bytes(sv_buf_cstr(&folder))) < 0 || free_bytes >= needed;
    if (!has_room) {
        sv_error_at(err, sv_buf_cstr(&folder), 0, 0);
        sv_error_set(err, SV_SYSTEM, "no space for the data set: %.1f MB are needed, %.1f MB are free; nothing was left behind",
                     (double)needed / 1e6, (double)free_bytes / 1e6);
    }
    sv_buf_free(&folder);
    if (!has_room)
        return false;
    sv_fleet_default(&spec);
    spec.records = records;
    spec.seed = seed;
    struct sv_fleet *fleet = sv_fleet_new(&spec, err);
    bool fine = fleet != NULL && write_log(path, fleet, err);
    sv_fleet_free(fleet);
    return fine;
}

struct sv_bench *sv_bench_open(const struct sv_bench_spec *spec, struct sv_error *err)
{
    struct sv_bench *bench = sv_calloc(1, sizeof *bench);
    bench->spec = *spec;
    bool fine = sv_temp_make(&bench->temp, spec->folder, "sv-bench", err) && (bench->pass = sv_process_share(sizeof *bench->pass, err)) != NULL;
    if (fine && spec->run->operand_count == 0) {
        bench->log = sv_temp_path(&bench->temp, "fleet.ndjson");
        fine = sv_bench_make_log(bench->log, spec->records, spec->seed, (int64_t)(spec->records * RECORD_BYTES / 4), err);
    }
    if (fine)
        return bench;
    sv_bench_close(bench);
    return NULL;
}

void sv_bench_close(struct sv_bench *bench)
{
    if (bench == NULL)
        return;
    sv_process_unshare(bench->pass, sizeof *bench->pass);
    sv_temp_remove(&bench->temp);
    sv_free(bench);
}

/* --- a pass, in its process --- */

static double measure_look(void)
{
    int64_t start_ns = sv_os_monotonic_ns(), end_ns = start_ns;
    for (int i = 0; i < LOOKS; i++)
        end_ns = sv_os_monotonic_ns();
    return (double)(end_ns - start_ns) / LOOKS;
}

static void tell_policies(struct pass *pass, struct sv_policies *set)
{
    pass->policy_count = sv_policies_count(set);
    for (size_t i = 0; i < pass->policy_count; i++) {
        const struct sv_policy *policy = sv_policies_at(set, i);
        snprintf(pass->policies[i].id, ID_MAX, "%.*s", SV_ARG(policy->id));
        pass->policies[i].tries = policy->tries;
        pass->policies[i].hits = policy->hits;
        pass->policies[i].cost_ns = policy->cost_ns;
    }
}

static void tell_findings(struct pass *pass, struct sv_findings *findings)
{
    for (size_t i = 0; i < findings->count && i < FINDINGS_MAX; i++)
        pass->findings[pass->finding_count++] = findings->items[i];
    sv_findings_free(findings);
}

static int body(void *context)
{
    struct sv_bench *bench = context;
    struct pass *pass = bench->pass;
    struct sv_run_probe probe = {.evaluate = &pass->evaluate, .commit = &pass->commit, .policies = true};
    struct sv_findings findings = {0};
    struct sv_slice out;
    if (bench->probes)
        bench->run.probe = &probe;
    pass->look_ns = measure_look();
    int64_t start_ns = sv_os_monotonic_ns(), start_cpu = sv_os_cpu_ns();
    struct sv_run *run = sv_run_open(&bench->run, &findings, &pass->err);
    if (run == NULL) {
        pass->failed = true;
        tell_findings(pass, &findings);
        return SV_DONE;
    }
    int64_t open_ns = sv_os_monotonic_ns();
    while (sv_run_next(run, &out, &pass->err))
        ;
    const struct sv_ledger *ledger = sv_run_ledger(run);
    pass->counts = (struct sv_ledger_counts){ledger->records, ledger->events, ledger->bytes, ledger->violations, ledger->errors, ledger->rows};
    tell_policies(pass, sv_run_policies(run));
    int status = sv_run_close(run, &pass->err);
    pass->failed = pass->err.code != SV_DONE || status >= SV_INPUT;
    pass->stopped = bench->run.stop != NULL && *bench->run.stop != 0;
    pass->open_ns = open_ns - start_ns;
    pass->wall_ns = sv_os_monotonic_ns() - open_ns;
    pass->cpu_ns = sv_os_cpu_ns() - start_cpu;
    sv_run_probe_free(&probe);
    return SV_DONE;
}

/* --- from outside --- */

static void set_up(struct sv_bench *bench, enum sv_bench_kind kind, bool probes)
{
    struct sv_run_spec *run = &bench->run;
    *run = *bench->spec.run;
    bench->probes = probes;
    run->no_store = kind == SV_BENCH_PLAIN;
    run->store = (struct sv_store_spec){.path = sv_temp_path(&bench->temp, "store.db"),
                                        .program = "sv-bench",
                                        .sync_normal = kind == SV_BENCH_NORMAL};
    run->output = SV_OUTPUT_JSON;
    run->exit_zero = true;
    run->reload = NULL;
    if (bench->done > 1)
        run->notice = NULL; /* told once */
    if (bench->log != NULL) {
        run->operands = &bench->log;
        run->operand_count = 1;
    }
}

static void clear(struct pass *pass)
{
    memset(pass, 0, offsetof(struct pass, policies));
    memset(&pass->failed, 0, sizeof *pass - offsetof(struct pass, failed));
}

static bool one_pass(struct sv_bench *bench, enum sv_bench_kind kind, bool probes, struct sv_process_end *end, struct sv_findings *findings,
                     struct sv_error *err)
{
    struct pass *pass = bench->pass;
    if (bench->spec.progress != NULL)
        bench->spec.progress(bench->spec.context, bench->done, bench->all);
    bench->done++;
    clear(pass);
    set_up(bench, kind, probes);
    struct sv_machine_moment start = sv_machine_now();
    pid_t pid = sv_process_start(body, bench, err);
    if (pid < 0)
        return false;
    sv_process_wait(pid, true, end);
    bench->others = sv_machine_others(&start, end->cpu_ns);
    for (const char *const *rest = (const char *const[]){"store.db", "store.db-wal", "store.db-shm", "store.db-line", NULL}; *rest != NULL; rest++)
        unlink(sv_temp_path(&bench->temp, *rest));
    for (size_t i = 0; i < pass->finding_count; i++)
        sv_findings_add(findings, &pass->findings[i]);
    if (pass->failed && pass->err.code != SV_DONE)
        *err = pass->err;
    else if (pass->failed || end->status != SV_DONE)
        sv_error_set(err, SV_SYSTEM, "a pass ended with status %d", end->status);
    return err->code == SV_DONE && !pass->stopped;
}

static void put_setup(struct sv_bench *bench, struct sv_results *results, struct sv_result *result)
{
    const struct pass *pass = bench->pass;
    const struct {
        const char *name;
        double value;
    } numbers[] = {{"policies", (double)pass->policy_count},     {"records", (double)pass->counts.records},
                   {"events", (double)pass->counts.events},      {"input_bytes", (double)pass->counts.bytes},
                   {"violations", (double)pass->counts.violations}, {"rows", (double)pass->counts.rows},
                   {"repeat", bench->spec.repeat},               {"warm_up", bench->spec.warm_up},
                   {"others_percent", 100 * bench->others}};
    for (size_t i = 0; i < sizeof numbers / sizeof *numbers; i++)
        sv_result_setup(results, result, numbers[i].name, numbers[i].value);
}

static void put_plain(struct sv_bench *bench, const struct sv_process_end *end, struct sv_results *results, struct sv_result *result)
{
    const struct pass *pass = bench->pass;
    double seconds = (double)pass->wall_ns / 1e9, events = (double)pass->counts.events;
    put_setup(bench, results, result);
    sv_result_figure(results, result, "events_per_s", events / seconds);
    sv_result_figure(results, result, "mb_per_s", (double)pass->counts.bytes / 1e6 / seconds);
    sv_result_figure(results, result, "cpu_per_event_ns", events > 0 ? (double)pass->cpu_ns / events : 0);
    sv_result_figure(results, result, "cpu_percent", 100 * (double)pass->cpu_ns / (double)(pass->wall_ns + pass->open_ns));
    sv_result_figure(results, result, "peak_mib", (double)end->peak_bytes / (1 << 20));
    sv_result_figure(results, result, "open_ms", (double)pass->open_ns / 1e6);
    if (pass->counts.rows > 0)
        sv_result_figure(results, result, "rows_per_s", (double)pass->counts.rows / seconds);
}

static void put_probed(struct sv_bench *bench, struct sv_results *results, struct sv_result *result)
{
    const struct pass *pass = bench->pass;
    struct sv_histogram evaluate = {0}, commit = {0};
    sv_tally_sum(&pass->evaluate, &evaluate);
    sv_tally_sum(&pass->commit, &commit);
    sv_result_quantiles(results, result, "evaluate", "us", 1e3, &evaluate);
    sv_result_quantiles(results, result, "commit", "ms", 1e6, &commit);
    for (size_t i = 0; i < pass->policy_count; i++) {
        const struct pass_policy *policy = &pass->policies[i];
        double ns = policy->tries > 0 ? (double)policy->cost_ns / (double)policy->tries - pass->look_ns : 0;
        sv_result_cost(results, result, sv_slice_str(policy->id), (double)policy->tries, (double)policy->hits, ns > 0 ? ns : 0);
    }
    sv_histogram_free(&evaluate);
    sv_histogram_free(&commit);
}

bool sv_bench_run(struct sv_bench *bench, enum sv_bench_kind kind, struct sv_results *results, struct sv_findings *findings,
                  struct sv_error *err)
{
    struct sv_process_end end;
    bench->done = 0;
    bench->all = bench->spec.warm_up + 2 * bench->spec.repeat;
    for (unsigned i = 0; i < bench->spec.warm_up; i++)
        if (!one_pass(bench, kind, false, &end, findings, err))
            return false;
    for (unsigned i = 0; i < bench->spec.repeat; i++) {
        if (!one_pass(bench, kind, false, &end, findings, err))
            return false;
        struct sv_result *result = sv_results_add(results, "run", sv_bench_kind_names[kind], bench->temp.path);
        put_plain(bench, &end, results, result);
        if (!one_pass(bench, kind, true, &end, findings, err))
            return false;
        put_probed(bench, results, result);
    }
    return true;
}
