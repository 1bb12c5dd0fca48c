/* SPDX-License-Identifier: ISC */
/* Policy files made to cost or to confuse: numbers at the edge, patterns that give orders, lists that thousands of policies use. */
#include "base/limits.h"
#include "policy_help.h"

#define HEAD "version: 1\npolicies:\n"

/* How many violations and errors one condition makes of one event; -1: it does not load. */
static int outcomes(const char *when, const char *json)
{
    struct sv_buf text = {0};
    sv_buf_printf(&text, HEAD "  - id: a\n    when: >-\n      %s\n", when);
    struct loaded loaded = load_text(sv_buf_cstr(&text));
    int count = -1;
    if (loaded.set != NULL) {
        struct feed feed;
        feed_open(&feed, &loaded);
        count = (int)feed_line(&feed, json);
        for (size_t i = 0; i < feed.hits.count; i++)
            count += feed.hits.items[i].outcome == SV_OUTCOME_ERROR ? 10 : 0;
        feed_close(&feed);
    }
    unload(&loaded);
    sv_buf_free(&text);
    return count;
}

static void test_numbers(void)
{
    static const struct {
        const char *when;
        int count;
    } cases[] = {
        {"cost_usd > 1e308", 0},
        {"cost_usd < 1e308", 1},
        {"cost_usd * 1e308 * 10.0 > 1e308", 1},
        {"-cost_usd * 1e308 * 10.0 < -1e308", 1},
        {"cost_usd * 1e308 * 10.0 - 1e308 * cost_usd * 10.0 == 0.0", 0},
        {"int(cost_usd * 1e308) > 0", 11},
        {"input_tokens < 9223372036854775807", 1},
        {"input_tokens + 9223372036854775807 > 0", 11},
        {"input_tokens < 1e308", 1},
        {"input_tokens > 1e-320", 1},
        {"input_tokens < 9223372036854775808", -1},
    };
    for (size_t i = 0; i < sizeof cases / sizeof *cases; i++)
        is_int(outcomes(cases[i].when, "{\"type\":\"llm.call\",\"cost_usd\":5.5,\"input_tokens\":7}"), cases[i].count, "%s", cases[i].when);
}

/* PCRE2 takes orders at a pattern's start; whoever writes a policy gives none. */
static void test_verbs(void)
{
    static const char *const verbs[] = {"(*UTF)(*LIMIT_MATCH=4294967295)a", "(*LIMIT_DEPTH=1)a", "(*LIMIT_HEAP=1)a", "(*NO_JIT)a", "(*NO_AUTO_POSSESS)a",
                                        "(*CRLF)a", "(*BSR_ANYCRLF)a", "a(*ACCEPT)b", "a(*SKIP)b", "a(*COMMIT)b", "(*napla:a)b", "(?C1)a", "(?R)", "(?1)",
                                        "(?>a)b", "(a)\\\\1", "\\\\Ka", "\\\\Ca", "(?|a|b)", "(?#x)a", "a++"};
    for (size_t i = 0; i < sizeof verbs / sizeof *verbs; i++) {
        char when[128];
        snprintf(when, sizeof when, "tool.matches('%s')", verbs[i]);
        is_int(outcomes(when, "{\"type\":\"tool.call\",\"tool\":\"a\"}"), -1, "refused at load: %s", verbs[i]);
    }
}

/* A file with a list of `count` names n0, n1, ... and `policies` policies that look into it. */
static void put_file(struct sv_buf *text, size_t count, size_t policies, const char *last)
{
    sv_buf_str(text, "version: 1\nlists:\n  names: [");
    for (size_t i = 0; i + 1 < count; i++)
        sv_buf_printf(text, "n%zu,", i);
    sv_buf_printf(text, "%s]\npolicies:\n", last);
    for (size_t i = 0; i < policies; i++)
        sv_buf_printf(text, "  - {id: p%zu, when: tool in names}\n", i);
}

/* A list at the sizes where it is treated another way: as fact or not, in a policy's text whole or as a hash. */
static void test_list_sizes(void)
{
    static const size_t sizes[] = {255, 256, 257, 1023, 1024, 1025, 5000};
    for (size_t i = 0; i < sizeof sizes / sizeof *sizes; i++) {
        uint64_t versions[2];
        for (int other = 0; other <= 1; other++) {
            struct sv_buf text = {0};
            put_file(&text, sizes[i], 1, other ? "else" : "last");
            struct loaded loaded = load_text(sv_buf_cstr(&text));
            struct feed feed;
            if (!ok(loaded.set != NULL, "a list of %zu", sizes[i]))
                exit(1);
            feed_open(&feed, &loaded);
            is_int((long long)feed_line(&feed, "{\"type\":\"tool.call\",\"tool\":\"n1\"}"), 1, "its second is in it");
            is_int((long long)feed_line(&feed, "{\"type\":\"tool.call\",\"tool\":\"last\"}"), other ? 0 : 1, "its last is, if it is its last");
            is_int((long long)feed_line(&feed, "{\"type\":\"tool.call\",\"tool\":\"n\"}"), 0, "another is not");
            is_int((long long)feed_line(&feed, "{\"type\":\"message.user\"}"), 0, "nor what has none");
            versions[other] = sv_policies_at(loaded.set, 0)->version;
            feed_close(&feed);
            unload(&loaded);
            sv_buf_free(&text);
        }
        ok(versions[0] != versions[1], "a list of %zu that changes in its last makes another version", sizes[i]);
    }
}

/* What is kept for each policy does not grow with the list that it shares. */
static void test_shared_list(void)
{
    enum { NAMES = 90000, POLICIES = 5000 };
    struct sv_buf text = {0};
    put_file(&text, NAMES, POLICIES, "last");
    ok(text.len <= SV_POLICY_FILE_MAX, "the file is as large as it may be");
    struct loaded loaded = load_text(sv_buf_cstr(&text));
    if (ok(loaded.set != NULL, "%d policies look into a list of %d", POLICIES, NAMES)) {
        size_t kept = 0;
        struct feed feed;
        for (size_t i = 0; i < sv_policies_count(loaded.set); i++)
            kept += sv_policies_at(loaded.set, i)->text.len;
        ok(kept < POLICIES * 256, "their texts are %zu bytes together", kept);
        feed_open(&feed, &loaded);
        is_int((long long)feed_line(&feed, "{\"type\":\"tool.call\",\"tool\":\"n89000\"}"), POLICIES, "all find a name");
        feed_close(&feed);
    }
    unload(&loaded);
    sv_buf_free(&text);
}

int main(void)
{
    make_folder();
    test_numbers();
    test_verbs();
    test_list_sizes();
    test_shared_list();
    remove_folder();
    return done();
}
