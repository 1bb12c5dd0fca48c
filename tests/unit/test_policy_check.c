/* SPDX-License-Identifier: ISC */
/* What --check tells of policies that are sound: each with what must be told and what must not. */
#include <time.h>

#include "policy_help.h"

#define HEAD "version: 1\npolicies:\n"
#define E "    match: {type: m}\n    no_match: {type: n}\n"
#define P HEAD "  - id: a\n" E /* the policy's keys follow from line 6 */
#define M "(type == \"m\" || tool == \"t\")" /* varies, and the examples hold */

static const struct {
    const char *yaml, *warnings;
} cases[] = {
    {P "    when: type == \"m\"\n", ""},
    /* examples */
    {HEAD "  - id: a\n    when: type == \"m\"\n",
     "3:9+1: warning: policy \"a\" has no example that must match or must not (match, no_match)"},
    {HEAD "  - id: a\n    when: type == \"m\"\n    match: [{type: m}]\n",
     "3:9+1: warning: policy \"a\" has no example that must not match (no_match)"},
    {HEAD "  - id: a\n    when: type == \"m\"\n    no_match: [{type: n}]\n    match: []\n",
     "3:9+1: warning: policy \"a\" has no example that must match (match)"},
    /* constant conditions */
    {HEAD "  - {id: a, when: 1 > 2, no_match: {type: n}, match: []}\n",
     "3:10+1: warning: policy \"a\" has no example that must match (match)\n"
     "3:19+5: warning: this condition is never true, whatever the event"},
    {HEAD "  - {id: a, when: 'true || type == \"m\"', match: {type: m}}\n",
     "3:10+1: warning: policy \"a\" has no example that must not match (no_match)\n"
     "3:20+19: warning: this condition is true for every event"},
    {HEAD "  - id: a\n    when: type == \"m\" && type == \"n\"\n    no_match: {type: m}\n",
     "3:9+1: warning: policy \"a\" has no example that must match (match)\n"
     "4:11+26: warning: this condition is never true, whatever the event"},
    {HEAD "  - id: a\n    when: tool in [\"a\", \"b\"] && status == \"ok\" && tool in [\"c\"]\n    no_match: {type: m}\n",
     "3:9+1: warning: policy \"a\" has no example that must match (match)\n"
     "4:11+53: warning: this condition is never true, whatever the event"},
    {HEAD "  - id: a\n    when: exit_code > 5 && exit_code <= 5\n    no_match: {type: m}\n",
     "3:9+1: warning: policy \"a\" has no example that must match (match)\n"
     "4:11+31: warning: this condition is never true, whatever the event"},
    {HEAD "  - id: a\n    let: {never: '1 > 2'}\n    when: type == \"m\" && never\n    no_match: {type: m}\n",
     "3:9+1: warning: policy \"a\" has no example that must match (match)\n"
     "5:11+20: warning: this condition is never true, whatever the event"},
    {P "    when: type == \"m\" && exit_code >= 0 && exit_code <= 0 || type == \"m\"\n", ""},
    {P "    when: type in [\"m\", \"x\"] && type in [\"y\", \"m\"]\n", ""},
    {P "    when: type == \"m\" || (tool == \"a\" && tool == \"b\")\n", "6:26+28: warning: this part is never true"},
    {P "    when: type == \"m\" && (2 > 1 || tool == \"a\")\n", "6:26+22: warning: this part is always true"},
    {P "    when: type == \"m\" && type in cel.bind(x, \"a\", [x, type])\n", ""},
    {P "    when: type == \"m\" || exit_code > 9007199254740992 && exit_code <= 9007199254740993\n", ""},
    {P "    when: type == \"m\" && (type == \"m\" || !(int(\"x\") > 2))\n", "6:42+15: warning: this part is never true"},
    {P "    when: type == \"m\" || text.matches(r'\\B')\n", ""},
    {P "    when: type == \"m\" || !(-1 < exit_code || 3 < exit_code)\n", ""},
    {P "    when: type == \"m\" && type == \"m\"\n", "6:26+11: warning: this part stands here twice"},
    {P "    let: {x: type}\n    when: type == \"m\" && x == type\n", "7:31+4: warning: both sides of this comparison are the same"},
    {P "    when: type == \"m\" && type != tool || type == \"m\"\n", ""},
    /* patterns */
    {P "    when: type == \"m\" || text.matches(\"a^\")\n",
     "6:39+4: warning: this pattern can never match: something is read before ^ or behind $"},
    {P "    when: type == \"m\" || text.matches(r'$a')\n",
     "6:39+5: warning: this pattern can never match: something is read before ^ or behind $"},
    {P "    when: type.matches(r'm*')\n    no_match: []\n    message: '\"m\"'\n",
     NULL}, /* two keys of one name: no set */
    {HEAD "  - {id: a, when: tool.matches('m*'), match: {tool: x}, no_match: {type: m}}\n",
     "3:32+4: warning: this pattern matches the empty text, and so is found in every text"},
    {P "    when: type.matches('^m*$')\n", ""},
    {P "    when: type.matches('^(?:m|)$')\n", ""},
    /* keys and fields */
    {P "    when: type == \"m\" || event.agnt == \"x\"\n",
     "6:32+4: warning: unknown field \"agnt\" (did you mean \"agent\"?); if it is your own, name it under \"fields\""},
    {P "    when: type == \"m\" || event[\"sesion\"] == \"x\"\n",
     "6:32+8: warning: unknown field \"sesion\" (did you mean \"session\"?); if it is your own, name it under \"fields\""},
    {P "    when: type == \"m\" || event.agent == \"x\" || event.branch == \"y\" || event.output_text == \"z\"\n", ""},
    {"version: 1\nfields: {agnt: string}\npolicies:\n  - id: a\n" E "    when: type == \"m\" || event.agnt == \"x\"\n", ""},
    {P "    let: {x: event.agnt}\n    when: type == \"m\" || x == \"x\"\n",
     "6:20+4: warning: unknown field \"agnt\" (did you mean \"agent\"?); if it is your own, name it under \"fields\""},
    /* unused names */
    {P "    let: {x: agent, y: x, z: tool}\n    when: type == \"m\" || y == \"\"\n", "6:27+1: warning: no expression uses \"z\""},
    {P "    let: {x: agent, y: tool}\n    when: type == \"m\"\n    message: x\n    except: [{name: e, fields: y, values: [q]}]\n", ""},
    {"version: 1\nlists: {l: [m], k: [q], text_l: [z]}\npolicies:\n  - id: a\n" E "    when: type in l || type == \"k\"\n",
     "2:17+1: warning: no policy uses the list \"k\"\n2:25+6: warning: no policy uses the list \"text_l\""},
    {"version: 1\nlists: {l: [m]}\npolicies:\n  - id: a\n" E "    when: type in l\noverride: {id: a, append: {lists: {l: [o]}}}\n", ""},
    /* scope */
    {P "    when: " M "\n    scope: {agent: [\"claude:*\", \"claude:shop\", \"codex:*\"]}\n",
     "7:34+11: warning: \"claude:shop\" is shadowed: \"claude:*\" matches all that it does"},
    {P "    when: " M "\n    scope: {agent: [a, b, a]}\n", "7:27+1: warning: \"a\" is shadowed: \"a\" matches all that it does"},
    {P "    when: " M "\n    scope: {agent: [\"claude:*\", \"c*:shop\"], team: a}\n", ""},
    {HEAD "  - id: a\n    when: agent == \"codex:x\"\n    scope: {agent: [\"claude:*\", \"gemini:*\"]}\n    no_match: {type: m}\n",
     "3:9+1: warning: policy \"a\" has no example that must match (match)\n"
     "5:22+8: warning: this scope can never match: the condition wants another agent (\"codex:x\")"},
    {P "    when: agent in [\"codex:x\", \"claude:y\"] || type == \"m\"\n    scope: {agent: \"claude:*\"}\n", ""},
    {HEAD "  - id: a\n    when: agent in [\"codex:x\", \"claude:y\"]\n    scope: {agent: \"claude:*\"}\n"
     "    match: {agent: \"claude:y\"}\n    no_match: {type: x}\n", ""},
    {P "    when: " M "\n    scope: {agent: [\"a1\", \"a2*\"]}\n    except: [{name: e, fields: agent, values: [\"a*\"]}]\n",
     "8:47+6: warning: this exception is for everyone in the scope: the policy never finds anything"},
    {P "    when: " M "\n    scope: {agent: [\"a1\", \"b\"]}\n"
     "    except: [{name: e, fields: [agent], values: [[\"a*\"]]}, {name: f, fields: team, values: [\"*\"]}]\n", ""},
    /* policies with one condition */
    {P "    when: type == \"m\"\n  - id: b\n" E "    let: {t: type}\n    when: (t) == 'm'\n",
     "11:11+10: warning: this condition is that of policy \"a\", at FILE:3"},
    {"version: 1\nlists: {l: [m, k]}\npolicies:\n  - id: a\n" E "    when: type in l\n  - id: b\n" E "    when: type in [\"m\", \"k\"]\n",
     "11:11+18: warning: this condition is that of policy \"a\", at FILE:4"},
    {P "    when: type == \"m\"\n  - id: b\n" E "    when: type == \"m\" && agent == \"x\" || type == \"m\"\n", ""},
    {P "    when: type == \"m\"\n    scope: {team: a}\n  - id: b\n" E "    when: type == \"m\"\n    scope: {team: b}\n", ""},
    {P "    when: type == \"m\"\n    scope: {team: \"pay*\"}\n  - id: b\n" E "    when: type == \"m\"\n",
     "7:12+14: warning: policy \"a\" is shadowed: \"b\", at FILE:8, finds the same for more, and is as severe"},
    {P "    when: type == \"m\"\n    severity: critical\n    scope: {team: \"pay*\"}\n  - id: b\n" E "    when: type == \"m\"\n", ""},
    {P "    when: type == \"m\"\n    scope: {team: \"pay*\"}\n  - id: b\n" E "    when: type == \"m\"\n"
     "    except: [{name: e, fields: team, values: [payments]}]\n", ""},
    {P "    when: type == \"m\"\n  - id: b\n    enabled: false\n    when: type == \"m\"\n", ""},
};

static void test_cases(void)
{
    for (size_t i = 0; i < sizeof cases / sizeof *cases; i++) {
        struct sv_buf got = {0}, want = {0};
        const char *path = write_text("p.yaml", cases[i].yaml);
        struct loaded loaded = load_with((struct sv_policies_spec){.check = true}, &path, 1);
        if (cases[i].warnings == NULL) {
            ok(loaded.set == NULL && loaded.findings.count > 0 && loaded.findings.items[0].code == SV_INPUT,
               "what cannot be used comes without warnings");
            unload(&loaded);
            continue;
        }
        put_findings(&got, &loaded.findings);
        const char *file = strstr(cases[i].warnings, "FILE");
        sv_buf_add(&want, sv_slice(cases[i].warnings, file != NULL ? (size_t)(file - cases[i].warnings) : strlen(cases[i].warnings)));
        if (file != NULL)
            sv_buf_printf(&want, "%s%s", path, file + 4);
        is_slice(sv_buf_slice(&got), sv_buf_slice(&want), "warns: %s", cases[i].warnings[0] != '\0' ? cases[i].warnings : cases[i].yaml);
        ok(loaded.set != NULL, "and can be used");
        for (size_t k = 0; k < loaded.findings.count; k++)
            is_int(loaded.findings.items[k].code, SV_FOUND, "a warning is no bad input");
        unload(&loaded);
        loaded = load_text(cases[i].yaml);
        ok(loaded.set != NULL && loaded.findings.count == 0, "a run is silent");
        unload(&loaded);
        sv_buf_free(&got);
        sv_buf_free(&want);
    }
}

/* Where an override took away what used a name nobody can do anything about it. */
static void test_overridden(void)
{
    const char *paths[] = {write_text("p.yaml", "version: 1\nlists: {l: [m]}\npolicies:\n  - id: a\n" E "    let: {x: type}\n    when: x in l\n"),
                           write_text("s.yaml", "version: 1\noverride: {id: a, when: 'text.matches(\"$a\") || type == \"m\"'}\n")};
    struct loaded loaded = load_with((struct sv_policies_spec){.check = true}, paths, 2);
    struct sv_buf got = {0};
    put_findings(&got, &loaded.findings);
    is_slice(sv_buf_slice(&got), SV_SLICE("s.yaml:2:39+4: warning: this pattern can never match: something is read before ^ or behind $"),
             "a warning stands where the override does");
    unload(&loaded);
    sv_buf_free(&got);
}

/* Only what is selected is looked at. */
static void test_selected(void)
{
    const char *path = write_text("p.yaml", P "    when: type == \"m\"\n  - id: b\n"
     "    when: text.matches(\"$a\") || type == \"m\"\n  - id: c\n" E "    when: type == \"m\"\n");
    const char *only[] = {"a"};
    struct loaded loaded = load_with((struct sv_policies_spec){.check = true, .only = only, .only_count = 1}, &path, 1);
    ok(loaded.set != NULL && loaded.findings.count == 0, "--only leaves out the warnings of others");
    unload(&loaded);
    loaded = load_with((struct sv_policies_spec){.check = true}, &path, 1);
    is_int(loaded.findings.count, 3, "of all there are three");
    unload(&loaded);
}

/* Ten thousand policies with one condition, and with many warnings, are told in bounded time. */
static void test_many(void)
{
    struct sv_buf text = {0};
    sv_buf_str(&text, HEAD);
    for (int i = 0; i < 10000; i++)
        sv_buf_printf(&text, "  - {id: p%d, when: tool == \"a\", scope: {team: t%d, agent: [a, b]}}\n", i, i);
    const char *path = write_bytes("p.yaml", text.data, text.len);
    clock_t start = clock();
    struct loaded loaded = load_with((struct sv_policies_spec){.check = true}, &path, 1);
    ok(loaded.set != NULL, "ten thousand are usable");
    is_int(loaded.findings.count, 1000, "and the warnings end at 1,000");
    ok(clock() - start < 5 * CLOCKS_PER_SEC, "at once");
    unload(&loaded);
    sv_buf_free(&text);
}

int main(void)
{
    make_folder();
    test_cases();
    test_overridden();
    test_selected();
    test_many();
    remove_folder();
    return done();
}
