/* SPDX-License-Identifier: ISC */
/* Gemini CLI: what it prints with --output-format stream-json, and the session files below ~/.gemini/tmp/<project>/chats.
 *
 * The stream names its session in the first line only; a message may come in fragments (delta), which are one message again here;
 * the tokens of all calls stand in the result. A session file is one document, or the same as lines: first what the session is,
 * then messages, each of which is written anew whenever its tool calls, results or tokens change ($set brings all of them again,
 * $rewindTo takes the newest back, which does not undo what they did). So what was told is remembered, and only news are told. */
#include "base/hash.h"
#include "base/limits.h"
#include "base/time.h"
#include "event/derive.h"
#include "event/format/piece.h"
#include "event/format/state.h"
#include "event/reader_private.h"

enum slot {
    TYPE, TIME, SESSION_ID, SESSION, MODEL, CWD,
    ROLE, CONTENT, DELTA, TOOL_NAME, TOOL_ID, PARAMETERS, OUTPUT, STATUS, SEVERITY, MESSAGE,
    ERROR, E_TYPE, E_MESSAGE,
    STATS, S_TOTAL, S_INPUT, S_OUTPUT, S_CACHED, S_DURATION, S_MODELS,
    ID, START_TIME, DIRECTORIES, KIND, MESSAGES, THOUGHTS, CALLS,
    TOKENS, T_INPUT, T_OUTPUT, T_CACHED, T_THOUGHTS, T_TOOL,
    SET, SET_MESSAGES, REWIND,
    SLOTS
};

enum {
    HEAD = 600,
    TOLD = 2048,   /* pieces of a session that are remembered as told */
    COUNTED = 192, /* messages whose counted tokens are */
    TEXT_MAX_BYTES = 24 << 10,
    NUMBERS = T_TOOL - T_INPUT + 1
};

struct state {
    struct sv_piece_word session, agent, parent, model, cwd;
    bool is_started, is_named; /* the name is made from a folder */
    union {
        struct {
            struct sv_piece_calls calls;
            uint64_t record; /* the message that fragments make up; 0: none */
            int64_t offset;
            struct sv_piece_word time;
            uint32_t len;
            bool is_user;
            char text[TEXT_MAX_BYTES];
        } stream;
        struct {
            uint64_t told[TOLD];
            uint32_t next;
            struct {
                uint64_t hash;
                int64_t n[NUMBERS];
            } counted[COUNTED];
            uint32_t next_counted;
            int64_t newest_ns; /* of all messages so far */
        } file;
    } u;
    bool is_file;
};

/* One record while it is read. */
struct line {
    struct sv_reader *reader;
    struct state *state;
    struct sv_arena *arena;
    struct sv_value v[SLOTS], whole, ext;
    uint32_t part; /* pieces of the record so far */
};

static const struct sv_paths *paths(void)
{
    static struct sv_paths *tree;
    static const struct sv_piece_path wanted[] = {
        {TYPE, SV_PIECE_TOP, "type"}, {TIME, SV_PIECE_TOP, "timestamp"}, {SESSION_ID, SV_PIECE_TOP, "session_id"},
        {SESSION, SV_PIECE_TOP, "sessionId"}, {MODEL, SV_PIECE_TOP, "model"}, {CWD, SV_PIECE_TOP, "cwd"},
        {ROLE, SV_PIECE_TOP, "role"}, {CONTENT, SV_PIECE_TOP, "content"}, {DELTA, SV_PIECE_TOP, "delta"},
        {TOOL_NAME, SV_PIECE_TOP, "tool_name"}, {TOOL_ID, SV_PIECE_TOP, "tool_id"}, {PARAMETERS, SV_PIECE_TOP, "parameters"},
        {OUTPUT, SV_PIECE_TOP, "output"}, {STATUS, SV_PIECE_TOP, "status"}, {SEVERITY, SV_PIECE_TOP, "severity"},
        {MESSAGE, SV_PIECE_TOP, "message"}, {ERROR, SV_PIECE_TOP, "error"}, {E_TYPE, ERROR, "type"}, {E_MESSAGE, ERROR, "message"},
        {STATS, SV_PIECE_TOP, "stats"}, {S_TOTAL, STATS, "total_tokens"}, {S_INPUT, STATS, "input_tokens"},
        {S_OUTPUT, STATS, "output_tokens"}, {S_CACHED, STATS, "cached"}, {S_DURATION, STATS, "duration_ms"},
        {S_MODELS, STATS, "models"}, {ID, SV_PIECE_TOP, "id"}, {START_TIME, SV_PIECE_TOP, "startTime"},
        {DIRECTORIES, SV_PIECE_TOP, "directories"}, {KIND, SV_PIECE_TOP, "kind"}, {MESSAGES, SV_PIECE_TOP, "messages"},
        {THOUGHTS, SV_PIECE_TOP, "thoughts"}, {CALLS, SV_PIECE_TOP, "toolCalls"}, {TOKENS, SV_PIECE_TOP, "tokens"},
        {T_INPUT, TOKENS, "input"}, {T_OUTPUT, TOKENS, "output"}, {T_CACHED, TOKENS, "cached"}, {T_THOUGHTS, TOKENS, "thoughts"},
        {T_TOOL, TOKENS, "tool"}, {SET, SV_PIECE_TOP, "$set"}, {SET_MESSAGES, SET, "messages"},
        {REWIND, SV_PIECE_TOP, "$rewindTo"},
    };
    return sv_piece_paths(&tree, wanted, sizeof wanted / sizeof *wanted);
}

static struct sv_slice plain(struct line *line, enum slot slot)
{
    return sv_piece_plain(&line->v[slot], line->arena);
}

static const char *const known[] = {"type",     "timestamp", "session_id", "sessionId",   "model",    "cwd",      "role",
                                    "content",  "delta",     "tool_name",  "tool_id",     "parameters", "output", "status",
                                    "message",  "error",     "id",         "startTime",   "directories", "messages", "thoughts",
                                    "toolCalls", "tokens",   NULL};
static const char *const nothing[] = {NULL};

static struct sv_event *begin(struct line *line, const char *type)
{
    struct sv_event *event = sv_reader_event(line->reader);
    const struct state *state = line->state;
    sv_event_set_str(event, SV_F_TYPE, type);
    event->slots[SV_F_TIME] = line->v[TIME];
    event->slots[SV_F_EXT] = line->ext;
    sv_piece_set(event, SV_F_SESSION, sv_piece_kept(&state->session));
    sv_piece_set(event, SV_F_AGENT, state->agent.len > 0 ? sv_piece_kept(&state->agent) : SV_SLICE("gemini"));
    sv_piece_set(event, SV_F_PARENT_AGENT, sv_piece_kept(&state->parent));
    sv_piece_set(event, SV_F_CWD, sv_piece_kept(&state->cwd));
    return event;
}

static void emit_note(struct line *line, struct sv_value text)
{
    line->ext = sv_piece_leftover(line->reader, line->whole, nothing);
    struct sv_event *event = begin(line, "note");
    if (text.type == SV_STRING)
        event->slots[SV_F_TEXT] = text;
    sv_reader_emit(line->reader, line->part++);
}

/* All text of a string, of a part, of a list of parts, with line ends between them. */
static struct sv_value text_of(struct sv_value content, struct sv_arena *arena)
{
    struct sv_value item, found = sv_value_of(SV_ABSENT);
    struct sv_buf all = {0};
    size_t count = 0;
    if (sv_value_is_object(content))
        content = sv_json_get(content, SV_SLICE("text"));
    if (!sv_value_is_array(content))
        return content.type == SV_STRING ? content : found;
    for (struct sv_json_iter it = sv_json_iter(content); sv_json_next(&it, NULL, &item);) {
        if (sv_value_is_object(item))
            item = sv_json_get(item, SV_SLICE("text"));
        if (item.type != SV_STRING)
            continue;
        if (count++ > 0)
            sv_buf_char(&all, '\n');
        sv_buf_add(&all, sv_value_string(&item, arena));
        found = item;
    }
    if (count > 1)
        found = sv_value_str(sv_arena_dup(arena, sv_buf_slice(&all)));
    sv_buf_free(&all);
    return found;
}

/* --- sessions --- */

static void name_session(struct line *line, struct sv_slice session)
{
    struct state *state = line->state;
    struct sv_slice cwd = plain(line, CWD);
    struct sv_value first = sv_json_at(line->v[DIRECTORIES], 0);
    if (cwd.len == 0)
        cwd = sv_piece_plain(&first, line->arena);
    if (cwd.len > 0)
        sv_piece_keep(&state->cwd, cwd);
    if (state->agent.len > 0 && (state->is_named || cwd.len == 0))
        return;
    state->is_named = cwd.len > 0;
    struct sv_slice name = sv_derive_agent(line->arena, "gemini", cwd, session);
    state->parent.len = 0;
    if (sv_slice_is(plain(line, KIND), "subagent")) {
        sv_piece_keep(&state->parent, name);
        name = sv_arena_printf(line->arena, "%.*s/%.*s", SV_ARG(name), SV_ARG(session));
    }
    sv_piece_keep(&state->agent, name);
}

/* The session begins, or is named again. */
static void read_session(struct line *line, enum slot id)
{
    struct state *state = line->state;
    struct sv_slice session = plain(line, id);
    bool is_file = id == SESSION;
    if (state->is_started && state->is_file == is_file && sv_slice_equal(session, sv_piece_kept(&state->session))) {
        name_session(line, session);
        if (sv_piece_is_text(line->v[MODEL]))
            sv_piece_keep(&state->model, plain(line, MODEL));
        if (line->v[MESSAGES].type == SV_ABSENT)
            emit_note(line, sv_value_of(SV_ABSENT));
        return;
    }
    memset(state, 0, sizeof *state);
    state->is_started = true;
    state->is_file = is_file;
    sv_piece_keep(&state->session, session);
    name_session(line, session);
    sv_piece_keep(&state->model, plain(line, MODEL));
    line->ext = sv_piece_leftover(line->reader, line->whole, known);
    struct sv_event *event = begin(line, state->parent.len > 0 ? "agent.start" : "session.start");
    if (event->slots[SV_F_TIME].type == SV_ABSENT)
        event->slots[SV_F_TIME] = line->v[START_TIME];
    sv_piece_set(event, SV_F_MODEL, sv_piece_kept(&state->model));
    event->slots[SV_F_ID] = sv_piece_id(&line->v[id], SV_PART_START, line->arena);
    sv_reader_emit(line->reader, SV_PART_START);
}

/* --- the stream --- */

/* Tells the message that its fragments make up. */
static void flush(struct sv_reader *reader, struct state *state)
{
    struct line line = {.reader = reader, .state = state, .arena = sv_reader_arena(reader)};
    if (state->is_file || state->u.stream.record == 0)
        return;
    struct sv_event *event = begin(&line, state->u.stream.is_user ? "message.user" : "message.agent");
    sv_piece_set(event, SV_F_TIME, sv_piece_kept(&state->u.stream.time));
    if (!state->u.stream.is_user)
        sv_piece_set(event, SV_F_MODEL, sv_piece_kept(&state->model));
    event->slots[SV_F_TEXT] = sv_value_str(sv_slice(state->u.stream.text, state->u.stream.len));
    uint64_t record = state->u.stream.record;
    state->u.stream.record = 0;
    sv_reader_emit_at(reader, record, state->u.stream.offset, 0);
    state->u.stream.len = 0;
}

/* A message longer than is kept is told in more than one piece. */
static void add_fragment(struct line *line, bool is_user)
{
    struct state *state = line->state;
    struct sv_slice text = plain(line, CONTENT);
    if (state->u.stream.record != 0 && (state->u.stream.is_user != is_user || state->u.stream.len + text.len > TEXT_MAX_BYTES))
        flush(line->reader, state);
    if (text.len > TEXT_MAX_BYTES) {
        struct sv_event *event = begin(line, is_user ? "message.user" : "message.agent");
        event->slots[SV_F_TEXT] = line->v[CONTENT];
        sv_reader_emit(line->reader, 0);
        return;
    }
    if (state->u.stream.record == 0) {
        struct sv_place place = sv_reader_place(line->reader);
        state->u.stream.record = place.record;
        state->u.stream.offset = place.offset;
        state->u.stream.is_user = is_user;
        state->u.stream.len = 0;
        sv_piece_keep(&state->u.stream.time, plain(line, TIME));
    }
    if (text.len > 0)
        memcpy(state->u.stream.text + state->u.stream.len, text.data, text.len);
    state->u.stream.len += (uint32_t)text.len;
}

static void emit_message(struct line *line, bool is_user)
{
    struct sv_event *event = begin(line, is_user ? "message.user" : "message.agent");
    event->slots[SV_F_TEXT] = text_of(line->v[CONTENT], line->arena);
    if (!is_user)
        sv_piece_set(event, SV_F_MODEL, sv_piece_kept(&line->state->model));
    sv_reader_emit(line->reader, 0);
}

static void emit_tool_use(struct line *line)
{
    struct sv_event *event = begin(line, "tool.call");
    if (sv_piece_is_text(line->v[TOOL_ID]))
        sv_piece_call_add(&line->state->u.stream.calls, plain(line, TOOL_ID), plain(line, TOOL_NAME));
    event->slots[SV_F_CALL_ID] = line->v[TOOL_ID];
    event->slots[SV_F_TOOL] = line->v[TOOL_NAME];
    event->slots[SV_F_ARGS] = line->v[PARAMETERS];
    sv_piece_set(event, SV_F_MODEL, sv_piece_kept(&line->state->model));
    sv_reader_emit(line->reader, 0);
}

/* The program's own words tell a refusal from a failure. */
static const char *status_of(struct sv_slice status, struct sv_slice kind, struct sv_slice message)
{
    if (sv_slice_is(status, "cancelled") || sv_slice_is(status, "canceled"))
        return "cancelled";
    if (!sv_slice_is(status, "error") && !sv_slice_is(status, "failed"))
        return "ok";
    if (sv_slice_is(kind, "policy_violation") || sv_slice_is(kind, "permission_denied") ||
        sv_slice_starts(message, SV_SLICE("Tool execution denied by policy")) ||
        sv_slice_starts(message, SV_SLICE("[Operation Cancelled]")) || sv_slice_starts(message, SV_SLICE("User denied")))
        return "denied";
    return "error";
}

static void emit_tool_result(struct line *line)
{
    struct sv_value *v = line->v;
    struct sv_slice message = v[E_MESSAGE].type == SV_STRING ? plain(line, E_MESSAGE) : plain(line, ERROR);
    if (!sv_piece_is_text(v[TOOL_ID])) {
        emit_note(line, sv_value_of(SV_ABSENT));
        return;
    }
    struct sv_event *event = begin(line, "tool.result");
    const char *status = status_of(plain(line, STATUS), plain(line, E_TYPE), message);
    event->slots[SV_F_CALL_ID] = v[TOOL_ID];
    if (sv_piece_is_text(v[TOOL_NAME]))
        event->slots[SV_F_TOOL] = v[TOOL_NAME];
    else
        sv_piece_set(event, SV_F_TOOL, sv_piece_call_tool(&line->state->u.stream.calls, plain(line, TOOL_ID)));
    event->slots[SV_F_RESULT] = v[OUTPUT];
    event->slots[SV_F_RESULT_BYTES] = sv_value_int(sv_piece_text_bytes(v[OUTPUT]));
    sv_event_set_str(event, SV_F_STATUS, status);
    if (strcmp(status, "ok") != 0)
        sv_piece_set(event, SV_F_ERROR, sv_piece_line(message.len > 0 ? message : sv_piece_head(v[OUTPUT], HEAD, line->arena)));
    sv_reader_emit(line->reader, 0);
}

/* The one member's name of an object that has just one. */
static struct sv_slice only_member(struct sv_value object, struct sv_arena *arena)
{
    struct sv_value key, value, name = sv_value_of(SV_ABSENT);
    size_t count = 0;
    for (struct sv_json_iter it = sv_json_iter(object); sv_value_is_object(object) && sv_json_next(&it, &key, &value); count++)
        name = key;
    return count == 1 ? sv_value_string(&name, arena) : SV_SLICE("");
}

/* Thinking is in the total alone. */
static void emit_stats(struct line *line)
{
    struct sv_value *v = line->v;
    struct sv_event *event = begin(line, "turn.end");
    bool has_failed = sv_slice_is(plain(line, STATUS), "error");
    sv_event_set_str(event, SV_F_STATUS, has_failed ? "error" : "ok");
    if (v[E_MESSAGE].type == SV_STRING || v[ERROR].type == SV_STRING)
        sv_piece_set(event, SV_F_ERROR, sv_piece_line(plain(line, v[E_MESSAGE].type == SV_STRING ? E_MESSAGE : ERROR)));
    event->slots[SV_F_DURATION_MS] = v[S_DURATION];
    struct sv_slice model = only_member(v[S_MODELS], line->arena);
    if (v[S_MODELS].type != SV_JSON)
        model = sv_piece_kept(&line->state->model);
    sv_piece_set(event, SV_F_MODEL, model);
    if (sv_value_is_object(v[STATS])) {
        int64_t in = sv_piece_tokens(v[S_INPUT]), out = sv_piece_tokens(v[S_OUTPUT]), total = sv_piece_tokens(v[S_TOTAL]);
        int64_t thinking = total > in + out ? total - in - out : 0;
        event->slots[SV_F_INPUT_TOKENS] = sv_value_int(in);
        event->slots[SV_F_OUTPUT_TOKENS] = sv_value_int(out + thinking);
        event->slots[SV_F_CACHE_READ_TOKENS] = sv_value_int(sv_piece_tokens(v[S_CACHED]));
        if (thinking > 0)
            event->slots[SV_F_REASONING_TOKENS] = sv_value_int(thinking);
    }
    sv_reader_emit(line->reader, SV_PART_END);
}

static void emit_error(struct line *line)
{
    struct sv_event *event = begin(line, "error");
    bool is_warning = sv_slice_is(plain(line, SEVERITY), "warning");
    if (is_warning)
        sv_event_set_str(event, SV_F_TYPE, "note");
    else
        sv_event_set_str(event, SV_F_STATUS, "error");
    event->slots[is_warning ? SV_F_TEXT : SV_F_ERROR] = line->v[MESSAGE].type == SV_STRING ? line->v[MESSAGE] : line->v[E_MESSAGE];
    sv_reader_emit(line->reader, 0);
}

static void read_stream(struct line *line, struct sv_slice type)
{
    bool is_message = sv_slice_is(type, "message"), is_user = is_message && sv_slice_is(plain(line, ROLE), "user");
    if (is_message && line->v[DELTA].type == SV_BOOL && line->v[DELTA].b && line->v[CONTENT].type == SV_STRING) {
        add_fragment(line, is_user);
        return;
    }
    flush(line->reader, line->state);
    if (is_message)
        emit_message(line, is_user);
    else if (sv_slice_is(type, "tool_use"))
        emit_tool_use(line);
    else if (sv_slice_is(type, "tool_result"))
        emit_tool_result(line);
    else if (sv_slice_is(type, "result"))
        emit_stats(line);
    else if (sv_slice_is(type, "error"))
        emit_error(line);
    else
        emit_note(line, line->v[MESSAGE]);
}

/* --- session files --- */

/* Was this piece of a message told before? Remembers it. A piece without an id of its own never was. */
static bool is_told(struct state *state, struct sv_slice id, uint64_t piece)
{
    uint64_t hash = sv_hash_keyed(piece + 1, sv_hash(sv_piece_kept(&state->session)), id);
    if (id.len == 0)
        return false;
    hash = hash != 0 ? hash : 1;
    for (uint32_t i = 0; i < TOLD; i++)
        if (state->u.file.told[i] == hash)
            return true;
    state->u.file.told[state->u.file.next++ % TOLD] = hash;
    return false;
}

static int64_t *counted(struct state *state, struct sv_slice id, bool *is_new)
{
    uint64_t hash = sv_hash(id) | 1;
    for (uint32_t i = 0; i < COUNTED; i++)
        if (state->u.file.counted[i].hash == hash) {
            *is_new = false;
            return state->u.file.counted[i].n;
        }
    uint32_t at = state->u.file.next_counted++ % COUNTED;
    state->u.file.counted[at].hash = hash;
    memset(state->u.file.counted[at].n, 0, sizeof state->u.file.counted[at].n);
    *is_new = true;
    return state->u.file.counted[at].n;
}

/* Pieces of a message, kept apart in ids and memory. */
enum { PIECE_TEXT, PIECE_CALL = 1 << 20, PIECE_RESULT, PIECE_THOUGHT };

static void emit_piece(struct line *line, const char *type, struct sv_value text, uint32_t piece)
{
    uint32_t part = line->part++;
    if (is_told(line->state, plain(line, ID), piece))
        return;
    struct sv_event *event = begin(line, type);
    event->slots[SV_F_ID] = sv_piece_id(&line->v[ID], piece < PIECE_CALL ? piece : piece - PIECE_THOUGHT + 1, line->arena);
    event->slots[strcmp(type, "error") == 0 ? SV_F_ERROR : SV_F_TEXT] = text;
    if (strcmp(type, "message.agent") == 0 || strcmp(type, "message.think") == 0)
        event->slots[SV_F_MODEL] = line->v[MODEL];
    sv_reader_emit(line->reader, part);
}

static void read_thoughts(struct line *line)
{
    struct sv_value thought;
    uint32_t i = 0;
    for (struct sv_json_iter it = sv_json_iter(line->v[THOUGHTS]);
         sv_value_is_array(line->v[THOUGHTS]) && i < PIECE_CALL && sv_json_next(&it, NULL, &thought); i++) {
        struct sv_value text = sv_json_get(thought, SV_SLICE("description")), time = sv_json_get(thought, SV_SLICE("timestamp"));
        struct sv_value kept = line->v[TIME];
        if (text.type != SV_STRING)
            text = sv_json_get(thought, SV_SLICE("summary"));
        if (text.type != SV_STRING)
            text = sv_json_get(thought, SV_SLICE("subject"));
        if (time.type == SV_STRING)
            line->v[TIME] = time;
        emit_piece(line, "message.think", text.type == SV_STRING ? text : sv_value_of(SV_ABSENT), PIECE_THOUGHT + i);
        line->v[TIME] = kept;
    }
}

/* What the tool gave, out of the answer that the model was given. */
static struct sv_value unwrap(struct sv_value result, struct sv_value *error)
{
    struct sv_value response = sv_json_get(sv_json_get(sv_json_at(result, 0), SV_SLICE("functionResponse")), SV_SLICE("response"));
    *error = sv_value_of(SV_ABSENT);
    if (!sv_value_is_array(result) || sv_json_at(result, 1).type != SV_ABSENT || !sv_value_is_object(response))
        return result;
    struct sv_value output = sv_json_get(response, SV_SLICE("output"));
    *error = sv_json_get(response, SV_SLICE("error"));
    return output.type != SV_ABSENT ? output : error->type == SV_STRING ? *error : response;
}

static void emit_file_result(struct line *line, struct sv_value call, struct sv_value *id, struct sv_slice status)
{
    struct sv_value error, result = unwrap(sv_json_get(call, SV_SLICE("result")), &error);
    struct sv_value time = sv_json_get(call, SV_SLICE("timestamp"));
    struct sv_slice head = sv_piece_head(error.type == SV_STRING ? error : result, HEAD, line->arena);
    struct sv_event *event = begin(line, "tool.result");
    const char *word = status_of(status, SV_SLICE(""), head);
    if (time.type == SV_STRING)
        event->slots[SV_F_TIME] = time;
    event->slots[SV_F_CALL_ID] = *id;
    event->slots[SV_F_ID] = sv_piece_id(id, SV_PART_END, line->arena);
    event->slots[SV_F_TOOL] = sv_json_get(call, SV_SLICE("name"));
    if (result.type != SV_NULL)
        event->slots[SV_F_RESULT] = result;
    event->slots[SV_F_RESULT_BYTES] = sv_value_int(sv_piece_text_bytes(result));
    sv_event_set_str(event, SV_F_STATUS, word);
    if (strcmp(word, "ok") != 0)
        sv_piece_set(event, SV_F_ERROR, sv_piece_line(head));
    sv_reader_emit(line->reader, line->part);
}

/* Call and result are one record, written anew with each step: scheduled, executing, success. */
static void read_call(struct line *line, struct sv_value call)
{
    static const char *const under_way[] = {"validating", "scheduled", "executing", "awaiting_approval", "pending", NULL};
    struct sv_value id = sv_json_get(call, SV_SLICE("id")), status = sv_json_get(call, SV_SLICE("status"));
    struct sv_slice name = sv_piece_plain(&id, line->arena), word = sv_piece_plain(&status, line->arena);
    struct sv_value args = sv_json_get(call, SV_SLICE("args"));
    bool is_done = true;
    for (size_t i = 0; under_way[i] != NULL; i++)
        is_done = is_done && !sv_slice_is(word, under_way[i]);
    if (!is_told(line->state, name, PIECE_CALL)) {
        struct sv_event *event = begin(line, "tool.call");
        event->slots[SV_F_CALL_ID] = id;
        event->slots[SV_F_ID] = sv_piece_id(&id, SV_PART_START, line->arena);
        event->slots[SV_F_TOOL] = sv_json_get(call, SV_SLICE("name"));
        if (args.type != SV_NULL)
            event->slots[SV_F_ARGS] = args;
        event->slots[SV_F_MODEL] = line->v[MODEL];
        event->slots[SV_F_PARENT_ID] = line->v[ID];
        sv_reader_emit(line->reader, line->part);
    }
    line->part++;
    if (is_done && name.len > 0 && !is_told(line->state, name, PIECE_RESULT))
        emit_file_result(line, call, &id, word);
    line->part++;
}

/* A message's tokens are written again with it; they grow if anything. */
static void read_tokens(struct line *line)
{
    int64_t once[NUMBERS] = {0}, add[NUMBERS], sum = 0;
    bool is_new = true;
    struct sv_slice id = plain(line, ID);
    uint32_t part = line->part++;
    if (!sv_value_is_object(line->v[TOKENS]))
        return;
    int64_t *before = id.len > 0 ? counted(line->state, id, &is_new) : once;
    for (int i = 0; i < NUMBERS; i++) {
        int64_t now = sv_piece_tokens(line->v[T_INPUT + i]);
        add[i] = now > before[i] ? now - before[i] : 0;
        before[i] += add[i];
        sum += add[i];
    }
    if (sum == 0)
        return;
    struct sv_event *event = begin(line, "llm.call");
    if (is_new) /* what is added later has none: it is no copy of the first */
        event->slots[SV_F_ID] = sv_piece_id(&line->v[ID], SV_PART_USAGE, line->arena);
    event->slots[SV_F_CORRELATION_ID] = line->v[ID];
    event->slots[SV_F_MODEL] = line->v[MODEL];
    event->slots[SV_F_INPUT_TOKENS] = sv_value_int(add[T_INPUT - T_INPUT] + add[T_TOOL - T_INPUT]);
    event->slots[SV_F_OUTPUT_TOKENS] = sv_value_int(add[T_OUTPUT - T_INPUT] + add[T_THOUGHTS - T_INPUT]);
    event->slots[SV_F_CACHE_READ_TOKENS] = sv_value_int(add[T_CACHED - T_INPUT]);
    event->slots[SV_F_REASONING_TOKENS] = sv_value_int(add[T_THOUGHTS - T_INPUT]);
    sv_reader_emit(line->reader, part);
}

/* line->v holds the message's members. */
static void read_message(struct line *line)
{
    struct sv_slice type = plain(line, TYPE);
    struct sv_value text = text_of(line->v[CONTENT], line->arena), call;
    bool is_user = sv_slice_is(type, "user"), is_model = sv_slice_is(type, "gemini");
    line->ext = sv_piece_leftover(line->reader, line->whole, known);
    if (!is_user && !is_model) {
        emit_piece(line, sv_slice_is(type, "error") ? "error" : "note", text, PIECE_TEXT);
        return;
    }
    read_thoughts(line);
    if (is_user || (text.type == SV_STRING && text.len > 0))
        emit_piece(line, is_user ? "message.user" : "message.agent", text, PIECE_TEXT);
    for (struct sv_json_iter it = sv_json_iter(line->v[CALLS]);
         sv_value_is_array(line->v[CALLS]) && sv_json_next(&it, NULL, &call);)
        if (sv_value_is_object(call))
            read_call(line, call);
    read_tokens(line);
}

/* A long session brought again, whose newest message was of that time when it was brought before: what is older was told then,
 * and may not be remembered. */
static bool is_forgotten(struct line *line, int64_t newest_ns)
{
    struct state *state = line->state;
    int64_t ns;
    if (!sv_time_parse(plain(line, TIME), &ns))
        return false;
    if (ns < newest_ns && (state->u.file.next > TOLD || state->u.file.next_counted > COUNTED))
        return true;
    if (ns > state->u.file.newest_ns)
        state->u.file.newest_ns = ns;
    return false;
}

static void read_messages(struct line *line, struct sv_value messages)
{
    struct sv_value message;
    int64_t newest_ns = line->state->u.file.newest_ns; /* as it was before these */
    for (struct sv_json_iter it = sv_json_iter(messages); sv_value_is_array(messages) && sv_json_next(&it, NULL, &message);) {
        struct line inner = {.reader = line->reader, .state = line->state, .arena = line->arena, .part = line->part};
        if (!sv_value_is_object(message))
            continue;
        if (sv_json_project(paths(), SV_PATHS_ROOT, sv_value_raw(message), inner.v, NULL, NULL)) {
            inner.whole = message;
            if (!is_forgotten(&inner, newest_ns))
                read_message(&inner);
        }
        line->part = inner.part;
    }
}

static void read_file(struct line *line)
{
    if (line->v[REWIND].type != SV_ABSENT) {
        emit_note(line, sv_value_of(SV_ABSENT));
    } else if (line->v[SET].type != SV_ABSENT) {
        if (!sv_value_is_array(line->v[SET_MESSAGES]))
            emit_note(line, sv_value_of(SV_ABSENT));
        read_messages(line, line->v[SET_MESSAGES]);
    } else {
        is_forgotten(line, INT64_MIN);
        read_message(line);
    }
}

/* --- records --- */

static bool is_session(const struct sv_value *v)
{
    return v[SESSION].type == SV_STRING && (v[MESSAGES].type != SV_ABSENT || v[START_TIME].type != SV_ABSENT);
}

/* A message of a session file, as a line. */
static bool is_message(const struct sv_value *v)
{
    return v[ID].type == SV_STRING && v[TYPE].type == SV_STRING && v[ROLE].type == SV_ABSENT && v[TOOL_ID].type == SV_ABSENT &&
           (v[CONTENT].type != SV_ABSENT || v[TOKENS].type != SV_ABSENT || v[CALLS].type != SV_ABSENT);
}

static bool is_of_stream(struct line *line)
{
    struct sv_slice type = plain(line, TYPE);
    return sv_slice_is(type, "message") || sv_slice_is(type, "tool_use") || sv_slice_is(type, "tool_result") ||
           sv_slice_is(type, "error") || (sv_slice_is(type, "result") && line->v[SESSION_ID].type == SV_ABSENT);
}

static bool record(struct sv_reader *reader, void *state, struct sv_slice text, struct sv_error *err)
{
    struct line line = {.reader = reader, .state = state, .arena = sv_reader_arena(reader)};
    if (!sv_piece_read(paths(), text, line.v, &line.whole, err))
        return false;
    if (is_session(line.v)) {
        flush(reader, state);
        read_session(&line, SESSION);
        read_messages(&line, line.v[MESSAGES]);
    } else if (sv_slice_is(plain(&line, TYPE), "init") && line.v[SESSION_ID].type == SV_STRING) {
        flush(reader, state);
        read_session(&line, SESSION_ID);
    } else if (line.v[REWIND].type != SV_ABSENT || line.v[SET].type != SV_ABSENT || is_message(line.v)) {
        flush(reader, state);
        if (!line.state->is_file)
            memset(&line.state->u, 0, sizeof line.state->u);
        line.state->is_file = true;
        read_file(&line);
    } else if (!is_of_stream(&line) && sv_reader_is_other(reader)) {
        return true;
    } else {
        if (line.state->is_file)
            memset(&line.state->u, 0, sizeof line.state->u);
        line.state->is_file = false;
        line.ext = sv_piece_leftover(reader, line.whole, known);
        read_stream(&line, plain(&line, TYPE));
    }
    return true;
}

static void end(struct sv_reader *reader, void *state)
{
    flush(reader, state);
}

/* --- what the rest of the file needs to know --- */

static void save_stream(const struct state *state, struct sv_buf *out)
{
    sv_pack_uint(out, state->u.stream.record);
    if (state->u.stream.record != 0) {
        sv_pack_int(out, state->u.stream.offset);
        sv_state_put_word(out, &state->u.stream.time);
        sv_pack_uint(out, state->u.stream.is_user);
        sv_pack_text(out, sv_slice(state->u.stream.text, state->u.stream.len));
    }
    sv_state_put_calls(out, &state->u.stream.calls, SV_FORMAT_STATE_MAX / 2);
}

static void restore_stream(struct state *state, struct sv_unpack *in)
{
    state->u.stream.record = sv_unpack_uint(in);
    if (state->u.stream.record != 0) {
        state->u.stream.offset = sv_unpack_int(in);
        sv_state_get_word(in, &state->u.stream.time);
        state->u.stream.is_user = sv_unpack_uint(in) != 0;
        struct sv_slice text = sv_state_get_long(in, TEXT_MAX_BYTES);
        if (text.len > 0)
            memcpy(state->u.stream.text, text.data, text.len);
        state->u.stream.len = (uint32_t)text.len;
    }
    sv_state_get_calls(in, &state->u.stream.calls);
}

/* Oldest first; how many there ever were tells whether some are forgotten. */
static void save_file(const struct state *state, struct sv_buf *out)
{
    uint32_t next = state->u.file.next;
    sv_pack_uint(out, next);
    for (uint32_t count = next < TOLD ? next : TOLD; count > 0; count--)
        sv_pack_uint(out, state->u.file.told[(next - count) % TOLD]);
    next = state->u.file.next_counted;
    sv_pack_uint(out, next);
    for (uint32_t count = next < COUNTED ? next : COUNTED; count > 0; count--) {
        sv_pack_uint(out, state->u.file.counted[(next - count) % COUNTED].hash);
        sv_state_put_counts(out, state->u.file.counted[(next - count) % COUNTED].n, NUMBERS);
    }
    sv_pack_int(out, state->u.file.newest_ns);
}

static void restore_file(struct state *state, struct sv_unpack *in)
{
    uint32_t next = (uint32_t)sv_unpack_uint(in);
    for (uint32_t count = next < TOLD ? next : TOLD; count > 0 && !in->failed; count--)
        state->u.file.told[(next - count) % TOLD] = sv_unpack_uint(in);
    state->u.file.next = next;
    next = (uint32_t)sv_unpack_uint(in);
    for (uint32_t count = next < COUNTED ? next : COUNTED; count > 0 && !in->failed; count--) {
        state->u.file.counted[(next - count) % COUNTED].hash = sv_unpack_uint(in);
        sv_state_get_counts(in, state->u.file.counted[(next - count) % COUNTED].n, NUMBERS);
    }
    state->u.file.next_counted = next;
    state->u.file.newest_ns = sv_unpack_int(in);
}

static void save(const void *state_, struct sv_buf *out)
{
    const struct state *state = state_;
    const struct sv_piece_word *const words[] = {&state->session, &state->agent, &state->parent, &state->model, &state->cwd};
    for (size_t i = 0; i < sizeof words / sizeof *words; i++)
        sv_state_put_word(out, words[i]);
    sv_pack_uint(out, (uint64_t)state->is_started | (uint64_t)state->is_named << 1 | (uint64_t)state->is_file << 2);
    if (state->is_file)
        save_file(state, out);
    else
        save_stream(state, out);
}

static bool restore(struct sv_reader *reader, void *state_, struct sv_slice bytes)
{
    struct state *state = state_;
    struct sv_piece_word *const words[] = {&state->session, &state->agent, &state->parent, &state->model, &state->cwd};
    struct sv_unpack in = sv_unpack(bytes);
    (void)reader;
    for (size_t i = 0; i < sizeof words / sizeof *words; i++)
        sv_state_get_word(&in, words[i]);
    uint64_t flags = sv_unpack_uint(&in);
    state->is_started = (flags & 1) != 0;
    state->is_named = (flags & 2) != 0;
    state->is_file = (flags & 4) != 0;
    if (state->is_file)
        restore_file(state, &in);
    else
        restore_stream(state, &in);
    return sv_unpack_is_over(&in);
}

static bool detect(struct sv_value value)
{
    struct sv_value v[SLOTS] = {{0}};
    if (!sv_json_project(paths(), SV_PATHS_ROOT, sv_value_raw(value), v, NULL, NULL))
        return false;
    if (v[SESSION].type == SV_STRING)
        return v[TYPE].type == SV_ABSENT && is_session(v);
    if (v[SET].type != SV_ABSENT || v[REWIND].type != SV_ABSENT)
        return true;
    if (v[TYPE].type != SV_STRING || v[TIME].type != SV_STRING)
        return false;
    struct sv_slice type = sv_value_raw(v[TYPE]);
    if (sv_slice_is(type, "init"))
        return v[SESSION_ID].type == SV_STRING;
    if (sv_slice_is(type, "message"))
        return v[ROLE].type == SV_STRING && v[CONTENT].type != SV_ABSENT;
    if (sv_slice_is(type, "tool_use") || sv_slice_is(type, "tool_result"))
        return v[TOOL_ID].type == SV_STRING;
    if (sv_slice_is(type, "result"))
        return sv_value_is_object(v[STATS]);
    return is_message(v) && (sv_slice_is(type, "gemini") || sv_slice_is(type, "user") || sv_slice_is(type, "info"));
}

static bool time_of(struct sv_slice text, int64_t *ns)
{
    return sv_piece_time(text, ns) || sv_reader_top_time(text, ns);
}

const struct sv_format sv_format_gemini = {.name = "gemini",
                                           .title = "Gemini CLI: stream-json and session files",
                                           .repeats = true,
                                           .rewrites = true,
                                           .state_size = sizeof(struct state),
                                           .detect = detect,
                                           .record = record,
                                           .end = end,
                                           .save = save,
                                           .restore = restore,
                                           .time = time_of};
