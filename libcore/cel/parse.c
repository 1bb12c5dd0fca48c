/* SPDX-License-Identifier: ISC */
#include "cel/parse.h"

#include <inttypes.h>
#include <stdarg.h>
#include <stdio.h>

#include "base/limits.h"
#include "cel/lex.h"

/* Children are gathered on one stack and copied to the arena when their parent is made. */
struct parser {
    struct sv_lex lex;
    struct sv_arena *arena;
    struct sv_cel_problem *problem;
    bool failed;
    uint32_t depth, nodes;
    struct sv_ast **stack;
    size_t count, capacity;
};

static struct sv_ast *parse_choice(struct parser *p);

__attribute__((format(printf, 4, 5))) static void *fail(struct parser *p, uint32_t offset, uint32_t length, const char *format, ...)
{
    if (!p->failed) {
        va_list args;
        va_start(args, format);
        vsnprintf(p->problem->text, sizeof p->problem->text, format, args);
        va_end(args);
        p->problem->offset = offset;
        p->problem->length = length;
        p->failed = true;
    }
    return NULL;
}

/* The current token is not what it should be. */
static void *unexpected(struct parser *p, const char *wanted)
{
    const struct sv_lex *lex = &p->lex;
    if (lex->kind == SV_T_BAD)
        return fail(p, lex->offset, lex->length, "%s", lex->problem);
    if (lex->kind == SV_T_END)
        return fail(p, lex->offset, 0, "the expression ends where %s should follow", wanted);
    static const struct {
        const char *word, *sign;
    } words[] = {{"and", "&&"}, {"or", "||"}, {"not", "!"}, {"AND", "&&"}, {"OR", "||"}, {"NOT", "!"}};
    for (size_t i = 0; lex->kind == SV_T_NAME && i < sizeof words / sizeof *words; i++)
        if (sv_slice_is(lex->text, words[i].word))
            return fail(p, lex->offset, lex->length, "write \"%s\" instead of \"%s\"", words[i].sign, words[i].word);
    int shown = lex->length > 40 ? 40 : (int)lex->length;
    while (shown > 0 && (uint32_t)shown < lex->length &&
           ((unsigned char)lex->source.data[lex->offset + (uint32_t)shown] & 0xC0) == 0x80)
        shown--;
    return fail(p, lex->offset, lex->length, "%s should stand here, not \"%.*s\"", wanted, shown, lex->source.data + lex->offset);
}

static bool take(struct parser *p, enum sv_token kind)
{
    if (p->failed || p->lex.kind != kind)
        return false;
    sv_lex_next(&p->lex);
    return true;
}

static bool need(struct parser *p, enum sv_token kind, const char *wanted)
{
    if (!p->failed && !take(p, kind))
        unexpected(p, wanted);
    return !p->failed;
}

static void push(struct parser *p, struct sv_ast *ast)
{
    if (p->count == p->capacity) {
        p->capacity = p->capacity * 2 + 16;
        p->stack = sv_realloc(p->stack, p->capacity * sizeof(struct sv_ast *));
    }
    p->stack[p->count++] = ast;
}

/* A node that reaches from `offset` to the end of what was read; its kids are those on the stack from `first` on. */
static struct sv_ast *make(struct parser *p, enum sv_ast_kind kind, uint32_t offset, size_t first)
{
    if (p->failed)
        return NULL;
    if (++p->nodes > SV_CEL_NODES_MAX)
        return fail(p, offset, 1, "the expression has more than %u parts", SV_CEL_NODES_MAX);
    struct sv_ast *ast = sv_arena_calloc(p->arena, 1, sizeof *ast);
    ast->kind = (uint8_t)kind;
    ast->offset = ast->at_offset = offset;
    ast->length = ast->at_length = (uint32_t)p->lex.behind - offset;
    ast->count = (uint32_t)(p->count - first);
    ast->kids = sv_arena_alloc(p->arena, (ast->count + 1) * sizeof(struct sv_ast *));
    for (uint32_t i = 0; i < ast->count; i++) {
        struct sv_ast *kid = ast->kids[i] = p->stack[first + i];
        if (kid != NULL && kid->height >= ast->height)
            ast->height = (uint16_t)(kid->height + 1);
    }
    p->count = first;
    if (ast->height > SV_CEL_DEPTH_MAX)
        return fail(p, offset, 1, "the expression is nested more than %d deep", SV_CEL_DEPTH_MAX);
    return ast;
}

static struct sv_ast *make_from(struct parser *p, enum sv_ast_kind kind, uint32_t offset, struct sv_ast *a, struct sv_ast *b)
{
    size_t first = p->count;
    if (a == NULL)
        return NULL;
    push(p, a);
    if (b != NULL)
        push(p, b);
    return make(p, kind, offset, first);
}

/* Expressions up to `close`, separated by commas, onto the stack. A comma before the close is allowed in literals. */
static bool parse_list(struct parser *p, enum sv_token close, const char *name, bool trailing)
{
    while (!p->failed && p->lex.kind != close) {
        struct sv_ast *item = parse_choice(p);
        if (item == NULL)
            return false;
        push(p, item);
        if (!take(p, SV_T_COMMA))
            break;
        if (!trailing && p->lex.kind == close)
            unexpected(p, "an expression");
    }
    return need(p, close, name);
}

static struct sv_ast *parse_map(struct parser *p, uint32_t offset)
{
    size_t first = p->count;
    while (!p->failed && p->lex.kind != SV_T_BRACE_CLOSE) {
        struct sv_ast *key = parse_choice(p);
        if (key == NULL || !need(p, SV_T_COLON, "\":\""))
            return NULL;
        struct sv_ast *value = parse_choice(p);
        if (value == NULL)
            return NULL;
        push(p, key);
        push(p, value);
        if (!take(p, SV_T_COMMA))
            break;
    }
    return need(p, SV_T_BRACE_CLOSE, "\"}\" or \",\"") ? make(p, SV_AST_MAP, offset, first) : NULL;
}

static struct sv_ast *parse_literal(struct parser *p, struct sv_value value, uint32_t offset)
{
    uint32_t inner = p->lex.inner;
    sv_lex_next(&p->lex);
    struct sv_ast *ast = make(p, SV_AST_LITERAL, offset, p->count);
    if (ast != NULL) {
        ast->value = value;
        ast->inner = value.type == SV_STRING ? inner : 0;
    }
    return ast;
}

/* An int literal: the sign belongs to it, so that the smallest int can be written. */
static struct sv_ast *parse_int(struct parser *p, uint32_t offset, bool negative)
{
    uint64_t size = p->lex.value.u;
    if (size > (uint64_t)INT64_MAX + negative)
        return fail(p, offset, p->lex.offset + p->lex.length - offset,
                    "the number does not fit an int (for a uint write %" PRIu64 "u)", size);
    return parse_literal(p, sv_value_int(negative ? (int64_t)(0 - size) : (int64_t)size), offset);
}

/* ---- macros ---- */

static struct sv_ast *make_has(struct parser *p, struct sv_ast *call)
{
    struct sv_ast *field = call->kids[0];
    if (field->kind != SV_AST_SELECT)
        return fail(p, field->offset, field->length, "has() asks for a field, as in has(event.%.*s)",
                    field->kind == SV_AST_NAME ? (int)field->name.len : 4, field->kind == SV_AST_NAME ? field->name.data : "name");
    call->kind = SV_AST_HAS;
    return call;
}

/* x.all(v, c), x.exists(v, c), x.exists_one(v, c), x.map(v, r), x.map(v, c, r), x.filter(v, c). */
static struct sv_ast *make_loop(struct parser *p, struct sv_ast *call, enum sv_ast_loop op)
{
    const struct sv_ast *variable = call->kids[1];
    if (variable->kind != SV_AST_NAME || variable->is_rooted)
        return fail(p, variable->offset, variable->length, "the first argument of %.*s() is the name of its variable",
                    SV_ARG(call->name));
    struct sv_ast *condition = op == SV_LOOP_MAP && call->count == 3 ? NULL : call->kids[2];
    struct sv_ast *result = op == SV_LOOP_MAP ? call->kids[call->count - 1] : NULL;
    struct sv_ast **kids = sv_arena_alloc(p->arena, 3 * sizeof *kids);
    kids[0] = call->kids[0];
    kids[1] = condition;
    kids[2] = result;
    call->kind = SV_AST_LOOP;
    call->op = (uint8_t)op;
    call->name = variable->name;
    call->kids = kids;
    call->count = 3;
    return call;
}

static struct sv_ast *expand(struct parser *p, struct sv_ast *call)
{
    static const struct {
        const char *name;
        uint8_t op, least, most;
    } loops[] = {{"all", SV_LOOP_ALL, 3, 3},
                 {"exists", SV_LOOP_EXISTS, 3, 3},
                 {"exists_one", SV_LOOP_EXISTS_ONE, 3, 3},
                 {"existsOne", SV_LOOP_EXISTS_ONE, 3, 3},
                 {"map", SV_LOOP_MAP, 3, 4},
                 {"filter", SV_LOOP_FILTER, 3, 3}};
    if (call == NULL)
        return NULL;
    if (!call->is_receiver)
        return sv_slice_is(call->name, "has") && call->count == 1 ? make_has(p, call) : call;
    for (size_t i = 0; i < sizeof loops / sizeof *loops; i++)
        if (sv_slice_is(call->name, loops[i].name) && call->count >= loops[i].least && call->count <= loops[i].most)
            return make_loop(p, call, loops[i].op);
    return call;
}

/* ---- expressions, tightest first ---- */

/* The arguments of a call and its node; kids that belong before them are on the stack from `first` on. */
static struct sv_ast *parse_call(struct parser *p, struct sv_slice name, uint32_t offset, uint32_t at, size_t first,
                                 bool is_receiver)
{
    if (!parse_list(p, SV_T_CLOSE, "\")\" or \",\"", false))
        return NULL;
    struct sv_ast *call = make(p, SV_AST_CALL, offset, first);
    if (call == NULL)
        return NULL;
    call->name = name;
    call->is_receiver = is_receiver;
    call->at_offset = at;
    call->at_length = (uint32_t)name.len;
    return expand(p, call);
}

static struct sv_ast *parse_name(struct parser *p, uint32_t offset, bool is_rooted)
{
    struct sv_slice name = p->lex.text;
    uint32_t at = p->lex.offset;
    if (p->lex.kind != SV_T_NAME)
        return unexpected(p, "a name");
    if (sv_lex_is_reserved(name))
        return fail(p, at, p->lex.length, "\"%.*s\" is a reserved word", SV_ARG(name));
    sv_lex_next(&p->lex);
    if (take(p, SV_T_OPEN)) {
        struct sv_ast *call = parse_call(p, name, offset, at, p->count, false);
        if (call != NULL)
            call->is_rooted = is_rooted;
        return call;
    }
    struct sv_ast *ast = make(p, SV_AST_NAME, offset, p->count);
    if (ast != NULL) {
        ast->name = name;
        ast->is_rooted = is_rooted;
        ast->at_offset = at;
        ast->at_length = (uint32_t)name.len;
    }
    return ast;
}

static struct sv_ast *parse_primary(struct parser *p)
{
    uint32_t offset = p->lex.offset;
    size_t first = p->count;
    switch (p->lex.kind) {
    case SV_T_INT:
        return parse_int(p, offset, false);
    case SV_T_UINT:
    case SV_T_DOUBLE:
    case SV_T_STRING:
    case SV_T_BYTES:
        return parse_literal(p, p->lex.value, offset);
    case SV_T_TRUE:
    case SV_T_FALSE:
        return parse_literal(p, sv_value_bool(p->lex.kind == SV_T_TRUE), offset);
    case SV_T_NULL:
        return parse_literal(p, sv_value_of(SV_NULL), offset);
    case SV_T_OPEN: {
        sv_lex_next(&p->lex);
        struct sv_ast *inner = parse_choice(p);
        if (!need(p, SV_T_CLOSE, "\")\""))
            return NULL;
        inner->offset = offset;
        inner->length = (uint32_t)p->lex.behind - offset;
        return inner;
    }
    case SV_T_BRACKET:
        sv_lex_next(&p->lex);
        return parse_list(p, SV_T_BRACKET_CLOSE, "\"]\" or \",\"", true) ? make(p, SV_AST_LIST, offset, first) : NULL;
    case SV_T_BRACE:
        sv_lex_next(&p->lex);
        return parse_map(p, offset);
    case SV_T_DOT:
        sv_lex_next(&p->lex);
        return parse_name(p, offset, true);
    case SV_T_NAME:
        return parse_name(p, offset, false);
    default:
        return unexpected(p, "an expression");
    }
}

/* .name, .name(...), [index] behind an expression. */
static struct sv_ast *parse_member(struct parser *p, struct sv_ast *ast)
{
    while (ast != NULL && !p->failed) {
        uint32_t offset = ast->offset;
        if (take(p, SV_T_DOT)) {
            struct sv_slice name = p->lex.text;
            uint32_t at = p->lex.offset, length = p->lex.length;
            bool is_quoted = p->lex.kind == SV_T_QUOTED;
            if (!take(p, SV_T_NAME) && !take(p, SV_T_QUOTED))
                return unexpected(p, "a field's name");
            if (!is_quoted && take(p, SV_T_OPEN)) {
                size_t first = p->count;
                push(p, ast);
                ast = parse_call(p, name, offset, at, first, true);
                continue;
            }
            ast = make_from(p, SV_AST_SELECT, offset, ast, NULL);
            if (ast != NULL) {
                ast->name = name;
                ast->at_offset = at;
                ast->at_length = length;
            }
        } else if (take(p, SV_T_BRACKET)) {
            struct sv_ast *index = parse_choice(p);
            if (index == NULL || !need(p, SV_T_BRACKET_CLOSE, "\"]\""))
                return NULL;
            ast = make_from(p, SV_AST_INDEX, offset, ast, index);
        } else {
            break;
        }
    }
    return p->failed ? NULL : ast;
}

static struct sv_ast *parse_unary(struct parser *p)
{
    uint32_t offset = p->lex.offset;
    enum sv_token sign = p->lex.kind;
    if (sign != SV_T_NOT && sign != SV_T_MINUS)
        return parse_member(p, parse_primary(p));
    uint32_t count = 0, last = offset;
    for (; p->lex.kind == sign; count++) {
        last = p->lex.offset;
        sv_lex_next(&p->lex);
    }
    struct sv_ast *ast;
    if (sign == SV_T_MINUS && p->lex.kind == SV_T_INT) {
        ast = parse_int(p, last, true);
        count--;
    } else if (sign == SV_T_MINUS && p->lex.kind == SV_T_DOUBLE) {
        ast = parse_literal(p, sv_value_double(-p->lex.value.d), last);
        count--;
    } else {
        ast = parse_primary(p);
    }
    ast = parse_member(p, ast);
    for (; ast != NULL && count > 0; count--) {
        ast = make_from(p, sign == SV_T_NOT ? SV_AST_NOT : SV_AST_NEGATE, offset + count - 1, ast, NULL);
        if (ast != NULL)
            ast->at_length = 1;
    }
    return ast;
}

/* How tightly a binary operator holds: 0 is none. */
static int level_of(enum sv_token kind, enum sv_ast_op *op)
{
    switch (kind) {
    case SV_T_EQ:
        *op = SV_OP_EQ;
        return 1;
    case SV_T_NE:
        *op = SV_OP_NE;
        return 1;
    case SV_T_LT:
        *op = SV_OP_LT;
        return 1;
    case SV_T_LE:
        *op = SV_OP_LE;
        return 1;
    case SV_T_GT:
        *op = SV_OP_GT;
        return 1;
    case SV_T_GE:
        *op = SV_OP_GE;
        return 1;
    case SV_T_IN:
        *op = SV_OP_IN;
        return 1;
    case SV_T_PLUS:
        *op = SV_OP_ADD;
        return 2;
    case SV_T_MINUS:
        *op = SV_OP_SUB;
        return 2;
    case SV_T_STAR:
        *op = SV_OP_MUL;
        return 3;
    case SV_T_SLASH:
        *op = SV_OP_DIV;
        return 3;
    case SV_T_PERCENT:
        *op = SV_OP_MOD;
        return 3;
    default:
        return 0;
    }
}

static struct sv_ast *parse_binary(struct parser *p, int level)
{
    struct sv_ast *left = level == 3 ? parse_unary(p) : parse_binary(p, level + 1);
    enum sv_ast_op op = SV_OP_EQ;
    while (left != NULL && level_of(p->lex.kind, &op) == level) {
        uint32_t at = p->lex.offset, length = p->lex.length;
        sv_lex_next(&p->lex);
        struct sv_ast *right = level == 3 ? parse_unary(p) : parse_binary(p, level + 1);
        if (right == NULL)
            return NULL;
        left = make_from(p, SV_AST_BINARY, left->offset, left, right);
        if (left != NULL) {
            left->op = (uint8_t)op;
            left->at_offset = at;
            left->at_length = length;
        }
    }
    return left;
}

/* A chain of && or ||, as one node. */
static struct sv_ast *parse_chain(struct parser *p, enum sv_token sign)
{
    struct sv_ast *ast = sign == SV_T_OR ? parse_chain(p, SV_T_AND) : parse_binary(p, 1);
    if (ast == NULL || p->lex.kind != sign)
        return ast;
    size_t first = p->count;
    uint32_t at = p->lex.offset, offset = ast->offset;
    push(p, ast);
    while (take(p, sign)) {
        ast = sign == SV_T_OR ? parse_chain(p, SV_T_AND) : parse_binary(p, 1);
        if (ast == NULL)
            return NULL;
        push(p, ast);
    }
    ast = make(p, sign == SV_T_OR ? SV_AST_OR : SV_AST_AND, offset, first);
    if (ast != NULL) {
        ast->at_offset = at;
        ast->at_length = 2;
    }
    return ast;
}

static struct sv_ast *parse_choice(struct parser *p)
{
    if (p->failed)
        return NULL;
    if (p->depth > SV_CEL_DEPTH_MAX)
        return fail(p, p->lex.offset, p->lex.length, "the expression is nested more than %d deep", SV_CEL_DEPTH_MAX);
    p->depth++;
    struct sv_ast *ast = parse_chain(p, SV_T_OR);
    if (ast != NULL && take(p, SV_T_QUESTION)) {
        size_t first = p->count;
        uint32_t offset = ast->offset;
        push(p, ast);
        ast = parse_chain(p, SV_T_OR);
        push(p, ast);
        if (need(p, SV_T_COLON, "\":\"")) {
            ast = parse_choice(p);
            push(p, ast);
        }
        ast = make(p, SV_AST_CHOICE, offset, first);
    }
    p->depth--;
    return ast;
}

struct sv_ast *sv_parse_expression(struct sv_slice source, struct sv_arena *arena, struct sv_cel_problem *problem)
{
    struct parser p = {.arena = arena, .problem = problem};
    struct sv_ast *ast = NULL;
    if (source.len > SV_CEL_SOURCE_MAX) {
        fail(&p, 0, 0, "the expression is longer than %u bytes", SV_CEL_SOURCE_MAX);
    } else {
        sv_lex_open(&p.lex, source, arena);
        ast = parse_choice(&p);
        if (ast != NULL && p.lex.kind != SV_T_END)
            ast = unexpected(&p, "an operator");
    }
    sv_free(p.stack);
    return p.failed ? NULL : ast;
}
