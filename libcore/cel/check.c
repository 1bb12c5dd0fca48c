/* SPDX-License-Identifier: ISC */
#include "cel/check.h"

#include <stdarg.h>
#include <stdio.h>

#include "cel/check_type.h"
#include "cel/fn.h"
#include "cel/node.h"

static void check(struct sv_check *c, struct sv_ast *ast);

void sv_check_problem(struct sv_cel_problems *problems, uint32_t offset, uint32_t length, const char *format, ...)
{
    if (problems->count == sizeof problems->items / sizeof *problems->items)
        return;
    struct sv_cel_problem *p = &problems->items[problems->count++];
    p->offset = offset;
    p->length = length;
    va_list args;
    va_start(args, format);
    vsnprintf(p->text, sizeof p->text, format, args);
    va_end(args);
}

void sv_check_finding(const struct sv_check *c, uint32_t offset, uint32_t length, const char *format, ...)
{
    char text[sizeof c->problems->items[0].text];
    if (c->env->is_unchecked)
        return;
    va_list args;
    va_start(args, format);
    vsnprintf(text, sizeof text, format, args);
    va_end(args);
    sv_check_problem(c->problems, offset, length, "%s", text);
}

#define problem sv_check_finding
#define word sv_check_word

const char *sv_check_word(const struct sv_ast *ast)
{
    return sv_val_type_word((enum sv_cel_type)ast->type);
}

/* ---- names ---- */

static bool is_type_name(struct sv_slice name, struct sv_ast *ast)
{
    for (int type = SV_CEL_NULL; type <= SV_CEL_OPTIONAL; type++) {
        const char *text = sv_val_type_name((enum sv_cel_type)type);
        if (sv_slice_is(name, text)) {
            ast->kind = SV_AST_LITERAL;
            ast->type = SV_CEL_TYPE;
            ast->value = (struct sv_value){.type = SV_TYPE, .len = (uint32_t)strlen(text), .s = text};
            return true;
        }
    }
    return false;
}

void sv_check_become(struct sv_ast *ast, const struct sv_symbol *symbol)
{
    static const uint8_t kinds[] = {[SV_SYMBOL_PATH] = SV_AST_PATH,
                                    [SV_SYMBOL_ROOT] = SV_AST_ROOT,
                                    [SV_SYMBOL_SLOT] = SV_AST_SLOT,
                                    [SV_SYMBOL_CONSTANT] = SV_AST_LITERAL,
                                    [SV_SYMBOL_LET] = SV_AST_LET};
    ast->kind = kinds[symbol->kind];
    ast->type = (uint8_t)symbol->type;
    ast->at = symbol->at;
    ast->value = symbol->value;
    ast->let = symbol->let;
    ast->inner = 0;
    ast->from_event = ast->null_absent = symbol->kind == SV_SYMBOL_PATH;
    ast->reads = symbol->kind == SV_SYMBOL_PATH || symbol->kind == SV_SYMBOL_SLOT;
    if (symbol->kind == SV_SYMBOL_LET && symbol->let->is_path) {
        ast->kind = SV_AST_PATH;
        ast->at = symbol->let->path;
        ast->from_event = ast->reads = true;
        ast->null_absent = symbol->let->null_absent;
    } else if (symbol->kind == SV_SYMBOL_LET) {
        ast->reads = !sv_cel_is_constant(symbol->let);
        ast->from_event = true; /* what it holds may come from there; lists and maps it builds keep their errors */
    }
    *symbol->used = true;
}

static bool become_local(struct sv_check *c, struct sv_ast *ast)
{
    for (uint32_t i = c->open; i-- > 0;)
        if (sv_slice_equal(c->scopes[i].name, ast->name)) {
            ast->kind = SV_AST_LOCAL;
            ast->at = i;
            ast->type = c->scopes[i].type;
            ast->of = c->scopes[i].of;
            ast->from_event = c->scopes[i].from_event;
            return true;
        }
    return false;
}

static void unknown_name(struct sv_check *c, struct sv_ast *ast)
{
    const char *close = sv_env_suggest(c->env, ast->name, sv_slice("", 0), SIZE_MAX);
    ast->kind = SV_AST_UNKNOWN;
    ast->type = SV_CEL_DYN;
    if (close != NULL)
        problem(c, ast->at_offset, ast->at_length, "unknown field \"%.*s\" (did you mean \"%s\"?)", SV_ARG(ast->name), close);
    else
        problem(c, ast->at_offset, ast->at_length, "unknown field \"%.*s\"", SV_ARG(ast->name));
}

/* A name with the selections on it, `ast` being the last of them: the longest part that is a known name becomes it. */
static void resolve(struct sv_check *c, struct sv_ast *ast)
{
    struct sv_ast *chain[SV_CEL_DEPTH_MAX + 1];
    size_t count = 0, ends[SV_CEL_DEPTH_MAX + 1];
    for (; ast->kind == SV_AST_SELECT && !ast->is_optional && count < SV_CEL_DEPTH_MAX; ast = ast->kids[0]) {
        ast->is_resolved = true;
        chain[SV_CEL_DEPTH_MAX - count++] = ast;
    }
    if (ast->kind != SV_AST_NAME)
        return;
    ast->is_resolved = true;
    chain[SV_CEL_DEPTH_MAX - count++] = ast;
    if (!ast->is_rooted && become_local(c, ast))
        return;
    struct sv_ast **names = chain + SV_CEL_DEPTH_MAX + 1 - count;
    struct sv_buf joined = {0};
    for (size_t i = 0; i < count; i++) {
        if (i > 0)
            sv_buf_char(&joined, '.');
        sv_buf_add(&joined, names[i]->name);
        ends[i] = joined.len;
    }
    bool found = false;
    for (size_t i = count; !found && i-- > 0;) {
        const struct sv_symbol *symbol = sv_env_find(c->env, sv_slice(joined.data, ends[i]), ast->is_rooted);
        found = symbol != NULL;
        if (found)
            sv_check_become(names[i], symbol);
    }
    for (size_t i = count; !found && i-- > 0;)
        found = is_type_name(sv_slice(joined.data, ends[i]), names[i]);
    sv_buf_free(&joined);
    if (!found)
        unknown_name(c, ast);
}

/* ---- selections ---- */

/* The key of a root: a known name with its type, or any other key of the event. */
static void select_root(struct sv_check *c, struct sv_ast *ast, struct sv_slice key)
{
    const struct sv_ast *root = ast->kids[0];
    struct sv_slice full = sv_arena_printf(c->arena, "%.*s.%.*s", SV_ARG(root->name), SV_ARG(key));
    const struct sv_symbol *symbol = sv_env_find(c->env, full, true);
    if (symbol != NULL) {
        sv_check_become(ast, symbol);
        return;
    }
    ast->kind = SV_AST_PATH;
    ast->type = SV_CEL_DYN;
    ast->at = sv_paths_key(c->env->paths, root->at, key);
    ast->from_event = ast->null_absent = ast->reads = true;
}

static void select_path(struct sv_check *c, struct sv_ast *ast, const struct sv_ast *path, struct sv_slice key)
{
    ast->kind = SV_AST_PATH;
    ast->type = SV_CEL_DYN;
    ast->at = sv_paths_key(c->env->paths, path->at, key);
    ast->from_event = ast->reads = true;
}

/* What may be absent as an optional; it is what ast has become. */
static void wrap_optional(struct sv_check *c, struct sv_ast *ast)
{
    struct sv_ast *inner = sv_arena_alloc(c->arena, sizeof *inner);
    *inner = *ast;
    ast->kind = SV_AST_OPTIONAL;
    ast->of = inner->type;
    ast->type = SV_CEL_OPTIONAL;
    ast->null_absent = false;
    ast->kids = sv_arena_alloc(c->arena, sizeof(struct sv_ast *));
    ast->kids[0] = inner;
    ast->count = 1;
}

/* The path that an optional is made of, or NULL. What is selected in such an optional is an optional of the longer path. */
static struct sv_ast *optional_path(const struct sv_ast *ast)
{
    if (ast->kind != SV_AST_OPTIONAL || ast->kids[0]->kind != SV_AST_PATH)
        return NULL;
    return ast->kids[0];
}

/* A key of a path, of a root, or of an optional path; false: ast stays what it is, to be done when it runs. */
static bool select_key(struct sv_check *c, struct sv_ast *ast, struct sv_slice key)
{
    struct sv_ast *kid = ast->kids[0], *path = optional_path(kid) != NULL ? optional_path(kid) : kid;
    bool is_optional = ast->is_optional || path != kid;
    if (path->kind == SV_AST_ROOT)
        select_root(c, ast, key);
    else if (path->kind == SV_AST_PATH && (path->type == SV_CEL_DYN || path->type == SV_CEL_MAP))
        select_path(c, ast, path, key);
    else
        return false;
    if (is_optional)
        wrap_optional(c, ast);
    return true;
}

/* Selected when it runs: in an optional, or optionally, it gives an optional. */
static void select_value(struct sv_ast *ast)
{
    ast->type = ast->is_optional || ast->kids[0]->type == SV_CEL_OPTIONAL ? SV_CEL_OPTIONAL : SV_CEL_DYN;
    ast->of = SV_CEL_DYN;
}

static bool can_be_map(uint8_t type)
{
    return type == SV_CEL_DYN || type == SV_CEL_MAP;
}

static void check_select(struct sv_check *c, struct sv_ast *ast)
{
    if (!ast->is_resolved && !ast->is_optional)
        resolve(c, ast);
    if (ast->kind != SV_AST_SELECT)
        return;
    struct sv_ast *kid = ast->kids[0];
    check(c, kid);
    select_value(ast);
    ast->from_event = kid->from_event;
    ast->reads = kid->reads;
    uint8_t type = kid->type == SV_CEL_OPTIONAL ? kid->of : kid->type;
    if (kid->kind != SV_AST_ROOT && !can_be_map(type))
        problem(c, ast->at_offset, ast->at_length, "a %s has no field \"%.*s\"", sv_val_type_word((enum sv_cel_type)type),
                SV_ARG(ast->name));
    else
        select_key(c, ast, ast->name);
}

void sv_check_value(struct sv_check *c, struct sv_ast *ast)
{
    check(c, ast);
    if (ast->kind != SV_AST_ROOT)
        return;
    problem(c, ast->offset, ast->length, "\"%.*s\" is the whole event: name a field of it, as in %.*s.type", SV_ARG(ast->name),
            SV_ARG(ast->name));
    ast->kind = SV_AST_UNKNOWN;
}

static void check_index(struct sv_check *c, struct sv_ast *ast)
{
    struct sv_ast *kid = ast->kids[0], *key = ast->kids[1];
    sv_check_value(c, key);
    bool is_name = key->kind == SV_AST_LITERAL && key->value.type == SV_STRING;
    if (!is_name)
        sv_check_value(c, kid);
    else
        check(c, kid);
    select_value(ast);
    ast->from_event = kid->from_event;
    uint8_t type = kid->type == SV_CEL_OPTIONAL ? kid->of : kid->type;
    if (is_name && select_key(c, ast, sv_value_raw(key->value)))
        return;
    if (!can_be_map(type) && type != SV_CEL_LIST)
        problem(c, ast->offset, ast->length, "a %s has no elements", sv_val_type_word((enum sv_cel_type)type));
    else if (type == SV_CEL_LIST && key->type != SV_CEL_DYN && !sv_check_is_number(key))
        problem(c, key->offset, key->length, "the index of a list is an int, not %s", word(key));
}

static void check_has(struct sv_check *c, struct sv_ast *ast)
{
    struct sv_ast *field = ast->kids[0];
    ast->type = SV_CEL_BOOL;
    check_select(c, field);
    if (field->kind == SV_AST_ROOT)
        sv_check_value(c, field);
}

/* ---- the rest ---- */

static void check_kids(struct sv_check *c, struct sv_ast *ast)
{
    for (uint32_t i = 0; i < ast->count; i++) {
        struct sv_ast *kid = ast->kids[i];
        sv_check_value(c, kid);
        ast->reads |= kid->reads;
        if (kid->is_optional_entry && kid->type != SV_CEL_OPTIONAL && kid->type != SV_CEL_DYN)
            problem(c, kid->offset, kid->length, "an entry with \"?\" wants an optional such as args.?key, not %s", word(kid));
    }
}

/* A part that must be able to be a bool. */
static void want_bool(struct sv_check *c, const struct sv_ast *ast, const char *who)
{
    if (ast->type != SV_CEL_BOOL && ast->type != SV_CEL_DYN)
        problem(c, ast->offset, ast->length, "%s wants bool, not %s", who, word(ast));
}

static void check_logic(struct sv_check *c, struct sv_ast *ast)
{
    check_kids(c, ast);
    ast->type = SV_CEL_BOOL;
    for (uint32_t i = 0; i < ast->count; i++)
        want_bool(c, ast->kids[i], ast->kind == SV_AST_AND ? "\"&&\"" : ast->kind == SV_AST_OR ? "\"||\"" : "\"!\"");
}

static void check_choice(struct sv_check *c, struct sv_ast *ast)
{
    check_kids(c, ast);
    want_bool(c, ast->kids[0], "\"?\"");
    ast->type = ast->kids[1]->type == ast->kids[2]->type ? ast->kids[1]->type : SV_CEL_DYN;
    ast->of = ast->kids[1]->of == ast->kids[2]->of ? ast->kids[1]->of : SV_CEL_DYN;
    ast->from_event = ast->kids[1]->from_event && ast->kids[2]->from_event;
}

static void check_negate(struct sv_check *c, struct sv_ast *ast)
{
    check_kids(c, ast);
    ast->type = ast->kids[0]->type;
    if (ast->type == SV_CEL_INT || ast->type == SV_CEL_DOUBLE || ast->type == SV_CEL_DYN)
        return;
    problem(c, ast->at_offset, ast->at_length, "\"-\" wants int or double, not %s", word(ast->kids[0]));
    ast->type = SV_CEL_DYN;
}

static void check_map(struct sv_check *c, struct sv_ast *ast)
{
    check_kids(c, ast);
    ast->type = SV_CEL_MAP;
    for (uint32_t i = 0; i < ast->count; i += 2) {
        const struct sv_ast *key = ast->kids[i];
        if (key->type != SV_CEL_DYN && key->type != SV_CEL_STRING && key->type != SV_CEL_BOOL && key->type != SV_CEL_INT &&
            key->type != SV_CEL_UINT)
            problem(c, key->offset, key->length, "a map's key is a string, bool, int or uint, not %s", word(key));
    }
}

/* == or != between null and what is never null: a field has its type or is absent. false where that is not so. */
static bool check_null(struct sv_check *c, const struct sv_ast *ast)
{
    const struct sv_ast *other = ast->kids[ast->kids[0]->type == SV_CEL_NULL];
    bool is_field = (other->kind == SV_AST_PATH || other->kind == SV_AST_SLOT) && other->name.len > 0;
    if (ast->op > SV_OP_NE || (ast->kids[0]->type == SV_CEL_NULL) == (ast->kids[1]->type == SV_CEL_NULL) || !is_field)
        return false;
    if (other->type == SV_CEL_DYN)
        return false;
    problem(c, ast->offset, ast->length, "a field is never null: what is not there is absent; write %shas(event.%.*s)",
            ast->op == SV_OP_EQ ? "!" : "", SV_ARG(other->name));
    return true;
}

static void check_binary(struct sv_check *c, struct sv_ast *ast)
{
    check_kids(c, ast);
    char text[200];
    if (check_null(c, ast))
        ast->type = SV_CEL_BOOL;
    else if (c->env->is_unchecked)
        ast->type = ast->op <= SV_OP_IN ? SV_CEL_BOOL : SV_CEL_DYN;
    else if (!sv_check_operator(ast, text, sizeof text))
        problem(c, ast->at_offset, ast->at_length, "%s", text);
}

/* Recursion ends at the tree's height, which the parser bounds. */
static void check(struct sv_check *c, struct sv_ast *ast)
{
    switch ((enum sv_ast_kind)ast->kind) {
    case SV_AST_LITERAL:
        if (!ast->is_resolved)
            ast->type = (uint8_t)sv_val_type(ast->value);
        break;
    case SV_AST_NAME:
        resolve(c, ast);
        break;
    case SV_AST_SELECT:
        check_select(c, ast);
        break;
    case SV_AST_HAS:
        check_has(c, ast);
        ast->reads = ast->kids[0]->reads;
        break;
    case SV_AST_INDEX:
        check_index(c, ast);
        ast->reads |= ast->kids[0]->reads || ast->kids[1]->reads;
        break;
    case SV_AST_CALL:
        sv_check_call(c, ast);
        break;
    case SV_AST_LIST:
        check_kids(c, ast);
        ast->type = SV_CEL_LIST;
        break;
    case SV_AST_MAP:
        check_map(c, ast);
        break;
    case SV_AST_CHOICE:
        check_choice(c, ast);
        break;
    case SV_AST_AND:
    case SV_AST_OR:
    case SV_AST_NOT:
        check_logic(c, ast);
        break;
    case SV_AST_NEGATE:
        check_negate(c, ast);
        break;
    case SV_AST_BINARY:
        check_binary(c, ast);
        break;
    case SV_AST_LOOP:
        sv_check_loop(c, ast);
        break;
    case SV_AST_PATH:
    case SV_AST_ROOT:
    case SV_AST_SLOT:
    case SV_AST_LOCAL:
    case SV_AST_LET:
    case SV_AST_OPTIONAL:
    case SV_AST_UNKNOWN:
        break; /* resolved already */
    }
}

bool sv_check_tree(struct sv_check *c, struct sv_ast *ast, enum sv_cel_type want)
{
    size_t before = c->problems->count;
    c->scopes = sv_arena_alloc(c->arena, 2 * (SV_CEL_DEPTH_MAX + 1) * sizeof *c->scopes);
    sv_check_value(c, ast);
    if (c->env->over != NULL && c->problems->count == before)
        sv_check_captures(c, ast);
    bool is_number = want == SV_CEL_DOUBLE && sv_check_is_number(ast);
    if (want != SV_CEL_DYN && ast->type != SV_CEL_DYN && ast->type != want && !is_number && c->problems->count == before)
        problem(c, ast->offset, ast->length, "this gives %s, but %s is wanted", word(ast), sv_val_type_word(want));
    return c->problems->count == before;
}
