/* SPDX-License-Identifier: ISC */
/* Functions of strings. Indexes count characters (code points), as in cel-spec, doc/extensions/strings.md. */
#include "base/utf8.h"
#include "cel/fn.h"
#include "cel/memo.h"

static struct sv_value text_limit(const struct sv_cel_run *run)
{
    return sv_val_over(run) ? sv_val_limit() : sv_val_error("a string would be longer than 16 MiB");
}

static struct sv_value out_of_range(void)
{
    return sv_val_error("index out of range");
}

static struct sv_slice str(const struct sv_value *v)
{
    return sv_value_raw(*v);
}

/* Work in proportion to a string, as against its being built. */
static void charge_scan(struct sv_cel_run *run, size_t bytes)
{
    sv_val_charge(run, bytes / 1024);
}

/* The same for counting characters, which is slower than looking for bytes. */
static void charge_count(struct sv_cel_run *run, size_t bytes)
{
    sv_val_charge(run, bytes / 256);
}

struct sv_value sv_fn_contains(struct sv_cel_run *run, const struct sv_value *args)
{
    charge_scan(run, args[0].len);
    return sv_value_bool(sv_slice_find(str(&args[0]), str(&args[1])) != NULL || args[1].len == 0);
}

struct sv_value sv_fn_starts_with(struct sv_cel_run *run, const struct sv_value *args)
{
    charge_scan(run, args[1].len);
    return sv_value_bool(sv_slice_starts(str(&args[0]), str(&args[1])));
}

struct sv_value sv_fn_ends_with(struct sv_cel_run *run, const struct sv_value *args)
{
    charge_scan(run, args[1].len);
    return sv_value_bool(sv_slice_ends(str(&args[0]), str(&args[1])));
}

struct sv_value sv_fn_search_limit(struct sv_cel_run *run, struct sv_slice subject)
{
    if (subject.len > SV_REGEX_SUBJECT_MAX)
        return sv_val_error("regular expression limit: the text is longer than 64 KiB");
    run->steps += SV_VAL_REGEX_LIMIT_STEPS;
    return sv_val_error("regular expression limit: the match takes too long");
}

struct sv_value sv_fn_matches(struct sv_cel_run *run, const struct sv_value *args)
{
    const struct sv_regex *regex =
        args[1].len <= SV_REGEX_MAX && sv_val_charge(run, 100) ? sv_memo_regex(run, str(&args[1])) : NULL;
    if (regex == NULL)
        return sv_val_over(run) ? sv_val_limit() : sv_val_error("bad regular expression");
    return sv_fn_search(run, regex, str(&args[0]));
}

struct sv_value sv_fn_size_string(struct sv_cel_run *run, const struct sv_value *args)
{
    charge_count(run, args[0].len);
    return sv_value_int((int64_t)sv_utf8_count(str(&args[0])));
}

struct sv_value sv_fn_size_bytes(struct sv_cel_run *run, const struct sv_value *args)
{
    (void)run;
    return sv_value_int(args[0].len);
}

struct sv_value sv_fn_size_list(struct sv_cel_run *run, const struct sv_value *args)
{
    size_t size = sv_val_size(run, args[0]);
    return sv_val_over(run) ? sv_val_limit() : sv_value_int((int64_t)size);
}

struct sv_value sv_fn_char_at(struct sv_cel_run *run, const struct sv_value *args)
{
    struct sv_slice s = str(&args[0]);
    size_t count = sv_utf8_count(s);
    charge_count(run, s.len);
    if (args[1].i < 0 || (uint64_t)args[1].i > count)
        return out_of_range();
    const char *p = s.data + sv_utf8_offset(s, (size_t)args[1].i);
    return sv_value_str(sv_slice(p, sv_utf8_sequence(p, s.data + s.len)));
}

struct sv_value sv_fn_index_of(struct sv_cel_run *run, const struct sv_value *args)
{
    struct sv_slice s = str(&args[0]);
    size_t from = 0;
    charge_scan(run, s.len);
    if (args[2].type == SV_INT) {
        if (args[2].i < 0 || (uint64_t)args[2].i > sv_utf8_count(s))
            return out_of_range();
        from = sv_utf8_offset(s, (size_t)args[2].i);
    }
    if (args[1].len == 0)
        return sv_value_int(args[2].type == SV_INT ? args[2].i : 0);
    const char *found = sv_slice_find(sv_slice(s.data + from, s.len - from), str(&args[1]));
    return sv_value_int(found == NULL ? -1 : (int64_t)sv_utf8_count(sv_slice(s.data, (size_t)(found - s.data))));
}

/* Goes from the end towards the start: quadratic at worst, so it is charged for that. */
struct sv_value sv_fn_last_index_of(struct sv_cel_run *run, const struct sv_value *args)
{
    struct sv_slice s = str(&args[0]), needle = str(&args[1]);
    size_t last = s.len;
    charge_scan(run, s.len);
    if (args[2].type == SV_INT) {
        if (args[2].i < 0 || (uint64_t)args[2].i > sv_utf8_count(s))
            return out_of_range();
        last = sv_utf8_offset(s, (size_t)args[2].i);
    }
    if (needle.len > s.len)
        return sv_value_int(-1);
    if (last > s.len - needle.len)
        last = s.len - needle.len;
    if (needle.len == 0)
        return sv_value_int((int64_t)sv_utf8_count(sv_slice(s.data, last)));
    size_t compared = 0;
    for (size_t i = last + 1; i-- > 0;) {
        if (s.data[i] != needle.data[0])
            continue;
        if (memcmp(s.data + i, needle.data, needle.len) == 0)
            return sv_value_int((int64_t)sv_utf8_count(sv_slice(s.data, i)));
        compared += needle.len;
        if (compared >= 65536) {
            if (!sv_val_charge(run, compared / 1024))
                return sv_val_limit();
            compared = 0;
        }
    }
    return sv_value_int(-1);
}

struct sv_value sv_fn_join(struct sv_cel_run *run, const struct sv_value *args)
{
    struct sv_slice between = args[1].type == SV_STRING ? str(&args[1]) : sv_slice(NULL, 0);
    struct sv_val_walk walk;
    size_t len = 0, count = 0;
    sv_val_walk(&walk, args[0]);
    for (struct sv_value item; sv_val_next(&walk, run, &item); count++) {
        if (item.type != SV_STRING)
            return sv_val_no_overload();
        len += item.len + (count > 0 ? between.len : 0);
        if (len > SV_VAL_STRING_MAX || !sv_val_charge(run, 1))
            return text_limit(run);
    }
    char *out = sv_val_room(run, len), *p = out;
    if (out == NULL)
        return text_limit(run);
    bool is_first = true;
    sv_val_walk(&walk, args[0]);
    for (struct sv_value item; sv_val_next(&walk, run, &item); p += item.len, is_first = false) {
        if (!is_first) {
            memcpy(p, between.data != NULL ? between.data : "", between.len);
            p += between.len;
        }
        memcpy(p, item.s != NULL ? item.s : "", item.len);
    }
    return sv_value_str(sv_slice(out, (size_t)(p - out)));
}

static struct sv_value turn_case(struct sv_cel_run *run, const struct sv_value *args, char from)
{
    struct sv_slice s = str(&args[0]);
    char *out = sv_val_room(run, s.len);
    if (out == NULL)
        return text_limit(run);
    for (size_t i = 0; i < s.len; i++) {
        unsigned letter = (unsigned)(unsigned char)s.data[i] - (unsigned char)from;
        out[i] = (char)(s.data[i] ^ (letter < 26 ? 0x20 : 0));
    }
    return sv_value_str(sv_slice(out, s.len));
}

struct sv_value sv_fn_lower_ascii(struct sv_cel_run *run, const struct sv_value *args)
{
    return turn_case(run, args, 'A');
}

struct sv_value sv_fn_upper_ascii(struct sv_cel_run *run, const struct sv_value *args)
{
    return turn_case(run, args, 'a');
}

/* Where `old` next occurs at or behind *at; moves *at behind it. The empty string occurs before every character and at the end. */
static bool next_occurrence(struct sv_slice s, struct sv_slice old, size_t *at, size_t *start)
{
    if (*at > s.len)
        return false;
    if (old.len == 0) {
        *start = *at;
        size_t n = *at < s.len ? sv_utf8_sequence(s.data + *at, s.data + s.len) : 1;
        *at += n;
        return true;
    }
    const char *found = sv_slice_find(sv_slice(s.data + *at, s.len - *at), old);
    if (found == NULL)
        return false;
    *start = (size_t)(found - s.data);
    *at = *start + old.len;
    return true;
}

struct sv_value sv_fn_replace(struct sv_cel_run *run, const struct sv_value *args)
{
    struct sv_slice s = str(&args[0]), old = str(&args[1]), new = str(&args[2]);
    uint64_t most = args[3].type == SV_INT && args[3].i >= 0 ? (uint64_t)args[3].i : UINT64_MAX;
    size_t at = 0, start, count = 0, copied = 0;
    charge_scan(run, s.len);
    while (count < most && next_occurrence(s, old, &at, &start))
        count++;
    if (count == 0)
        return args[0];
    if (new.len > 0 && count > SV_VAL_STRING_MAX / new.len)
        return text_limit(run);
    char *out = sv_val_room(run, s.len - count * old.len + count * new.len), *p = out;
    if (out == NULL || !sv_val_charge(run, count / 16))
        return text_limit(run);
    at = 0;
    for (size_t i = 0; i < count && next_occurrence(s, old, &at, &start); i++) {
        memcpy(p, s.data + copied, start - copied);
        p += start - copied;
        memcpy(p, new.data != NULL ? new.data : "", new.len);
        p += new.len;
        copied = start + old.len;
    }
    memcpy(p, s.data + copied, s.len - copied);
    p += s.len - copied;
    return sv_value_str(sv_slice(out, (size_t)(p - out)));
}

struct sv_value sv_fn_reverse(struct sv_cel_run *run, const struct sv_value *args)
{
    struct sv_slice s = str(&args[0]);
    char *out = sv_val_room(run, s.len);
    if (out == NULL)
        return text_limit(run);
    for (size_t i = 0, n; i < s.len; i += n) {
        n = sv_utf8_sequence(s.data + i, s.data + s.len);
        n = n > 0 ? n : 1;
        memcpy(out + s.len - i - n, s.data + i, n);
    }
    return sv_value_str(sv_slice(out, s.len));
}

/* Pieces borrow from the string. An empty separator splits between characters. */
struct sv_value sv_fn_split(struct sv_cel_run *run, const struct sv_value *args)
{
    struct sv_slice s = str(&args[0]), between = str(&args[1]);
    int64_t limit = args[2].type == SV_INT ? args[2].i : -1;
    if (limit == 0)
        return sv_val_list(run->arena, NULL, 0);
    size_t most = limit < 0 || (uint64_t)limit > s.len ? SIZE_MAX : (size_t)limit, count = 1, at = 0, start;
    charge_scan(run, s.len);
    if (between.len == 0)
        count = sv_utf8_count(s);
    else
        while (count < most && next_occurrence(s, between, &at, &start))
            count++;
    if (count > most)
        count = most;
    if (!sv_val_charge(run, count))
        return sv_val_limit();
    struct sv_value *items = sv_arena_calloc(run->arena, count + 1, sizeof *items);
    at = 0;
    for (size_t i = 0; i < count; i++) {
        size_t first = at, end = s.len;
        if (i + 1 < count && between.len == 0)
            end = at += sv_utf8_sequence(s.data + at, s.data + s.len);
        else if (i + 1 < count && next_occurrence(s, between, &at, &start))
            end = start;
        items[i] = sv_value_str(sv_slice(s.data + first, end - first));
    }
    return sv_val_list(run->arena, items, count);
}

struct sv_value sv_fn_substring(struct sv_cel_run *run, const struct sv_value *args)
{
    struct sv_slice s = str(&args[0]);
    size_t count = sv_utf8_count(s);
    charge_count(run, s.len);
    int64_t end = args[2].type == SV_INT ? args[2].i : (int64_t)count;
    if (args[1].i < 0 || end < args[1].i || (uint64_t)end > count)
        return out_of_range();
    size_t from = sv_utf8_offset(s, (size_t)args[1].i), to = sv_utf8_offset(s, (size_t)end);
    return sv_value_str(sv_slice(s.data + from, to - from));
}

/* Unicode's White_Space. */
static bool is_space(uint32_t c)
{
    return (c >= 0x09 && c <= 0x0D) || c == 0x20 || c == 0x85 || c == 0xA0 || c == 0x1680 || (c >= 0x2000 && c <= 0x200A) ||
           c == 0x2028 || c == 0x2029 || c == 0x202F || c == 0x205F || c == 0x3000;
}

struct sv_value sv_fn_trim(struct sv_cel_run *run, const struct sv_value *args)
{
    struct sv_slice s = str(&args[0]);
    const char *p = s.data, *end = s.data + s.len;
    charge_scan(run, s.len);
    while (p < end) {
        const char *next = p;
        if (!is_space(sv_utf8_decode(&next)))
            break;
        p = next;
    }
    while (end > p) {
        const char *before = end - 1;
        while (before > p && ((unsigned char)*before & 0xC0) == 0x80)
            before--;
        const char *next = before;
        if (!is_space(sv_utf8_decode(&next)))
            break;
        end = before;
    }
    return sv_value_str(sv_slice(p, (size_t)(end - p)));
}
