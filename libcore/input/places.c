/* SPDX-License-Identifier: ISC */
#include "input/places.h"

#include <errno.h>
#include <stdlib.h>
#include <unistd.h>

enum { FOLDER_DEPTH_MAX = 64 };

/* A folder still to be read. */
struct folder {
    char *path;
    unsigned depth;
};

struct search {
    struct sv_places *places;
    const struct sv_input_spec *spec;
    void (*notice)(void *context, const struct sv_error *err);
    void *context;
    struct folder *folders; /* a stack */
    size_t folder_count, folder_capacity;
};

static void refuse(struct search *search, const char *path, struct sv_error *err)
{
    sv_error_at(err, path, 0, 0);
    err->code = SV_INPUT;
    if (search->notice != NULL)
        search->notice(search->context, err);
}

static void refuse_errno(struct search *search, const char *path)
{
    struct sv_error err = {0};
    int reason = errno;
    sv_error_errno(&err, "cannot open");
    refuse(search, path, &err);
    errno = reason;
}

/* Takes the path over. */
static void add(struct search *search, char *path, const struct sv_os_stat *stat, bool is_stdin, bool is_named)
{
    struct sv_places *places = search->places;
    const uint64_t identity[] = {stat->device, stat->inode};
    struct sv_map_item *seen = sv_map_at(&places->seen, sv_slice((const char *)identity, sizeof identity));
    bool too_old = stat->is_file && stat->modified_ns < search->spec->not_before_ns;
    if (seen->number++ > 0 || too_old) {
        places->too_old += too_old;
        sv_free(path);
        return;
    }
    if (places->count == places->capacity) {
        places->capacity = places->capacity > 0 ? places->capacity * 2 : 16;
        places->items = sv_realloc(places->items, places->capacity * sizeof *places->items);
    }
    places->items[places->count++] = (struct sv_input_place){.path = path, .stat = *stat, .is_stdin = is_stdin, .is_named = is_named};
}

static void push_folder(struct search *search, char *path, unsigned depth)
{
    if (search->folder_count == search->folder_capacity) {
        search->folder_capacity = search->folder_capacity > 0 ? search->folder_capacity * 2 : 16;
        search->folders = sv_realloc(search->folders, search->folder_capacity * sizeof *search->folders);
    }
    search->folders[search->folder_count++] = (struct folder){path, depth};
}

static char *join(const char *folder, const char *name)
{
    struct sv_buf path = {0};
    sv_buf_str(&path, folder);
    if (path.len > 0 && path.data[path.len - 1] != '/')
        sv_buf_char(&path, '/');
    sv_buf_add(&path, sv_slice(name, strlen(name) + 1));
    return path.data;
}

bool sv_places_is_log(const char *name)
{
    struct sv_slice s = sv_slice_str(name);
    return sv_slice_ends(s, SV_SLICE(".jsonl")) || sv_slice_ends(s, SV_SLICE(".ndjson")) ||
           (sv_slice_starts(s, SV_SLICE("session-")) && sv_slice_ends(s, SV_SLICE(".json"))); /* as Gemini names its chats */
}

static int by_path(const void *a, const void *b)
{
    return strcmp(*(char *const *)a, *(char *const *)b);
}

struct paths {
    char **items;
    size_t count, capacity;
};

/* Looks at one entry of a folder: a log file to `found`, a folder onto the stack. */
static void look_at(struct search *search, const struct folder *folder, const char *name, struct paths *found)
{
    char *path = join(folder->path, name);
    struct sv_os_stat stat;
    if (!sv_os_stat_path(path, false, &stat)) {
        refuse_errno(search, path);
    } else if (stat.is_folder) {
        if (folder->depth < FOLDER_DEPTH_MAX) {
            push_folder(search, path, folder->depth + 1);
            return;
        }
        struct sv_error err = {0};
        sv_error_set(&err, SV_INPUT, "folders nest deeper than %d; name this one itself to read it", FOLDER_DEPTH_MAX);
        refuse(search, path, &err);
    } else if (sv_places_is_log(name)) {
        if (found->count == found->capacity) {
            found->capacity = found->capacity > 0 ? found->capacity * 2 : 16;
            found->items = sv_realloc(found->items, found->capacity * sizeof *found->items);
        }
        found->items[found->count++] = path;
        return;
    }
    sv_free(path);
}

/* For who wants to be told what comes into it. */
static void add_folder(struct search *search, const char *path)
{
    struct sv_os_stat stat;
    size_t before = search->places->count;
    if (!search->spec->follow || !sv_os_stat_path(path, true, &stat))
        return;
    add(search, sv_str_dup(sv_slice_str(path)), &stat, false, false);
    if (search->places->count > before)
        search->places->items[before].is_folder = true;
}

static void walk(struct search *search, const char *operand)
{
    struct paths found = {0};
    bool complete = true;
    push_folder(search, sv_str_dup(sv_slice_str(operand)), 0);
    while (search->folder_count > 0) {
        struct folder folder = search->folders[--search->folder_count];
        struct sv_buf names = {0};
        struct sv_error err = {0};
        size_t count = 0;
        if (!sv_os_list(folder.path, &names, &count, &err)) {
            refuse(search, folder.path, &err);
            complete = false;
        }
        const char *name = names.data;
        add_folder(search, folder.path);
        for (size_t i = 0; i < count; i++, name += strlen(name) + 1)
            look_at(search, &folder, name, &found);
        sv_buf_free(&names);
        sv_free(folder.path);
    }
    if (found.count == 0 && complete && !search->spec->follow) {
        struct sv_error err = {0};
        sv_error_set(&err, SV_INPUT, "no log files (*.jsonl, *.ndjson, session-*.json) in this folder");
        refuse(search, operand, &err);
    }
    if (found.count > 0)
        qsort(found.items, found.count, sizeof *found.items, by_path);
    for (size_t i = 0; i < found.count; i++) {
        struct sv_os_stat stat;
        bool known = sv_os_stat_path(found.items[i], true, &stat);
        if (!known)
            refuse_errno(search, found.items[i]);
        if (known && stat.is_file)
            add(search, found.items[i], &stat, false, false);
        else
            sv_free(found.items[i]);
    }
    sv_free(found.items);
}

/* A log just renamed away, or not begun yet. */
static void add_missing(struct search *search, const char *operand)
{
    struct sv_places *places = search->places;
    struct sv_os_stat none = {.is_file = true, .inode = UINT64_MAX - places->count, .modified_ns = INT64_MAX};
    add(search, sv_str_dup(sv_slice_str(operand)), &none, false, true);
    places->items[places->count - 1].is_missing = true;
}

static void take_operand(struct search *search, const char *operand)
{
    bool is_stdin = strcmp(operand, "-") == 0;
    struct sv_os_stat stat;
    if (!(is_stdin ? sv_os_stat_fd(STDIN_FILENO, &stat) : sv_os_stat_path(operand, true, &stat))) {
        if (search->spec->resume && !is_stdin && errno == ENOENT)
            add_missing(search, operand);
        else
            refuse_errno(search, is_stdin ? "standard input" : operand);
    } else if (stat.is_folder && !is_stdin) {
        walk(search, operand);
    } else if (stat.is_file || stat.is_pipe) {
        add(search, sv_str_dup(sv_slice_str(operand)), &stat, is_stdin, true);
    } else {
        struct sv_error err = {0};
        sv_error_set(&err, SV_INPUT, "neither a file nor a folder nor a pipe");
        refuse(search, is_stdin ? "standard input" : operand, &err);
    }
}

void sv_places_find(struct sv_places *places, const struct sv_input_spec *spec,
                    void (*notice)(void *context, const struct sv_error *err), void *context)
{
    struct search search = {.places = places, .spec = spec, .notice = notice, .context = context};
    for (size_t i = 0; i < spec->count; i++)
        take_operand(&search, spec->operands[i]);
    if (spec->count == 0)
        take_operand(&search, "-");
    sv_free(search.folders);
}

void sv_places_free(struct sv_places *places)
{
    for (size_t i = 0; i < places->count; i++)
        sv_free(places->items[i].path);
    sv_free(places->items);
    sv_map_free(&places->seen);
    *places = (struct sv_places){0};
}

/* --- generations of a log --- */

/* A number or a time, as rotation puts it there. */
static bool is_stamp(struct sv_slice s)
{
    bool has_digit = false;
    for (size_t i = 0; i < s.len; i++) {
        bool is_digit = s.data[i] >= '0' && s.data[i] <= '9';
        if (!is_digit && strchr("-._:TZ", s.data[i]) == NULL)
            return false;
        has_digit |= is_digit;
    }
    return has_digit;
}

bool sv_places_is_sibling(struct sv_slice name, struct sv_slice log)
{
    if (name.len > log.len + 1 && sv_slice_starts(name, log)) {
        struct sv_slice suffix = sv_slice(name.data + log.len + 1, name.len - log.len - 1);
        return (name.data[log.len] == '.' || name.data[log.len] == '-') && (is_stamp(suffix) || sv_slice_is(suffix, "old"));
    }
    size_t dot = log.len;
    while (dot > 0 && log.data[dot - 1] != '.')
        dot--;
    if (dot <= 1) /* no extension */
        return false;
    struct sv_slice stem = sv_slice(log.data, dot - 1), extension = sv_slice(log.data + dot - 1, log.len - dot + 1);
    return name.len > log.len + 1 && sv_slice_starts(name, stem) && sv_slice_ends(name, extension) &&
           (name.data[stem.len] == '.' || name.data[stem.len] == '-') &&
           is_stamp(sv_slice(name.data + stem.len + 1, name.len - log.len - 1));
}

/* Older first; at one time (copied by a tool that keeps it) log.2 before log.1. */
static int by_age(const void *a_, const void *b_)
{
    const struct sv_input_place *a = a_, *b = b_;
    if (a->stat.modified_ns != b->stat.modified_ns)
        return a->stat.modified_ns < b->stat.modified_ns ? -1 : 1;
    size_t a_len = strlen(a->path), b_len = strlen(b->path);
    return a_len != b_len ? (a_len > b_len ? -1 : 1) : strcmp(b->path, a->path);
}

void sv_places_siblings(struct sv_places *places, const char *path)
{
    const char *slash = strrchr(path, '/');
    char *folder = slash == NULL ? sv_str_dup(SV_SLICE(".")) : sv_str_dup(sv_slice(path, (size_t)(slash - path) + (slash == path)));
    struct sv_slice log = sv_slice_str(slash != NULL ? slash + 1 : path);
    struct sv_buf names = {0};
    size_t count = 0, first = places->count;
    struct sv_input_spec all = {.not_before_ns = INT64_MIN};
    struct search search = {.places = places, .spec = &all};
    if (!sv_os_list(folder, &names, &count, NULL))
        count = 0;
    const char *name = names.data;
    for (size_t i = 0; i < count; i++, name += strlen(name) + 1) {
        struct sv_os_stat stat;
        if (!sv_places_is_sibling(sv_slice_str(name), log))
            continue;
        char *sibling = slash == NULL ? sv_str_dup(sv_slice_str(name)) : join(folder, name);
        if (sv_os_stat_path(sibling, false, &stat) && stat.is_file)
            add(&search, sibling, &stat, false, false);
        else
            sv_free(sibling);
    }
    if (places->count > first)
        qsort(places->items + first, places->count - first, sizeof *places->items, by_age);
    sv_buf_free(&names);
    sv_free(folder);
}
