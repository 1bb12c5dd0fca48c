/* SPDX-License-Identifier: ISC */
/* From what lies there to today's tables, by whoever comes first, in the write line, in one transaction.
 *
 * Looking changes nothing: a stranger's file, or one of a newer version, is left as it was. A store that holds something is
 * copied to `<store>.v<its version>` before. */
#define _DEFAULT_SOURCE
#include <stdio.h>
#include <string.h>
#include <sys/stat.h>
#include <unistd.h>

#include "base/os.h"
#include "store/private.h"

#define COPY_BYTES_MAX (INT64_C(1) << 30) /* a larger store is not copied: that takes minutes, and room nobody planned for */

/* One statement, so one moment. */
int sv_store_look(struct sv_store *store, int count, struct sv_error *err)
{
    static const char sql[] = "SELECT (SELECT application_id FROM pragma_application_id),"
                              " (SELECT user_version FROM pragma_user_version), (SELECT count(*) FROM sqlite_schema)";
    sqlite3_stmt *statement = NULL;
    int rc = sqlite3_prepare_v2(store->db, sql, -1, &statement, NULL);
    if (rc == SQLITE_OK)
        rc = sqlite3_step(statement);
    if (rc != SQLITE_ROW) {
        sv_store_fault(store, sqlite3_extended_errcode(store->db), err);
        sqlite3_finalize(statement);
        return -1;
    }
    int64_t application = sqlite3_column_int64(statement, 0);
    int64_t version = sqlite3_column_int64(statement, 1);
    int64_t objects = sqlite3_column_int64(statement, 2);
    sqlite3_finalize(statement);
    if (application == SV_STORE_APPLICATION_ID && version > count) {
        sv_error_set(err, SV_INPUT, "is of version %lld, this program (%s) knows up to %d; use a newer one; nothing was changed",
                     (long long)version, SV_VERSION, count);
        return -1;
    }
    bool is_ours = application == SV_STORE_APPLICATION_ID && version > 0;
    bool is_empty = application == 0 && version == 0 && objects == 0;
    if (!is_ours && !is_empty) {
        sv_error_set(err, SV_INPUT, "is not a store: an SQLite file of another program; nothing was changed");
        return -1;
    }
    return (int)version;
}

/* 1: yes, 0: no, -1: failed. */
static int has_log(struct sv_store *store, const char *pragma, struct sv_error *err)
{
    sqlite3_stmt *statement = NULL;
    int rc = sqlite3_prepare_v2(store->db, pragma, -1, &statement, NULL);
    if (rc == SQLITE_OK)
        rc = sqlite3_step(statement);
    int result = -1;
    if (rc == SQLITE_ROW)
        result = sqlite3_stricmp((const char *)sqlite3_column_text(statement, 0), "wal") == 0;
    else if ((rc & 0xff) == SQLITE_BUSY)
        result = 0;
    else
        sv_store_fault(store, sqlite3_extended_errcode(store->db), err);
    sqlite3_finalize(statement);
    return result;
}

/* Others who are just looking keep the file from changing its kind for a moment. */
static bool make_log(struct sv_store *store, struct sv_error *err)
{
    for (;;) {
        int state = has_log(store, "PRAGMA journal_mode = WAL", err);
        if (state != 0)
            return state > 0;
        if (!sv_store_pause(store))
            return sqlite3_errcode(store->db) == SQLITE_BUSY
                       ? sv_store_locked(store, err)
                       : sv_error_set(err, SV_SYSTEM, "cannot have a write-ahead log here; use another folder");
    }
}

/* Under the final name there is only ever a whole copy. */
static bool keep_old(struct sv_store *store, int version, struct sv_error *err)
{
    struct sv_buf to = {0};
    sv_buf_printf(&to, "%s.v%d", store->path, version);
    bool fine = sv_store_copy(store, sv_buf_cstr(&to), err);
    if (!fine) {
        sv_error_prefix(err, "cannot be copied to %s before it is brought up to date: ", sv_buf_cstr(&to));
        sv_error_at(err, store->shown, 0, 0);
    }
    sv_buf_free(&to);
    return fine;
}

static bool take_steps(struct sv_store *store, const char *const *steps, int count, struct sv_error *err)
{
    int version = sv_store_look(store, count, err); /* again: the lock is held only now */
    if (version < 0)
        return false;
    for (int i = version; i < count; i++) {
        int rc = sv_store_exec(store, steps[i]);
        if (rc != SQLITE_OK) {
            sv_store_fault(store, rc, err);
            return sv_error_prefix(err, "cannot be brought from version %d to %d: ", version, count);
        }
    }
    char sql[100];
    snprintf(sql, sizeof sql, "PRAGMA application_id = %d; PRAGMA user_version = %d", SV_STORE_APPLICATION_ID, count);
    int rc = version < count ? sv_store_exec(store, sql) : SQLITE_OK;
    return rc == SQLITE_OK || sv_store_fault(store, rc, err);
}

/* In the write line. */
static bool bring_up(struct sv_store *store, const char *const *steps, int count, struct sv_error *err)
{
    int version = sv_store_look(store, count, err);
    if (version < 0)
        return false;
    struct sv_os_stat st;
    if (version > 0 && version < count && sv_os_stat_path(store->path, false, &st) && st.size <= COPY_BYTES_MAX &&
        !keep_old(store, version, err))
        return false;
    if (!make_log(store, err))
        return false;
    if (version == count)
        return true;
    int rc = sv_store_exec(store, "BEGIN IMMEDIATE");
    if (rc != SQLITE_OK)
        return sv_store_fault(store, rc, err);
    bool fine = take_steps(store, steps, count, err);
    if (fine) {
        rc = sv_store_exec(store, "COMMIT");
        fine = rc == SQLITE_OK || sv_store_fault(store, rc, err);
    }
    if (!fine && sqlite3_get_autocommit(store->db) == 0)
        sv_store_exec(store, "ROLLBACK");
    return fine;
}

bool sv_store_migrate(struct sv_store *store, const char *const *steps, int version, int count, struct sv_error *err)
{
    if (store->read_only) {
        if (version == 0)
            return sv_error_set(err, SV_INPUT, "is not a store yet: an empty file");
        return version == count || store->any_version ||
               sv_error_set(err, SV_INPUT, "is of version %d, not yet %d; a program that writes brings it there", version, count);
    }
    int log = has_log(store, "PRAGMA journal_mode", err);
    if (log < 0)
        return false;
    if (version == count && log == 1)
        return true;
    if (!sv_store_line_enter(store, err))
        return false;
    bool fine = bring_up(store, steps, count, err);
    sv_line_leave(store->line);
    return fine;
}
