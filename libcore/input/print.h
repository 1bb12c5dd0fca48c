/* SPDX-License-Identifier: ISC */
/* print.h - by what a file is known again: its beginning, and the bytes before a place that was read up to.
 *
 * Names and inodes are given anew; logs begin alike. That the bytes before a position are still those that were read is what
 * makes it safe to go on there (the failures of other readers: https://github.com/open-telemetry/opentelemetry-collector-contrib/issues/19765).
 *
 *     struct sv_print print;
 *     sv_print_make(fd, offset, &print);                              // when a position is kept
 *     if (sv_print_match(fd, &print) == SV_PRINT_SAME) ...            // when it is to be used
 *
 * Floor: input; uses base only. */
#ifndef SV_PRINT_H
#define SV_PRINT_H

#include <stdbool.h>
#include <stdint.h>

enum { SV_PRINT_BYTES = 4096 };

struct sv_print {
    int64_t end;           /* bytes of the file that it speaks of; 0: none */
    uint32_t begin_length; /* of them at the beginning, at most SV_PRINT_BYTES */
    uint64_t begin;        /* hash of those */
    uint64_t tail;         /* hash of the last of them, at most SV_PRINT_BYTES */
};

/* The print of a file's first `end` bytes. False with errno when they cannot be read (0: there are less). */
bool sv_print_make(int fd, int64_t end, struct sv_print *print);

enum sv_print_match {
    SV_PRINT_OTHER,  /* it does not begin like that, or other bytes stand before the end, or it cannot be read */
    SV_PRINT_SAME,   /* all of what the print speaks of is there; there may be more */
    SV_PRINT_SHORTER /* begins like that, but ends earlier: a copy made before the rest was written, or a file cut short */
};
enum sv_print_match sv_print_match(int fd, const struct sv_print *print);

#endif
