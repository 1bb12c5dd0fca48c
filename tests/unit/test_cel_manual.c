/* SPDX-License-Identifier: ISC */
/* sv-policy(5) beside the table of functions and macros: each has what the other has. */
#include "tap.h"

#include <stdlib.h>

#include "base/buf.h"
#include "base/limits.h"
#include "base/os.h"
#include "cel/cel.h"

static struct sv_buf manual;

/* The manual's part between these two headings. */
static struct sv_slice part(const char *from, const char *to)
{
    struct sv_slice all = sv_buf_slice(&manual);
    const char *start = sv_slice_find(all, sv_slice_str(from));
    if (start == NULL)
        return sv_slice(NULL, 0);
    struct sv_slice rest = sv_slice(start, (size_t)(all.data + all.len - start));
    const char *end = sv_slice_find(rest, sv_slice_str(to));
    return sv_slice(start, end != NULL ? (size_t)(end - start) : rest.len);
}

static bool is_letter(char c)
{
    return (c >= 'a' && c <= 'z') || (c >= 'A' && c <= 'Z') || (c >= '0' && c <= '9') || c == '_';
}

/* The name stands in the text as a word of its own. */
static bool has_word(struct sv_slice text, const char *name)
{
    size_t len = strlen(name);
    for (const char *p = text.data, *end = text.data + text.len; p < end;) {
        p = sv_slice_find(sv_slice(p, (size_t)(end - p)), sv_slice(name, len));
        if (p == NULL)
            return false;
        if (!is_letter(p[-1]) && (p + len == end || !is_letter(p[len])))
            return true;
        p += len;
    }
    return false;
}

static bool is_known(struct sv_slice name)
{
    const struct sv_cel_function_info *info;
    for (size_t i = 0; (info = sv_cel_function(i)) != NULL; i++)
        if (sv_slice_is(name, info->name))
            return true;
    return false;
}

static void in_manual(void)
{
    struct sv_slice text = part(".Sh EXPRESSIONS", "\n.Sh ");
    const struct sv_cel_function_info *info;
    size_t count = 0;
    for (; (info = sv_cel_function(count)) != NULL; count++)
        ok(has_word(text, info->name), "the manual has %s", info->name);
    ok(count > 100, "%d lines of the tables", (int)count);
}

/* What stands before a parenthesis in a list's heads is called like a function of the tables: f(), x.f() or math.f(). */
static void in_table(void)
{
    struct sv_slice text = part(".Ss Macros", ".Ss Paths");
    size_t count = 0;
    for (const char *line = text.data, *end = text.data + text.len; line < end;) {
        const char *next = memchr(line, '\n', (size_t)(end - line));
        next = next != NULL ? next : end;
        for (const char *p = line; sv_slice_starts(sv_slice(line, (size_t)(next - line)), SV_SLICE(".It Li ")) && p < next; p++) {
            const char *name = p;
            while (name > line && (is_letter(name[-1]) || name[-1] == '.'))
                name--;
            if (*p != '(' || name == p)
                continue;
            const char *dot = memchr(name, '.', (size_t)(p - name));
            bool good =
                is_known(sv_slice(name, (size_t)(p - name))) || (dot != NULL && is_known(sv_slice(dot + 1, (size_t)(p - dot - 1))));
            ok(good, "%.*s() is a function", (int)(p - name), name);
            count++;
        }
        line = next + 1;
    }
    ok(count > 60, "%d heads", (int)count);
}

int main(void)
{
    struct sv_error err = {0};
    if (!sv_os_slurp("man/sv-policy.5", SV_LINE_MAX, &manual, &err)) {
        skip("the manual", "it is not here");
        return done();
    }
    in_manual();
    in_table();
    sv_buf_free(&manual);
    return done();
}
