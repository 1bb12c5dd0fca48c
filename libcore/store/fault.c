/* SPDX-License-Identifier: ISC */
/* SQLite's failures in words: what happened, to what, what was done about it. */
#define _DEFAULT_SOURCE
#include <ctype.h>
#include <errno.h>
#include <stdarg.h>
#include <stdio.h>
#include <string.h>

#include "base/os.h"
#include "base/time.h"
#include "store/private.h"

/* Who holds a write lock on this inode at an offset from..to, as /proc/locks (proc(5)) has it; 0: not known. */
static long lock_owner(uint64_t inode, uint64_t from, uint64_t to)
{
    struct sv_buf text = {0};
    long owner = 0;
    if (sv_os_slurp("/proc/locks", 4 << 20, &text, NULL)) {
        for (const char *line = sv_buf_cstr(&text); owner == 0 && *line != '\0';) {
            unsigned long long ino, start;
            long pid;
            if (sscanf(line, "%*s POSIX %*s WRITE %ld %*x:%*x:%llu %llu", &pid, &ino, &start) == 3 && ino == inode &&
                start >= from && start <= to && pid > 0)
                owner = pid;
            line += strcspn(line, "\n");
            line += *line != '\0';
        }
    }
    sv_buf_free(&text);
    return owner;
}

/* Of a program outside of our line, such as a shell of SQLite's. Offsets: https://sqlite.org/fileformat2.html#walindex (the
 * write lock is byte 120 of the -shm file) and SQLite's PENDING_BYTE. */
static long foreign_owner(const struct sv_store *store)
{
    enum { WAL_WRITE_LOCK = 120, PENDING_BYTE = 0x40000000 };
    struct sv_os_stat st;
    long pid = sv_os_stat_path(store->shm, false, &st) ? lock_owner(st.inode, WAL_WRITE_LOCK, WAL_WRITE_LOCK) : 0;
    if (pid == 0 && sv_os_stat_path(store->path, false, &st))
        pid = lock_owner(st.inode, PENDING_BYTE, PENDING_BYTE + 511);
    return pid;
}

/* " (name)", or nothing. The name is the other program's own choice: only what cannot harm a terminal is passed on. */
static void program_name(long pid, char *out, size_t size)
{
    char path[64];
    struct sv_buf text = {0};
    snprintf(path, sizeof path, "/proc/%ld/comm", pid);
    out[0] = '\0';
    if (sv_os_slurp(path, 256, &text, NULL)) {
        struct sv_slice name = sv_slice_trim(sv_buf_slice(&text));
        for (size_t i = 0; i < name.len; i++)
            if (!isprint((unsigned char)name.data[i]))
                ((char *)name.data)[i] = '?';
        snprintf(out, size, " (%.*s)", SV_ARG(name));
    }
    sv_buf_free(&text);
}

bool sv_store_refuse(const struct sv_store *store, struct sv_error *err, const char *format, ...)
{
    char text[sizeof err->text];
    va_list args;
    va_start(args, format);
    vsnprintf(text, sizeof text, format, args);
    va_end(args);
    sv_error_at(err, store->shown, 0, 0);
    return sv_error_set(err, SV_SYSTEM, "%s", text);
}

bool sv_store_locked(struct sv_store *store, struct sv_error *err)
{
    long pid = store->line != NULL ? (long)sv_line_holder(store->line) : 0;
    if (pid <= 0)
        pid = foreign_owner(store);
    char who[120] = "another program", name[64];
    if (pid > 0) {
        program_name(pid, name, sizeof name);
        snprintf(who, sizeof who, "process %ld%s", pid, name);
    }
    char span[32];
    if (store->wait_ns % SV_SECOND_NS == 0)
        snprintf(span, sizeof span, "%lld s", (long long)(store->wait_ns / SV_SECOND_NS));
    else
        snprintf(span, sizeof span, "%lld ms", (long long)(store->wait_ns / 1000000));
    return sv_store_refuse(store, err, "locked for %s by %s; try again, or raise --wait", span, who);
}

/* The code is not always an extended one. */
static const char *io_verb(int rc)
{
    switch (rc) {
    case SQLITE_IOERR_READ:
        return "cannot read";
    case SQLITE_IOERR_WRITE:
    case SQLITE_IOERR_FSYNC:
    case SQLITE_IOERR_DIR_FSYNC:
    case SQLITE_IOERR_TRUNCATE:
        return "cannot write";
    default:
        return "cannot read or write";
    }
}

/* What the system last said of the file or of its log. SQLite calls a page damaged that the disk could not read (os_unix.c). */
static int last_errno(struct sv_store *store)
{
    int number = 0;
    sqlite3_file *log = NULL;
    sqlite3_file_control(store->db, "main", SQLITE_FCNTL_LAST_ERRNO, &number);
    if (number == 0 && sqlite3_file_control(store->db, "main", SQLITE_FCNTL_JOURNAL_POINTER, &log) == SQLITE_OK && log != NULL &&
        log->pMethods != NULL)
        log->pMethods->xFileControl(log, SQLITE_FCNTL_LAST_ERRNO, &number);
    return number;
}

static bool explain(struct sv_store *store, int rc, struct sv_error *err)
{
    const char *rest = store->in_doubt         ? "; perhaps this batch was stored, run it again"
                       : store->in_transaction ? "; nothing of this batch was stored"
                                               : "";
    const char *message = store->db != NULL ? sqlite3_errmsg(store->db) : sqlite3_errstr(rc);
    int number = store->db != NULL ? sqlite3_system_errno(store->db) : 0;
    sv_error_at(err, store->shown, 0, 0);
    switch (rc & 0xff) {
    case SQLITE_BUSY:
    case SQLITE_LOCKED:
        return sv_store_locked(store, err);
    case SQLITE_FULL:
        return sv_error_set(err, SV_SYSTEM, "disk full%s", rest);
    case SQLITE_IOERR:
        if (number == 0) /* a sync of our own */
            number = last_errno(store);
        if (number == ENOSPC || number == EDQUOT)
            return sv_error_set(err, SV_SYSTEM, "disk full%s", rest);
        return sv_error_set(err, SV_SYSTEM, "%s: %s%s", io_verb(rc), number != 0 ? strerror(number) : message, rest);
    case SQLITE_CORRUPT:
        number = last_errno(store);
        if (number == EIO || number == ENXIO)
            return sv_error_set(err, SV_SYSTEM, "cannot read: %s%s", strerror(number), rest);
        return sv_error_set(err, SV_INPUT, "damaged (%s)%s; put a backup in its place", message, rest);
    case SQLITE_NOTADB:
        return sv_error_set(err, SV_INPUT, "is not a store: no SQLite file, or its head is damaged; nothing was changed");
    case SQLITE_READONLY:
        return sv_error_set(err, SV_SYSTEM, "read-only%s", rest);
    case SQLITE_CANTOPEN:
        if (rc == SQLITE_CANTOPEN_SYMLINK)
            return sv_error_set(err, SV_INPUT, "is a symbolic link; name the store itself");
        return sv_error_set(err, SV_SYSTEM, "cannot open: %s%s", number != 0 ? strerror(number) : message, rest);
    case SQLITE_ERROR:
        /* Our statements are right; so the tables are not what the version says. */
        return sv_error_set(err, SV_INPUT, "damaged (%s)%s; put a backup in its place", message, rest);
    default:
        return sv_error_set(err, SV_SYSTEM, "%s%s", message, rest);
    }
}

bool sv_store_fault(struct sv_store *store, int rc, struct sv_error *err)
{
    struct sv_error own = {0};
    if (err == NULL)
        err = &own;
    explain(store, rc, err);
    int kind = rc & 0xff;
    if (!store->broken && (kind == SQLITE_FULL || kind == SQLITE_IOERR || kind == SQLITE_CORRUPT)) {
        store->broken = true;
        snprintf(store->reason, sizeof store->reason, "%.*s", (int)strcspn(err->text, ";"), err->text);
    }
    return false;
}
