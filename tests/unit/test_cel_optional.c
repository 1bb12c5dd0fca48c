/* SPDX-License-Identifier: ISC */
/* Optionals, and how what is absent becomes one; entries with a question mark; cel.bind; loops with two variables. */
#include "tap.h"

#include "cel_help.h"

static struct fixture f;

static const char event[] =
    "{\"tool\":\"bash\",\"agent\":null,\"latency_ms\":30,\"own\":7,\"nil\":null,\"args\":{\"list\":[1,{\"name\":\"x\"},null],"
    "\"nil\":null,\"text\":\"t\\u0065xt\",\"n\":5,\"deep\":{\"er\":{\"est\":true}},\"zero\":0}}";

/* What is absent, selected with a question mark, is none; an error stays one. */
static void from_events(void)
{
    gives(event, "event.?tool.orValue('none')", "\"bash\"");
    gives(event, "event.?command.orValue('none')", "\"none\"");
    gives(event, "event.?agent.hasValue()", "false");
    gives(event, "event.?nil.hasValue()", "false");
    gives(event, "event.?own.value()", "7");
    gives(event, "event[?'own'].value()", "7");
    gives(event, "event[?'never'].hasValue()", "false");
    gives(event, "args.?n.orValue(1)", "5");
    gives(event, "args.?timeout.orValue(1)", "1");
    gives(event, "args.?nil.hasValue()", "true");
    gives(event, "args.?nil.orValue('x') == null", "true");
    gives(event, "args.?text.value()", "\"text\"");
    gives(event, "args.?text.more.hasValue()", "false");
    gives(event, "args.?deep.er.est.orValue(false)", "true");
    gives(event, "args.?deep.?er.?est.orValue(false)", "true");
    gives(event, "args.?deep.other.est.orValue(false)", "false");
    gives(event, "args.deep[?'er'].est.value()", "true");
    gives(event, "args.?deep['er'].est.value()", "true");
    gives(event, "args.list[?1].name.value()", "\"x\"");
    gives(event, "args.list[?1].?name.value()", "\"x\"");
    gives(event, "args.list[?0].name.hasValue()", "false");
    gives(event, "args.list[?9].hasValue()", "false");
    gives(event, "args.list[?-1].hasValue()", "false");
    gives(event, "args.?list[1].name.orValue('')", "\"x\"");
    gives(event, "args.?list[7].name.orValue('')", "\"\"");
    gives(event, "args.?never[7].name.orValue('')", "\"\"");
    gives(event, "args.never[?7].hasValue()", "false");
    gives(event, "args[?command].hasValue()", "false");
    gives(event, "args[?args.text].value()", "\"text\"");
    gives(event, "args[?'li' + 'st'].value()[0]", "1");
    gives(event, "has(event.?args.n) && !has(event.?args.m) && !has(args.?never.m)", "true");
    gives(event, "args.?n.optMap(n, n * 2).orValue(0)", "10");
    gives(event, "args.?m.optMap(n, n * 2).orValue(0)", "0");
    gives(event, "args.?deep.optFlatMap(d, d.er.?est).value()", "true");
    gives(event, "args.?deep.optFlatMap(d, d.?or).hasValue()", "false");
    gives(event, "args.list.exists(x, x.?name.orValue('') == 'x')", "true");
    gives(event, "optional.of(command)", "absent");
    gives(event, "optional.of(args.m).hasValue()", "absent");
    gives(event, "args.?m.orValue(command)", "absent");
    gives(event, "args.?n.orValue(command)", "5");
    gives(event, "args.m.orValue(1)", "absent");
    gives(event, "args.n.orValue(1)", "error: no such overload");
    gives(event, "args.?n.optMap(x, command)", "absent");
    gives(event, "[1 / args.zero][?0].hasValue()", "error: division by zero");
    gives(event, "args.list[?1 / args.zero].hasValue()", "error: division by zero");
    gives(event, "(args.n > 1 ? args : 5).?text.value()", "\"text\"");
    gives(event, "event.?latency_ms.orValue(0) / 4", "7.5");
    gives("{}", "event.?latency_ms.orValue(0) / 4", "0.0");
    gives("{}", "event.?latency_ms.orValue(0) + 0.5 > 0.4", "true");
}

static void values(void)
{
    gives("{}", "optional.none().or(optional.of(2)).value()", "2");
    gives("{}", "optional.of(1).or(optional.of(1 / 0)).value()", "1");
    gives("{}", "optional.of(1).orValue(1 / 0)", "1");
    gives("{}", "optional.none().orValue(1 / 0)", "error: division by zero");
    gives("{}", "optional.none().value()", "error: value() of an optional that has none");
    gives("{}", "optional.none()", "null");
    gives("{}", "optional.of(optional.none()) == optional.of(optional.none())", "true");
    gives("{}", "optional.of(1.0) == optional.of(1)", "true");
    gives("{}", "optional.of([1, 2])[1].value()", "2");
    gives("{}", "optional.of([1, 2])[2].hasValue()", "false");
    gives("{}", "optional.of({'a': 1}).a.value()", "1");
    gives("{}", "optional.of(dyn(1)).a.hasValue()", "error: no such overload");
    gives("{}", "{'a': 1}[?dyn(null)].hasValue()", "error: no such overload");
    gives("{}", "[0, 0.0, 0u].all(z, !optional.ofNonZeroValue(z).hasValue())", "true");
    gives("{}", "['', b'', [], {}, null, false, duration('0s'), timestamp(0)].all(z, !optional.ofNonZeroValue(z).hasValue())",
          "true");
    gives("{}", "[-1, 'a', [0], {1: 0}, true, duration('1ns'), timestamp(1), int].all(z, optional.ofNonZeroValue(z).hasValue())",
          "true");
    gives("{}", "optional.unwrap([optional.of(1), optional.none(), optional.of(null)])", "[1,null]");
    gives("{}", "[optional.of(1), optional.none()].unwrapOpt()", "[1]");
    gives("{}", "optional.unwrap([1])", "error: no such overload");
    gives("{}", "[[3, 4].first().value(), [3, 4].last().value(), [].first().hasValue(), [].last().hasValue()]",
          "[3,4,false,false]");
    gives("{\"args\":[[1],\"\\u0061\"]}", "[args.first().value(), args.last().value()]", "[[1],\"a\"]");
    gives("{\"args\":[]}", "args.first().hasValue() || args.last().hasValue()", "false");
    gives("{}", "[optional.none(), optional.of(1)].size()", "2");
    gives("{}", "[?optional.none(), 1, ?optional.of(2), ?[3][?0], ?[][?0]]", "[1,2,3]");
    gives("{}", "{?'a': optional.none(), ?'b': optional.of(1), 'c': 2}", "{\"b\":1,\"c\":2}");
    gives("{}", "{?'a': optional.none(), 'a': 2}", "{\"a\":2}");
    gives("{}", "[?dyn(1)]", "error: no such overload");
    gives("{\"args\":{\"b\":1}}", "[?args.?a, ?args.?b]", "[1]");
    gives("{\"args\":{\"b\":1}}", "{?'a': args.?a, 'b': args.a}", "absent");
    gives("{}", "type(optional.of(1)) == optional_type", "true");
    gives("{}", "[1] == [?optional.of(1)] && {'a': 1} == {?'a': optional.of(1)}", "true");
}

static void binding(void)
{
    gives(event, "cel.bind(t, args.text, t + t)", "\"texttext\"");
    gives(event, "cel.bind(a, 1, cel.bind(a, a + 1, a + 1))", "3");
    gives(event, "cel.bind(a, [1, 2], a.map(x, cel.bind(b, x + 1, a.filter(y, y == b))))", "[[2],[]]");
    gives(event, "cel.bind(tool, 'x', tool) + tool", "\"xbash\"");
    gives(event, "cel.bind(c, command, c == 'x' || true)", "true");
    gives(event, "cel.bind(c, command, c)", "absent");
    gives(event, "cel.bind(c, 1 / 0, true)", "true");
    gives(event, "cel.bind(c, 1 / 0, c > 0)", "error: division by zero");
    gives(event, "cel.bind(d, args.deep, d.er.est && !has(d.other) && d.?more.orValue(true))", "true");
    gives(event, "cel.bind(d, args.deep, d.other)", "absent");
    gives(event, "cel.bind(d, {'a': 1}, d.other)", "error: no such key");
    gives(event, "cel.bind(l, latency_ms, l / 4)", "7.5");
    gives(event, "cel.bind(m, args.m, m.x.y) || true", "true");
}

static void two_variables(void)
{
    gives(event, "['a', 'b'].all(i, x, x == ['a', 'b'][i])", "true");
    gives(event, "args.list.exists(i, x, i == 2 && x == null)", "true");
    gives(event, "args.exists(k, v, k == 'n' && v == 5)", "true");
    gives(event, "args.exists_one(k, v, v == 5) && args.existsOne(k, v, k.startsWith('t'))", "true");
    gives(event, "args.deep.transformList(k, v, k)", "[\"er\"]");
    gives(event, "[4, 5].transformList(i, x, i > 0, x + i)", "[6]");
    gives(event, "[4, 5].transformMap(i, x, x * 2)", "{\"0\":8,\"1\":10}");
    gives(event, "args.transformMap(k, v, k in ['n', 'text'], v)", "{\"text\":\"text\",\"n\":5}");
    gives(event, "{'a': 1, 'b': 2}.transformMapEntry(k, v, {v: k})", "{\"1\":\"a\",\"2\":\"b\"}");
    gives(event, "{'a': 1, 'b': 2}.transformMapEntry(k, v, v > 1, {v: k, k: v})", "{\"2\":\"b\",\"b\":2}");
    gives(event, "['x', 'y'].transformMapEntry(i, x, {x: i})", "{\"x\":0,\"y\":1}");
    gives(event, "['x', 'x'].transformMapEntry(i, x, {x: i})", "error: a map's key is repeated");
    gives(event, "[1].transformMapEntry(i, x, args.deep)", "{\"er\":{\"est\":true}}");
    gives(event, "[1].transformMapEntry(i, x, dyn(x))", "error: no such overload");
    gives(event, "[1, 2].transformMap(i, x, command)", "absent");
    gives(event, "[1, 2].transformMap(i, x, x / i)", "error: division by zero");
    gives(event, "[1, 2].transformMapEntry(i, x, {x: command})", "absent");
    gives(event, "[[1, 2], [3]].map(l, l.transformList(i, x, l.transformMap(j, y, i + j + x + y)))",
          "[[{\"0\":2,\"1\":4},{\"0\":4,\"1\":6}],[{\"0\":6}]]");
    gives(event, "args.n.all(i, x, true)", "error: no such overload");
    gives(event, "command.all(i, x, true)", "problem 0+7: all() wants a list or a map, not string");
}

/* A list that shares its parts is as long as its text would be; the text ends. */
static void shared_parts(void)
{
    struct sv_buf text = {0}, out = {0};
    sv_buf_str(&text, "cel.bind(a, [1, 1], ");
    for (int i = 0; i < 60; i++)
        sv_buf_str(&text, "cel.bind(a, [a, a], ");
    sv_buf_str(&text, "a");
    for (int i = 0; i < 61; i++)
        sv_buf_char(&text, ')');
    struct sv_cel *expr = sv_cel_compile(f.env, sv_buf_slice(&text), SV_CEL_DYN, &f.problems);
    read_event(&f, "{}");
    struct sv_value v = sv_cel_eval(expr, &f.run), again;
    sv_cel_put_json(&out, v, &f.record);
    ok(v.type == SV_LIST && out.len > (16u << 20) && out.len < (17u << 20), "2^61 elements end after %zu bytes", out.len);
    ok(sv_json_read(sv_slice(out.data, out.len), &again, NULL) || out.len > (16u << 20), "in JSON");
    sv_buf_free(&out);
    text.len -= 62;
    sv_buf_str(&text, "a == a || '%s'.format([a]) == ''");
    for (int i = 0; i < 61; i++)
        sv_buf_char(&text, ')');
    expr = sv_cel_compile(f.env, sv_buf_slice(&text), SV_CEL_DYN, &f.problems);
    is_str(expr != NULL ? shown(&f, sv_cel_eval(expr, &f.run)) : f.problems.items[0].text,
           "error: cost limit: the expression took more than 1,000,000 steps", "comparing or formatting it ends as well");
    sv_buf_free(&text);
}

int main(void)
{
    fixture_open(&f);
    from_events();
    values();
    binding();
    two_variables();
    shared_parts();
    fixture_close(&f);
    return done();
}
