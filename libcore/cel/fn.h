/* SPDX-License-Identifier: ISC */
/* fn.h - the built-in functions: one table (fn.c), bodies by subject (fn_*.c). Private to this floor; cel.h walks the table.
 *
 * A new function is one line in the table and its body. A body gets arguments of the types its line names, never absent, never
 * an error, strings plain; what it builds goes into run->arena by way of sv_val_room. DYN in a line means any type.
 *
 * Floor: cel. */
#ifndef SV_FN_H
#define SV_FN_H

#include "cel/regex.h"
#include "cel/val.h"

enum { SV_FN_ARGS = 4 };

typedef struct sv_value sv_fn_body(struct sv_cel_run *run, const struct sv_value *args);

enum sv_fn_how {
    SV_FN_PLAIN,
    /* Any count of numbers, which come as one list; one argument may be such a list itself. */
    SV_FN_NUMBERS,
    /* The second argument is worked out when it is needed: a body without it (SV_ABSENT) answers SV_ABSENT to ask for it. */
    SV_FN_LAZY
};

struct sv_fn {
    struct sv_cel_function_info info;
    bool is_receiver; /* x.f(...), x is args[0] */
    uint8_t count;
    uint8_t args[SV_FN_ARGS]; /* enum sv_cel_type */
    uint8_t result;
    sv_fn_body *body;
    uint8_t how; /* enum sv_fn_how */
};

/* The next line for this name behind `after` (NULL: the first), or NULL. */
const struct sv_fn *sv_fn_find(struct sv_slice name, const struct sv_fn *after);

/* There are functions called name.something. */
bool sv_fn_is_space(struct sv_slice name);

/* The name of a function or macro close to this one, or NULL. */
const char *sv_fn_suggest(struct sv_slice name);

/* True when these arguments fit the line. */
bool sv_fn_accepts(const struct sv_fn *fn, const struct sv_value *args);

/* strings */
sv_fn_body sv_fn_contains, sv_fn_starts_with, sv_fn_ends_with, sv_fn_matches, sv_fn_size_string, sv_fn_size_bytes, sv_fn_size_list,
    sv_fn_char_at, sv_fn_index_of, sv_fn_last_index_of, sv_fn_join, sv_fn_lower_ascii, sv_fn_upper_ascii, sv_fn_replace,
    sv_fn_reverse, sv_fn_split, sv_fn_substring, sv_fn_trim;

/* conversions */
sv_fn_body sv_fn_same, sv_fn_type, sv_fn_bool_string, sv_fn_bytes_string, sv_fn_double_number, sv_fn_double_string,
    sv_fn_int_number, sv_fn_int_string, sv_fn_int_timestamp, sv_fn_uint_number, sv_fn_uint_string, sv_fn_string_bool,
    sv_fn_string_int, sv_fn_string_uint, sv_fn_string_double, sv_fn_string_bytes, sv_fn_string_timestamp, sv_fn_string_duration;

/* times; getters of a timestamp take a zone as second argument when their line has one */
sv_fn_body sv_fn_timestamp_string, sv_fn_timestamp_int, sv_fn_duration_string, sv_fn_year, sv_fn_month, sv_fn_date,
    sv_fn_day_of_month, sv_fn_day_of_week, sv_fn_day_of_year, sv_fn_hours, sv_fn_minutes, sv_fn_seconds, sv_fn_milliseconds,
    sv_fn_year_in, sv_fn_month_in, sv_fn_date_in, sv_fn_day_of_month_in, sv_fn_day_of_week_in, sv_fn_day_of_year_in, sv_fn_hours_in,
    sv_fn_minutes_in, sv_fn_seconds_in, sv_fn_milliseconds_in, sv_fn_duration_hours, sv_fn_duration_minutes, sv_fn_duration_seconds,
    sv_fn_duration_milliseconds;

/* texts from values */
sv_fn_body sv_fn_format, sv_fn_quote;

/* numbers */
sv_fn_body sv_fn_greatest, sv_fn_least, sv_fn_ceil, sv_fn_floor, sv_fn_round, sv_fn_trunc, sv_fn_abs, sv_fn_sign, sv_fn_is_nan,
    sv_fn_is_inf, sv_fn_is_finite, sv_fn_bit_and, sv_fn_bit_or, sv_fn_bit_xor, sv_fn_bit_not, sv_fn_shift_left, sv_fn_shift_right;

/* encodings */
sv_fn_body sv_fn_base64_encode, sv_fn_base64_decode;

/* optionals */
sv_fn_body sv_fn_optional_of, sv_fn_optional_none, sv_fn_optional_non_zero, sv_fn_has_value, sv_fn_value, sv_fn_or, sv_fn_or_value,
    sv_fn_unwrap, sv_fn_first, sv_fn_last;

/* paths */
sv_fn_body sv_fn_under;

/* The error for a search that ended at a limit, which is charged. */
struct sv_value sv_fn_search_limit(struct sv_cel_run *run, struct sv_slice subject);

/* Whether the pattern is found in the text: SV_BOOL, or SV_ERROR at a limit. Charged; who loops looks at it before the next round. */
static inline struct sv_value sv_fn_search(struct sv_cel_run *run, const struct sv_regex *regex, struct sv_slice subject)
{
    run->steps += subject.len / 64;
    enum sv_regex_result found = sv_regex_search(regex, subject, NULL, NULL);
    return found == SV_REGEX_LIMIT ? sv_fn_search_limit(run, subject) : sv_value_bool(found == SV_REGEX_YES);
}

/* How many values a format takes; *why, unless NULL, says what is wrong with it at byte *at. */
size_t sv_fn_format_clauses(struct sv_slice format, size_t *at, const char **why);

/* The bytes in base64 (RFC 4648, with padding), into out. */
void sv_fn_put_base64(struct sv_buf *out, struct sv_slice bytes);

/* The text of a timestamp or duration, into out. */
void sv_fn_put_timestamp(struct sv_buf *out, struct sv_value v);
void sv_fn_put_duration(struct sv_buf *out, struct sv_value v);

/* seconds and nanoseconds as a timestamp, or the range error. */
struct sv_value sv_fn_make_timestamp(int64_t seconds, int64_t nanos);

#endif
