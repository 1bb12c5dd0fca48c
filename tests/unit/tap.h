/* SPDX-License-Identifier: ISC */
/* tap.h - a test says what holds and prints it in TAP (https://testanything.org).
 *
 *     int main(void) { ok(1 + 1 == 2, "sums"); is_int(f(2), 4, "doubles 2"); return done(); }
 */
#ifndef TAP_H
#define TAP_H

#include <inttypes.h>
#include <stdarg.h>
#include <stdbool.h>
#include <stdio.h>
#include <string.h>

#include "base/slice.h"

static int tap_count, tap_failed;

__attribute__((format(printf, 4, 5), unused)) static bool tap_result(bool passed, const char *file, int line, const char *format, ...)
{
    char name[300];
    va_list args;
    va_start(args, format);
    vsnprintf(name, sizeof name, format, args);
    va_end(args);
    for (char *p = name; *p != '\0'; p++) /* a name is one line without a directive */
        if (*p == '\n' || *p == '#' || (unsigned char)*p < 0x20)
            *p = ' ';
    printf("%sok %d - %s\n", passed ? "" : "not ", ++tap_count, name);
    if (!passed) {
        printf("# at %s:%d\n", file, line);
        tap_failed++;
    }
    return passed;
}

#define ok(condition, ...) tap_result((condition), __FILE__, __LINE__, __VA_ARGS__)

#define is_int(got, want, ...)                                                                                                     \
    do {                                                                                                                           \
        int64_t g_ = (int64_t)(got), w_ = (int64_t)(want);                                                                         \
        if (!ok(g_ == w_, __VA_ARGS__))                                                                                            \
            printf("# got %" PRId64 ", want %" PRId64 "\n", g_, w_);                                                               \
    } while (0)

#define is_slice(got, want, ...)                                                                                                   \
    do {                                                                                                                           \
        struct sv_slice g_ = (got), w_ = (want);                                                                                   \
        if (!ok(sv_slice_equal(g_, w_), __VA_ARGS__))                                                                              \
            printf("# got \"%.*s\"\n# want \"%.*s\"\n", SV_ARG(g_), SV_ARG(w_));                                                   \
    } while (0)

#define is_str(got, want, ...) is_slice(sv_slice_str(got), sv_slice_str(want), __VA_ARGS__)

__attribute__((unused)) static void skip(const char *name, const char *why)
{
    printf("ok %d - %s # skip %s\n", ++tap_count, name, why);
}

__attribute__((unused)) static int done(void)
{
    printf("1..%d\n", tap_count);
    return tap_failed > 0;
}

#endif
