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

/* The names of a table from one text on, before another; and of an id. */
#define SV_NAMES_BOTH(X, name, table, index)                                                                                       \
    X(name##_RANGE, "SELECT id, name FROM " table " WHERE name >= ?1 AND name < ?2 ORDER BY name", index)                          \
    X(name##_NAME, "SELECT name FROM " table " WHERE id = ?1", "INTEGER PRIMARY KEY")

#define SV_STATEMENTS_FIND(X)                                                                                                      \
    SV_FIND_BOTH(X, TIME, "", "idx_events_time")                                                                                   \
    SV_FIND_BOTH(X, AGENT_TYPE, "agent = ?1 AND type = ?2 AND ", "idx_events_agent_type")                                          \
    SV_FIND_BOTH(X, SESSION, "session = ?1 AND ", "idx_events_session_emitted")                                                    \
    SV_FIND_BOTH(X, ENTITY, "entity_type = ?1 AND entity_id = ?2 AND ", "idx_events_entity_emitted")                               \
    SV_FIND_BOTH(X, CORRELATION, "correlation_id = ?1 AND ", "idx_events_correlation")                                             \
    SV_FIND_BOTH(X, TRACE, "trace_id = ?1 AND ", "idx_events_trace")                                                               \
    SV_FIND_BOTH(X, CALL, "call_id = ?1 AND ", "idx_events_call")                                                                  \
    X(EVENTS_NEW, SV_EVENT_SELECT "id > ?4 ORDER BY id LIMIT ?6", "INTEGER PRIMARY KEY")                                           \
    X(EVENT_BY_ROW, SV_EVENT_SELECT "id = ?1", "INTEGER PRIMARY KEY")                                                              \
    X(EVENT_BY_ADDRESS, SV_EVENT_SELECT "source = ?1 AND record = ?2 AND part = ?3", "idx_events_address")                         \
    X(EVENT_NEWEST, "SELECT coalesce(max(id), 0) FROM events", "events")                                                             \
    X(EVENT_BODY, "SELECT body FROM event_bodies WHERE event = ?1", "INTEGER PRIMARY KEY")                                         \
    X(AGENT_TYPE_NEXT, "SELECT type FROM events WHERE agent = ?1 AND type > ?2 ORDER BY type LIMIT 1", "idx_events_agent_type")     \
    X(CORRELATION_LIKE,                                                                                                            \
      "SELECT correlation_id FROM events WHERE correlation_id >= ?1 AND correlation_id < ?2 ORDER BY correlation_id LIMIT 1",      \
      "idx_events_correlation")                                                                                                    \
    X(TRACE_LIKE, "SELECT trace_id FROM events WHERE trace_id >= ?1 AND trace_id < ?2 ORDER BY trace_id LIMIT 1", "idx_events_trace") \
    X(CALL_LIKE, "SELECT call_id FROM events WHERE call_id >= ?1 AND call_id < ?2 ORDER BY call_id LIMIT 1", "idx_events_call")    \
    X(ENTITY_LIKE,                                                                                                                 \
      "SELECT entity_id FROM events WHERE entity_type = ?3 AND entity_id >= ?1 AND entity_id < ?2 ORDER BY entity_id LIMIT 1",     \
      "idx_events_entity_emitted")                                                                                                 \
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
