/* SPDX-License-Identifier: ISC */
/* The tables. A change is a new step at the END; a step that was released is never touched.
 *
 * Times are nanoseconds since 1970 UTC. Hashes are 64 bits, stored as signed integers: SQL printf with %016x and head. */
#include "store/private.h"

/* Rows of evaluations are found by their address (source, record, part, policy, key number), but lie in the order in which they
 * were stored: `id` only grows, and who reads what is new remembers the last one. Against a table clustered by address (WITHOUT
 * ROWID) that was as fast or faster to fill in every measured case, and 6 % smaller, since three indexes do not repeat the address.
 * Names have no foreign keys: they cost a fifth of the speed, and names are never deleted. */
static const char step_1[] =
    "CREATE TABLE supervisors (id INTEGER PRIMARY KEY, name TEXT NOT NULL UNIQUE);"
    "CREATE TABLE agent_names (id INTEGER PRIMARY KEY, name TEXT NOT NULL UNIQUE);"
    "CREATE TABLE session_names (id INTEGER PRIMARY KEY, name TEXT NOT NULL UNIQUE);"
    "CREATE TABLE tool_names (id INTEGER PRIMARY KEY, name TEXT NOT NULL UNIQUE);"
    "CREATE TABLE team_names (id INTEGER PRIMARY KEY, name TEXT NOT NULL UNIQUE);"

    "CREATE TABLE supervisor_policies ("
    " id INTEGER PRIMARY KEY,"
    " policy TEXT NOT NULL,"      /* id in the policy file */
    " hash INTEGER NOT NULL,"     /* of the text with its lists and fields: the version */
    " title TEXT,"
    " text TEXT NOT NULL,"
    " loaded_at INTEGER NOT NULL,"
    " UNIQUE (policy, hash));"

    "CREATE TABLE runs ("
    " id INTEGER PRIMARY KEY AUTOINCREMENT," /* never given twice: r<id> is the origin of a pipe's events */
    " program TEXT NOT NULL,"
    " version TEXT NOT NULL,"
    " sqlite_version TEXT NOT NULL,"
    " arguments TEXT,"
    " started_at INTEGER NOT NULL,"
    " ended_at INTEGER,"
    " ledger TEXT);"

    "CREATE TABLE sources ("
    " id INTEGER PRIMARY KEY,"
    " head INTEGER,"              /* a file: hash of its first record */
    " run INTEGER,"               /* a pipe: its run */
    " path TEXT NOT NULL,"        /* absolute */
    " number INTEGER NOT NULL,"   /* among files with this head, among pipes of this run; from 1 */
    " device INTEGER,"
    " inode INTEGER,"
    " format TEXT,"
    " tail INTEGER,"              /* hash of the bytes before offset */
    " offset INTEGER,"
    " record INTEGER,"
    " format_state BLOB);"
    "CREATE UNIQUE INDEX idx_sources_head ON sources (head, path) WHERE head IS NOT NULL;"
    "CREATE UNIQUE INDEX idx_sources_run ON sources (run, path) WHERE run IS NOT NULL;"

    "CREATE TABLE supervisor_policy_evaluations ("
    " id INTEGER PRIMARY KEY,"
    " source INTEGER NOT NULL,"   /* 0: a timer, with its due time as record */
    " record INTEGER NOT NULL,"
    " part INTEGER NOT NULL,"
    " policy_id INTEGER NOT NULL,"
    " key_number INTEGER NOT NULL,"
    " supervisor_id INTEGER NOT NULL,"
    " team_id INTEGER,"
    " agent_id INTEGER,"
    " session_id INTEGER,"
    " tool_id INTEGER,"
    " outcome INTEGER NOT NULL,"  /* 0 violation, 1 resolved, 2 error */
    " severity INTEGER NOT NULL," /* 0 info, 1 warning, 2 error, 3 critical */
    " action INTEGER NOT NULL,"   /* 0 observe, 1 warn, 2 ask, 3 deny */
    " event TEXT,"                /* its own id; NULL: its address */
    " created_at INTEGER NOT NULL,"
    " run INTEGER NOT NULL,"
    " message TEXT,"
    " key_json TEXT,"
    " values_json TEXT);"
    "CREATE UNIQUE INDEX idx_evaluations_address ON supervisor_policy_evaluations (source, record, part, policy_id, key_number);"
    "CREATE INDEX idx_evaluations_supervisor_created ON supervisor_policy_evaluations (supervisor_id, created_at DESC);"
    "CREATE INDEX idx_evaluations_agent ON supervisor_policy_evaluations (agent_id, created_at DESC);"
    "CREATE INDEX idx_evaluations_policy ON supervisor_policy_evaluations (policy_id, created_at DESC);"

    "CREATE TABLE keyed_state ("
    " signature INTEGER NOT NULL,"
    " key BLOB NOT NULL,"
    " part INTEGER NOT NULL,"
    " due_at INTEGER,"
    " version INTEGER NOT NULL,"
    " bytes BLOB NOT NULL,"
    " PRIMARY KEY (signature, key, part)) WITHOUT ROWID;"
    "CREATE INDEX idx_keyed_state_due ON keyed_state (due_at) WHERE due_at IS NOT NULL;"

    /* For people: the same rows with names and words instead of numbers. */
    "CREATE VIEW evaluations AS SELECT e.id, e.created_at,"
    " strftime('%Y-%m-%dT%H:%M:%SZ', e.created_at / 1000000000, 'unixepoch') AS time,"
    " p.policy,"
    " CASE e.outcome WHEN 0 THEN 'violation' WHEN 1 THEN 'resolved' ELSE 'error' END AS outcome,"
    " CASE e.severity WHEN 0 THEN 'info' WHEN 1 THEN 'warning' WHEN 2 THEN 'error' ELSE 'critical' END AS severity,"
    " CASE e.action WHEN 0 THEN 'observe' WHEN 1 THEN 'warn' WHEN 2 THEN 'ask' ELSE 'deny' END AS action,"
    " a.name AS agent, m.name AS team, v.name AS supervisor, s.name AS session, t.name AS tool,"
    " e.event, o.path, e.record, e.part, e.key_json, e.values_json, e.message, e.run"
    " FROM supervisor_policy_evaluations AS e"
    " LEFT JOIN supervisor_policies AS p ON p.id = e.policy_id"
    " LEFT JOIN agent_names AS a ON a.id = e.agent_id"
    " LEFT JOIN team_names AS m ON m.id = e.team_id"
    " LEFT JOIN supervisors AS v ON v.id = e.supervisor_id"
    " LEFT JOIN session_names AS s ON s.id = e.session_id"
    " LEFT JOIN tool_names AS t ON t.id = e.tool_id"
    " LEFT JOIN sources AS o ON o.id = e.source;";

const char *const sv_store_schema[] = {step_1};
const int sv_store_schema_count = sizeof sv_store_schema / sizeof sv_store_schema[0];
