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

/* Logs that grow and rotate: what a file is known by again, where a resumed run goes on, ids that were counted; and what
 * advances together with positions: events, agents, usage by the hour. A name of 0 is none. */
static const char step_2[] =
    "DROP INDEX idx_sources_head;"                     /* a log may begin with the same record after each rotation */
    "ALTER TABLE sources ADD COLUMN log TEXT;"         /* a file: the path that its log has, also after this part of it was renamed */
    "ALTER TABLE sources ADD COLUMN born INTEGER;"     /* when the file was made, where the file system tells */
    "ALTER TABLE sources ADD COLUMN size INTEGER;"     /* as of the last look */
    "ALTER TABLE sources ADD COLUMN modified_at INTEGER;"
    "ALTER TABLE sources ADD COLUMN mark INTEGER;"     /* bytes that begin and tail (a hash of the last of them) speak of */
    "ALTER TABLE sources ADD COLUMN begin_length INTEGER;"
    "ALTER TABLE sources ADD COLUMN begin INTEGER;"
    "ALTER TABLE sources ADD COLUMN state INTEGER NOT NULL DEFAULT 0;" /* 0 live, 1 rotated away, 2 gone */
    "ALTER TABLE sources ADD COLUMN line INTEGER;"     /* lines before offset; a record may span some */
    "ALTER TABLE sources ADD COLUMN framing INTEGER;"  /* what offset lies between: 0 documents, 1 elements of a list, 2 lines */
    "ALTER TABLE sources ADD COLUMN first_read_at INTEGER;"
    "ALTER TABLE sources ADD COLUMN read_at INTEGER NOT NULL DEFAULT 0;" /* 0: not known */
    "UPDATE sources SET log = path WHERE head IS NOT NULL;"
    "CREATE INDEX idx_sources_head ON sources (head) WHERE head IS NOT NULL;"
    "CREATE INDEX idx_sources_log ON sources (log) WHERE log IS NOT NULL;"
    "CREATE INDEX idx_sources_read ON sources (read_at);"

    "CREATE TABLE doubles ("
    " hour INTEGER NOT NULL,"     /* of the event's time, since 1970 */
    " format TEXT NOT NULL,"
    " part INTEGER NOT NULL,"     /* from 0, each full before the next */
    " ids BLOB NOT NULL,"         /* 8 bytes each, little-endian: hashes of the sources' own ids */
    " counted_at INTEGER NOT NULL," /* the last of them: hours since 1970, by the clock */
    " PRIMARY KEY (hour, format, part)) WITHOUT ROWID;"
    "CREATE INDEX idx_doubles_counted ON doubles (counted_at);"

    "CREATE TABLE type_names (id INTEGER PRIMARY KEY, name TEXT NOT NULL UNIQUE);"
    "CREATE TABLE model_names (id INTEGER PRIMARY KEY, name TEXT NOT NULL UNIQUE);"
    "CREATE TABLE status_names (id INTEGER PRIMARY KEY, name TEXT NOT NULL UNIQUE);"
    "CREATE TABLE host_names (id INTEGER PRIMARY KEY, name TEXT NOT NULL UNIQUE);"

    "CREATE TABLE agents ("
    " agent_id INTEGER PRIMARY KEY,"
    " team_id INTEGER NOT NULL,"
    " session_id INTEGER NOT NULL,"
    " host_id INTEGER NOT NULL,"
    " type_id INTEGER NOT NULL,"  /* of its last event */
    " tool_id INTEGER NOT NULL,"  /* of a call without a result */
    " state INTEGER NOT NULL,"    /* 0 working, 1 waiting for a person, 2 ended */
    " first_seen INTEGER NOT NULL,"
    " last_seen INTEGER NOT NULL,"
    " events INTEGER NOT NULL);"
    "CREATE INDEX idx_agents_last_seen ON agents (last_seen);"

    "CREATE TABLE usage_hourly ("
    " hour INTEGER NOT NULL,"     /* since 1970 */
    " type_id INTEGER NOT NULL,"
    " agent_id INTEGER NOT NULL,"
    " team_id INTEGER NOT NULL,"
    " model_id INTEGER NOT NULL,"
    " tool_id INTEGER NOT NULL,"
    " status_id INTEGER NOT NULL,"
    " events INTEGER NOT NULL,"
    " errors INTEGER NOT NULL,"
    " input_tokens INTEGER NOT NULL,"
    " output_tokens INTEGER NOT NULL,"
    " cache_read_tokens INTEGER NOT NULL,"
    " cache_write_tokens INTEGER NOT NULL,"
    " unpriced_tokens INTEGER NOT NULL," /* of a model without a price */
    " cost_usd REAL NOT NULL,"
    " durations BLOB,"            /* a histogram in microseconds */
    " PRIMARY KEY (hour, type_id, agent_id, team_id, model_id, tool_id, status_id)) WITHOUT ROWID;"

    "CREATE TABLE events ("
    " id INTEGER PRIMARY KEY,"
    " source INTEGER NOT NULL,"
    " record INTEGER NOT NULL,"
    " part INTEGER NOT NULL,"
    " event TEXT,"                /* its own id; NULL: its address */
    " time INTEGER NOT NULL,"     /* the run's for an event without one */
    " type INTEGER NOT NULL,"
    " agent INTEGER,"
    " session INTEGER,"
    " team INTEGER,"
    " host INTEGER,"
    " tool INTEGER,"
    " model INTEGER,"
    " status INTEGER,"
    " priority INTEGER,"          /* 0 to 3 */
    " entity_type TEXT,"
    " entity_id TEXT,"
    " correlation_id TEXT,"
    " trace_id TEXT,"
    " parent_id TEXT,"
    " call_id TEXT,"
    " input_tokens INTEGER,"
    " output_tokens INTEGER,"
    " cost_usd REAL,"
    " duration_ms REAL,"
    " run INTEGER NOT NULL,"
    " archived_at INTEGER);"
    "CREATE UNIQUE INDEX idx_events_address ON events (source, record, part);"
    "CREATE INDEX idx_events_entity_emitted ON events (entity_type, entity_id, time DESC) WHERE entity_id IS NOT NULL;"
    "CREATE INDEX idx_events_session_emitted ON events (session, time DESC) WHERE session IS NOT NULL;"
    "CREATE INDEX idx_events_correlation ON events (correlation_id, time DESC) WHERE correlation_id IS NOT NULL;"
    "CREATE INDEX idx_events_agent_type ON events (agent, type, time DESC);"
    "CREATE INDEX idx_events_time ON events (time);"
    "CREATE INDEX idx_events_archived ON events (priority, time) WHERE archived_at IS NULL;"
    "CREATE TABLE event_bodies (event INTEGER PRIMARY KEY, body TEXT NOT NULL);"; /* the canonical line */

/* How long statements take, and which of them took too long, by what plan. */
static const char step_3[] =
    "CREATE TABLE slow_plans ("
    " id INTEGER PRIMARY KEY,"
    " statement TEXT NOT NULL,"   /* its name in the programs */
    " sql TEXT NOT NULL,"
    " plan TEXT NOT NULL,"        /* as EXPLAIN QUERY PLAN has it, steps parted by '; ' */
    " UNIQUE (statement, sql, plan));"
    "CREATE TABLE slow_queries ("
    " id INTEGER PRIMARY KEY,"
    " plan_id INTEGER NOT NULL,"
    " program TEXT NOT NULL,"
    " duration_ns INTEGER NOT NULL,"
    " created_at INTEGER NOT NULL);"
    "CREATE INDEX idx_slow_queries_created ON slow_queries (created_at);"
    "CREATE TABLE query_durations ("
    " program TEXT NOT NULL,"
    " statement TEXT NOT NULL,"
    " failed INTEGER NOT NULL,"   /* 1: of those that failed */
    " bound_us INTEGER NOT NULL," /* a bucket's upper bound; the largest integer: it has none */
    " count INTEGER NOT NULL,"
    " slow INTEGER NOT NULL,"     /* of them, those that were slow at the time */
    " total_ns INTEGER NOT NULL,"
    " PRIMARY KEY (program, statement, failed, bound_us)) WITHOUT ROWID;";

/* What is due is asked for by who keeps it there. */
static const char step_5[] =
    "DROP INDEX idx_keyed_state_due;"
    "CREATE INDEX idx_keyed_state_due ON keyed_state (signature, due_at) WHERE due_at IS NOT NULL;";

const char *const sv_store_schema[] = {
    step_1, step_2, step_3, sv_schema_roster, step_5, sv_schema_counters,
    sv_schema_find, sv_schema_archives, sv_schema_mail, sv_schema_entities,
    sv_schema_fleet, sv_schema_archive_times, sv_schema_alerts,
    sv_schema_export_repeat,
};
const int sv_store_schema_count = sizeof sv_store_schema / sizeof sv_store_schema[0];
