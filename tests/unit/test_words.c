/* SPDX-License-Identifier: ISC */
/* Texts looked for all at once, beside looking for each; and what a pattern's matches must contain, beside searching all the same. */
#include <stdlib.h>

#include "base/buf.h"
#include "cel/regex.h"
#include "cel/regex_factors.h"
#include "cel/words.h"
#include "measure/random.h"
#include "tap.h"

static struct sv_random dice;

static unsigned below(unsigned limit)
{
    return sv_random_below(&dice, limit);
}

/* ---- words ---- */

static char lower(char c)
{
    return c >= 'A' && c <= 'Z' ? (char)(c + 32) : c;
}

static bool contains(struct sv_slice text, struct sv_slice word, bool is_folded)
{
    for (size_t at = 0; at + word.len <= text.len; at++) {
        size_t i = 0;
        while (i < word.len && (text.data[at + i] == word.data[i] || (is_folded && lower(text.data[at + i]) == lower(word.data[i]))))
            i++;
        if (i == word.len)
            return true;
    }
    return false;
}

static void fill(char *to, size_t len)
{
    static const char letters[] = "abcABCxyz -_\xC3\xA9\xFF\x80/";
    for (size_t i = 0; i < len; i++)
        to[i] = letters[below(sizeof letters - 1)];
}

static void test_words(void)
{
    size_t wrong = 0, found = 0, which = 0;
    for (int round = 0; round < 20000; round++) {
        struct sv_arena arena = {0};
        struct sv_slice texts[SV_WORDS_MAX];
        size_t count = 1 + below(round % 4 == 0 ? SV_WORDS_MAX : 6), len = below(round % 8 == 0 ? 400 : 90);
        bool is_folded = below(2) == 0, is_there = false;
        for (size_t i = 0; i < count; i++) {
            size_t size = 2 + below(5);
            char *word = sv_arena_alloc(&arena, size);
            fill(word, size);
            texts[i] = sv_slice(word, size);
        }
        char *text = malloc(len + 1), *exact = malloc(len); /* of just that size, so that a sanitizer sees a byte too far */
        fill(text, len);
        memcpy(exact, text, len);
        uint64_t those = 0;
        for (size_t i = 0; i < count; i++)
            those |= (uint64_t)contains(sv_slice(exact, len), texts[i], is_folded) << i;
        is_there = those != 0;
        const struct sv_words *words = sv_words_new(&arena, texts, count, is_folded);
        wrong += words == NULL || sv_words_found(words, sv_slice(exact, len)) != is_there ||
                 sv_words_found_plainly(words, sv_slice(exact, len)) != is_there;
        found += is_there;
        which += words == NULL || sv_words_which(words, sv_slice(exact, len)) != those || sv_words_which_plainly(words, sv_slice(exact, len)) != those;
        free(text);
        free(exact);
        sv_arena_free(&arena);
    }
    ok(wrong == 0 && found > 3000 && found < 17000, "all at once finds what one by one finds: in %zu of 20000 texts", found);
    is_int((int64_t)which, 0, "and which of them it is");
    struct sv_arena arena = {0};
    struct sv_slice one = SV_SLICE("a"), two = SV_SLICE("ab"), many[SV_WORDS_MAX + 1];
    for (size_t i = 0; i <= SV_WORDS_MAX; i++)
        many[i] = two;
    ok(sv_words_new(&arena, &one, 1, false) == NULL && sv_words_new(&arena, &two, 0, false) == NULL, "no words, or too short ones, are none");
    ok(sv_words_new(&arena, many, SV_WORDS_MAX, false) != NULL && sv_words_new(&arena, many, SV_WORDS_MAX + 1, false) == NULL, "so many and no more");
    ok(!sv_words_found(sv_words_new(&arena, &two, 1, true), (struct sv_slice){0}), "nothing contains none of them");
    sv_arena_free(&arena);
}

/* ---- what patterns force ---- */

static void forces(const char *pattern, const char *text, bool may)
{
    struct sv_arena arena = {0};
    const struct sv_words *words = sv_regex_factors(&arena, sv_slice_str(pattern));
    if (text == NULL)
        ok(words == NULL, "/%s/ forces nothing", pattern);
    else
        ok(words != NULL && sv_words_found(words, sv_slice_str(text)) == may, "/%s/ %s match in \"%s\"", pattern, may ? "may" : "cannot", text);
    sv_arena_free(&arena);
}

static void test_factors(void)
{
    forces("git\\s+push", "git pull", false);
    forces("git\\s+push", "xpush", true);
    forces("rm|mv|cp", "ls", false);
    forces("rm|mv|cp", "a cp b", true);
    forces("a(?:b|c)?def", "acdef", true);
    forces("a(?:b|c)?def", "ade", false);
    forces("(?i)Ignore all", "IGNORE ALL", true);
    forces("(?i)ignore (?:all )?instructions", "do ignore these", false);
    forces("(?i)kiss", NULL, false);              /* the Kelvin sign is a k, the long s an s */
    forces("(?i)brisk", "bri\xE2\x84\xAA", true); /* so only "bri" is sure */
    forces("foo*", "fo", true);
    forces("(?:foo)*", NULL, false);
    forces("(?:foo)+", "fo", false);
    forces("foo{0,3}bar", "bar", true);
    forces("[ab]cd", "xcd", false);
    forces("[a-f]cd", "xcd", true);
    forces("[^a]cd|ef", "gh", false);
    forces("\\d+", NULL, false);
    forces("a|.*", NULL, false);
    forces("\\Qa.b\\E+c", "axbc", false);
    forces("\\x61\\x{62}c", "abd", false);
    forces("a\\.b", "acb", false);
    forces("[\\x{E0020}-\\x{E007E}]{4}", "\xF3\xA0\x80\xA0", true);
    forces("[\\x{E0020}-\\x{E007E}]{4}", "plain", false);
    forces("(?:ab(?i)cd|ef)gh", "EFGH", true);
    forces("(?P<name>abc)", "ab", false);
    forces("^abc$", "abd", false);
    forces("", NULL, false);
}

static void put_thing(struct sv_buf *out, int depth)
{
    static const char *const things[] = {"a", "b", "K", "s", "\xC3\xA9", "\xC5\xBF", ".", "[ab]", "[^a]", "[a-c]",
                                         "\\d", "\\w", "\\.", "\\x62", "\\b", "^", "$", "ab", "cd", "\\Qa.\\E"};
    static const char *const repetitions[] = {"*", "+", "?", "{2}", "{0,1}", "{1,3}", "*?", "+?"};
    bool is_group = depth < 4 && below(4) == 0, is_anchor = false;
    if (is_group) {
        static const char *const opens[] = {"(", "(?:", "(?i:", "(?i)(", "(?-i:"};
        const char *open = opens[below(sizeof opens / sizeof *opens)];
        sv_buf_str(out, open);
        for (unsigned n = 1 + below(3); n > 0; n--) {
            for (unsigned m = below(4); m > 0; m--)
                put_thing(out, depth + 1);
            if (n > 1)
                sv_buf_char(out, '|');
        }
        sv_buf_char(out, ')');
    } else {
        const char *thing = things[below(sizeof things / sizeof *things)];
        is_anchor = strcmp(thing, "\\b") == 0 || *thing == '^' || *thing == '$';
        sv_buf_str(out, thing);
    }
    if (!is_anchor && below(4) == 0)
        sv_buf_str(out, repetitions[below(sizeof repetitions / sizeof *repetitions)]);
}

static void put_subject(struct sv_buf *out)
{
    static const char *const pieces[] = {"a", "b", "c", "d", "A", "B", "k", "K", "S", "s", "\xC3\xA9",
                                         "\xC3\x89", "\xC5\xBF", "\xE2\x84\xAA", ".", " ", "1", "ab", "cd", "a."};
    for (unsigned n = below(12); n > 0; n--)
        sv_buf_str(out, pieces[below(sizeof pieces / sizeof *pieces)]);
}

static void test_sound(void)
{
    size_t patterns = 0, wrong = 0, matches = 0, spared = 0, forced = 0;
    struct sv_buf pattern = {0}, subject = {0};
    while (patterns < 4000) {
        sv_buf_clear(&pattern);
        for (unsigned n = 1 + below(6); n > 0; n--) {
            put_thing(&pattern, 0);
            if (n > 1 && below(6) == 0)
                sv_buf_char(&pattern, '|');
        }
        struct sv_regex *regex = sv_regex_new(sv_buf_slice(&pattern), NULL);
        if (regex == NULL)
            continue;
        patterns++;
        struct sv_arena arena = {0};
        const struct sv_words *words = sv_regex_factors(&arena, sv_buf_slice(&pattern));
        forced += words != NULL;
        for (int i = 0; i < 20; i++) {
            sv_buf_clear(&subject);
            put_subject(&subject);
            sv_regex_thorough(true);
            enum sv_regex_result all = sv_regex_search(regex, sv_buf_slice(&subject), NULL, NULL);
            sv_regex_thorough(false);
            enum sv_regex_result quick = sv_regex_search(regex, sv_buf_slice(&subject), NULL, NULL);
            bool is_out = words != NULL && !sv_words_found(words, sv_buf_slice(&subject));
            matches += all == SV_REGEX_YES;
            spared += is_out;
            bool is_same = quick == all || (all == SV_REGEX_LIMIT && quick == SV_REGEX_NO && is_out); /* told without looking so far */
            if ((!is_same || (is_out && all == SV_REGEX_YES)) && wrong++ == 0)
                printf("# /%.*s/ in \"%.*s\"\n", (int)pattern.len, pattern.data, (int)subject.len, subject.data);
        }
        sv_arena_free(&arena);
        sv_regex_free(regex);
    }
    ok(wrong == 0 && matches > 10000 && spared > 5000,
       "4000 patterns: %zu force something, no match of %zu is missed, %zu texts are not searched", forced, matches, spared);
    sv_buf_free(&pattern);
    sv_buf_free(&subject);
}

int main(void)
{
    sv_random_seed(&dice, 1);
    test_words();
    test_factors();
    test_sound();
    return done();
}
