/* SPDX-License-Identifier: ISC */
/* node.h - what runs: a tree of nodes, each with the function that evaluates it. Private to this floor.
 *
 * Nodes are made once by build.c, never change and may be run by many threads, each with its own run. node.c has the general
 * ones, loop.c what has variables, optional.c what is written with a question mark, fast.c those for what conditions are made of:
 * one slot against constants.
 *
 * Floor: cel. */
#ifndef SV_NODE_H
#define SV_NODE_H

#include "cel/fn.h"
#include "cel/memo.h"
#include "cel/val.h"
#include "cel/words.h"

struct sv_node;
typedef struct sv_value sv_node_eval(const struct sv_node *node, struct sv_cel_run *run);

struct sv_node {
    sv_node_eval *eval;
    const struct sv_node *a, *b, *c;
    const struct sv_node *const *kids;
    uint32_t count; /* of kids; see fast.c and let nodes for other uses */
    uint32_t slot;  /* of a path; number of a loop variable; number of a let */
    uint32_t cost;  /* nodes in a loop's body: steps of one round */
    uint8_t op;
    bool from_event;
    bool null_absent;
    bool is_not;           /* != instead of ==, and the like */
    bool has_two;          /* variables */
    uint8_t rare[4];       /* bytes of a text to look for, those seldom met */
    struct sv_value value; /* the constant */
    double number;         /* the constant as a double, where that is exact */
    struct sv_slice text;  /* the constant's text */
    const struct sv_fn *const *rows;
    const struct sv_regex *regex;
    const struct sv_node_set *set;
    const struct sv_words *words;
    const struct sv_cel *let;
};

struct sv_cel {
    const struct sv_node *root;
    enum sv_cel_type type;
    bool is_constant;
    bool is_path; /* it is nothing but a path: a let of it is that path under another name */
    bool null_absent;
    uint32_t path;       /* its node */
    uint32_t locals;     /* loop variables of its own */
    uint32_t all_locals; /* with those of the lets it reads */
    uint32_t lets;       /* numbers of lets it reads are below this */
    uint32_t depth;      /* of evaluation, lets included */
    struct sv_cel_fact *facts;
    size_t fact_count;
    uint64_t tree; /* of strict environments */
    enum sv_cel_truth truth;
};

/* Strings to look up: by length and first bytes into few candidates. */
struct sv_node_set {
    const struct sv_slice *strings;
    uint32_t count, mask;
    const uint32_t *table; /* index + 1 into strings, 0 free; NULL: few, look at each */
};

static inline struct sv_value sv_node_run(const struct sv_node *node, struct sv_cel_run *run)
{
    return node->eval(node, run);
}

/* A slot's value: plain, absent where a null counts as absent. */
static inline struct sv_value sv_node_slot(const struct sv_node *node, struct sv_cel_run *run)
{
    struct sv_value *v = &run->slots[node->slot];
    if (v->type == SV_STRING && v->flags & SV_ESCAPED)
        sv_value_string(v, run->arena);
    if (v->type == SV_NULL && node->null_absent)
        return sv_value_of(SV_ABSENT);
    return *v;
}

/* a op b for two good values. */
struct sv_value sv_node_arithmetic(struct sv_cel_run *run, uint8_t op, struct sv_value a, struct sv_value b);

/* node.c */
sv_node_eval sv_node_constant, sv_node_read_slot, sv_node_read_local, sv_node_read_let, sv_node_select, sv_node_index,
    sv_node_has_slot, sv_node_has_key, sv_node_has_value, sv_node_list, sv_node_map, sv_node_choice, sv_node_and, sv_node_or,
    sv_node_not, sv_node_negate, sv_node_equal, sv_node_order, sv_node_in, sv_node_arith, sv_node_call, sv_node_call_lazy,
    sv_node_under;

/* loop.c */
sv_node_eval sv_node_all, sv_node_exists, sv_node_exists_one, sv_node_map_list, sv_node_filter, sv_node_transform_map,
    sv_node_transform_entry, sv_node_bind, sv_node_opt_map, sv_node_opt_flat_map;

/* optional.c; an entry that is left out of its list or map gives SV_NODE_LEFT_OUT */
sv_node_eval sv_node_optional, sv_node_select_optional, sv_node_index_optional, sv_node_entry;

enum { SV_NODE_LEFT_OUT = 1 }; /* flag of an SV_OPTIONAL, seen by sv_node_list and sv_node_map only */

static inline bool sv_node_is_left_out(struct sv_value v)
{
    return v.type == SV_OPTIONAL && v.flags == SV_NODE_LEFT_OUT;
}

/* fast.c: a is NULL for a slot, else the operand */
sv_node_eval sv_node_slot_is, sv_node_slot_in, sv_node_value_in, sv_node_contains_any, sv_node_slot_contains, sv_node_slot_starts, sv_node_slot_matches,
    sv_node_value_matches, sv_node_slot_lt, sv_node_slot_le, sv_node_slot_gt, sv_node_slot_ge, sv_node_slot_number_is;

/* Which byte of a text is probably the rarest in what it is looked for in. */
uint32_t sv_node_rarest(struct sv_slice text);

/* The four bytes of the text that are met most seldom, repeated where it has fewer; zeros for an empty text. */
void sv_node_rare_bytes(struct sv_slice text, uint8_t rare[4]);

/* A set of these strings, which are kept (not copied). Lives in the arena. */
const struct sv_node_set *sv_node_set_new(struct sv_arena *arena, const struct sv_slice *strings, size_t count);

#endif
