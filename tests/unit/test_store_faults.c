/* SPDX-License-Identifier: ISC */
/* What happens to a store while it is open: taken away, full, locked. Whatever was said to be stored is; nothing else is. */
#define _GNU_SOURCE /* unshare */
#include <sched.h>
#include <sys/mount.h>
#include <sys/resource.h>

#include "store_help.h"

static bool begun(struct sv_store *store, struct sv_error *err)
{
    int64_t policy;
    struct sv_hit row = row_of(999);
    return sv_store_begin(store, err) && sv_store_policy(store, &test_policy, &policy, err) &&
           sv_store_put_evaluation(store, 1, 9, policy, &row, 1, err);
}

/* A batch is begun, the file is tampered with by `act`, the commit must see it. */
static void tampered(const char *name, void (*act)(const char *path), const char *text, const char *what)
{
    struct sv_error err;
    char path[400];
    snprintf(path, sizeof path, "%s", in_home(name));
    struct sv_store *store = open_store(path, &err);
    ok(put_batch(store, 1, 1, 1, 11, &err), "a batch before");
    ok(begun(store, &err), "a batch is begun");
    act(path);
    err = (struct sv_error){0};
    ok(!sv_store_commit(store, &err) && err.code == SV_SYSTEM && strstr(err.text, text) != NULL, "%s: %s", what, err.text);
    is_str(err.file, path, "the message names the store");
    is_int(sv_store_rows(store), 10, "the batch does not count");
    ok(!sv_store_begin(store, &err) && err.code == SV_SYSTEM, "nothing more is taken");
    sv_store_close(store);
}

static void act_remove(const char *path)
{
    unlink(path);
}

static void act_rename(const char *path)
{
    char to[420];
    snprintf(to, sizeof to, "%s.old", path);
    rename(path, to);
}

static void act_replace(const char *path)
{
    struct sv_buf bytes = file_read(path);
    act_rename(path);
    file_write(path, bytes.data, bytes.len);
    sv_buf_free(&bytes);
}

static void act_empty(const char *path)
{
    if (truncate(path, 0) != 0)
        exit(1);
}

static void act_link(const char *path)
{
    char to[420];
    snprintf(to, sizeof to, "%s.link", path);
    if (link(path, to) != 0)
        exit(1);
}

static void act_remove_log(const char *path)
{
    char log[420];
    snprintf(log, sizeof log, "%s-wal", path);
    unlink(log);
}

static void test_tampering(void)
{
    tampered("removed.db", act_remove, "removed or replaced while running; nothing of this batch was stored", "removed");
    tampered("renamed.db", act_rename, "removed or replaced while running", "renamed");
    tampered("replaced.db", act_replace, "removed or replaced while running", "replaced");
    tampered("emptied.db", act_empty, "emptied while running", "emptied");
    tampered("linked.db", act_link, "hard link", "linked");
    tampered("log.db", act_remove_log, "-wal) was removed or replaced", "its log removed");
}

/* The file may not grow over a limit: SQLite is told EFBIG in the middle of a batch. In a child, for the limit stays. */
static int no_room(void)
{
    struct sv_error err;
    const char *path = in_home("limit.db");
    struct sv_store *store = open_store(path, &err);
    bool fine = put_batch(store, 1, 1, 1, 101, &err);
    signal(SIGXFSZ, SIG_IGN);
    struct rlimit limit = {400000, 400000};
    setrlimit(RLIMIT_FSIZE, &limit);
    fine = fine && !put_batch(store, 1, 2, 1, 50001, &err);
    printf("# %s: %s\n", err.file, err.text);
    fine = fine && err.code == SV_SYSTEM && strcmp(err.text, "cannot write: File too large; nothing of this batch was stored") == 0;
    fine = fine && sv_store_rows(store) == 100 && !put_batch(store, 1, 3, 1, 2, &err);
    sv_store_close(store);
    return fine ? 0 : 1;
}

/* No page more than the store has: SQLite's own way to be full. */
static void test_full(void)
{
    fflush(stdout);
    pid_t pid = fork();
    if (pid == 0)
        _exit(no_room());
    int status;
    waitpid(pid, &status, 0);
    ok(WIFEXITED(status) && WEXITSTATUS(status) == 0, "a file that may not grow is a clear error");
    is_int(ask(in_home("limit.db"), ROWS), 100, "the batch before is there, whole");
    is_int(ask(in_home("limit.db"), "PRAGMA integrity_check"), 1, "the store is sound");

    struct sv_error err;
    const char *path = in_home("full.db");
    struct sv_store *store = open_store(path, &err);
    ok(put_batch(store, 1, 1, 1, 101, &err), "a batch goes in");
    char sql[100];
    snprintf(sql, sizeof sql, "PRAGMA max_page_count = %lld", (long long)ask(path, "PRAGMA page_count") + 2);
    sv_store_exec(store, sql);
    ok(!put_batch(store, 1, 2, 1, 5001, &err) && err.code == SV_SYSTEM, "the next does not");
    is_str(err.text, "disk full; nothing of this batch was stored", "and the message says so");
    is_int(ask(path, ROWS), 100, "the first is there, whole");
    sv_store_close(store);
    store = open_store(path, &err);
    ok(put_batch(store, 1, 2, 1, 5001, &err), "with room again the same batch goes in: %s", err.text);
    is_int(ask(path, ROWS), 5100, "exactly");
    sv_store_close(store);
}

/* On a disk of 1 MiB of its own (a mount that only this child sees): full, then with room again, then read-only. 0: all is well,
 * 77: no such mount to be had here, else the number of what failed. */
static int small_disk(void)
{
    struct sv_error err;
    const char *disk = in_home("disk"), *path = in_home("disk/sv.db"), *ballast = in_home("disk/ballast");
    char bytes[300000] = {1};
    if (mkdir(disk, 0700) != 0 || unshare(CLONE_NEWNS) != 0 || mount("none", "/", NULL, MS_REC | MS_PRIVATE, NULL) != 0 ||
        mount("none", disk, "tmpfs", 0, "size=1M,mode=0700") != 0)
        return 77;
    file_write(ballast, bytes, sizeof bytes);
    struct sv_store *store = open_store(path, &err);
    int64_t acked = 0;
    while (put_batch(store, 1, 1, (uint64_t)acked + 1, (uint64_t)acked + 101, &err) && acked < 100000)
        acked += 100;
    printf("# after %lld rows, %s: %s\n", (long long)acked, err.file, err.text);
    if (acked == 0 || err.code != SV_SYSTEM || strcmp(err.text, "disk full; nothing of this batch was stored") != 0)
        return 1;
    sv_store_close(store);
    if (ask(path, ROWS) != acked)
        return 2;
    unlink(ballast);
    store = open_store(path, &err);
    if (store == NULL || !put_batch(store, 1, 1, (uint64_t)acked + 1, (uint64_t)acked + 101, &err) || ask(path, ROWS) != acked + 100)
        return 3;
    sv_store_close(store);
    if (ask(path, "PRAGMA integrity_check") != 1)
        return 4;
    if (mount("none", disk, NULL, MS_REMOUNT | MS_RDONLY, NULL) != 0)
        return 5;
    store = open_store(path, &err);
    printf("# %s: %s\n", err.file, err.text);
    if (store != NULL || err.code != SV_SYSTEM || strcmp(err.text, "read-only") != 0)
        return 6;
    store = open_store(in_home("disk/new.db"), &err);
    printf("# %s: %s\n", err.file, err.text);
    return store != NULL || err.code != SV_SYSTEM || strcmp(err.text, "cannot be created: Read-only file system") != 0 ? 7 : 0;
}

static void test_small_disk(void)
{
    fflush(stdout);
    pid_t pid = fork();
    if (pid == 0)
        _exit(small_disk());
    int status;
    waitpid(pid, &status, 0);
    if (WIFEXITED(status) && WEXITSTATUS(status) == 77)
        skip("a full disk, and a read-only one", "mounting one is not allowed here");
    else
        is_int(WIFEXITED(status) ? WEXITSTATUS(status) : -1, 0, "a full disk, and a read-only one");
}

/* A child that holds the store as `hold` does, until its pipe is closed. Returns its pid; *end is our end. */
static pid_t holder(void (*hold)(void), int *end)
{
    int ready[2], stay[2];
    char byte;
    if (pipe(ready) != 0 || pipe(stay) != 0)
        exit(1);
    pid_t pid = fork();
    if (pid == 0) {
        close(ready[0]);
        close(stay[1]);
        hold();
        if (write(ready[1], "x", 1) != 1)
            _exit(1);
        _exit(read(stay[0], &byte, 1) != 0);
    }
    close(ready[1]);
    close(stay[0]);
    if (read(ready[0], &byte, 1) != 1)
        exit(1);
    close(ready[0]);
    *end = stay[1];
    return pid;
}

static void hold_ours(void)
{
    struct sv_error err;
    struct sv_store *store = open_store(in_home("held.db"), &err);
    if (!begun(store, &err))
        _exit(1);
}

static void hold_foreign(void)
{
    sqlite3 *db;
    if (sqlite3_open(in_home("held.db"), &db) != SQLITE_OK || sqlite3_exec(db, "BEGIN IMMEDIATE", NULL, NULL, NULL) != SQLITE_OK)
        _exit(1);
}

static void held_by(void (*hold)(void), const char *what)
{
    struct sv_error err = {0};
    char want[200];
    int end, status;
    pid_t pid = holder(hold, &end);
    struct sv_store_spec spec = {.path = in_home("held.db"), .program = "sv-test", .wait_ns = 150 * 1000000};
    struct sv_store *store = sv_store_open(&spec, &err);
    ok(store != NULL, "a store held by %s opens: %s", what, err.text);
    int64_t start = sv_os_monotonic_ns();
    bool began = sv_store_begin(store, &err);
    int64_t took = sv_os_monotonic_ns() - start;
    snprintf(want, sizeof want, "locked for 150 ms by process %ld (", (long)pid);
    ok(!began && err.code == SV_SYSTEM && strstr(err.text, want) == err.text, "the holder is named: %s", err.text);
    ok(strstr(err.text, "); try again, or raise --wait") != NULL, "and the way out");
    ok(took >= 150 * 1000000 && took < 5 * SV_SECOND_NS, "at the deadline");
    close(end);
    waitpid(pid, &status, 0);
    ok(put_batch(store, 1, 1, 1, 3, &err), "once the holder has ended, it goes on: %s", err.text);
    sv_store_close(store);
}

static void hold_frozen(void)
{
    hold_ours();
    raise(SIGSTOP);
}

/* Killed amid its batch, or stopped: the first is gone at once, the second is named. */
static void test_dead_holder(void)
{
    struct sv_error err;
    int end, status;
    pid_t pid = holder(hold_ours, &end);
    struct sv_store *store = open_store(in_home("held.db"), &err);
    kill(pid, SIGKILL);
    int64_t start = sv_os_monotonic_ns();
    ok(put_batch(store, 1, 3, 1, 3, &err), "a holder that was killed is not waited for: %s", err.text);
    ok(sv_os_monotonic_ns() - start < SV_SECOND_NS, "not even a second");
    waitpid(pid, &status, 0);
    close(end);
    sv_store_close(store);
    is_int(ask(in_home("held.db"), "SELECT count(*) FROM supervisor_policy_evaluations WHERE source = 9"), 0,
           "its batch is not there");

    pid = fork();
    if (pid == 0) {
        hold_frozen();
        _exit(0);
    }
    waitpid(pid, &status, WUNTRACED);
    struct sv_store_spec spec = {.path = in_home("held.db"), .wait_ns = 100 * 1000000};
    store = sv_store_open(&spec, &err);
    char want[60];
    snprintf(want, sizeof want, "process %ld (", (long)pid);
    ok(!sv_store_begin(store, &err) && strstr(err.text, want) != NULL, "one that was stopped is named: %s", err.text);
    kill(pid, SIGKILL);
    waitpid(pid, &status, 0);
    ok(put_batch(store, 1, 4, 1, 3, &err), "and after its end it goes on");
    sv_store_close(store);
}

/* The side file is fairness only: broken or gone, the store still works. */
static void test_side_file(void)
{
    struct sv_error err;
    const char *path = in_home("side.db");
    struct sv_store *store = open_store(path, &err);
    ok(put_batch(store, 1, 1, 1, 3, &err), "a batch");
    unlink(in_home("side.db-line"));
    struct sv_store *other = open_store(path, &err);
    ok(put_batch(other, 1, 2, 1, 3, &err) && put_batch(store, 1, 3, 1, 3, &err), "without its side file: %s", err.text);
    sv_store_close(store);
    sv_store_close(other);
    memset(err.text, 0, sizeof err.text);
    file_write(in_home("side.db-line"), "\xff\xff\xff\xff\xff\xff\xff\xff\xff\xff\xff\xff\xff\xff\xff\xff", 16);
    chmod(in_home("side.db-line"), 0600);
    store = open_store(path, &err);
    ok(put_batch(store, 1, 4, 1, 3, &err) && put_batch(store, 1, 5, 1, 3, &err), "with nonsense in it: %s", err.text);
    if (truncate(in_home("side.db-line"), 0) != 0)
        exit(1);
    ok(put_batch(store, 1, 6, 1, 3, &err), "cut to nothing: %s", err.text);
    sv_store_close(store);
    is_int(ask(path, ROWS), 12, "all rows are there");
}

int main(void)
{
    home_make();
    struct sv_error err;
    sv_store_close(open_store(in_home("held.db"), &err));
    test_tampering();
    test_full();
    test_small_disk();
    held_by(hold_ours, "one of ours");
    held_by(hold_foreign, "another program");
    test_dead_holder();
    test_side_file();
    return done();
}
