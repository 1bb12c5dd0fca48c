/* SPDX-License-Identifier: ISC */
/* store_help.h - what the tests of the store share: a folder of their own, rows to put, questions to SQLite itself. */
#ifndef STORE_HELP_H
#define STORE_HELP_H

#include <dirent.h>
#include <errno.h>
#include <signal.h>
#include <stdio.h>
#include <stdlib.h>
#include <sys/stat.h>
#include <sys/wait.h>
#include <unistd.h>

#include "base/os.h"
#include "base/time.h"
#include "store/private.h"
#include "tap.h"

static char home[256]; /* a new folder, removed at the end */

__attribute__((unused)) static void remove_all(const char *folder)
{
    DIR *dir = opendir(folder);
    if (dir != NULL) {
        for (struct dirent *entry; (entry = readdir(dir)) != NULL;) {
            char path[1024];
            struct stat st;
            if (strcmp(entry->d_name, ".") == 0 || strcmp(entry->d_name, "..") == 0)
                continue;
            snprintf(path, sizeof path, "%s/%s", folder, entry->d_name);
            if (lstat(path, &st) == 0 && S_ISDIR(st.st_mode))
                remove_all(path);
            else
                unlink(path);
        }
        closedir(dir);
    }
    rmdir(folder);
}

static pid_t home_owner;

static void home_remove(void)
{
    if (getpid() == home_owner)
        remove_all(home);
}

__attribute__((unused)) static void home_make(void)
{
    const char *base = getenv("TMPDIR");
    snprintf(home, sizeof home, "%s/sv-store-XXXXXX", base != NULL ? base : "/tmp");
    if (mkdtemp(home) == NULL) {
        perror(home);
        exit(1);
    }
    home_owner = getpid();
    setvbuf(stdout, NULL, _IOLBF, 0); /* so that children inherit nothing unwritten */
    atexit(home_remove);
}

/* home/name; a few at a time. */
__attribute__((unused)) static const char *in_home(const char *name)
{
    static char paths[64][400];
    static unsigned next;
    char *path = paths[next++ % 64];
    snprintf(path, sizeof paths[0], "%s/%s", home, name);
    return path;
}

__attribute__((unused)) static void file_write(const char *path, const void *data, size_t size)
{
    FILE *file = fopen(path, "w");
    if (file == NULL || fwrite(data, 1, size, file) != size || fclose(file) != 0) {
        perror(path);
        exit(1);
    }
}

__attribute__((unused)) static struct sv_buf file_read(const char *path)
{
    struct sv_buf out = {0};
    sv_os_slurp(path, 1 << 30, &out, NULL);
    return out;
}

__attribute__((unused)) static struct sv_store *open_store(const char *path, struct sv_error *err)
{
    struct sv_store_spec spec = {.path = path, .program = "sv-test"};
    *err = (struct sv_error){0};
    return sv_store_open(&spec, err);
}

static struct sv_policy test_policy = {.id = {"force-push", 10},
                                       .title = {"No force push", 13},
                                       .severity = SV_CRITICAL,
                                       .action = SV_DENY,
                                       .text = {"type == \"tool.call\"", 19},
                                       .version = UINT64_C(0xfedcba9876543210)};

/* An evaluation of record `record`, with names that depend on it. */
__attribute__((unused)) static struct sv_hit row_of(uint64_t record)
{
    static const char *const agents[] = {"claude:shop", "codex:billing", "claude:shop/sub", "sv:ops"};
    return (struct sv_hit){.place = {.record = record, .part = 1},
                                              .outcome = SV_VIOLATION,
                                              .has_time = true,
                                              .time_ns = (int64_t)record * 1000,
                                              .origin = SV_SLICE("0123456789abcdef"),
                                              .event = SV_SLICE("own-id"),
                                              .agent = sv_slice_str(agents[record % 4]),
                                              .session = SV_SLICE("s1"),
                                              .tool = SV_SLICE("Bash"),
                                              .message = SV_SLICE("force push by claude:shop: git push --force origin main")};
}

/* Puts records from..to-1 of a source in one transaction. */
__attribute__((unused)) static bool put_batch(struct sv_store *store, int64_t run, int64_t source, uint64_t from, uint64_t to,
                                              struct sv_error *err)
{
    int64_t policy;
    if (!sv_store_begin(store, err))
        return false;
    bool fine = sv_store_policy(store, &test_policy, &policy, err);
    for (uint64_t record = from; fine && record < to; record++) {
        struct sv_hit row = row_of(record);
        fine = sv_store_put_evaluation(store, run, source, policy, &row, row.time_ns, err);
    }
    if (fine)
        return sv_store_commit(store, err);
    sv_store_rollback(store);
    return false;
}

/* First column of the first row, asked in a connection of its own ("ok" is 1). -1: failed. */
__attribute__((unused)) static int64_t ask(const char *path, const char *sql)
{
    sqlite3 *db = NULL;
    if (sqlite3_open_v2(path, &db, SQLITE_OPEN_READONLY, NULL) != SQLITE_OK) {
        printf("# %s: %s\n", path, sqlite3_errmsg(db));
        sqlite3_close(db);
        return -1;
    }
    sqlite3_busy_timeout(db, 5000);
    sqlite3_db_config(db, SQLITE_DBCONFIG_NO_CKPT_ON_CLOSE, 1, NULL);
    sqlite3_stmt *statement = NULL;
    int64_t result = -1;
    if (sqlite3_prepare_v2(db, sql, -1, &statement, NULL) == SQLITE_OK && sqlite3_step(statement) == SQLITE_ROW) {
        if (sqlite3_column_type(statement, 0) == SQLITE_TEXT)
            result = strcmp((const char *)sqlite3_column_text(statement, 0), "ok") == 0;
        else
            result = sqlite3_column_int64(statement, 0);
    } else {
        printf("# %s: %s\n", sql, sqlite3_errmsg(db));
    }
    sqlite3_finalize(statement);
    sqlite3_close(db);
    return result;
}

#define ROWS "SELECT count(*) FROM supervisor_policy_evaluations"

#endif
