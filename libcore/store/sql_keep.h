/* SPDX-License-Identifier: ISC */
/* sql_keep.h - the statements of archives: a part of the table in private.h.
 *
 * Rows are copied whole, so what puts one names a value for each column; a column more in a table is one more here.
 *
 * Floor: store. */
#ifndef SV_STORE_SQL_KEEP_H
#define SV_STORE_SQL_KEEP_H

/* A table of names: one put under its integer, as *_NAME (sql_find.h) gives it. */
#define SV_SQL_NAMES(X, name, table) X(COPY_##name##_PUT, "INSERT OR IGNORE INTO " table " (name, id) VALUES (?1, ?2)", NULL)

#define SV_STATEMENTS_KEEP(X)                                                                                                      \
    X(MAILBOX_WAITING,                                                                                                             \
      "SELECT count(*), coalesce(sum(queued_0 + queued_1 + queued_2 + queued_3), 0), coalesce(min(CASE WHEN queued_0 + queued_1 + " \
      "queued_2 + queued_3 > 0 THEN since END), 0), coalesce(sum(rejected), 0) FROM mailboxes WHERE agent_id > 0",                 \
      "INTEGER PRIMARY KEY")                                                                                                       \
    SV_SQL_NAMES(X, AGENT, "agent_names")                                                                                          \
    SV_SQL_NAMES(X, SESSION, "session_names")                                                                                      \
    SV_SQL_NAMES(X, TOOL, "tool_names")                                                                                            \
    SV_SQL_NAMES(X, TEAM, "team_names")                                                                                            \
    SV_SQL_NAMES(X, SUPERVISOR, "supervisors")                                                                                     \
    SV_SQL_NAMES(X, TYPE, "type_names")                                                                                            \
    SV_SQL_NAMES(X, MODEL, "model_names")                                                                                          \
    SV_SQL_NAMES(X, STATUS, "status_names")                                                                                        \
    SV_SQL_NAMES(X, HOST, "host_names")                                                                                            \
    X(COPY_RUN_GET, "SELECT id, program, started_at, version, sqlite_version, arguments, ended_at FROM runs WHERE id = ?1",        \
      "INTEGER PRIMARY KEY")                                                                                                       \
    X(COPY_RUN_PUT,                                                                                                                \
      "INSERT OR IGNORE INTO runs (id, program, started_at, version, sqlite_version, arguments, ended_at) "                        \
      "VALUES (?1, ?2, ?3, ?4, ?5, ?6, ?7)", NULL)                                                                                 \
    X(COPY_SOURCE_GET, "SELECT id, head, run, number, path, log, format, read_at FROM sources WHERE id = ?1", "INTEGER PRIMARY KEY") \
    X(COPY_SOURCE_PUT,                                                                                                             \
      "INSERT OR IGNORE INTO sources (id, head, run, number, path, log, format, read_at) VALUES (?1, ?2, ?3, ?4, ?5, ?6, ?7, ?8)", NULL) \
    X(COPY_POLICY_GET, "SELECT id, policy, hash, title, text, loaded_at FROM supervisor_policies WHERE id = ?1", "INTEGER PRIMARY KEY") \
    X(COPY_POLICY_PUT,                                                                                                             \
      "INSERT OR IGNORE INTO supervisor_policies (id, policy, hash, title, text, loaded_at) VALUES (?1, ?2, ?3, ?4, ?5, ?6)", NULL) \
    X(COPY_EVENT_PUT,                                                                                                              \
      "INSERT OR IGNORE INTO events VALUES (?1, ?2, ?3, ?4, ?5, ?6, ?7, ?8, ?9, ?10, ?11, ?12, ?13, ?14, ?15, ?16, ?17, ?18, "     \
      "?19, ?20, ?21, ?22, ?23, ?24, ?25, ?26, ?27)", NULL)                                                                        \
    X(COPY_BODY_PUT, "INSERT OR IGNORE INTO event_bodies VALUES (?1, ?2)", NULL)                                                   \
    X(COPY_EVALUATION_PUT,                                                                                                         \
      "INSERT OR IGNORE INTO supervisor_policy_evaluations VALUES (?1, ?2, ?3, ?4, ?5, ?6, ?7, ?8, ?9, ?10, ?11, ?12, ?13, ?14, "  \
      "?15, ?16, ?17, ?18, ?19, ?20)", NULL)                                                                                       \
    /* what may go, oldest first, by priority or policy; the body is the last column */                                            \
    X(ARCHIVE_EVENTS,                                                                                                              \
      "SELECT e.*, b.body FROM events AS e LEFT JOIN event_bodies AS b ON b.event = e.id WHERE e.priority IS ?1 "                  \
      "AND e.archived_at IS NULL AND e.time >= ?2 AND e.time < ?3 AND (e.time > ?2 OR e.id > ?4) ORDER BY e.time, e.id LIMIT ?5",  \
      "idx_events_archived")                                                                                                       \
    X(ARCHIVE_EVENT_TIMES,                                                                                                         \
      "SELECT id, time, type, source, record FROM events WHERE priority IS ?1 AND archived_at IS NULL AND time >= ?2 AND time < ?3 "               \
      "AND (time > ?2 OR id > ?4) ORDER BY time, id LIMIT ?5", "idx_events_archived")                                              \
    X(ARCHIVE_EVALUATIONS,                                                                                                         \
      "SELECT * FROM supervisor_policy_evaluations WHERE policy_id = ?1 AND created_at >= ?2 AND created_at < ?3 "                 \
      "AND (created_at > ?2 OR id < ?4) ORDER BY created_at, id DESC LIMIT ?5", "idx_evaluations_policy")                          \
    X(ARCHIVE_EVALUATION_TIMES,                                                                                                    \
      "SELECT id, created_at FROM supervisor_policy_evaluations WHERE policy_id = ?1 AND created_at >= ?2 AND created_at < ?3 "    \
      "AND (created_at > ?2 OR id < ?4) ORDER BY created_at, id DESC LIMIT ?5", "idx_evaluations_policy")                          \
    X(ARCHIVE_POLICIES, "SELECT id FROM supervisor_policies WHERE id > ?1 ORDER BY id LIMIT ?2", "INTEGER PRIMARY KEY")            \
    X(ARCHIVE_EVENT,                                                                                                               \
      "SELECT e.*, b.body FROM events AS e LEFT JOIN event_bodies AS b ON b.event = e.id WHERE e.id = ?1", "INTEGER PRIMARY KEY")  \
    X(ARCHIVE_EVENT_TWIN, "SELECT id FROM events WHERE source = ?1 AND record = ?2 AND part = ?3", "idx_events_address")            \
    X(ARCHIVE_EVALUATION_TWIN,                                                                                                     \
      "SELECT id FROM supervisor_policy_evaluations WHERE source = ?1 AND record = ?2 AND part = ?3 AND policy_id = ?4 "           \
      "AND key_number = ?5", "idx_evaluations_address")                                                                            \
    X(ARCHIVE_EVALUATION, "SELECT * FROM supervisor_policy_evaluations WHERE id = ?1", "INTEGER PRIMARY KEY")                      \
    X(ARCHIVE_EVENTS_FROM,                                                                                                         \
      "SELECT e.*, b.body FROM events AS e LEFT JOIN event_bodies AS b ON b.event = e.id WHERE e.id > ?1 ORDER BY e.id LIMIT ?2",  \
      "INTEGER PRIMARY KEY")                                                                                                       \
    X(ARCHIVE_EVALUATIONS_FROM, "SELECT * FROM supervisor_policy_evaluations WHERE id > ?1 ORDER BY id LIMIT ?2", "INTEGER PRIMARY KEY") \
    X(ARCHIVE_DROP_EVENT, "DELETE FROM events WHERE id = ?1", "INTEGER PRIMARY KEY")                                               \
    X(ARCHIVE_DROP_BODY, "DELETE FROM event_bodies WHERE event = ?1", "INTEGER PRIMARY KEY")                                       \
    X(ARCHIVE_DROP_EVALUATION, "DELETE FROM supervisor_policy_evaluations WHERE id = ?1", "INTEGER PRIMARY KEY")                   \
    X(ARCHIVE_RUN,                                                                                                                 \
      "UPDATE runs SET archived_events = archived_events + ?2, archived_evaluations = archived_evaluations + ?3 WHERE id = ?1",    \
      "INTEGER PRIMARY KEY")                                                                                                       \
    X(ARCHIVE_LIST,                                                                                                                \
      "SELECT month, path, state, events, evaluations, hash, bytes, changed_at, first_at, last_at FROM archives WHERE month >= ?1 AND month <= ?2 "   \
      "ORDER BY month", "PRIMARY KEY")                                                                                             \
    X(ARCHIVE_PUT,                                                                                                                 \
      "INSERT INTO archives (month, path, state, events, evaluations, hash, bytes, changed_at, first_at, last_at) VALUES (?1, ?2, " \
      "?3, ?4, ?5, ?6, ?7, ?8, ?9, ?10) ON CONFLICT DO UPDATE SET path = excluded.path, state = excluded.state, "                  \
      "events = excluded.events, evaluations = excluded.evaluations, hash = excluded.hash, bytes = excluded.bytes, "               \
      "changed_at = excluded.changed_at, first_at = excluded.first_at, last_at = excluded.last_at", NULL)                          \
    X(ARCHIVE_OLD_RUNS,                                                                                                            \
      "SELECT r.id, r.ledger ->> 'rows' = 0 AND r.ledger ->> 'recorded' = 0 AND NOT EXISTS (SELECT 1 FROM sources AS s WHERE "     \
      "s.run = r.id) FROM runs AS r WHERE r.id > ?1 AND r.started_at < ?2 AND r.ended_at IS NOT NULL AND json_valid(r.ledger) "    \
      "ORDER BY r.id LIMIT ?3", "INTEGER PRIMARY KEY")                                                                             \
    X(ARCHIVE_DROP_RUN, "DELETE FROM runs WHERE id = ?1", "INTEGER PRIMARY KEY")                                                   \
    X(ARCHIVE_OLD_SLOW, "DELETE FROM slow_queries WHERE id IN (SELECT id FROM slow_queries WHERE created_at < ?1 LIMIT ?2)",       \
      "idx_slow_queries_created")

#endif
