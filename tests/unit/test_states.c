/* SPDX-License-Identifier: ISC */
/* The table and the queue of states, beside lists that are looked through; bytes of states; keys as what they mean. */
#include <stdlib.h>

#include "json/reader.h"
#include "measure/random.h"
#include "policy/states.h"
#include "tap.h"

static struct sv_random dice;

static uint32_t below(uint32_t limit)
{
    return sv_random_below(&dice, limit);
}

static struct sv_key key_of(uint32_t number)
{
    return (struct sv_key){number % 5, number}; /* a few places for many keys: they must be told apart */
}

static void test_states(void)
{
    enum { KEYS = 600, STEPS = 200000 };
    static struct sv_state *all[KEYS];
    static int64_t wakes[KEYS]; /* INT64_MAX: not queued */
    struct sv_states states = {0};
    size_t wrong = 0, count = 0;
    ok(sv_states_find(&states, 0, key_of(1)) == NULL && sv_states_next(&states) == INT64_MAX && sv_states_pop(&states, INT64_MAX) == NULL,
       "there is nothing in an empty one");
    for (int i = 0; i < KEYS; i++)
        wakes[i] = INT64_MAX;
    for (int step = 0; step < STEPS; step++) {
        uint32_t n = below(KEYS);
        struct sv_state *state = sv_states_find(&states, n % 3, key_of(n));
        wrong += state != all[n];
        switch (below(6)) {
        case 0:
            if (state == NULL) {
                all[n] = sv_states_add(&states, n % 3, key_of(n));
                count++;
            }
            break;
        case 1:
            if (state != NULL && below(3) == 0) {
                sv_states_remove(&states, state);
                sv_free(state);
                all[n] = NULL;
                wakes[n] = INT64_MAX;
                count--;
            }
            break;
        case 2:
        case 3:
            if (state != NULL) { /* it stays where an earlier time has put it */
                int64_t at_ns = below(100000);
                sv_states_wake(&states, state, at_ns);
                wakes[n] = at_ns < wakes[n] ? at_ns : wakes[n];
            }
            break;
        case 4:
            if (state != NULL) {
                sv_states_rest(&states, state);
                wakes[n] = INT64_MAX;
            }
            break;
        default: {
            int64_t least = INT64_MAX, clock_ns = below(100000);
            for (int k = 0; k < KEYS; k++)
                least = wakes[k] < least ? wakes[k] : least;
            wrong += sv_states_next(&states) != least;
            struct sv_state *first = sv_states_pop(&states, clock_ns);
            wrong += (first != NULL) != (least < clock_ns);
            if (first != NULL) {
                wrong += wakes[first->key.b] != least || all[first->key.b] != first;
                wakes[first->key.b] = INT64_MAX;
            }
        }
        }
        wrong += states.count != count;
    }
    is_int(wrong, 0, "%d steps with %d keys of 3 policies: found, woken, removed as a list says", STEPS, KEYS);
    for (int i = 0; i < KEYS; i++)
        sv_free(all[i]);
    sv_states_free(&states);
}

static void test_pack(void)
{
    static const int64_t ints[] = {0, 1, -1, 63, 64, -64, -65, 127, 128, 16383, 16384, INT32_MAX, INT32_MIN, INT64_MAX, INT64_MIN};
    struct sv_buf bytes = {0};
    for (size_t i = 0; i < sizeof ints / sizeof *ints; i++) {
        sv_pack_int(&bytes, ints[i]);
        sv_pack_uint(&bytes, (uint64_t)ints[i]);
        sv_pack_fixed(&bytes, (uint64_t)ints[i]);
        sv_pack_text(&bytes, sv_slice("text\0more and more", i));
    }
    struct sv_unpack in = sv_unpack(sv_buf_slice(&bytes));
    size_t wrong = 0;
    for (size_t i = 0; i < sizeof ints / sizeof *ints; i++) {
        wrong += sv_unpack_int(&in) != ints[i];
        wrong += sv_unpack_uint(&in) != (uint64_t)ints[i];
        wrong += sv_unpack_fixed(&in) != (uint64_t)ints[i];
        wrong += !sv_slice_equal(sv_unpack_text(&in), sv_slice("text\0more and more", i));
    }
    ok(wrong == 0 && in.at == in.end && !in.failed, "numbers and texts come back");
    sv_unpack_uint(&in);
    ok(in.failed, "behind the end there is none");
    wrong = 0;
    for (size_t len = 0; len < bytes.len; len++) { /* cut off anywhere: it fails and ends where the bytes do */
        in = sv_unpack(sv_slice(bytes.data, len));
        for (size_t i = 0; i < sizeof ints / sizeof *ints; i++) {
            sv_unpack_int(&in);
            sv_unpack_uint(&in);
            sv_unpack_fixed(&in);
            sv_unpack_text(&in);
        }
        wrong += !in.failed || in.at > in.end;
    }
    is_int(wrong, 0, "cut off bytes are no numbers");
    in = sv_unpack(SV_SLICE("\xff\xff\xff\xff\xff\xff\xff\xff\xff\xff\xff\xff"));
    sv_unpack_uint(&in);
    ok(in.failed, "a number without end is none");
    in = sv_unpack(SV_SLICE("\xff\xff\xff\xff\xff\xff\xff\xff\xff\x01x"));
    sv_unpack_text(&in);
    ok(in.failed, "a text that is longer than all that there is is none");
    sv_buf_free(&bytes);
    is_int(sv_time_plus(INT64_MAX - 1, 5), INT64_MAX, "a time ends at its end");
    is_int(sv_time_plus(INT64_MIN + 1, -5), INT64_MIN, "and at its beginning");
}

/* --- keys --- */

static struct sv_arena arena;

static struct sv_key key_of_json(const char *json)
{
    struct sv_value value;
    struct sv_error err = {0};
    struct sv_buf bytes = {0};
    if (!sv_json_read(sv_slice_str(json), &value, &err))
        printf("# %s: %s\n", json, err.text);
    sv_key_add(&bytes, value, &arena);
    struct sv_key key = sv_key_of(sv_buf_slice(&bytes));
    sv_buf_free(&bytes);
    return key;
}

static void test_keys(void)
{
    static const char *const same[][2] = {
        {"\"a\"", "\"\\u0061\""},
        {"\"/\"", "\"\\/\""},
        {"\"\xC3\xA9\"", "\"\\u00e9\""},
        {"\"\xF0\x9F\x98\x80\"", "\"\\ud83d\\ude00\""},
        {"1", "1.0"},
        {"1", "1e0"},
        {"100", "1E2"},
        {"0", "-0.0"},
        {"-5", "-5.0"},
        {"9007199254740992", "9007199254740992.0"},
        {"0.5", "5e-1"},
        {"{\"a\":1,\"b\":2}", "{\"b\":2,\"a\":1}"},
        {"{\"a\":1}", " { \"a\" : 1 } "},
        {"{\"\\u0061\":1}", "{\"a\":1.0}"},
        {"{\"x\":{\"q\":[1,{\"n\":null,\"m\":\"\\u006d\"}],\"p\":2}}", "{\"x\":{\"p\":2.0,\"q\":[1,{\"m\":\"m\",\"n\":null}]}}"},
        {"[]", "[ ]"},
        {"18446744073709551615", "18446744073709551615"},
    };
    static const char *const other[][2] = {
        {"\"a\"", "\"A\""},
        {"\"1\"", "1"},
        {"1", "2"},
        {"1", "1.5"},
        {"true", "\"true\""},
        {"true", "1"},
        {"null", "\"null\""},
        {"null", "false"},
        {"[]", "{}"},
        {"[]", "[[]]"},
        {"[[],[]]", "[[[]]]"},
        {"[1,2]", "[2,1]"},
        {"[1,2]", "[[1],2]"},
        {"[12]", "[1,2]"},
        {"[\"ab\",\"c\"]", "[\"a\",\"bc\"]"},
        {"{\"a\":null}", "{}"},
        {"{\"a\":\"b\"}", "{\"b\":\"a\"}"},
        {"{\"a\":{\"b\":1}}", "{\"a\":[\"b\",1]}"},
        {"{\"a\":{\"b\":1},\"c\":2}", "{\"a\":{\"b\":1,\"c\":2}}"},
        {"9007199254740993", "9007199254740992"},
        {"18446744073709551615", "18446744073709551614"},
        {"\"\"", "[]"},
        {"\"a\\u0000\"", "\"a\""},
    };
    for (size_t i = 0; i < sizeof same / sizeof *same; i++)
        ok(sv_key_equal(key_of_json(same[i][0]), key_of_json(same[i][1])), "%s is %s", same[i][0], same[i][1]);
    for (size_t i = 0; i < sizeof other / sizeof *other; i++)
        ok(!sv_key_equal(key_of_json(other[i][0]), key_of_json(other[i][1])), "%s is not %s", other[i][0], other[i][1]);
}

/* A key of several parts: where one ends the next one begins. */
static void test_parts(void)
{
    struct sv_buf one = {0}, two = {0};
    sv_key_add(&one, sv_value_str(SV_SLICE("a")), &arena);
    sv_key_add(&one, sv_value_str(SV_SLICE("bc")), &arena);
    sv_key_add(&two, sv_value_str(SV_SLICE("ab")), &arena);
    sv_key_add(&two, sv_value_str(SV_SLICE("c")), &arena);
    ok(!sv_key_equal(sv_key_of(sv_buf_slice(&one)), sv_key_of(sv_buf_slice(&two))), "a, bc is not ab, c");
    sv_buf_free(&one);
    sv_buf_free(&two);
}

/* Objects whose members come in any order, many of them. */
static void test_big_objects(void)
{
    enum { MEMBERS = 500 };
    struct sv_buf forth = {0}, back = {0}, mixed = {0};
    for (int i = 0; i < MEMBERS; i++) {
        sv_buf_printf(&forth, "%s\"k%d\":[%d,{\"v\":%d}]", i > 0 ? "," : "{", i, i, i);
        sv_buf_printf(&back, "%s\"k%d\":[%d,{\"v\":%d.0}]", i > 0 ? "," : "{", MEMBERS - 1 - i, MEMBERS - 1 - i, MEMBERS - 1 - i);
        int m = i * 211 % MEMBERS;
        sv_buf_printf(&mixed, "%s\"\\u006b%d\":[%d,{\"v\":%d}]", i > 0 ? "," : "{", m, m, m);
    }
    sv_buf_char(&forth, '}');
    sv_buf_char(&back, '}');
    sv_buf_char(&mixed, '}');
    struct sv_key key = key_of_json(sv_buf_cstr(&forth));
    ok(sv_key_equal(key, key_of_json(sv_buf_cstr(&back))), "%d members, the other way round", MEMBERS);
    ok(sv_key_equal(key, key_of_json(sv_buf_cstr(&mixed))), "%d members, mixed", MEMBERS);
    sv_buf_free(&forth);
    sv_buf_free(&back);
    sv_buf_free(&mixed);
    unsigned char stored[16];
    sv_key_put(key, stored);
    ok(sv_key_equal(sv_key_get(stored), key), "a key is stored and read");
}

int main(void)
{
    sv_random_seed(&dice, 1);
    test_states();
    test_pack();
    test_keys();
    test_parts();
    test_big_objects();
    sv_arena_free(&arena);
    return done();
}
