/* SPDX-License-Identifier: ISC */
#define _GNU_SOURCE /* pipe2, close_range */
#include "base/child.h"

#include <errno.h>
#include <fcntl.h>
#include <poll.h>
#include <signal.h>
#include <string.h>
#include <sys/resource.h>
#include <sys/stat.h>
#include <sys/wait.h>
#include <unistd.h>
#ifdef __linux__
#include <sys/prctl.h>
#endif

#include "base/buf.h"
#include "base/mem.h"
#include "base/os.h"
#include "base/process.h"

enum { READ_SIZE = 65536, REST_MAX = 1 << 20 /* read of an ended one's output; who left its group may go on writing */ };

struct child {
    pid_t pid;               /* 0: this place is free */
    void *owner;
    int in, out;             /* ends of the pipes; -1: closed */
    struct sv_slice input;   /* what is still to be written */
    struct sv_buf output;
    size_t output_max;
    uint64_t output_bytes;
    int64_t started_ns, over_ns; /* monotonic */
    bool in_time;
};

struct sv_children {
    struct child *items;     /* [room] */
    size_t room, running;
    struct pollfd *polls;    /* [2 * room + 2] */
    struct sv_buf said;      /* what is lent */
    char *scratch;           /* [READ_SIZE] */
    struct sigaction before; /* SIGCHLD */
};

/* A child that ends writes a byte here, so that who waits in poll() wakes. */
static int bell[2] = {-1, -1};

static void ring(int signal)
{
    int error = errno;
    (void)signal;
    sv_os_write_some(bell[1], sv_slice("", 1)); /* full: it rings already */
    errno = error;
}

struct sv_children *sv_children_new(size_t room)
{
    struct sv_children *children = sv_calloc(1, sizeof *children);
    struct sigaction action = {.sa_handler = ring, .sa_flags = SA_RESTART | SA_NOCLDSTOP};
    children->items = sv_calloc(room, sizeof *children->items);
    children->polls = sv_calloc(2 * room + 2, sizeof *children->polls);
    children->room = room;
    children->scratch = sv_alloc(READ_SIZE);
    if (pipe2(bell, O_CLOEXEC | O_NONBLOCK) != 0)
        bell[0] = bell[1] = -1; /* then who waits looks every so often */
    sigemptyset(&action.sa_mask);
    sigaction(SIGCHLD, &action, &children->before);
    return children;
}

static void close_end(int *fd)
{
    if (*fd >= 0)
        close(*fd);
    *fd = -1;
}

/* --- starting --- */

static void close_others(int but)
{
    int to = STDERR_FILENO + 1;
    if (but != to && dup2(but, to) < 0)
        return;
    fcntl(to, F_SETFD, FD_CLOEXEC);
#ifdef CLOSE_RANGE_CLOEXEC
    if (close_range((unsigned)to + 1, ~0u, 0) == 0)
        return;
#endif
    long most = sysconf(_SC_OPEN_MAX);
    for (int fd = to + 1; fd < (most > 0 && most < 65536 ? most : 65536); fd++)
        close(fd);
}

/* In the new process: what it is, then the program. What fails goes up the pipe as errno. */
_Noreturn static void become(const struct sv_child_spec *spec, pid_t parent, int in, int out, int told)
{
    struct rlimit none = {0, 0};
    sigset_t all;
    setpgid(0, 0);
#ifdef __linux__
    prctl(PR_SET_PDEATHSIG, SIGKILL);
#endif
    if (getppid() != parent)
        _exit(127);
    for (int s = 1; s < 32; s++)
        if (s != SIGKILL && s != SIGSTOP)
            signal(s, SIG_DFL);
    sigemptyset(&all);
    sigprocmask(SIG_SETMASK, &all, NULL);
    setrlimit(RLIMIT_CORE, &none); /* what it knows may be secret */
    umask(077);
    if (dup2(in, STDIN_FILENO) >= 0 && dup2(out, STDOUT_FILENO) >= 0 && dup2(out, STDERR_FILENO) >= 0 && chdir("/") == 0) {
        close_others(told);
        told = STDERR_FILENO + 1;
        execve(spec->argv[0], (char *const *)(uintptr_t)spec->argv, (char *const *)(uintptr_t)spec->env);
    }
    int error = errno;
    sv_os_write_some(told, sv_slice((const char *)&error, sizeof error));
    _exit(127);
}

/* 0, or the errno with which the program could not be run. */
static int fate(int told)
{
    int error = 0;
    ssize_t n = sv_os_read(told, &error, sizeof error);
    return n == (ssize_t)sizeof error ? error : 0;
}

static struct child *free_place(struct sv_children *children)
{
    size_t i = 0;
    while (children->items[i].pid != 0)
        i++;
    return &children->items[i];
}

/* Both ends of three pipes: input, output, what became of it. */
static bool make_pipes(int pipes[6])
{
    for (int i = 0; i < 6; i++)
        pipes[i] = -1;
    for (int i = 0; i < 6; i += 2)
        if (pipe2(pipes + i, O_CLOEXEC) != 0)
            return false;
    return true;
}

bool sv_children_start(struct sv_children *children, const struct sv_child_spec *spec, struct sv_error *err)
{
    int pipes[6], error = 0;
    pid_t parent = getpid(), pid = -1;
    if (make_pipes(pipes) && (pid = fork()) == 0)
        become(spec, parent, pipes[0], pipes[3], pipes[5]);
    error = errno;
    close_end(&pipes[0]);
    close_end(&pipes[3]);
    close_end(&pipes[5]);
    if (pid > 0) {
        setpgid(pid, pid); /* whichever of the two comes first */
        error = fate(pipes[4]);
        if (error != 0)
            waitpid(pid, NULL, 0);
    }
    close_end(&pipes[4]);
    if (pid < 0 || error != 0) {
        close_end(&pipes[1]);
        close_end(&pipes[2]);
        errno = error;
        return sv_error_errno(err, "cannot run %s", spec->argv[0]);
    }
    struct child *child = free_place(children);
    struct sv_buf output = child->output;
    *child = (struct child){.pid = pid, .owner = spec->owner, .in = pipes[1], .out = pipes[2], .input = spec->input, .output = output,
                            .output_max = spec->output_max, .started_ns = sv_os_monotonic_ns(), .in_time = true};
    child->over_ns = spec->limit_ns < INT64_MAX - child->started_ns ? child->started_ns + spec->limit_ns : INT64_MAX;
    sv_buf_clear(&child->output);
    fcntl(child->in, F_SETFL, O_NONBLOCK);
    fcntl(child->out, F_SETFL, O_NONBLOCK);
    children->running++;
    return true;
}

/* --- while it runs --- */

static void feed(struct child *child)
{
    ssize_t n = child->input.len > 0 ? sv_os_write_some(child->in, child->input) : -1;
    if (n >= 0)
        child->input = sv_slice(child->input.data + n, child->input.len - (size_t)n);
    if (n < 0 || child->input.len == 0) /* all was said, or it does not listen */
        close_end(&child->in);
}

/* Reads once; false: there is nothing (now). */
static bool listen_to(struct sv_children *children, struct child *child)
{
    ssize_t n = sv_os_read(child->out, children->scratch, READ_SIZE);
    if (n < 0 && errno == EAGAIN)
        return false;
    if (n <= 0) {
        close_end(&child->out);
        return false;
    }
    size_t room = child->output_max - child->output.len;
    sv_buf_add(&child->output, sv_slice(children->scratch, (size_t)n < room ? (size_t)n : room));
    child->output_bytes += (uint64_t)n;
    return true;
}

/* Its status is not fetched yet, so its number, which is the group's, is still its own. */
static bool has_ended(const struct child *child)
{
    siginfo_t info = {0};
    int result;
    do
        result = waitid(P_PID, (id_t)child->pid, &info, WEXITED | WNOHANG | WNOWAIT);
    while (result < 0 && errno == EINTR);
    return result < 0 || info.si_pid == child->pid;
}

static void finish(struct sv_children *children, struct child *child, struct sv_child_end *end)
{
    struct sv_process_end was = {0};
    kill(-child->pid, SIGKILL); /* whoever is left of the group */
    sv_process_wait(child->pid, true, &was);
    uint64_t before = child->output_bytes;
    while (child->out >= 0 && child->output_bytes - before < REST_MAX && listen_to(children, child))
        ;
    close_end(&child->in);
    close_end(&child->out);
    sv_buf_set(&children->said, sv_buf_slice(&child->output));
    *end = (struct sv_child_end){.owner = child->owner,
                                 .in_time = child->in_time,
                                 .status = was.status,
                                 .took_ns = sv_os_monotonic_ns() - child->started_ns,
                                 .output = sv_buf_slice(&children->said),
                                 .output_bytes = child->output_bytes};
    child->pid = 0;
    children->running--;
}

/* One that has ended, or whose time is over. */
static bool find_ended(struct sv_children *children, struct sv_child_end *end)
{
    int64_t now_ns = sv_os_monotonic_ns();
    for (size_t i = 0; i < children->room; i++) {
        struct child *child = &children->items[i];
        if (child->pid == 0)
            continue;
        bool ended = has_ended(child);
        if (!ended && child->over_ns <= now_ns)
            child->in_time = false;
        if (ended || !child->in_time) {
            finish(children, child, end);
            return true;
        }
    }
    return false;
}

static int64_t next_over_ns(const struct sv_children *children, int64_t until_ns)
{
    for (size_t i = 0; i < children->room; i++)
        if (children->items[i].pid != 0 && children->items[i].over_ns < until_ns)
            until_ns = children->items[i].over_ns;
    return until_ns;
}

/* What poll is to look at: the bell, wake, then each child's input and output. */
static size_t make_polls(const struct sv_children *children, int wake)
{
    size_t count = 2;
    children->polls[0] = (struct pollfd){.fd = bell[0], .events = POLLIN};
    children->polls[1] = (struct pollfd){.fd = wake, .events = POLLIN};
    for (size_t i = 0; i < children->room; i++) {
        const struct child *child = &children->items[i];
        children->polls[count++] = (struct pollfd){.fd = child->pid != 0 ? child->in : -1, .events = POLLOUT};
        children->polls[count++] = (struct pollfd){.fd = child->pid != 0 ? child->out : -1, .events = POLLIN};
    }
    return count;
}

static void serve(struct sv_children *children)
{
    char rings[64];
    while (bell[0] >= 0 && children->polls[0].revents != 0 && sv_os_read(bell[0], rings, sizeof rings) == (ssize_t)sizeof rings)
        ;
    for (size_t i = 0; i < children->room; i++) {
        if (children->polls[2 + 2 * i].revents != 0)
            feed(&children->items[i]);
        if (children->polls[3 + 2 * i].revents != 0)
            listen_to(children, &children->items[i]);
    }
}

static int milliseconds(int64_t until_ns)
{
    enum { MOST = 60000, LOOK = 20 };
    int64_t left = until_ns - sv_os_monotonic_ns();
    int64_t ms = left <= 0 ? 0 : left / 1000000 + 1;
    int64_t most = bell[0] >= 0 ? MOST : LOOK;
    return (int)(ms < most ? ms : most);
}

enum sv_children_what sv_children_next(struct sv_children *children, int wake, int64_t until_ns, struct sv_child_end *end)
{
    for (;;) {
        if (find_ended(children, end))
            return SV_CHILDREN_ENDED;
        if (sv_os_monotonic_ns() >= until_ns)
            return SV_CHILDREN_TIME;
        size_t count = make_polls(children, wake);
        int n = sv_os_poll(children->polls, count, milliseconds(next_over_ns(children, until_ns)));
        if (n < 0)
            return find_ended(children, end) ? SV_CHILDREN_ENDED : SV_CHILDREN_TIME;
        serve(children);
        if (children->polls[1].revents != 0)
            return SV_CHILDREN_WAKE;
    }
}

size_t sv_children_running(const struct sv_children *children)
{
    return children->running;
}

void sv_children_free(struct sv_children *children)
{
    struct sv_child_end end;
    if (children == NULL)
        return;
    for (size_t i = 0; i < children->room; i++) {
        if (children->items[i].pid != 0)
            finish(children, &children->items[i], &end);
        sv_buf_free(&children->items[i].output);
    }
    sigaction(SIGCHLD, &children->before, NULL);
    close_end(&bell[0]);
    close_end(&bell[1]);
    sv_free(children->items);
    sv_free(children->polls);
    sv_free(children->scratch);
    sv_buf_free(&children->said);
    sv_free(children);
}
