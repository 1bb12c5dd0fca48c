/* SPDX-License-Identifier: ISC */
/* CSV: what is quoted, what is defused, what is left alone. */
#include "report/csv.h"

#include <math.h>

#include "base/time.h"
#include "tap.h"

static struct sv_buf out;

static void text_is(struct sv_slice text, const char *want)
{
    struct sv_csv csv = {.out = &out};
    sv_buf_clear(&out);
    sv_csv_text(&csv, text);
    is_slice(sv_buf_slice(&out), sv_slice_str(want), "text: %s", want);
}
#define TEXT_IS(text, want) text_is(SV_SLICE(text), want)

static void test_quotes(void)
{
    TEXT_IS("plain", "plain");
    TEXT_IS("", "");
    TEXT_IS("a,b", "\"a,b\"");
    TEXT_IS("say \"hi\"", "\"say \"\"hi\"\"\"");
    TEXT_IS("two\nlines", "\"two\nlines\"");
    TEXT_IS("cr\rlf\r\n", "\"cr\rlf\r\n\"");
    TEXT_IS("a;b", "\"a;b\"");
    TEXT_IS("a\tb", "\"a\tb\"");
    TEXT_IS("a|b", "\"a|b\"");
    TEXT_IS(" blank before", "\" blank before\"");
    TEXT_IS("blank behind ", "\"blank behind \"");
    TEXT_IS("gr\xC3\xB6\xC3\x9F" "e", "gr\xC3\xB6\xC3\x9F" "e");
    TEXT_IS("it's", "it's");
}

static void test_formulas(void)
{
    TEXT_IS("=1+1", "'=1+1");
    TEXT_IS("=HYPERLINK(\"http://x\",\"y\")", "\"'=HYPERLINK(\"\"http://x\"\",\"\"y\"\")\"");
    TEXT_IS("=cmd|' /C calc'!A0", "\"'=cmd|' /C calc'!A0\"");
    TEXT_IS("+1", "'+1");
    TEXT_IS("-5", "'-5");
    TEXT_IS("@SUM(A1)", "'@SUM(A1)");
    TEXT_IS("\t=1", "\"'\t=1\"");
    TEXT_IS("\rx", "\"'\rx\"");
    TEXT_IS("  =1", "\"'  =1\"");
    TEXT_IS("\n=1", "\"'\n=1\"");
    TEXT_IS("\xC2\xA0=1", "'\xC2\xA0=1");
    TEXT_IS("\xEF\xBB\xBF=1", "'\xEF\xBB\xBF=1");
    TEXT_IS("\xE2\x80\x8B-1", "'\xE2\x80\x8B-1");
    TEXT_IS("\xE2\x80\xAE@x", "'\xE2\x80\xAE@x");
    TEXT_IS("\xEF\xBC\x9D" "1+1", "'\xEF\xBC\x9D" "1+1");
    TEXT_IS("\x01=1", "'\xEF\xBF\xBD=1");
    TEXT_IS("a=1", "a=1");
    TEXT_IS("1-5", "1-5");
    TEXT_IS("2026-11-20", "2026-11-20");
    TEXT_IS("  ", "\"  \"");
}

static void test_bytes(void)
{
    TEXT_IS("a\0b", "a\xEF\xBF\xBD" "b");
    TEXT_IS("a\033[31m", "a\xEF\xBF\xBD[31m");
    TEXT_IS("a\xFF\xC3", "a\xEF\xBF\xBD\xEF\xBF\xBD");
    TEXT_IS("\x7F", "\xEF\xBF\xBD");
    TEXT_IS("a\xC2\x9B" "31m\xC2\x80\xC2\x9F\xC2\xA0", "a\xEF\xBF\xBD" "31m\xEF\xBF\xBD\xEF\xBF\xBD\xC2\xA0");
}

static void test_rows(void)
{
    static const char *const names[] = {"name", "count", "=share"};
    struct sv_csv csv = {.out = &out};
    sv_buf_clear(&out);
    sv_csv_head(&csv, names, 3);
    sv_csv_text(&csv, SV_SLICE("x"));
    sv_csv_int(&csv, -5);
    sv_csv_double(&csv, -0.25);
    sv_csv_end(&csv);
    sv_csv_none(&csv);
    sv_csv_uint(&csv, UINT64_MAX);
    sv_csv_double(&csv, NAN);
    sv_csv_end(&csv);
    sv_csv_time(&csv, INT64_C(1795169000) * SV_SECOND_NS + 5000000);
    sv_csv_int(&csv, INT64_MIN);
    sv_csv_double(&csv, -INFINITY);
    sv_csv_end(&csv);
    sv_csv_none(&csv);
    sv_csv_end(&csv);
    sv_csv_text(&csv, SV_SLICE(""));
    sv_csv_end(&csv);
    sv_csv_none(&csv);
    sv_csv_none(&csv);
    sv_csv_end(&csv);
    is_slice(sv_buf_slice(&out),
             SV_SLICE("name,count,'=share\r\nx,-5,-0.25\r\n,18446744073709551615,\r\n"
                      "2026-11-20T10:03:20.005Z,-9223372036854775808,\r\n\"\"\r\n\"\"\r\n,\r\n"),
             "numbers stay numbers, times are RFC 3339, a lone empty cell is no empty line");
}

int main(void)
{
    test_quotes();
    test_formulas();
    test_bytes();
    test_rows();
    sv_buf_free(&out);
    return done();
}
