/* SPDX-License-Identifier: ISC */
#include "event/format.h"

extern const struct sv_format sv_format_claude, sv_format_claude_hook, sv_format_claude_stream, sv_format_codex,
    sv_format_codex_exec, sv_format_csv, sv_format_gemini, sv_format_logfmt, sv_format_other, sv_format_sv;

/* In the order in which `auto` asks; the native format claims whatever nobody else does. */
static const struct sv_format *const formats[] = {&sv_format_claude_hook, &sv_format_claude, &sv_format_claude_stream,
                                                 &sv_format_codex, &sv_format_codex_exec, &sv_format_gemini, &sv_format_csv,
                                                 &sv_format_logfmt, &sv_format_other, &sv_format_sv};

const struct sv_format *sv_format_at(size_t index)
{
    return index < sizeof formats / sizeof *formats ? formats[index] : NULL;
}

const struct sv_format *sv_format_find(struct sv_slice name)
{
    const struct sv_format *format = NULL;
    for (size_t i = 0; (format = sv_format_at(i)) != NULL; i++)
        if (sv_slice_is(name, format->name))
            break;
    return format;
}

const struct sv_format *sv_format_of_line(struct sv_slice line, bool is_first)
{
    const struct sv_format *format = NULL;
    if (line.len > 0 && (line.data[0] == '{' || line.data[0] == '[')) /* no name of a column or key begins so: mostly JSON, and long */
        return NULL;
    for (size_t i = 0; (format = sv_format_at(i)) != NULL; i++)
        if (format->claims != NULL && format->claims(line, is_first))
            break;
    return format;
}
