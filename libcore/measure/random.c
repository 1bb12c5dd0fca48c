/* SPDX-License-Identifier: ISC */
#include "measure/random.h"

#include <math.h>

/* https://prng.di.unimi.it/splitmix64.c, public domain */
static uint64_t split(uint64_t *state)
{
    uint64_t z = *state += 0x9e3779b97f4a7c15u;
    z = (z ^ (z >> 30)) * 0xbf58476d1ce4e5b9u;
    z = (z ^ (z >> 27)) * 0x94d049bb133111ebu;
    return z ^ (z >> 31);
}

void sv_random_seed(struct sv_random *random, uint64_t seed)
{
    for (int i = 0; i < 4; i++)
        random->s[i] = split(&seed);
}

double sv_random_share(struct sv_random *random)
{
    return (double)(sv_random_next(random) >> 11) * 0x1p-53;
}

double sv_random_wait(struct sv_random *random, double mean)
{
    return -log1p(-sv_random_share(random)) * mean;
}
