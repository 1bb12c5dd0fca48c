/* SPDX-License-Identifier: ISC */
#include "cel/lex.h"

#include <stdarg.h>
#include <stdio.h>

#include "base/num.h"
#include "base/utf8.h"

static bool is_letter(char c)
{
    return (c >= 'a' && c <= 'z') || (c >= 'A' && c <= 'Z') || c == '_';
}

static bool is_digit(char c)
{
    return c >= '0' && c <= '9';
}

static int hex_digit(char c)
{
    if (is_digit(c))
        return c - '0';
    c |= 0x20;
    return c >= 'a' && c <= 'f' ? c - 'a' + 10 : -1;
}

bool sv_lex_is_reserved(struct sv_slice name)
{
    static const char *const words[] = {"as",  "break", "const",   "continue",  "else",   "for", "function", "if",   "import",
                                        "let", "loop",  "package", "namespace", "return", "var", "void",     "while"};
    for (size_t i = 0; i < sizeof words / sizeof *words; i++)
        if (sv_slice_is(name, words[i]))
            return true;
    return false;
}

/* The byte at `at`, or NUL behind the end. */
static char peek(const struct sv_lex *lex, size_t at)
{
    return at < lex->source.len ? lex->source.data[at] : '\0';
}

__attribute__((format(printf, 4, 5))) static void bad(struct sv_lex *lex, size_t offset, size_t length, const char *format, ...)
{
    va_list args;
    va_start(args, format);
    vsnprintf(lex->problem, sizeof lex->problem, format, args);
    va_end(args);
    lex->kind = SV_T_BAD;
    lex->offset = (uint32_t)offset;
    lex->length = (uint32_t)length;
}

static size_t skip_blanks(const struct sv_lex *lex, size_t at)
{
    for (; at < lex->source.len; at++) {
        char c = lex->source.data[at];
        if (c == '/' && peek(lex, at + 1) == '/') {
            while (at < lex->source.len && lex->source.data[at] != '\n')
                at++;
            if (at == lex->source.len)
                break;
        } else if (c != ' ' && c != '\t' && c != '\n' && c != '\f' && c != '\r') {
            break;
        }
    }
    return at;
}

/* ---- numbers ---- */

static void lex_hex(struct sv_lex *lex, size_t start)
{
    size_t at = start + 2;
    uint64_t value = 0;
    for (int digit; (digit = hex_digit(peek(lex, at))) >= 0; at++) {
        if (value >> 60 != 0) {
            bad(lex, start, at + 1 - start, "the number is too large");
            return;
        }
        value = value << 4 | (uint64_t)digit;
    }
    if (at == start + 2) {
        bad(lex, start, 2, "digits must follow 0x");
        return;
    }
    lex->kind = SV_T_INT;
    lex->value = (struct sv_value){.type = SV_INT, .u = value};
    lex->at = at;
}

static void lex_decimal(struct sv_lex *lex, size_t start)
{
    size_t at = start;
    bool is_double = false;
    while (is_digit(peek(lex, at)))
        at++;
    if (peek(lex, at) == '.' && is_digit(peek(lex, at + 1))) {
        is_double = true;
        for (at++; is_digit(peek(lex, at)); at++)
            ;
    }
    if (peek(lex, at) == 'e' || peek(lex, at) == 'E') {
        size_t digits = at + 1 + (peek(lex, at + 1) == '+' || peek(lex, at + 1) == '-');
        if (is_digit(peek(lex, digits))) {
            is_double = true;
            for (at = digits; is_digit(peek(lex, at)); at++)
                ;
        }
    }
    struct sv_slice text = sv_slice(lex->source.data + start, at - start);
    lex->at = at;
    if (is_double) {
        lex->kind = SV_T_DOUBLE;
        lex->value.type = SV_DOUBLE;
        if (!sv_num_double(text, true, &lex->value.d))
            bad(lex, start, text.len, "this is no number");
        return;
    }
    lex->kind = SV_T_INT;
    lex->value.type = SV_INT;
    if (!sv_num_uint(text, &lex->value.u))
        bad(lex, start, text.len, "the number is too large");
}

static void lex_number(struct sv_lex *lex, size_t start)
{
    if (peek(lex, start) == '0' && (peek(lex, start + 1) == 'x' || peek(lex, start + 1) == 'X'))
        lex_hex(lex, start);
    else
        lex_decimal(lex, start);
    if (lex->kind == SV_T_BAD)
        return;
    if (lex->kind == SV_T_INT && (peek(lex, lex->at) == 'u' || peek(lex, lex->at) == 'U')) {
        lex->kind = SV_T_UINT;
        lex->value.type = SV_UINT;
        lex->at++;
    }
    if (is_letter(peek(lex, lex->at)) || is_digit(peek(lex, lex->at))) {
        size_t end = lex->at;
        while (is_letter(peek(lex, end)) || is_digit(peek(lex, end)))
            end++;
        bad(lex, start, end - start, "this is no number");
    }
}

/* ---- strings ---- */

struct text {
    char quote;
    bool is_triple, is_raw, is_bytes;
    size_t start; /* of the literal, prefix included */
    char *out;
    size_t len;
};

/* n hex digits at `at`; -1 when there are fewer. */
static int64_t hex_number(const struct sv_lex *lex, size_t at, int n)
{
    int64_t value = 0;
    for (int i = 0; i < n; i++) {
        int digit = hex_digit(peek(lex, at + (size_t)i));
        if (digit < 0)
            return -1;
        value = value * 16 + digit;
    }
    return value;
}

/* Appends a code point of a string, an octet of bytes. */
static bool put_code(struct sv_lex *lex, struct text *t, int64_t code, bool is_octet, size_t at, size_t length)
{
    if (t->is_bytes && is_octet) {
        t->out[t->len++] = (char)code;
        return true;
    }
    size_t n = code > 0x10FFFF ? 0 : sv_utf8_encode((uint32_t)code, t->out + t->len);
    if (n == 0)
        bad(lex, at, length, "\"%.*s\" is no Unicode character", (int)length, lex->source.data + at);
    t->len += n;
    return n > 0;
}

/* The escape at `at` (on the backslash); returns where it ends, 0 when it is none. */
static size_t lex_escape(struct sv_lex *lex, struct text *t, size_t at)
{
    static const char from[] = "abfnrtv\\?\"'`", to[] = "\a\b\f\n\r\t\v\\?\"'`";
    char c = peek(lex, at + 1);
    const char *simple = c != '\0' ? strchr(from, c) : NULL;
    if (simple != NULL) {
        t->out[t->len++] = to[simple - from];
        return at + 2;
    }
    int digits = c == 'x' || c == 'X' ? 2 : c == 'u' ? 4 : c == 'U' ? 8 : 0;
    if (digits > 0) {
        int64_t code = hex_number(lex, at + 2, digits);
        if (code < 0) {
            bad(lex, at, 2, "\\%c needs %d hexadecimal digits", c, digits);
            return 0;
        }
        if (digits > 2 && t->is_bytes) {
            bad(lex, at, 2, "\\%c has no place in bytes; write \\x", c);
            return 0;
        }
        return put_code(lex, t, code, digits == 2, at, 2 + (size_t)digits) ? at + 2 + (size_t)digits : 0;
    }
    if (c >= '0' && c <= '3') {
        char d = peek(lex, at + 2), e = peek(lex, at + 3);
        if (d < '0' || d > '7' || e < '0' || e > '7') {
            bad(lex, at, 2, "an octal escape needs three digits");
            return 0;
        }
        return put_code(lex, t, (c - '0') * 64 + (d - '0') * 8 + (e - '0'), true, at, 4) ? at + 4 : 0;
    }
    size_t n = sv_utf8_sequence(lex->source.data + at + 1, lex->source.data + lex->source.len);
    bad(lex, at, 1 + n, "unknown escape \"%.*s\"; a backslash itself is \\\\, or write r'...'", (int)(1 + n),
        lex->source.data + at);
    return 0;
}

/* Where the closing quotes of the text that begins at `at` stand; 0 when they are missing. */
static size_t find_close(const struct sv_lex *lex, const struct text *t, size_t at)
{
    for (; at < lex->source.len; at++) {
        char c = lex->source.data[at];
        if (c == t->quote && (!t->is_triple || (peek(lex, at + 1) == c && peek(lex, at + 2) == c)))
            return at;
        if (!t->is_triple && (c == '\n' || c == '\r'))
            return 0;
        if (c == '\\' && !t->is_raw)
            at++;
    }
    return 0;
}

static void lex_text(struct sv_lex *lex, struct text *t, size_t at)
{
    t->quote = peek(lex, at);
    t->is_triple = peek(lex, at + 1) == t->quote && peek(lex, at + 2) == t->quote;
    size_t quotes = t->is_triple ? 3 : 1, close = find_close(lex, t, at + quotes);
    if (close == 0) {
        bad(lex, t->start, at + quotes - t->start, "the string is never closed");
        return;
    }
    at += quotes;
    lex->inner = t->is_raw || memchr(lex->source.data + at, '\\', close - at) == NULL ? (uint32_t)at : 0;
    t->out = sv_arena_alloc(lex->arena, close - at + 4); /* an escape is never shorter than what it means */
    while (at < close) {
        if (lex->source.data[at] != '\\' || t->is_raw)
            t->out[t->len++] = lex->source.data[at++];
        else if ((at = lex_escape(lex, t, at)) == 0)
            return;
    }
    lex->at = close + quotes;
    lex->kind = t->is_bytes ? SV_T_BYTES : SV_T_STRING;
    lex->value = (struct sv_value){.type = t->is_bytes ? SV_BYTES : SV_STRING, .len = (uint32_t)t->len, .s = t->out};
}

/* A string with or without prefix, the b of bytes before the r of raw; false when there is none. */
static bool lex_string(struct sv_lex *lex, size_t start)
{
    struct text t = {.start = start};
    size_t at = start;
    t.is_bytes = peek(lex, at) == 'b' || peek(lex, at) == 'B';
    at += t.is_bytes;
    t.is_raw = peek(lex, at) == 'r' || peek(lex, at) == 'R';
    at += t.is_raw;
    if (peek(lex, at) != '"' && peek(lex, at) != '\'')
        return false;
    lex_text(lex, &t, at);
    return true;
}

/* ---- the rest ---- */

static void lex_name(struct sv_lex *lex, size_t start)
{
    size_t at = start;
    while (is_letter(peek(lex, at)) || is_digit(peek(lex, at)))
        at++;
    lex->text = sv_slice(lex->source.data + start, at - start);
    lex->at = at;
    lex->kind = sv_slice_is(lex->text, "true")    ? SV_T_TRUE
                : sv_slice_is(lex->text, "false") ? SV_T_FALSE
                : sv_slice_is(lex->text, "null")  ? SV_T_NULL
                : sv_slice_is(lex->text, "in")    ? SV_T_IN
                                                  : SV_T_NAME;
}

static void lex_quoted(struct sv_lex *lex, size_t start)
{
    size_t at = start + 1;
    for (char c; (c = peek(lex, at)) != '`'; at++)
        if (!is_letter(c) && !is_digit(c) && (c == '\0' || strchr("-./ ", c) == NULL)) {
            bad(lex, start, at - start, "a quoted name holds letters, digits, _ - . / and blanks and ends with a backquote");
            return;
        }
    lex->text = sv_slice(lex->source.data + start + 1, at - start - 1);
    lex->at = at + 1;
    lex->kind = SV_T_QUOTED;
    if (lex->text.len == 0)
        bad(lex, start, 2, "a quoted name is empty");
}

static void lex_sign(struct sv_lex *lex, size_t start)
{
    static const struct {
        char text[3];
        uint8_t kind;
    } signs[] = {{"==", SV_T_EQ},   {"!=", SV_T_NE},         {"<=", SV_T_LE},     {">=", SV_T_GE},
                 {"&&", SV_T_AND},  {"||", SV_T_OR},         {"<", SV_T_LT},      {">", SV_T_GT},
                 {"(", SV_T_OPEN},  {")", SV_T_CLOSE},       {"[", SV_T_BRACKET}, {"]", SV_T_BRACKET_CLOSE},
                 {"{", SV_T_BRACE}, {"}", SV_T_BRACE_CLOSE}, {".", SV_T_DOT},     {",", SV_T_COMMA},
                 {":", SV_T_COLON}, {"?", SV_T_QUESTION},    {"!", SV_T_NOT},     {"+", SV_T_PLUS},
                 {"-", SV_T_MINUS}, {"*", SV_T_STAR},        {"/", SV_T_SLASH},   {"%", SV_T_PERCENT}};
    for (size_t i = 0; i < sizeof signs / sizeof *signs; i++)
        if (peek(lex, start) == signs[i].text[0] && (signs[i].text[1] == '\0' || peek(lex, start + 1) == signs[i].text[1])) {
            lex->kind = signs[i].kind;
            lex->at = start + (signs[i].text[1] == '\0' ? 1 : 2);
            return;
        }
    char c = peek(lex, start);
    if (c == '=' || c == '&' || c == '|') {
        bad(lex, start, 1, "\"%c\" is no operator; write \"%c%c\"", c, c, c);
        return;
    }
    size_t n = sv_utf8_sequence(lex->source.data + start, lex->source.data + lex->source.len);
    if ((unsigned char)c < 0x20 || c == 0x7F)
        bad(lex, start, 1, "unexpected control character 0x%02X", (unsigned)(unsigned char)c);
    else
        bad(lex, start, n, "unexpected \"%.*s\"", (int)n, lex->source.data + start);
}

void sv_lex_next(struct sv_lex *lex)
{
    if (lex->kind == SV_T_BAD)
        return;
    lex->behind = lex->at;
    size_t start = skip_blanks(lex, lex->at);
    lex->offset = (uint32_t)start;
    char c = peek(lex, start);
    if (start == lex->source.len) {
        lex->kind = SV_T_END;
        lex->at = start;
        lex->length = 0;
        return;
    }
    if (is_digit(c) || (c == '.' && is_digit(peek(lex, start + 1))))
        lex_number(lex, start);
    else if (strchr("rRbB\"'", c) != NULL && c != '\0' && lex_string(lex, start))
        ;
    else if (is_letter(c))
        lex_name(lex, start);
    else if (c == '`')
        lex_quoted(lex, start);
    else
        lex_sign(lex, start);
    if (lex->kind != SV_T_BAD)
        lex->length = (uint32_t)(lex->at - start);
}

void sv_lex_open(struct sv_lex *lex, struct sv_slice source, struct sv_arena *arena)
{
    *lex = (struct sv_lex){.source = source, .arena = arena, .kind = SV_T_END};
    const char *p = source.data, *end = source.data + source.len;
    for (size_t n; p < end; p += n) {
        n = sv_utf8_sequence(p, end);
        if (n == 0) {
            bad(lex, (size_t)(p - source.data), 1, "the expression is not UTF-8 here");
            return;
        }
    }
    sv_lex_next(lex);
}
