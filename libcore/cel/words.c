/* SPDX-License-Identifier: ISC */
#include "cel/words.h"

#include "base/cpu.h"

#if defined __x86_64__ && defined __GNUC__
#include <immintrin.h>
#define BY_AVX2 __attribute__((target("avx2")))
#endif

enum { BUCKETS = 8, LOOKED_AT = 3 /* bytes of each word */ };

struct sv_words {
    struct sv_slice texts[SV_WORDS_MAX]; /* by buckets; lower case where folded */
    size_t starts[BUCKETS + 1];          /* of each bucket in texts */
    uint8_t numbers[SV_WORDS_MAX];       /* of texts: as they were given */
    size_t shortest;
    bool is_folded, is_fast;
    uint8_t bytes[LOOKED_AT][256];       /* buckets with a word that has this byte there */
    uint8_t low[LOOKED_AT][16], high[LOOKED_AT][16]; /* the same for its halves */
};

static char lower(char c)
{
    return c >= 'A' && c <= 'Z' ? (char)(c + ('a' - 'A')) : c;
}

static void note_byte(struct sv_words *words, size_t at, char c, size_t bucket)
{
    unsigned char byte = (unsigned char)c;
    uint8_t bit = (uint8_t)(1u << bucket);
    words->bytes[at][byte] |= bit;
    words->low[at][byte & 15] |= bit;
    words->high[at][byte >> 4] |= bit;
}

/* Words that begin alike share a bucket: what looks like one of them is compared with few. */
static size_t bucket_of(struct sv_slice text)
{
    return ((unsigned char)text.data[0] * 3u + (unsigned char)text.data[1]) % BUCKETS;
}

static void fill_tables(struct sv_words *words)
{
    for (size_t b = 0; b < BUCKETS; b++)
        for (size_t i = words->starts[b]; i < words->starts[b + 1]; i++)
            for (size_t at = 0; at < LOOKED_AT; at++) {
                struct sv_slice text = words->texts[i];
                if (at >= text.len) { /* whatever stands there */
                    for (unsigned c = 0; c < 256; c++)
                        note_byte(words, at, (char)c, b);
                    continue;
                }
                note_byte(words, at, text.data[at], b);
                if (words->is_folded && text.data[at] >= 'a' && text.data[at] <= 'z')
                    note_byte(words, at, (char)(text.data[at] - ('a' - 'A')), b);
            }
}

const struct sv_words *sv_words_new(struct sv_arena *arena, const struct sv_slice *texts, size_t count, bool is_folded)
{
    size_t bytes = 0;
    if (count == 0 || count > SV_WORDS_MAX)
        return NULL;
    for (size_t i = 0; i < count; i++) {
        if (texts[i].len < SV_WORDS_SHORTEST)
            return NULL;
        bytes += texts[i].len;
    }
    struct sv_words *words = sv_arena_calloc(arena, 1, sizeof *words);
    char *copy = sv_arena_alloc(arena, bytes);
    words->is_folded = is_folded;
    words->shortest = SIZE_MAX;
    size_t n = 0;
    for (size_t b = 0; b < BUCKETS; b++) {
        words->starts[b] = n;
        for (size_t i = 0; i < count; i++) {
            if (bucket_of(texts[i]) != b)
                continue;
            for (size_t c = 0; c < texts[i].len; c++)
                copy[c] = is_folded ? lower(texts[i].data[c]) : texts[i].data[c];
            words->numbers[n] = (uint8_t)i;
            words->texts[n++] = sv_slice(copy, texts[i].len);
            copy += texts[i].len;
            if (texts[i].len < words->shortest)
                words->shortest = texts[i].len;
        }
    }
    words->starts[BUCKETS] = n;
    fill_tables(words);
#ifdef BY_AVX2
    words->is_fast = sv_cpu_has_avx2();
#endif
    return words;
}

static bool stands_at(const struct sv_words *words, struct sv_slice word, const char *p, const char *end)
{
    if ((size_t)(end - p) < word.len)
        return false;
    if (!words->is_folded)
        return sv_same_bytes(p, word.data, word.len);
    for (size_t i = 0; i < word.len; i++)
        if (lower(p[i]) != word.data[i])
            return false;
    return true;
}

/* One of the words in these buckets. */
static bool one_stands_at(const struct sv_words *words, unsigned buckets, const char *p, const char *end)
{
    for (; buckets != 0; buckets &= buckets - 1) {
        size_t b = (size_t)__builtin_ctz(buckets);
        for (size_t i = words->starts[b]; i < words->starts[b + 1]; i++)
            if (stands_at(words, words->texts[i], p, end))
                return true;
    }
    return false;
}

static bool found_plainly(const struct sv_words *words, const char *p, const char *end)
{
    for (; (size_t)(end - p) >= words->shortest; p++) {
        unsigned buckets = words->bytes[0][(unsigned char)p[0]] & words->bytes[1][(unsigned char)p[1]];
        if (buckets != 0 && end - p > 2)
            buckets &= words->bytes[2][(unsigned char)p[2]];
        if (buckets != 0 && one_stands_at(words, buckets, p, end))
            return true;
    }
    return false;
}

#ifdef BY_AVX2
/* The buckets that 32 bytes allow, by the halves of each. */
BY_AVX2 static inline __m256i allowed(__m256i bytes, __m256i low, __m256i high)
{
    const __m256i nibble = _mm256_set1_epi8(0x0F);
    return _mm256_and_si256(_mm256_shuffle_epi8(low, _mm256_and_si256(bytes, nibble)),
                            _mm256_shuffle_epi8(high, _mm256_and_si256(_mm256_srli_epi16(bytes, 4), nibble)));
}

BY_AVX2 static inline __m256i table(const uint8_t half[16])
{
    return _mm256_broadcastsi128_si256(_mm_loadu_si128((const __m128i *)(const void *)half));
}

BY_AVX2 static bool found_by_avx2(const struct sv_words *words, const char *p, const char *end)
{
    const __m256i low0 = table(words->low[0]), low1 = table(words->low[1]), low2 = table(words->low[2]);
    const __m256i high0 = table(words->high[0]), high1 = table(words->high[1]), high2 = table(words->high[2]);
    for (; end - p >= 32 + LOOKED_AT - 1; p += 32) {
        __m256i a = _mm256_loadu_si256((const __m256i *)(const void *)p), b = _mm256_loadu_si256((const __m256i *)(const void *)(p + 1)),
                c = _mm256_loadu_si256((const __m256i *)(const void *)(p + 2));
        __m256i all = _mm256_and_si256(_mm256_and_si256(allowed(a, low0, high0), allowed(b, low1, high1)), allowed(c, low2, high2));
        unsigned places = ~(unsigned)_mm256_movemask_epi8(_mm256_cmpeq_epi8(all, _mm256_setzero_si256()));
        if (places == 0)
            continue;
        uint8_t buckets[32] SV_UNCLEARED;
        _mm256_storeu_si256((__m256i *)(void *)buckets, all);
        for (; places != 0; places &= places - 1) {
            unsigned at = (unsigned)__builtin_ctz(places);
            if (one_stands_at(words, buckets[at], p + at, end))
                return true;
        }
    }
    return found_plainly(words, p, end);
}
#endif

/* ---- which of them ---- */

struct search {
    uint64_t found;   /* by the numbers of the texts */
    unsigned buckets; /* with words that were not found yet */
    const char *end;
};

/* Notes the words of these buckets that stand at p; a bucket all of whose words are found is done with. */
static void note_those_at(const struct sv_words *words, struct search *search, unsigned buckets, const char *p)
{
    for (buckets &= search->buckets; buckets != 0; buckets &= buckets - 1) {
        size_t b = (size_t)__builtin_ctz(buckets), left = 0;
        for (size_t i = words->starts[b]; i < words->starts[b + 1]; i++) {
            uint64_t bit = UINT64_C(1) << words->numbers[i];
            if (!(search->found & bit) && stands_at(words, words->texts[i], p, search->end))
                search->found |= bit;
            left += !(search->found & bit);
        }
        if (left == 0)
            search->buckets &= ~(1u << b);
    }
}

static void which_plainly(const struct sv_words *words, struct search *search, const char *p)
{
    for (; (size_t)(search->end - p) >= words->shortest && search->buckets != 0; p++) {
        unsigned buckets = words->bytes[0][(unsigned char)p[0]] & words->bytes[1][(unsigned char)p[1]];
        if (buckets != 0 && search->end - p > 2)
            buckets &= words->bytes[2][(unsigned char)p[2]];
        if (buckets != 0)
            note_those_at(words, search, buckets, p);
    }
}

#ifdef BY_AVX2
BY_AVX2 static void which_by_avx2(const struct sv_words *words, struct search *search, const char *p)
{
    enum { STEP = 32, LOAD = STEP + LOOKED_AT - 1 };
    const __m256i low0 = table(words->low[0]), low1 = table(words->low[1]), low2 = table(words->low[2]);
    const __m256i high0 = table(words->high[0]), high1 = table(words->high[1]), high2 = table(words->high[2]);
    char tail[LOAD] SV_UNCLEARED;
    while ((size_t)(search->end - p) >= words->shortest && search->buckets != 0) {
        const char *from = p;
        if (search->end - p < LOAD) { /* zeros behind the text; what then looks like a word is too long for it */
            memset(tail, 0, sizeof tail);
            memcpy(tail, p, (size_t)(search->end - p));
            from = tail;
        }
        __m256i a = _mm256_loadu_si256((const __m256i *)(const void *)from), b = _mm256_loadu_si256((const __m256i *)(const void *)(from + 1)),
                c = _mm256_loadu_si256((const __m256i *)(const void *)(from + 2));
        __m256i all = _mm256_and_si256(_mm256_and_si256(allowed(a, low0, high0), allowed(b, low1, high1)), allowed(c, low2, high2));
        unsigned places = ~(unsigned)_mm256_movemask_epi8(_mm256_cmpeq_epi8(all, _mm256_setzero_si256()));
        if (places != 0) {
            uint8_t buckets[STEP] SV_UNCLEARED;
            _mm256_storeu_si256((__m256i *)(void *)buckets, all);
            for (; places != 0; places &= places - 1) {
                unsigned at = (unsigned)__builtin_ctz(places);
                if (p + at >= search->end)
                    return;
                note_those_at(words, search, buckets[at], p + at);
            }
        }
        if (search->end - p <= STEP)
            return;
        p += STEP;
    }
}
#endif

static struct search begin_search(const struct sv_words *words, struct sv_slice text)
{
    struct search search = {.end = sv_slice_end(text)};
    for (size_t b = 0; b < BUCKETS; b++)
        search.buckets |= (unsigned)(words->starts[b + 1] > words->starts[b]) << b;
    return search;
}

uint64_t sv_words_which(const struct sv_words *words, struct sv_slice text)
{
    struct search search = begin_search(words, text);
#ifdef BY_AVX2
    if (words->is_fast) {
        which_by_avx2(words, &search, text.data);
        return search.found;
    }
#endif
    which_plainly(words, &search, text.data);
    return search.found;
}

uint64_t sv_words_which_plainly(const struct sv_words *words, struct sv_slice text)
{
    struct search search = begin_search(words, text);
    which_plainly(words, &search, text.data);
    return search.found;
}

const struct sv_slice *sv_words_texts(const struct sv_words *words, size_t *count)
{
    *count = words->starts[BUCKETS];
    return words->texts;
}

bool sv_words_found_plainly(const struct sv_words *words, struct sv_slice text)
{
    return found_plainly(words, text.data, sv_slice_end(text));
}

bool sv_words_found(const struct sv_words *words, struct sv_slice text)
{
#ifdef BY_AVX2
    if (words->is_fast)
        return found_by_avx2(words, text.data, sv_slice_end(text));
#endif
    return found_plainly(words, text.data, sv_slice_end(text));
}
