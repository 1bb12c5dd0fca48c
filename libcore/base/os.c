/* SPDX-License-Identifier: ISC */
#define _GNU_SOURCE /* getrandom, statx */
#include "base/os.h"

#include <dirent.h>
#include <errno.h>
#include <fcntl.h>
#include <limits.h>
#include <poll.h>
#include <pwd.h>
#include <stdio.h>
#include <stdlib.h>
#include <sys/random.h>
#include <sys/resource.h>
#include <sys/stat.h>
#include <sys/statvfs.h>
#include <time.h>
#include <unistd.h>

#include "base/mem.h"
#include "base/time.h"

static int open_for_reading(const char *path, int flags, bool *is_missing, struct sv_error *err)
{
    int fd;
    do
        fd = open(path, O_RDONLY | O_CLOEXEC | O_NOCTTY | flags);
    while (fd < 0 && errno == EINTR);
    if (is_missing != NULL)
        *is_missing = fd < 0 && errno == ENOENT;
    if (fd < 0) {
        sv_error_at(err, path, 0, 0);
        sv_error_errno(err, "cannot open");
        if (err != NULL)
            err->code = SV_INPUT;
    }
    return fd;
}

int sv_os_open(const char *path, bool *is_missing, struct sv_error *err)
{
    return open_for_reading(path, 0, is_missing, err);
}

int sv_os_open_live(const char *path, struct sv_error *err)
{
    return open_for_reading(path, O_NONBLOCK, NULL, err);
}

int sv_os_create(const char *path, struct sv_error *err)
{
    int fd;
    do
        fd = open(path, O_WRONLY | O_CREAT | O_EXCL | O_CLOEXEC | O_NOCTTY, 0600);
    while (fd < 0 && errno == EINTR);
    if (fd < 0) {
        sv_error_at(err, path, 0, 0);
        sv_error_errno(err, "cannot make");
    }
    return fd;
}

static void fill_stat(const struct stat *st, struct sv_os_stat *out)
{
    *out = (struct sv_os_stat){.device = (uint64_t)st->st_dev,
                               .inode = (uint64_t)st->st_ino,
                               .links = (uint64_t)st->st_nlink,
                               .size = S_ISREG(st->st_mode) ? (int64_t)st->st_size : 0,
                               .mode = (uint32_t)st->st_mode,
                               .owner = (uint32_t)st->st_uid,
                               .modified_ns = (int64_t)st->st_mtim.tv_sec * SV_SECOND_NS + st->st_mtim.tv_nsec,
                               .is_file = S_ISREG(st->st_mode),
                               .is_folder = S_ISDIR(st->st_mode),
                               .is_pipe = S_ISFIFO(st->st_mode) || S_ISSOCK(st->st_mode) || S_ISCHR(st->st_mode)};
}

bool sv_os_stat_path(const char *path, bool follow_link, struct sv_os_stat *out)
{
    struct stat st;
    if ((follow_link ? stat(path, &st) : lstat(path, &st)) != 0)
        return false;
    fill_stat(&st, out);
    return true;
}

bool sv_os_stat_fd(int fd, struct sv_os_stat *out)
{
    struct stat st;
    if (fstat(fd, &st) != 0)
        return false;
    fill_stat(&st, out);
    return true;
}

int64_t sv_os_born_ns(int fd)
{
#ifdef STATX_BTIME
    struct statx st;
    if (statx(fd, "", AT_EMPTY_PATH, STATX_BTIME, &st) == 0 && (st.stx_mask & STATX_BTIME) != 0)
        return (int64_t)st.stx_btime.tv_sec * SV_SECOND_NS + st.stx_btime.tv_nsec;
#endif
    (void)fd;
    return 0;
}

ssize_t sv_os_read(int fd, void *data, size_t size)
{
    ssize_t n;
    do
        n = read(fd, data, size);
    while (n < 0 && errno == EINTR);
    return n;
}

ssize_t sv_os_pread(int fd, void *data, size_t size, int64_t offset)
{
    ssize_t n;
    do
        n = pread(fd, data, size, (off_t)offset);
    while (n < 0 && errno == EINTR);
    return n;
}

bool sv_os_write_all(int fd, struct sv_slice data)
{
    while (data.len > 0) {
        ssize_t n = write(fd, data.data, data.len);
        if (n < 0 && errno == EAGAIN) { /* somebody made the descriptor non-blocking */
            struct pollfd p = {.fd = fd, .events = POLLOUT};
            poll(&p, 1, -1);
            continue;
        }
        if (n < 0 && errno != EINTR)
            return false;
        if (n > 0)
            data.data += n, data.len -= (size_t)n;
    }
    return true;
}

size_t sv_os_descriptors(void)
{
    long most = sysconf(_SC_OPEN_MAX);
    return most > 0 ? (size_t)most : _POSIX_OPEN_MAX;
}

ssize_t sv_os_write_some(int fd, struct sv_slice data)
{
    ssize_t n;
    do
        n = write(fd, data.data, data.len);
    while (n < 0 && errno == EINTR);
    return n < 0 && (errno == EAGAIN || errno == EWOULDBLOCK) ? 0 : n;
}

void sv_os_close(int fd)
{
    if (fd >= 0)
        close(fd);
}

int sv_os_poll(struct pollfd *polls, size_t count, int timeout_ms)
{
    return poll(polls, (nfds_t)count, timeout_ms);
}

int sv_os_wait(int fd, int timeout_ms)
{
    struct pollfd p = {.fd = fd, .events = POLLIN};
    int n = sv_os_poll(&p, 1, timeout_ms);
    return n < 0 ? -1 : n > 0;
}

bool sv_os_settle(int fd, int wait_ms)
{
    struct stat st;
    int64_t until_ns = sv_os_monotonic_ns() + (int64_t)wait_ms * 1000000;
    if (fstat(fd, &st) != 0)
        return false;
    if (S_ISREG(st.st_mode))
        return fsync(fd) == 0;
    while (S_ISFIFO(st.st_mode) || S_ISSOCK(st.st_mode)) {
        struct pollfd p = {.fd = fd, .events = 0}; /* what is closed at the other end is told without being asked for */
        int64_t left_ns = until_ns - sv_os_monotonic_ns();
        int n = poll(&p, 1, left_ns > 0 ? (int)(left_ns / 1000000) + 1 : 0);
        if (n > 0) {
            errno = EPIPE;
            return false;
        }
        if (n == 0 || errno != EINTR)
            return n == 0;
    }
    return true;
}

static int64_t clock_ns(clockid_t clock)
{
    struct timespec t;
    clock_gettime(clock, &t);
    return (int64_t)t.tv_sec * SV_SECOND_NS + t.tv_nsec;
}

int64_t sv_os_now_ns(void)
{
    const char *fixed = getenv("SV_NOW");
    int64_t ns;
    if (fixed != NULL && sv_time_parse(sv_slice_str(fixed), &ns))
        return ns;
    return clock_ns(CLOCK_REALTIME);
}

int64_t sv_os_monotonic_ns(void)
{
    return clock_ns(CLOCK_MONOTONIC);
}

void sv_os_sleep_until(int64_t monotonic_ns)
{
    struct timespec until = {.tv_sec = (time_t)(monotonic_ns / SV_SECOND_NS), .tv_nsec = (long)(monotonic_ns % SV_SECOND_NS)};
    clock_nanosleep(CLOCK_MONOTONIC, TIMER_ABSTIME, &until, NULL);
}

void sv_os_random(void *data, size_t size)
{
    char *p = data;
    while (size > 0) {
        ssize_t n = getrandom(p, size, 0);
        if (n < 0 && errno != EINTR) { /* no such call: the clock is still better than nothing, and no secret hangs on it */
            uint64_t now = (uint64_t)clock_ns(CLOCK_MONOTONIC) ^ (uint64_t)getpid() << 32;
            for (; size > 0; size--, now = now * UINT64_C(6364136223846793005) + 1442695040888963407)
                *p++ = (char)(now >> 33);
            return;
        }
        if (n > 0)
            p += n, size -= (size_t)n;
    }
}

void sv_os_host(struct sv_buf *out)
{
    char name[HOST_NAME_MAX + 1] = "";
    gethostname(name, sizeof name - 1);
    sv_buf_str(out, name[0] != '\0' ? name : "localhost");
}

void sv_os_user(struct sv_buf *out)
{
    const char *caller = getenv("SUDO_USER");
    const struct passwd *known = getuid() == 0 && caller != NULL && caller[0] != '\0' ? NULL : getpwuid(getuid());
    if (known != NULL)
        sv_buf_str(out, known->pw_name);
    else if (getuid() == 0 && caller != NULL && caller[0] != '\0')
        sv_buf_str(out, caller);
    else
        sv_buf_uint(out, getuid());
}

int64_t sv_os_cpu_ns(void)
{
    struct rusage usage;
    getrusage(RUSAGE_SELF, &usage);
    return ((int64_t)usage.ru_utime.tv_sec + usage.ru_stime.tv_sec) * SV_SECOND_NS +
           ((int64_t)usage.ru_utime.tv_usec + usage.ru_stime.tv_usec) * 1000;
}

int64_t sv_os_peak_bytes(void)
{
    struct rusage usage;
    getrusage(RUSAGE_SELF, &usage);
    return (int64_t)usage.ru_maxrss * 1024;
}

bool sv_os_program_folder(struct sv_buf *out)
{
    char path[PATH_MAX]; /* /proc is Linux; elsewhere the prefix decides */
    ssize_t n = readlink("/proc/self/exe", path, sizeof path);
    while (n > 0 && path[n - 1] != '/')
        n--;
    if (n <= 1)
        return false;
    sv_buf_add(out, sv_slice(path, (size_t)n - 1));
    return true;
}

bool sv_os_slurp_fd(int fd, size_t limit, struct sv_buf *out, struct sv_error *err)
{
    size_t start = out->len;
    for (;;) {
        ssize_t n = sv_os_read(fd, sv_buf_room(out, 65536), 65536);
        if (n < 0)
            sv_error_errno(err, "cannot read");
        if (n <= 0)
            return n == 0;
        out->len += (size_t)n;
        if (out->len - start > limit)
            return sv_error_set(err, SV_INPUT, "larger than %zu bytes", limit);
    }
}

bool sv_os_slurp(const char *path, size_t limit, struct sv_buf *out, struct sv_error *err)
{
    int fd = sv_os_open(path, NULL, err);
    if (fd < 0)
        return false;
    bool fine = sv_os_slurp_fd(fd, limit, out, err);
    close(fd);
    return fine || sv_error_at(err, path, 0, 0);
}

static int by_name(const void *a, const void *b)
{
    return strcmp(*(const char *const *)a, *(const char *const *)b);
}

bool sv_os_list(const char *path, struct sv_buf *out, size_t *count, struct sv_error *err)
{
    DIR *folder = opendir(path);
    if (folder == NULL) {
        sv_error_at(err, path, 0, 0);
        return sv_error_errno(err, "cannot read folder");
    }
    char **names = NULL;
    size_t n = 0, capacity = 0;
    for (struct dirent *entry; (entry = readdir(folder)) != NULL;) {
        if (strcmp(entry->d_name, ".") == 0 || strcmp(entry->d_name, "..") == 0)
            continue;
        if (n == capacity) {
            capacity = capacity > 0 ? capacity * 2 : 64;
            names = sv_realloc(names, capacity * sizeof *names);
        }
        names[n++] = sv_str_dup(sv_slice_str(entry->d_name));
    }
    closedir(folder);
    if (n > 0)
        qsort(names, n, sizeof *names, by_name);
    for (size_t i = 0; i < n; i++) {
        sv_buf_add(out, sv_slice(names[i], strlen(names[i]) + 1));
        sv_free(names[i]);
    }
    sv_free(names);
    *count = n;
    return true;
}

bool sv_os_sync(const char *path, struct sv_error *err)
{
    int fd = open(path, O_RDONLY | O_CLOEXEC | O_NOCTTY);
    bool fine = fd >= 0 && (fsync(fd) == 0 || errno == EINVAL); /* some file systems cannot sync a folder */
    if (!fine) {
        sv_error_at(err, path, 0, 0);
        sv_error_errno(err, "cannot write to the disk");
    }
    if (fd >= 0)
        close(fd);
    return fine;
}

/* The folder a path lies in; yours to free. */
static char *folder_of(const char *path)
{
    const char *slash = strrchr(path, '/');
    return slash == NULL ? sv_str_dup(SV_SLICE(".")) : sv_str_dup(sv_slice(path, (size_t)(slash - path) + (slash == path)));
}

bool sv_os_rename(const char *from, const char *to, struct sv_error *err)
{
    if (rename(from, to) != 0) {
        sv_error_at(err, from, 0, 0);
        return sv_error_errno(err, "cannot be renamed to %s", to);
    }
    char *folder = folder_of(to);
    bool fine = sv_os_sync(folder, err);
    sv_free(folder);
    return fine;
}

/* Is there a last line, and without its end? */
static bool is_torn(int fd)
{
    struct sv_os_stat st;
    char last;
    return sv_os_stat_fd(fd, &st) && st.size > 0 && sv_os_pread(fd, &last, 1, st.size - 1) == 1 && last != '\n';
}

static bool append_to(int fd, struct sv_slice bytes, struct sv_error *err)
{
    struct sv_os_stat st;
    struct sv_buf line = {0};
    if (!sv_os_stat_fd(fd, &st) || (!st.is_file && !S_ISCHR(st.mode)))
        return sv_error_set(err, SV_INPUT, "is no file");
    if (is_torn(fd))
        sv_buf_char(&line, '\n');
    sv_buf_add(&line, bytes);
    bool fine = sv_os_write_all(fd, sv_buf_slice(&line)) && (fsync(fd) == 0 || !st.is_file);
    sv_buf_free(&line);
    return fine || sv_error_errno(err, "cannot be written");
}

bool sv_os_append(const char *path, struct sv_slice bytes, struct sv_error *err)
{
    int flags = O_RDWR | O_APPEND | O_CLOEXEC | O_NOCTTY | O_NONBLOCK, fd = open(path, flags); /* never waits for who reads a pipe */
    bool is_new = fd < 0 && errno == ENOENT;
    if (is_new)
        fd = open(path, flags | O_CREAT, 0600);
    sv_error_at(err, path, 0, 0);
    if (fd < 0)
        return sv_error_errno(err, "cannot be opened");
    bool fine = append_to(fd, bytes, err);
    if (close(fd) != 0 && fine)
        fine = sv_error_errno(err, "cannot be written");
    if (fine && is_new) {
        char *folder = folder_of(path);
        fine = sv_os_sync(folder, err);
        sv_free(folder);
    }
    return fine;
}

static bool put_part(const char *part, struct sv_slice bytes, uint32_t mode, struct sv_error *err)
{
    unlink(part);
    int fd = open(part, O_WRONLY | O_CREAT | O_EXCL | O_CLOEXEC | O_NOFOLLOW, 0600);
    bool fine = fd >= 0 && sv_os_write_all(fd, bytes) && fchmod(fd, (mode_t)mode) == 0 && fsync(fd) == 0;
    if (!fine)
        sv_error_errno(err, "cannot be written");
    if (fd >= 0 && close(fd) != 0 && fine)
        fine = sv_error_errno(err, "cannot be written");
    return fine;
}

bool sv_os_put_file(const char *path, struct sv_slice bytes, uint32_t mode, struct sv_error *err)
{
    struct sv_buf part = {0};
    sv_buf_printf(&part, "%s.%ld.part", path, (long)getpid());
    sv_error_at(err, path, 0, 0);
    bool fine = put_part(sv_buf_cstr(&part), bytes, mode, err);
    if (fine && err != NULL)
        err->file[0] = '\0';
    fine = fine && sv_os_rename(sv_buf_cstr(&part), path, err);
    if (!fine)
        unlink(sv_buf_cstr(&part));
    sv_buf_free(&part);
    return fine;
}

int64_t sv_os_free_bytes(const char *path)
{
    struct statvfs fs;
    return statvfs(path, &fs) == 0 ? (int64_t)((uint64_t)fs.f_bavail * fs.f_frsize) : -1;
}

void sv_os_forget(const char *path)
{
    int fd = open_for_reading(path, 0, NULL, NULL);
    if (fd < 0)
        return;
    fsync(fd); /* what is not written yet cannot be forgotten */
#ifdef POSIX_FADV_DONTNEED
    posix_fadvise(fd, 0, 0, POSIX_FADV_DONTNEED);
#endif
    close(fd);
}

bool sv_os_make_folder(const char *path, uint32_t mode, struct sv_error *err)
{
    char part[PATH_MAX];
    size_t len = strlen(path);
    if (len >= sizeof part) {
        errno = ENAMETOOLONG;
        return sv_error_errno(err, "cannot make folder");
    }
    for (size_t i = 1; i <= len; i++) {
        if (path[i] != '/' && path[i] != '\0')
            continue;
        memcpy(part, path, i);
        part[i] = '\0';
        if (mkdir(part, (mode_t)mode) != 0 && errno != EEXIST) {
            sv_error_at(err, part, 0, 0);
            return sv_error_errno(err, "cannot make folder");
        }
    }
    return true;
}
