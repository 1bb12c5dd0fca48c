/* SPDX-License-Identifier: ISC */
#include "run/ask.h"

#include <string.h>

#include "base/mem.h"
#include "base/num.h"
#include "base/time.h"

void sv_ask_words_add(struct sv_ask_words *words, const char *word)
{
    words->items = sv_realloc(words->items, (words->count + 1) * sizeof *words->items);
    words->items[words->count++] = word;
}

void sv_ask_add(struct sv_ask *ask, enum sv_ask_kind kind, const char *glob)
{
    sv_ask_words_add(&ask->which[kind], glob);
}

bool sv_ask_wants(const struct sv_ask *ask, enum sv_ask_kind kind, struct sv_slice name)
{
    const struct sv_ask_words *words = &ask->which[kind];
    for (size_t i = 0; i < words->count; i++)
        if (sv_slice_glob(sv_slice_str(words->items[i]), name))
            return true;
    return words->count == 0;
}

bool sv_ask_check(const struct sv_ask *ask, struct sv_error *err)
{
    if (ask->has_since && ask->has_until && ask->since_ns >= ask->until_ns)
        return sv_error_set(err, SV_USAGE, "the time asked for ends (-U) before it begins (-S)");
    return true;
}

void sv_ask_put_cursor(struct sv_buf *out, int64_t time_ns, int64_t id)
{
    sv_time_format(out, time_ns);
    sv_buf_char(out, '/');
    sv_buf_int(out, id);
}

bool sv_ask_take_cursor(const char *text, int64_t *time_ns, int64_t *id, struct sv_error *err)
{
    const char *slash = strchr(text, '/');
    uint64_t number;
    if (slash == NULL || !sv_time_parse(sv_slice(text, (size_t)(slash - text)), time_ns) ||
        !sv_num_uint(sv_slice_str(slash + 1), &number) || number > INT64_MAX)
        return sv_error_set(err, SV_USAGE, "--before %.100s: give what an earlier list named for this", text);
    *id = (int64_t)number;
    return true;
}

bool sv_ask_entity(struct sv_slice text, struct sv_slice *type, struct sv_slice *id)
{
    const char *colon = text.len > 0 ? memchr(text.data, ':', text.len) : NULL;
    size_t before = colon != NULL ? (size_t)(colon - text.data) : 0;
    if (before == 0 || before + 1 == text.len)
        return false;
    *type = sv_slice(text.data, before);
    *id = sv_slice(colon + 1, text.len - before - 1);
    return true;
}

struct sv_slice sv_ask_priority(int64_t priority)
{
    static const char names[] = "P0P1P2P3";
    return priority >= 0 && priority < 4 ? sv_slice(names + 2 * priority, 2) : (struct sv_slice){0};
}

struct sv_list_cell sv_ask_text(struct sv_slice text)
{
    return (struct sv_list_cell){.kind = text.len > 0 ? SV_LIST_STRING : SV_LIST_NONE, .text = text};
}

struct sv_list_cell sv_ask_number(bool known, int64_t number)
{
    return (struct sv_list_cell){.kind = known ? SV_LIST_NUMBER : SV_LIST_NONE, .number = number};
}

struct sv_list_cell sv_ask_real(bool known, double real)
{
    return known ? (struct sv_list_cell){.kind = SV_LIST_REAL, .real = real} : (struct sv_list_cell){0};
}

struct sv_list_cell sv_ask_time(int64_t ns)
{
    return (struct sv_list_cell){.kind = ns > 0 ? SV_LIST_TIME : SV_LIST_NONE, .number = ns};
}

void sv_ask_free(struct sv_ask *ask)
{
    for (size_t i = 0; i < SV_ASK_KINDS; i++)
        sv_free(ask->which[i].items);
    memset(ask->which, 0, sizeof ask->which);
}
