/* SPDX-License-Identifier: ISC */
/* Processes of one's own, memory in common, folders for a while, and what the machine is. */
#include <signal.h>
#include <unistd.h>

#include "base/machine.h"
#include "base/os.h"
#include "base/process.h"
#include "base/temp.h"
#include "base/time.h"
#include "tap.h"

static volatile int *shared;

static int add(void *context)
{
    *shared += *(int *)context;
    return 7;
}

static int hang(void *context)
{
    (void)context;
    *shared = 1;
    while (*shared == 1)
        sv_os_sleep_until(sv_os_monotonic_ns() + SV_SECOND_NS);
    return 0;
}

static void test_process(void)
{
    struct sv_error err = {0};
    struct sv_process_end end = {0};
    int five = 5;
    int64_t cpu_ns = -1, resident = 0;
    shared = sv_process_share(sizeof *shared, &err);
    ok(shared != NULL && *shared == 0, "memory in common begins with zeros");
    fflush(stdout); /* or it is printed twice */
    pid_t pid = sv_process_start(add, &five, &err);
    ok(pid > 0 && sv_process_wait(pid, true, &end) == 1 && end.status == 7 && *shared == 5, "a process leaves its status, and what it wrote");
    ok(end.cpu_ns >= 0 && end.peak_bytes > 100000, "and what it used");
    ok(sv_process_wait(pid, true, &end) == -1, "it ends once");

    *shared = 0;
    fflush(stdout);
    pid = sv_process_start(hang, NULL, &err);
    while (*shared == 0)
        sv_os_sleep_until(sv_os_monotonic_ns() + 1000000);
    is_int(sv_process_wait(pid, false, &end), 0, "one that runs is seen to run");
#ifdef __linux__
    ok(sv_process_look(pid, &cpu_ns, &resident) && cpu_ns >= 0 && resident > 100000, "its time and memory can be looked at");
    ok(!sv_process_look(0, &cpu_ns, &resident), "those of none cannot");
#endif
    ok(sv_process_signal(pid, SIGKILL) && sv_process_wait(pid, true, &end) == 1 && end.status == 128 + SIGKILL, "one that is killed says by what");
    ok(!sv_process_signal(pid, 0), "and is gone");
    sv_process_unshare((void *)(uintptr_t)shared, sizeof *shared);
}

static void test_pipe(void)
{
    struct sv_error err = {0};
    static char much[1 << 20];
    int from = -1, to = -1;
    ok(sv_process_pipe(&from, &to, &err), "a pipe");
    ssize_t wrote = sv_os_write_some(to, sv_slice(much, sizeof much));
    ok(wrote > 0 && wrote < (ssize_t)sizeof much, "takes what there is room for");
    is_int(sv_os_write_some(to, sv_slice(much, 10)), 0, "and says when there is none");
    close(from);
    signal(SIGPIPE, SIG_IGN);
    is_int(sv_os_write_some(to, sv_slice(much, 10)), -1, "nobody reads it");
    close(to);
    int64_t start = sv_os_monotonic_ns();
    sv_os_sleep_until(start + 3000000);
    ok(sv_os_monotonic_ns() >= start + 3000000, "sleeping until a time is not shorter");
}

static void test_temp(void)
{
    struct sv_temp temp = {0};
    struct sv_error err = {0};
    struct sv_os_stat st;
    char path[500];
    ok(!sv_temp_make(&temp, "no/such/folder", "x", &err) && err.code == SV_SYSTEM && strcmp(err.file, "no/such/folder") == 0, "no folder to make one in");
    sv_temp_remove(&temp);
    ok(sv_temp_make(&temp, ".", "test", &err) && sv_os_stat_path(temp.path, false, &st) && st.is_folder && (st.mode & 0777) == 0700, "a folder of one's own");
    snprintf(path, sizeof path, "%s", temp.path);
    int fd = sv_os_create(sv_temp_path(&temp, "a"), &err);
    ok(fd >= 0 && sv_os_create(sv_temp_path(&temp, "a"), &err) < 0, "a file is made once");
    close(fd);
    close(sv_os_create(sv_temp_path(&temp, ".hidden"), &err));
    sv_temp_remove(&temp);
    ok(temp.path == NULL && !sv_os_stat_path(path, false, &st), "gone with all that was in it");
    sv_temp_remove(&temp);
}

static void test_machine(void)
{
    struct sv_arena arena = {0};
    struct sv_machine machine, same;
    sv_machine_look(&machine, &arena, ".");
    sv_machine_look(&same, &arena, ".");
    ok(machine.cores >= 1 && machine.memory_bytes > 1 << 20 && machine.kernel.len > 0, "cores, memory, kernel");
#ifdef __linux__
    ok(machine.file_system.len > 0, "file system");
#endif
    ok(sv_machine_same(&machine, &same), "the same twice");
    same.cores++;
    ok(!sv_machine_same(&machine, &same), "with one more core another");
    sv_arena_free(&arena);
}

int main(void)
{
    test_process();
    test_pipe();
    test_temp();
    test_machine();
    return done();
}
