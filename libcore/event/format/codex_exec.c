/* SPDX-License-Identifier: ISC */
/* Codex without a terminal: what `codex exec --json` prints.
 *
 * There is no clock, and the thread is named in the first line only. An item is told when it begins and again when it is done:
 * call and result share its id. What begins and ends at once (a patch, a command that was declined) is told when it is done and
 * gives both. Usage is the thread's running total, repeated with every turn (codex-rs, usage_from_last_total): a turn is told
 * what it adds. */
#include "base/limits.h"
#include "event/derive.h"
#include "event/format/piece.h"
#include "event/format/state.h"

enum slot {
    TYPE, TIME, THREAD, TURN, MODEL, MESSAGE, STATUS, DURATION,
    ERROR, E_MESSAGE,
    ITEM, ID, KIND, TEXT, I_MESSAGE, COMMAND, OUTPUT, EXIT_CODE, I_STATUS, CHANGES, SERVER, TOOL, ARGUMENTS, RESULT, R_CONTENT, I_ERROR,
    IE_MESSAGE, QUERY, SENDER,
    USAGE, U_INPUT, U_CACHED, U_WRITTEN, U_OUTPUT, U_REASONING,
    SLOTS
};

enum { HEAD = 600, NUMBERS = U_REASONING - U_INPUT + 1 };

struct state {
    struct sv_piece_word thread, agent, turn;
    bool is_started;
    int64_t total[NUMBERS];
    struct sv_piece_calls open; /* items that have begun */
};

/* One record while it is read. */
struct line {
    struct sv_reader *reader;
    struct state *state;
    struct sv_arena *arena;
    struct sv_value v[SLOTS], whole, ext;
};

static const struct sv_paths *paths(void)
{
    static struct sv_paths *tree;
    static const struct sv_piece_path wanted[] = {
        {TYPE, SV_PIECE_TOP, "type"}, {TIME, SV_PIECE_TOP, "timestamp"}, {THREAD, SV_PIECE_TOP, "thread_id"},
        {TURN, SV_PIECE_TOP, "turn_id"}, {MODEL, SV_PIECE_TOP, "model"}, {MESSAGE, SV_PIECE_TOP, "message"},
        {STATUS, SV_PIECE_TOP, "status"}, {DURATION, SV_PIECE_TOP, "duration_ms"},
        {ERROR, SV_PIECE_TOP, "error"}, {E_MESSAGE, ERROR, "message"},
        {ITEM, SV_PIECE_TOP, "item"}, {ID, ITEM, "id"}, {KIND, ITEM, "type"}, {TEXT, ITEM, "text"}, {I_MESSAGE, ITEM, "message"},
        {COMMAND, ITEM, "command"}, {OUTPUT, ITEM, "aggregated_output"}, {EXIT_CODE, ITEM, "exit_code"},
        {I_STATUS, ITEM, "status"}, {CHANGES, ITEM, "changes"}, {SERVER, ITEM, "server"}, {TOOL, ITEM, "tool"},
        {ARGUMENTS, ITEM, "arguments"}, {RESULT, ITEM, "result"}, {R_CONTENT, RESULT, "content"}, {I_ERROR, ITEM, "error"},
        {IE_MESSAGE, I_ERROR, "message"}, {QUERY, ITEM, "query"}, {SENDER, ITEM, "sender_thread_id"},
        {USAGE, SV_PIECE_TOP, "usage"}, {U_INPUT, USAGE, "input_tokens"}, {U_CACHED, USAGE, "cached_input_tokens"},
        {U_WRITTEN, USAGE, "cache_write_input_tokens"}, {U_OUTPUT, USAGE, "output_tokens"},
        {U_REASONING, USAGE, "reasoning_output_tokens"},
    };
    return sv_piece_paths(&tree, wanted, sizeof wanted / sizeof *wanted);
}

static struct sv_slice plain(struct line *line, enum slot slot)
{
    return sv_piece_plain(&line->v[slot], line->arena);
}

/* --- who acts --- */

static void set_agent(struct line *line, struct sv_event *event)
{
    struct sv_slice base = sv_piece_kept(&line->state->agent), sender = plain(line, SENDER);
    if (base.len == 0)
        base = SV_SLICE("codex");
    sv_piece_set(event, SV_F_AGENT, base);
    if (sender.len == 0 || sv_slice_equal(sender, sv_piece_kept(&line->state->thread)))
        return;
    sv_piece_set(event, SV_F_PARENT_AGENT, base);
    sv_piece_set(event, SV_F_AGENT, sv_arena_printf(line->arena, "%.*s/%.*s", SV_ARG(base), SV_ARG(sender)));
}

static struct sv_event *begin(struct line *line, const char *type)
{
    struct sv_event *event = sv_reader_event(line->reader);
    sv_event_set_str(event, SV_F_TYPE, type);
    event->slots[SV_F_TIME] = line->v[TIME];
    event->slots[SV_F_EXT] = line->ext;
    event->slots[SV_F_MODEL] = line->v[MODEL];
    sv_piece_set(event, SV_F_SESSION, sv_piece_kept(&line->state->thread));
    sv_piece_set(event, SV_F_TURN, sv_piece_kept(&line->state->turn));
    set_agent(line, event);
    return event;
}

static void emit_note(struct line *line)
{
    static const char *const nothing[] = {NULL};
    line->ext = sv_piece_leftover(line->reader, line->whole, nothing);
    struct sv_event *event = begin(line, "note");
    event->slots[SV_F_TEXT] = line->v[I_MESSAGE].type == SV_STRING ? line->v[I_MESSAGE] : line->v[MESSAGE];
    sv_reader_emit(line->reader, 0);
}

/* --- thread and turns --- */

/* A run names its thread once. One that goes on with a thread goes on with its totals, too, but numbers its items anew. */
static void read_thread(struct line *line)
{
    struct state *state = line->state;
    struct sv_slice thread = plain(line, THREAD);
    bool is_other = !state->is_started || !sv_slice_equal(thread, sv_piece_kept(&state->thread));
    memset(&state->open, 0, sizeof state->open);
    state->turn.len = 0;
    if (!is_other) {
        emit_note(line);
        return;
    }
    memset(state->total, 0, sizeof state->total);
    state->is_started = true;
    sv_piece_keep(&state->thread, thread);
    sv_piece_keep(&state->agent, sv_derive_agent(line->arena, "codex", SV_SLICE(""), thread));
    struct sv_event *event = begin(line, "session.start");
    event->slots[SV_F_ID] = sv_piece_id(&line->v[THREAD], SV_PART_START, line->arena);
    sv_reader_emit(line->reader, SV_PART_START);
}

static void begin_turn(struct line *line)
{
    sv_piece_keep(&line->state->turn, plain(line, TURN));
    begin(line, "turn.start");
    sv_reader_emit(line->reader, 0);
}

/* What the total has grown by; a total that has shrunk began anew. */
static void set_usage(struct line *line, struct sv_event *event)
{
    static const enum sv_field fields[NUMBERS] = {SV_F_INPUT_TOKENS, SV_F_CACHE_READ_TOKENS, SV_F_CACHE_WRITE_TOKENS,
                                                  SV_F_OUTPUT_TOKENS, SV_F_REASONING_TOKENS};
    int64_t now[NUMBERS], *total = line->state->total;
    bool is_more = true;
    if (!sv_value_is_object(line->v[USAGE]))
        return;
    for (int i = 0; i < NUMBERS; i++) {
        now[i] = sv_piece_tokens(line->v[U_INPUT + i]);
        is_more = is_more && now[i] >= total[i];
    }
    for (int i = 0; i < NUMBERS; i++) {
        bool is_told = i < 2 || fields[i] == SV_F_OUTPUT_TOKENS || line->v[U_INPUT + i].type == SV_INT;
        if (is_told)
            event->slots[fields[i]] = sv_value_int(now[i] - (is_more ? total[i] : 0));
        total[i] = now[i];
    }
}

static void end_turn(struct line *line, bool has_failed)
{
    struct sv_slice status = plain(line, STATUS);
    has_failed = has_failed || sv_slice_is(status, "failed") || sv_slice_is(status, "error") || line->v[E_MESSAGE].type == SV_STRING;
    bool is_cancelled = sv_slice_is(status, "interrupted") || sv_slice_is(status, "cancelled");
    struct sv_event *event = begin(line, "turn.end");
    sv_event_set_str(event, SV_F_STATUS, has_failed ? "error" : is_cancelled ? "cancelled" : "ok");
    event->slots[SV_F_ERROR] = line->v[E_MESSAGE].type == SV_STRING || !has_failed ? line->v[E_MESSAGE] : line->v[MESSAGE];
    event->slots[SV_F_DURATION_MS] = line->v[DURATION];
    set_usage(line, event);
    sv_reader_emit(line->reader, SV_PART_END);
}

/* --- items --- */

enum kind { K_NONE, K_COMMAND, K_PATCH, K_MCP, K_SEARCH, K_COLLAB };

static enum kind kind_of(struct sv_slice kind)
{
    static const char *const names[] = {[K_COMMAND] = "command_execution", [K_PATCH] = "file_change", [K_MCP] = "mcp_tool_call",
                                        [K_SEARCH] = "web_search", [K_COLLAB] = "collab_tool_call"};
    for (int i = K_COMMAND; i <= K_COLLAB; i++)
        if (sv_slice_is(kind, names[i]))
            return (enum kind)i;
    return K_NONE;
}

/* The tool as the agent knows it. */
static struct sv_slice tool_of(struct line *line, enum kind kind)
{
    struct sv_slice tool = plain(line, TOOL);
    switch (kind) {
    case K_COMMAND:
        return SV_SLICE("shell");
    case K_PATCH:
        return SV_SLICE("apply_patch");
    case K_SEARCH:
        return SV_SLICE("web_search");
    case K_MCP:
        return sv_arena_printf(line->arena, "mcp__%.*s__%.*s", SV_ARG(plain(line, SERVER)), SV_ARG(tool));
    default:
        return tool;
    }
}

static bool is_shell(struct sv_slice word)
{
    static const char *const names[] = {"bash", "sh", "zsh", "dash", "ksh"};
    for (size_t i = word.len; i > 0; i--)
        if (word.data[i - 1] == '/')
            word = sv_slice(word.data + i, word.len - i), i = 1;
    for (size_t i = 0; i < sizeof names / sizeof *names; i++)
        if (sv_slice_is(word, names[i]))
            return true;
    return false;
}

/* Takes one word of a POSIX shell off the front of *text into out, which has room for all of text; false if it ends inside quotes. */
static bool take_word(struct sv_slice *text, char *out, size_t *len)
{
    const char *p = text->data, *end = p + text->len;
    char quote = 0;
    *len = 0;
    for (; p < end && (quote != 0 || (*p != ' ' && *p != '\t' && *p != '\n')); p++) {
        if (quote == 0 && (*p == '\'' || *p == '"')) {
            quote = *p;
        } else if (*p == quote) {
            quote = 0;
        } else if (*p == '\\' && quote != '\'' && p + 1 < end && (quote == 0 || strchr("\\\"$`\n", p[1]) != NULL)) {
            p++;
            if (*p != '\n')
                out[(*len)++] = *p;
        } else {
            out[(*len)++] = *p;
        }
    }
    *text = sv_slice_trim(sv_slice(p, (size_t)(end - p)));
    return quote == 0;
}

/* `bash -lc 'rm x'` is told where `rm x` was asked for. */
static struct sv_slice asked_command(struct sv_slice command, struct sv_arena *arena)
{
    struct sv_slice rest = command;
    char *words = sv_arena_alloc(arena, command.len + 1);
    size_t len;
    if (!take_word(&rest, words, &len) || !is_shell(sv_slice(words, len)))
        return command;
    if (!take_word(&rest, words, &len) || len < 2 || words[0] != '-' || words[1] == '-' || words[len - 1] != 'c')
        return command;
    return take_word(&rest, words, &len) && rest.len == 0 && len > 0 ? sv_slice(words, len) : command;
}

static void set_args(struct line *line, struct sv_event *event, enum kind kind)
{
    struct sv_value *v = line->v, *slots = event->slots;
    switch (kind) {
    case K_COMMAND:
        slots[SV_F_ARGS] = sv_piece_object(line->arena, "command", v[COMMAND]);
        sv_piece_set(event, SV_F_COMMAND, asked_command(plain(line, COMMAND), line->arena));
        break;
    case K_PATCH:
        slots[SV_F_ARGS] = sv_piece_object(line->arena, "changes", v[CHANGES]);
        slots[SV_F_PATH] = sv_json_get(sv_json_at(v[CHANGES], 0), SV_SLICE("path"));
        break;
    case K_SEARCH:
        slots[SV_F_ARGS] = sv_piece_object(line->arena, "query", v[QUERY]);
        break;
    case K_COLLAB: {
        static const char *const known[] = {"id", "type", "tool", "status", "sender_thread_id", "agents_states", NULL};
        slots[SV_F_ARGS] = sv_piece_without(line->arena, v[ITEM], known);
        break;
    }
    default:
        if (v[ARGUMENTS].type != SV_NULL)
            slots[SV_F_ARGS] = v[ARGUMENTS];
    }
}

static void emit_call(struct line *line, enum kind kind)
{
    struct sv_event *event = begin(line, "tool.call");
    event->slots[SV_F_CALL_ID] = line->v[ID];
    sv_piece_set(event, SV_F_TOOL, tool_of(line, kind));
    set_args(line, event, kind);
    sv_reader_emit(line->reader, SV_PART_START);
}

static const char *status_of(struct line *line)
{
    struct sv_slice status = plain(line, I_STATUS);
    if (sv_slice_is(status, "declined") || sv_slice_is(status, "denied") || sv_slice_is(status, "rejected"))
        return "denied";
    if (sv_slice_is(status, "cancelled") || sv_slice_is(status, "interrupted"))
        return "cancelled";
    bool has_failed = sv_slice_is(status, "failed") || sv_slice_is(status, "error") || sv_value_is_object(line->v[I_ERROR]) ||
                      (line->v[EXIT_CODE].type == SV_INT && line->v[EXIT_CODE].i != 0);
    return has_failed ? "error" : "ok";
}

static void emit_result(struct line *line, enum kind kind)
{
    struct sv_value *v = line->v, output = kind == K_COMMAND ? v[OUTPUT] : v[RESULT];
    struct sv_event *event = begin(line, "tool.result");
    const char *status = status_of(line);
    if (output.type == SV_NULL)
        output = sv_value_of(SV_ABSENT);
    event->slots[SV_F_CALL_ID] = v[ID];
    sv_piece_set(event, SV_F_TOOL, tool_of(line, kind));
    event->slots[SV_F_RESULT] = output;
    event->slots[SV_F_RESULT_BYTES] = sv_value_int(sv_piece_text_bytes(v[R_CONTENT].type == SV_JSON ? v[R_CONTENT] : output));
    if (v[EXIT_CODE].type == SV_INT)
        event->slots[SV_F_EXIT_CODE] = v[EXIT_CODE];
    sv_event_set_str(event, SV_F_STATUS, status);
    if (strcmp(status, "ok") != 0)
        sv_piece_set(event, SV_F_ERROR,
                     v[IE_MESSAGE].type == SV_STRING ? plain(line, IE_MESSAGE) : sv_piece_line(sv_piece_head(output, HEAD, line->arena)));
    sv_reader_emit(line->reader, SV_PART_END);
}

static void emit_text(struct line *line, const char *type)
{
    struct sv_event *event = begin(line, type);
    event->slots[SV_F_TEXT] = line->v[TEXT];
    sv_reader_emit(line->reader, 0);
}

static void emit_error(struct line *line, enum slot message)
{
    struct sv_event *event = begin(line, "error");
    sv_event_set_str(event, SV_F_STATUS, "error");
    event->slots[SV_F_ERROR] = line->v[message].type == SV_STRING ? line->v[message] : line->v[E_MESSAGE];
    sv_reader_emit(line->reader, 0);
}

static void read_item(struct line *line, bool is_done)
{
    struct sv_slice name = plain(line, KIND), id = plain(line, ID);
    enum kind kind = kind_of(name);
    if (kind != K_NONE && id.len > 0) {
        bool is_open = sv_piece_call_tool(&line->state->open, id).len > 0;
        if (!is_open)
            emit_call(line, kind);
        if (is_done)
            emit_result(line, kind);
        if (is_done && is_open)
            sv_piece_call_remove(&line->state->open, id);
        else if (!is_done && !is_open)
            sv_piece_call_add(&line->state->open, id, name);
    } else if (is_done && sv_slice_is(name, "agent_message")) {
        emit_text(line, "message.agent");
    } else if (is_done && sv_slice_is(name, "reasoning")) {
        emit_text(line, "message.think");
    } else if (is_done && sv_slice_is(name, "error")) {
        emit_error(line, I_MESSAGE);
    } else {
        emit_note(line); /* the plan, what is half told */
    }
}

static bool record(struct sv_reader *reader, void *state, struct sv_slice text, struct sv_error *err)
{
    static const char *const known[] = {"type",   "timestamp", "thread_id",   "turn_id", "item", "usage",
                                        "status", "error",     "duration_ms", "message", "model", NULL};
    struct line line = {.reader = reader, .state = state, .arena = sv_reader_arena(reader)};
    if (!sv_piece_read(paths(), text, line.v, &line.whole, err))
        return false;
    struct sv_slice type = plain(&line, TYPE);
    line.ext = sv_piece_leftover(reader, line.whole, known);
    if (sv_slice_is(type, "thread.started") && sv_piece_is_text(line.v[THREAD]))
        read_thread(&line);
    else if (sv_slice_is(type, "turn.started"))
        begin_turn(&line);
    else if (sv_slice_is(type, "turn.completed") || sv_slice_is(type, "turn.failed"))
        end_turn(&line, sv_slice_is(type, "turn.failed"));
    else if (sv_slice_is(type, "item.started") || sv_slice_is(type, "item.completed"))
        read_item(&line, sv_slice_is(type, "item.completed"));
    else if (sv_slice_is(type, "error"))
        emit_error(&line, MESSAGE);
    else if (!sv_reader_is_other(reader))
        emit_note(&line);
    return true;
}

/* --- what the rest of the file needs to know --- */

static void save(const void *state_, struct sv_buf *out)
{
    const struct state *state = state_;
    sv_state_put_word(out, &state->thread);
    sv_state_put_word(out, &state->agent);
    sv_state_put_word(out, &state->turn);
    sv_pack_uint(out, state->is_started);
    sv_state_put_counts(out, state->total, NUMBERS);
    sv_state_put_calls(out, &state->open, SV_FORMAT_STATE_MAX / 2);
}

static bool restore(struct sv_reader *reader, void *state_, struct sv_slice bytes)
{
    struct state *state = state_;
    struct sv_unpack in = sv_unpack(bytes);
    (void)reader;
    sv_state_get_word(&in, &state->thread);
    sv_state_get_word(&in, &state->agent);
    sv_state_get_word(&in, &state->turn);
    state->is_started = sv_unpack_uint(&in) != 0;
    sv_state_get_counts(&in, state->total, NUMBERS);
    sv_state_get_calls(&in, &state->open);
    return sv_unpack_is_over(&in);
}

static bool detect(struct sv_value value)
{
    struct sv_value type = sv_json_get(value, SV_SLICE("type"));
    if (type.type != SV_STRING)
        return false;
    struct sv_slice name = sv_value_raw(type);
    if (sv_slice_starts(name, SV_SLICE("item.")))
        return sv_json_get(sv_json_get(value, SV_SLICE("item")), SV_SLICE("type")).type == SV_STRING;
    if (sv_slice_is(name, "thread.started"))
        return sv_json_get(value, SV_SLICE("thread_id")).type == SV_STRING;
    return sv_slice_is(name, "turn.started") || sv_slice_is(name, "turn.completed") || sv_slice_is(name, "turn.failed");
}

const struct sv_format sv_format_codex_exec = {.name = "codex-exec",
                                               .title = "what codex exec --json prints",
                                               .state_size = sizeof(struct state),
                                               .detect = detect,
                                               .record = record,
                                               .save = save,
                                               .restore = restore,
                                               .time = sv_piece_time};
