/* SPDX-License-Identifier: ISC */
/* How large tables are. */
#include "base/os.h"
#include "store/hours.h"
#include "store/private.h"

enum { WHOLE_MAX = 512 << 20 /* bytes of a file that is read whole for this */ };

static const struct {
    const char *table;
    enum sv_statement first, last; /* its numbers; first SV_SQL_COUNT: last counts its rows; both: counters do, for it has holes */
} tables[] = {{"events", SV_SQL_COUNT, SV_SQL_COUNT},
              {"event_bodies", SV_SQL_COUNT, SV_SQL_COUNT}, /* one an event */
              {"supervisor_policy_evaluations", SV_SQL_COUNT, SV_SQL_COUNT},
              {"usage_hourly", SV_SQL_COUNT, SV_SQL_ROWS_USAGE},
              {"entities", SV_SQL_ROWS_ENTITIES_FIRST, SV_SQL_ROWS_ENTITIES_LAST},
              {"session_names", SV_SQL_ROWS_SESSIONS_FIRST, SV_SQL_ROWS_SESSIONS_LAST},
              {"sources", SV_SQL_ROWS_SOURCES_FIRST, SV_SQL_ROWS_SOURCES_LAST},
              {"runs", SV_SQL_ROWS_RUNS_FIRST, SV_SQL_ROWS_RUNS_LAST},
              {"messages", SV_SQL_ROWS_MESSAGES_FIRST, SV_SQL_ROWS_MESSAGES_LAST}};

/* Tables with their indexes, page by page: of the file, not of rows, and only where that is quick. */
static void measure(struct sv_store *store, struct sv_table_size *sizes, size_t count)
{
    static const char sql[] = "SELECT s.tbl_name, sum(d.pgsize) FROM dbstat AS d JOIN sqlite_schema AS s ON s.name = d.name "
                              "WHERE d.aggregate = TRUE GROUP BY 1";
    sqlite3_stmt *find = NULL;
    if (sqlite3_prepare_v2(store->db, sql, -1, &find, NULL) != SQLITE_OK) /* SQLite may have been built without it */
        return;
    while (sqlite3_step(find) == SQLITE_ROW)
        for (size_t i = 0; i < count; i++)
            if (sv_slice_is(sv_slice_str((const char *)sqlite3_column_text(find, 0)), sizes[i].table))
                sizes[i].bytes = sqlite3_column_int64(find, 1);
    sqlite3_finalize(find);
}

static bool count_rows(struct sv_store *store, struct sv_table_size *sizes, struct sv_error *err)
{
    struct sv_store_counters counters = {0};
    bool fine = sv_store_counters(store, &counters, err);
    for (size_t c = 0; fine && c < counters.count; c++)
        for (size_t i = 0; sv_slice_is(counters.items[c].name, "rows") && i < sizeof tables / sizeof *tables; i++) {
            const char *counted = strcmp(tables[i].table, "event_bodies") == 0 ? "events" : tables[i].table;
            if (sv_slice_is(counters.items[c].part, counted))
                sizes[i].rows = counters.items[c].value;
        }
    sv_store_counters_free(&counters);
    return fine;
}

bool sv_store_tables(struct sv_store *store, struct sv_table_size sizes[SV_TABLE_SIZES], size_t *count, struct sv_error *err)
{
    struct sv_os_stat st;
    _Static_assert(sizeof tables / sizeof *tables <= SV_TABLE_SIZES, "there is room");
    *count = sizeof tables / sizeof *tables;
    for (size_t i = 0; i < *count; i++) {
        sizes[i] = (struct sv_table_size){.table = tables[i].table, .bytes = -1};
        int64_t first = 1, last = 0;
        if ((tables[i].first != SV_SQL_COUNT && !sv_store_number(store, tables[i].first, &first, err)) ||
            (tables[i].last != SV_SQL_COUNT && !sv_store_number(store, tables[i].last, &last, err)))
            return false;
        sizes[i].rows = last - first + 1;
    }
    if (!count_rows(store, sizes, err))
        return false;
    if (store->in_memory || (sv_os_stat_path(store->path, true, &st) && st.size <= WHOLE_MAX))
        measure(store, sizes, *count);
    return true;
}
