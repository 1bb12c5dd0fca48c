/* SPDX-License-Identifier: ISC */
#include "json/stops.h"

#include "base/cpu.h"
#include "base/utf8.h"

#if defined __x86_64__ && defined __GNUC__
#include <immintrin.h>
#define SV_STOPS_X86
#endif

/* Validates what is not ASCII in a block of 64 bytes; *valid: up to there all is known to be. */
static bool check_block(const char **valid, const char *block, uint64_t high, const char *end)
{
    while (high != 0) {
        const char *p = block + __builtin_ctzll(high);
        if (p >= *valid) {
            size_t n = sv_utf8_sequence(p, end);
            if (n == 0)
                return false;
            *valid = p + n;
        }
        high &= high - 1;
    }
    return true;
}

/* Eight bytes a step, as words: the way for processors that nothing else is known of. */
static inline void mark_eight(const char *p, uint64_t *stops, uint64_t *high, unsigned at)
{
#if __BYTE_ORDER__ == __ORDER_LITTLE_ENDIAN__
    const uint64_t ones = UINT64_C(0x0101010101010101), highs = UINT64_C(0x8080808080808080);
    uint64_t v;
    memcpy(&v, p, 8);
    uint64_t low = v & ~highs, quote = low ^ ones * '"', backslash = low ^ ones * '\\';
    /* no carry leaves its byte: 0x80 - x and x + 0x60 stay within eight bits */
    uint64_t stop = ((highs - quote) | (highs - backslash) | ~(low + ones * 0x60)) & ~v & highs;
    *stops |= (stop >> 7) * UINT64_C(0x0102040810204080) >> 56 << at;
    *high |= ((v & highs) >> 7) * UINT64_C(0x0102040810204080) >> 56 << at;
#else
    for (unsigned i = 0; i < 8; i++) {
        unsigned char c = (unsigned char)p[i];
        *stops |= (uint64_t)(c == '"' || c == '\\' || c < 0x20) << (at + i);
        *high |= (uint64_t)(c >= 0x80) << (at + i);
    }
#endif
}

static bool mark_words(const char *text, size_t len, uint64_t *bits)
{
    const char *valid = text, *end = text + len;
    bool is_valid = true;
    for (const char *p = text; p < end; p += 64) {
        const char *block = p;
        char tail[64];
        if (end - p < 64) {
            memset(tail, ' ', sizeof tail);
            memcpy(tail, p, (size_t)(end - p));
            block = tail;
        }
        uint64_t stops = 0, high = 0;
        for (unsigned i = 0; i < 64; i += 8)
            mark_eight(block + i, &stops, &high, i);
        *bits++ = stops;
        is_valid = is_valid && check_block(&valid, p, high, end);
    }
    return is_valid;
}

#ifdef SV_STOPS_X86

/* The last 1 to 63 bytes of a text, blanks behind them. */
#define TAIL(name, p, len)                                                                                                         \
    char name[64];                                                                                                                 \
    memset(name, ' ', sizeof name);                                                                                                \
    memcpy(name, p, len)

/* Every x86-64 has SSE2. */
static inline void mark_sse2(const char *p, uint64_t *stops, uint64_t *high)
{
    const __m128i quote = _mm_set1_epi8('"'), backslash = _mm_set1_epi8('\\'), control = _mm_set1_epi8(0x1F);
    *stops = *high = 0;
    for (unsigned i = 0; i < 4; i++) {
        __m128i v = _mm_loadu_si128((const __m128i *)(const void *)(p + 16 * i));
        __m128i hit = _mm_or_si128(_mm_or_si128(_mm_cmpeq_epi8(v, quote), _mm_cmpeq_epi8(v, backslash)),
                                   _mm_cmpeq_epi8(_mm_max_epu8(v, control), control));
        *stops |= (uint64_t)(unsigned)_mm_movemask_epi8(hit) << 16 * i;
        *high |= (uint64_t)(unsigned)_mm_movemask_epi8(v) << 16 * i;
    }
}

static bool mark_by_sse2(const char *text, size_t len, uint64_t *bits)
{
    const char *valid = text, *end = text + len, *p = text;
    bool is_valid = true;
    uint64_t high;
    for (; end - p >= 64; p += 64) {
        mark_sse2(p, bits++, &high);
        if (high != 0)
            is_valid = is_valid && check_block(&valid, p, high, end);
    }
    if (p < end) {
        TAIL(tail, p, (size_t)(end - p));
        mark_sse2(tail, bits, &high);
        if (high != 0)
            is_valid = is_valid && check_block(&valid, p, high, end);
    }
    return is_valid;
}

#define AVX2 __attribute__((target("avx2,bmi")))

/* UTF-8 by three look-ups (Keiser, Lemire: "Validating UTF-8 in less than one instruction per byte", 2020): what a byte's
 * neighbour before it, in its upper and in its lower half, and it itself make possible; what all three agree on is an error. */
enum {
    TOO_SHORT = 1 << 0,      /* a sequence begins before the last one is over */
    TOO_LONG = 1 << 1,       /* a continuation behind ASCII */
    OVERLONG_3 = 1 << 2,
    TOO_LARGE = 1 << 3,      /* above U+10FFFF */
    SURROGATE = 1 << 4,
    OVERLONG_2 = 1 << 5,
    TOO_LARGE_1000 = 1 << 6, /* likewise, or: */
    OVERLONG_4 = 1 << 6,
    TWO_CONTS = 1 << 7,      /* fine where three or four bytes belong together */
    CARRY = TOO_SHORT | TOO_LONG | TWO_CONTS
};
#define BOTH(...) _mm256_setr_epi8(__VA_ARGS__, __VA_ARGS__)
#define C(x) (char)(unsigned char)(x)

AVX2 static inline __m256i behind(__m256i now, __m256i before, int bytes)
{
    __m256i halves = _mm256_permute2x128_si256(before, now, 0x21);
    return bytes == 1 ? _mm256_alignr_epi8(now, halves, 15) : bytes == 2 ? _mm256_alignr_epi8(now, halves, 14) : _mm256_alignr_epi8(now, halves, 13);
}

AVX2 static inline __m256i errors_of(__m256i now, __m256i before)
{
    const __m256i upper = BOTH(C(TOO_LONG), C(TOO_LONG), C(TOO_LONG), C(TOO_LONG), C(TOO_LONG), C(TOO_LONG), C(TOO_LONG), C(TOO_LONG),
                               C(TWO_CONTS), C(TWO_CONTS), C(TWO_CONTS), C(TWO_CONTS), C(TOO_SHORT | OVERLONG_2), C(TOO_SHORT),
                               C(TOO_SHORT | OVERLONG_3 | SURROGATE), C(TOO_SHORT | TOO_LARGE | TOO_LARGE_1000 | OVERLONG_4));
    const __m256i lower = BOTH(C(CARRY | OVERLONG_3 | OVERLONG_2 | OVERLONG_4), C(CARRY | OVERLONG_2), C(CARRY), C(CARRY),
                               C(CARRY | TOO_LARGE), C(CARRY | TOO_LARGE | TOO_LARGE_1000), C(CARRY | TOO_LARGE | TOO_LARGE_1000),
                               C(CARRY | TOO_LARGE | TOO_LARGE_1000), C(CARRY | TOO_LARGE | TOO_LARGE_1000),
                               C(CARRY | TOO_LARGE | TOO_LARGE_1000), C(CARRY | TOO_LARGE | TOO_LARGE_1000),
                               C(CARRY | TOO_LARGE | TOO_LARGE_1000), C(CARRY | TOO_LARGE | TOO_LARGE_1000),
                               C(CARRY | TOO_LARGE | TOO_LARGE_1000 | SURROGATE), C(CARRY | TOO_LARGE | TOO_LARGE_1000),
                               C(CARRY | TOO_LARGE | TOO_LARGE_1000));
    const __m256i own = BOTH(C(TOO_SHORT), C(TOO_SHORT), C(TOO_SHORT), C(TOO_SHORT), C(TOO_SHORT), C(TOO_SHORT), C(TOO_SHORT), C(TOO_SHORT),
                             C(TOO_LONG | OVERLONG_2 | TWO_CONTS | OVERLONG_3 | TOO_LARGE_1000 | OVERLONG_4),
                             C(TOO_LONG | OVERLONG_2 | TWO_CONTS | OVERLONG_3 | TOO_LARGE),
                             C(TOO_LONG | OVERLONG_2 | TWO_CONTS | SURROGATE | TOO_LARGE),
                             C(TOO_LONG | OVERLONG_2 | TWO_CONTS | SURROGATE | TOO_LARGE), C(TOO_SHORT), C(TOO_SHORT), C(TOO_SHORT),
                             C(TOO_SHORT));
    const __m256i nibble = _mm256_set1_epi8(0x0F);
    __m256i one = behind(now, before, 1), two = behind(now, before, 2), three = behind(now, before, 3);
    __m256i special = _mm256_and_si256(
        _mm256_and_si256(_mm256_shuffle_epi8(upper, _mm256_and_si256(_mm256_srli_epi16(one, 4), nibble)),
                         _mm256_shuffle_epi8(lower, _mm256_and_si256(one, nibble))),
        _mm256_shuffle_epi8(own, _mm256_and_si256(_mm256_srli_epi16(now, 4), nibble)));
    /* behind the third or the second last of a long sequence there must be two continuations */
    __m256i must = _mm256_or_si256(_mm256_subs_epu8(two, _mm256_set1_epi8(0xE0 - 0x80)), _mm256_subs_epu8(three, _mm256_set1_epi8(0xF0 - 0x80)));
    return _mm256_xor_si256(_mm256_and_si256(must, _mm256_set1_epi8(C(0x80))), special);
}

AVX2 static inline uint64_t mask_of(__m256i a, __m256i b)
{
    return (uint32_t)_mm256_movemask_epi8(a) | (uint64_t)(uint32_t)_mm256_movemask_epi8(b) << 32;
}

AVX2 static inline __m256i hits_of(__m256i v)
{
    const __m256i quote = _mm256_set1_epi8('"'), backslash = _mm256_set1_epi8('\\'), control = _mm256_set1_epi8(0x1F);
    return _mm256_or_si256(_mm256_or_si256(_mm256_cmpeq_epi8(v, quote), _mm256_cmpeq_epi8(v, backslash)),
                           _mm256_cmpeq_epi8(_mm256_max_epu8(v, control), control));
}

AVX2 static bool mark_by_avx2(const char *text, size_t len, uint64_t *bits)
{
    const char *end = text + len, *p = text;
    __m256i before = _mm256_setzero_si256(), errors = before;
    uint64_t open = 0; /* of the last three bytes before p, those that are not ASCII */
    for (; end - p >= 64; p += 64) {
        __m256i a = _mm256_loadu_si256((const __m256i *)(const void *)p), b = _mm256_loadu_si256((const __m256i *)(const void *)(p + 32));
        *bits++ = mask_of(hits_of(a), hits_of(b));
        uint64_t high = mask_of(a, b);
        if (__builtin_expect((high | open) != 0, 0))
            errors = _mm256_or_si256(errors, _mm256_or_si256(errors_of(a, before), errors_of(b, a)));
        open = high >> 61;
        before = b;
    }
    size_t rest = (size_t)(end - p);
    if (rest > 0 || open != 0) {
        uint64_t high = 1;
        if (rest > 0 && p > text) { /* 64 bytes that end where the text does: no copy */
            __m256i a = _mm256_loadu_si256((const __m256i *)(const void *)(end - 64)), b = _mm256_loadu_si256((const __m256i *)(const void *)(end - 32));
            *bits = mask_of(hits_of(a), hits_of(b)) >> (64 - rest);
            high = mask_of(a, b) >> (64 - rest);
        }
        if (p == text || (high | open) != 0) {
            TAIL(tail, p, rest);
            __m256i a = _mm256_loadu_si256((const __m256i *)(void *)tail), b = _mm256_loadu_si256((const __m256i *)(void *)(tail + 32));
            if (p == text)
                *bits = mask_of(hits_of(a), hits_of(b));
            errors = _mm256_or_si256(errors, _mm256_or_si256(errors_of(a, before), errors_of(b, a)));
        }
    }
    return _mm256_testz_si256(errors, errors);
}

#endif

static const struct {
    const char *name;
    sv_stops_way *way;
} ways[] = {
    {"words", mark_words},
#ifdef SV_STOPS_X86
    {"sse2", mark_by_sse2},
    {"avx2", mark_by_avx2},
#endif
};

sv_stops_way *sv_stops_at(size_t index, const char **name)
{
    size_t count = sizeof ways / sizeof *ways;
#ifdef SV_STOPS_X86
    if (!sv_cpu_has_avx2())
        count--;
#endif
    if (index >= count)
        return NULL;
    *name = ways[index].name;
    return ways[index].way;
}

void sv_stops_use(sv_stops_way *way)
{
    sv_stops_mark = way;
}

static bool mark_first(const char *text, size_t len, uint64_t *bits)
{
    const char *name;
    for (size_t i = 0; sv_stops_at(i, &name) != NULL; i++)
        sv_stops_mark = sv_stops_at(i, &name);
    return sv_stops_mark(text, len, bits);
}

sv_stops_way *sv_stops_mark = mark_first;
