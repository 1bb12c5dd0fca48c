/* SPDX-License-Identifier: ISC */
/* under(path, prefixes): whether a file lies at or below a place.
 *
 * Paths are text: nothing is looked up on this machine. Path and prefixes are made absolute against cwd; `.`, `..` and
 * `//` are taken out. Where a relative path begins is unknown without a cwd: the answer is then absent. A prefix `/a/b` matches
 * itself and what is below it, never `/a/bc`; a prefix `~/x` matches x in any home: /home/NAME, /root, /Users/NAME and a
 * literal `~`. */
#include "cel/fn.h"

/* Appends the parts of a path to the normal form in out: `/a/b`, or nothing for the root. `..` above the root stays there. */
static size_t add_parts(char *out, size_t len, size_t floor, struct sv_slice path)
{
    for (size_t i = 0, end; i < path.len; i = end + 1) {
        for (end = i; end < path.len && path.data[end] != '/'; end++)
            ;
        size_t n = end - i;
        if (n == 0 || (n == 1 && path.data[i] == '.'))
            continue;
        if (n == 2 && path.data[i] == '.' && path.data[i + 1] == '.') {
            while (len > floor && out[--len] != '/')
                ;
            continue;
        }
        out[len++] = '/';
        memcpy(out + len, path.data + i, n);
        len += n;
    }
    return len;
}

static bool is_home(struct sv_slice path)
{
    return path.len >= 1 && path.data[0] == '~' && (path.len == 1 || path.data[1] == '/');
}

/* The normal form: begins with `/` (an absolute path), `~` (a home), or is empty (the root). false: relative, without a cwd. */
static bool normalise(struct sv_cel_run *run, struct sv_slice path, struct sv_slice cwd, struct sv_slice *out)
{
    char *p = sv_val_room(run, path.len + cwd.len + 4);
    size_t len = 0, floor = 0;
    *out = sv_slice(p, 0);
    if (p == NULL)
        return false;
    bool is_relative = !is_home(path) && (path.len == 0 || path.data[0] != '/');
    if (is_relative && !is_home(cwd) && (cwd.len == 0 || cwd.data[0] != '/'))
        return false;
    struct sv_slice start = is_relative ? cwd : path;
    if (is_home(start)) {
        p[len++] = '~';
        floor = 1;
        start = sv_slice(start.data + 1, start.len - 1);
    }
    len = add_parts(p, len, floor, start);
    if (is_relative)
        len = add_parts(p, len, floor, path);
    *out = sv_slice(p, len);
    return true;
}

/* At the prefix (a normal form) or below it. */
static bool is_below(struct sv_slice path, struct sv_slice prefix)
{
    return sv_slice_starts(path, prefix) && (path.len == prefix.len || path.data[prefix.len] == '/');
}

/* What is left of a normal path behind its home; false when it is in none. */
static bool behind_home(struct sv_slice path, struct sv_slice *rest)
{
    size_t n = 0;
    if (path.len > 0 && path.data[0] == '~') {
        n = 1;
    } else if (is_below(path, SV_SLICE("/root"))) {
        n = 5;
    } else if (sv_slice_starts(path, SV_SLICE("/home/")) || sv_slice_starts(path, SV_SLICE("/Users/"))) {
        n = path.data[1] == 'h' ? 6 : 7;
        while (n < path.len && path.data[n] != '/')
            n++;
    } else {
        return false;
    }
    *rest = sv_slice(path.data + n, path.len - n);
    return true;
}

static bool matches_prefix(struct sv_cel_run *run, struct sv_slice path, struct sv_slice prefix, struct sv_slice cwd)
{
    struct sv_slice normal, rest;
    if (!normalise(run, prefix, cwd, &normal))
        return false;
    if (normal.len == 0)
        return true;
    if (normal.data[0] != '~')
        return is_below(path, normal);
    return behind_home(path, &rest) && is_below(rest, sv_slice(normal.data + 1, normal.len - 1));
}

struct sv_value sv_fn_under(struct sv_cel_run *run, const struct sv_value *args)
{
    struct sv_slice cwd = args[2].type == SV_STRING ? sv_value_raw(args[2]) : sv_slice(NULL, 0), path;
    if (!normalise(run, sv_value_raw(args[0]), cwd, &path))
        return path.data == NULL ? sv_val_limit() : sv_value_of(SV_ABSENT);
    bool found = false;
    if (args[1].type == SV_STRING) {
        found = matches_prefix(run, path, sv_value_raw(args[1]), cwd);
    } else {
        struct sv_val_walk walk;
        sv_val_walk(&walk, args[1]);
        for (struct sv_value item; !found && sv_val_next(&walk, run, &item);) {
            if (item.type != SV_STRING)
                return sv_val_no_overload();
            found = matches_prefix(run, path, sv_value_raw(item), cwd);
            if (!sv_val_charge(run, 1))
                return sv_val_limit();
        }
    }
    return sv_value_bool(found);
}
