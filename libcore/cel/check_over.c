/* SPDX-License-Identifier: ISC */
/* The checker's part for expressions over many events: aggregates and what is captured of one event become slots. */
#include "cel/build.h"
#include "cel/check.h"

#define problem sv_check_finding

static struct sv_slice text_of(const struct sv_check *c, const struct sv_ast *ast)
{
    return sv_arena_dup(c->env->arena, sv_slice_trim(sv_slice(c->source.data + ast->offset, ast->length)));
}

static void become_slot(struct sv_ast *ast, uint32_t slot, enum sv_cel_type type)
{
    ast->kind = SV_AST_SLOT;
    ast->at = slot;
    ast->type = (uint8_t)type;
    ast->of = SV_CEL_DYN;
    ast->count = 0;
    ast->reads = true;
    ast->from_event = true; /* a window without samples has no greatest one */
    ast->null_absent = false;
}

static bool is_prev(const struct sv_ast *call)
{
    return call->is_receiver && call->kids[0]->kind == SV_AST_NAME && !call->kids[0]->is_rooted &&
           sv_slice_is(call->kids[0]->name, "prev");
}

/* Works out the argument with the names of one event. */
static bool check_argument(struct sv_check *c, struct sv_ast *argument)
{
    struct sv_cel_env *env = c->env;
    size_t before = c->problems->count;
    if (c->open > 0)
        problem(c, argument->offset, argument->length, "an aggregate cannot stand where a loop's variables are");
    else {
        c->env = env->parent;
        sv_check_value(c, argument);
        c->env = env;
    }
    return c->problems->count == before;
}

bool sv_check_aggregate(struct sv_check *c, struct sv_ast *call)
{
    const struct sv_cel_over *over = c->env->over;
    bool of_prev = is_prev(call);
    if ((call->is_receiver && !of_prev) || !over->knows(call->name))
        return false;
    uint32_t first = of_prev ? 1 : 0;
    if (call->count != first + 1) {
        problem(c, call->at_offset, call->at_length, "%.*s() takes one argument, an expression over an event", SV_ARG(call->name));
        become_slot(call, 0, SV_CEL_DYN);
        return true;
    }
    struct sv_ast *argument = call->kids[first];
    enum sv_cel_type type = SV_CEL_DYN;
    uint32_t slot = 0;
    if (check_argument(c, argument)) {
        const char *why = NULL;
        struct sv_cel_aggregate aggregate = {.name = call->name, .is_prev = of_prev, .text = text_of(c, argument)};
        aggregate.of = sv_build_expression(c->env->parent, argument, c->locals);
        type = (enum sv_cel_type)argument->type;
        slot = over->aggregate(over->context, &aggregate, &type, &why);
        type = why != NULL ? SV_CEL_DYN : type;
        if (why != NULL)
            problem(c, argument->offset, argument->length, "%.*s(): %s", SV_ARG(call->name), why);
    }
    become_slot(call, slot, type);
    return true;
}

/* What is left of the event in the tree: fields, names for them, and what is selected in them. */
static bool reads_event(const struct sv_ast *ast)
{
    return ast->kind == SV_AST_PATH || (ast->kind == SV_AST_LET && ast->reads);
}

void sv_check_captures(struct sv_check *c, struct sv_ast *ast)
{
    const struct sv_cel_over *over = c->env->over;
    if (!reads_event(ast)) {
        for (uint32_t i = 0; i < ast->count; i++)
            if (ast->kids[i] != NULL)
                sv_check_captures(c, ast->kids[i]);
        return;
    }
    if (over->capture == NULL) {
        problem(c, ast->offset, ast->length, "this looks at many events, not at one: write what is to be made of \"%.*s\", as in "
                "last(%.*s)", (int)ast->length, c->source.data + ast->offset, (int)ast->length, c->source.data + ast->offset);
        return;
    }
    const struct sv_cel *of = sv_build_expression(c->env->parent, ast, c->locals);
    become_slot(ast, over->capture(over->context, of, text_of(c, ast)), (enum sv_cel_type)ast->type);
}
