/* SPDX-License-Identifier: ISC */
#define _GNU_SOURCE /* wait4, pipe2, MAP_ANONYMOUS */
#include "base/process.h"

#include <errno.h>
#include <fcntl.h>
#include <signal.h>
#include <spawn.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/mman.h>
#include <sys/resource.h>
#include <sys/wait.h>
#include <unistd.h>
#ifdef __linux__
#include <sys/prctl.h>
#endif

#include "base/buf.h"
#include "base/num.h"
#include "base/os.h"
#include "base/time.h"

/* Who started us may ignore the end of children: then nobody could be waited for. */
static void heed_children(void)
{
    struct sigaction now;
    if (sigaction(SIGCHLD, NULL, &now) == 0 && now.sa_handler == SIG_IGN)
        signal(SIGCHLD, SIG_DFL);
}

pid_t sv_process_start(int (*body)(void *context), void *context, struct sv_error *err)
{
    heed_children();
    pid_t parent = getpid(), pid = fork();
    if (pid < 0)
        sv_error_errno(err, "cannot start a process");
    if (pid != 0)
        return pid;
#ifdef __linux__
    prctl(PR_SET_PDEATHSIG, SIGKILL);
#endif
    if (getppid() != parent) /* it went before this was said */
        exit(SV_SYSTEM);
    exit(body(context));
}

pid_t sv_process_leave(int (*body)(void *context), void *context, struct sv_error *err)
{
    pid_t pid = fork();
    if (pid < 0)
        sv_error_errno(err, "cannot start a process");
    if (pid != 0)
        return pid;
    setsid();
    int nothing = open("/dev/null", O_RDWR | O_CLOEXEC);
    for (int fd = STDIN_FILENO; fd <= STDERR_FILENO; fd++)
        if (nothing < 0 || dup2(nothing, fd) < 0)
            close(fd);
    exit(body(context));
}

extern char **environ;

bool sv_process_run(const char *const *argv, int *status, struct sv_error *err)
{
    posix_spawn_file_actions_t actions;
    struct sv_process_end end;
    pid_t pid;
    heed_children();
    posix_spawn_file_actions_init(&actions);
    posix_spawn_file_actions_addopen(&actions, STDIN_FILENO, "/dev/null", O_RDONLY, 0);
    posix_spawn_file_actions_addopen(&actions, STDOUT_FILENO, "/dev/null", O_WRONLY, 0);
    errno = posix_spawnp(&pid, argv[0], &actions, NULL, (char *const *)argv, environ);
    posix_spawn_file_actions_destroy(&actions);
    if (errno != 0)
        return sv_error_errno(err, "cannot run %s", argv[0]);
    if (sv_process_wait(pid, true, &end) < 0)
        return sv_error_errno(err, "cannot wait for %s", argv[0]);
    *status = end.status;
    return true;
}

static int64_t ns_of(struct timeval t)
{
    return (int64_t)t.tv_sec * SV_SECOND_NS + (int64_t)t.tv_usec * 1000;
}

int sv_process_wait(pid_t pid, bool block, struct sv_process_end *end)
{
    struct rusage used;
    int status;
    pid_t found;
    do
        found = wait4(pid, &status, block ? 0 : WNOHANG, &used);
    while (found < 0 && errno == EINTR);
    if (found <= 0)
        return (int)found;
    *end = (struct sv_process_end){.status = WIFEXITED(status) ? WEXITSTATUS(status) : 128 + WTERMSIG(status),
                                   .cpu_ns = ns_of(used.ru_utime) + ns_of(used.ru_stime),
                                   .peak_bytes = (int64_t)used.ru_maxrss * 1024};
    return 1;
}

bool sv_process_signal(pid_t pid, int signal)
{
    return kill(pid, signal) == 0;
}

/* The number behind `skip` blanks that follow the last `)`, in which the program's name ends. */
static int64_t field_of(struct sv_slice stat, int skip)
{
    size_t at = stat.len, end;
    int64_t value = 0;
    while (at > 0 && stat.data[at - 1] != ')')
        at--;
    for (; at < stat.len && skip > 0; at++)
        skip -= stat.data[at] == ' ';
    for (end = at; end < stat.len && stat.data[end] != ' '; end++)
        ;
    sv_num_int(sv_slice(stat.data + at, end - at), &value);
    return value;
}

bool sv_process_look(pid_t pid, int64_t *cpu_ns, int64_t *resident_bytes)
{
    char path[64];
    struct sv_buf text = {0};
    snprintf(path, sizeof path, "/proc/%ld/stat", (long)pid);
    bool found = sv_os_slurp(path, 4096, &text, NULL);
    if (found) { /* proc(5): fields 14, 15 and 24 */
        int64_t ticks = field_of(sv_buf_slice(&text), 12) + field_of(sv_buf_slice(&text), 13);
        *cpu_ns = ticks * (SV_SECOND_NS / sysconf(_SC_CLK_TCK));
        *resident_bytes = field_of(sv_buf_slice(&text), 22) * sysconf(_SC_PAGESIZE);
    }
    sv_buf_free(&text);
    return found;
}

bool sv_process_written(int64_t *bytes)
{
    static const struct sv_slice mark = {"\nwrite_bytes: ", 14};
    struct sv_buf text = {0};
    bool found = false;
    if (sv_os_slurp("/proc/self/io", 4096, &text, NULL)) {
        const char *at = sv_slice_find(sv_buf_slice(&text), mark), *end = sv_slice_end(sv_buf_slice(&text));
        const char *digits = at != NULL ? at + mark.len : end, *behind = digits;
        while (behind < end && *behind >= '0' && *behind <= '9')
            behind++;
        found = sv_num_int(sv_slice(digits, (size_t)(behind - digits)), bytes);
    }
    sv_buf_free(&text);
    return found;
}

bool sv_process_stdin(int fd)
{
    if (dup2(fd, STDIN_FILENO) < 0)
        return false;
    if (fd != STDIN_FILENO)
        close(fd);
    return true;
}

void *sv_process_share(size_t size, struct sv_error *err)
{
    void *memory = mmap(NULL, size, PROT_READ | PROT_WRITE, MAP_SHARED | MAP_ANONYMOUS, -1, 0);
    if (memory != MAP_FAILED)
        return memory;
    sv_error_errno(err, "no memory to share between processes");
    return NULL;
}

void sv_process_unshare(void *memory, size_t size)
{
    if (memory != NULL)
        munmap(memory, size);
}

bool sv_process_pipe(int *read_end, int *write_end, struct sv_error *err)
{
    int ends[2];
    if (pipe2(ends, O_CLOEXEC) != 0)
        return sv_error_errno(err, "cannot make a pipe");
    fcntl(ends[1], F_SETFL, O_NONBLOCK);
    *read_end = ends[0];
    *write_end = ends[1];
    return true;
}
