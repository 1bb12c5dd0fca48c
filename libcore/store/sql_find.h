/* SPDX-License-Identifier: ISC */
/* sql_find.h - the statements of who looks for events and evaluations: a part of SV_STATEMENTS (private.h). Pages by key: behind
 * (time, id), down to a bound or up to one.
 *
 * Floor: store. */
#ifndef SV_STORE_SQL_FIND_H
#define SV_STORE_SQL_FIND_H

#define SV_EVENT_SELECT                                                                                                            \
    "SELECT id, source, record, part, event, time, type, agent, session, team, host, tool, model, status, priority, entity_type, " \
    "entity_id, correlation_id, trace_id, parent_id, call_id, input_tokens, output_tokens, cost_usd, duration_ms, run "            \
    "FROM events WHERE "
#define SV_EVENTS_DOWN "time <= ?3 AND (time < ?3 OR id < ?4) AND time >= ?5 ORDER BY time DESC, id DESC LIMIT ?6"
#define SV_EVENTS_UP "time >= ?3 AND (time > ?3 OR id > ?4) AND time < ?5 ORDER BY time, id LIMIT ?6"

/* One way to look, newest first and oldest first. */
#define SV_FIND_BOTH(X, name, where, index)                                                                                        \
    X(EVENTS_##name##_DOWN, SV_EVENT_SELECT where SV_EVENTS_DOWN, index)                                                           \
    X(EVENTS_##name##_UP, SV_EVENT_SELECT where SV_EVENTS_UP, index)

#define SV_EVALUATION_SELECT                                                                                                       \
    "SELECT id, source, record, part, policy_id, key_number, supervisor_id, team_id, agent_id, session_id, tool_id, outcome, "      \
    "severity, action, event, created_at, run, message, key_json, values_json FROM supervisor_policy_evaluations WHERE "
#define SV_EVALUATIONS_DOWN                                                                                                        \
    " = ?1 AND created_at <= ?3 AND (created_at < ?3 OR id < ?4) AND created_at >= ?5 ORDER BY created_at DESC, id DESC LIMIT ?6"

#define SV_ENTITY_SELECT                                                                                                           \
    "SELECT id, entity_type, entity_id, parent_type, parent_id, status, phase, owner, subject, priority, created_at, updated_at, "  \
    "told_at, events, errors, input_tokens, output_tokens, unpriced_tokens, cost_usd FROM entities WHERE "
#define SV_ENTITIES_DOWN                                                                                                           \
    "updated_at <= ?3 AND (updated_at < ?3 OR id < ?4) AND updated_at >= ?5 ORDER BY updated_at DESC, id DESC LIMIT ?6"

/* The lowest and the highest of a table's numbers. */
#define SV_ROWS(X, name, table)                                                                                                    \
    X(ROWS_##name##_FIRST, "SELECT coalesce(min(rowid), 1) FROM " table, table)                                                    \
    X(ROWS_##name##_LAST, "SELECT coalesce(max(rowid), 0) FROM " table, table)

/* The names of a table from one text on, before another; and of an id. */
#define SV_NAMES_BOTH(X, name, table, index)                                                                                       \
    X(name##_RANGE, "SELECT id, name FROM " table " WHERE name >= ?1 AND name < ?2 ORDER BY name", index)                          \
    X(name##_NAME, "SELECT name, id FROM " table " WHERE id = ?1", "INTEGER PRIMARY KEY")

#define SV_STATEMENTS_FIND(X)                                                                                                      \
    SV_FIND_BOTH(X, TIME, "", "idx_events_time")                                                                                   \
    SV_FIND_BOTH(X, AGENT_TYPE, "agent = ?1 AND type = ?2 AND ", "idx_events_agent_type")                                          \
    SV_FIND_BOTH(X, SESSION, "session = ?1 AND ", "idx_events_session_emitted")                                                    \
    SV_FIND_BOTH(X, ENTITY, "entity_type = ?1 AND entity_id = ?2 AND ", "idx_events_entity_emitted")                               \
    SV_FIND_BOTH(X, CORRELATION, "correlation_id = ?1 AND ", "idx_events_correlation")                                             \
    SV_FIND_BOTH(X, TRACE, "trace_id = ?1 AND ", "idx_events_trace")                                                               \
    SV_FIND_BOTH(X, CALL, "call_id = ?1 AND ", "idx_events_call")                                                                  \
    X(EVENTS_NEW, SV_EVENT_SELECT "id > ?4 ORDER BY id LIMIT ?6", "INTEGER PRIMARY KEY")                                           \
    X(EVENT_BY_ADDRESS, SV_EVENT_SELECT "source = ?1 AND record = ?2 AND part = ?3", "idx_events_address")                         \
    X(EVENT_BODY, "SELECT body FROM event_bodies WHERE event = ?1", "INTEGER PRIMARY KEY")                                         \
    X(EVALUATIONS_SUPERVISOR, SV_EVALUATION_SELECT "supervisor_id" SV_EVALUATIONS_DOWN, "idx_evaluations_supervisor_created")       \
    X(EVALUATIONS_AGENT, SV_EVALUATION_SELECT "agent_id" SV_EVALUATIONS_DOWN, "idx_evaluations_agent")                             \
    X(EVALUATIONS_POLICY, SV_EVALUATION_SELECT "policy_id" SV_EVALUATIONS_DOWN, "idx_evaluations_policy")                          \
    X(EVALUATIONS_SESSION, SV_EVALUATION_SELECT "session_id" SV_EVALUATIONS_DOWN, "idx_evaluations_session")                       \
    X(EVALUATIONS_EVENT, SV_EVALUATION_SELECT "source = ?1 AND record = ?2 AND part = ?3 ORDER BY id LIMIT ?6",                    \
      "idx_evaluations_address")                                                                                                   \
    X(EVALUATION_SUPERVISOR_NEXT,                                                                                                  \
      "SELECT supervisor_id FROM supervisor_policy_evaluations WHERE supervisor_id > ?1 ORDER BY supervisor_id LIMIT 1",           \
      "idx_evaluations_supervisor_created")                                                                                        \
    X(POLICY_VERSION, "SELECT policy, hash, title, text, loaded_at FROM supervisor_policies WHERE id = ?1", "INTEGER PRIMARY KEY") \
    X(POLICY_RANGE, "SELECT id, policy FROM supervisor_policies WHERE policy >= ?1 AND policy < ?2 ORDER BY policy",               \
      "sqlite_autoindex_supervisor_policies_1")                                                                                    \
    X(AGENT_TYPE_NEXT, "SELECT type FROM events WHERE agent = ?1 AND type > ?2 ORDER BY type LIMIT 1", "idx_events_agent_type")     \
    X(CORRELATION_LIKE,                                                                                                            \
      "SELECT correlation_id FROM events WHERE correlation_id >= ?1 AND correlation_id < ?2 ORDER BY correlation_id LIMIT 1",      \
      "idx_events_correlation")                                                                                                    \
    X(TRACE_LIKE, "SELECT trace_id FROM events WHERE trace_id >= ?1 AND trace_id < ?2 ORDER BY trace_id LIMIT 1", "idx_events_trace") \
    X(CALL_LIKE, "SELECT call_id FROM events WHERE call_id >= ?1 AND call_id < ?2 ORDER BY call_id LIMIT 1", "idx_events_call")    \
    X(ENTITY_LIKE,                                                                                                                 \
      "SELECT entity_id FROM events WHERE entity_type = ?3 AND entity_id >= ?1 AND entity_id < ?2 ORDER BY entity_id LIMIT 1",     \
      "idx_events_entity_emitted")                                                                                                 \
    X(ENTITY_GET, SV_ENTITY_SELECT "entity_type = ?1 AND entity_id = ?2", "sqlite_autoindex_entities_1")                           \
    X(ENTITIES_UPDATED, SV_ENTITY_SELECT SV_ENTITIES_DOWN, "idx_entities_updated")                                                 \
    X(ENTITIES_TYPE, SV_ENTITY_SELECT "entity_type = ?1 AND " SV_ENTITIES_DOWN, "idx_entities_type")                               \
    X(ENTITIES_PARENT, SV_ENTITY_SELECT "parent_type = ?1 AND parent_id = ?2 AND " SV_ENTITIES_DOWN, "idx_entities_parent")        \
    X(ENTITY_PUT,                                                                                                                  \
      "INSERT INTO entities (entity_type, entity_id, parent_type, parent_id, status, phase, owner, subject, priority, created_at, " \
      "updated_at, told_at, events, errors, input_tokens, output_tokens, unpriced_tokens, cost_usd) VALUES (?1, ?2, ?3, ?4, ?5, "   \
      "?6, ?7, ?8, ?9, ?10, ?11, ?12, ?13, ?14, ?15, ?16, ?17, ?18) ON CONFLICT DO UPDATE SET parent_type = ?3, parent_id = ?4, "   \
      "status = ?5, phase = ?6, owner = ?7, subject = ?8, priority = ?9, created_at = ?10, updated_at = ?11, told_at = ?12, "       \
      "events = ?13, errors = ?14, input_tokens = ?15, output_tokens = ?16, unpriced_tokens = ?17, cost_usd = ?18", NULL)          \
    X(USED,                                                                                                                        \
      "SELECT hour, type_id, agent_id, team_id, model_id, tool_id, status_id, events, errors, input_tokens, output_tokens, "        \
      "cache_read_tokens, cache_write_tokens, unpriced_tokens, cost_usd FROM usage_hourly WHERE hour >= ?1 AND hour < ?2 "          \
      "ORDER BY hour", "PRIMARY KEY")                                                                                              \
    X(USED_DURATIONS,                                                                                                              \
      "SELECT hour, type_id, agent_id, team_id, model_id, tool_id, status_id, events, errors, input_tokens, output_tokens, "        \
      "cache_read_tokens, cache_write_tokens, unpriced_tokens, cost_usd, durations FROM usage_hourly WHERE hour >= ?1 "             \
      "AND hour < ?2 ORDER BY hour", "PRIMARY KEY")                                                                                \
    X(ROWS_EVENTS_LAST, "SELECT coalesce(max(id), 0) FROM events", "events")                                                       \
    X(ROWS_EVALUATIONS_LAST, "SELECT coalesce(max(id), 0) FROM supervisor_policy_evaluations", "supervisor_policy_evaluations")    \
    SV_ROWS(X, ENTITIES, "entities")                                                                                               \
    SV_ROWS(X, SESSIONS, "session_names")                                                                                          \
    SV_ROWS(X, SOURCES, "sources")                                                                                                 \
    SV_ROWS(X, RUNS, "runs")                                                                                                       \
    SV_ROWS(X, MESSAGES, "messages")                                                                                               \
    X(ROWS_USAGE, "SELECT count(*) FROM usage_hourly WHERE hour > -9223372036854775807", "PRIMARY KEY")                            \
    X(EXPORT_GET, "SELECT event, repeat, exported_at, mark, marked_at FROM exports WHERE name = ?1", "PRIMARY KEY")                                 \
    X(EXPORT_PUT,                                                                                                                  \
      "INSERT INTO exports (name, event, repeat, exported_at, mark, marked_at) VALUES (?1, ?2, ?3, ?4, ?5, ?6) ON CONFLICT DO "     \
      "UPDATE SET event = excluded.event, repeat = excluded.repeat, exported_at = excluded.exported_at, mark = excluded.mark, "     \
      "marked_at = excluded.marked_at WHERE excluded.event >= event", NULL)                                                        \
    X(EXPORT_DROP, "DELETE FROM exports WHERE name = ?1", "PRIMARY KEY")                                                           \
    X(EXPORT_LIST, "SELECT name, repeat FROM exports WHERE name >= '' ORDER BY name", "PRIMARY KEY")                               \
    X(OWN_HOUR,                                                                                                                    \
      "SELECT max(time / 3600000000000) FROM events WHERE event IS NOT NULL AND time / 3600000000000 < ?1", "idx_events_own")      \
    X(OWN_IN_HOUR,                                                                                                                 \
      SV_EVENT_SELECT "event IS NOT NULL AND time / 3600000000000 = ?1 AND substr(event, 1, 8) || substr(event, -8) >= ?2 "        \
      "AND substr(event, 1, 8) || substr(event, -8) < ?3 LIMIT ?6", "idx_events_own")                                              \
    X(SOURCE_HEADS, SV_SOURCE_SELECT " WHERE head >= ?1 AND head <= ?2 ORDER BY head LIMIT 20", "idx_sources_head")                \
    X(SOURCE_RUN, SV_SOURCE_SELECT " WHERE run = ?1 ORDER BY number", "idx_sources_run")                                           \
    X(SOURCE_BY_ID, SV_SOURCE_SELECT " WHERE id = ?1", "INTEGER PRIMARY KEY")                                                      \
    SV_NAMES_BOTH(X, AGENT, "agent_names", "sqlite_autoindex_agent_names_1")                                                       \
    SV_NAMES_BOTH(X, SESSION, "session_names", "sqlite_autoindex_session_names_1")                                                 \
    SV_NAMES_BOTH(X, TOOL, "tool_names", "sqlite_autoindex_tool_names_1")                                                          \
    SV_NAMES_BOTH(X, TEAM, "team_names", "sqlite_autoindex_team_names_1")                                                          \
    SV_NAMES_BOTH(X, SUPERVISOR, "supervisors", "sqlite_autoindex_supervisors_1")                                                  \
    SV_NAMES_BOTH(X, TYPE, "type_names", "sqlite_autoindex_type_names_1")                                                          \
    SV_NAMES_BOTH(X, MODEL, "model_names", "sqlite_autoindex_model_names_1")                                                       \
    SV_NAMES_BOTH(X, STATUS, "status_names", "sqlite_autoindex_status_names_1")                                                    \
    SV_NAMES_BOTH(X, HOST, "host_names", "sqlite_autoindex_host_names_1")

#endif
