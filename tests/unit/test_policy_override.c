/* SPDX-License-Identifier: ISC */
/* What a site's own file changes in the policies of another; `enabled`, `on_error`. */
#include <time.h>

#include "base/limits.h"
#include "policy_help.h"

#define HEAD "version: 1\n"
#define O HEAD "override:\n  - id: a\n" /* the override's keys follow from line 4 */

static const char starter[] = HEAD "lists: {l: [x, y], unused: [z]}\nfields: {own: int}\npolicies:\n"
                                   "  - id: a\n    severity: info\n    tags: t\n    scope: {agent: \"claude:*\", team: [p]}\n"
                                   "    when: type in l\n    match: [{type: x}]\n    no_match: [{type: q}]\n"
                                   "  - id: b.one\n    when: type == \"b\"\n"
                                   "  - id: b.two\n    when: own == 1\n";

/* Loads p.yaml (the starter) and the texts as s.yaml, t.yaml, in this order, or the other way round. */
static struct loaded load_site(const char *site, const char *more, bool reverse)
{
    const char *paths[3] = {write_text("p.yaml", starter), write_text("s.yaml", site)};
    size_t count = 2;
    if (more != NULL)
        paths[count++] = write_text("t.yaml", more);
    if (reverse) {
        const char *first = paths[0];
        paths[0] = paths[count - 1];
        paths[count - 1] = first;
    }
    return load_with((struct sv_policies_spec){0}, paths, count);
}

/* Expected text with FILE/ for the folder. */
static struct sv_slice expand(struct sv_buf *out, const char *text)
{
    sv_buf_clear(out);
    for (const char *file; (file = strstr(text, "FILE/")) != NULL; text = file + 5) {
        sv_buf_add(out, sv_slice(text, (size_t)(file - text)));
        sv_buf_str(out, folder);
        sv_buf_char(out, '/');
    }
    sv_buf_str(out, text);
    return sv_buf_slice(out);
}

#define A(rest) "{\"id\":\"a\"," rest "}"
#define SCOPE "\"scope\":{\"team\":[\"p\"],\"agent\":[\"claude:*\"]},"
#define WHEN "\"when\":\"type in l\","
#define LISTS "\"lists\":{\"l\":[\"x\",\"y\"]}"
#define SEVERE(severity) "\"severity\":\"" severity "\",\"action\":\"observe\",\"tags\":[\"t\"],"

/* An override and what policy a (or the one named) then is. */
static const struct {
    const char *site, *id, *text;
} changes[] = {
    {HEAD "policies: []\n", "a", A(SEVERE("info") SCOPE WHEN LISTS)},
    {HEAD "override: {id: a, severity: critical}\n", "a", A(SEVERE("critical") SCOPE WHEN LISTS)},
    {O "    title: T\n    action: deny\n    message: '\"m\"'\n    runbook: r\n    tags: [u, v]\n    on_error: violation\n", "a",
     A("\"title\":\"T\",\"severity\":\"info\",\"action\":\"deny\",\"tags\":[\"u\",\"v\"]," SCOPE WHEN
       "\"message\":\"\\\"m\\\"\",\"runbook\":\"r\",\"on_error\":\"violation\"," LISTS)},
    {O "    append: {tags: [u, v]}\n", "a",
     A("\"severity\":\"info\",\"action\":\"observe\",\"tags\":[\"t\",\"u\",\"v\"]," SCOPE WHEN LISTS)},
    {O "    tags: [w]\n    append: {tags: u}\n", "a",
     A("\"severity\":\"info\",\"action\":\"observe\",\"tags\":[\"w\",\"u\"]," SCOPE WHEN LISTS)},
    {O "    scope: {host: h}\n", "a", A(SEVERE("info") "\"scope\":{\"host\":[\"h\"]}," WHEN LISTS)},
    {O "    append: {scope: {agent: [\"codex:*\"], team: q}}\n", "a",
     A(SEVERE("info") "\"scope\":{\"team\":[\"p\",\"q\"],\"agent\":[\"claude:*\",\"codex:*\"]}," WHEN LISTS)},
    {O "    append: {except: [{name: e, fields: agent, values: [c]}]}\n", "a",
     A(SEVERE("info") SCOPE WHEN "\"except\":[{\"name\":\"e\",\"fields\":\"agent\",\"values\":[\"c\"]}]," LISTS)},
    {O "    append: {match: [{type: y}], no_match: {type: z}}\n", "a", A(SEVERE("info") SCOPE WHEN LISTS)},
    {O "    append: {lists: {l: [q2]}}\n", "a", A(SEVERE("info") SCOPE WHEN "\"lists\":{\"l\":[\"x\",\"y\",\"q2\"]}")},
    {O "    lists: {l: [x]}\n", "a", A(SEVERE("info") SCOPE WHEN "\"lists\":{\"l\":[\"x\"]}")},
    {O "    lists: {l: [x]}\n    append: {lists: {l: r}}\n", "a", A(SEVERE("info") SCOPE WHEN "\"lists\":{\"l\":[\"x\",\"r\"]}")},
    {O "    append: {lists: {unused: [q]}}\n", "a", A(SEVERE("info") SCOPE WHEN LISTS)},
    {O "    when: type == \"q\"\n    match: [{type: q}]\n    no_match: []\n", "a", A(SEVERE("info") SCOPE "\"when\":\"type == \\\"q\\\"\"")},
    {HEAD "lists: {mine: [x]}\nfields: {ours: string}\noverride:\n  - {id: a, when: 'type in mine && ours != \"\" || type in l'}\n", "a",
     A(SEVERE("info") SCOPE "\"when\":\"type in mine && ours != \\\"\\\" || type in l\",\"lists\":{\"mine\":[\"x\"],\"l\":[\"x\",\"y\"]},"
       "\"fields\":{\"ours\":\"string\"}")},
    {HEAD "lists: {l: [other]}\noverride: {id: a, action: warn}\n", "a",
     A("\"severity\":\"info\",\"action\":\"warn\",\"tags\":[\"t\"]," SCOPE WHEN LISTS)},
    {HEAD "override:\n  - {id: \"b.*\", severity: error}\n  - {id: b.two, severity: info, tags: q}\n", "b.two",
     "{\"id\":\"b.two\",\"severity\":\"info\",\"action\":\"observe\",\"tags\":[\"q\"],\"when\":\"own == 1\",\"fields\":{\"own\":\"int\"}}"},
    {HEAD "override:\n  - {id: \"b.*\", severity: error}\n  - {id: b.two, severity: info, tags: q}\n", "b.one",
     "{\"id\":\"b.one\",\"severity\":\"error\",\"action\":\"observe\",\"when\":\"type == \\\"b\\\"\"}"},
    {HEAD "override:\n  - {id: \"*\", append: {tags: all}}\n  - {id: b.one, append: {tags: [one]}}\n", "b.one",
     "{\"id\":\"b.one\",\"severity\":\"warning\",\"action\":\"observe\",\"tags\":[\"all\",\"one\"],\"when\":\"type == \\\"b\\\"\"}"},
};

static struct sv_policy *find_policy(struct loaded *loaded, const char *id)
{
    for (size_t i = 0; loaded->set != NULL && i < sv_policies_count(loaded->set); i++)
        if (sv_slice_is(sv_policies_at(loaded->set, i)->id, id))
            return sv_policies_at(loaded->set, i);
    return NULL;
}

static void test_changes(void)
{
    struct sv_buf got = {0};
    uint64_t plain = 0;
    for (size_t i = 0; i < sizeof changes / sizeof *changes; i++)
        for (int reverse = 0; reverse <= 1; reverse++) {
            struct loaded loaded = load_site(changes[i].site, NULL, reverse);
            struct sv_policy *policy = find_policy(&loaded, changes[i].id);
            sv_buf_clear(&got);
            put_findings(&got, &loaded.findings);
            is_slice(sv_buf_slice(&got), SV_SLICE(""), "no finding: %s", changes[i].site);
            is_slice(policy != NULL ? policy->text : SV_SLICE("none"), sv_slice_str(changes[i].text), "in force%s: %s",
                     reverse ? ", its file first" : "", changes[i].text);
            if (i == 0 && policy != NULL)
                plain = policy->version;
            if (policy != NULL && sv_slice_is(policy->id, "a"))
                ok((policy->version == plain) == (strcmp(changes[i].text, changes[0].text) == 0), "its version follows what is in force");
            if (policy != NULL)
                ok(sv_slice_ends(policy->file, SV_SLICE("p.yaml")), "it stands where it stood");
            unload(&loaded);
        }
    sv_buf_free(&got);
}

/* Two files of overrides: in whatever order. */
static void test_order(void)
{
    static const char one[] = O "    append: {tags: [u], lists: {l: [k1, k2]}}\n    severity: error\n";
    static const char two[] = O "    append: {tags: [s, v], lists: {l: [j]}}\n    action: ask\n";
    uint64_t versions[2] = {0, 1};
    for (int reverse = 0; reverse <= 1; reverse++) {
        struct loaded loaded = load_site(reverse ? two : one, reverse ? one : two, reverse);
        struct sv_policy *policy = find_policy(&loaded, "a");
        is_slice(policy != NULL ? policy->text : SV_SLICE(""),
                 SV_SLICE("{\"id\":\"a\",\"severity\":\"error\",\"action\":\"ask\",\"tags\":[\"t\",\"s\",\"v\",\"u\"]," SCOPE WHEN
                          "\"lists\":{\"l\":[\"x\",\"y\",\"j\",\"k1\",\"k2\"]}}"), "both, in an order of their own");
        versions[reverse] = policy != NULL ? policy->version : (uint64_t)reverse;
        unload(&loaded);
    }
    ok(versions[0] == versions[1], "the order of files does not matter");
}

/* Each override's expressions mean the lists of their own file. */
static void test_own_names(void)
{
#define LIMIT(list, name) HEAD "lists: {few: [" list "]}\noverride:\n  - id: a\n    append:\n      except:\n" \
                          "        - {name: " name ", fields: \"host in few\", values: [\"true\"]}\n"
    uint64_t versions[2] = {0, 1};
    for (int reverse = 0; reverse <= 1; reverse++) {
        struct loaded loaded = load_site(reverse ? LIMIT("h2", "n2") : LIMIT("h1", "n1"), reverse ? LIMIT("h1", "n1") : LIMIT("h2", "n2"),
                                         reverse);
        struct feed feed;
        if (!ok(loaded.set != NULL, "two overrides with a list of one name"))
            return;
        struct sv_policy *policy = find_policy(&loaded, "a");
        versions[reverse] = policy->version;
        ok(strstr(policy->text.data, "\"few\":[\"h1\"],\"few'\":[\"h2\"]") != NULL, "its text has both: %.*s", SV_ARG(policy->text));
        feed_open(&feed, &loaded);
        is_int(feed_line(&feed, "{\"type\":\"x\",\"agent\":\"claude:x\",\"team\":\"p\",\"host\":\"h1\"}"), 0, "the first excepts");
        is_int(feed_line(&feed, "{\"type\":\"x\",\"agent\":\"claude:x\",\"team\":\"p\",\"host\":\"h2\"}"), 0, "and the second");
        is_int(feed_line(&feed, "{\"type\":\"x\",\"agent\":\"claude:x\",\"team\":\"p\",\"host\":\"h3\"}"), 1, "but not all");
        feed_close(&feed);
        unload(&loaded);
    }
    ok(versions[0] == versions[1], "in whatever order they come");
}

static const struct {
    const char *site, *findings;
} wrong[] = {
    {HEAD "override: x\n", "s.yaml:2:11+1: \"override\" must be a list of mappings, each with an \"id\""},
    {HEAD "override: [x]\n", "s.yaml:2:12+1: an override must be a mapping with an \"id\" and what is to be changed"},
    {HEAD "override: [{severity: info}]\n", "s.yaml:2:12+1: this override has no \"id\""},
    {HEAD "override: [{id: [a], severity: info}]\n", "s.yaml:2:17+3: \"id\" must be the id of a policy, or a glob"},
    {HEAD "override: [{id: , severity: info}]\n", "s.yaml:2:13+2: \"id\" must be the id of a policy, or a glob"},
    {HEAD "override: [{id: a}]\n", "s.yaml:2:12+7: this override changes nothing"},
    {HEAD "override: [{id: a, severty: info}]\n", "s.yaml:2:20+7: unknown key \"severty\" (did you mean \"severity\"?)"},
    {HEAD "override: [{id: a, window: 5m}]\n", "s.yaml:2:20+6: \"window\" needs \"having\" beside it"},
    {HEAD "override: [{id: a, for: 5m}]\n", "s.yaml:2:20+3: \"for\" goes with \"window\""},
    {HEAD "override: [{id: b.oen, severity: info}]\n", "s.yaml:2:17+5: no policy has the id \"b.oen\" (did you mean \"b.one\"?)"},
    {HEAD "override: [{id: somewhere-else, severity: info}]\n",
     "s.yaml:2:17+14: no policy has the id \"somewhere-else\"; name its file with -p, too"},
    {HEAD "override: [{id: \"c*\", severity: info}]\n", "s.yaml:2:18+2: no policy has an id like \"c*\"; name its file with -p, too"},
    {HEAD "override: [{id: a, severity: hihg}]\n", "s.yaml:2:30+4: unknown severity \"hihg\" (info, warning, error or critical)"},
    {HEAD "override: [{id: a, when: agnt == 1}]\n", "s.yaml:2:26+4: unknown field \"agnt\" (did you mean \"agent\"?)"},
    {O "    when: |\n      type == \"x\" &&\n        agnt == 1\n", "s.yaml:6:9+4: unknown field \"agnt\" (did you mean \"agent\"?)"},
    {O "    scope: [x]\n", "s.yaml:4:12+3: \"scope\" must be a mapping of team, supervisor, agent, host or session to globs"},
    {O "    lists: [x]\n", "s.yaml:4:12+3: \"lists\" must be a mapping of names to lists"},
    {O "    lists: {l: {a: b}}\n", "s.yaml:4:16+6: the list \"l\" must be a list of texts, numbers or bools"},
    {O "    lists: {unusd: [x]}\n", "s.yaml:4:13+5: the file of policy \"a\" has no list \"unusd\" (did you mean \"unused\"?)"},
    {O "    append: {lists: {own: [x]}}\n", "s.yaml:4:22+3: the file of policy \"a\" has no list \"own\""},
    {O "    append: {lists: {l: [y, [x]]}}\n", "s.yaml:4:29+3: the list \"l\" must be a list of texts, numbers or bools"},
    {O "    append: [x]\n", "s.yaml:4:13+3: \"append\" must be a mapping of tags, except, match, no_match, scope or lists to what is added"},
    {O "    append: {when: x}\n", "s.yaml:4:14+4: nothing can be appended to \"when\"; replace it"},
    {O "    append: {tag: x}\n", "s.yaml:4:14+3: unknown key \"tag\" (did you mean \"tags\"?)"},
    {O "    append: {scope: x}\n", "s.yaml:4:21+1: \"scope\" must be a mapping of names to what is added"},
    {O "    append: {scope: {host: x}}\n", "s.yaml:4:22+4: policy \"a\" has no \"host\" in its scope, and so is for all already"},
    {O "    append: {except: [{name: e}]}\n", "s.yaml:4:23+9: this exception has no \"fields\""},
    {O "    enabled: maybe\n", "s.yaml:4:14+5: \"enabled\" must be true or false"},
    {O "    on_error: explode\n", "s.yaml:4:15+7: unknown on_error \"explode\" (error, ignore or violation)"},
    /* one of a kind */
    {O "    severity: info\n  - {id: a, severity: error}\n",
     "s.yaml:5:13+8: \"severity\" of policy \"a\" is overridden already, at FILE/s.yaml:4"},
    {HEAD "override:\n  - {id: \"b*\", action: ask}\n  - {id: \"*o*\", action: deny}\n",
     "s.yaml:4:17+6: \"action\" of policy \"b.one\" is overridden already, at FILE/s.yaml:3"},
    {HEAD "override:\n  - {id: a, lists: {l: [x]}}\n  - {id: a, lists: {l: [z]}}\n",
     "s.yaml:4:21+1: \"l\" of policy \"a\" is overridden already, at FILE/s.yaml:3"},
    /* the fault lies with the override */
    {O "    when: type == \"q\"\n",
     "s.yaml:4:5+4: with this, policy \"a\" does not match its example at FILE/p.yaml:10\n"
     "s.yaml:4:5+4: with this, policy \"a\" matches its example at FILE/p.yaml:11, and must not"},
    {O "    append: {lists: {l: [q]}}\n",
     "s.yaml:4:22+1: with this, policy \"a\" matches its example at FILE/p.yaml:11, and must not"},
    {O "    append: {except: [{name: e, fields: type, values: [x]}]}\n",
     "s.yaml:4:14+6: with this, policy \"a\" does not match its example at FILE/p.yaml:10 (an exception applies)"},
    {O "    append: {match: [{type: q}]}\n", "s.yaml:4:22+9: policy \"a\" does not match this example"},
};

static void test_wrong(void)
{
    struct sv_buf got = {0}, want = {0};
    for (size_t i = 0; i < sizeof wrong / sizeof *wrong; i++) {
        struct loaded loaded = load_site(wrong[i].site, NULL, false);
        sv_buf_clear(&got);
        put_findings(&got, &loaded.findings);
        is_slice(sv_buf_slice(&got), expand(&want, wrong[i].findings), "finding: %s", wrong[i].findings);
        ok(loaded.set == NULL, "and there is no set");
        unload(&loaded);
    }
    sv_buf_free(&got);
    sv_buf_free(&want);
}

/* Only the policy's list is changed, not its neighbour's. */
static void test_neighbour(void)
{
    static const char two[] = HEAD "lists: {l: [x]}\npolicies:\n  - {id: a, when: type in l}\n  - {id: b, when: type in l}\n"
                                   "override: {id: b, append: {lists: {l: [y]}}}\n";
    struct loaded loaded = load_text(two);
    struct feed feed;
    if (ok(loaded.set != NULL, "a file may override its own policies")) {
        feed_open(&feed, &loaded);
        is_int(feed_line(&feed, "{\"type\":\"x\"}"), 2, "both know the list");
        is_int(feed_line(&feed, "{\"type\":\"y\"}"), 1, "one knows what was appended");
        feed_close(&feed);
    }
    unload(&loaded);
}

static void test_selected(void)
{
    const char *paths[] = {write_text("p.yaml", starter), write_text("s.yaml", HEAD "override: [{id: a, tags: [new]}, {id: b.one, enabled: false}]\n")};
    const char *skip[] = {"a"}, *only[] = {"new"}, *off[] = {"b.one"};
    struct loaded loaded = load_with((struct sv_policies_spec){.skip = skip, .skip_count = 1}, paths, 2);
    ok(loaded.set != NULL && sv_policies_count(loaded.set) == 1, "an override of a policy that --skip leaves out is no finding");
    unload(&loaded);
    loaded = load_with((struct sv_policies_spec){.only = only, .only_count = 1}, paths, 2);
    ok(loaded.set != NULL && sv_policies_count(loaded.set) == 1 && sv_slice_is(sv_policies_at(loaded.set, 0)->id, "a"),
       "--only knows the tags of an override");
    unload(&loaded);
    loaded = load_with((struct sv_policies_spec){0}, paths, 2);
    ok(loaded.set != NULL && sv_policies_count(loaded.set) == 2 && find_policy(&loaded, "b.one") == NULL, "enabled: false turns a policy off");
    unload(&loaded);
    loaded = load_with((struct sv_policies_spec){.only = off, .only_count = 1}, paths, 2);
    is_str(loaded.findings.count == 1 ? loaded.findings.items[0].text : "", "no policy is in force: all have \"enabled: false\"",
           "when none is left it is told why");
    unload(&loaded);
    loaded = load_text(HEAD "policies:\n  - {id: a, enabled: false, when: agnt == 1}\n  - {id: b, enabled: true, when: 'true'}\n");
    ok(loaded.set == NULL && loaded.findings.count == 1, "what is off is checked nevertheless");
    unload(&loaded);
}

static void put_hits(struct sv_buf *out, struct feed *feed, const char *json)
{
    sv_buf_clear(out);
    feed_line(feed, json);
    for (size_t i = 0; i < feed->hits.count; i++) {
        const struct sv_hit *hit = &feed->hits.items[i];
        sv_buf_printf(out, "%.*s %s: %.*s %.*s|", SV_ARG(sv_policies_at(feed->set, hit->policy)->id), sv_outcome_name(hit->outcome),
                      SV_ARG(hit->message), SV_ARG(hit->values));
    }
}

static void test_on_error(void)
{
    static const char yaml[] = HEAD "defaults: {on_error: violation}\npolicies:\n"
        "  - {id: told, on_error: error, when: 1 / input_tokens == 1}\n"
        "  - {id: ignored, on_error: ignore, when: 1 / input_tokens == 1}\n"
        "  - {id: counted, message: '\"m\"', when: 1 / input_tokens == 1}\n"
        "  - {id: excepted, when: 1 / input_tokens == 1, except: [{name: e, fields: agent, values: [a*]}]}\n";
    struct loaded loaded = load_text(yaml);
    struct feed feed;
    struct sv_buf got = {0};
    if (!ok(loaded.set != NULL && sv_policies_count(loaded.set) == 4, "four policies"))
        return;
    feed_open(&feed, &loaded);
    put_hits(&got, &feed, "{\"type\":\"x\",\"input_tokens\":0,\"agent\":\"ann\"}");
    is_slice(sv_buf_slice(&got), SV_SLICE("told error: division by zero |"
             "counted violation: the condition failed: division by zero {\"error\":\"division by zero\"}|"), "an error as each policy wants it");
    is_int(feed.matcher.errors, 4, "all are counted");
    for (size_t i = 0; i < 4; i++)
        is_int(sv_policies_at(loaded.set, i)->errors, 1, "for each policy");
    is_int(sv_policies_at(loaded.set, 2)->hits, 1, "one is a violation, too");
    put_hits(&got, &feed, "{\"type\":\"x\",\"input_tokens\":0}");
    is_slice(sv_buf_slice(&got), SV_SLICE("told error: division by zero |"
             "counted violation: the condition failed: division by zero {\"error\":\"division by zero\"}|"
             "excepted violation: the condition failed: division by zero {\"error\":\"division by zero\"}|"), "exceptions count");
    put_hits(&got, &feed, "{\"type\":\"x\",\"input_tokens\":1}");
    is_slice(sv_buf_slice(&got), SV_SLICE("told violation: told |ignored violation: ignored |counted violation: m |"
                                          "excepted violation: excepted |"), "without an error they are as others");
    feed.matcher.passes = true;
    put_hits(&got, &feed, "{\"type\":\"x\",\"input_tokens\":0,\"agent\":\"ann\"}");
    is_slice(sv_buf_slice(&got), SV_SLICE("told error: division by zero |"
             "counted violation: the condition failed: division by zero {\"error\":\"division by zero\"}|excepted pass:  |"),
             "an ignored error is no pass");
    feed_close(&feed);
    unload(&loaded);
    sv_buf_free(&got);
}

/* Every policy times everything appended is bounded, in time and memory. */
static void test_bounds(void)
{
    struct sv_buf policies = {0}, site = {0};
    sv_buf_str(&policies, HEAD "policies:\n");
    for (int i = 0; i < 9000; i++)
        sv_buf_printf(&policies, "  - {id: p%d, tags: [t], when: type == \"t%d\"}\n", i, i);
    sv_buf_str(&site, HEAD "override: {id: \"*\", append: {tags: [");
    while (site.len < 500000)
        sv_buf_str(&site, "t,");
    sv_buf_str(&site, "t]}}\n");
    const char *paths[] = {write_bytes("p.yaml", policies.data, policies.len), write_bytes("s.yaml", site.data, site.len)};
    clock_t start = clock();
    struct loaded loaded = load_with((struct sv_policies_spec){0}, paths, 2);
    is_str(loaded.findings.count == 1 ? loaded.findings.items[0].text : "",
           "overrides make more than 1000000 entries or 64 MiB in all policies together", "a bomb is refused, once");
    ok(clock() - start < 5 * CLOCKS_PER_SEC, "at once");
    unload(&loaded);

    for (int extra = -1; extra <= 1; extra++) {
        sv_buf_clear(&site);
        sv_buf_str(&site, HEAD "override:\n");
        for (int i = 0; i < SV_POLICIES_MAX + extra; i++)
            sv_buf_printf(&site, i < 9000 ? "  - {id: p%d, severity: info}\n" : "  - {id: p%d, action: ask}\n", i % 9000);
        paths[1] = write_bytes("s.yaml", site.data, site.len);
        loaded = load_with((struct sv_policies_spec){0}, paths, 2);
        ok((loaded.set != NULL) == (extra <= 0), "SV_POLICIES_MAX %+d overrides", extra);
        if (extra > 0)
            is_str(loaded.findings.count > 0 ? loaded.findings.items[0].text : "", "more than 10000 overrides", "one too many is told");
        unload(&loaded);
    }
    sv_buf_free(&policies);
    sv_buf_free(&site);
}

int main(void)
{
    make_folder();
    test_changes();
    test_order();
    test_own_names();
    test_wrong();
    test_neighbour();
    test_selected();
    test_on_error();
    test_bounds();
    remove_folder();
    return done();
}
