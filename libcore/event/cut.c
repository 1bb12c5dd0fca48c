/* SPDX-License-Identifier: ISC */
#include "event/cut.h"

#include "base/limits.h"
#include "base/utf8.h"
#include "event/event.h"
#include "json/reader.h"
#include "json/writer.h"

enum { STRING_MIN = 32 };
static const char ellipsis[] = "\xe2\x80\xa6";

/* The last place up to `most` bytes at which the inside of a JSON string may be cut: between characters and escapes. */
static size_t cut_at(struct sv_slice raw, size_t most)
{
    size_t at = 0;
    while (at < most) {
        size_t n;
        if (raw.data[at] != '\\') {
            n = sv_utf8_sequence(raw.data + at, raw.data + raw.len);
        } else if (raw.data[at + 1] != 'u') {
            n = 2;
        } else {
            char d = raw.data[at + 2], kind = raw.data[at + 3]; /* \ud83d\ude00 is one character */
            bool is_first = (d == 'd' || d == 'D') && strchr("89abAB", kind) != NULL;
            n = is_first && raw.len >= at + 12 && raw.data[at + 6] == '\\' && raw.data[at + 7] == 'u' ? 12 : 6;
        }
        if (n == 0 || at + n > most)
            break;
        at += n;
    }
    return at;
}

static void put_string(struct sv_buf *out, struct sv_value value, size_t most)
{
    struct sv_slice raw = sv_value_raw(value);
    if (raw.len <= most) {
        sv_json_put_value(out, value);
        return;
    }
    struct sv_value head = value;
    head.len = (uint32_t)cut_at(raw, most);
    sv_json_put_value(out, head);
    out->len--; /* its closing quote */
    sv_buf_str(out, ellipsis);
    sv_buf_char(out, '"');
}

/* As deep as JSON may be (SV_JSON_DEPTH_MAX). */
static void put_value(struct sv_buf *out, struct sv_value value, size_t most)
{
    if (value.type == SV_STRING) {
        put_string(out, value, most);
        return;
    }
    if (value.type != SV_JSON || value.len <= most) {
        sv_json_put_value(out, value);
        return;
    }
    struct sv_json_iter it = sv_json_iter(value);
    struct sv_value key, member;
    size_t start = out->len;
    bool is_object = it.is_object;
    sv_buf_char(out, is_object ? '{' : '[');
    while (sv_json_next(&it, &key, &member)) {
        if (out->len > start + 1)
            sv_buf_char(out, ',');
        if (is_object) {
            put_string(out, key, most);
            sv_buf_char(out, ':');
        }
        put_value(out, member, most);
    }
    sv_buf_char(out, is_object ? '}' : ']');
}

/* How readily a field is given up as a whole: 0 never. */
static int weight_of(struct sv_slice name)
{
    static const enum sv_field heavy[] = {SV_F_EXT, SV_F_ARGS, SV_F_RESULT, SV_F_LABELS};
    enum { HEAVY = sizeof heavy / sizeof *heavy };
    for (int i = 0; i < HEAVY; i++)
        if (sv_slice_is(name, sv_field_name(heavy[i])))
            return i + 1;
    return sv_field_find(name) == SV_F_COUNT ? HEAVY + 1 : 0;
}
enum { WEIGHTS = 5 };

static void put_count(struct sv_buf *out, const char *key, size_t bytes)
{
    sv_json_put_key(out, key);
    sv_buf_uint(out, bytes);
}

/* One try: strings of `most` bytes at most, and without the fields of a weight of 1 to `without`. */
static void put_line(struct sv_buf *out, struct sv_value line, size_t most, int without)
{
    struct sv_json_iter it = sv_json_iter(line);
    struct sv_value key, value;
    size_t result_bytes = 0;
    sv_buf_char(out, '{');
    while (sv_json_next(&it, &key, &value)) {
        struct sv_slice name = sv_value_raw(key);
        int weight = weight_of(name);
        bool is_id = sv_slice_is(name, "id");
        if (sv_slice_is(name, "result"))
            result_bytes = value.len;
        if (sv_slice_is(name, "result_bytes"))
            result_bytes = 0;
        if ((weight > 0 && weight <= without) || sv_slice_is(name, "body_bytes"))
            continue;
        if (out->data[out->len - 1] != '{')
            sv_buf_char(out, ',');
        put_string(out, key, most);
        sv_buf_char(out, ':');
        put_value(out, value, is_id ? SV_LINE_MAX : most);
    }
    if (result_bytes > most)
        put_count(out, "result_bytes", result_bytes);
    put_count(out, "body_bytes", line.len);
    sv_buf_char(out, '}');
}

void sv_event_cut(struct sv_buf *out, struct sv_slice line, size_t max)
{
    struct sv_value value = {.type = SV_JSON, .len = (uint32_t)line.len, .s = line.data};
    size_t start = out->len, most = max / 2;
    int without = 0;
    for (;;) {
        out->len = start;
        put_line(out, value, most, without);
        if (out->len - start <= max || (most == STRING_MIN && without == WEIGHTS))
            return;
        if (most > STRING_MIN)
            most = most / 2 > STRING_MIN ? most / 2 : STRING_MIN;
        else
            without++;
    }
}
