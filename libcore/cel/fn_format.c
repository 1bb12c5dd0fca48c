/* SPDX-License-Identifier: ISC */
/* Texts made of values: format() and strings.quote() (cel-spec, doc/extensions/strings.md). */
#include <math.h>
#include <stdio.h>
#include <stdlib.h>

#include "base/num.h"
#include "base/utf8.h"
#include "cel/fn.h"

enum { PRECISION_MAX = 100, PRECISION_DEFAULT = 6, NUMBER_ROOM = 512 };

/* ---- clauses ---- */

struct clause {
    char kind; /* a letter, '%', or NUL: the end of the text, with nothing to replace */
    int precision;
    struct sv_slice before; /* the text up to it */
};

/* The next clause at or behind *at, which moves behind it; NULL, or why it is none. */
static const char *next_clause(struct sv_slice format, size_t *at, struct clause *clause)
{
    const char *start = format.data + *at, *p = *at < format.len ? memchr(start, '%', format.len - *at) : NULL;
    *clause = (struct clause){.precision = PRECISION_DEFAULT};
    clause->before = sv_slice(start, p != NULL ? (size_t)(p - start) : format.len - *at);
    *at += clause->before.len;
    if (p == NULL)
        return NULL;
    size_t i = *at + 1;
    bool has_precision = i < format.len && format.data[i] == '.';
    if (has_precision) {
        size_t digits = ++i;
        int value = 0;
        for (; i < format.len && format.data[i] >= '0' && format.data[i] <= '9'; i++)
            value = value <= PRECISION_MAX ? value * 10 + (format.data[i] - '0') : value;
        if (i == digits || value > PRECISION_MAX)
            return "a precision is a number from 0 to 100, as in %.2f";
        clause->precision = value;
    }
    char kind = i < format.len ? format.data[i] : '\0';
    if (kind == '\0' || strchr("%sdfexXob", kind) == NULL)
        return "behind % stands one of s d f e x X o b, or a second %";
    if (has_precision && kind != 'f' && kind != 'e')
        return "a precision goes with %f and %e";
    clause->kind = kind;
    *at = i + 1;
    return NULL;
}

size_t sv_fn_format_clauses(struct sv_slice format, size_t *at, const char **why)
{
    struct clause clause;
    size_t count = 0;
    for (*at = 0;;) {
        *why = next_clause(format, at, &clause);
        if (*why != NULL || clause.kind == '\0')
            return count;
        count += clause.kind != '%';
    }
}

/* ---- writing ---- */

struct writer {
    struct sv_cel_run *run;
    struct sv_buf out;
    struct sv_value bad; /* SV_NULL while all is well */
};

static bool is_well(const struct writer *w)
{
    return w->bad.type == SV_NULL;
}

static void add(struct writer *w, struct sv_slice s)
{
    if (!is_well(w))
        return;
    if (!sv_val_charge(w->run, s.len / 64 + 1))
        w->bad = sv_val_limit();
    else if (s.len > SV_VAL_STRING_MAX - w->out.len)
        w->bad = sv_val_error("a string would be longer than 16 MiB");
    else
        sv_buf_add(&w->out, s);
}

/* The value has a type that the clause does not take. */
static void refuse(struct writer *w, char kind, struct sv_value v)
{
    if (!is_well(w))
        return;
    struct sv_slice text =
        sv_arena_printf(w->run->arena, "format(): %%%c does not go with %s", kind, sv_val_type_word(sv_val_type(v)));
    w->bad = (struct sv_value){.type = SV_ERROR, .len = (uint32_t)text.len, .s = text.data};
}

static void put_hex(struct writer *w, struct sv_slice bytes, bool is_upper)
{
    const char *digits = is_upper ? "0123456789ABCDEF" : "0123456789abcdef";
    for (size_t i = 0; i < bytes.len && is_well(w);) {
        char text[256];
        size_t len = 0;
        for (; i < bytes.len && len < sizeof text; i++) {
            text[len++] = digits[(unsigned char)bytes.data[i] >> 4];
            text[len++] = digits[(unsigned char)bytes.data[i] & 15];
        }
        add(w, sv_slice(text, len));
    }
}

/* An int, uint or bool with this base, a minus before it. */
static void put_based(struct writer *w, char kind, struct sv_value v)
{
    char text[72], *p = text + sizeof text;
    unsigned base = kind == 'b' ? 2 : kind == 'o' ? 8 : 16;
    bool is_negative = v.type == SV_INT && v.i < 0;
    uint64_t u = v.type == SV_BOOL ? v.b : is_negative ? 0 - v.u : v.u;
    do {
        *--p = (kind == 'X' ? "0123456789ABCDEF" : "0123456789abcdef")[u % base];
        u /= base;
    } while (u != 0);
    if (is_negative)
        *--p = '-';
    add(w, sv_slice(p, (size_t)(text + sizeof text - p)));
}

static void put_double(struct writer *w, double d)
{
    char text[32];
    add(w, sv_slice(text, sv_num_format(d, text)));
}

static void put_fixed(struct writer *w, char kind, int precision, double d)
{
    char text[NUMBER_ROOM];
    if (isnan(d) || isinf(d))
        put_double(w, d);
    else if (kind == 'f')
        add(w, sv_slice(text, (size_t)snprintf(text, sizeof text, "%.*f", precision, d)));
    else
        add(w, sv_slice(text, (size_t)snprintf(text, sizeof text, "%.*e", precision, d)));
}

/* Bytes as the text they are; what is no UTF-8 becomes U+FFFD. */
static void put_bytes(struct writer *w, struct sv_slice bytes)
{
    const char *p = bytes.data, *end = sv_slice_end(bytes);
    while (p < end && is_well(w)) {
        const char *good = p;
        for (size_t n; p < end && (n = sv_utf8_sequence(p, end)) > 0; p += n)
            ;
        add(w, sv_slice(good, (size_t)(p - good)));
        if (p < end) {
            add(w, SV_SLICE("\xEF\xBF\xBD"));
            p++;
        }
    }
}

static void put_any(struct writer *w, struct sv_value v);

static void put_list(struct writer *w, struct sv_value list)
{
    struct sv_val_walk walk;
    bool is_first = true;
    add(w, SV_SLICE("["));
    sv_val_walk(&walk, list);
    for (struct sv_value item; is_well(w) && sv_val_next(&walk, w->run, &item); is_first = false) {
        if (!is_first)
            add(w, SV_SLICE(", "));
        put_any(w, item);
    }
    add(w, SV_SLICE("]"));
}

struct named {
    struct sv_slice name;
    struct sv_value value;
};

static int by_name(const void *a, const void *b)
{
    return sv_slice_compare(((const struct named *)a)->name, ((const struct named *)b)->name);
}

static struct sv_slice key_text(struct writer *w, struct sv_value key)
{
    struct sv_buf text = {0};
    if (key.type == SV_STRING)
        return sv_value_raw(key);
    if (key.type == SV_BOOL)
        return sv_slice_str(key.b ? "true" : "false");
    if (key.type == SV_INT)
        sv_buf_int(&text, key.i);
    else
        sv_buf_uint(&text, key.u);
    struct sv_slice copy = sv_arena_dup(w->run->arena, sv_buf_slice(&text));
    sv_buf_free(&text);
    return copy;
}

/* In the order of the keys' texts, so that the same map always has the same text. */
static void put_map(struct writer *w, struct sv_value v)
{
    const struct sv_map_value *map = v.type == SV_MAP ? v.map : sv_val_members(w->run, v);
    if (!sv_val_charge(w->run, 4 * map->count)) {
        w->bad = sv_val_limit();
        return;
    }
    struct named *entries = sv_arena_alloc(w->run->arena, (map->count + 1) * sizeof *entries);
    for (size_t i = 0; i < map->count; i++)
        entries[i] = (struct named){key_text(w, map->entries[i].key), map->entries[i].value};
    qsort(entries, map->count, sizeof *entries, by_name);
    add(w, SV_SLICE("{"));
    for (size_t i = 0; i < map->count && is_well(w); i++) {
        if (i > 0)
            add(w, SV_SLICE(", "));
        add(w, entries[i].name);
        add(w, SV_SLICE(": "));
        put_any(w, entries[i].value);
    }
    add(w, SV_SLICE("}"));
}

static void put_written(struct writer *w, struct sv_value v, void (*write)(struct sv_buf *, struct sv_value))
{
    struct sv_buf text = {0};
    write(&text, v);
    add(w, sv_buf_slice(&text));
    sv_buf_free(&text);
}

/* %s. Recursion: see sv_val_equal. */
static void put_any(struct writer *w, struct sv_value v)
{
    switch (sv_val_type(v)) {
    case SV_CEL_NULL:
        add(w, SV_SLICE("null"));
        break;
    case SV_CEL_BOOL:
        add(w, sv_slice_str(v.b ? "true" : "false"));
        break;
    case SV_CEL_INT:
    case SV_CEL_UINT: {
        char text[24];
        int len = v.type == SV_INT ? snprintf(text, sizeof text, "%lld", (long long)v.i)
                                   : snprintf(text, sizeof text, "%llu", (unsigned long long)v.u);
        add(w, sv_slice(text, (size_t)len));
        break;
    }
    case SV_CEL_DOUBLE:
        put_double(w, v.d);
        break;
    case SV_CEL_STRING:
    case SV_CEL_TYPE:
        add(w, sv_value_raw(v));
        break;
    case SV_CEL_BYTES:
        put_bytes(w, sv_value_raw(v));
        break;
    case SV_CEL_LIST:
        put_list(w, v);
        break;
    case SV_CEL_MAP:
        put_map(w, v);
        break;
    case SV_CEL_TIMESTAMP:
        put_written(w, v, sv_fn_put_timestamp);
        break;
    case SV_CEL_DURATION:
        put_written(w, v, sv_fn_put_duration);
        break;
    case SV_CEL_OPTIONAL:
    case SV_CEL_DYN:
        refuse(w, 's', v);
        break;
    }
}

static void put_clause(struct writer *w, const struct clause *clause, struct sv_value v)
{
    bool is_whole = v.type == SV_INT || v.type == SV_UINT;
    switch (clause->kind) {
    case 's':
        put_any(w, v);
        return;
    case 'd': /* doubles as well: a field that is a number is one, whole or not */
        if (sv_val_is_number(v)) {
            put_any(w, v);
            return;
        }
        break;
    case 'f':
    case 'e':
        if (sv_val_is_number(v)) {
            put_fixed(w, clause->kind, clause->precision, v.type == SV_DOUBLE ? v.d : v.type == SV_INT ? (double)v.i : (double)v.u);
            return;
        }
        break;
    case 'x':
    case 'X':
        if (v.type == SV_STRING || v.type == SV_BYTES) {
            put_hex(w, sv_value_raw(v), clause->kind == 'X');
            return;
        }
        /* fallthrough */
    case 'o':
        if (is_whole) {
            put_based(w, clause->kind, v);
            return;
        }
        break;
    case 'b':
        if (is_whole || v.type == SV_BOOL) {
            put_based(w, clause->kind, v);
            return;
        }
        break;
    }
    refuse(w, clause->kind, v);
}

struct sv_value sv_fn_format(struct sv_cel_run *run, const struct sv_value *args)
{
    struct writer w = {.run = run, .bad = {.type = SV_NULL}};
    struct sv_slice format = sv_value_raw(args[0]);
    struct sv_val_walk walk;
    struct clause clause = {.kind = '%'};
    sv_val_walk(&walk, args[1]);
    for (size_t at = 0; is_well(&w) && clause.kind != '\0';) {
        const char *why = next_clause(format, &at, &clause);
        struct sv_value item;
        add(&w, clause.before);
        if (why != NULL && is_well(&w))
            w.bad = sv_val_error(why);
        else if (clause.kind == '%')
            add(&w, SV_SLICE("%"));
        else if (clause.kind != '\0' && sv_val_next(&walk, run, &item))
            put_clause(&w, &clause, item);
        else if (clause.kind != '\0' && is_well(&w))
            w.bad = sv_val_error("format(): there are fewer values than places");
    }
    char *text = is_well(&w) ? sv_val_room(run, w.out.len) : NULL;
    struct sv_value result = !is_well(&w) ? w.bad : text == NULL ? sv_val_limit() : sv_value_str(sv_slice(text, w.out.len));
    if (text != NULL && w.out.len > 0)
        memcpy(text, w.out.data, w.out.len);
    sv_buf_free(&w.out);
    return result;
}

struct sv_value sv_fn_quote(struct sv_cel_run *run, const struct sv_value *args)
{
    static const char from[] = "\a\b\f\n\r\t\v\\\"", to[] = "abfnrtv\\\"";
    struct sv_slice s = sv_value_raw(args[0]);
    size_t len = 0, extra = 0;
    for (size_t i = 0; i < s.len; i++)
        extra += s.data[i] != '\0' && strchr(from, s.data[i]) != NULL;
    char *out = sv_val_charge(run, s.len / 256) ? sv_val_room(run, s.len + extra + 2) : NULL;
    if (out == NULL)
        return sv_val_over(run) ? sv_val_limit() : sv_val_error("a string would be longer than 16 MiB");
    out[len++] = '"';
    for (size_t i = 0; i < s.len; i++) {
        const char *found = s.data[i] != '\0' ? strchr(from, s.data[i]) : NULL;
        if (found != NULL)
            out[len++] = '\\';
        out[len++] = found != NULL ? to[found - from] : s.data[i];
    }
    out[len++] = '"';
    return sv_value_str(sv_slice(out, len));
}
