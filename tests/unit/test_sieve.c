/* SPDX-License-Identifier: ISC */
/* Conditions sieved all at once, beside evaluating each: what goes is false, and much goes. */
#include "tap.h"

#include "cel/sieve.h"
#include "cel_help.h"
#include "measure/random.h"

static struct sv_random dice;

static unsigned below(unsigned limit)
{
    return sv_random_below(&dice, limit);
}

static const char *one_of(const char *const *texts, size_t count)
{
    return texts[below((unsigned)count)];
}
#define ONE_OF(texts) one_of(texts, sizeof texts / sizeof *texts)

static const char *const words[] = {"rm -rf", "git", "GIT", "sudo", "/etc", "curl", "key=", "\xC3\xA9t\xC3\xA9", "a\\\\b", "x\\\"y", "tab\\tbed"};
static const char *const paths[] = {"/", "/etc/", "/etc/ssh/", "/home", "/home/a", "src/", "", "/etc/ssh/keys", "~"};
static const char *const tools[] = {"Bash", "Read", "Edit", "Grep", "", "deploy", "Task"};
static const char *const patterns[] = {"git +push", "(?i)sudo", "rm|mv", "^/etc", "k.y", "[a-c]url", "curl .*\\\\|", "a\\\\\\\\b", "(?:git|GIT) x"};

static void put_part(struct sv_buf *out, unsigned depth)
{
    static const char *const orders[] = {">", ">=", "<", "<="};
    unsigned kind = below(depth < 3 ? 11 : 9);
    switch (kind) {
    case 0:
        sv_buf_printf(out, "latency_ms %s %u%s", ONE_OF(orders), below(6), below(2) ? ".5" : "");
        break;
    case 1:
        sv_buf_printf(out, "exit_code %s %d", ONE_OF(orders), (int)below(8) - 3);
        break;
    case 2:
    case 3:
        sv_buf_printf(out, "command.contains(\"%s\")", ONE_OF(words));
        break;
    case 4:
        sv_buf_printf(out, "command.matches(\"%s\")", ONE_OF(patterns));
        break;
    case 5:
        sv_buf_printf(out, "path.startsWith(\"%s\")", ONE_OF(paths));
        break;
    case 6:
        sv_buf_printf(out, "!(tool in [\"%s\", \"%s\"])", ONE_OF(tools), ONE_OF(tools));
        break;
    case 7:
        sv_buf_printf(out, "event.args.command.contains(\"%s\")", ONE_OF(words));
        break;
    case 8:
        sv_buf_printf(out, "%stool == \"%s\"", below(3) == 0 ? "!" : "", ONE_OF(tools));
        if (out->data[out->len - 1] == '"' && below(2))
            break;
        sv_buf_str(out, " || agent == \"x\"");
        break;
    default:
        sv_buf_char(out, '(');
        put_part(out, depth + 1);
        sv_buf_str(out, kind == 9 ? " || " : " && ");
        put_part(out, depth + 1);
        sv_buf_char(out, ')');
    }
}

static void put_condition(struct sv_buf *out)
{
    sv_buf_clear(out);
    for (unsigned i = 0, count = 1 + below(3); i < count; i++) {
        sv_buf_str(out, i > 0 ? " && (" : "(");
        put_part(out, 0);
        sv_buf_char(out, ')');
    }
}

/* A JSON string, sometimes with what need not be escaped escaped. */
static void put_string(struct sv_buf *out, const char *key, const char *const *texts, size_t count)
{
    sv_buf_printf(out, "%s\"%s\":\"", out->len > 1 ? "," : "", key);
    for (unsigned i = 0, n = below(4); i < n; i++) {
        const char *text = one_of(texts, count);
        if (below(6) == 0 && (unsigned char)text[0] < 0x80 && text[0] > ' ' && text[0] != '\\')
            sv_buf_printf(out, "\\u00%02x%s ", (unsigned)(unsigned char)text[0], text + 1);
        else
            sv_buf_printf(out, "%s%s", text, below(3) ? "" : below(2) ? " x" : "\\n");
        for (unsigned pad = below(8) == 0 ? below(90) : 0; pad > 0; pad--)
            sv_buf_char(out, "abcdefg /ru"[below(11)]);
    }
    sv_buf_char(out, '"');
}

static void put_event(struct sv_buf *out)
{
    sv_buf_clear(out);
    sv_buf_char(out, '{');
    if (below(4))
        put_string(out, "command", words, sizeof words / sizeof *words);
    if (below(4))
        put_string(out, "path", paths, sizeof paths / sizeof *paths);
    if (below(4))
        sv_buf_printf(out, "%s\"tool\":\"%s\"", out->len > 1 ? "," : "", ONE_OF(tools));
    if (below(4))
        sv_buf_printf(out, "%s\"latency_ms\":%u%s", out->len > 1 ? "," : "", below(7), below(2) ? ".5" : "");
    if (below(4))
        sv_buf_printf(out, "%s\"exit_code\":%s", out->len > 1 ? "," : "",
                      ((const char *const[]){"0", "-1", "2.5", "3", "18446744073709551615", "\"4\"", "null", "1e300"})[below(8)]);
    if (below(4))
        sv_buf_printf(out, "%s\"args\":{\"command\":%s}", out->len > 1 ? "," : "",
                      ((const char *const[]){"\"git x\"", "\"rm -rf /etc\"", "7", "null", "[\"git\"]", "\"k\\u0065y=\""})[below(6)]);
    sv_buf_char(out, '}');
}

static void test_random(void)
{
    enum { ROUNDS = 120, EVENTS = 200, MAX = 150 };
    struct sv_buf text = {0};
    size_t wrong = 0, gone = 0, is_false = 0, miscounted = 0, none = 0;
    for (int round = 0; round < ROUNDS; round++) {
        struct fixture f;
        const struct sv_cel *exprs[MAX];
        size_t count = 1 + below(round % 3 == 0 ? 12 : MAX);
        fixture_open(&f);
        for (size_t i = 0; i < count; i++) {
            put_condition(&text);
            exprs[i] = below(20) == 0 ? NULL : compile(&f, sv_buf_cstr(&text));
        }
        struct sv_sieve *sieve = sv_sieve_new(exprs, count);
        none += sieve == NULL;
        for (int e = 0; e < EVENTS && sieve != NULL; e++) {
            uint64_t bits[(MAX + 63) / 64], before[(MAX + 63) / 64] = {0};
            size_t cleared = 0;
            for (size_t w = 0; w < sizeof bits / sizeof *bits; w++) {
                bits[w] = below(4) == 0 ? (uint64_t)below(UINT32_MAX) << 32 | below(UINT32_MAX) : UINT64_MAX;
                if (w >= count / 64)
                    bits[w] &= w > count / 64 ? 0 : (UINT64_C(1) << count % 64) - 1;
                before[w] = bits[w];
            }
            put_event(&text);
            read_event(&f, sv_buf_cstr(&text));
            size_t told = sv_sieve_run(sieve, &f.run, bits);
            for (size_t i = 0; i < count; i++) {
                bool was = before[i / 64] >> i % 64 & 1, is = bits[i / 64] >> i % 64 & 1;
                if (exprs[i] == NULL) {
                    wrong += was != is;
                    continue;
                }
                struct sv_value value = sv_cel_eval(exprs[i], &f.run);
                bool no = value.type == SV_BOOL && !value.b;
                wrong += (is && !was) || (was && !is && !no);
                cleared += was && !is;
                is_false += was && no;
            }
            miscounted += told != cleared;
            gone += cleared;
        }
        sv_sieve_free(sieve);
        fixture_close(&f);
    }
    is_int((int64_t)wrong, 0, "what the sieve holds back is false");
    is_int((int64_t)miscounted, 0, "and counted");
    ok(gone > is_false / 4, "that is %zu of the %zu that are false", gone, is_false);
    ok(none < ROUNDS / 4, "mostly there is something to gain");
    sv_buf_free(&text);
}

/* The edges of each kind. left: which of the conditions are left, as digits. */
static void leaves(const char *const *conditions, size_t count, const char *event, const char *left)
{
    struct fixture f;
    const struct sv_cel *exprs[64];
    char got[65] = "";
    fixture_open(&f);
    for (size_t i = 0; i < count; i++)
        exprs[i] = compile(&f, conditions[i]);
    struct sv_sieve *sieve = sv_sieve_new(exprs, count);
    read_event(&f, event);
    uint64_t bits = (UINT64_C(1) << count) - 1;
    if (sieve != NULL)
        sv_sieve_run(sieve, &f.run, &bits);
    for (size_t i = 0; i < count; i++)
        if (bits >> i & 1)
            got[strlen(got)] = (char)('0' + i);
    is_str(sieve != NULL ? got : "no sieve", left, "of %s", event);
    sv_sieve_free(sieve);
    fixture_close(&f);
}
#define LEAVES(conditions, event, left) leaves(conditions, sizeof conditions / sizeof *conditions, event, left)

static void test_edges(void)
{
    static const char *const up[] = {"latency_ms > 1.0", "latency_ms > 2.0", "latency_ms > 3.0", "latency_ms > 2.0 && latency_ms > 3.0"};
    LEAVES(up, "{\"latency_ms\":1}", "");
    LEAVES(up, "{\"latency_ms\":2}", "0");
    LEAVES(up, "{\"latency_ms\":2.5}", "01");
    LEAVES(up, "{\"latency_ms\":9}", "0123");
    LEAVES(up, "{}", "0123");
    LEAVES(up, "{\"latency_ms\":\"9\"}", "0123");
    static const char *const down[] = {"exit_code < 1", "exit_code < -2", "exit_code <= 5", "exit_code <= 5 && exit_code < 0"};
    LEAVES(down, "{\"exit_code\":0}", "02");
    LEAVES(down, "{\"exit_code\":-3}", "0123");
    LEAVES(down, "{\"exit_code\":5}", "2");
    LEAVES(down, "{\"exit_code\":6}", "2");
    static const char *const starts[] = {"path.startsWith('/etc/')", "path.startsWith('/etc/ssh/')", "path.startsWith('/etc')", "path.startsWith('/')",
                                         "path.startsWith('/home')"};
    LEAVES(starts, "{\"path\":\"/etc/ssh/x\"}", "0123");
    LEAVES(starts, "{\"path\":\"/etc\"}", "23");
    LEAVES(starts, "{\"path\":\"\\/etc\\/\"}", "023");
    LEAVES(starts, "{\"path\":\"\"}", "");
    LEAVES(starts, "{\"path\":\"0\"}", "");
    LEAVES(starts, "{\"path\":null}", "01234");
    static const char *const not_in[] = {"!(tool in ['a', 'b'])", "!(tool in ['b', 'c'])", "!(tool in ['d'])"};
    LEAVES(not_in, "{\"tool\":\"b\"}", "2");
    LEAVES(not_in, "{\"tool\":\"x\"}", "012");
    LEAVES(not_in, "{}", "012");
    LEAVES(not_in, "{\"tool\":3}", "012");
    static const char *const texts[] = {"command.contains('one') || command.contains('two')", "command.matches('thr[e]e+')",
                                        "command.contains('four') && agent == 'x'", "command.contains('fi/ve')", "command.contains('TWO')"};
    LEAVES(texts, "{\"command\":\"one\"}", "03"); /* the slash makes 3 one of its own, which is as well looked at alone */
    LEAVES(texts, "{\"command\":\"two and four\"}", "0234"); /* of case nothing is said here */
    LEAVES(texts, "{\"command\":\"f\\u006fur fi\\/ve\"}", "23");
    LEAVES(texts, "{\"command\":\"\\n\"}", "3");
    LEAVES(texts, "{\"command\":[\"x\"]}", "01234");
    static const char *const alone[] = {"latency_ms > 1.0", "path.startsWith('/')", "tool == 'x'"};
    LEAVES(alone, "{}", "no sieve");
}

int main(void)
{
    sv_random_seed(&dice, 1);
    test_random();
    test_edges();
    return done();
}
