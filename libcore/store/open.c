/* SPDX-License-Identifier: ISC */
/* One connection: opened with care, closed with a look at the log. */
#define _DEFAULT_SOURCE
#include <stdio.h>
#include <sys/stat.h>

#include "base/os.h"
#include "base/time.h"
#include "store/private.h"

enum { CLOSE_PAGES = 250 };

/* SQLite asks whenever a lock is held by somebody else: every 0.5 ms until the deadline. Its own handler waits longer and
 * longer, so that who waited longest is served last. */
static int on_busy(void *context, int tries)
{
    (void)tries;
    ((struct sv_store *)context)->caches.busy++;
    return sv_store_pause(context);
}

static int on_commit(void *context, sqlite3 *db, const char *name, int pages)
{
    struct sv_store *store = context;
    (void)db;
    (void)name;
    store->wal_pages = pages;
    store->is_unsynced = true;
    return SQLITE_OK;
}

static bool connect_file(struct sv_store *store, struct sv_error *err)
{
    /* Counting each allocation costs a tenth of the speed. Refused, without harm, once SQLite was used in this process. */
    sqlite3_config(SQLITE_CONFIG_MEMSTATUS, 0);
    int flags = store->read_only ? SQLITE_OPEN_READONLY : SQLITE_OPEN_READWRITE | (store->must_exist ? 0 : SQLITE_OPEN_CREATE);
    mode_t mask = umask(077); /* the log and its index get the mode of the file */
    int rc = sqlite3_open_v2(store->path, &store->db, flags | SQLITE_OPEN_NOFOLLOW | SQLITE_OPEN_NOMUTEX, sv_store_files());
    umask(mask);
    if (rc != SQLITE_OK && !sv_store_file_creatable(store, err))
        return false;
    if (rc != SQLITE_OK)
        return sv_store_fault(store, store->db != NULL ? sqlite3_extended_errcode(store->db) : rc, err);
    sqlite3_extended_result_codes(store->db, 1);
    sqlite3_busy_handler(store->db, on_busy, store);
    sqlite3_db_config(store->db, SQLITE_DBCONFIG_NO_CKPT_ON_CLOSE, 1, NULL);
    sqlite3_db_config(store->db, SQLITE_DBCONFIG_DEFENSIVE, 1, NULL);
    sqlite3_db_config(store->db, SQLITE_DBCONFIG_TRUSTED_SCHEMA, 0, NULL);
    if (!store->read_only && sqlite3_db_readonly(store->db, "main") == 1) /* SQLite falls back to reading without a word */
        return sv_error_set(err, SV_SYSTEM, "read-only");
    return true;
}

/* Automatic checkpoints off before anything is written; the pragma would also take the hook away. */
static bool settle(struct sv_store *store, bool sync_normal, struct sv_error *err)
{
    int rc = sv_store_exec(store, sync_normal ? "PRAGMA synchronous = NORMAL" : "PRAGMA synchronous = FULL");
    if (rc == SQLITE_OK)
        rc = sv_store_exec(store, "PRAGMA wal_autocheckpoint = 0; PRAGMA foreign_keys = ON; PRAGMA temp_store = MEMORY;"
                                  "PRAGMA mmap_size = 0; PRAGMA cache_size = -6000; PRAGMA journal_size_limit = 16777216");
    if (rc == SQLITE_OK)
        rc = sv_store_usage_functions(store);
    if (rc != SQLITE_OK)
        return sv_store_fault(store, rc, err);
    sqlite3_wal_hook(store->db, on_commit, store);
    return true;
}

/* From now on a commit writes the log, and sv_store_commit brings it to the disk behind the line. Making the tables is not that:
 * there is no log yet. */
static bool sync_by_ourselves(struct sv_store *store, bool sync_normal, struct sv_error *err)
{
    store->syncs = !sync_normal;
    int rc = sync_normal ? SQLITE_OK : sv_store_exec(store, "PRAGMA synchronous = NORMAL");
    return rc == SQLITE_OK || sv_store_fault(store, rc, err);
}

static bool open_line(struct sv_store *store, struct sv_error *err)
{
    struct sv_buf path = {0};
    sv_buf_printf(&path, "%s-line", store->path);
    store->line = sv_line_open(sv_buf_cstr(&path), err);
    sv_buf_free(&path);
    return store->line != NULL;
}

/* Without a log, a line and other processes. */
static bool open_memory(struct sv_store *store, const char *const *steps, int count, struct sv_error *err)
{
    sqlite3_config(SQLITE_CONFIG_MEMSTATUS, 0);
    int rc = sqlite3_open_v2(":memory:", &store->db, SQLITE_OPEN_READWRITE | SQLITE_OPEN_CREATE | SQLITE_OPEN_NOMUTEX, NULL);
    sqlite3_extended_result_codes(store->db, 1);
    if (rc == SQLITE_OK)
        rc = sv_store_exec(store, "PRAGMA journal_mode = MEMORY; PRAGMA synchronous = OFF; PRAGMA temp_store = MEMORY");
    if (rc == SQLITE_OK)
        rc = sv_store_usage_functions(store);
    for (int i = 0; i < count && rc == SQLITE_OK; i++)
        rc = sv_store_exec(store, steps[i]);
    return rc == SQLITE_OK || sv_store_fault(store, rc, err);
}

static bool open_all(struct sv_store *store, bool sync_normal, const char *const *steps, int count, struct sv_error *err)
{
    bool is_there;
    sv_error_at(err, store->shown, 0, 0);
    if (!sv_store_file_place(store, err) || !sv_store_file_check(store, &is_there, err))
        return false;
    if ((store->read_only || store->must_exist) && !is_there)
        return sv_error_set(err, SV_INPUT, "no such store");
    if (!connect_file(store, err) || !sv_store_file_check(store, &is_there, err))
        return false;
    int version = sv_store_look(store, count, err); /* before anything is made beside it: it may be a stranger's */
    return version >= 0 && (store->read_only || open_line(store, err)) && settle(store, sync_normal, err) &&
           sv_store_migrate(store, steps, version, count, err) && sync_by_ourselves(store, sync_normal, err) &&
           sv_store_file_note(store, err);
}

struct sv_store *sv_store_open_schema(const struct sv_store_spec *spec, const char *const *steps, int count, struct sv_error *err)
{
    struct sv_store *store = sv_calloc(1, sizeof *store);
    struct sv_buf path = {0};
    if (spec->path != NULL && spec->path[0] != '\0')
        sv_buf_str(&path, spec->path);
    else if (!sv_store_default_path(&path, err)) {
        sv_buf_free(&path);
        sv_free(store);
        return NULL;
    }
    store->shown = sv_str_dup(sv_buf_slice(&path));
    sv_buf_free(&path);
    store->program = sv_str_dup(sv_slice_str(spec->program != NULL ? spec->program : "sv-tools"));
    store->wait_ns = spec->wait_ns > 0 ? spec->wait_ns : 30 * SV_SECOND_NS;
    store->deadline_ns = sv_os_monotonic_ns() + store->wait_ns;
    store->read_only = spec->read_only;
    store->must_exist = spec->must_exist;
    store->untouched = spec->untouched || spec->in_memory;
    store->in_memory = spec->in_memory;
    store->any_version = spec->any_version;
    sv_timing_open(store, spec->slow_ns);
    if (spec->in_memory ? open_memory(store, steps, count, err) : open_all(store, spec->sync_normal, steps, count, err)) {
        if (err != NULL)
            err->file[0] = '\0';
        return store;
    }
    store->broken = true;
    sv_store_close(store);
    return NULL;
}

struct sv_store *sv_store_open(const struct sv_store_spec *spec, struct sv_error *err)
{
    return sv_store_open_schema(spec, sv_store_schema, sv_store_schema_count, err);
}

void sv_store_close(struct sv_store *store)
{
    if (store == NULL)
        return;
    sv_store_rollback(store);
    if (!store->broken && store->line != NULL && !store->untouched)
        sv_timing_write_rest(store);
    if (!store->broken && store->line != NULL && store->wal_pages > CLOSE_PAGES) {
        store->deadline_ns = sv_os_monotonic_ns() + SV_SECOND_NS; /* it is a favour to the next one, not a duty */
        if (sv_line_enter(store->line, store->deadline_ns, NULL) == SV_LINE_TURN) {
            sv_store_checkpoint_last(store, CLOSE_PAGES);
            sv_line_leave(store->line);
        }
    }
    sv_store_statements_close(store);
    sqlite3_close(store->db);
    sv_line_close(store->line);
    sv_timing_close(store, store->read_only && !store->broken && !store->untouched);
    sv_store_names_forget(store);
    sv_store_counts_free(store);
    sv_attached_free(store);
    sv_buf_free(&store->scratch);
    sv_free(store->shown);
    sv_free(store->path);
    sv_free(store->wal);
    sv_free(store->shm);
    sv_free(store->program);
    sv_free(store);
}

const char *sv_store_path(const struct sv_store *store)
{
    return store->shown;
}

bool sv_store_bulk(struct sv_store *store, unsigned mib, struct sv_error *err)
{
    char sql[60];
    snprintf(sql, sizeof sql, "PRAGMA cache_size = -%u", mib * 1024);
    int rc = sv_store_exec(store, sql);
    return rc == SQLITE_OK || sv_store_fault(store, rc, err);
}
