/* SPDX-License-Identifier: ISC */
#include "base/hash.h"

static inline uint64_t rotl(uint64_t x, int b)
{
    return x << b | x >> (64 - b);
}

static inline uint64_t load_le(const unsigned char *p)
{
    uint64_t v = 0;
    for (int i = 7; i >= 0; i--)
        v = v << 8 | p[i];
    return v;
}

#define ROUND                                                                                                                      \
    do {                                                                                                                           \
        v0 += v1, v1 = rotl(v1, 13) ^ v0, v0 = rotl(v0, 32);                                                                       \
        v2 += v3, v3 = rotl(v3, 16) ^ v2;                                                                                          \
        v0 += v3, v3 = rotl(v3, 21) ^ v0;                                                                                          \
        v2 += v1, v1 = rotl(v1, 17) ^ v2, v2 = rotl(v2, 32);                                                                       \
    } while (0)

uint64_t sv_hash_keyed(uint64_t k0, uint64_t k1, struct sv_slice s)
{
    uint64_t v0 = k0 ^ 0x736f6d6570736575u, v1 = k1 ^ 0x646f72616e646f6du;
    uint64_t v2 = k0 ^ 0x6c7967656e657261u, v3 = k1 ^ 0x7465646279746573u;
    const unsigned char *p = (const unsigned char *)s.data;
    size_t left = s.len;
    for (; left >= 8; left -= 8, p += 8) {
        uint64_t m = load_le(p);
        v3 ^= m;
        ROUND;
        ROUND;
        v0 ^= m;
    }
    uint64_t last = (uint64_t)s.len << 56;
    for (size_t i = 0; i < left; i++)
        last |= (uint64_t)p[i] << (8 * i);
    v3 ^= last;
    ROUND;
    ROUND;
    v0 ^= last;
    v2 ^= 0xff;
    ROUND;
    ROUND;
    ROUND;
    ROUND;
    return v0 ^ v1 ^ v2 ^ v3;
}

void sv_hash_wide(uint64_t k0, uint64_t k1, struct sv_slice s, uint64_t out[2])
{
    uint64_t v0 = k0 ^ 0x736f6d6570736575u, v1 = k1 ^ 0x646f72616e646f6du ^ 0xee;
    uint64_t v2 = k0 ^ 0x6c7967656e657261u, v3 = k1 ^ 0x7465646279746573u;
    const unsigned char *p = (const unsigned char *)s.data;
    size_t left = s.len;
    for (; left >= 8; left -= 8, p += 8) {
        uint64_t m = load_le(p);
        v3 ^= m;
        ROUND;
        v0 ^= m;
    }
    uint64_t last = (uint64_t)s.len << 56;
    for (size_t i = 0; i < left; i++)
        last |= (uint64_t)p[i] << (8 * i);
    v3 ^= last;
    ROUND;
    v0 ^= last;
    v2 ^= 0xee;
    ROUND;
    ROUND;
    ROUND;
    out[0] = v0 ^ v1 ^ v2 ^ v3;
    v1 ^= 0xdd;
    ROUND;
    ROUND;
    ROUND;
    out[1] = v0 ^ v1 ^ v2 ^ v3;
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
