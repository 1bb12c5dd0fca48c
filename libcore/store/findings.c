/* SPDX-License-Identifier: ISC */
/* What was found when a store was looked over. */
#include <stdarg.h>
#include <stdio.h>
#include <string.h>

#include "store/private.h"

static struct sv_store_finding *append(struct sv_store_findings *out, enum sv_check_state state, const char *check)
{
    if (out->count == out->capacity) {
        out->capacity = out->capacity > 0 ? 2 * out->capacity : 16;
        out->items = sv_realloc(out->items, out->capacity * sizeof *out->items);
    }
    out->found += state == SV_CHECK_FOUND;
    out->items[out->count] = (struct sv_store_finding){.state = state, .check = check};
    return &out->items[out->count++];
}

void sv_finding_add(struct sv_store_findings *out, enum sv_check_state state, const char *check, const char *format, ...)
{
    struct sv_buf text = {0};
    char *room = sv_buf_room(&text, 1000);
    va_list args;
    va_start(args, format);
    int len = vsnprintf(room, 1000, format, args);
    va_end(args);
    text.len = len < 0 ? 0 : len < 1000 ? (size_t)len : 999;
    append(out, state, check)->what = sv_arena_dup(&out->arena, sv_buf_slice(&text));
    sv_buf_free(&text);
}

/* For a shell: in quotes where it needs them. */
static void put_word(struct sv_buf *out, const char *word)
{
    static const char plain[] = "abcdefghijklmnopqrstuvwxyzABCDEFGHIJKLMNOPQRSTUVWXYZ0123456789/._-+:@%,";
    if (word[0] != '\0' && word[strspn(word, plain)] == '\0') {
        sv_buf_str(out, word);
        return;
    }
    sv_buf_char(out, '\'');
    for (; *word != '\0'; word++)
        if (*word == '\'')
            sv_buf_str(out, "'\\''");
        else
            sv_buf_char(out, *word);
    sv_buf_char(out, '\'');
}

void sv_finding_repair(struct sv_store_findings *out, const char *command, const char *path)
{
    struct sv_buf text = {0};
    sv_buf_str(&text, command);
    if (path != NULL) {
        sv_buf_char(&text, ' ');
        put_word(&text, path);
    }
    out->items[out->count - 1].repair = sv_arena_dup(&out->arena, sv_buf_slice(&text));
    sv_buf_free(&text);
}

void sv_store_findings_free(struct sv_store_findings *findings)
{
    sv_free(findings->items);
    sv_arena_free(&findings->arena);
    *findings = (struct sv_store_findings){0};
}
