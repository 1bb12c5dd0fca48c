/* SPDX-License-Identifier: ISC */
#include "cel/node.h"

#include <math.h>

#include "base/time.h"
#include "cel/ast.h"

struct sv_value sv_node_constant(const struct sv_node *node, struct sv_cel_run *run)
{
    (void)run;
    return node->value;
}

struct sv_value sv_node_read_slot(const struct sv_node *node, struct sv_cel_run *run)
{
    return sv_node_slot(node, run);
}

struct sv_value sv_node_read_local(const struct sv_node *node, struct sv_cel_run *run)
{
    return run->memo->locals[node->slot];
}

/* Its loop variables lie behind those of the expression that reads it (node->count of them). */
struct sv_value sv_node_read_let(const struct sv_node *node, struct sv_cel_run *run)
{
    struct sv_cel_memo *memo = run->memo;
    struct sv_memo_let *let = &memo->lets[node->slot];
    if (let->is_set && let->event == run->event)
        return let->value;
    memo->locals += node->count;
    let->value = sv_node_run(node->let->root, run);
    memo->locals -= node->count;
    let->event = run->event;
    let->is_set = !sv_val_over(run); /* what another expression used up is not the let's fault */
    return let->value;
}

struct sv_value sv_node_select(const struct sv_node *node, struct sv_cel_run *run)
{
    return sv_val_select(run, sv_node_run(node->a, run), node->text, node->from_event);
}

struct sv_value sv_node_index(const struct sv_node *node, struct sv_cel_run *run)
{
    struct sv_value v = sv_node_run(node->a, run);
    if (v.type == SV_ERROR)
        return v;
    return sv_val_index(run, v, sv_node_run(node->b, run), node->from_event);
}

struct sv_value sv_node_has_slot(const struct sv_node *node, struct sv_cel_run *run)
{
    const struct sv_value *v = &run->slots[node->slot];
    return sv_value_bool(v->type != SV_ABSENT && !(v->type == SV_NULL && node->null_absent));
}

/* has(a.text) where a is a value. */
struct sv_value sv_node_has_key(const struct sv_node *node, struct sv_cel_run *run)
{
    struct sv_value v = sv_node_run(node->a, run);
    if (v.type == SV_OPTIONAL) {
        if (v.optional == NULL)
            return sv_value_bool(false);
        v = *v.optional;
    }
    if (v.type == SV_ERROR)
        return v;
    if (v.type == SV_MAP)
        return sv_value_bool(sv_val_find(v.map, sv_value_str(node->text)) != NULL);
    if (v.type == SV_JSON && !sv_val_charge(run, v.len / 256 + 1))
        return sv_val_limit();
    if (v.type == SV_ABSENT || v.type == SV_JSON || node->from_event)
        return sv_value_bool(sv_value_is_object(v) && sv_json_get(v, node->text).type != SV_ABSENT);
    return sv_val_no_overload();
}

/* has() of a name that is no path. */
struct sv_value sv_node_has_value(const struct sv_node *node, struct sv_cel_run *run)
{
    struct sv_value v = sv_node_run(node->a, run);
    return v.type == SV_ERROR ? v : sv_value_bool(v.type != SV_ABSENT);
}

struct sv_value sv_node_list(const struct sv_node *node, struct sv_cel_run *run)
{
    struct sv_value *items = sv_arena_alloc(run->arena, (node->count + 1) * sizeof *items);
    bool is_absent = false;
    size_t count = 0;
    for (uint32_t i = 0; i < node->count; i++) {
        items[count] = sv_node_run(node->kids[i], run);
        if (items[count].type == SV_ERROR)
            return items[count];
        is_absent |= items[count].type == SV_ABSENT;
        count += !sv_node_is_left_out(items[count]);
    }
    if (is_absent)
        return sv_value_of(SV_ABSENT);
    return sv_val_charge(run, node->count) ? sv_val_list(run->arena, items, count) : sv_val_limit();
}

struct sv_value sv_node_map(const struct sv_node *node, struct sv_cel_run *run)
{
    size_t count = 0;
    struct sv_map_entry *entries = sv_arena_alloc(run->arena, (node->count / 2 + 1) * sizeof *entries);
    bool is_absent = false;
    for (size_t i = 0; i < node->count / 2; i++) {
        struct sv_map_entry *entry = &entries[count];
        entry->key = sv_node_run(node->kids[2 * i], run);
        if (entry->key.type == SV_ERROR)
            return entry->key;
        entry->value = sv_node_run(node->kids[2 * i + 1], run);
        if (entry->value.type == SV_ERROR)
            return entry->value;
        is_absent |= entry->key.type == SV_ABSENT || entry->value.type == SV_ABSENT;
        count += !sv_node_is_left_out(entry->value);
    }
    if (is_absent)
        return sv_value_of(SV_ABSENT);
    return sv_val_charge(run, node->count / 2) ? sv_val_map(run, entries, count) : sv_val_limit();
}

struct sv_value sv_node_choice(const struct sv_node *node, struct sv_cel_run *run)
{
    struct sv_value v = sv_node_run(node->a, run);
    if (v.type == SV_BOOL)
        return sv_node_run(v.b ? node->b : node->c, run);
    return sv_val_is_bad(v) ? v : sv_val_no_overload();
}

/* What a chain of && or || remembers of a part that was no bool: an error stays, absent gives way to it. */
static inline struct sv_value keep_bad(struct sv_value kept, struct sv_value v)
{
    if (kept.type == SV_ERROR || v.type == SV_ABSENT)
        return kept.type == SV_ERROR ? kept : v;
    return v.type == SV_ERROR ? v : sv_val_no_overload();
}

struct sv_value sv_node_and(const struct sv_node *node, struct sv_cel_run *run)
{
    struct sv_value bad = {.type = SV_BOOL, .b = true};
    for (uint32_t i = 0; i < node->count; i++) {
        struct sv_value v = sv_node_run(node->kids[i], run);
        if (v.type != SV_BOOL)
            bad = keep_bad(bad, v);
        else if (!v.b)
            return v;
    }
    return bad;
}

struct sv_value sv_node_or(const struct sv_node *node, struct sv_cel_run *run)
{
    struct sv_value bad = {.type = SV_BOOL, .b = false};
    for (uint32_t i = 0; i < node->count; i++) {
        struct sv_value v = sv_node_run(node->kids[i], run);
        if (v.type != SV_BOOL)
            bad = keep_bad(bad, v);
        else if (v.b)
            return v;
    }
    return bad;
}

struct sv_value sv_node_not(const struct sv_node *node, struct sv_cel_run *run)
{
    struct sv_value v = sv_node_run(node->a, run);
    if (v.type == SV_BOOL)
        return sv_value_bool(!v.b);
    return sv_val_is_bad(v) ? v : sv_val_no_overload();
}

struct sv_value sv_node_negate(const struct sv_node *node, struct sv_cel_run *run)
{
    struct sv_value v = sv_node_run(node->a, run);
    if (v.type == SV_DOUBLE)
        return sv_value_double(-v.d);
    if (v.type == SV_INT)
        return v.i == INT64_MIN ? sv_val_error("integer overflow") : sv_value_int(-v.i);
    return sv_val_is_bad(v) ? v : sv_val_no_overload();
}

/* Evaluates both sides; false when one is bad, *a is then the result. */
static inline bool both(const struct sv_node *node, struct sv_cel_run *run, struct sv_value *a, struct sv_value *b)
{
    *a = sv_node_run(node->a, run);
    if (a->type == SV_ERROR)
        return false;
    *b = sv_node_run(node->b, run);
    if (!sv_val_is_bad(*a) && !sv_val_is_bad(*b))
        return true;
    *a = sv_val_worse(*a, *b);
    return false;
}

struct sv_value sv_node_equal(const struct sv_node *node, struct sv_cel_run *run)
{
    struct sv_value a, b;
    if (!both(node, run, &a, &b))
        return a;
    bool same = sv_val_equal(run, a, b);
    return sv_val_over(run) ? sv_val_limit() : sv_value_bool(same != node->is_not);
}

struct sv_value sv_node_order(const struct sv_node *node, struct sv_cel_run *run)
{
    struct sv_value a, b;
    if (!both(node, run, &a, &b))
        return a;
    if ((a.type == SV_STRING || a.type == SV_BYTES) && a.type == b.type &&
        !sv_val_charge(run, (a.len < b.len ? a.len : b.len) / 1024))
        return sv_val_limit();
    int order = sv_val_compare(a, b);
    if (order == SV_VAL_UNLIKE)
        return sv_val_no_overload();
    if (order == SV_VAL_UNORDERED)
        return sv_value_bool(false);
    switch (node->op) {
    case SV_OP_LT:
        return sv_value_bool(order < 0);
    case SV_OP_LE:
        return sv_value_bool(order <= 0);
    case SV_OP_GT:
        return sv_value_bool(order > 0);
    default:
        return sv_value_bool(order >= 0);
    }
}

struct sv_value sv_node_in(const struct sv_node *node, struct sv_cel_run *run)
{
    struct sv_value a, b;
    return both(node, run, &a, &b) ? sv_val_in(run, a, b) : a;
}

struct sv_value sv_node_arith(const struct sv_node *node, struct sv_cel_run *run)
{
    struct sv_value a, b;
    return both(node, run, &a, &b) ? sv_node_arithmetic(run, node->op, a, b) : a;
}

/* ---- arithmetic ---- */

static struct sv_value overflow(void)
{
    return sv_val_error("integer overflow");
}

static struct sv_value int_arithmetic(uint8_t op, int64_t a, int64_t b)
{
    int64_t out;
    switch (op) {
    case SV_OP_ADD:
        return __builtin_add_overflow(a, b, &out) ? overflow() : sv_value_int(out);
    case SV_OP_SUB:
        return __builtin_sub_overflow(a, b, &out) ? overflow() : sv_value_int(out);
    case SV_OP_MUL:
        return __builtin_mul_overflow(a, b, &out) ? overflow() : sv_value_int(out);
    default:
        if (b == 0)
            return sv_val_error(op == SV_OP_DIV ? "division by zero" : "modulus by zero");
        if (a == INT64_MIN && b == -1)
            return overflow();
        return sv_value_int(op == SV_OP_DIV ? a / b : a % b);
    }
}

static struct sv_value uint_arithmetic(uint8_t op, uint64_t a, uint64_t b)
{
    struct sv_value out = {.type = SV_UINT};
    bool over = false;
    switch (op) {
    case SV_OP_ADD:
        over = __builtin_add_overflow(a, b, &out.u);
        break;
    case SV_OP_SUB:
        over = __builtin_sub_overflow(a, b, &out.u);
        break;
    case SV_OP_MUL:
        over = __builtin_mul_overflow(a, b, &out.u);
        break;
    default:
        if (b == 0)
            return sv_val_error(op == SV_OP_DIV ? "division by zero" : "modulus by zero");
        out.u = op == SV_OP_DIV ? a / b : a % b;
    }
    return over ? overflow() : out;
}

static struct sv_value double_arithmetic(uint8_t op, double a, double b)
{
    switch (op) {
    case SV_OP_ADD:
        return sv_value_double(a + b);
    case SV_OP_SUB:
        return sv_value_double(a - b);
    case SV_OP_MUL:
        return sv_value_double(a * b);
    case SV_OP_DIV:
        if (b == 0) /* IEEE 754, spelled out: C leaves it undefined */
            return sv_value_double(a == 0 || isnan(a)                       ? (double)NAN
                                   : (signbit(a) != 0) == (signbit(b) != 0) ? HUGE_VAL
                                                                            : -HUGE_VAL);
        return sv_value_double(a / b);
    default:
        return sv_val_no_overload();
    }
}

static struct sv_value join_text(struct sv_cel_run *run, struct sv_value a, struct sv_value b)
{
    char *out = sv_val_room(run, (size_t)a.len + b.len);
    if (out == NULL)
        return sv_val_over(run) ? sv_val_limit() : sv_val_error("a string would be longer than 16 MiB");
    if (a.len > 0)
        memcpy(out, a.s, a.len);
    if (b.len > 0)
        memcpy(out + a.len, b.s, b.len);
    return (struct sv_value){.type = a.type, .len = a.len + b.len, .s = out};
}

static struct sv_value join_lists(struct sv_cel_run *run, struct sv_value a, struct sv_value b)
{
    size_t count = sv_val_size(run, a) + sv_val_size(run, b), at = 0;
    if (!sv_val_charge(run, count))
        return sv_val_limit();
    struct sv_value *items = sv_arena_alloc(run->arena, (count + 1) * sizeof *items);
    struct sv_val_walk walk;
    for (sv_val_walk(&walk, a); sv_val_next(&walk, run, &items[at]); at++)
        ;
    for (sv_val_walk(&walk, b); at < count && sv_val_next(&walk, run, &items[at]); at++)
        ;
    return sv_val_list(run->arena, items, count);
}

static struct sv_value duration(int64_t ns)
{
    return (struct sv_value){.type = SV_DURATION, .i = ns};
}

static struct sv_value move_timestamp(struct sv_value at, int64_t seconds, int64_t nanos)
{
    return sv_fn_make_timestamp(at.i + seconds, (int64_t)at.len + nanos);
}

static struct sv_value time_arithmetic(uint8_t op, struct sv_value a, struct sv_value b)
{
    int64_t ns;
    if (a.type == SV_DURATION && b.type == SV_TIMESTAMP && op == SV_OP_ADD)
        return move_timestamp(b, a.i / SV_SECOND_NS, a.i % SV_SECOND_NS);
    if (a.type == SV_TIMESTAMP && b.type == SV_DURATION)
        return op == SV_OP_ADD ? move_timestamp(a, b.i / SV_SECOND_NS, b.i % SV_SECOND_NS)
                               : move_timestamp(a, -(b.i / SV_SECOND_NS), -(b.i % SV_SECOND_NS));
    if (a.type == SV_DURATION && b.type == SV_DURATION)
        return (op == SV_OP_ADD ? __builtin_add_overflow(a.i, b.i, &ns) : __builtin_sub_overflow(a.i, b.i, &ns))
                   ? sv_val_error("the duration is out of range")
                   : duration(ns);
    if (a.type == SV_TIMESTAMP && b.type == SV_TIMESTAMP && op == SV_OP_SUB) {
        if (__builtin_mul_overflow(a.i - b.i, SV_SECOND_NS, &ns) ||
            __builtin_add_overflow(ns, (int64_t)a.len - (int64_t)b.len, &ns))
            return sv_val_error("the duration is out of range");
        return duration(ns);
    }
    return sv_val_no_overload();
}

struct sv_value sv_node_arithmetic(struct sv_cel_run *run, uint8_t op, struct sv_value a, struct sv_value b)
{
    if (a.type == b.type) {
        switch ((enum sv_type)a.type) {
        case SV_INT:
            return int_arithmetic(op, a.i, b.i);
        case SV_UINT:
            return uint_arithmetic(op, a.u, b.u);
        case SV_DOUBLE:
            return double_arithmetic(op, a.d, b.d);
        case SV_STRING:
        case SV_BYTES:
            return op == SV_OP_ADD ? join_text(run, a, b) : sv_val_no_overload();
        default:
            break;
        }
    }
    if (op == SV_OP_ADD && sv_val_type(a) == SV_CEL_LIST && sv_val_type(b) == SV_CEL_LIST)
        return join_lists(run, a, b);
    return op == SV_OP_ADD || op == SV_OP_SUB ? time_arithmetic(op, a, b) : sv_val_no_overload();
}

/* ---- calls ---- */

/* Evaluates the arguments; SV_NULL when all are good. */
static inline struct sv_value arguments(const struct sv_node *node, struct sv_cel_run *run, struct sv_value *args)
{
    struct sv_value bad = {.type = SV_NULL};
    for (uint32_t i = 0; i < node->count; i++) {
        args[i] = sv_node_run(node->kids[i], run);
        if (args[i].type == SV_ERROR)
            return args[i];
        if (args[i].type == SV_ABSENT)
            bad = args[i];
    }
    return bad;
}

static inline struct sv_value call(const struct sv_fn *fn, struct sv_cel_run *run, const struct sv_value *args)
{
    struct sv_value v = fn->body(run, args);
    return sv_val_over(run) ? sv_val_limit() : v;
}

/* One line of the function table, or the first of several that fits the arguments. */
struct sv_value sv_node_call(const struct sv_node *node, struct sv_cel_run *run)
{
    struct sv_value args[SV_FN_ARGS] = {{0}};
    struct sv_value bad = arguments(node, run, args);
    if (bad.type != SV_NULL)
        return bad;
    for (size_t i = 0; node->rows[i] != NULL; i++)
        if (sv_fn_accepts(node->rows[i], args))
            return call(node->rows[i], run, args);
    return sv_val_no_overload();
}

/* The second argument only when the function asks for it. */
struct sv_value sv_node_call_lazy(const struct sv_node *node, struct sv_cel_run *run)
{
    const struct sv_fn *fn = node->rows[0];
    struct sv_value args[SV_FN_ARGS] = {{0}};
    args[0] = sv_node_run(node->kids[0], run);
    if (sv_val_is_bad(args[0]))
        return args[0];
    if (fn->args[0] != SV_CEL_DYN && fn->args[0] != sv_val_type(args[0]))
        return sv_val_no_overload();
    struct sv_value v = call(fn, run, args);
    if (v.type != SV_ABSENT)
        return v;
    args[1] = sv_node_run(node->kids[1], run);
    if (sv_val_is_bad(args[1]))
        return args[1];
    return sv_fn_accepts(fn, args) ? call(fn, run, args) : sv_val_no_overload();
}

/* under(path, prefixes, cwd): without a cwd an absolute path still has its place. */
struct sv_value sv_node_under(const struct sv_node *node, struct sv_cel_run *run)
{
    struct sv_value args[SV_FN_ARGS] = {{0}};
    for (uint32_t i = 0; i < node->count; i++) {
        args[i] = sv_node_run(node->kids[i], run);
        if (args[i].type == SV_ERROR)
            return args[i];
    }
    if (args[0].type == SV_ABSENT || args[1].type == SV_ABSENT)
        return sv_value_of(SV_ABSENT);
    if (args[2].type == SV_ABSENT)
        args[2] = sv_value_str(SV_SLICE(""));
    for (size_t i = 0; node->rows[i] != NULL; i++)
        if (sv_fn_accepts(node->rows[i], args))
            return call(node->rows[i], run, args);
    return sv_val_no_overload();
}
