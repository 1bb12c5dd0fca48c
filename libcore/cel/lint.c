/* SPDX-License-Identifier: ISC */
/* What is sound, and yet most likely not what was meant. Only for strict environments, so it need not be fast. */
#include "cel/lint.h"

#include <math.h>

#include "base/hash.h"
#include "cel/build.h"
#include "cel/check.h"
#include "json/writer.h"

enum {
    SIDES_MAX = 32,  /* parts of one && or || that are compared with each other */
    LIST_MAX = 64,   /* a longer list is equal to itself alone */
    TEXTS_MAX = 100000, /* pairs of texts that are compared to find out whether two lists share one */
    TRIALS_MAX = 16, /* constant parts of one expression that are worked out */
    LETTERS_NEAR = 2 /* by which a key may differ from a field that was meant */
};

#define EXACT_MAX 9007199254740992.0 /* 2^53: below it every whole number has a double of its own */

struct lint {
    struct sv_cel_env *env;
    struct sv_cel_problems *problems;
    uint32_t locals;
    int trials;
};

/* --- trees --- */

static uint64_t mix(uint64_t a, uint64_t b)
{
    uint64_t words[2] = {a, b};
    return sv_hash(sv_slice((const char *)words, sizeof words));
}

static uint64_t value_tree(struct sv_value value)
{
    if (value.type == SV_LIST && value.list->count > LIST_MAX)
        return mix(SV_AST_LIST, (uintptr_t)value.list);
    if (value.type == SV_LIST) { /* a list by name is the list written out */
        uint64_t tree = mix(SV_AST_LIST, value.list->count);
        for (size_t i = 0; i < value.list->count; i++)
            tree = mix(tree, value_tree(value.list->items[i]));
        return tree;
    }
    struct sv_arena arena = {0};
    struct sv_buf text = {0};
    sv_cel_put_json(&text, value, &arena);
    uint64_t tree = mix(mix(SV_AST_LITERAL, value.type), sv_hash(sv_buf_slice(&text)));
    sv_buf_free(&text);
    sv_arena_free(&arena);
    return tree;
}

/* Equal for equal trees, wherever they stand: names are what they mean, lets what they hold. Recursion ends at the tree's height. */
static uint64_t tree_of(const struct sv_ast *ast)
{
    if (ast->kind == SV_AST_LITERAL)
        return value_tree(ast->value);
    if (ast->kind == SV_AST_LET)
        return ast->let->tree;
    if (ast->kind == SV_AST_LIST) {
        uint64_t tree = mix(SV_AST_LIST, ast->count);
        for (uint32_t i = 0; i < ast->count; i++)
            tree = mix(tree, tree_of(ast->kids[i]));
        return tree;
    }
    uint64_t tree = mix((uint64_t)ast->kind << 16 | (uint64_t)ast->op << 8 | (ast->second.len > 0) << 2 | ast->is_optional << 1 |
                            ast->is_optional_entry, ast->at);
    if (ast->kind == SV_AST_PATH || ast->kind == SV_AST_SLOT || ast->kind == SV_AST_LOCAL)
        return tree;
    if (ast->kind == SV_AST_CALL || ast->kind == SV_AST_SELECT)
        tree = mix(tree, sv_hash(ast->name));
    for (uint32_t i = 0; i < ast->count; i++)
        tree = mix(tree, ast->kids[i] != NULL ? tree_of(ast->kids[i]) : 0);
    return tree;
}

/* --- what always comes out --- */

static enum sv_cel_truth truth_of(struct lint *l, const struct sv_ast *ast);

static enum sv_cel_truth turned(enum sv_cel_truth truth)
{
    return truth == SV_CEL_NEVER ? SV_CEL_ALWAYS : truth == SV_CEL_ALWAYS ? SV_CEL_NEVER : SV_CEL_VARIES;
}

static enum sv_cel_truth truth_of_value(struct sv_value value)
{
    return value.type == SV_BOOL && value.b ? SV_CEL_ALWAYS : SV_CEL_NEVER;
}

/* Of something that reads no event. */
static enum sv_cel_truth work_out(struct lint *l, const struct sv_ast *ast)
{
    if (l->trials++ == TRIALS_MAX)
        return SV_CEL_VARIES;
    struct sv_arena arena = {0};
    struct sv_cel_run run = {.arena = &arena};
    enum sv_cel_truth truth = truth_of_value(sv_cel_eval(sv_build_expression(l->env, ast, l->locals), &run));
    sv_cel_run_free(&run);
    sv_arena_free(&arena);
    return truth;
}

/* Does a number satisfy it? The numbers between low and high; the ends themselves where they are not open. */
struct span {
    double low, high;
    bool low_open, high_open;
};

static bool number_of(const struct sv_ast *ast, double *out)
{
    if (ast->kind == SV_AST_NEGATE && number_of(ast->kids[0], out)) {
        *out = -*out;
        return true;
    }
    if (ast->kind != SV_AST_LITERAL)
        return false;
    struct sv_value v = ast->value;
    *out = v.type == SV_INT ? (double)v.i : v.type == SV_UINT ? (double)v.u : v.d;
    /* above, the double of a whole number may be its neighbour's */
    return v.type == SV_DOUBLE || ((v.type == SV_INT || v.type == SV_UINT) && fabs(*out) < EXACT_MAX);
}

/* What one comparison demands of the path it is about. */
struct demand {
    uint32_t path;
    bool is_text;
    const struct sv_ast *texts; /* a literal or a list of them */
    struct span span;
};

static bool is_text_list(const struct sv_ast *ast)
{
    if (ast->kind == SV_AST_LITERAL && ast->value.type == SV_LIST) {
        for (size_t i = 0; i < ast->value.list->count; i++)
            if (ast->value.list->items[i].type != SV_STRING)
                return false;
        return true;
    }
    if (ast->kind != SV_AST_LIST)
        return false;
    for (uint32_t i = 0; i < ast->count; i++)
        if (ast->kids[i]->kind != SV_AST_LITERAL || ast->kids[i]->value.type != SV_STRING || ast->kids[i]->is_optional_entry)
            return false;
    return true;
}

static bool demand_of(const struct sv_ast *ast, struct demand *out)
{
    if (ast->kind != SV_AST_BINARY || ast->op > SV_OP_IN || ast->op == SV_OP_NE)
        return false;
    const struct sv_ast *path = ast->kids[0], *value = ast->kids[1];
    uint8_t op = ast->op;
    if (op != SV_OP_IN && path->kind != SV_AST_PATH) {
        static const uint8_t turned_op[] = {SV_OP_EQ, SV_OP_NE, SV_OP_GT, SV_OP_GE, SV_OP_LT, SV_OP_LE};
        path = ast->kids[1], value = ast->kids[0];
        op = turned_op[op];
    }
    double number;
    *out = (struct demand){.path = path->at, .texts = value, .span = {.low = -INFINITY, .high = INFINITY}};
    if (path->kind != SV_AST_PATH)
        return false;
    out->is_text = op == SV_OP_IN ? is_text_list(value) : op == SV_OP_EQ && value->kind == SV_AST_LITERAL && value->value.type == SV_STRING;
    if (out->is_text)
        return true;
    if (op == SV_OP_IN || !number_of(value, &number))
        return false;
    if (op == SV_OP_EQ || op == SV_OP_GT || op == SV_OP_GE)
        out->span.low = number, out->span.low_open = op == SV_OP_GT;
    if (op == SV_OP_EQ || op == SV_OP_LT || op == SV_OP_LE)
        out->span.high = number, out->span.high_open = op == SV_OP_LT;
    return true;
}

static bool has_text(const struct sv_ast *texts, struct sv_slice text)
{
    if (texts->kind == SV_AST_LITERAL && texts->value.type == SV_STRING)
        return sv_slice_equal(sv_value_raw(texts->value), text);
    if (texts->kind == SV_AST_LITERAL) {
        for (size_t i = 0; i < texts->value.list->count; i++)
            if (sv_slice_equal(sv_value_raw(texts->value.list->items[i]), text))
                return true;
        return false;
    }
    for (uint32_t i = 0; i < texts->count; i++)
        if (sv_slice_equal(sv_value_raw(texts->kids[i]->value), text))
            return true;
    return false;
}

static size_t text_count(const struct sv_ast *texts)
{
    if (texts->kind == SV_AST_LIST)
        return texts->count;
    return texts->value.type == SV_LIST ? texts->value.list->count : 1;
}

static bool share_text(const struct sv_ast *a, const struct sv_ast *b)
{
    if (a->kind == SV_AST_LITERAL && a->value.type == SV_STRING)
        return has_text(b, sv_value_raw(a->value));
    size_t count = text_count(a);
    if (count > 0 && text_count(b) > TEXTS_MAX / count)
        return true; /* who knows */
    for (size_t i = 0; i < count; i++)
        if (has_text(b, sv_value_raw(a->kind == SV_AST_LITERAL ? a->value.list->items[i] : a->kids[i]->value)))
            return true;
    return false;
}

static bool exclude(const struct demand *a, const struct demand *b)
{
    if (a->path != b->path)
        return false;
    if (a->is_text && b->is_text)
        return !share_text(a->texts, b->texts);
    if (a->is_text != b->is_text)
        return true;
    double low = a->span.low > b->span.low ? a->span.low : b->span.low;
    double high = a->span.high < b->span.high ? a->span.high : b->span.high;
    bool open = (low == a->span.low && a->span.low_open) || (low == b->span.low && b->span.low_open) ||
                (high == a->span.high && a->span.high_open) || (high == b->span.high && b->span.high_open);
    return low > high || (low == high && open);
}

/* Do two parts of an && demand of one field what it cannot be at once? */
static bool contradicts_itself(const struct sv_ast *ast)
{
    struct demand demands[SIDES_MAX];
    size_t count = 0;
    for (uint32_t i = 0; i < ast->count && count < SIDES_MAX; i++) {
        if (!demand_of(ast->kids[i], &demands[count]))
            continue;
        for (size_t k = 0; k < count; k++)
            if (exclude(&demands[k], &demands[count]))
                return true;
        count++;
    }
    return false;
}

static enum sv_cel_truth truth_of_chain(struct lint *l, const struct sv_ast *ast)
{
    enum sv_cel_truth deciding = ast->kind == SV_AST_AND ? SV_CEL_NEVER : SV_CEL_ALWAYS;
    bool all_others = true;
    for (uint32_t i = 0; i < ast->count; i++) {
        enum sv_cel_truth truth = truth_of(l, ast->kids[i]);
        if (truth == deciding)
            return deciding;
        all_others &= truth == turned(deciding);
    }
    if (ast->kind == SV_AST_AND && contradicts_itself(ast))
        return SV_CEL_NEVER;
    return all_others ? turned(deciding) : SV_CEL_VARIES;
}

/* What comes out wherever something does: absent and errors aside. */
static enum sv_cel_truth truth_of(struct lint *l, const struct sv_ast *ast)
{
    switch ((enum sv_ast_kind)ast->kind) {
    case SV_AST_LITERAL:
        return ast->value.type == SV_BOOL ? truth_of_value(ast->value) : SV_CEL_VARIES;
    case SV_AST_LET:
        return ast->let->truth;
    case SV_AST_AND:
    case SV_AST_OR:
        return truth_of_chain(l, ast);
    case SV_AST_NOT:
        if (ast->reads)
            return turned(truth_of(l, ast->kids[0]));
        /* fallthrough */
    case SV_AST_BINARY:
    case SV_AST_CALL:
        return !ast->reads && ast->type == SV_CEL_BOOL && l->locals == 0 ? work_out(l, ast) : SV_CEL_VARIES;
    default:
        return SV_CEL_VARIES;
    }
}

/* --- advice --- */

static void advise(struct lint *l, uint32_t offset, uint32_t length, const char *text)
{
    sv_check_problem(l->problems, offset, length, "%s", text);
}

static void look_at_key(struct lint *l, const struct sv_ast *ast)
{
    if (ast->count == 0 || ast->kids[0]->kind != SV_AST_ROOT)
        return;
    bool is_index = ast->count > 1;
    const struct sv_ast *root = ast->kids[0], *at = is_index ? ast->kids[1] : ast;
    struct sv_slice key = is_index ? sv_value_raw(at->value) : ast->name;
    struct sv_buf full = {0};
    sv_buf_printf(&full, "%.*s.", SV_ARG(root->name));
    size_t prefix = full.len;
    sv_buf_add(&full, key);
    const char *near = sv_env_find(l->env, sv_buf_slice(&full), true) == NULL
                           ? sv_env_suggest(l->env, key, sv_slice(full.data, prefix), LETTERS_NEAR) : NULL;
    if (near != NULL)
        sv_check_problem(l->problems, is_index ? at->offset : ast->at_offset, is_index ? at->length : ast->at_length,
                         "unknown field \"%.*s\" (did you mean \"%s\"?); if it is your own, name it under \"fields\"", SV_ARG(key), near);
    sv_buf_free(&full);
}

/* What is null at the top of an event counts as absent. */
static void look_at_null(struct lint *l, const struct sv_ast *ast)
{
    const struct sv_ast *other = ast->kids[ast->kids[0]->type == SV_CEL_NULL];
    if (ast->op > SV_OP_NE || ast->kids[0]->type == ast->kids[1]->type || ast->kids[other == ast->kids[0]]->type != SV_CEL_NULL)
        return;
    if (other->kind == SV_AST_PATH && other->null_absent && other->type == SV_CEL_DYN && other->name.len > 0)
        sv_check_problem(l->problems, ast->offset, ast->length,
                         "a field is never null: what is not there is absent; write %shas(event.%.*s)", ast->op == SV_OP_EQ ? "!" : "",
                         SV_ARG(other->name));
}

static void look_at_sides(struct lint *l, const struct sv_ast *ast)
{
    uint64_t trees[SIDES_MAX];
    for (uint32_t i = 0; i < ast->count && i < SIDES_MAX; i++) {
        trees[i] = tree_of(ast->kids[i]);
        for (uint32_t k = 0; k < i; k++)
            if (trees[k] == trees[i] && ast->kids[i]->reads) {
                advise(l, ast->kids[i]->offset, ast->kids[i]->length,
                       ast->kind == SV_AST_BINARY ? "both sides of this comparison are the same" : "this part stands here twice");
                break;
            }
    }
}

static void look_at(struct lint *l, const struct sv_ast *ast, bool is_condition)
{
    enum sv_cel_truth truth = is_condition ? truth_of(l, ast) : SV_CEL_VARIES;
    if (truth != SV_CEL_VARIES) {
        advise(l, ast->offset, ast->length, truth == SV_CEL_NEVER ? "this part is never true" : "this part is always true");
        return;
    }
    bool is_chain = ast->kind == SV_AST_AND || ast->kind == SV_AST_OR;
    if (ast->kind == SV_AST_BINARY)
        look_at_null(l, ast);
    if (ast->kind == SV_AST_PATH)
        look_at_key(l, ast);
    else if (is_chain || (ast->kind == SV_AST_BINARY && ast->op <= SV_OP_GE))
        look_at_sides(l, ast);
    else if (ast->kind == SV_AST_CALL && ast->regex != NULL && ast->count > 1 && ast->kids[1]->kind == SV_AST_LITERAL) {
        const char *text = sv_regex_advice(ast->regex, sv_value_raw(ast->kids[1]->value));
        if (text != NULL)
            advise(l, ast->kids[1]->offset, ast->kids[1]->length, text);
    }
    for (uint32_t i = 0; i < ast->count; i++)
        if (ast->kids[i] != NULL && ast->kids[i]->kind != SV_AST_ROOT)
            look_at(l, ast->kids[i], is_condition && (is_chain || ast->kind == SV_AST_NOT));
}

void sv_lint_expression(struct sv_cel_env *env, const struct sv_ast *ast, uint32_t locals, struct sv_cel *expr,
                        struct sv_cel_problems *problems)
{
    struct lint l = {.env = env, .problems = problems, .locals = locals};
    expr->tree = tree_of(ast);
    expr->truth = truth_of(&l, ast);
    if (expr->is_constant && expr->type == SV_CEL_BOOL)
        expr->truth = work_out(&l, ast);
    if (expr->truth == SV_CEL_VARIES) /* who uses the whole says what its being constant means */
        look_at(&l, ast, true);
}
