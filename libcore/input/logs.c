/* SPDX-License-Identifier: ISC */
/* Logs and their generations: what lies at a path and beside it, and what becomes of it while it is followed.
 *
 * Whatever has changed leads to one look: list the files, keep those that are open, ask `resolve` about the others. Opening goes
 * the same way. A file that was renamed or removed is read on until nobody has written to it for FINAL_NS; one that was cut is
 * ended, and what is at its path is a new file. */
#include <errno.h>

#include "base/mem.h"
#include "base/time.h"
#include "input/private.h"

enum { LOOK_MS = 1000, LOOK_AGAIN_MS = 20, LOOK_ALONE_MS = 50, WALK_MS = 2000, WALK_SOON_MS = 20 };
#define FINAL_NS (10 * SV_SECOND_NS)
#define MS_NS (SV_SECOND_NS / 1000)
#define TICK_NS (50 * MS_NS) /* a file that was written to within this may be written to again, to the same size, and bear the same time */

/* --- the files of a log --- */

static struct log *log_at(struct sv_input *input, const struct sv_input_place *place)
{
    struct sv_map_item *item = sv_map_at(&input->log_at, sv_slice_str(place->path));
    if (item->pointer != NULL)
        return item->pointer;
    if (input->log_count == input->log_capacity) {
        input->log_capacity = input->log_capacity > 0 ? 2 * input->log_capacity : 16;
        input->logs = sv_realloc(input->logs, input->log_capacity * sizeof(struct log *));
    }
    struct log *log = sv_calloc(1, sizeof *log);
    *log = (struct log){.path = item->key.data, .is_named = place->is_named, .folder = -1};
    item->pointer = log;
    input->logs[input->log_count++] = log;
    return log;
}

/* Does the file that is at this place bear another's inode? As long as one is held open nobody gets it. */
static bool is_born_anew(const struct file *file, const struct sv_input_place *place)
{
    struct sv_os_stat stat;
    int fd = file->is_open ? -1 : sv_os_open(place->path, NULL, NULL);
    bool is_there = fd >= 0 && sv_os_stat_fd(fd, &stat) && stat.inode == file->source.inode && stat.device == file->source.device;
    int64_t born_ns = is_there ? sv_os_born_ns(fd) : 0;
    bool is_other = born_ns != 0 && file->source.born_ns != 0 && born_ns != file->source.born_ns;
    if (is_there && born_ns == 0 && file->print.end > 0)
        is_other = sv_print_match(fd, &file->print) != SV_PRINT_SAME;
    sv_os_close(fd);
    return is_other;
}

/* Is this file being read, or was it, as part of whatever log? */
static struct file *known_file(struct sv_input *input, const struct sv_input_place *place)
{
    const struct sv_map_item *item = sv_map_find(&input->file_at, sv_input_inode(&place->stat, (uint64_t[2]){0}));
    struct file *file = item != NULL ? item->pointer : NULL;
    if (file == NULL || file->is_cut)
        return NULL;
    if (is_born_anew(file, place)) {
        file->is_cut = true;
        input->has_changed |= !file->is_over; /* then it is to be ended */
        return NULL;
    }
    return file;
}

static void append(struct log *log, struct file *file)
{
    if (log->count == log->capacity) {
        log->capacity = log->capacity > 0 ? 2 * log->capacity : 2;
        log->files = sv_realloc(log->files, log->capacity * sizeof(struct file *));
    }
    log->files[log->count++] = file;
    file->log = log;
    file->source.log = log->path;
}

static bool has_file(const struct log *log, const struct file *file)
{
    for (size_t i = 0; i < log->count; i++)
        if (log->files[i] == file)
            return true;
    return false;
}

static void set_rotated(struct file *file, bool is_rotated)
{
    file->source.is_rotated = is_rotated;
    file->source.is_final = is_rotated && sv_os_now_ns() - file->source.modified_ns >= FINAL_NS;
}

static void change(struct sv_input *input, struct log *log)
{
    log->must_look = true;
    input->has_changed = true;
}

/* Was it made before anybody watched? The system's times of files lag some ms behind its clock. */
static bool was_there(const struct sv_input *input, const struct file *file)
{
    return input->watched_ns == 0 || (file->source.born_ns != 0 && file->source.born_ns < input->watched_ns - TICK_NS);
}

/* Did it go amid this look, not read? What is there by now gets a file of its own. */
static bool forget_gone(struct sv_input *input, struct file *file)
{
    file->is_cut = sv_input_is_gone(file);
    if (file->is_cut) {
        if (!was_there(input, file))
            file->log->met--; /* it is among those that were met */
        else if (file->is_started ? file->source.offset == 0 : !file->source.is_rotated)
            file->log->made++; /* others have a row, and are missed by that, or were read */
        change(input, file->log);
    }
    return file->is_cut;
}

static bool has_changed(const struct file *file, const struct sv_os_stat *stat)
{
    return stat->size != file->source.size || stat->modified_ns != file->source.modified_ns;
}

/* One generation: taken over if it is read already, else a file whose head is looked at: a new one, or one that was left out, of
 * which there was perhaps nothing yet. */
static void take(struct sv_input *input, struct log *log, const struct sv_input_place *place, bool is_live)
{
    struct sv_error err = {0};
    struct file *file = known_file(input, place);
    bool must_look = file == NULL || (!file->is_started && (file->source.head == 0 || has_changed(file, &place->stat)));
    if (file == NULL)
        file = sv_input_add(input, place);
    else if (strcmp(file->source.path, place->path) != 0)
        file->source.path = sv_arena_dup(&input->paths, sv_slice_str(place->path)).data;
    file->source.modified_ns = place->stat.modified_ns;
    if (!file->is_started)
        file->source.size = place->stat.size;
    set_rotated(file, !is_live);
    append(log, file);
    if (!must_look)
        return;
    file->source.head = 0;
    if (sv_input_file_open(input, file, &err) && sv_input_file_look(input, file, false, INT64_MIN, &err))
        return;
    sv_input_file_close(input, file);
    file->is_over = true;
    log->count--;
    if (!forget_gone(input, file) && is_live)
        sv_input_tell(input, &err);
}

/* Where to go on with those of its files that are not read yet. False: the files are to be looked for once more. */
static bool ask(struct sv_input *input, struct log *log)
{
    struct sv_error err = {0};
    uint32_t *sources = sv_calloc(log->count, sizeof *sources);
    struct sv_input_position *positions = sv_calloc(log->count, sizeof *positions);
    for (size_t i = 0; i < log->count; i++) {
        const struct sv_input_source *source = &log->files[i]->source;
        sources[i] = log->files[i]->number;
        positions[i] = (struct sv_input_position){.offset = source->offset, .record = source->records, .line = source->lines, .where = source->where};
    }
    bool is_fine = input->spec.resolve == NULL || input->spec.resolve(input->spec.context, input, sources, log->count, positions, &err);
    bool is_sure = !positions[0].look_again;
    if (!is_fine)
        sv_input_tell(input, &err);
    for (size_t i = 0; i < log->count; i++) {
        struct file *file = log->files[i];
        if (file->is_started)
            continue;
        file->is_over = !is_fine || positions[i].offset < 0;
        if (file->is_over)
            continue;
        file->source.offset = positions[i].offset;
        file->source.records = positions[i].record;
        file->source.lines = positions[i].line;
        file->source.where = positions[i].where;
        file->print = positions[i].print;
        input->total += is_sure ? file->source.size - file->source.offset : 0;
    }
    sv_free(sources);
    sv_free(positions);
    return is_sure;
}

/* By the time it goes on at. */
static void start(struct sv_input *input, struct file *file)
{
    struct sv_error err = {0};
    bool is_merged = input->spec.time != NULL;
    int64_t before = file->number > 0 ? input->files[file->number - 1]->key : INT64_MIN;
    file->is_started = true;
    if (sv_input_file_open(input, file, &err) && sv_input_file_look(input, file, is_merged, before, &err)) {
        sv_input_merge(input, file);
        return;
    }
    sv_input_file_close(input, file);
    file->is_over = file->source.ended = true;
    bool is_unread = file->source.size > file->source.offset;
    if (!forget_gone(input, file) || (is_unread && !input->spec.follow)) /* who follows looks again, and counts */
        sv_input_tell(input, &err);
}

static struct sv_slice folder_of(const char *path)
{
    const char *slash = strrchr(path, '/');
    return slash == NULL ? SV_SLICE(".") : sv_slice(path, (size_t)(slash - path) + (slash == path));
}

static int watch_folder(struct sv_input *input, struct sv_slice folder)
{
    struct sv_map_item *item = sv_map_at(&input->folders, folder);
    if (item->number == 0)
        item->number = (uint64_t)(sv_watch_folder(input->watch, item->key.data) + 1);
    return (int)item->number - 1;
}

static struct sv_slice watch_key(struct sv_buf *key, int folder, const char *name)
{
    sv_buf_clear(key);
    sv_buf_add(key, sv_slice((const char *)&folder, sizeof folder));
    sv_buf_str(key, name);
    return sv_buf_slice(key);
}

static const char *name_of(const char *path)
{
    const char *slash = strrchr(path, '/');
    return slash != NULL ? slash + 1 : path;
}

static void watch_path(struct sv_input *input, struct log *log, const char *path)
{
    struct sv_buf key = {0};
    int folder = watch_folder(input, folder_of(path));
    if (folder >= 0)
        sv_map_at(&input->watched, watch_key(&key, folder, name_of(path)))->pointer = log;
    sv_buf_free(&key);
}

/* Its path and where its generations lie, which may be written to for a while. */
static void watch_log(struct sv_input *input, struct log *log)
{
    if (input->watch == NULL)
        return;
    log->folder = watch_folder(input, folder_of(log->path));
    watch_path(input, log, log->path);
    for (size_t i = 0; i < log->count; i++)
        if (!log->files[i]->is_over || !log->files[i]->is_started)
            watch_path(input, log, log->files[i]->source.path);
}

/* What is there, not amid a rotation: a file that is renamed while a folder is listed may be in the list twice, or not at all. As
 * far as the folder's time tells nothing came or went meanwhile. False: nothing is at its path. */
static bool list(struct log *log, struct sv_places *siblings, struct sv_input_place *live)
{
    enum { TRIES = 5, STEP_MS = 5 };
    char *folder = sv_str_dup(folder_of(log->path));
    struct sv_os_stat before = {0}, after = {0};
    bool is_there = false, is_still = false;
    for (int i = 0; i < TRIES && !is_still; i++) {
        if (i > 0)
            sv_os_wait(-1, STEP_MS);
        sv_places_free(siblings);
        sv_os_stat_path(folder, true, &before);
        sv_places_siblings(siblings, log->path);
        is_there = sv_os_stat_path(log->path, true, &live->stat) && live->stat.is_file;
        sv_os_stat_path(folder, true, &after);
        is_still = after.modified_ns == before.modified_ns && sv_os_now_ns() - after.modified_ns >= STEP_MS * MS_NS;
        log->folder_ns = before.modified_ns;
    }
    sv_free(folder);
    return is_there;
}

/* One that was being read is removed, and nobody could tell what else came and went. */
static void tell_unwatched(struct sv_input *input, const struct log *log)
{
    struct sv_error err = {0};
    sv_error_set(&err, SV_INPUT, "a gap: the file at this path was removed while this run began; what was written to others before the "
                                 "one that is there now is not counted");
    sv_error_at(&err, log->path, 0, 0);
    sv_input_tell(input, &err);
}

/* Finds its files as they are now. */
static void gather(struct sv_input *input, struct log *log)
{
    struct sv_places siblings = {0};
    struct sv_input_place there = {.path = (char *)(uintptr_t)log->path, .is_named = log->is_named}, *live = &there;
    struct file **before = log->files;
    size_t before_count = log->count, known = input->count;
    log->files = NULL;
    log->count = log->capacity = 0;
    log->must_look = false;
    if (!list(log, &siblings, live))
        live = NULL;
    for (size_t i = 0; i < siblings.count; i++)
        if (live == NULL || siblings.items[i].stat.inode != live->stat.inode || siblings.items[i].stat.device != live->stat.device)
            take(input, log, &siblings.items[i], false);
    sv_places_free(&siblings);
    if (live != NULL)
        take(input, log, live, true);
    for (size_t i = before_count; i-- > 0;)
        if (!before[i]->is_over && !has_file(log, before[i])) { /* removed, and held open by us */
            if (log->is_beginning)
                tell_unwatched(input, log);
            log->is_beginning = false;
            set_rotated(before[i], true);
            append(log, before[i]);
            memmove(log->files + 1, log->files, (log->count - 1) * sizeof(struct file *));
            log->files[0] = before[i];
        }
    log->is_beginning = false;
    sv_free(before);
    for (size_t i = known; i < input->count; i++)
        log->met += !was_there(input, input->files[i]);
}

static void look_at(struct sv_input *input, struct log *log)
{
    gather(input, log);
    if (log->count > 0 && !ask(input, log)) {
        sv_os_wait(-1, LOOK_AGAIN_MS);
        gather(input, log);
        if (log->count > 0)
            ask(input, log);
    }
    for (size_t i = 0; i < log->count; i++)
        if (!log->files[i]->is_started && !log->files[i]->is_over)
            start(input, log->files[i]);
    watch_log(input, log);
}

void sv_input_log_open(struct sv_input *input, const struct sv_input_place *place)
{
    struct log *log = log_at(input, place);
    look_at(input, log);
    if (!place->is_missing || log->count > 0) /* renamed just now, and not begun anew */
        return;
    struct sv_error err = {0};
    errno = ENOENT;
    sv_error_errno(&err, "cannot open");
    err.code = SV_INPUT;
    if (input->spec.follow)
        sv_error_set(&err, SV_DONE, "not there yet; it is read when it comes");
    sv_error_at(&err, log->path, 0, 0);
    sv_input_tell(input, &err);
}

/* --- what has changed? --- */

static int64_t since_ms(int64_t then_ns)
{
    return (sv_os_monotonic_ns() - then_ns) / MS_NS;
}

/* There may be more to read of a file that rests at its end. */
static void wake(struct sv_input *input, struct file *file)
{
    if (!file->in_heap && !file->is_over)
        sv_input_merge(input, file);
}

/* Are the bytes that were read of it still there? */
static bool is_same(struct sv_input *input, struct file *file, const struct sv_os_stat *stat)
{
    if (stat->size < file->source.offset)
        return false;
    return file->print.end == 0 || sv_input_match(input, file->number, &file->print) == SV_PRINT_SAME;
}

static void check_live(struct sv_input *input, struct log *log, struct file *file, const struct sv_os_stat *stat)
{
    if (file->in_heap || (file->is_settled && !has_changed(file, stat))) /* while it is read, reading sees what was done to it */
        return;
    file->source.size = stat->size;
    file->source.modified_ns = stat->modified_ns;
    file->is_settled = sv_os_now_ns() - stat->modified_ns > TICK_NS;
    if (!is_same(input, file, stat)) {
        file->is_cut = true;
        change(input, log);
    } else if (stat->size > file->source.offset) {
        wake(input, file);
    }
}

/* Renamed, removed, or replaced: it is read on where it is still open, until it has rested for a while. */
static void check_rotated(struct sv_input *input, struct file *file)
{
    struct sv_os_stat stat;
    if (file->is_over || file->in_heap || !file->is_open)
        return;
    if (sv_os_stat_fd(file->lines.fd, &stat)) {
        file->source.size = stat.size;
        file->source.modified_ns = stat.modified_ns;
    }
    if (sv_os_now_ns() - file->source.modified_ns >= FINAL_NS) {
        file->source.is_final = true;
        file->lines.whole = false;
        wake(input, file);
    } else if (file->source.size > sv_lines_offset(&file->lines)) {
        wake(input, file);
    }
}

/* What was left out is perhaps no copy any more, or was one that was not whole; and it is looked at again when it has become final. */
static void check_left_out(struct sv_input *input, struct log *log, const struct file *file)
{
    struct sv_os_stat stat;
    bool is_due = !file->source.is_final && sv_os_now_ns() - file->source.modified_ns >= FINAL_NS;
    if (file->is_cut || !sv_os_stat_path(file->source.path, true, &stat))
        return;
    if (is_due || stat.inode != file->source.inode || stat.device != file->source.device || has_changed(file, &stat))
        change(input, log);
}

static void check(struct sv_input *input, struct log *log)
{
    struct sv_os_stat stat;
    struct file *live = log->count > 0 && !log->files[log->count - 1]->source.is_rotated ? log->files[log->count - 1] : NULL;
    bool is_there = sv_os_stat_path(log->path, true, &stat) && stat.is_file;
    for (size_t i = 0; i < log->count; i++)
        if (log->files[i]->source.is_rotated)
            check_rotated(input, log->files[i]);
    if (live != NULL && live->is_over && !live->is_cut && live->source.ended == false && is_there && live->source.inode == stat.inode)
        return; /* left out */
    for (size_t i = 0; i < log->count; i++)
        if (log->files[i]->source.is_rotated && log->files[i]->is_over && !log->files[i]->is_started)
            check_left_out(input, log, log->files[i]);
    if (is_there && (live == NULL || live->source.inode != stat.inode || live->source.device != stat.device))
        change(input, log);
    else if (is_there)
        check_live(input, log, live, &stat);
    else if (live != NULL)
        change(input, log);
}

/* Did files come or go beside it since it was looked at? */
static void check_folder(struct sv_input *input, struct log *log)
{
    struct sv_os_stat stat;
    char *folder = sv_str_dup(folder_of(log->path));
    if (sv_os_stat_path(folder, true, &stat) && stat.modified_ns != log->folder_ns)
        change(input, log);
    sv_free(folder);
}

static void check_all(struct sv_input *input)
{
    input->looked_ns = sv_os_monotonic_ns();
    for (size_t i = 0; i < input->log_count; i++) {
        check(input, input->logs[i]);
        if (input->watch == NULL)
            check_folder(input, input->logs[i]);
    }
}

/* --- being told --- */

/* Files that came since into the folders named; and the folders themselves are watched. */
static void walk(struct sv_input *input)
{
    struct sv_places places = {0};
    input->must_walk = false;
    input->walked_ns = sv_os_monotonic_ns();
    sv_places_find(&places, &input->spec, NULL, NULL);
    for (size_t i = 0; i < places.count; i++) {
        const struct sv_input_place *place = &places.items[i];
        if (place->is_folder)
            watch_folder(input, sv_slice_str(place->path));
        else if (!place->stat.is_pipe && !place->is_stdin && sv_map_find(&input->log_at, sv_slice_str(place->path)) == NULL) {
            struct log *log = log_at(input, place);
            watch_log(input, log);
            change(input, log);
        }
    }
    sv_places_free(&places);
}

/* A file has come: perhaps a copy of a log that is about to be cut, or what was renamed away from it. */
static void hear_of_new(struct sv_input *input, const struct sv_watch_event *event)
{
    for (size_t i = 0; i < input->log_count; i++) {
        struct log *log = input->logs[i];
        if (log->folder == event->folder && sv_places_is_sibling(sv_slice_str(event->name), sv_slice_str(name_of(log->path))))
            change(input, log);
    }
}

static void hear(struct sv_input *input)
{
    struct sv_watch_event event;
    struct sv_buf key = {0};
    while (sv_watch_next(input->watch, &event)) {
        const struct sv_map_item *item =
            event.folder < 0 ? NULL : sv_map_find(&input->watched, watch_key(&key, event.folder, event.name));
        if (event.folder < 0) {
            check_all(input);
            input->must_walk = true;
            continue;
        }
        if (event.is_new && !event.is_folder)
            hear_of_new(input, &event);
        if (item != NULL) {
            struct log *log = item->pointer;
            log->made += event.is_new && strcmp(name_of(log->path), event.name) == 0;
            check(input, log);
        } else {
            input->must_walk |= event.is_folder || sv_places_is_log(event.name);
        }
    }
    sv_buf_free(&key);
}

void sv_input_tell_unseen(struct sv_input *input)
{
    hear(input);
    for (size_t i = 0; i < input->log_count && !input->has_changed; i++) {
        struct log *log = input->logs[i];
        if (log->made > log->met) {
            struct sv_error err = {0};
            unsigned long long count = log->made - log->met;
            sv_error_set(&err, SV_INPUT, "a gap: %llu file%s came and went at this path before %s could be read; what was written to %s is "
                                         "not counted",
                         count, count == 1 ? "" : "s", count == 1 ? "it" : "they", count == 1 ? "it" : "them");
            sv_error_at(&err, log->path, 0, 0);
            sv_input_tell(input, &err);
        }
        log->made = log->met = 0;
    }
}

void sv_input_glance(struct sv_input *input)
{
    hear(input);
    if (since_ms(input->looked_ns) >= LOOK_MS)
        check_all(input);
    if (since_ms(input->walked_ns) >= (input->must_walk ? WALK_SOON_MS : WALK_MS))
        walk(input);
}

enum sv_input_state sv_input_await(struct sv_input *input, int wait_ms)
{
    int64_t begin_ns = sv_os_monotonic_ns();
    int look_ms = input->watch != NULL ? LOOK_MS : LOOK_ALONE_MS;
    if (wait_ms < 0 || wait_ms > LOOK_MS)
        wait_ms = LOOK_MS; /* a wait without end comes up this often */
    for (;;) {
        int64_t left = wait_ms - since_ms(begin_ns), pause = left < look_ms ? left : look_ms;
        if (input->must_walk && pause > WALK_SOON_MS)
            pause = WALK_SOON_MS;
        if (sv_watch_wait(input->watch, pause > 0 ? (int)pause : 0) < 0) {
            sv_input_tell_unseen(input);
            return SV_INPUT_SIGNAL;
        }
        hear(input);
        if (since_ms(input->looked_ns) >= look_ms) {
            check_all(input);
            sv_input_tell_unseen(input);
        }
        if (since_ms(input->walked_ns) >= (input->must_walk ? WALK_SOON_MS : WALK_MS))
            walk(input);
        if (input->has_changed)
            return SV_INPUT_CHANGED;
        if (input->heap_count > 0)
            return SV_INPUT_RECORD;
        if (since_ms(begin_ns) >= wait_ms)
            return SV_INPUT_IDLE;
    }
}

void sv_input_look(struct sv_input *input)
{
    input->has_changed = false;
    for (size_t i = 0; i < input->log_count; i++) {
        struct log *log = input->logs[i];
        if (log->must_look)
            look_at(input, log);
    }
}

void sv_input_follow(struct sv_input *input)
{
    input->watch = sv_watch_new();
    for (size_t i = 0; i < input->log_count; i++) {
        watch_log(input, input->logs[i]);
    }
    input->watched_ns = sv_os_now_ns();
    walk(input);
    check_all(input); /* what happened before it was watched */
    for (size_t i = 0; i < input->log_count; i++) {
        check_folder(input, input->logs[i]);
        input->logs[i]->is_beginning = input->logs[i]->must_look;
    }
}

void sv_input_logs_free(struct sv_input *input)
{
    for (size_t i = 0; i < input->log_count; i++) {
        sv_free(input->logs[i]->files);
        sv_free(input->logs[i]);
    }
    sv_free(input->logs);
    sv_map_free(&input->log_at);
    sv_map_free(&input->file_at);
    sv_map_free(&input->watched);
    sv_map_free(&input->folders);
    sv_watch_free(input->watch);
}
