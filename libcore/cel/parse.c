/* SPDX-License-Identifier: ISC */
#include "cel/parse.h"

#include <inttypes.h>
#include <stdarg.h>
#include <stdio.h>

#include "base/limits.h"
#include "cel/lex.h"
#include "cel/macro.h"

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

/* Expressions up to `close`, separated by commas, onto the stack. Only a literal may have a comma before the close, and entries
 * with a question mark. */
static bool parse_list(struct parser *p, enum sv_token close, const char *name, bool is_literal)
{
    while (!p->failed && p->lex.kind != close) {
        bool is_optional = is_literal && take(p, SV_T_QUESTION);
        struct sv_ast *item = parse_choice(p);
        if (item == NULL)
            return false;
        item->is_optional_entry = is_optional;
        push(p, item);
        if (!take(p, SV_T_COMMA))
            break;
        if (!is_literal && p->lex.kind == close)
            unexpected(p, "an expression");
    }
    return need(p, close, name);
}

static struct sv_ast *parse_map(struct parser *p, uint32_t offset)
{
    size_t first = p->count;
    while (!p->failed && p->lex.kind != SV_T_BRACE_CLOSE) {
        bool is_optional = take(p, SV_T_QUESTION);
        struct sv_ast *key = parse_choice(p);
        if (key == NULL || !need(p, SV_T_COLON, "\":\""))
            return NULL;
        struct sv_ast *value = parse_choice(p);
        if (value == NULL)
            return NULL;
        value->is_optional_entry = is_optional;
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

/* The call, or what it stands for when it is a macro. */
static struct sv_ast *expand(struct parser *p, struct sv_ast *call)
{
    if (call == NULL || sv_macro_expand(p->arena, call, p->problem))
        return call;
    p->failed = true;
    return NULL;
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

/* Behind a dot: name, name(...) or ?name. */
static struct sv_ast *parse_field(struct parser *p, struct sv_ast *ast)
{
    uint32_t offset = ast->offset;
    bool is_optional = take(p, SV_T_QUESTION), is_quoted = p->lex.kind == SV_T_QUOTED;
    struct sv_slice name = p->lex.text;
    uint32_t at = p->lex.offset, length = p->lex.length;
    if (!take(p, SV_T_NAME) && !take(p, SV_T_QUOTED))
        return unexpected(p, "a field's name");
    if (!is_quoted && !is_optional && take(p, SV_T_OPEN)) {
        size_t first = p->count;
        push(p, ast);
        return parse_call(p, name, offset, at, first, true);
    }
    ast = make_from(p, SV_AST_SELECT, offset, ast, NULL);
    if (ast != NULL) {
        ast->name = name;
        ast->at_offset = at;
        ast->at_length = length;
        ast->is_optional = is_optional;
    }
    return ast;
}

/* .name, .?name, .name(...), [index], [?index] behind an expression. */
static struct sv_ast *parse_member(struct parser *p, struct sv_ast *ast)
{
    while (ast != NULL && !p->failed) {
        if (take(p, SV_T_DOT)) {
            ast = parse_field(p, ast);
        } else if (take(p, SV_T_BRACKET)) {
            bool is_optional = take(p, SV_T_QUESTION);
            struct sv_ast *index = parse_choice(p);
            if (index == NULL || !need(p, SV_T_BRACKET_CLOSE, "\"]\""))
                return NULL;
            ast = make_from(p, SV_AST_INDEX, ast->offset, ast, index);
            if (ast != NULL)
                ast->is_optional = is_optional;
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
