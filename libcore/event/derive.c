/* SPDX-License-Identifier: ISC */
#include "event/derive.h"

#include "base/utf8.h"

enum { NAME_MAX_BYTES = 40 };

struct kind {
    const char *name; /* in lower case */
    const char *kind;
};

/* Sorted by name. */
static const struct kind kinds[] = {
    {"agent", "agent"},
    {"apply_patch", "write"},
    {"applypatch", "write"},
    {"bash", "shell"},
    {"bash_output", "shell"},
    {"bashoutput", "shell"},
    {"browse", "net"},
    {"browse_interactive", "net"},
    {"close_agent", "agent"},
    {"codebase_search", "read"},
    {"container.exec", "shell"},
    {"create_file", "write"},
    {"delegate", "agent"},
    {"delete_file", "write"},
    {"edit", "write"},
    {"edit_file", "write"},
    {"edit_notebook", "write"},
    {"exec", "shell"},
    {"exec_command", "shell"},
    {"execute_bash", "shell"},
    {"execute_command", "shell"},
    {"fetch", "net"},
    {"find", "read"},
    {"glob", "read"},
    {"google_web_search", "net"},
    {"grep", "read"},
    {"grep_files", "read"},
    {"grep_search", "read"},
    {"http_request", "net"},
    {"insert_edit_into_file", "write"},
    {"killbash", "shell"},
    {"killshell", "shell"},
    {"list_dir", "read"},
    {"list_directory", "read"},
    {"list_files", "read"},
    {"local_shell", "shell"},
    {"local_shell_call", "shell"},
    {"ls", "read"},
    {"multiedit", "write"},
    {"notebookedit", "write"},
    {"notebookread", "read"},
    {"open_url", "net"},
    {"powershell", "shell"},
    {"read", "read"},
    {"read_file", "read"},
    {"read_files", "read"},
    {"read_many_files", "read"},
    {"replace", "write"},
    {"resume_agent", "agent"},
    {"run", "shell"},
    {"run_command", "shell"},
    {"run_in_terminal", "shell"},
    {"run_ipython", "shell"},
    {"run_shell_command", "shell"},
    {"run_terminal_cmd", "shell"},
    {"search_file_content", "read"},
    {"search_files", "read"},
    {"search_replace", "write"},
    {"send_input", "agent"},
    {"send_message", "agent"},
    {"sendmessage", "agent"},
    {"shell", "shell"},
    {"shell_command", "shell"},
    {"spawn_agent", "agent"},
    {"str_replace_based_edit_tool", "write"},
    {"str_replace_editor", "write"},
    {"task", "agent"},
    {"terminal", "shell"},
    {"unified_exec", "shell"},
    {"view", "read"},
    {"view_file", "read"},
    {"view_image", "read"},
    {"wait_agent", "agent"},
    {"web_fetch", "net"},
    {"web_search", "net"},
    {"web_search_call", "net"},
    {"webfetch", "net"},
    {"websearch", "net"},
    {"write", "write"},
    {"write_file", "write"},
    {"write_stdin", "shell"},
    {"write_to_file", "write"},
};

struct sv_slice sv_derive_tool_kind(struct sv_slice tool)
{
    char name[NAME_MAX_BYTES];
    if (sv_slice_starts(tool, SV_SLICE("functions."))) /* as some Codex versions write it */
        tool = sv_slice(tool.data + 10, tool.len - 10);
    if (sv_slice_starts(tool, SV_SLICE("mcp__")) || sv_slice_starts(tool, SV_SLICE("mcp_")))
        return SV_SLICE("mcp");
    if (tool.len == 0 || tool.len > sizeof name)
        return SV_SLICE("other");
    for (size_t i = 0; i < tool.len; i++)
        name[i] = (char)(tool.data[i] >= 'A' && tool.data[i] <= 'Z' ? tool.data[i] | 0x20 : tool.data[i]);
    size_t low = 0, high = sizeof kinds / sizeof *kinds;
    while (low < high) {
        size_t middle = low + (high - low) / 2;
        int order = sv_slice_compare(sv_slice(name, tool.len), sv_slice_str(kinds[middle].name));
        if (order == 0)
            return sv_slice_str(kinds[middle].kind);
        if (order < 0)
            high = middle;
        else
            low = middle + 1;
    }
    return SV_SLICE("other");
}

/* The first of these members that is a string, or else a list if lists are wanted. */
static struct sv_value first_of(struct sv_value args, const char *const *names, bool lists)
{
    struct sv_value key, value, found = sv_value_of(SV_ABSENT);
    size_t best = (size_t)-1;
    for (struct sv_json_iter it = sv_json_iter(args); sv_json_next(&it, &key, &value);) {
        char plain[6 * 16]; /* the longest of the names, each of its bytes as an escape */
        struct sv_slice name = sv_value_raw(key);
        if (key.flags & SV_ESCAPED && name.len <= sizeof plain)
            name = sv_slice(plain, sv_json_unescape(name, plain));
        if ((value.type != SV_STRING && !(lists && sv_value_is_array(value))) || value.len == 0)
            continue;
        for (size_t i = 0; names[i] != NULL && i <= best; i++)
            if (sv_slice_is(name, names[i])) {
                best = i;
                found = value;
            }
    }
    return found;
}

static bool is_shell(struct sv_slice word)
{
    static const char *const names[] = {"bash", "sh", "zsh", "dash", "ksh", "fish", "pwsh", "powershell", "powershell.exe"};
    for (size_t i = word.len; i > 0; i--)
        if (word.data[i - 1] == '/') {
            word = sv_slice(word.data + i, word.len - i);
            break;
        }
    for (size_t i = 0; i < sizeof names / sizeof *names; i++)
        if (sv_slice_is(word, names[i]))
            return true;
    return false;
}

/* -c, -lc, -ic, -Command */
static bool is_command_flag(struct sv_slice word)
{
    return word.len >= 2 && word.data[0] == '-' && word.data[1] != '-' &&
           (word.data[word.len - 1] == 'c' || sv_slice_is(word, "-Command"));
}

static struct sv_value command_of_list(struct sv_value list, struct sv_arena *arena)
{
    struct sv_value word[3] = {{0}}, item;
    size_t count = 0, size = 0;
    for (struct sv_json_iter it = sv_json_iter(list); sv_json_next(&it, NULL, &item); count++) {
        if (item.type != SV_STRING)
            return sv_value_of(SV_ABSENT);
        if (count < 3)
            word[count] = item;
        size += item.len + 1;
    }
    if (count >= 3 && is_shell(sv_value_raw(word[0])) && is_command_flag(sv_value_raw(word[1])))
        return word[2];
    if (count == 0)
        return sv_value_of(SV_ABSENT);
    char *text = sv_arena_alloc(arena, size), *to = text;
    for (struct sv_json_iter it = sv_json_iter(list); sv_json_next(&it, NULL, &item);) {
        if (to > text)
            *to++ = ' ';
        if (item.flags & SV_ESCAPED) {
            to += sv_json_unescape(sv_value_raw(item), to);
        } else {
            memcpy(to, item.s, item.len);
            to += item.len;
        }
    }
    return sv_value_str(sv_slice(text, (size_t)(to - text)));
}

/* The first file that a patch in apply_patch's form names. */
static struct sv_value path_of_patch(struct sv_value patch, struct sv_arena *arena)
{
    static const char *const marks[] = {"*** Update File: ", "*** Add File: ", "*** Delete File: "};
    struct sv_slice text = sv_value_string(&patch, arena);
    while (text.len > 0) {
        const char *stop = memchr(text.data, '\n', text.len);
        size_t len = stop != NULL ? (size_t)(stop - text.data) : text.len;
        for (size_t i = 0; i < sizeof marks / sizeof *marks; i++) {
            size_t mark = strlen(marks[i]);
            if (len > mark && memcmp(text.data, marks[i], mark) == 0)
                return sv_value_str(sv_slice_trim(sv_slice(text.data + mark, len - mark)));
        }
        len += stop != NULL;
        text = sv_slice(text.data + len, text.len - len);
    }
    return sv_value_of(SV_ABSENT);
}

static bool wants(const struct sv_event *event, const bool *used, enum sv_field field)
{
    return used[field] && event->slots[field].type == SV_ABSENT;
}

void sv_derive_tool_fields(struct sv_event *event, const bool *used)
{
    static const char *const commands[] = {"command", "cmd", "script", NULL};
    static const char *const paths[] = {"file_path", "path",        "notebook_path", "filePath", "filename",
                                        "file",      "target_file", "absolute_path", "dir_path", NULL};
    static const char *const urls[] = {"url", "uri", NULL};
    struct sv_value *slots = event->slots, args = slots[SV_F_ARGS];
    if (slots[SV_F_TOOL].type != SV_STRING)
        return;
    struct sv_slice kind = sv_derive_tool_kind(sv_event_text(event, SV_F_TOOL));
    if (wants(event, used, SV_F_TOOL_KIND))
        slots[SV_F_TOOL_KIND] = sv_value_str(kind);
    bool is_shell_like = sv_slice_is(kind, "shell"), is_open = sv_slice_is(kind, "mcp") || sv_slice_is(kind, "other");
    if (args.type == SV_STRING) {
        if (is_shell_like && wants(event, used, SV_F_COMMAND))
            slots[SV_F_COMMAND] = args;
        else if (sv_slice_is(kind, "write") && wants(event, used, SV_F_PATH))
            slots[SV_F_PATH] = path_of_patch(args, event->arena);
        return;
    }
    if (!sv_value_is_object(args))
        return;
    if ((is_shell_like || is_open) && wants(event, used, SV_F_COMMAND)) {
        struct sv_value command = first_of(args, commands, true);
        slots[SV_F_COMMAND] = command.type == SV_JSON ? command_of_list(command, event->arena) : command;
    }
    if (!is_shell_like && wants(event, used, SV_F_PATH)) {
        static const char *const patches[] = {"patch", "input", NULL};
        slots[SV_F_PATH] = first_of(args, paths, false);
        if (slots[SV_F_PATH].type == SV_ABSENT && sv_slice_is(kind, "write")) {
            struct sv_value patch = first_of(args, patches, false);
            if (patch.type == SV_STRING)
                slots[SV_F_PATH] = path_of_patch(patch, event->arena);
        }
    }
    if (!is_shell_like && wants(event, used, SV_F_URL))
        slots[SV_F_URL] = first_of(args, urls, false);
}

struct sv_slice sv_derive_agent(struct sv_arena *arena, const char *tool, struct sv_slice cwd, struct sv_slice session)
{
    while (cwd.len > 1 && (cwd.data[cwd.len - 1] == '/' || cwd.data[cwd.len - 1] == '\\'))
        cwd.len--;
    size_t at = cwd.len;
    while (at > 0 && cwd.data[at - 1] != '/' && cwd.data[at - 1] != '\\')
        at--;
    struct sv_slice last = session;
    if (at < cwd.len) {
        last = sv_slice(cwd.data + at, cwd.len - at);
    } else { /* none, or the root */
        size_t count = sv_utf8_valid(session) ? sv_utf8_count(session) : 0;
        last.len = count > 8 ? sv_utf8_offset(session, 8) : session.len;
    }
    return last.len > 0 ? sv_arena_printf(arena, "%s:%.*s", tool, SV_ARG(last)) : sv_arena_printf(arena, "%s", tool);
}
