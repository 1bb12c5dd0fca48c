/* SPDX-License-Identifier: ISC */
/* Input made to hurt: what broke other parsers as expressions and as values that expressions get, patterns that take for ever,
 * loops and texts that grow. Each ends early, as a problem, an error or a plain answer. */
#include "tap.h"

#include "base/limits.h"
#include "base/os.h"
#include "cel_help.h"

static struct fixture f;

static const char limit[] = "error: cost limit: the expression took more than 1,000,000 steps";

/* `each` so many times between two texts, in one buffer that the next call takes again. */
static const char *many(const char *before, const char *each, size_t count, const char *after)
{
    static struct sv_buf text;
    sv_buf_clear(&text);
    sv_buf_str(&text, before);
    for (size_t i = 0; i < count; i++)
        sv_buf_str(&text, each);
    sv_buf_str(&text, after);
    const char *result = sv_buf_cstr(&text);
    if (each[0] == '\0')
        sv_buf_free(&text);
    return result;
}

/* The expression is refused with words that begin so. */
static void refused(const char *text, const char *why)
{
    const char *got = on(&f, "{}", text), *colon = strstr(got, ": ");
    ok(strncmp(got, "problem ", 8) == 0 && colon != NULL && strncmp(colon + 2, why, strlen(why)) == 0, "%.40s: %.100s", text, got);
}

static void as_expressions(void)
{
    refused(many("", "a", 256, ""), "unknown field");
    refused(many("", "a", 100000, ""), "unknown field");
    refused(many("", "9", 10000, " > 1"), "the number is too large");
    refused(many("0x", "f", 10000, " > 1"), "the number is too large");
    refused(many("args", ".a", 65000, ""), "the expression is nested more than");
    refused(many("args", ".?a", 65000, ""), "the expression is nested more than");
    refused(many("", "[", 200000, ""), "the expression is nested more than");
    refused(many("", "{?1:", 60000, ""), "the expression is nested more than");
    refused(many("", "size(", 50000, ""), "the expression is nested more than");
    refused(many("", "true?1:", 30000, "2"), "the expression is nested more than");
    refused(many("1", "+1", 100000, ""), "the expression is nested more than");
    refused(many("", "cel.bind(x, 1, ", 15000, "1"), "the expression is nested more than");
    refused(many("args", ".map(x, x)", 20000, ""), "the expression is nested more than");
    refused(many("'", "\\ud800", 1000, "'"), "\"\\ud800\" is no Unicode character");
    refused(many("tool.matches('", "(", 4000, "')"), "regular expression");
    refused(many("tool.matches('", "(a", 4000, ")')"), "regular expression");
    refused("tool.matches('(*UTF)(*LIMIT_MATCH=4294967295)a')", "regular expression");
    refused("tool.matches('(*LIMIT_HEAP=1)a')", "regular expression");
    refused("tool.matches('(*NO_JIT)a')", "regular expression");
    refused("tool.matches(r'\\C')", "regular expression");
    refused("tool.matches(r'(.)\\1++')", "regular expression");
    refused("tool.matches(r'(?R)')", "regular expression");
    refused("tool.matches('a{1,100000}')", "regular expression");
    refused("tool.matches('((a{1,1000}){1,1000}){1,1000}')", "regular expression");
    refused("'\x80' == tool", "the expression is not UTF-8 here");
    refused("tool == '\xED\xA0\x80'", "the expression is not UTF-8 here");
    refused("tool == \x1b[31m", "unexpected control character 0x1B");
    gives("{}", "1e99999999999 > 1e308 && -1e99999999999 < -1e308 && 1e-99999999999 == 0.0", "true");
    gives("{}", many("1.", "0", 10000, "1 == 1.0"), "true");
    (void)many("", "", 0, "");
}

static void as_values(void)
{
    gives("{\"args\":-2645e-1141622225}", "args == 0", "true");
    gives("{\"args\":1e400}", "args > 1e308", "true");
    gives("{}", "double('-2645e-1141622225') == 0.0 && double('1e1141622225') > 1e308", "true");
    gives("{}", many("double('NaN", "1", 1000, "') > 0.0"), "error: the text cannot be converted");
    gives("{}", many("int('", "9", 10000, "') > 0"), "error: the text cannot be converted");
    gives("{}", many("duration('", "9", 10000, "h') > duration('0s')"), "error: the text is no duration (such as 1h30m)");
    gives("{}", "timestamp('99999999999-01-01T00:00:00Z') > timestamp(0)", "error: the text is no timestamp (RFC 3339)");
    gives("{}", "timestamp(9223372036854775807) > timestamp(0)", "error: the timestamp is out of range");
    gives("{}", "[1][2147483647] + [1][4294967296] + [1][9223372036854775807] + [1][-1]", "error: index out of range");
    gives("{\"args\":[1]}", "[args[?2147483647], args[?4294967296], args[?9223372036854775807], args[?-1]].unwrapOpt()", "[]");
    gives("{\"args\":[1]}", "args[9223372036854775807]", "absent");
    gives("{}", "'a'.substring(9223372036854775807) + 'a'.charAt(-9223372036854775808)", "error: index out of range");
    gives("{}", "'a'.replace('a', 'b', -9223372036854775808) + 'a,b'.split(',', 9223372036854775807)[1]", "\"bb\"");
    gives("{}", "'a'.indexOf('a', 9223372036854775807)", "error: index out of range");
    gives("{}", "'a'.lastIndexOf('a', 9223372036854775807)", "error: index out of range");
    gives("{}", "math.bitShiftLeft(1, 9223372036854775807) + math.bitShiftRight(-1, 64)", "0");
    gives("{}", "base64.decode('====') == b'' || base64.decode('=') == b'' || base64.decode('A') == b''",
          "error: the text is not base64");
    gives("{\"args\":{\"p\":\"(*LIMIT_MATCH=1)a\",\"t\":\"a\"}}", "args.t.matches(args.p)", "error: bad regular expression");
    gives("{\"args\":{\"p\":\"^(a+)+$\",\"t\":\"aaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaa!\"}}", "args.t.matches(args.p)",
          "error: regular expression limit: the match takes too long");
    gives(many("{\"args\":{\"t\":\"a\",\"p\":\"", "a", SV_REGEX_MAX + 1, "\"}}"), "args.t.matches(args.p)",
          "error: bad regular expression");
    gives(many("{\"args\":{\"t\":\"", "a", SV_REGEX_SUBJECT_MAX + 1, "\"}}"), "args.t.matches('^[^b]*$')",
          "error: regular expression limit: the text is longer than 64 KiB");
}

/* The loop meets the limit, and soon: each step stands for about 100 ns. */
static void ends_soon(const char *text, const char *expression)
{
    struct sv_cel *expr = compile(&f, expression);
    if (!ok(expr != NULL, "%s: %s", expression, expr != NULL ? "" : f.problems.items[0].text))
        return;
    read_event(&f, text);
    int64_t start = sv_os_cpu_ns();
    struct sv_value v = sv_cel_eval(expr, &f.run);
    int64_t ms = (sv_os_cpu_ns() - start) / 1000000;
    ok(v.type == SV_ERROR && f.run.steps > SV_CEL_STEPS_MAX && ms < 5000, "%.70s: %.60s", expression, shown(&f, v));
}

static void loops(void)
{
    struct sv_buf text = {0}, patterns = {0};
    sv_buf_str(&text, "{\"args\":{\"one\":\"aaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaa!\",\"p\":\"^(a+)+$\",\"l\":[\"\"");
    for (int i = 0; i < 20000; i++)
        sv_buf_str(&text, ",\"aaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaa!\"");
    sv_buf_str(&text, "]}}");
    const char *slow = sv_buf_cstr(&text);
    ends_soon(slow, "args.l.exists(x, x.matches('^(a+)+$'))");
    ends_soon(slow, "args.l.all(i, x, !x.matches('^(a|aa)+$'))");
    ends_soon(slow, "args.l.exists(x, args.one.matches('^(([a-z])+.)+[A-Z]([a-z])+$'))");
    ends_soon(slow, "args.l.exists(x, x.matches(args.p))");
    sv_buf_str(&patterns, "{\"args\":[\"^x\"");
    for (int i = 0; i < 20000; i++)
        sv_buf_printf(&patterns, ",\"^(a|b%d)+c{2,30}$\"", i);
    sv_buf_str(&patterns, "]}");
    ends_soon(sv_buf_cstr(&patterns), "args.exists(p, 'abc'.matches(p))");
    ends_soon(slow, "args.l.all(i, x, args.l.all(j, y, i + j >= 0))");
    ends_soon(slow, "args.l.transformList(i, x, args.l.transformList(j, y, j)).size() > 0");
    ends_soon(slow, "args.l.transformMap(i, x, args.l.transformMap(j, y, j)).size() > 0");
    ends_soon(slow, "args.l.transformMapEntry(i, x, args.l.transformMap(j, y, j)).size() > 0");
    ends_soon(slow, "args.l.map(x, '%s'.format([args.l])).size() > 0");
    ends_soon(slow, "args.l.map(x, '%s'.format([args])).size() > 0");
    ends_soon(slow, "args.l.map(x, args.l.join(',').replace('a', 'aaaa')).size() > 0");
    ends_soon(slow, "args.l.map(x, base64.encode(bytes(args.l.join()))).size() > 0");
    ends_soon(slow, "args.l.map(x, base64.decode(base64.encode(bytes(args.l.join())))).size() > 0");
    ends_soon(slow, "args.l.map(x, strings.quote(args.l.join())).size() > 0");
    ends_soon(slow, "args.l.map(x, args.l.first()).unwrapOpt().map(y, args.l.last()).size() > 0");
    ends_soon(slow, "args.l.exists(x, math.greatest(args.l.map(y, 1)) > 1)");
    ends_soon(slow, "args.l.exists(x, cel.bind(c, args.l + args.l, c.size() < 0))");
    ends_soon(slow, "args.l.exists(x, args.?l.optMap(l, l + l).value().size() < 0)");
    sv_buf_free(&text);
    sv_buf_free(&patterns);
}

/* A text that doubles: 16 MiB and no more, however it grows. */
static void growth(void)
{
    static const char too_long[] = "error: a string would be longer than 16 MiB";
    static const char *const twice[] = {"s + s", "[s, s].join('')", "'%s%s'.format([s, s])", "s.replace('a', 'aa')",
                                        "string(bytes(s) + bytes(s))"};
    for (size_t i = 0; i < sizeof twice / sizeof *twice; i++) {
        struct sv_buf text = {0};
        for (int k = 0; k < 30; k++)
            sv_buf_printf(&text, "cel.bind(s, %s, ", k == 0 ? "'a'" : twice[i]);
        sv_buf_str(&text, "s");
        for (int k = 0; k < 30; k++)
            sv_buf_char(&text, ')');
        const char *got = on(&f, "{}", sv_buf_cstr(&text));
        ok(strcmp(got, too_long) == 0 || strcmp(got, limit) == 0, "%s thirty times: %s", twice[i], got);
        sv_buf_free(&text);
    }
    gives("{}", "cel.bind(s, '%100s'.format(['a']), s)",
          "problem 13+1: format(): behind % stands one of s d f e x X o b, or a second %");
    gives("{}", "size('%.100f'.format([1.7976931348623157e308]))", "410");
    gives("{}", "'%.100e'.format([5e-324]).size()", "107");
}

int main(void)
{
    fixture_open(&f);
    as_expressions();
    as_values();
    loops();
    growth();
    fixture_close(&f);
    return done();
}
