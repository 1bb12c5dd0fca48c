/* SPDX-License-Identifier: ISC */
/* lines.h - one open file or pipe, block by block, to records: lines, or what lies between line ends that count. Private to this
 * floor.
 *
 * The block is reused: a record is a slice of it, valid until the next call. It grows only while a record is longer than it, and
 * shrinks again behind that record. Every byte is looked at once, whatever the size of the reads.
 *
 * A quote that is not closed makes a record of the whole rest of a file. Then only its first line is given up and the next one is
 * tried; it may be just as bad, and the next. Twice the same work is avoided by this: two scans that both are between quotes at
 * the same byte stay together for ever. So [start, open_to) being known to lie between quotes at each of its line ends, a scan
 * from any line in there that is between quotes at the end of that line can go on at open_to.
 *
 *     struct sv_lines lines;
 *     sv_lines_open(&lines, fd, how, block_size);
 *     while (sv_lines_next(&lines, &record, wait_ms, err) == SV_INPUT_RECORD) ...
 *     sv_lines_close(&lines);
 *
 * Floor: input; uses base only. */
#ifndef SV_LINES_H
#define SV_LINES_H

#include "input/input.h"
#include "input/print.h"

enum sv_lines_how {
    SV_LINES_FILE,   /* pread: can go on at any offset */
    SV_LINES_STREAM, /* read, never waits (a regular file given as standard input) */
    SV_LINES_PIPE    /* read, after waiting for bytes */
};

struct sv_lines {
    int fd;
    enum sv_lines_how how;
    size_t block;    /* bytes read at once at most */
    char *data;      /* what was read and is not handed out yet is [start, end) */
    size_t capacity, start, scanned, end; /* [start, scanned) holds no line end that counts */
    int64_t base;    /* offset of data[0] in the file */
    uint64_t number; /* records handed out */
    uint64_t lines;  /* their lines */
    enum sv_framing framing;      /* may be set between two records */
    enum sv_framing_state state;  /* at `scanned` */
    int64_t open_to;              /* offset; what a scan that gave up before knew of the text as far as here */
    enum sv_framing_state open_state; /* its state there */
    uint64_t head;   /* hash of the first record's beginning, set with it */
    int64_t skip_offset; /* of the line being skipped because it is too long */
    uint64_t first;  /* hash of the first SV_PRINT_BYTES of the file, if has_first */
    bool has_first;
    bool is_checked; /* a log: each read begins with bytes that are known, at most SV_PRINT_BYTES; others stand there: */
    bool is_cut;     /* it was cut or replaced meanwhile, and is ended */
    bool whole;      /* what has no line end yet is left alone, and the end may be asked for again and again */
    bool begun;      /* a byte order mark was looked for */
    bool skipping;
    bool eof;
};

/* Takes the descriptor over. */
void sv_lines_open(struct sv_lines *lines, int fd, enum sv_lines_how how, size_t block);

/* The same for a file of which `number` records of `count` lines, up to `offset`, were handed out before. */
void sv_lines_reopen(struct sv_lines *lines, int fd, size_t block, int64_t offset, uint64_t number, uint64_t count);

/* From now on is_checked, as a file that was read up to where it stands and has this print there (end 0: nothing is known of it).
 * False with errno when it cannot be read. */
bool sv_lines_check(struct sv_lines *lines, const struct sv_print *print);

/* The print of the first `end` bytes, of what was read and not of what is there now; false: they are not held any more. */
bool sv_lines_print(const struct sv_lines *lines, int64_t end, struct sv_print *print);

/* RECORD, ENDED, or FAILED with errno; pipes also IDLE and SIGNAL. Fills all of *record but its source. */
enum sv_input_state sv_lines_next(struct sv_lines *lines, struct sv_record *record, int wait_ms);

/* Offset behind the last record handed out. */
int64_t sv_lines_offset(const struct sv_lines *lines);

/* Closes the descriptor and frees the block; harmless when done twice. */
void sv_lines_close(struct sv_lines *lines);

#endif
