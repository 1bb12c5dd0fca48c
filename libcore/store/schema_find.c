/* SPDX-License-Identifier: ISC */
/* The indexes and tables of who looks for events: steps of schema.c. */
#include "store/private.h"

/* An id of the source's own has no order that rows come in: an index of it alone would touch a page of its own for each event. So
 * it stands by the hour, and who looks for an id goes through the hours; its first 8 bytes are enough to tell most apart. */
const char sv_schema_find[] =
    "CREATE INDEX idx_events_call ON events (call_id, time DESC) WHERE call_id IS NOT NULL;"
    "CREATE INDEX idx_events_trace ON events (trace_id, time DESC) WHERE trace_id IS NOT NULL;"
    "CREATE INDEX idx_events_own ON events (time / 3600000000000, substr(event, 1, 8)) WHERE event IS NOT NULL;"
    "CREATE INDEX idx_evaluations_session ON supervisor_policy_evaluations (session_id, created_at DESC) WHERE session_id IS NOT NULL;";

/* Ids of one source often begin alike; their ends tell them apart. What is known of each task, sprint and the like, folded from
 * its events; what was sent to other machines. */
const char sv_schema_entities[] =
    "DROP INDEX idx_events_own;"
    "CREATE INDEX idx_events_own ON events (time / 3600000000000, substr(event, 1, 8) || substr(event, -8)) WHERE event IS NOT NULL;"

    "CREATE TABLE entities ("
    " id INTEGER PRIMARY KEY,"
    " entity_type TEXT NOT NULL,"
    " entity_id TEXT NOT NULL,"
    " parent_type TEXT,"
    " parent_id TEXT,"
    " status TEXT,"               /* of the newest event of its own kind that has one */
    " phase TEXT,"                /* what the newest event of its own kind is called: created, moved */
    " owner TEXT,"                /* who is said to have it; else who acted in the newest event of its own kind */
    " subject TEXT,"
    " priority INTEGER,"
    " created_at INTEGER NOT NULL," /* times of its first and its newest event */
    " updated_at INTEGER NOT NULL,"
    " told_at INTEGER NOT NULL,"  /* of the newest event of its own kind; the smallest integer: there is none */
    " events INTEGER NOT NULL,"
    " errors INTEGER NOT NULL,"
    " input_tokens INTEGER NOT NULL,"
    " output_tokens INTEGER NOT NULL,"
    " unpriced_tokens INTEGER NOT NULL,"
    " cost_usd REAL NOT NULL,"
    " UNIQUE (entity_type, entity_id));"
    "CREATE INDEX idx_entities_parent ON entities (parent_type, parent_id, updated_at DESC) WHERE parent_id IS NOT NULL;"
    "CREATE INDEX idx_entities_type ON entities (entity_type, updated_at DESC);"
    "CREATE INDEX idx_entities_updated ON entities (updated_at);"

    "CREATE TABLE exports ("
    " name TEXT PRIMARY KEY,"
    " event INTEGER NOT NULL,"    /* up to there was taken */
    " exported_at INTEGER NOT NULL) WITHOUT ROWID;";

/* Behind which of those that were taken the next export begins: the last ones may not have arrived. */
const char sv_schema_export_repeat[] =
    "ALTER TABLE exports ADD COLUMN repeat INTEGER NOT NULL DEFAULT 0;"
    "ALTER TABLE exports ADD COLUMN mark INTEGER NOT NULL DEFAULT 0;" /* up to there was taken at marked_at, a day ago or two */
    "ALTER TABLE exports ADD COLUMN marked_at INTEGER NOT NULL DEFAULT 0;";
