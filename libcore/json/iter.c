/* SPDX-License-Identifier: ISC */
/* Walking containers that were validated before, and what is inside their strings. */
#include "base/limits.h"
#include "base/num.h"
#include "base/utf8.h"
#include "json/reader.h"
#include "json/scan.h"

struct sv_json_iter sv_json_iter(struct sv_value container)
{
    if (container.type != SV_JSON || container.len < 2)
        return (struct sv_json_iter){0};
    return (struct sv_json_iter){container.s + 1, container.s + container.len - 1, container.s[0] == '{'};
}

/* Behind the container that starts at p. */
static const char *skip_container(const char *p, const char *end)
{
    size_t depth = 0;
    bool is_escaped;
    for (; p < end; p++) {
        switch (*p) {
        case '"':
            p = sv_scan_string_end(p + 1, end, &is_escaped);
            break;
        case '{': case '[':
            depth++;
            break;
        case '}': case ']':
            if (--depth == 0)
                return p + 1;
            break;
        default:
            break;
        }
    }
    return end;
}

/* A number, true, false or null, which most often is one that can be told at sight. */
static struct sv_value take_scalar(const char *p, const char *stop)
{
    enum { DIGITS = 18 }; /* so many fit into an int */
    struct sv_value value;
    if (*p == 't' || *p == 'f')
        return sv_value_bool(*p == 't');
    if (*p == 'n')
        return sv_value_of(SV_NULL);
    if (stop - p <= DIGITS) {
        const char *at = p + (*p == '-');
        int64_t whole = 0;
        for (; at < stop && *at >= '0' && *at <= '9'; at++)
            whole = whole * 10 + (*at - '0');
        if (at == stop)
            return sv_value_int(*p == '-' ? -whole : whole);
    }
    return sv_json_read(sv_slice(p, (size_t)(stop - p)), &value, NULL) ? value : sv_value_of(SV_ABSENT);
}

/* The value at p, which is valid JSON; returns where it ends. */
static const char *take_value(const char *p, const char *end, struct sv_value *out)
{
    const char *stop;
    bool is_escaped;
    switch (*p) {
    case '"':
        stop = sv_scan_string_end(p + 1, end, &is_escaped);
        *out = (struct sv_value){.type = SV_STRING, .flags = is_escaped ? SV_ESCAPED : 0, .len = (uint32_t)(stop - p - 1), .s = p + 1};
        return stop + 1;
    case '{': case '[':
        stop = skip_container(p, end);
        *out = (struct sv_value){.type = SV_JSON, .len = (uint32_t)(stop - p), .s = p};
        return stop;
    default:
        for (stop = p; stop < end && *stop != ',' && *stop != '}' && *stop != ']' && (unsigned char)*stop > ' ';)
            stop++;
        *out = take_scalar(p, stop);
        return stop;
    }
}

bool sv_json_next(struct sv_json_iter *it, struct sv_value *key, struct sv_value *value)
{
    const char *p = it->at, *end = it->end;
    if (p == NULL)
        return false;
    while (p < end && (*p == ',' || *p == ' ' || *p == '\t' || *p == '\n' || *p == '\r'))
        p++;
    if (p >= end) {
        it->at = NULL;
        return false;
    }
    if (it->is_object) {
        struct sv_value name;
        p = take_value(p, end, &name);
        if (key != NULL)
            *key = name;
        p = sv_scan_blanks(p, end);
        p = sv_scan_blanks(p + (p < end), end); /* the colon */
    } else if (key != NULL) {
        *key = (struct sv_value){.type = SV_ABSENT, .s = ""};
    }
    it->at = p < end ? take_value(p, end, value) : end;
    return true;
}

static bool key_is(struct sv_value key, struct sv_slice name)
{
    if (!(key.flags & SV_ESCAPED))
        return sv_slice_equal(sv_value_raw(key), name);
    if (key.len > 6 * name.len) /* an escape is at most six bytes for one */
        return false;
    char small[256], *plain = key.len <= sizeof small ? small : sv_alloc(key.len);
    bool same = sv_slice_equal(sv_slice(plain, sv_json_unescape(sv_value_raw(key), plain)), name);
    if (plain != small)
        sv_free(plain);
    return same;
}

struct sv_value sv_json_get(struct sv_value object, struct sv_slice name)
{
    struct sv_value key, value, found = sv_value_of(SV_ABSENT);
    if (sv_value_is_object(object))
        for (struct sv_json_iter it = sv_json_iter(object); sv_json_next(&it, &key, &value);)
            if (key_is(key, name))
                found = value;
    return found;
}

struct sv_value sv_json_at(struct sv_value array, size_t index)
{
    struct sv_value value;
    if (sv_value_is_array(array))
        for (struct sv_json_iter it = sv_json_iter(array); sv_json_next(&it, NULL, &value);)
            if (index-- == 0)
                return value;
    return sv_value_of(SV_ABSENT);
}

static uint32_t hex4(const char *p)
{
    uint32_t value = 0;
    for (int i = 0; i < 4; i++)
        value = value << 4 | (uint32_t)(p[i] <= '9' ? p[i] - '0' : (p[i] | 0x20) - 'a' + 10);
    return value;
}

size_t sv_json_unescape(struct sv_slice raw, char *out)
{
    const char *p = raw.data, *end = raw.data + raw.len;
    char *to = out;
    while (p < end) {
        const char *next = memchr(p, '\\', (size_t)(end - p));
        size_t plain = (size_t)((next != NULL ? next : end) - p);
        memmove(to, p, plain);
        to += plain;
        p += plain;
        if (end - p < 2)
            break;
        char c = p[1];
        p += 2;
        switch (c) {
        case 'b': *to++ = '\b'; break;
        case 'f': *to++ = '\f'; break;
        case 'n': *to++ = '\n'; break;
        case 'r': *to++ = '\r'; break;
        case 't': *to++ = '\t'; break;
        case 'u': {
            if (end - p < 4)
                return (size_t)(to - out);
            uint32_t code = hex4(p);
            p += 4;
            if (code >= 0xD800 && code <= 0xDBFF && end - p >= 6 && p[0] == '\\' && p[1] == 'u') {
                uint32_t low = hex4(p + 2);
                if (low >= 0xDC00 && low <= 0xDFFF) {
                    code = 0x10000 + ((code - 0xD800) << 10) + (low - 0xDC00);
                    p += 6;
                }
            }
            if (code >= 0xD800 && code <= 0xDFFF)
                code = 0xFFFD;
            to += sv_utf8_encode(code, to);
            break;
        }
        default: *to++ = c;
        }
    }
    return (size_t)(to - out);
}

struct sv_slice sv_value_unescape(struct sv_value *v, struct sv_arena *arena)
{
    char *plain = sv_arena_alloc(arena, v->len);
    v->len = (uint32_t)sv_json_unescape(sv_value_raw(*v), plain);
    v->s = plain;
    v->flags &= (uint8_t)~SV_ESCAPED;
    return sv_value_raw(*v);
}
