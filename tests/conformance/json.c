/* SPDX-License-Identifier: ISC */
/* json.c - JSONTestSuite (https://github.com/nst/JSONTestSuite) through our reader; TAP on stdout, counts per kind as comments.
 *
 *     json FOLDER          FOLDER/test_parsing: y_ must be accepted, n_ rejected, i_ either way without harm
 *                          FOLDER/test_transform: either way without harm
 *
 * Without harm: both ways of reading agree, everything accepted can be walked, unescaped, written and read again. */
#include <stdio.h>

#include "base/buf.h"
#include "base/limits.h"
#include "base/mem.h"
#include "base/os.h"
#include "json/reader.h"
#include "json/writer.h"

static int count, failed;

/* Everything in the value, depth-first; depth is bounded by the reader. Returns how many values there are. */
static size_t walk(struct sv_value value, struct sv_buf *scratch)
{
    size_t seen = 1;
    if (value.type == SV_STRING) {
        struct sv_slice raw = sv_value_raw(value);
        sv_buf_clear(scratch);
        char *plain = sv_buf_room(scratch, raw.len + 1);
        if (sv_json_unescape(raw, plain) > raw.len)
            return 0;
    }
    struct sv_json_iter it = sv_json_iter(value);
    struct sv_value key, child;
    while (sv_json_next(&it, &key, &child))
        seen += walk(child, scratch);
    return seen;
}

/* What is written is read again, and is written the same. */
static bool survives(struct sv_value value)
{
    struct sv_buf once = {0}, twice = {0};
    struct sv_value again;
    struct sv_error err = {0};
    sv_json_put_value(&once, value);
    bool good = sv_json_read(sv_buf_slice(&once), &again, &err);
    if (good) {
        sv_json_put_value(&twice, again);
        good = sv_slice_equal(sv_buf_slice(&once), sv_buf_slice(&twice));
    }
    sv_buf_free(&once);
    sv_buf_free(&twice);
    return good;
}

enum { SLOTS_MAX = 16 };

static struct sv_paths *some_paths(void)
{
    struct sv_paths *paths = sv_paths_new();
    uint32_t a = sv_paths_key(paths, SV_PATHS_ROOT, SV_SLICE("a"));
    sv_paths_want(paths, a);
    sv_paths_want(paths, sv_paths_key(paths, SV_PATHS_ROOT, SV_SLICE("")));
    sv_paths_want(paths, sv_paths_key(paths, sv_paths_key(paths, a, SV_SLICE("b")), SV_SLICE("c")));
    sv_paths_want(paths, sv_paths_key(paths, SV_PATHS_ROOT, SV_SLICE("id")));
    return paths;
}

/* Why the bytes are not handled as `kind` (y, n, i) asks, or NULL. */
static const char *judge(char kind, struct sv_slice text, const struct sv_paths *paths)
{
    struct sv_error read_err = {0}, project_err = {0};
    struct sv_value value = {0}, slots[SLOTS_MAX] = {0};
    struct sv_json_rest rest = {0};
    if (sv_paths_slots(paths) > SLOTS_MAX)
        return "more slots than this program has room for";
    bool read = sv_json_read(text, &value, &read_err);
    bool projected = sv_json_project(paths, SV_PATHS_ROOT, text, slots, &rest, &project_err);
    sv_json_rest_free(&rest);
    if (read != projected)
        return "the two ways of reading disagree";
    if (kind == 'y' && !read)
        return "rejected";
    if (kind == 'n' && read)
        return "accepted";
    if (!read)
        return read_err.text[0] != '\0' && project_err.text[0] != '\0' ? NULL : "rejected without a word";
    struct sv_buf scratch = {0};
    size_t seen = walk(value, &scratch);
    for (size_t i = 0; i < SLOTS_MAX; i++)
        seen += walk(slots[i], &scratch);
    sv_buf_free(&scratch);
    if (seen <= SLOTS_MAX)
        return "cannot be walked";
    return survives(value) ? NULL : "does not survive being written";
}

struct tally {
    const char *name;
    int passed, failed, accepted;
};

static void run_file(const char *folder, const char *name, char kind, const struct sv_paths *paths, struct tally *tally)
{
    struct sv_buf path = {0}, bytes = {0};
    struct sv_error err = {0};
    sv_buf_printf(&path, "%s/%s", folder, name);
    const char *why = NULL;
    if (!sv_os_slurp(sv_buf_cstr(&path), SV_LINE_MAX, &bytes, &err)) {
        why = err.text;
    } else {
        /* a block of exactly this size, so that a sanitizer sees a read past the end */
        char *exact = sv_alloc(bytes.len > 0 ? bytes.len : 1);
        if (bytes.len > 0)
            memcpy(exact, bytes.data, bytes.len);
        struct sv_slice text = sv_slice(exact, bytes.len);
        struct sv_value value;
        why = judge(kind, text, paths);
        tally->accepted += sv_json_read(text, &value, NULL);
        sv_free(exact);
    }
    printf("%sok %d - %s%s%s\n", why != NULL ? "not " : "", ++count, name, why != NULL ? ": " : "", why != NULL ? why : "");
    *(why != NULL ? &tally->failed : &tally->passed) += 1;
    failed += why != NULL;
    sv_buf_free(&path);
    sv_buf_free(&bytes);
}

static void run_folder(const char *top, const char *sub, const struct sv_paths *paths)
{
    struct tally tallies[4] = {{.name = "y_"}, {.name = "n_"}, {.name = "i_"}, {.name = "transform"}};
    struct sv_buf folder = {0}, names = {0};
    struct sv_error err = {0};
    size_t n = 0;
    sv_buf_printf(&folder, "%s/%s", top, sub);
    if (!sv_os_list(sv_buf_cstr(&folder), &names, &n, &err)) {
        printf("not ok %d - %s: %s\n", ++count, err.file, err.text);
        failed++;
    }
    const char *name = names.data;
    for (size_t i = 0; i < n; i++, name += strlen(name) + 1) {
        bool parsing = strcmp(sub, "test_parsing") == 0;
        int which = !parsing ? 3 : name[0] == 'y' ? 0 : name[0] == 'n' ? 1 : 2;
        if (sv_slice_ends(sv_slice_str(name), SV_SLICE(".json")))
            run_file(sv_buf_cstr(&folder), name, "ynii"[which], paths, &tallies[which]);
    }
    for (int i = 0; i < 4; i++)
        if (tallies[i].passed + tallies[i].failed > 0)
            printf("# json %-9s %4d passed, %d failed (%d accepted)\n", tallies[i].name, tallies[i].passed, tallies[i].failed,
                   tallies[i].accepted);
    sv_buf_free(&folder);
    sv_buf_free(&names);
}

int main(int argc, char **argv)
{
    if (argc != 2) {
        fprintf(stderr, "usage: json FOLDER\n");
        return 2;
    }
    setvbuf(stdout, NULL, _IOLBF, 0); /* so that a crash is seen beside its file */
    struct sv_paths *paths = some_paths();
    run_folder(argv[1], "test_parsing", paths);
    run_folder(argv[1], "test_transform", paths);
    printf("1..%d\n", count);
    sv_paths_free(paths);
    return failed > 0;
}
