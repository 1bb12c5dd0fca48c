/* SPDX-License-Identifier: ISC */
/* The checker's part for calls: which function is meant, whether the arguments fit it, what it gives; and for macros with
 * variables. */
#include "cel/check.h"
#include "cel/check_type.h"
#include "cel/fn.h"
#include "cel/macro.h"

#define problem sv_check_finding
#define word sv_check_word

static const char *article(const char *noun)
{
    return strchr("aeiou", noun[0]) != NULL ? "an" : "a";
}

/* ---- names ---- */

/* math.abs(x) is no call of abs on a math, but of the function with that name. A variable of a loop goes first. */
static void qualify(struct sv_check *c, struct sv_ast *call)
{
    struct sv_ast *space = call->kids[0];
    if (!call->is_receiver || space->kind != SV_AST_NAME)
        return;
    for (uint32_t i = 0; i < c->open; i++)
        if (sv_slice_equal(c->scopes[i].name, space->name) && !space->is_rooted)
            return;
    struct sv_slice full = sv_arena_printf(c->arena, "%.*s.%.*s", SV_ARG(space->name), SV_ARG(call->name));
    bool is_space = sv_env_find(c->env, space->name, space->is_rooted) == NULL && sv_fn_is_space(space->name);
    if (!is_space && sv_fn_find(full, NULL) == NULL)
        return;
    call->name = full;
    call->is_receiver = false;
    call->at_length += call->at_offset - space->at_offset;
    call->at_offset = space->at_offset;
    call->kids++;
    call->count--;
}

/* What is left of a macro here was not written as one; its arguments mean nothing then. */
static bool is_wrong_macro(struct sv_check *c, const struct sv_ast *call)
{
    const struct sv_macro *macro = sv_macro_find(call->name);
    if (macro == NULL || sv_fn_find(call->name, NULL) != NULL)
        return false;
    problem(c, call->at_offset, call->at_length, "%s() is not called like this: write %s", macro->info.name, macro->info.signature);
    return true;
}

static void unknown_function(struct sv_check *c, struct sv_ast *call)
{
    const char *close = sv_fn_suggest(call->name);
    if (close != NULL)
        problem(c, call->at_offset, call->at_length, "unknown function \"%.*s\" (did you mean \"%s\"?)", SV_ARG(call->name), close);
    else
        problem(c, call->at_offset, call->at_length, "unknown function \"%.*s\"", SV_ARG(call->name));
}

/* ---- arguments ---- */

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

/* The function exists, but not so. wrong: the first argument that does not fit where the others do; UINT32_MAX: their number. */
static void wrong_call(struct sv_check *c, struct sv_ast *call, const struct sv_fn *like, uint32_t wrong)
{
    if (wrong == UINT32_MAX) {
        problem(c, call->at_offset, call->at_length, "%s() is not called like this: write %s", like->info.name,
                like->info.signature);
        return;
    }
    const struct sv_ast *arg = call->kids[wrong];
    problem(c, arg->offset, arg->length, "%s() cannot take %s %s here: write %s", like->info.name, article(word(arg)), word(arg),
            like->info.signature);
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
    sv_check_become(kids[2], symbol);
    call->kids = kids;
    call->count = 3;
}

/* A function of any count of numbers takes them as one list, or such a list itself. Sets the type that they share. */
static void gather(struct sv_check *c, struct sv_ast *call, uint8_t *shared)
{
    const struct sv_fn *fn = sv_fn_find(call->name, NULL);
    *shared = SV_CEL_DYN;
    if (fn == NULL || fn->how != SV_FN_NUMBERS || call->is_receiver || call->count == 0)
        return;
    for (uint32_t i = 0; i < call->count; i++) {
        struct sv_ast *arg = call->kids[i];
        bool is_list = call->count == 1 && arg->type == SV_CEL_LIST;
        if (arg->type != SV_CEL_DYN && !sv_check_is_number(arg) && !is_list)
            problem(c, arg->offset, arg->length, "%s() cannot take %s %s here: write %s", fn->info.name, article(word(arg)),
                    word(arg), fn->info.signature);
        if (arg->type == SV_CEL_DOUBLE)
            *shared = SV_CEL_DOUBLE;
    }
    for (uint32_t i = 0; i < call->count; i++) {
        if (*shared == SV_CEL_DOUBLE)
            sv_check_as_double(call->kids[i]);
        if (i == 0 || call->kids[i]->type != *shared)
            *shared = i == 0 && sv_check_is_number(call->kids[i]) ? call->kids[i]->type : SV_CEL_DYN;
    }
    if (call->count == 1)
        return;
    struct sv_ast *list = sv_arena_alloc(c->arena, sizeof *list), **kids = sv_arena_alloc(c->arena, sizeof *kids);
    *list = *call;
    list->kind = SV_AST_LIST;
    list->type = SV_CEL_LIST;
    kids[0] = list;
    call->kids = kids;
    call->count = 1;
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

/* "%d of %s".format([...]) with a constant text: its clauses, and their number beside that of a list written out. */
static void check_format(struct sv_check *c, const struct sv_ast *call)
{
    const struct sv_ast *text = call->kids[0], *values = call->kids[1];
    const char *why = NULL;
    if (!sv_slice_is(call->name, "format") || text->kind != SV_AST_LITERAL || text->value.type != SV_STRING)
        return;
    size_t at, clauses = sv_fn_format_clauses(sv_value_raw(text->value), &at, &why);
    if (why != NULL)
        problem(c, text->inner != 0 ? text->inner + (uint32_t)at : text->offset, text->inner != 0 ? 1 : text->length,
                "format(): %s", why);
    else if (values->kind == SV_AST_LIST && clauses > values->count)
        problem(c, text->offset, text->length, "format() has %zu places, but %u value%s", clauses, (unsigned)values->count,
                values->count == 1 ? "" : "s");
}

/* ---- optionals ---- */

/* The type of what the optional that this call gives holds, or of what it gives of an optional. */
static void type_optional(struct sv_check *c, struct sv_ast *call)
{
    struct sv_ast *first = call->count > 0 ? call->kids[0] : NULL, *other = call->count > 1 ? call->kids[1] : NULL;
    call->of = SV_CEL_DYN;
    if (sv_slice_is(call->name, "optional.of") || sv_slice_is(call->name, "optional.ofNonZeroValue")) {
        call->of = first->type;
    } else if (first == NULL || first->type != SV_CEL_OPTIONAL) {
        return;
    } else if (sv_slice_is(call->name, "value")) {
        call->type = first->of;
    } else if (sv_slice_is(call->name, "or")) {
        call->of = first->of == other->of ? first->of : SV_CEL_DYN;
    } else if (sv_slice_is(call->name, "orValue")) {
        if (first->of == SV_CEL_DOUBLE)
            sv_check_as_double(other);
        call->type = first->of == other->type ? first->of : SV_CEL_DYN;
        if (first->of != other->type && first->of != SV_CEL_DYN && other->type != SV_CEL_DYN)
            problem(c, other->offset, other->length, "orValue() stands for %s %s here, not %s",
                    article(sv_val_type_word(first->of)), sv_val_type_word(first->of), word(other));
    }
}

/* ---- calls ---- */

void sv_check_call(struct sv_check *c, struct sv_ast *call)
{
    uint8_t shared;
    if (c->env->over != NULL && sv_check_aggregate(c, call))
        return;
    qualify(c, call);
    call->type = SV_CEL_DYN;
    if (is_wrong_macro(c, call))
        return;
    add_cwd(c, call);
    for (uint32_t i = 0; i < call->count; i++) {
        sv_check_value(c, call->kids[i]);
        call->reads |= call->kids[i]->reads;
    }
    gather(c, call, &shared);
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
    if (good == 0) {
        wrong_call(c, call, like != NULL ? like : style, like != NULL ? wrong : UINT32_MAX);
        return;
    }
    if (call->rows[0]->how == SV_FN_NUMBERS)
        call->type = shared;
    if (call->count == 2) {
        check_pattern(c, call);
        check_format(c, call);
    }
    type_optional(c, call);
    call->from_event = sv_slice_is(call->name, "dyn") && call->kids[0]->from_event;
}

/* ---- macros with variables ---- */

static void open_scope(struct sv_check *c, struct sv_slice name, uint8_t type, uint8_t of, bool from_event)
{
    c->scopes[c->open++] = (struct sv_check_scope){.name = name, .type = type, .of = of, .from_event = from_event};
    if (c->open > c->locals)
        c->locals = c->open;
}

static void open_scopes(struct sv_check *c, const struct sv_ast *loop)
{
    const struct sv_ast *range = loop->kids[0];
    if (loop->op == SV_LOOP_BIND) {
        open_scope(c, loop->name, range->type, range->of, range->from_event);
    } else if (loop->op > SV_LOOP_BIND) {
        open_scope(c, loop->name, range->type == SV_CEL_OPTIONAL ? range->of : SV_CEL_DYN, SV_CEL_DYN, range->from_event);
    } else if (loop->second.len > 0) {
        open_scope(c, loop->name, range->type == SV_CEL_LIST ? SV_CEL_INT : SV_CEL_DYN, SV_CEL_DYN, range->from_event);
        open_scope(c, loop->second, SV_CEL_DYN, SV_CEL_DYN, range->from_event);
    } else {
        open_scope(c, loop->name, SV_CEL_DYN, SV_CEL_DYN, range->from_event);
    }
}

static void check_range(struct sv_check *c, const struct sv_ast *loop)
{
    const struct sv_ast *range = loop->kids[0];
    bool of_optional = loop->op > SV_LOOP_BIND;
    bool is_good = of_optional ? range->type == SV_CEL_OPTIONAL : range->type == SV_CEL_LIST || range->type == SV_CEL_MAP;
    if (range->type != SV_CEL_DYN && !is_good && loop->op != SV_LOOP_BIND)
        problem(c, range->offset, range->length, "%s() wants %s, not %s", loop->macro->info.name,
                of_optional ? "an optional" : "a list or a map", word(range));
}

/* What the macro's result must be able to be. */
static void check_result(struct sv_check *c, const struct sv_ast *loop)
{
    const struct sv_ast *result = loop->kids[2];
    uint8_t want = loop->op == SV_LOOP_TRANSFORM_ENTRY ? SV_CEL_MAP
                   : loop->op == SV_LOOP_OPT_FLAT_MAP  ? SV_CEL_OPTIONAL
                                                       : SV_CEL_DYN;
    if (want != SV_CEL_DYN && result->type != SV_CEL_DYN && result->type != want)
        problem(c, result->offset, result->length, "%s() wants %s %s here, not %s", loop->macro->info.name,
                article(sv_val_type_word((enum sv_cel_type)want)), sv_val_type_word((enum sv_cel_type)want), word(result));
}

static void type_loop(struct sv_ast *loop)
{
    const struct sv_ast *range = loop->kids[0], *result = loop->kids[2];
    switch ((enum sv_ast_loop)loop->op) {
    case SV_LOOP_ALL:
    case SV_LOOP_EXISTS:
    case SV_LOOP_EXISTS_ONE:
        loop->type = SV_CEL_BOOL;
        break;
    case SV_LOOP_MAP:
    case SV_LOOP_FILTER:
        loop->type = SV_CEL_LIST;
        loop->from_event = loop->op == SV_LOOP_FILTER && range->from_event;
        break;
    case SV_LOOP_TRANSFORM_MAP:
    case SV_LOOP_TRANSFORM_ENTRY:
        loop->type = SV_CEL_MAP;
        break;
    case SV_LOOP_BIND:
        loop->type = result->type;
        loop->of = result->of;
        loop->from_event = result->from_event;
        break;
    case SV_LOOP_OPT_MAP:
        loop->type = SV_CEL_OPTIONAL;
        loop->of = result->type;
        loop->from_event = result->from_event;
        break;
    case SV_LOOP_OPT_FLAT_MAP:
        loop->type = SV_CEL_OPTIONAL;
        loop->of = result->of;
        loop->from_event = result->from_event;
        break;
    }
}

void sv_check_loop(struct sv_check *c, struct sv_ast *loop)
{
    struct sv_ast *range = loop->kids[0], *condition = loop->kids[1], *result = loop->kids[2];
    uint32_t before = c->open;
    sv_check_value(c, range);
    check_range(c, loop);
    loop->at = before;
    open_scopes(c, loop);
    if (condition != NULL) {
        sv_check_value(c, condition);
        if (condition->type != SV_CEL_BOOL && condition->type != SV_CEL_DYN)
            problem(c, condition->offset, condition->length, "%s() wants a condition here, not %s", loop->macro->info.name,
                    word(condition));
    }
    if (result != NULL) {
        sv_check_value(c, result);
        check_result(c, loop);
    }
    c->open = before;
    type_loop(loop);
    loop->reads = range->reads || (condition != NULL && condition->reads) || (result != NULL && result->reads);
}
