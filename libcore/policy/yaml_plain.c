/* SPDX-License-Identifier: ISC */
/* The YAML that is written every day: block and flow collections, plain, quoted and block scalars, comments. One pass, one function
 * a form. A function's false means that this reader is not sure: of an error, of what it does not know (tags, anchors, documents,
 * tabs, carriage returns, bytes that may be line ends elsewhere), of corners where readers differ. The library then reads all anew.
 *
 * `parent` is the column of the block collection around: what belongs to it stands further to the right. */
#include <string.h>

#include "base/buf.h"
#include "base/utf8.h"
#include "policy/yaml_build.h"

enum { KEY_MAX = 1000 }; /* bytes; YAML lets a key that is not announced be 1024 characters long */

struct plain {
    struct sv_yaml_builder b;
    const char *text, *end;
    const char *p;    /* what is read next */
    const char *line; /* where the line of p begins */
    struct sv_buf folded; /* a scalar of several lines, or with escapes */
};

static bool value(struct plain *r, size_t parent);
static bool node(struct plain *r, size_t parent);

/* --- characters --- */

static char at(const struct plain *r, const char *p)
{
    return p < r->end ? *p : '\0';
}

static bool is_end(char c)
{
    return c == '\n' || c == '\0';
}

static bool is_gap(char c)
{
    return c == ' ' || is_end(c);
}

static bool is_flow(char c)
{
    return c == ',' || c == '[' || c == ']' || c == '{' || c == '}';
}

static size_t column(const struct plain *r)
{
    return (size_t)(r->p - r->line);
}

static struct sv_yaml_span span(const struct plain *r, const char *start, const char *end)
{
    return (struct sv_yaml_span){(uint32_t)(start - r->text), (uint32_t)(end - r->text)};
}

static const char *line_end(const struct plain *r, const char *p)
{
    const char *end = p < r->end ? memchr(p, '\n', (size_t)(r->end - p)) : NULL;
    return end != NULL ? end : r->end;
}

static const char *skip_blanks(const struct plain *r, const char *p)
{
    while (at(r, p) == ' ')
        p++;
    return p;
}

/* To the next token: over blanks, comments, line ends. */
static void skip(struct plain *r)
{
    for (;;) {
        r->p = skip_blanks(r, r->p);
        if (at(r, r->p) == '#' && (r->p == r->line || r->p[-1] == ' '))
            r->p = line_end(r, r->p);
        if (at(r, r->p) != '\n')
            return;
        r->line = ++r->p;
    }
}

/* The same, and: is it on another line, or is there none? */
static bool skip_line(struct plain *r)
{
    const char *line = r->line;
    skip(r);
    return r->line != line || r->p == r->end;
}

/* --- scalars --- */

static void put(struct plain *r, enum sv_yaml_style style, const char *start, const char *end, struct sv_slice text)
{
    struct sv_yaml_span where = span(r, start, end);
    sv_yaml_build_scalar(&r->b, style, &where, text);
}

/* Line ends from p, which is one: *next is the first byte that is no blank behind them. Their number, or 0 when what follows does
 * not belong to a scalar inside `parent`. */
static size_t line_ends(const struct plain *r, size_t parent, const char *p, const char **next)
{
    size_t count = 0;
    const char *line = p;
    while (at(r, p) == '\n') {
        count++;
        line = p + 1;
        p = skip_blanks(r, line);
    }
    *next = p;
    return p < r->end && (size_t)(p - line) > parent ? count : 0;
}

/* One line end is a blank, n are n - 1. */
static void fold(struct sv_buf *out, size_t count)
{
    if (count == 1)
        sv_buf_char(out, ' ');
    for (; count > 1; count--)
        sv_buf_char(out, '\n');
}

/* The piece of a plain scalar on this line: its end, without the blanks behind it; NULL when there is doubt. *stop: what ended it. */
static const char *plain_piece(const struct plain *r, const char *p, bool in_flow, const char **stop)
{
    const char *end = p;
    for (char c; !is_end(c = at(r, p)); p++) {
        if (c == ' ')
            continue;
        if (c == '#' && end < p)
            break;
        if (c == ':') {
            char next = at(r, p + 1);
            if (is_gap(next))
                break;
            if (in_flow && is_flow(next))
                return NULL;
        } else if (in_flow && is_flow(c)) {
            if (c == '[' || c == '{')
                return NULL;
            break;
        }
        end = p + 1;
    }
    *stop = p;
    return end;
}

static bool begins_plain(const struct plain *r)
{
    char c = at(r, r->p), next = at(r, r->p + 1);
    if (c == '-')
        return !is_gap(next) && !is_flow(next) && !(column(r) == 0 && next == '-');
    return !is_end(c) && strchr("?:,[]{}#&*!|>'\"%@`", c) == NULL && !(column(r) == 0 && c == '.');
}

/* many: it may go on in the next line. */
static bool plain_scalar(struct plain *r, size_t parent, bool in_flow, bool many)
{
    const char *start = r->p, *stop = NULL, *next;
    if (!begins_plain(r))
        return false;
    const char *end = plain_piece(r, start, in_flow, &stop);
    if (end == NULL || end == start)
        return false;
    struct sv_slice text = sv_slice(start, (size_t)(end - start));
    r->p = stop;
    size_t count;
    while (many && at(r, r->p) == '\n' && (count = line_ends(r, parent, r->p, &next)) > 0 && *next != '#') {
        if (text.data == start) {
            sv_buf_clear(&r->folded);
            sv_buf_add(&r->folded, text);
        }
        const char *piece_end = plain_piece(r, next, false, &stop);
        if (piece_end == next) /* a colon */
            return false;
        fold(&r->folded, count);
        sv_buf_add(&r->folded, sv_slice(next, (size_t)(piece_end - next)));
        text = sv_buf_slice(&r->folded);
        end = piece_end;
        r->p = stop;
        for (r->line = next; r->line[-1] != '\n'; )
            r->line--;
    }
    put(r, SV_YAML_PLAIN, start, end, text);
    return true;
}

static bool hex(struct plain *r, const char **p, size_t digits)
{
    uint32_t code = 0;
    for (; digits > 0; digits--, ++*p) {
        char c = at(r, *p), letter = (char)(c | 32);
        bool is_digit = c >= '0' && c <= '9';
        if (!is_digit && (letter < 'a' || letter > 'f'))
            return false;
        code = code << 4 | (uint32_t)(is_digit ? c - '0' : letter - 'a' + 10);
    }
    char bytes[4];
    size_t length = code > 0 ? sv_utf8_encode(code, bytes) : 0;
    sv_buf_add(&r->folded, sv_slice(bytes, length));
    return length > 0;
}

static bool escape(struct plain *r, const char **p)
{
    static const char names[] = "\\\"/ntr", meant[] = "\\\"/\n\t\r";
    char c = at(r, *p + 1);
    *p += 2;
    if (c == 'x' || c == 'u')
        return hex(r, p, c == 'x' ? 2 : 4);
    const char *name = c != '\0' ? strchr(names, c) : NULL;
    if (name != NULL)
        sv_buf_char(&r->folded, meant[name - names]);
    return name != NULL;
}

/* Both kinds of quotes; what single ones hold is worked out by the builder. */
static bool quoted(struct plain *r, size_t parent, bool many)
{
    char quote = *r->p;
    const char *start = r->p + 1, *p = start, *next;
    size_t keep = 0; /* of folded: blanks before it were escaped */
    sv_buf_clear(&r->folded);
    for (char c; (c = at(r, p)) != quote || (quote == '\'' && at(r, p + 1) == quote); ) {
        if (c == '\0') {
            return false;
        } else if (c == quote) {
            p += 2;
        } else if (c == '\n') {
            size_t count = many ? line_ends(r, parent, p, &next) : 0;
            if (count == 0)
                return false;
            while (r->folded.len > keep && r->folded.data[r->folded.len - 1] == ' ')
                r->folded.len--;
            fold(&r->folded, count);
            keep = r->folded.len;
            for (p = next, r->line = p; r->line[-1] != '\n'; )
                r->line--;
        } else if (c == '\\' && quote == '"') {
            if (!escape(r, &p))
                return false;
            keep = r->folded.len;
        } else {
            const char *piece = p;
            while (p < r->end && *p != quote && *p != '\n' && *p != '\\')
                p++;
            if (p == piece)
                p++; /* a backslash in single quotes */
            if (quote == '"')
                sv_buf_add(&r->folded, sv_slice(piece, (size_t)(p - piece)));
        }
    }
    r->p = p + 1;
    put(r, quote == '"' ? SV_YAML_DOUBLE : SV_YAML_SINGLE, start, p, sv_buf_slice(&r->folded));
    return true;
}

static bool scalar(struct plain *r, size_t parent, bool in_flow, bool many)
{
    char c = at(r, r->p);
    return c == '"' || c == '\'' ? quoted(r, parent, many) : plain_scalar(r, parent, in_flow, many);
}

/* What stands between two lines of a folded scalar: lines that begin with a blank are not folded. */
static void fold_lines(struct sv_buf *out, size_t empty, bool indented)
{
    if (!indented && empty == 0)
        sv_buf_char(out, ' ');
    for (size_t i = indented ? 0 : 1; i < empty + 1; i++)
        sv_buf_char(out, '\n');
}

static bool block_scalar(struct plain *r, size_t parent)
{
    bool is_folded = *r->p == '>', was_indented = false, is_first = true;
    char chomp = at(r, r->p + 1);
    const char *p = r->p + (chomp == '-' || chomp == '+' ? 2 : 1);
    if (at(r, p) != '\n')
        return false;
    const char *start = ++p;
    size_t indent = 0, empty = 0;
    sv_buf_clear(&r->folded);
    for (;;) {
        const char *solid = skip_blanks(r, p), *end = line_end(r, solid);
        size_t blanks = (size_t)(solid - p);
        if (solid == r->end || *solid == '\n') {
            if (is_first ? blanks > parent : blanks > indent)
                return false;
            if (solid == r->end) {
                if (blanks > 0)
                    return false;
                r->p = r->line = solid;
                break;
            }
            empty++;
            p = solid + 1;
            continue;
        }
        if (is_first && blanks > parent)
            indent = blanks;
        if (blanks <= parent || blanks < indent) {
            if (blanks > parent)
                return false;
            r->line = p;
            r->p = solid;
            break;
        }
        if (end == r->end)
            return false;
        bool is_indented = blanks > indent;
        if (is_folded && empty > 0 && is_indented && !was_indented && !is_first) /* the library loses a line end */
            return false;
        if (is_first || !is_folded) {
            for (size_t i = is_first ? 0 : (size_t)-1; i != empty; i++)
                sv_buf_char(&r->folded, '\n');
        } else {
            fold_lines(&r->folded, empty, is_indented || was_indented);
        }
        sv_buf_add(&r->folded, sv_slice(p + indent, (size_t)(end - p) - indent));
        was_indented = is_indented;
        is_first = false;
        empty = 0;
        p = end + 1;
    }
    if (is_first)
        return false;
    for (size_t i = 0; i < (chomp == '-' ? 0 : chomp == '+' ? empty + 1 : 1); i++)
        sv_buf_char(&r->folded, '\n');
    put(r, is_folded ? SV_YAML_FOLDED : SV_YAML_LITERAL, start, r->p, sv_buf_slice(&r->folded));
    return true;
}

/* --- collections --- */

static void missing(struct plain *r)
{
    sv_yaml_build_scalar(&r->b, SV_YAML_PLAIN, NULL, sv_slice("", 0));
}

static bool open_node(struct plain *r, enum sv_yaml_kind kind)
{
    struct sv_yaml_span where = span(r, r->p, r->p + 1);
    return sv_yaml_build_open(&r->b, kind, &where);
}

/* To the next token in brackets, which stands inside of the parent as well. */
static bool skip_in_flow(struct plain *r, size_t parent)
{
    return (!skip_line(r) || column(r) > parent) && r->p < r->end;
}

static bool flow(struct plain *r, size_t parent);

static bool flow_value(struct plain *r, size_t parent)
{
    char c = at(r, r->p);
    return c == '[' || c == '{' ? flow(r, parent) : scalar(r, parent, true, false);
}

static bool flow_key(struct plain *r, size_t parent)
{
    const char *start = r->p, *line = r->line;
    if (!scalar(r, parent, true, false) || r->p - start > KEY_MAX)
        return false;
    if (at(r, r->p) != ':') {
        if (!skip_in_flow(r, parent) || (*r->p != ',' && *r->p != '}'))
            return false;
        missing(r);
        return true;
    }
    r->p++;
    return is_gap(at(r, r->p)) && skip_in_flow(r, parent) && r->line == line && flow_value(r, parent);
}

static bool flow(struct plain *r, size_t parent)
{
    bool is_map = *r->p == '{';
    char close = is_map ? '}' : ']';
    if (!open_node(r, is_map ? SV_YAML_MAP : SV_YAML_LIST))
        return false;
    r->p++;
    for (;;) {
        if (!skip_in_flow(r, parent))
            return false;
        if (*r->p == close)
            break;
        if (!(is_map ? flow_key(r, parent) : flow_value(r, parent)) || !skip_in_flow(r, parent))
            return false;
        if (*r->p == ',')
            r->p++;
        else if (*r->p != close)
            return false;
    }
    r->p++;
    struct sv_yaml_span where = span(r, r->p - 1, r->p);
    sv_yaml_build_close(&r->b, &where);
    return true;
}

static bool is_dash(const struct plain *r)
{
    return at(r, r->p) == '-' && is_gap(at(r, r->p + 1));
}

/* What stands behind a key's colon or an item's dash, at `own` column. */
static bool entry(struct plain *r, size_t own, bool is_map)
{
    if (!skip_line(r))
        return is_map ? value(r, own) : node(r, own);
    if (r->p < r->end && column(r) > own)
        return at(r, r->p) != '|' && at(r, r->p) != '>' && node(r, own);
    if (is_map && r->p < r->end && column(r) == own && is_dash(r))
        return node(r, own);
    if (!is_map)
        return false;
    missing(r);
    return true;
}

static bool list(struct plain *r)
{
    size_t own = column(r);
    if (!open_node(r, SV_YAML_LIST))
        return false;
    do {
        r->p++;
        if (!entry(r, own, false))
            return false;
    } while (r->p < r->end && column(r) == own && is_dash(r));
    sv_yaml_build_close(&r->b, NULL);
    return r->p == r->end || column(r) <= own;
}

static bool map(struct plain *r)
{
    size_t own = column(r);
    if (!open_node(r, SV_YAML_MAP))
        return false;
    do {
        const char *start = r->p;
        if (!scalar(r, own, false, false) || at(r, r->p) != ':' || !is_gap(at(r, r->p + 1)) || r->p - start > KEY_MAX)
            return false;
        r->p++;
        if (!entry(r, own, true))
            return false;
    } while (r->p < r->end && column(r) == own);
    sv_yaml_build_close(&r->b, NULL);
    return r->p == r->end || column(r) < own;
}

/* Does a mapping begin here: is there a colon behind what could be a key? */
static bool begins_map(const struct plain *r)
{
    char c = at(r, r->p);
    const char *p = r->p;
    if (c != '"' && c != '\'')
        return begins_plain(r) && plain_piece(r, p, false, &p) != NULL && at(r, p) == ':';
    for (p++; !is_end(at(r, p)) && *p != c; p++)
        p += c == '"' && *p == '\\' && !is_end(at(r, p + 1));
    return at(r, p) == c && at(r, p + 1) == ':';
}

static bool value(struct plain *r, size_t parent)
{
    char c = at(r, r->p);
    if (c == '|' || c == '>') {
        if (!block_scalar(r, parent))
            return false;
        skip(r);
        return true;
    }
    return (c == '[' || c == '{' ? flow(r, parent) : scalar(r, parent, false, true)) && skip_line(r);
}

static bool node(struct plain *r, size_t parent)
{
    return is_dash(r) ? list(r) : begins_map(r) ? map(r) : value(r, parent);
}

bool sv_yaml_read_plain(struct sv_yaml *yaml)
{
    struct sv_findings findings = {0};
    const char *text = yaml->text.data;
    struct plain r = {.b = {.yaml = yaml, .findings = &findings}, .text = text, .end = sv_slice_end(yaml->text), .p = text, .line = text};
    bool sure = yaml->is_simple;
    if (sure) {
        skip(&r);
        sure = begins_map(&r) && map(&r) && r.p == r.end && findings.count == 0;
    }
    if (!sure)
        yaml->root = NULL;
    sv_yaml_build_free(&r.b);
    sv_buf_free(&r.folded);
    sv_findings_free(&findings);
    return sure;
}
