/* SPDX-License-Identifier: ISC */
/* reader.h - JSON (RFC 8259) in: full validation always, work only for what is wanted.
 *
 * Every byte is validated, UTF-8 included, whether wanted or not: limits.h bounds depth, members of one object and length of a
 * number. Nothing recurses on input and nothing is allocated. A repeated key: the last wins, with all that hung on the earlier
 * one. Lone surrogate escapes are accepted (RFC 8259 section 8.2) and become U+FFFD when a string is unescaped.
 *
 *     struct sv_value slots[N] = {0};
 *     if (!sv_json_project(paths, SV_PATHS_ROOT, text, slots, NULL, &err))
 *         ...                                         // err.column: byte where it went wrong, from 1
 *     struct sv_json_iter it = sv_json_iter(slots[k]);
 *     struct sv_value key, value;
 *     while (sv_json_next(&it, &key, &value))
 *         ...
 *
 * Values borrow from the text. Numbers without point and exponent are SV_INT, above INT64_MAX SV_UINT, beyond that and all
 * others SV_DOUBLE.
 *
 * Floor: json; uses base only. */
#ifndef SV_JSON_READER_H
#define SV_JSON_READER_H

#include "base/error.h"
#include "json/paths.h"
#include "json/value.h"

/* Members of the top object that no path wants, in order, duplicates included; growing, reuse it. */
struct sv_json_rest {
    struct sv_json_member {
        struct sv_value key;  /* SV_STRING */
        struct sv_value value;
    } *items;
    size_t count, capacity;
};

void sv_json_rest_free(struct sv_json_rest *rest);

/* Validates `text` (one JSON value, white space around it allowed) and, if it is an object, fills the slots wanted at and below
 * `node`. The slots reached through node's subtree must be SV_ABSENT before (the caller clears). rest may be NULL. False on
 * invalid JSON: err says what and where (column), slots are then to be cleared by the caller. */
bool sv_json_project(const struct sv_paths *paths, uint32_t node, struct sv_slice text, struct sv_value *slots,
                     struct sv_json_rest *rest, struct sv_error *err);

/* What is known of slots below 64 without a look at them, as bits. */
struct sv_json_filled {
    uint64_t any;     /* were filled; or cleared, by a repeated key */
    uint64_t strings; /* of those, some that hold a string, or nothing */
};

/* The same, with *filled filled. */
bool sv_json_project_filled(const struct sv_paths *paths, uint32_t node, struct sv_slice text, struct sv_value *slots,
                            struct sv_json_rest *rest, struct sv_json_filled *filled, struct sv_error *err);

/* Validates and returns the whole as one value (containers as SV_JSON). */
bool sv_json_read(struct sv_slice text, struct sv_value *out, struct sv_error *err);

/* Walking a container that was validated. On anything but SV_JSON the walk is empty. */
struct sv_json_iter {
    const char *at, *end;
    bool is_object;
};

struct sv_json_iter sv_json_iter(struct sv_value container);

/* The next member (key is SV_STRING) or element (key is SV_ABSENT and empty; may be NULL). */
bool sv_json_next(struct sv_json_iter *it, struct sv_value *key, struct sv_value *value);

/* Member `key` of a SV_JSON object (the last of that name), or SV_ABSENT. Keys with escapes compare by what they mean. */
struct sv_value sv_json_get(struct sv_value object, struct sv_slice key);

/* Element `index` of a SV_JSON array, or SV_ABSENT. */
struct sv_value sv_json_at(struct sv_value array, size_t index);

/* Unescapes the raw inside of a JSON string; out has room for raw.len bytes (+0). Returns the length. */
size_t sv_json_unescape(struct sv_slice raw, char *out);

#endif
