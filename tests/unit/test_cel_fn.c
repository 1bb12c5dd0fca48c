/* SPDX-License-Identifier: ISC */
/* Functions whose edges the public tests leave open: under(), time zones, strings, conversions. */
#include "tap.h"

#include "base/os.h"
#include "cel/zone.h"
#include "cel_help.h"

static struct fixture f;

static void under(const char *path, const char *cwd, const char *prefixes, const char *want)
{
    char event[300], text[200];
    if (cwd != NULL)
        snprintf(event, sizeof event, "{\"path\":\"%s\",\"cwd\":\"%s\"}", path, cwd);
    else
        snprintf(event, sizeof event, "{\"path\":\"%s\"}", path);
    snprintf(text, sizeof text, "under(path, %s)", prefixes);
    is_str(on(&f, event, text), want, "%s in %s under %s", path, cwd != NULL ? cwd : "nothing", prefixes);
}

static void places(void)
{
    under("/etc/passwd", NULL, "'/etc'", "true");
    under("/etc/passwd", NULL, "'/etc/'", "true");
    under("/etc", NULL, "'/etc/'", "true");
    under("/etc", NULL, "'/etc'", "true");
    under("/etcetera", NULL, "'/etc'", "false");
    under("/etcetera", NULL, "'/etc/'", "false");
    under("//etc///x", NULL, "'/etc'", "true");
    under("/srv/../etc/x", NULL, "'/etc'", "true");
    under("/etc/../srv", NULL, "'/etc'", "false");
    under("/etc/./x", NULL, "'/etc/x'", "true");
    under("/../../etc/x", NULL, "'/etc'", "true");
    under("/", NULL, "'/'", "true");
    under("/x", NULL, "'/'", "true");
    under("/", NULL, "'/etc'", "false");
    under("x", "/etc", "'/etc'", "true");
    under("../x", "/etc/a", "'/etc'", "true");
    under("../../x", "/etc/a", "'/etc'", "false");
    under("../etc/x", "/srv", "['/boot', '/etc/']", "true");
    under("./x", "/srv/app/", "'/srv/app'", "true");
    under("x", NULL, "'/etc'", "absent");
    under("x", "relative", "'/etc'", "absent");
    under("/x", "/srv", "[]", "false");
    under("/home/ann/.ssh/id", NULL, "'~/.ssh/'", "true");
    under("/home/ann/.sshd/id", NULL, "'~/.ssh/'", "false");
    under("/home/ann/x/.ssh/id", NULL, "'~/.ssh/'", "false");
    under("/root/.ssh", NULL, "'~/.ssh/'", "true");
    under("/Users/ann/.ssh/id", NULL, "'~/.ssh'", "true");
    under("~/.ssh/id", NULL, "'~/.ssh'", "true");
    under("~/.ssh/id", "/srv", "'~/.ssh'", "true");
    under(".ssh/id", "/home/ann", "'~/.ssh'", "true");
    under(".ssh/id", "~", "'~/.ssh'", "true");
    under("/home/ann/../bob/.ssh/id", NULL, "'~/.ssh'", "true");
    under("/rooted/.ssh/id", NULL, "'~/.ssh'", "false");
    under("/srv/~/.ssh/id", NULL, "'~/.ssh'", "false");
    under("/home/ann/x", NULL, "'~/'", "true");
    under("/srv/x", NULL, "'~'", "false");
    under("~/../etc/passwd", NULL, "'~'", "true"); /* a home's parent is not known: it stays there */
    under("src/x.c", "/srv/app", "'src'", "true");
    under("x", "/srv", "5 == 5 ? ['/srv', 'x'] : []", "true");
    gives("{\"path\":\"/a\",\"args\":{\"l\":[\"/b\",\"/a\"]}}", "under(path, args.l)", "true");
    gives("{\"path\":\"/a\",\"args\":{\"l\":[\"/b\",5]}}", "under(path, args.l)", "error: no such overload");
    gives("{\"path\":\"/a\"}", "under(path, args.l)", "absent");
    gives("{}", "under(path, '/a')", "absent");
    gives("{\"cwd\":\"/etc\"}", "under('x', '/a', '/a/b')", "true");
}

static void zones(void)
{
    struct sv_os_stat info;
    gives("{}", "timestamp('2026-07-01T12:00:00Z').getHours('+05:30')", "17");
    gives("{}", "timestamp('2026-07-01T12:00:00Z').getHours('24:00')", "error: unknown time zone");
    gives("{}", "timestamp('2026-07-01T12:00:00Z').getHours('../../etc/passwd')", "error: unknown time zone");
    gives("{}", "timestamp('2026-07-01T12:00:00Z').getHours('No/Where')", "error: unknown time zone");
    gives("{}", "timestamp('1969-12-31T23:59:59Z').getDayOfWeek()", "3");
    gives("{}", "timestamp('2024-12-31T00:00:00Z').getDayOfYear()", "365");
    if (!sv_os_stat_path("/usr/share/zoneinfo/Europe/Berlin", true, &info)) {
        skip("named zones", "no tz database");
        return;
    }
    gives("{}", "timestamp('2026-03-29T00:59:59Z').getHours('Europe/Berlin')", "1");
    gives("{}", "timestamp('2026-03-29T01:00:00Z').getHours('Europe/Berlin')", "3");
    gives("{}", "timestamp('2026-10-25T00:59:59Z').getHours('Europe/Berlin')", "2");
    gives("{}", "timestamp('2026-10-25T01:00:00Z').getHours('Europe/Berlin')", "2");
    gives("{}", "timestamp('2080-07-01T12:00:00Z').getHours('Europe/Berlin')", "14");
    gives("{}", "timestamp('2080-01-01T12:00:00Z').getHours('Europe/Berlin')", "13");
    gives("{}", "timestamp('2080-03-31T00:59:59Z').getHours('Europe/Berlin')", "1");
    gives("{}", "timestamp('2080-03-31T01:00:00Z').getHours('Europe/Berlin')", "3");
    gives("{}", "timestamp('2080-01-01T12:00:00Z').getHours('Australia/Sydney')", "23");
    gives("{}", "timestamp('2080-07-01T12:00:00Z').getHours('Australia/Sydney')", "22");
    gives("{}", "timestamp('2080-07-01T12:00:00Z').getMinutes('Asia/Kathmandu')", "45");
    gives("{}", "timestamp('0001-01-01T00:00:00Z').getFullYear('America/New_York')", "0");
    int32_t sum = 0;
    for (int i = 0; i < 3; i++) {
        struct sv_zone *zone = sv_zone_new(SV_SLICE("America/St_Johns"));
        sum += zone != NULL ? sv_zone_offset(zone, 1234567890) : 0;
        sv_zone_free(zone);
    }
    is_int(sum, -3 * 12600, "Newfoundland is three hours and a half behind");
}

static void strings(void)
{
    gives("{}", "'a,b,,c'.split(',')", "[\"a\",\"b\",\"\",\"c\"]");
    gives("{}", "'a,b,,c'.split(',', 2)", "[\"a\",\"b,,c\"]");
    gives("{}", "'a,b'.split(',', 0)", "[]");
    gives("{}", "'a,b'.split(',', 4294967296)", "[\"a\",\"b\"]");
    gives("{}", "''.split(',')", "[\"\"]");
    gives("{}", "'a\xC3\xA9z'.split('')", "[\"a\",\"\xC3\xA9\",\"z\"]");
    gives("{}", "['', 'a', ''].join('-')", "\"-a-\"");
    gives("{}", "[].join('-')", "\"\"");
    gives("{}", "['a', 1].join('-')", "error: no such overload");
    gives("{\"args\":{\"l\":[\"\",\"b\\u0063\"]}}", "args.l.join('+')", "\"+bc\"");
    gives("{}", "'aaa'.replace('a', 'b', 2)", "\"bba\"");
    gives("{}", "'aaa'.replace('aa', 'b')", "\"ba\"");
    gives("{}", "'ab'.replace('', '-')", "\"-a-b-\"");
    gives("{}", "'ab'.replace('b', '')", "\"a\"");
    gives("{}", "'h\xC3\xA9llo'.substring(1, 3)", "\"\xC3\xA9l\"");
    gives("{}", "'abc'.substring(2, 1)", "error: index out of range");
    gives("{}", "'h\xC3\xA9llo'.reverse()", "\"oll\xC3\xA9h\"");
    gives("{}", "'h\xC3\xA9llo'.charAt(1) + 'x'.charAt(1)", "\"\xC3\xA9\"");
    gives("{}", "'H\xC3\x89 [@`{'.lowerAscii() + 'z{`a'.upperAscii()", "\"h\xC3\x89 [@`{Z{`A\"");
    gives("{}", "'abab'.lastIndexOf('ab', 1)", "0");
    gives("{}", "''.lastIndexOf('')", "0");
    gives("{}", "'  '.trim()", "\"\"");
    gives("{}", "size('\xF0\x9F\x98\x80')", "1");
}

static void conversions(void)
{
    gives("{}", "string(duration('-1.5s')) + string(duration('1h')) + string(duration('-1ns'))", "\"-1.5s3600s-0.000000001s\"");
    gives("{}", "duration('1d')", "error: the text is no duration (such as 1h30m)");
    gives("{}", "int(9223372036854775807.0)", "error: the number is out of range");
    gives("{}", "int(-9.9)", "-9");
    gives("{}", "uint(-1)", "error: the number is out of range");
    gives("{}", "int(' 1')", "error: the text cannot be converted");
    gives("{}", "bool('yes')", "error: the text cannot be converted");
    gives("{}", "string(b'\\xff')", "error: the bytes are not UTF-8");
    gives("{}", "double('1e400') > 1e308", "true");
    gives("{}", "timestamp('2026-02-30T00:00:00Z')", "error: the text is no timestamp (RFC 3339)");
    gives("{}", "timestamp('2026-01-01T00:00:00.10Z') - timestamp('2025-12-31T23:59:59Z')", "\"1.1s\"");
    gives("{\"args\":{\"p\":\"^a+$\",\"t\":\"aaa\"}}", "args.t.matches(args.p)", "true");
    gives("{\"args\":{\"p\":\"(\",\"t\":\"aaa\"}}", "args.t.matches(args.p)", "error: bad regular expression");
}

static void numbers(void)
{
    gives("{}", "math.greatest([1, 2.5, 2u]) == 2.5 && math.least(3, 2, 1) == 1 && math.least(2u) == 2u", "true");
    gives("{}", "math.greatest([])", "error: the list of numbers is empty");
    gives("{}", "math.greatest([1, 'a'])", "error: no such overload");
    gives("{}", "math.greatest(dyn('a'))", "error: no such overload");
    gives("{}", "[math.greatest(0.0 / 0.0, 1.0), math.least(1.0, 0.0 / 0.0), math.greatest([0.0 / 0.0, 2])]", "[1.0,1.0,2]");
    gives("{\"args\":{\"l\":[3,9,4.5]}}", "[math.greatest(args.l), math.least(args.l)]", "[9,3]");
    gives("{\"latency_ms\":5}", "math.greatest(latency_ms, 1, 7) + 0.5", "7.5");
    gives("{}", "math.greatest(latency_ms, 1)", "absent");
    gives("{}", "math.greatest(1, 1 / 0)", "error: division by zero");
    gives("{}",
          "[math.round(0.5), math.round(-0.5), math.round(2.5), math.ceil(-0.2), math.trunc(-1.9)] == [1.0, -1.0, 3.0, 0.0, -1.0]",
          "true");
    gives("{}", "math.abs(-9223372036854775807 - 1)", "error: integer overflow");
    gives("{}", "[math.sign(-3), math.sign(0u), math.sign(7u), math.sign(-0.5), math.sign(0.0)] == [-1, 0, 1, -1, 0]", "true");
    gives("{}", "math.isNaN(math.sign(0.0 / 0.0)) && math.isInf(-1.0 / 0.0) && !math.isFinite(1.0 / 0.0) && math.isFinite(1e308)",
          "true");
    gives("{}", "[math.bitShiftLeft(1, 63), math.bitShiftLeft(1, 64), math.bitShiftRight(-1, 63), math.bitShiftRight(8u, 0)]",
          "[-9223372036854775808,0,1,8]");
    gives("{}", "math.bitShiftLeft(1, -1)", "error: the number of bits to move by is negative");
    gives("{}", "math.bitAnd(12u, 10u) == 8u && math.bitOr(12, 10) == 14 && math.bitXor(-1, 5) == math.bitNot(5)", "true");
    gives("{}", "math.ceil(dyn(1))", "error: no such overload");
    gives("{\"args\":[{\"abs\":3}]}", "args.map(math, math.abs)", "[3]");
}

static void encodings(void)
{
    gives("{}", "[b'', b'f', b'fo', b'foo', b'\\xff\\x00'].map(b, base64.encode(b))", "[\"\",\"Zg==\",\"Zm8=\",\"Zm9v\",\"/wA=\"]");
    gives("{}", "['', 'Zg==', 'Zg', 'Zm8=', 'Zm8', 'Zm9v', '/+8='].map(s, size(base64.decode(s)))", "[0,1,1,2,2,3,2]");
    static const char *const bad[] = {"Z", "Zg=", "Zm9v=", "Zm9v====", "Zg==Zg==", "Z g=", "Zg\\n", "Zm9_", "=", "Zg==="};
    for (size_t i = 0; i < sizeof bad / sizeof *bad; i++) {
        char text[80];
        snprintf(text, sizeof text, "base64.decode('%s')", bad[i]);
        gives("{}", text, "error: the text is not base64");
    }
    gives("{\"args\":{\"t\":\"Z\\u0067==\"}}", "string(base64.decode(args.t))", "\"f\"");
}

static void formats(void)
{
    gives("{}", "'%s|%s|%s'.format([b'a\\xffb', [b'\\xc3'], {'k': b'\\xc3\\xa9'}])",
          "\"a\xEF\xBF\xBD"
          "b|[\xEF\xBF\xBD]|{k: \xC3\xA9}\"");
    gives("{}", "'%d %d %d'.format([1.5, 2.0, 1e21])", "\"1.5 2 1e+21\"");
    gives("{}", "'%x %X %o %b %x'.format([-30, 255u, -8, -5, ''])", "\"-1e FF -10 -101 \"");
    gives("{}", "'%x %b'.format([-9223372036854775808, true])", "\"-8000000000000000 1\"");
    gives("{}", "'%.0f %.0e %f'.format([0.5, 12345, 1u])", "\"0 1e+04 1.000000\"");
    gives("{}", "'%s'.format([{2: 'b', 1u: 'a', true: null, 'z': [{}]}])", "\"{1: a, 2: b, true: null, z: [{}]}\"");
    gives("{\"args\":{\"b\":[1,\"\\u0041\"],\"a\":null}}", "'%s %s'.format([args, args.b])", "\"{a: null, b: [1, A]} [1, A]\"");
    gives("{\"args\":[\"x\",5]}", "'%s=%d'.format(args)", "\"x=5\"");
    gives("{}", "'%s'.format([command])", "absent");
    gives("{}", "'%s'.format([optional.of(1)])", "error: format(): %s does not go with optional");
    gives("{}", "'%d'.format(['a'])", "error: format(): %d does not go with string");
    gives("{}", "'%b'.format([[]])", "error: format(): %b does not go with list");
    gives("{\"args\":{\"f\":\"%s %\"}}", "args.f.format(['a'])", "error: behind % stands one of s d f e x X o b, or a second %");
    gives("{\"args\":{\"f\":\"%s %s\"}}", "args.f.format(['a'])", "error: format(): there are fewer values than places");
    gives("{}", "'%s'.format(['a', 'b'])", "\"a\"");
    gives("{}", "''.format([]) + '%%'.format([])", "\"%\"");
    gives("{}", "strings.quote('a\"b\\\\c\\t\\x00\xC3\xA9')", "\"\\\"a\\\\\\\"b\\\\\\\\c\\\\t\\u0000\xC3\xA9\\\"\"");
}

int main(void)
{
    fixture_open(&f);
    places();
    zones();
    strings();
    conversions();
    numbers();
    encodings();
    formats();
    fixture_close(&f);
    return done();
}
