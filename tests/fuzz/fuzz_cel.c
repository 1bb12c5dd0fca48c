/* SPDX-License-Identifier: ISC */
/* fuzz_cel.c - any bytes as an expression, checked and unchecked, on an event that may stand behind a NUL. Problems lie inside
 * the text; a value that comes out can be written as JSON, equals itself unless it holds a NaN, and comes out again. */
#include <stdlib.h>

#include "base/limits.h"
#include "base/mem.h"
#include "cel/cel.h"
#include "json/reader.h"

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size);

enum { SLOTS_MAX = 4096 };

static struct sv_arena arena, record;

static void require(bool holds)
{
    if (!holds)
        abort();
}

static void declare(struct sv_cel_env *env, struct sv_paths *paths)
{
    static const struct {
        const char *name;
        enum sv_cel_type type;
    } fields[] = {
        {"type", SV_CEL_STRING}, {"tool", SV_CEL_STRING}, {"path", SV_CEL_STRING}, {"cwd", SV_CEL_STRING}, {"args", SV_CEL_DYN}};
    for (size_t i = 0; i < sizeof fields / sizeof *fields; i++)
        sv_cel_env_path(env, sv_slice_str(fields[i].name), sv_paths_key(paths, SV_PATHS_ROOT, sv_slice_str(fields[i].name)),
                        fields[i].type, NULL);
    sv_cel_env_root(env, SV_SLICE("event"), SV_PATHS_ROOT);
}

static void write_value(struct sv_value v, struct sv_buf *out)
{
    struct sv_value again;
    sv_buf_clear(out);
    sv_cel_put_json(out, v, &record);
    require(out->len > SV_LINE_MAX || v.type == SV_LIST || v.type == SV_MAP || sv_json_read(sv_buf_slice(out), &again, NULL));
}

static void evaluate(const struct sv_cel *expr, struct sv_paths *paths, struct sv_slice event)
{
    static struct sv_value slots[SLOTS_MAX];
    struct sv_buf once = {0}, twice = {0};
    if (sv_paths_slots(paths) > SLOTS_MAX)
        return;
    memset(slots, 0, sizeof slots);
    if (!sv_json_project(paths, SV_PATHS_ROOT, event, slots, NULL, NULL))
        memset(slots, 0, sizeof slots);
    struct sv_cel_run run = {.slots = slots, .arena = &record};
    struct sv_value v = sv_cel_eval(expr, &run);
    write_value(v, &once);
    run.event++;
    struct sv_value again = sv_cel_eval(expr, &run);
    write_value(again, &twice);
    require(v.type == again.type && sv_slice_equal(sv_buf_slice(&once), sv_buf_slice(&twice)));
    sv_buf_free(&once);
    sv_buf_free(&twice);
    sv_cel_run_free(&run);
}

static void try(struct sv_slice text, struct sv_slice event, bool unchecked)
{
    struct sv_paths *paths = sv_paths_new();
    struct sv_cel_env *env = sv_cel_env_new(NULL, paths, &arena);
    struct sv_cel_problems problems;
    struct sv_cel_fact facts[4];
    declare(env, paths);
    if (unchecked)
        sv_cel_env_unchecked(env);
    struct sv_cel *expr = sv_cel_compile(env, text, SV_CEL_DYN, &problems);
    if (expr != NULL) {
        evaluate(expr, paths, event);
        sv_cel_facts(expr, facts, 4);
    } else {
        require(problems.count > 0);
        for (size_t i = 0; i < problems.count; i++) {
            const struct sv_cel_problem *p = &problems.items[i];
            require(p->offset <= text.len && p->length <= text.len - p->offset && p->text[0] != '\0');
        }
    }
    sv_cel_env_free(env);
    sv_paths_free(paths);
    sv_arena_free(&arena);
    sv_arena_free(&record);
}

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
    const char *nul = memchr(data, '\0', size);
    size_t len = nul != NULL ? (size_t)(nul - (const char *)data) : size;
    struct sv_slice event = SV_SLICE("{\"type\":\"tool.call\",\"tool\":\"ba\\u0073h\",\"path\":\"../x\",\"cwd\":\"/home/a/b\","
                                     "\"args\":{\"list\":[1,2.5,\"x\\n\",null,{\"a\":[]}],\"text\":\"git push\",\"n\":5,\"n\":6}}");
    if (nul != NULL)
        event = sv_slice(nul + 1, size - len - 1);
    try(sv_slice((const char *)data, len), event, false);
    try(sv_slice((const char *)data, len), event, true);
    return 0;
}
