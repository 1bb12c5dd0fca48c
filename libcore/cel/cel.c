/* SPDX-License-Identifier: ISC */
#include "cel/cel.h"

#include "cel/build.h"
#include "cel/check.h"
#include "cel/lint.h"
#include "cel/parse.h"

enum { DEPTH_MAX = 1000 }; /* of evaluation through lets that read lets: keeps the stack under 1 MiB */

struct sv_cel *sv_cel_compile(struct sv_cel_env *env, struct sv_slice source, enum sv_cel_type want,
                              struct sv_cel_problems *problems)
{
    struct sv_cel_problems own;
    struct sv_arena arena = {0}; /* the tree's */
    struct sv_cel *expr = NULL;
    if (problems == NULL)
        problems = &own;
    problems->count = 0;
    struct sv_ast *ast = sv_parse_expression(source, &arena, &problems->items[0]);
    if (ast == NULL) {
        problems->count = 1;
    } else {
        struct sv_check check = {.env = env, .arena = &arena, .problems = problems, .source = source};
        if (sv_check_tree(&check, ast, want)) {
            expr = sv_build_expression(env, ast, check.locals);
            sv_build_facts(env, ast, expr);
            if (env->is_strict)
                sv_lint_expression(env, ast, check.locals, expr, problems);
        }
        if (expr != NULL && expr->depth > DEPTH_MAX) {
            problems->count = 0;
            sv_check_problem(problems, ast->offset, ast->length, "names that read names are nested more than %d deep", DEPTH_MAX);
            expr = NULL;
        }
    }
    sv_arena_free(&arena);
    return expr;
}

enum sv_cel_type sv_cel_result_type(const struct sv_cel *expr)
{
    return expr->type;
}

bool sv_cel_is_constant(const struct sv_cel *expr)
{
    return expr->is_constant;
}

struct sv_value sv_cel_constant(const struct sv_cel *expr, struct sv_arena *arena)
{
    struct sv_cel_run run = {.arena = arena};
    struct sv_value value = sv_cel_eval(expr, &run);
    sv_cel_run_free(&run);
    /* cppcheck-suppress returnDanglingLifetime ; what a value points to lives in the arena, not in the run */
    return value;
}

uint64_t sv_cel_tree(const struct sv_cel *expr)
{
    return expr->tree;
}

enum sv_cel_truth sv_cel_truth(const struct sv_cel *expr)
{
    return expr->truth;
}

struct sv_value sv_cel_eval(const struct sv_cel *expr, struct sv_cel_run *run)
{
    run->steps = 0;
    if ((expr->lets | expr->all_locals) != 0)
        sv_memo_ready(run, expr->lets, expr->all_locals);
    return sv_node_run(expr->root, run);
}

struct sv_cel_direct sv_cel_direct(const struct sv_cel *expr)
{
    if ((expr->lets | expr->all_locals) != 0)
        return (struct sv_cel_direct){0};
    return (struct sv_cel_direct){expr->root->eval, expr->root};
}
