/* SPDX-License-Identifier: ISC */
/* Conversions between types. */
#include <math.h>

#include "base/num.h"
#include "base/utf8.h"
#include "cel/fn.h"

static struct sv_value range_error(void)
{
    return sv_val_error("the number is out of range");
}

static struct sv_value bad_text(void)
{
    return sv_val_error("the text cannot be converted");
}

/* A copy of a short text. */
static struct sv_value text_of(struct sv_cel_run *run, const char *data, size_t len)
{
    char *out = sv_val_room(run, len);
    if (out == NULL)
        return sv_val_limit();
    memcpy(out, data, len);
    return sv_value_str(sv_slice(out, len));
}

/* A text that may be long is gone through. */
static void charge_text(struct sv_cel_run *run, const struct sv_value *args)
{
    sv_val_charge(run, args[0].len / 256);
}

struct sv_value sv_fn_same(struct sv_cel_run *run, const struct sv_value *args)
{
    (void)run;
    return args[0];
}

struct sv_value sv_fn_type(struct sv_cel_run *run, const struct sv_value *args)
{
    (void)run;
    const char *name = sv_val_type_name(sv_val_type(args[0]));
    return (struct sv_value){.type = SV_TYPE, .len = (uint32_t)strlen(name), .s = name};
}

struct sv_value sv_fn_bool_string(struct sv_cel_run *run, const struct sv_value *args)
{
    static const char *const words[] = {"0", "f", "false", "FALSE", "False", "1", "t", "true", "TRUE", "True"};
    (void)run;
    for (size_t i = 0; i < sizeof words / sizeof *words; i++)
        if (sv_slice_is(sv_value_raw(args[0]), words[i]))
            return sv_value_bool(i >= 5);
    return bad_text();
}

struct sv_value sv_fn_bytes_string(struct sv_cel_run *run, const struct sv_value *args)
{
    (void)run;
    struct sv_value v = args[0];
    v.type = SV_BYTES;
    return v;
}

struct sv_value sv_fn_double_number(struct sv_cel_run *run, const struct sv_value *args)
{
    (void)run;
    return sv_value_double(args[0].type == SV_INT ? (double)args[0].i : (double)args[0].u);
}

struct sv_value sv_fn_double_string(struct sv_cel_run *run, const struct sv_value *args)
{
    double d;
    charge_text(run, args);
    return sv_num_double(sv_value_raw(args[0]), true, &d) ? sv_value_double(d) : bad_text();
}

struct sv_value sv_fn_int_number(struct sv_cel_run *run, const struct sv_value *args)
{
    (void)run;
    if (args[0].type == SV_UINT)
        return args[0].u <= INT64_MAX ? sv_value_int((int64_t)args[0].u) : range_error();
    double d = args[0].d; /* both ends are open: -2^63 itself is refused as well */
    return d > -9223372036854775808.0 && d < 9223372036854775808.0 ? sv_value_int((int64_t)d) : range_error();
}

struct sv_value sv_fn_int_string(struct sv_cel_run *run, const struct sv_value *args)
{
    int64_t i;
    charge_text(run, args);
    return sv_num_int(sv_value_raw(args[0]), &i) ? sv_value_int(i) : bad_text();
}

struct sv_value sv_fn_int_timestamp(struct sv_cel_run *run, const struct sv_value *args)
{
    (void)run;
    return sv_value_int(args[0].i);
}

static struct sv_value uint_of(uint64_t u)
{
    return (struct sv_value){.type = SV_UINT, .u = u};
}

struct sv_value sv_fn_uint_number(struct sv_cel_run *run, const struct sv_value *args)
{
    (void)run;
    if (args[0].type == SV_INT)
        return args[0].i >= 0 ? uint_of((uint64_t)args[0].i) : range_error();
    double d = args[0].d;
    return d >= 0 && d < 18446744073709551616.0 ? uint_of((uint64_t)d) : range_error();
}

struct sv_value sv_fn_uint_string(struct sv_cel_run *run, const struct sv_value *args)
{
    uint64_t u;
    charge_text(run, args);
    return sv_num_uint(sv_value_raw(args[0]), &u) ? uint_of(u) : bad_text();
}

struct sv_value sv_fn_string_bool(struct sv_cel_run *run, const struct sv_value *args)
{
    (void)run;
    return sv_value_str(args[0].b ? SV_SLICE("true") : SV_SLICE("false"));
}

/* The text that a writer makes, as a value. */
static struct sv_value written(struct sv_cel_run *run, struct sv_buf *out)
{
    struct sv_value v = text_of(run, out->data, out->len);
    sv_buf_free(out);
    return v;
}

struct sv_value sv_fn_string_int(struct sv_cel_run *run, const struct sv_value *args)
{
    struct sv_buf out = {0};
    sv_buf_int(&out, args[0].i);
    return written(run, &out);
}

struct sv_value sv_fn_string_uint(struct sv_cel_run *run, const struct sv_value *args)
{
    struct sv_buf out = {0};
    sv_buf_uint(&out, args[0].u);
    return written(run, &out);
}

struct sv_value sv_fn_string_double(struct sv_cel_run *run, const struct sv_value *args)
{
    char text[32];
    return text_of(run, text, sv_num_format(args[0].d, text));
}

struct sv_value sv_fn_string_bytes(struct sv_cel_run *run, const struct sv_value *args)
{
    charge_text(run, args);
    return sv_utf8_valid(sv_value_raw(args[0])) ? sv_value_str(sv_value_raw(args[0])) : sv_val_error("the bytes are not UTF-8");
}

struct sv_value sv_fn_string_timestamp(struct sv_cel_run *run, const struct sv_value *args)
{
    struct sv_buf out = {0};
    sv_fn_put_timestamp(&out, args[0]);
    return written(run, &out);
}

struct sv_value sv_fn_string_duration(struct sv_cel_run *run, const struct sv_value *args)
{
    struct sv_buf out = {0};
    sv_fn_put_duration(&out, args[0]);
    return written(run, &out);
}
