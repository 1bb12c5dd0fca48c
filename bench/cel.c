/* SPDX-License-Identifier: ISC */
/* cel.c - nanoseconds per evaluation of a compiled condition on an event that was read already: median of 7 runs, each over
 * 1,000 events of a mixed stream. Conditions: one of two strings, one of a number, one of several kinds, one with a regular
 * expression; `nothing` is the call alone. */
#include <stdio.h>
#include <stdlib.h>

#include "base/os.h"
#include "cel/cel.h"
#include "measure/random.h"

enum { EVENTS = 1000, ROUNDS = 2000, RUNS = 7, SLOTS = 6 };

static const struct {
    const char *name, *text;
} conditions[] = {
    {"nothing", "true"},
    {"simple", "type == 'tool_call' && tool == 'bash'"},
    {"number", "latency_ms > 30000"},
    {"medium", "type == 'tool_result' && status == 'error' && latency_ms > 100 && tool in ['deploy', 'bash', 'sql']"},
    {"regex", "type == 'tool_call' && tool == 'bash' && args.command.matches('git push .*(--force|-f)')"},
    {"contains", "command.contains('API_KEY=')"},
};

static const char *const types[] = {"tool_call", "tool_result", "llm_call", "message"};
static const char *const tools[] = {"bash", "read_file", "deploy", "sql", "http_get"};
static const char *const commands[] = {
    "cd /srv/app && make -j4 test 2>&1 | tee build.log && git add -A && git commit -m 'fix the build' && git push origin main",
    "git push --force origin main && echo done; ls -la /var/log/app/2026-01-01 | sort -k5 -n | tail -20; df -h; free -m; uptime; w",
    "grep -rn --include=*.c 'sv_slice_find' libcore | head -20; find . -name '*.o' -newer Makefile -delete; make clean all check"};

static struct sv_value text(const char *s)
{
    return sv_value_str(sv_slice_str(s));
}

static int by_value(const void *a, const void *b)
{
    double x = *(const double *)a, y = *(const double *)b;
    return (x > y) - (x < y);
}

/* ns of one evaluation, processor time. */
static double once(const struct sv_cel *expr, struct sv_cel_run *run, struct sv_value *events, size_t *held)
{
    int64_t start = sv_os_cpu_ns();
    for (int round = 0; round < ROUNDS; round++)
        for (int i = 0; i < EVENTS; i++) {
            run->slots = events + i * SLOTS;
            run->event++;
            struct sv_value v = sv_cel_eval(expr, run);
            *held += v.type == SV_BOOL && v.b;
        }
    return (double)(sv_os_cpu_ns() - start) / ROUNDS / EVENTS;
}

int main(void)
{
    struct sv_arena arena = {0};
    struct sv_paths *paths = sv_paths_new();
    struct sv_cel_env *env = sv_cel_env_new(NULL, paths, &arena);
    static const char *const fields[] = {"type", "tool", "status", "latency_ms", "command", "args"};
    for (uint32_t i = 0; i < SLOTS; i++) {
        uint32_t node = sv_paths_key(paths, SV_PATHS_ROOT, sv_slice_str(fields[i]));
        if (i == 5) /* args.command */
            sv_paths_bind(paths, sv_paths_key(paths, node, SV_SLICE("command")), i);
        else
            sv_paths_bind(paths, node, i);
        sv_cel_env_path(env, sv_slice_str(fields[i]), node, i == 5 ? SV_CEL_DYN : i == 3 ? SV_CEL_DOUBLE : SV_CEL_STRING, NULL);
    }
    struct sv_value *events = sv_calloc((size_t)EVENTS * SLOTS, sizeof *events);
    struct sv_random dice;
    sv_random_seed(&dice, 1);
    for (int i = 0; i < EVENTS; i++) {
        struct sv_value *slots = events + i * SLOTS;
        slots[0] = text(types[sv_random_below(&dice, 4)]);
        slots[1] = text(tools[sv_random_below(&dice, 5)]);
        slots[2] = text(sv_random_below(&dice, 10) == 0 ? "error" : "ok");
        slots[3] = sv_value_double(sv_random_below(&dice, 40000));
        slots[4] = slots[5] = text(commands[sv_random_below(&dice, 3)]);
    }
    for (size_t i = 0; i < sizeof conditions / sizeof *conditions; i++) {
        struct sv_cel_problems problems;
        struct sv_cel *expr = sv_cel_compile(env, sv_slice_str(conditions[i].text), SV_CEL_BOOL, &problems);
        if (expr == NULL) {
            fprintf(stderr, "cel: %s: %s\n", conditions[i].name, problems.items[0].text);
            return 1;
        }
        struct sv_cel_run run = {.arena = &arena};
        double ns[RUNS];
        size_t held = 0;
        for (int k = 0; k < RUNS; k++)
            ns[k] = once(expr, &run, events, &held);
        qsort(ns, RUNS, sizeof *ns, by_value);
        printf("%-9s %6.1f ns per evaluation (%.1f to %.1f), true for %4.1f %%\n", conditions[i].name, ns[RUNS / 2], ns[0],
               ns[RUNS - 1], 100.0 * (double)held / RUNS / ROUNDS / EVENTS);
        sv_cel_run_free(&run);
    }
    sv_free(events);
    sv_cel_env_free(env);
    sv_paths_free(paths);
    sv_arena_free(&arena);
    return 0;
}
