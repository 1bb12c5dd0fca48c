/* SPDX-License-Identifier: ISC */
/* private.h - the inside of an input, shared by input.c (merging), files.c (open files) and logs.c (generations, following).
 *
 * Floor: input. */
#ifndef SV_INPUT_PRIVATE_H
#define SV_INPUT_PRIVATE_H

#include "base/map.h"
#include "base/os.h"
#include "base/watch.h"
#include "input/documents.h"
#include "input/input.h"
#include "input/lines.h"
#include "input/places.h"

enum { SV_INPUT_OPEN_MAX = 128 }; /* files open at once; what is more goes back to its place, without block or descriptor */

struct log;

struct file {
    struct sv_input_source source;
    uint32_t number;
    struct sv_lines lines;
    struct sv_documents documents; /* made of them, where records are lines */
    struct sv_record next; /* read, not handed out; if has_next */
    int64_t key;           /* time of the next record or of the last one before it that has a time */
    enum sv_framing framing; /* of what follows */
    struct sv_print print; /* of what was handed out, when it was closed or last read to its end */
    struct log *log;       /* NULL: not resumed */
    bool is_stdin, is_named, is_open, has_next, framed, in_heap;
    bool is_over;          /* ENDED was said, or nobody wants it */
    bool is_started;       /* resolved, and to be read */
    bool is_settled;       /* its time, as it was last looked at, tells whether it was written to since */
    bool is_cut;           /* other bytes stand where it was read: to be ended */
};

/* A path, and the files that are or were at it. */
struct log {
    const char *path;
    struct file **files; /* [count] by age; the live one last, if there is one */
    size_t count, capacity;
    bool is_named;
    int folder;          /* that it lies in, of the watch; -1: not watched */
    int64_t folder_ns;   /* when something came or went there, as of the last look */
    bool must_look;      /* its files have changed */
    bool is_beginning;   /* they had by the time that it was watched */
    uint64_t made, met;  /* files that were made at its path since it is watched, and those of them that were found */
};

struct sv_input {
    struct sv_input_spec spec;
    size_t block;
    struct file **files; /* [count], by source number */
    size_t count, capacity;
    struct file **heap;  /* [heap_count] files to merge, the next one first; room for all files */
    size_t heap_count;
    struct file **pipes; /* [pipe_count], from pipe_at still to be read */
    size_t pipe_count, pipe_at;
    struct file *open[SV_INPUT_OPEN_MAX];
    size_t open_count, open_max;
    int64_t done, total;
    struct sv_arena paths; /* texts of sources and logs; they may be asked for until the end */

    struct log **logs;     /* resumed: [log_count] */
    size_t log_count, log_capacity;
    struct sv_map log_at;  /* path -> struct log */
    struct sv_map file_at; /* device and inode -> the last struct file of it */
    struct sv_watch *watch;
    struct sv_map watched; /* folder's number and name in it -> struct log */
    struct sv_map folders; /* path -> folder's number + 1 */
    int64_t watched_ns;  /* by the clock, since when folders are watched; 0: not yet */
    int64_t looked_ns, walked_ns; /* at every file, through every folder: monotonic */
    uint64_t handed;       /* records, for a look at the watch now and then while there is much to read */
    bool must_walk, has_changed;

    /* The last notice of sv_input_open, held back: if nothing can be read it is the error. */
    struct sv_error held;
    bool is_held, is_open;
};

/* --- files.c --- */

/* A new file, not opened yet; the path is copied. */
struct file *sv_input_add(struct sv_input *input, const struct sv_input_place *place);

/* The key of file_at, made in `key`. */
struct sv_slice sv_input_inode(const struct sv_os_stat *stat, uint64_t key[2]);

/* A descriptor of this very file (-1 with err: there is none), which may have been renamed since it was looked for: then `path` is
 * where it is. The caller's to close. */
int sv_input_file_reach(const struct file *file, struct sv_buf *path, struct sv_error *err);

/* It cannot be reached: is there none, or another, at its path? */
bool sv_input_is_gone(const struct file *file);

/* Opens it where it stands; closes it, harmless when it is not open. */
bool sv_input_file_open(struct sv_input *input, struct file *file, struct sv_error *err);
void sv_input_file_close(struct sv_input *input, struct file *file);

/* Closes a file that will be read on later, from the record that was to come next. */
void sv_input_file_aside(struct sv_input *input, struct file *file);

/* Reads a record. */
enum sv_input_state sv_input_file_next(struct sv_input *input, struct file *file, struct sv_record *record, int wait_ms);

/* Reads from where the file stands for its head and, if `merged`, for the time it goes on at; then it stands there again.
 * before: the key of who comes before it. */
bool sv_input_file_look(struct sv_input *input, struct file *file, bool merged, int64_t before, struct sv_error *err);

/* Hash of its first record; 0: none was read yet. */
uint64_t sv_input_head(const struct file *file);

/* Time of a record, if it has one. */
bool sv_input_time_of(const struct sv_input *input, const struct file *file, const struct sv_record *record, int64_t *ns);

/* Its name in messages; a failure to read it, from errno. */
const char *sv_input_shown(const struct file *file);
bool sv_input_read_failed(const struct file *file, struct sv_error *err);

/* Notes the print of what was handed out, for who goes on later. */
void sv_input_note_print(struct file *file);

/* --- input.c --- */

void sv_input_tell(void *context, const struct sv_error *err); /* context: the input; held back while it is opened */
void sv_input_merge(struct sv_input *input, struct file *file); /* puts it among those to be read */

/* --- logs.c --- */

/* Adds the log at a place with all its generations, and asks where to go on. */
void sv_input_log_open(struct sv_input *input, const struct sv_input_place *place);

/* Begins to follow what was opened. */
void sv_input_follow(struct sv_input *input);

/* Waits for a change: RECORD when there may be something to read, CHANGED, IDLE, SIGNAL. */
enum sv_input_state sv_input_await(struct sv_input *input, int wait_ms);

/* While nothing changes: tells what came and went before it could be looked at. */
void sv_input_tell_unseen(struct sv_input *input);

/* A look at what the watch says, without waiting. */
void sv_input_glance(struct sv_input *input);

void sv_input_logs_free(struct sv_input *input);

#endif
