/* SPDX-License-Identifier: ISC */
/* check.h - gives names their meaning and every part of a tree its type; finds what cannot be right. Private to this floor.
 *
 * In an unchecked environment only names are resolved: what is unknown or does not fit becomes an error at run time.
 *
 * Floor: cel. */
#ifndef SV_CHECK_H
#define SV_CHECK_H

#include "cel/ast.h"
#include "cel/env.h"

struct sv_check {
    struct sv_cel_env *env;
    struct sv_arena *arena; /* the tree's */
    struct sv_cel_problems *problems;
    uint32_t locals; /* out: how many loop variables live at once */
    /* private */
    const struct sv_ast **loops;
    uint32_t open;
};

/* Resolves and checks the whole tree; false when a problem was added. */
bool sv_check_tree(struct sv_check *check, struct sv_ast *ast, enum sv_cel_type want);

/* Adds a problem, unless there are too many already. */
void sv_check_problem(struct sv_cel_problems *problems, uint32_t offset, uint32_t length, const char *format, ...)
    __attribute__((format(printf, 4, 5)));

#endif
