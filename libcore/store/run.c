/* SPDX-License-Identifier: ISC */
/* runs: one row a run, with its ledger. */
#include "store/private.h"

int64_t sv_store_run_start(struct sv_store *store, struct sv_slice arguments, int64_t started_ns, struct sv_error *err)
{
    sqlite3_stmt *add = sv_store_statement(store, SV_SQL_RUN_ADD, err);
    if (add == NULL)
        return 0;
    sv_store_bind(add, 1, sv_slice_str(store->program));
    sv_store_bind(add, 2, SV_SLICE(SV_VERSION));
    sv_store_bind(add, 3, sv_slice_str(sqlite3_libversion()));
    sv_store_bind(add, 4, arguments);
    sqlite3_bind_int64(add, 5, started_ns);
    if (!sv_store_step(store, add, NULL, NULL, err))
        return 0;
    int64_t id = sqlite3_last_insert_rowid(store->db);
    return sv_store_count_last_run(store, started_ns, err) ? id : 0;
}

bool sv_store_run_update(struct sv_store *store, int64_t run, struct sv_slice ledger, int64_t ended_ns, struct sv_error *err)
{
    sqlite3_stmt *set = sv_store_statement(store, SV_SQL_RUN_SET, err);
    if (set == NULL)
        return false;
    sqlite3_bind_int64(set, 1, run);
    sv_store_bind(set, 2, ledger);
    if (ended_ns != 0)
        sqlite3_bind_int64(set, 3, ended_ns);
    else
        sqlite3_bind_null(set, 3);
    return sv_store_step(store, set, NULL, NULL, err);
}
