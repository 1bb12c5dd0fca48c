/* SPDX-License-Identifier: ISC */
/* macro.h - calls that are no functions: they look at names or at an expression, not at values (cel-spec, doc/langdef.md,
 * "Macros", and the extensions for two variables, bindings and optionals). Private to this floor; cel.h walks the table.
 *
 * Floor: cel. */
#ifndef SV_MACRO_H
#define SV_MACRO_H

#include "cel/ast.h"

struct sv_macro {
    struct sv_cel_function_info info;
    uint8_t op;        /* enum sv_ast_loop */
    uint8_t variables; /* how many names its arguments begin with */
    bool has_condition, has_result;
};

/* Turns a call of a macro into what it stands for; any other call stays as it is. false: problem says what is wrong with it. */
bool sv_macro_expand(struct sv_arena *arena, struct sv_ast *call, struct sv_cel_problem *problem);

/* The line with this number; NULL behind the last. */
const struct sv_macro *sv_macro_at(size_t index);

/* The first line of this name, or NULL. */
const struct sv_macro *sv_macro_find(struct sv_slice name);

#endif
