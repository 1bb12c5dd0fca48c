/* SPDX-License-Identifier: ISC */
/* The log back into the file.
 *
 * Only ever as RESTART or TRUNCATE, which take SQLite's write lock first, and only in the write line, where nobody else holds it:
 * what SQLite does by itself (PASSIVE, without the lock) can lose committed rows before 3.51.3 when several processes do it
 * (https://sqlite.org/wal.html#walresetbug). Readers are never waited for: as long as one needs the old log, what it does not need is
 * brought into the file, and the next try is when there are as many pages more; that mark lies in the side file, for all writers. All
 * of them wait for a try: were they made ever more seldom, each would bring more, and take longer. */
#include "base/os.h"
#include "store/private.h"

static bool checkpoint(struct sv_store *store, int limit, int mode, struct sv_error *err)
{
    uint64_t pages = store->wal_pages > 0 ? (uint64_t)store->wal_pages : 0;
    if (store->in_memory)
        return true;
    if (pages <= (uint64_t)limit) {
        sv_line_set_mark(store->line, 0); /* the log has begun anew: nobody stands in the way any more */
        return true;
    }
    if (pages < sv_line_mark(store->line))
        return true;
    store->deadline_ns = 0;
    int64_t started_ns = sv_os_monotonic_ns();
    int rc = sqlite3_wal_checkpoint_v2(store->db, "main", mode, NULL, NULL);
    sv_timing_took(store, SV_TIMED_CHECKPOINT, rc != SQLITE_OK, sv_os_monotonic_ns() - started_ns);
    if (rc == SQLITE_OK) {
        store->wal_pages = 0;
        store->caches.syncs += 2;
        store->is_unsynced = false; /* all of the log is in the file, which was synced */
        sv_line_set_mark(store->line, 0);
        return true;
    }
    if ((rc & 0xff) == SQLITE_BUSY) {
        sv_line_set_mark(store->line, pages + (uint64_t)limit);
        return true;
    }
    return sv_store_fault(store, sqlite3_extended_errcode(store->db), err);
}

bool sv_store_checkpoint(struct sv_store *store, int limit, struct sv_error *err)
{
    return checkpoint(store, limit, SQLITE_CHECKPOINT_RESTART, err);
}

/* Cut to nothing, that the next one to open it need not read it (1,000 pages take 1.5 ms). The locks are those of RESTART. */
void sv_store_checkpoint_last(struct sv_store *store, int limit)
{
    checkpoint(store, limit, SQLITE_CHECKPOINT_TRUNCATE, NULL);
}
