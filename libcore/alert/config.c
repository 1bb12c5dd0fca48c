/* SPDX-License-Identifier: ISC */
#include "alert/config.h"

#include "base/limits.h"
#include "base/os.h"
#include "base/time.h"
#include "json/reader.h"
#include "json/writer.h"
#include "policy/kind.h"
#include "policy/yaml.h"

#define COUNT(array) (sizeof(array) / sizeof *(array))
enum { ROUTE_DEPTH_MAX = 32, ITEMS_MAX = 1000 };

struct loading {
    struct sv_alert_config *config;
    struct sv_yaml *yaml;
    struct sv_findings *findings;
};

/* --- values --- */

static void must_be(struct loading *l, const struct sv_yaml_node *key, const char *what)
{
    sv_yaml_find_node(l->findings, key->value->missing ? key : key->value, "\"%.*s\" must be %s", SV_ARG(key->text), what);
}

static bool take_text(struct loading *l, const struct sv_yaml_node *key, struct sv_slice *out)
{
    if (key->value->kind != SV_YAML_SCALAR || key->value->missing || key->value->text.len == 0) {
        must_be(l, key, "a text");
        return false;
    }
    *out = key->value->text;
    return true;
}

static void take_span(struct loading *l, const struct sv_yaml_node *key, int64_t least_ns, int64_t *out)
{
    int64_t ns;
    if (key->value->kind != SV_YAML_SCALAR || !sv_duration_parse(key->value->text, &ns) || ns < least_ns)
        must_be(l, key, least_ns > 0 ? "a duration longer than zero, such as 5m" : "a duration such as 30s, 5m or 4h");
    else
        *out = ns;
}

static void take_bool(struct loading *l, const struct sv_yaml_node *key, bool *out)
{
    struct sv_value value = key->value->kind == SV_YAML_SCALAR ? sv_yaml_scalar(key->value) : sv_value_of(SV_NULL);
    if (value.type == SV_BOOL)
        *out = value.b;
    else
        must_be(l, key, "true or false");
}

/* A text or a list of texts. */
static size_t take_texts(struct loading *l, const struct sv_yaml_node *key, struct sv_slice *out, size_t room)
{
    const struct sv_yaml_node *value = key->value, *item = value->kind == SV_YAML_LIST ? value->first : value;
    size_t count = 0;
    for (; item != NULL && value->kind != SV_YAML_MAP; item = value->kind == SV_YAML_LIST ? item->next : NULL) {
        if (item->kind != SV_YAML_SCALAR || item->text.len == 0 || count == room)
            break;
        out[count++] = item->text;
    }
    if (item != NULL && count == room)
        sv_yaml_find_node(l->findings, item, "more than %zu of them", room);
    else if (item != NULL || value->kind == SV_YAML_MAP)
        must_be(l, key, "a text or a list of texts");
    return count;
}

static const struct sv_cel *take_expression(struct loading *l, const struct sv_yaml_node *key, struct sv_cel_env *env, enum sv_cel_type type)
{
    struct sv_slice text;
    struct sv_cel_problems problems = {0};
    if (!take_text(l, key, &text))
        return NULL;
    const struct sv_cel *expr = sv_cel_compile(env, text, type, &problems);
    for (size_t i = 0; i < problems.count && expr == NULL; i++) {
        uint32_t start = sv_yaml_trace(l->yaml, key->value, problems.items[i].offset);
        sv_yaml_find(l->yaml, l->findings, start, start + (problems.items[i].length > 0 ? problems.items[i].length : 1), "%s", problems.items[i].text);
    }
    return expr;
}

static const struct sv_cel *take_condition(struct loading *l, const struct sv_yaml_node *key)
{
    return take_expression(l, key, l->config->env, SV_CEL_BOOL);
}

static void unknown_key(struct loading *l, const struct sv_yaml_node *key, const char *const *names, size_t count)
{
    const char *near = sv_cel_suggest(key->text, names, count);
    if (near != NULL)
        sv_yaml_find_node(l->findings, key, "unknown key \"%.*s\" (did you mean \"%s\"?)", SV_ARG(key->text), near);
    else
        sv_yaml_find_node(l->findings, key, "unknown key \"%.*s\"", SV_ARG(key->text));
}

static size_t which(struct sv_slice word, const char *const *names, size_t count)
{
    size_t i = 0;
    while (i < count && !sv_slice_is(word, names[i]))
        i++;
    return i;
}

/* --- names of receivers and mute times --- */

static bool find_receiver(struct loading *l, const struct sv_yaml_node *at, struct sv_slice name, uint32_t *out)
{
    const char **names = sv_arena_calloc(&l->config->arena, l->config->receiver_count + 1, sizeof *names);
    for (*out = 0; *out < l->config->receiver_count; ++*out) {
        if (sv_slice_equal(l->config->receivers[*out].name, name))
            return true;
        names[*out] = sv_arena_dup(&l->config->arena, l->config->receivers[*out].name).data;
    }
    const char *near = sv_cel_suggest(name, names, l->config->receiver_count);
    if (near != NULL)
        sv_yaml_find_node(l->findings, at, "no receiver is called \"%.*s\" (did you mean \"%s\"?)", SV_ARG(name), near);
    else
        sv_yaml_find_node(l->findings, at, "no receiver is called \"%.*s\"", SV_ARG(name));
    *out = 0;
    return false;
}

static void take_mutes(struct loading *l, const struct sv_yaml_node *key, struct sv_alert_route *route)
{
    struct sv_slice names[SV_ALERT_MUTES_MAX];
    size_t count = take_texts(l, key, names, SV_ALERT_MUTES_MAX);
    route->mute_count = 0;
    for (size_t i = 0; i < count; i++) {
        uint32_t m = 0;
        while (m < l->config->mute_count && !sv_slice_equal(l->config->mutes[m].name, names[i]))
            m++;
        if (m == l->config->mute_count)
            sv_yaml_find_node(l->findings, key->value, "no mute time is called \"%.*s\"", SV_ARG(names[i]));
        else
            route->mutes[route->mute_count++] = m;
    }
}

/* --- routes --- */

static void take_levels(struct loading *l, const struct sv_yaml_node *key, struct sv_alert_route *route)
{
    const struct sv_yaml_node *value = key->value;
    route->timing.levels = 0;
    if (value->kind != SV_YAML_LIST || value->count > SV_GROUP_LEVELS_MAX) {
        must_be(l, key, "a list of at most 8 {after: duration, to: receiver}");
        return;
    }
    for (const struct sv_yaml_node *item = value->first; item != NULL; item = item->next) {
        struct sv_yaml_node *after = NULL, *to = NULL;
        int64_t ns = 0, before_ns = route->timing.levels > 0 ? route->timing.escalate_ns[route->timing.levels - 1] : 0;
        bool is_map = item->kind == SV_YAML_MAP && sv_yaml_get(item, "after", &after) != NULL && sv_yaml_get(item, "to", &to) != NULL;
        if (!is_map || item->count != 2) {
            sv_yaml_find_node(l->findings, item, "a level is {after: duration, to: receiver}");
            continue;
        }
        take_span(l, after, 1, &ns);
        if (ns > 0 && ns <= before_ns)
            sv_yaml_find_node(l->findings, after->value, "each level comes later than the one before");
        route->timing.escalate_ns[route->timing.levels] = ns;
        find_receiver(l, to->value, to->value->text, &route->level_receivers[route->timing.levels++]);
    }
}

static uint32_t add_route(struct sv_alert_config *config, const struct sv_alert_route *from)
{
    if (config->route_count == config->route_room) {
        config->route_room = config->route_room > 0 ? 2 * config->route_room : 8;
        config->routes = sv_realloc(config->routes, config->route_room * sizeof *config->routes);
    }
    config->routes[config->route_count] = *from;
    return (uint32_t)config->route_count++;
}

static const char *const route_keys[] = {"when", "receiver", "group_by", "group_wait", "group_interval", "repeat_interval",
                                         "resolve_after", "continue", "mute", "escalate", "routes"};
enum { R_WHEN, R_RECEIVER, R_BY, R_WAIT, R_INTERVAL, R_REPEAT, R_RESOLVE, R_CONTINUE, R_MUTE, R_ESCALATE, R_ROUTES };

static void take_key(struct loading *l, const struct sv_yaml_node *key, struct sv_alert_route *route)
{
    struct sv_slice text;
    switch (which(key->text, route_keys, COUNT(route_keys))) {
    case R_WHEN: route->when = take_condition(l, key); break;
    case R_RECEIVER:
        if (take_text(l, key, &text) && find_receiver(l, key->value, text, &route->receiver))
            route->timing.tells_resolved = l->config->receivers[route->receiver].tells_resolved;
        break;
    case R_BY: route->by_count = take_texts(l, key, route->by, SV_ALERT_BY_MAX); break;
    case R_WAIT: take_span(l, key, 0, &route->timing.wait_ns); break;
    case R_INTERVAL: take_span(l, key, 1, &route->timing.interval_ns); break;
    case R_REPEAT: take_span(l, key, 1, &route->timing.repeat_ns); break;
    case R_RESOLVE: take_span(l, key, 0, &route->timing.resolve_after_ns); break;
    case R_CONTINUE: take_bool(l, key, &route->goes_on); break;
    case R_MUTE: take_mutes(l, key, route); break;
    case R_ESCALATE: take_levels(l, key, route); break;
    case R_ROUTES: break;
    default: unknown_key(l, key, route_keys, COUNT(route_keys));
    }
}

/* The conditions down to it; of several with the same ones the second is called so. */
static struct sv_slice path_of(struct sv_alert_config *config, uint32_t parent, const struct sv_yaml_node *map)
{
    struct sv_yaml_node *when = NULL;
    struct sv_slice above = config->routes[parent].path, path;
    struct sv_slice text = sv_yaml_get(map, "when", &when) != NULL ? when->value->text : SV_SLICE("");
    path = sv_arena_printf(&config->arena, "%.*s%s%.*s", SV_ARG(above), above.len > 1 ? "/" : "", SV_ARG(text));
    for (size_t i = 0, same = 1; i < config->route_count; i++)
        if (sv_slice_equal(config->routes[i].path, path)) {
            path = sv_arena_printf(&config->arena, "%.*s%s%.*s#%zu", SV_ARG(above), above.len > 1 ? "/" : "", SV_ARG(text), ++same);
            i = 0;
        }
    return path;
}

/* A route has what its parent has, but for what it says itself; what it matches is its own. Depth is that of the file. */
static void take_route(struct loading *l, const struct sv_yaml_node *map, uint32_t parent, bool is_root)
{
    struct sv_yaml_node *kids = NULL;
    struct sv_alert_route route = l->config->routes[parent];
    if (map->kind != SV_YAML_MAP) {
        sv_yaml_find_node(l->findings, map, "a route must be a mapping");
        return;
    }
    if (l->config->route_count == SV_ALERT_ROUTES_MAX) {
        sv_yaml_find_node(l->findings, map, "more than %d routes", SV_ALERT_ROUTES_MAX);
        return;
    }
    route.parent = parent;
    route.when = NULL;
    route.goes_on = false;
    route.line = sv_yaml_line(l->yaml, map->start);
    for (const struct sv_yaml_node *key = map->first; key != NULL; key = key->next)
        take_key(l, key, &route);
    if (is_root && route.when != NULL)
        sv_yaml_find_node(l->findings, sv_yaml_get(map, "when", NULL), "the first route is for all: it has no \"when\"");
    uint32_t number = 0;
    if (is_root)
        l->config->routes[0] = route;
    else {
        route.path = path_of(l->config, parent, map);
        number = add_route(l->config, &route);
    }
    if (sv_yaml_get(map, "routes", &kids) == NULL)
        return;
    if (kids->value->kind != SV_YAML_LIST)
        must_be(l, kids, "a list of routes");
    for (const struct sv_yaml_node *kid = kids->value->first; kid != NULL && kids->value->kind == SV_YAML_LIST; kid = kid->next)
        take_route(l, kid, number, false);
}

/* --- receivers, mute times, inhibitions --- */

bool sv_receiver_is_shipped(struct sv_slice program)
{
    return sv_slice_starts(program, SV_SLICE("sv-")) && memchr(program.data, '/', program.len) == NULL;
}

static void take_arguments(struct loading *l, const struct sv_yaml_node *key, struct sv_receiver *receiver)
{
    size_t room = key->value->kind == SV_YAML_LIST ? key->value->count : 1;
    receiver->arguments = sv_arena_calloc(&l->config->arena, room + 1, sizeof *receiver->arguments);
    receiver->argument_count = take_texts(l, key, receiver->arguments, room + 1);
    receiver->kind = SV_RECEIVER_EXEC;
    if (key->value->kind == SV_YAML_LIST && key->value->count == 0)
        must_be(l, key, "a program and what it is given");
    if (receiver->argument_count > 0 && receiver->arguments[0].data[0] != '/' && !sv_receiver_is_shipped(receiver->arguments[0]))
        sv_yaml_find_node(l->findings, key->value, "a program is named by its whole path, from / on");
}

/* Nobody knows which folder a tick will run in. */
static void take_path(struct loading *l, const struct sv_yaml_node *key, struct sv_slice *out)
{
    if (take_text(l, key, out) && out->data[0] != '/')
        sv_yaml_find_node(l->findings, key->value, "\"%.*s\" is a whole path, from / on", SV_ARG(key->text));
}

static void take_receiver(struct loading *l, const struct sv_yaml_node *map, struct sv_receiver *receiver)
{
    static const char *const names[] = {"name", "file", "exec", "mailbox", "timeout", "retries", "send_resolved", "payload", "secret_file"};
    enum { NAME, FILE_, EXEC, MAILBOX, TIMEOUT, RETRIES, RESOLVED, PAYLOAD, SECRET };
    size_t kinds = 0;
    struct sv_value number;
    l->config->payloads.uses_secret = false;
    *receiver = (struct sv_receiver){.timeout_ns = 30 * SV_SECOND_NS, .retries = SV_RECEIVER_RETRIES, .tells_resolved = true,
                                     .line = sv_yaml_line(l->yaml, map->start)};
    for (const struct sv_yaml_node *key = map->first; key != NULL; key = key->next)
        switch (which(key->text, names, COUNT(names))) {
        case NAME: take_text(l, key, &receiver->name); break;
        case FILE_: kinds++, receiver->kind = SV_RECEIVER_FILE, take_path(l, key, &receiver->to); break;
        case EXEC: kinds++, take_arguments(l, key, receiver); break;
        case MAILBOX: kinds++, receiver->kind = SV_RECEIVER_MAILBOX, take_text(l, key, &receiver->to); break;
        case TIMEOUT: take_span(l, key, 1, &receiver->timeout_ns); break;
        case RETRIES:
            number = key->value->kind == SV_YAML_SCALAR ? sv_yaml_scalar(key->value) : sv_value_of(SV_NULL);
            if (number.type != SV_INT || number.i < 0 || number.i > 100)
                must_be(l, key, "a number from 0 to 100");
            else
                receiver->retries = (uint64_t)number.i;
            break;
        case RESOLVED: take_bool(l, key, &receiver->tells_resolved); break;
        case PAYLOAD: receiver->payload = take_expression(l, key, l->config->payloads.env, SV_CEL_DYN); break;
        case SECRET: take_path(l, key, &receiver->secret_file); break;
        default: unknown_key(l, key, names, COUNT(names));
        }
    if (receiver->name.len == 0)
        sv_yaml_find_node(l->findings, map, "this receiver has no \"name\"");
    if (kinds > 1)
        sv_yaml_find_node(l->findings, map, "a receiver is one of file, exec and mailbox");
    if (l->config->payloads.uses_secret && receiver->secret_file.len == 0)
        sv_yaml_find_node(l->findings, sv_yaml_get(map, "payload", NULL), "this payload reads \"secret\", and there is no \"secret_file\"");
}

/* 22:00-07:00 */
static bool take_times(struct sv_slice text, struct sv_mute_time *mute)
{
    int n[4] = {0};
    size_t part = 0;
    for (size_t i = 0; i < text.len; i++) {
        char c = text.data[i];
        if (c >= '0' && c <= '9' && n[part] < 100)
            n[part] = n[part] * 10 + (c - '0');
        else if ((c == ':' && part % 2 == 0) || (c == '-' && part == 1))
            part++;
        else
            return false;
        if (part > 3)
            return false;
    }
    mute->from_s = (n[0] * 60 + n[1]) * 60;
    mute->to_s = (n[2] * 60 + n[3]) * 60;
    return part == 3 && n[1] < 60 && n[3] < 60 && mute->from_s < 86400 && mute->to_s <= 86400;
}

static void take_days(struct loading *l, const struct sv_yaml_node *key, struct sv_mute_time *mute)
{
    static const char *const names[] = {"mon", "tue", "wed", "thu", "fri", "sat", "sun"};
    struct sv_slice days[7];
    size_t count = take_texts(l, key, days, 7);
    mute->days = 0;
    for (size_t i = 0; i < count; i++) {
        size_t day = which(days[i], names, 7);
        if (day == 7)
            sv_yaml_find_node(l->findings, key->value, "unknown day \"%.*s\" (mon, tue, wed, thu, fri, sat or sun)", SV_ARG(days[i]));
        else
            mute->days |= (uint8_t)(1u << day);
    }
}

static void take_mute_time(struct loading *l, const struct sv_yaml_node *map, struct sv_mute_time *mute)
{
    static const char *const names[] = {"name", "tz", "days", "times"};
    struct sv_slice text;
    *mute = (struct sv_mute_time){.days = 0x7f, .to_s = 86400};
    for (const struct sv_yaml_node *key = map->first; key != NULL; key = key->next)
        switch (which(key->text, names, COUNT(names))) {
        case 0: take_text(l, key, &mute->name); break;
        case 1:
            if (take_text(l, key, &text) && (mute->zone = sv_zone_new(text)) == NULL)
                sv_yaml_find_node(l->findings, key->value, "unknown time zone \"%.*s\"", SV_ARG(text));
            break;
        case 2: take_days(l, key, mute); break;
        case 3:
            if (take_text(l, key, &text) && !take_times(text, mute))
                must_be(l, key, "two times of day, such as 22:00-07:00");
            break;
        default: unknown_key(l, key, names, COUNT(names));
        }
    if (mute->name.len == 0)
        sv_yaml_find_node(l->findings, map, "this mute time has no \"name\"");
}

static void take_inhibition(struct loading *l, const struct sv_yaml_node *map, struct sv_inhibition *inhibition)
{
    static const char *const names[] = {"source", "target", "equal"};
    *inhibition = (struct sv_inhibition){0};
    for (const struct sv_yaml_node *key = map->first; key != NULL; key = key->next)
        switch (which(key->text, names, COUNT(names))) {
        case 0: inhibition->source = take_condition(l, key); break;
        case 1: inhibition->target = take_condition(l, key); break;
        case 2: inhibition->equal_count = take_texts(l, key, inhibition->equal, SV_ALERT_BY_MAX); break;
        default: unknown_key(l, key, names, COUNT(names));
        }
    if (sv_yaml_get(map, "source", NULL) == NULL || sv_yaml_get(map, "target", NULL) == NULL)
        sv_yaml_find_node(l->findings, map, "an inhibition has a \"source\" and a \"target\"");
}

/* The mappings under a key, room for them made; 0 with a finding when it is no list of mappings. */
static size_t mappings(struct loading *l, const struct sv_yaml_node *key, size_t size, void **room)
{
    size_t count = 0;
    for (const struct sv_yaml_node *item = key->value->first; item != NULL && key->value->kind == SV_YAML_LIST; item = item->next, count++)
        if (item->kind != SV_YAML_MAP || count == ITEMS_MAX) {
            sv_yaml_find_node(l->findings, item, count == ITEMS_MAX ? "too many of them" : "this must be a mapping");
            return 0;
        }
    if (key->value->kind != SV_YAML_LIST)
        must_be(l, key, "a list of mappings");
    *room = sv_arena_calloc(&l->config->arena, count + 1, size);
    return count;
}

/* --- the file --- */

static void take_receivers(struct loading *l, const struct sv_yaml_node *key)
{
    void *room = NULL;
    size_t count = mappings(l, key, sizeof(struct sv_receiver), &room), i = 0;
    if (count == 0)
        return;
    l->config->receivers = room;
    for (const struct sv_yaml_node *map = key->value->first; map != NULL; map = map->next, i++) {
        take_receiver(l, map, &l->config->receivers[i]);
        for (size_t k = 0; k < i; k++)
            if (sv_slice_equal(l->config->receivers[k].name, l->config->receivers[i].name))
                sv_yaml_find_node(l->findings, map, "two receivers are called \"%.*s\"", SV_ARG(l->config->receivers[i].name));
    }
    l->config->receiver_count = count;
}

static void take_mute_times(struct loading *l, const struct sv_yaml_node *key)
{
    void *room = NULL;
    l->config->mute_count = mappings(l, key, sizeof(struct sv_mute_time), &room);
    l->config->mutes = room;
    size_t i = 0;
    for (const struct sv_yaml_node *map = key->value->first; i < l->config->mute_count; map = map->next)
        take_mute_time(l, map, &l->config->mutes[i++]);
}

static void take_inhibitions(struct loading *l, const struct sv_yaml_node *key)
{
    void *room = NULL;
    l->config->inhibition_count = mappings(l, key, sizeof(struct sv_inhibition), &room);
    l->config->inhibitions = room;
    size_t i = 0;
    for (const struct sv_yaml_node *map = key->value->first; i < l->config->inhibition_count; map = map->next)
        take_inhibition(l, map, &l->config->inhibitions[i++]);
}

static void take_root(struct loading *l, const struct sv_yaml_node *root)
{
    static const char *const names[] = {"version", "max_age", "receivers", "mute_times", "inhibit", "route"};
    enum { VERSION, MAX_AGE, RECEIVERS, MUTES, INHIBIT, ROUTE };
    struct sv_yaml_node *keys[COUNT(names)] = {0};
    if (root == NULL || root->kind != SV_YAML_MAP) {
        sv_yaml_find(l->yaml, l->findings, 0, 1, "this file is a mapping that begins with \"version: 1\"");
        return;
    }
    for (size_t i = 0; i < COUNT(names); i++)
        sv_yaml_get(root, names[i], &keys[i]);
    for (const struct sv_yaml_node *key = root->first; key != NULL; key = key->next)
        if (which(key->text, names, COUNT(names)) == COUNT(names))
            unknown_key(l, key, names, COUNT(names));
    struct sv_value version = keys[VERSION] != NULL && keys[VERSION]->value->kind == SV_YAML_SCALAR ? sv_yaml_scalar(keys[VERSION]->value) :
                                                                                                      sv_value_of(SV_NULL);
    if (version.type != SV_INT || version.i != 1)
        sv_yaml_find_node(l->findings, keys[VERSION] != NULL ? keys[VERSION]->value : root, "\"version: 1\" is missing");
    if (keys[MAX_AGE] != NULL)
        take_span(l, keys[MAX_AGE], 1, &l->config->max_age_ns);
    if (keys[RECEIVERS] != NULL)
        take_receivers(l, keys[RECEIVERS]);
    if (keys[MUTES] != NULL)
        take_mute_times(l, keys[MUTES]);
    if (keys[INHIBIT] != NULL)
        take_inhibitions(l, keys[INHIBIT]);
    if (keys[ROUTE] != NULL)
        take_route(l, keys[ROUTE]->value, 0, true);
}

/* What an evaluation may be asked for by its bare name. */
static void declare(struct sv_alert_config *config)
{
    static const struct {
        const char *name;
        enum sv_cel_type type;
    } fields[] = {{"id", SV_CEL_STRING},      {"type", SV_CEL_STRING},   {"time", SV_CEL_STRING},  {"policy", SV_CEL_STRING},
                  {"outcome", SV_CEL_STRING}, {"severity", SV_CEL_STRING}, {"action", SV_CEL_STRING}, {"agent", SV_CEL_STRING},
                  {"team", SV_CEL_STRING},    {"supervisor", SV_CEL_STRING}, {"session", SV_CEL_STRING}, {"tool", SV_CEL_STRING},
                  {"at", SV_CEL_STRING},      {"message", SV_CEL_STRING},  {"runbook", SV_CEL_STRING}, {"key", SV_CEL_DYN},
                  {"values", SV_CEL_DYN}};
    sv_payload_env_open(&config->payloads, &config->arena);
    config->paths = sv_paths_new();
    config->env = sv_cel_env_new(NULL, config->paths, &config->arena);
    sv_cel_env_root(config->env, SV_SLICE("event"), SV_PATHS_ROOT);
    for (size_t i = 0; i < COUNT(fields); i++) {
        uint32_t node = sv_paths_key(config->paths, SV_PATHS_ROOT, sv_slice_str(fields[i].name));
        sv_paths_want(config->paths, node);
        sv_cel_env_path(config->env, sv_slice_str(fields[i].name), node, fields[i].type, NULL);
    }
}

static void start_with_default(struct sv_alert_config *config)
{
    struct sv_alert_route root = {.by = {SV_SLICE("policy"), SV_SLICE("agent")}, .by_count = 2, .path = SV_SLICE("/")};
    root.timing = (struct sv_group_timing){.wait_ns = 30 * SV_SECOND_NS, .interval_ns = 300 * SV_SECOND_NS, .repeat_ns = 14400 * SV_SECOND_NS,
                                           .resolve_after_ns = 3600 * SV_SECOND_NS, .tells_resolved = true};
    config->receivers = sv_arena_calloc(&config->arena, 1, sizeof *config->receivers);
    config->receivers[0] = (struct sv_receiver){.name = SV_SLICE("none"), .tells_resolved = true};
    config->receiver_count = 1;
    config->max_age_ns = 3600 * SV_SECOND_NS;
    add_route(config, &root);
}

struct sv_alert_config *sv_alert_config_load(const char *path, struct sv_findings *findings)
{
    struct sv_alert_config *config = sv_calloc(1, sizeof *config);
    struct sv_error err = {0};
    struct sv_buf bytes = {0};
    size_t before = findings->count;
    declare(config);
    start_with_default(config);
    if (path == NULL)
        return config;
    if (!sv_os_slurp(path, SV_POLICY_FILE_MAX, &bytes, &err)) {
        if (err.file[0] == '\0')
            sv_error_at(&err, path, 0, 0);
        sv_findings_add(findings, &err);
    } else {
        struct sv_yaml *yaml = sv_arena_calloc(&config->arena, 1, sizeof *yaml);
        struct loading l = {config, yaml, findings};
        if (sv_yaml_read(yaml, &config->arena, sv_arena_dup(&config->arena, sv_slice_str(path)), sv_arena_dup(&config->arena, sv_buf_slice(&bytes)), findings))
            take_root(&l, yaml->root);
    }
    sv_buf_free(&bytes);
    if (findings->count == before)
        return config;
    sv_alert_config_free(config);
    return NULL;
}

const struct sv_receiver *sv_alert_receiver(const struct sv_alert_config *config, struct sv_slice name)
{
    for (size_t i = 0; i < config->receiver_count; i++)
        if (sv_slice_equal(config->receivers[i].name, name))
            return &config->receivers[i];
    return NULL;
}

void sv_alert_config_free(struct sv_alert_config *config)
{
    if (config == NULL)
        return;
    for (size_t i = 0; i < config->mute_count; i++)
        sv_zone_free(config->mutes[i].zone);
    sv_free(config->routes);
    sv_cel_env_free(config->env);
    sv_paths_free(config->paths);
    sv_payload_env_close(&config->payloads);
    sv_arena_free(&config->arena);
    sv_free(config);
}
