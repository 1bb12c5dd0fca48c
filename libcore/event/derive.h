/* SPDX-License-Identifier: ISC */
/* derive.h - fields that an event may lack and that follow from its others, the same in every format.
 *
 * Floor: event; uses json, base. */
#ifndef SV_DERIVE_H
#define SV_DERIVE_H

#include "event/event.h"

/* shell read write net agent mcp other, from the tool's name as agents spell it; never empty. */
struct sv_slice sv_derive_tool_kind(struct sv_slice tool);

/* tool_kind, command, path, url where absent, from tool and args (an object; `command` may be a list as Codex writes it:
 * ["bash","-lc","ls"] is "ls", other lists are joined by blanks). Only those that `used` names (indexed by field) are made. */
void sv_derive_tool_fields(struct sv_event *event, const bool *used);

/* `<tool>:<last part of cwd>`, without a cwd `<tool>:<first 8 characters of the session>`, with neither `<tool>`; in arena. */
struct sv_slice sv_derive_agent(struct sv_arena *arena, const char *tool, struct sv_slice cwd, struct sv_slice session);

#endif
