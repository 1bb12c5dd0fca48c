/* SPDX-License-Identifier: ISC */
#include "store/line.h"

#include <errno.h>
#include <fcntl.h>
#include <signal.h>
#include <string.h>
#include <sys/stat.h>
#include <time.h>
#include <unistd.h>

#include "base/mem.h"
#include "base/os.h"
#include "base/time.h"

/* Offsets of locks. Tickets wrap far from where they could meet. */
enum { GATE = 0, TICKETS = 1024 };
#define TICKET_MAX (UINT64_C(1) << 40)
#define NAMES (UINT64_C(1) << 62)

enum { TICK_NS = 10 * 1000 * 1000, POLL_NS = 500 * 1000 };

/* One descriptor a file and process. */
struct line_file {
    struct line_file *next;
    dev_t device;
    ino_t inode;
    int fd;
    unsigned users;
};

static struct line_file *files;

struct sv_line {
    struct line_file *file;
    uint64_t ticket, mark;
    uint64_t following; /* the ticket after our last one; 0: we had none */
    bool standing, is_shared;
};

/* --- the file --- */

static bool is_trusted(const struct stat *st)
{
    return S_ISREG(st->st_mode) && st->st_uid == geteuid() && (st->st_mode & 022) == 0;
}

static void refuse(const char *path, struct sv_error *err)
{
    sv_error_at(err, path, 0, 0);
    sv_error_set(err, SV_INPUT, "not a plain file of our own that nobody else may write; remove it");
}

static struct line_file *file_open(const char *path, struct sv_error *err)
{
    struct stat st;
    if (lstat(path, &st) == 0) {
        if (!is_trusted(&st)) {
            refuse(path, err);
            return NULL;
        }
        for (struct line_file *f = files; f != NULL; f = f->next)
            if (f->device == st.st_dev && f->inode == st.st_ino) {
                f->users++;
                return f;
            }
    }
    int fd;
    do
        fd = open(path, O_RDWR | O_CREAT | O_NOFOLLOW | O_CLOEXEC, 0600);
    while (fd < 0 && errno == EINTR);
    if (fd < 0) {
        sv_error_errno(err, "cannot open");
        sv_error_at(err, path, 0, 0);
        return NULL;
    }
    if (fstat(fd, &st) != 0 || !is_trusted(&st)) {
        refuse(path, err);
        close(fd); /* it was not open before, so no lock of ours goes with it */
        return NULL;
    }
    struct line_file *file = sv_alloc(sizeof *file);
    *file = (struct line_file){files, st.st_dev, st.st_ino, fd, 1};
    files = file;
    return file;
}

static void file_close(struct line_file *file)
{
    if (--file->users > 0)
        return;
    for (struct line_file **at = &files; *at != NULL; at = &(*at)->next)
        if (*at == file) {
            *at = file->next;
            break;
        }
    close(file->fd);
    sv_free(file);
}

struct sv_line *sv_line_open(const char *path, struct sv_error *err)
{
    struct line_file *file = file_open(path, err);
    if (file == NULL)
        return NULL;
    struct sv_line *line = sv_calloc(1, sizeof *line);
    line->file = file;
    return line;
}

void sv_line_close(struct sv_line *line)
{
    if (line == NULL)
        return;
    sv_line_leave(line);
    file_close(line->file);
    sv_free(line);
}

static uint64_t number_get(const unsigned char *p)
{
    uint64_t n = 0;
    for (int i = 7; i >= 0; i--)
        n = n << 8 | p[i];
    return n;
}

static void number_put(unsigned char *p, uint64_t n)
{
    for (int i = 0; i < 8; i++)
        p[i] = (unsigned char)(n >> 8 * i);
}

static bool number_write(int fd, off_t at, uint64_t n)
{
    unsigned char bytes[8];
    number_put(bytes, n);
    ssize_t done;
    do
        done = pwrite(fd, bytes, sizeof bytes, at);
    while (done < 0 && errno == EINTR);
    return done == sizeof bytes;
}

/* --- locks --- */

static bool lock_set(int fd, int command, short type, uint64_t start)
{
    struct flock lock = {.l_type = type, .l_whence = SEEK_SET, .l_start = (off_t)start, .l_len = 1};
    return fcntl(fd, command, &lock) == 0;
}

/* A lock of another process in [start, start + len); false: none. */
static bool lock_find(int fd, uint64_t start, uint64_t len, struct flock *out)
{
    *out = (struct flock){.l_type = F_WRLCK, .l_whence = SEEK_SET, .l_start = (off_t)start, .l_len = (off_t)len};
    return len > 0 && fcntl(fd, F_GETLK, out) == 0 && out->l_type != F_UNLCK;
}

static void interrupt(int number)
{
    (void)number;
}

/* A timer that interrupts a waiting fcntl, made when somebody first has to wait. */
static bool timer_ready(timer_t *out)
{
    static timer_t timer;
    static pid_t owner; /* timers are not inherited by a child */
    if (owner != getpid()) {
        int number = SIGRTMIN + 6;
        struct sigaction action = {.sa_handler = interrupt}; /* no SA_RESTART: the call must return */
        sigset_t set;
        sigemptyset(&action.sa_mask);
        sigemptyset(&set);
        sigaddset(&set, number);
        struct sigevent event = {.sigev_notify = SIGEV_SIGNAL, .sigev_signo = number};
        if (sigaction(number, &action, NULL) != 0 || sigprocmask(SIG_UNBLOCK, &set, NULL) != 0 ||
            timer_create(CLOCK_MONOTONIC, &event, &timer) != 0)
            return false;
        owner = getpid();
    }
    *out = timer;
    return true;
}

/* First at the deadline, then again and again, for the signal may come just before the call. */
static void timer_set(timer_t timer, int64_t in_ns)
{
    struct itimerspec spec = {{0, in_ns > 0 ? TICK_NS : 0}, {in_ns / SV_SECOND_NS, in_ns % SV_SECOND_NS}};
    timer_settime(timer, 0, &spec, NULL);
}

static enum sv_line_state lock_wait(int fd, short type, uint64_t at, int64_t deadline_ns, struct sv_error *err)
{
    if (lock_set(fd, F_SETLK, type, at))
        return SV_LINE_TURN;
    enum sv_line_state state = SV_LINE_LATE;
    timer_t timer;
    bool timed = timer_ready(&timer);
    int64_t left = deadline_ns - sv_os_monotonic_ns();
    if (timed && left > 0)
        timer_set(timer, left);
    for (; left > 0; left = deadline_ns - sv_os_monotonic_ns()) {
        if (lock_set(fd, timed ? F_SETLKW : F_SETLK, type, at)) {
            state = SV_LINE_TURN;
            break;
        }
        if (errno != EINTR && errno != EAGAIN && errno != EACCES && errno != EDEADLK) {
            sv_error_errno(err, "cannot lock the write line");
            state = SV_LINE_FAILED;
            break;
        }
        if (errno != EINTR)
            nanosleep(&(struct timespec){0, POLL_NS}, NULL);
    }
    if (timed)
        timer_set(timer, 0);
    return state;
}

/* --- the line --- */

/* Under the gate: the next ticket, its byte locked. */
static bool ticket_take(struct sv_line *line, struct sv_error *err)
{
    int fd = line->file->fd;
    unsigned char bytes[16] = {0};
    if (sv_os_pread(fd, bytes, sizeof bytes, 0) < 0)
        return sv_error_errno(err, "cannot read the write line");
    line->ticket = number_get(bytes);
    if (line->ticket >= TICKET_MAX)
        line->ticket = 0;
    if (!number_write(fd, 0, line->ticket + 1))
        return errno == ENOSPC || errno == EDQUOT ? sv_error_set(err, SV_SYSTEM, "disk full; nothing of this batch was stored")
                                                  : sv_error_errno(err, "cannot write the write line");
    if (!lock_set(fd, F_SETLK, F_WRLCK, TICKETS + line->ticket))
        return sv_error_errno(err, "cannot lock the write line");
    line->standing = true;
    line->is_shared = line->following != 0 && line->ticket != line->following;
    line->following = line->ticket + 1;
    return true;
}

/* Until another's byte is free. */
static enum sv_line_state wait_for(struct sv_line *line, uint64_t byte, int64_t deadline_ns, struct sv_error *err)
{
    enum sv_line_state state = lock_wait(line->file->fd, F_RDLCK, byte, deadline_ns, err);
    if (state == SV_LINE_TURN)
        lock_set(line->file->fd, F_SETLK, F_UNLCK, byte);
    return state;
}

enum sv_line_state sv_line_enter(struct sv_line *line, int64_t deadline_ns, struct sv_error *err)
{
    int fd = line->file->fd;
    line->ticket = 0;
    enum sv_line_state state = lock_wait(fd, F_WRLCK, GATE, deadline_ns, err);
    if (state != SV_LINE_TURN)
        return state;
    bool taken = ticket_take(line, err);
    lock_set(fd, F_SETLK, F_UNLCK, GATE);
    if (!taken)
        return SV_LINE_FAILED;

    struct flock other;
    if (lock_find(fd, TICKETS, line->ticket, &other))
        state = wait_for(line, TICKETS + line->ticket - 1, deadline_ns, err);
    /* Whoever stands before one that died while it waited. */
    while (state == SV_LINE_TURN && lock_find(fd, TICKETS, line->ticket, &other))
        state = wait_for(line, (uint64_t)other.l_start, deadline_ns, err);
    if (state != SV_LINE_TURN) {
        sv_line_leave(line);
        return state;
    }
    unsigned char bytes[8] = {0};
    if (sv_os_pread(fd, bytes, sizeof bytes, 8) < 0)
        memset(bytes, 0, sizeof bytes);
    line->mark = number_get(bytes);
    return SV_LINE_TURN;
}

void sv_line_leave(struct sv_line *line)
{
    if (line == NULL)
        return;
    if (line->standing)
        lock_set(line->file->fd, F_SETLK, F_UNLCK, TICKETS + line->ticket);
    line->standing = false;
}

bool sv_line_is_shared(const struct sv_line *line)
{
    return line->is_shared;
}

pid_t sv_line_holder(struct sv_line *line)
{
    struct flock other;
    pid_t pid = 0;
    for (uint64_t len = line->ticket; lock_find(line->file->fd, TICKETS, len, &other);) {
        pid = other.l_pid;
        uint64_t start = (uint64_t)other.l_start;
        if (start < TICKETS || start - TICKETS >= len)
            break;
        len = start - TICKETS;
    }
    if (pid <= 0 && lock_find(line->file->fd, GATE, 1, &other))
        pid = other.l_pid;
    return pid > 0 ? pid : 0;
}

int sv_line_file(const struct sv_line *line)
{
    return line->file->fd;
}

uint64_t sv_line_mark(const struct sv_line *line)
{
    return line->mark;
}

void sv_line_set_mark(struct sv_line *line, uint64_t mark)
{
    if (mark != line->mark && number_write(line->file->fd, 8, mark))
        line->mark = mark;
}

static uint64_t place_of(uint64_t name)
{
    return NAMES + (name >> 3);
}

bool sv_line_hold(struct sv_line *line, uint64_t name, pid_t *holder, struct sv_error *err)
{
    struct flock other;
    *holder = 0;
    if (lock_set(line->file->fd, F_SETLK, F_WRLCK, place_of(name)))
        return true;
    if (errno != EAGAIN && errno != EACCES)
        return sv_error_errno(err, "cannot lock the side file of the store");
    if (lock_find(line->file->fd, place_of(name), 1, &other) && other.l_pid > 0)
        *holder = other.l_pid;
    return false;
}
