/* SPDX-License-Identifier: ISC */
/* How fast evaluations are stored: rows a second of one writer, by rows a batch and by --sync; the time to open; and what becomes
 * of all that, and of whose turn it is, when many processes write into one store.
 *
 *     build/bench/store [folder [crowd]]    a folder on the disk that is meant; default: the current one; crowd: only that */
#define _DEFAULT_SOURCE
#include <inttypes.h>
#include <stdio.h>
#include <stdlib.h>
#include <sys/mman.h>
#include <sys/stat.h>
#include <sys/wait.h>
#include <unistd.h>

#include "base/os.h"
#include "base/time.h"
#include "measure/random.h"
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
struct fleet {
    struct sv_policy policies[10];
    char names[10][16];
    unsigned first_source, sources, agents; /* ours alone */
    uint64_t *records;              /* [sources] read so far */
    struct sv_random dice;
    uint64_t count;
    int64_t time_ns;
};

static struct fleet fleet_new(unsigned first_source, unsigned sources, unsigned agents)
{
    struct fleet fleet = {.first_source = first_source, .sources = sources, .agents = agents, .records = sv_calloc(sources, sizeof(uint64_t)),
                          .time_ns = INT64_C(1700000000000000000)};
    sv_random_seed(&fleet.dice, first_source);
    for (int i = 0; i < 10; i++)
        snprintf(fleet.names[i], sizeof fleet.names[i], "policy-%d", i);
    return fleet;
}

static bool put_row(struct sv_store *store, struct fleet *fleet, const int64_t *ids, struct sv_error *err)
{
    static const char text[] = "force push by an agent to a shared branch: git push --force origin main; and some more words here";
    char agent[24], tool[24], session[24];
    unsigned r = (unsigned)(sv_random_next(&fleet->dice) >> 33), source = (unsigned)(fleet->count++ / 50 % fleet->sources);
    fleet->records[source] += 1 + r % 20;
    fleet->time_ns += (int64_t)(r % 1000) * 1000000;
    struct sv_hit row = {.place = {.record = fleet->records[source], .part = r % 3},
                         .outcome = SV_VIOLATION,
                         .message = sv_slice(text, 60 + (r >> 20) % 40)};
    row.agent = sv_slice(agent, (size_t)snprintf(agent, sizeof agent, "agent-%u", (r >> 10) % fleet->agents + fleet->first_source));
    row.tool = sv_slice(tool, (size_t)snprintf(tool, sizeof tool, "tool-%u", (r >> 16) % 20));
    row.session = sv_slice(session, (size_t)snprintf(session, sizeof session, "session-%u", source));
    return sv_store_put_evaluation(store, 1, fleet->first_source + source, ids[(r >> 4) % 10], &row, fleet->time_ns, err);
}

/* One transaction. */
static void put_batch(struct sv_store *store, struct fleet *fleet, int rows)
{
    struct sv_error err = {0};
    int64_t ids[10];
    bool fine = sv_store_begin(store, &err);
    for (int i = 0; i < 10 && fine; i++) {
        fleet->policies[i] = (struct sv_policy){.id = sv_slice_str(fleet->names[i]), .version = (uint64_t)i, .severity = SV_ERROR_SEVERITY};
        fine = sv_store_policy(store, &fleet->policies[i], &ids[i], &err);
    }
    for (int i = 0; i < rows && fine; i++)
        fine = put_row(store, fleet, ids, &err);
    if (!fine || !sv_store_commit(store, &err))
        fail(&err);
}

static struct sv_store *open_store(bool normal)
{
    struct sv_error err = {0};
    struct sv_store_spec spec = {.path = path, .program = "bench", .sync_normal = normal};
    struct sv_store *store = sv_store_open(&spec, &err);
    if (store == NULL)
        fail(&err);
    return store;
}

static void measure(int rows, int batch, bool normal)
{
    clean();
    struct sv_store *store = open_store(normal);
    struct fleet fleet = fleet_new(1, 300, 50);
    int64_t start = sv_os_monotonic_ns(), cpu = sv_os_cpu_ns();
    for (int n = 0; n < rows; n += batch)
        put_batch(store, &fleet, batch);
    double seconds = (double)(sv_os_monotonic_ns() - start) / SV_SECOND_NS;
    cpu = sv_os_cpu_ns() - cpu;
    struct sv_os_stat st = {0};
    uint64_t stored = sv_store_rows(store);
    sv_store_close(store);
    sv_free(fleet.records);
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
    for (int i = 0; i < TIMES; i++) {
        took[i] = sv_os_monotonic_ns();
        struct sv_store *store = open_store(false);
        took[i] = sv_os_monotonic_ns() - took[i];
        sv_store_close(store);
    }
    qsort(took, TIMES, sizeof took[0], by_number);
    printf("store  open  p50 %.2f ms  p99 %.2f ms\n", (double)took[TIMES / 2] / 1e6, (double)took[TIMES * 99 / 100] / 1e6);
}

/* --- many at once --- */

enum { WRITERS = 50, BATCH = 100, WARM_MS = 500, RUN_MS = 4000, SAMPLES_MAX = 40000 };

/* In memory that all share. */
struct race {
    volatile int state; /* 0: all come, 1: counted, 2: over */
    struct writer {
        volatile bool is_there;
        uint64_t rows;
        int64_t cpu_ns;
        int count;
        int64_t took[SAMPLES_MAX]; /* a batch from begin to committed, ns */
    } writers[WRITERS];
};

static void write_along(struct race *race, unsigned number, bool normal)
{
    struct writer *writer = &race->writers[number];
    struct sv_store *store = open_store(normal);
    struct fleet fleet = fleet_new(1 + number * 10, 2, 2);
    int64_t cpu = 0;
    while (race->state < 2) {
        if (race->state == 1 && cpu == 0)
            cpu = sv_os_cpu_ns();
        int64_t start = sv_os_monotonic_ns();
        bool is_counted = race->state == 1;
        uint64_t rows = sv_store_rows(store);
        put_batch(store, &fleet, BATCH);
        writer->is_there = true;
        if (is_counted && writer->count < SAMPLES_MAX)
            writer->took[writer->count++] = sv_os_monotonic_ns() - start;
        writer->rows += is_counted ? sv_store_rows(store) - rows : 0;
    }
    writer->cpu_ns = sv_os_cpu_ns() - cpu;
    sv_store_close(store);
}

/* Waits for all of them; one that failed has said why. */
static void end_all(struct race *race, bool failed)
{
    race->state = 2;
    for (int status; wait(&status) > 0;)
        failed |= !WIFEXITED(status) || WEXITSTATUS(status) != 0;
    if (failed)
        exit(1);
}

/* Forks them, and waits until each has written. */
static void begin_all(struct race *race, unsigned writers, bool normal)
{
    for (unsigned i = 0; i < writers; i++) {
        pid_t pid = fork();
        if (pid == 0) {
            write_along(race, i, normal);
            _exit(0);
        }
        if (pid < 0) {
            perror("fork");
            end_all(race, true);
        }
    }
    for (unsigned i = 0; i < writers; i++)
        while (!race->writers[i].is_there) {
            if (waitpid(-1, &(int){0}, WNOHANG) != 0) /* nobody ends by himself */
                end_all(race, true);
            usleep(1000);
        }
}

/* Rows a second of all together; tells how long each waited, and who wrote most and least. */
static double measure_many(struct race *race, unsigned writers, bool normal)
{
    *race = (struct race){0};
    clean();
    sv_store_close(open_store(false));
    fflush(stdout);
    begin_all(race, writers, normal);
    usleep(WARM_MS * 1000);
    int64_t start = sv_os_monotonic_ns();
    race->state = 1;
    usleep(RUN_MS * 1000);
    race->state = 2;
    double seconds = (double)(sv_os_monotonic_ns() - start) / SV_SECOND_NS;
    end_all(race, false);
    int64_t *took = sv_calloc(WRITERS * SAMPLES_MAX, sizeof *took);
    int count = 0, most = 0, least = SAMPLES_MAX;
    uint64_t rows = 0;
    int64_t cpu = 0;
    for (unsigned i = 0; i < writers; i++) {
        const struct writer *writer = &race->writers[i];
        memcpy(took + count, writer->took, (size_t)writer->count * sizeof *took);
        count += writer->count;
        rows += writer->rows;
        cpu += writer->cpu_ns;
        most = writer->count > most ? writer->count : most;
        least = writer->count < least ? writer->count : least;
    }
    qsort(took, (size_t)count, sizeof *took, by_number);
    if (count > 0)
        printf("store  %2u process%s x %d rows  sync %-6s  %8.0f rows/s  %5.2f us CPU/row  batch p50 %.1f ms  p99 %.1f ms  longest %.1f ms  most/least %d/%d = %.3f\n",
               writers, writers == 1 ? "  " : "es", BATCH, normal ? "normal" : "full", (double)rows / seconds, (double)cpu / 1000 / (double)rows, (double)took[count / 2] / 1e6,
               (double)took[count - 1 - count / 100] / 1e6, (double)took[count - 1] / 1e6, most, least, (double)most / (least > 0 ? least : 1));
    sv_free(took);
    return (double)rows / seconds;
}

static void measure_crowd(void)
{
    struct race *race = mmap(NULL, sizeof *race, PROT_READ | PROT_WRITE, MAP_SHARED | MAP_ANONYMOUS, -1, 0);
    if (race == MAP_FAILED) {
        perror("mmap");
        exit(1);
    }
    for (int normal = 1; normal >= 0; normal--) {
        double alone = measure_many(race, 1, normal), together = measure_many(race, WRITERS, normal);
        printf("store  %d at once: %.0f %% of one alone\n", WRITERS, 100 * together / alone);
    }
    munmap(race, sizeof *race);
}

int main(int argc, char **argv)
{
    snprintf(path, sizeof path, "%s/bench-store.db", argc > 1 ? argv[1] : ".");
    if (argc > 2) { /* only the crowd */
        measure_crowd();
        clean();
        return 0;
    }
    measure(300000, 10000, false);
    measure(300000, 10000, true);
    measure(100000, 1000, false);
    measure(20000, 100, false);
    measure(20000, 100, true);
    measure(1000, 1, false);
    measure_open();
    measure_crowd();
    clean();
    return 0;
}
