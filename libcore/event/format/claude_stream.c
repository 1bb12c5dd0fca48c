/* SPDX-License-Identifier: ISC */
/* Claude Code without a terminal: what `claude -p --output-format stream-json` prints (and, as a list, --output-format json).
 *
 * Messages are those of a transcript, but without a clock; folder, model and mode stand in the first record only, and a sub-agent
 * is known by the call that started it. The records of one response repeat its usage, with the number of output tokens that it
 * had when it began: what is missing stands in the result, as totals of the run, and is told with the turn that ends there, less
 * what the responses were told to have. So is the cost, all of it: no response has one. */
#include "base/hash.h"
#include "base/limits.h"
#include "event/derive.h"
#include "event/format/claude_words.h"
#include "event/format/piece.h"
#include "event/format/state.h"

enum slot {
    TYPE, SUBTYPE, UUID, TIME, SESSION, PARENT, CWD, MODEL, MODE, IS_ERROR, RESULT, ERRORS, ERROR, DURATION, COST, MODELS, DENIALS,
    USAGE, U_INPUT, U_WRITE, U_READ, U_OUTPUT,
    MESSAGE, M_ID, M_ROLE, M_MODEL, M_CONTENT, M_STOP, M_USAGE, INPUT, WRITE, READ, OUTPUT,
    TOOL_RESULT, TR_INTERRUPTED, TR_EXIT_CODE, TR_TOTAL_DURATION, TR_DURATION,
    REQUEST_ID, REQUEST, RQ_SUBTYPE, RQ_TOOL, RQ_INPUT, RQ_CALL,
    RESPONSE, RS_REQUEST_ID, RS_RESPONSE, RS_BEHAVIOR, RS_MESSAGE,
    SLOTS
};

enum { N_INPUT, N_WRITE, N_READ, N_OUTPUT, NUMBERS };
enum { HEAD = 600, OTHERS = 6, COUNTED = 256, PARTS = 32 };

struct state {
    /* What a session says once, and what was told of it. Runs side by side may print into one file. */
    struct session {
        struct sv_piece_word session, agent, model, mode, cwd;
        bool is_named; /* the name is made from a folder */
        struct {
            int64_t main[NUMBERS], all[NUMBERS]; /* of the main thread and of all */
        } turn, run; /* since the last result and since the session began */
        double cost; /* told since the session began */
    } now, others[OTHERS];
    uint32_t next_other;
    struct {
        uint64_t hash; /* of the response's id; 0: nothing waits */
        uint64_t record;
        int64_t offset, n[NUMBERS];
        bool is_part;
        struct sv_piece_word id, uuid, time, agent, parent, model, stop;
    } waiting;
    struct {
        uint64_t hash[COUNTED];
        int64_t n[COUNTED][NUMBERS];
        uint32_t next;
    } counted;
    struct {
        uint64_t hash[PARTS]; /* of the calls whose sub-agents have begun */
        uint32_t next;
    } parts;
    struct sv_piece_calls calls;
};

/* One record while it is read. */
struct line {
    struct sv_reader *reader;
    struct state *state;
    struct sv_arena *arena;
    struct sv_value v[SLOTS], whole, ext;
    struct sv_slice agent, parent;
};

static const struct sv_paths *paths(void)
{
    static struct sv_paths *tree;
    static const struct sv_piece_path wanted[] = {
        {TYPE, SV_PIECE_TOP, "type"}, {SUBTYPE, SV_PIECE_TOP, "subtype"}, {UUID, SV_PIECE_TOP, "uuid"},
        {TIME, SV_PIECE_TOP, "timestamp"}, {SESSION, SV_PIECE_TOP, "session_id"}, {PARENT, SV_PIECE_TOP, "parent_tool_use_id"},
        {CWD, SV_PIECE_TOP, "cwd"}, {MODEL, SV_PIECE_TOP, "model"}, {MODE, SV_PIECE_TOP, "permissionMode"},
        {IS_ERROR, SV_PIECE_TOP, "is_error"}, {RESULT, SV_PIECE_TOP, "result"}, {ERRORS, SV_PIECE_TOP, "errors"},
        {ERROR, SV_PIECE_TOP, "error"}, {DURATION, SV_PIECE_TOP, "duration_ms"}, {COST, SV_PIECE_TOP, "total_cost_usd"},
        {MODELS, SV_PIECE_TOP, "modelUsage"}, {DENIALS, SV_PIECE_TOP, "permission_denials"}, {USAGE, SV_PIECE_TOP, "usage"},
        {U_INPUT, USAGE, "input_tokens"}, {U_WRITE, USAGE, "cache_creation_input_tokens"},
        {U_READ, USAGE, "cache_read_input_tokens"}, {U_OUTPUT, USAGE, "output_tokens"}, {MESSAGE, SV_PIECE_TOP, "message"},
        {M_ID, MESSAGE, "id"}, {M_ROLE, MESSAGE, "role"}, {M_MODEL, MESSAGE, "model"}, {M_CONTENT, MESSAGE, "content"},
        {M_STOP, MESSAGE, "stop_reason"}, {M_USAGE, MESSAGE, "usage"}, {INPUT, M_USAGE, "input_tokens"},
        {WRITE, M_USAGE, "cache_creation_input_tokens"}, {READ, M_USAGE, "cache_read_input_tokens"},
        {OUTPUT, M_USAGE, "output_tokens"}, {TOOL_RESULT, SV_PIECE_TOP, "tool_use_result"},
        {TR_INTERRUPTED, TOOL_RESULT, "interrupted"}, {TR_EXIT_CODE, TOOL_RESULT, "exitCode"},
        {TR_TOTAL_DURATION, TOOL_RESULT, "totalDurationMs"}, {TR_DURATION, TOOL_RESULT, "durationMs"},
        {REQUEST_ID, SV_PIECE_TOP, "request_id"}, {REQUEST, SV_PIECE_TOP, "request"}, {RQ_SUBTYPE, REQUEST, "subtype"},
        {RQ_TOOL, REQUEST, "tool_name"}, {RQ_INPUT, REQUEST, "input"}, {RQ_CALL, REQUEST, "tool_use_id"},
        {RESPONSE, SV_PIECE_TOP, "response"}, {RS_REQUEST_ID, RESPONSE, "request_id"}, {RS_RESPONSE, RESPONSE, "response"},
        {RS_BEHAVIOR, RS_RESPONSE, "behavior"}, {RS_MESSAGE, RS_RESPONSE, "message"},
    };
    return sv_piece_paths(&tree, wanted, sizeof wanted / sizeof *wanted);
}

static const char *const known[] = {"type", "uuid", "timestamp", "session_id", "parent_tool_use_id", "cwd", "model",
                                    "permissionMode", "is_error", "result", "error", "duration_ms", "total_cost_usd",
                                    "message", NULL};
static const char *const nothing[] = {NULL};

static struct sv_slice plain(struct line *line, enum slot slot)
{
    return sv_piece_plain(&line->v[slot], line->arena);
}

static bool is_true(struct sv_value value)
{
    return value.type == SV_BOOL && value.b;
}

/* --- who acts --- */

/* Goes on with a session that was met before, or begins one. */
static void enter(struct state *state, struct sv_slice session)
{
    uint32_t at = 0;
    while (at < OTHERS && !sv_slice_equal(session, sv_piece_kept(&state->others[at].session)))
        at++;
    bool is_known = at < OTHERS;
    if (!is_known)
        at = state->next_other++ % OTHERS;
    struct session found = state->others[at];
    state->others[at] = state->now;
    state->now = is_known ? found : (struct session){0};
    sv_piece_keep(&state->now.session, session);
}

/* What the record says of its session holds for those behind it. */
static void meet(struct line *line)
{
    struct state *state = line->state;
    struct sv_slice session = plain(line, SESSION), cwd = plain(line, CWD), part = plain(line, PARENT);
    if (session.len > 0 && !sv_slice_equal(session, sv_piece_kept(&state->now.session)))
        enter(state, session);
    if (state->now.cwd.len == 0)
        sv_piece_keep(&state->now.cwd, cwd);
    if (state->now.agent.len == 0 || (!state->now.is_named && cwd.len > 0)) {
        sv_piece_keep(&state->now.agent, sv_derive_agent(line->arena, "claude", sv_piece_kept(&state->now.cwd), session));
        state->now.is_named = state->now.cwd.len > 0;
    }
    if (sv_piece_is_text(line->v[MODE]))
        sv_piece_keep(&state->now.mode, plain(line, MODE));
    line->agent = sv_piece_kept(&state->now.agent);
    line->parent = SV_SLICE("");
    if (part.len > 0) {
        line->parent = line->agent;
        line->agent = sv_arena_printf(line->arena, "%.*s/%.*s", SV_ARG(line->parent), SV_ARG(part));
    }
}

static struct sv_event *begin(struct line *line, const char *type)
{
    struct sv_event *event = sv_reader_event(line->reader);
    const struct state *state = line->state;
    sv_event_set_str(event, SV_F_TYPE, type);
    event->slots[SV_F_TIME] = line->v[TIME];
    event->slots[SV_F_EXT] = line->ext;
    sv_piece_set(event, SV_F_SESSION, sv_piece_kept(&state->now.session));
    sv_piece_set(event, SV_F_CWD, sv_piece_kept(&state->now.cwd));
    sv_piece_set(event, SV_F_MODE, sv_piece_kept(&state->now.mode));
    sv_piece_set(event, SV_F_AGENT, line->agent);
    sv_piece_set(event, SV_F_PARENT_AGENT, line->parent);
    return event;
}

static void finish(struct line *line, struct sv_event *event, uint32_t part)
{
    event->slots[SV_F_ID] = sv_piece_id(&line->v[UUID], part, line->arena);
    sv_reader_emit(line->reader, part);
}

static void emit_note(struct line *line, struct sv_value text, uint32_t part)
{
    line->ext = sv_piece_leftover(line->reader, line->whole, nothing);
    struct sv_event *event = begin(line, "note");
    if (text.type == SV_STRING)
        event->slots[SV_F_TEXT] = text;
    finish(line, event, part);
}

/* The first record of a sub-agent starts it. */
static void start_part(struct line *line)
{
    struct state *state = line->state;
    struct sv_slice part = plain(line, PARENT);
    uint64_t hash = sv_hash_keyed(4, sv_hash(sv_piece_kept(&state->now.session)), part) | 1;
    if (part.len == 0)
        return;
    for (uint32_t i = 0; i < PARTS; i++)
        if (state->parts.hash[i] == hash)
            return;
    state->parts.hash[state->parts.next++ % PARTS] = hash;
    struct sv_event *event = begin(line, "agent.start");
    event->slots[SV_F_CALL_ID] = line->v[PARENT];
    event->slots[SV_F_ID] = sv_value_str(
        sv_arena_printf(line->arena, "%.*s/%.*s.s", SV_ARG(sv_piece_kept(&state->now.session)), SV_ARG(part)));
    sv_reader_emit(line->reader, SV_PART_START);
}

/* --- usage --- */

static int64_t *counted(struct state *state, uint64_t hash)
{
    for (uint32_t i = 0; i < COUNTED; i++)
        if (state->counted.hash[i] == hash)
            return state->counted.n[i];
    uint32_t at = state->counted.next++ % COUNTED;
    state->counted.hash[at] = hash;
    memset(state->counted.n[at], 0, sizeof state->counted.n[at]);
    return state->counted.n[at];
}

static void set_tokens(struct sv_event *event, const int64_t *n)
{
    event->slots[SV_F_INPUT_TOKENS] = sv_value_int(n[N_INPUT] + n[N_WRITE] + n[N_READ]);
    event->slots[SV_F_OUTPUT_TOKENS] = sv_value_int(n[N_OUTPUT]);
    event->slots[SV_F_CACHE_READ_TOKENS] = sv_value_int(n[N_READ]);
    event->slots[SV_F_CACHE_WRITE_TOKENS] = sv_value_int(n[N_WRITE]);
}

/* Tells the response whose usage was waited for. */
static void emit_waiting(struct sv_reader *reader, struct state *state)
{
    struct line line = {.reader = reader, .state = state, .arena = sv_reader_arena(reader)};
    if (state->waiting.hash == 0)
        return;
    int64_t *before = counted(state, state->waiting.hash), add[NUMBERS], sum = 0;
    bool is_first = true;
    for (int i = 0; i < NUMBERS; i++) {
        is_first = is_first && before[i] == 0;
        add[i] = state->waiting.n[i] > before[i] ? state->waiting.n[i] - before[i] : 0;
        before[i] += add[i];
        sum += add[i];
    }
    state->waiting.hash = 0;
    if (sum == 0 && !is_first)
        return;
    for (int i = 0; i < NUMBERS; i++) {
        state->now.turn.all[i] += add[i];
        state->now.run.all[i] += add[i];
        state->now.turn.main[i] += state->waiting.is_part ? 0 : add[i];
        state->now.run.main[i] += state->waiting.is_part ? 0 : add[i];
    }
    line.agent = sv_piece_kept(&state->waiting.agent);
    line.parent = sv_piece_kept(&state->waiting.parent);
    struct sv_event *event = begin(&line, "llm.call");
    struct sv_value uuid = sv_value_str(sv_piece_kept(&state->waiting.uuid)), stop = sv_value_str(sv_piece_kept(&state->waiting.stop));
    event->slots[SV_F_ID] = sv_piece_id(&uuid, SV_PART_USAGE, line.arena);
    sv_piece_set(event, SV_F_CORRELATION_ID, sv_piece_kept(&state->waiting.id));
    sv_piece_set(event, SV_F_TIME, sv_piece_kept(&state->waiting.time));
    sv_piece_set(event, SV_F_MODEL, sv_piece_kept(&state->waiting.model));
    if (stop.len > 0 && sv_piece_wants_ext(reader))
        event->slots[SV_F_EXT] = sv_piece_object(line.arena, "stop_reason", stop);
    set_tokens(event, add);
    sv_reader_no_estimate(reader);
    sv_reader_emit_at(reader, state->waiting.record, state->waiting.offset, SV_PART_USAGE);
}

static void take_usage(struct line *line)
{
    struct state *state = line->state;
    struct sv_slice id = plain(line, M_ID), model = plain(line, M_MODEL);
    struct sv_place place = sv_reader_place(line->reader);
    uint64_t hash = (id.len > 0 ? sv_hash(id) : sv_hash_keyed(2, place.record, SV_SLICE(""))) | 1;
    if (hash != state->waiting.hash)
        emit_waiting(line->reader, state);
    if (!sv_value_is_object(line->v[M_USAGE]) || sv_slice_is(model, "<synthetic>"))
        return;
    state->waiting.hash = hash;
    state->waiting.record = place.record;
    state->waiting.offset = place.offset;
    state->waiting.is_part = line->parent.len > 0;
    for (int i = 0; i < NUMBERS; i++)
        state->waiting.n[i] = sv_piece_tokens(line->v[INPUT + i]);
    sv_piece_keep(&state->waiting.id, id);
    sv_piece_keep(&state->waiting.uuid, plain(line, UUID));
    sv_piece_keep(&state->waiting.time, plain(line, TIME));
    sv_piece_keep(&state->waiting.agent, line->agent);
    sv_piece_keep(&state->waiting.parent, line->parent);
    sv_piece_keep(&state->waiting.model, model);
    sv_piece_keep(&state->waiting.stop, plain(line, M_STOP));
}

/* --- messages --- */

static void emit_call(struct line *line, struct sv_claude_parts *parts, uint32_t part)
{
    struct sv_event *event = begin(line, "tool.call");
    if (parts->id.type == SV_STRING && parts->name.type == SV_STRING)
        sv_piece_call_add(&line->state->calls, sv_value_string(&parts->id, line->arena), sv_value_string(&parts->name, line->arena));
    event->slots[SV_F_CALL_ID] = parts->id;
    event->slots[SV_F_TOOL] = parts->name;
    event->slots[SV_F_ARGS] = parts->input;
    event->slots[SV_F_MODEL] = line->v[M_MODEL];
    event->slots[SV_F_CORRELATION_ID] = line->v[M_ID];
    finish(line, event, part);
}

static void emit_result(struct line *line, struct sv_claude_parts *parts, uint32_t part, bool is_first)
{
    struct sv_event *event = begin(line, "tool.result");
    struct sv_value *v = line->v;
    sv_piece_set(event, SV_F_TOOL, sv_piece_call_tool(&line->state->calls, sv_value_string(&parts->id, line->arena)));
    event->slots[SV_F_CALL_ID] = parts->id;
    event->slots[SV_F_RESULT] = parts->content;
    event->slots[SV_F_RESULT_BYTES] = sv_value_int(sv_piece_text_bytes(parts->content));
    if (is_true(parts->is_error))
        sv_claude_failure(event, sv_piece_head(parts->content, HEAD, line->arena));
    else
        sv_event_set_str(event, SV_F_STATUS, is_first && is_true(v[TR_INTERRUPTED]) ? "cancelled" : "ok");
    if (is_first) {
        if (v[TR_EXIT_CODE].type == SV_INT)
            event->slots[SV_F_EXIT_CODE] = v[TR_EXIT_CODE];
        event->slots[SV_F_DURATION_MS] = v[TR_TOTAL_DURATION].type != SV_ABSENT ? v[TR_TOTAL_DURATION] : v[TR_DURATION];
    }
    finish(line, event, part);
}

static void emit_text(struct line *line, const char *type, struct sv_value text, uint32_t part)
{
    struct sv_event *event = begin(line, type);
    if (text.type == SV_STRING)
        event->slots[SV_F_TEXT] = text;
    if (strcmp(type, "message.user") != 0) {
        event->slots[SV_F_MODEL] = line->v[M_MODEL];
        event->slots[SV_F_CORRELATION_ID] = line->v[M_ID];
    }
    if (line->v[ERROR].type == SV_STRING) { /* a message that the program made up for a call that failed */
        sv_event_set_str(event, SV_F_STATUS, "error");
        event->slots[SV_F_ERROR] = line->v[ERROR];
    }
    finish(line, event, part);
}

static void read_block(struct line *line, struct sv_value block, bool is_assistant, uint32_t part, bool *has_result)
{
    struct sv_claude_parts parts = sv_claude_parts(block, line->arena);
    if (block.type == SV_STRING || parts.kind == SV_CLAUDE_TEXT) {
        emit_text(line, is_assistant ? "message.agent" : "message.user", block.type == SV_STRING ? block : parts.text, part);
    } else if (parts.kind == SV_CLAUDE_THINKING) {
        emit_text(line, "message.think", parts.text, part);
    } else if (parts.kind == SV_CLAUDE_CALL) {
        emit_call(line, &parts, part);
    } else if (parts.kind == SV_CLAUDE_RESULT && parts.id.type == SV_STRING) {
        emit_result(line, &parts, part, !*has_result);
        *has_result = true;
    } else {
        emit_note(line, sv_value_of(SV_ABSENT), part);
    }
}

static void read_message(struct line *line, bool is_assistant)
{
    struct sv_value content = line->v[MESSAGE].type == SV_STRING ? line->v[MESSAGE] : line->v[M_CONTENT], block;
    uint32_t part = 0;
    bool has_result = false;
    start_part(line);
    if (is_assistant)
        take_usage(line);
    if (content.type == SV_STRING)
        emit_text(line, is_assistant ? "message.agent" : "message.user", content, part++);
    else if (sv_value_is_array(content))
        for (struct sv_json_iter it = sv_json_iter(content); sv_json_next(&it, NULL, &block);)
            read_block(line, block, is_assistant, part++, &has_result);
    if (part == 0 && !(is_assistant && line->state->waiting.record == sv_reader_place(line->reader).record))
        emit_note(line, sv_value_of(SV_ABSENT), 0);
}

/* --- the result --- */

/* Totals of all models; false when none are told. *model: its name, if there is just one. */
static bool add_models(struct line *line, int64_t *total, struct sv_slice *model)
{
    static const char *const names[NUMBERS] = {"inputTokens", "cacheCreationInputTokens", "cacheReadInputTokens", "outputTokens"};
    struct sv_value key, usage;
    size_t count = 0;
    if (!sv_value_is_object(line->v[MODELS]))
        return false;
    for (struct sv_json_iter it = sv_json_iter(line->v[MODELS]); sv_json_next(&it, &key, &usage);) {
        if (!sv_value_is_object(usage))
            continue;
        for (int i = 0; i < NUMBERS; i++)
            total[i] += sv_piece_tokens(sv_json_get(usage, sv_slice_str(names[i])));
        *model = count++ == 0 ? sv_value_string(&key, line->arena) : SV_SLICE("");
    }
    return count > 0;
}

static int64_t input_of(const int64_t *n)
{
    return n[N_INPUT] + n[N_WRITE] + n[N_READ];
}

/* What a total adds to what was told. With several results in a session some versions go on with their totals and some begin
 * anew: what the responses were told to have tells which, for a running total holds all of them. */
static bool set_rest(struct line *line, struct sv_event *event)
{
    struct state *state = line->state;
    int64_t total[NUMBERS] = {0}, rest[NUMBERS];
    struct sv_slice model = SV_SLICE("");
    bool has_models = add_models(line, total, &model), has_usage = sv_value_is_object(line->v[USAGE]);
    if (!has_models && !has_usage)
        return true;
    for (int i = 0; i < NUMBERS && !has_models; i++)
        total[i] = sv_piece_tokens(line->v[U_INPUT + i]);
    const int64_t *turn = has_models ? state->now.turn.all : state->now.turn.main, *run = has_models ? state->now.run.all : state->now.run.main;
    bool is_running = input_of(total) >= input_of(run);
    const int64_t *told = is_running ? run : turn;
    for (int i = 0; i < NUMBERS; i++) {
        rest[i] = total[i] > told[i] ? total[i] - told[i] : 0;
        state->now.run.all[i] += rest[i];
        state->now.run.main[i] += rest[i];
    }
    sv_piece_set(event, SV_F_MODEL, has_models ? model : sv_piece_kept(&state->now.model));
    set_tokens(event, rest);
    return is_running;
}

static void emit_denials(struct line *line)
{
    struct sv_value denial;
    uint32_t part = 0;
    for (struct sv_json_iter it = sv_json_iter(line->v[DENIALS]);
         sv_value_is_array(line->v[DENIALS]) && sv_json_next(&it, NULL, &denial); part++) {
        if (!sv_value_is_object(denial))
            continue;
        struct sv_event *event = begin(line, "decision");
        sv_event_set_str(event, SV_F_DECISION, "deny");
        sv_event_set_str(event, SV_F_STATUS, "denied");
        event->slots[SV_F_CALL_ID] = sv_json_get(denial, SV_SLICE("tool_use_id"));
        event->slots[SV_F_TOOL] = sv_json_get(denial, SV_SLICE("tool_name"));
        event->slots[SV_F_ARGS] = sv_json_get(denial, SV_SLICE("tool_input"));
        finish(line, event, part);
    }
}

static double number(struct sv_value value)
{
    return value.type == SV_DOUBLE ? value.d : value.type == SV_INT ? (double)value.i : 0;
}

/* is_error is false on a run that was cut short (error_max_turns): its kind tells, too. */
static void read_result(struct line *line)
{
    static const char *const told[] = {"type", "uuid", "timestamp", "session_id", "is_error", "result", "duration_ms",
                                       "total_cost_usd", "usage", "permission_denials", NULL};
    struct state *state = line->state;
    struct sv_value *v = line->v;
    struct sv_slice subtype = plain(line, SUBTYPE);
    emit_waiting(line->reader, state);
    line->ext = sv_value_of(SV_ABSENT);
    emit_denials(line);
    line->ext = sv_piece_leftover(line->reader, line->whole, told);
    struct sv_event *event = begin(line, "turn.end");
    bool has_failed = is_true(v[IS_ERROR]) || (subtype.len > 0 && !sv_slice_is(subtype, "success"));
    sv_event_set_str(event, SV_F_STATUS, has_failed ? "error" : "ok");
    if (v[RESULT].type == SV_STRING)
        event->slots[SV_F_TEXT] = v[RESULT];
    struct sv_value why = sv_json_at(v[ERRORS], 0);
    if (has_failed && !sv_slice_is(subtype, "success") && subtype.len > 0)
        event->slots[SV_F_ERROR] = v[SUBTYPE];
    else if (has_failed)
        sv_piece_set(event, SV_F_ERROR, sv_piece_line(sv_piece_head(why.type == SV_STRING ? why : v[RESULT], HEAD, line->arena)));
    event->slots[SV_F_DURATION_MS] = v[DURATION];
    bool is_running = set_rest(line, event);
    if (v[COST].type == SV_DOUBLE || v[COST].type == SV_INT) {
        double cost = number(v[COST]), before = is_running && cost >= state->now.cost ? state->now.cost : 0;
        event->slots[SV_F_COST_USD] = sv_value_double(cost - before);
        state->now.cost = cost;
    }
    memset(&state->now.turn, 0, sizeof state->now.turn);
    finish(line, event, SV_PART_END);
}

/* --- other records --- */

static void read_system(struct line *line)
{
    struct state *state = line->state;
    struct sv_slice subtype = plain(line, SUBTYPE);
    bool is_first = state->now.model.len == 0;
    if (sv_slice_is(subtype, "init") && is_first) {
        sv_piece_keep(&state->now.model, line->v[MODEL].type == SV_STRING ? plain(line, MODEL) : SV_SLICE("?"));
        struct sv_event *event = begin(line, "session.start");
        event->slots[SV_F_MODEL] = line->v[MODEL];
        event->slots[SV_F_ID] = sv_piece_id(&line->v[SESSION], SV_PART_START, line->arena);
        sv_reader_emit(line->reader, SV_PART_START);
    } else if (sv_slice_is(subtype, "init")) { /* once a turn where several are asked for */
        finish(line, begin(line, "turn.start"), 0);
    } else if (sv_slice_is(subtype, "api_error")) {
        struct sv_event *event = begin(line, "error");
        sv_event_set_str(event, SV_F_STATUS, "error");
        event->slots[SV_F_ERROR] = line->v[ERROR].type == SV_STRING ? line->v[ERROR] : line->v[SUBTYPE];
        finish(line, event, 0);
    } else {
        emit_note(line, line->v[MESSAGE], 0);
    }
}

/* Somebody is asked whether a tool may be used, and answers. */
static void read_request(struct line *line)
{
    if (!sv_slice_is(plain(line, RQ_SUBTYPE), "can_use_tool")) {
        emit_note(line, sv_value_of(SV_ABSENT), 0);
        return;
    }
    struct sv_event *event = begin(line, "decision");
    sv_event_set_str(event, SV_F_DECISION, "ask");
    event->slots[SV_F_CORRELATION_ID] = line->v[REQUEST_ID];
    event->slots[SV_F_CALL_ID] = line->v[RQ_CALL];
    event->slots[SV_F_TOOL] = line->v[RQ_TOOL];
    event->slots[SV_F_ARGS] = line->v[RQ_INPUT];
    finish(line, event, 0);
}

static void read_response(struct line *line)
{
    struct sv_slice behavior = plain(line, RS_BEHAVIOR);
    if (!sv_slice_is(behavior, "allow") && !sv_slice_is(behavior, "deny")) {
        emit_note(line, sv_value_of(SV_ABSENT), 0);
        return;
    }
    struct sv_event *event = begin(line, "decision");
    event->slots[SV_F_DECISION] = line->v[RS_BEHAVIOR];
    event->slots[SV_F_CORRELATION_ID] = line->v[RS_REQUEST_ID];
    if (line->v[RS_MESSAGE].type == SV_STRING)
        event->slots[SV_F_TEXT] = line->v[RS_MESSAGE];
    finish(line, event, 0);
}

/* Lists of messages leave the session out behind the first; a transcript says it in another way. */
static bool is_known(struct sv_slice type, struct sv_value whole)
{
    static const char *const types[] = {"assistant", "user", "system", "result", "control_request", "control_response"};
    for (size_t i = 0; i < sizeof types / sizeof *types; i++)
        if (sv_slice_is(type, types[i]))
            return sv_json_get(whole, SV_SLICE("sessionId")).type == SV_ABSENT;
    return false;
}

static bool record(struct sv_reader *reader, void *state, struct sv_slice text, struct sv_error *err)
{
    struct line line = {.reader = reader, .state = state, .arena = sv_reader_arena(reader)};
    if (!sv_piece_read(paths(), text, line.v, &line.whole, err))
        return false;
    struct sv_slice type = plain(&line, TYPE), session = plain(&line, SESSION);
    if (session.len == 0 && !is_known(type, line.whole) && sv_reader_is_other(reader))
        return true;
    if (session.len > 0 && !sv_slice_equal(session, sv_piece_kept(&line.state->now.session)))
        emit_waiting(reader, state);
    meet(&line);
    line.ext = sv_piece_leftover(reader, line.whole, known);
    bool is_assistant = sv_slice_is(type, "assistant");
    if ((is_assistant || sv_slice_is(type, "user")) && line.v[MESSAGE].type != SV_ABSENT)
        read_message(&line, is_assistant);
    else if (sv_slice_is(type, "system"))
        read_system(&line);
    else if (sv_slice_is(type, "result"))
        read_result(&line);
    else if (sv_slice_is(type, "control_request"))
        read_request(&line);
    else if (sv_slice_is(type, "control_response"))
        read_response(&line);
    else
        emit_note(&line, sv_value_of(SV_ABSENT), 0);
    return true;
}

static void end(struct sv_reader *reader, void *state)
{
    emit_waiting(reader, state);
}

/* --- what the rest of the file needs to know --- */

/* The words of a response that waits. */
#define WAITING(state)                                                                                                             \
    {                                                                                                                              \
        &(state)->waiting.id, &(state)->waiting.uuid, &(state)->waiting.time, &(state)->waiting.agent, &(state)->waiting.parent,   \
            &(state)->waiting.model, &(state)->waiting.stop                                                                        \
    }

static void save_waiting(const struct state *state, struct sv_buf *out)
{
    const struct sv_piece_word *const words[] = WAITING(state);
    sv_pack_uint(out, state->waiting.hash);
    if (state->waiting.hash == 0)
        return;
    sv_pack_uint(out, state->waiting.record);
    sv_pack_int(out, state->waiting.offset);
    sv_pack_uint(out, state->waiting.is_part);
    sv_state_put_counts(out, state->waiting.n, NUMBERS);
    for (size_t i = 0; i < sizeof words / sizeof *words; i++)
        sv_state_put_word(out, words[i]);
}

static void restore_waiting(struct state *state, struct sv_unpack *in)
{
    struct sv_piece_word *const words[] = WAITING(state);
    state->waiting.hash = sv_unpack_uint(in);
    if (state->waiting.hash == 0)
        return;
    state->waiting.record = sv_unpack_uint(in);
    state->waiting.offset = sv_unpack_int(in);
    state->waiting.is_part = sv_unpack_uint(in) != 0;
    sv_state_get_counts(in, state->waiting.n, NUMBERS);
    for (size_t i = 0; i < sizeof words / sizeof *words; i++)
        sv_state_get_word(in, words[i]);
}

/* Oldest first, as are the calls of sub-agents. */
static void save_counted(const struct state *state, struct sv_buf *out)
{
    uint32_t count = state->counted.next < COUNTED ? state->counted.next : COUNTED;
    sv_pack_uint(out, count);
    for (; count > 0; count--) {
        uint32_t at = (state->counted.next - count) % COUNTED;
        sv_pack_uint(out, state->counted.hash[at]);
        sv_state_put_counts(out, state->counted.n[at], NUMBERS);
    }
    count = state->parts.next < PARTS ? state->parts.next : PARTS;
    sv_pack_uint(out, count);
    for (; count > 0; count--)
        sv_pack_uint(out, state->parts.hash[(state->parts.next - count) % PARTS]);
}

static void restore_counted(struct state *state, struct sv_unpack *in)
{
    for (uint64_t count = sv_unpack_uint(in); count > 0 && !in->failed; count--) {
        uint32_t at = state->counted.next++ % COUNTED;
        state->counted.hash[at] = sv_unpack_uint(in);
        sv_state_get_counts(in, state->counted.n[at], NUMBERS);
    }
    for (uint64_t count = sv_unpack_uint(in); count > 0 && !in->failed; count--)
        state->parts.hash[state->parts.next++ % PARTS] = sv_unpack_uint(in);
}

static void save_session(const struct session *session, struct sv_buf *out)
{
    sv_state_put_word(out, &session->session);
    sv_state_put_word(out, &session->agent);
    sv_state_put_word(out, &session->model);
    sv_state_put_word(out, &session->mode);
    sv_state_put_word(out, &session->cwd);
    sv_pack_uint(out, session->is_named);
    sv_state_put_counts(out, session->turn.main, NUMBERS);
    sv_state_put_counts(out, session->turn.all, NUMBERS);
    sv_state_put_counts(out, session->run.main, NUMBERS);
    sv_state_put_counts(out, session->run.all, NUMBERS);
    sv_state_put_number(out, sv_value_double(session->cost));
}

static void restore_session(struct session *session, struct sv_unpack *in)
{
    sv_state_get_word(in, &session->session);
    sv_state_get_word(in, &session->agent);
    sv_state_get_word(in, &session->model);
    sv_state_get_word(in, &session->mode);
    sv_state_get_word(in, &session->cwd);
    session->is_named = sv_unpack_uint(in) != 0;
    sv_state_get_counts(in, session->turn.main, NUMBERS);
    sv_state_get_counts(in, session->turn.all, NUMBERS);
    sv_state_get_counts(in, session->run.main, NUMBERS);
    sv_state_get_counts(in, session->run.all, NUMBERS);
    session->cost = number(sv_state_get_number(in));
}

static void save(const void *state_, struct sv_buf *out)
{
    const struct state *state = state_;
    save_session(&state->now, out);
    for (int i = 0; i < OTHERS; i++)
        save_session(&state->others[i], out);
    sv_pack_uint(out, state->next_other % OTHERS);
    save_waiting(state, out);
    save_counted(state, out);
    sv_state_put_calls(out, &state->calls, SV_FORMAT_STATE_MAX / 2);
}

static bool restore(struct sv_reader *reader, void *state_, struct sv_slice bytes)
{
    struct state *state = state_;
    struct sv_unpack in = sv_unpack(bytes);
    (void)reader;
    restore_session(&state->now, &in);
    for (int i = 0; i < OTHERS; i++)
        restore_session(&state->others[i], &in);
    state->next_other = (uint32_t)(sv_unpack_uint(&in) % OTHERS);
    restore_waiting(state, &in);
    restore_counted(state, &in);
    sv_state_get_calls(&in, &state->calls);
    return sv_unpack_is_over(&in);
}

static bool detect(struct sv_value value)
{
    static const char *const types[] = {"system", "assistant", "user", "result", "stream_event", "rate_limit_event",
                                        "tool_progress", "auth_status", "keep_alive"};
    struct sv_value type = sv_json_get(value, SV_SLICE("type"));
    if (type.type != SV_STRING)
        return false;
    struct sv_slice name = sv_value_raw(type);
    if (sv_slice_is(name, "control_request") || sv_slice_is(name, "control_response"))
        return sv_value_is_object(sv_json_get(value, sv_slice_is(name, "control_request") ? SV_SLICE("request") : SV_SLICE("response")));
    if (sv_json_get(value, SV_SLICE("session_id")).type != SV_STRING)
        return false;
    for (size_t i = 0; i < sizeof types / sizeof *types; i++)
        if (sv_slice_is(name, types[i]))
            return true;
    return false;
}

const struct sv_format sv_format_claude_stream = {.name = "claude-stream",
                                                  .title = "what claude -p --output-format stream-json prints",
                                                  .repeats = true,
                                                  .state_size = sizeof(struct state),
                                                  .detect = detect,
                                                  .record = record,
                                                  .end = end,
                                                  .save = save,
                                                  .restore = restore,
                                                  .time = sv_piece_time};
