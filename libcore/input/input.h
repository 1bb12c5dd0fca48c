/* SPDX-License-Identifier: ISC */
/* input.h - files, folders and pipes to records, merged by time. Knows bytes and places, no JSON, no store.
 *
 * A record is a line without its end (LF or CRLF); the last line needs none. Where the caller says so a record may span lines
 * (base/framing.h); at a file's start an object spread over lines is one, and each element of a list (input/documents.h). A byte
 * order mark at a file's start is skipped. A line over SV_LINE_MAX is handed out once, empty and with its flaw named, and reading
 * goes on behind it, in bounded memory; so is the first line of what would be a record but for a quote that is not closed within
 * SV_LINE_MAX bytes or the file. What comes out hangs on the bytes alone: neither on the size of the blocks read nor on where in
 * the file (at the end of a record) reading began.
 *
 * Several files are merged: always the one whose next record is oldest comes next, by a time that the caller reads from a
 * record; a record without time stays behind its predecessor; ties go by the order of the operands. A file is opened for
 * reading when its turn comes. Pipes (FIFOs, sockets, devices; standard input unless it is a regular file) are read live, one
 * after the other, after the files. What is named twice (same device and inode) is read once.
 *
 * With `resume` a file is a generation of a log: reading starts where the caller says, stops at the last newline, and what was
 * renamed away, or copied, before the file at the operand's path was begun anew (`log.1`, `log-20261121`) is offered along with
 * it, oldest first. With `follow` reading does not end: what is appended, rotated, cut or added to a folder comes as it comes,
 * noticed within some 10 ms where the system tells of changes, within 1 s elsewhere.
 *
 *     struct sv_input *input = sv_input_open(&spec, &err);
 *     while ((state = sv_input_next(input, &record, wait_ms, &err)) != SV_INPUT_END) ...
 *     sv_input_close(input);
 *
 * Floor: input; uses base only. */
#ifndef SV_INPUT_H
#define SV_INPUT_H

#include "base/error.h"
#include "base/framing.h"
#include "input/print.h"

struct sv_input;
struct sv_input_position;

struct sv_input_spec {
    const char *const *operands; /* files, folders, "-" */
    size_t count;                /* 0: standard input */
    size_t block_size;           /* 0: the default; $SV_BLOCK_SIZE is for tests */
    int64_t not_before_ns;       /* leave out files last modified before (-S with --home); INT64_MIN: none */

    /* Time of a record of source `source`, or false. May be NULL: files one after the other. Asked only where several files
     * are merged, perhaps more than once for one record (the first 64 KiB of each file are looked through beforehand), so the
     * answer must hang on the text alone. */
    bool (*time)(void *context, uint32_t source, struct sv_slice text, int64_t *ns);
    /* How the records of source `source` are framed. Asked twice: before its first record is read (first.data is NULL), and
     * with the first record that is not blank, for what follows it. Of a file to be merged that is before any other of its
     * records is handed to `time`. May be NULL: lines. */
    enum sv_framing (*framing)(void *context, uint32_t source, struct sv_slice first);
    /* A file or folder that cannot be used (code SV_INPUT or SV_SYSTEM): reading goes on without it. Also a file named by an
     * operand that turned out to hold no record (code SV_DONE: to be told, no failure). May be NULL. */
    void (*notice)(void *context, const struct sv_error *err);

    bool resume;
    bool follow; /* implies resume */
    /* Where to go on (resume only). Asked once a log when reading begins, again when following and its files have changed:
     * sources are the log's generations by age, the one at the path itself last (if it exists); heads are known; positions hold
     * what was handed out of each so far (0 for new ones), to be changed for new ones only: offset -1 leaves a file out, until
     * it has changed or become final: then it is asked about again. False with err: the log is not read. */
    bool (*resolve)(void *context, struct sv_input *input, const uint32_t *sources, size_t count,
                    struct sv_input_position *positions, struct sv_error *err);
    void *context;
};

struct sv_input_position {
    int64_t offset;  /* behind the last record handed out; a line starts here */
    uint64_t record; /* its number */
    uint64_t line;   /* lines up to there */
    uint8_t where;   /* between documents, in a list, among lines: the source's, as it was */
    struct sv_print print; /* what is to stand before offset; end 0: not known */
    bool look_again; /* in the first: one that was read is not among them; perhaps this is amid a rotation: ask once more */
};

/* One file or pipe. Numbered from 0 in the order of operands, a folder's files in byte order of their paths. */
struct sv_input_source {
    const char *path;      /* as shown to people: operand, or operand/rest; "-" for standard input */
    bool is_pipe;
    uint64_t head;         /* hash over the first record, at most its first 4 KiB; final once a record was handed out, 0 until one was seen */
    const char *log;       /* path of the log that it is a generation of, as shown to people; a pipe's is its own */
    uint64_t device, inode;
    int64_t born_ns;       /* when the file was made; 0: not known */
    int64_t size;          /* when last looked at; 0 for a pipe */
    int64_t modified_ns;
    int64_t offset;        /* behind the last record handed out */
    uint64_t records;      /* handed out */
    uint64_t lines;        /* of them; the number of line ends before offset, unless the last one is missing */
    uint8_t where;         /* what offset lies between, see documents.h; to be kept with it */
    bool ended;            /* all of it was read, and closed */
    bool is_resting;       /* followed: all of it was read, and more may come */
    bool is_rotated;       /* another file has taken its place at its log's path, or none has */
    bool is_gone;          /* FAILED, for it is nowhere any more; what was written behind `offset` is lost */
    bool is_final;         /* rotated and untouched for 10 s: its end is the end, a last line without newline was handed out */
};

struct sv_record {
    struct sv_slice text;  /* borrowed until the next call; empty with a flaw */
    uint32_t source;
    uint64_t number;       /* ordinal in its file, from 1, blank lines included */
    uint64_t line;         /* that it begins in, from 1 */
    int64_t offset;        /* of its first byte */
    const char *flaw;      /* why these bytes are no record; NULL: they are one */
    uint32_t flaw_column;  /* in that line, from 1, in code points; 0: none */
    bool no_newline;       /* the last line, cut short perhaps */
};

enum sv_input_state {
    SV_INPUT_RECORD, /* *record is filled */
    SV_INPUT_ENDED,  /* the source record->source is over (its reader can be ended); once a source, also if it had no record */
    SV_INPUT_IDLE,   /* nothing came for wait_ms; also once a second while waiting for ever */
    SV_INPUT_CHANGED, /* following: files came, went or were cut. The caller puts away what it has, then calls sv_input_look */
    SV_INPUT_SIGNAL, /* a signal interrupted the waiting; any signal: the caller knows if it is one to end by */
    SV_INPUT_FAILED, /* the source record->source could not be opened or read on: err; it is over, ENDED does not follow */
    SV_INPUT_END     /* all sources are over */
};

/* Looks at all operands (lists folders, recursively: *.jsonl, *.ndjson, session-*.json; hidden folders too, links to folders
 * not). NULL when nothing at all can be read: err is what else would have been the last notice. Files left out by not_before_ns
 * are no failure: without any other the input is just empty. The strings of spec are needed only during the call (with follow
 * until sv_input_close), its callbacks and context until sv_input_close. */
struct sv_input *sv_input_open(const struct sv_input_spec *spec, struct sv_error *err);
void sv_input_close(struct sv_input *input);

/* wait_ms: how long to wait on a pipe; -1: for ever. Never waits for files. err is filled with FAILED only. */
enum sv_input_state sv_input_next(struct sv_input *input, struct sv_record *record, int wait_ms, struct sv_error *err);

/* Behind SV_INPUT_CHANGED: takes the new state of things into account, asking `resolve` for each log concerned. Source numbers
 * stay; new files get new ones. */
void sv_input_look(struct sv_input *input);

/* The print of what was handed out of a file so far (false: it cannot be read any more); whether a print is this file's, wherever
 * it was renamed to; and whether it is that of the file at a path, if that is still the one with this device and inode. */
bool sv_input_print(const struct sv_input *input, uint32_t source, struct sv_print *print);
enum sv_print_match sv_input_match(const struct sv_input *input, uint32_t source, const struct sv_print *print);
enum sv_print_match sv_input_match_path(const char *path, uint64_t device, uint64_t inode, const struct sv_print *print);

/* Is all that there is of a file by now what another one begins with? */
bool sv_input_is_begin(const struct sv_input *input, uint32_t source, uint32_t of);

/* What is read, by source number; borrowed until sv_input_close. */
size_t sv_input_sources(const struct sv_input *input);
const struct sv_input_source *sv_input_source(const struct sv_input *input, uint32_t source);

/* Bytes handed out, and of all files together (0: unknown, a pipe is among them). */
void sv_input_progress(const struct sv_input *input, int64_t *done, int64_t *total);

#endif
