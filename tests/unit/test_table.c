/* SPDX-License-Identifier: ISC */
#include "report/cells.h"
#include "report/table.h"
#include "tap.h"

static struct sv_buf out;

static void safe_is(struct sv_slice text, const char *want)
{
    sv_buf_clear(&out);
    sv_text_safe(&out, text);
    is_slice(sv_buf_slice(&out), sv_slice_str(want), "shown as %s", want);
    size_t controls = 0;
    for (size_t i = 0; i < out.len; i++)
        controls += (unsigned char)out.data[i] < 0x20 || out.data[i] == 0x7F;
    is_int(controls, 0, "no control is left");
}

static void test_safe(void)
{
    safe_is(SV_SLICE("plain, ~ \\ text"), "plain, ~ \\ text");
    safe_is(SV_SLICE("gr\xC3\xBC\xC3\x9F \xE4\xBD\xA0 \xF0\x9F\x98\x80"), "gr\xC3\xBC\xC3\x9F \xE4\xBD\xA0 \xF0\x9F\x98\x80");
    safe_is(SV_SLICE("\033]0;title\a"), "\\x1b]0;title\\x07");
    safe_is(SV_SLICE("a\nb\r\nc\td\re\0f\x7F"), "a b c d\\x0de\\x00f\\x7f");
    safe_is(SV_SLICE("\xC2\x80\xC2\x9B\xC2\x9F\xC2\xA0"), "\\u{80}\\u{9b}\\u{9f}\xC2\xA0");
    safe_is(SV_SLICE("\x9B"
                     "1m\xFF\xC2"),
            "\\x9b1m\\xff\\xc2");
    safe_is(SV_SLICE("\xE2\x80\xAE\xE2\x81\xA6\xE2\x81\xA9\xE2\x80\x8F\xD8\x9C"), "\\u{202e}\\u{2066}\\u{2069}\\u{200f}\\u{61c}");
    safe_is(SV_SLICE("\xE2\x80\xA8\xE2\x80\xA9"), "\\u{2028}\\u{2029}");
    safe_is(SV_SLICE("\xF3\xA0\x81\xA1"), "\\u{e0061}");
    safe_is(SV_SLICE("\xED\xA0\x80"), "\\xed\\xa0\\x80"); /* a surrogate is no UTF-8 */
    safe_is(SV_SLICE(""), "");
}

static void test_cells(void)
{
    is_int(sv_text_cells(SV_SLICE("abc")), 3, "letters take one");
    is_int(sv_text_cells(SV_SLICE("e\xCC\x81\xCC\xA8")), 1, "combining marks take none");
    is_int(sv_text_cells(SV_SLICE("\xE4\xBD\xA0\xE5\xA5\xBD")), 4, "Chinese takes two");
    is_int(sv_text_cells(SV_SLICE("\xED\x95\x9C")), 2, "Hangul takes two");
    is_int(sv_text_cells(SV_SLICE("\xE1\x84\x92\xE1\x85\xA1\xE1\x86\xAB")), 2, "also in pieces");
    is_int(sv_text_cells(SV_SLICE("\xF0\x9F\x9A\x80\xE2\x9C\x85")), 4, "emoji take two");
    is_int(sv_text_cells(SV_SLICE("\xE2\x9C\x93\xEF\xB8\x8F")), 1, "a variation selector takes none");
    is_int(sv_text_cells(SV_SLICE("\xEF\xBC\xA1\xEF\xBD\xB1")), 3, "fullwidth two, halfwidth one");
    is_int(sv_text_cells(SV_SLICE("\033[31m")), 8, "what is made visible takes what it shows");
    is_int(sv_text_cells(SV_SLICE("")), 0, "nothing takes nothing");
    is_int(sv_cells_of(0x10FFFF), 1, "the last code point");
    is_int(sv_cells_of(0x20000) + sv_cells_of(0x3FFFD), 4, "supplementary ideographs");
    is_int(sv_cells_of(0x2FF) + sv_cells_of(0x300) + sv_cells_of(0x36F) + sv_cells_of(0x370), 2, "the edges of a range");
}

static const struct sv_column columns[] = {
    {"SEV", 4, 8, false, false, false}, {"AGENT", 6, 10, false, false, false}, {"WHAT", 10, 0, true, false, false}, {"AT", 8, 14, false, true, false},
};

#define HELLO "\xE4\xBD\xA0\xE5\xA5\xBD" /* four cells */

#define ROW(...)                                                                                                                   \
    (const struct sv_cell[])                                                                                                       \
    {                                                                                                                              \
        __VA_ARGS__                                                                                                                \
    }
#define CELL(text) {SV_SLICE(text), SV_COLOR_NONE}

static void row_is(size_t width, bool color, const struct sv_cell *cells, const char *want)
{
    struct sv_table table = {.columns = columns, .count = 4, .width = width, .color = color};
    sv_buf_clear(&out);
    sv_table_row(&table, &out, cells);
    is_slice(sv_buf_slice(&out), sv_slice_str(want), "width %zu: %s", width, want);
    if (width > 0 && !color)
        ok(sv_text_cells(sv_slice(out.data, out.len - 1)) <= width, "fits in %zu", width);
}

static void test_rows(void)
{
    const struct sv_cell *row = ROW(CELL("error"), CELL("claude:shop"), CELL("git push --force origin main"), CELL("logs/6f1c.jsonl:882"));
    struct sv_table table = {.columns = columns, .count = 4, .width = 60};
    sv_table_head(&table, &out);
    is_slice(sv_buf_slice(&out), SV_SLICE("SEV       AGENT       WHAT                    AT\n"), "head");
    row_is(60, false, row, "error     claude:sh\xE2\x80\xA6  git push --force orig\xE2\x80\xA6  \xE2\x80\xA6" "f1c.jsonl:882\n");
    row_is(80, false, row, "error     claude:sh\xE2\x80\xA6  git push --force origin main                \xE2\x80\xA6" "f1c.jsonl:882\n");
    row_is(0, false, row, "error     claude:sh\xE2\x80\xA6  git push --force origin main  logs/6f1c.jsonl:882\n");
    row_is(40, false, row, "error     claude:\xE2\x80\xA6  git push \xE2\x80\xA6  \xE2\x80\xA6onl:882\n");
}

static void test_narrow(void)
{
    row_is(34, false, ROW(CELL("error"), CELL("claude:shop"), CELL("git push --force"), CELL("logs/6f1c.jsonl:882")),
           "err\xE2\x80\xA6  claud\xE2\x80\xA6  git push \xE2\x80\xA6  \xE2\x80\xA6" "onl:882\n");
    row_is(60, false, ROW(CELL("x"), CELL(""), CELL(""), CELL("")), "x\n");
    row_is(60, false, ROW(CELL(""), CELL("y"), CELL(""), CELL("")), "          y\n");
    row_is(60, false, ROW(CELL(HELLO), CELL(HELLO HELLO HELLO), CELL("z"), CELL("")),
           HELLO "      " HELLO HELLO "\xE2\x80\xA6   z\n");
    row_is(60, false, ROW(CELL("a"), CELL("b"), CELL("line\none\033[2J"), CELL("c")),
           "a         b           line one\\x1b[2J         c\n");
    row_is(60, true, ROW({SV_SLICE("error"), SV_COLOR_RED}, CELL("a"), CELL("b"), {SV_SLICE("c"), SV_COLOR_DIM}),
           "\033[31merror\033[0m     a           b                       \033[2mc\033[0m\n");
    row_is(60, false, ROW(CELL("e\xCC\x81" "bcdefghijk"), CELL("a"), CELL(""), CELL("")), "e\xCC\x81" "bcdefg\xE2\x80\xA6  a\n");
}

static void test_open_end(void)
{
    static const struct sv_column two[] = {{"NAME", 4, 6, false, false, false}, {"TEXT", 5, 0, false, false, false}};
    struct sv_table table = {.columns = two, .count = 2, .width = 20};
    sv_buf_clear(&out);
    sv_table_row(&table, &out, ROW(CELL("a"), CELL("0123456789abcdef")));
    is_slice(sv_buf_slice(&out), SV_SLICE("a       0123456789a\xE2\x80\xA6\n"), "a last column without bound takes the rest");
    table.width = 0;
    sv_buf_clear(&out);
    sv_table_row(&table, &out, ROW(CELL("a"), CELL("0123456789abcdef")));
    is_slice(sv_buf_slice(&out), SV_SLICE("a       0123456789abcdef\n"), "and all there is where lines have no end");
}

static void count_is(uint64_t n, const char *full, const char *brief)
{
    sv_buf_clear(&out);
    sv_text_count(&out, n);
    is_slice(sv_buf_slice(&out), sv_slice_str(full), "%s", full);
    sv_buf_clear(&out);
    sv_text_short_count(&out, n);
    is_slice(sv_buf_slice(&out), sv_slice_str(brief), "%s is %s", full, brief);
}

static void test_counts(void)
{
    count_is(0, "0", "0");
    count_is(999, "999", "999");
    count_is(1000, "1,000", "1.0 k");
    count_is(9949, "9,949", "9.9 k");
    count_is(9950, "9,950", "10 k");
    count_is(18204, "18,204", "18 k");
    count_is(210000, "210,000", "210 k");
    count_is(999499, "999,499", "999 k");
    count_is(999500, "999,500", "1.0 M");
    count_is(4100000, "4,100,000", "4.1 M");
    count_is(4149999, "4,149,999", "4.1 M");
    count_is(4150000, "4,150,000", "4.2 M");
    count_is(UINT64_C(12000000000), "12,000,000,000", "12 G");
    count_is(UINT64_MAX, "18,446,744,073,709,551,615", "18446744 T");
}

static void test_numbers_in_line(void)
{
    static const struct sv_column counts[] = {{"COUNT", 7, 7, false, false, true}, {"NAME", 4, 8, false, false, false}};
    const struct sv_table table = {.columns = counts, .count = 2, .width = 40};
    sv_buf_clear(&out);
    sv_table_head(&table, &out);
    sv_table_row(&table, &out, ROW(CELL("5"), CELL("a")));
    sv_table_row(&table, &out, ROW(CELL("123,456"), CELL("b")));
    sv_table_row(&table, &out, ROW(CELL("1,234,567"), CELL("c")));
    sv_table_row(&table, &out, ROW(CELL(""), CELL("d")));
    is_slice(sv_buf_slice(&out), SV_SLICE("  COUNT  NAME\n      5  a\n123,456  b\n1,234,\xE2\x80\xA6  c\n         d\n"), "numbers end in line");
}

static void fit_is(struct sv_slice text, size_t cells, const char *want)
{
    sv_buf_clear(&out);
    sv_text_fit(&out, text, cells);
    is_slice(sv_buf_slice(&out), sv_slice_str(want), "fits in %zu: %s", cells, want);
}

static void test_fit(void)
{
    fit_is(SV_SLICE("abcdef"), 6, "abcdef");
    fit_is(SV_SLICE("abcdefg"), 6, "abcde\xE2\x80\xA6");
    fit_is(SV_SLICE(HELLO), 4, HELLO);
    fit_is(SV_SLICE(HELLO), 3, "\xE4\xBD\xA0\xE2\x80\xA6");
    fit_is(SV_SLICE(HELLO), 1, "\xE2\x80\xA6");
    fit_is(SV_SLICE("abc"), 0, "");
    fit_is(SV_SLICE(""), 0, "");
    fit_is(SV_SLICE("a\033b"), 6, "a\\x1bb");
    fit_is(SV_SLICE("\xEF\xBF\xBE\xEF\xBF\xBF"), 20, "\\u{fffe}\\u{ffff}");
}

int main(void)
{
    test_safe();
    test_cells();
    test_rows();
    test_narrow();
    test_open_end();
    test_counts();
    test_numbers_in_line();
    test_fit();
    sv_buf_free(&out);
    return done();
}
