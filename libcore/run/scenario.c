/* SPDX-License-Identifier: ISC */
#include "run/scenario.h"

#include <math.h>
#include <stddef.h>

#include "run/load_ops.h"

#define SECONDS(ns) ((double)(ns) / 1e9)
#define COUNT(array) (sizeof(array) / sizeof *(array))

struct stage {
    int64_t for_ns;
    double from, to;
};

static void take_stages(struct sv_shape *shape, const struct sv_yaml_node *list, double times, struct sv_findings *findings)
{
    static const struct sv_setting keys[] = {{"for", SV_SETTING_DURATION, offsetof(struct stage, for_ns), 0, 0, NULL, true},
                                             {"from", SV_SETTING_NUMBER, offsetof(struct stage, from), 0, 1e6, NULL, false},
                                             {"to", SV_SETTING_NUMBER, offsetof(struct stage, to), 0, 1e6, NULL, true}};
    double before = 0;
    if (list->kind != SV_YAML_LIST || list->count == 0) {
        sv_yaml_find_node(findings, list, "\"stages\": a list of stages ({for: 5m, to: 100}) is expected");
        return;
    }
    for (const struct sv_yaml_node *node = list->first; node != NULL; node = node->next) {
        struct stage stage = {.from = NAN};
        if (!sv_setting_take(node, keys, COUNT(keys), &stage, findings))
            continue;
        stage.from = isnan(stage.from) ? before : stage.from;
        sv_shape_add(shape, SECONDS(stage.for_ns), stage.from * times, stage.to * times);
        before = stage.to;
    }
}

/* --- the fleet --- */

static void take_fleet(struct sv_scenario *scenario, const struct sv_yaml_node *map, struct sv_findings *findings)
{
    struct fleet {
        uint64_t supervisors, agents;
        double rate;
        int64_t for_ns, deadline_ns;
        const struct sv_yaml_node *stages;
        int arrival;
        bool record;
    } fleet = {.supervisors = 1, .agents = 100, .rate = 1};
    static const char *const arrivals[] = {"even", "random", NULL};
    static const struct sv_setting keys[] = {
        {"supervisors", SV_SETTING_WHOLE, offsetof(struct fleet, supervisors), 1, SV_SCENARIO_PROCESSES_MAX, NULL, false},
        {"agents", SV_SETTING_WHOLE, offsetof(struct fleet, agents), 1, 100000, NULL, false},
        {"rate", SV_SETTING_NUMBER, offsetof(struct fleet, rate), 0.0001, 1e6, NULL, false},
        {"for", SV_SETTING_DURATION, offsetof(struct fleet, for_ns), 0, 0, NULL, false},
        {"stages", SV_SETTING_NODE, offsetof(struct fleet, stages), 0, 0, NULL, false},
        {"arrival", SV_SETTING_WORD, offsetof(struct fleet, arrival), 0, 0, arrivals, false},
        {"record", SV_SETTING_BOOL, offsetof(struct fleet, record), 0, 0, NULL, false},
        {"deadline", SV_SETTING_DURATION, offsetof(struct fleet, deadline_ns), 0, 0, NULL, false},
    };
    if (!sv_setting_take(map, keys, COUNT(keys), &fleet, findings))
        return;
    if ((fleet.for_ns > 0) == (fleet.stages != NULL)) {
        sv_yaml_find_node(findings, map, "a fleet has one of \"for\" (at an even rate) and \"stages\"");
        return;
    }
    if (fleet.supervisors * fleet.agents > 1000000) {
        sv_yaml_find_node(findings, map, "%llu agents in all: at most 1000000", (unsigned long long)(fleet.supervisors * fleet.agents));
        return;
    }
    if (fleet.stages != NULL)
        take_stages(&scenario->rate, fleet.stages, (double)fleet.agents, findings);
    else
        sv_shape_add(&scenario->rate, SECONDS(fleet.for_ns), fleet.rate * (double)fleet.agents, fleet.rate * (double)fleet.agents);
    scenario->has_fleet = true;
    scenario->supervisors = fleet.supervisors;
    scenario->agents = fleet.agents;
    scenario->is_random = fleet.arrival == 1;
    scenario->record = fleet.record;
    scenario->fleet_deadline_ns = fleet.deadline_ns;
}

/* --- users --- */

static void take_mix(struct sv_scenario *scenario, const struct sv_yaml_node *map, struct sv_findings *findings)
{
    struct sv_setting keys[SV_SCENARIO_OPS_MAX] = {0};
    uint64_t sum = 0;
    for (size_t i = 0; i < sv_load_op_count; i++)
        keys[i] = (struct sv_setting){sv_load_ops[i].name, SV_SETTING_WHOLE, i * sizeof(uint64_t), 0, 1000000, NULL, false};
    if (!sv_setting_take(map, keys, sv_load_op_count, scenario->weights, findings))
        return;
    for (size_t i = 0; i < sv_load_op_count; i++)
        sum += scenario->weights[i];
    if (sum == 0)
        sv_yaml_find_node(findings, map, "\"mix\": an operation with a weight is expected, such as {timeline: 1}");
}

static void take_users(struct sv_scenario *scenario, const struct sv_yaml_node *map, struct sv_findings *findings)
{
    struct users {
        uint64_t count, requests;
        double rate;
        int64_t for_ns, think_ns, think_most_ns, deadline_ns;
        const struct sv_yaml_node *stages, *mix;
    } users = {0};
    static const struct sv_setting keys[] = {
        {"count", SV_SETTING_WHOLE, offsetof(struct users, count), 1, SV_SCENARIO_PROCESSES_MAX, NULL, false},
        {"requests", SV_SETTING_WHOLE, offsetof(struct users, requests), 1, 1e9, NULL, false},
        {"rate", SV_SETTING_NUMBER, offsetof(struct users, rate), 0.0001, 1e6, NULL, false},
        {"for", SV_SETTING_DURATION, offsetof(struct users, for_ns), 0, 0, NULL, false},
        {"stages", SV_SETTING_NODE, offsetof(struct users, stages), 0, 0, NULL, false},
        {"think", SV_SETTING_DURATION, offsetof(struct users, think_ns), 0, 0, NULL, false},
        {"think_most", SV_SETTING_DURATION, offsetof(struct users, think_most_ns), 0, 0, NULL, false},
        {"deadline", SV_SETTING_DURATION, offsetof(struct users, deadline_ns), 0, 0, NULL, false},
        {"mix", SV_SETTING_NODE, offsetof(struct users, mix), 0, 0, NULL, true},
    };
    if (!sv_setting_take(map, keys, COUNT(keys), &users, findings))
        return;
    if ((users.count > 0) == (users.stages != NULL) || (users.count > 0 && users.for_ns == 0 && users.requests == 0)) {
        sv_yaml_find_node(findings, map, "users have \"count\" with \"for\" or \"requests\", or \"stages\"");
        return;
    }
    if (users.stages != NULL)
        take_stages(&scenario->users, users.stages, 1, findings);
    else
        sv_shape_add(&scenario->users, users.for_ns > 0 ? SECONDS(users.for_ns) : 86400, (double)users.count, (double)users.count);
    if (sv_shape_peak(&scenario->users) > SV_SCENARIO_PROCESSES_MAX)
        sv_yaml_find_node(findings, map, "%.0f users: at most %d", sv_shape_peak(&scenario->users), SV_SCENARIO_PROCESSES_MAX);
    take_mix(scenario, users.mix, findings);
    scenario->has_users = true;
    scenario->requests = users.requests;
    scenario->user_rate = users.rate;
    scenario->think_least_ns = users.think_ns;
    scenario->think_most_ns = users.think_most_ns > users.think_ns ? users.think_most_ns : users.think_ns;
    scenario->users_deadline_ns = users.deadline_ns;
}

bool sv_scenario_load(struct sv_scenario *scenario, const char *path, struct sv_findings *findings)
{
    struct root {
        struct sv_slice title; /* for people who read the file */
        const struct sv_yaml_node *fleet, *users;
        int sync;
        uint64_t records;
        int64_t kill_every_ns, alone_ns;
    } root = {0};
    static const char *const syncs[] = {"full", "normal", NULL};
    static const struct sv_setting keys[] = {
        {"title", SV_SETTING_TEXT, offsetof(struct root, title), 0, 0, NULL, false},
        {"fleet", SV_SETTING_NODE, offsetof(struct root, fleet), 0, 0, NULL, false},
        {"users", SV_SETTING_NODE, offsetof(struct root, users), 0, 0, NULL, false},
        {"sync", SV_SETTING_WORD, offsetof(struct root, sync), 0, 0, syncs, false},
        {"records", SV_SETTING_WHOLE, offsetof(struct root, records), 0, 1e9, NULL, false},
        {"kill_every", SV_SETTING_DURATION, offsetof(struct root, kill_every_ns), 0, 0, NULL, false},
        {"alone", SV_SETTING_DURATION, offsetof(struct root, alone_ns), 0, 0, NULL, false},
    };
    if (!sv_setting_open(&scenario->file, path, findings) || !sv_setting_take(scenario->file.yaml.root, keys, COUNT(keys), &root, findings))
        return false;
    scenario->sync = root.sync;
    scenario->records = root.records;
    scenario->kill_every_ns = root.kill_every_ns;
    scenario->alone_ns = root.alone_ns;
    if (root.fleet == NULL && root.users == NULL)
        sv_yaml_find_node(findings, scenario->file.yaml.root, "a load of nobody: \"fleet\" or \"users\" is expected");
    if (root.fleet != NULL)
        take_fleet(scenario, root.fleet, findings);
    if (root.users != NULL)
        take_users(scenario, root.users, findings);
    return findings->count == 0;
}

static void speed_up(struct sv_shape *shape, double times)
{
    struct sv_shape quick = {0};
    for (size_t i = 0; i < shape->count; i++)
        sv_shape_add(&quick, shape->stages[i].for_s / times, shape->stages[i].from, shape->stages[i].to);
    sv_shape_free(shape);
    *shape = quick;
}

void sv_scenario_speed_up(struct sv_scenario *scenario, double times)
{
    double users = sv_shape_peak(&scenario->users);
    speed_up(&scenario->rate, times);
    speed_up(&scenario->users, times);
    scenario->kill_every_ns = (int64_t)((double)scenario->kill_every_ns / times);
    scenario->alone_ns = (int64_t)((double)scenario->alone_ns / times);
    if (scenario->requests > 0)
        scenario->requests = (uint64_t)fmax(users, (double)scenario->requests / times);
}

double sv_scenario_length(const struct sv_scenario *scenario)
{
    return fmax(sv_shape_end(&scenario->rate), sv_shape_end(&scenario->users));
}

void sv_scenario_free(struct sv_scenario *scenario)
{
    sv_shape_free(&scenario->rate);
    sv_shape_free(&scenario->users);
    sv_setting_close(&scenario->file);
    *scenario = (struct sv_scenario){0};
}
