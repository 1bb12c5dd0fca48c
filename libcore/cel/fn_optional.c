/* SPDX-License-Identifier: ISC */
/* Optionals: a value, or none (cel-go's optional types, which cel-spec's tests follow). What is absent never gets here: selected
 * with a question mark it is none already (val.c), else the call is absent. */
#include "cel/fn.h"

struct sv_value sv_fn_optional_of(struct sv_cel_run *run, const struct sv_value *args)
{
    return sv_val_optional(run, args[0]);
}

struct sv_value sv_fn_optional_none(struct sv_cel_run *run, const struct sv_value *args)
{
    (void)run;
    (void)args;
    return sv_value_of(SV_OPTIONAL);
}

/* 0, empty, false, null, none, 1970-01-01T00:00:00Z. */
static bool is_zero(struct sv_cel_run *run, struct sv_value v)
{
    switch (sv_val_type(v)) {
    case SV_CEL_NULL:
        return true;
    case SV_CEL_BOOL:
        return !v.b;
    case SV_CEL_INT:
    case SV_CEL_UINT:
    case SV_CEL_DURATION:
        return v.u == 0;
    case SV_CEL_DOUBLE:
        return v.d == 0;
    case SV_CEL_STRING:
    case SV_CEL_BYTES:
        return v.len == 0;
    case SV_CEL_LIST:
    case SV_CEL_MAP:
        return sv_val_size(run, v) == 0;
    case SV_CEL_TIMESTAMP:
        return v.i == 0 && v.len == 0;
    case SV_CEL_OPTIONAL:
        return v.optional == NULL;
    case SV_CEL_DYN:
    case SV_CEL_TYPE:
        break;
    }
    return false;
}

struct sv_value sv_fn_optional_non_zero(struct sv_cel_run *run, const struct sv_value *args)
{
    return is_zero(run, args[0]) ? sv_value_of(SV_OPTIONAL) : sv_val_optional(run, args[0]);
}

struct sv_value sv_fn_has_value(struct sv_cel_run *run, const struct sv_value *args)
{
    (void)run;
    return sv_value_bool(args[0].optional != NULL);
}

struct sv_value sv_fn_value(struct sv_cel_run *run, const struct sv_value *args)
{
    (void)run;
    return args[0].optional != NULL ? *args[0].optional : sv_val_error("value() of an optional that has none");
}

struct sv_value sv_fn_or(struct sv_cel_run *run, const struct sv_value *args)
{
    (void)run;
    return args[0].optional != NULL ? args[0] : args[1];
}

struct sv_value sv_fn_or_value(struct sv_cel_run *run, const struct sv_value *args)
{
    (void)run;
    return args[0].optional != NULL ? *args[0].optional : args[1];
}

struct sv_value sv_fn_unwrap(struct sv_cel_run *run, const struct sv_value *args)
{
    struct sv_val_walk walk;
    size_t count = sv_val_size(run, args[0]), kept = 0;
    if (!sv_val_charge(run, count))
        return sv_val_limit();
    struct sv_value *items = sv_arena_alloc(run->arena, (count + 1) * sizeof *items);
    sv_val_walk(&walk, args[0]);
    for (struct sv_value item; sv_val_next(&walk, run, &item);) {
        if (item.type != SV_OPTIONAL)
            return sv_val_no_overload();
        if (item.optional != NULL)
            items[kept++] = *item.optional;
    }
    return sv_val_list(run->arena, items, kept);
}

struct sv_value sv_fn_first(struct sv_cel_run *run, const struct sv_value *args)
{
    struct sv_val_walk walk;
    struct sv_value item = {0};
    sv_val_walk(&walk, args[0]);
    sv_val_next(&walk, run, &item);
    return sv_val_optional(run, item);
}

struct sv_value sv_fn_last(struct sv_cel_run *run, const struct sv_value *args)
{
    size_t count = sv_val_size(run, args[0]);
    if (count == 0)
        return sv_value_of(SV_OPTIONAL);
    return sv_val_optional(run, sv_val_index(run, args[0], sv_value_int((int64_t)count - 1), true));
}
