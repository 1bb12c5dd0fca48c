/* SPDX-License-Identifier: ISC */
/* The JSON reader and writer: what is accepted, what lands in which slot, what a walk sees. */
#include "base/limits.h"
#include "json/reader.h"
#include "json/writer.h"
#include "tap.h"

static bool reads(const char *text)
{
    struct sv_value value;
    return sv_json_read(sv_slice_str(text), &value, NULL);
}

static void test_grammar(void)
{
    static const char *const good[] = {"1", " -0 ", "1.5e+3", "\"\\u00e9\\n\"", "[]", "{}", "[1,[2,{\"a\":null}]]", "true", "\"\\ud800\"",
                                       "\"\x7F\"", "18446744073709551616", "[ ]", "{ }", "{\"\":0}"};
    static const char *const bad[] = {"", " ", "01", "1.", ".5", "+1", "1e", "\"\\x\"", "\"\t\"", "[1,]", "{\"a\":1,}", "{a:1}", "[1 2]",
                                      "tru", "nul", "\"\\u12g4\"", "{\"a\" 1}", "[", "{\"a\":", "1 2", "\"\xC0\xAF\"", "\"\xED\xA0\x80\"",
                                      "\"\xF5\x80\x80\x80\"", "'a'", "NaN", "[,1]", "{,}", "\xEF\xBB\xBF{}", "\"abc", "]", "{\"a\":1]"};
    for (size_t i = 0; i < sizeof good / sizeof *good; i++)
        ok(reads(good[i]), "accepts %s", good[i]);
    for (size_t i = 0; i < sizeof bad / sizeof *bad; i++)
        ok(!reads(bad[i]), "rejects %s", bad[i]);
    struct sv_value value;
    ok(!sv_json_read(sv_slice("1\0", 2), &value, NULL), "rejects a NUL");
    struct sv_error err = {0};
    sv_json_read(SV_SLICE("{\"a\": tru}"), &value, &err);
    is_int(err.column, 7, "says where");
    is_str(err.text, "a value is expected", "and why");
}

static bool reads_nested(size_t depth)
{
    static char text[2 * SV_JSON_DEPTH_MAX + 8];
    memset(text, '[', depth);
    memset(text + depth, ']', depth);
    struct sv_value value;
    return sv_json_read(sv_slice(text, 2 * depth), &value, NULL);
}

static bool reads_members(size_t count)
{
    struct sv_buf text = {0};
    sv_buf_char(&text, '{');
    for (size_t i = 0; i < count; i++)
        sv_buf_printf(&text, "%s\"k%zu\":0", i > 0 ? "," : "", i);
    sv_buf_char(&text, '}');
    struct sv_value value;
    bool result = sv_json_read(sv_buf_slice(&text), &value, NULL);
    sv_buf_free(&text);
    return result;
}

static bool reads_digits(size_t count)
{
    static char text[SV_NUMBER_MAX + 8];
    memset(text, '7', count);
    struct sv_value value;
    return sv_json_read(sv_slice(text, count), &value, NULL);
}

static void test_limits(void)
{
    ok(reads_nested(SV_JSON_DEPTH_MAX - 1) && reads_nested(SV_JSON_DEPTH_MAX), "depth up to SV_JSON_DEPTH_MAX");
    ok(!reads_nested(SV_JSON_DEPTH_MAX + 1), "not one deeper");
    ok(reads_members(SV_JSON_KEYS_MAX - 1) && reads_members(SV_JSON_KEYS_MAX), "members up to SV_JSON_KEYS_MAX");
    ok(!reads_members(SV_JSON_KEYS_MAX + 1), "not one more");
    ok(reads_digits(SV_NUMBER_MAX - 1) && reads_digits(SV_NUMBER_MAX), "numbers up to SV_NUMBER_MAX");
    ok(!reads_digits(SV_NUMBER_MAX + 1), "not one digit more");
}

static void test_numbers(void)
{
    struct sv_value v;
    sv_json_read(SV_SLICE("9223372036854775807"), &v, NULL);
    ok(v.type == SV_INT && v.i == INT64_MAX, "the largest int");
    sv_json_read(SV_SLICE("-9223372036854775808"), &v, NULL);
    ok(v.type == SV_INT && v.i == INT64_MIN, "the smallest int");
    sv_json_read(SV_SLICE("9223372036854775808"), &v, NULL);
    ok(v.type == SV_UINT && v.u == (uint64_t)INT64_MAX + 1, "above it a uint");
    sv_json_read(SV_SLICE("18446744073709551616"), &v, NULL);
    ok(v.type == SV_DOUBLE, "beyond that a double");
    sv_json_read(SV_SLICE("5.0"), &v, NULL);
    ok(v.type == SV_DOUBLE && v.d == 5.0, "a point makes a double");
    sv_json_read(SV_SLICE("-2645e-1141622225"), &v, NULL);
    ok(v.type == SV_DOUBLE && v.d == 0, "an exponent out of this world");
}

static void test_project(void)
{
    struct sv_paths *paths = sv_paths_new();
    uint32_t args = sv_paths_key(paths, SV_PATHS_ROOT, SV_SLICE("args"));
    uint32_t command = sv_paths_key(paths, args, SV_SLICE("command"));
    uint32_t type = sv_paths_want(paths, sv_paths_key(paths, SV_PATHS_ROOT, SV_SLICE("type")));
    uint32_t c = sv_paths_want(paths, command), a = sv_paths_slot(paths, args);
    struct sv_value slots[8] = {0};
    struct sv_json_rest rest = {0};
    struct sv_arena arena = {0};
    ok(sv_json_project(paths, SV_PATHS_ROOT, SV_SLICE("{\"x\":[1,{\"command\":9}],\"args\":{\"q\":{},\"command\":\"l\\ns\"},\"type\":\"t\"}"),
                       slots, &rest, NULL),
       "a record is read");
    is_slice(sv_value_raw(slots[type]), SV_SLICE("t"), "a field");
    is_slice(sv_value_string(&slots[c], &arena), SV_SLICE("l\ns"), "a path, unescaped when asked");
    is_slice(sv_value_raw(slots[a]), SV_SLICE("{\"q\":{},\"command\":\"l\\ns\"}"), "a container, as its text");
    is_int(rest.count, 1, "what nobody wants");
    is_slice(sv_value_raw(rest.items[0].value), SV_SLICE("[1,{\"command\":9}]"), "with its value");

    memset(slots, 0, sizeof slots);
    sv_json_project(paths, SV_PATHS_ROOT, SV_SLICE("{\"args\":{\"command\":\"a\"},\"args\":5}"), slots, NULL, NULL);
    ok(slots[c].type == SV_ABSENT && slots[a].type == SV_INT, "a repeated key takes all below the earlier one with it");
    memset(slots, 0, sizeof slots);
    sv_json_project(paths, SV_PATHS_ROOT, SV_SLICE("{\"args\":{\"command\":\"a\",\"command\":\"b\"}}"), slots, NULL, NULL);
    is_slice(sv_value_raw(slots[c]), SV_SLICE("b"), "the last of two wins");
    memset(slots, 0, sizeof slots);
    sv_json_project(paths, SV_PATHS_ROOT, SV_SLICE("{\"\\u0061rgs\":{\"comm\\u0061nd\":\"esc\"}}"), slots, NULL, NULL);
    is_slice(sv_value_raw(slots[c]), SV_SLICE("esc"), "keys written with escapes are the same keys");
    memset(slots, 0, sizeof slots);
    ok(sv_json_project(paths, SV_PATHS_ROOT, SV_SLICE("[{\"type\":1}]"), slots, NULL, NULL) && slots[type].type == SV_ABSENT,
       "no object, nothing found");
    memset(slots, 0, sizeof slots);
    sv_json_project(paths, args, SV_SLICE("{\"command\":\"below\"}"), slots, NULL, NULL);
    is_slice(sv_value_raw(slots[c]), SV_SLICE("below"), "reading may start at an inner node");
    sv_json_rest_free(&rest);
    sv_arena_free(&arena);
    sv_paths_free(paths);
}

static void test_walk(void)
{
    struct sv_value v, key, item;
    sv_json_read(SV_SLICE(" { \"a\" : [ 1 , \"]\\\"\" , {} ] , \"b\\u0063\" : \"x\", \"a\": 7 } "), &v, NULL);
    struct sv_json_iter it = sv_json_iter(v);
    ok(sv_json_next(&it, &key, &item) && sv_value_is_array(item), "first member");
    is_slice(sv_value_raw(sv_json_at(item, 1)), SV_SLICE("]\\\""), "second element, brackets in strings are text");
    ok(sv_value_is_object(sv_json_at(item, 2)) && sv_json_at(item, 3).type == SV_ABSENT, "third, and no fourth");
    ok(sv_json_next(&it, &key, &item) && (key.flags & SV_ESCAPED), "second member, its key escaped");
    ok(sv_json_next(&it, &key, &item) && item.i == 7 && !sv_json_next(&it, &key, &item), "third is the last");
    ok(sv_json_read(SV_SLICE("[5]"), &item, NULL), "a list is read");
    it = sv_json_iter(item);
    ok(sv_json_next(&it, &key, &item) && item.i == 5 && key.type == SV_ABSENT && sv_value_raw(key).len == 0, "an element has no key");
    is_int(sv_json_get(v, SV_SLICE("a")).i, 7, "get: the last of a name");
    is_slice(sv_value_raw(sv_json_get(v, SV_SLICE("bc"))), SV_SLICE("x"), "get: by what the key means");
    ok(sv_json_get(v, SV_SLICE("zz")).type == SV_ABSENT, "get: none");
    char out[64];
    struct sv_slice raw = SV_SLICE("\\ud83d\\ude80\\ud800x\\/\\b");
    is_slice(sv_slice(out, sv_json_unescape(raw, out)), SV_SLICE("\xF0\x9F\x9A\x80\xEF\xBF\xBDx/\b"), "pairs join, a lone half is U+FFFD");
}

/* What a container gives of a scalar is what the scalar alone is read as, to the bit. */
static void test_walk_scalars(void)
{
    static const char *const scalars[] = {"0", "-0", "7", "-7", "10", "-10", "999999999999999999", "-999999999999999999", "1000000000000000000",
                                          "9223372036854775807", "-9223372036854775808", "9223372036854775808", "18446744073709551616", "0.0", "-0.0",
                                          "-0.5", "1e2", "1E+2", "12345678901234567.5", "1e-999", "true", "false", "null"};
    for (size_t i = 0; i < sizeof scalars / sizeof *scalars; i++) {
        struct sv_buf list = {0};
        struct sv_value all = {0}, item = {0}, alone = {0};
        sv_buf_printf(&list, "[%s ,%s]", scalars[i], scalars[i]);
        ok(sv_json_read(sv_slice_str(scalars[i]), &alone, NULL) && sv_json_read(sv_buf_slice(&list), &all, NULL), "%s is read", scalars[i]);
        struct sv_json_iter it = sv_json_iter(all);
        for (int k = 0; k < 2; k++)
            ok(sv_json_next(&it, NULL, &item) && item.type == alone.type && item.i == alone.i, "%s is the same in a list, place %d", scalars[i], k);
        ok(!sv_json_next(&it, NULL, &item), "%s: that was all", scalars[i]);
        sv_buf_free(&list);
    }
    static const char *const strings[] = {"\"\"", "\"a\"", "\"\\\\\"", "\"\\\"\"", "\"0123456789abcde\\n\"",
                                          "\"0123456789abcdef\\\\\"", "\"0123456789abcdef0123456789\""};
    for (size_t i = 0; i < sizeof strings / sizeof *strings; i++) {
        struct sv_buf list = {0};
        struct sv_value all = {0}, item = {0};
        sv_buf_printf(&list, "{%s:%s}", strings[i], strings[i]);
        struct sv_value key = {0};
        ok(sv_json_read(sv_buf_slice(&list), &all, NULL), "%s is read", strings[i]);
        struct sv_json_iter it = sv_json_iter(all);
        bool is_escaped = strchr(strings[i], '\\') != NULL;
        ok(sv_json_next(&it, &key, &item) && ((item.flags & SV_ESCAPED) != 0) == is_escaped && ((key.flags & SV_ESCAPED) != 0) == is_escaped &&
               item.len == strlen(strings[i]) - 2 && !sv_json_next(&it, &key, &item), "%s: its length, and whether it is escaped", strings[i]);
        sv_buf_free(&list);
    }
}

static void test_writer(void)
{
    struct sv_buf out = {0};
    sv_json_put_string(&out, sv_slice("a\"\\\n\x1b\x7f\xC3\xA9\xFF", 9));
    is_slice(sv_buf_slice(&out), SV_SLICE("\"a\\\"\\\\\\n\\u001b\\u007f\xC3\xA9\xEF\xBF\xBD\""), "strings");
    sv_buf_clear(&out);
    sv_json_put_value(&out, sv_value_double(30));
    sv_buf_char(&out, ' ');
    sv_json_put_value(&out, sv_value_double(1.2668596));
    sv_buf_char(&out, ' ');
    sv_json_put_value(&out, sv_value_int(-7));
    is_slice(sv_buf_slice(&out), SV_SLICE("30.0 1.2668596 -7"), "numbers");
    sv_buf_clear(&out);
    sv_buf_char(&out, '{');
    sv_json_put_key(&out, "a");
    sv_json_put_value(&out, sv_value_bool(true));
    sv_json_put_key(&out, "b");
    sv_json_put_value(&out, sv_value_of(SV_ABSENT));
    is_slice(sv_buf_slice(&out), SV_SLICE("{\"a\":true,\"b\":null"), "members");
    sv_buf_free(&out);
}

int main(void)
{
    test_grammar();
    test_limits();
    test_numbers();
    test_project();
    test_walk();
    test_walk_scalars();
    test_writer();
    return done();
}
