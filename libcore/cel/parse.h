/* SPDX-License-Identifier: ISC */
/* parse.h - from text to tree. Private to this floor.
 *
 * Bounded: SV_CEL_SOURCE_MAX bytes, SV_CEL_DEPTH_MAX nested constructs (a chain of one operator other than && and || nests to
 * the left), SV_CEL_NODES_MAX nodes.
 *
 * Floor: cel. */
#ifndef SV_PARSE_H
#define SV_PARSE_H

#include "cel/ast.h"

/* NULL and one problem when the text is no expression. Names borrow from source. */
struct sv_ast *sv_parse_expression(struct sv_slice source, struct sv_arena *arena, struct sv_cel_problem *problem);

#endif
