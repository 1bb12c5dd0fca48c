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

/* A finding of the checker; in an unchecked environment there are none. */
#define problem(c, offset, length, ...)                                                                                            \
    do {                                                                                                                           \
        if (!(c)->env->is_unchecked)                                                                                               \
            sv_check_problem((c)->problems, offset, length, __VA_ARGS__);                                                          \
    } while (0)

static const char *word(const struct sv_ast *ast)
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

static void become(struct sv_ast *ast, const struct sv_symbol *symbol)
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
        if (sv_slice_equal(c->loops[i]->name, ast->name)) {
            ast->kind = SV_AST_LOCAL;
            ast->at = i;
            ast->type = SV_CEL_DYN;
            ast->from_event = c->loops[i]->kids[0]->from_event;
            return true;
        }
    return false;
}

static void unknown_name(struct sv_check *c, struct sv_ast *ast)
{
    const char *close = sv_env_suggest(c->env, ast->name, sv_slice("", 0));
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
    for (; ast->kind == SV_AST_SELECT && count < SV_CEL_DEPTH_MAX; ast = ast->kids[0]) {
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
            become(names[i], symbol);
    }
    for (size_t i = count; !found && i-- > 0;)
        found = is_type_name(sv_slice(joined.data, ends[i]), names[i]);
    sv_buf_free(&joined);
    if (!found)
        unknown_name(c, ast);
}

/* ---- selections ---- */

/* The key of a root: a known name with its type, or any other key of the event. */
static void select_root(struct sv_check *c, struct sv_ast *ast, struct sv_slice key, uint32_t offset, uint32_t length)
{
    const struct sv_ast *root = ast->kids[0];
    struct sv_slice full = sv_arena_printf(c->arena, "%.*s.%.*s", SV_ARG(root->name), SV_ARG(key));
    const struct sv_symbol *symbol = sv_env_find(c->env, full, true);
    if (symbol != NULL) {
        become(ast, symbol);
        return;
    }
    if (c->env->is_strict) {
        struct sv_slice prefix = sv_slice(full.data, root->name.len + 1);
        const char *close = sv_env_suggest(c->env, key, prefix);
        if (close != NULL)
            problem(c, offset, length, "unknown field \"%.*s\" (did you mean \"%s\"?)", SV_ARG(key), close);
    }
    ast->kind = SV_AST_PATH;
    ast->type = SV_CEL_DYN;
    ast->at = sv_paths_key(c->env->paths, root->at, key);
    ast->from_event = ast->null_absent = ast->reads = true;
}

static void select_path(struct sv_check *c, struct sv_ast *ast, struct sv_slice key)
{
    ast->kind = SV_AST_PATH;
    ast->type = SV_CEL_DYN;
    ast->at = sv_paths_key(c->env->paths, ast->kids[0]->at, key);
    ast->from_event = ast->reads = true;
}

static void check_select(struct sv_check *c, struct sv_ast *ast)
{
    if (!ast->is_resolved)
        resolve(c, ast);
    if (ast->kind != SV_AST_SELECT)
        return;
    struct sv_ast *kid = ast->kids[0];
    check(c, kid);
    ast->type = SV_CEL_DYN;
    ast->from_event = kid->from_event;
    ast->reads = kid->reads;
    if (kid->kind == SV_AST_ROOT)
        select_root(c, ast, ast->name, ast->at_offset, ast->at_length);
    else if (kid->type != SV_CEL_DYN && kid->type != SV_CEL_MAP)
        problem(c, ast->at_offset, ast->at_length, "a %s has no field \"%.*s\"", word(kid), SV_ARG(ast->name));
    else if (kid->kind == SV_AST_PATH)
        select_path(c, ast, ast->name);
}

/* Checks a part whose value is needed. */
static void check_value(struct sv_check *c, struct sv_ast *ast)
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
    check_value(c, key);
    bool is_name = key->kind == SV_AST_LITERAL && key->value.type == SV_STRING;
    if (!is_name)
        check_value(c, kid);
    else
        check(c, kid);
    ast->type = SV_CEL_DYN;
    ast->from_event = kid->from_event;
    if (kid->kind == SV_AST_ROOT) {
        select_root(c, ast, sv_value_raw(key->value), key->offset, key->length);
        return;
    }
    if (is_name && kid->kind == SV_AST_PATH && (kid->type == SV_CEL_DYN || kid->type == SV_CEL_MAP)) {
        select_path(c, ast, sv_value_raw(key->value));
        return;
    }
    if (kid->type != SV_CEL_DYN && kid->type != SV_CEL_LIST && kid->type != SV_CEL_MAP)
        problem(c, ast->offset, ast->length, "a %s has no elements", word(kid));
    else if (kid->type == SV_CEL_LIST && key->type != SV_CEL_DYN && !sv_check_is_number(key))
        problem(c, key->offset, key->length, "the index of a list is an int, not %s", word(key));
}

static void check_has(struct sv_check *c, struct sv_ast *ast)
{
    struct sv_ast *field = ast->kids[0];
    ast->type = SV_CEL_BOOL;
    check_select(c, field);
    if (field->kind == SV_AST_ROOT)
        check_value(c, field);
}

/* ---- calls ---- */

static bool fits(const struct sv_fn *fn, const struct sv_ast *call, uint32_t *wrong)
{
    for (uint32_t i = 0; i < fn->count; i++) {
        uint8_t type = call->kids[i]->type;
        if (type != SV_CEL_DYN && fn->args[i] != SV_CEL_DYN && fn->args[i] != type) {
            *wrong = i;
            return false;
        }
    }
    return true;
}

static void unknown_function(struct sv_check *c, struct sv_ast *call)
{
    const char *close = sv_fn_suggest(call->name);
    if (close != NULL && !sv_slice_is(call->name, close))
        problem(c, call->at_offset, call->at_length, "unknown function \"%.*s\" (did you mean \"%s\"?)", SV_ARG(call->name), close);
    else if (close != NULL)
        problem(c, call->at_offset, call->at_length, "%s() is not called like this: it takes other arguments", close);
    else
        problem(c, call->at_offset, call->at_length, "unknown function \"%.*s\"", SV_ARG(call->name));
}

/* The function exists, but not so. wrong: the first argument that does not fit where the others do; UINT32_MAX: their number. */
static void wrong_call(struct sv_check *c, struct sv_ast *call, const struct sv_fn *like, uint32_t wrong)
{
    if (wrong == UINT32_MAX) {
        problem(c, call->at_offset, call->at_length, "%s() is not called like this: write %s", like->info.name,
                like->info.signature);
        return;
    }
    const struct sv_ast *arg = call->kids[wrong];
    problem(c, arg->offset, arg->length, "%s() cannot take %s %s here: write %s", like->info.name,
            strchr("aeiou", word(arg)[0]) != NULL ? "an" : "a", word(arg), like->info.signature);
}

/* under(path, prefixes) gets the event's cwd as third argument where there is such a name. */
static void add_cwd(struct sv_check *c, struct sv_ast *call)
{
    const struct sv_symbol *symbol = sv_env_find(c->env, SV_SLICE("cwd"), true);
    if (call->is_receiver || call->count != 2 || !sv_slice_is(call->name, "under") || symbol == NULL)
        return;
    struct sv_ast **kids = sv_arena_calloc(c->arena, 4, sizeof *kids);
    kids[0] = call->kids[0];
    kids[1] = call->kids[1];
    kids[2] = sv_arena_calloc(c->arena, 1, sizeof **kids);
    kids[2]->offset = call->at_offset;
    kids[2]->length = call->at_length;
    kids[2]->is_resolved = true;
    become(kids[2], symbol);
    call->kids = kids;
    call->count = 3;
}

static void check_pattern(struct sv_check *c, struct sv_ast *call)
{
    const struct sv_ast *pattern = call->kids[1];
    if (!sv_slice_is(call->name, "matches") || pattern->kind != SV_AST_LITERAL || pattern->value.type != SV_STRING)
        return;
    struct sv_error err = {0};
    struct sv_regex *regex = sv_regex_new(sv_value_raw(pattern->value), &err);
    if (regex != NULL) {
        sv_env_keep(c->env, regex);
        call->regex = regex;
    } else if (pattern->inner != 0 && err.column > 0 && err.column <= pattern->value.len) {
        problem(c, pattern->inner + err.column - 1, 1, "regular expression: %s", err.text);
    } else {
        problem(c, pattern->offset, pattern->length, "regular expression: %s", err.text);
    }
}

static void check_call(struct sv_check *c, struct sv_ast *call)
{
    add_cwd(c, call);
    for (uint32_t i = 0; i < call->count; i++) {
        check_value(c, call->kids[i]);
        call->reads |= call->kids[i]->reads;
    }
    call->type = SV_CEL_DYN;
    size_t lines = 0, good = 0;
    for (const struct sv_fn *fn = sv_fn_find(call->name, NULL); fn != NULL; fn = sv_fn_find(call->name, fn))
        lines++;
    if (lines == 0) {
        unknown_function(c, call);
        return;
    }
    const struct sv_fn *like = NULL, *style = NULL;
    uint32_t wrong = UINT32_MAX;
    call->rows = sv_arena_calloc(c->arena, lines + 1, sizeof *call->rows);
    for (const struct sv_fn *fn = sv_fn_find(call->name, NULL); fn != NULL; fn = sv_fn_find(call->name, fn)) {
        uint32_t at;
        if (style == NULL || fn->is_receiver == call->is_receiver)
            style = style != NULL && style->is_receiver == call->is_receiver ? style : fn;
        if (fn->is_receiver != call->is_receiver || fn->count != call->count)
            continue;
        if (!fits(fn, call, &at)) {
            if (wrong == UINT32_MAX || at > wrong) { /* the line that fits longest is the one that was meant */
                wrong = at;
                like = fn;
            }
            continue;
        }
        call->type = good == 0 || call->type == fn->result ? fn->result : SV_CEL_DYN;
        call->rows[good++] = fn;
    }
    if (good == 0)
        wrong_call(c, call, like != NULL ? like : style, like != NULL ? wrong : UINT32_MAX);
    else
        check_pattern(c, call);
    call->from_event = good > 0 && sv_slice_is(call->name, "dyn") && call->kids[0]->from_event;
}

/* ---- the rest ---- */

static void check_loop(struct sv_check *c, struct sv_ast *ast)
{
    static const char *const names[] = {"all", "exists", "exists_one", "map", "filter"};
    struct sv_ast *range = ast->kids[0], *condition = ast->kids[1], *result = ast->kids[2];
    check_value(c, range);
    if (range->type != SV_CEL_DYN && range->type != SV_CEL_LIST && range->type != SV_CEL_MAP)
        problem(c, range->offset, range->length, "%s() wants a list or a map, not %s", names[ast->op], word(range));
    c->loops[c->open++] = ast;
    ast->at = c->open - 1;
    if (c->open > c->locals)
        c->locals = c->open;
    if (condition != NULL) {
        check_value(c, condition);
        if (condition->type != SV_CEL_BOOL && condition->type != SV_CEL_DYN)
            problem(c, condition->offset, condition->length, "%s() wants a condition here, not %s", names[ast->op],
                    word(condition));
    }
    if (result != NULL)
        check_value(c, result);
    c->open--;
    bool is_list = ast->op == SV_LOOP_MAP || ast->op == SV_LOOP_FILTER;
    ast->type = is_list ? SV_CEL_LIST : SV_CEL_BOOL;
    ast->from_event = ast->op == SV_LOOP_FILTER && range->from_event;
    ast->reads = range->reads || (condition != NULL && condition->reads) || (result != NULL && result->reads);
}

static void check_kids(struct sv_check *c, struct sv_ast *ast)
{
    for (uint32_t i = 0; i < ast->count; i++) {
        check_value(c, ast->kids[i]);
        ast->reads |= ast->kids[i]->reads;
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

static void check_binary(struct sv_check *c, struct sv_ast *ast)
{
    check_kids(c, ast);
    char text[200];
    if (c->env->is_unchecked)
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
        check_call(c, ast);
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
        check_loop(c, ast);
        break;
    case SV_AST_PATH:
    case SV_AST_ROOT:
    case SV_AST_SLOT:
    case SV_AST_LOCAL:
    case SV_AST_LET:
    case SV_AST_UNKNOWN:
        break; /* resolved already */
    }
}

bool sv_check_tree(struct sv_check *c, struct sv_ast *ast, enum sv_cel_type want)
{
    size_t before = c->problems->count;
    c->loops = sv_arena_calloc(c->arena, SV_CEL_DEPTH_MAX + 2, sizeof *c->loops);
    check_value(c, ast);
    bool is_number = want == SV_CEL_DOUBLE && sv_check_is_number(ast);
    if (want != SV_CEL_DYN && ast->type != SV_CEL_DYN && ast->type != want && !is_number && c->problems->count == before)
        problem(c, ast->offset, ast->length, "this gives %s, but %s is wanted", word(ast), sv_val_type_word(want));
    return c->problems->count == before;
}
