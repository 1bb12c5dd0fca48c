/* SPDX-License-Identifier: ISC */
/* Many processes on one store, some of them killed: each row that was acknowledged is there, once, and each gets its turn. */
#define _DEFAULT_SOURCE
#include <sys/mman.h>

#include "measure/random.h"
#include "store_help.h"

enum { WRITERS = 50, BATCH = 20, SOURCES_MAX = 1000, RUN_MS = 1200, KILLS = 60 };

/* What each writer says of itself, in memory that outlives it. */
static struct tally {
    uint64_t acked; /* batches whose commit returned true */
    int64_t longest_ns, wal_bytes;
    char error[512];
} *tallies;

static volatile int *running;

/* Writes batches of source `number` until told to stop. */
static void writer(const char *path, int number)
{
    struct sv_error err;
    struct tally *tally = &tallies[number];
    struct sv_store *store = open_store(path, &err);
    while (store != NULL && *running != 2) {
        int64_t start = sv_os_monotonic_ns();
        uint64_t first = tally->acked * BATCH + 1;
        if (!put_batch(store, 1, number + 1, first, first + BATCH, &err))
            break;
        tally->acked++;
        int64_t took = sv_os_monotonic_ns() - start;
        tally->longest_ns = took > tally->longest_ns ? took : tally->longest_ns;
        int64_t bytes = sv_store_wal_bytes(store);
        tally->wal_bytes = bytes > tally->wal_bytes ? bytes : tally->wal_bytes;
        while (*running == 0)
            usleep(1000);
    }
    snprintf(tally->error, sizeof tally->error, "%s", err.text);
    sv_store_close(store);
}

static pid_t start_writer(const char *path, int number)
{
    pid_t pid = fork();
    if (pid == 0) {
        writer(path, number);
        fflush(stdout);
        _exit(0);
    }
    return pid;
}

static void test_turns(void)
{
    const char *path = in_home("turns.db");
    memset(tallies, 0, SOURCES_MAX * sizeof *tallies);
    *running = 0;
    for (int i = 0; i < WRITERS; i++)
        start_writer(path, i);
    for (int i = 0; i < WRITERS; i++) /* all have written once before the race begins */
        for (int tries = 0; tallies[i].acked == 0 && tries < 20000; tries++)
            usleep(500);
    *running = 1;
    usleep(RUN_MS * 1000);
    *running = 2;
    bool fine = true;
    for (int status; wait(&status) > 0;)
        fine = fine && WIFEXITED(status) && WEXITSTATUS(status) == 0;
    ok(fine, "%d writers end well", WRITERS);
    uint64_t sum = 0, least = UINT64_MAX, most = 0;
    int64_t longest = 0, wal = 0;
    int errors = 0;
    for (int i = 0; i < WRITERS; i++) {
        const struct tally *tally = &tallies[i];
        sum += tally->acked;
        least = tally->acked < least ? tally->acked : least;
        most = tally->acked > most ? tally->acked : most;
        longest = tally->longest_ns > longest ? tally->longest_ns : longest;
        wal = tally->wal_bytes > wal ? tally->wal_bytes : wal;
        if (tally->error[0] != '\0' && errors++ < 3)
            printf("# %d: %s\n", i, tally->error);
    }
    printf("# %llu batches of %d rows, %llu to %llu a process; longest wait %lld ms; log at most %lld KiB\n",
           (unsigned long long)sum, BATCH, (unsigned long long)least, (unsigned long long)most, (long long)longest / 1000000,
           (long long)wal / 1024);
    is_int(errors, 0, "none saw an error");
    is_int(ask(path, ROWS), (int64_t)sum * BATCH, "each row that was acknowledged is there, none more");
    is_int(ask(path, "SELECT count(DISTINCT source * 1000000 + record) FROM supervisor_policy_evaluations"),
           (int64_t)sum * BATCH, "once");
    ok(most <= 3 * least + 3, "turns are fair");
    ok(wal < 16 << 20, "the log stays small");
    is_int(ask(path, "PRAGMA integrity_check"), 1, "the store is sound");
}

static void test_kills(void)
{
    enum { AT_ONCE = 12 };
    const char *path = in_home("kills.db");
    pid_t pids[AT_ONCE];
    int next = 0;
    struct sv_random dice;
    sv_random_seed(&dice, 12345);
    memset(tallies, 0, SOURCES_MAX * sizeof *tallies);
    *running = 1;
    for (int i = 0; i < AT_ONCE; i++)
        pids[i] = start_writer(path, next++);
    for (int i = 0; i < KILLS; i++) {
        usleep(2000 + sv_random_below(&dice, 15000));
        uint32_t victim = sv_random_below(&dice, AT_ONCE);
        kill(pids[victim], SIGKILL);
        waitpid(pids[victim], NULL, 0);
        pids[victim] = start_writer(path, next++);
    }
    usleep(20000);
    for (int i = 0; i < AT_ONCE; i++)
        kill(pids[i], SIGKILL);
    while (wait(NULL) > 0)
        ;
    struct sv_error err;
    struct sv_store *store = open_store(path, &err);
    ok(store != NULL && put_batch(store, 1, SOURCES_MAX + 1, 1, 2, &err), "after %d kills the store opens and takes a row: %s",
       KILLS + AT_ONCE, err.text);
    int lost = 0, torn = 0, more = 0, errors = 0;
    uint64_t sum = 0;
    int64_t longest = 0;
    for (int i = 0; i < next; i++) {
        char sql[200];
        snprintf(sql, sizeof sql, ROWS " WHERE source = %d", i + 1);
        int64_t found = ask(path, sql), acked = (int64_t)tallies[i].acked * BATCH;
        lost += found < acked;
        torn += found % BATCH != 0;
        more += found > acked + BATCH; /* one may have been stored whose acknowledgement died */
        sum += tallies[i].acked;
        longest = tallies[i].longest_ns > longest ? tallies[i].longest_ns : longest;
        errors += tallies[i].error[0] != '\0';
    }
    printf("# %d processes, %llu batches acknowledged, longest wait %lld ms\n", next, (unsigned long long)sum,
           (long long)longest / 1000000);
    ok(sum > 20, "work was done meanwhile");
    is_int(lost, 0, "nothing acknowledged is lost");
    is_int(torn, 0, "no batch is there in part");
    is_int(more, 0, "nothing is there that was not written");
    is_int(errors, 0, "those that lived saw no error");
    is_int(ask(path, "PRAGMA integrity_check"), 1, "the store is sound");
    sv_store_close(store);
}

/* Somebody reads for long: nobody waits for him, the log grows, tries get rare; when he has gone, it begins anew. */
static void test_reader(void)
{
    struct sv_error err;
    const char *path = in_home("reader.db");
    struct sv_store *store = open_store(path, &err);
    ok(put_batch(store, 1, 1, 1, 11, &err), "a batch");
    sqlite3 *reader;
    sqlite3_open_v2(path, &reader, SQLITE_OPEN_READONLY, NULL);
    sqlite3_exec(reader, "BEGIN; " ROWS, NULL, NULL, NULL);
    uint64_t at = 100;
    int64_t longest = 0, mark = 0;
    bool fine = true;
    while (fine && store->wal_pages < 5000) {
        int64_t start = sv_os_monotonic_ns();
        fine = put_batch(store, 1, 1, at, at + 1000, &err);
        int64_t took = sv_os_monotonic_ns() - start;
        longest = took > longest ? took : longest;
        at += 1000;
        mark = (int64_t)sv_line_mark(store->line);
    }
    ok(fine, "batches go in beside a reader: %s", err.text);
    ok(longest < SV_SECOND_NS, "none waits for him");
    ok(mark > 2000, "the next try is far off: at %lld pages", (long long)mark);
    ok(sv_store_wal_bytes(store) > 5000 * 4096, "the log's size can be asked for");
    sqlite3_exec(reader, "COMMIT", NULL, NULL, NULL);
    for (int i = 0; fine && i < 400 && store->wal_pages >= 5000; i++, at += 1000)
        fine = put_batch(store, 1, 1, at, at + 1000, &err);
    fine = fine && put_batch(store, 1, 1, at, at + 10, &err);
    ok(fine && store->wal_pages < 1000, "when he has gone, the log begins anew");
    is_int(sv_line_mark(store->line), 0, "and the mark is gone");
    ok(sv_store_wal_bytes(store) <= 16 << 20, "its file shrinks");
    is_int(ask(path, ROWS), (int64_t)(10 + at - 100 + 10), "all rows are there");
    sqlite3_close(reader);

    /* Closing copies back what is more than a handful. */
    bool put = put_batch(store, 1, 2, 1, 8000, &err);
    ok(put && store->wal_pages > 250 && store->wal_pages < 1000, "%d pages in the log",
       store->wal_pages);
    sv_store_close(store);
    store = open_store(path, &err);
    ok(put_batch(store, 1, 3, 1, 2, &err) && store->wal_pages < 50, "were copied back by closing");
    sv_store_close(store);
}

int main(void)
{
    home_make();
    tallies = mmap(NULL, SOURCES_MAX * sizeof *tallies + 4096, PROT_READ | PROT_WRITE, MAP_SHARED | MAP_ANONYMOUS, -1, 0);
    if (tallies == MAP_FAILED)
        return 1;
    running = (volatile int *)(tallies + SOURCES_MAX);
    test_reader();
    test_turns();
    test_kills();
    return done();
}
