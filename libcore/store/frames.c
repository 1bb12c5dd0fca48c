/* SPDX-License-Identifier: ISC */
/* The log's frames, written together.
 *
 * SQLite writes each page of a commit with two calls, 24 bytes of a frame's head and the page, and a hundred rows of one writer among
 * fifty are a hundred pages: every row goes into the pages of the others' rows, by time. The calls took more time than the rows. So its
 * file for the log is one of ours, which holds frames back until the commit's last, known by the size in its head, and writes them with
 * one call: before SQLite goes on, which then enters them into the index of the log, and with its error, if there is one.
 *
 * They are held while COMMIT runs, at no other time: what a transaction that does not fit into memory writes before may be rolled back,
 * and what were held of it then would be written over what others have committed since. Everything else goes straight through. */
#include "store/private.h"

enum { HEAD = 24, HELD_MAX = 128 * 1024 - 1 /* more at once SQLite does not write */ };

struct log_file {
    sqlite3_file base;
    sqlite3_file *real; /* behind this */
    bool is_commit;     /* COMMIT runs */
    unsigned char *held;
    size_t len;         /* bytes of it, */
    sqlite3_int64 at;   /* to be written there */
    bool is_last;       /* the frame in hand is a commit's last */
    sqlite3_int64 read_at; /* where the last call read; -1: it did not */
};

static struct log_file *of(sqlite3_file *file)
{
    return (struct log_file *)file;
}

/* Also after an error nothing is held: SQLite rolls back, and writes over what there is of it. */
static int write_held(struct log_file *log)
{
    int len = (int)log->len;
    log->len = 0;
    log->is_last = false;
    return len > 0 ? log->real->pMethods->xWrite(log->real, log->held, len, log->at) : SQLITE_OK;
}

static int log_close(sqlite3_file *file)
{
    struct log_file *log = of(file);
    int rc = write_held(log);
    sv_free(log->held);
    log->held = NULL;
    int closed = log->real->pMethods->xClose(log->real);
    return rc != SQLITE_OK ? rc : closed;
}

static int log_read(sqlite3_file *file, void *out, int len, sqlite3_int64 at)
{
    struct log_file *log = of(file);
    int rc = write_held(log);
    log->read_at = at;
    return rc != SQLITE_OK ? rc : log->real->pMethods->xRead(log->real, out, len, at);
}

/* A head, but not one that is written anew because the frame's checksum changed: that was read by the call before, and no page follows. */
static bool is_head(struct log_file *log, int len, sqlite3_int64 at)
{
    bool is_anew = at == log->read_at;
    log->read_at = -1;
    return len == HEAD && !is_anew;
}

static int log_write(sqlite3_file *file, const void *bytes, int len, sqlite3_int64 at)
{
    struct log_file *log = of(file);
    bool begins = is_head(log, len, at), goes_on = log->len > 0 && at == log->at + (sqlite3_int64)log->len;
    if ((log->len > 0 && !goes_on) || log->len + (size_t)len > HELD_MAX) {
        int rc = write_held(log);
        if (rc != SQLITE_OK)
            return rc;
        goes_on = false;
    }
    if (!log->is_commit || (!begins && !goes_on) || len > HELD_MAX)
        return log->real->pMethods->xWrite(log->real, bytes, len, at);
    if (log->held == NULL)
        log->held = sv_alloc(HELD_MAX);
    if (log->len == 0)
        log->at = at;
    memcpy(log->held + log->len, bytes, (size_t)len);
    log->len += (size_t)len;
    if (!begins)
        return log->is_last ? write_held(log) : SQLITE_OK;
    const unsigned char *size = (const unsigned char *)bytes + 4; /* of the store behind it, in pages; 0: the commit goes on */
    log->is_last = (size[0] | size[1] | size[2] | size[3]) != 0;
    return SQLITE_OK;
}

static int log_truncate(sqlite3_file *file, sqlite3_int64 size)
{
    int rc = write_held(of(file));
    return rc != SQLITE_OK ? rc : of(file)->real->pMethods->xTruncate(of(file)->real, size);
}

static int log_sync(sqlite3_file *file, int flags)
{
    int rc = write_held(of(file));
    return rc != SQLITE_OK ? rc : of(file)->real->pMethods->xSync(of(file)->real, flags);
}

static int log_size(sqlite3_file *file, sqlite3_int64 *size)
{
    int rc = write_held(of(file));
    return rc != SQLITE_OK ? rc : of(file)->real->pMethods->xFileSize(of(file)->real, size);
}

static int log_lock(sqlite3_file *file, int lock)
{
    return of(file)->real->pMethods->xLock(of(file)->real, lock);
}

static int log_unlock(sqlite3_file *file, int lock)
{
    return of(file)->real->pMethods->xUnlock(of(file)->real, lock);
}

static int log_is_reserved(sqlite3_file *file, int *out)
{
    return of(file)->real->pMethods->xCheckReservedLock(of(file)->real, out);
}

static int log_control(sqlite3_file *file, int what, void *argument)
{
    return of(file)->real->pMethods->xFileControl(of(file)->real, what, argument);
}

static int log_sector(sqlite3_file *file)
{
    return of(file)->real->pMethods->xSectorSize(of(file)->real);
}

static int log_traits(sqlite3_file *file)
{
    return of(file)->real->pMethods->xDeviceCharacteristics(of(file)->real);
}

static const sqlite3_io_methods log_methods = {.iVersion = 1,
                                               .xClose = log_close,
                                               .xRead = log_read,
                                               .xWrite = log_write,
                                               .xTruncate = log_truncate,
                                               .xSync = log_sync,
                                               .xFileSize = log_size,
                                               .xLock = log_lock,
                                               .xUnlock = log_unlock,
                                               .xCheckReservedLock = log_is_reserved,
                                               .xFileControl = log_control,
                                               .xSectorSize = log_sector,
                                               .xDeviceCharacteristics = log_traits};

static sqlite3_vfs files; /* the system's, with this: */

static int open_file(sqlite3_vfs *vfs, const char *name, sqlite3_file *file, int flags, int *out_flags)
{
    sqlite3_vfs *system = sqlite3_vfs_find(NULL);
    struct log_file *log = of(file);
    (void)vfs;
    if ((flags & SQLITE_OPEN_WAL) == 0)
        return system->xOpen(system, name, file, flags, out_flags);
    *log = (struct log_file){.real = (sqlite3_file *)(void *)(log + 1), .read_at = -1};
    int rc = system->xOpen(system, name, log->real, flags, out_flags);
    log->base.pMethods = rc == SQLITE_OK ? &log_methods : NULL; /* nothing to close */
    return rc;
}

/* The store's, or NULL: it has none open, or lies in memory. */
static struct log_file *log_of(struct sv_store *store)
{
    sqlite3_file *file = NULL;
    int rc = sqlite3_file_control(store->db, "main", SQLITE_FCNTL_JOURNAL_POINTER, &file);
    return rc == SQLITE_OK && file != NULL && file->pMethods == &log_methods ? of(file) : NULL;
}

int sv_store_commit_frames(struct sv_store *store)
{
    struct log_file *log = log_of(store);
    if (log != NULL)
        log->is_commit = true;
    int rc = sv_store_exec(store, "COMMIT");
    if (log != NULL && (log = log_of(store)) != NULL) {
        log->is_commit = false;
        if (rc == SQLITE_OK)
            rc = write_held(log); /* nothing, as long as SQLite ends with a frame that says so */
        log->len = 0; /* of one that failed nothing is to be written any more */
    }
    return rc;
}

const char *sv_store_files(void)
{
    if (files.zName == NULL) {
        files = *sqlite3_vfs_find(NULL);
        files.zName = "sv";
        files.pNext = NULL;
        files.szOsFile += (int)sizeof(struct log_file);
        files.xOpen = open_file;
        sqlite3_vfs_register(&files, 0);
    }
    return files.zName;
}
