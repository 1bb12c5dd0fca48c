/* SPDX-License-Identifier: ISC */
#include "policy/key.h"

#include <math.h>
#include <stdlib.h>

#include "base/hash.h"
#include "cel/cel.h"
#include "json/reader.h"

/* 0xFF is in no UTF-8: it ends what has no length. */
static void add_text(struct sv_buf *bytes, struct sv_slice text)
{
    char *to = sv_buf_room(bytes, text.len + 2);
    to[0] = 's';
    if (text.len > 0)
        memcpy(to + 1, text.data, text.len);
    to[1 + text.len] = (char)(unsigned char)0xFF;
    bytes->len += text.len + 2;
}

static void add_number(struct sv_buf *bytes, char kind, uint64_t bits)
{
    char *to = sv_buf_room(bytes, 9);
    to[0] = kind;
    for (int i = 0; i < 8; i++)
        to[1 + i] = (char)(unsigned char)(bits >> 8 * i);
    bytes->len += 9;
}

static void add_double(struct sv_buf *bytes, double d)
{
    uint64_t bits;
    if (d >= -9223372036854775808.0 && d < 9223372036854775808.0 && d == floor(d)) {
        add_number(bytes, 'i', (uint64_t)(int64_t)d);
        return;
    }
    memcpy(&bits, &d, sizeof bits);
    add_number(bytes, 'd', bits);
}

struct member {
    size_t at, len; /* of its bytes behind the start of the object's */
};

struct sorting {
    const char *data;
    struct member *items;
};

static int compare(const struct sorting *s, size_t x, size_t y)
{
    const struct member *a = &s->items[x], *b = &s->items[y];
    int order = memcmp(s->data + a->at, s->data + b->at, a->len < b->len ? a->len : b->len);
    return order != 0 ? order : (a->len > b->len) - (a->len < b->len);
}

/* A heap sort: nothing that an input could slow down, and no context that qsort lacks. */
static void sift(struct sorting *s, size_t at, size_t count)
{
    for (size_t kid; (kid = 2 * at + 1) < count; at = kid) {
        kid += kid + 1 < count && compare(s, kid + 1, kid) > 0;
        if (compare(s, at, kid) >= 0)
            return;
        struct member m = s->items[at];
        s->items[at] = s->items[kid];
        s->items[kid] = m;
    }
}

static void sort_few(struct sorting *s, size_t count)
{
    for (size_t i = 1; i < count; i++)
        for (size_t at = i; at > 0 && compare(s, at - 1, at) > 0; at--) {
            struct member m = s->items[at];
            s->items[at] = s->items[at - 1];
            s->items[at - 1] = m;
        }
}

static void sort(struct sorting *s, size_t count)
{
    enum { FEW = 12 };
    if (count <= FEW) {
        sort_few(s, count);
        return;
    }
    for (size_t i = count / 2; i-- > 0;)
        sift(s, i, count);
    for (size_t i = count; i-- > 1;) {
        struct member m = s->items[0];
        s->items[0] = s->items[i];
        s->items[i] = m;
        sift(s, 0, i);
    }
}

/* The members' bytes in the order of their names; mostly they come in one and the same order, but another must come to the same. */
static void put_in_order(struct sv_buf *bytes, size_t start, struct member *items, size_t count)
{
    struct sorting s = {bytes->data, items};
    size_t i = 1;
    while (i < count && compare(&s, i - 1, i) <= 0)
        i++;
    if (i >= count)
        return;
    sort(&s, count);
    size_t len = bytes->len - start;
    char *ordered = sv_buf_room(bytes, len), *to = ordered; /* behind them, for a moment */
    for (i = 0; i < count; i++) {
        memcpy(to, bytes->data + items[i].at, items[i].len);
        to += items[i].len;
    }
    memcpy(bytes->data + start, ordered, len);
}

static void add_object(struct sv_buf *bytes, struct sv_value object, struct sv_arena *arena)
{
    enum { ON_STACK = 32 };
    struct member few[ON_STACK] SV_UNCLEARED, *items = few;
    size_t count = 0, capacity = ON_STACK, start = bytes->len;
    struct sv_json_iter it = sv_json_iter(object);
    struct sv_value key, value;
    while (sv_json_next(&it, &key, &value)) {
        if (count == capacity) {
            struct member *more = sv_alloc(2 * capacity * sizeof *more);
            memcpy(more, items, count * sizeof *items);
            if (items != few)
                sv_free(items);
            items = more;
            capacity *= 2;
        }
        items[count].at = bytes->len;
        add_text(bytes, sv_value_string(&key, arena));
        sv_key_add(bytes, value, arena);
        items[count].len = bytes->len - items[count].at;
        count++;
    }
    put_in_order(bytes, start, items, count);
    if (items != few)
        sv_free(items);
}

static void add_json(struct sv_buf *bytes, struct sv_value value, struct sv_arena *arena)
{
    bool is_object = sv_value_is_object(value);
    sv_buf_char(bytes, is_object ? '{' : '[');
    if (is_object) {
        add_object(bytes, value, arena);
    } else {
        struct sv_json_iter it = sv_json_iter(value);
        struct sv_value item;
        while (sv_json_next(&it, NULL, &item))
            sv_key_add(bytes, item, arena);
    }
    sv_buf_char(bytes, (char)(unsigned char)0xFF);
}

/* Lists, maps, times: by their JSON. */
static void add_other(struct sv_buf *bytes, struct sv_value value, struct sv_arena *arena)
{
    struct sv_buf text = {0};
    struct sv_value json;
    struct sv_error err = {0};
    sv_cel_put_json(&text, value, arena);
    if (sv_json_read(sv_buf_slice(&text), &json, &err))
        sv_key_add(bytes, json, arena);
    else
        add_text(bytes, sv_buf_slice(&text));
    sv_buf_free(&text);
}

/* Recursion is bounded by the depth of JSON. */
void sv_key_add(struct sv_buf *bytes, struct sv_value value, struct sv_arena *arena)
{
    switch ((enum sv_type)value.type) {
    case SV_ABSENT:
    case SV_NULL:
        sv_buf_char(bytes, 'n');
        break;
    case SV_BOOL:
        sv_buf_char(bytes, value.b ? 't' : 'f');
        break;
    case SV_INT:
        add_number(bytes, 'i', (uint64_t)value.i);
        break;
    case SV_UINT:
        add_number(bytes, value.u > INT64_MAX ? 'u' : 'i', value.u);
        break;
    case SV_DOUBLE:
        add_double(bytes, value.d);
        break;
    case SV_STRING:
        add_text(bytes, sv_value_string(&value, arena));
        break;
    case SV_JSON:
        add_json(bytes, value, arena);
        break;
    default:
        add_other(bytes, value, arena);
    }
}

struct sv_key sv_key_of(struct sv_slice bytes)
{
    uint64_t out[2];
    sv_hash_wide(UINT64_C(0x6b65792d6f662d61), UINT64_C(0x73746174652d2d31), bytes, out);
    return (struct sv_key){out[0], out[1]};
}

uint64_t sv_key_hash(struct sv_value value, struct sv_buf *scratch, struct sv_arena *arena)
{
    sv_buf_clear(scratch);
    sv_key_add(scratch, value, arena);
    return sv_key_of(sv_buf_slice(scratch)).a;
}

void sv_key_put(struct sv_key key, unsigned char out[16])
{
    for (int i = 0; i < 8; i++) {
        out[i] = (unsigned char)(key.a >> (56 - 8 * i));
        out[8 + i] = (unsigned char)(key.b >> (56 - 8 * i));
    }
}

struct sv_key sv_key_get(const unsigned char bytes[16])
{
    struct sv_key key = {0};
    for (int i = 0; i < 8; i++) {
        key.a = key.a << 8 | bytes[i];
        key.b = key.b << 8 | bytes[8 + i];
    }
    return key;
}
