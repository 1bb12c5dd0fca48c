/* SPDX-License-Identifier: ISC */
/* What parser and checker find: where, and in which words. */
#include "tap.h"

#include "cel_help.h"

static struct fixture f;

/* The expression has this problem first; `want` is "OFFSET+LENGTH: text". */
static void finds(const char *text, const char *want)
{
    char got[600];
    struct sv_cel *expr = sv_cel_compile(f.env, sv_slice_str(text), SV_CEL_BOOL, &f.problems);
    snprintf(got, sizeof got, "%u+%u: %s", (unsigned)f.problems.items[0].offset, (unsigned)f.problems.items[0].length,
             f.problems.items[0].text);
    is_str(expr != NULL ? "nothing" : got, want, "%s", text);
}

static void syntax(void)
{
    finds("", "0+0: the expression ends where an expression should follow");
    finds("tool ==", "7+0: the expression ends where an expression should follow");
    finds("tool = 'x'", "5+1: \"=\" is no operator; write \"==\"");
    finds("true & false", "5+1: \"&\" is no operator; write \"&&\"");
    finds("true and false", "5+3: write \"&&\" instead of \"and\"");
    finds("not true", "4+4: an operator should stand here, not \"true\"");
    finds("(true", "5+0: the expression ends where \")\" should follow");
    finds("[1, 2", "5+0: the expression ends where \"]\" or \",\" should follow");
    finds("true)", "4+1: an operator should stand here, not \")\"");
    finds("tool == 'x", "8+1: the string is never closed");
    finds("tool == 'x\n'", "8+1: the string is never closed");
    finds("tool == \"a\\d\"", "10+2: unknown escape \"\\d\"; a backslash itself is \\\\, or write r'...'");
    finds("'\\ud800' == tool", "1+6: \"\\ud800\" is no Unicode character");
    finds("'\\U00110000' == tool", "1+10: \"\\U00110000\" is no Unicode character");
    finds("'\\u12' == tool", "1+2: \\u needs 4 hexadecimal digits");
    finds("'\\09' == tool", "1+2: an octal escape needs three digits");
    finds("rb'a' == b'a'", "2+3: an operator should stand here, not \"'a'\"");
    finds("'\\400' == tool", "1+2: unknown escape \"\\4\"; a backslash itself is \\\\, or write r'...'");
    finds("9223372036854775808 > 1", "0+19: the number does not fit an int (for a uint write 9223372036854775808u)");
    finds("18446744073709551616u > 1u", "0+20: the number is too large");
    finds("1. > 1", "3+1: a field's name should stand here, not \">\"");
    finds("1abc > 1", "0+4: this is no number");
    finds("0x > 1", "0+2: digits must follow 0x");
    finds("a.b.", "4+0: the expression ends where a field's name should follow");
    finds("size(tool,) > 1", "10+1: an expression should stand here, not \")\"");
    finds("!-1", "1+1: an expression should stand here, not \"-\"");
    finds("for == 1", "0+3: \"for\" is a reserved word");
    finds("has(tool)", "4+4: has() asks for a field, as in has(event.tool)");
    finds("has(1)", "4+1: has() asks for a field, as in has(event.name)");
    finds("[1].all(1, true)", "8+1: the first argument of all() is the name of its variable");
    finds("[1].map(x.y, true)", "8+3: the first argument of map() is the name of its variable");
    finds("true ? true", "11+0: the expression ends where \":\" should follow");
    finds("{'a' 1}", "5+1: \":\" should stand here, not \"1\"");
    finds("tool == @", "8+1: unexpected \"@\"");
    finds("tool == \x01", "8+1: unexpected control character 0x01");
    finds("tool == '\xff'", "9+1: the expression is not UTF-8 here");
    finds("1 < 2 < 3 4", "10+1: an operator should stand here, not \"4\"");
    ok(f.problems.count == 1, "a parse error is alone");
}

static void names_and_types(void)
{
    finds("agnt == 'main'", "0+4: unknown field \"agnt\" (did you mean \"agent\"?)");
    finds("agent == 'a' && zzzzzz", "16+6: unknown field \"zzzzzz\"");
    finds("event == 1", "0+5: \"event\" is the whole event: name a field of it, as in event.type");
    finds("tool.contians('x')", "5+8: unknown function \"contians\" (did you mean \"contains\"?)");
    finds("frobnicate(tool)", "0+10: unknown function \"frobnicate\"");
    finds("contains(tool, 'x')", "0+8: contains() is not called like this: write string.contains(string) -> bool");
    finds("tool.contains()", "5+8: contains() is not called like this: write string.contains(string) -> bool");
    finds("tool.contains(5)", "14+1: contains() cannot take an int here: write string.contains(string) -> bool");
    finds("latency_ms.contains('x')", "0+10: contains() cannot take a double here: write string.contains(string) -> bool");
    finds("tool == 5", "5+2: string and int are never equal");
    finds("tool > 5", "5+1: \">\" does not compare string with int");
    finds("tool + 5 == 'x'", "5+1: \"+\" does not go between string and int; string() makes text of a value");
    finds("exit_code + 1.5 > 2.0", "10+1: \"+\" does not go between int and double; convert one with int() or double()");
    finds("latency_ms % 2 == 0", "11+1: \"%\" does not go between double and double");
    finds("tool && true", "0+4: \"&&\" wants bool, not string");
    finds("!tool", "1+4: \"!\" wants bool, not string");
    finds("-tool == 1", "0+1: \"-\" wants int or double, not string");
    finds("tool ? true : false", "0+4: \"?\" wants bool, not string");
    finds("'x' in tool", "4+2: \"in\" wants a list or a map on its right, not string (for text in text write x.contains(y))");
    finds("tool.name == 'x'", "5+4: a string has no field \"name\"");
    finds("tool[0] == 'x'", "0+7: a string has no elements");
    finds("[1]['a'] == 1", "4+3: the index of a list is an int, not string");
    finds("{1.5: 2} == {}", "1+3: a map's key is a string, bool, int or uint, not double");
    finds("tool.all(x, true)", "0+4: all() wants a list or a map, not string");
    finds("args.exists(x, 'a')", "15+3: exists() wants a condition here, not string");
    finds("tool", "0+4: this gives string, but bool is wanted");
    finds("math.abss(1) == 1", "0+9: unknown function \"math.abss\" (did you mean \"math.abs\"?)");
    finds("optional.off(1) == 1", "0+12: unknown function \"optional.off\" (did you mean \"optional.of\"?)");
    finds("cel.bind(1) == 1", "0+8: cel.bind() is not called like this: write cel.bind(x, value, result) -> any");
    finds("math.frobnicate() == 1", "0+15: unknown function \"math.frobnicate\"");
    finds("mth.abs(1) == 1", "0+3: unknown field \"mth\"");
    finds("math.ceil(tool) == 1.0", "10+4: math.ceil() cannot take a string here: write math.ceil(double) -> double");
    finds("math.greatest(1, tool) == 1",
          "17+4: math.greatest() cannot take a string here: write math.greatest(number, ...) -> number");
    finds("math.greatest() == 1", "0+13: math.greatest() is not called like this: write math.greatest(number, ...) -> number");
    finds("math.greatest(latency_ms, 1) == 'x'", "29+2: double and string are never equal");
    finds("math.abs(exit_code) == 'x'", "20+2: int and string are never equal");
    finds("args.all(x)", "5+3: all() is not called like this: write list.all(x, condition) -> bool");
    finds("args.all(x, x, true)", "12+1: the variables of all() need names of their own");
    finds("args.all(x, 1, true)", "12+1: the second argument of all() is the name of its variable");
    finds("cel.bind(1, 2, true)", "9+1: the first argument of cel.bind() is the name of its variable");
    finds("args.transformMapEntry(k, v, 5) == {}", "29+1: transformMapEntry() wants a map here, not int");
    finds("tool.optMap(x, x).hasValue()", "0+4: optMap() wants an optional, not string");
    finds("event.?tool.optFlatMap(x, x).hasValue()", "26+1: optFlatMap() wants an optional here, not string");
    finds("event.?tool.optMap(x, x + 1).hasValue()",
          "24+1: \"+\" does not go between string and int; string() makes text of a value");
    finds("event.?tool == 'x'", "12+2: optional and string are never equal");
    finds("event.?tool", "0+11: this gives optional, but bool is wanted");
    finds("event.?tool.orValue(5) == 5", "20+1: orValue() stands for a string here, not int");
    finds("event.?exit_code.orValue('') == ''", "25+2: orValue() stands for an int here, not string");
    finds("event.?tool.orValue('') == 5", "24+2: string and int are never equal");
    finds("event.?tool.name.hasValue()", "12+4: a string has no field \"name\"");
    finds("event.?tool[0].hasValue()", "0+14: a string has no elements");
    finds("tool.?name.hasValue()", "6+4: a string has no field \"name\"");
    finds("has(event.?tool)", "4+11: has() asks for a field without \"?\", or write hasValue() behind it");
    finds("[?tool] == []", "2+4: an entry with \"?\" wants an optional such as args.?key, not string");
    finds("{?'a': 1} == {}", "7+1: an entry with \"?\" wants an optional such as args.?key, not int");
    finds("args.?5 == 1", "6+1: a field's name should stand here, not \"5\"");
    finds("args.?f(1) == 1", "7+1: an operator should stand here, not \"(\"");
    finds("size(?args) == 1", "5+1: an expression should stand here, not \"?\"");
    finds("'%d %y'.format([1]) == ''", "4+1: format(): behind % stands one of s d f e x X o b, or a second %");
    finds("'%.3d'.format([1]) == ''", "1+1: format(): a precision goes with %f and %e");
    finds("'%.101f'.format([1]) == ''", "1+1: format(): a precision is a number from 0 to 100, as in %.2f");
    finds("'%s %s'.format([1]) == ''", "0+7: format() has 2 places, but 1 value");
    finds("tool == null", "0+12: a field is never null: what is not there is absent; write !has(event.tool)");
    finds("null != event.latency_ms", "0+24: a field is never null: what is not there is absent; write has(event.latency_ms)");
    finds("labels == null", "0+14: a field is never null: what is not there is absent; write !has(event.labels)");
    finds("(tool + 'x') == null", "13+2: string and null are never equal");
    finds("size(tool) == null", "11+2: int and null are never equal");
    finds("tool.matches('a(b')", "15+1: regular expression: a group is never closed: \"(\"");
    finds("tool.matches(r'git (?=x)')", "19+1: regular expression: look-around is not supported: \"(?=\"");
    finds("tool.matches('\\\\1')", "13+5: regular expression: backreferences are not supported: \"\\1\"");
    ok(sv_cel_compile(f.env, SV_SLICE("args.x.contains(args.y) && args.z > 5 && event.own"), SV_CEL_BOOL, &f.problems) != NULL,
       "what is only known at run time passes");
    ok(sv_cel_compile(f.env, SV_SLICE("agnt == 'a' && tool == 5 && size(1) > 2 || latency_ms.x"), SV_CEL_BOOL, &f.problems) ==
               NULL &&
           f.problems.count == 4,
       "four problems are found at once");
    char many[1000] = "a0";
    for (int i = 1; i < 30; i++)
        snprintf(many + strlen(many), sizeof many - strlen(many), " || unknown%d", i);
    ok(sv_cel_compile(f.env, sv_slice_str(many), SV_CEL_BOOL, &f.problems) == NULL && f.problems.count == 16,
       "16 of them are kept");
    ok(compile(&f, "event.agnt == 'x'") != NULL, "any key of the event may be read");
    struct sv_cel_env *strict = sv_cel_env_new(f.env, NULL, NULL);
    sv_cel_env_strict(strict);
    ok(sv_cel_compile(strict, SV_SLICE("event.agnt == 'x'"), SV_CEL_BOOL, &f.problems) != NULL && f.problems.count == 1 &&
           strncmp(f.problems.items[0].text, "unknown field \"agnt\" (did you mean \"agent\"?)", 43) == 0 &&
           f.problems.items[0].offset == 6,
       "a strict environment advises on what is close to a field");
    struct sv_cel *other = sv_cel_compile(strict, SV_SLICE("event.branch == 'x'"), SV_CEL_BOOL, &f.problems);
    ok(other != NULL && f.problems.count == 0, "and on nothing else");
    struct sv_cel *spaced = sv_cel_compile(strict, SV_SLICE(" (event.branch)  == \"x\" "), SV_CEL_BOOL, NULL);
    ok(other != NULL && spaced != NULL && sv_cel_tree(other) == sv_cel_tree(spaced), "equal trees are equal");
    static const char *const different[] = {"event.branch != 'x'", "event.branch == 'y'", "'x' == event.branch", "event.brench == 'x'",
                                            "event.branch == b'x'", "!(event.branch == 'x')"};
    for (size_t i = 0; i < sizeof different / sizeof *different; i++) {
        struct sv_cel *unlike = sv_cel_compile(strict, sv_slice_str(different[i]), SV_CEL_BOOL, NULL);
        ok(unlike != NULL && other != NULL && sv_cel_tree(unlike) != sv_cel_tree(other), "another tree: %s", different[i]);
    }
    static const struct {
        const char *source;
        enum sv_cel_truth truth;
    } truths[] = {{"tool == 'a'", SV_CEL_VARIES}, {"1 == 1", SV_CEL_ALWAYS}, {"!(1 == 1) || false", SV_CEL_NEVER}, {"1 / 0 == 1", SV_CEL_NEVER},
                  {"tool == 'a' && 'a' == tool", SV_CEL_VARIES}, {"tool == 'a' && 'b' == tool", SV_CEL_NEVER}, {"5 > exit_code && exit_code > 6", SV_CEL_NEVER},
                  {"5 > exit_code && exit_code > 4", SV_CEL_VARIES}, {"exit_code == -1 && exit_code < 0", SV_CEL_VARIES},
                  {"exit_code == -1 && exit_code > 0", SV_CEL_NEVER}, {"tool == 'a' || true", SV_CEL_ALWAYS},
                  {"[1, 2].exists(x, x > 1)", SV_CEL_ALWAYS}, {"[1].exists(x, x > exit_code)", SV_CEL_VARIES}};
    for (size_t i = 0; i < sizeof truths / sizeof *truths; i++) {
        struct sv_cel *expr = sv_cel_compile(strict, sv_slice_str(truths[i].source), SV_CEL_BOOL, NULL);
        ok(expr != NULL && sv_cel_truth(expr) == truths[i].truth, "what it always comes to: %s", truths[i].source);
    }
    ok(sv_cel_compile(strict, SV_SLICE("event.own == null"), SV_CEL_BOOL, &f.problems) != NULL && f.problems.count == 1 &&
           strcmp(f.problems.items[0].text, "a field is never null: what is not there is absent; write !has(event.own)") == 0,
       "and what is never null: %s", f.problems.items[0].text);
    ok(compile(&f, "event.own == null && args == null && args.x == null && args.?x.orValue(null) == null && null == null") != NULL,
       "else null may stand beside what can be null");
    is_int(sv_cel_result_type(compile(&f, "latency_ms / 1000")), SV_CEL_DOUBLE, "an int literal beside a double is one");
    is_int(sv_cel_result_type(compile(&f, "size(tool) * 2")), SV_CEL_INT, "int stays int");
    is_int(sv_cel_result_type(compile(&f, "args.x + 1")), SV_CEL_INT, "dyn + int can only be int");
    is_int(sv_cel_result_type(compile(&f, "args.x")), SV_CEL_DYN, "a path below args is dyn");
    is_int(sv_cel_result_type(compile(&f, "event.?latency_ms.orValue(1)")), SV_CEL_DOUBLE, "orValue's literal is a double");
    is_int(sv_cel_result_type(compile(&f, "event.?tool.value()")), SV_CEL_STRING, "an optional knows what it holds");
    is_int(sv_cel_result_type(compile(&f, "event.?tool.or(optional.of('x')).optMap(t, size(t)).orValue(0)")), SV_CEL_INT,
           "through or and optMap");
    is_int(sv_cel_result_type(compile(&f, "math.greatest(latency_ms, 5)")), SV_CEL_DOUBLE, "the greatest of doubles is one");
    is_int(sv_cel_result_type(compile(&f, "math.greatest(exit_code, 5)")), SV_CEL_INT, "of ints an int");
    is_int(sv_cel_result_type(compile(&f, "math.greatest(exit_code, 5u)")), SV_CEL_DYN, "of both either");
    is_int(sv_cel_result_type(compile(&f, "math.greatest(latency_ms)")), SV_CEL_DOUBLE, "of one itself");
    is_int(sv_cel_result_type(compile(&f, "cel.bind(x, latency_ms, x * 2)")), SV_CEL_DOUBLE, "a bound name has its value's type");
}

static void unchecked(void)
{
    struct sv_cel_env *env = sv_cel_env_new(NULL, f.paths, &f.arena);
    sv_cel_env_unchecked(env);
    static const char *const texts[][2] = {
        {"nobody", "error: unknown name nobody"}, {"nobody || true", "true"},
        {"nothing(1) || true", "true"},           {"nothing(1)", "error: no such overload: nothing()"},
        {"'a' + 1", "error: no such overload"},   {"'a'.matches('(')", "error: bad regular expression"},
        {"1.5 == 1 || 1.0 == 1", "true"},
    };
    for (size_t i = 0; i < sizeof texts / sizeof *texts; i++) {
        struct sv_cel *expr = sv_cel_compile(env, sv_slice_str(texts[i][0]), SV_CEL_BOOL, &f.problems);
        is_str(expr != NULL ? shown(&f, sv_cel_eval(expr, &f.run)) : "nothing", texts[i][1], "unchecked: %s", texts[i][0]);
    }
    sv_cel_env_free(env);
}

int main(void)
{
    fixture_open(&f);
    syntax();
    names_and_types();
    unchecked();
    fixture_close(&f);
    return done();
}
