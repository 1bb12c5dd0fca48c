/* SPDX-License-Identifier: ISC */
/* ast.h - an expression as a tree: made by parse.c, resolved and typed by check.c, turned into nodes by build.c. Private to
 * this floor. Lives in an arena that ends with the compilation.
 *
 * Floor: cel. */
#ifndef SV_AST_H
#define SV_AST_H

#include "cel/cel.h"

enum sv_ast_kind {
    SV_AST_LITERAL, /* value */
    SV_AST_NAME,    /* name; is_rooted: with a leading dot */
    SV_AST_SELECT,  /* kids[0] . name */
    SV_AST_HAS,     /* kids[0] is the selection asked for */
    SV_AST_INDEX,   /* kids[0] [ kids[1] ] */
    SV_AST_CALL,    /* name(kids...) or, is_receiver, kids[0].name(kids[1]...) */
    SV_AST_LIST,
    SV_AST_MAP,    /* kids: key, value, key, value, ... */
    SV_AST_CHOICE, /* kids[0] ? kids[1] : kids[2] */
    SV_AST_AND,    /* all kids of one chain */
    SV_AST_OR,
    SV_AST_NOT,
    SV_AST_NEGATE,
    SV_AST_BINARY, /* op; kids[0], kids[1] */
    SV_AST_LOOP,   /* op; name and second are the variables; kids: range, condition or NULL, result or NULL */
    /* what names become when they are resolved */
    SV_AST_PATH,     /* at: node of the paths */
    SV_AST_ROOT,     /* the same, but without a value of its own */
    SV_AST_SLOT,     /* at: slot */
    SV_AST_LOCAL,    /* at: number of the loop variable */
    SV_AST_LET,      /* let */
    SV_AST_OPTIONAL, /* kids[0] as an optional: what is absent is none */
    SV_AST_UNKNOWN   /* reported, or an error at run time */
};

enum sv_ast_op {
    SV_OP_EQ,
    SV_OP_NE,
    SV_OP_LT,
    SV_OP_LE,
    SV_OP_GT,
    SV_OP_GE,
    SV_OP_IN,
    SV_OP_ADD,
    SV_OP_SUB,
    SV_OP_MUL,
    SV_OP_DIV,
    SV_OP_MOD
};

/* What gives its variables values. The last three do so once: of any value, of what an optional holds. */
enum sv_ast_loop {
    SV_LOOP_ALL,
    SV_LOOP_EXISTS,
    SV_LOOP_EXISTS_ONE,
    SV_LOOP_MAP,
    SV_LOOP_FILTER,
    SV_LOOP_TRANSFORM_MAP,
    SV_LOOP_TRANSFORM_ENTRY,
    SV_LOOP_BIND,
    SV_LOOP_OPT_MAP,
    SV_LOOP_OPT_FLAT_MAP
};

struct sv_ast {
    uint8_t kind, op, type; /* enum sv_ast_kind, its operator, enum sv_cel_type */
    uint8_t of;             /* of an optional: the type of what it holds */
    bool is_rooted : 1;
    bool is_receiver : 1;
    bool is_optional : 1;          /* a.?b, a[?b] */
    bool is_optional_entry : 1;    /* [?this], {?key: this} */
    bool is_resolved : 1;          /* a chain of names was looked up from here, or above */
    bool from_event : 1;           /* what cannot be selected in it is absent */
    bool null_absent : 1;          /* a null here is absent (top level of the event) */
    bool reads : 1;                /* depends on the event */
    uint16_t height;               /* 0 for a leaf */
    uint32_t offset, length;       /* the whole of it in the source */
    uint32_t at_offset, at_length; /* its name or operator */
    uint32_t inner;                /* of string literals: where their text stands in the source, 0: it has escapes */
    uint32_t at;
    uint32_t count;
    struct sv_ast **kids;
    struct sv_slice name, second;
    struct sv_value value;
    const struct sv_cel *let;
    const struct sv_macro *macro; /* of loops: what it was written as */
    const struct sv_fn **rows;    /* of calls: the lines of the function table that may fit, NULL behind the last */
    const struct sv_regex *regex; /* of matches() with a constant pattern */
};

#endif
