/* SPDX-License-Identifier: ISC */
/* Is a file sound as a whole? Every page and every row of it is read, so none of this is for a store that others write to: it is
 * for copies, and for files at rest. Hence these statements stand here, and not among those that must go by an index. */
#include <string.h>

#include "base/time.h"
#include "store/private.h"

enum { TOLD_MAX = 20 }; /* findings of a kind; the rest is counted */

/* Rows of one column, one finding each; false when it could not be read to its end. */
static bool each_row(sqlite3 *db, const char *sql, void (*take)(struct sv_store_findings *, sqlite3_stmt *), struct sv_store_findings *out)
{
    sqlite3_stmt *statement = NULL;
    int rc = sqlite3_prepare_v2(db, sql, -1, &statement, NULL);
    if (rc == SQLITE_OK)
        while ((rc = sqlite3_step(statement)) == SQLITE_ROW)
            take(out, statement);
    sqlite3_finalize(statement);
    return rc == SQLITE_DONE;
}

/* The first column of the first row; -1: none. */
static int64_t number_of(sqlite3 *db, const char *sql)
{
    sqlite3_stmt *statement = NULL;
    int64_t number = -1;
    if (sqlite3_prepare_v2(db, sql, -1, &statement, NULL) == SQLITE_OK && sqlite3_step(statement) == SQLITE_ROW)
        number = sqlite3_column_int64(statement, 0);
    sqlite3_finalize(statement);
    return number;
}

static void take_integrity(struct sv_store_findings *out, sqlite3_stmt *row)
{
    const char *text = (const char *)sqlite3_column_text(row, 0);
    if (text != NULL && strcmp(text, "ok") != 0) {
        sv_finding_add(out, SV_CHECK_FOUND, "integrity", "%.300s", text);
        sv_finding_repair(out, "put a backup in its place: see DISASTERS in sv-store(5)", NULL);
    }
}

bool sv_audit_pages(sqlite3 *db, struct sv_store_findings *out)
{
    size_t before = out->count;
    bool read = each_row(db, "PRAGMA integrity_check(20)", take_integrity, out);
    if (!read) {
        sv_finding_add(out, SV_CHECK_FOUND, "integrity", "%s", sqlite3_errmsg(db));
        sv_finding_repair(out, "put a backup in its place: see DISASTERS in sv-store(5)", NULL);
    } else if (out->count == before) {
        sv_finding_add(out, SV_CHECK_OK, "integrity", "%lld pages are sound", (long long)number_of(db, "PRAGMA page_count"));
    }
    return out->count == before + 1 && out->items[before].state == SV_CHECK_OK;
}

/* Which column names rows of which table; 0 and NULL name none, nor does -1, a run of what came in by another way than one. */
static const struct link {
    const char *table, *column, *parent, *key;
} links[] = {
    {"supervisor_policy_evaluations", "source", "sources", "id"},
    {"supervisor_policy_evaluations", "run", "runs", "id"},
    {"supervisor_policy_evaluations", "policy_id", "supervisor_policies", "id"},
    {"supervisor_policy_evaluations", "supervisor_id", "supervisors", "id"},
    {"supervisor_policy_evaluations", "team_id", "team_names", "id"},
    {"supervisor_policy_evaluations", "agent_id", "agent_names", "id"},
    {"supervisor_policy_evaluations", "session_id", "session_names", "id"},
    {"supervisor_policy_evaluations", "tool_id", "tool_names", "id"},
    {"sources", "run", "runs", "id"},
    {"events", "source", "sources", "id"},
    {"events", "run", "runs", "id"},
    {"events", "type", "type_names", "id"},
    {"events", "agent", "agent_names", "id"},
    {"events", "session", "session_names", "id"},
    {"events", "team", "team_names", "id"},
    {"events", "host", "host_names", "id"},
    {"events", "tool", "tool_names", "id"},
    {"events", "model", "model_names", "id"},
    {"events", "status", "status_names", "id"},
    {"events", "id", "event_bodies", "event"},
    {"event_bodies", "event", "events", "id"},
    {"agents", "agent_id", "agent_names", "id"},
    {"agents", "session_id", "session_names", "id"},
    {"usage_hourly", "type_id", "type_names", "id"},
    {"usage_hourly", "agent_id", "agent_names", "id"},
    {"usage_hourly", "team_id", "team_names", "id"},
    {"usage_hourly", "model_id", "model_names", "id"},
    {"usage_hourly", "tool_id", "tool_names", "id"},
    {"usage_hourly", "status_id", "status_names", "id"},
    {"slow_queries", "plan_id", "slow_plans", "id"},
    {"supervisor_alerts", "group_id", "supervisor_alert_groups", "id"},
    {"alert_outbox", "group_id", "supervisor_alert_groups", "id"},
    {"alert_deliveries", "outbox_id", "alert_outbox", "id"},
};

static bool has_column(sqlite3 *db, const char *table, const char *column)
{
    return sqlite3_table_column_metadata(db, "main", table, column, NULL, NULL, NULL, NULL, NULL) == SQLITE_OK;
}

void sv_audit_links(sqlite3 *db, struct sv_store_findings *out)
{
    size_t before = out->count, looked = 0;
    struct sv_buf sql = {0};
    for (size_t i = 0; i < sizeof links / sizeof *links; i++) {
        const struct link *link = &links[i];
        if (!has_column(db, link->table, link->column) || !has_column(db, link->parent, link->key))
            continue; /* of an older version */
        looked++;
        sv_buf_clear(&sql);
        sv_buf_printf(&sql, "SELECT count(*) FROM %s AS c WHERE c.%s NOT IN (0, -1) AND NOT EXISTS (SELECT 1 FROM %s AS p WHERE p.%s = c.%s)", link->table,
                      link->column, link->parent, link->key, link->column);
        int64_t lost = number_of(db, sv_buf_cstr(&sql));
        if (lost == 0)
            continue;
        sv_finding_add(out, SV_CHECK_FOUND, "references",
                       lost < 0 ? "%s.%s cannot be looked at: %lld" : "%s.%s: what it names is missing in %lld rows", link->table, link->column,
                       (long long)lost);
        sv_finding_repair(out, "put a backup in its place, or make the store anew from the logs: see DISASTERS in sv-store(5)", NULL);
    }
    if (out->count == before)
        sv_finding_add(out, SV_CHECK_OK, "references", "what rows refer to is there, by %zu columns", looked);
    sv_buf_free(&sql);
}

static void take_run(struct sv_store_findings *out, sqlite3_stmt *row)
{
    if (sqlite3_column_int64(row, 4) > TOLD_MAX)
        return;
    sv_finding_add(out, SV_CHECK_FOUND, "ledger", "run %lld stored %lld %s, and there are %lld", (long long)sqlite3_column_int64(row, 0),
                   (long long)sqlite3_column_int64(row, 1), (const char *)sqlite3_column_text(row, 3), (long long)sqlite3_column_int64(row, 2));
    sv_finding_repair(out, "run sv-eval again over the logs, or put a backup in place: see DISASTERS in sv-store(5)", NULL);
}

/* Rows and the ledger that counts them are one transaction: they differ where somebody else changed the file, or SQLite lost
 * pages without a word. Events that were there already are in the ledger, too, so there may be fewer. */
void sv_audit_ledgers(sqlite3 *db, struct sv_store_findings *out)
{
    bool archives = has_column(db, "runs", "archived_events"), read = true;
    size_t before = out->count;
    struct sv_buf sql = {0};
    sv_buf_printf(&sql,
                  "SELECT r.id, r.ledger ->> 'rows' AS told, coalesce(e.n, 0)%s AS has, 'evaluations', row_number() OVER () FROM runs AS r LEFT JOIN"
                  " (SELECT run, count(*) AS n FROM supervisor_policy_evaluations GROUP BY run) AS e ON e.run = r.id"
                  " WHERE json_valid(r.ledger) AND told IS NOT NULL AND told <> has",
                  archives ? " + r.archived_evaluations" : "");
    read = each_row(db, sv_buf_cstr(&sql), take_run, out);
    sv_buf_clear(&sql);
    sv_buf_printf(&sql,
                  "SELECT r.id, r.ledger ->> 'recorded' AS told, e.n%s AS has, 'events', row_number() OVER () FROM runs AS r JOIN"
                  " (SELECT run, count(*) AS n FROM events GROUP BY run) AS e ON e.run = r.id"
                  " WHERE json_valid(r.ledger) AND told IS NOT NULL AND told < has",
                  archives ? " + r.archived_events" : "");
    if (has_column(db, "events", "run"))
        read = each_row(db, sv_buf_cstr(&sql), take_run, out) && read;
    sv_buf_free(&sql);
    if (!read)
        sv_finding_add(out, SV_CHECK_FOUND, "ledger", "%s", sqlite3_errmsg(db));
    else if (out->count == before)
        sv_finding_add(out, SV_CHECK_OK, "ledger", "ledgers and rows of %lld runs agree", (long long)number_of(db, "SELECT count(*) FROM runs"));
}

/* Rows that are counted as they come and go, for nobody could count them each minute. */
void sv_audit_counters(sqlite3 *db, const char *shown, struct sv_store_findings *out)
{
    static const char *const tables[] = {"events", "supervisor_policy_evaluations"};
    struct sv_buf sql = {0};
    size_t before = out->count;
    for (size_t i = 0; has_column(db, "counters", "value") && i < sizeof tables / sizeof *tables; i++) {
        sv_buf_clear(&sql);
        sv_buf_printf(&sql, "SELECT value FROM counters WHERE name = 'rows' AND id = 0 AND part = '%s'", tables[i]);
        int64_t told = number_of(db, sv_buf_cstr(&sql));
        sv_buf_clear(&sql);
        sv_buf_printf(&sql, "SELECT count(*) FROM %s", tables[i]);
        int64_t has = number_of(db, sv_buf_cstr(&sql));
        if (has == (told < 0 ? 0 : told))
            continue;
        sv_finding_add(out, SV_CHECK_FOUND, "counters", "%s has %lld rows, and %lld are counted", tables[i], (long long)has, (long long)told);
        sv_finding_repair(out, "sv-index repair -d", shown);
    }
    if (out->count == before)
        sv_finding_add(out, SV_CHECK_OK, "counters", "as many rows are counted as there are");
    sv_buf_free(&sql);
}

void sv_audit_rows(sqlite3 *db, struct sv_store_findings *out)
{
    int64_t events = number_of(db, "SELECT count(*) FROM events"), evaluations = number_of(db, "SELECT count(*) FROM supervisor_policy_evaluations");
    int64_t newest = number_of(db, "SELECT coalesce(max(started_at), 0) FROM runs");
    struct sv_buf time = {0};
    sv_time_format(&time, newest);
    sv_finding_add(out, SV_CHECK_OK, "rows", "%lld events, %lld evaluations; version %lld; last run %s", (long long)(events > 0 ? events : 0),
                   (long long)(evaluations > 0 ? evaluations : 0), (long long)number_of(db, "PRAGMA user_version"),
                   newest > 0 ? sv_buf_cstr(&time) : "none");
    sv_buf_free(&time);
}
