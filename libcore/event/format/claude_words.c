/* SPDX-License-Identifier: ISC */
#include "event/format/claude_words.h"

#include "event/format/piece.h"

static enum sv_claude_block block_kind(struct sv_slice type)
{
    if (sv_slice_is(type, "text"))
        return SV_CLAUDE_TEXT;
    if (sv_slice_is(type, "thinking") || sv_slice_is(type, "redacted_thinking"))
        return SV_CLAUDE_THINKING;
    if (sv_slice_is(type, "tool_use") || sv_slice_is(type, "server_tool_use") || sv_slice_is(type, "mcp_tool_use"))
        return SV_CLAUDE_CALL;
    return sv_slice_ends(type, SV_SLICE("tool_result")) ? SV_CLAUDE_RESULT : SV_CLAUDE_OTHER; /* also mcp_..., web_search_... */
}

struct sv_claude_parts sv_claude_parts(struct sv_value block, struct sv_arena *arena)
{
    struct sv_claude_parts parts = {0};
    struct sv_value key, value;
    for (struct sv_json_iter it = sv_json_iter(block); sv_json_next(&it, &key, &value);) {
        struct sv_slice name = sv_value_string(&key, arena);
        if (sv_slice_is(name, "type"))
            parts.kind = value.type == SV_STRING ? block_kind(sv_value_string(&value, arena)) : SV_CLAUDE_OTHER;
        else if (sv_slice_is(name, "id") || sv_slice_is(name, "tool_use_id"))
            parts.id = value;
        else if (sv_slice_is(name, "name"))
            parts.name = value;
        else if (sv_slice_is(name, "input"))
            parts.input = value;
        else if (sv_slice_is(name, "content"))
            parts.content = value;
        else if (sv_slice_is(name, "text") || sv_slice_is(name, "thinking"))
            parts.text = value;
        else if (sv_slice_is(name, "is_error"))
            parts.is_error = value;
    }
    return parts;
}

static bool has(struct sv_slice text, const char *part)
{
    return sv_slice_find(text, sv_slice_str(part)) != NULL;
}

static bool begins(struct sv_slice *text, const char *with)
{
    struct sv_slice prefix = sv_slice_str(with);
    if (!sv_slice_starts(*text, prefix))
        return false;
    *text = sv_slice(text->data + prefix.len, text->len - prefix.len);
    return true;
}

/* What kind of failure: the transcript tells them apart by the program's own words only, at the text's beginning. */
static const char *failure(struct sv_slice text)
{
    struct sv_slice rest = text;
    if (begins(&rest, "The user doesn't want to ") || begins(&rest, "This command requires approval") ||
        begins(&rest, "User rejected") || begins(&rest, "Hook PreToolUse:") ||
        (begins(&rest, "PreToolUse:") && has(rest, "hook")) || has(sv_piece_line(text), "operation blocked by hook") ||
        (begins(&rest, "Permission to use ") && has(rest, " denied")) ||
        (begins(&rest, "Claude requested permissions to ") && has(rest, "haven't granted it")) ||
        (begins(&rest, "This Bash command contains multiple operations") && has(rest, "requires approval")) ||
        has(sv_piece_line(text), "was blocked. For security, Claude Code may only"))
        return "denied";
    if (begins(&rest, "Sibling tool call errored") || begins(&rest, "Cancelled: parallel tool call") ||
        begins(&rest, "[Request interrupted by user") || begins(&rest, "Interrupted by user") ||
        begins(&rest, "Tool execution was interrupted"))
        return "cancelled";
    return begins(&rest, "Command timed out") ? "timeout" : "error";
}

/* `Exit code N` is how a shell's failure begins. */
static bool take_exit_code(struct sv_slice *text, int64_t *code)
{
    struct sv_slice rest = *text;
    if (!begins(&rest, "Exit code "))
        return false;
    size_t digits = 0;
    int64_t value = 0;
    while (digits < rest.len && digits < 6 && rest.data[digits] >= '0' && rest.data[digits] <= '9')
        value = value * 10 + (rest.data[digits++] - '0');
    if (digits == 0 || (digits < rest.len && rest.data[digits] != '\n'))
        return false;
    *code = value;
    *text = sv_slice_trim(sv_slice(rest.data + digits, rest.len - digits));
    return true;
}

void sv_claude_failure(struct sv_event *event, struct sv_slice head)
{
    int64_t code;
    head = sv_slice_trim(head);
    begins(&head, "<tool_use_error>");
    begins(&head, "Error: ");
    struct sv_slice first = sv_piece_line(head);
    if (take_exit_code(&head, &code))
        event->slots[SV_F_EXIT_CODE] = sv_value_int(code);
    sv_event_set_str(event, SV_F_STATUS, failure(head));
    if (sv_slice_ends(first, SV_SLICE("</tool_use_error>")))
        first.len -= sizeof "</tool_use_error>" - 1;
    sv_piece_set(event, SV_F_ERROR, first);
}
