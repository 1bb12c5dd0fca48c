/* SPDX-License-Identifier: ISC */
/* Every bound at N-1, N and N+1, and what costs too much ends as an error. */
#include "tap.h"

#include "base/limits.h"
#include "cel_help.h"

static struct fixture f;

/* before, `count` times each, after. */
static struct sv_cel *repeated(const char *before, const char *each, size_t count, const char *middle, const char *close,
                               const char *after)
{
    struct sv_buf text = {0};
    sv_buf_str(&text, before);
    for (size_t i = 0; i < count; i++)
        sv_buf_str(&text, each);
    sv_buf_str(&text, middle);
    for (size_t i = 0; close != NULL && i < count; i++)
        sv_buf_str(&text, close);
    sv_buf_str(&text, after);
    struct sv_cel *expr = sv_cel_compile(f.env, sv_buf_slice(&text), SV_CEL_DYN, &f.problems);
    sv_buf_free(&text);
    return expr;
}

static void depth(void)
{
    /* what a variable holds may be nested again in what is made of it, so range and body add up */
    static const struct {
        const char *name, *before, *each, *middle, *close;
        int more; /* beside `each` */
    } added[] = {{"map in map", "[1]", ".map(x, [x])", "", NULL, 1},
                 {"bind in bind", "", "cel.bind(x, [1], ", "x", ")", 0},
                 {"optMap behind optMap", "optional.of(1)", ".optMap(x, [x])", "", NULL, 1}};
    for (size_t i = 0; i < sizeof added / sizeof *added; i++)
        for (int n = SV_CEL_DEPTH_MAX / 2 - 1; n <= SV_CEL_DEPTH_MAX / 2 + 1; n++) { /* two a round */
            bool good = repeated(added[i].before, added[i].each, (size_t)n, added[i].middle, added[i].close, "") != NULL;
            ok(good == (2 * n + added[i].more <= SV_CEL_DEPTH_MAX), "%s, %d deep: %s", added[i].name, 2 * n + added[i].more,
               good ? "accepted" : f.problems.items[0].text);
        }
    static const struct {
        const char *name, *before, *each, *middle, *close;
    } shapes[] = {{"parentheses", "", "(", "1", ")"},
                  {"lists", "", "[", "1", "]"},
                  {"not", "", "!", "true", NULL},
                  {"minus", "", "-", "latency_ms", NULL},
                  {"plus", "1", "+1", "", NULL},
                  {"selections", "args", ".a", "", NULL},
                  {"choices", "", "true?1:", "2", NULL},
                  {"indexes", "args", "[0]", "", NULL},
                  {"calls", "", "size([", "1", "])"},
                  {"maps", "", "{'a':", "1", "}"},
                  {"optional selections", "args", ".?a", "", NULL},
                  {"optional indexes", "args", "[?0]", "", NULL},
                  {"optional entries", "", "[?optional.of(", "1", ")]"}};
    for (size_t i = 0; i < sizeof shapes / sizeof *shapes; i++) {
        int each = strstr(shapes[i].each, "(") != NULL && shapes[i].each[1] != '\0' ? 2 : 1; /* a call and a list a round */
        for (int n = SV_CEL_DEPTH_MAX - 1; n <= SV_CEL_DEPTH_MAX + 1; n++) {
            if (n % each != 0)
                continue;
            bool good =
                repeated(shapes[i].before, shapes[i].each, (size_t)(n / each), shapes[i].middle, shapes[i].close, "") != NULL;
            ok(good == (n <= SV_CEL_DEPTH_MAX), "%s %d deep: %s", shapes[i].name, n, good ? "accepted" : f.problems.items[0].text);
        }
    }
    ok(repeated("", "(", 60000, "1", NULL, "") == NULL, "60,000 open parentheses are refused");
    ok(repeated("", "[", 60000, "", NULL, "") == NULL, "60,000 open brackets are refused");
    ok(repeated("true", "||true", 15000, "", NULL, "") != NULL, "a chain of 15,000 || is not deep");
    ok(repeated("", "!", 60000, "true", NULL, "") == NULL, "60,000 negations are refused");
}

static void size(void)
{
    for (size_t n = SV_CEL_SOURCE_MAX - 1; n <= SV_CEL_SOURCE_MAX + 1; n++)
        ok((repeated("", " ", n - 1, "1", NULL, "") != NULL) == (n <= SV_CEL_SOURCE_MAX), "%zu bytes of source", n);
    for (size_t n = SV_CEL_NODES_MAX - 1; n <= SV_CEL_NODES_MAX + 1; n++) /* a list and its elements */
        ok((repeated("[", "1,", n - 1, "", NULL, "]") != NULL) == (n <= SV_CEL_NODES_MAX), "%zu parts: %s", n,
           n <= SV_CEL_NODES_MAX ? "accepted" : f.problems.items[0].text);
}

static void steps(void)
{
    struct sv_buf event = {0};
    sv_buf_str(&event, "{\"args\":{\"list\":[0");
    for (int i = 1; i < 1000; i++)
        sv_buf_printf(&event, ",%d", i);
    sv_buf_str(&event, "],\"text\":\"");
    for (int i = 0; i < 100000; i++)
        sv_buf_str(&event, "0123456789");
    sv_buf_str(&event, "\"}}");
    const char *text = sv_buf_cstr(&event);
    static const char limit[] = "error: cost limit: the expression took more than 1,000,000 steps";
    gives(text, "args.list.all(x, args.list.all(y, x + y >= 0))", limit);
    gives(text, "args.list.all(x, x < 1000)", "true");
    gives(text, "args.list.map(x, args.text + 'x').size() > 0", limit);
    gives(text, "args.list.exists(x, args.text.contains('needle' + string(x)) || args.text.contains('pin' + string(x)))", limit);
    gives(text, "args.list.all(x, args.list == args.list)", limit);
    gives(text, "size(args.text + args.text)", "2000000");
    gives(text, "args.text.contains('9012')", "true");
    gives(text, "args.text.contains('needle')", "false");
    gives(text, "args.list.map(a, args.list.map(b, args.list.map(c, c)))", limit);
    gives(text, "true || args.list.all(x, args.list.all(y, args.list.all(z, true)))", "true");
    gives(text, "size(args.text.replace('', args.text))", "error: a string would be longer than 16 MiB");
    gives(text,
          "size([args.text, args.text, args.text, args.text, args.text, args.text, args.text, args.text].join(args.text)) == "
          "15000000",
          "true");
    gives(text, "args.text.matches('^[0-9]+$')", "error: regular expression limit: the text is longer than 64 KiB");
    gives(text, "args.text.matches('^a b c$')", "false"); /* what lacks the text of the pattern cannot match */
    static const char *const costly[] = {"args.text == args.copy",
                                         "args.text <= args.copy",
                                         "args.text in [args.copy]",
                                         "args.text in {args.copy: 1}",
                                         "{args.copy: 1}[args.text] == 1",
                                         "args.text.startsWith(args.copy)",
                                         "args.text.endsWith(args.copy)",
                                         "args == args",
                                         "size(args) == 3",
                                         "cel.bind(o, args, has(o.missing)) || true",
                                         "args.text.contains('90123x')",
                                         "args.text.matches('90123x[0-9]+')",
                                         "{args.text: 1} == {args.copy: 1}",
                                         "{args.text: 1, args.text: 2}.size() == 2 || true",
                                         "args in [args]",
                                         "size(args.text) > 0",
                                         "args.text.substring(1) != ''",
                                         "duration(args.text) == duration('1s') || true",
                                         "int(args.text) == 1 || true",
                                         "double(args.text) > 1.0 || true"};
    event.len -= 2;
    sv_buf_str(&event, ",\"copy\":\"");
    for (int i = 0; i < 100000; i++)
        sv_buf_str(&event, "0123456789");
    sv_buf_str(&event, "\"}}");
    for (size_t i = 0; i < sizeof costly / sizeof *costly; i++) {
        char loop[200];
        snprintf(loop, sizeof loop, "[1, 2, 3].map(a, args.list.map(b, %s)).size() > 0", costly[i]);
        ok(strncmp(on(&f, sv_buf_cstr(&event), costly[i]), "problem", 7) != 0, "%s: %.60s", costly[i], f.text);
        (void)on(&f, sv_buf_cstr(&event), loop);
        ok(f.run.steps > SV_CEL_STEPS_MAX, "3,000 times that ends: %.60s", f.text);
    }
    sv_buf_free(&event);
}

/* Such a loop costs two steps a round, 1 + the one node of its body, and those of the round that finds the end. */
static void exact_steps(const char *loop)
{
    struct sv_cel *expr = compile(&f, loop);
    struct sv_buf event = {0};
    sv_buf_str(&event, "{\"args\":[0");
    for (unsigned i = 1; i < SV_CEL_STEPS_MAX / 2 - 1; i++)
        sv_buf_str(&event, ",0");
    size_t len = event.len - 2;
    for (int more = -1; more <= 1; more++) {
        event.len = len;
        for (int i = -1; i < more; i++)
            sv_buf_str(&event, ",0");
        sv_buf_str(&event, "]}");
        read_event(&f, sv_buf_cstr(&event));
        struct sv_value v = sv_cel_eval(expr, &f.run);
        bool good = (v.type != SV_ERROR) == (f.run.steps <= SV_CEL_STEPS_MAX) && (v.type == SV_ERROR) == (more > 0);
        ok(good, "%s, %u steps: %s", loop, (unsigned)f.run.steps, v.type == SV_ERROR ? shown(&f, v) : "done");
    }
    sv_buf_free(&event);
}

/* A pattern and what it is looked for in, as an expression meets them: constant, and from the event. */
static void patterns(void)
{
    for (size_t n = SV_REGEX_MAX - 1; n <= SV_REGEX_MAX + 1; n++) {
        struct sv_buf event = {0};
        bool good = repeated("'b'.matches('", "a", n, "", NULL, "')") != NULL;
        ok(good == (n <= SV_REGEX_MAX), "a pattern of %zu bytes", n);
        sv_buf_str(&event, "{\"args\":\"");
        for (size_t i = 0; i < n; i++)
            sv_buf_char(&event, 'a');
        sv_buf_str(&event, "\"}");
        gives(sv_buf_cstr(&event), "'b'.matches(args)", n <= SV_REGEX_MAX ? "false" : "error: bad regular expression");
        sv_buf_free(&event);
    }
    for (size_t n = SV_REGEX_SUBJECT_MAX - 1; n <= SV_REGEX_SUBJECT_MAX + 1; n++) {
        struct sv_buf event = {0};
        bool fits = n <= SV_REGEX_SUBJECT_MAX;
        sv_buf_str(&event, "{\"args\":\"");
        for (size_t i = 0; i < n; i++)
            sv_buf_char(&event, 'a');
        sv_buf_str(&event, "\"}");
        gives(sv_buf_cstr(&event), "args.matches('[b]')",
              fits ? "false" : "error: regular expression limit: the text is longer than 64 KiB");
        gives(sv_buf_cstr(&event), "args.matches('a+' + 'a$')",
              fits ? "true" : "error: regular expression limit: the text is longer than 64 KiB");
        gives(sv_buf_cstr(&event), "['a+$'].exists(p, args.matches(p))",
              fits ? "true" : "error: regular expression limit: the text is longer than 64 KiB");
        sv_buf_free(&event);
    }
}

static void lets(void)
{
    struct sv_cel_env *env = sv_cel_env_new(f.env, NULL, NULL);
    sv_cel_env_let(env, SV_SLICE("l0"), compile(&f, "exit_code"));
    int made = 0;
    for (int i = 1; i < 1200; i++, made++) {
        char name[16], text[32];
        snprintf(name, sizeof name, "l%d", i);
        snprintf(text, sizeof text, "l%d + 1", i - 1);
        struct sv_cel *expr = sv_cel_compile(env, sv_slice_str(text), SV_CEL_DYN, &f.problems);
        if (expr == NULL)
            break;
        sv_cel_env_let(env, sv_slice_str(name), expr);
    }
    ok(made > 400 && made < 1000, "names that read names end before 1,000 deep (%d)", made);
}

int main(void)
{
    fixture_open(&f);
    depth();
    size();
    steps();
    exact_steps("args.all(v, true)");
    exact_steps("args.all(i, v, true)");
    exact_steps("args.transformList(i, v, v)");
    exact_steps("args.existsOne(i, v, true)");
    patterns();
    lets();
    fixture_close(&f);
    return done();
}
