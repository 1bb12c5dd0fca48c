/* SPDX-License-Identifier: ISC */
#include "run/queries.h"

#include <stdio.h>
#include <unistd.h>

#include "base/os.h"
#include "base/process.h"
#include "base/temp.h"
#include "run/bench.h"
#include "run/load_ops.h"

enum { WARMING = 5, FINDINGS_MAX = 8, RECORD_BYTES = 1300 /* in the store, with its indexes */ };

/* In memory common with the processes that ask. */
struct sums {
    struct sv_tally cold[32], warm[32], all_cold, all_warm;
    int64_t warm_ns;
    uint64_t asked;
    size_t finding_count;
    struct sv_error err, findings[FINDINGS_MAX];
};

struct queries {
    const struct sv_queries_spec *spec;
    struct sv_temp temp;
    struct sv_store_spec store;
    struct sums *sums;
    size_t op;
    bool is_warm;
};

/* --- in their processes --- */

static int fill(void *context)
{
    struct queries *queries = context;
    struct sums *sums = queries->sums;
    struct sv_findings findings = {0};
    struct sv_slice out;
    const char *log = sv_temp_path(&queries->temp, "fleet.ndjson");
    struct sv_run_spec run = *queries->spec->run;
    run.operands = &log;
    run.operand_count = 1;
    run.store = queries->store;
    run.store.sync_normal = true;
    run.record = true;
    run.exit_zero = true;
    run.output = SV_OUTPUT_JSON;
    run.notice = NULL;
    struct sv_run *made = sv_run_open(&run, &findings, &sums->err);
    for (size_t i = 0; i < findings.count && i < FINDINGS_MAX; i++)
        sums->findings[sums->finding_count++] = findings.items[i];
    while (made != NULL && sv_run_next(made, &out, &sums->err))
        ;
    int status = sv_run_close(made, &sums->err);
    return made != NULL && status == SV_DONE && sv_load_prepare(&queries->store, &sums->err) ? SV_DONE : SV_SYSTEM;
}

static int ask(void *context)
{
    struct queries *queries = context;
    struct sums *sums = queries->sums;
    struct sv_load_user user = {.store = &queries->store, .number = 0, .only_looks = true};
    unsigned times = queries->is_warm ? queries->spec->warm + WARMING : 1;
    sv_random_seed(&user.random, queries->spec->seed + sums->asked);
    for (unsigned i = 0; i < times; i++) {
        int64_t start_ns = sv_os_monotonic_ns();
        if (!sv_load_ops[queries->op].run(&user, &sums->err))
            break;
        int64_t took_ns = sv_os_monotonic_ns() - start_ns;
        sums->asked++;
        if (queries->is_warm && i < WARMING)
            continue;
        sv_tally_add(queries->is_warm ? &sums->warm[queries->op] : &sums->cold[queries->op], (uint64_t)took_ns);
        sv_tally_add(queries->is_warm ? &sums->all_warm : &sums->all_cold, (uint64_t)took_ns);
        sums->warm_ns += queries->is_warm ? took_ns : 0;
    }
    sv_load_user_close(&user);
    return SV_DONE;
}

/* --- from outside --- */

static bool run_one(struct queries *queries, int (*body)(void *context), struct sv_error *err)
{
    struct sv_process_end end;
    pid_t pid = sv_process_start(body, queries, err);
    if (pid < 0)
        return false;
    sv_process_wait(pid, true, &end);
    if (queries->sums->err.code != SV_DONE) {
        *err = queries->sums->err;
        return false;
    }
    return end.status == SV_DONE || sv_error_set(err, SV_SYSTEM, "a process ended with status %d", end.status);
}

static void forget_store(struct queries *queries)
{
    struct sv_buf wal = {0};
    sv_buf_printf(&wal, "%s-wal", queries->store.path);
    sv_os_forget(queries->store.path);
    sv_os_forget(sv_buf_cstr(&wal));
    sv_buf_free(&wal);
}

static bool ask_all(struct queries *queries, struct sv_error *err)
{
    const struct sv_queries_spec *spec = queries->spec;
    unsigned done = 0, all = 0;
    for (size_t op = 0; op < sv_load_op_count; op++)
        all += sv_load_ops[op].kind == SV_LOAD_ASKS;
    for (size_t op = 0; op < sv_load_op_count; op++) {
        if (sv_load_ops[op].kind != SV_LOAD_ASKS)
            continue;
        if (spec->progress != NULL)
            spec->progress(spec->context, done++, all);
        queries->op = op;
        for (unsigned i = 0; i < spec->cold + 1; i++) {
            queries->is_warm = i == spec->cold;
            if (!queries->is_warm)
                forget_store(queries);
            if (!run_one(queries, ask, err)) {
                if (spec->store == NULL || err->code >= SV_SYSTEM)
                    return sv_error_prefix(err, "%s: ", sv_load_ops[op].name);
                *err = queries->sums->err = (struct sv_error){0}; /* it has no such agent, or goal: not asked */
                break;
            }
            if (spec->run->stop != NULL && *spec->run->stop != 0)
                return false;
        }
    }
    return true;
}

static bool make_store(struct queries *queries, struct sv_findings *findings, struct sv_error *err)
{
    const struct sv_queries_spec *spec = queries->spec;
    bool fine = sv_bench_make_log(sv_temp_path(&queries->temp, "fleet.ndjson"), spec->records, spec->seed, (int64_t)spec->records * RECORD_BYTES, err) &&
                run_one(queries, fill, err);
    for (size_t i = 0; i < queries->sums->finding_count; i++)
        sv_findings_add(findings, &queries->sums->findings[i]);
    unlink(sv_temp_path(&queries->temp, "fleet.ndjson"));
    return fine;
}

/* That it is one is told once, and not by every question. */
static bool check_store(struct queries *queries, struct sv_error *err)
{
    struct sv_store_spec spec = queries->store;
    spec.read_only = true;
    struct sv_store *store = sv_store_open(&spec, err);
    sv_store_close(store);
    return store != NULL;
}

static void put(struct sv_results *results, struct sv_result *result, const char *name, const char *how, const struct sv_tally *tally)
{
    struct sv_histogram took = {0};
    char stem[80];
    snprintf(stem, sizeof stem, "%s_%s", name, how);
    sv_tally_sum(tally, &took);
    sv_result_quantiles(results, result, stem, "ms", 1e6, &took);
    sv_histogram_free(&took);
}

static void put_result(struct queries *queries, struct sv_results *results)
{
    const struct sv_queries_spec *spec = queries->spec;
    struct sums *sums = queries->sums;
    struct sv_os_stat st = {0};
    struct sv_result *result = sv_results_add(results, "queries", spec->store != NULL ? "store" : "fleet", queries->temp.path);
    sv_os_stat_path(queries->store.path, true, &st);
    sv_result_setup(results, result, "records", spec->store != NULL ? 0 : (double)spec->records);
    sv_result_setup(results, result, "store_mib", (double)st.size / (1 << 20));
    sv_result_setup(results, result, "cold", spec->cold);
    sv_result_setup(results, result, "warm", spec->warm);
    put(results, result, "queries", "cold", &sums->all_cold);
    put(results, result, "queries", "warm", &sums->all_warm);
    if (sums->warm_ns > 0)
        sv_result_figure(results, result, "queries_per_s", (double)sums->all_warm.total * 1e9 / (double)sums->warm_ns);
    for (size_t op = 0; op < sv_load_op_count; op++) {
        put(results, result, sv_load_ops[op].name, "cold", &sums->cold[op]);
        put(results, result, sv_load_ops[op].name, "warm", &sums->warm[op]);
    }
}

bool sv_queries_run(const struct sv_queries_spec *spec, struct sv_results *results, struct sv_findings *findings, struct sv_error *err)
{
    struct queries queries = {.spec = spec};
    bool fine = sv_temp_make(&queries.temp, spec->folder, "sv-bench", err) && (queries.sums = sv_process_share(sizeof *queries.sums, err)) != NULL;
    if (fine) {
        queries.store = (struct sv_store_spec){.path = spec->store != NULL ? spec->store : sv_temp_path(&queries.temp, "store.db"), .program = "sv-bench"};
        fine = (spec->store != NULL ? check_store(&queries, err) : make_store(&queries, findings, err)) && ask_all(&queries, err);
    }
    if (fine)
        put_result(&queries, results);
    sv_process_unshare(queries.sums, sizeof *queries.sums);
    sv_temp_remove(&queries.temp);
    return fine;
}
