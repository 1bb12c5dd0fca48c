/* SPDX-License-Identifier: ISC */
/* A batch: the turn in the line, BEGIN IMMEDIATE, COMMIT if the file is still ours. */
#define _DEFAULT_SOURCE
#include <stdio.h>
#include <time.h>

#include "base/os.h"
#include "store/private.h"

bool sv_store_pause(const struct sv_store *store)
{
    if (sv_os_monotonic_ns() >= store->deadline_ns)
        return false;
    nanosleep(&(struct timespec){0, 500000}, NULL);
    return true;
}

bool sv_store_line_enter(struct sv_store *store, struct sv_error *err)
{
    if (store->in_memory)
        return true;
    switch (sv_line_enter(store->line, store->deadline_ns, err)) {
    case SV_LINE_TURN:
        return true;
    case SV_LINE_LATE:
        return sv_store_locked(store, err);
    default:
        return sv_error_at(err, store->shown, 0, 0);
    }
}

bool sv_store_begin(struct sv_store *store, struct sv_error *err)
{
    if (store->read_only)
        return sv_store_refuse(store, err, "opened for reading only");
    if (store->broken)
        return sv_store_refuse(store, err, "%s; nothing more is stored by this process", store->reason);
    int64_t started_ns = sv_os_monotonic_ns();
    store->deadline_ns = started_ns + store->wait_ns;
    if (!sv_store_line_enter(store, err)) {
        sv_timing_took(store, SV_TIMED_BEGIN, true, sv_os_monotonic_ns() - started_ns);
        return false;
    }
    int rc = sv_store_exec(store, "BEGIN IMMEDIATE");
    /* The busy handler waits; what it is not asked about (another recovers the log) comes here. */
    while ((rc & 0xff) == SQLITE_BUSY && sv_store_pause(store)) {
        store->caches.busy++;
        rc = sv_store_exec(store, "BEGIN IMMEDIATE");
    }
    sv_timing_took(store, SV_TIMED_BEGIN, rc != SQLITE_OK, sv_os_monotonic_ns() - started_ns);
    if (rc != SQLITE_OK) {
        sv_store_fault(store, rc, err);
        sv_line_leave(store->line);
        return false;
    }
    store->in_transaction = true;
    return true;
}

void sv_store_rollback(struct sv_store *store)
{
    if (!store->in_transaction)
        return;
    for (size_t i = 0; i < SV_SQL_COUNT; i++)
        if (store->statements[i] != NULL)
            sv_store_leave(store, store->statements[i]);
    if (sqlite3_get_autocommit(store->db) == 0) /* after some errors SQLite has rolled back by itself */
        sv_store_exec(store, "ROLLBACK");
    store->in_transaction = false;
    store->rows = store->rows_before;
    sv_store_names_forget(store);
    sv_timing_rolled_back(store);
    sv_store_counts_forget(store);
    sv_line_leave(store->line);
}

static bool commit(struct sv_store *store, bool syncs, struct sv_error *err)
{
    if (!store->in_transaction)
        return sv_store_refuse(store, err, "no batch was begun");
    if (!store->in_memory && !sv_store_file_same(store, err)) {
        store->broken = true;
        snprintf(store->reason, sizeof store->reason, "removed or replaced while running");
        sv_store_rollback(store);
        return false;
    }
    if (!sv_store_counts_write(store, err)) {
        sv_store_rollback(store);
        return false;
    }
    if (!store->in_memory)
        sv_timing_write(store);
    int64_t started_ns = sv_os_monotonic_ns(), took_ns;
    int rc = sqlite3_get_autocommit(store->db) == 0 ? sv_store_commit_frames(store) : SQLITE_ABORT_ROLLBACK;
    took_ns = sv_os_monotonic_ns() - started_ns;
    if (rc != SQLITE_OK) {
        sv_timing_took(store, SV_TIMED_COMMIT, true, took_ns);
        /* Synced, or entered into the index of the log, is what was written whole; recovery reads what lies there. */
        store->in_doubt = (rc & 0xff) == SQLITE_IOERR && rc != SQLITE_IOERR_WRITE;
        sv_store_fault(store, rc, err);
        sv_store_rollback(store);
        return false;
    }
    store->in_transaction = false;
    store->rows_before = store->rows;
    /* The batch is stored whatever becomes of the checkpoint; if that fails on the disk, the next begin says so. */
    sv_store_checkpoint(store, 1000, NULL);
    sv_line_leave(store->line);
    started_ns = sv_os_monotonic_ns();
    bool fine = !syncs || sv_store_sync(store, err);
    sv_timing_took(store, SV_TIMED_COMMIT, !fine, took_ns + sv_os_monotonic_ns() - started_ns);
    return fine;
}

bool sv_store_commit(struct sv_store *store, struct sv_error *err)
{
    return commit(store, store->syncs, err);
}

bool sv_store_commit_later(struct sv_store *store, struct sv_error *err)
{
    return commit(store, false, err);
}

bool sv_store_commit_rest(struct sv_store *store, struct sv_error *err)
{
    int64_t started_ns = sv_os_monotonic_ns();
    bool fine = !store->syncs || sv_store_sync(store, err);
    sv_timing_took(store, SV_TIMED_COMMIT, !fine, sv_os_monotonic_ns() - started_ns);
    return fine;
}

/* Through SQLite's own handle, so that the name of a new log is synced, too. What lies before ours in the log comes with it. */
bool sv_store_sync(struct sv_store *store, struct sv_error *err)
{
    sqlite3_file *log = NULL;
    if (!store->is_unsynced)
        return true;
    int rc = sqlite3_file_control(store->db, "main", SQLITE_FCNTL_JOURNAL_POINTER, &log);
    if (rc == SQLITE_OK && log->pMethods != NULL)
        rc = log->pMethods->xSync(log, SQLITE_SYNC_NORMAL | SQLITE_SYNC_DATAONLY);
    store->is_unsynced = store->in_doubt = rc != SQLITE_OK;
    store->caches.syncs++;
    return rc == SQLITE_OK || sv_store_fault(store, rc, err);
}

bool sv_store_is_shared(const struct sv_store *store)
{
    return store->line != NULL && sv_line_is_shared(store->line);
}

uint64_t sv_store_rows(const struct sv_store *store)
{
    return store->rows;
}
