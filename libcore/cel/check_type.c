/* SPDX-License-Identifier: ISC */
#include "cel/check_type.h"

#include <stdio.h>

#include "cel/val.h"

static const char *const signs[] = {"==", "!=", "<", "<=", ">", ">=", "in", "+", "-", "*", "/", "%"};

static bool is_number(uint8_t type)
{
    return type == SV_CEL_INT || type == SV_CEL_UINT || type == SV_CEL_DOUBLE;
}

bool sv_check_is_number(const struct sv_ast *ast)
{
    return is_number(ast->type);
}

void sv_check_as_double(struct sv_ast *ast)
{
    if (ast->kind != SV_AST_LITERAL || ast->value.type != SV_INT)
        return;
    ast->value = sv_value_double((double)ast->value.i);
    ast->type = SV_CEL_DOUBLE;
}

/* The arithmetic there is: {operator, left, right, result}. */
static const uint8_t arithmetic[][4] = {
    {SV_OP_ADD, SV_CEL_INT, SV_CEL_INT, SV_CEL_INT},
    {SV_OP_ADD, SV_CEL_UINT, SV_CEL_UINT, SV_CEL_UINT},
    {SV_OP_ADD, SV_CEL_DOUBLE, SV_CEL_DOUBLE, SV_CEL_DOUBLE},
    {SV_OP_ADD, SV_CEL_STRING, SV_CEL_STRING, SV_CEL_STRING},
    {SV_OP_ADD, SV_CEL_BYTES, SV_CEL_BYTES, SV_CEL_BYTES},
    {SV_OP_ADD, SV_CEL_LIST, SV_CEL_LIST, SV_CEL_LIST},
    {SV_OP_ADD, SV_CEL_TIMESTAMP, SV_CEL_DURATION, SV_CEL_TIMESTAMP},
    {SV_OP_ADD, SV_CEL_DURATION, SV_CEL_TIMESTAMP, SV_CEL_TIMESTAMP},
    {SV_OP_ADD, SV_CEL_DURATION, SV_CEL_DURATION, SV_CEL_DURATION},
    {SV_OP_SUB, SV_CEL_INT, SV_CEL_INT, SV_CEL_INT},
    {SV_OP_SUB, SV_CEL_UINT, SV_CEL_UINT, SV_CEL_UINT},
    {SV_OP_SUB, SV_CEL_DOUBLE, SV_CEL_DOUBLE, SV_CEL_DOUBLE},
    {SV_OP_SUB, SV_CEL_TIMESTAMP, SV_CEL_TIMESTAMP, SV_CEL_DURATION},
    {SV_OP_SUB, SV_CEL_TIMESTAMP, SV_CEL_DURATION, SV_CEL_TIMESTAMP},
    {SV_OP_SUB, SV_CEL_DURATION, SV_CEL_DURATION, SV_CEL_DURATION},
    {SV_OP_MUL, SV_CEL_INT, SV_CEL_INT, SV_CEL_INT},
    {SV_OP_MUL, SV_CEL_UINT, SV_CEL_UINT, SV_CEL_UINT},
    {SV_OP_MUL, SV_CEL_DOUBLE, SV_CEL_DOUBLE, SV_CEL_DOUBLE},
    {SV_OP_DIV, SV_CEL_INT, SV_CEL_INT, SV_CEL_INT},
    {SV_OP_DIV, SV_CEL_UINT, SV_CEL_UINT, SV_CEL_UINT},
    {SV_OP_DIV, SV_CEL_DOUBLE, SV_CEL_DOUBLE, SV_CEL_DOUBLE},
    {SV_OP_MOD, SV_CEL_INT, SV_CEL_INT, SV_CEL_INT},
    {SV_OP_MOD, SV_CEL_UINT, SV_CEL_UINT, SV_CEL_UINT},
};

static bool check_arithmetic(struct sv_ast *ast)
{
    uint8_t left = ast->kids[0]->type, right = ast->kids[1]->type;
    bool found = false;
    for (size_t i = 0; i < sizeof arithmetic / sizeof *arithmetic; i++) {
        const uint8_t *line = arithmetic[i];
        if (line[0] != ast->op || (left != line[1] && left != SV_CEL_DYN) || (right != line[2] && right != SV_CEL_DYN))
            continue;
        ast->type = !found || ast->type == line[3] ? line[3] : SV_CEL_DYN;
        found = true;
    }
    return found;
}

static bool has_order(uint8_t type)
{
    return is_number(type) || type == SV_CEL_BOOL || type == SV_CEL_STRING || type == SV_CEL_BYTES || type == SV_CEL_TIMESTAMP ||
           type == SV_CEL_DURATION || type == SV_CEL_DYN;
}

static bool are_like(uint8_t left, uint8_t right)
{
    return left == right || left == SV_CEL_DYN || right == SV_CEL_DYN || (is_number(left) && is_number(right));
}

bool sv_check_operator(struct sv_ast *ast, char *text, size_t size)
{
    struct sv_ast *left = ast->kids[0], *right = ast->kids[1];
    if (right->type == SV_CEL_DOUBLE)
        sv_check_as_double(left);
    if (left->type == SV_CEL_DOUBLE)
        sv_check_as_double(right);
    const char *a = sv_val_type_word((enum sv_cel_type)left->type), *b = sv_val_type_word((enum sv_cel_type)right->type);
    ast->type = SV_CEL_BOOL;
    if (ast->op == SV_OP_IN) {
        if (right->type == SV_CEL_LIST || right->type == SV_CEL_MAP || right->type == SV_CEL_DYN)
            return true;
        snprintf(text, size, "\"in\" wants a list or a map on its right, not %s%s", b,
                 right->type == SV_CEL_STRING ? " (for text in text write x.contains(y))" : "");
        return false;
    }
    if (ast->op <= SV_OP_NE) {
        if (are_like(left->type, right->type))
            return true;
        snprintf(text, size, "%s and %s are never equal", a, b);
        return false;
    }
    if (ast->op <= SV_OP_GE) {
        if (are_like(left->type, right->type) && has_order(left->type) && has_order(right->type))
            return true;
        snprintf(text, size, "\"%s\" does not compare %s with %s", signs[ast->op], a, b);
        return false;
    }
    if (check_arithmetic(ast))
        return true;
    ast->type = SV_CEL_DYN;
    bool mixed = is_number(left->type) && is_number(right->type) && left->type != right->type;
    snprintf(text, size, "\"%s\" does not go between %s and %s%s", signs[ast->op], a, b,
             mixed                                                         ? "; convert one with int() or double()"
             : left->type == SV_CEL_STRING || right->type == SV_CEL_STRING ? "; string() makes text of a value"
                                                                           : "");
    return false;
}
