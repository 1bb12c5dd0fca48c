/* SPDX-License-Identifier: ISC */
/* gen.c - a synthetic fleet: native events as NDJSON on stdout, the same for the same count and seed.
 *
 *     gen COUNT [SEED]
 *
 * A hundred agents of very different diligence; tool calls with nested arguments, results, model calls, messages, states and
 * errors in the shares that real logs have; about 480 bytes an event, one in a hundred of interest to a policy of bench/policies. */
#include <stdarg.h>
#include <stdio.h>
#include <stdlib.h>

#include "base/buf.h"
#include "base/time.h"
#include "json/writer.h"

#define COUNT_OF(array) (sizeof(array) / sizeof *(array))
#define PICK(array) (array)[below(COUNT_OF(array))]

static uint64_t state;
static struct sv_buf out, text;

static uint64_t next(void) /* splitmix64, http://prng.di.unimi.it/splitmix64.c, public domain */
{
    uint64_t z = state += 0x9e3779b97f4a7c15u;
    z = (z ^ (z >> 30)) * 0xbf58476d1ce4e5b9u;
    z = (z ^ (z >> 27)) * 0x94d049bb133111ebu;
    return z ^ (z >> 31);
}

static uint64_t below(uint64_t n)
{
    return next() % n;
}

static bool chance(double p)
{
    return (double)(next() >> 11) * 0x1p-53 < p;
}

/* Something like a log-normal spread around `middle`: mostly near it, now and then twenty times as much. */
static uint64_t spread(uint64_t middle)
{
    double factor = 1;
    for (int i = 0; i < 6; i++)
        factor *= 0.5 + (double)(next() >> 11) * 0x1p-53 * 1.25;
    return (uint64_t)((double)middle * factor * (chance(0.02) ? 8 : 1)) + 1;
}

static const char *const words[] = {"the", "of", "build", "server", "request", "failed", "retry", "module", "config", "update", "deploy",
    "patch", "test", "branch", "merge", "review", "cache", "token", "index", "latency", "queue", "worker", "agent", "policy", "rule",
    "window", "event", "stream", "parse", "value", "field", "error", "na\xc3\xafve", "Gr\xc3\xb6\xc3\x9f\x65", "\xe6\x97\xa5\xe6\x9c\xac",
    "\xf0\x9f\x9a\x80", "object", "\"quoted\"", "back\\slash", "tab\tstop", "line\nbreak", "output", "stderr", "exit", "code"};
static const char *const folders[] = {"src", "lib", "core", "api", "web", "cmd", "tests", "docs", "engine", "store"};
static const char *const tools[] = {"bash", "bash", "bash", "bash", "read_file", "read_file", "read_file", "edit", "edit", "write_file",
    "grep", "grep", "web_fetch", "deploy", "sql", "test"};
static const char *const models[] = {"claude-opus-4", "claude-sonnet-4", "gpt-5", "gemini-2.5-pro", "llama-4-70b"};
static const char *const errors[] = {"connection refused", "rate limit exceeded (429)", "permission denied: /var/run/docker.sock",
    "timeout after 30000 ms", "exit status 1", "no such file or directory", "out of memory"};
static const char *const states[] = {"idle", "working", "waiting", "blocked"};

static void sentence(size_t least, size_t most)
{
    for (size_t n = least + below(most - least + 1); n > 0; n--)
        sv_buf_printf(&text, "%s%s", PICK(words), n > 1 ? " " : "");
}

static void path(void)
{
    if (chance(0.002)) {
        sv_buf_str(&text, "/etc/passwd");
        return;
    }
    sv_buf_printf(&text, "/home/work/repo-%02d", (int)below(40));
    for (size_t n = 1 + below(4); n > 0; n--)
        sv_buf_printf(&text, "/%s", PICK(folders));
    sv_buf_printf(&text, "/file_%d.c", (int)below(1000));
}

static void command(void)
{
    if (chance(0.003)) {
        sv_buf_str(&text, "git push origin main --force");
    } else if (chance(0.002)) {
        sv_buf_str(&text, "rm -rf ~");
    } else if (chance(0.15)) {
        sv_buf_str(&text, "git commit -m \"");
        sentence(4, 8);
        sv_buf_char(&text, '"');
    } else if (chance(0.4)) {
        sv_buf_str(&text, "cd ");
        path();
        sv_buf_printf(&text, " && make -j4 test 2>&1 | tail -%d", (int)below(80));
    } else {
        sv_buf_str(&text, "python3 - <<'EOF'\nimport json,sys\nfor l in open(\"");
        path();
        sv_buf_str(&text, "\"):\n\td=json.loads(l)\n\tprint(d)\n");
        sentence(2, 20);
        sv_buf_str(&text, "\nEOF");
    }
}

/* The member `key` with the text made by `make`, or the text given. */
static void member(const char *key, const char *plain)
{
    sv_json_put_key(&out, key);
    sv_json_put_string(&out, plain != NULL ? sv_slice_str(plain) : sv_buf_slice(&text));
    sv_buf_clear(&text);
}

__attribute__((format(printf, 2, 3))) static void bare(const char *key, const char *format, ...)
{
    char value[64];
    va_list args;
    va_start(args, format);
    vsnprintf(value, sizeof value, format, args);
    va_end(args);
    sv_json_put_key(&out, key);
    sv_buf_str(&out, value);
}

static void told(size_t least, size_t most)
{
    sentence(least, most);
    if (chance(0.001))
        sv_buf_printf(&text, " export API_KEY=sk-%08x", (unsigned)next());
    member("text", NULL);
}

static void tool_call(void)
{
    const char *tool = PICK(tools);
    member("tool", tool);
    sv_buf_str(&out, ",\"args\":{");
    if (strcmp(tool, "bash") == 0 || strcmp(tool, "test") == 0 || strcmp(tool, "sql") == 0 || strcmp(tool, "deploy") == 0) {
        command();
        member("command", NULL);
    } else if (strcmp(tool, "web_fetch") == 0) {
        sv_buf_printf(&text, "https://example.org/%s/%d", PICK(folders), (int)below(99999));
        member("url", NULL);
    } else {
        path();
        member("path", NULL);
        sentence(5, 30);
        member("content", NULL);
    }
    sv_buf_str(&out, ",\"opts\":{");
    bare("timeout", "%d", (int)below(600));
    sv_buf_str(&out, "}}");
    member("status", "started");
    if (chance(0.5))
        told(4, 18);
}

static void tool_result(void)
{
    bool bad = chance(0.035);
    member("tool", PICK(tools));
    member("status", bad ? "error" : "ok");
    if (bad)
        member("error", PICK(errors));
    bare("latency_ms", "%d", (int)spread(600));
    told(8, 50);
}

static void llm_call(void)
{
    uint64_t in = spread(10000), made = spread(250);
    member("model", chance(0.01) ? "experimental-x" : PICK(models));
    bare("latency_ms", "%d", (int)spread(3000));
    bare("tokens_in", "%d", (int)in);
    bare("tokens_out", "%d", (int)made);
    bare("cost_usd", "%.6f", (double)in * 4e-6 + (double)made * 2.4e-5);
    told(10, 45);
}

static void event(uint64_t number, int64_t time_ns)
{
    uint64_t agent = below(1 + below(100)); /* few do much, many do little */
    sv_buf_str(&out, "{");
    sv_buf_printf(&text, "%08x-%04x-4%03x-a%03x-%012llx", (unsigned)next(), (unsigned)(next() & 0xffff), (unsigned)(next() & 0xfff),
                  (unsigned)(next() & 0xfff), (unsigned long long)number);
    member("id", NULL);
    sv_time_format(&text, time_ns);
    member("ts", NULL);
    sv_buf_printf(&text, "agent-%03d", (int)agent);
    member("agent", NULL);
    sv_buf_printf(&text, "team-%02d", (int)(agent / 10));
    member("team", NULL);
    sv_buf_printf(&text, "s-%08x", (unsigned)(agent * 2654435761u));
    member("session", NULL);
    uint64_t kind = below(1000);
    member("type", kind < 310   ? "tool_call"
                   : kind < 590 ? "tool_result"
                   : kind < 740 ? "llm_call"
                   : kind < 910 ? "message"
                   : kind < 992 ? "status"
                                : "error");
    if (kind < 310) {
        tool_call();
    } else if (kind < 590) {
        tool_result();
    } else if (kind < 740) {
        llm_call();
    } else if (kind < 910) {
        sv_buf_printf(&text, "agent-%03d", (int)below(100));
        member("to", NULL);
        told(15, 60);
    } else if (kind < 992) {
        member("status", PICK(states));
        told(3, 10);
    } else {
        member("tool", PICK(tools));
        member("status", "error");
        member("error", PICK(errors));
        told(5, 25);
    }
    sv_buf_str(&out, "}\n");
}

int main(int argc, char **argv)
{
    uint64_t count = argc > 1 ? strtoull(argv[1], NULL, 10) : 0;
    if (count == 0) {
        fprintf(stderr, "usage: gen COUNT [SEED]\n");
        return 2;
    }
    state = argc > 2 ? strtoull(argv[2], NULL, 10) : 20260301;
    int64_t time_ns = 1772323200000000000; /* 2026-03-01 */
    for (uint64_t i = 0; i < count; i++) {
        time_ns += (int64_t)below(144) * 1000000;
        event(i, time_ns);
        if (out.len > 1 << 20 || i + 1 == count) {
            if (fwrite(out.data, 1, out.len, stdout) != out.len)
                break;
            sv_buf_clear(&out);
        }
    }
    return fclose(stdout) == 0 ? 0 : 4;
}
