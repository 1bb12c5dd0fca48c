/* SPDX-License-Identifier: ISC */
#include "json/reader.h"

#include "base/limits.h"
#include "base/num.h"
#include "base/utf8.h"
#include "json/scan.h"
#include "json/stops.h"
#include "json/tree.h"

/* An open container. */
struct frame {
    const char *start;
    uint32_t node;     /* whose children its members are; SV_NO_NODE: nothing in it is wanted */
    struct sv_value *to; /* where the container itself goes; NULL: nowhere */
    uint32_t members;
    struct sv_shape *parent, *last; /* whose value it is; the member that came last. NULL: not known */
    bool is_object;
};

struct parser {
    const char *start, *end;
    struct sv_json_filled filled;
    const char *at;   /* where it went wrong */
    const char *why;
    const char *window, *window_end; /* looked at, see stops.h */
    const char *odd_end; /* from window_end to there it is not UTF-8: to be read byte by byte */
    char tail[2 * SV_SHAPE_BYTES]; /* a copy of the last bytes, if there are so many, with zeros behind them */
    uint64_t stops[SV_STOPS_WINDOW / 64 + 1]; /* and a stop behind the last word */
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

/* NULL, as readers of a value say it. */
static const char *fail_at(struct parser *parser, const char *at, const char *why)
{
    fail(parser, at, why);
    return NULL;
}

static const char *fail_in_string(struct parser *parser, const char *start, const char *p)
{
    if (p >= parser->end || (*p == '\\' && parser->end - p < 2))
        return fail_at(parser, start - 1, "string is not closed");
    switch (in_string[(unsigned char)*p]) {
    case ESCAPE:
        return fail_at(parser, p, p[1] == 'u' ? "\\u without four hex digits" : "unknown escape in a string");
    case CONTROL:
        return fail_at(parser, p, "control character in a string");
    default:
        return fail_at(parser, p, "invalid UTF-8");
    }
}

/* p is behind the opening quote; returns behind the closing one, NULL on failure. *out is the string, borrowed. */
static __attribute__((noinline)) const char *read_bytes(struct parser *parser, const char *start, struct sv_value *out)
{
    const char *p = start, *end = parser->end;
    uint8_t flags = 0;
    for (;;) {
        p = sv_scan_plain(p, end);
        /* what is not plain often comes in a row: stay with it while it does */
        for (size_t n = 0; p < end; p += n) {
            uint8_t kind = in_string[(unsigned char)*p];
            if (kind == QUOTE) {
                *out = (struct sv_value){.type = SV_STRING, .flags = flags, .len = (uint32_t)(p - start), .s = start};
                return p + 1;
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
                return fail_in_string(parser, start, p);
        }
        if (p >= end)
            return fail_in_string(parser, start, p);
    }
}

/* The next window, from p on; the first stop there, the end if there is none. In an odd window that is p. */
static __attribute__((noinline)) const char *find_stop(struct parser *parser, const char *p)
{
    if (p < parser->odd_end)
        return p;
    while (p < parser->end) {
        size_t len = sv_stops_window(p, (size_t)(parser->end - p)), word = 0;
        if (!sv_stops_mark(p, len, parser->stops)) {
            parser->window_end = p;
            parser->odd_end = p + len;
            return p;
        }
        parser->window = p;
        parser->window_end = p + len;
        parser->stops[(len + 63) / 64] = 1;
        while (parser->stops[word] == 0)
            word++;
        p += 64 * word + (size_t)__builtin_ctzll(parser->stops[word]);
        if (p < parser->window_end)
            return p;
        p = parser->window_end;
    }
    return p;
}

/* The first stop at or behind p, the end if there is none. */
static inline const char *next_stop(struct parser *parser, const char *p)
{
    if (__builtin_expect(p >= parser->window_end, 0))
        return find_stop(parser, p);
    size_t at = (size_t)(p - parser->window), word = at / 64;
    uint64_t bits = parser->stops[word] >> at % 64;
    if (bits != 0)
        return p + __builtin_ctzll(bits);
    do
        bits = parser->stops[++word];
    while (bits == 0);
    p = parser->window + 64 * word + __builtin_ctzll(bits);
    return p < parser->window_end ? p : find_stop(parser, parser->window_end);
}

/* A string from `start` on that is not at its end yet at p, but at an escape, a control, or where it must be read byte by byte. */
static __attribute__((noinline)) const char *read_odd_string(struct parser *parser, const char *start, const char *p, struct sv_value *out)
{
    const char *end = parser->end;
    uint8_t flags = 0, wide = SV_ESCAPED_WIDE;
    while (p < end && p >= parser->odd_end) {
        if (*p == '"') {
            flags |= wide;
            *out = (struct sv_value){.type = SV_STRING, .flags = flags, .len = (uint32_t)(p - start), .s = start};
            return p + 1;
        }
        size_t n = *p == '\\' ? escape_length(p, end) : 0;
        if (n == 0)
            return fail_in_string(parser, start, p);
        flags = SV_ESCAPED;
        if (n == 6 && p[2] == '0' && p[3] == '0' && p[4] >= '2' && p[4] <= '7')
            wide = 0;
        p += n;
        if (p == end || *p != '\\') /* they often come in a row */
            p = next_stop(parser, p);
    }
    return p < end ? read_bytes(parser, start, out) : fail_in_string(parser, start, p);
}

/* Likewise, wherever it ends. */
static __attribute__((noinline)) const char *read_far_string(struct parser *parser, const char *start, struct sv_value *out)
{
    const char *p = next_stop(parser, start);
    if (p == parser->end || *p != '"' || p < parser->odd_end)
        return read_odd_string(parser, start, p, out);
    *out = (struct sv_value){.type = SV_STRING, .len = (uint32_t)(p - start), .s = start};
    return p + 1;
}

/* start is behind the opening quote; returns behind the closing one, NULL on failure. *out is the string, borrowed. Most strings
 * are plain and lie in the window. */
static inline const char *read_string(struct parser *parser, const char *start, struct sv_value *out)
{
    if (__builtin_expect(start < parser->window_end, 1)) {
        size_t at = (size_t)(start - parser->window), word = at / 64;
        uint64_t bits = parser->stops[word] >> at % 64;
        const char *p;
        if (bits != 0) {
            p = start + __builtin_ctzll(bits);
        } else {
            do
                bits = parser->stops[++word];
            while (bits == 0);
            p = parser->window + 64 * word + __builtin_ctzll(bits);
        }
        if (__builtin_expect(p < parser->window_end && *p == '"', 1)) {
            out->type = SV_STRING;
            out->flags = 0;
            out->len = (uint32_t)(p - start);
            out->s = start;
            return p + 1;
        }
    }
    return read_far_string(parser, start, out);
}

static inline bool is_digit(char c)
{
    return (unsigned char)(c - '0') <= 9;
}

/* start is at the first byte of a number; returns behind it. out may be NULL: only validated. */
static inline const char *read_number(struct parser *parser, const char *start, struct sv_value *out)
{
    const char *p = start, *end = parser->end;
    bool negative = *p == '-', whole = true;
    uint64_t value = 0;
    p += negative;
    const char *first = p;
    if (p == end || !is_digit(*p))
        return fail_at(parser, start, "invalid number");
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
            return fail_at(parser, start, "invalid number");
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
            return fail_at(parser, start, "invalid number");
    }
    if (p - start > SV_NUMBER_MAX)
        return fail_at(parser, start, "number is longer than 1024 bytes");
    if (out != NULL) {
        struct sv_slice text = sv_slice(start, (size_t)(p - start));
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
    return p;
}

/* true, false or null: what stands behind it; NULL: it is none of them. */
static const char *word_at(const char *p, const char *end, struct sv_value *out)
{
    size_t room = (size_t)(end - p);
    if (room >= 4 && memcmp(p, "true", 4) == 0) {
        *out = sv_value_bool(true);
        return p + 4;
    }
    if (room >= 5 && memcmp(p, "false", 5) == 0) {
        *out = sv_value_bool(false);
        return p + 5;
    }
    if (room >= 4 && memcmp(p, "null", 4) == 0) {
        *out = sv_value_of(SV_NULL);
        return p + 4;
    }
    return NULL;
}

static const char *read_word(struct parser *parser, const char *p, struct sv_value *out)
{
    const char *behind = word_at(p, parser->end, out);
    return behind != NULL ? behind : fail_at(parser, p, "a value is expected");
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

/* What a path says of a member. */
struct target {
    uint32_t slot; /* where its value goes, or SV_NO_SLOT */
    uint32_t node; /* whose children are wanted in it, or SV_NO_NODE */
    bool is_known; /* it is registered */
};

static struct target find_target(const struct sv_paths *paths, uint32_t node, struct sv_value key, const char *end)
{
    struct target target = {.slot = SV_NO_SLOT, .node = SV_NO_NODE};
    if (node == SV_NO_NODE)
        return target;
    node = key.flags & SV_ESCAPED ? find_escaped(paths, node, sv_value_raw(key))
                                  : sv_paths_child(paths, node, sv_value_raw(key), (size_t)(end - key.s));
    if (node == SV_NO_NODE)
        return target;
    target.is_known = true;
    target.slot = paths->nodes[node].slot;
    if (paths->nodes[node].count > 0)
        target.node = node;
    return target;
}

/* What the value at p, behind a member's colon, may be expected to begin with the next time: how far that goes, and what it is. */
static size_t value_head(const char *p, const char *end, struct sv_shape *like)
{
    size_t blank = p < end && *p == ' ';
    if (end - p <= (ptrdiff_t)blank)
        return 0;
    if (p[blank] == '"') {
        like->value = SV_SHAPE_STRING;
        return blank + 1;
    }
    struct sv_value word;
    const char *behind = word_at(p + blank, end, &word);
    if (behind == NULL)
        return 0;
    like->value = SV_SHAPE_WORD;
    like->type = word.type;
    like->is_true = word.type == SV_BOOL && word.b;
    return (size_t)(behind - p);
}

/* Remembers a member that was not expected: its key, what stands before it from `from` on, and what its value, at p, begins with.
 * False when there was no room any more and all is forgotten, what the frames below hold as well. */
static bool learn(struct sv_shapes *shapes, struct frame *top, const char *from, struct sv_value key, const char *p, const char *end,
                  struct target target)
{
    struct sv_shape like = {.value = SV_SHAPE_ANY}, *last = top->last;
    size_t head = (size_t)(p - from), len = head;
    if (target.node == SV_NO_NODE)
        len += value_head(p, end, &like);
    if (len > SV_SHAPE_BYTES) {
        len = head;
        like.value = SV_SHAPE_ANY;
    }
    top->last = NULL;
    if (len > SV_SHAPE_BYTES)
        return true;
    struct sv_shape *shape = sv_shapes_find(shapes, top->parent, sv_slice(from, len));
    if (shape == NULL && (shape = sv_shapes_add(shapes, top->parent, sv_slice(from, len))) != NULL) {
        shape->slot = target.slot;
        shape->bit = target.slot < 64 ? UINT64_C(1) << target.slot : 0;
        shape->node = target.node;
        shape->care = (uint8_t)((target.node != SV_NO_NODE ? SV_SHAPE_NESTS : 0) | (target.is_known ? 0 : SV_SHAPE_UNKNOWN));
        shape->value = like.value;
        shape->type = like.type;
        shape->is_true = like.is_true;
        shape->head = (uint8_t)head;
        shape->key = (uint8_t)(key.s - from);
        shape->key_len = (uint8_t)key.len;
    }
    if (shape != NULL && (last != NULL || top->members == 1)) /* in the middle of an object it is not its first */
        sv_shapes_link(shapes, last, shape);
    top->last = shape;
    return shapes->count > 0;
}

enum member_state {
    MEMBER_FAILED,
    MEMBER_FIRST, /* behind the brace, before a member that was not expected */
    MEMBER_BEGUN, /* before one that is top->last, with more to it than a plain value */
    MEMBER_DONE   /* behind a value, and what comes is not expected */
};

/* Reads members as long as they are those that came here before. A function of its own, so that what it works with stays in
 * registers. *at is behind the brace or a value. care: members that are left to the caller. */
static __attribute__((noinline)) enum member_state read_expected(struct parser *parser, struct frame *top, struct sv_value *slots,
                                                                 unsigned care, const char **at)
{
    const char *p = *at, *end = parser->end, *far = end - SV_SHAPE_BYTES;
    struct sv_shape *last = top->last, **links = last != NULL ? last->next : top->parent->first;
    uint32_t members = top->members;
    uint64_t any = 0, strings = parser->filled.strings;
    struct sv_value unwanted SV_UNCLEARED;
    enum member_state state = members == 0 ? MEMBER_FIRST : MEMBER_DONE;
    for (;;) {
        const char *q = p;
        if (__builtin_expect(end - p < SV_SHAPE_BYTES, 0)) /* the last bytes of the text have a copy with something behind them */
            q = parser->tail + (p - far);
        struct sv_shape *shape = sv_shapes_expected(links, q);
        if (shape == NULL || members == SV_JSON_KEYS_MAX)
            break;
        if (__builtin_expect(shape->care & care, 0)) {
            if (shape->head > 0) {
                last = shape;
                state = MEMBER_BEGUN;
            }
            break;
        }
        last = shape;
        links = shape->next;
        members++;
        any |= shape->bit;
        state = MEMBER_DONE;
        p += shape->len;
        struct sv_value *to = shape->slot != SV_NO_SLOT ? &slots[shape->slot] : &unwanted;
        if (shape->value == SV_SHAPE_STRING) {
            p = read_string(parser, p, to);
            strings |= shape->bit;
        } else if (shape->value == SV_SHAPE_WORD) {
            strings &= ~shape->bit;
            to->type = shape->type;
            to->flags = 0;
            to->b = shape->is_true;
        } else {
            const char *begin = p - shape->len;
            strings &= ~shape->bit;
            if (p < end && *p == ' ')
                p++;
            if (p < end && *p == '"') {
                p = read_string(parser, p + 1, to);
            } else if (p < end && (is_digit(*p) || *p == '-')) {
                p = read_number(parser, p, shape->slot != SV_NO_SLOT ? to : NULL);
            } else {
                p = begin;
                members--;
                state = MEMBER_BEGUN;
                break;
            }
        }
        if (p == NULL) {
            state = MEMBER_FAILED;
            break;
        }
    }
    top->last = last;
    top->members = members;
    parser->filled.any |= any;
    parser->filled.strings = strings;
    *at = p;
    return state;
}

/* One pass over the text with an explicit stack. `to` is where the value in hand goes, NULL while nobody wants it. Values are
 * written in place, field by field: a copy of 16 bytes would wait for the smaller stores before it. */
static bool parse(struct parser *parser, const struct sv_paths *paths, uint32_t root, struct sv_value *slots,
                  struct sv_json_rest *rest, struct sv_value *to)
{
    struct frame stack[SV_JSON_DEPTH_MAX] SV_UNCLEARED, *top = NULL;
    const char *p = parser->start, *end = parser->end, *before;
    struct sv_shapes *shapes = paths != NULL ? paths->shapes : NULL;
    uint32_t node = root;
    struct target target SV_UNCLEARED;
    struct sv_value unwanted SV_UNCLEARED, key SV_UNCLEARED;

value:
    if (p < end && (unsigned char)*p <= ' ')
        p = sv_scan_blanks(p, end);
    if (p == end)
        return fail(parser, p, "a value is expected, the text ends");
    switch (*p) {
    case '"':
        p = read_string(parser, p + 1, to != NULL ? to : &unwanted);
        break;
    case '-': case '0': case '1': case '2': case '3': case '4': case '5': case '6': case '7': case '8': case '9':
        p = read_number(parser, p, to);
        break;
    case '{': case '[': {
        size_t depth = top == NULL ? 0 : (size_t)(top - stack) + 1;
        if (depth == SV_JSON_DEPTH_MAX)
            return fail(parser, p, "nested deeper than 128");
        struct sv_shape *parent = top != NULL      ? (top->is_object ? top->last : top->parent)
                                  : shapes != NULL ? sv_shapes_root(shapes, root)
                                                   : NULL;
        if (*p == '[' && node != SV_NO_NODE) /* of objects in there nothing is wanted, as it would be of one in its place */
            parent = NULL;
        top = &stack[depth];
        *top = (struct frame){.start = p, .to = to, .is_object = *p == '{', .parent = parent};
        top->node = *p == '{' ? node : SV_NO_NODE;
        before = ++p;
        if (top->is_object && parent != NULL)
            goto expected;
        p = sv_scan_blanks(p, end);
        if (p < end && *p == (top->is_object ? '}' : ']'))
            goto closed;
        if (top->is_object)
            goto member;
        node = SV_NO_NODE;
        to = NULL;
        goto value;
    }
    default:
        p = read_word(parser, p, to != NULL ? to : &unwanted);
    }
    if (p == NULL)
        return false;

done: /* a value is complete, p behind it */
    if (top == NULL) {
        p = sv_scan_blanks(p, end);
        return p == end || fail(parser, p, "more text behind the value");
    }
    if (top->is_object && top->last != NULL)
        goto expected;

unexpected: /* behind a value, in a container */
    before = p;
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

expected: /* behind the brace or a value, in an object */
    switch (read_expected(parser, top, slots, rest != NULL && top == stack ? SV_SHAPE_NESTS | SV_SHAPE_UNKNOWN : SV_SHAPE_NESTS, &p)) {
    case MEMBER_FAILED:
        return false;
    case MEMBER_DONE:
        goto unexpected;
    case MEMBER_BEGUN:
        top->members++;
        key = (struct sv_value){.type = SV_STRING, .len = top->last->key_len, .s = p + top->last->key};
        target = (struct target){top->last->slot, top->last->node, !(top->last->care & SV_SHAPE_UNKNOWN)};
        p += top->last->head;
        goto found;
    case MEMBER_FIRST:
        p = sv_scan_blanks(p, end);
        if (p < end && *p == '}')
            goto closed;
    }

member: /* p is behind the brace or comma before it */
    if (p < end && (unsigned char)*p <= ' ')
        p = sv_scan_blanks(p, end);
    if (p == end || *p != '"')
        return fail(parser, p, p == end ? "object is not closed" : "a key in quotes is expected");
    if (++top->members > SV_JSON_KEYS_MAX)
        return fail(parser, p, "more than 65536 members in an object");
    p = read_string(parser, p + 1, &key);
    if (p == NULL)
        return false;
    bool is_close = p < end && *p == ':';
    if (!is_close)
        p = sv_scan_blanks(p, end);
    if (p == end || *p != ':')
        return fail(parser, p, "':' is expected");
    p++;
    target = find_target(paths, top->node, key, end);
    if (top->parent != NULL && is_close && !(key.flags & SV_ESCAPED)) {
        if (!learn(shapes, top, before, key, p, end, target))
            for (struct frame *frame = stack; frame <= top; frame++)
                frame->parent = frame->last = NULL;
    } else {
        top->last = NULL;
    }

found: /* the target of its value, which is next */
    to = NULL;
    node = target.node;
    if (target.slot != SV_NO_SLOT) {
        to = &slots[target.slot];
        uint64_t bit = target.slot < 64 ? UINT64_C(1) << target.slot : 0;
        parser->filled.any |= bit;
        parser->filled.strings &= ~bit;
        if (node != SV_NO_NODE && to->type != SV_ABSENT)
            clear_below(paths, node, slots);
    } else if (rest != NULL && !target.is_known && top == stack) {
        to = rest_add(rest, key);
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

static void begin(struct parser *parser, struct sv_slice text)
{
    parser->start = parser->window = parser->window_end = parser->odd_end = text.data;
    parser->end = text.data + text.len;
    parser->filled = (struct sv_json_filled){0};
    size_t last = text.len < SV_SHAPE_BYTES ? text.len : SV_SHAPE_BYTES;
    memset(parser->tail + SV_SHAPE_BYTES, 0, SV_SHAPE_BYTES);
    memcpy(parser->tail + SV_SHAPE_BYTES - last, parser->end - last, last);
}

bool sv_json_project_filled(const struct sv_paths *paths, uint32_t node, struct sv_slice text, struct sv_value *slots,
                            struct sv_json_rest *rest, struct sv_json_filled *filled, struct sv_error *err)
{
    struct parser parser SV_UNCLEARED;
    if (rest != NULL)
        rest->count = 0;
    if (text.len > UINT32_MAX)
        return sv_error_set(err, SV_INPUT, "longer than 4 GiB");
    if (paths->shapes == NULL)
        ((struct sv_paths *)(uintptr_t)paths)->shapes = sv_shapes_new();
    begin(&parser, text);
    bool read = parse(&parser, paths, node, slots, rest, NULL) || report(&parser, err);
    *filled = parser.filled;
    return read;
}

bool sv_json_project(const struct sv_paths *paths, uint32_t node, struct sv_slice text, struct sv_value *slots,
                     struct sv_json_rest *rest, struct sv_error *err)
{
    struct sv_json_filled filled;
    return sv_json_project_filled(paths, node, text, slots, rest, &filled, err);
}

bool sv_json_read(struct sv_slice text, struct sv_value *out, struct sv_error *err)
{
    struct parser parser SV_UNCLEARED;
    if (text.len > UINT32_MAX)
        return sv_error_set(err, SV_INPUT, "longer than 4 GiB");
    begin(&parser, text);
    return parse(&parser, NULL, SV_NO_NODE, NULL, NULL, out) || report(&parser, err);
}
