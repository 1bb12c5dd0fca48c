/* SPDX-License-Identifier: ISC */
#include "event/redact.h"

#include "event/redact_private.h"
#include "json/reader.h"
#include "json/writer.h"

/* What a byte may begin; 0: nothing, go on. */
enum { NOTHING, LETTER, SIGN, DASH };

#define W (1u << SV_RUN_WORD | 1u << SV_RUN_TOKEN | 1u << SV_RUN_DOTTED | 1u << SV_RUN_BASE64)
#define W10 W, W, W, W, W, W, W, W, W, W
#define W26 W10, W10, W, W, W, W, W, W
const uint8_t sv_redact_classes[256] = {
    ['+'] = 1u << SV_RUN_BASE64,
    ['-'] = 1u << SV_RUN_TOKEN | 1u << SV_RUN_DOTTED | 1u << SV_RUN_BASE64,
    ['.'] = 1u << SV_RUN_DOTTED,
    ['/'] = 1u << SV_RUN_BASE64,
    ['0'] = W10,
    ['A'] = W26,
    ['_'] = W,
    ['a'] = W26,
};
#define L LETTER
#define L10 L, L, L, L, L, L, L, L, L, L
#define L26 L10, L10, L, L, L, L, L, L
static const uint8_t begins[256] = {
    ['-'] = DASH, ['0'] = L10, [':'] = SIGN, ['='] = SIGN, ['A'] = L26, ['_'] = L, ['a'] = L26,
};

size_t sv_scan_run(struct sv_scan *scan, enum sv_run run, size_t i)
{
    if (i >= scan->runs[run].start && i < scan->runs[run].end)
        return scan->runs[run].end;
    size_t end = i;
    while (end < scan->len && sv_redact_classes[(unsigned char)scan->data[end]] >> run & 1)
        end++;
    scan->runs[run].start = i;
    scan->runs[run].end = end;
    return end;
}

bool sv_scan_word_start(const struct sv_scan *scan, size_t i)
{
    if (i == 0 || !(sv_redact_classes[(unsigned char)scan->data[i - 1]] >> SV_RUN_WORD & 1))
        return true;
    if (i < 2)
        return false;
    if (scan->data[i - 2] == '\\')
        return strchr("nrt", scan->data[i - 1]) != NULL;
    return i >= 3 && scan->data[i - 3] == '%'; /* %3D */
}

static bool find_secret(struct sv_scan *scan, size_t i, uint8_t what, struct sv_secret *out)
{
    switch (what) {
    case LETTER:
        return sv_secret_at(scan, i, out);
    case DASH:
        return sv_secret_at(scan, i, out) || sv_secret_flagged(scan, i, out);
    default:
        return sv_secret_named(scan, i, out);
    }
}

bool sv_scan_any(struct sv_redactor *redactor, struct sv_slice text, unsigned depth)
{
    struct sv_scan scan = {.redactor = redactor, .data = text.data, .len = text.len, .depth = depth};
    struct sv_secret secret;
    for (size_t i = 0; i < text.len; i++) {
        uint8_t what = begins[(unsigned char)text.data[i]];
        if (what != NOTHING && find_secret(&scan, i, what, &secret))
            return true;
    }
    return false;
}

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

size_t sv_redact_text(struct sv_redactor *redactor, struct sv_buf *out, struct sv_slice plain)
{
    size_t count = 0, done = 0;
    if (redactor == NULL) {
        sv_buf_add(out, plain);
        return 0;
    }
    struct sv_scan scan = {.redactor = redactor, .data = plain.data, .len = plain.len};
    struct sv_secret secret;
    for (size_t i = 0; i < plain.len;) {
        uint8_t what = begins[(unsigned char)plain.data[i]];
        if (what == NOTHING || !find_secret(&scan, i, what, &secret) || secret.end <= done || secret.end <= secret.start) {
            i++;
            continue;
        }
        if (secret.start < done) /* begins inside one that is gone already */
            secret.start = done;
        sv_buf_add(out, sv_slice(plain.data + done, secret.start - done));
        put_marker(out, secret.kind);
        done = secret.end;
        i = done > i ? done : i + 1;
        count++;
    }
    if (done < plain.len)
        sv_buf_add(out, sv_slice(plain.data + done, plain.len - done));
    return count;
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
    size_t count = sv_redact_text(redactor, &redactor->clean, plain);
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
    static const char *const names[] = {"name", "key"};
    struct sv_value value = sv_json_get(object, SV_SLICE("value"));
    for (size_t i = 0; value.type == SV_STRING && i < sizeof names / sizeof *names; i++) {
        struct sv_value name = sv_json_get(object, sv_slice_str(names[i]));
        if (name.type == SV_STRING)
            return sv_secret_kind(sv_value_string(&name, &redactor->arena));
    }
    return NULL;
}

/* Recursion ends with the depth of validated JSON, SV_JSON_DEPTH_MAX. */
static size_t put_container(struct sv_redactor *redactor, struct sv_buf *out, struct sv_value container)
{
    struct sv_json_iter it = sv_json_iter(container);
    struct sv_value key = {0}, value;
    size_t count = 0;
    bool first = true, is_object = it.is_object;
    const char *pair_kind = is_object ? kind_of_pair(redactor, container) : NULL;
    sv_buf_char(out, is_object ? '{' : '[');
    while (sv_json_next(&it, &key, &value)) {
        if (!first)
            sv_buf_char(out, ',');
        first = false;
        const char *kind = NULL;
        if (is_object) {
            kind = sv_secret_kind(sv_value_string(&key, &redactor->arena));
            if (kind == NULL && pair_kind != NULL && sv_slice_is(sv_value_string(&key, &redactor->arena), "value"))
                kind = pair_kind;
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
