/* SPDX-License-Identifier: ISC */
/* Regular expressions: RE2's meaning, what is refused and where, and limits that are never "no match". */
#include "tap.h"

#include <stdlib.h>

#include "base/buf.h"
#include "base/limits.h"
#include "cel/regex.h"

/* 'y' yes, 'n' no, 'l' limit, '!' refused. */
static char result(struct sv_slice pattern, struct sv_slice subject)
{
    struct sv_error err = {0};
    struct sv_regex *regex = sv_regex_new(pattern, &err);
    if (regex == NULL)
        return err.text[0] != '\0' && err.column > 0 && err.column <= pattern.len + 1 ? '!' : '?';
    enum sv_regex_result found = sv_regex_search(regex, subject, NULL, NULL);
    sv_regex_free(regex);
    return "nyl"[found];
}

static void meaning(void)
{
    static const struct {
        const char *pattern, *subject;
        char want;
    } rows[] = {
        {"git push .*(--force|-f)", "cd x && git push origin --force", 'y'},
        {"git push .*(--force|-f)", "git pull -f", 'n'},
        {"^a$", "a\n", 'n'}, /* $ is the very end, as in RE2 */
        {"(?m)^b$", "a\nb\nc", 'y'},
        {"(?m)^$", "a\n", 'y'},
        {"^b", "a\nb", 'n'},
        {"\\Aa\\z", "a", 'y'},
        {"a.c", "a\nc", 'n'},
        {"(?s)a.c", "a\nc", 'y'},
        {"a.c", "a\rc", 'y'},
        {"(?i)ABC", "xabcx", 'y'},
        {"(?i:A)B", "aB", 'y'},
        {"(?i:A)B", "ab", 'n'},
        {"a(?i)b|c", "aC", 'y'},
        {"^\\s$", "\v", 'n'}, /* RE2's \s has no vertical tab, PCRE2's has */
        {"^[\\s]$", "\v", 'n'},
        {"^\\S$", "\v", 'y'},
        {"^[\\S]$", "\v", 'y'},
        {"^[^\\S]$", " ", 'y'},
        {"^\\s[\\sx]$", " \t", 'y'},
        {"^[\\S]$", " ", 'n'},
        {"^[\\S]$", "\xC3\xA9", 'y'},
        {"^[[:space:]]$", "\v", 'y'},
        {"^\\v$", "\v", 'y'},
        {"^\\v$", "\n", 'n'},
        {"^\\w+$", "caf\xC3\xA9", 'n'},
        {"^\\W$", "\xC3\xA9", 'y'},
        {"^\\d$", "\xD9\xA1", 'n'},
        {"\\bfoo\\b", "a foo b", 'y'},
        {"\\Boo", "foo", 'y'},
        {"^.$", "\xF0\x9F\x98\x80", 'y'},
        {"^\\pL+$", "caf\xC3\xA9", 'y'},
        {"^\\p{Greek}$", "\xCE\xB1", 'y'},
        {"^\\p{^Greek}$", "a", 'y'},
        {"^\\P{Greek}$", "\xCE\xB1", 'n'},
        {"^[\\p{Lu}\\d]+$", "A1\xC3\x89", 'y'},
        {"[[:^alpha:]]", "abc1", 'y'},
        {"^[[:alpha:]_]+$", "ab_", 'y'},
        {"^[]a]+$", "]a", 'y'},
        {"^[^]a]+$", "bc", 'y'},
        {"^[a-]+$", "a-", 'y'},
        {"^[-a]+$", "a-", 'y'},
        {"^[a-c-e]+$", "b-e", 'y'},
        {"^[\\x41-\\x{43}]+$", "ABC", 'y'},
        {"^[\\Q]$", "Q", '!'},
        {"[^a]", "\n", 'y'},
        {"^\\x{1F600}$", "\xF0\x9F\x98\x80", 'y'},
        {"^\\101\\60$", "A0", 'y'},
        {"\\Qa.b\\E+", "a.bb", 'y'},
        {"\\Q(", "(", 'y'},
        {"a{2}", "aa", 'y'},
        {"^a{2,}$", "aaaa", 'y'},
        {"^a{,2}$", "a{,2}", 'y'},
        {"^a{$", "a{", 'y'},
        {"^{}x$", "{}x", 'y'},
        {"x}", "x}", 'y'},
        {"^a+?b$", "aab", 'y'},
        {"^(?U)a+b$", "aab", 'y'},
        {"(?P<name>a)(?<other>b)", "ab", 'y'},
        {"(?:)", "x", 'y'},
        {"", "", 'y'},
        {"|a", "b", 'y'},
        {"()", "", 'y'},
        {"a\\_b\\-\\/\\ ", "a_b-/ ", 'y'},
        {"#a b", "#a b", 'y'},
        {"[a-z]+@[a-z]+\\.com", "mail bob@example.com now", 'y'},
    };
    for (size_t i = 0; i < sizeof rows / sizeof *rows; i++) {
        char got = result(sv_slice_str(rows[i].pattern), sv_slice_str(rows[i].subject));
        ok(got == rows[i].want, "%s on %s is %c (got %c)", rows[i].pattern, rows[i].subject, rows[i].want, got);
    }
    ok(result(SV_SLICE("a\0b"), SV_SLICE("xa\0bx")) == 'y', "a NUL in pattern and subject");
}

static void refused(void)
{
    static const struct {
        const char *pattern;
        unsigned column;
    } rows[] = {
        {"a\\1", 2},
        {"(a)\\2", 4},
        {"(?=a)", 1},
        {"x(?!a)", 2},
        {"(?<=a)", 1},
        {"(?<!a)", 1},
        {"(?>a)", 1},
        {"a++", 2},
        {"a*+", 2},
        {"a**", 2},
        {"a??+", 3},
        {"a{2}{3}", 4},
        {"*a", 1},
        {"a|*", 3},
        {"(*)", 1},
        {"(*UTF)a", 1},
        {"(*LIMIT_MATCH=1)a", 1},
        {"(?R)", 1},
        {"(?1)", 1},
        {"(?|a)", 1},
        {"(?#x)", 1},
        {"(?x)a b", 1},
        {"(?C)", 1},
        {"(?P=n)", 1},
        {"(?P>n)", 1},
        {"(?&n)", 1},
        {"\\C", 1},
        {"\\Z", 1},
        {"\\G", 1},
        {"\\K", 1},
        {"\\R", 1},
        {"\\X", 1},
        {"\\h", 1},
        {"\\N", 1},
        {"\\k<n>", 1},
        {"\\g1", 1},
        {"\\cA", 1},
        {"\\e", 1},
        {"\\", 1},
        {"a(b", 2},
        {"a)b", 2},
        {"[a", 1},
        {"[]", 1},
        {"[z-a]", 2},
        {"[a-\\d]", 2},
        {"[[:foo:]]", 2},
        {"[\\b]", 2},
        {"\\x{110000}", 1},
        {"\\x{D800}", 1},
        {"\\xG", 1},
        {"\\p{Nope}", 1},
        {"\\pQ", 1},
        {"a{1001}", 2},
        {"a{3,2}", 2},
        {"(a{100}){100}", 9},
        {"(?-)", 1},
        {"(?P<>a)", 1},
        {"(?P<a-b>c)", 1},
        {"a\xff", 1},
    };
    for (size_t i = 0; i < sizeof rows / sizeof *rows; i++) {
        struct sv_error err = {0};
        struct sv_regex *regex = sv_regex_new(sv_slice_str(rows[i].pattern), &err);
        ok(regex == NULL && err.column == rows[i].column && err.text[0] != '\0', "%s is refused at %u (%s at %u)", rows[i].pattern,
           rows[i].column, regex == NULL ? err.text : "accepted", (unsigned)err.column);
        sv_regex_free(regex);
    }
    ok(sv_regex_new(SV_SLICE("("), NULL) == NULL, "who wants no reason gets none");
}

static struct sv_buf many(char c, size_t n)
{
    struct sv_buf out = {0};
    memset(sv_buf_room(&out, n + 1), c, n);
    out.len = n;
    return out;
}

static void limits(void)
{
    for (size_t n = SV_REGEX_MAX - 1; n <= SV_REGEX_MAX + 1; n++) {
        struct sv_buf pattern = many('a', n);
        ok((result(sv_buf_slice(&pattern), SV_SLICE("b")) == 'n') == (n <= SV_REGEX_MAX), "a pattern of %zu bytes", n);
        sv_buf_free(&pattern);
    }
    for (size_t n = SV_REGEX_SUBJECT_MAX - 1; n <= SV_REGEX_SUBJECT_MAX + 1; n++) {
        struct sv_buf subject = many('a', n);
        ok(result(SV_SLICE("[b]"), sv_buf_slice(&subject)) == (n <= SV_REGEX_SUBJECT_MAX ? 'n' : 'l'), "a subject of %zu bytes", n);
        ok(result(SV_SLICE("[a]"), sv_buf_slice(&subject)) == (n <= SV_REGEX_SUBJECT_MAX ? 'y' : 'l'), "the same where it matches");
        ok(result(SV_SLICE("bc[a]"), sv_buf_slice(&subject)) == 'n', "the same without the pattern's text in it");
        sv_buf_free(&subject);
    }
    for (int n = 199; n <= 201; n++) {
        struct sv_buf pattern = {0};
        for (int i = 0; i < n; i++)
            sv_buf_char(&pattern, '(');
        for (int i = 0; i < n; i++)
            sv_buf_char(&pattern, ')');
        ok(result(sv_buf_slice(&pattern), SV_SLICE("")) == (n <= 200 ? 'y' : '!'), "%d groups in each other", n);
        sv_buf_free(&pattern);
    }
    static const char *const slow[] = {"^(a+)+$", "^(a|aa)+$", "^(([a-z])+.)+[A-Z]([a-z])+$", "(x+x+)+y"};
    for (size_t i = 0; i < sizeof slow / sizeof *slow; i++) {
        char got = result(sv_slice_str(slow[i]),
                          SV_SLICE("aaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxx!"));
        ok(got == 'l' || got == 'n', "%s ends soon (%c)", slow[i], got);
    }
    ok(result(SV_SLICE("^(a+)+$"), SV_SLICE("aaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaa!")) == 'l',
       "a limit is a limit, not a no");
    ok(SV_REGEX_MATCH_LIMIT >= 1000, "a limit that leaves room for what is not hostile");
    struct sv_buf stack = many('a', 60000);
    char got = result(SV_SLICE("^([^A]|B)*C"), sv_buf_slice(&stack));
    ok(got == 'l' || got == 'n', "a deep match ends (%c)", got);
    sv_buf_free(&stack);
}

static void needles(void)
{
    static const char *const rows[][2] = {{"git push .*(--force|-f)", "git push "},
                                          {"ab?cd", "cd"},
                                          {"ab+cd", "ab"},
                                          {"a|b", ""},
                                          {"(?i)abc", ""},
                                          {"x(abc)yz", "yz"},
                                          {"^abc$", "abc"},
                                          {"a{0}bcd", "bcd"},
                                          {"a.bc", "bc"},
                                          {"rm -rf +(/|~)( |$)", "rm -rf "},
                                          {"\\Qa.b\\E", "a.b"},
                                          {"caf\xC3\xA9*", "caf"},
                                          {"[a]", ""}};
    for (size_t i = 0; i < sizeof rows / sizeof *rows; i++) {
        struct sv_regex *regex = sv_regex_new(sv_slice_str(rows[i][0]), NULL);
        is_slice(regex != NULL ? sv_regex_needle(regex) : SV_SLICE("refused"), sv_slice_str(rows[i][1]), "every match of %s has it",
                 rows[i][0]);
        sv_regex_free(regex);
    }
    struct sv_regex *regex = sv_regex_new(SV_SLICE("b+"), NULL);
    size_t start = 0, end = 0;
    ok(sv_regex_search(regex, SV_SLICE("abbc"), &start, &end) == SV_REGEX_YES && start == 1 && end == 3, "where it matches");
    ok(!sv_regex_matches_empty(regex), "b+ does not match nothing");
    sv_regex_free(regex);
    regex = sv_regex_new(SV_SLICE("b*"), NULL);
    ok(sv_regex_matches_empty(regex), "b* does");
    sv_regex_free(regex);
}

/* What can never match, what matches everything, and what is neither. */
static void advice(void)
{
    static const char *const never[] = {"a^", "$a", "(a|b)^", "a$b", "(?:^a)+^b", "x(^|y^)z", "\\Qab\\E^", "a{2,3}\\A", "\\z.", "[^]a]+^",
                                        "[[:alpha:]\\]]^", "\\p{Greek}^", "\\x{41}^", "\\x41\\A", "(?P<n>a)^", "\xc3\xa9^", "$(?:a|b)c*",
                                        "(?m:a^)b^", "(?:a*b)^", "a{1,}^", "\\pL^", "\\101^"};
    static const char *const every[] = {"", "a*", "(?:ab)?", "^", "$", "a|", ".*", "^.*", "x{0}", "(?i)(?:)", "^.*$"};
    static const char *const fine[] = {"a", "^a", "a$", "^$", "^a*$", "a*^b", "(?m)a$\\n^b", "(?:^|a)b", "a(?:$|b)", "\\b", "$^", "a?^b", "\xc3\xa9?^b",
                                       "^(?:main|master)?$", "\\$a", "a\\^", "[$]a", "a[\\^^]", "\\Qa^\\E", "a{,3}b", "(a^)?b", "(?:$a|b)", "(?m:$)a",
                                       "a{0}^b", "(?:a|^)*^b", "\\Q\\E^a"};
    static const struct {
        const char *const *patterns;
        size_t count;
        const char *begins;
    } groups[] = {{never, sizeof never / sizeof *never, "this pattern can never"},
                  {every, sizeof every / sizeof *every, "this pattern matches the empty"},
                  {fine, sizeof fine / sizeof *fine, "nothing"}};
    for (size_t g = 0; g < 3; g++)
        for (size_t i = 0; i < groups[g].count; i++) {
            struct sv_slice pattern = sv_slice_str(groups[g].patterns[i]);
            struct sv_regex *regex = sv_regex_new(pattern, NULL);
            const char *text = regex != NULL ? sv_regex_advice(regex, pattern) : "refused";
            ok(strncmp(text != NULL ? text : "nothing", groups[g].begins, strlen(groups[g].begins)) == 0, "%s: %s", pattern.data,
               groups[g].begins);
            sv_regex_free(regex);
        }
}

/* A long text is no way out of a sound pattern, and a search costs no more for being the first of its pattern. */
static void long_texts(void)
{
    static const char *const yes[] = {"(?:[a ]|b)*Z", "(?:\\w+\\s*)*Z", "^(?:a|b| )+Z", "(?:a|ab| )*Z$"};
    static const char *const no[] = {"^(?:[a ]|b)*Y", "^(?:a|b| |Z)+Y", "Z(?:a|b)*Y"};
    struct sv_buf text = {0};
    for (size_t i = 0; i + 1 < SV_REGEX_SUBJECT_MAX; i++)
        sv_buf_char(&text, "aa "[i % 3]);
    sv_buf_char(&text, 'Z');
    for (int rehearses = 0; rehearses <= 1; rehearses++) {
        sv_regex_rehearse(rehearses == 1);
        for (size_t i = 0; i < sizeof yes / sizeof *yes + sizeof no / sizeof *no; i++) {
            bool found = i < sizeof yes / sizeof *yes;
            const char *pattern = found ? yes[i] : no[i - sizeof yes / sizeof *yes];
            struct sv_regex *regex = sv_regex_new(sv_slice_str(pattern), NULL);
            is_int(sv_regex_search(regex, sv_buf_slice(&text), NULL, NULL), found ? SV_REGEX_YES : SV_REGEX_NO, "64 KiB and %s%s", pattern,
                   rehearses ? ", rehearsed" : "");
            sv_regex_free(regex);
        }
        struct sv_regex *hostile = sv_regex_new(SV_SLICE("^(?:a+)+$"), NULL);
        is_int(sv_regex_search(hostile, SV_SLICE("aaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaa!"), NULL, NULL), SV_REGEX_LIMIT, "a hostile one ends%s",
               rehearses ? ", rehearsed" : "");
        is_int(sv_regex_search(hostile, SV_SLICE("aaaa"), NULL, NULL), SV_REGEX_YES, "and can be used again");
        sv_regex_free(hostile);
    }
    sv_regex_rehearse(false);
    sv_buf_free(&text);
}

int main(void)
{
    long_texts();
    advice();
    meaning();
    refused();
    limits();
    needles();
    return done();
}
