/* SPDX-License-Identifier: ISC */
#include "run/alert_try.h"

#include "alert/config.h"
#include "base/os.h"
#include "base/time.h"
#include "run/alert_intake.h"
#include "run/tell.h"

/* Part of the manual: new ones go to the end. */
enum { C_EVALUATION, C_ROUTE, C_RECEIVER, C_LEVELS, C_GROUP, C_WAIT, C_INTERVAL, C_REPEAT, C_MUTED, C_LINE, C_COUNT };
const struct sv_list_column sv_alert_route_columns[] = {
    [C_EVALUATION] = {"evaluation", 10, 24, false, false, false}, [C_ROUTE] = {"route", 8, 0, true, false, false},
    [C_RECEIVER] = {"receiver", 8, 16, false, false, false},      [C_LEVELS] = {"levels", 6, 24, false, false, false},
    [C_GROUP] = {"group", 8, 30, false, false, false},            [C_WAIT] = {"wait_s", 6, 6, false, false, true},
    [C_INTERVAL] = {"interval_s", 0, 10, false, false, true},     [C_REPEAT] = {"repeat_s", 0, 8, false, false, true},
    [C_MUTED] = {"muted", 5, 5, false, false, false},             [C_LINE] = {"line", 0, 5, false, false, true},
};
const size_t sv_alert_route_column_count = C_COUNT;

struct trying {
    const struct sv_ask *ask;
    struct sv_alert_config *config;
    struct sv_alert_subject subject;
    struct sv_redactor *redactor;
    struct sv_arena arena;
    struct sv_buf out, group, levels;
    size_t unheard;            /* evaluations that nobody is told of */
    int64_t now_ns;
};

/* The values of group_by, without the route's path. */
static void put_group(struct trying *trying, uint32_t route)
{
    const struct sv_alert_route *r = &trying->config->routes[route];
    sv_buf_clear(&trying->group);
    for (size_t i = 0; i < r->by_count; i++) {
        struct sv_slice value = sv_alert_text(&trying->subject, r->by[i]);
        sv_buf_printf(&trying->group, "%s%.*s=%.*s", i > 0 ? " " : "", SV_ARG(r->by[i]), SV_ARG(value.len > 0 ? value : SV_SLICE("-")));
    }
}

static void put_levels(struct trying *trying, const struct sv_alert_route *route)
{
    sv_buf_clear(&trying->levels);
    for (size_t i = 0; i < route->timing.levels; i++)
        sv_buf_printf(&trying->levels, "%s%.*s", i > 0 ? " " : "", SV_ARG(trying->config->receivers[route->level_receivers[i]].name));
}

static struct sv_list_cell seconds(int64_t ns)
{
    return sv_ask_number(true, ns / SV_SECOND_NS);
}

static void put_row(struct trying *trying, struct sv_slice id, uint32_t route)
{
    const struct sv_alert_route *r = &trying->config->routes[route];
    put_group(trying, route);
    put_levels(trying, r);
    struct sv_list_cell cells[C_COUNT] = {
        [C_EVALUATION] = sv_ask_text(id),
        [C_ROUTE] = sv_ask_text(r->path),
        [C_RECEIVER] = sv_ask_text(trying->config->receivers[r->receiver].name),
        [C_LEVELS] = sv_ask_text(sv_buf_slice(&trying->levels)),
        [C_GROUP] = sv_ask_text(sv_buf_slice(&trying->group)),
        [C_WAIT] = seconds(r->timing.wait_ns),
        [C_INTERVAL] = seconds(r->timing.interval_ns),
        [C_REPEAT] = seconds(r->timing.repeat_ns),
        [C_MUTED] = sv_ask_text(sv_alert_is_muted(trying->config, route, trying->now_ns) ? SV_SLICE("yes") : SV_SLICE("no")),
        [C_LINE] = sv_ask_number(r->line > 0, r->line),
    };
    sv_list_row(&trying->ask->list, &trying->out, cells);
}

static bool try_line(struct trying *trying, struct sv_slice line, struct sv_error *wrong)
{
    uint32_t routes[SV_ALERT_ROUTES_MAX];
    struct sv_alert_line read;
    bool is_heard = false;
    if (!sv_alert_line_read(&read, line, trying->now_ns, trying->redactor, &trying->arena, wrong))
        return false;
    if (!sv_alert_subject_read(trying->config, &trying->subject, line))
        return sv_error_set(wrong, SV_INPUT, "not an evaluation");
    size_t count = sv_alert_routes(trying->config, &trying->subject, routes, SV_ALERT_ROUTES_MAX);
    for (size_t i = 0; i < count; i++) {
        put_row(trying, read.id, routes[i]);
        is_heard |= trying->config->receivers[trying->config->routes[routes[i]].receiver].kind != SV_RECEIVER_NONE;
    }
    trying->unheard += !is_heard;
    return true;
}

static void try_lines(struct trying *trying, struct sv_slice lines, const char *file, struct sv_findings *findings)
{
    sv_list_head(&trying->ask->list, &trying->out);
    for (uint32_t number = 1; lines.len > 0; number++) {
        const char *end = memchr(lines.data, '\n', lines.len);
        size_t len = end != NULL ? (size_t)(end - lines.data) + 1 : lines.len;
        struct sv_slice line = sv_slice_trim(sv_slice(lines.data, len));
        struct sv_error wrong = {0};
        lines = sv_slice(lines.data + len, lines.len - len);
        if (line.len > 0 && !try_line(trying, line, &wrong)) {
            sv_error_at(&wrong, file, number, wrong.column);
            sv_findings_add(findings, &wrong);
        }
        sv_arena_reset(&trying->arena);
    }
}

struct sv_answer *sv_alert_try_open(const struct sv_ask *ask, const char *config, struct sv_slice lines, const char *file,
                                    struct sv_findings *findings, struct sv_error *err)
{
    struct trying trying = {.ask = ask, .config = sv_alert_config_load(config, findings), .redactor = sv_redactor_new(), .now_ns = sv_os_now_ns()};
    if (trying.config != NULL)
        try_lines(&trying, lines, file, findings);
    bool fine = findings->count == 0 || sv_findings_fail(findings, "nothing was sent", err);
    sv_alert_subject_free(&trying.subject);
    sv_alert_config_free(trying.config);
    sv_redactor_free(trying.redactor);
    sv_arena_free(&trying.arena);
    sv_buf_free(&trying.group);
    sv_buf_free(&trying.levels);
    if (fine)
        return sv_answer_ready(&trying.out, trying.unheard > 0 ? SV_FOUND : SV_DONE);
    sv_buf_free(&trying.out);
    return NULL;
}

static void put_count(struct sv_buf *out, size_t count, const char *what)
{
    sv_buf_printf(out, "%s%zu %s%s", out->len > 0 ? ", " : "", count, what, count == 1 ? "" : "s");
}

/* As far as can be seen without telling it: its program, its folder, its secret. */
static void check_receiver(const char *path, const struct sv_receiver *receiver, struct sv_findings *findings)
{
    struct sv_error err = {0}, wrong = {0};
    if (sv_tell_check(receiver, &err))
        return;
    sv_error_set(&wrong, SV_INPUT, "receiver %.*s: %s%s%s", SV_ARG(receiver->name), err.file, err.file[0] != '\0' ? ": " : "", err.text);
    sv_error_at(&wrong, path, receiver->line, 0);
    sv_findings_add(findings, &wrong);
}

bool sv_alert_check(const char *path, struct sv_buf *out, struct sv_findings *findings)
{
    struct sv_alert_config *config = sv_alert_config_load(path, findings);
    if (config == NULL)
        return false;
    size_t before = findings->count;
    for (size_t i = 0; i < config->receiver_count; i++)
        check_receiver(path, &config->receivers[i], findings);
    put_count(out, config->route_count, "route");
    put_count(out, config->receiver_count, "receiver");
    put_count(out, config->mute_count, "mute time");
    put_count(out, config->inhibition_count, "inhibition");
    sv_buf_str(out, "; no findings\n");
    sv_alert_config_free(config);
    return findings->count == before;
}
