/* SPDX-License-Identifier: ISC */
#include "base/framing.h"

/* The state behind one byte that ends no record. */
static enum sv_framing_state step(enum sv_framing_state state, char c)
{
    switch (state) {
    case SV_FRAMING_START:
        return c == '"' ? SV_FRAMING_INSIDE : c == ',' ? SV_FRAMING_START : SV_FRAMING_PLAIN;
    case SV_FRAMING_PLAIN:
        return c == ',' ? SV_FRAMING_START : SV_FRAMING_PLAIN;
    case SV_FRAMING_INSIDE:
        return c == '"' ? SV_FRAMING_SHUT : SV_FRAMING_INSIDE;
    case SV_FRAMING_SHUT:
        return c == '"' ? SV_FRAMING_INSIDE : c == ',' ? SV_FRAMING_START : c == '\r' ? SV_FRAMING_RETURN : SV_FRAMING_BROKEN;
    default:
        return SV_FRAMING_BROKEN;
    }
}

static const char *scan_quoted(struct sv_slice bytes, enum sv_framing_state *state)
{
    const char *p = bytes.data, *end = sv_slice_end(bytes);
    while (p < end) {
        if (*state == SV_FRAMING_INSIDE) { /* the only state in which a LF is text */
            p = memchr(p, '"', (size_t)(end - p));
            if (p == NULL)
                return NULL;
            *state = SV_FRAMING_SHUT;
            p++;
            continue;
        }
        const char *stop = memchr(p, '\n', (size_t)(end - p)), *line_end = stop != NULL ? stop : end;
        if (*state == SV_FRAMING_BROKEN)
            return stop;
        if (memchr(p, '"', (size_t)(line_end - p)) == NULL && *state <= SV_FRAMING_PLAIN) { /* most lines */
            if (line_end > p)
                *state = line_end[-1] == ',' ? SV_FRAMING_START : SV_FRAMING_PLAIN;
            return stop;
        }
        while (p < line_end && *state != SV_FRAMING_INSIDE && *state != SV_FRAMING_BROKEN)
            *state = step(*state, *p++);
        if (*state != SV_FRAMING_INSIDE && *state != SV_FRAMING_BROKEN)
            return stop;
    }
    return NULL;
}

const char *sv_framing_scan(enum sv_framing framing, struct sv_slice bytes, enum sv_framing_state *state)
{
    if (framing == SV_FRAMING_QUOTED)
        return scan_quoted(bytes, state);
    return bytes.len > 0 ? memchr(bytes.data, '\n', bytes.len) : NULL;
}

bool sv_framing_may_end(enum sv_framing_state state)
{
    return state <= SV_FRAMING_PLAIN || state == SV_FRAMING_SHUT;
}

const char *sv_framing_flaw(struct sv_slice first_line, size_t *at)
{
    enum sv_framing_state state = SV_FRAMING_START;
    *at = 0;
    for (size_t i = 0; i < first_line.len; i++) {
        enum sv_framing_state next = step(state, first_line.data[i]);
        if (next == SV_FRAMING_INSIDE && state == SV_FRAMING_START)
            *at = i; /* the last quote that was opened */
        if (next == SV_FRAMING_BROKEN) {
            *at = i;
            return "text behind the closing quote of a cell (a quote inside a quoted cell is written twice)";
        }
        state = next;
    }
    if (state == SV_FRAMING_RETURN)
        return "a lone carriage return behind the closing quote of a cell";
    return "the quote opened here is not closed";
}
