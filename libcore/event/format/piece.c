/* SPDX-License-Identifier: ISC */
#include "event/format/piece.h"

#include "base/hash.h"
#include "base/time.h"
#include "base/utf8.h"
#include "event/reader_private.h"
#include "json/writer.h"

/* Bytes of the escape at p: 2, 6, or 12 for two that are one character. */
static size_t escape_size(const char *p, const char *end)
{
    if (end - p < 6 || p[1] != 'u')
        return 2;
    bool is_high = (p[2] | 0x20) == 'd' && strchr("89abAB", p[3]) != NULL;
    return is_high && end - p >= 12 && p[6] == '\\' && p[7] == 'u' && (p[8] | 0x20) == 'd' && strchr("cdefCDEF", p[9]) != NULL ? 12
                                                                                                                               : 6;
}

/* A string's bytes without its escapes. */
static size_t plain_size(struct sv_value string)
{
    const char *p = string.s, *end = p + string.len;
    size_t size = string.len;
    if (!(string.flags & SV_ESCAPED))
        return size;
    while (p < end && (p = memchr(p, '\\', (size_t)(end - p))) != NULL) {
        char plain[12];
        size_t step = escape_size(p, end);
        size -= step - (step == 2 ? 1 : sv_json_unescape(sv_slice(p, step), plain));
        p += step;
    }
    return size;
}

int64_t sv_piece_text_bytes(struct sv_value value)
{
    if (value.type == SV_STRING)
        return (int64_t)plain_size(value);
    if (sv_value_is_object(value))
        return value.len;
    int64_t sum = 0;
    struct sv_value item;
    for (struct sv_json_iter it = sv_json_iter(value); sv_json_next(&it, NULL, &item);) {
        if (sv_value_is_object(item))
            item = sv_json_get(item, SV_SLICE("text"));
        if (item.type == SV_STRING)
            sum += (int64_t)plain_size(item);
    }
    return sum;
}

/* A raw string cut to at most limit bytes, not inside an escape or a character. */
static struct sv_slice cut(struct sv_slice raw, size_t limit)
{
    if (raw.len <= limit)
        return raw;
    size_t at = 0;
    while (at < limit) {
        const char *p = raw.data + at;
        size_t step = 1;
        if (*p == '\\')
            step = escape_size(p, raw.data + raw.len);
        else if ((unsigned char)*p >= 0x80 && (step = sv_utf8_sequence(p, raw.data + raw.len)) == 0)
            step = 1;
        if (at + step > limit)
            break;
        at += step;
    }
    return sv_slice(raw.data, at);
}

struct sv_slice sv_piece_head(struct sv_value value, size_t limit, struct sv_arena *arena)
{
    struct sv_value item;
    for (struct sv_json_iter it = sv_json_iter(value); value.type != SV_STRING && sv_json_next(&it, NULL, &item);) {
        if (sv_value_is_object(value))
            break;
        if (sv_value_is_object(item))
            item = sv_json_get(item, SV_SLICE("text"));
        if (item.type == SV_STRING)
            value = item;
    }
    if (value.type != SV_STRING)
        return SV_SLICE("");
    struct sv_slice raw = cut(sv_value_raw(value), limit);
    if (!(value.flags & SV_ESCAPED))
        return raw;
    char *plain = sv_arena_alloc(arena, raw.len);
    return sv_slice(plain, sv_json_unescape(raw, plain));
}

struct sv_slice sv_piece_line(struct sv_slice text)
{
    text = sv_slice_trim(text);
    const char *stop = text.len > 0 ? memchr(text.data, '\n', text.len) : NULL;
    return stop == NULL ? text : sv_slice_trim(sv_slice(text.data, (size_t)(stop - text.data)));
}

bool sv_piece_wants_ext(const struct sv_reader *reader)
{
    const struct sv_schema *schema = reader->spec->schema;
    uint32_t node = sv_paths_find(schema->paths, SV_PATHS_ROOT, SV_SLICE("ext"));
    return schema->keep_rest || schema->used[SV_F_EXT] || (node != SV_NO_NODE && sv_paths_has_children(schema->paths, node));
}

void sv_piece_ext_begin(struct sv_buf *out)
{
    sv_buf_clear(out);
    sv_buf_char(out, '{');
}

static void put_raw_key(struct sv_buf *out, struct sv_value key)
{
    if (out->len > 1)
        sv_buf_char(out, ',');
    sv_buf_char(out, '"');
    sv_buf_add(out, sv_value_raw(key));
    sv_buf_str(out, "\":");
}

/* As it stands in the record where it stands there. */
static void put_value(struct sv_buf *out, struct sv_value value)
{
    if (value.type == SV_STRING && value.flags & SV_ESCAPED) {
        sv_buf_char(out, '"');
        sv_buf_add(out, sv_value_raw(value));
        sv_buf_char(out, '"');
    } else {
        sv_json_put_value(out, value);
    }
}

void sv_piece_ext_add(struct sv_buf *out, struct sv_slice key, struct sv_value value)
{
    if (value.type == SV_ABSENT)
        return;
    put_raw_key(out, sv_value_str(key));
    put_value(out, value);
}

void sv_piece_ext_rest(struct sv_buf *out, const struct sv_json_rest *rest)
{
    for (size_t i = 0; i < rest->count; i++) {
        put_raw_key(out, rest->items[i].key);
        put_value(out, rest->items[i].value);
    }
}

struct sv_value sv_piece_ext_end(struct sv_buf *out)
{
    if (out->len <= 1)
        return sv_value_of(SV_ABSENT);
    sv_buf_char(out, '}');
    return (struct sv_value){.type = SV_JSON, .len = (uint32_t)out->len, .s = out->data};
}

bool sv_piece_is_text(struct sv_value value)
{
    return value.type == SV_STRING && value.len > 0;
}

struct sv_value sv_piece_id(struct sv_value *base, uint32_t part, struct sv_arena *arena)
{
    if (!sv_piece_is_text(*base))
        return sv_value_of(SV_ABSENT);
    struct sv_slice text = sv_value_string(base, arena);
    char *out = sv_arena_alloc(arena, text.len + 12), digits[10];
    size_t len = text.len, n = 0;
    memcpy(out, text.data, len);
    out[len++] = '.';
    if (part >= SV_PART_USAGE) {
        out[len++] = "use"[part - SV_PART_USAGE];
    } else {
        do
            digits[n++] = (char)('0' + part % 10);
        while ((part /= 10) > 0);
        while (n > 0)
            out[len++] = digits[--n];
    }
    return sv_value_str(sv_slice(out, len));
}

int64_t sv_piece_tokens(struct sv_value value)
{
    /* more than any model reads in a year is no count, and sums of these cannot overflow */
    return value.type == SV_INT && value.i > 0 && value.i <= INT64_C(1000000000000) ? value.i : 0;
}

static uint64_t call_hash(struct sv_slice id)
{
    uint64_t hash = sv_hash(id);
    return hash != 0 ? hash : 1;
}

static uint32_t find_call(const struct sv_piece_calls *calls, uint64_t hash)
{
    for (uint32_t back = 1; back <= SV_PIECE_CALLS; back++) { /* results come soon after their calls */
        uint32_t at = (calls->next - back) % SV_PIECE_CALLS;
        if (calls->hash[at] == hash)
            return at;
        if (calls->hash[at] == 0)
            break;
    }
    return SV_PIECE_CALLS;
}

void sv_piece_call_add(struct sv_piece_calls *calls, struct sv_slice id, struct sv_slice tool)
{
    uint64_t hash = call_hash(id);
    uint32_t at = find_call(calls, hash);
    if (at == SV_PIECE_CALLS)
        at = calls->next++ % SV_PIECE_CALLS;
    calls->hash[at] = hash;
    calls->len[at] = (uint8_t)(tool.len <= SV_PIECE_TOOL_MAX ? tool.len : 0);
    if (calls->len[at] > 0)
        memcpy(calls->tool[at], tool.data, tool.len);
}

struct sv_slice sv_piece_call_tool(const struct sv_piece_calls *calls, struct sv_slice id)
{
    uint32_t at = find_call(calls, call_hash(id));
    return at < SV_PIECE_CALLS ? sv_slice(calls->tool[at], calls->len[at]) : SV_SLICE("");
}

/* Behind the closing quote of a string whose inside begins at p; NULL if there is none. */
static const char *skip_string(const char *p, const char *end)
{
    for (const char *from = p; (p = memchr(p, '"', (size_t)(end - p))) != NULL; p++) {
        size_t escapes = 0;
        while (p - escapes > from && p[-1 - (ptrdiff_t)escapes] == '\\')
            escapes++;
        if (escapes % 2 == 0)
            return p + 1;
    }
    return NULL;
}

bool sv_piece_time(struct sv_slice text, int64_t *ns)
{
    static const char name[] = "timestamp\"";
    const char *p = text.data, *end = p + text.len;
    bool is_key = false;
    size_t depth = 0;
    while (p < end) {
        char c = *p++;
        if (c == '"') {
            const char *start = p;
            if ((p = skip_string(p, end)) == NULL)
                return false;
            if (!is_key || depth != 1 || (size_t)(p - start) != sizeof name - 1 || memcmp(start, name, sizeof name - 1) != 0) {
                is_key = false;
                continue;
            }
            is_key = false;
            while (p < end && (*p == ' ' || *p == ':' || *p == '\t'))
                p++;
            if (p == end || *p != '"')
                continue;
            start = ++p;
            if ((p = skip_string(p, end)) == NULL)
                return false;
            if (sv_time_parse(sv_slice(start, (size_t)(p - 1 - start)), ns))
                return true;
        } else if (c == '{' || c == '[') {
            is_key = ++depth == 1;
        } else if (c == '}' || c == ']') {
            if (depth-- <= 1)
                return false;
        } else if (c == ',') {
            is_key = depth == 1;
        }
    }
    return false;
}
