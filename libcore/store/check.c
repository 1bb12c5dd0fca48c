/* SPDX-License-Identifier: ISC */
/* Is all well with a store? What can be seen beside those who write, and the rest on a copy. */
#define _DEFAULT_SOURCE
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>

#include "base/os.h"
#include "base/time.h"
#include "store/private.h"

#define WAL_BYTES_MAX (INT64_C(256) << 20)

/* --- files --- */

static void check_mode(const char *path, struct sv_store_findings *out)
{
    struct sv_os_stat st;
    if (!sv_os_stat_path(path, false, &st) || (st.mode & 077) == 0)
        return;
    sv_finding_add(out, SV_CHECK_FOUND, "permissions", "%s has mode %03o: others than its owner may read it", path, (unsigned)(st.mode & 0777));
    sv_finding_repair(out, "chmod go=", path);
}

static void check_files(struct sv_store *store, struct sv_store_findings *out)
{
    static const char *const rest[] = {"", "-wal", "-shm", "-line"};
    size_t before = out->count;
    struct sv_buf path = {0};
    for (size_t i = 0; i < sizeof rest / sizeof *rest; i++) {
        sv_buf_clear(&path);
        sv_buf_printf(&path, "%s%s", store->path, rest[i]);
        check_mode(sv_buf_cstr(&path), out);
    }
    if (out->count == before)
        sv_finding_add(out, SV_CHECK_OK, "permissions", "its files are for their owner alone");
    sv_buf_free(&path);
}

static void check_library(struct sv_store_findings *out)
{
    if (sv_store_library_resets(sqlite3_libversion_number()))
        sv_finding_add(out, SV_CHECK_NOTE, "sqlite",
                       "%s can lose rows when several programs checkpoint by themselves; these never do, so let others only read (sqlite3 -readonly)",
                       sqlite3_libversion());
    else
        sv_finding_add(out, SV_CHECK_OK, "sqlite", "%s has no defect that matters here", sqlite3_libversion());
}

static void check_log(struct sv_store *store, struct sv_store_findings *out)
{
    int64_t bytes = sv_store_wal_bytes(store);
    if (bytes <= WAL_BYTES_MAX) {
        sv_finding_add(out, SV_CHECK_OK, "log", "the write-ahead log has %lld KiB", (long long)bytes / 1024);
        return;
    }
    sv_finding_add(out, SV_CHECK_FOUND, "log", "the write-ahead log has %lld MiB: some program keeps a read open, or was ended in the middle",
                   (long long)(bytes >> 20));
    sv_finding_repair(out, "sv-index repair -d", store->shown);
}

/* --- tables and indexes, as the steps make them --- */

sqlite3 *sv_store_model(int version)
{
    sqlite3 *db = NULL;
    int rc = sqlite3_open_v2(":memory:", &db, SQLITE_OPEN_READWRITE | SQLITE_OPEN_CREATE | SQLITE_OPEN_NOMUTEX, NULL);
    for (int i = 0; rc == SQLITE_OK && i < version && i < sv_store_schema_count; i++)
        rc = sqlite3_exec(db, sv_store_schema[i], NULL, NULL, NULL);
    if (rc == SQLITE_OK)
        return db;
    sqlite3_close(db);
    return NULL;
}

static sqlite3_stmt *prepare(sqlite3 *db, const char *sql)
{
    sqlite3_stmt *statement = NULL;
    sqlite3_prepare_v2(db, sql, -1, &statement, NULL);
    return statement;
}

const char *sv_store_text_of(sqlite3_stmt *find, sqlite3_stmt *wanted)
{
    sqlite3_reset(find);
    sqlite3_bind_value(find, 1, sqlite3_column_value(wanted, 0));
    sqlite3_bind_value(find, 2, sqlite3_column_value(wanted, 1));
    return sqlite3_step(find) == SQLITE_ROW ? (const char *)sqlite3_column_text(find, 0) : NULL;
}

static void compare(const char *shown, sqlite3_stmt *wanted, const char *has, struct sv_store_findings *out)
{
    const char *type = (const char *)sqlite3_column_text(wanted, 0), *name = (const char *)sqlite3_column_text(wanted, 1);
    bool is_table = strcmp(type, "table") == 0;
    if (has != NULL && strcmp(has, (const char *)sqlite3_column_text(wanted, 2)) == 0)
        return;
    sv_finding_add(out, SV_CHECK_FOUND, is_table ? "tables" : "indexes", has == NULL ? "%s %s is missing" : "%s %s is not as it was made", type, name);
    if (is_table)
        sv_finding_repair(out, "put a backup in its place: see DISASTERS in sv-store(5)", NULL);
    else
        sv_finding_repair(out, "sv-index repair -d", shown);
}

void sv_audit_schema(sqlite3 *db, int version, const char *shown, struct sv_store_findings *out)
{
    size_t before = out->found;
    sqlite3 *model = sv_store_model(version);
    sqlite3_stmt *wanted = model != NULL ? prepare(model, "SELECT type, name, sql FROM sqlite_schema WHERE sql IS NOT NULL AND name NOT LIKE 'sqlite%'"
                                                          " ORDER BY type = 'table' DESC, name")
                                         : NULL;
    sqlite3_stmt *find = prepare(db, "SELECT sql FROM sqlite_schema WHERE type = ?1 AND name = ?2");
    int counts[2] = {0};
    while (wanted != NULL && find != NULL && sqlite3_step(wanted) == SQLITE_ROW) {
        counts[strcmp((const char *)sqlite3_column_text(wanted, 0), "index") == 0]++;
        compare(shown, wanted, sv_store_text_of(find, wanted), out);
    }
    if (counts[0] == 0)
        sv_finding_add(out, SV_CHECK_LEFT, "tables", "cannot be compared: %s", sqlite3_errmsg(db));
    else if (out->found == before)
        sv_finding_add(out, SV_CHECK_OK, "tables", "%d tables and views, %d indexes are there", counts[0], counts[1]);
    sqlite3_finalize(wanted);
    sqlite3_finalize(find);
    sqlite3_close(model);
}

/* --- plans --- */

static bool plan_is_right(sqlite3 *db, const struct sv_statement_text *text, struct sv_buf *plan)
{
    sv_buf_clear(plan);
    sv_store_put_plan(db, text->sql, plan);
    struct sv_slice steps = sv_buf_slice(plan);
    return text->index == NULL || (sv_slice_find(steps, sv_slice_str(text->index)) != NULL && sv_slice_find(steps, SV_SLICE("SCAN ")) == NULL);
}

static void check_plans(struct sv_store *store, struct sv_store_findings *out)
{
    size_t before = out->count;
    struct sv_buf plan = {0};
    for (size_t i = 0; i < SV_SQL_COUNT; i++) {
        const struct sv_statement_text *text = &sv_store_statements[i];
        if (plan_is_right(store->db, text, &plan))
            continue;
        sv_finding_add(out, SV_CHECK_FOUND, "queries", "goes without %s: %.200s: %.200s", text->index, text->sql, sv_buf_cstr(&plan));
        sv_finding_repair(out, "sv-index repair -d", store->shown);
    }
    if (out->count == before)
        sv_finding_add(out, SV_CHECK_OK, "queries", "all %d statements go by the index that they must use", SV_SQL_COUNT);
    sv_buf_free(&plan);
}

/* --- the whole, on a copy --- */

static char *folder_of(const struct sv_store *store)
{
    return sv_str_dup(sv_slice(store->path, (size_t)(strrchr(store->path, '/') - store->path) + 1));
}

/* A database without a name is a file that is removed as soon as it is open; nothing is left of it even after kill -9. It lies
 * beside the store, for elsewhere may be memory, or readable by others. */
static sqlite3 *copy_of(struct sv_store *store, struct sv_error *err)
{
    char *folder = folder_of(store);
    sqlite3 *copy = NULL;
    sqlite3_free(sqlite3_temp_directory);
    sqlite3_temp_directory = sqlite3_mprintf("%s", folder);
    int rc = sqlite3_open_v2("", &copy, SQLITE_OPEN_READWRITE | SQLITE_OPEN_CREATE | SQLITE_OPEN_NOMUTEX, NULL);
    bool fine = rc == SQLITE_OK ? sv_store_copy_into(store, copy, err) : sv_error_set(err, SV_SYSTEM, "%s", sqlite3_errstr(rc));
    sv_free(folder);
    if (fine)
        return copy;
    sqlite3_close(copy);
    return NULL;
}

static bool has_room(struct sv_store *store, struct sv_store_findings *out)
{
    struct sv_os_stat st = {0};
    char *folder = folder_of(store);
    int64_t room = sv_os_free_bytes(folder), needed = (sv_os_stat_path(store->path, false, &st) ? st.size : 0) + sv_store_wal_bytes(store);
    bool fine = room < 0 || room > needed + needed / 16;
    if (!fine)
        sv_finding_add(out, SV_CHECK_LEFT, "integrity", "is looked at on a copy, which needs %lld MiB in %s, where %lld MiB are free",
                       (long long)(needed >> 20) + 1, folder, (long long)(room >> 20));
    sv_free(folder);
    return fine;
}

static bool check_whole(struct sv_store *store, struct sv_store_findings *out, struct sv_error *err)
{
    if (!has_room(store, out))
        return true;
    struct sv_error own = {0};
    sqlite3 *copy = copy_of(store, &own);
    if (copy == NULL && own.code == SV_INPUT) { /* so damaged that it cannot be copied */
        sv_finding_add(out, SV_CHECK_FOUND, "integrity", "%s", own.text);
        sv_finding_repair(out, "put a backup in its place: see DISASTERS in sv-store(5)", NULL);
        return true;
    }
    if (copy == NULL) {
        if (err != NULL)
            *err = own;
        sv_error_prefix(err, "cannot be copied to be looked at: ");
        return sv_error_at(err, store->shown, 0, 0);
    }
    if (sv_audit_pages(copy, out)) {
        sv_audit_links(copy, out);
        sv_audit_ledgers(copy, out);
        sv_audit_counters(copy, store->shown, out);
        sv_audit_rows(copy, out);
    }
    sqlite3_close(copy);
    return true;
}

bool sv_store_check(struct sv_store *store, bool whole, struct sv_store_findings *out, struct sv_error *err)
{
    check_files(store, out);
    check_library(out);
    check_log(store, out);
    sv_audit_schema(store->db, sv_store_schema_count, store->shown, out);
    check_plans(store, out);
    if (whole)
        return check_whole(store, out, err);
    sv_finding_add(out, SV_CHECK_LEFT, "integrity", "not looked at, for so it was asked");
    return true;
}

bool sv_store_verify(struct sv_store *store, struct sv_store_findings *out, struct sv_error *err)
{
    int version = sv_store_look(store, sv_store_schema_count, err);
    if (version < 0)
        return false;
    check_mode(store->path, out);
    if (sv_audit_pages(store->db, out)) {
        sv_audit_schema(store->db, version, store->shown, out);
        sv_audit_links(store->db, out);
        sv_audit_ledgers(store->db, out);
        sv_audit_counters(store->db, store->shown, out);
        sv_audit_rows(store->db, out);
    }
    return true;
}
