/* SPDX-License-Identifier: ISC */
/* The file of a month: opened, compressed, expanded. */
#define _DEFAULT_SOURCE
#include <errno.h>
#include <fcntl.h>
#include <stdio.h>
#include <string.h>
#include <unistd.h>

#include "base/os.h"
#include "base/process.h"
#include "run/archive_private.h"

bool sv_archive_is_packed(const char *path)
{
    return sv_slice_ends(sv_slice_str(path), SV_SLICE(".zst"));
}

static bool run_zstd(const char *const *argv, const char *what, const char *path, struct sv_error *err)
{
    int status;
    sv_error_at(err, path, 0, 0);
    if (!sv_process_run(argv, &status, err)) {
        if (errno == ENOENT)
            sv_error_set(err, SV_SYSTEM, "zstd is not installed, which %s it", what);
        return false;
    }
    if (status != 0)
        return sv_error_set(err, SV_SYSTEM, "zstd, which %s it, ended with %d", what, status);
    if (err != NULL)
        err->file[0] = '\0';
    return true;
}

bool sv_archive_expand(const char *packed, const char *to, struct sv_error *err)
{
    const char *const argv[] = {"zstd", "-d", "-q", "-f", "--no-progress", "-o", to, "--", packed, NULL};
    mode_t mask = umask(077);
    bool fine = run_zstd(argv, "expands", packed, err);
    umask(mask);
    if (!fine)
        unlink(to);
    return fine;
}

/* Byte for byte? */
static bool same_bytes(const char *a, const char *b, bool *same, struct sv_error *err)
{
    enum { SIZE = 65536 };
    int fds[2] = {sv_os_open(a, NULL, err), sv_os_open(b, NULL, err)};
    char *bytes = sv_alloc(2 * SIZE);
    bool fine = fds[0] >= 0 && fds[1] >= 0;
    *same = true;
    for (int64_t at = 0; fine && *same;) {
        ssize_t n = sv_os_pread(fds[0], bytes, SIZE, at), m = sv_os_pread(fds[1], bytes + SIZE, SIZE, at);
        fine = n >= 0 && m >= 0;
        *same = n == m && (n <= 0 || memcmp(bytes, bytes + SIZE, (size_t)n) == 0);
        at += n;
        if (n <= 0)
            break;
    }
    if (!fine)
        sv_error_errno(err, "cannot read %s", a);
    for (int i = 0; i < 2; i++)
        if (fds[i] >= 0)
            sv_os_close(fds[i]);
    sv_free(bytes);
    return fine;
}

bool sv_archive_pack(const char *path, const char *packed, struct sv_error *err)
{
    struct sv_buf part = {0}, check = {0};
    bool same = false;
    sv_buf_printf(&part, "%s.part", packed);
    sv_buf_printf(&check, "%s.check", packed);
    const char *const argv[] = {"zstd", "-q", "-T1", "-f", "--no-progress", "-o", sv_buf_cstr(&part), "--", path, NULL};
    mode_t mask = umask(077);
    bool fine = run_zstd(argv, "compresses", path, err);
    umask(mask);
    fine = fine && sv_archive_expand(sv_buf_cstr(&part), sv_buf_cstr(&check), err) && same_bytes(path, sv_buf_cstr(&check), &same, err);
    if (fine && !same) {
        sv_error_at(err, packed, 0, 0);
        fine = sv_error_set(err, SV_SYSTEM, "is not, expanded, what was compressed; nothing was removed");
    }
    fine = fine && sv_os_sync(sv_buf_cstr(&part), err) && sv_os_rename(sv_buf_cstr(&part), packed, err);
    unlink(sv_buf_cstr(&check));
    if (!fine)
        unlink(sv_buf_cstr(&part));
    sv_buf_free(&part);
    sv_buf_free(&check);
    return fine;
}

struct sv_archive_file {
    struct sv_store *store;
    char *copy; /* to be removed; NULL: none */
};

struct sv_archive_file *sv_archive_file_open(const struct sv_archive *archive, const char *program, struct sv_error *err)
{
    struct sv_archive_file *file = sv_calloc(1, sizeof *file);
    struct sv_os_stat st;
    struct sv_buf copy = {0};
    bool fine = archive->state != SV_ARCHIVE_MOVED || sv_error_set(err, SV_INPUT, "%s was moved elsewhere: %s", archive->month, archive->path);
    if (fine && !sv_os_stat_path(archive->path, false, &st)) {
        sv_error_at(err, archive->path, 0, 0);
        fine = sv_error_set(err, SV_INPUT, "is not there, and has %s; sv-index archive moved tells where it is", archive->month);
    }
    if (fine && sv_archive_is_packed(archive->path)) {
        sv_buf_printf(&copy, "%.*s.%ld", (int)(strlen(archive->path) - 4), archive->path, (long)getpid());
        file->copy = sv_str_dup(sv_buf_slice(&copy));
        fine = sv_archive_expand(archive->path, file->copy, err);
    }
    sv_buf_free(&copy);
    if (fine) {
        struct sv_store_spec spec = {.path = file->copy != NULL ? file->copy : archive->path,
                                     .program = program,
                                     .must_exist = true,
                                     .untouched = true,
                                     .read_only = true};
        file->store = sv_store_open(&spec, err);
    }
    if (file->store != NULL)
        return file;
    sv_archive_file_close(file);
    return NULL;
}

struct sv_store *sv_archive_file_store(struct sv_archive_file *file)
{
    return file->store;
}

void sv_archive_file_close(struct sv_archive_file *file)
{
    static const char *const rest[] = {"", "-wal", "-shm", "-line", "-journal"};
    struct sv_buf path = {0};
    if (file == NULL)
        return;
    sv_store_close(file->store);
    for (size_t i = 0; file->copy != NULL && i < sizeof rest / sizeof *rest; i++) {
        sv_buf_clear(&path);
        sv_buf_printf(&path, "%s%s", file->copy, rest[i]);
        unlink(sv_buf_cstr(&path));
    }
    sv_buf_free(&path);
    sv_free(file->copy);
    sv_free(file);
}
