/* SPDX-License-Identifier: ISC */
/* Has somebody else a store open? */
#include <fcntl.h>
#include <stdio.h>
#include <unistd.h>

#include "store/private.h"

/* A connection to a store with a write-ahead log holds a shared lock on this byte of `<store>-shm` while it is open (WAL_LOCK of
 * https://sqlite.org/walformat.html#locks: the dead-man switch, behind the eight others). */
enum { ALIVE_BYTE = 128 };

bool sv_store_is_used(const char *path, pid_t *holder)
{
    struct sv_buf name = {0};
    struct flock lock = {.l_type = F_WRLCK, .l_whence = SEEK_SET, .l_start = ALIVE_BYTE, .l_len = 1};
    sv_buf_printf(&name, "%s-shm", path);
    int fd = open(sv_buf_cstr(&name), O_RDWR | O_CLOEXEC | O_NOFOLLOW);
    bool is_used = fd >= 0 && fcntl(fd, F_GETLK, &lock) == 0 && lock.l_type != F_UNLCK;
    *holder = is_used ? lock.l_pid : 0;
    if (fd >= 0)
        close(fd);
    sv_buf_free(&name);
    return is_used;
}
