/* SPDX-License-Identifier: ISC */
/* A made-up fleet as native events. */
#include "measure/fleet_private.h"

static char *put_head(struct sv_fleet *fleet, const struct sv_fleet_record *record, char *p)
{
    const struct sv_fleet_agent *agent = record->agent;
    SV_FLEET_PUT(p, "{\"id\":\"");
    p = sv_fleet_put_uuid(p, record, 0);
    SV_FLEET_PUT(p, "\",\"time\":\"");
    p = sv_fleet_put_time(fleet, p, record->time_ns);
    SV_FLEET_PUT(p, "\",\"session\":\"");
    p = sv_fleet_put_bytes(p, agent->session, agent->session_len);
    SV_FLEET_PUT(p, "\",\"agent\":\"");
    p = sv_fleet_put_bytes(p, agent->name, agent->name_len);
    SV_FLEET_PUT(p, "\",\"team\":\"");
    p = sv_fleet_put_bytes(p, agent->team, agent->team_len);
    SV_FLEET_PUT(p, "\",\"supervisor\":\"");
    p = sv_fleet_put_bytes(p, agent->supervisor, agent->supervisor_len);
    return p;
}

static char *put_tool(const struct sv_fleet_record *record, char *p)
{
    SV_FLEET_PUT(p, ",\"call_id\":\"c");
    p = sv_fleet_put_number(p, record->agent->calls, 1);
    SV_FLEET_PUT(p, "\",\"tool\":\"");
    p = sv_fleet_put_str(p, sv_fleet_tools[record->agent->call.tool].name);
    *p++ = '"';
    return p;
}

static char *put_number(char *p, const char *key, uint64_t n)
{
    SV_FLEET_PUT(p, ",\"");
    p = sv_fleet_put_str(p, key);
    SV_FLEET_PUT(p, "\":");
    return sv_fleet_put_number(p, n, 1);
}

static char *put_text(char *p, const char *key, const struct sv_fleet_pool *pool, struct sv_fleet_words words)
{
    SV_FLEET_PUT(p, ",\"");
    p = sv_fleet_put_str(p, key);
    SV_FLEET_PUT(p, "\":\"");
    p = sv_fleet_put_words(p, pool, words);
    *p++ = '"';
    return p;
}

static char *put_error(const struct sv_fleet_record *record, char *p)
{
    SV_FLEET_PUT(p, ",\"status\":\"error\",\"error\":\"");
    p = sv_fleet_put_str(p, sv_fleet_errors[record->error]);
    *p++ = '"';
    return p;
}

static char *put_call(const struct sv_fleet_record *record, const struct sv_fleet_pool *pool, char *p)
{
    const struct sv_fleet_call *call = &record->agent->call;
    const struct sv_fleet_tool *tool = &sv_fleet_tools[call->tool];
    p = put_tool(record, p);
    SV_FLEET_PUT(p, ",\"args\":{\"");
    p = sv_fleet_put_str(p, tool->key);
    SV_FLEET_PUT(p, "\":\"");
    p = sv_fleet_put_argument(p, pool, call);
    *p++ = '"';
    if (tool->text_key != NULL)
        p = put_text(p, tool->text_key, pool, call->words);
    p = put_number(p, "timeout", call->seed % 600);
    *p++ = '}';
    return put_text(p, "text", pool, record->text);
}

static char *put(struct sv_fleet *fleet, const struct sv_fleet_record *record, char *p)
{
    const struct sv_fleet_pool *pool = &fleet->pools[SV_FLEET_JSON];
    const struct sv_fleet_agent *to = &fleet->agents[record->to];
    p = put_head(fleet, record, p);
    switch (record->kind) {
    case SV_FLEET_CALL:
        SV_FLEET_PUT(p, "\",\"type\":\"tool.call\"");
        p = put_call(record, pool, p);
        break;
    case SV_FLEET_RESULT:
        SV_FLEET_PUT(p, "\",\"type\":\"tool.result\"");
        p = put_tool(record, p);
        if (record->failed)
            p = put_error(record, p);
        else
            SV_FLEET_PUT(p, ",\"status\":\"ok\"");
        p = put_number(p, "duration_ms", record->duration_ms);
        p = put_text(p, "result", pool, record->text);
        break;
    case SV_FLEET_LLM:
        SV_FLEET_PUT(p, "\",\"type\":\"llm.call\",\"model\":\"");
        p = sv_fleet_put_str(p, sv_fleet_models[record->model]);
        *p++ = '"';
        p = put_number(p, "input_tokens", record->input_tokens);
        p = put_number(p, "output_tokens", record->output_tokens);
        p = put_number(p, "cache_read_tokens", record->cached_tokens);
        SV_FLEET_PUT(p, ",\"cost_usd\":");
        p = sv_fleet_put_dollars(p, record->cost_micros);
        p = put_number(p, "duration_ms", record->duration_ms);
        p = put_text(p, "text", pool, record->text);
        break;
    case SV_FLEET_MESSAGE:
        SV_FLEET_PUT(p, "\",\"type\":\"message.sent\",\"from\":\"");
        p = sv_fleet_put_bytes(p, record->agent->name, record->agent->name_len);
        SV_FLEET_PUT(p, "\",\"to\":\"");
        p = sv_fleet_put_bytes(p, to->name, to->name_len);
        *p++ = '"';
        p = put_text(p, "text", pool, record->text);
        break;
    case SV_FLEET_SAID:
        SV_FLEET_PUT(p, "\",\"type\":\"message.agent\"");
        p = put_text(p, "text", pool, record->text);
        break;
    case SV_FLEET_STATUS:
        SV_FLEET_PUT(p, "\",\"type\":\"task.status\",\"entity_type\":\"task\",\"entity_id\":\"T-");
        p = sv_fleet_put_number(p, record->entity, 1);
        SV_FLEET_PUT(p, "\",\"priority\":\"P");
        p = sv_fleet_put_number(p, record->priority, 1);
        SV_FLEET_PUT(p, "\",\"status\":\"");
        p = sv_fleet_put_str(p, sv_fleet_states[record->status]);
        *p++ = '"';
        p = put_text(p, "text", pool, record->text);
        break;
    default:
        SV_FLEET_PUT(p, "\",\"type\":\"error\"");
        p = put_error(record, p);
        p = put_text(p, "text", pool, record->text);
    }
    SV_FLEET_PUT(p, "}\n");
    return p;
}

const struct sv_fleet_format sv_fleet_format_sv = {.name = "sv", .levels = {[SV_FLEET_JSON] = true}, .put = put};
