/* SPDX-License-Identifier: ISC */
#include <time.h>

#include "../fuzz/yaml_same.h"
#include "base/limits.h"
#include "base/os.h"
#include "policy/yaml_build.h"
#include "tap.h"

static struct sv_arena arena;
static struct sv_findings findings;

static bool read_text(struct sv_yaml *yaml, struct sv_slice text)
{
    sv_findings_free(&findings);
    return sv_yaml_read(yaml, &arena, SV_SLICE("f.yaml"), text, &findings);
}

static void put_first(struct sv_buf *out)
{
    sv_buf_clear(out);
    if (findings.count > 0)
        sv_buf_printf(out, "%u:%u: %s", (unsigned)findings.items[0].line, (unsigned)findings.items[0].column, findings.items[0].text);
}

static void test_values(void)
{
    static const struct {
        const char *yaml, *json;
    } cases[] = {
        {"a: 1", "{\"a\":1}"},
        {"a: no\nb: yes\nc: on", "{\"a\":\"no\",\"b\":\"yes\",\"c\":\"on\"}"},
        {"a: true\nb: False\nc: TRUE\nd: tRue", "{\"a\":true,\"b\":false,\"c\":true,\"d\":\"tRue\"}"},
        {"a: ~\nb:\nc: null\nd: ''", "{\"a\":null,\"b\":null,\"c\":null,\"d\":\"\"}"},
        {"a: 0x1F\nb: 0o17\nc: -7\nd: 1.5\ne: 1e3\nf: .5", "{\"a\":31,\"b\":15,\"c\":-7,\"d\":1.5,\"e\":1000.0,\"f\":0.5}"},
        {"a: 2026-01-02\nb: 12:30\nc: 1_000\nd: 0xg\ne: .\nf: -x",
         "{\"a\":\"2026-01-02\",\"b\":\"12:30\",\"c\":\"1_000\",\"d\":\"0xg\",\"e\":\".\",\"f\":\"-x\"}"},
        {"a: \"1\"\nb: '2'\nc: |\n  3\nd: >-\n  4", "{\"a\":\"1\",\"b\":\"2\",\"c\":\"3\\n\",\"d\":\"4\"}"},
        {"- [a, {b: c}, []]\n- {}", "[[\"a\",{\"b\":\"c\"},[]],{}]"},
        {"\xEF\xBB\xBF# comment\na: b # more\r\nc: d\r\n", "{\"a\":\"b\",\"c\":\"d\"}"},
        {"a: ''''\nb: 'x == '''' && y == '''''\nc: {'''k': '''''''''''', d: ''}",
         "{\"a\":\"'\",\"b\":\"x == '' && y == ''\",\"c\":{\"'k\":\"'''''\",\"d\":\"\"}}"},
        {"a: 'one\n  ''''  \r\n\r\n\n  two  '\nb: ' x\r  y\n\n  '", "{\"a\":\"one ''\\n\\ntwo  \",\"b\":\" x y\\n\"}"},
        {"a: \"\\u00e9\\x41\\n\\t\\\"\"", "{\"a\":\"\xc3\xa9" "A\\n\\t\\\"\"}"},
    };
    struct sv_buf json = {0};
    for (size_t i = 0; i < sizeof cases / sizeof *cases; i++) {
        struct sv_yaml yaml;
        sv_buf_clear(&json);
        if (ok(read_text(&yaml, sv_slice_str(cases[i].yaml)), "reads %s", cases[i].yaml))
            sv_yaml_put_json(&json, yaml.root);
        is_slice(sv_buf_slice(&json), sv_slice_str(cases[i].json), "means %s", cases[i].json);
    }
    struct sv_yaml yaml;
    ok(read_text(&yaml, SV_SLICE("")) && yaml.root == NULL, "an empty file has no root");
    ok(read_text(&yaml, SV_SLICE("# only this\n")) && (yaml.root == NULL || yaml.root->missing), "nor has one of comments");
    sv_buf_free(&json);
}

/* Is the text one for the plain reader, and does the library make the same tree of it? */
static void is_plain(struct sv_slice text, const char *name)
{
    struct sv_yaml yaml;
    uint32_t at = 0;
    if (!ok(read_text(&yaml, text) && sv_yaml_read_plain(&yaml), "%s is read by the plain reader", name))
        return;
    const struct sv_yaml_node *plain = yaml.root;
    const char *what = sv_yaml_read_library(&yaml, &findings) ? yaml_difference(plain, yaml.root, &at) : "refused";
    ok(what == NULL, "and by the library, to the same tree");
    if (what != NULL)
        printf("# byte %u: %s\n", (unsigned)at, what);
}

static void test_plain(void)
{
    static const char folder[] = "share/policies";
    struct sv_buf names = {0}, path = {0}, bytes = {0};
    struct sv_error err = {0};
    size_t count = 0;
    const char *name = ok(sv_os_list(folder, &names, &count, &err) && count > 0, "there are starter packs") ? names.data : NULL;
    for (size_t i = 0; name != NULL && i < count; i++, name += strlen(name) + 1) {
        sv_buf_clear(&path);
        sv_buf_printf(&path, "%s/%s", folder, name);
        sv_buf_clear(&bytes);
        if (ok(sv_os_slurp(sv_buf_cstr(&path), SV_POLICY_FILE_MAX, &bytes, &err), "%s is there", name))
            is_plain(sv_buf_slice(&bytes), name);
    }
    sv_buf_free(&names);
    sv_buf_free(&path);
    sv_buf_free(&bytes);

    struct sv_buf many = {0};
    for (int i = 0; i < 40; i++)
        sv_buf_printf(&many, "k%d: {a: 1}\n", i);
    is_plain(sv_buf_slice(&many), "a mapping of many keys");
    sv_buf_str(&many, "k7: 1\nk39: 1\nk7: 2\n");
    struct sv_yaml yaml;
    ok(read_text(&yaml, sv_buf_slice(&many)) && findings.count == 3, "whose repetitions are found");
    is_slice(sv_slice_str(findings.items[2].text), SV_SLICE("key \"k7\" stands twice (first in line 8)"), "with their first place");
    sv_buf_free(&many);

    static const char *const others[] = {"a:\tb", "a: b\r\n", "a: &x b", "a: *x", "a: !t b", "--- a", "a: b\n...\n", "? a\n: b", "a: b: c", "[a]: b",
                                         "a: [b: c]", "a: 'b\nc'", "a: \"\\q\"", "a: {b\n: c}", "a: 1\na: 2", "a: |2\n  b\n", "a: |", "a\n", "- a", "a: @b",
                                         "a:\n  - b\n c: d", "a: \xC2\x85", ("\xEF\xBB\xBF" "a: b"), "a: [b", "a: b\n c: d", "a: {b: c}}", "a: 'b", "a: 'b' c"};
    for (size_t i = 0; i < sizeof others / sizeof *others; i++) {
        read_text(&yaml, sv_slice_str(others[i]));
        ok(!sv_yaml_read_plain(&yaml) && yaml.root == NULL, "%s is left to the library", others[i]);
    }
}

static void test_errors(void)
{
    static const struct {
        const char *yaml, *error;
    } cases[] = {
        {"a: 1\n b: 2", "1:4: invalid multiline plain key"},
        {"a: \"b\\qc\"", "1:6: invalid escape 'q' in double-quoted string"},
        {"a: b: c", "1:5: invalid nested block mapping on the same line"},
        {"a: [1, 2\n", "1:9: flow sequence without a closing bracket"},
        {"a: &x 1\nb: *x\n", "1:4: anchors are not allowed in a policy file"},
        {"a: *x\n", "1:4: aliases are not allowed in a policy file"},
        {"a: &a [*a, x]\n", "1:4: anchors are not allowed in a policy file"},
        {"&a a: *a\n", "1:1: anchors are not allowed in a policy file"},
        {"a:\n  <<: *b\nb: &b {<<: *b}\n", "2:7: aliases are not allowed in a policy file"},
        {"a: !!str 1\n", "1:4: tags are not allowed in a policy file"},
        {"a: 1\n---\nb: 2\n", "2:1: a second document begins here; a policy file has one"},
        {"a: 1\nb: \xff\n", "2:4: byte 0xFF is no UTF-8"},
        {"a: 1\nb\x01: 2\n", "2:2: control character 0x01"},
        {"a: \xed\xa0\x80", "1:4: byte 0xED is no UTF-8"},
        {"? [a]\n: b\n", "1:3: a key must be a plain word, not a list or mapping"},
        {"- a\nb: 3\n", "2:1: invalid scalar at the end of block sequence"},
        {"a:\n\t- b\n", NULL},
    };
    struct sv_buf got = {0};
    for (size_t i = 0; i < sizeof cases / sizeof *cases; i++) {
        struct sv_yaml yaml;
        ok(!read_text(&yaml, sv_slice_str(cases[i].yaml)), "refuses %s", cases[i].yaml);
        put_first(&got);
        if (cases[i].error != NULL)
            is_slice(sv_buf_slice(&got), sv_slice_str(cases[i].error), "says %s", cases[i].error);
    }
    struct sv_yaml yaml;
    ok(!read_text(&yaml, SV_SLICE("a: 1\0b: 2")), "refuses a NUL");
    put_first(&got);
    is_slice(sv_buf_slice(&got), SV_SLICE("1:5: control character 0x00"), "a NUL is named");
    /* each byte at each place of a long line, beside blanks and ends of lines */
    size_t wrong = 0;
    for (int byte = 0; byte < 256; byte++)
        for (size_t at = 0; at < 20; at++) {
            char text[] = "# comment\n# another\n# one more\n";
            text[at] = (char)byte;
            bool is_bad = (byte < 0x20 && byte != '\t' && byte != '\n' && byte != '\r') || byte >= 0x7F;
            bool reads = read_text(&yaml, sv_slice(text, sizeof text - 1));
            uint32_t line = at < 10 ? 1 : 2;
            bool is_told = findings.count > 0 && findings.items[0].line == line && findings.items[0].column == at - (line - 1) * 10 + 1 &&
                           (strstr(findings.items[0].text, "control character") != NULL || strstr(findings.items[0].text, "no UTF-8") != NULL);
            wrong += is_bad ? reads || !is_told : is_told;
        }
    is_int((int64_t)wrong, 0, "each byte that may not be there is named where it stands");
    ok(read_text(&yaml, SV_SLICE("a: 1\nb: {c: 1, c: 2}\na: 3\na: 4")), "repeated keys leave a tree");
    is_int(findings.count, 3, "each repetition is a finding");
    put_first(&got);
    is_slice(sv_buf_slice(&got), SV_SLICE("2:11: key \"c\" stands twice (first in line 2)"), "a repeated key has its place");
    is_str(findings.items[0].source, "b: {c: 1, c: 2}", "and its line");
    is_int(findings.items[0].span, 1, "and its length");
    sv_buf_free(&got);
}

/* Depth at N - 1, N, N + 1, in both dresses. */
static void test_depth(void)
{
    for (int extra = -1; extra <= 1; extra++)
        for (int block = 0; block <= 1; block++) {
            struct sv_buf text = {0};
            struct sv_yaml yaml;
            int depth = SV_YAML_DEPTH_MAX + extra;
            for (int i = 0; i < depth; i++)
                sv_buf_str(&text, block ? "- " : "[");
            if (block)
                sv_buf_char(&text, 'x');
            for (int i = 0; i < depth && !block; i++)
                sv_buf_char(&text, ']');
            ok(read_text(&yaml, sv_buf_slice(&text)) == (extra <= 0), "depth SV_YAML_DEPTH_MAX %+d, %s", extra, block ? "block" : "flow");
            if (extra > 0)
                is_str(findings.items[0].text, "nested deeper than 64", "what is too deep is told");
            sv_buf_free(&text);
        }
}

static void time_hostile(const char *name, const char *piece, size_t count, const char *tail, bool readable)
{
    struct sv_buf text = {0};
    struct sv_yaml yaml;
    for (size_t i = 0; i < count; i++)
        sv_buf_str(&text, piece);
    sv_buf_str(&text, tail);
    clock_t start = clock();
    bool good = read_text(&yaml, sv_buf_slice(&text));
    double spent = (double)(clock() - start) / CLOCKS_PER_SEC;
    ok(good == readable && (good || findings.count == 1), "%s: %s", name, readable ? "read" : "refused with one finding");
    if (!ok(spent < 3, "%s: in time", name))
        printf("# %.2f s\n", spent);
    sv_buf_free(&text);
    sv_arena_reset(&arena);
}

static void test_hostile(void)
{
    time_hostile("50,000 times [", "[", 50000, "", false);
    time_hostile("50,000 times {a:", "{a: ", 50000, "", false);
    time_hostile("50,000 times \"- \"", "- ", 50000, "x", false);
    time_hostile("50,000 times \"? \"", "? ", 50000, "x", false);
    time_hostile("200,000 items", "- a\n", 200000, "", true);
    time_hostile("200,000 items in brackets", "a,", 1, "", true);
    time_hostile("1 MiB of one word", "aaaaaaaaaaaaaaaa", 65536, "", true);
    time_hostile("1 MiB of blank lines", "\n\n\n\n", 262144, "a: b", true);
    time_hostile("a bomb of aliases", "a: &a [x,x]\nb: &b [*a,*a,*a]\nc: [*b,*b,*b]\n", 1, "", false);
    time_hostile("100,000 quotes that do not close", "\"a\" ", 100000, "", false);
}

/* Every byte of a value that is not blank traces back to the same character in the file. */
static void test_trace(void)
{
    static const char *const texts[] = {
        "a: plain text\n   that goes\n\n   on here # not this\n",
        "a: 'single ''q'' and\n\n\n  more ''' \n",
        "a: \"dq \\u00e9 \\x41\\t end \\\n     joined \\\" q\n     folded\n\n     twice \\U0001F600 x\"\n",
        "a: |\n    lit 1\n      lit 2\n\n    lit 3\n",
        "a: >-\n  folded\n  text\n\n  more\n    indented\n  end\n",
        "a: |2-\n    x\n   y\n",
        "\xc3\xa9: {b: \"\xc3\xbc x\", c: 'y z'}\n",
        "a: 'crlf\r\n  here'\r\n",
    };
    for (size_t i = 0; i < sizeof texts / sizeof *texts; i++) {
        struct sv_yaml yaml;
        bool good = read_text(&yaml, sv_slice_str(texts[i]));
        const struct sv_yaml_node *node = good ? yaml.root->first->value : NULL;
        while (node != NULL && node->kind == SV_YAML_MAP)
            node = node->first->value;
        size_t wrong = 0;
        for (size_t k = 0; node != NULL && k < node->text.len; k++) {
            char c = node->text.data[k];
            uint32_t at = sv_yaml_trace(&yaml, node, k);
            if (c != ' ' && c != '\n' && c != '\t' && !((unsigned char)c & 0x80) && yaml.text.data[at] != '\\')
                wrong += yaml.text.data[at] != c;
        }
        ok(good && wrong == 0, "every character of a value leads back: %s", texts[i]);
        if (node != NULL) {
            uint32_t end = sv_yaml_trace(&yaml, node, node->text.len);
            ok(end <= node->end && end > node->start, "its end leads back: %s", texts[i]);
        }
    }
    struct sv_yaml yaml;
    read_text(&yaml, SV_SLICE("a: \"x \\u00e9 y\"\n"));
    is_int(sv_yaml_trace(&yaml, yaml.root->first->value, 2), 6, "an escape is one place");
    is_int(sv_yaml_trace(&yaml, yaml.root->first->value, 5), 13, "and what follows it has its own");
}

int main(void)
{
    test_values();
    test_plain();
    test_errors();
    test_depth();
    test_hostile();
    test_trace();
    sv_findings_free(&findings);
    sv_arena_free(&arena);
    return done();
}
