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
    ok(sv_cel_compile(strict, SV_SLICE("event.agnt == 'x'"), SV_CEL_BOOL, &f.problems) == NULL &&
           strcmp(f.problems.items[0].text, "unknown field \"agnt\" (did you mean \"agent\"?)") == 0 &&
           f.problems.items[0].offset == 6,
       "a strict environment finds what is close to a field");
    ok(sv_cel_compile(strict, SV_SLICE("event.branch == 'x'"), SV_CEL_BOOL, &f.problems) != NULL, "and nothing else");
    is_int(sv_cel_result_type(compile(&f, "latency_ms / 1000")), SV_CEL_DOUBLE, "an int literal beside a double is one");
    is_int(sv_cel_result_type(compile(&f, "size(tool) * 2")), SV_CEL_INT, "int stays int");
    is_int(sv_cel_result_type(compile(&f, "args.x + 1")), SV_CEL_INT, "dyn + int can only be int");
    is_int(sv_cel_result_type(compile(&f, "args.x")), SV_CEL_DYN, "a path below args is dyn");
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
