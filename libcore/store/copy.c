/* SPDX-License-Identifier: ISC */
/* A store as of one moment, page by page through SQLite: while one read goes on, writers write into the log. */
#define _DEFAULT_SOURCE
#include <errno.h>
#include <string.h>
#include <sys/stat.h>
#include <unistd.h>

#include "base/os.h"
#include "store/private.h"

static bool fail(sqlite3 *target, int rc, struct sv_error *err)
{
    int number = target != NULL ? sqlite3_system_errno(target) : 0;
    if ((rc & 0xff) == SQLITE_FULL || number == ENOSPC || number == EDQUOT)
        return sv_error_set(err, SV_SYSTEM, "disk full");
    if (number != 0)
        return sv_error_set(err, SV_SYSTEM, "%s", strerror(number));
    return sv_error_set(err, SV_SYSTEM, "%s", target != NULL ? sqlite3_errmsg(target) : sqlite3_errstr(rc));
}

bool sv_store_copy_into(struct sv_store *store, sqlite3 *target, struct sv_error *err)
{
    store->deadline_ns = sv_os_monotonic_ns() + store->wait_ns;
    sqlite3_backup *backup = sqlite3_backup_init(target, "main", store->db, "main");
    if (backup == NULL)
        return fail(target, sqlite3_errcode(target), err);
    int rc;
    while ((rc = sqlite3_backup_step(backup, -1)) == SQLITE_BUSY && sv_store_pause(store)) /* another recovers the log */
        ;
    sqlite3_backup_finish(backup);
    if (rc == SQLITE_BUSY)
        return sv_store_locked(store, err);
    /* What the source could not give is the source's fault; SQLite says it of both. */
    if ((rc & 0xff) == SQLITE_CORRUPT || (rc & 0xff) == SQLITE_NOTADB)
        return sv_store_fault(store, rc, err);
    return rc == SQLITE_DONE || fail(target, rc, err);
}

/* Nobody else knows the file yet, so there is no journal, and it is put on the disk once, as a whole. The copy of a file that has
 * a log says so in its head; without one it can be read where nothing can be written. */
static bool copy_to(struct sv_store *store, const char *part, struct sv_error *err)
{
    sqlite3 *target = NULL;
    mode_t mask = umask(077);
    int rc = sqlite3_open_v2(part, &target, SQLITE_OPEN_READWRITE | SQLITE_OPEN_CREATE | SQLITE_OPEN_NOFOLLOW | SQLITE_OPEN_NOMUTEX, NULL);
    umask(mask);
    if (rc == SQLITE_OK)
        rc = sqlite3_exec(target, "PRAGMA journal_mode = OFF; PRAGMA synchronous = OFF", NULL, NULL, NULL);
    bool fine = rc == SQLITE_OK ? sv_store_copy_into(store, target, err) : fail(target, rc, err);
    if (fine) {
        rc = sqlite3_exec(target, "PRAGMA journal_mode = DELETE", NULL, NULL, NULL);
        fine = rc == SQLITE_OK || fail(target, rc, err);
    }
    sqlite3_close(target);
    return fine;
}

bool sv_store_copy(struct sv_store *store, const char *to, struct sv_error *err)
{
    static const char *const rest[] = {"", "-wal", "-shm", "-journal"};
    struct sv_buf part = {0};
    sv_buf_printf(&part, "%s.part", to);
    unlink(sv_buf_cstr(&part));
    bool fine = copy_to(store, sv_buf_cstr(&part), err) && sv_os_sync(sv_buf_cstr(&part), err) && sv_os_rename(sv_buf_cstr(&part), to, err);
    size_t len = part.len;
    for (size_t i = 0; !fine && i < sizeof rest / sizeof *rest; i++) {
        part.len = len;
        sv_buf_str(&part, rest[i]);
        unlink(sv_buf_cstr(&part));
    }
    sv_buf_free(&part);
    return fine;
}

/* What has the name already, and is not to be lost: anything but an older backup. */
static bool may_replace(const struct sv_store *store, const char *to, bool replace, struct sv_error *err)
{
    struct sv_os_stat st;
    if (!sv_os_stat_path(to, false, &st))
        return errno == ENOENT || sv_error_errno(err, "cannot be made");
    if (!st.is_file)
        return sv_error_set(err, SV_INPUT, "is not a plain file; give another name");
    if (st.device == store->device && st.inode == store->inode)
        return sv_error_set(err, SV_USAGE, "is the store itself; give another name");
    if (!replace)
        return sv_error_set(err, SV_INPUT, "is there already; give another name, or --replace");
    struct sv_store_spec spec = {.path = to, .program = store->program, .read_only = true, .untouched = true, .any_version = true};
    struct sv_store *old = sv_store_open(&spec, err);
    sv_store_close(old);
    return old != NULL || sv_error_prefix(err, "is not replaced, for it ");
}

bool sv_store_backup(struct sv_store *store, const char *to, bool replace, int64_t *bytes, struct sv_error *err)
{
    struct sv_os_stat st = {0};
    sv_error_at(err, to, 0, 0);
    if (!may_replace(store, to, replace, err))
        return false;
    if (!sv_store_copy(store, to, err)) {
        if (err != NULL && strcmp(err->file, store->shown) != 0) { /* else it is the store's fault, not the copy's */
            sv_error_prefix(err, "cannot be made: ");
            sv_error_at(err, to, 0, 0);
        }
        return false;
    }
    if (err != NULL)
        err->file[0] = '\0';
    *bytes = sv_os_stat_path(to, false, &st) ? st.size : 0;
    return true;
}
