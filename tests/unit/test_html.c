/* SPDX-License-Identifier: ISC */
/* Pages and charts: what is escaped, how long bars are, what the page promises in its head. */
#include "report/html.h"

#include "report/chart.h"
#include "tap.h"

static struct sv_buf out;

static bool has(const char *part)
{
    return sv_slice_find(sv_buf_slice(&out), sv_slice_str(part)) != NULL;
}

static size_t times(const char *part)
{
    size_t count = 0;
    struct sv_slice rest = sv_buf_slice(&out);
    for (const char *at; (at = sv_slice_find(rest, sv_slice_str(part))) != NULL; count++)
        rest = sv_slice(at + 1, (size_t)(sv_slice_end(rest) - at - 1));
    return count;
}

static void text_is(struct sv_slice text, const char *want)
{
    sv_buf_clear(&out);
    sv_html_text(&out, text);
    is_slice(sv_buf_slice(&out), sv_slice_str(want), "escaped: %s", want);
}

static void test_text(void)
{
    text_is(SV_SLICE("<script>alert('x')</script>"), "&lt;script&gt;alert(&#39;x&#39;)&lt;/script&gt;");
    text_is(SV_SLICE("a \"b\" & c"), "a &quot;b&quot; &amp; c");
    text_is(SV_SLICE("&amp;"), "&amp;amp;");
    text_is(SV_SLICE("a\0b\033[1m\x7F"), "a\\x00b\\x1b[1m\\x7f");
    text_is(SV_SLICE("\xFF<\xC3"), "\\xff&lt;\\xc3");
    text_is(SV_SLICE("a\xE2\x80\xAE" "b\xE2\x81\xA6\xC2\x85"), "a\\u{202e}b\\u{2066}\\u{85}");
    text_is(SV_SLICE("\xEF\xBF\xBE"), "\\u{fffe}");
    text_is(SV_SLICE("gr\xC3\xB6\xC3\x9F" "e \xE4\xBD\xA0\n\tend"), "gr\xC3\xB6\xC3\x9F" "e \xE4\xBD\xA0  end");
    text_is(SV_SLICE(""), "");
}

static void test_page(void)
{
    static const struct sv_html_fact facts[] = {{"a<b", {"1&2", 3}}};
    sv_buf_clear(&out);
    sv_html_open(&out, SV_SLICE("</title>"), SV_SLICE("\"lead\""));
    sv_html_facts(&out, facts, 1);
    sv_html_section(&out, "h<1>");
    sv_html_note(&out, SV_SLICE("n<ote>"));
    sv_html_section_end(&out);
    sv_html_close(&out, SV_SLICE("<foot>"));
    ok(sv_slice_starts(sv_buf_slice(&out), SV_SLICE("<!DOCTYPE html>\n<html lang=\"en\">\n<head>\n<meta charset=\"utf-8\">\n")),
       "a page begins with its type, language and coding");
    ok(has("content=\"default-src 'none'; style-src 'unsafe-inline'; base-uri 'none'; form-action 'none'\""), "nothing may be loaded or run");
    ok(has("<title>&lt;/title&gt;</title>") && has("<h1>&lt;/title&gt;</h1>"), "the title is title and heading, escaped");
    ok(has("<p class=\"lead\">&quot;lead&quot;</p>"), "the lead");
    ok(has("<dt>a&lt;b</dt><dd>1&amp;2</dd>"), "a fact");
    ok(has("<h2>h&lt;1&gt;</h2>\n<p class=\"note\">n&lt;ote&gt;</p>\n</section>"), "a part and a note");
    ok(sv_slice_ends(sv_buf_slice(&out), SV_SLICE("<footer>&lt;foot&gt;</footer>\n</body>\n</html>\n")), "a page ends");
    ok(has("prefers-color-scheme:dark") && has("@media print") && has("max-width:52rem"), "dark, paper, narrow");
    ok(!has("url(") && !has("@import") && !has("<script") && !has("<link") && !has(" src="), "no references, no scripts");
    is_int(times("{"), times("}"), "braces of the style sheet are even");
    sv_buf_clear(&out);
    sv_html_open(&out, SV_SLICE("t"), SV_SLICE(""));
    sv_html_close(&out, SV_SLICE(""));
    ok(!has("class=\"lead\"") && !has("<footer>"), "no lead, no foot");
}

static void test_table(void)
{
    static const struct sv_html_column columns[] = {{"Severity", SV_HTML_BADGE}, {"N\"", SV_HTML_NUMBER}, {"Link", SV_HTML_TEXT}};
    const struct sv_html_table table = {"a <table>", columns, 3};
    sv_buf_clear(&out);
    sv_html_table(&out, &table);
    sv_html_row(&out, &table,
                (const struct sv_html_cell[]){{.text = SV_SLICE("high"), .tone = SV_TONE_RED},
                                              {.text = SV_SLICE("7"), .more = SV_SLICE("<i>")},
                                              {.text = SV_SLICE("book"), .link = SV_SLICE("https://x.example/?a=\"><script>")}});
    sv_html_row(&out, &table,
                (const struct sv_html_cell[]){{.text = SV_SLICE("")},
                                              {.text = SV_SLICE("")},
                                              {.text = SV_SLICE("j"), .link = SV_SLICE("javascript:alert(1)")}});
    sv_html_table_end(&out);
    ok(has("<caption>a &lt;table&gt;</caption>"), "a caption");
    is_int(times("<th scope=\"col\""), 3, "each column has a head");
    ok(has("<td data-h=\"Severity\"><span class=\"b t3\">high</span></td>"), "a badge with its tone");
    ok(has("<td class=\"n\" data-h=\"N&quot;\">7<small>&lt;i&gt;</small></td>"), "a number, and more below it");
    ok(has("<a rel=\"noopener noreferrer\" href=\"https://x.example/?a=&quot;&gt;&lt;script&gt;\">book</a>"), "a link, escaped");
    ok(has("<td data-h=\"Link\">j</td>") && !has("javascript"), "only http and https are followed");
    is_int(times("<tr>"), 3, "a row each");
}

static const struct sv_chart_series series[] = {{"low", SV_TONE_BLUE}, {"high", SV_TONE_RED}, {"never", SV_TONE_PLAIN}};

static void test_bars(void)
{
    const struct sv_chart_item items[] = {{SV_SLICE("a<b"), (const uint64_t[]){6, 2, 0}},
                                          {SV_SLICE("half"), (const uint64_t[]){4, 0, 0}},
                                          {SV_SLICE("a name that is longer than forty cells of a telephone"), (const uint64_t[]){0, 0, 0}},
                                          {SV_SLICE("least"), (const uint64_t[]){0, 1, 0}}};
    const struct sv_chart chart = {"x", "things by <name>", "name", series, 3, items, 4};
    sv_buf_clear(&out);
    sv_chart_bars(&out, &chart);
    ok(has("role=\"img\" height=\"168\" aria-labelledby=\"x-t x-d\""), "a picture with a name");
    ok(has("<title id=\"x-t\">things by &lt;name&gt;</title>"), "its title");
    ok(has("<desc id=\"x-d\">a&lt;b to least; the most is a&lt;b: 2 high, 6 low</desc>"), "its description");
    ok(has("<title>a&lt;b: 2 high, 6 low</title>"), "a hint for the pointer");
    ok(has("<rect class=\"t3\" x=\"0.00%\" y=\"22\" width=\"25.00%\"") && has("<rect class=\"t1\" x=\"25.00%\" y=\"22\" width=\"75.00%\""),
       "series stand behind one another, the last first");
    ok(has("<rect class=\"t1\" x=\"0.00%\" y=\"64\" width=\"50.00%\""), "lengths are shares of the longest");
    ok(has(">a name that is longer than forty cells \xE2\x80\xA6</text>"), "a long name is cut");
    ok(has("<title>a name that is longer than forty cells of a telephone: 0</title>"), "and whole in the hint");
    ok(has("<li>") && !has("</svg>never"), "the key has what is used");
    is_int(times("</svg>low"), 1, "once");
    ok(has("<tr><td>half</td><td class=\"n\">0</td><td class=\"n\">0</td><td class=\"n\">4</td></tr>"), "the numbers as a table");
}

static void test_columns(void)
{
    enum { MANY = 100 };
    static struct sv_chart_item items[MANY];
    static char labels[MANY][8];
    static uint64_t values[MANY];
    for (int i = 0; i < MANY; i++) {
        snprintf(labels[i], sizeof labels[i], "day%d", i);
        values[i] = i == 50 ? 1000000 : i % 2;
        items[i] = (struct sv_chart_item){sv_slice_str(labels[i]), &values[i]};
    }
    struct sv_chart chart = {"t", "by day", "day", series, 1, items, MANY};
    sv_buf_clear(&out);
    sv_chart_columns(&out, &chart);
    ok(has(">1.0 M</text>") && has(">500 k</text>"), "lines with short numbers");
    ok(has("y=\"18.00\" width=\"0.80%\" height=\"160.00\""), "the highest column takes all");
    ok(has("height=\"1.50\""), "the lowest is seen");
    is_int(times("<rect"), 51, "no column where nothing was");
    ok(has(">day0</text>") && has(">day50</text>") && has(">day99</text>") && !has(">day1</text>"), "first, middle, last are named");
    ok(!has("class=\"key\""), "one series needs no key");
    chart.count = 3;
    sv_buf_clear(&out);
    sv_chart_columns(&out, &chart);
    ok(has("<text class=\"dim mid\" x=\"16.66%\" y=\"196\">day0</text>") && has(">day1</text>") && has(">day2</text>"), "a few are all named");
    ok(has("width=\"8.00%\""), "few columns make no wall");
    chart.count = 0;
    sv_buf_clear(&out);
    sv_chart_columns(&out, &chart);
    sv_chart_bars(&out, &chart);
    ok(has("<desc id=\"t-d\"></desc>"), "nothing to show is no trouble");
    values[0] = UINT64_MAX;
    chart.count = 1;
    sv_buf_clear(&out);
    sv_chart_columns(&out, &chart);
    sv_chart_bars(&out, &chart);
    ok(has("height=\"160.00\"") && has("width=\"100.00%\" height=\"10\""), "the largest number there is");
}

int main(void)
{
    test_text();
    test_page();
    test_table();
    test_bars();
    test_columns();
    sv_buf_free(&out);
    return done();
}
