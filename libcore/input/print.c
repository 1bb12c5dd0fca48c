/* SPDX-License-Identifier: ISC */
#include "input/print.h"

#include <errno.h>

#include "base/hash.h"
#include "base/os.h"

/* Hash of [offset, offset + length); false with errno 0 when the file ends before. */
static bool hash_of(int fd, int64_t offset, size_t length, uint64_t *hash)
{
    char bytes[SV_PRINT_BYTES];
    size_t have = 0;
    while (have < length) {
        ssize_t n = sv_os_pread(fd, bytes + have, length - have, offset + (int64_t)have);
        if (n <= 0) {
            errno = n == 0 ? 0 : errno;
            return false;
        }
        have += (size_t)n;
    }
    *hash = sv_hash(sv_slice(bytes, length));
    return true;
}

static size_t at_most(int64_t bytes)
{
    return bytes < SV_PRINT_BYTES ? (size_t)bytes : SV_PRINT_BYTES;
}

bool sv_print_make(int fd, int64_t end, struct sv_print *print)
{
    *print = (struct sv_print){.end = end, .begin_length = (uint32_t)at_most(end)};
    return hash_of(fd, 0, at_most(end), &print->begin) &&
           hash_of(fd, end - (int64_t)at_most(end), at_most(end), &print->tail);
}

enum sv_print_match sv_print_match(int fd, const struct sv_print *print)
{
    struct sv_os_stat stat;
    uint64_t hash;
    if (!sv_os_stat_fd(fd, &stat) || !hash_of(fd, 0, print->begin_length, &hash) || hash != print->begin)
        return SV_PRINT_OTHER;
    if (stat.size < print->end)
        return SV_PRINT_SHORTER;
    return hash_of(fd, print->end - (int64_t)at_most(print->end), at_most(print->end), &hash) && hash == print->tail
               ? SV_PRINT_SAME
               : SV_PRINT_OTHER;
}
