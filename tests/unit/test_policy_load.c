/* SPDX-License-Identifier: ISC */
#include "base/limits.h"
#include "policy_help.h"

#define HEAD "version: 1\npolicies:\n"
#define P HEAD "  - id: a\n" /* the policy's keys follow from line 4 */

/* Every message of the loader with its place: line:column+columns underlined. */
static const struct {
    const char *yaml, *findings;
} cases[] = {
    {P "    when: type == \"x\"\n", ""},
    /* the file */
    {"", "1:1+0: this file is empty"},
    {"# nothing\n", "1:1+1: this file is empty"},
    {"- a\n", "1:1+1: a policy file is a mapping that begins with \"version: 1\""},
    {"policies: []\n", "1:1+1: \"version: 1\" is missing"},
    {"version: 2\npolicies: []\n", "1:10+1: version 2 of the policy language is not supported; this program reads version 1"},
    {"version: one\n", "1:10+3: \"version\" must be the number 1"},
    {"version: '1'\n", "1:11+1: \"version\" must be the number 1"},
    {"version:\n", "1:1+7: \"version\" must be the number 1"},
    {"version: 1\n", ":0:0+0: there is no policy in these files"},
    {"version: 1\npolicies: {a: b}\n", "2:11+6: \"policies\" must be a list"},
    {"version: 1\npolicys: []\n", "2:1+7: unknown key \"policys\" (did you mean \"policies\"?)"},
    {"version: 1\noverride: []\n", ":0:0+0: there is no policy in these files"},
    {"version: 1\npolicies: [a]\n", "2:12+1: a policy must be a mapping with an \"id\" and a \"when\""},
    {"version: 1\npolicies:\n  - id: a\n   when: x\n", "4:4+1: did not find expected '-' indicator"},
    /* lists, fields, defaults */
    {"version: 1\nlists: [a]\n" , "2:8+3: \"lists\" must be a mapping of names to lists"},
    {"version: 1\nlists: {a: b}\n", "2:12+1: the list \"a\" must be a list of texts, numbers or bools"},
    {"version: 1\nlists: {a: [[b]]}\n", "2:13+3: the list \"a\" must be a list of texts, numbers or bools"},
    {"version: 1\nlists: {a-b: [c]}\n", "2:9+3: \"a-b\" is no name (letters, digits and _)"},
    {"version: 1\nlists: {tool: [c]}\n", "2:9+4: \"tool\" is a field of every event already"},
    {"version: 1\nfields: {x: int}\nlists: {x: [c]}\n", "3:9+1: \"x\" is one of \"fields\" already"},
    {"version: 1\nfields: {x: float}\n", "2:13+5: unknown type \"float\" (bool, int, uint, double, string, list, map or dyn)"},
    {"version: 1\nfields: {path: string}\n", "2:10+4: \"path\" is a field of every event already"},
    {"version: 1\nfields: {event: map}\n", "2:10+5: \"event\" is a field of every event already"},
    {"version: 1\nfields: {x: }\n", "2:10+1: the field \"x\" needs a type"},
    {"version: 1\ndefaults: {severity: hihg}\n", "2:22+4: unknown severity \"hihg\" (info, warning, error or critical)"},
    {"version: 1\ndefaults: {lateness: soon, max_keys: 0, max_ahead: -1h}\n",
     "2:22+4: \"lateness\" must be a duration such as 10s, 5m or 1h30m\n"
     "2:38+1: \"max_keys\" must be a number of at least 1\n"
     "2:52+3: \"max_ahead\" must be a duration such as 10s, 5m or 1h30m"},
    {"version: 1\ndefaults: {severty: info, realert: 5m}\n",
     "2:12+7: unknown key \"severty\" (did you mean \"severity\"?)\n2:27+7: unknown key \"realert\""},
    /* a policy's simple keys */
    {HEAD "  - when: type == \"x\"\n", "3:5+1: this policy has no \"id\""},
    {HEAD "  - id:\n    when: type == \"x\"\n", "3:5+2: \"id\" must be a text"},
    {HEAD "  - id: [a]\n    when: type == \"x\"\n", "3:9+3: \"id\" must be a text"},
    {HEAD "  - id: A b\n    when: type == \"x\"\n",
     "3:9+3: an id is made of a-z, 0-9, \".\", \"_\" and \"-\", and begins with a letter or digit"},
    {HEAD "  - id: -a\n    when: type == \"x\"\n",
     "3:9+2: an id is made of a-z, 0-9, \".\", \"_\" and \"-\", and begins with a letter or digit"},
    {P "    when: type == \"x\"\n  - id: a\n    when: type == \"y\"\n", "5:9+1: policy id \"a\" is taken already, at FILE:3"},
    {P, "3:5+1: this policy has no \"when\""},
    {P "    when:\n", "4:5+4: \"when\" must be an expression"},
    {P "    when: [x]\n", "4:11+3: \"when\" must be an expression"},
    {P "    when: type == \"x\"\n    severty: high\n", "5:5+7: unknown key \"severty\" (did you mean \"severity\"?)"},
    {P "    when: type == \"x\"\n    severity: critcal\n", "5:15+7: unknown severity \"critcal\" (did you mean \"critical\"?)"},
    {P "    when: type == \"x\"\n    severity:\n", "5:5+8: \"severity\" must be a text"},
    {P "    when: type == \"x\"\n    action: block\n", "5:13+5: unknown action \"block\" (observe, warn, ask or deny)"},
    {P "    when: type == \"x\"\n    title: {a: b}\n    runbook: []\n",
     "5:12+6: \"title\" must be a text\n6:14+2: \"runbook\" must be a text"},
    {P "    when: type == \"x\"\n    tags: {a: b}\n", "5:11+6: \"tags\" must be a text or a list of texts"},
    {P "    when: type == \"x\"\n    tags: [a, [b]]\n", "5:15+3: \"tags\" must be a text or a list of texts"},
    {P "    when: type == \"x\"\n    xyzzy: 1\n", "5:5+5: unknown key \"xyzzy\""},
    /* kinds */
    {P "    window: 5m\n", "4:5+6: \"window\" needs \"having\" beside it"},
    {P "    having: count > 5\n    when: type == \"x\"\n", "4:5+6: \"having\" goes with \"window\""},
    {P "    window: 0s\n    having: count > 5\n", "4:13+2: \"window\" must be longer than zero"},
    {P "    window: 5 minutes\n    having: count > 5\n",
     "4:13+9: \"window\" must be a duration such as 60s or 24h, or hour, day, week or month"},
    {P "    window: 5m\n    having: count > 5\n    tz: Europe/Berlin\n",
     "6:5+2: \"tz\" goes with a window of the calendar: hour, day, week or month"},
    {P "    window: day\n    having: count > 5\n    tz: Europe/Berlim\n", "6:9+13: unknown time zone \"Europe/Berlim\""},
    {P "    window: 5m\n    having: count > 5\n    absent: 5m\n", "6:5+6: a policy has one kind: this one is \"window\" already"},
    {P "    window: 5m\n    having: cout > 5\n", "5:13+4: unknown field \"cout\" (did you mean \"count\"?)"},
    {P "    window: 5m\n    having: cost_usd > 5.0\n",
     "5:13+8: this looks at many events, not at one: write what is to be made of \"cost_usd\", as in last(cost_usd)"},
    {P "    window: 5m\n    having: sum(tool) > 5\n", "5:17+4: sum(): numbers are wanted"},
    {P "    window: 5m\n    having: share(cost_usd) > 0.5\n", "5:19+8: share(): a condition is wanted"},
    {P "    window: 5m\n    having: sum() > 5\n", "5:13+3: sum() takes one argument, an expression over an event"},
    {P "    window: 5m\n    having: sum(cots_usd) > 5\n", "5:17+8: unknown field \"cots_usd\" (did you mean \"cost_usd\"?)"},
    {P "    window: day\n    having: rate(\"1m\") > 5.0\n", "5:18+4: rate(): a window of the calendar is not of one length"},
    {P "    window: 5m\n    having: rate(\"1\") > 5.0\n", "5:18+3: rate(): a duration such as \"1m\" is wanted"},
    {P "    window: 5m\n    having: p101(cost_usd) > 5.0\n", "5:13+4: unknown function \"p101\""},
    {P "    window: 5m\n    having: count\n", "5:13+5: this gives int, but bool is wanted"},
    {P "    window: 5m\n    having: '[1].exists(x, sum(x) > 1)'\n",
     "5:32+1: an aggregate cannot stand where a loop's variables are"},
    {P "    window: 5m\n    having: count > 5\n    by: {a: b}\n", "6:9+6: \"by\" must be an expression or a list of expressions"},
    {P "    window: 5m\n    having: count > 5\n    by: [agnt]\n", "6:10+4: unknown field \"agnt\" (did you mean \"agent\"?)"},
    {P "    window: 5m\n    having: count > 5\n    by: ['tree(agnt)']\n", "6:16+4: unknown field \"agnt\" (did you mean \"agent\"?)"},
    {P "    window: 5m\n    having: count > 5\n    by: ['tree(agent)', 'tree(session)']\n", "6:26+13: a key has one tree"},
    {P "    window: 5m\n    having: count > 5\n    resolved: no\n", "6:15+2: \"resolved\" must be true or false"},
    {P "    when: type == \"x\"\n    for: 2m\n", "5:5+3: \"for\" goes with \"window\""},
    {P "    absent: 10m\n    until: type == \"x\"\n", "4:5+6: \"absent\" needs \"by\" beside it"},
    {P "    absent: 10m\n    by: [agent]\n    until: 1\n", "6:12+1: this gives int, but bool is wanted"},
    {P "    sequence: []\n    within: 1h\n", "4:15+2: a sequence has at least two steps, one of them with \"when\""},
    {P "    sequence: [{when: 'true'}, {not: 'false'}]\n", "4:5+8: \"sequence\" needs \"within\" beside it"},
    {P "    sequence: [{not: 'true'}, {when: 'false'}]\n    within: 1h\n", "4:16+13: a sequence begins with a \"when\""},
    {P "    sequence: [{if: 'true'}, {when: 'false'}]\n    within: 1h\n",
     "4:16+12: a step is {when: expression} or {not: expression}"},
    {P "    loop: {same: 5}\n", "4:5+4: \"loop\" needs \"by\" beside it"},
    {P "    loop: {}\n    by: agent\n", "4:11+2: a loop says at least one of same, cycle and result"},
    {P "    loop: {same: 1}\n    by: agent\n", "4:18+1: \"same\" must be from 2 to 1000"},
    {P "    loop: {sam: 5}\n    by: agent\n",
     "4:11+8: a loop says at least one of same, cycle and result\n4:12+3: unknown key \"sam\" (did you mean \"same\"?)"},
    {P "    limit: 100\n", "4:12+3: \"limit\" must be a number in a time, such as 100/1m"},
    {P "    limit: 100/0m\n", "4:12+6: \"limit\" must be a number in a time, such as 100/1m"},
    {P "    limit: 100/1m\n    burst: 0\n", "5:12+1: \"burst\" must be a number of at least 1"},
    {P "    limit: 999999999/365d\n", "4:12+14: this limit and its burst are beyond what can be counted"},
    {P "    new: agnt\n", "4:10+4: unknown field \"agnt\" (did you mean \"agent\"?)"},
    {P "    new: tool\n    learn: soon\n", "5:12+4: \"learn\" must be a duration such as 10s, 5m or 1h30m"},
    {P "    when: type == \"x\"\n    burst: 5\n", "5:5+5: \"burst\" goes with \"limit\""},
    {P "    when: type == \"x\"\n    within: 5m\n    realert: 5m\n", "5:5+6: \"within\" goes with \"sequence\""},
    {P "    when: type == \"x\"\n    on_error: volation\n", "5:15+8: unknown on_error \"volation\" (did you mean \"violation\"?)"},
    {P "    when: type == \"x\"\n    append: {tags: [x]}\n", "5:5+6: unknown key \"append\""},
    {P "    when: type == \"x\"\n    enabled: 1\n", "5:14+1: \"enabled\" must be true or false"},
    /* expressions: wrong names and types, in every style */
    {P "    when: agnt == \"main\"\n", "4:11+4: unknown field \"agnt\" (did you mean \"agent\"?)"},
    {P "    when: 'agnt == \"main\"'\n", "4:12+4: unknown field \"agnt\" (did you mean \"agent\"?)"},
    {P "    when: \"\\u0061gnt == 'main'\"\n", "4:12+9: unknown field \"agnt\" (did you mean \"agent\"?)"},
    {P "    when: |\n      type == \"x\" &&\n        agnt == \"main\"\n",
     "6:9+4: unknown field \"agnt\" (did you mean \"agent\"?)"},
    {P "    when: >-\n      type == \"x\" &&\n\n      agnt == \"main\"\n",
     "7:7+4: unknown field \"agnt\" (did you mean \"agent\"?)"},
    {P "    when: type == \"x\" &&\n      agnt == \"main\"\n", "5:7+4: unknown field \"agnt\" (did you mean \"agent\"?)"},
    {P "    when: type == \"\xc3\xa9\" && agnt == \"main\"\n", "4:26+4: unknown field \"agnt\" (did you mean \"agent\"?)"},
    {P "    let: {x: agnt}\n    when: x == \"y\"\n", "4:14+4: unknown field \"agnt\" (did you mean \"agent\"?)"},
    {P "    let: [x]\n    when: type == \"y\"\n", "4:10+3: \"let\" must be a mapping of names to expressions"},
    {P "    let: {tool: command}\n    when: type == \"y\"\n", "4:11+4: \"tool\" is a field of every event already"},
    {P "    let: {x: }\n    when: type == \"y\"\n", "4:11+1: \"x\" must be an expression"},
    {P "    when: type == \"x\"\n    message: agnt\n",
     "5:14+4: unknown field \"agnt\" (did you mean \"agent\"?) (a message is an expression: '\"text \" + agent')"},
    /* a plain value in {...} ends at a comma */
    {HEAD "  - {id: a, when: under(path, protected)}\n",
     "3:31+10: unknown key \"protected)\" (quote the value before it: in {...} a plain value ends at a comma)"},
    {P "    let: {x: under(path, protected)}\n    when: type == \"y\"\n",
     "4:26+10: \"protected)\" is no name (letters, digits and _); quote the value before it: in {...} a plain value ends at a comma"},
    /* scope */
    {P "    when: type == \"x\"\n    scope: [a]\n",
     "5:12+3: \"scope\" must be a mapping of team, supervisor, agent, host or session to globs"},
    {P "    when: type == \"x\"\n    scope: {teem: a}\n", "5:13+4: unknown key \"teem\" (did you mean \"team\"?)"},
    {P "    when: type == \"x\"\n    scope: {team: {a: b}}\n", "5:19+6: \"team\" must be a text or a list of texts"},
    /* exceptions */
    {P "    when: type == \"x\"\n    except: {a: b}\n", "5:13+6: \"except\" must be a list of exceptions"},
    {P "    when: type == \"x\"\n    except: [a]\n", "5:14+1: an exception must be a mapping of name, fields and values"},
    {P "    when: type == \"x\"\n    except:\n      - {name: e, field: agent, values: [a]}\n",
     "6:9+36: this exception has no \"fields\"\n6:19+5: unknown key \"field\" (did you mean \"fields\"?)"},
    {P "    when: type == \"x\"\n    except:\n      - {name: e, fields: [agnt], values: [a]}\n",
     "6:28+4: unknown field \"agnt\" (did you mean \"agent\"?)"},
    {P "    when: type == \"x\"\n    except:\n      - {name: e, fields: [agent, cwd], values: [[a]]}\n",
     "6:50+3: this row of values has 1, \"fields\" has 2"},
    {P "    when: type == \"x\"\n    except:\n      - {name: e, fields: [agent], values: a}\n",
     "6:44+1: \"values\" must be a list of rows"},
    {P "    when: type == \"x\"\n    except:\n      - {name: e, fields: [], values: [a]}\n",
     "6:27+2: \"fields\" must be a field or a list of fields"},
    {P "    when: type == \"x\"\n    except:\n      - {name: e, fields: agent, values: [*]}\n",
     "6:44+1: invalid alias detected (quote a text that begins with *)"},
    /* examples */
    {P "    when: type == \"x\"\n    match: a\n", "5:12+1: \"match\" must be a list of events, each a mapping"},
    {P "    when: type == \"x\"\n    match: [a]\n", "5:12+3: \"match\" must be a list of events, each a mapping"},
    {P "    when: type == \"x\"\n    match:\n      - {type: x}\n      - {type: y}\n",
     "7:9+9: policy \"a\" does not match this example"},
    {P "    when: tool == \"x\"\n    match: {type: y}\n",
     "5:12+9: policy \"a\" does not match this example (a field that the condition reads is absent)"},
    {P "    when: type == \"x\"\n    no_match: [{type: x}]\n", "5:16+9: policy \"a\" matches this example, and must not"},
    {P "    when: type == \"x\"\n    scope: {team: t}\n    match: [{type: x, team: u}]\n",
     "6:13+18: policy \"a\" does not match this example (it is out of scope)"},
    {P "    when: type == \"x\"\n    except: [{name: e, fields: agent, values: [b]}]\n    match: [{type: x, agent: b}]\n",
     "6:13+19: policy \"a\" does not match this example (an exception applies)"},
    {P "    when: type == \"x\" && 1 / input_tokens == 1\n    match: [{type: x, input_tokens: 0}]\n",
     "5:13+26: policy \"a\" fails on this example: division by zero"},
    {P "    when: type == \"x\"\n    match: [{type: x, command: a, b}]\n",
     "5:35+1: key \"b\" has no value (quote the value before it: in {...} a plain value ends at a comma)"},
    /* all of them, in the order of the lines */
    {P "    when: agnt == \"x\"\n    severty: info\n    tags: [[]]\n"
     "  - id: b\n    when: type == 1\n  - id: c\n    when: type == \"x\"\n    match: [{type: y}]\n",
     "4:11+4: unknown field \"agnt\" (did you mean \"agent\"?)\n5:5+7: unknown key \"severty\" (did you mean \"severity\"?)\n"
     "6:12+2: \"tags\" must be a text or a list of texts\n8:16+2: string and int are never equal\n"
     "11:13+9: policy \"c\" does not match this example"},
};

static void test_findings(void)
{
    for (size_t i = 0; i < sizeof cases / sizeof *cases; i++) {
        struct sv_buf got = {0}, want = {0};
        struct loaded loaded = load_text(cases[i].yaml);
        put_findings(&got, &loaded.findings);
        const char *file = strstr(cases[i].findings, "FILE");
        if (file != NULL) {
            sv_buf_add(&want, sv_slice(cases[i].findings, (size_t)(file - cases[i].findings)));
            sv_buf_str(&want, path_of("p.yaml"));
            sv_buf_str(&want, file + 4);
        } else {
            sv_buf_str(&want, cases[i].findings);
        }
        is_slice(sv_buf_slice(&got), sv_buf_slice(&want), "finding: %s", cases[i].findings[0] != '\0' ? cases[i].findings : "none");
        ok((loaded.set == NULL) == (loaded.findings.count > 0), "a set with a finding is none");
        sv_buf_free(&got);
        sv_buf_free(&want);
        unload(&loaded);
    }
}

static void test_source_line(void)
{
    struct loaded loaded = load_text(P "    when: agnt == \"main\"\n");
    if (ok(loaded.findings.count == 1, "one finding")) {
        is_str(loaded.findings.items[0].source, "    when: agnt == \"main\"", "a finding has its line, to be underlined");
        is_int(loaded.findings.items[0].code, SV_INPUT, "and is bad input");
        is_str(loaded.findings.items[0].file, path_of("p.yaml"), "and names the file");
    }
    unload(&loaded);
}

static void test_policy_values(void)
{
    struct loaded loaded = load_text("version: 1\ndefaults: {severity: error, action: ask}\npolicies:\n"
                                     "  - {id: a, title: The title, tags: [x, y], runbook: \"http://r\", when: 'type == \"x\"'}\n"
                                     "  - id: b.2_c-d\n    severity: info\n    action: deny\n    tags: z\n    when: true\n");
    if (ok(loaded.set != NULL && sv_policies_count(loaded.set) == 2, "two policies")) {
        struct sv_policy *a = sv_policies_at(loaded.set, 0), *b = sv_policies_at(loaded.set, 1);
        is_slice(a->id, SV_SLICE("a"), "id");
        is_slice(a->title, SV_SLICE("The title"), "title");
        is_slice(b->title, SV_SLICE("b.2_c-d"), "no title: the id");
        ok(a->severity == SV_ERROR_SEVERITY && a->action == SV_ASK, "defaults");
        ok(b->severity == SV_INFO && b->action == SV_DENY, "its own");
        ok(a->tag_count == 2 && sv_slice_is(a->tags[1], "y") && b->tag_count == 1 && sv_slice_is(b->tags[0], "z"), "tags");
        is_slice(a->runbook, SV_SLICE("http://r"), "runbook");
        is_int(b->line, 5, "line");
        is_slice(a->text, SV_SLICE("{\"id\":\"a\",\"title\":\"The title\",\"severity\":\"error\",\"action\":\"ask\",\"tags\":[\"x\",\"y\"],"
                                   "\"when\":\"type == \\\"x\\\"\",\"runbook\":\"http://r\"}"), "canonical text");
        is_int(sv_policies_files(loaded.set), 1, "one file");
    }
    unload(&loaded);
    loaded = load_text(P "    when: type == \"x\"\n");
    ok(loaded.set != NULL && sv_policies_at(loaded.set, 0)->severity == SV_WARNING &&
       sv_policies_at(loaded.set, 0)->action == SV_OBSERVE, "without a word: warning, observe");
    unload(&loaded);
}

static uint64_t version_of(const char *yaml, uint64_t *signature)
{
    struct loaded loaded = load_text(yaml);
    uint64_t version = loaded.set != NULL ? sv_policies_at(loaded.set, 0)->version : 0;
    *signature = loaded.set != NULL ? sv_policies_at(loaded.set, 0)->signature : 0;
    unload(&loaded);
    return version;
}

static void test_versions(void)
{
    static const char *const base = "version: 1\nlists: {l: [x], m: [y]}\nfields: {f: int}\npolicies:\n  - id: a\n    when: type in l\n";
    static const struct {
        const char *yaml;
        bool same;
        const char *what;
    } cases_of[] = {
        {"version: 1\n# a comment\nfields: {f: int}\nlists: {m: [y], l: ['x']}\npolicies: [{when: type in l, id: a}]\n", true, "layout, order, comments"},
        {"version: 1\nlists: {l: [x]}\npolicies:\n  - id: a\n    when: type in l\n    match: [{type: x}]\n", true, "an example, an unused list"},
        {"version: 1\nlists: {l: [x, z], m: [y]}\npolicies:\n  - id: a\n    when: type in l\n", false, "a used list"},
        {"version: 1\nlists: {l: [x]}\npolicies:\n  - id: a\n    when: type in l\n    severity: error\n", false, "the severity"},
        {"version: 1\ndefaults: {severity: error}\nlists: {l: [x]}\npolicies:\n  - id: a\n    when: type in l\n", false, "a default"},
        {"version: 1\nlists: {l: [x]}\npolicies:\n  - id: a\n    when: type in l && true\n", false, "the condition"},
        {"version: 1\nlists: {l: [x]}\npolicies:\n  - id: a\n    when: type in l\n    scope: {team: t}\n", false, "the scope"},
        {"version: 1\nlists: {l: [x]}\npolicies:\n  - id: a\n    when: type in l\n    let: {q: agent}\n", false, "a let"},
    };
    uint64_t signature, other_signature, version = version_of(base, &signature);
    ok(version != 0, "a version");
    for (size_t i = 0; i < sizeof cases_of / sizeof *cases_of; i++) {
        uint64_t other = version_of(cases_of[i].yaml, &other_signature);
        ok(other != 0 && (other == version) == cases_of[i].same, "%s: %s version", cases_of[i].what, cases_of[i].same ? "the same" : "another");
        ok(other_signature == signature, "%s: the same signature", cases_of[i].what);
    }
    is_int(signature, 1326224758108125557, "the signature is final");
    version_of(P "    when: agent in ['x'] && event.zz == 1\n", &signature);
    ok(signature == other_signature, "the signature is of id and kind");
    uint64_t with_int = version_of("version: 1\nfields: {f: int}\npolicies: [{id: a, when: f == 1}]\n", &signature);
    uint64_t with_double = version_of("version: 1\nfields: {f: double}\npolicies: [{id: a, when: f == 1}]\n", &signature);
    ok(with_int != 0 && with_double != 0 && with_int != with_double, "a used field's type: another version");
}

static void test_files(void)
{
    struct sv_buf got = {0};
    char path[600];
    snprintf(path, sizeof path, "%s/set", folder);
    mkdir(path, 0700);
    const char *paths[] = {path};
    struct loaded loaded = load_with((struct sv_policies_spec){0}, paths, 1);
    put_findings(&got, &loaded.findings);
    is_slice(sv_buf_slice(&got), SV_SLICE("set:0:0+0: no policy file (*.yaml, *.yml) in this folder"), "an empty folder");
    unload(&loaded);

    write_text("set/b.yml", HEAD "  - {id: b, when: 'true'}\n");
    write_text("set/a.yaml", HEAD "  - {id: z, when: 'true'}\n  - {id: a, when: 'true'}\n");
    write_text("set/B.yaml", HEAD "  - {id: upper, when: 'true'}\n");
    write_text("set/c.txt", "not looked at: [");
    write_text("set/.hidden.yaml", "not looked at: [");
    snprintf(path, sizeof path, "%s/set/d.yaml", folder);
    mkdir(path, 0700);
    snprintf(path, sizeof path, "%s/set", folder);
    loaded = load_with((struct sv_policies_spec){0}, paths, 1);
    sv_buf_clear(&got);
    for (size_t i = 0; loaded.set != NULL && i < sv_policies_count(loaded.set); i++)
        sv_buf_printf(&got, "%.*s ", SV_ARG(sv_policies_at(loaded.set, i)->id));
    is_slice(sv_buf_slice(&got), SV_SLICE("upper z a b "), "a folder: *.yaml and *.yml in byte order, not below, not hidden");
    is_int(loaded.set != NULL ? sv_policies_files(loaded.set) : 0, 3, "three files");
    unload(&loaded);

    const char *twice[] = {path_of("set/a.yaml"), path_of("x.yaml"), path_of("set")};
    write_text("x.yaml", HEAD "  - {id: x, whn: 'true'}\n");
    loaded = load_with((struct sv_policies_spec){0}, twice, 3);
    sv_buf_clear(&got);
    put_findings(&got, &loaded.findings);
    char want[2000];
    snprintf(want, sizeof want, "a.yaml:3:10+1: policy id \"z\" is taken already, at %s:3\na.yaml:4:10+1: policy id \"a\" is taken already, at %s:4\n"
             "x.yaml:3:5+1: this policy has no \"when\"\nx.yaml:3:13+3: unknown key \"whn\" (did you mean \"when\"?)",
             path_of("set/a.yaml"), path_of("set/a.yaml"));
    is_slice(sv_buf_slice(&got), sv_slice_str(want), "findings of all files, file by file");
    unload(&loaded);

    const char *missing[] = {path_of("nowhere.yaml")};
    loaded = load_with((struct sv_policies_spec){0}, missing, 1);
    ok(loaded.set == NULL && loaded.findings.count == 1 && strcmp(loaded.findings.items[0].file, missing[0]) == 0,
       "a file that is not there is one finding that names it");
    unload(&loaded);
    sv_buf_free(&got);
}

/* SV_POLICY_FILE_MAX bytes, one less, one more. */
static void test_file_size(void)
{
    static const char start[] = HEAD "  - {id: a, when: 'true'}\n#";
    for (int extra = -1; extra <= 1; extra++) {
        size_t size = (size_t)((int)SV_POLICY_FILE_MAX + extra);
        char *text = malloc(size);
        memset(text, 'x', size);
        memcpy(text, start, sizeof start - 1);
        const char *path = write_bytes("p.yaml", text, size);
        struct loaded loaded = load_with((struct sv_policies_spec){0}, &path, 1);
        ok((loaded.set != NULL) == (extra <= 0), "a file of SV_POLICY_FILE_MAX %+d bytes", extra);
        if (extra > 0)
            is_str(loaded.findings.count > 0 ? loaded.findings.items[0].text : "", "larger than 1048576 bytes",
            "one too large is told");
        unload(&loaded);
        free(text);
    }
}

/* SV_POLICIES_MAX policies, one less, one more, over two files. */
static void test_count(void)
{
    for (int extra = -1; extra <= 1; extra++) {
        struct sv_buf text = {0}, more = {0}, got = {0};
        sv_buf_str(&text, HEAD);
        sv_buf_str(&more, HEAD);
        int count = SV_POLICIES_MAX + extra;
        for (int i = 0; i < count; i++)
            sv_buf_printf(i < 9000 ? &text : &more, "  - {id: p%d, when: type == \"t%d\"}\n", i, i % 500);
        const char *paths[] = {write_bytes("p.yaml", text.data, text.len), write_bytes("q.yaml", more.data, more.len)};
        struct loaded loaded = load_with((struct sv_policies_spec){0}, paths, 2);
        ok((loaded.set != NULL) == (extra <= 0), "SV_POLICIES_MAX %+d policies", extra);
        if (loaded.set != NULL)
            is_int(sv_policies_count(loaded.set), count, "all are there");
        put_findings(&got, &loaded.findings);
        is_slice(sv_buf_slice(&got), sv_slice_str(extra > 0 ? "q.yaml:1003:5+1: more than 10000 policies" : ""), "one too many is told");
        unload(&loaded);
        sv_buf_free(&text);
        sv_buf_free(&more);
        sv_buf_free(&got);
    }
}

static void test_selection(void)
{
    static const char yaml[] = HEAD "  - {id: git-push, tags: [git, vcs], when: 'true'}\n  - {id: git-tag, tags: git, when: 'true'}\n"
                                    "  - {id: rm, tags: [shell], when: 'true'}\n";
    static const struct {
        const char *only[2], *skip[2], *want;
    } tries[] = {
        {{NULL}, {NULL}, "git-push git-tag rm "},
        {{"rm"}, {NULL}, "rm "},
        {{"git-*"}, {NULL}, "git-push git-tag "},
        {{"git"}, {NULL}, "git-push git-tag "},
        {{"vcs", "shell"}, {NULL}, "git-push rm "},
        {{NULL}, {"git"}, "rm "},
        {{"git"}, {"git-tag"}, "git-push "},
        {{"git-posh"}, {NULL}, "! no policy has the id or tag \"git-posh\" (did you mean \"git-push\"?)"},
        {{"rm", "nix"}, {NULL}, "! no policy has the id or tag \"nix\""},
        {{"rm"}, {"*"}, "! no policy is selected: --skip leaves none"},
    };
    const char *path = write_text("p.yaml", yaml);
    for (size_t i = 0; i < sizeof tries / sizeof *tries; i++) {
        struct sv_buf got = {0};
        struct sv_policies_spec spec = {.only = tries[i].only, .skip = tries[i].skip};
        while (spec.only_count < 2 && tries[i].only[spec.only_count] != NULL)
            spec.only_count++;
        while (spec.skip_count < 2 && tries[i].skip[spec.skip_count] != NULL)
            spec.skip_count++;
        struct loaded loaded = load_with(spec, &path, 1);
        for (size_t k = 0; loaded.set != NULL && k < sv_policies_count(loaded.set); k++)
            sv_buf_printf(&got, "%.*s ", SV_ARG(sv_policies_at(loaded.set, k)->id));
        for (size_t k = 0; k < loaded.findings.count; k++)
            sv_buf_printf(&got, "! %s", loaded.findings.items[k].text);
        is_slice(sv_buf_slice(&got), sv_slice_str(tries[i].want), "selects %s", tries[i].want);
        unload(&loaded);
        sv_buf_free(&got);
    }
}

/* 300 expressions with a mistake in each, in a file that is nothing but mistakes: all are told, quickly. */
static void test_many(void)
{
    struct sv_buf text = {0};
    sv_buf_str(&text, HEAD);
    for (int i = 0; i < 1500; i++)
        sv_buf_printf(&text, "  - {id: p%d, when: agnt == 1}\n", i);
    const char *path = write_bytes("p.yaml", text.data, text.len);
    struct loaded loaded = load_with((struct sv_policies_spec){0}, &path, 1);
    is_int(loaded.findings.count, 1000, "findings end at 1,000");
    unload(&loaded);
    sv_buf_free(&text);
}

/* What happens in examples is no event of a run: nothing of it is counted. */
static void test_uncounted(void)
{
    static const char yaml[] = HEAD "  - id: burst\n"
                                    "    by: agent\n"
                                    "    window: 1m\n"
                                    "    having: count > 1\n"
                                    "    max_keys: 1\n"
                                    "    match:\n"
                                    "      - - {type: note, agent: a, time: 100}\n"
                                    "        - {type: note, agent: a, time: 101}\n"
                                    "        - {type: note, agent: a, time: 102}\n"
                                    "        - {type: note, agent: b, time: 102}\n"
                                    "        - {type: note, agent: a, time: 1}\n"
                                    "        - {type: note, agent: a}\n"
                                    "        - {type: note, time: 102}\n";
    const char *path = write_text("p.yaml", yaml);
    struct loaded loaded = load_with((struct sv_policies_spec){0}, &path, 1);
    ok(loaded.set != NULL, "a story with all that is counted loads");
    const struct sv_policy *policy = loaded.set != NULL ? sv_policies_at(loaded.set, 0) : &(struct sv_policy){.late = 1};
    is_int(policy->hits + policy->errors + policy->late + policy->no_clock + policy->keyless + policy->suppressed + policy->full, 0,
           "examples leave all counts at zero");
    unload(&loaded);
}

int main(void)
{
    make_folder();
    test_findings();
    test_source_line();
    test_policy_values();
    test_versions();
    test_files();
    test_file_size();
    test_count();
    test_selection();
    test_many();
    test_uncounted();
    remove_folder();
    return done();
}
