/* SPDX-License-Identifier: ISC */
/* check_type.h - which types an operator goes between, and what it gives. Private to this floor.
 *
 * Floor: cel. */
#ifndef SV_CHECK_TYPE_H
#define SV_CHECK_TYPE_H

#include "cel/ast.h"

/* Sets the type of an SV_AST_BINARY whose kids have theirs. An int literal beside a double becomes a double. false: the operator
 * does not go between these; text says so. */
bool sv_check_operator(struct sv_ast *ast, char *text, size_t size);

/* An int literal, beside what is a double, becomes one. Anything else stays as it is. */
void sv_check_as_double(struct sv_ast *ast);

/* The type is int, uint or double. */
bool sv_check_is_number(const struct sv_ast *ast);

#endif
