/* SPDX-License-Identifier: ISC */
/* random.h - numbers without a pattern, the same ones for the same seed on every machine.
 *
 * xoshiro256** (https://prng.di.unimi.it/xoshiro256starstar.c, public domain), its state filled by splitmix64. Whole numbers
 * only come from whole numbers, so what is made from them is the same to the byte everywhere; sv_random_wait needs a logarithm
 * and is for times that nobody compares.
 *
 *     struct sv_random random;
 *     sv_random_seed(&random, 7);
 *     uint32_t die = 1 + sv_random_below(&random, 6);
 *
 * Floor: measure; uses base only. */
#ifndef SV_RANDOM_H
#define SV_RANDOM_H

#include <stdbool.h>
#include <stdint.h>

struct sv_random {
    uint64_t s[4];
};

/* Any seed will do; near ones give streams that have nothing in common. */
void sv_random_seed(struct sv_random *random, uint64_t seed);

static inline uint64_t sv_random_turn(uint64_t x, int by)
{
    return (x << by) | (x >> (64 - by));
}

/* 64 bits. */
static inline uint64_t sv_random_next(struct sv_random *random)
{
    uint64_t *s = random->s, made = sv_random_turn(s[1] * 5, 7) * 9, t = s[1] << 17;
    s[2] ^= s[0];
    s[3] ^= s[1];
    s[1] ^= s[2];
    s[0] ^= s[3];
    s[2] ^= t;
    s[3] = sv_random_turn(s[3], 45);
    return made;
}

/* 0 to n - 1, n at least 1: no value is likelier than another by more than one in 2^32 / n. */
static inline uint32_t sv_random_below(struct sv_random *random, uint32_t n)
{
    return (uint32_t)(((sv_random_next(random) >> 32) * n) >> 32);
}

/* True in so many of a million cases. */
static inline bool sv_random_chance(struct sv_random *random, uint32_t in_a_million)
{
    return sv_random_below(random, 1000000) < in_a_million;
}

/* 0 up to, not including, 1. */
double sv_random_share(struct sv_random *random);

/* Time until the next of events that come independently of each other, `mean` apart on average: exponentially distributed. */
double sv_random_wait(struct sv_random *random, double mean);

#endif
