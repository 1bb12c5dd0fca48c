/* SPDX-License-Identifier: ISC */
/* claude_words.h - blocks of a message as Claude's programs write them, and what their words say about a failure.
 *
 * Floor: event; uses json, base. Private to event/format/. */
#ifndef SV_CLAUDE_WORDS_H
#define SV_CLAUDE_WORDS_H

#include "event/format.h"

enum sv_claude_block { SV_CLAUDE_OTHER, SV_CLAUDE_TEXT, SV_CLAUDE_THINKING, SV_CLAUDE_CALL, SV_CLAUDE_RESULT };

/* Members of a block, as they stand there. */
struct sv_claude_parts {
    enum sv_claude_block kind;
    struct sv_value id, name, input, content, text, is_error;
};

struct sv_claude_parts sv_claude_parts(struct sv_value block, struct sv_arena *arena);

/* Fills status (error denied cancelled timeout), error and exit_code of a failed result from the beginning of its text: only the
 * program's own words tell refusals from failures. */
void sv_claude_failure(struct sv_event *event, struct sv_slice head);

#endif
