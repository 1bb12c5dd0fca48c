/* SPDX-License-Identifier: ISC */
/* fuzz_glob.c - a pattern (the first line) against a text (the rest): the matcher agrees with a table of all prefixes, and
 * searching agrees with trying every place. */
#include <stdint.h>
#include <stdlib.h>

#include "base/slice.h"

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size);

enum { MOST = 200 };

struct token {
    bool run, any, negated;
    const unsigned char *set; /* NULL: the byte `one` */
    size_t set_len;
    unsigned char one;
};

static void require(bool holds)
{
    if (!holds)
        abort();
}

/* Behind the members of a set that starts at i, where `]` must stand. */
static size_t set_end(const unsigned char *p, size_t len, size_t i)
{
    for (size_t first = i; i < len && (p[i] != ']' || i == first);)
        i += i + 2 < len && p[i + 1] == '-' && p[i + 2] != ']' ? 3 : 1;
    return i;
}

static size_t tokenize(const unsigned char *p, size_t len, struct token *tokens)
{
    size_t n = 0;
    for (size_t i = 0; i < len; i++) {
        struct token t = {.one = p[i]};
        if (p[i] == '*' || p[i] == '?') {
            t.run = p[i] == '*';
            t.any = true;
        } else if (p[i] == '\\' && i + 1 < len) {
            t.one = p[++i];
        } else if (p[i] == '[') {
            bool negated = i + 1 < len && (p[i + 1] == '!' || p[i + 1] == '^');
            size_t first = i + 1 + negated, end = set_end(p, len, first);
            if (end < len) {
                t.negated = negated;
                t.set = p + first;
                t.set_len = end - first;
                i = end;
            }
        }
        tokens[n++] = t;
    }
    return n;
}

static bool takes(const struct token *t, unsigned char c)
{
    if (t->any || t->set == NULL)
        return t->any || t->one == c;
    bool found = false;
    for (size_t i = 0; i < t->set_len;) {
        bool range = i + 2 < t->set_len && t->set[i + 1] == '-';
        found |= range ? c >= t->set[i] && c <= t->set[i + 2] : c == t->set[i];
        i += range ? 3 : 1;
    }
    return found != t->negated;
}

static bool matches(const struct token *tokens, size_t count, const unsigned char *s, size_t len)
{
    bool row[MOST + 1] = {true}; /* row[i]: the tokens so far match the first i bytes */
    for (size_t t = 0; t < count; t++) {
        if (tokens[t].run) {
            for (size_t i = 1; i <= len; i++)
                row[i] = row[i] || row[i - 1];
            continue;
        }
        for (size_t i = len; i > 0; i--)
            row[i] = row[i - 1] && takes(&tokens[t], s[i - 1]);
        row[0] = false;
    }
    return row[len];
}

static const char *search(struct sv_slice s, struct sv_slice needle)
{
    for (size_t i = 0; i + needle.len <= s.len; i++)
        if (needle.len == 0 || memcmp(s.data + i, needle.data, needle.len) == 0)
            return s.data + i;
    return NULL;
}

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
    const uint8_t *newline = size > 0 ? memchr(data, '\n', size) : NULL;
    if (newline == NULL)
        return 0;
    size_t pattern_len = (size_t)(newline - data), len = size - pattern_len - 1;
    struct sv_slice pattern = sv_slice((const char *)data, pattern_len < MOST ? pattern_len : MOST);
    struct sv_slice text = sv_slice((const char *)newline + 1, len < MOST ? len : MOST);
    struct token tokens[MOST];
    size_t count = tokenize(data, pattern.len, tokens);
    require(sv_slice_glob(pattern, text) == matches(tokens, count, newline + 1, text.len));
    require(sv_slice_find(text, pattern) == search(text, pattern));
    require(sv_slice_starts(text, pattern) == (pattern.len <= text.len && sv_slice_compare(sv_slice(text.data, pattern.len), pattern) == 0));
    return 0;
}
