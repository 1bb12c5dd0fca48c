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

int main(void)
{
    fixture_open(&f);
    places();
    zones();
    strings();
    conversions();
    fixture_close(&f);
    return done();
}
