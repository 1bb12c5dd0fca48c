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
    struct sv_slice source;
    uint32_t locals; /* out: how many loop variables live at once */
    /* private */
    struct sv_check_scope {
        struct sv_slice name;
        uint8_t type, of; /* enum sv_cel_type; of an optional: of what it holds */
        bool from_event;
    } * scopes;
    uint32_t open;
};

/* Resolves and checks the whole tree; false when a problem was added. */
bool sv_check_tree(struct sv_check *check, struct sv_ast *ast, enum sv_cel_type want);

/* Adds a problem, unless there are too many already. */
void sv_check_problem(struct sv_cel_problems *problems, uint32_t offset, uint32_t length, const char *format, ...)
    __attribute__((format(printf, 4, 5)));

/* ---- between check.c, check_call.c and check_over.c ---- */

/* The same for a finding of the checker; in an unchecked environment there are none. */
void sv_check_finding(const struct sv_check *check, uint32_t offset, uint32_t length, const char *format, ...)
    __attribute__((format(printf, 4, 5)));

/* The word for a part's type. */
const char *sv_check_word(const struct sv_ast *ast);

/* Checks a part whose value is needed. */
void sv_check_value(struct sv_check *check, struct sv_ast *ast);

/* The tree becomes what the name stands for. */
void sv_check_become(struct sv_ast *ast, const struct sv_symbol *symbol);

/* check_over.c: in an expression over many events a call of an aggregate becomes its slot; false: it is none. And when the whole
 * tree is checked: what it reads of one event becomes captured slots, or a finding. */
bool sv_check_aggregate(struct sv_check *check, struct sv_ast *call);
void sv_check_captures(struct sv_check *check, struct sv_ast *ast);

/* Calls, and macros with variables (check_call.c). */
void sv_check_call(struct sv_check *check, struct sv_ast *call);
void sv_check_loop(struct sv_check *check, struct sv_ast *loop);

#endif
