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

struct sv_slice sv_piece_plain(struct sv_value *value, struct sv_arena *arena)
{
    return value->type == SV_STRING ? sv_value_string(value, arena) : SV_SLICE("");
}

void sv_piece_set(struct sv_event *event, enum sv_field field, struct sv_slice text)
{
    if (text.len > 0)
        sv_event_set(event, field, sv_value_str(text));
}

const struct sv_paths *sv_piece_paths(struct sv_paths **tree, const struct sv_piece_path *wanted, size_t count)
{
    if (*tree == NULL) {
        uint32_t node[SV_PIECE_TOP + 1];
        *tree = sv_paths_new();
        node[SV_PIECE_TOP] = SV_PATHS_ROOT;
        for (size_t i = 0; i < count; i++) {
            node[wanted[i].slot] = sv_paths_key(*tree, node[wanted[i].parent], sv_slice_str(wanted[i].key));
            sv_paths_bind(*tree, node[wanted[i].slot], wanted[i].slot);
        }
    }
    return *tree;
}

bool sv_piece_read(const struct sv_paths *paths, struct sv_slice text, struct sv_value *v, struct sv_value *whole,
                   struct sv_error *err)
{
    if (!sv_json_project(paths, SV_PATHS_ROOT, text, v, NULL, err))
        return false;
    text = sv_slice_trim(text);
    if (text.data[0] != '{')
        return sv_error_at(err, NULL, 0, 1), sv_error_set(err, SV_INPUT, "a JSON object is expected");
    *whole = (struct sv_value){.type = SV_JSON, .len = (uint32_t)text.len, .s = text.data};
    return true;
}

static bool is_one_of(struct sv_slice name, const char *const *names)
{
    while (*names != NULL && !sv_slice_is(name, *names))
        names++;
    return *names != NULL;
}

/* A buffer's bytes as a value that lives as long as the arena. */
static struct sv_value settle(struct sv_buf *buf, struct sv_arena *arena)
{
    struct sv_value value = sv_piece_ext_end(buf);
    if (value.type == SV_JSON)
        value.s = sv_arena_dup(arena, sv_value_raw(value)).data;
    sv_buf_free(buf);
    return value;
}

struct sv_value sv_piece_leftover(struct sv_reader *reader, struct sv_value object, const char *const *known)
{
    return sv_piece_wants_ext(reader) ? sv_piece_without(sv_reader_arena(reader), object, known) : sv_value_of(SV_ABSENT);
}

struct sv_value sv_piece_without(struct sv_arena *arena, struct sv_value object, const char *const *known)
{
    struct sv_buf out = {0};
    struct sv_value key, value;
    sv_piece_ext_begin(&out);
    for (struct sv_json_iter it = sv_json_iter(object); sv_json_next(&it, &key, &value);)
        if (!is_one_of(sv_value_raw(key), known))
            sv_piece_ext_add(&out, sv_value_raw(key), value);
    return settle(&out, arena);
}

struct sv_value sv_piece_object(struct sv_arena *arena, const char *key, struct sv_value value)
{
    struct sv_buf out = {0};
    sv_piece_ext_begin(&out);
    sv_piece_ext_add(&out, sv_slice_str(key), value);
    return settle(&out, arena);
}

void sv_piece_keep(struct sv_piece_word *word, struct sv_slice text)
{
    if (text.len > SV_PIECE_WORD_MAX) {
        text.len = SV_PIECE_WORD_MAX;
        while (text.len > 0 && ((unsigned char)text.data[text.len] & 0xC0) == 0x80)
            text.len--;
    }
    if (text.len > 0)
        memmove(word->text, text.data, text.len);
    word->len = (uint16_t)text.len;
}

struct sv_slice sv_piece_kept(const struct sv_piece_word *word)
{
    return sv_slice(word->text, word->len);
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

static void set_call(struct sv_piece_calls *calls, uint32_t at, uint64_t hash, struct sv_slice tool)
{
    calls->hash[at] = hash;
    calls->len[at] = (uint8_t)(tool.len <= SV_PIECE_TOOL_MAX ? tool.len : 0);
    if (calls->len[at] > 0)
        memcpy(calls->tool[at], tool.data, tool.len);
}

void sv_piece_call_add(struct sv_piece_calls *calls, struct sv_slice id, struct sv_slice tool)
{
    uint32_t at = find_call(calls, call_hash(id));
    set_call(calls, at < SV_PIECE_CALLS ? at : calls->next++ % SV_PIECE_CALLS, call_hash(id), tool);
}

void sv_piece_call_put(struct sv_piece_calls *calls, uint64_t hash, struct sv_slice tool)
{
    set_call(calls, calls->next++ % SV_PIECE_CALLS, hash, tool);
}

void sv_piece_call_remove(struct sv_piece_calls *calls, struct sv_slice id)
{
    uint32_t at = find_call(calls, call_hash(id));
    if (at < SV_PIECE_CALLS)
        calls->hash[at] = 1; /* of no id: free places end a search */
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
