/* SPDX-License-Identifier: ISC */
/* A store that is looked over, mended, copied: each harm is found, named, and mended where that can be. */
#define _DEFAULT_SOURCE
#include "store_help.h"

static char path[400];

/* A store with rows and their ledger, closed. */
static void make(const char *name)
{
    struct sv_error err;
    snprintf(path, sizeof path, "%s", in_home(name));
    struct sv_store *store = open_store(path, &err);
    int64_t policy, run;
    struct sv_store_source source = {.head = 7, .path = SV_SLICE("/no/such/log.jsonl")};
    struct sv_store_event event = {.record = 1, .type = SV_SLICE("note"), .agent = SV_SLICE("a"), .time_ns = 5, .priority = -1, .body = SV_SLICE("{}")};
    struct sv_hit row = row_of(1);
    bool fine = sv_store_begin(store, &err) && (run = sv_store_run_start(store, SV_SLICE("x"), 1000, &err)) == 1 &&
                sv_store_source_add(store, &source, &err) && sv_store_policy(store, &test_policy, &policy, &err);
    for (int i = 0; fine && i < 50; i++) {
        event.record = row.place.record = (uint64_t)i + 1;
        fine = sv_store_put_evaluation(store, run, source.id, policy, &row, 5, &err) && sv_store_put_event(store, run, source.id, &event, &err);
    }
    fine = fine && sv_store_run_update(store, run, SV_SLICE("{\"rows\":50,\"recorded\":50}"), 2000, &err) && sv_store_commit(store, &err);
    if (!ok(fine, "a store of 50 rows"))
        printf("# %s\n", err.text);
    sv_store_close(store);
}

/* By another program's hand. */
static void harm(const char *sql)
{
    sqlite3 *db;
    char *message = NULL;
    sqlite3_open(path, &db);
    sqlite3_db_config(db, SQLITE_DBCONFIG_NO_CKPT_ON_CLOSE, 1, NULL);
    if (sqlite3_exec(db, sql, NULL, NULL, &message) != SQLITE_OK)
        printf("# %s: %s\n", sql, message);
    sqlite3_free(message);
    sqlite3_close(db);
}

enum mode { CHECK, QUICK, VERIFY, REPAIR, BLOCKING };

/* What is found has this text in it; NULL: nothing is found. */
static void finds(enum mode mode, const char *check, const char *text, const char *repair)
{
    struct sv_error err = {0};
    struct sv_store_findings findings = {0};
    bool repairs = mode == REPAIR || mode == BLOCKING;
    struct sv_store_spec spec = {.path = path, .program = "sv-test", .read_only = !repairs, .untouched = true, .any_version = mode == VERIFY};
    struct sv_store *store = sv_store_open(&spec, &err);
    bool fine = store != NULL && (repairs          ? sv_store_repair(store, mode == BLOCKING, &findings, &err)
                                  : mode == VERIFY ? sv_store_verify(store, &findings, &err)
                                                   : sv_store_check(store, mode == CHECK, &findings, &err));
    bool found = text == NULL && findings.found == 0;
    for (size_t i = 0; i < findings.count; i++) {
        const struct sv_store_finding *finding = &findings.items[i];
        if (finding->state == SV_CHECK_FOUND || repairs)
            printf("# %s: %s -> %s\n", finding->check, finding->what.data, finding->repair.len > 0 ? finding->repair.data : "");
        if (text != NULL && finding->state == (repair == NULL ? SV_CHECK_OK : SV_CHECK_FOUND) && strcmp(finding->check, check) == 0 &&
            strstr(finding->what.data, text) != NULL)
            found = repair == NULL || (finding->repair.len > 0 && strstr(finding->repair.data, repair) != NULL);
    }
    ok(fine && found, "%s: %s: %s %s", check, text != NULL ? text : "nothing", findings.found > 0 ? "found" : "none found", err.text);
    sv_store_findings_free(&findings);
    sv_store_close(store);
}

static void test_sound(void)
{
    make("sound.db");
    finds(CHECK, "all", NULL, NULL);
    finds(CHECK, "integrity", "pages are sound", NULL);
    finds(CHECK, "ledger", "of 1 runs agree", NULL);
    finds(CHECK, "rows", "50 events, 50 evaluations", NULL);
    finds(CHECK, "queries", "statements go by the index", NULL);
    finds(QUICK, "all", NULL, NULL);
    finds(REPAIR, "log", "copied into the store", NULL);
    finds(CHECK, "all", NULL, NULL);
    struct stat st;
    int left = 0;
    DIR *dir = opendir(home);
    for (struct dirent *entry; dir != NULL && (entry = readdir(dir)) != NULL;)
        left += strstr(entry->d_name, "etilqs") != NULL;
    closedir(dir);
    ok(left == 0 && stat(path, &st) == 0, "no copy is left");
}

static void test_modes(void)
{
    make("modes.db");
    struct stat st;
    chmod(path, 0644);
    finds(QUICK, "permissions", "has mode 644", "chmod go= ");
    finds(REPAIR, "permissions", "for its owner alone now", NULL);
    ok(stat(path, &st) == 0 && (st.st_mode & 07777) == 0600, "its mode is 0600 again");
    finds(QUICK, "permissions", NULL, NULL);
}

static void test_schema(void)
{
    make("schema.db");
    harm("DROP INDEX idx_events_time; DROP VIEW evaluations");
    finds(QUICK, "indexes", "index idx_events_time is missing", "sv-index repair -d ");
    finds(QUICK, "indexes", "view evaluations is missing", "sv-index repair -d ");
    finds(REPAIR, "indexes", "index idx_events_time was made", NULL);
    finds(CHECK, "all", NULL, NULL);
    harm("DROP INDEX idx_sources_head; CREATE INDEX idx_sources_head ON sources (path)");
    finds(QUICK, "indexes", "idx_sources_head is not as it was made", "sv-index repair -d ");
    finds(QUICK, "queries", "goes without idx_sources_head", "sv-index repair -d ");
    finds(REPAIR, "indexes", "index idx_sources_head was made", NULL);
    finds(CHECK, "all", NULL, NULL);
    harm("DROP INDEX idx_doubles_counted; INSERT INTO events (id, source, record, part, time, type, run) VALUES (60000, 1, 999, 0, 5, 1, 1);"
         "INSERT INTO event_bodies VALUES (60000, '{}');"
         "UPDATE counters SET value = 51 WHERE part = 'events'; UPDATE runs SET ledger = '{\"rows\":50,\"recorded\":51}'; DROP INDEX idx_events_time");
    finds(REPAIR, "indexes", "in one piece, while writers wait for about 1 s", "sv-index repair --blocking -d ");
    finds(QUICK, "indexes", "index idx_events_time is missing", "sv-index repair -d ");
    finds(BLOCKING, "indexes", "index idx_events_time was made", NULL);
    finds(CHECK, "all", NULL, NULL);
    harm("DROP TABLE doubles");
    finds(QUICK, "tables", "table doubles is missing", "put a backup in its place");
}

static void test_statistics(void)
{
    make("statistics.db");
    harm("ANALYZE; UPDATE sqlite_stat1 SET stat = '10000000 10000000 10000000 10000000' WHERE idx = 'idx_slow_queries_created';"
         "UPDATE sqlite_stat1 SET stat = '1 1 1 1 1' WHERE idx <> 'idx_slow_queries_created'; INSERT INTO sqlite_stat1 VALUES ('sources', NULL, '1')");
    finds(REPAIR, "queries", "statistics of ANALYZE are gone", NULL);
    is_int(ask(path, "SELECT count(*) FROM sqlite_schema WHERE name LIKE 'sqlite_stat%'"), 0, "they are");
    finds(CHECK, "all", NULL, NULL);
}

static void test_rows(void)
{
    make("links.db");
    harm("DELETE FROM agent_names WHERE name = 'codex:billing'");
    finds(CHECK, "references", "supervisor_policy_evaluations.agent_id: what it names is missing in", "put a backup");
    harm("DELETE FROM event_bodies WHERE event IN (3, 4)");
    finds(CHECK, "references", "events.id: what it names is missing in 2 rows", "put a backup");
    finds(QUICK, "references", NULL, NULL);
    make("counters.db");
    harm("DELETE FROM supervisor_policy_evaluations WHERE record > 40;"
         "UPDATE runs SET ledger = '{\"rows\":40,\"recorded\":50}'; DELETE FROM counters WHERE part = 'events'");
    finds(CHECK, "counters", "supervisor_policy_evaluations has 40 rows, and 50 are counted", "sv-index repair -d ");
    finds(REPAIR, "counters", "events are counted again: +50", NULL);
    finds(CHECK, "all", NULL, NULL);
    make("ledger.db");
    harm("DELETE FROM supervisor_policy_evaluations WHERE record = 7");
    finds(CHECK, "ledger", "run 1 stored 50 evaluations, and there are 49", "run sv-eval again");
    harm("UPDATE runs SET ledger = '{\"rows\":49,\"recorded\":48}'");
    finds(CHECK, "ledger", "run 1 stored 48 events, and there are 50", "run sv-eval again");
    harm("UPDATE runs SET ledger = 'no json'; UPDATE counters SET value = 49 WHERE part = 'supervisor_policy_evaluations'");
    finds(CHECK, "ledger", NULL, NULL);
}

static void test_damaged(void)
{
    struct sv_error err;
    make("damaged.db");
    finds(REPAIR, "log", "copied into the store", NULL);
    int64_t root = ask(path, "SELECT rootpage FROM sqlite_schema WHERE name = 'idx_evaluations_address'");
    FILE *file = fopen(path, "r+");
    fseek(file, (root - 1) * 4096 + 8, SEEK_SET);
    for (int i = 0; i < 600; i++)
        fputc(0x55, file);
    fclose(file);
    finds(CHECK, "integrity", "", "put a backup in its place");
    struct sv_store *store = sv_store_open(&(struct sv_store_spec){.path = path, .read_only = true, .untouched = true}, &err);
    int64_t bytes;
    ok(sv_store_backup(store, in_home("damaged-copy.db"), false, &bytes, &err), "it can still be copied");
    sv_store_close(store);
    snprintf(path, sizeof path, "%s", in_home("damaged-copy.db"));
    finds(VERIFY, "integrity", "", "put a backup in its place");
}

static void backup_refused(struct sv_store *store, const char *to, bool replace, enum sv_code code, const char *text)
{
    struct sv_error err = {0};
    struct sv_buf before = file_read(to);
    int64_t bytes;
    if (!ok(!sv_store_backup(store, to, replace, &bytes, &err) && err.code == code && strstr(err.text, text) != NULL, "refused: %s: %s", to, err.text))
        printf("# want %d and \"%s\", got %d\n", code, text, err.code);
    is_str(err.file, to, "the message names it");
    struct sv_buf after = file_read(to);
    is_slice(sv_buf_slice(&after), sv_buf_slice(&before), "what is there is as it was");
    sv_buf_free(&before);
    sv_buf_free(&after);
}

static void test_backup(void)
{
    struct sv_error err;
    struct stat st;
    make("backup.db");
    int64_t bytes;
    struct sv_store *store = sv_store_open(&(struct sv_store_spec){.path = path, .program = "sv-test", .read_only = true, .untouched = true}, &err);
    const char *to = in_home("copy.db");
    mode_t mask = umask(0);
    ok(sv_store_backup(store, to, false, &bytes, &err), "a backup is made: %s", err.text);
    umask(mask);
    ok(stat(to, &st) == 0 && (st.st_mode & 07777) == 0600 && st.st_size == bytes, "of mode 0600, whatever the umask");
    is_int(ask(to, ROWS), 50, "with all rows, those in the log too");
    is_int(ask(to, "SELECT journal_mode = 'delete' FROM pragma_journal_mode"), 1, "without a log of its own");
    ok(stat(in_home("copy.db-wal"), &st) != 0 && stat(in_home("copy.db.part"), &st) != 0, "nothing is left beside it");
    backup_refused(store, to, false, SV_INPUT, "is there already");
    ok(sv_store_backup(store, to, true, &bytes, &err), "an older backup is replaced when asked: %s", err.text);
    backup_refused(store, path, true, SV_USAGE, "is the store itself");
    file_write(in_home("diary.txt"), "dear diary, today I wrote a text that is no store\n", 50);
    chmod(in_home("diary.txt"), 0600);
    backup_refused(store, in_home("diary.txt"), true, SV_INPUT, "is not replaced, for it is not a store");
    backup_refused(store, in_home("no/such/folder.db"), false, SV_SYSTEM, "cannot be made: No such file");
    backup_refused(store, home, true, SV_INPUT, "is not a plain file");
    file_write(in_home("stale.db.part"), "rest of a backup that was killed", 32);
    ok(sv_store_backup(store, in_home("stale.db"), false, &bytes, &err), "what a killed one left is no hindrance: %s", err.text);
    sv_store_close(store);

    snprintf(path, sizeof path, "%s", to);
    finds(VERIFY, "all", NULL, NULL);
    finds(VERIFY, "rows", "50 events, 50 evaluations", NULL);
    store = open_store(path, &err);
    ok(store != NULL && put_batch(store, 1, 5, 1, 3, &err), "a backup put in place is a store: %s", err.text);
    sv_store_close(store);
}

/* Of an older version: what there is must be right. */
static void test_old(void)
{
    struct sv_error err;
    snprintf(path, sizeof path, "%s", in_home("old.db"));
    sv_store_close(sv_store_open_schema(&(struct sv_store_spec){.path = path}, sv_store_schema, 1, &err));
    finds(VERIFY, "all", NULL, NULL);
    finds(VERIFY, "rows", "0 events, 0 evaluations; version 1", NULL);
    harm("DROP INDEX idx_evaluations_policy");
    finds(VERIFY, "indexes", "index idx_evaluations_policy is missing", "sv-index repair");
}

/* A log that a read keeps from being cut is told; with the read gone it is cut. */
static void test_log(void)
{
    make("log.db");
    sqlite3 *db;
    sqlite3_open(path, &db);
    sqlite3_db_config(db, SQLITE_DBCONFIG_NO_CKPT_ON_CLOSE, 1, NULL);
    sqlite3_exec(db, "BEGIN; SELECT count(*) FROM runs", NULL, NULL, NULL);
    finds(REPAIR, "log", "some program keeps a read open", "fuser -v ");
    sqlite3_close(db);
    finds(REPAIR, "log", "copied into the store", NULL);
    struct stat st;
    char log[420];
    snprintf(log, sizeof log, "%s-wal", path);
    ok(stat(log, &st) == 0 && st.st_size == 0, "the log is empty");
    if (truncate(log, INT64_C(300) << 20) == 0)
        finds(QUICK, "log", "has 300 MiB", "sv-index repair -d ");
}

/* Copies as of one moment: in each, ledger and rows of all writers agree. */
static void test_beside_writers(void)
{
    enum { WRITERS = 8, BATCHES = 40 };
    struct sv_error err;
    make("busy.db");
    pid_t pids[WRITERS];
    for (int w = 0; w < WRITERS; w++) {
        fflush(stdout);
        pids[w] = fork();
        if (pids[w] != 0)
            continue;
        struct sv_store *store = open_store(path, &err);
        int64_t run = 0, policy;
        bool fine = store != NULL;
        char ledger[64];
        for (int b = 0; fine && b < BATCHES; b++) {
            fine = sv_store_begin(store, &err) && (run != 0 || (run = sv_store_run_start(store, SV_SLICE("x"), 1000, &err)) != 0) &&
                   sv_store_policy(store, &test_policy, &policy, &err);
            for (int i = 0; fine && i < 20; i++) {
                struct sv_hit row = row_of((uint64_t)(b * 20 + i));
                fine = sv_store_put_evaluation(store, run, 1, policy, &row, 5, &err);
                row.place.part = (uint32_t)(10 + w);
                fine = fine && sv_store_put_evaluation(store, run, 1, policy, &row, 5, &err);
            }
            snprintf(ledger, sizeof ledger, "{\"rows\":%llu}", (unsigned long long)sv_store_rows(store));
            fine = fine && sv_store_run_update(store, run, sv_slice_str(ledger), 0, &err) && sv_store_commit(store, &err);
        }
        sv_store_close(store);
        _exit(fine ? 0 : 1);
    }
    struct sv_store *store = sv_store_open(&(struct sv_store_spec){.path = path, .read_only = true, .untouched = true}, &err);
    char of[400];
    snprintf(of, sizeof of, "%s", path);
    for (int i = 0; i < 6; i++) {
        int64_t bytes;
        ok(sv_store_backup(store, in_home("busy-copy.db"), true, &bytes, &err), "a backup beside %d writers: %s", WRITERS, err.text);
        snprintf(path, sizeof path, "%s", in_home("busy-copy.db"));
        finds(VERIFY, "all", NULL, NULL);
        snprintf(path, sizeof path, "%s", of);
    }
    sv_store_close(store);
    int failed = 0, status;
    for (int w = 0; w < WRITERS; w++)
        failed += waitpid(pids[w], &status, 0) < 0 || !WIFEXITED(status) || WEXITSTATUS(status) != 0;
    is_int(failed, 0, "no writer failed");
    finds(CHECK, "all", NULL, NULL);
}

int main(void)
{
    home_make();
    test_sound();
    test_modes();
    test_schema();
    test_statistics();
    test_rows();
    test_damaged();
    test_backup();
    test_old();
    test_log();
    test_beside_writers();
    return done();
}
