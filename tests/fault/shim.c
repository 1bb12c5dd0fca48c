/* SPDX-License-Identifier: ISC */
/* shim.c - preloaded beside sv-eval (LD_PRELOAD): kills it within a write; opens SQLite's WAL-reset race far enough to fall in, and takes
 * our rules away.
 *
 * The race (https://sqlite.org/wal.html#walresetbug, before 3.51.3): who checkpoints without the write lock looks how much the log
 * holds, all of it copied already; another writer begins the log anew; and the first one, who sees that nothing of the log is
 * copied now, copies and ticks off frames that are not what it takes them for. What is committed there next is never copied.
 * Between those two looks SQLite calls xUnfetch of the file, if the log has changed since it looked last. With no memory map that
 * call has nothing to do; here it sleeps, where all is copied.
 *
 *     SV_SHIM_SLEEP_US=N    so long; the shim does nothing without it
 *     SV_SHIM_PASSIVE=N     as programs do that leave all to SQLite: a PASSIVE checkpoint behind each commit with a log of N pages,
 *                           instead of RESTART in the write line; and the line lets everybody through. SQLite's own locks hold.
 *     SV_SHIM_TEAR=N        after so many bytes that were written to the log the process is gone, in the middle of a write
 *     SV_SHIM_NOTES=FILE    a letter is added for each checkpoint that found a changed log: s slept, r and meanwhile the log was
 *                           begun anew, - neither */
#define _GNU_SOURCE
#undef _FILE_OFFSET_BITS /* both fcntl and fcntl64 are defined here */
#include <dlfcn.h>
#include <fcntl.h>
#include <signal.h>
#include <sqlite3.h>
#include <stdarg.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

static sqlite3_io_methods methods;
static int (*unfetch)(sqlite3_file *, sqlite3_int64, void *);
static int (*on_commit)(void *, sqlite3 *, const char *, int);

static long number(const char *name)
{
    const char *text = getenv(name);
    return text != NULL ? strtol(text, NULL, 10) : 0;
}

/* The function that is called by this name where nothing is preloaded. */
static void next(void *to, const char *name)
{
    void *found = dlsym(RTLD_NEXT, name);
    if (found == NULL) {
        fprintf(stderr, "shim: no %s: %s\n", name, dlerror());
        abort();
    }
    memcpy(to, &found, sizeof found);
}

static void note(char letter)
{
    const char *path = getenv("SV_SHIM_NOTES");
    int fd = path != NULL ? open(path, O_WRONLY | O_CREAT | O_APPEND | O_CLOEXEC, 0600) : -1;
    if (fd >= 0 && write(fd, &letter, 1) != 1)
        abort();
    if (fd >= 0)
        close(fd);
}

/* https://sqlite.org/walformat.html#the_wal_index_file_format: frames in the log, the first salt, frames copied. */
enum { FRAMES = 4, SALT = 8, COPIED = 24, INDEX_BYTES = 32768 };

static int slow_unfetch(sqlite3_file *file, sqlite3_int64 offset, void *page)
{
    void volatile *map = NULL;
    if (page == NULL && methods.xShmMap(file, 0, INDEX_BYTES, 0, &map) == SQLITE_OK && map != NULL) {
        const unsigned volatile *index = (const unsigned volatile *)map;
        unsigned salt = index[SALT];
        int is_copied = index[FRAMES] > 0 && index[FRAMES] == index[COPIED];
        if (is_copied)
            usleep((useconds_t)number("SV_SHIM_SLEEP_US"));
        note(!is_copied ? '-' : index[SALT] == salt ? 's' : 'r');
    }
    return unfetch(file, offset, page);
}

int sqlite3_open_v2(const char *path, sqlite3 **db, int flags, const char *vfs)
{
    int (*real)(const char *, sqlite3 **, int, const char *);
    next(&real, "sqlite3_open_v2");
    int rc = real(path, db, flags, vfs);
    sqlite3_file *file = NULL;
    if (rc == SQLITE_OK && number("SV_SHIM_SLEEP_US") > 0 &&
        sqlite3_file_control(*db, "main", SQLITE_FCNTL_FILE_POINTER, &file) == SQLITE_OK && file->pMethods != NULL &&
        file->pMethods->iVersion >= 3 && file->pMethods != &methods) {
        methods = *file->pMethods;
        unfetch = methods.xUnfetch;
        methods.xUnfetch = slow_unfetch;
        file->pMethods = &methods;
    }
    return rc;
}

static int passive(void *context, sqlite3 *db, const char *name, int pages)
{
    if (pages >= number("SV_SHIM_PASSIVE")) {
        usleep((useconds_t)number("SV_SHIM_SLEEP_US")); /* or nobody else has committed meanwhile */
        sqlite3_wal_checkpoint(db, name);
    }
    return on_commit != NULL ? on_commit(context, db, name, pages) : SQLITE_OK;
}

void *sqlite3_wal_hook(sqlite3 *db, int (*hook)(void *, sqlite3 *, const char *, int), void *context)
{
    void *(*real)(sqlite3 *, int (*)(void *, sqlite3 *, const char *, int), void *);
    next(&real, "sqlite3_wal_hook");
    if (number("SV_SHIM_PASSIVE") == 0)
        return real(db, hook, context);
    on_commit = hook;
    return real(db, passive, context);
}

int sqlite3_wal_checkpoint_v2(sqlite3 *db, const char *name, int mode, int *frames, int *copied)
{
    int (*real)(sqlite3 *, const char *, int, int *, int *);
    next(&real, "sqlite3_wal_checkpoint_v2");
    return real(db, name, number("SV_SHIM_PASSIVE") > 0 ? SQLITE_CHECKPOINT_PASSIVE : mode, frames, copied);
}

static int is_named(int fd, const char *end)
{
    char link[40], path[4096];
    snprintf(link, sizeof link, "/proc/self/fd/%d", fd);
    ssize_t len = readlink(link, path, sizeof path), n = (ssize_t)strlen(end);
    return len > n && memcmp(path + len - n, end, (size_t)n) == 0;
}

ssize_t pwrite64(int fd, const void *bytes, size_t len, off64_t at)
{
    static long written;
    ssize_t (*real)(int, const void *, size_t, off64_t);
    next(&real, "pwrite64");
    long most = number("SV_SHIM_TEAR");
    if (most == 0 || !is_named(fd, "-wal"))
        return real(fd, bytes, len, at);
    if (written + (long)len >= most) {
        if (real(fd, bytes, (size_t)(most - written), at) < 0)
            abort();
        raise(SIGKILL);
    }
    written += (long)len;
    return real(fd, bytes, len, at);
}

static int lock_or_pass(const char *name, int fd, int command, void *argument)
{
    int (*real)(int, int, ...);
    if ((command == F_SETLK || command == F_SETLKW || command == F_GETLK) && number("SV_SHIM_PASSIVE") > 0 && is_named(fd, "-line")) {
        if (command == F_GETLK)
            ((struct flock *)argument)->l_type = F_UNLCK;
        return 0;
    }
    next(&real, name);
    return real(fd, command, argument);
}

int fcntl(int fd, int command, ...)
{
    va_list arguments;
    va_start(arguments, command);
    void *argument = va_arg(arguments, void *);
    va_end(arguments);
    return lock_or_pass("fcntl", fd, command, argument);
}

int fcntl64(int fd, int command, ...)
{
    va_list arguments;
    va_start(arguments, command);
    void *argument = va_arg(arguments, void *);
    va_end(arguments);
    return lock_or_pass("fcntl64", fd, command, argument);
}
