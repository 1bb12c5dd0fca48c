/* SPDX-License-Identifier: ISC */
#include "event/redact.h"

#include "event/redact_marks.h"
#include "event/redact_private.h"
#include "json/reader.h"
#include "json/writer.h"

struct sv_redactor *sv_redactor_new(void)
{
    struct sv_redactor *redactor = sv_calloc(1, sizeof *redactor);
    sv_secret_prepare(redactor);
    return redactor;
}

void sv_redactor_free(struct sv_redactor *redactor)
{
    if (redactor == NULL)
        return;
    for (size_t i = 0; i <= SV_REDACT_DEPTH; i++)
        sv_buf_free(&redactor->unpacked[i]);
    sv_buf_free(&redactor->plain);
    sv_buf_free(&redactor->clean);
    sv_arena_free(&redactor->arena);
    sv_free(redactor);
}

static void put_marker(struct sv_buf *out, const char *kind)
{
    sv_buf_str(out, "[redacted:");
    sv_buf_str(out, kind);
    sv_buf_char(out, ']');
}

/* Appends the text with its secrets replaced, if there are any; else nothing. Returns how many. */
static __attribute__((noinline)) size_t put_redacted(struct sv_redactor *redactor, struct sv_buf *out, struct sv_slice plain)
{
    struct sv_scan scan SV_UNCLEARED;
    struct sv_secret secret;
    size_t count = 0, done = 0, at;
    sv_scan_init(&scan, redactor, plain, 0);
    for (size_t from = 0; sv_scan_next(&scan, from, &at, &secret);) {
        from = at + 1;
        if (secret.end <= done || secret.end <= secret.start)
            continue;
        if (secret.start < done) /* begins inside one that is gone already */
            secret.start = done;
        sv_buf_add(out, sv_slice(plain.data + done, secret.start - done));
        put_marker(out, secret.kind);
        done = secret.end;
        from = done > at ? done : from;
        count++;
    }
    if (count > 0)
        sv_buf_add(out, sv_slice(plain.data + done, plain.len - done));
    return count;
}

size_t sv_redact_text(struct sv_redactor *redactor, struct sv_buf *out, struct sv_slice plain)
{
    if (redactor != NULL && !sv_marks_nothing(plain.data, plain.len)) {
        size_t count = put_redacted(redactor, out, plain);
        if (count > 0)
            return count;
    }
    sv_buf_add(out, plain);
    return 0;
}

bool sv_redact_name(struct sv_redactor *redactor, struct sv_slice name, struct sv_error *err)
{
    struct sv_buf clean = {0};
    size_t secrets = sv_redact_text(redactor, &clean, name);
    sv_buf_free(&clean);
    return secrets == 0 || sv_error_set(err, SV_INPUT, "a name looks like a secret, which is never kept");
}

/* --- JSON --- */

static size_t put_string(struct sv_redactor *redactor, struct sv_buf *out, struct sv_value value)
{
    struct sv_slice plain = sv_value_raw(value);
    if (value.flags & SV_ESCAPED) {
        sv_buf_clear(&redactor->plain);
        redactor->plain.len = sv_json_unescape(plain, sv_buf_room(&redactor->plain, plain.len + 1));
        plain = sv_buf_slice(&redactor->plain);
    }
    sv_buf_clear(&redactor->clean);
    size_t count = sv_marks_nothing(plain.data, plain.len) ? 0 : put_redacted(redactor, &redactor->clean, plain);
    if (count == 0)
        sv_json_put_value(out, value);
    else
        sv_json_put_string(out, sv_buf_slice(&redactor->clean));
    return count;
}

/* Is the value under a key of this kind to be hidden whole? Counts, flags and place holders are not. */
static bool is_hidden(struct sv_redactor *redactor, const char *kind, struct sv_value value)
{
    switch (value.type) {
    case SV_STRING: {
        struct sv_slice plain = sv_value_raw(value);
        if (value.flags & SV_ESCAPED) {
            sv_buf_clear(&redactor->plain);
            redactor->plain.len = sv_json_unescape(plain, sv_buf_room(&redactor->plain, plain.len + 1));
            plain = sv_buf_slice(&redactor->plain);
        }
        return !sv_secret_is_blank(plain, kind);
    }
    case SV_INT:
        return value.i > 999 && (strcmp(kind, "token") != 0 || value.i > 99999999);
    case SV_UINT:
        return true;
    case SV_JSON:
        return value.len > 2 && strcmp(kind, "token") != 0;
    default:
        return false;
    }
}

static size_t put_value(struct sv_redactor *redactor, struct sv_buf *out, const char *kind, struct sv_value value);

/* {"name": "Authorization", "value": "..."}: the key is itself a value. */
static const char *kind_of_pair(struct sv_redactor *redactor, struct sv_value object)
{
    if (sv_json_get(object, SV_SLICE("value")).type != SV_STRING)
        return NULL;
    struct sv_value name = sv_json_get(object, SV_SLICE("name"));
    if (name.type != SV_STRING)
        name = sv_json_get(object, SV_SLICE("key"));
    return name.type == SV_STRING ? sv_secret_kind(sv_value_string(&name, &redactor->arena)) : NULL;
}

/* Recursion ends with the depth of validated JSON, SV_JSON_DEPTH_MAX. */
static size_t put_container(struct sv_redactor *redactor, struct sv_buf *out, struct sv_value container)
{
    struct sv_json_iter it = sv_json_iter(container);
    struct sv_value key = {0}, value;
    size_t count = 0;
    bool first = true, is_object = it.is_object, has_pair = false;
    const char *pair_kind = NULL;
    sv_buf_char(out, is_object ? '{' : '[');
    while (sv_json_next(&it, &key, &value)) {
        if (!first)
            sv_buf_char(out, ',');
        first = false;
        const char *kind = NULL;
        if (is_object) {
            struct sv_slice name = sv_value_string(&key, &redactor->arena);
            kind = sv_secret_kind(name);
            if (kind == NULL && sv_slice_equal(name, SV_SLICE("value"))) {
                if (!has_pair)
                    pair_kind = kind_of_pair(redactor, container);
                has_pair = true;
                kind = pair_kind;
            }
            count += put_string(redactor, out, key);
            sv_buf_char(out, ':');
        }
        count += put_value(redactor, out, kind, value);
    }
    sv_buf_char(out, is_object ? '}' : ']');
    return count;
}

static size_t put_value(struct sv_redactor *redactor, struct sv_buf *out, const char *kind, struct sv_value value)
{
    if (kind != NULL && is_hidden(redactor, kind, value)) {
        sv_buf_char(out, '"');
        put_marker(out, kind);
        sv_buf_char(out, '"');
        return 1;
    }
    if (value.type == SV_STRING)
        return put_string(redactor, out, value);
    if (value.type == SV_JSON)
        return put_container(redactor, out, value);
    sv_json_put_value(out, value);
    return 0;
}

size_t sv_redact_value(struct sv_redactor *redactor, struct sv_buf *out, struct sv_slice key, struct sv_value value)
{
    if (redactor == NULL) {
        sv_json_put_value(out, value);
        return 0;
    }
    size_t count = put_value(redactor, out, key.len > 0 ? sv_secret_kind(key) : NULL, value);
    sv_arena_reset(&redactor->arena);
    return count;
}
