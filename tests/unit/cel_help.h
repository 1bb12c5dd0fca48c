/* SPDX-License-Identifier: ISC */
/* cel_help.h - an environment with a few fields of an event, and expressions evaluated on an event given as JSON.
 *
 * Floor: tests. */
#ifndef CEL_HELP_H
#define CEL_HELP_H

#include <stdlib.h>

#include "base/mem.h"
#include "cel/cel.h"
#include "json/reader.h"

struct fixture {
    struct sv_paths *paths;
    struct sv_cel_env *env;
    struct sv_arena arena; /* what is compiled */
    struct sv_arena record;
    struct sv_value slots[512];
    struct sv_cel_run run;
    struct sv_cel_problems problems;
    char text[4096]; /* of the last result */
};

__attribute__((unused)) static void fixture_open(struct fixture *f)
{
    static const struct {
        const char *name;
        enum sv_cel_type type;
    } fields[] = {{"type", SV_CEL_STRING}, {"tool", SV_CEL_STRING}, {"agent", SV_CEL_STRING},      {"command", SV_CEL_STRING},
                  {"path", SV_CEL_STRING}, {"cwd", SV_CEL_STRING},  {"latency_ms", SV_CEL_DOUBLE}, {"exit_code", SV_CEL_INT},
                  {"args", SV_CEL_DYN},    {"labels", SV_CEL_MAP}};
    *f = (struct fixture){0};
    f->paths = sv_paths_new();
    f->env = sv_cel_env_new(NULL, f->paths, &f->arena);
    for (size_t i = 0; i < sizeof fields / sizeof *fields; i++) {
        struct sv_buf full = {0};
        uint32_t node = sv_paths_key(f->paths, SV_PATHS_ROOT, sv_slice_str(fields[i].name));
        sv_buf_str(&full, "event.");
        sv_buf_str(&full, fields[i].name);
        sv_cel_env_path(f->env, sv_slice_str(fields[i].name), node, fields[i].type, NULL);
        sv_cel_env_path(f->env, sv_buf_slice(&full), node, fields[i].type, NULL);
        sv_buf_free(&full);
    }
    sv_cel_env_root(f->env, SV_SLICE("event"), SV_PATHS_ROOT);
    f->run = (struct sv_cel_run){.slots = f->slots, .arena = &f->record};
}

__attribute__((unused)) static void fixture_close(struct fixture *f)
{
    sv_cel_run_free(&f->run);
    sv_cel_env_free(f->env);
    sv_paths_free(f->paths);
    sv_arena_free(&f->arena);
    sv_arena_free(&f->record);
}

/* NULL: f->problems say why. */
__attribute__((unused)) static struct sv_cel *compile(struct fixture *f, const char *text)
{
    return sv_cel_compile(f->env, sv_slice_str(text), SV_CEL_DYN, &f->problems);
}

__attribute__((unused)) static void read_event(struct fixture *f, const char *event)
{
    struct sv_error err = {0};
    sv_arena_reset(&f->record);
    memset(f->slots, 0, sizeof f->slots);
    f->run.event++;
    if (sv_paths_slots(f->paths) > sizeof f->slots / sizeof *f->slots ||
        !sv_json_project(f->paths, SV_PATHS_ROOT, sv_slice_str(event), f->slots, NULL, &err)) {
        fprintf(stderr, "bad event in a test: %.200s: %s\n", event, err.text);
        abort();
    }
    for (uint32_t i = 0; i < sv_paths_slots(f->paths); i++) { /* as the event's reader does for fields of type number */
        if (i == sv_paths_slot(f->paths, sv_paths_find(f->paths, SV_PATHS_ROOT, SV_SLICE("latency_ms"))) &&
            f->slots[i].type == SV_INT)
            f->slots[i] = sv_value_double((double)f->slots[i].i);
    }
}

/* "true", "absent", "error: why", or the value as JSON. */
__attribute__((unused)) static const char *shown(struct fixture *f, struct sv_value v)
{
    struct sv_buf out = {0};
    if (v.type == SV_ABSENT)
        sv_buf_str(&out, "absent");
    else if (v.type == SV_ERROR)
        sv_buf_printf(&out, "error: %.*s", (int)v.len, v.s);
    else
        sv_cel_put_json(&out, v, &f->record);
    snprintf(f->text, sizeof f->text, "%s", sv_buf_cstr(&out));
    sv_buf_free(&out);
    return f->text;
}

/* The expression's value on the event; "problem OFFSET+LENGTH: text" for what does not compile. */
__attribute__((unused)) static const char *on(struct fixture *f, const char *event, const char *text)
{
    struct sv_cel *expr = compile(f, text);
    if (expr == NULL) {
        snprintf(f->text, sizeof f->text, "problem %u+%u: %s", (unsigned)f->problems.items[0].offset,
                 (unsigned)f->problems.items[0].length, f->problems.items[0].text);
        return f->text;
    }
    read_event(f, event);
    return shown(f, sv_cel_eval(expr, &f->run));
}

#define gives(event, text, want) is_str(on(&f, event, text), want, "%s", text)

#endif
