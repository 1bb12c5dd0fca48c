/* SPDX-License-Identifier: ISC */
/* One file of an input: opened, read, closed, put aside. */
#include <errno.h>
#include <unistd.h>

#include "base/mem.h"
#include "input/private.h"

enum { LOOK_MAX = 64 << 10 }; /* bytes of a file looked through for its first time */

const char *sv_input_shown(const struct file *file)
{
    return file->is_stdin ? "standard input" : file->source.path;
}

struct sv_slice sv_input_inode(const struct sv_os_stat *stat, uint64_t key[2])
{
    key[0] = stat->device;
    key[1] = stat->inode;
    return sv_slice((const char *)key, 2 * sizeof *key);
}

struct file *sv_input_add(struct sv_input *input, const struct sv_input_place *place)
{
    if (input->count == input->capacity) {
        input->capacity = input->capacity > 0 ? 2 * input->capacity : 16;
        input->files = sv_realloc(input->files, input->capacity * sizeof(struct file *));
        input->heap = sv_realloc(input->heap, input->capacity * sizeof(struct file *));
        input->pipes = sv_realloc(input->pipes, input->capacity * sizeof(struct file *));
    }
    struct file *file = sv_calloc(1, sizeof *file);
    const char *path = sv_arena_dup(&input->paths, sv_slice_str(place->path)).data;
    *file = (struct file){.number = (uint32_t)input->count, .is_stdin = place->is_stdin, .is_named = place->is_named, .key = INT64_MIN};
    file->source = (struct sv_input_source){.path = path,
                                            .log = path,
                                            .is_pipe = place->stat.is_pipe,
                                            .device = place->stat.device,
                                            .inode = place->stat.inode,
                                            .size = place->stat.size,
                                            .modified_ns = place->stat.modified_ns};
    input->files[input->count++] = file;
    if (input->spec.resume && !file->source.is_pipe)
        sv_map_at(&input->file_at, sv_input_inode(&place->stat, (uint64_t[2]){0}))->pointer = file;
    return file;
}

static void forget_open(struct sv_input *input, const struct file *file)
{
    for (size_t i = 0; i < input->open_count; i++)
        if (input->open[i] == file)
            input->open[i--] = input->open[--input->open_count];
}

void sv_input_file_close(struct sv_input *input, struct file *file)
{
    if (!file->is_open)
        return;
    if (file->is_stdin)
        file->lines.fd = -1; /* not ours */
    sv_lines_close(&file->lines);
    sv_documents_rewind(&file->documents, file->source.records);
    file->is_open = file->has_next = false;
    forget_open(input, file);
}

/* From memory: by now other bytes may stand there. A record of several lines may begin before what is held. */
void sv_input_note_print(struct file *file)
{
    struct sv_print print;
    bool is_file = file->is_open && !file->is_stdin && !file->source.is_pipe;
    if (is_file && file->print.end != file->source.offset &&
        (sv_lines_print(&file->lines, file->source.offset, &print) ||
         (!file->lines.is_cut && sv_print_make(file->lines.fd, file->source.offset, &print))))
        file->print = print;
}

void sv_input_file_aside(struct sv_input *input, struct file *file)
{
    if (!file->is_open || file->is_stdin)
        return;
    sv_input_note_print(file);
    sv_input_file_close(input, file);
}

/* Is its path not (any more) the way to it? */
static bool must_stay_open(const struct file *file)
{
    return file->is_stdin || (file->source.is_rotated && !file->is_over);
}

/* Makes sure that one more file may be open: puts one aside, of those at their end or else the one whose turn is farthest. */
static void limit_open(struct sv_input *input)
{
    struct file *last = NULL;
    for (size_t i = 0; i < input->open_count; i++) {
        struct file *file = input->open[i];
        if (!must_stay_open(file) &&
            (last == NULL || (last->in_heap && !file->in_heap) || (last->in_heap == file->in_heap && file->key > last->key)))
            last = file;
    }
    if (input->open_count >= input->open_max && last != NULL)
        sv_input_file_aside(input, last);
}

/* What is known of it up to where it goes on. */
static bool check(struct file *file, struct sv_error *err)
{
    const struct sv_input_source *source = &file->source;
    struct sv_print print;
    if (source->offset > 0 && file->print.end != source->offset && sv_print_make(file->lines.fd, source->offset, &print))
        file->print = print;
    if (sv_lines_check(&file->lines, &file->print))
        return true;
    sv_input_read_failed(file, err);
    sv_lines_close(&file->lines);
    return false;
}

/* Numbers are given anew: when it was made tells, too, where that is known. */
static bool is_it(const struct sv_input_source *source, int fd)
{
    struct sv_os_stat stat;
    if (!sv_os_stat_fd(fd, &stat) || stat.device != source->device || stat.inode != source->inode)
        return false;
    int64_t born_ns = source->born_ns != 0 ? sv_os_born_ns(fd) : 0;
    return born_ns == 0 || born_ns == source->born_ns;
}

/* -1, with err, when another file is there by now. */
static int open_same(const struct sv_input_source *source, const char *path, struct sv_error *err)
{
    int fd = sv_os_open(path, NULL, err);
    if (fd < 0 || is_it(source, fd))
        return fd;
    sv_os_close(fd);
    sv_error_at(err, path, 0, 0);
    sv_error_set(err, SV_INPUT, "another file has taken its place while it was to be read");
    return -1;
}

static int open_renamed(const struct file *file, struct sv_buf *path)
{
    int fd = -1;
    struct sv_places siblings = {0};
    sv_places_siblings(&siblings, file->log->path);
    for (size_t i = 0; i < siblings.count && fd < 0; i++) {
        const struct sv_input_place *place = &siblings.items[i];
        if (place->stat.inode == file->source.inode && place->stat.device == file->source.device &&
            (fd = open_same(&file->source, place->path, NULL)) >= 0)
            sv_buf_str(path, place->path);
    }
    sv_places_free(&siblings);
    return fd;
}

int sv_input_file_reach(const struct file *file, struct sv_buf *path, struct sv_error *err)
{
    int fd = open_same(&file->source, file->source.path, err);
    if (fd < 0 && file->log != NULL && (fd = open_renamed(file, path)) >= 0 && err != NULL)
        *err = (struct sv_error){0};
    return fd;
}

bool sv_input_is_gone(const struct file *file)
{
    int fd = sv_os_open(file->source.path, NULL, NULL);
    bool is_gone = fd >= 0 ? !is_it(&file->source, fd) : errno == ENOENT;
    sv_os_close(fd);
    return is_gone;
}

static bool open_path(struct sv_input *input, struct file *file, struct sv_error *err)
{
    struct sv_input_source *source = &file->source;
    if (input->open_count >= SV_INPUT_OPEN_MAX) {
        sv_error_at(err, source->path, 0, 0);
        return sv_error_set(err, SV_INPUT, "too many files are open");
    }
    struct sv_buf path = {0};
    int fd = sv_input_file_reach(file, &path, err);
    if (path.len > 0)
        source->path = sv_arena_dup(&input->paths, sv_buf_slice(&path)).data;
    sv_buf_free(&path);
    if (fd < 0)
        return false;
    if (input->spec.resume && source->born_ns == 0)
        source->born_ns = sv_os_born_ns(fd);
    sv_lines_reopen(&file->lines, fd, input->block, source->offset, source->records, source->lines);
    file->lines.whole = file->log != NULL && !source->is_final;
    return file->log == NULL || check(file, err);
}

bool sv_input_file_open(struct sv_input *input, struct file *file, struct sv_error *err)
{
    limit_open(input);
    if (file->is_stdin) {
        sv_lines_open(&file->lines, STDIN_FILENO, file->source.is_pipe ? SV_LINES_PIPE : SV_LINES_STREAM, input->block);
    } else if (file->source.is_pipe) {
        int fd = sv_os_open_live(file->source.path, err);
        if (fd < 0)
            return false;
        sv_lines_open(&file->lines, fd, SV_LINES_PIPE, input->block);
    } else if (!open_path(input, file, err)) {
        return false;
    }
    file->lines.framing = file->framing;
    file->documents.kept = file->documents.where = (enum sv_documents_where)file->source.where;
    file->is_open = true;
    input->open[input->open_count++] = file;
    return true;
}

bool sv_input_read_failed(const struct file *file, struct sv_error *err)
{
    sv_error_at(err, sv_input_shown(file), 0, 0);
    return sv_error_errno(err, "cannot read");
}

static enum sv_framing ask_framing(struct sv_input *input, const struct file *file, struct sv_slice first)
{
    const struct sv_input_spec *spec = &input->spec;
    return spec->framing != NULL ? spec->framing(spec->context, file->number, first) : SV_FRAMING_LINES;
}

/* The first record that says something tells how those behind it are framed. */
enum sv_input_state sv_input_file_next(struct sv_input *input, struct file *file, struct sv_record *record, int wait_ms)
{
    if (!file->framed && file->source.records == 0 && file->lines.number == 0)
        file->lines.framing = file->framing = ask_framing(input, file, (struct sv_slice){0});
    enum sv_input_state state = file->framing == SV_FRAMING_LINES
                                    ? sv_documents_next(&file->documents, &file->lines, record, wait_ms)
                                    : sv_lines_next(&file->lines, record, wait_ms);
    if (!file->framed && state == SV_INPUT_RECORD && sv_slice_trim(record->text).len > 0) {
        file->lines.framing = file->framing = ask_framing(input, file, record->text);
        file->framed = true;
    }
    return state;
}

uint64_t sv_input_head(const struct file *file)
{
    return file->documents.head != 0 ? file->documents.head : file->lines.head;
}

bool sv_input_time_of(const struct sv_input *input, const struct file *file, const struct sv_record *record, int64_t *ns)
{
    return record->text.len > 0 && input->spec.time(input->spec.context, file->number, record->text, ns);
}

bool sv_input_file_look(struct sv_input *input, struct file *file, bool merged, int64_t before, struct sv_error *err)
{
    enum sv_input_state state;
    int64_t start = file->source.offset;
    file->key = before;
    if (file->is_stdin) /* cannot be read twice */
        return true;
    do {
        state = sv_input_file_next(input, file, &file->next, 0);
        if (state == SV_INPUT_FAILED)
            return sv_input_read_failed(file, err);
        if (state == SV_INPUT_RECORD && start == 0 && file->source.head == 0)
            file->source.head = sv_input_head(file);
    } while (state == SV_INPUT_RECORD && (merged ? !sv_input_time_of(input, file, &file->next, &file->key) : !file->framed) &&
             sv_lines_offset(&file->lines) - start < LOOK_MAX);
    sv_input_file_close(input, file);
    return true;
}
