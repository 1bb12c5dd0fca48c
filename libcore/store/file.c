/* SPDX-License-Identifier: ISC */
/* Is this path ours to open, and is it still the file that was opened? Only ever by name: closing any descriptor of an SQLite
 * file would drop all locks that the process holds on it (https://sqlite.org/howtocorrupt.html, section 2.2). */
#define _DEFAULT_SOURCE
#include <errno.h>
#include <limits.h>
#include <pwd.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>
#include <unistd.h>
#ifdef __linux__
#include <sys/sysmacros.h>
#include <sys/vfs.h>
#endif

#include "base/os.h"
#include "store/private.h"

enum { HEADER_BYTES = 512, PATH_BYTES_MAX = 500 }; /* SQLite's own limit on paths is 512, with "-journal" behind them */

bool sv_store_default_path(struct sv_buf *out, struct sv_error *err)
{
    const char *path = getenv("SV_STORE");
    if (path != NULL && path[0] != '\0') {
        sv_buf_str(out, path);
        return true;
    }
    const char *state = getenv("XDG_STATE_HOME");
    if (state != NULL && state[0] == '/') { /* a relative one is to be ignored: XDG Base Directory Specification 0.8 */
        sv_buf_str(out, state);
    } else {
        const char *home = getenv("HOME");
        if (home == NULL || home[0] != '/') {
            const struct passwd *user = getpwuid(geteuid());
            home = user != NULL ? user->pw_dir : NULL;
        }
        if (home == NULL || home[0] != '/')
            return sv_error_set(err, SV_USAGE, "no home folder for the store; name one with SV_STORE=FILE");
        sv_buf_str(out, home);
        sv_buf_str(out, "/.local/state");
    }
    sv_buf_str(out, "/sv-tools/sv.db");
    return true;
}

bool sv_store_file_network(uint64_t magic, const char *type)
{
    static const uint64_t magics[] = {
        0x6969,     /* NFS */
        0x517B,     /* SMB */
        0xFF534D42, /* CIFS */
        0xFE534D42, /* SMB2 */
        0x5346414F, /* AFS */
        0x6B414653, /* kAFS */
        0x73757245, /* Coda */
        0x564C,     /* NCP */
        0x00C36400, /* Ceph */
        0x0BD00BD0, /* Lustre */
        0x47504653, /* GPFS */
        0x7461636F, /* OCFS2 */
        0x01161970, /* GFS2 */
    };
    static const char *const types[] = {
        "nfs",        "nfs4",        "cifs",          "smb3",      "smbfs",          "davfs",          "fuse.sshfs",
        "fuse.rclone", "fuse.s3fs",  "fuse.gcsfuse",  "fuse.ceph", "fuse.ceph-fuse", "fuse.glusterfs", "fuse.davfs",
        "fuse.davfs2", "fuse.goofys", "fuse.mount-s3", "fuse.smbnetfs", "fuse.curlftpfs", "fuse.gvfsd-fuse", "fuse.juicefs",
        "fuse.JuiceFS", "fuse.blobfuse2"};
    for (size_t i = 0; i < sizeof magics / sizeof magics[0]; i++)
        if (magics[i] == (magic & 0xFFFFFFFF))
            return true;
    for (size_t i = 0; type != NULL && i < sizeof types / sizeof types[0]; i++)
        if (strcmp(types[i], type) == 0)
            return true;
    return false;
}

#ifdef __linux__
/* Type of the file system mounted as this device, as /proc/self/mountinfo (proc(5)) has it; tells kinds of FUSE apart. */
static bool mount_type(dev_t device, char *type, size_t size)
{
    struct sv_buf text = {0};
    bool found = false;
    if (sv_os_slurp("/proc/self/mountinfo", 4 << 20, &text, NULL)) {
        for (char *line = (char *)sv_buf_cstr(&text), *end; !found && *line != '\0'; line = end + (*end != '\0')) {
            end = line + strcspn(line, "\n");
            unsigned major_number, minor_number;
            const char *dash = strstr(line, " - ");
            if (sscanf(line, "%*s %*s %u:%u", &major_number, &minor_number) == 2 && makedev(major_number, minor_number) == device &&
                dash != NULL && dash < end) {
                size_t len = strcspn(dash + 3, " \n");
                snprintf(type, size, "%.*s", (int)len, dash + 3);
                found = true;
            }
        }
    }
    sv_buf_free(&text);
    return found;
}

static bool is_network(const char *folder)
{
    enum { FUSE = 0x65735546 };
    struct statfs fs;
    struct stat st;
    char type[64];
    if (statfs(folder, &fs) != 0 || stat(folder, &st) != 0)
        return false;
    bool typed = (uint32_t)fs.f_type == FUSE && mount_type(st.st_dev, type, sizeof type);
    return sv_store_file_network((uint32_t)fs.f_type, typed ? type : NULL);
}
#else
static bool is_network(const char *folder)
{
    (void)folder;
    return false;
}
#endif

/* The folder must not let strangers put a file of theirs in place of ours. */
static bool folder_check(const char *folder, struct sv_error *err)
{
    struct stat st;
    if (stat(folder, &st) != 0)
        return sv_error_errno(err, "cannot look at its folder");
    if (!S_ISDIR(st.st_mode))
        return sv_error_set(err, SV_SYSTEM, "cannot open: Not a directory");
    if ((st.st_mode & S_IWOTH) != 0 && (st.st_mode & S_ISVTX) == 0)
        return sv_error_set(err, SV_INPUT, "anybody may rename files in its folder; chmod o-w the folder, or use another");
    if (is_network(folder))
        return sv_error_set(err, SV_INPUT, "on a network file system, where its locks do not hold; use a local one");
    return true;
}

bool sv_store_file_place(struct sv_store *store, struct sv_error *err)
{
    const char *slash = strrchr(store->shown, '/');
    const char *base = slash != NULL ? slash + 1 : store->shown;
    if (base[0] == '\0' || strcmp(base, ".") == 0 || strcmp(base, "..") == 0)
        return sv_error_set(err, SV_INPUT, "names no file");
    char *folder = slash == NULL ? sv_str_dup(SV_SLICE("."))
                   : slash == store->shown ? sv_str_dup(SV_SLICE("/"))
                                           : sv_str_dup(sv_slice(store->shown, (size_t)(slash - store->shown)));
    struct stat st;
    bool fine = store->read_only || stat(folder, &st) == 0 || errno != ENOENT || sv_os_make_folder(folder, 0700, err);
    char *real = fine ? realpath(folder, NULL) : NULL; /* folders on the way may be links, the store itself may not */
    if (fine && real == NULL) {
        if (store->read_only && errno == ENOENT)
            sv_error_set(err, SV_INPUT, "no such store");
        else
            sv_error_errno(err, "cannot open");
    }
    sv_free(folder);
    if (real == NULL)
        return false;
    fine = folder_check(real, err);
    if (fine) {
        struct sv_buf text = {0};
        sv_buf_printf(&text, "%s/%s", strcmp(real, "/") == 0 ? "" : real, base);
        fine = text.len <= PATH_BYTES_MAX || sv_error_set(err, SV_INPUT, "path is longer than %d bytes", PATH_BYTES_MAX);
        store->path = sv_str_dup(sv_buf_slice(&text));
        sv_buf_str(&text, "-wal");
        store->wal = sv_str_dup(sv_buf_slice(&text));
        text.len -= 3;
        sv_buf_str(&text, "shm");
        store->shm = sv_str_dup(sv_buf_slice(&text));
        sv_buf_free(&text);
    }
    free(real);
    return fine;
}

/* Of the file itself and of its log. */
static bool owner_check(const struct sv_os_stat *st, struct sv_error *err)
{
    if (st->owner != (uint32_t)geteuid())
        return sv_error_set(err, SV_INPUT, "belongs to another user (uid %u); use a store of your own", (unsigned)st->owner);
    if ((st->mode & 022) != 0)
        return sv_error_set(err, SV_INPUT, "may be written by others; chmod go-w it, or use another");
    return true;
}

bool sv_store_file_check(struct sv_store *store, bool *is_there, struct sv_error *err)
{
    struct sv_os_stat st;
    *is_there = sv_os_stat_path(store->path, false, &st);
    if (!*is_there)
        return errno == ENOENT || sv_error_errno(err, "cannot open");
    if (S_ISLNK((mode_t)st.mode))
        return sv_error_set(err, SV_INPUT, "is a symbolic link; name the store itself");
    if (!st.is_file)
        return sv_error_set(err, SV_INPUT, "is not a plain file");
    if (!owner_check(&st, err))
        return false;
    if (st.links > 1)
        return sv_error_set(err, SV_INPUT, "has %llu hard links, and its log goes by one name only; copy it with sqlite3 .backup",
                            (unsigned long long)st.links);
    /* SQLite takes what is shorter than a page for an empty store, and would overwrite it. */
    if (st.size > 0 && st.size < HEADER_BYTES)
        return sv_error_set(err, SV_INPUT, "is not a store: no SQLite file, or the stump of one; nothing was changed");
    struct sv_os_stat log;
    if (sv_os_stat_path(store->wal, false, &log)) {
        if (!log.is_file)
            return sv_error_set(err, SV_INPUT, "its log (%s) is not a plain file", store->wal);
        if (!owner_check(&log, err))
            return sv_error_prefix(err, "its log (%s) ", store->wal);
    }
    return true;
}

bool sv_store_file_creatable(struct sv_store *store, struct sv_error *err)
{
    struct sv_os_stat st;
    if (sv_os_stat_path(store->path, false, &st))
        return true;
    char *folder = sv_str_dup(sv_slice(store->path, (size_t)(strrchr(store->path, '/') + 1 - store->path)));
    bool fine = access(folder, W_OK | X_OK) == 0 || sv_error_errno(err, "cannot be created");
    sv_free(folder);
    return fine;
}

bool sv_store_file_note(struct sv_store *store, struct sv_error *err)
{
    struct sv_os_stat st;
    if (!sv_os_stat_path(store->path, false, &st))
        return sv_error_errno(err, "removed while it was opened");
    store->device = st.device;
    store->inode = st.inode;
    store->wal_inode = sv_os_stat_path(store->wal, false, &st) ? st.inode : 0;
    return sv_store_file_same(store, err);
}

bool sv_store_file_same(struct sv_store *store, struct sv_error *err)
{
    int moved = 0;
    struct sv_os_stat st;
    bool same = sqlite3_file_control(store->db, "main", SQLITE_FCNTL_HAS_MOVED, &moved) == SQLITE_OK && moved == 0 &&
                sv_os_stat_path(store->path, false, &st) && st.device == store->device && st.inode == store->inode;
    const char *rest = store->in_transaction ? "; nothing of this batch was stored" : "";
    if (!same)
        return sv_store_refuse(store, err, "removed or replaced while running%s", rest);
    if (st.size < HEADER_BYTES) /* SQLite would begin a new one, and throw the log away, when it is opened next */
        return sv_store_refuse(store, err, "emptied while running%s", rest);
    if (st.links != 1)
        return sv_store_refuse(store, err, "got a hard link while running%s", rest);
    if (store->wal_inode != 0 && (!sv_os_stat_path(store->wal, false, &st) || st.inode != store->wal_inode))
        return sv_store_refuse(store, err, "its log (%s) was removed or replaced while running%s", store->wal, rest);
    return true;
}

int64_t sv_store_wal_bytes(const struct sv_store *store)
{
    struct sv_os_stat st;
    return store->wal != NULL && sv_os_stat_path(store->wal, false, &st) ? st.size : 0;
}
