/* SPDX-License-Identifier: ISC */
/* Patterns that are sound and yet not what anybody meant.
 *
 * Can a pattern match at all? Of a match in the making two things matter: whether something was read, so that ^ cannot hold any
 * more, and whether $ was passed, so that nothing may be read. These are four states; a piece of a pattern takes each to a set of
 * states, and a pattern that takes none anywhere can never match. What is not looked at (\b, (?m), what classes hold) counts as
 * possible: of a pattern that is told nothing is possible. */
#include "cel/regex.h"

enum { STATES = 4, START = 1, LATER = 2 }; /* bits: at the start, behind it; the same with the end passed */

/* Where a piece leads from each state. */
struct piece {
    uint8_t to[STATES];
};

static const struct piece nothing = {{0, 0, 0, 0}};
static const struct piece same = {{START, LATER, START << 2, LATER << 2}};
static const struct piece character = {{LATER, LATER, 0, 0}};
static const struct piece at_start = {{START, 0, START << 2, 0}};
static const struct piece at_end = {{START << 2, LATER << 2, START << 2, LATER << 2}};

struct walk {
    struct sv_slice pattern;
    size_t at;
};

static struct piece then(struct piece first, struct piece second)
{
    struct piece both = nothing;
    for (int from = 0; from < STATES; from++)
        for (int over = 0; over < STATES; over++)
            if (first.to[from] >> over & 1)
                both.to[from] |= second.to[over];
    return both;
}

static struct piece either(struct piece a, struct piece b)
{
    for (int from = 0; from < STATES; from++)
        a.to[from] |= b.to[from];
    return a;
}

static struct piece any_times(struct piece p)
{
    struct piece all = same;
    for (int i = 0; i < STATES; i++)
        all = either(all, then(all, p));
    return all;
}

static char peek(const struct walk *w, size_t ahead)
{
    return w->at + ahead < w->pattern.len ? w->pattern.data[w->at + ahead] : '\0';
}

static bool is_open(const struct walk *w)
{
    return w->at < w->pattern.len;
}

static bool is_digit(char c)
{
    return c >= '0' && c <= '9';
}

/* {n}, {n,}, {n,m} at the cursor: its length, 0 when the brace is a brace; is there a least number, and can there be more? */
static size_t count_length(const struct walk *w, unsigned *least, bool *more)
{
    size_t n = 1;
    unsigned most = 0;
    for (*least = 0; is_digit(peek(w, n)); n++)
        *least = *least < 1000 ? *least * 10 + (unsigned)(peek(w, n) - '0') : *least;
    *more = false;
    if (n == 1)
        return 0;
    if (peek(w, n) == ',') {
        size_t first = ++n;
        for (; is_digit(peek(w, n)); n++)
            most = most < 1000 ? most * 10 + (unsigned)(peek(w, n) - '0') : most;
        *more = n == first || most > *least;
    }
    return peek(w, n) == '}' ? n + 1 : 0;
}

static struct piece repeated(struct walk *w, struct piece p)
{
    unsigned least = 0;
    bool more = true;
    size_t length = 1;
    switch (peek(w, 0)) {
    case '*':
        break;
    case '+':
        least = 1;
        break;
    case '?':
        p = either(same, p);
        least = 1, more = false;
        break;
    case '{':
        length = count_length(w, &least, &more);
        if (length > 0)
            break;
        return p;
    default:
        return p;
    }
    w->at += length;
    if (peek(w, 0) == '?')
        w->at++;
    struct piece whole = more ? any_times(p) : same;
    for (unsigned i = 0; i < least && i < 2 * STATES; i++) /* more often leads nowhere else */
        whole = then(p, whole);
    return whole;
}

static void skip_class(struct walk *w)
{
    w->at += peek(w, 1) == '^' ? 2 : 1;
    for (bool is_first = true; is_open(w) && (is_first || peek(w, 0) != ']'); is_first = false) {
        if (peek(w, 0) == '[' && peek(w, 1) == ':') {
            while (is_open(w) && !(peek(w, 0) == ':' && peek(w, 1) == ']' ))
                w->at++;
            w->at += w->at + 1 < w->pattern.len;
        } else if (peek(w, 0) == '\\') {
            w->at++;
        }
        w->at++;
    }
    w->at++;
}

static struct piece escape(struct walk *w)
{
    char c = peek(w, 1);
    w->at += 2;
    if (c == 'Q') {
        size_t start = w->at;
        while (is_open(w) && !(peek(w, 0) == '\\' && peek(w, 1) == 'E'))
            w->at++;
        bool is_empty = w->at == start;
        w->at += is_open(w) ? 2 : 0;
        return is_empty ? same : character;
    }
    if (c == 'A')
        return at_start;
    if (c == 'z')
        return at_end;
    if (c == 'b' || c == 'B')
        return same;
    if ((c == 'x' || c == 'p' || c == 'P') && peek(w, 0) == '{')
        while (is_open(w) && w->pattern.data[w->at++] != '}')
            ;
    else if (c == 'x')
        w->at += 2;
    else if (c == 'p' || c == 'P')
        w->at++;
    else
        for (int i = 0; i < 2 && c >= '0' && c <= '7' && peek(w, 0) >= '0' && peek(w, 0) <= '7'; i++)
            w->at++;
    return character;
}

static struct piece choice(struct walk *w, bool lines);

/* ( at the cursor. Flags without a group, (?m), hold until the group around them ends: they go to *lines. */
static struct piece group(struct walk *w, bool *lines)
{
    bool inside = *lines, is_on = true;
    w->at++;
    if (peek(w, 0) == '?') {
        w->at++;
        if (peek(w, 0) == 'P' || peek(w, 0) == '<') {
            while (is_open(w) && w->pattern.data[w->at++] != '>')
                ;
        } else {
            for (; is_open(w) && peek(w, 0) != ':' && peek(w, 0) != ')'; w->at++) {
                is_on &= peek(w, 0) != '-';
                inside = peek(w, 0) == 'm' ? is_on : inside;
            }
            bool is_group = peek(w, 0) == ':';
            w->at++;
            if (!is_group) {
                *lines = inside;
                return same;
            }
        }
    }
    struct piece p = choice(w, inside);
    w->at++; /* ) */
    return p;
}

static struct piece sequence(struct walk *w, bool *lines)
{
    struct piece whole = same;
    while (is_open(w) && peek(w, 0) != '|' && peek(w, 0) != ')') {
        struct piece one = character;
        switch (peek(w, 0)) {
        case '(':
            one = group(w, lines);
            break;
        case '[':
            skip_class(w);
            break;
        case '\\':
            one = escape(w);
            break;
        case '^':
            one = *lines ? same : at_start;
            w->at++;
            break;
        case '$':
            one = *lines ? same : at_end;
            w->at++;
            break;
        default: /* a character of one or more bytes */
            for (w->at++; ((unsigned char)peek(w, 0) & 0xC0) == 0x80;)
                w->at++;
        }
        whole = then(whole, repeated(w, one));
    }
    return whole;
}

/* Recursion ends where the pattern was found to be nested too deeply. */
static struct piece choice(struct walk *w, bool lines)
{
    struct piece all = sequence(w, &lines);
    while (peek(w, 0) == '|') {
        w->at++;
        all = either(all, sequence(w, &lines));
    }
    return all;
}

const char *sv_regex_advice(const struct sv_regex *regex, struct sv_slice pattern)
{
    struct walk w = {.pattern = pattern};
    struct piece all = choice(&w, false);
    if ((all.to[0] | all.to[1]) == 0)
        return "this pattern can never match: something is read before ^ or behind $";
    bool in_all = sv_regex_matches_empty(regex);
    for (const char *text = "\1a"; *text != '\0' && in_all; text++) /* \B and its kin depend on what is there */
        in_all = sv_regex_search(regex, sv_slice(text, 1), NULL, NULL) == SV_REGEX_YES;
    if (in_all)
        return "this pattern matches the empty text, and so is found in every text";
    return NULL;
}
