/* SPDX-License-Identifier: ISC */
/* What --check tells of a set that is sound: the findings of a careful reader. */
#include <stdarg.h>
#include <stdio.h>
#include <stdlib.h>

#include "policy/rule.h"

enum { LIKE_MAX = 16 }; /* policies with one condition that each is compared with */

struct lint {
    const struct sv_policies *set;
    struct sv_findings *findings;
};

static const char *const scope_names[SV_SCOPE_COUNT] = {"team", "supervisor", "agent", "host", "session"};

/* The value of a policy's key; NULL: none. */
static const struct sv_yaml_node *value_of(const struct sv_policy *policy, const char *key)
{
    return sv_yaml_get(policy->rule->node, key, NULL);
}

#define warn_at(l, node, ...) sv_yaml_warn((node)->yaml, (l)->findings, (node)->start, (node)->end, __VA_ARGS__)

/* --- one policy --- */

static bool has_examples(const struct sv_yaml_node *examples)
{
    return examples != NULL && (examples->kind == SV_YAML_MAP || examples->count > 0);
}

static void look_at_examples(struct lint *l, const struct sv_policy *policy)
{
    bool match = has_examples(policy->rule->match), no_match = has_examples(policy->rule->no_match);
    if (match && no_match)
        return;
    warn_at(l, value_of(policy, "id"), "policy \"%.*s\" has no example that %s", SV_ARG(policy->id),
            match ? "must not match (no_match)" : no_match ? "must match (match)" : "must match or must not (match, no_match)");
}

static void look_at_truth(struct lint *l, const struct sv_policy *policy)
{
    enum sv_cel_truth truth = policy->rule->when != NULL ? sv_cel_truth(policy->rule->when) : SV_CEL_VARIES;
    if (truth == SV_CEL_ALWAYS && policy->rule->kind.kind != NULL)
        return; /* what looks at many events may well look at all of them */
    if (truth != SV_CEL_VARIES)
        warn_at(l, value_of(policy, "when"), truth == SV_CEL_NEVER ? "this condition is never true, whatever the event" :
                "this condition is true for every event");
}

/* The node of one glob of the scope. */
static const struct sv_yaml_node *glob_node(const struct sv_policy *policy, int s, size_t index)
{
    const struct sv_yaml_node *scope = value_of(policy, "scope"), *value = sv_yaml_get(scope, scope_names[s], NULL);
    if (value->kind != SV_YAML_LIST)
        return value;
    const struct sv_yaml_node *item = value->first;
    while (index-- > 0)
        item = item->next;
    return item;
}

/* A glob of the scope that another of the same field makes useless. */
static void look_at_globs(struct lint *l, const struct sv_policy *policy, int s)
{
    const struct sv_globs *globs = &policy->rule->scope[s];
    for (size_t i = 0; i < globs->count && i < 256; i++)
        for (size_t k = 0; k < globs->count && k < 256; k++) {
            bool covers = k != i && sv_slice_glob_covers(globs->items[k], globs->items[i]);
            if (!covers || (k > i && sv_slice_glob_covers(globs->items[i], globs->items[k])))
                continue; /* of two that are the same the second is told */
            warn_at(l, glob_node(policy, s, i), "\"%.*s\" is shadowed: \"%.*s\" matches all that it does", SV_ARG(globs->items[i]),
                    SV_ARG(globs->items[k]));
            break;
        }
}

/* The condition asks for a value of a field of the scope that no glob of the scope lets through. */
static void look_at_facts(struct lint *l, const struct sv_policy *policy, int s)
{
    const struct sv_policy_rule *rule = policy->rule;
    for (size_t f = 0; f < rule->fact_count; f++) {
        bool can = rule->facts[f].slot != (uint32_t)sv_scope_fields[s];
        for (size_t v = 0; v < rule->facts[f].count && !can; v++)
            can = sv_globs_match(&rule->scope[s], rule->facts[f].values[v]);
        if (can)
            continue;
        warn_at(l, glob_node(policy, s, 0), "this scope can never match: the condition wants another %s (\"%.*s\")", scope_names[s],
                SV_ARG(rule->facts[f].values[0]));
        return;
    }
}

/* An exception for everyone in the scope. */
static void look_at_excepts(struct lint *l, const struct sv_policy *policy, int s)
{
    const struct sv_globs *globs = &policy->rule->scope[s];
    const struct sv_yaml_node *map = value_of(policy, "except");
    for (map = map != NULL ? map->first : NULL; map != NULL; map = map->next) {
        const struct sv_yaml_node *fields = sv_yaml_get(map, "fields", NULL), *values = sv_yaml_get(map, "values", NULL);
        const struct sv_yaml_node *field = fields->kind == SV_YAML_LIST && fields->count == 1 ? fields->first : fields;
        if (!sv_slice_is(field->text, scope_names[s]))
            continue;
        size_t covered = 0;
        for (size_t i = 0; i < globs->count; i++) {
            const struct sv_yaml_node *row = values->first;
            while (row != NULL && !sv_slice_glob_covers(row->kind == SV_YAML_LIST ? row->first->text : row->text, globs->items[i]))
                row = row->next;
            covered += row != NULL;
        }
        if (covered == globs->count)
            warn_at(l, values, "this exception is for everyone in the scope: the policy never finds anything");
    }
}

static void look_at_policy(struct lint *l, const struct sv_policy *policy)
{
    const struct sv_findings *advice = policy->rule->advice;
    for (size_t i = 0; i < advice->count; i++)
        sv_findings_add(l->findings, &advice->items[i]);
    look_at_truth(l, policy);
    look_at_examples(l, policy);
    for (int s = 0; s < SV_SCOPE_COUNT; s++)
        if (policy->rule->scope[s].count > 0) {
            look_at_globs(l, policy, s);
            look_at_facts(l, policy, s);
            look_at_excepts(l, policy, s);
        }
}

/* --- policies with one condition --- */

/* Is everyone in the scope of `narrow` in that of `wide`, too? */
static bool covers_scope(const struct sv_policy_rule *wide, const struct sv_policy_rule *narrow)
{
    for (int s = 0; s < SV_SCOPE_COUNT; s++) {
        const struct sv_globs *all = &wide->scope[s], *some = &narrow->scope[s];
        if (all->count == 0)
            continue;
        for (size_t i = 0; i < some->count; i++) {
            size_t k = 0;
            while (k < all->count && !sv_slice_glob_covers(all->items[k], some->items[i]))
                k++;
            if (k == all->count)
                return false;
        }
        if (some->count == 0)
            return false;
    }
    return true;
}

/* Two policies with equal conditions. One for other people than the other, or more severe for some of them, is meant so. */
static bool tell_pair(struct lint *l, const struct sv_policy *first, const struct sv_policy *second)
{
    bool down = covers_scope(first->rule, second->rule), up = covers_scope(second->rule, first->rule);
    const struct sv_policy *wide = down ? first : second, *narrow = down ? second : first;
    if (down && up) {
        warn_at(l, value_of(second, "when"), "this condition is that of policy \"%.*s\", at %.*s:%u", SV_ARG(first->id),
                SV_ARG(first->file), (unsigned)first->line);
        return true;
    }
    if ((!down && !up) || narrow->severity > wide->severity || narrow->action > wide->action || wide->rule->except_count > 0)
        return false;
    warn_at(l, value_of(narrow, "scope"), "policy \"%.*s\" is shadowed: \"%.*s\", at %.*s:%u, finds the same for more, and is as severe",
            SV_ARG(narrow->id), SV_ARG(wide->id), SV_ARG(wide->file), (unsigned)wide->line);
    return true;
}

struct alike {
    uint64_t tree;
    size_t policy;
};

static int compare_alike(const void *a, const void *b)
{
    const struct alike *left = a, *right = b;
    if (left->tree != right->tree)
        return left->tree < right->tree ? -1 : 1;
    return left->policy < right->policy ? -1 : 1;
}

static void look_at_pairs(struct lint *l)
{
    const struct sv_policies *set = l->set;
    struct alike *all = sv_calloc(set->count + 1, sizeof *all);
    size_t count = 0;
    for (size_t i = 0; i < set->count; i++)
        if (set->items[i].rule->kind.kind == NULL)
            all[count++] = (struct alike){sv_cel_tree(set->items[i].rule->when), i};
    qsort(all, count, sizeof *all, compare_alike);
    for (size_t i = 1; i < count; i++)
        for (size_t k = i; k > 0 && i - k < LIKE_MAX && all[k - 1].tree == all[i].tree; k--)
            if (tell_pair(l, &set->items[all[k - 1].policy], &set->items[all[i].policy]))
                break;
    sv_free(all);
}

/* --- files --- */

static void look_at_lists(struct lint *l, const struct sv_policy_file *file)
{
    for (size_t i = 0; i < file->lists.count && !file->is_changed; i++) {
        const struct sv_map_item *list = &file->lists.items[i];
        const struct sv_yaml_node *name = list->pointer;
        if (!sv_cel_env_used(file->env, list->key) && sv_map_find(&file->used, list->key) == NULL)
            warn_at(l, name, "no policy uses the list \"%.*s\"", SV_ARG(list->key));
    }
}

void sv_policy_lint(const struct sv_policies *set, struct sv_policy_file *const *files, size_t count, struct sv_findings *findings)
{
    struct lint l = {set, findings};
    for (size_t i = 0; i < set->count; i++)
        look_at_policy(&l, &set->items[i]);
    look_at_pairs(&l);
    for (size_t i = 0; i < count; i++)
        look_at_lists(&l, files[i]);
}

void sv_policies_warn(const struct sv_policy *policy, struct sv_findings *findings, const char *format, ...)
{
    const struct sv_yaml_node *id = value_of(policy, "id");
    char text[sizeof findings->items->text];
    va_list args;
    va_start(args, format);
    vsnprintf(text, sizeof text, format, args);
    va_end(args);
    sv_yaml_warn(id->yaml, findings, id->start, id->end, "%s", text);
}
