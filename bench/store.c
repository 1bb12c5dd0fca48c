/* SPDX-License-Identifier: ISC */
/* How fast evaluations are stored: rows a second of one writer, by rows a batch and by --sync; and the time to open.
 *
 *     build/bench/store [folder]        a folder on the disk that is meant; default: the current one */
#define _DEFAULT_SOURCE
#include <inttypes.h>
#include <stdio.h>
#include <stdlib.h>
#include <sys/stat.h>
#include <unistd.h>

#include "base/os.h"
#include "base/time.h"
#include "store/store.h"

static char path[512];

static void fail(const struct sv_error *err)
{
    fprintf(stderr, "%s: %s\n", err->file, err->text);
    exit(1);
}

static void clean(void)
{
    static const char *const rest[] = {"", "-wal", "-shm", "-line"};
    for (size_t i = 0; i < sizeof rest / sizeof rest[0]; i++) {
        char name[600];
        snprintf(name, sizeof name, "%s%s", path, rest[i]);
        unlink(name);
    }
}

/* A fleet of 50 agents and 20 tools under 10 policies, messages of 60 to 100 bytes, times that ascend: a merged folder of logs. */
static void fill(struct sv_store *store, int rows, int batch, unsigned sources)
{
    static const char text[] = "force push by an agent to a shared branch: git push --force origin main; and some more words here";
    struct sv_policy policies[10];
    struct sv_error err = {0};
    int64_t ids[10], time = INT64_C(1700000000000000000);
    uint64_t seed = 1, *records = sv_calloc(sources, sizeof *records);
    char ids_text[10][16];
    for (int i = 0; i < 10; i++) {
        snprintf(ids_text[i], sizeof ids_text[i], "policy-%d", i);
        policies[i] = (struct sv_policy){.id = sv_slice_str(ids_text[i]), .version = (uint64_t)i, .severity = SV_ERROR_SEVERITY};
    }
    for (int n = 0; n < rows;) {
        if (!sv_store_begin(store, &err))
            fail(&err);
        for (int i = 0; i < 10; i++)
            if (!sv_store_policy(store, &policies[i], &ids[i], &err))
                fail(&err);
        for (int end = n + batch; n < end; n++) {
            char agent[24], tool[24], session[24];
            seed = seed * UINT64_C(6364136223846793005) + 1442695040888963407;
            unsigned r = (unsigned)(seed >> 33), source = (unsigned)n / 50 % sources;
            records[source] += 1 + r % 20;
            time += (int64_t)(r % 1000) * 1000000;
            struct sv_hit row = {.place = {.record = records[source], .part = r % 3},
                                 .outcome = SV_VIOLATION,
                                 .message = sv_slice(text, 60 + (r >> 20) % 40)};
            row.agent = sv_slice(agent, (size_t)snprintf(agent, sizeof agent, "agent-%u", (r >> 10) % 50));
            row.tool = sv_slice(tool, (size_t)snprintf(tool, sizeof tool, "tool-%u", (r >> 16) % 20));
            row.session = sv_slice(session, (size_t)snprintf(session, sizeof session, "session-%u", source));
            if (!sv_store_put_evaluation(store, 1, source + 1, ids[(r >> 4) % 10], &row, time, &err))
                fail(&err);
        }
        if (!sv_store_commit(store, &err))
            fail(&err);
    }
    sv_free(records);
}

static void measure(int rows, int batch, bool normal)
{
    struct sv_error err = {0};
    struct sv_store_spec spec = {.path = path, .program = "bench", .sync_normal = normal};
    clean();
    struct sv_store *store = sv_store_open(&spec, &err);
    if (store == NULL)
        fail(&err);
    int64_t start = sv_os_monotonic_ns(), cpu = sv_os_cpu_ns();
    fill(store, rows, batch, 300);
    double seconds = (double)(sv_os_monotonic_ns() - start) / SV_SECOND_NS;
    cpu = sv_os_cpu_ns() - cpu;
    struct sv_os_stat st = {0};
    uint64_t stored = sv_store_rows(store);
    sv_store_close(store);
    sv_os_stat_path(path, false, &st);
    printf("store  %6d rows/batch  sync %-6s  %8.0f rows/s  %5.2f us CPU/row  %4" PRId64 " bytes/row\n", batch,
           normal ? "normal" : "full", (double)stored / seconds, (double)cpu / 1000 / (double)stored, st.size / (int64_t)stored);
}

static int by_number(const void *a, const void *b)
{
    int64_t x = *(const int64_t *)a, y = *(const int64_t *)b;
    return (x > y) - (x < y);
}

static void measure_open(void)
{
    enum { TIMES = 200 };
    int64_t took[TIMES];
    struct sv_error err = {0};
    struct sv_store_spec spec = {.path = path, .program = "bench"};
    for (int i = 0; i < TIMES; i++) {
        took[i] = sv_os_monotonic_ns();
        struct sv_store *store = sv_store_open(&spec, &err);
        if (store == NULL)
            fail(&err);
        took[i] = sv_os_monotonic_ns() - took[i];
        sv_store_close(store);
    }
    qsort(took, TIMES, sizeof took[0], by_number);
    printf("store  open  p50 %.2f ms  p99 %.2f ms\n", (double)took[TIMES / 2] / 1e6, (double)took[TIMES * 99 / 100] / 1e6);
}

int main(int argc, char **argv)
{
    snprintf(path, sizeof path, "%s/bench-store.db", argc > 1 ? argv[1] : ".");
    measure(300000, 10000, false);
    measure(300000, 10000, true);
    measure(100000, 1000, false);
    measure(20000, 100, false);
    measure(20000, 100, true);
    measure(1000, 1, false);
    measure_open();
    clean();
    return 0;
}
