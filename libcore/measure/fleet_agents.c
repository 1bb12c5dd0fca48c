/* SPDX-License-Identifier: ISC */
/* A made-up fleet as the logs of Claude Code and Codex. What these do not tell (messages between agents, tasks) is said in words. */
#include "measure/fleet_private.h"

/* --- Claude Code's transcripts: a session is one run of records, another begins behind it --- */

static char *put_envelope(struct sv_fleet *fleet, const struct sv_fleet_record *record, char *p)
{
    const struct sv_fleet_agent *agent = record->agent;
    SV_FLEET_PUT(p, "{\"parentUuid\":null,\"isSidechain\":false,\"userType\":\"external\",\"cwd\":\"/home/work/");
    p = sv_fleet_put_bytes(p, agent->name, agent->name_len);
    SV_FLEET_PUT(p, "\",\"sessionId\":\"");
    p = sv_fleet_put_bytes(p, agent->session, agent->session_len);
    SV_FLEET_PUT(p, "\",\"version\":\"2.1.9\",\"gitBranch\":\"main\",\"uuid\":\"");
    p = sv_fleet_put_uuid(p, record, 0);
    SV_FLEET_PUT(p, "\",\"timestamp\":\"");
    p = sv_fleet_put_time(fleet, p, record->time_ns);
    return p;
}

static char *put_message(const struct sv_fleet_record *record, char *p)
{
    SV_FLEET_PUT(p, "\",\"type\":\"assistant\",\"message\":{\"model\":\"");
    p = sv_fleet_put_str(p, sv_fleet_models[record->model]);
    SV_FLEET_PUT(p, "\",\"id\":\"msg_");
    p = sv_fleet_put_hex(p, record->id, 16);
    p = sv_fleet_put_hex(p, record->number, 8);
    SV_FLEET_PUT(p, "\",\"type\":\"message\",\"role\":\"assistant\",\"content\":[{\"type\":\"");
    return p;
}

static char *put_usage(const struct sv_fleet_record *record, char *p)
{
    SV_FLEET_PUT(p, "}],\"stop_reason\":null,\"stop_sequence\":null,\"usage\":{\"input_tokens\":");
    p = sv_fleet_put_number(p, record->input_tokens - record->cached_tokens, 1);
    SV_FLEET_PUT(p, ",\"cache_creation_input_tokens\":0,\"cache_read_input_tokens\":");
    p = sv_fleet_put_number(p, record->cached_tokens, 1);
    SV_FLEET_PUT(p, ",\"output_tokens\":");
    p = sv_fleet_put_number(p, record->output_tokens, 1);
    SV_FLEET_PUT(p, ",\"service_tier\":\"standard\"}}}\n");
    return p;
}

static char *put_call_number(const struct sv_fleet_record *record, char *p)
{
    p = sv_fleet_put_hex(p, record->agent_number, 6);
    return sv_fleet_put_hex(p, record->agent->calls, 10);
}

static char *put_tool_use(const struct sv_fleet_record *record, const struct sv_fleet_pool *pool, char *p)
{
    const struct sv_fleet_call *call = &record->agent->call;
    const struct sv_fleet_tool *tool = &sv_fleet_tools[call->tool];
    SV_FLEET_PUT(p, "tool_use\",\"id\":\"toolu_");
    p = put_call_number(record, p);
    SV_FLEET_PUT(p, "\",\"name\":\"");
    p = sv_fleet_put_str(p, tool->name);
    SV_FLEET_PUT(p, "\",\"input\":{\"");
    p = sv_fleet_put_str(p, tool->key);
    SV_FLEET_PUT(p, "\":\"");
    p = sv_fleet_put_argument(p, pool, call);
    if (tool->text_key != NULL) {
        SV_FLEET_PUT(p, "\",\"");
        p = sv_fleet_put_str(p, tool->text_key);
        SV_FLEET_PUT(p, "\":\"");
        p = sv_fleet_put_words(p, pool, call->words);
    }
    SV_FLEET_PUT(p, "\"}");
    return p;
}

static char *put_tool_result(const struct sv_fleet_record *record, const struct sv_fleet_pool *pool, char *p)
{
    SV_FLEET_PUT(p, "\",\"type\":\"user\",\"message\":{\"role\":\"user\",\"content\":[{\"tool_use_id\":\"toolu_");
    p = put_call_number(record, p);
    SV_FLEET_PUT(p, "\",\"type\":\"tool_result\",\"content\":\"");
    if (record->failed) {
        p = sv_fleet_put_str(p, sv_fleet_errors[record->error]);
        SV_FLEET_PUT(p, "\\n");
    }
    p = sv_fleet_put_words(p, pool, record->text);
    SV_FLEET_PUT(p, "\",\"is_error\":");
    p = sv_fleet_put_str(p, record->failed ? "true" : "false");
    SV_FLEET_PUT(p, "}]},\"toolUseResult\":{\"interrupted\":false,\"durationMs\":");
    p = sv_fleet_put_number(p, record->duration_ms, 1);
    SV_FLEET_PUT(p, "}}\n");
    return p;
}

/* What it says besides: to another agent, of a task. */
static char *put_saying(struct sv_fleet *fleet, const struct sv_fleet_record *record, const struct sv_fleet_pool *pool, char *p)
{
    if (record->kind == SV_FLEET_MESSAGE) {
        SV_FLEET_PUT(p, "To ");
        p = sv_fleet_put_str(p, fleet->agents[record->to].name);
        SV_FLEET_PUT(p, ": ");
    } else if (record->kind == SV_FLEET_STATUS) {
        SV_FLEET_PUT(p, "Task T-");
        p = sv_fleet_put_number(p, record->entity, 1);
        SV_FLEET_PUT(p, " is ");
        p = sv_fleet_put_str(p, sv_fleet_states[record->status]);
        SV_FLEET_PUT(p, ": ");
    }
    return sv_fleet_put_words(p, pool, record->text);
}

/* What is the same in a transcript and in a stream. */
static char *put_rest(struct sv_fleet *fleet, const struct sv_fleet_record *record, char *p)
{
    const struct sv_fleet_pool *pool = &fleet->pools[SV_FLEET_JSON];
    switch (record->kind) {
    case SV_FLEET_CALL:
        p = put_message(record, p);
        p = put_tool_use(record, pool, p);
        return put_usage(record, p);
    case SV_FLEET_RESULT:
        return put_tool_result(record, pool, p);
    case SV_FLEET_ERROR:
        SV_FLEET_PUT(p, "\",\"type\":\"system\",\"subtype\":\"api_error\",\"level\":\"error\",\"error\":{\"status\":529,\"error\":"
                        "{\"type\":\"error\",\"error\":{\"type\":\"overloaded_error\",\"message\":\"");
        p = sv_fleet_put_str(p, sv_fleet_errors[record->error]);
        SV_FLEET_PUT(p, "\"}}},\"retryInMs\":551.2,\"retryAttempt\":1,\"maxRetries\":10}\n");
        return p;
    default:
        p = put_message(record, p);
        SV_FLEET_PUT(p, "text\",\"text\":\"");
        p = put_saying(fleet, record, pool, p);
        *p++ = '"';
        return put_usage(record, p);
    }
}

static char *put_claude(struct sv_fleet *fleet, const struct sv_fleet_record *record, char *p)
{
    return put_rest(fleet, record, put_envelope(fleet, record, p));
}

const struct sv_fleet_format sv_fleet_format_claude = {.name = "claude",
                                                       .levels = {[SV_FLEET_JSON] = true},
                                                       .one_at_a_time = true,
                                                       .put = put_claude};

/* --- what `claude -p --output-format stream-json` prints: the same without a clock, the folder once --- */

static char *put_stream_head(const struct sv_fleet_record *record, unsigned of, char *p)
{
    SV_FLEET_PUT(p, "{\"session_id\":\"");
    p = sv_fleet_put_bytes(p, record->agent->session, record->agent->session_len);
    SV_FLEET_PUT(p, "\",\"parent_tool_use_id\":null,\"uuid\":\"");
    return sv_fleet_put_uuid(p, record, of);
}

static char *put_stream(struct sv_fleet *fleet, const struct sv_fleet_record *record, char *p)
{
    if (!record->agent->was_met) {
        p = put_stream_head(record, 1, p);
        SV_FLEET_PUT(p, "\",\"type\":\"system\",\"subtype\":\"init\",\"cwd\":\"/home/work/");
        p = sv_fleet_put_bytes(p, record->agent->name, record->agent->name_len);
        SV_FLEET_PUT(p, "\",\"permissionMode\":\"default\",\"model\":\"");
        p = sv_fleet_put_str(p, sv_fleet_models[record->model]);
        SV_FLEET_PUT(p, "\"}\n");
    }
    return put_rest(fleet, record, put_stream_head(record, 0, p));
}

const struct sv_fleet_format sv_fleet_format_claude_stream = {.name = "claude-stream",
                                                              .levels = {[SV_FLEET_JSON] = true},
                                                              .one_at_a_time = true,
                                                              .put = put_stream};

/* --- Codex's rollouts: the same --- */

static char *put_start(struct sv_fleet *fleet, const struct sv_fleet_record *record, char *p)
{
    SV_FLEET_PUT(p, "{\"timestamp\":\"");
    p = sv_fleet_put_time(fleet, p, record->time_ns);
    return p;
}

static char *put_session(struct sv_fleet *fleet, const struct sv_fleet_record *record, char *p)
{
    p = put_start(fleet, record, p);
    SV_FLEET_PUT(p, "\",\"type\":\"session_meta\",\"payload\":{\"id\":\"");
    p = sv_fleet_put_bytes(p, record->agent->session, record->agent->session_len);
    SV_FLEET_PUT(p, "\",\"cwd\":\"/home/work/");
    p = sv_fleet_put_bytes(p, record->agent->name, record->agent->name_len);
    SV_FLEET_PUT(p, "\",\"originator\":\"codex_cli_rs\",\"cli_version\":\"0.61.0\",\"instructions\":null,\"source\":\"cli\"}}\n");
    p = put_start(fleet, record, p);
    SV_FLEET_PUT(p, "\",\"type\":\"turn_context\",\"payload\":{\"cwd\":\"/home/work/");
    p = sv_fleet_put_bytes(p, record->agent->name, record->agent->name_len);
    SV_FLEET_PUT(p, "\",\"approval_policy\":\"on-request\",\"model\":\"");
    p = sv_fleet_put_str(p, sv_fleet_models[record->agent_number % SV_FLEET_MODELS]);
    SV_FLEET_PUT(p, "\",\"effort\":\"medium\"}}\n");
    return p;
}

static char *put_function_call(const struct sv_fleet_record *record, const struct sv_fleet_pool *pool, char *p)
{
    const struct sv_fleet_call *call = &record->agent->call;
    const struct sv_fleet_tool *tool = &sv_fleet_tools[call->tool];
    SV_FLEET_PUT(p, "\",\"type\":\"response_item\",\"payload\":{\"type\":\"function_call\",\"name\":\"");
    p = sv_fleet_put_str(p, tool->codex);
    SV_FLEET_PUT(p, "\",\"arguments\":\"{\\\"");
    if (call->tool == SV_FLEET_SHELL) {
        SV_FLEET_PUT(p, "command\\\":[\\\"bash\\\",\\\"-lc\\\",\\\"");
        p = sv_fleet_put_argument(p, pool, call);
        SV_FLEET_PUT(p, "\\\"],\\\"workdir\\\":\\\"/home/work/");
        p = sv_fleet_put_bytes(p, record->agent->name, record->agent->name_len);
    } else {
        p = sv_fleet_put_str(p, tool->key);
        SV_FLEET_PUT(p, "\\\":\\\"");
        p = sv_fleet_put_argument(p, pool, call);
        if (tool->text_key != NULL) {
            SV_FLEET_PUT(p, "\\\",\\\"");
            p = sv_fleet_put_str(p, tool->text_key);
            SV_FLEET_PUT(p, "\\\":\\\"");
            p = sv_fleet_put_words(p, pool, call->words);
        }
    }
    SV_FLEET_PUT(p, "\\\"}\",\"call_id\":\"call_");
    p = put_call_number(record, p);
    SV_FLEET_PUT(p, "\"}}\n");
    return p;
}

static char *put_function_output(const struct sv_fleet_record *record, const struct sv_fleet_pool *pool, char *p)
{
    SV_FLEET_PUT(p, "\",\"type\":\"response_item\",\"payload\":{\"type\":\"function_call_output\",\"call_id\":\"call_");
    p = put_call_number(record, p);
    SV_FLEET_PUT(p, "\",\"output\":\"{\\\"output\\\":\\\"");
    if (record->failed) {
        p = sv_fleet_put_str(p, sv_fleet_errors[record->error]);
        SV_FLEET_PUT(p, "\\\\n");
    }
    p = sv_fleet_put_words(p, pool, record->text);
    SV_FLEET_PUT(p, "\\\",\\\"metadata\\\":{\\\"exit_code\\\":");
    p = sv_fleet_put_number(p, record->failed, 1);
    SV_FLEET_PUT(p, ",\\\"duration_seconds\\\":");
    p = sv_fleet_put_number(p, record->duration_ms / 1000, 1);
    *p++ = '.';
    p = sv_fleet_put_number(p, record->duration_ms / 100 % 10, 1);
    SV_FLEET_PUT(p, "}}\"}}\n");
    return p;
}

static char *put_tokens(const struct sv_fleet_record *record, char *p)
{
    SV_FLEET_PUT(p, "\",\"type\":\"event_msg\",\"payload\":{\"type\":\"token_count\",\"info\":{\"last_token_usage\":{\"input_tokens\":");
    p = sv_fleet_put_number(p, record->input_tokens, 1);
    SV_FLEET_PUT(p, ",\"cached_input_tokens\":");
    p = sv_fleet_put_number(p, record->cached_tokens, 1);
    SV_FLEET_PUT(p, ",\"output_tokens\":");
    p = sv_fleet_put_number(p, record->output_tokens, 1);
    SV_FLEET_PUT(p, ",\"reasoning_output_tokens\":0,\"total_tokens\":");
    p = sv_fleet_put_number(p, (uint64_t)record->input_tokens + record->output_tokens, 1);
    SV_FLEET_PUT(p, "},\"model_context_window\":272000}}}\n");
    return p;
}

static char *put_codex(struct sv_fleet *fleet, const struct sv_fleet_record *record, char *p)
{
    const struct sv_fleet_pool *once = &fleet->pools[SV_FLEET_JSON], *twice = &fleet->pools[SV_FLEET_JSON_TWICE];
    if (!record->agent->was_met)
        p = put_session(fleet, record, p);
    p = put_start(fleet, record, p);
    switch (record->kind) {
    case SV_FLEET_CALL:
        return put_function_call(record, twice, p);
    case SV_FLEET_RESULT:
        return put_function_output(record, twice, p);
    case SV_FLEET_LLM:
        return put_tokens(record, p);
    case SV_FLEET_ERROR:
        SV_FLEET_PUT(p, "\",\"type\":\"event_msg\",\"payload\":{\"type\":\"stream_error\",\"message\":\"");
        p = sv_fleet_put_str(p, sv_fleet_errors[record->error]);
        SV_FLEET_PUT(p, "\"}}\n");
        return p;
    default:
        SV_FLEET_PUT(p, "\",\"type\":\"response_item\",\"payload\":{\"type\":\"message\",\"role\":\"assistant\",\"content\":"
                        "[{\"type\":\"output_text\",\"text\":\"");
        p = put_saying(fleet, record, once, p);
        SV_FLEET_PUT(p, "\"}]}}\n");
        return p;
    }
}

const struct sv_fleet_format sv_fleet_format_codex = {.name = "codex",
                                                      .levels = {[SV_FLEET_JSON] = true, [SV_FLEET_JSON_TWICE] = true},
                                                      .one_at_a_time = true,
                                                      .put = put_codex};
