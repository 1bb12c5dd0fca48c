/* SPDX-License-Identifier: ISC */
#include "cel/fn.h"

#include "cel/macro.h"

#define ANY SV_CEL_DYN
#define B_ SV_CEL_BOOL
#define I_ SV_CEL_INT
#define U_ SV_CEL_UINT
#define D_ SV_CEL_DOUBLE
#define T_ SV_CEL_STRING
#define BY SV_CEL_BYTES
#define L_ SV_CEL_LIST
#define M_ SV_CEL_MAP
#define TS SV_CEL_TIMESTAMP
#define DU SV_CEL_DURATION
#define TY SV_CEL_TYPE
#define OP SV_CEL_OPTIONAL

#define ROW(name, signature, text, is_method, result, body, ...)                                                                   \
    {                                                                                                                              \
        {name, signature, text}, is_method, sizeof((uint8_t[]){__VA_ARGS__}), {__VA_ARGS__}, result, body, SV_FN_PLAIN             \
    }
#define FN(name, signature, text, result, body, ...) ROW(name, signature, text, false, result, body, __VA_ARGS__)
#define METHOD(name, signature, text, result, body, ...) ROW(name, signature, text, true, result, body, __VA_ARGS__)

/* FN: f(x, y); METHOD: x.f(y). Name, signature, one line; what it gives, its body, the types of its arguments, x among them. In the
 * order of their names, as bytes: they are searched by halves. */
static const struct sv_fn table[] = {
    FN("base64.decode", "base64.decode(string) -> bytes", "the bytes of a text in base64", BY, sv_fn_base64_decode, T_),
    FN("base64.encode", "base64.encode(bytes) -> string", "the bytes as base64", T_, sv_fn_base64_encode, BY),
    FN("bool", "bool(bool) -> bool", "the same", B_, sv_fn_same, B_),
    FN("bool", "bool(string) -> bool", "from 1, t, true, TRUE, True or 0, f, false, FALSE, False", B_, sv_fn_bool_string, T_),
    FN("bytes", "bytes(bytes) -> bytes", "the same", BY, sv_fn_same, BY),
    FN("bytes", "bytes(string) -> bytes", "the UTF-8 of a string", BY, sv_fn_bytes_string, T_),
    METHOD("charAt", "string.charAt(int) -> string", "the character at this index, \"\" just behind the end", T_, sv_fn_char_at, T_,
           I_),
    METHOD("contains", "string.contains(string) -> bool", "whether the argument occurs in the string", B_, sv_fn_contains, T_, T_),
    FN("double", "double(double) -> double", "the same", D_, sv_fn_same, D_),
    FN("double", "double(int) -> double", "the nearest double", D_, sv_fn_double_number, I_),
    FN("double", "double(uint) -> double", "the nearest double", D_, sv_fn_double_number, U_),
    FN("double", "double(string) -> double", "the number a text stands for", D_, sv_fn_double_string, T_),
    FN("duration", "duration(duration) -> duration", "the same", DU, sv_fn_same, DU),
    FN("duration", "duration(string) -> duration", "from a text such as 1h30m or 250ms (h m s ms us ns)", DU, sv_fn_duration_string,
       T_),
    FN("dyn", "dyn(any) -> dyn", "the same, without a type known to the checker", ANY, sv_fn_same, ANY),
    METHOD("endsWith", "string.endsWith(string) -> bool", "whether the string ends with the argument", B_, sv_fn_ends_with, T_, T_),
    METHOD("first", "list.first() -> optional", "the first element, none of an empty list", OP, sv_fn_first, L_),
    METHOD("format", "string.format(list) -> string", "the string with its %s %d %f %e %x %X %o %b replaced by the elements", T_,
           sv_fn_format, T_, L_),
    METHOD("getDate", "timestamp.getDate() -> int", "day of the month, 1 to 31, UTC", I_, sv_fn_date, TS),
    METHOD("getDate", "timestamp.getDate(string) -> int", "the same in a time zone", I_, sv_fn_date_in, TS, T_),
    METHOD("getDayOfMonth", "timestamp.getDayOfMonth() -> int", "day of the month, 0 to 30, UTC", I_, sv_fn_day_of_month, TS),
    METHOD("getDayOfMonth", "timestamp.getDayOfMonth(string) -> int", "the same in a time zone", I_, sv_fn_day_of_month_in, TS, T_),
    METHOD("getDayOfWeek", "timestamp.getDayOfWeek() -> int", "day of the week, 0 is Sunday, UTC", I_, sv_fn_day_of_week, TS),
    METHOD("getDayOfWeek", "timestamp.getDayOfWeek(string) -> int", "the same in a time zone", I_, sv_fn_day_of_week_in, TS, T_),
    METHOD("getDayOfYear", "timestamp.getDayOfYear() -> int", "day of the year, 0 to 365, UTC", I_, sv_fn_day_of_year, TS),
    METHOD("getDayOfYear", "timestamp.getDayOfYear(string) -> int", "the same in a time zone", I_, sv_fn_day_of_year_in, TS, T_),
    METHOD("getFullYear", "timestamp.getFullYear() -> int", "year, UTC", I_, sv_fn_year, TS),
    METHOD("getFullYear", "timestamp.getFullYear(string) -> int", "the same in a time zone", I_, sv_fn_year_in, TS, T_),
    METHOD("getHours", "timestamp.getHours() -> int", "hour, 0 to 23, UTC", I_, sv_fn_hours, TS),
    METHOD("getHours", "timestamp.getHours(string) -> int", "the same in a time zone", I_, sv_fn_hours_in, TS, T_),
    METHOD("getHours", "duration.getHours() -> int", "the whole duration in hours", I_, sv_fn_duration_hours, DU),
    METHOD("getMilliseconds", "timestamp.getMilliseconds() -> int", "millisecond, 0 to 999", I_, sv_fn_milliseconds, TS),
    METHOD("getMilliseconds", "timestamp.getMilliseconds(string) -> int", "the same in a time zone", I_, sv_fn_milliseconds_in, TS,
           T_),
    METHOD("getMilliseconds", "duration.getMilliseconds() -> int", "the milliseconds beside the whole seconds", I_,
           sv_fn_duration_milliseconds, DU),
    METHOD("getMinutes", "timestamp.getMinutes() -> int", "minute, 0 to 59, UTC", I_, sv_fn_minutes, TS),
    METHOD("getMinutes", "timestamp.getMinutes(string) -> int", "the same in a time zone", I_, sv_fn_minutes_in, TS, T_),
    METHOD("getMinutes", "duration.getMinutes() -> int", "the whole duration in minutes", I_, sv_fn_duration_minutes, DU),
    METHOD("getMonth", "timestamp.getMonth() -> int", "month, 0 is January, UTC", I_, sv_fn_month, TS),
    METHOD("getMonth", "timestamp.getMonth(string) -> int", "the same in a time zone", I_, sv_fn_month_in, TS, T_),
    METHOD("getSeconds", "timestamp.getSeconds() -> int", "second, 0 to 59", I_, sv_fn_seconds, TS),
    METHOD("getSeconds", "timestamp.getSeconds(string) -> int", "the same in a time zone", I_, sv_fn_seconds_in, TS, T_),
    METHOD("getSeconds", "duration.getSeconds() -> int", "the whole duration in seconds", I_, sv_fn_duration_seconds, DU),
    METHOD("hasValue", "optional.hasValue() -> bool", "whether there is a value in it", B_, sv_fn_has_value, OP),
    METHOD("indexOf", "string.indexOf(string) -> int", "where the argument first occurs, -1: nowhere", I_, sv_fn_index_of, T_, T_),
    METHOD("indexOf", "string.indexOf(string, int) -> int", "the same from an index on", I_, sv_fn_index_of, T_, T_, I_),
    FN("int", "int(int) -> int", "the same", I_, sv_fn_same, I_),
    FN("int", "int(uint) -> int", "an error above the largest int", I_, sv_fn_int_number, U_),
    FN("int", "int(double) -> int", "without the fraction; an error outside int's range", I_, sv_fn_int_number, D_),
    FN("int", "int(string) -> int", "the number a text stands for", I_, sv_fn_int_string, T_),
    FN("int", "int(timestamp) -> int", "seconds since 1970", I_, sv_fn_int_timestamp, TS),
    METHOD("join", "list.join() -> string", "the strings of a list one behind the other", T_, sv_fn_join, L_),
    METHOD("join", "list.join(string) -> string", "the same with a separator", T_, sv_fn_join, L_, T_),
    METHOD("last", "list.last() -> optional", "the last element, none of an empty list", OP, sv_fn_last, L_),
    METHOD("lastIndexOf", "string.lastIndexOf(string) -> int", "where the argument last occurs, -1: nowhere", I_,
           sv_fn_last_index_of, T_, T_),
    METHOD("lastIndexOf", "string.lastIndexOf(string, int) -> int", "the same at or before an index", I_, sv_fn_last_index_of, T_,
           T_, I_),
    METHOD("lowerAscii", "string.lowerAscii() -> string", "A to Z as a to z", T_, sv_fn_lower_ascii, T_),
    METHOD("matches", "string.matches(string) -> bool", "whether the regular expression (RE2) matches anywhere", B_, sv_fn_matches,
           T_, T_),
    FN("matches", "matches(string, string) -> bool", "the same", B_, sv_fn_matches, T_, T_),
    FN("math.abs", "math.abs(int) -> int", "without its sign", I_, sv_fn_abs, I_),
    FN("math.abs", "math.abs(uint) -> uint", "without its sign", U_, sv_fn_abs, U_),
    FN("math.abs", "math.abs(double) -> double", "without its sign", D_, sv_fn_abs, D_),
    FN("math.bitAnd", "math.bitAnd(int, int) -> int", "bits that are set in both", I_, sv_fn_bit_and, I_, I_),
    FN("math.bitAnd", "math.bitAnd(uint, uint) -> uint", "bits that are set in both", U_, sv_fn_bit_and, U_, U_),
    FN("math.bitNot", "math.bitNot(int) -> int", "every bit turned", I_, sv_fn_bit_not, I_),
    FN("math.bitNot", "math.bitNot(uint) -> uint", "every bit turned", U_, sv_fn_bit_not, U_),
    FN("math.bitOr", "math.bitOr(int, int) -> int", "bits that are set in one or both", I_, sv_fn_bit_or, I_, I_),
    FN("math.bitOr", "math.bitOr(uint, uint) -> uint", "bits that are set in one or both", U_, sv_fn_bit_or, U_, U_),
    FN("math.bitShiftLeft", "math.bitShiftLeft(int, int) -> int", "moved to the left by so many bits", I_, sv_fn_shift_left, I_,
       I_),
    FN("math.bitShiftLeft", "math.bitShiftLeft(uint, int) -> uint", "moved to the left by so many bits", U_, sv_fn_shift_left, U_,
       I_),
    FN("math.bitShiftRight", "math.bitShiftRight(int, int) -> int", "moved to the right by so many bits, zeros behind it", I_,
       sv_fn_shift_right, I_, I_),
    FN("math.bitShiftRight", "math.bitShiftRight(uint, int) -> uint", "moved to the right by so many bits, zeros behind it", U_,
       sv_fn_shift_right, U_, I_),
    FN("math.bitXor", "math.bitXor(int, int) -> int", "bits that are set in one of them", I_, sv_fn_bit_xor, I_, I_),
    FN("math.bitXor", "math.bitXor(uint, uint) -> uint", "bits that are set in one of them", U_, sv_fn_bit_xor, U_, U_),
    FN("math.ceil", "math.ceil(double) -> double", "the next whole number above", D_, sv_fn_ceil, D_),
    FN("math.floor", "math.floor(double) -> double", "the next whole number below", D_, sv_fn_floor, D_),
    {{"math.greatest", "math.greatest(number, ...) -> number", "the greatest of numbers, or of a list of them"},
     false,
     1,
     {ANY},
     ANY,
     sv_fn_greatest,
     SV_FN_NUMBERS},
    FN("math.isFinite", "math.isFinite(double) -> bool", "whether it is neither infinite nor NaN", B_, sv_fn_is_finite, D_),
    FN("math.isInf", "math.isInf(double) -> bool", "whether it is infinite", B_, sv_fn_is_inf, D_),
    FN("math.isNaN", "math.isNaN(double) -> bool", "whether it is no number", B_, sv_fn_is_nan, D_),
    {{"math.least", "math.least(number, ...) -> number", "the least of numbers, or of a list of them"},
     false,
     1,
     {ANY},
     ANY,
     sv_fn_least,
     SV_FN_NUMBERS},
    FN("math.round", "math.round(double) -> double", "the nearest whole number, halves away from zero", D_, sv_fn_round, D_),
    FN("math.sign", "math.sign(int) -> int", "-1, 0 or 1", I_, sv_fn_sign, I_),
    FN("math.sign", "math.sign(uint) -> uint", "-1, 0 or 1", U_, sv_fn_sign, U_),
    FN("math.sign", "math.sign(double) -> double", "-1, 0 or 1", D_, sv_fn_sign, D_),
    FN("math.trunc", "math.trunc(double) -> double", "without the fraction", D_, sv_fn_trunc, D_),
    {{"optional.none", "optional.none() -> optional", "an optional without a value"},
     false,
     0,
     {0},
     OP,
     sv_fn_optional_none,
     SV_FN_PLAIN},
    FN("optional.of", "optional.of(any) -> optional", "an optional with this value", OP, sv_fn_optional_of, ANY),
    FN("optional.ofNonZeroValue", "optional.ofNonZeroValue(any) -> optional", "the same, none for null, false, 0 and what is empty",
       OP, sv_fn_optional_non_zero, ANY),
    FN("optional.unwrap", "optional.unwrap(list) -> list", "the values of those optionals in a list that have one", L_,
       sv_fn_unwrap, L_),
    {{"or", "optional.or(optional) -> optional", "the first, or where it has no value the second"},
     true,
     2,
     {OP, OP},
     OP,
     sv_fn_or,
     SV_FN_LAZY},
    {{"orValue", "optional.orValue(any) -> any", "its value, or where it has none this"},
     true,
     2,
     {OP, ANY},
     ANY,
     sv_fn_or_value,
     SV_FN_LAZY},
    METHOD("replace", "string.replace(string, string) -> string", "every first argument by the second", T_, sv_fn_replace, T_, T_,
           T_),
    METHOD("replace", "string.replace(string, string, int) -> string", "the same so many times at most, -1: all", T_, sv_fn_replace,
           T_, T_, T_, I_),
    METHOD("reverse", "string.reverse() -> string", "the characters in reverse", T_, sv_fn_reverse, T_),
    FN("size", "size(string) -> int", "number of characters", I_, sv_fn_size_string, T_),
    FN("size", "size(bytes) -> int", "number of bytes", I_, sv_fn_size_bytes, BY),
    FN("size", "size(list) -> int", "number of elements", I_, sv_fn_size_list, L_),
    FN("size", "size(map) -> int", "number of keys", I_, sv_fn_size_list, M_),
    METHOD("size", "string.size() -> int", "number of characters", I_, sv_fn_size_string, T_),
    METHOD("size", "bytes.size() -> int", "number of bytes", I_, sv_fn_size_bytes, BY),
    METHOD("size", "list.size() -> int", "number of elements", I_, sv_fn_size_list, L_),
    METHOD("size", "map.size() -> int", "number of keys", I_, sv_fn_size_list, M_),
    METHOD("split", "string.split(string) -> list", "the pieces between separators", L_, sv_fn_split, T_, T_),
    METHOD("split", "string.split(string, int) -> list", "the same, so many pieces at most, -1: all", L_, sv_fn_split, T_, T_, I_),
    METHOD("startsWith", "string.startsWith(string) -> bool", "whether the string begins with the argument", B_, sv_fn_starts_with,
           T_, T_),
    FN("string", "string(string) -> string", "the same", T_, sv_fn_same, T_),
    FN("string", "string(bool) -> string", "true or false", T_, sv_fn_string_bool, B_),
    FN("string", "string(int) -> string", "in decimal", T_, sv_fn_string_int, I_),
    FN("string", "string(uint) -> string", "in decimal", T_, sv_fn_string_uint, U_),
    FN("string", "string(double) -> string", "the shortest text that is the same number", T_, sv_fn_string_double, D_),
    FN("string", "string(bytes) -> string", "bytes that are UTF-8; others are an error", T_, sv_fn_string_bytes, BY),
    FN("string", "string(timestamp) -> string", "RFC 3339, UTC", T_, sv_fn_string_timestamp, TS),
    FN("string", "string(duration) -> string", "in seconds, such as 90.5s", T_, sv_fn_string_duration, DU),
    FN("strings.quote", "strings.quote(string) -> string", "the string in double quotes, with escapes", T_, sv_fn_quote, T_),
    METHOD("substring", "string.substring(int) -> string", "from this character on", T_, sv_fn_substring, T_, I_),
    METHOD("substring", "string.substring(int, int) -> string", "from the first to before the second character", T_,
           sv_fn_substring, T_, I_, I_),
    FN("timestamp", "timestamp(timestamp) -> timestamp", "the same", TS, sv_fn_same, TS),
    FN("timestamp", "timestamp(string) -> timestamp", "from RFC 3339", TS, sv_fn_timestamp_string, T_),
    FN("timestamp", "timestamp(int) -> timestamp", "from seconds since 1970", TS, sv_fn_timestamp_int, I_),
    METHOD("trim", "string.trim() -> string", "without white space at both ends", T_, sv_fn_trim, T_),
    FN("type", "type(any) -> type", "the type of a value", TY, sv_fn_type, ANY),
    FN("uint", "uint(uint) -> uint", "the same", U_, sv_fn_same, U_),
    FN("uint", "uint(int) -> uint", "an error below 0", U_, sv_fn_uint_number, I_),
    FN("uint", "uint(double) -> uint", "without the fraction; an error outside uint's range", U_, sv_fn_uint_number, D_),
    FN("uint", "uint(string) -> uint", "the number a text stands for", U_, sv_fn_uint_string, T_),
    FN("under", "under(string, string) -> bool", "whether the path lies at or below a prefix; ~/ is any home", B_, sv_fn_under, T_,
       T_),
    FN("under", "under(string, list) -> bool", "the same for any of several prefixes", B_, sv_fn_under, T_, L_),
    FN("under", "under(string, string, string) -> bool", "a relative path begins at the third argument", B_, sv_fn_under, T_, T_,
       T_),
    FN("under", "under(string, list, string) -> bool", "a relative path begins at the third argument", B_, sv_fn_under, T_, L_, T_),
    METHOD("unwrapOpt", "list.unwrapOpt() -> list", "the same as optional.unwrap", L_, sv_fn_unwrap, L_),
    METHOD("upperAscii", "string.upperAscii() -> string", "a to z as A to Z", T_, sv_fn_upper_ascii, T_),
    METHOD("value", "optional.value() -> any", "its value; an error where it has none", ANY, sv_fn_value, OP),
};

enum { TABLE_COUNT = sizeof table / sizeof *table };

const struct sv_cel_function_info *sv_cel_function(size_t index)
{
    if (index < TABLE_COUNT)
        return &table[index].info;
    const struct sv_macro *macro = sv_macro_at(index - TABLE_COUNT);
    return macro != NULL ? &macro->info : NULL;
}

static size_t first_not_below(struct sv_slice name)
{
    size_t low = 0, high = TABLE_COUNT;
    while (low < high) {
        size_t middle = (low + high) / 2;
        if (sv_slice_compare(sv_slice_str(table[middle].info.name), name) < 0)
            low = middle + 1;
        else
            high = middle;
    }
    return low;
}

const struct sv_fn *sv_fn_find(struct sv_slice name, const struct sv_fn *after)
{
    size_t at = after != NULL ? (size_t)(after - table) + 1 : first_not_below(name);
    return at < TABLE_COUNT && sv_slice_is(name, table[at].info.name) ? &table[at] : NULL;
}

bool sv_fn_is_space(struct sv_slice name)
{
    /* names of a space begin with its own and a point, which is below all that names are made of */
    for (size_t i = first_not_below(name); i < TABLE_COUNT; i++) {
        struct sv_slice full = sv_slice_str(table[i].info.name);
        if (!sv_slice_starts(full, name))
            break;
        if (full.len > name.len && full.data[name.len] == '.')
            return true;
    }
    return sv_slice_is(name, "cel");
}

const char *sv_fn_suggest(struct sv_slice name)
{
    enum { MACROS_MAX = 64 };
    const char *names[TABLE_COUNT + MACROS_MAX];
    size_t count = 0;
    for (; count < TABLE_COUNT; count++)
        names[count] = table[count].info.name;
    for (size_t i = 0; i < MACROS_MAX && sv_macro_at(i) != NULL; i++)
        names[count++] = sv_macro_at(i)->info.name;
    return sv_cel_suggest(name, names, count);
}

bool sv_fn_accepts(const struct sv_fn *fn, const struct sv_value *args)
{
    for (size_t i = 0; i < fn->count; i++)
        if (fn->args[i] != SV_CEL_DYN && fn->args[i] != sv_val_type(args[i]))
            return false;
    return true;
}
