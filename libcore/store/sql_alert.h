/* SPDX-License-Identifier: ISC */
/* sql_alert.h - the statements of alerts: a part of the table in private.h.
 *
 * Floor: store. */
#ifndef SV_STORE_SQL_ALERT_H
#define SV_STORE_SQL_ALERT_H

/* A group, a notification, a try, in the orders that alert.c and outbox.c read. */
#define SV_SQL_GROUP                                                                                                               \
    "SELECT g.id, g.key, g.route, g.labels, g.receiver, v.name, t.name, a.name, g.policy, g.severity, g.state, g.begun_at, "       \
    "g.changed_at, g.told_at, g.due_at, g.resolved_at, g.firing, g.alerts, g.evaluations, g.old, g.notices, g.level, g.acked_by, " \
    "g.acked_at, g.acked_until, g.message FROM supervisor_alert_groups AS g "                                                      \
    "LEFT JOIN supervisors AS v ON v.id = g.supervisor_id LEFT JOIN team_names AS t ON t.id = g.team_id "                          \
    "LEFT JOIN agent_names AS a ON a.id = g.agent_id "
#define SV_SQL_OUTBOX                                                                                                              \
    "SELECT o.id, o.notification, o.group_id, o.receiver, o.kind, o.level, o.payload, o.created_at, o.next_try, o.attempts, "      \
    "o.lease, o.state, o.finished_at, o.answer FROM alert_outbox AS o "
/* One of the same group for the same receiver that comes first: a group is told in its order. */
#define SV_SQL_OUTBOX_BEFORE                                                                                                       \
    "SELECT 1 FROM alert_outbox AS e WHERE e.group_id = o.group_id AND e.id < o.id AND e.receiver = o.receiver AND e.next_try IS NOT NULL"
#define SV_SQL_DELIVERY                                                                                                            \
    "SELECT d.id, d.outbox_id, d.attempt, d.receiver, d.started_at, d.ended_at, d.result, d.status, d.answer, o.notification, "   \
    "o.group_id, o.kind, o.level FROM alert_deliveries AS d CROSS JOIN alert_outbox AS o ON o.id = d.outbox_id "

#define SV_STATEMENTS_ALERT(X)                                                                                                     \
    X(EVALUATIONS_BEHIND, SV_EVALUATION_SELECT "id > ?1 ORDER BY id LIMIT ?6", "INTEGER PRIMARY KEY")                              \
    X(CURSOR_GET, "SELECT position FROM cursors WHERE reader = ?1", "PRIMARY KEY")                                                 \
    X(CURSOR_SET,                                                                                                                  \
      "INSERT INTO cursors (reader, position) VALUES (?1, ?2) ON CONFLICT DO UPDATE SET position = excluded.position", NULL)       \
    X(GROUP_ADD,                                                                                                                   \
      "INSERT INTO supervisor_alert_groups (id, key, route, labels, receiver, supervisor_id, team_id, agent_id, policy, severity, "\
      "state, begun_at, changed_at, firing, alerts, evaluations, old, notices, level) "                                           \
      "VALUES (?1, ?2, ?3, ?4, ?5, ?6, ?7, ?8, ?9, ?10, 0, ?11, ?11, 0, 0, 0, 0, 0, 0) ON CONFLICT DO NOTHING", NULL)              \
    X(GROUP_SET,                                                                                                                   \
      "UPDATE supervisor_alert_groups SET receiver = ?2, severity = ?3, state = ?4, changed_at = ?5, told_at = ?6, due_at = ?7, "  \
      "firing = ?8, alerts = ?9, evaluations = ?10, old = ?11, notices = ?12, level = ?13, message = coalesce(?14, message) "      \
      "WHERE id = ?1", "INTEGER PRIMARY KEY")                                                                                      \
    X(GROUP_ACK, "UPDATE supervisor_alert_groups SET acked_by = ?2, acked_at = ?3, acked_until = ?4 WHERE id = ?1", "INTEGER PRIMARY KEY") \
    X(GROUP_END, "UPDATE supervisor_alert_groups SET state = 3, firing = 0, due_at = NULL, resolved_at = ?2 WHERE id = ?1",        \
      "INTEGER PRIMARY KEY")                                                                                                       \
    X(GROUP_BY_ID, SV_SQL_GROUP "WHERE g.id BETWEEN ?1 AND ?2 ORDER BY g.id LIMIT 2", "INTEGER PRIMARY KEY")                       \
    X(GROUP_NEWEST,                                                                                                                \
      SV_SQL_GROUP "WHERE g.begun_at >= ?1 AND g.begun_at <= ?2 AND (g.begun_at < ?2 OR g.id > ?3) "                               \
      "ORDER BY g.begun_at DESC, g.id LIMIT ?4",                                                                              \
      "idx_alert_groups_begun")                                                                                                    \
    X(GROUP_COUNT,                                                                                                                 \
      "SELECT 1 FROM supervisor_alert_groups WHERE begun_at >= ?1 AND begun_at <= ?2 AND (begun_at < ?2 OR id > ?3) "              \
      "AND (?4 OR resolved_at IS NULL) ORDER BY begun_at DESC, id LIMIT ?5",                                                       \
      "idx_alert_groups_begun")                                                                                                    \
    X(GROUP_OPEN, SV_SQL_GROUP "WHERE g.resolved_at IS NULL AND g.supervisor_id >= 0 ORDER BY g.supervisor_id", "idx_alert_groups_active") \
    X(ALERT_ADD,                                                                                                                   \
      "INSERT INTO supervisor_alerts (group_id, alert, severity, agent_id, started_at, evaluations, inhibits, body) "              \
      "VALUES (?1, ?2, ?3, ?4, ?5, 0, ?6, ?7)", NULL)                                                                              \
    X(ALERT_END, "UPDATE supervisor_alerts SET resolved_at = ?2, evaluations = ?3, body = ?4 WHERE id = ?1", "INTEGER PRIMARY KEY") \
    X(ALERT_OF_GROUP,                                                                                                              \
      "SELECT id, alert, severity, started_at, resolved_at, evaluations, body FROM supervisor_alerts WHERE group_id = ?1 "         \
      "AND id > ?2 ORDER BY id LIMIT ?3", "idx_alerts_group")                                                                      \
    X(ALERT_INHIBITING, "SELECT id, body FROM supervisor_alerts WHERE inhibits = 1 AND resolved_at IS NULL AND id > 0", "idx_alerts_inhibiting") \
    X(STATE_DUE,                                                                                                                   \
      "SELECT key FROM keyed_state WHERE signature = ?1 AND due_at <= ?2 ORDER BY due_at LIMIT ?3", "idx_keyed_state_due")         \
    X(STATE_NEXT,                                                                                                                  \
      "SELECT due_at FROM keyed_state WHERE signature = ?1 AND due_at IS NOT NULL ORDER BY due_at LIMIT 1", "idx_keyed_state_due")  \
    X(SILENCE_ADD,                                                                                                                 \
      "INSERT INTO alert_silences (id, matcher, author, comment, created_at, starts_at, ends_at) "                                 \
      "VALUES (?1, ?2, ?3, ?4, ?5, ?6, ?7) ON CONFLICT DO NOTHING", NULL)                                                          \
    X(SILENCE_END, "UPDATE alert_silences SET ends_at = ?2 WHERE id = ?1 AND ends_at > ?2", "INTEGER PRIMARY KEY")                 \
    X(SILENCE_BY_ID,                                                                                                               \
      "SELECT id, matcher, author, comment, created_at, starts_at, ends_at FROM alert_silences WHERE id BETWEEN ?1 AND ?2 "        \
      "ORDER BY id LIMIT 2", "INTEGER PRIMARY KEY")                                                                                \
    X(SILENCE_SINCE,                                                                                                               \
      "SELECT id, matcher, author, comment, created_at, starts_at, ends_at FROM alert_silences WHERE ends_at > ?1 "                \
      "ORDER BY ends_at, id", "idx_alert_silences_ends")                                                                           \
    X(OUTBOX_ADD,                                                                                                                  \
      "INSERT INTO alert_outbox (notification, group_id, receiver, kind, level, payload, created_at, next_try, attempts, state) "  \
      "VALUES (?1, ?2, ?3, ?4, ?5, ?6, ?7, ?8, 0, 0) ON CONFLICT DO NOTHING", NULL)                                                \
    X(OUTBOX_RECEIVER,                                                                                                             \
      "SELECT o.receiver, o.next_try FROM alert_outbox AS o WHERE o.receiver > ?1 AND o.next_try IS NOT NULL AND NOT EXISTS ("     \
      SV_SQL_OUTBOX_BEFORE ") ORDER BY o.receiver, o.next_try LIMIT 1",                                                            \
      "idx_alert_outbox_due")                                                                                                      \
    X(OUTBOX_DUE,                                                                                                                  \
      SV_SQL_OUTBOX "WHERE o.receiver = ?1 AND o.next_try <= ?2 AND NOT EXISTS (" SV_SQL_OUTBOX_BEFORE ") "                        \
      "ORDER BY o.next_try, o.id LIMIT ?3", "idx_alert_outbox_due")                                                                \
    X(OUTBOX_WAITING, SV_SQL_OUTBOX "WHERE o.receiver = ?1 AND o.next_try IS NOT NULL ORDER BY o.next_try, o.id LIMIT ?2",            \
      "idx_alert_outbox_due")                                                                                                      \
    X(OUTBOX_CLAIM,                                                                                                                \
      "UPDATE alert_outbox SET next_try = ?2, lease = ?3, attempts = attempts + 1 WHERE id = ?1", "INTEGER PRIMARY KEY")           \
    X(OUTBOX_RETRY,                                                                                                                \
      "UPDATE alert_outbox SET next_try = ?3, lease = NULL, answer = ?4 WHERE id = ?1 AND lease = ?2", "INTEGER PRIMARY KEY")      \
    X(OUTBOX_FINISH,                                                                                                               \
      "UPDATE alert_outbox SET next_try = NULL, lease = NULL, state = ?3, finished_at = ?4, answer = ?5 WHERE id = ?1 "            \
      "AND lease = ?2", "INTEGER PRIMARY KEY")                                                                                     \
    X(OUTBOX_NEWEST, SV_SQL_OUTBOX "WHERE o.id < ?1 ORDER BY o.id DESC LIMIT ?2", "INTEGER PRIMARY KEY")                           \
    X(OUTBOX_OF_GROUP, SV_SQL_OUTBOX "WHERE o.group_id = ?1 AND o.id < ?2 ORDER BY o.id DESC LIMIT ?3", "idx_alert_outbox_group")  \
    X(DELIVERY_ADD,                                                                                                                \
      "INSERT INTO alert_deliveries (outbox_id, attempt, receiver, started_at, ended_at, result, status, answer) "                \
      "VALUES (?1, ?2, ?3, ?4, ?5, ?6, ?7, ?8)", NULL)                                                                             \
    X(DELIVERY_NEWEST, SV_SQL_DELIVERY "WHERE d.id < ?1 ORDER BY d.id DESC LIMIT ?2", "INTEGER PRIMARY KEY")                       \
    X(DELIVERY_OF, SV_SQL_DELIVERY "WHERE d.outbox_id = ?1 AND d.id < ?2 ORDER BY d.id DESC LIMIT ?3", "idx_alert_deliveries_outbox")

#endif
