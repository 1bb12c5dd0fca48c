/* SPDX-License-Identifier: ISC */
/* The tables of alerts: steps of schema.c. */
#include "store/private.h"

/* A group's life is its state in keyed_state, under the signature of groups; what people ask for stands in a row here, written with
 * it. Ids are hashes, so that a few digits tell them apart. An outbox row has a next try until it is done with; a lease is a next try
 * that was put off by who works on it. */
const char sv_schema_alerts[] =
    "CREATE TABLE supervisor_alert_groups ("
    " id INTEGER PRIMARY KEY,"
    " key BLOB NOT NULL,"         /* of keyed_state */
    " route TEXT NOT NULL,"       /* by its number: alerts.yaml's, depth first */
    " labels TEXT NOT NULL,"      /* JSON: what its alerts have in common, by group_by */
    " receiver TEXT,"             /* as of its last change */
    " supervisor_id INTEGER NOT NULL,"
    " team_id INTEGER,"           /* of its first alert; NULL: none */
    " agent_id INTEGER,"
    " policy TEXT,"
    " severity INTEGER NOT NULL," /* the highest so far, as of evaluations */
    " state INTEGER NOT NULL,"    /* 0 pending, 1 firing, 2 acknowledged, 3 resolved, 4 suppressed */
    " begun_at INTEGER NOT NULL," /* by the machine's clock, as all times here */
    " changed_at INTEGER NOT NULL,"
    " told_at INTEGER,"
    " due_at INTEGER,"            /* when it is looked at next */
    " resolved_at INTEGER,"
    " firing INTEGER NOT NULL,"   /* alerts */
    " alerts INTEGER NOT NULL,"   /* that it ever had */
    " evaluations INTEGER NOT NULL,"
    " old INTEGER NOT NULL,"      /* of them, too old to be told of */
    " notices INTEGER NOT NULL,"
    " level INTEGER NOT NULL,"
    " acked_by TEXT,"
    " acked_at INTEGER,"
    " acked_until INTEGER,"       /* NULL: to its end */
    " message TEXT);"             /* of its last evaluation */
    "CREATE INDEX idx_alert_groups_active ON supervisor_alert_groups (supervisor_id, resolved_at) WHERE resolved_at IS NULL;"
    "CREATE INDEX idx_alert_groups_begun ON supervisor_alert_groups (begun_at DESC);"

    "CREATE TABLE supervisor_alerts ("
    " id INTEGER PRIMARY KEY,"
    " group_id INTEGER NOT NULL," /* of supervisor_alert_groups */
    " alert TEXT NOT NULL,"       /* policy and key */
    " severity INTEGER NOT NULL,"
    " agent_id INTEGER,"
    " started_at INTEGER NOT NULL,"
    " resolved_at INTEGER,"
    " evaluations INTEGER NOT NULL," /* once it is over */
    " inhibits INTEGER NOT NULL," /* 1: it may keep others quiet */
    " body TEXT);"                /* the evaluation that it began with; once it is over that with which it ended */
    "CREATE INDEX idx_alerts_group ON supervisor_alerts (group_id);"
    "CREATE INDEX idx_alerts_inhibiting ON supervisor_alerts (id) WHERE inhibits = 1 AND resolved_at IS NULL;"

    "CREATE TABLE alert_silences ("
    " id INTEGER PRIMARY KEY,"
    " matcher TEXT NOT NULL,"     /* CEL */
    " author TEXT NOT NULL,"
    " comment TEXT NOT NULL,"
    " created_at INTEGER NOT NULL,"
    " starts_at INTEGER NOT NULL,"
    " ends_at INTEGER NOT NULL);"
    "CREATE INDEX idx_alert_silences_ends ON alert_silences (ends_at);"

    "CREATE TABLE alert_outbox ("
    " id INTEGER PRIMARY KEY,"
    " notification TEXT NOT NULL UNIQUE," /* the same for the same one, however often it is tried */
    " group_id INTEGER NOT NULL,"
    " receiver TEXT NOT NULL,"
    " kind INTEGER NOT NULL,"     /* 0 firing, 1 changed, 2 resolved, 3 repeated, 4 escalated, 5 test */
    " level INTEGER NOT NULL,"
    " payload TEXT NOT NULL,"     /* JSON */
    " created_at INTEGER NOT NULL,"
    " next_try INTEGER,"          /* NULL: it is done with */
    " attempts INTEGER NOT NULL,"
    " lease TEXT,"                /* who tries it now, until next_try */
    " state INTEGER NOT NULL,"    /* 0 waiting, 1 sent, 2 given up */
    " finished_at INTEGER,"
    " answer TEXT);"              /* of the last try */
    "CREATE INDEX idx_alert_outbox_due ON alert_outbox (receiver, next_try) WHERE next_try IS NOT NULL;"
    "CREATE INDEX idx_alert_outbox_group ON alert_outbox (group_id);"

    "CREATE TABLE alert_deliveries ("
    " id INTEGER PRIMARY KEY,"
    " outbox_id INTEGER NOT NULL,"
    " attempt INTEGER NOT NULL,"  /* from 1 */
    " receiver TEXT NOT NULL,"
    " started_at INTEGER NOT NULL,"
    " ended_at INTEGER NOT NULL,"
    " result INTEGER NOT NULL,"   /* 0 sent, 1 failed, to be tried again, 2 failed for good */
    " status INTEGER,"            /* a program's exit status; NULL: it has none */
    " answer TEXT);"
    "CREATE INDEX idx_alert_deliveries_outbox ON alert_deliveries (outbox_id);"

    /* How far who reads a table in the order of its rows has come. */
    "CREATE TABLE cursors (reader TEXT PRIMARY KEY, position INTEGER NOT NULL) WITHOUT ROWID;";
