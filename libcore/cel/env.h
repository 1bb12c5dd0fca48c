/* SPDX-License-Identifier: ISC */
/* env.h - the names an expression may use. Private to this floor; cel.h has what others call.
 *
 * Floor: cel. */
#ifndef SV_ENV_H
#define SV_ENV_H

#include "base/map.h"
#include "cel/cel.h"
#include "cel/regex.h"

enum sv_symbol_kind { SV_SYMBOL_PATH, SV_SYMBOL_ROOT, SV_SYMBOL_SLOT, SV_SYMBOL_CONSTANT, SV_SYMBOL_LET };

struct sv_symbol {
    enum sv_symbol_kind kind;
    enum sv_cel_type type;
    uint32_t at; /* node of a path, number of a slot, of a let */
    bool *used;      /* set when an expression reads it */
    bool was_used;   /* where nobody else wants to know */
    struct sv_value value;
    const struct sv_cel *let;
};

struct sv_cel_env {
    struct sv_cel_env *parent, *root, *also;
    struct sv_paths *paths;
    struct sv_arena *arena;
    struct sv_slice container;
    bool is_unchecked, is_strict;
    const struct sv_cel_over *over; /* NULL: an expression over one event */
    struct sv_map symbols; /* name -> struct sv_symbol */
    struct sv_cel_env *children, *sibling;
    /* of the root only */
    uint32_t lets;             /* how many there are: each has a number, under which a run remembers its value */
    struct sv_regex **regexes; /* to be freed with the environment */
    size_t regex_count, regex_capacity;
    struct sv_map sets;        /* a constant list's address -> its strings as a set, for all expressions that look in it */
};

/* The symbol of exactly this name, looked for in the container first, then outward; innermost environment first. */
const struct sv_symbol *sv_env_find(const struct sv_cel_env *env, struct sv_slice name, bool is_rooted);

/* A name like `name`, for "did you mean"; NULL when none is close. prefix: only names that begin with it, given without it. most:
 * letters by which it may differ, beside the usual bound. */
const char *sv_env_suggest(const struct sv_cel_env *env, struct sv_slice name, struct sv_slice prefix, size_t most);

/* Takes the pattern: it is freed with the root. */
void sv_env_keep(struct sv_cel_env *env, struct sv_regex *regex);

#endif
