/* SPDX-License-Identifier: ISC */
#include <errno.h>
#include <math.h>
#include <stdlib.h>
#include <sys/stat.h>
#include <unistd.h>

#include "base/buf.h"
#include "base/cpu.h"
#include "base/error.h"
#include "base/hash.h"
#include "base/map.h"
#include "base/mem.h"
#include "base/num.h"
#include "base/os.h"
#include "base/time.h"
#include "base/utf8.h"
#include "base/uuid.h"
#include "measure/random.h"
#include "tap.h"

static void test_slice(void)
{
    struct sv_slice none = {0}, abc = SV_SLICE("abc");
    ok(sv_slice_equal(none, SV_SLICE("")) && !sv_slice_equal(abc, SV_SLICE("abd")) && !sv_slice_equal(abc, SV_SLICE("ab")), "equal");
    ok(sv_slice_is(abc, "abc") && !sv_slice_is(SV_SLICE("a\0b"), "a") && sv_slice_is(none, NULL), "is");
    ok(sv_slice_compare(SV_SLICE("ab"), abc) < 0 && sv_slice_compare(abc, SV_SLICE("ab")) > 0 && sv_slice_compare(abc, abc) == 0 &&
           sv_slice_compare(SV_SLICE("\xC3\xA9"), SV_SLICE("z")) > 0 && sv_slice_compare(none, none) == 0,
       "compare goes by bytes, a prefix first");
    ok(sv_slice_starts(abc, SV_SLICE("ab")) && sv_slice_starts(abc, none) && !sv_slice_starts(abc, SV_SLICE("abcd")), "starts");
    ok(sv_slice_ends(abc, SV_SLICE("bc")) && sv_slice_ends(abc, none) && !sv_slice_ends(SV_SLICE("bc"), abc), "ends");
    ok(sv_slice_find(abc, SV_SLICE("bc")) == abc.data + 1 && sv_slice_find(abc, SV_SLICE("bd")) == NULL &&
           sv_slice_find(abc, none) == abc.data && sv_slice_find(none, abc) == NULL &&
           sv_slice_find(SV_SLICE("a\0b"), SV_SLICE("\0b")) != NULL,
       "find");
    is_slice(sv_slice_trim(SV_SLICE(" \t\r\na b\v\f ")), SV_SLICE("a b"), "trim");
    is_int(sv_slice_trim(SV_SLICE(" \n ")).len, 0, "trim of nothing but white space");
}

static void test_glob_covers(void)
{
    static const struct {
        const char *wide, *narrow;
        bool covers;
    } cases[] = {
        {"*", "", true}, {"*", "*", true}, {"*", "a[bc]?*", true}, {"", "", true}, {"", "*", false}, {"a", "a", true}, {"a", "b", false},
        {"claude:*", "claude:shop", true}, {"claude:*", "claude:*", true}, {"claude:*", "cl*", false}, {"claude:shop", "claude:*", false},
        {"*a*", "xay", true}, {"*a*", "*a", true}, {"*a*", "x*", false}, {"a?c", "abc", true}, {"a?c", "a?c", true}, {"abc", "a?c", false},
        {"[a-c]x", "bx", true}, {"[a-c]x", "dx", false}, {"[a-c]", "[a-c]", true}, {"?", "[a-c]", true}, {"[a-c]", "?", false},
        {"\\*", "\\*", true}, {"\\*", "*", false}, {"*", "\\*", true}, {"a*b*c", "a*bbc", true}, {"a**", "a*", true},
    };
    static const char *const globs[] = {"*", "a", "a*", "*a", "a?", "?a", "[ab]", "[!a]*", "*b*", "a*b", "\\**", "[*]a", "??", "a**b?"};
    static const char *const texts[] = {"", "a", "b", "ab", "ba", "aa", "abb", "*", "*a", "\\", "aab", "bab", "abab", "a*b"};
    for (size_t i = 0; i < sizeof cases / sizeof *cases; i++)
        ok(sv_slice_glob_covers(sv_slice_str(cases[i].wide), sv_slice_str(cases[i].narrow)) == cases[i].covers, "glob %s %s %s", cases[i].wide,
           cases[i].covers ? "covers" : "is not said to cover", cases[i].narrow);
    size_t wrong = 0, said = 0;
    for (size_t w = 0; w < sizeof globs / sizeof *globs; w++)
        for (size_t n = 0; n < sizeof globs / sizeof *globs; n++) {
            bool covers = sv_slice_glob_covers(sv_slice_str(globs[w]), sv_slice_str(globs[n]));
            said += covers;
            for (size_t t = 0; t < sizeof texts / sizeof *texts && covers; t++)
                wrong += sv_slice_glob(sv_slice_str(globs[n]), sv_slice_str(texts[t])) &&
                         !sv_slice_glob(sv_slice_str(globs[w]), sv_slice_str(texts[t]));
        }
    ok(wrong == 0 && said > sizeof globs / sizeof *globs, "what is said to be covered is");
}

static void test_glob(void)
{
    static const struct {
        const char *pattern, *text;
        bool matches;
    } cases[] = {
        {"", "", true}, {"", "a", false}, {"*", "", true}, {"*", "a/b", true}, {"a*c", "abbc", true}, {"a*c", "abbcd", false},
        {"a*b*c", "a-b-b-c", true}, {"*.jsonl", "x.jsonl", true}, {"*.jsonl", "x.json", false}, {"?", "", false}, {"?", "a", true},
        {"a?c", "abc", true}, {"[abc]", "b", true}, {"[abc]", "d", false}, {"[a-c]x", "bx", true}, {"[!a-c]", "d", true},
        {"[!a-c]", "b", false}, {"[^a]", "b", true}, {"[]]", "]", true}, {"[!]]", "a", true}, {"[!]]", "]", false},
        {"[a-]", "-", true}, {"[-a]", "-", true}, {"[", "[", true}, {"[ab", "[ab", true}, {"[ab", "a", false}, {"[]", "[]", true},
        {"\\*", "*", true}, {"\\*", "a", false}, {"a\\", "a\\", true}, {"\\\\", "\\", true}, {"\\[a]", "[a]", true},
        {"claude:*", "claude:shop/a", true}, {"**", "x", true}, {"*a", "b", false}, {"*?*", "", false}, {"*[0-9]", "v1.2", true},
    };
    for (size_t i = 0; i < sizeof cases / sizeof *cases; i++)
        ok(sv_slice_glob(sv_slice_str(cases[i].pattern), sv_slice_str(cases[i].text)) == cases[i].matches, "glob %s %s %s",
           cases[i].pattern, cases[i].matches ? "matches" : "does not match", cases[i].text);
    test_glob_covers();
    struct sv_buf pattern = {0}, text = {0};
    for (int i = 0; i < 500; i++)
        sv_buf_str(&pattern, "a*"), sv_buf_str(&text, "aaaaaaaaaa");
    sv_buf_char(&pattern, 'b');
    int64_t start = sv_os_cpu_ns();
    ok(!sv_slice_glob(sv_buf_slice(&pattern), sv_buf_slice(&text)) && sv_os_cpu_ns() - start < 500000000,
       "many stars cost no more than they must");
    sv_buf_free(&pattern);
    sv_buf_free(&text);
}

static void test_buf(void)
{
    struct sv_buf buf = {0};
    ok(sv_buf_slice(&buf).len == 0, "an empty one is valid");
    sv_buf_add(&buf, (struct sv_slice){0});
    ok(buf.data == NULL, "adding nothing needs no memory");
    sv_buf_int(&buf, INT64_MIN);
    sv_buf_char(&buf, ' ');
    sv_buf_int(&buf, -1);
    sv_buf_char(&buf, ' ');
    sv_buf_uint(&buf, UINT64_MAX);
    sv_buf_printf(&buf, " %s %d", "text", 7);
    is_slice(sv_buf_slice(&buf), SV_SLICE("-9223372036854775808 -1 18446744073709551615 text 7"), "numbers and formats");
    is_str(sv_buf_cstr(&buf), "-9223372036854775808 -1 18446744073709551615 text 7", "as a C string");
    sv_buf_clear(&buf);
    for (int i = 0; i < 100000; i++)
        sv_buf_char(&buf, (char)('a' + i % 26));
    bool same = buf.len == 100000;
    for (int i = 0; i < 100000; i++)
        same = same && buf.data[i] == 'a' + i % 26;
    ok(same, "grows");
    sv_buf_free(&buf);
    ok(buf.data == NULL && buf.len == 0, "free empties");
}

static void test_map(void)
{
    struct sv_map map = {0};
    char key[32];
    ok(sv_map_find(&map, SV_SLICE("x")) == NULL, "nothing is found in an empty map");
    enum { MANY = 20000 };
    for (int round = 0; round < 2; round++)
        for (int i = 0; i < MANY; i++) {
            int len = snprintf(key, sizeof key, "key %d", i * 7919 % MANY);
            sv_map_at(&map, sv_slice(key, (size_t)len))->number += (uint64_t)i;
        }
    int wrong = 0;
    for (int i = 0; i < MANY; i++) {
        int len = snprintf(key, sizeof key, "key %d", i * 7919 % MANY);
        const struct sv_map_item *item = sv_map_find(&map, sv_slice(key, (size_t)len));
        wrong += item != &map.items[i] || item->number != (uint64_t)i * 2 || strcmp(item->key.data, key) != 0;
    }
    ok(map.count == MANY && wrong == 0, "%d keys in the order of their coming", MANY);
    ok(sv_map_find(&map, SV_SLICE("key")) == NULL && sv_map_find(&map, SV_SLICE("key 1\0")) == NULL, "others are not found");
    struct sv_map_item *item = sv_map_at(&map, SV_SLICE("a\0b"));
    ok(item->number == 0 && item->pointer == NULL && item->key.len == 3 && sv_map_at(&map, (struct sv_slice){0})->key.len == 0 &&
           map.count == MANY + 2,
       "a key is bytes, also none");
    sv_map_free(&map);
    ok(map.count == 0 && sv_map_find(&map, SV_SLICE("key 1")) == NULL, "free empties");
}

static void test_arena(void)
{
    struct sv_arena arena = {0};
    int wrong = 0;
    char *last[200];
    for (int round = 0; round < 3; round++) {
        for (size_t i = 0; i < 200; i++) {
            last[i] = sv_arena_alloc(&arena, i * 37);
            wrong += (uintptr_t)last[i] % 16 != 0;
            memset(last[i], (int)i, i * 37);
        }
        for (size_t i = 0; i < 200; i++)
            for (size_t k = 0; k < i * 37; k++)
                wrong += (unsigned char)last[i][k] != i;
        sv_arena_reset(&arena);
    }
    is_int(wrong, 0, "pieces are aligned and apart, again after a reset");
    char *big = sv_arena_alloc(&arena, 3 << 20);
    memset(big, 1, 3 << 20);
    sv_arena_reset(&arena);
    const int *zeros = sv_arena_calloc(&arena, 1000, sizeof *zeros);
    for (int i = 0; i < 1000; i++)
        wrong += zeros[i] != 0;
    is_int(wrong, 0, "calloc clears what was used before");
    struct sv_slice copy = sv_arena_dup(&arena, SV_SLICE("a\0b")), text = sv_arena_printf(&arena, "%d-%s", 12, "x");
    ok(copy.len == 3 && memcmp(copy.data, "a\0b", 4) == 0 && sv_slice_is(text, "12-x") && text.data[4] == '\0',
       "dup and printf end in NUL");
    ok(sv_arena_dup(&arena, (struct sv_slice){0}).data[0] == '\0', "dup of nothing");
    sv_arena_free(&arena);
    sv_arena_reset(&arena);
    ok(arena.chunk == NULL, "free empties, a reset of nothing is nothing");
}

static void test_utf8(void)
{
    int wrong = 0;
    size_t valid = 0;
    for (uint32_t c = 0; c < 0x110000; c++) {
        char bytes[4];
        size_t n = sv_utf8_encode(c, bytes);
        bool surrogate = c >= 0xD800 && c <= 0xDFFF;
        const char *p = bytes;
        if (n == 0) {
            wrong += !surrogate;
            continue;
        }
        valid++;
        wrong += surrogate || sv_utf8_sequence(bytes, bytes + n) != n || sv_utf8_sequence(bytes, bytes + n - 1) != 0;
        wrong += sv_utf8_decode(&p) != c || p != bytes + n;
    }
    ok(wrong == 0 && valid == 0x110000 - 0x800, "every code point there and back");
    char bytes[4];
    ok(sv_utf8_encode(0x110000, bytes) == 0 && sv_utf8_encode(UINT32_MAX, bytes) == 0, "nothing above U+10FFFF");

    /* Every sequence of up to three bytes, against the rules of RFC 3629 put another way: decode loosely, and what comes out
     * must need as many bytes as there were and be a code point. */
    wrong = 0;
    for (uint32_t v = 0; v < 1u << 24; v += v >> 16 < 0xC0 ? 0x10000 : 1) { /* what starts with ASCII or a trail byte: once */
        unsigned char s[4] = {(unsigned char)(v >> 16), (unsigned char)(v >> 8), (unsigned char)v, 0x80};
        size_t len = s[0] < 0x80 ? 1 : s[0] < 0xC0 ? 0 : s[0] < 0xE0 ? 2 : s[0] < 0xF0 ? 3 : s[0] < 0xF8 ? 4 : 0, want = len;
        uint32_t c = len == 1 ? s[0] : s[0] & (0x7Fu >> len);
        for (size_t i = 1; i < len; i++) {
            c = c << 6 | (s[i] & 0x3F);
            want = (s[i] & 0xC0) == 0x80 ? want : 0;
        }
        size_t needs = c < 0x80 ? 1 : c < 0x800 ? 2 : c < 0x10000 ? 3 : 4;
        if (needs != len || c > 0x10FFFF || (c >= 0xD800 && c <= 0xDFFF))
            want = 0;
        wrong += sv_utf8_sequence((const char *)s, (const char *)s + 4) != want;
    }
    is_int(wrong, 0, "overlong, surrogate, truncated and too large sequences are none");
    struct sv_slice text = SV_SLICE("a\xC3\xA9\xE4\xBD\xA0\xF0\x9F\x98\x80z");
    ok(sv_utf8_valid(text) && !sv_utf8_valid(SV_SLICE("a\xC3")) && sv_utf8_valid((struct sv_slice){0}), "valid");
    ok(sv_utf8_count(text) == 5 && sv_utf8_offset(text, 0) == 0 && sv_utf8_offset(text, 2) == 3 && sv_utf8_offset(text, 4) == 10 &&
           sv_utf8_offset(text, 5) == 11,
       "count and offset go by code points");
}

static void int_is(const char *text, bool good, int64_t want)
{
    int64_t got = 42;
    bool parsed = sv_num_int(sv_slice_str(text), &got);
    ok(parsed == good && got == (good ? want : 42), "int \"%s\"", text);
}

static void double_is(const char *text, bool loose, bool good, double want)
{
    double got = 42;
    bool parsed = sv_num_double(sv_slice_str(text), loose, &got);
    bool same = isnan(want) ? isnan(got) : memcmp(&got, &want, sizeof got) == 0;
    ok(parsed == good && (good ? same : got == 42.0), "double \"%s\"%s is %g", text, loose ? ", loose" : "", want);
}

static void format_is(double value, const char *want)
{
    char text[32];
    double back = 0;
    size_t len = sv_num_format(value, text);
    is_slice(sv_slice(text, len), sv_slice_str(want), "format %s", want);
    ok(text[len] == '\0' && sv_num_double(sv_slice(text, len), true, &back) && (back == value || isnan(value)), "reads back");
}

static void test_num(void)
{
    int_is("0", true, 0);
    int_is("-1", true, -1);
    int_is("+7", true, 7);
    int_is("9223372036854775807", true, INT64_MAX);
    int_is("-9223372036854775808", true, INT64_MIN);
    int_is("9223372036854775808", false, 0);
    int_is("-9223372036854775809", false, 0);
    int_is("99999999999999999999999", false, 0);
    int_is("", false, 0);
    int_is("-", false, 0);
    int_is("+-1", false, 0);
    int_is(" 1", false, 0);
    int_is("1 ", false, 0);
    int_is("0x1", false, 0);
    uint64_t u = 42;
    ok(sv_num_uint(SV_SLICE("18446744073709551615"), &u) && u == UINT64_MAX && !sv_num_uint(SV_SLICE("18446744073709551616"), &u) &&
           !sv_num_uint(SV_SLICE("+1"), &u) && !sv_num_uint(SV_SLICE("-0"), &u),
       "unsigned");
    double_is("0", false, true, 0);
    double_is("-0", false, true, -0.0);
    double_is("1.5", false, true, 1.5);
    double_is("0.1", false, true, 0.1);
    double_is("1e400", false, true, (double)INFINITY);
    double_is("-1e400", false, true, (double)-INFINITY);
    double_is("1e-400", false, true, 0);
    double_is("4.9e-324", false, true, 4.9e-324);
    double_is("1.7976931348623157e308", false, true, 1.7976931348623157e308);
    double_is("9007199254740993", false, true, 9007199254740992.0);
    double_is("123456789012345678901234567890", false, true, 123456789012345678901234567890.0);
    double_is("0.000000000000000000000000000000123456789012345678901", false, true, 0.123456789012345678901e-30);
    double_is("12345678901234567890123e-1000", false, true, 0);
    double_is("8.41e21", false, true, 8.41e21);
    double_is("1e23", false, true, 1e23);
    double_is("2.2250738585072011e-308", false, true, 2.2250738585072011e-308);
    double_is("1.", false, false, 0);
    double_is(".5", false, false, 0);
    double_is("+1", false, false, 0);
    double_is("1e", false, false, 0);
    double_is("1e+", true, false, 0);
    double_is("", true, false, 0);
    double_is(".", true, false, 0);
    double_is("-", true, false, 0);
    double_is("1 ", true, false, 0);
    double_is("0x10", true, false, 0);
    double_is("NaN", false, false, 0);
    double_is("1.", true, true, 1);
    double_is(".5", true, true, 0.5);
    double_is("+1", true, true, 1);
    double_is("-iNf", true, true, (double)-INFINITY);
    double_is("Infinity", true, true, (double)INFINITY);
    double_is("nan", true, true, (double)NAN);
    double_is("infi", true, false, 0);
    format_is(0, "0");
    format_is(1, "1");
    format_is(-1.5, "-1.5");
    format_is(0.1, "0.1");
    format_is(0.30000000000000004, "0.30000000000000004"); /* 0.1 + 0.2, were every machine to round it to a double */
    format_is(1e100, "1e+100");
    format_is(123456789, "123456789");
    format_is(5e-324, "5e-324");
    format_is(2.2250738585072014e-308, "2.2250738585072014e-308");
    format_is((double)INFINITY, "Infinity");
    format_is((double)-INFINITY, "-Infinity");
    format_is((double)NAN, "NaN");
    struct sv_random dice;
    int wrong = 0;
    sv_random_seed(&dice, 1);
    for (int i = 0; i < 20000; i++) {
        double value, back;
        char text[32];
        uint64_t bits = sv_random_next(&dice);
        memcpy(&value, &bits, sizeof value);
        if (isfinite(value))
            wrong += !sv_num_double(sv_slice(text, sv_num_format(value, text)), false, &back) || back != value;
    }
    is_int(wrong, 0, "doubles of all sizes read back");
}

static void time_is(const char *text, const char *want)
{
    struct sv_buf out = {0};
    int64_t seconds;
    int32_t nanos;
    if (sv_time_parse_wide(sv_slice_str(text), &seconds, &nanos))
        sv_time_format_wide(&out, seconds, nanos);
    is_slice(sv_buf_slice(&out), sv_slice_str(want), "time %s", text);
    sv_buf_free(&out);
}

static void test_time(void)
{
    time_is("2026-11-20T14:02:03Z", "2026-11-20T14:02:03Z");
    time_is("2026-11-20t14:02:03z", "2026-11-20T14:02:03Z");
    time_is("2026-11-20 14:02:03+05:30", "2026-11-20T08:32:03Z");
    time_is("2026-11-20T23:30:00-01:00", "2026-11-21T00:30:00Z");
    time_is("2026-11-20T14:02:03.5Z", "2026-11-20T14:02:03.500Z");
    time_is("2026-11-20T14:02:03.000001Z", "2026-11-20T14:02:03.000001Z");
    time_is("2026-11-20T14:02:03.123456789Z", "2026-11-20T14:02:03.123456789Z");
    time_is("2026-11-20T14:02:03.1234567899999Z", "2026-11-20T14:02:03.123456789Z");
    time_is("2026-11-20T14:02:03.000Z", "2026-11-20T14:02:03Z");
    time_is("1969-12-31T23:59:59.999Z", "1969-12-31T23:59:59.999Z");
    time_is("2016-12-31T23:59:60Z", "2016-12-31T23:59:59Z");
    time_is("2024-02-29T00:00:00Z", "2024-02-29T00:00:00Z");
    time_is("2000-02-29T00:00:00Z", "2000-02-29T00:00:00Z");
    time_is("0001-01-01T00:00:00Z", "0001-01-01T00:00:00Z");
    time_is("9999-12-31T23:59:59.999999999Z", "9999-12-31T23:59:59.999999999Z");
    static const char *const bad[] = {
        "", "2026", "2026-11-20", "2026-11-20T14:02Z", "2026-11-20T14:02:03", "2026-11-20T14:02:03.Z", "2026-11-20T14:02:03 Z",
        "2026-11-20T14:02:03+0530", "2026-11-20T14:02:03+05", "2026-11-20T14:02:03+24:00", "2026-11-20T14:02:03+05:60",
        "2026-02-29T00:00:00Z", "1900-02-29T00:00:00Z", "2026-00-01T00:00:00Z", "2026-13-01T00:00:00Z", "2026-01-00T00:00:00Z",
        "2026-04-31T00:00:00Z", "2026-11-20T24:00:00Z", "2026-11-20T14:60:03Z", "2026-11-20T14:02:61Z", "0000-01-01T00:00:00Z",
        "0001-01-01T00:00:00+00:01", "9999-12-31T23:59:59-00:01", "2026-11-20T14:02:03Zx", "2026/11/20T14:02:03Z",
        "20261120T140203Z", " 2026-11-20T14:02:03Z", "-026-11-20T14:02:03Z", "2026-11-20X14:02:03Z"};
    for (size_t i = 0; i < sizeof bad / sizeof *bad; i++)
        time_is(bad[i], "");

    int64_t ns;
    ok(sv_time_parse(SV_SLICE("1970-01-01T00:00:01.5Z"), &ns) && ns == 1500000000, "as nanoseconds");
    ok(sv_time_parse(SV_SLICE("1969-12-31T23:59:58.5Z"), &ns) && ns == -1500000000, "before 1970");
    ok(sv_time_parse(SV_SLICE("2262-04-11T23:47:16.854775807Z"), &ns) && ns == INT64_MAX &&
           !sv_time_parse(SV_SLICE("2262-04-11T23:47:16.854775808Z"), &ns) && !sv_time_parse(SV_SLICE("1677-09-21T00:12:43Z"), &ns) &&
           sv_time_parse(SV_SLICE("1677-09-21T00:12:44Z"), &ns),
       "to the ends of their range");
    struct sv_buf out = {0};
    sv_time_format(&out, INT64_MIN);
    sv_buf_char(&out, ' ');
    sv_time_format(&out, -1);
    is_slice(sv_buf_slice(&out), SV_SLICE("1677-09-21T00:12:43.145224192Z 1969-12-31T23:59:59.999999999Z"), "negative times are shown");
    sv_buf_free(&out);

    int wrong = 0;
    int64_t year = 0, before = sv_time_days(1, 1, 1) - 1;
    int month, day;
    for (int64_t days = sv_time_days(1, 1, 1); days <= sv_time_days(9999, 12, 31); days++) {
        sv_time_civil(days, &year, &month, &day);
        wrong += sv_time_days(year, month, day) != days || days != before + 1 || month < 1 || month > 12 || day < 1 || day > 31;
        before = days;
    }
    ok(wrong == 0 && sv_time_days(1970, 1, 1) == 0 && sv_time_days(2000, 3, 1) == 11017 && year == 9999, "every day of 9999 years");
}

static void test_epoch(void)
{
    int64_t a, b, c, d, e;
    ok(sv_time_from_epoch_int(1763647323, &a) && sv_time_from_epoch_int(1763647323000, &b) &&
           sv_time_from_epoch_int(1763647323000000, &c) && sv_time_from_epoch_int(1763647323000000000, &d) &&
           a == 1763647323000000000 && a == b && b == c && c == d,
       "s, ms, us and ns are told by their size");
    ok(sv_time_from_epoch_int(-5, &a) && a == -5000000000 && sv_time_from_epoch_int(INT64_MIN, &b) && b == INT64_MIN, "negative ones too");
    ok(!sv_time_from_epoch_int(99999999999, &a) && sv_time_from_epoch_int(9223372036, &a), "what does not fit is none");
    ok(sv_time_from_epoch(1763647323.25, &a) && a == 1763647323250000000 && sv_time_from_epoch(1763647323250.0, &b) && a == b &&
           sv_time_from_epoch(1763647323250000.0, &c) && a == c && sv_time_from_epoch(-1.5, &d) && d == -1500000000 &&
           sv_time_from_epoch(0, &e) && e == 0,
       "also as doubles");
    ok(!sv_time_from_epoch((double)NAN, &a) && !sv_time_from_epoch((double)INFINITY, &a) && !sv_time_from_epoch(-1e300, &a) &&
           !sv_time_from_epoch(9.9e10, &a) && sv_time_from_epoch(1e11, &a),
       "no time: NaN, infinities, too large");
}

static void duration_is(const char *text, bool good, int64_t want)
{
    int64_t got = 42;
    bool parsed = sv_duration_parse(sv_slice_str(text), &got);
    ok(parsed == good && got == (good ? want : 42), "duration \"%s\": %" PRId64, text, got);
}

static void test_duration(void)
{
    const int64_t s = SV_SECOND_NS;
    duration_is("10s", true, 10 * s);
    duration_is("5m", true, 300 * s);
    duration_is("1h30m", true, 5400 * s);
    duration_is("250ms", true, s / 4);
    duration_is("1.5h", true, 5400 * s);
    duration_is("7d", true, 7 * 86400 * s);
    duration_is("2w", true, 14 * 86400 * s);
    duration_is("1w2d3h4m5s6ms7us8ns", true, (((((7 + 2) * 24 + 3) * 60 + 4) * 60 + 5) * s) + 6007008);
    duration_is("3\xC2\xB5s", true, 3000);
    duration_is("-2h", true, -7200 * s);
    duration_is("+.5s", true, s / 2);
    duration_is("5.s", true, 5 * s);
    duration_is("0", true, 0);
    duration_is("0.000000001s", true, 1);
    duration_is("0.0000000001234567890123456789s", true, 0);
    duration_is("9223372036854775807ns", true, INT64_MAX);
    duration_is("9223372036854775808ns", false, 0);
    duration_is("106751d", true, INT64_C(106751) * 86400 * s);
    duration_is("106752d", false, 0);
    duration_is("99999999999999999999s", false, 0);
    duration_is("", false, 0);
    duration_is("-", false, 0);
    duration_is("5", false, 0);
    duration_is("s", false, 0);
    duration_is(".s", false, 0);
    duration_is("1.5.5s", false, 0);
    duration_is("1 h", false, 0);
    duration_is("1y", false, 0);
    duration_is("1H", false, 0);
    duration_is("--1s", false, 0);
    duration_is("1s-1s", false, 0);
}

static void test_error(void)
{
    struct sv_error err = {0};
    ok(!sv_error_set(NULL, SV_INPUT, "x") && !sv_error_at(NULL, "f", 1, 1) && !sv_error_prefix(NULL, "x") && !sv_error_errno(NULL, "x"),
       "no error asked for is fine");
    ok(!sv_error_at(&err, "a.yaml", 3, 7) && !sv_error_set(&err, SV_INPUT, "bad %s", "thing") && err.code == SV_INPUT && err.line == 3 &&
           err.column == 7,
       "place and text stay together");
    is_str(err.text, "bad thing", "its text");
    sv_error_prefix(&err, "policy \"%s\": ", "p");
    is_str(err.text, "policy \"p\": bad thing", "a prefix");
    sv_error_at(&err, NULL, 4, 0);
    ok(strcmp(err.file, "a.yaml") == 0 && err.line == 4, "the file stays");
    errno = ENOENT;
    sv_error_errno(&err, "cannot open");
    ok(err.code == SV_SYSTEM && strcmp(err.text, "cannot open: No such file or directory") == 0, "with errno");
    char longer[2000];
    memset(longer, 'x', sizeof longer - 1);
    longer[sizeof longer - 1] = '\0';
    sv_error_set(&err, SV_USAGE, "%s", longer);
    sv_error_prefix(&err, "%s", longer);
    sv_error_at(&err, longer, 1, 1);
    ok(strlen(err.text) == sizeof err.text - 1 && strlen(err.file) == sizeof err.file - 1, "what is too long is cut");
    struct sv_findings list = {0};
    for (int i = 0; i < 1200; i++) {
        sv_error_set(&err, SV_INPUT, "%d", i);
        sv_findings_add(&list, &err);
    }
    ok(list.count == 1000 && strcmp(list.items[999].text, "999") == 0, "a thousand findings are kept");
    sv_findings_free(&list);
    ok(list.count == 0, "free empties");
}

/* The vectors of the paper's reference code: key 00 01 .. 0f, messages 00 01 .. of 0, 1, 2 .. bytes. */
static void test_hash(void)
{
    static const struct {
        size_t len;
        uint64_t hash;
    } vectors[] = {{0, 0x726fdb47dd0e0e31u}, {1, 0x74f839c593dc67fdu}, {2, 0x0d6c8009d9a94f5au}, {3, 0x85676696d7fb7e2du},
                   {4, 0xcf2794e0277187b7u}, {5, 0x18765564cd99a68du}, {6, 0xcbc9466e58fee3ceu}, {7, 0xab0200f58b01d137u},
                   {8, 0x93f5f5799a932462u}, {15, 0xa129ca6149be45e5u}, {63, 0x958a324ceb064572u}};
    char message[64], hex[17];
    for (size_t i = 0; i < sizeof message; i++)
        message[i] = (char)i;
    for (size_t i = 0; i < sizeof vectors / sizeof *vectors; i++) {
        uint64_t keyed = sv_hash_keyed(0x0706050403020100u, 0x0f0e0d0c0b0a0908u, sv_slice(message, vectors[i].len));
        ok(keyed == vectors[i].hash && sv_hash(sv_slice(message, vectors[i].len)) == keyed, "SipHash-2-4 of %zu bytes", vectors[i].len);
    }
    ok(sv_hash_keyed(1, 2, SV_SLICE("x")) != sv_hash_keyed(1, 3, SV_SLICE("x")), "another key, another hash");
    sv_hash_hex(0x0123456789abcdefu, hex);
    is_str(hex, "0123456789abcdef", "in hex");
    sv_hash_hex(0, hex);
    is_str(hex, "0000000000000000", "with its zeros");
}

static void test_os(void)
{
    char folder[] = "/tmp/sv-base-XXXXXX", path[100], deep[100];
    struct sv_error err = {0};
    struct sv_buf out = {0};
    size_t count = 0;
    if (mkdtemp(folder) == NULL) {
        ok(false, "made a folder");
        return;
    }
    snprintf(deep, sizeof deep, "%s/a/b//c", folder);
    ok(sv_os_make_folder(deep, 0700, &err) && sv_os_make_folder(deep, 0700, &err), "makes a folder and its parents, once");
    snprintf(path, sizeof path, "%s/f", folder);
    FILE *file = fopen(path, "w");
    fputs("0123456789", file);
    fclose(file);
    ok(sv_os_slurp(path, 10, &out, &err) && out.len == 10, "reads a file as large as allowed");
    ok(!sv_os_slurp(path, 9, &out, &err) && err.code == SV_INPUT && strcmp(err.text, "larger than 9 bytes") == 0 &&
           strcmp(err.file, path) == 0,
       "refuses a larger one");
    ok(!sv_os_slurp(folder, 9, &out, &err) && err.code == SV_SYSTEM, "and a folder");
    sv_buf_clear(&out);
    ok(sv_os_list(folder, &out, &count, &err) && count == 2 && out.len == 4 && memcmp(out.data, "a\0f", 4) == 0, "lists names in order");
    snprintf(path, sizeof path, "%s/none", folder);
    bool missing = false;
    ok(sv_os_open(path, &missing, &err) == -1 && missing && err.code == SV_INPUT &&
           strcmp(err.text, "cannot open: No such file or directory") == 0,
       "a missing file is told");
    ok(!sv_os_list(path, &out, &count, &err), "a missing folder too");
    struct sv_os_stat stat;
    ok(sv_os_stat_path(folder, true, &stat) && stat.is_folder && !stat.is_file && stat.owner == geteuid(), "a folder's facts");
    ok(sv_os_stat_path("/dev/null", true, &stat) && stat.is_pipe && stat.size == 0, "a device's facts");
    setenv("SV_NOW", "2026-11-20T14:00:00Z", 1);
    int64_t fixed = sv_os_now_ns();
    unsetenv("SV_NOW");
    ok(fixed == 1795183200 * SV_SECOND_NS && sv_os_now_ns() != fixed, "the clock can be set for tests");
    uint64_t a = 0, b = 0;
    sv_os_random(&a, sizeof a);
    sv_os_random(&b, sizeof b);
    ok(a != b, "chance");
    ok(sv_os_peak_bytes() > 100000 && sv_os_monotonic_ns() <= sv_os_monotonic_ns(), "peak memory, steady clock");
    sv_buf_free(&out);
    static const char *const made[] = {"f", "a/b/c", "a/b", "a", ""};
    for (size_t i = 0; i < sizeof made / sizeof *made; i++) {
        snprintf(path, sizeof path, "%s/%s", folder, made[i]);
        remove(path);
    }
}

static void test_uuid(void)
{
    char before[SV_UUID_SIZE] = "", id[SV_UUID_SIZE];
    int in_order = 0, sound = 0;
    for (int i = 0; i < 1000; i++) {
        sv_uuid7(INT64_C(1795165200000000000) + i * 1000, id); /* a microsecond apart: as near as they are told apart */
        in_order += strcmp(before, id) < 0;
        sound += strlen(id) == 36 && id[14] == '7' && strchr("89ab", id[19]) != NULL && strspn(id, "0123456789abcdef-") == 36;
        memcpy(before, id, sizeof before);
    }
    is_int(in_order, 1000, "made one behind the other they sort so");
    is_int(sound, 1000, "version 7, RFC 9562's variant");
    sv_uuid7(INT64_C(1645557742000) * 1000000, id); /* the example of RFC 9562, A.6 */
    ok(strncmp(id, "017f22e2-79b0-7000", 18) == 0, "begins with the milliseconds");
    sv_uuid7(-1, id);
    ok(strncmp(id, "00000000-0000-7000", 18) == 0, "no time before 1970");
}

/* Beside what the kernel says of it, where it does. */
static void test_cpu(void)
{
    struct sv_buf text = {0};
    struct sv_slice flags = {0};
    if (sv_os_slurp("/proc/cpuinfo", 4 << 20, &text, NULL))
        flags = sv_slice_str(strstr(sv_buf_cstr(&text), "\nflags"));
    flags = sv_slice(flags.data, flags.len > 0 ? strcspn(flags.data + 1, "\n") : 0);
    if (flags.len > 0)
        is_int(sv_cpu_has_avx2(), sv_slice_find(flags, SV_SLICE(" avx2 ")) != NULL && sv_slice_find(flags, SV_SLICE(" bmi1 ")) != NULL,
               "AVX2 is there when the kernel says so");
    else
        ok(true, "AVX2 # SKIP the kernel does not say what the processor can do");
    sv_buf_free(&text);
}

int main(void)
{
    test_slice();
    test_glob();
    test_buf();
    test_map();
    test_arena();
    test_utf8();
    test_num();
    test_time();
    test_epoch();
    test_duration();
    test_error();
    test_hash();
    test_os();
    test_uuid();
    test_cpu();
    return done();
}
