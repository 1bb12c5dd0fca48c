/* SPDX-License-Identifier: ISC */
#include "base/hash.h"

/* SipHash-2-4; SipHash-1-3 of 128 bits. */
enum { ROUNDS = 2, WIDE_ROUNDS = 1 };

static inline uint64_t rotl(uint64_t x, int b)
{
    return x << b | x >> (64 - b);
}

static inline uint64_t load_le(const unsigned char *p)
{
    uint64_t v = 0;
    for (int i = 7; i >= 0; i--) /* one load where the machine has this order */
        v = v << 8 | p[i];
    return v;
}

struct state {
    uint64_t v0, v1, v2, v3;
};

static inline void stir(struct state *s, int rounds)
{
    for (int i = 0; i < rounds; i++) {
        s->v0 += s->v1, s->v1 = rotl(s->v1, 13) ^ s->v0, s->v0 = rotl(s->v0, 32);
        s->v2 += s->v3, s->v3 = rotl(s->v3, 16) ^ s->v2;
        s->v0 += s->v3, s->v3 = rotl(s->v3, 21) ^ s->v0;
        s->v2 += s->v1, s->v1 = rotl(s->v1, 17) ^ s->v2, s->v2 = rotl(s->v2, 32);
    }
}

static inline void take(struct state *s, uint64_t m, int rounds)
{
    s->v3 ^= m;
    stir(s, rounds);
    s->v0 ^= m;
}

static inline uint64_t sum(const struct state *s)
{
    return s->v0 ^ s->v1 ^ s->v2 ^ s->v3;
}

/* All of the text, with so many rounds a word. */
static inline struct state begin(uint64_t k0, uint64_t k1, struct sv_slice text, int rounds)
{
    struct state s = {k0 ^ 0x736f6d6570736575u, k1 ^ 0x646f72616e646f6du, k0 ^ 0x6c7967656e657261u, k1 ^ 0x7465646279746573u};
    const unsigned char *p = (const unsigned char *)text.data;
    size_t left = text.len;
    uint64_t last = (uint64_t)text.len << 56;
    if (rounds == WIDE_ROUNDS)
        s.v1 ^= 0xee;
    for (; left >= 8; left -= 8, p += 8)
        take(&s, load_le(p), rounds);
    for (size_t i = 0; i < left; i++)
        last |= (uint64_t)p[i] << (8 * i);
    take(&s, last, rounds);
    return s;
}

uint64_t sv_hash_keyed(uint64_t k0, uint64_t k1, struct sv_slice s)
{
    struct state state = begin(k0, k1, s, ROUNDS);
    state.v2 ^= 0xff;
    stir(&state, 4);
    return sum(&state);
}

void sv_hash_wide(uint64_t k0, uint64_t k1, struct sv_slice s, uint64_t out[2])
{
    struct state state = begin(k0, k1, s, WIDE_ROUNDS);
    state.v2 ^= 0xee;
    stir(&state, 3);
    out[0] = sum(&state);
    state.v1 ^= 0xdd;
    stir(&state, 3);
    out[1] = sum(&state);
}

uint64_t sv_hash(struct sv_slice s)
{
    return sv_hash_keyed(0x0706050403020100u, 0x0f0e0d0c0b0a0908u, s);
}

void sv_hash_hex(uint64_t hash, char out[17])
{
    for (int i = 0; i < 16; i++)
        out[i] = "0123456789abcdef"[hash >> (60 - 4 * i) & 15];
    out[16] = '\0';
}
