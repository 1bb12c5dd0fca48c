/* SPDX-License-Identifier: ISC */
#include "cel/regex_factors.h"

#include "base/mem.h"
#include "base/utf8.h"

enum {
    SET_MAX = 24,    /* texts of a part that is told exactly */
    TEXT_MAX = 24,   /* bytes of each */
    DEPTH_MAX = 60   /* deeper groups are not looked into */
};

struct set {
    struct sv_slice items[SV_WORDS_MAX];
    size_t count;
};

/* What is known of a part of the pattern: all texts that it matches, or some of which each match contains one. */
struct part {
    bool is_exact;
    bool is_certain;  /* of one that is not exact: texts holds */
    struct set texts;
};

struct reader {
    struct sv_slice pattern;
    size_t at;
    struct sv_arena arena;
    bool is_folded;   /* (?i), here */
    bool was_folded;  /* anywhere */
    size_t depth;
};

static char peek(const struct reader *r, size_t ahead)
{
    return r->at + ahead < r->pattern.len ? r->pattern.data[r->at + ahead] : '\0';
}

static bool is_over(const struct reader *r)
{
    return r->at >= r->pattern.len;
}

/* ---- sets ---- */

static void set_exact(struct part *part, struct sv_slice text)
{
    part->is_exact = true;
    part->is_certain = false;
    part->texts.items[0] = text;
    part->texts.count = 1;
}

static void set_unknown(struct part *part)
{
    part->is_exact = part->is_certain = false;
    part->texts.count = 0;
}

static size_t shortest(const struct set *set)
{
    size_t least = SIZE_MAX;
    for (size_t i = 0; i < set->count; i++)
        if (set->items[i].len < least)
            least = set->items[i].len;
    return set->count > 0 ? least : 0;
}

/* A set is mostly room. */
static void copy_set(struct set *to, const struct set *from)
{
    to->count = from->count;
    memcpy(to->items, from->items, from->count * sizeof *from->items);
}

static void copy_part(struct part *to, const struct part *from)
{
    to->is_exact = from->is_exact;
    to->is_certain = from->is_certain;
    copy_set(&to->texts, &from->texts);
}

/* Takes over what is the better one to look for: the longer its shortest text, then the fewer. */
static void consider(struct part *best, const struct set *set)
{
    size_t ours = best->is_certain ? shortest(&best->texts) : 0, theirs = shortest(set);
    if (theirs == 0 || theirs < ours || (theirs == ours && best->texts.count <= set->count))
        return;
    copy_set(&best->texts, set);
    best->is_certain = true;
}

static bool add(struct set *to, struct sv_slice text)
{
    for (size_t i = 0; i < to->count; i++)
        if (sv_slice_equal(to->items[i], text))
            return true;
    if (to->count == SV_WORDS_MAX)
        return false;
    to->items[to->count++] = text;
    return true;
}

/* Each text of `to` with each of `more` behind it; false, and nothing changed, when these are too many or too long. */
static bool join(struct reader *r, struct set *to, const struct set *more)
{
    if (to->count * more->count > SET_MAX)
        return false;
    for (size_t i = 0; i < to->count; i++)
        for (size_t j = 0; j < more->count; j++)
            if (to->items[i].len + more->items[j].len > TEXT_MAX)
                return false;
    struct set joined SV_UNCLEARED;
    joined.count = 0;
    for (size_t i = 0; i < to->count; i++)
        for (size_t j = 0; j < more->count; j++) {
            size_t len = to->items[i].len;
            char *text = sv_arena_alloc(&r->arena, len + more->items[j].len);
            memcpy(text, to->items[i].data, len);
            memcpy(text + len, more->items[j].data, more->items[j].len);
            add(&joined, sv_slice(text, len + more->items[j].len));
        }
    copy_set(to, &joined);
    return true;
}

/* ---- one thing ---- */

/* A character as it stands. In either case it may be written with letters of other alphabets, too: the Kelvin sign is a k, the
 * long s an s. */
static void take_character(struct reader *r, uint32_t code, struct part *part)
{
    if (r->is_folded && (code >= 0x80 || strchr("kKsS", (int)code) != NULL)) {
        set_unknown(part);
        return;
    }
    if (r->is_folded && code >= 'A' && code <= 'Z')
        code += 'a' - 'A';
    char *text = sv_arena_alloc(&r->arena, 4);
    set_exact(part, sv_slice(text, sv_utf8_encode(code, text)));
}

static uint32_t hex_value(struct sv_slice digits)
{
    uint32_t value = 0;
    for (size_t i = 0; i < digits.len && value < 0x1000000; i++) {
        char c = digits.data[i];
        value = value * 16 + (uint32_t)(c <= '9' ? c - '0' : (c | 0x20) - 'a' + 10);
    }
    return value;
}

/* \x41 or \x{1F600}, from the x on. */
static uint32_t take_hex(struct reader *r)
{
    size_t start = ++r->at;
    if (peek(r, 0) == '{') {
        start = ++r->at;
        while (!is_over(r) && peek(r, 0) != '}')
            r->at++;
        uint32_t value = hex_value(sv_slice(r->pattern.data + start, r->at - start));
        r->at++;
        return value;
    }
    r->at += 2;
    return r->at <= r->pattern.len ? hex_value(sv_slice(r->pattern.data + start, 2)) : 0;
}

/* The code of an escape that is a character, from the backslash on; false, and nothing read, when it is something else. */
static bool take_escaped(struct reader *r, uint32_t *code)
{
    static const char named[] = "nrtfva", values[] = "\n\r\t\f\v\a";
    char c = peek(r, 1);
    const char *name = c != '\0' ? strchr(named, c) : NULL;
    bool is_sign = c > ' ' && c < 0x7F && !((c >= '0' && c <= '9') || (c >= 'A' && c <= 'Z') || (c >= 'a' && c <= 'z'));
    if (name != NULL)
        *code = (uint32_t)values[name - named];
    else if (is_sign)
        *code = (uint32_t)c;
    else if (c != 'x')
        return false;
    r->at += 1 + (c != 'x');
    if (c == 'x')
        *code = take_hex(r);
    return true;
}

static void take_unicode_class(struct reader *r)
{
    r->at += 2;
    if (peek(r, 0) == '{')
        while (!is_over(r) && peek(r, 0) != '}')
            r->at++;
    r->at++;
}

static void take_escape(struct reader *r, struct part *part)
{
    uint32_t code;
    if (take_escaped(r, &code)) {
        take_character(r, code, part);
        return;
    }
    char c = peek(r, 1);
    set_unknown(part);
    if (c == 'p' || c == 'P') {
        take_unicode_class(r);
        return;
    }
    r->at += 2;
    if (strchr("AzbB", c) != NULL)
        set_exact(part, SV_SLICE("")); /* matches no text */
    else if (c >= '0' && c <= '7') /* octal */
        while (peek(r, 0) >= '0' && peek(r, 0) <= '7')
            r->at++;
}

/* [...], from the bracket on: few single characters are told, else, of one range of rare ones, how they begin. */
static void take_brackets(struct reader *r, struct part *part)
{
    enum { FEW = 4 };
    uint32_t codes[FEW], low = 0, high = 0;
    size_t count = 0, ranges = 0;
    bool is_plain = peek(r, 1) != '^', is_first = true;
    set_unknown(part);
    r->at += is_plain ? 1 : 2;
    for (; !is_over(r) && (peek(r, 0) != ']' || is_first); is_first = false) {
        uint32_t code = 0;
        if (peek(r, 0) == '[' && peek(r, 1) == ':') { /* [:alpha:] */
            is_plain = false;
            for (r->at += 2; !is_over(r) && peek(r, 0) != ']';)
                r->at++;
            r->at++;
            continue;
        }
        if (peek(r, 0) == '\\') {
            if (!take_escaped(r, &code)) {
                is_plain = false;
                if (peek(r, 1) == 'p' || peek(r, 1) == 'P')
                    take_unicode_class(r);
                else
                    r->at += 2;
                continue;
            }
        } else {
            const char *p = r->pattern.data + r->at;
            code = sv_utf8_decode(&p);
            r->at = (size_t)(p - r->pattern.data);
        }
        if (ranges == 1 && high == UINT32_MAX) {
            high = code;
        } else if (count < FEW) {
            codes[count++] = code;
        } else {
            is_plain = false;
        }
        if (peek(r, 0) == '-' && peek(r, 1) != ']' && peek(r, 1) != '\0') {
            low = code;
            high = UINT32_MAX;
            ranges++;
            r->at++;
        }
    }
    r->at++;
    if (!is_plain || count == 0)
        return;
    if (ranges == 0) {
        struct part one SV_UNCLEARED;
        part->is_exact = true;
        for (size_t i = 0; i < count && part->is_exact; i++) {
            take_character(r, codes[i], &one);
            part->is_exact = one.is_exact;
            if (one.is_exact)
                add(&part->texts, one.texts.items[0]);
        }
        if (!part->is_exact)
            set_unknown(part);
    } else if (ranges == 1 && count == 1 && low >= 0x20000 && high >= low && high <= 0x10FFFF && low >> 12 == high >> 12) {
        char *text = sv_arena_alloc(&r->arena, 4);
        sv_utf8_encode(low, text); /* up there is no upper and lower case */
        part->is_certain = true;
        part->texts.count = 0;
        add(&part->texts, sv_slice(text, 2)); /* the rest of four bytes is of the lower 12 bits */
    }
}

static void take_choice(struct reader *r, struct part *part);

/* (?flags) or (?flags:, behind the question mark; true: a group begins. */
static bool take_flags(struct reader *r)
{
    bool is_on = true;
    for (; !is_over(r) && peek(r, 0) != ')' && peek(r, 0) != ':'; r->at++) {
        if (peek(r, 0) == '-')
            is_on = false;
        else if (peek(r, 0) == 'i')
            r->is_folded = is_on;
    }
    r->was_folded |= r->is_folded;
    return peek(r, 0) == ':';
}

static void take_group(struct reader *r, struct part *part)
{
    bool was_folded = r->is_folded;
    r->at++;
    if (peek(r, 0) == '?') {
        r->at++;
        if (peek(r, 0) == 'P' || peek(r, 0) == '<') {
            while (!is_over(r) && peek(r, 0) != '>')
                r->at++;
        } else if (!take_flags(r)) { /* for the rest of the group around it */
            r->at++;
            set_exact(part, SV_SLICE(""));
            return;
        }
        r->at++;
    }
    take_choice(r, part);
    r->at++; /* the closing one */
    r->is_folded = was_folded;
}

static void take_quoted(struct reader *r, struct part *part)
{
    set_exact(part, SV_SLICE(""));
    for (r->at += 2; !is_over(r) && !(peek(r, 0) == '\\' && peek(r, 1) == 'E');) {
        struct part one SV_UNCLEARED;
        const char *p = r->pattern.data + r->at;
        take_character(r, sv_utf8_decode(&p), &one);
        r->at = (size_t)(p - r->pattern.data);
        if (!one.is_exact || !part->is_exact || !join(r, &part->texts, &one.texts))
            set_unknown(part);
    }
    r->at += 2;
}

/* {n}, {n,} or {n,m}, or a brace; true: a count, read, with its least. */
static bool take_count(struct reader *r, unsigned *least)
{
    size_t n = 1;
    *least = 0;
    while (peek(r, n) >= '0' && peek(r, n) <= '9')
        *least = *least * 10 + (unsigned)(peek(r, n++) - '0');
    if (n == 1)
        return false;
    if (peek(r, n) == ',')
        for (n++; peek(r, n) >= '0' && peek(r, n) <= '9';)
            n++;
    if (peek(r, n) != '}')
        return false;
    r->at += n + 1;
    return true;
}

/* Behind a thing: how often it may come. */
static void take_repetition(struct reader *r, struct part *part)
{
    char c = peek(r, 0);
    unsigned least = c == '+' ? 1 : 0;
    if (c == '{') {
        if (!take_count(r, &least))
            return;
    } else if (c == '*' || c == '+' || c == '?') {
        r->at++;
    } else {
        return;
    }
    if (peek(r, 0) == '?')
        r->at++;
    if (c == '?' && part->is_exact && part->texts.count < SET_MAX) {
        add(&part->texts, SV_SLICE(""));
    } else if (least > 0) {
        if (part->is_exact)
            part->is_certain = shortest(&part->texts) > 0;
        part->is_exact = false;
    } else {
        set_unknown(part);
    }
}

static void take_thing(struct reader *r, struct part *part)
{
    char c = peek(r, 0);
    if (c == '(') {
        take_group(r, part);
    } else if (c == '[') {
        take_brackets(r, part);
    } else if (c == '\\' && peek(r, 1) == 'Q') {
        take_quoted(r, part);
    } else if (c == '\\') {
        take_escape(r, part);
    } else if (c == '^' || c == '$') {
        r->at++;
        set_exact(part, SV_SLICE(""));
    } else if (c == '.') {
        r->at++;
        set_unknown(part);
    } else {
        const char *p = r->pattern.data + r->at;
        take_character(r, sv_utf8_decode(&p), part);
        r->at = (size_t)(p - r->pattern.data);
    }
    take_repetition(r, part);
}

/* Things behind each other, up to a | or the group's end. */
static void take_sequence(struct reader *r, struct part *part)
{
    struct part best SV_UNCLEARED, here SV_UNCLEARED, thing SV_UNCLEARED;
    bool is_exact = true;
    set_unknown(&best);
    set_exact(&here, SV_SLICE(""));
    while (!is_over(r) && peek(r, 0) != '|' && peek(r, 0) != ')') {
        take_thing(r, &thing);
        if (thing.is_exact && join(r, &here.texts, &thing.texts))
            continue;
        is_exact = false;
        consider(&best, &here.texts);
        if (thing.is_exact) {
            copy_set(&here.texts, &thing.texts);
            continue;
        }
        if (thing.is_certain)
            consider(&best, &thing.texts);
        set_exact(&here, SV_SLICE(""));
    }
    if (is_exact) {
        copy_part(part, &here);
        return;
    }
    consider(&best, &here.texts);
    copy_part(part, &best);
}

/* Sequences with | between them. */
static void take_choice(struct reader *r, struct part *part)
{
    struct part one SV_UNCLEARED;
    if (++r->depth > DEPTH_MAX) { /* the rest is not looked at */
        r->at = r->pattern.len;
        r->depth = SIZE_MAX / 2;
        set_unknown(part);
        return;
    }
    take_sequence(r, part);
    bool is_exact = part->is_exact, is_certain = part->is_exact ? shortest(&part->texts) > 0 : part->is_certain;
    while (!is_over(r) && peek(r, 0) == '|') {
        r->at++;
        take_sequence(r, &one);
        is_exact = is_exact && one.is_exact;
        is_certain = is_certain && (one.is_exact ? shortest(&one.texts) > 0 : one.is_certain);
        for (size_t i = 0; i < one.texts.count && (is_exact || is_certain); i++)
            if (!add(&part->texts, one.texts.items[i]))
                is_exact = is_certain = false;
    }
    r->depth--;
    part->is_exact = is_exact && part->texts.count <= SET_MAX;
    part->is_certain = is_certain;
    if (!part->is_exact && !part->is_certain)
        part->texts.count = 0;
}

const struct sv_words *sv_regex_factors(struct sv_arena *arena, struct sv_slice pattern)
{
    struct reader r = {.pattern = pattern};
    struct part whole SV_UNCLEARED;
    const struct sv_words *words = NULL;
    take_choice(&r, &whole);
    if (is_over(&r) && r.depth == 0 && (whole.is_exact || whole.is_certain) && shortest(&whole.texts) >= SV_WORDS_SHORTEST)
        words = sv_words_new(arena, whole.texts.items, whole.texts.count, r.was_folded);
    sv_arena_free(&r.arena);
    return words;
}
