/* SPDX-License-Identifier: ISC */
/* Functions of numbers (cel-spec, doc/extensions/math.md). */
#include <math.h>

#include "cel/fn.h"

/* ---- greatest and least ---- */

/* The one of a list of numbers that is on top of the order (way 1) or at the bottom (way -1); the first of equal ones. Beside a NaN
 * nothing has a place: it goes when there is another number. */
static struct sv_value extreme(struct sv_cel_run *run, struct sv_value list, int way)
{
    struct sv_val_walk walk;
    struct sv_value best = {.type = SV_NULL};
    if (sv_val_is_number(list))
        return list;
    if (!sv_val_walk(&walk, list))
        return sv_val_no_overload();
    for (struct sv_value item; sv_val_next(&walk, run, &item);) {
        if (!sv_val_is_number(item))
            return sv_val_no_overload();
        if (!sv_val_charge(run, 1))
            return sv_val_limit();
        if (best.type == SV_NULL || sv_val_compare(item, best) == way || (best.type == SV_DOUBLE && isnan(best.d)))
            best = item;
    }
    return best.type == SV_NULL ? sv_val_error("the list of numbers is empty") : best;
}

struct sv_value sv_fn_greatest(struct sv_cel_run *run, const struct sv_value *args)
{
    return extreme(run, args[0], 1);
}

struct sv_value sv_fn_least(struct sv_cel_run *run, const struct sv_value *args)
{
    return extreme(run, args[0], -1);
}

/* ---- rounding ---- */

struct sv_value sv_fn_ceil(struct sv_cel_run *run, const struct sv_value *args)
{
    (void)run;
    return sv_value_double(ceil(args[0].d));
}

struct sv_value sv_fn_floor(struct sv_cel_run *run, const struct sv_value *args)
{
    (void)run;
    return sv_value_double(floor(args[0].d));
}

struct sv_value sv_fn_round(struct sv_cel_run *run, const struct sv_value *args)
{
    (void)run;
    return sv_value_double(round(args[0].d));
}

struct sv_value sv_fn_trunc(struct sv_cel_run *run, const struct sv_value *args)
{
    (void)run;
    return sv_value_double(trunc(args[0].d));
}

/* ---- signs and oddities ---- */

struct sv_value sv_fn_abs(struct sv_cel_run *run, const struct sv_value *args)
{
    (void)run;
    if (args[0].type == SV_DOUBLE)
        return sv_value_double(fabs(args[0].d));
    if (args[0].type == SV_UINT || args[0].i >= 0)
        return args[0];
    return args[0].i == INT64_MIN ? sv_val_error("integer overflow") : sv_value_int(-args[0].i);
}

struct sv_value sv_fn_sign(struct sv_cel_run *run, const struct sv_value *args)
{
    (void)run;
    if (args[0].type == SV_DOUBLE)
        return isnan(args[0].d) ? args[0] : sv_value_double((args[0].d > 0) - (args[0].d < 0));
    if (args[0].type == SV_UINT)
        return (struct sv_value){.type = SV_UINT, .u = args[0].u > 0};
    return sv_value_int((args[0].i > 0) - (args[0].i < 0));
}

struct sv_value sv_fn_is_nan(struct sv_cel_run *run, const struct sv_value *args)
{
    (void)run;
    return sv_value_bool(isnan(args[0].d));
}

struct sv_value sv_fn_is_inf(struct sv_cel_run *run, const struct sv_value *args)
{
    (void)run;
    return sv_value_bool(isinf(args[0].d));
}

struct sv_value sv_fn_is_finite(struct sv_cel_run *run, const struct sv_value *args)
{
    (void)run;
    return sv_value_bool(isfinite(args[0].d));
}

/* ---- bits: an int's are those of its two's complement, which is what the union shows ---- */

static struct sv_value bits(const struct sv_value *like, uint64_t u)
{
    struct sv_value v = {.type = like->type};
    v.u = u;
    return v;
}

struct sv_value sv_fn_bit_and(struct sv_cel_run *run, const struct sv_value *args)
{
    (void)run;
    return bits(args, args[0].u & args[1].u);
}

struct sv_value sv_fn_bit_or(struct sv_cel_run *run, const struct sv_value *args)
{
    (void)run;
    return bits(args, args[0].u | args[1].u);
}

struct sv_value sv_fn_bit_xor(struct sv_cel_run *run, const struct sv_value *args)
{
    (void)run;
    return bits(args, args[0].u ^ args[1].u);
}

struct sv_value sv_fn_bit_not(struct sv_cel_run *run, const struct sv_value *args)
{
    (void)run;
    return bits(args, ~args[0].u);
}

static struct sv_value shift(const struct sv_value *args, bool is_left)
{
    if (args[1].i < 0)
        return sv_val_error("the number of bits to move by is negative");
    if (args[1].i > 63)
        return bits(args, 0);
    return bits(args, is_left ? args[0].u << args[1].i : args[0].u >> args[1].i);
}

struct sv_value sv_fn_shift_left(struct sv_cel_run *run, const struct sv_value *args)
{
    (void)run;
    return shift(args, true);
}

struct sv_value sv_fn_shift_right(struct sv_cel_run *run, const struct sv_value *args)
{
    (void)run;
    return shift(args, false);
}
