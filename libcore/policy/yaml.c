/* SPDX-License-Identifier: ISC */
/* Why libfyaml (0.7.12, its events) and not libyaml (0.2.5), both in Debian: it speaks YAML 1.2, where `no` is a string; its
 * errors have a column that is the right one; and it is linear on hostile nesting (`[` 50,000 times: 18 ms against 3.3 s).
 * What it makes of a single-quoted scalar is not used: two doubled quotes side by side come out as three (yaml_text.c reads it).
 * Neither bounds depth on events, expands nothing (so an alias bomb stays small) or checks repeated keys there: that is done
 * here. It takes a byte that is no UTF-8, or a NUL, for the end of the file: so the bytes are checked first, also here. */
#include "policy/yaml.h"

#include <libfyaml.h>
#include <stdarg.h>
#include <stdio.h>

#include "base/limits.h"
#include "base/map.h"
#include "base/num.h"
#include "base/utf8.h"
#include "json/writer.h"

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

struct builder {
    struct sv_yaml *yaml;
    struct sv_findings *findings;
    struct {
        struct sv_yaml_node *node;
        struct sv_yaml_node **tail; /* where the next item or key is hung */
        struct sv_yaml_node *key;   /* a mapping's key that waits for its value */
        struct sv_map keys;         /* of a mapping: key -> line, to find repetitions */
    } open[SV_YAML_DEPTH_MAX];
    size_t depth;
    uint32_t at;     /* end of what was read last: where something that is not written is missing */
    bool documents;  /* one was begun */
};

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
        p += length;
    }
    return true;
}

static struct sv_yaml_node *add_node(struct builder *b, enum sv_yaml_kind kind, struct fy_token *token)
{
    struct sv_yaml_node *node = sv_arena_calloc(b->yaml->arena, 1, sizeof *node);
    const struct fy_mark *start = token != NULL ? fy_token_start_mark(token) : NULL;
    const struct fy_mark *end = token != NULL ? fy_token_end_mark(token) : NULL;
    node->kind = kind;
    node->yaml = b->yaml;
    node->missing = start == NULL;
    node->start = start != NULL ? (uint32_t)start->input_pos : b->at;
    node->end = end != NULL ? (uint32_t)end->input_pos : node->start;
    if (b->depth == 0) {
        b->yaml->root = node;
        return node;
    }
    struct sv_yaml_node *parent = b->open[b->depth - 1].node;
    if (parent->kind == SV_YAML_MAP && b->open[b->depth - 1].key != NULL) {
        b->open[b->depth - 1].key->value = node;
        b->open[b->depth - 1].key = NULL;
        return node;
    }
    *b->open[b->depth - 1].tail = node;
    b->open[b->depth - 1].tail = &node->next;
    parent->count++;
    if (parent->kind == SV_YAML_MAP)
        b->open[b->depth - 1].key = node;
    return node;
}

static bool add_scalar(struct builder *b, struct fy_token *token)
{
    struct sv_yaml_node *node = add_node(b, SV_YAML_SCALAR, token);
    switch (fy_token_scalar_style(token)) {
    case FYSS_SINGLE_QUOTED:
        node->style = SV_YAML_SINGLE;
        break;
    case FYSS_DOUBLE_QUOTED:
        node->style = SV_YAML_DOUBLE;
        break;
    case FYSS_LITERAL:
        node->style = SV_YAML_LITERAL;
        break;
    case FYSS_FOLDED:
        node->style = SV_YAML_FOLDED;
        break;
    default:
        node->style = SV_YAML_PLAIN;
    }
    if (node->style == SV_YAML_SINGLE && !node->missing) {
        node->text = sv_yaml_unquote(b->yaml, node);
    } else {
        size_t length = 0;
        const char *text = fy_token_get_text(token, &length);
        node->text = sv_arena_dup(b->yaml->arena, sv_slice(text != NULL ? text : "", length));
    }
    b->at = node->end > b->at ? node->end : b->at;
    if (b->depth == 0 || b->open[b->depth - 1].key != node)
        return true;
    struct sv_map_item *seen = sv_map_at(&b->open[b->depth - 1].keys, node->text);
    if (seen->number != 0)
        sv_yaml_find(b->yaml, b->findings, node->start, node->end, "key \"%.*s\" stands twice (first in line %u)",
                     SV_ARG(node->text), (unsigned)seen->number);
    else
        seen->number = sv_yaml_line(b->yaml, node->start);
    return true;
}

static bool open_node(struct builder *b, enum sv_yaml_kind kind, struct fy_token *token)
{
    const struct fy_mark *start = token != NULL ? fy_token_start_mark(token) : NULL;
    uint32_t at = start != NULL ? (uint32_t)start->input_pos : b->at;
    if (b->depth == SV_YAML_DEPTH_MAX) {
        sv_yaml_find(b->yaml, b->findings, at, at + 1, "nested deeper than %d", SV_YAML_DEPTH_MAX);
        return false;
    }
    struct sv_yaml_node *node = add_node(b, kind, token);
    if (b->depth > 0 && b->open[b->depth - 1].key == node) {
        sv_yaml_find(b->yaml, b->findings, at, at + 1, "a key must be a plain word, not a list or mapping");
        return false;
    }
    node->missing = false;
    node->flow = node->start < b->yaml->text.len && b->yaml->text.data[node->start] == (kind == SV_YAML_MAP ? '{' : '[');
    b->at = at;
    b->open[b->depth].node = node;
    b->open[b->depth].tail = &node->first;
    b->open[b->depth].key = NULL;
    b->open[b->depth].keys = (struct sv_map){0};
    b->depth++;
    return true;
}

static bool close_node(struct builder *b, struct fy_token *token)
{
    const struct fy_mark *end = token != NULL ? fy_token_end_mark(token) : NULL;
    struct sv_yaml_node *node = b->open[--b->depth].node;
    sv_map_free(&b->open[b->depth].keys);
    node->end = node->flow && end != NULL ? (uint32_t)end->input_pos : b->at;
    b->at = node->end > b->at ? node->end : b->at;
    return true;
}

static bool refuse(struct builder *b, struct fy_token *token, const char *what)
{
    const struct fy_mark *start = token != NULL ? fy_token_start_mark(token) : NULL;
    uint32_t at = start != NULL ? (uint32_t)start->input_pos : b->at;
    uint32_t end = start != NULL ? (uint32_t)fy_token_end_mark(token)->input_pos : at;
    if (start != NULL && at > 0 && (b->yaml->text.data[at - 1] == '&' || b->yaml->text.data[at - 1] == '*'))
        at--; /* the sign belongs to the name */
    sv_yaml_find(b->yaml, b->findings, at, end, "%s are not allowed in a policy file", what);
    return false;
}

static bool take_event(struct builder *b, struct fy_event *event)
{
    struct fy_token *anchor = NULL, *tag = NULL;
    switch (event->type) {
    case FYET_DOCUMENT_START: {
        if (!b->documents) {
            b->documents = true;
            return true;
        }
        struct fy_token *token = event->document_start.document_start;
        const struct fy_mark *start = token != NULL ? fy_token_start_mark(token) : NULL;
        uint32_t at = start != NULL ? (uint32_t)start->input_pos : b->at;
        sv_yaml_find(b->yaml, b->findings, at, at + 3, "a second document begins here; a policy file has one");
        return false;
    }
    case FYET_ALIAS:
        return refuse(b, event->alias.anchor, "aliases");
    case FYET_SCALAR:
        anchor = event->scalar.anchor, tag = event->scalar.tag;
        break;
    case FYET_SEQUENCE_START:
        anchor = event->sequence_start.anchor, tag = event->sequence_start.tag;
        break;
    case FYET_MAPPING_START:
        anchor = event->mapping_start.anchor, tag = event->mapping_start.tag;
        break;
    case FYET_SEQUENCE_END:
        return close_node(b, event->sequence_end.sequence_end);
    case FYET_MAPPING_END:
        return close_node(b, event->mapping_end.mapping_end);
    default:
        return true;
    }
    if (anchor != NULL)
        return refuse(b, anchor, "anchors");
    if (tag != NULL)
        return refuse(b, tag, "tags");
    if (event->type == FYET_SCALAR)
        return add_scalar(b, event->scalar.value);
    return event->type == FYET_MAPPING_START ? open_node(b, SV_YAML_MAP, event->mapping_start.mapping_start)
                                             : open_node(b, SV_YAML_LIST, event->sequence_start.sequence_start);
}

/* The first error that the library has collected; later ones are its consequences. */
static void report_syntax(struct builder *b, struct fy_diag *diag)
{
    const struct sv_yaml *yaml = b->yaml;
    void *walk = NULL;
    struct fy_diag_error *error;
    while ((error = fy_diag_errors_iterate(diag, &walk)) != NULL) {
        if (error->type != FYET_ERROR)
            continue;
        uint32_t at = (uint32_t)yaml->text.len;
        if (error->line > 0 && (size_t)error->line <= yaml->line_count) {
            at = yaml->lines[error->line - 1];
            for (int column = 1; column < error->column && at < yaml->text.len && yaml->text.data[at] != '\n'; column++)
                for (at++; at < yaml->text.len && ((unsigned char)yaml->text.data[at] & 0xC0) == 0x80;)
                    at++;
        }
        sv_yaml_find(yaml, b->findings, at, at + 1, "%s%s", error->msg,
                     strstr(error->msg, "alias") != NULL ? " (quote a text that begins with *)" : "");
        return;
    }
    sv_yaml_find(yaml, b->findings, b->at, b->at + 1, "this is no YAML");
}

bool sv_yaml_read(struct sv_yaml *yaml, struct sv_arena *arena, struct sv_slice path, struct sv_slice text,
                  struct sv_findings *findings)
{
    *yaml = (struct sv_yaml){.path = path, .text = text, .arena = arena};
    if (text.data == NULL)
        yaml->text.data = "";
    find_lines(yaml);
    if (!check_bytes(yaml, findings))
        return false;
    if (text.len == 0)
        return true;

    struct builder b = {.yaml = yaml, .findings = findings};
    struct fy_diag_cfg diag_cfg;
    fy_diag_cfg_default(&diag_cfg);
    diag_cfg.fp = NULL;
    diag_cfg.colorize = false;
    struct fy_diag *diag = fy_diag_create(&diag_cfg);
    fy_diag_set_collect_errors(diag, true);
    struct fy_parse_cfg cfg = {.flags = FYPCF_COLLECT_DIAG | FYPCF_DEFAULT_VERSION_1_2 | FYPCF_JSON_NONE, .diag = diag};
    struct fy_parser *parser = fy_parser_create(&cfg);
    fy_parser_set_string(parser, text.data, text.len);

    bool good = true, ended = false;
    struct fy_event *event;
    while (good && (event = fy_parser_parse(parser)) != NULL) {
        ended = event->type == FYET_STREAM_END;
        good = take_event(&b, event);
        fy_parser_event_free(parser, event);
    }
    if (good && !ended) {
        report_syntax(&b, diag);
        good = false;
    }
    while (b.depth > 0)
        sv_map_free(&b.open[--b.depth].keys);
    fy_parser_destroy(parser);
    fy_diag_destroy(diag);
    return good;
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

const char *sv_yaml_library(void)
{
    return fy_library_version();
}
