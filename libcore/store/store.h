/* SPDX-License-Identifier: ISC */
/* store.h - the one SQLite file: opening, the line of writers, one transaction a batch.
 *
 * What a batch produced is one transaction: committed = found again after kill -9, a full disk, an I/O error. Writers queue on a
 * side file (`<store>-line`) so that 50 of them get their turn in order; safety is SQLite's own lock. Automatic checkpoints are
 * off in every connection: with several processes they can lose committed rows in SQLite before 3.51.3
 * (https://sqlite.org/wal.html#walresetbug); who has committed checkpoints while still in the line. Before each commit: is the
 * file still the one that was opened?
 *
 *     struct sv_store *store = sv_store_open(&spec, &err);
 *     if (!sv_store_begin(store, &err) || !sv_store_put_evaluation(store, ...) || !sv_store_commit(store, &err))
 *         sv_store_rollback(store);                          // err is complete; nothing of the batch is stored
 *     sv_store_close(store);
 *
 * sv-store(5) describes the tables. Floor: store; the only one that knows SQLite. */
#ifndef SV_STORE_H
#define SV_STORE_H

#include <sys/types.h>

#include "base/set.h"
#include "event/redact.h"
#include "input/print.h"
#include "measure/histogram.h"
#include "policy/policy.h"

struct sv_store;

#define SV_SLOW_NS (INT64_C(50) * 1000000)

struct sv_store_spec {
    const char *path;       /* NULL: $SV_STORE, else ${XDG_STATE_HOME:-~/.local/state}/sv-tools/sv.db */
    const char *program;    /* for messages and the runs table */
    int64_t wait_ns;        /* how long to wait for the lock; 0: 30 s */
    bool sync_normal;       /* --sync normal: the last commits may be lost on power loss, never on a killed process */
    bool read_only;         /* creates and migrates nothing; what it counted of its queries is kept all the same, */
    bool in_memory;         /* a private one, which nobody else sees and nothing is kept of; path is what messages call it */
    bool untouched;         /* but for this */
    bool must_exist;        /* creates nothing */
    bool any_version;       /* read only: takes older ones, too, for what asks in no words of today */
    int64_t slow_ns;        /* statements that take so long are logged, with their plans; 0: SV_SLOW_NS */
};

/* Creates (file 0600, folder 0700), migrates, refuses what is not ours. NULL on failure: status 3 for a damaged, foreign, newer
 * file or a link; 4 for read-only, full, locked past the deadline, unreadable. */
struct sv_store *sv_store_open(const struct sv_store_spec *spec, struct sv_error *err);

/* Checkpoints where it pays, and closes. */
void sv_store_close(struct sv_store *store);

/* So many MiB of pages in memory from now on, for many rows at once. */
bool sv_store_bulk(struct sv_store *store, unsigned mib, struct sv_error *err);

/* The file in use, as it was opened; borrowed. */
const char *sv_store_path(const struct sv_store *store);

/* The path that a NULL path in the spec means; in out. */
bool sv_store_default_path(struct sv_buf *out, struct sv_error *err);

/* Has another process this store open? Its pid in *holder, one of them; 0 where it is not to be seen from here. Not for a store that
 * this process itself has open. */
bool sv_store_is_used(const char *path, pid_t *holder);

/* Takes the write line and begins. Waits up to the deadline; the error names the holder. */
bool sv_store_begin(struct sv_store *store, struct sv_error *err);

/* Is the file still ours? COMMIT; perhaps a checkpoint; gives the line back; brings it to the disk, unless sync_normal. On failure
 * everything was rolled back, or err says that it perhaps was not. */
bool sv_store_commit(struct sv_store *store, struct sv_error *err);

/* The same for what is no loss where the power fails: it comes to the disk with the next commit. */
bool sv_store_commit_later(struct sv_store *store, struct sv_error *err);

/* Behind that: brings it to the disk all the same, as sv_store_commit would have, when others could see it already. */
bool sv_store_commit_rest(struct sv_store *store, struct sv_error *err);

/* Outside of a transaction: brings what was committed with sync_normal to the disk. Nobody waits for it in the line, and the
 * system syncs once for many who wait together. */
bool sv_store_sync(struct sv_store *store, struct sv_error *err);
void sv_store_rollback(struct sv_store *store);

/* Did others write between our last two transactions? They wait while ours lasts: it should be short. */
bool sv_store_is_shared(const struct sv_store *store);

/* --- inside a transaction --- */

/* A new run; returns its number (for r<number> origins), 0 on failure. arguments: the command line, redacted by the caller. */
int64_t sv_store_run_start(struct sv_store *store, struct sv_slice arguments, int64_t started_ns, struct sv_error *err);

/* The run's ledger as a JSON object, replaced each time; ended_ns 0 while it goes on. */
bool sv_store_run_update(struct sv_store *store, int64_t run, struct sv_slice ledger, int64_t ended_ns, struct sv_error *err);

/* A name's integer in its table, inserted on first sight; 0 for an empty name. Cached; to be asked for in each transaction, as
 * one that was rolled back is forgotten. */
enum sv_name_table {
    SV_NAME_AGENT,
    SV_NAME_SESSION,
    SV_NAME_TOOL,
    SV_NAME_TEAM,
    SV_NAME_SUPERVISOR,
    SV_NAME_TYPE,
    SV_NAME_MODEL,
    SV_NAME_STATUS,
    SV_NAME_HOST,
    SV_NAME_COUNT
};
bool sv_store_name(struct sv_store *store, enum sv_name_table table, struct sv_slice name, int64_t *id, struct sv_error *err);

/* The integer of this version of a policy, inserted on first sight. Cached; to be asked for in each transaction, as one that was
 * rolled back is forgotten. */
bool sv_store_policy(struct sv_store *store, const struct sv_policy *policy, int64_t *id, struct sv_error *err);

/* One row, keyed by (source, record, part, policy, key number); a row that is there already stays as it is, and a pass is not
 * stored. source: from sv_store_source, 0 for a timer (place.record is its due time); policy: from sv_store_policy, whose severity
 * and action the row gets; created_ns: event time, or the run's for an event without one. */
bool sv_store_put_evaluation(struct sv_store *store, int64_t run, int64_t source, int64_t policy, const struct sv_hit *hit,
                             int64_t created_ns, struct sv_error *err);

/* --- what is read: inputs and where a resumed run goes on; any time, changes inside a transaction --- */

/* A file's parts come and go by rotation; one of them is a generation of its log. */
enum sv_store_source_state {
    SV_SOURCE_LIVE,    /* the newest one of its log, as far as was seen */
    SV_SOURCE_ROTATED, /* another has taken its place; it may still be written to for a while */
    SV_SOURCE_GONE     /* nowhere to be found */
};

struct sv_store_source {
    int64_t id;            /* set by sv_store_source_add */
    uint32_t number;       /* among files with an equal head, among pipes of a run; from 1; likewise */
    uint64_t head;         /* of a file: hash of its first record; with the number it makes the origin of its events */
    int64_t run;           /* of a pipe; 0: a file */
    struct sv_slice path;  /* as sv_store_source_path makes it; where the file was seen last */
    struct sv_slice log;   /* likewise: the path of the log that it is a generation of; empty for a pipe */
    uint64_t device, inode;
    int64_t born_ns;       /* 0: not known */
    int64_t size, modified_ns; /* when last looked at */
    struct sv_print print; /* of all that was read so far */
    bool has_position;     /* a resumed run has read it: offset and record hold, and print.end is offset */
    int64_t offset;        /* behind the last record that is counted */
    uint64_t record, line; /* its ordinal; lines up to there */
    uint8_t where;         /* see sv_input_position */
    enum sv_store_source_state state;
    struct sv_slice format;
    int64_t first_read_ns, read_ns; /* of the machine's clock */
};

struct sv_store_sources {
    struct sv_store_source *items; /* texts live in the arena */
    size_t count, capacity;
    struct sv_arena arena;
};

/* Appends path as it is kept: absolute, without links, and without secrets (a hash tells such paths apart). */
void sv_store_source_path(struct sv_buf *out, const char *path, struct sv_redactor *redactor);

/* Append what is known, oldest first: of files that begin with this record, of a log's generations, of logs below a folder (by
 * their names). Newest first: up to 500 that were read before this time, or then with a lower id (INT64_MAX, INT64_MAX: from
 * the newest on). `= {0}`, then sv_store_sources_free. */
bool sv_store_sources_by_head(struct sv_store *store, uint64_t head, struct sv_store_sources *out, struct sv_error *err);
bool sv_store_sources_by_log(struct sv_store *store, struct sv_slice log, struct sv_store_sources *out, struct sv_error *err);
bool sv_store_sources_under(struct sv_store *store, struct sv_slice folder, struct sv_store_sources *out, struct sv_error *err);
bool sv_store_sources_newest(struct sv_store *store, int64_t read_ns, int64_t id, struct sv_store_sources *out, struct sv_error *err);
void sv_store_sources_free(struct sv_store_sources *sources);

/* What its format carried over at the position, into out (cleared first). */
bool sv_store_source_format_state(struct sv_store *store, int64_t id, struct sv_buf *out, struct sv_error *err);

/* A new source; head or run, path, log, device, inode, born_ns and first_read_ns are taken from it, the rest comes with sv_store_source_set. */
bool sv_store_source_add(struct sv_store *store, struct sv_store_source *source, struct sv_error *err);

/* Replaces all but id, number, head, run and first_read_ns of the row whose offset still is *from (NULL: it has none yet); an
 * empty format leaves the one it has. *was_moved: somebody else has moved the position, nothing was changed. */
bool sv_store_source_set(struct sv_store *store, const struct sv_store_source *source, struct sv_slice format_state,
                         const int64_t *from, bool *was_moved, struct sv_error *err);

/* --- what comes in by another way than a log, inside a transaction --- */

/* The source of this name, made where there is none; and that so many events have come by it now. */
bool sv_store_intake(struct sv_store *store, struct sv_slice name, int64_t *id, struct sv_error *err);
bool sv_store_intake_read(struct sv_store *store, int64_t id, uint64_t events, struct sv_error *err);

/* Does an event stand at this address? Then its own id (empty: the address is it), into id. */
bool sv_store_event_at(struct sv_store *store, int64_t source, uint64_t record, uint32_t part, bool *found, struct sv_buf *id,
                       struct sv_error *err);

/* Reading a log is for one process at a time; the lock ends with it. Never waits: false when another reads it (its pid in
 * *holder, 0: not to be seen from here), or with err on failure. */
bool sv_store_log_lock(struct sv_store *store, struct sv_slice log, pid_t *holder, struct sv_error *err);

/* Ids of the sources' own that were counted, as sv_hash of them, by format and hour of the event's time, and the hour in which
 * they were counted, by the clock (both since 1970). Loading adds those counted since then to the set; adding takes ids that are
 * not there yet; expiring forgets what was counted before. */
bool sv_store_doubles_load(struct sv_store *store, struct sv_slice format, int64_t hour, int64_t since, struct sv_set *into,
                           struct sv_error *err);
bool sv_store_doubles_add(struct sv_store *store, struct sv_slice format, int64_t hour, int64_t now, const uint64_t *ids,
                          size_t count, struct sv_error *err);
bool sv_store_doubles_expire(struct sv_store *store, int64_t before, struct sv_error *err);

/* --- what advances with positions, inside a transaction --- */

enum sv_agent_state { SV_AGENT_WORKING, SV_AGENT_WAITING, SV_AGENT_ENDED };

/* What a batch saw of an agent: its newest event's session, host, type, state, and the tool of a call that has no result yet.
 * What is stored already stays where it is newer; events add up. */
struct sv_store_agent {
    struct sv_slice parent; /* the agent that started it; empty: nobody says, and what is stored stays */
    struct sv_slice agent, team, session, host, type, tool;
    enum sv_agent_state state;
    int64_t first_seen_ns, last_seen_ns;
    uint64_t events;
    int64_t id; /* where it is read: the agent's integer */
};
bool sv_store_agent_seen(struct sv_store *store, const struct sv_store_agent *agent, struct sv_error *err);

/* The same of one of its sessions. */
bool sv_store_session_seen(struct sv_store *store, const struct sv_store_agent *session, struct sv_error *err);

/* What a batch adds to a day (since 1970, by the clock here) of an agent: its integer. */
struct sv_store_day {
    int64_t day, agent;
    uint64_t events, errors;
    int64_t tokens, unpriced_tokens; /* input and output; of a model without a price */
    double cost_usd;
};
bool sv_store_day_add(struct sv_store *store, const struct sv_store_day *day, struct sv_error *err);

/* What a batch adds to an hour (since 1970) of events that agree in all of these names (sv_store_name); as the table has its columns. */
struct sv_store_usage {
    int64_t hour;
    int64_t type, agent, team, model, tool, status;
    uint64_t events, errors;
    int64_t input_tokens, output_tokens, cache_read_tokens, cache_write_tokens;
    int64_t unpriced_tokens; /* of a model without a price */
    double cost_usd;
    const struct sv_histogram *durations; /* microseconds; NULL: none */
};
/* Fastest many at once, in the order of hour, type and agent. */
bool sv_store_usage_add(struct sv_store *store, const struct sv_store_usage *rows, size_t count, struct sv_error *err);

/* --- states by key: see states.c --- */

enum { SV_STATE_KEY = 16 }; /* bytes */

/* All keys of a signature that are ever due. A part, into out (cleared first); *version 0: there is none. Putting and dropping, parts
 * first to last, inside a transaction; due_ns INT64_MIN: never. How many keys are ever due. */
bool sv_store_states_sweep(struct sv_store *store, uint64_t signature, void (*each)(void *to, const unsigned char *key, int64_t due_ns),
                           void *to, struct sv_error *err);
bool sv_store_state_load(struct sv_store *store, uint64_t signature, const unsigned char *key, uint32_t part, struct sv_buf *out,
                         int64_t *version, struct sv_error *err);
bool sv_store_state_put(struct sv_store *store, uint64_t signature, const unsigned char *key, uint32_t part, int64_t due_ns,
                        int64_t version, struct sv_slice bytes, struct sv_error *err);
bool sv_store_state_drop(struct sv_store *store, uint64_t signature, const unsigned char *key, uint32_t first, uint32_t last,
                         struct sv_error *err);

/* How many keys are due at from_ns or later; and every signature that has any rows, once. */
bool sv_store_states_count(struct sv_store *store, uint64_t signature, int64_t from_ns, int64_t *count, struct sv_error *err);
bool sv_store_states_signatures(struct sv_store *store, void (*each)(void *to, uint64_t signature), void *to, struct sv_error *err);

/* Removes keys of a signature that were due before a time, the first *most of them, and counts that down by as many. In a
 * transaction. */
bool sv_store_states_end(struct sv_store *store, uint64_t signature, int64_t before_ns, size_t *most, struct sv_error *err);

/* An event, to be kept. */
struct sv_store_event {
    uint64_t record;
    uint32_t part;
    struct sv_slice event; /* its own id; empty: its address is its id */
    int64_t time_ns;       /* the run's for an event without one */
    struct sv_slice type, agent, session, team, host, tool, model, status;
    int priority;          /* 0 to 3; -1: none */
    struct sv_slice entity_type, entity_id, correlation_id, trace_id, parent_id, call_id;
    bool has_tokens, has_cost, has_duration;
    int64_t input_tokens, output_tokens;
    double cost_usd, duration_ms;
    struct sv_slice body;  /* the canonical line, redacted */
};

/* One row and its body, keyed by (source, record, part); one that is there stays as it is. */
bool sv_store_put_event(struct sv_store *store, int64_t run, int64_t source, const struct sv_store_event *event,
                        struct sv_error *err);

/* --- what was done, for metrics; inside a transaction --- */

/* What is counted, and of what kind the integer is that it is counted for: a type of event, a model, a policy's version; or 0. The
 * store counts its rows and what hours used by itself. */
enum sv_count {
    SV_COUNT_EVENTS,          /* by type */
    SV_COUNT_ERRORS,          /* by type */
    SV_COUNT_INPUT_TOKENS,    /* by model */
    SV_COUNT_OUTPUT_TOKENS,   /* by model */
    SV_COUNT_CACHE_READ_TOKENS,  /* by model */
    SV_COUNT_CACHE_WRITE_TOKENS, /* by model */
    SV_COUNT_UNPRICED_TOKENS, /* by model */
    SV_COUNT_MICRO_USD,       /* by model */
    SV_COUNT_VIOLATIONS,      /* by policy */
    SV_COUNT_RESOLVED,        /* by policy */
    SV_COUNT_EVALUATION_ERRORS, /* by policy */
    SV_COUNT_EVENT_ROWS,      /* rows there are */
    SV_COUNT_EVALUATION_ROWS,
    SV_COUNT_RECORDS,         /* of input: used, blank, rejected */
    SV_COUNT_BLANK,
    SV_COUNT_REJECTED,
    SV_COUNT_DUPLICATE,       /* events left out, or not judged in time */
    SV_COUNT_LATE,
    SV_COUNT_SAMPLED,
    SV_COUNT_DEBOUNCED,
    SV_COUNT_MESSAGES,        /* by the state that they came to */
    SV_COUNT_GAPS,            /* logs of which a part was lost */
    SV_COUNT_CACHE_HITS,      /* SQLite's, by program */
    SV_COUNT_CACHE_MISSES,
    SV_COUNT_ALERT_GROUPS,    /* there are, by state */
    SV_COUNT_NOTICES,         /* put into the outbox, by kind */
    SV_COUNT_FOLDED,          /* evaluations that came into groups, */
    SV_COUNT_FOLDED_OLD,      /* and those of them of which nobody is told for their age */
    SV_COUNT_KINDS
};

/* Counted with the batch in hand. O(1). */
void sv_store_count(struct sv_store *store, enum sv_count kind, int64_t id, int64_t more);

/* What was counted since the store was made, in an order that stays. */
struct sv_store_counter {
    struct sv_slice name, part; /* see `counters` in sv-store(5) */
    struct sv_slice label;      /* the type, model or policy that it is counted for; empty: none */
    int64_t id;                 /* of these, or the state of a message */
    int64_t value;
};

struct sv_store_counters {
    struct sv_store_counter *items; /* [count]; texts live in the arena */
    size_t count, capacity;
    struct sv_arena arena;
};

/* All counters; and sums of what was counted in these minutes (since 1970, by the clock), to_minute not among them. Append;
 * `= {0}` before, sv_store_counters_free after, also on failure. */
bool sv_store_counters(struct sv_store *store, struct sv_store_counters *out, struct sv_error *err);
bool sv_store_activity(struct sv_store *store, int64_t from_minute, int64_t to_minute, struct sv_store_counters *out, struct sv_error *err);
void sv_store_counters_free(struct sv_store_counters *counters);

/* How often statements took up to bound_us microseconds (INT64_MAX: any longer time), but more than the bound before; ordered by
 * program, statement, failed, bound. `= {0}` before, sv_store_durations_free after, also on failure. */
struct sv_store_duration {
    struct sv_slice program, statement;
    bool failed;
    int64_t bound_us, total_ns;
    uint64_t times, slow;
};

struct sv_store_durations {
    struct sv_store_duration *items; /* [count]; texts live in the arena */
    size_t count, capacity;
    struct sv_arena arena;
};

bool sv_store_durations(struct sv_store *store, struct sv_store_durations *out, struct sv_error *err);
void sv_store_durations_free(struct sv_store_durations *durations);

/* The longest that a slow statement took between these times; 0: none was slow. */
bool sv_store_slowest(struct sv_store *store, int64_t since_ns, int64_t until_ns, int64_t *ns, struct sv_error *err);

/* How large the file is, its pages that are free for more, and its write-ahead log. */
struct sv_store_sizes {
    int64_t bytes, free_bytes, log_bytes;
};
bool sv_store_sizes(struct sv_store *store, struct sv_store_sizes *out, struct sv_error *err);

/* --- backups, and whether all is well --- */

/* Copies the store as of one moment into a file of mode 0600, while others write; an older backup there is replaced if replace is
 * set, anything else is left alone. *bytes: its size. */
bool sv_store_backup(struct sv_store *store, const char *to, bool replace, int64_t *bytes, struct sv_error *err);

enum sv_check_state {
    SV_CHECK_OK,
    SV_CHECK_NOTE,   /* worth knowing, nothing to be done */
    SV_CHECK_LEFT,   /* could not be looked at; says why */
    SV_CHECK_FOUND
};

struct sv_store_finding {
    enum sv_check_state state;
    const char *check;       /* what was looked at, in a word */
    struct sv_slice what;    /* what it is like */
    struct sv_slice repair;  /* of what was found: what to do about it, as a rule a command */
};

struct sv_store_findings {
    struct sv_store_finding *items; /* [count]; texts live in the arena */
    size_t count, capacity, found;  /* found: of them SV_CHECK_FOUND */
    struct sv_arena arena;
};

/* Looks the store over, without changing anything: its files, its log, tables, indexes, and whether every statement of every
 * program goes by the index that it must use. With `whole` also, on a copy in the store's folder that is gone afterwards, that its
 * pages are sound, that what rows refer to is there, and that ledgers and rows agree. False with err only when it cannot be
 * looked at. `= {0}` before, sv_store_findings_free after. */
bool sv_store_check(struct sv_store *store, bool whole, struct sv_store_findings *out, struct sv_error *err);

/* Mends what can be mended in place: modes of files, indexes, the log. What keeps writers waiting for more than 100 ms, which is
 * making an index of many rows, only if blocking is set. out: what was done, and (found) what is left to do. */
bool sv_store_repair(struct sv_store *store, bool blocking, struct sv_store_findings *out, struct sv_error *err);

/* Looks over a whole file that nobody writes to, such as a backup: opened with read_only, untouched and any_version. */
bool sv_store_verify(struct sv_store *store, struct sv_store_findings *out, struct sv_error *err);

void sv_store_findings_free(struct sv_store_findings *findings);

/* --- what was slow --- */

/* Statements of one plan and program that took as long as slow_ns said at the time. */
struct sv_store_slow {
    struct sv_slice statement, program, sql, plan;
    struct sv_slice advice; /* the index that would help; empty: none is missing */
    uint64_t count;
    int64_t total_ns, p99_ns, max_ns, last_ns;
};

struct sv_store_slows {
    struct sv_store_slow *items; /* [count], most time first; texts live in the arena, each with a NUL behind it */
    size_t count;
    struct sv_arena arena;
};

/* Those from since_ns on, before until_ns. `= {0}` before, sv_store_slows_free after, also on failure. */
bool sv_store_slow_list(struct sv_store *store, int64_t since_ns, int64_t until_ns, struct sv_store_slows *out, struct sv_error *err);
void sv_store_slows_free(struct sv_store_slows *slows);
/* The same for an event that no log has: it gets the next record of source 0, and needs an id of its own. */
bool sv_store_put_own_event(struct sv_store *store, int64_t run, struct sv_store_event *event, struct sv_error *err);

/* The ids of the events of all evaluations by a policy, whatever its version; of all stored events of a session; the sender's own ids
 * of all its messages. A row without one gives an empty one. Reads on until it is done: meant for stores that nobody else uses. */
bool sv_store_told_by_policy(struct sv_store *store, const char *policy, void (*take)(void *context, struct sv_slice event), void *context,
                             struct sv_error *err);
bool sv_store_told_by_session(struct sv_store *store, const char *session, void (*take)(void *context, struct sv_slice event), void *context,
                              struct sv_error *err);
bool sv_store_told_by_sender(struct sv_store *store, const char *sender, void (*take)(void *context, struct sv_slice own), void *context,
                             struct sv_error *err);

/* Rows inserted by this connection so far (not counting those that were there). */
uint64_t sv_store_rows(const struct sv_store *store);

/* What this connection keeps in memory: how often a prepared statement, a policy's number was there or had to be made, and the
 * bytes it all takes, pages included. And how often SQLite said that it is busy, and was waited for; how often data went to the
 * disk (a checkpoint syncs the log and the file). */
struct sv_store_caches {
    uint64_t statement_hits, statement_misses, policy_hits, policy_misses;
    uint64_t bytes;
    uint64_t busy, syncs;
};
void sv_store_caches(const struct sv_store *store, struct sv_store_caches *out);

/* The version of SQLite in use. And one line about it: the version, its source id, those of its compile options that matter to
 * who keeps data in it, and whether its automatic checkpoints, which no program here lets run, could lose rows. */
const char *sv_store_library(void);
void sv_store_put_library(struct sv_buf *out);

/* Bytes of the write-ahead log now; over 256 MiB is worth a warning. */
int64_t sv_store_wal_bytes(const struct sv_store *store);

#endif
