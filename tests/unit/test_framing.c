/* SPDX-License-Identifier: ISC */
/* Where records of CSV end: as libcsv has it, as a slow rule has it that is written down here, at every block size, and in
 * bounded time and memory whatever the quotes do. */
#include <csv.h>
#include <stdlib.h>
#include <unistd.h>

#include "base/limits.h"
#include "base/mem.h"
#include "base/os.h"
#include "input/input.h"
#include "measure/random.h"
#include "tap.h"

static char folder[] = "/tmp/sv-framing-XXXXXX";
static char path[100];

static struct sv_random dice;

static unsigned random_below(unsigned n)
{
    return sv_random_below(&dice, n);
}

static enum sv_framing quoted(void *context, uint32_t source, struct sv_slice first)
{
    (void)context;
    (void)source;
    (void)first;
    return SV_FRAMING_QUOTED;
}

/* What input/ makes of the file, a line a record. */
static const char *framed(struct sv_buf *out, size_t block)
{
    const char *operand = path;
    struct sv_input_spec spec = {.operands = &operand, .count = 1, .block_size = block, .not_before_ns = INT64_MIN, .framing = quoted};
    struct sv_error err = {0};
    struct sv_input *input = sv_input_open(&spec, &err);
    struct sv_record record;
    sv_buf_clear(out);
    while (sv_input_next(input, &record, -1, &err) == SV_INPUT_RECORD) {
        sv_buf_printf(out, "%d l%d @%d ", (int)record.number, (int)record.line, (int)record.offset);
        if (record.flaw != NULL)
            sv_buf_printf(out, "flaw :%u", record.flaw_column);
        sv_buf_add(out, record.text);
        sv_buf_str(out, record.no_newline ? " cut\x01" : "\x01");
    }
    sv_buf_printf(out, "lines %d", (int)sv_input_source(input, 0)->lines);
    sv_input_close(input);
    return sv_buf_cstr(out);
}

static void write_file(struct sv_slice text)
{
    FILE *file = fopen(path, "w");
    if (file == NULL || fwrite(text.data, 1, text.len, file) != text.len || fclose(file) != 0) {
        printf("Bail out! %s\n", path);
        exit(1);
    }
}

/* The rule, slowly: tries each line as the beginning of a record, from scratch. */
static const char *by_rule(struct sv_buf *out, struct sv_slice text)
{
    int number = 0, line = 0;
    sv_buf_clear(out);
    for (size_t start = 0; start < text.len;) {
        size_t i = start, stop = text.len, first = text.len;
        bool inside = false, cell_start = true, shut = false, broken = false;
        for (; i < text.len; i++) {
            char c = text.data[i];
            if (c == '\n' && first == text.len)
                first = i;
            if (c == '\n' && !inside) {
                stop = i;
                break;
            }
            if (inside) {
                if (c == '"' && i + 1 < text.len && text.data[i + 1] == '"')
                    i++;
                else if (c == '"')
                    inside = false, shut = true;
            } else if (shut && c != ',' && !(c == '\r' && i + 1 < text.len && text.data[i + 1] == '\n')) {
                broken = true;
                break;
            } else if (c == '"' && cell_start) {
                inside = true, cell_start = false;
            } else {
                cell_start = c == ',';
                shut = shut && c == '\r';
            }
        }
        const char *newline = memchr(text.data + start, '\n', text.len - start);
        first = newline != NULL ? (size_t)(newline - text.data) : text.len;
        bool flaw = broken || inside;
        if (flaw)
            stop = first;
        sv_buf_printf(out, "%d l%d @%d ", ++number, line + 1, (int)start);
        struct sv_slice record = sv_slice(text.data + start, stop - start);
        for (size_t k = 0; k < record.len; k++)
            line += record.data[k] == '\n';
        line++;
        if (stop < text.len && record.len > 0 && record.data[record.len - 1] == '\r')
            record.len--;
        if (flaw) {
            size_t at;
            sv_framing_flaw(record, &at);
            sv_buf_printf(out, "flaw :%u", (unsigned)at + 1);
        } else {
            sv_buf_add(out, record);
        }
        sv_buf_str(out, stop == text.len ? " cut\x01" : "\x01");
        start = stop + 1;
    }
    sv_buf_printf(out, "lines %d", line);
    return sv_buf_cstr(out);
}

static void random_text(struct sv_buf *text, unsigned quotes)
{
    static const char letters[] = "ab,\n\n\r";
    sv_buf_clear(text);
    for (unsigned n = random_below(60); n > 0; n--) {
        unsigned kind = random_below(10);
        if (kind < quotes)
            sv_buf_str(text, (const char *[]){"\"", "\"\"", ",\"", "\",", "\"\r\n", "\"\n"}[random_below(6)]);
        else
            sv_buf_char(text, letters[random_below(6)]);
    }
}

static void test_rule(void)
{
    static const size_t blocks[] = {1, 7, 4096};
    struct sv_buf text = {0}, want = {0}, got = {0};
    int wrong = 0;
    for (int i = 0; i < 3000; i++) {
        random_text(&text, 1 + random_below(8));
        write_file(sv_buf_slice(&text));
        by_rule(&want, sv_buf_slice(&text));
        for (size_t b = 0; b < sizeof blocks / sizeof *blocks; b++)
            if (strcmp(framed(&got, blocks[b]), sv_buf_cstr(&want)) != 0 && wrong++ < 3)
                printf("# block %zu of %.*s\n# got  %s\n# want %s\n", blocks[b], SV_ARG(sv_buf_slice(&text)), got.data, want.data);
    }
    is_int(wrong, 0, "3,000 random texts in blocks of 1, 7 and 4096 bytes are cut as the rule says");
    sv_buf_free(&text);
    sv_buf_free(&want);
    sv_buf_free(&got);
}

/* libcsv on the whole text at once, and on what the framing gives, record by record. */

static int no_space(unsigned char c)
{
    (void)c;
    return 0;
}

static int is_line_end(unsigned char c)
{
    return c == '\n';
}

static void on_cell(void *text, size_t len, void *context)
{
    sv_buf_add(context, sv_slice(text, len));
    sv_buf_str(context, "\x02");
}

static void on_row(int end, void *context)
{
    (void)end;
    sv_buf_str(context, "\x01");
}

static void parse(struct csv_parser *parser, struct sv_slice text, struct sv_buf *out)
{
    csv_parse(parser, text.data, text.len, on_cell, on_row, out);
}

static void new_parser(struct csv_parser *parser)
{
    csv_init(parser, 0);
    csv_set_space_func(parser, no_space);
    csv_set_term_func(parser, is_line_end);
}

static void test_libcsv(void)
{
    struct sv_buf text = {0}, whole = {0}, parts = {0};
    int wrong = 0, compared = 0, records = 0;
    for (int i = 0; i < 20000; i++) {
        struct csv_parser at_once, one_by_one;
        random_text(&text, 1 + random_below(6));
        /* CRs apart, which framing cuts off before libcsv sees them */
        for (size_t k = 0; k < text.len; k++)
            if (text.data[k] == '\r')
                text.data[k] = 'c';
        if (text.len == 0 || text.data[text.len - 1] != '\n')
            sv_buf_char(&text, '\n');
        new_parser(&at_once);
        new_parser(&one_by_one);
        sv_buf_clear(&whole);
        sv_buf_clear(&parts);
        size_t start = 0;
        for (enum sv_framing_state state; start < text.len; records++) {
            state = SV_FRAMING_START;
            const char *stop = sv_framing_scan(SV_FRAMING_QUOTED, sv_slice(text.data + start, text.len - start), &state);
            if (stop == NULL || state == SV_FRAMING_BROKEN)
                break;
            size_t rows = 0, next = (size_t)(stop - text.data) + 1;
            size_t before = parts.len;
            parse(&one_by_one, sv_slice(text.data + start, next - start), &parts);
            for (size_t k = before; k < parts.len; k++)
                rows += parts.data[k] == '\x01';
            wrong += rows != (next - start > 1); /* a blank line is no row, any other record one */
            start = next;
        }
        parse(&at_once, sv_slice(text.data, start), &whole); /* as far as it is sound */
        wrong += !sv_slice_equal(sv_buf_slice(&whole), sv_buf_slice(&parts));
        compared += start > 0;
        csv_free(&at_once);
        csv_free(&one_by_one);
    }
    ok(wrong == 0 && compared > 15000 && records > 50000, "20,000 random texts: each record is one row of libcsv's (%d records in %d texts, %d wrong)",
       records, compared, wrong);
    sv_buf_free(&text);
    sv_buf_free(&whole);
    sv_buf_free(&parts);
}

static void repeat(struct sv_buf *text, const char *what, size_t bytes)
{
    for (size_t len = strlen(what); bytes >= len; bytes -= len)
        sv_buf_add(text, sv_slice(what, len));
}

/* Reads the file; the records that are sound, those that are not, and the last sound one's text. */
static void count(size_t *sound, size_t *flawed, char last[32])
{
    const char *operand = path;
    struct sv_input_spec spec = {.operands = &operand, .count = 1, .not_before_ns = INT64_MIN, .framing = quoted};
    struct sv_error err = {0};
    struct sv_input *input = sv_input_open(&spec, &err);
    struct sv_record record;
    *sound = *flawed = 0;
    while (sv_input_next(input, &record, -1, &err) == SV_INPUT_RECORD) {
        *(record.flaw != NULL ? flawed : sound) += 1;
        if (record.flaw == NULL)
            snprintf(last, 32, "%.*s", SV_ARG(record.text));
    }
    sv_input_close(input);
}

static void test_limits(void)
{
    struct sv_buf text = {0};
    size_t sound, flawed;
    char last[32];
    for (int more = -1; more <= 1; more++) {
        sv_buf_clear(&text);
        sv_buf_str(&text, "\"x\n");
        repeat(&text, "y", (size_t)SV_LINE_MAX + (size_t)more - 4);
        sv_buf_str(&text, "\"\r\na,b\n");
        write_file(sv_buf_slice(&text));
        count(&sound, &flawed, last);
        is_int(flawed, more > 0 ? 1 : 0, "a record of two lines of SV_LINE_MAX %+d bytes", more);
        is_str(last, "a,b", "what follows is read");
    }
    sv_buf_clear(&text);
    sv_buf_str(&text, "a,\"b\n");
    repeat(&text, "c,d\n", 40 << 20);
    write_file(sv_buf_slice(&text));
    int64_t before = sv_os_cpu_ns();
    count(&sound, &flawed, last);
    ok(flawed == 1 && sound == 10 << 20, "a quote that is never closed costs its line: %zu, %zu", flawed, sound);
    int64_t plain = sv_os_cpu_ns() - before;

    sv_buf_clear(&text);
    repeat(&text, "a\",\"\n", 40 << 20); /* open at each line's end, wherever one begins */
    write_file(sv_buf_slice(&text));
    before = sv_os_cpu_ns();
    count(&sound, &flawed, last);
    int64_t hostile = sv_os_cpu_ns() - before;
    ok(flawed == (40u << 20) / 5 && sound == 0, "lines that are open from wherever one begins: %zu, %zu", flawed, sound);
    ok(hostile < 20 * plain + 1000000000, "in linear time: %d ms, %d ms for sound ones", (int)(hostile / 1000000), (int)(plain / 1000000));

    sv_buf_clear(&text);
    sv_buf_str(&text, "\"x\n");
    repeat(&text, "y", SV_LINE_MAX + 5u);
    sv_buf_str(&text, "\n\"z\n");
    write_file(sv_buf_slice(&text));
    count(&sound, &flawed, last);
    ok(flawed == 3 && sound == 0, "a line over the limit between two open ones: %zu, %zu", flawed, sound);
    sv_buf_free(&text);
}

int main(void)
{
    sv_random_seed(&dice, 1);
    if (mkdtemp(folder) == NULL)
        return 1;
    snprintf(path, sizeof path, "%s/f.csv", folder);
    test_rule();
    test_libcsv();
    test_limits();
    unlink(path);
    rmdir(folder);
    return done();
}
