/* SPDX-License-Identifier: ISC */
/* Merging what is read. */
#include <errno.h>
#include <stdlib.h>

#include "base/mem.h"
#include "base/num.h"
#include "input/private.h"

enum {
    BLOCK_DEFAULT = 256 << 10,
    BLOCK_MAX = 16 << 20,
    BLOCKS_MAX = 4 << 20, /* bytes of all their blocks together */
    BLOCK_MIN = BLOCKS_MAX / SV_INPUT_OPEN_MAX,
    GLANCE_EVERY = 4096   /* records between looks at what changed, while there is much to read */
};

void sv_input_tell(void *context, const struct sv_error *err)
{
    struct sv_input *input = context;
    const struct sv_error *told = err;
    struct sv_error before = input->held;
    bool was_held = input->is_held;
    if (!input->is_open) {
        input->held = *err;
        input->is_held = true;
        told = was_held ? &before : NULL;
    }
    if (told != NULL && input->spec.notice != NULL)
        input->spec.notice(input->spec.context, told);
}

/* The files to merge, by time, then by number. */

static bool comes_before(const struct file *a, const struct file *b)
{
    return a->key != b->key ? a->key < b->key : a->number < b->number;
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

void sv_input_merge(struct sv_input *input, struct file *file)
{
    size_t at = input->heap_count++;
    file->in_heap = true;
    file->source.is_resting = false;
    for (; at > 0 && comes_before(file, input->heap[(at - 1) / 2]); at = (at - 1) / 2)
        input->heap[at] = input->heap[(at - 1) / 2];
    input->heap[at] = file;
}

static void drop_first(struct sv_input *input)
{
    input->heap[0]->in_heap = false;
    input->heap[0] = input->heap[--input->heap_count];
    if (input->heap_count > 0)
        sift_down(input, 0);
}

/* Gives the first file its place by the time of its next record. */
static void settle(struct sv_input *input, struct file *file)
{
    int64_t ns;
    if (input->spec.time == NULL || input->heap_count < 2 || !sv_input_time_of(input, file, &file->next, &ns) || ns == file->key)
        return;
    file->key = ns;
    sift_down(input, 0);
    if (input->heap[0] != file && (file->lines.capacity > input->block || file->documents.text.capacity > input->block))
        sv_input_file_aside(input, file); /* a long line that waits must not hold its memory: the next file may have one too */
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

static void add_file(struct sv_input *input, const struct sv_input_place *place, bool merged)
{
    struct sv_error err = {0};
    struct file *file = sv_input_add(input, place);
    int64_t before = input->count > 1 ? input->files[input->count - 2]->key : INT64_MIN;
    bool usable = sv_input_file_open(input, file, &err) && (!merged || sv_input_file_look(input, file, true, before, &err));
    if (usable) {
        sv_input_merge(input, file);
        input->total += file->source.size;
        return;
    }
    sv_input_file_close(input, file);
    input->count--;
    sv_free(file);
    sv_input_tell(input, &err);
}

/* Where many files are merged each has a smaller block: better than to open and read one again for each of its records. */
static void share_memory(struct sv_input *input)
{
    size_t open = input->heap_count < input->open_max ? input->heap_count : input->open_max;
    if (input->block == BLOCK_DEFAULT && input->block * open > BLOCKS_MAX)
        input->block = BLOCKS_MAX / open;
}

static void add_pipe(struct sv_input *input, const struct sv_input_place *place)
{
    struct file *pipe = sv_input_add(input, place);
    input->pipes[input->pipe_count++] = pipe;
}

static void refuse_pipe(struct sv_input *input, const struct sv_input_place *place)
{
    struct sv_error err = {0};
    sv_error_set(&err, SV_INPUT, "a pipe is not read beside files that are followed; follow it on its own");
    sv_error_at(&err, place->is_stdin ? "standard input" : place->path, 0, 0);
    sv_input_tell(input, &err);
}

static void add_places(struct sv_input *input, struct sv_places *places)
{
    size_t files = 0;
    for (size_t i = 0; i < places->count; i++)
        files += !places->items[i].stat.is_pipe && !places->items[i].is_folder;
    for (size_t i = 0; i < places->count; i++) {
        struct sv_input_place *place = &places->items[i];
        place->stat.is_pipe |= place->is_stdin && input->spec.resume; /* a file given as standard input cannot be known again */
        if (place->stat.is_pipe && input->spec.follow && files > 0)
            refuse_pipe(input, place);
        else if (place->is_folder)
            continue;
        else if (place->stat.is_pipe)
            add_pipe(input, place);
        else if (input->spec.resume)
            sv_input_log_open(input, place);
        else
            add_file(input, place, files > 1 && input->spec.time != NULL);
    }
}

struct sv_input *sv_input_open(const struct sv_input_spec *spec, struct sv_error *err)
{
    struct sv_input *input = sv_calloc(1, sizeof *input);
    struct sv_places places = {0};
    input->spec = *spec;
    input->spec.resume |= spec->follow;
    input->block = block_size(spec);
    input->open_max = sv_os_descriptors() / 2 < SV_INPUT_OPEN_MAX ? sv_os_descriptors() / 2 : SV_INPUT_OPEN_MAX; /* others need some, too */
    sv_places_find(&places, spec, sv_input_tell, input);
    add_places(input, &places);
    share_memory(input);
    bool nothing = input->count == 0 && places.too_old == 0 && !(input->spec.resume && places.count > 0);
    sv_places_free(&places);
    if (nothing) {
        if (err != NULL)
            *err = input->held;
        sv_input_close(input);
        return NULL;
    }
    input->is_open = true;
    if (input->is_held)
        sv_input_tell(input, &input->held);
    if (spec->follow)
        sv_input_follow(input);
    return input;
}

void sv_input_close(struct sv_input *input)
{
    if (input == NULL)
        return;
    for (size_t i = 0; i < input->count; i++) {
        sv_input_file_close(input, input->files[i]);
        sv_documents_free(&input->files[i]->documents);
        sv_free(input->files[i]);
    }
    sv_input_logs_free(input);
    sv_free(input->files);
    sv_free(input->heap);
    sv_free(input->pipes);
    sv_arena_free(&input->paths);
    sv_free(input);
}

/* Reading. */

/* A log that was just rotated is empty, too, and in order. */
static void tell_if_empty(struct sv_input *input, const struct file *file)
{
    if (file->source.records > 0 || !file->is_named || file->source.is_pipe || input->spec.resume)
        return;
    struct sv_error err = {0};
    sv_error_set(&err, SV_DONE, "empty file");
    sv_error_at(&err, sv_input_shown(file), 0, 0);
    sv_input_tell(input, &err);
}

/* The source is over: at its end, or because it failed. */
static enum sv_input_state finish(struct sv_input *input, struct file *file, enum sv_input_state state, struct sv_record *record)
{
    if (state == SV_INPUT_ENDED)
        tell_if_empty(input, file);
    sv_input_note_print(file);
    sv_input_file_close(input, file);
    file->source.ended = file->is_over = true;
    file->source.is_resting = false;
    if (file->source.is_pipe)
        input->pipe_at++;
    else if (file->in_heap)
        drop_first(input);
    *record = (struct sv_record){.source = file->number};
    return state;
}

/* It cannot be opened when its turn comes. A log's file that went meanwhile is no matter if all of it was read; one that was empty
 * when it was found may not have stayed so, where it is a matter of more than the moment in which a run begins. */
static enum sv_input_state refuse_file(struct sv_input *input, struct file *file, struct sv_record *record, struct sv_error *err)
{
    file->source.is_gone = file->log != NULL && sv_input_is_gone(file);
    bool is_read = file->source.is_gone && file->source.offset >= file->source.size && (file->source.offset > 0 || !input->spec.follow);
    if (file->source.is_gone && input->spec.follow)
        file->is_cut = file->log->must_look = input->has_changed = true;
    if (is_read && err != NULL)
        *err = (struct sv_error){0};
    return finish(input, file, is_read ? SV_INPUT_ENDED : SV_INPUT_FAILED, record);
}

/* At the end of a file that is followed. */
static void rest(struct sv_input *input, struct file *file)
{
    sv_input_note_print(file);
    file->source.is_resting = true;
    drop_first(input);
}

/* The file's record, which is in *record. */
static enum sv_input_state hand_out(struct sv_input *input, struct file *file, struct sv_record *record)
{
    struct sv_input_source *source = &file->source;
    int64_t offset = sv_documents_offset(&file->documents, &file->lines);
    record->source = file->number;
    file->has_next = false;
    input->done += offset - source->offset;
    input->handed++;
    source->offset = offset;
    source->lines = sv_documents_lines(&file->documents, &file->lines);
    sv_documents_keep(&file->documents);
    source->where = (uint8_t)file->documents.kept;
    if (source->records++ == 0)
        source->head = sv_input_head(file);
    return SV_INPUT_RECORD;
}

/* A file whose bytes are no longer those that were read has to be ended before anything else is. */
static struct file *cut_file(const struct sv_input *input)
{
    for (size_t i = 0; i < input->count; i++)
        if (input->files[i]->is_cut && !input->files[i]->is_over)
            return input->files[i];
    return NULL;
}

/* Before anything was read of it: is its first record not what it was found to be? */
static bool is_another(const struct file *file)
{
    return file->log != NULL && file->lines.whole && file->source.records == 0 && file->source.head != 0 &&
           sv_input_head(file) != file->source.head;
}

/* One step: RECORD with *record filled, or another state; END: there is nothing to read. */
static enum sv_input_state step(struct sv_input *input, struct sv_record *record, int wait_ms, struct sv_error *err)
{
    while (input->heap_count > 0 || input->pipe_at < input->pipe_count) {
        bool live = input->heap_count == 0;
        struct file *file = live ? input->pipes[input->pipe_at] : input->heap[0];
        if (!file->is_open && !sv_input_file_open(input, file, err))
            return refuse_file(input, file, record, err);
        bool alone = live || input->heap_count < 2;
        if (!file->has_next) {
            enum sv_input_state state = sv_input_file_next(input, file, alone ? record : &file->next, wait_ms);
            if (state == SV_INPUT_FAILED)
                sv_input_read_failed(file, err);
            if (state == SV_INPUT_RECORD && is_another(file)) {
                file->lines.is_cut = true;
                state = SV_INPUT_ENDED;
            }
            if (state == SV_INPUT_ENDED && input->spec.follow && file->lines.is_cut) {
                file->is_cut = file->log->must_look = input->has_changed = true;
            } else if (state == SV_INPUT_ENDED && input->spec.follow && file->lines.whole) {
                rest(input, file);
                continue;
            }
            if (state == SV_INPUT_FAILED || state == SV_INPUT_ENDED)
                return finish(input, file, state, record);
            if (state != SV_INPUT_RECORD)
                return state;
            if (alone)
                return hand_out(input, file, record);
            file->has_next = true;
            settle(input, file);
            if (input->heap[0] != file)
                continue;
        }
        *record = file->next;
        return hand_out(input, file, record);
    }
    return SV_INPUT_END;
}

enum sv_input_state sv_input_next(struct sv_input *input, struct sv_record *record, int wait_ms, struct sv_error *err)
{
    if (!input->spec.follow || input->pipe_count > 0)
        return step(input, record, wait_ms, err);
    if (input->handed % GLANCE_EVERY == 0)
        sv_input_glance(input);
    for (;;) {
        struct file *cut = input->has_changed ? cut_file(input) : NULL;
        if (cut != NULL)
            return finish(input, cut, SV_INPUT_ENDED, record);
        if (input->has_changed)
            return SV_INPUT_CHANGED;
        enum sv_input_state state = step(input, record, wait_ms, err);
        if (state != SV_INPUT_END)
            return state;
        if ((state = sv_input_await(input, wait_ms)) != SV_INPUT_RECORD && state != SV_INPUT_CHANGED)
            return state;
    }
}

bool sv_input_print(const struct sv_input *input, uint32_t source, struct sv_print *print)
{
    struct file *file = input->files[source];
    sv_input_note_print(file);
    if (file->print.end != file->source.offset)
        return false;
    *print = file->print;
    return true;
}

/* The descriptor of a file, if it is one; to be given back. */
static int borrow(const struct file *file)
{
    struct sv_buf path = {0};
    int fd = file->is_open ? file->lines.fd : -1;
    if (file->source.is_pipe || file->is_stdin)
        return -1;
    if (!file->is_open)
        fd = sv_input_file_reach(file, &path, NULL);
    sv_buf_free(&path);
    return fd;
}

static void give_back(const struct file *file, int fd)
{
    if (!file->is_open)
        sv_os_close(fd);
}

enum sv_print_match sv_input_match(const struct sv_input *input, uint32_t source, const struct sv_print *print)
{
    const struct file *file = input->files[source];
    int fd = borrow(file);
    enum sv_print_match match = fd >= 0 ? sv_print_match(fd, print) : SV_PRINT_OTHER;
    give_back(file, fd);
    return match;
}

bool sv_input_is_begin(const struct sv_input *input, uint32_t source, uint32_t of)
{
    const struct file *file = input->files[source];
    struct sv_os_stat stat;
    struct sv_print print;
    int fd = borrow(file);
    bool is_begin = fd >= 0 && sv_os_stat_fd(fd, &stat) && sv_print_make(fd, stat.size, &print) &&
                    sv_input_match(input, of, &print) == SV_PRINT_SAME;
    give_back(file, fd);
    return is_begin;
}

enum sv_print_match sv_input_match_path(const char *path, uint64_t device, uint64_t inode, const struct sv_print *print)
{
    struct sv_os_stat stat;
    int fd = sv_os_open(path, NULL, NULL);
    bool is_it = fd >= 0 && sv_os_stat_fd(fd, &stat) && stat.device == device && stat.inode == inode;
    enum sv_print_match match = is_it ? sv_print_match(fd, print) : SV_PRINT_OTHER;
    sv_os_close(fd);
    return match;
}

size_t sv_input_sources(const struct sv_input *input)
{
    return input->count;
}

const struct sv_input_source *sv_input_source(const struct sv_input *input, uint32_t source)
{
    return source < input->count ? &input->files[source]->source : NULL;
}

void sv_input_progress(const struct sv_input *input, int64_t *done, int64_t *total)
{
    *done = input->done;
    *total = input->pipe_count > 0 || input->spec.follow ? 0 : input->total;
}
