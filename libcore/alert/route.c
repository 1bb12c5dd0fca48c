/* SPDX-License-Identifier: ISC */
/* Which way an evaluation takes, and what keeps it quiet. */
#include "alert/config.h"
#include "base/time.h"
#include "json/reader.h"
#include "json/writer.h"

bool sv_alert_subject_read(const struct sv_alert_config *config, struct sv_alert_subject *subject, struct sv_slice json)
{
    size_t slots = sv_paths_slots(config->paths);
    struct sv_error err = {0};
    sv_arena_reset(&subject->arena);
    subject->json = json;
    subject->slots = sv_realloc(subject->slots, (slots + 1) * sizeof *subject->slots);
    memset(subject->slots, 0, (slots + 1) * sizeof *subject->slots);
    subject->run.slots = subject->slots;
    subject->run.arena = &subject->arena;
    subject->run.event++;
    return json.len > 0 && json.data[0] == '{' && sv_json_project(config->paths, SV_PATHS_ROOT, json, subject->slots, NULL, &err);
}

void sv_alert_subject_free(struct sv_alert_subject *subject)
{
    sv_free(subject->slots);
    sv_arena_free(&subject->arena);
    sv_cel_run_free(&subject->run);
    *subject = (struct sv_alert_subject){0};
}

struct sv_slice sv_alert_text(struct sv_alert_subject *subject, struct sv_slice name)
{
    struct sv_value object = {.type = SV_JSON, .len = (uint32_t)subject->json.len, .s = subject->json.data};
    struct sv_value value = sv_json_get(object, name);
    struct sv_buf text = {0};
    if (value.type == SV_ABSENT || value.type == SV_NULL)
        return SV_SLICE("");
    if (value.type == SV_STRING)
        return sv_value_string(&value, &subject->arena);
    sv_json_put_value(&text, value);
    struct sv_slice out = sv_arena_dup(&subject->arena, sv_buf_slice(&text));
    sv_buf_free(&text);
    return out;
}

bool sv_alert_matches(const struct sv_cel *when, struct sv_alert_subject *subject)
{
    struct sv_value value = when != NULL ? sv_cel_eval(when, &subject->run) : sv_value_bool(true);
    return value.type == SV_BOOL && value.b;
}

struct walk {
    const struct sv_alert_config *config;
    struct sv_alert_subject *subject;
    uint32_t *routes;
    size_t count, room;
};

/* True when the route, or one below it, has taken it. Depth is bounded by that of the file. */
static bool walk(struct walk *w, uint32_t route)
{
    const struct sv_alert_config *config = w->config;
    bool taken = false;
    if (!sv_alert_matches(config->routes[route].when, w->subject))
        return false;
    for (uint32_t kid = route + 1; kid < config->route_count; kid++) {
        if (config->routes[kid].parent != route || !walk(w, kid))
            continue;
        taken = true;
        if (!config->routes[kid].goes_on)
            break;
    }
    if (!taken && w->count < w->room)
        w->routes[w->count++] = route;
    return true;
}

size_t sv_alert_routes(const struct sv_alert_config *config, struct sv_alert_subject *subject, uint32_t *routes, size_t room)
{
    struct walk w = {config, subject, routes, 0, room};
    walk(&w, 0);
    return w.count;
}

void sv_alert_group_key(const struct sv_alert_config *config, uint32_t route, struct sv_alert_subject *subject, struct sv_buf *out)
{
    const struct sv_alert_route *r = &config->routes[route];
    sv_buf_char(out, '[');
    sv_json_put_string(out, r->path);
    for (size_t i = 0; i < r->by_count; i++) {
        sv_buf_char(out, ',');
        sv_json_put_string(out, sv_alert_text(subject, r->by[i]));
    }
    sv_buf_char(out, ']');
}

uint32_t sv_alert_route_find(const struct sv_alert_config *config, struct sv_slice path)
{
    for (uint32_t i = 0; i < config->route_count; i++)
        if (sv_slice_equal(config->routes[i].path, path))
            return i;
    return 0;
}

/* --- times --- */

/* Day and second of it, by the zone's clock. */
static void local_time(const struct sv_mute_time *mute, int64_t now_ns, int64_t *day, int32_t *second)
{
    int64_t utc_s = now_ns / SV_SECOND_NS - (now_ns % SV_SECOND_NS < 0);
    int64_t local_s = utc_s + (mute->zone != NULL ? sv_zone_offset(mute->zone, utc_s) : 0);
    *day = local_s / 86400 - (local_s % 86400 < 0);
    *second = (int32_t)(local_s - *day * 86400);
}

static bool is_day(const struct sv_mute_time *mute, int64_t day)
{
    int64_t since_monday = (day + 3) % 7; /* 1970-01-01 was a Thursday */
    return mute->days >> (since_monday < 0 ? since_monday + 7 : since_monday) & 1;
}

static bool is_within(const struct sv_mute_time *mute, int64_t now_ns)
{
    int64_t day;
    int32_t second;
    local_time(mute, now_ns, &day, &second);
    if (mute->from_s < mute->to_s)
        return is_day(mute, day) && second >= mute->from_s && second < mute->to_s;
    return (is_day(mute, day) && second >= mute->from_s) || (is_day(mute, day - 1) && second < mute->to_s);
}

bool sv_alert_is_muted(const struct sv_alert_config *config, uint32_t route, int64_t now_ns)
{
    const struct sv_alert_route *r = &config->routes[route];
    for (size_t i = 0; i < r->mute_count; i++)
        if (is_within(&config->mutes[r->mutes[i]], now_ns))
            return true;
    return false;
}

bool sv_alert_is_source(const struct sv_alert_config *config, struct sv_alert_subject *subject)
{
    for (size_t i = 0; i < config->inhibition_count; i++)
        if (sv_alert_matches(config->inhibitions[i].source, subject))
            return true;
    return false;
}

bool sv_alert_inhibits(const struct sv_alert_config *config, struct sv_alert_subject *source, struct sv_alert_subject *target)
{
    for (size_t i = 0; i < config->inhibition_count; i++) {
        const struct sv_inhibition *rule = &config->inhibitions[i];
        if (!sv_alert_matches(rule->source, source) || !sv_alert_matches(rule->target, target))
            continue;
        if (sv_alert_matches(rule->source, target) && sv_alert_matches(rule->target, source))
            continue; /* both could keep each other quiet: neither does */
        size_t same = 0;
        while (same < rule->equal_count && sv_slice_equal(sv_alert_text(source, rule->equal[same]), sv_alert_text(target, rule->equal[same])))
            same++;
        if (same == rule->equal_count)
            return true;
    }
    return false;
}
