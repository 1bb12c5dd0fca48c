/* SPDX-License-Identifier: ISC */
#include "cel/build.h"

#include <math.h>

struct build {
    struct sv_cel_env *env;
    struct sv_cel *expr;
    struct sv_arena scratch; /* for computing constants */
    struct sv_cel_run run;   /* its steps are a budget for all of them together */
    uint32_t nodes;
};

enum { FOLD_TEXT_MAX = 1024 }; /* bytes of a string that is worth keeping instead of making it again */

static const struct sv_node *build(struct build *b, const struct sv_ast *ast);

static struct sv_node *make(struct build *b, sv_node_eval *eval)
{
    struct sv_node *node = sv_arena_calloc(b->env->arena, 1, sizeof *node);
    node->eval = eval;
    b->nodes++;
    return node;
}

static struct sv_value keep_text(struct build *b, struct sv_value v)
{
    if (v.type == SV_STRING || v.type == SV_BYTES)
        v.s = sv_arena_dup(b->env->arena, sv_value_raw(v)).data;
    return v;
}

static const struct sv_node *constant(struct build *b, struct sv_value value)
{
    struct sv_node *node = make(b, sv_node_constant);
    node->value = value;
    return node;
}

static bool is_constant(const struct sv_node *node)
{
    return node->eval == sv_node_constant && !sv_val_is_bad(node->value);
}

static bool is_text(const struct sv_node *node)
{
    return node->eval == sv_node_constant && node->value.type == SV_STRING;
}

static bool is_slot(const struct sv_node *node)
{
    return node->eval == sv_node_read_slot;
}

/* The node, or the constant that it always gives. Only for nodes whose kids are all constant. */
static const struct sv_node *fold(struct build *b, const struct sv_node *node)
{
    struct sv_value v = sv_node_run(node, &b->run);
    bool is_scalar = v.type == SV_NULL || v.type == SV_BOOL || sv_val_is_number(v) || v.type == SV_TIMESTAMP ||
                     v.type == SV_DURATION || v.type == SV_TYPE;
    bool is_short = (v.type == SV_STRING || v.type == SV_BYTES) && v.len <= FOLD_TEXT_MAX;
    if (is_scalar || is_short)
        node = constant(b, keep_text(b, v));
    sv_arena_reset(&b->scratch);
    return node;
}

static const struct sv_node *fold_if(struct build *b, const struct sv_node *node, bool all_constant)
{
    return all_constant && !sv_val_over(&b->run) ? fold(b, node) : node;
}

/* ---- reading ---- */

static const struct sv_node *build_slot(struct build *b, const struct sv_ast *ast, sv_node_eval *eval)
{
    struct sv_node *node = make(b, eval);
    node->slot = ast->kind == SV_AST_PATH ? sv_paths_want(b->env->paths, ast->at) : ast->at;
    node->null_absent = ast->null_absent;
    node->from_event = ast->from_event;
    return node;
}

static const struct sv_node *build_let(struct build *b, const struct sv_ast *ast)
{
    struct sv_node *node = make(b, sv_node_read_let);
    const struct sv_cel *let = ast->let;
    node->slot = ast->at;
    node->let = let;
    node->count = b->expr->locals;
    if (b->expr->lets <= ast->at)
        b->expr->lets = ast->at + 1;
    if (b->expr->lets < let->lets)
        b->expr->lets = let->lets;
    if (b->expr->all_locals < b->expr->locals + let->all_locals)
        b->expr->all_locals = b->expr->locals + let->all_locals;
    if (b->expr->depth < let->depth)
        b->expr->depth = let->depth;
    return node;
}

static const struct sv_node *build_select(struct build *b, const struct sv_ast *ast)
{
    struct sv_node *node = make(b, ast->is_optional ? sv_node_select_optional : sv_node_select);
    node->a = build(b, ast->kids[0]);
    node->text = sv_arena_dup(b->env->arena, ast->name);
    node->from_event = ast->from_event;
    return fold_if(b, node, is_constant(node->a));
}

static const struct sv_node *build_index(struct build *b, const struct sv_ast *ast)
{
    struct sv_node *node = make(b, ast->is_optional ? sv_node_index_optional : sv_node_index);
    node->a = build(b, ast->kids[0]);
    node->b = build(b, ast->kids[1]);
    node->from_event = ast->from_event;
    return fold_if(b, node, is_constant(node->a) && is_constant(node->b));
}

static const struct sv_node *build_has(struct build *b, const struct sv_ast *ast)
{
    const struct sv_ast *field = ast->kids[0];
    if (field->kind == SV_AST_OPTIONAL)
        field = field->kids[0];
    if (field->kind == SV_AST_PATH || field->kind == SV_AST_SLOT)
        return build_slot(b, field, sv_node_has_slot);
    if (field->kind != SV_AST_SELECT) {
        struct sv_node *node = make(b, sv_node_has_value);
        node->a = build(b, field);
        return node;
    }
    struct sv_node *node = make(b, sv_node_has_key);
    node->a = build(b, field->kids[0]);
    node->text = sv_arena_dup(b->env->arena, field->name);
    node->from_event = field->from_event;
    return node;
}

/* ---- building ---- */

static const struct sv_node *const *build_kids(struct build *b, const struct sv_ast *ast, bool *all_constant)
{
    const struct sv_node **kids = sv_arena_alloc(b->env->arena, (ast->count + 1) * sizeof *kids);
    *all_constant = true;
    for (uint32_t i = 0; i < ast->count; i++) {
        kids[i] = build(b, ast->kids[i]);
        if (ast->kids[i]->is_optional_entry) {
            struct sv_node *entry = make(b, sv_node_entry);
            entry->a = kids[i];
            kids[i] = entry;
        }
        *all_constant &= is_constant(kids[i]);
    }
    return kids;
}

static const struct sv_node *build_list(struct build *b, const struct sv_ast *ast)
{
    bool all_constant;
    struct sv_node *node = make(b, sv_node_list);
    node->kids = build_kids(b, ast, &all_constant);
    node->count = ast->count;
    if (!all_constant)
        return node;
    struct sv_value *items = sv_arena_calloc(b->env->arena, ast->count + 1, sizeof *items);
    for (uint32_t i = 0; i < ast->count; i++)
        items[i] = node->kids[i]->value;
    return constant(b, sv_val_list(b->env->arena, items, ast->count));
}

static const struct sv_node *build_map(struct build *b, const struct sv_ast *ast)
{
    bool all_constant;
    struct sv_node *node = make(b, sv_node_map);
    node->kids = build_kids(b, ast, &all_constant);
    node->count = ast->count;
    if (!all_constant)
        return node;
    size_t count = ast->count / 2;
    struct sv_map_entry *entries = sv_arena_calloc(b->env->arena, count + 1, sizeof *entries);
    for (size_t i = 0; i < count; i++)
        entries[i] = (struct sv_map_entry){node->kids[2 * i]->value, node->kids[2 * i + 1]->value};
    struct sv_cel_run run = {.arena = b->env->arena};
    struct sv_value map = sv_val_map(&run, entries, count);
    return map.type == SV_ERROR ? node : constant(b, map); /* a wrong map is an error when it is run */
}

static const struct sv_node *build_logic(struct build *b, const struct sv_ast *ast)
{
    bool all_constant;
    struct sv_node *node = make(b, ast->kind == SV_AST_AND ? sv_node_and : sv_node_or);
    node->kids = build_kids(b, ast, &all_constant);
    node->count = ast->count;
    return fold_if(b, node, all_constant);
}

static const struct sv_node *build_one(struct build *b, const struct sv_ast *ast, sv_node_eval *eval)
{
    struct sv_node *node = make(b, eval);
    node->a = build(b, ast->kids[0]);
    return fold_if(b, node, is_constant(node->a));
}

static const struct sv_node *build_choice(struct build *b, const struct sv_ast *ast)
{
    struct sv_node *node = make(b, sv_node_choice);
    node->a = build(b, ast->kids[0]);
    node->b = build(b, ast->kids[1]);
    node->c = build(b, ast->kids[2]);
    if (is_constant(node->a) && node->a->value.type == SV_BOOL)
        return node->a->value.b ? node->b : node->c;
    return node;
}

/* [texts].exists(x, that.contains(x)), where what is asked does not change: all are looked for at once. NULL when it is not that. */
static const struct sv_node *fast_exists(struct build *b, const struct sv_ast *ast, const struct sv_node *range)
{
    const struct sv_ast *call = ast->kids[1];
    if (ast->op != SV_LOOP_EXISTS || ast->second.len > 0 || !is_constant(range) || range->value.type != SV_LIST || call == NULL ||
        call->kind != SV_AST_CALL || call->count != 2 || call->rows == NULL || call->rows[0] == NULL || call->rows[1] != NULL ||
        call->rows[0]->body != sv_fn_contains)
        return NULL;
    const struct sv_ast *asked = call->kids[0], *text = call->kids[1];
    const struct sv_list *list = range->value.list;
    struct sv_slice texts[SV_WORDS_MAX];
    if ((asked->kind != SV_AST_PATH && asked->kind != SV_AST_SLOT && asked->kind != SV_AST_LET) || text->kind != SV_AST_LOCAL ||
        text->at != ast->at || list->count > SV_WORDS_MAX)
        return NULL;
    for (size_t i = 0; i < list->count; i++) {
        if (list->items[i].type != SV_STRING)
            return NULL;
        texts[i] = sv_value_raw(list->items[i]);
    }
    const struct sv_words *words = sv_words_new(b->env->arena, texts, list->count, false);
    if (words == NULL)
        return NULL;
    struct sv_node *node = make(b, sv_node_contains_any);
    node->a = build(b, asked);
    node->words = words;
    return node;
}

static const struct sv_node *build_loop(struct build *b, const struct sv_ast *ast)
{
    static sv_node_eval *const evals[] = {[SV_LOOP_ALL] = sv_node_all,
                                          [SV_LOOP_EXISTS] = sv_node_exists,
                                          [SV_LOOP_EXISTS_ONE] = sv_node_exists_one,
                                          [SV_LOOP_MAP] = sv_node_map_list,
                                          [SV_LOOP_FILTER] = sv_node_filter,
                                          [SV_LOOP_TRANSFORM_MAP] = sv_node_transform_map,
                                          [SV_LOOP_TRANSFORM_ENTRY] = sv_node_transform_entry,
                                          [SV_LOOP_BIND] = sv_node_bind,
                                          [SV_LOOP_OPT_MAP] = sv_node_opt_map,
                                          [SV_LOOP_OPT_FLAT_MAP] = sv_node_opt_flat_map};
    const struct sv_node *range = build(b, ast->kids[0]), *fast = fast_exists(b, ast, range);
    if (fast != NULL)
        return fast;
    struct sv_node *node = make(b, evals[ast->op]);
    node->a = range;
    uint32_t before = b->nodes;
    node->b = ast->kids[1] != NULL ? build(b, ast->kids[1]) : NULL;
    node->c = ast->kids[2] != NULL ? build(b, ast->kids[2]) : NULL;
    node->cost = b->nodes - before;
    node->slot = ast->at;
    node->has_two = ast->second.len > 0;
    return node;
}

/* ---- comparisons ---- */

/* slot == constant, of the shapes in fast.c; NULL when it is none. */
static const struct sv_node *fast_equal(struct build *b, const struct sv_node *slot, const struct sv_node *value, bool is_not)
{
    if (!is_slot(slot) || !is_constant(value) || (value->value.type != SV_STRING && !sv_val_is_number(value->value)))
        return NULL;
    struct sv_node *node = make(b, value->value.type == SV_STRING ? sv_node_slot_is : sv_node_slot_number_is);
    node->slot = slot->slot;
    node->null_absent = slot->null_absent;
    node->is_not = is_not;
    node->value = value->value;
    if (value->value.type == SV_STRING)
        node->text = sv_value_raw(value->value);
    return node;
}

/* slot < constant, if the constant is exact as a double. */
static const struct sv_node *fast_order(struct build *b, const struct sv_node *slot, const struct sv_node *value, uint8_t op)
{
    static sv_node_eval *const evals[] = {
        [SV_OP_LT] = sv_node_slot_lt, [SV_OP_LE] = sv_node_slot_le, [SV_OP_GT] = sv_node_slot_gt, [SV_OP_GE] = sv_node_slot_ge};
    const int64_t exact = INT64_C(1) << 53;
    if (!is_slot(slot) || value->eval != sv_node_constant)
        return NULL;
    struct sv_value v = value->value;
    if (!(v.type == SV_INT && v.i >= -exact && v.i <= exact) && !(v.type == SV_DOUBLE && !isnan(v.d)))
        return NULL;
    struct sv_node *node = make(b, evals[op]);
    node->slot = slot->slot;
    node->null_absent = slot->null_absent;
    node->value = v;
    node->number = v.type == SV_INT ? (double)v.i : v.d;
    return node;
}

/* The strings of a list as a set, made once however many expressions look in it; NULL when it holds anything else. */
static const struct sv_node_set *set_of(struct build *b, const struct sv_list *list)
{
    struct sv_map_item *known = sv_map_at(&b->env->root->sets, sv_slice((const char *)&list, sizeof list));
    if (known->pointer != NULL)
        return known->pointer;
    for (size_t i = 0; i < list->count; i++)
        if (list->items[i].type != SV_STRING)
            return NULL;
    struct sv_slice *texts = sv_arena_calloc(b->env->arena, list->count + 1, sizeof *texts);
    for (size_t i = 0; i < list->count; i++)
        texts[i] = sv_value_raw(list->items[i]);
    const struct sv_node_set *set = sv_node_set_new(b->env->arena, texts, list->count);
    known->pointer = (void *)(uintptr_t)set;
    return set;
}

/* x in [texts]; NULL when the list is another one. */
static const struct sv_node *fast_in(struct build *b, const struct sv_node *x, const struct sv_node *list)
{
    if (list->eval != sv_node_constant || list->value.type != SV_LIST)
        return NULL;
    const struct sv_node_set *set = set_of(b, list->value.list);
    if (set == NULL)
        return NULL;
    struct sv_node *node = make(b, is_slot(x) ? sv_node_slot_in : sv_node_value_in);
    node->a = x;
    node->slot = x->slot;
    node->null_absent = x->null_absent;
    node->set = set;
    return node;
}

static const struct sv_node *build_binary(struct build *b, const struct sv_ast *ast)
{
    static const uint8_t turned[] = {SV_OP_EQ, SV_OP_NE, SV_OP_GT, SV_OP_GE, SV_OP_LT, SV_OP_LE};
    const struct sv_node *left = build(b, ast->kids[0]), *right = build(b, ast->kids[1]), *fast = NULL;
    bool all_constant = is_constant(left) && is_constant(right);
    sv_node_eval *eval = sv_node_arith;
    if (ast->op <= SV_OP_NE) {
        eval = sv_node_equal;
        fast = fast_equal(b, left, right, ast->op == SV_OP_NE);
        if (fast == NULL)
            fast = fast_equal(b, right, left, ast->op == SV_OP_NE);
    } else if (ast->op <= SV_OP_GE) {
        eval = sv_node_order;
        fast = fast_order(b, left, right, ast->op);
        if (fast == NULL)
            fast = fast_order(b, right, left, turned[ast->op]);
    } else if (ast->op == SV_OP_IN) {
        eval = sv_node_in;
        fast = fast_in(b, left, right);
    }
    if (fast != NULL && !all_constant)
        return fast;
    struct sv_node *node = make(b, eval);
    node->a = left;
    node->b = right;
    node->op = ast->op;
    node->is_not = ast->op == SV_OP_NE;
    return fold_if(b, node, all_constant);
}

/* ---- calls ---- */

/* No character of it can stand in JSON as anything but itself or \u. */
static bool is_simple_text(struct sv_slice s)
{
    for (size_t i = 0; i < s.len; i++) {
        unsigned char c = (unsigned char)s.data[i];
        if (c < 0x20 || c >= 0x7F || c == '"' || c == '\\' || c == '/')
            return false;
    }
    return s.len > 0;
}

/* slot.contains(text) and its kin; NULL when the call is another one. */
static const struct sv_node *fast_call(struct build *b, const struct sv_ast *ast, const struct sv_node *const *kids)
{
    if (ast->count != 2)
        return NULL;
    sv_fn_body *body = ast->rows[0]->body;
    struct sv_node *node = NULL;
    if (body == sv_fn_matches && ast->regex != NULL) {
        node = make(b, is_slot(kids[0]) ? sv_node_slot_matches : sv_node_value_matches);
        node->regex = ast->regex;
        node->text = sv_regex_needle(ast->regex);
        node->op = node->text.len >= 2 && is_simple_text(node->text);
    } else if (is_slot(kids[0]) && is_text(kids[1]) && kids[1]->value.len > 0 &&
               (body == sv_fn_contains || body == sv_fn_starts_with)) {
        node = make(b, body == sv_fn_contains ? sv_node_slot_contains : sv_node_slot_starts);
        node->text = sv_value_raw(kids[1]->value);
        node->op = is_simple_text(node->text);
    } else {
        return NULL;
    }
    node->a = kids[0];
    node->slot = kids[0]->slot;
    node->null_absent = kids[0]->null_absent;
    node->count = node->text.len > 0 ? sv_node_rarest(node->text) : 0;
    sv_node_rare_bytes(node->text, node->rare);
    return node;
}

static const struct sv_node *build_call(struct build *b, const struct sv_ast *ast)
{
    bool all_constant;
    if (ast->rows == NULL || ast->rows[0] == NULL) {
        struct sv_slice text = sv_arena_printf(b->env->arena, "no such overload: %.*s()", SV_ARG(ast->name));
        return constant(b, sv_val_error(text.data));
    }
    const struct sv_node *const *kids = build_kids(b, ast, &all_constant);
    const struct sv_node *fast = all_constant ? NULL : fast_call(b, ast, kids);
    if (fast != NULL)
        return fast;
    size_t count = 0;
    while (ast->rows[count] != NULL)
        count++;
    const struct sv_fn **rows = sv_arena_calloc(b->env->arena, count + 1, sizeof *rows);
    for (size_t i = 0; i < count; i++)
        rows[i] = ast->rows[i];
    struct sv_node *node = make(b, rows[0]->body == sv_fn_under ? sv_node_under
                                   : rows[0]->how == SV_FN_LAZY ? sv_node_call_lazy
                                                                : sv_node_call);
    node->kids = kids;
    node->count = ast->count;
    node->rows = rows;
    return fold_if(b, node, all_constant);
}

static const struct sv_node *build(struct build *b, const struct sv_ast *ast)
{
    switch ((enum sv_ast_kind)ast->kind) {
    case SV_AST_LITERAL:
        return constant(b, keep_text(b, ast->value));
    case SV_AST_PATH:
    case SV_AST_SLOT:
        return build_slot(b, ast, sv_node_read_slot);
    case SV_AST_LOCAL: {
        struct sv_node *node = make(b, sv_node_read_local);
        node->slot = ast->at;
        return node;
    }
    case SV_AST_LET:
        return build_let(b, ast);
    case SV_AST_OPTIONAL:
        return build_one(b, ast, sv_node_optional);
    case SV_AST_SELECT:
        return build_select(b, ast);
    case SV_AST_HAS:
        return build_has(b, ast);
    case SV_AST_INDEX:
        return build_index(b, ast);
    case SV_AST_CALL:
        return build_call(b, ast);
    case SV_AST_LIST:
        return build_list(b, ast);
    case SV_AST_MAP:
        return build_map(b, ast);
    case SV_AST_CHOICE:
        return build_choice(b, ast);
    case SV_AST_AND:
    case SV_AST_OR:
        return build_logic(b, ast);
    case SV_AST_NOT:
        return build_one(b, ast, sv_node_not);
    case SV_AST_NEGATE:
        return build_one(b, ast, sv_node_negate);
    case SV_AST_BINARY:
        return build_binary(b, ast);
    case SV_AST_LOOP:
        return build_loop(b, ast);
    case SV_AST_NAME:
    case SV_AST_ROOT:
    case SV_AST_UNKNOWN:
        break;
    }
    struct sv_slice text = sv_arena_printf(b->env->arena, "unknown name %.*s", SV_ARG(ast->name));
    return constant(b, sv_val_error(text.data));
}

struct sv_cel *sv_build_expression(struct sv_cel_env *env, const struct sv_ast *ast, uint32_t locals)
{
    struct sv_cel *expr = sv_arena_calloc(env->arena, 1, sizeof *expr);
    struct build b = {.env = env, .expr = expr};
    b.run.arena = &b.scratch;
    expr->type = (enum sv_cel_type)ast->type;
    expr->is_constant = !ast->reads;
    expr->is_path = ast->kind == SV_AST_PATH;
    expr->path = ast->at;
    expr->null_absent = ast->null_absent;
    expr->locals = expr->all_locals = locals;
    expr->root = build(&b, ast);
    expr->depth += ast->height + 1u;
    sv_cel_run_free(&b.run);
    sv_arena_free(&b.scratch);
    return expr;
}
