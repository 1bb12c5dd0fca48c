/* SPDX-License-Identifier: ISC */
#include "measure/histogram.h"
#include "tap.h"

static void test_quantiles(void)
{
    struct sv_histogram h = {0};
    is_int((long long)sv_histogram_quantile(&h, 0.5), 0, "of nothing it is 0");
    for (uint64_t i = 1; i <= 100; i++)
        sv_histogram_add(&h, i, 1);
    is_int((long long)sv_histogram_quantile(&h, 0.5), 50, "small values are exact");
    is_int((long long)sv_histogram_quantile(&h, 0), 1, "the least");
    is_int((long long)sv_histogram_quantile(&h, 1), 100, "the most");
    sv_histogram_free(&h);
    bool near = true;
    for (unsigned bit = 0; bit < 64 && near; bit++)
        for (int i = -1; i <= 1 && near; i++) {
            uint64_t value = (UINT64_C(1) << bit) + (uint64_t)(int64_t)i;
            struct sv_histogram one = {0};
            sv_histogram_add(&one, value, 1);
            sv_histogram_add(&one, 0, 1);
            sv_histogram_add(&one, UINT64_MAX, 1);
            uint64_t got = sv_histogram_quantile(&one, 0.5), off = got > value ? got - value : value - got;
            if (value > 0 && value < UINT64_MAX && off > value / 128 + 1) {
                near = false;
                printf("# %llu came back as %llu\n", (unsigned long long)value, (unsigned long long)got);
            }
            sv_histogram_free(&one);
        }
    ok(near, "large ones are at most 1/128 off");
}

static void test_bytes(void)
{
    struct sv_histogram a = {0}, b = {0}, back = {0};
    for (uint64_t i = 0; i < 1000; i++) {
        sv_histogram_add(&a, i * i * 7919, 1 + i % 3);
        sv_histogram_add(&b, (999 - i) * (999 - i) * 7919, 1 + (999 - i) % 3);
    }
    struct sv_buf x = {0}, y = {0};
    sv_histogram_save(&a, &x);
    sv_histogram_save(&b, &y);
    ok(sv_slice_equal(sv_buf_slice(&x), sv_buf_slice(&y)), "the order of adding does not enter");
    ok(sv_histogram_load(&back, sv_buf_slice(&x)) && back.total == a.total && back.max == a.max && back.min == 0, "loads again");
    sv_histogram_merge(&back, &b);
    ok(back.total == 2 * a.total && sv_histogram_quantile(&back, 0.9) == sv_histogram_quantile(&a, 0.9), "merges");
    struct sv_histogram broken = {0};
    bool refused = true;
    for (size_t n = 0; n < x.len; n++)
        if (sv_histogram_load(&broken, sv_slice(x.data, n)))
            refused = refused && broken.total < a.total, sv_histogram_free(&broken);
    ok(refused, "cut bytes are no histogram, or a smaller one");
    ok(!sv_histogram_load(&broken, sv_slice("\0\0\1\0", 4)), "a bucket of nothing is broken");
    ok(!sv_histogram_load(&broken, sv_slice("\5\1\1\1", 4)), "least above most is broken");
    ok(!sv_histogram_load(&broken, sv_slice("\0\0\xff\xff\xff\xff\xff\xff\xff\xff\xff\xff", 12)), "endless numbers are broken");
    sv_histogram_free(&a);
    sv_histogram_free(&b);
    sv_histogram_free(&back);
    sv_buf_free(&x);
    sv_buf_free(&y);
}

int main(void)
{
    test_quantiles();
    test_bytes();
    return done();
}
