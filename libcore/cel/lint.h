/* SPDX-License-Identifier: ISC */
/* lint.h - advice about an expression that is sound. Private to this floor.
 *
 * Floor: cel. */
#ifndef SV_LINT_H
#define SV_LINT_H

#include "cel/ast.h"
#include "cel/env.h"

/* Fills what cel.h says a strict environment knows of an expression, and adds advice. ast: as checked and built; locals: how many
 * loop variables it has at once. */
void sv_lint_expression(struct sv_cel_env *env, const struct sv_ast *ast, uint32_t locals, struct sv_cel *expr,
                        struct sv_cel_problems *problems);

#endif
