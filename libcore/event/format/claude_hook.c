/* SPDX-License-Identifier: ISC */
/* What Claude Code gives to a hook, one payload a record, as common loggers keep it.
 *
 * A payload has neither id nor clock (unless the logger adds one). Calls and their results are payloads of their own; where no
 * tool_use_id joins them, an id is made of what both repeat: session, tool and input, and how often that came before. Payloads of
 * many sessions stand in one file, so what a session says is kept by session. Other programs write the same payload in camel
 * case. */
#include "base/hash.h"
#include "event/derive.h"
#include "event/format/claude_words.h"
#include "event/format/piece.h"
#include "event/format/state.h"
#include "event/reader_private.h"

enum slot {
    KIND, SESSION, TRANSCRIPT, CWD, MODE, TOOL, INPUT, CALL, RESPONSE, ERROR, IS_INTERRUPT, PROMPT, MESSAGE, AGENT_ID, AGENT_TYPE,
    SOURCE, REASON, MODEL, TURN, LAST_MESSAGE, TIME,
    SLOTS
};

enum { PEOPLE = 64, CALLS = 512, NAME_MAX_BYTES = 254, HEAD = 600 };

struct state {
    struct {
        uint64_t hash; /* of the session; 0: free */
        uint16_t len;
        bool is_named; /* from a folder */
        char name[NAME_MAX_BYTES];
    } people[PEOPLE];
    uint32_t next;
    struct {
        uint64_t hash[CALLS]; /* of session, tool and input; 0: free */
        uint32_t asked[CALLS], answered[CALLS];
        uint32_t next;
    } calls;
};

/* One record while it is read. */
struct line {
    struct sv_reader *reader;
    struct state *state;
    struct sv_arena *arena;
    struct sv_value v[SLOTS], ext;
    struct sv_slice agent;
};

static const char *const names[SLOTS][2] = {
    [KIND] = {"hook_event_name", "hookEventName"},
    [SESSION] = {"session_id", "sessionId"},
    [TRANSCRIPT] = {"transcript_path", "transcriptPath"},
    [CWD] = {"cwd", "cwd"},
    [MODE] = {"permission_mode", "permissionMode"},
    [TOOL] = {"tool_name", "toolName"},
    [INPUT] = {"tool_input", "toolInput"},
    [CALL] = {"tool_use_id", "toolUseId"},
    [RESPONSE] = {"tool_response", "toolResponse"},
    [ERROR] = {"error", "error"},
    [IS_INTERRUPT] = {"is_interrupt", "isInterrupt"},
    [PROMPT] = {"prompt", "prompt"},
    [MESSAGE] = {"message", "message"},
    [AGENT_ID] = {"agent_id", "agentId"},
    [AGENT_TYPE] = {"agent_type", "agentType"},
    [SOURCE] = {"source", "source"},
    [REASON] = {"reason", "reason"},
    [MODEL] = {"model", "model"},
    [TURN] = {"prompt_id", "turn_id"},
    [LAST_MESSAGE] = {"last_assistant_message", "lastAssistantMessage"},
    [TIME] = {"timestamp", "ts"},
};

/* Some loggers put the payload into a member of their own record. */
static const char *const wrappers[] = {"payload", "input", "data", "hook_input", "hookInput", "stdin", "event", "raw", NULL};

static bool is_payload(struct sv_value value)
{
    return sv_json_get(value, sv_slice_str(names[KIND][0])).type == SV_STRING ||
           sv_json_get(value, sv_slice_str(names[KIND][1])).type == SV_STRING;
}

static struct sv_value payload_of(struct sv_value record)
{
    if (is_payload(record))
        return record;
    for (size_t i = 0; wrappers[i] != NULL; i++) {
        struct sv_value inner = sv_json_get(record, sv_slice_str(wrappers[i]));
        if (sv_value_is_object(inner) && is_payload(inner))
            return inner;
    }
    return sv_value_of(SV_ABSENT);
}

static struct sv_slice plain(struct line *line, enum slot slot)
{
    return sv_piece_plain(&line->v[slot], line->arena);
}

/* One walk over the payload's members. */
static void take_members(struct line *line, struct sv_value payload)
{
    struct sv_value key, value;
    for (struct sv_json_iter it = sv_json_iter(payload); sv_json_next(&it, &key, &value);) {
        struct sv_slice name = sv_value_string(&key, line->arena);
        for (int s = 0; s < SLOTS; s++)
            if (sv_slice_is(name, names[s][0]) || sv_slice_is(name, names[s][1])) {
                if (value.type != SV_NULL)
                    line->v[s] = value;
                break;
            }
    }
}

static void set_ext(struct line *line, struct sv_value payload, bool is_note)
{
    const char *known[2 * SLOTS + 1];
    size_t count = 0;
    for (int s = 0; s < SLOTS; s++) {
        bool is_kept = s == TRANSCRIPT || s == SOURCE || s == REASON || (is_note && s == KIND);
        for (int n = 0; n < 2 && !is_kept; n++)
            known[count++] = names[s][n];
    }
    known[count] = NULL;
    line->ext = sv_piece_leftover(line->reader, payload, known);
}

/* --- who acts --- */

/* The session's name, made from its first folder. */
static struct sv_slice name_of(struct line *line)
{
    struct state *state = line->state;
    struct sv_slice session = plain(line, SESSION), cwd = plain(line, CWD);
    uint64_t hash = sv_hash(session) | 1;
    uint32_t at = 0;
    while (at < PEOPLE && state->people[at].hash != hash)
        at++;
    if (session.len == 0)
        return sv_derive_agent(line->arena, "claude", cwd, session);
    if (at == PEOPLE) {
        at = state->next++ % PEOPLE;
        state->people[at].hash = hash;
        state->people[at].len = 0;
        state->people[at].is_named = false;
    }
    if (state->people[at].len == 0 || (!state->people[at].is_named && cwd.len > 0)) {
        struct sv_piece_word word;
        sv_piece_keep(&word, sv_derive_agent(line->arena, "claude", cwd, session));
        if (word.len > NAME_MAX_BYTES)
            return sv_arena_dup(line->arena, sv_piece_kept(&word)); /* too long to be kept, and said again with each payload */
        memcpy(state->people[at].name, word.text, word.len);
        state->people[at].len = word.len;
        state->people[at].is_named = cwd.len > 0;
    }
    return sv_slice(state->people[at].name, state->people[at].len);
}

static struct sv_event *begin(struct line *line, const char *type)
{
    struct sv_event *event = sv_reader_event(line->reader);
    struct sv_value *v = line->v;
    struct sv_slice part = plain(line, AGENT_ID);
    sv_event_set_str(event, SV_F_TYPE, type);
    event->slots[SV_F_TIME] = v[TIME];
    event->slots[SV_F_SESSION] = v[SESSION];
    event->slots[SV_F_CWD] = v[CWD];
    event->slots[SV_F_MODE] = v[MODE];
    event->slots[SV_F_TURN] = v[TURN];
    event->slots[SV_F_EXT] = line->ext;
    if (v[MODEL].type == SV_STRING)
        event->slots[SV_F_MODEL] = v[MODEL];
    if (part.len > 0) {
        sv_piece_set(event, SV_F_PARENT_AGENT, line->agent);
        sv_piece_set(event, SV_F_AGENT, sv_arena_printf(line->arena, "%.*s/%.*s", SV_ARG(line->agent), SV_ARG(part)));
    } else {
        sv_piece_set(event, SV_F_AGENT, line->agent);
    }
    sv_piece_set(event, SV_F_AGENT_NAME, plain(line, AGENT_TYPE));
    return event;
}

static void emit_text(struct line *line, const char *type, enum slot text)
{
    struct sv_event *event = begin(line, type);
    if (line->v[text].type == SV_STRING)
        event->slots[SV_F_TEXT] = line->v[text];
    sv_reader_emit(line->reader, 0);
}

/* --- calls and results --- */

/* The id that call and result share: the source's, or the n-th of this session, tool and input. */
static struct sv_value call_of(struct line *line, bool is_answer)
{
    struct state *state = line->state;
    if (sv_piece_is_text(line->v[CALL]))
        return line->v[CALL];
    uint64_t hash = sv_hash_keyed(sv_hash(plain(line, SESSION)), sv_hash(plain(line, AGENT_ID)), plain(line, TOOL));
    if (line->v[INPUT].type == SV_JSON || line->v[INPUT].type == SV_STRING)
        hash = sv_hash_keyed(hash, 3, sv_value_raw(line->v[INPUT]));
    hash = hash != 0 ? hash : 1;
    uint32_t at = 0;
    while (at < CALLS && state->calls.hash[at] != hash)
        at++;
    if (at == CALLS) {
        at = state->calls.next++ % CALLS;
        state->calls.hash[at] = hash;
        state->calls.asked[at] = state->calls.answered[at] = 0;
    }
    uint32_t n = is_answer ? ++state->calls.answered[at] : ++state->calls.asked[at];
    char hex[24];
    sv_hash_hex(hash, hex);
    return sv_value_str(n > 1 ? sv_arena_printf(line->arena, "%s-%u", hex, n) : sv_arena_printf(line->arena, "%s", hex));
}

static void emit_call(struct line *line)
{
    struct sv_event *event = begin(line, "tool.call");
    event->slots[SV_F_CALL_ID] = call_of(line, false);
    event->slots[SV_F_TOOL] = line->v[TOOL];
    event->slots[SV_F_ARGS] = line->v[INPUT];
    sv_reader_emit(line->reader, 0);
}

static bool is_true(struct sv_value value)
{
    return value.type == SV_BOOL && value.b;
}

/* A response is whatever the tool gives; some say that it went wrong. */
static void set_status(struct line *line, struct sv_event *event, bool has_failed)
{
    struct sv_value response = line->v[RESPONSE], error = line->v[ERROR], success = sv_json_get(response, SV_SLICE("success"));
    if (error.type != SV_STRING)
        error = sv_json_get(response, SV_SLICE("error"));
    if (is_true(line->v[IS_INTERRUPT]) || is_true(sv_json_get(response, SV_SLICE("interrupted")))) {
        sv_event_set_str(event, SV_F_STATUS, "cancelled");
    } else if (has_failed || is_true(sv_json_get(response, SV_SLICE("is_error"))) || (success.type == SV_BOOL && !success.b) ||
               sv_piece_is_text(error)) {
        sv_claude_failure(event, sv_piece_head(sv_piece_is_text(error) ? error : response, HEAD, line->arena));
        return;
    } else {
        sv_event_set_str(event, SV_F_STATUS, "ok");
    }
    if (sv_piece_is_text(error))
        sv_piece_set(event, SV_F_ERROR, sv_piece_line(sv_piece_head(error, HEAD, line->arena)));
}

static void emit_result(struct line *line, bool has_failed)
{
    struct sv_event *event = begin(line, "tool.result");
    struct sv_value response = line->v[RESPONSE].type != SV_ABSENT ? line->v[RESPONSE] : line->v[ERROR];
    struct sv_value content = sv_json_get(response, SV_SLICE("content")), took = sv_json_get(response, SV_SLICE("totalDurationMs"));
    event->slots[SV_F_CALL_ID] = call_of(line, true);
    event->slots[SV_F_TOOL] = line->v[TOOL];
    event->slots[SV_F_RESULT] = response;
    event->slots[SV_F_RESULT_BYTES] =
        sv_value_int(sv_piece_text_bytes(sv_value_is_array(content) || content.type == SV_STRING ? content : response));
    event->slots[SV_F_DURATION_MS] = took.type != SV_ABSENT ? took : sv_json_get(response, SV_SLICE("durationMs"));
    set_status(line, event, has_failed);
    sv_reader_emit(line->reader, 0);
}

static void emit_decision(struct line *line, const char *decision)
{
    struct sv_event *event = begin(line, "decision");
    sv_event_set_str(event, SV_F_DECISION, decision);
    event->slots[SV_F_CALL_ID] = line->v[CALL];
    event->slots[SV_F_TOOL] = line->v[TOOL];
    event->slots[SV_F_ARGS] = line->v[INPUT];
    if (line->v[REASON].type == SV_STRING)
        event->slots[SV_F_TEXT] = line->v[REASON];
    sv_reader_emit(line->reader, 0);
}

static void emit_end(struct line *line, const char *type, const char *status)
{
    struct sv_event *event = begin(line, type);
    if (line->v[LAST_MESSAGE].type == SV_STRING)
        event->slots[SV_F_TEXT] = line->v[LAST_MESSAGE];
    if (status != NULL)
        sv_event_set_str(event, SV_F_STATUS, status);
    if (status != NULL && line->v[ERROR].type == SV_STRING)
        event->slots[SV_F_ERROR] = line->v[ERROR];
    sv_reader_emit(line->reader, SV_PART_END);
}

static bool is_note(struct sv_slice kind)
{
    static const char *const told[] = {"PreToolUse", "PostToolUse", "PostToolUseFailure", "PermissionRequest", "PermissionDenied",
                                       "UserPromptSubmit", "Stop", "StopFailure", "SubagentStop", "SubagentStart", "SessionStart",
                                       "SessionEnd"};
    for (size_t i = 0; i < sizeof told / sizeof *told; i++)
        if (sv_slice_is(kind, told[i]))
            return false;
    return true;
}

static void read_payload(struct line *line, struct sv_slice kind)
{
    if (sv_slice_is(kind, "PreToolUse"))
        emit_call(line);
    else if (sv_slice_is(kind, "PostToolUse"))
        emit_result(line, false);
    else if (sv_slice_is(kind, "PostToolUseFailure"))
        emit_result(line, true);
    else if (sv_slice_is(kind, "PermissionRequest"))
        emit_decision(line, "ask");
    else if (sv_slice_is(kind, "PermissionDenied"))
        emit_decision(line, "deny");
    else if (sv_slice_is(kind, "UserPromptSubmit"))
        emit_text(line, "message.user", PROMPT);
    else if (sv_slice_is(kind, "Stop"))
        emit_end(line, "turn.end", NULL);
    else if (sv_slice_is(kind, "StopFailure"))
        emit_end(line, "turn.end", "error");
    else if (sv_slice_is(kind, "SubagentStop"))
        emit_end(line, "agent.stop", NULL);
    else if (sv_slice_is(kind, "SessionEnd"))
        emit_end(line, "session.end", NULL);
    else if (sv_slice_is(kind, "SubagentStart"))
        begin(line, "agent.start"), sv_reader_emit(line->reader, SV_PART_START);
    else if (sv_slice_is(kind, "SessionStart"))
        begin(line, "session.start"), sv_reader_emit(line->reader, SV_PART_START);
    else
        emit_text(line, "note", MESSAGE);
}

static bool record(struct sv_reader *reader, void *state, struct sv_slice text, struct sv_error *err)
{
    struct line line = {.reader = reader, .state = state, .arena = sv_reader_arena(reader)};
    struct sv_value whole, payload;
    if (!sv_json_read(text, &whole, err))
        return false;
    if (!sv_value_is_object(whole))
        return sv_error_at(err, NULL, 0, 1), sv_error_set(err, SV_INPUT, "a JSON object is expected");
    payload = payload_of(whole);
    if (payload.type == SV_ABSENT && sv_reader_is_other(reader))
        return true;
    take_members(&line, payload.type != SV_ABSENT ? payload : whole);
    if (payload.type != SV_ABSENT && payload.s != whole.s && line.v[TIME].type == SV_ABSENT) {
        line.v[TIME] = sv_json_get(whole, SV_SLICE("timestamp"));
        if (line.v[TIME].type == SV_ABSENT)
            line.v[TIME] = sv_json_get(whole, SV_SLICE("ts"));
    }
    struct sv_slice kind = plain(&line, KIND);
    set_ext(&line, payload.type != SV_ABSENT ? payload : whole, is_note(kind));
    line.agent = name_of(&line);
    read_payload(&line, kind);
    return true;
}

/* --- what the rest of the file needs to know, the oldest first --- */

static void save(const void *state_, struct sv_buf *out)
{
    const struct state *state = state_;
    uint32_t count = state->next < PEOPLE ? state->next : PEOPLE;
    sv_pack_uint(out, count);
    for (; count > 0; count--) {
        uint32_t at = (state->next - count) % PEOPLE;
        sv_pack_uint(out, state->people[at].hash);
        sv_pack_uint(out, state->people[at].is_named);
        sv_pack_text(out, sv_slice(state->people[at].name, state->people[at].len));
    }
    count = state->calls.next < CALLS ? state->calls.next : CALLS;
    sv_pack_uint(out, count);
    for (; count > 0; count--) {
        uint32_t at = (state->calls.next - count) % CALLS;
        sv_pack_uint(out, state->calls.hash[at]);
        sv_pack_uint(out, state->calls.asked[at]);
        sv_pack_uint(out, state->calls.answered[at]);
    }
}

static bool restore(struct sv_reader *reader, void *state_, struct sv_slice bytes)
{
    struct state *state = state_;
    struct sv_unpack in = sv_unpack(bytes);
    (void)reader;
    for (uint64_t count = sv_unpack_uint(&in); count > 0 && !in.failed; count--) {
        uint32_t at = state->next++ % PEOPLE;
        state->people[at].hash = sv_unpack_uint(&in);
        state->people[at].is_named = sv_unpack_uint(&in) != 0;
        struct sv_slice name = sv_state_get_long(&in, NAME_MAX_BYTES);
        if (name.len > 0)
            memcpy(state->people[at].name, name.data, name.len);
        state->people[at].len = (uint16_t)name.len;
    }
    for (uint64_t count = sv_unpack_uint(&in); count > 0 && !in.failed; count--) {
        uint32_t at = state->calls.next++ % CALLS;
        state->calls.hash[at] = sv_unpack_uint(&in);
        state->calls.asked[at] = (uint32_t)sv_unpack_uint(&in);
        state->calls.answered[at] = (uint32_t)sv_unpack_uint(&in);
    }
    return sv_unpack_is_over(&in);
}

static bool detect(struct sv_value value)
{
    return payload_of(value).type != SV_ABSENT;
}

const struct sv_format sv_format_claude_hook = {.name = "claude-hook",
                                                .title = "what Claude Code gives to hooks",
                                                .state_size = sizeof(struct state),
                                                .detect = detect,
                                                .record = record,
                                                .save = save,
                                                .restore = restore,
                                                .time = sv_reader_top_time};
