/* SPDX-License-Identifier: ISC */
#include "policy/rule.h"
#include "measure/random.h"
#include "policy_help.h"

#define HEAD "version: 1\npolicies:\n"

/* Loads, feeds one event, and gives the hits as "id outcome: message|" in their order. */
static void put_hits(struct sv_buf *out, struct loaded *loaded, const struct feed *feed)
{
    for (size_t i = 0; i < feed->hits.count; i++) {
        const struct sv_hit *hit = &feed->hits.items[i];
        sv_buf_printf(out, "%.*s %s: %.*s|", SV_ARG(sv_policies_at(loaded->set, hit->policy)->id), sv_outcome_name(hit->outcome),
                      SV_ARG(hit->message));
    }
}

static void is_hits(struct loaded *loaded, struct feed *feed, const char *event, const char *want, const char *name)
{
    struct sv_buf got = {0};
    feed_line(feed, event);
    put_hits(&got, loaded, feed);
    is_slice(sv_buf_slice(&got), sv_slice_str(want), "%s", name);
    sv_buf_free(&got);
}

static bool open_text(struct loaded *loaded, struct feed *feed, const char *yaml)
{
    *loaded = load_text(yaml);
    if (!ok(loaded->set != NULL, "loads")) {
        for (size_t i = 0; i < loaded->findings.count; i++)
            printf("# %u:%u: %s\n", (unsigned)loaded->findings.items[i].line, (unsigned)loaded->findings.items[i].column,
                   loaded->findings.items[i].text);
        unload(loaded);
        return false;
    }
    feed_open(feed, loaded);
    return true;
}

static void close_all(struct loaded *loaded, struct feed *feed)
{
    feed_close(feed);
    unload(loaded);
}

static void test_basic(void)
{
    struct loaded loaded;
    struct feed feed;
    if (!open_text(&loaded, &feed,
                   HEAD "  - {id: late, when: 'duration_ms > 10', message: '\"took \" + string(duration_ms) + \" ms\"'}\n"
                        "  - {id: sh, title: A shell, when: 'tool_kind == \"shell\" && command.contains(\"rm\")', message: command}\n"
                        "  - {id: no-message, title: Untold, when: 'type == \"tool.call\"', message: 'error'}\n"
                        "  - {id: number, title: N, when: 'type == \"tool.call\"', message: 'input_tokens + 1'}\n"
                        "  - {id: broken, title: B, when: 'type == \"tool.call\" && 1 / exit_code == 1'}\n"))
        return;
    is_hits(&loaded, &feed, "{\"type\":\"note\"}", "", "nothing matches, nothing is absent but quiet");
    is_hits(&loaded, &feed, "{\"type\":\"tool.call\",\"tool\":\"Bash\",\"args\":{\"command\":\"rm x\"},\"duration_ms\":20,\"input_tokens\":4}",
            "late violation: took 20 ms|sh violation: rm x|no-message violation: Untold|number violation: 5|",
            "hits in the order of the set, titles for messages that fail");
    is_hits(&loaded, &feed, "{\"type\":\"tool.call\",\"exit_code\":0}",
            "no-message violation: Untold|number violation: N|broken error: division by zero|", "an error is a hit of its own");
    is_hits(&loaded, &feed, "{\"type\":\"x\",\"exit_code\":0}", "", "an event without the facts is no error");
    is_int(sv_policies_at(loaded.set, 2)->hits, 2, "hits are counted");
    is_int(sv_policies_at(loaded.set, 4)->errors, 1, "errors are counted");
    is_int(sv_policies_at(loaded.set, 4)->hits, 0, "and are no hits");
    is_int(feed.matcher.judged, 1 + 5 + 4 + 1, "what was tried is counted: policies without a fact, and those whose fact is met");
    is_int(feed.matcher.absent, 1 + 1 + 1 + 1, "conditions that came out absent are counted");
    close_all(&loaded, &feed);
}

static void test_hit(void)
{
    struct loaded loaded;
    struct feed feed;
    if (!open_text(&loaded, &feed, HEAD "  - {id: any, when: 'true', message: text}\n"))
        return;
    struct sv_redactor *redactor = sv_redactor_new();
    feed.matcher.redactor = redactor;
    feed_line(&feed, "{\"id\":\"e1\",\"type\":\"tool.call\",\"time\":\"2026-01-02T03:04:05.5Z\",\"agent\":\"a\",\"team\":\"t\",\"supervisor\":\"s\","
                     "\"session\":\"se\",\"tool\":\"Bash\",\"command\":\"export X_TOKEN=abcdefgh1234\\n  ls\",\"text\":\"password=hunter22 x\"}");
    if (ok(feed.hits.count == 1, "a hit")) {
        struct sv_hit *hit = &feed.hits.items[0];
        is_slice(hit->event, SV_SLICE("e1"), "event");
        is_slice(hit->origin, SV_SLICE("00112233aabbccdd"), "origin");
        is_slice(hit->agent, SV_SLICE("a"), "agent");
        is_slice(hit->team, SV_SLICE("t"), "team");
        is_slice(hit->supervisor, SV_SLICE("s"), "supervisor");
        is_slice(hit->session, SV_SLICE("se"), "session");
        is_slice(hit->tool, SV_SLICE("Bash"), "tool");
        is_slice(hit->message, SV_SLICE("password=[redacted:password] x"), "message without secrets");
        is_slice(hit->summary, SV_SLICE("export X_TOKEN=[redacted:token] ls"), "summary: the command, one line, without secrets");
        ok(hit->has_time && hit->time_ns == INT64_C(1767323045500000000), "time");
        is_int(hit->place.record, 1, "record");
    }
    static const struct {
        const char *event, *summary;
    } summaries[] = {
        {"{\"tool\":\"Read\",\"args\":{\"file_path\":\"/a b\"}}", "/a b"},
        {"{\"tool\":\"Fetch\",\"args\":{\"url\":\"http://x/\"}}", "http://x/"},
        {"{\"tool\":\"Odd\",\"args\":{\"q\":1,\"password\":\"x1y2\"}}", "{\"q\":1,\"password\":\"[redacted:password]\"}"},
        {"{\"tool\":\"Odd\",\"args\":\"free text\"}", "free text"},
        {"{\"type\":\"error\",\"error\":\"it broke\",\"text\":\"t\"}", "it broke"},
        {"{\"type\":\"message.user\",\"text\":\" a\\n\\tb  c \"}", "a b c"},
        {"{\"type\":\"metric\",\"name\":\"load\",\"value\":3}", "load"},
        {"{\"type\":\"note\"}", ""},
    };
    for (size_t i = 0; i < sizeof summaries / sizeof *summaries; i++) {
        feed_line(&feed, summaries[i].event);
        is_slice(feed.hits.items[0].summary, sv_slice_str(summaries[i].summary), "summary: %s", summaries[i].event);
    }
    struct sv_buf line = {0};
    sv_buf_str(&line, "{\"type\":\"message.user\",\"text\":\"a");
    for (int i = 0; i < 50000; i++)
        sv_buf_str(&line, "\xc3\xa9");
    sv_buf_str(&line, "\"}");
    feed_line(&feed, sv_buf_cstr(&line));
    is_int(feed.hits.items[0].summary.len, 199, "a summary is cut at 200 bytes, between characters");
    is_int(feed.hits.items[0].message.len, 4095, "a message at 4,096");
    feed_line(&feed, "{\"type\":\"note\"}");
    is_slice(feed.hits.items[0].event, SV_SLICE("00112233aabbccdd:11.0"), "without an own id the address");
    is_slice(feed.hits.items[0].message, SV_SLICE("any"), "an absent message: the title, without a title the id");
    sv_buf_free(&line);
    sv_redactor_free(redactor);
    close_all(&loaded, &feed);
}

static void test_scope(void)
{
    struct loaded loaded;
    struct feed feed;
    if (!open_text(&loaded, &feed,
                   HEAD "  - {id: team, scope: {team: [pay*, ops]}, when: 'true'}\n"
                        "  - {id: both, scope: {team: pay*, agent: \"claude:*\"}, when: 'true'}\n"
                        "  - {id: host, scope: {host: web?, session: s1, supervisor: lisa}, when: 'type == \"x\"'}\n"
                        "  - {id: all, scope: {}, when: 'true'}\n"
                        "  - {id: star, scope: {agent: '*'}, when: 'true'}\n"))
        return;
    is_hits(&loaded, &feed, "{}", "all violation: all|", "an event without the field is out of scope, even of *");
    is_hits(&loaded, &feed, "{\"team\":\"payments\"}", "team violation: team|all violation: all|", "a glob");
    is_hits(&loaded, &feed, "{\"team\":\"ops\",\"agent\":\"claude:shop\"}",
    "team violation: team|all violation: all|star violation: star|", "any of several");
    is_hits(&loaded, &feed, "{\"team\":\"pay\",\"agent\":\"claude:shop\"}",
    "team violation: team|both violation: both|all violation: all|star violation: star|", "all of two fields");
    is_hits(&loaded, &feed, "{\"team\":\"pay\",\"agent\":\"codex:shop\"}",
    "team violation: team|all violation: all|star violation: star|", "one of two fields is not enough");
    is_hits(&loaded, &feed, "{\"type\":\"x\",\"host\":\"web3\",\"session\":\"s1\",\"supervisor\":\"lisa\"}",
    "host violation: host|all violation: all|", "host, session, supervisor");
    is_hits(&loaded, &feed, "{\"type\":\"x\",\"host\":\"web33\",\"session\":\"s1\",\"supervisor\":\"lisa\"}",
    "all violation: all|", "and not another host");
    /* more distinct agents than are remembered, twice over, and the first ones again */
    size_t wrong = 0;
    for (int round = 0; round < 2; round++)
        for (int i = 0; i < 3000; i++) {
            char event[80];
            snprintf(event, sizeof event, "{\"team\":\"pay\",\"agent\":\"%s:%d\"}", i % 3 == 0 ? "claude" : "codex", i);
            wrong += feed_line(&feed, event) != (size_t)(i % 3 == 0 ? 4 : 3);
        }
    is_int(wrong, 0, "thousands of agents come out right");
    close_all(&loaded, &feed);
}

static void test_except(void)
{
    struct loaded loaded;
    struct feed feed;
    if (!open_text(&loaded, &feed,
                   HEAD "  - id: p\n    when: type == \"x\"\n    let: {first: 'agent.split(\":\")[0]'}\n    except:\n"
                        "      - {name: bot, fields: [agent, cwd], values: [[\"codex:release\", \"/srv/repo*\"], [\"b\", \"*\"]]}\n"
                        "      - {name: code, fields: exit_code, values: [3, 1?]}\n"
                        "      - {name: let, fields: [first], values: [[tester]]}\n"
                        "      - {name: failing, fields: [1 / input_tokens], values: ['*']}\n"
                        "      - {name: later, fields: [agent], values: []}\n"))
        return;
    is_hits(&loaded, &feed, "{\"type\":\"x\"}", "p violation: p|", "fields that are absent: no exception");
    is_hits(&loaded, &feed, "{\"type\":\"x\",\"agent\":\"codex:release\",\"cwd\":\"/srv/repo/a\"}", "", "both fields match");
    is_hits(&loaded, &feed, "{\"type\":\"x\",\"agent\":\"codex:release\",\"cwd\":\"/home\"}", "p violation: p|", "one does not");
    is_hits(&loaded, &feed, "{\"type\":\"x\",\"agent\":\"codex:release\"}", "p violation: p|", "one is absent");
    is_hits(&loaded, &feed, "{\"type\":\"x\",\"agent\":\"b\",\"cwd\":\"\"}", "", "the second row");
    is_hits(&loaded, &feed, "{\"type\":\"x\",\"exit_code\":3}", "", "a number by its text");
    is_hits(&loaded, &feed, "{\"type\":\"x\",\"exit_code\":12}", "", "and by a glob");
    is_hits(&loaded, &feed, "{\"type\":\"x\",\"exit_code\":31}", "p violation: p|", "the whole text");
    is_hits(&loaded, &feed, "{\"type\":\"x\",\"agent\":\"tester:7\"}", "", "a let");
    is_hits(&loaded, &feed, "{\"type\":\"x\",\"input_tokens\":0}", "p violation: p|",
    "an exception that fails does not hide a violation");
    close_all(&loaded, &feed);
}

static void test_lists_and_fields(void)
{
    struct loaded loaded;
    struct feed feed;
    if (!open_text(&loaded, &feed,
                   "version: 1\nlists: {bad: [rm, \"dd\"], codes: [1, 2.5, true], protected: [\"/etc/\", \"~/.ssh/\"]}\n"
                   "fields: {latency_ms: double}\npolicies:\n"
                   "  - {id: bad, when: tool in bad}\n  - {id: code, when: event.code in codes}\n"
                   "  - {id: slow, when: latency_ms > 5}\n  - {id: write, when: 'tool_kind == \"write\" && under(path, protected)'}\n"))
        return;
    is_hits(&loaded, &feed, "{\"tool\":\"dd\",\"latency_ms\":7}", "bad violation: bad|slow violation: slow|", "a list, a field");
    is_hits(&loaded, &feed, "{\"code\":2.5,\"latency_ms\":\"7\"}", "code violation: code|",
    "numbers in a list; a field of another type is absent");
    is_hits(&loaded, &feed, "{\"tool\":\"Write\",\"args\":{\"file_path\":\"../../etc/passwd\"},\"cwd\":\"/home/u\"}",
    "write violation: write|", "under() with a list");
    close_all(&loaded, &feed);
}

static void test_passes(void)
{
    struct loaded loaded;
    struct feed feed;
    if (!open_text(&loaded, &feed,
                   HEAD "  - {id: a, when: 'type == \"x\"'}\n  - {id: b, when: 'true'}\n  - {id: c, scope: {team: t}, when: 'type == \"x\"'}\n"
                        "  - {id: d, when: 'type == \"y\" && 1 / exit_code == 1'}\n"
                        "  - {id: e, when: 'true', except: [{name: n, fields: type, values: [y]}]}\n"))
        return;
    feed.matcher.passes = true;
    is_hits(&loaded, &feed, "{\"type\":\"y\",\"exit_code\":0}", "a pass: |b violation: b|d error: division by zero|e pass: |",
            "a pass for each policy in scope that did not match, in the order of the set");
    is_hits(&loaded, &feed, "{\"type\":\"x\",\"team\":\"t\"}",
    "a violation: a|b violation: b|c violation: c|d pass: |e violation: e|", "in scope");
    close_all(&loaded, &feed);

    if (!open_text(&loaded, &feed,
                   HEAD "  - {id: a, by: [agent], absent: 1h, when: 'type == \"x\"', until: 'type == \"end\"'}\n"
                        "  - {id: b, by: [agent], within: 1h, when: 'agent != \"q\"', "
                        "sequence: [{when: 'type == \"x\"'}, {not: 'type == \"w\"'}, {when: 'type == \"v\"'}]}\n"
                        "  - {id: c, by: [agent], absent: 1h, until: 'exit_code > 1'}\n"))
        return;
    feed.matcher.passes = true;
    is_hits(&loaded, &feed, "{\"type\":\"y\",\"agent\":\"g\"}", "a pass: |b pass: |", "several conditions of a policy pass as one");
    is_hits(&loaded, &feed, "{\"type\":\"y\",\"agent\":\"g\",\"exit_code\":0}", "a pass: |b pass: |", "whether they were tried or not");
    close_all(&loaded, &feed);
}

static void test_let_once(void)
{
    struct loaded loaded;
    struct feed feed;
    uint64_t steps[2];
    static const char *const texts[] = {
        HEAD "  - id: p\n    let: {n: 'event.items.map(i, i * 2).filter(i, i > 3).size()'}\n    when: n > 1\n",
        HEAD "  - id: p\n    let: {n: 'event.items.map(i, i * 2).filter(i, i > 3).size()'}\n    when: n > 1 && n > 2 && n > 3 && n > 4\n"};
    for (int i = 0; i < 2; i++) {
        if (!open_text(&loaded, &feed, texts[i]))
            return;
        feed_line(&feed, "{\"items\":[1,2,3,4,5,6,7,8,9,10,11,12,13,14,15,16,17,18,19,20]}");
        is_int(feed.hits.count, 1, "a let is read");
        steps[i] = feed.matcher.run.steps;
        feed_line(&feed, "{\"items\":[1]}");
        is_int(feed.hits.count, 0, "and is another value with another event");
        close_all(&loaded, &feed);
    }
    ok(steps[0] > 20 && steps[1] < steps[0] + 20, "a let is evaluated once an event, however often it is named");
    printf("# steps: %u named once, %u four times\n", (unsigned)steps[0], (unsigned)steps[1]);
}

/* --- the index gives what trying every policy gives --- */

static struct sv_random dice;

static unsigned rnd(unsigned below)
{
    return sv_random_below(&dice, below);
}

static const char *const types[] = {"tool.call", "tool.result", "llm.call", "note", "x"};
static const char *const tools[] = {"Bash", "Read", "Write", "Edit", "deploy", "grep"};
static const char *const statuses[] = {"ok", "error", "denied"};

static void put_condition(struct sv_buf *out)
{
    switch (rnd(12)) {
    case 0:
        sv_buf_printf(out, "type == \"%s\"", types[rnd(5)]);
        break;
    case 1:
        sv_buf_printf(out, "\"%s\" == tool", tools[rnd(6)]);
        break;
    case 2:
        sv_buf_printf(out, "tool in [\"%s\", \"%s\", \"%s\"]", tools[rnd(6)], tools[rnd(6)], tools[rnd(6)]);
        break;
    case 3:
        sv_buf_printf(out, "status == \"%s\"", statuses[rnd(3)]);
        break;
    case 4:
        sv_buf_printf(out, "tool_kind == \"%s\"", rnd(2) ? "shell" : "write");
        break;
    case 5:
        sv_buf_printf(out, "event.color == \"c%u\"", rnd(4));
        break;
    case 6:
        sv_buf_printf(out, "exit_code > %u", rnd(3));
        break;
    case 7:
        sv_buf_printf(out, "1 / exit_code == %u", rnd(3));
        break;
    case 8:
        sv_buf_printf(out, "(type == \"%s\" || status == \"%s\")", types[rnd(5)], statuses[rnd(3)]);
        break;
    case 9:
        sv_buf_printf(out, "type != \"%s\"", types[rnd(5)]);
        break;
    case 10:
        sv_buf_printf(out, "agent in [\"a%u\"]", rnd(3));
        break;
    default:
        sv_buf_printf(out, "args.n < %u", rnd(5));
    }
}

static void put_policy(struct sv_buf *out, unsigned number)
{
    sv_buf_printf(out, "  - id: p%u\n    when: '", number);
    for (unsigned n = rnd(3) + 1; n-- > 0;) {
        put_condition(out);
        sv_buf_str(out, n > 0 ? (rnd(5) ? " && " : " || ") : "'\n");
    }
    if (rnd(4) == 0)
        sv_buf_printf(out, "    scope: {agent: [a%u, b*]}\n", rnd(3));
    if (rnd(6) == 0)
        sv_buf_printf(out, "    except: [{name: e, fields: [tool], values: [[%s]]}]\n", tools[rnd(6)]);
}

static void put_event(struct sv_buf *out)
{
    sv_buf_str(out, "{\"x\":0");
    if (rnd(5))
        sv_buf_printf(out, ",\"type\":\"%s\"", types[rnd(5)]);
    if (rnd(3))
        sv_buf_printf(out, ",\"tool\":\"%s\"", rnd(8) ? tools[rnd(6)] : "\\u0042ash");
    if (rnd(2))
        sv_buf_printf(out, ",\"status\":\"%s\"", statuses[rnd(3)]);
    if (rnd(2))
        sv_buf_printf(out, ",\"exit_code\":%u", rnd(3));
    if (rnd(2))
        sv_buf_printf(out, ",\"color\":%s", rnd(3) ? "\"c1\"" : "7");
    if (rnd(2))
        sv_buf_printf(out, ",\"agent\":\"%c%u\"", "ab"[rnd(2)], rnd(3));
    if (rnd(2))
        sv_buf_printf(out, ",\"args\":{\"n\":%u}", rnd(6));
    sv_buf_char(out, '}');
}

/* What trying every policy gives, in the same words as put_hits. */
struct brute {
    struct feed *feed;
    struct sv_cel_run run;
    struct sv_buf text;
};

static void brute_sink(void *context, struct sv_event *event)
{
    struct brute *brute = context;
    struct sv_policies *set = brute->feed->set;
    sv_policies_match(set, event, &brute->feed->matcher, &brute->feed->hits);
    brute->run.slots = event->slots;
    brute->run.arena = event->arena;
    brute->run.event = event->number;
    for (size_t i = 0; i < set->count; i++) {
        const struct sv_policy_rule *rule = set->items[i].rule;
        struct sv_value error = {0};
        bool inside = true;
        for (int s = 0; s < SV_SCOPE_COUNT; s++)
            inside &= rule->scope[s].count == 0 || (event->slots[sv_scope_fields[s]].type == SV_STRING &&
                                                    sv_globs_match(&rule->scope[s], sv_event_text(event, sv_scope_fields[s])));
        enum sv_verdict verdict = inside ? sv_rule_judge(rule, &brute->run, &error) : SV_VERDICT_NO;
        if (verdict == SV_VERDICT_YES)
            sv_buf_printf(&brute->text, "p%zu violation: p%zu|", i, i);
        else if (verdict == SV_VERDICT_ERROR)
            sv_buf_printf(&brute->text, "p%zu error: %.*s|", i, SV_ARG(sv_value_raw(error)));
    }
}

static void test_index(void)
{
    size_t hits = 0, errors = 0, wrong = 0, tried = 0, all = 0;
    for (int round = 0; round < 8; round++) {
        struct sv_buf yaml = {0};
        struct loaded loaded;
        struct feed feed;
        unsigned count = round == 0 ? 1 : round == 1 ? 64 : 65 + rnd(200);
        sv_buf_str(&yaml, HEAD);
        for (unsigned i = 0; i < count; i++)
            put_policy(&yaml, i);
        if (!open_text(&loaded, &feed, sv_buf_cstr(&yaml)))
            return;
        struct brute brute = {.feed = &feed};
        feed.spec.sink = brute_sink;
        feed.spec.context = &brute;
        for (int e = 0; e < 300; e++) {
            struct sv_buf event = {0}, got = {0};
            put_event(&event);
            sv_buf_clear(&brute.text);
            feed_line(&feed, sv_buf_cstr(&event));
            put_hits(&got, &loaded, &feed);
            hits += feed.hits.count;
            if (!sv_slice_equal(sv_buf_slice(&got), sv_buf_slice(&brute.text)) && wrong++ == 0)
                printf("# %s\n# got  %s\n# want %s\n", sv_buf_cstr(&event), sv_buf_cstr(&got), sv_buf_cstr(&brute.text));
            sv_buf_free(&event);
            sv_buf_free(&got);
        }
        for (size_t i = 0; i < loaded.set->count; i++)
            errors += loaded.set->items[i].errors;
        tried += feed.matcher.judged;
        all += 300 * count;
        sv_cel_run_free(&brute.run);
        sv_buf_free(&brute.text);
        sv_buf_free(&yaml);
        close_all(&loaded, &feed);
    }
    is_int(wrong, 0, "the index gives what trying every policy gives");
    ok(hits > 1000 && errors > 100, "hits and errors enough to tell");
    ok(tried < all * 7 / 10, "and tries fewer");
    printf("# %zu hits, %zu errors, %zu of %zu tried\n", hits, errors, tried, all);
}

int main(void)
{
    sv_random_seed(&dice, 20260301);
    make_folder();
    test_basic();
    test_hit();
    test_scope();
    test_except();
    test_lists_and_fields();
    test_passes();
    test_let_once();
    test_index();
    remove_folder();
    return done();
}
