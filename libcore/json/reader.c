/* SPDX-License-Identifier: ISC */
#include "json/reader.h"

#include "base/limits.h"
#include "base/num.h"
#include "base/utf8.h"
#include "json/scan.h"
#include "json/tree.h"

/* An open container. */
struct frame {
    const char *start;
    uint32_t node;     /* whose children its members are; SV_NO_NODE: nothing in it is wanted */
    uint32_t slot;     /* where the container itself goes */
    uint32_t rest;     /* index + 1 in rest->items, 0: not there */
    uint32_t members;
    bool is_object;
};

struct parser {
    const char *start, *end;
    const char *at; /* where it went wrong */
    const char *why;
};

static bool fail(struct parser *parser, const char *at, const char *why)
{
    parser->at = at;
    parser->why = why;
    return false;
}

static bool is_hex4(const char *p, const char *end)
{
    if (end - p < 4)
        return false;
    for (int i = 0; i < 4; i++)
        if (!((p[i] >= '0' && p[i] <= '9') || ((p[i] | 0x20) >= 'a' && (p[i] | 0x20) <= 'f')))
            return false;
    return true;
}

/* *at is behind the opening quote; moves it behind the closing one. *out is the string, borrowed. */
static inline bool read_string(struct parser *parser, const char **at, struct sv_value *out)
{
    const char *p = *at, *end = parser->end;
    uint8_t flags = 0;
    for (;;) {
        p = sv_scan_plain(p, end);
        if (p >= end)
            return fail(parser, *at - 1, "string is not closed");
        unsigned char c = (unsigned char)*p;
        if (c == '"')
            break;
        if (c >= 0x80) {
            size_t n = sv_utf8_sequence(p, end);
            if (n == 0)
                return fail(parser, p, "invalid UTF-8");
            p += n;
        } else if (c == '\\') {
            flags = SV_ESCAPED;
            if (end - p < 2)
                return fail(parser, *at - 1, "string is not closed");
            switch (p[1]) {
            case '"': case '\\': case '/': case 'b': case 'f': case 'n': case 'r': case 't':
                p += 2;
                break;
            case 'u':
                if (!is_hex4(p + 2, end))
                    return fail(parser, p, "\\u without four hex digits");
                p += 6;
                break;
            default:
                return fail(parser, p, "unknown escape in a string");
            }
        } else {
            return fail(parser, p, "control character in a string");
        }
    }
    *out = (struct sv_value){.type = SV_STRING, .flags = flags, .len = (uint32_t)(p - *at), .s = *at};
    *at = p + 1;
    return true;
}

static inline bool is_digit(char c)
{
    return (unsigned char)(c - '0') <= 9;
}

/* *at is at the first byte of a number; moves it behind. out may be NULL: only validated. */
static inline bool read_number(struct parser *parser, const char **at, struct sv_value *out)
{
    const char *p = *at, *end = parser->end;
    bool negative = *p == '-', whole = true;
    uint64_t value = 0;
    p += negative;
    const char *first = p;
    if (p == end || !is_digit(*p))
        return fail(parser, *at, "invalid number");
    if (*p == '0')
        p++;
    else
        for (; p < end && is_digit(*p); p++)
            value = value * 10 + (uint64_t)(*p - '0');
    size_t digits = (size_t)(p - first);
    if (p < end && *p == '.') {
        whole = false;
        const char *fraction = ++p;
        while (p < end && is_digit(*p))
            p++;
        if (p == fraction)
            return fail(parser, *at, "invalid number");
    }
    if (p < end && (*p == 'e' || *p == 'E')) {
        whole = false;
        p++;
        if (p < end && (*p == '+' || *p == '-'))
            p++;
        const char *exponent = p;
        while (p < end && is_digit(*p))
            p++;
        if (p == exponent)
            return fail(parser, *at, "invalid number");
    }
    if (p - *at > SV_NUMBER_MAX)
        return fail(parser, *at, "number is longer than 1024 bytes");
    if (out != NULL) {
        struct sv_slice text = sv_slice(*at, (size_t)(p - *at));
        int64_t i;
        uint64_t u;
        double d = 0;
        if (whole && digits <= 18)
            *out = sv_value_int(negative ? -(int64_t)value : (int64_t)value);
        else if (whole && sv_num_int(text, &i))
            *out = sv_value_int(i);
        else if (whole && !negative && sv_num_uint(text, &u))
            *out = (struct sv_value){.type = SV_UINT, .u = u};
        else {
            sv_num_double(text, false, &d);
            *out = sv_value_double(d);
        }
    }
    *at = p;
    return true;
}

static bool read_word(struct parser *parser, const char **at, struct sv_value *out)
{
    const char *p = *at;
    size_t room = (size_t)(parser->end - p);
    if (room >= 4 && memcmp(p, "true", 4) == 0) {
        *out = sv_value_bool(true);
        *at += 4;
    } else if (room >= 5 && memcmp(p, "false", 5) == 0) {
        *out = sv_value_bool(false);
        *at += 5;
    } else if (room >= 4 && memcmp(p, "null", 4) == 0) {
        *out = sv_value_of(SV_NULL);
        *at += 4;
    } else {
        return fail(parser, p, "a value is expected");
    }
    return true;
}

/* A key came again: what hung on its earlier value is gone. */
static void clear_below(const struct sv_paths *paths, uint32_t node, struct sv_value *slots)
{
    /* Nodes are made after their parents, so one sweep finds all descendants. */
    for (uint32_t i = node + 1; i < paths->count; i++) {
        uint32_t up = i;
        while (up > node)
            up = paths->nodes[up].parent;
        if (up == node && paths->nodes[i].slot != SV_NO_SLOT)
            slots[paths->nodes[i].slot] = sv_value_of(SV_ABSENT);
    }
}

static uint32_t find_escaped(const struct sv_paths *paths, uint32_t node, struct sv_slice raw)
{
    char plain[1536]; /* a name of 256 bytes, each written as an escape of six; longer ones are nobody's path */
    if (raw.len > sizeof plain)
        return SV_NO_NODE;
    return sv_paths_child(paths, node, sv_slice(plain, sv_json_unescape(raw, plain)));
}

static uint32_t rest_add(struct sv_json_rest *rest, struct sv_value key)
{
    if (rest->count == rest->capacity) {
        rest->capacity = rest->capacity > 0 ? rest->capacity * 2 : 16;
        rest->items = sv_realloc(rest->items, rest->capacity * sizeof *rest->items);
    }
    rest->items[rest->count] = (struct sv_json_member){.key = key};
    return (uint32_t)++rest->count;
}

void sv_json_rest_free(struct sv_json_rest *rest)
{
    sv_free(rest->items);
    *rest = (struct sv_json_rest){0};
}

/* One pass over the text with an explicit stack. `whole`, if not NULL, receives the value itself. */
static bool parse(struct parser *parser, const struct sv_paths *paths, uint32_t root, struct sv_value *slots,
                  struct sv_json_rest *rest, struct sv_value *whole)
{
    struct frame stack[SV_JSON_DEPTH_MAX] SV_UNCLEARED, *top = NULL;
    const char *p = parser->start, *end = parser->end;
    uint32_t node = root, slot = SV_NO_SLOT, in_rest = 0;
    struct sv_value value, key;

value:
    p = sv_scan_blanks(p, end);
    if (p == end)
        return fail(parser, p, "a value is expected, the text ends");
    switch (*p) {
    case '"':
        p++;
        if (!read_string(parser, &p, &value))
            return false;
        break;
    case '-': case '0': case '1': case '2': case '3': case '4': case '5': case '6': case '7': case '8': case '9':
        if (!read_number(parser, &p, slot != SV_NO_SLOT || in_rest != 0 || top == NULL ? &value : NULL))
            return false;
        break;
    case '{': case '[': {
        size_t depth = top == NULL ? 0 : (size_t)(top - stack) + 1;
        if (depth == SV_JSON_DEPTH_MAX)
            return fail(parser, p, "nested deeper than 128");
        top = &stack[depth];
        *top = (struct frame){.start = p, .slot = slot, .rest = in_rest, .is_object = *p == '{'};
        top->node = *p == '{' ? node : SV_NO_NODE;
        p = sv_scan_blanks(p + 1, end);
        if (p < end && *p == (top->is_object ? '}' : ']'))
            goto closed;
        if (top->is_object)
            goto member;
        node = SV_NO_NODE;
        slot = SV_NO_SLOT;
        in_rest = 0;
        goto value;
    }
    default:
        if (!read_word(parser, &p, &value))
            return false;
    }

done: /* `value` is complete, p behind it */
    if (slot != SV_NO_SLOT)
        slots[slot] = value;
    if (in_rest != 0)
        rest->items[in_rest - 1].value = value;
    if (top == NULL) {
        p = sv_scan_blanks(p, end);
        if (p < end)
            return fail(parser, p, "more text behind the value");
        if (whole != NULL)
            *whole = value;
        return true;
    }
    if (p < end && *p != ',')
        p = sv_scan_blanks(p, end);
    if (p == end)
        return fail(parser, p, top->is_object ? "object is not closed" : "array is not closed");
    if (*p == ',') {
        p++;
        if (top->is_object)
            goto member;
        node = SV_NO_NODE;
        slot = SV_NO_SLOT;
        in_rest = 0;
        goto value;
    }
    if (*p != (top->is_object ? '}' : ']'))
        return fail(parser, p, top->is_object ? "',' or '}' is expected" : "',' or ']' is expected");

closed:
    p++;
    value = (struct sv_value){.type = SV_JSON, .len = (uint32_t)(p - top->start), .s = top->start};
    slot = top->slot;
    in_rest = top->rest;
    top = top == stack ? NULL : top - 1;
    goto done;

member:
    p = sv_scan_blanks(p, end);
    if (p == end || *p != '"')
        return fail(parser, p, p == end ? "object is not closed" : "a key in quotes is expected");
    if (++top->members > SV_JSON_KEYS_MAX)
        return fail(parser, p, "more than 65536 members in an object");
    p++;
    if (!read_string(parser, &p, &key))
        return false;
    if (p < end && *p != ':')
        p = sv_scan_blanks(p, end);
    if (p == end || *p != ':')
        return fail(parser, p, "':' is expected");
    p++;
    slot = SV_NO_SLOT;
    in_rest = 0;
    node = top->node;
    if (node != SV_NO_NODE) {
        node = key.flags & SV_ESCAPED ? find_escaped(paths, node, sv_value_raw(key)) : sv_paths_child(paths, node, sv_value_raw(key));
        if (node != SV_NO_NODE) {
            slot = paths->nodes[node].slot;
            if (paths->nodes[node].count == 0)
                node = SV_NO_NODE;
            else if (slots[slot].type != SV_ABSENT)
                clear_below(paths, node, slots);
        } else if (rest != NULL && top == stack) {
            in_rest = rest_add(rest, key);
        }
    }
    goto value;
}

static bool report(const struct parser *parser, struct sv_error *err)
{
    sv_error_set(err, SV_INPUT, "%s", parser->why);
    if (err != NULL)
        err->column = (uint32_t)(parser->at - parser->start) + 1;
    return false;
}

bool sv_json_project(const struct sv_paths *paths, uint32_t node, struct sv_slice text, struct sv_value *slots,
                     struct sv_json_rest *rest, struct sv_error *err)
{
    struct parser parser = {.start = text.data, .end = text.data + text.len};
    if (rest != NULL)
        rest->count = 0;
    if (text.len > UINT32_MAX)
        return sv_error_set(err, SV_INPUT, "longer than 4 GiB");
    return parse(&parser, paths, node, slots, rest, NULL) || report(&parser, err);
}

bool sv_json_read(struct sv_slice text, struct sv_value *out, struct sv_error *err)
{
    struct parser parser = {.start = text.data, .end = text.data + text.len};
    if (text.len > UINT32_MAX)
        return sv_error_set(err, SV_INPUT, "longer than 4 GiB");
    return parse(&parser, NULL, SV_NO_NODE, NULL, NULL, out) || report(&parser, err);
}
