/* SPDX-License-Identifier: ISC */
#include "cel/macro.h"

#include <stdarg.h>
#include <stdio.h>

#include "base/limits.h"

enum { HAS = 255 };

/* name, signature, one line; op, number of variables, condition?, result? The value that a variable of cel.bind gets is its
 * range. Lines of one name stand together. */
static const struct sv_macro table[] = {
    {{"has", "has(event.name) -> bool", "whether the field is there"}, HAS, 0, false, false},
    {{"all", "list.all(x, condition) -> bool", "whether it holds for every element, or key of a map"}, SV_LOOP_ALL, 1, true, false},
    {{"all", "list.all(i, x, condition) -> bool", "the same with index and element, or key and value"},
     SV_LOOP_ALL,
     2,
     true,
     false},
    {{"exists", "list.exists(x, condition) -> bool", "whether it holds for one or more"}, SV_LOOP_EXISTS, 1, true, false},
    {{"exists", "list.exists(i, x, condition) -> bool", "the same with index and element, or key and value"},
     SV_LOOP_EXISTS,
     2,
     true,
     false},
    {{"exists_one", "list.exists_one(x, condition) -> bool", "whether it holds for exactly one"},
     SV_LOOP_EXISTS_ONE,
     1,
     true,
     false},
    {{"exists_one", "list.exists_one(i, x, condition) -> bool", "the same with index and element, or key and value"},
     SV_LOOP_EXISTS_ONE,
     2,
     true,
     false},
    {{"existsOne", "list.existsOne(x, condition) -> bool", "the same as exists_one"}, SV_LOOP_EXISTS_ONE, 1, true, false},
    {{"existsOne", "list.existsOne(i, x, condition) -> bool", "the same as exists_one"}, SV_LOOP_EXISTS_ONE, 2, true, false},
    {{"filter", "list.filter(x, condition) -> list", "the elements for which it holds"}, SV_LOOP_FILTER, 1, true, false},
    {{"map", "list.map(x, value) -> list", "the value for every element"}, SV_LOOP_MAP, 1, false, true},
    {{"map", "list.map(x, condition, value) -> list", "the same of those for which it holds"}, SV_LOOP_MAP, 1, true, true},
    {{"transformList", "list.transformList(i, x, value) -> list", "the value for every index and element, or key and value"},
     SV_LOOP_MAP,
     2,
     false,
     true},
    {{"transformList", "list.transformList(i, x, condition, value) -> list", "the same of those for which it holds"},
     SV_LOOP_MAP,
     2,
     true,
     true},
    {{"transformMap", "map.transformMap(k, v, value) -> map", "the value for every key, or index"},
     SV_LOOP_TRANSFORM_MAP,
     2,
     false,
     true},
    {{"transformMap", "map.transformMap(k, v, condition, value) -> map", "the same of those for which it holds"},
     SV_LOOP_TRANSFORM_MAP,
     2,
     true,
     true},
    {{"transformMapEntry", "map.transformMapEntry(k, v, map) -> map", "all entries of the maps made for every key, or index"},
     SV_LOOP_TRANSFORM_ENTRY,
     2,
     false,
     true},
    {{"transformMapEntry", "map.transformMapEntry(k, v, condition, map) -> map", "the same of those for which it holds"},
     SV_LOOP_TRANSFORM_ENTRY,
     2,
     true,
     true},
    {{"cel.bind", "cel.bind(x, value, result) -> any", "the result, in which x stands for the value"},
     SV_LOOP_BIND,
     1,
     false,
     true},
    {{"optMap", "optional.optMap(x, value) -> optional", "the value made from what the optional holds, none of none"},
     SV_LOOP_OPT_MAP,
     1,
     false,
     true},
    {{"optFlatMap", "optional.optFlatMap(x, optional) -> optional", "the same where the value is an optional itself"},
     SV_LOOP_OPT_FLAT_MAP,
     1,
     false,
     true},
};

enum { TABLE_COUNT = sizeof table / sizeof *table };

const struct sv_macro *sv_macro_at(size_t index)
{
    return index < TABLE_COUNT ? &table[index] : NULL;
}

const struct sv_macro *sv_macro_find(struct sv_slice name)
{
    for (size_t i = 0; i < TABLE_COUNT; i++)
        if (sv_slice_is(name, table[i].info.name))
            return &table[i];
    return NULL;
}

__attribute__((format(printf, 3, 4))) static bool fail(struct sv_cel_problem *problem, const struct sv_ast *at, const char *format,
                                                       ...)
{
    va_list args;
    va_start(args, format);
    vsnprintf(problem->text, sizeof problem->text, format, args);
    va_end(args);
    problem->offset = at->offset;
    problem->length = at->length;
    return false;
}

static bool make_has(struct sv_ast *call, struct sv_cel_problem *problem)
{
    const struct sv_ast *field = call->kids[0];
    bool is_name = field->kind == SV_AST_NAME;
    if (field->kind == SV_AST_SELECT && field->is_optional)
        return fail(problem, field, "has() asks for a field without \"?\", or write hasValue() behind it");
    if (field->kind != SV_AST_SELECT)
        return fail(problem, field, "has() asks for a field, as in has(event.%.*s)", is_name ? (int)field->name.len : 4,
                    is_name ? field->name.data : "name");
    call->kind = SV_AST_HAS;
    return true;
}

/* kids: the range (what variables stand for), the condition or NULL, the result or NULL. */
static bool make_loop(struct sv_arena *arena, struct sv_ast *call, const struct sv_macro *macro, struct sv_cel_problem *problem)
{
    struct sv_ast **args = call->kids + 1, **kids = sv_arena_calloc(arena, 3, sizeof *kids);
    for (uint32_t i = 0; i < macro->variables; i++) {
        static const char *const counts[] = {"first", "second"};
        if (args[i]->kind != SV_AST_NAME || args[i]->is_rooted)
            return fail(problem, args[i], "the %s argument of %s() is the name of its variable", counts[i], macro->info.name);
        if (i > 0 && sv_slice_equal(args[i]->name, args[0]->name))
            return fail(problem, args[i], "the variables of %s() need names of their own", macro->info.name);
    }
    call->name = args[0]->name;
    call->second = macro->variables > 1 ? args[1]->name : sv_slice(NULL, 0);
    args += macro->variables;
    kids[0] = macro->op == SV_LOOP_BIND ? *args++ : call->kids[0];
    kids[1] = macro->has_condition ? *args++ : NULL;
    kids[2] = macro->has_result ? *args : NULL;
    call->kind = SV_AST_LOOP;
    call->op = macro->op;
    call->macro = macro;
    call->kids = kids;
    call->count = 3;
    /* what a variable holds is nested in the range and may be nested again in what is made of it: the heights add up */
    unsigned body = 0;
    for (int i = 1; i < 3; i++)
        if (kids[i] != NULL && kids[i]->height > body)
            body = kids[i]->height;
    if (1u + kids[0]->height + body > SV_CEL_DEPTH_MAX)
        return fail(problem, call, "the expression is nested more than %d deep", SV_CEL_DEPTH_MAX);
    call->height = (uint16_t)(1u + kids[0]->height + body);
    return true;
}

/* The call is written as the macro is: with its receiver or namespace, and that number of arguments. */
static bool is_call_of(const struct sv_ast *call, const struct sv_macro *macro)
{
    struct sv_slice name = sv_slice_str(macro->info.name);
    if (macro->op == HAS)
        return !call->is_receiver && call->count == 1 && sv_slice_equal(call->name, name);
    uint32_t count = 1u + macro->variables + macro->has_condition + macro->has_result + (macro->op == SV_LOOP_BIND);
    if (!call->is_receiver || call->count != count)
        return false;
    if (macro->op != SV_LOOP_BIND)
        return sv_slice_equal(call->name, name);
    return sv_slice_is(call->name, "bind") && call->kids[0]->kind == SV_AST_NAME && sv_slice_is(call->kids[0]->name, "cel");
}

bool sv_macro_expand(struct sv_arena *arena, struct sv_ast *call, struct sv_cel_problem *problem)
{
    for (size_t i = 0; i < TABLE_COUNT; i++)
        if (is_call_of(call, &table[i]))
            return table[i].op == HAS ? make_has(call, problem) : make_loop(arena, call, &table[i], problem);
    return true;
}
