/* SPDX-License-Identifier: ISC */
#include "cel/regex_scan.h"

#include "base/limits.h"
#include "base/utf8.h"

enum { REPEAT_MAX = 1000, GROUPS_MAX = 200 };

struct scan {
    struct sv_slice pattern;
    size_t at;
    struct sv_buf *out, *needle;
    struct sv_error *err;
    struct sv_buf run; /* literal text read just now, at the top */
    size_t last;       /* where in run its last character begins */
    bool is_folded;    /* (?i) stands somewhere: no text is certain */
    bool has_choice;   /* a | at the top */
    bool can_repeat;   /* there is something before the cursor that * may stand behind */
    bool was_repeated; /* the last thing was a repetition */
    uint32_t depth;
    uint32_t repeats[GROUPS_MAX + 1]; /* largest product of counts inside each open group, and at the top */
    size_t opened[GROUPS_MAX + 1];    /* where each open group begins */
    uint32_t last_repeats;            /* the same of the last thing read */
};

/* `length` bytes at `at` are what is wrong. */
static bool bad(struct scan *s, size_t at, size_t length, const char *what)
{
    if (at > s->pattern.len)
        at = s->pattern.len;
    if (length > s->pattern.len - at)
        length = s->pattern.len - at;
    if (length > 0)
        sv_error_set(s->err, SV_INPUT, "%s \"%.*s\"", what, (int)length, s->pattern.data + at);
    else
        sv_error_set(s->err, SV_INPUT, "%s", what);
    sv_error_at(s->err, NULL, 0, (uint32_t)at + 1);
    return false;
}

static char peek(const struct scan *s, size_t ahead)
{
    return s->at + ahead < s->pattern.len ? s->pattern.data[s->at + ahead] : '\0';
}

static bool looking_at(const struct scan *s, const char *text)
{
    return sv_slice_starts(sv_slice(s->pattern.data + s->at, s->pattern.len - s->at), sv_slice_str(text));
}

static bool is_digit(char c)
{
    return c >= '0' && c <= '9';
}

static bool is_word(char c)
{
    return (c >= 'a' && c <= 'z') || (c >= 'A' && c <= 'Z') || c == '_' || is_digit(c);
}

/* ---- the text that every match contains ---- */

/* The literal text read so far ends here; the longest is kept. */
static void end_run(struct scan *s)
{
    if (s->run.len > s->needle->len) {
        sv_buf_clear(s->needle);
        sv_buf_add(s->needle, sv_buf_slice(&s->run));
    }
    sv_buf_clear(&s->run);
}

static void run_character(struct scan *s, uint32_t code)
{
    if (s->depth > 0)
        return;
    char *room = sv_buf_room(&s->run, 4);
    s->last = s->run.len;
    s->run.len += sv_utf8_encode(code, room);
}

/* The last thing read may be missing, or come more than once. */
static void run_repeated(struct scan *s, bool may_be_missing)
{
    if (s->depth > 0)
        return;
    if (may_be_missing && s->run.len > s->last)
        s->run.len = s->last;
    end_run(s);
}

/* ---- characters ---- */

static void put_escape(struct scan *s, char c)
{
    sv_buf_char(s->out, '\\');
    sv_buf_char(s->out, c);
}

static void put_code(struct scan *s, uint32_t code)
{
    bool is_ascii = code >= 0x20 && code < 0x7F;
    if (is_ascii && !is_word((char)code))
        put_escape(s, (char)code);
    else if (is_ascii)
        sv_buf_char(s->out, (char)code);
    else
        sv_buf_printf(s->out, "\\x{%X}", (unsigned)code);
}

static void begin_atom(struct scan *s)
{
    s->can_repeat = true;
    s->was_repeated = false;
    s->last_repeats = 1;
}

static void literal(struct scan *s, uint32_t code)
{
    put_code(s, code);
    run_character(s, code);
    begin_atom(s);
}

static int hex_value(char c)
{
    if (is_digit(c))
        return c - '0';
    c |= 0x20;
    return c >= 'a' && c <= 'f' ? c - 'a' + 10 : -1;
}

/* An escape that stands for one character; the cursor is on the backslash and moves behind the escape. false with no error set
 * in *is_other: it is one of the others (classes, anchors). */
static bool escaped_code(struct scan *s, uint32_t *code, bool *is_other)
{
    size_t start = s->at;
    char c = peek(s, 1);
    *is_other = false;
    if (start + 1 >= s->pattern.len)
        return bad(s, start, 1, "nothing follows the backslash:");
    if (c >= '0' && c <= '7') {
        if (c != '0' && (peek(s, 2) < '0' || peek(s, 2) > '7'))
            return bad(s, start, 2, "backreferences are not supported:");
        uint32_t value = 0;
        size_t n = 1;
        for (; n <= 3 && peek(s, n) >= '0' && peek(s, n) <= '7'; n++)
            value = value * 8 + (uint32_t)(peek(s, n) - '0');
        *code = value;
        s->at += n;
        return true;
    }
    if (c == 'x') {
        uint32_t value = 0;
        size_t n = 2, digits = 0;
        bool has_brace = peek(s, 2) == '{';
        for (n += has_brace; hex_value(peek(s, n)) >= 0 && digits < (has_brace ? 8u : 2u); n++, digits++)
            value = value * 16 + (uint32_t)hex_value(peek(s, n));
        if (digits == 0 || (has_brace && peek(s, n) != '}') || (!has_brace && digits != 2) || value > 0x10FFFF ||
            (value >= 0xD800 && value <= 0xDFFF))
            return bad(s, start, n + 1, "bad hexadecimal escape");
        *code = value;
        s->at += n + has_brace;
        return true;
    }
    static const char from[] = "aftnrv", to[] = "\a\f\t\n\r\v";
    const char *simple = strchr(from, c);
    if (simple != NULL && c != '\0') {
        *code = (uint32_t)to[simple - from];
        s->at += 2;
        return true;
    }
    if ((unsigned char)c < 0x80 && c != '\0' && (!is_word(c) || c == '_')) {
        *code = (uint32_t)c;
        s->at += 2;
        return true;
    }
    *is_other = true;
    return false;
}

static bool bad_escape(struct scan *s, size_t start)
{
    size_t n = start + 1 < s->pattern.len ? sv_utf8_sequence(s->pattern.data + start + 1, s->pattern.data + s->pattern.len) : 0;
    return bad(s, start, 1 + n, "unknown escape");
}

/* ---- classes ---- */

/* \d \s \w and their negations; inside [] white space is written out, since PCRE2's \s has one character more than RE2's. */
static bool perl_class(struct scan *s, bool in_brackets)
{
    char c = peek(s, 1);
    if (c == '\0' || strchr("dDsSwW", c) == NULL)
        return false;
    if (c == 's')
        sv_buf_str(s->out, in_brackets ? "\\t\\n\\f\\r\\x{20}" : "[\\t\\n\\f\\r\\x{20}]");
    else if (c == 'S')
        sv_buf_str(s->out, in_brackets ? "\\x{0}-\\x{8}\\x{B}\\x{E}-\\x{1F}\\x{21}-\\x{10FFFF}" : "[^\\t\\n\\f\\r\\x{20}]");
    else
        put_escape(s, c);
    s->at += 2;
    return true;
}

/* \pN, \p{Greek}, \P..., \p{^...}; false and an error set when the name is bad. */
static bool unicode_class(struct scan *s)
{
    static const char *const categories[] = {"C",  "Cc", "Cf", "Co", "Cs", "L",  "Ll", "Lm", "Lo", "Lt", "Lu", "M",  "Mc",
                                             "Me", "Mn", "N",  "Nd", "Nl", "No", "P",  "Pc", "Pd", "Pe", "Pf", "Pi", "Po",
                                             "Ps", "S",  "Sc", "Sk", "Sm", "So", "Z",  "Zl", "Zp", "Zs", "Any"};
    size_t start = s->at, n = 2;
    bool negated = peek(s, 1) == 'P';
    struct sv_slice name;
    if (peek(s, 2) == '{') {
        n = 3;
        if (peek(s, n) == '^') {
            negated = !negated;
            n++;
        }
        size_t first = start + n;
        while (is_word(peek(s, n)))
            n++;
        name = sv_slice(s->pattern.data + first, start + n - first);
        if (peek(s, n) != '}' || name.len == 0 || name.len > 40)
            return bad(s, start, n, "bad Unicode class");
        n++;
    } else {
        name = sv_slice(s->pattern.data + start + 2, start + 2 < s->pattern.len && is_word(peek(s, 2)) ? 1 : 0);
        n = 3;
        if (name.len == 0)
            return bad(s, start, 2, "bad Unicode class");
    }
    bool is_category = false;
    for (size_t i = 0; i < sizeof categories / sizeof *categories; i++)
        is_category |= sv_slice_is(name, categories[i]);
    if (!is_category && name.len < 3)
        return bad(s, start, n, "unknown Unicode class");
    sv_buf_printf(s->out, "\\%c{%s%.*s}", negated ? 'P' : 'p', is_category ? "" : "sc:", SV_ARG(name));
    s->at += n;
    return true;
}

/* [:alpha:] inside brackets. */
static bool posix_class(struct scan *s)
{
    static const char *const names[] = {"alnum", "alpha", "ascii", "blank", "cntrl", "digit", "graph",
                                        "lower", "print", "punct", "space", "upper", "word",  "xdigit"};
    size_t start = s->at, n = 2, end;
    bool negated = peek(s, n) == '^';
    n += negated;
    for (end = n; is_word(peek(s, end)); end++)
        ;
    struct sv_slice name = sv_slice(s->pattern.data + start + n, end - n);
    if (peek(s, end) != ':' || peek(s, end + 1) != ']')
        return bad(s, start, end, "bad class");
    for (size_t i = 0; i < sizeof names / sizeof *names; i++)
        if (sv_slice_is(name, names[i])) {
            sv_buf_printf(s->out, "[:%s%.*s:]", negated ? "^" : "", SV_ARG(name));
            s->at += end + 2;
            return true;
        }
    return bad(s, start, end + 2, "unknown class");
}

/* One character inside brackets. */
static bool class_code(struct scan *s, uint32_t *code)
{
    size_t start = s->at;
    bool is_other;
    if (peek(s, 0) == '\\') {
        if (escaped_code(s, code, &is_other))
            return true;
        return is_other ? bad_escape(s, start) : false;
    }
    const char *p = s->pattern.data + s->at;
    *code = sv_utf8_decode(&p);
    s->at = (size_t)(p - s->pattern.data);
    return true;
}

static bool brackets(struct scan *s)
{
    size_t start = s->at++;
    bool is_first = true;
    sv_buf_char(s->out, '[');
    if (peek(s, 0) == '^') {
        sv_buf_char(s->out, '^');
        s->at++;
    }
    for (;; is_first = false) {
        size_t from = s->at;
        if (s->at >= s->pattern.len)
            return bad(s, start, s->pattern.len - start, "the class is never closed:");
        if (peek(s, 0) == ']' && !is_first)
            break;
        if (looking_at(s, "[:")) {
            if (!posix_class(s))
                return false;
            continue;
        }
        if (peek(s, 0) == '\\' && (peek(s, 1) == 'p' || peek(s, 1) == 'P')) {
            if (!unicode_class(s))
                return false;
            continue;
        }
        if (peek(s, 0) == '\\' && perl_class(s, true))
            continue;
        uint32_t low, high;
        if (!class_code(s, &low))
            return false;
        high = low;
        if (peek(s, 0) == '-' && s->at + 1 < s->pattern.len && peek(s, 1) != ']') {
            s->at++;
            if (peek(s, 0) == '\\' && peek(s, 1) != '\0' && strchr("dDsSwWpP", peek(s, 1)) != NULL)
                return bad(s, from, s->at + 2 - from, "bad range");
            if (!class_code(s, &high))
                return false;
        }
        if (high < low)
            return bad(s, from, s->at - from, "bad range");
        put_code(s, low);
        if (high > low) {
            sv_buf_char(s->out, '-');
            put_code(s, high);
        }
    }
    s->at++;
    sv_buf_char(s->out, ']');
    end_run(s);
    begin_atom(s);
    return true;
}

/* ---- groups and repetition ---- */

/* (?flags) or (?flags: ; the cursor is behind "(?". */
static bool flags(struct scan *s, size_t start)
{
    bool negated = false, is_needed = false;
    sv_buf_str(s->out, "(?");
    for (;; s->at++) {
        char c = peek(s, 0);
        if (c == '-' && !negated) {
            negated = is_needed = true;
        } else if (c != '\0' && strchr("imsU", c) != NULL) {
            is_needed = false;
            if (c == 'i')
                s->is_folded = true;
        } else if ((c == ')' || c == ':') && !is_needed) {
            sv_buf_char(s->out, c);
            s->at++;
            if (c == ')') {
                s->can_repeat = false;
                return true;
            }
            break;
        } else {
            return bad(s, start, s->at + 1 - start, "unsupported group");
        }
        sv_buf_char(s->out, c);
    }
    s->repeats[++s->depth] = 1;
    s->opened[s->depth] = start;
    s->can_repeat = false;
    return true;
}

static bool open_group(struct scan *s)
{
    size_t start = s->at++;
    end_run(s);
    if (s->depth >= GROUPS_MAX)
        return bad(s, start, 1, "groups are nested too deeply at");
    if (peek(s, 0) == '*')
        return bad(s, start, 2, "nothing to repeat:");
    if (peek(s, 0) == '?') {
        s->at++;
        if (looking_at(s, "P<") || (peek(s, 0) == '<' && peek(s, 1) != '=' && peek(s, 1) != '!')) {
            s->at += peek(s, 0) == 'P' ? 2 : 1;
            size_t name = s->at;
            while (is_word(peek(s, 0)))
                s->at++;
            if (s->at == name || peek(s, 0) != '>')
                return bad(s, start, s->at - start, "bad group name");
            s->at++;
        } else if (looking_at(s, "=") || looking_at(s, "!") || looking_at(s, "<")) {
            return bad(s, start, peek(s, 0) == '<' ? 4 : 3, "look-around is not supported:");
        } else if (looking_at(s, ">")) {
            return bad(s, start, 3, "atomic groups are not supported:");
        } else {
            return flags(s, start);
        }
    }
    sv_buf_str(s->out, "(?:");
    s->repeats[++s->depth] = 1;
    s->opened[s->depth] = start;
    s->can_repeat = false;
    return true;
}

static bool close_group(struct scan *s)
{
    if (s->depth == 0)
        return bad(s, s->at, 1, "unmatched");
    s->last_repeats = s->repeats[s->depth--];
    if (s->last_repeats > s->repeats[s->depth])
        s->repeats[s->depth] = s->last_repeats;
    sv_buf_char(s->out, ')');
    s->at++;
    s->can_repeat = true;
    s->was_repeated = false;
    s->last = s->run.len;
    return true;
}

/* {n}, {n,}, {n,m}: their length and bounds; 0 when the brace is a brace. */
static size_t count_of(const struct scan *s, uint32_t *least, uint32_t *most)
{
    size_t n = 1;
    uint32_t values[2] = {0, 0};
    for (int i = 0; i < 2; i++) {
        size_t first = n;
        for (; is_digit(peek(s, n)); n++)
            values[i] = values[i] > REPEAT_MAX ? values[i] : values[i] * 10 + (uint32_t)(peek(s, n) - '0');
        if (i == 0 && n == first)
            return 0;
        if (i == 0 && peek(s, n) == '}') {
            *least = *most = values[0];
            return n + 1;
        }
        if (i == 1) {
            *least = values[0];
            *most = n == first ? values[0] : values[1];
            return peek(s, n) == '}' ? n + 1 : 0;
        }
        if (peek(s, n) != ',')
            return 0;
        n++;
    }
    return 0;
}

static bool repetition(struct scan *s)
{
    size_t start = s->at, n = 1;
    uint32_t least = peek(s, 0) == '+' ? 1 : 0, most = 1;
    if (peek(s, 0) == '{') {
        n = count_of(s, &least, &most);
        if (n == 0) {
            s->at++;
            literal(s, '{');
            return true;
        }
    }
    if (s->was_repeated)
        return bad(s, start - 1, n + 1, "a repetition cannot be repeated:");
    if (!s->can_repeat)
        return bad(s, start, n, "nothing to repeat:");
    if (least > REPEAT_MAX || most > REPEAT_MAX)
        return bad(s, start, n, "the count is over 1000:");
    if (peek(s, 0) == '{' && most < least)
        return bad(s, start, n, "the counts are in the wrong order:");
    uint64_t product = (uint64_t)s->last_repeats * (most > 0 ? most : 1);
    if (product > REPEAT_MAX)
        return bad(s, start, n, "counts inside counts are over 1000:");
    if (product > s->repeats[s->depth])
        s->repeats[s->depth] = (uint32_t)product;
    run_repeated(s, least == 0);
    sv_buf_add(s->out, sv_slice(s->pattern.data + start, n));
    s->at += n;
    if (peek(s, 0) == '?') {
        sv_buf_char(s->out, '?');
        s->at++;
    }
    s->was_repeated = true;
    s->can_repeat = true;
    return true;
}

/* ---- the rest ---- */

/* \Q...\E: text as it is. */
static void quoted(struct scan *s)
{
    s->at += 2;
    while (s->at < s->pattern.len && !looking_at(s, "\\E")) {
        const char *p = s->pattern.data + s->at;
        literal(s, sv_utf8_decode(&p));
        s->at = (size_t)(p - s->pattern.data);
    }
    if (s->at < s->pattern.len)
        s->at += 2;
}

static bool escape(struct scan *s)
{
    size_t start = s->at;
    char c = peek(s, 1);
    if (c == 'Q') {
        quoted(s);
        return true;
    }
    if (c != '\0' && strchr("AzbB", c) != NULL) {
        put_escape(s, c);
        s->at += 2;
        end_run(s);
        begin_atom(s);
        return true;
    }
    if (c == 'p' || c == 'P') {
        end_run(s);
        begin_atom(s);
        return unicode_class(s);
    }
    if (perl_class(s, false)) {
        end_run(s);
        begin_atom(s);
        return true;
    }
    uint32_t code;
    bool is_other;
    if (escaped_code(s, &code, &is_other)) {
        literal(s, code);
        return true;
    }
    return is_other ? bad_escape(s, start) : false;
}

static bool next(struct scan *s)
{
    char c = peek(s, 0);
    switch (c) {
    case '(':
        return open_group(s);
    case ')':
        return close_group(s);
    case '[':
        return brackets(s);
    case '*':
    case '+':
    case '?':
    case '{':
        return repetition(s);
    case '\\':
        return escape(s);
    case '|':
        end_run(s);
        if (s->depth == 0)
            s->has_choice = true;
        s->can_repeat = s->was_repeated = false;
        break;
    case '.':
    case '^':
    case '$':
        end_run(s);
        begin_atom(s);
        break;
    default: {
        const char *p = s->pattern.data + s->at;
        literal(s, sv_utf8_decode(&p));
        s->at = (size_t)(p - s->pattern.data);
        return true;
    }
    }
    sv_buf_char(s->out, c);
    s->at++;
    return true;
}

bool sv_regex_scan(struct sv_slice pattern, struct sv_buf *out, struct sv_buf *needle, struct sv_error *err)
{
    struct scan s = {.pattern = pattern, .out = out, .needle = needle, .err = err, .last_repeats = 1};
    s.repeats[0] = 1;
    bool good = true;
    if (pattern.len > SV_REGEX_MAX)
        good = bad(&s, 0, 0, "the regular expression is longer than 4096 bytes");
    else if (!sv_utf8_valid(pattern))
        good = bad(&s, 0, 0, "the regular expression is not UTF-8");
    while (good && s.at < pattern.len)
        good = next(&s);
    if (good && s.depth > 0)
        good = bad(&s, s.opened[s.depth], 1, "a group is never closed:");
    end_run(&s);
    if (!good || s.has_choice || s.is_folded)
        sv_buf_clear(needle);
    sv_buf_free(&s.run);
    return good;
}
