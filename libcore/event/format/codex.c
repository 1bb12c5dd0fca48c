/* SPDX-License-Identifier: ISC */
/* Codex rollouts: ~/.codex/sessions/<year>/<month>/<day>/rollout-<time>-<id>.jsonl.
 *
 * Lines are {timestamp, type, payload}; before mid-2025 the payload stood bare. What is said once (session, cwd, model, approval
 * policy, turn) holds until it is said again. The model's items and the program's own messages tell the same conversation twice:
 * items are read, messages only as long as no item told any. */
#include "base/limits.h"
#include "event/derive.h"
#include "event/format/piece.h"
#include "event/format/state.h"

enum slot {
    TIME, TYPE, PAYLOAD, RECORD_TYPE,
    P_TYPE, ID, CWD, SOURCE, FORKED_FROM, NICKNAME, ROLE_NAME, APPROVAL, MODEL, TURN_ID,
    NAME, ARGUMENTS, CALL_ID, INPUT_TEXT, ACTION, OUTPUT_TEXT, STATUS,
    ROLE, CONTENT, SUMMARY, ENCRYPTED, MESSAGE, TEXT, REASON, DURATION,
    INFO, INFO_MODEL, TOTAL, LAST, RATE_LIMITS, INSTRUCTIONS, GIT,
    T_INPUT, T_CACHED, T_OUTPUT, T_REASONING, T_SUM,
    L_INPUT, L_CACHED, L_OUTPUT, L_REASONING, L_SUM,
    SLOTS
};

enum { HEAD = 600, NUMBERS = 5 };

struct state {
    struct sv_buf session, agent, parent, role, cwd, model, mode, turn, forked_from;
    bool has_session, has_agent, is_started, has_items;
    bool has_total;
    int64_t total[NUMBERS];
    struct sv_piece_calls calls;
    struct sv_buf ext;
};

/* What a file says once, and holds until it is said again. */
#define TEXTS(state)                                                                                                               \
    {                                                                                                                              \
        &(state)->session, &(state)->agent, &(state)->parent, &(state)->role, &(state)->cwd, &(state)->model, &(state)->mode,      \
            &(state)->turn, &(state)->forked_from                                                                                  \
    }

/* One record while it is read. */
struct line {
    struct sv_reader *reader;
    struct state *state;
    struct sv_arena *arena;
    struct sv_value v[SLOTS];
    struct sv_json_rest *rest;
    struct sv_value ext;
};

/* All readers share it; never given back. */
static const struct sv_paths *paths(void)
{
    static struct sv_paths *tree;
    static const struct {
        uint8_t slot, parent;
        const char *key;
    } wanted[] = {
        {P_TYPE, PAYLOAD, "type"},       {ID, PAYLOAD, "id"},
        {CWD, PAYLOAD, "cwd"},           {SOURCE, PAYLOAD, "source"},
        {FORKED_FROM, PAYLOAD, "forked_from_id"}, {NICKNAME, PAYLOAD, "agent_nickname"},
        {ROLE_NAME, PAYLOAD, "agent_role"}, {APPROVAL, PAYLOAD, "approval_policy"},
        {MODEL, PAYLOAD, "model"},       {TURN_ID, PAYLOAD, "turn_id"},
        {NAME, PAYLOAD, "name"},         {ARGUMENTS, PAYLOAD, "arguments"},
        {CALL_ID, PAYLOAD, "call_id"},   {INPUT_TEXT, PAYLOAD, "input"},
        {ACTION, PAYLOAD, "action"},     {OUTPUT_TEXT, PAYLOAD, "output"},
        {STATUS, PAYLOAD, "status"},     {ROLE, PAYLOAD, "role"},
        {CONTENT, PAYLOAD, "content"},   {SUMMARY, PAYLOAD, "summary"},
        {ENCRYPTED, PAYLOAD, "encrypted_content"}, {MESSAGE, PAYLOAD, "message"},
        {TEXT, PAYLOAD, "text"},         {REASON, PAYLOAD, "reason"},
        {DURATION, PAYLOAD, "duration_ms"}, {INFO, PAYLOAD, "info"},
        {RATE_LIMITS, PAYLOAD, "rate_limits"}, {INSTRUCTIONS, PAYLOAD, "instructions"},
        {GIT, PAYLOAD, "git"},           {INFO_MODEL, INFO, "model"},
        {TOTAL, INFO, "total_token_usage"}, {LAST, INFO, "last_token_usage"},
        {T_INPUT, TOTAL, "input_tokens"}, {T_CACHED, TOTAL, "cached_input_tokens"},
        {T_OUTPUT, TOTAL, "output_tokens"}, {T_REASONING, TOTAL, "reasoning_output_tokens"}, {T_SUM, TOTAL, "total_tokens"},
        {L_INPUT, LAST, "input_tokens"}, {L_CACHED, LAST, "cached_input_tokens"},
        {L_OUTPUT, LAST, "output_tokens"}, {L_REASONING, LAST, "reasoning_output_tokens"}, {L_SUM, LAST, "total_tokens"},
    };
    if (tree == NULL) {
        uint32_t node[SLOTS] = {0}, bare;
        tree = sv_paths_new();
        sv_paths_bind(tree, sv_paths_key(tree, SV_PATHS_ROOT, SV_SLICE("timestamp")), TIME);
        sv_paths_bind(tree, sv_paths_key(tree, SV_PATHS_ROOT, SV_SLICE("type")), TYPE);
        sv_paths_bind(tree, sv_paths_key(tree, SV_PATHS_ROOT, SV_SLICE("record_type")), RECORD_TYPE);
        node[PAYLOAD] = sv_paths_key(tree, SV_PATHS_ROOT, SV_SLICE("payload"));
        sv_paths_bind(tree, node[PAYLOAD], PAYLOAD);
        for (size_t i = 0; i < sizeof wanted / sizeof *wanted; i++) {
            struct sv_slice key = sv_slice_str(wanted[i].key);
            node[wanted[i].slot] = sv_paths_key(tree, node[wanted[i].parent], key);
            sv_paths_bind(tree, node[wanted[i].slot], wanted[i].slot);
            if (wanted[i].parent == PAYLOAD && wanted[i].slot != P_TYPE && wanted[i].slot != INFO) {
                bare = sv_paths_key(tree, SV_PATHS_ROOT, key); /* without an envelope */
                sv_paths_bind(tree, bare, wanted[i].slot);
            }
        }
    }
    return tree;
}

static struct sv_slice plain(struct line *line, enum slot slot)
{
    return line->v[slot].type == SV_STRING ? sv_value_string(&line->v[slot], line->arena) : SV_SLICE("");
}

static void set_text(struct sv_event *event, enum sv_field field, struct sv_slice text)
{
    if (text.len > 0)
        sv_event_set(event, field, sv_value_str(text));
}

static struct sv_event *begin(struct line *line, const char *type)
{
    struct sv_event *event = sv_reader_event(line->reader);
    const struct state *state = line->state;
    sv_event_set_str(event, SV_F_TYPE, type);
    event->slots[SV_F_TIME] = line->v[TIME];
    event->slots[SV_F_EXT] = line->ext;
    set_text(event, SV_F_SESSION, sv_buf_slice(&state->session));
    set_text(event, SV_F_AGENT, state->agent.len > 0 ? sv_buf_slice(&state->agent) : SV_SLICE("codex"));
    set_text(event, SV_F_PARENT_AGENT, sv_buf_slice(&state->parent));
    set_text(event, SV_F_AGENT_NAME, sv_buf_slice(&state->role));
    set_text(event, SV_F_CWD, sv_buf_slice(&state->cwd));
    set_text(event, SV_F_MODE, sv_buf_slice(&state->mode));
    set_text(event, SV_F_TURN, sv_buf_slice(&state->turn));
    return event;
}

/* --- what is left over --- */

/* The payload's members that no path wants, the record's own, and for a note its kind. */
static void set_ext(struct line *line, bool is_note)
{
    struct sv_buf *out = &line->state->ext;
    struct sv_value *v = line->v, key, value;
    if (!sv_piece_wants_ext(line->reader))
        return;
    uint32_t node = sv_paths_find(paths(), SV_PATHS_ROOT, SV_SLICE("payload"));
    sv_piece_ext_begin(out);
    if (is_note) {
        sv_piece_ext_add(out, SV_SLICE("type"), v[TYPE]);
        sv_piece_ext_add(out, SV_SLICE("record_type"), v[RECORD_TYPE]);
        sv_piece_ext_add(out, SV_SLICE("payload"), v[PAYLOAD]);
    } else if (!sv_value_is_object(v[PAYLOAD])) {
        sv_piece_ext_add(out, SV_SLICE("payload"), v[PAYLOAD]);
    } else {
        for (struct sv_json_iter it = sv_json_iter(v[PAYLOAD]); sv_json_next(&it, &key, &value);)
            if (sv_paths_find(paths(), node, sv_value_raw(key)) == SV_NO_NODE)
                sv_piece_ext_add(out, sv_value_raw(key), value);
    }
    sv_piece_ext_rest(out, line->rest);
    line->ext = sv_piece_ext_end(out);
}

static void emit_note(struct line *line)
{
    set_ext(line, true);
    begin(line, "note");
    sv_reader_emit(line->reader, 0);
}

/* --- session and turn --- */

static void name_agent(struct line *line)
{
    struct state *state = line->state;
    struct sv_slice cwd = sv_buf_slice(&state->cwd), session = sv_buf_slice(&state->session);
    if (state->has_agent || (cwd.len == 0 && session.len == 0))
        return;
    state->has_agent = cwd.len > 0;
    sv_state_keep(&state->agent, sv_derive_agent(line->arena, "codex", cwd, session));
}

/* A thread that another one started says so in `source`; it is a part of the agent of its folder. */
static void name_part(struct line *line)
{
    struct state *state = line->state;
    struct sv_value spawn = sv_json_get(line->v[SOURCE], SV_SLICE("subagent"));
    if (spawn.type == SV_ABSENT || state->agent.len == 0)
        return;
    struct sv_value role = spawn.type == SV_STRING ? spawn : line->v[ROLE_NAME];
    struct sv_value thread = sv_json_get(spawn, SV_SLICE("thread_spawn"));
    if (sv_value_is_object(thread) && role.type != SV_STRING)
        role = sv_json_get(thread, SV_SLICE("agent_role"));
    if (role.type != SV_STRING)
        role = line->v[NICKNAME];
    if (role.type == SV_STRING)
        sv_state_keep(&state->role, sv_value_string(&role, line->arena));
    sv_state_keep(&state->parent, sv_buf_slice(&state->agent));
    struct sv_slice session = state->session.len > 0 ? sv_buf_slice(&state->session) : SV_SLICE("?");
    sv_state_keep(&state->agent, sv_arena_printf(line->arena, "%.*s/%.*s", SV_ARG(sv_buf_slice(&state->parent)), SV_ARG(session)));
}

static void forget(struct state *state)
{
    struct sv_buf *const all[] = TEXTS(state);
    for (size_t i = 0; i < sizeof all / sizeof *all; i++)
        sv_buf_clear(all[i]);
    state->has_session = state->has_agent = state->is_started = state->has_items = state->has_total = false;
}

/* The first one tells whose file it is. A later one belongs to history that a fork copied, if it is the parent's; else another
 * session begins in the same stream. */
static void read_meta(struct line *line)
{
    struct state *state = line->state;
    struct sv_slice id = sv_state_cut(plain(line, ID));
    if (state->has_session) {
        bool is_own = sv_slice_equal(id, sv_buf_slice(&state->session));
        bool is_copy = id.len > 0 && sv_slice_equal(id, sv_buf_slice(&state->forked_from));
        if (is_copy)
            sv_state_keep(&state->forked_from, plain(line, FORKED_FROM));
        if (is_own || is_copy) {
            emit_note(line);
            return;
        }
        forget(state);
    }
    state->has_session = state->is_started = true;
    sv_state_keep(&state->session, id);
    sv_state_keep(&state->forked_from, plain(line, FORKED_FROM));
    sv_state_keep(&state->cwd, plain(line, CWD));
    name_agent(line);
    name_part(line);
    set_ext(line, false);
    struct sv_event *event = begin(line, state->parent.len > 0 ? "agent.start" : "session.start");
    event->slots[SV_F_ID] = sv_piece_id(&line->v[ID], SV_PART_START, line->arena);
    sv_reader_emit(line->reader, SV_PART_START);
}

static void read_context(struct line *line)
{
    struct state *state = line->state;
    if (sv_piece_is_text(line->v[CWD]))
        sv_state_keep(&state->cwd, plain(line, CWD));
    if (sv_piece_is_text(line->v[MODEL]))
        sv_state_keep(&state->model, plain(line, MODEL));
    if (sv_piece_is_text(line->v[APPROVAL]))
        sv_state_keep(&state->mode, plain(line, APPROVAL));
    if (sv_piece_is_text(line->v[TURN_ID]))
        sv_state_keep(&state->turn, plain(line, TURN_ID));
    name_agent(line);
    emit_note(line);
}

/* --- tokens --- */

/* Each record repeats running totals, often unchanged, and they may begin anew: what is new is said by the last call's own
 * usage, whenever the totals differ from before. */
static void read_tokens(struct line *line)
{
    struct state *state = line->state;
    struct sv_value *v = line->v;
    int64_t total[NUMBERS], n[NUMBERS];
    bool is_same = state->has_total, is_less = false, has_last = sv_value_is_object(v[LAST]);
    if (!sv_value_is_object(v[TOTAL]) && !has_last) {
        emit_note(line);
        return;
    }
    for (int i = 0; i < NUMBERS; i++) {
        total[i] = sv_piece_tokens(v[T_INPUT + i]);
        is_same = is_same && total[i] == state->total[i];
        is_less = is_less || (state->has_total && total[i] < state->total[i]);
    }
    if (sv_value_is_object(v[TOTAL]) && is_same) {
        emit_note(line);
        return;
    }
    for (int i = 0; i < NUMBERS; i++) {
        int64_t before = state->has_total && !is_less ? state->total[i] : 0;
        n[i] = has_last ? sv_piece_tokens(v[L_INPUT + i]) : total[i] - before;
    }
    if (sv_value_is_object(v[TOTAL])) {
        memcpy(state->total, total, sizeof total);
        state->has_total = true;
    }
    set_ext(line, false);
    struct sv_event *event = begin(line, "llm.call");
    if (sv_piece_is_text(v[INFO_MODEL]))
        event->slots[SV_F_MODEL] = v[INFO_MODEL];
    else
        set_text(event, SV_F_MODEL, sv_buf_slice(&state->model));
    event->slots[SV_F_INPUT_TOKENS] = sv_value_int(n[0]);
    event->slots[SV_F_CACHE_READ_TOKENS] = sv_value_int(n[1]);
    event->slots[SV_F_OUTPUT_TOKENS] = sv_value_int(n[2]);
    event->slots[SV_F_REASONING_TOKENS] = sv_value_int(n[3]);
    sv_reader_emit(line->reader, SV_PART_USAGE);
}

/* --- calls and results --- */

/* A string that holds JSON: the value it holds, if that is an object; else the string. */
static struct sv_value parsed(struct sv_value text, struct sv_arena *arena)
{
    struct sv_value whole;
    if (text.type != SV_STRING)
        return text;
    struct sv_slice raw = sv_value_raw(text);
    if (raw.len == 0 || (raw.data[0] != '{' && raw.data[0] != ' ' && raw.data[0] != '\\'))
        return text; /* no object begins so: nothing to unescape */
    struct sv_slice inner = sv_value_string(&text, arena);
    return sv_json_read(inner, &whole, NULL) && sv_value_is_object(whole) ? whole : text;
}

static void emit_call(struct line *line, struct sv_slice name, struct sv_value args)
{
    set_ext(line, false);
    struct sv_event *event = begin(line, "tool.call");
    struct sv_value call = sv_piece_is_text(line->v[CALL_ID]) ? line->v[CALL_ID] : line->v[ID];
    if (sv_piece_is_text(call))
        sv_piece_call_add(&line->state->calls, sv_value_string(&call, line->arena), name);
    event->slots[SV_F_CALL_ID] = call;
    set_text(event, SV_F_TOOL, name);
    if (args.type != SV_NULL)
        event->slots[SV_F_ARGS] = args;
    set_text(event, SV_F_MODEL, sv_buf_slice(&line->state->model));
    sv_reader_emit(line->reader, 0);
}

static bool begins(struct sv_slice text, const char *with)
{
    return sv_slice_starts(text, sv_slice_str(with));
}

/* The number behind a prefix. */
static bool number_behind(struct sv_slice text, const char *prefix, double *out)
{
    size_t at = strlen(prefix), digits = 0;
    double value = 0, scale = 1;
    bool behind_point = false;
    if (!begins(text, prefix))
        return false;
    for (; at < text.len && digits < 15; at++) {
        char c = text.data[at];
        if (c == '.' && !behind_point && digits > 0) {
            behind_point = true;
        } else if (c >= '0' && c <= '9') {
            value = value * 10 + (c - '0');
            scale *= behind_point ? 10 : 1;
            digits++;
        } else {
            break;
        }
    }
    *out = value / scale;
    return digits > 0;
}

/* Newer versions put a head of lines before what the command wrote, closed by `Output:`. Without that line it is no head. */
static void read_head(struct sv_slice text, struct sv_value *exit_code, struct sv_value *duration)
{
    struct sv_value code = {0}, took = {0};
    for (int lines = 0; lines < 8 && text.len > 0; lines++) {
        const char *stop = memchr(text.data, '\n', text.len);
        size_t len = stop != NULL ? (size_t)(stop - text.data) : text.len;
        struct sv_slice one = sv_slice(text.data, len);
        double n;
        if (sv_slice_is(one, "Output:")) {
            *exit_code = code;
            *duration = took;
            return;
        }
        if (number_behind(one, "Exit code: ", &n) || number_behind(one, "Process exited with code ", &n))
            code = sv_value_int((int64_t)n);
        else if (number_behind(one, "Wall time: ", &n))
            took = sv_value_double(n * 1000);
        len += stop != NULL;
        text = sv_slice(text.data + len, text.len - len);
    }
    double n; /* the whole of it may be one line */
    if (number_behind(text, "Process exited with code ", &n))
        *exit_code = sv_value_int((int64_t)n);
}

/* Codex tells refusals and its own failures by words only, at the output's beginning. */
static const char *status_of(struct sv_slice head, struct sv_value exit_code, struct sv_value success)
{
    static const char *const refused[] = {"patch rejected by user", "exec command rejected by user", "command rejected by user",
                                          "rejected by user", "exec_command rejected", "shell command rejected"};
    static const char *const stopped[] = {"aborted by user", "aborted", "interrupted by user"};
    static const char *const failed[] = {"failed in sandbox", "execution error:", "apply_patch verification failed",
                                         "exec_command failed", "failed to parse function arguments", "unsupported call",
                                         "unsupported custom tool call", "failed to ", "collab tool failed", "tool call error"};
    if (begins(head, "command timed out"))
        return "timeout";
    if (exit_code.type == SV_INT)
        return exit_code.i == 0 ? "ok" : "error";
    for (size_t i = 0; i < sizeof refused / sizeof *refused; i++)
        if (begins(head, refused[i]))
            return "denied";
    for (size_t i = 0; i < sizeof stopped / sizeof *stopped; i++)
        if (begins(head, stopped[i]))
            return "cancelled";
    for (size_t i = 0; i < sizeof failed / sizeof *failed; i++)
        if (begins(head, failed[i]))
            return "error";
    return success.type == SV_BOOL && !success.b ? "error" : "ok";
}

static void emit_result(struct line *line)
{
    struct sv_value *v = line->v, output = parsed(v[OUTPUT_TEXT], line->arena), exit_code = {0}, duration = {0}, success = {0};
    if (!sv_piece_is_text(v[CALL_ID])) {
        emit_note(line);
        return;
    }
    if (sv_value_is_object(output)) { /* {output, metadata{exit_code, duration_seconds}} or {content, success} */
        struct sv_value inner = sv_json_get(output, SV_SLICE("output")), meta = sv_json_get(output, SV_SLICE("metadata"));
        struct sv_value seconds = sv_json_get(meta, SV_SLICE("duration_seconds"));
        exit_code = sv_json_get(meta, SV_SLICE("exit_code"));
        success = sv_json_get(output, SV_SLICE("success"));
        if (seconds.type == SV_DOUBLE || seconds.type == SV_INT)
            duration = sv_value_double(1000 * (seconds.type == SV_INT ? (double)seconds.i : seconds.d));
        if (inner.type == SV_ABSENT && success.type != SV_ABSENT)
            inner = sv_json_get(output, SV_SLICE("content"));
        if (inner.type != SV_ABSENT && (meta.type != SV_ABSENT || success.type != SV_ABSENT))
            output = inner;
    }
    struct sv_slice head = sv_piece_head(output, HEAD, line->arena);
    if (exit_code.type != SV_INT)
        read_head(head, &exit_code, &duration);
    set_ext(line, false);
    struct sv_event *event = begin(line, "tool.result");
    const char *status = status_of(sv_slice_trim(head), exit_code, success);
    set_text(event, SV_F_TOOL, sv_piece_call_tool(&line->state->calls, plain(line, CALL_ID)));
    event->slots[SV_F_CALL_ID] = v[CALL_ID];
    event->slots[SV_F_RESULT] = output;
    event->slots[SV_F_RESULT_BYTES] = sv_value_int(sv_piece_text_bytes(output));
    event->slots[SV_F_EXIT_CODE] = exit_code;
    event->slots[SV_F_DURATION_MS] = duration;
    sv_event_set_str(event, SV_F_STATUS, status);
    if (strcmp(status, "ok") != 0)
        set_text(event, SV_F_ERROR, sv_piece_line(head));
    sv_reader_emit(line->reader, 0);
}

/* --- messages --- */

static void emit_text(struct line *line, const char *type, struct sv_value text, uint32_t part)
{
    struct sv_event *event = begin(line, type);
    if (text.type == SV_STRING)
        event->slots[SV_F_TEXT] = text;
    if (strcmp(type, "message.user") != 0)
        set_text(event, SV_F_MODEL, sv_buf_slice(&line->state->model));
    sv_reader_emit(line->reader, part);
}

/* A list of blocks, each with `text`, is one event a block. */
static uint32_t emit_blocks(struct line *line, const char *type, struct sv_value blocks, uint32_t part)
{
    struct sv_value block;
    for (struct sv_json_iter it = sv_json_iter(blocks); sv_json_next(&it, NULL, &block); part++) {
        struct sv_value text = block.type == SV_STRING ? block : sv_json_get(block, SV_SLICE("text"));
        if (text.type == SV_STRING)
            emit_text(line, type, text, part);
    }
    return part;
}

static void read_message(struct line *line)
{
    struct sv_slice role = plain(line, ROLE);
    const char *type = sv_slice_is(role, "assistant") ? "message.agent" : "message.user";
    if (!sv_slice_is(role, "assistant") && !sv_slice_is(role, "user")) {
        emit_note(line); /* developer, system: what the program was told by its makers */
        return;
    }
    line->state->has_items = true;
    set_ext(line, false);
    if (line->v[CONTENT].type == SV_STRING)
        emit_text(line, type, line->v[CONTENT], 0);
    else
        emit_blocks(line, type, line->v[CONTENT], 0);
}

static void read_reasoning(struct line *line)
{
    line->state->has_items = true;
    set_ext(line, false);
    uint32_t parts = emit_blocks(line, "message.think", line->v[SUMMARY], 0);
    parts = emit_blocks(line, "message.think", line->v[CONTENT], parts);
    if (parts == 0) /* encrypted only: it thought, nobody knows what */
        emit_text(line, "message.think", sv_value_of(SV_ABSENT), 0);
}

static void read_item(struct line *line, struct sv_slice type)
{
    struct sv_value *v = line->v;
    if (sv_slice_is(type, "message"))
        read_message(line);
    else if (sv_slice_is(type, "reasoning"))
        read_reasoning(line);
    else if (sv_slice_is(type, "function_call"))
        emit_call(line, plain(line, NAME), parsed(v[ARGUMENTS], line->arena));
    else if (sv_slice_is(type, "custom_tool_call"))
        emit_call(line, plain(line, NAME), v[INPUT_TEXT]);
    else if (sv_slice_is(type, "local_shell_call"))
        emit_call(line, SV_SLICE("local_shell"), v[ACTION]);
    else if (sv_slice_is(type, "web_search_call"))
        emit_call(line, SV_SLICE("web_search"), v[ACTION]);
    else if (sv_slice_is(type, "function_call_output") || sv_slice_is(type, "custom_tool_call_output") ||
             sv_slice_is(type, "local_shell_call_output"))
        emit_result(line);
    else
        emit_note(line);
}

static void end_turn(struct line *line, const char *status)
{
    set_ext(line, false);
    struct sv_event *event = begin(line, "turn.end");
    sv_event_set_str(event, SV_F_STATUS, status);
    event->slots[SV_F_DURATION_MS] = line->v[DURATION];
    if (line->v[REASON].type == SV_STRING)
        event->slots[SV_F_ERROR] = line->v[REASON];
    sv_reader_emit(line->reader, 0);
}

static void read_program_event(struct line *line, struct sv_slice type)
{
    struct sv_value *v = line->v;
    bool is_told = line->state->has_items;
    if (sv_piece_is_text(v[TURN_ID]))
        sv_state_keep(&line->state->turn, plain(line, TURN_ID));
    if (sv_slice_is(type, "token_count")) {
        read_tokens(line);
    } else if (sv_slice_is(type, "task_started") || sv_slice_is(type, "turn_started")) {
        set_ext(line, false);
        begin(line, "turn.start");
        sv_reader_emit(line->reader, 0);
    } else if (sv_slice_is(type, "task_complete") || sv_slice_is(type, "turn_complete")) {
        end_turn(line, "ok");
    } else if (sv_slice_is(type, "turn_aborted")) {
        end_turn(line, "cancelled");
    } else if (sv_slice_is(type, "error") || sv_slice_is(type, "stream_error")) {
        set_ext(line, false);
        struct sv_event *event = begin(line, "error");
        sv_event_set_str(event, SV_F_STATUS, "error");
        if (v[MESSAGE].type == SV_STRING)
            event->slots[SV_F_ERROR] = v[MESSAGE];
        sv_reader_emit(line->reader, 0);
    } else if (sv_slice_is(type, "user_message") && !is_told) {
        set_ext(line, false);
        emit_text(line, "message.user", v[MESSAGE], 0);
    } else if (sv_slice_is(type, "agent_message") && !is_told) {
        set_ext(line, false);
        emit_text(line, "message.agent", v[MESSAGE], 0);
    } else if (sv_slice_is(type, "agent_reasoning") && !is_told) {
        set_ext(line, false);
        emit_text(line, "message.think", v[TEXT], 0);
    } else if (is_told && (sv_slice_is(type, "user_message") || sv_slice_is(type, "agent_message") ||
                           sv_slice_is(type, "agent_reasoning"))) {
        begin(line, "note"); /* told by an item already: its text is not told twice */
        sv_reader_emit(line->reader, 0);
    } else {
        emit_note(line);
    }
}

static bool is_item(struct sv_slice type)
{
    return sv_slice_is(type, "message") || sv_slice_is(type, "reasoning") || sv_slice_ends(type, SV_SLICE("_call")) ||
           sv_slice_ends(type, SV_SLICE("_call_output"));
}

static bool record(struct sv_reader *reader, void *state_, struct sv_slice text, struct sv_error *err)
{
    static struct sv_json_rest rest;
    struct line line = {.reader = reader, .state = state_, .arena = sv_reader_arena(reader), .rest = &rest};
    if (!sv_json_project(paths(), SV_PATHS_ROOT, text, line.v, sv_piece_wants_ext(reader) ? &rest : NULL, err))
        return false;
    if (text.data[0] != '{' && sv_slice_trim(text).data[0] != '{')
        return sv_error_at(err, NULL, 0, 1), sv_error_set(err, SV_INPUT, "a JSON object is expected");
    bool is_bare = line.v[PAYLOAD].type == SV_ABSENT;
    struct sv_slice type = plain(&line, TYPE), inner = is_bare ? type : plain(&line, P_TYPE);
    if (is_bare && !is_item(inner) && line.v[RECORD_TYPE].type == SV_ABSENT && sv_reader_is_other(reader))
        return true;
    if (sv_slice_is(type, "session_meta") ||
        (is_bare && type.len == 0 && line.v[RECORD_TYPE].type == SV_ABSENT && sv_piece_is_text(line.v[ID])))
        read_meta(&line);
    else if (sv_slice_is(type, "turn_context"))
        read_context(&line);
    else if (sv_slice_is(type, "response_item") || is_bare)
        read_item(&line, inner);
    else if (sv_slice_is(type, "event_msg"))
        read_program_event(&line, inner);
    else
        emit_note(&line);
    return true;
}

static void close_state(void *state_)
{
    struct state *state = state_;
    struct sv_buf *const all[] = {&state->session, &state->agent, &state->parent, &state->role,        &state->cwd,
                                  &state->model,   &state->mode,  &state->turn,   &state->forked_from, &state->ext};
    for (size_t i = 0; i < sizeof all / sizeof *all; i++)
        sv_buf_free(all[i]);
}

/* --- what the rest of the file needs to know --- */

static void save(const void *state_, struct sv_buf *out)
{
    const struct state *state = state_;
    const struct sv_buf *const texts[] = TEXTS(state);
    const bool flags[] = {state->has_session, state->has_agent, state->is_started, state->has_items, state->has_total};
    for (size_t i = 0; i < sizeof texts / sizeof *texts; i++)
        sv_state_put_text(out, sv_buf_slice(texts[i]));
    for (size_t i = 0; i < sizeof flags / sizeof *flags; i++)
        sv_pack_uint(out, flags[i]);
    sv_state_put_counts(out, state->total, NUMBERS);
    sv_state_put_calls(out, &state->calls, SV_FORMAT_STATE_MAX / 2);
}

static bool restore(struct sv_reader *reader, void *state_, struct sv_slice bytes)
{
    struct state *state = state_;
    struct sv_unpack in = sv_unpack(bytes);
    struct sv_buf *const texts[] = TEXTS(state);
    bool *const flags[] = {&state->has_session, &state->has_agent, &state->is_started, &state->has_items, &state->has_total};
    (void)reader;
    for (size_t i = 0; i < sizeof texts / sizeof *texts; i++)
        sv_state_get_text(&in, texts[i]);
    for (size_t i = 0; i < sizeof flags / sizeof *flags; i++)
        *flags[i] = sv_unpack_uint(&in) != 0;
    sv_state_get_counts(&in, state->total, NUMBERS);
    sv_state_get_calls(&in, &state->calls);
    return sv_unpack_is_over(&in);
}

static bool detect(struct sv_value value)
{
    static const char *const types[] = {"session_meta", "turn_context", "response_item", "event_msg", "compacted"};
    struct sv_value type = sv_json_get(value, SV_SLICE("type"));
    if (type.type == SV_ABSENT) /* the first line of a file without envelopes */
        return sv_json_get(value, SV_SLICE("id")).type == SV_STRING &&
               sv_json_get(value, SV_SLICE("timestamp")).type == SV_STRING &&
               sv_json_get(value, SV_SLICE("instructions")).type != SV_ABSENT;
    if (type.type != SV_STRING || !sv_value_is_object(sv_json_get(value, SV_SLICE("payload"))))
        return false;
    for (size_t i = 0; i < sizeof types / sizeof *types; i++)
        if (sv_slice_is(sv_value_raw(type), types[i]))
            return true;
    return false;
}

const struct sv_format sv_format_codex = {.name = "codex",
                                          .title = "Codex rollouts",
                                          .state_size = sizeof(struct state),
                                          .close = close_state,
                                          .detect = detect,
                                          .record = record,
                                          .save = save,
                                          .restore = restore,
                                          .time = sv_piece_time};
