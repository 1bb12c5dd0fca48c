/* SPDX-License-Identifier: ISC */
/* Claude Code transcripts: ~/.claude/projects/<folder>/<session>.jsonl and the files of its sub-agents.
 *
 * An envelope of one record holds a message of blocks; each block is an event, its part the block's place. One response of the
 * API comes as several records that repeat its usage with growing counts, so usage waits for the last of them: it is emitted
 * when another response begins or the file ends, and if the response comes back later, only what was added. */
#include "base/hash.h"
#include "base/limits.h"
#include "event/derive.h"
#include "event/format/claude_words.h"
#include "event/format/piece.h"
#include "event/format/state.h"

enum slot {
    TYPE, SUBTYPE, UUID, PARENT, TIME, SESSION, CWD, AGENT_ID, AGENT_NAME, TEAM, MODE, IS_API_ERROR, COST, DURATION,
    SUMMARY, CONTENT, ERROR, SNAPSHOT,
    MESSAGE, MSG_ID, MSG_ROLE, MSG_MODEL, MSG_CONTENT, MSG_STOP, USAGE, INPUT, OUTPUT, CACHE_WRITE, CACHE_READ,
    TOOL_RESULT, TR_INTERRUPTED, TR_EXIT_CODE, TR_TOTAL_DURATION, TR_DURATION, TR_SECONDS,
    DATA, DATA_TYPE,
    SLOTS
};

enum {
    PEOPLE = 32,   /* sessions and sub-agents of one file that are remembered at a time */
    COUNTED = 512, /* responses whose counted usage is remembered */
    HEAD = 600     /* bytes of a result that are looked at for its status */
};

/* A session, or a sub-agent in it: what its records say only once. */
struct who {
    uint64_t hash;
    struct sv_buf name, parent, mode;
    bool is_named; /* the name is made from a cwd */
    bool is_started;
};

enum { N_INPUT, N_OUTPUT, N_CACHE_WRITE, N_CACHE_READ, NUMBERS };

/* What a response's usage event will say. */
struct pending {
    uint64_t hash; /* of the message's id; 0: nothing waits */
    uint64_t record;
    int64_t offset;
    int64_t n[NUMBERS];
    struct sv_value cost, duration;
    struct sv_buf ext;
    struct sv_buf text; /* the bytes of all strings, one behind the other */
    size_t id, uuid, time, session, agent, parent, team, model, cwd, mode, stop; /* their lengths, in this order */
};

struct state {
    struct who people[PEOPLE];
    uint32_t last, newest;
    struct pending pending;
    struct {
        uint64_t hash[COUNTED];
        int64_t n[COUNTED][NUMBERS];
        uint32_t next;
    } counted;
    struct sv_piece_calls calls;
    struct sv_json_rest rest;
    struct sv_buf ext;
};

/* One record while it is read. */
struct line {
    struct sv_reader *reader;
    struct state *state;
    struct sv_arena *arena;
    struct sv_value v[SLOTS];
    struct who *who; /* NULL: the record belongs to no session */
    struct sv_value ext;
};

/* All readers share it; never given back. */
static const struct sv_paths *paths(void)
{
    static struct sv_paths *tree;
    static const struct {
        uint8_t slot, parent; /* SLOTS: the record itself */
        const char *key;
    } wanted[] = {
        {TYPE, SLOTS, "type"}, {SUBTYPE, SLOTS, "subtype"}, {UUID, SLOTS, "uuid"}, {PARENT, SLOTS, "parentUuid"},
        {TIME, SLOTS, "timestamp"}, {SESSION, SLOTS, "sessionId"}, {CWD, SLOTS, "cwd"}, {AGENT_ID, SLOTS, "agentId"},
        {AGENT_NAME, SLOTS, "agentName"}, {TEAM, SLOTS, "teamName"}, {MODE, SLOTS, "permissionMode"},
        {IS_API_ERROR, SLOTS, "isApiErrorMessage"}, {COST, SLOTS, "costUSD"}, {DURATION, SLOTS, "durationMs"},
        {SUMMARY, SLOTS, "summary"}, {CONTENT, SLOTS, "content"}, {ERROR, SLOTS, "error"}, {SNAPSHOT, SLOTS, "snapshot"},
        {MESSAGE, SLOTS, "message"}, {MSG_ID, MESSAGE, "id"}, {MSG_ROLE, MESSAGE, "role"}, {MSG_MODEL, MESSAGE, "model"},
        {MSG_CONTENT, MESSAGE, "content"}, {MSG_STOP, MESSAGE, "stop_reason"}, {USAGE, MESSAGE, "usage"},
        {INPUT, USAGE, "input_tokens"}, {OUTPUT, USAGE, "output_tokens"},
        {CACHE_WRITE, USAGE, "cache_creation_input_tokens"}, {CACHE_READ, USAGE, "cache_read_input_tokens"},
        {TOOL_RESULT, SLOTS, "toolUseResult"}, {TR_INTERRUPTED, TOOL_RESULT, "interrupted"},
        {TR_EXIT_CODE, TOOL_RESULT, "exitCode"}, {TR_TOTAL_DURATION, TOOL_RESULT, "totalDurationMs"},
        {TR_DURATION, TOOL_RESULT, "durationMs"}, {TR_SECONDS, TOOL_RESULT, "durationSeconds"},
        {DATA, SLOTS, "data"}, {DATA_TYPE, DATA, "type"},
    };
    if (tree == NULL) {
        uint32_t node[SLOTS + 1];
        tree = sv_paths_new();
        node[SLOTS] = SV_PATHS_ROOT;
        for (size_t i = 0; i < sizeof wanted / sizeof *wanted; i++) {
            node[wanted[i].slot] = sv_paths_key(tree, node[wanted[i].parent], sv_slice_str(wanted[i].key));
            sv_paths_bind(tree, node[wanted[i].slot], wanted[i].slot);
        }
    }
    return tree;
}

static struct sv_slice plain(struct line *line, enum slot slot)
{
    return line->v[slot].type == SV_STRING ? sv_value_string(&line->v[slot], line->arena) : SV_SLICE("");
}

/* --- who acts --- */

static struct who *find_who(struct state *state, struct sv_slice session, struct sv_slice agent, bool make)
{
    uint64_t hash = sv_hash_keyed(1, sv_hash(session), agent) | 1;
    if (state->people[state->last].hash == hash)
        return &state->people[state->last];
    for (uint32_t i = 0; i < PEOPLE; i++)
        if (state->people[i].hash == hash)
            return &state->people[state->last = i];
    if (!make)
        return NULL;
    struct who *who = &state->people[state->last = state->newest++ % PEOPLE];
    who->hash = hash;
    who->is_named = who->is_started = false;
    sv_buf_clear(&who->name);
    sv_buf_clear(&who->parent);
    sv_buf_clear(&who->mode);
    return who;
}

static void name_who(struct line *line, struct who *who, const struct who *session)
{
    struct sv_slice agent = plain(line, AGENT_ID), cwd = plain(line, CWD);
    struct sv_slice base = session != NULL && session->is_named ? sv_buf_slice(&session->name)
                                                                : sv_derive_agent(line->arena, "claude", cwd, plain(line, SESSION));
    sv_state_keep(&who->name, base);
    if (agent.len > 0) {
        sv_state_keep(&who->parent, base);
        sv_state_keep(&who->name, sv_arena_printf(line->arena, "%.*s/%.*s", SV_ARG(base), SV_ARG(agent)));
    }
    who->is_named = cwd.len > 0 || (session != NULL && session->is_named);
}

/* The record's own session and agent, with their names and permission mode brought up to date. */
static struct who *meet(struct line *line)
{
    struct sv_slice session = plain(line, SESSION), agent = plain(line, AGENT_ID);
    if (session.len == 0)
        return NULL;
    struct who *head = agent.len > 0 ? find_who(line->state, session, SV_SLICE(""), false) : NULL;
    uint32_t mode_of = head != NULL ? line->state->last : 0;
    struct who *who = find_who(line->state, session, agent, true);
    if (head != NULL && who == &line->state->people[mode_of])
        head = NULL; /* its place was taken */
    if (who->name.len == 0 || (!who->is_named && (line->v[CWD].type == SV_STRING || (head != NULL && head->is_named))))
        name_who(line, who, head);
    if (sv_piece_is_text(line->v[MODE]))
        sv_state_keep(&who->mode, plain(line, MODE));
    else if (who->mode.len == 0 && head != NULL && head->mode.len > 0)
        sv_buf_set(&who->mode, sv_buf_slice(&head->mode));
    return who;
}

/* --- events --- */

static void set_text(struct sv_event *event, enum sv_field field, struct sv_slice text)
{
    if (text.len > 0)
        sv_event_set(event, field, sv_value_str(text));
}

/* A new event with what all events of the record share. */
static struct sv_event *begin(struct line *line, const char *type)
{
    struct sv_event *event = sv_reader_event(line->reader);
    struct sv_value *v = line->v;
    sv_event_set_str(event, SV_F_TYPE, type);
    event->slots[SV_F_TIME] = v[TIME];
    event->slots[SV_F_PARENT_ID] = v[PARENT];
    event->slots[SV_F_SESSION] = v[SESSION];
    event->slots[SV_F_CWD] = v[CWD];
    event->slots[SV_F_TEAM] = v[TEAM];
    event->slots[SV_F_AGENT_NAME] = v[AGENT_NAME];
    event->slots[SV_F_EXT] = line->ext;
    if (line->who != NULL) {
        set_text(event, SV_F_AGENT, sv_buf_slice(&line->who->name));
        set_text(event, SV_F_PARENT_AGENT, sv_buf_slice(&line->who->parent));
        set_text(event, SV_F_MODE, sv_buf_slice(&line->who->mode));
    } else {
        event->slots[SV_F_MODE] = v[MODE];
        if (v[MESSAGE].type != SV_ABSENT) /* somebody acts, nothing says who */
            sv_event_set_str(event, SV_F_AGENT, "claude");
    }
    return event;
}

static void finish(struct line *line, struct sv_event *event, uint32_t part)
{
    event->slots[SV_F_ID] = sv_piece_id(&line->v[UUID], part, line->arena);
    sv_reader_emit(line->reader, part);
}

/* The first record that says who acts starts its session, or its sub-agent. The id is the session's, so that a copy of the
 * session's history in another file does not start it again. */
static void start(struct line *line)
{
    struct who *who = line->who;
    struct sv_slice type = plain(line, TYPE);
    if (who == NULL || who->is_started)
        return;
    if (line->v[CWD].type != SV_STRING && !sv_slice_is(type, "user") && !sv_slice_is(type, "assistant") &&
        !sv_slice_is(type, "system"))
        return;
    who->is_started = true;
    bool is_part = who->parent.len > 0;
    struct sv_event *event = begin(line, is_part ? "agent.start" : "session.start");
    event->slots[SV_F_PARENT_ID] = sv_value_of(SV_ABSENT);
    if (is_part)
        event->slots[SV_F_ID] =
            sv_value_str(sv_arena_printf(line->arena, "%.*s/%.*s.s", SV_ARG(plain(line, SESSION)), SV_ARG(plain(line, AGENT_ID))));
    else
        event->slots[SV_F_ID] = sv_piece_id(&line->v[SESSION], SV_PART_START, line->arena);
    sv_reader_emit(line->reader, SV_PART_START);
}

/* --- usage --- */

static int64_t *counted(struct state *state, uint64_t hash)
{
    for (uint32_t back = 1; back <= COUNTED; back++) {
        uint32_t at = (state->counted.next - back) % COUNTED;
        if (state->counted.hash[at] == hash)
            return state->counted.n[at];
        if (state->counted.hash[at] == 0)
            break;
    }
    uint32_t at = state->counted.next++ % COUNTED;
    state->counted.hash[at] = hash;
    memset(state->counted.n[at], 0, sizeof state->counted.n[at]);
    return state->counted.n[at];
}

static struct sv_slice take(const char **at, size_t len)
{
    struct sv_slice text = sv_slice(*at, len);
    if (len > 0)
        *at += len;
    return text;
}

static void emit_pending(struct sv_reader *reader, struct state *state)
{
    struct pending *p = &state->pending;
    if (p->hash == 0)
        return;
    int64_t *before = counted(state, p->hash), add[NUMBERS], sum = 0;
    bool is_first = true;
    for (int i = 0; i < NUMBERS; i++) {
        is_first = is_first && before[i] == 0;
        add[i] = p->n[i] > before[i] ? p->n[i] - before[i] : 0;
        before[i] += add[i];
        sum += add[i];
    }
    p->hash = 0;
    if (sum == 0 && !is_first)
        return; /* came back with nothing new */
    struct sv_event *event = sv_reader_event(reader);
    struct sv_arena *arena = sv_reader_arena(reader);
    const char *at = p->text.data;
    sv_event_set_str(event, SV_F_TYPE, "llm.call");
    set_text(event, SV_F_CORRELATION_ID, take(&at, p->id));
    struct sv_value uuid = sv_value_str(take(&at, p->uuid));
    event->slots[SV_F_ID] = sv_piece_id(&uuid, SV_PART_USAGE, arena);
    set_text(event, SV_F_TIME, take(&at, p->time));
    set_text(event, SV_F_SESSION, take(&at, p->session));
    set_text(event, SV_F_AGENT, take(&at, p->agent));
    set_text(event, SV_F_PARENT_AGENT, take(&at, p->parent));
    set_text(event, SV_F_TEAM, take(&at, p->team));
    set_text(event, SV_F_MODEL, take(&at, p->model));
    set_text(event, SV_F_CWD, take(&at, p->cwd));
    set_text(event, SV_F_MODE, take(&at, p->mode));
    if (p->stop > 0 && sv_piece_wants_ext(reader)) {
        sv_piece_ext_begin(&p->ext);
        sv_piece_ext_add(&p->ext, SV_SLICE("stop_reason"), sv_value_str(take(&at, p->stop)));
        event->slots[SV_F_EXT] = sv_piece_ext_end(&p->ext);
    }
    event->slots[SV_F_INPUT_TOKENS] = sv_value_int(add[N_INPUT] + add[N_CACHE_WRITE] + add[N_CACHE_READ]);
    event->slots[SV_F_OUTPUT_TOKENS] = sv_value_int(add[N_OUTPUT]);
    event->slots[SV_F_CACHE_READ_TOKENS] = sv_value_int(add[N_CACHE_READ]);
    event->slots[SV_F_CACHE_WRITE_TOKENS] = sv_value_int(add[N_CACHE_WRITE]);
    event->slots[SV_F_COST_USD] = p->cost;
    event->slots[SV_F_DURATION_MS] = p->duration;
    sv_reader_emit_at(reader, p->record, p->offset, SV_PART_USAGE);
}

static size_t keep(struct sv_buf *out, struct sv_slice text)
{
    text = sv_state_cut(text);
    sv_buf_add(out, text);
    return text.len;
}

/* A record's usage stands for its whole response so far. A response without an id is one of its own. */
static void take_usage(struct line *line)
{
    struct state *state = line->state;
    struct pending *p = &state->pending;
    struct sv_slice id = plain(line, MSG_ID), model = plain(line, MSG_MODEL);
    struct sv_place place = sv_reader_place(line->reader);
    uint64_t hash = (id.len > 0 ? sv_hash(id) : sv_hash_keyed(2, place.record, SV_SLICE(""))) | 1;
    if (hash != p->hash)
        emit_pending(line->reader, state);
    if (!sv_value_is_object(line->v[USAGE]) || sv_slice_is(model, "<synthetic>"))
        return;
    if (hash != p->hash)
        p->cost = p->duration = sv_value_of(SV_ABSENT);
    p->hash = hash;
    if (line->v[COST].type == SV_DOUBLE || line->v[COST].type == SV_INT)
        p->cost = line->v[COST];
    if (line->v[DURATION].type == SV_DOUBLE || line->v[DURATION].type == SV_INT)
        p->duration = line->v[DURATION];
    p->record = place.record;
    p->offset = place.offset;
    p->n[N_INPUT] = sv_piece_tokens(line->v[INPUT]);
    p->n[N_OUTPUT] = sv_piece_tokens(line->v[OUTPUT]);
    p->n[N_CACHE_WRITE] = sv_piece_tokens(line->v[CACHE_WRITE]);
    p->n[N_CACHE_READ] = sv_piece_tokens(line->v[CACHE_READ]);
    struct sv_buf *text = &p->text;
    sv_buf_clear(text);
    p->id = keep(text, id);
    p->uuid = keep(text, plain(line, UUID));
    p->time = keep(text, plain(line, TIME));
    p->session = keep(text, plain(line, SESSION));
    p->agent = line->who != NULL ? keep(text, sv_buf_slice(&line->who->name)) : 0;
    p->parent = line->who != NULL ? keep(text, sv_buf_slice(&line->who->parent)) : 0;
    p->team = keep(text, plain(line, TEAM));
    p->model = keep(text, model);
    p->cwd = keep(text, plain(line, CWD));
    p->mode = line->who != NULL ? keep(text, sv_buf_slice(&line->who->mode)) : 0;
    p->stop = keep(text, plain(line, MSG_STOP));
}

/* --- blocks of a message --- */

static void emit_call(struct line *line, struct sv_claude_parts *parts, uint32_t part)
{
    struct sv_event *event = begin(line, "tool.call");
    if (parts->id.type == SV_STRING && parts->name.type == SV_STRING)
        sv_piece_call_add(&line->state->calls, sv_value_string(&parts->id, line->arena),
                          sv_value_string(&parts->name, line->arena));
    event->slots[SV_F_CALL_ID] = parts->id;
    event->slots[SV_F_TOOL] = parts->name;
    event->slots[SV_F_ARGS] = parts->input;
    event->slots[SV_F_MODEL] = line->v[MSG_MODEL];
    event->slots[SV_F_CORRELATION_ID] = line->v[MSG_ID];
    finish(line, event, part);
}

static void set_status(struct line *line, struct sv_event *event, struct sv_claude_parts *parts, bool is_first)
{
    bool is_error = parts->is_error.type == SV_BOOL && parts->is_error.b;
    if (!is_error) {
        bool interrupted = is_first && line->v[TR_INTERRUPTED].type == SV_BOOL && line->v[TR_INTERRUPTED].b;
        sv_event_set_str(event, SV_F_STATUS, interrupted ? "cancelled" : "ok");
        return;
    }
    sv_claude_failure(event, sv_piece_head(parts->content, HEAD, line->arena));
}

static void emit_result(struct line *line, struct sv_claude_parts *parts, uint32_t part, bool is_first)
{
    struct sv_event *event = begin(line, "tool.result");
    struct sv_value *v = line->v;
    if (parts->id.type == SV_STRING)
        set_text(event, SV_F_TOOL, sv_piece_call_tool(&line->state->calls, sv_value_string(&parts->id, line->arena)));
    event->slots[SV_F_CALL_ID] = parts->id;
    event->slots[SV_F_RESULT] = parts->content;
    event->slots[SV_F_RESULT_BYTES] = sv_value_int(sv_piece_text_bytes(parts->content));
    set_status(line, event, parts, is_first);
    if (is_first) { /* toolUseResult speaks of the record's one result */
        if (v[TR_EXIT_CODE].type == SV_INT)
            event->slots[SV_F_EXIT_CODE] = v[TR_EXIT_CODE];
        event->slots[SV_F_DURATION_MS] = v[TR_TOTAL_DURATION].type != SV_ABSENT ? v[TR_TOTAL_DURATION] : v[TR_DURATION];
        if (v[TR_SECONDS].type == SV_DOUBLE || v[TR_SECONDS].type == SV_INT)
            event->slots[SV_F_DURATION_MS] =
                sv_value_double(1000 * (v[TR_SECONDS].type == SV_INT ? (double)v[TR_SECONDS].i : v[TR_SECONDS].d));
    }
    finish(line, event, part);
}

static void emit_text(struct line *line, const char *type, struct sv_value text, uint32_t part)
{
    struct sv_event *event = begin(line, type);
    if (text.type == SV_STRING)
        event->slots[SV_F_TEXT] = text;
    if (strcmp(type, "message.user") != 0) {
        event->slots[SV_F_MODEL] = line->v[MSG_MODEL];
        event->slots[SV_F_CORRELATION_ID] = line->v[MSG_ID];
    }
    if (line->v[IS_API_ERROR].type == SV_BOOL && line->v[IS_API_ERROR].b) {
        sv_event_set_str(event, SV_F_STATUS, "error");
        set_text(event, SV_F_ERROR, sv_piece_line(sv_piece_head(text, HEAD, line->arena)));
    }
    finish(line, event, part);
}

/* --- records --- */

static void set_ext(struct line *line, bool is_note)
{
    struct state *state = line->state;
    struct sv_value *v = line->v;
    if (!sv_piece_wants_ext(line->reader))
        return;
    sv_piece_ext_begin(&state->ext);
    if (is_note) {
        sv_piece_ext_add(&state->ext, SV_SLICE("type"), v[TYPE]);
        sv_piece_ext_add(&state->ext, SV_SLICE("subtype"), v[SUBTYPE]);
        sv_piece_ext_add(&state->ext, SV_SLICE("message"), v[MESSAGE]);
        sv_piece_ext_add(&state->ext, SV_SLICE("durationMs"), v[DURATION]);
        if (v[SUMMARY].type != SV_STRING)
            sv_piece_ext_add(&state->ext, SV_SLICE("summary"), v[SUMMARY]);
        if (v[CONTENT].type != SV_STRING)
            sv_piece_ext_add(&state->ext, SV_SLICE("content"), v[CONTENT]);
    }
    /* a copy of what a sub-agent did stands in its own records and is not told twice */
    if (!sv_slice_is(plain(line, DATA_TYPE), "agent_progress"))
        sv_piece_ext_add(&state->ext, SV_SLICE("data"), v[DATA]);
    sv_piece_ext_add(&state->ext, SV_SLICE("error"), v[ERROR]);
    sv_piece_ext_add(&state->ext, SV_SLICE("snapshot"), v[SNAPSHOT]);
    sv_piece_ext_add(&state->ext, SV_SLICE("toolUseResult"), v[TOOL_RESULT]);
    sv_piece_ext_rest(&state->ext, &state->rest);
    line->ext = sv_piece_ext_end(&state->ext);
}

static void emit_note(struct line *line, uint32_t part)
{
    struct sv_event *event = begin(line, "note");
    if (line->v[SUMMARY].type == SV_STRING)
        event->slots[SV_F_TEXT] = line->v[SUMMARY];
    else if (line->v[CONTENT].type == SV_STRING)
        event->slots[SV_F_TEXT] = line->v[CONTENT];
    finish(line, event, part);
}

static void read_block(struct line *line, struct sv_value block, bool is_assistant, uint32_t part, bool *has_result)
{
    struct sv_claude_parts parts = sv_claude_parts(block, line->arena);
    if (block.type == SV_STRING) {
        emit_text(line, is_assistant ? "message.agent" : "message.user", block, part);
        return;
    }
    switch (parts.kind) {
    case SV_CLAUDE_TEXT:
        emit_text(line, is_assistant ? "message.agent" : "message.user", parts.text, part);
        break;
    case SV_CLAUDE_THINKING:
        emit_text(line, "message.think", parts.text, part);
        break;
    case SV_CLAUDE_CALL:
        emit_call(line, &parts, part);
        break;
    case SV_CLAUDE_RESULT:
        if (parts.id.type != SV_STRING) {
            emit_note(line, part); /* nobody asked for it */
            break;
        }
        emit_result(line, &parts, part, !*has_result);
        *has_result = true;
        break;
    default:
        emit_note(line, part);
        break;
    }
}

static void read_message(struct line *line, bool is_assistant)
{
    struct sv_value content = line->v[MSG_CONTENT], block;
    uint32_t part = 0;
    bool has_result = false;
    if (line->v[MESSAGE].type == SV_STRING)
        content = line->v[MESSAGE];
    if (is_assistant)
        take_usage(line);
    if (content.type == SV_STRING)
        emit_text(line, is_assistant ? "message.agent" : "message.user", content, part++);
    else if (sv_value_is_array(content))
        for (struct sv_json_iter it = sv_json_iter(content); sv_json_next(&it, NULL, &block);)
            read_block(line, block, is_assistant, part++, &has_result);
    if (part == 0 && !(is_assistant && line->state->pending.record == sv_reader_place(line->reader).record)) {
        set_ext(line, true);
        emit_note(line, 0);
    }
}

static void read_system(struct line *line)
{
    struct sv_slice subtype = plain(line, SUBTYPE);
    if (sv_slice_is(subtype, "turn_duration")) {
        struct sv_event *event = begin(line, "turn.end");
        event->slots[SV_F_DURATION_MS] = line->v[DURATION];
        finish(line, event, 0);
    } else if (sv_slice_is(subtype, "api_error")) {
        static const char *const depth[] = {"error", "error", "message"};
        struct sv_event *event = begin(line, "error");
        struct sv_value at = line->v[ERROR], found = sv_value_of(SV_ABSENT);
        for (size_t i = 0; i < 3 && sv_value_is_object(at); i++) {
            struct sv_value message = sv_json_get(at, SV_SLICE("message"));
            if (message.type == SV_STRING)
                found = message;
            at = sv_json_get(at, sv_slice_str(depth[i]));
        }
        sv_event_set_str(event, SV_F_STATUS, "error");
        event->slots[SV_F_ERROR] = found.type == SV_STRING ? found : line->v[SUBTYPE];
        finish(line, event, 0);
    } else {
        set_ext(line, true);
        emit_note(line, 0);
    }
}

static bool record(struct sv_reader *reader, void *state_, struct sv_slice text, struct sv_error *err)
{
    struct state *state = state_;
    struct line line = {.reader = reader, .state = state, .arena = sv_reader_arena(reader)};
    if (!sv_json_project(paths(), SV_PATHS_ROOT, text, line.v, sv_piece_wants_ext(reader) ? &state->rest : NULL, err))
        return false;
    if (text.data[0] != '{' && sv_slice_trim(text).data[0] != '{')
        return sv_error_at(err, NULL, 0, 1), sv_error_set(err, SV_INPUT, "a JSON object is expected");
    struct sv_slice type = plain(&line, TYPE), role = plain(&line, MSG_ROLE);
    bool has_message = sv_value_is_object(line.v[MESSAGE]) || line.v[MESSAGE].type == SV_STRING;
    /* records of early versions have no type, only their message's role */
    bool is_assistant = sv_slice_is(type, "assistant") || (type.len == 0 && sv_slice_is(role, "assistant"));
    bool is_user = sv_slice_is(type, "user") || (type.len == 0 && sv_slice_is(role, "user"));
    if (line.v[SESSION].type != SV_STRING && sv_reader_is_other(reader))
        return true;
    line.who = meet(&line);
    if ((is_assistant || is_user) && has_message) {
        set_ext(&line, false);
        start(&line);
        read_message(&line, is_assistant);
    } else if (sv_slice_is(type, "system")) {
        set_ext(&line, false);
        start(&line);
        read_system(&line);
    } else {
        set_ext(&line, true);
        start(&line);
        emit_note(&line, 0);
    }
    return true;
}

static void end(struct sv_reader *reader, void *state)
{
    emit_pending(reader, state);
}

static void close_state(void *state_)
{
    struct state *state = state_;
    for (size_t i = 0; i < PEOPLE; i++) {
        sv_buf_free(&state->people[i].name);
        sv_buf_free(&state->people[i].parent);
        sv_buf_free(&state->people[i].mode);
    }
    sv_buf_free(&state->pending.text);
    sv_buf_free(&state->pending.ext);
    sv_buf_free(&state->ext);
    sv_json_rest_free(&state->rest);
}

/* --- what the rest of the file needs to know --- */

static void save_pending(const struct pending *p, struct sv_buf *out)
{
    const size_t lengths[] = {p->id, p->uuid, p->time, p->session, p->agent, p->parent, p->team, p->model, p->cwd, p->mode, p->stop};
    const char *at = p->text.data;
    sv_pack_uint(out, p->hash);
    if (p->hash == 0)
        return;
    sv_pack_uint(out, p->record);
    sv_pack_int(out, p->offset);
    sv_state_put_counts(out, p->n, NUMBERS);
    sv_state_put_number(out, p->cost);
    sv_state_put_number(out, p->duration);
    for (size_t i = 0; i < sizeof lengths / sizeof *lengths; i++)
        sv_state_put_text(out, take(&at, lengths[i]));
}

static void restore_pending(struct pending *p, struct sv_unpack *in)
{
    size_t *const lengths[] = {&p->id,   &p->uuid,  &p->time, &p->session, &p->agent, &p->parent,
                               &p->team, &p->model, &p->cwd,  &p->mode,    &p->stop};
    p->hash = sv_unpack_uint(in);
    if (p->hash == 0)
        return;
    p->record = sv_unpack_uint(in);
    p->offset = sv_unpack_int(in);
    sv_state_get_counts(in, p->n, NUMBERS);
    p->cost = sv_state_get_number(in);
    p->duration = sv_state_get_number(in);
    sv_buf_clear(&p->text);
    for (size_t i = 0; i < sizeof lengths / sizeof *lengths; i++)
        *lengths[i] = keep(&p->text, sv_state_get_slice(in));
}

/* Oldest first; of absurdly long names only the newest fit. */
static void save_people(const struct state *state, struct sv_buf *out)
{
    uint32_t count = 0;
    size_t bytes = 0;
    for (; count < PEOPLE && count < state->newest; count++) {
        const struct who *who = &state->people[(state->newest - 1 - count) % PEOPLE];
        bytes += 16 + who->name.len + who->parent.len + who->mode.len;
        if (bytes > SV_FORMAT_STATE_MAX / 4)
            break;
    }
    sv_pack_uint(out, count);
    for (; count > 0; count--) {
        const struct who *who = &state->people[(state->newest - count) % PEOPLE];
        sv_pack_uint(out, who->hash);
        sv_pack_uint(out, (uint64_t)who->is_named | (uint64_t)who->is_started << 1);
        sv_state_put_text(out, sv_buf_slice(&who->name));
        sv_state_put_text(out, sv_buf_slice(&who->parent));
        sv_state_put_text(out, sv_buf_slice(&who->mode));
    }
}

static void restore_people(struct state *state, struct sv_unpack *in)
{
    for (uint64_t count = sv_unpack_uint(in); count > 0 && !in->failed; count--) {
        struct who *who = &state->people[state->last = state->newest++ % PEOPLE];
        who->hash = sv_unpack_uint(in);
        uint64_t flags = sv_unpack_uint(in);
        who->is_named = (flags & 1) != 0;
        who->is_started = (flags & 2) != 0;
        sv_state_get_text(in, &who->name);
        sv_state_get_text(in, &who->parent);
        sv_state_get_text(in, &who->mode);
    }
}

static void save_counted(const struct state *state, struct sv_buf *out)
{
    uint32_t count = state->counted.next < COUNTED ? state->counted.next : COUNTED;
    sv_pack_uint(out, count);
    for (; count > 0; count--) {
        uint32_t at = (state->counted.next - count) % COUNTED;
        sv_pack_uint(out, state->counted.hash[at]);
        sv_state_put_counts(out, state->counted.n[at], NUMBERS);
    }
}

static void restore_counted(struct state *state, struct sv_unpack *in)
{
    for (uint64_t count = sv_unpack_uint(in); count > 0 && !in->failed; count--) {
        uint32_t at = state->counted.next++ % COUNTED;
        state->counted.hash[at] = sv_unpack_uint(in);
        sv_state_get_counts(in, state->counted.n[at], NUMBERS);
    }
}

static void save(const void *state_, struct sv_buf *out)
{
    const struct state *state = state_;
    size_t start = out->len;
    save_pending(&state->pending, out);
    save_people(state, out);
    save_counted(state, out);
    sv_state_put_calls(out, &state->calls, start + SV_FORMAT_STATE_MAX > out->len ? start + SV_FORMAT_STATE_MAX - out->len : 0);
}

static bool restore(struct sv_reader *reader, void *state_, struct sv_slice bytes)
{
    struct state *state = state_;
    struct sv_unpack in = sv_unpack(bytes);
    (void)reader;
    restore_pending(&state->pending, &in);
    restore_people(state, &in);
    restore_counted(state, &in);
    sv_state_get_calls(&in, &state->calls);
    return sv_unpack_is_over(&in);
}

/* stream-json has the same types, but says session_id. */
static bool detect(struct sv_value value)
{
    struct sv_value type = sv_json_get(value, SV_SLICE("type")), message = sv_json_get(value, SV_SLICE("message"));
    bool has_session = sv_json_get(value, SV_SLICE("sessionId")).type == SV_STRING;
    if (sv_json_get(value, SV_SLICE("session_id")).type != SV_ABSENT || sv_json_get(value, SV_SLICE("payload")).type != SV_ABSENT)
        return false;
    if (type.type != SV_STRING) /* before types: session, message, requestId */
        return has_session && sv_json_get(message, SV_SLICE("role")).type == SV_STRING;
    struct sv_slice name = sv_value_raw(type);
    return has_session || ((sv_slice_is(name, "user") || sv_slice_is(name, "assistant")) && sv_value_is_object(message)) ||
           (sv_slice_is(name, "summary") && sv_json_get(value, SV_SLICE("leafUuid")).type == SV_STRING) ||
           sv_slice_is(name, "file-history-snapshot") ||
           (sv_json_get(value, SV_SLICE("uuid")).type == SV_STRING && sv_json_get(value, SV_SLICE("parentUuid")).type != SV_ABSENT);
}

const struct sv_format sv_format_claude = {.name = "claude",
                                           .title = "Claude Code transcripts",
                                           .repeats = true,
                                           .state_size = sizeof(struct state),
                                           .close = close_state,
                                           .detect = detect,
                                           .record = record,
                                           .end = end,
                                           .save = save,
                                           .restore = restore,
                                           .time = sv_piece_time};
