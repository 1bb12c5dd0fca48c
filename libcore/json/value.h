/* SPDX-License-Identifier: ISC */
/* value.h - one value: what a slot of an event holds and what an expression computes with.
 *
 * 16 bytes, passed by value. Bytes, lists and maps are borrowed: from the record, its arena, or the program's arena.
 * A JSON container is kept as its (validated) text and only looked into when somebody asks: SV_JSON.
 *
 * Floor: json. */
#ifndef SV_VALUE_H
#define SV_VALUE_H

#include <stdint.h>

#include "base/mem.h"
#include "base/slice.h"

enum sv_type {
    SV_ABSENT = 0, /* nothing there; a cleared slot */
    SV_NULL,
    SV_BOOL,
    SV_INT,
    SV_UINT,       /* from JSON only above INT64_MAX */
    SV_DOUBLE,
    SV_STRING,     /* UTF-8; with SV_ESCAPED the text still holds JSON escapes: use sv_value_string */
    SV_JSON,       /* text of a validated JSON array or object, without white space around it */
    /* the rest is made by expressions only */
    SV_BYTES,
    SV_LIST,
    SV_MAP,
    SV_TIMESTAMP,  /* i: seconds since 1970, len: nanoseconds */
    SV_DURATION,   /* i: nanoseconds */
    SV_TYPE,       /* s, len: the type's name */
    SV_OPTIONAL,
    SV_ERROR       /* s, len: what went wrong */
};

/* Flags of SV_STRING: it has escapes; none of them is a \u for a printable ASCII character, as far as is known. */
enum { SV_ESCAPED = 1, SV_ESCAPED_WIDE = 2 };

struct sv_list;
struct sv_map_value;

struct sv_value {
    uint8_t type;  /* enum sv_type */
    uint8_t flags;
    uint32_t len;  /* of s, bytes */
    union {
        bool b;
        int64_t i;
        uint64_t u;
        double d;
        const char *s;
        const struct sv_list *list;
        const struct sv_map_value *map;
        const struct sv_value *optional; /* NULL: none */
    };
};

static inline struct sv_value sv_value_of(enum sv_type type)
{
    return (struct sv_value){.type = (uint8_t)type};
}

static inline struct sv_value sv_value_bool(bool b)
{
    return (struct sv_value){.type = SV_BOOL, .b = b};
}

static inline struct sv_value sv_value_int(int64_t i)
{
    return (struct sv_value){.type = SV_INT, .i = i};
}

static inline struct sv_value sv_value_double(double d)
{
    return (struct sv_value){.type = SV_DOUBLE, .d = d};
}

/* s is borrowed, at most 4 GiB, plain (no escapes). */
static inline struct sv_value sv_value_str(struct sv_slice s)
{
    return (struct sv_value){.type = SV_STRING, .len = (uint32_t)s.len, .s = s.data};
}

/* The bytes of a SV_STRING, SV_JSON, SV_BYTES, SV_TYPE or SV_ERROR as they stand (escapes and all). */
static inline struct sv_slice sv_value_raw(struct sv_value v)
{
    return sv_slice(v.s, v.len);
}

static inline bool sv_value_is_object(struct sv_value v)
{
    return v.type == SV_JSON && v.s[0] == '{';
}

static inline bool sv_value_is_array(struct sv_value v)
{
    return v.type == SV_JSON && v.s[0] == '[';
}

/* The slow way of sv_value_string: writes the plain bytes into the arena and makes the value plain. */
struct sv_slice sv_value_unescape(struct sv_value *v, struct sv_arena *arena);

/* The plain bytes of a SV_STRING; unescapes it in place (into arena) on first use. A lone surrogate becomes U+FFFD. */
static inline struct sv_slice sv_value_string(struct sv_value *v, struct sv_arena *arena)
{
    return v->flags & SV_ESCAPED ? sv_value_unescape(v, arena) : sv_slice(v->s, v->len);
}

#endif
