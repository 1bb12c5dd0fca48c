/* SPDX-License-Identifier: ISC */
/* How long writers wait for their turn, while something else is done to the store that they write to.
 *
 *     build/bench/writers STORE N          N processes write 20 rows, pause 5 ms, and so on, until standard input ends
 *
 * Prints how many batches, how long one took from begin to committed (p50, p99, the longest), and how many took over 100 and 200 ms. */
#define _DEFAULT_SOURCE
#include <stdio.h>
#include <stdlib.h>
#include <sys/mman.h>
#include <sys/wait.h>
#include <unistd.h>

#include "base/os.h"
#include "base/time.h"
#include "store/store.h"

enum { WRITERS_MAX = 64, SAMPLES_MAX = 200000, ROWS = 20, PAUSE_US = 5000 };

struct shared {
    volatile bool stop;
    struct writer {
        int count;
        int64_t took[SAMPLES_MAX];
    } writers[WRITERS_MAX];
};

static bool know(struct sv_store *store, int64_t *run, struct sv_store_source *source, struct sv_error *err)
{
    if (*run != 0)
        return true;
    *run = sv_store_run_start(store, SV_SLICE("bench"), 1, err);
    return *run != 0 && sv_store_source_add(store, source, err);
}

static bool write_batch(struct sv_store *store, int64_t *run, struct sv_store_source *source, uint64_t *record, struct sv_error *err)
{
    bool fine = sv_store_begin(store, err) && know(store, run, source, err);
    for (int i = 0; fine && i < ROWS; i++) {
        struct sv_store_event event = {.record = ++*record,
                                       .time_ns = sv_os_now_ns(),
                                       .type = SV_SLICE("bench.write"),
                                       .agent = SV_SLICE("bench"),
                                       .priority = -1,
                                       .body = SV_SLICE("{\"type\":\"bench.write\",\"agent\":\"bench\"}")};
        fine = sv_store_put_event(store, *run, source->id, &event, err);
    }
    if (fine)
        return sv_store_commit(store, err);
    sv_store_rollback(store);
    return false;
}

static int write_along(struct shared *shared, unsigned number, const char *path)
{
    struct writer *writer = &shared->writers[number];
    struct sv_error err = {0};
    struct sv_store_spec spec = {.path = path, .program = "bench", .must_exist = true};
    struct sv_store *store = sv_store_open(&spec, &err);
    struct sv_store_source source = {.head = (uint64_t)getpid(), .path = SV_SLICE("/bench")};
    int64_t run = 0;
    uint64_t record = 0;
    while (store != NULL && !shared->stop && writer->count < SAMPLES_MAX) {
        int64_t start = sv_os_monotonic_ns();
        if (!write_batch(store, &run, &source, &record, &err))
            break;
        writer->took[writer->count++] = sv_os_monotonic_ns() - start;
        usleep(PAUSE_US);
    }
    sv_store_close(store);
    if (err.code != SV_DONE)
        fprintf(stderr, "%s: %s\n", err.file, err.text);
    return err.code != SV_DONE;
}

static int by_number(const void *a, const void *b)
{
    int64_t x = *(const int64_t *)a, y = *(const int64_t *)b;
    return (x > y) - (x < y);
}

int main(int argc, char **argv)
{
    unsigned writers = argc > 2 ? (unsigned)strtoul(argv[2], NULL, 10) : 0;
    if (writers == 0 || writers > WRITERS_MAX)
        return 2;
    struct shared *shared = mmap(NULL, sizeof *shared, PROT_READ | PROT_WRITE, MAP_SHARED | MAP_ANONYMOUS, -1, 0);
    if (shared == MAP_FAILED) {
        perror("mmap");
        return 4;
    }
    int failed = 0, count = 0, over[2] = {0};
    for (unsigned i = 0; i < writers; i++) {
        pid_t pid = fork();
        if (pid == 0)
            _exit(write_along(shared, i, argv[1]));
        if (pid < 0)
            perror("fork");
        failed += pid < 0;
    }
    char byte;
    while (read(STDIN_FILENO, &byte, 1) > 0)
        ;
    shared->stop = true;
    for (int status; wait(&status) > 0;)
        failed += !WIFEXITED(status) || WEXITSTATUS(status) != 0;
    int64_t *all = sv_calloc((size_t)WRITERS_MAX * SAMPLES_MAX, sizeof *all);
    for (unsigned i = 0; i < writers; i++) {
        memcpy(all + count, shared->writers[i].took, (size_t)shared->writers[i].count * sizeof *all);
        count += shared->writers[i].count;
    }
    qsort(all, (size_t)count, sizeof *all, by_number);
    for (int i = 0; i < count; i++) {
        over[0] += all[i] > 100000000;
        over[1] += all[i] > 200000000;
    }
    if (count > 0)
        printf("%d batches of %u writers, p50 %.1f ms, p99 %.1f ms, longest %.1f ms, over 100 ms %d, over 200 ms %d\n", count, writers,
               (double)all[count / 2] / 1e6, (double)all[count - 1 - count / 100] / 1e6, (double)all[count - 1] / 1e6, over[0], over[1]);
    sv_free(all);
    return failed > 0;
}
