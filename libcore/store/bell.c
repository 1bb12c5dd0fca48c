/* SPDX-License-Identifier: ISC */
#define _DEFAULT_SOURCE
#include "store/bell.h"

#include <errno.h>
#include <limits.h>
#include <string.h>
#include <sys/mman.h>
#include <sys/stat.h>
#include <time.h>
#include <unistd.h>

#ifdef __linux__
#include <linux/futex.h>
#include <sys/syscall.h>
#endif

#include "base/hash.h"
#include "base/os.h"

enum { BELLS = 1024, FROM = 4096 };

static off_t place_of(struct sv_slice name)
{
    return FROM + (off_t)(sv_hash(name) % BELLS * sizeof(uint32_t));
}

uint32_t sv_bell_look(int file, struct sv_slice name)
{
    uint32_t word = 0;
    if (sv_os_pread(file, &word, sizeof word, place_of(name)) != sizeof word)
        return 0;
    return word;
}

static void write_word(int file, off_t place, uint32_t word)
{
    ssize_t done;
    do
        done = pwrite(file, &word, sizeof word, place);
    while (done < 0 && errno == EINTR);
}

#ifdef __linux__

/* The word where the kernel finds it; NULL where it cannot be mapped. The page belongs to the file, whole. */
static uint32_t *map(int file)
{
    struct stat st;
    if (fstat(file, &st) != 0 || (st.st_size < FROM + BELLS * (off_t)sizeof(uint32_t) && ftruncate(file, FROM + BELLS * (off_t)sizeof(uint32_t)) != 0))
        return NULL;
    void *page = mmap(NULL, BELLS * sizeof(uint32_t), PROT_READ | PROT_WRITE, MAP_SHARED, file, FROM);
    return page != MAP_FAILED ? page : NULL;
}

static long futex(uint32_t *word, int operation, uint32_t value, const struct timespec *timeout)
{
    return syscall(SYS_futex, word, operation, value, timeout, NULL, 0);
}

void sv_bell_ring(int file, struct sv_slice name)
{
    off_t place = place_of(name);
    write_word(file, place, (uint32_t)sv_os_monotonic_ns());
    uint32_t *page = map(file);
    if (page == NULL)
        return;
    futex(page + (place - FROM) / (off_t)sizeof *page, FUTEX_WAKE, INT_MAX, NULL);
    munmap(page, BELLS * sizeof *page);
}

void sv_bell_wait(int file, struct sv_slice name, uint32_t was, int timeout_ms)
{
    uint32_t *page = map(file);
    struct timespec timeout = {timeout_ms / 1000, timeout_ms % 1000 * 1000000L};
    if (page == NULL) {
        sv_os_wait(-1, timeout_ms < 5 ? timeout_ms : 5);
        return;
    }
    futex(page + (place_of(name) - FROM) / (off_t)sizeof *page, FUTEX_WAIT, was, &timeout);
    munmap(page, BELLS * sizeof *page);
}

#else

void sv_bell_ring(int file, struct sv_slice name)
{
    write_word(file, place_of(name), (uint32_t)sv_os_monotonic_ns());
}

void sv_bell_wait(int file, struct sv_slice name, uint32_t was, int timeout_ms)
{
    int64_t until = sv_os_monotonic_ns() + timeout_ms * INT64_C(1000000);
    while (sv_bell_look(file, name) == was && sv_os_monotonic_ns() < until)
        if (sv_os_wait(-1, 5) < 0)
            return;
}

#endif
