/* SPDX-License-Identifier: ISC */
/* jq.c - lines that are nearly JSON, and what our reader says of them; jq.sh asks jq the same and compares.
 *
 *     jq make SEED COUNT FOLDER     COUNT lines: values made up, and lines of FOLDER's files; most of them then broken a little
 *     jq judge <lines               a line each: "yes", or "no" with a word for where and why, which jq.sh knows as by design
 *
 * The same seed gives the same lines. None has a NUL, which jq's way of reading lines does not carry. */
#include <stdio.h>
#include <stdlib.h>

#include "base/buf.h"
#include "base/os.h"
#include "json/reader.h"

enum { FILE_MAX = 1 << 20, LINE_MAX_BYTES = 4096, SEEDS_MAX = 4096, DEPTH_MAX = 6 };

static uint64_t state;
static struct sv_slice seeds[SEEDS_MAX];
static size_t seed_count;

static uint32_t below(uint32_t n) /* splitmix64 */
{
    uint64_t z = state += UINT64_C(0x9E3779B97F4A7C15);
    z = (z ^ z >> 30) * UINT64_C(0xBF58476D1CE4E5B9);
    z = (z ^ z >> 27) * UINT64_C(0x94D049BB133111EB);
    return (uint32_t)((z ^ z >> 31) >> 32) % n;
}

static const char *const words[] = {
    "null", "true", "false", "nan", "NaN", "Infinity", "-", "+", ".", "e", "E", "0", "00", "1e5", "-0", "1E-7", "0.5", "1e999", "12345678901234567890",
    "{", "}", "[", "]", ",", ":", "\"", "\\", "/", "'", "\\u", "\\u0000", "\\ud83d\\ude00", "\\ud800", "\\udc00", "\\n", "\\x", "\\\"", "\t", "\r", " ",
    "\x7f", "\x01", "\xc3\xa9", "\xf0\x9f\x98\x80", "\xed\xa0\x80", "\xff", "\xc0\xaf", "\xef\xbb\xbf", "\xe2\x80\xa8", "//", "/*", "#", "{}", "[]",
    "\"a\":", "\"a\"", ",,", "[[[[[[[[[[[[[[[[", "]]]]]]]]]]]]]]]]", "-nan", "tru", "nul", "1.", ".1", "01", "+1", "0x1", "1_0", "\f", "\v", "\xc2\xa0"};
enum { WORDS = sizeof words / sizeof *words };

static void put_text(struct sv_buf *out)
{
    static const char *const pieces[] = {"a", "b", "key", " ", "\\\\", "\\\"", "\\/", "\\b", "\\u00e9", "\\ud83d\\ude00", "\xc3\xa9", "\xe2\x82\xac", "0", "{"};
    sv_buf_char(out, '"');
    for (uint32_t n = below(5); n > 0; n--)
        sv_buf_str(out, pieces[below(sizeof pieces / sizeof *pieces)]);
    sv_buf_char(out, '"');
}

static void put_blank(struct sv_buf *out)
{
    if (below(8) == 0)
        sv_buf_char(out, " \t\r"[below(3)]);
}

/* A sound value. */
static void put_value(struct sv_buf *out, int depth)
{
    static const char *const plain[] = {"null", "true", "false", "0", "-1", "1.5", "2e3", "-0.0", "9007199254740993", "1E+2"};
    put_blank(out);
    uint32_t kind = below(depth < DEPTH_MAX ? 5 : 2);
    if (kind == 0) {
        sv_buf_str(out, plain[below(sizeof plain / sizeof *plain)]);
    } else if (kind == 1) {
        put_text(out);
    } else {
        bool is_object = kind == 2;
        sv_buf_char(out, is_object ? '{' : '[');
        for (uint32_t n = below(4), i = 0; i < n; i++) {
            if (i > 0)
                sv_buf_char(out, ',');
            if (is_object) {
                put_blank(out);
                put_text(out);
                put_blank(out);
                sv_buf_char(out, ':');
            }
            put_value(out, depth + 1);
        }
        put_blank(out);
        sv_buf_char(out, is_object ? '}' : ']');
    }
    put_blank(out);
}

/* Takes `drop` bytes away at a place of the line, and puts a word there. */
static void splice(struct sv_buf *line, size_t at, size_t drop, struct sv_slice word)
{
    struct sv_buf changed = {0};
    drop = drop < line->len - at ? drop : line->len - at;
    sv_buf_add(&changed, sv_slice(line->data, at));
    sv_buf_add(&changed, sv_slice(word.data, word.len));
    sv_buf_add(&changed, sv_slice(line->data + at + drop, line->len - at - drop));
    sv_buf_free(line);
    *line = changed;
}

static void mutate(struct sv_buf *line)
{
    uint32_t len = (uint32_t)line->len;
    size_t at = below(len + 1);
    struct sv_slice word = sv_slice_str(words[below(WORDS)]);
    switch (below(6)) {
    case 0: /* a byte less */
        splice(line, at, 1, SV_SLICE(""));
        break;
    case 1: /* a word more */
        splice(line, at, 0, word);
        break;
    case 2: /* a word instead */
        splice(line, at, 1 + below(3), word);
        break;
    case 3: /* a byte changed */
        if (at < line->len)
            line->data[at] = (char)(line->data[at] ^ 1 << below(8));
        break;
    case 4: /* cut */
        splice(line, at, line->len, SV_SLICE(""));
        break;
    default: { /* a piece twice */
        struct sv_buf piece = {0};
        size_t from = below(len + 1), most = line->len - from;
        sv_buf_add(&piece, sv_slice(line->data + from, most < 12 ? most : 12));
        splice(line, at, 0, sv_buf_slice(&piece));
        sv_buf_free(&piece);
    }
    }
}

static void make_line(struct sv_buf *line)
{
    sv_buf_clear(line);
    if (seed_count > 0 && below(3) == 0) {
        struct sv_slice seed = seeds[below((uint32_t)seed_count)];
        sv_buf_add(line, sv_slice(seed.data, seed.len));
    } else {
        put_value(line, 0);
    }
    for (uint32_t n = below(4); n > 0; n--)
        mutate(line);
    for (size_t i = 0; i < line->len; i++)
        if (line->data[i] == '\n' || line->data[i] == '\0')
            line->data[i] = ' ';
}

static bool read_seeds(const char *folder, struct sv_buf *all, struct sv_error *err)
{
    struct sv_buf names = {0}, path = {0};
    size_t n = 0;
    bool good = sv_os_list(folder, &names, &n, err);
    const char *name = names.data;
    for (size_t i = 0; good && i < n; i++, name += strlen(name) + 1) {
        struct sv_buf bytes = {0};
        sv_buf_clear(&path);
        sv_buf_printf(&path, "%s/%s", folder, name);
        good = sv_os_slurp(sv_buf_cstr(&path), FILE_MAX, &bytes, err);
        sv_buf_add(all, sv_slice(bytes.data, bytes.len));
        sv_buf_char(all, '\n');
        sv_buf_free(&bytes);
    }
    sv_buf_free(&names);
    sv_buf_free(&path);
    for (size_t from = 0; good && from < all->len && seed_count < SEEDS_MAX;) {
        const char *start = all->data + from;
        size_t len = (size_t)((const char *)memchr(start, '\n', all->len - from) - start);
        if (len > 0 && len < LINE_MAX_BYTES)
            seeds[seed_count++] = sv_slice(start, len);
        from += len + 1;
    }
    return good;
}

static bool is_hex4(const char *p)
{
    for (int i = 0; i < 4; i++)
        if (p[i] == '\0' || strchr("0123456789abcdefABCDEF", p[i]) == NULL)
            return false;
    return true;
}

/* Is there an escape of half a pair without its other half? p ends with a NUL. */
static bool has_lone_surrogate(const char *p)
{
    for (; *p != '\0'; p++) {
        if (*p != '\\')
            continue;
        if (p[1] != 'u' || !is_hex4(p + 2)) {
            p += p[1] != '\0';
            continue;
        }
        long unit = strtol((char[]){p[2], p[3], p[4], p[5], 0}, NULL, 16), low = 0;
        p += 5;
        if (unit >= 0xDC00 && unit <= 0xDFFF)
            return true;
        if (unit < 0xD800 || unit > 0xDFFF)
            continue;
        if (p[1] != '\\' || p[2] != 'u' || !is_hex4(p + 3))
            return true;
        low = strtol((char[]){p[3], p[4], p[5], p[6], 0}, NULL, 16);
        if (low < 0xDC00 || low > 0xDFFF)
            return true;
        p += 6;
    }
    return false;
}

/* Why we refused: a word of jq.sh's table, or what the reader said. */
static void put_reason(const char *line, size_t len, const struct sv_error *err)
{
    static const struct {
        const char *said, *word;
    } table[] = {{"invalid UTF-8", "utf8"}, {"nested deeper than", "deep"}, {"number is longer than", "long-number"}};
    size_t at = err->column > 0 && err->column <= len ? err->column - 1 : len;
    for (size_t i = 0; i < sizeof table / sizeof *table; i++)
        if (strstr(err->text, table[i].said) != NULL) {
            printf("no %s\n", table[i].word);
            return;
        }
    if (at < len && line[at] == '\x1f') {
        printf("no last-control\n");
        return;
    }
    if (at == 0 && strncmp(line, "\xef\xbb\xbf", 3) == 0) {
        printf("no mark\n");
        return;
    }
    /* the whole word around the place, as jq takes it for one; it skips \v and \f before a number as strtod does */
    const char *const parts = "\v\f+-.0123456789abcdefghijklmnopqrstuvwxyzABCDEFGHIJKLMNOPQRSTUVWXYZ_";
    size_t from = at, to = at;
    while (from > 0 && strchr(parts, line[from - 1]) != NULL)
        from--;
    while (to < len && strchr(parts, line[to]) != NULL)
        to++;
    bool has_digit = false, has_name = false;
    for (size_t i = from; i < to; i++) {
        has_digit |= line[i] >= '0' && line[i] <= '9';
        char low[4] = {0}; /* strtod takes them in any case */
        for (size_t k = 0; k < 3 && i + k < to; k++)
            low[k] = (char)(line[i + k] | 0x20);
        has_name |= strcmp(low, "nan") == 0 || strcmp(low, "inf") == 0;
    }
    if (memchr(line, '\x1e', len) != NULL)
        printf("no separator\n");
    else if (has_name)
        printf("no nan\n");
    else if (has_digit)
        printf("no number\n");
    else
        printf("no %s\n", err->text);
}

static void judge(const char *line, size_t len)
{
    struct sv_value value;
    struct sv_error err = {0};
    if (!sv_json_read(sv_slice(line, len), &value, &err))
        put_reason(line, len, &err);
    else
        puts(has_lone_surrogate(line) ? "yes surrogate" : "yes");
}

int main(int argc, char **argv)
{
    struct sv_buf line = {0}, all = {0};
    struct sv_error err = {0};
    if (argc == 5 && strcmp(argv[1], "make") == 0) {
        state = strtoull(argv[2], NULL, 10);
        if (!read_seeds(argv[4], &all, &err)) {
            fprintf(stderr, "jq: %s\n", err.text);
            return 3;
        }
        for (unsigned long n = strtoul(argv[3], NULL, 10); n > 0; n--) {
            make_line(&line);
            sv_buf_char(&line, '\n');
            fwrite(line.data, 1, line.len, stdout);
        }
    } else if (argc == 2 && strcmp(argv[1], "judge") == 0) {
        char *text = NULL;
        size_t size = 0;
        for (ssize_t n; (n = getline(&text, &size, stdin)) >= 0;) {
            if (n > 0 && text[n - 1] == '\n')
                text[--n] = '\0';
            judge(text, (size_t)n);
        }
        free(text);
    } else {
        return 2;
    }
    sv_buf_free(&line);
    sv_buf_free(&all);
    return fflush(stdout) != 0;
}
