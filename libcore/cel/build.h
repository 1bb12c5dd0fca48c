/* SPDX-License-Identifier: ISC */
/* build.h - from a checked tree to the nodes that run. Private to this floor.
 *
 * Constant parts are computed here, once; slots are asked for; the shapes of fast.c are recognised. What is built lives in the
 * environment's arena.
 *
 * Floor: cel. */
#ifndef SV_BUILD_H
#define SV_BUILD_H

#include "cel/ast.h"
#include "cel/env.h"
#include "cel/node.h"

/* locals: how many loop variables the expression has at once. */
struct sv_cel *sv_build_expression(struct sv_cel_env *env, const struct sv_ast *ast, uint32_t locals);

/* The facts of cel.h; slots are those that the nodes read. */
void sv_build_facts(struct sv_cel_env *env, const struct sv_ast *ast, struct sv_cel *expr);

#endif
