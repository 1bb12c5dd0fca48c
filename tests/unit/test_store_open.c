/* SPDX-License-Identifier: ISC */
/* What is not opened, and what is brought up to date: one clear line, the right status, and nothing changed. */
#define _DEFAULT_SOURCE
#include <sys/socket.h>

#include "store_help.h"

/* Opening fails with this status, its message has this in it, and the file's bytes are what they were. */
static void refused(const char *path, enum sv_code code, const char *text, const char *what)
{
    struct sv_error err;
    struct stat st;
    bool is_file = stat(path, &st) == 0 && S_ISREG(st.st_mode);
    struct sv_buf before = is_file ? file_read(path) : (struct sv_buf){0};
    struct sv_store *store = open_store(path, &err);
    if (!ok(store == NULL && err.code == code && strstr(err.text, text) != NULL, "%s is refused: %s", what, err.text))
        printf("# want status %d and \"%s\", got %d\n", code, text, err.code);
    is_str(err.file, path, "the message names it");
    struct sv_buf after = is_file ? file_read(path) : (struct sv_buf){0};
    is_slice(sv_buf_slice(&after), sv_buf_slice(&before), "it is as it was");
    sv_buf_free(&before);
    sv_buf_free(&after);
    sv_store_close(store);
}

static void make_with(const char *path, const char *sql)
{
    sqlite3 *db;
    char *message = NULL;
    if (sqlite3_open(path, &db) != SQLITE_OK || sqlite3_exec(db, sql, NULL, NULL, &message) != SQLITE_OK) {
        printf("# %s\n", message);
        exit(1);
    }
    sqlite3_close(db);
    chmod(path, 0600);
}

static void test_strangers(void)
{
    char noise[9000];
    for (size_t i = 0; i < sizeof noise; i++)
        noise[i] = (char)(i * 2654435761u >> 13);
    file_write(in_home("text"), "dear diary\n", 11);
    chmod(in_home("text"), 0600);
    refused(in_home("text"), SV_INPUT, "not a store", "a small text");
    file_write(in_home("noise"), noise, sizeof noise);
    chmod(in_home("noise"), 0600);
    refused(in_home("noise"), SV_INPUT, "not a store", "a file of noise");
    make_with(in_home("other.db"), "CREATE TABLE t (a); INSERT INTO t VALUES (1)");
    refused(in_home("other.db"), SV_INPUT, "another program", "a stranger's tables");
    make_with(in_home("other2.db"), "PRAGMA application_id = 77");
    refused(in_home("other2.db"), SV_INPUT, "another program", "a stranger's application_id");
    make_with(in_home("other3.db"), "PRAGMA user_version = 3");
    refused(in_home("other3.db"), SV_INPUT, "another program", "a stranger's version");
    struct stat st;
    ok(stat(in_home("other.db-line"), &st) != 0 && stat(in_home("text-line"), &st) != 0, "nothing was made beside it");

    struct sv_error err;
    sv_store_close(open_store(in_home("newer.db"), &err));
    make_with(in_home("newer.db"), "PRAGMA user_version = 42");
    refused(in_home("newer.db"), SV_INPUT, "is of version 42, this program (" SV_VERSION ") knows up to", "a newer store");

    file_write(in_home("empty.db"), "", 0);
    chmod(in_home("empty.db"), 0600);
    struct sv_store *store = open_store(in_home("empty.db"), &err);
    ok(store != NULL, "an empty file becomes a store: %s", err.text);
    sv_store_close(store);
    make_with(in_home("vacuum.db"), "PRAGMA page_size = 8192; VACUUM");
    store = open_store(in_home("vacuum.db"), &err);
    ok(store != NULL, "so does an SQLite file without anything: %s", err.text);
    sv_store_close(store);
}

/* A store cut off anywhere, and with any page overwritten: an error or a store, never a crash; never a small file grown. */
static void test_damaged(void)
{
    struct sv_error err;
    const char *path = in_home("whole.db");
    struct sv_store *store = open_store(path, &err);
    put_batch(store, 1, 1, 1, 500, &err);
    sv_store_checkpoint(store, 0, NULL); /* all into the file */
    sv_store_close(store);
    struct sv_buf whole = file_read(path);
    ok(whole.len > 20 * 4096, "a store of %zu pages", whole.len / 4096);
    size_t refusals = 0, tried = 0;
    for (size_t at = 1; at < whole.len; at += at < 600 ? 37 : 4000, tried++) {
        size_t len = at % 4096 > 3000 ? at - 1500 : at; /* a page may end in text, of which SQLite keeps no sum */
        file_write(in_home("cut.db"), whole.data, len);
        chmod(in_home("cut.db"), 0600);
        store = open_store(in_home("cut.db"), &err);
        bool clear = store == NULL && err.code == SV_INPUT && err.text[0] != '\0';
        if (store != NULL) { /* the head is whole: then writing says so, or the integrity check does */
            clear = !put_batch(store, 1, 2, 1, 100, &err) ? err.code == SV_INPUT
                                                          : ask(in_home("cut.db"), "PRAGMA integrity_check") != 1;
            sv_store_close(store);
        }
        refusals += clear;
        if (!clear)
            printf("# cut at %zu: status %d, %s\n", len, err.code, err.text);
        unlink(in_home("cut.db-wal"));
        unlink(in_home("cut.db-shm"));
        unlink(in_home("cut.db"));
    }
    is_int(refusals, tried, "cut anywhere it is found out");
    for (size_t page = 0; page < whole.len / 4096; page += 3) {
        struct sv_buf broken = {0};
        sv_buf_add(&broken, sv_buf_slice(&whole));
        memset(broken.data + page * 4096 + (page == 0 ? 16 : 0), 0xA5, 300);
        file_write(in_home("bad.db"), broken.data, broken.len);
        chmod(in_home("bad.db"), 0600);
        sv_buf_free(&broken);
        store = open_store(in_home("bad.db"), &err);
        bool clear = store == NULL ? err.code == SV_INPUT : put_batch(store, 1, 2, 1, 100, &err) || err.code == SV_INPUT;
        if (!clear || page == 0)
            ok(clear && (page > 0 || store == NULL), "page %zu overwritten: status %d, %s", page, err.code, err.text);
        sv_store_close(store);
        unlink(in_home("bad.db-wal"));
        unlink(in_home("bad.db-shm"));
        unlink(in_home("bad.db"));
    }
    sv_buf_free(&whole);
}

static void test_places(void)
{
    struct sv_error err;
    const char *path = in_home("real.db");
    sv_store_close(open_store(path, &err));
    if (symlink(path, in_home("link.db")) != 0 || symlink(in_home("nowhere.db"), in_home("loose.db")) != 0 ||
        symlink(home, in_home("here")) != 0 || link(path, in_home("hard.db")) != 0 || mkdir(in_home("folder.db"), 0700) != 0 ||
        mkdir(in_home("open"), 0700) != 0 || chmod(in_home("open"), 0777) != 0 || mkfifo(in_home("fifo.db"), 0600) != 0)
        exit(1);
    refused(in_home("link.db"), SV_INPUT, "symbolic link", "a link to a store");
    refused(in_home("loose.db"), SV_INPUT, "symbolic link", "a link to nothing");
    struct stat st;
    ok(stat(in_home("nowhere.db"), &st) != 0, "nothing was made where it points");
    refused(in_home("hard.db"), SV_INPUT, "hard links", "a second name of a store");
    unlink(in_home("hard.db"));
    refused(in_home("folder.db"), SV_INPUT, "not a plain file", "a folder");
    refused(in_home("fifo.db"), SV_INPUT, "not a plain file", "a named pipe");
    refused(in_home("open/sv.db"), SV_INPUT, "anybody may rename", "a folder open to all");
    ok(stat(in_home("open/sv.db"), &st) != 0, "nothing was made in it");
    chmod(in_home("open"), 01777);
    struct sv_store *store = open_store(in_home("open/sv.db"), &err);
    ok(store != NULL, "a sticky one is fine: %s", err.text);
    sv_store_close(store);
    store = open_store(in_home("here/real.db"), &err);
    ok(store != NULL, "links on the way are fine: %s", err.text);
    sv_store_close(store);
    chmod(path, 0620);
    refused(path, SV_INPUT, "may be written by others", "a file that the group may write");
    chmod(path, 0602);
    refused(path, SV_INPUT, "may be written by others", "a file that all may write");
    chmod(path, 0600);
    if (geteuid() == 0 && chown(path, 12345, (gid_t)-1) == 0) {
        refused(path, SV_INPUT, "belongs to another user (uid 12345)", "another's file");
        if (chown(path, 0, (gid_t)-1) != 0)
            exit(1);
    } else {
        skip("another's file is refused", "only root can make one");
    }
    chmod(in_home("real.db-line"), 0666);
    struct sv_error line_err;
    store = open_store(path, &line_err);
    ok(store == NULL && line_err.code == SV_INPUT && strstr(line_err.file, "-line") != NULL, "a side file that all may write: %s",
       line_err.text);
    chmod(in_home("real.db-line"), 0600);
}

static void test_access(void)
{
    struct sv_error err;
    char text[600];
    refused(in_home("real.db/x"), SV_SYSTEM, "cannot", "a path through a file");
    memset(text, 'x', sizeof text);
    memcpy(text, "/tmp/", 5);
    text[300] = '\0';
    refused(text, SV_SYSTEM, "cannot open", "a name that no file system takes");
    if (geteuid() == 0) {
        skip("read-only and unreadable files", "permissions do not bind root");
    } else {
        chmod(in_home("real.db"), 0400);
        refused(in_home("real.db"), SV_SYSTEM, "read-only", "a read-only store");
        chmod(in_home("real.db"), 0);
        struct sv_store *store = open_store(in_home("real.db"), &err);
        ok(store == NULL && err.code == SV_SYSTEM, "an unreadable one: %s", err.text);
        chmod(in_home("real.db"), 0600);
        if (mkdir(in_home("shut"), 0500) == 0)
            refused(in_home("shut/sv.db"), SV_SYSTEM, "cannot be created: Permission denied", "a folder that takes no files");
    }
    struct sv_store_spec spec = {.path = in_home("absent.db"), .read_only = true};
    err = (struct sv_error){0};
    ok(sv_store_open(&spec, &err) == NULL && err.code == SV_INPUT, "reading needs a store: %s", err.text);
    struct stat st;
    ok(stat(in_home("absent.db"), &st) != 0, "and makes none");
    spec.path = in_home("absent/absent.db");
    ok(sv_store_open(&spec, &err) == NULL && err.code == SV_INPUT, "nor its folder: %s", err.text);
    spec.path = in_home("real.db");
    struct sv_store *store = sv_store_open(&spec, &err);
    ok(store != NULL, "one that is there can be read: %s", err.text);
    ok(store != NULL && !sv_store_begin(store, &err) && err.code == SV_SYSTEM, "but not written: %s", err.text);
    sv_store_close(store);
}

static void test_default_path(void)
{
    struct sv_buf path = {0};
    struct sv_error err = {0};
    setenv("SV_STORE", "/a/b.db", 1);
    ok(sv_store_default_path(&path, &err) && sv_slice_is(sv_buf_slice(&path), "/a/b.db"), "SV_STORE is the path");
    unsetenv("SV_STORE");
    setenv("XDG_STATE_HOME", "/state", 1);
    sv_buf_clear(&path);
    ok(sv_store_default_path(&path, &err) && sv_slice_is(sv_buf_slice(&path), "/state/sv-tools/sv.db"), "then XDG_STATE_HOME");
    setenv("XDG_STATE_HOME", "relative", 1);
    setenv("HOME", "/home/u", 1);
    sv_buf_clear(&path);
    ok(sv_store_default_path(&path, &err) && sv_slice_is(sv_buf_slice(&path), "/home/u/.local/state/sv-tools/sv.db"),
       "a relative one does not count: then HOME");
    unsetenv("HOME");
    unsetenv("XDG_STATE_HOME");
    sv_buf_clear(&path);
    bool found = sv_store_default_path(&path, &err);
    ok(found ? path.len > 30 && path.data[0] == '/' : err.code == SV_USAGE, "without HOME the user's folder is asked for");
    setenv("XDG_STATE_HOME", in_home("state"), 1);
    struct sv_store *store = open_store(NULL, &err);
    ok(store != NULL && strstr(sv_store_path(store), "/state/sv-tools/sv.db") != NULL, "it opens there: %s", err.text);
    sv_store_close(store);
    sv_buf_free(&path);
}

static void test_network(void)
{
    ok(sv_store_file_network(0x6969, NULL) && sv_store_file_network(0xFF534D42, NULL), "NFS and CIFS are on the network");
    ok(sv_store_file_network(0xFFFFFFFFFF534D42, NULL), "also where f_type is signed");
    ok(!sv_store_file_network(0xEF53, NULL) && !sv_store_file_network(0x01021994, NULL), "ext4 and tmpfs are not");
    ok(sv_store_file_network(0x65735546, "fuse.sshfs"), "sshfs is");
    ok(!sv_store_file_network(0x65735546, "fuse.fuse-overlayfs") && !sv_store_file_network(0x65735546, NULL), "other FUSE is not");
}

static const char *const steps[] = {"CREATE TABLE supervisor_policy_evaluations (a); INSERT INTO supervisor_policy_evaluations VALUES (1)",
                                    "ALTER TABLE supervisor_policy_evaluations ADD COLUMN b; CREATE TABLE second (x)",
                                    "CREATE TABLE third (x); CREATE TABLE second (x)"}; /* the last fails half way */

static struct sv_store *open_steps(const char *path, int count, bool read_only, struct sv_error *err)
{
    struct sv_store_spec spec = {.path = path, .program = "sv-test", .read_only = read_only};
    *err = (struct sv_error){0};
    return sv_store_open_schema(&spec, steps, count, err);
}

static void test_migration(void)
{
    struct sv_error err;
    struct stat st;
    const char *path = in_home("old.db");
    sv_store_close(open_steps(path, 1, false, &err));
    is_int(ask(path, "PRAGMA user_version"), 1, "a store of version 1");
    ok(stat(in_home("old.db.v0"), &st) != 0, "making it copied nothing");
    ok(open_steps(path, 2, true, &err) == NULL && strstr(err.text, "is of version 1, not yet 2") != NULL, "a reader leaves it: %s",
       err.text);
    struct sv_store *store = open_steps(path, 2, false, &err);
    ok(store != NULL, "a writer brings it to version 2: %s", err.text);
    sv_store_close(store);
    is_int(ask(path, "PRAGMA user_version"), 2, "which it now has");
    is_int(ask(path, "SELECT count(*) FROM supervisor_policy_evaluations WHERE a = 1 AND b IS NULL"), 1, "with what it held");
    is_int(ask(in_home("old.db.v1"), "PRAGMA user_version"), 1, "the old one is kept beside it");
    is_int(ask(in_home("old.db.v1"), ROWS), 1, "whole");
    ok(stat(in_home("old.db.v1"), &st) == 0 && (st.st_mode & 07777) == 0600, "for our eyes only");
    ok(stat(in_home("old.db.v1.part"), &st) != 0, "and no part of a copy is left");
    ok(open_steps(path, 3, false, &err) == NULL && err.code == SV_INPUT && strstr(err.text, "from version 2 to 3") != NULL,
       "a step that fails is named: %s", err.text);
    is_int(ask(path, "PRAGMA user_version"), 2, "the version stays");
    is_int(ask(path, "SELECT count(*) FROM sqlite_schema WHERE name = 'third'"), 0, "nothing of the step is there");
    store = open_steps(path, 2, false, &err);
    ok(store != NULL, "and the store still opens: %s", err.text);
    sv_store_close(store);
    ok(open_steps(path, 1, false, &err) == NULL && strstr(err.text, "knows up to 1") != NULL, "an older program refuses: %s",
       err.text);

    /* A store restored without its log is in SQLite's other mode; it gets a log again. */
    const char *restored = in_home("restored.db");
    sv_store_close(open_steps(restored, 1, false, &err));
    make_with(restored, "PRAGMA journal_mode = DELETE");
    store = open_steps(restored, 1, false, &err);
    ok(store != NULL, "a store without a log opens: %s", err.text);
    sv_store_close(store);
    is_int(ask(restored, "SELECT journal_mode = 'wal' FROM pragma_journal_mode"), 1, "and has one again");
}

/* Copies of a process that all start at once; true if each ended with status 0. */
static bool all_fine(int count, int (*child)(int number))
{
    bool fine = true;
    for (int i = 0; i < count; i++) {
        pid_t pid = fork();
        if (pid == 0) {
            int status = child(i);
            fflush(stdout);
            _exit(status);
        }
        fine = fine && pid > 0;
    }
    for (int status; wait(&status) > 0;)
        fine = fine && WIFEXITED(status) && WEXITSTATUS(status) == 0;
    return fine;
}

static int first_opening(int number)
{
    struct sv_error err;
    struct sv_store *store = open_store(in_home("first.db"), &err);
    if (store == NULL || !put_batch(store, 1, number + 1, 1, 3, &err)) {
        printf("# %d: %s\n", number, err.text);
        return 1;
    }
    sv_store_close(store);
    return 0;
}

static int first_migration(int number)
{
    struct sv_error err;
    struct sv_store *store = open_steps(in_home("together.db"), 2, false, &err);
    if (store == NULL)
        printf("# %d: %s\n", number, err.text);
    sv_store_close(store);
    return store == NULL;
}

static void test_together(void)
{
    struct sv_error err;
    ok(all_fine(50, first_opening), "50 processes open a store that is not there, and write");
    is_int(ask(in_home("first.db"), ROWS), 100, "all their rows are in it");
    is_int(ask(in_home("first.db"), "SELECT count(*) FROM supervisor_policies"), 1, "names once");
    sv_store_close(open_steps(in_home("together.db"), 1, false, &err));
    ok(all_fine(50, first_migration), "50 processes open an older store");
    is_int(ask(in_home("together.db"), "PRAGMA user_version"), 2, "it is up to date");
    is_int(ask(in_home("together.db"), "PRAGMA integrity_check"), 1, "and sound");
}

static void test_library(void)
{
    static const struct {
        int version;
        bool resets;
    } releases[] = {{3040001, true},  {3044005, true},  {3044006, false}, {3045000, true}, {3050006, true},
                    {3050007, false}, {3051000, true},  {3051002, true},  {3051003, false}, {3052000, false}};
    for (size_t i = 0; i < sizeof releases / sizeof *releases; i++)
        ok(sv_store_library_resets(releases[i].version) == releases[i].resets, "automatic checkpoints of %d", releases[i].version);
    struct sv_buf text = {0};
    sv_store_put_library(&text);
    ok(sv_slice_starts(sv_buf_slice(&text), sv_slice_str(sqlite3_libversion())) &&
           sv_slice_find(sv_buf_slice(&text), sv_slice_str(sqlite3_sourceid())) != NULL,
       "the library that is loaded tells its version");
    sv_buf_free(&text);
}

int main(void)
{
    home_make();
    test_strangers();
    test_damaged();
    test_places();
    test_access();
    test_default_path();
    test_network();
    test_migration();
    test_together();
    test_library();
    return done();
}
