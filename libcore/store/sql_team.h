/* SPDX-License-Identifier: ISC */
/* sql_team.h - the statements of rosters, mailboxes and what is told of a fleet: a part of the table in private.h.
 *
 * Floor: store. */
#ifndef SV_STORE_SQL_TEAM_H
#define SV_STORE_SQL_TEAM_H

/* Holds the row x of a roster at the time ?2? And the supervisor of a number then. */
#define SV_SQL_HOLDS(x) x ".joined_at <= ?2 AND (" x ".left_at IS NULL OR " x ".left_at > ?2)"
#define SV_SQL_SUPERVISOR(number)                                                                                                  \
    "(SELECT a.name FROM supervisor_places AS q JOIN supervisors AS a ON a.id = q.name_id WHERE q.supervisor = " number            \
    " AND " SV_SQL_HOLDS("q") ")"

/* A message with names, in the order that mail.c reads. */
#define SV_SQL_MESSAGE                                                                                                             \
    "SELECT m.id, m.own, f.name, t.name, m.subject, m.body, m.priority, m.correlation_id, m.reply_to, m.state, m.created_at, "     \
    "m.delivered_at, m.read_at, m.acked_at, m.expires_at FROM messages AS m "                                                      \
    "CROSS JOIN agent_names AS f ON f.id = m.from_agent CROSS JOIN agent_names AS t ON t.id = m.to_agent "

#define SV_STATEMENTS_TEAM(X)                                                                                                      \
    X(DATA_VERSION, "PRAGMA data_version", NULL)                                                                                   \
    X(EVENT_LAST, "SELECT coalesce(max(record), 0) FROM events WHERE source = 0", "idx_events_address")                           \
    X(VERSION_GET, "SELECT version FROM versions WHERE what = ?1", "PRIMARY KEY")                                                  \
    X(VERSION_RAISE,                                                                                                               \
      "INSERT INTO versions (what, version) VALUES (?1, 1) ON CONFLICT DO UPDATE SET version = version + 1", NULL)                 \
    X(ROSTER_ALL, /* each table in the order of its ids, as it is walked: to sort them would cost a third */                        \
      "SELECT 0, p.id, p.supervisor, p.above, n.name, p.joined_at, p.left_at FROM supervisor_places AS p "                         \
      "CROSS JOIN supervisors AS n ON n.id = p.name_id WHERE p.id > 0 "                                                            \
      "UNION ALL SELECT 1, t.id, t.team, t.supervisor, n.name, t.joined_at, t.left_at FROM supervisor_teams AS t "                 \
      "CROSS JOIN team_names AS n ON n.id = t.name_id WHERE t.id > 0 "                                                             \
      "UNION ALL SELECT 2, m.id, 0, m.team_id, n.name, m.joined_at, m.left_at FROM supervisor_team_members AS m "                  \
      "CROSS JOIN agent_names AS n ON n.id = m.agent_id WHERE m.id > 0", "INTEGER PRIMARY KEY")                                    \
    X(PLACE_ADD,                                                                                                                   \
      "INSERT INTO supervisor_places (supervisor, above, name_id, joined_at, left_at) VALUES (?1, ?2, ?3, ?4, ?5)", NULL)          \
    X(PLACE_END, "UPDATE supervisor_places SET left_at = ?2 WHERE id = ?1", "INTEGER PRIMARY KEY")                                 \
    X(TEAM_PUT,                                                                                                                    \
      "INSERT INTO supervisor_teams (team, supervisor, name_id, joined_at, left_at) VALUES (?1, ?2, ?3, ?4, ?5)", NULL)            \
    X(TEAM_END, "UPDATE supervisor_teams SET left_at = ?2 WHERE id = ?1", "INTEGER PRIMARY KEY")                                   \
    X(MEMBER_PUT, "INSERT INTO supervisor_team_members (team_id, agent_id, joined_at, left_at) VALUES (?2, ?3, ?4, ?5)", NULL)     \
    X(MEMBER_END, "UPDATE supervisor_team_members SET left_at = ?2 WHERE id = ?1", "INTEGER PRIMARY KEY")                          \
    X(MESSAGE_ADD,                                                                                                                 \
      "INSERT INTO messages (id, own, from_agent, to_agent, subject, body, priority, correlation_id, reply_to, state, created_at, "\
      "expires_at) VALUES (?1, ?2, ?3, ?4, ?5, ?6, ?7, ?8, ?9, 0, ?1, ?10) ON CONFLICT DO NOTHING", NULL)                          \
    X(MESSAGE_OWN, "SELECT id FROM messages WHERE own = ?1 AND from_agent = ?2 AND to_agent = ?3", "idx_messages_own")             \
    X(MESSAGE_BY_ID, SV_SQL_MESSAGE "WHERE m.id BETWEEN ?1 AND ?2 ORDER BY m.id LIMIT 2", "INTEGER PRIMARY KEY")                   \
    X(MESSAGE_TO,                                                                                                                  \
      SV_SQL_MESSAGE "WHERE m.to_agent = ?1 AND m.created_at < ?2 ORDER BY m.created_at DESC LIMIT ?3", "idx_to_agent_created")    \
    X(MESSAGE_FROM,                                                                                                                \
      SV_SQL_MESSAGE "WHERE m.from_agent = ?1 AND m.created_at < ?2 ORDER BY m.created_at DESC LIMIT ?3", "idx_from_agent_created")\
    X(MESSAGE_ALL, SV_SQL_MESSAGE "WHERE m.id < ?2 AND ?1 = 0 ORDER BY m.id DESC LIMIT ?3", "INTEGER PRIMARY KEY")                 \
    X(MESSAGE_TO_COUNT, "SELECT 1 FROM messages WHERE to_agent = ?1 AND created_at < ?2 AND created_at >= ?3 LIMIT ?4",             \
      "COVERING INDEX idx_to_agent_created")                                                                                       \
    X(MESSAGE_FROM_COUNT, "SELECT 1 FROM messages WHERE from_agent = ?1 AND created_at < ?2 AND created_at >= ?3 LIMIT ?4",         \
      "COVERING INDEX idx_from_agent_created")                                                                                     \
    X(MESSAGE_ALL_COUNT, "SELECT 1 FROM messages WHERE id < ?2 AND id >= ?3 AND ?1 = 0 LIMIT ?4", "INTEGER PRIMARY KEY")           \
    X(MESSAGE_QUEUED,                                                                                                              \
      SV_SQL_MESSAGE "WHERE m.to_agent = ?1 AND m.created_at >= ?2 AND m.state = 0 AND m.priority = ?3 "                           \
      "ORDER BY m.created_at LIMIT ?4", "idx_to_agent_created")                                                                    \
    X(MESSAGE_EXPIRING,                                                                                                            \
      "SELECT id, priority, expires_at FROM messages WHERE to_agent = ?1 AND created_at >= ?2 AND state = 0 "                      \
      "AND expires_at IS NOT NULL ORDER BY created_at", "idx_to_agent_created")                                                    \
    X(MESSAGE_MOVE,                                                                                                                \
      "UPDATE messages SET state = ?2, delivered_at = CASE WHEN ?2 BETWEEN 1 AND 3 THEN coalesce(delivered_at, ?3) ELSE delivered_at "\
      "END, read_at = CASE WHEN ?2 BETWEEN 2 AND 3 THEN coalesce(read_at, ?3) ELSE read_at END, acked_at = CASE WHEN ?2 = 3 "      \
      "THEN coalesce(acked_at, ?3) ELSE acked_at END WHERE id = ?1 AND state < ?2", "INTEGER PRIMARY KEY")                         \
    X(MAILBOX_GET,                                                                                                                 \
      "SELECT queued_0, queued_1, queued_2, queued_3, since, expires, bound, drop_oldest, received, dropped, rejected, expired "   \
      "FROM mailboxes WHERE agent_id = ?1", "INTEGER PRIMARY KEY")                                                                 \
    X(MAILBOX_PUT,                                                                                                                 \
      "INSERT OR REPLACE INTO mailboxes (agent_id, queued_0, queued_1, queued_2, queued_3, since, expires, bound, drop_oldest, "   \
      "received, dropped, rejected, expired) VALUES (?1, ?2, ?3, ?4, ?5, ?6, ?7, ?8, ?9, ?10, ?11, ?12, ?13)", NULL)               \
    X(SESSION_PUT,                                                                                                                 \
      "INSERT INTO agent_sessions (agent_id, session_id, host_id, type_id, tool_id, state, first_seen, last_seen, events) "        \
      "VALUES (?1, ?2, ?3, ?4, ?5, ?6, ?7, ?8, ?9) ON CONFLICT DO UPDATE SET events = events + excluded.events, "                  \
      "first_seen = min(first_seen, excluded.first_seen), last_seen = max(last_seen, excluded.last_seen), "                        \
      "host_id = CASE WHEN excluded.last_seen >= last_seen THEN excluded.host_id ELSE host_id END, "                               \
      "type_id = CASE WHEN excluded.last_seen >= last_seen THEN excluded.type_id ELSE type_id END, "                               \
      "tool_id = CASE WHEN excluded.last_seen >= last_seen THEN excluded.tool_id ELSE tool_id END, "                               \
      "state = CASE WHEN excluded.last_seen >= last_seen THEN excluded.state ELSE state END", NULL)                                \
    X(DAY_ADD,                                                                                                                     \
      "INSERT INTO agent_days (day, agent_id, events, errors, tokens, unpriced_tokens, cost_usd) "                                 \
      "VALUES (?1, ?2, ?3, ?4, ?5, ?6, ?7) ON CONFLICT DO UPDATE SET events = events + excluded.events, "                          \
      "errors = errors + excluded.errors, tokens = tokens + excluded.tokens, "                                                     \
      "unpriced_tokens = unpriced_tokens + excluded.unpriced_tokens, cost_usd = cost_usd + excluded.cost_usd", NULL)               \
    X(STOP_ALL,                                                                                                                    \
      "SELECT s.id, n.name, s.tree, s.reason, s.user, s.stopped_at, s.until, s.resumed_at FROM stops AS s "                        \
      "JOIN agent_names AS n ON n.id = s.agent_id WHERE s.id > 0 ORDER BY s.id", "INTEGER PRIMARY KEY")                            \
    X(STOP_ADD,                                                                                                                    \
      "INSERT INTO stops (agent_id, tree, reason, user, host, stopped_at, until) VALUES (?1, ?2, ?3, ?4, ?5, ?6, ?7)", NULL)       \
    X(STOP_RESUME, "UPDATE stops SET resumed_at = ?2 WHERE id = ?1", "INTEGER PRIMARY KEY")                                        \
    X(STOP_ASKED_GET,                                                                                                              \
      "SELECT a.asked_at, a.pid, h.name FROM stop_asked AS a LEFT JOIN host_names AS h ON h.id = a.host_id "                       \
      "WHERE a.agent_id = ?1", "INTEGER PRIMARY KEY")                                                                              \
    X(STOP_ASKED_PUT, "INSERT OR REPLACE INTO stop_asked (agent_id, asked_at, pid, host_id) VALUES (?1, ?2, ?3, ?4)", NULL)        \
    X(AGENT_PARENTS,                                                                                                               \
      "SELECT n.name, p.name FROM agents AS g JOIN agent_names AS n ON n.id = g.agent_id JOIN agent_names AS p "                   \
      "ON p.id = g.parent_id WHERE g.parent_id > 0 AND g.parent_id <> 0", "idx_agents_parent")                                     \
    X(SESSION_BRIEF,                                                                                                               \
      "SELECT agent_id, state, last_seen, tool_id <> 0 FROM agent_sessions WHERE last_seen >= ?1 AND state <> 2 "                  \
      "ORDER BY last_seen DESC", "idx_agent_sessions_last_seen")                                                                   \
    X(SESSION_LIVE,                                                                                                                \
      "SELECT a.name, n.name, s.host_id, s.type_id, s.tool_id, s.state, s.first_seen, s.last_seen, s.events, s.agent_id "          \
      "FROM agent_sessions AS s JOIN agent_names AS a ON a.id = s.agent_id LEFT JOIN session_names AS n ON n.id = s.session_id "   \
      "WHERE s.last_seen >= ?1 AND s.state <> 2 ORDER BY s.last_seen DESC", "idx_agent_sessions_last_seen")                        \
    X(FLEET,                                                                                                                       \
      "SELECT a.name, g.team_id, n.name, g.host_id, g.type_id, g.tool_id, g.state, g.first_seen, g.last_seen, g.events, d.events, "\
      "d.errors, d.tokens, d.unpriced_tokens, d.cost_usd, g.agent_id "                                                             \
      "FROM agents AS g CROSS JOIN agent_names AS a ON a.id = g.agent_id LEFT JOIN session_names AS n ON n.id = g.session_id "     \
      "LEFT JOIN agent_days AS d ON d.day = ?2 AND d.agent_id = g.agent_id WHERE g.last_seen >= ?1", "idx_agents_last_seen")       \
    X(FLEET_BRIEF,                                                                                                                 \
      "SELECT g.agent_id, g.state, g.last_seen, g.tool_id IS NOT NULL AND g.tool_id <> 0, d.cost_usd FROM agents AS g "            \
      "LEFT JOIN agent_days AS d ON d.day = ?2 AND d.agent_id = g.agent_id WHERE g.last_seen >= ?1", "idx_agents_last_seen")       \
    X(FLEET_ALERTS,                                                                                                                \
      "SELECT e.policy_id, e.agent_id FROM supervisor_policies AS p CROSS JOIN supervisor_policy_evaluations AS e "                \
      "ON e.policy_id = p.id AND e.created_at >= ?1 WHERE p.id > 0 AND e.outcome = 0 AND e.severity >= 2 ORDER BY p.id",           \
      "idx_evaluations_policy")                                                                                                    \
    X(POLICY_BUDGETS,                                                                                                              \
      "SELECT id, policy FROM supervisor_policies WHERE id > 0 AND (policy LIKE '%budget%' OR text LIKE '%\"tags\":[%\"budget\"%]%')", \
      "INTEGER PRIMARY KEY")                                                                                                       \
    X(POLICY_FOUND,                                                                                                                \
      "SELECT outcome, severity, agent_id, team_id, created_at FROM supervisor_policy_evaluations "                                \
      "WHERE policy_id = ?1 AND created_at >= ?2 AND created_at < ?3 ORDER BY created_at", "idx_evaluations_policy")               \
    X(MESSAGES_RANGE, "SELECT count(*) FROM messages WHERE id >= ?1 AND id < ?2", "INTEGER PRIMARY KEY")                           \
    X(AGENTS_SEEN,                                                                                                                 \
      "SELECT n.name FROM agents AS g JOIN agent_names AS n ON n.id = g.agent_id WHERE g.last_seen >= ?1", "idx_agents_last_seen") \
    X(AGENT_SEEN, "SELECT last_seen FROM agents WHERE agent_id = ?1", "INTEGER PRIMARY KEY")                                       \
    X(SUPERVISOR_LIST,                                                                                                             \
      "SELECT n.name, "                                                                                                            \
      SV_SQL_SUPERVISOR("p.above")                                                                                                 \
      ", p.joined_at, (SELECT count(*) FROM supervisor_teams AS t WHERE t.supervisor = p.supervisor AND "                          \
      SV_SQL_HOLDS("t")                                                                                                            \
      "), (SELECT count(*) FROM supervisor_teams AS t JOIN supervisor_team_members AS m ON m.team_id = t.team WHERE "              \
      "t.supervisor = p.supervisor AND "                                                                                           \
      SV_SQL_HOLDS("t")                                                                                                            \
      " AND "                                                                                                                      \
      SV_SQL_HOLDS("m")                                                                                                            \
      "), (SELECT count(*) FROM supervisor_policy_evaluations AS e WHERE e.supervisor_id = n.id AND e.created_at >= "              \
      "?3 AND e.outcome = 0) FROM supervisors AS n CROSS JOIN supervisor_places AS p ON p.name_id = n.id AND "                     \
      SV_SQL_HOLDS("p")                                                                                                            \
      " WHERE n.name > ?1 ORDER BY n.name LIMIT ?4", "sqlite_autoindex_supervisors_1")                                             \
    X(TEAM_LIST,                                                                                                                   \
      "SELECT n.name, "                                                                                                            \
      SV_SQL_SUPERVISOR("t.supervisor")                                                                                            \
      ", t.joined_at, (SELECT count(*) FROM supervisor_team_members AS m WHERE m.team_id = t.team AND "                            \
      SV_SQL_HOLDS("m")                                                                                                            \
      "), u.events, u.errors, u.tokens, u.cost FROM team_names AS n CROSS JOIN supervisor_teams AS t ON t.name_id = "              \
      "n.id AND "                                                                                                                  \
      SV_SQL_HOLDS("t")                                                                                                            \
      " LEFT JOIN (SELECT team_id, sum(events) AS events, sum(errors) AS errors, sum(input_tokens + output_tokens) AS "            \
      "tokens, sum(cost_usd) AS cost FROM usage_hourly WHERE hour >= ?3 GROUP BY team_id) AS u ON u.team_id = n.id "               \
      "WHERE n.name > ?1 ORDER BY n.name LIMIT ?4", "sqlite_autoindex_team_names_1")                                               \
    X(MEMBER_LIST,                                                                                                                 \
      "SELECT n.name, a.name, m.joined_at, "                                                                                       \
      SV_SQL_SUPERVISOR("t.supervisor")                                                                                            \
      ", g.last_seen, g.events FROM team_names AS n CROSS JOIN supervisor_teams AS t ON t.name_id = n.id AND "                     \
      SV_SQL_HOLDS("t")                                                                                                            \
      " CROSS JOIN supervisor_team_members AS m ON m.team_id = t.team AND "                                                        \
      SV_SQL_HOLDS("m")                                                                                                            \
      " CROSS JOIN agent_names AS a ON a.id = m.agent_id LEFT JOIN agents AS g ON g.agent_id = m.agent_id WHERE "                  \
      "(n.name, a.name) > (?1, ?3) ORDER BY n.name, a.name LIMIT ?4", "sqlite_autoindex_team_names_1")

#endif
