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
    struct sv_value *to; /* where the container itself goes; NULL: nowhere */
    uint32_t members;
    bool is_object;
};

struct parser {
    const char *start, *end;
    uint64_t present; /* bits of the slots below 64 that were filled */
    const char *at;   /* where it went wrong */
    const char *why;
};

static bool fail(struct parser *parser, const char *at, const char *why)
{
    parser->at = at;
    parser->why = why;
    return false;
}

/* What a byte means inside a string: 0 plain, else where it is dealt with. */
enum { PLAIN, QUOTE, ESCAPE, CONTROL, MULTIBYTE };
#define R4(x) x, x, x, x
#define R16(x) R4(x), R4(x), R4(x), R4(x)
static const uint8_t in_string[256] = {R16(CONTROL), R16(CONTROL), [0x22] = QUOTE, [0x5C] = ESCAPE, [0x80] = R16(MULTIBYTE), R16(MULTIBYTE),
                                       R16(MULTIBYTE), R16(MULTIBYTE), R16(MULTIBYTE), R16(MULTIBYTE), R16(MULTIBYTE), R16(MULTIBYTE)};

/* Bytes behind a backslash that make an escape of two; `u` apart. */
static const bool short_escape[256] = {['"'] = true, ['\\'] = true, ['/'] = true, ['b'] = true,
                                       ['f'] = true, ['n'] = true,  ['r'] = true, ['t'] = true};

static const uint8_t is_hex[256] = {['0'] = 1, 1, 1, 1, 1, 1, 1, 1, 1, 1, ['A'] = 1, 1, 1, 1, 1, 1, ['a'] = 1, 1, 1, 1, 1, 1};

/* The length of the escape at p (2 or 6), 0 when it is none. */
static inline size_t escape_length(const char *p, const char *end)
{
    const unsigned char *s = (const unsigned char *)p;
    if (end - p < 2)
        return 0;
    if (short_escape[s[1]])
        return 2;
    return end - p >= 6 && s[1] == 'u' && (is_hex[s[2]] & is_hex[s[3]] & is_hex[s[4]] & is_hex[s[5]]) ? 6 : 0;
}

static bool fail_in_string(struct parser *parser, const char *start, const char *p)
{
    if (p >= parser->end || (*p == '\\' && parser->end - p < 2))
        return fail(parser, start - 1, "string is not closed");
    switch (in_string[(unsigned char)*p]) {
    case ESCAPE:
        return fail(parser, p, p[1] == 'u' ? "\\u without four hex digits" : "unknown escape in a string");
    case CONTROL:
        return fail(parser, p, "control character in a string");
    default:
        return fail(parser, p, "invalid UTF-8");
    }
}

/* *at is behind the opening quote; moves it behind the closing one. *out is the string, borrowed. */
static __attribute__((noinline)) bool read_long_string(struct parser *parser, const char **at, struct sv_value *out)
{
    const char *p = *at, *end = parser->end;
    uint8_t flags = 0;
    for (;;) {
        p = sv_scan_plain(p, end);
        /* what is not plain often comes in a row: stay with it while it does */
        for (size_t n = 0; p < end; p += n) {
            uint8_t kind = in_string[(unsigned char)*p];
            if (kind == QUOTE) {
                *out = (struct sv_value){.type = SV_STRING, .flags = flags, .len = (uint32_t)(p - *at), .s = *at};
                *at = p + 1;
                return true;
            }
            if (kind == PLAIN)
                break;
            if (kind == ESCAPE) {
                flags = SV_ESCAPED;
                n = escape_length(p, end);
            } else {
                n = kind == MULTIBYTE ? sv_utf8_sequence(p, end) : 0;
            }
            if (n == 0)
                return fail_in_string(parser, *at, p);
        }
        if (p >= end)
            return fail_in_string(parser, *at, p);
    }
}

/* The same; most strings are short and plain, and end within the first look. */
static inline bool read_string(struct parser *parser, const char **at, struct sv_value *out)
{
    size_t len = sv_scan_short(*at, parser->end);
    if (len == SV_SCAN_LONG)
        return read_long_string(parser, at, out);
    *out = (struct sv_value){.type = SV_STRING, .len = (uint32_t)len, .s = *at};
    *at += len + 1;
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
    size_t len = sv_json_unescape(raw, plain);
    return sv_paths_child(paths, node, sv_slice(plain, len), len);
}

static struct sv_value *rest_add(struct sv_json_rest *rest, struct sv_value key)
{
    if (rest->count == rest->capacity) {
        rest->capacity = rest->capacity > 0 ? rest->capacity * 2 : 16;
        rest->items = sv_realloc(rest->items, rest->capacity * sizeof *rest->items);
    }
    rest->items[rest->count] = (struct sv_json_member){.key = key};
    return &rest->items[rest->count++].value; /* stays while the value is read: only the top object adds */
}

void sv_json_rest_free(struct sv_json_rest *rest)
{
    sv_free(rest->items);
    *rest = (struct sv_json_rest){0};
}

/* One pass over the text with an explicit stack. `to` is where the value in hand goes, NULL while nobody wants it. Values are
 * written in place, field by field: a copy of 16 bytes would wait for the smaller stores before it. */
static bool parse(struct parser *parser, const struct sv_paths *paths, uint32_t root, struct sv_value *slots,
                  struct sv_json_rest *rest, struct sv_value *to)
{
    struct frame stack[SV_JSON_DEPTH_MAX] SV_UNCLEARED, *top = NULL;
    const char *p = parser->start, *end = parser->end;
    uint32_t node = root;
    struct sv_value unwanted, key;

value:
    if (p < end && (unsigned char)*p <= ' ')
        p = sv_scan_blanks(p, end);
    if (p == end)
        return fail(parser, p, "a value is expected, the text ends");
    switch (*p) {
    case '"':
        p++;
        if (!read_string(parser, &p, to != NULL ? to : &unwanted))
            return false;
        break;
    case '-': case '0': case '1': case '2': case '3': case '4': case '5': case '6': case '7': case '8': case '9':
        if (!read_number(parser, &p, to))
            return false;
        break;
    case '{': case '[': {
        size_t depth = top == NULL ? 0 : (size_t)(top - stack) + 1;
        if (depth == SV_JSON_DEPTH_MAX)
            return fail(parser, p, "nested deeper than 128");
        top = &stack[depth];
        *top = (struct frame){.start = p, .to = to, .is_object = *p == '{'};
        top->node = *p == '{' ? node : SV_NO_NODE;
        p = sv_scan_blanks(p + 1, end);
        if (p < end && *p == (top->is_object ? '}' : ']'))
            goto closed;
        if (top->is_object)
            goto member;
        node = SV_NO_NODE;
        to = NULL;
        goto value;
    }
    default:
        if (!read_word(parser, &p, to != NULL ? to : &unwanted))
            return false;
    }

done: /* a value is complete, p behind it */
    if (top == NULL) {
        p = sv_scan_blanks(p, end);
        return p == end || fail(parser, p, "more text behind the value");
    }
    if (p < end && (unsigned char)*p <= ' ')
        p = sv_scan_blanks(p, end);
    if (p == end)
        return fail(parser, p, top->is_object ? "object is not closed" : "array is not closed");
    if (*p == ',') {
        p++;
        if (top->is_object)
            goto member;
        goto value; /* nothing in an array is wanted: node and to are cleared since it began */
    }
    if (*p != (top->is_object ? '}' : ']'))
        return fail(parser, p, top->is_object ? "',' or '}' is expected" : "',' or ']' is expected");

closed:
    p++;
    if (top->to != NULL)
        *top->to = (struct sv_value){.type = SV_JSON, .len = (uint32_t)(p - top->start), .s = top->start};
    top = top == stack ? NULL : top - 1;
    node = SV_NO_NODE;
    to = NULL;
    goto done;

member:
    if (p < end && (unsigned char)*p <= ' ')
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
    to = NULL;
    node = top->node;
    if (node != SV_NO_NODE) {
        node = key.flags & SV_ESCAPED ? find_escaped(paths, node, sv_value_raw(key))
                                      : sv_paths_child(paths, node, sv_value_raw(key), (size_t)(end - key.s));
        if (node != SV_NO_NODE) {
            const struct sv_paths_node *wanted = &paths->nodes[node];
            if (wanted->slot != SV_NO_SLOT) {
                to = &slots[wanted->slot];
                parser->present |= UINT64_C(1) << (wanted->slot & 63) & -(uint64_t)(wanted->slot < 64);
            }
            if (wanted->count == 0)
                node = SV_NO_NODE;
            else if (to->type != SV_ABSENT)
                clear_below(paths, node, slots);
        } else if (rest != NULL && top == stack) {
            to = rest_add(rest, key);
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

bool sv_json_project_present(const struct sv_paths *paths, uint32_t node, struct sv_slice text, struct sv_value *slots,
                             struct sv_json_rest *rest, uint64_t *present, struct sv_error *err)
{
    struct parser parser = {.start = text.data, .end = text.data + text.len};
    if (rest != NULL)
        rest->count = 0;
    if (text.len > UINT32_MAX)
        return sv_error_set(err, SV_INPUT, "longer than 4 GiB");
    bool read = parse(&parser, paths, node, slots, rest, NULL) || report(&parser, err);
    *present = parser.present;
    return read;
}

bool sv_json_project(const struct sv_paths *paths, uint32_t node, struct sv_slice text, struct sv_value *slots,
                     struct sv_json_rest *rest, struct sv_error *err)
{
    uint64_t present;
    return sv_json_project_present(paths, node, text, slots, rest, &present, err);
}

bool sv_json_read(struct sv_slice text, struct sv_value *out, struct sv_error *err)
{
    struct parser parser = {.start = text.data, .end = text.data + text.len};
    if (text.len > UINT32_MAX)
        return sv_error_set(err, SV_INPUT, "longer than 4 GiB");
    return parse(&parser, NULL, SV_NO_NODE, NULL, NULL, out) || report(&parser, err);
}
