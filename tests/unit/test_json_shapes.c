/* SPDX-License-Identifier: ISC */
/* How the reader gets on fast changes nothing: each way of looking at bytes marks the same ones, and what was learnt of earlier
 * records, of many kinds and often broken, leaves every answer as it is for one who sees the record first. */
#include <stdlib.h>

#include "base/buf.h"
#include "json/reader.h"
#include "json/stops.h"
#include "measure/random.h"
#include "tap.h"

static struct sv_random dice;

static unsigned below(unsigned limit)
{
    return sv_random_below(&dice, limit);
}

/* ---- ways ---- */

static const char *const pieces[] = {"a", " ", "\"", "\\", "\n", "\x1F", "\x7F", "\xC3\xA9", "\xE2\x9C\x93", "\xF0\x9F\x98\x80", "\xED\x9F\xBF",
                                     "\xEE\x80\x80", "\xF4\x8F\xBF\xBF", "\xC2\x80", "\xE0\xA0\x80", "plain text of some length, so that blocks have none"};
static const char *const wrong[] = {"\x80", "\xC0\x80", "\xC1\xBF", "\xE0\x9F\xBF", "\xED\xA0\x80", "\xF0\x8F\xBF\xBF", "\xF4\x90\x80\x80", "\xF5\x80\x80\x80",
                                    "\xFF", "\xE2\x9C", "\xF0\x9F\x98", "\xC3", "\xC3\xA9\xA9", "\xE2\x9C\x93\x93", "\xF8\x88\x80\x80\x80"};

static size_t put_bytes(char *to, size_t len, bool is_sound)
{
    size_t at = 0;
    size_t broken_at = is_sound ? len : below((unsigned)len);
    while (at < len) {
        const char *piece = at >= broken_at ? wrong[below(sizeof wrong / sizeof *wrong)] : pieces[below(sizeof pieces / sizeof *pieces)];
        if (at >= broken_at)
            broken_at = len;
        for (; *piece != '\0' && at < len; piece++)
            to[at++] = *piece;
    }
    while (is_sound && at > 0 && ((unsigned char)to[at - 1] & 0x80) != 0) /* a character that was cut */
        at--;
    return at > 0 ? at : 1;
}

static void test_ways(void)
{
    const char *name;
    sv_stops_way *first = sv_stops_at(0, &name);
    for (size_t w = 1; sv_stops_at(w, &name) != NULL; w++) {
        sv_stops_way *way = sv_stops_at(w, &name);
        size_t differ = 0, sound = 0;
        for (int round = 0; round < 20000; round++) {
            bool is_sound = round % 2 == 0;
            size_t len = 1 + below(round % 16 == 0 ? SV_STOPS_WINDOW : 200);
            char *text = malloc(len); /* of just that size, so that a sanitizer sees a byte too far */
            uint64_t a[SV_STOPS_WINDOW / 64 + 1], b[SV_STOPS_WINDOW / 64 + 1];
            memset(text, 'x', len);
            size_t put = put_bytes(text, len, is_sound);
            char *exact = malloc(put);
            memcpy(exact, text, put);
            bool fine = first(exact, put, a);
            bool same = way(exact, put, b) == fine && memcmp(a, b, (put + 63) / 64 * 8) == 0;
            sound += fine;
            differ += !same;
            for (size_t i = 0; i < put; i++)
                differ += (a[i / 64] >> i % 64 & 1) != (exact[i] == '"' || exact[i] == '\\' || (unsigned char)exact[i] < 0x20);
            free(exact);
            free(text);
        }
        ok(differ == 0 && sound > 9000 && sound < 15000, "%s marks what words mark; %zu of 20000 texts are UTF-8", name, sound);
    }
    uint64_t bits[1];
    for (size_t w = 0; sv_stops_at(w, &name) != NULL; w++) {
        sv_stops_way *way = sv_stops_at(w, &name);
        size_t taken = 0;
        for (size_t i = 0; i < sizeof wrong / sizeof *wrong; i++)
            taken += way(wrong[i], strlen(wrong[i]), bits);
        ok(taken == 0, "%s takes nothing for UTF-8 that is none", name);
        char text[64 + 4];
        size_t refused = 0;
        for (size_t i = 0; i < sizeof pieces / sizeof *pieces - 1; i++)
            for (size_t at = 58; at <= 64; at++) { /* over the end of a block */
                uint64_t two[2];
                memset(text, 'x', at);
                memcpy(text + at, pieces[i], strlen(pieces[i]));
                refused += !way(text, at + strlen(pieces[i]), two);
            }
        ok(refused == 0, "%s takes characters across blocks", name);
    }
}

/* ---- records ---- */

static struct sv_buf text;

static void put_blank(int style)
{
    if (style == 1 || (style == 2 && below(3) == 0))
        sv_buf_char(&text, ' ');
    else if (style == 3)
        sv_buf_str(&text, below(2) == 0 ? "\n    " : "\n");
}

static void put_key(void)
{
    static const char *const keys[] = {"type", "agent", "args", "command", "path", "text", "a", "", "latency_ms", "x y",
                                       "an_extraordinarily_long_key_of_theirs", "\\u0061rgs", "caf\xC3\xA9", "status", "list", "quo\\\"te"};
    sv_buf_char(&text, '"');
    sv_buf_str(&text, keys[below(sizeof keys / sizeof *keys)]);
    sv_buf_char(&text, '"');
}

static void put_object(int depth, int style);

static void put_value(int depth, int style)
{
    static const char *const values[] = {"null", "true", "false", "0", "-1", "12.5", "1e9", "\"\"", "\"x\"", "\"tool.call\"", "\"a\\nb\"", "\"\\u0041\\u65e5\"",
                                         "\"\xE2\x9C\x93 done\"", "18446744073709551615", "\"a string that is longer than thirty-two bytes, as texts are\""};
    unsigned kind = below(depth < 3 ? 20 : 16);
    if (kind < 15) {
        sv_buf_str(&text, values[kind]);
    } else if (kind < 18) {
        put_object(depth + 1, style);
    } else {
        sv_buf_char(&text, '[');
        for (unsigned n = below(4); n > 0; n--) {
            put_value(depth + 1, style);
            if (n > 1)
                sv_buf_char(&text, ',');
        }
        sv_buf_char(&text, ']');
    }
}

static void put_object(int depth, int style)
{
    sv_buf_char(&text, '{');
    for (unsigned n = below(8); n > 0; n--) {
        put_blank(style == 3 ? 3 : 0);
        put_key();
        sv_buf_char(&text, ':');
        put_blank(style == 3 ? 1 : style);
        put_value(depth, style);
        if (n > 1)
            sv_buf_char(&text, ',');
        if (n > 1 && style != 3)
            put_blank(style);
    }
    put_blank(style == 3 ? 3 : 0);
    sv_buf_char(&text, '}');
}

/* Few orders of members, as programs have them, and one at random. */
static void put_record(void)
{
    static const char *const usual[] = {
        "{\"type\":\"tool.call\",\"agent\":\"a#\",\"args\":{\"command\":\"ls #\"},\"latency_ms\":#}",
        "{\"type\":\"tool.result\",\"agent\":\"a#\",\"status\":null,\"text\":\"# \xE2\x9C\x93\",\"latency_ms\":#.5}",
        "{\"type\": \"note\", \"agent\": \"a#\", \"text\": \"\\u65e5#\", \"list\": [{\"a\": 1}, {\"a\": #}]}",
        "{\"args\":{\"path\":\"#\",\"x\":{\"command\":\"#\"}},\"args\":\"#\"}",
        "{\"args\":true,\"type\":\"#\",\"text\":\"#\",\"status\":false,\"type\":\"#\"}",
        "{\"args\":[{\"command\":\"#\",\"x\":#},{\"command\":#}]}",
        "{\"type\":\"a\",\"an_extraordinarily_long_key_of_theirs\":\"#\",\"agent\":\"#\",\"text\":\"#\"}"};
    sv_buf_clear(&text);
    unsigned kind = below(9);
    if (kind < sizeof usual / sizeof *usual) {
        for (const char *p = usual[kind]; *p != '\0'; p++)
            if (*p == '#')
                sv_buf_uint(&text, below(100000));
            else
                sv_buf_char(&text, *p);
    } else {
        put_object(0, (int)below(4));
    }
    for (unsigned n = below(3) == 0 ? 1 + below(2) : 0; n > 0 && text.len > 0; n--) { /* broken */
        static const char bytes[] = "\"\\{}[]:, \n0an\x01\x80\xC3";
        unsigned at = below((unsigned)text.len);
        switch (below(4)) {
        case 0: text.data[at] = bytes[below(sizeof bytes - 1)]; break;
        case 1: text.len = at; break;
        case 2: memmove(text.data + at, text.data + at + 1, text.len - at - 1), text.len--; break;
        default: sv_buf_char(&text, bytes[below(sizeof bytes - 1)]);
        }
    }
}

enum { SLOTS = 8 };

static struct sv_paths *make_paths(void)
{
    struct sv_paths *paths = sv_paths_new();
    uint32_t args = sv_paths_key(paths, SV_PATHS_ROOT, SV_SLICE("args"));
    sv_paths_want(paths, sv_paths_key(paths, SV_PATHS_ROOT, SV_SLICE("type")));
    sv_paths_want(paths, args);
    sv_paths_want(paths, sv_paths_key(paths, args, SV_SLICE("command")));
    sv_paths_want(paths, sv_paths_key(paths, sv_paths_key(paths, args, SV_SLICE("x")), SV_SLICE("command")));
    sv_paths_want(paths, sv_paths_key(paths, SV_PATHS_ROOT, SV_SLICE("latency_ms")));
    sv_paths_key(paths, SV_PATHS_ROOT, SV_SLICE("status")); /* known, and wanted by nobody */
    return paths;
}

static bool same_value(struct sv_value a, struct sv_value b)
{
    if (a.type != b.type)
        return false;
    if (a.type == SV_STRING || a.type == SV_JSON)
        return a.flags == b.flags && a.len == b.len && a.s == b.s;
    return a.type == SV_ABSENT || a.type == SV_NULL || (a.type == SV_BOOL ? a.b == b.b : a.u == b.u);
}

static bool same_answer(struct sv_paths *warm, struct sv_slice record, bool with_rest, bool *is_read)
{
    struct sv_paths *fresh = make_paths();
    struct sv_value a[SLOTS] = {{0}}, b[SLOTS] = {{0}}, whole;
    struct sv_json_rest ra = {0}, rb = {0};
    struct sv_error ea = {0}, eb = {0}, ec = {0};
    struct sv_json_filled pa = {0}, pb = {0};
    *is_read = sv_json_project_filled(warm, SV_PATHS_ROOT, record, a, with_rest ? &ra : NULL, &pa, &ea);
    bool read = sv_json_project_filled(fresh, SV_PATHS_ROOT, record, b, with_rest ? &rb : NULL, &pb, &eb);
    bool same = *is_read == read && sv_json_read(record, &whole, &ec) == read;
    if (same && read) {
        same = pa.any == pb.any && ra.count == rb.count;
        for (size_t i = 0; i < SLOTS; i++) /* a string where it is told */
            same = same && (!(pa.strings >> i & 1) || a[i].type == SV_STRING || a[i].type == SV_ABSENT) &&
                   (!(pb.strings >> i & 1) || b[i].type == SV_STRING || b[i].type == SV_ABSENT);
        for (size_t i = 0; i < SLOTS && same; i++)
            same = same_value(a[i], b[i]);
        for (size_t i = 0; i < ra.count && same; i++)
            same = same_value(ra.items[i].key, rb.items[i].key) && same_value(ra.items[i].value, rb.items[i].value);
    } else if (same) {
        same = ea.column == eb.column && ea.column == ec.column && strcmp(ea.text, eb.text) == 0 && strcmp(ea.text, ec.text) == 0;
    }
    sv_json_rest_free(&ra);
    sv_json_rest_free(&rb);
    sv_paths_free(fresh);
    return same;
}

static void test_records(void)
{
    const char *name;
    for (size_t w = 0; sv_stops_at(w, &name) != NULL; w++) {
        sv_stops_use(sv_stops_at(w, &name));
        struct sv_paths *warm = make_paths();
        size_t differ = 0, read = 0;
        for (int round = 0; round < 20000; round++) {
            bool is_read;
            put_record();
            char *exact = malloc(text.len + 1);
            memcpy(exact, text.data, text.len);
            if (!same_answer(warm, sv_slice(exact, text.len), round % 3 == 0, &is_read) && differ++ == 0)
                printf("# round %d: %.*s\n", round, (int)text.len, text.data);
            read += is_read;
            free(exact);
        }
        ok(differ == 0 && read > 10000 && read < 19000, "with %s: known or new, a record reads the same; %zu of 20000 are sound", name, read);
        sv_paths_free(warm);
    }
    sv_buf_free(&text);
}

/* More keys than are remembered, again and again. */
static void test_many_keys(void)
{
    struct sv_paths *warm = make_paths();
    size_t differ = 0;
    for (unsigned round = 0; round < 3000; round++) {
        bool is_read;
        sv_buf_clear(&text);
        sv_buf_str(&text, "{\"type\":\"t\"");
        for (unsigned i = 0; i < 6; i++)
            sv_buf_printf(&text, ",\"key%u\":{\"of%u\":[{\"deep\":%u}]}", below(5000), below(5000), i);
        sv_buf_str(&text, ",\"args\":{\"command\":\"c\"}}");
        differ += !same_answer(warm, sv_buf_slice(&text), round % 2 == 0, &is_read) || !is_read;
    }
    ok(differ == 0, "what is no longer remembered is read as well");
    sv_paths_free(warm);
    sv_buf_free(&text);
}

/* A path that is added later is seen in records of a known shape. */
static void test_later_path(void)
{
    struct sv_paths *paths = make_paths();
    struct sv_value slots[SLOTS] = {{0}};
    struct sv_slice record = SV_SLICE("{\"type\":\"t\",\"agent\":\"main\",\"text\":\"hello\"}");
    ok(sv_json_project(paths, SV_PATHS_ROOT, record, slots, NULL, NULL) && sv_json_project(paths, SV_PATHS_ROOT, record, slots, NULL, NULL), "is read");
    uint32_t slot = sv_paths_want(paths, sv_paths_key(paths, SV_PATHS_ROOT, SV_SLICE("agent")));
    memset(slots, 0, sizeof slots);
    ok(slot < SLOTS && sv_json_project(paths, SV_PATHS_ROOT, record, slots, NULL, NULL), "is read again");
    is_slice(sv_value_raw(slots[slot]), SV_SLICE("main"), "with the new path");
    sv_paths_free(paths);
}

/* Texts around the size of a window, with everything on its edge. */
static void test_windows(void)
{
    const char *name;
    size_t differ = 0;
    for (size_t w = 0; sv_stops_at(w, &name) != NULL; w++) {
        sv_stops_use(sv_stops_at(w, &name));
        struct sv_paths *warm = make_paths();
        for (size_t fill = SV_STOPS_WINDOW - 80; fill < SV_STOPS_WINDOW + 8; fill++)
            for (size_t i = 0; i < sizeof pieces / sizeof *pieces + sizeof wrong / sizeof *wrong; i++) {
                bool is_read;
                size_t sound = sizeof pieces / sizeof *pieces;
                sv_buf_clear(&text);
                sv_buf_str(&text, "{\"type\":\"");
                memset(sv_buf_room(&text, fill), 'x', fill);
                text.len += fill;
                sv_buf_str(&text, i < sound ? pieces[i] : wrong[i - sound]);
                sv_buf_str(&text, "\",\"agent\":\"\\u65e5\xE2\x9C\x93\"}");
                differ += !same_answer(warm, sv_buf_slice(&text), false, &is_read);
                differ += is_read != (i < sound && strcmp(pieces[i], "\"") != 0 && strcmp(pieces[i], "\\") != 0 && (unsigned char)pieces[i][0] >= 0x20);
            }
        sv_paths_free(warm);
    }
    ok(differ == 0, "a window's end is no edge");
    sv_buf_free(&text);
}

int main(void)
{
    sv_random_seed(&dice, 1);
    test_ways();
    test_records();
    test_many_keys();
    test_later_path();
    test_windows();
    return done();
}
