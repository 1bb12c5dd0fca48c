/* SPDX-License-Identifier: ISC */
/* From the bytes of the file to a scalar's value, and from a byte of the value back to the file. */
#include <string.h>

#include "base/utf8.h"
#include "policy/yaml.h"

static bool is_blank(char c)
{
    return c == ' ' || c == '\t' || c == '\n' || c == '\r';
}

/* Length of the escape at p (a backslash) in a double-quoted scalar, and how many bytes of value it makes. A line end that is
 * escaped takes the next line's indentation with it and makes nothing. */
static size_t escape_length(const char *p, const char *end, size_t *made)
{
    size_t digits = 0;
    *made = 1;
    if (end - p < 2)
        return (size_t)(end - p);
    switch (p[1]) {
    case 'x':
        digits = 2;
        break;
    case 'u':
        digits = 4;
        break;
    case 'U':
        digits = 8;
        break;
    case 'N': /* U+0085 */
    case '_': /* U+00A0 */
        *made = 2;
        return 2;
    case 'L': /* U+2028, U+2029 */
    case 'P':
        *made = 3;
        return 2;
    case '\r':
    case '\n': {
        const char *q = p + 1;
        q += q[0] == '\r' && q + 1 < end && q[1] == '\n' ? 2 : 1;
        while (q < end && (*q == ' ' || *q == '\t'))
            q++;
        *made = 0;
        return (size_t)(q - p);
    }
    default:
        return 2;
    }
    uint32_t code = 0;
    size_t i = 0;
    for (; i < digits && p + 2 + i < end; i++) {
        char c = p[2 + i];
        code = code << 4 | (uint32_t)(c <= '9' ? c - '0' : (c | 32) - 'a' + 10);
    }
    char bytes[4];
    *made = sv_utf8_encode(code, bytes);
    return 2 + i;
}

/* The blanks at p: how many bytes, and how many of them end a line (\r\n is one end). */
static size_t blank_run(const char *p, const char *end, size_t *ends)
{
    size_t taken = 0;
    *ends = 0;
    for (; p + taken < end && is_blank(p[taken]); taken++)
        *ends += p[taken] == '\n' || (p[taken] == '\r' && !(p + taken + 1 < end && p[taken + 1] == '\n'));
    return taken;
}

struct sv_slice sv_yaml_unquote(const struct sv_yaml *yaml, const struct sv_yaml_node *scalar)
{
    const char *p = yaml->text.data + scalar->start, *end = yaml->text.data + scalar->end;
    char *text = sv_arena_alloc(yaml->arena, (size_t)(end - p) + 1), *to = text;
    while (p < end) {
        size_t ends = 0, blanks = blank_run(p, end, &ends);
        if (blanks > 0 && ends > 0) {
            size_t made = ends == 1 ? 1 : ends - 1;
            memset(to, ends == 1 ? ' ' : '\n', made);
            to += made;
        } else if (blanks > 0) {
            memcpy(to, p, blanks);
            to += blanks;
        } else {
            p += *p == '\'' && p + 1 < end;
            *to++ = *p++;
        }
        p += blanks;
    }
    *to = '\0';
    return sv_slice(text, (size_t)(to - text));
}

/* Plain and quoted scalars: one line end is a blank, n line ends are n - 1, and blanks around them are nothing. */
static uint32_t trace_flow(const struct sv_yaml *yaml, const struct sv_yaml_node *scalar, size_t offset)
{
    const char *p = yaml->text.data + scalar->start, *end = yaml->text.data + scalar->end;
    while (p < end) {
        size_t taken = 1, made = 1;
        if (scalar->style == SV_YAML_DOUBLE && *p == '\\') {
            taken = escape_length(p, end, &made);
        } else if (scalar->style == SV_YAML_SINGLE && *p == '\'') {
            taken = 2;
        } else if (is_blank(*p)) {
            size_t ends = 0;
            taken = blank_run(p, end, &ends);
            made = ends == 0 ? taken : ends == 1 ? 1 : ends - 1;
            if (offset < made)
                return (uint32_t)(p - yaml->text.data) + (ends == 0 ? (uint32_t)offset : 0);
        }
        if (offset < made)
            break;
        offset -= made;
        p += taken;
    }
    return (uint32_t)(p - yaml->text.data);
}

/* Block scalars: what is not blank stands in the file as in the value, in the same order; blanks follow what is before them. */
static uint32_t trace_block(const struct sv_yaml *yaml, const struct sv_yaml_node *scalar, size_t offset)
{
    size_t solid = 0, blanks = 0;
    for (size_t i = 0; i < offset; i++) {
        bool blank = is_blank(scalar->text.data[i]);
        solid += !blank;
        blanks = blank ? blanks + 1 : 0;
    }
    bool on_solid = offset < scalar->text.len && !is_blank(scalar->text.data[offset]);
    uint32_t at = scalar->start;
    for (; at < scalar->end; at++) {
        if (is_blank(yaml->text.data[at]))
            continue;
        if (solid == 0)
            break;
        if (--solid == 0 && !on_solid) {
            at++;
            break;
        }
    }
    for (; !on_solid && blanks > 0 && at < scalar->end && yaml->text.data[at] == ' '; at++)
        blanks--;
    return at;
}

uint32_t sv_yaml_trace(const struct sv_yaml *yaml, const struct sv_yaml_node *scalar, size_t offset)
{
    if (scalar->kind != SV_YAML_SCALAR || scalar->missing)
        return scalar->start;
    if (offset > scalar->text.len)
        offset = scalar->text.len;
    return scalar->style >= SV_YAML_LITERAL ? trace_block(yaml, scalar, offset) : trace_flow(yaml, scalar, offset);
}
