/* SPDX-License-Identifier: ISC */
/* cel.c - the conformance tests of cel-spec, one JSON object a line, through our engine; TAP on stdout, counts per file as
 * comments.
 *
 *     cel FOLDER           every file of the folder but those that `left_out` names
 *     cel FILE...          these files
 *
 * Every test is run without the checker and, unless it asks for none, with it: both must give the value that is expected (or an
 * error). Left out by what the file says of a test: needs_proto (protobuf messages and enums), needs_custom_function. Of a test
 * that needs_checker only the outermost type is compared: the checker here knows list, not list(int). One that is disputed
 * (cel_go_skips) may fail.
 *
 * Some expected literals of parse.ndjson still hold the escapes \u, \U and \? of the text format that the files were converted
 * from; they are undone before a literal is called wrong. */
#include <math.h>
#include <stdio.h>
#include <stdlib.h>

#include "base/mem.h"
#include "base/os.h"
#include "base/time.h"
#include "base/utf8.h"
#include "cel/val.h"

/* Whole extensions that are not built in. */
static const char *const left_out[] = {"network_ext", "block_ext"};

enum { BINDINGS_MAX = 64 };

static struct sv_arena arena;
static int count, failed;

static struct sv_slice text_of(struct sv_value v)
{
    return v.type == SV_STRING ? sv_value_string(&v, &arena) : sv_value_raw(v);
}

static struct sv_value member(struct sv_value object, const char *key)
{
    return sv_json_get(object, sv_slice_str(key));
}

static bool is_true(struct sv_value object, const char *key)
{
    struct sv_value v = member(object, key);
    return v.type == SV_BOOL && v.b;
}

/* ---- typed values ---- */

static struct sv_value typed(struct sv_value json);

static struct sv_value decode_base64(struct sv_slice s)
{
    char *out = sv_arena_alloc(&arena, s.len + 1);
    size_t len = 0;
    uint32_t bits = 0;
    int have = 0;
    for (size_t i = 0; i < s.len && s.data[i] != '='; i++) {
        char c = s.data[i];
        int digit = c >= 'A' && c <= 'Z'   ? c - 'A'
                    : c >= 'a' && c <= 'z' ? c - 'a' + 26
                    : c >= '0' && c <= '9' ? c - '0' + 52
                    : c == '+'             ? 62
                                           : 63;
        bits = bits << 6 | (uint32_t)digit;
        have += 6;
        if (have >= 8) {
            have -= 8;
            out[len++] = (char)(bits >> have);
        }
    }
    return (struct sv_value){.type = SV_BYTES, .len = (uint32_t)len, .s = out};
}

static struct sv_value typed_list(struct sv_value json)
{
    struct sv_value items[1024], item;
    size_t n = 0;
    struct sv_json_iter it = sv_json_iter(json);
    while (n < 1024 && sv_json_next(&it, NULL, &item))
        items[n++] = typed(item);
    return sv_cel_list(&arena, items, n);
}

static struct sv_value typed_map(struct sv_value json)
{
    struct sv_map_entry *entries = sv_arena_calloc(&arena, 1024, sizeof *entries);
    struct sv_value item;
    size_t n = 0;
    struct sv_json_iter it = sv_json_iter(json);
    while (n < 1024 && sv_json_next(&it, NULL, &item)) {
        entries[n].key = typed(sv_json_at(item, 0));
        entries[n++].value = typed(sv_json_at(item, 1));
    }
    struct sv_cel_run run = {.arena = &arena};
    return sv_val_map(&run, entries, n);
}

static double typed_double(struct sv_value v)
{
    if (v.type == SV_STRING)
        return sv_slice_is(text_of(v), "NaN") ? (double)NAN : sv_slice_is(text_of(v), "Infinity") ? HUGE_VAL : -HUGE_VAL;
    return v.type == SV_DOUBLE ? v.d : v.type == SV_INT ? (double)v.i : (double)v.u;
}

/* {"int": "1"} and its kin; SV_ABSENT for a kind that is not known here. */
static struct sv_value typed(struct sv_value json)
{
    struct sv_json_iter it = sv_json_iter(json);
    struct sv_value key, v, out = {0};
    if (!sv_json_next(&it, &key, &v))
        return out;
    struct sv_slice kind = text_of(key), text = text_of(v);
    char number[32];
    snprintf(number, sizeof number, "%.*s", v.type == SV_STRING ? (int)text.len : 0, v.type == SV_STRING ? text.data : "");
    if (sv_slice_is(kind, "null"))
        return sv_value_of(SV_NULL);
    if (sv_slice_is(kind, "bool"))
        return v;
    if (sv_slice_is(kind, "int"))
        return sv_value_int((int64_t)strtoll(number, NULL, 10));
    if (sv_slice_is(kind, "uint"))
        return (struct sv_value){.type = SV_UINT, .u = strtoull(number, NULL, 10)};
    if (sv_slice_is(kind, "double"))
        return sv_value_double(typed_double(v));
    if (sv_slice_is(kind, "string"))
        return sv_value_str(text);
    if (sv_slice_is(kind, "bytes"))
        return decode_base64(text);
    if (sv_slice_is(kind, "list"))
        return typed_list(v);
    if (sv_slice_is(kind, "map"))
        return typed_map(v);
    if (sv_slice_is(kind, "type"))
        return (struct sv_value){.type = SV_TYPE, .len = (uint32_t)text.len, .s = text.data};
    int32_t nanos = 0;
    if (sv_slice_is(kind, "timestamp") && sv_time_parse_wide(text, &out.i, &nanos)) {
        out.type = SV_TIMESTAMP;
        out.len = (uint32_t)nanos;
    } else if (sv_slice_is(kind, "duration") && sv_duration_parse(text, &out.i)) {
        out.type = SV_DURATION;
    }
    return out;
}

/* The same value of the same type, numbers included; NaN is like NaN. */
static bool is_same(struct sv_value a, struct sv_value b)
{
    struct sv_cel_run run = {.arena = &arena};
    if (a.type != b.type)
        return false;
    if (a.type == SV_DOUBLE && isnan(a.d))
        return isnan(b.d);
    if (a.type == SV_LIST) {
        bool same = a.list->count == b.list->count;
        for (size_t i = 0; same && i < a.list->count; i++)
            same = is_same(a.list->items[i], b.list->items[i]);
        return same;
    }
    if (a.type == SV_MAP) {
        bool same = a.map->count == b.map->count;
        for (size_t i = 0; same && i < a.map->count; i++) {
            const struct sv_value *other = sv_val_find(b.map, a.map->entries[i].key);
            same = other != NULL && is_same(a.map->entries[i].value, *other);
        }
        return same;
    }
    return sv_val_equal(&run, a, b);
}

/* Undoes \uXXXX, \UXXXXXXXX and \? in an expected string. */
static struct sv_value without_escapes(struct sv_value v)
{
    char *out = sv_arena_alloc(&arena, v.len + 4);
    size_t len = 0;
    for (uint32_t i = 0; i < v.len; i++) {
        char next = v.s[i] == '\\' && i + 1 < v.len ? v.s[i + 1] : '\0';
        size_t digits = next == 'u' ? 4 : next == 'U' ? 8 : 0;
        if (digits > 0 && i + 2 + digits <= v.len) {
            char number[9] = "";
            memcpy(number, v.s + i + 2, digits);
            len += sv_utf8_encode((uint32_t)strtoul(number, NULL, 16), out + len);
            i += (uint32_t)digits + 1;
        } else if (next != '?') {
            out[len++] = v.s[i];
        }
    }
    v.s = out;
    v.len = (uint32_t)len;
    return v;
}

static bool is_expected(struct sv_value test, struct sv_value got, struct sv_value want)
{
    struct sv_slice id = text_of(member(test, "id"));
    struct sv_value v = typed(want);
    bool is_literal =
        sv_slice_starts(id, SV_SLICE("parse/string_literals/")) || sv_slice_starts(id, SV_SLICE("parse/bytes_literals/"));
    if (is_same(got, v))
        return true;
    return is_literal && (v.type == SV_STRING || v.type == SV_BYTES) && is_same(got, without_escapes(v));
}

/* ---- one test ---- */

static enum sv_cel_type type_of(struct sv_slice name)
{
    for (size_t i = 0; i < name.len; i++)
        if (name.data[i] == '(')
            name.len = i;
    for (int type = SV_CEL_DYN; type <= SV_CEL_OPTIONAL; type++)
        if (sv_slice_is(name, sv_val_type_name((enum sv_cel_type)type)) ||
            sv_slice_is(name, sv_val_type_word((enum sv_cel_type)type)))
            return (enum sv_cel_type)type;
    return SV_CEL_DYN;
}

static enum sv_cel_type declared_type(struct sv_value test, struct sv_slice name)
{
    struct sv_json_iter it = sv_json_iter(member(test, "type_env"));
    for (struct sv_value item; sv_json_next(&it, NULL, &item);)
        if (sv_slice_equal(text_of(member(item, "name")), name))
            return type_of(text_of(member(item, "type")));
    return SV_CEL_DYN;
}

/* Evaluates the test's expression; problems that keep it from being compiled are an error as well. */
static struct sv_value evaluate(struct sv_value test, bool checked, enum sv_cel_type *deduced, bool *was_compiled)
{
    struct sv_value slots[BINDINGS_MAX] = {0}, key, v;
    struct sv_paths *paths = sv_paths_new();
    struct sv_cel_env *env = sv_cel_env_new(NULL, paths, &arena);
    struct sv_value container = member(test, "container");
    uint32_t bound = 0;
    sv_paths_reserve(paths, BINDINGS_MAX);
    if (!checked)
        sv_cel_env_unchecked(env);
    if (container.type == SV_STRING)
        sv_cel_env_container(env, text_of(container));
    struct sv_json_iter it = sv_json_iter(member(test, "bindings"));
    while (bound < BINDINGS_MAX && sv_json_next(&it, &key, &v)) {
        slots[bound] = typed(v);
        sv_cel_env_slot(env, text_of(key), bound, declared_type(test, text_of(key)), NULL);
        bound++;
    }
    struct sv_cel_problems problems;
    struct sv_cel *expr = sv_cel_compile(env, text_of(member(test, "expr")), SV_CEL_DYN, &problems);
    struct sv_cel_run run = {.slots = slots, .arena = &arena};
    struct sv_value result =
        expr != NULL
            ? sv_cel_eval(expr, &run)
            : sv_val_error(sv_arena_printf(&arena, "at %u: %s", (unsigned)problems.items[0].offset, problems.items[0].text).data);
    *was_compiled = expr != NULL;
    *deduced = expr != NULL ? sv_cel_result_type(expr) : SV_CEL_DYN;
    sv_cel_run_free(&run);
    sv_cel_env_free(env);
    sv_paths_free(paths);
    return result;
}

/* Why the result is not what is expected, or NULL. */
static const char *judge(struct sv_value test, bool checked)
{
    enum sv_cel_type deduced;
    struct sv_value expect = member(test, "expect"), want = member(expect, "value"), type = member(expect, "deduced_type");
    bool was_compiled, check_only = is_true(test, "check_only");
    struct sv_value got = evaluate(test, checked, &deduced, &was_compiled);
    struct sv_buf out = {0};
    const char *why = NULL;
    if (is_true(expect, "error")) {
        if (got.type == SV_ERROR)
            return NULL;
        sv_cel_put_json(&out, got, &arena);
        why = sv_arena_printf(&arena, "gives %.*s, not an error", SV_ARG(out)).data;
    } else if ((got.type == SV_ERROR || got.type == SV_ABSENT) && !(check_only && was_compiled)) {
        why =
            sv_arena_printf(&arena, "%.*s", got.type == SV_ERROR ? (int)got.len : 6, got.type == SV_ERROR ? got.s : "absent").data;
    } else if (want.type != SV_ABSENT && !check_only && !is_expected(test, got, want)) {
        sv_cel_put_json(&out, got, &arena);
        why = sv_arena_printf(&arena, "gives %.*s", SV_ARG(out)).data;
    } else if (checked && type.type == SV_STRING && deduced != SV_CEL_DYN && deduced != type_of(text_of(type))) {
        why = sv_arena_printf(&arena, "is deduced as %s", sv_val_type_word(deduced)).data;
    }
    sv_buf_free(&out);
    return why;
}

struct tally {
    int passed, failed, disputed, protobuf, others;
};

static void run_test(struct sv_value test, struct tally *tally)
{
    struct sv_slice id = text_of(member(test, "id"));
    if (is_true(test, "needs_proto")) {
        tally->protobuf++;
        return;
    }
    if (is_true(test, "needs_custom_function")) {
        tally->others++;
        return;
    }
    struct sv_os_stat info;
    count++;
    if (is_true(test, "needs_tzdb") && !sv_os_stat_path("/usr/share/zoneinfo/Europe/Berlin", true, &info)) {
        printf("ok %d - %.*s # skip no tz database\n", count, SV_ARG(id));
        return;
    }
    const char *why = is_true(test, "check_only") ? NULL : judge(test, false);
    if (why == NULL && !is_true(test, "disable_check"))
        why = judge(test, true);
    if (why == NULL) {
        tally->passed++;
        printf("ok %d - %.*s\n", count, SV_ARG(id));
    } else if (is_true(test, "cel_go_skips")) {
        tally->disputed++;
        printf("ok %d - %.*s # skip disputed: %s\n", count, SV_ARG(id), why);
    } else {
        tally->failed++;
        failed++;
        printf("not ok %d - %.*s: %s\n", count, SV_ARG(id), why);
    }
}

static void run_file(const char *path)
{
    struct tally tally = {0};
    struct sv_buf data = {0};
    struct sv_error err = {0};
    if (!sv_os_slurp(path, 64 << 20, &data, &err)) {
        printf("not ok %d - %s: %s\n", ++count, path, err.text);
        failed++;
        return;
    }
    for (size_t at = 0; at < data.len;) {
        const char *line = data.data + at, *end = memchr(line, '\n', data.len - at);
        size_t len = end != NULL ? (size_t)(end - line) : data.len - at;
        struct sv_value test;
        at += len + 1;
        if (!sv_json_read(sv_slice(line, len), &test, &err)) {
            printf("not ok %d - %s: %s\n", ++count, path, err.text);
            failed++;
            continue;
        }
        run_test(test, &tally);
        sv_arena_reset(&arena);
    }
    const char *name = strrchr(path, '/');
    printf("# cel %-24s %4d passed, %d failed (%d disputed; %d need protobuf, %d functions of their own)\n",
           name != NULL ? name + 1 : path, tally.passed, tally.failed, tally.disputed, tally.protobuf, tally.others);
    sv_buf_free(&data);
}

static bool is_left_out(struct sv_slice name)
{
    for (size_t i = 0; i < sizeof left_out / sizeof *left_out; i++)
        if (sv_slice_starts(name, sv_slice_str(left_out[i])))
            return true;
    return !sv_slice_ends(name, SV_SLICE(".ndjson"));
}

static void run_folder(const char *folder)
{
    struct sv_buf names = {0};
    struct sv_error err = {0};
    size_t n = 0;
    if (!sv_os_list(folder, &names, &n, &err)) {
        printf("not ok %d - %s: %s\n", ++count, folder, err.text);
        failed++;
    }
    const char *name = names.data;
    for (size_t i = 0; i < n; i++, name += strlen(name) + 1) {
        struct sv_buf path = {0};
        sv_buf_printf(&path, "%s/%s", folder, name);
        if (!is_left_out(sv_slice_str(name)))
            run_file(sv_buf_cstr(&path));
        sv_buf_free(&path);
    }
    sv_buf_free(&names);
}

int main(int argc, char **argv)
{
    if (argc < 2) {
        fprintf(stderr, "usage: cel FOLDER | FILE...\n");
        return 2;
    }
    setvbuf(stdout, NULL, _IOLBF, 0);
    for (int i = 1; i < argc; i++) {
        struct sv_os_stat info;
        if (sv_os_stat_path(argv[i], true, &info) && info.is_folder)
            run_folder(argv[i]);
        else
            run_file(argv[i]);
    }
    printf("1..%d\n", count);
    sv_arena_free(&arena);
    return failed > 0;
}
