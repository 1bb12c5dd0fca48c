/* SPDX-License-Identifier: ISC */
/* fuzz_json.c - any bytes through the JSON reader: both ways of reading agree; what they accept can be walked, unescaped,
 * written, and read again as the same bytes. */
#include <stdlib.h>

#include "base/buf.h"
#include "json/reader.h"
#include "json/writer.h"

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size);

enum { SLOTS_MAX = 16 };

static struct sv_paths *paths;
static struct sv_buf scratch, once, twice;

static void require(bool holds)
{
    if (!holds)
        abort();
}

static void set_up(void)
{
    paths = sv_paths_new();
    uint32_t a = sv_paths_key(paths, SV_PATHS_ROOT, SV_SLICE("a"));
    sv_paths_want(paths, a);
    sv_paths_want(paths, sv_paths_key(paths, sv_paths_key(paths, a, SV_SLICE("b")), SV_SLICE("c")));
    sv_paths_want(paths, sv_paths_key(paths, SV_PATHS_ROOT, SV_SLICE("type")));
    sv_paths_bind(paths, sv_paths_key(paths, SV_PATHS_ROOT, SV_SLICE("kind")),
                  sv_paths_slot(paths, sv_paths_find(paths, SV_PATHS_ROOT, SV_SLICE("type"))));
    require(sv_paths_slots(paths) <= SLOTS_MAX);
}

static void unescape(struct sv_value string)
{
    struct sv_slice raw = sv_value_raw(string);
    sv_buf_clear(&scratch);
    char *plain = sv_buf_room(&scratch, raw.len + 1);
    size_t len = sv_json_unescape(raw, plain);
    require(len <= raw.len);
    sv_buf_clear(&once);
    sv_json_put_string(&once, sv_slice(plain, len));
    struct sv_value again;
    require(sv_json_read(sv_buf_slice(&once), &again, NULL) && again.type == SV_STRING);
}

static void walk(struct sv_value value)
{
    if (value.type == SV_STRING)
        unescape(value);
    struct sv_json_iter it = sv_json_iter(value);
    struct sv_value key, child;
    while (sv_json_next(&it, &key, &child)) {
        if (it.is_object)
            unescape(key);
        walk(child);
    }
}

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
    if (paths == NULL)
        set_up();
    struct sv_slice text = sv_slice((const char *)data, size);
    struct sv_value value = {0}, slots[SLOTS_MAX] = {0};
    struct sv_json_rest rest = {0};
    struct sv_error read_err = {0}, project_err = {0};
    bool read = sv_json_read(text, &value, &read_err);
    bool projected = sv_json_project(paths, SV_PATHS_ROOT, text, slots, &rest, &project_err);
    require(read == projected);
    require(read || (read_err.column == project_err.column && strcmp(read_err.text, project_err.text) == 0));
    require(read || (read_err.text[0] != '\0' && read_err.column > 0 && read_err.column <= size + 1));
    if (read) {
        walk(value);
        for (size_t i = 0; i < SLOTS_MAX; i++)
            walk(slots[i]);
        for (size_t i = 0; i < rest.count; i++)
            walk(rest.items[i].value);
        sv_buf_clear(&once);
        sv_json_put_value(&once, value);
        require(sv_json_read(sv_buf_slice(&once), &value, NULL));
        sv_buf_clear(&twice);
        sv_json_put_value(&twice, value);
        require(sv_slice_equal(sv_buf_slice(&once), sv_buf_slice(&twice)));
    }
    sv_json_rest_free(&rest);
    return 0;
}
