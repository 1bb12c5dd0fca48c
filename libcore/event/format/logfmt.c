/* SPDX-License-Identifier: ISC */
/* logfmt, as go-kit, Heroku and Grafana have it: key=value with blanks between; a value in quotes has the escapes of JSON; a key
 * alone is true. Of a key that stands twice the last counts. */
#include "base/limits.h"
#include "base/map.h"
#include "base/utf8.h"
#include "event/reader_private.h"
#include "event/typed.h"

enum { FEW = 16 }; /* keys up to which they are compared one by one */

struct pair {
    struct sv_slice key;
    struct sv_value value; /* SV_STRING, escaped perhaps; SV_ABSENT: a key alone */
};

struct logfmt {
    struct pair *pairs; /* [count], the room is kept from record to record */
    size_t count, capacity;
};

/* A place in a line, going forward. */
struct cursor {
    struct sv_slice text;
    size_t at;
};

static bool fail(const struct cursor *cursor, size_t at, struct sv_error *err, const char *what)
{
    sv_error_at(err, NULL, 0, 1 + (uint32_t)sv_utf8_count(sv_slice(cursor->text.data, at)));
    return sv_error_set(err, SV_INPUT, "%s", what);
}

static int look(const struct cursor *cursor)
{
    return cursor->at < cursor->text.len ? (unsigned char)cursor->text.data[cursor->at] : 0;
}

static bool read_quoted(struct cursor *cursor, struct sv_value *value, struct sv_error *err)
{
    size_t start = cursor->at++;
    struct sv_error why = {0};
    while (look(cursor) != '"') {
        cursor->at += look(cursor) == '\\' ? 2 : 1;
        if (cursor->at >= cursor->text.len)
            return fail(cursor, start, err, "the quote opened here is not closed");
    }
    cursor->at++;
    if (sv_json_read(sv_slice(cursor->text.data + start, cursor->at - start), value, &why))
        return true;
    return fail(cursor, start + (why.column > 0 ? why.column - 1 : 0), err, why.text);
}

static bool read_bare(struct cursor *cursor, struct sv_value *value, struct sv_error *err)
{
    size_t start = cursor->at;
    for (; look(cursor) > ' '; cursor->at++)
        if (look(cursor) == '"')
            return fail(cursor, cursor->at, err, "a quote inside a value without quotes");
    *value = sv_value_str(sv_slice(cursor->text.data + start, cursor->at - start));
    return true;
}

/* The next pair; *more is false at the end of the line. */
static bool read_pair(struct cursor *cursor, struct pair *pair, bool *more, struct sv_error *err)
{
    *pair = (struct pair){0};
    while (cursor->at < cursor->text.len && look(cursor) <= ' ')
        cursor->at++;
    *more = cursor->at < cursor->text.len;
    size_t start = cursor->at;
    while (look(cursor) > ' ' && look(cursor) != '=' && look(cursor) != '"')
        cursor->at++;
    pair->key = sv_slice(cursor->text.data + start, cursor->at - start);
    if (*more && pair->key.len == 0)
        return fail(cursor, start, err, look(cursor) == '=' ? "no key before the =" : "a quote where a key should be");
    if (look(cursor) == '"')
        return fail(cursor, cursor->at, err, "a quote inside a key");
    if (look(cursor) != '=')
        return true;
    cursor->at++;
    return look(cursor) == '"' ? read_quoted(cursor, &pair->value, err) : read_bare(cursor, &pair->value, err);
}

static struct pair *add(struct logfmt *logfmt)
{
    if (logfmt->count == logfmt->capacity) {
        logfmt->capacity = logfmt->capacity > 0 ? logfmt->capacity * 2 : 32;
        logfmt->pairs = sv_realloc(logfmt->pairs, logfmt->capacity * sizeof *logfmt->pairs);
    }
    return &logfmt->pairs[logfmt->count++];
}

/* All pairs of a line, in order. */
static bool read_line(struct logfmt *logfmt, struct sv_slice text, struct sv_error *err)
{
    struct cursor cursor = {.text = text};
    bool more, any = false;
    logfmt->count = 0;
    do {
        struct pair *pair = add(logfmt);
        if (!read_pair(&cursor, pair, &more, err))
            return false;
        any |= pair->value.type != SV_ABSENT;
        if (more && logfmt->count > SV_JSON_KEYS_MAX)
            return fail(&cursor, cursor.at, err, "too many keys");
    } while (more);
    logfmt->count--;
    return any ? true : fail(&cursor, 0, err, "no key=value in this line");
}

/* Takes the key from every pair that has a later one of the same key. */
static void drop_repeated(struct logfmt *logfmt)
{
    struct pair *pairs = logfmt->pairs;
    struct sv_map last = {0};
    if (logfmt->count <= FEW) {
        for (size_t i = 0; i < logfmt->count; i++)
            for (size_t k = i + 1; k < logfmt->count; k++)
                if (sv_slice_equal(pairs[i].key, pairs[k].key))
                    pairs[i].key.len = 0;
        return;
    }
    for (size_t i = logfmt->count; i-- > 0;)
        if (sv_map_at(&last, pairs[i].key)->number++ > 0)
            pairs[i].key.len = 0;
    sv_map_free(&last);
}

static bool record(struct sv_reader *reader, void *state, struct sv_slice text, struct sv_error *err)
{
    struct logfmt *logfmt = state;
    struct sv_event *event = sv_reader_event(reader);
    const struct sv_schema *schema = reader->spec->schema;
    if (!sv_utf8_valid(text)) {
        const char *p = text.data;
        for (size_t n; (n = sv_utf8_sequence(p, sv_slice_end(text))) > 0;)
            p += n;
        return fail(&(struct cursor){.text = text}, (size_t)(p - text.data), err, "not valid UTF-8");
    }
    if (!read_line(logfmt, text, err))
        return false;
    drop_repeated(logfmt);
    event->arena = sv_reader_arena(reader);
    for (size_t i = 0; i < logfmt->count; i++) {
        struct pair *pair = &logfmt->pairs[i];
        if (pair->key.len == 0)
            continue;
        struct sv_typed_key key = sv_typed_key(schema, pair->key);
        struct sv_slice plain = pair->value.type == SV_ABSENT ? SV_SLICE("true") : sv_value_string(&pair->value, event->arena);
        reader->spec->counts.odd += !sv_typed_put(schema, event, &key, plain);
    }
    if (event->slots[SV_F_TYPE].type == SV_ABSENT)
        sv_event_set_str(event, SV_F_TYPE, "note");
    sv_reader_emit(reader, 0);
    return true;
}

static void close_logfmt(void *state)
{
    sv_free(((struct logfmt *)state)->pairs);
}

static bool is_name(struct sv_slice key)
{
    for (size_t i = 0; i < key.len; i++) {
        char c = key.data[i];
        bool letter = (c >= 'a' && c <= 'z') || (c >= 'A' && c <= 'Z') || c == '_' || c == '@';
        if (!letter && (i == 0 || strchr("0123456789.-/", c) == NULL || c == '\0'))
            return false;
    }
    return key.len > 0;
}

/* A line of nothing but key=value, two at least, one at least a field's. */
static bool claims(struct sv_slice line, bool is_first)
{
    struct cursor cursor = {.text = line};
    struct pair pair;
    struct sv_error err = {0};
    size_t pairs = 0, fields = 0;
    (void)is_first;
    if (!sv_utf8_valid(line))
        return false;
    for (bool more = true;;) {
        if (!read_pair(&cursor, &pair, &more, &err))
            return false;
        if (!more)
            break;
        if (pair.value.type == SV_ABSENT || !is_name(pair.key))
            return false;
        pairs++;
        fields += sv_typed_is_canonical(pair.key);
    }
    return pairs >= 2 && fields > 0;
}

static bool time_of(struct sv_slice text, int64_t *ns)
{
    struct cursor cursor = {.text = text};
    struct pair pair;
    struct sv_arena none = {0};
    bool found = false;
    for (bool more = true; read_pair(&cursor, &pair, &more, NULL) && more;)
        if ((sv_slice_is(pair.key, "time") || sv_slice_is(pair.key, "ts") || sv_slice_is(pair.key, "timestamp") ||
             sv_slice_is(pair.key, "@timestamp")) &&
            pair.value.type == SV_STRING && !(pair.value.flags & SV_ESCAPED))
            found = sv_typed_time(sv_value_string(&pair.value, &none), ns) || found;
    return found;
}

const struct sv_format sv_format_logfmt = {.name = "logfmt",
                                           .title = "lines of key=value",
                                           .state_size = sizeof(struct logfmt),
                                           .close = close_logfmt,
                                           .claims = claims,
                                           .record = record,
                                           .time = time_of};
