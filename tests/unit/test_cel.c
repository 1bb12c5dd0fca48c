/* SPDX-License-Identifier: ISC */
/* Evaluation: absent and errors, paths and JSON, lets, constants, facts; fast nodes against general ones. */
#include "tap.h"

#include "cel/fn.h"
#include "cel/macro.h"
#include "cel_help.h"

static struct fixture f;

/* t, f, a, e in all pairs: what && and || make of true, false, absent and an error. */
static void truth_tables(void)
{
    static const struct {
        const char *left, *right, *and_, *or_;
    } rows[] = {
        {"t", "t", "true", "true"},   {"t", "f", "false", "true"},   {"t", "a", "absent", "true"},   {"t", "e", "error", "true"},
        {"f", "t", "false", "true"},  {"f", "f", "false", "false"},  {"f", "a", "false", "absent"},  {"f", "e", "false", "error"},
        {"a", "t", "absent", "true"}, {"a", "f", "false", "absent"}, {"a", "a", "absent", "absent"}, {"a", "e", "error", "error"},
        {"e", "t", "error", "true"},  {"e", "f", "false", "error"},  {"e", "a", "error", "error"},   {"e", "e", "error", "error"},
    };
    static const char *const operands[] = {"t", "args.t", "f", "args.f", "a", "args.nothing.here", "e", "1 / args.zero > 0"};
    for (size_t i = 0; i < sizeof rows / sizeof *rows; i++) {
        char text[200];
        const char *left = "", *right = "";
        for (size_t k = 0; k < 8; k += 2) {
            left = strcmp(rows[i].left, operands[k]) == 0 ? operands[k + 1] : left;
            right = strcmp(rows[i].right, operands[k]) == 0 ? operands[k + 1] : right;
        }
        for (int is_or = 0; is_or < 2; is_or++) {
            const char *want = is_or ? rows[i].or_ : rows[i].and_;
            snprintf(text, sizeof text, "%s %s %s", left, is_or ? "||" : "&&", right);
            const char *got = on(&f, "{\"args\":{\"t\":true,\"f\":false,\"zero\":0}}", text);
            ok(strncmp(got, want, strlen(want)) == 0, "%s is %s (got %s)", text, want, got);
        }
    }
}

static void absent(void)
{
    static const char event[] =
        "{\"type\":null,\"tool\":\"bash\",\"args\":{\"list\":[1,{\"name\":\"x\"},null,[]],\"nil\":null,\"text\":\"t\","
        "\"k\\u0065y\":\"esc\\\"aped\",\"n\":5},\"other\":null,\"own\":7}";
    gives(event, "type", "absent");
    gives(event, "type == 'x'", "absent");
    gives(event, "type != 'x'", "absent");
    gives(event, "!(type == 'x')", "absent");
    gives(event, "agent in ['a']", "absent");
    gives(event, "latency_ms > 5", "absent");
    gives(event, "latency_ms == 5", "absent");
    gives(event, "command.contains('x')", "absent");
    gives(event, "command.startsWith('x')", "absent");
    gives(event, "command.matches('x')", "absent");
    gives(event, "size(command) > 1", "absent");
    gives(event, "command + 'x'", "absent");
    gives(event, "[command]", "absent");
    gives(event, "{'a': command}", "absent");
    gives(event, "command == 'x' ? 1 : 2", "absent");
    gives(event, "has(event.type)", "false");
    gives(event, "has(event.tool)", "true");
    gives(event, "has(event.other)", "false");
    gives(event, "event.other == null", "absent");
    gives(event, "event.own", "7");
    gives(event, "event['own']", "7");
    gives(event, "event.never", "absent");
    gives(event, "args.nil == null", "true");
    gives(event, "has(args.nil)", "true");
    gives(event, "has(args.a.b.c)", "false");
    gives(event, "args.text.more", "absent");
    gives(event, "args.list.more", "absent");
    gives(event, "args.list[0]", "1");
    gives(event, "args.list[1].name", "\"x\"");
    gives(event, "args.list[1].other", "absent");
    gives(event, "has(args.list[1].name)", "true");
    gives(event, "has(args.list[1].other)", "false");
    gives(event, "has(args.list[0].other)", "false");
    gives(event, "args.list[0].name", "absent");
    gives(event, "args.list[2]", "null");
    gives(event, "args.list[9]", "absent");
    gives(event, "args.list[-1]", "absent");
    gives(event, "args.list[0.0]", "1");
    gives(event, "args['key']", "\"esc\\\"aped\"");
    gives(event, "args[['key'][0]]", "\"esc\\\"aped\"");
    gives(event, "args.key == 'esc\"aped'", "true");
    gives(event, "'key' in args", "true");
    gives(event, "'no' in args", "false");
    gives(event, "size(args.list)", "4");
    gives(event, "size(args)", "5");
    gives(event, "args.list.exists(x, x == 1)", "true");
    gives(event, "args.list.exists(x, x.name == 'x')", "true");
    gives(event, "args.list.exists(x, x.name == 'y')", "absent");
    gives(event, "args.list.all(x, x == 1)", "false");
    gives(event, "args.list.filter(x, has(x.name))", "[{\"name\":\"x\"}]");
    gives(event, "args.exists(k, k == 'key')", "true");
    gives(event, "args.list.map(x, type(x) == int)", "[true,false,false,false]");
    gives(event, "args.list[3] == []", "true");
    gives(event, "args.list[1] == {'name': 'x'}", "true");
    gives(event, "args.list == [1, {'name': 'x'}, null, []]", "true");
    gives(event, "[1.0, {'name': 'x'}, null, []] == args.list", "true");
    gives(event, "args.list + [2]", "[1,{\"name\":\"x\"},null,[],2]");
    gives(event, "args.n.contains('x')", "error: no such overload");
    gives(event, "{'a': 1}.b", "error: no such key");
    gives(event, "[1][2]", "error: index out of range");
    gives("{\"args\":{\"a\":1,\"a\":2}}", "size(args) == 1 && args.a == 2 && args == {'a': 2}", "true");
    gives("{\"args\":\"text\"}", "args.command", "absent");
    gives("{\"args\":\"text\"}", "args.contains('ex')", "true");
}

static void numbers(void)
{
    gives("{\"latency_ms\":30000}", "latency_ms > 30000", "false");
    gives("{\"latency_ms\":30000.5}", "latency_ms > 30000", "true");
    gives("{\"latency_ms\":30000}", "30000 <= latency_ms", "true");
    gives("{\"latency_ms\":30}", "latency_ms / 4 == 7.5", "true");
    gives("{\"latency_ms\":3}", "latency_ms == 3", "true");
    gives("{\"latency_ms\":3}", "latency_ms in [1, 2, 3]", "true");
    gives("{\"exit_code\":3}", "exit_code > 2.5", "true");
    gives("{\"exit_code\":3}", "exit_code < 3.0 || exit_code >= 3", "true");
    gives("{\"args\":{\"n\":9007199254740993}}", "args.n > 9007199254740992.0", "true");
    gives("{\"args\":{\"n\":9007199254740993}}", "args.n == 9007199254740992.0", "false");
    gives("{\"args\":{\"n\":18446744073709551615}}", "args.n == 18446744073709551615u && args.n > 1", "true");
    gives("{\"args\":{\"n\":-1}}", "args.n < 0u", "true");
    gives("{\"args\":{\"n\":1.5}}", "args.n > 1 && args.n < 2 && args.n != 1", "true");
    gives("{\"args\":{\"n\":\"5\"}}", "args.n > 4", "error: no such overload");
    gives("{\"args\":{\"n\":\"5\"}}", "args.n == 5", "false");
    gives("{\"args\":{\"n\":\"5\"}}", "args.n != 5", "true");
    gives("{}", "1 / 0", "error: division by zero");
    gives("{}", "9223372036854775807 + 1", "error: integer overflow");
    gives("{}", "{1: 'a'}[1.0] + {1: 'b'}[1u]", "\"ab\"");
}

/* Each pair: a shape with a node of its own, and the same for the general ones. */
static void fast_and_general(void)
{
    static const char *const pairs[][2] = {
        {"%s == 'a\"b/c'", "[%s] == ['a\"b/c']"},
        {"%s != 'push'", "[%s] != ['push']"},
        {"%s == 'nab'", "[%s] == ['nab']"},
        {"%s.contains('nab')", "(true ? %s : '').contains('nab')"},
        {"%s.contains('push')", "(true ? %s : '').contains('push')"},
        {"%s.contains('/')", "(true ? %s : '').contains('/')"},
        {"%s.contains('\\u00e9')", "(true ? %s : '').contains('\\u00e9')"},
        {"%s.contains('u00')", "(true ? %s : '').contains('u00')"},
        {"%s.startsWith('a')", "(true ? %s : '').startsWith('a')"},
        {"%s.startsWith('a\"b')", "(true ? %s : '').startsWith('a\"b')"},
        {"%s in ['push', 'a\"b/c', 'x']", "(true ? %s : '') in ['push', 'a\"b/c', 'x']"},
        {"%s in ['1','2','3','4','5','6','7','8','9','push','a\"b/c','nab','']",
         "['1','2','3','4','5','6','7','8','9','push','a\"b/c','nab',''].exists(x, x == %s)"},
        {"%s.matches('pu(s|z)h')", "(true ? %s : '').matches('pu(s|z)h')"},
        {"%s.matches('push')", "(true ? %s : '').matches('pu' + 'sh')"},
        {"%s.matches('^.\"b')", "(true ? %s : '').matches('^.\"b')"},
    };
    static const char *const values[] = {
        "push",  "a\\\"b\\/c", "\\u0070ush",       "\\nab",      "nab", "\\n\\u006eab",       "caf\\u00e9", "caf\xC3\xA9",
        "u0070", "",           "git push --force", "pus\\u0068", "a/b", "ppppppppppppppppush"};
    for (size_t i = 0; i < sizeof pairs / sizeof *pairs; i++)
        for (size_t k = 0; k < sizeof values / sizeof *values; k++) {
            char event[200], fast[200], general[200], first[64];
            snprintf(event, sizeof event, "{\"command\":\"%s\"}", values[k]);
#pragma GCC diagnostic push
#pragma GCC diagnostic ignored "-Wformat-nonliteral"
            snprintf(fast, sizeof fast, pairs[i][0], "command");
            snprintf(general, sizeof general, pairs[i][1], "command");
#pragma GCC diagnostic pop
            snprintf(first, sizeof first, "%s", on(&f, event, fast));
            is_str(on(&f, event, general), first, "%s on %s as in general", fast, values[k]);
        }
}

static void lets_and_constants(void)
{
    struct sv_cel_env *env = sv_cel_env_new(f.env, NULL, &f.arena);
    struct sv_value names[] = {sv_value_str(SV_SLICE("bash")), sv_value_str(SV_SLICE("zsh"))};
    struct sv_value json;
    sv_json_read(SV_SLICE("[\"/etc/\", \"\\u007e/.ssh\"]"), &json, NULL);
    sv_cel_env_constant(env, SV_SLICE("shells"), sv_cel_list(&f.arena, names, 2));
    sv_cel_env_constant(env, SV_SLICE("places"), json);
    struct sv_cel *cmd = sv_cel_compile(env, SV_SLICE("args.list.map(x, x + 1)"), SV_CEL_DYN, &f.problems);
    sv_cel_env_let(env, SV_SLICE("more"), cmd);
    struct sv_cel *twice = sv_cel_compile(env, SV_SLICE("more.map(x, more.filter(y, y > x))"), SV_CEL_DYN, &f.problems);
    sv_cel_env_let(env, SV_SLICE("twice"), twice);
    struct sv_cel *uses = sv_cel_compile(env, SV_SLICE("[1, 2].map(x, twice.exists(y, x in y)) + [tool in shells, size(places)]"),
                                         SV_CEL_DYN, &f.problems);
    ok(uses != NULL, "lets and constants compile: %s", uses != NULL ? "" : f.problems.items[0].text);
    read_event(&f, "{\"tool\":\"zsh\",\"args\":{\"list\":[0,1,2]}}");
    is_str(shown(&f, sv_cel_eval(uses, &f.run)), "[false,true,true,2]", "a let inside loops keeps its own variables");
    is_str(shown(&f, sv_cel_eval(uses, &f.run)), "[false,true,true,2]", "and is remembered");
    read_event(&f, "{\"tool\":\"sh\",\"args\":{\"list\":[5]}}");
    is_str(shown(&f, sv_cel_eval(uses, &f.run)), "[false,false,false,2]", "for one event only");
    ok(!sv_cel_is_constant(uses) && !sv_cel_is_constant(cmd), "what reads the event is no constant");
    ok(sv_cel_is_constant(compile(&f, "1 + 1 == 3 || [1].exists(x, x > 2)")), "what reads nothing is");
    sv_cel_env_let(env, SV_SLICE("what"), compile(&f, "event.args"));
    struct sv_cel *path = sv_cel_compile(env, SV_SLICE("what.kind == 'x'"), SV_CEL_BOOL, &f.problems);
    struct sv_cel_fact fact;
    ok(path != NULL && sv_cel_facts(path, &fact, 1) == 1, "a let that is a path is that path");
    read_event(&f, "{\"args\":{\"kind\":\"x\"}}");
    is_str(shown(&f, sv_cel_eval(path, &f.run)), "true", "and reads what it reads");
    read_event(&f, "{\"args\":null}");
    is_str(shown(&f, sv_cel_eval(path, &f.run)), "absent", "or is absent as it is");
    ok(sv_cel_compile(f.env, SV_SLICE("shells"), SV_CEL_DYN, &f.problems) == NULL, "a child's names are its own");
}

static size_t facts_of(const char *text, struct sv_cel_fact *facts)
{
    struct sv_cel *expr = compile(&f, text);
    return expr != NULL ? sv_cel_facts(expr, facts, 8) : 99;
}

static void facts(void)
{
    struct sv_cel_fact facts[8];
    uint32_t type = sv_paths_want(f.paths, sv_paths_find(f.paths, SV_PATHS_ROOT, SV_SLICE("type")));
    is_int(facts_of("type == 'a' && 'b' == tool && latency_ms > 3 && agent in ['x', 'y']", facts), 3, "three facts");
    ok(facts[0].slot == type && facts[0].count == 1 && sv_slice_is(facts[0].values[0], "a"), "type is a");
    ok(facts[1].count == 1 && sv_slice_is(facts[1].values[0], "b"), "tool is b");
    ok(facts[2].count == 2 && sv_slice_is(facts[2].values[1], "y"), "agent is x or y");
    is_int(facts_of("type == 'a' || type in ['b', 'c']", facts), 1, "one path in ||");
    is_int(facts[0].count, 3, "with three values");
    is_int(facts_of("(type == 'a' || type == 'b') && args.x == 'q'", facts), 2, "|| below &&, and a path");
    is_int(facts_of("type == 'a' || tool == 'b'", facts), 0, "two paths in || are no fact");
    is_int(facts_of("type == 'a' || latency_ms > 3", facts), 0, "nor is something else in it");
    is_int(facts_of("!(type == 'a')", facts), 0, "nor a negation");
    is_int(facts_of("type != 'a'", facts), 0, "nor !=");
    is_int(facts_of("exit_code == 3", facts), 0, "nor a number");
    is_int(facts_of("agent in []", facts), 1, "nothing fits an empty list");
    is_int(facts[0].count, 0, "no value at all");
}

static void values_as_json(void)
{
    gives("{}", "[1, 2u, 1.5, 'a\\n', b'\\xff\\x00', true, null]", "[1,2,1.5,\"a\\n\",\"/wA=\",true,null]");
    gives("{}", "{'a': {1: [timestamp('2026-01-01T00:00:00.5Z')]}, 'd': duration('1m0.5s')}",
          "{\"a\":{\"1\":[\"2026-01-01T00:00:00.5Z\"]},\"d\":\"60.5s\"}");
    gives("{}", "[type(1), int, type('') == string]", "[\"int\",\"int\",true]");
    gives("{\"args\":{\"a\":\"\\u0041\"}}", "[args, args.a]", "[{\"a\":\"\\u0041\"},\"A\"]");
}

static void suggestions(void)
{
    static const char *const names[] = {"severity", "message", "when", "id"};
    is_str(sv_cel_suggest(SV_SLICE("severty"), names, 4), "severity", "a letter missing");
    is_str(sv_cel_suggest(SV_SLICE("mesasge"), names, 4), "message", "two letters swapped");
    ok(sv_cel_suggest(SV_SLICE("colour"), names, 4) == NULL, "nothing is close");
    ok(sv_cel_suggest(SV_SLICE("xx"), names, 4) == NULL, "nor to what is short");
    size_t count = 0;
    bool complete = true;
    for (const struct sv_cel_function_info *info; (info = sv_cel_function(count)) != NULL; count++)
        complete &= info->name[0] != '\0' && strstr(info->signature, info->name) != NULL && strstr(info->signature, "->") != NULL &&
                    info->text[0] != '\0';
    ok(count > 60 && complete, "%d functions, each with name, signature and text", (int)count);
    size_t found = 0;
    for (size_t i = 0; i < count; i++) {
        struct sv_slice name = sv_slice_str(sv_cel_function(i)->name);
        for (const struct sv_fn *fn = sv_fn_find(name, NULL); fn != NULL; fn = sv_fn_find(name, fn))
            found += &fn->info == sv_cel_function(i);
    }
    size_t macros = 0;
    while (sv_macro_at(macros) != NULL)
        macros++;
    is_int((int64_t)found, (int64_t)(count - macros), "each function is found by its name");
    ok(sv_fn_is_space(SV_SLICE("math")) && sv_fn_is_space(SV_SLICE("base64")) && sv_fn_is_space(SV_SLICE("optional")) &&
           sv_fn_is_space(SV_SLICE("strings")) && !sv_fn_is_space(SV_SLICE("string")) && !sv_fn_is_space(SV_SLICE("mat")),
       "and so is the first word of names with a point");
}

int main(void)
{
    fixture_open(&f);
    truth_tables();
    absent();
    numbers();
    fast_and_general();
    lets_and_constants();
    facts();
    values_as_json();
    suggestions();
    fixture_close(&f);
    return done();
}
