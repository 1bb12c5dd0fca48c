/* SPDX-License-Identifier: ISC */
/* A made-up fleet as what agents print without a terminal, and what Claude Code gives to hooks. What these do not tell (tokens of
 * each call, messages between agents, tasks) is said in words. */
#include "measure/fleet_private.h"

static char *put_text(char *p, const char *before, const struct sv_fleet_record *record, const struct sv_fleet_pool *pool)
{
    p = sv_fleet_put_str(p, before);
    return sv_fleet_put_words(p, pool, record->text);
}

/* An id of a call, which its result repeats. */
static char *put_call_id(const struct sv_fleet_record *record, char *p)
{
    SV_FLEET_PUT(p, "call_");
    p = sv_fleet_put_hex(p, record->agent_number, 6);
    return sv_fleet_put_hex(p, record->agent->calls, 8);
}

/* Of an object: what the call was given. */
static char *put_arguments(const struct sv_fleet_record *record, const struct sv_fleet_pool *pool, char *p)
{
    const struct sv_fleet_call *call = &record->agent->call;
    const struct sv_fleet_tool *tool = &sv_fleet_tools[call->tool];
    SV_FLEET_PUT(p, "{\"");
    p = sv_fleet_put_str(p, tool->key);
    SV_FLEET_PUT(p, "\":\"");
    p = sv_fleet_put_argument(p, pool, call);
    SV_FLEET_PUT(p, "\"}");
    return p;
}

static char *put_member(char *p, const char *before, const char *text)
{
    p = sv_fleet_put_str(p, before);
    return sv_fleet_put_str(p, text);
}

/* --- what Claude Code gives to hooks: payloads of many sessions, with the logger's clock --- */

static char *put_hook_head(struct sv_fleet *fleet, const struct sv_fleet_record *record, const char *name, char *p)
{
    const struct sv_fleet_agent *agent = record->agent;
    SV_FLEET_PUT(p, "{\"timestamp\":\"");
    p = sv_fleet_put_time(fleet, p, record->time_ns);
    SV_FLEET_PUT(p, "\",\"session_id\":\"");
    p = sv_fleet_put_bytes(p, agent->session, agent->session_len);
    SV_FLEET_PUT(p, "\",\"cwd\":\"/home/work/");
    p = sv_fleet_put_bytes(p, agent->name, agent->name_len);
    SV_FLEET_PUT(p, "\",\"permission_mode\":\"default\",\"hook_event_name\":\"");
    p = sv_fleet_put_str(p, name);
    *p++ = '"';
    return p;
}

static char *put_hook_call(const struct sv_fleet_record *record, const struct sv_fleet_pool *pool, char *p)
{
    p = put_member(p, ",\"tool_name\":\"", sv_fleet_tools[record->agent->call.tool].name);
    SV_FLEET_PUT(p, "\",\"tool_use_id\":\"");
    p = put_call_id(record, p);
    SV_FLEET_PUT(p, "\",\"tool_input\":");
    return put_arguments(record, pool, p);
}

static char *put_hook(struct sv_fleet *fleet, const struct sv_fleet_record *record, char *p)
{
    const struct sv_fleet_pool *pool = &fleet->pools[SV_FLEET_JSON];
    switch (record->kind) {
    case SV_FLEET_CALL:
        p = put_hook_head(fleet, record, "PreToolUse", p);
        p = put_hook_call(record, pool, p);
        SV_FLEET_PUT(p, "}\n");
        return p;
    case SV_FLEET_RESULT:
        p = put_hook_head(fleet, record, record->failed ? "PostToolUseFailure" : "PostToolUse", p);
        p = put_hook_call(record, pool, p);
        if (record->failed) {
            p = put_member(p, ",\"error\":\"", sv_fleet_errors[record->error]);
            SV_FLEET_PUT(p, "\",\"is_interrupt\":false}\n");
            return p;
        }
        p = put_text(p, ",\"tool_response\":{\"stdout\":\"", record, pool);
        SV_FLEET_PUT(p, "\",\"interrupted\":false,\"durationMs\":");
        p = sv_fleet_put_number(p, record->duration_ms, 1);
        SV_FLEET_PUT(p, "}}\n");
        return p;
    case SV_FLEET_ERROR:
        p = put_hook_head(fleet, record, "StopFailure", p);
        p = put_member(p, ",\"error\":\"", sv_fleet_errors[record->error]);
        break;
    default:
        p = put_hook_head(fleet, record, "Notification", p);
        p = put_text(p, ",\"message\":\"", record, pool);
    }
    SV_FLEET_PUT(p, "\"}\n");
    return p;
}

const struct sv_fleet_format sv_fleet_format_claude_hook = {.name = "claude-hook", .levels = {[SV_FLEET_JSON] = true}, .put = put_hook};

/* --- what `codex exec --json` prints: the thread is named once, there is no clock --- */

static char *put_item(const struct sv_fleet_record *record, const struct sv_fleet_pool *pool, bool is_done, char *p)
{
    const struct sv_fleet_call *call = &record->agent->call;
    p = put_member(p, "{\"type\":\"item.", is_done ? "completed" : "started");
    SV_FLEET_PUT(p, "\",\"item\":{\"id\":\"");
    p = put_call_id(record, p);
    if (call->tool == SV_FLEET_SHELL) {
        SV_FLEET_PUT(p, "\",\"type\":\"command_execution\",\"command\":\"bash -lc ");
        p = sv_fleet_put_argument(p, pool, call);
        *p++ = '"';
    } else {
        p = put_member(p, "\",\"type\":\"mcp_tool_call\",\"server\":\"files\",\"tool\":\"", sv_fleet_tools[call->tool].name);
        SV_FLEET_PUT(p, "\",\"arguments\":");
        return put_arguments(record, pool, p);
    }
    return p;
}

static char *put_exec_result(const struct sv_fleet_record *record, const struct sv_fleet_pool *pool, char *p)
{
    p = put_item(record, pool, true, p);
    if (record->agent->call.tool == SV_FLEET_SHELL) {
        p = put_text(p, ",\"aggregated_output\":\"", record, pool);
        SV_FLEET_PUT(p, "\",\"exit_code\":");
        p = sv_fleet_put_number(p, record->failed, 1);
    } else if (record->failed) {
        p = put_member(p, ",\"error\":{\"message\":\"", sv_fleet_errors[record->error]);
        SV_FLEET_PUT(p, "\"}");
    } else {
        p = put_text(p, ",\"result\":{\"content\":[{\"type\":\"text\",\"text\":\"", record, pool);
        SV_FLEET_PUT(p, "\"}]}");
    }
    p = put_member(p, ",\"status\":\"", record->failed ? "failed" : "completed");
    SV_FLEET_PUT(p, "\"}}\n");
    return p;
}

static char *put_exec(struct sv_fleet *fleet, const struct sv_fleet_record *record, char *p)
{
    const struct sv_fleet_pool *pool = &fleet->pools[SV_FLEET_JSON];
    if (!record->agent->was_met) {
        SV_FLEET_PUT(p, "{\"type\":\"thread.started\",\"thread_id\":\"");
        p = sv_fleet_put_bytes(p, record->agent->session, record->agent->session_len);
        SV_FLEET_PUT(p, "\"}\n{\"type\":\"turn.started\"}\n");
    }
    switch (record->kind) {
    case SV_FLEET_CALL:
        p = put_item(record, pool, false, p);
        SV_FLEET_PUT(p, ",\"status\":\"in_progress\"}}\n");
        return p;
    case SV_FLEET_RESULT:
        return put_exec_result(record, pool, p);
    case SV_FLEET_ERROR:
        p = put_member(p, "{\"type\":\"error\",\"message\":\"", sv_fleet_errors[record->error]);
        SV_FLEET_PUT(p, "\"}\n");
        return p;
    default:
        SV_FLEET_PUT(p, "{\"type\":\"item.completed\",\"item\":{\"id\":\"item_");
        p = sv_fleet_put_number(p, record->number, 1);
        p = put_text(p, "\",\"type\":\"agent_message\",\"text\":\"", record, pool);
        SV_FLEET_PUT(p, "\"}}\n");
        return p;
    }
}

const struct sv_fleet_format sv_fleet_format_codex_exec = {.name = "codex-exec",
                                                           .levels = {[SV_FLEET_JSON] = true},
                                                           .one_at_a_time = true,
                                                           .put = put_exec};

/* --- what Gemini CLI prints with --output-format stream-json: the session is named once --- */

static char *put_gemini_head(struct sv_fleet *fleet, const struct sv_fleet_record *record, const char *type, char *p)
{
    p = put_member(p, "{\"type\":\"", type);
    SV_FLEET_PUT(p, "\",\"timestamp\":\"");
    p = sv_fleet_put_time(fleet, p, record->time_ns);
    return p;
}

static char *put_gemini_result(struct sv_fleet *fleet, const struct sv_fleet_record *record, char *p)
{
    p = put_gemini_head(fleet, record, "tool_result", p);
    SV_FLEET_PUT(p, "\",\"tool_id\":\"");
    p = put_call_id(record, p);
    p = put_member(p, "\",\"status\":\"", record->failed ? "error" : "success");
    p = put_text(p, "\",\"output\":\"", record, &fleet->pools[SV_FLEET_JSON]);
    if (record->failed) {
        p = put_member(p, "\",\"error\":{\"type\":\"tool_failed\",\"message\":\"", sv_fleet_errors[record->error]);
        SV_FLEET_PUT(p, "\"}}\n");
        return p;
    }
    SV_FLEET_PUT(p, "\"}\n");
    return p;
}

static char *put_gemini(struct sv_fleet *fleet, const struct sv_fleet_record *record, char *p)
{
    const struct sv_fleet_pool *pool = &fleet->pools[SV_FLEET_JSON];
    if (!record->agent->was_met) {
        p = put_gemini_head(fleet, record, "init", p);
        SV_FLEET_PUT(p, "\",\"session_id\":\"");
        p = sv_fleet_put_bytes(p, record->agent->session, record->agent->session_len);
        SV_FLEET_PUT(p, "\",\"model\":\"gemini-2.5-pro\"}\n");
    }
    switch (record->kind) {
    case SV_FLEET_CALL:
        p = put_gemini_head(fleet, record, "tool_use", p);
        p = put_member(p, "\",\"tool_name\":\"", sv_fleet_tools[record->agent->call.tool].name);
        SV_FLEET_PUT(p, "\",\"tool_id\":\"");
        p = put_call_id(record, p);
        SV_FLEET_PUT(p, "\",\"parameters\":");
        p = put_arguments(record, pool, p);
        SV_FLEET_PUT(p, "}\n");
        return p;
    case SV_FLEET_RESULT:
        return put_gemini_result(fleet, record, p);
    case SV_FLEET_ERROR:
        p = put_gemini_head(fleet, record, "error", p);
        p = put_member(p, "\",\"severity\":\"error\",\"message\":\"", sv_fleet_errors[record->error]);
        SV_FLEET_PUT(p, "\"}\n");
        return p;
    default:
        p = put_gemini_head(fleet, record, "message", p);
        p = put_text(p, "\",\"role\":\"assistant\",\"content\":\"", record, pool);
        SV_FLEET_PUT(p, "\"}\n");
        return p;
    }
}

const struct sv_fleet_format sv_fleet_format_gemini = {.name = "gemini",
                                                       .levels = {[SV_FLEET_JSON] = true},
                                                       .one_at_a_time = true,
                                                       .put = put_gemini};
