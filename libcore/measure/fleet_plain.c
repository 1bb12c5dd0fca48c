/* SPDX-License-Identifier: ISC */
/* A made-up fleet as logs of one's own programs: CSV and logfmt. */
#include "measure/fleet_private.h"

/* The columns. Of each record some are filled; logfmt leaves out the others. */
enum column { TIME, ID, TYPE, AGENT, TEAM, SUPERVISOR, SESSION, CALL_ID, TOOL, COMMAND, STATUS, ERROR, DURATION, MODEL, INPUT, OUTPUT, COST,
              FROM, TO, ENTITY_TYPE, ENTITY_ID, PRIORITY, TEXT, COLUMNS };

static const char *const names[COLUMNS] = {
    "time", "id", "type", "agent", "team", "supervisor", "session", "call_id", "tool", "command", "status", "error", "duration_ms", "model",
    "input_tokens", "output_tokens", "cost_usd", "from", "to", "entity_type", "entity_id", "priority", "text"};

static const char *const types[SV_FLEET_KINDS] = {"tool.call", "tool.result", "llm.call", "message.sent", "message.agent", "task.status", "error"};

static bool is_filled(const struct sv_fleet_record *record, enum column column)
{
    enum sv_fleet_kind kind = record->kind;
    switch (column) {
    case CALL_ID: case TOOL: return kind == SV_FLEET_CALL || kind == SV_FLEET_RESULT;
    case COMMAND: return kind == SV_FLEET_CALL && record->agent->call.tool == SV_FLEET_SHELL;
    case STATUS: return kind == SV_FLEET_RESULT || kind == SV_FLEET_STATUS || kind == SV_FLEET_ERROR;
    case ERROR: return record->failed;
    case DURATION: return kind == SV_FLEET_RESULT || kind == SV_FLEET_LLM;
    case MODEL: case INPUT: case OUTPUT: case COST: return kind == SV_FLEET_LLM;
    case FROM: case TO: return kind == SV_FLEET_MESSAGE;
    case ENTITY_TYPE: case ENTITY_ID: case PRIORITY: return kind == SV_FLEET_STATUS;
    default: return true;
    }
}

/* May it hold what must be quoted? */
static bool is_free(enum column column)
{
    return column == COMMAND || column == TEXT || column == ERROR;
}

static char *put_cell(struct sv_fleet *fleet, const struct sv_fleet_record *record, const struct sv_fleet_pool *pool, enum column column, char *p)
{
    const struct sv_fleet_agent *agent = record->agent, *to = &fleet->agents[record->to];
    switch (column) {
    case TIME: return sv_fleet_put_time(fleet, p, record->time_ns);
    case ID: return sv_fleet_put_uuid(p, record, 0);
    case TYPE: return sv_fleet_put_str(p, types[record->kind]);
    case FROM: case AGENT: return sv_fleet_put_bytes(p, agent->name, agent->name_len);
    case TEAM: return sv_fleet_put_bytes(p, agent->team, agent->team_len);
    case SUPERVISOR: return sv_fleet_put_bytes(p, agent->supervisor, agent->supervisor_len);
    case SESSION: return sv_fleet_put_bytes(p, agent->session, agent->session_len);
    case CALL_ID: *p = 'c'; return sv_fleet_put_number(p + 1, agent->calls, 1);
    case TOOL: return sv_fleet_put_str(p, sv_fleet_tools[agent->call.tool].name);
    case COMMAND: return sv_fleet_put_argument(p, pool, &agent->call);
    case STATUS: return sv_fleet_put_str(p, record->failed ? "error" : record->kind == SV_FLEET_RESULT ? "ok" : sv_fleet_states[record->status]);
    case ERROR: return sv_fleet_put_str(p, sv_fleet_errors[record->error]);
    case DURATION: return sv_fleet_put_number(p, record->duration_ms, 1);
    case MODEL: return sv_fleet_put_str(p, sv_fleet_models[record->model]);
    case INPUT: return sv_fleet_put_number(p, record->input_tokens, 1);
    case OUTPUT: return sv_fleet_put_number(p, record->output_tokens, 1);
    case COST: return sv_fleet_put_dollars(p, record->cost_micros);
    case TO: return sv_fleet_put_bytes(p, to->name, to->name_len);
    case ENTITY_TYPE: return sv_fleet_put_str(p, "task");
    case ENTITY_ID: SV_FLEET_PUT(p, "T-"); return sv_fleet_put_number(p, record->entity, 1);
    case PRIORITY: *p = 'P'; return sv_fleet_put_number(p + 1, record->priority, 1);
    default: return sv_fleet_put_words(p, pool, record->text);
    }
}

static char *put_csv(struct sv_fleet *fleet, const struct sv_fleet_record *record, char *p)
{
    for (int column = 0; column < COLUMNS; column++) {
        if (column > 0)
            *p++ = ',';
        if (!is_filled(record, (enum column)column))
            continue;
        if (is_free((enum column)column))
            *p++ = '"';
        p = put_cell(fleet, record, &fleet->pools[SV_FLEET_CSV], (enum column)column, p);
        if (is_free((enum column)column))
            *p++ = '"';
    }
    *p++ = '\n';
    return p;
}

static void head(struct sv_fleet *fleet, struct sv_buf *out)
{
    (void)fleet;
    for (int column = 0; column < COLUMNS; column++)
        sv_buf_printf(out, "%s%s", column > 0 ? "," : "", names[column]);
    sv_buf_char(out, '\n');
}

static char *put_logfmt(struct sv_fleet *fleet, const struct sv_fleet_record *record, char *p)
{
    for (int column = 0; column < COLUMNS; column++) {
        if (!is_filled(record, (enum column)column))
            continue;
        if (column > 0)
            *p++ = ' ';
        p = sv_fleet_put_str(p, names[column]);
        *p++ = '=';
        if (is_free((enum column)column))
            *p++ = '"';
        p = put_cell(fleet, record, &fleet->pools[SV_FLEET_JSON], (enum column)column, p);
        if (is_free((enum column)column))
            *p++ = '"';
    }
    *p++ = '\n';
    return p;
}

const struct sv_fleet_format sv_fleet_format_csv = {.name = "csv", .levels = {[SV_FLEET_CSV] = true}, .head = head, .put = put_csv};
const struct sv_fleet_format sv_fleet_format_logfmt = {.name = "logfmt", .levels = {[SV_FLEET_JSON] = true}, .put = put_logfmt};
