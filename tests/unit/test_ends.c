/* SPDX-License-Identifier: ISC */
/* The ends of texts of all lengths, wherever they lie: also where nothing may be read behind them. */
#define _DEFAULT_SOURCE
#include <sys/mman.h>
#include <unistd.h>

#include "base/ends.h"
#include "tap.h"

enum { LONGEST = 40 };

int main(void)
{
    size_t page = (size_t)sysconf(_SC_PAGESIZE);
    char *last = mmap(NULL, 2 * page, PROT_READ | PROT_WRITE, MAP_PRIVATE | MAP_ANONYMOUS, -1, 0);
    if (!ok(last != MAP_FAILED && mprotect(last + page, page, PROT_NONE) == 0, "a page with none behind it"))
        return done();
    char text[LONGEST + 1], other[LONGEST + 1];
    unsigned wrong = 0, alike = 0;
    for (size_t len = 0; len <= LONGEST; len++) {
        memset(text, 'x', sizeof text);
        text[len] = 'y'; /* what is behind does not count */
        for (size_t room = 0; room <= 20; room++) {
            char *at = last + page - len - room;
            memset(last + page - room, 'z', room);
            memcpy(at, text, len);
            wrong += !sv_ends_same(sv_ends_of(sv_slice(text, len)), sv_slice(text, len), sv_ends_of(sv_slice(at, len)), sv_slice(at, len));
        }
        for (size_t i = 0; i < len; i++) {
            memcpy(other, text, sizeof other);
            other[i] = '\0';
            sv_ends a = sv_ends_of(sv_slice(text, len)), b = sv_ends_of(sv_slice(other, len));
            alike += sv_ends_same(a, sv_slice(text, len), b, sv_slice(other, len)) || (len <= SV_ENDS_WHOLE && !sv_ends_differ(a ^ b));
        }
        for (size_t i = 0; i <= LONGEST; i++) { /* zeros behind are bytes, too */
            char zeros[LONGEST + 1] = "";
            alike += i != len && sv_ends_same(sv_ends_of(sv_slice(zeros, len)), sv_slice(zeros, len), sv_ends_of(sv_slice(zeros, i)), sv_slice(zeros, i));
        }
    }
    is_int(wrong, 0, "the same text is the same wherever it lies");
    is_int(alike, 0, "and one that differs in a byte or in its length is another");
    ok(!sv_ends_differ(sv_ends_of((struct sv_slice){0}) ^ sv_ends_of(sv_slice(text, 0))), "no text is an empty one");
    return done();
}
