/* SPDX-License-Identifier: ISC */
/* os.h - every call to the system that can fail, in one place: the seam for faults and for other systems.
 *
 * Interrupted calls are repeated. Descriptors are opened close-on-exec.
 *
 * Floor: base. */
#ifndef SV_OS_H
#define SV_OS_H

#include <stdint.h>
#include <sys/types.h>

#include "base/buf.h"
#include "base/error.h"

/* What a file is, as far as identity and progress need it. */
struct sv_os_stat {
    uint64_t device, inode, links;
    int64_t size;    /* bytes; 0 for what is no regular file */
    uint32_t mode, owner;
    int64_t modified_ns;
    bool is_file, is_folder, is_pipe; /* pipe: FIFO, socket or character device, read live */
};

int sv_os_open(const char *path, bool *is_missing, struct sv_error *err); /* for reading; -1 on failure */
int sv_os_create(const char *path, struct sv_error *err); /* for writing, a new file of mode 0600; -1 where there is one */
int sv_os_open_live(const char *path, struct sv_error *err); /* the same for a FIFO or device, without waiting for a writer */
bool sv_os_stat_path(const char *path, bool follow_link, struct sv_os_stat *out);    /* false: errno says why */
bool sv_os_stat_fd(int fd, struct sv_os_stat *out);
int64_t sv_os_born_ns(int fd); /* when the file was made: tells two apart that had one inode after the other; 0: not known here */
ssize_t sv_os_read(int fd, void *data, size_t size);                      /* as read(2), repeated on EINTR unless interrupted */
ssize_t sv_os_pread(int fd, void *data, size_t size, int64_t offset);
bool sv_os_write_all(int fd, struct sv_slice data);                       /* false: errno; some of it may be written */
size_t sv_os_descriptors(void); /* how many a process may have open */
ssize_t sv_os_write_some(int fd, struct sv_slice data);                   /* what there is room for; 0: none; -1: errno */
void sv_os_close(int fd);

/* As poll(2), not repeated. */
struct pollfd;
int sv_os_poll(struct pollfd *polls, size_t count, int timeout_ms);

/* What was written to fd has gone where it was to go, as far as that is to be seen from here: a file's bytes are on the disk; of a
 * pipe or a socket nobody has closed the other end, which is watched for wait_ms. False with errno. */
bool sv_os_settle(int fd, int wait_ms);

/* Waits until fd can be read: 1; 0 after timeout_ms (-1: no end); -1 when a signal came. An fd of -1 never can. */
int sv_os_wait(int fd, int timeout_ms);

int64_t sv_os_now_ns(void);       /* wall clock; $SV_NOW (RFC 3339) stands in for it in tests */
int64_t sv_os_monotonic_ns(void);
void sv_os_sleep_until(int64_t monotonic_ns); /* or until a signal comes */
void sv_os_random(void *data, size_t size);
int64_t sv_os_cpu_ns(void);       /* user and system time of this process */
int64_t sv_os_peak_bytes(void);   /* peak resident memory */

/* Appended: this machine's name; the name of who runs this, or his number: behind sudo of who called it. */
void sv_os_host(struct sv_buf *out);
void sv_os_user(struct sv_buf *out);


/* The folder the running program lies in; false where the system does not tell. */
bool sv_os_program_folder(struct sv_buf *out);

/* Reads a whole file, or all that comes from a descriptor, of at most limit bytes into out. */
bool sv_os_slurp_fd(int fd, size_t limit, struct sv_buf *out, struct sv_error *err);
bool sv_os_slurp(const char *path, size_t limit, struct sv_buf *out, struct sv_error *err);

/* Names in a folder, sorted in byte order, each behind the other in out, NUL-terminated; "." and ".." left out. */
bool sv_os_list(const char *path, struct sv_buf *out, size_t *count, struct sv_error *err);

/* On the disk, whatever happens next: a file's bytes; then a file under its new name, in place of what had it. */
bool sv_os_sync(const char *path, struct sv_error *err);
bool sv_os_rename(const char *from, const char *to, struct sv_error *err);

/* A file of this mode, whatever the umask, with these bytes: whole, or not there, or as it was. */
bool sv_os_put_file(const char *path, struct sv_slice bytes, uint32_t mode, struct sv_error *err);

/* Appends bytes to a file, made with mode 0600 where there is none, and has them on the disk. A line that somebody left torn ends
 * before them. False with err where the file is none (a folder, a pipe; a device is one), or they could not be written whole. */
bool sv_os_append(const char *path, struct sv_slice bytes, struct sv_error *err);

/* Room for this user on the file system of a path; -1: not known. */
int64_t sv_os_free_bytes(const char *path);

/* Has the system forget what it keeps of a file in memory, once that is on the disk; a hint, for measuring. A process that has the
 * file open as a store must not call it: closing it here would drop its locks. */
void sv_os_forget(const char *path);

/* Makes a folder and its parents, each with this mode; an existing one is fine. */
bool sv_os_make_folder(const char *path, uint32_t mode, struct sv_error *err);

#endif
