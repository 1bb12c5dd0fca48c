/* SPDX-License-Identifier: ISC */
/* Places, bytes and values of a YAML file; its tree is made by one of two readers (yaml_build.h). */
#include "policy/yaml.h"

#include <stdarg.h>
#include <stdio.h>

#include "base/num.h"
#include "base/utf8.h"
#include "json/writer.h"
#include "policy/yaml_build.h"

/* --- places --- */

static void find_lines(struct sv_yaml *yaml)
{
    const char *end = sv_slice_end(yaml->text);
    size_t room = yaml->text.len / 32 + 16;
    yaml->lines = sv_arena_alloc(yaml->arena, room * sizeof *yaml->lines);
    yaml->lines[0] = 0;
    yaml->line_count = 1;
    for (const char *p = yaml->text.data; p < end && (p = memchr(p, '\n', (size_t)(end - p))) != NULL;) {
        if (yaml->line_count == room) {
            uint32_t *more = sv_arena_alloc(yaml->arena, 2 * room * sizeof *more);
            memcpy(more, yaml->lines, room * sizeof *more);
            yaml->lines = more;
            room *= 2;
        }
        yaml->lines[yaml->line_count++] = (uint32_t)(++p - yaml->text.data);
    }
}

uint32_t sv_yaml_line(const struct sv_yaml *yaml, uint32_t byte)
{
    size_t low = 0, high = yaml->line_count;
    while (high - low > 1) {
        size_t middle = (low + high) / 2;
        if (yaml->lines[middle] <= byte)
            low = middle;
        else
            high = middle;
    }
    return (uint32_t)low + 1;
}

static size_t columns(const struct sv_yaml *yaml, uint32_t from, uint32_t to)
{
    size_t count = 0;
    for (uint32_t i = from; i < to && i < yaml->text.len; i++)
        count += ((unsigned char)yaml->text.data[i] & 0xC0) != 0x80;
    return count;
}

static __attribute__((format(printf, 6, 0))) void add_finding(const struct sv_yaml *yaml, struct sv_findings *findings, uint32_t start,
                                                              uint32_t end, enum sv_code code, const char *format, va_list args)
{
    struct sv_error err = {.code = code};
    vsnprintf(err.text, sizeof err.text, format, args);
    if (code == SV_FOUND)
        sv_error_prefix(&err, "warning: ");
    if (start > yaml->text.len)
        start = (uint32_t)yaml->text.len;
    uint32_t line = sv_yaml_line(yaml, start), begin = yaml->lines[line - 1];
    uint32_t stop = line < yaml->line_count ? yaml->lines[line] - 1 : (uint32_t)yaml->text.len;
    if (stop > begin && yaml->text.data[stop - 1] == '\r')
        stop--;
    /* the end of a file stands behind its last line, not on an empty one that nobody sees */
    if (start == yaml->text.len && begin == start && line > 1) {
        line--;
        begin = yaml->lines[line - 1];
        stop = start - 1;
        start = stop;
    }
    end = end > stop ? stop : end;
    snprintf(err.file, sizeof err.file, "%.*s", SV_ARG(yaml->path));
    err.line = line;
    err.column = (uint32_t)columns(yaml, begin, start) + 1;
    err.span = (uint32_t)columns(yaml, start, end);
    if (stop - begin < sizeof err.source)
        memcpy(err.source, yaml->text.data + begin, stop - begin);
    sv_findings_add(findings, &err);
}

void sv_yaml_find(const struct sv_yaml *yaml, struct sv_findings *findings, uint32_t start, uint32_t end, const char *format, ...)
{
    va_list args;
    va_start(args, format);
    add_finding(yaml, findings, start, end, SV_INPUT, format, args);
    va_end(args);
}

void sv_yaml_find_node(struct sv_findings *findings, const struct sv_yaml_node *node, const char *format, ...)
{
    va_list args;
    va_start(args, format);
    add_finding(node->yaml, findings, node->start, node->end, SV_INPUT, format, args);
    va_end(args);
}

void sv_yaml_warn(const struct sv_yaml *yaml, struct sv_findings *findings, uint32_t start, uint32_t end, const char *format, ...)
{
    va_list args;
    va_start(args, format);
    add_finding(yaml, findings, start, end, SV_FOUND, format, args);
    va_end(args);
}

/* --- reading --- */

/* Beyond ASCII: U+0085, U+2028, U+2029 are line ends elsewhere, U+FEFF is a mark; said by what their bytes begin with. */
static bool is_odd(const char *p, size_t length)
{
    unsigned char c = (unsigned char)p[0];
    return c == '\t' || c == '\r' || c == 0xC2 || c == 0xEF || (c == 0xE2 && length > 1 && (unsigned char)p[1] == 0x80);
}

/* Eight bytes, all of them ASCII, and no control characters but line feeds. A false means: look at them one by one. */
static bool are_plain(uint64_t eight)
{
    const uint64_t ones = UINT64_C(0x0101010101010101), highs = UINT64_C(0x8080808080808080);
    uint64_t feed = eight ^ ones * '\n', last = eight ^ ones * 0x7F;
    if ((eight & highs) != 0)
        return false;
    /* no sum leaves its byte: of ASCII, what 0x60 does not lift to 0x80 is a control, and what 0x7F does not is nothing */
    uint64_t controls = ~(eight + ones * 0x60) & (feed + ones * 0x7F), deletes = ~(last + ones * 0x7F);
    return ((controls | deletes) & highs) == 0;
}

static bool check_bytes(struct sv_yaml *yaml, struct sv_findings *findings)
{
    const char *end = yaml->text.data + yaml->text.len;
    yaml->is_simple = true;
    for (const char *p = yaml->text.data; p < end;) {
        if (end - p >= 8 && are_plain(sv_load8(p))) {
            p += 8;
            continue;
        }
        unsigned char c = (unsigned char)*p;
        uint32_t at = (uint32_t)(p - yaml->text.data);
        size_t length = c < 0x80 ? 1 : sv_utf8_sequence(p, end);
        if (length == 0) {
            sv_yaml_find(yaml, findings, at, at + 1, "byte 0x%02X is no UTF-8", c);
            return false;
        }
        if ((c < 0x20 && c != '\t' && c != '\n' && c != '\r') || c == 0x7F) {
            sv_yaml_find(yaml, findings, at, at + 1, "control character 0x%02X", c);
            return false;
        }
        yaml->is_simple &= !is_odd(p, length);
        p += length;
    }
    return true;
}

bool sv_yaml_begin(struct sv_yaml *yaml, struct sv_arena *arena, struct sv_slice path, struct sv_slice text,
                   struct sv_findings *findings)
{
    *yaml = (struct sv_yaml){.path = path, .text = text, .arena = arena};
    if (text.data == NULL)
        yaml->text.data = "";
    find_lines(yaml);
    return check_bytes(yaml, findings);
}

bool sv_yaml_read(struct sv_yaml *yaml, struct sv_arena *arena, struct sv_slice path, struct sv_slice text,
                  struct sv_findings *findings)
{
    return sv_yaml_begin(yaml, arena, path, text, findings) &&
           (text.len == 0 || sv_yaml_read_plain(yaml) || sv_yaml_read_library(yaml, findings));
}

/* --- values --- */

static bool is_word(struct sv_slice s, const char *lower)
{
    /* three spellings: null, Null, NULL */
    size_t length = strlen(lower);
    if (s.len != length)
        return false;
    bool upper_all = true, lower_rest = true;
    for (size_t i = 0; i < length; i++) {
        if ((s.data[i] | 32) != lower[i])
            return false;
        bool is_lower = s.data[i] == lower[i];
        upper_all &= !is_lower;
        lower_rest &= i == 0 || is_lower;
    }
    return upper_all || lower_rest;
}

static bool based_int(struct sv_slice s, int64_t *out)
{
    int base = s.len > 2 && s.data[0] == '0' ? s.data[1] == 'x' ? 16 : s.data[1] == 'o' ? 8 : 0 : 0;
    uint64_t value = 0;
    if (base == 0)
        return false;
    for (size_t i = 2; i < s.len; i++) {
        int c = (unsigned char)s.data[i], letter = c | 32;
        int digit = c >= '0' && c <= '9' ? c - '0' : letter >= 'a' && letter <= 'f' ? letter - 'a' + 10 : 99;
        if (digit >= base || value > (uint64_t)INT64_MAX / (unsigned)base - 1)
            return false;
        value = value * (unsigned)base + (unsigned)digit;
    }
    *out = (int64_t)value;
    return true;
}

struct sv_value sv_yaml_scalar(const struct sv_yaml_node *scalar)
{
    struct sv_slice s = scalar->text;
    int64_t number;
    double real;
    if (scalar->style != SV_YAML_PLAIN)
        return sv_value_str(s);
    if (s.len == 0 || sv_slice_is(s, "~") || is_word(s, "null"))
        return sv_value_of(SV_NULL);
    if (is_word(s, "true") || is_word(s, "false"))
        return sv_value_bool((s.data[0] | 32) == 't');
    if (sv_num_int(s, &number) || based_int(s, &number))
        return sv_value_int(number);
    struct sv_slice bare = s.data[0] == '-' || s.data[0] == '+' ? sv_slice(s.data + 1, s.len - 1) : s;
    if (bare.len > 1 && bare.data[0] == '.' && is_word(sv_slice(bare.data + 1, bare.len - 1), "inf"))
        return sv_value_double(s.data[0] == '-' ? -1.0 / 0.0 : 1.0 / 0.0);
    bool digits = false;
    for (size_t i = 0; i < s.len; i++)
        digits |= s.data[i] >= '0' && s.data[i] <= '9';
    if (digits && sv_num_double(s, true, &real))
        return sv_value_double(real);
    return sv_value_str(s);
}

void sv_yaml_put_json(struct sv_buf *out, const struct sv_yaml_node *node)
{
    if (node->kind == SV_YAML_SCALAR) {
        struct sv_value value = sv_yaml_scalar(node);
        if (value.type == SV_STRING)
            sv_json_put_string(out, node->text);
        else
            sv_json_put_value(out, value);
        return;
    }
    bool is_map = node->kind == SV_YAML_MAP;
    sv_buf_char(out, is_map ? '{' : '[');
    for (const struct sv_yaml_node *item = node->first; item != NULL; item = item->next) {
        if (item != node->first)
            sv_buf_char(out, ',');
        if (is_map) {
            sv_json_put_string(out, item->text);
            sv_buf_char(out, ':');
        }
        sv_yaml_put_json(out, is_map ? item->value : item);
    }
    sv_buf_char(out, is_map ? '}' : ']');
}

struct sv_yaml_node *sv_yaml_get(const struct sv_yaml_node *map, const char *key, struct sv_yaml_node **key_node)
{
    for (struct sv_yaml_node *k = map->first; k != NULL; k = k->next)
        if (sv_slice_is(k->text, key)) {
            if (key_node != NULL)
                *key_node = k;
            return k->value;
        }
    return NULL;
}
