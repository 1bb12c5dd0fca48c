/* SPDX-License-Identifier: ISC */
/* What an index can know of a condition: which strings a slot must hold for it to be true. */
#include "cel/build.h"
#include "cel/node.h"

/* A list longer than this is no fact: whoever indexes by facts keeps something for each value of each expression. */
enum { LIST_MAX = 1024 };

struct fact {
    uint32_t node; /* of the paths */
    struct sv_slice *values;
    size_t count, capacity;
};

static void add(struct sv_arena *arena, struct fact *fact, struct sv_value text)
{
    if (fact->count == fact->capacity) {
        fact->capacity = fact->capacity * 2 + 4;
        struct sv_slice *values = sv_arena_alloc(arena, fact->capacity * sizeof *values);
        if (fact->count > 0)
            memcpy(values, fact->values, fact->count * sizeof *values);
        fact->values = values;
    }
    fact->values[fact->count++] = sv_arena_dup(arena, sv_value_raw(text));
}

static bool is_text(const struct sv_ast *ast)
{
    return ast->kind == SV_AST_LITERAL && ast->value.type == SV_STRING;
}

/* Adds the strings of a constant list; false when it is none. */
static bool add_list(struct sv_arena *arena, struct fact *fact, const struct sv_ast *list)
{
    if (list->kind == SV_AST_LITERAL && list->value.type == SV_LIST) {
        if (list->value.list->count > LIST_MAX)
            return false;
        for (size_t i = 0; i < list->value.list->count; i++) {
            if (list->value.list->items[i].type != SV_STRING)
                return false;
            add(arena, fact, list->value.list->items[i]);
        }
        return true;
    }
    if (list->kind != SV_AST_LIST || list->count > LIST_MAX)
        return false;
    for (uint32_t i = 0; i < list->count; i++) {
        if (!is_text(list->kids[i]))
            return false;
        add(arena, fact, list->kids[i]->value);
    }
    return true;
}

/* Adds what `ast` says of one path to the fact; a fact without values is about any path still. */
static bool read_fact(struct sv_arena *arena, struct fact *fact, const struct sv_ast *ast, bool is_first)
{
    if (ast->kind == SV_AST_OR) {
        for (uint32_t i = 0; i < ast->count; i++)
            if (!read_fact(arena, fact, ast->kids[i], is_first && i == 0))
                return false;
        return true;
    }
    if (ast->kind != SV_AST_BINARY || (ast->op != SV_OP_EQ && ast->op != SV_OP_IN))
        return false;
    const struct sv_ast *path = ast->kids[0], *value = ast->kids[1];
    if (ast->op == SV_OP_EQ && value->kind == SV_AST_PATH) {
        path = ast->kids[1];
        value = ast->kids[0];
    }
    if (path->kind != SV_AST_PATH || (!is_first && path->at != fact->node))
        return false;
    fact->node = path->at;
    if (ast->op == SV_OP_IN)
        return add_list(arena, fact, value);
    if (!is_text(value))
        return false;
    add(arena, fact, value->value);
    return true;
}

/* As cheap as a fact: a number, a beginning or a member of a list. */
static bool is_cheap(const struct sv_node *node)
{
    static sv_node_eval *const cheap[] = {sv_node_slot_lt, sv_node_slot_le, sv_node_slot_gt,       sv_node_slot_ge,
                                          sv_node_slot_in, sv_node_slot_starts, sv_node_slot_number_is};
    if (node->eval == sv_node_not)
        node = node->a;
    for (size_t i = 0; i < sizeof cheap / sizeof *cheap; i++)
        if (node->eval == cheap[i])
            return true;
    return false;
}

/* Cheap conjuncts before the facts: where somebody indexes by facts these are met already, and && takes its operands in any
 * order. */
static void cheap_first(struct sv_arena *arena, struct sv_cel *expr, const bool *is_fact)
{
    struct sv_node *root = sv_arena_alloc(arena, sizeof *root);
    const struct sv_node **kids = sv_arena_alloc(arena, expr->root->count * sizeof(struct sv_node *));
    uint32_t count = 0;
    for (int rest = 0; rest < 2; rest++)
        for (uint32_t i = 0; i < expr->root->count; i++)
            if ((is_fact[i] || !is_cheap(expr->root->kids[i])) == (rest == 1))
                kids[count++] = expr->root->kids[i];
    *root = *expr->root;
    root->kids = kids;
    expr->root = root;
}

void sv_build_facts(struct sv_cel_env *env, const struct sv_ast *ast, struct sv_cel *expr)
{
    const struct sv_ast *const alone = ast;
    const struct sv_ast *const *parts = ast->kind == SV_AST_AND ? (const struct sv_ast *const *)ast->kids : &alone;
    size_t count = ast->kind == SV_AST_AND ? ast->count : 1;
    bool *is_fact = sv_arena_calloc(env->arena, count, sizeof *is_fact);
    expr->facts = sv_arena_calloc(env->arena, count, sizeof *expr->facts);
    for (size_t i = 0; i < count; i++) {
        struct fact fact = {0};
        if (!read_fact(env->arena, &fact, parts[i], true))
            continue;
        is_fact[i] = true;
        struct sv_cel_fact *out = &expr->facts[expr->fact_count++];
        *out = (struct sv_cel_fact){.slot = sv_paths_want(env->paths, fact.node), .values = fact.values, .count = fact.count};
    }
    if (expr->root->eval == sv_node_and && expr->root->count == count)
        cheap_first(env->arena, expr, is_fact);
}

size_t sv_cel_facts(const struct sv_cel *expr, struct sv_cel_fact *facts, size_t room)
{
    size_t count = expr->fact_count < room ? expr->fact_count : room;
    for (size_t i = 0; i < count; i++)
        facts[i] = expr->facts[i];
    return count;
}

uint32_t sv_cel_needs(const struct sv_cel *expr)
{
    static sv_node_eval *const strict[] = {sv_node_slot_is,      sv_node_slot_in, sv_node_slot_contains, sv_node_slot_starts,
                                           sv_node_slot_matches, sv_node_slot_lt, sv_node_slot_le,       sv_node_slot_gt,
                                           sv_node_slot_ge,      sv_node_slot_number_is};
    for (size_t i = 0; i < sizeof strict / sizeof *strict; i++)
        if (expr->root->eval == strict[i])
            return expr->root->slot;
    return SV_NO_SLOT;
}
