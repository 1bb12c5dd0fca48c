/* SPDX-License-Identifier: ISC */
/* private.h - what the files of the store share. Nothing outside of libcore/store and its tests includes this.
 *
 * Subjects: file.c is this path ours, and still the same file · open.c connection · schema.c tables · migrate.c one version to
 * the next · line.c, transaction.c, checkpoint.c a batch · frames.c their pages written together · fault.c SQLite's errors in
 * words · statement.c all SQL that runs · timing.c how long it takes · slow.c what took too long · copy.c backups · check.c,
 * audit.c, findings.c, repair.c is all well · names.c, policy.c, source.c, doubles.c, usage.c, intake.c, event.c, run.c,
 * evaluation.c, roster.c, mail.c, alert.c, outbox.c, exports.c a table family each · library.c which SQLite · bell.c waking who
 * waits · told.c ids of rows · used.c by whom.
 *
 * Floor: store. */
#ifndef SV_STORE_PRIVATE_H
#define SV_STORE_PRIVATE_H

#include <sqlite3.h>

#include "store/line.h"
#include "store/sql_alert.h"
#include "store/sql_find.h"
#include "store/sql_keep.h"
#include "store/sql_team.h"
#include "store/store.h"

#define SV_SOURCE_SELECT                                                                                                           \
    "SELECT id, number, head, run, path, log, device, inode, born, size, modified_at, mark, begin_length, begin, tail, offset, "   \
    "record, state, format, first_read_at, read_at, line, framing FROM sources"

/* Every statement a program runs on tables, with the index it must use (NULL: none, it inserts or goes by row id). */
#define SV_STATEMENTS(X)                                                                                                           \
    X(AGENT_FIND, "SELECT id FROM agent_names WHERE name = ?1", "sqlite_autoindex_agent_names_1")                                  \
    X(AGENT_ADD, "INSERT INTO agent_names (name) VALUES (?1)", NULL)                                                               \
    X(SESSION_FIND, "SELECT id FROM session_names WHERE name = ?1", "sqlite_autoindex_session_names_1")                            \
    X(SESSION_ADD, "INSERT INTO session_names (name) VALUES (?1)", NULL)                                                           \
    X(TOOL_FIND, "SELECT id FROM tool_names WHERE name = ?1", "sqlite_autoindex_tool_names_1")                                     \
    X(TOOL_ADD, "INSERT INTO tool_names (name) VALUES (?1)", NULL)                                                                 \
    X(TEAM_FIND, "SELECT id FROM team_names WHERE name = ?1", "sqlite_autoindex_team_names_1")                                     \
    X(TEAM_ADD, "INSERT INTO team_names (name) VALUES (?1)", NULL)                                                                 \
    X(SUPERVISOR_FIND, "SELECT id FROM supervisors WHERE name = ?1", "sqlite_autoindex_supervisors_1")                             \
    X(SUPERVISOR_ADD, "INSERT INTO supervisors (name) VALUES (?1)", NULL)                                                          \
    X(TYPE_FIND, "SELECT id FROM type_names WHERE name = ?1", "sqlite_autoindex_type_names_1")                                     \
    X(TYPE_ADD, "INSERT INTO type_names (name) VALUES (?1)", NULL)                                                                 \
    X(MODEL_FIND, "SELECT id FROM model_names WHERE name = ?1", "sqlite_autoindex_model_names_1")                                  \
    X(MODEL_ADD, "INSERT INTO model_names (name) VALUES (?1)", NULL)                                                               \
    X(STATUS_FIND, "SELECT id FROM status_names WHERE name = ?1", "sqlite_autoindex_status_names_1")                               \
    X(STATUS_ADD, "INSERT INTO status_names (name) VALUES (?1)", NULL)                                                             \
    X(HOST_FIND, "SELECT id FROM host_names WHERE name = ?1", "sqlite_autoindex_host_names_1")                                     \
    X(HOST_ADD, "INSERT INTO host_names (name) VALUES (?1)", NULL)                                                                 \
    X(POLICY_FIND, "SELECT id FROM supervisor_policies WHERE policy = ?1 AND hash = ?2", "sqlite_autoindex_supervisor_policies_1") \
    X(POLICY_ADD, "INSERT INTO supervisor_policies (policy, hash, title, text, loaded_at) VALUES (?1, ?2, ?3, ?4, ?5)", NULL)      \
    X(SOURCE_BY_HEAD, SV_SOURCE_SELECT " WHERE head = ?1 ORDER BY id", "idx_sources_head")                                         \
    X(SOURCE_BY_LOG, SV_SOURCE_SELECT " WHERE log = ?1 ORDER BY id", "idx_sources_log")                                            \
    X(SOURCE_UNDER, SV_SOURCE_SELECT " WHERE log > ?1 || '/' AND log < ?1 || '0' ORDER BY log", "idx_sources_log")                 \
    X(SOURCE_NEWEST,                                                                                                               \
      SV_SOURCE_SELECT " WHERE read_at <= ?1 AND (read_at < ?1 OR id < ?2) ORDER BY read_at DESC, id DESC LIMIT 500",              \
      "idx_sources_read")                                                                                                          \
    X(SOURCE_FORMAT_STATE, "SELECT format_state FROM sources WHERE id = ?1", "INTEGER PRIMARY KEY")                                \
    X(SOURCE_COUNT, "SELECT coalesce(max(number), 0) FROM sources WHERE head = ?1", "idx_sources_head")                            \
    X(SOURCE_COUNT_PIPE, "SELECT coalesce(max(number), 0) FROM sources WHERE run = ?1", "idx_sources_run")                         \
    X(SOURCE_ADD,                                                                                                                  \
      "INSERT INTO sources (head, run, path, number, log, first_read_at, device, inode, born) "                                    \
      "VALUES (?1, ?2, ?3, ?4, ?5, ?6, ?7, ?8, ?9)", NULL)                                                                         \
    X(SOURCE_SET,                                                                                                                  \
      "UPDATE sources SET path = ?2, log = ?3, device = ?4, inode = ?5, born = ?6, size = ?7, modified_at = ?8, mark = ?9, "       \
      "begin_length = ?10, begin = ?11, tail = ?12, offset = ?13, record = ?14, state = ?15, "                                     \
      "format = coalesce(?16, format), format_state = ?17, read_at = ?18, line = ?20, framing = ?21 WHERE id = ?1 AND offset IS ?19",\
      "INTEGER PRIMARY KEY")                                                                                                       \
    X(INTAKE_FIND, "SELECT id FROM sources WHERE run = -1 AND path = ?1", "idx_sources_run")                                       \
    X(INTAKE_ADD, "INSERT INTO sources (run, path, number, first_read_at, read_at) VALUES (-1, ?1, 1, ?2, ?2)", NULL)              \
    X(INTAKE_READ, "UPDATE sources SET read_at = ?2, record = coalesce(record, 0) + ?3 WHERE id = ?1", "INTEGER PRIMARY KEY")      \
    X(RUN_ADD,                                                                                                                     \
      "INSERT INTO runs (program, version, sqlite_version, arguments, started_at) VALUES (?1, ?2, ?3, ?4, ?5)", NULL)              \
    X(RUN_SET, "UPDATE runs SET ledger = ?2, ended_at = ?3 WHERE id = ?1", "INTEGER PRIMARY KEY")                                  \
    X(DOUBLES_LOAD, "SELECT part, ids FROM doubles WHERE format = ?1 AND hour = ?2 AND counted_at >= ?3 ORDER BY part",            \
      "PRIMARY KEY")                                                                                                               \
    X(DOUBLES_PUT, "INSERT OR REPLACE INTO doubles (format, hour, part, ids, counted_at) VALUES (?1, ?2, ?3, ?4, ?5)", NULL)      \
    X(STATE_SWEEP, "SELECT key, due_at FROM keyed_state WHERE signature = ?1 AND due_at IS NOT NULL", "idx_keyed_state_due")          \
    X(STATE_COUNT, "SELECT count(*) FROM keyed_state WHERE signature = ?1 AND due_at >= ?2", "idx_keyed_state_due")                 \
    X(STATE_SIGNATURE, "SELECT signature FROM keyed_state WHERE signature >= ?1 ORDER BY signature LIMIT 1", "PRIMARY KEY")         \
    X(STATE_LOAD, "SELECT bytes, version FROM keyed_state WHERE signature = ?1 AND key = ?2 AND part = ?3", "PRIMARY KEY")          \
    X(STATE_PUT,                                                                                                                   \
      "INSERT INTO keyed_state (signature, key, part, due_at, version, bytes) VALUES (?1, ?2, ?3, ?4, ?5, ?6) "                    \
      "ON CONFLICT DO UPDATE SET due_at = excluded.due_at, version = excluded.version, bytes = excluded.bytes", NULL)              \
    X(STATE_DROP, "DELETE FROM keyed_state WHERE signature = ?1 AND key = ?2 AND part >= ?3 AND part <= ?4", "PRIMARY KEY")         \
    X(DOUBLES_EXPIRE, "DELETE FROM doubles WHERE counted_at < ?1", "idx_doubles_counted")                                          \
    X(AGENT_PUT,                                                                                                                   \
      "INSERT INTO agents (agent_id, team_id, session_id, host_id, type_id, tool_id, state, first_seen, last_seen, events, "       \
      "parent_id) VALUES (?1, ?2, ?3, ?4, ?5, ?6, ?7, ?8, ?9, ?10, ?11) ON CONFLICT DO UPDATE SET "                                \
      "events = events + excluded.events, first_seen = min(first_seen, excluded.first_seen), "                                     \
      "last_seen = max(last_seen, excluded.last_seen), "                                                                           \
      "team_id = CASE WHEN excluded.last_seen >= last_seen THEN excluded.team_id ELSE team_id END, "                               \
      "session_id = CASE WHEN excluded.last_seen >= last_seen THEN excluded.session_id ELSE session_id END, "                      \
      "host_id = CASE WHEN excluded.last_seen >= last_seen THEN excluded.host_id ELSE host_id END, "                               \
      "type_id = CASE WHEN excluded.last_seen >= last_seen THEN excluded.type_id ELSE type_id END, "                               \
      "tool_id = CASE WHEN excluded.last_seen >= last_seen THEN excluded.tool_id ELSE tool_id END, "                               \
      "state = CASE WHEN excluded.last_seen >= last_seen THEN excluded.state ELSE state END, "                                     \
      "parent_id = CASE WHEN excluded.parent_id <> 0 THEN excluded.parent_id ELSE parent_id END", NULL)                            \
    X(USAGE_ADD,                                                                                                                   \
      "INSERT INTO usage_hourly (hour, type_id, agent_id, team_id, model_id, tool_id, status_id, events, errors, input_tokens, "   \
      "output_tokens, cache_read_tokens, cache_write_tokens, unpriced_tokens, cost_usd, durations) SELECT hour, type_id, agent_id, "\
      "team_id, model_id, tool_id, status_id, events, errors, input_tokens, output_tokens, cache_read_tokens, cache_write_tokens, "\
      "unpriced_tokens, cost_usd, durations FROM usage_rows WHERE true ON CONFLICT DO UPDATE SET events = events + excluded.events, "\
      "errors = errors + excluded.errors, input_tokens = input_tokens + excluded.input_tokens, "                                   \
      "output_tokens = output_tokens + excluded.output_tokens, "                                                                   \
      "cache_read_tokens = cache_read_tokens + excluded.cache_read_tokens, "                                                       \
      "cache_write_tokens = cache_write_tokens + excluded.cache_write_tokens, "                                                    \
      "unpriced_tokens = unpriced_tokens + excluded.unpriced_tokens, cost_usd = cost_usd + excluded.cost_usd, "                    \
      "durations = merge_durations(durations, excluded.durations)", NULL)                                                          \
    X(EVENT_ADD,                                                                                                                   \
      "INSERT INTO events (source, record, part, event, time, type, agent, session, team, host, tool, model, status, priority, "   \
      "entity_type, entity_id, correlation_id, trace_id, parent_id, call_id, input_tokens, output_tokens, cost_usd, duration_ms, " \
      "run) VALUES (?1, ?2, ?3, ?4, ?5, ?6, ?7, ?8, ?9, ?10, ?11, ?12, ?13, ?14, ?15, ?16, ?17, ?18, ?19, ?20, ?21, ?22, ?23, "    \
      "?24, ?25) ON CONFLICT DO NOTHING", NULL)                                                                                    \
    X(EVENT_AT, "SELECT event FROM events WHERE source = ?1 AND record = ?2 AND part = ?3", "idx_events_address")                   \
    X(EVENT_BODY_ADD, "INSERT INTO event_bodies (event, body) VALUES (?1, ?2)", NULL)                                              \
    X(EVALUATION_ADD,                                                                                                              \
      "INSERT INTO supervisor_policy_evaluations (source, record, part, policy_id, key_number, supervisor_id, team_id, agent_id, " \
      "session_id, tool_id, outcome, severity, action, event, created_at, run, message, key_json, values_json) "                   \
      "VALUES (?1, ?2, ?3, ?4, ?5, ?6, ?7, ?8, ?9, ?10, ?11, ?12, ?13, ?14, ?15, ?16, ?17, ?18, ?19) ON CONFLICT DO NOTHING", NULL)  \
    X(TOLD_BY_POLICY,                                                                                                              \
      "SELECT event FROM supervisor_policy_evaluations WHERE policy_id IN (SELECT id FROM supervisor_policies WHERE policy = ?1)", \
      "idx_evaluations_policy")                                                                                                    \
    X(TOLD_BY_SESSION, "SELECT event FROM events WHERE session = (SELECT id FROM session_names WHERE name = ?1)",                  \
      "idx_events_session_emitted")                                                                                                \
    X(TOLD_BY_SENDER, "SELECT own FROM messages WHERE from_agent = (SELECT id FROM agent_names WHERE name = ?1)",                  \
      "idx_from_agent_created")                                                                                                    \
    X(SLOW_PLAN_FIND, "SELECT id FROM slow_plans WHERE statement = ?1 AND sql = ?2 AND plan = ?3", "sqlite_autoindex_slow_plans_1") \
    X(SLOW_PLAN_ADD, "INSERT INTO slow_plans (statement, sql, plan) VALUES (?1, ?2, ?3)", NULL)                                    \
    X(SLOW_ADD, "INSERT INTO slow_queries (plan_id, program, duration_ns, created_at) VALUES (?1, ?2, ?3, ?4)", NULL)              \
    X(SLOW_LIST,                                                                                                                   \
      "SELECT plan_id, program, duration_ns, created_at FROM slow_queries WHERE created_at >= ?1 AND created_at < ?2",             \
      "idx_slow_queries_created")                                                                                                  \
    X(SLOW_PLAN, "SELECT statement, sql, plan FROM slow_plans WHERE id = ?1", "INTEGER PRIMARY KEY")                               \
    X(COUNTER_ADD,                                                                                                                 \
      "INSERT INTO counters (name, id, part, value) VALUES (?1, ?2, ?3, ?4) ON CONFLICT DO UPDATE SET value = value + "            \
      "excluded.value", NULL)                                                                                                      \
    X(COUNTER_MAX,                                                                                                                 \
      "INSERT INTO counters (name, id, part, value) VALUES (?1, ?2, ?3, ?4) ON CONFLICT DO UPDATE SET value = max(value, "         \
      "excluded.value)", NULL)                                                                                                     \
    X(ACTIVITY_ADD,                                                                                                                \
      "INSERT INTO activity (minute, name, part, value) VALUES (?1, ?2, ?3, ?4) ON CONFLICT DO UPDATE SET value = value + "        \
      "excluded.value", NULL)                                                                                                      \
    X(COUNTERS,                                                                                                                    \
      "SELECT c.name, c.part, c.value, CASE WHEN c.name IN ('events', 'errors') THEN t.name WHEN c.name = 'evaluations' THEN "     \
      "p.policy WHEN c.name IN ('tokens', 'micro_usd') THEN m.name END, c.id FROM counters AS c "                                        \
      "LEFT JOIN type_names AS t ON t.id = c.id LEFT JOIN model_names AS m ON m.id = c.id "                                        \
      "LEFT JOIN supervisor_policies AS p ON p.id = c.id WHERE c.name > '' ORDER BY c.name, c.id, c.part", "PRIMARY KEY")          \
    X(ACTIVITY,                                                                                                                    \
      "SELECT name, part, sum(value) FROM activity WHERE minute >= ?1 AND minute < ?2 GROUP BY name, part", "PRIMARY KEY")         \
    X(DURATIONS,                                                                                                                   \
      "SELECT program, statement, failed, bound_us, count, slow, total_ns FROM query_durations WHERE program > '' "                \
      "ORDER BY program, statement, failed, bound_us", "PRIMARY KEY")                                                              \
    X(SLOWEST, "SELECT max(duration_ns) FROM slow_queries WHERE created_at >= ?1 AND created_at < ?2", "idx_slow_queries_created") \
    X(ACTIVITY_EXPIRE, "DELETE FROM activity WHERE minute < ?1", "PRIMARY KEY")                                                    \
    X(DURATION_ADD,                                                                                                                \
      "INSERT INTO query_durations (program, statement, failed, bound_us, count, slow, total_ns) VALUES (?1, ?2, ?3, ?4, ?5, ?6, " \
      "?7) ON CONFLICT DO UPDATE SET count = count + excluded.count, slow = slow + excluded.slow, "                                \
      "total_ns = total_ns + excluded.total_ns", NULL)                                                                             \
    SV_STATEMENTS_FIND(X)                                                                                                          \
    SV_STATEMENTS_KEEP(X)                                                                                                          \
    SV_STATEMENTS_TEAM(X)                                                                                                          \
    SV_STATEMENTS_ALERT(X)

enum sv_statement {
#define X(name, sql, index) SV_SQL_##name,
    SV_STATEMENTS(X)
#undef X
        SV_SQL_COUNT
};

/* What else is timed. */
enum sv_timed { SV_TIMED_BEGIN = SV_SQL_COUNT, SV_TIMED_COMMIT, SV_TIMED_CHECKPOINT, SV_TIMED_COUNT };

struct sv_statement_text {
    const char *sql, *index;
};
extern const struct sv_statement_text sv_store_statements[SV_SQL_COUNT];

struct sv_store {
    sqlite3 *db;
    struct sv_line *line; /* NULL: read only */
    char *shown;          /* as the user named it; for messages */
    char *path, *wal, *shm; /* absolute, without links */
    char *program;
    int64_t wait_ns;
    int64_t deadline_ns;  /* of the call going on; 0: give up at once */
    uint64_t device, inode, wal_inode;
    bool in_memory, read_only, must_exist, untouched, any_version, in_transaction;
    bool in_doubt;        /* COMMIT failed behind the last write: who opens the store next may find the batch */
    bool broken;          /* a full disk, an I/O error, damage, another file: nothing is tried again */
    char reason[200];     /* why */
    int wal_pages;        /* as of our last commit */
    bool syncs;           /* a commit is on the disk before sv_store_commit returns */
    bool is_unsynced;     /* the last one is not yet */
    sqlite3_stmt *statements[SV_SQL_COUNT];
    struct sv_map names[SV_NAME_COUNT];
    struct sv_map texts[SV_NAME_COUNT]; /* number -> name; find.c */
    struct sv_map policies;
    struct sv_buf verdicts; /* policy.c */
    struct sv_buf scratch;
    const struct sv_store_usage *usage, *usage_end; /* what the table usage_rows has: see usage.c */
    struct sv_timing *timing;
    struct sv_counts {
        int64_t *values; /* [size], by id; below `used` some are not 0 */
        size_t size, used;
    } counts[SV_COUNT_KINDS];
    struct sv_attached *attached; /* NULL: none */
    int64_t metric_type; /* of events that are metrics; 0: not known yet */
    int64_t minute;      /* in which old activity was last removed; 0: not yet */
    uint64_t rows, rows_before; /* before: as of the last commit */
    struct sv_store_caches caches; /* hits and misses */
};

/* --- file.c --- */

/* What lies at path: nothing, an empty file or perhaps a store; false with err for what must not be opened. */
bool sv_store_file_check(struct sv_store *store, bool *is_there, struct sv_error *err);

/* Fills path, wal and shm from shown; makes the folder unless read_only. */
bool sv_store_file_place(struct sv_store *store, struct sv_error *err);

/* False, with the reason, when there is no file and its folder takes none: SQLite would only say that there is no file. */
bool sv_store_file_creatable(struct sv_store *store, struct sv_error *err);

/* Remembers which file was opened; then: is the path still that file, under this one name, and the log still its log? */
bool sv_store_file_note(struct sv_store *store, struct sv_error *err);
bool sv_store_file_same(struct sv_store *store, struct sv_error *err);

/* Is a file system with this magic number (statfs), or this type in /proc/self/mountinfo, on the network? type may be NULL. */
bool sv_store_file_network(uint64_t magic, const char *type);

/* --- open.c, schema.c, migrate.c --- */

enum { SV_STORE_APPLICATION_ID = 0x73766462 }; /* "svdb" */

/* Steps from an empty file to today's tables; user_version is how many were taken. Only ever added to. */
extern const char *const sv_store_schema[];
extern const int sv_store_schema_count;
extern const char sv_schema_roster[], sv_schema_mail[], sv_schema_fleet[]; /* of these, what stands in schema_team.c */
extern const char sv_schema_counters[]; /* schema_keep.c */
extern const char sv_schema_archives[];
extern const char sv_schema_archive_times[];
extern const char sv_schema_entities[];
extern const char sv_schema_export_repeat[];
extern const char sv_schema_find[];   /* and in schema_find.c */
extern const char sv_schema_alerts[]; /* schema_alert.c */

/* sv_store_open with other steps, for tests of migration. */
struct sv_store *sv_store_open_schema(const struct sv_store_spec *spec, const char *const *steps, int count, struct sv_error *err);

/* Steps that the file has taken; 0: it is empty; -1: it is not ours, newer than count, or could not be read. Changes nothing. */
int sv_store_look(struct sv_store *store, int count, struct sv_error *err);

/* Brings a file of this version, new or behind or without a write-ahead log, up to date in the write line. */
bool sv_store_migrate(struct sv_store *store, const char *const *steps, int version, int count, struct sv_error *err);

/* --- copy.c --- */

/* A copy as of one moment, however many write: made beside its name, put on the disk, then given its name. It has no log of its
 * own. On failure there is nothing, or what was there before; err says why, without the name of either file. */
bool sv_store_copy(struct sv_store *store, const char *to, struct sv_error *err);

/* The same into an open database. */
bool sv_store_copy_into(struct sv_store *store, sqlite3 *target, struct sv_error *err);

/* --- findings.c, check.c, audit.c --- */

/* Adds one; the text is cut at 1,000 bytes. */
void sv_finding_add(struct sv_store_findings *out, enum sv_check_state state, const char *check, const char *format, ...)
    __attribute__((format(printf, 4, 5)));

/* What to do about the one just added: a command, and the path it takes, quoted; NULL: it takes none. */
void sv_finding_repair(struct sv_store_findings *out, const char *command, const char *path);

/* A database in memory with the tables of this version, empty. NULL on failure; to be closed. */
sqlite3 *sv_store_model(int version);

/* The text that made what `wanted` names in its first two columns (type, name), by `find`, which asks for that; NULL: there is
 * none. Borrowed until find is used again. */
const char *sv_store_text_of(sqlite3_stmt *find, sqlite3_stmt *wanted);

/* Of a file that nobody writes to. pages: false when nothing in it can be relied on. schema: shown names it in what to do. */
bool sv_audit_pages(sqlite3 *db, struct sv_store_findings *out);
void sv_audit_schema(sqlite3 *db, int version, const char *shown, struct sv_store_findings *out);
void sv_audit_links(sqlite3 *db, struct sv_store_findings *out);
void sv_audit_ledgers(sqlite3 *db, struct sv_store_findings *out);
void sv_audit_counters(sqlite3 *db, const char *shown, struct sv_store_findings *out);
void sv_audit_rows(sqlite3 *db, struct sv_store_findings *out);

/* --- library.c --- */

/* May SQLite of this version number lose rows when several processes checkpoint by themselves? */
bool sv_store_library_resets(int version);

/* --- fault.c --- */

/* Puts the failure of the call just made into words. Returns false. */
bool sv_store_fault(struct sv_store *store, int rc, struct sv_error *err);

/* A failure of the system that names the store. Returns false. */
bool sv_store_refuse(const struct sv_store *store, struct sv_error *err, const char *format, ...)
    __attribute__((format(printf, 3, 4)));

/* `locked for 30 s by process 4711 (sv-eval); try again, or raise --wait`. Returns false. */
bool sv_store_locked(struct sv_store *store, struct sv_error *err);

/* --- statement.c --- */

/* Prepared on first use; NULL on failure. */
sqlite3_stmt *sv_store_statement(struct sv_store *store, enum sv_statement which, struct sv_error *err);
void sv_store_statements_close(struct sv_store *store);

/* The next row: 1; 0 at the end, -1 with err on failure, and then it is reset. Who wants no more rows leaves it. */
int sv_store_row(struct sv_store *store, sqlite3_stmt *statement, struct sv_error *err);
void sv_store_leave(struct sv_store *store, sqlite3_stmt *statement);

/* Runs it to its end and resets it; *number is the first column of the first row, *found (may be NULL) whether there was one. */
bool sv_store_step(struct sv_store *store, sqlite3_stmt *statement, bool *found, int64_t *number, struct sv_error *err);

/* That number of a statement without parameters. */
bool sv_store_number(struct sv_store *store, enum sv_statement which, int64_t *number, struct sv_error *err);

/* Text without rows; waits for locks until store->deadline_ns. Returns SQLite's result. */
int sv_store_exec(struct sv_store *store, const char *sql);

/* Borrowed until the statement is reset; an empty slice is NULL. */
void sv_store_bind(sqlite3_stmt *statement, int at, struct sv_slice text);

/* A column's text, empty for NULL; in the arena, or where that is NULL borrowed until the next row. */
struct sv_slice sv_store_text(sqlite3_stmt *row, int at, struct sv_arena *arena);

/* A name's integer; 0 is NULL. */
void sv_store_bind_id(sqlite3_stmt *statement, int at, int64_t id);

/* --- timing.c --- */

enum { SV_DURATION_BUCKETS = 16 };

/* Upper bounds of the buckets that durations are counted in, ascending; the last has none. What is stored is the bound. */
extern const int64_t sv_duration_bounds_us[SV_DURATION_BUCKETS];

void sv_timing_open(struct sv_store *store, int64_t slow_ns);
void sv_timing_know(struct sv_store *store, const sqlite3_stmt *statement, enum sv_statement which);
void sv_timing_start(struct sv_store *store, const sqlite3_stmt *statement);
void sv_timing_stop(struct sv_store *store, const sqlite3_stmt *statement, bool failed); /* of one that does not run: nothing */
void sv_timing_took(struct sv_store *store, enum sv_timed which, bool failed, int64_t took_ns);

/* Inside a transaction, just before its commit. Never fails it. */
void sv_timing_write(struct sv_store *store);
void sv_timing_rolled_back(struct sv_store *store);

/* Before closing: what came behind the last commit, or some of it. */
void sv_timing_write_rest(struct sv_store *store);

/* The connection is closed. is_reader: nobody has written what it counted, so it is done now, if there is a turn at once. */
void sv_timing_close(struct sv_store *store, bool is_reader);

/* What SQLite says it does for this text, steps parted by "; "; appended. */
void sv_store_put_plan(sqlite3 *db, const char *sql, struct sv_buf *out);

/* --- slow.c --- */

/* The index that would help a statement with this plan, or nothing, appended. */
void sv_store_advise(struct sv_store *store, const char *sql, const char *plan, struct sv_buf *out);

/* --- usage.c --- */

/* The functions of our own that statements use. Returns SQLite's result. */
int sv_store_usage_functions(struct sv_store *store);

/* --- frames.c --- */

const char *sv_store_files(void); /* the system's files for SQLite, with a log of ours */
int sv_store_commit_frames(struct sv_store *store); /* COMMIT, its frames written together. Returns SQLite's result */

/* --- attached.c --- */

/* Archives that a search from from_ns to bound_ns comes to, in its direction. */
struct sv_attached_walk {
    bool up;
    bool aside;              /* only those that are open already, and nothing is noted */
    int64_t from_ns, bound_ns;
    bool (*has_enough)(void *context, int64_t edge_ns); /* what is found lies all before this time (up), or from it on; NULL: never */
    bool (*take)(void *context, struct sv_store *file, struct sv_error *err);
    void *context;
};
bool sv_attached_walk(struct sv_store *store, const struct sv_attached_walk *walk, struct sv_error *err);
bool sv_attached_opens(const struct sv_store *store); /* are they opened, or only noted? */
void sv_attached_free(struct sv_store *store);

/* --- counts.c --- */

/* Before a commit: what was counted in the batch. Forgotten with a rollback. */
bool sv_store_counts_write(struct sv_store *store, struct sv_error *err);
void sv_store_counts_forget(struct sv_store *store);
void sv_store_counts_free(struct sv_store *store);

/* This program's last run, for metrics. */
bool sv_store_count_last_run(struct sv_store *store, int64_t started_ns, struct sv_error *err);

/* --- names.c, policy.c --- */

/* What rows of a policy's version are stored with. */
bool sv_store_policy_verdict(struct sv_store *store, int64_t id, enum sv_severity *severity, enum sv_action *action,
                             struct sv_error *err);

/* What is remembered of a transaction that was rolled back is wrong. */
void sv_store_names_forget(struct sv_store *store);

/* --- find.c --- */

/* What is known of a table's names by their numbers. */
void sv_store_texts_forget(struct sv_store *store, enum sv_name_table table);

/* --- transaction.c, checkpoint.c --- */

/* Sleeps 0.5 ms; false, at once, past store->deadline_ns. Constant: with SQLite's own growing waits who came first is last. */
bool sv_store_pause(const struct sv_store *store);

/* The write line, until store->deadline_ns. */
bool sv_store_line_enter(struct sv_store *store, struct sv_error *err);

/* After a commit, in the line: copies the log into the file if it is long enough. limit: pages. */
bool sv_store_checkpoint(struct sv_store *store, int limit, struct sv_error *err);
void sv_store_checkpoint_last(struct sv_store *store, int limit); /* before closing */

#endif
