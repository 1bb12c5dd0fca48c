/* SPDX-License-Identifier: ISC */
#include "input/input.h"

#include <errno.h>
#include <stdlib.h>
#include <unistd.h>

#include "base/mem.h"
#include "base/num.h"
#include "base/os.h"
#include "input/documents.h"
#include "input/lines.h"
#include "input/places.h"

enum {
    BLOCK_DEFAULT = 256 << 10,
    BLOCK_MAX = 16 << 20,
    LOOK_MAX = 64 << 10,  /* bytes of a file looked through for its first time */
    OPEN_MAX = 128,       /* files open at once; what is more goes back to its place in the file, without block or descriptor */
    BLOCKS_MAX = 4 << 20, /* bytes of all their blocks together */
    BLOCK_MIN = BLOCKS_MAX / OPEN_MAX
};

struct file {
    struct sv_input_source source;
    struct sv_lines lines;
    struct sv_documents documents; /* made of them, where records are lines */
    struct sv_record next; /* read, not handed out; if has_next */
    int64_t key;           /* time of the next record or of the last one before it that has a time */
    enum sv_framing framing; /* of what follows */
    bool is_stdin, is_named, is_open, has_next, framed;
};

struct sv_input {
    struct sv_input_spec spec;
    size_t block;
    struct file *files;
    size_t count;
    struct file **heap; /* [heap_count] files to merge, the next one first */
    size_t heap_count;
    struct file **pipes; /* [pipe_count], from pipe_at still to be read */
    size_t pipe_count, pipe_at;
    struct file *open[OPEN_MAX];
    size_t open_count, open_max;
    int64_t done, total;
    /* The last notice of sv_input_open, held back: if nothing can be read it is the error. */
    struct sv_error held;
    bool is_held;
};

static void tell(struct sv_input *input, const struct sv_error *err)
{
    if (input->spec.notice != NULL)
        input->spec.notice(input->spec.context, err);
}

static void hold(void *context, const struct sv_error *err)
{
    struct sv_input *input = context;
    if (input->is_held)
        tell(input, &input->held);
    input->held = *err;
    input->is_held = true;
}

static const char *shown_path(const struct file *file)
{
    return file->is_stdin ? "standard input" : file->source.path;
}

/* Opening, closing, and putting aside. */

static void forget_open(struct sv_input *input, const struct file *file)
{
    for (size_t i = 0; i < input->open_count; i++)
        if (input->open[i] == file)
            input->open[i--] = input->open[--input->open_count];
}

static void close_file(struct sv_input *input, struct file *file)
{
    if (!file->is_open)
        return;
    if (file->is_stdin)
        file->lines.fd = -1; /* not ours */
    sv_lines_close(&file->lines);
    file->is_open = file->has_next = false;
    sv_documents_rewind(&file->documents, file->source.records);
    forget_open(input, file);
}

/* Closes a file that will be read on later, from the record that was to come next. */
static void put_aside(struct sv_input *input, struct file *file)
{
    if (!file->is_open || file->is_stdin)
        return;
    close_file(input, file);
}

/* Makes sure that one more file may be open: puts the one aside whose turn is farthest. */
static void limit_open(struct sv_input *input)
{
    struct file *last = NULL;
    for (size_t i = 0; i < input->open_count; i++)
        if (!input->open[i]->is_stdin && (last == NULL || input->open[i]->key > last->key))
            last = input->open[i];
    if (input->open_count >= input->open_max && last != NULL)
        put_aside(input, last);
}

static bool open_file(struct sv_input *input, struct file *file, struct sv_error *err)
{
    struct sv_input_source *source = &file->source;
    limit_open(input);
    if (file->is_stdin) {
        sv_lines_open(&file->lines, STDIN_FILENO, source->is_pipe ? SV_LINES_PIPE : SV_LINES_STREAM, input->block);
    } else if (source->is_pipe) {
        int fd = sv_os_open_live(source->path, err);
        if (fd < 0)
            return false;
        sv_lines_open(&file->lines, fd, SV_LINES_PIPE, input->block);
    } else {
        struct sv_os_stat stat;
        int fd = sv_os_open(source->path, NULL, err);
        if (fd < 0)
            return false;
        bool same = sv_os_stat_fd(fd, &stat) && stat.device == source->device && stat.inode == source->inode;
        if (!same) {
            sv_os_close(fd);
            sv_error_at(err, source->path, 0, 0);
            return sv_error_set(err, SV_INPUT, "another file has taken its place while it was to be read");
        }
        sv_lines_reopen(&file->lines, fd, input->block, source->offset, source->records, source->lines);
    }
    file->lines.framing = file->framing;
    file->is_open = true;
    input->open[input->open_count++] = file;
    return true;
}

static bool read_failed(const struct file *file, struct sv_error *err)
{
    sv_error_at(err, shown_path(file), 0, 0);
    return sv_error_errno(err, "cannot read");
}

static enum sv_framing ask_framing(struct sv_input *input, const struct file *file, struct sv_slice first)
{
    const struct sv_input_spec *spec = &input->spec;
    return spec->framing != NULL ? spec->framing(spec->context, (uint32_t)(file - input->files), first) : SV_FRAMING_LINES;
}

/* Reads a record into file->next; the first that says something tells how those behind it are framed. */
static enum sv_input_state read_next(struct sv_input *input, struct file *file, int wait_ms)
{
    enum sv_input_state state = file->framing == SV_FRAMING_LINES
                                    ? sv_documents_next(&file->documents, &file->lines, &file->next, wait_ms)
                                    : sv_lines_next(&file->lines, &file->next, wait_ms);
    if (!file->framed && state == SV_INPUT_RECORD && sv_slice_trim(file->next.text).len > 0) {
        file->lines.framing = file->framing = ask_framing(input, file, file->next.text);
        file->framed = true;
    }
    return state;
}

/* Time of a record, if it has one. */
static bool time_of(const struct sv_input *input, const struct file *file, const struct sv_record *record, int64_t *ns)
{
    return record->text.len > 0 &&
           input->spec.time(input->spec.context, (uint32_t)(file - input->files), record->text, ns);
}

/* Of its first record; 0: it has none yet. */
static uint64_t head_of(const struct file *file)
{
    return file->documents.head != 0 ? file->documents.head : file->lines.head;
}

/* Reads a file's beginning for the time it starts at; one without stays behind the file before it. */
static bool look(struct sv_input *input, struct file *file, struct sv_error *err)
{
    file->key = file > input->files ? file[-1].key : INT64_MIN;
    if (file->is_stdin) /* cannot be read twice */
        return true;
    enum sv_input_state state;
    do {
        state = read_next(input, file, 0);
        if (state == SV_INPUT_FAILED)
            return read_failed(file, err);
    } while (state == SV_INPUT_RECORD && !time_of(input, file, &file->next, &file->key) &&
             sv_lines_offset(&file->lines) < LOOK_MAX);
    file->source.head = head_of(file);
    return true;
}

/* The files to merge, by time, then by number. */

static bool comes_before(const struct file *a, const struct file *b)
{
    return a->key != b->key ? a->key < b->key : a < b;
}

static void sift_down(struct sv_input *input, size_t at)
{
    struct file **heap = input->heap, *file = heap[at];
    for (size_t child; (child = 2 * at + 1) < input->heap_count; at = child) {
        if (child + 1 < input->heap_count && comes_before(heap[child + 1], heap[child]))
            child++;
        if (!comes_before(heap[child], file))
            break;
        heap[at] = heap[child];
    }
    heap[at] = file;
}

static void drop_first(struct sv_input *input)
{
    input->heap[0] = input->heap[--input->heap_count];
    if (input->heap_count > 0)
        sift_down(input, 0);
}

/* Gives the first file its place by the time of its next record. */
static void settle(struct sv_input *input, struct file *file)
{
    int64_t ns;
    if (input->spec.time == NULL || input->heap_count < 2 || !time_of(input, file, &file->next, &ns) || ns == file->key)
        return;
    file->key = ns;
    sift_down(input, 0);
    if (input->heap[0] != file && (file->lines.capacity > input->block || file->documents.text.capacity > input->block))
        put_aside(input, file); /* a long line that waits must not hold its memory: the next file may have one too */
}

/* Setting up. */

static size_t block_size(const struct sv_input_spec *spec)
{
    size_t block = spec->block_size;
    const char *text = getenv("SV_BLOCK_SIZE");
    uint64_t value;
    if (block == 0 && text != NULL && sv_num_uint(sv_slice_str(text), &value))
        block = value < BLOCK_MAX ? (size_t)value : BLOCK_MAX;
    return block > 0 ? block : BLOCK_DEFAULT;
}

/* Takes a place's path over if it can be read. */
static void add_file(struct sv_input *input, struct sv_input_place *place, bool merged, bool keep_open)
{
    struct file *file = &input->files[input->count];
    *file = (struct file){.is_stdin = place->is_stdin, .is_named = place->is_named, .key = INT64_MIN};
    file->source = (struct sv_input_source){.path = place->path,
                                            .is_pipe = place->stat.is_pipe,
                                            .device = place->stat.device,
                                            .inode = place->stat.inode,
                                            .size = place->stat.size};
    file->framing = ask_framing(input, file, (struct sv_slice){0});
    struct sv_error err = {0};
    if (!place->stat.is_pipe) {
        bool usable = open_file(input, file, &err) && (!merged || look(input, file, &err));
        if (!usable || !keep_open)
            close_file(input, file);
        if (!usable) {
            hold(input, &err);
            return;
        }
        input->heap[input->heap_count++] = file;
        input->total += file->source.size;
    } else {
        input->pipes[input->pipe_count++] = file;
    }
    input->count++;
    place->path = NULL;
}

/* Where many files are merged each has a smaller block: better than to open and read one again for each of its records. */
static void share_memory(struct sv_input *input)
{
    size_t open = input->heap_count < input->open_max ? input->heap_count : input->open_max;
    if (input->block == BLOCK_DEFAULT && input->block * open > BLOCKS_MAX)
        input->block = BLOCKS_MAX / open;
}

struct sv_input *sv_input_open(const struct sv_input_spec *spec, struct sv_error *err)
{
    struct sv_input *input = sv_calloc(1, sizeof *input);
    struct sv_places places = {0};
    input->spec = *spec;
    input->block = block_size(spec);
    input->open_max = sv_os_descriptors() / 2 < OPEN_MAX ? sv_os_descriptors() / 2 : OPEN_MAX; /* others need some, too */
    sv_places_find(&places, spec, hold, input);
    input->files = sv_calloc(places.count, sizeof *input->files);
    input->heap = sv_calloc(places.count, sizeof(struct file *));
    input->pipes = sv_calloc(places.count, sizeof(struct file *));
    size_t files = 0;
    for (size_t i = 0; i < places.count; i++)
        files += !places.items[i].stat.is_pipe;
    for (size_t i = 0; i < places.count; i++)
        add_file(input, &places.items[i], files > 1 && spec->time != NULL, files == 1);
    for (size_t i = input->heap_count / 2; i-- > 0;)
        sift_down(input, i);
    share_memory(input);
    bool nothing = input->count == 0 && places.too_old == 0;
    sv_places_free(&places);
    if (nothing) {
        if (err != NULL)
            *err = input->held;
        sv_input_close(input);
        return NULL;
    }
    if (input->is_held)
        tell(input, &input->held);
    return input;
}

void sv_input_close(struct sv_input *input)
{
    if (input == NULL)
        return;
    for (size_t i = 0; i < input->count; i++) {
        close_file(input, &input->files[i]);
        sv_documents_free(&input->files[i].documents);
        sv_free((char *)input->files[i].source.path);
    }
    sv_free(input->files);
    sv_free(input->heap);
    sv_free(input->pipes);
    sv_free(input);
}

/* Reading. */

/* The source is over: at its end, or because it failed. */
static enum sv_input_state finish(struct sv_input *input, struct file *file, enum sv_input_state state, struct sv_record *record)
{
    if (state == SV_INPUT_ENDED && file->source.records == 0 && file->is_named && !file->source.is_pipe) {
        struct sv_error err = {0};
        sv_error_set(&err, SV_DONE, "empty file");
        sv_error_at(&err, shown_path(file), 0, 0);
        tell(input, &err);
    }
    close_file(input, file);
    file->source.ended = true;
    if (file->source.is_pipe)
        input->pipe_at++;
    else
        drop_first(input);
    *record = (struct sv_record){.source = (uint32_t)(file - input->files)};
    return state;
}

static enum sv_input_state hand_out(struct sv_input *input, struct file *file, struct sv_record *record)
{
    struct sv_input_source *source = &file->source;
    int64_t offset = sv_documents_offset(&file->documents, &file->lines);
    *record = file->next;
    record->source = (uint32_t)(file - input->files);
    file->has_next = false;
    input->done += offset - source->offset;
    source->offset = offset;
    source->lines = sv_documents_lines(&file->documents, &file->lines);
    sv_documents_keep(&file->documents);
    if (source->records++ == 0)
        source->head = head_of(file);
    return SV_INPUT_RECORD;
}

enum sv_input_state sv_input_next(struct sv_input *input, struct sv_record *record, int wait_ms, struct sv_error *err)
{
    while (input->heap_count > 0 || input->pipe_at < input->pipe_count) {
        bool live = input->heap_count == 0;
        struct file *file = live ? input->pipes[input->pipe_at] : input->heap[0];
        if (!file->is_open && !open_file(input, file, err))
            return finish(input, file, SV_INPUT_FAILED, record);
        if (!file->has_next) {
            enum sv_input_state state = read_next(input, file, wait_ms);
            if (state == SV_INPUT_FAILED)
                read_failed(file, err);
            if (state == SV_INPUT_FAILED || state == SV_INPUT_ENDED)
                return finish(input, file, state, record);
            if (state != SV_INPUT_RECORD)
                return state;
            file->has_next = true;
            if (!live)
                settle(input, file);
            if (!live && input->heap[0] != file)
                continue;
        }
        return hand_out(input, file, record);
    }
    return SV_INPUT_END;
}

size_t sv_input_sources(const struct sv_input *input)
{
    return input->count;
}

const struct sv_input_source *sv_input_source(const struct sv_input *input, uint32_t source)
{
    return source < input->count ? &input->files[source].source : NULL;
}

void sv_input_progress(const struct sv_input *input, int64_t *done, int64_t *total)
{
    *done = input->done;
    *total = input->pipe_count > 0 ? 0 : input->total;
}
