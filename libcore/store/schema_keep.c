/* SPDX-License-Identifier: ISC */
/* The tables of what is counted, and of archives: steps of schema.c. */
#include "store/private.h"

/* What was done since the store was made, and in which minute by the clock. Rows that are there already are counted once, now. */
const char sv_schema_counters[] =
    "CREATE TABLE counters ("
    " name TEXT NOT NULL,"
    " id INTEGER NOT NULL,"       /* of type_names, model_names or supervisor_policies, as the name says; or 0 */
    " part TEXT NOT NULL,"
    " value INTEGER NOT NULL,"
    " PRIMARY KEY (name, id, part)) WITHOUT ROWID;"
    "CREATE TABLE activity ("
    " minute INTEGER NOT NULL,"   /* since 1970, by the clock */
    " name TEXT NOT NULL,"
    " part TEXT NOT NULL,"
    " value INTEGER NOT NULL,"
    " PRIMARY KEY (minute, name, part)) WITHOUT ROWID;"
    "INSERT INTO counters SELECT 'events', type_id, '', sum(events) FROM usage_hourly GROUP BY type_id;"
    "INSERT INTO counters SELECT 'errors', type_id, '', sum(errors) FROM usage_hourly GROUP BY type_id HAVING sum(errors) > 0;"
    "INSERT INTO counters SELECT 'tokens', model_id, 'input', sum(input_tokens) FROM usage_hourly GROUP BY model_id;"
    "INSERT INTO counters SELECT 'tokens', model_id, 'output', sum(output_tokens) FROM usage_hourly GROUP BY model_id;"
    "INSERT INTO counters SELECT 'tokens', model_id, 'cache_read', sum(cache_read_tokens) FROM usage_hourly GROUP BY model_id;"
    "INSERT INTO counters SELECT 'tokens', model_id, 'cache_write', sum(cache_write_tokens) FROM usage_hourly GROUP BY model_id;"
    "INSERT INTO counters SELECT 'tokens', model_id, 'unpriced', sum(unpriced_tokens) FROM usage_hourly GROUP BY model_id;"
    "INSERT INTO counters SELECT 'micro_usd', model_id, '', CAST(1e6 * sum(cost_usd) AS INTEGER) FROM usage_hourly GROUP BY model_id;"
    "INSERT INTO counters SELECT 'evaluations', policy_id, CASE outcome WHEN 0 THEN 'violation' WHEN 1 THEN 'resolved' ELSE 'error' END,"
    " count(*) FROM supervisor_policy_evaluations GROUP BY policy_id, outcome;"
    "INSERT INTO counters SELECT 'rows', 0, 'events', count(*) FROM events;"
    "INSERT INTO counters SELECT 'rows', 0, 'supervisor_policy_evaluations', count(*) FROM supervisor_policy_evaluations;"
    "INSERT INTO counters SELECT 'last_run', 0, program, max(started_at) FROM runs GROUP BY program;"
    "DELETE FROM counters WHERE value = 0;";

/* Months that were moved to files of their own, and how many rows of each run are in them. */
const char sv_schema_archives[] =
    "CREATE TABLE archives ("
    " month TEXT PRIMARY KEY,"    /* YYYY-MM, UTC */
    " path TEXT NOT NULL,"        /* of the file; of one that was moved elsewhere what was said of it */
    " state INTEGER NOT NULL,"    /* 0 in that file, 1 moved elsewhere, 2 back in the store */
    " events INTEGER NOT NULL,"   /* rows that are there and no longer here */
    " evaluations INTEGER NOT NULL,"
    " hash INTEGER NOT NULL,"     /* the sum of their hashes */
    " bytes INTEGER NOT NULL,"
    " changed_at INTEGER NOT NULL) WITHOUT ROWID;"
    "ALTER TABLE runs ADD COLUMN archived_events INTEGER NOT NULL DEFAULT 0;"
    "ALTER TABLE runs ADD COLUMN archived_evaluations INTEGER NOT NULL DEFAULT 0;";

/* From when to when what was moved is; NULL: not known, so the whole month. */
const char sv_schema_archive_times[] =
    "ALTER TABLE archives ADD COLUMN first_at INTEGER;"
    "ALTER TABLE archives ADD COLUMN last_at INTEGER;";
